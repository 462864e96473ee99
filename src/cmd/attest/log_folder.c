/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/log_folder.h"

#include "authority/segment.h"
#include "base/hex.h"
#include "cmd/attest/log_head.h"
#include "tlog/bundle.h"
#include "tlog/record.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATH_SIZE 4096

/* A log read whole: its leaves as a tree, and what the reader of each record wants to do with it. */
struct log_walk {
	struct cli *c;
	struct tlog_tree tree;
	uint64_t records; /* bodies that are still there */
	int (*each)(struct log_walk *w, uint64_t index, struct bytes record, struct err *e);
	/* of the callbacks below */
	uint64_t from, count;
	struct json *list;
	uint8_t wanted[TLOG_HASH_SIZE];
	bool found;
	uint64_t found_index;
	struct bytes found_record;
};

static int
read_in(struct cli *c, const char *dir, const char *name, struct bytes *out, struct err *e)
{
	char path[MAX_PATH_SIZE];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return err_set(e, ERR_LIMIT, "%s: path too long", dir);
	return cli_read(c, path, out, e);
}

static int
walk_frame(struct log_walk *w, const struct segment_frame *f, struct err *e)
{
	uint64_t index = w->tree.size;
	uint8_t hash[TLOG_HASH_SIZE];

	if (f->record.p != NULL) {
		tlog_leaf_hash(f->record, hash);
		if (memcmp(hash, f->leaf_hash, sizeof(hash)) != 0)
			return err_set(e, ERR_SIGNATURE, "record %llu is not what its leaf says",
			    (unsigned long long)index);
		w->records++;
	}
	TRY(tlog_tree_append(&w->tree, f->leaf_hash, e));
	return w->each == NULL ? 0 : w->each(w, index, f->record, e);
}

/* A tail that a crash tore was never answered; whether it may be one, the signed head decides. */
static int
walk_segment(struct log_walk *w, const char *dir, const char *name, uint64_t first, struct err *e)
{
	struct segment_reader reader;
	struct segment_frame frame;
	struct bytes all;

	if (first != w->tree.size)
		return err_set(e, ERR_SIGNATURE,
		    "%s begins at record %llu, want %llu: a segment is missing", name,
		    (unsigned long long)first, (unsigned long long)w->tree.size);
	TRY(read_in(w->c, dir, name, &all, e));
	if (segment_reader_init(&reader, all, e) < 0)
		return err_in(e, "%s", name);
	while (segment_next(&reader, &frame) == SEGMENT_FRAME)
		TRY(walk_frame(w, &frame, e));
	return 0;
}

static int
is_segment(const struct dirent *d)
{
	uint64_t first;

	return segment_name_parse(d->d_name, &first);
}

static int
walk(struct log_walk *w, const char *dir, struct err *e)
{
	struct dirent **names;
	int count = scandir(dir, &names, is_segment, alphasort), result = 0;

	if (count < 0)
		return err_set(e, ERR_MISSING, "%s: %s", dir, strerror(errno));
	for (int i = 0; i < count; i++) {
		uint64_t first;

		if (result == 0 && segment_name_parse(names[i]->d_name, &first))
			result = walk_segment(w, dir, names[i]->d_name, first, e);
		free(names[i]);
	}
	free(names);
	if (result == 0 && count == 0)
		return err_set(e, ERR_MISSING, "%s: no segments of a log", dir);
	return result;
}

enum cli_exit
log_folder_key(struct cli *c, const char *dir, struct bytes *key)
{
	struct err e = { 0 };

	if (read_in(c, dir, "log.vkey", key, &e) < 0)
		return cli_fail_err(c, &e, "--log is the folder STATE/log");
	return CLI_OK;
}

static int
find_leaf(struct log_walk *w, uint64_t index, struct bytes record, struct err *e)
{
	(void)e;
	if (!w->found && memcmp(tlog_tree_leaf(&w->tree, index), w->wanted, TLOG_HASH_SIZE) == 0) {
		w->found = true;
		w->found_index = index;
		w->found_record = record;
	}
	return 0;
}

