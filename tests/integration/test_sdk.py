# SPDX-License-Identifier: Apache-2.0
"""Microsoft's own client, @azure/attestation 1.0.0, unmodified, against the daemon."""

import json
import os
import pathlib
import subprocess
import sys

from daemon import Daemon, tap_skip_all

HERE = pathlib.Path(__file__).resolve().parent


def main():
	if not (HERE.parent / "node_modules/@azure/attestation").is_dir():
		tap_skip_all("the SDK is not installed: npm ci in tests/")
		return 0
	with Daemon() as daemon:
		given = daemon.evidence_set()
		given["url"] = daemon.url
		given["bearer"] = daemon.attest("dev", "token", "--state", daemon.state)["token"]
		path = daemon.dir / "given.json"
		path.write_text(json.dumps(given), encoding="utf-8")
		done = subprocess.run(["node", str(HERE / "sdk.mjs"), str(path)], check=False, timeout=120,
			env={**os.environ, "NODE_EXTRA_CA_CERTS": daemon.ca})
		if done.returncode != 0:
			print(daemon.log_tail(), file=sys.stderr)
		return done.returncode


if __name__ == "__main__":
	sys.exit(main())
