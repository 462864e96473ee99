/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Upper edges in microseconds; a warm judgement takes some hundred, a fsync some thousand. */
static const uint64_t edges_us[] = { 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000,
	250000, 500000, 1000000, 2500000 };
static const char *const edges_s[] = { "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005",
	"0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5" };

static const char *const outcome_names[METRIC_OUTCOMES] = {
	[METRIC_ACCEPTED] = "accepted",
	[METRIC_REFUSED] = "refused",
	[METRIC_UNDECIDED] = "undecided",
	[METRIC_INVALID] = "invalid",
	[METRIC_BUSY] = "busy",
	[METRIC_FAULT] = "fault",
};

struct metrics_type {
	atomic_uint_fast64_t outcomes[METRIC_OUTCOMES];
	atomic_uint_fast64_t buckets[COUNT_OF(edges_us) + 1];
	atomic_uint_fast64_t sum_us;
};

struct metrics_row {
	struct metrics_row *next;
	struct bytes instance; /* a copy behind the row */
	struct metrics_type types[MAX_METRICS_TYPES];
};

#define ERR_CODES    (ERR_INTERNAL + 1)
#define MAX_STATUS   600
#define LEAST_STATUS 100

struct metrics {
	const char *types[MAX_METRICS_TYPES];
	size_t type_count;
	pthread_mutex_t lock; /* the list of rows */
	struct metrics_row *rows;
	size_t row_count;
	struct metrics_row other;
	atomic_uint_fast64_t status[MAX_STATUS];
	atomic_uint_fast64_t errors[ERR_CODES];
};

