/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/commands.h"

const struct cli_command *const cli_commands[] = {
	&discover_command,
	&certs_command,
	&request_command,
	&token_show_command,
	&token_verify_command,
	&policy_get_command,
	&policy_hash_command,
	&evidence_show_command,
	&evidence_appraise_command,
	&evidence_synth_command,
	&explain_command,
	&log_show_command,
	&log_verify_command,
	&log_prove_command,
	&gate_command,
	&dev_token_command,
	&doctor_command,
};
const size_t cli_command_count = COUNT_OF(cli_commands);
