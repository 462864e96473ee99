# SPDX-License-Identifier: Apache-2.0
"""@phala/dcap-qvl beside attest: the same quotes, collateral and time. Real quotes, single bits of them flipped, and synthetic
evidence with every kind of damage under a root of its own. Each verdict is compared: TCB status and advisories, or refusal. A
difference must have a row in docs/verdict-differences.md, and a row must have a difference."""

import base64
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from datetime import datetime

from daemon import ROOT, Failed, Tap, program, tap_skip_all

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = pathlib.Path(os.environ.get("ATTEST_VECTORS") or ROOT.parent / "shared" / "vectors")
FLIPS = 6


def attest(*args):
	done = subprocess.run([program("attest"), *(str(a) for a in args)], capture_output=True, check=False)
	return done.stdout.decode(errors="replace"), done.returncode


def unix(stamp):
	return int(datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp())


def signed_member(path, name):
	"""The exact text of the member and the signature beside it; empty where the document has none."""
	text = path.read_text("utf-8", errors="replace") if path is not None and path.is_file() else ""
	found = re.search(rf'"{name}"\s*:\s*', text)
	try:
		return text[found.end():json.JSONDecoder().raw_decode(text, found.end())[1]], json.loads(text)["signature"]
	except (AttributeError, KeyError, ValueError):
		return "", ""


def crl_hex(path):
	if path is None or not path.is_file():
		return ""
	raw = path.read_bytes()
	pem = re.search(rb"-----BEGIN X509 CRL-----(.*?)-----END", raw, re.S)
	return (base64.b64decode(pem[1]) if pem else raw).hex()


def collateral_of(files):
	tcb_info, tcb_signature = signed_member(files.get("tcb_info"), "tcbInfo")
	identity, identity_signature = signed_member(files.get("qe_identity"), "enclaveIdentity")
	chain = files.get("tcb_signing_chain")
	chain = chain.read_text("utf-8", errors="replace") if chain is not None and chain.is_file() else ""
	return {"tcb_info": tcb_info, "tcb_info_signature": tcb_signature, "tcb_info_issuer_chain": chain,
		"qe_identity": identity, "qe_identity_signature": identity_signature, "qe_identity_issuer_chain": chain,
		"root_ca_crl": crl_hex(files.get("root_ca_crl")), "pck_crl": crl_hex(files.get("pck_crl")),
		"pck_crl_issuer_chain": ""}


def ours(out):
	"""A trace, as the library would say it: it tolerates every status but Revoked."""
	trace = json.loads(out)
	appraisal = trace.get("appraisal") or {}
	status = appraisal.get("tcb_status")
	if trace["verdict"] == "accepted" or (trace["failed"] == "sgx.tcb.status" and status != "Revoked"):
		return {"status": status, "advisories": sorted(appraisal["advisory_ids"])}
	return {"refused": trace["failed"]}


def first(folder, pattern):
	return next(iter(sorted(folder.glob(pattern))), None)


def synthetic_rows(tmp):
	listed, code = attest("evidence", "synth", "--type", "SgxEnclave", "--damage", "list")
	if code != 0:
		raise Failed("the kinds of damage cannot be listed")
	damages = sorted({l.split()[0] for l in listed.splitlines() if " SgxEnclave " in l})
	for damage in [None, *damages]:
		case = tmp / f"case-{damage}"
		_, code = attest("evidence", "synth", "--type", "SgxEnclave", "--root", tmp / "root",
			*(("--damage", damage) if damage else ()), "--case", case, "--out", tmp / "unused.bin")
		if code != 0:
			raise Failed(f"no evidence with damage {damage}")
		said = json.loads((case / "case.json").read_text("utf-8"))
		folder = case / "collateral"
		root = re.sub(r"-----[A-Z ]+-----|\s", "", (case / "root.pem").read_text("utf-8"))
		out, _ = attest("evidence", "appraise", case, "--json")
		yield {"id": f"dcap-qvl/{damage or 'sound'}", "quote": str(case / "evidence.bin"), "at": unix(said["at"]),
			"root": root, "collateral": collateral_of({"tcb_info": first(folder, "tcb-info-*.json"),
				"qe_identity": first(folder, "qe-identity*"), "tcb_signing_chain": first(folder, "tcb-signing-chain*"),
				"root_ca_crl": first(folder, "root-ca*.crl"), "pck_crl": first(folder, "pck-platform*.crl")})}, ours(out)


