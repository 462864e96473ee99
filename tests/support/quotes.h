/* SPDX-License-Identifier: Apache-2.0 */
/* A real quote with the collateral of its time, behind a fake service that tolerates its TCB status. */
#pragma once

#include "api.h"

#include "base/b64.h"

#define QUOTE_AT       1749669497 /* 2025-06-11T19:18:17Z */
#define QUOTE_VECTOR   "sgx/quotes/azure_sample_intelsdk_release.bin"
#define HELD_VECTOR    "sgx/quotes/azure_sample_intelsdk_release.ehd.bin"
#define REPORT_VECTOR  "openenclave/reports/azure_sdk_oe_debug.bin"
#define RUNTIME_VECTOR "openenclave/reports/azure_sdk_oe_debug.runtime.bin"

static inline void
fake_quotes(struct fake_service *s)
{
	static const char *const documents[] = {
		"sgx/collateral/tcbinfo/sgx_v3_00906ed50000_20250527T193107Z_ev17.json",
		"sgx/collateral/qeidentity/qe_v2_20250527T190527Z.json",
		"sgx/collateral/crl/root_20250320_ad6f.der",
		"sgx/collateral/crl/processor_20250527_ab83.der",
		"sgx/collateral/certs/intel_tcb_signing_2025_2032_chain.pem",
		"sgx/collateral/certs/intel_sgx_root_ca_notafter_2049.pem",
	};

	for (size_t i = 0; i < COUNT_OF(documents); i++)
		fake_document(s, documents[i]);
	s->settings = BYTES("{\"tolerated_tcb_statuses\":[\"UpToDate\",\"SWHardeningNeeded\","
			    "\"ConfigurationNeeded\",\"OutOfDate\"]}");
	fake_time(QUOTE_AT);
}

/* {"MEMBER":"<vector>"MORE}, where %R in MORE stands for the vector RUNTIME in base64url. */
static inline const char *
fake_body(struct fake_service *s, const char *member, const char *vector, const char *runtime,
    const char *more)
{
	static char text[65536];
	DEFER(buf_release) struct buf b = { 0 };
	struct bytes evidence, held = { 0 };

	buf_init(&b, sizeof(text) - 1);
	assert_true(vector_read(vector, &s->arena, &evidence));
	if (runtime != NULL)
		assert_true(vector_read(runtime, &s->arena, &held));
	buf_fmt(&b, "{\"%s\":\"", member);
	buf_b64(&b, B64_URL, evidence);
	buf_char(&b, '"');
	for (const char *c = more; *c != '\0'; c++) {
		if (c[0] == '%' && c[1] == 'R') {
			buf_b64(&b, B64_URL, held);
			c++;
		} else {
			buf_char(&b, *c);
		}
	}
	buf_char(&b, '}');
	assert_true(buf_ok(&b));
	memcpy(text, b.p, b.size);
	text[b.size] = '\0';
	return text;
}

static inline void
fake_attest(struct fake_service *s, const char *path, const char *body, struct fake_http *f)
{
	fake_api_call(s,
	    &(struct fake_call){ .method = "POST",
		.path = path,
		.query = "api-version=2020-10-01",
		.body = body },
	    f);
}
