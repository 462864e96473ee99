/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority_run(): the whole authority, with store, keys and log, against a worker that has been taken over. The input
 * is what that worker does, one step after the other, each behind its size (u32 LE):
 *
 *	u8 what · the rest	RAW: bytes of the connection as they are; ISSUE: members that replace those of an honest payload;
 *				PROOF: asks for the record of the last token; else a frame of type `what` with the rest as its body
 *
 * It ends by itself, with no error or by calling what came a breach of protocol; every token that it gave says what its
 * own state says, verifies by the key of its snapshot, and is named by the leaf that the log has.
 */
#include "mutate.h"

#include "../support/test.h"

#include "../unit/authority/authority_help.h"

#include "base/hex.h"
#include "base/log.h"
#include "codec/json.h"
#include "crypto/cert.h"
#include "jose/jws.h"
#include "tlog/tree.h"

#include <string.h>
#include <sys/socket.h>

#define NOW       INT64_C(1764000000)
#define MAX_STEPS 16
#define MAX_INPUT 16384
/* Inputs until the state is made anew: its log grows with each token. */
#define FRESH 512

enum { STEP_RAW = 0, STEP_ISSUE = AUTHORITY_ISSUE, STEP_PROOF = AUTHORITY_LOG_PROOF };

static struct authority_help help;
static struct snapshot *snap;
static struct key *key;
static unsigned runs;

/* What the authority may say of its own state; read once, from its own snapshot. */
static void
read_snapshot(struct bytes body)
{
	struct err e = { 0 };
	struct cert cert;

	snapshot_unref(snap);
	key_unref(key);
	snap = NULL;
	key = NULL;
	HOLDS(snapshot_parse(body, &snap, &e) == 0 && snap->instance_count == 2);
	HOLDS(cert_parse(snap->instances[0].keys[0].cert, &cert, &e) == 0);
	HOLDS(key_from_spki(cert.spki, &key, &e) == 0);
}

static void
renew(void)
{
	if (runs++ % FRESH != 0)
		return;
	if (help.dir.path[0] != '\0')
		help_drop(&help);
	help_config(&help);
	log_setup(LOG_ERROR, false, "fuzz");
	clock_set_offset(0);
	clock_set_offset(NOW - clock_now_at());
	snapshot_unref(snap);
	snap = NULL;
}

/* MORE's member of that name, else HONEST. */
static void
put_member(struct json *p, const char *name, struct json *honest, const struct json *more,
    struct arena *a)
{
	const struct json *other = more == NULL ? NULL : json_get(more, name);

	HOLDS(json_put(p, name, other == NULL ? honest : json_copy(a, other)));
}

/* An honest payload, but for the members of CHANGES. */
static void
put_payload(struct buf *out, struct bytes changes, struct arena *a)
{
	const struct snapshot_type *t = &snap->instances[0].types[0];
	struct json *p = json_new(a, JSON_OBJECT);
	const struct json *more = NULL;

	if (json_parse(changes, changes.size, a, &more, NULL) < 0 || more->type != JSON_OBJECT)
		more = NULL;
	put_member(p, "attest-appraisal-hash", json_new_str(a, t->settings_hash_text), more, a);
	put_member(p, "exp", json_new_int(a, NOW + 28800), more, a);
	put_member(p, "iat", json_new_int(a, NOW), more, a);
	put_member(p, "iss", json_new_cstr(a, help.instances[0].issuer), more, a);
	put_member(p, "nbf", json_new_int(a, NOW), more, a);
	put_member(p, "x-ms-attestation-type", json_new_str(a, t->token_type), more, a);
	put_member(p, "x-ms-policy-hash", json_new_str(a, t->policy_hash_text), more, a);
	put_member(p, "x-ms-ver", json_new_cstr(a, "1.0"), more, a);
	/* A name that is there already is not added again. */
	for (const struct json *m = more == NULL ? NULL : more->first; m != NULL; m = m->next)
		(void)!json_add(p, m->name, json_copy(a, m));
	json_emit(out, p, JSON_SORTED);
	HOLDS(buf_ok(out));
}

/* A token of the authority, read as a relying party does. */
static void
holds_token(const struct issue_reply *reply, bool draft)
{
	struct arena *a = fuzz_arena_other();
	const struct json *p;
	char leaf[2 * TLOG_HASH_SIZE + 1] = { 0 };
	struct jws jws;
	struct err e = { 0 };
	bool good = false;
	int64_t at = 0;

	HOLDS(jws_parse(reply->token, a, &jws, &e) == 0);
	if (draft)
		HOLDS(jws.signature.size == 0);
	else
		HOLDS(jws_verify(&jws, key, SIG_RS256, &good, &e) == 0 && good);
	HOLDS(json_parse(jws.payload, jws.payload.size, a, &p, &e) == 0);
	hex_encode(BYTES_OF(reply->leaf_hash), leaf);
	HOLDS(json_is_str(json_get(p, "jti"), leaf));
	HOLDS(json_is_str(json_get(p, "iss"), help.instances[0].issuer) ||
	    json_is_str(json_get(p, "iss"), help.instances[1].issuer));
	HOLDS(json_int(json_get(p, "iat"), &at) && at >= NOW - 60 && at <= NOW + 120);
	HOLDS(json_int(json_get(p, "exp"), &at) && at <= NOW + 28800 + 120);
	HOLDS(draft ||
	    bytes_eq(json_text(json_get(p, "x-ms-policy-hash")),
		snap->instances[0].types[0].policy_hash_text) ||
	    !json_is_str(json_get(p, "x-ms-attestation-type"), "sgx"));
}

