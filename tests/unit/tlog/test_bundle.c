/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/bundle.h"

#include "../../support/test.h"
#include "base/hex.h"
#include "naive.h"
#include "tlog/record.h"

#include <stdio.h>

static const char cut_payload[] = "{\"iss\":\"https://a\",\"nbf\":1}";

struct fixture {
	struct privkey *key;
	struct buf log_key, record, note, text;
	struct tlog_tree tree;
	struct tlog_bundle bundle;
	struct arena arena;
	char payload[256];
};

static void
setup(struct fixture *f)
{
	struct tlog_record r = { .kind = TLOG_TOKEN, .at = 5, .instance = BYTES("i") };
	uint8_t root[TLOG_HASH_SIZE];
	char jti[65] = { 0 };

	memset(f, 0, sizeof(*f));
	arena_init(&f->arena, 1048576);
	buf_init(&f->log_key, 1024);
	buf_init(&f->record, 8192);
	buf_init(&f->note, 8192);
	buf_init(&f->text, MAX_TLOG_BUNDLE_SIZE);
	assert_int_equal(privkey_generate(KEY_ED25519, &f->key, NULL), 0);
	assert_int_equal(log_key_emit(BYTES("log"), privkey_public(f->key), &f->log_key, NULL), 0);
	sha256(bytes_of_str(cut_payload), r.payload_sha256);
	tlog_record_emit(&f->record, &r);

	naive_tree(&f->tree, 10);
	tlog_leaf_hash(buf_bytes(&f->record), f->bundle.leaf_hash);
	assert_int_equal(tlog_tree_append(&f->tree, f->bundle.leaf_hash, NULL), 0);
	assert_int_equal(tlog_tree_root(&f->tree, 11, root, NULL), 0);
	assert_int_equal(checkpoint_emit(BYTES("log"), 11, root, f->key, &f->note, NULL), 0);
	assert_int_equal(tlog_tree_inclusion(&f->tree, 10, 11, &f->bundle.proof, NULL), 0);
	f->bundle.leaf_index = 10;
	f->bundle.tree_size = 11;
	f->bundle.record = buf_bytes(&f->record);
	f->bundle.checkpoint = buf_bytes(&f->note);
	hex_encode(BYTES_OF(f->bundle.leaf_hash), jti);
	snprintf(f->payload, sizeof(f->payload), "{\"iss\":\"https://a\",\"jti\":\"%s\",\"nbf\":1}",
	    jti);
	tlog_bundle_emit(&f->text, &f->bundle);
	assert_true(buf_ok(&f->text));
}

static void
teardown(struct fixture *f)
{
	privkey_free(f->key);
	buf_release(&f->log_key);
	buf_release(&f->record);
	buf_release(&f->note);
	buf_release(&f->text);
	tlog_tree_release(&f->tree);
	arena_release(&f->arena);
}

static void
document_reads_back_and_proves(void **state)
{
	struct fixture f;
	struct tlog_bundle b;
	struct tlog_bundle_verdict v;
	bool fits;
	(void)state;

	setup(&f);
	assert_int_equal(tlog_bundle_parse(buf_bytes(&f.text), &f.arena, &b, NULL), 0);
	assert_int_equal(tlog_bundle_verify(&b, buf_bytes(&f.log_key), &v, NULL), 0);
	assert_true(tlog_bundle_is_good(&v));
	assert_int_equal(tlog_bundle_fits_payload(&b, bytes_of_str(f.payload), &f.arena, &fits,
			     NULL),
	    0);
	assert_true(fits);
	teardown(&f);
}

