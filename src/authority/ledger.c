/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/ledger.h"

#include "authority/files.h"
#include "authority/ledger_impl.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "net/ipc.h"
#include "tlog/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOG_MODULE "ledger"
/* How old the published head may be while records come in. */
#define PUBLISH_MS  250
#define REMEMBER_MS 5000
/* A process that was just killed lets its lock go in a moment. */
#define LOCK_TRIES   40
#define LOCK_WAIT_NS 50000000
/* Frames looked at for one LOG_RECORDS, whoever they belong to. */
#define MAX_SCANNED 4096

int
ledger_add_leaf(struct ledger *l, const uint8_t leaf[TLOG_HASH_SIZE], uint32_t offset,
    struct err *e)
{
	uint64_t index = l->tree.size;

	if (index >= l->offset_room) {
		size_t room = l->offset_room == 0 ? 1024 : l->offset_room * 2;
		uint32_t *p = realloc(l->offsets, room * sizeof(*p));

		if (p == NULL)
			return err_set(e, ERR_LIMIT, "log: out of memory for offsets");
		l->offsets = p;
		l->offset_room = room;
	}
	if (!leaf_index_reserve(&l->index, &l->tree))
		return err_set(e, ERR_LIMIT, "log: out of memory for the index");
	TRY(tlog_tree_append(&l->tree, leaf, e));
	l->offsets[index] = offset;
	leaf_index_add(&l->index, &l->tree, index);
	return 0;
}

int
ledger_sign(struct ledger *l, struct err *e)
{
	uint8_t root[TLOG_HASH_SIZE];

	if (l->note.size > 0 && l->note_size == l->tree.size)
		return 0;
	TRY(tlog_tree_root(&l->tree, l->tree.size, root, e));
	buf_clear(&l->note);
	if (checkpoint_emit(buf_bytes(&l->origin), l->tree.size, root, l->key, &l->note, e) < 0) {
		buf_clear(&l->note);
		return -1;
	}
	l->note_size = l->tree.size;
	return 0;
}

static void
set_broken(struct ledger *l)
{
	pthread_mutex_lock(&l->lock);
	l->broken = true;
	pthread_mutex_unlock(&l->lock);
}

/* One write and one sync for all of them; where each frame begins goes to OFFSETS. */
static int
write_group(struct ledger *l, struct ledger_entry *const *group, size_t count, uint32_t *offsets,
    struct err *e)
{
	DEFER(buf_release) struct buf frames = { 0 };

	buf_init(&frames, MAX_SEGMENT_SIZE);
	for (size_t i = 0; i < count; i++) {
		offsets[i] = (uint32_t)frames.size;
		segment_frame_emit(&frames, group[i]->leaf_hash, buf_bytes(&group[i]->record));
	}
	if (!buf_ok(&frames))
		return err_set(e, ERR_LIMIT, "log: out of memory for a group");
	if (l->segment_fd < 0 || frames.size > l->segment_end - l->segment_used)
		TRY(ledger_roll(l, e));
	for (size_t i = 0; i < count; i++)
		offsets[i] += (uint32_t)l->segment_used;
	if (file_write_at(l->segment_fd, buf_bytes(&frames), l->segment_used, e) < 0 ||
	    (fdatasync(l->segment_fd) < 0 &&
		err_set(e, ERR_IO, "log: sync: %s", strerror(errno)) < 0)) {
		struct err again = { 0 };

		/* Nobody was answered: put the zeros back, so that what comes next begins where this did. */
		if (file_zero(l->segment_fd, l->segment_used, frames.size, &again) < 0 ||
		    fdatasync(l->segment_fd) < 0)
			set_broken(l);
		return -1;
	}
	l->segment_used += frames.size;
	return 0;
}

static void
commit_group(struct ledger *l, struct ledger_entry *const *group, size_t count)
{
	uint32_t offsets[MAX_LEDGER_GROUP];
	struct err why = { 0 };
	uint64_t first = l->tree.size;
	size_t added = 0;

	if (l->broken)
		(void)err_set(&why, ERR_IO, "log: the disk failed; restart to recover");
	else if (write_group(l, group, count, offsets, &why) < 0)
		log_error("records could not be written", "count=%zu why=%s", count, why.msg);
	if (why.code == ERR_NONE) {
		pthread_mutex_lock(&l->lock);
		while (added < count &&
		    ledger_add_leaf(l, group[added]->leaf_hash, offsets[added], &why) == 0)
			added++;
		/* Durable, but not in our tree: only a restart brings the two together. */
		if (added < count)
			l->broken = true;
		pthread_mutex_unlock(&l->lock);
	}
	for (size_t i = 0; i < count; i++)
		group[i]->done(group[i], first + i, i < added ? NULL : &why);
}

