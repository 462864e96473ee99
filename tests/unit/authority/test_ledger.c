/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/ledger.h"

#include "authority/protocol.h"
#include "ledger_help.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

/*
 * How many of the coming calls fail, after how many that do not. Calls without failures left reach the system. The test
 * sets what the ledger's writer reads.
 */
static struct {
	atomic_int after, failures, code;
} sync_fault, write_fault;

static bool
fails(atomic_int *after, atomic_int *failures)
{
	if (*failures == 0)
		return false;
	if (*after > 0) {
		(*after)--;
		return false;
	}
	(*failures)--;
	return true;
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
ssize_t __real_pwrite64(int fd, const void *p, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *p, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *p, size_t size, off_t offset);

int
__wrap_fdatasync(int fd)
{
	if (fails(&sync_fault.after, &sync_fault.failures)) {
		errno = sync_fault.code;
		return -1;
	}
	return __real_fdatasync(fd);
}

ssize_t
__wrap_pwrite64(int fd, const void *p, size_t size, off_t offset)
{
	if (fails(&write_fault.after, &write_fault.failures)) {
		errno = write_fault.code;
		return -1;
	}
	return __real_pwrite64(fd, p, size, offset);
}

ssize_t
__wrap_pwrite(int fd, const void *p, size_t size, off_t offset)
{
	return __wrap_pwrite64(fd, p, size, offset);
}

static int
append_one(struct ledger_help *h, struct err *e)
{
	struct tlog_record r = help_record("a");
	uint64_t index;

	err_clear(e);
	return ledger_append_now(h->l, &r, &index, e);
}

static void
every_record_is_proved_before_and_after_reopening(void **state)
{
	static uint8_t hashes[700][TLOG_HASH_SIZE];
	struct ledger_help h;
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", COUNT_OF(hashes), hashes);
	for (size_t i = 0; i < COUNT_OF(hashes); i += 37)
		assert_true(help_proves(&h, "a", hashes[i]));
	ledger_closep(&h.l);
	assert_int_equal(h.last.size, COUNT_OF(hashes));
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_size(h.l), COUNT_OF(hashes));
	for (size_t i = 0; i < COUNT_OF(hashes); i++)
		assert_true(help_proves(&h, "a", hashes[i]));
	help_append(&h, "a", 3, hashes);
	assert_true(help_proves(&h, "a", hashes[2]));
	help_end(&h);
}

static void
files_are_segments_tiles_checkpoint_and_key(void **state)
{
	static const char *const there[] = { "00000000000000000000.seg", "checkpoint", "log.vkey",
		"tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1" };
	struct ledger_help h;
	struct stat st;
	char path[400];
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", 300, NULL);
	ledger_closep(&h.l);
	for (size_t i = 0; i < COUNT_OF(there); i++) {
		snprintf(path, sizeof(path), "%s/%s", h.path, there[i]);
		if (stat(path, &st) != 0)
			fail_msg("%s is not there", there[i]);
	}
	snprintf(path, sizeof(path), "%s/tile/0/000.p", h.path);
	assert_int_not_equal(stat(path, &st), 0);
	/* Tiles are made again from the records. */
	snprintf(path, sizeof(path), "%s/tile/0/000", h.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(help_open(&h, NULL), 0);
	ledger_closep(&h.l);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 256 * 32);
	help_end(&h);
}

