# SPDX-License-Identifier: Apache-2.0
"""libattest, by ctypes, against the real daemon and token endpoints of our own; and that no URL of a peer is ever asked.

The trap is a listener that counts connections: whatever a token, a discovery document or a redirect says, it stays at none.
"""

import base64
import ctypes
import http.server
import json
import pathlib
import socket
import ssl
import sys
import threading
import time
import urllib.parse

from daemon import BUILD, Daemon, Tap, equal, tap_skip_all, true

ACCEPTED, REFUSED, UNDECIDED = 0x59E5, -1, -2


def load():
	"""The library with the signatures of what is used here."""
	lib = ctypes.CDLL(str(BUILD / "src/lib/libattest.so"))
	text, opaque, size = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t
	error = ctypes.POINTER(ctypes.c_void_p)
	for name, result, *args in (
		("attest_error_message", text, opaque), ("attest_error_free", None, opaque),
		("attest_client_new", opaque, text, error), ("attest_client_free", None, opaque),
		("attest_client_set_ca_file", ctypes.c_bool, opaque, text),
		("attest_client_set_credential", None, opaque, opaque),
		("attest_client_allow_private_addresses", None, opaque),
		("attest_credential_new_file", opaque, text, error), ("attest_credential_free", None, opaque),
		("attest_credential_new_private_authority", opaque, text, text, text, text, text, text, text, text, error),
		("attest_request_new", opaque, text, text, size), ("attest_request_free", None, opaque),
		("attest_request_runtime_data", None, opaque, text, size, ctypes.c_bool),
		("attest_request_nonce", None, opaque, text),
		("attest_client_attest", opaque, opaque, opaque, error),
		("attest_client_discovery", opaque, opaque, error), ("attest_client_certs", opaque, opaque, error),
		("attest_client_policy_get", opaque, opaque, text, error),
		("attest_client_trace", opaque, opaque, text, text, error),
		("attest_client_log_checkpoint", opaque, opaque, error), ("attest_client_log_key", opaque, opaque, error),
		("attest_client_log_proof", opaque, opaque, text, error),
		("attest_client_log_tile", opaque, opaque, text, error),
		("attest_answer_status", ctypes.c_uint, opaque), ("attest_answer_free", None, opaque),
		("attest_answer_member", text, opaque, text), ("attest_answer_trace_id", text, opaque),
		("attest_answer_trace_key", text, opaque), ("attest_answer_error_code", text, opaque),
		("attest_answer_body", opaque, opaque, ctypes.POINTER(size)),
		("attest_verifier_config_new", opaque, text), ("attest_verifier_config_free", None, opaque),
		("attest_verifier_config_ca_file", None, opaque, text),
		("attest_verifier_config_wait", None, opaque, ctypes.c_uint32),
		("attest_verifier_config_allow_private_addresses", None, opaque),
		("attest_verifier_new", opaque, opaque, error), ("attest_verifier_free", None, opaque),
		("attest_verifier_allow_dev_issuers", None, opaque),
		("attest_expectation_new", opaque), ("attest_expectation_free", None, opaque),
		("attest_expectation_issuer", None, opaque, text), ("attest_expectation_type", None, opaque, text),
		("attest_expectation_nonce", None, opaque, text),
		("attest_verify", ctypes.c_int, opaque, text, size, opaque, ctypes.POINTER(ctypes.c_void_p), error),
		("attest_result_failed_check", text, opaque), ("attest_result_free", None, opaque),
	):
		function = getattr(lib, name)
		function.restype, function.argtypes = result, args
	return lib


