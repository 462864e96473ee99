/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the authority holds: keys, store, log, and the snapshot that it judges by and sends to the worker.
 *
 * A snapshot is built from configuration, store and files; one that cannot be built leaves the one before in force.
 */
#pragma once

#include "authority/authority.h"

#include "authority/ledger.h"
#include "crypto/signer.h"
#include "store/store.h"

#include <pthread.h>

#define DEFAULT_LEEWAY_S       60
#define DEFAULT_TOKEN_LIFETIME 28800
#define DEFAULT_MAX_BODY       1048576
#define DEFAULT_TIMEOUT_MS     30000
#define DEFAULT_CONNECTIONS    1024
#define DEFAULT_CERT_LIFETIME  315360000

struct state {
	const struct authority_config *config; /* borrowed; outlives the state */
	struct secret master;
	struct buf tls_cert, tls_key; /* as last read */

	pthread_mutex_t store_lock; /* the ledger's thread remembers checkpoints */
	struct store *store;
	struct privkey *token_key;
	struct bytes kid; /* in kid_text */
	char kid_text[64];
	struct privkey *log_key;
	struct buf log_name, log_vkey;
	struct ledger *ledger;

	uint64_t revision;
	struct arena arena;        /* of the snapshot in force */
	struct snapshot *snapshot; /* in the arena */
};

/* In this order; state_close() undoes whatever was done. */
void state_init(struct state *s, const struct authority_config *config);
/* What only a privileged user may be able to read: master key, TLS files. */
int state_read_secrets(struct state *s, struct err *e) MUST_CHECK;
/* Store, keys (made when there are none), log. */
int state_open(struct state *s, struct err *e) MUST_CHECK;
/* A new snapshot in force. */
int state_build(struct state *s, struct err *e) MUST_CHECK;
void state_close(struct state *s);

/* Reads the TLS files again; when that fails, the old ones stay. */
int state_read_tls(struct state *s, struct err *e) MUST_CHECK;
