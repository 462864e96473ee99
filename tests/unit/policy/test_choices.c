/* SPDX-License-Identifier: Apache-2.0 */
/* What the vendor leaves open and docs/policy-choices.md settles, as far as no other program shows it. */
#include "policy/policy.h"

#include "../../support/policy.h"

/* Row 5. */
static void
two_escapes_are_resolved_and_no_others(void **state)
{
	(void)state;
	eval_rules(
	    "=>issue(type=\"a\",value=\"\\\"\");=>issue(type=\"b\",value=\"\\\\\");"
	    "=>issue(type=\"c\",value=\"\\n\\x\\u0041\");=>issue(type=\"d\",value=\"\\\\n\");"
	    "=>issue(type=\"\\\"\\\\\",value=\"\\\\\\\"\");");
	assert_issued(
	    "{\"a\":\"\\\"\",\"b\":\"\\\\\",\"c\":\"\\\\n\\\\x\\\\u0041\",\"d\":\"\\\\n\","
	    "\"\\\"\\\\\":\"\\\\\\\"\"}");
}

/* Row 6. */
static void
line_breaks_in_strings_are_kept(void **state)
{
	(void)state;
	eval_rules("=>issue(type=\"a\",value=\"x\ny\r\nz\");");
	assert_issued("{\"a\":\"x\\ny\\r\\nz\"}");
}

/* Row 10. */
static void
a_permit_does_not_end_its_section(void **state)
{
	(void)state;
	eval("version=1.2;authorizationrules{=>permit();=>add(type=\"a\",value=1);};"
	     "issuancerules{[type==\"a\"]=>issue(type=\"x\",value=1);};");
	assert_issued("{\"x\":1}");
	out = (struct policy_outcome){ 0 };
	eval("version=1.2;authorizationrules{=>permit();=>add(type=\"a\",value=NegateBool(1));};");
	assert_false(out.permitted);
	assert_int_equal(out.reason, POLICY_REASON_ERROR);
}

static void
a_deny_ends_its_section(void **state)
{
	(void)state;
	eval("version=1.2;authorizationrules{=>permit();=>deny();=>add(type=\"a\",value="
	     "NegateBool(1));};");
	assert_false(out.permitted);
	assert_int_equal(out.reason, POLICY_REASON_DENY);
	assert_true(out.rules[1].fired);
	assert_false(out.rules[2].ran);
}

/* Row 12: and what was issued before is gone. */
static void
an_error_in_issuance_fails_the_attestation(void **state)
{
	(void)state;
	assert_error("=>issue(type=\"a\",value=1);=>issueproperty(type=\"omit_x5c\",value=true);"
		     "=>issue(type=\"b\",value=NegateBool(1));=>issue(type=\"c\",value=1);",
	    "issuancerules rule 3, line 1: NegateBool: the argument is not one boolean");
	assert_int_equal(out.properties.count, 0);
	assert_false(out.rules[4].ran);
	assert_int_equal(out.decisive->number, 3);
}

/* Row 18. */
static void
values_of_different_types_have_no_order(void **state)
{
	(void)state;
	put_text("s", "5");
	put_bool("b", true);
	put_int("i", 5);
	eval_rules("[value<9,valueType==\"String\"]=>issue(type=\"never\",value=1);"
		   "[value>=0,valueType==\"Boolean\"]=>issue(type=\"never\",value=1);"
		   "c:[type==\"s\"]&&[type==\"i\",value>=c.value]=>issue(type=\"never\",value=1);"
		   "c:[type==\"s\"]&&[type==\"i\",value<c.value]=>issue(type=\"never\",value=1);"
		   "c:[type==\"s\"]&&[type==\"i\",value!=c.value]=>issue(type=\"x\",value=1);");
	assert_issued("{\"x\":1}");
}

/* Row 22. */
static void
integers_have_64_bits(void **state)
{
	(void)state;
	eval_rules("=>issue(type=\"a\",value=9223372036854775807);"
		   "=>issue(type=\"a\",value=-9223372036854775808);=>issue(type=\"b\",value=-0);"
		   "=>issue(type=\"c\",value=007);");
	assert_issued("{\"a\":[9223372036854775807,-9223372036854775808],\"b\":0,\"c\":7}");
}