class Library:
	def __init__(self, lib):
		self.lib = lib

	def call(self, name, *args):
		"""A call whose last argument is the error; raises what it says."""
		error = ctypes.c_void_p()
		got = getattr(self.lib, name)(*args, ctypes.byref(error))
		if not got:
			why = self.lib.attest_error_message(error).decode()
			self.lib.attest_error_free(error)
			raise RuntimeError(why)
		return got

	def client(self, url, ca, credential=None):
		c = self.call("attest_client_new", url.encode())
		true(self.lib.attest_client_set_ca_file(c, str(ca).encode()), "CA file")
		self.lib.attest_client_allow_private_addresses(c)
		self.lib.attest_client_set_credential(c, credential)
		return c

	def answer(self, name, *args):
		"""(status, body, strings of the answer)"""
		a = self.call(name, *args)
		size = ctypes.c_size_t()
		body = ctypes.string_at(self.lib.attest_answer_body(a, ctypes.byref(size)), size.value)
		said = {key: (getattr(self.lib, f"attest_answer_{key}")(a) or b"").decode()
			for key in ("trace_id", "trace_key", "error_code")}
		said["token"] = (self.lib.attest_answer_member(a, b"token") or b"").decode()
		status = self.lib.attest_answer_status(a)
		self.lib.attest_answer_free(a)
		return status, body, said

	def attest(self, client, kind, evidence, runtime, nonce):
		rq = self.lib.attest_request_new(kind.encode(), evidence, len(evidence))
		self.lib.attest_request_runtime_data(rq, runtime, len(runtime), True)
		self.lib.attest_request_nonce(rq, nonce.encode())
		got = self.answer("attest_client_attest", client, rq)
		self.lib.attest_request_free(rq)
		return got

	def verifier(self, issuer, ca, allow_dev):
		config = self.lib.attest_verifier_config_new(issuer.encode())
		self.lib.attest_verifier_config_ca_file(config, str(ca).encode())
		self.lib.attest_verifier_config_allow_private_addresses(config)
		self.lib.attest_verifier_config_wait(config, 20000)
		v = self.call("attest_verifier_new", config)
		self.lib.attest_verifier_config_free(config)
		if allow_dev:
			self.lib.attest_verifier_allow_dev_issuers(v)
		return v

	def verify(self, verifier, token, issuer, nonce):
		"""(verdict, the check that failed)"""
		x = self.lib.attest_expectation_new()
		self.lib.attest_expectation_issuer(x, issuer.encode())
		self.lib.attest_expectation_type(x, b"SgxEnclave")
		self.lib.attest_expectation_nonce(x, nonce.encode())
		result, error = ctypes.c_void_p(), ctypes.c_void_p()
		verdict = self.lib.attest_verify(verifier, token.encode(), len(token), x, ctypes.byref(result),
			ctypes.byref(error))
		failed = (self.lib.attest_result_failed_check(result) or b"").decode() if result else ""
		self.lib.attest_result_free(result)
		self.lib.attest_error_free(error)
		self.lib.attest_expectation_free(x)
		return verdict, failed


class Trap:
	"""Whoever connects is counted."""

	def __init__(self):
		self.hits = 0
		self.socket = socket.create_server(("127.0.0.1", 0))
		self.port = self.socket.getsockname()[1]
		threading.Thread(target=self.run, daemon=True).start()

	def run(self):
		while True:
			connection, _ = self.socket.accept()
			self.hits += 1
			connection.close()


class Fake:
	"""A server over TLS with the daemon's certificate; ANSWER(request) gives (status, headers, body)."""

	def __init__(self, daemon, answer):
		outer = self
		self.requests = []

		class Handler(http.server.BaseHTTPRequestHandler):
			def serve(self):
				body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
				outer.requests.append((self.command, self.path, body))
				status, headers, out = answer(self.path, body)
				self.send_response(status)
				for name, value in {"Content-Length": str(len(out)), **headers}.items():
					self.send_header(name, value)
				self.end_headers()
				self.wfile.write(out)

			do_GET = do_POST = serve

			def log_message(self, format, *args):  # pylint: disable=redefined-builtin
				pass

		self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(f"{daemon.state}/tls.pem", f"{daemon.state}/tls.key")
		self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
		self.url = f"https://localhost:{self.server.server_address[1]}"
		threading.Thread(target=self.server.serve_forever, daemon=True).start()


