# SPDX-License-Identifier: Apache-2.0
"""attest gate against the real daemon: what a proxy sends it, what it answers, and what happens to it meanwhile.

Envoy is not in Debian: its requests are made here by hand, as its documentation describes them.
"""

import base64
import json
import os
import re
import socket
import sys
import threading
import time

from daemon import Daemon, Tap, equal, true
from gate import DEV, Gate, expectation, send, status_of, synth_token, token_of, write_rules

MRENCLAVE = "x-ms-sgx-mrenclave"


def segment(document):
	return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def parts(token):
	header, payload, signature = token.split(".")
	return json.loads(base64.urlsafe_b64decode(header + "==")), payload, signature


def with_header(token, **more):
	header, payload, signature = parts(token)
	return ".".join((segment({**header, **more}), payload, signature))


def flipped(token):
	"""Its signature with one bit changed, in canonical base64url."""
	head, signature = token.rsplit(".", 1)
	raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
	raw[7] ^= 1
	return head + "." + base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()


def refused(answer, status, check):
	equal((answer.status, answer.headers["attest-check"]), (status, check), "status and check")
	true(answer.headers["attest-verdict"] != "accepted", "verdict")
	document = answer.json()
	equal(document["check"], check, "check of the body")
	for name in ("seen", "wanted", "source", "remedy"):
		true(name in document, f"{name} in the body")
	challenge = answer.headers["WWW-Authenticate"]
	if status == 401:
		true(f'error="invalid_token", error_description="{check}"' in challenge, f"challenge {challenge}")
	else:
		equal(challenge, None, "challenge")


# Each with one thing that the token has not.
OTHER = {
	"type": ({"type": "TdxVm"}, "token.type"),
	"measured": ({"measurements": {MRENCLAVE: "00" * 32}}, "token.measurement"),
	"svn": ({"min_svn": {"x-ms-sgx-svn": 60000}}, "token.svn"),
	"tcb": ({"tcb_status": "UpToDate"}, "token.tcb"),
	"policy": ({"policy_hash": "other"}, "token.policy_hash"),
	"appraisal": ({"appraisal_hash": "other"}, "token.appraisal_hash"),
	"signer": ({"policy_signer": "A" * 43}, "token.signer"),
	"key": ({"key": "A" * 43}, "token.binding"),
	"claims": ({"claims": {"x-ms-sgx-product-id": 60000}}, "token.expected"),
}


class Scene:
	def __init__(self, daemon):
		self.d = daemon
		self.made = daemon.evidence_set()
		self.token = token_of(daemon, self.made)
		daemon_rules = {"payments": expectation(daemon)}
		for name, (more, _) in OTHER.items():
			daemon_rules[name] = expectation(daemon, **more)
		self.rules = write_rules(daemon.dir, {"payments": {
			"headers": {"attest-mrsigner": "x-ms-sgx-mrsigner", "attest-debug": "x-ms-sgx-is-debuggable",
				"attest-absent": "no-such-claim"},
			"attester_headers": {"attest-attester-role": "x-ms-runtime.role", "attest-attester-all": "x-ms-runtime"},
		}}, daemon_rules)
		self.gate = Gate(daemon, self.rules, *DEV)

	def judge(self, name, token):
		"""The answer; of a kid that is not known when the keys were fetched anew for it."""
		until = time.monotonic() + 10
		while True:
			answer = self.gate.ask(name, token)
			if answer.status != 503 or answer.headers["attest-check"] != "token.key" or time.monotonic() > until:
				return answer
			time.sleep(0.05)


def start(daemon, rules, *args):
	"""How a start ends that does not succeed: (exit status, what it said)."""
	done = daemon.run_attest("gate", "--rules", rules, *args)
	return done.returncode, done.stderr.decode()


