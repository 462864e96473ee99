/* SPDX-License-Identifier: Apache-2.0 */
#include "service/instance.h"

#include "service/certs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a snapshot says of a document's origin, as the literal that a trace shows. */
static const char *const origins[] = { "bundle", "cache", "pcs", "folder" };

static const char *
origin_literal(struct bytes origin)
{
	for (size_t i = 0; i < COUNT_OF(origins); i++)
		if (bytes_is_str(origin, origins[i]))
			return origins[i];
	return "folder";
}

/* Sizes are hashed too, so that no two lists of documents look alike. */
static void
documents_hash(const struct snapshot *snapshot, uint8_t out[SHA256_SIZE])
{
	uint8_t chain[SHA256_SIZE] = { 0 }, one[SHA256_SIZE];

	for (size_t i = 0; i < snapshot->document_count; i++) {
		sha256(snapshot->documents[i].bytes, one);
		const struct bytes parts[] = { BYTES_OF(chain), BYTES_OF(one),
			snapshot->documents[i].origin };
		digest_of_parts(DIGEST_SHA256, parts, COUNT_OF(parts), chain);
	}
	memcpy(out, chain, SHA256_SIZE);
}

static int
build_collateral(struct service_state *state, const struct service_state *before, struct err *e)
{
	const struct snapshot *snapshot = state->snapshot;
	DEFER(collateral_builder_freep) struct collateral_builder *b = NULL;

	documents_hash(snapshot, state->documents_sha256);
	if (before != NULL &&
	    memcmp(before->documents_sha256, state->documents_sha256, SHA256_SIZE) == 0) {
		state->collateral = collateral_ref(before->collateral);
		return 0;
	}
	b = collateral_builder_new(MAX_COLLATERAL_SIZE);
	if (b == NULL)
		return arena_fail(e, "collateral");
	for (size_t i = 0; i < snapshot->document_count; i++) {
		const struct snapshot_document *doc = &snapshot->documents[i];

		if (collateral_builder_add(b, doc->bytes, origin_literal(doc->origin), NULL, e) < 0)
			return err_in(e, "%.*s", BYTES_FMT(doc->name));
	}
	return collateral_builder_seal(b, &state->collateral, e);
}

static int
build_authn(struct service_state *state, struct err *e)
{
	struct authn_issuer_spec specs[MAX_SNAPSHOT_ISSUERS] = { 0 };
	const struct snapshot *snapshot = state->snapshot;

	if (snapshot->issuer_count > MAX_SNAPSHOT_ISSUERS)
		return err_set(e, ERR_LIMIT, "bearer issuers: at most %d", MAX_SNAPSHOT_ISSUERS);
	for (size_t i = 0; i < snapshot->issuer_count; i++) {
		const struct snapshot_issuer *from = &snapshot->issuers[i];

		specs[i] = (struct authn_issuer_spec){ .issuer = from->issuer,
			.jwks = from->jwks,
			.roles_claim = from->role_claim };
		/* What the vendor's clients ask for, whatever the instance (maa-api.md 1.2). */
		specs[i].audiences[specs[i].audience_count++] = BYTES("https://attest.azure.net");
		if (from->audience.size > 0)
			specs[i].audiences[specs[i].audience_count++] = from->audience;
	}
	return authn_new(specs, snapshot->issuer_count, snapshot->limits.leeway_s, &state->authn,
	    e);
}

static int
build_dev_anchors(struct service_state *state, struct err *e)
{
	const struct snapshot *snapshot = state->snapshot;

	state->dev_anchors = arena_array(&state->arena, snapshot->anchor_count, SHA256_SIZE);
	if (state->dev_anchors == NULL)
		return arena_fail(e, "anchors");
	for (size_t i = 0; i < snapshot->anchor_count; i++)
		if (snapshot->anchors[i].dev)
			memcpy(state->dev_anchors[state->dev_anchor_count++],
			    snapshot->anchors[i].spki_sha256, SHA256_SIZE);
	return 0;
}

/* Settings are parsed from the text whose hash the token names, and from nothing else. */
static int
build_settings(struct service_state *state, struct service_type *type, struct err *e)
{
	struct settings *settings = arena_alloc(&state->arena, sizeof(*settings));

	if (settings == NULL)
		return arena_fail(e, "settings");
	TRY(settings_parse(type->snap->settings_text, settings, e));
	type->settings = settings;
	return 0;
}

static int
build_type(struct service_state *state, struct service_instance *in,
    const struct snapshot_type *snap, struct err *e)
{
	const struct kind *kind = kind_find(snap->type);
	struct service_type *type;

	if (kind == NULL)
		return err_set(e, ERR_UNSUPPORTED, "unknown type of evidence");
	type = &in->types[kind_index(kind)];
	if (type->snap != NULL)
		return err_set(e, ERR_INVALID, "listed twice");
	type->kind = kind;
	type->snap = snap;
	TRY(build_settings(state, type, e));
	if (snap->policy_text.size > 0)
		TRY(policy_parse(snap->policy_text, &type->policy, NULL, e));
	return 0;
}