/* maa-policy.md 6: an identifier stands for a whole set, there is no cross product, and a rule acts once. */
static void
a_rule_fires_once_for_all_its_claims(void **state)
{
	(void)state;
	put_int("a", 1);
	put_int("a", 2);
	put_int("b", 2);
	put_int("b", 3);
	eval_rules(
	    "c:[type==\"a\"]&&d:[type==\"b\",value==c.value]=>issue(type=\"c\",value=c.value);"
	    "c:[type==\"a\"]&&d:[type==\"b\",value==c.value]=>issue(type=\"d\",value=d.value);");
	assert_issued("{\"c\":[1,2],\"d\":2}");
}

static void
a_negated_condition_needs_that_no_claim_fits(void **state)
{
	(void)state;
	put_int("a", 1);
	put_int("a", 2);
	eval_rules("![type==\"a\",value==1]=>issue(type=\"never\",value=1);"
		   "![type==\"a\",value==3]=>issue(type=\"x\",value=1);"
		   "[type==\"a\"]&&![type==\"b\"]=>issue(type=\"y\",value=1);"
		   "[type==\"a\"]&&![type==\"x\"]=>issue(type=\"never\",value=1);");
	assert_issued("{\"x\":1,\"y\":1}");
}

/* A rule sees what an earlier one inserted, whatever the section and the action. */
static void
what_is_inserted_is_visible_to_every_later_rule(void **state)
{
	(void)state;
	eval("version=1.1;configurationrules{=>issueproperty(type=\"a\",value=1);};"
	     "authorizationrules{[type==\"c\"]=>permit();[type==\"a\"]=>add(type=\"b\",value=1);"
	     "[type==\"b\"]=>add(type=\"c\",value=1);[type==\"c\"]=>permit();};"
	     "issuancerules{[type==\"d\"]=>issue(type=\"never\",value=1);"
	     "[type==\"c\"]=>issue(type=\"d\",value=1);"
	     "[type==\"d\",issuer==\"AttestationPolicy\",valueType==\"Integer\"]=>"
	     "issueproperty(type=\"e\",value=1);[type==\"e\"]=>issue(type=\"f\",value=1);};");
	assert_issued("{\"d\":1,\"f\":1}");
}

/* claim=x leaves the claim as it is, issuer and all. */
static void
a_claim_is_issued_as_it_is(void **state)
{
	struct claim custom = { .name = BYTES("a"),
		.type = CLAIM_STRING,
		.text = BYTES("v"),
		.issuer = ISSUER_CUSTOM };

	(void)state;
	assert_int_equal(claim_set_add(&incoming, &arena, &custom, NULL), 0);
	eval_rules("c:[type==\"a\"]=>issue(claim=c);");
	assert_issued("{\"a\":\"v\"}");
	assert_int_equal(out.outgoing.claims[0].issuer, ISSUER_CUSTOM);
	assert_int_equal(incoming.count, 1);
	eval_rules("c:[type==\"a\"]=>issue(type=\"a\",value=c.value);");
	assert_int_equal(out.outgoing.claims[0].issuer, ISSUER_POLICY);
	assert_int_equal(incoming.count, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST(two_escapes_are_resolved_and_no_others),
		POLICY_TEST(line_breaks_in_strings_are_kept),
		POLICY_TEST(a_permit_does_not_end_its_section),
		POLICY_TEST(a_deny_ends_its_section),
		POLICY_TEST(an_error_in_issuance_fails_the_attestation),
		POLICY_TEST(values_of_different_types_have_no_order),
		POLICY_TEST(integers_have_64_bits),
		POLICY_TEST(a_rule_fires_once_for_all_its_claims),
		POLICY_TEST(a_negated_condition_needs_that_no_claim_fits),
		POLICY_TEST(what_is_inserted_is_visible_to_every_later_rule),
		POLICY_TEST(a_claim_is_issued_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, policy_release_all);
}
