/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk.h"

#include "base/b64.h"

#include <string.h>

/* RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2: who sends these has given a private key away. */
static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

/* RFC 7518 section 7.6, RFC 8037 section 5. */
static const struct curve {
	const char *kty, *crv;
	enum key_kind kind;
	size_t coordinate_size;
} curves[] = {
	{ "EC", "P-256", KEY_P256, 32 },
	{ "EC", "P-384", KEY_P384, 48 },
	{ "EC", "P-521", KEY_P521, 66 },
	{ "OKP", "Ed25519", KEY_ED25519, 32 },
};
#define MAX_COORDINATE_SIZE 66

static const struct curve *
curve_of(enum key_kind kind)
{
	for (size_t i = 0; i < COUNT_OF(curves); i++)
		if (curves[i].kind == kind)
			return &curves[i];
	return NULL;
}

static bool
has(const struct json *object, const char *name)
{
	return json_get(object, name) != NULL;
}

static int
check_purpose(const struct json *object, struct err *e)
{
	const struct json *use = json_get(object, "use"), *ops = json_get(object, "key_ops");
	bool verifies = ops == NULL;

	for (size_t i = 0; i < COUNT_OF(private_members); i++)
		if (has(object, private_members[i]))
			return err_set(e, ERR_INVALID, "jwk: private member %s in a public key",
			    private_members[i]);
	if ((use != NULL && use->type != JSON_STRING) || (ops != NULL && ops->type != JSON_ARRAY))
		return err_set(e, ERR_MALFORMED, "jwk: use is no string or key_ops no array");
	for (const struct json *op = ops == NULL ? NULL : ops->first; op != NULL; op = op->next)
		verifies |= json_is_str(op, "verify");
	if ((use != NULL && !json_is_str(use, "sig")) || !verifies)
		return err_set(e, ERR_UNSUPPORTED,
		    "jwk: not for verifying signatures (RFC 7517 sections 4.2 and 4.3)");
	return 0;
}

/* A member that is canonical base64url; SIZE 0 is any. */
static int
take_number(const struct json *object, const char *name, size_t size, struct arena *a,
    struct bytes *out, struct err *e)
{
	struct bytes text = json_text(json_get(object, name));

	if (text.p == NULL)
		return err_set(e, ERR_MALFORMED, "jwk: no string %s (RFC 7518 section 6)", name);
	if (b64_decode_arena(B64_URL, text, a, out, e) < 0)
		return err_in(e, "jwk: %s", name);
	if (size != 0 && out->size != size)
		return err_set(e, ERR_MALFORMED, "jwk: %s has %zu bytes, want %zu", name, out->size,
		    size);
	return 0;
}

static int
rsa_from_members(const struct json *object, struct arena *a, struct key **out, struct err *e)
{
	struct bytes n, exponent;

	TRY(take_number(object, "n", 0, a, &n, e));
	TRY(take_number(object, "e", 0, a, &exponent, e));
	return key_from_rsa(n, exponent, out, e);
}

static int
point_from_members(const struct json *object, const char *kty, struct arena *a, struct key **out,
    struct err *e)
{
	const struct json *crv = json_get(object, "crv");
	uint8_t xy[2 * MAX_COORDINATE_SIZE];
	const struct curve *c = NULL;
	struct bytes x, y = { 0 };

	if (crv == NULL || crv->type != JSON_STRING)
		return err_set(e, ERR_MALFORMED, "jwk: no string crv (RFC 7518 section 6.2.1.1)");
	for (size_t i = 0; i < COUNT_OF(curves); i++)
		if (json_is_str(crv, curves[i].crv) && strcmp(kty, curves[i].kty) == 0)
			c = &curves[i];
	if (c == NULL)
		return err_set(e, ERR_UNSUPPORTED,
		    "jwk: another crv than P-256, P-384, P-521 (EC) or Ed25519 (OKP)");
	TRY(take_number(object, "x", c->coordinate_size, a, &x, e));
	if (c->kind == KEY_ED25519)
		return key_from_ed25519(x, out, e);
	TRY(take_number(object, "y", c->coordinate_size, a, &y, e));
	memcpy(xy, x.p, x.size);
	memcpy(xy + x.size, y.p, y.size);
	return key_from_point(c->kind, bytes_of(xy, x.size + y.size), out, e);
}

/* RFC 7517 section 4.7: standard base64, the key's own certificate first. The others are not read. */
static int
key_from_x5c(const struct json *x5c, struct arena *a, struct bytes *der, struct key **out,
    struct err *e)
{
	struct cert *cert = arena_alloc(a, sizeof(*cert));

