/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlog/bundle: a proof document that is taken is spelt as it would be written; one that proves something does
 * so only when record, leaf, path, size and signature were left as they were made. The input is a document, or
 * instructions that change a genuine one and sign its checkpoint again.
 */
#include "mutate.h"

#include "crypto/privkey.h"
#include "tlog/bundle.h"
#include "tlog/record.h"

#include <string.h>

#define LEAVES 11

static struct tlog_tree tree;
static struct privkey *key;
static char vkey_text[MAX_LOG_KEY_SIZE];
static struct bytes vkey;
static uint8_t records[LEAVES][MAX_TLOG_RECORD_SIZE];
static size_t record_sizes[LEAVES];

static void
setup(void)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct err e = { 0 };

	tlog_tree_init(&tree);
	HOLDS(privkey_generate(KEY_ED25519, &key, &e) == 0);
	buf_init(&out, sizeof(vkey_text));
	HOLDS(log_key_emit(BYTES("log"), privkey_public(key), &out, &e) == 0);
	memcpy(vkey_text, out.p, out.size);
	vkey = bytes_of(vkey_text, out.size);
	for (size_t i = 0; i < LEAVES; i++) {
		struct tlog_record r = { .kind = TLOG_TOKEN,
			.at = (int64_t)i,
			.instance = BYTES("main") };
		uint8_t leaf[TLOG_HASH_SIZE];

		buf_clear(&out);
		tlog_record_emit(&out, &r);
		memcpy(records[i], out.p, out.size);
		record_sizes[i] = out.size;
		tlog_leaf_hash(buf_bytes(&out), leaf);
		HOLDS(tlog_tree_append(&tree, leaf, &e) == 0);
	}
}

static void
fuzz_document(struct bytes text)
{
	DEFER(buf_release) struct buf once = { 0 };
	struct arena *a = fuzz_arena();
	struct tlog_bundle b = { 0 };
	struct tlog_bundle_verdict v = { 0 };
	struct err e = { 0 };
	bool fits = false;

	if (tlog_bundle_parse(text, a, &b, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	buf_init(&once, 4 * MAX_TLOG_BUNDLE_SIZE);
	tlog_bundle_emit(&once, &b);
	HOLDS(buf_ok(&once) && bytes_eq(buf_bytes(&once), text));
	if (tlog_bundle_verify(&b, vkey, &v, &e) < 0)
		fuzz_refusal(&e);
	else
		HOLDS(!tlog_bundle_is_good(&v) || b.leaf_index < b.tree_size);
	if (tlog_bundle_fits_payload(&b, text, a, &fits, NULL) == 0)
		HOLDS(!fits);
}

/* Changes a genuine proof; true when it was left as good as it was. */
static bool
change(struct rd *r, struct tlog_bundle *b, uint64_t *size, uint8_t root[TLOG_HASH_SIZE])
{
	bool good = true;

	while (rd_ok(r) && r->left.size > 0) {
		uint8_t x = fuzz_u8(r) | 1;
		size_t at = fuzz_u8(r) % TLOG_HASH_SIZE;

		switch (x / 2 % 8) {
		case 0:
			b->leaf_hash[at] ^= x;
			good = false;
			break;
		case 1:
			if (b->proof.count > 0)
				b->proof.hashes[at % b->proof.count][at] ^= x;
			good = good && b->proof.count == 0;
			break;
		case 2:
			b->proof.count -= b->proof.count > 0;
			good = false;
			break;
		case 3:
			if (b->proof.count < MAX_TLOG_PROOF)
				memset(b->proof.hashes[b->proof.count++], x, TLOG_HASH_SIZE);
			good = false;
			break;
		case 4:
			b->leaf_index += x;
			good = false;
			break;
		case 5:
			b->tree_size += x;
			good = false;
			break;
		case 6:
			root[at] ^= x;
			good = false;
			break;
		default:
			b->record.size -= b->record.size > 0;
			*size += 0;
			good = false;
			break;
		}
	}
	return good;
}

static void
fuzz_changed(struct bytes in)
{
	DEFER(buf_release) struct buf note = { 0 };
	struct rd r = rd_from(in);
	struct tlog_bundle b = { 0 };
	struct tlog_bundle_verdict v = { 0 };
	uint8_t root[TLOG_HASH_SIZE];
	struct err e = { 0 };
	bool good;

	b.tree_size = 1 + fuzz_u8(&r) % LEAVES;
	b.leaf_index = fuzz_u8(&r) % b.tree_size;
	b.record = bytes_of(records[b.leaf_index], record_sizes[b.leaf_index]);
	memcpy(b.leaf_hash, tlog_tree_leaf(&tree, b.leaf_index), TLOG_HASH_SIZE);
	HOLDS(tlog_tree_root(&tree, b.tree_size, root, &e) == 0);
	HOLDS(tlog_tree_inclusion(&tree, b.leaf_index, b.tree_size, &b.proof, &e) == 0);
	uint64_t size = b.tree_size;

	/* Two changes can undo each other; only what was not changed must be good. */
	bool untouched = r.left.size == 0;

	good = change(&r, &b, &size, root);
	buf_init(&note, MAX_CHECKPOINT_SIZE);
	HOLDS(checkpoint_emit(BYTES("log"), size, root, key, &note, &e) == 0);
	b.checkpoint = buf_bytes(&note);
	HOLDS(tlog_bundle_verify(&b, vkey, &v, &e) == 0 && v.checkpoint_is_good);
	if (untouched)
		HOLDS(good && tlog_bundle_is_good(&v));
	if (tlog_bundle_is_good(&v)) {
		uint8_t real[TLOG_HASH_SIZE];

		HOLDS(tlog_tree_root(&tree, b.tree_size, real, &e) == 0);
		HOLDS(memcmp(real, root, sizeof(real)) == 0);
		HOLDS(
		    memcmp(tlog_tree_leaf(&tree, b.leaf_index), b.leaf_hash, TLOG_HASH_SIZE) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	if (key == NULL)
		setup();
	fuzz_document(in);
	if (size < 64)
		fuzz_changed(in);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return size > 0 && data[0] == '{' ? mutate_json(data, size, max_size, seed)
					  : LLVMFuzzerMutate(data, size, max_size);
}
