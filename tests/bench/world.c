/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "../support/vectors.h"

#include "authority/protocol.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/hex.h"
#include "policy/defaults.h"

#include <string.h>
#include <time.h>

#define HOST "localhost:8443"

/* --- evidence --- */

static const char runtime_text[] = "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\"},\"sub\":\"bench\"}";

static void
make_synthetic(struct bench_evidence *ev)
{
	struct synth_spec spec;
	struct synth_case c;
	struct err e = { 0 };
	uint8_t pin[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1] = "";

	ev->at = (int64_t)time(NULL);
	MUST(&e, synth_root_generate(ev->at, &ev->root, &e));
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.runtime_data = BYTES(runtime_text);
	MUST(&e, synth_case_emit(ev->root, &spec, NULL, ev->at, &ev->arena, &c, &e));
	ev->quote = c.evidence;
	ev->runtime = spec.runtime_data;
	/* What this one quote needs: not the CRL of the other PCK CA, whose signature is none of the nine. */
	for (size_t i = 0; i < c.doc_count; i++)
		if (strstr(c.docs[i].name, "pck-processor") == NULL)
			ev->docs[ev->doc_count++] = c.docs[i];
	sha256(key_spki(synth_root_key(ev->root)), pin);
	hex_encode(BYTES_OF(pin), hex);
	snprintf(ev->settings, sizeof(ev->settings),
	    "{\"extra_anchors\":[{\"label\":\"bench\",\"spki_sha256\":\"%s\"}]}", hex);
}

static void
make_real(struct bench_evidence *ev)
{
	static const struct {
		const char *name, *vector;
	} documents[] = {
		{ "tcb", "sgx/collateral/tcbinfo/sgx_v3_00906ed50000_20250527T193107Z_ev17.json" },
		{ "qe", "sgx/collateral/qeidentity/qe_v2_20250527T190527Z.json" },
		{ "root-crl", "sgx/collateral/crl/root_20250320_ad6f.der" },
		{ "pck-crl", "sgx/collateral/crl/processor_20250527_ab83.der" },
		{ "signer", "sgx/collateral/certs/intel_tcb_signing_2025_2032_chain.pem" },
		{ "root", "sgx/collateral/certs/intel_sgx_root_ca_notafter_2049.pem" },
	};

	for (size_t i = 0; i < COUNT_OF(documents); i++) {
		ev->docs[i].name = documents[i].name;
		HOLDS(vector_read(documents[i].vector, &ev->arena, &ev->docs[i].bytes));
	}
	ev->doc_count = COUNT_OF(documents);
	HOLDS(vector_read("sgx/quotes/azure_sample_intelsdk_release.bin", &ev->arena, &ev->quote));
	HOLDS(vector_read("sgx/quotes/azure_sample_intelsdk_release.ehd.bin", &ev->arena,
	    &ev->runtime));
	ev->at = 1749669497; /* 2025-06-11T19:18:17Z */
	snprintf(ev->settings, sizeof(ev->settings),
	    "{\"tolerated_tcb_statuses\":[\"UpToDate\",\"SWHardeningNeeded\","
	    "\"ConfigurationNeeded\",\"OutOfDate\"]}");
}

void
bench_evidence_make(struct bench_evidence *ev, bool real)
{
	*ev = (struct bench_evidence){ 0 };
	arena_init(&ev->arena, 16u << 20);
	if (real)
		make_real(ev);
	else
		make_synthetic(ev);
}

void
bench_evidence_drop(struct bench_evidence *ev)
{
	synth_root_free(ev->root);
	arena_release(&ev->arena);
}

/* --- the authority's state, and the worker's --- */

static void
put_file(const char *folder, const char *name, struct bytes text)
{
	const char *slash = strrchr(name, '/');
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, slash == NULL ? name : slash + 1);
	f = fopen(path, "wb");
	HOLDS(f != NULL && fwrite(text.p, 1, text.size, f) == text.size);
	HOLDS(fclose(f) == 0);
}

static void
make_folders(struct bench_world *w)
{
	w->dir = tmpdir_new();
	snprintf(w->collateral_dir, sizeof(w->collateral_dir), "%s/collateral", w->dir.path);
	snprintf(w->state_dir, sizeof(w->state_dir), "%s/state", w->dir.path);
	snprintf(w->master_path, sizeof(w->master_path), "%s/master", w->dir.path);
	HOLDS(mkdir(w->collateral_dir, 0700) == 0);
	for (size_t i = 0; i < w->evidence.doc_count; i++)
		put_file(w->collateral_dir, w->evidence.docs[i].name, w->evidence.docs[i].bytes);
}

