# SPDX-License-Identifier: Apache-2.0
"""examples/nginx/attest-gate.conf with a real nginx, the real gate and the real daemon: who gets through to the application.

The example is taken as it stands but for its addresses.
"""

import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from daemon import ROOT, Daemon, Failed, Tap, equal, tap_skip_all, true
from gate import DEV, Gate, expectation, send, status_of, synth_token, token_of, write_rules

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
# The example hands on the first; with all of them an answer is longer than nginx takes by itself.
ROLES = ["attest-attester-role", *(f"attest-attester-role-{n}" for n in range(6))]
EXAMPLE = ROOT / "examples/nginx/attest-gate.conf"


def free_port():
	with socket.create_server(("127.0.0.1", 0)) as s:
		return s.getsockname()[1]


class Application:
	"""What is protected: answers with the headers that it was sent."""

	def __init__(self):
		outer = self
		self.requests = 0

		class Handler(http.server.BaseHTTPRequestHandler):
			def serve(self):
				outer.requests += 1
				size = int(self.headers.get("Content-Length") or 0)
				out = json.dumps({"path": self.path, "headers": self.headers.items(),
					"body": self.rfile.read(size).decode()}).encode()
				self.send_response(200)
				self.send_header("Content-Length", str(len(out)))
				self.end_headers()
				self.wfile.write(out)

			do_GET = do_POST = serve

			def log_message(self, format, *args):  # pylint: disable=redefined-builtin
				pass

		self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		self.port = self.server.server_address[1]
		threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Nginx:
	def __init__(self, gate_port, application_port):
		self.dir = pathlib.Path(tempfile.mkdtemp(prefix="attest-nginx-"))
		self.port = free_port()
		text = EXAMPLE.read_text(encoding="utf-8")
		for old, new in (("server 127.0.0.1:8460;", f"server 127.0.0.1:{gate_port};"),
			("server 127.0.0.1:8000;", f"server 127.0.0.1:{application_port};"),
			("listen 127.0.0.1:8080;", f"listen 127.0.0.1:{self.port};")):
			if text.count(old) != 1:
				raise Failed(f"the example has not one {old}")
			text = text.replace(old, new)
		# Nothing outside of this folder, whoever runs it.
		temp = " ".join(f"{name}_temp_path {self.dir}/{name};" for name in
			("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
		text = text.replace("http {", f"http {{ access_log off; {temp}", 1)
		conf = self.dir / "nginx.conf"
		conf.write_text(text, encoding="utf-8")
		user = "user root; " if os.geteuid() == 0 else ""
		options = f"daemon off; {user}pid {self.dir}/pid; error_log {self.dir}/error.log;"
		self.process = subprocess.Popen([NGINX, "-p", self.dir, "-e", self.dir / "error.log", "-c", conf, "-g", options],
			stdin=subprocess.DEVNULL)
		until = time.monotonic() + 20
		while True:
			try:
				socket.create_connection(("127.0.0.1", self.port)).close()
				return
			except OSError as e:
				if self.process.poll() is not None or time.monotonic() > until:
					raise Failed(f"nginx did not start: {self.log()}") from e
				time.sleep(0.05)

	def log(self):
		path = self.dir / "error.log"
		return path.read_text(encoding="utf-8") if path.exists() else ""

	def close(self):
		self.process.send_signal(signal.SIGTERM)
		self.process.wait(20)
		shutil.rmtree(self.dir, ignore_errors=True)

	def request(self, path="/", method="GET", body=None, **headers):
		connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
		try:
			connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
			answer = connection.getresponse()
			return answer.status, answer.headers, answer.read()
		finally:
			connection.close()


def cases(daemon, opened):
	made = daemon.evidence_set()
	token = token_of(daemon, made)
	rules = write_rules(daemon.dir, {"payments": {"headers": {"attest-mrsigner": "x-ms-sgx-mrsigner"},
		"attester_headers": {name: "x-ms-runtime.role" for name in ROLES}}}, {"payments": expectation(daemon)})
	gate = Gate(daemon, rules, *DEV)
	application = Application()
	opened.append(gate)
	nginx = Nginx(gate.address[1], application.port)
	opened.append(nginx)

	def served(status_headers_body, **want):
		status, _, body = status_headers_body
		equal(status, 200, "status")
		document = json.loads(body)
		seen = {}
		for name, value in document["headers"]:
			seen.setdefault(name.lower(), []).append(value)
		for name, value in want.items():
			equal(seen.get(name.replace("_", "-")), value, name)
		return document

	def kept_out(**headers):
		before = application.requests
		status, said, _ = nginx.request(**headers)
		equal(application.requests, before, "requests that the application saw")
		return status, said

	def with_a_good_token_the_application_answers():
		document = served(nginx.request("/a/b%2Fc?q=1", Authorization=f"Bearer {token}"), attest_verdict=["accepted"],
			attest_gate=["payments"], attest_issuer=[daemon.url], attest_type=["sgx"], attest_mrsigner=["51" * 32],
			attest_attester_role=None, authorization=None, attest_token=None)
		equal(document["path"], "/a/b%2Fc?q=1", "path")
		document = served(nginx.request("/", "POST", "hello", Attest_Token=token), authorization=None, attest_token=None)
		equal(document["body"], "hello", "body")

	def without_one_or_with_a_bad_one_it_is_401():
		status, said = kept_out()
		equal((status, said["WWW-Authenticate"]), (401, 'Bearer realm="payments"'), "without a token")
		status, said = kept_out(Authorization=f"Bearer {token[:-8]}AAAAAAAA")
		equal((status, said["attest-check"]), (401, "token.signature"), "with a changed one")
		true("invalid_token" in said["WWW-Authenticate"], "challenge")

	def what_a_client_sends_under_our_names_does_not_arrive():
		forged = {name: "forged" for name in ("attest_verdict", "attest_gate", "attest_issuer", "attest_type",
			"attest_mrsigner", "attest_attester_role")}
		served(nginx.request(Authorization=f"Bearer {token}", **forged), attest_verdict=["accepted"], attest_gate=["payments"],
			attest_issuer=[daemon.url], attest_type=["sgx"], attest_mrsigner=["51" * 32], attest_attester_role=None)
		status, _ = kept_out(**forged)
		equal(status, 401, "forged headers alone")

	def nor_when_it_is_spelt_otherwise_or_stands_twice():
		names = ("ATTEST-MRSIGNER", "Attest-Mrsigner", "attest_mrsigner", "attest_attester_role", "ATTEST-ATTESTER-ROLE")
		text = send(("127.0.0.1", nginx.port), ["GET / HTTP/1.1", "Host: a", f"Authorization: Bearer {token}",
			*[f"{name}: forged" for name in names], *[f"{name}: forged" for name in names]])
		equal(status_of(text), 200, "status")
		true("forged" not in text, "no spelling arrives")

	def the_subrequest_cannot_be_asked_for_from_outside():
		for path in ("/_attest", "//_attest", "/x/../_attest"):
			status, _ = kept_out(path=path, Authorization=f"Bearer {token}")
			equal(status, 404, path)

	def what_the_attester_writes_does_not_leave_its_header():
		evil = synth_token(daemon, json.dumps({"role": "a\r\nattest-mrsigner: forged\r\nX: $host %0d%0a"}))
		served(nginx.request(Authorization=f"Bearer {evil}"), attest_mrsigner=["51" * 32],
			attest_attester_role=["a%0D%0Aattest-mrsigner:%20forged%0D%0AX:%20$host%20%250d%250a"])

	def a_long_token_fits():
		long = synth_token(daemon, json.dumps({"role": "long", "filler": "f" * 9000}))
		true(len(long) > 12000, "it is long")
		served(nginx.request(Authorization=f"Bearer {long}"), attest_attester_role=["long"])

	def long_claims_fit():
		role = "r" * 1024
		served(nginx.request(Authorization="Bearer " + synth_token(daemon, json.dumps({"role": role}))),
			attest_attester_role=[role])

	def a_token_that_does_not_meet_the_expectation_is_403():
		(daemon.dir / "payments.yaml").write_text(json.dumps(expectation(daemon, measurements={
			"x-ms-sgx-mrenclave": "00" * 32})), encoding="utf-8")
		gate.reload("rules in force")
		status, said = kept_out(Authorization=f"Bearer {token}")
		equal((status, said["attest-check"]), (403, "token.measurement"), "refusal")
		(daemon.dir / "payments.yaml").write_text(json.dumps(expectation(daemon)), encoding="utf-8")
		gate.reload("rules in force")

	def a_gate_that_has_no_such_name_lets_nobody_through():
		rules.write_text('{"gates": {"other": {"expect": "payments.yaml"}}}', encoding="utf-8")
		gate.reload("rules in force")
		status, _ = kept_out(Authorization=f"Bearer {token}")
		equal(status, 500, "status")

	def a_gate_that_hangs_lets_nobody_through():
		gate.process.send_signal(signal.SIGSTOP)
		try:
			status, _ = kept_out(Authorization=f"Bearer {token}")
			equal(status, 500, "status")
		finally:
			gate.process.send_signal(signal.SIGCONT)

	def a_gate_that_is_down_lets_nobody_through():
		gate.close()
		for headers in ({"Authorization": f"Bearer {token}"}, {}):
			status, _ = kept_out(**headers)
			equal(status, 500, "status")

	return [value for value in list(locals().values()) if callable(value) and value not in (served, kept_out)]


def main():
	if NGINX is None:
		tap_skip_all("no nginx")
		return 0
	tap = Tap()
	with Daemon() as daemon:
		opened = []
		try:
			for case in cases(daemon, opened):
				tap.case(case)
		finally:
			for part in reversed(opened):
				part.close()
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
