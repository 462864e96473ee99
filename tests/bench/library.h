/* SPDX-License-Identifier: Apache-2.0 */
/* The same tokens, judged as a program outside of this tree does: by attest_verify() of the shared library. */
#pragma once

#include "bench.h"

struct bench_issued {
	struct bytes token, jwks;
	int64_t at; /* when it is judged */
};

void bench_library(const struct bench_options *o, bool rsa, const struct bench_issued *issued,
    const struct bench_work base[2]);
