/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals of any length, against 64-bit integers where these can say it and by hand where they cannot. */
#include "jmespath/number.h"

#include "../../support/test.h"
#include "base/decimal.h"
#include "base/own.h"

#include <string.h>

static struct number
of(const char *text)
{
	struct number n = { 0 };

	if (!number_of(bytes_of_str(text), &n))
		fail_msg("%s: not read", text);
	return n;
}

static int
order(const char *a, const char *b)
{
	struct number x = of(a), y = of(b);

	assert_int_equal(number_order(&x, &y), -number_order(&y, &x));
	return number_order(&x, &y);
}

static void
numbers_are_ordered_by_value(void **state)
{
	/* each below the next; those of one line are equal */
	static const char *const ladder[][4] = {
		{ "-1e999999999", "-10e999999998", "-1.000e999999999", NULL },
		{ "-100000000000000000000001", NULL, NULL, NULL },
		{ "-1e23", "-100000000000000000000000", NULL, NULL },
		{ "-1.50", "-15e-1", "-0.15E+1", NULL },
		{ "-1.4999999999999999999999999999999", NULL, NULL, NULL },
		{ "-1e-999999999", NULL, NULL, NULL },
		{ "0", "-0", "0.000", "-0e999999999" },
		{ "1e-999999999", NULL, NULL, NULL },
		{ "0.1", "1e-1", "0.10", "0.0100e1" },
		{ "0.10000000000000000000000001", NULL, NULL, NULL },
		{ "9007199254740992", NULL, NULL, NULL },
		{ "9007199254740993", "9007199254740993.0", NULL, NULL },
		{ "18446744073709551616", NULL, NULL, NULL },
		{ "1e999999999", "1.0e999999999", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ladder) - 1; i++)
		for (size_t k = 0; k < COUNT_OF(ladder) - 1; k++)
			for (size_t a = 0; a < 4 && ladder[i][a] != NULL; a++)
				for (size_t b = 0; b < 4 && ladder[k][b] != NULL; b++)
					if (order(ladder[i][a], ladder[k][b]) != (i > k) - (i < k))
						fail_msg("%s, %s", ladder[i][a], ladder[k][b]);
}

static void
an_exponent_of_ten_digits_is_not_read(void **state)
{
	struct number n;

	(void)state;
	assert_true(number_of(BYTES("1e0000000000000000001"), &n));
	assert_int_equal(n.exponent, 1);
	assert_true(number_of(BYTES("1e-999999999"), &n));
	assert_false(number_of(BYTES("1e1000000000"), &n));
	assert_false(number_of(BYTES("0e-1000000000"), &n));
	assert_false(number_of(BYTES("1E+99999999999999999999999"), &n));
}

static const char *
format(const struct total *t)
{
	static char out[MAX_NUMBER_SIZE + 1];

	out[total_format(t, out)] = '\0';
	return out;
}

/* The sum of COUNT texts, divided by DIVISOR unless that is 0. */
static const char *
sum(const char *const *texts, size_t count, uint64_t divisor)
{
	struct total t = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct number n = of(texts[i]);

		assert_true(total_add(&t, &n));
	}
	assert_true(total_settle(&t));
	if (divisor != 0)
		total_divide(&t, divisor);
	return format(&t);
}

#define SUM(...)                                                                                   \
	sum((const char *const[]){ __VA_ARGS__ },                                                  \
	    COUNT_OF(((const char *const[]){ __VA_ARGS__ })), 0)
#define DIVIDED(text, divisor) sum((const char *const[]){ text }, 1, divisor)

static void
sums_carry_and_borrow(void **state)
{
	(void)state;
	assert_string_equal(SUM("0"), "0");
	assert_string_equal(SUM("1", "-1"), "0");
	assert_string_equal(SUM("999999999999999999999", "1"), "1000000000000000000000");
	assert_string_equal(SUM("1000000000000000000000", "-1"), "999999999999999999999");
	assert_string_equal(SUM("-1", "0.25"), "-0.75");
	assert_string_equal(SUM("-0.5", "-0.5"), "-1");
	assert_string_equal(SUM("1.5", "-2"), "-0.5");
	assert_string_equal(SUM("0.1", "0.2", "-0.3"), "0");
	assert_string_equal(SUM("1e63"),
	    "1000000000000000000000000000000000000000000000000000000000000000");
	assert_string_equal(SUM("1e64"), "1e64");
	assert_string_equal(SUM("-12e64"), "-1.2e65");
	assert_string_equal(SUM("1e-63"),
	    "0.000000000000000000000000000000000000000000000000000000000000001");
	assert_string_equal(SUM("1e-64"), "1e-64");
	assert_string_equal(SUM("15e-65"), "1.5e-64");
	assert_string_equal(SUM("1e350", "-1e350", "7"), "7");
}

