/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/log_head.h"

#include "client/log_proof.h"
#include "cmd/attest/report.h"

#include <string.h>

enum cli_exit
log_head_take(struct cli *c, struct bytes note, struct bytes key, struct checkpoint *head,
    bool *judged)
{
	struct err e = { 0 };
	bool good = false;

	if (checkpoint_parse(note, head, &e) < 0 || checkpoint_verify(head, key, &good, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	*judged = true;
	return good ? CLI_OK
		    : cli_fail(c, CLI_REFUSED, "refused", NULL,
			  "the tree head is not signed by the log's key");
}

/* What proves to somebody with the older checkpoint that NOTE follows it; from a smaller tree nothing does. */
static enum cli_exit
make_growth(struct cli *c, const struct tlog_tree *tree, const struct checkpoint *old,
    uint64_t size, struct bytes note, struct bytes *text)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct tlog_growth growth = { .from = old->size, .checkpoint = note };
	struct err e = { 0 };

	if (old->size > 0 && old->size <= size &&
	    tlog_tree_consistency(tree, old->size, size, &growth.proof, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	buf_init(&out, MAX_TLOG_GROWTH_SIZE);
	tlog_growth_emit(&out, &growth);
	*text = arena_copy(c->arena, buf_bytes(&out));
	return text->p == NULL ? cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory") : CLI_OK;
}

static enum cli_exit
judge_growth(struct cli *c, struct bytes kept, struct bytes text, struct bytes key)
{
	struct json *document = json_new(c->arena, JSON_OBJECT);
	struct trace *t = arena_alloc(c->arena, sizeof(*t));
	struct log_proof_seen seen = { 0 };
	struct err e = { 0 };
	enum cli_exit code;

	if (t == NULL || document == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	trace_init(t, c->arena, "log-growth", c->at);
	if (log_growth_judge(key, kept, text, c->arena, t, &seen, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	code = report_judgement(c, t, document);
	(void)json_put(c->document, "growth", document);
	return code;
}

static enum cli_exit
check_growth(struct cli *c, const struct tlog_tree *tree, struct bytes note, uint64_t size,
    struct bytes key)
{
	struct bytes kept, text;
	struct checkpoint old;
	struct err e = { 0 };
	enum cli_exit code;

	if (!cli_has(c, "since"))
		return CLI_OK;
	if (cli_read(c, cli_option(c, "since"), &kept, &e) < 0 ||
	    checkpoint_parse(kept, &old, &e) < 0)
		return cli_fail_err(c, &e, "--since is a checkpoint that was kept");
	code = make_growth(c, tree, &old, size, note, &text);
	if (code == CLI_OK)
		code = judge_growth(c, kept, text, key);
	if (code == CLI_OK && cli_has(c, "out") &&
	    cli_write(cli_option(c, "out"), text, 0644, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	return code;
}

enum cli_exit
log_head_check(struct cli *c, const struct tlog_tree *tree, struct bytes note,
    const struct checkpoint *head, struct bytes key)
{
	uint8_t root[TLOG_HASH_SIZE];
	struct err e = { 0 };

	if (head->size > tree->size)
		return cli_fail(c, CLI_REFUSED, "refused",
		    "records were cut off: look for a backup",
		    "the first bad record is %llu: the signed head has %llu, the folder holds no "
		    "more",
		    (unsigned long long)tree->size, (unsigned long long)head->size);
	if (tlog_tree_root(tree, head->size, root, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	if (memcmp(root, head->root, sizeof(root)) != 0)
		return cli_fail(c, CLI_REFUSED, "refused",
		    "keep what was read as it is: together with the head it shows the "
		    "contradiction",
		    "the leaves do not make up the root that was signed");
	return check_growth(c, tree, note, head->size, key);
}
