/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that took the worker's place. It speaks to the real authority over the real socket pair, knows the whole
 * snapshot, and wants a token for another issuer, policy, settings or time, or one that is not in the log.
 */
#include "authority_help.h"

#include "base/hex.h"
#include "crypto/cert.h"
#include "jose/jws.h"
#include "tlog/bundle.h"

#include <sys/socket.h>

struct hostile {
	struct authority_help h;
	struct ipc_reader in;
	struct snapshot *snap;
	const struct snapshot_instance *one, *two;
	char hash_one[64], appraisal_one[64];
	uint64_t next_id;
	struct arena a;
};

/* With an authority that waits FRAME_MS for the rest of a frame; 0: as long as the real one. */
static void
setup_with(struct hostile *x, uint32_t frame_ms)
{
	struct ipc_frame f;

	memset(x, 0, sizeof(*x));
	arena_init(&x->a, 33554432);
	help_config(&x->h);
	x->h.config.frame_ms = frame_ms;
	help_run(&x->h);
	ipc_reader_init(&x->in, x->h.fd, authority_rules_from_authority);
	assert_int_equal(ipc_recv(&x->in, &f, NULL), 1);
	assert_int_equal(f.type, AUTHORITY_SNAPSHOT);
	assert_int_equal(snapshot_parse(f.body, &x->snap, NULL), 0);
	x->one = snapshot_find_id(x->snap, BYTES("one"));
	x->two = snapshot_find_id(x->snap, BYTES("two"));
	assert_non_null(x->one);
	assert_non_null(x->two);
	help_text(x->one->types[0].policy_hash_text, x->hash_one, sizeof(x->hash_one));
	help_text(x->one->types[0].settings_hash_text, x->appraisal_one, sizeof(x->appraisal_one));
}

static void
setup(struct hostile *x)
{
	setup_with(x, 0);
}

static void
teardown(struct hostile *x)
{
	ipc_reader_release(&x->in);
	help_drop(&x->h);
	snapshot_unref(x->snap);
	arena_release(&x->a);
}

static struct payload_spec
honest(struct hostile *x)
{
	int64_t now = clock_now_at();

	return (struct payload_spec){ .issuer = "https://localhost:8443",
		.type = "sgx",
		.policy_hash = x->hash_one,
		.appraisal_hash = x->appraisal_one,
		.iat = now,
		.nbf = now,
		.exp = now + 28800 };
}

/* Sends PAYLOAD as it is; the answer's frame, with the reply in *R when it is ISSUED and the error in *WHY when not. */
static bool
ask_raw(struct hostile *x, const char *instance, const char *type, bool draft, struct bytes payload,
    struct issue_reply *r, struct err *why)
{
	struct issue_request q = { .instance = bytes_of_str(instance),
		.type = bytes_of_str(type),
		.draft = draft,
		.payload = payload,
		.evidence_sha256 = { 1 },
		.trace_id = BYTES("01J") };
	struct ipc_frame f;
	struct buf body;

	buf_init(&body, MAX_PAYLOAD_SIZE * 2);
	issue_request_emit(&body, &q);
	assert_int_equal(ipc_send(x->h.fd, AUTHORITY_ISSUE, ++x->next_id, buf_bytes(&body), NULL),
	    0);
	buf_release(&body);
	assert_int_equal(ipc_recv(&x->in, &f, NULL), 1);
	assert_int_equal(f.id, x->next_id);
	err_clear(why);
	if (f.type == AUTHORITY_ISSUED) {
		assert_int_equal(issue_reply_parse(f.body, r, NULL), 0);
		return true;
	}
	assert_int_equal(f.type, AUTHORITY_FAILED);
	assert_int_equal(authority_failed_parse(f.body, why, NULL), 0);
	return false;
}

static bool
ask(struct hostile *x, const struct payload_spec *p, bool draft, struct issue_reply *r,
    struct err *why)
{
	struct buf payload;
	bool got;

	buf_init(&payload, 65536);
	help_payload(&payload, p);
	got = ask_raw(x, "one", "SgxEnclave", draft, buf_bytes(&payload), r, why);
	buf_release(&payload);
	return got;
}

