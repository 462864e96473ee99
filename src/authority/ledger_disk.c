/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/ledger_impl.h"

#include "authority/files.h"
#include "base/log.h"
#include "tlog/tile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MODULE      "ledger"
#define CHECKPOINT_NAME "checkpoint"
#define NEW_SEGMENT     "segment.tmp"

static int
add_segment(struct ledger *l, uint64_t first_index, uint32_t size, struct err *e)
{
	if (l->segment_count == l->segment_room) {
		size_t room = l->segment_room == 0 ? 16 : l->segment_room * 2;
		struct ledger_segment *p = realloc(l->segments, room * sizeof(*p));

		if (p == NULL)
			return err_set(e, ERR_LIMIT, "log: out of memory for segments");
		l->segments = p;
		l->segment_room = room;
	}
	l->segments[l->segment_count++] = (struct ledger_segment){ first_index, size };
	return 0;
}

static int
compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The first indexes of all segments, ascending; the caller frees. */
static int
list_segments(int dir_fd, uint64_t **out, size_t *count, struct err *e)
{
	DEFER(freep) uint64_t *list = NULL;
	size_t n = 0, room = 0;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return err_set(e, ERR_IO, "log: its folder: %s", strerror(errno));
	}
	/* The end and a failure look alike but for errno; segments that were not seen would be called lost. */
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		uint64_t first;

		if (!segment_name_parse(entry->d_name, &first))
			continue;
		if (n == room) {
			uint64_t *p = realloc(list, (room + 64) * sizeof(*p));

			if (p == NULL) {
				closedir(dir);
				return err_set(e, ERR_LIMIT, "log: out of memory for segments");
			}
			list = p;
			room += 64;
		}
		list[n++] = first;
	}
	int failure = errno;

	closedir(dir);
	if (failure != 0)
		return err_set(e, ERR_IO, "log: its folder: %s", strerror(failure));
	if (n > 0)
		qsort(list, n, sizeof(*list), compare_u64);
	*out = TAKE(list);
	*count = n;
	return 0;
}

/*
 * What stands behind the last whole record was never synced with it, so it was never answered. Only after the checkpoints
 * have agreed: damage in the middle of the last segment looks the same, and must not be made worse.
 */
static int
cut_tail(struct ledger *l, struct err *e)
{
	if (!l->has_torn_tail)
		return 0;
	TRY(file_zero(l->segment_fd, l->segment_used, l->segment_end - l->segment_used, e));
	if (fdatasync(l->segment_fd) < 0)
		return err_set(e, ERR_IO, "log: last segment: %s", strerror(errno));
	log_warn("a torn tail was cut off", "offset=%zu records=%llu", l->segment_used,
	    (unsigned long long)l->tree.size);
	l->has_torn_tail = false;
	return 0;
}

static int
recover_segment(struct ledger *l, uint64_t first_index, bool is_last, struct err *e)
{
	DEFER(buf_release) struct buf all = { 0 };
	char name[SEGMENT_NAME_SIZE];
	struct segment_reader r;
	struct segment_frame f;
	enum segment_step step;

	segment_name(first_index, name);
	buf_init(&all, MAX_SEGMENT_SIZE);
	TRY(file_read(l->dir_fd, name, MAX_SEGMENT_SIZE, &all, e));
	TRY(segment_reader_init(&r, buf_bytes(&all), e));
	if (r.first_index != first_index || first_index != l->tree.size)
		return err_set(e, ERR_MALFORMED, "log: %s does not follow on %llu records", name,
		    (unsigned long long)l->tree.size);
	TRY(add_segment(l, first_index, (uint32_t)all.size, e));
	while ((step = segment_next(&r, &f)) == SEGMENT_FRAME)
		TRY(ledger_add_leaf(l, f.leaf_hash, (uint32_t)f.offset, e));
	if (step == SEGMENT_TORN && !is_last)
		return err_set(e, ERR_MALFORMED, "log: %s is damaged at byte %zu", name, r.offset);
	l->has_torn_tail = step == SEGMENT_TORN;
	if (is_last) {
		l->segment_fd = openat(l->dir_fd, name, O_RDWR | O_CLOEXEC);
		if (l->segment_fd < 0)
			return err_set(e, ERR_IO, "log: %s: %s", name, strerror(errno));
		l->segment_used = r.offset;
		l->segment_end = all.size;
	}
	return 0;
}

/* The log may be longer than what was signed, never shorter, and its beginning never another. */
static int
check_head(struct ledger *l, const char *whence, uint64_t size, const uint8_t root[TLOG_HASH_SIZE],
    struct err *e)
{
	uint8_t now[TLOG_HASH_SIZE];

