/* SPDX-License-Identifier: Apache-2.0 */
/* Insides of attest/client.h that its files share. */
#pragma once

#include "attest/client.h"

#include "client/attest.h"
#include "client/credential.h"
#include "lib/lib.h"

#define MAX_REQUEST_MEMORY (48U << 20)
#define MAX_ANSWER_MEMORY  (32U << 20)

struct attest_request {
	struct arena arena;
	struct client_attest rq;
	struct err first; /* the first mistake of the builder */
};

struct attest_answer {
	struct arena arena;
	struct client_answer got;
};

/* NULL when out of memory. */
struct attest_answer *answer_new(void);
/* The inside of a public credential; NULL for NULL. */
struct credential *credential_of(struct attest_credential *c);
