/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "base/stamp.h"
#include "vectors.h"

#include <stdio.h>
#include <string.h>

#define ID_SIZE 256

/* Counts what differs, and remembers the first. */
struct differences {
	unsigned count;
	char first[64];
};

static void
note(struct differences *d, bool same, const char *name)
{
	if (!same && d->count++ == 0)
		(void)snprintf(d->first, sizeof(d->first), "%s", name);
}

static void
same_hex(struct differences *d, const struct json *o, const char *name, struct bytes seen)
{
	struct bytes want = json_text(json_get(o, name));
	uint8_t raw[64];

	if (want.p != NULL)
		note(d,
		    want.size == seen.size * 2 && seen.size <= sizeof(raw) &&
			hex_decode(want, raw, seen.size) && memcmp(raw, seen.p, seen.size) == 0,
		    name);
}

static void
same_uint(struct differences *d, const struct json *o, const char *name, uint64_t seen)
{
	const struct json *v = json_get(o, name);
	uint64_t want;

	if (v != NULL && v->type != JSON_NULL)
		note(d, json_uint(v, UINT32_MAX, &want) && want == seen, name);
}

static void
same_time(struct differences *d, const struct json *o, const char *name, int64_t seen)
{
	const struct json *v = json_get(o, name);
	char text[STAMP_SIZE];

	stamp_format(seen, text);
	if (v != NULL)
		note(d, json_is_str(v, text), name);
}

static void
same_report(struct differences *d, const struct json *o, const struct sgx_report *r)
{
	bool debug;

	same_hex(d, o, "mrenclave", r->mrenclave);
	same_hex(d, o, "mrsigner", r->mrsigner);
	same_uint(d, o, "isvprodid", r->isvprodid);
	same_uint(d, o, "isvsvn", r->isvsvn);
	same_hex(d, o, "attributes", r->attributes);
	same_hex(d, o, "cpusvn", r->cpusvn);
	same_uint(d, o, "miscselect", r->miscselect);
	same_hex(d, o, "reportdata", r->reportdata);
	if (json_bool(json_get(o, "debug"), &debug))
		note(d, debug == sgx_report_is_debug(r), "debug");
}

static void
same_pck(struct differences *d, const struct json *o, const struct pck_chain *chain,
    const struct pck_ext *x)
{
	const struct json *components = json_get(o, "tcb_components");
	size_t i = 0;

	same_hex(d, o, "fmspc", BYTES_OF(x->fmspc));
	same_hex(d, o, "pceid", BYTES_OF(x->pceid));
	same_hex(d, o, "cpusvn", BYTES_OF(x->cpusvn));
	same_uint(d, o, "pcesvn", x->pcesvn);
	same_hex(d, o, "ppid", BYTES_OF(x->ppid));
	same_uint(d, o, "sgx_type", x->sgx_type);
	if (components != NULL)
		for (const struct json *v = components->first; v != NULL; v = v->next) {
			uint64_t svn;

			note(d, json_uint(v, 255, &svn) && i < 16 && svn == x->components[i++],
			    "tcb_components");
		}
	struct bytes issuer = cert_name_cn(chain->leaf->issuer);
	struct bytes want = json_text(json_get(o, "issuer_cn"));

	if (want.p != NULL)
		note(d, bytes_eq(issuer, want), "issuer_cn");
	same_time(d, o, "not_before", chain->leaf->not_before_at);
	same_time(d, o, "not_after", chain->leaf->not_after_at);
}

static void
same_signatures(struct differences *d, const struct json *row, const struct sgx_quote *q,
    const struct pck_chain *chain)
{
	const struct dcap_quote *dcap = &q->dcap;
	DEFER(key_unrefp) struct key *attestation = NULL;
	DEFER(key_unrefp) struct key *leaf = NULL;
	struct err e = { 0 };
	bool want, good = false;

	if (json_bool(json_get(row, "attestation_signature_valid"), &want)) {
		if (key_from_point(KEY_P256, dcap->attestation_key, &attestation, &e) == 0 &&
		    key_verify(attestation, SIG_ES256, SIG_RAW, dcap->signed_part, dcap->sig, &good,
			&e) < 0)
			good = !want;
		note(d, good == want, "attestation_signature_valid");
	}
	good = false;
	if (chain != NULL && json_bool(json_get(row, "qe_report_signature_valid"), &want)) {
		if (key_from_spki(chain->leaf->spki, &leaf, &e) == 0 &&
		    key_verify(leaf, SIG_ES256, SIG_RAW, dcap->qe.raw, dcap->qe_sig, &good, &e) < 0)
			good = !want;
		note(d, good == want, "qe_report_signature_valid");
	}
}