static void
each_lie_is_named(void **state)
{
	struct fixture f;
	struct tlog_bundle b;
	struct tlog_bundle_verdict v;
	struct privkey *other;
	struct buf other_text;
	(void)state;

	setup(&f);
	b = f.bundle;
	b.leaf_index = 9;
	assert_int_equal(tlog_bundle_verify(&b, buf_bytes(&f.log_key), &v, NULL), 0);
	assert_false(v.is_included);
	b = f.bundle;
	b.tree_size = 12;
	assert_int_equal(tlog_bundle_verify(&b, buf_bytes(&f.log_key), &v, NULL), 0);
	assert_false(v.sizes_agree);
	b = f.bundle;
	b.record = BYTES("another record");
	assert_int_equal(tlog_bundle_verify(&b, buf_bytes(&f.log_key), &v, NULL), 0);
	assert_false(v.record_is_leaf);
	assert_false(tlog_bundle_is_good(&v));

	buf_init(&other_text, 1024);
	assert_int_equal(privkey_generate(KEY_ED25519, &other, NULL), 0);
	assert_int_equal(log_key_emit(BYTES("log"), privkey_public(other), &other_text, NULL), 0);
	assert_int_equal(tlog_bundle_verify(&f.bundle, buf_bytes(&other_text), &v, NULL), 0);
	assert_false(v.checkpoint_is_good);
	privkey_free(other);
	buf_release(&other_text);
	teardown(&f);
}

static void
record_of_another_token_does_not_fit(void **state)
{
	struct fixture f;
	bool fits = true;
	(void)state;

	setup(&f);
	struct tlog_bundle without = f.bundle;

	without.record = (struct bytes){ 0 };
	assert_int_equal(tlog_bundle_fits_payload(&without, bytes_of_str(f.payload), &f.arena,
			     &fits, NULL),
	    0);
	assert_false(fits);
	f.payload[10] = 'H';
	assert_int_equal(tlog_bundle_fits_payload(&f.bundle, bytes_of_str(f.payload), &f.arena,
			     &fits, NULL),
	    0);
	assert_false(fits);
	assert_int_equal(tlog_bundle_fits_payload(&f.bundle, bytes_of_str(cut_payload), &f.arena,
			     &fits, NULL),
	    0);
	assert_false(fits);
	/* White space is not what was signed and hashed. */
	memmove(f.payload + 2, f.payload + 1, strlen(f.payload));
	f.payload[1] = ' ';
	f.payload[10] = 'h';
	assert_int_equal(tlog_bundle_fits_payload(&f.bundle, bytes_of_str(f.payload), &f.arena,
			     &fits, NULL),
	    0);
	assert_false(fits);
	teardown(&f);
}

static void
documents_out_of_form_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"format\":\"attest-log-proof/2\"}",
		"{\"format\":\"attest-log-proof/1\"}",
		"{\"checkpoint\":\"\",\"format\":\"attest-log-proof/"
		"1\",\"hashes\":[1],\"leaf_hash\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\","
		"\"leaf_index\":0,\"tree_size\":1}",
		"{\"checkpoint\":\"\",\"format\":\"attest-log-proof/"
		"1\",\"hashes\":[],\"leaf_hash\":"
		"\"00\",\"leaf_index\":0,\"tree_size\":1}",
		"{\"checkpoint\":\"\",\"format\":\"attest-log-proof/"
		"1\",\"hashes\":[],\"leaf_hash\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\","
		"\"leaf_index\":-1,\"tree_size\":1}",
		"{\"checkpoint\":\"\",\"format\":\"attest-log-proof/"
		"1\",\"hashes\":[],\"leaf_hash\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\","
		"\"leaf_index\":0,\"more\":1,\"tree_size\":1}",
	};
#define MEMBERS(format, hashes, more)                                                              \
	"{\"checkpoint\":\"log\\n1\\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\\n\\n\","        \
	"\"format\":" format ",\"hashes\":" hashes ",\"leaf_hash\":"                               \
	"\"0000000000000000000000000000000000000000000000000000000000000000\",\"leaf_index\":"     \
	"0," more "\"tree_size\":1}"
