// SPDX-License-Identifier: Apache-2.0
// Token verification by the libraries that relying parties use. Arguments: folder with token-ALG.jwt and jwks-ALG.json,
// as `bench --write` leaves them, and milliseconds per measurement. One JSON line each.
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AttestationClient } from '@azure/attestation';
import { createVerifier } from 'fast-jwt';
import { createLocalJWKSet, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const [folder, wanted] = [process.argv[2], Number(process.argv[3] ?? 400)];

async function measure(job, peer, run) {
	const rates = [];
	for (let round = 0; round < 4; round++) {
		const from = process.cpuUsage();
		const until = performance.now() + wanted / 4;
		let count = 0;
		while (performance.now() < until) {
			for (let i = 0; i < 10; i++)
				await run();
			count += 10;
		}
		const used = process.cpuUsage(from);
		rates.push((used.user + used.system) / count);
	}
	// The first round warms the compiler up.
	rates.splice(0, 1);
	rates.sort((a, b) => a - b);
	console.log(JSON.stringify({ job, peer, us: rates[1] }));
}

// Microsoft's client keeps its class of tokens to itself; every answer has one. What it is asked here it asks itself after
// each call: signature under the signer's certificate, dates, issuer.
async function azureVerifier(token, jwks, issuer) {
	const answers = body => ({
		sendRequest: async request => ({ request, status: 200, headers: new request.headers.constructor(),
			bodyAsText: JSON.stringify(body(request.url)) }),
	});
	const client = new AttestationClient(issuer, { httpClient: answers(url => url.includes('/certs') ? jwks : { token }) });
	const first = await client.attestSgxEnclave(new Uint8Array(8));
	const Token = first.token.constructor;
	const pem = `-----BEGIN CERTIFICATE-----\n${jwks.keys[0].x5c[0]}\n-----END CERTIFICATE-----`;
	const signers = [{ keyId: jwks.keys[0].kid, certificates: [pem] }];
	const options = { validateToken: true, validateExpirationTime: true, validateNotBeforeTime: true, validateIssuer: true,
		expectedIssuer: issuer };
	const check = text => new Token(text).getTokenProblems(signers, options).length === 0;
	const spoilt = token.slice(0, -6) + (token.at(-6) === 'A' ? 'B' : 'A') + token.slice(-5);
	if (!check(token) || check(spoilt))
		throw new Error('@azure/attestation does not tell a good token from a bad one');
	return () => {
		if (!check(token))
			throw new Error('bad token');
	};
}

for (const alg of ['RS256', 'ES256']) {
	const job = `attest-verify-${alg.toLowerCase()}`;
	const token = readFileSync(`${folder}/token-${alg.toLowerCase()}.jwt`, 'utf8').trim();
	const jwks = JSON.parse(readFileSync(`${folder}/jwks-${alg.toLowerCase()}.json`, 'utf8'));
	const key = createPublicKey({ key: jwks.keys[0], format: 'jwk' });
	const pem = key.export({ type: 'spki', format: 'pem' });
	const at = token.lastIndexOf('.');
	const input = Buffer.from(token.slice(0, at));
	const sig = Buffer.from(token.slice(at + 1), 'base64url');
	const issuer = 'https://localhost:8443';
	const set = createLocalJWKSet(jwks);
	const fast = createVerifier({ key: pem, algorithms: [alg], allowedIss: issuer, cache: false });

	await measure(job, 'node:crypto, signature alone', () => {
		if (!verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, sig))
			throw new Error('bad signature');
	});
	await measure(job, 'fast-jwt, cache off', () => fast(token));
	await measure(job, 'jsonwebtoken, KeyObject', () => jsonwebtoken.verify(token, key, { algorithms: [alg], issuer }));
	await measure(job, 'jose (npm), local JWKS', () => jwtVerify(token, set, { algorithms: [alg], issuer }));
	// It wants certificates, which only RSA keys have here.
	if (jwks.keys[0].x5c !== undefined)
		await measure(job, '@azure/attestation, signer at hand', await azureVerifier(token, jwks, issuer));
}
