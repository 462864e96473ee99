# SPDX-License-Identifier: Apache-2.0
"""The story that scripts/demo tells, once the programs are built. Arguments: BUILD-DIR [--json]."""

import atexit
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLERATED = ("UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded")


class Failed(Exception):
	pass


class Demo:
	def __init__(self, build, as_json):
		self.attest_path = build / "src/cmd/attest/attest"
		self.service_path = build / "src/cmd/attestd-dev/attestd-dev"
		self.as_json = as_json
		self.vectors = pathlib.Path(os.environ.get("ATTEST_VECTORS") or ROOT.parent / "shared" / "vectors").resolve()
		self.told = {"format": "attest-demo/1", "ok": False, "lines": []}
		self.service = None
		self.dir = pathlib.Path(tempfile.mkdtemp(prefix="attest-demo-"))
		self.said = open(self.dir / "service.log", "w+", encoding="utf-8", errors="replace")
		# A cache of its own: what the demo learns of throw-away keys stays here.
		self.env = {**os.environ, "XDG_CACHE_HOME": str(self.dir / "cache"), "NO_COLOR": "1"}
		for name in ("ATTEST_INSTANCE", "ATTEST_CA", "ATTEST_TOKEN"):
			self.env.pop(name, None)

	# What people see.

	def tell(self, text=""):
		if not self.as_json:
			print(text, flush=True)

	def say(self, line):
		"""One of the lines that matter: told, and kept as it is."""
		self.told["lines"].append(line)
		self.tell(line)

	def chapter(self, title):
		self.tell()
		self.tell(f"── {title}")

	# The programs.

	def start(self):
		port = free_port()
		args = [self.service_path, "--state", self.dir / "state", "--listen", f"127.0.0.1:{port}"]
		self.tell(f"$ attestd-dev --listen 127.0.0.1:{port}")
		self.service = subprocess.Popen([str(a) for a in args], stdout=subprocess.PIPE, stderr=self.said,
			env=self.env, text=True)
		ready, _, _ = select.select([self.service.stdout], [], [], 30)
		line = self.service.stdout.readline() if ready else ""
		if not line:
			raise Failed("the service did not become ready:\n" + self.service_log())
		self.ready = json.loads(line)
		self.url = self.ready["urls"]["aad"]
		self.root = pathlib.Path(self.ready["state"]) / "evidence-root"
		self.tell(f"ready: {self.url}")

	def stop(self):
		if self.service is not None and self.service.poll() is None:
			self.service.send_signal(signal.SIGTERM)
			try:
				self.service.wait(15)
			except subprocess.TimeoutExpired:
				self.service.kill()
				self.service.wait()
		self.said.close()
		shutil.rmtree(self.dir, ignore_errors=True)

	def service_log(self):
		self.said.flush()
		return (self.dir / "service.log").read_text(encoding="utf-8", errors="replace")[-4000:]

	def attest(self, *args, online=False, expect=0):
		"""One call with --json; its document. EXPECT is the exit code that the story needs."""
		words = [str(a) for a in args]
		short = [w.replace(f"{self.dir}/", "").replace(f"{self.vectors}/", "vectors/") for w in words]
		self.tell("$ attest " + " ".join(short))
		where = ["--instance", self.url, "--ca", self.ready["ca"]] if online else []
		done = subprocess.run([str(self.attest_path), "--json", *where, *words], cwd=self.dir, env=self.env,
			capture_output=True, text=True, timeout=120, check=False)
		if done.returncode != expect:
			raise Failed(f"attest {' '.join(words)}: exit {done.returncode}, wanted {expect}\n"
				f"{done.stdout}{done.stderr}{self.service_log()}")
		return json.loads(done.stdout)

	def verdict(self, name, document):
		"""Tells and keeps a verdict with, where it is not accepted, the check that failed."""
		verdict = {"verdict": document["verdict"]}
		failed = next((c for c in document.get("checks", []) if c["outcome"] == "fail"), None)
		if failed is None:
			self.say(f"verdict {document['verdict']}")
		else:
			verdict.update(check=failed["id"], field=failed["id"].partition(".")[2],
				seen=failed.get("seen") or "-", wanted=failed.get("wanted") or "-", remedy=failed.get("remedy") or "")
			self.say("verdict {verdict} check={check} field={field} seen={seen} wanted={wanted}".format(**verdict))
			if verdict["remedy"]:
				self.tell(f"  remedy: {verdict['remedy']}")
		self.told[name] = verdict
		return verdict

	# The story.

	def run(self):
		self.chapter("a service on loopback, with throw-away keys and a synthetic evidence root")
		self.start()
		token = self.token()
		self.judge(token)
		self.refuse()
		self.prove()
		self.real_platform()
		self.told["ok"] = True
		self.tell()
		self.tell("all of it went as it should")

	def token(self):
		self.chapter("an enclave shows its evidence and gets a token")
		(self.dir / "runtime.json").write_text('{"role":"demo","keys":["k1","k2"]}', encoding="utf-8")
		self.attest("evidence", "synth", "--type", "SgxEnclave", "--root", self.root,
			"--runtime-json", "runtime.json", "--out", "quote.bin")
		answer = self.attest("request", "--type", "SgxEnclave", "quote.bin", "--runtime-json", "runtime.json",
			"--nonce", "20261", online=True)
		(self.dir / "token.jwt").write_text(answer["token"] + "\n", encoding="utf-8")
		claims = answer["claims"]
		self.jti = claims["jti"]
		self.told["token"] = {"issued": True, "issuer": claims["iss"], "jti": self.jti,
			"trace_id": answer["trace_id"], "type": claims.get("x-ms-attestation-type"),
			"mrenclave": claims.get("x-ms-sgx-mrenclave")}
		self.say(f"token issued jti={self.jti}")
		for name in ("iss", "x-ms-attestation-type", "x-ms-sgx-mrenclave", "x-ms-runtime", "attest-dev"):
			if name in claims:
				self.tell(f"  {name}: {json.dumps(claims[name])}")
		return answer["token"]

	def judge(self, token):
		self.chapter("a relying party judges the token")
		verify = ("token", "verify", "--issuer", self.url, "--type", "SgxEnclave", "--nonce", "20261", "--max-age", "600")
		document = self.attest(*verify, "token.jwt", online=True)
		self.verdict("token_verdict", document)
		header, payload, signature = token.split(".")
		changed = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
		(self.dir / "changed.jwt").write_text(f"{header}.{changed}.{signature}\n", encoding="utf-8")
		self.tell()
		self.tell("one that trusts another enclave only:")
		(self.dir / "expect.yaml").write_text("claims:\n  x-ms-sgx-mrenclave: " + "5a" * 32 + "\n", encoding="utf-8")
		self.verdict("unexpected_token_verdict",
			self.attest(*verify, "--expect", "expect.yaml", "token.jwt", online=True, expect=1))
		self.tell()
		self.tell("and a token with a changed letter:")
		self.verdict("changed_token_verdict", self.attest(*verify, "changed.jwt", online=True, expect=1))

	def refuse(self):
		self.chapter("damaged evidence is refused, and the refusal explained")
		kinds = self.attest("evidence", "synth", "--damage", "list")
		kinds = kinds if isinstance(kinds, list) else next(v for v in kinds.values() if isinstance(v, list))
		mine = [k for k in kinds if k["type"] in ("SgxEnclave", "*") and k["stage"].startswith(("QUOTE_", "QE_"))]
		signature = next(k for k in mine if k["stage"] == "QUOTE_SIGNATURE")
		number = next((k for k in mine if k["name"].endswith("isvprodid")), None)
		for name, damage in (("evidence_verdict", signature), ("other_evidence_verdict", number)):
			if damage is None:
				continue
			self.attest("evidence", "synth", "--type", "SgxEnclave", "--root", self.root, "--damage", damage["name"],
				"--out", "damaged.bin")
			answer = self.attest("request", "--type", "SgxEnclave", "damaged.bin", online=True, expect=1)
			trace = self.attest("explain", answer["trace_id"], "--key", answer["trace_key"], online=True)
			verdict = self.verdict(name, trace)
			verdict["damage"] = damage["name"]
			if verdict.get("check") != damage["check"]:
				raise Failed(f"{damage['name']} should be refused by {damage['check']}")
			self.tell()

	def prove(self):
		self.chapter("the token is in the transparency log")
		document = self.attest("log", "prove", self.jti, online=True)
		leaf = next(document[k] for k in ("leaf_index", "leaf") if k in document)
		size = next(document[k] for k in ("tree_size", "size") if k in document)
		self.told["log"] = {"leaf": leaf, "size": size, "jti": self.jti}
		self.say(f"in log: leaf {leaf} of {size}")

	def real_platform(self):
		self.chapter("a real platform's quote, judged offline with the collateral of its day")
		case = real_case(self.vectors)
		if case is None:
			self.tell(f"left out: no test vectors in {self.vectors} (set ATTEST_VECTORS)")
			self.told["real_platform"] = None
			return
		quote, collateral, at, expected, name = case
		args = ["evidence", "appraise", "--type", "SgxEnclave", quote, "--at", at]
		for path in collateral:
			args += ["--collateral", path]
		document = self.attest(*args)
		verdict = self.verdict("real_platform", document)
		appraisal = document["appraisal"]
		verdict.update(case=name, tcb_status=appraisal["tcb_status"], advisory_ids=appraisal["advisory_ids"])
		self.tell(f"  tcb_status: {appraisal['tcb_status']}, advisories: {', '.join(appraisal['advisory_ids']) or 'none'}")
		if appraisal["tcb_status"] != expected["tcb_status"]:
			raise Failed(f"{name}: TCB status {appraisal['tcb_status']}, Intel's own library says {expected['tcb_status']}")


