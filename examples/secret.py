#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""secret.py ISSUER EXPECTATION [CA] < TOKEN: prints $SECRET if the token is ISSUER's and all holds that the file demands.

By ctypes, with nothing but libattest.so.0. Names and types are those of the headers.
"""

import ctypes
import os
import sys

ACCEPTED, FAILED = 0x59E5, -3
ALLOW_DEV_ISSUERS = False  # a program for development sets it: tokens of a dev issuer stand on made-up evidence

P, S, ERROR = ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)
SIGNATURES = {
	"attest_verifier_config_new": (P, S), "attest_verifier_config_free": (None, P),
	"attest_verifier_config_ca_file": (None, P, S), "attest_verifier_config_allow_private_addresses": (None, P),
	"attest_verifier_new": (P, P, ERROR), "attest_verifier_free": (None, P), "attest_verifier_allow_dev_issuers": (None, P),
	"attest_expectation_from_file": (P, S, ERROR), "attest_expectation_free": (None, P),
	"attest_verify": (ctypes.c_int, P, S, ctypes.c_size_t, P, ERROR, ERROR), "attest_result_free": (None, P),
	"attest_result_failed_check": (S, P), "attest_error_message": (S, P), "attest_error_free": (None, P),
}


def load():
	lib = ctypes.CDLL("libattest.so.0")
	for name, (result, *args) in SIGNATURES.items():
		function = getattr(lib, name)
		function.restype, function.argtypes = result, args
	return lib


def why(lib, error):
	text = lib.attest_error_message(error).decode()
	lib.attest_error_free(error)
	return f"failed: {text}"


def judge(lib, verifier, expectation, token):
	"""None if TOKEN holds, else why it does not."""
	result, error = ctypes.c_void_p(), ctypes.c_void_p()
	verdict = lib.attest_verify(verifier, token, len(token), expectation, ctypes.byref(result), ctypes.byref(error))
	if verdict == FAILED:
		return why(lib, error)
	failed = lib.attest_result_failed_check(result)
	lib.attest_result_free(result)
	return None if verdict == ACCEPTED else f"no secret, because of {failed.decode()}"


def ask(issuer, expectation_file, ca, token):
	lib, error = load(), ctypes.c_void_p()
	config = lib.attest_verifier_config_new(issuer.encode())
	if ca:
		lib.attest_verifier_config_ca_file(config, ca.encode())
	if ALLOW_DEV_ISSUERS:
		lib.attest_verifier_config_allow_private_addresses(config)
	verifier = lib.attest_verifier_new(config, ctypes.byref(error))
	lib.attest_verifier_config_free(config)
	if not verifier:
		return why(lib, error)
	if ALLOW_DEV_ISSUERS:
		lib.attest_verifier_allow_dev_issuers(verifier)
	expectation = lib.attest_expectation_from_file(expectation_file.encode(), ctypes.byref(error))
	said = judge(lib, verifier, expectation, token) if expectation else why(lib, error)
	lib.attest_expectation_free(expectation)
	lib.attest_verifier_free(verifier)
	return said


def main():
	said = ask(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None, sys.stdin.buffer.read().strip())
	print(os.environ["SECRET"] if said is None else said, file=sys.stderr if said else sys.stdout)
	return 1 if said else 0


if __name__ == "__main__":
	sys.exit(main())
