/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/note.h"

#include "base/b64.h"

#include <string.h>

bool
note_until(struct bytes *text, uint8_t end, struct bytes *out)
{
	for (size_t i = 0; i < text->size; i++)
		if (text->p[i] == end) {
			*out = bytes_slice(*text, 0, i);
			*text = bytes_slice(*text, i + 1, text->size);
			return true;
		}
	return false;
}

bool
note_size(struct bytes text, uint64_t *out)
{
	uint64_t v = 0;

	if (text.size == 0 || text.size > 19 || (text.size > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text.p[i] - '0');
	}
	if (v > MAX_TLOG_SIZE)
		return false;
	*out = v;
	return true;
}

bool
note_bytes(struct bytes text, uint8_t *out, size_t size)
{
	uint8_t room[128];
	size_t got;

	if (text.size > 128 || size > MAX_NOTE_BYTES ||
	    text.size != b64_encoded_size(B64_STD, size) ||
	    !b64_decode(B64_STD, text, room, &got) || got != size)
		return false;
	memcpy(out, room, size);
	return true;
}
