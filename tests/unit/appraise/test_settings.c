/* SPDX-License-Identifier: Apache-2.0 */
#include "appraise/settings.h"

#include "../../support/test.h"

#include <string.h>

static const uint8_t fmspc[6] = { 0x00, 0x90, 0x6e, 0xd5, 0x00, 0x00 };

static enum err_code
code_of(const char *text)
{
	struct settings s;
	struct err e = { 0 };

	return settings_parse(bytes_of_str(text), &s, &e) < 0 ? e.code : ERR_NONE;
}

static void
empty_object_is_the_defaults(void **state)
{
	struct settings s, d;
	struct err e = { 0 };
	uint8_t hash[SHA256_SIZE];

	(void)state;
	settings_default(&d);
	assert_int_equal(settings_parse(BYTES("{}"), &s, &e), 0);
	assert_int_equal(s.tolerated, d.tolerated);
	assert_true(s.binding_upper);
	assert_false(s.accept_expired_tcb);
	/* The claim is the digest of the text in force, not of what it means. */
	sha256(BYTES("{}"), hash);
	assert_memory_equal(s.hash, hash, SHA256_SIZE);
	assert_memory_not_equal(s.hash, d.hash, SHA256_SIZE);
}

static void
what_is_written_is_read_again(void **state)
{
	static const uint8_t spki[SHA256_SIZE] = { 1, 2, 3 };
	DEFER(buf_release) struct buf out;
	struct settings s, again;
	struct err e = { 0 };

	(void)state;
	settings_default(&s);
	s.exceptions[0] = (struct settings_exception){ .status = TCB_OUT_OF_DATE,
		.has_fmspc = true,
		.expires_at = 1800000000,
		.reason = "a \"quoted\" reason" };
	s.exception_count = 1;
	s.max_age_crl_s = 1;
	s.max_age_tcb_info_s = 2;
	s.max_age_qe_identity_s = 3;
	s.min_evaluation_number = 17;
	s.accept_expired_tcb = true;
	s.binding_upper = false;
	assert_int_equal(settings_tolerate(&s, TCB_OUT_OF_DATE, &e), 0);
	assert_int_equal(settings_add_anchor(&s, "dev root", spki, &e), 0);
	buf_init(&out, MAX_SETTINGS_SIZE);
	settings_emit(&s, &out);
	assert_int_equal(settings_parse(buf_bytes(&out), &again, &e), 0);
	assert_memory_equal(&s, &again, sizeof(s));
}

static void
unknown_members_are_refused(void **state)
{
	(void)state;
	assert_int_equal(code_of("{\"tolerated\":[]}"), ERR_INVALID);
	assert_int_equal(code_of("{\"max_age_s\":{\"tcb\":1}}"), ERR_INVALID);
	assert_int_equal(code_of("{\"extra_anchors\":[{\"label\":\"x\",\"spki_sha256\":\"00\","
				 "\"pem\":\"\"}]}"),
	    ERR_INVALID);
	assert_int_equal(code_of("[]"), ERR_MALFORMED);
	assert_int_equal(code_of("{"), ERR_MALFORMED);
}

static void
revoked_can_be_neither_tolerated_nor_excepted(void **state)
{
	struct settings s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(code_of("{\"tolerated_tcb_statuses\":[\"Revoked\"]}"), ERR_INVALID);
	assert_int_equal(code_of("{\"exceptions\":[{\"tcb_status\":\"Revoked\",\"reason\":\"r\","
				 "\"expires\":\"2030-01-01T00:00:00Z\"}]}"),
	    ERR_INVALID);
	settings_default(&s);
	assert_int_equal(settings_tolerate(&s, TCB_REVOKED, &e), -1);
	s.tolerated = ~0u;
	assert_false(settings_tolerates(&s, TCB_REVOKED, fmspc, 0, NULL));
	assert_false(settings_tolerates(&s, TCB_NONE, fmspc, 0, NULL));
}

static void
wrong_values_are_refused(void **state)
{
	(void)state;
	assert_int_equal(code_of("{\"version\":2}"), ERR_UNSUPPORTED);
	assert_int_equal(code_of("{\"binding_upper\":1}"), ERR_INVALID);
	assert_int_equal(code_of("{\"min_tcb_evaluation_number\":-1}"), ERR_INVALID);
	assert_int_equal(code_of("{\"max_age_s\":{\"crl\":1.5}}"), ERR_INVALID);
	assert_int_equal(code_of("{\"tolerated_tcb_statuses\":[\"uptodate\"]}"), ERR_INVALID);
	assert_int_equal(code_of("{\"tolerated_tcb_statuses\":\"UpToDate\"}"), ERR_MALFORMED);
	assert_int_equal(code_of("{\"exceptions\":[{\"tcb_status\":\"OutOfDate\",\"expires\":"
				 "\"2030-01-01T00:00:00Z\"}]}"),
	    ERR_INVALID);
	assert_int_equal(code_of(
			     "{\"exceptions\":[{\"tcb_status\":\"OutOfDate\",\"reason\":\"r\"}]}"),
	    ERR_INVALID);
	assert_int_equal(code_of("{\"exceptions\":{}}"), ERR_LIMIT);
	assert_int_equal(code_of("{\"exceptions\":[{\"tcb_status\":\"OutOfDate\",\"reason\":\"r\","
				 "\"expires\":\"2030-01-01T00:00:00Z\",\"fmspc\":\"00906ed5\"}]}"),
	    ERR_INVALID);
	assert_int_equal(code_of("{\"extra_anchors\":{}}"), ERR_LIMIT);
	assert_int_equal(code_of("{\"extra_anchors\":[{\"label\":\"x\",\"spki_sha256\":\"00\"}]}"),
	    ERR_INVALID);
	assert_int_equal(code_of("{\"extra_anchors\":[{\"label\":\"x\"}]}"), ERR_INVALID);
}

static void
anchor_without_a_label_or_with_a_long_one_is_refused(void **state)
{
	static const uint8_t spki[SHA256_SIZE];
	char label[MAX_SETTINGS_TEXT + 2];
	struct settings s;
	struct err e = { 0 };

	(void)state;
	settings_default(&s);
	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	assert_int_equal(settings_add_anchor(&s, label, spki, &e), -1);
	assert_int_equal(settings_add_anchor(&s, "", spki, &e), -1);
	assert_int_equal(s.anchor_count, 0);
}

static void
too_many_anchors_are_a_limit(void **state)
{
	static const uint8_t spki[SHA256_SIZE];
	struct settings s;
	struct err e = { 0 };

	(void)state;
	settings_default(&s);
	for (int i = 0; i < MAX_EXTRA_ANCHORS; i++)
		assert_int_equal(settings_add_anchor(&s, "a", spki, &e), 0);
	assert_int_equal(settings_add_anchor(&s, "a", spki, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_object_is_the_defaults),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(unknown_members_are_refused),
		cmocka_unit_test(revoked_can_be_neither_tolerated_nor_excepted),
		cmocka_unit_test(wrong_values_are_refused),
		cmocka_unit_test(anchor_without_a_label_or_with_a_long_one_is_refused),
		cmocka_unit_test(too_many_anchors_are_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
