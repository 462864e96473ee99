/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "../../support/test.h"
#include "../../support/tmpdir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct fixture {
	struct tmpdir dir;
	struct store *s;
	struct arena a;
};

static void
setup(struct fixture *f)
{
	struct store_instance in = { .id = BYTES("i"),
		.issuer = BYTES("https://i"),
		.added_at = 7 };

	f->dir = tmpdir_new();
	arena_init(&f->a, 1048576);
	assert_int_equal(store_open(tmpdir_at(&f->dir, "store.db"), &f->s, NULL), 0);
	assert_int_equal(store_instance_put(f->s, &in, NULL), 0);
}

static void
reopen(struct fixture *f)
{
	store_close(f->s);
	f->s = NULL;
	assert_int_equal(store_open(tmpdir_at(&f->dir, "store.db"), &f->s, NULL), 0);
}

static void
teardown(struct fixture *f)
{
	store_close(f->s);
	arena_release(&f->a);
	tmpdir_drop(&f->dir);
}

static void
what_was_put_is_there_after_reopening(void **state)
{
	struct fixture f;
	struct bytes v;
	struct store_instance in;
	struct store_key key = { .name = BYTES("k1"),
		.purpose = BYTES("token"),
		.sealed = BYTES("sealed"),
		.made_at = 3 },
			 keys[2];
	struct store_cert cert = { .instance = BYTES("i"),
		.key = BYTES("k1"),
		.der = BYTES("der"),
		.expires_at = 9 },
			  cert_back;
	size_t count;
	(void)state;

	setup(&f);
	assert_int_equal(store_meta_put(f.s, "origin", BYTES("a"), NULL), 0);
	assert_int_equal(store_meta_put(f.s, "origin", BYTES("b"), NULL), 0);
	assert_int_equal(store_key_add(f.s, &key, NULL), 0);
	assert_int_equal(store_cert_put(f.s, &cert, NULL), 0);
	reopen(&f);
	assert_int_equal(store_meta_get(f.s, "origin", &f.a, &v, NULL), 1);
	assert_true(bytes_is_str(v, "b"));
	assert_int_equal(store_meta_get(f.s, "other", &f.a, &v, NULL), 0);
	assert_int_equal(store_instance_get(f.s, BYTES("i"), &f.a, &in, NULL), 1);
	assert_true(bytes_is_str(in.issuer, "https://i"));
	assert_int_equal(store_instance_get(f.s, BYTES("j"), &f.a, &in, NULL), 0);
	assert_int_equal(store_keys_list(f.s, "token", &f.a, keys, 2, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_true(bytes_is_str(keys[0].sealed, "sealed"));
	assert_int_equal(store_keys_list(f.s, "log", &f.a, keys, 2, &count, NULL), 0);
	assert_int_equal(count, 0);
	assert_int_equal(store_cert_get(f.s, BYTES("i"), BYTES("k1"), &f.a, &cert_back, NULL), 1);
	assert_int_equal(cert_back.expires_at, 9);
	teardown(&f);
}

static void
history_takes_only_the_next_version(void **state)
{
	struct fixture f;
	struct err e = { 0 };
	struct store_policy p = { .instance = BYTES("i"),
		.type = BYTES("SgxEnclave"),
		.version = 1,
		.jws = BYTES("jws"),
		.text = BYTES("text"),
		.actor = BYTES("me"),
		.reason = BYTES(""),
		.set_at = 5 },
			    q;
	struct store_settings t = { .instance = BYTES("i"),
		.type = BYTES("SgxEnclave"),
		.version = 2,
		.text = BYTES("{}"),
		.actor = BYTES("me") },
			      u;
	(void)state;

	setup(&f);
	assert_int_equal(store_policy_get(f.s, p.instance, p.type, 0, &f.a, &q, NULL), 0);
	assert_int_equal(store_policy_add(f.s, &p, NULL), 0);
	assert_int_equal(store_policy_add(f.s, &p, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	p.version = 3;
	assert_int_equal(store_policy_add(f.s, &p, NULL), -1);
	p.version = 2;
	p.jws = p.text = (struct bytes){ 0 };
	assert_int_equal(store_policy_add(f.s, &p, NULL), 0);
	assert_int_equal(store_policy_get(f.s, p.instance, p.type, 0, &f.a, &q, NULL), 1);
	assert_int_equal(q.version, 2);
	assert_null(q.jws.p);
	assert_int_equal(store_policy_get(f.s, p.instance, p.type, 1, &f.a, &q, NULL), 1);
	assert_true(bytes_is_str(q.text, "text"));
	assert_int_equal(store_policy_get(f.s, p.instance, p.type, 9, &f.a, &q, NULL), 0);

	assert_int_equal(store_settings_add(f.s, &t, NULL), -1);
	t.version = 1;
	assert_int_equal(store_settings_add(f.s, &t, NULL), 0);
	assert_int_equal(store_settings_get(f.s, t.instance, t.type, 0, &f.a, &u, NULL), 1);
	assert_true(bytes_is_str(u.text, "{}"));
	teardown(&f);
}

static void
policy_of_an_unknown_instance_is_refused(void **state)
{
	struct fixture f;
	struct err e = { 0 };
	struct store_policy p = { .instance = BYTES("nobody"),
		.type = BYTES("SgxEnclave"),
		.version = 1,
		.actor = BYTES("me"),
		.reason = BYTES("") };
	(void)state;

	setup(&f);
	assert_int_equal(store_policy_add(f.s, &p, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	teardown(&f);
}

static void
another_root_for_a_size_is_refused(void **state)
{
	struct fixture f;
	struct err e = { 0 };
	struct store_checkpoint c = { .size = 5,
		.root = BYTES("r5"),
		.note = BYTES("n5"),
		.signed_at = 1 },
				last;
	(void)state;

	setup(&f);
	assert_int_equal(store_checkpoint_last(f.s, &f.a, &last, NULL), 0);
	assert_int_equal(store_checkpoint_add(f.s, &c, NULL), 0);
	assert_int_equal(store_checkpoint_add(f.s, &c, NULL), 0);
	c.root = BYTES("other");
	assert_int_equal(store_checkpoint_add(f.s, &c, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	c = (struct store_checkpoint){ .size = 12, .root = BYTES("r12"), .note = BYTES("n12") };
	assert_int_equal(store_checkpoint_add(f.s, &c, NULL), 0);
	assert_int_equal(store_checkpoint_last(f.s, &f.a, &last, NULL), 1);
	assert_int_equal(last.size, 12);
	teardown(&f);
}

static void
rolled_back_changes_are_gone(void **state)
{
	struct fixture f;
	struct bytes v;
	(void)state;

	setup(&f);
	assert_int_equal(store_begin(f.s, NULL), 0);
	assert_int_equal(store_meta_put(f.s, "x", BYTES("1"), NULL), 0);
	store_rollback(f.s);
	assert_int_equal(store_meta_get(f.s, "x", &f.a, &v, NULL), 0);
	assert_int_equal(store_begin(f.s, NULL), 0);
	assert_int_equal(store_meta_put(f.s, "x", BYTES("2"), NULL), 0);
	assert_int_equal(store_commit(f.s, NULL), 0);
	reopen(&f);
	assert_int_equal(store_meta_get(f.s, "x", &f.a, &v, NULL), 1);
	teardown(&f);
}

static void
too_large_values_and_too_many_keys_are_limits(void **state)
{
	struct fixture f;
	struct err e = { 0 };
	struct store_key key = { .name = BYTES("a"),
		.purpose = BYTES("token"),
		.sealed = BYTES("s") },
			 keys[1];
	size_t count;
	uint8_t *big = calloc(1, MAX_STORE_VALUE_SIZE + 1);
	(void)state;

	setup(&f);
	assert_int_equal(store_meta_put(f.s, "x", bytes_of(big, MAX_STORE_VALUE_SIZE + 1), &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_int_equal(store_key_add(f.s, &key, NULL), 0);
	err_clear(&e);
	assert_int_equal(store_key_add(f.s, &key, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	key.name = BYTES("b");
	assert_int_equal(store_key_add(f.s, &key, NULL), 0);
	err_clear(&e);
	assert_int_equal(store_keys_list(f.s, "token", &f.a, keys, 1, &count, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	free(big);
	teardown(&f);
}

static void
file_is_private_and_foreign_files_are_refused(void **state)
{
	struct fixture f;
	struct stat st;
	struct err e = { 0 };
	struct store *s;
	int fd;
	(void)state;

	setup(&f);
	assert_int_equal(stat(tmpdir_at(&f.dir, "store.db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = open(tmpdir_at(&f.dir, "other"), O_WRONLY | O_CREAT, 0600);
	for (int i = 0; i < 200; i++)
		assert_int_equal(write(fd, "no database ....", 16), 16);
	close(fd);
	assert_int_equal(store_open(tmpdir_at(&f.dir, "other"), &s, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	err_clear(&e);
	assert_int_equal(store_open(tmpdir_at(&f.dir, "no/such"), &s, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	teardown(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_there_after_reopening),
		cmocka_unit_test(history_takes_only_the_next_version),
		cmocka_unit_test(policy_of_an_unknown_instance_is_refused),
		cmocka_unit_test(another_root_for_a_size_is_refused),
		cmocka_unit_test(rolled_back_changes_are_gone),
		cmocka_unit_test(too_large_values_and_too_many_keys_are_limits),
		cmocka_unit_test(file_is_private_and_foreign_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
