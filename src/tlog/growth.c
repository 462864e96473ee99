/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/growth.h"

#include "base/b64.h"
#include "tlog/note.h"

#define OLD "old "

void
tlog_growth_emit(struct buf *out, const struct tlog_growth *v)
{
	buf_fmt(out, OLD "%llu\n", (unsigned long long)v->from);
	for (size_t i = 0; i < v->proof.count; i++) {
		buf_b64(out, B64_STD, BYTES_OF(v->proof.hashes[i]));
		buf_char(out, '\n');
	}
	buf_char(out, '\n');
	buf_add(out, v->checkpoint);
}

int
tlog_growth_parse(struct bytes text, struct tlog_growth *v, struct err *e)
{
	struct tlog_growth q = { 0 };
	struct bytes left = text, line = { 0 };
	struct checkpoint head;

	if (text.size > MAX_TLOG_GROWTH_SIZE)
		return err_set(e, ERR_LIMIT, "log growth: %zu bytes, at most %d", text.size,
		    MAX_TLOG_GROWTH_SIZE);
	if (!note_until(&left, '\n', &line) || !bytes_has_prefix(line, OLD) ||
	    !note_size(bytes_slice(line, sizeof(OLD) - 1, line.size), &q.from))
		return err_set(e, ERR_MALFORMED,
		    "log growth: does not begin with 'old SIZE' (C2SP tlog-witness)");
	for (;;) {
		if (!note_until(&left, '\n', &line))
			return err_set(e, ERR_MALFORMED, "log growth: there is no checkpoint");
		if (line.size == 0)
			break;
		if (q.proof.count >= MAX_TLOG_PROOF ||
		    !note_bytes(line, q.proof.hashes[q.proof.count], TLOG_HASH_SIZE))
			return err_set(e, ERR_MALFORMED,
			    "log growth: line %zu is not the base64 of one hash",
			    q.proof.count + 2);
		q.proof.count++;
	}
	q.checkpoint = left;
	TRY(checkpoint_parse(q.checkpoint, &head, e));
	*v = q;
	return 0;
}
