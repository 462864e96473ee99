/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/log_source.h"

#include "base/b64.h"
#include "cmd/attest/log_folder.h"
#include "cmd/attest/log_head.h"
#include "cmd/attest/remote.h"
#include "tlog/bundle.h"
#include "tlog/tile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SHOWN_RECORDS 4096

enum cli_exit
log_source_proof(struct cli *c, const char *jti, struct bytes *bundle)
{
	struct client_answer answer;
	char path[256];
	struct err e = { 0 };
	enum cli_exit code;

	if (cli_has(c, "proof")) {
		if (cli_read(c, cli_option(c, "proof"), bundle, &e) < 0)
			return cli_fail_err(c, &e, NULL);
		return CLI_OK;
	}
	if (cli_has(c, "log"))
		return log_folder_proof(c, cli_option(c, "log"), jti, bundle);
	snprintf(path, sizeof(path), "/attestd/log/proof?jti=%.64s", jti);
	code = remote_get(c, path, &answer);
	*bundle = answer.body;
	return code;
}

/* Bytes that are no JSON: a checkpoint, a tile, a key. */
static enum cli_exit
get_raw(struct cli *c, const char *path, struct bytes *out)
{
	struct client_target to;
	struct client_answer answer;
	struct err e = { 0 };
	enum cli_exit code = remote_target(c, &to);

	if (code != CLI_OK)
		return code;
	if (client_call(&to, path, (struct bytes){ 0 }, c->arena, &answer, &e) < 0)
		return cli_fail_err(c, &e,
		    "is the service running, and is --ca the authority of its certificate?");
	if (answer.status != 200)
		return remote_refused(c, &answer);
	*out = answer.body;
	return CLI_OK;
}

static struct bytes
trimmed(struct bytes text)
{
	while (text.size > 0 && text.p[text.size - 1] <= ' ')
		text.size--;
	return text;
}

enum cli_exit
log_source_key(struct cli *c, struct bytes *key, bool *pinned)
{
	struct err e = { 0 };
	enum cli_exit code = CLI_OK;

	*pinned = cli_has(c, "log-key");
	if (*pinned) {
		if (cli_read_text(c, cli_option(c, "log-key"), key, &e) < 0)
			return cli_fail_err(c, &e, NULL);
		return CLI_OK;
	}
	if (cli_has(c, "log"))
		code = log_folder_key(c, cli_option(c, "log"), key);
	else if (cli_has(c, "proof"))
		return cli_usage(c,
		    "--log-key is missing: a kept proof is judged with a pinned key");
	else
		code = get_raw(c, "/attestd/log/key", key);
	if (code == CLI_OK)
		*key = trimmed(*key);
	return code;
}

static enum cli_exit
number_option(struct cli *c, const char *name, uint64_t fallback, uint64_t *out)
{
	const char *text = cli_option(c, name);
	char *end;

	*out = fallback;
	if (text == NULL)
		return CLI_OK;
	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0')
		return cli_usage(c, "--%s %s: not a number", name, text);
	return CLI_OK;
}

static enum cli_exit
get_records(struct cli *c, uint64_t from, uint64_t count, struct client_answer *answer)
{
	char path[128];

	snprintf(path, sizeof(path), "/attestd/log/records?from=%llu&count=%llu",
	    (unsigned long long)from, (unsigned long long)count);
	return remote_get(c, path, answer);
}

enum cli_exit
log_source_records(struct cli *c, struct json **records)
{
	uint64_t from, wanted;
	enum cli_exit code = number_option(c, "from", 0, &from);

	if (code == CLI_OK)
		code = number_option(c, "count", 256, &wanted);
	if (code != CLI_OK)
		return code;
	if (wanted > MAX_SHOWN_RECORDS)
		wanted = MAX_SHOWN_RECORDS;
	if (cli_has(c, "log"))
		return log_folder_records(c, cli_option(c, "log"), from, wanted, records);
	*records = json_new(c->arena, JSON_ARRAY);
	while (*records != NULL && (*records)->count < wanted) {
		uint64_t left = wanted - (*records)->count;
		struct client_answer answer;
		const struct json *list, *next;

		code = get_records(c, from, left < 256 ? left : 256, &answer);
		if (code != CLI_OK)
			return code;
		list = json_get(answer.json, "records");
		for (const struct json *r = list == NULL ? NULL : list->first; r != NULL;
		     r = r->next)
			(void)json_append(*records, json_copy(c->arena, r));
		next = json_get(answer.json, "next");
		if (!json_uint(next, UINT64_MAX >> 1, &from))
			break;
	}
	return CLI_OK;
}

