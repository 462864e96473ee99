/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace: the one result of a judgement, and its explanation (product.md 3).
 *
 * A verdict starts as refused. A kind of evidence says with trace_expect() which checks its verdict stands on; each is
 * then judged once, by trace_judge(), or said not to apply, by trace_na(). Only when every expected check has passed or
 * does not apply is the verdict accepted: a check that nobody ran keeps the verdict refused by itself.
 *
 *	if (!trace_judge(t, CHECK_SGX_QUOTE_VERSION, q.version == 3, shown_uint(q.version), shown_uint(3)))
 *		return 0;                       refused; the rest of the checks stay "skip"
 *
 * Recording allocates nothing; values are views and numbers until trace_emit() writes them as text. A trace is a pure
 * function of evidence, collateral, settings and time.
 */
#pragma once

#include "codec/json.h"
#include "trace/check.h"

enum check_outcome { OUTCOME_SKIP, OUTCOME_PASS, OUTCOME_FAIL, OUTCOME_NA };

enum shown_form { SHOWN_NOTHING, SHOWN_TEXT, SHOWN_HEX, SHOWN_UINT, SHOWN_TIME };

/* A value as the trace shows it. Views must outlive the trace. */
struct shown {
	enum shown_form form;
	struct bytes bytes;
	int64_t number;
};
struct shown shown_nothing(void);
struct shown shown_text(struct bytes text);
struct shown shown_str(const char *text);
/* "absent" for p == NULL. */
struct shown shown_text_or_absent(struct bytes text);
struct shown shown_hex(struct bytes raw);
struct shown shown_uint(uint64_t v);
struct shown shown_time(int64_t at);

struct check_record {
	enum check_outcome outcome;
	bool expected;             /* the verdict stands on it */
	struct shown seen, wanted; /* wanted SHOWN_NOTHING: the table's words */
	struct bytes note; /* why it does not apply, or a detail of the failure; for people */
	uint32_t from, to; /* the evidence's bytes it looked at; 0,0: none */
};

enum verdict { VERDICT_REFUSED, VERDICT_UNDECIDED, VERDICT_ACCEPTED };

#define MAX_TRACE_COLLATERAL 16
#define TRACE_ID_SIZE        27 /* a ULID and its NUL */

struct trace_collateral {
	/* "tcb-info" "qe-identity" "root-ca-crl" "pck-crl" "pck-chain" "tcb-signing-chain" */
	const char *kind;
	uint8_t sha256[32];
	int64_t issued_at, next_update_at;
	const char *origin; /* "bundle" "cache" "pcs" "request" "folder" */
};

struct trace {
	struct arena *arena;
	char id[TRACE_ID_SIZE];
	const char *type; /* "SgxEnclave" */
	struct bytes instance;
	int64_t at;

	struct check_record checks[CHECK_COUNT];
	uint16_t expected[CHECK_COUNT]; /* check ids, in the order they are shown */
	size_t expected_count;
	enum check_id failed; /* the first that failed, CHECK_NONE */
	bool fault;           /* we failed: no verdict on the evidence */

	struct json *appraisal;    /* object, may be NULL */
	struct json *measurements; /* object, may be NULL */
	struct trace_collateral collateral[MAX_TRACE_COLLATERAL];
	size_t collateral_count;
	struct json *settings; /* {"hash", …}, may be NULL */
	struct json *policy;   /* {"hash","origin","rules":[…]}, may be NULL */
	struct json *claims;   /* object, may be NULL */
	/* Array of strings: what is unusual about this run (extra anchors …), may be NULL. */
	struct json *notes;
};

void trace_init(struct trace *t, struct arena *a, const char *type, int64_t at);
/* Adds checks that the verdict stands on. Twice the same is once. */
void trace_expect(struct trace *t, const enum check_id *ids, size_t count);
/* Records and returns PASS. A failure stays, whatever is judged later; a check that is not expected becomes so. */
bool trace_judge(struct trace *t, enum check_id id, bool pass, struct shown seen,
    struct shown wanted);
void trace_na(struct trace *t, enum check_id id, const char *why);
/* Where in the evidence the check looked: bytes FROM up to, not including, TO. */
void trace_span(struct trace *t, enum check_id id, size_t from, size_t to);
/* A detail for people, formatted into the trace's arena. */
void trace_note(struct trace *t, enum check_id id, const char *fmt, ...) PRINTF(3, 4);
/* What could not be read, WHY, is refused by ID; -1 with E when it was for want of memory or by another failure of ours. */
int trace_unread(struct trace *t, enum check_id id, const struct err *why, struct err *e)
    MUST_CHECK;
/* Something unusual about this run as a whole, formatted into the trace's arena. */
void trace_remark(struct trace *t, const char *fmt, ...) PRINTF(2, 3);
/* Copies records that an earlier run established (a verified document, a cached chain), texts included. */
void trace_absorb(struct trace *t, const struct check_record *records, const enum check_id *ids,
    size_t count);
bool trace_has_failed(const struct trace *t);
/* A document this judgement used; beyond MAX_TRACE_COLLATERAL it is left out. */
void trace_add_collateral(struct trace *t, const struct trace_collateral *used);
enum verdict trace_verdict(const struct trace *t);
const char *verdict_name(enum verdict v);
/* 26 characters of Crockford base32: 48 bits of milliseconds, 80 random bits (ULID). */
void trace_id_make(uint64_t ms, const uint8_t random[10], char out[TRACE_ID_SIZE]);

/* Who reads (product.md 3). */
enum trace_view {
	TRACE_VIEW_ID_ONLY, /* id, verdict, failing check id */
	TRACE_VIEW_SUBMITTER, /* his evidence's fields, check ids, public requirements; no rule text, no policy claims */
	TRACE_VIEW_READER, /* all */
	TRACE_VIEW_AGENT,  /* a reader's view without runtime data; free text fenced */
};
/* The document "attest-trace/1" in VIEW. NULL when memory ran out. */
struct json *trace_emit(const struct trace *t, enum trace_view view, struct arena *a);
/* The same document cut down to VIEW from a stored reader's document. */
struct json *trace_cut(const struct json *document, enum trace_view view, struct arena *a);

#ifdef ATTEST_MUTATE
/* For tests that prove each check to be needed (tools/mutate): ID passes whatever it sees. CHECK_NONE: none does. */
void trace_mutate_off(enum check_id id);
#endif
