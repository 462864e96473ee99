/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx_case.h"

#include "mutate.h"

#include "base/hex.h"
#include "codec/der_emit.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "evidence/dcap/quote.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STEPS 12
#define MAX_PART  65536

/* The base of a case, made once for each choice. */
#define CHOICES 12 /* type, three versions, two CAs */

/* A case in parts, before it is put together. */
struct parts {
	const struct synth_root *root;
	struct arena *a;
	unsigned version;
	bool processor_ca;
	struct buf signed_part, qe_report, qe_auth, trailing;
	uint8_t key[64], sig[64], qe_sig[64];
	uint16_t cert_type, outer_type;
	struct bytes certs[SGX_CHAIN_CERTS];
	struct bytes crls[2];            /* root, PCK */
	struct bytes bodies[2], sigs[2]; /* TCB info, identity */
	bool changed[LINKS], keep[LINKS], stranger[LINKS];
	bool left_out[ROOT_DOCS];
	bool second_chain_cert;
};

static struct synth_root *root;
static struct privkey *stranger;
static struct synth_case bases[CHOICES];

const struct synth_root *
sgx_case_root(void)
{
	return root;
}

static struct bytes
kept(struct arena *a, struct bytes b)
{
	struct bytes out = arena_copy(a, b);

	HOLDS(out.p != NULL);
	return out;
}

static void
make_bases(void)
{
	static struct arena a;
	struct err e = { 0 };

	arena_init(&a, 4u << 20);
	HOLDS(synth_root_generate(SGX_CASE_NOW, &root, &e) == 0);
	HOLDS(privkey_generate(KEY_P256, &stranger, &e) == 0);
	for (size_t i = 0; i < CHOICES; i++) {
		struct synth_spec spec;

		synth_spec_init(&spec, i % 2 == 0 ? SYNTH_SGX_ENCLAVE : SYNTH_OPEN_ENCLAVE);
		spec.quote_version = 3 + (unsigned)(i / 2 % 3);
		spec.processor_ca = i / 6 == 1;
		spec.runtime_data = BYTES("{\"role\":\"fuzz\"}");
		HOLDS(synth_case_emit(root, &spec, NULL, SGX_CASE_NOW, &a, &bases[i], &e) == 0);
	}
}

/* Taking apart. */

static void
take_quote(struct parts *p, struct bytes quote)
{
	struct dcap_header h;
	struct dcap_quote q;
	struct pck_chain chain;
	struct err e = { 0 };

	HOLDS(dcap_header_parse(quote, &h, &e) == 0 && dcap_quote_parse(quote, &h, &q, &e) == 0);
	p->version = h.version;
	buf_add(&p->signed_part, q.signed_part);
	buf_add(&p->qe_report, q.qe.raw);
	buf_add(&p->qe_auth, q.qe_auth);
	memcpy(p->key, q.attestation_key.p, 64);
	memcpy(p->sig, q.sig.p, 64);
	memcpy(p->qe_sig, q.qe_sig.p, 64);
	p->cert_type = q.cert_type;
	p->outer_type = q.outer_type;
	HOLDS(
	    pck_chain_parse(q.cert_data, p->a, &chain, &e) == 0 && chain.count == SGX_CHAIN_CERTS);
	for (size_t i = 0; i < SGX_CHAIN_CERTS; i++)
		p->certs[i] = kept(p->a, chain.certs[i].raw);
}

/* {"NAME":BODY,"signature":"…"} */
static void
take_json(struct parts *p, size_t which, struct bytes text, const char *name)
{
	const struct json *doc;
	struct err e = { 0 };

	HOLDS(json_parse(text, text.size, p->a, &doc, &e) == 0);
	p->bodies[which] = json_get(doc, name)->span;
	p->sigs[which] = json_text(json_get(doc, "signature"));
}

static void
take_apart(struct parts *p, const struct synth_case *base)
{
	struct bytes quote = base->evidence;

	buf_init(&p->signed_part, MAX_PART);
	buf_init(&p->qe_report, MAX_PART);
	buf_init(&p->qe_auth, MAX_PART);
	buf_init(&p->trailing, MAX_PART);
	if (base->type == SYNTH_OPEN_ENCLAVE)
		quote = bytes_slice(quote, 16, quote.size);
	take_quote(p, quote);
	p->crls[0] = p->root->docs[DOC_ROOT_CRL];
	p->crls[1] = p->root->docs[p->processor_ca ? DOC_PROCESSOR_CRL : DOC_PLATFORM_CRL];
	take_json(p, 0, p->root->docs[DOC_TCB], "tcbInfo");
	take_json(p, 1, p->root->docs[DOC_QE], "enclaveIdentity");
}

