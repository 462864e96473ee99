/* SPDX-License-Identifier: Apache-2.0 */
#include "authority_help.h"

#include "authority/ledger.h"
#include "codec/json.h"
#include "collateral/collateral.h"
#include "crypto/cert.h"
#include "jose/jws.h"
#include "policy/defaults.h"
#include "policy/policy.h"
#include "tlog/bundle.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct snapshot *
first_snapshot(struct authority_help *h)
{
	struct ipc_reader in;
	struct ipc_frame f;
	struct snapshot *s = NULL;

	ipc_reader_init(&in, h->fd, authority_rules_from_authority);
	if (ipc_recv(&in, &f, NULL) == 1 && f.type == AUTHORITY_SNAPSHOT)
		assert_int_equal(snapshot_parse(f.body, &s, NULL), 0);
	ipc_reader_release(&in);
	return s;
}

static void
snapshot_holds_all_that_the_worker_needs(void **state)
{
	struct authority_help h;
	struct snapshot *s;
	const struct snapshot_instance *in;
	struct cert cert;
	char hash[POLICY_HASH_SIZE];
	(void)state;

	help_config(&h);
	help_run(&h);
	s = first_snapshot(&h);
	assert_non_null(s);
	assert_int_equal(s->instance_count, 2);
	in = snapshot_find_host(s, BYTES("localhost:8443"));
	assert_non_null(in);
	assert_int_equal(in->key_count, 1);
	assert_true(bytes_eq(in->kid, in->keys[0].kid));
	assert_int_equal(cert_parse(in->keys[0].cert, &cert, NULL), 0);
	assert_true(bytes_is_str(cert_name_cn(cert.subject), "https://localhost:8443"));
	assert_true(cert_is_current(&cert, clock_now_at()));
	/* One key, a certificate per instance (maa-api.md 3.2). */
	assert_true(bytes_eq(in->kid, s->instances[1].kid));
	assert_false(bytes_eq(in->keys[0].cert, s->instances[1].keys[0].cert));

	assert_true(bytes_is_str(in->types[0].policy_text, HELP_POLICY));
	assert_int_equal(in->types[0].policy_origin, POLICY_DEFAULT);
	assert_int_equal(policy_hash_of(BYTES(HELP_POLICY), hash, NULL), 0);
	assert_true(bytes_is_str(in->types[0].policy_hash_text, hash));
	assert_true(bytes_is_str(in->types[0].settings_text, HELP_SETTINGS));
	assert_int_equal(in->types[0].settings_hash_text.size, 43);
	assert_true(bytes_is_str(in->types[1].policy_jws, POLICY_JWS_EMPTY));
	assert_int_equal(in->types[1].policy_hash_text.size, 0);
	assert_true(bytes_is_str(in->types[1].settings_text, "{}"));

	assert_int_equal(s->document_count, 3);
	assert_true(bytes_is_str(s->documents[0].bytes, "first"));
	assert_true(bytes_is_str(s->documents[1].bytes, "second"));
	assert_true(bytes_is_str(s->documents[2].bytes, "third"));
	assert_true(bytes_is_str(s->documents[2].name, "c/d.pem"));
	assert_true(bytes_is_str(s->tls_cert, "certificate"));
	assert_true(bytes_is_str(s->tls_key, "key"));
	assert_true(bytes_is_str(s->issuers[0].jwks, "{\"keys\":[]}"));
	assert_true(bytes_is_str(s->issuers[0].role_claim, "roles"));
	assert_true(s->anchors[0].dev);
	assert_int_equal(s->limits.leeway_s, 60);
	assert_int_equal(s->limits.token_lifetime_s, 28800);
	assert_true(bytes_has_prefix(s->log_key, "localhost:8443/attestd/log+"));
	snapshot_unref(s);
	assert_int_equal(help_join(&h), 0);
	help_drop(&h);
}

/* A worker that is sent more than it reads refuses the whole snapshot, and with it every other document. */
static void
file_that_no_worker_would_read_is_passed_over(void **state)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(MAX_COLLATERAL_SIZE);
	struct authority_help h;
	struct snapshot *s;
	char path[4096];
	(void)state;

	help_config(&h);
	snprintf(path, sizeof(path), "%s/z.log", h.collateral);
	help_put_file(path, "x");
	assert_int_equal(truncate(path, (off_t)3 << 20), 0);
	help_run(&h);
	s = first_snapshot(&h);
	assert_non_null(s);
	assert_non_null(b);
	for (size_t i = 0; i < s->document_count; i++)
		assert_int_equal(collateral_builder_add(b, s->documents[i].bytes, "folder", NULL,
				     NULL),
		    0);
	assert_int_equal(s->document_count, 3);
	snapshot_unref(s);
	assert_int_equal(help_join(&h), 0);
	help_drop(&h);
}

