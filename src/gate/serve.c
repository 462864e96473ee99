/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/serve.h"

#include "base/clock.h"
#include "base/log.h"
#include "gate/judge.h"
#include "gate/value.h"

#include <stdio.h>
#include <string.h>

#define LOG_MODULE    "gate"

#define GATE_PREFIX   "/gate/"
#define MAX_ANSWER    65536
#define MAX_CHALLENGE 256

void
gate_server_init(struct gate_server *s)
{
	*s = (struct gate_server){ .rules = NULL };
	pthread_mutex_init(&s->lock, NULL);
}

void
gate_server_release(struct gate_server *s)
{
	gate_rules_retire(s->rules);
	pthread_mutex_destroy(&s->lock);
	s->rules = NULL;
}

struct gate_rules *
gate_server_swap(struct gate_server *s, struct gate_rules *rules)
{
	struct gate_rules *before;

	pthread_mutex_lock(&s->lock);
	before = s->rules;
	s->rules = rules;
	pthread_mutex_unlock(&s->lock);
	return before;
}

static struct gate_rules *
rules_take(struct gate_server *s)
{
	struct gate_rules *rules;

	pthread_mutex_lock(&s->lock);
	rules = s->rules;
	atomic_fetch_add(&rules->users, 1);
	pthread_mutex_unlock(&s->lock);
	return rules;
}

static void
rules_give(struct gate_rules *rules)
{
	atomic_fetch_sub(&rules->users, 1);
}

/* --- the log --- */

/* May one more line be written in this second? */
static bool
may_log(struct gate_server *s)
{
	uint64_t now = clock_ms() / 1000;
	unsigned left_out = 0;
	bool may;

	pthread_mutex_lock(&s->lock);
	if (now != s->second) {
		left_out = s->unlogged;
		s->second = now;
		s->logged = s->unlogged = 0;
	}
	may = s->logged < GATE_LOG_PER_SECOND;
	*(may ? &s->logged : &s->unlogged) += 1;
	pthread_mutex_unlock(&s->lock);
	if (left_out > 0)
		log_warn("refused, not logged", "count=%u", left_out);
	return may;
}

static const char *
check_name(enum check_id id)
{
	return id == CHECK_NONE ? "none" : check_table[id].id;
}

/* Never the token, nor any word of it. */
static void
log_answer(struct gate_server *s, const struct gate *g, const struct gate_answer *a)
{
	if (a->status == 200 || !may_log(s))
		return;
	if (a->status >= 500)
		log_warn("not judged", "gate=%.*s status=%u check=%s why=%s", BYTES_FMT(g->name),
		    a->status, check_name(a->check), a->why);
	else
		log_info("refused", "gate=%.*s status=%u check=%s", BYTES_FMT(g->name), a->status,
		    check_name(a->check));
}

/* --- the request --- */

/* The gate's name in PATH, and whether there is one. */
static bool
route(struct bytes path, struct bytes *name)
{
	const uint8_t *end;

	if (bytes_has_prefix(path, GATE_PREFIX)) {
		*name = bytes_slice(path, sizeof(GATE_PREFIX) - 1, path.size);
		return true;
	}
	if (!bytes_has_prefix(path, GATE_ENVOY_PREFIX))
		return false;
	*name = bytes_slice(path, sizeof(GATE_ENVOY_PREFIX) - 1, path.size);
	end = name->size == 0 ? NULL : memchr(name->p, '/', name->size);
	if (end != NULL)
		name->size = (size_t)(end - name->p);
	return true;
}

enum found { TOKEN_FOUND, TOKEN_ABSENT, TOKEN_AMBIGUOUS };

static bool
is_bearer(struct bytes authorization)
{
	static const char scheme[] = "Bearer";
	struct bytes first = bytes_slice(authorization, 0, sizeof(scheme) - 1);

	return bytes_is_str_nocase(first, scheme) &&
	    (authorization.size == first.size || authorization.p[first.size] == ' ');
}