static void
compare_row(struct vectors *v, const char *id, const struct json *row, struct bytes quote,
    struct arena *a)
{
	struct differences d = { 0 };
	struct sgx_quote q;
	struct pck_chain chain = { 0 };
	struct pck_ext x;
	struct err e = { 0 };

	if (sgx_quote_parse(quote, &q, &e) < 0) {
		vectors_report(v, id, false, "does not parse: %s", e.msg);
		return;
	}
	same_uint(&d, row, "version", q.dcap.header.version);
	same_uint(&d, row, "certification_data_type", q.dcap.cert_type);
	same_uint(&d, row, "outer_certification_data_type", q.dcap.outer_type);
	same_uint(&d, row, "qe_svn_header", q.dcap.header.qe_svn);
	same_uint(&d, row, "pce_svn_header", q.dcap.header.pce_svn);
	same_uint(&d, row, "qe_auth_data_length", q.dcap.qe_auth.size);
	same_report(&d, json_get(row, "expected_measurements"), &q.report);
	same_report(&d, json_get(row, "qe"), &q.dcap.qe);
	const struct json *pck = json_get(row, "pck");
	bool has_chain = pck != NULL && pck->type == JSON_OBJECT;

	if (has_chain) {
		bool read = pck_chain_parse(q.dcap.cert_data, a, &chain, &e) == 0 &&
		    chain.leaf != NULL && pck_ext_of(chain.leaf, &x, &e) == 0;

		note(&d, read, "pck");
		if (read)
			same_pck(&d, pck, &chain, &x);
		has_chain = read;
	}
	same_signatures(&d, row, &q, has_chain ? &chain : NULL);
	vectors_report(v, id, d.count == 0, "%u fields differ, first %s %s", d.count, d.first,
	    e.msg);
}

void
vectors_quote_row(struct vectors *v, const char *area, const struct json *row)
{
	DEFER(arena_release) struct arena a;
	const struct json *files = json_get(row, "files"), *cases = json_get(row, "cases");
	struct bytes name = json_text(json_get(row, "id"));
	uint64_t length = 0;
	char id[ID_SIZE];
	unsigned n = 0;

	arena_init(&a, (size_t)32 << 20);
	struct bytes quote = vectors_read(v, json_text(json_get(files, "quote")), &a);
	struct bytes runtime = json_text(json_get(files, "runtime_data"));

	if (runtime.p != NULL)
		runtime = vectors_read(v, runtime, &a);
	if (json_uint(json_get(row, "quote_length"), UINT32_MAX, &length))
		quote = bytes_slice(quote, 0, (size_t)length);
	(void)snprintf(id, sizeof(id), "%s/%.*s", area, BYTES_FMT(name));
	if (vectors_wants(v, id)) {
		v->rows++;
		compare_row(v, id, row, quote, &a);
	}
	if (cases == NULL || cases->type != JSON_ARRAY)
		return;
	for (const struct json *c = cases->first; c != NULL; c = c->next) {
		(void)snprintf(id, sizeof(id), "%s/%.*s#%u", area, BYTES_FMT(name), n++);
		if (!vectors_wants(v, id))
			continue;
		struct vector_case one = { .id = id,
			.evidence = quote,
			.runtime_data = runtime,
			.files = json_get(c, "collateral"),
			.expected = json_get(c, "expected") };

		if (!json_int(json_get(c, "unix"), &one.at))
			continue;
		v->cases++;
		vectors_case(v, &one);
	}
}
