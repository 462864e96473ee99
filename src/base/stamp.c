/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stamp.h"

#include <string.h>

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool
stamp_from_civil(int year, int month, int day, int hour, int minute, int second, int64_t *at)
{
	static const int month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t days;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || hour > 23 || minute > 59 ||
	    second > 59 || hour < 0 || minute < 0 || second < 0)
		return false;
	if (day < 1 || day > month_days[month - 1] + (month == 2 && is_leap(year)))
		return false;
	days = (int64_t)(year - 1) * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
	for (int m = 1; m < month; m++)
		days += month_days[m - 1] + (m == 2 && is_leap(year));
	days += day - 1;
	*at = (days - 719162) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

static int
digits(struct rd *r, size_t count)
{
	struct bytes b = rd_take(r, count);
	int v = 0;

	for (size_t i = 0; i < b.size; i++) {
		if (b.p[i] < '0' || b.p[i] > '9') {
			r->bad = true;
			return 0;
		}
		v = v * 10 + (b.p[i] - '0');
	}
	return v;
}

static void
expect(struct rd *r, uint8_t c)
{
	if (rd_u8(r) != c)
		r->bad = true;
}

bool
stamp_parse(struct bytes text, int64_t *at)
{
	struct rd r = rd_from(text);
	int year, month, day, hour, minute, second;

	year = digits(&r, 4);
	expect(&r, '-');
	month = digits(&r, 2);
	expect(&r, '-');
	day = digits(&r, 2);
	expect(&r, 'T');
	hour = digits(&r, 2);
	expect(&r, ':');
	minute = digits(&r, 2);
	expect(&r, ':');
	second = digits(&r, 2);
	expect(&r, 'Z');
	return rd_done(&r) && year >= 1970 &&
	    stamp_from_civil(year, month, day, hour, minute, second, at);
}

static void
put_two(char *out, int v)
{
	out[0] = (char)('0' + v / 10);
	out[1] = (char)('0' + v % 10);
}

/* By hand: every trace has a handful of these. */
void
stamp_format(int64_t at, char out[STAMP_SIZE])
{
	int64_t days = at / 86400, rest = at % 86400;
	int year = 1970, month = 1;
	int64_t start;

	if (at < 0 || at > 253402300799) {
		memcpy(out, "0000-00-00T00:00:00Z", STAMP_SIZE);
		return;
	}
	year += (int)(days / 366);
	while (stamp_from_civil(year + 1, 1, 1, 0, 0, 0, &start) && start <= at)
		year++;
	while (month < 12 && stamp_from_civil(year, month + 1, 1, 0, 0, 0, &start) && start <= at)
		month++;
	(void)!stamp_from_civil(year, month, 1, 0, 0, 0, &start);
	memcpy(out, "0000-00-00T00:00:00Z", STAMP_SIZE);
	put_two(out, year / 100);
	put_two(out + 2, year % 100);
	put_two(out + 5, month);
	put_two(out + 8, (int)((at - start) / 86400) + 1);
	put_two(out + 11, (int)(rest / 3600));
	put_two(out + 14, (int)(rest / 60 % 60));
	put_two(out + 17, (int)(rest % 60));
}
