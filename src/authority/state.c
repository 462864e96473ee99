/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/state.h"

#include "authority/files.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "keys/master.h"
#include "keys/sealed.h"
#include "token/keyring.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_MODULE      "authority"
#define MAX_PATH_SIZE   4096
#define MAX_PEM_FILE    262144
#define TOKEN_KEY_BITS  2048
#define LOG_KEY_NAME    "log"
#define MAX_STATE_ARENA 134217728

void
state_init(struct state *s, const struct authority_config *config)
{
	*s = (struct state){ .config = config };
	buf_init(&s->tls_cert, MAX_PEM_FILE);
	buf_init(&s->tls_key, MAX_PEM_FILE);
	buf_init(&s->log_name, MAX_LOG_NAME_SIZE);
	buf_init(&s->log_vkey, MAX_LOG_KEY_SIZE);
	arena_init(&s->arena, MAX_STATE_ARENA);
	pthread_mutex_init(&s->store_lock, NULL);
}

void
state_close(struct state *s)
{
	/* The ledger remembers its last checkpoint in the store. */
	ledger_closep(&s->ledger);
	store_closep(&s->store);
	privkey_freep(&s->token_key);
	privkey_freep(&s->log_key);
	if (s->tls_key.p != NULL)
		secret_wipe(s->tls_key.p, s->tls_key.room);
	buf_release(&s->tls_cert);
	buf_release(&s->tls_key);
	buf_release(&s->log_name);
	buf_release(&s->log_vkey);
	secret_release(&s->master);
	arena_release(&s->arena);
	pthread_mutex_destroy(&s->store_lock);
}

static int
path_in(const struct state *s, const char *name, char out[MAX_PATH_SIZE], struct err *e)
{
	int size = snprintf(out, MAX_PATH_SIZE, "%s/%s", s->config->state_dir, name);

	if (size < 0 || size >= MAX_PATH_SIZE)
		return err_set(e, ERR_LIMIT, "state: the folder's name is too long");
	return 0;
}

int
state_read_tls(struct state *s, struct err *e)
{
	DEFER(buf_release) struct buf cert = { 0 };
	DEFER(buf_release) struct buf key = { 0 };
	struct buf swap;

	if (s->config->tls_cert_path == NULL || s->config->tls_key_path == NULL)
		return 0;
	buf_init(&cert, MAX_PEM_FILE);
	buf_init(&key, MAX_PEM_FILE);
	if (file_read(AT_FDCWD, s->config->tls_cert_path, MAX_PEM_FILE, &cert, e) < 0 ||
	    file_read(AT_FDCWD, s->config->tls_key_path, MAX_PEM_FILE, &key, e) < 0)
		return err_in(e, "tls");
	swap = s->tls_cert;
	s->tls_cert = cert;
	cert = swap;
	swap = s->tls_key;
	s->tls_key = key;
	key = swap;
	if (key.p != NULL)
		secret_wipe(key.p, key.room);
	return 0;
}

int
state_read_secrets(struct state *s, struct err *e)
{
	TRY(master_key_load(s->config->master_key_path, s->config->make_master_key, &s->master, e));
	return state_read_tls(s, e);
}

static int
add_key(struct state *s, struct bytes name, const char *purpose, const struct privkey *key,
    struct err *e)
{
	DEFER(buf_release) struct buf sealed = { 0 };
	struct store_key row = { .name = name,
		.purpose = bytes_of_str(purpose),
		.made_at = clock_now_at() };

	buf_init(&sealed, MAX_SEALED_KEY_SIZE);
	TRY(sealed_key_emit(&s->master, name, key, &sealed, e));
	row.sealed = buf_bytes(&sealed);
	TRY(store_key_add(s->store, &row, e));
	log_info("key made", "purpose=%s name=%.*s", purpose, BYTES_FMT(name));
	return 0;
}

/* The newest of the purpose; 0 when there is none. */
static int
find_key(struct state *s, const char *purpose, struct arena *a, struct bytes *name,
    struct privkey **out, struct err *e)
{
	struct store_key rows[MAX_KEYRING_KEYS];
	size_t count;

	TRY(store_keys_list(s->store, purpose, a, rows, COUNT_OF(rows), &count, e));
	if (count == 0)
		return 0;
	*name = rows[count - 1].name;
	if (sealed_key_open(&s->master, *name, rows[count - 1].sealed, out, e) < 0)
		return err_in(e, "%s key: does the master key belong to this store?", purpose);
	return 1;
}

/* One RSA key for all instances, each of which has a certificate of its own over it (maa-api.md 3.2). */
static int
open_token_key(struct state *s, struct arena *a, struct err *e)
{
	struct bytes name;
	char kid[KEYRING_KID_SIZE];
	int found = find_key(s, "token", a, &name, &s->token_key, e);

	TRY(found);
	if (found == 0)
		TRY(privkey_generate_rsa(TOKEN_KEY_BITS, &s->token_key, e));
	TRY(keyring_kid(privkey_public(s->token_key), kid, e));
	snprintf(s->kid_text, sizeof(s->kid_text), "%s", kid);
	s->kid = bytes_of_str(s->kid_text);
	if (found == 0)
		return add_key(s, s->kid, "token", s->token_key, e);
	if (!bytes_eq(name, s->kid))
		return err_set(e, ERR_INVALID, "token key: its name is not its kid");
	return 0;
}

static int
open_log_key(struct state *s, struct arena *a, struct err *e)
{
	struct bytes name;
	int found = find_key(s, "log", a, &name, &s->log_key, e);

	TRY(found);
	if (found == 1)
		return 0;
	TRY(privkey_generate(KEY_ED25519, &s->log_key, e));
	return add_key(s, bytes_of_str(LOG_KEY_NAME), "log", s->log_key, e);
}

