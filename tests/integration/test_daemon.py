# SPDX-License-Identifier: Apache-2.0
"""The daemon as a whole: its door, its processes, their deaths and their end."""

import base64
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import time
import warnings

from daemon import Daemon, Failed, Process, Tap, equal, program, true


def raw(daemon, message, server_name="localhost", version=None):
	"""Sends bytes over TLS; all that comes back until the end."""
	context = daemon.tls()
	if version is not None:
		warnings.simplefilter("ignore", DeprecationWarning)
		context.minimum_version = context.maximum_version = version
	if server_name is None:
		context.check_hostname = False
	with socket.create_connection(("127.0.0.1", daemon.port), timeout=10) as plain:
		with context.wrap_socket(plain, server_hostname=server_name) as tls:
			tls.sendall(message)
			parts = []
			while True:
				try:
					part = tls.recv(65536)
				except (ConnectionResetError, ssl.SSLError):
					break
				if not part:
					break
				parts.append(part)
			return b"".join(parts)


def status_of(text):
	return int(text.split(b" ", 2)[1]) if text.startswith(b"HTTP/1.1 ") else 0


def get_text(host, path="/certs"):
	return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


# The door.

def ready_line_names_url_ca_and_state(daemon):
	equal(sorted(daemon.ready), ["ca", "ready", "state", "urls"], "members")
	equal(daemon.ready["ready"], True, "ready")
	equal(daemon.ready["urls"], {"aad": f"https://localhost:{daemon.port}"}, "urls")
	true(os.path.isfile(daemon.ca), "ca.pem is there")
	true(daemon.log().startswith("try: attest "), "standard error begins with a first command")


def discovery_and_keys_are_served_to_everybody(daemon):
	for path in ("/.well-known/openid-configuration", "/certs", "/CERTS"):
		answer = daemon.get(path)
		equal(answer.status, 200, path)
		equal(answer.headers["Content-Type"], "application/json; charset=utf-8", "Content-Type")
		true(answer.headers["ETag"], "ETag")
		again = daemon.get(path, If_None_Match=answer.headers["ETag"])
		equal((again.status, again.body), (304, b""), "with its ETag")
		head = daemon.request("HEAD", path)
		equal((head.status, head.body), (200, b""), "HEAD")
		equal(head.headers["Content-Length"], str(len(answer.body)), "Content-Length of HEAD")


def dev_issuer_is_shaped_like_entra(daemon):
	base = daemon.url + "/attestd/dev/issuer"
	metadata = daemon.get("/attestd/dev/issuer/.well-known/openid-configuration").json()
	equal(metadata["issuer"], base, "issuer")
	keys = daemon.get(metadata["jwks_uri"].removeprefix(daemon.url)).json()["keys"]
	equal([(k["kty"], k["alg"], k["use"]) for k in keys], [("RSA", "RS256", "sig")], "keys")
	true("d" not in keys[0], "no private half")


def unknown_host_is_404_and_names_nothing(daemon):
	text = raw(daemon, get_text(f"127.0.0.1:{daemon.port}"), None)
	equal(status_of(text), 404, "status")
	true(b"localhost" not in text, "no instance is named")


def host_that_is_not_the_sni_is_421(daemon):
	equal(status_of(raw(daemon, get_text(f"other:{daemon.port}"))), 421, "status")
	equal(status_of(raw(daemon, get_text(f"127.0.0.1:{daemon.port}"))), 421, "status")
	equal(status_of(raw(daemon, get_text(f"LOCALHOST:{daemon.port}"))), 200, "status")


def old_tls_is_refused(daemon):
	for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
		equal(status_of(raw(daemon, get_text(f"localhost:{daemon.port}"), version=version)), 200, version)
	try:
		raw(daemon, get_text(f"localhost:{daemon.port}"), version=ssl.TLSVersion.TLSv1_1)
	except (ssl.SSLError, ConnectionResetError, ValueError):
		return
	raise Failed("TLS 1.1 was accepted")


def plain_text_at_the_tls_port_gets_no_answer(daemon):
	with socket.create_connection(("127.0.0.1", daemon.port), timeout=10) as s:
		s.sendall(get_text(f"localhost:{daemon.port}"))
		got = s.recv(100)
	true(not got.startswith(b"HTTP"), "no HTTP")


def both_families_of_localhost_answer(daemon):
	for address in ("127.0.0.1", "::1"):
		try:
			socket.create_connection((address, daemon.port), timeout=5).close()
		except OSError as error:
			if address == "::1" and not socket.has_ipv6:
				return "no IPv6 here"
			raise Failed(f"{address}: {error}") from error
	return None