/* Two tokens that differ: which of them would the one behind the proxy read? */
static enum found
find_token(const struct http_request *rq, struct bytes *token)
{
	struct bytes own = http_header(rq, GATE_TOKEN_HEADER);

	*token = own.p != NULL ? own : rq->bearer;
	if (rq->bearer.p == NULL && is_bearer(http_header(rq, "Authorization")))
		return TOKEN_AMBIGUOUS;
	if (own.p != NULL && rq->bearer.p != NULL && !bytes_eq(own, rq->bearer))
		return TOKEN_AMBIGUOUS;
	return token->p == NULL ? TOKEN_ABSENT : TOKEN_FOUND;
}

/* --- the answer --- */

/* What is said of a refusal, for whoever calls a proxy that hands bodies on, and for a person with curl. */
static struct bytes
body_of(const struct gate_answer *a, const char *message, struct arena *arena)
{
	static const char *const shown[] = { "seen", "wanted", "source", "remedy" };
	DEFER(buf_release) struct buf text = { 0 };
	struct json *o = json_new(arena, JSON_OBJECT);
	bool ok = (a->status == 500 ||
		      json_put(o, "verdict", json_new_cstr(arena, verdict_name(a->verdict)))) &&
	    json_put(o, "check",
		a->check == CHECK_NONE ? json_new(arena, JSON_NULL)
				       : json_new_cstr(arena, check_table[a->check].id));

	if (ok && message != NULL)
		ok = json_put(o, "message", json_new_cstr(arena, message));
	for (size_t i = 0; i < COUNT_OF(shown); i++) {
		const struct json *v = json_get(a->refusal, shown[i]);

		if (ok && v != NULL)
			ok = json_put(o, shown[i], json_copy(arena, v));
	}
	buf_init(&text, MAX_ANSWER);
	if (ok)
		json_emit(&text, o, JSON_AS_IS);
	return ok && buf_ok(&text) ? arena_copy(arena, buf_bytes(&text)) : BYTES("{}");
}

/* RFC 6750 section 3: without credentials no error is named. */
static const char *
challenge_of(const struct gate *g, enum found found, const struct gate_answer *a,
    char out[MAX_CHALLENGE])
{
	const char *error = found == TOKEN_AMBIGUOUS ? "invalid_request" : "invalid_token";
	int size = snprintf(out, MAX_CHALLENGE, "Bearer realm=\"%.*s\"", BYTES_FMT(g->name));

	if (found == TOKEN_FOUND)
		snprintf(out + size, MAX_CHALLENGE - (size_t)size,
		    ", error=\"%s\", error_description=\"%s\"", error, check_name(a->check));
	else if (found == TOKEN_AMBIGUOUS)
		snprintf(out + size, MAX_CHALLENGE - (size_t)size, ", error=\"%s\"", error);
	return out;
}

static void
respond_plain(struct http_request *rq, unsigned status, struct bytes body)
{
	struct http_response r = { .status = status, .content_type = HTTP_JSON, .body = body };

	(void)http_response_add(&r, "Cache-Control", "no-store");
	http_respond(rq, &r);
}

static void
respond_refusal(struct http_request *rq, const struct gate *g, enum found found,
    const struct gate_answer *a)
{
	static const char *const messages[] = {
		[TOKEN_ABSENT] = "no token: Authorization: Bearer, or Attest-Token",
		[TOKEN_AMBIGUOUS] = "two tokens that differ, or one that is none",
		[TOKEN_FOUND] = NULL,
	};
	struct http_response r = { .status = a->status, .content_type = HTTP_JSON };
	char challenge[MAX_CHALLENGE], retry[16];

	r.body = body_of(a, a->status == 500 ? "the gate has failed" : messages[found], rq->arena);
	(void)http_response_add(&r, "Cache-Control", "no-store");
	/* A failure of ours is no verdict on the token. */
	if (a->status != 500)
		(void)http_response_add(&r, "attest-verdict", verdict_name(a->verdict));
	if (a->check != CHECK_NONE)
		(void)http_response_add(&r, "attest-check", check_table[a->check].id);
	if (a->status == 401)
		(void)http_response_add(&r, "WWW-Authenticate",
		    challenge_of(g, found, a, challenge));
	if (a->status == 503) {
		snprintf(retry, sizeof(retry), "%u", a->retry_s);
		(void)http_response_add(&r, "Retry-After", retry);
	}
	http_respond(rq, &r);
}

