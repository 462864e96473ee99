#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where the corpora began: one small input per shape of each format, made by our own tools or written down here.

	tests/fuzz/seeds.py ATTEST FOLDER		ATTEST: the built command line; a folder per target is made

Keys differ from run to run, so the files of a new run are beside those that are there, never instead of them. What the
fuzzers then find is kept by tools/fuzz --merge.
"""

import base64
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile


class Seeds:
	def __init__(self, attest, out):
		self.attest, self.out = attest, out
		self.work = pathlib.Path(tempfile.mkdtemp(prefix="fuzz-seeds-"))
		self.root = self.work / "root"

	def put(self, target, name, data):
		path = self.out / target / f"seed-{name}"
		path.parent.mkdir(parents=True, exist_ok=True)
		path.write_bytes(data if isinstance(data, bytes) else data.encode())

	def synth(self, *args, kind="SgxEnclave"):
		out = self.work / "evidence"
		subprocess.run([self.attest, "evidence", "synth", "--type", kind, "--root", self.root, "--out", out, *args],
			check=True, stdout=subprocess.DEVNULL)
		return out.read_bytes()

	def openssl(self, *args, data=None):
		return subprocess.run(["openssl", *args], check=True, input=data, capture_output=True).stdout


def b64url(data):
	return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


def ders_of(pem):
	blocks = pem.split(b"-----BEGIN CERTIFICATE-----")[1:]
	return [base64.b64decode(b.split(b"-----END")[0].replace(b"\n", b"")) for b in blocks]


def text(s):
	for n, t in enumerate(["", "QQ", "QUI=", "QUJD", "-_-_", "+/+/", "00ff", "0aF", "\u20ac\U0001f600", "2026-11-24T06:30:00Z",
			"1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2000-02-29T12:00:00Z"]):
		s.put("text", n, t)


JSONS = {
	"scalars": '[null,true,false,0,-1,1.5,1e9,-0.0E-2,"",9223372036854775807,18446744073709551615]',
	"strings": '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t","b":"\\u20ac\\ud83d\\ude00","\u00e9":"\u20ac"}',
	"nested": '[[[[{"a":[{"b":{}}]}]]]]',
	"deep": "[" * 31 + "]" * 31,
	"spaces": ' \r\n\t{ "a" : [ 1 , 2 ] } ',
	"empty": "{}",
}


def jsons(s):
	for name, t in JSONS.items():
		s.put("json", name, t)


def yaml(s):
	for name, t in {
		"scalars": "a: 1\nb: true\nc: null\nd: text\ne: -5\nf: \"1\"\n",
		"block": "a: |\n  one\n  two\nb: >\n  folded\n  text\n",
		"flow": "{a: [1, 2, {b: c}], \"d\": 'it''s'}\n",
		"list": "- 1\n- [2, 3]\n-\n  - 4\n",
		"alias": "a: &x 1\nb: *x\n",
		"tag": "a: !!int 1\n",
		"two": "--- a\n--- b\n",
	}.items():
		s.put("yaml", name, t)


CONFIG = """listen: ["127.0.0.1:8443", "[::1]:8443"]
listen_plain: ["/run/attestd.sock"]
tls_certificate: /etc/attestd/tls.pem
tls_key: /etc/attestd/tls.key
state_dir: /var/lib/attestd
log: {level: info, format: json}
limits: {max_connections: 10, body_s: 30}
instances:
  - {id: prod, host: attest.example.org}
  - {id: other, host: "other.example.org:8443", mode: Isolated}
callers:
  - {issuer: "https://issuer.example", audience: "https://attest.azure.net", jwks_file: /etc/attestd/jwks.json}
