/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/signed_json.h"

#include "base/hex.h"
#include "base/stamp.h"

int
signed_json_parse(struct bytes text, const char *member, struct arena *a, const struct json **body,
    uint8_t sig[64], struct err *e)
{
	const struct json *doc, *inner;

	TRY(json_parse(text, MAX_COLLATERAL_JSON_SIZE, a, &doc, e));
	inner = json_get(doc, member);
	if (inner == NULL || inner->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED, "%s: missing or no object", member);
	if (!hex_decode(json_text(json_get(doc, "signature")), sig, 64))
		return err_set(e, ERR_MALFORMED, "signature: missing or not 128 hex digits");
	/* Nothing stands beside the signed part that somebody could take for signed. */
	if (doc->count != 2)
		return err_set(e, ERR_MALFORMED, "document: %zu members, want %s and signature",
		    doc->count, member);
	*body = inner;
	return 0;
}

int
member_date(const struct json *o, const char *name, int64_t *out, struct err *e)
{
	struct bytes text = json_text(json_get(o, name));

	if (text.p == NULL || !stamp_parse(text, out))
		return err_set(e, ERR_MALFORMED, "%s: missing or not YYYY-MM-DDThh:mm:ssZ", name);
	return 0;
}

int
member_uint(const struct json *o, const char *name, uint64_t max, uint64_t *out, struct err *e)
{
	if (!json_uint(json_get(o, name), max, out))
		return err_set(e, ERR_MALFORMED, "%s: missing or not an integer from 0 to %llu",
		    name, (unsigned long long)max);
	return 0;
}

int
member_hex(const struct json *o, const char *name, uint8_t *out, size_t size, struct err *e)
{
	if (!hex_decode(json_text(json_get(o, name)), out, size))
		return err_set(e, ERR_MALFORMED, "%s: missing or not %zu hex digits", name,
		    size * 2);
	return 0;
}

int
member_status(const struct json *o, enum tcb_status *out, struct err *e)
{
	struct bytes text = json_text(json_get(o, "tcbStatus"));

	if (text.p == NULL || !tcb_status_parse(text, out))
		return err_set(e, ERR_MALFORMED, "tcbStatus: missing or unknown");
	return 0;
}

int
member_advisories(const struct json *o, struct arena *a, struct advisories *out, struct err *e)
{
	const struct json *list = json_get(o, "advisoryIDs");

	*out = (struct advisories){ 0 };
	if (list == NULL)
		return 0;
	if (list->type != JSON_ARRAY || list->count > MAX_ADVISORIES)
		return err_set(e, ERR_MALFORMED, "advisoryIDs: no array of at most %d",
		    MAX_ADVISORIES);
	struct bytes *ids = arena_array(a, list->count, sizeof(*ids));

	if (ids == NULL)
		return arena_fail(e, "advisoryIDs");
	size_t n = 0;

	for (const struct json *v = list->first; v != NULL; v = v->next) {
		struct bytes id = json_text(v);

		if (id.size == 0)
			return err_set(e, ERR_MALFORMED, "advisoryIDs: entry %zu is no text", n);
		ids[n] = arena_copy(a, id);
		if (ids[n].p == NULL)
			return arena_fail(e, "advisoryIDs");
		n++;
	}
	*out = (struct advisories){ .ids = ids, .count = n };
	return 0;
}

int
member_levels(const struct json *o, const struct json **out, struct err *e)
{
	const struct json *list = json_get(o, "tcbLevels");

	if (list == NULL || list->type != JSON_ARRAY || list->count == 0 ||
	    list->count > MAX_TCB_LEVELS)
		return err_set(e, ERR_MALFORMED, "tcbLevels: missing or not 1 to %d levels",
		    MAX_TCB_LEVELS);
	*out = list;
	return 0;
}
