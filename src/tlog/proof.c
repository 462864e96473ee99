/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/proof.h"

#include <string.h>

bool
tlog_inclusion_is_good(const struct tlog_proof *proof, const uint8_t leaf[TLOG_HASH_SIZE],
    uint64_t index, uint64_t size, const uint8_t root[TLOG_HASH_SIZE])
{
	uint8_t r[TLOG_HASH_SIZE];
	uint64_t fn = index, sn;

	/* Names as in RFC 9162 2.1.3.2. */
	if (index >= size || proof->count > MAX_TLOG_PROOF)
		return false;
	sn = size - 1;
	memcpy(r, leaf, sizeof(r));
	for (size_t i = 0; i < proof->count; i++) {
		const uint8_t *p = proof->hashes[i];

		if (sn == 0)
			return false;
		if ((fn & 1) == 1 || fn == sn) {
			tlog_node_hash(p, r, r);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			tlog_node_hash(r, p, r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && memcmp(r, root, sizeof(r)) == 0;
}

bool
tlog_consistency_is_good(const struct tlog_proof *proof, uint64_t from,
    const uint8_t old[TLOG_HASH_SIZE], uint64_t to, const uint8_t new[TLOG_HASH_SIZE])
{
	uint8_t fr[TLOG_HASH_SIZE], sr[TLOG_HASH_SIZE];
	uint64_t fn, sn;
	size_t i = 0;

	if (from > to || proof->count > MAX_TLOG_PROOF)
		return false;
	if (from == to)
		return proof->count == 0 && memcmp(old, new, TLOG_HASH_SIZE) == 0;
	if (from == 0)
		return proof->count == 0;

	/* Names and steps as in RFC 9162 2.1.4.2. A power of two is a whole subtree: its head is the first hash. */
	if ((from & (from - 1)) == 0) {
		memcpy(fr, old, sizeof(fr));
	} else {
		if (proof->count == 0)
			return false;
		memcpy(fr, proof->hashes[i++], sizeof(fr));
	}
	memcpy(sr, fr, sizeof(sr));
	fn = from - 1;
	sn = to - 1;
	while ((fn & 1) == 1) {
		fn >>= 1;
		sn >>= 1;
	}
	for (; i < proof->count; i++) {
		const uint8_t *c = proof->hashes[i];

		if (sn == 0)
			return false;
		if ((fn & 1) == 1 || fn == sn) {
			tlog_node_hash(c, fr, fr);
			tlog_node_hash(c, sr, sr);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			tlog_node_hash(sr, c, sr);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && memcmp(fr, old, sizeof(fr)) == 0 && memcmp(sr, new, sizeof(sr)) == 0;
}