static void
keys_certificates_and_log_are_the_same_after_a_restart(void **state)
{
	struct authority_help h;
	struct snapshot *a, *b;
	struct stat st;
	(void)state;

	help_config(&h);
	help_run(&h);
	a = first_snapshot(&h);
	assert_int_equal(help_join(&h), 0);
	/* Another first instance does not give the log another name. */
	h.instances[0].host = "other.example";
	help_run(&h);
	b = first_snapshot(&h);
	assert_int_equal(help_join(&h), 0);
	assert_non_null(a);
	assert_non_null(b);
	assert_true(bytes_eq(a->instances[0].kid, b->instances[0].kid));
	assert_true(bytes_eq(a->instances[0].keys[0].cert, b->instances[0].keys[0].cert));
	assert_true(bytes_eq(a->log_key, b->log_key));
	assert_true(b->revision > a->revision);
	assert_int_equal(stat(h.state, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	snapshot_unref(a);
	snapshot_unref(b);

	/* A new name for the issuer is a new certificate over the same key. */
	h.instances[0].issuer = "https://other.example";
	help_run(&h);
	a = first_snapshot(&h);
	assert_int_equal(help_join(&h), 0);
	struct cert cert;

	assert_int_equal(cert_parse(a->instances[0].keys[0].cert, &cert, NULL), 0);
	assert_true(bytes_is_str(cert_name_cn(cert.subject), "https://other.example"));
	snapshot_unref(a);
	help_drop(&h);
}

struct asked {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	unsigned answers, failures, snapshots;
	enum err_code code;
	struct buf bytes;
	uint8_t leaf[32];
	struct snapshot *snap;
};

static void
asked_init(struct asked *q)
{
	memset(q, 0, sizeof(*q));
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->cond, NULL);
	buf_init(&q->bytes, 4194304);
}

static void
asked_drop(struct asked *q)
{
	snapshot_unref(q->snap);
	buf_release(&q->bytes);
}

static void
asked_add(struct asked *q, enum err_code code, struct bytes bytes, const uint8_t *leaf)
{
	pthread_mutex_lock(&q->lock);
	buf_clear(&q->bytes);
	buf_add(&q->bytes, bytes);
	if (leaf != NULL)
		memcpy(q->leaf, leaf, 32);
	q->code = code;
	if (code == ERR_NONE)
		q->answers++;
	else
		q->failures++;
	pthread_cond_broadcast(&q->cond);
	pthread_mutex_unlock(&q->lock);
}

static void
on_issued(const struct issue_reply *reply, void *user)
{
	asked_add(user, reply->err.code, reply->token, reply->leaf_hash);
}

static void
on_answer(const struct authority_answer *answer, void *user)
{
	asked_add(user, answer->err.code, answer->bytes, NULL);
}

static void
on_snapshot(struct snapshot *s, void *user)
{
	struct asked *q = user;

	pthread_mutex_lock(&q->lock);
	snapshot_unref(q->snap);
	q->snap = s;
	q->snapshots++;
	pthread_cond_broadcast(&q->cond);
	pthread_mutex_unlock(&q->lock);
}

static void
wait_until(struct asked *q, const unsigned *what, unsigned value)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 600; /* hundreds of signatures under valgrind */
	pthread_mutex_lock(&q->lock);
	while (*what < value)
		assert_int_equal(pthread_cond_timedwait(&q->cond, &q->lock, &until), 0);
	pthread_mutex_unlock(&q->lock);
}

static void
policy_token_is_built_from_the_state_and_signed(void **state)
{
	struct authority_help h;
	struct authority_client *c;
	struct asked q;
	struct jws jws;
	struct cert cert;
	struct key *key;
	struct arena a;
	const struct json *claims;
	int64_t iat, exp;
	bool good = false;
	(void)state;

	arena_init(&a, 1048576);
	asked_init(&q);
	help_config(&h);
	help_run(&h);
	assert_int_equal(authority_client_new(h.fd, on_snapshot, NULL, &q, &c, NULL), 0);
	h.fd = -1;
	wait_until(&q, &q.snapshots, 1);
	assert_int_equal(authority_policy_token(c, BYTES("one"), BYTES("SgxEnclave"), on_answer, &q,
			     NULL),
	    0);
	wait_until(&q, &q.answers, 1);
	assert_int_equal(jws_parse(buf_bytes(&q.bytes), &a, &jws, NULL), 0);
	assert_int_equal(cert_parse(q.snap->instances[0].keys[0].cert, &cert, NULL), 0);
	assert_int_equal(key_from_spki(cert.spki, &key, NULL), 0);
	assert_int_equal(jws_verify(&jws, key, SIG_RS256, &good, NULL), 0);
	assert_true(good);
	key_unref(key);
	assert_int_equal(json_parse(jws.payload, 65536, &a, &claims, NULL), 0);
	assert_true(bytes_eq(json_text(json_get(claims, "x-ms-policy")),
	    q.snap->instances[0].types[0].policy_jws));
	assert_true(json_int(json_get(claims, "iat"), &iat));
	assert_true(json_int(json_get(claims, "exp"), &exp));
	assert_int_equal(exp - iat, 3600);
	assert_null(json_get(claims, "jti"));
	assert_int_equal(authority_policy_token(c, BYTES("one"), BYTES("Nothing"), on_answer, &q,
			     NULL),
	    0);
	wait_until(&q, &q.failures, 1);
	assert_int_equal(q.code, ERR_MISSING);
	authority_client_free(c);
	assert_int_equal(help_join(&h), 0);
	asked_drop(&q);
	arena_release(&a);
	help_drop(&h);
}

