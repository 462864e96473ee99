-- SPDX-License-Identifier: Apache-2.0
-- Everything an authority must still know after a restart. Times are unix seconds, digests raw bytes.

CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT;

CREATE TABLE instances (
	id       TEXT PRIMARY KEY,
	issuer   TEXT NOT NULL,
	mode     INTEGER NOT NULL,
	added_at INTEGER NOT NULL
) STRICT;

-- The whole history; the highest version is in force. A version without a JWS is the return to the default policy.
CREATE TABLE policies (
	instance TEXT NOT NULL REFERENCES instances (id),
	type     TEXT NOT NULL,
	version  INTEGER NOT NULL,
	jws      BLOB,
	text     BLOB,
	actor    TEXT NOT NULL,
	reason   TEXT NOT NULL,
	set_at   INTEGER NOT NULL,
	PRIMARY KEY (instance, type, version)
) STRICT;

CREATE TABLE settings (
	instance TEXT NOT NULL REFERENCES instances (id),
	type     TEXT NOT NULL,
	version  INTEGER NOT NULL,
	text     BLOB NOT NULL,
	actor    TEXT NOT NULL,
	set_at   INTEGER NOT NULL,
	PRIMARY KEY (instance, type, version)
) STRICT;

-- Private keys, sealed under the master key (crypto/seal.h).
CREATE TABLE keys (
	name    TEXT PRIMARY KEY,
	purpose TEXT NOT NULL,
	sealed  BLOB NOT NULL,
	made_at INTEGER NOT NULL
) STRICT;

-- The certificate of each instance over a token key.
CREATE TABLE certificates (
	instance   TEXT NOT NULL,
	key        TEXT NOT NULL REFERENCES keys (name),
	der        BLOB NOT NULL,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (instance, key)
) STRICT;

-- What was signed about the log. Never updated, never deleted.
CREATE TABLE checkpoints (
	size      INTEGER PRIMARY KEY,
	root      BLOB NOT NULL,
	note      BLOB NOT NULL,
	signed_at INTEGER NOT NULL
) STRICT;
