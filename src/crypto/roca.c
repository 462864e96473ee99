/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/roca.h"

#include "base/own.h"

/* Of the primes up to 167 those modulo which 65537 does not generate everything; the others tell nothing apart. */
static const uint8_t primes[] = { 11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127,
	151, 157 };

static unsigned
remainder_of(struct bytes n, unsigned p)
{
	unsigned r = 0;

	for (size_t i = 0; i < n.size; i++)
		r = (r << 8 | n.p[i]) % p;
	return r;
}

static bool
is_power_of_65537(unsigned value, unsigned p)
{
	unsigned power = 1;

	do {
		if (power == value)
			return true;
		power = power * (65537 % p) % p;
	} while (power != 1);
	return false;
}

bool
roca_is_marked(struct bytes n)
{
	for (size_t i = 0; i < COUNT_OF(primes); i++)
		if (!is_power_of_65537(remainder_of(n, primes[i]), primes[i]))
			return false;
	return true;
}
