/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service counts, and the OpenMetrics text (OpenMetrics 1.0) that shows it.
 *
 * A row holds the counters of one instance. Labels come from closed sets: the instances of the configuration, the
 * types that the caller of metrics_new() lists, and the outcomes below. Counting is a handful of relaxed atomic
 * additions; nothing is allocated and nothing is locked.
 *
 *	struct metrics_row *row = metrics_row(m, bytes_of_str("contoso.example"));
 *	metrics_count(row, type, METRIC_REFUSED, 412);
 *
 * Rows live as long as their metrics, so that counters never go back when the configuration is read again.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define MAX_METRICS_TYPES     16
#define MAX_METRICS_INSTANCES 1024

enum metric_outcome {
	METRIC_ACCEPTED,
	METRIC_REFUSED,
	METRIC_UNDECIDED,
	METRIC_INVALID, /* the request could not be understood */
	METRIC_BUSY,    /* turned away: 429 */
	METRIC_FAULT,   /* we failed */
	METRIC_OUTCOMES
};

struct metrics;
struct metrics_row;

/* TYPES are literals. NULL when memory ran out. */
struct metrics *metrics_new(const char *const *types, size_t type_count);
void metrics_free(struct metrics *m);

/*
 * The row of an instance, made when it is new. Beyond MAX_METRICS_INSTANCES, and without memory, the one row "other"
 * is given: counting never fails.
 */
struct metrics_row *metrics_row(struct metrics *m, struct bytes instance);

/* One attestation of TYPE (its index) answered after DURATION_US. */
void metrics_count(struct metrics_row *row, size_t type, enum metric_outcome outcome,
    uint64_t duration_us);
/* One HTTP answer with STATUS, 100 to 599. */
void metrics_count_status(struct metrics *m, unsigned status);
/* An error of ours by its code (err_code_name); counted where it is answered. */
void metrics_count_error(struct metrics *m, enum err_code code);

/* One further gauge for metrics_emit(): "attest_<noun>_<unit>" without labels. */
struct metrics_gauge {
	const char *name, *help;
	int64_t value;
};

/* ONLY: one instance's rows, or all with p == NULL. Ends with "# EOF". */
void metrics_emit(struct metrics *m, struct bytes only, const struct metrics_gauge *gauges,
    size_t gauge_count, struct buf *out);
