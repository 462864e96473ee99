/* SPDX-License-Identifier: Apache-2.0 */
#include "service/traces.h"

#include "crypto/digest.h"

#include <string.h>

static bool
emit_document(struct json *json, struct arena *a, struct bytes *out)
{
	DEFER(buf_release) struct buf text = { 0 };

	buf_init(&text, MAX_EXEMPLAR_SIZE);
	if (json == NULL)
		return false;
	json_emit(&text, json, JSON_AS_IS);
	if (!buf_ok(&text))
		return false;
	*out = arena_copy(a, buf_bytes(&text));
	return out->p != NULL;
}

void
traces_keep(struct attestation *at, struct arena *a)
{
	bool accepted = at->judgement.verdict == VERDICT_ACCEPTED;
	struct exemplar x = { .id = bytes_of_str(at->trace.id), .accepted = accepted };

	if (accepted && !at->is_kept)
		return;
	at->is_kept = emit_document(trace_emit(&at->trace, TRACE_VIEW_READER, a), a, &x.document);
	if (!at->is_kept)
		return;
	x.reason = (uint32_t)(kind_index(at->type->kind) * (CHECK_COUNT + 1) + at->trace.failed);
	sha256(bytes_of_str(at->trace_key), x.key_hash);
	exemplars_add(at->instance->space->traces, &x, at->now_at);
}

struct view_row {
	const char *name;
	enum trace_view view;
};
/* From the narrowest; the names of `view=`. */
static const struct view_row view_table[] = {
	{ "id-only", TRACE_VIEW_ID_ONLY },
	{ "submitter", TRACE_VIEW_SUBMITTER },
	{ "agent", TRACE_VIEW_AGENT },
	{ "reader", TRACE_VIEW_READER },
};

static int
narrow(enum trace_view own, struct bytes wanted, enum trace_view *out, struct err *e)
{
	*out = own;
	if (wanted.p == NULL)
		return 0;
	for (size_t i = 0; i < COUNT_OF(view_table); i++) {
		if (!bytes_is_str_nocase(wanted, view_table[i].name))
			continue;
		/* A submitter may see less than his own view, never another one's. */
		if (own == TRACE_VIEW_READER || view_table[i].view == TRACE_VIEW_ID_ONLY)
			*out = view_table[i].view;
		return 0;
	}
	return err_set(e, ERR_UNSUPPORTED, "view: want reader, submitter, agent or id-only");
}

static bool
opens(const struct exemplar *x, struct bytes key)
{
	uint8_t hash[SHA256_SIZE];

	sha256(key, hash);
	return bytes_eq_secret(BYTES_OF(hash), BYTES_OF(x->key_hash));
}

static int
show(const struct exemplar *x, enum trace_view view, struct arena *a, struct bytes *out,
    struct err *e)
{
	const struct json *document;

	if (view == TRACE_VIEW_READER) {
		*out = x->document;
		return 0;
	}
	if (json_parse(x->document, MAX_EXEMPLAR_SIZE, a, &document, e) < 0)
		return err_set(e, ERR_INTERNAL, "trace: what was kept cannot be read");
	if (!emit_document(trace_cut(document, view, a), a, out))
		return arena_fail(e, "trace");
	return 0;
}

int
traces_read(const struct service *s, const struct service_instance *instance,
    const struct traces_claim *claim, int64_t now_at, struct arena *a, struct bytes *out,
    struct err *e)
{
	bool is_reader =
	    s->config.show_all || (claim->caller != NULL && caller_may(claim->caller, ROLE_READER));
	enum trace_view own = is_reader ? TRACE_VIEW_READER : TRACE_VIEW_SUBMITTER, view;
	struct exemplar x = { 0 };

	if (!is_reader && claim->key.p == NULL)
		return err_set(e, ERR_DENIED,
		    "trace: want the x-attest-trace-key of its answer, or a reader's token");
	if (!is_reader && instance->explain_id_only)
		own = TRACE_VIEW_ID_ONLY;
	TRY(narrow(own, claim->view, &view, e));
	if (!exemplars_find(instance->space->traces, claim->id, now_at, a, &x) ||
	    (!is_reader && !opens(&x, claim->key)))
		return err_set(e, ERR_MISSING,
		    "trace: none is kept under this id here for this caller; refusals are kept for "
		    "a "
		    "limited time, acceptances are sampled");
	return show(&x, view, a, out, e);
}
