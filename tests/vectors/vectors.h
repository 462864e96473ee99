/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector runner: rows, cases and mutations of the manifests, through the public functions, against what the
 * manifests expect. Every difference must be explained by a row of docs/verdict-differences.md.
 */
#pragma once

#include "appraise/sgx.h"
#include "codec/json.h"

#define MAX_VECTOR_FILE ((size_t)4 << 20)

struct vectors {
	const char *root;       /* the vectors folder */
	struct bytes explained; /* docs/verdict-differences.md */
	const char *only;       /* one id, NULL: all */
	bool verbose;
	struct arena keep; /* manifests */
	unsigned rows, cases, mutations, others;
	unsigned passed, failed, explained_count, not_covered;
};

/* The file PATH under the root; dies when it cannot be read. */
struct bytes vectors_read(const struct vectors *v, struct bytes path, struct arena *a);
const struct json *vectors_manifest(struct vectors *v, const char *path);
/* One result: PASS, or a difference of ID that is explained or counts as failed. */
void vectors_report(struct vectors *v, const char *id, bool pass, const char *fmt, ...)
    PRINTF(4, 5);
/* Is ID wanted in this run? */
bool vectors_wants(const struct vectors *v, const char *id);

/* case.c: one judgement with the listed files, compared with EXPECTED. FILES maps names to paths. */
struct vector_case {
	const char *id;
	struct bytes evidence;
	bool is_oe;
	struct bytes runtime_data; /* p NULL: none */
	const struct json *files;
	int64_t at;
	const struct json *expected; /* an object; or a string of stages, "A or B" */
};
void vectors_case(struct vectors *v, const struct vector_case *c);

/* rows.c: quotes with their measurements, and their cases. */
void vectors_quote_row(struct vectors *v, const char *area, const struct json *row);
/* containers.c: Open Enclave's containers and structure tests. */
void vectors_report_row(struct vectors *v, const struct json *row, const struct json *quotes);
void vectors_evidence_row(struct vectors *v, const struct json *row);
