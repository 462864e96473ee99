/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log under 64 concurrent requests: CPU of the whole process per record, against one write and one fdatasync() of the
 * same bytes per group of 64 and nothing else.
 */
#include "world.h"

#include "base/rand.h"
#include "tlog/record.h"

#include <fcntl.h>
#include <string.h>

#define CONCURRENT MAX_LEDGER_GROUP

struct appending {
	struct ledger *ledger;
	struct ledger_entry entries[CONCURRENT];
	pthread_mutex_t lock;
	pthread_cond_t all_done;
	unsigned open;
	int fd; /* the bare file */
	size_t at;
	uint8_t *bytes;
	size_t size; /* of a group as it stands on the disk */
};

static struct appending one;

static void
recorded(struct ledger_entry *entry, uint64_t index, const struct err *why)
{
	(void)entry;
	(void)index;
	HOLDS(why == NULL);
	pthread_mutex_lock(&one.lock);
	if (--one.open == 0)
		pthread_cond_signal(&one.all_done);
	pthread_mutex_unlock(&one.lock);
}

static void
make_record(struct buf *out)
{
	struct tlog_record r = { .kind = TLOG_TOKEN,
		.at = 1700000000,
		.instance = BYTES("main"),
		.type = BYTES("SgxEnclave"),
		.trace_id = BYTES("01HF7YAT00XXXXXXXXXXXXXXXX"),
		.kid = BYTES("dSmPsWn3KnRbHlKEBgNzmuSX4DVoZXFbWDTdFhD1vZ4=") };
	static const uint8_t collateral[6 * 32];

	r.collateral = BYTES_OF(collateral);
	rand_bytes(r.salt, sizeof(r.salt));
	buf_clear(out);
	tlog_record_emit(out, &r);
	HOLDS(buf_ok(out));
}

/* 64 requests that wait for the log at once. */
static void
append_group(void)
{
	struct err e = { 0 };

	one.open = CONCURRENT;
	for (size_t i = 0; i < CONCURRENT; i++) {
		make_record(&one.entries[i].record);
		MUST(&e, ledger_append(one.ledger, &one.entries[i], &e));
	}
	pthread_mutex_lock(&one.lock);
	while (one.open > 0)
		pthread_cond_wait(&one.all_done, &one.lock);
	pthread_mutex_unlock(&one.lock);
}

static void
write_bare(void)
{
	HOLDS(pwrite(one.fd, one.bytes, one.size, (off_t)one.at) == (ssize_t)one.size);
	HOLDS(fdatasync(one.fd) == 0);
	one.at += one.size;
	if (one.at + one.size > DEFAULT_SEGMENT_SIZE)
		one.at = 0;
}

static void
open_bare(const struct tmpdir *dir)
{
	one.size = CONCURRENT * (one.entries[0].record.size + SEGMENT_FRAME_SIZE);
	one.bytes = calloc(1, DEFAULT_SEGMENT_SIZE);
	one.fd = open(tmpdir_at(dir, "bare"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	HOLDS(one.bytes != NULL && one.fd >= 0);
	HOLDS(pwrite(one.fd, one.bytes, DEFAULT_SEGMENT_SIZE, 0) == DEFAULT_SEGMENT_SIZE);
	HOLDS(fsync(one.fd) == 0);
}

void
bench_log(const struct bench_options *o)
{
	double ours[64], bare[64], from;
	unsigned rounds = o->smoke ? 1 : o->quick ? 9 : 31, groups = o->smoke ? 1 : 40;
	struct privkey *key;
	struct tmpdir dir;
	struct ledger_config config = { .origin = BYTES("bench/log") };
	struct err e = { 0 };

	if (!bench_wants(o, "log-64"))
		return;
	if (o->dir != NULL)
		setenv("TMPDIR", o->dir, 1);
	dir = tmpdir_new();
	config.dir = tmpdir_at(&dir, "log");
	MUST(&e, privkey_generate(KEY_ED25519, &key, &e));
	config.key = key;
	pthread_mutex_init(&one.lock, NULL);
	pthread_cond_init(&one.all_done, NULL);
	for (size_t i = 0; i < CONCURRENT; i++) {
		buf_init(&one.entries[i].record, MAX_TLOG_RECORD_SIZE);
		one.entries[i].done = recorded;
	}
	MUST(&e, ledger_open(&config, &one.ledger, &e));
	append_group();
	open_bare(&dir);
	for (unsigned r = 0; r < rounds; r++) {
		from = bench_process_us();
		for (unsigned i = 0; i < groups; i++)
			append_group();
		ours[r] = (bench_process_us() - from) / (groups * CONCURRENT);
		from = bench_process_us();
		for (unsigned i = 0; i < groups; i++)
			write_bare();
		bare[r] = (bench_process_us() - from) / (groups * CONCURRENT);
	}
	for (unsigned r = 0; r < rounds; r++)
		ours[r] -= bare[r];
	bench_figure(&(struct bench_row){ .job = "log-64",
			 .what = "log record at 64 concurrent requests, beyond the group's sync",
			 .goal = 3,
			 .goal_is_us = true },
	    bench_median(ours, rounds), bench_median(bare, rounds));
	ledger_close(one.ledger);
	close(one.fd);
	free(one.bytes);
	for (size_t i = 0; i < CONCURRENT; i++)
		buf_release(&one.entries[i].record);
	privkey_free(key);
	tmpdir_drop(&dir);
}
