/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, lists and the SGX extension, made as a plan has them. */
#include "synth/plan.h"

#include "codec/der_emit.h"
#include "codec/pem.h"

#include <string.h>

int
arena_take(struct buf *out, struct arena *a, struct bytes *taken, struct err *e)
{
	if (!buf_ok(out))
		return arena_fail(e, "synthetic evidence");
	*taken = arena_copy(a, buf_bytes(out));
	return taken->p == NULL ? arena_fail(e, "synthetic evidence") : 0;
}

static void
spoil(struct buf *der, enum spoil how)
{
	if (!buf_ok(der) || der->size == 0)
		return;
	switch (how) {
	case SPOIL_NOT:
		break;
	case SPOIL_SIGNATURE: /* s is the last thing in it */
		der->p[der->size - 1] ^= 1;
		break;
	case SPOIL_TRAILING:
		buf_u8(der, 0);
		break;
	case SPOIL_CUT:
		der->size--;
		break;
	}
}

int
cert_plan_emit(const struct cert_plan *c, struct arena *a, struct bytes *out, struct err *e)
{
	DEFER(buf_release) struct buf der;
	struct cert_spec spec = c->spec;

	buf_init(&der, MAX_CERT_SIZE);
	if (!c->anew && c->spoil == SPOIL_NOT && c->ready.p != NULL) {
		*out = c->ready;
		return 0;
	}
	spec.serial = BYTES_OF(c->serial);
	if (c->anew || c->ready.p == NULL)
		TRY(cert_emit(&spec, privkey_public(c->subject), privkey_public(c->issuer),
		    c->issuer, &der, e));
	else
		buf_add(&der, c->ready);
	spoil(&der, c->spoil);
	return arena_take(&der, a, out, e);
}

int
crl_plan_emit(const struct crl_plan *c, struct arena *a, struct bytes *out, struct err *e)
{
	DEFER(buf_release) struct buf der;
	struct crl_spec spec = c->spec;

	buf_init(&der, 65536);
	if (c->revoked.p != NULL) {
		spec.serials = &c->revoked;
		spec.serial_count = 1;
	}
	if (c->anew || c->ready.p == NULL)
		TRY(crl_emit(&spec, privkey_public(c->issuer), c->issuer, &der, e));
	else
		buf_add(&der, c->ready);
	spoil(&der, c->spoil);
	return arena_take(&der, a, out, e);
}

/* 1.2.840.113741.1.13.1, below which the extension numbers its members. */
static const uint8_t sgx_oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

/* SEQUENCE { OID, … }: the OID of member PATH; PATH[1] 0 for a member of the first level. */
static size_t
member_open(struct buf *out, uint8_t first, uint8_t second)
{
	size_t seq = der_open(out, DER_SEQUENCE);
	size_t oid = der_open(out, DER_OID);

	buf_add(out, BYTES_OF(sgx_oid));
	buf_u8(out, first);
	if (second != 0)
		buf_u8(out, second);
	der_close(out, oid);
	return seq;
}

static void
member_octets(struct buf *out, uint8_t first, uint8_t second, struct bytes octets)
{
	size_t m = member_open(out, first, second);

	der_emit(out, DER_OCTET_STRING, octets);
	der_close(out, m);
}

static void
member_uint(struct buf *out, uint8_t first, uint8_t second, uint8_t tag, uint64_t v)
{
	size_t m = member_open(out, first, second);

	der_emit_uint(out, tag, v);
	der_close(out, m);
}

static void
member_bool(struct buf *out, uint8_t first, uint8_t second, bool v)
{
	size_t m = member_open(out, first, second);

	der_emit_boolean(out, v);
	der_close(out, m);
}

static void
tcb_member(struct buf *out, const struct synth_spec *s)
{
	size_t m = member_open(out, 2, 0);
	size_t seq = der_open(out, DER_SEQUENCE);

	for (uint8_t i = 0; i < 16; i++)
		member_uint(out, 2, (uint8_t)(i + 1), DER_INTEGER, s->components[i]);
	member_uint(out, 2, 17, DER_INTEGER, s->pcesvn);
	/* CPUSVN: on real certificates the components, in order. */
	member_octets(out, 2, 18, BYTES_OF(s->components));
	der_close(out, seq);
	der_close(out, m);
}

int
pck_ext_emit(const struct synth_spec *s, struct arena *a, struct bytes *out, struct err *e)
{
	DEFER(buf_release) struct buf b;

	buf_init(&b, 4096);
	size_t all = der_open(&b, DER_SEQUENCE);

	member_octets(&b, 1, 0, BYTES_OF(s->ppid));
	tcb_member(&b, s);
	member_octets(&b, 3, 0, BYTES_OF(s->pceid));
	member_octets(&b, 4, 0, BYTES_OF(s->fmspc));
	member_uint(&b, 5, 0, DER_ENUMERATED, s->sgx_type);
	if (!s->processor_ca) {
		member_octets(&b, 6, 0, BYTES_OF(s->platform_instance_id));
		size_t m = member_open(&b, 7, 0);
		size_t seq = der_open(&b, DER_SEQUENCE);

		member_bool(&b, 7, 1, s->dynamic_platform);
		member_bool(&b, 7, 2, s->cached_keys);
		member_bool(&b, 7, 3, s->smt_enabled);
		der_close(&b, seq);
		der_close(&b, m);
	}
	der_close(&b, all);
	return arena_take(&b, a, out, e);
}

int
pem_of(const struct bytes *ders, size_t count, const char *label, struct arena *a,
    struct bytes *out, struct err *e)
{
	DEFER(buf_release) struct buf pem;

	buf_init(&pem, 262144);
	for (size_t i = 0; i < count; i++)
		pem_emit(&pem, label, ders[i]);
	return arena_take(&pem, a, out, e);
}

/* Leaf first, then intermediate, then root, as Intel's library writes them. */
int
chain_pem(const struct plan *p, struct bytes *out, struct err *e)
{
	const struct cert_plan *const plans[] = { &p->leaf, &p->intermediate, &p->root_cert };
	struct bytes ders[COUNT_OF(plans) + 1];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(plans); i++)
		if (!plans[i]->left_out)
			TRY(cert_plan_emit(plans[i], p->arena, &ders[count++], e));
	if (p->extra_cert != NULL)
		TRY(cert_plan_emit(p->extra_cert, p->arena, &ders[count++], e));
	return pem_of(ders, count, "CERTIFICATE", p->arena, out, e);
}
