/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of pinned roots. A root is its public key: two certificates of different dates carry Intel's, and old
 * but genuine chains end in the older one (evidence-intel.md 3). The pin is the SHA-256 of the DER SubjectPublicKeyInfo.
 *
 * What an instance trusts beyond this table stands in its appraisal settings (appraise/settings.h: extra_anchors) and
 * is noted in every trace that used it.
 */
#pragma once

#include "crypto/digest.h"

struct anchor {
	const char *label; /* "Intel SGX Root CA" */
	uint8_t spki_sha256[SHA256_SIZE];
};

size_t anchor_count(void);
/* NULL beyond the table. */
const struct anchor *anchor_at(size_t index);
/* The pinned root with this key, NULL. */
const struct anchor *anchor_find(const uint8_t spki_sha256[SHA256_SIZE]);
