/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of C2SP texts (signed-note, tlog-checkpoint, tlog-witness): each value has one spelling and no other. */
#pragma once

#include "tlog/tree.h"

/* Up to the next END, which is taken too; false when there is none. */
bool note_until(struct bytes *text, uint8_t end, struct bytes *out) MUST_CHECK;
/* Decimal without leading zeros, at most MAX_TLOG_SIZE. */
bool note_size(struct bytes text, uint64_t *out) MUST_CHECK;
/* TEXT is base64 of exactly SIZE bytes, at most MAX_NOTE_BYTES. */
#define MAX_NOTE_BYTES 96
bool note_bytes(struct bytes text, uint8_t *out, size_t size) MUST_CHECK;
