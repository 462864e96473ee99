/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/dcap/pck.h"

#include "../../support/test.h"
#include "base/buf.h"

#include <string.h>

static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

static struct buf ext;

/* TAG, a length in one or two octets, and what OF holds. */
static void
wrap(struct buf *out, uint8_t tag, const struct buf *of)
{
	buf_u8(out, tag);
	if (of->size >= 256) {
		buf_u8(out, 0x82);
		buf_be16(out, (uint16_t)of->size);
	} else if (of->size >= 128) {
		buf_u8(out, 0x81);
		buf_u8(out, (uint8_t)of->size);
	} else {
		buf_u8(out, (uint8_t)of->size);
	}
	buf_add(out, buf_bytes(of));
}

/* SEQUENCE { oid.UNDER.ARC, VALUE }; UNDER 0: oid.ARC. */
static void
pair(struct buf *out, unsigned under, unsigned arc, struct bytes value)
{
	DEFER(buf_release) struct buf id;
	DEFER(buf_release) struct buf both;

	buf_init(&id, 64);
	buf_init(&both, 1024);
	buf_add(&id, BYTES_OF(oid));
	if (under != 0)
		buf_u8(&id, (uint8_t)under);
	buf_u8(&id, (uint8_t)arc);
	wrap(&both, 0x06, &id);
	buf_add(&both, value);
	wrap(out, 0x30, &both);
}

struct shape {
	unsigned components; /* how many SVNs */
	unsigned left_out;   /* a member, 0: none */
	unsigned doubled;    /* a member, 0: none */
	bool platform;
	bool short_ppid;
	uint8_t first_svn_high; /* a second octet for component 1 */
	/* The configuration: a member 4 in place of 3, 3 twice, a member that is a number, one with more in it. */
	enum { CONFIG_GOOD, CONFIG_UNKNOWN, CONFIG_DOUBLED, CONFIG_NUMBER, CONFIG_MORE } config;
};

static void
tcb_member(struct buf *members, const struct shape *s)
{
	DEFER(buf_release) struct buf list;
	DEFER(buf_release) struct buf value;

	buf_init(&list, 1024);
	buf_init(&value, 1024);
	for (unsigned i = 1; i <= s->components; i++) {
		const uint8_t one[] = { 0x02, 0x01, (uint8_t)i };
		const uint8_t two[] = { 0x02, 0x02, s->first_svn_high, 5 };

		pair(&list, 2, i, i == 1 && s->first_svn_high != 0 ? BYTES_OF(two) : BYTES_OF(one));
	}
	pair(&list, 2, 17, BYTES("\x02\x01\x0d"));
	pair(&list, 2, 18,
	    BYTES("\x04\x10"
		  "0123456789abcdef"));
	wrap(&value, 0x30, &list);
	pair(members, 0, 2, buf_bytes(&value));
}

static void
member(struct buf *members, unsigned arc, const struct shape *s)
{
	switch (arc) {
	case 1:
		pair(members, 0, 1,
		    s->short_ppid ? BYTES("\x04\x02pp")
				  : BYTES("\x04\x10"
					  "ppidppidppidppid"));
		break;
	case 2:
		tcb_member(members, s);
		break;
	case 3:
		pair(members, 0, 3, BYTES("\x04\x02\x00\x00"));
		break;
	case 4:
		pair(members, 0, 4, BYTES("\x04\x06\x00\x90\x6e\xd5\x00\x00"));
		break;
	case 5:
		pair(members, 0, 5, BYTES("\x0a\x01\x01"));
		break;
	case 6:
		pair(members, 0, 6,
		    BYTES("\x04\x10"
			  "piidpiidpiidpiid"));
		break;
	default: {
		DEFER(buf_release) struct buf list;
		DEFER(buf_release) struct buf value;

		buf_init(&list, 256);
		buf_init(&value, 256);
		pair(&list, 7, 1, BYTES("\x01\x01\xff"));
		pair(&list, 7, 2, BYTES("\x01\x01\x00"));
		pair(&list, 7, s->config == CONFIG_UNKNOWN ? 4 : 3,
		    s->config == CONFIG_NUMBER     ? BYTES("\x02\x01\x01")
			: s->config == CONFIG_MORE ? BYTES("\x01\x01\xff\x01\x01\xff")
						   : BYTES("\x01\x01\xff"));
		if (s->config == CONFIG_DOUBLED)
			pair(&list, 7, 3, BYTES("\x01\x01\x00"));
		wrap(&value, 0x30, &list);
		pair(members, 0, 7, buf_bytes(&value));
		break;
	}
	}
}

