/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000

/* Prepared once, by name. */
enum statement {
	META_GET,
	META_PUT,
	INSTANCE_GET,
	INSTANCE_PUT,
	POLICY_LAST,
	POLICY_GET,
	POLICY_ADD,
	SETTINGS_LAST,
	SETTINGS_GET,
	SETTINGS_ADD,
	KEYS_LIST,
	KEY_ADD,
	CERT_GET,
	CERT_PUT,
	CHECKPOINT_LAST,
	CHECKPOINT_ROOT,
	CHECKPOINT_ADD,
	STATEMENT_COUNT,
};

/* History: the WHERE makes version N+1 fit only on N, in one step. */
static const char *const statements[STATEMENT_COUNT] = {
	[META_GET] = "SELECT value FROM meta WHERE name = ?1",
	[META_PUT] = "INSERT INTO meta (name, value) VALUES (?1, ?2) "
		     "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	[INSTANCE_GET] = "SELECT id, issuer, mode, added_at FROM instances WHERE id = ?1",
	[INSTANCE_PUT] =
	    "INSERT INTO instances (id, issuer, mode, added_at) VALUES (?1, ?2, ?3, ?4) "
	    "ON CONFLICT (id) DO UPDATE SET issuer = excluded.issuer, mode = excluded.mode",
	[POLICY_LAST] = "SELECT version, jws, text, actor, reason, set_at FROM policies "
			"WHERE instance = ?1 AND type = ?2 ORDER BY version DESC LIMIT 1",
	[POLICY_GET] = "SELECT version, jws, text, actor, reason, set_at FROM policies "
		       "WHERE instance = ?1 AND type = ?2 AND version = ?3",
	[POLICY_ADD] =
	    "INSERT INTO policies (instance, type, version, jws, text, actor, reason, set_at) "
	    "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE ?3 = 1 + "
	    "(SELECT coalesce(max(version), 0) FROM policies WHERE instance = ?1 AND type = ?2)",
	[SETTINGS_LAST] = "SELECT version, text, actor, set_at FROM settings "
			  "WHERE instance = ?1 AND type = ?2 ORDER BY version DESC LIMIT 1",
	[SETTINGS_GET] = "SELECT version, text, actor, set_at FROM settings "
			 "WHERE instance = ?1 AND type = ?2 AND version = ?3",
	[SETTINGS_ADD] =
	    "INSERT INTO settings (instance, type, version, text, actor, set_at) "
	    "SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?3 = 1 + "
	    "(SELECT coalesce(max(version), 0) FROM settings WHERE instance = ?1 AND type = ?2)",
	[KEYS_LIST] = "SELECT name, purpose, sealed, made_at FROM keys WHERE purpose = ?1 "
		      "ORDER BY made_at, name",
	[KEY_ADD] = "INSERT INTO keys (name, purpose, sealed, made_at) VALUES (?1, ?2, ?3, ?4)",
	[CERT_GET] = "SELECT instance, key, der, expires_at FROM certificates "
		     "WHERE instance = ?1 AND key = ?2",
	[CERT_PUT] =
	    "INSERT INTO certificates (instance, key, der, expires_at) VALUES (?1, ?2, ?3, ?4) "
	    "ON CONFLICT (instance, key) DO UPDATE SET der = excluded.der, "
	    "expires_at = excluded.expires_at",
	[CHECKPOINT_LAST] = "SELECT size, root, note, signed_at FROM checkpoints "
			    "ORDER BY size DESC LIMIT 1",
	[CHECKPOINT_ROOT] = "SELECT root FROM checkpoints WHERE size = ?1",
	[CHECKPOINT_ADD] = "INSERT INTO checkpoints (size, root, note, signed_at) "
			   "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (size) DO NOTHING",
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *prepared[STATEMENT_COUNT];
};

static int
fail(struct store *s, const char *what, struct err *e)
{
	int code = sqlite3_errcode(s->db) & 0xff;
	enum err_code as = ERR_IO;

	if (code == SQLITE_NOMEM)
		as = ERR_LIMIT;
	else if (code == SQLITE_CONSTRAINT)
		as = ERR_CONFLICT;
	else if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		as = ERR_BUSY;
	else if (code == SQLITE_NOTADB)
		as = ERR_MALFORMED;
	return err_set(e, as, "store: %s: %s", what, sqlite3_errmsg(s->db));
}

static int
run_sql(struct store *s, const char *sql, struct err *e)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, "sql", e);
	return 0;
}

