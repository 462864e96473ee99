/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509-limbo (C2SP), every case, judged as a chain of Intel's would be. The suite is made for servers of the web, so that
 * names of peers, extended usages and name constraints are asked about; ours is two or three certificates of P-256 up to a
 * pinned key. That a CA can sign CRLs, too, is not asked for: hardly one of the suite can, and the other checks would
 * never be reached. docs/suites.md lists each case where the two say different things, with the reason that we gave.
 */
#include "collateral/profile.h"

#include "base/stamp.h"
#include "codec/json.h"
#include "codec/pem.h"

#include "../../support/chain.h"
#include "../../support/suite.h"
#include "../../support/vectors.h"

#define LIMBO          "x509-limbo/limbo-subset.json"
#define MAX_LIMBO_SIZE (8 << 20)

static struct suite suite;

static struct bytes
der_of(const struct json *pem, const char *label, struct arena *a)
{
	struct bytes text = json_text(pem), der = { 0 };

	assert_int_equal(pem_next(&text, label, a, &der, NULL), 1);
	return der;
}

static size_t
ders_of(const struct json *list, const char *label, struct bytes *out, size_t max, struct arena *a)
{
	size_t count = 0;

	for (const struct json *v = list == NULL ? NULL : list->first; v != NULL; v = v->next) {
		assert_true(count < max);
		out[count++] = der_of(v, label, a);
	}
	return count;
}

/* "2024-01-01T00:00:00+00:00"; that very time where a case leaves it to the clock, which its certificates outlast. */
static int64_t
time_of(const struct json *said)
{
	struct bytes text = said->type == JSON_NULL ? BYTES("2024-01-01T00:00:00")
						    : bytes_slice(json_text(said), 0, 19);
	char stamp[32];
	int64_t at = 0;

	(void)snprintf(stamp, sizeof(stamp), "%.*sZ", BYTES_FMT(text));
	assert_true(stamp_parse(bytes_of_str(stamp), &at));
	return at;
}

static void
judge_case(const struct json *test, struct arena *a)
{
	static struct test_chain chain;
	struct bytes id = json_text(json_get(test, "id"));
	bool good = json_is_str(json_get(test, "expected_result"), "SUCCESS");
	char name[256], room[256], ours[300] = "accepted";
	const char *why;

	chain = (struct test_chain){ .leaf = der_of(json_get(test, "peer_certificate"),
					 "CERTIFICATE", a),
		.now_at = time_of(json_get(test, "validation_time")),
		.spare_crl_sign = json_get(test, "crls")->count == 0 };
	chain.root_count =
	    ders_of(json_get(test, "trusted_certs"), "CERTIFICATE", chain.roots, MAX_TEST_CERTS, a);
	chain.pool_count = ders_of(json_get(test, "untrusted_intermediates"), "CERTIFICATE",
	    chain.pool, MAX_TEST_CERTS, a);
	chain.crl_count = ders_of(json_get(test, "crls"), "X509 CRL", chain.crls, MAX_TEST_CRLS, a);
	why = chain_refusal(&chain, room);
	/* Why we refuse what must be refused is not compared: only that. */
	if (why != NULL)
		(void)snprintf(ours, sizeof(ours), good ? "refused: %s" : "refused", why);
	(void)snprintf(name, sizeof(name), "%.*s", BYTES_FMT(id));
	suite_case(&suite, name, good ? "accepted" : "refused", ours);
}

static void
every_case_has_its_verdict(void **state)
{
	DEFER(arena_release) struct arena a;
	const struct json *all = NULL;
	struct bytes text;

	(void)state;
	suite_open(&suite, "x509-limbo");
	arena_init(&a, 256 << 20);
	assert_true(vector_read(LIMBO, &a, &text));
	assert_int_equal(json_parse(text, MAX_LIMBO_SIZE, &a, &all, NULL), 0);
	for (const struct json *t = json_get(all, "testcases")->first; t != NULL; t = t->next)
		judge_case(t, &a);
	suite_close(&suite);
}

int
main(void)
{
	NEED_VECTORS(LIMBO);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_has_its_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
