/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DER reader (codec/der.h), against X.690 read anew: identifier octet (8.1.2), definite length in the fewest octets
 * (8.1.3, 10.1), contents; INTEGER in the fewest octets (8.3.2), BOOLEAN of 0x00 and 0xff (11.1), times of RFC 5280
 * 4.1.2.5. What the reader narrows on purpose the model narrows as well: no tag number over 30, no end-of-contents (0x00),
 * at most four octets of length, BIT STRINGs of whole octets.
 *
 * Covered: all byte strings of up to 3 bytes, with every reader; all of up to 6 bytes over an alphabet of the tags that
 * are read, of tags that are not, and of lengths around each border; deep: 4 bytes, and 7. Integers of up to 10 octets
 * over the values at which signs and sizes change. All calendar dates that two and four digits of a year can say, all
 * times of day, every byte at every place of a time. Everything lies against a forbidden page.
 */
#include "codec/der.h"

#include "proof.h"

#define MAX_INPUT 300

static struct fence fence;
static unsigned long long tried, accepted;

/* An element as X.690 has it, measured from the front of its input. */
struct element {
	bool good;
	uint8_t tag;
	size_t header, size;
};

static struct element
model_element(const uint8_t *p, size_t size)
{
	struct element x = { 0 };
	size_t count, length = 0, fewest = 0;

	if (size < 2 || p[0] == 0 || (p[0] & 0x1f) == 31)
		return x;
	x.tag = p[0];
	x.header = 2;
	length = p[1];
	if (p[1] > 127) {
		count = p[1] - 128u;
		if (count < 1 || count > 4 || size < 2 + count)
			return x;
		length = 0;
		for (size_t i = 0; i < count; i++)
			length = length * 256 + p[2 + i];
		for (size_t rest = length; rest > 0; rest /= 256)
			fewest++;
		if (length <= 127 || fewest != count)
			return x;
		x.header += count;
	}
	if (length > size - x.header)
		return x;
	x.size = length;
	x.good = true;
	return x;
}

/* Two's complement, and no shorter string of octets says the same. */
static bool
model_integer_is_minimal(const uint8_t *p, size_t size)
{
	if (size == 0)
		return false;
	if (size == 1)
		return true;
	/* Without its first octet it is the same number exactly if that octet only repeats the sign. */
	return p[0] != (p[1] >= 0x80 ? 0xff : 0x00);
}

/* False also for a negative number and one over 64 bits. */
static bool
model_uint(const uint8_t *p, size_t size, uint64_t *out)
{
	*out = 0;
	if (!model_integer_is_minimal(p, size) || p[0] >= 0x80)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (*out > UINT64_MAX / 256)
			return false;
		*out = *out * 256 + p[i];
	}
	return true;
}

/* After a read: the cursor is spoilt, or stands behind the element. */
static void
check_cursor(const struct rd *r, bool good, const uint8_t *after)
{
	tried++;
	accepted += good;
	if (rd_ok(r) != good)
		fail_msg("an element is %s", good ? "refused" : "accepted");
	if (good && r->left.p != after)
		fail_msg("the cursor is not behind the element");
}

static void
check_view(struct bytes seen, bool good, const uint8_t *p, size_t size)
{
	if (good ? seen.p != p || seen.size != size : seen.p != NULL || seen.size != 0)
		fail_msg("an element has other contents");
}

