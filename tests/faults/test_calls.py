#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""calls.txt names every function outside of the tree that the libraries of src/ call, and names none twice.

	test_calls.py BUILD
"""

import collections
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# Of the compiler, the linker and the sanitizers. Checked variants (-D_FORTIFY_SOURCE) count as the function itself.
OTHERS = re.compile(r"__(asan|ubsan|tsan|msan|sanitizer|gcov|llvm|stack_chk)_.*|_GLOBAL_OFFSET_TABLE_|__tls_get_addr"
	r"|__errno_location|__sched_cpucount|__start_.*|__stop_.*|__assert_fail")


def symbols(objects):
	needed, defined = set(), set()
	for i in range(0, len(objects), 50):
		out = subprocess.run(["nm", *map(str, objects[i:i + 50])], capture_output=True, text=True, check=True).stdout
		for line in out.splitlines():
			m = re.fullmatch(r"[0-9a-f ]{16} (\w) (\S+)", line)
			if m:
				(needed if m[1] in "Uw" else defined).add(m[2].split("@")[0])
	return needed - defined


def listed():
	calls, wrapped = collections.Counter(), set()
	for line in (HERE / "calls.txt").read_text(encoding="utf-8").splitlines():
		words = line.split()
		if words and words[0] in ("wrap", "safe", "real"):
			calls.update(words[1:])
			wrapped.update(words[1:] if words[0] == "wrap" else [])
	return calls, wrapped


def main():
	build = pathlib.Path(sys.argv[1])
	objects = sorted(build.glob("src/lib*.a.p/*.o"))
	calls, wrapped = listed()
	unknown = []
	for name in sorted(symbols(objects)):
		plain = re.sub(r"^__(\w+?)_chk$", r"\1", name)
		# The linker replaces names: a checked variant of a call that fails needs a wrapper of its own.
		if not OTHERS.fullmatch(name) and name not in calls and (plain not in calls or plain in wrapped):
			unknown.append(name)
	twice = sorted(n for n, count in calls.items() if count > 1)
	print("1..2")
	print("not ok 1" if unknown or len(objects) < 50 else "ok 1", "- every call that leaves the tree is in calls.txt")
	for name in unknown:
		print(f"# {name} is not: does it fail, and how (tests/faults/calls.txt)?")
	print("not ok 2" if twice else "ok 2", "- no call is there twice")
	for name in twice:
		print(f"# {name}")
	return 1 if unknown or twice or len(objects) < 50 else 0


if __name__ == "__main__":
	sys.exit(main())