static void
configure(struct bench_world *w)
{
	static const char *const names[] = { "SgxEnclave", "OpenEnclave" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		w->types[i] = (struct authority_type_config){ .type = names[i],
			.token_type = "sgx",
			.policy = policy_default_text(names[i]),
			.settings = bytes_of_str(w->evidence.settings) };
	w->instance = (struct authority_instance_config){ .id = "main",
		.host = HOST,
		.issuer = "https://" HOST,
		.types = w->types,
		.type_count = COUNT_OF(names) };
	w->collateral_dirs[0] = w->collateral_dir;
	w->config = (struct authority_config){ .state_dir = w->state_dir,
		.master_key_path = w->master_path,
		.make_master_key = true,
		.instances = &w->instance,
		.instance_count = 1,
		.collateral_dirs = w->collateral_dirs,
		.collateral_dir_count = 1 };
}

static void
open_state(struct bench_world *w)
{
	struct err e = { 0 };

	state_init(&w->state, &w->config);
	MUST(&e, state_read_secrets(&w->state, &e));
	MUST(&e, state_open(&w->state, &e));
	MUST(&e, state_build(&w->state, &e));
}

static void
make_signer(struct bench_world *w, enum sig_alg alg)
{
	DEFER(secret_release) struct secret der = { 0 };
	struct privkey *key;
	struct err e = { 0 };

	if (alg == SIG_RS256) {
		MUST(&e, privkey_to_der(w->state.token_key, &der, &e));
		MUST(&e, privkey_from_der(secret_bytes(&der), &key, &e));
	} else {
		MUST(&e, privkey_generate(KEY_P256, &key, &e));
	}
	MUST(&e, signer_soft_new(key, alg, &w->signer, &e));
}

static void
open_service(struct bench_world *w)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct service_config config = { 0 };
	struct snapshot *snapshot;
	struct err e = { 0 };

	buf_init(&text, MAX_SNAPSHOT_SIZE);
	snapshot_emit(&text, w->state.snapshot);
	HOLDS(buf_ok(&text));
	MUST(&e, snapshot_parse(buf_bytes(&text), &snapshot, &e));
	MUST(&e, service_new(&config, NULL, &w->service, &e));
	MUST(&e, service_publish(w->service, snapshot, &e));
	w->api.service = w->service;
}

static void
make_body(struct bench_world *w)
{
	buf_init(&w->body, 1u << 20);
	buf_str(&w->body, "{\"quote\":\"");
	buf_b64(&w->body, B64_URL, w->evidence.quote);
	buf_str(&w->body, "\",\"runtimeData\":{\"data\":\"");
	buf_b64(&w->body, B64_URL, w->evidence.runtime);
	buf_str(&w->body, "\",\"dataType\":\"Binary\"}}");
	HOLDS(buf_ok(&w->body));
}

/* --- one thread --- */

/* A ledger whose records nobody writes: what ledger_append() needs, and no more. */
static void
queue_init(struct ledger *q)
{
	*q = (struct ledger){ .dir_fd = -1, .lock_fd = -1, .segment_fd = -1 };
	q->last = &q->first;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->wake, NULL);
}

static void
queue_release(struct ledger *q)
{
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->wake);
}

/* As the writer does when a group is durable. */
static void
queue_done(struct ledger *q)
{
	struct ledger_entry *entry = q->first;

	HOLDS(entry != NULL);
	q->first = entry->next;
	q->last = &q->first;
	q->queued--;
	entry->done(entry, 0, NULL);
}

/* ISSUE as it goes over the socket pair and is answered. */
static int
issue(void *self, const struct issue_request *request,
    void (*done)(const struct issue_reply *reply, void *user), void *user, struct err *e)
{
	DEFER(buf_release) struct buf body = { 0 };
	struct bench_thread *t = self;
	struct server *s = &t->server;
	struct server_message *m;
	struct issue_reply reply;

	buf_init(&body, authority_rules_from_worker.ceiling[AUTHORITY_ISSUE]);
	buf_reserve(&body, request->payload.size + 1024);
	issue_request_emit(&body, request);
	HOLDS(buf_ok(&body));
	arena_reset(&s->scratch);
	TRY(server_issue(s, t->next_id++, buf_bytes(&body), e));
	HOLDS(s->sign_first != NULL);
	HOLDS(server_sign_next(s));
	queue_done(&t->queue);

	m = s->send_first;
	HOLDS(m != NULL && m->type == AUTHORITY_ISSUED);
	s->send_first = NULL;
	s->send_last = &s->send_first;
	s->unread = s->unread_bytes = s->jobs = s->bytes = 0;
	TRY(issue_reply_parse(buf_bytes(&m->body), &reply, e));
	done(&reply, user);
	buf_release(&m->body);
	free(m);
	return 0;
}

