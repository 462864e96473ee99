/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment: a file of the log, of fixed size, written from the front, with room reserved for what comes.
 *
 *	header, 64 bytes: "ATLOGSEG" · u32 LE version 1 · u32 LE size of the file · u64 LE index of the first record · zeros
 *	frames:           u32 LE (0xA1 << 24 | size) · leaf hash 32 · record
 *	                  u32 LE (0xE0 << 24)        · leaf hash 32                 a record whose body has expired
 *	zeros to the end
 *
 * The leaf hash in front of a record is its checksum: a frame that was cut by a crash does not hash to it. Files are
 * named by their first index, "00000000000000000000.seg". Reading is pure, over bytes; writing is the ledger's.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "tlog/record.h"
#include "tlog/tree.h"

#define SEGMENT_HEADER_SIZE  64
#define SEGMENT_FRAME_SIZE   36 /* in front of a record */
#define MIN_SEGMENT_SIZE     65536
#define MAX_SEGMENT_SIZE     67108864
#define DEFAULT_SEGMENT_SIZE 4194304
#define SEGMENT_NAME_SIZE    32

struct segment_frame {
	size_t offset; /* of the frame in the file */
	uint8_t leaf_hash[TLOG_HASH_SIZE];
	struct bytes record; /* p == NULL: expired */
};

enum segment_step {
	SEGMENT_FRAME, /* one frame */
	SEGMENT_END,   /* only zeros follow, or nothing */
	SEGMENT_TORN,  /* something that is no frame */
};

struct segment_reader {
	struct bytes all;
	size_t offset;
	uint64_t first_index;
};

void segment_name(uint64_t first_index, char out[SEGMENT_NAME_SIZE]);
bool segment_name_parse(const char *name, uint64_t *first_index) MUST_CHECK;
void segment_header_emit(struct buf *out, uint32_t file_size, uint64_t first_index);
void segment_frame_emit(struct buf *out, const uint8_t leaf_hash[TLOG_HASH_SIZE],
    struct bytes record);
/* ERR_MALFORMED, ERR_UNSUPPORTED for the header; views into ALL. */
int segment_reader_init(struct segment_reader *r, struct bytes all, struct err *e) MUST_CHECK;
/* The next step; the reader stays in front of what is no frame. */
enum segment_step segment_next(struct segment_reader *r, struct segment_frame *f);
/* The frame at OFFSET, as in an open file; false for anything else. */
bool segment_frame_parse(struct bytes from, struct segment_frame *f) MUST_CHECK;
