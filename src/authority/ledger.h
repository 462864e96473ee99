/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log on disk: append-only, group commit, recovery (product.md 4, "The log").
 *
 * DIR holds segments (segment.h), tile/ (C2SP tlog-tiles), `checkpoint` (the newest signed note) and `log.vkey` (the
 * verifier key). Records are the truth; tiles are made from them again when they are missing.
 *
 * One writer thread: what has been queued while the last group was being synced is the next group (64 records at most), so
 * a lone record is written at once. An entry's DONE runs when fdatasync() has returned: from then on the record survives
 * a kill or a power cut. A checkpoint is signed only for records that are durable and only after the one before it, which
 * is compared when the ledger is opened: a log that was cut or changed is refused, not continued.
 *
 *	entry->done = answer;
 *	if (ledger_append(l, entry, &e) < 0) …   it will not be called
 */
#pragma once

#include "base/buf.h"
#include "crypto/privkey.h"
#include "tlog/checkpoint.h"
#include "tlog/record.h"

#define MAX_LEDGER_GROUP  64
#define MAX_LEDGER_QUEUED 8192

struct ledger;

/* What was signed last, as another place remembers it (the store). */
struct ledger_memory {
	bool known;
	uint64_t size;
	uint8_t root[TLOG_HASH_SIZE];
};

struct ledger_config {
	const char *dir;           /* made 0700 when absent */
	struct bytes origin;       /* name of the log in checkpoints */
	const struct privkey *key; /* Ed25519; must outlive the ledger */
	uint32_t segment_size;     /* 0: DEFAULT_SEGMENT_SIZE */
	struct ledger_memory last;
	/* Told of a new checkpoint, on the writer thread, every few seconds at most and when the ledger is closed. */
	void (*remember)(void *user, uint64_t size, const uint8_t root[TLOG_HASH_SIZE],
	    struct bytes note);
	void *user;
};

/* The caller's, alive until DONE has run. */
struct ledger_entry {
	struct buf record; /* tlog_record_emit() */
	uint8_t leaf_hash[TLOG_HASH_SIZE];
	/* On the writer thread. WHY is NULL when record INDEX is durable. */
	void (*done)(struct ledger_entry *entry, uint64_t index, const struct err *why);
	struct ledger_entry *next; /* the ledger's */
};

/*
 * Recovers: a tail that was cut by a crash (it was never answered) is zeroed. ERR_CONFLICT: the records contradict the
 * last checkpoint, or another process has the log; ERR_MALFORMED: damage that no crash explains.
 */
int ledger_open(const struct ledger_config *config, struct ledger **out, struct err *e) MUST_CHECK;
/* Writes what is queued, publishes, stops the thread. */
void ledger_close(struct ledger *l);
void ledger_closep(struct ledger **l);

/* ERR_BUSY when the queue is full, ERR_IO when the disk has failed in a way that only a restart can judge. */
int ledger_append(struct ledger *l, struct ledger_entry *entry, struct err *e) MUST_CHECK;
/* Waits; for governance, which is in the log before it takes effect. */
int ledger_append_now(struct ledger *l, const struct tlog_record *record, uint64_t *index,
    struct err *e) MUST_CHECK;

/* Has the disk failed in that way? Whoever holds the ledger ends then, and is started anew. */
bool ledger_is_broken(struct ledger *l);
/* Durable records; those in the queue. */
uint64_t ledger_size(struct ledger *l);
size_t ledger_queued(struct ledger *l);

/* All append to OUT. */
int ledger_checkpoint(struct ledger *l, struct buf *out, struct err *e) MUST_CHECK;
int ledger_tile(struct ledger *l, unsigned level, uint64_t n, unsigned width, struct buf *out,
    struct err *e) MUST_CHECK;
/* A proof document (tlog/bundle.h). ERR_MISSING when there is no such record or it is not INSTANCE's. */
int ledger_prove(struct ledger *l, struct bytes instance, const uint8_t leaf_hash[TLOG_HASH_SIZE],
    struct buf *out, struct err *e) MUST_CHECK;
/* The answer to LOG_RECORDS (protocol.h); stops at MAX_SIZE bytes. */
int ledger_records(struct ledger *l, struct bytes instance, uint64_t from, size_t count,
    size_t max_size, struct buf *out, struct err *e) MUST_CHECK;