"""


def config(s):
	s.put("config", "whole", "ATTESTD_LOG_LEVEL=debug\n\n" + CONFIG)
	s.put("config", "small", "\nlisten: [\"localhost:8443\"]\ntls_certificate: /a\ntls_key: /b\ninstances: [{id: a, host: a}]\n")
	s.put("config", "environment", "ATTESTD_STATE_DIR=/x\nATTESTD_LIMITS_MAX_CONNECTIONS=7\n127.0.0.1:1\n\n" + CONFIG)


def certificates(s):
	s.synth()
	pems = [p.read_bytes() for p in sorted(s.root.rglob("*.pem")) if p.name != "root-keys.pem"]
	for n, pem in enumerate(pems):
		s.put("pem", n, pem)
		for k, der in enumerate(ders_of(pem)):
			s.put("cert", f"{n}-{k}", der)
			s.put("der", f"cert-{n}-{k}", der)
	s.put("pem", "crlf", pems[0].replace(b"\n", b"\r\n") + b"\0")
	for n, path in enumerate(sorted(s.root.rglob("*.crl"))):
		s.put("crl", n, path.read_bytes())
		s.put("der", f"crl-{n}", path.read_bytes())
	s.put("crl", "revoked", revoked(s))
	s.put("der", "values", bytes.fromhex("301a0101ff020100020200800a0105030200ff0500170d3236313132343036333030305a"))


def revoked(s):
	"""A list of OpenSSL's making with entries, reasons among them."""
	(s.work / "index.txt").write_text(
		"R\t300101000000Z\t260101000000Z,keyCompromise\t1001\tunknown\t/CN=a\nR\t300101000000Z\t260101000000Z\t02\tunknown\t/CN=b\n")
	(s.work / "crlnumber").write_text("05\n")
	(s.work / "ca.cnf").write_text("[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\n"
		"default_crl_days=30\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n")
	env = {**os.environ}
	run = lambda *a: subprocess.run(["openssl", *a], check=True, cwd=s.work, env=env, capture_output=True)
	run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=fuzz", "-keyout",
		"ca.key", "-out", "ca.pem")
	run("ca", "-gencrl", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-out", "ca.crl")
	run("crl", "-in", "ca.crl", "-outform", "DER", "-out", "ca.crl.der")
	run("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der")
	s.put("cert", "openssl", (s.work / "ca.der").read_bytes())
	return (s.work / "ca.crl.der").read_bytes()


def keys(s):
	made = {
		"p256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "p384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
		"p521": ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "ed25519": ["ED25519"],
		"rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
	}
	names = {"p256": ("EC", "P-256", "ES256", 32), "p384": ("EC", "P-384", "ES384", 48), "p521": ("EC", "P-521", "ES512", 66),
		"ed25519": ("OKP", "Ed25519", "EdDSA", 32)}
	documents = []
	for name, how in made.items():
		pem = s.openssl("genpkey", "-algorithm", *how)
		der = s.openssl("pkey", "-outform", "DER", data=pem)
		spki = s.openssl("pkey", "-pubout", "-outform", "DER", data=pem)
		s.put("key", f"{name}-spki", spki)
		s.put("der", f"{name}-spki", spki)
		if name != "rsa":
			s.put("key", f"{name}-private", der)
			s.put("key", f"{name}-pem", pem)
			kty, crv, alg, size = names[name]
			jwk = {"kty": kty, "crv": crv, "alg": alg, "kid": name, "use": "sig"}
			point = spki[-2 * size:] if kty == "EC" else spki[-size:]
			jwk["x"] = b64url(point[:size])
			if kty == "EC":
				jwk["y"] = b64url(point[size:])
			s.put("key", f"{name}-point", point)
		else:
			jwk = {"kty": "RSA", "n": b64url(spki[-261:-5]), "e": "AQAB", "key_ops": ["verify"]}
		documents.append(jwk)
		s.put("jwk", name, json.dumps(jwk))
	s.put("jwk", "set", json.dumps({"keys": documents[:3]}))
	cert = s.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x", "-keyout",
		s.work / "x", "-outform", "DER")
	s.put("jwk", "x5c", json.dumps({"keys": [{"kty": "EC", "x5c": [base64.b64encode(cert).decode()]}]}))
	s.put("key", "aki", bytes.fromhex("30168014") + bytes(range(20)))
	s.put("key", "alg", bytes.fromhex("300a06082a8648ce3d040302"))
	for alg in range(10):
		s.put("signature", f"{alg}-raw", bytes([alg, 0, 1, 0, 3, 0, 0, 0, 1]))
		s.put("signature", f"{alg}-der", bytes([alg, 1, 2, 0, 3, 0, 0, 0, 1, 3, 0, 2, 0]))
	s.put("signature", "der", bytes([6, 3]) + bytes.fromhex("3006020101020101"))


