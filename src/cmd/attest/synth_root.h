/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A synthetic root as a folder: root.pem, root-keys.pem (its private keys), collateral/. While collateral/ holds a damaged
 * case, the clean documents wait in collateral-clean/.
 */
#pragma once

#include "cmd/attest/cli.h"
#include "synth/synth.h"

/* Reads DIR, or makes a new root when DIR has none; collateral that is out of date is issued anew. */
int synth_root_open(struct cli *c, const char *dir, struct synth_root **out, struct err *e)
    MUST_CHECK;
/* Writes keys, root and the collateral that MADE is to be judged with. */
int synth_root_store(const char *dir, const struct synth_root *root, const struct synth_case *made,
    struct err *e) MUST_CHECK;
/* DIR becomes a case folder (product.md 3): case.json, evidence, data, root.pem, collateral/. */
int synth_case_store(struct cli *c, const char *dir, const struct synth_case *made, struct err *e)
    MUST_CHECK;
