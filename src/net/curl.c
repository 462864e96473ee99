/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include "net/address.h"
#include "net/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT_MS 30000
#define CONNECT_TIMEOUT_MS 10000
#define DEFAULT_MAX_SIZE   (4u << 20)
#define MAX_CALL_HEADERS   32

struct http_client {
	CURL *curl;
	/* Of the calls so far: its open connections were made under this rule. */
	bool refuses_private;
	char
	    refused[INET6_ADDRSTRLEN]; /* the address that this call was not allowed to reach; "" */
};

/* Header lines of a call, and whether one could not be added. */
struct lines {
	struct curl_slist *list;
	bool bad;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static bool library_ready;

static void
library_init(void)
{
	library_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

struct http_client *
http_client_new(struct err *e)
{
	struct http_client *c = calloc(1, sizeof(*c));

	pthread_once(&library_once, library_init);
	if (c != NULL && library_ready)
		c->curl = curl_easy_init();
	if (c == NULL || c->curl == NULL) {
		free(c);
		err_set(e, ERR_LIMIT, "http client: out of memory");
		return NULL;
	}
	return c;
}

void
http_client_free(struct http_client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->curl);
	free(c);
}

void
http_client_freep(struct http_client **c)
{
	http_client_free(*c);
	*c = NULL;
}

static size_t
take(char *p, size_t one, size_t count, void *user)
{
	struct buf *out = user;

	/* libcurl documents that ONE is always 1. */
	buf_add(out, bytes_of(p, one * count));
	return buf_ok(out) ? one * count : CURL_WRITEFUNC_ERROR;
}

static void
note_refused(struct http_client *c, const struct curl_sockaddr *at)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	strcpy(c->refused, "of another family");
	if (at->family == AF_INET && at->addrlen >= sizeof(v4)) {
		memcpy(&v4, &at->addr, sizeof(v4));
		inet_ntop(AF_INET, &v4.sin_addr, c->refused, sizeof(c->refused));
	} else if (at->family == AF_INET6 && at->addrlen >= sizeof(v6)) {
		memcpy(&v6, (const void *)&at->addr, sizeof(v6));
		inet_ntop(AF_INET6, &v6.sin6_addr, c->refused, sizeof(c->refused));
	}
}

/*
 * The library asks here for the socket of each address it is about to connect to, after every look-up: what a name
 * meant when somebody looked before (DNS rebinding), or how an address was spelt in the URL, makes no difference.
 */
static curl_socket_t
open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *at)
{
	struct http_client *c = user;

	(void)purpose;
	if (c->refuses_private && !address_is_public(&at->addr, at->addrlen)) {
		note_refused(c, at);
		return CURL_SOCKET_BAD;
	}
	return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
}

/* A new header of an answer replaces that of an interim one (100 Continue). */
static size_t
take_header(char *p, size_t one, size_t count, void *user)
{
	if (count > 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_clear(user);
	return take(p, one, count, user);
}

static void
line_add(struct lines *l, const char *text)
{
	/* A line break would begin another header. */
	struct curl_slist *more =
	    strpbrk(text, "\r\n") == NULL ? curl_slist_append(l->list, text) : NULL;

	if (more == NULL)
		l->bad = true;
	else
		l->list = more;
}

static void
line_add_value(struct lines *l, const char *name, const char *value)
{
	size_t room = strlen(name) + strlen(value) + 3;
	char *text = malloc(room);

	if (text == NULL) {
		l->bad = true;
		return;
	}
	snprintf(text, room, "%s: %s", name, value);
	line_add(l, text);
	explicit_bzero(text, room);
	free(text);
}

static int
headers_of(const struct http_call *call, struct lines *l, struct err *e)
{
	if (call->bearer != NULL) {
		char *value = NULL;

		if (asprintf(&value, "Bearer %s", call->bearer) < 0)
			return err_set(e, ERR_LIMIT, "http client: out of memory");
		line_add_value(l, "Authorization", value);
		explicit_bzero(value, strlen(value));
		free(value);
	}
	if (call->body.p != NULL)
		line_add_value(l, "Content-Type",
		    call->content_type == NULL ? "application/json" : call->content_type);
	for (size_t i = 0; call->headers != NULL && call->headers[i] != NULL; i++) {
		if (i >= MAX_CALL_HEADERS)
			return err_set(e, ERR_INVALID, "http client: more than %d headers",
			    MAX_CALL_HEADERS);
		line_add(l, call->headers[i]);
	}
	/* No waiting for 100 Continue: our bodies are small. */
	line_add(l, "Expect:");
	if (l->bad)
		return err_set(e, ERR_INVALID, "http client: a header that cannot be sent");
	return 0;
}

static int
set_up(struct http_client *c, const struct http_call *call, struct http_answer *a, char *why)
{
	CURL *h = c->curl;
	const char *method = call->method;
	unsigned timeout = call->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : call->timeout_ms;
	unsigned connect = call->timeout_ms == 0 ? CONNECT_TIMEOUT_MS : call->timeout_ms;
	bool good;

	if (method == NULL)
		method = call->body.p == NULL ? "GET" : "POST";
	curl_easy_reset(h);
	good = curl_easy_setopt(h, CURLOPT_URL, call->url) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR,
		call->allow_plain ? "https,http" : "https") == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)timeout) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)connect) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, c) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, why) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_USERAGENT, "attest/" ATTEST_VERSION) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_WRITEDATA, &a->body) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_HEADERDATA, &a->header) == CURLE_OK;
	if (good && call->ca_file != NULL)
		good = curl_easy_setopt(h, CURLOPT_CAINFO, call->ca_file) == CURLE_OK &&
		    curl_easy_setopt(h, CURLOPT_CAPATH, NULL) == CURLE_OK;
	if (good && call->body.p != NULL)
		good = curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
			   (curl_off_t)call->body.size) == CURLE_OK &&
		    curl_easy_setopt(h, CURLOPT_POSTFIELDS, call->body.p) == CURLE_OK;
	if (good && strcmp(method, "HEAD") == 0)
		good = curl_easy_setopt(h, CURLOPT_NOBODY, 1L) == CURLE_OK;
	else if (good)
		good = curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
	return good ? 0 : -1;
}

