#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libattest from outside: its symbols are those of tests/abi/attest.symbols and of its headers, and programs in C and C++
that know the headers alone build against it, shared and static, and run, under valgrind too.

	check.py SOURCE LIBDIR MAKE_TOKEN        TAP

A symbol that goes away, or a new one that is not in the list, is a change of the ABI: say so in the list, and raise the
soname when one has gone."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE, LIBDIR, MAKE_TOKEN = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
STATIC_NEEDS = ["-lcrypto", "-lyaml", "-lcurl", "-lpthread"]
count, failed = 0, 0


def case(name, problem=None, skip=None):
	global count, failed
	count += 1
	failed += 1 if problem else 0
	print(f"{'not ok' if problem else 'ok'} {count} - {name}" + (f" # SKIP {skip}" if skip else ""))
	for line in (problem or "").splitlines()[:40]:
		print(f"# {line}")


def run(*args, **env):
	done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
		errors="replace", env={**os.environ, **env}, check=False)
	return done.returncode, done.stdout


def difference(seen, wanted):
	lost, new = sorted(wanted - seen), sorted(seen - wanted)
	return "\n".join([f"missing: {s}" for s in lost] + [f"not in the list: {s}" for s in new])


def dynamic_symbols():
	"""Exported names; the version's own entry is no symbol."""
	out = run("nm", "-D", "--defined-only", LIBDIR / "libattest.so")[1]
	return {m.group(2): m.group(3) for m in re.finditer(r"^\S+ (\S) (\w+)(?:@@?(\w+))?$", out, re.M)
		if m.group(1) != "A"}


def static_symbols():
	out = run("nm", "--defined-only", LIBDIR / "libattest.a")[1]
	return {m.group(2) for m in re.finditer(r"^\S+ ([A-Z]) (\S+)$", out, re.M)}


def header_symbols():
	text = "".join(p.read_text("utf-8") for p in sorted((SOURCE / "include/attest").glob("*.h")))
	text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
	return set(re.findall(r"ATTEST_API[^;]*?\b(attest_\w+)\s*\(", text))


def check_symbols():
	lines = (SOURCE / "tests/abi/attest.symbols").read_text("utf-8").splitlines()
	listed = {l for l in lines if l and not l.startswith("#")}
	seen = dynamic_symbols()
	case("the shared library has the symbols of the list and no other", difference(set(seen), listed))
	case("each has the version of the map", "\n".join(s for s, v in seen.items() if v != "ATTEST_0"))
	case("the headers declare them all and no other", difference(header_symbols(), listed))
	case("the soname is libattest.so.0", None if "SONAME               libattest.so.0\n" in
		run("objdump", "-p", LIBDIR / "libattest.so")[1] else "another soname")
	return listed


def check_programs(folder, listed):
	if re.search(r"__(asan|ubsan|tsan|msan)_", run("nm", "-D", LIBDIR / "libattest.so")[1]):
		case("programs build against it and run", skip="a library with sanitizers")
		return
	case("the static library has the same", difference(static_symbols(), listed))
	code, out = run(MAKE_TOKEN, folder)
	case("a token is made", None if code == 0 else out)
	args = [folder / "jwks.json", folder / "token.jwt", "https://i.example", "1790000000"]
	for compiler, standard, source in (("gcc", "c99", "use.c"), ("gcc", "c17", "use.c"), ("clang", "c11", "use.c"),
		("g++", "c++11", "use.cc"), ("g++", "c++20", "use.cc"), ("clang++", "c++11", "use.cc")):
		for kind, libs in (("shared", ["-L", LIBDIR, "-lattest"]), ("static", [LIBDIR / "libattest.a", *STATIC_NEEDS])):
			name = f"{source} by {compiler} -std={standard}, {kind}, builds and runs"
			if shutil.which(compiler) is None:
				case(name, skip=f"no {compiler}")
				continue
			program = folder / f"{compiler}-{standard}-{kind}"
			code, out = run(compiler, f"-std={standard}", *WARNINGS, "-I", SOURCE / "include",
				SOURCE / "tests/abi" / source, "-o", program, *libs)
			if code == 0:
				code, out = run(program, *args, LD_LIBRARY_PATH=str(LIBDIR))
			case(name, None if code == 0 and out.endswith(" good\n") else out or f"ended with {code}")
	if shutil.which("valgrind") is None:
		case("valgrind finds nothing", skip="no valgrind")
		return
	code, out = run("valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
		"--errors-for-leak-kinds=definite,indirect,possible", "--error-exitcode=99", folder / "gcc-c17-shared", *args,
		LD_LIBRARY_PATH=str(LIBDIR))
	case("valgrind finds nothing", None if code == 0 else out)


def main():
	with tempfile.TemporaryDirectory() as folder:
		check_programs(pathlib.Path(folder), check_symbols())
	print(f"1..{count}")
	return 1 if failed else 0


if __name__ == "__main__":
	sys.exit(main())
