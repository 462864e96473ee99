/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authority: the process that holds token keys, policy history, store and log, and has no network (style.md 3).
 *
 *	struct authority_config config = { .state_dir = "/var/lib/attestd", … };
 *	return authority_run(&config, fd, &e) < 0 ? 1 : 0;
 *
 * In STATE_DIR: store.db (sealed keys, policies, settings, checkpoints), log/ (segments, tile/, checkpoint, log.vkey).
 * A worker that has been taken over can get a token only for an instance, policy and settings that are in force, with
 * our times in it, and only after its record is in the log.
 */
#pragma once

#include "authority/snapshot.h"

/* One evidence type of an instance: what holds until governance says otherwise. */
struct authority_type_config {
	const char *type;       /* "SgxEnclave" */
	const char *token_type; /* "sgx" */
	struct bytes policy;    /* default policy text; empty: that of policy/defaults.h */
	struct bytes settings;  /* appraisal settings, JSON as it is hashed; empty: "{}" */
};

struct authority_instance_config {
	const char *id;     /* "localhost:8443" or a name */
	const char *host;   /* "localhost:8443" */
	const char *issuer; /* "https://localhost:8443" */
	enum trust_mode mode;
	bool explain_id_only; /* product.md 3 */
	const struct authority_type_config *types;
	size_t type_count;
};

struct authority_issuer_config {
	const char *issuer, *audience;
	const char *jwks_path;  /* read at the start and on reload */
	const char *role_claim; /* NULL: "roles" */
};

struct authority_anchor_config {
	uint8_t spki_sha256[32];
	const char *label;
	bool dev;
};

struct authority_config {
	const char *state_dir;       /* made 0700 when absent */
	const char *master_key_path; /* 32 bytes, refused when group or others can read it */
	bool make_master_key;        /* dev: made when absent */
	bool dev;
	int64_t
	    clock_offset_s; /* told to the worker; the caller has already called clock_set_offset() */

	const struct authority_instance_config *instances;
	size_t instance_count;
	const struct authority_issuer_config *issuers;
	size_t issuer_count;
	const char *const *collateral_dirs; /* files in them and one level below */
	size_t collateral_dir_count;
	const struct authority_anchor_config *anchors;
	size_t anchor_count;
	const char *tls_cert_path, *tls_key_path; /* NULL: no TLS */
	struct snapshot_limits limits;            /* zeros are replaced by the defaults */
	uint32_t cert_lifetime_s; /* of the token-signing certificates; 0: ten years */
	uint32_t signer_threads;  /* 0: one per processor, four at most */
	uint32_t segment_size;    /* 0: 4 MiB */
	uint32_t frame_ms;        /* patience with a worker inside a frame; 0: IPC_FRAME_MS */

	/*
	 * Called once, after the master key and the TLS files have been read and before anything else is: drop
	 * privileges, seccomp (proc/sandbox.h). The state folder must belong to the user that is left.
	 */
	int (*confine)(void *user, struct err *e);
	void *confine_user;
	bool *served; /* set when the state is open and the worker is served; may be NULL */
	/* SIGHUP reloads, SIGTERM and SIGINT drain and end. Without it only the end of the connection ends the run. */
	bool take_signals;
};

/*
 * Serves FD, which it closes, until the peer closes, a signal says so, or the peer breaks the protocol (-1 ERR_MALFORMED):
 * by what it sends, by half a frame, or by not taking its answers.
 * -1 too when the state cannot be opened: among others ERR_CONFLICT for a log that contradicts its last checkpoint,
 * ERR_DENIED for a master key that others can read.
 */
int authority_run(const struct authority_config *config, int fd, struct err *e) MUST_CHECK;
