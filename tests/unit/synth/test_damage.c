/* SPDX-License-Identifier: Apache-2.0 */
/* What undamaged cases are judged to be, and that the table of damage is whole. Each damage: appraise/sgx_damage. */
#include "synth/synth.h"

#include "../../support/test.h"
#include "appraise/sgx.h"

#include <string.h>

#define NOW 1795000000

static struct synth_root *root;

static int
make_root(void **state)
{
	struct err e = { 0 };

	(void)state;
	return synth_root_generate(NOW, &root, &e);
}

static int
free_root(void **state)
{
	(void)state;
	synth_root_free(root);
	return 0;
}

static struct collateral *
snapshot_of(const struct synth_case *c)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(MAX_COLLATERAL_SIZE);
	struct collateral *out = NULL;
	struct err e = { 0 };

	assert_non_null(b);
	for (size_t i = 0; i < c->doc_count; i++)
		assert_int_equal(collateral_builder_add(b, c->docs[i].bytes, "folder", NULL, &e),
		    0);
	assert_int_equal(collateral_builder_seal(b, &out, &e), 0);
	return out;
}

/* Judges C with the root of the tests as its only extra anchor. */
static void
judge(const struct synth_case *c, int64_t now_at, struct arena *a, struct trace *t,
    struct sgx_findings *f)
{
	DEFER(collateral_unrefp) struct collateral *snapshot = snapshot_of(c);
	const struct appraise_input in = { c->evidence, c->runtime_data, c->init_data };
	static struct settings settings;
	uint8_t pin[SHA256_SIZE];
	struct err e = { 0 };

	settings_default(&settings);
	sha256(key_spki(synth_root_key(root)), pin);
	assert_int_equal(settings_add_anchor(&settings, "test root", pin, &e), 0);
	trace_init(t, a, synth_type_name(c->type), now_at);
	if (c->type == SYNTH_OPEN_ENCLAVE)
		assert_int_equal(oe_appraise(&in, snapshot, NULL, &settings, now_at, a, t, f, &e),
		    0);
	else
		assert_int_equal(sgx_appraise(&in, snapshot, NULL, &settings, now_at, a, t, f, &e),
		    0);
}

static const char *
name_of(enum check_id id)
{
	return id == CHECK_NONE ? "none" : check_table[id].id;
}

static void
undamaged_evidence_is_accepted(void **state)
{
	(void)state;
	for (int type = 0; type < SYNTH_TYPE_COUNT; type++) {
		for (unsigned version = 3; version <= 5; version++) {
			for (int processor = 0; processor < 2; processor++) {
				DEFER(arena_release) struct arena a;
				struct sgx_findings f = { 0 };
				struct synth_spec spec;
				struct synth_case c;
				struct trace t;
				struct err e = { 0 };

				arena_init(&a, 4 << 20);
				synth_spec_init(&spec, (enum synth_type)type);
				spec.processor_ca = processor == 1;
				spec.runtime_data = BYTES("runtime");
				spec.init_data = BYTES("init");
				if (type == SYNTH_SGX_ENCLAVE)
					spec.quote_version = version;
				assert_int_equal(synth_case_emit(root, &spec, NULL, NOW, &a, &c,
						     &e),
				    0);
				judge(&c, NOW, &a, &t, &f);
				assert_string_equal(name_of(t.failed), "none");
				assert_int_equal(trace_verdict(&t), VERDICT_ACCEPTED);
				assert_int_equal(f.tcb_status, TCB_UP_TO_DATE);
				assert_true(f.runtime_bound && f.init_bound);
			}
		}
	}
}

static void
every_status_that_is_wished_for_is_found(void **state)
{
	(void)state;
	for (int status = 0; status < TCB_STATUS_COUNT; status++) {
		DEFER(arena_release) struct arena a;
		struct sgx_findings f = { 0 };
		struct synth_spec spec;
		struct synth_case c;
		struct trace t;
		struct err e = { 0 };

		arena_init(&a, 4 << 20);
		synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
		assert_int_equal(synth_spec_set(&spec, "tcb_status",
				     tcb_status_name((enum tcb_status)status), &e),
		    0);
		assert_int_equal(synth_case_emit(root, &spec, NULL, NOW, &a, &c, &e), 0);
		judge(&c, NOW, &a, &t, &f);
		assert_int_equal(f.tcb_status, status);
		assert_int_equal(t.failed,
		    status >= TCB_OUT_OF_DATE ? CHECK_SGX_TCB_STATUS : CHECK_NONE);
	}
}

static void
a_platform_of_another_fmspc_is_accepted_with_its_own_tcb_info(void **state)
{
	DEFER(arena_release) struct arena a;
	struct sgx_findings f = { 0 };
	struct synth_spec spec;
	struct synth_case c;
	struct trace t;
	struct err e = { 0 };

	(void)state;
	arena_init(&a, 4 << 20);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	assert_int_equal(synth_spec_set(&spec, "fmspc", "00906ed50000", &e), 0);
	assert_int_equal(synth_case_emit(root, &spec, NULL, NOW, &a, &c, &e), 0);
	judge(&c, NOW, &a, &t, &f);
	assert_int_equal(t.failed, CHECK_NONE);
	assert_int_equal(trace_verdict(&t), VERDICT_ACCEPTED);
}

/* Those that no evidence and no collateral can reach: they are of other judgements, or depend on the settings. */
static bool
is_out_of_reach(enum check_id id)
{
	static const char *const others[] = { "policy.", "token.", "log.", "possession." };
	static const enum check_id ids[] = { CHECK_ROOT_CRL_AGE, CHECK_PCK_CRL_AGE,
		CHECK_TCB_INFO_AGE, CHECK_QE_IDENTITY_AGE, CHECK_TCB_EVALUATION_NUMBER };

	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (bytes_has_prefix(bytes_of_str(check_table[id].id), others[i]))
			return true;
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void
every_check_of_the_judgement_has_a_damage(void **state)
{
	(void)state;
	for (int id = 0; id < CHECK_COUNT; id++) {
		bool has = false;

		if (is_out_of_reach((enum check_id)id))
			continue;
		for (size_t i = 0; i < synth_damage_count(); i++)
			has = has || synth_damage_at(i)->check == (enum check_id)id;
		if (!has)
			print_message("no damage ends at %s\n", check_table[id].id);
		assert_true(has);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undamaged_evidence_is_accepted),
		cmocka_unit_test(every_status_that_is_wished_for_is_found),
		cmocka_unit_test(a_platform_of_another_fmspc_is_accepted_with_its_own_tcb_info),
		cmocka_unit_test(every_check_of_the_judgement_has_a_damage),
	};

	return cmocka_run_group_tests(tests, make_root, free_root);
}
