/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/protocol.h"

#include "../../support/test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t digests[96] = { 1 };

static struct issue_request
request(void)
{
	return (struct issue_request){ .instance = BYTES("i"),
		.type = BYTES("SgxEnclave"),
		.draft = true,
		.payload = BYTES("{}"),
		.evidence_sha256 = { 5 },
		.trace_id = BYTES("01J"),
		.collateral = BYTES_OF(digests) };
}

static void
messages_read_as_they_were_written(void **state)
{
	struct issue_request r = request(), r2;
	struct issue_reply p = { .token = BYTES("a.b.c"), .leaf_index = 1u << 20 }, p2;
	struct refused_note n = { .instance = BYTES("i"), .check = BYTES("sgx.x") }, n2;
	struct authority_query q = { .instance = BYTES("i"), .from = 9, .count = 3, .level = 1 },
			       q2;
	struct err w = { .code = ERR_CONFLICT, .msg = "why" }, w2 = { 0 };
	struct buf b;
	(void)state;

	buf_init(&b, 65536);
	issue_request_emit(&b, &r);
	assert_int_equal(issue_request_parse(buf_bytes(&b), &r2, NULL), 0);
	assert_true(r2.draft && bytes_eq(r.collateral, r2.collateral) &&
	    bytes_eq(r.payload, r2.payload) && r2.evidence_sha256[0] == 5);
	buf_clear(&b);
	issue_reply_emit(&b, &p);
	assert_int_equal(issue_reply_parse(buf_bytes(&b), &p2, NULL), 0);
	assert_true(bytes_is_str(p2.token, "a.b.c") && p2.leaf_index == 1u << 20);
	buf_clear(&b);
	refused_note_emit(&b, &n);
	assert_int_equal(refused_note_parse(buf_bytes(&b), &n2, NULL), 0);
	assert_true(bytes_is_str(n2.check, "sgx.x"));
	buf_clear(&b);
	authority_query_emit(&b, &q);
	assert_int_equal(authority_query_parse(buf_bytes(&b), &q2, NULL), 0);
	assert_true(q2.from == 9 && q2.count == 3 && q2.level == 1);
	buf_clear(&b);
	authority_failed_emit(&b, &w);
	assert_int_equal(authority_failed_parse(buf_bytes(&b), &w2, NULL), 0);
	assert_int_equal(w2.code, ERR_CONFLICT);
	assert_string_equal(w2.msg, "why");
	b.p[0] = 200;
	assert_int_equal(authority_failed_parse(buf_bytes(&b), &w2, NULL), 0);
	assert_int_equal(w2.code, ERR_INTERNAL);
	buf_release(&b);
}

static int
parse_request(struct bytes body)
{
	struct issue_request r;

	return issue_request_parse(body, &r, NULL);
}

static int
parse_reply(struct bytes body)
{
	struct issue_reply r;

	return issue_reply_parse(body, &r, NULL);
}

static int
parse_note(struct bytes body)
{
	struct refused_note n;

	return refused_note_parse(body, &n, NULL);
}

static int
parse_query(struct bytes body)
{
	struct authority_query q;

	return authority_query_parse(body, &q, NULL);
}

static int
parse_failed(struct bytes body)
{
	struct err w = { 0 };

	return authority_failed_parse(body, &w, NULL);
}

static void
check_cuts(struct buf *b, int (*parse)(struct bytes))
{
	assert_int_equal(parse(buf_bytes(b)), 0);
	for (size_t i = 0; i < b->size; i++)
		assert_int_equal(parse(bytes_slice(buf_bytes(b), 0, i)), -1);
	buf_u8(b, 0);
	assert_int_equal(parse(buf_bytes(b)), -1);
	buf_clear(b);
}

static void
bodies_cut_anywhere_or_with_a_byte_more_are_refused(void **state)
{
	struct issue_request r = request();
	struct issue_reply p = { .token = BYTES("a.b.c") };
	struct refused_note n = { .instance = BYTES("i"), .check = BYTES("sgx.x") };
	struct authority_query q = { .instance = BYTES("i") };
	struct err w = { .code = ERR_CONFLICT, .msg = "why" };
	struct buf b;
	(void)state;

	buf_init(&b, 65536);
	issue_request_emit(&b, &r);
	check_cuts(&b, parse_request);
	issue_reply_emit(&b, &p);
	check_cuts(&b, parse_reply);
	refused_note_emit(&b, &n);
	check_cuts(&b, parse_note);
	authority_query_emit(&b, &q);
	check_cuts(&b, parse_query);
	authority_failed_emit(&b, &w);
	check_cuts(&b, parse_failed);
	buf_release(&b);
}