CLAIMS = {"iss": "https://localhost:8443", "aud": "https://attest.azure.net", "exp": 1764028800, "iat": 1764000000,
	"nbf": 1764000000, "jti": "0" * 64, "nonce": "20261", "x-ms-attestation-type": "sgx", "roles": ["reader"], "sub": "someone"}


def tokens(s):
	header = json.dumps({"alg": "ES256", "kid": "k1", "typ": "JWT"})
	claims = json.dumps(CLAIMS)
	s.put("jws", "token", f"{b64url(header)}.{b64url(claims)}.{b64url(bytes(64))}")
	none = json.dumps({"alg": "none"})
	s.put("jws", "none", f"{b64url(none)}.{b64url('{}')}.")
	for flags in (0, 1, 2, 4):
		s.put("token", flags, struct.pack("<BH", flags, len(header)) + header.encode() + claims.encode())
	array = json.dumps({**CLAIMS, "aud": ["x", "https://attest.azure.net"], "roles": "reader operator"})
	s.put("token", "array", struct.pack("<BH", 0, len(header)) + header.encode() + array.encode())
	for n, t in enumerate([
			"issuer: https://localhost:8443\ntype: [SgxEnclave]\nmax_age: 600\nmeasurements: {x-ms-sgx-mrenclave: [" + "ab" * 32 + "]}\n"
			"min_svn: {x-ms-sgx-svn: 2}\ntcb_status: UpToDate\nclaims: {sub: someone}\n",
			json.dumps({"nonce": "20261", "debug": True, "policy_hash": b64url(bytes(32)), "appraisal_hash": b64url(bytes(32)),
				"policy_signer": b64url(bytes(32)), "key": b64url(bytes(32)), "claims": {"roles": ["reader"]}})]):
		s.put("token", f"expect-{n}", struct.pack("<BH", 0, len(header)) + header.encode() + t.encode())


def possessions(s):
	header = json.dumps({"alg": "ES256", "kid": "@TP@", "typ": "attest-possession+jwt"})
	claims = json.dumps({"ath": "@TH@", "aud": "https://rp.example", "context": b64url(hashlib.sha256(b"session").digest()),
		"nonce": "n-20261"})
	for flags in (0, 1, 2, 4, 8):
		s.put("possession", flags, struct.pack("<BH", flags, len(header)) + header.encode() + claims.encode())
	own = json.dumps({**json.loads(header), "jwk": {"kty": "EC"}})
	s.put("possession", "own-key", struct.pack("<BH", 0, len(own)) + own.encode() + claims.encode())


def growths(s):
	zero = base64.b64encode(bytes(32)).decode()
	s.put("checkpoint", "growth", f"old 7\n{zero}\n{zero}\n\nlog\n9\n{zero}\n\n")


def gates(s):
	claims = json.dumps({"x-ms-sgx-mrsigner": "ab" * 32, "x-ms-runtime": {"role": "a\r\nb \u00e9%"}, "own": [1, True, None, {"a": ""}]})
	for n, t in enumerate([
			"max_stale: 60\ngates:\n  a: {expect: a.yaml}\n  b-2:\n    expect: b.yaml\n    headers: {attest-x: x-ms-sgx-mrsigner, attest-y: own}\n"
			"    attester_headers: {attest-attester-role: x-ms-runtime.role}\n",
			'{"gates": {"a": {"expect": "a", "headers": {"attest-a": "x-ms-isolation-tee.b", "attest-attester-b": "nonce"}}}}',
			"gates: {a: {expect: a, attester_headers: {attest-attester-a: x-ms-isolation-tee.x-ms-runtime.keys}}}"]):
		s.put("gate", n, struct.pack("<H", len(t)) + t.encode() + claims.encode())