def real_case(vectors):
	"""(quote, collateral files, time, what is expected, name) of a real platform in good standing."""
	manifest = vectors / "sgx/MANIFEST.json"
	if not manifest.is_file():
		return None
	for row in json.loads(manifest.read_text(encoding="utf-8"))["quotes"]:
		for case in row.get("cases", []):
			if row.get("real") and row["version"] == 3 and case["expected"].get("tcb_status") in TOLERATED:
				files = [vectors / p for p in case["collateral"].values() if isinstance(p, str)]
				return (vectors / row["files"]["quote"], list(dict.fromkeys(files)), case["verification_time"],
					case["expected"], row["id"])
	return None


def free_port():
	"""A port of loopback with two free ones behind it, for the three instances."""
	for _ in range(100):
		with socket.socket() as first:
			first.bind(("127.0.0.1", 0))
			port = first.getsockname()[1]
			try:
				for beside in (port + 1, port + 2):
					with socket.socket() as s:
						s.bind(("127.0.0.1", beside))
			except (OSError, OverflowError):
				continue
			return port
	raise Failed("no three free ports in a row on loopback")


def main():
	build = (ROOT / sys.argv[1]).resolve()
	demo = Demo(build, "--json" in sys.argv[2:])
	atexit.register(demo.stop)
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))
	began = time.monotonic()
	try:
		demo.run()
		code = 0
	except (Failed, KeyError, StopIteration, ValueError, OSError, subprocess.TimeoutExpired) as problem:
		print(f"demo: {type(problem).__name__}: {problem}", file=sys.stderr)
		demo.told["error"] = str(problem)
		code = 4
	demo.told["seconds"] = round(time.monotonic() - began, 2)
	if demo.as_json:
		json.dump(demo.told, sys.stdout, indent=2, ensure_ascii=False)
		print()
	return code


if __name__ == "__main__":
	sys.exit(main())
