/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/defaults.h"

#include "base/b64.h"
#include "base/own.h"
#include "codec/json.h"
#include "policy/policy.h"

#include <string.h>

#define MAX_PAYLOAD_SIZE (MAX_POLICY_SIZE * 2)

/* maa-api.md 7, policy A: recorded, hash verified. */
static const char default_sgx[] =
    "version= 1.1;"
    "configurationrules{=> issueproperty(type=\"x-ms-sgx-tcbidentifier\", "
    "value=\"azuredefault\");};"
    "authorizationrules{=> permit();};"
    "issuancerules{"
    "c:[type==\"x-ms-sgx-is-debuggable\"] => issue(type=\"is-debuggable\", value=c.value);"
    "c:[type==\"x-ms-sgx-mrsigner\"] => issue(type=\"sgx-mrsigner\", value=c.value);"
    "c:[type==\"x-ms-sgx-mrenclave\"] => issue(type=\"sgx-mrenclave\", value=c.value);"
    "c:[type==\"x-ms-sgx-product-id\"] => issue(type=\"product-id\", value=c.value);"
    "c:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);"
    "c:[type==\"x-ms-attestation-type\"] => issue(type=\"tee\", value=c.value);"
    "};";

/* Found by the hash in a real SEV-SNP token; taken for TDX and AzureGuest too. */
static const char default_permit[] = "version= 1.0;authorizationrules{=> permit();};";

static const struct {
	const char *type, *text;
} default_table[] = {
	{ "SgxEnclave", default_sgx },
	{ "OpenEnclave", default_sgx },
	{ "SevSnpVm", default_permit },
	{ "TdxVm", default_permit },
	{ "AzureGuest", default_permit },
};

struct bytes
policy_default_text(const char *type)
{
	for (size_t i = 0; i < COUNT_OF(default_table); i++) {
		if (bytes_is_str_nocase(bytes_of_str(type), default_table[i].type))
			return bytes_of_str(default_table[i].text);
	}
	return (struct bytes){ 0 };
}

void
policy_jws_payload_emit(struct buf *out, struct bytes text)
{
	buf_str(out, "{\"AttestationPolicy\":\"");
	buf_b64(out, B64_URL, text);
	buf_str(out, "\"}");
}

void
policy_jws_emit(struct buf *out, struct bytes text)
{
	DEFER(buf_release) struct buf payload;

	buf_init(&payload, MAX_PAYLOAD_SIZE);
	if (text.p == NULL) {
		buf_str(out, POLICY_JWS_EMPTY);
		return;
	}
	policy_jws_payload_emit(&payload, text);
	if (!buf_ok(&payload))
		out->bad = true;
	buf_str(out, "eyJhbGciOiJub25lIn0.");
	buf_b64(out, B64_URL, buf_bytes(&payload));
	buf_char(out, '.');
}

int
policy_jws_text(struct bytes payload, bool raw, struct arena *a, struct bytes *text, struct err *e)
{
	const struct json *doc, *member;

	if (payload.size == 0)
		return err_set(e, ERR_MISSING, "policy token: the payload is empty");
	if (json_parse(payload, MAX_PAYLOAD_SIZE, a, &doc, e) < 0)
		return err_in(e, "policy token");
	member = json_get_nocase(doc, "AttestationPolicy");
	if (member == NULL || member->type != JSON_STRING)
		return err_set(e, ERR_MALFORMED,
		    "policy token: want a string \"AttestationPolicy\" in the payload");
	if (raw) {
		*text = json_text(member);
		return 0;
	}
	if (b64_decode_arena(B64_LENIENT, json_text(member), a, text, e) < 0)
		return err_in(e, "policy token: AttestationPolicy");
	return 0;
}