static int
add_value(struct http_response *r, const char *name, const char *value, struct err *e)
{
	if (value == NULL || http_response_add(r, name, value))
		return 0;
	return err_set(e, ERR_INTERNAL, "more headers than an answer has room for");
}

/* ISSUER is printable (client/expectation.h), and has a NUL behind it in the rules' arena. */
static int
fill_acceptance(struct http_response *r, const struct gate *g, const struct gate_answer *a,
    struct arena *arena, struct err *e)
{
	const char *type, *value;

	TRY(gate_value(json_get(a->claims, "x-ms-attestation-type"), arena, &type, e));
	TRY(add_value(r, "Cache-Control", "no-store", e));
	TRY(add_value(r, "attest-verdict", verdict_name(a->verdict), e));
	TRY(add_value(r, "attest-gate", (const char *)g->name.p, e));
	TRY(add_value(r, "attest-issuer", (const char *)g->want.issuer.p, e));
	TRY(add_value(r, "attest-type", type, e));
	for (size_t i = 0; i < g->header_count; i++) {
		TRY(gate_header_value(&g->headers[i], a->claims, arena, &value, e));
		TRY(add_value(r, g->headers[i].name, value, e));
	}
	return 0;
}

static void
judge(struct http_request *rq, struct gate_server *s, const struct gate *g)
{
	struct gate_answer a = { .status = 401, .check = CHECK_NONE, .verdict = VERDICT_REFUSED };
	struct http_response r = { .status = 200 };
	struct bytes token;
	enum found found = find_token(rq, &token);
	struct err e = { 0 };

	if (found == TOKEN_FOUND)
		gate_judge(g, token, clock_now_at(), rq->arena, &a);
	if (a.status == 200 && fill_acceptance(&r, g, &a, rq->arena, &e) < 0) {
		a = (struct gate_answer){ .status = 500,
			.check = CHECK_NONE,
			.verdict = VERDICT_REFUSED };
		snprintf(a.why, sizeof(a.why), "%s", e.msg);
	}
	log_answer(s, g, &a);
	if (a.status == 200)
		http_respond(rq, &r);
	else
		respond_refusal(rq, g, found, &a);
}

/* Every gate has keys that may be used. */
static void
respond_health(struct http_request *rq, const struct gate_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		struct keys keys;

		key_cache_read(rules->gates[i].keys, &keys);
		if (keys.standing != KEYS_GOOD) {
			respond_plain(rq, 503, BYTES("{\"ready\":false}"));
			return;
		}
	}
	respond_plain(rq, 200, BYTES("{\"ready\":true}"));
}

void
gate_handle(struct http_request *rq, void *user)
{
	struct gate_server *s = user;
	struct gate_rules *rules = rules_take(s);
	const struct gate *g = NULL;
	struct bytes name;

	if (route(rq->path, &name))
		g = gate_rules_find(rules, name);
	if (g != NULL)
		judge(rq, s, g);
	else if (bytes_is_str(rq->path, "/healthz") && bytes_is_str(rq->method, "GET"))
		respond_health(rq, rules);
	else
		respond_plain(rq, 404, BYTES("{\"message\":\"no such gate\"}"));
	rules_give(rules);
}

size_t
gate_max_body(const struct http_request *rq, void *user)
{
	(void)rq;
	(void)user;
	return 0;
}
