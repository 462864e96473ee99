/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that knows how an outcome looks on the wire: HTTP status, the vendor's error code, the words people
 * match on (maa-api.md 1.3), and the metric's label.
 */
#pragma once

#include "codec/json.h"
#include "net/http_server.h"
#include "observe/metrics.h"
#include "service/judge.h"

#define API_RETRY_AFTER_S 5 /* told to a caller whom waiting can help */

/* A row: what an err_code is answered with. */
struct api_status {
	unsigned http;
	const char *code;            /* "InvalidParameter" */
	enum metric_outcome outcome; /* as an attestation is counted */
};
struct api_status api_status_of(enum err_code code);

/* An error as it is sent. */
struct api_error {
	unsigned http;
	const char *code;
	struct bytes message;
	const char *trace_id, *check, *remedy; /* NULL: left out */
	unsigned retry_after_s;                /* 0: no Retry-After */
	const char *allow;                     /* the header of a 405; NULL: none */
};
struct api_error api_error_of(const struct err *e);
/* ERR_NONE has no row; a route that is not built yet, a method that a path has not. */
struct api_error api_error_plain(unsigned http, const char *code, const char *message);

/*
 * {"error":{"code","message","innererror":{"code","message",…}}}, into the arena; a body without the message when that
 * is full.
 */
struct bytes api_error_emit(const struct api_error *error, struct arena *a);

/*
 * What a verdict other than accepted is answered with (product.md 3): refused is 400; undecided is 400 or, when waiting
 * can help, 503. The message keeps the vendor's stem for the stage, then says which check saw what. It may show what
 * the submitter may see: his own evidence and public requirements; with ID_ONLY no more than the stem and the check's id.
 */
int api_error_of_verdict(const struct trace *t, const struct judgement *j, bool id_only,
    struct arena *a, struct api_error *out, struct err *e) MUST_CHECK;
enum metric_outcome api_outcome_of(enum verdict verdict);
