/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/oe/report.h"
#include "vectors.h"

#include <stdio.h>
#include <string.h>

#define ID_SIZE 256

static const struct json *
quote_named(const struct json *quotes, struct bytes id)
{
	for (const struct json *q = quotes->first; q != NULL; q = q->next)
		if (bytes_eq(json_text(json_get(q, "id")), id))
			return q;
	return NULL;
}

/* The container of an altered report must be refused by one of its own checks or by the quote's. */
static void
refused_report(struct vectors *v, const char *id, struct bytes report)
{
	static struct trace trace;
	static struct sgx_findings findings;
	DEFER(arena_release) struct arena a;
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(1 << 20);
	DEFER(collateral_unrefp) struct collateral *none = NULL;
	struct appraise_input in = { .evidence = report };
	struct settings settings;
	struct err e = { 0 };

	arena_init(&a, (size_t)16 << 20);
	settings_default(&settings);
	trace_init(&trace, &a, "OpenEnclave", 1700000000);
	if (b == NULL || collateral_builder_seal(b, &none, &e) < 0 ||
	    oe_appraise(&in, none, NULL, &settings, 1700000000, &a, &trace, &findings, &e) < 0) {
		vectors_report(v, id, false, "no verdict: %s", e.msg);
		return;
	}
	bool container = trace.failed != CHECK_NONE &&
	    (strncmp(check_table[trace.failed].id, "oe.report.", 10) == 0 ||
		strncmp(check_table[trace.failed].stage, "QUOTE_", 6) == 0);

	vectors_report(v, id, container && trace_verdict(&trace) == VERDICT_REFUSED,
	    "want a refused container, got check %s",
	    trace.failed != CHECK_NONE ? check_table[trace.failed].id : "none");
}

void
vectors_report_row(struct vectors *v, const struct json *row, const struct json *quotes)
{
	DEFER(arena_release) struct arena a;
	const struct json *files = json_get(row, "files"), *expected = json_get(row, "expected");
	struct bytes name = json_text(json_get(row, "id"));
	struct bytes runtime = json_text(json_get(files, "runtime_data"));
	char id[ID_SIZE];

	arena_init(&a, (size_t)32 << 20);
	struct bytes report = vectors_read(v, json_text(json_get(files, "report")), &a);

	(void)snprintf(id, sizeof(id), "openenclave/reports/%.*s", BYTES_FMT(name));
	if (!vectors_wants(v, id))
		return;
	v->rows++;
	if (json_text(expected).p != NULL) {
		refused_report(v, id, report);
		return;
	}
	const struct json *quote = quote_named(quotes, json_text(json_get(row, "inner_quote")));
	struct oe_report parsed;
	struct sgx_quote q;
	struct err e = { 0 };
	bool read =
	    oe_report_parse(report, &parsed, &e) == 0 && sgx_quote_parse(parsed.quote, &q, &e) == 0;

	vectors_report(v, id, read && quote != NULL, "does not parse: %s", e.msg);
	if (!read || quote == NULL)
		return;
	if (runtime.p != NULL)
		runtime = vectors_read(v, runtime, &a);
	const struct json *cases = json_get(quote, "cases");
	unsigned n = 0;

	for (const struct json *c = cases != NULL ? cases->first : NULL; c != NULL; c = c->next) {
		(void)snprintf(id, sizeof(id), "openenclave/reports/%.*s#%u", BYTES_FMT(name), n++);
		struct vector_case one = { .id = id,
			.evidence = report,
			.is_oe = true,
			.runtime_data = runtime,
			.files = json_get(c, "collateral"),
			.expected = json_get(c, "expected") };

		if (!json_int(json_get(c, "unix"), &one.at))
			continue;
		v->cases++;
		vectors_case(v, &one);
	}
}

static bool
starts(struct bytes text, const char *prefix)
{
	return bytes_has_prefix(text, prefix);
}

/* What our parsers say of one container: 1 accepted, 0 refused, -1 not a container that this runner knows. */
static int
judge_container(struct bytes format, struct bytes raw, struct arena *a, struct err *e)
{
	struct oe_evidence evidence;
	struct oe_claims claims;
	struct tcb_info info;
	struct qe_identity identity;
	struct sgx_quote q;

	if (starts(format, "OE serialised custom claims"))
		return oe_claims_parse(raw, &claims, e) == 0;
	if (starts(format, "tcbinfo JSON"))
		return tcb_info_parse(raw, a, &info, e) == 0;
	if (starts(format, "qeidentity JSON"))
		return qe_identity_parse(raw, a, &identity, e) == 0;
	if (starts(format, "OE attestation header"))
		return oe_evidence_parse(raw, &evidence, e) == 0 &&
		    sgx_quote_parse(evidence.quote, &q, e) == 0;
	if (starts(format, "OE evidence body")) {
		uint8_t digest[SHA256_SIZE];

		if (oe_sgx_body_parse(raw, &evidence, e) < 0 ||
		    sgx_quote_parse(evidence.quote, &q, e) < 0)
			return 0;
		sha256(evidence.claims, digest);
		return bytes_eq(bytes_slice(q.report.reportdata, 0, 32), BYTES_OF(digest));
	}
	return -1;
}

void
vectors_evidence_row(struct vectors *v, const struct json *row)
{
	DEFER(arena_release) struct arena a = { 0 };
	const struct json *files = json_get(row, "files");
	struct bytes name = json_text(json_get(row, "id"));
	struct bytes expected = json_text(json_get(row, "expected"));
	struct bytes path = json_text(json_get(files, "evidence"));
	struct err e = { 0 };
	char id[ID_SIZE];

	if (path.p == NULL)
		path = json_text(json_get(files, "claims"));
	if (path.p == NULL)
		path = json_text(json_get(files, "json"));
	(void)snprintf(id, sizeof(id), "openenclave/evidence/%.*s", BYTES_FMT(name));
	if (path.p == NULL || expected.p == NULL || !vectors_wants(v, id))
		return;
	arena_init(&a, (size_t)32 << 20);
	int accepted =
	    judge_container(json_text(json_get(row, "format")), vectors_read(v, path, &a), &a, &e);

	if (accepted < 0) {
		v->not_covered++;
		return;
	}
	v->rows++;
	vectors_report(v, id, (accepted == 1) == !starts(expected, "reject"),
	    "want %.*s, got %s %s", BYTES_FMT(bytes_slice(expected, 0, 80)),
	    accepted == 1 ? "ok" : "reject", e.msg);
}
