/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is calling: bearer tokens (RFC 6750) that are JWTs of configured issuers, and the role they carry (product.md 4).
 *
 * An issuer is known by its exact `iss`, its keys (a JWKS) and the algorithms pinned for it; nothing is taken from the
 * token but the key id. Accepted is a token whose signature verifies, whose `iss` and `aud` are the expected ones, and
 * whose `exp` and `nbf` hold at the given time with the leeway of the configuration. Everything else is no caller at all, with a reason
 * for the log; the reason is not for the caller.
 *
 *	struct caller who;
 *	if (authn_judge(authn, rq->bearer, now, arena, &who, &why) != AUTHN_OK || !caller_may(&who, ROLE_READER))
 *		401
 *
 * Set by the configuration and never changed afterwards: many threads read one.
 */
#pragma once

#include "codec/json.h"
#include "crypto/key.h"

#define MAX_BEARER_SIZE     16384
#define MAX_AUTHN_ISSUERS   16
#define MAX_AUTHN_AUDIENCES 8

enum role {
	ROLE_READER = 1 << 0,
	ROLE_CONTRIBUTOR = 1 << 1,
	ROLE_SIGNER = 1 << 2,
	ROLE_AUDITOR = 1 << 3,
	ROLE_OPERATOR = 1 << 4,
};

struct caller {
	unsigned
	    roles; /* what the token says, with what follows from it: a contributor is a reader */
	struct bytes subject; /* `sub`, else `oid`; may be empty */
	struct bytes issuer;
};

/* Borrowed only by authn_new(). */
struct authn_issuer_spec {
	struct bytes issuer;
	struct bytes jwks;                           /* {"keys":[…]} */
	struct bytes audiences[MAX_AUTHN_AUDIENCES]; /* any of them; at least one */
	size_t audience_count;
	unsigned algs;            /* bits 1 << enum sig_alg; 0: AUTHN_ALGS_DEFAULT */
	struct bytes roles_claim; /* empty: "roles" */
};
#define AUTHN_ALGS_DEFAULT                                                                         \
	(1u << SIG_RS256 | 1u << SIG_RS384 | 1u << SIG_RS512 | 1u << SIG_PS256 | 1u << SIG_PS384 | \
	    1u << SIG_PS512 | 1u << SIG_ES256 | 1u << SIG_ES384 | 1u << SIG_ES512 |                \
	    1u << SIG_EDDSA)

struct authn;

/* LEEWAY_S is for exp and nbf. ERR_INVALID names the issuer whose specification is wrong. No issuer at all is fine: then there are no callers. */
int authn_new(const struct authn_issuer_spec *issuers, size_t count, int64_t leeway_s,
    struct authn **out, struct err *e) MUST_CHECK;
void authn_free(struct authn *authn);
void authn_freep(struct authn **authn);

enum authn_verdict {
	AUTHN_NONE, /* no token */
	AUTHN_BAD,  /* a token that convinces nobody; WHY says why */
	AUTHN_OK,
	AUTHN_FAILED, /* we failed; WHY says at what, and of the token nothing is known */
};

/* CALLER is written only with AUTHN_OK; its views live in the arena and in the authn. WHY may be NULL. */
enum authn_verdict authn_judge(const struct authn *authn, struct bytes token, int64_t now_at,
    struct arena *a, struct caller *caller, struct err *why) MUST_CHECK;

bool caller_may(const struct caller *caller, enum role role);
/* "reader" …; 0 for another word. */
unsigned role_parse(struct bytes name);
