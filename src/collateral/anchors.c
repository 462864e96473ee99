/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/anchors.h"

#include <string.h>

static const struct anchor anchors[] = {
	/*
	 * P-256, x = 0ba9c4c0…5525f5, y = 67918e2e…ae7394 (evidence-intel.md 3): carried by the certificates of serial
	 * 22650cd65a9d3489f383b49552bf501b392706ac that end in 2033 and in 2049.
	 */
	{ .label = "Intel SGX Root CA",
	    .spki_sha256 = { 0xa0, 0xaf, 0x03, 0x12, 0x89, 0xf5, 0xd5, 0xd4, 0x13, 0x2f, 0x91, 0x86,
		0x06, 0x8a, 0x7f, 0xc1, 0x36, 0x28, 0x63, 0x3b, 0xa2, 0x35, 0x77, 0x74, 0x72, 0xe2,
		0x9b, 0x6b, 0x6c, 0x67, 0xa4, 0x9e } },
};

size_t
anchor_count(void)
{
	return sizeof(anchors) / sizeof(anchors[0]);
}

const struct anchor *
anchor_at(size_t index)
{
	return index < anchor_count() ? &anchors[index] : NULL;
}

const struct anchor *
anchor_find(const uint8_t spki_sha256[SHA256_SIZE])
{
	for (size_t i = 0; i < anchor_count(); i++)
		if (memcmp(anchors[i].spki_sha256, spki_sha256, SHA256_SIZE) == 0)
			return &anchors[i];
	return NULL;
}
