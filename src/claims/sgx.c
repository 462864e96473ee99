/* SPDX-License-Identifier: Apache-2.0 */
#include "claims/sgx.h"

#include "appraise/sgx.h"
#include "base/b64.h"
#include "base/hex.h"

#include <stddef.h>

/* The seven members of x-ms-sgx-collateral (evidence-intel.md 8.2), sorted. */
static const struct {
	const char *name;
	size_t offset;
} collateral_table[] = {
	{ "qeidcertshash", offsetof(struct sgx_collateral_hashes, qeidcertshash) },
	{ "qeidcrlhash", offsetof(struct sgx_collateral_hashes, qeidcrlhash) },
	{ "qeidhash", offsetof(struct sgx_collateral_hashes, qeidhash) },
	{ "quotehash", offsetof(struct sgx_collateral_hashes, quotehash) },
	{ "tcbinfocertshash", offsetof(struct sgx_collateral_hashes, tcbinfocertshash) },
	{ "tcbinfocrlhash", offsetof(struct sgx_collateral_hashes, tcbinfocrlhash) },
	{ "tcbinfohash", offsetof(struct sgx_collateral_hashes, tcbinfohash) },
};

static struct json *
collateral_emit(const struct sgx_findings *f, struct arena *a)
{
	struct json *o = json_new(a, JSON_OBJECT);
	const uint8_t *all = (const uint8_t *)&f->collateral;

	for (size_t i = 0; i < COUNT_OF(collateral_table); i++) {
		if (!json_put(o, collateral_table[i].name,
			json_new_hex(a, bytes_of(all + collateral_table[i].offset, SHA256_SIZE))))
			return NULL;
	}
	return o;
}

static int
parsed(const struct claims_data *data, struct arena *a, const struct json **out, struct err *e)
{
	*out = data->json;
	if (*out != NULL)
		return 0;
	return claims_data_parse(data->bytes, a, out, e);
}

/* A claim set being filled; the first failure stays. */
struct filling {
	struct claim_set *set;
	struct arena *a;
	struct err *e;
	int rc;
};

static void
put_bool(struct filling *f, const char *name, const char *alias, bool v)
{
	if (f->rc == 0)
		f->rc = claim_set_bool(f->set, f->a, name, v, f->e);
	if (f->rc == 0 && alias != NULL)
		f->rc = claim_set_bool(f->set, f->a, alias, v, f->e);
}

static void
put_int(struct filling *f, const char *name, const char *alias, int64_t v)
{
	if (f->rc == 0)
		f->rc = claim_set_int(f->set, f->a, name, v, f->e);
	if (f->rc == 0 && alias != NULL)
		f->rc = claim_set_int(f->set, f->a, alias, v, f->e);
}

static void
put_text(struct filling *f, const char *name, const char *alias, struct bytes v)
{
	if (f->rc == 0)
		f->rc = claim_set_text(f->set, f->a, name, v, f->e);
	if (f->rc == 0 && alias != NULL)
		f->rc = claim_set_text(f->set, f->a, alias, v, f->e);
}

static char *
put_room(struct filling *f, size_t size)
{
	char *p = f->rc == 0 ? arena_alloc(f->a, size) : NULL;

	if (f->rc == 0 && p == NULL)
		f->rc = arena_fail(f->e, "claims");
	return p;
}

static void
put_hex(struct filling *f, const char *name, const char *alias, struct bytes raw)
{
	char *text = put_room(f, raw.size * 2);

	if (text == NULL)
		return;
	hex_encode(raw, text);
	put_text(f, name, alias, bytes_of(text, raw.size * 2));
}

static void
put_ehd(struct filling *f, struct bytes raw)
{
	size_t size = b64_encoded_size(B64_URL, raw.size);
	char *text = put_room(f, size);
	struct bytes ehd;

	if (text == NULL)
		return;
	b64_encode(B64_URL, raw, text);
	ehd = bytes_of(text, size);
	put_text(f, "x-ms-sgx-ehd", "$maa-ehd", ehd);
	put_text(f, "$aas-ehd", NULL, ehd);
}

/* Objects are offered as one string of JSON text each (maa-policy.md 13.7). */
static void
put_collateral(struct filling *f, const struct sgx_findings *findings)
{
	DEFER(buf_release) struct buf text;
	struct bytes copy;

	buf_init(&text, 4096);
	if (f->rc < 0)
		return;
	json_emit(&text, collateral_emit(findings, f->a), JSON_AS_IS);
	copy = arena_copy(f->a, buf_bytes(&text));
	if (!buf_ok(&text) || copy.p == NULL)
		f->rc = arena_fail(f->e, "claims");
	put_text(f, "x-ms-sgx-collateral", "$maa-attestationcollateral", copy);
}

static void
put_data(struct filling *f, const char *name, const struct claims_data *data)
{
	const struct json *v;

	if (f->rc == 0 && data->form == DATA_JSON) {
		f->rc = parsed(data, f->a, &v, f->e);
		if (f->rc < 0)
			(void)err_in(f->e, "%s", name);
		else
			put_text(f, name, NULL, v->span);
	}
}

static void
put_kss(struct filling *f, const struct sgx_report *r)
{
	put_hex(f, "x-ms-sgx-config-id", NULL, r->configid);
	put_int(f, "x-ms-sgx-config-svn", NULL, r->configsvn);
	put_hex(f, "x-ms-sgx-isv-extended-product-id", NULL, r->isvextprodid);
	put_hex(f, "x-ms-sgx-isv-family-id", NULL, r->isvfamilyid);
}

