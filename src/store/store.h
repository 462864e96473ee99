/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an authority must still know after a restart: keys (sealed), certificates, the history of policies and settings,
 * checkpoints (product.md 7). The log itself is files (authority/log.h).
 *
 * One interface, behind which stands SQLite (sqlite.c). History is only added to: version N+1 is accepted when N is the
 * last, so that two writers cannot both win. A store belongs to one thread at a time.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define MAX_STORE_VALUE_SIZE 1048576

struct store;

/* Makes the file (0600) when absent, brings the schema up to date. ERR_UNSUPPORTED for a schema newer than ours. */
int store_open(const char *path, struct store **out, struct err *e) MUST_CHECK;
void store_close(struct store *s);
void store_closep(struct store **s);

/* All changes between are there after a crash, or none. */
int store_begin(struct store *s, struct err *e) MUST_CHECK;
int store_commit(struct store *s, struct err *e) MUST_CHECK;
void store_rollback(struct store *s);

/* Readers: 1 found, 0 not there, -1 error; what they give lives in the arena. */
int store_meta_get(struct store *s, const char *name, struct arena *a, struct bytes *value,
    struct err *e) MUST_CHECK;
int store_meta_put(struct store *s, const char *name, struct bytes value, struct err *e) MUST_CHECK;

struct store_instance {
	struct bytes id, issuer;
	int mode;
	int64_t added_at;
};
int store_instance_get(struct store *s, struct bytes id, struct arena *a,
    struct store_instance *out, struct err *e) MUST_CHECK;
int store_instance_put(struct store *s, const struct store_instance *in, struct err *e) MUST_CHECK;

struct store_policy {
	struct bytes instance, type;
	int64_t version;
	struct bytes jws, text; /* p == NULL: back to the default */
	struct bytes actor, reason;
	int64_t set_at;
};
/* VERSION 0: the one in force. */
int store_policy_get(struct store *s, struct bytes instance, struct bytes type, int64_t version,
    struct arena *a, struct store_policy *out, struct err *e) MUST_CHECK;
/* ERR_CONFLICT unless its version is the last one + 1. */
int store_policy_add(struct store *s, const struct store_policy *p, struct err *e) MUST_CHECK;

struct store_settings {
	struct bytes instance, type;
	int64_t version;
	struct bytes text, actor;
	int64_t set_at;
};
int store_settings_get(struct store *s, struct bytes instance, struct bytes type, int64_t version,
    struct arena *a, struct store_settings *out, struct err *e) MUST_CHECK;
int store_settings_add(struct store *s, const struct store_settings *p, struct err *e) MUST_CHECK;

struct store_key {
	struct bytes name;    /* the kid, or "log" */
	struct bytes purpose; /* "token" "log" */
	struct bytes sealed;
	int64_t made_at;
};
/* All of PURPOSE, oldest first; MAX at most, ERR_LIMIT beyond. */
int store_keys_list(struct store *s, const char *purpose, struct arena *a, struct store_key *out,
    size_t max, size_t *count, struct err *e) MUST_CHECK;
int store_key_add(struct store *s, const struct store_key *k, struct err *e) MUST_CHECK;

struct store_cert {
	struct bytes instance, key, der;
	int64_t expires_at;
};
int store_cert_get(struct store *s, struct bytes instance, struct bytes key, struct arena *a,
    struct store_cert *out, struct err *e) MUST_CHECK;
int store_cert_put(struct store *s, const struct store_cert *c, struct err *e) MUST_CHECK;

struct store_checkpoint {
	uint64_t size;
	struct bytes root, note;
	int64_t signed_at;
};
/* The largest. */
int store_checkpoint_last(struct store *s, struct arena *a, struct store_checkpoint *out,
    struct err *e) MUST_CHECK;
/* ERR_CONFLICT when this size was signed with another root. */
int store_checkpoint_add(struct store *s, const struct store_checkpoint *c, struct err *e)
    MUST_CHECK;
