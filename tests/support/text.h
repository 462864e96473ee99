/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that tests put together: from a buffer into an arena, and with one thing in the place of another. */
#pragma once

#include "test.h"

#include "base/arena.h"
#include "base/buf.h"

#include <string.h>

/* What B holds, in INTO; B is released. */
static inline struct bytes
text_take(struct arena *into, struct buf *b)
{
	struct bytes out = arena_copy(into, buf_bytes(b));

	assert_true(buf_ok(b));
	assert_non_null(out.p);
	buf_release(b);
	return out;
}

/* TEXT, in INTO, with every FROM as TO; adds how many there were to *FOUND. */
static inline struct bytes
text_replace(struct arena *into, struct bytes text, const char *from, struct bytes to,
    size_t *found)
{
	size_t size = strlen(from);
	struct buf out;

	buf_init(&out, (size_t)4 << 20);
	for (size_t i = 0; i < text.size;)
		if (bytes_has_prefix(bytes_slice(text, i, size), from)) {
			buf_add(&out, to);
			i += size;
			++*found;
		} else {
			buf_u8(&out, text.p[i++]);
		}
	return text_take(into, &out);
}
