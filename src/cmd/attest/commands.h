/* SPDX-License-Identifier: Apache-2.0 */
/* Every subcommand, each in the file of its group. */
#pragma once

#include "cmd/attest/cli.h"

extern const struct cli_command certs_command;
extern const struct cli_command dev_token_command;
extern const struct cli_command discover_command;
extern const struct cli_command doctor_command;
extern const struct cli_command evidence_appraise_command;
extern const struct cli_command evidence_show_command;
extern const struct cli_command evidence_synth_command;
extern const struct cli_command explain_command;
extern const struct cli_command gate_command;
extern const struct cli_command log_prove_command;
extern const struct cli_command log_show_command;
extern const struct cli_command log_verify_command;
extern const struct cli_command policy_get_command;
extern const struct cli_command policy_hash_command;
extern const struct cli_command request_command;
extern const struct cli_command token_show_command;
extern const struct cli_command token_verify_command;
