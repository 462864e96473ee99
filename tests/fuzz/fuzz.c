/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FUZZ_MEMORY ((size_t)64 << 20)

_Noreturn void
fuzz_fails(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, expr);
	abort();
}

static struct arena *
emptied(struct arena *a)
{
	if (a->ceiling == 0)
		arena_init(a, MAX_FUZZ_MEMORY);
	else
		arena_reset(a);
	return a;
}

struct arena *
fuzz_arena(void)
{
	static struct arena a;

	return emptied(&a);
}

struct arena *
fuzz_arena_other(void)
{
	static struct arena a;

	return emptied(&a);
}

uint8_t *
fuzz_heap_copy(struct bytes from)
{
	uint8_t *p = malloc(from.size > 0 ? from.size : 1);

	if (p == NULL)
		abort();
	if (from.size > 0)
		memcpy(p, from.p, from.size);
	return p;
}

uint8_t
fuzz_u8(struct rd *r)
{
	return rd_u8(r);
}

size_t
fuzz_below(struct rd *r, size_t n)
{
	return n == 0 ? 0 : rd_le16(r) % n;
}

void
fuzz_refusal(const struct err *e)
{
	HOLDS(e->code != ERR_NONE);
	HOLDS(e->code != ERR_INTERNAL);
	HOLDS(e->msg[0] != '\0');
	HOLDS(memchr(e->msg, '\0', sizeof(e->msg)) != NULL);
}