static void
count(atomic_uint_fast64_t *counter, uint64_t by)
{
	atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static uint64_t
value(atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

struct metrics *
metrics_new(const char *const *types, size_t type_count)
{
	struct metrics *m;

	if (type_count > MAX_METRICS_TYPES)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NULL;
	if (pthread_mutex_init(&m->lock, NULL) != 0) {
		free(m);
		return NULL;
	}
	for (size_t i = 0; i < type_count; i++)
		m->types[i] = types[i];
	m->type_count = type_count;
	m->other.instance = BYTES("other");
	return m;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	while (m->rows != NULL) {
		struct metrics_row *row = m->rows;

		m->rows = row->next;
		free(row);
	}
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static struct metrics_row *
row_new(struct bytes instance)
{
	struct metrics_row *row = calloc(1, sizeof(*row) + instance.size);

	if (row == NULL)
		return NULL;
	uint8_t *name = (uint8_t *)(row + 1);
	if (instance.size > 0)
		memcpy(name, instance.p, instance.size);
	row->instance = bytes_of(name, instance.size);
	return row;
}

static struct metrics_row *
row_find(struct metrics *m, struct bytes instance)
{
	for (struct metrics_row *row = m->rows; row != NULL; row = row->next)
		if (bytes_eq(row->instance, instance))
			return row;
	return NULL;
}

struct metrics_row *
metrics_row(struct metrics *m, struct bytes instance)
{
	struct metrics_row *row;

	pthread_mutex_lock(&m->lock);
	row = row_find(m, instance);
	if (row == NULL && m->row_count < MAX_METRICS_INSTANCES) {
		row = row_new(instance);
		if (row != NULL) {
			row->next = m->rows;
			m->rows = row;
			m->row_count++;
		}
	}
	pthread_mutex_unlock(&m->lock);
	return row != NULL ? row : &m->other;
}

void
metrics_count(struct metrics_row *row, size_t type, enum metric_outcome outcome,
    uint64_t duration_us)
{
	size_t bucket = 0;

	if (type >= MAX_METRICS_TYPES || outcome >= METRIC_OUTCOMES)
		return;
	while (bucket < COUNT_OF(edges_us) && duration_us > edges_us[bucket])
		bucket++;
	count(&row->types[type].outcomes[outcome], 1);
	count(&row->types[type].buckets[bucket], 1);
	count(&row->types[type].sum_us, duration_us);
}

void
metrics_count_status(struct metrics *m, unsigned status)
{
	if (status >= LEAST_STATUS && status < MAX_STATUS)
		count(&m->status[status], 1);
}

void
metrics_count_error(struct metrics *m, enum err_code code)
{
	if ((unsigned)code < ERR_CODES)
		count(&m->errors[code], 1);
}

static void
emit_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_fmt(out, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

/* OpenMetrics 1.0, escaped-string; an instance is a host name, but it came from a configuration. */
static void
emit_label(struct buf *out, const char *name, struct bytes text)
{
	buf_fmt(out, "%s=\"", name);
	for (size_t i = 0; i < text.size; i++) {
		char c = (char)text.p[i];

		if (c == '\\' || c == '"')
			buf_char(out, '\\');
		if (c == '\n')
			buf_str(out, "\\n");
		else
			buf_char(out, c);
	}
	buf_char(out, '"');
}

static uint64_t
answers(struct metrics_type *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < COUNT_OF(t->buckets); i++)
		n += value(&t->buckets[i]);
	return n;
}

static void
emit_sample(struct buf *out, const char *name, const struct metrics_row *row, const char *type,
    const char *label, const char *label_value)
{
	buf_fmt(out, "%s{", name);
	emit_label(out, "instance", row->instance);
	buf_fmt(out, ",type=\"%s\"", type);
	if (label != NULL)
		buf_fmt(out, ",%s=\"%s\"", label, label_value);
	buf_str(out, "} ");
}

static void
emit_u64(struct buf *out, uint64_t v)
{
	buf_fmt(out, "%llu\n", (unsigned long long)v);
}

static void
emit_outcomes(struct metrics *m, struct metrics_row *row, struct buf *out)
{
	for (size_t t = 0; t < m->type_count; t++)
		for (size_t o = 0; o < METRIC_OUTCOMES; o++) {
			uint64_t n = value(&row->types[t].outcomes[o]);

			if (n == 0)
				continue;
			emit_sample(out, "attest_requests_total", row, m->types[t], "outcome",
			    outcome_names[o]);
			emit_u64(out, n);
		}
}

static void
emit_durations(struct metrics *m, struct metrics_row *row, struct buf *out)
{
	static const char *const bucket = "attest_request_duration_seconds_bucket";

	for (size_t t = 0; t < m->type_count; t++) {
		struct metrics_type *type = &row->types[t];
		uint64_t sum = value(&type->sum_us), n = 0;

		if (answers(type) == 0)
			continue;
		for (size_t b = 0; b < COUNT_OF(type->buckets); b++) {
			n += value(&type->buckets[b]);
			emit_sample(out, bucket, row, m->types[t], "le",
			    b < COUNT_OF(edges_s) ? edges_s[b] : "+Inf");
			emit_u64(out, n);
		}
		emit_sample(out, "attest_request_duration_seconds_count", row, m->types[t], NULL,
		    NULL);
		emit_u64(out, n);
		emit_sample(out, "attest_request_duration_seconds_sum", row, m->types[t], NULL,
		    NULL);
		buf_fmt(out, "%llu.%06llu\n", (unsigned long long)(sum / 1000000),
		    (unsigned long long)(sum % 1000000));
	}
}

static void
emit_rows(struct metrics *m, struct bytes only, struct buf *out,
    void (*emit)(struct metrics *, struct metrics_row *, struct buf *))
{
	pthread_mutex_lock(&m->lock);
	for (struct metrics_row *row = m->rows; row != NULL; row = row->next)
		if (only.p == NULL || bytes_eq(only, row->instance))
			emit(m, row, out);
	pthread_mutex_unlock(&m->lock);
	if (only.p == NULL)
		emit(m, &m->other, out);
}

static void
emit_process(struct metrics *m, struct buf *out)
{
	emit_head(out, "attest_http_responses", "counter", "Answers by HTTP status.");
	for (unsigned s = LEAST_STATUS; s < MAX_STATUS; s++) {
		uint64_t n = value(&m->status[s]);

		if (n == 0)
			continue;
		buf_fmt(out, "attest_http_responses_total{status=\"%u\"} ", s);
		emit_u64(out, n);
	}
	emit_head(out, "attest_errors", "counter", "Errors answered, by code.");
	for (unsigned c = 1; c < ERR_CODES; c++) {
		uint64_t n = value(&m->errors[c]);

		if (n == 0)
			continue;
		buf_fmt(out, "attest_errors_total{code=\"%s\"} ", err_code_name((enum err_code)c));
		emit_u64(out, n);
	}
}

void
metrics_emit(struct metrics *m, struct bytes only, const struct metrics_gauge *gauges,
    size_t gauge_count, struct buf *out)
{
	emit_head(out, "attest_requests", "counter", "Attestation requests by outcome.");
	emit_rows(m, only, out, emit_outcomes);
	emit_head(out, "attest_request_duration_seconds", "histogram",
	    "Time from request to answer.");
	emit_rows(m, only, out, emit_durations);
	if (only.p == NULL)
		emit_process(m, out);
	for (size_t i = 0; i < gauge_count; i++) {
		emit_head(out, gauges[i].name, "gauge", gauges[i].help);
		buf_fmt(out, "%s ", gauges[i].name);
		buf_i64(out, gauges[i].value);
		buf_char(out, '\n');
	}
	buf_str(out, "# EOF\n");
}
