/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/tcb_info.h"

#include "collateral/signed_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Version 2: sgxtcbcomp01svn … sgxtcbcomp16svn. */
static int
components_v2(const struct json *tcb, uint8_t out[TCB_COMPONENTS], struct err *e)
{
	for (unsigned i = 0; i < TCB_COMPONENTS; i++) {
		char name[24];
		uint64_t v;

		(void)snprintf(name, sizeof(name), "sgxtcbcomp%02usvn", i + 1);
		TRY(member_uint(tcb, name, 255, &v, e));
		out[i] = (uint8_t)v;
	}
	return 0;
}

/* Version 3: an array of exactly 16 {"svn", …}. */
static int
components_v3(const struct json *tcb, const char *name, uint8_t out[TCB_COMPONENTS], struct err *e)
{
	const struct json *list = json_get(tcb, name);
	size_t i = 0;

	if (list == NULL || list->type != JSON_ARRAY || list->count != TCB_COMPONENTS)
		return err_set(e, ERR_MALFORMED, "%s: missing or not %d components", name,
		    TCB_COMPONENTS);
	for (const struct json *c = list->first; c != NULL; c = c->next) {
		uint64_t v;

		TRY(member_uint(c, "svn", 255, &v, e));
		out[i++] = (uint8_t)v;
	}
	return 0;
}

static int
read_level(const struct json *v, const struct tcb_info *info, struct arena *a,
    struct tcb_level *out, struct err *e)
{
	const struct json *tcb = json_get(v, "tcb");
	uint64_t pcesvn;

	if (tcb == NULL || tcb->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED, "tcb: missing or no object");
	if (info->version == 2) {
		TRY(components_v2(tcb, out->sgx, e));
	} else {
		TRY(components_v3(tcb, "sgxtcbcomponents", out->sgx, e));
		if (info->id == TCB_INFO_TDX)
			TRY(components_v3(tcb, "tdxtcbcomponents", out->tdx, e));
	}
	TRY(member_uint(tcb, "pcesvn", 65535, &pcesvn, e));
	out->pcesvn = (uint16_t)pcesvn;
	TRY(member_date(v, "tcbDate", &out->date_at, e));
	TRY(member_status(v, &out->status, e));
	return member_advisories(v, a, &out->advisories, e);
}

/* Descending: SGX components, PCESVN, TDX components (evidence-intel.md 5.2). */
static int
level_order(const void *pa, const void *pb)
{
	const struct tcb_level *a = pa, *b = pb;
	int by_sgx = memcmp(b->sgx, a->sgx, TCB_COMPONENTS);

	if (by_sgx != 0)
		return by_sgx;
	if (a->pcesvn != b->pcesvn)
		return a->pcesvn < b->pcesvn ? 1 : -1;
	return memcmp(b->tdx, a->tdx, TCB_COMPONENTS);
}

static int
read_levels(const struct json *o, struct arena *a, struct tcb_info *info, struct err *e)
{
	const struct json *list;
	size_t n = 0;

	TRY(member_levels(o, &list, e));
	info->levels = arena_array(a, list->count, sizeof(*info->levels));
	if (info->levels == NULL)
		return arena_fail(e, "tcb info");
	for (const struct json *v = list->first; v != NULL; v = v->next) {
		if (read_level(v, info, a, &info->levels[n], e) < 0)
			return err_in(e, "tcbLevels[%zu]", n);
		n++;
	}
	info->level_count = n;
	qsort(info->levels, n, sizeof(*info->levels), level_order);
	for (size_t i = 1; i < n; i++)
		if (level_order(&info->levels[i - 1], &info->levels[i]) == 0)
			return err_set(e, ERR_MALFORMED, "tcbLevels: two levels are the same");
	return 0;
}

/* Which TEE it is for, by version (evidence-intel.md 4.1). */
static int
read_id(const struct json *o, struct tcb_info *info, struct err *e)
{
	const struct json *id = json_get(o, "id");
	uint64_t version;

	TRY(member_uint(o, "version", UINT32_MAX, &version, e));
	info->version = (unsigned)version;
	if (version == 2 && id == NULL) {
		info->id = TCB_INFO_SGX;
		return 0;
	}
	if (version != 3)
		return err_set(e, ERR_UNSUPPORTED, "tcb info: version %u, want 2 or 3 (PCS API v4)",
		    info->version);
	if (json_is_str(id, "SGX"))
		info->id = TCB_INFO_SGX;
	else if (json_is_str(id, "TDX"))
		info->id = TCB_INFO_TDX;
	else
		return err_set(e, ERR_UNSUPPORTED, "tcb info: id is neither SGX nor TDX");
	return 0;
}

static int
check_module(const struct json *o, enum tcb_info_id id, struct err *e)
{
	const struct json *module = json_get(o, "tdxModule");

	if (id == TCB_INFO_TDX && (module == NULL || module->type != JSON_OBJECT))
		return err_set(e, ERR_MALFORMED, "tdxModule: missing in a TDX document");
	if (id == TCB_INFO_SGX && (module != NULL || json_get(o, "tdxModuleIdentities") != NULL))
		return err_set(e, ERR_MALFORMED, "tdxModule: stands in an SGX document");
	return 0;
}

int
tcb_info_parse(struct bytes text, struct arena *a, struct tcb_info *out, struct err *e)
{
	DEFER(arena_release) struct arena scratch;
	struct tcb_info info = { 0 };
	const struct json *o = NULL;
	uint64_t tcb_type;

	arena_init(&scratch, MAX_JSON_TREE_SIZE);
	if (signed_json_parse(text, "tcbInfo", &scratch, &o, info.sig, e) < 0)
		return err_in(e, "tcb info");
	info.signed_part = o->span;
	if (read_id(o, &info, e) < 0 || check_module(o, info.id, e) < 0 ||
	    member_date(o, "issueDate", &info.issued_at, e) < 0 ||
	    member_date(o, "nextUpdate", &info.next_update_at, e) < 0 ||
	    member_hex(o, "fmspc", info.fmspc, FMSPC_SIZE, e) < 0 ||
	    member_hex(o, "pceId", info.pceid, PCEID_SIZE, e) < 0 ||
	    member_uint(o, "tcbType", UINT32_MAX, &tcb_type, e) < 0 ||
	    member_uint(o, "tcbEvaluationDataNumber", UINT32_MAX, &info.evaluation_number, e) < 0)
		return err_in(e, "tcb info");
	if (tcb_type != 0)
		return err_set(e, ERR_UNSUPPORTED, "tcb info: tcbType %llu, want 0",
		    (unsigned long long)tcb_type);
	if (read_levels(o, a, &info, e) < 0)
		return err_in(e, "tcb info");
	*out = info;
	return 0;
}

const struct tcb_level *
tcb_info_level(const struct tcb_info *info, const uint8_t components[TCB_COMPONENTS],
    uint16_t pcesvn)
{
	for (size_t i = 0; i < info->level_count; i++) {
		const struct tcb_level *l = &info->levels[i];
		bool reached = pcesvn >= l->pcesvn;

		for (size_t c = 0; c < TCB_COMPONENTS; c++)
			reached = reached && components[c] >= l->sgx[c];
		if (reached)
			return l;
	}
	return NULL;
}
