/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every budget from nothing up: the limit's own fault or the right answer, and never anything else; and queries that are made
 * to cost, which end within the steps that they are given.
 */
#include "../../support/query.h"

#define MAX_SWEPT 20000
#define ALL       (250000 + 32 * 65536) /* jmespath_budget_for(65536).steps */

static const char document[] = "{\"events\": [{\"seq\": 17, \"pcr\": 12, \"type\": "
			       "\"EV_EVENT_TAG\", \"data\": {\"a\": [1, 2.50], \"b\": null}}, "
			       "{\"seq\": 3, \"pcr\": 7, \"type\": \"EV_SEPARATOR\", \"data\": "
			       "{\"a\": [[1], [2, [3]]], \"b\": true}}, "
			       "{\"seq\": 4, \"pcr\": 12, \"type\": \"ev_separator\", \"data\": "
			       "{}}], \"n\": [3, 1, 2], \"o\": {\"x\": 1}}";

/* Together every step and every function. */
static const char *const queries[] = {
	"events[?pcr == `12` && !(seq < `10`)].data.a[] | length(@) == `2` && @[0]",
	"events[*].data.* | [::-1][0]",
	"events[].{s: seq, t: type, \"u\": [pcr, data.b]}[?u[1]]",
	"[abs(n[0]), avg(n), ceil(`1.5`), floor(`1.5`), max(n), min(n), sort(n), sum(n), "
	"reverse(n), n[1:]]",
	"[contains(n, `2`), join('-', events[].type), starts_with(events[0].type, 'EV'), "
	"ends_with('ab', 'b')]",
	"[max_by(events, &seq).pcr, min_by(events, &type).pcr, sort_by(events, &pcr)[].seq, "
	"map(&data.b, events)]",
	"merge(o, {y: keys(o)}, {x: values(o)}) | [type(@), to_string(@), to_array(x), not_null(q, "
	"y), to_number('7')]",
	"events[0].data == `{\"b\": null, \"a\": [1.0, 2.5]}` || [reverse('abc'), length(@)]",
	"events[?equals_ignore_case(type, 'ev_separator')].seq",
};

/* What the query gives with all it wants; it must give something. */
static struct query_got
whole(const struct json *doc, const char *query)
{
	struct query_got got = query_run(doc, bytes_of_str(query), jmespath_budget_for(65536));

	if (got.text == NULL)
		fail_msg("%s: %s", query, got.e.msg);
	return got;
}

static void
limit_or_answer(const struct query_got *got, const char *query, const char *answer)
{
	if (got->text != NULL ? strcmp(got->text, answer) != 0 : got->diag.fault != JMESPATH_LIMIT)
		fail_msg("%s: %s, not %s", query, got->text != NULL ? got->text : got->e.msg,
		    answer);
	if (got->text == NULL)
		assert_int_equal(got->e.code, ERR_LIMIT);
}

static void
every_number_of_steps_gives_the_limit_or_the_answer(void **state)
{
	(void)state;
	query_options = &jmespath_maa;
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		const struct json *doc;
		struct query_got all;
		uint64_t used, n;

		arena_reset(&arena);
		doc = query_document(document);
		all = whole(doc, queries[i]);
		used = jmespath_budget_for(65536).steps - all.left.steps;
		assert_in_range(used, 1, MAX_SWEPT);
		for (n = 0; n <= used + 2; n++) {
			struct jmespath_budget budget = { n, 1u << 20, 65536 };
			struct query_got got = query_run(doc, bytes_of_str(queries[i]), budget);

			limit_or_answer(&got, queries[i], all.text);
			/* What it takes is what it was seen to take: not a step less will do. */
			assert_int_equal(got.text != NULL, n >= used);
			assert_int_equal(got.left.steps, n >= used ? n - used : 0);
		}
	}
	query_options = &jmespath_standard;
}

static void
every_amount_of_memory_gives_the_limit_or_the_answer(void **state)
{
	(void)state;
	query_options = &jmespath_maa;
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		const struct json *doc;
		struct query_got all;
		bool seen = false;

		arena_reset(&arena);
		doc = query_document(document);
		all = whole(doc, queries[i]);
		for (size_t n = 0; n <= MAX_SWEPT; n += 16) {
			struct jmespath_budget budget = { 100000, n, 65536 };
			struct query_got got = query_run(doc, bytes_of_str(queries[i]), budget);

			limit_or_answer(&got, queries[i], all.text);
			assert_true(!seen || got.text != NULL); /* more never gives less */
			seen |= got.text != NULL;
		}
		assert_true(seen);
	}
	query_options = &jmespath_standard;
}

