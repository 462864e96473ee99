/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/qe_identity.h"

#include "collateral/signed_json.h"

#include <stdlib.h>

static const char *const ids[] = {
	[QE_IDENTITY_QE] = "QE",
	[QE_IDENTITY_TD_QE] = "TD_QE",
	[QE_IDENTITY_QVE] = "QVE",
	[QE_IDENTITY_QAE] = "QAE",
};

const char *
qe_identity_id_name(enum qe_identity_id id)
{
	return (size_t)id < COUNT_OF(ids) ? ids[id] : "?";
}

static int
read_id(const struct json *o, struct qe_identity *out, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		if (json_is_str(json_get(o, "id"), ids[i])) {
			out->id = (enum qe_identity_id)i;
			return 0;
		}
	}
	return err_set(e, ERR_UNSUPPORTED, "id: missing or unknown");
}

/* Four bytes in memory order, a little-endian number (evidence-intel.md 4.2). */
static int
member_le32(const struct json *o, const char *name, uint32_t *out, struct err *e)
{
	uint8_t raw[4];

	TRY(member_hex(o, name, raw, sizeof(raw), e));
	struct rd r = rd_from(BYTES_OF(raw));

	*out = rd_le32(&r);
	return 0;
}

static int
read_level(const struct json *v, struct arena *a, struct qe_level *out, struct err *e)
{
	uint64_t isvsvn;

	TRY(member_uint(json_get(v, "tcb"), "isvsvn", 65535, &isvsvn, e));
	out->isvsvn = (uint16_t)isvsvn;
	TRY(member_date(v, "tcbDate", &out->date_at, e));
	TRY(member_status(v, &out->status, e));
	/* Enclaves know three statuses only (evidence-intel.md 4.1). */
	if (out->status != TCB_UP_TO_DATE && out->status != TCB_OUT_OF_DATE &&
	    out->status != TCB_REVOKED)
		return err_set(e, ERR_MALFORMED, "tcbStatus: %s is none of an enclave",
		    tcb_status_name(out->status));
	return member_advisories(v, a, &out->advisories, e);
}

static int
level_order(const void *pa, const void *pb)
{
	const struct qe_level *a = pa, *b = pb;

	return (a->isvsvn < b->isvsvn) - (a->isvsvn > b->isvsvn);
}

static int
read_levels(const struct json *o, struct arena *a, struct qe_identity *out, struct err *e)
{
	const struct json *list;
	size_t n = 0;

	TRY(member_levels(o, &list, e));
	out->levels = arena_array(a, list->count, sizeof(*out->levels));
	if (out->levels == NULL)
		return arena_fail(e, "enclave identity");
	for (const struct json *v = list->first; v != NULL; v = v->next) {
		if (read_level(v, a, &out->levels[n], e) < 0)
			return err_in(e, "tcbLevels[%zu]", n);
		n++;
	}
	out->level_count = n;
	qsort(out->levels, n, sizeof(*out->levels), level_order);
	for (size_t i = 1; i < n; i++)
		if (out->levels[i - 1].isvsvn == out->levels[i].isvsvn)
			return err_set(e, ERR_MALFORMED, "tcbLevels: two levels are the same");
	return 0;
}

int
qe_identity_parse(struct bytes text, struct arena *a, struct qe_identity *out, struct err *e)
{
	DEFER(arena_release) struct arena scratch;
	struct qe_identity q = { 0 };
	const struct json *o = NULL;
	uint64_t version, isvprodid;

	arena_init(&scratch, MAX_JSON_TREE_SIZE);
	if (signed_json_parse(text, "enclaveIdentity", &scratch, &o, q.sig, e) < 0 ||
	    member_uint(o, "version", UINT32_MAX, &version, e) < 0)
		return err_in(e, "enclave identity");
	if (version != 2)
		return err_set(e, ERR_UNSUPPORTED, "enclave identity: version %llu, want 2",
		    (unsigned long long)version);
	q.signed_part = o->span;
	if (read_id(o, &q, e) < 0 || member_date(o, "issueDate", &q.issued_at, e) < 0 ||
	    member_date(o, "nextUpdate", &q.next_update_at, e) < 0 ||
	    member_uint(o, "tcbEvaluationDataNumber", UINT32_MAX, &q.evaluation_number, e) < 0 ||
	    member_le32(o, "miscselect", &q.miscselect, e) < 0 ||
	    member_le32(o, "miscselectMask", &q.miscselect_mask, e) < 0 ||
	    member_hex(o, "attributes", q.attributes, 16, e) < 0 ||
	    member_hex(o, "attributesMask", q.attributes_mask, 16, e) < 0 ||
	    member_hex(o, "mrsigner", q.mrsigner, 32, e) < 0 ||
	    member_uint(o, "isvprodid", 65535, &isvprodid, e) < 0 || read_levels(o, a, &q, e) < 0)
		return err_in(e, "enclave identity");
	q.isvprodid = (uint16_t)isvprodid;
	*out = q;
	return 0;
}

const struct qe_level *
qe_identity_level(const struct qe_identity *identity, uint16_t isvsvn)
{
	for (size_t i = 0; i < identity->level_count; i++)
		if (isvsvn >= identity->levels[i].isvsvn)
			return &identity->levels[i];
	return NULL;
}
