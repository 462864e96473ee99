/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A claim as the value of a header. Whoever writes a claim, a policy's author or the attester himself, must not be able to
 * end the header and begin another, to make one header look like two, or to hide letters from whoever reads it: a byte
 * other than visible ASCII becomes %XX, and so does '%', so that there is one way back.
 */
#pragma once

#include "base/buf.h"
#include "codec/json.h"

#define MAX_GATE_VALUE 1024

/*
 * A string as its text, any other value as JSON, with a NUL behind it, in A. NULL where a header can say nothing: no value,
 * an empty one, or one that is longer than MAX_GATE_VALUE. An error is memory.
 */
int gate_value(const struct json *v, struct arena *a, const char **out, struct err *e) MUST_CHECK;