def real_row(name, quote, case):
	files = {key: VECTORS / path for key, path in case["collateral"].items() if isinstance(path, str)}
	used = [f for key in ("tcb_info", "qe_identity", "root_ca_crl", "pck_crl", "tcb_signing_chain")
		if key in files for f in ("--collateral", files[key])]
	out, _ = attest("evidence", "appraise", "--type", "SgxEnclave", quote, *used, "--at", case["verification_time"], "--json")
	return {"id": name, "quote": str(quote), "at": unix(case["verification_time"]), "root": None,
		"collateral": collateral_of(files)}, ours(out)


def real_rows(tmp):
	"""Each case of each real quote, and its first case with bits flipped."""
	for row in json.loads((VECTORS / "sgx/MANIFEST.json").read_text("utf-8"))["quotes"]:
		quote = VECTORS / row["files"]["quote"]
		raw = quote.read_bytes()
		cases = [case for case in row["cases"] if isinstance(case["collateral"], dict)]
		for index, case in enumerate(cases):
			yield real_row(f"dcap-qvl/{row['id']}#{index}", quote, case)
		dice = random.Random(row["id"])
		for at in sorted(dice.sample(range(min(len(raw), row.get("quote_length", len(raw)))), FLIPS)) if cases else ():
			changed = bytearray(raw)
			changed[at] ^= 1 << dice.randrange(8)
			path = tmp / f"{row['id']}-{at}.bin"
			path.write_bytes(changed)
			yield real_row(f"dcap-qvl/{row['id']}@{at}", path, cases[0])


def explained():
	text = (ROOT / "docs/verdict-differences.md").read_text("utf-8")
	return set(re.findall(r"(?m)^\| `(dcap-qvl/[^`]*)` \|", text))


def main():
	if not (HERE.parent / "node_modules/@phala/dcap-qvl").is_dir():
		tap_skip_all("the library is not installed: npm ci in tests/")
		return 0
	if not (VECTORS / "sgx/MANIFEST.json").is_file():
		tap_skip_all(f"no test vectors at {VECTORS}")
		return 0
	tap = Tap()
	with tempfile.TemporaryDirectory() as name:
		tmp = pathlib.Path(name)
		rows = [*synthetic_rows(tmp), *real_rows(tmp)]
		given = tmp / "given.json"
		given.write_text(json.dumps([row for row, _ in rows]), encoding="utf-8")
		done = subprocess.run(["node", str(HERE / "dcap_qvl.mjs"), str(given)], capture_output=True, check=True, timeout=300)
	theirs = json.loads(done.stdout)
	known, seen, same = explained(), set(), []

	for row, verdict in rows:
		other = theirs[row["id"]]
		if ("refused" in verdict and "refused" in other) or verdict == other:
			same.append(row["id"])
		else:
			seen.add(row["id"])
			print(f"# {row['id']}: ours {json.dumps(verdict)}, theirs {json.dumps(other)}")
	accepted = sum("refused" not in verdict for _, verdict in rows)
	print(f"# {len(rows)} rows, {accepted} with a status, {len(same)} agree, {len(seen)} differ")

	def every_difference_has_its_row():
		if seen - known:
			raise Failed(f"no row in docs/verdict-differences.md: {', '.join(sorted(seen - known))}")

	def every_row_has_its_difference():
		if known - seen:
			raise Failed(f"no such difference: {', '.join(sorted(known - seen))}")

	def both_say_yes_and_no():
		if not 10 <= accepted <= len(rows) - 50:
			raise Failed(f"{accepted} of {len(rows)} rows have a status")

	tap.case(every_difference_has_its_row)
	tap.case(every_row_has_its_difference)
	tap.case(both_say_yes_and_no)
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