static int
failed(CURLcode code, const struct http_client *c, const struct http_call *call,
    const struct http_answer *a, const char *why, struct err *e)
{
	const char *text = why[0] == '\0' ? curl_easy_strerror(code) : why;

	if (!buf_ok(&a->body) || !buf_ok(&a->header))
		return err_set(e, ERR_LIMIT, "%s: the answer is larger than allowed", call->url);
	if (code == CURLE_OUT_OF_MEMORY)
		return err_set(e, ERR_LIMIT, "http client: out of memory");
	if (code == CURLE_COULDNT_CONNECT && c->refused[0] != '\0')
		return err_set(e, ERR_DENIED,
		    "%s: its address %s is not of the public Internet, and others are not allowed",
		    call->url, c->refused);
	if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
		return err_set(e, ERR_INVALID, "%s: %s", call->url,
		    call->allow_plain ? "not a URL of http or https" : "not a URL of https");
	if (code == CURLE_SSL_CACERT_BADFILE)
		return err_set(e, ERR_IO, "%s: cannot be read as certificates",
		    call->ca_file == NULL ? "the system's roots" : call->ca_file);
	return err_set(e, ERR_UNAVAILABLE, "%s: %s", call->url, text);
}

/* Before the library sees it: what it would read in a URL that is not strict is no concern of ours then. */
static int
check_url(const struct http_call *call, struct err *e)
{
	struct url u;

	if (url_parse(bytes_of_str(call->url), &u, e) < 0)
		return err_in(e, "http client");
	if (!u.is_https && !call->allow_plain)
		return err_set(e, ERR_INVALID, "%s: not a URL of https", call->url);
	return 0;
}

/* A connection that was made when private addresses were allowed must not serve a call for which they are not. */
static int
take_rule(struct http_client *c, const struct http_call *call, struct err *e)
{
	c->refused[0] = '\0';
	if (c->refuses_private == call->refuse_private)
		return 0;
	CURL *fresh = curl_easy_init();

	if (fresh == NULL)
		return err_set(e, ERR_LIMIT, "http client: out of memory");
	curl_easy_cleanup(c->curl);
	c->curl = fresh;
	c->refuses_private = call->refuse_private;
	return 0;
}

int
http_client_call(struct http_client *c, const struct http_call *call, struct http_answer *a,
    struct err *e)
{
	struct http_answer got = { 0 };
	struct lines l = { 0 };
	char why[CURL_ERROR_SIZE] = "";
	long status = 0;
	int done;

	TRY(check_url(call, e));
	TRY(take_rule(c, call, e));
	buf_init(&got.header, MAX_HTTP_ANSWER_HEADER);
	buf_init(&got.body, call->max_size == 0 ? DEFAULT_MAX_SIZE : call->max_size);
	done = headers_of(call, &l, e);
	if (done == 0 && set_up(c, call, &got, why) < 0)
		done = err_set(e, ERR_INVALID, "http client: the call is not understood");
	if (done == 0 && curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, l.list) != CURLE_OK)
		done = err_set(e, ERR_INTERNAL, "http client: headers");
	if (done == 0) {
		CURLcode code = curl_easy_perform(c->curl);

		if (code == CURLE_OK)
			curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
		else
			done = failed(code, c, call, &got, why, e);
	}
	/* The handle keeps no pointer to what was ours. */
	curl_easy_reset(c->curl);
	curl_slist_free_all(l.list);
	if (done < 0) {
		http_answer_release(&got);
		return -1;
	}
	got.status = (unsigned)status;
	*a = got;
	return 0;
}

void
http_answer_release(struct http_answer *a)
{
	buf_release(&a->header);
	buf_release(&a->body);
	a->status = 0;
}

struct bytes
http_answer_header(const struct http_answer *a, const char *name)
{
	struct rd r = rd_from(buf_bytes(&a->header));

	while (r.left.size > 0) {
		const uint8_t *end = memchr(r.left.p, '\n', r.left.size);
		struct bytes line =
		    rd_take(&r, end == NULL ? r.left.size : (size_t)(end - r.left.p) + 1);
		const uint8_t *colon = memchr(line.p, ':', line.size);

		if (colon == NULL ||
		    !bytes_is_str_nocase(bytes_slice(line, 0, (size_t)(colon - line.p)), name))
			continue;
		struct bytes v = bytes_slice(line, (size_t)(colon - line.p) + 1, line.size);

		while (v.size > 0 && (v.p[0] == ' ' || v.p[0] == '\t'))
			v = bytes_slice(v, 1, v.size);
		while (v.size > 0 && strchr(" \t\r\n", v.p[v.size - 1]) != NULL)
			v.size--;
		return v;
	}
	return (struct bytes){ 0 };
}
