#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What one job costs in instructions of our own, held to a budget: BENCH, or --skip REASON.

Time on a busy machine says nothing; the number of instructions says it to a tenth of a per cent. Counted by callgrind over the runs in
bench_counted() (tests/bench/bench.h) are only those of the program and of libattest: what the C library and OpenSSL take depends on
their version and on the processor. Of OpenSSL the calls are counted that cost most, and must be as many as the job needs, no more and
no fewer: one verification too few is no gain.

Budgets are for gcc with the options of the ordinary build. Whoever needs more raises them in the same commit, and says why.
"""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

RUNS = 10       # BENCH_COUNTED
SLACK = 1.04    # compilers of one family differ by less
ROOMY = 0.85    # below this part of its budget a job has got better: time to lower it

Budget = collections.namedtuple("Budget", "own verifications signatures")
BUDGETS = {
	"sgx-warm-es256": Budget(300_000, 2, 1),
	"sgx-cold": Budget(570_000, 10, 0),
	"attest-verify-es256": Budget(75_000, 1, 0),
}


def count(bench, job):
	"""(instructions of our own, Counter of calls into OpenSSL by function), for one run."""
	with tempfile.TemporaryDirectory(prefix="attest-count-") as folder:
		out = pathlib.Path(folder) / "out"
		run = subprocess.run(["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no",
			"--compress-pos=no", "--zero-before=bench_counted", "--dump-after=bench_counted", bench, "--count", job],
			capture_output=True, text=True, check=False)
		dump = pathlib.Path(f"{out}.1")
		if run.returncode != 0 or not dump.is_file():
			return None, run.stdout + run.stderr
		return read(dump.read_text(encoding="utf-8"), os.path.realpath(pathlib.Path(bench).parents[2]))


def read(text, home):
	"""callgrind's own format: costs of the function last named, and behind `calls=` one line of what was called."""
	own, calls, is_own, called, passed = 0, collections.Counter(), False, None, False
	for line in text.splitlines():
		if line.startswith("ob="):
			is_own = os.path.realpath(line[3:]).startswith(home + "/")
		elif line.startswith("cfn="):
			called = line[4:]
		elif line.startswith("calls="):
			calls[called] += int(line[6:].split()[0])
			passed = True
		elif line[:1].isdigit():
			if is_own and not passed:
				own += int(line.split()[1])
			passed = False
	return own / RUNS, {name: n / RUNS for name, n in calls.items()}


def judge(job, budget, own, calls):
	"""What is wrong, "" for nothing."""
	seen = calls.get("EVP_PKEY_verify", 0), calls.get("EVP_PKEY_sign", 0)
	if seen != (budget.verifications, budget.signatures):
		return f"{seen[0]:g} verifications and {seen[1]:g} signatures, want {budget.verifications} and {budget.signatures}"
	if own > budget.own * SLACK:
		return f"{own:.0f} instructions of ours, budget {budget.own}"
	return ""


def main():
	if sys.argv[1:2] == ["--skip"]:
		print(f"1..0 # SKIP {sys.argv[2]}")
		return 0
	if shutil.which("valgrind") is None:
		print("1..0 # SKIP no valgrind")
		return 0
	bad = 0
	print(f"1..{len(BUDGETS)}")
	for number, job in enumerate(BUDGETS, 1):
		own, calls = count(sys.argv[1], job)
		if own is None:
			bad += 1
			print(re.sub("(?m)^", "# ", calls.strip()))
			print(f"not ok {number} - {job}: the program failed")
			continue
		wrong = judge(job, BUDGETS[job], own, calls)
		bad += wrong != ""
		print(f"# {job}: {own:.0f} instructions of our own a run, budget {BUDGETS[job].own}"
			f"{'; it can be lowered' if own < BUDGETS[job].own * ROOMY else ''}")
		print(f"{'not ok' if wrong else 'ok'} {number} - {job} keeps to its budget{': ' + wrong if wrong else ''}")
	return 1 if bad else 0


if __name__ == "__main__":
	sys.exit(main())
