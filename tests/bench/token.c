/* SPDX-License-Identifier: Apache-2.0 */
/* A token as a relying party judges it, under keys that it holds. */
#include "floor.h"
#include "library.h"
#include "world.h"

#include "base/clock.h"
#include "client/verify.h"
#include "codec/pem.h"
#include "token/keyring.h"

#include <string.h>

struct judging {
	struct arena arena, *kept;
	struct bytes token;
	const struct jwks *keys;
	int64_t now_at;
};

static void
judge_once(void *self)
{
	struct judging *j = self;
	struct token_expectation want = { .issuer = BYTES("https://localhost:8443"),
		.type = BYTES("SgxEnclave"),
		.max_age_s = -1 };
	struct token_seen seen = { 0 };
	struct trace *t = arena_alloc(&j->arena, sizeof(*t));
	struct err e = { 0 };

	HOLDS(t != NULL);
	trace_init(t, &j->arena, "token", j->now_at);
	MUST(&e, token_judge(j->token, j->keys, &want, j->now_at, &j->arena, t, &seen, &e));
	HOLDS(trace_verdict(t) == VERDICT_ACCEPTED);
	arena_reset(&j->arena);
}

static void
write_file(const char *folder, const char *stem, enum sig_alg alg, const char *suffix,
    struct bytes text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%s.%s", folder, stem,
	    alg == SIG_RS256 ? "rs256" : "es256", suffix);
	f = fopen(path, "wb");
	HOLDS(f != NULL && fwrite(text.p, 1, text.size, f) == text.size);
	HOLDS(fclose(f) == 0);
}

/* The key set as /certs has it; its text, in A. */
static struct bytes
make_keys(const struct bench_options *o, const struct bench_world *w, enum sig_alg alg,
    struct arena *a, struct jwks *out)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct snapshot_key *from = &w->state.snapshot->instances[0].keys[0];
	struct keyring_entry entry = { .key = w->signer->key,
		.alg = alg,
		.kid = from->kid,
		.cert = alg == SIG_RS256 ? from->cert : (struct bytes){ 0 } };
	struct json *set = json_new(a, JSON_OBJECT), *list = json_new(a, JSON_ARRAY);
	struct bytes kept;
	struct err e = { 0 };

	HOLDS(json_append(list, jwk_emit(a, entry.key, alg, entry.kid, entry.cert)));
	HOLDS(json_put(set, "keys", list));
	buf_init(&text, 65536);
	json_emit(&text, set, JSON_SORTED);
	HOLDS(buf_ok(&text));
	if (o->write != NULL)
		write_file(o->write, "jwks", alg, "json", buf_bytes(&text));
	kept = arena_copy(a, buf_bytes(&text));
	MUST(&e, jwks_parse(kept, a, out, &e));
	return kept;
}

/* What a relying party has: through the function that all faces share, and through the library's. */
static void
measure(const struct bench_options *o, bool rsa, const struct bench_issued *issued,
    const struct jwks *keys)
{
	struct judging j[2] = { 0 };
	struct floor f[2];
	struct bench_work work[2] = { { judge_once, &j[0] }, { judge_once, &j[1] } };
	struct bench_work base[2] = { { floor_run, &f[0] }, { floor_run, &f[1] } };

	for (size_t i = 0; i < 2; i++) {
		j[i] =
		    (struct judging){ .token = issued->token, .keys = keys, .now_at = issued->at };
		arena_init(&j[i].arena, 8u << 20);
		f[i] = (struct floor){ .verify = floor_key_new(rsa ? KEY_RSA : KEY_P256),
			.verify_count = 1,
			.hashes = { issued->token.size },
			.hash_count = 1 };
	}
	bench_compare(o,
	    &(struct bench_row){ .job = rsa ? "token-rs256" : "token-es256",
		.what = "token verified, claims judged",
		.baseline = "1 verification and its hash",
		.goal = rsa ? 1.35 : 1.15 },
	    &work[0], &base[0]);
	bench_two_threads(o,
	    &(struct bench_row){ .job = rsa ? "token-rs256-2" : "token-es256-2",
		.what = "the same on two threads, time per token",
		.baseline = "the same on one thread",
		.goal = 1.9 },
	    work, base);
	bench_library(o, rsa, issued, base);
	for (size_t i = 0; i < 2; i++) {
		arena_release(&j[i].arena);
		floor_key_free(f[i].verify);
	}
}

static void
token(const struct bench_options *o, enum sig_alg alg)
{
	static struct bench_world w;
	static struct bench_thread t;
	static struct jwks keys;
	bool rsa = alg == SIG_RS256;
	struct bench_issued issued = { 0 };
	struct arena kept;

	arena_init(&kept, 8u << 20);
	bench_world_make(&w, alg, o->real);
	bench_thread_make(&t, &w);
	bench_attest_once(&t);
	issued.jwks = make_keys(o, &w, alg, &kept, &keys);
	issued.token = bench_token_of(&t);
	issued.at = w.evidence.at + 1;
	if (o->write != NULL) {
		DEFER(buf_release) struct buf pem = { 0 };

		buf_init(&pem, 4096);
		pem_emit(&pem, "PUBLIC KEY", key_spki(w.signer->key));
		write_file(o->write, "token", alg, "pem", buf_bytes(&pem));
		write_file(o->write, "token", alg, "jwt", issued.token);
	} else {
		measure(o, rsa, &issued, &keys);
	}
	jwks_release(&keys);
	bench_thread_drop(&t);
	bench_world_drop(&w);
	arena_release(&kept);
}

void
bench_token(const struct bench_options *o)
{
	if (bench_wants(o, "token-rs256") || bench_wants(o, "token-rs256-2") ||
	    bench_wants(o, "attest-verify-rs256") || bench_wants(o, "attest-verify-rs256-2"))
		token(o, SIG_RS256);
	if (bench_wants(o, "token-es256") || bench_wants(o, "token-es256-2") ||
	    bench_wants(o, "attest-verify-es256") || bench_wants(o, "attest-verify-es256-2"))
		token(o, SIG_ES256);
}
