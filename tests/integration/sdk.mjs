// SPDX-License-Identifier: Apache-2.0
// The vendor's own SDK, unmodified, as the peer: every call of the slice, with token validation on. Arguments: a JSON file
// {url, bearer, quote, quoteJson, report, reportJson, plainQuote, plainReport, runtime, runtimeJson}: paths of evidence bound
// to the runtime data of that name, or to none. Prints TAP.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(new URL("../package.json", import.meta.url));
const { AttestationClient, AttestationAdministrationClient, KnownAttestationType } = require("@azure/attestation");

const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
const read = (name) => new Uint8Array(readFileSync(given[name]));
const credential = { getToken: async () => ({ token: given.bearer, expiresOnTimestamp: Date.now() + 3600e3 }) };
const validationOptions = { validateToken: true, validateIssuer: true, expectedIssuer: given.url,
	validateExpirationTime: true, validateNotBeforeTime: true, timeValidationSlack: 5 };

let count = 0;
let failed = 0;
async function test(name, run) {
	count += 1;
	try {
		await run();
		console.log(`ok ${count} - ${name}`);
	} catch (error) {
		failed += 1;
		console.log(`not ok ${count} - ${name}`);
		console.log(`# ${String(error?.stack ?? error).split("\n").join("\n# ")}`);
	}
}
function equal(seen, wanted, what) {
	if (JSON.stringify(seen) !== JSON.stringify(wanted))
		throw new Error(`${what}: ${JSON.stringify(seen)}, want ${JSON.stringify(wanted)}`);
}
async function rejects(promise, code, status) {
	try {
		await promise;
	} catch (error) {
		equal(error.code, code, "error code");
		equal(error.statusCode, status, "status");
		return;
	}
	throw new Error(`no error, want ${code}`);
}

const PERMIT = 'version=1.0; authorizationrules{=> permit();}; issuancerules{=> issue(type="team", value="blue");};';
const DENY = "version=1.0; authorizationrules{=> deny();}; issuancerules{};";

// An options argument behind a credential is ignored by 1.0.0, so validation is asked for at each call.
const client = new AttestationClient(given.url);
const admin = new AttestationAdministrationClient(given.url, credential);
const options = (more) => ({ validationOptions, ...more });

await test("getOpenIdMetadata", async () => {
	const metadata = await client.getOpenIdMetadata();
	equal(metadata.issuer, given.url, "issuer");
	equal(metadata.jwks_uri, `${given.url}/certs`, "jwks_uri");
});
await test("getAttestationSigners", async () => {
	const signers = await client.getAttestationSigners();
	if (signers.length < 1 || !signers[0].certificates[0].startsWith("-----BEGIN CERTIFICATE-----"))
		throw new Error("no signer with a certificate");
});

for (const [call, plain, binary, json] of [["attestSgxEnclave", "plainQuote", "quote", "quoteJson"],
	["attestOpenEnclave", "plainReport", "report", "reportJson"]]) {
	await test(`${call} without runtime data`, async () => {
		const result = await client[call](read(plain), options());
		equal(result.body.issuer, given.url, "issuer");
		equal(result.body.verifierType, "sgx", "type");
		equal(result.body.policyClaims.tee, "sgx", "issued by the default policy");
		equal(result.body.enclaveHeldData ?? null, null, "held data");
	});
	await test(`${call} with binary runtime data`, async () => {
		const result = await client[call](read(binary), options({ runTimeData: read("runtime") }));
		equal(Array.from(result.body.enclaveHeldData), Array.from(read("runtime")), "held data");
	});
	await test(`${call} with JSON runtime data`, async () => {
		const result = await client[call](read(json), options({ runTimeJson: read("runtimeJson") }));
		equal(result.body.runTimeClaims,
			JSON.parse(readFileSync(given.runtimeJson, "utf8")), "runtime claims");
	});
	await test(`${call} with a draft policy that permits`, async () => {
		const result = await client[call](read(plain), options({ draftPolicyForAttestation: PERMIT }));
		equal(result.token.algorithm, "none", "alg");
		equal(result.body.policyClaims.team, "blue", "issued claim");
	});
	await test(`${call} with a draft policy that denies`, async () => {
		await rejects(client[call](read(plain), options({ draftPolicyForAttestation: DENY })),
			"PolicyEvaluationError", 400);
	});
	await test(`${call} with runtime data that is not bound`, async () => {
		await rejects(client[call](read(binary), options({ runTimeData: new Uint8Array([1, 2, 3]) })),
			"InvalidParameter", 400);
	});
	await test(`${call} with bytes that are no evidence`, async () => {
		await rejects(client[call](new Uint8Array([1, 2, 3, 4])), "InvalidParameter", 400);
	});
}

for (const type of [KnownAttestationType.SgxEnclave, KnownAttestationType.OpenEnclave])
	await test(`getPolicy ${type}`, async () => {
		const policy = await admin.getPolicy(type);
		if (!policy.body.startsWith("version"))
			throw new Error(`policy text: ${policy.body}`);
	});
await test("getPolicy without a credential that is known", async () => {
	const stranger = new AttestationAdministrationClient(given.url,
		{ getToken: async () => ({ token: "nobody.gave.this", expiresOnTimestamp: Date.now() + 3600e3 }) });
	await rejects(stranger.getPolicy(KnownAttestationType.SgxEnclave), "Unauthorized", 401);
});

console.log(`1..${count}`);
process.exit(failed === 0 ? 0 : 1);
