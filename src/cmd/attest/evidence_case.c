/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/evidence_case.h"

#include "base/stamp.h"
#include "cmd/attest/folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_CASE_SIZE 65536

static int
add_document(struct bytes document, const char *path, void *user, struct err *e)
{
	struct evidence *w = user;

	(void)path;
	return collateral_builder_add(w->builder, document, "folder", NULL, e);
}

/* The root counts for this run, and stands among the certificates that issuers are found in. */
static int
add_root(struct cli *c, struct evidence *w, const char *path, struct err *e)
{
	struct bytes text, der;
	struct cert cert;
	uint8_t pin[SHA256_SIZE];
	const char *label = strrchr(path, '/');

	TRY(cli_read(c, path, &text, e));
	der = text;
	if (bytes_has_prefix(text, "-----BEGIN")) {
		struct cert *certs;
		size_t count;

		if (certs_from_pem(text, 1, c->arena, &certs, &count, e) < 0 || count != 1)
			return err_set(e, ERR_INVALID, "%s: one certificate is wanted", path);
		der = certs[0].raw;
	}
	if (cert_parse(der, &cert, e) < 0)
		return err_in(e, "%s", path);
	sha256(cert.spki, pin);
	TRY(settings_add_anchor(&w->settings, label == NULL ? path : label + 1, pin, e));
	return collateral_builder_add(w->builder, text, "request", NULL, e);
}

static int
add_policy(struct cli *c, struct evidence *w, const char *path, struct err *e)
{
	struct bytes text;

	TRY(cli_read(c, path, &text, e));
	if (policy_parse(text, &w->policy, NULL, e) < 0)
		return err_in(e, "%s", path);
	w->in.policy = w->policy;
	w->in.policy_origin = "draft";
	w->in.policy_limits = &policy_limits_stored;
	return 0;
}

static int
set_tolerated(struct cli *c, struct evidence *w, struct err *e)
{
	const char *name;

	for (size_t i = 0; (name = cli_option_nth(c, "tolerate", i)) != NULL; i++) {
		enum tcb_status status;

		if (!tcb_status_parse(bytes_of_str(name), &status))
			return err_set(e, ERR_INVALID, "--tolerate %s: no such TCB status", name);
		TRY(settings_tolerate(&w->settings, status, e));
	}
	return 0;
}

static int
option_data(struct cli *c, const char *name, enum claims_data_form form, struct claims_data *out,
    struct err *e)
{
	const char *path = cli_option(c, name);

	if (path == NULL)
		return 0;
	out->form = form;
	return cli_read(c, path, &out->bytes, e);
}

static int
take_options(struct cli *c, struct evidence *w, struct err *e)
{
	const char *path;

	if (cli_has(c, "type"))
		w->type = cli_option(c, "type");
	TRY(option_data(c, "runtime-data", DATA_BINARY, &w->in.runtime, e));
	TRY(option_data(c, "runtime-json", DATA_JSON, &w->in.runtime, e));
	TRY(option_data(c, "init-data", DATA_BINARY, &w->in.init, e));
	for (size_t i = 0; (path = cli_option_nth(c, "collateral", i)) != NULL; i++)
		TRY(folder_each(c, path, add_document, w, e));
	for (size_t i = 0; (path = cli_option_nth(c, "trust-root", i)) != NULL; i++)
		TRY(add_root(c, w, path, e));
	if (cli_has(c, "policy"))
		TRY(add_policy(c, w, cli_option(c, "policy"), e));
	return set_tolerated(c, w, e);
}

/* PATH of a case file: relative to its folder. */
static const char *
case_path(struct cli *c, const char *folder, const struct json *name, struct err *e)
{
	char path[4096];
	struct bytes text = json_text(name);

	if (text.p == NULL || text.size == 0 || memchr(text.p, 0, text.size) != NULL ||
	    snprintf(path, sizeof(path), "%s/%.*s", text.p[0] == '/' ? "" : folder,
		BYTES_FMT(text)) >= (int)sizeof(path)) {
		(void)err_set(e, ERR_INVALID, "case.json: files: a path is wanted");
		return NULL;
	}
	text = arena_copy(c->arena, bytes_of_str(path));
	return (const char *)text.p;
}

static int
case_file(struct cli *c, const char *folder, const struct json *files, const char *name,
    struct bytes *out, struct err *e)
{
	const struct json *v = json_get(files, name);
	const char *path;

	if (v == NULL)
		return 0;
	path = case_path(c, folder, v, e);
	return path == NULL ? -1 : cli_read(c, path, out, e);
}

