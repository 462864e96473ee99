// SPDX-License-Identifier: Apache-2.0
// An SGX quote and its collateral verified by @phala/dcap-qvl, from bytes each time. Arguments: the folder of public vectors,
// milliseconds. The quote, the documents and the time are those of `bench --real`.
const fs = require('fs');
const path = require('path');
const { verify } = require('@phala/dcap-qvl');

const [vectors, wanted] = [process.argv[2], Number(process.argv[3] ?? 1000)];
const read = name => fs.readFileSync(path.join(vectors, 'sgx', name));
const text = name => read(name).toString('utf8');
const inner = (document, name) => {
	// The signed bytes as they stand in the document.
	const from = document.indexOf(`"${name}":`) + name.length + 3;
	return document.slice(from, document.lastIndexOf(',"signature"'));
};
const tcb = text('collateral/tcbinfo/sgx_v3_00906ed50000_20250527T193107Z_ev17.json').trim();
const qe = text('collateral/qeidentity/qe_v2_20250527T190527Z.json').trim();
const chain = text('collateral/certs/intel_tcb_signing_2025_2032_chain.pem');
const quote = new Uint8Array(read('quotes/azure_sample_intelsdk_release.bin'));
const collateral = {
	pck_crl_issuer_chain: '',
	root_ca_crl: read('collateral/crl/root_20250320_ad6f.der').toString('hex'),
	pck_crl: read('collateral/crl/processor_20250527_ab83.der').toString('hex'),
	tcb_info_issuer_chain: chain,
	tcb_info: inner(tcb, 'tcbInfo'),
	tcb_info_signature: JSON.parse(tcb).signature,
	qe_identity_issuer_chain: chain,
	qe_identity: inner(qe, 'enclaveIdentity'),
	qe_identity_signature: JSON.parse(qe).signature,
};

const times = [];
for (let round = 0; round < 4; round++) {
	const from = process.cpuUsage();
	const until = performance.now() + wanted / 4;
	let count = 0;
	do {
		verify(quote, collateral, 1749669497);
		count++;
	} while (performance.now() < until);
	const used = process.cpuUsage(from);
	times.push((used.user + used.system) / count);
}
times.splice(0, 1);
times.sort((a, b) => a - b);
console.log(JSON.stringify({ job: 'sgx-cold-real', peer: '@phala/dcap-qvl (JavaScript)', us: times[1] }));
