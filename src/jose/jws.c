/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jws.h"

#include "base/b64.h"

#include <string.h>

/* RFC 7515 section 7.1: three parts, and so exactly two dots. */
static bool
split(struct bytes compact, struct bytes part[3])
{
	struct rd r = rd_from(compact);

	for (int i = 0; i < 2; i++) {
		const uint8_t *dot = r.left.size == 0 ? NULL : memchr(r.left.p, '.', r.left.size);

		if (dot == NULL)
			return false;
		part[i] = rd_take(&r, (size_t)(dot - r.left.p));
		(void)rd_u8(&r);
	}
	part[2] = rd_rest(&r);
	return part[2].size == 0 || memchr(part[2].p, '.', part[2].size) == NULL;
}

static int
decode(struct bytes part, const char *name, struct arena *a, struct bytes *out, struct err *e)
{
	if (b64_decode_arena(B64_URL, part, a, out, e) < 0)
		return err_in(e, "jws: %s", name);
	return 0;
}

/* An optional header member that must be a string where it stands. */
static int
header_text(const struct json *header, const char *name, struct bytes *out, struct err *e)
{
	const struct json *v = json_get(header, name);

	*out = json_text(v);
	if (v != NULL && out->p == NULL)
		return err_set(e, ERR_MALFORMED, "jws: header member %s is no string", name);
	return 0;
}

static int
parse_header(struct jws *jws, struct arena *a, struct err *e)
{
	if (json_parse(jws->header_text, MAX_JWS_HEADER, a, &jws->header, e) < 0)
		return err_in(e, "jws: header");
	if (jws->header->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED,
		    "jws: the header is no object (RFC 7515 section 4)");
	if (json_has_nul(jws->header))
		return err_set(e, ERR_MALFORMED, "jws: a NUL in a string of the header");
	TRY(header_text(jws->header, "alg", &jws->alg, e));
	TRY(header_text(jws->header, "kid", &jws->kid, e));
	TRY(header_text(jws->header, "typ", &jws->typ, e));
	if (jws->alg.p == NULL)
		return err_set(e, ERR_MALFORMED,
		    "jws: no alg in the header (RFC 7515 section 4.1.1)");
	if (json_get(jws->header, "crit") != NULL)
		return err_set(e, ERR_UNSUPPORTED,
		    "jws: crit in the header, and no extension is known (RFC 7515 section 4.1.11)");
	if (json_get(jws->header, "b64") != NULL)
		return err_set(e, ERR_UNSUPPORTED,
		    "jws: b64 in the header, payloads are always encoded (RFC 7797)");
	return 0;
}

int
jws_parse(struct bytes compact, struct arena *a, struct jws *jws, struct err *e)
{
	struct bytes part[3] = { 0 };
	struct jws out = { 0 };

	if (compact.size > MAX_JWS_SIZE)
		return err_set(e, ERR_LIMIT, "jws: %zu bytes, at most %d", compact.size,
		    MAX_JWS_SIZE);
	if (!split(compact, part))
		return err_set(e, ERR_MALFORMED,
		    "jws: want three parts and two dots (RFC 7515 section 7.1)");
	TRY(decode(part[0], "header", a, &out.header_text, e));
	TRY(parse_header(&out, a, e));
	TRY(decode(part[1], "payload", a, &out.payload, e));
	TRY(decode(part[2], "signature", a, &out.signature, e));
	if (jws_is_unsigned(&out) && out.signature.size > 0)
		return err_set(e, ERR_INVALID,
		    "jws: alg none with a signature, which must be empty (RFC 7518 section 3.6)");
	out.signing_input = bytes_slice(compact, 0, part[0].size + 1 + part[1].size);
	*jws = out;
	return 0;
}

bool
jws_is_unsigned(const struct jws *jws)
{
	return bytes_is_str(jws->alg, "none");
}

int
jws_verify(const struct jws *jws, const struct key *key, enum sig_alg alg, bool *good,
    struct err *e)
{
	enum sig_alg said;

	*good = false;
	if (!sig_alg_parse(jws->alg, &said) || said != alg || !key_fits(key, alg))
		return 0;
	return key_verify(key, alg, SIG_RAW, jws->signing_input, jws->signature, good, e);
}

void
jws_emit_signing_input(struct buf *out, struct bytes header, struct bytes payload)
{
	buf_b64(out, B64_URL, header);
	buf_char(out, '.');
	buf_b64(out, B64_URL, payload);
}

void
jws_emit_signature(struct buf *out, struct bytes signature)
{
	buf_char(out, '.');
	buf_b64(out, B64_URL, signature);
}
