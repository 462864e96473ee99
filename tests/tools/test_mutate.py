# SPDX-License-Identifier: Apache-2.0
"""tools/mutate: a mutant that nothing kills is noticed, and so is a negative test that proves less than its row says."""

import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import sys

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/mutate"
loader = importlib.machinery.SourceFileLoader("mutate", str(TOOL))
mutate = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutate", loader))
loader.exec_module(mutate)

results = []


def case(name, good, detail=""):
	results.append(bool(good))
	print(f"{'ok' if good else 'not ok'} {len(results)} - {name}")
	if not good and detail:
		print(f"# {detail}")


def said(code, *lines):
	return mutate.Result(code, "\n".join(lines))


KILLED = said(1, "# ended accepted at none, want refused at a.b", "not ok 1 - first", "ok 2 - second")
REFUSED = said(1, "# ended refused at c.d, want refused at a.b", "not ok 1 - first", "ok 2 - second")
PASSED = said(0, "ok 1 - first", "ok 2 - second")
CRASHED = said(-11, "ok 2 - second")

case("failed_and_passed_cases_are_told_apart", list(KILLED.failed) == ["first"] and KILLED.passed == {"second"})
case("what_a_case_said_is_its_own", KILLED.accepted("first") and not said(1, "# ended accepted at none", "ok 1 - first",
	"not ok 2 - second").accepted("second"))

ROW = mutate.Row("a.b", [("x/y", "first")], [])


def problems(result, row=ROW, vector=None):
	return mutate.judge(row, lambda test, check, name: result, vector).problems


case("a_check_whose_test_fails_without_it_is_killed", not problems(KILLED))
case("a_mutant_that_survives_is_noticed", any("SURVIVED" in p for p in problems(PASSED)))
case("a_named_test_that_does_not_fail_is_noticed",
	any("second does not fail" in p for p in problems(KILLED, mutate.Row("a.b", [("x/y", "first"), ("x/y", "second")], []))))
case("a_test_that_another_check_would_fail_as_well_is_noticed", any("alone" in p for p in problems(REFUSED)))
case("a_crash_is_no_proof", any("SURVIVED" in p for p in problems(CRASHED)))
case("a_vector_that_does_not_differ_is_noticed",
	any("vector v" in p for p in problems(KILLED, mutate.Row("a.b", [("x/y", "first")], ["v"]), lambda *a: False)))
mutate.NEVER_ALONE["a.b"] = "for this test"
case("what_is_said_to_stand_never_alone_may_be_refused_elsewhere", not problems(REFUSED))
case("what_is_said_to_stand_never_alone_and_does_is_noticed", any("never alone" in p for p in problems(KILLED)))
del mutate.NEVER_ALONE["a.b"]

CHECKS = 'CHECK(A, "a.b", "S", REFUSE,\nCHECK(C, "c.d", "S", REFUSE,\n'


def table(a, c):
	return mutate.read_table(CHECKS, f"| check |\n| `a.b` | refused | {a} |\n| `c.d` | refused | {c} |\n")


rows, wrong = table("damage `bad-thing`; vector `x/y`", "`x/y`: a_case; `x/z`: other_case")
case("cells_name_damages_vectors_and_cases", not wrong and rows[0].cases == [("appraise/sgx_damage", "damage bad-thing")]
	and rows[0].vectors == ["x/y"] and rows[1].cases == [("x/y", "a_case"), ("x/z", "other_case")], wrong)
case("a_cell_that_names_no_test_is_noticed", any("names no test" in p for p in table("damage `a`", "see x/y")[1]))
case("a_check_with_vectors_alone_is_noticed", any("without vectors" in p for p in table("damage `a`", "vector `x`")[1]))
case("a_check_without_a_row_is_noticed", any("c.d: no negative" in p
	for p in mutate.read_table(CHECKS, "| `a.b` | refused | damage `a` |\n")[1]))