static void
release_parts(struct parts *p)
{
	buf_release(&p->signed_part);
	buf_release(&p->qe_report);
	buf_release(&p->qe_auth);
	buf_release(&p->trailing);
}

/* Changing. */

static void
flip(struct buf *b, struct rd *in)
{
	size_t at = fuzz_below(in, b->size);

	if (b->size > 0)
		b->p[at] ^= fuzz_u8(in);
}

/* The TBS of a certificate or list WHOLE is changed as DER or in one byte; the rest stays until it is signed. */
static struct bytes
changed_signed(struct arena *a, struct bytes whole, struct rd *in)
{
	DEFER(buf_release) struct buf tbs = { 0 }, out = { 0 };
	struct rd r = rd_from(whole), seq = der_sub(&r, DER_SEQUENCE);
	struct bytes inner = der_any(&seq, NULL), rest = rd_rest(&seq);
	uint8_t how = fuzz_u8(in);

	buf_init(&tbs, MAX_PART);
	buf_init(&out, MAX_PART);
	if (how % 4 == 0) {
		mutate_der_exact(inner, rd_le16(in), &tbs);
	} else {
		buf_add(&tbs, inner);
		flip(&tbs, in);
	}
	size_t mark = der_open(&out, DER_SEQUENCE);

	buf_add(&out, buf_bytes(&tbs));
	buf_add(&out, rest);
	der_close(&out, mark);
	HOLDS(buf_ok(&tbs) && buf_ok(&out));
	return kept(a, buf_bytes(&out));
}

static struct bytes
changed_json(struct arena *a, struct bytes body, struct rd *in)
{
	DEFER(buf_release) struct buf out = { 0 };

	buf_init(&out, MAX_PART);
	if (fuzz_u8(in) % 2 == 0) {
		mutate_json_exact(body, rd_le16(in), &out);
	} else {
		buf_add(&out, body);
		flip(&out, in);
	}
	HOLDS(buf_ok(&out));
	return kept(a, buf_bytes(&out));
}

static void
change_quote(struct parts *p, struct rd *in)
{
	switch (fuzz_u8(in) % 8) {
	case 0:
		flip(&p->signed_part, in);
		p->changed[LINK_QUOTE] = true;
		break;
	case 1:
		flip(&p->qe_report, in);
		p->changed[LINK_QE] = p->changed[LINK_QE_DATA] = true;
		break;
	case 2:
		buf_u8(&p->qe_auth, fuzz_u8(in));
		p->changed[LINK_QE] = p->changed[LINK_QE_DATA] = true;
		break;
	case 3:
		p->key[fuzz_u8(in) % 64] ^= fuzz_u8(in);
		p->changed[LINK_QE] = p->changed[LINK_QE_DATA] = true;
		break;
	case 4:
		p->cert_type = fuzz_u8(in);
		break;
	case 5:
		p->outer_type = fuzz_u8(in);
		break;
	case 6:
		buf_u8(&p->trailing, fuzz_u8(in));
		break;
	default:
		p->second_chain_cert = true;
		break;
	}
}

/* One instruction. */
static void
step(struct sgx_case *c, struct parts *p, struct rd *in)
{
	uint8_t what = fuzz_u8(in), which;
	struct err e = { 0 };

	switch (what % 8) {
	case 0:
	case 1:
		change_quote(p, in);
		break;
	case 2:
		which = fuzz_u8(in) % SGX_CHAIN_CERTS;
		p->certs[which] = changed_signed(p->a, p->certs[which], in);
		p->changed[LINK_LEAF + which] = true;
		break;
	case 3:
		which = fuzz_u8(in) % 2;
		p->crls[which] = changed_signed(p->a, p->crls[which], in);
		p->changed[LINK_ROOT_CRL + which] = true;
		break;
	case 4:
		which = fuzz_u8(in) % 2;
		p->bodies[which] = changed_json(p->a, p->bodies[which], in);
		p->changed[LINK_TCB + which] = true;
		break;
	case 5: /* a signature stays as it was, or is somebody else's */
		which = fuzz_u8(in);
		if (which % 2 == 0)
			p->keep[which / 2 % LINKS] = true;
		else
			p->stranger[which / 2 % LINKS] = p->changed[which / 2 % LINKS] = true;
		break;
	case 6:
		p->left_out[fuzz_u8(in) % ROOT_DOCS] = true;
		break;
	default:
		which = fuzz_u8(in);
		if (which % 4 == 0)
			c->now_at += (int64_t)(int16_t)rd_le16(in) * 3600;
		else if (which % 4 == 1)
			c->settings.accept_expired_tcb = true;
		else if (which % 4 == 2)
			(void)!settings_tolerate(&c->settings,
			    (enum tcb_status)(fuzz_u8(in) % TCB_STATUS_COUNT), &e);
		else
			c->runtime_data = rd_take(in, fuzz_u8(in) % (in->left.size + 1));
		break;
	}
}