static void
a_result_is_no_larger_than_it_may_be(void **state)
{
	(void)state;
	for (size_t n = 0; n < 64; n++) {
		struct jmespath_budget budget = { 100000, 1u << 20, n };
		const struct json *doc;
		struct query_got got;

		arena_reset(&arena);
		doc = query_document("{\"a\": [1, \"\\u20ac\\n\"], \"s\": [\"x\", \"yy\"]}");
		got = query_run(doc, BYTES("a"), budget);
		assert_int_equal(got.text != NULL, n >= strlen("[1,\"eee\\n\"]"));
		got = query_run(doc, BYTES("join('--', s)"), budget);
		assert_int_equal(got.text != NULL, n >= strlen("\"x--yy\""));
		got = query_run(doc, BYTES("to_string(a)"), budget);
		assert_int_equal(got.text != NULL, n >= strlen("\"[1,\\\"eee\\\\n\\\"]\""));
	}
}

/* Over [1] as the document; *STEPS is what it took. */
static struct query_got
costly(struct buf *query, uint64_t *steps)
{
	struct jmespath_budget budget = jmespath_budget_for(65536);
	struct query_got got;

	assert_true(buf_ok(query));
	got = query_run(query_document("[1]"), buf_bytes(query), budget);
	*steps = budget.steps - got.left.steps;
	return got;
}

static void
a_result_that_doubles_ends_at_its_size(void **state)
{
	DEFER(buf_release) struct buf b;
	struct query_got got;
	uint64_t steps;

	(void)state;
	arena_reset(&arena);
	buf_init(&b, MAX_JMESPATH_SIZE);
	buf_str(&b, "@");
	for (int i = 0; i < 28; i++)
		buf_str(&b, " | [@, @]");
	got = costly(&b, &steps);
	assert_null(got.text);
	assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
	/* Text that doubles, 64 times, by way of to_string(). */
	buf_clear(&b);
	buf_str(&b, "@");
	for (int i = 0; i < 64; i++)
		buf_str(&b, " | to_string([@, @])");
	got = costly(&b, &steps);
	assert_null(got.text);
	assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
	/* And comparing two that were doubled, each for itself. */
	buf_clear(&b);
	for (int side = 0; side < 2; side++) {
		buf_str(&b, side == 0 ? "[@" : ", @");
		for (int i = 0; i < 28; i++)
			buf_str(&b, " | [@, @]");
	}
	buf_str(&b, "] | [0] == [1]");
	got = costly(&b, &steps);
	assert_null(got.text);
	assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
}

static void
a_value_is_no_deeper_than_json_may_be(void **state)
{
	struct query_got got;

	(void)state;
	for (int n = 31; n <= 32; n++) {
		DEFER(buf_release) struct buf b;
		uint64_t steps;

		arena_reset(&arena);
		buf_init(&b, MAX_JMESPATH_SIZE);
		buf_str(&b, "@");
		for (int i = 0; i < n; i++)
			buf_str(&b, " | [@]");
		got = costly(&b, &steps);
		assert_int_equal(got.text != NULL, n == 31);
	}
	assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
}

static void
values_that_are_compared_are_no_deeper_either(void **state)
{
	struct query_got got;

	(void)state;
	for (int n = 30; n <= 32; n++) {
		DEFER(buf_release) struct buf b;
		uint64_t steps;

		arena_reset(&arena);
		buf_init(&b, MAX_JMESPATH_SIZE);
		for (int side = 0; side < 2; side++) {
			buf_str(&b, side == 0 ? "[@" : ", @");
			for (int i = 0; i < n; i++)
				buf_str(&b, " | [@]");
		}
		buf_str(&b, "] | [0] == [1]");
		got = costly(&b, &steps);
		assert_int_equal(got.text != NULL, n < 32);
	}
	assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
}

/* An object of COUNT members, named by number from FROM on, behind a prefix of that size. */
static void
put_object(struct buf *b, size_t count, size_t from, size_t prefix)
{
	buf_char(b, '{');
	for (size_t i = 0; i < count; i++) {
		buf_str(b, i == 0 ? "\"" : ",\"");
		for (size_t k = 0; k < prefix; k++)
			buf_char(b, 'x');
		buf_fmt(b, "%zu\":1", from + i);
	}
	buf_char(b, '}');
}

