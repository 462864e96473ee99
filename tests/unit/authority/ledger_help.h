/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger in a folder of the test's own, records with something in them, and proofs judged from outside. */
#pragma once

#include "authority/ledger.h"

#include "../../support/test.h"
#include "../../support/tmpdir.h"
#include "base/rand.h"
#include "tlog/bundle.h"

#include <string.h>

#define TEST_ORIGIN  "test.example/log"
#define TEST_SEGMENT 65536

struct ledger_help {
	struct tmpdir dir;
	char path[200];
	struct privkey *key;
	struct buf vkey;
	struct ledger *l;
	struct ledger_memory last; /* what the "store" was told */
	unsigned told;
};

static inline void
help_remember(void *user, uint64_t size, const uint8_t root[TLOG_HASH_SIZE], struct bytes note)
{
	struct ledger_help *h = user;

	(void)note;
	h->last.known = true;
	h->last.size = size;
	memcpy(h->last.root, root, TLOG_HASH_SIZE);
	h->told++;
}

static inline int
help_open(struct ledger_help *h, struct err *e)
{
	struct ledger_config c = { .dir = h->path,
		.origin = BYTES(TEST_ORIGIN),
		.key = h->key,
		.segment_size = TEST_SEGMENT,
		.last = h->last,
		.remember = help_remember,
		.user = h };

	return ledger_open(&c, &h->l, e);
}

static inline void
help_begin(struct ledger_help *h)
{
	memset(h, 0, sizeof(*h));
	h->dir = tmpdir_new();
	snprintf(h->path, sizeof(h->path), "%s/log", h->dir.path);
	buf_init(&h->vkey, MAX_LOG_KEY_SIZE);
	assert_int_equal(privkey_generate(KEY_ED25519, &h->key, NULL), 0);
	assert_int_equal(log_key_emit(BYTES(TEST_ORIGIN), privkey_public(h->key), &h->vkey, NULL),
	    0);
}

static inline void
help_end(struct ledger_help *h)
{
	ledger_closep(&h->l);
	privkey_free(h->key);
	buf_release(&h->vkey);
	tmpdir_drop(&h->dir);
}

static inline struct tlog_record
help_record(const char *instance)
{
	struct tlog_record r = { .kind = TLOG_TOKEN,
		.at = 1790000000,
		.instance = bytes_of_str(instance),
		.type = BYTES("SgxEnclave"),
		.trace_id = BYTES("01J00000000000000000000000"),
		.kid = BYTES("kid") };

	rand_bytes(r.salt, sizeof(r.salt));
	return r;
}

/* Appends COUNT records of INSTANCE; their hashes go to HASHES when it is not NULL. */
static inline void
help_append(struct ledger_help *h, const char *instance, size_t count,
    uint8_t (*hashes)[TLOG_HASH_SIZE])
{
	for (size_t i = 0; i < count; i++) {
		struct tlog_record r = help_record(instance);
		struct buf raw;
		uint64_t index;

		if (hashes != NULL) {
			buf_init(&raw, MAX_TLOG_RECORD_SIZE);
			tlog_record_emit(&raw, &r);
			tlog_leaf_hash(buf_bytes(&raw), hashes[i]);
			buf_release(&raw);
		}
		assert_int_equal(ledger_append_now(h->l, &r, &index, NULL), 0);
	}
}

/* Does the ledger prove it, to someone who has only the verifier key? */
static inline bool
help_proves(struct ledger_help *h, const char *instance, const uint8_t hash[TLOG_HASH_SIZE])
{
	struct tlog_bundle_verdict v = { 0 };
	struct tlog_bundle b;
	struct arena a;
	struct buf text;
	bool good;

	arena_init(&a, 1048576);
	buf_init(&text, MAX_TLOG_BUNDLE_SIZE);
	good = ledger_prove(h->l, bytes_of_str(instance), hash, &text, NULL) == 0 &&
	    tlog_bundle_parse(buf_bytes(&text), &a, &b, NULL) == 0 &&
	    memcmp(b.leaf_hash, hash, TLOG_HASH_SIZE) == 0 && b.record.p != NULL &&
	    tlog_bundle_verify(&b, buf_bytes(&h->vkey), &v, NULL) == 0 && tlog_bundle_is_good(&v);
	buf_release(&text);
	arena_release(&a);
	return good;
}