static void
check_any_and_take(const uint8_t *p, size_t size, struct element x)
{
	struct rd r = rd_from(bytes_of(p, size));
	uint8_t tag = 0x77;
	const uint8_t *after = p + x.header + x.size;

	check_view(der_any(&r, &tag), x.good, p, x.header + x.size);
	check_cursor(&r, x.good, after);
	if (tag != (x.good ? x.tag : 0x77))
		fail_msg("an element has another tag");
	/* As itself, and as its neighbours: another class, primitive for constructed, another number. */
	for (unsigned flip = 0; flip < 9; flip++) {
		uint8_t want = (uint8_t)(size > 0 ? p[0] : 0);

		want ^= (uint8_t)(flip == 0 ? 0 : 1u << (flip - 1));
		bool good = x.good && want == x.tag;

		r = rd_from(bytes_of(p, size));
		check_view(der_take(&r, want), good, p + x.header, x.size);
		check_cursor(&r, good, after);
		r = rd_from(bytes_of(p, size));
		struct rd sub = der_sub(&r, want);

		check_cursor(&r, good, after);
		if (rd_ok(&sub) != good || (good && sub.left.p != p + x.header) ||
		    sub.left.size != (good ? x.size : 0))
			fail_msg("an element's inside is not its contents");
		/* Only what is not there at all may be passed over. */
		r = rd_from(bytes_of(p, size));
		bool passed = size == 0 ? want != 0 : p[0] != want;

		check_view(der_optional(&r, want), good, p + x.header, x.size);
		check_cursor(&r, good || passed, passed ? p : after);
	}
	r = rd_from(bytes_of(p, size));
	if (der_peek(&r) != (size > 0 ? p[0] : 0) || r.left.p != p || r.left.size != size)
		fail_msg("peeking sees something else, or moves");
}

static void
check_values(const uint8_t *p, size_t size, struct element x)
{
	static const uint64_t limits[] = { 0, 1, 127, 128, 255, 256, 0xffffffff, INT64_MAX,
		UINT64_MAX };
	const uint8_t *in = p + x.header, *after = in + x.size;
	struct rd r = rd_from(bytes_of(p, size));
	bool good = x.good && x.tag == DER_INTEGER && model_integer_is_minimal(in, x.size);
	uint64_t want = 0;

	check_view(der_integer(&r), good, in, x.size);
	check_cursor(&r, good, after);
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		for (unsigned k = 0; k < 2; k++) {
			uint8_t tag = k == 0 ? DER_INTEGER : DER_ENUMERATED;

			good = x.good && x.tag == tag && model_uint(in, x.size, &want) &&
			    want <= limits[i];
			r = rd_from(bytes_of(p, size));
			if (der_uint(&r, tag, limits[i]) != (good ? want : 0))
				fail_msg("an integer has another value");
			check_cursor(&r, good, after);
		}
	}
	good = x.good && x.tag == DER_BOOLEAN && x.size == 1 && (in[0] == 0 || in[0] == 0xff);
	r = rd_from(bytes_of(p, size));
	if (der_boolean(&r) != (good && in[0] == 0xff))
		fail_msg("a boolean has another value");
	check_cursor(&r, good, after);
	good = x.good && x.tag == DER_BIT_STRING && x.size > 0 && in[0] == 0;
	r = rd_from(bytes_of(p, size));
	check_view(der_bits(&r), good, in + 1, x.size - 1);
	check_cursor(&r, good, after);
}

/* All readers on these bytes. Values are looked at where a tag could make them one. */
static void
check(const uint8_t *bytes, size_t size)
{
	uint8_t *p = fence_room(fence, size, true);

	memcpy(p, bytes, size);
	struct element x = model_element(p, size);

	check_any_and_take(p, size, x);
	if (size > 0 && (p[0] <= DER_BIT_STRING || p[0] == DER_ENUMERATED))
		check_values(p, size, x);
}

static void
begin_counting(void)
{
	tried = accepted = 0;
}

static void
covered(const char *what)
{
	proof_covered(tried, what);
	assert_true(accepted > 0 && accepted < tried);
}

static void
all_bytes_up_to_three(void **state)
{
	size_t most = proof_is_deep() ? 4 : 3;
	uint8_t b[4] = { 0 };

	(void)state;
	begin_counting();
	check(b, 0);
	for (size_t size = 1; size <= most; size++) {
		for (uint64_t v = 0; v < UINT64_C(1) << 8 * size; v++) {
			for (size_t i = 0; i < size; i++)
				b[i] = (uint8_t)(v >> 8 * i);
			check(b, size);
		}
	}
	covered("readings of all bytes up to three");
}