static int
schema_version(struct store *s, int *out, struct err *e)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK)
		return fail(s, "schema version", e);
	if (sqlite3_step(st) != SQLITE_ROW) {
		(void)fail(s, "schema version", e);
		sqlite3_finalize(st);
		return -1;
	}
	*out = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return 0;
}

/* One transaction per step; user_version says how many steps a file has taken. */
static int
migrate(struct store *s, struct err *e)
{
	int have = 0;

	TRY(schema_version(s, &have, e));
	if (have < 0 || (size_t)have > store_schema_count)
		return err_set(e, ERR_UNSUPPORTED,
		    "store: schema version %d, this program knows %zu", have, store_schema_count);
	for (size_t step = (size_t)have; step < store_schema_count; step++) {
		char version[64];

		snprintf(version, sizeof(version), "PRAGMA user_version = %zu", step + 1);
		if (run_sql(s, "BEGIN IMMEDIATE", e) < 0)
			return -1;
		if (run_sql(s, store_schema[step], e) < 0 || run_sql(s, version, e) < 0 ||
		    run_sql(s, "COMMIT", e) < 0) {
			store_rollback(s);
			return err_in(e, "store: migration %zu", step + 1);
		}
	}
	return 0;
}

static int
prepare_all(struct store *s, struct err *e)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			&s->prepared[i], NULL) != SQLITE_OK)
			return fail(s, statements[i], e);
	return 0;
}

/* SQLite makes files by the umask; sealed keys and policies are nobody else's. */
static int
make_private(const char *path, struct err *e)
{
	DEFER(closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_set(e, ERR_IO, "store: %s: %s", path, strerror(errno));
	return 0;
}

int
store_open(const char *path, struct store **out, struct err *e)
{
	DEFER(store_closep) struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(e, ERR_LIMIT, "store: out of memory");
	TRY(make_private(path, e));
	if (sqlite3_open_v2(path, &s->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
		NULL) != SQLITE_OK)
		return s->db == NULL ? err_set(e, ERR_LIMIT, "store: out of memory")
				     : fail(s, path, e);
	sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	TRY(run_sql(s,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
	    "PRAGMA trusted_schema = OFF",
	    e));
	TRY(migrate(s, e));
	TRY(prepare_all(s, e));
	*out = TAKE(s);
	return 0;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(s->prepared[i]);
	sqlite3_close(s->db);
	free(s);
}

void
store_closep(struct store **s)
{
	store_close(*s);
	*s = NULL;
}

int
store_begin(struct store *s, struct err *e)
{
	return run_sql(s, "BEGIN IMMEDIATE", e);
}

int
store_commit(struct store *s, struct err *e)
{
	return run_sql(s, "COMMIT", e);
}

void
store_rollback(struct store *s)
{
	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* A statement in use: bound, stepped, and left clean for the next one whatever happens. */
struct query {
	struct store *s;
	sqlite3_stmt *st;
	bool bad;
};

static struct query
query_of(struct store *s, enum statement which)
{
	return (struct query){ .s = s, .st = s->prepared[which] };
}

static void
query_done(struct query *q)
{
	sqlite3_reset(q->st);
	sqlite3_clear_bindings(q->st);
}

static void
bind_text(struct query *q, int at, struct bytes v)
{
	if (v.size > MAX_STORE_VALUE_SIZE ||
	    sqlite3_bind_text(q->st, at, v.size == 0 ? "" : (const char *)v.p, (int)v.size,
		SQLITE_STATIC) != SQLITE_OK)
		q->bad = true;
}

static void
bind_blob(struct query *q, int at, struct bytes v)
{
	int got;

	if (v.size > MAX_STORE_VALUE_SIZE) {
		q->bad = true;
		return;
	}
	if (v.p == NULL)
		got = sqlite3_bind_null(q->st, at);
	else
		got = sqlite3_bind_blob(q->st, at, v.size == 0 ? (const void *)"" : v.p,
		    (int)v.size, SQLITE_STATIC);
	if (got != SQLITE_OK)
		q->bad = true;
}

static void
bind_int(struct query *q, int at, int64_t v)
{
	if (sqlite3_bind_int64(q->st, at, v) != SQLITE_OK)
		q->bad = true;
}

/* 1: a row. 0: no more. */
static int
query_step(struct query *q, const char *what, struct err *e)
{
	int got;

	if (q->bad)
		return err_set(e, ERR_LIMIT, "store: %s: a value over %d bytes", what,
		    MAX_STORE_VALUE_SIZE);
	got = sqlite3_step(q->st);
	if (got == SQLITE_ROW)
		return 1;
	if (got == SQLITE_DONE)
		return 0;
	return fail(q->s, what, e);
}

static int
query_run(struct query *q, const char *what, struct err *e)
{
	return query_step(q, what, e) < 0 ? -1 : 0;
}

/* NULL stays NULL; an empty value does not. False when memory ran out. */
static bool
column_bytes(struct query *q, int at, struct arena *a, struct bytes *out)
{
	const void *p;

	*out = (struct bytes){ 0 };
	if (sqlite3_column_type(q->st, at) == SQLITE_NULL)
		return true;
	p = sqlite3_column_blob(q->st, at);
	*out = arena_copy(a, bytes_of(p, (size_t)sqlite3_column_bytes(q->st, at)));
	return out->p != NULL;
}

int
store_meta_get(struct store *s, const char *name, struct arena *a, struct bytes *value,
    struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, META_GET);
	int got;

	bind_text(&q, 1, bytes_of_str(name));
	got = query_step(&q, "meta", e);
	if (got == 1 && !column_bytes(&q, 0, a, value))
		return arena_fail(e, "store");
	return got;
}

int
store_meta_put(struct store *s, const char *name, struct bytes value, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, META_PUT);

	bind_text(&q, 1, bytes_of_str(name));
	bind_blob(&q, 2, value.p == NULL ? BYTES("") : value);
	return query_run(&q, "meta", e);
}