static void
fields_over_their_ceiling_are_refused(void **state)
{
	static uint8_t large[MAX_PAYLOAD_SIZE + 1];
	struct issue_request r = request();
	struct buf b;
	(void)state;

	buf_init(&b, MAX_PAYLOAD_SIZE * 2);
	r.instance = bytes_of(large, MAX_INSTANCE_ID_SIZE + 1);
	issue_request_emit(&b, &r);
	assert_int_equal(parse_request(buf_bytes(&b)), -1);
	buf_clear(&b);
	r = request();
	r.payload = BYTES_OF(large);
	issue_request_emit(&b, &r);
	assert_int_equal(parse_request(buf_bytes(&b)), -1);
	buf_clear(&b);
	r = request();
	r.collateral = bytes_of(large, 33);
	issue_request_emit(&b, &r);
	assert_int_equal(parse_request(buf_bytes(&b)), -1);
	buf_clear(&b);
	r.collateral = bytes_of(large, 32 * (MAX_RECORD_COLLATERAL + 1));
	issue_request_emit(&b, &r);
	assert_int_equal(parse_request(buf_bytes(&b)), -1);
	buf_release(&b);
}

static void
notes_that_a_terminal_would_obey_are_refused(void **state)
{
	struct refused_note n = { .instance = BYTES("i"), .check = BYTES("a\x1b[2J") };
	struct buf b;
	(void)state;

	buf_init(&b, 65536);
	refused_note_emit(&b, &n);
	assert_int_equal(parse_note(buf_bytes(&b)), -1);
	buf_clear(&b);
	n = (struct refused_note){ .instance = BYTES("i"), .trace_id = BYTES("\xff") };
	refused_note_emit(&b, &n);
	assert_int_equal(parse_note(buf_bytes(&b)), -1);
	buf_release(&b);
}

static void
pages_of_records_out_of_form_are_refused(void **state)
{
	uint8_t page[16] = { 5 };
	struct rd r;
	uint64_t next, size, index;
	struct bytes record;
	struct err e = { 0 };
	(void)state;

	assert_int_equal(log_records_begin(BYTES_OF(page), &r, &next, &size, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	page[8] = 5;
	assert_int_equal(log_records_begin(bytes_slice(BYTES_OF(page), 0, 15), &r, &next, &size,
			     NULL),
	    -1);
	assert_int_equal(log_records_begin(BYTES_OF(page), &r, &next, &size, NULL), 0);
	assert_false(log_records_next(&r, &index, &record));
	assert_true(rd_done(&r));
	/* A record that is cut is none. */
	r = rd_from(BYTES("\x01\x00\x00\x00\x00\x00\x00\x00\x09"));
	assert_false(log_records_next(&r, &index, &record));
	r = rd_from(BYTES("\x01"));
	assert_false(log_records_next(&r, &index, &record));
}

/* What the reader says to HEAD and the end of the connection. */
static int
receive(const uint8_t *head, size_t size, struct err *e)
{
	struct ipc_reader r;
	struct ipc_frame f;
	int fds[2], got;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(write(fds[0], head, size), (ssize_t)size);
	close(fds[0]);
	ipc_reader_init(&r, fds[1], authority_rules_from_worker);
	err_clear(e);
	got = ipc_recv(&r, &f, e);
	ipc_reader_release(&r);
	close(fds[1]);
	return got;
}

static void
frames_out_of_form_end_the_connection(void **state)
{
	uint8_t head[IPC_HEADER_SIZE] = { 0 };
	struct err e = { 0 };
	(void)state;

	head[4] = AUTHORITY_HEALTH;
	assert_int_equal(receive(head, sizeof(head), &e), 1);
	assert_int_equal(receive(head, 0, &e), 0);
	for (size_t i = 1; i < sizeof(head); i++) {
		assert_int_equal(receive(head, i, &e), -1);
		assert_int_equal(e.code, ERR_MALFORMED);
	}
	head[6] = 1;
	assert_int_equal(receive(head, sizeof(head), &e), -1);
	head[6] = 0;
	head[0] = 2; /* over EMPTY_SIZE */
	assert_int_equal(receive(head, sizeof(head), &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	head[0] = 0;
	head[4] = AUTHORITY_SNAPSHOT; /* from the wrong side */
	assert_int_equal(receive(head, sizeof(head), &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	head[4] = AUTHORITY_MSG_COUNT;
	assert_int_equal(receive(head, sizeof(head), &e), -1);
	head[4] = 0;
	assert_int_equal(receive(head, sizeof(head), &e), -1);
	head[4] = AUTHORITY_ISSUE;
	head[0] = 100; /* and nothing follows */
	assert_int_equal(receive(head, sizeof(head), &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	memset(head, 0xff, 4);
	assert_int_equal(receive(head, sizeof(head), &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_read_as_they_were_written),
		cmocka_unit_test(bodies_cut_anywhere_or_with_a_byte_more_are_refused),
		cmocka_unit_test(fields_over_their_ceiling_are_refused),
		cmocka_unit_test(notes_that_a_terminal_would_obey_are_refused),
		cmocka_unit_test(pages_of_records_out_of_form_are_refused),
		cmocka_unit_test(frames_out_of_form_end_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
