/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/checkpoint.h"

#include "../../support/test.h"

#include <stdio.h>
#include <string.h>

/* The key of the C2SP signed-note example (golang.org/x/mod/sumdb/note). */
#define EXAMPLE_KEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

static const uint8_t root[TLOG_HASH_SIZE] = { 1, 2, 3 };
static struct privkey *key;
static struct buf key_text;

static int
make_key(void **state)
{
	(void)state;
	buf_init(&key_text, MAX_LOG_KEY_SIZE);
	if (privkey_generate(KEY_ED25519, &key, NULL) < 0)
		return -1;
	return log_key_emit(BYTES("localhost:8443/log"), privkey_public(key), &key_text, NULL);
}

static int
drop_key(void **state)
{
	(void)state;
	privkey_free(key);
	buf_release(&key_text);
	return 0;
}

static void
make_note(struct buf *note)
{
	buf_init(note, MAX_CHECKPOINT_SIZE);
	assert_int_equal(checkpoint_emit(BYTES("localhost:8443/log"), 67, root, key, note, NULL),
	    0);
}

static bool
verifies(struct bytes note, struct bytes with)
{
	struct checkpoint c;
	bool good = false;

	return checkpoint_parse(note, &c, NULL) == 0 &&
	    checkpoint_verify(&c, with, &good, NULL) == 0 && good;
}

static void
note_verifies_with_its_key_and_no_other(void **state)
{
	struct buf note;
	struct checkpoint c;
	(void)state;

	make_note(&note);
	assert_true(verifies(buf_bytes(&note), buf_bytes(&key_text)));
	assert_false(verifies(buf_bytes(&note), BYTES(EXAMPLE_KEY)));
	assert_int_equal(checkpoint_parse(buf_bytes(&note), &c, NULL), 0);
	assert_int_equal(c.size, 67);
	assert_memory_equal(c.root, root, sizeof(root));
	assert_true(bytes_is_str(c.origin, "localhost:8443/log"));
	buf_release(&note);
}

static void
note_with_any_byte_changed_does_not_verify(void **state)
{
	struct buf note;
	(void)state;

	make_note(&note);
	for (size_t i = 0; i < note.size; i++) {
		note.p[i] ^= 1;
		assert_false(verifies(buf_bytes(&note), buf_bytes(&key_text)));
		note.p[i] ^= 1;
	}
	for (size_t i = 0; i < note.size; i++)
		assert_false(verifies(bytes_slice(buf_bytes(&note), 0, i), buf_bytes(&key_text)));
	buf_release(&note);
}

static void
lines_of_other_signers_are_passed_over(void **state)
{
	struct buf note, more;
	struct checkpoint c;
	(void)state;

	make_note(&note);
	assert_int_equal(checkpoint_parse(buf_bytes(&note), &c, NULL), 0);
	buf_init(&more, MAX_CHECKPOINT_SIZE);
	buf_add(&more, c.text);
	buf_str(&more, "\n\xe2\x80\x94 witness.example AAAAAAAAAAAA\n");
	buf_add(&more, c.signatures);
	assert_true(verifies(buf_bytes(&more), buf_bytes(&key_text)));
	buf_clear(&more);
	buf_add(&more, c.text);
	buf_str(&more, "\n\xe2\x80\x94 witness.example AAAAAAAAAAAA\n");
	assert_false(verifies(buf_bytes(&more), buf_bytes(&key_text)));
	buf_release(&more);
	buf_release(&note);
}

