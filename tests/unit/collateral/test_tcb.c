/* SPDX-License-Identifier: Apache-2.0 */
/* TCB info, enclave identity, statuses, and the table of anchors. */
#include "collateral/qe_identity.h"
#include "collateral/tcb_info.h"

#include "../../support/test.h"
#include "base/buf.h"
#include "codec/json.h"
#include "collateral/anchors.h"
#include "crypto/key.h"

#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct buf text;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&text, MAX_COLLATERAL_JSON_SIZE + 4096);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&text);
	arena_release(&arena);
	return 0;
}

static void
level(const char *svn, unsigned pcesvn, const char *status, const char *more)
{
	if (text.p[text.size - 1] == '}')
		buf_char(&text, ',');
	buf_str(&text, "{\"tcb\":{\"sgxtcbcomponents\":[");
	for (int i = 0; i < 16; i++)
		buf_fmt(&text, "%s{\"svn\":%s}", i > 0 ? "," : "", i == 0 ? svn : "0");
	buf_fmt(&text,
	    "],\"pcesvn\":%u},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"%s\"%s}", pcesvn,
	    status, more);
}

#define HEAD                                                                                       \
	"\"id\":\"SGX\",\"version\":3,\"issueDate\":\"2025-01-01T00:00:00Z\","                     \
	"\"nextUpdate\":\"2025-01-31T00:00:00Z\",\"fmspc\":\"00906ED50000\",\"pceId\":\"0000\","   \
	"\"tcbType\":0,\"tcbEvaluationDataNumber\":17"
#define SIG                                                                                        \
	"00000000000000000000000000000000000000000000000000000000000000000000000000000000"         \
	"000000000000000000000000000000000000000000000000"

static void
begin(const char *head)
{
	buf_clear(&text);
	buf_fmt(&text, "{\"tcbInfo\":{%s,\"tcbLevels\":[", head);
}

static struct bytes
end(void)
{
	buf_str(&text, "]},\"signature\":\"" SIG "\"}");
	assert_true(buf_ok(&text));
	return buf_bytes(&text);
}

static enum err_code
code_of(struct bytes doc)
{
	struct tcb_info info;
	struct err e = { 0 };

	return tcb_info_parse(doc, &arena, &info, &e) < 0 ? e.code : ERR_NONE;
}

/* With one level and HEAD otherwise. */
static enum err_code
head_code(const char *head)
{
	begin(head);
	level("5", 13, "UpToDate", "");
	return code_of(end());
}