static void
tell_memory(struct ledger *l, uint64_t now)
{
	DEFER(buf_release) struct buf note = { 0 };
	uint8_t root[TLOG_HASH_SIZE];
	struct err e = { 0 };
	int done;

	buf_init(&note, MAX_CHECKPOINT_SIZE);
	pthread_mutex_lock(&l->lock);
	done = ledger_sign(l, &e);
	buf_add(&note, buf_bytes(&l->note));
	pthread_mutex_unlock(&l->lock);
	l->remembered_ms = now;
	if (done < 0 || !buf_ok(&note) || tlog_tree_root(&l->tree, l->tree.size, root, &e) < 0) {
		log_error("the checkpoint could not be remembered", "why=%s", e.msg);
		return;
	}
	l->remembered_size = l->tree.size;
	l->remember(l->user, l->tree.size, root, buf_bytes(&note));
}

static void
publish_if_due(struct ledger *l, bool last)
{
	uint64_t now = clock_ms();
	bool fresh = l->published_size != l->tree.size || (last && l->tree.size > 0);
	bool remember = l->remember != NULL && l->remembered_size != l->tree.size &&
	    (last || now - l->remembered_ms >= REMEMBER_MS);
	struct err e = { 0 };

	if (fresh && (last || now - l->published_ms >= PUBLISH_MS)) {
		l->published_ms = now;
		if (ledger_publish(l, true, &e) < 0) {
			log_error("the checkpoint could not be published", "why=%s", e.msg);
			return;
		}
	}
	if (remember)
		tell_memory(l, now);
}

/* Waits for work, or until something is due; takes a group that fits in one segment. Under the lock. */
static size_t
take_group(struct ledger *l, struct ledger_entry **group)
{
	size_t count = 0, size = 0;

	if (l->first == NULL && !l->stopping) {
		bool due = l->published_size != l->tree.size ||
		    (l->remember != NULL && l->remembered_size != l->tree.size);
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += (long)PUBLISH_MS * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (due)
			(void)pthread_cond_timedwait(&l->wake, &l->lock, &until);
		else
			(void)pthread_cond_wait(&l->wake, &l->lock);
	}
	while (count < MAX_LEDGER_GROUP && l->first != NULL) {
		size_t frame = SEGMENT_FRAME_SIZE + l->first->record.size;

		if (count > 0 && size + frame > l->segment_size - SEGMENT_HEADER_SIZE)
			break;
		size += frame;
		group[count++] = l->first;
		l->first = l->first->next;
		l->queued--;
	}
	if (l->first == NULL)
		l->last = &l->first;
	return count;
}

static void *
writer_main(void *arg)
{
	struct ledger *l = arg;
	struct ledger_entry *group[MAX_LEDGER_GROUP];

	for (;;) {
		size_t count;
		bool stop;

		pthread_mutex_lock(&l->lock);
		count = take_group(l, group);
		stop = l->stopping && count == 0 && l->first == NULL;
		pthread_mutex_unlock(&l->lock);
		if (count > 0)
			commit_group(l, group, count);
		publish_if_due(l, stop);
		if (stop)
			return NULL;
	}
}

static int
take_lock(struct ledger *l, struct err *e)
{
	const struct timespec pause = { 0, LOCK_WAIT_NS };

	l->lock_fd = openat(l->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (l->lock_fd < 0)
		return err_set(e, ERR_IO, "log: lock: %s", strerror(errno));
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(l->lock_fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(e, ERR_IO, "log: lock: %s", strerror(errno));
		nanosleep(&pause, NULL);
	}
	return err_set(e, ERR_CONFLICT, "log: another process has it open");
}

static struct ledger *
ledger_new(const struct ledger_config *config)
{
	struct ledger *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;

	if (l == NULL)
		return NULL;
	l->dir_fd = l->lock_fd = l->segment_fd = -1;
	l->key = config->key;
	l->segment_size = config->segment_size == 0 ? DEFAULT_SEGMENT_SIZE : config->segment_size;
	l->remember = config->remember;
	l->user = config->user;
	l->last = &l->first;
	buf_init(&l->origin, MAX_LOG_NAME_SIZE);
	buf_init(&l->log_key, MAX_LOG_KEY_SIZE);
	buf_init(&l->note, MAX_CHECKPOINT_SIZE);
	tlog_tree_init(&l->tree);
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &attr);
	pthread_condattr_destroy(&attr);
	return l;
}