int
store_instance_get(struct store *s, struct bytes id, struct arena *a, struct store_instance *out,
    struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, INSTANCE_GET);
	int got;

	bind_text(&q, 1, id);
	got = query_step(&q, "instance", e);
	if (got != 1)
		return got;
	if (!column_bytes(&q, 0, a, &out->id) || !column_bytes(&q, 1, a, &out->issuer))
		return arena_fail(e, "store");
	out->mode = sqlite3_column_int(q.st, 2);
	out->added_at = sqlite3_column_int64(q.st, 3);
	return 1;
}

int
store_instance_put(struct store *s, const struct store_instance *in, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, INSTANCE_PUT);

	bind_text(&q, 1, in->id);
	bind_text(&q, 2, in->issuer);
	bind_int(&q, 3, in->mode);
	bind_int(&q, 4, in->added_at);
	return query_run(&q, "instance", e);
}

int
store_policy_get(struct store *s, struct bytes instance, struct bytes type, int64_t version,
    struct arena *a, struct store_policy *out, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, version == 0 ? POLICY_LAST : POLICY_GET);
	int got;

	bind_text(&q, 1, instance);
	bind_text(&q, 2, type);
	if (version != 0)
		bind_int(&q, 3, version);
	got = query_step(&q, "policy", e);
	if (got != 1)
		return got;
	*out = (struct store_policy){ .instance = instance, .type = type };
	out->version = sqlite3_column_int64(q.st, 0);
	out->set_at = sqlite3_column_int64(q.st, 5);
	if (!column_bytes(&q, 1, a, &out->jws) || !column_bytes(&q, 2, a, &out->text) ||
	    !column_bytes(&q, 3, a, &out->actor) || !column_bytes(&q, 4, a, &out->reason))
		return arena_fail(e, "store");
	return 1;
}

/* The statement adds nothing when the version does not follow the last one. */
static int
added_one(struct store *s, const char *what, int64_t version, struct err *e)
{
	if (sqlite3_changes(s->db) != 1)
		return err_set(e, ERR_CONFLICT,
		    "store: %s version %lld does not follow the last one", what,
		    (long long)version);
	return 0;
}

int
store_policy_add(struct store *s, const struct store_policy *p, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, POLICY_ADD);

	bind_text(&q, 1, p->instance);
	bind_text(&q, 2, p->type);
	bind_int(&q, 3, p->version);
	bind_blob(&q, 4, p->jws);
	bind_blob(&q, 5, p->text);
	bind_text(&q, 6, p->actor);
	bind_text(&q, 7, p->reason);
	bind_int(&q, 8, p->set_at);
	TRY(query_run(&q, "policy", e));
	return added_one(s, "policy", p->version, e);
}

int
store_settings_get(struct store *s, struct bytes instance, struct bytes type, int64_t version,
    struct arena *a, struct store_settings *out, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, version == 0 ? SETTINGS_LAST : SETTINGS_GET);
	int got;

	bind_text(&q, 1, instance);
	bind_text(&q, 2, type);
	if (version != 0)
		bind_int(&q, 3, version);
	got = query_step(&q, "settings", e);
	if (got != 1)
		return got;
	*out = (struct store_settings){ .instance = instance, .type = type };
	out->version = sqlite3_column_int64(q.st, 0);
	out->set_at = sqlite3_column_int64(q.st, 3);
	if (!column_bytes(&q, 1, a, &out->text) || !column_bytes(&q, 2, a, &out->actor))
		return arena_fail(e, "store");
	return 1;
}

