/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/der: what every reader takes is canonical DER (X.690 10), so that codec/der_emit writes the same octets. All
 * elements are walked, and each is offered to the reader of its tag.
 */
#include "mutate.h"

#include "codec/der_emit.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64

/* WHOLE was taken, and MADE is what the writer makes of its value. */
static void
holds_again(struct bytes whole, struct buf *made)
{
	HOLDS(buf_ok(made) && bytes_eq(whole, buf_bytes(made)));
}

static void
fuzz_value(uint8_t tag, struct bytes whole)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct rd r = rd_from(whole);
	struct bytes v;

	buf_init(&out, whole.size + 16);
	if (tag == DER_INTEGER || tag == DER_ENUMERATED) {
		uint64_t n = der_uint(&r, tag, UINT64_MAX);

		if (rd_done(&r)) {
			der_emit_uint(&out, tag, n);
			holds_again(whole, &out);
		}
		r = rd_from(whole);
		v = der_integer(&r);
		if (rd_done(&r)) {
			HOLDS(tag == DER_INTEGER && v.size > 0);
			der_emit(&out, DER_INTEGER, v);
		}
	} else if (tag == DER_BOOLEAN) {
		bool b = der_boolean(&r);

		if (rd_done(&r)) {
			der_emit_boolean(&out, b);
			holds_again(whole, &out);
		}
	} else if (tag == DER_BIT_STRING) {
		v = der_bits(&r);
		if (rd_done(&r)) {
			der_emit_bits(&out, v);
			holds_again(whole, &out);
		}
	} else if (tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME) {
		int64_t at = der_time(&r);

		/* The writer has UTCTime until 2049 (RFC 5280 4.1.2.5), and nothing before 1970. */
		if (rd_done(&r) && at >= (tag == DER_UTC_TIME ? 0 : INT64_C(2524608000))) {
			der_emit_time(&out, at);
			holds_again(whole, &out);
		}
	}
}

static void
fuzz_level(struct bytes contents, unsigned depth)
{
	struct rd r = rd_from(contents);
	size_t taken = 0;

	while (r.left.size > 0 && rd_ok(&r)) {
		DEFER(buf_release) struct buf out = { 0 };
		struct rd before = r;
		uint8_t tag, peeked = der_peek(&r);
		struct bytes whole = der_any(&r, &tag), in;

		if (!rd_ok(&r)) {
			HOLDS(whole.p == NULL || whole.size == 0);
			return;
		}
		HOLDS(tag == peeked && whole.size >= 2);
		taken += whole.size;
		HOLDS(bytes_eq(whole, bytes_slice(contents, taken - whole.size, whole.size)));
		struct rd again = before, other = before;

		in = der_take(&again, tag);
		HOLDS(rd_ok(&again) && again.left.size == r.left.size);
		/* One tag for another is never taken. */
		HOLDS(der_optional(&other, (uint8_t)(tag ^ 1)).p == NULL);
		HOLDS(!rd_ok(&other) || other.left.size == before.left.size);
		buf_init(&out, whole.size);
		der_emit(&out, tag, in);
		holds_again(whole, &out);
		fuzz_value(tag, whole);
		if (depth < MAX_DEPTH && ((tag & 0x20) != 0 || tag == DER_OCTET_STRING))
			fuzz_level(in, depth + 1);
	}
	HOLDS(rd_done(&r) == (taken == contents.size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_level(bytes_of(data, size), 0);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_der(data, size, max_size, seed);
}
