/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state to judge by: everything that the worker, which has no files and no token keys, needs to know.
 *
 * The authority builds one, sends its bytes (message SNAPSHOT), and the worker rebuilds it with snapshot_parse(). It is
 * never changed once published: a reader takes a _ref under a lock held for an instant and reads freely until _unref.
 * Collateral here is bytes as they came from the folders; verifying them is the worker's job, as is everything that
 * parses foreign input.
 *
 *	const struct snapshot_instance *in = snapshot_find_host(s, BYTES("localhost:8443"));
 *	const struct snapshot_type *t = snapshot_find_type(in, BYTES("SgxEnclave"));
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "collateral/collateral.h"

#define MAX_SNAPSHOT_INSTANCES 256
#define MAX_SNAPSHOT_TYPES     16
#define MAX_SNAPSHOT_KEYS      16
#define MAX_SNAPSHOT_ISSUERS   16
#define MAX_SNAPSHOT_DOCUMENTS 4096
#define MAX_SNAPSHOT_ANCHORS   64
#define MAX_POLICY_TEXT_SIZE   131072
#define MAX_POLICY_JWS_SIZE    262144
#define MAX_SNAPSHOT_SETTINGS  65536
/* What is larger is no document to who reads it, and would cost him the whole snapshot. */
#define MAX_DOCUMENT_SIZE MAX_COLLATERAL_DOC_SIZE

/* maa-api.md 2.7 */
enum trust_mode { TRUST_AAD, TRUST_ISOLATED, TRUST_SHARED };
enum policy_origin { POLICY_DEFAULT, POLICY_SET };

/* One evidence type of one instance. */
struct snapshot_type {
	struct bytes type;        /* "SgxEnclave": the route's name */
	struct bytes token_type;  /* "sgx": x-ms-attestation-type (maa-api.md 2.1) */
	struct bytes policy_text; /* UTF-8; empty for a type without a policy */
	struct bytes policy_jws;  /* as uploaded, or the default's unsigned one (maa-api.md 2.3) */
	enum policy_origin policy_origin;
	uint8_t policy_hash[32];        /* SHA-256(b64url(policy text)) (maa-api.md 2.5) */
	struct bytes policy_hash_text;  /* the claim x-ms-policy-hash: 43 characters of base64url */
	struct bytes policy_token_hash; /* x-ms-policy-token-hash: base64url SHA-256 of the JWS */
	struct bytes settings_text;     /* the appraisal settings, JSON (product.md 3) */
	uint8_t settings_hash[32];      /* SHA-256 of settings_text as it stands */
	struct bytes
	    settings_hash_text; /* the claim attest-appraisal-hash: 43 characters of base64url */
};

/* One entry of the instance's JWKS. */
struct snapshot_key {
	struct bytes kid;  /* maa-api.md 3.2 */
	struct bytes cert; /* DER, self-signed, subject CN = the issuer URL */
};

struct snapshot_instance {
	struct bytes id;     /* the name in configuration, log records and messages */
	struct bytes host;   /* "localhost:8443": the authority of its requests */
	struct bytes issuer; /* "https://localhost:8443": iss, no trailing slash */
	enum trust_mode mode;
	bool
	    explain_id_only; /* submitters see no more of a trace than verdict and check (product.md 3) */
	struct bytes kid; /* the key that signs now */
	struct snapshot_type *types;
	size_t type_count;
	struct snapshot_key *keys;
	size_t key_count;
};

/* An issuer of callers' bearer tokens (product.md 5). */
struct snapshot_issuer {
	struct bytes issuer, audience;
	struct bytes jwks;       /* text */
	struct bytes role_claim; /* "roles" */
};

struct snapshot_document {
	struct bytes bytes;
	struct bytes origin; /* "folder" */
	struct bytes name;   /* file name, for messages */
};

/* A trust anchor beyond the pinned table (collateral/anchors.h). */
struct snapshot_anchor {
	uint8_t spki_sha256[32];
	struct bytes label;
	bool dev; /* evidence under it yields tokens with attest-dev: true */
};

struct snapshot_limits {
	uint32_t leeway_s;         /* clock leeway, product.md 5 */
	uint32_t token_lifetime_s; /* exp - iat of attestation tokens, maa-api.md 2.1 */
	uint32_t max_body_size;    /* of a request */
	uint32_t request_timeout_ms;
	uint32_t max_connections;
};

struct snapshot {
	uint64_t revision; /* grows with every change */
	bool dev;
	int64_t clock_offset_s; /* dev and test programs only: what clock_set_offset() was given */
	struct snapshot_instance *instances;
	size_t instance_count;
	struct snapshot_issuer *issuers;
	size_t issuer_count;
	struct snapshot_document *documents;
	size_t document_count;
	struct snapshot_anchor *anchors;
	size_t anchor_count;
	struct bytes tls_cert, tls_key; /* PEM; empty when there is no TLS listener */
	struct bytes log_key; /* the log's verifier key "name+hash+base64" (C2SP signed-note) */
	struct snapshot_limits limits;

	/* Of snapshot_parse(); an authority that builds one leaves them alone. */
	struct arena arena;
	struct secret memory; /* the bytes that all views point into: they hold the TLS key */
	unsigned references;
};

/* The message. buf_ok() says whether it fitted. */
void snapshot_emit(struct buf *out, const struct snapshot *s);
/* A copy of BODY is kept; *OUT has one reference. */
int snapshot_parse(struct bytes body, struct snapshot **out, struct err *e) MUST_CHECK;
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s);
void snapshot_unrefp(struct snapshot **s);

/* NULL when there is none. Hosts compare without case. */
const struct snapshot_instance *snapshot_find_host(const struct snapshot *s, struct bytes host);
const struct snapshot_instance *snapshot_find_id(const struct snapshot *s, struct bytes id);
/* The exact route name. */
const struct snapshot_type *snapshot_find_type(const struct snapshot_instance *in,
    struct bytes type);
const char *trust_mode_name(enum trust_mode mode); /* "AAD" "Isolated" "Shared" */
