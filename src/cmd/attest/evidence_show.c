/* SPDX-License-Identifier: Apache-2.0 */
/* attest evidence show: what a quote or report says of itself, field by field; nothing is verified. */
#include "cmd/attest/commands.h"
#include "crypto/digest.h"
#include "evidence/dcap/pck.h"
#include "evidence/oe/report.h"
#include "evidence/sgx/quote.h"

static void
hex_field(struct cli *c, struct json *object, const char *name, struct bytes raw)
{
	struct json *v = json_new_hex(c->arena, raw);

	(void)json_put(object, name, v);
	if (v != NULL)
		cli_field(c, name, "%.*s", BYTES_FMT(v->text));
}

static void
int_field(struct cli *c, struct json *object, const char *name, int64_t v)
{
	(void)json_put(object, name, json_new_int(c->arena, v));
	cli_field(c, name, "%lld", (long long)v);
}

static void
bool_field(struct cli *c, struct json *object, const char *name, bool v)
{
	(void)json_put(object, name, json_new_bool(c->arena, v));
	cli_field(c, name, "%s", v ? "true" : "false");
}

static struct json *
section(struct cli *c, const char *name)
{
	struct json *object = json_new(c->arena, JSON_OBJECT);

	cli_say(c, "%s%s%s\n", cli_bold(c), name, cli_plain(c));
	(void)json_put(c->document, name, object);
	return object;
}

/* Names as in the vector manifests (product.md 2). */
static void
show_report(struct cli *c, const char *name, const struct sgx_report *r)
{
	struct json *o = section(c, name);

	hex_field(c, o, "mrenclave", r->mrenclave);
	hex_field(c, o, "mrsigner", r->mrsigner);
	int_field(c, o, "isvprodid", r->isvprodid);
	int_field(c, o, "isvsvn", r->isvsvn);
	hex_field(c, o, "attributes", r->attributes);
	bool_field(c, o, "debug", sgx_report_is_debug(r));
	hex_field(c, o, "cpusvn", r->cpusvn);
	int_field(c, o, "miscselect", r->miscselect);
	hex_field(c, o, "reportdata", r->reportdata);
	if (!sgx_report_has_kss(r))
		return;
	hex_field(c, o, "configid", r->configid);
	int_field(c, o, "configsvn", r->configsvn);
	hex_field(c, o, "isvextprodid", r->isvextprodid);
	hex_field(c, o, "isvfamilyid", r->isvfamilyid);
}

static void
show_envelope(struct cli *c, const struct dcap_quote *q, const char *format)
{
	struct json *o = section(c, "quote");

	(void)json_put(o, "format", json_new_cstr(c->arena, format));
	cli_field(c, "format", "%s", format);
	int_field(c, o, "version", q->header.version);
	int_field(c, o, "size", (int64_t)q->raw.size);
	int_field(c, o, "trailing_bytes", (int64_t)q->trailing.size);
	hex_field(c, o, "qe_vendor_id", q->header.vendor);
	hex_field(c, o, "user_data", q->header.user_data);
	hex_field(c, o, "attestation_key", q->attestation_key);
	int_field(c, o, "certification_data_type", q->cert_type);
	int_field(c, o, "qe_auth_data_size", (int64_t)q->qe_auth.size);
}

static void
show_chain(struct cli *c, const struct dcap_quote *q)
{
	struct pck_chain chain;
	struct pck_ext ext;
	struct err e = { 0 };
	struct json *o;

	if (q->cert_type != DCAP_CERT_PCK_CHAIN)
		return;
	o = section(c, "pck");
	if (pck_chain_parse(q->cert_data, c->arena, &chain, &e) < 0 || chain.leaf == NULL ||
	    pck_ext_of(chain.leaf, &ext, &e) < 0) {
		struct bytes why = arena_copy(c->arena, bytes_of_str(e.msg));

		(void)json_put(o, "error", json_new_str(c->arena, why));
		cli_field(c, "unreadable", "%s",
		    e.code == ERR_NONE ? "no leaf certificate" : e.msg);
		return;
	}
	for (size_t i = 0; i < chain.count; i++)
		cli_field(c, "certificate", "CN=%s",
		    cli_safe(c, cert_name_cn(chain.certs[i].subject)));
	hex_field(c, o, "fmspc", BYTES_OF(ext.fmspc));
	hex_field(c, o, "pceid", BYTES_OF(ext.pceid));
	int_field(c, o, "pcesvn", ext.pcesvn);
	hex_field(c, o, "components", BYTES_OF(ext.components));
	hex_field(c, o, "ppid", BYTES_OF(ext.ppid));
}

static enum cli_exit
show_run(struct cli *c)
{
	struct bytes raw;
	struct oe_report container;
	struct sgx_quote quote;
	struct err e = { 0 }, unused = { 0 };
	const char *format = "SGX quote";
	uint8_t digest[SHA256_SIZE];

	if (cli_read(c, c->args[0], &raw, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	sha256(raw, digest);
	(void)json_put(c->document, "sha256", json_new_hex(c->arena, BYTES_OF(digest)));
	if (sgx_quote_parse(raw, &quote, &e) < 0) {
		/* An Open Enclave report begins with its own header, whose version is no quote version. */
		if (oe_report_parse(raw, &container, &unused) < 0 ||
		    container.version != OE_REPORT_VERSION ||
		    sgx_quote_parse(container.quote, &quote, &unused) < 0)
			return cli_fail_err(c, &e,
			    "SGX quotes and Open Enclave reports can be shown");
		format = "Open Enclave report with an SGX quote";
	}
	show_envelope(c, &quote.dcap, format);
	show_report(c, "measurements", &quote.report);
	show_report(c, "qe", &quote.dcap.qe);
	show_chain(c, &quote.dcap);
	cli_say(c, "%snothing of this was verified: attest evidence appraise does that%s\n",
	    cli_dim(c), cli_plain(c));
	return CLI_OK;
}

const struct cli_command evidence_show_command = {
	.group = "evidence",
	.name = "show",
	.args = "FILE",
	.about = "what evidence says of itself, field by field",
	.does = "Prints what evidence says of itself, field by field. Nothing is verified.",
	.help = CLI_HELP({ "FILE", "the evidence as raw bytes, a file or - for standard input" }),
	.min_args = 1,
	.max_args = 1,
	.run = show_run,
};