static void
all_up_to_six_over_an_alphabet(void **state)
{
	static const uint8_t tags[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x0a, 0x1f, 0x30, 0xa0,
		0xbf };
	static const uint8_t abc[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x7f, 0x80, 0x81, 0x82, 0x83,
		0x84, 0x85, 0xff };
	size_t most = proof_is_deep() ? 7 : 6;
	uint8_t b[8];

	(void)state;
	begin_counting();
	for (size_t size = 4; size <= most; size++) {
		uint64_t total = COUNT_OF(tags);

		for (size_t i = 1; i < size; i++)
			total *= COUNT_OF(abc);
		for (uint64_t v = 0; v < total; v++) {
			uint64_t rest = v / COUNT_OF(tags);

			b[0] = tags[v % COUNT_OF(tags)];
			for (size_t i = 1; i < size; i++, rest /= COUNT_OF(abc))
				b[i] = abc[rest % COUNT_OF(abc)];
			check(b, size);
		}
	}
	covered("readings of up to six bytes over an alphabet");
}

/* Every length up to where its own octets change their number, one short, exact, and with more behind. */
static void
lengths_at_their_borders(void **state)
{
	static const size_t sizes[] = { 0, 1, 126, 127, 128, 129, 254, 255, 256, 257 };
	uint8_t b[MAX_INPUT] = { 0 };

	(void)state;
	begin_counting();
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		/* In as many octets as are needed, and in all others. */
		for (size_t octets = 0; octets <= 5; octets++) {
			size_t n = sizes[i], header = 2 + octets;

			if (octets == 0 && n > 127)
				continue;
			memset(b, 0x2a, sizeof(b));
			b[0] = DER_OCTET_STRING;
			b[1] = (uint8_t)(octets == 0 ? n : 0x80 + octets);
			for (size_t k = 0; k < octets; k++)
				b[2 + k] =
				    (uint8_t)(octets - 1 - k > 7 ? 0 : n >> 8 * (octets - 1 - k));
			for (size_t size = header; size <= header + n + 2; size++)
				check(b, size);
		}
	}
	covered("readings around the borders of lengths");
}

static void
integers_of_up_to_ten_octets(void **state)
{
	static const uint8_t abc[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	uint8_t b[12] = { DER_INTEGER };

	(void)state;
	begin_counting();
	for (size_t n = 0; n <= 10; n++) {
		unsigned total = 1;
		/* The first three and the last decide; those between are alike. */
		size_t free_count = n < 4 ? n : 4;

		for (size_t i = 0; i < free_count; i++)
			total *= COUNT_OF(abc);
		for (unsigned v = 0; v < total * COUNT_OF(abc); v++) {
			unsigned rest = v;

			b[1] = (uint8_t)n;
			for (size_t i = 0; i < n; i++) {
				bool is_free = i < 3 || i + 1 == n;

				b[2 + i] = is_free ? abc[rest % COUNT_OF(abc)]
						   : abc[v / total % COUNT_OF(abc)];
				rest /= is_free ? COUNT_OF(abc) : 1;
			}
			check(b, 2 + n);
		}
	}
	covered("readings of integers");
}

#define NO_DAY INT32_MIN

/* Days since 1970, counted one by one as a calendar on the wall does it. */
static int32_t calendar[10000][13][32];

static void
make_calendar(void)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int32_t day = -719162; /* the first of January of the year 1 */

	for (int y = 0; y <= 9999; y++) {
		bool leap = y % 400 == 0 || (y % 4 == 0 && y % 100 != 0);

		for (int m = 0; m <= 12; m++)
			for (int d = 0; d <= 31; d++)
				calendar[y][m][d] = y > 0 && m > 0 && d > 0 &&
					d <= lengths[m - 1] + (leap && m == 2)
				    ? day++
				    : NO_DAY;
	}
	assert_int_equal(calendar[1970][1][1], 0);
}

static int64_t
second_of(int y, int m, int d, int64_t of_day)
{
	if (m > 12 || d > 31 || calendar[y][m][d] == NO_DAY)
		return INT64_MIN;
	return (int64_t)calendar[y][m][d] * 86400 + of_day;
}