static void
other_instances_learn_nothing(void **state)
{
	struct ledger_help h;
	uint8_t hash[1][TLOG_HASH_SIZE];
	struct buf out;
	struct err e = { 0 }, absent = { 0 };
	struct rd r;
	uint64_t next, size, index;
	struct bytes record;
	size_t seen = 0;
	(void)state;

	help_begin(&h);
	buf_init(&out, 1048576);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", 5, NULL);
	help_append(&h, "b", 1, hash);
	help_append(&h, "a", 5, NULL);
	assert_int_equal(ledger_prove(h.l, BYTES("a"), hash[0], &out, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
	hash[0][0] ^= 1;
	assert_int_equal(ledger_prove(h.l, BYTES("a"), hash[0], &out, &absent), -1);
	assert_string_equal(e.msg, absent.msg);

	assert_int_equal(ledger_records(h.l, BYTES("b"), 0, 256, 65536, &out, NULL), 0);
	assert_int_equal(log_records_begin(buf_bytes(&out), &r, &next, &size, NULL), 0);
	assert_int_equal(next, 11);
	assert_int_equal(size, 11);
	while (log_records_next(&r, &index, &record)) {
		assert_int_equal(index, 5);
		seen++;
	}
	assert_true(rd_done(&r));
	assert_int_equal(seen, 1);
	buf_release(&out);
	help_end(&h);
}

static void
records_come_in_pages(void **state)
{
	struct ledger_help h;
	struct buf out;
	struct rd r;
	uint64_t next = 0, size = 1, index, wanted = 0;
	struct bytes record;
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", 40, NULL);
	for (int rounds = 0; next < size && rounds < 100; rounds++) {
		buf_init(&out, 1048576);
		assert_int_equal(ledger_records(h.l, BYTES("a"), next, 7, 65536, &out, NULL), 0);
		assert_int_equal(log_records_begin(buf_bytes(&out), &r, &next, &size, NULL), 0);
		while (log_records_next(&r, &index, &record))
			assert_int_equal(index, wanted++);
		buf_release(&out);
	}
	assert_int_equal(wanted, 40);
	help_end(&h);
}

static void
flip(const char *path, long offset)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= 0x20;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
}

static void
a_log_that_was_cut_is_refused(void **state)
{
	struct ledger_help h;
	struct err e = { 0 };
	char segment[400], path[400];
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", 20, NULL);
	ledger_closep(&h.l);
	/* A changed byte in the last segment looks like a torn tail; the checkpoint knows better. */
	snprintf(segment, sizeof(segment), "%s/00000000000000000000.seg", h.path);
	flip(segment, 64 + 36 + 10);
	assert_int_equal(help_open(&h, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	flip(segment, 64 + 36 + 10);

	/* Refusing changes nothing: put right, it opens. */
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_size(h.l), 20);
	ledger_closep(&h.l);

	/* Without the file, the store still knows. */
	flip(segment, 64 + 36 + 10);
	snprintf(path, sizeof(path), "%s/checkpoint", h.path);
	assert_int_equal(unlink(path), 0);
	err_clear(&e);
	assert_int_equal(help_open(&h, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	help_end(&h);
}

static void
a_log_with_other_records_is_refused(void **state)
{
	struct ledger_help h, other;
	struct err e = { 0 };
	char from[400], to[400];
	(void)state;

	help_begin(&h);
	help_begin(&other);
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(help_open(&other, NULL), 0);
	help_append(&h, "a", 20, NULL);
	help_append(&other, "a", 25, NULL);
	ledger_closep(&h.l);
	ledger_closep(&other.l);
	snprintf(from, sizeof(from), "%s/00000000000000000000.seg", other.path);
	snprintf(to, sizeof(to), "%s/00000000000000000000.seg", h.path);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(help_open(&h, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	help_end(&other);
	help_end(&h);
}

static void
damage_before_the_last_segment_is_refused(void **state)
{
	struct ledger_help h;
	struct err e = { 0 };
	char path[400];
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", 500, NULL);
	ledger_closep(&h.l);
	snprintf(path, sizeof(path), "%s/00000000000000000000.seg", h.path);
	flip(path, 5000);
	assert_int_equal(help_open(&h, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	flip(path, 5000);
	err_clear(&e);
	flip(path, 3);
	assert_int_equal(help_open(&h, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	flip(path, 3);
	assert_int_equal(help_open(&h, NULL), 0);
	ledger_closep(&h.l);
	assert_int_equal(unlink(path), 0);
	err_clear(&e);
	assert_int_equal(help_open(&h, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	help_end(&h);
}

/* Where the COUNT frames of the segment end. */
static long
end_of_frames(int fd, int count)
{
	long used = 64;

	for (int i = 0; i < count; i++) {
		uint8_t word[4];

		assert_int_equal(pread(fd, word, 4, used), 4);
		used += 36 + word[0] + word[1] * 256;
	}
	return used;
}

static void
a_torn_tail_is_cut_and_written_over(void **state)
{
	static uint8_t hashes[12][TLOG_HASH_SIZE];
	struct ledger_help h;
	char path[400], segment[400];
	struct stat st;
	uint8_t junk[300];
	int fd;
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", 10, hashes);
	ledger_closep(&h.l);
	/* A frame that began and did not end, right behind the last. */
	snprintf(segment, sizeof(segment), "%s/00000000000000000000.seg", h.path);
	fd = open(segment, O_RDWR);
	assert_true(fd >= 0);
	rand_bytes(junk, sizeof(junk));
	junk[0] = 200;
	junk[1] = junk[2] = 0;
	junk[3] = 0xa1;
	assert_int_equal(pwrite(fd, junk, sizeof(junk), end_of_frames(fd, 10)),
	    (ssize_t)sizeof(junk));
	close(fd);
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_size(h.l), 10);
	help_append(&h, "a", 2, hashes + 10);
	ledger_closep(&h.l);
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_size(h.l), 12);
	for (size_t i = 0; i < 12; i++)
		assert_true(help_proves(&h, "a", hashes[i]));
	snprintf(path, sizeof(path), "%s/tile/0/000.p/12", h.path);
	ledger_closep(&h.l);
	assert_int_equal(stat(path, &st), 0);
	help_end(&h);
}

static void
a_checkpoint_of_another_key_is_passed_over(void **state)
{
	struct ledger_help h;
	char path[400];
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", 4, NULL);
	ledger_closep(&h.l);
	snprintf(path, sizeof(path), "%s/checkpoint", h.path);
	flip(path, 30);
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_size(h.l), 4);
	help_end(&h);
}

static void
second_process_is_kept_out(void **state)
{
	struct ledger_help h;
	struct ledger *second;
	struct ledger_config c;
	struct err e = { 0 };
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	c = (struct ledger_config){ .dir = h.path, .origin = BYTES(TEST_ORIGIN), .key = h.key };
	assert_int_equal(ledger_open(&c, &second, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	/* When the first is gone it may; nobody has to remember its checkpoints. */
	ledger_closep(&h.l);
	assert_int_equal(ledger_open(&c, &h.l, NULL), 0);
	help_append(&h, "a", 2, NULL);
	help_end(&h);
}

struct counted {
	struct ledger_entry entry;
	unsigned *done, *failed;
};

static void
count_done(struct ledger_entry *entry, uint64_t index, const struct err *why)
{
	struct counted *c = (struct counted *)entry;

	(void)index;
	__atomic_add_fetch(why == NULL ? c->done : c->failed, 1, __ATOMIC_RELAXED);
	buf_release(&entry->record);
	free(c);
}

static bool
append_counted(struct ledger *l, unsigned *done, unsigned *failed)
{
	struct counted *c = calloc(1, sizeof(*c));
	struct tlog_record r = help_record("a");

	assert_non_null(c);
	c->done = done;
	c->failed = failed;
	c->entry.done = count_done;
	buf_init(&c->entry.record, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&c->entry.record, &r);
	if (ledger_append(l, &c->entry, NULL) == 0)
		return true;
	buf_release(&c->entry.record);
	free(c);
	return false;
}

static void
what_is_queued_when_it_closes_is_written(void **state)
{
	struct ledger_help h;
	unsigned done = 0, failed = 0, taken = 0;
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	for (int i = 0; i < 2000; i++)
		taken += append_counted(h.l, &done, &failed);
	ledger_closep(&h.l);
	assert_int_equal(done, taken);
	assert_int_equal(failed, 0);
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_size(h.l), taken);
	help_end(&h);
}

static void
records_and_segments_over_their_size_are_refused(void **state)
{
	struct ledger_help h;
	struct ledger_entry entry = { 0 };
	struct ledger_config c;
	struct ledger *l;
	struct err e = { 0 };
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	buf_init(&entry.record, 65536);
	assert_int_equal(ledger_append(h.l, &entry, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_non_null(buf_grow(&entry.record, MAX_TLOG_RECORD_SIZE + 1));
	assert_int_equal(ledger_append(h.l, &entry, NULL), -1);
	buf_release(&entry.record);
	c = (struct ledger_config){ .dir = h.path,
		.origin = BYTES(TEST_ORIGIN),
		.key = h.key,
		.segment_size = 1000 };
	err_clear(&e);
	assert_int_equal(ledger_open(&c, &l, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	help_end(&h);
}

static void
checkpoints_and_tiles_answer_at_once(void **state)
{
	struct ledger_help h;
	struct buf out;
	struct checkpoint cp;
	bool good;
	struct err e = { 0 };
	(void)state;

	help_begin(&h);
	buf_init(&out, 65536);
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_checkpoint(h.l, &out, NULL), 0);
	assert_int_equal(checkpoint_parse(buf_bytes(&out), &cp, NULL), 0);
	assert_int_equal(cp.size, 0);
	help_append(&h, "a", 9, NULL);
	buf_clear(&out);
	assert_int_equal(ledger_checkpoint(h.l, &out, NULL), 0);
	assert_int_equal(checkpoint_parse(buf_bytes(&out), &cp, NULL), 0);
	assert_int_equal(cp.size, 9);
	assert_int_equal(checkpoint_verify(&cp, buf_bytes(&h.vkey), &good, NULL), 0);
	assert_true(good);
	buf_clear(&out);
	assert_int_equal(ledger_tile(h.l, 0, 0, 9, &out, NULL), 0);
	assert_int_equal(out.size, 9 * 32);
	assert_int_equal(ledger_tile(h.l, 0, 0, 10, &out, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
	buf_release(&out);
	help_end(&h);
}

/* Lets whatever the ledger still publishes pass, so that faults hit the records. */
static void
let_it_rest(void)
{
	const struct timespec pause = { 0, 600000000 };

	nanosleep(&pause, NULL);
}

static void
a_full_disk_is_an_honest_error_and_passes(void **state)
{
	struct ledger_help h;
	struct err e;
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	/* No room for the first segment. */
	write_fault.after = 1;
	write_fault.failures = 1;
	write_fault.code = ENOSPC;
	assert_int_equal(append_one(&h, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	assert_int_equal(ledger_size(h.l), 0);
	assert_int_equal(append_one(&h, &e), 0);
	let_it_rest();
	/* No room for a group. */
	write_fault.failures = 1;
	assert_int_equal(append_one(&h, &e), -1);
	assert_int_equal(append_one(&h, &e), 0);
	ledger_closep(&h.l);
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_size(h.l), 2);
	help_end(&h);
}

static void
a_record_that_could_not_be_synced_is_not_in_the_log(void **state)
{
	static uint8_t hash[1][TLOG_HASH_SIZE];
	struct ledger_help h;
	struct err e;
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", 1, hash);
	let_it_rest();
	sync_fault.failures = 1;
	sync_fault.code = EIO;
	assert_int_equal(append_one(&h, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	assert_int_equal(ledger_size(h.l), 1);
	assert_int_equal(append_one(&h, &e), 0);
	ledger_closep(&h.l);
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_size(h.l), 2);
	assert_true(help_proves(&h, "a", hash[0]));
	help_end(&h);
}

static void
a_disk_that_cannot_be_put_right_takes_no_more(void **state)
{
	struct ledger_help h;
	struct err e;
	(void)state;

	help_begin(&h);
	assert_int_equal(help_open(&h, NULL), 0);
	help_append(&h, "a", 3, NULL);
	let_it_rest();
	/* The group, and then the zeros in its place. */
	sync_fault.failures = 2;
	sync_fault.code = EIO;
	assert_int_equal(append_one(&h, &e), -1);
	assert_int_equal(append_one(&h, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	ledger_closep(&h.l);
	/* A restart judges what is there. */
	assert_int_equal(help_open(&h, NULL), 0);
	assert_int_equal(ledger_size(h.l), 3);
	assert_int_equal(append_one(&h, &e), 0);
	help_end(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_is_proved_before_and_after_reopening),
		cmocka_unit_test(files_are_segments_tiles_checkpoint_and_key),
		cmocka_unit_test(other_instances_learn_nothing),
		cmocka_unit_test(records_come_in_pages),
		cmocka_unit_test(a_log_that_was_cut_is_refused),
		cmocka_unit_test(a_log_with_other_records_is_refused),
		cmocka_unit_test(damage_before_the_last_segment_is_refused),
		cmocka_unit_test(a_torn_tail_is_cut_and_written_over),
		cmocka_unit_test(a_checkpoint_of_another_key_is_passed_over),
		cmocka_unit_test(second_process_is_kept_out),
		cmocka_unit_test(what_is_queued_when_it_closes_is_written),
		cmocka_unit_test(records_and_segments_over_their_size_are_refused),
		cmocka_unit_test(checkpoints_and_tiles_answer_at_once),
		cmocka_unit_test(a_full_disk_is_an_honest_error_and_passes),
		cmocka_unit_test(a_record_that_could_not_be_synced_is_not_in_the_log),
		cmocka_unit_test(a_disk_that_cannot_be_put_right_takes_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
