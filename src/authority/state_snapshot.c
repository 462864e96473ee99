/* SPDX-License-Identifier: Apache-2.0 */
/* Building the snapshot: from configuration, store and files to the one value that everything is judged by. */
#include "authority/state.h"

#include "authority/collect.h"
#include "authority/files.h"
#include "authority/protocol.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/log.h"
#include "policy/defaults.h"
#include "policy/policy.h"
#include "token/keyring.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LOG_MODULE     "authority"
#define MAX_JWKS_FILE  262144
#define CERT_EARLIER_S 3600 /* clocks of others may be behind */

static int
copy_text(struct arena *a, const char *text, struct bytes *out, struct err *e)
{
	*out = arena_copy(a, bytes_of_str(text));
	return out->p == NULL ? arena_fail(e, "snapshot") : 0;
}

static int
copy_hash(struct arena *a, const uint8_t hash[32], struct bytes *out, struct err *e)
{
	char text[64];

	b64_encode(B64_URL, bytes_of(hash, 32), text);
	*out = arena_copy(a, bytes_of(text, b64_encoded_size(B64_URL, 32)));
	return out->p == NULL ? arena_fail(e, "snapshot") : 0;
}

/* Text, JWS and hashes of the policy in force (maa-api.md 2.3, 2.5). */
static int
build_policy(struct state *s, const struct authority_instance_config *in,
    const struct authority_type_config *config, struct arena *a, struct snapshot_type *t,
    struct err *e)
{
	DEFER(buf_release) struct buf jws = { 0 };
	char hash[POLICY_HASH_SIZE];
	struct store_policy row = { 0 };
	int found = store_policy_get(s->store, bytes_of_str(in->id), bytes_of_str(config->type), 0,
	    a, &row, e);

	TRY(found);
	buf_init(&jws, MAX_POLICY_JWS_SIZE);
	if (found == 1 && row.jws.p != NULL) {
		t->policy_origin = POLICY_SET;
		t->policy_text = row.text;
		t->policy_jws = row.jws;
	} else {
		struct bytes text =
		    config->policy.size > 0 ? config->policy : policy_default_text(config->type);

		policy_jws_emit(&jws, text);
		if (!buf_ok(&jws))
			return err_set(e, ERR_LIMIT, "policy: too large");
		t->policy_text = text.p == NULL ? text : arena_copy(a, text);
		t->policy_jws = arena_copy(a, buf_bytes(&jws));
		if (t->policy_jws.p == NULL || (text.p != NULL && t->policy_text.p == NULL))
			return arena_fail(e, "snapshot");
	}
	policy_token_hash(t->policy_jws, hash);
	TRY(copy_text(a, hash, &t->policy_token_hash, e));
	if (t->policy_text.p == NULL)
		return 0;
	TRY(policy_hash_of(t->policy_text, hash, e));
	TRY(copy_text(a, hash, &t->policy_hash_text, e));
	struct bytes raw;

	TRY(b64_decode_arena(B64_URL, t->policy_hash_text, a, &raw, e));
	if (raw.size != sizeof(t->policy_hash))
		return err_set(e, ERR_INTERNAL, "policy: a hash of %zu bytes", raw.size);
	memcpy(t->policy_hash, raw.p, raw.size);
	return 0;
}

static int
build_type(struct state *s, const struct authority_instance_config *in,
    const struct authority_type_config *config, struct arena *a, struct snapshot_type *t,
    struct err *e)
{
	struct store_settings settings;
	int found;

	TRY(copy_text(a, config->type, &t->type, e));
	TRY(copy_text(a, config->token_type, &t->token_type, e));
	TRY(build_policy(s, in, config, a, t, e));
	found = store_settings_get(s->store, bytes_of_str(in->id), bytes_of_str(config->type), 0, a,
	    &settings, e);
	TRY(found);
	if (found == 0)
		return err_set(e, ERR_INTERNAL, "settings: none for %s", config->type);
	t->settings_text = settings.text;
	sha256(t->settings_text, t->settings_hash);
	return copy_hash(a, t->settings_hash, &t->settings_hash_text, e);
}

/* A certificate is kept until two thirds of its life are over or the issuer has another name. */
static bool
cert_is_fit(const struct store_cert *row, const char *issuer, uint32_t lifetime, int64_t now_at)
{
	struct cert c;

	if (cert_parse(row->der, &c, NULL) < 0 || row->expires_at - now_at < lifetime / 3)
		return false;
	return bytes_is_str(cert_name_cn(c.subject), issuer);
}

