/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the reader and the checker put what they find. A sink wants one diagnostic, the first, or as many as it has
 * room for: then the same functions go on behind each fault that they can see past.
 */
#pragma once

#include "policy/ast.h"

struct diag_sink {
	struct bytes text; /* the policy's, as far as it is UTF-8 */
	struct policy_diag *list;
	size_t room, count;
	bool collects; /* go on until there is no room; E stays as it is */
	bool broken;   /* memory ran out: what is in E, and nothing else, counts */
	struct err *e;
};

/*
 * 0 when the sink wants more, else -1. EXPECTED and HINT may be "". A second fault at the same place follows from the
 * first and is not kept.
 */
int diag_report(struct diag_sink *to, enum err_code code, struct place at, struct bytes found,
    const char *expected, const char *hint, const char *path);
/* Memory ran out. Returns -1. */
int diag_no_memory(struct diag_sink *to);
bool diag_wants_more(const struct diag_sink *to);
/* In the order of the text. */
void diag_sort(struct diag_sink *to);
