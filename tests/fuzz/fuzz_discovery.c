/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/discovery: what an issuer's server may say. A URL that is taken from its document is of an origin that was
 * configured, whatever else stands there; and nothing in the header of an answer keeps keys for longer than it says. The
 * input is u8 choice, then the document, or the header of the answer.
 */
#include "mutate.h"

#include "client/discovery.h"
#include "codec/json.h"

#include <stdio.h>
#include <string.h>

#define ISSUER "https://issuer.example:8443/tenant"
#define OWN    "https://issuer.example:8443"
#define OTHER  "https://keys.example"
#define YEAR   (UINT32_C(365) * 86400)

/* By letters alone: scheme, host and port as configured, then the end, a path or a query. */
static bool
is_of(const char *uri, const char *origin)
{
	size_t n = strlen(origin);

	for (size_t i = 0; i < n; i++) {
		char c = uri[i] >= 'A' && uri[i] <= 'Z' ? (char)(uri[i] - 'A' + 'a') : uri[i];

		if (c != origin[i])
			return false;
	}
	return uri[n] == '\0' || uri[n] == '/' || uri[n] == '?';
}

static void
fuzz_document(struct bytes text)
{
	static const char *const others[] = { OTHER, NULL };
	struct discovery_config from = { .issuer = ISSUER, .jwks_origins = others };
	DEFER(buf_release) struct buf uri = { 0 };
	const struct json *doc;
	struct err e = { 0 };

	buf_init(&uri, MAX_DISCOVERY_SIZE + 1);
	if (discovery_document_read(&from, text, &uri, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(uri.size > 0 && uri.p[uri.size - 1] == 0 &&
	    strlen((const char *)uri.p) == uri.size - 1);
	HOLDS(is_of((const char *)uri.p, OWN) || is_of((const char *)uri.p, OTHER) ||
	    is_of((const char *)uri.p, OTHER ":443"));
	HOLDS(json_parse(text, text.size, fuzz_arena(), &doc, &e) == 0);
	HOLDS(json_is_str(json_get(doc, "issuer"), ISSUER));
}

/* The last digits of the header's text that can have been meant: none is larger than what is kept. */
static void
fuzz_header(struct bytes text)
{
	struct http_answer answer = { .status = 200 };
	struct discovery_fresh fresh = { .is_said = true, .max_age_s = UINT32_MAX };

	buf_init(&answer.header, 65536);
	buf_str(&answer.header, "HTTP/1.1 200 OK\r\n");
	buf_add(&answer.header, text);
	if (buf_ok(&answer.header)) {
		discovery_fresh_read(&answer, &fresh);
		HOLDS(fresh.max_age_s <= YEAR);
		HOLDS(fresh.is_said || fresh.max_age_s == 0);
		HOLDS(fresh.max_age_s == 0 || memchr(text.p, '=', text.size) != NULL);
	}
	buf_release(&answer.header);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = bytes_of(data, size);

	if (size == 0)
		return 0;
	rest = bytes_slice(rest, 1, size);
	if (data[0] % 2 == 0)
		fuzz_document(rest);
	else
		fuzz_header(rest);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	if (size < 2 || data[0] % 2 != 0 || seed % 4 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	return 1 + mutate_json(data + 1, size - 1, max_size - 1, seed);
}