def cases(s):
	d = s.d

	def a_good_token_passes_and_its_judged_claims_are_headers():
		answer = s.judge("payments", s.token)
		equal((answer.status, answer.body), (200, b""), "answer")
		for name, value in (("verdict", "accepted"), ("gate", "payments"), ("issuer", d.url), ("type", "sgx"),
			("mrsigner", "51" * 32), ("debug", "false"), ("absent", None), ("check", None)):
			equal(answer.headers["attest-" + name], value, name)
		equal(answer.headers["Cache-Control"], "no-store", "caching")

	def any_method_is_judged():
		for method in ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"):
			answer = s.gate.request("/gate/payments", method, Authorization=f"Bearer {s.token}")
			equal(answer.status, 200, method)
			equal(s.gate.request("/gate/payments", method).status, 401, method + " without a token")

	def the_header_of_its_own_serves_as_well():
		equal(s.gate.request("/gate/payments", Attest_Token=s.token).status, 200, "Attest-Token")
		both = s.gate.request("/gate/payments", Attest_Token=s.token, Authorization="Bearer " + s.token)
		equal(both.status, 200, "twice the same")
		basic = s.gate.request("/gate/payments", Attest_Token=s.token, Authorization="Basic dTpw")
		equal(basic.status, 200, "beside another scheme")

	def what_is_no_token_is_401():
		for token, check in (
			("garbage", "token.format"),
			("a.b.c", "token.format"),
			(s.token + "=", "token.format"),
			(with_header(s.token, alg="none").rsplit(".", 1)[0] + ".", "token.signed"),
			(with_header(s.token, alg="HS256"), "token.algorithm"),
			(with_header(s.token, typ="other+jwt"), "token.typ"),
			(with_header(s.token, jwk={"kty": "oct", "k": "AA"}), "token.header"),
			(with_header(s.token, kid="no-such-key"), "token.key"),
			(with_header(s.token, alg="ES256" if parts(s.token)[0]["alg"] != "ES256" else "RS256"), "token.algorithm"),
			(flipped(s.token), "token.signature"),
		):
			refused(s.judge("payments", token), 401, check)

	def made_up_kids_cause_one_fetch_and_are_then_401():
		rules = write_rules(d.dir / "kids", {}, {"one": expectation(d)})
		with Gate(d, rules, *DEV) as gate:
			seen = [gate.ask("one", with_header(s.token, kid=f"made-up-{n}")).status for n in range(200)]
		first = seen.index(401)
		equal((set(seen[:first]) <= {503}, set(seen[first:])), (True, {401}), f"statuses {seen}")

	def another_document_of_the_issuer_is_401():
		reader = d.attest("dev", "token", "--state", d.state)["token"]
		path = d.dir / "reader.jwt"
		path.write_text(reader, encoding="utf-8")
		policy = d.attest("policy", "get", "--type", "SgxEnclave", "--token-file", path)["token"]
		refused(s.judge("payments", policy), 401, "token.kind")
		# A bearer token of the developers' issuer is signed by another key.
		true(s.judge("payments", reader).status == 401, "a token of another issuer")

	def a_genuine_token_that_is_not_what_is_expected_is_403():
		for name, (_, check) in OTHER.items():
			refused(s.judge(name, s.token), 403, check)

	def what_was_wanted_is_said_in_words_and_not_in_values():
		body = s.judge("measured", s.token).body.decode()
		true("00" * 32 not in body, "the expected measurement is not shown")

	def a_token_grows_too_old():
		rules = write_rules(d.dir / "age", {}, {"young": expectation(d, max_age=0)})
		with Gate(d, rules, *DEV) as gate:
			time.sleep(1.2)
			refused(gate.ask("young", s.token), 401, "token.age")

	def tokens_of_dev_issuers_are_403_unless_allowed():
		with Gate(d, s.rules, "--allow-private-addresses") as gate:
			refused(gate.ask("payments", s.token), 403, "token.dev")

	def private_addresses_are_not_asked_for_keys_unless_allowed():
		with Gate(d, s.rules, "--allow-dev-issuers", ready=False) as gate:
			gate.wait_health(503)
			answer = gate.ask("payments", s.token)
			equal(answer.status, 503, "no keys")
			gate.wait_log("not of the public Internet")

	def a_gate_that_nobody_named_is_404():
		for path in ("/gate/none", "/gate/", "/gate/payments/x", "/gate/Payments", "/envoy/none/x", "/envoy/", "/", "/certs"):
			equal(s.gate.request(path, Authorization="Bearer " + s.token).status, 404, path)
		equal(s.gate.request("/healthz", "POST").status, 404, "POST to health")

	def without_a_token_there_is_a_challenge_and_no_error():
		answer = s.gate.request("/gate/payments")
		equal((answer.status, answer.headers["WWW-Authenticate"]), (401, 'Bearer realm="payments"'), "challenge")
		equal(answer.json()["check"], None, "check")

	def two_tokens_that_differ_are_refused():
		for headers in ({"Attest_Token": s.token, "Authorization": "Bearer " + flipped(s.token)},
			{"Attest_Token": "x", "Authorization": "Bearer " + s.token},
			{"Attest_Token": s.token, "Authorization": "Bearer a,b"}, {"Authorization": "Bearer "}):
			answer = s.gate.request("/gate/payments", **headers)
			equal(answer.status, 401, str(list(headers)))
			true('error="invalid_request"' in answer.headers["WWW-Authenticate"], "challenge")

	def a_token_header_that_stands_twice_is_refused():
		for name in ("Authorization", "authorization", "Attest-Token", "ATTEST-TOKEN"):
			value = ("" if "oken" in name.lower() else "Bearer ") + s.token
			text = send(s.gate.address, ["GET /gate/payments HTTP/1.1", "Host: gate", f"{name}: {value}", f"{name}: {value}"])
			equal(status_of(text), 400, name)

	def ceilings_hold():
		large = "x" * 70000
		true(status_of(send(s.gate.address, ["GET /gate/payments HTTP/1.1", "Host: g", "Attest-Token: " + large]))
			in (400, 431), "a header over the ceiling")
		text = send(s.gate.address, ["POST /gate/payments HTTP/1.1", "Host: g", f"Authorization: Bearer {s.token}",
			"Content-Length: 1"], b"x")
		equal(status_of(text), 413, "a body")
		text = send(s.gate.address, ["GET /envoy/payments/" + "y" * 80000 + " HTTP/1.1", "Host: g"])
		true(status_of(text) in (400, 414, 431), "a target over the ceiling")

	def requests_as_envoy_makes_them_are_judged_by_the_prefix_alone():
		for path in ("", "/", "/api/v1?x=1&y=%2F", "/a%2Fb", "/%2e%2e/claims", "/../claims", "//claims", "/x" * 3000,
			"/%zz", "?q=/envoy/claims/"):
			for method in ("GET", "POST", "DELETE"):
				text = send(s.gate.address, [f"{method} /envoy/payments{path} HTTP/1.1", "Host: app.example:8443",
					"Content-Length: 0", f"Authorization: Bearer {s.token}", "x-envoy-internal: true",
					"x-forwarded-for: 192.0.2.1", "x-request-id: 5"])
				equal(status_of(text), 200, f"{method} …{path[:40]}")
				true("\r\nattest-gate: payments\r\n" in text, "judged by its own gate")
			text = send(s.gate.address, [f"GET /envoy/measured{path} HTTP/1.1", "Host: app.example",
				f"Authorization: Bearer {s.token}"])
			equal(status_of(text), 403, path[:40])

	def nothing_of_a_request_chooses_a_url_or_a_gate():
		for line in ("x-original-url: /gate/payments", "x-forwarded-host: 127.0.0.1:1", "jku: https://127.0.0.1:1/certs"):
			text = send(s.gate.address, ["GET /gate/measured HTTP/1.1", "Host: payments", line,
				f"Authorization: Bearer {s.token}"])
			equal(status_of(text), 403, line)
		text = send(s.gate.address, ["GET http://payments/gate/measured HTTP/1.1", "Host: payments",
			f"Authorization: Bearer {s.token}"])
		equal(status_of(text), 403, "absolute form")

	def no_url_of_a_token_is_ever_asked():
		with socket.create_server(("127.0.0.1", 0)) as trap:
			trap.settimeout(1)
			url = f"https://127.0.0.1:{trap.getsockname()[1]}"
			for header in ({"jku": url + "/certs"}, {"x5u": url}, {"kid": url}, {"jku": url, "kid": "made-up"}):
				true(s.gate.ask("payments", with_header(s.token, **header)).status in (401, 503), str(header))
			forged = segment({"iss": url, "jku": url, "exp": int(time.time()) + 600})
			true(s.gate.ask("payments", ".".join((s.token.split(".")[0], forged, "AAAA"))).status == 401, "another iss")
			try:
				trap.accept()
				raise AssertionError("somebody connected")
			except TimeoutError:
				pass

	def what_an_attester_writes_cannot_leave_its_header():
		role = "a\r\nattest-verdict: forged\r\n\r\n<html> \u00e9\u202e%0d%0A\t\"\\"
		token = synth_token(d, json.dumps({"role": role, "n": [1, {"x": " "}]}))
		text = send(s.gate.address, ["GET /gate/payments HTTP/1.1", "Host: g", f"Authorization: Bearer {token}"])
		equal(status_of(text), 200, "status")
		head = text.split("\r\n\r\n", 1)[0].split("\r\n")
		verdicts = [line for line in head if line.lower().startswith("attest-verdict")]
		equal(verdicts, ["attest-verdict: accepted"], "verdicts")
		value = next(line for line in head if line.startswith("attest-attester-role: ")).split(": ", 1)[1]
		true(re.fullmatch(r"[!-~]+", value), "visible ASCII")
		equal(value, "".join(chr(b) if 0x20 < b < 0x7f and b != 0x25 else f"%{b:02X}" for b in role.encode()), "value")

	def a_claim_that_is_too_long_for_a_header_is_left_out():
		token = synth_token(d, json.dumps({"role": "r" * 1025}))
		answer = s.judge("payments", token)
		equal((answer.status, answer.headers["attest-attester-role"]), (200, None), "answer")
		token = synth_token(d, json.dumps({"role": "r" * 1024}))
		equal(s.judge("payments", token).headers["attest-attester-role"], "r" * 1024, "just fits")

	def rules_that_make_no_sense_for_a_proxy_are_refused_at_the_start():
		base = expectation(d)
		for document, word in (
			({**base, "nonce": "n1"}, "max_age"),
			({k: v for k, v in base.items() if k != "max_age"}, "max_age"),
			({**base, "max_age": "any"}, "max_age"),
			({k: v for k, v in base.items() if k != "type"}, "type"),
			({k: v for k, v in base.items() if k != "issuer"}, "issuer"),
			({**base, "unknown": 1}, "unknown"),
		):
			rules = write_rules(d.dir / "bad", {}, {"payments": document})
			for args in (("--listen", "127.0.0.1:0"), ("--check",)):
				code, said = start(d, rules, *args)
				equal(code, 2, word)
				true(word in said and "payments" in said, f"{said} speaks of {word}")

	def rules_that_others_can_write_are_refused():
		folder = d.dir / "bad"
		rules = write_rules(folder, {}, {"payments": expectation(d)})
		for path in (rules, folder / "payments.yaml"):
			for mode in (0o664, 0o646):
				path.chmod(mode)
				code, said = start(d, rules, "--check")
				equal((code, f"{path}: others can write it" in said), (2, True), f"{path} {mode:o}: {said}")
			path.chmod(0o644)
		equal(start(d, rules, "--check")[0], 0, "and not otherwise")

	def headers_of_the_attester_say_so():
		for gate, word in (
			({"headers": {"attest-role": "x-ms-runtime.role"}}, "attester_headers"),
			({"headers": {"attest-role": "nonce"}}, "attester_headers"),
			({"headers": {"attest-role": "x-ms-isolation-tee.x-ms-runtime.role"}}, "attester_headers"),
			({"attester_headers": {"attest-role": "x-ms-runtime.role"}}, "attest-attester-"),
			({"headers": {"attest-attester-x": "x-ms-sgx-mrsigner"}}, "attest-attester-"),
			({"attester_headers": {"attest-attester-x": "x-ms-sgx-mrsigner"}}, "under headers"),
			({"headers": {"attest-verdict": "x-ms-sgx-mrsigner"}}, "attest-verdict"),
			({"headers": {"x-mrsigner": "x-ms-sgx-mrsigner"}}, "attest-NAME"),
			({"headers": {"attest-x\r\ny": "x-ms-sgx-mrsigner"}}, "attest-NAME"),
		):
			rules = write_rules(d.dir / "bad", {"payments": gate}, {"payments": expectation(d)})
			code, said = start(d, rules, "--check")
			equal(code, 2, said)
			true(word in said, f"{said} speaks of {word}")

	def it_listens_beyond_loopback_only_when_told():
		for listen in ("0.0.0.0:0", "[::]:0", "192.0.2.1:80"):
			code, said = start(d, s.rules, "--listen", listen)
			equal(code, 2, listen)
			true("--plain-http-beyond-loopback" in said, said)
		with Gate(d, s.rules, *DEV, "--plain-http-beyond-loopback", listen="0.0.0.0:0") as gate:
			equal(gate.ask("payments", s.token).status, 200, "when told")

	def it_listens_on_a_unix_socket():
		path = str(d.dir / "gate.sock")
		with Gate(d, s.rules, *DEV, listen=path, ready=False) as gate:
			until = time.monotonic() + 20
			lines = ["GET /gate/payments HTTP/1.1", "Host: g", f"Authorization: Bearer {s.token}"]
			while status_of(send(gate.address, lines)) != 200:
				true(time.monotonic() < until, "the keys came")
				time.sleep(0.05)
			equal(os.stat(path).st_mode & 0o777, 0o660, "mode")

	def check_names_the_gates_and_asks_nobody():
		document = d.attest("gate", "--rules", s.rules, "--check")
		equal(document["gates"], ["payments", *OTHER], "gates")

	def rules_are_read_again_on_sighup():
		folder = d.dir / "hup"
		rules = write_rules(folder, {}, {"one": expectation(d)})
		with Gate(d, rules, *DEV) as gate:
			equal((gate.ask("one", s.token).status, gate.ask("two", s.token).status), (200, 404), "before")
			write_rules(folder, {}, {"one": expectation(d, max_age=1800, type="TdxVm"), "two": expectation(d)})
			gate.reload("rules in force")
			equal((gate.ask("one", s.token).status, gate.ask("two", s.token).status), (403, 200), "after")
			for text in ("gates: [", "gates: {}", "gates: {one: {expect: absent.yaml}}", "{}"):
				rules.write_text(text, encoding="utf-8")
				gate.reload("rules refused, those before stay in force")
				equal((gate.ask("one", s.token).status, gate.ask("two", s.token).status), (403, 200), text)

	def new_rules_come_with_the_keys_of_their_issuers():
		folder = d.dir / "hup"
		rules = write_rules(folder, {}, {"one": expectation(d)})
		with Gate(d, rules, *DEV, ready=False) as gate:
			equal(gate.ask("one", s.token).status, 200, "at once")
			for stale in range(100, 110):
				# Another staleness: keys are held anew.
				write_rules(folder, {}, {"one": expectation(d)}, max_stale=stale)
				gate.reload("rules in force")
				equal(gate.ask("one", s.token).status, 200, f"at once with {stale}")

	def eight_threads_and_new_rules_find_no_false_answer():
		folder = d.dir / "hammer"
		rules = write_rules(folder, {}, {"good": expectation(d), "bad": expectation(d, **OTHER["measured"][0])})
		wrong, count = [], [0] * 8
		with Gate(d, rules, *DEV) as gate:
			until = time.monotonic() + 5
			work = [("good", s.token, (200,)), ("bad", s.token, (403,)), ("good", flipped(s.token), (401,)),
				("none", s.token, (404,)), ("good", with_header(s.token, kid="made-up"), (401, 503))]

			def hammer(n):
				i = n
				while time.monotonic() < until:
					name, token, wanted = work[i % len(work)]
					got = gate.ask(name, token).status
					if got not in wanted:
						wrong.append((name, wanted, got))
					count[n] += 1
					i += 1

			threads = [threading.Thread(target=hammer, args=(n,)) for n in range(8)]
			for t in threads:
				t.start()
			for _ in range(10):
				time.sleep(0.3)
				gate.reload("rules in force")
			for t in threads:
				t.join()
			equal(gate.close(), 0, "exit status")
		equal(wrong[:5], [], "false answers")
		true(min(count) > 20, f"everyone was served: {count}")
		print(f"# {sum(count)} answers")

	def refusals_are_logged_and_tokens_are_not():
		folder = d.dir / "log"
		with Gate(d, write_rules(folder, {}, {"one": expectation(d)}), *DEV) as gate:
			for _ in range(60):
				gate.ask("one", flipped(s.token))
			time.sleep(1.1)
			gate.ask("one", flipped(s.token))
			log = gate.log()
		lines = [line for line in log.splitlines() if 'event="refused"' in line]
		true(2 <= len(lines) <= 50, f"{len(lines)} lines of 61")
		true(all("gate=one status=401 check=token.signature" in line for line in lines), "what they say")
		true(re.search(r'event="refused, not logged" count=\d+', log), "how many were left out")
		for part in s.token.split("."):
			true(part not in log and part[:40] not in log, "no part of a token")

	def it_drains_on_sigterm():
		with Gate(d, s.rules, *DEV) as gate:
			gate.ask("payments", s.token)
			equal(gate.close(), 0, "exit status")

	def it_lives_in_its_sandbox():
		status = {}
		for line in open(f"/proc/{s.gate.pid}/status", encoding="utf-8"):
			name, _, value = line.partition(":")
			status[name] = value.strip()
		equal((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"), "seccomp and privileges")

	def without_its_issuer_it_goes_on_with_the_last_good_keys_and_then_is_undecided():
		state, port = str(d.dir / "second"), 0
		with Daemon(state=state) as second:
			token = token_of(second, second.evidence_set())
			port = second.port
			rules = write_rules(d.dir / "stale", {}, {"one": expectation(second)}, max_stale=4)
			gate = Gate(second, rules, *DEV)
		try:
			equal(gate.ask("one", token).status, 200, "just after it went")
			gate.wait_health(503)
			answer = gate.ask("one", token)
			refused(answer, 503, "token.keys_stale")
			true(int(answer.headers["Retry-After"]) > 0, "Retry-After")
			equal(answer.headers["attest-verdict"], "undecided", "verdict")
			gate.wait_log("not judged")
			with Daemon(state=state, port=port):
				gate.wait_health(200)
				equal(gate.ask("one", token).status, 200, "when it is back")
		finally:
			gate.close()

	return [value for value in list(locals().values()) if callable(value)]


def main():
	tap = Tap()
	with Daemon() as daemon:
		for name in ("age", "bad", "hammer", "hup", "kids", "log", "stale"):
			(daemon.dir / name).mkdir()
		scene = Scene(daemon)
		try:
			for case in cases(scene):
				tap.case(case)
		finally:
			scene.gate.close()
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
