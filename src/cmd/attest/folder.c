/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct walk {
	int (*each)(const char *path, bool is_folder, bool *inside, void *user, struct err *e);
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
	bool is_folder, inside = true;
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(e, ERR_MISSING, "%s: %s", path, strerror(errno));
	is_folder = S_ISDIR(st.st_mode);
	if (is_folder && depth >= MAX_FOLDER_DEPTH)
		return err_set(e, ERR_LIMIT, "%s: deeper than %d folders", path, MAX_FOLDER_DEPTH);
	if (!is_folder && ++w->files > MAX_FOLDER_FILES)
		return err_set(e, ERR_LIMIT, "%s: more than %d files", path, MAX_FOLDER_FILES);
	TRY(w->each(path, is_folder, &inside, w->user, e));
	return is_folder && inside ? walk_folder(w, path, depth, e) : 0;
}

int
folder_walk(const char *path,
    int (*each)(const char *path, bool is_folder, bool *inside, void *user, struct err *e),
    void *user, struct err *e)
{
	struct walk w = { .each = each, .user = user };

	return walk_path(&w, path, 0, e);
}

struct reading {
	struct cli *c;
	int (*each)(struct bytes contents, const char *path, void *user, struct err *e);
	void *user;
};

static int
read_one(const char *path, bool is_folder, bool *inside, void *user, struct err *e)
{
	struct reading *r = user;
	struct bytes contents;

	(void)inside;
	if (is_folder)
		return 0;
	TRY(cli_read(r->c, path, &contents, e));
	if (r->each(contents, path, r->user, e) < 0)
		return err_in(e, "%s", path);
	return 0;
}

int
folder_each(struct cli *c, const char *path,
    int (*each)(struct bytes contents, const char *path, void *user, struct err *e), void *user,
    struct err *e)
{
	struct reading r = { c, each, user };
	bool inside = false;

	if (strcmp(path, "-") == 0)
		return read_one(path, false, &inside, &r, e);
	return folder_walk(path, read_one, &r, e);
}