def evidence(s):
	s.put("quote", "v3", s.synth())
	chain = s.synth()[436 + 128 + 384 + 64 + 2 + 32 + 6:]
	s.put("pck", "platform", chain)
	for version in ("4", "5"):
		s.put("quote", f"v{version}", s.synth("--set", f"version={version}"))
	processor = s.synth("--set", "ca=processor")
	s.put("pck", "processor", processor[436 + 128 + 384 + 64 + 2 + 32 + 6:])
	leaf = ders_of(chain)[0]
	s.put("pck", "leaf", leaf)
	at = leaf.index(bytes.fromhex("2a864886f84d010d01")) + 9
	size = int.from_bytes(leaf[at + 2:at + 4], "big")
	s.put("pck", "extension", leaf[at + 4:at + 4 + size])
	quote = s.synth(kind="OpenEnclave")
	s.put("oe", "report", quote)
	small = bytes(432) + struct.pack("<I", 8) + bytes(8)
	claim = lambda name, value: struct.pack("<QQ", len(name) + 1, len(value)) + name + b"\0" + value
	claims = struct.pack("<QQ", 1, 2) + claim(b"sgx_report_data", bytes(8)) + claim(b"x", b"")
	for n, (uuid, body) in enumerate([("a3a21e871b4d4014b70aa125d2fbcd8c", small + claims),
			("c8303454d9234c2ca691df7def460a76", struct.pack("<IIQ", 1, 2, len(small)) + small),
			("1923d91e12d24c72b2202 5cd8dace871".replace(" ", ""), small), ("8ba70286c1cf11edafa10242ac120002", small)]):
		s.put("oe", f"evidence-{n}", struct.pack("<I", 3) + bytes.fromhex(uuid) + struct.pack("<IQ", 0, len(body)) + body)
	s.put("oe", "claims", claims)


def collateral(s):
	for p in sorted(s.root.rglob("*.json")):
		target = "tcb_info" if "tcb-info" in p.name else "qe_identity"
		s.put(target, "ours", p.read_bytes())
	info = json.loads(next(s.root.rglob("tcb-info*.json")).read_text(encoding="utf-8"))
	body = info["tcbInfo"]
	body["tcbLevels"] = body["tcbLevels"][:2]
	s.put("tcb_info", "short", json.dumps(info))
	tdx = json.loads(json.dumps(info))
	tdx["tcbInfo"].update(id="TDX", tdxModule={})
	for level in tdx["tcbInfo"]["tcbLevels"]:
		level["tcb"]["tdxtcbcomponents"] = [{"svn": 0}] * 16
	s.put("tcb_info", "tdx", json.dumps(tdx))
	body["version"] = 2
	del body["id"]
	for level in body["tcbLevels"]:
		parts = level["tcb"].pop("sgxtcbcomponents")
		level["tcb"].update({f"sgxtcbcomp{i + 1:02}svn": c["svn"] for i, c in enumerate(parts)})
	s.put("tcb_info", "version-2", json.dumps(info))
	for status in ("UpToDate", "Revoked", "OutOfDateConfigurationNeeded"):
		s.put("qe_identity", status, status)
	files = [p.read_bytes() for p in sorted(s.root.rglob("*")) if p.is_file() and p.suffix in (".json", ".pem", ".der", ".crl", ".cer")
		and "key" not in p.name]
	s.put("collateral", "whole", b"".join(field(f) for f in files[:8]))
	for n, f in enumerate(files):
		s.put("collateral", f"one-{n}", field(f))


SETTINGS = {"accept_expired_tcb": True, "binding_upper": False, "version": 1, "min_tcb_evaluation_number": 17,
	"max_age_s": {"crl": 1, "qe_identity": 2, "tcb_info": 3}, "tolerated_tcb_statuses": ["UpToDate", "OutOfDate"],
	"exceptions": [{"expires": "2027-01-01T00:00:00Z", "fmspc": "00906ed50000", "reason": "r", "tcb_status": "OutOfDate"},
		{"expires": "2027-01-01T00:00:00Z", "reason": "\u20ac", "tcb_status": "ConfigurationNeeded"}],
	"extra_anchors": [{"label": "dev root", "spki_sha256": "ab" * 32}]}


def settings(s):
	s.put("settings", "empty", "{}")
	s.put("settings", "whole", json.dumps(SETTINGS))


