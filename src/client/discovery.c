/* SPDX-License-Identifier: Apache-2.0 */
#include "client/discovery.h"

#include "base/clock.h"
#include "codec/json.h"
#include "jose/jwk.h"
#include "net/url.h"

#include <string.h>

#define DISCOVERY_MEMORY (2u << 20)
#define MAX_AGE_S        (365 * 24 * 3600)

/* One fetch: what is asked for, and by when all of it must be over. */
struct errand {
	const struct discovery_config *from;
	struct http_client *http;
	uint64_t until_ms;
};

static int
check_https(const char *what, const char *text, struct url *u, struct err *e)
{
	if (url_parse(bytes_of_str(text), u, e) < 0)
		return err_in(e, "%s", what);
	if (!u->is_https)
		return err_set(e, ERR_INVALID, "%s: not a URL of https", what);
	return 0;
}

int
discovery_config_check(const struct discovery_config *from, struct err *e)
{
	struct url u;

	if (from->issuer == NULL && from->jwks_url == NULL)
		return err_set(e, ERR_INVALID, "keys: neither an issuer nor the URL of its JWKS");
	if (from->jwks_url != NULL)
		return check_https("URL of the JWKS", from->jwks_url, &u, e);
	TRY(check_https("issuer", from->issuer, &u, e));
	/* OpenID Connect Discovery 1.0 section 3: an issuer has no query. */
	if (u.rest.size > 0 && memchr(u.rest.p, '?', u.rest.size) != NULL)
		return err_set(e, ERR_INVALID, "issuer: a URL with a query");
	for (const char *const *o = from->jwks_origins; o != NULL && *o != NULL; o++) {
		TRY(check_https("allowed origin", *o, &u, e));
		if (u.rest.size > 0)
			return err_set(e, ERR_INVALID, "allowed origin: more than a host");
	}
	return 0;
}

static int
get(const struct errand *on, const char *url, size_t max_size, struct http_answer *out,
    struct err *e)
{
	static const char *const headers[] = { "Accept: application/json", NULL };
	uint64_t now_ms = clock_ms();
	struct http_call call = { .url = url,
		.headers = headers,
		.ca_file = on->from->ca_file,
		.refuse_private = !on->from->allow_private,
		.max_size = max_size };

	if (now_ms >= on->until_ms)
		return err_set(e, ERR_UNAVAILABLE, "%s: the time for it is over", url);
	call.timeout_ms = (unsigned)(on->until_ms - now_ms);
	TRY(http_client_call(on->http, &call, out, e));
	if (out->status == 200)
		return 0;
	if (out->status >= 300 && out->status < 400)
		return err_set(e, ERR_UNAVAILABLE, "%s: a redirect (%u), which is not followed",
		    url, out->status);
	return err_set(e, ERR_UNAVAILABLE, "%s: status %u, want 200", url, out->status);
}

/* May a discovery document of this issuer send us to URI? */
static int
check_jwks_uri(const struct discovery_config *from, struct bytes uri, struct err *e)
{
	struct url to, own;

	if (uri.p == NULL)
		return err_set(e, ERR_MALFORMED, "no jwks_uri (Discovery 1.0 section 3)");
	if (url_parse(uri, &to, e) < 0)
		return err_in(e, "jwks_uri");
	if (!to.is_https)
		return err_set(e, ERR_INVALID, "jwks_uri: not a URL of https");
	TRY(url_parse(bytes_of_str(from->issuer), &own, e));
	if (url_same_origin(&to, &own))
		return 0;
	for (const char *const *o = from->jwks_origins; o != NULL && *o != NULL; o++) {
		TRY(url_parse(bytes_of_str(*o), &own, e));
		if (url_same_origin(&to, &own))
			return 0;
	}
	return err_set(e, ERR_DENIED, "jwks_uri: of another host: %.*s", BYTES_FMT(to.origin));
}

int
discovery_document_read(const struct discovery_config *from, struct bytes text, struct buf *uri,
    struct err *e)
{
	DEFER(arena_release) struct arena a;
	const struct json *doc;
	struct bytes named;

	arena_init(&a, DISCOVERY_MEMORY);
	TRY(json_parse(text, MAX_DISCOVERY_SIZE, &a, &doc, e));
	/* Discovery 1.0 section 4.3: identical, or the document is another issuer's. */
	if (!json_is_str(json_get(doc, "issuer"), from->issuer))
		return err_set(e, ERR_INVALID, "its issuer is not the one that was asked for");
	named = json_text(json_get(doc, "jwks_uri"));
	TRY(check_jwks_uri(from, named, e));
	buf_add(uri, named);
	buf_u8(uri, 0);
	return buf_ok(uri) ? 0 : arena_fail(e, "jwks_uri");
}

