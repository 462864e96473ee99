/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log under 64 requests at once: whoever is answered asks again, so that 64 records are always on their way. CPU of the
 * whole process per record, less a bare write and fdatasync() for each group that the log made, of a group's bytes.
 */
#include "world.h"

#include "base/rand.h"
#include "tlog/record.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#define CONCURRENT MAX_LEDGER_GROUP
#define REQUEST_NS 200000

struct appending {
	struct ledger *ledger;
	struct ledger_entry entries[CONCURRENT];
	pthread_mutex_t lock;
	struct ledger_entry *answered; /* by their `next` */
	int fd;                        /* the bare file */
	size_t at, record_size;
	uint8_t *bytes;
};

static struct appending one;
static atomic_ulong syncs;

/* Instead of the C library's: the same call, counted. */
int
fdatasync(int fd)
{
	atomic_fetch_add(&syncs, 1);
	return (int)syscall(SYS_fdatasync, fd);
}

static void
recorded(struct ledger_entry *entry, uint64_t index, const struct err *why)
{
	(void)index;
	HOLDS(why == NULL);
	pthread_mutex_lock(&one.lock);
	entry->next = one.answered;
	one.answered = entry;
	pthread_mutex_unlock(&one.lock);
}

/* Making a record is the request's work, and measured with it. */
static void
make_record(struct buf *out)
{
	static const uint8_t collateral[6 * 32];
	struct tlog_record r = { .kind = TLOG_TOKEN,
		.at = 1700000000,
		.instance = BYTES("main"),
		.type = BYTES("SgxEnclave"),
		.trace_id = BYTES("01HF7YAT00XXXXXXXXXXXXXXXX"),
		.kid = BYTES("dSmPsWn3KnRbHlKEBgNzmuSX4DVoZXFbWDTdFhD1vZ4="),
		.collateral = BYTES_OF(collateral) };

	rand_bytes(r.salt, sizeof(r.salt));
	tlog_record_emit(out, &r);
	HOLDS(buf_ok(out));
}

/* No two records of a log are equal: another salt, which stands behind version and kind (tlog/record.c). */
static void
resalt(struct buf *record, unsigned number)
{
	static unsigned long turn;
	const uint64_t salt[2] = { ++turn, number };

	memcpy(record->p + 2, salt, sizeof(salt));
}

static struct ledger_entry *
take_answered(void)
{
	struct ledger_entry *all;

	pthread_mutex_lock(&one.lock);
	all = one.answered;
	one.answered = NULL;
	pthread_mutex_unlock(&one.lock);
	return all;
}

/* COUNT records, 64 of them on their way at any time; as long as a request takes, nobody asks anew. */
static void
append_many(unsigned count)
{
	unsigned sent = 0, answered = 0;
	struct err e = { 0 };

	for (; sent < CONCURRENT; sent++) {
		resalt(&one.entries[sent].record, sent);
		MUST(&e, ledger_append(one.ledger, &one.entries[sent], &e));
	}
	while (answered < sent) {
		const struct timespec pause = { 0, REQUEST_NS };
		struct ledger_entry *next;

		nanosleep(&pause, NULL);
		for (struct ledger_entry *i = take_answered(); i != NULL; i = next) {
			next = i->next;
			answered++;
			if (sent < count) {
				resalt(&i->record, sent);
				MUST(&e, ledger_append(one.ledger, i, &e));
				sent++;
			}
		}
	}
}

static void
write_bare(size_t size)
{
	if (one.at + size > DEFAULT_SEGMENT_SIZE)
		one.at = 0;
	HOLDS(pwrite(one.fd, one.bytes, size, (off_t)one.at) == (ssize_t)size);
	HOLDS(syscall(SYS_fdatasync, one.fd) == 0);
	one.at += size;
}

static void
open_bare(const struct tmpdir *dir)
{
	one.bytes = calloc(1, DEFAULT_SEGMENT_SIZE);
	one.fd = open(tmpdir_at(dir, "bare"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	HOLDS(one.bytes != NULL && one.fd >= 0);
	HOLDS(pwrite(one.fd, one.bytes, DEFAULT_SEGMENT_SIZE, 0) == DEFAULT_SEGMENT_SIZE);
	HOLDS(fsync(one.fd) == 0);
}

static void
open_all(const struct tmpdir *dir, const struct privkey *key)
{
	struct ledger_config config = { .dir = tmpdir_at(dir, "log"),
		.origin = BYTES("bench/log"),
		.key = key };
	struct err e = { 0 };

	pthread_mutex_init(&one.lock, NULL);
	for (size_t i = 0; i < CONCURRENT; i++) {
		buf_init(&one.entries[i].record, MAX_TLOG_RECORD_SIZE);
		make_record(&one.entries[i].record);
		one.entries[i].done = recorded;
	}
	one.record_size = one.entries[0].record.size + SEGMENT_FRAME_SIZE;
	MUST(&e, ledger_open(&config, &one.ledger, &e));
	open_bare(dir);
}

static void
close_all(void)
{
	ledger_close(one.ledger);
	close(one.fd);
	free(one.bytes);
	for (size_t i = 0; i < CONCURRENT; i++)
		buf_release(&one.entries[i].record);
}

void
bench_log(const struct bench_options *o)
{
	double ours[64], bare[64];
	unsigned rounds = o->smoke ? 1 : o->quick ? 9 : 31, count = o->smoke ? 128 : 4096;
	struct privkey *key;
	struct tmpdir dir;
	struct err e = { 0 };

	if (!bench_wants(o, "log-64"))
		return;
	if (o->dir != NULL)
		setenv("TMPDIR", o->dir, 1);
	dir = tmpdir_new();
	MUST(&e, privkey_generate(KEY_ED25519, &key, &e));
	open_all(&dir, key);
	append_many(count);
	for (unsigned r = 0; r < rounds; r++) {
		unsigned long groups = atomic_load(&syncs);
		double from = bench_process_us();

		append_many(count);
		ours[r] = (bench_process_us() - from) / count;
		groups = atomic_load(&syncs) - groups;
		from = bench_process_us();
		for (unsigned long i = 0; i < groups; i++)
			write_bare(count * one.record_size / groups);
		bare[r] = (bench_process_us() - from) / count;
		ours[r] -= bare[r];
	}
	bench_figure(&(struct bench_row){ .job = "log-64",
			 .what = "log record at 64 concurrent requests, beyond the group's sync",
			 .goal = 3,
			 .goal_is_us = true },
	    bench_median(ours, rounds), bench_median(bare, rounds));
	close_all();
	privkey_free(key);
	tmpdir_drop(&dir);
}
