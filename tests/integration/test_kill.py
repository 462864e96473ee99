# SPDX-License-Identifier: Apache-2.0
"""kill -9 of authority and worker under load, a hundred times: what a client received is in the log, whole, and the service
comes back by itself. ATTEST_KILL_ROUNDS sets another number of rounds."""

import base64
import http.client
import json
import os
import pathlib
import random
import signal
import sys
import threading
import time

from daemon import Daemon, Failed, Tap, equal, true

ROUNDS = int(os.environ.get("ATTEST_KILL_ROUNDS", "100"))
CLIENTS = 4
BACK_S = 20
TILE_WIDTH = 256
HASH_SIZE = 32


class Load:
	"""Clients that attest without a pause and keep the jti of every token they got."""

	def __init__(self, daemon):
		quote = pathlib.Path(daemon.dir / "quote.bin")
		daemon.attest("evidence", "synth", "--type", "SgxEnclave", "--root", f"{daemon.state}/evidence-root",
			"--out", quote)
		text = base64.urlsafe_b64encode(quote.read_bytes()).rstrip(b"=").decode()
		self.body = json.dumps({"quote": text})
		self.daemon = daemon
		self.over = threading.Event()
		self.lock = threading.Lock()
		self.tokens = []
		self.others = {}
		self.threads = [threading.Thread(target=self.client, daemon=True) for _ in range(CLIENTS)]

	def __enter__(self):
		for thread in self.threads:
			thread.start()
		return self

	def __exit__(self, *_):
		self.over.set()
		for thread in self.threads:
			thread.join(30)

	def count(self):
		with self.lock:
			return len(self.tokens)

	def client(self):
		connection = None
		while not self.over.is_set():
			try:
				if connection is None:
					connection = self.daemon.connect()
				connection.request("POST", "/attest/SgxEnclave?api-version=2020-10-01", self.body,
					{"Content-Type": "application/json"})
				answer = connection.getresponse()
				body = answer.read()
			except (OSError, http.client.HTTPException):
				connection = None
				time.sleep(0.01)
				continue
			with self.lock:
				if answer.status == 200:
					self.tokens.append(json.loads(body)["token"])
				else:
					self.others[answer.status] = self.others.get(answer.status, 0) + 1


def jti_of(token):
	payload = token.split(".")[1]
	return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"]


def kill_rounds(daemon, load):
	"""Each round waits for new tokens, so that every kill meets a service at work."""
	seed = random.randrange(1 << 32)
	print(f"# seed {seed}, {ROUNDS} rounds", flush=True)
	dice = random.Random(seed)
	for number in range(ROUNDS):
		before = load.count()
		until = time.monotonic() + BACK_S
		while load.count() < before + 2:
			if time.monotonic() > until:
				raise Failed(f"round {number}: the service did not come back within {BACK_S} s\n"
					+ daemon.log_tail())
			time.sleep(0.005)
		time.sleep(dice.random() * 0.05)
		while not kill_child(daemon, dice.choice(("authority", "worker"))):
			time.sleep(0.005)


def kill_child(daemon, role):
	"""Only a child of the daemon that is there now; False when it has none of this role at the moment."""
	for pid in pathlib.Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text("ascii").split():
		try:
			if f"--role\0{role}\0" in pathlib.Path(f"/proc/{pid}/cmdline").read_text("utf-8"):
				os.kill(int(pid), signal.SIGKILL)
				return True
		except (FileNotFoundError, ProcessLookupError):
			pass
	return False


def leaves(daemon):
	"""All leaf hashes under the signed head, from the tiles that the service publishes."""
	head = daemon.get("/attestd/log/checkpoint").body.decode().split("\n")
	size = int(head[1])
	found = set()
	for n in range((size + TILE_WIDTH - 1) // TILE_WIDTH):
		width = min(TILE_WIDTH, size - n * TILE_WIDTH)
		path = f"/attestd/log/tile/0/{n:03d}" + ("" if width == TILE_WIDTH else f".p/{width}")
		body = daemon.get(path).body
		equal(len(body), width * HASH_SIZE, path)
		found.update(body[i:i + HASH_SIZE].hex() for i in range(0, len(body), HASH_SIZE))
	return found


def main():
	tap = Tap()
	with Daemon() as daemon:
		with Load(daemon) as load:

			def service_comes_back_from_every_kill():
				kill_rounds(daemon, load)

			tap.case(service_comes_back_from_every_kill)
			before = load.count()
			until = time.monotonic() + BACK_S
			while load.count() < before + 2 and time.monotonic() < until:
				time.sleep(0.01)
		print(f"# {len(load.tokens)} tokens received, other answers {load.others}", flush=True)

		def every_token_received_is_in_the_log():
			true(load.tokens, "no token was received")
			logged = leaves(daemon)
			lost = [jti for jti in map(jti_of, load.tokens) if jti not in logged]
			equal(lost, [], "tokens that are not in the log")

		def no_two_tokens_share_a_record():
			equal(len(set(map(jti_of, load.tokens))), len(load.tokens), "different records")

		def a_sample_of_them_has_proofs_that_hold():
			for token in random.sample(load.tokens, min(20, len(load.tokens))):
				path = daemon.dir / "token.jwt"
				path.write_text(token, encoding="utf-8")
				document = daemon.attest("log", "prove", jti_of(token), "--token", path)
				equal(document["verdict"], "accepted", "proof")
				equal(document["token_matches"], True, "the record is of the token")

		def no_record_is_torn():
			document = daemon.attest("log", "verify", "--log", f"{daemon.state}/log",
				"--log-key", f"{daemon.state}/log/log.vkey")
			equal(document["verdict"], "accepted", "verdict")
			true(document["records_checked"] >= document["tree_size"], "every record was read")

		def head_grew_and_never_contradicted_itself():
			document = daemon.attest("log", "verify", "--log-key", f"{daemon.state}/log/log.vkey")
			true(document["tree_size"] >= len(load.tokens), "every token has a leaf")

		for case in (every_token_received_is_in_the_log, no_two_tokens_share_a_record,
			a_sample_of_them_has_proofs_that_hold, no_record_is_torn,
			head_grew_and_never_contradicted_itself):
			tap.case(case)
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
