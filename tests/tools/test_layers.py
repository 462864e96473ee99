# SPDX-License-Identifier: Apache-2.0
"""tools/layers: every rule of ARCHITECTURE.md's table is broken once, on purpose, and must be seen."""

import importlib.machinery
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/layers"
loader = importlib.machinery.SourceFileLoader("layers", str(TOOL))
layers = importlib.util.module_from_spec(importlib.util.spec_from_loader("layers", loader))
loader.exec_module(layers)

results = []


def case(name, good, detail=""):
	results.append(good)
	print(f"{'ok' if good else 'not ok'} {len(results)} - {name}")
	if not good and detail:
		print(f"# {detail}")


def may(frm, to):
	return layers.objection(frm, to) is None


for frm, to in [
	("codec/json.c", "base/buf.h"), ("trace/trace.c", "codec/json.h"), ("crypto/key.c", "codec/der.h"),
	("evidence/oe/report.c", "evidence/sgx/quote.h"), ("evidence/sgx/quote.c", "evidence/dcap/quote.h"),
	("claims/sgx.c", "appraise/sgx.h"), ("policy/eval.c", "claims/claim_set.h"), ("token/build.c", "claims/claim_set.h"),
	("authority/log.c", "store/store.h"), ("authority/client.c", "net/ipc.h"), ("net/mhd.c", "net/message.h"),
	("cmd/attest/synth.c", "synth/synth.h"), ("cmd/attestd-dev/main.c", "cmd/attestd/main.h"),
]:
	case(f"{frm} may reach {to}", may(frm, to), layers.objection(frm, to))

for frm, to in [
	("base/log.c", "codec/json.h"), ("codec/json.c", "crypto/key.h"), ("codec/json.c", "trace/trace.h"),
	("evidence/dcap/quote.c", "evidence/sgx/quote.h"), ("evidence/sgx/quote.c", "collateral/tcb_info.h"),
	("jose/jws.c", "evidence/sgx/quote.h"), ("appraise/sgx.c", "claims/sgx.h"), ("token/build.c", "policy/policy.h"),
	("appraise/sgx.c", "net/http_client.h"), ("authority/log.c", "net/http_client.h"), ("net/curl.c", "authority/client.h"),
	("service/judge.c", "client/verify.h"), ("service/judge.c", "api/status.h"), ("api/routes.c", "cmd/attestd/main.h"),
	("cmd/attestd/main.c", "synth/synth.h"), ("cmd/attestd/main.c", "cmd/attestd-dev/main.h"),
	("service/judge.c", "synth/synth.h"), ("elsewhere/x.c", "base/buf.h"),
]:
	case(f"{frm} may not reach {to}", not may(frm, to))


def found(path, text):
	"""What is said of a file of this content at this place."""
	work = pathlib.Path(tempfile.mkdtemp())
	try:
		layers.SRC = work
		for p in (path, "base/buf.h", "base/clock.h", "codec/json.h", "crypto/key.h"):
			(work / p).parent.mkdir(parents=True, exist_ok=True)
			(work / p).write_text("", encoding="utf-8")
		(work / path).write_text(text, encoding="utf-8")
		return layers.include_problems(path)
	finally:
		shutil.rmtree(work)


for name, path, text in [
	("an_include_that_points_up_is_seen", "codec/x.c", '#include "crypto/key.h"\n'),
	("an_include_that_is_not_from_src_is_seen", "codec/x.c", '#include "json.h"\n'),
	("openssl_outside_crypto_is_seen", "net/x.c", "#include <openssl/evp.h>\n"),
	("curl_beside_its_door_is_seen", "net/other.c", "#  include <curl/curl.h>\n"),
	("sqlite_outside_its_door_is_seen", "authority/x.c", "#include <sqlite3.h>\n"),
	("the_oracle_of_tests_is_seen", "codec/x.c", "#include <jansson.h>\n"),
	("a_socket_in_the_pure_core_is_seen", "token/x.c", "#include <sys/socket.h>\n"),
	("the_clock_in_the_pure_core_is_seen", "token/x.c", '#include "base/clock.h"\n'),
	("the_c_librarys_clock_in_the_pure_core_is_seen", "policy/x.c", "#include <time.h>\n"),
	("a_header_that_is_not_first_is_seen", "codec/json.c", '#include "base/buf.h"\n#include "codec/json.h"\n'),
]:
	case(name, len(found(path, text)) > 0)
for name, path, text in [
	("what_is_allowed_is_let_pass", "codec/json.c", '#include "codec/json.h"\n\n#include "base/buf.h"\n\n#include <string.h>\n'),
	("the_clock_from_layer_4_up_is_let_pass", "net/x.c", '#include "base/clock.h"\n#include <time.h>\n'),
]:
	problems = found(path, text)
	case(name, not problems, problems)


def compiled(text):
	work = pathlib.Path(tempfile.mkdtemp())
	try:
		(work / "x.c").write_text(text, encoding="utf-8")
		subprocess.run(["cc", "-O0", "-fPIC", "-c", "x.c"], cwd=work, check=True)
		return layers.symbols(work / "x.o"), layers.mutable_globals(work / "x.o")
	finally:
		shutil.rmtree(work)


(defined, undefined), mutable = compiled("""
int counter; static int hidden = 3; const int fixed = 4; static const char *const words[] = { "a" };
_Thread_local int mine; extern int other(void);
const char *f(int i) { return hidden++ + other() + fixed + mine > i ? words[0] : 0; }
""")
case("calls_and_definitions_are_read_from_objects", "other" in undefined and {"f", "counter"} <= defined)
case("mutable_globals_are_seen_and_constants_are_not", sorted(mutable) == ["counter", "hidden"], mutable)
case("what_reads_the_clock_or_files_is_known_by_name",
	all(layers.OUTSIDE_SYMBOLS.fullmatch(s) for s in ("open", "socket", "time", "clock_gettime", "getenv", "log_line"))
	and not any(layers.OUTSIDE_SYMBOLS.fullmatch(s) for s in ("memcpy", "snprintf", "strtol", "timegm_r", "reader")))

print(f"1..{len(results)}")
sys.exit(0 if all(results) else 1)