int
sgx_claims_incoming(const struct sgx_claims_spec *spec, struct arena *a, struct claim_set *incoming,
    struct err *e)
{
	const struct sgx_findings *found = spec->findings;
	const struct sgx_report *r = &found->quote.report;
	struct filling f = { .set = incoming, .a = a, .e = e };

	put_bool(&f, "x-ms-sgx-is-debuggable", "$is-debuggable", found->debuggable);
	put_hex(&f, "x-ms-sgx-mrsigner", "$sgx-mrsigner", r->mrsigner);
	put_hex(&f, "x-ms-sgx-mrenclave", "$sgx-mrenclave", r->mrenclave);
	put_int(&f, "x-ms-sgx-product-id", "$product-id", r->isvprodid);
	put_int(&f, "x-ms-sgx-svn", "$svn", r->isvsvn);
	put_text(&f, "x-ms-attestation-type", "$tee", BYTES("sgx"));
	put_hex(&f, "x-ms-sgx-report-data", NULL, r->reportdata);
	if (found->kss)
		put_kss(&f, r);
	/* data that nothing binds to the enclave says nothing about it */
	if (found->runtime_bound && spec->runtime.form == DATA_BINARY)
		put_ehd(&f, spec->runtime.bytes);
	if (found->runtime_bound)
		put_data(&f, "x-ms-runtime", &spec->runtime);
	if (found->init_bound)
		put_data(&f, "x-ms-inittime", &spec->init);
	put_collateral(&f, found);
	return f.rc;
}

static bool
emit_report(struct json *o, const struct sgx_findings *found, struct arena *a)
{
	const struct sgx_report *r = &found->quote.report;

	return json_put(o, "x-ms-sgx-is-debuggable", json_new_bool(a, found->debuggable)) &&
	    json_put(o, "x-ms-sgx-mrenclave", json_new_hex(a, r->mrenclave)) &&
	    json_put(o, "x-ms-sgx-mrsigner", json_new_hex(a, r->mrsigner)) &&
	    json_put(o, "x-ms-sgx-product-id", json_new_int(a, r->isvprodid)) &&
	    json_put(o, "x-ms-sgx-report-data", json_new_hex(a, r->reportdata)) &&
	    json_put(o, "x-ms-sgx-svn", json_new_int(a, r->isvsvn));
}

static bool
emit_kss(struct json *o, const struct sgx_report *r, struct arena *a)
{
	return json_put(o, "x-ms-sgx-config-id", json_new_hex(a, r->configid)) &&
	    json_put(o, "x-ms-sgx-config-svn", json_new_int(a, r->configsvn)) &&
	    json_put(o, "x-ms-sgx-isv-extended-product-id", json_new_hex(a, r->isvextprodid)) &&
	    json_put(o, "x-ms-sgx-isv-family-id", json_new_hex(a, r->isvfamilyid));
}

static int
emit_data(struct json *o, const char *name, const struct claims_data *data, bool bound,
    struct arena *a, struct err *e)
{
	const struct json *v;

	if (data->form == DATA_ABSENT)
		return 0;
	if (!bound)
		return err_set(e, ERR_INTERNAL, "%s: the data is not bound to the evidence", name);
	if (data->form == DATA_BINARY)
		return 0;
	if (parsed(data, a, &v, e) < 0)
		return err_in(e, "%s", name);
	return json_put(o, name, json_copy(a, v)) ? 0 : arena_fail(e, "claims");
}

static bool
emit_ehd(struct json *o, struct bytes raw, struct arena *a)
{
	struct json *ehd = json_new_b64url(a, raw);

	return json_put(o, "x-ms-sgx-ehd", ehd) && json_put(o, "maa-ehd", json_copy(a, ehd)) &&
	    json_put(o, "aas-ehd", json_copy(a, ehd));
}

static bool
emit_collateral(struct json *o, const struct sgx_findings *found, struct arena *a)
{
	struct json *collateral = collateral_emit(found, a);

	return collateral != NULL && json_put(o, "x-ms-sgx-collateral", collateral) &&
	    json_put(o, "maa-attestationcollateral", json_copy(a, collateral));
}

int
sgx_claims_emit(const struct sgx_claims_spec *spec, struct arena *a, struct json **out,
    struct err *e)
{
	const struct sgx_findings *found = spec->findings;
	struct json *o = json_new(a, JSON_OBJECT);

	if (!found->complete)
		return err_set(e, ERR_INTERNAL, "sgx claims: the findings are not complete");
	if (!json_put(o, "x-ms-attestation-type", json_new_cstr(a, "sgx")) ||
	    !json_put(o, "x-ms-sgx-tcbidentifier", json_new_str(a, spec->tcb_identifier)) ||
	    !emit_report(o, found, a) || !emit_collateral(o, found, a))
		return arena_fail(e, "claims");
	if (found->kss && !emit_kss(o, &found->quote.report, a))
		return arena_fail(e, "claims");
	TRY(emit_data(o, "x-ms-runtime", &spec->runtime, found->runtime_bound, a, e));
	TRY(emit_data(o, "x-ms-inittime", &spec->init, found->init_bound, a, e));
	if (spec->runtime.form == DATA_BINARY && !emit_ehd(o, spec->runtime.bytes, a))
		return arena_fail(e, "claims");
	*out = o;
	return 0;
}
