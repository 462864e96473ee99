/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stamp.h"
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 512

static void
die(const char *id, const struct err *e)
{
	(void)fprintf(stderr, "%s: %s\n", id, e->msg);
	exit(4);
}

static struct collateral *
load(const struct vectors *v, const struct vector_case *c, struct arena *a)
{
	static const char *const names[] = { "tcb_info", "qe_identity", "root_ca_crl", "pck_crl",
		"tcb_signing_chain" };
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(MAX_COLLATERAL_SIZE);
	struct collateral *out = NULL;
	struct err e = { 0 };

	if (b == NULL)
		die(c->id, &e);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct bytes path = json_text(json_get(c->files, names[i]));

		if (path.p != NULL &&
		    collateral_builder_add(b, vectors_read(v, path, a), "folder", NULL, &e) < 0)
			die(c->id, &e);
	}
	if (collateral_builder_seal(b, &out, &e) < 0)
		die(c->id, &e);
	return out;
}

/* The trusted root of synthetic cases is trusted by this case's settings alone. */
static void
trust(const struct vectors *v, const struct vector_case *c, struct arena *a, struct settings *s)
{
	struct bytes path = json_text(json_get(c->files, "trusted_root"));
	struct err e = { 0 };
	struct cert *certs;
	size_t count;
	uint8_t spki[SHA256_SIZE];

	settings_default(s);
	if (path.p == NULL)
		return;
	if (certs_from_pem(vectors_read(v, path, a), 4, a, &certs, &count, &e) < 0)
		die(c->id, &e);
	sha256(certs[0].spki, spki);
	if (settings_add_anchor(s, "test root", spki, &e) < 0)
		die(c->id, &e);
}

/* "A or B": is STAGE one of them? */
static bool
is_among(struct bytes wanted, const char *stage)
{
	char list[SHOWN];

	(void)snprintf(list, sizeof(list), "%.*s", BYTES_FMT(wanted));
	for (char *save, *word = strtok_r(list, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		if (strcmp(word, stage) == 0)
			return true;
	/* The manifests' name for what this project files under the format (evidence-intel.md 2.3). */
	return bytes_is_str(wanted, "TRAILING_BYTES") && strcmp(stage, "QUOTE_FORMAT") == 0;
}

static bool
same_status(const struct json *expected, const char *name, enum tcb_status seen)
{
	const struct json *v = json_get(expected, name);

	return v == NULL || json_is_str(v, tcb_status_name(seen));
}

static bool
same_number(const struct json *expected, const char *name, uint64_t seen)
{
	const struct json *v = json_get(expected, name);
	uint64_t want;

	return v == NULL || (json_uint(v, UINT32_MAX, &want) && want == seen);
}

static bool
same_findings(const struct json *expected, const struct sgx_findings *f)
{
	const struct json *ids = json_get(expected, "advisory_ids");
	const struct json *date = json_get(expected, "tcb_date");
	char text[STAMP_SIZE];
	size_t n = 0;

	stamp_format(f->tcb_date_at, text);
	if (ids != NULL) {
		if (ids->count != f->advisory_count)
			return false;
		for (const struct json *id = ids->first; id != NULL; id = id->next)
			if (!bytes_eq(json_text(id), f->advisories[n++]))
				return false;
	}
	return same_status(expected, "tcb_status", f->tcb_status) &&
	    same_status(expected, "platform_tcb_status", f->platform_tcb_status) &&
	    same_status(expected, "qe_tcb_status", f->qe_tcb_status) &&
	    (date == NULL || json_is_str(date, text)) &&
	    same_number(expected, "tcbEvaluationDataNumber", f->tcb_evaluation_number) &&
	    same_number(expected, "qe_tcbEvaluationDataNumber", f->qe_tcb_evaluation_number);
}

static void
compare(struct vectors *v, const struct vector_case *c, const struct settings *s,
    const struct trace *t, const struct sgx_findings *f)
{
	const char *check = t->failed != CHECK_NONE ? check_table[t->failed].id : "none";
	const char *stage = t->failed != CHECK_NONE ? check_table[t->failed].stage : "none";
	struct bytes error = json_text(c->expected);
	enum verdict verdict = trace_verdict(t);

	if (error.p == NULL)
		error = json_text(json_get(c->expected, "error"));
	if (error.p == NULL)
		error = json_text(json_get(c->expected, "policy"));
	if (error.p != NULL) {
		vectors_report(v, c->id, verdict != VERDICT_ACCEPTED && is_among(error, stage),
		    "want %.*s, got %s (check %s, verdict %s)", BYTES_FMT(error), stage, check,
		    verdict_name(verdict));
		return;
	}
	/* A status that is not tolerated is the one failure that findings survive. */
	bool tolerated = settings_tolerates(s, f->tcb_status, f->pck.fmspc, c->at, NULL);
	bool right = f->complete &&
	    (tolerated ? verdict == VERDICT_ACCEPTED : t->failed == CHECK_SGX_TCB_STATUS);

	vectors_report(v, c->id, right && same_findings(c->expected, f),
	    "want %.*s, got %s (check %s, verdict %s)",
	    BYTES_FMT(json_text(json_get(c->expected, "tcb_status"))),
	    f->complete ? tcb_status_name(f->tcb_status) : stage, check, verdict_name(verdict));
}

void
vectors_case(struct vectors *v, const struct vector_case *c)
{
	static struct trace trace;
	static struct sgx_findings findings;
	DEFER(arena_release) struct arena a;
	struct settings settings;
	struct err e = { 0 };

	arena_init(&a, (size_t)64 << 20);
	trust(v, c, &a, &settings);
	DEFER(collateral_unrefp) struct collateral *snapshot = load(v, c, &a);
	struct appraise_input in = { .evidence = c->evidence, .runtime_data = c->runtime_data };

	trace_init(&trace, &a, c->is_oe ? "OpenEnclave" : "SgxEnclave", c->at);
	int rc = c->is_oe
	    ? oe_appraise(&in, snapshot, NULL, &settings, c->at, &a, &trace, &findings, &e)
	    : sgx_appraise(&in, snapshot, NULL, &settings, c->at, &a, &trace, &findings, &e);

	if (rc < 0) {
		vectors_report(v, c->id, false, "no verdict: %s", e.msg);
		return;
	}
	compare(v, c, &settings, &trace, &findings);
}