int
ledger_open(const struct ledger_config *config, struct ledger **out, struct err *e)
{
	DEFER(ledger_closep) struct ledger *l = ledger_new(config);

	if (l == NULL)
		return err_set(e, ERR_LIMIT, "log: out of memory");
	if (l->segment_size < MIN_SEGMENT_SIZE || l->segment_size > MAX_SEGMENT_SIZE)
		return err_set(e, ERR_INVALID, "log: segments of %u bytes, want %d to %d",
		    l->segment_size, MIN_SEGMENT_SIZE, MAX_SEGMENT_SIZE);
	buf_add(&l->origin, config->origin);
	if (!buf_ok(&l->origin))
		return err_set(e, ERR_LIMIT, "log: a name of %zu bytes", config->origin.size);
	TRY(log_key_emit(config->origin, privkey_public(config->key), &l->log_key, e));
	TRY(folder_open(config->dir, &l->dir_fd, e));
	TRY(take_lock(l, e));
	TRY(ledger_recover(l, &config->last, e));
	l->remembered_size = config->last.known ? config->last.size : 0;
	TRY(file_replace(l->dir_fd, "log.vkey", buf_bytes(&l->log_key), true, e));
	if (pthread_create(&l->writer, NULL, writer_main, l) != 0)
		return err_set(e, ERR_LIMIT, "log: no thread");
	l->has_writer = true;
	*out = TAKE(l);
	return 0;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	if (l->has_writer) {
		pthread_mutex_lock(&l->lock);
		l->stopping = true;
		pthread_cond_signal(&l->wake);
		pthread_mutex_unlock(&l->lock);
		pthread_join(l->writer, NULL);
	}
	closep(&l->segment_fd);
	closep(&l->lock_fd);
	closep(&l->dir_fd);
	tlog_tree_release(&l->tree);
	leaf_index_release(&l->index);
	free(l->offsets);
	free(l->segments);
	buf_release(&l->note);
	buf_release(&l->origin);
	buf_release(&l->log_key);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->wake);
	free(l);
}

void
ledger_closep(struct ledger **l)
{
	ledger_close(*l);
	*l = NULL;
}

int
ledger_append(struct ledger *l, struct ledger_entry *entry, struct err *e)
{
	bool is_first = false;
	int result = 0;

	if (!buf_ok(&entry->record) || entry->record.size == 0 ||
	    entry->record.size > MAX_TLOG_RECORD_SIZE)
		return err_set(e, ERR_LIMIT, "log: a record of %zu bytes, at most %d",
		    entry->record.size, MAX_TLOG_RECORD_SIZE);
	tlog_leaf_hash(buf_bytes(&entry->record), entry->leaf_hash);
	entry->next = NULL;
	pthread_mutex_lock(&l->lock);
	if (l->broken || l->stopping)
		result = err_set(e, ERR_IO, "log: %s", l->broken ? "the disk failed" : "closing");
	else if (l->queued >= MAX_LEDGER_QUEUED)
		result = err_set(e, ERR_BUSY, "log: %zu records wait to be written", l->queued);
	if (result == 0) {
		is_first = l->first == NULL;
		*l->last = entry;
		l->last = &entry->next;
		l->queued++;
	}
	pthread_mutex_unlock(&l->lock);
	/* The writer waits for an empty queue to have one; woken under the lock it would only wait again, for that. */
	if (is_first)
		pthread_cond_signal(&l->wake);
	return result;
}

struct waiting {
	struct ledger_entry entry; /* the first member: DONE is given its address */
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool over;
	uint64_t index;
	struct err why;
};

static void
waiting_done(struct ledger_entry *entry, uint64_t index, const struct err *why)
{
	struct waiting *w = (struct waiting *)entry;

	pthread_mutex_lock(&w->lock);
	w->index = index;
	if (why != NULL)
		w->why = *why;
	w->over = true;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

int
ledger_append_now(struct ledger *l, const struct tlog_record *record, uint64_t *index,
    struct err *e)
{
	struct waiting w = { .entry.done = waiting_done };
	int result;

	buf_init(&w.entry.record, MAX_TLOG_RECORD_SIZE);
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.cond, NULL);
	tlog_record_emit(&w.entry.record, record);
	result = ledger_append(l, &w.entry, e);
	pthread_mutex_lock(&w.lock);
	while (result == 0 && !w.over)
		pthread_cond_wait(&w.cond, &w.lock);
	pthread_mutex_unlock(&w.lock);
	if (result == 0 && w.why.code != ERR_NONE)
		result = err_set(e, w.why.code, "%s", w.why.msg);
	if (result == 0)
		*index = w.index;
	pthread_mutex_destroy(&w.lock);
	pthread_cond_destroy(&w.cond);
	buf_release(&w.entry.record);
	return result;
}

