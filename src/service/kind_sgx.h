/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the two SGX rows of the table of kinds (service/kinds.h). */
#pragma once

#include "service/kinds.h"

bool kind_sgx_configure(const struct claim_set *config, struct kind_baseline *baseline);
int kind_sgx_appraise(const struct judge_input *in, const struct settings *settings,
    struct arena *a, struct trace *t, struct kind_findings **out, struct err *e);
int kind_oe_appraise(const struct judge_input *in, const struct settings *settings, struct arena *a,
    struct trace *t, struct kind_findings **out, struct err *e);
int kind_sgx_incoming(const struct judge_input *in, const struct kind_findings *findings,
    const struct kind_baseline *baseline, struct arena *a, struct claim_set *claims, struct err *e);
int kind_sgx_service_claims(const struct judge_input *in, const struct kind_findings *findings,
    const struct kind_baseline *baseline, struct arena *a, struct json **out, struct err *e);