/* Is the token good, for the issuer's keys as the snapshot shows them? */
static bool
verifies(struct hostile *x, struct bytes token, struct jws *jws)
{
	struct cert cert;
	struct key *key;
	bool good = false;

	assert_int_equal(jws_parse(token, &x->a, jws, NULL), 0);
	assert_int_equal(cert_parse(x->one->keys[0].cert, &cert, NULL), 0);
	assert_int_equal(key_from_spki(cert.spki, &key, NULL), 0);
	assert_int_equal(jws_verify(jws, key, SIG_RS256, &good, NULL), 0);
	key_unref(key);
	return good;
}

/* Asks for the proof of LEAF and judges it with the log's key. */
static bool
is_in_log(struct hostile *x, const char *instance, const uint8_t leaf[32], struct bytes payload)
{
	struct authority_query q = { .instance = bytes_of_str(instance) };
	struct tlog_bundle_verdict v = { 0 };
	struct tlog_bundle b;
	struct ipc_frame f;
	struct buf body;
	bool fits = false;

	memcpy(q.leaf_hash, leaf, 32);
	buf_init(&body, 4096);
	authority_query_emit(&body, &q);
	assert_int_equal(ipc_send(x->h.fd, AUTHORITY_LOG_PROOF, ++x->next_id, buf_bytes(&body),
			     NULL),
	    0);
	buf_release(&body);
	assert_int_equal(ipc_recv(&x->in, &f, NULL), 1);
	if (f.type != AUTHORITY_ANSWER)
		return false;
	assert_int_equal(tlog_bundle_parse(f.body, &x->a, &b, NULL), 0);
	assert_int_equal(tlog_bundle_verify(&b, x->snap->log_key, &v, NULL), 0);
	assert_int_equal(tlog_bundle_fits_payload(&b, payload, &x->a, &fits, NULL), 0);
	return tlog_bundle_is_good(&v) && fits;
}

static void
what_it_gets_is_signed_and_in_the_log(void **state)
{
	struct hostile x;
	struct issue_reply r;
	struct payload_spec p;
	struct err why;
	struct jws jws;
	const struct json *claims;
	char jti[65] = { 0 };
	(void)state;

	setup(&x);
	p = honest(&x);
	assert_true(ask(&x, &p, false, &r, &why));
	assert_true(verifies(&x, r.token, &jws));
	hex_encode(BYTES_OF(r.leaf_hash), jti);
	assert_int_equal(json_parse(jws.payload, 65536, &x.a, &claims, NULL), 0);
	assert_true(json_is_str(json_get(claims, "jti"), jti));
	assert_true(bytes_eq(jws.kid, x.one->kid));
	assert_true(json_is_str(json_get(jws.header, "jku"), "https://localhost:8443/certs"));
	struct issue_reply kept = r;

	assert_true(is_in_log(&x, "one", kept.leaf_hash, jws.payload));
	/* Another instance cannot even learn that it is there. */
	assert_false(is_in_log(&x, "two", kept.leaf_hash, jws.payload));
	teardown(&x);
}

static void
no_token_for_another_issuer_policy_settings_or_time(void **state)
{
	struct hostile x;
	struct issue_reply r;
	struct payload_spec p;
	struct err why;
	(void)state;

	setup(&x);
	p = honest(&x);
	p.issuer = "https://localhost:8444";
	assert_false(ask(&x, &p, false, &r, &why));
	assert_int_equal(why.code, ERR_DENIED);
	p = honest(&x);
	p.policy_hash = "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc";
	assert_false(ask(&x, &p, false, &r, &why));
	assert_int_equal(why.code, ERR_CONFLICT);
	p = honest(&x);
	p.appraisal_hash = "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc";
	assert_false(ask(&x, &p, false, &r, &why));
	assert_int_equal(why.code, ERR_CONFLICT);
	p = honest(&x);
	p.appraisal_hash = NULL;
	assert_false(ask(&x, &p, false, &r, &why));
	p = honest(&x);
	p.exp += 86400;
	assert_false(ask(&x, &p, false, &r, &why));
	assert_int_equal(why.code, ERR_STALE);
	p = honest(&x);
	p.iat = p.nbf = p.iat + 3600;
	p.exp += 3600;
	assert_false(ask(&x, &p, false, &r, &why));
	assert_int_equal(why.code, ERR_STALE);
	p = honest(&x);
	p.type = "tdxvm";
	assert_false(ask(&x, &p, false, &r, &why));
	assert_int_equal(why.code, ERR_DENIED);
	p = honest(&x);
	p.extra = ",\"x\":\"a\\u0000b\"";
	assert_false(ask(&x, &p, false, &r, &why));
	/* After all of it an honest request is still served. */
	p = honest(&x);
	assert_true(ask(&x, &p, false, &r, &why));
	teardown(&x);
}

