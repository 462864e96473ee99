# SPDX-License-Identifier: Apache-2.0
"""The real daemon on loopback, for integration tests (Python 3, standard library only).

	with Daemon() as daemon:
		answer = daemon.get("/certs")            # .status, .headers, .body, .json()
		token = daemon.attest("dev", "token", "--state", daemon.state)["token"]

A daemon runs in a temporary folder on a free port, is known by the JSON line that it prints when ready, and is stopped by
its process id. Programs come from $ATTEST_BUILD, else build/. Tests print TAP through class Tap.
"""

import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ATTEST_BUILD", ROOT / "build")).resolve()
READY_S = 30
STOP_S = 20


def program(name):
	folder = "attest" if name == "attest" else name
	return BUILD / "src/cmd" / folder / name


class Failed(AssertionError):
	"""What a test finds wrong."""


class Answer:
	def __init__(self, status, headers, body):
		self.status = status
		self.headers = headers
		self.body = body

	def json(self):
		return json.loads(self.body)


class Process:
	"""A daemon that was started by us: its log, its children by role, its end."""

	def __init__(self, args, folder, env=None):
		self.dir = pathlib.Path(folder)
		# Under a sanitizer: its reports at the end want what the sandbox forbids.
		env = {"ASAN_OPTIONS": "detect_leaks=0:symbolize=0", **(os.environ if env is None else env)}
		if "TSAN_OPTIONS" in env:
			env["TSAN_OPTIONS"] += ":symbolize=0"
		self.log_path = self.dir / "daemon.log"
		with open(self.log_path, "ab") as log:
			self.process = subprocess.Popen([str(a) for a in args], stdin=subprocess.DEVNULL,
				stdout=subprocess.PIPE, stderr=log, env=env)

	@property
	def pid(self):
		return self.process.pid

	def first_line(self, seconds=READY_S):
		"""The first line of standard output; "" when the process ended or was too slow."""
		ready, _, _ = select.select([self.process.stdout], [], [], seconds)
		return self.process.stdout.readline().decode() if ready else ""

	def log(self):
		return self.log_path.read_text(encoding="utf-8", errors="replace")

	def log_tail(self, size=4000):
		return self.log()[-size:]

	def wait_log(self, pattern, count=1, seconds=READY_S):
		"""Waits until PATTERN stands COUNT times in the log; the matches."""
		until = time.monotonic() + seconds
		while True:
			found = re.findall(pattern, self.log())
			if len(found) >= count:
				return found
			if time.monotonic() > until or self.process.poll() is not None:
				raise Failed(f"the log never had {count} × {pattern}:\n{self.log_tail()}")
			time.sleep(0.02)

	def child(self, role):
		"""The process id of the newest child of that role."""
		found = re.findall(rf'event="started" role={role} pid=(\d+)', self.log())
		if not found:
			raise Failed(f"no {role} was started")
		return int(found[-1])

	def stop(self, seconds=STOP_S):
		"""SIGTERM, by process id; the exit status."""
		if self.process.poll() is None:
			self.process.send_signal(signal.SIGTERM)
			try:
				self.process.wait(seconds)
			except subprocess.TimeoutExpired:
				self.process.kill()
				self.process.wait()
		if self.process.stdout is not None:
			self.process.stdout.close()
		return self.process.returncode