def segment(document):
	return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def cases(d, library):
	made = d.evidence_set()
	quote = pathlib.Path(made["quoteJson"]).read_bytes()
	runtime = pathlib.Path(made["runtimeJson"]).read_bytes()
	client = library.client(d.url, d.ca)
	trap = Trap()
	seen = {}

	def calls_of_a_client_are_answered():
		status, body, _ = library.answer("attest_client_discovery", client)
		equal((status, json.loads(body)["issuer"]), (200, d.url), "discovery")
		status, body, _ = library.answer("attest_client_certs", client)
		equal((status, body), (200, d.get("/certs").body), "certs")
		status, body, said = library.attest(client, "SgxEnclave", quote, runtime, "n1")
		equal(status, 200, f"attest: {body!r}")
		seen.update(said)
		claims = json.loads(base64.urlsafe_b64decode(said["token"].split(".")[1] + "=="))
		status, body, _ = library.answer("attest_client_trace", client, said["trace_id"].encode(),
			said["trace_key"].encode())
		equal((status, json.loads(body)["verdict"]), (200, "accepted"), "trace")
		for name, args in (("checkpoint", ()), ("key", ()), ("proof", (claims["jti"].encode(),)),
				("tile", (b"0/000.p/1",))):
			status, body, _ = library.answer(f"attest_client_log_{name}", client, *args)
			equal(status, 200, f"log {name}: {body!r}")

	def refusal_is_an_answer():
		status, _, said = library.attest(client, "SgxEnclave", quote, b'{"other":1}', "n1")
		equal((status, said["error_code"], said["token"]), (400, "InvalidParameter", ""), "refusal")
		status, _, said = library.answer("attest_client_policy_get", client, b"SgxEnclave")
		equal((status, said["error_code"]), (401, "Unauthorized"), "without credential")

	def token_file_opens_what_needs_a_token():
		path = d.dir / "reader.jwt"
		credential = library.call("attest_credential_new_file", str(path).encode())
		known = library.client(d.url, d.ca, credential)
		try:
			library.answer("attest_client_policy_get", known, b"SgxEnclave")
			true(False, "no file, and yet an answer")
		except RuntimeError as why:
			true("reader.jwt" in str(why), why)
		path.write_text(d.attest("dev", "token", "--state", d.state)["token"] + "\n", encoding="utf-8")
		status, _, said = library.answer("attest_client_policy_get", known, b"SgxEnclave")
		equal((status, said["token"].count(".")), (200, 2), "policy")
		library.lib.attest_client_free(known)
		library.lib.attest_credential_free(credential)

	def client_credentials_are_exchanged_for_a_token():
		bearer = d.attest("dev", "token", "--state", d.state)["token"]
		entra = Fake(d, lambda path, body: (200, {}, json.dumps({"token_type": "Bearer", "expires_in": 3600,
			"access_token": bearer}).encode()))
		credential = library.call("attest_credential_new_private_authority", entra.url.encode(), d.ca.encode(),
			b"contoso", b"client-1", b"s&cret", None, None, None)
		known = library.client(d.url, d.ca, credential)
		for _ in range(3):
			status, _, said = library.answer("attest_client_policy_get", known, b"SgxEnclave")
			equal((status, said["token"].count(".")), (200, 2), "policy")
		equal(len(entra.requests), 1, "requests for a token")
		method, path, body = entra.requests[0]
		equal((method, path), ("POST", "/contoso/oauth2/v2.0/token"), "target")
		equal(urllib.parse.parse_qs(body), {"grant_type": ["client_credentials"], "client_id": ["client-1"],
			"client_secret": ["s&cret"], "scope": ["https://attest.azure.net/.default"]}, "form")
		library.lib.attest_client_free(known)
		library.lib.attest_credential_free(credential)

	def verifier_finds_the_keys_of_the_daemon():
		strict = library.verifier(d.url, d.ca, False)
		equal(library.verify(strict, seen["token"], d.url, "n1"), (REFUSED, "token.dev"), "dev issuer")
		library.lib.attest_verifier_free(strict)
		verifier = library.verifier(d.url, d.ca, True)
		equal(library.verify(verifier, seen["token"], d.url, "n1"), (ACCEPTED, ""), "verdict")
		equal(library.verify(verifier, seen["token"], d.url, "n2"), (REFUSED, "token.nonce"), "verdict")
		library.lib.attest_verifier_free(verifier)

	def nothing_in_a_token_makes_anybody_ask():
		verifier = library.verifier(d.url, d.ca, True)
		away = f"https://localhost:{trap.port}"
		header, payload, signature = seen["token"].split(".")
		kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
		for more in ({"jku": f"{away}/certs"}, {"x5u": f"{away}/cert.pem"}, {"jwk": {"kty": "RSA"}}, {}):
			for known in (kid, "unknown", f"{away}/kid"):
				for body in (payload, segment({"iss": away, "exp": 1 << 40, "jti": "j"})):
					token = ".".join((segment({"alg": "RS256", "typ": "JWT", "kid": known, **more}), body, signature))
					verdict, _ = library.verify(verifier, token, d.url, "n1")
					true(verdict in (REFUSED, UNDECIDED), f"verdict {verdict}")
		path = d.dir / "led-astray.jwt"
		path.write_text(".".join((segment({"alg": "RS256", "typ": "JWT", "kid": "unknown", "jku": away}),
			segment({"iss": away}), signature)), encoding="utf-8")
		true(d.run_attest("token", "verify", path, "--issuer", d.url).returncode in (1, 3), "exit code")
		library.lib.attest_verifier_free(verifier)
		equal(trap.hits, 0, "connections to the trap")

	def no_document_of_an_issuer_leads_elsewhere():
		away = f"//localhost:{trap.port}"
		path = d.dir / "token.jwt"
		path.write_text(seen["token"], encoding="utf-8")
		state = {}

		def answer(asked, _):
			if asked.startswith("/.well-known"):
				return state["discovery"]
			return state.get("keys", (404, {}, b""))

		issuer = Fake(d, answer)
		good = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/certs"}
		moved = {"Location": f"https:{away}/"}
		for discovery, keys in (
			*(((200, {}, json.dumps({**good, "jwks_uri": uri}).encode()), None) for uri in (
				f"https:{away}/certs", f"http:{away}/certs", f"https://localhost@localhost:{trap.port}/",
				f"{issuer.url}@localhost:{trap.port}/", f"https://127.0.0.1:{trap.port}/",
				f"https:{away}\\@{issuer.url}/", away, "file:///etc/passwd")),
			((200, {}, json.dumps({**good, "issuer": f"https:{away}"}).encode()), None),
			((302, moved, b""), None), ((301, moved, b"{}"), None),
			((200, {}, json.dumps(good).encode()), (302, moved, b"")),
			((200, {}, json.dumps(good).encode()), (307, moved, b'{"keys":[]}')),
		):
			state.update(discovery=discovery, keys=keys or (404, {}, b""))
			done = d.run_attest("token", "verify", path, "--issuer", issuer.url)
			equal(done.returncode, 3, f"exit code for {discovery}: {done.stderr.decode()}")
			verifier = library.verifier(issuer.url, d.ca, True)
			verdict, failed = library.verify(verifier, seen["token"], issuer.url, "n1")
			equal((verdict, failed), (UNDECIDED, "token.keys_stale"), f"verdict for {discovery}")
			library.lib.attest_verifier_free(verifier)
		time.sleep(0.1)
		equal(trap.hits, 0, "connections to the trap")

	return [calls_of_a_client_are_answered, refusal_is_an_answer, token_file_opens_what_needs_a_token,
		client_credentials_are_exchanged_for_a_token, verifier_finds_the_keys_of_the_daemon,
		nothing_in_a_token_makes_anybody_ask, no_document_of_an_issuer_leads_elsewhere]


def main():
	try:
		library = Library(load())
	except OSError as why:
		tap_skip_all(f"the library cannot be loaded here: {why}")
		return 0
	tap = Tap()
	with Daemon() as daemon:
		for case in cases(daemon, library):
			tap.case(case)
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