static void
policy_of_another_instance_is_not_in_force_here(void **state)
{
	struct hostile x;
	struct issue_reply r;
	struct payload_spec p;
	struct err why;
	struct buf payload;
	(void)state;

	setup(&x);
	buf_init(&payload, 65536);
	p = honest(&x);
	help_payload(&payload, &p);
	/* The payload of one, under the name of two, of nobody, of another type. */
	assert_false(ask_raw(&x, "two", "SgxEnclave", false, buf_bytes(&payload), &r, &why));
	assert_int_equal(why.code, ERR_DENIED);
	assert_false(ask_raw(&x, "three", "SgxEnclave", false, buf_bytes(&payload), &r, &why));
	assert_int_equal(why.code, ERR_MISSING);
	assert_false(ask_raw(&x, "one", "Tpm", false, buf_bytes(&payload), &r, &why));
	assert_false(ask_raw(&x, "two", "Tpm", false, buf_bytes(&payload), &r, &why));
	assert_int_equal(why.code, ERR_MISSING);
	buf_release(&payload);
	teardown(&x);
}

static void
a_draft_is_never_signed(void **state)
{
	struct hostile x;
	struct issue_reply r;
	struct payload_spec p;
	struct err why;
	struct jws jws;
	(void)state;

	setup(&x);
	p = honest(&x);
	p.policy_hash = "1wKUrF_E0X5CZUM9OMIF1PH3qn5iykWY_bWgBbiWJZ0";
	assert_true(ask(&x, &p, true, &r, &why));
	assert_int_equal(jws_parse(r.token, &x.a, &jws, NULL), 0);
	assert_true(jws_is_unsigned(&jws));
	assert_int_equal(jws.signature.size, 0);
	/* Even with the policy in force it stays one. */
	p = honest(&x);
	assert_true(ask(&x, &p, true, &r, &why));
	assert_int_equal(jws_parse(r.token, &x.a, &jws, NULL), 0);
	assert_true(jws_is_unsigned(&jws));
	struct issue_reply kept = r;

	assert_true(is_in_log(&x, "one", kept.leaf_hash, jws.payload));
	teardown(&x);
}

static void
jti_of_its_own_and_second_spellings_are_refused(void **state)
{
	struct hostile x;
	struct issue_reply r;
	struct payload_spec p;
	struct err why;
	struct buf good, bad;
	(void)state;

	setup(&x);
	buf_init(&good, 65536);
	buf_init(&bad, 65536);
	p = honest(&x);
	help_payload(&good, &p);
	/* A payload that is a token's own: with jti. */
	buf_add(&bad, bytes_slice(buf_bytes(&good), 0, good.size - 1));
	buf_str(&bad, ",\"z-jti\":1}");
	assert_true(ask_raw(&x, "one", "SgxEnclave", false, buf_bytes(&bad), &r, &why));
	p.extra = NULL;
	for (size_t i = 0; i < good.size; i += 7) {
		buf_clear(&bad);
		buf_add(&bad, bytes_slice(buf_bytes(&good), 0, i));
		buf_str(&bad, " ");
		buf_add(&bad, bytes_slice(buf_bytes(&good), i, good.size));
		assert_false(ask_raw(&x, "one", "SgxEnclave", false, buf_bytes(&bad), &r, &why));
	}
	assert_false(ask_raw(&x, "one", "SgxEnclave", false, (struct bytes){ 0 }, &r, &why));
	assert_false(ask_raw(&x, "one", "SgxEnclave", false, BYTES("[]"), &r, &why));
	buf_release(&good);
	buf_release(&bad);
	teardown(&x);
}

/* Waits until the authority has ended by itself; why it says that it did. */
static struct err
ending(struct hostile *x)
{
	pthread_join(x->h.thread, NULL);
	x->h.running = false;
	close(x->h.fd);
	x->h.fd = -1;
	assert_int_equal(x->h.result, -1);
	return x->h.err;
}