	if (cert == NULL)
		return arena_fail(e, "jwk");
	if (x5c->type != JSON_ARRAY || x5c->count == 0 || x5c->count > MAX_CHAIN_CERTS)
		return err_set(e, ERR_MALFORMED, "jwk: x5c is no array of 1 to %d certificates",
		    MAX_CHAIN_CERTS);
	for (const struct json *v = x5c->first; v != NULL; v = v->next)
		if (v->type != JSON_STRING)
			return err_set(e, ERR_MALFORMED,
			    "jwk: x5c holds something else than strings");
	if (b64_decode_arena(B64_STD, json_text(x5c->first), a, der, e) < 0 ||
	    cert_parse(*der, cert, e) < 0 || key_from_spki(cert->spki, out, e) < 0)
		return err_in(e, "jwk: x5c");
	return 0;
}

static bool
kind_is(enum key_kind kind, const char *kty)
{
	const struct curve *c = curve_of(kind);

	return strcmp(c == NULL ? "RSA" : c->kty, kty) == 0;
}

/* From the members, from x5c, or from both, and then they must be one key. */
static int
take_key(const struct json *object, const char *kty, struct arena *a, struct jwk *jwk,
    struct err *e)
{
	const struct json *x5c = json_get(object, "x5c");
	bool is_rsa = strcmp(kty, "RSA") == 0;
	bool has_members = is_rsa ? has(object, "n") || has(object, "e")
				  : has(object, "crv") || has(object, "x") || has(object, "y");
	DEFER(key_unrefp) struct key *other = NULL;

	if (has_members || x5c == NULL)
		TRY(is_rsa ? rsa_from_members(object, a, &jwk->key, e)
			   : point_from_members(object, kty, a, &jwk->key, e));
	if (x5c == NULL)
		return 0;
	TRY(key_from_x5c(x5c, a, &jwk->cert, &other, e));
	if (!kind_is(key_kind_of(other), kty))
		return err_set(e, ERR_INVALID, "jwk: the certificate's key is not of kty %s", kty);
	if (jwk->key == NULL)
		jwk->key = TAKE(other);
	else if (!key_eq(jwk->key, other))
		return err_set(e, ERR_INVALID, "jwk: x5c and the members are two keys");
	return 0;
}

static enum sig_alg
default_alg(enum key_kind kind)
{
	static const enum sig_alg algs[] = {
		[KEY_RSA] = SIG_RS256,
		[KEY_P256] = SIG_ES256,
		[KEY_P384] = SIG_ES384,
		[KEY_P521] = SIG_ES512,
		[KEY_ED25519] = SIG_EDDSA,
	};

	return algs[kind];
}

static int
take_alg(const struct json *object, struct jwk *jwk, struct err *e)
{
	const struct json *alg = json_get(object, "alg");

	jwk->alg = default_alg(key_kind_of(jwk->key));
	if (alg == NULL)
		return 0;
	jwk->has_alg = true;
	if (alg->type != JSON_STRING)
		return err_set(e, ERR_MALFORMED, "jwk: alg is no string");
	if (!sig_alg_parse(json_text(alg), &jwk->alg))
		return err_set(e, ERR_UNSUPPORTED, "jwk: alg is not one that is verified here");
	if (!key_fits(jwk->key, jwk->alg))
		return err_set(e, ERR_INVALID, "jwk: the key does not fit its alg %s",
		    sig_alg_name(jwk->alg));
	return 0;
}

/* A copy: sets of keys are kept when the text they came in is gone. */
static int
take_kid(const struct json *kid, struct arena *a, struct bytes *out, struct err *e)
{
	if (kid == NULL)
		return 0;
	if (kid->type != JSON_STRING)
		return err_set(e, ERR_MALFORMED, "jwk: kid is no string");
	*out = arena_copy(a, json_text(kid));
	return out->p == NULL ? arena_fail(e, "jwk") : 0;
}

int
jwk_parse(const struct json *object, struct arena *a, struct jwk *out, struct err *e)
{
	static const char *const known[] = { "RSA", "EC", "OKP" };
	const struct json *kty = json_get(object, "kty");
	DEFER(jwk_release) struct jwk jwk = { 0 };
	const char *kind = NULL;

	if (kty == NULL || kty->type != JSON_STRING)
		return err_set(e, ERR_MALFORMED,
		    "jwk: no object with a string kty (RFC 7517 section 4)");
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (json_is_str(kty, known[i]))
			kind = known[i];
	if (kind == NULL)
		return err_set(e, ERR_UNSUPPORTED, "jwk: another kty than RSA, EC and OKP");
	TRY(take_kid(json_get(object, "kid"), a, &jwk.kid, e));
	TRY(check_purpose(object, e));
	TRY(take_key(object, kind, a, &jwk, e));
	TRY(take_alg(object, &jwk, e));
	*out = jwk;
	jwk.key = NULL;
	return 0;
}

