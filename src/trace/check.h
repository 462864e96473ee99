/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of every check that can decide a verdict. trace/checks.def holds a row per check; docs/checks.md is
 * held against it by a test. Ids are stable: they are printed, logged and matched by people's scripts.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum check_id {
#define CHECK(symbol, id, stage, on_fail, wanted, source, remedy) CHECK_##symbol,
#include "trace/checks.def"
#undef CHECK
	CHECK_COUNT,
	CHECK_NONE = CHECK_COUNT
};

/* What a failure means: the evidence is wrong or not good enough, or we could not judge it (product.md 3). */
/* UNDECIDED_WAIT: undecided, and waiting can help: 503 with Retry-After. */
enum check_on_fail { REFUSE, UNDECIDED, UNDECIDED_WAIT };

struct check {
	const char *id;    /* "sgx.quote.signature" */
	const char *stage; /* "QUOTE_SIGNATURE", evidence-intel.md 5 */
	enum check_on_fail on_fail;
	/* The public requirement, in words; the trace may name a more exact value. */
	const char *wanted;
	const char *source; /* where the expectation comes from: specification and clause */
	const char *remedy; /* one sentence on what to do next */
};

extern const struct check check_table[CHECK_COUNT];
/* CHECK_NONE for an unknown id. */
enum check_id check_find(const char *id);
