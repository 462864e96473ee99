/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /attest/{type}: from the request's body to what is judged, and from the judgement to what is answered
 * (maa-api.md 4.1, 4.2).
 *
 * Reading is lenient where the vendor's clients differ (member names without case, either base64 alphabet, padding or
 * none, empty init data, a nonce that is a number) and strict in everything else: a member that is there and is not
 * what it must be is an error and never silently absent.
 */
#pragma once

#include "service/service.h"

#define MAX_EVIDENCE_SIZE 524288
#define MAX_NONCE_SIZE    1024

struct attest_request {
	struct bytes evidence;
	struct claims_data runtime, init;
	struct bytes nonce;        /* p == NULL: none */
	struct bytes draft_policy; /* text; p == NULL: none */
};

/* Views point into BODY and the arena. ERR_MALFORMED, ERR_UNSUPPORTED, ERR_LIMIT name the member. */
int attest_request_parse(struct bytes body, const struct kind *kind, struct arena *a,
    struct attest_request *out, struct err *e) MUST_CHECK;

/* One attestation from judgement to answer; in the request's arena. */
struct attestation {
	const struct service_state *state;
	const struct service_instance *instance;
	const struct service_type *type;
	struct attest_request request;
	int64_t now_at;
	bool keep_trace; /* the caller asks for it: no sampling */

	struct trace trace;
	struct judgement judgement;
	bool draft;
	/* A draft that is no policy: then nothing was judged, and the message says where. */
	bool draft_is_bad;
	char trace_key[33]; /* the submitter's secret, 32 hex digits */
	bool is_kept;
};

#define TRACE_RANDOM_SIZE 26 /* 80 bits of the trace's id, 128 of the submitter's key */

/*
 * Judges by the instance's policy or the request's draft, gives the trace its id and key out of RANDOM, which was drawn for
 * this and serves nothing else, and keeps it. -1: we failed, or (draft_is_bad) the draft is no policy, or the type has no
 * policy at all.
 */
int attestation_judge(struct attestation *at, const uint8_t random[TRACE_RANDOM_SIZE],
    struct arena *a, struct err *e) MUST_CHECK;
/* What the authority is to record and sign; for an accepted judgement. False when memory ran out. */
bool attestation_issue_request(const struct attestation *at, struct arena *a,
    struct issue_request *out) MUST_CHECK;
