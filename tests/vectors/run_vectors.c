/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See vectors.h. Usage: run_vectors [--summary] [--vectors DIR] [--differences FILE] [-v] [ID]
 * and, in builds with ATTEST_MUTATE, --mutate CHECK: that check passes whatever it sees, and a row must differ.
 */
#include "vectors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_SKIP 77

struct bytes
vectors_read(const struct vectors *v, struct bytes path, struct arena *a)
{
	char name[1024];

	(void)snprintf(name, sizeof(name), "%s/%.*s", v->root, BYTES_FMT(path));
	FILE *f = fopen(name, "rb");
	uint8_t *p = arena_alloc(a, MAX_VECTOR_FILE / 4);
	size_t size = 0, room = MAX_VECTOR_FILE / 4;

	if (f == NULL || p == NULL) {
		(void)fprintf(stderr, "%s: cannot be read\n", name);
		exit(3);
	}
	size = fread(p, 1, room, f);
	(void)fclose(f);
	return bytes_of(p, size);
}

const struct json *
vectors_manifest(struct vectors *v, const char *path)
{
	const struct json *doc;
	struct err e = { 0 };

	if (json_parse(vectors_read(v, bytes_of_str(path), &v->keep), MAX_VECTOR_FILE, &v->keep,
		&doc, &e) < 0) {
		(void)fprintf(stderr, "%s: %s\n", path, e.msg);
		exit(3);
	}
	return doc;
}

bool
vectors_wants(const struct vectors *v, const char *id)
{
	return v->only == NULL || strcmp(v->only, id) == 0;
}

/* A row of the table in docs/verdict-differences.md begins with "| `<id>` |". */
static bool
is_explained(const struct vectors *v, const char *id)
{
	char row[320];
	int size = snprintf(row, sizeof(row), "| `%s` |", id);

	return v->explained.size > 0 &&
	    memmem(v->explained.p, v->explained.size, row, (size_t)size) != NULL;
}

