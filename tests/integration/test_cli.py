# SPDX-License-Identifier: Apache-2.0
"""attest as people and scripts meet it: the documents of docs/cli.md, exit codes, one JSON document whatever happens."""

import json
import pathlib
import re
import sys

from daemon import Daemon, ROOT, Tap, equal, true


def members(document, *names, optional=()):
	"""DOCUMENT has exactly these members, OPTIONAL ones perhaps."""
	seen = set(document)
	true(set(names) <= seen, f"missing {set(names) - seen}")
	true(seen <= set(names) | set(optional), f"unexpected {seen - set(names) - set(optional)}")


CHECK = ("id", "stage", "outcome", "seen", "wanted", "source", "remedy")


class Story:
	def __init__(self, daemon):
		self.d = daemon
		self.root = f"{daemon.state}/evidence-root"
		self.quote = daemon.dir / "quote.bin"
		self.runtime = daemon.dir / "runtime.json"
		self.runtime.write_text('{"role":"cli"}', encoding="utf-8")
		self.token_path = daemon.dir / "token.jwt"

	def synth(self, out, *args, kind="SgxEnclave", exit_code=0):
		return self.d.attest("evidence", "synth", "--type", kind, "--root", self.root, *args, "--out", out,
			exit_code=exit_code)


def cases(story):
	d = story.d

	def discover_and_certs_are_the_servers_documents():
		equal(d.attest("discover"), d.get("/.well-known/openid-configuration").json(), "discovery")
		equal(d.attest("certs"), d.get("/certs").json(), "certs")

	def synth_and_request_give_a_token():
		made = story.synth(story.quote, "--runtime-json", story.runtime)
		members(made, "type", "out", "root", "size", "runtime_bound", "check")
		equal(made["check"], None, "check")
		answer = d.attest("request", "--type", "SgxEnclave", story.quote, "--runtime-json", story.runtime,
			"--nonce", "n1")
		members(answer, "token", "trace_id", "trace_key", "claims")
		equal(answer["claims"]["x-ms-runtime"], {"role": "cli"}, "runtime claims")
		story.token, story.claims = answer["token"], answer["claims"]
		story.token_path.write_text("\n " + answer["token"] + "\n", encoding="utf-8")

	def without_json_request_prints_the_token_and_a_newline():
		done = d.run_attest("request", "--type", "SgxEnclave", story.quote, "--runtime-json", story.runtime)
		true(re.fullmatch(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\n", done.stdout), "one token, one newline")

	def token_show_trusts_nothing():
		document = d.attest("token", "show", story.token_path)
		members(document, "trusted", "header", "claims")
		equal(document["trusted"], False, "trusted")
		equal(document["claims"], story.claims, "claims")

	def token_verify_has_its_checks():
		document = d.attest("token", "verify", story.token_path, "--issuer", d.url, "--type", "sgx",
			"--nonce", "n1", "--max-age", "600")
		members(document, "verdict", "checks", "header", "claims")
		equal(document["verdict"], "accepted", "verdict")
		for check in document["checks"]:
			members(check, *CHECK, optional=("note",))

	def token_verify_works_offline_with_cached_keys_only():
		equal(d.attest("token", "verify", story.token_path, "--issuer", d.url, "--offline")["verdict"],
			"accepted", "verdict")
		document = d.attest("token", "verify", story.token_path, "--issuer", "https://localhost:1", "--offline",
			exit_code=3)
		equal(document["error"]["code"], "missing", "code")

	def every_expectation_refuses_by_its_own_check():
		expect = d.dir / "expect.yaml"
		for check, args, text in (
			("token.issuer", ("--issuer", "https://other.example", "--jwks", jwks()), None),
			("token.type", ("--issuer", d.url, "--type", "tdxvm"), None),
			("token.nonce", ("--issuer", d.url, "--nonce", "n2"), None),
			("token.age", ("--issuer", d.url, "--max-age", "10", "--at", story.claims["iat"] + 30), None),
			("token.expired", ("--issuer", d.url, "--at", story.claims["exp"] + 61), None),
			("token.not_yet_valid", ("--issuer", d.url, "--at", story.claims["nbf"] - 61), None),
			("token.expected", ("--issuer", d.url, "--expect", expect), "claims: {x-ms-sgx-svn: 7}"),
			("token.policy_hash", ("--issuer", d.url, "--expect", expect), "policy_hash: other"),
			("token.expected", ("--issuer", d.url, "--expect", expect), "claims: {absent: [1, 2]}"),
		):
			if text is not None:
				expect.write_text(text, encoding="utf-8")
			document = d.attest("token", "verify", story.token_path, *args, exit_code=1)
			equal([c["id"] for c in document["checks"] if c["outcome"] == "fail"], [check], "checks that failed")

	def jwks():
		path = d.dir / "jwks.json"
		path.write_bytes(d.get("/certs").body)
		return path

	def times_are_judged_with_a_leeway_of_a_minute():
		for at in (story.claims["exp"] + 59, story.claims["nbf"] - 60):
			d.attest("token", "verify", story.token_path, "--issuer", d.url, "--at", at)

	def an_expectation_with_an_unknown_key_is_an_error_of_usage():
		expect = d.dir / "expect.yaml"
		expect.write_text("claim: {a: 1}", encoding="utf-8")
		d.attest("token", "verify", story.token_path, "--issuer", d.url, "--expect", expect, exit_code=2)

	def a_list_in_an_expectation_means_any_of_it():
		expect = d.dir / "expect.yaml"
		expect.write_text("type: SgxEnclave\nclaims:\n  x-ms-sgx-svn: [1, 2]\n  x-ms-sgx-is-debuggable: false\n",
			encoding="utf-8")
		d.attest("token", "verify", story.token_path, "--issuer", d.url, "--expect", expect)

	def policy_get_is_verified_and_hashes_agree():
		reader = d.dir / "reader.jwt"
		reader.write_text(d.attest("dev", "token", "--state", d.state)["token"], encoding="utf-8")
		document = d.attest("policy", "get", "--type", "SgxEnclave", "--token-file", reader)
		members(document, "token", "policy", "policy_jws", "signed", "policy_hash", "policy_token_hash")
		equal(document["policy_hash"], story.claims["x-ms-policy-hash"], "hash in the token")
		text = d.dir / "default.policy"
		text.write_text(document["policy"], encoding="utf-8")
		hashes = d.attest("policy", "hash", text)
		members(hashes, "policy_hash", "policy_token_hash")
		equal(hashes["policy_hash"], document["policy_hash"], "hash of the text")
		equal(hashes["policy_token_hash"], document["policy_token_hash"], "hash of the JWS")

	def policy_get_without_a_token_is_refused():
		equal(d.attest("policy", "get", "--type", "SgxEnclave", exit_code=1)["error"]["code"], "Unauthorized", "code")

	def evidence_show_names_fields_as_the_manifests_do():
		document = d.attest("evidence", "show", story.quote)
		members(document, "sha256", "quote", "measurements", "qe", "pck")
		equal(document["measurements"]["mrenclave"], story.claims["x-ms-sgx-mrenclave"], "mrenclave")
		report = d.dir / "report.bin"
		story.synth(report, kind="OpenEnclave")
		true("Open Enclave" in d.attest("evidence", "show", report)["quote"]["format"], "format")
		d.attest("evidence", "show", story.runtime, exit_code=3)

	def appraise_prints_the_trace():
		trace = d.attest("evidence", "appraise", "--type", "SgxEnclave", story.quote, "--runtime-json", story.runtime,
			"--collateral", f"{story.root}/collateral", "--trust-root", f"{story.root}/root.pem")
		equal(trace["format"], "attest-trace/1", "format")
		equal(trace["verdict"], "accepted", "verdict")
		true(any("root.pem" in note for note in trace["notes"]), "the trace says that a root was added")

	def without_the_root_nothing_is_accepted():
		trace = d.attest("evidence", "appraise", "--type", "SgxEnclave", story.quote,
			"--collateral", f"{story.root}/collateral", exit_code=1)
		equal([c["id"] for c in trace["checks"] if c["outcome"] == "fail"], ["sgx.pck.root.pinned"], "check")

	def a_status_is_tolerated_for_this_run_alone():
		old = d.dir / "old.bin"
		story.synth(old, "--set", "tcb_status=OutOfDate")
		args = ("evidence", "appraise", "--type", "SgxEnclave", old, "--collateral", f"{story.root}/collateral",
			"--trust-root", f"{story.root}/root.pem")
		trace = d.attest(*args, exit_code=1)
		equal([c["id"] for c in trace["checks"] if c["outcome"] == "fail"], ["sgx.tcb.status"], "check")
		d.attest(*args, "--tolerate", "OutOfDate")
		d.attest(*args, "--tolerate", "Revoked", exit_code=2)

	def a_policy_is_evaluated_on_top():
		policy = d.dir / "deny.policy"
		policy.write_text('version=1.0;authorizationrules{[type=="x-ms-sgx-svn", value>=5] => permit();};',
			encoding="utf-8")
		trace = d.attest("evidence", "appraise", "--type", "SgxEnclave", story.quote,
			"--collateral", f"{story.root}/collateral", "--trust-root", f"{story.root}/root.pem",
			"--policy", policy, exit_code=1)
		equal([c["id"] for c in trace["checks"] if c["outcome"] == "fail"], ["policy.permit"], "check")

	def damage_is_listed_and_found_by_the_check_it_names():
		listed = d.attest("evidence", "synth", "--damage", "list")
		for entry in listed:
			members(entry, "name", "type", "check", "stage")
		wanted = {"sgx.quote.signature", "sgx.qe.report_data", "collateral.tcb_info.signature",
			"collateral.root_crl.expired", "sgx.pck.leaf.revoked"}
		chosen = {e["check"]: e for e in listed if e["check"] in wanted and e["type"] == "SgxEnclave"}
		equal(set(chosen), wanted, "checks that some damage ends at")
		bad = d.dir / "bad.bin"
		root = d.dir / "damaged-root"
		for check, entry in chosen.items():
			folder = d.dir / f"case-{check}"
			made = d.attest("evidence", "synth", "--type", "SgxEnclave", "--root", root, "--damage", entry["name"],
				"--case", folder, "--out", bad)
			equal(made["check"], check, "check")
			code = 1 if check.startswith("sgx.") else 3
			for args in ((folder,), ("--type", "SgxEnclave", bad, "--collateral", root / "collateral",
				"--trust-root", root / "root.pem")):
				trace = d.attest("evidence", "appraise", *args, exit_code=code)
				equal([c["id"] for c in trace["checks"] if c["outcome"] == "fail"], [check], "check that failed")
		good = d.dir / "good.bin"
		d.attest("evidence", "synth", "--type", "SgxEnclave", "--root", root, "--out", good)
		d.attest("evidence", "appraise", "--type", "SgxEnclave", good, "--collateral", root / "collateral",
			"--trust-root", root / "root.pem")

	def a_refusal_is_explained_to_its_submitter():
		bad = d.dir / "bad.bin"
		entry = next(e for e in d.attest("evidence", "synth", "--damage", "list") if e["check"] == "sgx.quote.signature")
		story.synth(bad, "--damage", entry["name"])
		refused = d.attest("request", "--type", "SgxEnclave", bad, exit_code=1)
		members(refused, "trace_id", "trace_key", "check", "error")
		equal(refused["check"], "sgx.quote.signature", "check")
		trace = d.attest("explain", refused["trace_id"], "--key", refused["trace_key"])
		equal([c["id"] for c in trace["checks"] if c["outcome"] == "fail"], ["sgx.quote.signature"], "check")

	def log_is_shown_verified_and_proved():
		auditor = d.dir / "auditor.jwt"
		auditor.write_text(d.attest("dev", "token", "--state", d.state, "--role", "auditor")["token"], encoding="utf-8")
		shown = d.attest("log", "show", "--token-file", auditor)
		members(shown, "records")
		true(any(r["record"]["kind"] == "token" for r in shown["records"]), "a token is recorded")
		key = f"{d.state}/log/log.vkey"
		verified = d.attest("log", "verify", "--log-key", key, "--token-file", auditor)
		members(verified, "verdict", "tree_size", "records_checked", "log_key_pinned")
		equal(verified["log_key_pinned"], True, "pinned")
		proof = d.dir / "proof.json"
		proved = d.attest("log", "prove", story.claims["jti"], "--token", story.token_path, "--out", proof)
		members(proved, "verdict", "leaf_index", "tree_size", "log_key_pinned", "checks", "token_matches")
		d.attest("log", "prove", story.claims["jti"], "--proof", proof, "--log-key", key)
		d.attest("log", "prove", story.claims["jti"], "--log", f"{d.state}/log", "--log-key", key)
		d.attest("log", "prove", "0" * 64, exit_code=1)
		other = d.attest("log", "prove", "0" * 64, "--proof", proof, "--log-key", key, exit_code=1)
		equal(next(c["id"] for c in other["checks"] if c["outcome"] == "fail"), "log.jti", "check")
		other = d.attest("log", "prove", "0" * 64, "--proof", proof, "--log-key", key, "--token", story.token_path,
			exit_code=1)
		equal(next(c["id"] for c in other["checks"] if c["outcome"] == "fail"), "log.jti", "check")

	def a_log_that_has_grown_is_told_from_one_that_was_rewritten():
		kept, growth, other = d.dir / "kept", d.dir / "growth", d.dir / "other"
		key = f"{d.state}/log/log.vkey"
		kept.write_bytes(d.get("/attestd/log/checkpoint").body)
		for _ in range(3):
			d.attest("request", "--type", "SgxEnclave", story.quote, "--runtime-json", story.runtime)
		done = d.attest("log", "verify", "--log-key", key, "--since", kept, "--out", growth)
		equal(done["growth"]["verdict"], "accepted", "growth")
		done = d.attest("log", "verify", "--log", f"{d.state}/log", "--log-key", key, "--since", kept)
		equal(done["growth"]["verdict"], "accepted", "growth")
		head = kept.read_text("utf-8").splitlines()
		true(growth.read_text("utf-8").startswith(f"old {head[1]}\n"), "the first line of the proof")
		other.write_text(kept.read_text("utf-8").replace(head[2], "A" * 43 + "="), "utf-8")
		refused = d.attest("log", "verify", "--log-key", key, "--since", other, exit_code=1)
		equal(next(c["id"] for c in refused["growth"]["checks"] if c["outcome"] == "fail"), "log.checkpoint", "check")

	def a_changed_log_is_found():
		copy = d.dir / "copy"
		copy.mkdir()
		for path in pathlib.Path(d.state, "log").iterdir():
			if path.is_file():
				(copy / path.name).write_bytes(path.read_bytes())
		segment = next(copy.glob("*.seg"))
		raw = bytearray(segment.read_bytes())
		raw[64 + 36 + 20] ^= 1
		segment.write_bytes(raw)
		equal(d.attest("log", "verify", "--log", copy, "--log-key", copy / "log.vkey", exit_code=1)["verdict"],
			"refused", "verdict")

	def doctor_finds_nothing_wrong():
		document = d.attest("doctor")
		members(document, "instance", "findings")
		true(all(f["outcome"] in ("ok", "warn") for f in document["findings"]), "findings")

	def usage_is_2_and_still_one_document():
		for args in (("token",), ("no-such",), ("token", "verify", story.token_path), ("request", story.quote),
			("discover", "--no-such"), ("log", "prove", "short"), ("certs", "--at", "yesterday")):
			done = d.run_attest(*args, "--json")
			equal(done.returncode, 2, f"exit of {args}")
			json.loads(done.stdout)

	def every_command_has_help_and_stands_in_the_documentation():
		text = (ROOT / "docs/cli.md").read_text("utf-8")
		lines = d.run_attest("--help").stdout.decode().split("\n\n")[2].split("\n")
		names = [re.match(r"  (\S+(?: [a-z]+)?)  ", line).group(1).strip() for line in lines if line.startswith("  ")]
		true(len(names) >= 16, "all commands are listed")
		for name in names:
			done = d.run_attest(*name.split(), "--help")
			equal(done.returncode, 0, f"{name} --help")
			wide = [line for line in done.stdout.decode().splitlines() if len(line) > 79]
			equal(wide, [], f"lines of {name} --help that are wider than a terminal")
			true(name in text, f"docs/cli.md speaks of {name}")

	return [value for value in list(locals().values()) if callable(value) and value.__name__ != "jwks"]


def main():
	tap = Tap()
	with Daemon() as daemon:
		for case in cases(Story(daemon)):
			tap.case(case)
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
