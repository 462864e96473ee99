/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML as a tree of struct json: mappings are objects, sequences arrays, plain scalars true/false/null/integers by their
 * look, all else strings. Aliases, anchors, tags, duplicate keys, several documents and depth beyond MAX_JSON_DEPTH are
 * refused. The one door to libyaml. A scalar's span is its text as it stands; a collection's is empty and says where it
 * begins.
 */
#pragma once

#include "codec/json.h"

/* ERR_MALFORMED names line and column. */
int yaml_parse(struct bytes text, size_t max_size, struct arena *a, const struct json **out,
    struct err *e) MUST_CHECK;
