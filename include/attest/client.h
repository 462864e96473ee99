/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Speaking with an attestation service: attestd, or Microsoft Azure Attestation.
 *
 *	struct attest_client *c = attest_client_new("https://contoso.eus.attest.azure.net", &error);
 *	struct attest_request *rq = attest_request_new("SgxEnclave", quote, quote_size);
 *	attest_request_runtime_data(rq, key, key_size, false);
 *	struct attest_answer *a = attest_client_attest(c, rq, &error);
 *	if (a != NULL && attest_answer_status(a) == 200)
 *		send_to_the_relying_party(attest_answer_member(a, "token"));
 *
 * A client believes nothing: a token that it fetched is judged like any other, by an attest_verifier. Only the URL that
 * it was made with is ever asked; redirects are answers. Addresses that are not of the public Internet are refused unless
 * they were allowed.
 *
 * A call returns NULL when there was no answer, and says why in *ERROR. An answer of any status is an answer. The
 * caller frees both.
 *
 * Threads: settings first, on one thread; then any number of threads may call with one client at the same time.
 */
#ifndef ATTEST_CLIENT_H
#define ATTEST_CLIENT_H

#include <attest/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct attest_client;
struct attest_credential;
struct attest_request;
struct attest_answer;

/*
 * Credentials: with what a client shows who it is. Tokens are fetched when first needed, kept until shortly before they
 * expire, locked in memory, and never written into an error. One credential may serve many clients and threads.
 */

/* A bearer token that you have. */
ATTEST_API ATTEST_MUST_CHECK struct attest_credential *attest_credential_new_bearer(const char
											*token,
    struct attest_error **error);
/* A file that holds one, read anew for each call, so that it may be renewed by others. */
ATTEST_API ATTEST_MUST_CHECK struct attest_credential *attest_credential_new_file(const char *path,
    struct attest_error **error);

/* Where a callback puts its token: copied at once. EXPIRES_AT in unix seconds; 0: ask again for each call. */
struct attest_bearer;
ATTEST_API void attest_bearer_set(struct attest_bearer *b, const char *token, int64_t expires_at);
/*
 * ASK gives 0 when it has set a token, anything else when it could not. It is called on the thread that makes the call,
 * never by two threads at once, and must not use this credential. USER must outlive the credential.
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_credential *attest_credential_new_callback(
    int (*ask)(void *user, struct attest_bearer *b), void *user, struct attest_error **error);

/*
 * Entra ID (or what speaks like it) by client credentials. AUTHORITY NULL is https://login.microsoftonline.com; SCOPE NULL
 * is https://attest.azure.net/.default. With a secret:
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_credential *
attest_credential_new_entra_secret(const char *authority, const char *tenant, const char *client_id,
    const char *secret, const char *scope, struct attest_error **error);
/* With an RSA key (PEM) and its certificate (PEM), by which an assertion is signed (private_key_jwt, PS256). */
ATTEST_API ATTEST_MUST_CHECK struct attest_credential *attest_credential_new_entra_certificate(
    const char *authority, const char *tenant, const char *client_id, const char *key_pem,
    const char *certificate_pem, const char *scope, struct attest_error **error);
/*
 * The same two, for an authority of your own: CA_FILE (PEM, NULL: the system's roots) vouches for its TLS, and its address
 * may be private. Exactly one of SECRET and KEY_PEM is given.
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_credential *
attest_credential_new_private_authority(const char *authority, const char *ca_file,
    const char *tenant, const char *client_id, const char *secret, const char *key_pem,
    const char *certificate_pem, const char *scope, struct attest_error **error);
/*
 * The identity of the Azure machine that this runs on, from its metadata service (http://169.254.169.254, which no other
 * part of the library speaks with). CLIENT_ID names a user-assigned identity; NULL: the system-assigned one.
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_credential *
attest_credential_new_managed_identity(const char *client_id, struct attest_error **error);
/* NULL is fine. Clients that use it keep it alive. */
ATTEST_API void attest_credential_free(struct attest_credential *c);

/* "https://host[:port]"; no credential, the system's roots, a timeout of 30 seconds. */
ATTEST_API ATTEST_MUST_CHECK struct attest_client *attest_client_new(const char *url,
    struct attest_error **error);
ATTEST_API void attest_client_free(struct attest_client *c);
/* False when memory ran out; the client is as it was. NULL takes the setting back. */
ATTEST_API ATTEST_MUST_CHECK bool attest_client_set_ca_file(struct attest_client *c,
    const char *path);
/* "2020-10-01" unless set: the api-version of MAA that is asked for. */
ATTEST_API ATTEST_MUST_CHECK bool attest_client_set_api_version(struct attest_client *c,
    const char *version);
ATTEST_API void attest_client_set_credential(struct attest_client *c,
    struct attest_credential *credential);
