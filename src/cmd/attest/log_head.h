/* SPDX-License-Identifier: Apache-2.0 */
/* The signed head of a log, and the tree of all its leaves held against it. */
#pragma once

#include "cmd/attest/cli.h"
#include "tlog/checkpoint.h"

/* Parses NOTE into HEAD; *JUDGED once it could be read. Refused when KEY did not sign it. */
enum cli_exit log_head_take(struct cli *c, struct bytes note, struct bytes key,
    struct checkpoint *head, bool *judged);
/*
 * TREE has the leaves that HEAD, of NOTE, says; and with --since FILE everything under that older checkpoint is the
 * beginning of them. --out FILE keeps the proof of that (tlog/growth.h).
 */
enum cli_exit log_head_check(struct cli *c, const struct tlog_tree *tree, struct bytes note,
    const struct checkpoint *head, struct bytes key);
