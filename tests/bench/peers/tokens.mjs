// SPDX-License-Identifier: Apache-2.0
// Token verification by the libraries that relying parties use. Arguments: folder with token-ALG.jwt and jwks-ALG.json,
// as `bench --write` leaves them, and milliseconds per measurement. One JSON line each.
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
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

for (const alg of ['RS256', 'ES256']) {
	const job = `token-${alg.toLowerCase()}`;
	const token = readFileSync(`${folder}/${job}.jwt`, 'utf8').trim();
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
}
