# SPDX-License-Identifier: Apache-2.0
"""The npm library jose beside attest: tokens that it signs, by each algorithm and spoilt in each way, are judged by both; and so
are tokens of the daemon. What one accepts the other accepts, but for one thing: a signature with padding behind it, which RFC
7515 section 2 forbids, is read by jose."""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

from daemon import Daemon, Failed, Tap, equal, program, tap_skip_all, true

HERE = pathlib.Path(__file__).resolve().parent
VARIANTS = 18
ALGORITHMS = 10


def node(*args):
	done = subprocess.run(["node", str(HERE / "jose.mjs"), *(str(a) for a in args)], capture_output=True, check=True, timeout=120)
	return json.loads(done.stdout)


def verdict_of(folder, token, jwks, issuer):
	(folder / "token.jwt").write_text(token, encoding="utf-8")
	(folder / "jwks.json").write_text(json.dumps(jwks), encoding="utf-8")
	done = subprocess.run([program("attest"), "token", "verify", folder / "token.jwt", "--issuer", issuer, "--jwks",
		folder / "jwks.json", "--json"], capture_output=True, check=False)
	try:
		return json.loads(done.stdout)["verdict"]
	except (KeyError, ValueError) as problem:
		raise Failed(f"no verdict: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}") from problem


def compare(made, folder):
	"""Names of tokens that one accepts and the other does not; and how many both accept."""
	differ, accepted = [], 0
	for name, row in made["tokens"].items():
		ours = verdict_of(folder, row["token"], made["jwks"], made["issuer"])
		if name.endswith("signature padded"):
			equal((ours, row["verdict"]), ("refused", "accepted"), name)
			continue
		# Undecided (no such key) is as little a yes as refused is.
		if (ours == "accepted") != (row["verdict"] == "accepted"):
			differ.append(f"{name}: ours {ours}, theirs {row['verdict']}")
		accepted += ours == "accepted"
	return differ, accepted


def spoilt(token):
	head, payload, signature = token.split(".")
	claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
	claims["x-ms-ver"] = "9.9"
	other = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
	flipped = signature[:-4] + ("A" if signature[-4] != "A" else "B") + signature[-3:]
	none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
	return {"good": token, "payload changed": f"{head}.{other}.{signature}", "signature changed": f"{head}.{payload}.{flipped}",
		"signature cut": f"{head}.{payload}.{signature[:-4]}", "no algorithm": f"{none}.{payload}."}


def main():
	if not (HERE.parent / "node_modules/jose").is_dir():
		tap_skip_all("the library is not installed: npm ci in tests/")
		return 0
	tap = Tap()
	made = node("make")

	def tokens_of_jose_have_one_verdict():
		with tempfile.TemporaryDirectory() as folder:
			differ, accepted = compare(made, pathlib.Path(folder))
		print(f"# {len(made['tokens'])} tokens, both accept {accepted}")
		equal(differ, [], "differences")
		equal(len(made["tokens"]), VARIANTS * ALGORITHMS, "tokens")
		equal(accepted, ALGORITHMS, "accepted by both")

	def tokens_of_the_daemon_have_one_verdict():
		with Daemon() as daemon:
			quote = pathlib.Path(daemon.evidence_set()["plainQuote"]).read_bytes()
			answer = daemon.post("/attest/SgxEnclave?api-version=2020-10-01",
				{"quote": base64.urlsafe_b64encode(quote).rstrip(b"=").decode()})
			equal(answer.status, 200, "status")
			given = {"issuer": daemon.url, "jwks": daemon.get("/certs").json(), "tokens": spoilt(answer.json()["token"])}
			path = daemon.dir / "given.json"
			path.write_text(json.dumps(given), encoding="utf-8")
			theirs = node("judge", path)
			equal(theirs["good"], "accepted", "theirs")
			true(all(v == "refused" for name, v in theirs.items() if name != "good"), "no other is accepted")
			rows = {name: {"token": token, "verdict": theirs[name]} for name, token in given["tokens"].items()}
			differ, accepted = compare({**given, "tokens": rows}, daemon.dir)
			equal(differ, [], "differences")
			equal(accepted, 1, "accepted by both")

	tap.case(tokens_of_jose_have_one_verdict)
	tap.case(tokens_of_the_daemon_have_one_verdict)
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
