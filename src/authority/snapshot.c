/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/snapshot.h"

#include "net/ipc.h"

#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_VERSION 1
#define SHORT_FIELD      1024
#define MAX_PEM_SIZE     262144
#define MAX_CERT_BYTES   16384
#define MAX_JWKS_BYTES   262144
/* Arrays only: the bytes stay where they are. */
#define ARENA_SIZE 16777216

/* Views of a snapshot's strings and arrays are laid out depth first, each array after its count. */

static void
emit_type(struct buf *out, const struct snapshot_type *t)
{
	ipc_put(out, t->type);
	ipc_put(out, t->token_type);
	ipc_put(out, t->policy_text);
	ipc_put(out, t->policy_jws);
	buf_u8(out, (uint8_t)t->policy_origin);
	buf_add(out, BYTES_OF(t->policy_hash));
	ipc_put(out, t->policy_hash_text);
	ipc_put(out, t->policy_token_hash);
	ipc_put(out, t->settings_text);
	buf_add(out, BYTES_OF(t->settings_hash));
	ipc_put(out, t->settings_hash_text);
}

static void
emit_instance(struct buf *out, const struct snapshot_instance *in)
{
	ipc_put(out, in->id);
	ipc_put(out, in->host);
	ipc_put(out, in->issuer);
	buf_u8(out, (uint8_t)in->mode);
	buf_u8(out, in->explain_id_only);
	ipc_put(out, in->kid);
	buf_le32(out, (uint32_t)in->type_count);
	for (size_t i = 0; i < in->type_count; i++)
		emit_type(out, &in->types[i]);
	buf_le32(out, (uint32_t)in->key_count);
	for (size_t i = 0; i < in->key_count; i++) {
		ipc_put(out, in->keys[i].kid);
		ipc_put(out, in->keys[i].cert);
	}
}

void
snapshot_emit(struct buf *out, const struct snapshot *s)
{
	buf_u8(out, SNAPSHOT_VERSION);
	buf_le64(out, s->revision);
	buf_u8(out, s->dev);
	buf_le64(out, (uint64_t)s->clock_offset_s);
	buf_le32(out, (uint32_t)s->instance_count);
	for (size_t i = 0; i < s->instance_count; i++)
		emit_instance(out, &s->instances[i]);
	buf_le32(out, (uint32_t)s->issuer_count);
	for (size_t i = 0; i < s->issuer_count; i++) {
		ipc_put(out, s->issuers[i].issuer);
		ipc_put(out, s->issuers[i].audience);
		ipc_put(out, s->issuers[i].jwks);
		ipc_put(out, s->issuers[i].role_claim);
	}
	buf_le32(out, (uint32_t)s->document_count);
	for (size_t i = 0; i < s->document_count; i++) {
		ipc_put(out, s->documents[i].bytes);
		ipc_put(out, s->documents[i].origin);
		ipc_put(out, s->documents[i].name);
	}
	buf_le32(out, (uint32_t)s->anchor_count);
	for (size_t i = 0; i < s->anchor_count; i++) {
		buf_add(out, BYTES_OF(s->anchors[i].spki_sha256));
		ipc_put(out, s->anchors[i].label);
		buf_u8(out, s->anchors[i].dev);
	}
	ipc_put(out, s->tls_cert);
	ipc_put(out, s->tls_key);
	ipc_put(out, s->log_key);
	buf_le32(out, s->limits.leeway_s);
	buf_le32(out, s->limits.token_lifetime_s);
	buf_le32(out, s->limits.max_body_size);
	buf_le32(out, s->limits.request_timeout_ms);
	buf_le32(out, s->limits.max_connections);
}

/* A count up to MAX and room for that many elements; NULL with *COUNT 0 and R bad otherwise. */
static void *
read_array(struct rd *r, struct arena *a, size_t max, size_t element_size, size_t *count)
{
	uint32_t wanted = rd_le32(r);
	void *p;

	*count = 0;
	if (r->bad || wanted > max) {
		r->bad = true;
		return NULL;
	}
	p = arena_array(a, wanted, element_size);
	if (p == NULL) {
		r->bad = true;
		return NULL;
	}
	*count = wanted;
	return p;
}

static bool
read_bool(struct rd *r)
{
	uint8_t v = rd_u8(r);

	if (v > 1)
		r->bad = true;
	return v == 1;
}

static void
read_type(struct rd *r, struct snapshot_type *t)
{
	t->type = ipc_get(r, SHORT_FIELD);
	t->token_type = ipc_get(r, SHORT_FIELD);
	t->policy_text = ipc_get(r, MAX_POLICY_TEXT_SIZE);
	t->policy_jws = ipc_get(r, MAX_POLICY_JWS_SIZE);
	t->policy_origin = read_bool(r) ? POLICY_SET : POLICY_DEFAULT;
	rd_copy(r, t->policy_hash, sizeof(t->policy_hash));
	t->policy_hash_text = ipc_get(r, SHORT_FIELD);
	t->policy_token_hash = ipc_get(r, SHORT_FIELD);
	t->settings_text = ipc_get(r, MAX_SNAPSHOT_SETTINGS);
	rd_copy(r, t->settings_hash, sizeof(t->settings_hash));
	t->settings_hash_text = ipc_get(r, SHORT_FIELD);
}

