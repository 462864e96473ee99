/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TCB info and enclave identity have in common: {"<member>":{…},"signature":"…"}, and the readers of members that
 * both use. Internal to collateral/.
 */
#pragma once

#include "codec/json.h"
#include "collateral/tcb_info.h"

/* The tree of one document lives only while it is read; what is kept of it is copied. */
#define MAX_JSON_TREE_SIZE ((size_t)64 << 20)

/* The object MEMBER and the signature of TEXT. */
int signed_json_parse(struct bytes text, const char *member, struct arena *a,
    const struct json **body, uint8_t sig[64], struct err *e) MUST_CHECK;

/* Members of an object, each required; the first that is not as wanted is the error. */
int member_date(const struct json *o, const char *name, int64_t *out, struct err *e) MUST_CHECK;
int member_uint(const struct json *o, const char *name, uint64_t max, uint64_t *out, struct err *e)
    MUST_CHECK;
int member_hex(const struct json *o, const char *name, uint8_t *out, size_t size, struct err *e)
    MUST_CHECK;
int member_status(const struct json *o, enum tcb_status *out, struct err *e) MUST_CHECK;
/* Optional: none is an empty list. Texts are copied into A. */
int member_advisories(const struct json *o, struct arena *a, struct advisories *out, struct err *e)
    MUST_CHECK;
/* An array of 1 to MAX_TCB_LEVELS objects. */
int member_levels(const struct json *o, const struct json **out, struct err *e) MUST_CHECK;
