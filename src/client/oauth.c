/* SPDX-License-Identifier: Apache-2.0 */
#include "client/oauth.h"

#include "base/b64.h"
#include "base/rand.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/privkey.h"
#include "jose/jws.h"
#include "net/http_client.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>

#define ENTRA_AUTHORITY    "https://login.microsoftonline.com"
#define MANAGED_ENDPOINT   "http://169.254.169.254"
#define MANAGED_PATH       "/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
#define DEFAULT_TIMEOUT_MS 10000
#define MAX_ANSWER_SIZE    65536
#define MAX_FORM_SIZE      65536
#define OWN_MEMORY         (256u << 10)
#define ASSERTION_LIFE_S   300
#define MAX_LIFE_S         (7 * 86400)

struct oauth_client {
	struct http_client *http;
	struct arena own;
	bool is_managed;
	const char *url; /* the whole URL that is asked */
	const char *client_id, *scope;
	const char *ca_file;
	bool allow_private;
	unsigned timeout_ms;
	struct secret secret; /* form-encoded; size 0: by certificate */
	struct privkey *key;
	uint8_t thumbprint[SHA256_SIZE]; /* of the certificate */
};

static int
make(struct oauth_client **out, struct err *e)
{
	struct oauth_client *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return err_set(e, ERR_LIMIT, "credential: out of memory");
	arena_init(&o->own, OWN_MEMORY);
	o->http = http_client_new(e);
	if (o->http == NULL) {
		oauth_free(o);
		return -1;
	}
	*out = o;
	return 0;
}

void
oauth_free(struct oauth_client *o)
{
	if (o == NULL)
		return;
	secret_release(&o->secret);
	privkey_free(o->key);
	http_client_free(o->http);
	arena_release(&o->own);
	free(o);
}

static void
oauth_freep(struct oauth_client **o)
{
	oauth_free(*o);
}

static int
own_str(struct oauth_client *o, const char *text, const char **out, struct err *e)
{
	if (text == NULL)
		return 0;
	*out = (const char *)arena_copy(&o->own, bytes_of_str(text)).p;
	return *out == NULL ? arena_fail(e, "credential") : 0;
}

/* A finished URL of the arena, checked. */
static int
own_url(struct oauth_client *o, struct buf *text, bool must_be_https, struct err *e)
{
	struct url u;
	struct bytes kept;

	if (!buf_ok(text))
		return err_set(e, ERR_LIMIT, "credential: a URL longer than %d bytes",
		    MAX_URL_SIZE);
	kept = arena_copy(&o->own, buf_bytes(text));
	if (kept.p == NULL)
		return arena_fail(e, "credential");
	if (url_parse(kept, &u, e) < 0)
		return err_in(e, "credential");
	if (must_be_https && !u.is_https)
		return err_set(e, ERR_INVALID, "credential: the authority is not a URL of https");
	o->url = (const char *)kept.p;
	return 0;
}

static void
escape(struct buf *out, const char *name, struct bytes value)
{
	buf_str(out, name);
	url_escape(out, value);
}

static int
keep_secret(struct oauth_client *o, const char *secret, struct err *e)
{
	DEFER(buf_release) struct buf form = { 0 };
	bool kept;

	buf_init(&form, MAX_FORM_SIZE / 2);
	url_escape(&form, bytes_of_str(secret));
	kept = buf_ok(&form) && secret_init(&o->secret, form.size);
	if (kept)
		memcpy(o->secret.p, form.p, form.size);
	if (form.p != NULL)
		secret_wipe(form.p, form.size);
	return kept ? 0 : err_set(e, ERR_LIMIT, "credential: a secret that is too long");
}

static int
keep_certificate(struct oauth_client *o, struct bytes key_pem, struct bytes pem, struct err *e)
{
	DEFER(arena_release) struct arena a;
	DEFER(key_unrefp) struct key *certified = NULL;
	struct bytes der = { 0 };
	struct cert cert;

	arena_init(&a, 1u << 20);
	if (privkey_from_pem(key_pem, &o->key, e) < 0)
		return err_in(e, "credential: key");
	if (key_kind_of(privkey_public(o->key)) != KEY_RSA)
		return err_set(e, ERR_UNSUPPORTED, "credential: not an RSA key");
	if (pem_next(&pem, "CERTIFICATE", &a, &der, e) < 0 || cert_parse(der, &cert, e) < 0 ||
	    key_from_spki(cert.spki, &certified, e) < 0)
		return err_in(e, "credential: certificate");
	if (!key_eq(certified, privkey_public(o->key)))
		return err_set(e, ERR_INVALID, "credential: the certificate is for another key");
	sha256(der, o->thumbprint);
	return 0;
}

