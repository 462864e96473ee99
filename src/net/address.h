/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this an address of the public Internet? What is not can be this machine, its neighbours, or the metadata service of
 * its cloud, which trust whoever reaches them.
 *
 * The tables are IANA's special-purpose registries (RFC 6890 and later), read as "what may be reached": in IPv6 only
 * 2000::/3 less what is carved out of it. Addresses that carry an IPv4 address inside (v4-mapped, 6to4, Teredo) are
 * refused; NAT64's well-known prefix (64:ff9b::/96, RFC 6052), which is how an IPv6-only machine reaches IPv4, is judged
 * by the address inside. A NAT64 prefix of the network's own choosing looks like any public address and cannot be known
 * here. 168.63.129.16 is public by its number and Azure's platform channel in fact.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/* False for any family other than IPv4 and IPv6 too. */
bool address_is_public(const struct sockaddr *at, socklen_t size);
