# SPDX-License-Identifier: Apache-2.0
"""Real quotes of real machines through the whole service, with Intel's own collateral of their time: the daemon's clock is
set to the time of the recorded case. And the tokens that Azure Attestation issued, judged by the command line."""

import base64
import json
import os
import pathlib
import re
import sys

from daemon import Daemon, ROOT, Tap, equal, tap_skip_all, true

VECTORS = pathlib.Path(os.environ.get("ATTEST_VECTORS") or ROOT.parent / "shared" / "vectors")
TOLERATED = {"UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"}


def b64(raw):
	return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(part):
	return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def case_of(quote_id):
	rows = json.loads((VECTORS / "sgx/MANIFEST.json").read_text("utf-8"))["quotes"]
	return next(row for row in rows if row["id"] == quote_id)


def collateral_folder(folder, case):
	"""The files of the case and nothing else, by link."""
	folder.mkdir()
	for name in ("tcb_info", "qe_identity", "root_ca_crl", "pck_crl", "tcb_signing_chain"):
		path = VECTORS / case["collateral"][name]
		(folder / (name + path.suffix)).symlink_to(path)
	return folder


def attest_real(tap, quote_id, wanted_status, tmp):
	row = case_of(quote_id)
	case = next(c for c in row["cases"] if c["expected"].get("tcb_status") == wanted_status)
	quote = (VECTORS / row["files"]["quote"]).read_bytes()
	folder = collateral_folder(tmp / quote_id, case)
	with Daemon("--at", case["verification_time"], "--collateral", str(folder)) as daemon:
		answer = daemon.post("/attest/SgxEnclave?api-version=2020-10-01", {"quote": b64(quote)})

		def real_quote_is_judged_as_its_manifest_says():
			if wanted_status in TOLERATED:
				equal(answer.status, 200, "status")
			else:
				equal(answer.status, 400, "status")
				equal(answer.json()["error"]["innererror"]["check"], "sgx.tcb.status", "check")

		def trace_has_the_status_advisories_and_dates_of_the_manifest():
			trace = daemon.get(f"/attestd/traces/{answer.headers['x-attest-trace-id']}").json()
			for name, member in (("tcb_status", "tcb_status"), ("tcb_date", "tcb_date"),
				("tcb_evaluation_number", "tcbEvaluationDataNumber")):
				equal(trace["appraisal"][name], case["expected"][member], name)
			equal(sorted(trace["appraisal"]["advisory_ids"]), sorted(case["expected"]["advisory_ids"]), "advisories")

		def token_says_what_the_quote_says():
			token = answer.json()["token"]
			claims = decode(token.split(".")[1])
			equal(claims["x-ms-sgx-mrenclave"], row["expected_measurements"]["mrenclave"], "mrenclave")
			equal(claims["x-ms-sgx-report-data"], row["expected_measurements"]["reportdata"], "report data")
			true("attest-dev" not in claims, "a real quote gives no dev token")
			path = daemon.dir / "token.jwt"
			path.write_text(token, encoding="utf-8")
			equal(daemon.attest("token", "verify", path, "--issuer", daemon.url, "--type", "SgxEnclave",
				"--at", case["verification_time"])["verdict"], "accepted", "verdict")
			equal(daemon.attest("log", "prove", claims["jti"], "--token", path)["verdict"], "accepted", "proof")

		tap.case(real_quote_is_judged_as_its_manifest_says)
		tap.case(trace_has_the_status_advisories_and_dates_of_the_manifest)
		if wanted_status in TOLERATED:
			tap.case(token_says_what_the_quote_says)


def recorded_tokens(tap, daemon):
	jwks = VECTORS / "maa/certs/recorded-certs-2022-11.json"
	paths = sorted((VECTORS / "maa/tokens").glob("*.jwt"))

	def verify(text, exit_code):
		header, payload, _ = text.split(".")
		claims = decode(payload)
		path = daemon.dir / "recorded.jwt"
		path.write_text(text, encoding="utf-8")
		return daemon.attest("token", "verify", path, "--issuer", claims["iss"], "--jwks", jwks,
			"--at", claims.get("nbf", claims.get("iat")), exit_code=exit_code)

	def signed_tokens():
		return [p for p in paths if p.name.startswith("recorded-") and p.name != "recorded-oe-draft-policy.jwt"]

	def attestation_tokens_of_azure_attestation_are_accepted():
		signed = [p for p in signed_tokens() if re.match("recorded-(sgx|oe)-", p.name)]
		equal(len(signed), 3, "attestation tokens")
		for path in signed:
			equal(verify(path.read_text("ascii").strip(), 0)["verdict"], "accepted", path.name)

	def its_policy_and_certificate_tokens_verify_and_are_of_another_kind():
		others = [p for p in signed_tokens() if not re.match("recorded-(sgx|oe)-", p.name)]
		equal(len(others), 17, "other tokens")
		for path in others:
			document = verify(path.read_text("ascii").strip(), 1)
			equal([c["id"] for c in document["checks"] if c["outcome"] == "fail"], ["token.kind"], path.name)

	def draft_token_is_refused():
		document = verify((VECTORS / "maa/tokens/recorded-oe-draft-policy.jwt").read_text("ascii").strip(), 1)
		equal(document["verdict"], "refused", "verdict")

	def tokens_without_keys_cannot_be_judged():
		others = [p for p in paths if not p.name.startswith("recorded-")]
		equal(len(others), 3, "tokens of other services")
		for path in others:
			equal(verify(path.read_text("ascii").strip(), 3)["verdict"], "undecided", path.name)

	def a_changed_byte_of_any_part_is_refused():
		parts = (VECTORS / "maa/tokens/recorded-sgx-simple.jwt").read_text("ascii").strip().split(".")
		claims = decode(parts[1])
		for which in range(3):
			raw = bytearray(base64.urlsafe_b64decode(parts[which] + "=" * (-len(parts[which]) % 4)))
			raw[len(raw) // 3] ^= 1
			changed = [b64(bytes(raw)) if i == which else p for i, p in enumerate(parts)]
			path = daemon.dir / "changed.jwt"
			path.write_text(".".join(changed), encoding="utf-8")
			daemon.attest("token", "verify", path, "--issuer", claims["iss"], "--jwks", jwks,
				"--at", claims["nbf"], exit_code=1)

	for case in (attestation_tokens_of_azure_attestation_are_accepted,
		its_policy_and_certificate_tokens_verify_and_are_of_another_kind, draft_token_is_refused,
		tokens_without_keys_cannot_be_judged, a_changed_byte_of_any_part_is_refused):
		tap.case(case)


def main():
	if not (VECTORS / "sgx/MANIFEST.json").is_file():
		tap_skip_all(f"no vectors in {VECTORS}")
		return 0
	tap = Tap()
	with Daemon() as daemon:
		recorded_tokens(tap, daemon)
		attest_real(tap, "phala_sgx", "ConfigurationAndSWHardeningNeeded", daemon.dir)
		attest_real(tap, "azure_sample_intelsdk_debug", "OutOfDate", daemon.dir)
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
