/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One input that is accepted, cut at every length and with bits flipped: the verdict must be no.
 *
 * What nothing vouches for (docs/chain-of-trust.md) may be flipped without a no. Each sweep says exactly which flips these
 * are; an input that is accepted after another one has failed the sweep, and so has one that is accepted and says
 * something else. How many bits: all of them in the signed regions of one case per format, one per byte elsewhere, under
 * sanitizers one in sixteen bytes, with ATTEST_SWEEP_ALL=1 all. Which bit is drawn from a fixed seed. Every input is a
 * heap block of its exact size, so that a sanitizer sees a byte too many.
 */
#pragma once

#include "../support/test.h"

#include "base/bytes.h"
#include "base/own.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SWEEP_SPARSE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SWEEP_SPARSE 1
#endif
#endif
#ifndef SWEEP_SPARSE
#define SWEEP_SPARSE 0
#endif

enum sweep_answer {
	SWEEP_NO,
	SWEEP_SAME,  /* accepted, and it says what the whole input says */
	SWEEP_OTHER, /* accepted, and it says something else */
};

struct sweep {
	const char *format;
	struct bytes whole;
	enum sweep_answer (*judge)(struct bytes input);
	/* May byte AT of the whole be IS? NULL: no byte may be anything else. */
	bool (*is_free)(struct bytes whole, size_t at, uint8_t is);
	/* May it end after SIZE bytes? NULL: no. */
	bool (*may_end)(struct bytes whole, size_t size);
	/* Is byte AT in a signed region of the one case of its format? NULL: one bit per byte. */
	bool (*is_dense)(struct bytes whole, size_t at);
};

struct sweep_count {
	unsigned long long cuts, flips, refused, harmless;
};

static inline void
sweep_one(const struct sweep *s, struct bytes input, bool free_of_charge, struct sweep_count *n,
    size_t at, unsigned bit)
{
	/* Never nothing: malloc(0) may be NULL, and a parser may not care. */
	uint8_t *exact = malloc(input.size + (input.size == 0));

	assert_non_null(exact);
	if (input.size > 0)
		memcpy(exact, input.p, input.size);
	enum sweep_answer a = s->judge(bytes_of(exact, input.size));

	free(exact);
	if (a == SWEEP_NO)
		n->refused++;
	else if (a == SWEEP_SAME && free_of_charge)
		n->harmless++;
	else if (input.size < s->whole.size)
		fail_msg("%s: cut after %zu of %zu bytes it is accepted%s", s->format, input.size,
		    s->whole.size, a == SWEEP_OTHER ? " and says something else" : "");
	else
		fail_msg("%s: byte %zu, 0x%02x as 0x%02x (bit %u), is accepted%s", s->format, at,
		    s->whole.p[at], input.p[at], bit,
		    a == SWEEP_OTHER ? " and says something else" : "");
}

static inline void
sweep_cuts(const struct sweep *s, struct sweep_count *n)
{
	for (size_t size = 0; size < s->whole.size; size += SWEEP_SPARSE ? 7 : 1) {
		n->cuts++;
		sweep_one(s, bytes_of(s->whole.p, size),
		    s->may_end != NULL && s->may_end(s->whole, size), n, size, 0);
	}
}

static inline void
sweep_flips(const struct sweep *s, uint8_t *changed, struct sweep_count *n)
{
	const char *all = getenv("ATTEST_SWEEP_ALL");
	bool every = all != NULL && strcmp(all, "1") == 0;
	uint32_t seed = 12345;

	for (size_t at = 0; at < s->whole.size; at++) {
		bool dense =
		    every || (!SWEEP_SPARSE && s->is_dense != NULL && s->is_dense(s->whole, at));

		seed = seed * 1103515245u + 12345u;
		if (!every && SWEEP_SPARSE && at % 16 != (seed >> 20) % 16)
			continue;
		for (unsigned bit = 0; bit < 8; bit++) {
			if (!dense && bit != (seed >> 16) % 8)
				continue;
			changed[at] ^= (uint8_t)(1u << bit);
			n->flips++;
			sweep_one(s, bytes_of(changed, s->whole.size),
			    s->is_free != NULL && s->is_free(s->whole, at, changed[at]), n, at,
			    bit);
			changed[at] ^= (uint8_t)(1u << bit);
		}
	}
}

static inline void
sweep_run(const struct sweep *s)
{
	struct sweep_count n = { 0 };
	uint8_t *changed = malloc(s->whole.size);

	assert_non_null(changed);
	memcpy(changed, s->whole.p, s->whole.size);
	if (s->judge(s->whole) != SWEEP_SAME)
		fail_msg("%s: the whole is not accepted", s->format);
	sweep_cuts(s, &n);
	sweep_flips(s, changed, &n);
	free(changed);
	assert_true(n.cuts > 0 && n.flips > 0);
	print_message("# %s, %zu bytes: %llu cuts, %llu flips; %llu refused, %llu harmless by "
		      "rule\n",
	    s->format, s->whole.size, n.cuts, n.flips, n.refused, n.harmless);
}

/* The rules that formats share. */

/* White space in PEM text: C's, and the NUL that C programs send along. */
static inline bool
sweep_is_white(uint8_t c)
{
	return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
sweep_white_is_free(struct bytes whole, size_t at, uint8_t is)
{
	return sweep_is_white(whole.p[at]) && sweep_is_white(is);
}

static inline bool
sweep_is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Hex says the same in both cases. */
static inline bool
sweep_hex_case_is_free(struct bytes whole, size_t at, uint8_t is)
{
	return (whole.p[at] ^ is) == 0x20 && sweep_is_hex(whole.p[at]) && sweep_is_hex(is);
}