def oversized_and_malformed_requests_are_answered_in_the_vendors_shape(daemon):
	host = f"localhost:{daemon.port}"
	for text, want in (
		(f"POST /attest/SgxEnclave HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999\r\n\r\n", 413),
		(f"GET /a%00b HTTP/1.1\r\nHost: {host}\r\n\r\n", 400),
		(f"GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n", 400),
	):
		answer = raw(daemon, text.encode())
		equal(status_of(answer), want, "status")
		error = json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]
		true(error["code"] and error["message"], "code and message")


# The processes.

def status_fields(pid):
	text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
	return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.MULTILINE))


def worker_and_authority_live_in_their_sandboxes(daemon):
	for role in ("worker", "authority"):
		fields = status_fields(daemon.child(role))
		equal(fields["Seccomp"], "2", f"seccomp of the {role}")
		equal(fields["NoNewPrivs"], "1", f"no new privileges of the {role}")


def worker_has_no_file_open(daemon):
	folder = pathlib.Path(f"/proc/{daemon.child('worker')}/fd")
	for fd in folder.iterdir():
		target = os.readlink(fd)
		if int(fd.name) > 2:
			true(re.match(r"(socket|anon_inode|pipe):", target) or target == "/dev/null"
				or not target.startswith(daemon.state), f"the worker holds {target}")


def service_comes_back_when_a_process_is_killed(daemon):
	for role in ("worker", "authority", "worker", "authority"):
		was = daemon.child("worker"), daemon.child("authority")
		ready = len(re.findall(r'event="ready"', daemon.log()))
		os.kill(daemon.child(role), signal.SIGKILL)
		daemon.wait_log(r'event="ready"', ready + 1)
		equal(daemon.get("/certs").status, 200, f"after the {role} was killed")
		true(was[0] != daemon.child("worker") and was[1] != daemon.child("authority"), "both are new")


def connections_wait_while_the_processes_are_replaced(daemon):
	os.kill(daemon.child("worker"), signal.SIGKILL)
	time.sleep(0.01)
	equal(daemon.get("/attestd/livez").status, 200, "asked while nobody serves")


def hup_brings_a_new_snapshot(daemon):
	revisions = len(re.findall(r'event="snapshot in force"', daemon.log()))
	os.kill(daemon.pid, signal.SIGHUP)
	daemon.wait_log(r'event="snapshot in force"', revisions + 1)
	equal(daemon.get("/attestd/readyz").status, 200, "readyz")


def term_ends_all_in_order():
	daemon = Daemon()
	try:
		connection = daemon.connect()
		connection.request("GET", "/certs")
		connection.getresponse().read()
		pids = [daemon.child("worker"), daemon.child("authority")]
		began = time.monotonic()
		equal(daemon.stop(), 0, "exit status")
		true(time.monotonic() - began < 5, "within five seconds, a kept-alive connection open")
		true(not any(os.path.exists(f"/proc/{pid}") for pid in pids), "no child is left")
		true("killed" not in daemon.log() and "signal=" not in daemon.log(), daemon.log_tail())
	finally:
		daemon.close()


def state_outlives_the_daemon():
	with tempfile.TemporaryDirectory(prefix="attest-test-") as folder:
		state = pathlib.Path(folder) / "state"
		with Daemon(state=state) as first:
			keys, port = first.get("/certs").json(), first.port
			ca = pathlib.Path(first.ca).read_bytes()
			equal(first.stop(), 0, "exit status")
		with Daemon(state=state, port=port) as second:
			equal(second.get("/certs").json(), keys, "keys")
			equal(pathlib.Path(second.ca).read_bytes(), ca, "ca.pem")
			true(second.ready_s < 2, f"ready after {second.ready_s:.2f} s")
		for path in state.rglob("*"):
			if path.is_file():
				equal(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, f"{path.name} is closed to others")


def other_addresses_than_loopback_are_refused():
	for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0", "nonsense"):
		with tempfile.TemporaryDirectory(prefix="attest-test-") as folder:
			done = subprocess.run([program("attestd-dev"), "--state", folder, "--listen", address],
				capture_output=True, timeout=20, check=False)
		equal(done.returncode, 2, address)
		equal(done.stdout, b"", "standard output")


def clock_can_be_set():
	at = "2030-01-02T03:04:05Z"
	with Daemon("--at", at) as daemon:
		cert = daemon.get("/certs").json()["keys"][0]["x5c"][0]
		text = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-startdate"], check=True,
			input=base64.b64decode(cert), capture_output=True).stdout.decode()
		true("2030" in text, f"the signing certificate is of that time: {text}")


# The production program.

CONFIG = """
listen: ["127.0.0.1:{port}"]
listen_plain: {plain}
tls_certificate: {state}/tls.pem
tls_key: {state}/tls.key
master_key_file: {folder}/master
state_dir: {folder}/state
collateral: {{folders: [{state}/evidence-root/collateral]}}
instances:
  - {{id: main, host: "localhost:{port}", mode: AAD}}
callers:
  - {{issuer: "{issuer}", jwks_file: {state}/oauth.jwks}}
"""


