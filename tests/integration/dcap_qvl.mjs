// SPDX-License-Identifier: Apache-2.0
// Verdicts of @phala/dcap-qvl. Argument: a JSON file, a list of {id, quote, at, root, collateral}: path of the quote, unix time,
// base64 of a root certificate or null for Intel's, and the collateral as the library wants it. Prints a JSON object from
// id to {status, advisories} or {refused}.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(new URL("../package.json", import.meta.url));
const { QuoteVerifier } = require("@phala/dcap-qvl");

const verdicts = {};
for (const row of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
	const root = row.root === null ? undefined : Buffer.from(row.root, "base64");
	try {
		const report = new QuoteVerifier(root).verify(readFileSync(row.quote), row.collateral, row.at);
		verdicts[row.id] = { status: report.status, advisories: [...report.advisory_ids].sort() };
	} catch (error) {
		verdicts[row.id] = { refused: String(error.message) };
	}
}
console.log(JSON.stringify(verdicts));
