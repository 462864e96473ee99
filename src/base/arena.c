/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK_SIZE 65536U

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) uint8_t bytes[];
};

void
arena_init(struct arena *a, size_t ceiling)
{
	*a = (struct arena){ .ceiling = ceiling };
}

void
arena_release(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->first; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){ .ceiling = a->ceiling };
}

void
arena_reset(struct arena *a)
{
	struct arena_block *keep = a->first, *next;

	if (keep != NULL) {
		for (struct arena_block *b = keep->next; b != NULL; b = next) {
			next = b->next;
			free(b);
		}
		keep->next = NULL;
		keep->used = 0;
	}
	a->now = keep;
	a->used = 0;
}

void
arena_wipe(struct arena *a)
{
	for (struct arena_block *b = a->first; b != NULL; b = b->next)
		explicit_bzero(b->bytes, b->used);
}

static struct arena_block *
block_new(struct arena *a, size_t at_least)
{
	size_t size = a->first == NULL ? FIRST_BLOCK_SIZE : a->now->size * 2;
	struct arena_block *b;

	if (size < at_least)
		size = at_least;
	if (size > SIZE_MAX - sizeof(*b))
		return NULL;
	b = malloc(sizeof(*b) + size);
	if (b == NULL) {
		a->starved = true;
		return NULL;
	}
	b->next = NULL;
	b->size = size;
	b->used = 0;
	if (a->first == NULL)
		a->first = b;
	else
		a->now->next = b;
	a->now = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *b = a->now;
	size_t want;

	if (size > SIZE_MAX - align)
		return NULL;
	want = (size + align - 1) & ~(align - 1);
	/* The ceiling holds what is taken: a million single bytes are sixteen million. */
	if (want > a->ceiling || a->used > a->ceiling - want)
		return NULL;
	if (b == NULL || want > b->size - b->used) {
		b = block_new(a, want);
		if (b == NULL)
			return NULL;
	}
	void *p = b->bytes + b->used;
	b->used += want;
	a->used += want;
	memset(p, 0, want);
	return p;
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return arena_alloc(a, count * size);
}

struct bytes
arena_copy(struct arena *a, struct bytes from)
{
	uint8_t *p;

	if (from.size == SIZE_MAX)
		return (struct bytes){ 0 };
	p = arena_alloc(a, from.size + 1);
	if (p == NULL)
		return (struct bytes){ 0 };
	if (from.size > 0)
		memcpy(p, from.p, from.size);
	return (struct bytes){ p, from.size };
}

int
arena_fail(struct err *e, const char *what)
{
	return err_set(e, ERR_LIMIT, "%s: out of memory", what);
}

bool
arena_failed(const struct err *e)
{
	return e->code == ERR_LIMIT && strstr(e->msg, ": out of memory") != NULL;
}
