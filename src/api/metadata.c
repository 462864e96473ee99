/* SPDX-License-Identifier: Apache-2.0 */
/* What relying parties read to verify tokens (maa-api.md 3): anonymous, prebuilt, with or without api-version. */
#include "api/api.h"

void
api_certs(struct api_call *call)
{
	api_answer_document(call, &call->instance->certs);
}

void
api_discovery(struct api_call *call)
{
	api_answer_document(call, &call->instance->discovery);
}
