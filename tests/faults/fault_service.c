/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request through the whole worker, from its bytes to the answer's. What fails of ours is answered with 500 or 503:
 * never with a token that should not be, and never as if the caller or his evidence were at fault.
 */
#include "../support/test.h"

#include "../support/api.h"
#include "../support/fault.h"

#include "base/b64.h"
#include "synth/synth.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW        1795000000
#define MAX_ANSWER 262144

static struct fake_service service;
static struct synth_root *root;
static struct arena arena;

/* The fake authority is not what is examined; what the service does with its answer is. */
struct landing {
	void (*done)(const struct issue_reply *reply, void *user);
	void *user;
};

static void
landed(const struct issue_reply *reply, void *user)
{
	struct landing *l = user;

	fault_resume();
	l->done(reply, l->user);
	fault_pause();
}

static int
issue(void *self, const struct issue_request *rq,
    void (*done)(const struct issue_reply *reply, void *user), void *user, struct err *e)
{
	struct landing l = { done, user };
	int got;

	fault_pause();
	got = fake_issue(self, rq, landed, &l, e);
	fault_resume();
	return got;
}

static void
begin(const char *policy)
{
	DEFER(buf_release) struct buf settings = { 0 };
	struct service_config config = { .show_all = true };
	struct synth_spec spec;
	struct synth_case c = { 0 };
	struct err e = { 0 };

	arena_init(&arena, 64u << 20);
	assert_int_equal(synth_root_generate(NOW, &root, &e), 0);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	assert_int_equal(synth_case_emit(root, &spec, NULL, NOW, &arena, &c, &e), 0);
	fake_service_init(&service, &config);
	service.service->authority.issue = issue;
	fake_time(NOW);
	assert_true(c.doc_count <= MAX_FAKE_DOCS);
	for (size_t i = 0; i < c.doc_count; i++)
		service.documents[service.document_count++] = c.docs[i].bytes;
	sha256(key_spki(synth_root_key(root)), service.dev_anchor);
	service.has_dev_anchor = true;
	buf_init(&settings, 1024);
	buf_str(&settings, "{\"extra_anchors\":[{\"label\":\"dev root\",\"spki_sha256\":\"");
	buf_hex(&settings, BYTES_OF(service.dev_anchor));
	buf_str(&settings, "\"}]}");
	service.settings = arena_copy(&arena, buf_bytes(&settings));
	if (policy != NULL)
		service.policy = bytes_of_str(policy);
	if (fake_service_publish(&service, &e) < 0)
		fail_msg("%s", e.msg);
}

static void
end(void)
{
	fake_service_release(&service);
	synth_root_free(root);
	root = NULL;
	arena_release(&arena);
}

struct subject {
	const char *method, *path, *bearer;
	struct bytes body;
	unsigned status; /* without a fault */
	const char *code;
};

/* {"quote":…,"runtimeData":…MORE} of evidence damaged in this way. */
static struct bytes
body_of(const char *damage, const char *more)
{
	struct synth_spec spec;
	struct synth_case c = { 0 };
	struct buf b;
	struct bytes out;

	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.runtime_data = BYTES("{\"a\":1}");
	assert_int_equal(synth_case_emit(root, &spec,
			     damage == NULL ? NULL : synth_damage_find(damage, SYNTH_SGX_ENCLAVE),
			     NOW, &arena, &c, NULL),
	    0);
	buf_init(&b, 65536);
	buf_str(&b, "{\"quote\":\"");
	buf_b64(&b, B64_URL, c.evidence);
	buf_str(&b, "\",\"runtimeData\":{\"dataType\":\"JSON\",\"data\":\"");
	buf_b64(&b, B64_URL, c.runtime_data);
	buf_fmt(&b, "\"}%s}", more);
	assert_true(buf_ok(&b));
	out = arena_copy(&arena, buf_bytes(&b));
	buf_release(&b);
	return out;
}

/* An answer of ours: JSON in MAA's shape, or nothing where there was no memory even for that. */
static void
assert_honest_shape(struct fake_http *f)
{
	const struct json *json = NULL;
	struct err e = { 0 };

	if (f->body.size == 0)
		return;
	if (json_parse(buf_bytes(&f->body), f->body.size, &arena, &json, &e) < 0)
		fail_msg("%u with a broken body: %s", f->status, e.msg);
	assert_non_null(json_at(json, "error.code"));
}