	if (size > l->tree.size)
		return err_set(e, ERR_CONFLICT,
		    "log: %s is for %llu records, but only %llu are there: records were lost",
		    whence, (unsigned long long)size, (unsigned long long)l->tree.size);
	TRY(tlog_tree_root(&l->tree, size, now, e));
	if (memcmp(now, root, sizeof(now)) != 0)
		return err_set(e, ERR_CONFLICT,
		    "log: %s for %llu records has another root: records were changed", whence,
		    (unsigned long long)size);
	return 0;
}

static int
check_checkpoint_file(struct ledger *l, struct err *e)
{
	DEFER(buf_release) struct buf note = { 0 };
	struct err why = { 0 };
	struct checkpoint c;
	bool good = false;

	buf_init(&note, MAX_CHECKPOINT_SIZE);
	if (file_read(l->dir_fd, CHECKPOINT_NAME, MAX_CHECKPOINT_SIZE, &note, &why) < 0) {
		if (why.code == ERR_MISSING)
			return 0;
		return err_set(e, why.code, "log: %.200s", why.msg);
	}
	/* A file that no longer reads says nothing; the store's copy still speaks. */
	if (checkpoint_parse(buf_bytes(&note), &c, &why) < 0 ||
	    checkpoint_verify(&c, buf_bytes(&l->log_key), &good, &why) < 0 || !good) {
		log_warn("the checkpoint file is not ours or damaged; it is passed over", "why=%s",
		    why.msg);
		return 0;
	}
	TRY(check_head(l, "the checkpoint file", c.size, c.root, e));
	l->published_size = c.size;
	return 0;
}