POLICIES = {
	"permit": "version= 1.0; authorizationrules { => permit(); }; issuancerules {};",
	"conditions": """version=1.0;
authorizationrules
{
	[ type=="x-ms-sgx-is-debuggable", value==false ] && c:[ type=="x-ms-sgx-svn", value>=1 ]
	&& ![ type=="x-ms-sgx-product-id", value==9 ] => permit(); // here
	[ type=="x-ms-sgx-mrsigner", value=="ab" ] => deny();
};
issuancerules
{
	c:[ type=="x-ms-sgx-mrsigner" ] => issue(type="signer", value=c.value);
	c:[ type=="x" ] => issue(claim=c);
	=> issueproperty(type="p", value=1);
};""",
	"functions": """version=1.2;
configurationrules { => issueproperty(type="required_pcr_mask", value=7); };
authorizationrules { => permit(); };
issuancerules
{
	c:[ type=="json" ] => add(type="parts", value=JmesPath(c.value, "a"));
	c1:[ type=="parts" ] && c2:[ type=="x" ] => issue(type="one", value=AppendString("a", c2.value));
	c:[ type=="x", issuer=="CustomClaim" ] => issue(type="n", value=ContainsOnlyValue(c, "1"));
	c:[ type=="x" ] => issue(type="s", value=IsSubSetOf(c.value, c.value));
};""",
	"claims": 'version= 1.0; authorizationrules { c:[type=="a"] => permit(); }; issuancerules { c:[type=="a"] => issue(claim=c); };\0'
		'[{"type":"a","value":1},{"type":"a","value":"t","valueType":"String","issuer":"CustomClaim"}]',
}


def policies(s):
	for name, t in POLICIES.items():
		s.put("policy", name, t)


# Every construct and every function; each runs over the document that the target has at hand, the last ones over their own.
QUERIES = {
	"chain": "Events[0].ProcessedData.A[-1] | @",
	"filter": "Events[?EventTypeString == 'EV_EVENT_TAG' && (PcrIndex == `12` || PcrIndex == `19`)].ProcessedData.A[] | length(@) == `4` && @[0]",
	"drtm": "Events[? ProcessedData.D != `null`] | length(@) == `1` && @[0] | @.{EventSeq: EventSeq, \"Sig\": ProcessedData.D}",
	"flatten": "Events[].ProcessedData.A[][] | [1::2]",
	"each": "Events[*].ProcessedData.*[?@ != null][0:-1:1]",
	"values": "*.* | [::-1][?@]",
	"not": "Events[?!(EventSeq < `10`)] | !@[0].x || !!n",
	"compare": "n[0] >= `2` && n[0] <= `3.0` && n[1] > `0` && n[2] < n[0] && n[0] == `3e0` && s != n",
	"numbers": "[abs(`-1.50`), ceil(`1.2`), floor(`-1.2`), sum(n), avg(n), max(n), min(s), sort(n), to_number('1e3')]",
	"strings": "[contains(s, 'a'), ends_with(s[0], 'b'), starts_with(s[0], ''), join(',', s), reverse(s[0]), length('\u00e9'), equals_ignore_case(s[0], 'B')]",
	"by": "[max_by(Events, &EventSeq), min_by(Events, &EventTypeString).EventSeq, sort_by(Events, &EventSeq)[0].PcrIndex, map(&PcrIndex, Events)]",
	"objects": "merge(o, {x: `2`, z: keys(o)}, {x: values(o)}) | [type(@), to_string(@), to_array(x), not_null(q, z)]",
	"literals": "[`{\"a\": [1, \"\\`\"]}`, 'it\\'s \\\\windows', `\" \\u20ac\"`, \"a \\n b\"]",
	"document": "a[].b\0" '{"a":[{"b":1},{"b":[null,{"b":1e400}]},[{"b":"\\u0000"}]]}',
	"huge": "sort([`1e999999999`, `0.1`, `100000000000000000000000000000000000000001`, `-1E-9`]) | [0] < [1]",
}


def queries(s):
	for name, t in QUERIES.items():
		s.put("jmespath", name, t)