static void
an_object_has_no_more_members_than_json_may_have(void **state)
{
	struct query_got got;

	(void)state;
	for (size_t more = 0; more <= 1; more++) {
		DEFER(buf_release) struct buf b;

		arena_reset(&arena);
		buf_init(&b, 1 << 20);
		buf_char(&b, '[');
		put_object(&b, MAX_JSON_MEMBERS / 2, 0, 0);
		buf_char(&b, ',');
		put_object(&b, MAX_JSON_MEMBERS / 2 + more, MAX_JSON_MEMBERS / 2, 0);
		buf_char(&b, ']');
		buf_u8(&b, 0);
		got = query_run(query_document((const char *)b.p), BYTES("length(merge([0], [1]))"),
		    jmespath_budget_for(1 << 20));
		assert_int_equal(got.text != NULL, more == 0);
	}
	assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
}

/* The steps of QUERY over the document in B. */
static uint64_t
steps_of(const struct buf *b, const char *query)
{
	struct jmespath_budget budget = jmespath_budget_for(1 << 20);
	struct query_got got =
	    query_run(query_document((const char *)b->p), bytes_of_str(query), budget);

	assert_non_null(got.text);
	return budget.steps - got.left.steps;
}

static void
long_names_and_far_elements_are_paid_for(void **state)
{
	DEFER(buf_release) struct buf b;

	(void)state;
	arena_reset(&arena);
	buf_init(&b, 1 << 20);
	put_object(&b, 2, 0, 64000);
	buf_u8(&b, 0);
	assert_true(steps_of(&b, "length(merge(@, @))") > 4 * 1000);
	buf_clear(&b);
	buf_char(&b, '[');
	for (int i = 0; i < 9999; i++)
		buf_str(&b, "1,");
	buf_str(&b, "2]");
	buf_u8(&b, 0);
	assert_true(steps_of(&b, "[9999]") >= 9999);
	assert_true(steps_of(&b, "[-1]") >= 9999);
}

static void
a_list_is_no_longer_than_json_may_be(void **state)
{
	DEFER(buf_release) struct buf b;
	struct query_got got;

	(void)state;
	arena_reset(&arena);
	buf_init(&b, 1 << 20);
	buf_char(&b, '[');
	for (size_t i = 0; i < MAX_JSON_MEMBERS / 2 + 1; i++)
		buf_str(&b, i == 0 ? "[1,2]" : ",[1,2]");
	buf_char(&b, ']');
	buf_u8(&b, 0);
	got =
	    query_run(query_document((const char *)b.p), BYTES("[]"), jmespath_budget_for(1 << 20));
	assert_null(got.text);
	assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
	got = query_run(query_document((const char *)b.p), BYTES("[1:][] | length(@)"),
	    jmespath_budget_for(1 << 20));
	assert_string_equal(got.text, "16384");
}

/* A document of up to 64 KiB: PART as often as a list may hold it. */
static const struct json *
large(const char *part)
{
	DEFER(buf_release) struct buf b;

	buf_init(&b, 1 << 20);
	buf_char(&b, '[');
	for (int i = 0; i < MAX_JSON_MEMBERS - 1 && b.size + 2 * strlen(part) < 65533; i++) {
		buf_str(&b, part);
		buf_char(&b, ',');
	}
	buf_str(&b, part);
	buf_char(&b, ']');
	buf_u8(&b, 0);
	assert_true(buf_ok(&b));
	return query_document((const char *)arena_copy(&arena, buf_bytes(&b)).p);
}

