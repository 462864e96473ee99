/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest evidence synth: evidence under a test root, for development and tests only.
 *
 * Damage to collateral is written into ROOT/collateral, so that `appraise --collateral ROOT/collateral` meets it; the next
 * run puts the clean documents back. What stands for itself, and stays, is the case folder beside the evidence (--case DIR).
 */
#include "base/stamp.h"
#include "cmd/attest/commands.h"
#include "cmd/attest/help.h"
#include "cmd/attest/synth_root.h"

#include <stdio.h>
#include <string.h>

static enum cli_exit
list_damages(struct cli *c)
{
	struct json *list = json_new(c->arena, JSON_ARRAY);

	for (size_t i = 0; i < synth_damage_count(); i++) {
		const struct synth_damage *d = synth_damage_at(i);
		const struct check *k = &check_table[d->check];

		for (int type = 0; type < SYNTH_TYPE_COUNT; type++) {
			const char *name = synth_type_name((enum synth_type)type);
			struct json *o = json_new(c->arena, JSON_OBJECT);

			if (!(type == SYNTH_SGX_ENCLAVE ? d->sgx : d->oe))
				continue;
			(void)json_put(o, "name", json_new_cstr(c->arena, d->name));
			(void)json_put(o, "type", json_new_cstr(c->arena, name));
			(void)json_put(o, "check", json_new_cstr(c->arena, k->id));
			(void)json_put(o, "stage", json_new_cstr(c->arena, k->stage));
			(void)json_append(list, o);
			cli_say(c, "%-30s %-12s %-36s %s\n", d->name, name, k->id, k->stage);
		}
	}
	c->document = list;
	return CLI_OK;
}

static int
set_fields(struct cli *c, struct synth_spec *spec, struct err *e)
{
	const char *set;

	for (size_t i = 0; (set = cli_option_nth(c, "set", i)) != NULL; i++) {
		const char *equals = strchr(set, '=');
		struct bytes field;

		if (equals == NULL)
			return err_set(e, ERR_INVALID, "--set %s: FIELD=VALUE is wanted", set);
		field = arena_copy(c->arena, bytes_of(set, (size_t)(equals - set)));
		if (field.p == NULL)
			return arena_fail(e, "--set");
		TRY(synth_spec_set(spec, (const char *)field.p, equals + 1, e));
	}
	return 0;
}

static int
take_data(struct cli *c, struct synth_spec *spec, struct err *e)
{
	const char *runtime = cli_option(c, "runtime-data");

	if (runtime == NULL)
		runtime = cli_option(c, "runtime-json");
	if (runtime != NULL)
		TRY(cli_read(c, runtime, &spec->runtime_data, e));
	if (cli_has(c, "init-data"))
		TRY(cli_read(c, cli_option(c, "init-data"), &spec->init_data, e));
	return 0;
}

static void
describe(struct cli *c, const struct synth_case *made, const char *root, const char *out)
{
	const char *check = made->check == CHECK_NONE ? NULL : check_table[made->check].id;

	(void)json_put(c->document, "type", json_new_cstr(c->arena, synth_type_name(made->type)));
	(void)json_put(c->document, "out", json_new_cstr(c->arena, out));
	(void)json_put(c->document, "root", json_new_cstr(c->arena, root));
	(void)json_put(c->document, "size", json_new_int(c->arena, (int64_t)made->evidence.size));
	(void)json_put(c->document, "runtime_bound",
	    json_new_bool(c->arena, made->runtime_data.p != NULL));
	(void)json_put(c->document, "check",
	    check == NULL ? json_new(c->arena, JSON_NULL) : json_new_cstr(c->arena, check));
	if (strcmp(out, "-") == 0)
		return;
	cli_say(c, "%s: synthetic %s evidence, %zu bytes\n", out, synth_type_name(made->type),
	    made->evidence.size);
	if (check != NULL)
		cli_field(c, "will be refused by", "%s", check);
	cli_field(c, "judge it",
	    "attest evidence appraise --type %s %s --collateral %s/collateral "
	    "--trust-root %s/root.pem",
	    synth_type_name(made->type), out, root, root);
}

static enum cli_exit
make(struct cli *c, struct synth_spec *spec, const struct synth_damage *damage)
{
	const char *dir = cli_option(c, "root"), *out = cli_option(c, "out");
	DEFER(synth_root_freep) struct synth_root *root = NULL;
	struct synth_case made;
	struct err e = { 0 };

	dir = dir == NULL ? "evidence-root" : dir;
	if (set_fields(c, spec, &e) < 0)
		return cli_usage(c, "%s", e.msg);
	if (take_data(c, spec, &e) < 0 || synth_root_open(c, dir, &root, &e) < 0 ||
	    synth_case_emit(root, spec, damage, c->at, c->arena, &made, &e) < 0 ||
	    synth_root_store(dir, root, &made, &e) < 0 ||
	    cli_write(out, made.evidence, 0644, &e) < 0 ||
	    (cli_has(c, "case") && synth_case_store(c, cli_option(c, "case"), &made, &e) < 0))
		return cli_fail_err(c, &e, NULL);
	describe(c, &made, dir, out);
	return CLI_OK;
}

static enum cli_exit
synth_run(struct cli *c)
{
	const char *type = cli_option(c, "type"), *name = cli_option(c, "damage");
	const struct synth_damage *damage = NULL;
	struct synth_spec spec;
	enum synth_type kind;

	if (name != NULL && strcmp(name, "list") == 0)
		return list_damages(c);
	if (type == NULL || !synth_type_parse(type, &kind))
		return cli_usage(c, "--type: SgxEnclave or OpenEnclave");
	if (cli_option(c, "out") == NULL)
		return cli_usage(c, "--out FILE is missing");
	if (cli_has(c, "runtime-data") && cli_has(c, "runtime-json"))
		return cli_usage(c, "--runtime-data and --runtime-json exclude each other");
	if (name != NULL && (damage = synth_damage_find(name, kind)) == NULL)
		return cli_usage(c,
		    "--damage %s: none of this name for %s; --damage list shows them", name, type);
	synth_spec_init(&spec, kind);
	return make(c, &spec, damage);
}

const struct cli_command evidence_synth_command = {
	.group = "evidence",
	.name = "synth",
	.args = "--type T [--root DIR] [--runtime-data F | --runtime-json F] [--init-data F] "
		"[--set FIELD=VALUE]… [--damage NAME | --damage list] [--case DIR] --out FILE",
	.about = "evidence under a test root, for development",
	.does = "Makes evidence under a test root that nobody trusts, to try a service, a policy "
		"or a relying party with, and the collateral that judges it.",
	.help = CLI_HELP(HELP_TYPE,
	    { "--root DIR", "the test root, made when absent; ./evidence-root without it" },
	    HELP_RUNTIME_DATA, HELP_RUNTIME_JSON, HELP_INIT,
	    { "--set FIELD=VALUE…", "set a field, by its name in evidence show" },
	    { "--damage NAME",
		"spoil one thing; 'list' says which there are and at which check each ends" },
	    { "--case DIR", "also write everything as a case folder that stands for itself" },
	    { "--out FILE", "where the evidence is written; required unless damages are listed" }),
	.run = synth_run,
};
