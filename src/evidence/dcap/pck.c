/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/dcap/pck.h"

#include "codec/der.h"

#include <string.h>

/* 1.2.840.113741.1.13.1, contents octets. */
static const uint8_t oid_sgx[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

static void
take_role(const struct cert **role, bool *twice, const struct cert *cert)
{
	*twice = *twice || *role != NULL;
	*role = cert;
}

int
pck_chain_parse(struct bytes pem, struct arena *a, struct pck_chain *out, struct err *e)
{
	struct pck_chain c = { 0 };
	bool two_leaves = false, two_intermediates = false, two_roots = false;

	if (pem.size > MAX_PCK_CHAIN_SIZE)
		return err_set(e, ERR_LIMIT, "pck chain: %zu bytes, at most %d", pem.size,
		    MAX_PCK_CHAIN_SIZE);
	TRY(certs_from_pem(pem, MAX_CHAIN_CERTS, a, &c.certs, &c.count, e));
	for (size_t i = 0; i < c.count; i++) {
		struct bytes cn = cert_name_cn(c.certs[i].subject);

		if (bytes_is_str(cn, PCK_LEAF_CN))
			take_role(&c.leaf, &two_leaves, &c.certs[i]);
		else if (bytes_is_str(cn, PCK_PLATFORM_CA_CN) ||
		    bytes_is_str(cn, PCK_PROCESSOR_CA_CN))
			take_role(&c.intermediate, &two_intermediates, &c.certs[i]);
		else if (bytes_is_str(cn, SGX_ROOT_CN))
			take_role(&c.root, &two_roots, &c.certs[i]);
	}
	if (two_leaves)
		c.leaf = NULL;
	if (two_intermediates)
		c.intermediate = NULL;
	if (two_roots)
		c.root = NULL;
	*out = c;
	return 0;
}

/* One SEQUENCE { OID, value }: *ARC is the last arc of an OID below PREFIX, 0 for any other. */
static struct rd
take_pair(struct rd *r, struct bytes prefix, unsigned *arc)
{
	struct rd pair = der_sub(r, DER_SEQUENCE);
	struct bytes oid = der_oid(&pair);

	*arc = 0;
	if (oid.size == prefix.size + 1 && bytes_eq(bytes_slice(oid, 0, prefix.size), prefix) &&
	    oid.p[prefix.size] < 0x80)
		*arc = oid.p[prefix.size];
	else
		r->bad = true;
	return pair;
}

static void
take_octets(struct rd *r, uint8_t *out, size_t size)
{
	struct bytes v = der_take(r, DER_OCTET_STRING);

	if (v.size == size)
		memcpy(out, v.p, size);
	else
		r->bad = true;
}

/* True the first time an arc up to 31 is seen. */
static bool
is_first(uint32_t *seen, unsigned arc)
{
	if (arc == 0 || arc > 31 || (*seen & (UINT32_C(1) << arc)) != 0)
		return false;
	*seen |= UINT32_C(1) << arc;
	return true;
}

static bool
read_tcb(struct rd *list, struct pck_ext *x)
{
	uint8_t prefix[sizeof(oid_sgx) + 1];
	uint32_t seen = 0;

	memcpy(prefix, oid_sgx, sizeof(oid_sgx));
	prefix[sizeof(oid_sgx)] = 2;
	while (list->left.size > 0 && !list->bad) {
		unsigned arc;
		struct rd pair = take_pair(list, BYTES_OF(prefix), &arc);

		if (!is_first(&seen, arc))
			return false;
		if (arc <= PCK_COMPONENTS)
			x->components[arc - 1] = (uint8_t)der_uint(&pair, DER_INTEGER, 255);
		else if (arc == 17)
			x->pcesvn = (uint16_t)der_uint(&pair, DER_INTEGER, 65535);
		else if (arc == 18)
			take_octets(&pair, x->cpusvn, sizeof(x->cpusvn));
		else
			return false;
		if (!rd_done(&pair))
			return false;
	}
	/* Arcs 1 to 18, each once. */
	return rd_done(list) && seen == 0x7fffe;
}

static bool
read_configuration(struct rd *list, struct pck_ext *x)
{
	uint8_t prefix[sizeof(oid_sgx) + 1];
	uint32_t seen = 0;

	memcpy(prefix, oid_sgx, sizeof(oid_sgx));
	prefix[sizeof(oid_sgx)] = 7;
	while (list->left.size > 0 && !list->bad) {
		unsigned arc;
		struct rd pair = take_pair(list, BYTES_OF(prefix), &arc);

		if (!is_first(&seen, arc) || arc > 3)
			return false;
		bool v = der_boolean(&pair);

		if (arc == 1)
			x->dynamic_platform = v;
		else if (arc == 2)
			x->cached_keys = v;
		else
			x->smt_enabled = v;
		if (!rd_done(&pair))
			return false;
	}
	return rd_done(list);
}

/* One member of the extension; false when it is not as PCK-SPEC has it. */
static bool
read_member(unsigned arc, struct rd *pair, struct pck_ext *x)
{
	switch (arc) {
	case 1:
		take_octets(pair, x->ppid, sizeof(x->ppid));
		break;
	case 2: {
		struct rd list = der_sub(pair, DER_SEQUENCE);

		if (!read_tcb(&list, x))
			return false;
		break;
	}
	case 3:
		take_octets(pair, x->pceid, sizeof(x->pceid));
		break;
	case 4:
		take_octets(pair, x->fmspc, sizeof(x->fmspc));
		break;
	case 5:
		x->sgx_type = (unsigned)der_uint(pair, DER_ENUMERATED, 2);
		break;
	case 6:
		take_octets(pair, x->platform_instance_id, sizeof(x->platform_instance_id));
		break;
	case 7: {
		struct rd list = der_sub(pair, DER_SEQUENCE);

		if (!read_configuration(&list, x))
			return false;
		break;
	}
	default:
		return false;
	}
	return rd_done(pair);
}

int
pck_ext_parse(struct bytes value, struct pck_ext *out, struct err *e)
{
	struct rd r = rd_from(value), list = der_sub(&r, DER_SEQUENCE);
	struct pck_ext x = { 0 };
	uint32_t seen = 0;

	while (list.left.size > 0 && !list.bad) {
		unsigned arc;
		struct rd pair = take_pair(&list, BYTES_OF(oid_sgx), &arc);

		if (!is_first(&seen, arc) || !read_member(arc, &pair, &x))
			return err_set(e, ERR_MALFORMED,
			    "sgx extension: member %u is unknown, doubled or not as PCK-SPEC has "
			    "it",
			    arc);
	}
	if (!rd_done(&list) || !rd_done(&r))
		return err_set(e, ERR_MALFORMED, "sgx extension: not DER, or bytes left over");
	/* Members 1 to 5 (Processor CA), or 1 to 7 (Platform CA). */
	x.has_platform = seen == 0xfe;
	if (seen != 0x3e && !x.has_platform)
		return err_set(e, ERR_MALFORMED,
		    "sgx extension: members are missing (set 0x%02x, want 0x3e or 0xfe)",
		    (unsigned)seen);
	*out = x;
	return 0;
}

int
pck_ext_of(const struct cert *leaf, struct pck_ext *out, struct err *e)
{
	struct bytes value = cert_ext_find(leaf, BYTES_OF(oid_sgx));

	if (value.p == NULL)
		return err_set(e, ERR_MISSING, "pck certificate: no SGX extension");
	return pck_ext_parse(value, out, e);
}
