/* SPDX-License-Identifier: Apache-2.0 */
/* GET /policies/{type}: the policy in force, in a signed token (maa-api.md 2.3). */
#include "api/api.h"

#include "base/log.h"

#define LOG_MODULE "api"

static void
fail(struct api_call *call, const struct err *e)
{
	struct api_error error = api_error_of_authority(e);

	log_error("policy not read", "request=%s code=%s why=\"%s\"", call->request_id,
	    err_code_name(e->code), e->msg);
	metrics_count_error(call->service->metrics, e->code);
	api_fail(call, &error);
}

static void
answered(const struct authority_answer *answer, void *user)
{
	struct api_call *call = user;
	struct bytes body;

	if (answer->err.code != ERR_NONE) {
		fail(call, &answer->err);
		return;
	}
	body = api_token_body(answer->bytes, call->rq->arena);
	if (body.p == NULL)
		api_fail_plain(call, 503, "ServiceUnavailable", "Out of memory.");
	else
		api_answer_json(call, body);
}

void
api_policy_get(struct api_call *call)
{
	const struct service_authority *authority = &call->service->authority;
	const struct service_type *type;
	const struct kind *kind;
	struct err e = { 0 };

	if (!api_version_is_fine(call))
		return;
	kind = kind_find(call->args[0]);
	if (kind == NULL) {
		api_fail_plain(call, 404, "NotFound", "There is no such type of evidence.");
		return;
	}
	type = &call->instance->types[kind_index(kind)];
	if (type->snap == NULL) {
		api_fail_plain(call, 501, "NotImplemented",
		    "This type of evidence is known, but this instance does not offer it.");
		return;
	}
	if (authority->policy_token(authority->self, call->instance->snap->id, type->snap->type,
		answered, call, &e) < 0)
		fail(call, &e);
}
