/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker without processes: a service over an authority that signs in this process, or fails as told, and a snapshot
 * of two instances, "localhost:8443" and "other.example".
 */
#pragma once

#include "bearer.h"
#include "vectors.h"

#include "base/clock.h"
#include "base/hex.h"
#include "crypto/digest.h"
#include "policy/defaults.h"
#include "service/service.h"
#include "token/build.h"
#include "token/keyring.h"

#define FAKE_HOST       "localhost:8443"
#define FAKE_ISSUER     "https://localhost:8443"
#define FAKE_OAUTH      "https://localhost:8443/attestd/dev/issuer"
#define MAX_FAKE_DOCS   16
#define FAKE_TOKEN_ROOM 65536

struct fake_authority {
	struct privkey *key;
	char kid[KEYRING_KID_SIZE];
	enum err_code fail;  /* what every call answers, ERR_NONE: it works */
	bool refuse_at_once; /* the call itself fails instead of its answer */
	struct bytes answer; /* of log queries */
	unsigned issues, refusals;
	struct authority_query query; /* the last one */
	bool draft;
	uint8_t evidence_sha256[32];
	char check[96];
	char payload[FAKE_TOKEN_ROOM]; /* the last one */
};

struct fake_service {
	struct service *service;
	struct fake_authority authority;
	struct fake_issuer oauth;
	struct arena arena;
	/* Set before fake_service_publish(). */
	struct bytes settings;
	struct bytes documents[MAX_FAKE_DOCS];
	size_t document_count;
	struct bytes policy; /* of SgxEnclave; p == NULL: the default */
	uint8_t dev_anchor[32];
	bool has_dev_anchor, explain_id_only;
	struct bytes log_key; /* of the snapshot */
};

static inline int
fake_fails(struct fake_authority *f, struct err *e)
{
	return f->refuse_at_once ? err_set(e, f->fail, "told to fail") : 0;
}

static inline void
fake_sign(struct fake_authority *f, const struct issue_request *rq, struct buf *out)
{
	DEFER(buf_release) struct buf header = { 0 }, payload = { 0 };
	uint8_t sig[MAX_SIG_SIZE], hash[SHA256_SIZE];
	char jti[TOKEN_JTI_SIZE];
	struct err e = { 0 };
	size_t size;

	buf_init(&header, 4096);
	buf_init(&payload, FAKE_TOKEN_ROOM);
	sha256(rq->payload, hash);
	hex_encode(BYTES_OF(hash), jti);
	assert_int_equal(token_insert_jti(rq->payload, bytes_of(jti, sizeof(jti)), &payload, &e),
	    0);
	token_header_emit(&header, rq->draft ? "none" : "ES256", BYTES(FAKE_ISSUER),
	    bytes_of_str(f->kid));
	jws_emit_signing_input(out, buf_bytes(&header), buf_bytes(&payload));
	if (rq->draft) {
		jws_emit_signature(out, (struct bytes){ 0 });
		return;
	}
	assert_int_equal(privkey_sign(f->key, SIG_ES256, SIG_RAW, buf_bytes(out), sig, &size, &e),
	    0);
	jws_emit_signature(out, bytes_of(sig, size));
}

static inline int
fake_issue(void *self, const struct issue_request *rq,
    void (*done)(const struct issue_reply *reply, void *user), void *user, struct err *e)
{
	struct fake_authority *f = self;
	struct issue_reply reply = { 0 };
	DEFER(buf_release) struct buf token = { 0 };

	TRY(fake_fails(f, e));
	buf_init(&token, FAKE_TOKEN_ROOM);
	f->issues++;
	f->draft = rq->draft;
	memcpy(f->evidence_sha256, rq->evidence_sha256, 32);
	assert_true(rq->payload.size < sizeof(f->payload));
	memcpy(f->payload, rq->payload.p, rq->payload.size);
	f->payload[rq->payload.size] = '\0';
	if (f->fail != ERR_NONE) {
		err_set(&reply.err, f->fail, "told to fail");
	} else {
		fake_sign(f, rq, &token);
		reply.token = buf_bytes(&token);
	}
	done(&reply, user);
	return 0;
}