static enum cli_exit
prove(struct cli *c, struct log_walk *w, const char *dir, struct bytes *bundle)
{
	struct tlog_bundle b = { 0 };
	struct checkpoint head;
	struct err e = { 0 };
	DEFER(buf_release) struct buf text;

	buf_init(&text, MAX_TLOG_BUNDLE_SIZE);
	if (read_in(c, dir, "checkpoint", &b.checkpoint, &e) < 0 ||
	    checkpoint_parse(b.checkpoint, &head, &e) < 0 || walk(w, dir, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	if (!w->found || w->found_index >= head.size)
		return cli_fail(c, CLI_UNDECIDED, "missing", NULL,
		    "no record with this jti is under the log's head");
	b.leaf_index = w->found_index;
	b.tree_size = head.size;
	b.record = w->found_record;
	memcpy(b.leaf_hash, w->wanted, sizeof(b.leaf_hash));
	if (tlog_tree_inclusion(&w->tree, b.leaf_index, b.tree_size, &b.proof, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	tlog_bundle_emit(&text, &b);
	*bundle = arena_copy(c->arena, buf_bytes(&text));
	return bundle->p == NULL ? cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory") : CLI_OK;
}

enum cli_exit
log_folder_proof(struct cli *c, const char *dir, const char *jti, struct bytes *bundle)
{
	struct log_walk w = { .c = c, .each = find_leaf };
	enum cli_exit code;

	if (!hex_decode(bytes_of_str(jti), w.wanted, sizeof(w.wanted)))
		return cli_usage(c, "%s: a jti has 64 hex digits", jti);
	tlog_tree_init(&w.tree);
	code = prove(c, &w, dir, bundle);
	tlog_tree_release(&w.tree);
	return code;
}

static int
list_record(struct log_walk *w, uint64_t index, struct bytes record, struct err *e)
{
	struct json *entry;
	struct tlog_record r;

	if (index < w->from || w->list->count >= w->count || record.p == NULL)
		return 0;
	TRY(tlog_record_parse(record, &r, e));
	entry = json_new(w->c->arena, JSON_OBJECT);
	if (!json_put(entry, "index", json_new_int(w->c->arena, (int64_t)index)) ||
	    !json_put(entry, "raw", json_new_b64url(w->c->arena, record)) ||
	    !json_put(entry, "record", tlog_record_json(&r, w->c->arena)) ||
	    !json_append(w->list, entry))
		return arena_fail(e, "records");
	return 0;
}

enum cli_exit
log_folder_records(struct cli *c, const char *dir, uint64_t from, uint64_t count,
    struct json **records)
{
	struct log_walk w = { .c = c, .each = list_record, .from = from, .count = count };
	struct err e = { 0 };
	int result;

	*records = w.list = json_new(c->arena, JSON_ARRAY);
	if (w.list == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	tlog_tree_init(&w.tree);
	result = walk(&w, dir, &e);
	tlog_tree_release(&w.tree);
	return result < 0 ? cli_fail_err(c, &e, NULL) : CLI_OK;
}

enum cli_exit
log_folder_verify(struct cli *c, const char *dir, struct bytes key, struct log_findings *out)
{
	struct log_walk w = { .c = c };
	struct checkpoint head = { 0 };
	struct bytes note;
	struct err e = { 0 };
	enum cli_exit code;

	if (read_in(c, dir, "checkpoint", &note, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	code = log_head_take(c, note, key, &head, &out->judged);
	if (code != CLI_OK)
		return code;
	tlog_tree_init(&w.tree);
	if (walk(&w, dir, &e) < 0)
		code = cli_fail_err(c, &e, NULL);
	else
		code = log_head_check(c, &w.tree, note, &head, key);
	out->judged = code == CLI_OK || code == CLI_REFUSED;
	out->size = head.size;
	out->records = w.records;
	tlog_tree_release(&w.tree);
	return code;
}
