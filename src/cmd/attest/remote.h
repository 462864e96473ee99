/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the service that --instance names, as the subcommands make them. */
#pragma once

#include "client/call.h"
#include "cmd/attest/cli.h"
#include "jose/jwk.h"

/* --instance, --ca and the bearer token of --token-file. CLI_OK or the exit code after the error was said. */
enum cli_exit remote_target(struct cli *c, struct client_target *to);
/* An answer with its status 200 and a JSON body, or the exit code after the error was said. */
enum cli_exit remote_get(struct cli *c, const char *path, struct client_answer *out);
/* Says what a status other than 200 means and gives the exit code: 400 refused, 503 and 429 undecided, … */
enum cli_exit remote_refused(struct cli *c, const struct client_answer *answer);
/* The JWKS of ISSUER (client/discovery.h), raw text in the arena. */
enum cli_exit remote_jwks(struct cli *c, const char *issuer, struct bytes *jwks);
