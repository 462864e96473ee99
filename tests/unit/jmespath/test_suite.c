/* SPDX-License-Identifier: Apache-2.0 */
/* jmespath.test, the compliance suite of JMESPath, case by case and in both modes: docs/suites.md. */
#include "jmespath/jmespath.h"

#include "../../support/suite.h"
#include "../../support/test.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <string.h>

#define SUITE "jmespath/tests"

static struct suite suite;
static struct arena arena;

/* A case, and the document that it is about. */
struct subject {
	const struct json *given, *spec;
};

static const char *
emit(const struct json *v)
{
	DEFER(buf_release) struct buf out = { 0 };

	buf_init(&out, 1 << 20);
	json_emit(&out, v, JSON_SORTED);
	assert_true(buf_ok(&out));
	return (const char *)arena_copy(&arena, buf_bytes(&out)).p;
}

static double
number(const struct json *v)
{
	return strtod((const char *)arena_copy(&arena, v->text).p, NULL);
}

static const struct json *
member(const struct json *object, struct bytes name)
{
	const struct json *m = object->first;

	while (m != NULL && !bytes_eq(m->name, name))
		m = m->next;
	return m;
}

/* Equal as values, by nothing of the folder under test: 1.0 is 1. */
static bool
is_same(const struct json *a, const struct json *b)
{
	if (a == NULL || b == NULL || a->type != b->type || a->count != b->count)
		return false;
	if (a->type == JSON_NUMBER)
		return number(a) == number(b);
	if (a->first == NULL)
		return json_eq(a, b);
	for (const struct json *x = a->first, *y = b->first; x != NULL; x = x->next, y = y->next)
		if (!is_same(x, a->type == JSON_OBJECT ? member(b, x->name) : y))
			return false;
	return true;
}

/* What we make of the case, in the suite's words: "result …" or "error …". */
static const char *
our_word(const struct subject *s, const struct jmespath_options *options, const char *theirs)
{
	struct bytes text = json_text(json_get(s->spec, "expression"));
	struct jmespath_budget budget = jmespath_budget_for(65536);
	const struct json *want = json_get(s->spec, "result"), *got = NULL;
	const struct jmespath *query = NULL;
	struct jmespath_diag diag = { 0 };
	struct err e = { 0 };

	if (jmespath_compile(text, options, &arena, &query, &diag, &e) < 0 ||
	    jmespath_eval(query, s->given, &arena, &budget, &got, &diag, &e) < 0) {
		assert_int_not_equal(diag.fault, JMESPATH_FINE);
		assert_int_not_equal(e.code, ERR_NONE);
		return jmespath_fault_name(diag.fault);
	}
	if (json_get(s->spec, "bench") != NULL || (want != NULL && is_same(got, want)))
		return theirs;
	return emit(got);
}

/* What the suite expects: an error's name, the result, or only that it runs. */
static const char *
their_word(const struct json *spec)
{
	const struct json *error = json_get(spec, "error"), *result = json_get(spec, "result");

	if (error != NULL)
		return (const char *)arena_copy(&arena, json_text(error)).p;
	if (result != NULL)
		return emit(result);
	assert_non_null(json_get(spec, "bench"));
	return "runs";
}

static void
judge_file(const char *name, const struct jmespath_options *options)
{
	char path[600];
	struct bytes text = { 0 };
	const struct json *groups = NULL;
	struct err e = { 0 };

	snprintf(path, sizeof(path), SUITE "/%s", name);
	assert_true(vector_read(path, &arena, &text));
	if (json_parse(text, 1 << 20, &arena, &groups, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	for (const struct json *g = groups->first; g != NULL; g = g->next) {
		const struct json *cases = json_get(g, "cases");

		for (const struct json *c = cases->first; c != NULL; c = c->next) {
			struct subject s = { .given = json_get(g, "given"), .spec = c };
			const char *theirs = their_word(c);
			DEFER(buf_release) struct buf id;

			buf_init(&id, 65536);
			buf_fmt(&id, "%s: ", name);
			buf_add(&id, json_text(json_get(c, "expression")));
			buf_u8(&id, 0);
			assert_true(buf_ok(&id));
			suite_case(&suite, (const char *)id.p, theirs,
			    our_word(&s, options, theirs));
		}
	}
}

static void
run_suite(const char *name, const struct jmespath_options *options)
{
	char path[MAX_VECTOR_PATH];
	struct dirent *entry;
	DIR *dir;

	suite_open(&suite, name);
	vector_path(SUITE, path);
	dir = opendir(path);
	assert_non_null(dir);
	arena_init(&arena, 256 << 20);
	while ((entry = readdir(dir)) != NULL) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		judge_file(entry->d_name, options);
		arena_reset(&arena);
	}
	closedir(dir);
	arena_release(&arena);
	suite_close(&suite);
}

static void
every_case_gives_its_result_or_its_error(void **state)
{
	(void)state;
	run_suite("jmespath", &jmespath_standard);
}

static void
the_profile_of_azure_attestation_differs_where_listed(void **state)
{
	(void)state;
	run_suite("jmespath-maa", &jmespath_maa);
}

int
main(void)
{
	NEED_VECTORS(SUITE);

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_gives_its_result_or_its_error),
		cmocka_unit_test(the_profile_of_azure_attestation_differs_where_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
