/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include "base/bytes.h"
#include "base/own.h"

#include <netinet/in.h>
#include <string.h>

struct range {
	uint8_t prefix[16];
	unsigned bits;
};

static const struct range special_v4[] = {
	{ { 0 }, 8 },                 /* this network */
	{ { 10 }, 8 },                /* RFC 1918 */
	{ { 100, 64 }, 10 },          /* shared by carriers, RFC 6598 */
	{ { 127 }, 8 },               /* loopback */
	{ { 168, 63, 129, 16 }, 32 }, /* Azure's platform channel */
	{ { 169, 254 }, 16 },         /* link-local; metadata services */
	{ { 172, 16 }, 12 },          /* RFC 1918 */
	{ { 192, 0, 0 }, 24 },        /* IETF protocol assignments */
	{ { 192, 0, 2 }, 24 },        /* documentation */
	{ { 192, 88, 99 }, 24 },      /* 6to4 relays, RFC 7526 */
	{ { 192, 168 }, 16 },         /* RFC 1918 */
	{ { 198, 18 }, 15 },          /* benchmarks */
	{ { 198, 51, 100 }, 24 },     /* documentation */
	{ { 203, 0, 113 }, 24 },      /* documentation */
	{ { 224 }, 3 },               /* multicast, reserved, broadcast */
};

static const struct range global_v6 = { { 0x20 }, 3 };
static const struct range nat64 = { { 0x00, 0x64, 0xff, 0x9b }, 96 };
/* Within 2000::/3. */
static const struct range special_v6[] = {
	{ { 0x20, 0x01 }, 23 },             /* IETF protocol assignments; Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
	{ { 0x20, 0x02 }, 16 },             /* 6to4 */
	{ { 0x3f, 0xff }, 20 },             /* documentation, RFC 9637 */
};

static bool
in_range(const uint8_t *address, const struct range *r)
{
	size_t whole = r->bits / 8;
	uint8_t mask = (uint8_t)(0xff00u >> (r->bits % 8));

	return memcmp(address, r->prefix, whole) == 0 &&
	    (r->bits % 8 == 0 || (address[whole] & mask) == r->prefix[whole]);
}

static bool
v4_is_public(const uint8_t address[4])
{
	for (size_t i = 0; i < COUNT_OF(special_v4); i++)
		if (in_range(address, &special_v4[i]))
			return false;
	return true;
}

static bool
v6_is_public(const uint8_t address[16])
{
	if (in_range(address, &nat64))
		return v4_is_public(address + 12);
	if (!in_range(address, &global_v6))
		return false;
	for (size_t i = 0; i < COUNT_OF(special_v6); i++)
		if (in_range(address, &special_v6[i]))
			return false;
	return true;
}

bool
address_is_public(const struct sockaddr *at, socklen_t size)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	uint8_t octets[16];

	if (at->sa_family == AF_INET && size >= sizeof(v4)) {
		memcpy(&v4, at, sizeof(v4));
		memcpy(octets, &v4.sin_addr, 4);
		return v4_is_public(octets);
	}
	if (at->sa_family == AF_INET6 && size >= sizeof(v6)) {
		memcpy(&v6, at, sizeof(v6));
		memcpy(octets, &v6.sin6_addr, 16);
		return v6_is_public(octets);
	}
	return false;
}