def free_port():
	with socket.socket() as s:
		s.bind(("127.0.0.1", 0))
		return s.getsockname()[1]


class Plain(http.client.HTTPConnection):
	"""HTTP over a Unix socket."""

	def __init__(self, path, host):
		super().__init__(host)
		self.path = path

	def connect(self):
		self.sock = socket.socket(socket.AF_UNIX)
		self.sock.settimeout(10)
		self.sock.connect(self.path)


def production_daemon_runs_from_its_configuration(daemon):
	with tempfile.TemporaryDirectory(prefix="attest-test-") as folder:
		port, plain = free_port(), f"{folder}/plain.sock"
		pathlib.Path(folder, "master").touch(0o600)
		pathlib.Path(folder, "master").write_bytes(os.urandom(32))
		config = pathlib.Path(folder, "attestd.yaml")
		config.write_text(CONFIG.format(port=port, plain=plain, folder=folder, state=daemon.state,
			issuer=daemon.url + "/attestd/dev/issuer"), encoding="utf-8")
		checked = subprocess.run([program("attestd"), "--config", config, "--check-config"],
			capture_output=True, timeout=20, check=False)
		equal((checked.returncode, checked.stderr), (0, b""), "--check-config")
		service = Process([program("attestd"), "--config", config], folder)
		try:
			service.wait_log(r'event="ready"')
			connection = http.client.HTTPSConnection("localhost", port, context=daemon.tls(), timeout=10)
			connection.request("GET", "/certs")
			over_tls = connection.getresponse().read()
			proxy = Plain(plain, f"localhost:{port}")
			proxy.request("GET", "/certs")
			equal(proxy.getresponse().read(), over_tls, "the same behind a proxy")
			for path in ("/attestd/dev/issuer/.well-known/openid-configuration", "/attestd/metrics"):
				connection.request("GET", path)
				answer = connection.getresponse()
				answer.read()
				true(answer.status in (401, 404), f"{path}: {answer.status}")
			for role in ("worker", "authority"):
				equal(status_fields(service.child(role))["Seccomp"], "2", "seccomp")
				# Not dumpable: what it holds belongs to root alone, and nobody may look.
				true(os.stat(f"/proc/{service.child(role)}/mem").st_uid == 0, "not dumpable")
		finally:
			status = service.stop()
		equal(status, 0, "exit status")


def wrong_configuration_ends_with_2_and_a_line(_):
	with tempfile.TemporaryDirectory(prefix="attest-test-") as folder:
		path = pathlib.Path(folder, "c.yaml")
		path.write_text("listen: ['127.0.0.1:1']\nlisten_pain: x\n", encoding="utf-8")
		done = subprocess.run([program("attestd"), "--config", path], capture_output=True, timeout=20,
			check=False)
		equal(done.returncode, 2, "exit status")
		true(b"line 2: listen_pain" in done.stderr, done.stderr.decode())
	equal(subprocess.run([program("attestd")], capture_output=True, check=False).returncode, 2, "no argument")


def production_program_holds_no_dev_code(_):
	done = subprocess.run(["nm", program("attestd")], capture_output=True, check=True, text=True)
	names = [line.split()[-1] for line in done.stdout.splitlines() if line.strip()]
	true(len(names) > 100, "the program has symbols")
	# A sanitizer's own names are none of ours.
	found = [n for n in names if re.search(r"dev_|synth_|dev_issuer|clock_set_offset", n)
		and not n.startswith("_ZN11__sanitizer")]
	equal(found, [], "symbols of the dev program")


def main():
	tap = Tap()
	with Daemon() as daemon:
		for case in (
			ready_line_names_url_ca_and_state,
			discovery_and_keys_are_served_to_everybody,
			dev_issuer_is_shaped_like_entra,
			unknown_host_is_404_and_names_nothing,
			host_that_is_not_the_sni_is_421,
			old_tls_is_refused,
			plain_text_at_the_tls_port_gets_no_answer,
			both_families_of_localhost_answer,
			oversized_and_malformed_requests_are_answered_in_the_vendors_shape,
			worker_and_authority_live_in_their_sandboxes,
			worker_has_no_file_open,
			service_comes_back_when_a_process_is_killed,
			connections_wait_while_the_processes_are_replaced,
			hup_brings_a_new_snapshot,
			production_daemon_runs_from_its_configuration,
			wrong_configuration_ends_with_2_and_a_line,
			production_program_holds_no_dev_code,
		):
			tap.case(case, daemon)
	for case in (
		term_ends_all_in_order,
		state_outlives_the_daemon,
		other_addresses_than_loopback_are_refused,
		clock_can_be_set,
	):
		tap.case(case)
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
