/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/refusal.h"

bool
refusal_take(struct refusal_gauge *g, uint64_t now_ms, uint64_t *left_out)
{
	uint64_t grown;

	if (!g->begun) {
		*g = (struct refusal_gauge){ .tokens = REFUSAL_BURST,
			.refilled_ms = now_ms,
			.begun = true };
	}
	grown = (now_ms - g->refilled_ms) / REFUSAL_REFILL_MS;
	if (grown > 0) {
		g->tokens = grown >= REFUSAL_BURST - g->tokens ? REFUSAL_BURST
							       : g->tokens + (unsigned)grown;
		g->refilled_ms += grown * REFUSAL_REFILL_MS;
	}
	if (g->tokens == 0) {
		g->left_out++;
		return false;
	}
	g->tokens--;
	*left_out = g->left_out;
	g->left_out = 0;
	return true;
}
