/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many refusals of an instance become records: a bucket that holds a few and fills slowly, so that a stranger with
 * bad evidence cannot fill the disk. What is left out is counted, and the next record says how many.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define REFUSAL_BURST     8
#define REFUSAL_REFILL_MS 10000

struct refusal_gauge {
	uint64_t left_out; /* since the last record */
	uint64_t refilled_ms;
	unsigned tokens;
	bool begun;
};

/* True: this one is recorded, and *LEFT_OUT were not since the last. */
bool refusal_take(struct refusal_gauge *g, uint64_t now_ms, uint64_t *left_out);