def whole_run(without):
	"""Exit status and output over the true table, when test programs give WITHOUT for a check turned off."""
	def run_test(test, check=None, name=None):
		names = [c for r in everything for t, c in r.cases if t == test and (check is None or r.check == check)]
		return said(0, *(f"ok {i} - {c}" for i, c in enumerate(names))) if check is None else without(check, names)
	everything, _ = mutate.read_table((mutate.ROOT / "src/trace/checks.def").read_text(encoding="utf-8"),
		(mutate.ROOT / "docs/checks.md").read_text(encoding="utf-8"))
	mutate.build, mutate.run_test = (lambda *a, **k: True), run_test
	mutate.vectors = lambda: pathlib.Path("/nonexistent")
	out = io.StringIO()
	with contextlib.redirect_stdout(out):
		code = mutate.main_checks([])
	return code, out.getvalue()


def fails(check, names):
	said_first = [] if check in mutate.NEVER_ALONE else ["# ended accepted at none"]
	return said(1, *(line for i, c in enumerate(names) for line in [*said_first, f"not ok {i} - {c}"]))


def fails_but_one(check, names):
	return said(0, *(f"ok {i} - {c}" for i, c in enumerate(names))) if check == "sgx.quote.signature" else fails(check, names)


code, text = whole_run(fails)
case("the_run_ends_well_when_all_are_killed", code == 0 and ", 0 survived" in text, text[-600:])
code, text = whole_run(fails_but_one)
case("the_run_ends_badly_when_one_survives", code == 1 and ", 1 survived" in text and "SURVIVED sgx.quote.signature" in text,
	text[-600:])

SOURCE = """int
f(int x, struct err *e)
{
	if (x == 1 || g(")", x))
		return err_set(e, ERR_INVALID, "one");
	if (x == 2)
		x = 3;
	else if (x == 4)
		return -1;
	if (p == NULL)
		return arena_fail(e, "f");
	if (x == 4)
		return -1;
	return h(x) == 5;
}
"""

sections, wrong = mutate.read_mutants("# words\nsrc/a.c: x/y x/z\n= x == 4 #2: because\n~ h(x) == 5 -> true\n")
case("a_file_its_tests_and_its_exceptions_are_read", not wrong and sections[0].path == "src/a.c"
	and sections[0].tests == ["x/y", "x/z"] and sections[0].spared == {"x == 4 #2": "because"}, wrong)
case("a_line_that_says_nothing_is_noticed", mutate.read_mutants("src/a.c: x/y\nwhat\n")[1])
case("an_exception_without_a_file_is_noticed", mutate.read_mutants("= x: y\n")[1])
case("refusals_are_found_and_memory_that_runs_out_is_not_ours",
	[n for n, _, _ in mutate.conditions(SOURCE)] == ['x == 1 || g(")", x)', "x == 4", "x == 4 #2"],
	mutate.conditions(SOURCE))
text, mutants, wrong = mutate.mutate_text(sections[0], SOURCE, 7)
case("each_mutant_sleeps_under_its_number", not wrong and [m[0] for m in mutants] == [7, 8, 9]
	and 'if ((x == 1 || g(")", x)) && !mutant_is(7))' in text and "else if ((x == 4) && !mutant_is(8))" in text
	and "(mutant_is(9) ? (true) : (h(x) == 5))" in text and "\tif (x == 4)\n" in text, text)
case("an_exception_that_is_gone_is_noticed",
	mutate.mutate_text(mutate.read_mutants("src/a.c: x/y\n= x == 9: because\n")[0][0], SOURCE, 1)[2])
case("an_expression_that_is_gone_or_stands_twice_is_noticed", len(mutate.mutate_text(
	mutate.read_mutants("src/a.c: x/y\n~ x == 9 -> true\n~ x == 4 -> true\n")[0][0], SOURCE, 1)[2]) == 2)
mutate.run_test = lambda test, directory=None, mutant=None: said(1, "not ok 1 - a") if test == "x/z" else said(0, "ok 1 - a")
case("a_source_mutant_is_killed_by_any_of_its_tests", mutate.try_mutant(mutants[0]) == "x/z: a")
mutate.run_test = lambda test, directory=None, mutant=None: said(0, "ok 1 - a")
case("a_source_mutant_that_survives_is_noticed", mutate.try_mutant(mutants[0]) == "")

print(f"1..{len(results)}")
sys.exit(0 if all(results) else 1)
