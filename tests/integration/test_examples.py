# SPDX-License-Identifier: Apache-2.0
"""The examples of examples/, built against the library as it is installed and run against the real daemon: a token that
holds what is expected gets the secret, any other does not and says why. And what no example shows: log proofs and proof of
possession, against the daemon's own log and with a key that its token names."""

import base64
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import sys

from daemon import BUILD, ROOT, Daemon, Failed, Tap, equal, tap_skip_all, true
from test_client import ACCEPTED, REFUSED, Library, load

SECRET = "the-secret-of-this-run"
COMPILERS = {"secret.c": ("cc", "-std=c17"), "secret.cc": ("c++", "-std=c++17")}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def run(*args, **more):
	return subprocess.run([str(a) for a in args], capture_output=True, timeout=120, check=False, **more)


def b64(raw):
	return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Installed:
	"""The library in a folder of its own, found by pkg-config as any other."""

	def __init__(self, folder):
		done = run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", folder)
		if done.returncode != 0:
			raise Failed(f"meson install: {done.stderr.decode()[-2000:]}")
		found = next(folder.rglob("attest.pc"))
		self.libdir = found.parent.parent
		self.env = {**os.environ, "PKG_CONFIG_PATH": str(found.parent), "PKG_CONFIG_SYSROOT_DIR": str(folder),
			"LD_LIBRARY_PATH": str(self.libdir)}

	def flags(self):
		done = run("pkg-config", "--cflags", "--libs", "attest", env=self.env)
		equal(done.returncode, 0, f"pkg-config: {done.stderr.decode()}")
		return done.stdout.decode().split()

	def build(self, source, out, *more):
		compiler, standard = COMPILERS[source]
		done = run(compiler, standard, *WARNINGS, *more, ROOT / "examples" / source, "-o", out, *self.flags())
		equal(done.returncode, 0, f"{source}: {done.stderr.decode()[-2000:]}")


class Examples:
	def __init__(self, d):
		self.d = d
		self.installed = Installed(d.dir / "installed")
		self.runtime = d.dir / "example-runtime.json"
		self.runtime.write_text('{"hello":"world"}', encoding="utf-8")
		self.token = self.attest(self.runtime)["token"]
		self.good, self.bad = self.expect("good", ""), self.expect("bad", "x-ms-sgx-svn: 60000")

	def attest(self, runtime):
		quote = self.d.dir / "example.bin"
		self.d.attest("evidence", "synth", "--type", "SgxEnclave", "--root", f"{self.d.state}/evidence-root",
			"--runtime-json", runtime, "--out", quote)
		return self.d.attest("request", "--type", "SgxEnclave", quote, "--runtime-json", runtime)

	def expect(self, name, svn):
		path = self.d.dir / f"{name}.yaml"
		path.write_text(f"issuer: {self.d.url}\ntype: SgxEnclave\nmax_age: 600\nmin_svn: {{{svn}}}\n" if svn else
			f"issuer: {self.d.url}\ntype: SgxEnclave\nmax_age: 600\n", encoding="utf-8")
		return path

	def ask(self, command, expectation, token):
		done = run(*command, self.d.url, expectation, self.d.ca, input=token.encode() + b"\n",
			env={**self.installed.env, "SECRET": SECRET})
		return done.returncode, done.stdout.decode(), done.stderr.decode()

	def check(self, command):
		code, out, said = self.ask(command, self.good, self.token)
		equal((code, out), (0, SECRET + "\n"), f"a good token: {said}")
		head, payload, signature = self.token.split(".")
		changed = ".".join((head, payload, ("A" if signature[0] != "A" else "B") + signature[1:]))
		for expectation, token, why in ((self.bad, self.token, "token.svn"), (self.good, changed, "token.signature"),
				(self.good, "token", "token.format"), (self.d.dir / "none.yaml", self.token, "failed: ")):
			code, out, said = self.ask(command, expectation, token)
			equal((code, out), (1, ""), "a bad token")
			true(why in said, f"{said!r} speaks of {why}")

	def check_strict(self, command):
		"""As it is written, and not for development: the daemon's address alone is reason enough."""
		code, out, said = self.ask(command, self.good, self.token)
		equal((code, out), (1, ""), "a dev issuer")
		true("token.keys_stale" in said, said)


