/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#define MAX_ROUNDS 301

static double
now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double
bench_thread_us(void)
{
	return now_us(CLOCK_THREAD_CPUTIME_ID);
}

double
bench_process_us(void)
{
	return now_us(CLOCK_PROCESS_CPUTIME_ID);
}

double
bench_wall_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
bench_median(double *v, size_t count)
{
	qsort(v, count, sizeof(*v), ascending);
	return count % 2 == 1 ? v[count / 2] : (v[count / 2 - 1] + v[count / 2]) / 2;
}

bool
bench_wants(const struct bench_options *o, const char *job)
{
	return o->only == NULL || strncmp(job, o->only, strlen(o->only)) == 0;
}

static unsigned
rounds_of(const struct bench_options *o)
{
	return o->smoke ? 1 : o->quick ? 61 : 301;
}

static double
time_of(const struct bench_work *w, unsigned times, double (*clock)(void))
{
	double from = clock();

	for (unsigned i = 0; i < times; i++)
		w->run(w->self);
	return clock() - from;
}

/*
 * How often fits into a round of some 2 ms, which on a busy machine is mostly over before somebody else has a turn;
 * whatever is warmed by running is warm afterwards.
 */
static unsigned
times_of(const struct bench_options *o, const struct bench_work *w)
{
	double one, wanted_us = 2000;
	unsigned times;

	if (o->smoke)
		return 2;
	(void)time_of(w, 3, bench_thread_us);
	one = time_of(w, 10, bench_thread_us) / 10;
	times = (unsigned)(wanted_us / (one > 0.01 ? one : 0.01));
	return times < 1 ? 1 : times;
}

static void
emit(const struct bench_row *row, double ours, double base, double ratio, double best,
    unsigned rounds, unsigned times)
{
	printf("{\"job\":\"%s\",\"what\":\"%s\",\"ours_us\":%.3f,\"rounds\":%u,\"times\":%u",
	    row->job, row->what, ours, rounds, times);
	if (best > 0)
		printf(",\"best_ratio\":%.4f", best);
	if (row->baseline != NULL)
		printf(",\"baseline\":\"%s\",\"baseline_us\":%.3f,\"ratio\":%.4f", row->baseline,
		    base, ratio);
	if (row->goal > 0)
		printf(",\"goal\":%.4f,\"goal_unit\":\"%s\"", row->goal,
		    row->goal_is_us ? "us" : "ratio");
	puts("}");
	fflush(stdout);
}

void
bench_figure(const struct bench_row *row, double ours_us, double base_us)
{
	emit(row, ours_us, base_us, base_us > 0 ? ours_us / base_us : 0, 0, 1, 1);
}

#ifdef BENCH_COUNTS_HEAP

#define COUNTED 20

static void
hold_budget(const struct bench_row *row, const struct bench_work *work)
{
	unsigned long from;
	double each;

	for (unsigned i = 0; i < 3; i++)
		work->run(work->self);
	from = bench_heap_taken();
	for (unsigned i = 0; i < COUNTED; i++)
		work->run(work->self);
	each = (double)(bench_heap_taken() - from) / COUNTED;
	printf("# %s takes %.2f from the heap, at most %u\n", row->job, each, row->heap);
	HOLDS(each <= row->heap);
}

#endif

__attribute__((noinline)) void
bench_counted(const struct bench_work *work)
{
	for (unsigned i = 0; i < BENCH_COUNTED; i++)
		work->run(work->self);
}