/* Leaf hashes from the level-0 tiles, into a tree of our own. */
static enum cli_exit
rebuild_tree(struct cli *c, uint64_t size, struct tlog_tree *tree)
{
	for (uint64_t n = 0; n * TLOG_TILE_WIDTH < size; n++) {
		uint64_t left = size - n * TLOG_TILE_WIDTH;
		unsigned width = left < TLOG_TILE_WIDTH ? (unsigned)left : TLOG_TILE_WIDTH;
		char path[MAX_TILE_PATH_SIZE + 16], tile[MAX_TILE_PATH_SIZE];
		struct bytes hashes;
		struct err e = { 0 };
		enum cli_exit code;

		tile_path(0, n, width, tile);
		snprintf(path, sizeof(path), "/attestd/log/%s", tile);
		code = get_raw(c, path, &hashes);
		if (code != CLI_OK)
			return code;
		if (hashes.size != (size_t)width * TLOG_HASH_SIZE)
			return cli_fail(c, CLI_REFUSED, "refused", NULL, "%s: %zu bytes, want %u",
			    tile, hashes.size, width * TLOG_HASH_SIZE);
		for (unsigned i = 0; i < width; i++)
			if (tlog_tree_append(tree,
				bytes_slice(hashes, (size_t)i * TLOG_HASH_SIZE, TLOG_HASH_SIZE).p,
				&e) < 0)
				return cli_fail_err(c, &e, NULL);
	}
	return CLI_OK;
}

/* With an auditor's token: each record must hash to its leaf. */
static enum cli_exit
check_records(struct cli *c, const struct tlog_tree *tree, struct log_findings *out)
{
	uint64_t from = 0;

	if (c->token_file == NULL)
		return CLI_OK;
	for (;;) {
		struct client_answer answer;
		const struct json *list;
		enum cli_exit code = get_records(c, from, 256, &answer);

		if (code != CLI_OK)
			return code;
		list = json_get(answer.json, "records");
		for (const struct json *r = list == NULL ? NULL : list->first; r != NULL;
		     r = r->next) {
			struct bytes raw;
			uint8_t hash[TLOG_HASH_SIZE];
			uint64_t index;
			struct err e = { 0 };

			if (!json_uint(json_get(r, "index"), MAX_TLOG_SIZE, &index) ||
			    b64_decode_arena(B64_URL, json_text(json_get(r, "raw")), c->arena, &raw,
				&e) < 0)
				return cli_fail(c, CLI_FAULT, "malformed", NULL,
				    "the answer holds no records");
			tlog_leaf_hash(raw, hash);
			if (index < tree->size &&
			    memcmp(hash, tlog_tree_leaf(tree, index), sizeof(hash)) != 0)
				return cli_fail(c, CLI_REFUSED, "refused",
				    "keep a copy of this record and of the checkpoint",
				    "record %llu is not what its leaf says",
				    (unsigned long long)index);
			out->records++;
		}
		if (!json_uint(json_get(answer.json, "next"), MAX_TLOG_SIZE, &from))
			return CLI_OK;
	}
}

static enum cli_exit
verify_remote(struct cli *c, struct bytes key, struct tlog_tree *tree, struct log_findings *out)
{
	struct checkpoint head = { 0 };
	struct bytes note;
	enum cli_exit code = get_raw(c, "/attestd/log/checkpoint", &note);

	if (code == CLI_OK)
		code = log_head_take(c, note, key, &head, &out->judged);
	out->size = head.size;
	if (code == CLI_OK)
		code = rebuild_tree(c, head.size, tree);
	if (code == CLI_OK)
		code = log_head_check(c, tree, note, &head, key);
	return code == CLI_OK ? check_records(c, tree, out) : code;
}

enum cli_exit
log_source_verify(struct cli *c, struct log_findings *out)
{
	struct bytes key;
	struct tlog_tree tree;
	enum cli_exit code = log_source_key(c, &key, &out->pinned);

	if (code != CLI_OK)
		return code;
	if (cli_has(c, "log"))
		return log_folder_verify(c, cli_option(c, "log"), key, out);
	tlog_tree_init(&tree);
	code = verify_remote(c, key, &tree, out);
	tlog_tree_release(&tree);
	return code;
}