/* Signing again, and putting together. */

static const struct privkey *
signer_of(const struct parts *p, enum sgx_link link)
{
	static const enum root_key by_root[LINKS] = { [LINK_INTERMEDIATE] = KEY_ROOT,
		[LINK_ROOT] = KEY_ROOT,
		[LINK_ROOT_CRL] = KEY_ROOT,
		[LINK_TCB] = KEY_TCB_SIGNER,
		[LINK_IDENTITY] = KEY_TCB_SIGNER,
		[LINK_QE] = KEY_PCK,
		[LINK_QUOTE] = KEY_ATTESTATION };

	if (p->stranger[link])
		return stranger;
	if (link == LINK_LEAF || link == LINK_PCK_CRL)
		return p->root->keys[p->processor_ca ? KEY_PROCESSOR_CA : KEY_PLATFORM_CA];
	return p->root->keys[by_root[link]];
}

static size_t
sign(const struct parts *p, enum sgx_link link, enum sig_form form, struct bytes message,
    uint8_t sig[MAX_SIG_SIZE])
{
	struct err e = { 0 };
	size_t size = 0;

	HOLDS(privkey_sign(signer_of(p, link), SIG_ES256, form, message, sig, &size, &e) == 0);
	return size;
}

static bool
is_signed_again(const struct parts *p, enum sgx_link link)
{
	return p->changed[link] && !p->keep[link];
}

/* SEQUENCE { TBS, algorithm, BIT STRING } with a new signature. */
static struct bytes
signed_again(const struct parts *p, enum sgx_link link, struct bytes whole)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct rd r = rd_from(whole), seq = der_sub(&r, DER_SEQUENCE);
	struct bytes tbs = der_any(&seq, NULL), alg = der_any(&seq, NULL);
	uint8_t sig[MAX_SIG_SIZE];
	size_t size, mark;

	if (!is_signed_again(p, link))
		return whole;
	size = sign(p, link, SIG_DER, tbs, sig);
	buf_init(&out, MAX_PART);
	mark = der_open(&out, DER_SEQUENCE);
	buf_add(&out, tbs);
	buf_add(&out, alg);
	der_emit_bits(&out, bytes_of(sig, size));
	der_close(&out, mark);
	HOLDS(buf_ok(&out));
	return kept(p->a, buf_bytes(&out));
}

static struct bytes
json_again(const struct parts *p, size_t which, const char *name)
{
	DEFER(buf_release) struct buf out = { 0 };
	enum sgx_link link = LINK_TCB + which;
	uint8_t sig[MAX_SIG_SIZE];
	struct bytes body = p->bodies[which];

	buf_init(&out, 2 * MAX_PART);
	buf_fmt(&out, "{\"%s\":", name);
	buf_add(&out, body);
	buf_str(&out, ",\"signature\":\"");
	if (is_signed_again(p, link))
		buf_hex(&out, bytes_of(sig, sign(p, link, SIG_RAW, body, sig)));
	else
		buf_add(&out, p->sigs[which]);
	buf_str(&out, "\"}");
	HOLDS(buf_ok(&out));
	return kept(p->a, buf_bytes(&out));
}

static void
put_chain(struct sgx_case *c, struct parts *p, struct buf *out)
{
	for (size_t i = 0; i < SGX_CHAIN_CERTS; i++) {
		c->chain[i] = signed_again(p, LINK_LEAF + i, p->certs[i]);
		pem_emit(out, "CERTIFICATE", c->chain[i]);
	}
	if (p->second_chain_cert)
		pem_emit(out, "CERTIFICATE", c->chain[1]);
	buf_u8(out, 0);
}

