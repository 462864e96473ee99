/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/check.h"

#include <string.h>

const struct check check_table[CHECK_COUNT] = {
#define CHECK(symbol, id_, stage_, on_fail_, wanted_, source_, remedy_)                            \
	[CHECK_##symbol] = { .id = id_,                                                            \
		.stage = stage_,                                                                   \
		.on_fail = on_fail_,                                                               \
		.wanted = wanted_,                                                                 \
		.source = source_,                                                                 \
		.remedy = remedy_ },
#include "trace/checks.def"
#undef CHECK
};

enum check_id
check_find(const char *id)
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (strcmp(check_table[i].id, id) == 0)
			return (enum check_id)i;
	return CHECK_NONE;
}