static int
case_data(struct cli *c, const char *folder, const struct json *files, const char *name,
    enum claims_data_form form, struct claims_data *out, struct err *e)
{
	if (json_get(files, name) == NULL)
		return 0;
	out->form = form;
	return case_file(c, folder, files, name, &out->bytes, e);
}

static int
case_lists(struct cli *c, struct evidence *w, const char *folder, const struct json *files,
    struct err *e)
{
	const struct json *collateral = json_get(files, "collateral");
	const struct json *roots = json_get(files, "trust_roots");
	const char *path;

	for (const struct json *v = collateral == NULL ? NULL : collateral->first; v != NULL;
	     v = v->next) {
		if ((path = case_path(c, folder, v, e)) == NULL)
			return -1;
		TRY(folder_each(c, path, add_document, w, e));
	}
	for (const struct json *v = roots == NULL ? NULL : roots->first; v != NULL; v = v->next) {
		if ((path = case_path(c, folder, v, e)) == NULL)
			return -1;
		TRY(add_root(c, w, path, e));
	}
	return 0;
}

static int
take_case(struct cli *c, struct evidence *w, const char *folder, struct err *e)
{
	struct bytes text, type, at;
	const struct json *doc, *files, *policy;
	const char *path;
	char name[4096];

	if (snprintf(name, sizeof(name), "%s/case.json", folder) >= (int)sizeof(name))
		return err_set(e, ERR_LIMIT, "%s: path too long", folder);
	TRY(cli_read(c, name, &text, e));
	if (json_parse(text, MAX_CASE_SIZE, c->arena, &doc, e) < 0)
		return err_in(e, "%s", name);
	files = json_get(doc, "files");
	type = json_text(json_get(doc, "type"));
	at = json_text(json_get(doc, "at"));
	if (type.p == NULL || memchr(type.p, 0, type.size) != NULL || files == NULL)
		return err_set(e, ERR_INVALID, "%s: members type and files are wanted", name);
	if (json_get(files, "evidence") == NULL)
		return err_set(e, ERR_INVALID, "%s: files: evidence is wanted", name);
	type = arena_copy(c->arena, type);
	w->type = (const char *)type.p;
	if (!c->has_at && (at.p == NULL || !stamp_parse(at, &c->at)))
		return err_set(e, ERR_INVALID, "%s: member at: RFC 3339 in UTC is wanted", name);
	TRY(case_file(c, folder, files, "evidence", &w->in.evidence, e));
	TRY(case_data(c, folder, files, "runtime_data", DATA_BINARY, &w->in.runtime, e));
	TRY(case_data(c, folder, files, "runtime_json", DATA_JSON, &w->in.runtime, e));
	TRY(case_data(c, folder, files, "init_data", DATA_BINARY, &w->in.init, e));
	TRY(case_lists(c, w, folder, files, e));
	policy = json_get(files, "policy");
	if (policy != NULL && !w->without_policy && !cli_has(c, "policy")) {
		if ((path = case_path(c, folder, policy, e)) == NULL)
			return -1;
		TRY(add_policy(c, w, path, e));
	}
	return 0;
}

bool
evidence_is_case(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* What was gathered becomes the judgement's input. */
static int
seal(struct cli *c, struct evidence *w, struct err *e)
{
	TRY(settings_rehash(&w->settings, e));
	TRY(collateral_builder_seal(w->builder, &w->collateral, e));
	if (w->type == NULL)
		return err_set(e, ERR_INVALID, "--type is missing: SgxEnclave, OpenEnclave, …");
	w->in.kind = kind_find(bytes_of_str(w->type));
	if (w->in.kind == NULL)
		return err_set(e, ERR_INVALID, "--type %s: no such type of evidence", w->type);
	if (!kind_is_implemented(w->in.kind))
		return err_set(e, ERR_UNSUPPORTED, "%s: this type cannot be judged yet",
		    w->in.kind->name);
	w->in.settings = &w->settings;
	w->in.collateral = w->collateral;
	w->in.now_at = c->at;
	w->in.issuer = BYTES("https://localhost");
	w->in.token_lifetime_s = 28800;
	return 0;
}

int
evidence_gather(struct cli *c, const char *path, struct evidence *w, struct err *e)
{
	settings_default(&w->settings);
	w->builder = collateral_builder_new(MAX_COLLATERAL_SIZE);
	if (w->builder == NULL)
		return arena_fail(e, "collateral");
	if (evidence_is_case(path))
		TRY(take_case(c, w, path, e));
	else
		TRY(cli_read(c, path, &w->in.evidence, e));
	TRY(take_options(c, w, e));
	return seal(c, w, e);
}

void
evidence_release(void *evidence)
{
	struct evidence *w = evidence;

	collateral_builder_free(w->builder);
	collateral_unref(w->collateral);
	policy_unref(w->policy);
}