bool
ledger_is_broken(struct ledger *l)
{
	bool broken;

	pthread_mutex_lock(&l->lock);
	broken = l->broken;
	pthread_mutex_unlock(&l->lock);
	return broken;
}

uint64_t
ledger_size(struct ledger *l)
{
	uint64_t size;

	pthread_mutex_lock(&l->lock);
	size = l->tree.size;
	pthread_mutex_unlock(&l->lock);
	return size;
}

size_t
ledger_queued(struct ledger *l)
{
	size_t queued;

	pthread_mutex_lock(&l->lock);
	queued = l->queued;
	pthread_mutex_unlock(&l->lock);
	return queued;
}

int
ledger_checkpoint(struct ledger *l, struct buf *out, struct err *e)
{
	int result;

	pthread_mutex_lock(&l->lock);
	result = ledger_sign(l, e);
	if (result == 0)
		buf_add(out, buf_bytes(&l->note));
	pthread_mutex_unlock(&l->lock);
	if (result == 0 && !buf_ok(out))
		return err_set(e, ERR_LIMIT, "log: out of memory");
	return result;
}

int
ledger_tile(struct ledger *l, unsigned level, uint64_t n, unsigned width, struct buf *out,
    struct err *e)
{
	struct bytes tile;
	int result;

	pthread_mutex_lock(&l->lock);
	result = tlog_tree_tile(&l->tree, level, n, width, &tile, e);
	if (result == 0)
		buf_add(out, tile);
	pthread_mutex_unlock(&l->lock);
	if (result == 0 && !buf_ok(out))
		return err_set(e, ERR_LIMIT, "log: out of memory");
	return result;
}

/* Under the lock: index, path and head for the record of this hash, all of one size. */
static int
prove_locked(struct ledger *l, struct tlog_bundle *b, struct buf *note, struct err *e)
{
	if (!leaf_index_find(&l->index, &l->tree, b->leaf_hash, &b->leaf_index))
		return err_set(e, ERR_MISSING, "log: no such record");
	TRY(ledger_sign(l, e));
	b->tree_size = l->note_size;
	TRY(tlog_tree_inclusion(&l->tree, b->leaf_index, b->tree_size, &b->proof, e));
	buf_add(note, buf_bytes(&l->note));
	return 0;
}

int
ledger_prove(struct ledger *l, struct bytes instance, const uint8_t leaf_hash[TLOG_HASH_SIZE],
    struct buf *out, struct err *e)
{
	DEFER(buf_release) struct buf note = { 0 };
	DEFER(buf_release) struct buf raw = { 0 };
	struct tlog_bundle b = { 0 };
	struct tlog_record record;
	int found;

	buf_init(&note, MAX_CHECKPOINT_SIZE);
	buf_init(&raw, MAX_TLOG_RECORD_SIZE);
	memcpy(b.leaf_hash, leaf_hash, TLOG_HASH_SIZE);
	pthread_mutex_lock(&l->lock);
	found = prove_locked(l, &b, &note, e);
	pthread_mutex_unlock(&l->lock);
	TRY(found);
	TRY(ledger_read(l, b.leaf_index, &raw, e));
	TRY(tlog_record_parse(buf_bytes(&raw), &record, e));
	/* The same words as for a hash that is nowhere: other instances' records are none of the asker's business. */
	if (!bytes_eq(record.instance, instance))
		return err_set(e, ERR_MISSING, "log: no such record");
	b.record = buf_bytes(&raw);
	b.checkpoint = buf_bytes(&note);
	tlog_bundle_emit(out, &b);
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "log: out of memory");
	return 0;
}

int
ledger_records(struct ledger *l, struct bytes instance, uint64_t from, size_t count,
    size_t max_size, struct buf *out, struct err *e)
{
	DEFER(buf_release) struct buf raw = { 0 };
	DEFER(buf_release) struct buf found = { 0 };
	uint64_t size = ledger_size(l), at = from;
	size_t taken = 0;

	buf_init(&raw, MAX_TLOG_RECORD_SIZE);
	buf_init(&found, max_size);
	for (size_t scanned = 0; at < size && taken < count && scanned < MAX_SCANNED;
	     at++, scanned++) {
		struct tlog_record record;

		TRY(ledger_read(l, at, &raw, e));
		if (raw.size == 0)
			continue;
		TRY(tlog_record_parse(buf_bytes(&raw), &record, e));
		if (!bytes_eq(record.instance, instance))
			continue;
		if (found.size + raw.size + 32 > max_size)
			break;
		buf_le64(&found, at);
		ipc_put(&found, buf_bytes(&raw));
		taken++;
	}
	buf_le64(out, at < size ? at : size);
	buf_le64(out, size);
	buf_add(out, buf_bytes(&found));
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "log: out of memory");
	return 0;
}