static int
discover(const struct errand *on, struct buf *uri, struct err *e)
{
	DEFER(http_answer_release) struct http_answer answer = { 0 };
	DEFER(buf_release) struct buf url = { 0 };
	struct bytes base = bytes_of_str(on->from->issuer);

	buf_init(&url, MAX_URL_SIZE + sizeof(DISCOVERY_PATH));
	/* Section 4.1: a slash at the end goes before the path is added. */
	while (base.size > 0 && base.p[base.size - 1] == '/')
		base.size--;
	buf_add(&url, base);
	buf_str(&url, DISCOVERY_PATH);
	buf_u8(&url, 0);
	if (!buf_ok(&url))
		return arena_fail(e, "issuer");
	TRY(get(on, (const char *)url.p, MAX_DISCOVERY_SIZE, &answer, e));
	if (discovery_document_read(on->from, buf_bytes(&answer.body), uri, e) < 0)
		return err_in(e, "discovery document of %s", on->from->issuer);
	return 0;
}

/* delta-seconds (RFC 9111 1.2.2), cut to a year; what is no number is none. */
static uint32_t
read_seconds(struct bytes text)
{
	uint32_t value = 0;

	if (text.size >= 2 && text.p[0] == '"' && text.p[text.size - 1] == '"')
		text = bytes_slice(text, 1, text.size - 2);
	for (size_t i = 0; i < text.size; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return 0;
		value = value * 10 + (uint32_t)(text.p[i] - '0');
		if (value > MAX_AGE_S)
			value = MAX_AGE_S;
	}
	return value;
}

static void
read_directive(struct bytes d, struct discovery_fresh *fresh)
{
	uint32_t seconds = 0;

	while (d.size > 0 && (d.p[0] == ' ' || d.p[0] == '\t'))
		d = bytes_slice(d, 1, d.size);
	while (d.size > 0 && (d.p[d.size - 1] == ' ' || d.p[d.size - 1] == '\t'))
		d.size--;
	if (bytes_eq_nocase(bytes_slice(d, 0, 8), BYTES("max-age=")))
		seconds = read_seconds(bytes_slice(d, 8, d.size));
	else if (!bytes_is_str_nocase(d, "no-store") && !bytes_is_str_nocase(d, "no-cache"))
		return;
	/* Said twice: the shorter counts. */
	if (!fresh->is_said || seconds < fresh->max_age_s)
		fresh->max_age_s = seconds;
	fresh->is_said = true;
}

void
discovery_fresh_read(const struct http_answer *answer, struct discovery_fresh *fresh)
{
	struct bytes left = http_answer_header(answer, "Cache-Control");
	struct bytes age = http_answer_header(answer, "Age");
	struct discovery_fresh got = { 0 };

	while (left.size > 0) {
		const uint8_t *comma = memchr(left.p, ',', left.size);
		size_t size = comma == NULL ? left.size : (size_t)(comma - left.p);

		read_directive(bytes_slice(left, 0, size), &got);
		left = bytes_slice(left, comma == NULL ? size : size + 1, left.size);
	}
	if (got.is_said && age.size > 0) {
		uint32_t seconds = read_seconds(age);

		got.max_age_s -= seconds < got.max_age_s ? seconds : got.max_age_s;
	}
	*fresh = got;
}

int
discovery_fetch(const struct discovery_config *from, struct http_client *http, struct buf *jwks,
    struct discovery_fresh *fresh, struct err *e)
{
	DEFER(http_answer_release) struct http_answer answer = { 0 };
	DEFER(buf_release) struct buf uri = { 0 };
	struct errand on = { from, http,
		clock_ms() + (from->timeout_ms == 0 ? DISCOVERY_TIMEOUT_MS : from->timeout_ms) };
	const char *url = from->jwks_url;

	TRY(discovery_config_check(from, e));
	if (url == NULL) {
		buf_init(&uri, MAX_URL_SIZE + 1);
		TRY(discover(&on, &uri, e));
		url = (const char *)uri.p;
	}
	TRY(get(&on, url, MAX_JWKS_SIZE, &answer, e));
	buf_add(jwks, buf_bytes(&answer.body));
	if (!buf_ok(jwks))
		return arena_fail(e, "jwks");
	discovery_fresh_read(&answer, fresh);
	return 0;
}