static int
build_cert(struct state *s, const struct authority_instance_config *in, struct arena *a,
    struct snapshot_key *key, struct err *e)
{
	DEFER(buf_release) struct buf der = { 0 };
	uint32_t lifetime =
	    s->config->cert_lifetime_s == 0 ? DEFAULT_CERT_LIFETIME : s->config->cert_lifetime_s;
	int64_t now_at = clock_now_at();
	struct store_cert row;
	int found = store_cert_get(s->store, bytes_of_str(in->id), s->kid, a, &row, e);

	TRY(found);
	key->kid = s->kid;
	if (found == 1 && cert_is_fit(&row, in->issuer, lifetime, now_at)) {
		key->cert = row.der;
		return 0;
	}
	buf_init(&der, MAX_CERT_SIZE);
	row = (struct store_cert){ .instance = bytes_of_str(in->id),
		.key = s->kid,
		.expires_at = now_at + lifetime };
	TRY(keyring_cert_emit(in->issuer, s->token_key, now_at - CERT_EARLIER_S, row.expires_at,
	    &der, e));
	row.der = buf_bytes(&der);
	TRY(store_cert_put(s->store, &row, e));
	key->cert = arena_copy(a, row.der);
	return key->cert.p == NULL ? arena_fail(e, "snapshot") : 0;
}

static int
build_instance(struct state *s, const struct authority_instance_config *config, struct arena *a,
    struct snapshot_instance *in, struct err *e)
{
	TRY(copy_text(a, config->id, &in->id, e));
	TRY(copy_text(a, config->host, &in->host, e));
	TRY(copy_text(a, config->issuer, &in->issuer, e));
	in->mode = config->mode;
	in->explain_id_only = config->explain_id_only;
	in->kid = s->kid;
	in->types = arena_array(a, config->type_count, sizeof(*in->types));
	in->keys = arena_array(a, 1, sizeof(*in->keys));
	if (in->types == NULL || in->keys == NULL)
		return arena_fail(e, "snapshot");
	in->type_count = config->type_count;
	in->key_count = 1;
	for (size_t i = 0; i < config->type_count; i++)
		TRY(build_type(s, config, &config->types[i], a, &in->types[i], e));
	return build_cert(s, config, a, &in->keys[0], e);
}

static int
build_issuers(const struct authority_config *config, struct arena *a, struct snapshot *snap,
    struct err *e)
{
	snap->issuers = arena_array(a, config->issuer_count, sizeof(*snap->issuers));
	if (snap->issuers == NULL)
		return arena_fail(e, "snapshot");
	snap->issuer_count = config->issuer_count;
	for (size_t i = 0; i < config->issuer_count; i++) {
		const struct authority_issuer_config *from = &config->issuers[i];
		struct snapshot_issuer *to = &snap->issuers[i];
		DEFER(buf_release) struct buf jwks = { 0 };

		buf_init(&jwks, MAX_JWKS_FILE);
		TRY(copy_text(a, from->issuer, &to->issuer, e));
		TRY(copy_text(a, from->audience, &to->audience, e));
		TRY(copy_text(a, from->role_claim == NULL ? "roles" : from->role_claim,
		    &to->role_claim, e));
		if (file_read(AT_FDCWD, from->jwks_path, MAX_JWKS_FILE, &jwks, e) < 0)
			return err_in(e, "keys of %s", from->issuer);
		to->jwks = arena_copy(a, buf_bytes(&jwks));
		if (to->jwks.p == NULL)
			return arena_fail(e, "snapshot");
	}
	return 0;
}

static int
build_anchors(const struct authority_config *config, struct arena *a, struct snapshot *snap,
    struct err *e)
{
	snap->anchors = arena_array(a, config->anchor_count, sizeof(*snap->anchors));
	if (snap->anchors == NULL)
		return arena_fail(e, "snapshot");
	snap->anchor_count = config->anchor_count;
	for (size_t i = 0; i < config->anchor_count; i++) {
		memcpy(snap->anchors[i].spki_sha256, config->anchors[i].spki_sha256, 32);
		snap->anchors[i].dev = config->anchors[i].dev;
		TRY(copy_text(a, config->anchors[i].label, &snap->anchors[i].label, e));
	}
	return 0;
}

static uint32_t
or_default(uint32_t value, uint32_t otherwise)
{
	return value == 0 ? otherwise : value;
}

