/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authority's side of the connection: frames of a worker that has been taken over. The input is the bytes of the
 * connection. A frame that is received is within its ceiling, a body that is taken is what its writer writes, and a
 * payload that would be signed is, read again by name, exactly what the authority's own state says; its record can be
 * read and shown.
 */
#include "mutate.h"

#include "authority/judge.h"
#include "token/build.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOW      INT64_C(1764000000)
#define ISSUER   "https://localhost:8443"
#define POLICY   "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw"
#define SETTINGS "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc"
#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

static struct snapshot_type types[] = {
	{ .type = TEXT("SgxEnclave"),
	    .token_type = TEXT("sgx"),
	    .policy_hash_text = TEXT(POLICY),
	    .settings_hash_text = TEXT(SETTINGS) },
	{ .type = TEXT("Tpm"), .token_type = TEXT("tpm"), .settings_hash_text = TEXT(SETTINGS) },
};
static struct snapshot_instance instances[] = { { .id = TEXT("main"),
    .host = TEXT("localhost:8443"),
    .issuer = TEXT(ISSUER),
    .kid = TEXT("kid"),
    .types = types,
    .type_count = 2 } };
static struct snapshot state = { .instances = instances,
	.instance_count = 1,
	.limits = { .leeway_s = 60, .token_lifetime_s = 28800 } };

static void
holds_record(const struct issue_request *rq, const struct judged *j)
{
	DEFER(buf_release) struct buf out = { 0 }, text = { 0 };
	struct tlog_record r, again;
	struct err e = { 0 };

	judge_record(rq, j, NOW, &r);
	buf_init(&out, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&out, &r);
	HOLDS(buf_ok(&out) && tlog_record_parse(buf_bytes(&out), &again, &e) == 0);
	HOLDS(again.kind == (rq->draft ? TLOG_DRAFT : TLOG_TOKEN) && again.at == NOW);
	buf_init(&text, 65536);
	json_emit(&text, tlog_record_json(&again, fuzz_arena_other()), JSON_SORTED);
	HOLDS(buf_ok(&text));
}

static void
holds_payload(const struct issue_request *rq, const struct judged *j)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct arena *a = fuzz_arena_other();
	const struct json *p;
	int64_t iat, nbf, exp;
	struct err e = { 0 };

	HOLDS(json_parse(rq->payload, rq->payload.size, a, &p, &e) == 0);
	HOLDS(json_get(p, "jti") == NULL && json_get(p, "attest-dev") == NULL);
	HOLDS(json_is_str(json_get(p, "iss"), ISSUER));
	HOLDS(json_int(json_get(p, "iat"), &iat) && iat >= NOW - 60 && iat <= NOW + 60);
	HOLDS(json_int(json_get(p, "nbf"), &nbf) && nbf == iat);
	HOLDS(json_int(json_get(p, "exp"), &exp) && exp == iat + 28800);
	HOLDS(json_is_str(json_get(p, "x-ms-attestation-type"), "sgx") ||
	    json_is_str(json_get(p, "x-ms-attestation-type"), "tpm"));
	HOLDS(rq->draft || json_is_str(json_get(p, "x-ms-policy-hash"), POLICY));
	HOLDS(json_is_str(json_get(p, "attest-appraisal-hash"), SETTINGS));
	buf_init(&out, 2 * MAX_PAYLOAD_SIZE);
	json_emit(&out, p, JSON_SORTED);
	HOLDS(buf_ok(&out) && bytes_eq(rq->payload, buf_bytes(&out)));
	/* With its name it is still one object, with that name. */
	buf_clear(&out);
	HOLDS(token_insert_jti(rq->payload,
		  BYTES("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), &out,
		  &e) == 0);
	HOLDS(json_parse(buf_bytes(&out), out.size, a, &p, &e) == 0 && json_get(p, "jti") != NULL);
	holds_record(rq, j);
}

static void
take_issue(struct bytes body)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct issue_request rq;
	struct judged j;
	struct err e = { 0 };

	if (issue_request_parse(body, &rq, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	buf_init(&out, body.size);
	issue_request_emit(&out, &rq);
	HOLDS(buf_ok(&out) && bytes_eq(body, buf_bytes(&out)));
	if (judge_issue(&state, &rq, NOW, fuzz_arena(), &j, &e) < 0)
		fuzz_refusal(&e);
	else
		holds_payload(&rq, &j);
}

static void
take_note(struct bytes body)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct refused_note n;
	struct err e = { 0 };

	if (refused_note_parse(body, &n, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	buf_init(&out, body.size);
	refused_note_emit(&out, &n);
	HOLDS(buf_ok(&out) && bytes_eq(body, buf_bytes(&out)));
	for (size_t i = 0; i < n.check.size; i++)
		HOLDS(n.check.p[i] > 0x20 && n.check.p[i] < 0x7f);
}

static void
take_query(struct bytes body)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct authority_query q;
	struct err e = { 0 };

	if (authority_query_parse(body, &q, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	buf_init(&out, body.size);
	authority_query_emit(&out, &q);
	HOLDS(buf_ok(&out) && bytes_eq(body, buf_bytes(&out)));
}

static void
serve(int fd)
{
	struct ipc_reader in;
	struct ipc_frame f;
	struct err e = { 0 };
	int got;

	ipc_reader_init(&in, fd, authority_rules_from_worker);
	while ((got = ipc_recv(&in, &f, &e)) == 1) {
		HOLDS(f.type < AUTHORITY_MSG_COUNT);
		HOLDS(f.body.size <= authority_rules_from_worker.ceiling[f.type]);
		if (f.type == AUTHORITY_ISSUE)
			take_issue(f.body);
		else if (f.type == AUTHORITY_REFUSED)
			take_note(f.body);
		else
			take_query(f.body);
	}
	if (got < 0)
		fuzz_refusal(&e);
	ipc_reader_release(&in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	int fds[2];

	/* More does not fit into the socket while nobody reads. */
	if (size > 65536)
		return 0;
	HOLDS(ipc_pair(fds, &e) == 0);
	HOLDS(size == 0 || send(fds[0], data, size, 0) == (ssize_t)size);
	close(fds[0]);
	serve(fds[1]);
	close(fds[1]);
	return 0;
}

/* The payload of an ISSUE is changed as JSON; its size, and that of the frame, follow. */
static size_t
change_body(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static uint8_t room[65536];
	struct issue_request rq;
	DEFER(buf_release) struct buf out = { 0 };

	if (seed % 4 == 0 || issue_request_parse(bytes_of(data, size), &rq, NULL) < 0 ||
	    rq.payload.size > sizeof(room) / 2)
		return mutate_sized(data, size, max_size, seed);
	if (rq.payload.size > 0)
		memcpy(room, rq.payload.p, rq.payload.size);
	rq.payload.size = mutate_json(room, rq.payload.size, sizeof(room), seed);
	rq.payload.p = room;
	buf_init(&out, max_size);
	issue_request_emit(&out, &rq);
	return mutate_take(&out, data, size, max_size);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_frames(data, size, max_size, seed, change_body);
}
