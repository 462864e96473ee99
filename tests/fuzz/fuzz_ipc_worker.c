/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of the connection: frames of an authority that has been taken over, or is broken. Five requests are
 * under way when the bytes of the input arrive. Each is answered exactly once, with what its answer may hold or an error;
 * snapshots that arrive are whole; the end is told once.
 */
#include "mutate.h"

#include "authority/client.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUESTS 5

/* The reader thread writes, who has joined it reads. */
struct seen {
	unsigned answers[REQUESTS], snapshots, ends;
};
struct slot {
	struct seen *seen;
	size_t index;
};

static void
on_snapshot(struct snapshot *s, void *user)
{
	struct seen *seen = user;

	seen->snapshots++;
	for (size_t i = 0; i < s->instance_count; i++)
		HOLDS(snapshot_find_id(s, s->instances[i].id) != NULL);
	snapshot_unref(s);
}

static void
on_end(const struct err *why, void *user)
{
	struct seen *seen = user;

	fuzz_refusal(why);
	seen->ends++;
}

static void
on_issued(const struct issue_reply *reply, void *user)
{
	struct slot *slot = user;

	slot->seen->answers[slot->index]++;
	HOLDS(reply->err.code == ERR_NONE || reply->err.msg[0] != '\0' || reply->token.size == 0);
	HOLDS(reply->token.size <= MAX_TOKEN_SIZE);
}

static void
on_answer(const struct authority_answer *answer, void *user)
{
	struct slot *slot = user;

	slot->seen->answers[slot->index]++;
	HOLDS(answer->err.code == ERR_NONE || answer->bytes.size == 0);
}

static void
ask_all(struct authority_client *c, struct slot slots[REQUESTS])
{
	struct issue_request rq = { .instance = BYTES("main"),
		.type = BYTES("SgxEnclave"),
		.payload = BYTES("{}") };
	struct authority_query q = { .instance = BYTES("main"), .count = 1 };
	struct err e = { 0 };

	/* Their ids are 1 to 5. */
	HOLDS(authority_issue(c, &rq, on_issued, &slots[0], &e) == 0);
	HOLDS(authority_policy_token(c, rq.instance, rq.type, on_answer, &slots[1], &e) == 0);
	HOLDS(authority_log_checkpoint(c, on_answer, &slots[2], &e) == 0);
	HOLDS(authority_log_query(c, AUTHORITY_LOG_PROOF, &q, on_answer, &slots[3], &e) == 0);
	HOLDS(authority_health(c, on_answer, &slots[4], &e) == 0);
}

/* What the client would parse, parsed here too: the answers' own readers. */
static void
fuzz_answers(struct bytes in)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct issue_reply reply;
	struct err why = { 0 }, e = { 0 };

	buf_init(&out, in.size + 16);
	if (issue_reply_parse(in, &reply, &e) == 0) {
		issue_reply_emit(&out, &reply);
		HOLDS(buf_ok(&out) && bytes_eq(in, buf_bytes(&out)));
	} else {
		fuzz_refusal(&e);
	}
	err_clear(&e);
	if (authority_failed_parse(in, &why, &e) == 0)
		HOLDS(why.code > ERR_NONE && why.code <= ERR_INTERNAL);
	else
		fuzz_refusal(&e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0 };
	struct slot slots[REQUESTS];
	struct authority_client *c = NULL;
	struct err e = { 0 };
	char sink[4096];
	int fds[2];

	fuzz_answers(bytes_of(data, size));
	if (size > 65536)
		return 0;
	for (size_t i = 0; i < REQUESTS; i++)
		slots[i] = (struct slot){ &seen, i };
	HOLDS(ipc_pair(fds, &e) == 0);
	HOLDS(authority_client_new(fds[1], on_snapshot, on_end, &seen, &c, &e) == 0);
	ask_all(c, slots);
	(void)!recv(fds[0], sink, sizeof(sink), MSG_DONTWAIT);
	/* The client may have hung up in the middle. */
	(void)!send(fds[0], data, size, MSG_NOSIGNAL);
	close(fds[0]);
	authority_client_free(c);
	for (size_t i = 0; i < REQUESTS; i++)
		HOLDS(seen.answers[i] == 1);
	HOLDS(seen.ends == 1);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_frames(data, size, max_size, seed, mutate_sized);
}
