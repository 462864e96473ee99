#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon without disk, without descriptors, without memory: it says so with 5xx, gives no token without its record, and
serves again when it has them back. The limits are set on the running children (prlimit), without privileges."""

import base64
import http.client
import json
import os
import pathlib
import resource
import sys
import time

from daemon import Daemon, Failed, Tap, equal, true

BACK_S = 30
TRIES = 8
PATIENCE_S = 3
HASH_SIZE = 32


def child(daemon, role):
	"""The process id of the child of that role that is there now; None between two."""
	for pid in pathlib.Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text("ascii").split():
		try:
			if f"--role\0{role}\0" in pathlib.Path(f"/proc/{pid}/cmdline").read_text("utf-8"):
				return int(pid)
		except FileNotFoundError:
			pass
	return None


class Submitter:
	def __init__(self, daemon):
		quote = daemon.dir / "quote.bin"
		daemon.attest("evidence", "synth", "--type", "SgxEnclave", "--root", f"{daemon.state}/evidence-root",
			"--out", quote)
		text = base64.urlsafe_b64encode(quote.read_bytes()).rstrip(b"=").decode()
		self.body = json.dumps({"quote": text})
		self.daemon = daemon
		self.tokens = []

	def attest(self):
		"""The status; 0 when there was no answer at all."""
		try:
			connection = self.daemon.connect(PATIENCE_S)
			connection.request("POST", "/attest/SgxEnclave?api-version=2020-10-01", self.body,
				{"Content-Type": "application/json"})
			answer = connection.getresponse()
			body = answer.read()
			connection.close()
		except (OSError, http.client.HTTPException):
			return 0
		if answer.status == 200:
			self.tokens.append(json.loads(body)["token"])
		elif answer.status >= 500:
			error = json.loads(body)["error"]
			true(error["code"] in ("ServiceUnavailable", "InternalServerError"), f"code {error['code']}")
		return answer.status

	def until_served(self):
		until = time.monotonic() + BACK_S
		while self.attest() != 200:
			if time.monotonic() > until:
				raise Failed(f"not served within {BACK_S} s\n{self.daemon.log_tail()}")
			time.sleep(0.1)

	def starved(self, kind, limit):
		"""What is answered while the child ROLE of KIND has LIMIT; only 200, 5xx or nothing."""
		role, what = kind
		self.until_served()
		pid = child(self.daemon, role)
		_, hard = resource.prlimit(pid, what)
		resource.prlimit(pid, what, (limit(pid), hard))
		seen = [self.attest() for _ in range(TRIES)]
		if pathlib.Path(f"/proc/{pid}").exists():
			try:
				resource.prlimit(pid, what, (hard, hard))
			except ProcessLookupError:
				pass
		print(f"# {role}: {seen}", flush=True)
		wrong = [s for s in seen if s not in (0, 200, 500, 503)]
		equal(wrong, [], "answers that blame the caller")
		return seen


def vm_size(pid):
	return int(pathlib.Path(f"/proc/{pid}/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")


def lowest_free(pid):
	"""The descriptor that the next open would get."""
	taken = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
	return min(set(range(len(taken) + 1)) - taken)


def leaves(daemon):
	head = daemon.get("/attestd/log/checkpoint").body.decode().split("\n")
	size = int(head[1])
	true(size < 256, "one tile holds this test's log")
	body = daemon.get(f"/attestd/log/tile/0/000.p/{size}").body
	return {body[i:i + HASH_SIZE].hex() for i in range(0, len(body), HASH_SIZE)}


def jti_of(token):
	payload = token.split(".")[1]
	return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"]


def main():
	tap = Tap()
	with Daemon() as daemon:
		client = Submitter(daemon)

		def no_token_when_the_log_cannot_be_written():
			seen = client.starved(("authority", resource.RLIMIT_FSIZE), lambda pid: 0)
			# One answer says it; the authority then ends, and the next one, without the limit, recovers the log.
			true(seen[0] in (0, 500, 503), "a token without room for its record")
			true(any(s >= 500 for s in seen), "it is said with 5xx")
			# Its own log is a file over the limit too.
			daemon.wait_log(r'event="ended" role=authority')
			client.until_served()

		def without_descriptors_the_worker_serves_again_later():
			client.starved(("worker", resource.RLIMIT_NOFILE), lowest_free)
			client.until_served()

		def without_descriptors_the_authority_goes_on_or_says_so():
			client.starved(("authority", resource.RLIMIT_NOFILE), lowest_free)
			client.until_served()

		def a_worker_without_memory_blames_nobody_else():
			client.starved(("worker", resource.RLIMIT_AS), vm_size)
			client.until_served()

		def an_authority_without_memory_gives_no_bad_token():
			client.starved(("authority", resource.RLIMIT_AS), vm_size)
			client.until_served()

		def every_token_received_has_its_record():
			logged = leaves(daemon)
			equal([j for j in map(jti_of, client.tokens) if j not in logged], [], "tokens that are not in the log")

		def every_token_received_verifies():
			for token in client.tokens:
				path = daemon.dir / "token.jwt"
				path.write_text(token, encoding="utf-8")
				equal(daemon.attest("token", "verify", path, "--issuer", daemon.url)["verdict"], "accepted", "verdict")

		for case in (no_token_when_the_log_cannot_be_written, without_descriptors_the_worker_serves_again_later,
			without_descriptors_the_authority_goes_on_or_says_so, a_worker_without_memory_blames_nobody_else,
			an_authority_without_memory_gives_no_bad_token, every_token_received_has_its_record,
			every_token_received_verifies):
			tap.case(case)
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
