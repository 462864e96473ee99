/* SPDX-License-Identifier: Apache-2.0 */
/* One request for a signature: from the message to the answer. */
#include "authority/server.h"

#include "authority/judge.h"
#include "authority/protocol.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/rand.h"
#include "jose/jws.h"
#include "token/build.h"

#include <stdlib.h>
#include <string.h>

#define MAX_HEADER_SIZE     8192
#define TYPICAL_HEADER_SIZE 512
#define TYPICAL_RECORD_SIZE 640

struct server_job {
	struct ledger_entry entry; /* the first member: the ledger gives its address back */
	struct server *server;
	uint64_t id;
	uint16_t answer; /* AUTHORITY_ISSUED or AUTHORITY_TOKEN */
	size_t cost;
	struct buf signing_input;
	struct server_job *next_to_sign;

	/* Written by one thread each, read by whoever takes the last part away. */
	uint64_t index;
	struct err record_err;
	uint8_t sig[MAX_SIG_SIZE];
	size_t sig_size;
	struct err sign_err;
	int parts; /* atomic */
};

static void
job_free(struct server_job *job)
{
	buf_release(&job->entry.record);
	buf_release(&job->signing_input);
	free(job);
}

static void
job_answer(struct server_job *job)
{
	struct issue_reply reply = { .leaf_index = job->index };
	struct buf *token = &job->signing_input, body;

	jws_emit_signature(token, bytes_of(job->sig, job->sig_size));
	buf_init(&body, MAX_TOKEN_SIZE + 256);
	buf_reserve(&body, token->size + 64);
	if (job->answer == AUTHORITY_TOKEN) {
		buf_add(&body, buf_bytes(token));
	} else {
		reply.token = buf_bytes(token);
		memcpy(reply.leaf_hash, job->entry.leaf_hash, sizeof(reply.leaf_hash));
		issue_reply_emit(&body, &reply);
	}
	if (!buf_ok(token) || !buf_ok(&body)) {
		struct err why = { 0 };

		(void)err_set(&why, ERR_LIMIT, "token: out of memory");
		server_send_failed(job->server, job->id, &why, job->cost);
	} else {
		server_send(job->server, job->answer, job->id, &body, job->cost);
	}
	buf_release(&body);
}

