/* SPDX-License-Identifier: Apache-2.0 */
/* Where the log is read from: the service that --instance names, a log folder (--log DIR), or a kept proof (--proof). */
#pragma once

#include "cmd/attest/cli.h"

/* The proof document of tlog/bundle.h for this jti. */
enum cli_exit log_source_proof(struct cli *c, const char *jti, struct bytes *bundle);
/* The log's verifier key (tlog/checkpoint.h). *PINNED: the caller gave it; else it is the source's own word. */
enum cli_exit log_source_key(struct cli *c, struct bytes *key, bool *pinned);
/* Records of the instance, or all of a folder, as a JSON array in the order of the log. */
enum cli_exit log_source_records(struct cli *c, struct json **records);

struct log_findings {
	bool judged; /* the log was read; the exit code is about it */
	bool pinned;
	uint64_t size, records;
};

/* Leaves ▸ root ▸ signed head, and records ▸ leaves where records can be read. */
enum cli_exit log_source_verify(struct cli *c, struct log_findings *out);