/* Sends TYPE with BODY; true when the authority ended the connection and said that the protocol was broken. */
static bool
is_thrown_out(uint16_t type, struct bytes body)
{
	struct hostile x;
	struct ipc_frame f;
	struct err e = { 0 };
	int got;

	setup(&x);
	assert_int_equal(ipc_send(x.h.fd, type, 1, body, NULL), 0);
	got = ipc_recv(&x.in, &f, &e);
	e = ending(&x);
	teardown(&x);
	return got <= 0 && (e.code == ERR_MALFORMED || e.code == ERR_LIMIT);
}

static void
broken_messages_end_the_connection(void **state)
{
	(void)state;
	assert_true(is_thrown_out(AUTHORITY_ISSUE, BYTES("x")));
	assert_true(is_thrown_out(AUTHORITY_POLICY_TOKEN, BYTES("x")));
	assert_true(is_thrown_out(AUTHORITY_LOG_PROOF, (struct bytes){ 0 }));
	assert_true(is_thrown_out(AUTHORITY_REFUSED, BYTES("x")));
	assert_true(is_thrown_out(AUTHORITY_HEALTH, BYTES("x")));
	assert_true(is_thrown_out(AUTHORITY_SNAPSHOT, BYTES("x")));
	assert_true(is_thrown_out(AUTHORITY_ISSUED, BYTES("x")));
	assert_true(is_thrown_out(0, BYTES("x")));
	assert_true(is_thrown_out(65535, BYTES("x")));
}

/* A whole ISSUE frame as bytes, of which the tests send less. */
static void
frame_of(struct hostile *x, struct buf *out)
{
	struct payload_spec p = honest(x);
	struct issue_request q = { .instance = BYTES("one"), .type = BYTES("SgxEnclave") };
	DEFER(buf_release) struct buf payload = { 0 }, body = { 0 };

	buf_init(&payload, 65536);
	buf_init(&body, 65536);
	buf_init(out, 65536);
	help_payload(&payload, &p);
	q.payload = buf_bytes(&payload);
	issue_request_emit(&body, &q);
	buf_le32(out, (uint32_t)body.size);
	buf_le16(out, AUTHORITY_ISSUE);
	buf_le16(out, 0);
	buf_le64(out, 1);
	buf_add(out, buf_bytes(&body));
	assert_true(buf_ok(out));
}

static void
half_a_frame_does_not_hold_the_authority(void **state)
{
	static const size_t cuts[] = { 1, IPC_HEADER_SIZE - 1, IPC_HEADER_SIZE, 100 };
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		DEFER(buf_release) struct buf frame = { 0 };
		struct hostile x;
		struct err why;
		uint64_t began_ms = clock_ms();

		setup_with(&x, 200);
		frame_of(&x, &frame);
		assert_int_equal(send(x.h.fd, frame.p, cuts[i], 0), (ssize_t)cuts[i]);
		why = ending(&x);
		assert_int_equal(why.code, ERR_MALFORMED);
		assert_true(clock_ms() - began_ms >= 200);
		teardown(&x);
	}
}

