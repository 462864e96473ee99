/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA keys of a generator that is broken (CVE-2017-15361, "ROCA": Infineon's library, in TPMs and smart cards until 2017).
 * Its primes are powers of 65537 modulo the product of the small primes, and so are its moduli, by which they are known: the
 * private key can be computed from the public one. Any other modulus looks like it once in 2^27.
 */
#pragma once

#include "base/bytes.h"

/* N: big-endian modulus. */
bool roca_is_marked(struct bytes n);