void
jwk_release(struct jwk *jwk)
{
	key_unref(jwk->key);
	jwk->key = NULL;
}

/* Characters of base64url; no number of a key is larger than the largest modulus. */
struct b64_number {
	char text[MAX_RSA_BITS / 8 / 3 * 4 + 8];
};

static struct bytes
b64_number(struct bytes raw, struct b64_number *room)
{
	size_t size = b64_encoded_size(B64_URL, raw.size);

	if (size > sizeof(room->text))
		return (struct bytes){ 0 };
	b64_encode(B64_URL, raw, room->text);
	return bytes_of(room->text, size);
}

/* RFC 7638 section 3.2: the required members only, in the order of their names, no white space. */
void
jwk_thumbprint(const struct key *key, uint8_t out[SHA256_SIZE])
{
	const struct curve *c = curve_of(key_kind_of(key));
	struct b64_number first, second;
	struct bytes parts[9];
	size_t count = 0;

	if (c == NULL) {
		parts[count++] = BYTES("{\"e\":\"");
		parts[count++] = b64_number(key_rsa_e(key), &first);
		parts[count++] = BYTES("\",\"kty\":\"RSA\",\"n\":\"");
		parts[count++] = b64_number(key_rsa_n(key), &second);
	} else {
		struct bytes xy = key_point(key);

		parts[count++] = BYTES("{\"crv\":\"");
		parts[count++] = bytes_of_str(c->crv);
		parts[count++] = BYTES("\",\"kty\":\"");
		parts[count++] = bytes_of_str(c->kty);
		parts[count++] = BYTES("\",\"x\":\"");
		parts[count++] = b64_number(bytes_slice(xy, 0, c->coordinate_size), &first);
		if (c->kind != KEY_ED25519) {
			parts[count++] = BYTES("\",\"y\":\"");
			parts[count++] =
			    b64_number(bytes_slice(xy, c->coordinate_size, c->coordinate_size),
				&second);
		}
	}
	parts[count++] = BYTES("\"}");
	digest_of_parts(DIGEST_SHA256, parts, count, out);
}

static struct json *
new_x5c(struct arena *a, struct bytes cert)
{
	size_t size = b64_encoded_size(B64_STD, cert.size);
	struct json *list = json_new(a, JSON_ARRAY);
	char *text = arena_alloc(a, size);

	if (text == NULL)
		return NULL;
	b64_encode(B64_STD, cert, text);
	return json_append(list, json_new_str(a, bytes_of(text, size))) ? list : NULL;
}

struct json *
jwk_emit(struct arena *a, const struct key *key, enum sig_alg alg, struct bytes kid,
    struct bytes cert)
{
	const struct curve *c = curve_of(key_kind_of(key));
	struct json *o = json_new(a, JSON_OBJECT);
	bool is_rsa = c == NULL, good = o != NULL;
	size_t half = is_rsa ? 0 : c->coordinate_size;
	struct bytes xy = key_point(key);

	good = good && json_put(o, "alg", json_new_cstr(a, sig_alg_name(alg)));
	good = good && (is_rsa || json_put(o, "crv", json_new_cstr(a, c->crv)));
	good = good && (!is_rsa || json_put(o, "e", json_new_b64url(a, key_rsa_e(key))));
	good = good && (kid.size == 0 || json_put(o, "kid", json_new_str(a, kid)));
	good = good && json_put(o, "kty", json_new_cstr(a, is_rsa ? "RSA" : c->kty));
	good = good && (!is_rsa || json_put(o, "n", json_new_b64url(a, key_rsa_n(key))));
	good = good && json_put(o, "use", json_new_cstr(a, "sig"));
	if (!is_rsa)
		good = good && json_put(o, "x", json_new_b64url(a, bytes_slice(xy, 0, half)));
	good = good && (cert.size == 0 || json_put(o, "x5c", new_x5c(a, cert)));
	if (!is_rsa && c->kind != KEY_ED25519)
		good = good && json_put(o, "y", json_new_b64url(a, bytes_slice(xy, half, half)));
	return good ? o : NULL;
}
