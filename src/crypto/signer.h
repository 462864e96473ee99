/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing: the one thing that the pure core asks of the outside. Asynchronous and batched, so that the key may live in
 * this process, in a PKCS#11 token or in another process without a caller noticing.
 */
#pragma once

#include "crypto/key.h"

struct sign_job {
	struct bytes message;      /* must outlive the callback */
	uint8_t sig[MAX_SIG_SIZE]; /* RAW form */
	size_t sig_size;
	struct err err; /* code ERR_NONE when sig is there */
	void *user;     /* the caller's */
};

struct signer {
	enum sig_alg alg;
	const struct key *key; /* the public half */
	/*
	 * Signs COUNT jobs and calls DONE once, on any thread, perhaps before it returns. DONE may be called with some
	 * jobs failed.
	 */
	void (*sign)(struct signer *s, struct sign_job *jobs, size_t count,
	    void (*done)(struct sign_job *jobs, size_t count, void *user), void *user);
	void (*free)(struct signer *s);
};

void signer_free(struct signer *s);
void signer_freep(struct signer **s);
/* Waits for one signature. */
int signer_sign_now(struct signer *s, struct bytes message, uint8_t sig[MAX_SIG_SIZE],
    size_t *sig_size, struct err *e) MUST_CHECK;
