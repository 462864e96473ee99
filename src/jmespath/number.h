/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal numbers of any length, as JSON spells them (RFC 8259 section 6); private to jmespath/. Nothing is rounded but by
 * number_divide(), and nothing goes through floating point.
 */
#pragma once

#include "base/bytes.h"

/* A view of the spelling. The column of a digit is the power of ten that it counts: 0 are ones, -1 are tenths. */
struct number {
	bool negative; /* not of zero */
	bool zero;
	struct bytes whole, fraction; /* the digits before and behind the point */
	int64_t exponent;
	int64_t top, low; /* the columns of the first and the last digit that is not 0; 0 of zero */
};

/* False: an exponent of more than nine digits. TEXT is a number of JSON. */
bool number_of(struct bytes text, struct number *out);
/* -1, 0, 1 */
int number_order(const struct number *a, const struct number *b);
/* 0 where nothing was written. */
unsigned number_digit(const struct number *n, int64_t column);

/* Computing: columns from -NUMBER_REACH to NUMBER_REACH. */
#define NUMBER_REACH    350
#define NUMBER_COLUMNS  (2 * NUMBER_REACH + 1)
#define NUMBER_DIGITS   34 /* of a quotient */
#define NUMBER_PLAIN    64 /* more digits than these are written with an exponent */
#define MAX_NUMBER_SIZE (NUMBER_COLUMNS + 32)

/* Digits with signs of their own until the total is put in order; all zero is zero. Adds up 2^50 numbers and no more. */
struct total {
	int64_t columns[NUMBER_COLUMNS + 20];
	bool negative; /* once in order */
};

/* False: some digit is out of reach. */
bool total_add(struct total *t, const struct number *n);
/* Carries: digits 0 to 9 and a sign. False: out of reach. */
bool total_settle(struct total *t);
/* By COUNT, 1 to 2^60, of a settled total; rounded to nearest, ties to even, at NUMBER_DIGITS digits. */
void total_divide(struct total *t, uint64_t count);
/* Down (-1) or up (1) to an integer, of a settled total. */
bool total_round(struct total *t, int direction);
/* Spelt as JSON, of a settled total; the number of characters. */
size_t total_format(const struct total *t, char out[MAX_NUMBER_SIZE]);
