/* SPDX-License-Identifier: Apache-2.0 */
/* What the trace shows beside its checks, under the names of the vector manifests. */
#include "appraise/sgx_run.h"
#include "base/stamp.h"

#include <string.h>

struct shown
sgx_shown_hex(struct sgx_run *r, struct bytes raw)
{
	return shown_hex(arena_copy(r->a, raw));
}

int
sgx_show_measurements(struct sgx_run *r, struct err *e)
{
	const struct sgx_report *q = &r->out->quote.report;
	struct arena *a = r->a;
	struct json *o = json_new(a, JSON_OBJECT);
	bool ok = json_put(o, "mrenclave", json_new_hex(a, q->mrenclave)) &&
	    json_put(o, "mrsigner", json_new_hex(a, q->mrsigner)) &&
	    json_put(o, "isvprodid", json_new_int(a, q->isvprodid)) &&
	    json_put(o, "isvsvn", json_new_int(a, q->isvsvn)) &&
	    json_put(o, "attributes", json_new_hex(a, q->attributes)) &&
	    json_put(o, "cpusvn", json_new_hex(a, q->cpusvn)) &&
	    json_put(o, "miscselect", json_new_int(a, q->miscselect)) &&
	    json_put(o, "reportdata", json_new_hex(a, q->reportdata)) &&
	    json_put(o, "debug", json_new_bool(a, r->out->debuggable));

	if (ok && r->out->kss)
		ok = json_put(o, "configid", json_new_hex(a, q->configid)) &&
		    json_put(o, "configsvn", json_new_int(a, q->configsvn)) &&
		    json_put(o, "isvextprodid", json_new_hex(a, q->isvextprodid)) &&
		    json_put(o, "isvfamilyid", json_new_hex(a, q->isvfamilyid));
	if (!ok)
		return arena_fail(e, "sgx measurements");
	r->t->measurements = o;
	return 0;
}

static struct json *
advisories(const struct sgx_findings *f, struct arena *a)
{
	struct json *list = json_new(a, JSON_ARRAY);

	for (size_t i = 0; i < f->advisory_count; i++)
		if (!json_append(list, json_new_str(a, f->advisories[i])))
			return NULL;
	return list;
}

int
sgx_show_appraisal(struct sgx_run *r, struct err *e)
{
	const struct sgx_findings *f = r->out;
	struct arena *a = r->a;
	struct json *o = json_new(a, JSON_OBJECT);
	char date[STAMP_SIZE];

	stamp_format(f->tcb_date_at, date);
	bool ok = json_put(o, "tcb_status", json_new_cstr(a, tcb_status_name(f->tcb_status))) &&
	    json_put(o, "platform_tcb_status",
		json_new_cstr(a, tcb_status_name(f->platform_tcb_status))) &&
	    json_put(o, "qe_tcb_status", json_new_cstr(a, tcb_status_name(f->qe_tcb_status))) &&
	    json_put(o, "tdx_module_status", json_new(a, JSON_NULL)) &&
	    json_put(o, "tcb_date", json_new_str(a, arena_copy(a, bytes_of_str(date)))) &&
	    json_put(o, "advisory_ids", advisories(f, a)) &&
	    json_put(o, "tcb_evaluation_number",
		json_new_int(a, (int64_t)f->tcb_evaluation_number)) &&
	    json_put(o, "qe_tcb_evaluation_number",
		json_new_int(a, (int64_t)f->qe_tcb_evaluation_number));

	if (!ok)
		return arena_fail(e, "sgx appraisal");
	r->t->appraisal = o;
	return 0;
}

int
sgx_show_settings(struct sgx_run *r, struct err *e)
{
	struct json *o = json_new(r->a, JSON_OBJECT);

	if (!json_put(o, "hash", json_new_hex(r->a, BYTES_OF(r->s->hash))))
		return arena_fail(e, "appraisal settings");
	r->t->settings = o;
	return 0;
}

static void
show_doc(struct sgx_run *r, const char *kind, const struct collateral_doc *doc)
{
	struct trace_collateral used = { .kind = kind,
		.issued_at = doc->issued_at,
		.next_update_at = doc->next_update_at,
		.origin = doc->origin };

	memcpy(used.sha256, doc->sha256, SHA256_SIZE);
	trace_add_collateral(r->t, &used);
}

void
sgx_show_collateral(struct sgx_run *r)
{
	if (r->facts != NULL && r->facts->leaf.to_at != 0) {
		struct trace_collateral chain = { .kind = "pck-chain",
			.issued_at = r->facts->leaf.from_at,
			.next_update_at = r->facts->leaf.to_at,
			.origin = "request" };

		memcpy(chain.sha256, r->chain_sha256, SHA256_SIZE);
		trace_add_collateral(r->t, &chain);
	}
	if (r->root_crl != NULL)
		show_doc(r, "root-ca-crl", r->root_crl->doc);
	if (r->pck_crl != NULL)
		show_doc(r, "pck-crl", r->pck_crl->doc);
	if (r->tcb_info != NULL)
		show_doc(r, "tcb-info", r->tcb_info->by.doc);
	if (r->qe_identity != NULL)
		show_doc(r, "qe-identity", r->qe_identity->by.doc);
	if (r->tcb_signer != NULL)
		show_doc(r, "tcb-signing-chain", r->tcb_signer->doc);
	if (r->qe_signer != NULL && r->qe_signer != r->tcb_signer)
		show_doc(r, "tcb-signing-chain", r->qe_signer->doc);
}