void
bench_compare(const struct bench_options *o, const struct bench_row *row,
    const struct bench_work *ours, const struct bench_work *base)
{
	double a[MAX_ROUNDS], b[MAX_ROUNDS], ratio[MAX_ROUNDS], ours_us, base_us;
	unsigned rounds = rounds_of(o), times;

	if (!bench_wants(o, row->job))
		return;
#ifdef BENCH_COUNTS_HEAP
	hold_budget(row, ours);
	return;
#endif
	if (o->count) {
		(void)time_of(ours, 3, bench_thread_us);
		bench_counted(ours);
		return;
	}
	times = times_of(o, ours);
	if (base != NULL)
		(void)time_of(base, 2, bench_thread_us);
	for (unsigned i = 0; i < rounds; i++) {
		a[i] = time_of(ours, times, bench_thread_us) / times;
		b[i] = base == NULL ? 0 : time_of(base, times, bench_thread_us) / times;
		ratio[i] = b[i] > 0 ? a[i] / b[i] : 0;
	}
	ours_us = bench_median(a, rounds);
	base_us = bench_median(b, rounds);
	/* In order now: the best of each, which is what a machine that others use too can still say. */
	emit(row, ours_us, base_us, bench_median(ratio, rounds), b[0] > 0 ? a[0] / b[0] : 0, rounds,
	    times);
}

/* --- two threads --- */

struct runner {
	const struct bench_work *work;
	unsigned times;
	pthread_barrier_t *barrier;
	double from, to;
};

static void *
runner_main(void *arg)
{
	struct runner *r = arg;

	(void)time_of(r->work, 1, bench_thread_us);
	(void)pthread_barrier_wait(r->barrier);
	r->from = bench_wall_us();
	(void)time_of(r->work, r->times, bench_thread_us);
	r->to = bench_wall_us();
	return NULL;
}

/* Wall time of COUNT threads, each running its work TIMES, from the first that begins to the last that ends. */
static double
wall_of(const struct bench_work *work, unsigned count, unsigned times)
{
	pthread_barrier_t barrier;
	pthread_t threads[2];
	struct runner runners[2];
	double from = 0, to = 0;

	HOLDS(pthread_barrier_init(&barrier, NULL, count) == 0);
	for (unsigned i = 0; i < count; i++) {
		runners[i] = (struct runner){ &work[i], times, &barrier, 0, 0 };
		HOLDS(pthread_create(&threads[i], NULL, runner_main, &runners[i]) == 0);
	}
	for (unsigned i = 0; i < count; i++) {
		HOLDS(pthread_join(threads[i], NULL) == 0);
		from = i == 0 || runners[i].from < from ? runners[i].from : from;
		to = runners[i].to > to ? runners[i].to : to;
	}
	(void)pthread_barrier_destroy(&barrier);
	return to - from;
}

/* How much more two threads do in the same time; *ONE and *TWO are microseconds for each run. */
static double
gain_of(const struct bench_work work[2], unsigned times, double *one, double *two)
{
	*one = wall_of(work, 1, times) / times;
	*two = wall_of(work, 2, times) / (2 * times);
	return *one / *two;
}

void
bench_two_threads(const struct bench_options *o, const struct bench_row *row,
    const struct bench_work work[2], const struct bench_work base[2])
{
	double one[MAX_ROUNDS], two[MAX_ROUNDS], gain[MAX_ROUNDS], control[MAX_ROUNDS], unused[2];
	/* Longer and fewer: threads have to be made. */
	unsigned rounds = o->smoke ? 1 : o->quick ? 5 : 15, longer = o->smoke ? 1 : 25;

	if (!bench_wants(o, row->job) || o->count)
		return;
#ifdef BENCH_COUNTS_HEAP
	return;
#endif
	unsigned times = times_of(o, &work[0]) * longer;
	unsigned base_times = times_of(o, &base[0]) * longer;

	for (unsigned i = 0; i < rounds; i++) {
		gain[i] = gain_of(work, times, &one[i], &two[i]);
		control[i] = gain_of(base, base_times, &unused[0], &unused[1]);
	}
	printf("{\"job\":\"%s\",\"what\":\"%s\",\"ours_us\":%.3f,\"baseline\":\"%s\","
	       "\"baseline_us\":%.3f,\"ratio\":%.4f,\"control\":%.4f,\"goal\":%.4f,"
	       "\"goal_unit\":\"gain\",\"rounds\":%u,\"times\":%u}\n",
	    row->job, row->what, bench_median(two, rounds), row->baseline,
	    bench_median(one, rounds), bench_median(gain, rounds), bench_median(control, rounds),
	    row->goal, rounds, times);
	fflush(stdout);
}