static void
a_frame_that_drips_is_cut_off(void **state)
{
	DEFER(buf_release) struct buf frame = { 0 };
	struct hostile x;
	struct err why;
	size_t sent = 0;
	(void)state;

	setup_with(&x, 200);
	frame_of(&x, &frame);
	while (sent < frame.size && send(x.h.fd, frame.p + sent, 1, MSG_NOSIGNAL) == 1) {
		sent++;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	assert_true(sent < frame.size);
	why = ending(&x);
	assert_int_equal(why.code, ERR_MALFORMED);
	teardown(&x);
}

/* Silence between two frames is nobody's fault. */
static void
a_pause_between_frames_is_allowed(void **state)
{
	struct hostile x;
	struct payload_spec p;
	struct issue_reply r;
	struct err why;
	(void)state;

	setup_with(&x, 100);
	nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
	p = honest(&x);
	assert_true(ask(&x, &p, false, &r, &why));
	teardown(&x);
}

/* It asks and asks, and takes no answer: it is thrown out, and did not keep the authority from ending. */
static void
a_worker_that_never_reads_is_thrown_out(void **state)
{
	DEFER(buf_release) struct buf body = { 0 };
	struct authority_query q = { 0 };
	struct hostile x;
	struct err why;
	(void)state;

	setup_with(&x, 200);
	buf_init(&body, 4096);
	authority_query_emit(&body, &q);
	for (uint64_t i = 1; i < 100000; i++)
		if (ipc_send(x.h.fd, AUTHORITY_LOG_CHECKPOINT, i, buf_bytes(&body), NULL) < 0)
			break;
	why = ending(&x);
	assert_int_equal(why.code, ERR_MALFORMED);
	teardown(&x);
}

static void
a_flood_of_refusals_leaves_a_few_records(void **state)
{
	struct hostile x;
	struct refused_note n = { .instance = BYTES("one"),
		.type = BYTES("SgxEnclave"),
		.trace_id = BYTES("01J"),
		.check = BYTES("sgx.quote.signature") };
	struct ipc_frame f;
	struct buf body;
	const struct json *health;
	uint64_t refused, size;
	(void)state;

	setup(&x);
	buf_init(&body, 4096);
	refused_note_emit(&body, &n);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(ipc_send(x.h.fd, AUTHORITY_REFUSED, 0, buf_bytes(&body), NULL), 0);
	buf_release(&body);
	assert_int_equal(ipc_send(x.h.fd, AUTHORITY_HEALTH, 7, (struct bytes){ 0 }, NULL), 0);
	assert_int_equal(ipc_recv(&x.in, &f, NULL), 1);
	assert_int_equal(f.type, AUTHORITY_ANSWER);
	assert_int_equal(json_parse(f.body, 4096, &x.a, &health, NULL), 0);
	assert_true(json_uint(json_get(health, "refused"), UINT64_MAX, &refused));
	assert_int_equal(refused, 5000);
	assert_true(json_uint(json_at(health, "log.size"), UINT64_MAX, &size));
	assert_true(size < 20);
	teardown(&x);
}

static void
a_worker_that_does_not_read_is_told_busy_or_thrown_out(void **state)
{
	struct hostile x;
	struct payload_spec p;
	struct issue_request q = { .instance = BYTES("one"),
		.type = BYTES("SgxEnclave"),
		.draft = true };
	struct buf payload, body;
	struct ipc_frame f;
	unsigned busy = 0, issued = 0;
	(void)state;

	setup(&x);
	buf_init(&payload, 65536);
	buf_init(&body, 65536);
	p = honest(&x);
	help_payload(&payload, &p);
	q.payload = buf_bytes(&payload);
	issue_request_emit(&body, &q);
	for (int i = 0; i < MAX_AUTHORITY_PENDING + 1500; i++)
		assert_int_equal(ipc_send(x.h.fd, AUTHORITY_ISSUE, (uint64_t)i + 1,
				     buf_bytes(&body), NULL),
		    0);
	for (int i = 0; i < MAX_AUTHORITY_PENDING + 1500; i++) {
		struct err why = { 0 };

		assert_int_equal(ipc_recv(&x.in, &f, NULL), 1);
		if (f.type == AUTHORITY_ISSUED) {
			issued++;
			continue;
		}
		assert_int_equal(authority_failed_parse(f.body, &why, NULL), 0);
		assert_int_equal(why.code, ERR_BUSY);
		busy++;
	}
	assert_true(issued > 0);
	print_message("# %u issued, %u told to come later\n", issued, busy);
	buf_release(&payload);
	buf_release(&body);
	teardown(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_gets_is_signed_and_in_the_log),
		cmocka_unit_test(no_token_for_another_issuer_policy_settings_or_time),
		cmocka_unit_test(policy_of_another_instance_is_not_in_force_here),
		cmocka_unit_test(a_draft_is_never_signed),
		cmocka_unit_test(jti_of_its_own_and_second_spellings_are_refused),
		cmocka_unit_test(broken_messages_end_the_connection),
		cmocka_unit_test(half_a_frame_does_not_hold_the_authority),
		cmocka_unit_test(a_frame_that_drips_is_cut_off),
		cmocka_unit_test(a_pause_between_frames_is_allowed),
		cmocka_unit_test(a_worker_that_never_reads_is_thrown_out),
		cmocka_unit_test(a_flood_of_refusals_leaves_a_few_records),
		cmocka_unit_test(a_worker_that_does_not_read_is_told_busy_or_thrown_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