def traces(s):
	s.synth("--case", s.work / "case")
	out = subprocess.run([s.attest, "--json", "evidence", "appraise", s.work / "case"], check=True, capture_output=True)
	document = json.loads(out.stdout)
	document["checks"] = document["checks"][:3]
	document.update(policy={"hash": "h", "origin": "set", "rules": [
		{"section": "authorizationrules", "line": 2, "fired": False, "added": ["a<<<b"]}]}, claims={"x": ["1", 2], "x-ms-runtime": {}},
		notes=["a>>>"], settings={"hash": "h", "text": "{}"}, failed="sgx.quote.version")
	s.put("trace", "document", json.dumps(document))
	s.put("trace", "steps", bytes([3, 0, 0, 3, 4, 0, 1, 2, 0, 3, 0, 0, 2, 1, 9, 5, 0, 0, 3, 0, 4, 0]))


def field(data, size="<I"):
	data = data if isinstance(data, bytes) else data.encode()
	return struct.pack(size, len(data)) + data


def records(s):
	import hashlib
	def record(kind, **more):
		texts = [more.get(k, "") for k in ("instance", "type", "trace_id", "kid", "detail")]
		return bytes([1, kind]) + bytes(range(16)) + struct.pack("<q", 1764000000) + b"".join(field(t, "<H") for t in texts) + \
			bytes(128) + bytes([1]) + bytes(32)
	made = [record(k, instance="main", type="SgxEnclave", trace_id="01J", kid="k", detail="d") for k in (1, 2, 3, 4, 5)]
	frames = b"".join(struct.pack("<I", 0xa1 << 24 | len(r)) + hashlib.sha256(b"\0" + r).digest() + r for r in made[:2])
	frames += struct.pack("<I", 0xe0 << 24) + bytes(32)
	whole = b"ATLOGSEG" + struct.pack("<IIQ", 1, 64 + len(frames) + 32, 0) + bytes(40) + frames + bytes(32)
	s.put("record", "token", made[0])
	s.put("record", "governance", made[3])
	s.put("record", "segment", whole)
	s.put("record", "name", "00000000000000000042.seg")
	s.put("log_read", "answer", struct.pack("<QQ", 2, 5) + b"".join(struct.pack("<Q", n) + field(r) for n, r in enumerate(made[:2])))
	s.put("log_read", "empty", struct.pack("<QQ", 5, 5))
	for n, t in enumerate(["0/x001/x234/067", "0/000.p/5", "2/067", "ab" * 32, "17", "0"]):
		s.put("log_read", n, t)
	note = f"log\n7\n{base64.b64encode(bytes(32)).decode()}\n\n\u2014 log {base64.b64encode(bytes(68)).decode()}\n"
	s.put("checkpoint", "note", note)
	s.put("checkpoint", "lines", "\u2014 other/name AAAA\n\u2014 log " + base64.b64encode(bytes(68)).decode() + "\n")
	public = bytes([1]) + bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	name_hash = hashlib.sha256(b"log\n" + public).hexdigest()[:8]
	s.put("checkpoint", "key", f"log+{name_hash}+{base64.b64encode(public).decode()}")
	s.put("bundle", "document", json.dumps({"checkpoint": note, "format": "attest-log-proof/1", "hashes": ["ab" * 32],
		"leaf_hash": "cd" * 32, "leaf_index": 0, "record": b64url(made[0]), "tree_size": 2}))
	s.put("bundle", "steps", bytes([7, 3]))
	s.put("bundle", "changed", bytes([9, 8, 3, 2]))
	s.put("proof", "whole", struct.pack("<HHH", 299, 120, 77))
	s.put("proof", "changed", struct.pack("<HHH", 255, 128, 3) + bytes([1, 2, 0, 4]))


