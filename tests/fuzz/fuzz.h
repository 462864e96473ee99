/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every fuzz target stands on. One file fuzz_NAME.c per parser, with libFuzzer's entry; tools/fuzz links it with
 * libFuzzer, ordinary builds with replay.c, which runs the inputs of corpus/NAME through it.
 *
 *	int
 *	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *	{
 *		struct arena *a = fuzz_arena();
 *
 *		if (json_parse(bytes_of(data, size), size, a, &v, NULL) < 0)
 *			return 0;
 *		HOLDS(what must be true of whatever was read);
 *		return 0;
 *	}
 *
 * A target says more than "it does not crash": what was read is written again and compared, or is held against a second
 * reader. parsers.py names for every parser of src/ the target that covers it, and a test holds the two together.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* libFuzzer's own mutation; replay.c has a small one. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
/* A target's own mutation: structure is kept where blind changes would die at a length, a checksum or a signature. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* A property; where it does not hold the program ends, so that the fuzzer keeps the input. */
#define HOLDS(expr) ((expr) ? (void)0 : fuzz_fails(#expr, __FILE__, __LINE__))
_Noreturn void fuzz_fails(const char *expr, const char *file, int line);

/* An empty arena of 64 MiB at most, the same at each call: what it held before is gone. */
struct arena *fuzz_arena(void);
/* A second one, for a comparison. */
struct arena *fuzz_arena_other(void);
/* What stands in the arena is moved to a heap block of its own, so that the sanitizer sees its ends; freep() it. */
uint8_t *fuzz_heap_copy(struct bytes from);

/* The input as instructions: reading beyond its end gives zeros. */
uint8_t fuzz_u8(struct rd *r);
/* Below N. */
size_t fuzz_below(struct rd *r, size_t n);

/* Every error has a code and words; a target calls it for each failure. */
void fuzz_refusal(const struct err *e);
