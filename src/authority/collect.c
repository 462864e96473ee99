/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/collect.h"

#include "authority/files.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MODULE    "authority"
#define MAX_NAME_SIZE 512

struct collection {
	struct arena *arena;
	struct snapshot *out;
	size_t size;
};

static int
skip_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* strcmp, not strcoll: the order is the same everywhere. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
add_file(struct collection *c, int dir_fd, const char *name, const char *shown, struct err *e)
{
	DEFER(buf_release) struct buf contents = { 0 };
	struct err why = { 0 };
	struct snapshot_document *d;

	buf_init(&contents, MAX_DOCUMENT_SIZE);
	if (file_read(dir_fd, name, MAX_DOCUMENT_SIZE, &contents, &why) < 0) {
		log_warn("a collateral file was passed over", "file=%s why=%s", shown, why.msg);
		return 0;
	}
	if (c->out->document_count == MAX_SNAPSHOT_DOCUMENTS ||
	    c->size + contents.size > MAX_COLLECTED_SIZE) {
		log_warn("a collateral file was passed over", "file=%s why=too much collateral",
		    shown);
		return 0;
	}
	d = &c->out->documents[c->out->document_count];
	d->bytes = arena_copy(c->arena, buf_bytes(&contents));
	d->name = arena_copy(c->arena, bytes_of_str(shown));
	d->origin = BYTES("folder");
	if (d->bytes.p == NULL || d->name.p == NULL)
		return arena_fail(e, "collateral");
	c->out->document_count++;
	c->size += contents.size;
	return 0;
}

static int add_folder(struct collection *c, int dir_fd, const char *name, unsigned depth,
    struct err *e);

static int
add_entry(struct collection *c, int dir_fd, const char *folder, const char *name, unsigned depth,
    struct err *e)
{
	char shown[MAX_NAME_SIZE];
	struct stat st;
	int size = depth == 0 ? snprintf(shown, sizeof(shown), "%s", name)
			      : snprintf(shown, sizeof(shown), "%s/%s", folder, name);

	if (size < 0 || (size_t)size >= sizeof(shown) || fstatat(dir_fd, name, &st, 0) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return add_file(c, dir_fd, name, shown, e);
	if (!S_ISDIR(st.st_mode) || depth > 0)
		return 0;
	return add_folder(c, dir_fd, name, depth + 1, e);
}

static int
add_folder(struct collection *c, int dir_fd, const char *name, unsigned depth, struct err *e)
{
	DEFER(closep) int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries;
	int count = fd < 0 ? -1 : scandirat(fd, ".", &entries, skip_hidden, by_name);
	int result = 0;

	if (count < 0) {
		log_warn("a collateral folder was passed over", "folder=%s why=%s", name,
		    strerror(errno));
		return 0;
	}
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = add_entry(c, fd, name, entries[i]->d_name, depth, e);
		free(entries[i]);
	}
	free(entries);
	return result;
}

int
collect_documents(const char *const *dirs, size_t dir_count, struct arena *a, struct snapshot *out,
    struct err *e)
{
	struct collection c = { .arena = a, .out = out };

	out->document_count = 0;
	out->documents = arena_array(a, MAX_SNAPSHOT_DOCUMENTS, sizeof(*out->documents));
	if (out->documents == NULL)
		return arena_fail(e, "collateral");
	for (size_t i = 0; i < dir_count; i++)
		TRY(add_folder(&c, AT_FDCWD, dirs[i], 0, e));
	return 0;
}
