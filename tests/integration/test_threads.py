# SPDX-License-Identifier: Apache-2.0
"""Everything that the threads of a daemon share, at the same time: eight clients attest good and bad evidence, read traces,
keys, metrics and the log, while snapshots are swapped under them. Every answer is the one it would be alone. Under
ThreadSanitizer (tools/check tests-tsan) no race is reported; ATTEST_LOAD_SECONDS sets another duration."""

import base64
import json
import os
import pathlib
import re
import signal
import sys
import threading
import time

from daemon import Daemon, Tap, equal, true

CLIENTS = 8
SECONDS = float(os.environ.get("ATTEST_LOAD_SECONDS", "3"))
ATTEST = "/attest/SgxEnclave?api-version=2020-10-01"
JSON = {"Content-Type": "application/json"}


class Load:
	def __init__(self, daemon):
		self.daemon = daemon
		quote = pathlib.Path(daemon.dir) / "quote.bin"
		daemon.attest("evidence", "synth", "--type", "SgxEnclave", "--root", f"{daemon.state}/evidence-root",
			"--out", quote)
		good = quote.read_bytes()
		# A byte of MRENCLAVE: what the attestation key signs.
		bad = good[:112] + bytes([good[112] ^ 1]) + good[113:]
		self.good, self.bad = (json.dumps({"quote": base64.urlsafe_b64encode(q).rstrip(b"=").decode()})
			for q in (good, bad))
		self.keys = daemon.get("/certs").body
		self.until = 0
		self.lock = threading.Lock()
		self.tokens = []
		self.counts = {}
		self.wrong = []

	def ask(self, connection, method, path, body=None, headers=None):
		connection.request(method, path, body, headers or {})
		answer = connection.getresponse()
		return answer, answer.read()

	def rounds(self, connection):
		"""One of each; what was seen and whether it is right."""
		answer, body = self.ask(connection, "POST", ATTEST, self.good, JSON)
		yield "accepted", answer.status == 200, (answer.status, body)
		if answer.status == 200:
			with self.lock:
				self.tokens.append(json.loads(body)["token"])
		answer, body = self.ask(connection, "POST", ATTEST, self.bad, {**JSON, "x-attest-trace": "keep"})
		yield "refused", answer.status == 400, (answer.status, body)
		trace, key = answer.getheader("x-attest-trace-id"), answer.getheader("x-attest-trace-key")
		answer, body = self.ask(connection, "GET", f"/attestd/traces/{trace}", headers={"x-attest-trace-key": key or ""})
		yield "trace", answer.status == 200 and b"sgx.quote.signature" in body, (answer.status, body)
		answer, body = self.ask(connection, "GET", "/certs")
		yield "keys", answer.status == 200 and body == self.keys, (answer.status, body)
		answer, body = self.ask(connection, "GET", "/attestd/metrics")
		yield "metrics", answer.status == 200 and body.endswith(b"# EOF\n"), (answer.status, body[-80:])
		answer, body = self.ask(connection, "GET", "/attestd/log/checkpoint")
		yield "checkpoint", answer.status == 200, (answer.status, body)

	def client(self):
		connection = self.daemon.connect(60)
		while time.monotonic() < self.until:
			for what, good, seen in self.rounds(connection):
				with self.lock:
					self.counts[what] = self.counts.get(what, 0) + 1
					if not good:
						self.wrong.append((what, seen))
		connection.close()

	def run(self):
		self.until = time.monotonic() + SECONDS
		threads = [threading.Thread(target=self.client, daemon=True) for _ in range(CLIENTS)]
		for thread in threads:
			thread.start()
		while time.monotonic() < self.until:
			os.kill(self.daemon.pid, signal.SIGHUP)
			time.sleep(0.2)
		for thread in threads:
			thread.join(120)
		true(not any(t.is_alive() for t in threads), "every client came to its end")


def main():
	tap = Tap()
	with Daemon() as daemon:
		load = Load(daemon)

		def every_answer_is_the_one_it_would_be_alone():
			load.run()
			equal(load.wrong[:3], [], "wrong answers")
			equal(len(load.counts), 6, f"kinds of answers in {load.counts}")

		def no_two_tokens_are_one():
			true(len(load.tokens) >= CLIENTS, f"{len(load.tokens)} tokens")
			equal(len(set(load.tokens)), len(load.tokens), "different tokens")

		def snapshots_were_swapped_meanwhile():
			found = len(re.findall(r'event="snapshot in force"', daemon.log()))
			true(found >= 3, f"{found} snapshots in force")

		def the_processes_are_those_of_the_start_and_end_well():
			equal(len(re.findall(r'event="started"', daemon.log())), 2, "processes started")
			equal(daemon.stop(), 0, "exit status")
			true("Sanitizer" not in daemon.log(), daemon.log_tail(20000))

		for case in (every_answer_is_the_one_it_would_be_alone, no_two_tokens_are_one,
			snapshots_were_swapped_meanwhile, the_processes_are_those_of_the_start_and_end_well):
			tap.case(case)
		print(f"# {load.counts}")
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
