/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence/dcap/pck and crypto/certs_from_pem: roles are held by certificates of their names, one each; an SGX extension
 * that is taken, written again from what was read in the order it was in, is the same octets. The input is a PEM chain, a
 * certificate, or the extension alone.
 */
#include "mutate.h"

#include "codec/der_emit.h"
#include "evidence/dcap/pck.h"

#include <string.h>

static const uint8_t sgx_oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

/* The value that X has for member FIRST.SECOND, as its element. */
static void
put_value(struct buf *out, uint8_t first, uint8_t second, const struct pck_ext *x)
{
	const bool flags[] = { x->dynamic_platform, x->cached_keys, x->smt_enabled };

	if (first == 1)
		der_emit(out, DER_OCTET_STRING, BYTES_OF(x->ppid));
	else if (first == 2 && second >= 1 && second <= 16)
		der_emit_uint(out, DER_INTEGER, x->components[second - 1]);
	else if (first == 2 && second == 17)
		der_emit_uint(out, DER_INTEGER, x->pcesvn);
	else if (first == 2 && second == 18)
		der_emit(out, DER_OCTET_STRING, BYTES_OF(x->cpusvn));
	else if (first == 3)
		der_emit(out, DER_OCTET_STRING, BYTES_OF(x->pceid));
	else if (first == 4)
		der_emit(out, DER_OCTET_STRING, BYTES_OF(x->fmspc));
	else if (first == 5)
		der_emit_uint(out, DER_ENUMERATED, x->sgx_type);
	else if (first == 6)
		der_emit(out, DER_OCTET_STRING, BYTES_OF(x->platform_instance_id));
	else if (first == 7 && second >= 1 && second <= 3)
		der_emit_boolean(out, flags[second - 1]);
	else
		HOLDS(!"a member that there is none of");
}

/* Members in the order of RAW, their names read by the last arcs, their values from X. */
static void
put_members(struct buf *out, struct bytes raw, uint8_t first, const struct pck_ext *x)
{
	struct rd list = rd_from(raw);

	while (list.left.size > 0) {
		struct rd pair = der_sub(&list, DER_SEQUENCE);
		struct bytes oid = der_take(&pair, DER_OID);
		size_t mark = der_open(out, DER_SEQUENCE), name;
		uint8_t arc;

		HOLDS(rd_ok(&list) && oid.size > 0);
		arc = oid.p[oid.size - 1];
		name = der_open(out, DER_OID);
		buf_add(out, BYTES_OF(sgx_oid));
		if (first != 0)
			buf_u8(out, first);
		buf_u8(out, arc);
		der_close(out, name);
		if (first == 0 && (arc == 2 || arc == 7)) {
			size_t inner = der_open(out, DER_SEQUENCE);

			put_members(out, der_take(&pair, DER_SEQUENCE), arc, x);
			der_close(out, inner);
		} else {
			put_value(out, first == 0 ? arc : first, first == 0 ? 0 : arc, x);
		}
		der_close(out, mark);
	}
}

static void
fuzz_ext(struct bytes value)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct pck_ext x = { 0 };
	struct err e = { 0 };

	if (pck_ext_parse(value, &x, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	struct rd r = rd_from(value);
	size_t mark;

	buf_init(&out, value.size + 64);
	mark = der_open(&out, DER_SEQUENCE);
	put_members(&out, der_take(&r, DER_SEQUENCE), 0, &x);
	der_close(&out, mark);
	HOLDS(buf_ok(&out) && bytes_eq(value, buf_bytes(&out)));
}

static void
holds_role(const struct cert *cert, const char *name, const char *other)
{
	struct bytes cn;

	if (cert == NULL)
		return;
	cn = cert_name_cn(cert->subject);
	HOLDS(bytes_is_str(cn, name) || (other != NULL && bytes_is_str(cn, other)));
}

static void
fuzz_chain(struct bytes pem)
{
	struct pck_chain c = { 0 };
	struct pck_ext x;
	struct err e = { 0 };

	if (pck_chain_parse(pem, fuzz_arena(), &c, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(c.count <= MAX_CHAIN_CERTS);
	holds_role(c.leaf, PCK_LEAF_CN, NULL);
	holds_role(c.intermediate, PCK_PLATFORM_CA_CN, PCK_PROCESSOR_CA_CN);
	holds_role(c.root, SGX_ROOT_CN, NULL);
	for (size_t i = 0; i < c.count; i++)
		if (pck_ext_of(&c.certs[i], &x, &e) < 0)
			fuzz_refusal(&e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct cert cert;

	fuzz_ext(in);
	fuzz_chain(in);
	if (cert_parse(in, &cert, NULL) == 0)
		for (size_t i = 0; i < cert.ext_count; i++)
			fuzz_ext(cert.ext[i].value);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return size > 0 && data[0] == '-' ? mutate_pem(data, size, max_size, seed)
					  : mutate_der(data, size, max_size, seed);
}