static int
run_call(void *ctx, struct err *e)
{
	const struct subject *s = ctx;
	struct api api = { .service = service.service };
	struct fake_http f;
	int got = 0;

	fault_pause();
	fake_http_init(&f, s->method, s->path, "api-version=2020-10-01", s->body);
	if (s->bearer != NULL)
		f.rq.bearer = bytes_of_str(s->bearer);
	(void)buf_grow(&f.body, MAX_ANSWER);
	buf_clear(&f.body);
	fault_resume();
	api_handle(&f.rq, &api);
	fault_disarm();
	if (f.answers != 1)
		fail_msg("%u answers", f.answers);
	if (f.status == s->status) {
		if (s->status == 200)
			assert_true(f.body.size > 2);
		else
			assert_string_equal(fake_http_answer(&f, "x-ms-error-code"), s->code);
	} else if (f.status == 500 || f.status == 503) {
		assert_honest_shape(&f);
		got = err_set(e, ERR_INTERNAL, "%u", f.status);
	} else {
		got = err_set(e, ERR_INVALID, "%u instead of %u: %.*s", f.status, s->status,
		    (int)f.body.size, (const char *)f.body.p);
	}
	fake_http_release(&f);
	arena_reset(&arena);
	return got;
}

static void
sweep(const char *name, struct subject s)
{
	/* The body outlives the arena of the parsed answers. */
	void *copy = malloc(s.body.size + 1);

	assert_non_null(copy);
	if (s.body.size > 0)
		memcpy(copy, s.body.p, s.body.size);
	s.body.p = copy;
	fault_sweep(name, run_call, &s, fault_crypto_sites);
	free(copy);
}

static void
good_evidence_gives_a_token_or_an_error_of_ours(void **state)
{
	struct subject s = { "POST", "/attest/SgxEnclave", .status = 200 };

	(void)state;
	begin(NULL);
	s.body = body_of(NULL, "");
	sweep("attest", s);
	s.body = body_of(NULL, ",\"nonce\":\"n\",\"initTimeData\":null");
	sweep("attest with nonce", s);
	s.body = body_of(NULL,
	    ",\"draftPolicyForAttestation\":\"version= "
	    "1.2;authorizationrules{c:[type==\\\"x-ms-sgx-"
	    "is-debuggable\\\", value==false] => permit();};issuancerules{=> issue(type=\\\"x\\\", "
	    "value=1);};\"");
	sweep("attest with draft", s);
	end();
}

static void
bad_evidence_is_refused_as_such_or_with_an_error_of_ours(void **state)
{
	static const char *const damages[] = { "quote-signature", "pck-root-signature",
		"qe-attributes" };
	struct subject s = { "POST", "/attest/SgxEnclave", .status = 400, .code = "" };

	(void)state;
	begin(NULL);
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		struct fake_http f;
		char name[64];
		DEFER(buf_release) struct buf text = { 0 };

		assert_non_null(synth_damage_find(damages[i], SYNTH_SGX_ENCLAVE));
		s.body = body_of(damages[i], "");
		fake_http_init(&f, s.method, s.path, "api-version=2020-10-01", s.body);
		api_handle(&f.rq, &(struct api){ .service = service.service });
		s.status = f.status;
		snprintf(name, sizeof(name), "%s", fake_http_answer(&f, "x-ms-error-code"));
		s.code = name;
		assert_int_not_equal(s.status, 200);
		fake_http_release(&f);
		buf_init(&text, 128);
		buf_fmt(&text, "attest %s%c", damages[i], 0);
		sweep((const char *)text.p, s);
	}
	end();
}

static void
a_policy_that_denies_denies_or_we_fail(void **state)
{
	struct subject s = { "POST", "/attest/SgxEnclave", .status = 400,
		.code = "PolicyEvaluationError" };

	(void)state;
	begin(
	    "version= 1.0;authorizationrules{c:[type==\"x-ms-sgx-is-debuggable\", value==true] => "
	    "permit();};issuancerules{};");
	s.body = body_of(NULL, "");
	sweep("attest denied", s);
	end();
}

static void
readers_get_their_answer_or_an_error_of_ours(void **state)
{
	struct subject s = { "GET", "/certs", .status = 200 };

	(void)state;
	begin(NULL);
	sweep("certs", s);
	s.path = "/.well-known/openid-configuration";
	sweep("discovery", s);
	s.path = "/attestd/metrics";
	s.bearer = fake_bearer(&service, "[\"operator\",\"reader\"]");
	sweep("metrics as operator", s);
	s.bearer = "a.b.c";
	s.status = 401;
	s.code = "Unauthorized";
	sweep("metrics as nobody", s);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_evidence_gives_a_token_or_an_error_of_ours),
		cmocka_unit_test(bad_evidence_is_refused_as_such_or_with_an_error_of_ours),
		cmocka_unit_test(a_policy_that_denies_denies_or_we_fail),
		cmocka_unit_test(readers_get_their_answer_or_an_error_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