static void
build_limits(const struct snapshot_limits *from, struct snapshot_limits *to)
{
	to->leeway_s = or_default(from->leeway_s, DEFAULT_LEEWAY_S);
	to->token_lifetime_s = or_default(from->token_lifetime_s, DEFAULT_TOKEN_LIFETIME);
	to->max_body_size = or_default(from->max_body_size, DEFAULT_MAX_BODY);
	to->request_timeout_ms = or_default(from->request_timeout_ms, DEFAULT_TIMEOUT_MS);
	to->max_connections = or_default(from->max_connections, DEFAULT_CONNECTIONS);
}

/* What the worker refuses as too much must not be sent: it would end the worker at each start. */
static int
check_counts(const struct authority_config *c, struct err *e)
{
	if (c->instance_count > MAX_SNAPSHOT_INSTANCES || c->issuer_count > MAX_SNAPSHOT_ISSUERS ||
	    c->anchor_count > MAX_SNAPSHOT_ANCHORS)
		return err_set(e, ERR_LIMIT,
		    "configuration: %zu instances, %zu issuers, %zu anchors: too many",
		    c->instance_count, c->issuer_count, c->anchor_count);
	for (size_t i = 0; i < c->instance_count; i++) {
		if (c->instances[i].type_count > MAX_SNAPSHOT_TYPES ||
		    strlen(c->instances[i].id) > MAX_INSTANCE_ID_SIZE)
			return err_set(e, ERR_LIMIT, "configuration: instance %zu: too many types",
			    i + 1);
		for (size_t j = 0; j < i; j++)
			if (strcmp(c->instances[i].id, c->instances[j].id) == 0 ||
			    strcasecmp(c->instances[i].host, c->instances[j].host) == 0)
				return err_set(e, ERR_INVALID,
				    "configuration: two instances are called %s or answer for %s",
				    c->instances[i].id, c->instances[i].host);
	}
	return 0;
}

static int
next_revision(struct state *s, struct arena *a, uint64_t *out, struct err *e)
{
	DEFER(buf_release) struct buf value = { 0 };
	struct bytes old;
	int found = store_meta_get(s->store, "revision", a, &old, e);
	struct rd r;

	TRY(found);
	r = rd_from(found == 1 ? old : (struct bytes){ 0 });
	*out = rd_le64(&r) + 1;
	buf_init(&value, 8);
	buf_le64(&value, *out);
	/* An empty value would begin to count anew. */
	if (!buf_ok(&value))
		return err_set(e, ERR_LIMIT, "revision: out of memory");
	return store_meta_put(s->store, "revision", buf_bytes(&value), e);
}

static int
build(struct state *s, struct arena *a, struct snapshot *snap, struct err *e)
{
	const struct authority_config *c = s->config;

	TRY(check_counts(c, e));
	snap->dev = c->dev;
	snap->clock_offset_s = c->clock_offset_s;
	build_limits(&c->limits, &snap->limits);
	snap->instances = arena_array(a, c->instance_count, sizeof(*snap->instances));
	if (snap->instances == NULL)
		return arena_fail(e, "snapshot");
	snap->instance_count = c->instance_count;
	for (size_t i = 0; i < c->instance_count; i++)
		TRY(build_instance(s, &c->instances[i], a, &snap->instances[i], e));
	TRY(build_issuers(c, a, snap, e));
	TRY(build_anchors(c, a, snap, e));
	TRY(collect_documents(c->collateral_dirs, c->collateral_dir_count, a, snap, e));
	snap->tls_cert = arena_copy(a, buf_bytes(&s->tls_cert));
	snap->tls_key = arena_copy(a, buf_bytes(&s->tls_key));
	snap->log_key = arena_copy(a, buf_bytes(&s->log_vkey));
	if (snap->tls_cert.p == NULL || snap->tls_key.p == NULL || snap->log_key.p == NULL)
		return arena_fail(e, "snapshot");
	return next_revision(s, a, &snap->revision, e);
}

int
state_build(struct state *s, struct err *e)
{
	struct arena a;
	struct snapshot *snap;
	int done;

	arena_init(&a, s->arena.ceiling);
	snap = arena_alloc(&a, sizeof(*snap));
	pthread_mutex_lock(&s->store_lock);
	done = snap == NULL ? arena_fail(e, "snapshot") : build(s, &a, snap, e);
	pthread_mutex_unlock(&s->store_lock);
	if (done < 0) {
		arena_release(&a);
		return -1;
	}
	arena_release(&s->arena);
	s->arena = a;
	s->snapshot = snap;
	s->revision = snap->revision;
	return 0;
}