/* Reads until the answer to ID, or the end; what comes is well-formed. */
static bool
answered(struct ipc_reader *in, uint64_t id, struct ipc_frame *f)
{
	struct err e = { 0 };

	while (ipc_recv(in, f, &e) == 1) {
		if (f->type == AUTHORITY_SNAPSHOT)
			continue;
		HOLDS(f->type == AUTHORITY_ISSUED || f->type == AUTHORITY_FAILED ||
		    f->type == AUTHORITY_TOKEN || f->type == AUTHORITY_ANSWER);
		if (f->type == AUTHORITY_FAILED) {
			struct err why = { 0 };

			HOLDS(authority_failed_parse(f->body, &why, &e) == 0);
			fuzz_refusal(&why);
		}
		if (f->id == id)
			return true;
	}
	return false;
}

/* One token asked for; its leaf in LEAF when it was given. */
static void
ask_token(struct ipc_reader *in, uint64_t id, struct bytes changes, uint8_t leaf[TLOG_HASH_SIZE])
{
	DEFER(buf_release) struct buf text = { 0 }, body = { 0 };
	struct issue_request rq = { .instance = BYTES("one"),
		.type = BYTES("SgxEnclave"),
		.draft = changes.size > 0 && changes.p[0] == ' ',
		.trace_id = BYTES("01J") };
	struct issue_reply reply = { 0 };
	struct ipc_frame f;
	struct err e = { 0 };

	buf_init(&text, MAX_PAYLOAD_SIZE);
	buf_init(&body, MAX_PAYLOAD_SIZE * 2);
	put_payload(&text, changes, fuzz_arena());
	rq.payload = buf_bytes(&text);
	issue_request_emit(&body, &rq);
	if (ipc_send(help.fd, AUTHORITY_ISSUE, id, buf_bytes(&body), &e) < 0 ||
	    !answered(in, id, &f) || f.type != AUTHORITY_ISSUED)
		return;
	HOLDS(issue_reply_parse(f.body, &reply, &e) == 0);
	holds_token(&reply, rq.draft);
	memcpy(leaf, reply.leaf_hash, TLOG_HASH_SIZE);
}

/* What was given is in the log. */
static void
ask_proof(struct ipc_reader *in, uint64_t id, const uint8_t leaf[TLOG_HASH_SIZE])
{
	static const uint8_t none[TLOG_HASH_SIZE];
	DEFER(buf_release) struct buf body = { 0 };
	struct authority_query q = { .instance = BYTES("one") };
	struct ipc_frame f;
	struct err e = { 0 };

	memcpy(q.leaf_hash, leaf, TLOG_HASH_SIZE);
	buf_init(&body, 4096);
	authority_query_emit(&body, &q);
	if (ipc_send(help.fd, AUTHORITY_LOG_PROOF, id, buf_bytes(&body), &e) == 0 &&
	    answered(in, id, &f) && memcmp(leaf, none, sizeof(none)) != 0)
		HOLDS(f.type == AUTHORITY_ANSWER);
}

static void
take_steps(struct ipc_reader *in, struct rd *r)
{
	uint8_t leaf[TLOG_HASH_SIZE] = { 0 };
	struct err e = { 0 };

	for (uint64_t id = 1; id <= MAX_STEPS && r->left.size > 0; id++) {
		struct bytes step = rd_take(r, rd_le32(r)), rest = bytes_slice(step, 1, step.size);

		if (!rd_ok(r) || step.size == 0)
			return;
		if (step.p[0] == STEP_RAW) {
			/* Gone already, or not: both are fine. */
			if (send(help.fd, rest.p, rest.size, MSG_NOSIGNAL) < 0)
				return;
		} else if (step.p[0] == STEP_ISSUE) {
			ask_token(in, id, rest, leaf);
		} else if (step.p[0] == STEP_PROOF && rest.size == 0) {
			ask_proof(in, id, leaf);
		} else if (ipc_send(help.fd, step.p[0], id, rest, &e) < 0) {
			return;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_from(bytes_of(data, size));
	struct ipc_reader in;
	struct ipc_frame f;
	struct err e = { 0 };

	if (size > MAX_INPUT)
		return 0;
	renew();
	help.config.frame_ms = 50;
	help_run(&help);
	ipc_reader_init(&in, help.fd, authority_rules_from_authority);
	HOLDS(ipc_recv(&in, &f, &e) == 1 && f.type == AUTHORITY_SNAPSHOT);
	if (snap == NULL)
		read_snapshot(f.body);
	take_steps(&in, &r);
	shutdown(help.fd, SHUT_WR);
	(void)answered(&in, UINT64_MAX, &f);
	ipc_reader_release(&in);
	if (help_join(&help) < 0) {
		fuzz_refusal(&help.err);
		HOLDS(help.err.code == ERR_MALFORMED || help.err.code == ERR_LIMIT);
	}
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_sized(data, size, max_size, seed);
}