def requests(s):
	for n, t in enumerate(["/attest/SgxEnclave?api-version=2020-10-01", "https://localhost:8443/certs", "/policies/SgxEnclave%3Areset",
			"/attestd/log/tile/0/x001/x234/067", "/attestd/log/records?from=1&count=2", "/.well-known/openid-configuration",
			"/attestd/traces/01J?view=agent", "Bearer eyJhbGciOiJFUzI1NiJ9.e30.AA", "localhost:8443", "[::1]:8443", "/livez",
			"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "https://[2001:db8::1]:443/a?b", "http://a.example:80", "api-version=1&tee=a%20b+c&view=%61gent", "reader"]):
		s.put("message", n, t)
	quote = b64url(s.synth())
	data = lambda t, d: {"data": b64url(d), "dataType": t}
	s.put("attest_request", "sgx", json.dumps({"quote": quote[:1200], "runtimeData": data("Binary", "x"), "initTimeData": data("JSON", "{}"),
		"nonce": "n"}))
	s.put("attest_request", "oe", json.dumps({"report": quote[:200], "runtimeData": data("JSON", '{"a":[1]}'), "draftPolicyForAttestation":
		POLICIES["permit"], "nonce": 7}))
	s.put("attest_request", "old", json.dumps({"Quote": "AAAA", "EnclaveHeldData": "AAAA"}))
	s.put("attest_request", "data", '{"role":"demo"} \0\0')
	for size in (0, 31, 32, 33, 60):
		s.put("sealed", size, bytes(range(size)))
	s.put("sealed", "seal", b"AS1" + bytes(40))


def type_of(name):
	return b"".join([field(name), field("sgx"), field("version= 1.0;"), field("a.b."), b"\0", bytes(32), field("h"), field("t"), field("{}"),
		bytes(32), field("s")])


def snapshots(s):
	instance = b"".join([field("main"), field("localhost:8443"), field("https://localhost:8443"), b"\0\1", field("kid"),
		struct.pack("<I", 2), type_of("SgxEnclave"), type_of("OpenEnclave"), struct.pack("<I", 1), field("kid"), field("cert")])
	whole = b"".join([b"\1", struct.pack("<QBq", 7, 1, 0), struct.pack("<I", 1), instance,
		struct.pack("<I", 1), *map(field, ("https://issuer", "aud", '{"keys":[]}', "roles")),
		struct.pack("<I", 1), *map(field, ("{}", "folder", "name")),
		struct.pack("<I", 1), bytes(32), field("root"), b"\1",
		field("cert"), field("key"), field("log+00000000+AAAA"), struct.pack("<IIIII", 60, 28800, 1 << 20, 30000, 100)])
	s.put("snapshot", "whole", whole)
	s.put("snapshot", "empty", b"".join([b"\1", struct.pack("<QBq", 1, 0, 0), bytes(16), bytes(12), struct.pack("<IIIII", 1, 2, 3, 4, 5)]))


PAYLOAD = {"iss": "https://localhost:8443", "iat": 1764000000, "nbf": 1764000000, "exp": 1764028800, "x-ms-ver": "1.0",
	"x-ms-attestation-type": "sgx", "x-ms-policy-hash": "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw",
	"attest-appraisal-hash": "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc"}


def frame(kind, number, body):
	return struct.pack("<IHHQ", len(body), kind, 0, number) + body


def frames(s):
	payload = json.dumps(PAYLOAD, sort_keys=True, separators=(",", ":"))
	issue = lambda draft: field("main") + field("SgxEnclave") + bytes([draft]) + field(payload) + bytes(32) + field("01J") + field(bytes(32))
	query = lambda kind: field("main") + field(kind) + bytes(32) + struct.pack("<QIB", 1, 2, 0)
	note = field("main") + field("SgxEnclave") + field("01J") + field("sgx.quote.signature") + bytes(32)
	s.put("ipc_authority", "issue", frame(2, 1, issue(0)) + frame(12, 0, note))
	s.put("ipc_authority", "draft", frame(2, 1, issue(1)))
	s.put("ipc_authority", "queries", b"".join(frame(k, k, query("SgxEnclave")) for k in (5, 7, 8, 9, 10)) + frame(13, 9, b""))
	issued = field("a.b.c") + struct.pack("<Q", 7) + bytes(32)
	failed = bytes([9]) + field("told to fail")
	s.put("ipc_worker", "answers", frame(3, 1, issued) + frame(6, 2, b"a.b.") + frame(11, 3, b"note") + frame(4, 4, failed) + frame(11, 5, b"{}"))
	s.put("ipc_worker", "wrong", frame(11, 1, b"{}"))
	s.put("ipc_worker", "issued", issued)
	s.put("ipc_worker", "failed", failed)
	s.put("ipc_worker", "snapshot", frame(1, 0, (s.out / "snapshot" / "seed-whole").read_bytes()))


def judgements(s):
	for choice in range(12):
		s.put("sgx_appraise", f"whole-{choice}", bytes([choice]))
	for name, steps in {
		"body": [0, 0, 120, 0, 1], "body-unsigned": [0, 0, 120, 0, 1, 5, 18], "qe-report": [0, 1, 64, 0, 1], "qe-auth": [0, 2, 9],
		"key": [0, 3, 1, 1], "cert-type": [0, 4, 4], "trailing": [0, 6, 0], "fourth-cert": [0, 7], "leaf": [2, 0, 1, 30, 0, 1],
		"leaf-der": [2, 0, 0, 7, 0], "root": [2, 2, 1, 20, 0, 1], "root-crl": [3, 0, 1, 40, 0, 1], "pck-crl-der": [3, 1, 0, 9, 0],
		"tcb": [4, 0, 1, 60, 0, 1], "tcb-json": [4, 0, 0, 3, 0], "identity-json": [4, 1, 0, 5, 0], "stranger": [5, 1],
		"stranger-signer": [5, 11], "no-crl": [6, 3], "later": [7, 0, 255, 15], "expired": [7, 0, 200, 3, 7, 1],
		"tolerated": [7, 2, 4, 0, 0, 120, 0, 1], "runtime": [7, 3, 2, 1, 2]}.items():
		s.put("sgx_appraise", name, bytes([0, *steps]))


def sized(*parts):
	return b"".join(field(p) for p in parts)


def surface(s):
	for n, path in enumerate(["/certs", "/.well-known/openid-configuration", "/policies/SgxEnclave", "/attestd/log/checkpoint",
			"/attestd/log/tile/0/000.p/1", "/attestd/log/records", "/attestd/traces/01J", "/livez", "/readyz", "/metrics",
			"/servicehealth"]):
		s.put("api", f"get-{n}", sized("GET", path, "api-version=2022-08-01", "localhost:8443", "r", "", "", ""))
	body = json.dumps({"quote": b64url(s.synth()), "runtimeData": {"data": "eA", "dataType": "Binary"}})
	s.put("api", "attest", sized("POST", "/attest/SgxEnclave", "api-version=2020-10-01", "localhost:8443", "",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "", body))
	s.put("api", "attest-oe", sized("POST", "/attest/OpenEnclave", "api-version=2022-08-01", "localhost:8443", "", "", "",
		json.dumps({"report": "AAAA", "draftPolicyForAttestation": POLICIES["permit"]})))
	s.put("api", "tagged", sized("HEAD", "/certs", "", "other.example", "c", "", '"tag"', ""))
	own = json.dumps({"issuer": "https://issuer.example:8443/tenant", "jwks_uri": "https://issuer.example:8443/certs"})
	s.put("discovery", "own", b"\0" + own.encode())
	s.put("discovery", "other", b"\0" + own.replace("issuer.example:8443/certs", "keys.example/certs").encode())
	s.put("discovery", "fresh", b"\1Cache-Control: public, max-age=\"3600\", no-store\r\nAge: 12\r\n")
	steps = lambda *all: sized(*[bytes([what]) + rest for what, rest in all])
	s.put("authority", "token", steps((2, b""), (9, b""), (7, b"")))
	s.put("authority", "draft", steps((2, b' {"draft":true}'), (13, b"")))
	s.put("authority", "changed", steps((2, b'{"iss":"https://evil.example"}'), (2, b'{"nbf":1}'), (2, b'{"x-ms-policy-hash":"A"}')))
	s.put("authority", "raw", steps((2, b'{"a":[1]}'), (0, frame(7, 5, b"")), (0, bytes(16))))
	s.put("authority", "query", steps((10, field("one") + field("") + bytes(32) + struct.pack("<QIB", 0, 9, 0)),
		(8, field("one") + field("") + bytes(32) + struct.pack("<QIB", 0, 1, 0))))


def main():
	if len(sys.argv) != 3:
		print(__doc__.strip(), file=sys.stderr)
		return 2
	s = Seeds(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]))
	for part in (text, jsons, yaml, config, certificates, keys, tokens, gates, possessions, growths, evidence, collateral,
			settings, policies, queries, traces, records, requests, snapshots, frames, judgements, surface):
		part(s)
	return 0


if __name__ == "__main__":
	sys.exit(main())
