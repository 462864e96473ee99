/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One token at one gate: the judgement of client/verify.h, and the HTTP status that says it to a proxy.
 *
 *	200  accepted
 *	401  no token, or none that is genuine and in date: another token may help (RFC 6750 3.1, invalid_token)
 *	403  genuine and in date, and not what the expectation asks for: the same evidence will not help
 *	503  could not be judged, and waiting can help: no keys, or newer ones may come
 *	500  we failed
 *
 * Judging never waits. A kid that is not known has the keys fetched anew, unless that was done a moment ago; until the fetch
 * is over, and while fetches fail, the answer is 503. Otherwise the issuer has no such key, and the answer is 401: made-up
 * kids must not look like an outage.
 */
#pragma once

#include "gate/rules.h"
#include "trace/trace.h"

enum gate_keys {
	GATE_KEYS_MISSING, /* none, or too old */
	GATE_KEYS_COMING,  /* good; a fetch is under way, or the last one failed */
	GATE_KEYS_ALL,     /* good, and all that there are */
};

struct gate_answer {
	unsigned status;
	enum check_id check;  /* that failed; CHECK_NONE */
	enum verdict verdict; /* VERDICT_ACCEPTED with 200, and only then */
	unsigned retry_s;     /* with 503 */
	const struct json
	    *refusal;              /* the check as the trace shows it to a submitter; may be NULL */
	const struct json *claims; /* with 200 */
	char why[256];             /* for the log: of our failure, or of the last fetch of keys */
};

/* The status of a verdict; FAILED is the check that it stands on. */
unsigned gate_status(enum verdict verdict, enum check_id failed, enum gate_keys keys);
/* What OUT points to lives in A and the token. */
void gate_judge(const struct gate *g, struct bytes token, int64_t now_at, struct arena *a,
    struct gate_answer *out);
/* The value of H; NULL as gate_value(). */
int gate_header_value(const struct gate_header *h, const struct json *claims, struct arena *a,
    const char **out, struct err *e) MUST_CHECK;