static struct bytes
no_header(const struct http_request *rq, const char *name)
{
	(void)rq;
	(void)name;
	return (struct bytes){ 0 };
}

static void
respond(struct http_request *rq, const struct http_response *r)
{
	struct bench_thread *t = (struct bench_thread *)(void *)rq;

	t->status = r->status;
	buf_clear(&t->answer);
	buf_add(&t->answer, r->body);
}

/* Which thread's authority is asked is known by the thread alone. */
static _Thread_local struct bench_thread *mine;

static int
issue_here(void *self, const struct issue_request *request,
    void (*done)(const struct issue_reply *reply, void *user), void *user, struct err *e)
{
	(void)self;
	return issue(mine, request, done, user, e);
}

void
bench_attest_once(void *thread)
{
	static const struct http_ops ops = { no_header, respond };
	struct bench_thread *t = thread;

	mine = t;
	t->status = 0;
	t->rq = (struct http_request){ .method = BYTES("POST"),
		.path = BYTES("/attest/SgxEnclave"),
		.query = BYTES("api-version=2022-08-01"),
		.body = buf_bytes(&t->world->body),
		.host = BYTES(HOST),
		.port = 8443,
		.listener = "bench",
		.client = "127.0.0.1",
		.arena = &t->arena,
		.ops = &ops };
	api_handle(&t->rq, &t->world->api);
	if (t->status != 200)
		fprintf(stderr, "%.*s\n", (int)t->answer.size, (const char *)t->answer.p);
	HOLDS(t->status == 200);
	arena_reset(&t->arena);
}

struct bytes
bench_token_of(const struct bench_thread *t)
{
	struct bytes b = buf_bytes(&t->answer);

	HOLDS(b.size > 12);
	return bytes_slice(b, 10, b.size - 12);
}

void
bench_thread_make(struct bench_thread *t, struct bench_world *w)
{
	*t = (struct bench_thread){ .world = w, .state = w->state };
	queue_init(&t->queue);
	t->state.ledger = &t->queue;
	t->server.state = &t->state;
	t->server.fd = -1;
	t->server.signer = w->signer;
	t->server.sign_last = &t->server.sign_first;
	t->server.send_last = &t->server.send_first;
	pthread_mutex_init(&t->server.lock, NULL);
	pthread_cond_init(&t->server.sign_wake, NULL);
	pthread_cond_init(&t->server.send_wake, NULL);
	pthread_cond_init(&t->server.idle, NULL);
	arena_init(&t->server.scratch, 32u << 20);
	arena_init(&t->arena, 16u << 20);
	buf_init(&t->answer, 1u << 20);
}

void
bench_thread_drop(struct bench_thread *t)
{
	queue_release(&t->queue);
	pthread_mutex_destroy(&t->server.lock);
	pthread_cond_destroy(&t->server.sign_wake);
	pthread_cond_destroy(&t->server.send_wake);
	pthread_cond_destroy(&t->server.idle);
	arena_release(&t->server.scratch);
	arena_release(&t->arena);
	buf_release(&t->answer);
}

void
bench_world_make(struct bench_world *w, enum sig_alg alg, bool real)
{
	struct service_authority authority = { .issue = issue_here };

	memset(w, 0, sizeof(*w));
	bench_evidence_make(&w->evidence, real);
	clock_set_offset(0);
	clock_set_offset(w->evidence.at - clock_now_at());
	make_folders(w);
	configure(w);
	open_state(w);
	make_signer(w, alg);
	open_service(w);
	service_set_authority(w->service, &authority);
	make_body(w);
}

void
bench_world_drop(struct bench_world *w)
{
	service_free(w->service);
	signer_free(w->signer);
	state_close(&w->state);
	buf_release(&w->body);
	bench_evidence_drop(&w->evidence);
	tmpdir_drop(&w->dir);
	clock_set_offset(0);
}

void
bench_world_cool(struct bench_world *w)
{
	struct service_state *state = service_state_get(w->service);

	for (size_t i = 0; i < state->instance_count; i++)
		endorsement_cache_clear(state->instances[i].space->cache);
	service_state_unref(state);
}
