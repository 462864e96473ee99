/* SPDX-License-Identifier: Apache-2.0 */
/* Registered claims of a JWT (RFC 7519 section 4.1), read from a verified payload. */
#pragma once

#include "jose/jws.h"

struct jwt_times {
	int64_t iat, nbf, exp;
	bool has_iat, has_nbf, has_exp;
};

/* The payload as an object; times must be integers where present. */
int jwt_parse_claims(const struct jws *jws, struct arena *a, const struct json **claims,
    struct jwt_times *times, struct err *e) MUST_CHECK;
enum jwt_time_verdict { JWT_TIME_OK, JWT_EXPIRED, JWT_NOT_YET_VALID, JWT_NO_EXP };
/* exp + leeway > now, nbf - leeway <= now; exp is required. */
enum jwt_time_verdict jwt_judge_times(const struct jwt_times *t, int64_t now_at, int64_t leeway_s);
