/* SPDX-License-Identifier: Apache-2.0 */
#include "jmespath/number.h"

#include "base/decimal.h"

#include <string.h>

/* Columns 0 to COUNT_OF(columns) - 1 of a total are these, the last 20 for carries. */
#define INDEX(column) ((size_t)((column) + NUMBER_REACH))
#define TOTAL_SIZE    (NUMBER_COLUMNS + 20)

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static struct bytes
take_digits(struct bytes *text)
{
	struct bytes digits = *text;
	size_t n = 0;

	while (n < digits.size && is_digit(digits.p[n]))
		n++;
	*text = bytes_slice(digits, n, digits.size);
	return bytes_slice(digits, 0, n);
}

/* What stands behind `e`. */
static bool
read_exponent(struct bytes text, int64_t *out)
{
	bool negative = bytes_has_prefix(text, "-");
	int64_t v = 0;

	if (negative || bytes_has_prefix(text, "+"))
		text = bytes_slice(text, 1, text.size);
	while (text.size > 1 && text.p[0] == '0')
		text = bytes_slice(text, 1, text.size);
	if (text.size > 9)
		return false;
	for (size_t i = 0; i < text.size; i++)
		v = v * 10 + (text.p[i] - '0');
	*out = negative ? -v : v;
	return true;
}

/* The digit at INDEX of whole and fraction. */
static uint8_t
digit_at(const struct number *n, size_t index)
{
	return index < n->whole.size ? n->whole.p[index] : n->fraction.p[index - n->whole.size];
}

static void
find_ends(struct number *n)
{
	size_t count = n->whole.size + n->fraction.size, first = 0, last = count;
	int64_t column = (int64_t)n->whole.size - 1 + n->exponent; /* of index 0 */

	while (first < count && digit_at(n, first) == '0')
		first++;
	n->zero = first == count;
	if (n->zero) {
		n->negative = false;
		return;
	}
	while (digit_at(n, last - 1) == '0')
		last--;
	n->top = column - (int64_t)first;
	n->low = column - (int64_t)(last - 1);
}

bool
number_of(struct bytes text, struct number *out)
{
	struct number n = { .negative = bytes_has_prefix(text, "-") };

	if (n.negative)
		text = bytes_slice(text, 1, text.size);
	n.whole = take_digits(&text);
	if (bytes_has_prefix(text, ".")) {
		text = bytes_slice(text, 1, text.size);
		n.fraction = take_digits(&text);
	}
	if (text.size > 0 && !read_exponent(bytes_slice(text, 1, text.size), &n.exponent))
		return false;
	find_ends(&n);
	*out = n;
	return true;
}

unsigned
number_digit(const struct number *n, int64_t column)
{
	int64_t index = (int64_t)n->whole.size - 1 + n->exponent - column;

	if (index < 0 || (uint64_t)index >= n->whole.size + n->fraction.size)
		return 0;
	return digit_at(n, (size_t)index) - (unsigned)'0';
}

