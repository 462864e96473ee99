/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/snapshot.h"

#include "../../support/test.h"

#include <string.h>

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

static struct snapshot_type types[1] = { { .type = TEXT("SgxEnclave"),
    .token_type = TEXT("sgx"),
    .policy_text = TEXT("version=1.0;"),
    .policy_origin = POLICY_SET,
    .policy_hash = { 1 },
    .settings_hash = { 2 } } };
static struct snapshot_key keys[1] = { { .kid = TEXT("kid="), .cert = TEXT("der") } };
static struct snapshot_instance instances[2] = {
	{ .id = TEXT("one"),
	    .host = TEXT("localhost:8443"),
	    .issuer = TEXT("https://localhost:8443"),
	    .mode = TRUST_ISOLATED,
	    .types = types,
	    .type_count = 1,
	    .keys = keys,
	    .key_count = 1 },
	{ .id = TEXT("two"), .host = TEXT("localhost:8444"), .mode = TRUST_SHARED },
};
static struct snapshot_issuer issuers[1] = { { .issuer = TEXT("https://i") } };
static struct snapshot_document documents[2] = { { .bytes = TEXT("crl") } };
static struct snapshot_anchor anchors[1] = { { .spki_sha256 = { 9 }, .dev = true } };

static void
emit(struct buf *b)
{
	struct snapshot s = { .revision = 3,
		.dev = true,
		.clock_offset_s = -5,
		.instances = instances,
		.instance_count = 2,
		.issuers = issuers,
		.issuer_count = 1,
		.documents = documents,
		.document_count = 2,
		.anchors = anchors,
		.anchor_count = 1,
		.tls_key = BYTES("key"),
		.log_key = BYTES("log+1+a"),
		.limits = { .leeway_s = 60, .max_connections = 9 } };

	buf_init(b, MAX_SNAPSHOT_SETTINGS);
	snapshot_emit(b, &s);
	assert_true(buf_ok(b));
}

static void
snapshot_reads_as_it_was_written(void **state)
{
	struct snapshot *s;
	const struct snapshot_instance *in;
	const struct snapshot_type *t;
	struct buf b;
	(void)state;

	emit(&b);
	assert_int_equal(snapshot_parse(buf_bytes(&b), &s, NULL), 0);
	/* It does not lean on the message. */
	memset(b.p, 0xee, b.size);
	buf_release(&b);
	assert_int_equal(s->revision, 3);
	assert_true(s->dev);
	assert_int_equal(s->clock_offset_s, -5);
	in = snapshot_find_host(s, BYTES("LOCALHOST:8443"));
	assert_non_null(in);
	assert_true(in == snapshot_find_id(s, BYTES("one")));
	assert_null(snapshot_find_host(s, BYTES("localhost")));
	assert_null(snapshot_find_id(s, BYTES("One")));
	assert_int_equal(in->mode, TRUST_ISOLATED);
	t = snapshot_find_type(in, BYTES("SgxEnclave"));
	assert_non_null(t);
	assert_null(snapshot_find_type(in, BYTES("sgxenclave")));
	assert_null(snapshot_find_type(NULL, BYTES("SgxEnclave")));
	assert_int_equal(t->policy_origin, POLICY_SET);
	assert_int_equal(t->policy_hash[0], 1);
	assert_true(bytes_is_str(in->keys[0].cert, "der"));
	assert_int_equal(s->document_count, 2);
	assert_true(s->anchors[0].dev);
	assert_int_equal(s->limits.max_connections, 9);
	assert_true(bytes_is_str(s->tls_key, "key"));
	assert_string_equal(trust_mode_name(in->mode), "Isolated");

	snapshot_ref(s);
	snapshot_unref(s);
	assert_int_equal(s->revision, 3);
	snapshot_unrefp(&s);
	assert_null(s);
	snapshot_unref(NULL);
}

static void
snapshot_cut_anywhere_or_with_a_byte_more_is_refused(void **state)
{
	struct snapshot *s;
	struct err e = { 0 };
	struct buf b;
	(void)state;

	emit(&b);
	for (size_t i = 0; i < b.size; i++)
		assert_int_equal(snapshot_parse(bytes_slice(buf_bytes(&b), 0, i), &s, NULL), -1);
	buf_u8(&b, 0);
	assert_int_equal(snapshot_parse(buf_bytes(&b), &s, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	buf_release(&b);
}

static void
counts_and_codes_beyond_the_ceiling_are_refused(void **state)
{
	struct snapshot *s;
	struct buf b;
	(void)state;

	emit(&b);
	b.p[0] = 9; /* version */
	assert_int_equal(snapshot_parse(buf_bytes(&b), &s, NULL), -1);
	b.p[0] = 1;
	b.p[9] = 2; /* dev is neither true nor false */
	assert_int_equal(snapshot_parse(buf_bytes(&b), &s, NULL), -1);
	b.p[9] = 1;
	b.p[21] = 0xff; /* instances, high byte */
	assert_int_equal(snapshot_parse(buf_bytes(&b), &s, NULL), -1);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshot_reads_as_it_was_written),
		cmocka_unit_test(snapshot_cut_anywhere_or_with_a_byte_more_is_refused),
		cmocka_unit_test(counts_and_codes_beyond_the_ceiling_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
