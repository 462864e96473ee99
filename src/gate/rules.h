/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gate judges by: expectations (client/expectation.h) by name, and for each what a proxy hands on of a token that
 * meets it. docs/gate.md describes the file.
 *
 *	max_stale: 86400
 *	gates:
 *	  payments:
 *	    expect: payments.yaml
 *	    headers: {attest-mrsigner: x-ms-sgx-mrsigner}
 *	    attester_headers: {attest-attester-role: x-ms-runtime.role}
 *
 * A proxy sees many requests and makes no nonce for any: an expectation that names one, or no maximum age in seconds, is
 * refused here. What the attester wrote himself goes under names that say so, and under no others.
 *
 * Rules never change once made. Handlers hold a reference for the time of one request; whoever replaced them waits until
 * none does (gate_rules_retire()).
 */
#pragma once

#include "client/expectation.h"
#include "gate/issuers.h"

#include <stdatomic.h>

#define MAX_GATE_RULES_SIZE   65536
#define MAX_GATES             256
#define MAX_GATE_HEADERS      12 /* of one gate, of both kinds together */
#define MAX_GATE_NAME_SIZE    64
#define GATE_ATTESTER_PREFIX  "attest-attester-"
#define GATE_MAX_STALE_S      86400
#define GATE_MOST_MAX_STALE_S (30U * 86400)

struct gate_header {
	const char *name; /* "attest-mrsigner" */
	struct bytes
	    claim; /* as an expectation names it; a path with dots when it is the attester's */
	bool of_attester;
};

struct gate {
	struct bytes name;
	struct token_expectation want;
	struct gate_header headers[MAX_GATE_HEADERS];
	size_t header_count;
	struct key_cache *keys; /* of want.issuer */
};

struct gate_rules {
	struct arena arena;
	struct gate *gates;
	size_t count;
	atomic_uint users;
};

/* How the file of an expectation is read: into A, at most MAX_EXPECTATION_SIZE. */
struct gate_reader {
	int (*read)(void *user, struct bytes path, struct arena *a, struct bytes *out,
	    struct err *e);
	void *user;
};

/*
 * From the text of the file. ALLOW_DEV: tokens of dev issuers are judged like others. On failure the caches that were made
 * for it stay in ISSUERS until they are swept. ISSUERS NULL: nothing is fetched, and nothing can be judged; to see whether
 * TEXT can be read.
 */
int gate_rules_parse(struct bytes text, bool allow_dev, const struct gate_reader *files,
    struct gate_issuers *issuers, struct gate_rules **out, struct err *e) MUST_CHECK;
/* NULL when there is none of that name. */
const struct gate *gate_rules_find(const struct gate_rules *rules, struct bytes name);
/* Waits until nobody uses them, and frees them. Nobody may begin to. */
void gate_rules_retire(struct gate_rules *rules);
