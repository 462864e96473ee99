/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct walk {
	struct cli *c;
	int (*each)(struct bytes contents, const char *path, void *user, struct err *e);
	void *user;
	size_t files;
};

static int walk_path(struct walk *w, const char *path, unsigned depth, struct err *e);

static int
not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int
walk_folder(struct walk *w, const char *path, unsigned depth, struct err *e)
{
	struct dirent **names;
	int count = scandir(path, &names, not_hidden, alphasort), result = 0;

	if (count < 0)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		char inner[4096];

		if (result == 0 &&
		    snprintf(inner, sizeof(inner), "%s/%s", path, names[i]->d_name) >=
			(int)sizeof(inner))
			result = err_set(e, ERR_LIMIT, "%s: path too long", path);
		if (result == 0)
			result = walk_path(w, inner, depth + 1, e);
		free(names[i]);
	}
	free(names);
	return result;
}

static int
walk_path(struct walk *w, const char *path, unsigned depth, struct err *e)
{
	struct stat st;
	struct bytes contents;

	if (strcmp(path, "-") != 0) {
		if (stat(path, &st) < 0)
			return err_set(e, ERR_MISSING, "%s: %s", path, strerror(errno));
		if (S_ISDIR(st.st_mode) && depth >= MAX_FOLDER_DEPTH)
			return err_set(e, ERR_LIMIT, "%s: deeper than %d folders", path,
			    MAX_FOLDER_DEPTH);
		if (S_ISDIR(st.st_mode))
			return walk_folder(w, path, depth, e);
	}
	if (++w->files > MAX_FOLDER_FILES)
		return err_set(e, ERR_LIMIT, "%s: more than %d files", path, MAX_FOLDER_FILES);
	TRY(cli_read(w->c, path, &contents, e));
	if (w->each(contents, path, w->user, e) < 0)
		return err_in(e, "%s", path);
	return 0;
}

int
folder_each(struct cli *c, const char *path,
    int (*each)(struct bytes contents, const char *path, void *user, struct err *e), void *user,
    struct err *e)
{
	struct walk w = { .c = c, .each = each, .user = user };

	return walk_path(&w, path, 0, e);
}