static int
order_magnitudes(const struct number *a, const struct number *b)
{
	int64_t low = a->low < b->low ? a->low : b->low;

	if (a->top != b->top)
		return a->top < b->top ? -1 : 1;
	for (int64_t column = a->top; column >= low; column--) {
		unsigned x = number_digit(a, column), y = number_digit(b, column);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

/* -1, 0, 1 */
static int
sign_of(const struct number *n)
{
	return n->zero ? 0 : n->negative ? -1 : 1;
}

int
number_order(const struct number *a, const struct number *b)
{
	int x = sign_of(a), y = sign_of(b);

	if (x != y)
		return x < y ? -1 : 1;
	return x == 0 ? 0 : x * order_magnitudes(a, b);
}

bool
total_add(struct total *t, const struct number *n)
{
	if (n->zero)
		return true;
	if (n->top > NUMBER_REACH || n->low < -NUMBER_REACH)
		return false;
	for (int64_t column = n->low; column <= n->top; column++) {
		int64_t digit = number_digit(n, column);

		t->columns[INDEX(column)] += n->negative ? -digit : digit;
	}
	return true;
}

/* Digits 0 to 9 in all columns; what is carried out of the last one, negative if the total is. */
static int64_t
carry_all(struct total *t)
{
	int64_t carry = 0;

	for (size_t i = 0; i < TOTAL_SIZE; i++) {
		int64_t v = t->columns[i] + carry;

		carry = v / 10 - (v % 10 < 0);
		t->columns[i] = v - carry * 10;
	}
	return carry;
}

bool
total_settle(struct total *t)
{
	if (carry_all(t) < 0) {
		for (size_t i = 0; i < TOTAL_SIZE; i++)
			t->columns[i] = -t->columns[i];
		/* 10^TOTAL_SIZE - |total| was there; its complement is |total|, and a carry of -1 that is owed. */
		(void)carry_all(t);
		t->negative = !t->negative;
	}
	for (size_t i = NUMBER_COLUMNS; i < TOTAL_SIZE; i++)
		if (t->columns[i] != 0)
			return false;
	return true;
}

/* Adds one to the settled digit at INDEX. */
static void
increment(struct total *t, size_t index)
{
	for (; index < TOTAL_SIZE; index++) {
		if (t->columns[index] < 9) {
			t->columns[index]++;
			return;
		}
		t->columns[index] = 0;
	}
}

/* The digits from INDEX - 1 down. */
static bool
has_digits_below(const struct total *t, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (t->columns[i] != 0)
			return true;
	return false;
}

void
total_divide(struct total *t, uint64_t count)
{
	struct total quotient = { .negative = t->negative };
	size_t i = NUMBER_COLUMNS, digits = 0;
	uint64_t rest = 0, next;

	while (i > 0 && digits < NUMBER_DIGITS) {
		i--;
		rest = rest * 10 + (uint64_t)t->columns[i];
		quotient.columns[i] = (int64_t)(rest / count);
		rest %= count;
		digits += digits > 0 || quotient.columns[i] != 0;
	}
	/* The next digit, and whether anything follows it, say how to round. */
	rest = rest * 10 + (i > 0 ? (uint64_t)t->columns[i - 1] : 0);
	next = rest / count;
	if (next > 5 ||
	    (next == 5 &&
		(rest % count != 0 || (i > 0 && has_digits_below(t, i - 1)) ||
		    quotient.columns[i] % 2 != 0)))
		increment(&quotient, i);
	*t = quotient;
}

bool
total_round(struct total *t, int direction)
{
	bool fraction = false;

	for (size_t i = 0; i < INDEX(0); i++) {
		fraction |= t->columns[i] != 0;
		t->columns[i] = 0;
	}
	if (fraction && (direction < 0) == t->negative)
		increment(t, INDEX(0));
	return t->columns[NUMBER_COLUMNS] == 0;
}

/* The columns of the first and last digit that is not 0; false of zero. */
static bool
find_used(const struct total *t, int64_t *top, int64_t *low)
{
	size_t first = NUMBER_COLUMNS, last = 0;

	while (first > 0 && t->columns[first - 1] == 0)
		first--;
	if (first == 0)
		return false;
	while (t->columns[last] == 0)
		last++;
	*top = (int64_t)first - 1 - NUMBER_REACH;
	*low = (int64_t)last - NUMBER_REACH;
	return true;
}

/* The digits from column FROM down to column TO. */
static size_t
put_digits(const struct total *t, int64_t from, int64_t to, char *out)
{
	size_t n = 0;

	for (int64_t column = from; column >= to; column--)
		out[n++] = (char)('0' + t->columns[INDEX(column)]);
	return n;
}

size_t
total_format(const struct total *t, char out[MAX_NUMBER_SIZE])
{
	int64_t top, low, point = 0; /* the column in front of the point */
	size_t n = 0;

	if (!find_used(t, &top, &low)) {
		out[0] = '0';
		return 1;
	}
	if (t->negative)
		out[n++] = '-';
	if (top >= NUMBER_PLAIN || low <= -NUMBER_PLAIN)
		point = top;
	n += put_digits(t, top > point ? top : point, point, out + n);
	if (low < point) {
		out[n++] = '.';
		n += put_digits(t, point - 1, low, out + n);
	}
	if (point != 0) {
		out[n++] = 'e';
		n += decimal_format(point, out + n);
	}
	return n;
}
