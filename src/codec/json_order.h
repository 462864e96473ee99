/* SPDX-License-Identifier: Apache-2.0 */
/* Members in the order of their names, for duplicates, comparison and sorted writing. Private to codec/json*.c. */
#pragma once

#include "codec/json.h"

/* bytes_cmp order of names; in place, no memory, and for many members COUNT log COUNT steps whatever the names are. */
void json_order(const struct json **members, size_t count);
/* Fills MEMBERS, which has room for object->count, in the order they stand. */
void json_members(const struct json *object, const struct json **members);