void
vectors_report(struct vectors *v, const char *id, bool pass, const char *fmt, ...)
{
	char what[1024];
	va_list args;

	if (pass) {
		v->passed++;
		if (v->verbose)
			(void)printf("ok        %s\n", id);
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (is_explained(v, id)) {
		v->explained_count++;
		v->passed++;
		(void)printf("explained %s: %s\n", id, what);
		return;
	}
	v->failed++;
	(void)printf("DIFFERENT %s: %s\n", id, what);
}

static void
each(const struct json *list, void (*fn)(struct vectors *, const struct json *), struct vectors *v)
{
	for (const struct json *row = list != NULL ? list->first : NULL; row != NULL;
	     row = row->next)
		fn(v, row);
}

static void
sgx_quote(struct vectors *v, const struct json *row)
{
	vectors_quote_row(v, "sgx", row);
}

static void
oe_quote(struct vectors *v, const struct json *row)
{
	vectors_quote_row(v, "openenclave", row);
}

static void
synthetic_case(struct vectors *v, const struct json *row)
{
	DEFER(arena_release) struct arena a;
	const struct json *files = json_get(row, "files");
	struct bytes runtime = json_text(json_get(files, "runtime_data"));
	char id[256];

	arena_init(&a, (size_t)32 << 20);
	(void)snprintf(id, sizeof(id), "sgx/synthetic/%.*s",
	    BYTES_FMT(json_text(json_get(row, "id"))));
	if (!vectors_wants(v, id))
		return;
	struct vector_case c = { .id = id,
		.evidence = vectors_read(v, json_text(json_get(files, "quote")), &a),
		.files = files,
		.expected = json_get(row, "expected") };

	if (runtime.p != NULL)
		c.runtime_data = vectors_read(v, runtime, &a);
	if (!json_int(json_get(row, "unix"), &c.at))
		return;
	v->cases++;
	vectors_case(v, &c);
}

static const struct json *
row_named(const struct json *list, struct bytes id)
{
	for (const struct json *row = list->first; row != NULL; row = row->next)
		if (bytes_eq(json_text(json_get(row, "id")), id))
			return row;
	return NULL;
}

static void
mutation(struct vectors *v, const struct json *m, const struct json *quotes)
{
	DEFER(arena_release) struct arena a = { 0 };
	const struct json *row = row_named(quotes, json_text(json_get(m, "base")));
	uint64_t index, offset, change, length;
	char id[256];

	if (!json_is_str(json_get(m, "manifest"), "sgx") || row == NULL) {
		v->not_covered++;
		return;
	}
	if (!json_uint(json_get(m, "case_index"), 100, &index) ||
	    !json_uint(json_get(m, "offset"), MAX_QUOTE_SIZE, &offset) ||
	    !json_uint(json_get(m, "xor"), 255, &change) ||
	    !json_uint(json_get(row, "quote_length"), MAX_QUOTE_SIZE, &length))
		return;
	(void)snprintf(id, sizeof(id), "sgx/mutations/%.*s/%.*s",
	    BYTES_FMT(json_text(json_get(m, "base"))), BYTES_FMT(json_text(json_get(m, "field"))));
	if (!vectors_wants(v, id))
		return;
	arena_init(&a, (size_t)32 << 20);
	const struct json *base = json_item(json_get(row, "cases"), (size_t)index);
	struct bytes quote = vectors_read(v, json_text(json_at(row, "files.quote")), &a);
	uint8_t *changed = arena_alloc(&a, (size_t)length);
	struct vector_case c = { .id = id,
		.evidence = bytes_of(changed, (size_t)length),
		.files = json_get(base, "collateral"),
		.expected = json_get(m, "expected_error") };

	if (changed == NULL || length > quote.size || offset >= length ||
	    !json_int(json_get(base, "unix"), &c.at))
		return;
	memcpy(changed, quote.p, (size_t)length);
	changed[offset] ^= (uint8_t)change;
	v->mutations++;
	vectors_case(v, &c);
}

static void
run(struct vectors *v)
{
	const struct json *sgx = vectors_manifest(v, "sgx/MANIFEST.json");
	const struct json *oe = vectors_manifest(v, "openenclave/MANIFEST.json");
	const struct json *synthetic = vectors_manifest(v, "sgx/synthetic/MANIFEST.json");
	const struct json *mutations = vectors_manifest(v, "sgx/mutations.json");
	const struct json *reports = json_get(oe, "reports"),
			  *list = json_get(mutations, "mutations");

	each(json_get(sgx, "quotes"), sgx_quote, v);
	each(json_get(oe, "quotes"), oe_quote, v);
	each(json_get(synthetic, "cases"), synthetic_case, v);
	for (const struct json *r = reports != NULL ? reports->first : NULL; r != NULL; r = r->next)
		vectors_report_row(v, r, json_get(oe, "quotes"));
	each(json_get(oe, "evidence"), vectors_evidence_row, v);
	for (const struct json *m = list != NULL ? list->first : NULL; m != NULL; m = m->next)
		mutation(v, m, json_get(sgx, "quotes"));
}

static struct bytes
read_differences(struct vectors *v, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = arena_alloc(&v->keep, MAX_VECTOR_FILE / 4);
	size_t size = f != NULL && p != NULL ? fread(p, 1, MAX_VECTOR_FILE / 4, f) : 0;

	if (f != NULL)
		(void)fclose(f);
	return bytes_of(p, size);
}

int
main(int argc, char **argv)
{
	static struct vectors v;
	const char *differences = "docs/verdict-differences.md";
	bool summary = false;

	v.root = getenv("ATTEST_VECTORS") != NULL ? getenv("ATTEST_VECTORS") : "../shared/vectors";
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--summary") == 0)
			summary = true;
		else if (strcmp(argv[i], "-v") == 0)
			v.verbose = true;
		else if (strcmp(argv[i], "--vectors") == 0 && i + 1 < argc)
			v.root = argv[++i];
		else if (strcmp(argv[i], "--differences") == 0 && i + 1 < argc)
			differences = argv[++i];
#ifdef ATTEST_MUTATE
		else if (strcmp(argv[i], "--mutate") == 0 && i + 1 < argc)
			trace_mutate_off(check_find(argv[++i]));
#endif
		else if (argv[i][0] != '-')
			v.only = argv[i];
		else
			return 2;
	}
	char manifest[1024];

	(void)snprintf(manifest, sizeof(manifest), "%s/sgx/MANIFEST.json", v.root);
	FILE *f = fopen(manifest, "rb");

	if (f == NULL) {
		(void)printf("skipped: no vectors in %s (set ATTEST_VECTORS)\n", v.root);
		return EXIT_SKIP;
	}
	(void)fclose(f);
	arena_init(&v.keep, (size_t)256 << 20);
	v.explained = read_differences(&v, differences);
	run(&v);
	if (summary)
		(void)printf("rows %u, cases %u, mutations %u, differences %u (explained %u), of "
			     "formats not covered here %u\n",
		    v.rows, v.cases, v.mutations, v.failed + v.explained_count, v.explained_count,
		    v.not_covered);
	(void)printf("%u passed, %u failed, 0 skipped\n", v.passed, v.failed);
	arena_release(&v.keep);
	return v.failed == 0 ? 0 : 1;
}
