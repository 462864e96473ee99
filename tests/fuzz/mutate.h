/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutators that keep the structure of what they change, for targets that blind changes do not get into. Each takes an
 * input of its format and writes a changed one over it; what is not of the format is left to LLVMFuzzerMutate().
 */
#pragma once

#include "fuzz.h"

/* Deterministic: the same seed gives the same change. */
struct dice {
	uint64_t state;
};
struct dice dice_of(unsigned seed);
size_t dice_below(struct dice *d, size_t n);

/* DER (X.690): an element is changed, removed, doubled, replaced by another; all lengths around it are made right. */
size_t mutate_der(uint8_t *data, size_t size, size_t max_size, unsigned seed);
/* The same without libFuzzer: a function of DER and SEED, for targets whose inputs say what is to be changed. */
void mutate_der_exact(struct bytes der, unsigned seed, struct buf *out);
/* JSON: a value is changed, removed, doubled, replaced by another or by an odd one; what stands around it is kept. */
size_t mutate_json(uint8_t *data, size_t size, size_t max_size, unsigned seed);
/* As mutate_der_exact(); what is no JSON is taken over as it is. */
void mutate_json_exact(struct bytes text, unsigned seed, struct buf *out);
/* PEM: the DER of a block is changed as by mutate_der() and encoded again. */
size_t mutate_pem(uint8_t *data, size_t size, size_t max_size, unsigned seed);
/* A part of the input, from FROM on, SIZE long, is changed by libFuzzer's means; what follows it moves. */
size_t mutate_part(uint8_t *data, size_t size, size_t max_size, size_t from, size_t part_size);
/* Fields behind their sizes (u32 LE): one is changed, and its size is made right. */
size_t mutate_sized(uint8_t *data, size_t size, size_t max_size, unsigned seed);
/* Frames of net/ipc.h, one after the other: a body is changed by BODY, a frame comes twice or goes; headers are right. */
size_t mutate_frames(uint8_t *data, size_t size, size_t max_size, unsigned seed,
    size_t (*body)(uint8_t *data, size_t size, size_t max_size, unsigned seed));
/*
 * Text, a NUL, JSON. The JSON is changed as by mutate_json(), or of the text a run of words goes, comes twice or comes from
 * elsewhere. SPLIT finds the words, views into TEXT, MAX_MUTATED_WORDS at most; GAP is written between them.
 */
#define MAX_MUTATED_WORDS 4096
size_t mutate_words(uint8_t *data, size_t size, size_t max_size, unsigned seed,
    size_t (*split)(struct bytes text, struct bytes words[MAX_MUTATED_WORDS]), const char *gap);
/* Writes what OUT holds over DATA when it fits; else libFuzzer's own change of what is there. */
size_t mutate_take(struct buf *out, uint8_t *data, size_t size, size_t max_size);

/* Of an input that is u8 flags · u16 LE size · JSON of that size · JSON: one of the two is changed, and the size follows. */
size_t mutate_pair(uint8_t *data, size_t size, size_t max_size, unsigned seed);