static void
read_instance(struct rd *r, struct arena *a, struct snapshot_instance *in)
{
	uint8_t mode;

	in->id = ipc_get(r, SHORT_FIELD);
	in->host = ipc_get(r, SHORT_FIELD);
	in->issuer = ipc_get(r, SHORT_FIELD);
	mode = rd_u8(r);
	if (mode > TRUST_SHARED)
		r->bad = true;
	in->mode = (enum trust_mode)mode;
	in->explain_id_only = read_bool(r);
	in->kid = ipc_get(r, SHORT_FIELD);
	in->types = read_array(r, a, MAX_SNAPSHOT_TYPES, sizeof(*in->types), &in->type_count);
	for (size_t i = 0; i < in->type_count; i++)
		read_type(r, &in->types[i]);
	in->keys = read_array(r, a, MAX_SNAPSHOT_KEYS, sizeof(*in->keys), &in->key_count);
	for (size_t i = 0; i < in->key_count; i++) {
		in->keys[i].kid = ipc_get(r, SHORT_FIELD);
		in->keys[i].cert = ipc_get(r, MAX_CERT_BYTES);
	}
}

static void
read_lists(struct rd *r, struct snapshot *s)
{
	struct arena *a = &s->arena;

	s->issuers = read_array(r, a, MAX_SNAPSHOT_ISSUERS, sizeof(*s->issuers), &s->issuer_count);
	for (size_t i = 0; i < s->issuer_count; i++) {
		s->issuers[i].issuer = ipc_get(r, SHORT_FIELD);
		s->issuers[i].audience = ipc_get(r, SHORT_FIELD);
		s->issuers[i].jwks = ipc_get(r, MAX_JWKS_BYTES);
		s->issuers[i].role_claim = ipc_get(r, SHORT_FIELD);
	}
	s->documents =
	    read_array(r, a, MAX_SNAPSHOT_DOCUMENTS, sizeof(*s->documents), &s->document_count);
	for (size_t i = 0; i < s->document_count; i++) {
		s->documents[i].bytes = ipc_get(r, MAX_DOCUMENT_SIZE);
		s->documents[i].origin = ipc_get(r, SHORT_FIELD);
		s->documents[i].name = ipc_get(r, SHORT_FIELD);
	}
	s->anchors = read_array(r, a, MAX_SNAPSHOT_ANCHORS, sizeof(*s->anchors), &s->anchor_count);
	for (size_t i = 0; i < s->anchor_count; i++) {
		rd_copy(r, s->anchors[i].spki_sha256, sizeof(s->anchors[i].spki_sha256));
		s->anchors[i].label = ipc_get(r, SHORT_FIELD);
		s->anchors[i].dev = read_bool(r);
	}
}

static void
read_snapshot(struct rd *r, struct snapshot *s)
{
	if (rd_u8(r) != SNAPSHOT_VERSION)
		r->bad = true;
	s->revision = rd_le64(r);
	s->dev = read_bool(r);
	s->clock_offset_s = (int64_t)rd_le64(r);
	s->instances = read_array(r, &s->arena, MAX_SNAPSHOT_INSTANCES, sizeof(*s->instances),
	    &s->instance_count);
	for (size_t i = 0; i < s->instance_count; i++)
		read_instance(r, &s->arena, &s->instances[i]);
	read_lists(r, s);
	s->tls_cert = ipc_get(r, MAX_PEM_SIZE);
	s->tls_key = ipc_get(r, MAX_PEM_SIZE);
	s->log_key = ipc_get(r, SHORT_FIELD);
	s->limits.leeway_s = rd_le32(r);
	s->limits.token_lifetime_s = rd_le32(r);
	s->limits.max_body_size = rd_le32(r);
	s->limits.request_timeout_ms = rd_le32(r);
	s->limits.max_connections = rd_le32(r);
}

int
snapshot_parse(struct bytes body, struct snapshot **out, struct err *e)
{
	DEFER(snapshot_unrefp) struct snapshot *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(e, ERR_LIMIT, "snapshot: out of memory");
	s->references = 1;
	arena_init(&s->arena, ARENA_SIZE);
	if (!secret_init(&s->memory, body.size))
		return err_set(e, ERR_LIMIT, "snapshot: out of memory");
	if (body.size > 0)
		memcpy(s->memory.p, body.p, body.size);

	struct rd r = rd_from(secret_bytes(&s->memory));

	read_snapshot(&r, s);
	if (!rd_done(&r))
		return err_set(e, ERR_MALFORMED, "snapshot: %zu bytes are not one snapshot",
		    body.size);
	*out = TAKE(s);
	return 0;
}

struct snapshot *
snapshot_ref(struct snapshot *s)
{
	if (s != NULL)
		__atomic_add_fetch(&s->references, 1, __ATOMIC_RELAXED);
	return s;
}

void
snapshot_unref(struct snapshot *s)
{
	if (s == NULL || __atomic_sub_fetch(&s->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	arena_release(&s->arena);
	secret_release(&s->memory);
	free(s);
}

void
snapshot_unrefp(struct snapshot **s)
{
	snapshot_unref(*s);
	*s = NULL;
}

const struct snapshot_instance *
snapshot_find_host(const struct snapshot *s, struct bytes host)
{
	for (size_t i = 0; i < s->instance_count; i++)
		if (bytes_eq_nocase(s->instances[i].host, host))
			return &s->instances[i];
	return NULL;
}

const struct snapshot_instance *
snapshot_find_id(const struct snapshot *s, struct bytes id)
{
	for (size_t i = 0; i < s->instance_count; i++)
		if (bytes_eq(s->instances[i].id, id))
			return &s->instances[i];
	return NULL;
}

const struct snapshot_type *
snapshot_find_type(const struct snapshot_instance *in, struct bytes type)
{
	for (size_t i = 0; in != NULL && i < in->type_count; i++)
		if (bytes_eq(in->types[i].type, type))
			return &in->types[i];
	return NULL;
}

const char *
trust_mode_name(enum trust_mode mode)
{
	switch (mode) {
	case TRUST_AAD:
		return "AAD";
	case TRUST_ISOLATED:
		return "Isolated";
	case TRUST_SHARED:
		return "Shared";
	}
	return "unknown";
}
