/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jose/jws, jwt: a compact serialisation that is taken is the one that its parts are written as, so that none has two
 * spellings; times that are taken are judged the same by arithmetic that cannot overflow.
 */
#include "fuzz.h"

#include "jose/jwt.h"

static enum jwt_time_verdict
judged(const struct jwt_times *t, int64_t now_at, int64_t leeway_s)
{
	int64_t last, first;

	if (!t->has_exp)
		return JWT_NO_EXP;
	if (!__builtin_add_overflow(t->exp, leeway_s, &last) && last <= now_at)
		return JWT_EXPIRED;
	if (t->has_nbf && !__builtin_sub_overflow(t->nbf, leeway_s, &first) && first > now_at)
		return JWT_NOT_YET_VALID;
	return JWT_TIME_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t moments[] = { 0, 1764000000, INT64_C(253402300799) };
	DEFER(buf_release) struct buf out = { 0 };
	struct arena *a = fuzz_arena();
	struct bytes text = bytes_of(data, size);
	struct jws jws = { 0 };
	struct jwt_times times = { 0 };
	const struct json *claims;
	struct err e = { 0 };

	if (jws_parse(text, a, &jws, &e) < 0) {
		fuzz_refusal(&e);
		return 0;
	}
	HOLDS(jws.alg.p != NULL && json_get(jws.header, "crit") == NULL);
	HOLDS(!jws_is_unsigned(&jws) || jws.signature.size == 0);
	buf_init(&out, MAX_JWS_SIZE + 16);
	jws_emit_signing_input(&out, jws.header_text, jws.payload);
	HOLDS(bytes_eq(jws.signing_input, buf_bytes(&out)));
	jws_emit_signature(&out, jws.signature);
	HOLDS(buf_ok(&out) && bytes_eq(text, buf_bytes(&out)));
	if (jwt_parse_claims(&jws, a, &claims, &times, &e) < 0) {
		fuzz_refusal(&e);
		return 0;
	}
	HOLDS(claims->type == JSON_OBJECT);
	HOLDS((json_get(claims, "exp") != NULL) == times.has_exp);
	for (size_t i = 0; i < COUNT_OF(moments); i++)
		HOLDS(jwt_judge_times(&times, moments[i], 60) == judged(&times, moments[i], 60));
	return 0;
}

/* Most changes of base64url are no base64url: a part is changed as what it encodes. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	DEFER(buf_release) struct buf out = { 0 };
	static uint8_t room[65536];
	struct arena *a = fuzz_arena();
	struct jws jws;
	size_t changed;

	if (seed % 4 == 0 || jws_parse(bytes_of(data, size), a, &jws, NULL) < 0 ||
	    jws.header_text.size + jws.payload.size > sizeof(room) / 2)
		return LLVMFuzzerMutate(data, size, max_size);
	struct bytes *part = seed % 4 == 1 ? &jws.signature
	    : seed % 4 == 2                ? &jws.header_text
					   : &jws.payload;

	if (part->size > sizeof(room) / 2)
		return LLVMFuzzerMutate(data, size, max_size);
	if (part->size > 0)
		__builtin_memcpy(room, part->p, part->size);
	changed = LLVMFuzzerMutate(room, part->size, sizeof(room));
	*part = bytes_of(room, changed);
	buf_init(&out, max_size);
	jws_emit_signing_input(&out, jws.header_text, jws.payload);
	jws_emit_signature(&out, jws.signature);
	if (!buf_ok(&out) || out.size == 0)
		return size;
	__builtin_memcpy(data, out.p, out.size);
	return out.size;
}