/* A log keeps the name it began with, whatever becomes of the instances. */
static int
open_log_name(struct state *s, struct arena *a, struct err *e)
{
	struct bytes name;
	int found = store_meta_get(s->store, "log-name", a, &name, e);

	TRY(found);
	if (found == 0) {
		buf_str(&s->log_name, s->config->instances[0].host);
		buf_str(&s->log_name, "/attestd/log");
		if (!buf_ok(&s->log_name))
			return err_set(e, ERR_LIMIT, "log: its name is too long, or out of memory");
		TRY(store_meta_put(s->store, "log-name", buf_bytes(&s->log_name), e));
	} else {
		buf_add(&s->log_name, name);
		if (!buf_ok(&s->log_name))
			return err_set(e, ERR_LIMIT, "log: its name is too long, or out of memory");
	}
	return log_key_emit(buf_bytes(&s->log_name), privkey_public(s->log_key), &s->log_vkey, e);
}

static void
remember(void *user, uint64_t size, const uint8_t root[TLOG_HASH_SIZE], struct bytes note)
{
	struct state *s = user;
	struct store_checkpoint c = { .size = size,
		.root = bytes_of(root, TLOG_HASH_SIZE),
		.note = note,
		.signed_at = clock_now_at() };
	struct err e = { 0 };

	pthread_mutex_lock(&s->store_lock);
	if (store_checkpoint_add(s->store, &c, &e) < 0)
		log_error("the checkpoint could not be stored", "why=%s", e.msg);
	pthread_mutex_unlock(&s->store_lock);
}

static int
open_ledger(struct state *s, struct arena *a, struct err *e)
{
	char dir[MAX_PATH_SIZE];
	struct store_checkpoint last;
	struct ledger_config config = { .dir = dir,
		.origin = buf_bytes(&s->log_name),
		.key = s->log_key,
		.segment_size = s->config->segment_size,
		.remember = remember,
		.user = s };
	int found = store_checkpoint_last(s->store, a, &last, e);

	TRY(found);
	if (found == 1 && last.root.size == TLOG_HASH_SIZE) {
		config.last.known = true;
		config.last.size = last.size;
		memcpy(config.last.root, last.root.p, TLOG_HASH_SIZE);
	}
	TRY(path_in(s, "log", dir, e));
	return ledger_open(&config, &s->ledger, e);
}

/*
 * Settings come with the configuration; what changed since is a version of its own, in the log before it takes effect.
 */
static int
adopt_settings(struct state *s, const struct authority_instance_config *in,
    const struct authority_type_config *type, struct arena *a, struct err *e)
{
	struct store_settings row = { .instance = bytes_of_str(in->id),
		.type = bytes_of_str(type->type),
		.version = 1,
		.text = type->settings.size == 0 ? BYTES("{}") : type->settings,
		.actor = BYTES("configuration"),
		.set_at = clock_now_at() };
	struct tlog_record record = { .kind = TLOG_GOVERNANCE, .at = row.set_at };
	struct store_settings last;
	char detail[64];
	uint64_t index;
	int found, added;

	pthread_mutex_lock(&s->store_lock);
	found = store_settings_get(s->store, row.instance, row.type, 0, a, &last, e);
	pthread_mutex_unlock(&s->store_lock);
	TRY(found);
	if (found == 1 && bytes_eq(last.text, row.text))
		return 0;
	if (found == 1)
		row.version = last.version + 1;
	snprintf(detail, sizeof(detail), "settings version %lld", (long long)row.version);
	record.instance = row.instance;
	record.type = row.type;
	record.detail = bytes_of_str(detail);
	rand_bytes(record.salt, sizeof(record.salt));
	sha256(row.text, record.settings_hash);
	/* Not under the store's lock: the ledger's thread may want it before it comes to our record. */
	TRY(ledger_append_now(s->ledger, &record, &index, e));
	pthread_mutex_lock(&s->store_lock);
	added = store_settings_add(s->store, &row, e);
	pthread_mutex_unlock(&s->store_lock);
	return added;
}

static int
adopt_instance(struct state *s, const struct authority_instance_config *in, struct arena *a,
    struct err *e)
{
	struct store_instance row = { .id = bytes_of_str(in->id),
		.issuer = bytes_of_str(in->issuer),
		.mode = (int)in->mode,
		.added_at = clock_now_at() };
	int put;

	pthread_mutex_lock(&s->store_lock);
	put = store_instance_put(s->store, &row, e);
	pthread_mutex_unlock(&s->store_lock);
	TRY(put);
	for (size_t i = 0; i < in->type_count; i++)
		TRY(adopt_settings(s, in, &in->types[i], a, e));
	return 0;
}

int
state_open(struct state *s, struct err *e)
{
	DEFER(arena_release) struct arena a;
	char path[MAX_PATH_SIZE];
	int dir_fd = -1;

	arena_init(&a, MAX_STATE_ARENA);
	if (s->config->instance_count == 0)
		return err_set(e, ERR_INVALID, "configuration: no instance");
	TRY(folder_open(s->config->state_dir, &dir_fd, e));
	closep(&dir_fd);
	TRY(path_in(s, "store.db", path, e));
	TRY(store_open(path, &s->store, e));
	TRY(open_token_key(s, &a, e));
	TRY(open_log_key(s, &a, e));
	TRY(open_log_name(s, &a, e));
	TRY(open_ledger(s, &a, e));
	for (size_t i = 0; i < s->config->instance_count; i++)
		TRY(adopt_instance(s, &s->config->instances[i], &a, e));
	return 0;
}
