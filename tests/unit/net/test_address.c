/* SPDX-License-Identifier: Apache-2.0 */
/* First and last address of every range that is not of the public Internet, and the neighbours that are. */
#include "net/address.h"

#include "../../support/test.h"
#include "base/own.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static bool
is_public(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_is_public((const struct sockaddr *)&v4, sizeof(v4));
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return address_is_public((const struct sockaddr *)&v6, sizeof(v6));
}

static void
special_addresses_are_not_public(void **state)
{
	static const char *const rows[] = { "0.0.0.0", "0.255.255.255", "10.0.0.0",
		"10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255",
		"168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0",
		"172.31.255.255", "192.0.0.0", "192.0.0.192", "192.0.0.255", "192.0.2.1",
		"192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
		"198.51.100.1", "203.0.113.1", "224.0.0.0", "239.255.255.255", "240.0.0.0",
		"255.255.255.255",
		/* IPv6 */
		"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8",
		"64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::10.1.2.3",
		"64:ff9b:1::8.8.8.8", "64:ff9b:0:1::8.8.8.8", "100::1", "1fff:ffff::1", "2001::1",
		"2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:1ff:ffff::1", "2001:db8::1",
		"2002:7f00:1::1", "2002:808:808::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1",
		"fc00::1", "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1",
		"ff02::1", "ff0e::1" };
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (is_public(rows[i]))
			fail_msg("public: %s", rows[i]);
}

static void
neighbours_of_special_addresses_are_public(void **state)
{
	static const char *const rows[] = { "1.0.0.0", "9.255.255.255", "11.0.0.0",
		"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15",
		"168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
		"191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0",
		"192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255",
		"198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
		"64:ff9b::8.8.8.8", "2000::1", "2001:200::1", "2001:4860:4860::8888",
		"2001:db7:ffff::1", "2001:db9::1", "2003::1", "2603:1030::1", "3ffe:ffff::1",
		"3fff:1000::1" };
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (!is_public(rows[i]))
			fail_msg("not public: %s", rows[i]);
}

static void
other_families_and_short_addresses_are_not_public(void **state)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_un local = { .sun_family = AF_UNIX, .sun_path = "/tmp/x" };
	(void)state;

	v6.sin6_addr.s6_addr[0] = 0x20;
	assert_true(address_is_public((const struct sockaddr *)&v4, sizeof(v4)));
	assert_false(address_is_public((const struct sockaddr *)&v4, sizeof(v4) - 1));
	assert_true(address_is_public((const struct sockaddr *)&v6, sizeof(v6)));
	assert_false(address_is_public((const struct sockaddr *)&v6, sizeof(v6) - 1));
	assert_false(address_is_public((const struct sockaddr *)&local, sizeof(local)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(special_addresses_are_not_public),
		cmocka_unit_test(neighbours_of_special_addresses_are_public),
		cmocka_unit_test(other_families_and_short_addresses_are_not_public),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
