/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measuring: two works side by side, in interleaved rounds, in CPU time of the calling thread.
 *
 *	struct bench_work ours = { run_ours, self }, base = { run_base, floor };
 *	bench_compare(&opt, &(struct bench_row){ .job = "…", .goal = 1.15 }, &ours, &base);
 *
 * A round runs the one and then the other for the same number of times, so that whatever else the machine does meets
 * both; what is reported is the median over the rounds, and of the ratio the median of the rounds' own ratios. Nothing
 * here judges: figures go as JSON lines to standard output, and tools/bench holds them against their goals.
 *
 * A work that goes wrong ends the program: what is measured is always the right answer. With --smoke each work runs a
 * few times only, which is a test of exactly that.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct bench_options {
	bool smoke, quick, real;
	bool count; /* runs each work BENCH_COUNTED times within bench_counted(), for callgrind */
	const char *only;  /* prefix of the jobs wanted; NULL: all */
	const char *dir;   /* for what must be on a disk */
	const char *write; /* a folder for tokens and key sets, for peers; nothing is measured */
};

struct bench_work {
	void (*run)(void *self);
	void *self;
};

/* What is said of a measurement beside its figures. */
struct bench_row {
	const char *job;      /* "sgx-warm-rs256" */
	const char *what;     /* of ours, for people */
	const char *baseline; /* of the other side, for people */
	double goal; /* of the ratio, or of microseconds where there is no baseline; 0: none */
	bool goal_is_us;
	/* How often one run may ask the heap for memory, libraries apart, once it is warm. */
	unsigned heap;
};

/*
 * The program bench_budget is the same, but counts what is taken from the heap instead of measuring, and fails where that
 * is more than the row says.
 */
#ifdef BENCH_COUNTS_HEAP
unsigned long bench_heap_taken(void);
#endif

/* What tests/bench/instructions.py counts: WORK, which is warm. */
#define BENCH_COUNTED 10
void bench_counted(const struct bench_work *work);

/* Ours against BASE; BASE NULL: ours alone. */
void bench_compare(const struct bench_options *o, const struct bench_row *row,
    const struct bench_work *ours, const struct bench_work *base);
/*
 * Throughput of two threads, each with a work of its own, against one with the first; and the same of the floor, BASE, in
 * the same rounds: what the machine and the library give nobody can be asked for.
 */
void bench_two_threads(const struct bench_options *o, const struct bench_row *row,
    const struct bench_work work[2], const struct bench_work base[2]);
/* A figure that was found in another way. */
void bench_figure(const struct bench_row *row, double ours_us, double base_us);

double bench_thread_us(void);
double bench_process_us(void);
double bench_wall_us(void);
double bench_median(double *v, size_t count);

/* Is this job asked for? */
bool bench_wants(const struct bench_options *o, const char *job);

#define MUST(e, call)                                                                              \
	do {                                                                                       \
		if ((call) < 0) {                                                                  \
			fprintf(stderr, "bench: %s: %s\n", #call, (e)->msg);                       \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)
#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "bench: %s:%d: %s does not hold\n", __FILE__, __LINE__,    \
			    #condition);                                                           \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

/* The jobs of each file. */
void bench_attest(const struct bench_options *o);
void bench_token(const struct bench_options *o);
void bench_policy(const struct bench_options *o);
void bench_log(const struct bench_options *o);
