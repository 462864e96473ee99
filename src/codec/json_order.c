/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_order.h"

/* At worst half the square of it in comparisons. */
#define FEW_TO_INSERT 32

static void
swap(const struct json **x, const struct json **y)
{
	const struct json *was = *x;

	*x = *y;
	*y = was;
}

/* Lets the member at ROOT sink to its place in the heap of COUNT. */
static void
sink(const struct json **heap, size_t root, size_t count)
{
	for (;;) {
		size_t child = 2 * root + 1;

		if (child >= count)
			return;
		if (child + 1 < count && bytes_cmp(heap[child]->name, heap[child + 1]->name) < 0)
			child++;
		if (bytes_cmp(heap[root]->name, heap[child]->name) >= 0)
			return;
		swap(&heap[root], &heap[child]);
		root = child;
	}
}

/* Of few members: most objects are made nearly in order, and then each stands where it belongs. */
static void
insert_each(const struct json **members, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct json *m = members[i];
		size_t at = i;

		for (; at > 0 && bytes_cmp(members[at - 1]->name, m->name) > 0; at--)
			members[at] = members[at - 1];
		members[at] = m;
	}
}

/* Heapsort for many: qsort() may take memory from the heap, and its worst case is the attacker's to choose. */
void
json_order(const struct json **members, size_t count)
{
	if (count <= FEW_TO_INSERT) {
		insert_each(members, count);
		return;
	}
	for (size_t i = count / 2; i > 0; i--)
		sink(members, i - 1, count);
	for (size_t left = count; left > 1; left--) {
		swap(&members[0], &members[left - 1]);
		sink(members, 0, left - 1);
	}
}

void
json_members(const struct json *object, const struct json **members)
{
	size_t i = 0;

	for (const struct json *m = object->first; m != NULL && i < object->count; m = m->next)
		members[i++] = m;
}