static void
sign_quote(struct parts *p)
{
	const struct bytes parts[] = { BYTES_OF(p->key), buf_bytes(&p->qe_auth) };
	uint8_t sig[MAX_SIG_SIZE];

	if (is_signed_again(p, LINK_QE_DATA))
		digest_of_parts(DIGEST_SHA256, parts, 2, p->qe_report.p + SGX_REPORT_SIZE - 64);
	if (is_signed_again(p, LINK_QE) || p->changed[LINK_LEAF]) {
		(void)sign(p, LINK_QE, SIG_RAW, buf_bytes(&p->qe_report), sig);
		if (!p->keep[LINK_QE])
			memcpy(p->qe_sig, sig, 64);
	}
	if (is_signed_again(p, LINK_QUOTE)) {
		(void)sign(p, LINK_QUOTE, SIG_RAW, buf_bytes(&p->signed_part), sig);
		memcpy(p->sig, sig, 64);
	}
}

static void
put_quote(struct sgx_case *c, struct parts *p)
{
	DEFER(buf_release) struct buf chain = { 0 }, qe = { 0 }, quote = { 0 }, report = { 0 };
	bool outer = p->version >= 4;

	buf_init(&chain, MAX_PART);
	buf_init(&qe, MAX_PART);
	buf_init(&quote, 2 * MAX_PART);
	buf_init(&report, 2 * MAX_PART + 16);
	put_chain(c, p, &chain);
	sign_quote(p);
	buf_add(&qe, buf_bytes(&p->qe_report));
	buf_add(&qe, BYTES_OF(p->qe_sig));
	buf_le16(&qe, (uint16_t)p->qe_auth.size);
	buf_add(&qe, buf_bytes(&p->qe_auth));
	buf_le16(&qe, p->cert_type);
	buf_le32(&qe, (uint32_t)chain.size);
	buf_add(&qe, buf_bytes(&chain));
	buf_add(&quote, buf_bytes(&p->signed_part));
	buf_le32(&quote, (uint32_t)(128 + (outer ? 6 : 0) + qe.size));
	buf_add(&quote, BYTES_OF(p->sig));
	buf_add(&quote, BYTES_OF(p->key));
	if (outer) {
		buf_le16(&quote, p->outer_type);
		buf_le32(&quote, (uint32_t)qe.size);
	}
	buf_add(&quote, buf_bytes(&qe));
	buf_add(&quote, buf_bytes(&p->trailing));
	HOLDS(buf_ok(&chain) && buf_ok(&qe) && buf_ok(&quote));
	c->quote = c->evidence = kept(p->a, buf_bytes(&quote));
	if (c->is_oe) {
		oe_report_emit(c->quote, &report);
		c->evidence = kept(p->a, buf_bytes(&report));
	}
}

static void
put_documents(struct sgx_case *c, struct parts *p)
{
	memcpy(c->docs, p->root->docs, sizeof(c->docs));
	c->root_crl = c->docs[DOC_ROOT_CRL] = signed_again(p, LINK_ROOT_CRL, p->crls[0]);
	c->pck_crl = c->docs[p->processor_ca ? DOC_PROCESSOR_CRL : DOC_PLATFORM_CRL] =
	    signed_again(p, LINK_PCK_CRL, p->crls[1]);
	c->tcb = c->docs[DOC_TCB] = json_again(p, 0, "tcbInfo");
	c->identity = c->docs[DOC_QE] = json_again(p, 1, "enclaveIdentity");
	for (size_t i = 0; i < ROOT_DOCS; i++)
		if (p->left_out[i])
			c->docs[i] = (struct bytes){ 0 };
}

void
sgx_case_make(struct sgx_case *c, struct rd *input)
{
	struct parts p = { .a = fuzz_arena() };
	const struct synth_case *base;
	uint8_t spki[SHA256_SIZE];
	struct err e = { 0 };

	if (root == NULL)
		make_bases();
	base = &bases[fuzz_u8(input) % CHOICES];
	p.root = root;
	p.processor_ca = base >= &bases[6];
	*c = (struct sgx_case){ .is_oe = base->type == SYNTH_OPEN_ENCLAVE,
		.now_at = SGX_CASE_NOW,
		.runtime_data = base->runtime_data };
	settings_default(&c->settings);
	sha256(key_spki(synth_root_key(root)), spki);
	HOLDS(settings_add_anchor(&c->settings, "fuzz root", spki, &e) == 0);
	take_apart(&p, base);
	c->untouched = input->left.size == 0;
	for (unsigned i = 0; i < MAX_STEPS && rd_ok(input) && input->left.size > 0; i++)
		step(c, &p, input);
	put_quote(c, &p);
	put_documents(c, &p);
	release_parts(&p);
}
