/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proof that a log has only grown since somebody looked, as text: a C2SP tlog-witness "add-checkpoint" request, so
 * that what shows a relying party that nothing was taken away shows it to a public witness, too.
 *
 *	old 67
 *	<base64 hash>
 *	…
 *
 *	<the newer checkpoint, a signed note>
 *
 * Whoever judges it has the older checkpoint, the one of 67 records, himself.
 */
#pragma once

#include "tlog/checkpoint.h"
#include "tlog/proof.h"

#define MAX_TLOG_GROWTH_SIZE 16384

struct tlog_growth {
	uint64_t from; /* records under the older checkpoint */
	struct tlog_proof proof;
	struct bytes checkpoint; /* the newer one */
};

void tlog_growth_emit(struct buf *out, const struct tlog_growth *v);
/* Views into TEXT. The checkpoint can be read, and nothing is verified. */
int tlog_growth_parse(struct bytes text, struct tlog_growth *v, struct err *e) MUST_CHECK;