static void
hundreds_of_tokens_are_issued_recorded_and_proved(void **state)
{
	enum { TOKENS = 300, UNDER_WAY = 64 };
	struct authority_help h;
	struct authority_client *c;
	struct asked q;
	struct buf payload;
	struct payload_spec p = { .issuer = "https://localhost:8443", .type = "sgx" };
	struct issue_request r = { .instance = BYTES("one"),
		.type = BYTES("SgxEnclave"),
		.trace_id = BYTES("01J") };
	struct authority_query query = { .instance = BYTES("one"), .count = 256 };
	char policy[64], appraisal[64];
	uint64_t started;
	(void)state;

	asked_init(&q);
	buf_init(&payload, 65536);
	help_config(&h);
	help_run(&h);
	assert_int_equal(authority_client_new(h.fd, on_snapshot, NULL, &q, &c, NULL), 0);
	h.fd = -1;
	wait_until(&q, &q.snapshots, 1);
	help_text(q.snap->instances[0].types[0].policy_hash_text, policy, sizeof(policy));
	help_text(q.snap->instances[0].types[0].settings_hash_text, appraisal, sizeof(appraisal));
	p.policy_hash = policy;
	p.appraisal_hash = appraisal;
	p.iat = p.nbf = clock_now_at();
	p.exp = p.iat + 28800;
	help_payload(&payload, &p);
	r.payload = buf_bytes(&payload);
	started = clock_us();
	for (unsigned i = 0; i < TOKENS; i++) {
		/* Where a signature takes a second, more would be on their way than an authority takes in time. */
		wait_until(&q, &q.answers, i < UNDER_WAY ? 0 : i - UNDER_WAY);
		assert_int_equal(authority_issue(c, &r, on_issued, &q, NULL), 0);
	}
	wait_until(&q, &q.answers, TOKENS);
	print_message("# %d tokens in %llu us\n", TOKENS,
	    (unsigned long long)(clock_us() - started));
	assert_int_equal(q.failures, 0);

	memcpy(query.leaf_hash, q.leaf, 32);
	assert_int_equal(authority_log_query(c, AUTHORITY_LOG_PROOF, &query, on_answer, &q, NULL),
	    0);
	wait_until(&q, &q.answers, TOKENS + 1);
	struct tlog_bundle_verdict v;
	struct tlog_bundle b;
	struct arena a;

	arena_init(&a, 1048576);
	assert_int_equal(tlog_bundle_parse(buf_bytes(&q.bytes), &a, &b, NULL), 0);
	assert_int_equal(tlog_bundle_verify(&b, q.snap->log_key, &v, NULL), 0);
	assert_true(tlog_bundle_is_good(&v));
	assert_int_equal(authority_log_checkpoint(c, on_answer, &q, NULL), 0);
	wait_until(&q, &q.answers, TOKENS + 2);
	query.count = 1;
	assert_int_equal(authority_log_query(c, AUTHORITY_LOG_TILE, &query, on_answer, &q, NULL),
	    0);
	wait_until(&q, &q.answers, TOKENS + 3);
	assert_int_equal(q.bytes.size, 32);
	query.count = 10;
	assert_int_equal(authority_log_query(c, AUTHORITY_LOG_RECORDS, &query, on_answer, &q, NULL),
	    0);
	wait_until(&q, &q.answers, TOKENS + 4);
	arena_release(&a);
	authority_client_free(c);
	assert_int_equal(help_join(&h), 0);
	buf_release(&payload);
	asked_drop(&q);
	help_drop(&h);
}

static enum err_code
run_fails(struct authority_help *h)
{
	help_run(h);
	assert_int_equal(help_join(h), -1);
	return h->err.code;
}

