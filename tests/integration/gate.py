# SPDX-License-Identifier: Apache-2.0
"""attest gate and what stands around it, for test_gate.py and test_nginx.py.

	with Gate(daemon, rules, "--allow-dev-issuers") as gate:
		answer = gate.ask("payments", token)
"""

import http.client
import json
import pathlib
import shutil
import signal
import socket
import tempfile
import time

from daemon import Answer, Failed, Process, program

DEV = ("--allow-dev-issuers", "--allow-private-addresses")


def expectation(daemon, **more):
	"""A good one for the tokens of that daemon, with MORE added or replaced, as a document."""
	return {"issuer": daemon.url, "type": "SgxEnclave", "max_age": 3600, **more}


def write_guarded(path, text):
	"""Whatever the mask of the caller: a gate takes no rules that others can write."""
	path.write_text(text, encoding="utf-8")
	path.chmod(0o644)


def write_rules(folder, gates, expectations, max_stale=None):
	"""gates.yaml and a file per expectation (JSON is YAML); the path of the former."""
	for name, document in expectations.items():
		write_guarded(folder / f"{name}.yaml", json.dumps(document))
	rules = {"gates": {name: {"expect": f"{name}.yaml", **gates.get(name, {})} for name in expectations}}
	if max_stale is not None:
		rules["max_stale"] = max_stale
	path = folder / "gates.yaml"
	write_guarded(path, json.dumps(rules))
	return path


def send(address, lines, body=b"", timeout=10):
	"""The bytes of a request of our own making; address is (host, port) or a path. Status line, headers, body as text."""
	with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as s:
		s.settimeout(timeout)
		s.connect(address)
		s.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body)
		out = b""
		while part := s.recv(65536):
			out += part
	return out.decode("latin-1")


def status_of(text):
	return int(text.split(" ", 2)[1])


class Gate(Process):
	def __init__(self, daemon, rules, *args, listen="127.0.0.1:0", ready=True):
		self.folder = tempfile.mkdtemp(prefix="attest-gate-")
		super().__init__([program("attest"), "gate", "--rules", rules, "--listen", listen, "--ca", daemon.ca, *args],
			self.folder, daemon.env)
		line = self.first_line()
		if not line:
			said = self.log_tail()
			self.close()
			raise Failed(f"the gate did not become ready:\n{said}")
		self.listen = json.loads(line)["listen"]
		self.address = self.listen
		if not self.listen.startswith("/"):
			host, port = self.listen.rsplit(":", 1)
			self.address = (host, int(port))
		if ready:
			self.wait_health(200)

	def __enter__(self):
		return self

	def __exit__(self, kind, value, trace):
		if kind is not None:
			print("# " + self.log_tail().replace("\n", "\n# "))
		self.close()

	def close(self):
		status = self.stop()
		shutil.rmtree(self.folder, ignore_errors=True)
		return status

	def request(self, path, method="GET", **headers):
		connection = http.client.HTTPConnection(*self.address, timeout=10)
		try:
			connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
			answer = connection.getresponse()
			return Answer(answer.status, answer.headers, answer.read())
		finally:
			connection.close()

	def ask(self, name, token):
		return self.request(f"/gate/{name}", Authorization=f"Bearer {token}")

	def wait_health(self, status, seconds=30):
		until = time.monotonic() + seconds
		while self.request("/healthz").status != status:
			if time.monotonic() > until:
				raise Failed(f"health never became {status}:\n{self.log_tail()}")
			time.sleep(0.05)

	def reload(self, event):
		"""SIGHUP, and waits for what the log says of it."""
		count = self.log().count(event)
		self.process.send_signal(signal.SIGHUP)
		self.wait_log(event, count + 1)


def token_of(daemon, made, quote="quoteJson", runtime=None):
	"""A token for synthetic evidence bound to RUNTIME, a path of JSON; evidence_set() made MADE."""
	return daemon.attest("request", "--type", "SgxEnclave", made[quote], "--runtime-json",
		runtime or made["runtimeJson"])["token"]


def synth_token(daemon, runtime_text, *args):
	"""A token for evidence made for it."""
	folder = pathlib.Path(tempfile.mkdtemp(dir=daemon.dir))
	runtime, quote = folder / "runtime.json", folder / "quote.bin"
	runtime.write_text(runtime_text, encoding="utf-8")
	daemon.attest("evidence", "synth", "--type", "SgxEnclave", "--root", f"{daemon.state}/evidence-root",
		"--runtime-json", runtime, *args, "--out", quote)
	return daemon.attest("request", "--type", "SgxEnclave", quote, "--runtime-json", runtime)["token"]
