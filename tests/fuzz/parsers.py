# SPDX-License-Identifier: Apache-2.0
"""Which fuzz target covers which parser of src/: tests/tools/test_fuzz.py fails when one of them has none.

A parser is a function of a header whose name has one of the verbs below as its last word or words. COVERED names the
target whose file calls it; where the target reaches it through another function, that one stands behind it.
"""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

VERBS = r"(parse|parse_\w+|decode|decode_\w+|read|recv|open|load|next|judge|from_(der|pem|spki|point|rsa|ed25519|raw))"

COVERED = {
	"alg_id_parse": "key",
	"aki_parse": "key",
	"attest_request_parse": "attest_request",
	"authn_judge": "token",
	"authority_failed_parse": "ipc_worker",
	"authority_query_parse": "ipc_authority",
	"b64_decode": "text",
	"b64_decode_arena": "text",
	"cert_parse": "cert",
	"certs_from_pem": ("pck", "pck_chain_parse"),
	"checkpoint_parse": "checkpoint",
	"claims_array_parse": "policy",
	"claims_data_parse": "attest_request",
	"config_load": ("config", "config_parse"),
	"config_parse": "config",
	"crl_parse": "crl",
	"dcap_header_parse": "quote",
	"discovery_document_read": "discovery",
	"discovery_fresh_read": "discovery",
	"dcap_quote_parse": "quote",
	"ecdsa_der_from_raw": "signature",
	"ecdsa_raw_from_der": "signature",
	"expectation_parse": "token",
	"expectation_read": ("token", "expectation_parse"),
	"gate_rules_parse": "gate",
	"hex_decode": "text",
	"jmespath_word_next": "jmespath",
	"json_parse": "json",
	"ipc_recv": "ipc_authority",
	"issue_reply_parse": "ipc_worker",
	"issue_request_parse": "ipc_authority",
	"jwk_parse": "jwk",
	"jwks_parse": "jwk",
	"jws_parse": "jws",
	"jwt_parse_claims": "jws",
	"key_from_ed25519": "key",
	"key_from_point": "key",
	"key_from_rsa": "key",
	"key_from_spki": "key",
	"lexer_next": "policy",
	"listen_address_parse": "config",
	"log_jti_parse": "log_read",
	"log_key_parse": "checkpoint",
	"log_range_parse": "log_read",
	"log_records_next": "log_read",
	"log_tile_parse": "log_read",
	"master_key_load": "sealed",
	"log_growth_judge": ("checkpoint", "tlog_growth_parse"),
	"log_proof_judge": ("bundle", "tlog_bundle_parse"),
	"message_decode": "message",
	"oe_claims_next": "oe",
	"oe_claims_parse": "oe",
	"oe_evidence_parse": "oe",
	"oe_report_parse": "oe",
	"oe_sgx_body_parse": "oe",
	"parser_next": ("policy", "policy_parse"),
	"pck_chain_parse": "pck",
	"pck_ext_parse": "pck",
	"pem_next": "pem",
	"policy_grammar_parse": ("policy", "policy_parse"),
	"policy_parse": "policy",
	"policy_parse_as": "policy",
	"possession_judge": "possession",
	"privkey_from_der": "key",
	"privkey_from_pem": "key",
	"qe_identity_parse": "qe_identity",
	"refused_note_parse": "ipc_authority",
	"role_parse": "message",
	"seal_open": "sealed",
	"sealed_key_open": "sealed",
	"segment_frame_parse": "record",
	"segment_name_parse": "record",
	"segment_next": "record",
	"settings_parse": "settings",
	"sgx_quote_parse": "quote",
	"sgx_report_parse": "quote",
	"sig_alg_parse": "key",
	"signed_json_parse": "qe_identity",
	"snapshot_parse": "snapshot",
	"stamp_parse": "text",
	"tcb_info_parse": "tcb_info",
	"tcb_status_parse": "qe_identity",
	"tlog_bundle_parse": "bundle",
	"tlog_growth_parse": "checkpoint",
	"tlog_record_parse": "record",
	"token_judge": "token",
	"url_parse": "message",
	"utf8_next": "text",
	"yaml_parse": "yaml",
}

# What is no parser of foreign bytes, or reads nothing but what its caller has parsed.
EXEMPT = {
	"attestation_judge": "takes what attest_request_parse() has read; what it runs has targets of its own",
	"cache_read": "files of the caller's own cache folder; jwks_parse() reads them",
	"cli_read": "opens the file that an argument names, and gives its bytes",
	"gate_judge": "takes what net/mhd.c has read; token_judge() reads the token",
	"der_open": "writes",
	"dev_state_open": "opens a folder",
	"file_read": "opens a file, and gives its bytes",
	"folder_open": "opens a folder",
	"key_cache_read": "gives what is at hand; jwks_parse() has read it",
	"ledger_open": "opens a folder of segments; segment_next() reads them",
	"ledger_read": "opens a segment; segment_frame_parse() reads it",
	"listen_open": "opens a socket",
	"server_sign_next": "signs a queued job",
	"state_open": "opens store, keys and log",
	"store_open": "opens a database; SQLite reads it",
	"supervise_child_parse": "the numbers of descriptors, from the parent of the same program",
	"synth_root_load": "test evidence's own folder; of programs that may hold synth/ only",
	"synth_root_open": "as synth_root_load()",
	"synth_type_parse": "one of two words, on the command line",
	"token_rules_judge": "takes the claims that token_judge() has read",
	"trace_judge": "records a check",
	"traces_read": "finds a stored trace; trace_cut() reads it",
}

# Further arguments of libFuzzer.
OPTIONS = {
	"config": ["max_len=8192"], "json": ["max_len=8192"], "yaml": ["max_len=2048"],
}

MAX_CORPUS_BYTES = 80000  # of one target, its seeds and findings aside


def declared():
	"""{name: header} of all parsers that a header of src/ declares."""
	out = {}
	for h in sorted((ROOT / "src").rglob("*.h")):
		text = re.sub(r"/\*.*?\*/", "", h.read_text(encoding="utf-8"), flags=re.DOTALL)
		for m in re.finditer(rf"(?m)^(?!typedef|static)[a-z][\w \t*]*?\b(\w+_{VERBS})\(", text):
			out[m.group(1)] = h.relative_to(ROOT).as_posix()
	return out


def target_of(name):
	where = COVERED.get(name)
	return where[0] if isinstance(where, tuple) else where


def files_of(target):
	"""The sources whose parsers the target is for."""
	headers = {h for name, h in declared().items() if target_of(name) == target}
	return sorted(f for h in headers for f in [h[:-2] + ".c"] if (ROOT / f).is_file())