static void
random_integers_add_up_as_integers_do(void **state)
{
	uint64_t dice = 88172645463325252U;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct total t = { 0 };
		int64_t expected = 0;
		char text[MAX_DECIMAL_SIZE];
		size_t size = 0;

		for (int i = 0; i < 1 + round % 7; i++) {
			struct number n = { 0 };

			dice ^= dice << 13;
			dice ^= dice >> 7;
			dice ^= dice << 17;
			int64_t v = (int64_t)(dice >> (4 + dice % 59)) * (dice % 3 == 0 ? -1 : 1);

			expected += v;
			size = decimal_format(v, text);
			assert_true(number_of(bytes_of(text, size), &n));
			assert_true(total_add(&t, &n));
		}
		assert_true(total_settle(&t));
		size = decimal_format(expected, text);
		if (strlen(format(&t)) != size || memcmp(format(&t), text, size) != 0)
			fail_msg("%s, not %.*s", format(&t), (int)size, text);
	}
}

static void
quotients_are_rounded_to_even_at_the_last_digit(void **state)
{
	(void)state;
	assert_string_equal(DIVIDED("10", 4), "2.5");
	assert_string_equal(DIVIDED("0", 7), "0");
	assert_string_equal(DIVIDED("-1", 8), "-0.125");
	assert_string_equal(DIVIDED("2", 3), "0.6666666666666666666666666666666667");
	assert_string_equal(DIVIDED("1", 7), "0.1428571428571428571428571428571429");
	/* 34 digits and a half: to the even neighbour; a little more than a half: up. */
	assert_string_equal(DIVIDED("2000000000000000000000000000000001", 2),
	    "1000000000000000000000000000000000");
	assert_string_equal(DIVIDED("2000000000000000000000000000000003", 2),
	    "1000000000000000000000000000000002");
	assert_string_equal(DIVIDED("2000000000000000000000000000000001.0000000001", 2),
	    "1000000000000000000000000000000001");
	assert_string_equal(DIVIDED("-2000000000000000000000000000000000.9999999999", 2),
	    "-1000000000000000000000000000000000");
	assert_string_equal(DIVIDED("99999999999999999999999999999999999", 1),
	    "100000000000000000000000000000000000");
	/* At the very last column nothing is left to divide. */
	assert_string_equal(DIVIDED("1e-350", 3), "0");
	assert_string_equal(DIVIDED("2e-350", 3), "1e-350");
}

static void
what_is_out_of_reach_is_not_added(void **state)
{
	struct number n = of("1e351");
	struct total t = { 0 };

	(void)state;
	assert_false(total_add(&t, &n));
	n = of("1e-351");
	assert_false(total_add(&t, &n));
	n = of("0e999");
	assert_true(total_add(&t, &n));
	n = of("9e350");
	assert_true(total_add(&t, &n));
	assert_true(total_settle(&t));
	t = (struct total){ 0 };
	assert_true(total_add(&t, &n));
	assert_true(total_add(&t, &n));
	assert_false(total_settle(&t)); /* 1.8e351 */
}

static void
rounding_goes_up_or_down_by_sign(void **state)
{
	static const struct {
		const char *from, *down, *up;
	} rows[] = {
		{ "1.5", "1", "2" },
		{ "-1.5", "-2", "-1" },
		{ "9.99", "9", "10" },
		{ "-9.99", "-10", "-9" },
		{ "7", "7", "7" },
		{ "-7.0", "-7", "-7" },
		{ "0.001", "0", "1" },
		{ "-0.001", "-1", "0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct number n = of(rows[i].from);
		struct total down = { 0 }, up = { 0 };

		assert_true(total_add(&down, &n) && total_settle(&down) && total_round(&down, -1));
		assert_string_equal(format(&down), rows[i].down);
		assert_true(total_add(&up, &n) && total_settle(&up) && total_round(&up, 1));
		assert_string_equal(format(&up), rows[i].up);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_ordered_by_value),
		cmocka_unit_test(an_exponent_of_ten_digits_is_not_read),
		cmocka_unit_test(sums_carry_and_borrow),
		cmocka_unit_test(random_integers_add_up_as_integers_do),
		cmocka_unit_test(quotients_are_rounded_to_even_at_the_last_digit),
		cmocka_unit_test(what_is_out_of_reach_is_not_added),
		cmocka_unit_test(rounding_goes_up_or_down_by_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