/* The time that is written, INT64_MIN if it is none. */
static int64_t
read_time(uint8_t tag, const char *text, size_t size)
{
	uint8_t *p = fence_room(fence, size + 2, true);

	p[0] = tag;
	p[1] = (uint8_t)size;
	memcpy(p + 2, text, size);
	struct rd r = rd_from(bytes_of(p, size + 2));
	int64_t at = der_time(&r);

	tried++;
	if (!rd_done(&r)) {
		if (at != 0)
			fail_msg("a time that is none has a value");
		return INT64_MIN;
	}
	accepted++;
	return at;
}

static void
two(char *out, int v)
{
	out[0] = (char)('0' + v / 10);
	out[1] = (char)('0' + v % 10);
}

static void
all_dates_and_all_times_of_day(void **state)
{
	char text[] = "00000000000000Z";

	(void)state;
	begin_counting();
	make_calendar();
	for (int y = 0; y <= 9999; y++) {
		/* Months and days that cannot be are all tried for two years, beside each other for all. */
		int months = y == 1900 || y == 2000 ? 99 : 13, mdays = months == 99 ? 99 : 32;

		for (int m = 0; m <= months; m++) {
			for (int d = 0; d <= mdays; d++) {
				int64_t want = second_of(y, m, d, 45296);

				two(text, y / 100);
				two(text + 2, y % 100);
				two(text + 4, m);
				two(text + 6, d);
				memcpy(text + 8, "123456Z", 7);
				if (read_time(DER_GENERALIZED_TIME, text, 15) != want)
					fail_msg("%.15s is read wrongly", text);
				if (y >= 1950 && y < 2050 &&
				    read_time(DER_UTC_TIME, text + 2, 13) != want)
					fail_msg("%.13s is read wrongly", text + 2);
			}
		}
	}
	memcpy(text, "20260228", 8);
	for (int v = 0; v < 1000000; v++) {
		int h = v / 10000, m = v / 100 % 100, s = v % 100;
		int64_t want = second_of(2026, 2, 28, h * 3600 + m * 60 + s);

		if (h > 23 || m > 59 || s > 59)
			want = INT64_MIN;

		two(text + 8, h);
		two(text + 10, m);
		two(text + 12, s);
		if (read_time(DER_UTC_TIME, text + 2, 13) != want)
			fail_msg("%.13s is read wrongly", text + 2);
	}
	covered("times");
}

/* Anything else at any place, and every other length; a bare offset or a fraction is of none. */
static void
every_byte_at_every_place_of_a_time(void **state)
{
	char text[24] = "20260228123456Z00000000";

	(void)state;
	begin_counting();
	for (unsigned general = 0; general < 2; general++) {
		uint8_t tag = general ? DER_GENERALIZED_TIME : DER_UTC_TIME;
		char *from = text + (general ? 0 : 2);
		size_t size = general ? 15 : 13;

		assert_true(read_time(tag, from, size) == 1772282096);
		for (size_t n = 0; n <= size + 6; n++)
			if (n != size)
				assert_true(read_time(tag, from, n) == INT64_MIN);
		for (size_t at = 0; at < size; at++) {
			char was = from[at];

			for (unsigned c = 0; c < 256; c++) {
				bool digit = c >= '0' && c <= '9';

				from[at] = (char)c;
				if (at + 1 == size ? c != 'Z' : !digit)
					assert_true(read_time(tag, from, size) == INT64_MIN);
			}
			from[at] = was;
		}
		/* The one kind does not read as the other. */
		assert_true(read_time(general ? DER_UTC_TIME : DER_GENERALIZED_TIME, from, size) ==
		    INT64_MIN);
		assert_true(read_time(DER_OCTET_STRING, from, size) == INT64_MIN);
	}
	covered("times with something else in them");
}

static int
begin(void **state)
{
	(void)state;
	fence = fence_make();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes_up_to_three),
		cmocka_unit_test(all_up_to_six_over_an_alphabet),
		cmocka_unit_test(lengths_at_their_borders),
		cmocka_unit_test(integers_of_up_to_ten_octets),
		cmocka_unit_test(all_dates_and_all_times_of_day),
		cmocka_unit_test(every_byte_at_every_place_of_a_time),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