/* Full tiles whose file is there with its whole size need no writing. */
static void
find_tiles(struct ledger *l)
{
	for (unsigned level = 0; level < TLOG_TILE_LEVELS; level++) {
		uint64_t full = l->tree.levels[level].count / TLOG_TILE_WIDTH;
		char path[MAX_TILE_PATH_SIZE];
		struct stat st;

		for (l->tiles_done[level] = 0; l->tiles_done[level] < full;
		     l->tiles_done[level]++) {
			tile_path(level, l->tiles_done[level], TLOG_TILE_WIDTH, path);
			if (fstatat(l->dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			    st.st_size != TLOG_TILE_WIDTH * TLOG_HASH_SIZE)
				break;
		}
	}
}

int
ledger_recover(struct ledger *l, const struct ledger_memory *last, struct err *e)
{
	DEFER(freep) uint64_t *list = NULL;
	size_t count = 0;

	TRY(list_segments(l->dir_fd, &list, &count, e));
	for (size_t i = 0; i < count; i++)
		TRY(recover_segment(l, list[i], i + 1 == count, e));
	TRY(check_checkpoint_file(l, e));
	if (last->known)
		TRY(check_head(l, "the checkpoint in the store", last->size, last->root, e));
	TRY(cut_tail(l, e));
	find_tiles(l);
	/* Whatever the file says, the first publication writes a head of today's size. */
	if (l->published_size == l->tree.size && l->tree.size > 0)
		l->published_size = 0;
	return 0;
}

/* Zeros are written, not only promised: a full disk shows here, and no later sync has to make room in the file system. */
static int
make_segment(struct ledger *l, int fd, struct err *e)
{
	DEFER(buf_release) struct buf head = { 0 };

	buf_init(&head, SEGMENT_HEADER_SIZE);
	segment_header_emit(&head, l->segment_size, l->tree.size);
	if (!buf_ok(&head))
		return err_set(e, ERR_LIMIT, "log: out of memory");
	TRY(file_write_at(fd, buf_bytes(&head), 0, e));
	TRY(file_zero(fd, SEGMENT_HEADER_SIZE, l->segment_size - SEGMENT_HEADER_SIZE, e));
	if (fsync(fd) < 0)
		return err_set(e, ERR_IO, "log: new segment: %s", strerror(errno));
	return 0;
}

int
ledger_roll(struct ledger *l, struct err *e)
{
	char name[SEGMENT_NAME_SIZE];
	int fd = openat(l->dir_fd, NEW_SEGMENT, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int added;

	if (fd < 0)
		return err_set(e, ERR_IO, "log: new segment: %s", strerror(errno));
	segment_name(l->tree.size, name);
	if (make_segment(l, fd, e) < 0 ||
	    (renameat(l->dir_fd, NEW_SEGMENT, l->dir_fd, name) < 0 &&
		err_set(e, ERR_IO, "log: %s: %s", name, strerror(errno)) < 0) ||
	    (fsync(l->dir_fd) < 0 &&
		err_set(e, ERR_IO, "log: %s: %s", name, strerror(errno)) < 0)) {
		close(fd);
		(void)unlinkat(l->dir_fd, NEW_SEGMENT, 0);
		return -1;
	}
	pthread_mutex_lock(&l->lock);
	/* A retry of a roll that failed after the rename finds its segment in the list. */
	added =
	    l->segment_count > 0 && l->segments[l->segment_count - 1].first_index == l->tree.size
	    ? 0
	    : add_segment(l, l->tree.size, l->segment_size, e);
	pthread_mutex_unlock(&l->lock);
	if (added < 0) {
		close(fd);
		return -1;
	}
	if (l->segment_fd >= 0)
		close(l->segment_fd);
	l->segment_fd = fd;
	l->segment_used = SEGMENT_HEADER_SIZE;
	l->segment_end = l->segment_size;
	return 0;
}

static int
write_tile(struct ledger *l, unsigned level, uint64_t n, unsigned width, struct err *e)
{
	char path[MAX_TILE_PATH_SIZE];
	struct bytes tile;

	TRY(tlog_tree_tile(&l->tree, level, n, width, &tile, e));
	tile_path(level, n, width, path);
	return file_replace(l->dir_fd, path, tile, false, e);
}

/* The partial tile that a wider one has replaced. */
static void
drop_partial(struct ledger *l, unsigned level, uint64_t n, unsigned width, bool tile_is_full)
{
	char path[MAX_TILE_PATH_SIZE], *slash;

	tile_path(level, n, width, path);
	(void)unlinkat(l->dir_fd, path, 0);
	slash = strrchr(path, '/');
	if (tile_is_full && slash != NULL) {
		*slash = '\0';
		(void)unlinkat(l->dir_fd, path, AT_REMOVEDIR);
	}
}

static int
publish_level(struct ledger *l, unsigned level, struct err *e)
{
	uint64_t count = l->tree.levels[level].count, full = count / TLOG_TILE_WIDTH;
	uint64_t partial_n = l->tiles_done[level];
	unsigned width = (unsigned)(count % TLOG_TILE_WIDTH), old = l->partial_width[level];

	for (; l->tiles_done[level] < full; l->tiles_done[level]++)
		TRY(write_tile(l, level, l->tiles_done[level], TLOG_TILE_WIDTH, e));
	if (width > 0 && (width != old || full != partial_n))
		TRY(write_tile(l, level, full, width, e));
	l->partial_width[level] = width;
	if (old > 0 && (full != partial_n || width != old))
		drop_partial(l, level, partial_n, old, full != partial_n);
	return 0;
}

int
ledger_publish(struct ledger *l, bool sync, struct err *e)
{
	DEFER(buf_release) struct buf note = { 0 };
	uint64_t size;
	int signed_now;

	buf_init(&note, MAX_CHECKPOINT_SIZE);
	pthread_mutex_lock(&l->lock);
	signed_now = ledger_sign(l, e);
	if (signed_now == 0)
		buf_add(&note, buf_bytes(&l->note));
	size = l->note_size;
	pthread_mutex_unlock(&l->lock);
	TRY(signed_now);
	if (!buf_ok(&note))
		return err_set(e, ERR_LIMIT, "log: out of memory");
	for (unsigned level = 0; level < TLOG_TILE_LEVELS; level++)
		TRY(publish_level(l, level, e));
	TRY(file_replace(l->dir_fd, CHECKPOINT_NAME, buf_bytes(&note), sync, e));
	l->published_size = size;
	return 0;
}

/* The segment that INDEX stands in: the last one that begins at or before it. Under the lock. */
static const struct ledger_segment *
segment_of(const struct ledger *l, uint64_t index)
{
	size_t low = 0, high = l->segment_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (l->segments[middle].first_index <= index)
			low = middle;
		else
			high = middle;
	}
	return &l->segments[low];
}

int
ledger_read(struct ledger *l, uint64_t index, struct buf *out, struct err *e)
{
	uint8_t room[SEGMENT_FRAME_SIZE + MAX_TLOG_RECORD_SIZE];
	char name[SEGMENT_NAME_SIZE];
	struct segment_frame f;
	uint32_t offset;
	ssize_t got;

	pthread_mutex_lock(&l->lock);
	if (index >= l->tree.size) {
		pthread_mutex_unlock(&l->lock);
		return err_set(e, ERR_MISSING, "log: no record %llu", (unsigned long long)index);
	}
	segment_name(segment_of(l, index)->first_index, name);
	offset = l->offsets[index];
	pthread_mutex_unlock(&l->lock);

	DEFER(closep) int fd = openat(l->dir_fd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, ERR_IO, "log: %s: %s", name, strerror(errno));
	got = pread(fd, room, sizeof(room), offset);
	if (got < 0)
		return err_set(e, ERR_IO, "log: %s: %s", name, strerror(errno));
	if (!segment_frame_parse(bytes_of(room, (size_t)got), &f))
		return err_set(e, ERR_IO, "log: record %llu no longer reads",
		    (unsigned long long)index);
	buf_clear(out);
	buf_add(out, f.record);
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "log: out of memory");
	return 0;
}
