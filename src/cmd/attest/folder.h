/* SPDX-License-Identifier: Apache-2.0 */
/* Every file of a folder and of the folders in it, in the order of their names; what begins with a dot is left out. */
#pragma once

#include "cmd/attest/cli.h"

#define MAX_FOLDER_FILES 8192
#define MAX_FOLDER_DEPTH 4

/* PATH may be a file too. EACH gets the contents, which live in the arena; a failure ends the walk. */
int folder_each(struct cli *c, const char *path,
    int (*each)(struct bytes contents, const char *path, void *user, struct err *e), void *user,
    struct err *e) MUST_CHECK;

/*
 * The same without reading: EACH gets every file, and every folder before what is in it, which it leaves out by setting
 * *INSIDE to false.
 */
int folder_walk(const char *path,
    int (*each)(const char *path, bool is_folder, bool *inside, void *user, struct err *e),
    void *user, struct err *e) MUST_CHECK;