int
store_settings_add(struct store *s, const struct store_settings *p, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, SETTINGS_ADD);

	bind_text(&q, 1, p->instance);
	bind_text(&q, 2, p->type);
	bind_int(&q, 3, p->version);
	bind_blob(&q, 4, p->text.p == NULL ? BYTES("") : p->text);
	bind_text(&q, 5, p->actor);
	bind_int(&q, 6, p->set_at);
	TRY(query_run(&q, "settings", e));
	return added_one(s, "settings", p->version, e);
}

int
store_keys_list(struct store *s, const char *purpose, struct arena *a, struct store_key *out,
    size_t max, size_t *count, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, KEYS_LIST);
	size_t n = 0;
	int got;

	bind_text(&q, 1, bytes_of_str(purpose));
	while ((got = query_step(&q, "keys", e)) == 1) {
		if (n == max)
			return err_set(e, ERR_LIMIT, "store: more than %zu %s keys", max, purpose);
		if (!column_bytes(&q, 0, a, &out[n].name) ||
		    !column_bytes(&q, 1, a, &out[n].purpose) ||
		    !column_bytes(&q, 2, a, &out[n].sealed))
			return arena_fail(e, "store");
		out[n++].made_at = sqlite3_column_int64(q.st, 3);
	}
	if (got < 0)
		return -1;
	*count = n;
	return 0;
}

int
store_key_add(struct store *s, const struct store_key *k, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, KEY_ADD);

	bind_text(&q, 1, k->name);
	bind_text(&q, 2, k->purpose);
	bind_blob(&q, 3, k->sealed);
	bind_int(&q, 4, k->made_at);
	return query_run(&q, "key", e);
}

int
store_cert_get(struct store *s, struct bytes instance, struct bytes key, struct arena *a,
    struct store_cert *out, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, CERT_GET);
	int got;

	bind_text(&q, 1, instance);
	bind_text(&q, 2, key);
	got = query_step(&q, "certificate", e);
	if (got != 1)
		return got;
	out->expires_at = sqlite3_column_int64(q.st, 3);
	if (!column_bytes(&q, 0, a, &out->instance) || !column_bytes(&q, 1, a, &out->key) ||
	    !column_bytes(&q, 2, a, &out->der))
		return arena_fail(e, "store");
	return 1;
}

int
store_cert_put(struct store *s, const struct store_cert *c, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, CERT_PUT);

	bind_text(&q, 1, c->instance);
	bind_text(&q, 2, c->key);
	bind_blob(&q, 3, c->der);
	bind_int(&q, 4, c->expires_at);
	return query_run(&q, "certificate", e);
}

int
store_checkpoint_last(struct store *s, struct arena *a, struct store_checkpoint *out, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, CHECKPOINT_LAST);
	int got = query_step(&q, "checkpoint", e);

	if (got != 1)
		return got;
	out->size = (uint64_t)sqlite3_column_int64(q.st, 0);
	out->signed_at = sqlite3_column_int64(q.st, 3);
	if (!column_bytes(&q, 1, a, &out->root) || !column_bytes(&q, 2, a, &out->note))
		return arena_fail(e, "store");
	return 1;
}

/* Same size, another root: the one thing a log must never say. */
static int
check_root(struct store *s, const struct store_checkpoint *c, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, CHECKPOINT_ROOT);
	int got;

	bind_int(&q, 1, (int64_t)c->size);
	got = query_step(&q, "checkpoint", e);
	if (got < 0)
		return -1;
	if (got == 1 &&
	    !bytes_eq(bytes_of(sqlite3_column_blob(q.st, 0), (size_t)sqlite3_column_bytes(q.st, 0)),
		c->root))
		return err_set(e, ERR_CONFLICT, "store: another root was signed for %llu records",
		    (unsigned long long)c->size);
	return 0;
}

int
store_checkpoint_add(struct store *s, const struct store_checkpoint *c, struct err *e)
{
	DEFER(query_done) struct query q = query_of(s, CHECKPOINT_ADD);

	TRY(check_root(s, c, e));
	bind_int(&q, 1, (int64_t)c->size);
	bind_blob(&q, 2, c->root);
	bind_blob(&q, 3, c->note);
	bind_int(&q, 4, c->signed_at);
	return query_run(&q, "checkpoint", e);
}
