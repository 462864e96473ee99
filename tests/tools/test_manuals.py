# SPDX-License-Identifier: Apache-2.0
"""tools/manuals: the manuals of the tree are held, and each way to fall behind the headers is seen."""

import importlib.machinery
import importlib.util
import pathlib
import sys

sys.dont_write_bytecode = True
TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/manuals"
loader = importlib.machinery.SourceFileLoader("manuals", str(TOOL))
manuals = importlib.util.module_from_spec(importlib.util.spec_from_loader("manuals", loader))
loader.exec_module(manuals)

HEADER = """
#define ATTEST_API __attribute__((visibility("default")))
struct attest_thing;
enum attest_kind { ATTEST_ROUND = 1, /* ATTEST_SQUARE */ };
/* attest_thing_gone(void); */
ATTEST_API ATTEST_MUST_CHECK struct attest_thing *attest_thing_new(const char
									  *name,
    int (*ask)(void *user, int n));
ATTEST_API void attest_thing_free(struct attest_thing *t);
"""
PAGE = r""".\" SPDX-License-Identifier: Apache-2.0
.Dd November 24, 2026
.Dt ATTEST_THING 3
.Os
.Sh NAME
.Nm attest_thing ,
.Nm attest_thing_new ,
.Nm attest_thing_free
.Nd things
.Sh LIBRARY
libattest
.Sh SYNOPSIS
.In attest/thing.h
.Ft "struct attest_thing *"
.Fo attest_thing_new
.Fa "const char *name"
.Fa "int (*ask)(void *user, int n)"
.Fc
.Ft void
.Fo attest_thing_free
.Fa "struct attest_thing *t"
.Fc
.Sh DESCRIPTION
.Fn attest_thing_new
makes a thing, of kind
.Dv ATTEST_ROUND .
.Ss Ownership
.Fn attest_thing_free
frees it.
.Ss Threads
Any.
.Sh RETURN VALUES
None.
.Sh EXAMPLES
.Bd -literal
#include <attest/error.h>

int
codes(void)
{
    return ATTEST_ERROR_NONE;
}
.Ed
.Sh ERRORS
None.
.Sh SEE ALSO
.Xr attest_thing_new 3
.Sh STANDARDS
None.
"""
SYMBOLS = {"attest_thing_new", "attest_thing_free"}
results = []


def case(name, good, detail=""):
	results.append(good)
	print(f"{'ok' if good else 'not ok'} {len(results)} - {name}")
	if not good:
		print(f"# {detail}")


def headers_of(text=HEADER):
	h = manuals.Headers.__new__(manuals.Headers)
	# The example is of a header that is there.
	h.functions, h.words, h.enumerators = {}, {"ATTEST_ERROR_NONE", "attest_error_code"}, set()
	h.read("thing.h", text)
	return h


def page_of(old="", new="", name="attest_thing.3"):
	assert old in PAGE
	return manuals.Page(pathlib.Path(name), PAGE.replace(old, new))


def said(page, headers=None, symbols=None, patterns=("attest_thing_*",)):
	"""Everything that is said of one page, but what mandoc says."""
	headers = headers or headers_of()
	return "\n".join(manuals.functions_problems(headers, SYMBOLS if symbols is None else symbols, patterns, [page])
		+ manuals.words_problems(headers, [page]) + manuals.reference_problems([page]) + manuals.shape_problems(page)
		+ manuals.example_problems(page))


case("a page that says all is held", said(page_of()) == "", said(page_of()))

for name, page, needle in [
	("a function that no NAME has", page_of(".Nm attest_thing_new ,\n"), "stands in the NAME of no page"),
	("a function that the SYNOPSIS lacks", page_of(".Fo attest_thing_free\n"), "not in the SYNOPSIS"),
	("another type of an argument", page_of('"struct attest_thing *t"', '"const struct attest_thing *t"'), "differs"),
	("an argument that is missing", page_of('.Fa "const char *name"\n'), "differs"),
	("another type of what is returned", page_of(".Ft void", ".Ft int"), "differs"),
	("another header", page_of("attest/thing.h", "attest/other.h"), "is of attest/thing.h"),
	("a function that is not described", page_of(".Fn attest_thing_free\nfrees it."), "is not described"),
	("a function that does not exist, in the text", page_of("None.\n.Sh SEE", ".Fn attest_thing_gone\n.Sh SEE"), "there is no attest_thing_gone"),
	("a function that does not exist, in the SYNOPSIS", page_of(".Ft void", ".Ft void\n.Fo attest_thing_gone\n.Fa void\n.Fc\n.Ft void"), "there is no attest_thing_gone"),
	("a constant that does not exist", page_of("ATTEST_ROUND", "ATTEST_SQUARE"), "there is no ATTEST_SQUARE"),
	("an enumerator that no page speaks of", page_of(".Dv ATTEST_ROUND", "x"), "ATTEST_ROUND: no page"),
	("a reference that leads nowhere", page_of(".Xr attest_thing_new 3", ".Xr attest_thong 3"), "there is no attest_thong(3)"),
	("a reference to another section", page_of(".Xr attest_thing_new 3", ".Xr attest_thing_new 8"), "there is no attest_thing_new(8)"),
	("a section that is missing", page_of(".Sh ERRORS"), "no section ERRORS"),
	("nothing said of threads", page_of(".Ss Threads"), "no subsection Threads"),
	("a page under another name", page_of(name="attest_other.3"), "no .Dt ATTEST_OTHER 3"),
	("an example that does not compile", page_of("return ATTEST_ERROR_NONE", "return attest_error_code()"), "error:"),
	("an example with a warning", page_of("codes(void)", "codes(int unused)"), "unused"),
	("an example that compiles as C alone", page_of("return ATTEST_ERROR_NONE", "int class = 0; return class"), "g++"),
	("an example wider than a terminal", page_of("    return", " " * 60 + "return"), "wider"),
	("an example that is not compiled", page_of("#include <attest/error.h>\n\n"), "does not begin with an #include"),
	("a document that does not exist", page_of("None.\n.Sh SEE", ".Pa docs/nothing.md\n.Sh SEE"), "there is no docs/nothing.md"),
	("no example", page_of(".Bd -literal\n", ""), "no example"),
]:
	out = said(page)
	case(f"{name} is seen", needle in out, out or "nothing was said")