static void
state_that_cannot_be_trusted_is_not_opened(void **state)
{
	struct authority_help h;
	struct snapshot *s;
	(void)state;

	help_config(&h);
	h.config.make_master_key = false;
	assert_int_equal(run_fails(&h), ERR_MISSING);
	h.config.make_master_key = true;
	help_run(&h);
	s = first_snapshot(&h);
	assert_non_null(s);
	snapshot_unref(s);
	assert_int_equal(help_join(&h), 0);

	assert_int_equal(chmod(h.master, 0640), 0);
	assert_int_equal(run_fails(&h), ERR_DENIED);
	assert_int_equal(chmod(h.master, 0600), 0);
	/* Another master key does not open the store's keys. */
	assert_int_equal(rename(h.master, tmpdir_at(&h.dir, "old.key")), 0);
	assert_int_not_equal(run_fails(&h), ERR_NONE);
	assert_int_equal(rename(tmpdir_at(&h.dir, "old.key"), h.master), 0);
	/* Two instances for one host. */
	h.instances[1].host = "LOCALHOST:8443";
	assert_int_equal(run_fails(&h), ERR_INVALID);
	h.instances[1].host = "localhost:8444";
	h.config.instance_count = 0;
	assert_int_equal(run_fails(&h), ERR_INVALID);
	h.config.instance_count = 2;
	assert_int_equal(unlink(h.jwks), 0);
	assert_int_equal(run_fails(&h), ERR_MISSING);
	help_put_file(h.jwks, "{}");
	assert_int_equal(unlink(h.tls_key), 0);
	assert_int_equal(run_fails(&h), ERR_MISSING);
	help_drop(&h);
}

static int
refuse_to_be_confined(void *user, struct err *e)
{
	*(bool *)user = true;
	return err_set(e, ERR_DENIED, "no");
}

static void
without_its_cage_it_does_not_start(void **state)
{
	struct authority_help h;
	struct stat st;
	bool called = false;
	(void)state;

	help_config(&h);
	h.config.confine = refuse_to_be_confined;
	h.config.confine_user = &called;
	assert_int_equal(run_fails(&h), ERR_DENIED);
	assert_true(called);
	assert_int_not_equal(stat(h.state, &st), 0);
	help_drop(&h);
}

static void
changed_settings_are_a_governance_record_and_a_new_hash(void **state)
{
	struct authority_help h;
	struct snapshot *a, *b;
	(void)state;

	help_config(&h);
	help_run(&h);
	a = first_snapshot(&h);
	assert_int_equal(help_join(&h), 0);
	h.types[0].settings = BYTES("{\"tolerated\":[\"UpToDate\"]}");
	help_run(&h);
	b = first_snapshot(&h);
	assert_int_equal(help_join(&h), 0);
	assert_non_null(a);
	assert_non_null(b);
	assert_false(bytes_eq(a->instances[0].types[0].settings_hash_text,
	    b->instances[0].types[0].settings_hash_text));
	snapshot_unref(a);
	snapshot_unref(b);
	help_drop(&h);
}

/* In a process of its own: signals are the process'. */
static void
run_with_signals(struct authority_help *h, int fd)
{
	struct err e = { 0 };

	h->config.take_signals = true;
	_exit(authority_run(&h->config, fd, &e) == 0 ? 0 : 1);
}

static void
hangup_brings_a_new_snapshot_and_term_ends_it(void **state)
{
	struct authority_help h;
	struct authority_client *c;
	struct asked q;
	int fds[2], status;
	pid_t pid;
	(void)state;

	asked_init(&q);
	help_config(&h);
	assert_int_equal(ipc_pair(fds, NULL), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[1]);
		run_with_signals(&h, fds[0]);
	}
	close(fds[0]);
	assert_int_equal(authority_client_new(fds[1], on_snapshot, NULL, &q, &c, NULL), 0);
	wait_until(&q, &q.snapshots, 1);
	assert_int_equal(q.snap->document_count, 3);
	help_put_file(tmpdir_at(&h.dir, "collateral/new"), "fourth");
	help_put_file(h.tls_cert, "renewed");
	kill(pid, SIGHUP);
	wait_until(&q, &q.snapshots, 2);
	assert_int_equal(q.snap->document_count, 4);
	assert_true(bytes_is_str(q.snap->tls_cert, "renewed"));
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	authority_client_free(c);
	asked_drop(&q);
	help_drop(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshot_holds_all_that_the_worker_needs),
		cmocka_unit_test(file_that_no_worker_would_read_is_passed_over),
		cmocka_unit_test(keys_certificates_and_log_are_the_same_after_a_restart),
		cmocka_unit_test(policy_token_is_built_from_the_state_and_signed),
		cmocka_unit_test(hundreds_of_tokens_are_issued_recorded_and_proved),
		cmocka_unit_test(state_that_cannot_be_trusted_is_not_opened),
		cmocka_unit_test(without_its_cage_it_does_not_start),
		cmocka_unit_test(changed_settings_are_a_governance_record_and_a_new_hash),
		cmocka_unit_test(hangup_brings_a_new_snapshot_and_term_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
