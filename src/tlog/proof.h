/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs verified, by someone who has only a head: RFC 9162 sections 2.1.3.2 and 2.1.4.2. Producing them is tree.h.
 *
 * Proved by tests/proof/prove_merkle.c: accepted is what the recursive definition accepts, for every tree up to 64 records.
 */
#pragma once

#include "tlog/tree.h"

/* Is LEAF record INDEX of the SIZE records under ROOT? */
bool tlog_inclusion_is_good(const struct tlog_proof *proof, const uint8_t leaf[TLOG_HASH_SIZE],
    uint64_t index, uint64_t size, const uint8_t root[TLOG_HASH_SIZE]);
/* Are the FROM records under OLD the first of the TO records under NEW? From nothing everything follows. */
bool tlog_consistency_is_good(const struct tlog_proof *proof, uint64_t from,
    const uint8_t old[TLOG_HASH_SIZE], uint64_t to, const uint8_t new[TLOG_HASH_SIZE]);
