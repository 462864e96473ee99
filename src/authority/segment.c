/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/segment.h"

#include <stdio.h>
#include <string.h>

#define SEGMENT_MAGIC   "ATLOGSEG"
#define SEGMENT_VERSION 1
#define TAG_RECORD      0xa1u
#define TAG_EXPIRED     0xe0u
#define NAME_DIGITS     20

void
segment_name(uint64_t first_index, char out[SEGMENT_NAME_SIZE])
{
	snprintf(out, SEGMENT_NAME_SIZE, "%020llu.seg", (unsigned long long)first_index);
}

bool
segment_name_parse(const char *name, uint64_t *first_index)
{
	char again[SEGMENT_NAME_SIZE];
	uint64_t v = 0;

	for (size_t i = 0; i < NAME_DIGITS; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(name[i] - '0');
	}
	segment_name(v, again);
	if (v > MAX_TLOG_SIZE || strcmp(name, again) != 0)
		return false;
	*first_index = v;
	return true;
}

void
segment_header_emit(struct buf *out, uint32_t file_size, uint64_t first_index)
{
	static const uint8_t zeros[SEGMENT_HEADER_SIZE - 24];

	buf_str(out, SEGMENT_MAGIC);
	buf_le32(out, SEGMENT_VERSION);
	buf_le32(out, file_size);
	buf_le64(out, first_index);
	buf_add(out, BYTES_OF(zeros));
}

void
segment_frame_emit(struct buf *out, const uint8_t leaf_hash[TLOG_HASH_SIZE], struct bytes record)
{
	if (record.size == 0 || record.size > MAX_TLOG_RECORD_SIZE) {
		out->bad = true;
		return;
	}
	buf_le32(out, TAG_RECORD << 24 | (uint32_t)record.size);
	buf_add(out, bytes_of(leaf_hash, TLOG_HASH_SIZE));
	buf_add(out, record);
}

int
segment_reader_init(struct segment_reader *r, struct bytes all, struct err *e)
{
	struct rd rd = rd_from(all);
	struct bytes magic = rd_take(&rd, sizeof(SEGMENT_MAGIC) - 1);
	uint32_t version = rd_le32(&rd);
	uint32_t size = rd_le32(&rd);
	uint64_t first = rd_le64(&rd);
	struct bytes rest = rd_take(&rd, SEGMENT_HEADER_SIZE - 24);

	if (!rd_ok(&rd) || !bytes_is_str(magic, SEGMENT_MAGIC) || !bytes_are_zero(rest))
		return err_set(e, ERR_MALFORMED, "log segment: no header");
	if (version != SEGMENT_VERSION)
		return err_set(e, ERR_UNSUPPORTED, "log segment: version %u, want %d", version,
		    SEGMENT_VERSION);
	if (size != all.size)
		return err_set(e, ERR_MALFORMED, "log segment: %zu bytes, its header says %u",
		    all.size, size);
	*r = (struct segment_reader){ .all = all,
		.offset = SEGMENT_HEADER_SIZE,
		.first_index = first };
	return 0;
}

bool
segment_frame_parse(struct bytes from, struct segment_frame *f)
{
	struct rd rd = rd_from(from);
	struct segment_frame q = { 0 };
	uint32_t word = rd_le32(&rd);
	uint32_t tag = word >> 24, size = word & 0xffffff;
	uint8_t hash[TLOG_HASH_SIZE];

	rd_copy(&rd, q.leaf_hash, sizeof(q.leaf_hash));
	if (!rd_ok(&rd))
		return false;
	if (tag == TAG_EXPIRED && size == 0) {
		*f = q;
		return true;
	}
	q.record = rd_take(&rd, size);
	if (tag != TAG_RECORD || size == 0 || size > MAX_TLOG_RECORD_SIZE || !rd_ok(&rd))
		return false;
	tlog_leaf_hash(q.record, hash);
	if (memcmp(hash, q.leaf_hash, sizeof(hash)) != 0)
		return false;
	*f = q;
	return true;
}

enum segment_step
segment_next(struct segment_reader *r, struct segment_frame *f)
{
	struct bytes left = bytes_slice(r->all, r->offset, r->all.size);
	struct bytes head = bytes_slice(left, 0, 4);

	if (head.size < 4 || bytes_are_zero(head))
		return bytes_are_zero(left) ? SEGMENT_END : SEGMENT_TORN;
	if (!segment_frame_parse(left, f))
		return SEGMENT_TORN;
	f->offset = r->offset;
	r->offset += SEGMENT_FRAME_SIZE + f->record.size;
	return SEGMENT_FRAME;
}
