/* SPDX-License-Identifier: Apache-2.0 */
/* Counts what our code takes from the heap; linked with --wrap for malloc, calloc and realloc. Libraries are not seen. */
#include "bench.h"

#include <stdatomic.h>

static atomic_ulong taken;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *
__wrap_malloc(size_t size)
{
	atomic_fetch_add(&taken, 1);
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	atomic_fetch_add(&taken, 1);
	return __real_calloc(count, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	atomic_fetch_add(&taken, 1);
	return __real_realloc(p, size);
}

unsigned long
bench_heap_taken(void)
{
	return atomic_load(&taken);
}
