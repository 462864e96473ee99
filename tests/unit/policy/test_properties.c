/* SPDX-License-Identifier: Apache-2.0 */
/* What issueproperty() sets: the judgement's configuration and the token's properties (maa-policy.md 11). */
#include "policy/policy.h"

#include "../../support/policy.h"

static struct policy_configuration configuration;
static struct policy_token_properties properties;

static void
configure(const char *rules)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "version=1.1;configurationrules{%s};authorizationrules{=>permit();};", rules);
	out = (struct policy_outcome){ 0 };
	assert_int_equal(policy_configure(known(text), &incoming, &arena, &limits, &out, NULL), 0);
	assert_int_equal(out.reason, POLICY_REASON_NONE);
	policy_configuration_of(&out, &configuration);
}

static const char *
token_properties(const char *rules)
{
	eval_rules(rules);
	assert_true(out.permitted);
	return policy_token_properties_of(&out, &properties);
}

static void
configuration_that_is_not_set_has_its_defaults(void **state)
{
	(void)state;
	configure("");
	assert_true(configuration.require_valid_aik_cert);
	assert_int_equal(configuration.required_pcr_mask, 16777215);
	assert_true(bytes_is_str(configuration.tcb_identifier, "azuredefault"));
}

static void
configuration_is_what_was_set_last(void **state)
{
	(void)state;
	configure("=>issueproperty(type=\"require_valid_aik_cert\",value=false);"
		  "=>issueproperty(type=\"required_pcr_mask\",value=15);"
		  "=>issueproperty(type=\"required_pcr_mask\",value=0);"
		  "=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",value=\"11\");"
		  "=>issueproperty(type=\"of-another-kind\",value=true);");
	assert_false(configuration.require_valid_aik_cert);
	assert_int_equal(configuration.required_pcr_mask, 0);
	assert_true(bytes_is_str(configuration.tcb_identifier, "11"));
}

/* Conditions of configurationrules see what is there before the evidence is judged. */
static void
configuration_may_depend_on_earlier_claims(void **state)
{
	(void)state;
	put_int("mask", 7);
	configure("c:[type==\"mask\"]=>issueproperty(type=\"required_pcr_mask\",value=c.value);"
		  "[type==\"none\"]=>issueproperty(type=\"require_valid_aik_cert\",value=false);");
	assert_true(configuration.require_valid_aik_cert);
	assert_int_equal(configuration.required_pcr_mask, 7);
}

static void
configuration_is_visible_to_later_rules(void **state)
{
	(void)state;
	eval(
	    "version=1.1;configurationrules{=>issueproperty(type=\"a\",value=1);};"
	    "authorizationrules{[type==\"a\",value==1,issuer==\"AttestationPolicy\"]=>permit();};");
	assert_true(out.permitted);
	assert_int_equal(out.outgoing.count, 0);
	assert_int_equal(out.properties.count, 0);
}

static void
properties_that_are_not_set_have_their_defaults(void **state)
{
	(void)state;
	assert_null(token_properties(""));
	assert_int_equal(properties.validity_minutes, 1440);
	assert_false(properties.omit_x5c);
}

static void
properties_are_what_was_set_last(void **state)
{
	(void)state;
	assert_null(
	    token_properties("=>issueproperty(type=\"report_validity_in_minutes\",value=5);"
			     "=>issueproperty(type=\"omit_x5c\",value=true);"
			     "=>issueproperty(type=\"report_validity_in_minutes\",value=1);"));
	assert_int_equal(properties.validity_minutes, 1);
	assert_true(properties.omit_x5c);
}

static void
a_validity_above_a_year_is_cut(void **state)
{
	(void)state;
	assert_null(
	    token_properties("=>issueproperty(type=\"report_validity_in_minutes\",value=525600);"));
	assert_int_equal(properties.validity_minutes, 525600);
	assert_null(token_properties(
	    "=>issueproperty(type=\"report_validity_in_minutes\",value=9223372036854775807);"));
	assert_int_equal(properties.validity_minutes, 525600);
}

static void
properties_of_another_type_or_below_one_fail(void **state)
{
	static const char validity[] = "report_validity_in_minutes is not an integer above 0";

	(void)state;
	assert_string_equal(token_properties(
				"=>issueproperty(type=\"report_validity_in_minutes\",value=0);"),
	    validity);
	assert_string_equal(token_properties(
				"=>issueproperty(type=\"report_validity_in_minutes\",value=-1);"),
	    validity);
	assert_string_equal(token_properties("=>issueproperty(type=\"report_validity_in_minutes\","
					     "value=\"5\");"),
	    validity);
	assert_string_equal(token_properties("=>issueproperty(type=\"omit_x5c\",value=1);"),
	    "omit_x5c is not true or false");
}

/* A claim of that name which is only added or issued says nothing about the token. */
static void
properties_come_by_issueproperty_alone(void **state)
{
	(void)state;
	assert_null(token_properties("=>add(type=\"omit_x5c\",value=true);"
				     "=>issue(type=\"report_validity_in_minutes\",value=5);"));
	assert_false(properties.omit_x5c);
	assert_int_equal(properties.validity_minutes, 1440);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST(configuration_that_is_not_set_has_its_defaults),
		POLICY_TEST(configuration_is_what_was_set_last),
		POLICY_TEST(configuration_may_depend_on_earlier_claims),
		POLICY_TEST(configuration_is_visible_to_later_rules),
		POLICY_TEST(properties_that_are_not_set_have_their_defaults),
		POLICY_TEST(properties_are_what_was_set_last),
		POLICY_TEST(a_validity_above_a_year_is_cut),
		POLICY_TEST(properties_of_another_type_or_below_one_fail),
		POLICY_TEST(properties_come_by_issueproperty_alone),
	};

	return cmocka_run_group_tests(tests, NULL, policy_release_all);
}