/* Record and signature each take a part away; the last one answers. */
static void
job_part_done(struct server_job *job)
{
	const struct err *why = NULL;
	struct server *s = job->server;

	if (__atomic_sub_fetch(&job->parts, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (job->record_err.code != ERR_NONE)
		why = &job->record_err;
	else if (job->sign_err.code != ERR_NONE)
		why = &job->sign_err;
	pthread_mutex_lock(&s->lock);
	if (why == NULL)
		s->counts.issued++;
	else
		s->counts.failed++;
	pthread_mutex_unlock(&s->lock);
	if (why == NULL)
		job_answer(job);
	else
		server_send_failed(s, job->id, why, job->cost);
	job_free(job);
}

static void
job_recorded(struct ledger_entry *entry, uint64_t index, const struct err *why)
{
	struct server_job *job = (struct server_job *)entry;

	job->index = index;
	if (why != NULL)
		job->record_err = *why;
	job_part_done(job);
}

/* Waits for a job to sign; NULL when told to stop. */
static struct server_job *
take_unsigned(struct server *s, bool *nobody_listens)
{
	struct server_job *job;

	pthread_mutex_lock(&s->lock);
	while (s->sign_first == NULL && !s->sign_stop)
		pthread_cond_wait(&s->sign_wake, &s->lock);
	job = s->sign_first;
	if (job != NULL) {
		s->sign_first = job->next_to_sign;
		if (s->sign_first == NULL)
			s->sign_last = &s->sign_first;
	}
	*nobody_listens = s->send_failed;
	pthread_mutex_unlock(&s->lock);
	return job;
}

bool
server_sign_next(struct server *s)
{
	bool nobody_listens;
	struct server_job *job = take_unsigned(s, &nobody_listens);

	if (job == NULL)
		return false;
	if (nobody_listens)
		(void)err_set(&job->sign_err, ERR_UNAVAILABLE, "the worker is gone");
	else if (signer_sign_now(s->signer, buf_bytes(&job->signing_input), job->sig,
		     &job->sig_size, &job->sign_err) < 0 &&
	    job->sign_err.code == ERR_NONE)
		(void)err_set(&job->sign_err, ERR_INTERNAL, "signature: failed");
	job_part_done(job);
	return true;
}

void *
server_signer_main(void *arg)
{
	while (server_sign_next(arg))
		;
	return NULL;
}

static void
queue_signature(struct server *s, struct server_job *job)
{
	pthread_mutex_lock(&s->lock);
	job->next_to_sign = NULL;
	*s->sign_last = job;
	s->sign_last = &job->next_to_sign;
	pthread_cond_signal(&s->sign_wake);
	pthread_mutex_unlock(&s->lock);
}

/* Room in the budget for one more, or ERR_BUSY. */
static int
take_budget(struct server *s, size_t cost, struct err *e)
{
	int result = 0;

	pthread_mutex_lock(&s->lock);
	if (s->jobs >= MAX_SERVER_JOBS || s->bytes > MAX_SERVER_BYTES - cost)
		result = err_set(e, ERR_BUSY, "authority: %zu requests are under way", s->jobs);
	else
		s->jobs++, s->bytes += cost;
	pthread_mutex_unlock(&s->lock);
	return result;
}

static struct server_job *
job_new(struct server *s, uint64_t id, uint16_t answer, size_t cost)
{
	struct server_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->server = s;
	job->id = id;
	job->answer = answer;
	job->cost = cost;
	job->entry.done = job_recorded;
	buf_init(&job->entry.record, MAX_TLOG_RECORD_SIZE);
	buf_reserve(&job->entry.record, TYPICAL_RECORD_SIZE);
	buf_init(&job->signing_input, MAX_TOKEN_SIZE);
	return job;
}

/* header '.' payload; SIGNER NULL: alg "none", which stays without a signature. */
static int
emit_signing_input(const struct snapshot_instance *in, const struct signer *signer,
    struct bytes payload, struct buf *out, struct err *e)
{
	DEFER(buf_release) struct buf header = { 0 };

	buf_init(&header, MAX_HEADER_SIZE);
	buf_reserve(&header, TYPICAL_HEADER_SIZE);
	token_header_emit(&header, signer == NULL ? "none" : sig_alg_name(signer->alg), in->issuer,
	    in->kid);
	if (!buf_ok(&header))
		return err_set(e, ERR_LIMIT, "token header: too large");
	/* The signature comes behind it. */
	buf_reserve(out,
	    b64_encoded_size(B64_URL, header.size) + b64_encoded_size(B64_URL, payload.size) +
		b64_encoded_size(B64_URL, MAX_SIG_SIZE) + 2);
	jws_emit_signing_input(out, buf_bytes(&header), payload);
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "token: over %d bytes", MAX_TOKEN_SIZE);
	return 0;
}

/* Gives the job to ledger and signers; it is theirs afterwards. On failure it is still the caller's. */
static int
job_start(struct server *s, struct server_job *job, bool is_signed, struct err *e)
{
	job->parts = is_signed ? 2 : 1;
	/*
	 * The record first: a job that the ledger does not take is never signed. The ledger may be done with it before
	 * the signers have it; the signature's part keeps it alive.
	 */
	TRY(ledger_append(s->state->ledger, &job->entry, e));
	if (is_signed)
		queue_signature(s, job);
	return 0;
}

static int
prepare_issue(struct server *s, struct server_job *job, const struct issue_request *r,
    struct err *e)
{
	DEFER(buf_release) struct buf payload = { 0 };
	struct tlog_record record;
	struct judged judged;
	uint8_t leaf[TLOG_HASH_SIZE];
	char jti[TOKEN_JTI_SIZE];
	int64_t now_at = clock_now_at();

	TRY(judge_issue(s->state->snapshot, r, now_at, &s->scratch, &judged, e));
	judge_record(r, &judged, now_at, &record);
	rand_bytes(record.salt, sizeof(record.salt));
	tlog_record_emit(&job->entry.record, &record);
	if (!buf_ok(&job->entry.record))
		return err_set(e, ERR_LIMIT, "record: over %d bytes", MAX_TLOG_RECORD_SIZE);

	/* The jti is the leaf hash (product.md 4): it is known before the record is written. */
	tlog_leaf_hash(buf_bytes(&job->entry.record), leaf);
	hex_encode(BYTES_OF(leaf), jti);
	buf_init(&payload, MAX_PAYLOAD_SIZE + 256);
	buf_reserve(&payload, r->payload.size + 256);
	TRY(token_insert_jti(r->payload, bytes_of(jti, sizeof(jti)), &payload, e));
	if (!buf_ok(&payload))
		return err_set(e, ERR_LIMIT, "token: out of memory");
	return emit_signing_input(judged.instance, r->draft ? NULL : s->signer, buf_bytes(&payload),
	    &job->signing_input, e);
}

/* The policy in force, as a token: nothing of it comes from the worker (maa-api.md 2.3). */
static int
prepare_policy(struct server *s, struct server_job *job, const struct authority_query *q,
    struct err *e)
{
	DEFER(buf_release) struct buf payload = { 0 };
	const struct snapshot_instance *in = snapshot_find_id(s->state->snapshot, q->instance);
	const struct snapshot_type *type = snapshot_find_type(in, q->type);
	struct tlog_record record = { .kind = TLOG_POLICY_READ, .at = clock_now_at() };

	if (in == NULL || type == NULL)
		return err_set(e, ERR_MISSING, "policy: no such instance or type");
	buf_init(&payload, MAX_POLICY_JWS_SIZE + 4096);
	token_policy_get_emit(&payload, in->issuer, record.at, type->policy_jws);
	if (!buf_ok(&payload))
		return err_set(e, ERR_LIMIT, "policy token: too large");
	record.instance = in->id;
	record.type = type->type;
	record.kid = in->kid;
	sha256(buf_bytes(&payload), record.payload_sha256);
	memcpy(record.policy_hash, type->policy_hash, sizeof(record.policy_hash));
	rand_bytes(record.salt, sizeof(record.salt));
	tlog_record_emit(&job->entry.record, &record);
	if (!buf_ok(&job->entry.record))
		return err_set(e, ERR_LIMIT, "record: over %d bytes", MAX_TLOG_RECORD_SIZE);
	return emit_signing_input(in, s->signer, buf_bytes(&payload), &job->signing_input, e);
}

/* Refused before anything was written. */
static void
refuse(struct server *s, uint64_t id, const struct err *why, size_t cost)
{
	pthread_mutex_lock(&s->lock);
	s->counts.failed++;
	pthread_mutex_unlock(&s->lock);
	server_send_failed(s, id, why, cost);
}

int
server_issue(struct server *s, uint64_t id, struct bytes body, struct err *e)
{
	struct issue_request r;
	struct server_job *job;
	struct err why = { 0 };
	/* Payload, signing input, token and the frame that carries it. */
	size_t cost = 4096 + body.size * 4;

	TRY(issue_request_parse(body, &r, e));
	if (take_budget(s, cost, &why) < 0) {
		refuse(s, id, &why, 0);
		return 0;
	}
	job = job_new(s, id, AUTHORITY_ISSUED, cost);
	if (job == NULL)
		(void)err_set(&why, ERR_LIMIT, "issue: out of memory");
	if (job == NULL || prepare_issue(s, job, &r, &why) < 0 ||
	    job_start(s, job, !r.draft, &why) < 0) {
		if (job != NULL)
			job_free(job);
		refuse(s, id, &why, cost);
	}
	return 0;
}

int
server_policy_token(struct server *s, uint64_t id, struct bytes body, struct err *e)
{
	struct authority_query q;
	struct server_job *job;
	struct err why = { 0 };
	size_t cost = 4096 + MAX_POLICY_JWS_SIZE * 4;

	TRY(authority_query_parse(body, &q, e));
	if (take_budget(s, cost, &why) < 0) {
		refuse(s, id, &why, 0);
		return 0;
	}
	job = job_new(s, id, AUTHORITY_TOKEN, cost);
	if (job == NULL)
		(void)err_set(&why, ERR_LIMIT, "policy token: out of memory");
	if (job == NULL || prepare_policy(s, job, &q, &why) < 0 ||
	    job_start(s, job, true, &why) < 0) {
		if (job != NULL)
			job_free(job);
		refuse(s, id, &why, cost);
	}
	return 0;
}
