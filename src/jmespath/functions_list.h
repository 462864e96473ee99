/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of arrays and objects, for the table in functions.c; their signature is struct function's. */
#pragma once

#include "jmespath/run.h"

int list_join(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_keys(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_values(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_map(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_max(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_max_by(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_merge(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_min(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_min_by(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_sort(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_sort_by(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out);
int list_reverse(struct run *r, const struct json *list, const struct json **out);
