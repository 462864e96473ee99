#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every parser that src/ declares has a fuzz target that calls it, or a reason not to; every target has a corpus."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "fuzz"))
import parsers  # noqa: E402

FUZZ = ROOT / "tests" / "fuzz"


def targets():
	return sorted(p.stem[len("fuzz_"):] for p in FUZZ.glob("fuzz_*.c"))


class Parsers(unittest.TestCase):
	def test_each_declared_parser_has_a_target_or_a_reason(self):
		missing = {n: h for n, h in parsers.declared().items() if n not in parsers.COVERED and n not in parsers.EXEMPT}
		self.assertEqual(missing, {}, "name its target in tests/fuzz/parsers.py")

	def test_what_is_listed_is_declared(self):
		declared = parsers.declared()
		self.assertEqual([n for n in [*parsers.COVERED, *parsers.EXEMPT] if n not in declared], [])
		self.assertEqual(set(parsers.COVERED) & set(parsers.EXEMPT), set())

	def test_the_target_calls_it(self):
		for name, where in parsers.COVERED.items():
			target, called = where if isinstance(where, tuple) else (where, name)
			source = (FUZZ / f"fuzz_{target}.c").read_text(encoding="utf-8")
			self.assertRegex(source, rf"\b{called}\(", f"fuzz_{target}.c for {name}")
			if called != name:
				header = parsers.declared()[name]
				text = (ROOT / "src" / header.split("/", 1)[1]).parent
				callers = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.c"))
				self.assertRegex(callers, rf"\b{name}\(", f"nothing in {text} calls {name}")

	def test_a_new_parser_is_seen(self):
		self.assertIn("json_parse", parsers.declared())
		self.assertIn("pem_next", parsers.declared())
		self.assertNotIn("json_emit", parsers.declared())


class Targets(unittest.TestCase):
	def test_each_is_built_and_has_inputs(self):
		build = (FUZZ / "meson.build").read_text(encoding="utf-8")
		built = re.findall(r"(?m)^\t'(\w+)': \w+,$", build)
		self.assertEqual(sorted(built), targets())
		folders = sorted(p.name for p in (FUZZ / "corpus").iterdir())
		self.assertEqual(folders, targets())

	def test_corpora_stay_small(self):
		total = 0
		for name in targets():
			files = list((FUZZ / "corpus" / name).iterdir())
			total += sum(p.stat().st_size for p in files)
			self.assertGreater(len(files), 0, name)
			self.assertLessEqual(len(files), 200, name)
		self.assertLessEqual(total, 1_500_000)


if __name__ == "__main__":
	unittest.main()