static void
levels_are_sorted_and_the_first_reached_is_found(void **state)
{
	struct tcb_info info;
	struct err e = { 0 };
	uint8_t svn[16] = { 5 };

	(void)state;
	begin(HEAD);
	level("2", 13, "OutOfDate", ",\"advisoryIDs\":[\"INTEL-SA-1\",\"INTEL-SA-2\"]");
	level("5", 13, "UpToDate", "");
	level("5", 11, "ConfigurationNeeded", "");
	if (tcb_info_parse(end(), &arena, &info, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(info.level_count, 3);
	assert_int_equal(tcb_info_level(&info, svn, 13)->status, TCB_UP_TO_DATE);
	assert_int_equal(tcb_info_level(&info, svn, 12)->status, TCB_CONFIGURATION_NEEDED);
	svn[0] = 4;
	assert_int_equal(tcb_info_level(&info, svn, 13)->advisories.count, 2);
	assert_null(tcb_info_level(&info, svn, 12));
	svn[0] = 255;
	assert_int_equal(tcb_info_level(&info, svn, 65535)->status, TCB_UP_TO_DATE);
}

static void
signed_part_is_the_text_as_served(void **state)
{
	struct tcb_info info;
	struct err e = { 0 };

	(void)state;
	begin(HEAD);
	level("5", 13, "UpToDate", "");
	struct bytes doc = end();

	assert_int_equal(tcb_info_parse(doc, &arena, &info, &e), 0);
	assert_ptr_equal(info.signed_part.p, doc.p + strlen("{\"tcbInfo\":"));
	assert_int_equal(info.signed_part.p[info.signed_part.size - 1], '}');
	assert_int_equal(info.signed_part.size,
	    doc.size - strlen("{\"tcbInfo\":") - strlen(",\"signature\":\"" SIG "\"}"));
}

static void
head_that_is_not_as_documented_is_refused(void **state)
{
	(void)state;
	assert_int_equal(head_code(HEAD), ERR_NONE);
	assert_int_equal(head_code("\"id\":\"SGX\",\"version\":4"), ERR_UNSUPPORTED);
	assert_int_equal(head_code("\"id\":\"SGX\",\"version\":2"), ERR_UNSUPPORTED);
	assert_int_equal(head_code("\"id\":\"SEV\",\"version\":3"), ERR_UNSUPPORTED);
	assert_int_equal(head_code(HEAD ",\"tdxModule\":{}"), ERR_MALFORMED);
	assert_int_equal(head_code("\"id\":\"TDX\",\"version\":3"), ERR_MALFORMED);
	assert_int_equal(head_code("\"id\":\"SGX\",\"version\":3,\"issueDate\":\"2025-01-01\""),
	    ERR_MALFORMED);
	assert_int_equal(head_code(HEAD ",\"version\":3"), ERR_MALFORMED);
}

static enum err_code
level_code(const char *svn, unsigned pcesvn, const char *status, const char *more)
{
	begin(HEAD);
	level(svn, pcesvn, status, more);
	return code_of(end());
}

static void
level_that_is_not_as_documented_is_refused(void **state)
{
	(void)state;
	assert_int_equal(level_code("255", 65535, "UpToDate", ""), ERR_NONE);
	assert_int_equal(level_code("256", 13, "UpToDate", ""), ERR_MALFORMED);
	assert_int_equal(level_code("-1", 13, "UpToDate", ""), ERR_MALFORMED);
	assert_int_equal(level_code("1.0", 13, "UpToDate", ""), ERR_MALFORMED);
	assert_int_equal(level_code("\"1\"", 13, "UpToDate", ""), ERR_MALFORMED);
	assert_int_equal(level_code("1", 65536, "UpToDate", ""), ERR_MALFORMED);
	assert_int_equal(level_code("1", 13, "uptodate", ""), ERR_MALFORMED);
	assert_int_equal(level_code("1", 13, "UpToDate", ",\"advisoryIDs\":[1]"), ERR_MALFORMED);
	assert_int_equal(level_code("1", 13, "UpToDate", ",\"advisoryIDs\":{}"), ERR_MALFORMED);
}

static void
equal_or_missing_levels_are_refused(void **state)
{
	(void)state;
	begin(HEAD);
	level("5", 13, "UpToDate", "");
	level("5", 13, "Revoked", "");
	assert_int_equal(code_of(end()), ERR_MALFORMED);
	begin(HEAD);
	assert_int_equal(code_of(end()), ERR_MALFORMED);
}

static void
what_stands_around_the_signed_part_is_judged(void **state)
{
	(void)state;
	assert_int_equal(code_of(BYTES("")), ERR_MALFORMED);
	assert_int_equal(code_of(BYTES("{\"tcbInfo\":{}}")), ERR_MALFORMED);
	assert_int_equal(code_of(BYTES("{\"tcbInfo\":[],\"signature\":\"" SIG "\"}")),
	    ERR_MALFORMED);
	assert_int_equal(code_of(BYTES("{\"tcbInfo\":{},\"signature\":\"00\"}")), ERR_MALFORMED);
	assert_int_equal(code_of(BYTES("{\"tcbInfo\":{},\"x\":1,\"signature\":\"" SIG "\"}")),
	    ERR_MALFORMED);
	buf_clear(&text);
	while (text.size <= MAX_COLLATERAL_JSON_SIZE)
		buf_str(&text, "                                                                ");
	assert_int_equal(code_of(buf_bytes(&text)), ERR_LIMIT);
}

/* The document in `text` with its first FROM replaced by TO. */
static struct bytes
changed(const char *from, const char *to)
{
	static char out[65536];
	const uint8_t *at = memmem(text.p, text.size, from, strlen(from));

	assert_non_null(at);
	size_t before = (size_t)(at - text.p), behind = text.size - before - strlen(from);

	assert_true(before + strlen(to) + behind < sizeof(out));
	memcpy(out, text.p, before);
	memcpy(out + before, to, strlen(to));
	memcpy(out + before + strlen(to), at + strlen(from), behind);
	return bytes_of(out, before + strlen(to) + behind);
}

/* One thing is wrong, and nothing else. */
static void
document_with_one_thing_wrong_is_refused(void **state)
{
	static const struct {
		const char *from, *to;
		enum err_code code;
	} rows[] = {
		{ "\"tcbType\":0", "\"tcbType\":1", ERR_UNSUPPORTED },
		{ "\"tcbType\":0,", "", ERR_MALFORMED },
		{ "2025-01-01T00:00:00Z", "2025-01-01T00:00:00", ERR_MALFORMED },
		{ "2025-01-31T00:00:00Z", "2025-01-32T00:00:00Z", ERR_MALFORMED },
		{ "2024-03-13T00:00:00Z", "2024-03-13", ERR_MALFORMED },
		{ "00906ED50000", "00906ED500", ERR_MALFORMED },
		{ "00906ED50000", "00906ED5000G", ERR_MALFORMED },
		{ "\"pceId\":\"0000\"", "\"pceId\":\"00\"", ERR_MALFORMED },
		{ "\"pceId\":\"0000\",", "", ERR_MALFORMED },
		{ ",\"tcbEvaluationDataNumber\":17", "", ERR_MALFORMED },
		{ "[{\"svn\":5},", "[", ERR_MALFORMED },
		{ "[{\"svn\":5},", "[{\"svn\":5},{\"svn\":0},", ERR_MALFORMED },
		{ "\"tcbInfo\"", "\"tcbinfo\"", ERR_MALFORMED },
		{ "\"signature\":\"00", "\"signature\":\"0", ERR_MALFORMED },
		{ "\"signature\":\"00", "\"signature\":\"0G", ERR_MALFORMED },
		{ "\"signature\"", "\"x\":1,\"signature\"", ERR_MALFORMED },
	};

	(void)state;
	begin(HEAD);
	level("5", 13, "UpToDate", "");
	assert_int_equal(code_of(end()), ERR_NONE);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum err_code code = code_of(changed(rows[i].from, rows[i].to));

		if (code != rows[i].code)
			fail_msg("%s for %s: %d", rows[i].to, rows[i].from, (int)code);
	}
}

#define EIGHT                                                                                      \
	"{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{"    \
	"\"svn\":0}"

/* evidence-intel.md 4.1: a TDX document has a module, beside the TDX components of its levels. */
static void
tdx_document_without_its_module_is_refused(void **state)
{
	(void)state;
	begin(HEAD);
	level("5", 13, "UpToDate", "");
	(void)end();
	struct bytes doc = arena_copy(&arena,
	    changed("],\"pcesvn\":13",
		"],\"pcesvn\":13,\"tdxtcbcomponents\":[" EIGHT "," EIGHT "]"));

	buf_clear(&text);
	buf_add(&text, doc);
	assert_int_equal(code_of(changed("\"id\":\"SGX\"", "\"id\":\"TDX\",\"tdxModule\":{}")),
	    ERR_NONE);
	assert_int_equal(code_of(changed("\"id\":\"SGX\"", "\"id\":\"TDX\"")), ERR_MALFORMED);
	assert_int_equal(code_of(changed("\"id\":\"SGX\"", "\"id\":\"TDX\",\"tdxModule\":1")),
	    ERR_MALFORMED);
}

#define IDENTITY_HEAD                                                                              \
	"\"version\":2,\"issueDate\":\"2025-01-01T00:00:00Z\","                                    \
	"\"nextUpdate\":\"2025-01-31T00:00:00Z\",\"tcbEvaluationDataNumber\":17,"                  \
	"\"miscselect\":\"01020304\",\"miscselectMask\":\"FFFFFFFF\","                             \
	"\"attributes\":\"11000000000000000000000000000000\","                                     \
	"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","                                 \
	"\"mrsigner\":\"8C4F5775D796503E96137F77C68A829A0056AC8DED70140B081B094490C57BFF\","       \
	"\"isvprodid\":1"

static enum err_code
identity_code(const char *id, const char *levels, struct qe_identity *out)
{
	struct err e = { 0 };

	buf_clear(&text);
	buf_fmt(&text,
	    "{\"enclaveIdentity\":{\"id\":\"%s\"," IDENTITY_HEAD ",\"tcbLevels\":[%s]},"
	    "\"signature\":\"" SIG "\"}",
	    id, levels);
	return qe_identity_parse(buf_bytes(&text), &arena, out, &e) < 0 ? e.code : ERR_NONE;
}

#define QE_LEVEL(svn, status)                                                                      \
	"{\"tcb\":{\"isvsvn\":" svn                                                                \
	"},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"" status "\"}"

static void
identity_levels_are_sorted_and_found(void **state)
{
	struct qe_identity q;

	(void)state;
	assert_int_equal(identity_code("QE",
			     QE_LEVEL("2", "OutOfDate") "," QE_LEVEL("8", "UpToDate"), &q),
	    ERR_NONE);
	/* Memory order is little-endian. */
	assert_int_equal(q.miscselect, 0x04030201);
	assert_int_equal(qe_identity_level(&q, 9)->status, TCB_UP_TO_DATE);
	assert_int_equal(qe_identity_level(&q, 7)->status, TCB_OUT_OF_DATE);
	assert_null(qe_identity_level(&q, 1));
}

static void
identity_that_is_not_as_documented_is_refused(void **state)
{
	struct qe_identity q;

	(void)state;
	assert_int_equal(identity_code("XX", QE_LEVEL("2", "UpToDate"), &q), ERR_UNSUPPORTED);
	assert_int_equal(identity_code("QE", "", &q), ERR_MALFORMED);
	assert_int_equal(identity_code("QE", QE_LEVEL("2", "SWHardeningNeeded"), &q),
	    ERR_MALFORMED);
	assert_int_equal(identity_code("QE", QE_LEVEL("65536", "UpToDate"), &q), ERR_MALFORMED);
	assert_int_equal(identity_code("QE", QE_LEVEL("2", "UpToDate") "," QE_LEVEL("2", "Revoked"),
			     &q),
	    ERR_MALFORMED);
	static const char *const wrong[][2] = {
		{ "\"version\":2", "\"version\":1" },
		{ "\"version\":2", "\"version\":3" },
		{ "\"version\":2,", "" },
		{ "\"01020304\"", "\"010203\"" },
		{ "\"signature\"", "\"x\":1,\"signature\"" },
		{ "\"isvprodid\":1", "\"isvprodid\":65536" },
		{ "\"mrsigner\":\"8C", "\"mrsigner\":\"" },
		{ "2025-01-01T00:00:00Z", "2025-01-01" },
		{ "\"enclaveIdentity\"", "\"enclaveidentity\"" },
	};
	struct err e = { 0 };

	assert_int_equal(identity_code("QE", QE_LEVEL("2", "UpToDate"), &q), ERR_NONE);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(qe_identity_parse(changed(wrong[i][0], wrong[i][1]), &arena, &q,
				     &e),
		    -1);
	err_clear(&e);
	assert_int_equal(qe_identity_parse(BYTES("{\"enclaveIdentity\":{\"version\":1},"
						 "\"signature\":\"" SIG "\"}"),
			     &arena, &q, &e),
	    -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

/* evidence-intel.md 5.4, every pair. */
static void
statuses_converge(void **state)
{
	(void)state;
	for (unsigned p = 0; p < TCB_STATUS_COUNT; p++) {
		enum tcb_status platform = (enum tcb_status)p;

		assert_int_equal(tcb_status_merge(platform, TCB_REVOKED), TCB_REVOKED);
		assert_int_equal(tcb_status_merge(platform, TCB_UP_TO_DATE), platform);
		assert_int_equal(tcb_status_merge(platform, TCB_NONE), TCB_NONE);
	}
	assert_int_equal(tcb_status_merge(TCB_UP_TO_DATE, TCB_OUT_OF_DATE), TCB_OUT_OF_DATE);
	assert_int_equal(tcb_status_merge(TCB_SW_HARDENING_NEEDED, TCB_OUT_OF_DATE),
	    TCB_OUT_OF_DATE);
	assert_int_equal(tcb_status_merge(TCB_OUT_OF_DATE, TCB_OUT_OF_DATE), TCB_OUT_OF_DATE);
	assert_int_equal(tcb_status_merge(TCB_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE),
	    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED);
	assert_int_equal(tcb_status_merge(TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
			     TCB_OUT_OF_DATE),
	    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED);
	assert_int_equal(tcb_status_merge(TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE),
	    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED);
	assert_int_equal(tcb_status_merge(TCB_REVOKED, TCB_OUT_OF_DATE), TCB_REVOKED);
}

/* The pin is of the key whose coordinates evidence-intel.md 3 prints. */
static void
pinned_root_is_intels(void **state)
{
	static const uint8_t xy[64] = { 0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe,
		0x23, 0xd6, 0xb0, 0x2c, 0xda, 0x10, 0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48, 0xb4, 0x45,
		0x85, 0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5, 0x67, 0x91, 0x8e, 0x2e, 0xdc, 0x88,
		0xe4, 0x0d, 0x86, 0x0b, 0xd0, 0xcc, 0x4e, 0xe2, 0x6a, 0xac, 0xc9, 0x88, 0xe5, 0x05,
		0xa9, 0x53, 0x55, 0x8c, 0x45, 0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94 };
	DEFER(key_unrefp) struct key *key = NULL;
	struct err e = { 0 };
	uint8_t digest[SHA256_SIZE];

	(void)state;
	assert_int_equal(key_from_point(KEY_P256, BYTES_OF(xy), &key, &e), 0);
	sha256(key_spki(key), digest);
	assert_non_null(anchor_find(digest));
	assert_int_equal(anchor_count(), 1);
	assert_ptr_equal(anchor_at(0), anchor_find(digest));
	assert_null(anchor_at(1));
	digest[31] ^= 1;
	assert_null(anchor_find(digest));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(levels_are_sorted_and_the_first_reached_is_found),
		T(signed_part_is_the_text_as_served),
		T(head_that_is_not_as_documented_is_refused),
		T(level_that_is_not_as_documented_is_refused),
		T(equal_or_missing_levels_are_refused),
		T(document_with_one_thing_wrong_is_refused),
		T(tdx_document_without_its_module_is_refused),
		T(what_stands_around_the_signed_part_is_judged),
		T(identity_levels_are_sorted_and_found),
		T(identity_that_is_not_as_documented_is_refused),
		T(statuses_converge),
		T(pinned_root_is_intels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