def example_cases(x):
	def in_c():
		program = x.d.dir / "secret-c"
		x.installed.build("secret.c", program, "-DATTEST_BUILD_ALLOWS_DEV_ISSUERS")
		x.check([program])
		x.installed.build("secret.c", program)
		x.check_strict([program])

	def in_cpp():
		program = x.d.dir / "secret-cc"
		x.installed.build("secret.cc", program, "-DATTEST_BUILD_ALLOWS_DEV_ISSUERS")
		x.check([program])
		x.installed.build("secret.cc", program)
		x.check_strict([program])

	def in_python():
		program = ROOT / "examples/secret.py"
		start = f"import sys; sys.path.insert(0, {str(program.parent)!r}); import secret; secret.ALLOW_DEV_ISSUERS = True; "
		x.check([sys.executable, "-B", "-c", start + "sys.exit(secret.main())"])
		x.check_strict([sys.executable, "-B", program])

	return [in_c, in_cpp, in_python]


def declare(lib):
	text, opaque, size = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t
	place = ctypes.POINTER(ctypes.c_void_p)
	for name, result, *args in (
		("attest_proof_log_new", opaque, text, place), ("attest_proof_log_free", None, opaque),
		("attest_proof_verify", ctypes.c_int, opaque, opaque, text, size, place, place),
		("attest_proof_verify_growth", ctypes.c_int, opaque, text, size, text, size, place, place),
		("attest_proof_checkpoint", text, opaque),
		("attest_challenge_new", opaque, text, text, size, ctypes.c_uint32, place), ("attest_challenge_free", None, opaque),
		("attest_challenge_text", text, opaque),
		("attest_challenge_verify", ctypes.c_int, opaque, opaque, text, size, place, place),
		("attest_possession_new", opaque, text, size, text, text, text, size, place), ("attest_possession_free", None, opaque),
		("attest_possession_sign", ctypes.c_int, opaque, text, place), ("attest_possession_text", text, opaque),
		("attest_possession_key", text, opaque),
	):
		function = getattr(lib, name)
		function.restype, function.argtypes = result, args


class Party:
	"""A relying party by ctypes, that has accepted TOKEN."""

	def __init__(self, library, d, token):
		self.lib, self.library, self.d = library.lib, library, d
		verifier = library.verifier(d.url, d.ca, True)
		x = self.lib.attest_expectation_new()
		self.lib.attest_expectation_issuer(x, d.url.encode())
		self.lib.attest_expectation_type(x, b"SgxEnclave")
		self.lib.attest_expectation_any_age(x)
		self.token = token.encode()
		self.result = ctypes.c_void_p()
		equal(self.lib.attest_verify(verifier, self.token, len(self.token), x, ctypes.byref(self.result), None), ACCEPTED,
			"token")
		self.lib.attest_expectation_free(x)
		self.lib.attest_verifier_free(verifier)

	def judge(self, name, *args):
		"""(verdict, the check that failed, the accessors' words)"""
		result = ctypes.c_void_p()
		verdict = getattr(self.lib, name)(*args, ctypes.byref(result), None)
		failed = (self.lib.attest_result_failed_check(result) or b"").decode()
		kept = self.lib.attest_proof_checkpoint(result) or self.lib.attest_possession_key(result)
		self.lib.attest_result_free(result)
		return verdict, failed, kept


