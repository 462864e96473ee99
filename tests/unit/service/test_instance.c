/* SPDX-License-Identifier: Apache-2.0 */
#include "service/instance.h"

#include "../../support/test.h"

#include "../../support/service.h"

static struct fake_service s;

static int
setup(void **state)
{
	struct service_config config = { .traces = EXEMPLARS_LIMITS_DEFAULT };

	(void)state;
	fake_service_init(&s, &config);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_service_release(&s);
	return 0;
}

static void
a_snapshot_becomes_a_state(void **state)
{
	struct service_state *st;
	const struct service_instance *in;
	struct err e = { 0 };

	(void)state;
	assert_null(service_state_get(s.service));
	assert_int_equal(fake_service_publish(&s, &e), 0);
	st = service_state_get(s.service);
	assert_int_equal(st->instance_count, 2);
	in = service_instance_find(st, BYTES("LOCALHOST:8443"), 8443);
	assert_non_null(in);
	assert_non_null(in->certs.full);
	assert_non_null(in->discovery.not_modified);
	assert_non_null(in->types[0].policy);
	assert_string_equal(policy_hash(in->types[0].policy),
	    "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc");
	assert_null(in->types[kind_index(kind_find(BYTES("TdxVm")))].snap);
	assert_null(service_instance_find(st, (struct bytes){ 0 }, 8443));
	assert_null(service_instance_find(st, BYTES("[::1]:8443"), 8443));
	service_state_unref(st);
}

static void
a_new_state_takes_over_collateral_and_traces(void **state)
{
	struct service_state *old = service_state_get(s.service), *new;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(fake_service_publish(&s, &e), 0);
	new = service_state_get(s.service);
	assert_ptr_not_equal(old, new);
	assert_ptr_equal(old->collateral, new->collateral);
	assert_ptr_equal(old->instances[0].space, new->instances[0].space);
	assert_ptr_not_equal(new->instances[0].space, new->instances[1].space);
	assert_ptr_equal(old->instances[0].metrics, new->instances[0].metrics);
	s.documents[s.document_count++] = BYTES("{\"not\":\"collateral\"}");
	assert_int_equal(fake_service_publish(&s, &e), 0);
	service_state_unref(new);
	new = service_state_get(s.service);
	assert_ptr_not_equal(old->collateral, new->collateral);
	service_state_unref(old);
	service_state_unref(new);
}

static void
a_snapshot_that_cannot_serve_leaves_the_old_state(void **state)
{
	struct service_state *old = service_state_get(s.service), *now;
	struct err e = { 0 };

	(void)state;
	s.policy = BYTES("version= 1.0; authorizationrules{=> permi();};");
	assert_int_equal(fake_service_publish(&s, &e), -1);
	assert_non_null(strstr(e.msg, "instance main: SgxEnclave"));
	s.policy = (struct bytes){ 0 };
	s.settings = BYTES("{\"tolerated\":[]}");
	err_clear(&e);
	assert_int_equal(fake_service_publish(&s, &e), -1);
	s.settings = BYTES("{}");
	now = service_state_get(s.service);
	assert_ptr_equal(old, now);
	service_state_unref(old);
	service_state_unref(now);
}

static void
a_policy_that_was_set_is_compiled(void **state)
{
	struct service_state *st;
	struct err e = { 0 };

	(void)state;
	s.policy = BYTES("version= 1.0; authorizationrules{=> permit();};");
	assert_int_equal(fake_service_publish(&s, &e), 0);
	st = service_state_get(s.service);
	assert_int_equal(st->instances[0].types[0].snap->policy_origin, POLICY_SET);
	assert_int_equal(policy_rule_count(st->instances[0].types[0].policy), 1);
	service_state_unref(st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_becomes_a_state),
		cmocka_unit_test(a_new_state_takes_over_collateral_and_traces),
		cmocka_unit_test(a_snapshot_that_cannot_serve_leaves_the_old_state),
		cmocka_unit_test(a_policy_that_was_set_is_compiled),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