static inline int
fake_answer(struct fake_authority *f,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
{
	struct authority_answer answer = { .bytes = f->answer };

	TRY(fake_fails(f, e));
	if (f->fail != ERR_NONE)
		err_set(&answer.err, f->fail, "told to fail");
	done(&answer, user);
	return 0;
}

static inline int
fake_policy_token(void *self, struct bytes instance, struct bytes type,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
{
	struct fake_authority *f = self;

	f->query = (struct authority_query){ .instance = instance, .type = type };
	return fake_answer(f, done, user, e);
}

static inline int
fake_checkpoint(void *self, void (*done)(const struct authority_answer *answer, void *user),
    void *user, struct err *e)
{
	return fake_answer(self, done, user, e);
}

static inline int
fake_log_query(void *self, enum authority_msg what, const struct authority_query *query,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
{
	struct fake_authority *f = self;

	(void)what;
	f->query = *query;
	return fake_answer(f, done, user, e);
}

static inline void
fake_refused(void *self, const struct refused_note *note)
{
	struct fake_authority *f = self;

	f->refusals++;
	snprintf(f->check, sizeof(f->check), "%.*s", BYTES_FMT(note->check));
}

static inline void
fake_service_init(struct fake_service *f, const struct service_config *config)
{
	struct service_authority ops = { &f->authority, fake_issue, fake_policy_token,
		fake_checkpoint, fake_log_query, fake_checkpoint, fake_refused };
	struct err e = { 0 };

	memset(f, 0, sizeof(*f));
	arena_init(&f->arena, 64u << 20);
	fake_issuer_init(&f->oauth, KEY_P256, SIG_ES256, "k1");
	assert_int_equal(privkey_generate(KEY_P256, &f->authority.key, &e), 0);
	assert_int_equal(keyring_kid(privkey_public(f->authority.key), f->authority.kid, &e), 0);
	assert_int_equal(service_new(config, &ops, &f->service, &e), 0);
	f->settings = BYTES("{}");
	f->log_key = BYTES("localhost/log+00000000+AAAA");
}

static inline void
fake_service_release(struct fake_service *f)
{
	service_free(f->service);
	privkey_free(f->authority.key);
	fake_issuer_release(&f->oauth);
	arena_release(&f->arena);
	clock_set_offset(0);
}

/* From now on it is AT. */
static inline void
fake_time(int64_t at)
{
	clock_set_offset(0);
	clock_set_offset(at - clock_now_at());
}

static inline void
fake_document(struct fake_service *f, const char *vector)
{
	struct bytes *doc = &f->documents[f->document_count++];

	assert_true(f->document_count <= MAX_FAKE_DOCS);
	assert_true(vector_read(vector, &f->arena, doc));
}

static inline struct bytes
fake_copy(struct fake_service *f, const struct buf *b)
{
	struct bytes out = arena_copy(&f->arena, buf_bytes(b));

	assert_true(buf_ok(b));
	assert_non_null(out.p);
	return out;
}

static inline void
fake_type(struct fake_service *f, struct snapshot_type *t, const char *type)
{
	DEFER(buf_release) struct buf jws = { 0 }, hash = { 0 };
	struct err e = { 0 };
	char policy[POLICY_HASH_SIZE], token[POLICY_HASH_SIZE];
	bool is_set = f->policy.p != NULL && strcmp(type, "SgxEnclave") == 0;

	buf_init(&jws, MAX_POLICY_JWS_SIZE);
	buf_init(&hash, 64);
	t->type = bytes_of_str(type);
	t->token_type = BYTES("sgx");
	t->policy_text = is_set ? f->policy : policy_default_text(type);
	t->policy_origin = is_set ? POLICY_SET : POLICY_DEFAULT;
	policy_jws_emit(&jws, t->policy_text);
	t->policy_jws = fake_copy(f, &jws);
	assert_int_equal(policy_hash_of(t->policy_text, policy, &e), 0);
	policy_token_hash(t->policy_jws, token);
	t->policy_hash_text = arena_copy(&f->arena, bytes_of_str(policy));
	t->policy_token_hash = arena_copy(&f->arena, bytes_of_str(token));
	t->settings_text = f->settings;
	sha256(f->settings, t->settings_hash);
	buf_hex(&hash, BYTES_OF(t->settings_hash));
	t->settings_hash_text = fake_copy(f, &hash);
}

static inline int
fake_service_publish(struct fake_service *f, struct err *e)
{
	DEFER(buf_release) struct buf cert = { 0 }, text = { 0 };
	struct snapshot_type types[2] = { 0 };
	struct snapshot_key key = { .kid = bytes_of_str(f->authority.kid) };
	struct snapshot_instance instances[2] = { 0 };
	struct snapshot_document docs[MAX_FAKE_DOCS] = { 0 };
	struct snapshot_issuer issuer = { .issuer = BYTES(FAKE_OAUTH),
		.audience = BYTES(FAKE_ISSUER),
		.jwks = bytes_of_str(f->oauth.jwks),
		.role_claim = BYTES("roles") };
	struct snapshot_anchor anchor = { .label = BYTES("dev root"), .dev = true };
	struct snapshot s = { .revision = 1,
		.instances = instances,
		.instance_count = 2,
		.issuers = &issuer,
		.issuer_count = 1,
		.documents = docs,
		.document_count = f->document_count,
		.anchors = &anchor,
		.anchor_count = f->has_dev_anchor ? 1 : 0 };
	struct snapshot *parsed = NULL;

	buf_init(&cert, MAX_CERT_SIZE);
	buf_init(&text, MAX_SNAPSHOT_SIZE);
	assert_int_equal(keyring_cert_emit(FAKE_ISSUER, f->authority.key, 1600000000, 2500000000,
			     &cert, e),
	    0);
	key.cert = buf_bytes(&cert);
	memcpy(anchor.spki_sha256, f->dev_anchor, 32);
	fake_type(f, &types[0], "SgxEnclave");
	fake_type(f, &types[1], "OpenEnclave");
	for (size_t i = 0; i < f->document_count; i++)
		docs[i] = (struct snapshot_document){ .bytes = f->documents[i],
			.origin = BYTES("folder"),
			.name = BYTES("doc") };
	instances[0] = (struct snapshot_instance){ .id = BYTES("main"),
		.host = BYTES(FAKE_HOST),
		.issuer = BYTES(FAKE_ISSUER),
		.kid = key.kid,
		.types = types,
		.type_count = 2,
		.keys = &key,
		.key_count = 1 };
	instances[1] = instances[0];
	instances[1].id = BYTES("other");
	instances[1].host = BYTES("other.example");
	instances[1].mode = TRUST_SHARED;
	instances[0].explain_id_only = f->explain_id_only;
	instances[1].type_count = 1;
	s.log_key = f->log_key;
	s.limits = (struct snapshot_limits){ .leeway_s = 60,
		.token_lifetime_s = 28800,
		.max_body_size = 1u << 20 };
	snapshot_emit(&text, &s);
	assert_true(buf_ok(&text));
	TRY(snapshot_parse(buf_bytes(&text), &parsed, e));
	return service_publish(f->service, parsed, e);
}
