/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence with all that it is judged by, from a case folder or from the command's options.
 *
 * A case folder holds case.json: {"type", "at", "files": {"evidence", "runtime_data" | "runtime_json", "init_data",
 * "collateral": [PATH, …], "trust_roots": [PATH, …], "policy"}}, paths relative to the folder. Options given beside it win:
 * type, runtime-data, runtime-json, init-data, collateral, trust-root, tolerate, policy, where a command has them.
 *
 *	struct evidence *w = arena_alloc(c->arena, sizeof(*w));
 *	if (evidence_gather(c, "folder", w, &e) == 0)
 *		... judge(&w->in, …)
 *	evidence_release(w);
 */
#pragma once

#include "cmd/attest/cli.h"
#include "service/judge.h"

struct evidence {
	struct judge_input in;
	struct settings settings;
	struct collateral_builder *builder;
	struct collateral *collateral;
	struct policy *policy; /* the case's own, or --policy */
	const char *type;
	bool without_policy; /* set before: the case's own is of no interest */
};

bool evidence_is_case(const char *path);
/*
 * W is all zero before, but for what is said to be set, and given to evidence_release() afterwards, whatever is returned; bytes live in the arena. Sets
 * the command's time to the case's, unless --at was given. ERR_INVALID: what the caller wrote is wrong.
 */
int evidence_gather(struct cli *c, const char *path, struct evidence *w, struct err *e) MUST_CHECK;
/* EVIDENCE is a struct evidence; the document of a trace borrows from its policy. */
void evidence_release(void *evidence);