/* Steps that are worth a second or so are never reached: a step is some ten nanoseconds. */
static void
the_worst_over_64_kib_ends_within_its_budget(void **state)
{
	static const struct {
		const char *part, *query;
		uint64_t
		    most; /* steps; where it is the whole budget the limit is what it must meet */
	} rows[] = {
		{ "1", "length([*].[@, @, @, @, @, @, @, @])", ALL },
		{ "1", "length([?@ == `1` && @ == `1` && @ == `1` && @ == `1` && @ == `1`])",
		    700000 },
		{ "1", "[sort(@), sort(@), sort(@), sort(@)] | length(@)", ALL },
		{ "1", "sort(@) | [0]", 600000 },
		{ "1", "sum(@)", 100000 },
		{ "1.000000001", "avg(@)", 100000 },
		{ "\"a\"", "join('bbbbbbbb', @) | length(@)", 100000 },
		{ "\"a\"", "join('bbbbbbbb', @) | reverse(@) | length(@)", 100000 },
		{ "{\"a\":1}", "[*].a | length(@)", 100000 },
		{ "{\"a\":1}", "max_by(@, &a)", 100000 },
		{ "{\"a\":1}", "map(&map(&a, [@]), @) | length(@)", 200000 },
		{ "{\"a\":{\"b\":[1]}}", "[?a == `{\"b\": [1]}`] | length(@)", 100000 },
		{ "{\"a\":1}", "[*].to_string(@) | length(@)", 100000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct jmespath_budget budget = jmespath_budget_for(65536);
		struct query_got got;
		uint64_t steps;

		arena_reset(&arena);
		got = query_run(large(rows[i].part), bytes_of_str(rows[i].query), budget);
		steps = budget.steps - got.left.steps;
		print_message("64 KiB of %s: %s: %s after %llu steps\n", rows[i].part,
		    rows[i].query, got.text != NULL ? "done" : "limit", (unsigned long long)steps);
		assert_true(got.text != NULL || got.diag.fault == JMESPATH_LIMIT);
		assert_in_range(steps, 1, rows[i].most);
	}
}

/* 16000 operands for each of 16000 elements, none of which is more than the element itself. */
static void
operands_that_do_nothing_cost_a_step_each(void **state)
{
	static const struct {
		const char *open, *link, *close;
	} shapes[] = {
		{ "[?@", "||@", "]" },
		{ "[?@", "&&@", "]" },
		{ "[*].[@", ",@", "]" },
		{ "[*].not_null(@", ",@", ")" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		struct jmespath_budget budget = { 1000000, SIZE_MAX, 1u << 20 };
		DEFER(buf_release) struct buf b;
		struct query_got got;

		arena_reset(&arena);
		buf_init(&b, MAX_JMESPATH_SIZE);
		buf_str(&b, shapes[i].open);
		while (b.size + 8 < MAX_JMESPATH_SIZE)
			buf_str(&b, shapes[i].link);
		buf_str(&b, shapes[i].close);
		/* False, so that || goes on to the last one; true for &&. */
		got = query_run(large(i == 1 ? "1" : "\"\""), buf_bytes(&b), budget);
		assert_null(got.text);
		assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
	}
}

static void
a_query_that_is_compiled_leaves_the_callers_ceiling(void **state)
{
	struct jmespath_budget budget = { 1000, 4096, 100 };
	size_t ceiling = arena.ceiling;
	struct query_got got;

	(void)state;
	arena_reset(&arena);
	got = query_run(query_document("[1, 2]"), BYTES("[*]"), budget);
	assert_string_equal(got.text, "[1,2]");
	assert_int_equal(arena.ceiling, ceiling);
	assert_in_range(got.left.memory, 1, 4095);
	budget.memory = SIZE_MAX;
	got = query_run(query_document("[1, 2]"), BYTES("[*]"), budget);
	assert_string_equal(got.text, "[1,2]");
	assert_int_equal(arena.ceiling, ceiling);
}

static void
a_text_that_needs_more_than_the_arena_has_is_over_a_limit(void **state)
{
	struct jmespath_diag diag = { 0 };
	const struct jmespath *q = NULL;
	struct err e = { 0 };
	size_t got_at = 0;

	(void)state;
	for (size_t ceiling = 0; ceiling < 8192 && got_at == 0; ceiling += 16) {
		DEFER(arena_release) struct arena small;

		arena_init(&small, ceiling);
		e = (struct err){ 0 };
		if (jmespath_compile(bytes_of_str(queries[0]), &jmespath_standard, &small, &q,
			&diag, &e) == 0)
			got_at = ceiling;
		else
			assert_true(diag.fault == JMESPATH_LIMIT && e.code == ERR_LIMIT);
	}
	assert_int_not_equal(got_at, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_of_steps_gives_the_limit_or_the_answer),
		cmocka_unit_test(every_amount_of_memory_gives_the_limit_or_the_answer),
		cmocka_unit_test(a_result_is_no_larger_than_it_may_be),
		cmocka_unit_test(a_result_that_doubles_ends_at_its_size),
		cmocka_unit_test(a_value_is_no_deeper_than_json_may_be),
		cmocka_unit_test(values_that_are_compared_are_no_deeper_either),
		cmocka_unit_test(an_object_has_no_more_members_than_json_may_have),
		cmocka_unit_test(long_names_and_far_elements_are_paid_for),
		cmocka_unit_test(a_list_is_no_longer_than_json_may_be),
		cmocka_unit_test(the_worst_over_64_kib_ends_within_its_budget),
		cmocka_unit_test(operands_that_do_nothing_cost_a_step_each),
		cmocka_unit_test(a_query_that_is_compiled_leaves_the_callers_ceiling),
		cmocka_unit_test(a_text_that_needs_more_than_the_arena_has_is_over_a_limit),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
