/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs of possession (client/possession). The input is
 *
 *	u8 flags · u16 LE size of the header · header · payload	both JSON
 *
 * with placeholders of four letters for what only a run knows (the key's thumbprint, the token's hash), and is signed here.
 * An answer is accepted only when its parts, read again, are the members that the form has and no others, with the values
 * that were demanded; and never when it was not signed with the token's key. As it came, the text is judged too.
 */
#include "mutate.h"

#include "base/b64.h"
#include "client/possession.h"
#include "crypto/privkey.h"

#include <string.h>

#define AUDIENCE "https://rp.example"
#define NONCE    "n-20261"
#define NOW      INT64_C(1764000000)

enum { FLAG_UNSIGNED = 1, FLAG_STRANGER = 2, FLAG_SPENT = 4, FLAG_LATE = 8, FLAG_ALL = 15 };

static struct privkey *key, *stranger;
static struct token_seen token;
static char thumbprint[JWK_THUMBPRINT_SIZE], token_hash[43];

static void
setup(void)
{
	static struct arena a;
	DEFER(buf_release) struct buf text = { 0 };
	uint8_t digest[SHA256_SIZE];
	struct err e = { 0 };

	arena_init(&a, 1u << 20);
	HOLDS(privkey_generate(KEY_P256, &key, &e) == 0);
	HOLDS(privkey_generate(KEY_P256, &stranger, &e) == 0);
	jwk_thumbprint(privkey_public(key), digest);
	b64_encode(B64_URL, BYTES_OF(digest), thumbprint);
	buf_init(&text, 65536);
	buf_str(&text, "{\"cnf\":{\"jwk\":");
	json_emit(&text,
	    jwk_emit(&a, privkey_public(key), SIG_ES256, BYTES("k"), (struct bytes){ 0 }),
	    JSON_SORTED);
	buf_str(&text, "},\"exp\":1764028800}");
	token.part[0] = BYTES("{}");
	token.part[1] = arena_copy(&a, buf_bytes(&text));
	token.part[2] = BYTES("s");
	HOLDS(json_parse(token.part[1], 65536, &a, &token.claims, &e) == 0);
	buf_clear(&text);
	jws_emit_signing_input(&text, token.part[0], token.part[1]);
	jws_emit_signature(&text, token.part[2]);
	sha256(buf_bytes(&text), digest);
	b64_encode(B64_URL, BYTES_OF(digest), token_hash);
}

static struct bytes
filled(struct bytes text, struct arena *a)
{
	DEFER(buf_release) struct buf out = { 0 };

	buf_init(&out, 1u << 20);
	for (size_t i = 0; i < text.size;) {
		struct bytes here = bytes_slice(text, i, 4);

		if (bytes_is_str(here, "@TP@") || bytes_is_str(here, "@TH@")) {
			buf_add(&out,
			    here.p[2] == 'P' ? bytes_of(thumbprint, sizeof(thumbprint))
					     : bytes_of(token_hash, sizeof(token_hash)));
			i += 4;
		} else {
			buf_u8(&out, text.p[i++]);
		}
	}
	return arena_copy(a, buf_bytes(&out));
}

static enum verdict
judge(struct bytes text, uint8_t flags)
{
	struct challenge c = { .audience = BYTES(AUDIENCE),
		.context = BYTES("session"),
		.text = BYTES(NONCE),
		.made_at = NOW - 10,
		.expires_at = NOW + 10,
		.is_spent = (flags & FLAG_SPENT) != 0 };
	struct possession_token of = { VERDICT_ACCEPTED, &token };
	struct possession_seen seen = { 0 };
	struct arena *a = fuzz_arena();
	struct trace t;
	struct err e = { 0 };
	int64_t at = NOW + ((flags & FLAG_LATE) != 0 ? 11 : 0);

	trace_init(&t, a, "possession", at);
	HOLDS(possession_judge(text, &c, &of, at, a, &t, &seen, &e) == 0 && !t.fault);
	HOLDS((trace_verdict(&t) == VERDICT_ACCEPTED) == (t.failed == CHECK_NONE));
	HOLDS(trace_emit(&t, TRACE_VIEW_READER, a) != NULL);
	return trace_verdict(&t);
}

static void
check_accepted(uint8_t flags, struct bytes header, struct bytes payload, struct arena *a)
{
	uint8_t digest[SHA256_SIZE];
	char context[43];
	const struct json *h, *p;

	HOLDS((flags & FLAG_ALL) == 0);
	HOLDS(json_parse(header, header.size, a, &h, NULL) == 0 && h->count == 3);
	HOLDS(json_parse(payload, payload.size, a, &p, NULL) == 0 && p->count == 4);
	HOLDS(json_is_str(json_get(h, "alg"), "ES256"));
	HOLDS(json_is_str(json_get(h, "typ"), "attest-possession+jwt"));
	HOLDS(bytes_eq(json_text(json_get(h, "kid")), bytes_of(thumbprint, sizeof(thumbprint))));
	sha256(BYTES("session"), digest);
	b64_encode(B64_URL, BYTES_OF(digest), context);
	HOLDS(json_is_str(json_get(p, "aud"), AUDIENCE));
	HOLDS(json_is_str(json_get(p, "nonce"), NONCE));
	HOLDS(bytes_eq(json_text(json_get(p, "ath")), bytes_of(token_hash, sizeof(token_hash))));
	HOLDS(bytes_eq(json_text(json_get(p, "context")), bytes_of(context, sizeof(context))));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_from(bytes_of(data, size));
	uint8_t flags = rd_u8(&r), sig[MAX_SIG_SIZE];
	struct bytes header = rd_take(&r, rd_le16(&r)), payload = rd_rest(&r);
	DEFER(buf_release) struct buf text = { 0 };
	struct arena *a = fuzz_arena_other();
	struct err e = { 0 };
	size_t sig_size = 0;

	if (key == NULL)
		setup();
	HOLDS(judge(bytes_of(data, size), 0) != VERDICT_ACCEPTED);
	if (!rd_ok(&r) || size > 65536)
		return 0;
	header = filled(header, a);
	payload = filled(payload, a);
	buf_init(&text, 1u << 20);
	jws_emit_signing_input(&text, header, payload);
	if ((flags & FLAG_UNSIGNED) == 0)
		HOLDS(privkey_sign((flags & FLAG_STRANGER) != 0 ? stranger : key, SIG_ES256,
			  SIG_RAW, buf_bytes(&text), sig, &sig_size, &e) == 0);
	jws_emit_signature(&text, bytes_of(sig, sig_size));
	HOLDS(buf_ok(&text));
	if (judge(buf_bytes(&text), flags) == VERDICT_ACCEPTED)
		check_accepted(flags, header, payload, a);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_pair(data, size, max_size, seed);
}
