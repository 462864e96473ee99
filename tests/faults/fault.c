/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/fault.h"

#include "../support/test.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define WITH_LEAKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_LEAKS 1
#endif
#endif
#ifdef WITH_LEAKS
#include <sanitizer/lsan_interface.h>
#endif

/* Beyond so many calls only a sample of them is made to fail. */
#define SAMPLE_SIZE 48
#define MAX_CALLS   200000

static unsigned sample = SAMPLE_SIZE;

static struct {
	enum fault_site site;
	bool rest; /* every call from the n-th on */
	unsigned pauses;
	unsigned at;
	atomic_uint calls, hits;
} now;

static const struct {
	const char *name;
	enum fault_site group; /* whose calls are counted */
} sites[FAULT_SITE_COUNT] = {
	[FAULT_MEMORY] = { "memory", FAULT_MEMORY },
	[FAULT_CRYPTO] = { "crypto", FAULT_CRYPTO },
	[FAULT_CRYPTO_MEMORY] = { "crypto-memory", FAULT_CRYPTO },
	[FAULT_CRYPTO_HEAP] = { "crypto-heap", FAULT_CRYPTO_HEAP },
	[FAULT_FILE] = { "file", FAULT_FILE },
	[FAULT_FILE_SHORT] = { "file-short", FAULT_FILE_SHORT },
	[FAULT_FILE_BROKEN] = { "file-interrupted", FAULT_FILE },
	[FAULT_IPC] = { "ipc", FAULT_IPC },
	[FAULT_IPC_SHORT] = { "ipc-short", FAULT_IPC_SHORT },
	[FAULT_IPC_BROKEN] = { "ipc-interrupted", FAULT_IPC },
	[FAULT_IPC_CLOSED] = { "ipc-closed", FAULT_IPC_SHORT },
	[FAULT_THREAD] = { "thread", FAULT_THREAD },
	[FAULT_STORE] = { "store", FAULT_STORE },
	[FAULT_STORE_HEAP] = { "store-heap", FAULT_STORE_HEAP },
	[FAULT_STORE_DISK] = { "store-disk", FAULT_STORE_DISK },
	[FAULT_YAML] = { "yaml", FAULT_YAML },
};

const enum fault_site fault_pure_sites[] = { FAULT_MEMORY, FAULT_NONE };
const enum fault_site fault_crypto_sites[] = { FAULT_MEMORY, FAULT_CRYPTO, FAULT_CRYPTO_MEMORY,
	FAULT_CRYPTO_HEAP, FAULT_NONE };
const enum fault_site fault_file_sites[] = { FAULT_FILE, FAULT_FILE_SHORT, FAULT_FILE_BROKEN,
	FAULT_NONE };
const enum fault_site fault_ipc_sites[] = { FAULT_IPC, FAULT_IPC_SHORT, FAULT_IPC_BROKEN,
	FAULT_IPC_CLOSED, FAULT_THREAD, FAULT_NONE };
const enum fault_site fault_store_sites[] = { FAULT_STORE, FAULT_STORE_HEAP, FAULT_STORE_DISK,
	FAULT_NONE };

enum fault_site
fault_meets(enum fault_site group)
{
	unsigned n;

	if (now.site == FAULT_NONE || now.pauses > 0 || sites[now.site].group != group)
		return FAULT_NONE;
	n = atomic_fetch_add(&now.calls, 1) + 1;
	if (now.at == 0 || n < now.at || (n > now.at && !now.rest))
		return FAULT_NONE;
	/* Who begins again after each interruption does so until they end. */
	if (n > now.at + 3 && fault_errno() == EINTR)
		return FAULT_NONE;
	atomic_fetch_add(&now.hits, 1);
	return now.site;
}

int
fault_errno(void)
{
	if (now.site == FAULT_FILE_BROKEN || now.site == FAULT_IPC_BROKEN)
		return EINTR;
	return now.rest && (now.site == FAULT_FILE || now.site == FAULT_STORE_DISK) ? ENOSPC : EIO;
}

