/* SPDX-License-Identifier: Apache-2.0 */
#include "service/log_read.h"

#include "base/hex.h"
#include "codec/json.h"
#include "tlog/record.h"

#define MAX_TILE_LEVEL  63
#define MAX_TILE_GROUPS 6

static bool
parse_decimal(struct bytes text, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (text.size == 0 || text.size > 19 || (text.size > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text.p[i] - '0');
	}
	*out = v;
	return v <= max;
}

/* What stands up to the next '/', which is taken too when something stands behind it. */
static struct bytes
take_segment(struct bytes *rest)
{
	size_t size = 0;
	struct bytes out;

	while (size < rest->size && rest->p[size] != '/')
		size++;
	out = bytes_slice(*rest, 0, size);
	*rest = bytes_slice(*rest, size + (size + 1 < rest->size), rest->size);
	return out;
}

static bool
add_group(struct bytes digits, uint64_t *n)
{
	if (digits.size != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		*n = *n * 10 + (uint64_t)(digits.p[i] - '0');
	}
	return true;
}

/* "x001/x234/067" or, with a width behind it, "x001/x234/067.p/5". */
static bool
parse_number(struct bytes *rest, uint64_t *n, bool *partial)
{
	struct bytes segment = take_segment(rest);
	bool leading_zero = segment.size == 4 && bytes_is_str(segment, "x000");

	*n = 0;
	for (size_t i = 0; segment.size == 4 && segment.p[0] == 'x'; i++) {
		if (i == MAX_TILE_GROUPS - 1 || !add_group(bytes_slice(segment, 1, 3), n))
			return false;
		segment = take_segment(rest);
	}
	*partial = segment.size == 5 && segment.p[3] == '.' && segment.p[4] == 'p';
	return !leading_zero && add_group(*partial ? bytes_slice(segment, 0, 3) : segment, n);
}

int
log_tile_parse(struct bytes level, struct bytes rest, struct authority_query *out, struct err *e)
{
	uint64_t l, n, width = 256;
	bool partial, good;

	good = parse_decimal(level, MAX_TILE_LEVEL, &l) && parse_number(&rest, &n, &partial);
	if (good && partial) {
		good = parse_decimal(rest, 255, &width) && width > 0;
		rest = (struct bytes){ 0 };
	}
	if (!good || rest.size > 0)
		return err_set(e, ERR_MALFORMED,
		    "tile: want <level>/<number in groups of three>, as C2SP tlog-tiles spells it");
	*out = (struct authority_query){ .level = (uint8_t)l, .from = n, .count = (uint32_t)width };
	return 0;
}

int
log_jti_parse(struct bytes jti, struct authority_query *out, struct err *e)
{
	struct authority_query query = { 0 };

	if (!hex_decode(jti, query.leaf_hash, sizeof(query.leaf_hash)))
		return err_set(e, ERR_MALFORMED,
		    "jti: want the 64 hexadecimal digits of a token's jti");
	*out = query;
	return 0;
}

int
log_range_parse(struct bytes from, struct bytes count, struct authority_query *out, struct err *e)
{
	uint64_t first = 0, most = MAX_LOG_RECORDS;

	if (from.p != NULL && !parse_decimal(from, UINT64_MAX / 2, &first))
		return err_set(e, ERR_MALFORMED, "from: want a leaf index in decimal");
	if (count.p != NULL && (!parse_decimal(count, MAX_LOG_RECORDS, &most) || most == 0))
		return err_set(e, ERR_MALFORMED, "count: want 1 to %d", MAX_LOG_RECORDS);
	*out = (struct authority_query){ .from = first, .count = (uint32_t)most };
	return 0;
}

static struct json *
record_json(uint64_t index, struct bytes raw, struct arena *a)
{
	struct json *row = json_new(a, JSON_OBJECT);
	struct tlog_record record;

	if (!json_put(row, "index", json_new_int(a, (int64_t)index)) ||
	    !json_put(row, "raw", json_new_b64url(a, raw)))
		return NULL;
	/* A record of a later version is shown by its bytes alone. */
	if (tlog_record_parse(raw, &record, NULL) == 0 &&
	    !json_put(row, "record", tlog_record_json(&record, a)))
		return NULL;
	return row;
}

static int
cut_answer(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "log records: the authority's answer is cut");
}

static int
records_json(struct bytes answer, struct arena *a, struct json **out, struct err *e)
{
	struct json *top = json_new(a, JSON_OBJECT), *list = json_new(a, JSON_ARRAY);
	uint64_t index, next, size;
	struct bytes raw;
	struct rd r;
	bool fine = true;

	if (log_records_begin(answer, &r, &next, &size, NULL) < 0)
		return cut_answer(e);
	while (fine && log_records_next(&r, &index, &raw))
		fine = json_append(list, record_json(index, raw, a));
	fine = fine && json_put(top, "records", list);
	/* There may be nothing here and still more to come. */
	if (next < size)
		fine = fine && json_put(top, "next", json_new_int(a, (int64_t)next));
	if (!fine)
		return arena_fail(e, "log records");
	if (!rd_done(&r))
		return cut_answer(e);
	*out = top;
	return 0;
}

int
log_records_emit(struct bytes answer, struct arena *a, struct bytes *out, struct err *e)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct json *json = NULL;

	buf_init(&text, 4 * MAX_LOG_ANSWER_SIZE);
	TRY(records_json(answer, a, &json, e));
	json_emit(&text, json, JSON_AS_IS);
	*out = arena_copy(a, buf_bytes(&text));
	return !buf_ok(&text) || out->p == NULL ? arena_fail(e, "log records") : 0;
}
