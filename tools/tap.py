# SPDX-License-Identifier: Apache-2.0
"""Counting test cases: TAP text and meson's test log become Counts. Used by tools/check.

A case that was not seen to pass is not counted as passed: a program that dies, times out or prints fewer cases than
its plan counts as one failed case more.
"""

import json
import re

SUMMARY = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")
CASE = re.compile(r"\s*(not )?ok\b(?:\s+\d+)?\s*-?\s*(.*)")


class Counts:
	def __init__(self):
		self.passed = 0
		self.failed = 0
		self.skipped = 0
		self.failures = []  # what to show at the end
		self.skips = []

	def add(self, other, where):
		self.passed += other.passed
		self.failed += other.failed
		self.skipped += other.skipped
		self.failures += [f"{where}: {f}" for f in other.failures]
		self.skips += [f"{where}: {s}" for s in other.skips]

	def passes(self):
		self.passed += 1

	def fails(self, name):
		self.failed += 1
		self.failures.append(name)

	def skip(self, name):
		self.skipped += 1
		self.skips.append(name)

	def __str__(self):
		return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def of_tap(text, good_exit, name):
	"""The cases of one program's output."""
	c, planned, seen = Counts(), 0, 0
	for line in text.splitlines():
		plan = re.fullmatch(r"1\.\.(\d+)(\s*#\s*SKIP.*)?", line.strip(), re.IGNORECASE)
		if plan:
			planned += int(plan.group(1))
			if plan.group(2):
				c.skip(f"{name}: {line.strip()}")
			continue
		if line.startswith("Bail out!"):
			c.fails(f"{name}: {line}")
			continue
		m = CASE.fullmatch(line)
		if not m:
			continue
		seen += 1
		title = f"{name}: {m.group(2)}"
		if re.search(r"#\s*SKIP", m.group(2), re.IGNORECASE):
			c.skip(title)
		elif m.group(1):
			c.fails(title)
		else:
			c.passes()
	if seen < planned:
		c.fails(f"{name}: {seen} cases of {planned} planned")
	if not good_exit and c.failed == 0:
		c.fails(f"{name}: ended badly after {seen} cases")
	return c


def of_summary(text, good_exit, name):
	"""The cases of a program that counts by itself and ends in a line as tools/check does; None for any other."""
	lines = text.rstrip().splitlines()
	m = lines and SUMMARY.fullmatch(lines[-1].strip())
	if not m:
		return None
	c = Counts()
	c.passed, c.failed, c.skipped = (int(n) for n in m.groups())
	if c.failed:
		c.failures.append(f"{name}: {c.failed} cases")
	if c.skipped:
		c.skips.append(f"{name}: {c.skipped} cases")
	if c.passed + c.failed + c.skipped == 0 or (not good_exit and c.failed == 0):
		c.fails(f"{name}: ended badly, or counted nothing")
	return c


def of_meson(log):
	"""The cases of one `meson test` run, from the lines of testlog.json."""
	c = Counts()
	for line in log.splitlines():
		test = json.loads(line)
		name, result = test["name"], test["result"]
		out = test.get("stdout", "")
		good = result in ("OK", "EXPECTEDFAIL", "SKIP")
		own = of_summary(out, good, name)
		if own is not None:
			c.add(own, "")
		elif any(CASE.fullmatch(l) or l.startswith("1..") for l in out.splitlines()):
			c.add(of_tap(out, good, name), "")
		elif result == "SKIP":
			c.skip(name)
		elif good:
			c.passes()
		else:
			c.fails(f"{name}: {result}")
	c.failures = [f.removeprefix(": ") for f in c.failures]
	c.skips = [s.removeprefix(": ") for s in c.skips]
	return c
