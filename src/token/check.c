/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authority's side of a payload: is it one of ours, and where does `jti` go. The worker that wrote it is not
 * trusted; what is accepted here is signed, so only the canonical form is.
 */
#include "token/build.h"

#include <string.h>

static int
text_member(const struct json *o, const char *name, bool required, struct bytes *out, struct err *e)
{
	const struct json *v = json_get(o, name);

	*out = (struct bytes){ 0 };
	if (v == NULL && !required)
		return 0;
	if (v == NULL || v->type != JSON_STRING || v->text.size == 0)
		return err_set(e, ERR_MALFORMED, "token payload: want a string `%s`", name);
	*out = v->text;
	return 0;
}

static int
time_member(const struct json *o, const char *name, int64_t *out, struct err *e)
{
	if (!json_int(json_get(o, name), out) || *out < 0)
		return err_set(e, ERR_MALFORMED, "token payload: want seconds in `%s`", name);
	return 0;
}

static int
check_canonical(struct bytes payload, const struct json *o, struct err *e)
{
	DEFER(buf_release) struct buf again;

	/* No byte is written as more than six: what does not fit is memory's fault, not the payload's. */
	buf_init(&again, payload.size * 6);
	buf_reserve(&again, payload.size);
	json_emit(&again, o, JSON_SORTED);
	if (!buf_ok(&again))
		return err_set(e, ERR_LIMIT, "token payload: out of memory");
	if (!bytes_eq(buf_bytes(&again), payload))
		return err_set(e, ERR_MALFORMED,
		    "token payload: not in canonical form (sorted, compact, ASCII)");
	return 0;
}

int
token_check_payload(struct bytes payload, struct arena *a, struct token_facts *out, struct err *e)
{
	struct token_facts f = { 0 };
	const struct json *o = NULL, *dev;

	if (json_parse(payload, MAX_TOKEN_PAYLOAD_SIZE, a, &o, e) < 0)
		return err_in(e, "token payload");
	if (o->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED, "token payload: want an object");
	TRY(check_canonical(payload, o, e));
	if (json_get(o, "jti") != NULL)
		return err_set(e, ERR_INVALID, "token payload: `jti` is the authority's to give");
	if (!json_is_str(json_get(o, "x-ms-ver"), "1.0"))
		return err_set(e, ERR_MALFORMED, "token payload: want `x-ms-ver` \"1.0\"");
	TRY(text_member(o, "iss", true, &f.issuer, e));
	TRY(time_member(o, "iat", &f.iat, e));
	TRY(time_member(o, "nbf", &f.nbf, e));
	TRY(time_member(o, "exp", &f.exp, e));
	TRY(text_member(o, "x-ms-policy-hash", true, &f.policy_hash, e));
	TRY(text_member(o, "x-ms-attestation-type", true, &f.attestation_type, e));
	TRY(text_member(o, "attest-appraisal-hash", false, &f.appraisal_hash, e));
	dev = json_get(o, "attest-dev");
	/* there is no false: a token is of the dev program, or it does not speak of it */
	if (dev != NULL && (!json_bool(dev, &f.dev) || !f.dev))
		return err_set(e, ERR_MALFORMED, "token payload: `attest-dev` can only be true");
	f.payload = o;
	*out = f;
	return 0;
}

/* The position behind the JSON string that begins at FROM (a quotation mark), 0 when it does not end. */
static size_t
string_end(struct bytes text, size_t from)
{
	for (size_t i = from + 1; i < text.size; i++) {
		if (text.p[i] == '\\')
			i++;
		else if (text.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* The position of the ',' or '}' behind the member value that begins at FROM, 0 when there is none. */
static size_t
value_end(struct bytes text, size_t from)
{
	unsigned depth = 0;

	for (size_t i = from; i < text.size; i++) {
		switch (text.p[i]) {
		case '"':
			i = string_end(text, i);
			if (i == 0)
				return 0;
			i--;
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
		case ',':
			if (depth == 0)
				return i;
			depth -= text.p[i] == ',' ? 0 : 1;
			break;
		default:
			break;
		}
	}
	return 0;
}

/*
 * Does a name, as canonical JSON writes it, sort before "jti"? Escaped quotation marks, backslashes and controls do, like
 * the characters they stand for; \u0080 and above do not, being at least 0x80 in UTF-8.
 */
static bool
sorts_before_jti(struct bytes written)
{
	static const char jti[] = "jti";

	for (size_t i = 0; i < 3; i++) {
		if (i >= written.size)
			return true;
		if (written.p[i] == '\\')
			return !bytes_has_prefix(bytes_slice(written, i, 2), "\\u") ||
			    bytes_cmp(bytes_slice(written, i + 2, 4), BYTES("0080")) < 0;
		if (written.p[i] != (uint8_t)jti[i])
			return written.p[i] < (uint8_t)jti[i];
	}
	return false;
}

static bool
is_jti(struct bytes jti)
{
	if (jti.size != TOKEN_JTI_SIZE)
		return false;
	for (size_t i = 0; i < jti.size; i++) {
		uint8_t c = jti.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

/* The position of the name that `jti` goes before, or of the closing brace; 0 for a text that is no object. */
static size_t
jti_place(struct bytes payload)
{
	size_t at = 1;

	if (payload.size < 2 || payload.p[0] != '{')
		return 0;
	while (at < payload.size && payload.p[at] == '"') {
		size_t behind = string_end(payload, at);

		if (behind == 0 || behind >= payload.size || payload.p[behind] != ':')
			return 0;
		if (!sorts_before_jti(bytes_slice(payload, at + 1, behind - at - 2)))
			return at;
		at = value_end(payload, behind + 1);
		if (at == 0 || payload.p[at] == '}')
			return at;
		at++;
	}
	return at < payload.size && payload.p[at] == '}' ? at : 0;
}

int
token_insert_jti(struct bytes payload, struct bytes jti, struct buf *out, struct err *e)
{
	size_t at = jti_place(payload);
	bool last, first;

	if (!is_jti(jti))
		return err_set(e, ERR_INVALID, "token: a jti is 64 lower-case hexadecimal digits");
	if (at == 0)
		return err_set(e, ERR_MALFORMED, "token payload: not an object");
	last = payload.p[at] == '}';
	first = at == 1;
	buf_add(out, bytes_slice(payload, 0, at));
	if (last && !first)
		buf_char(out, ',');
	buf_str(out, "\"jti\":\"");
	buf_add(out, jti);
	buf_char(out, '"');
	if (!last)
		buf_char(out, ',');
	buf_add(out, bytes_slice(payload, at, payload.size));
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "token payload: too large");
	return 0;
}