class Daemon(Process):
	"""attestd-dev in a folder of its own; STATE reuses one."""

	def __init__(self, *args, state=None, port=0):
		folder = pathlib.Path(tempfile.mkdtemp(prefix="attest-test-"))
		self.state = str(state if state is not None else folder / "state")
		# A cache of its own: what is learnt of throw-away keys stays here.
		self.env = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "NO_COLOR": "1"}
		for name in list(self.env):
			if name.startswith("ATTEST_") and name not in ("ATTEST_BUILD", "ATTEST_VECTORS"):
				del self.env[name]
		began = time.monotonic()
		super().__init__([program("attestd-dev"), "--state", self.state, "--listen", f"127.0.0.1:{port}",
			*args], folder, self.env)
		line = self.first_line()
		self.ready_s = time.monotonic() - began
		if not line:
			said = self.log_tail()
			self.close()
			raise Failed(f"the daemon did not become ready:\n{said}")
		self.ready = json.loads(line)
		self.url = self.ready["urls"]["aad"]
		self.ca = self.ready["ca"]
		self.port = int(self.url.rsplit(":", 1)[1])

	def __enter__(self):
		return self

	def __exit__(self, kind, value, trace):
		if kind is not None:
			print(self.log_tail(), file=sys.stderr)
		self.close()

	def close(self):
		status = self.stop()
		shutil.rmtree(self.dir, ignore_errors=True)
		return status

	# HTTP.

	def tls(self):
		return ssl.create_default_context(cafile=self.ca)

	def connect(self, timeout=10):
		return http.client.HTTPSConnection("localhost", self.port, context=self.tls(), timeout=timeout)

	def request(self, method, path, body=None, headers=None):
		connection = self.connect()
		try:
			connection.request(method, path, body, headers or {})
			answer = connection.getresponse()
			return Answer(answer.status, answer.headers, answer.read())
		finally:
			connection.close()

	def get(self, path, **headers):
		return self.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

	def post(self, path, document, **headers):
		return self.request("POST", path, json.dumps(document),
			{"Content-Type": "application/json", **headers})

	# The command line.

	def run_attest(self, *args):
		env = {**self.env, "ATTEST_INSTANCE": self.url, "ATTEST_CA": self.ca}
		return subprocess.run([str(program("attest")), *[str(a) for a in args]], env=env, timeout=60,
			capture_output=True, check=False)

	def attest(self, *args, exit_code=0):
		"""Runs attest with --json; its document."""
		done = self.run_attest(*args, "--json")
		if done.returncode != exit_code:
			raise Failed(f"attest {' '.join(str(a) for a in args)}: exit {done.returncode}, want {exit_code}\n"
				f"{done.stdout.decode()}{done.stderr.decode()}")
		return json.loads(done.stdout)

	def evidence_set(self):
		"""Paths of runtime data, and of quotes and reports bound to it or to nothing (sdk.mjs says how they are used)."""
		runtime, runtime_json = self.dir / "runtime.bin", self.dir / "runtime.json"
		runtime.write_bytes(bytes(range(64)))
		runtime_json.write_text('{"keys":[{"kid":"k1","kty":"oct"}],"note":"hello"}', encoding="utf-8")
		made = {"runtime": str(runtime), "runtimeJson": str(runtime_json)}
		for name, kind, bound in (
			("plainQuote", "SgxEnclave", ()), ("plainReport", "OpenEnclave", ()),
			("quote", "SgxEnclave", ("--runtime-data", runtime)),
			("report", "OpenEnclave", ("--runtime-data", runtime)),
			("quoteJson", "SgxEnclave", ("--runtime-json", runtime_json)),
			("reportJson", "OpenEnclave", ("--runtime-json", runtime_json)),
		):
			made[name] = str(self.dir / f"{name}.bin")
			self.attest("evidence", "synth", "--type", kind, "--root", f"{self.state}/evidence-root",
				*bound, "--out", made[name])
		return made


# TAP.

def tap_skip_all(why):
	print(f"1..0 # SKIP {why}")


class Tap:
	"""Runs functions as cases; their names read as sentences."""

	def __init__(self):
		self.count = 0
		self.failed = 0

	def case(self, run, *args):
		name = run.__name__
		self.count += 1
		try:
			why = run(*args)
		except Exception:  # pylint: disable=broad-except; a case that breaks is a case that fails
			self.failed += 1
			print(f"not ok {self.count} - {name}", flush=True)
			print("# " + traceback.format_exc().rstrip().replace("\n", "\n# "), flush=True)
			return
		skip = f" # SKIP {why}" if isinstance(why, str) else ""
		print(f"ok {self.count} - {name}{skip}", flush=True)

	def done(self):
		print(f"1..{self.count}", flush=True)
		return 1 if self.failed else 0


def equal(seen, wanted, what="value"):
	if seen != wanted:
		raise Failed(f"{what}: {seen!r}, want {wanted!r}")


def true(condition, what):
	if not condition:
		raise Failed(what)