static void
space_unref(struct service_space *space)
{
	if (space == NULL || atomic_fetch_sub(&space->references, 1) != 1)
		return;
	exemplars_unref(space->traces);
	endorsement_cache_free(space->cache);
	free(space);
}

static struct service_space *
space_new(const struct service_config *config)
{
	struct service_space *space = calloc(1, sizeof(*space));

	if (space == NULL)
		return NULL;
	atomic_init(&space->references, 1);
	space->traces = exemplars_new(config->traces);
	space->cache = endorsement_cache_new(config->cache_bytes);
	if (space->traces != NULL && space->cache != NULL)
		return space;
	space_unref(space);
	return NULL;
}

static struct service_space *
space_of(struct service *s, const struct service_state *before, struct bytes id)
{
	for (size_t i = 0; before != NULL && i < before->instance_count; i++) {
		struct service_space *space = before->instances[i].space;

		if (!bytes_eq(before->instances[i].snap->id, id))
			continue;
		atomic_fetch_add(&space->references, 1);
		return space;
	}
	return space_new(&s->config);
}

static int
build_instance(struct service *s, struct service_state *state, const struct service_state *before,
    struct service_instance *in, struct err *e)
{
	in->explain_id_only = in->snap->explain_id_only;
	for (size_t i = 0; i < KIND_COUNT; i++)
		in->types[i].kind = &kind_table[i];
	for (size_t i = 0; i < in->snap->type_count; i++)
		if (build_type(state, in, &in->snap->types[i], e) < 0)
			return err_in(e, "%.*s", BYTES_FMT(in->snap->types[i].type));
	TRY(certs_build(in, e));
	in->metrics = metrics_row(s->metrics, in->snap->id);
	in->space = space_of(s, before, in->snap->id);
	return in->space == NULL ? arena_fail(e, "traces and cache") : 0;
}

static int
build_instances(struct service *s, struct service_state *state, const struct service_state *before,
    struct err *e)
{
	size_t count = state->snapshot->instance_count;

	state->instances = arena_array(&state->arena, count, sizeof(*state->instances));
	if (state->instances == NULL)
		return arena_fail(e, "instances");
	for (size_t i = 0; i < count; i++) {
		struct service_instance *in = &state->instances[i];

		in->snap = &state->snapshot->instances[i];
		state->instance_count++;
		if (build_instance(s, state, before, in, e) < 0)
			return err_in(e, "instance %.*s", BYTES_FMT(in->snap->id));
	}
	return 0;
}

static void
state_unrefp(struct service_state **state)
{
	service_state_unref(*state);
}

int
service_state_new(struct service *s, struct snapshot *snapshot, const struct service_state *before,
    struct service_state **out, struct err *e)
{
	DEFER(state_unrefp) struct service_state *state = calloc(1, sizeof(*state));

	if (state == NULL)
		return arena_fail(e, "state");
	atomic_init(&state->references, 1);
	arena_init(&state->arena, MAX_STATE_ARENA);
	state->snapshot = snapshot_ref(snapshot);
	TRY(build_collateral(state, before, e));
	TRY(build_authn(state, e));
	TRY(build_dev_anchors(state, e));
	TRY(build_instances(s, state, before, e));
	*out = TAKE(state);
	return 0;
}

static void
instance_release(struct service_instance *in)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		policy_unref(in->types[i].policy);
	service_document_release(&in->certs);
	service_document_release(&in->discovery);
	space_unref(in->space);
}

void
service_state_unref(struct service_state *state)
{
	if (state == NULL || atomic_fetch_sub(&state->references, 1) != 1)
		return;
	for (size_t i = 0; i < state->instance_count; i++)
		instance_release(&state->instances[i]);
	authn_free(state->authn);
	collateral_unref(state->collateral);
	snapshot_unref(state->snapshot);
	arena_release(&state->arena);
	free(state);
}

static const struct service_instance *
find_exact(const struct service_state *state, struct bytes host)
{
	for (size_t i = 0; i < state->instance_count; i++)
		if (bytes_eq_nocase(state->instances[i].snap->host, host))
			return &state->instances[i];
	return NULL;
}

static bool
has_port(struct bytes host)
{
	for (size_t i = host.size; i > 0; i--) {
		if (host.p[i - 1] == ':')
			return true;
		if (host.p[i - 1] == ']')
			return false;
	}
	return false;
}

const struct service_instance *
service_instance_find(const struct service_state *state, struct bytes host, uint16_t port)
{
	const struct service_instance *found = find_exact(state, host);
	char text[300];
	int size;

	if (found != NULL || host.size == 0 || host.size > 255)
		return found;
	/* ":443" is what https means without a port (RFC 9110 4.2.3). */
	if (host.size > 4 && bytes_is_str(bytes_slice(host, host.size - 4, 4), ":443"))
		return find_exact(state, bytes_slice(host, 0, host.size - 4));
	if (has_port(host) || port == 0)
		return NULL;
	size = snprintf(text, sizeof(text), "%.*s:%u", BYTES_FMT(host), port);
	return find_exact(state, bytes_of(text, (size_t)size));
}