/* What stands in a path: a tenant's id or domain name. */
static int
check_tenant(const char *tenant, struct err *e)
{
	size_t size = tenant == NULL ? 0 : strlen(tenant);

	if (size == 0 || size > 253 ||
	    strspn(tenant, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") !=
		size)
		return err_set(e, ERR_INVALID, "credential: not the id or domain of a tenant");
	return 0;
}

int
oauth_new_entra(const struct credential_entra *who, struct oauth_client **out, struct err *e)
{
	DEFER(oauth_freep) struct oauth_client *o = NULL;
	DEFER(buf_release) struct buf url = { 0 };
	struct bytes base = bytes_of_str(who->authority == NULL ? ENTRA_AUTHORITY : who->authority);

	TRY(check_tenant(who->tenant, e));
	if (who->client_id == NULL || who->client_id[0] == '\0')
		return err_set(e, ERR_INVALID, "credential: no client id");
	if ((who->secret != NULL) == (who->key_pem.p != NULL))
		return err_set(e, ERR_INVALID,
		    "credential: either a secret, or a key with its certificate");
	TRY(make(&o, e));
	while (base.size > 0 && base.p[base.size - 1] == '/')
		base.size--;
	buf_init(&url, MAX_URL_SIZE);
	buf_add(&url, base);
	buf_fmt(&url, "/%s/oauth2/v2.0/token", who->tenant);
	TRY(own_url(o, &url, true, e));
	TRY(own_str(o, who->client_id, &o->client_id, e));
	TRY(own_str(o, who->scope == NULL ? CREDENTIAL_RESOURCE "/.default" : who->scope, &o->scope,
	    e));
	TRY(own_str(o, who->ca_file, &o->ca_file, e));
	o->allow_private = who->allow_private;
	o->timeout_ms = who->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : who->timeout_ms;
	if (who->secret != NULL)
		TRY(keep_secret(o, who->secret, e));
	else
		TRY(keep_certificate(o, who->key_pem, who->certificate, e));
	*out = TAKE(o);
	return 0;
}

int
oauth_new_managed(const struct credential_managed *who, struct oauth_client **out, struct err *e)
{
	DEFER(oauth_freep) struct oauth_client *o = NULL;
	DEFER(buf_release) struct buf url = { 0 };

	TRY(make(&o, e));
	buf_init(&url, MAX_URL_SIZE);
	buf_str(&url, who->endpoint == NULL ? MANAGED_ENDPOINT : who->endpoint);
	escape(&url, MANAGED_PATH,
	    bytes_of_str(who->resource == NULL ? CREDENTIAL_RESOURCE : who->resource));
	if (who->client_id != NULL)
		escape(&url, "&client_id=", bytes_of_str(who->client_id));
	TRY(own_url(o, &url, false, e));
	o->is_managed = true;
	o->allow_private = true;
	o->timeout_ms = who->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : who->timeout_ms;
	*out = TAKE(o);
	return 0;
}

/*
 * The assertion (RFC 7523 3): from and about the client, for this endpoint, once, for five minutes. PS256 and the
 * certificate's SHA-256 thumbprint, as Entra wants them.
 */
static int
sign_assertion(const struct oauth_client *o, int64_t now_at, struct buf *out, struct err *e)
{
	DEFER(arena_release) struct arena a;
	DEFER(buf_release) struct buf header = { 0 };
	DEFER(buf_release) struct buf payload = { 0 };
	uint8_t sig[MAX_SIG_SIZE], id[16];
	size_t size;

	arena_init(&a, 65536);
	buf_init(&header, 1024);
	buf_init(&payload, 16384);
	rand_bytes(id, sizeof(id));
	struct json *h = json_new(&a, JSON_OBJECT), *p = json_new(&a, JSON_OBJECT);

	(void)json_put(h, "alg", json_new_cstr(&a, "PS256"));
	(void)json_put(h, "typ", json_new_cstr(&a, "JWT"));
	(void)json_put(h, "x5t#S256", json_new_b64url(&a, BYTES_OF(o->thumbprint)));
	(void)json_put(p, "aud", json_new_cstr(&a, o->url));
	(void)json_put(p, "exp", json_new_int(&a, now_at + ASSERTION_LIFE_S));
	(void)json_put(p, "iat", json_new_int(&a, now_at));
	(void)json_put(p, "iss", json_new_cstr(&a, o->client_id));
	(void)json_put(p, "jti", json_new_b64url(&a, BYTES_OF(id)));
	(void)json_put(p, "nbf", json_new_int(&a, now_at));
	(void)json_put(p, "sub", json_new_cstr(&a, o->client_id));
	if (h == NULL || p == NULL)
		return arena_fail(e, "credential");
	json_emit(&header, h, JSON_SORTED);
	json_emit(&payload, p, JSON_SORTED);
	jws_emit_signing_input(out, buf_bytes(&header), buf_bytes(&payload));
	if (!buf_ok(&header) || !buf_ok(&payload) || !buf_ok(out))
		return arena_fail(e, "credential");
	TRY(privkey_sign(o->key, SIG_PS256, SIG_RAW, buf_bytes(out), sig, &size, e));
	jws_emit_signature(out, bytes_of(sig, size));
	return buf_ok(out) ? 0 : arena_fail(e, "credential");
}

static int
emit_form(const struct oauth_client *o, int64_t now_at, struct buf *form, struct err *e)
{
	DEFER(buf_release) struct buf assertion = { 0 };

	escape(form, "grant_type=client_credentials&client_id=", bytes_of_str(o->client_id));
	escape(form, "&scope=", bytes_of_str(o->scope));
	if (o->secret.size > 0) {
		buf_str(form, "&client_secret=");
		buf_add(form, secret_bytes(&o->secret));
	} else {
		buf_init(&assertion, MAX_FORM_SIZE / 2);
		TRY(sign_assertion(o, now_at, &assertion, e));
		buf_str(form,
		    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3A"
		    "jwt-bearer&client_assertion=");
		buf_add(form, buf_bytes(&assertion));
	}
	return buf_ok(form) ? 0 : arena_fail(e, "credential");
}

/* RFC 6749 5.2. Of a stranger's words only those that are a code; Entra's own number stands before the first colon. */
static int
refused(const struct http_answer *answer, struct err *e)
{
	DEFER(arena_release) struct arena a;
	const struct json *doc = NULL;
	struct bytes code = { 0 }, number = { 0 };
	struct err ignored = { 0 };
	size_t i = 0;

	arena_init(&a, 1u << 20);
	if (json_parse(buf_bytes(&answer->body), MAX_ANSWER_SIZE, &a, &doc, &ignored) == 0) {
		code = json_text(json_get(doc, "error"));
		number = json_text(json_get(doc, "error_description"));
	}
	while (i < code.size && ((code.p[i] >= 'a' && code.p[i] <= 'z') || code.p[i] == '_'))
		i++;
	if (i < code.size || i > 64)
		code.size = 0;
	for (i = bytes_has_prefix(number, "AADSTS") ? 6 : number.size;
	     i < number.size && number.p[i] >= '0' && number.p[i] <= '9'; i++)
		continue;
	number.size = bytes_has_prefix(number, "AADSTS") && i <= 20 ? i : 0;
	return err_set(e,
	    answer->status == 429 || answer->status >= 500 ? ERR_UNAVAILABLE : ERR_DENIED,
	    "credential: the token endpoint answers %u %.*s%s%.*s", answer->status, BYTES_FMT(code),
	    number.size > 0 ? " " : "", BYTES_FMT(number));
}

/* A number, or digits in a string as the metadata service writes them. */
static bool
read_life(const struct json *v, int64_t *seconds)
{
	struct bytes text = json_text(v);

	if (json_int(v, seconds))
		return *seconds > 0;
	*seconds = 0;
	for (size_t i = 0; i < text.size && i < 10; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*seconds = *seconds * 10 + (text.p[i] - '0');
	}
	return text.size <= 10 && *seconds > 0;
}

/* RFC 6749 5.1 */
static int
take_answer(struct bytes body, int64_t now_at, struct credential_answer *out, struct err *e)
{
	DEFER(arena_release) struct arena a;
	const struct json *doc = NULL;
	struct bytes token;
	int64_t life;

	arena_init(&a, 1u << 20);
	if (json_parse(body, MAX_ANSWER_SIZE, &a, &doc, e) < 0)
		return err_in(e, "credential: the token endpoint's answer");
	token = json_text(json_get(doc, "access_token"));
	if (token.size == 0 ||
	    !bytes_is_str_nocase(json_text(json_get(doc, "token_type")), "Bearer"))
		return err_set(e, ERR_MALFORMED,
		    "credential: the token endpoint's answer holds no bearer token");
	if (!read_life(json_get(doc, "expires_in"), &life))
		return err_set(e, ERR_MALFORMED,
		    "credential: the token endpoint does not say how long its token is good");
	if (!secret_init(&out->text, token.size + 1))
		return err_set(e, ERR_LIMIT, "credential: out of memory");
	memcpy(out->text.p, token.p, token.size);
	out->expires_at = now_at + (life < MAX_LIFE_S ? life : MAX_LIFE_S);
	return 0;
}

int
oauth_ask(struct oauth_client *o, int64_t now_at, struct credential_answer *out, struct err *e)
{
	static const char *const metadata[] = { "Metadata: true", NULL };
	DEFER(http_answer_release) struct http_answer answer = { 0 };
	DEFER(buf_release) struct buf form = { 0 };
	struct http_call call = { .url = o->url,
		.ca_file = o->ca_file,
		.refuse_private = !o->allow_private,
		.allow_plain = o->is_managed,
		.timeout_ms = o->timeout_ms,
		.max_size = MAX_ANSWER_SIZE };
	int done = 0;

	buf_init(&form, MAX_FORM_SIZE);
	if (o->is_managed) {
		call.headers = metadata;
	} else {
		done = emit_form(o, now_at, &form, e);
		call.body = buf_bytes(&form);
		call.content_type = "application/x-www-form-urlencoded";
	}
	if (done == 0)
		done = http_client_call(o->http, &call, &answer, e);
	if (done == 0)
		done = answer.status == 200 ? take_answer(buf_bytes(&answer.body), now_at, out, e)
					    : refused(&answer, e);
	if (form.p != NULL)
		secret_wipe(form.p, form.size);
	if (answer.body.p != NULL)
		secret_wipe(answer.body.p, answer.body.size);
	return done;
}