#define FORMAT "\"attest-log-proof/1\""
	static const struct {
		const char *text;
		enum err_code code;
		const char *says;
	} one_wrong[] = {
		{ "[]", ERR_UNSUPPORTED, "format is not" },
		{ MEMBERS("\"attest-log-proof/2\"", "[]", ""), ERR_UNSUPPORTED, "format is not" },
		{ MEMBERS("1", "[]", ""), ERR_UNSUPPORTED, "format is not" },
		{ MEMBERS(FORMAT, "{}", ""), ERR_MALFORMED, "not a document of" },
		{ MEMBERS(FORMAT, "null", ""), ERR_MALFORMED, "not a document of" },
		{ MEMBERS(FORMAT, "[\"00\"]", ""), ERR_MALFORMED, "not a document of" },
		{ MEMBERS(FORMAT, "[]", "\"record\":1,"), ERR_MALFORMED, "record is no string" },
		{ MEMBERS(FORMAT, "[]", "\"record\":\"=\","), ERR_MALFORMED, "" },
		{ MEMBERS(FORMAT " ", "[]", ""), ERR_MALFORMED, "not spelt as" },
		{ MEMBERS("\"attest-log-proof\\/1\"", "[]", ""), ERR_MALFORMED, "not spelt as" },
		{ MEMBERS(FORMAT, "[ ]", ""), ERR_MALFORMED, "not spelt as" },
		{ MEMBERS(FORMAT, "[]", "\"more\":1,"), ERR_MALFORMED, "not spelt as" },
		{ MEMBERS(FORMAT, "[]", "") "\n", ERR_MALFORMED, "not spelt as" },
	};
	struct arena a;
	struct tlog_bundle b;
	(void)state;

	arena_init(&a, 1048576);
	assert_int_equal(tlog_bundle_parse(BYTES(MEMBERS(FORMAT, "[]", "")), &a, &b, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(one_wrong); i++) {
		struct err e = { 0 };

		assert_int_equal(tlog_bundle_parse(bytes_of_str(one_wrong[i].text), &a, &b, &e),
		    -1);
		assert_int_equal(e.code, one_wrong[i].code);
		assert_non_null(strstr(e.msg, one_wrong[i].says));
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(tlog_bundle_parse(bytes_of_str(bad[i]), &a, &b, NULL), -1);
	arena_release(&a);
}

/* One hash more than a path can have is refused before it is stored. */
static void
longer_paths_than_a_tree_has_are_refused(void **state)
{
	struct arena a;
	struct tlog_bundle b;
	(void)state;

	arena_init(&a, 1048576);
	for (unsigned count = MAX_TLOG_PROOF; count <= MAX_TLOG_PROOF + 1; count++) {
		DEFER(buf_release) struct buf hashes = { 0 }, text = { 0 };
		struct err e = { 0 };

		buf_init(&hashes, 65536);
		buf_init(&text, 65536);
		for (unsigned i = 0; i < count; i++) {
			buf_str(&hashes, i == 0 ? "[\"" : ",\"");
			for (unsigned n = 0; n < TLOG_HASH_SIZE; n++)
				buf_str(&hashes, "00");
			buf_char(&hashes, '"');
		}
		buf_char(&hashes, ']');
		buf_str(&text, MEMBERS(FORMAT, "", ""));
		struct bytes whole = buf_bytes(&text);
		const uint8_t *leaf = memmem(whole.p, whole.size, ",\"leaf_hash", 11);

		assert_non_null(leaf);
		size_t at = (size_t)(leaf - whole.p);
		DEFER(buf_release) struct buf all = { 0 };

		buf_init(&all, 65536);
		buf_add(&all, bytes_slice(whole, 0, at));
		buf_add(&all, buf_bytes(&hashes));
		buf_add(&all, bytes_slice(whole, at, whole.size));
		assert_int_equal(tlog_bundle_parse(buf_bytes(&all), &a, &b, &e),
		    count > MAX_TLOG_PROOF ? -1 : 0);
		if (count > MAX_TLOG_PROOF)
			assert_non_null(strstr(e.msg, "not a document of"));
	}
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_reads_back_and_proves),
		cmocka_unit_test(each_lie_is_named),
		cmocka_unit_test(record_of_another_token_does_not_fit),
		cmocka_unit_test(documents_out_of_form_are_refused),
		cmocka_unit_test(longer_paths_than_a_tree_has_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
