// SPDX-License-Identifier: Apache-2.0
// The npm library jose (panva) as another maker and reader of tokens. Prints JSON.
//	make                 {issuer, jwks, tokens: {name: {token, verdict}}}: good tokens of each algorithm, bad variants of each
//	judge FILE           FILE {issuer, jwks, tokens: {name: token}}; {name: verdict}
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(new URL("../package.json", import.meta.url));
const { SignJWT, createLocalJWKSet, exportJWK, exportSPKI, generateKeyPair, jwtVerify } = require("jose");

const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

async function verdict(token, jwks, issuer) {
	try {
		await jwtVerify(token, createLocalJWKSet(jwks), { issuer, algorithms: ALGORITHMS });
		return "accepted";
	} catch {
		return "refused";
	}
}

const later = (s) => Math.floor(Date.now() / 1000) + s;
const sign = (claims, header, key) => new SignJWT(claims).setProtectedHeader(header).sign(key);

async function variants(alg, kid, pair, stranger, issuer) {
	const claims = { iss: issuer, iat: later(-10), nbf: later(-10), exp: later(3600), jti: "1", "x-ms-attestation-type": "sgx", "x-ms-ver": "1.0", note: "h\u00e9\u0001\u{1F600}" };
	const header = { alg, kid, typ: "JWT" };
	const good = await sign(claims, header, pair.privateKey);
	const [head, payload, signature] = good.split(".");
	const bytes = Buffer.from(signature, "base64url");
	bytes[bytes.length - 3] ^= 1;
	const other = { ...claims, note: "other" };
	const spki = Buffer.from(await exportSPKI(pair.publicKey));
	return {
		good,
		"signature changed": `${head}.${payload}.${bytes.toString("base64url")}`,
		"signature cut": `${head}.${payload}.${bytes.subarray(0, -1).toString("base64url")}`,
		"signature missing": `${head}.${payload}.`,
		"signature padded": `${good}=`,
		"payload changed": `${head}.${encode(other)}.${signature}`,
		"header changed": `${encode({ ...header, typ: "jwt" })}.${payload}.${signature}`,
		"other algorithm": `${encode({ ...header, alg: alg === "RS256" ? "PS256" : "RS256" })}.${payload}.${signature}`,
		"no algorithm": `${encode({ ...header, alg: "none" })}.${payload}.`,
		"public key as secret": await sign(claims, { alg: "HS256", kid }, new Uint8Array(spki)),
		"another's key": await sign(claims, header, stranger.privateKey),
		"another's key brought along": await sign(claims, { ...header, jwk: await exportJWK(stranger.publicKey) }, stranger.privateKey),
		"unknown kid": await sign(claims, { ...header, kid: "stranger" }, pair.privateKey),
		"unknown extension": await sign(claims, { ...header, crit: ["x"], x: 1 }, pair.privateKey).catch(() => `${encode({ ...header, crit: ["x"], x: 1 })}.${payload}.${signature}`),
		"other issuer": await sign({ ...claims, iss: `${issuer}x` }, header, pair.privateKey),
		expired: await sign({ ...claims, exp: later(-60) }, header, pair.privateKey),
		"not yet valid": await sign({ ...claims, nbf: later(600) }, header, pair.privateKey),
		"four parts": `${good}.AA`,
	};
}

async function make() {
	const issuer = "https://issuer.example";
	const keys = [];
	const made = {};
	for (const alg of ALGORITHMS) {
		const pair = await generateKeyPair(alg, { modulusLength: 2048, extractable: true });
		const stranger = await generateKeyPair(alg, { modulusLength: 2048, extractable: true });
		keys.push({ ...(await exportJWK(pair.publicKey)), alg, kid: `key ${alg}`, use: "sig" });
		for (const [name, token] of Object.entries(await variants(alg, `key ${alg}`, pair, stranger, issuer)))
			made[`${alg} ${name}`] = token;
	}
	const jwks = { keys };
	const tokens = {};
	for (const [name, token] of Object.entries(made))
		tokens[name] = { token, verdict: await verdict(token, jwks, issuer) };
	return { issuer, jwks, tokens };
}

async function judge(path) {
	const given = JSON.parse(readFileSync(path, "utf8"));
	const verdicts = {};
	for (const [name, token] of Object.entries(given.tokens))
		verdicts[name] = await verdict(token, given.jwks, given.issuer);
	return verdicts;
}

console.log(JSON.stringify(process.argv[2] === "make" ? await make() : await judge(process.argv[3])));