def library_cases(library, d, x):
	lib = library.lib
	declare(lib)
	lib.attest_expectation_any_age.argtypes = [ctypes.c_void_p]
	key_pem = d.dir / "attested.pem"

	def log_proof_holds_for_its_token_alone():
		client = library.client(d.url, d.ca)
		claims = json.loads(base64.urlsafe_b64decode(x.token.split(".")[1] + "=="))
		_, key, _ = library.answer("attest_client_log_key", client)
		_, proof, _ = library.answer("attest_client_log_proof", client, claims["jti"].encode())
		log = library.call("attest_proof_log_new", key)
		party, other = Party(library, d, x.token), Party(library, d, x.attest(x.runtime)["token"])
		verdict, failed, kept = party.judge("attest_proof_verify", log, party.result, proof, len(proof))
		equal((verdict, failed), (ACCEPTED, ""), "proof")
		equal(other.judge("attest_proof_verify", log, other.result, proof, len(proof))[:2], (REFUSED, "log.jti"), "other token")
		old, growth = d.dir / "old", d.dir / "growth-proof"
		old.write_bytes(kept)
		d.attest("log", "verify", "--log-key", f"{d.state}/log/log.vkey", "--since", old, "--out", growth)
		text = growth.read_bytes()
		equal(party.judge("attest_proof_verify_growth", log, kept, len(kept), text, len(text))[:2], (ACCEPTED, ""), "growth")
		lib.attest_proof_log_free(log)
		lib.attest_client_free(client)

	def answer(token, challenge, audience, pem):
		p = library.call("attest_possession_new", token, len(token), audience, challenge, None, 0)
		error = ctypes.c_void_p()
		if lib.attest_possession_sign(p, pem, ctypes.byref(error)) != 0:
			why = lib.attest_error_message(error).decode()
			lib.attest_error_free(error)
			lib.attest_possession_free(p)
			raise Failed(why)
		text = lib.attest_possession_text(p)
		lib.attest_possession_free(p)
		return text

	def key_of_a_token_is_proved_to_be_held():
		if shutil.which("openssl") is None:
			return "no openssl"
		run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key_pem)
		point = run("openssl", "pkey", "-in", key_pem, "-pubout", "-outform", "DER").stdout[-64:]
		jwk = {"kty": "EC", "crv": "P-256", "x": b64(point[:32]), "y": b64(point[32:]), "use": "sig", "alg": "ES256"}
		runtime = d.dir / "key.json"
		runtime.write_text(json.dumps({"keys": [jwk]}), encoding="utf-8")
		party = Party(library, d, x.attest(runtime)["token"])
		pem, audience = key_pem.read_bytes(), b"https://vault.example"

		def ask(said_to):
			c = library.call("attest_challenge_new", audience, None, 0, 60)
			text = answer(party.token, lib.attest_challenge_text(c), said_to, pem)
			got = party.judge("attest_challenge_verify", c, party.result, text, len(text))
			again = party.judge("attest_challenge_verify", c, party.result, text, len(text))
			lib.attest_challenge_free(c)
			return got, again

		got, again = ask(audience)
		equal(got[:2], (ACCEPTED, ""), "possession")
		equal(len(got[2]), 43, "the key's thumbprint")
		equal(again[:2], (REFUSED, "possession.replayed"), "the same answer again")
		equal(ask(b"https://evil.example")[0][:2], (REFUSED, "possession.audience"), "relayed")
		without = Party(library, d, x.token)
		try:
			answer(without.token, b"n", audience, pem)
			raise Failed("a token without a key was signed for")
		except Failed as why:
			true("does not name this key" in str(why), why)

	return [log_proof_holds_for_its_token_alone, key_of_a_token_is_proved_to_be_held]


def main():
	try:
		library = Library(load())
	except OSError as why:
		tap_skip_all(f"the library cannot be loaded here: {why}")
		return 0
	if shutil.which("pkg-config") is None or shutil.which("meson") is None:
		tap_skip_all("no pkg-config or no meson")
		return 0
	tap = Tap()
	with Daemon() as daemon:
		x = Examples(daemon)
		for case in [*example_cases(x), *library_cases(library, daemon, x)]:
			tap.case(case)
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