static struct bytes
make(const struct shape *s)
{
	DEFER(buf_release) struct buf members;

	buf_init(&members, 4096);
	for (unsigned arc = 1; arc <= (s->platform ? 7u : 5u); arc++) {
		if (arc != s->left_out)
			member(&members, arc, s);
		if (arc == s->doubled)
			member(&members, arc, s);
	}
	buf_clear(&ext);
	wrap(&ext, 0x30, &members);
	assert_true(buf_ok(&ext));
	return buf_bytes(&ext);
}

static bool
is_read(const struct shape *s)
{
	struct pck_ext x;
	struct err e = { 0 };

	return pck_ext_parse(make(s), &x, &e) == 0;
}

static int
setup(void **state)
{
	(void)state;
	buf_init(&ext, 8192);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&ext);
	return 0;
}

static void
extension_of_either_ca_is_read(void **state)
{
	const struct shape platform = { .components = 16, .platform = true },
			   processor = { .components = 16 };
	struct pck_ext x;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(pck_ext_parse(make(&platform), &x, &e), 0);
	assert_true(x.has_platform && x.dynamic_platform && !x.cached_keys && x.smt_enabled);
	assert_int_equal(x.components[0], 1);
	assert_int_equal(x.components[15], 16);
	assert_int_equal(x.pcesvn, 13);
	assert_int_equal(x.sgx_type, 1);
	assert_memory_equal(x.fmspc, "\x00\x90\x6e\xd5\x00\x00", 6);
	assert_int_equal(pck_ext_parse(make(&processor), &x, &e), 0);
	assert_false(x.has_platform);
}

static void
missing_member_is_refused(void **state)
{
	(void)state;
	for (unsigned arc = 1; arc <= 5; arc++)
		assert_false(is_read(&(struct shape){ .components = 16, .left_out = arc }));
	for (unsigned arc = 1; arc <= 7; arc++)
		assert_false(is_read(
		    &(struct shape){ .components = 16, .platform = true, .left_out = arc }));
}

static void
doubled_member_is_refused(void **state)
{
	(void)state;
	for (unsigned arc = 1; arc <= 7; arc++)
		assert_false(
		    is_read(&(struct shape){ .components = 16, .platform = true, .doubled = arc }));
}

static void
configuration_that_is_not_one_is_refused(void **state)
{
	struct shape s = { .components = 16, .platform = true };

	(void)state;
	assert_true(is_read(&s));
	for (int config = CONFIG_UNKNOWN; config <= CONFIG_MORE; config++) {
		s.config = config;
		assert_false(is_read(&s));
	}
}

static void
wrong_number_of_components_is_refused(void **state)
{
	(void)state;
	assert_false(is_read(&(struct shape){ .components = 15 }));
	assert_false(is_read(&(struct shape){ .components = 17 }));
}

static void
wrong_length_or_range_is_refused(void **state)
{
	(void)state;
	assert_false(is_read(&(struct shape){ .components = 16, .short_ppid = true }));
	assert_false(is_read(&(struct shape){ .components = 16, .first_svn_high = 1 }));
	assert_false(is_read(&(struct shape){ .components = 16, .first_svn_high = 0x80 }));
}

static void
extension_cut_or_continued_is_refused(void **state)
{
	const struct shape s = { .components = 16, .platform = true };
	struct pck_ext x;
	struct err e = { 0 };
	struct bytes raw = make(&s);

	(void)state;
	for (size_t size = 0; size < raw.size; size++)
		assert_int_equal(pck_ext_parse(bytes_of(raw.p, size), &x, &e), -1);
	buf_u8(&ext, 0);
	assert_int_equal(pck_ext_parse(buf_bytes(&ext), &x, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
}

static void
chain_over_the_ceiling_is_a_limit(void **state)
{
	static uint8_t big[MAX_PCK_CHAIN_SIZE + 1];
	struct pck_chain c;
	struct arena a;
	struct err e = { 0 };

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(pck_chain_parse(BYTES_OF(big), &a, &c, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	arena_release(&a);
}

static void
certificate_without_the_extension_is_missing_it(void **state)
{
	struct cert cert = { 0 };
	struct pck_ext x;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(pck_ext_of(&cert, &x, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(extension_of_either_ca_is_read),
		T(missing_member_is_refused),
		T(doubled_member_is_refused),
		T(configuration_that_is_not_one_is_refused),
		T(wrong_number_of_components_is_refused),
		T(wrong_length_or_range_is_refused),
		T(extension_cut_or_continued_is_refused),
		T(chain_over_the_ceiling_is_a_limit),
		T(certificate_without_the_extension_is_missing_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