void
fault_disarm(void)
{
	now.site = FAULT_NONE;
}

/* Syncing is most of the time that a test of files takes, and proves nothing here. */
__attribute__((constructor)) static void
use_memory_for_files(void)
{
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
}

void
fault_sample(unsigned n)
{
	sample = n == 0 ? SAMPLE_SIZE : n;
}

void
fault_pause(void)
{
	now.pauses++;
}

void
fault_resume(void)
{
	now.pauses--;
}

/* What we may say when we fail. The other codes say something about what was judged. */
static bool
is_honest(enum err_code code)
{
	return code == ERR_LIMIT || code == ERR_IO || code == ERR_INTERNAL ||
	    code == ERR_UNAVAILABLE || code == ERR_BUSY;
}

struct sweep {
	const char *subject;
	int (*run)(void *ctx, struct err *e);
	void *ctx;
	enum fault_site site;
	bool rest;
	unsigned tried, failed;
	uint64_t seed;
};

static void
run_once(struct sweep *s, unsigned at)
{
	struct err e = { 0 };
	int got;

	now.at = at;
	now.pauses = 0;
	now.rest = s->rest;
	atomic_store(&now.calls, 0);
	atomic_store(&now.hits, 0);
	now.site = s->site;
	got = s->run(s->ctx, &e);
	fault_disarm();
	if (got == 0)
		return;
	if (atomic_load(&now.hits) == 0)
		fail_msg("%s fails without a fault: %s", s->subject, e.msg);
	if (!is_honest(e.code))
		fail_msg("%s: %s %u fails%s and the error is %s: %s", s->subject,
		    sites[s->site].name, at, s->rest ? ", as do all after it," : "",
		    err_code_name(e.code), e.msg);
	s->failed++;
}

/* xorshift64*: the same sample in every run. */
static uint64_t
next_random(struct sweep *s)
{
	s->seed ^= s->seed >> 12;
	s->seed ^= s->seed << 25;
	s->seed ^= s->seed >> 27;
	return s->seed * UINT64_C(2685821657736338717);
}

static void
sweep_one(struct sweep *s)
{
	const char *all = getenv("ATTEST_FAULT_ALL");
	unsigned calls, at;

	run_once(s, 0);
	calls = atomic_load(&now.calls);
	if (calls == 0)
		return;
	/* Sampled: those that come first all, then one of each stretch. */
	unsigned stride = all != NULL || calls <= 2 * sample ? 1 : (calls - 1) / sample;

	for (at = 1;; at += at < sample ? 1 : 1 + (unsigned)(next_random(s) % (2 * stride - 1))) {
		run_once(s, at);
		if (atomic_load(&now.hits) == 0)
			break;
		s->tried++;
		if (at > MAX_CALLS)
			fail_msg("%s: %s: no end of calls", s->subject, sites[s->site].name);
	}
	print_message("# fault | %-28s | %-16s | %-4s | %6u calls | %5u tried | %5u failed\n",
	    s->subject, sites[s->site].name, s->rest ? "rest" : "one", calls, s->tried, s->failed);
#ifdef WITH_LEAKS
	if (__lsan_do_recoverable_leak_check() != 0)
		fail_msg("%s: %s: memory was lost", s->subject, sites[s->site].name);
#endif
}

void
fault_sweep(const char *subject, int (*run)(void *ctx, struct err *e), void *ctx,
    const enum fault_site *list)
{
	for (size_t i = 0; list[i] != FAULT_NONE; i++)
		for (int rest = 0; rest < 2; rest++) {
			struct sweep s = { .subject = subject,
				.run = run,
				.ctx = ctx,
				.site = list[i],
				.rest = rest == 1,
				.seed = 88172645463325252u + list[i] };

			sweep_one(&s);
		}
}
