# SPDX-License-Identifier: Apache-2.0
"""tools/tap.py counts cases: what was not seen to pass is not counted as passed."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import tap  # noqa: E402

count = 0


def case(name, counts, passed, failed, skipped):
	global count
	count += 1
	good = (counts.passed, counts.failed, counts.skipped) == (passed, failed, skipped)
	print(f"{'ok' if good else 'not ok'} {count} - {name}")
	if not good:
		print(f"# {counts}, wanted {passed} passed, {failed} failed, {skipped} skipped: {counts.failures}")
	return good


def line(result, stdout=""):
	return json.dumps({"name": "a/b", "result": result, "stdout": stdout, "returncode": 0})


good = [
	case("cases_are_counted_by_outcome", tap.of_tap("1..3\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP why\n", False, "x"), 1, 1, 1),
	case("a_skipped_case_may_be_written_as_not_ok", tap.of_tap("1..1\nnot ok 1 # SKIP a\n", True, "x"), 0, 0, 1),
	case("a_whole_program_may_be_skipped", tap.of_tap("1..0 # SKIP no vectors\n", True, "x"), 0, 0, 1),
	case("cases_that_were_planned_and_never_ran_are_a_failure", tap.of_tap("1..3\nok 1 - a\n", True, "x"), 1, 1, 0),
	case("a_bad_end_after_good_cases_is_a_failure", tap.of_tap("1..1\nok 1 - a\n", False, "x"), 1, 1, 0),
	case("bailing_out_is_a_failure", tap.of_tap("1..1\nok 1 - a\nBail out! no disk\n", True, "x"), 1, 1, 0),
	case("words_that_begin_with_ok_are_no_cases", tap.of_tap("1..1\nokay 1\nok 1 - a\n# ok - tests\n", True, "x"), 1, 0, 0),
	case("a_program_without_tap_is_one_case", tap.of_meson(line("OK") + "\n" + line("FAIL") + "\n" + line("SKIP")), 1, 1, 1),
	case("a_timeout_is_a_failure", tap.of_meson(line("TIMEOUT", "1..2\nok 1 - a\nok 2 - b\n")), 2, 1, 0),
	case("a_crash_before_the_first_case_is_a_failure", tap.of_meson(line("FAIL", "1..2\n")), 0, 1, 0),
	case("a_program_may_count_by_itself", tap.of_meson(line("OK", "explained x\n419 passed, 0 failed, 2 skipped\n")), 419, 0, 2),
	case("its_own_failures_are_ours", tap.of_meson(line("FAIL", "3 passed, 1 failed, 0 skipped\n")), 3, 1, 0),
	case("its_good_count_with_a_bad_end_is_a_failure", tap.of_meson(line("FAIL", "3 passed, 0 failed, 0 skipped\n")), 3, 1, 0),
	case("a_count_of_nothing_is_a_failure", tap.of_meson(line("OK", "0 passed, 0 failed, 0 skipped\n")), 0, 1, 0),
	case("an_empty_log_counts_nothing", tap.of_meson(""), 0, 0, 0),
]
print(f"1..{count}")
sys.exit(0 if all(good) else 1)
