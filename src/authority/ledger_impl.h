/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the ledger: ledger.c has the queue, the writer thread and the questions, ledger_disk.c the files. */
#pragma once

#include "authority/ledger.h"

#include "authority/leaf_index.h"
#include "authority/segment.h"

#include <pthread.h>

struct ledger_segment {
	uint64_t first_index;
	uint32_t size;
};

struct ledger {
	/* Set when it is opened. */
	struct buf origin, log_key;
	const struct privkey *key;
	uint32_t segment_size;
	void (*remember)(void *user, uint64_t size, const uint8_t root[TLOG_HASH_SIZE],
	    struct bytes note);
	void *user;
	int dir_fd, lock_fd;

	/* The writer's. */
	pthread_t writer;
	bool has_writer;
	int segment_fd; /* -1: the next record begins a segment */
	size_t segment_used, segment_end;
	bool has_torn_tail; /* while it recovers */
	uint64_t published_size, remembered_size;
	uint64_t published_ms, remembered_ms;
	uint64_t tiles_done[TLOG_TILE_LEVELS];    /* full tiles on disk */
	unsigned partial_width[TLOG_TILE_LEVELS]; /* of the partial tile on disk, 0: none */

	/*
	 * Under the lock. The writer alone changes what is below `tree`, so it may read it without.
	 */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct ledger_entry *first, **last;
	size_t queued;
	bool stopping;
	bool broken;
	struct tlog_tree tree;
	struct leaf_index index;
	uint32_t *offsets; /* of each record's frame in its segment */
	size_t offset_room;
	struct ledger_segment *segments;
	size_t segment_count, segment_room;
	struct buf note; /* the newest checkpoint, for note_size records */
	uint64_t note_size;
};

/* Under the lock: one more durable record. On failure nothing has changed. */
int ledger_add_leaf(struct ledger *l, const uint8_t leaf[TLOG_HASH_SIZE], uint32_t offset,
    struct err *e) MUST_CHECK;
/* Under the lock: l->note is for all records afterwards. */
int ledger_sign(struct ledger *l, struct err *e) MUST_CHECK;

int ledger_recover(struct ledger *l, const struct ledger_memory *last, struct err *e) MUST_CHECK;
/* A new segment for records from the tree's size on. */
int ledger_roll(struct ledger *l, struct err *e) MUST_CHECK;
/* Tiles, then the checkpoint file; SYNC: on disk. */
int ledger_publish(struct ledger *l, bool sync, struct err *e) MUST_CHECK;
/* The record of INDEX into OUT (emptied first), empty when expired. Not under the lock. */
int ledger_read(struct ledger *l, uint64_t index, struct buf *out, struct err *e) MUST_CHECK;
