/* SPDX-License-Identifier: Apache-2.0 */
/* GET /attestd/traces/{id} (product.md 3): by the submitter's key, by a reader's token, in dev by anybody. */
#include "service/traces.h"

#include "api/api.h"

void
api_trace_get(struct api_call *call)
{
	struct traces_claim claim = { .id = call->args[0] };
	struct http_response r = { .status = 200, .content_type = HTTP_JSON };
	struct err e = { 0 };

	api_know_caller(call);
	claim.key = http_header(call->rq, "x-attest-trace-key");
	if (claim.key.p == NULL)
		claim.key = http_query(call->rq, "key");
	claim.view = http_query(call->rq, "view");
	if (call->authn == AUTHN_OK)
		claim.caller = &call->caller;
	if (traces_read(call->service, call->instance, &claim, call->now_at, call->rq->arena,
		&r.body, &e) < 0) {
		/* The token, had it been judged, might have shown it. */
		if (call->authn == AUTHN_FAILED)
			api_fail_unauthorized(call, e.msg);
		else
			api_fail_err(call, &e);
		return;
	}
	if (!http_response_add(&r, "Cache-Control", "no-store")) {
		err_set(&e, ERR_INTERNAL, "trace: no room for a header");
		api_fail_err(call, &e);
		return;
	}
	api_answer(call, &r);
}