static void
notes_out_of_form_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"origin\n",
		"origin\n5\n",
		"origin\n05\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
		"origin\n-5\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
		"origin\n99999999999999999999\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
		"origin\n5\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
		"ori gin\n5\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
		"ori+gin\n5\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
		"origin\n5\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"\n5\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
		"origin\n5x\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
		"origin\n9999999999999999999\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
	};
	struct checkpoint c;
	struct err e = { 0 };
	(void)state;

	assert_int_equal(checkpoint_parse(BYTES("origin\n5\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
						"AAAA=\n\n"),
			     &c, NULL),
	    0);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(checkpoint_parse(bytes_of_str(bad[i]), &c, NULL), -1);
	assert_int_equal(checkpoint_parse(BYTES("origin\n5\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
						"AAAA=\n"
						"extension\n\n"),
			     &c, &e),
	    -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

static void
note_beyond_its_size_is_a_limit(void **state)
{
	static uint8_t large[MAX_CHECKPOINT_SIZE + 1];
	struct checkpoint c;
	struct err e = { 0 };
	(void)state;

	memset(large, 'n', sizeof(large));
	assert_int_equal(checkpoint_parse(BYTES_OF(large), &c, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

static void
note_with_a_line_that_is_no_signature_is_an_error(void **state)
{
	static const char *const lines[] = { "\xe2\x80\x94 name\n", "\xe2\x80\x94  AAAA\n",
		"name AAAA\n" };
	struct buf note, more;
	struct checkpoint c;
	(void)state;

	make_note(&note);
	buf_init(&more, 2 * MAX_CHECKPOINT_SIZE);
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct err e = { 0 };

		buf_clear(&more);
		buf_add(&more, buf_bytes(&note));
		buf_str(&more, lines[i]);
		assert_int_equal(checkpoint_parse(buf_bytes(&more), &c, &e), -1);
		assert_int_equal(e.code, ERR_MALFORMED);
	}
	buf_clear(&more);
	buf_add(&more, buf_bytes(&note));
	while (more.size <= MAX_CHECKPOINT_SIZE)
		buf_str(&more, lines[0]);
	assert_int_equal(checkpoint_parse(buf_bytes(&more), &c, NULL), -1);
	buf_release(&more);
	buf_release(&note);
}

static void
key_of_another_kind_is_no_log_key(void **state)
{
	DEFER(privkey_freep) struct privkey *other = NULL;
	struct buf out;
	struct err e = { 0 };
	(void)state;

	buf_init(&out, 1024);
	assert_int_equal(privkey_generate(KEY_P256, &other, NULL), 0);
	assert_int_equal(log_key_emit(BYTES("log"), privkey_public(other), &out, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
	buf_release(&out);
}

static void
key_text_reads_back_and_is_bound_to_its_name(void **state)
{
	struct log_key k;
	struct err e = { 0 };
	(void)state;

	assert_int_equal(log_key_parse(BYTES(EXAMPLE_KEY), &k, NULL), 0);
	assert_true(bytes_is_str(k.name, "PeterNeumann"));
	key_unref(k.key);
	assert_int_equal(log_key_parse(BYTES("PeterNeumanx+c74f20a3+"
					     "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
			     &k, &e),
	    -1);
	assert_int_equal(e.code, ERR_INVALID);
	err_clear(&e);
	assert_int_equal(log_key_parse(BYTES("PeterNeumann"), &k, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	err_clear(&e);
	assert_int_equal(log_key_parse(BYTES("PeterNeumann+c74f20a3+"
					     "Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
			     &k, &e),
	    -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

static void
the_published_example_verifies(void **state)
{
	/* golang.org/x/mod/sumdb/note, package example; its text is no tree head, so only the signature is judged. */
	static const char text[] = "If you think cryptography is the answer to your problem,\n"
				   "then you don't know what your problem is.\n";
	static const char signature[] =
	    "\xe2\x80\x94 PeterNeumann "
	    "x08go/ZJkuBS9UG/"
	    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
	struct checkpoint c = { .origin = BYTES("PeterNeumann"),
		.text = BYTES(text),
		.signatures = BYTES(signature) };
	bool good = false;
	(void)state;

	assert_int_equal(checkpoint_verify(&c, BYTES(EXAMPLE_KEY), &good, NULL), 0);
	assert_true(good);
}

static void
origin_with_blanks_cannot_be_signed(void **state)
{
	struct buf note;
	struct err e = { 0 };
	(void)state;

	buf_init(&note, MAX_CHECKPOINT_SIZE);
	assert_int_equal(checkpoint_emit(BYTES("a b"), 1, root, key, &note, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	assert_int_equal(log_key_emit(BYTES("a+b"), privkey_public(key), &note, NULL), -1);
	buf_release(&note);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(note_verifies_with_its_key_and_no_other),
		cmocka_unit_test(note_with_any_byte_changed_does_not_verify),
		cmocka_unit_test(lines_of_other_signers_are_passed_over),
		cmocka_unit_test(notes_out_of_form_are_refused),
		cmocka_unit_test(note_beyond_its_size_is_a_limit),
		cmocka_unit_test(note_with_a_line_that_is_no_signature_is_an_error),
		cmocka_unit_test(key_of_another_kind_is_no_log_key),
		cmocka_unit_test(key_text_reads_back_and_is_bound_to_its_name),
		cmocka_unit_test(the_published_example_verifies),
		cmocka_unit_test(origin_with_blanks_cannot_be_signed),
	};

	return cmocka_run_group_tests(tests, make_key, drop_key);
}
