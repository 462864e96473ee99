/* SPDX-License-Identifier: Apache-2.0 */
/* Every case of the vectors' policies/eval: decision, issued claims, properties; the same when it is formatted. */
#include "policy/format.h"
#include "policy/policy.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CASES 256

static char names[MAX_CASES][256];
static size_t name_count;

static void
policy_text_of(const struct json *doc, struct arena *a, struct bytes *text)
{
	const struct json *file = json_at(doc, "policy.file");
	char path[512];

	*text = json_text(json_at(doc, "policy.text"));
	if (file == NULL)
		return;
	snprintf(path, sizeof(path), "policies/%.*s", BYTES_FMT(json_text(file)));
	assert_true(vector_read(path, a, text));
}

static const char *
decision(const struct policy_outcome *out)
{
	switch (out->reason) {
	case POLICY_REASON_NONE:
		return out->permitted ? "permit" : "nothing";
	case POLICY_REASON_NO_PERMIT:
	case POLICY_REASON_DENY:
		return "deny";
	case POLICY_REASON_ERROR:
		return "error";
	case POLICY_REASON_BUDGET:
		break;
	}
	return "budget";
}

/* The cases list configuration and token properties together. */
static void
assert_properties(const char *name, const struct policy_outcome *out, const struct json *want,
    struct arena *a)
{
	struct claim_set all = { 0 };

	for (size_t i = 0; i < out->config.count; i++)
		assert_int_equal(claim_set_add(&all, a, &out->config.claims[i], NULL), 0);
	for (size_t i = 0; i < out->properties.count; i++)
		assert_int_equal(claim_set_add(&all, a, &out->properties.claims[i], NULL), 0);
	if (!json_eq(claims_object_emit(&all, a), want))
		fail_msg("%s: other properties", name);
}

static void
run_case(const char *name, const struct json *doc, const struct policy *policy, struct arena *a)
{
	struct policy_outcome out = { 0 };
	struct claim_set incoming = { 0 };
	const struct json *expect = json_get(doc, "expect"), *want;
	struct err e = { 0 };

	if (claims_array_parse(json_get(doc, "incoming"), a, &incoming, &e) < 0 ||
	    policy_eval(policy, &incoming, a, &policy_limits_draft, &out, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	if (!json_is_str(json_get(expect, "decision"), decision(&out)))
		fail_msg("%s: %s: %s", name, decision(&out), out.message);
	want = json_get(expect, "issued");
	if (want != NULL && !json_eq(claims_object_emit(&out.outgoing, a), want))
		fail_msg("%s: other claims", name);
	want = json_get(expect, "properties");
	if (want != NULL)
		assert_properties(name, &out, want, a);
}

static void
formatted_case(const char *name, const struct json *doc, struct bytes text, struct arena *a)
{
	DEFER(policy_unrefp) struct policy *policy = NULL;
	DEFER(buf_release) struct buf formatted;
	struct err e = { 0 };

	buf_init(&formatted, MAX_POLICY_SIZE);
	if (policy_format(text, &formatted, NULL, &e) < 0 ||
	    policy_parse(buf_bytes(&formatted), &policy, NULL, &e) < 0)
		fail_msg("%s, formatted: %s", name, e.msg);
	run_case(name, doc, policy, a);
}

static void
one_case(const char *name)
{
	DEFER(policy_unrefp) struct policy *policy = NULL;
	DEFER(arena_release) struct arena a;
	struct policy_diag diag;
	const struct json *doc;
	struct bytes file, text;
	struct err e = { 0 };

	arena_init(&a, 64 << 20);
	assert_true(vector_read(name, &a, &file));
	if (json_parse(file, file.size, &a, &doc, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	policy_text_of(doc, &a, &text);
	if (policy_parse(text, &policy, &diag, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	run_case(name, doc, policy, &a);
	formatted_case(name, doc, text, &a);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
every_case_has_the_stated_outcome(void **state)
{
	(void)state;
	qsort(names, name_count, sizeof(names[0]), by_name);
	for (size_t i = 0; i < name_count; i++)
		one_case(names[i]);
	print_message("%zu cases of evaluation\n", name_count);
	assert_int_equal(name_count, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_case_has_the_stated_outcome) };
	char path[MAX_VECTOR_PATH];
	struct dirent *d;
	DIR *dir;

	NEED_VECTORS("policies/eval");
	vector_path("policies/eval", path);
	dir = opendir(path);
	if (dir == NULL)
		return 1;
	while ((d = readdir(dir)) != NULL && name_count < MAX_CASES) {
		if (strstr(d->d_name, ".json") != NULL)
			snprintf(names[name_count++], sizeof(names[0]), "policies/eval/%.200s",
			    d->d_name);
	}
	closedir(dir);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
