/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/log_read: a tile has one path, the one that tlog/tile writes; ranges stay within what one answer may hold; what
 * the authority answers is a document or an error. The input is "level/rest" of a tile, a jti, a decimal, or an answer.
 */
#include "mutate.h"

#include "codec/json.h"
#include "service/log_read.h"
#include "tlog/tile.h"

#include <stdio.h>
#include <string.h>

static void
fuzz_tile(struct bytes in)
{
	const uint8_t *slash = in.size > 0 ? memchr(in.p, '/', in.size) : NULL;
	size_t size = slash == NULL ? in.size : (size_t)(slash - in.p);
	struct bytes level = bytes_slice(in, 0, size), rest = bytes_slice(in, size + 1, in.size);
	struct authority_query q;
	char path[MAX_TILE_PATH_SIZE], mine[MAX_TILE_PATH_SIZE];
	struct err e = { 0 };

	if (log_tile_parse(level, rest, &q, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(q.level < 64 && q.count >= 1 && q.count <= 256);
	tile_path(q.level, q.from, q.count, path);
	(void)snprintf(mine, sizeof(mine), "tile/%.*s/%.*s", BYTES_FMT(level), BYTES_FMT(rest));
	HOLDS(strcmp(path, mine) == 0);
}

static void
fuzz_numbers(struct bytes in)
{
	struct authority_query q;
	struct err e = { 0 };
	char again[32];

	if (log_jti_parse(in, &q, &e) == 0)
		HOLDS(in.size == 64);
	if (log_range_parse(in, (struct bytes){ 0 }, &q, &e) == 0) {
		if (in.p != NULL) {
			(void)snprintf(again, sizeof(again), "%llu", (unsigned long long)q.from);
			HOLDS(bytes_is_str(in, again));
		}
		HOLDS(q.count == MAX_LOG_RECORDS);
	}
	if (log_range_parse((struct bytes){ 0 }, in, &q, &e) == 0)
		HOLDS(q.from == 0 && q.count >= 1 && q.count <= MAX_LOG_RECORDS);
}

static void
fuzz_answer(struct bytes answer)
{
	struct arena *a = fuzz_arena();
	struct bytes out = { 0 }, record;
	const struct json *doc;
	struct err e = { 0 };
	struct rd r;
	uint64_t next, size, index;
	size_t count = 0;

	if (log_records_begin(answer, &r, &next, &size, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(next <= size);
	while (log_records_next(&r, &index, &record))
		count++;
	e = (struct err){ 0 };
	if (log_records_emit(answer, a, &out, &e) < 0) {
		HOLDS(e.code != ERR_NONE);
		return;
	}
	HOLDS(rd_done(&r));
	/* The authority writes no NUL into a record; one that does is shown, and read by nobody. */
	if (json_parse(out, out.size, a, &doc, &e) < 0) {
		HOLDS(memmem(out.p, out.size, "\\u0000", 6) != NULL);
		return;
	}
	HOLDS(json_get(doc, "records")->count == count);
	HOLDS((json_get(doc, "next") != NULL) == (next < size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	fuzz_tile(in);
	fuzz_numbers(in);
	fuzz_answer(in);
	return 0;
}

/* An answer's records are changed, and keep their sizes in front. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	DEFER(buf_release) struct buf out = { 0 };
	static uint8_t room[8192];
	struct dice d = dice_of(seed);
	size_t target = dice_below(&d, 4), n = 0;
	uint64_t next, all, index;
	struct bytes record;
	struct rd r;

	if (dice_below(&d, 3) == 0 || size < 28 ||
	    log_records_begin(bytes_of(data, size), &r, &next, &all, NULL) < 0)
		return LLVMFuzzerMutate(data, size, max_size);
	buf_init(&out, max_size);
	buf_add(&out, bytes_of(data, 16));
	for (; log_records_next(&r, &index, &record); n++) {
		if (n == target && record.size > 0 && record.size < sizeof(room) / 2) {
			memcpy(room, record.p, record.size);
			record = bytes_of(room, LLVMFuzzerMutate(room, record.size, sizeof(room)));
		}
		buf_le64(&out, index);
		ipc_put(&out, record);
		if (dice_below(&d, 8) == 0) {
			buf_le64(&out, index + 1);
			ipc_put(&out, record);
		}
	}
	return mutate_take(&out, data, size, max_size);
}
