/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/synth_root.h"

#include "base/stamp.h"
#include "cmd/attest/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PATH_SIZE 4096
#define CLEAN         "collateral-clean"
#define SHOWN         "collateral"

static int
path_in(const char *dir, const char *name, char out[MAX_PATH_SIZE], struct err *e)
{
	if (snprintf(out, MAX_PATH_SIZE, "%s/%s", dir, name) >= MAX_PATH_SIZE)
		return err_set(e, ERR_LIMIT, "%s: path too long", dir);
	return 0;
}

static bool
is_there(const char *dir, const char *name)
{
	char path[MAX_PATH_SIZE];
	struct stat st;
	struct err e = { 0 };

	return path_in(dir, name, path, &e) == 0 && stat(path, &st) == 0;
}

static int
not_a_dot(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

struct docs {
	struct cli *c;
	struct synth_doc list[2 * MAX_SYNTH_DOCS];
	size_t count;
};

/* Whatever folder it came from, a document is called collateral/NAME. */
static int
take_doc(struct bytes contents, const char *path, void *user, struct err *e)
{
	struct docs *docs = user;
	const char *base = strrchr(path, '/');
	char name[MAX_SYNTH_NAME + sizeof(SHOWN) + 2];
	struct bytes kept;

	if (docs->count == COUNT_OF(docs->list))
		return 0;
	snprintf(name, sizeof(name), SHOWN "/%s", base == NULL ? path : base + 1);
	kept = arena_copy(docs->c->arena, bytes_of_str(name));
	if (kept.p == NULL)
		return arena_fail(e, "collateral");
	docs->list[docs->count++] = (struct synth_doc){ (const char *)kept.p, contents };
	return 0;
}

static int
load(struct cli *c, const char *dir, struct synth_root **out, struct err *e)
{
	struct docs docs = { .c = c };
	struct bytes keys, root;
	char path[MAX_PATH_SIZE];

	TRY(path_in(dir, SYNTH_KEYS_NAME, path, e));
	TRY(cli_read(c, path, &keys, e));
	TRY(path_in(dir, SYNTH_ROOT_NAME, path, e));
	TRY(cli_read(c, path, &root, e));
	docs.list[docs.count++] = (struct synth_doc){ SYNTH_ROOT_NAME, root };
	TRY(path_in(dir, is_there(dir, CLEAN) ? CLEAN : SHOWN, path, e));
	TRY(folder_each(c, path, take_doc, &docs, e));
	if (synth_root_load(keys, docs.list, docs.count, out, e) < 0)
		return err_in(e, "%s", dir);
	if (!synth_root_is_current(*out, c->at))
		return synth_root_refresh(*out, c->at, e);
	return 0;
}

int
synth_root_open(struct cli *c, const char *dir, struct synth_root **out, struct err *e)
{
	if (is_there(dir, SYNTH_KEYS_NAME))
		return load(c, dir, out, e);
	if (is_there(dir, SYNTH_ROOT_NAME))
		return err_set(e, ERR_MISSING, "%s: a root without its keys (%s)", dir,
		    SYNTH_KEYS_NAME);
	return synth_root_generate(c->at, out, e);
}

/* The documents of DOCS below collateral/ go into DIR/FOLDER, everything else stays. */
static int
write_docs(const char *dir, const char *folder, const struct synth_doc *docs, size_t count,
    struct err *e)
{
	char path[MAX_PATH_SIZE], in[MAX_PATH_SIZE];

	TRY(path_in(dir, folder, in, e));
	TRY(cli_mkdir(in, 0755, e));
	for (size_t i = 0; i < count; i++) {
		const char *base = strrchr(docs[i].name, '/');

		if (base == NULL)
			continue;
		TRY(path_in(in, base + 1, path, e));
		TRY(cli_write(path, docs[i].bytes, 0644, e));
	}
	return 0;
}

struct root_docs {
	struct synth_doc list[2 * MAX_SYNTH_DOCS];
	size_t count;
};

static struct root_docs
docs_of(const struct synth_root *root)
{
	struct root_docs docs = { .count = 0 };

	for (size_t i = 0; i < synth_root_doc_count(root) && i < COUNT_OF(docs.list); i++)
		docs.list[docs.count++] = synth_root_doc_at(root, i);
	return docs;
}

/* Empties and removes DIR/FOLDER, which holds files only; one that is not there is fine. */
static int
remove_folder(const char *dir, const char *folder, struct err *e)
{
	char path[MAX_PATH_SIZE], inner[MAX_PATH_SIZE];
	struct dirent **names;
	int count;

	TRY(path_in(dir, folder, path, e));
	count = scandir(path, &names, not_a_dot, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 : err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		if (path_in(path, names[i]->d_name, inner, NULL) == 0)
			(void)unlink(inner);
		free(names[i]);
	}
	free(names);
	if (rmdir(path) < 0)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	return 0;
}

static int
move_folder(const char *dir, const char *from, const char *to, struct err *e)
{
	char a[MAX_PATH_SIZE], b[MAX_PATH_SIZE];

	TRY(path_in(dir, from, a, e));
	TRY(path_in(dir, to, b, e));
	if (rename(a, b) < 0)
		return err_set(e, ERR_IO, "%s: %s", a, strerror(errno));
	return 0;
}

static int
store_root(const char *dir, const struct synth_root *root, const struct root_docs *docs,
    struct err *e)
{
	DEFER(secret_release) struct secret keys = { 0 };
	char path[MAX_PATH_SIZE];

	TRY(cli_mkdir(dir, 0755, e));
	TRY(synth_root_emit_keys(root, &keys, e));
	TRY(path_in(dir, SYNTH_KEYS_NAME, path, e));
	TRY(cli_write(path, secret_bytes(&keys), 0600, e));
	for (size_t i = 0; i < docs->count; i++)
		if (strchr(docs->list[i].name, '/') == NULL) {
			TRY(path_in(dir, docs->list[i].name, path, e));
			TRY(cli_write(path, docs->list[i].bytes, 0644, e));
		}
	return 0;
}

int
synth_root_store(const char *dir, const struct synth_root *root, const struct synth_case *made,
    struct err *e)
{
	struct root_docs docs = docs_of(root);

	TRY(store_root(dir, root, &docs, e));
	if (is_there(dir, CLEAN)) {
		/* What is shown is an earlier damaged case, and nothing else. */
		TRY(remove_folder(dir, SHOWN, e));
		TRY(move_folder(dir, CLEAN, SHOWN, e));
	}
	TRY(write_docs(dir, SHOWN, docs.list, docs.count, e));
	if (made->own_collateral)
		TRY(move_folder(dir, SHOWN, CLEAN, e));
	return write_docs(dir, SHOWN, made->docs, made->doc_count, e);
}

static int
write_in(const char *dir, const char *name, struct bytes contents, struct err *e)
{
	char path[MAX_PATH_SIZE];

	if (contents.p == NULL)
		return 0;
	TRY(path_in(dir, name, path, e));
	return cli_write(path, contents, 0644, e);
}

static struct json *
list_of_one(struct arena *a, const char *text)
{
	struct json *list = json_new(a, JSON_ARRAY);

	(void)json_append(list, json_new_cstr(a, text));
	return list;
}

static struct json *
case_document(struct cli *c, const struct synth_case *made)
{
	struct json *doc = json_new(c->arena, JSON_OBJECT),
		    *files = json_new(c->arena, JSON_OBJECT);
	struct json *expected = json_new(c->arena, JSON_OBJECT);
	char at[STAMP_SIZE];
	bool good = made->check == CHECK_NONE;
	const char *verdict = good                       ? "accepted"
	    : check_table[made->check].on_fail == REFUSE ? "refused"
							 : "undecided";

	stamp_format(c->at, at);
	(void)json_put(files, "evidence", json_new_cstr(c->arena, "evidence.bin"));
	if (made->runtime_data.p != NULL)
		(void)json_put(files, cli_has(c, "runtime-json") ? "runtime_json" : "runtime_data",
		    json_new_cstr(c->arena, "runtime.bin"));
	if (made->init_data.p != NULL)
		(void)json_put(files, "init_data", json_new_cstr(c->arena, "init.bin"));
	(void)json_put(files, "collateral", list_of_one(c->arena, SHOWN));
	(void)json_put(files, "trust_roots", list_of_one(c->arena, SYNTH_ROOT_NAME));
	(void)json_put(expected, "verdict", json_new_cstr(c->arena, verdict));
	if (!good)
		(void)json_put(expected, "check",
		    json_new_cstr(c->arena, check_table[made->check].id));
	(void)json_put(doc, "type", json_new_cstr(c->arena, synth_type_name(made->type)));
	(void)json_put(doc, "at", json_new_str(c->arena, arena_copy(c->arena, bytes_of_str(at))));
	(void)json_put(doc, "files", files);
	(void)json_put(doc, "expected", expected);
	(void)json_put(doc, "source", json_new_cstr(c->arena, "attest evidence synth"));
	(void)json_put(doc, "licence", json_new_cstr(c->arena, "Apache-2.0"));
	return doc;
}

int
synth_case_store(struct cli *c, const char *dir, const struct synth_case *made, struct err *e)
{
	DEFER(buf_release) struct buf text;

	buf_init(&text, MAX_CLI_FILE);
	if (is_there(dir, SHOWN) || is_there(dir, "case.json"))
		return err_set(e, ERR_CONFLICT, "%s: holds a case already; name a new folder", dir);
	TRY(cli_mkdir(dir, 0755, e));
	TRY(write_in(dir, "evidence.bin", made->evidence, e));
	TRY(write_in(dir, "runtime.bin", made->runtime_data, e));
	TRY(write_in(dir, "init.bin", made->init_data, e));
	for (size_t i = 0; i < made->doc_count; i++)
		if (strchr(made->docs[i].name, '/') == NULL)
			TRY(write_in(dir, made->docs[i].name, made->docs[i].bytes, e));
	TRY(write_docs(dir, SHOWN, made->docs, made->doc_count, e));
	json_print(&text, case_document(c, made));
	buf_char(&text, '\n');
	return write_in(dir, "case.json", buf_bytes(&text), e);
}