ATTEST_API void attest_client_set_timeout(struct attest_client *c, uint32_t milliseconds);
ATTEST_API void attest_client_allow_private_addresses(struct attest_client *c);

/*
 * What is asked to be attested: evidence of TYPE ("SgxEnclave", "OpenEnclave", "SevSnpVm", "TdxVm", "MdepTz"; "Tpm",
 * "Pluton", "AzureGuest" and "KeyGuard" take their protocol's message as EVIDENCE). Bytes and strings are copied. The
 * functions that add to it return nothing: attest_client_attest() reports the first mistake.
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_request *attest_request_new(const char *type,
    const void *evidence, size_t size);
ATTEST_API void attest_request_free(struct attest_request *rq);
/* What the evidence is bound to by its report data; as JSON its claims appear in the token (x-ms-runtime). */
ATTEST_API void attest_request_runtime_data(struct attest_request *rq, const void *data,
    size_t size, bool is_json);
ATTEST_API void attest_request_init_time_data(struct attest_request *rq, const void *data,
    size_t size, bool is_json);
ATTEST_API void attest_request_nonce(struct attest_request *rq, const char *nonce);
/* The answer is then unsigned and proves nothing: for trying a policy. */
ATTEST_API void attest_request_draft_policy(struct attest_request *rq, const char *policy);

ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_attest(struct attest_client *c,
    const struct attest_request *rq, struct attest_error **error);

/* What the service says of itself: discovery document, keys, health. */
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_discovery(struct attest_client *c,
    struct attest_error **error);
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_certs(struct attest_client *c,
    struct attest_error **error);
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_health(struct attest_client *c,
    struct attest_error **error);

/* Policies, of one type of evidence. JWS is the signed (or unsigned) policy document; reset takes an empty one. */
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_policy_get(struct attest_client *c,
    const char *type, struct attest_error **error);
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_policy_set(struct attest_client *c,
    const char *type, const char *jws, struct attest_error **error);
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_policy_reset(struct attest_client
										  *c,
    const char *type, const char *jws, struct attest_error **error);

/* The certificates whose keys may sign policies. JWS holds the one to add or remove, signed by one that is there. */
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *
attest_client_certificates_get(struct attest_client *c, struct attest_error **error);
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_certificates_add(
    struct attest_client *c, const char *jws, struct attest_error **error);
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_certificates_remove(
    struct attest_client *c, const char *jws, struct attest_error **error);

/* The TCB baselines that policies may name. */
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_tcb_baselines(struct attest_client
										   *c,
    const char *type, struct attest_error **error);

/* Of attestd: how a judgement came about. ID and KEY come with the answer of the attest call; KEY may be NULL. */
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_trace(struct attest_client *c,
    const char *id, const char *key, struct attest_error **error);
/* Of attestd: its transparency log (C2SP tlog-tiles). PATH is a tile's, as "0/x001/067". */
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_log_checkpoint(struct attest_client
										    *c,
    struct attest_error **error);
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_log_key(struct attest_client *c,
    struct attest_error **error);
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_log_tile(struct attest_client *c,
    const char *path, struct attest_error **error);
/* The proof that the token with this `jti` is in the log. */
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_log_proof(struct attest_client *c,
    const char *jti, struct attest_error **error);
/* For auditors. */
ATTEST_API ATTEST_MUST_CHECK struct attest_answer *attest_client_log_records(struct attest_client
										 *c,
    uint64_t from, uint64_t count, struct attest_error **error);

/* Answers. Everything that is returned lives until attest_answer_free(). */
ATTEST_API void attest_answer_free(struct attest_answer *a);
/* The HTTP status; 0 for NULL. */
ATTEST_API unsigned attest_answer_status(const struct attest_answer *a);
/* The body as it came, with a NUL behind it that is not counted. */
ATTEST_API const char *attest_answer_body(const struct attest_answer *a, size_t *size);
/* A member at the top of the JSON answer that is a string: "token", "data"; NULL when there is none. Not yet judged. */
ATTEST_API const char *attest_answer_member(const struct attest_answer *a, const char *name);
/* Of a refusal: the service's code and message, and of attestd the check that failed and what to do; NULL when absent. */
ATTEST_API const char *attest_answer_error_code(const struct attest_answer *a);
ATTEST_API const char *attest_answer_error_message(const struct attest_answer *a);
ATTEST_API const char *attest_answer_failed_check(const struct attest_answer *a);
ATTEST_API const char *attest_answer_remedy(const struct attest_answer *a);
/* Of attestd's answers to attest calls: for attest_client_trace(). NULL when absent. */
ATTEST_API const char *attest_answer_trace_id(const struct attest_answer *a);
ATTEST_API const char *attest_answer_trace_key(const struct attest_answer *a);

#ifdef __cplusplus
}
#endif

#endif
