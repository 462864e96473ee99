/* SPDX-License-Identifier: Apache-2.0 */
/* The log read from a folder (STATE/log): by its operator, or from a copy. Nothing in it is written. */
#pragma once

#include "cmd/attest/log_source.h"

enum cli_exit log_folder_proof(struct cli *c, const char *dir, const char *jti,
    struct bytes *bundle);
enum cli_exit log_folder_key(struct cli *c, const char *dir, struct bytes *key);
enum cli_exit log_folder_records(struct cli *c, const char *dir, uint64_t from, uint64_t count,
    struct json **records);
enum cli_exit log_folder_verify(struct cli *c, const char *dir, struct bytes key,
    struct log_findings *out);
