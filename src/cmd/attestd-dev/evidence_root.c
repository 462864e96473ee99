/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attestd-dev/evidence_root.h"

#include "authority/files.h"
#include "synth/synth.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER        "evidence-root"
#define MAX_FILE_SIZE 1048576
#define MARGIN_S      86400
#define MAX_LOADED    64

struct loaded {
	struct arena arena;
	struct synth_doc docs[MAX_LOADED];
	size_t count;
};

static int
load_file(int root, const char *name, struct loaded *l, struct err *e)
{
	DEFER(buf_release) struct buf text;
	struct bytes bytes, kept;

	buf_init(&text, MAX_FILE_SIZE);
	TRY(file_read(root, name, MAX_FILE_SIZE, &text, e));
	bytes = arena_copy(&l->arena, buf_bytes(&text));
	kept = arena_copy(&l->arena, bytes_of_str(name));
	if (bytes.p == NULL || kept.p == NULL || l->count >= MAX_LOADED)
		return err_set(e, ERR_LIMIT, FOLDER ": too many or too large files");
	l->docs[l->count++] = (struct synth_doc){ (const char *)kept.p, bytes };
	return 0;
}

/* root.pem and what stands in collateral/. */
static int
load_docs(int root, struct loaded *l, struct err *e)
{
	int fd = openat(root, "collateral", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int done = load_file(root, SYNTH_ROOT_NAME, l, e);

	if (d == NULL && fd >= 0)
		close(fd);
	while (done == 0 && d != NULL && (entry = readdir(d)) != NULL) {
		char name[NAME_MAX + 16];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "collateral/%s", entry->d_name);
		done = load_file(root, name, l, e);
	}
	if (d != NULL)
		closedir(d);
	return done;
}

static int
write_docs(int root, const struct synth_root *made, struct err *e)
{
	for (size_t i = 0; i < synth_root_doc_count(made); i++) {
		struct synth_doc doc = synth_root_doc_at(made, i);

		TRY(file_replace(root, doc.name, doc.bytes, false, e));
	}
	return 0;
}

static int
make_root(int root, int64_t now_at, struct err *e)
{
	DEFER(synth_root_freep) struct synth_root *made = NULL;
	DEFER(secret_release) struct secret keys = { 0 };

	TRY(synth_root_generate(now_at, &made, e));
	TRY(synth_root_emit_keys(made, &keys, e));
	TRY(write_docs(root, made, e));
	/* Last: where the keys are, all is. */
	return file_replace(root, SYNTH_KEYS_NAME, secret_bytes(&keys), false, e);
}

static int
renew_root(int root, struct bytes keys, int64_t now_at, struct err *e)
{
	DEFER(synth_root_freep) struct synth_root *made = NULL;
	struct loaded l = { 0 };
	int done;

	arena_init(&l.arena, MAX_LOADED * MAX_FILE_SIZE);
	done = load_docs(root, &l, e);
	if (done == 0)
		done = synth_root_load(keys, l.docs, l.count, &made, e);
	if (done == 0 &&
	    !(synth_root_is_current(made, now_at) &&
		synth_root_is_current(made, now_at + MARGIN_S))) {
		done = synth_root_refresh(made, now_at, e);
		if (done == 0)
			done = write_docs(root, made, e);
	}
	arena_release(&l.arena);
	return done;
}

int
dev_evidence_root_prepare(int dir, int64_t now_at, struct err *e)
{
	DEFER(closep) int root = -1;
	DEFER(buf_release) struct buf keys;
	struct err why = { 0 };
	int done;

	buf_init(&keys, MAX_FILE_SIZE);
	if (mkdirat(dir, FOLDER, 0700) != 0 && faccessat(dir, FOLDER, X_OK, 0) != 0)
		return err_set(e, ERR_IO, FOLDER ": cannot be made");
	root = openat(dir, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_set(e, ERR_IO, FOLDER ": cannot be opened");
	if (file_read(root, SYNTH_KEYS_NAME, MAX_FILE_SIZE, &keys, &why) < 0) {
		if (why.code != ERR_MISSING)
			return err_set(e, why.code, "%s", why.msg);
		return make_root(root, now_at, e);
	}
	done = renew_root(root, buf_bytes(&keys), now_at, e);
	secret_wipe(keys.p, keys.size);
	return done;
}