case("a symbol without a header is seen", "attest_lost: in the symbol list" in said(page_of(), symbols=SYMBOLS | {"attest_lost"}))
case("a function that the map keeps is seen", "lets it out" in said(page_of(), patterns=("attest_thing_n*",)))
new = headers_of(HEADER + "ATTEST_API int attest_thing_count(void);\n")
case("a new function without a manual is seen", "attest_thing_count: stands in the NAME of no page" in said(page_of(), new))
twice = manuals.functions_problems(headers_of(), SYMBOLS, ["attest_*"], [page_of(), page_of()])
case("a function on two pages is seen", any("attest_thing.3, attest_thing.3" in s for s in twice))

for name, (_, prototype) in headers_of().functions.items():
	made = manuals.Page(pathlib.Path("x.3"), ".Sh SYNOPSIS\n.In attest/thing.h\n" + manuals.synopsis_of(prototype))
	case(f"--synopsis of {name} is what is asked for", made.prototypes[name] == ("attest/thing.h", prototype))

program = manuals.Page(pathlib.Path("attest.1"), ".Dt ATTEST 1\n.It Cm token verify\n.It Fl -json")
out = manuals.program_problems(program)
case("a command that the program's manual lacks is seen", "the command token show is missing" in out)
case("an option that it lacks is seen", "--token-file is missing" in out)
case("what it has is not missed", not any("token verify" in o or "--json" in o for o in out), out)

COMMANDS = r'''
#define HELP_KIND { "--kind K", "what it is" }
const struct cli_command thing_show_command = {
	.group = "thing",
	.name = "show",
	.args = "THING --kind K [--set "
		"F=V]… [--now]",
	.does = "Shows a thing. Says \"it\".",
	.help = CLI_HELP({ "THING", "a file" },
	    HELP_KIND, { "--set F=V…",
		"a field, "
		"several" },
	    { "--now", "at once" }),
	.run = show_run,
};
'''
MARKDOWN = """
| `--json` | |

## Commands

| `thing show THING --kind K` | shows |

### thing

`--set F=V`, `--now`, with `--json`.
"""
SHARED = {"HELP_KIND": '{ "--kind K", "what it is" }'}
shown = manuals.commands_of(COMMANDS, SHARED)
entry = manuals.mdoc_of(shown[0])
case("a command's table is read", shown[0].rows == [("THING", "a file"), ("--kind K", "what it is"),
	("--set F=V…", "a field, several"), ("--now", "at once")], shown[0].rows)
case("its entry in attest(1) has all of it", all(l in entry.split("\n") for l in [".It Fl -set Ar F=V...", "a field, several",
	".It Ar THING", "Shows a thing.", 'Says "it".', '.It Cm thing show No "THING \\-\\-kind K [\\-\\-set F=V]... [\\-\\-now]"']), entry)
case("what agrees is held", manuals.commands_problems(shown, entry, MARKDOWN) == [])
for name, source, page, markdown, needle in [
	("an option without a sentence", COMMANDS.replace('"--now"', '"--then"'), entry, MARKDOWN, "--now is in its usage"),
	("an option that no usage has", COMMANDS.replace(" [--now]", ""), entry, MARKDOWN, "--now is in its usage"),
	("a command that does not say what it does", COMMANDS.replace(".does", ".about"), entry, MARKDOWN, "no sentence says"),
	("another sentence in attest(1)", COMMANDS, entry.replace("at once", "later"), MARKDOWN, "is not as its help says it"),
	("a command without a row in docs/cli.md", COMMANDS, entry, MARKDOWN.replace("thing show", "thing see"), "no row for thing show"),
	("an option that docs/cli.md lacks", COMMANDS, entry, MARKDOWN.replace("`--now`", "now"), "--now is not told"),
	("an option that is only in docs/cli.md", COMMANDS, entry, MARKDOWN.replace("`--now`", "`--now`, `--soon`"), "there is no --soon"),
]:
	out = "\n".join(manuals.commands_problems(manuals.commands_of(source, SHARED), page, markdown))
	case(f"{name} is seen", needle in out, out or "nothing was said")

print(f"1..{len(results)}")
sys.exit(0 if all(results) else 1)
