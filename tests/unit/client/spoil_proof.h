/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to spoil a proof of the log. Part of test_log_proof.c, which has what they stand on. */
#pragma once

static void
nothing(struct subject *s)
{
	(void)s;
}

static void
token_refused(struct subject *s)
{
	s->token = VERDICT_REFUSED;
}

static void
token_undecided(struct subject *s)
{
	s->token = VERDICT_UNDECIDED;
}

static struct bytes
text_of(const struct subject *s)
{
	struct buf out;

	if (s->text.p != NULL)
		return s->text;
	buf_init(&out, 4 * MAX_TLOG_BUNDLE_SIZE);
	tlog_bundle_emit(&out, &s->b);
	return text_take(&a, &out);
}

/* The document's text with FROM, which stands there, as TO. */
static void
respell(struct subject *s, const char *from, const char *to)
{
	struct bytes text = text_of(s);
	const char *at = strstr((const char *)text.p, from);
	struct buf out;

	assert_non_null(at);
	buf_init(&out, MAX_TLOG_BUNDLE_SIZE);
	buf_add(&out, bytes_of(text.p, (size_t)(at - (const char *)text.p)));
	buf_str(&out, to);
	buf_str(&out, at + strlen(from));
	s->text = text_take(&a, &out);
}

static void
blank(struct subject *s)
{
	respell(s, ",\"format\"", ", \"format\"");
}

static void
end_of_line(struct subject *s)
{
	respell(s, "13}", "13}\n");
}

static void
other_member(struct subject *s)
{
	respell(s, "13}", "13,\"x\":1}");
}

static void
other_format(struct subject *s)
{
	respell(s, "attest-log-proof/1", "attest-log-proof/2");
}

static void
number_as_text(struct subject *s)
{
	respell(s, "\"leaf_index\":10", "\"leaf_index\":\"10\"");
}

static void
escaped_letter(struct subject *s)
{
	respell(s, "attestd-log", "attestd\\u002dlog");
}

static void
raw_dash(struct subject *s)
{
	respell(s, "\\u2014", "\xe2\x80\x94");
}

static void
upper_case(struct subject *s)
{
	struct bytes text = text_of(s);
	uint8_t *copy = (uint8_t *)(uintptr_t)arena_copy(&a, text).p;
	size_t at = 0;

	for (const char *h = strstr((const char *)copy, "\"leaf_hash\":\"") + 13; *h != '"'; h++)
		if (*h >= 'a' && *h <= 'f') {
			at = (size_t)(h - (const char *)copy);
			break;
		}
	assert_true(at > 0);
	copy[at] -= 'a' - 'A';
	s->text = bytes_of(copy, text.size);
}

static void
no_json(struct subject *s)
{
	s->text = BYTES("proof");
}

static void
too_long(struct subject *s)
{
	uint8_t *text = arena_alloc(&a, MAX_TLOG_BUNDLE_SIZE + 1);

	assert_non_null(text);
	memset(text, ' ', MAX_TLOG_BUNDLE_SIZE + 1);
	s->text = bytes_of(text, MAX_TLOG_BUNDLE_SIZE + 1);
}

static void
unreadable_checkpoint(struct subject *s)
{
	s->b.checkpoint = BYTES("log\n13\n");
}

static void
unsigned_checkpoint(struct subject *s)
{
	s->b.checkpoint.size -= 4; /* into the last signature line */
}

static void
other_log(struct subject *s)
{
	s->b.checkpoint = head_of(&tree, SIZE, "other.example/attestd-log", log_signer);
}

static void
key_of_another_log(struct subject *s)
{
	s->key = other_log_key;
}

static void
other_key(struct subject *s)
{
	s->b.checkpoint = head_of(&tree, SIZE, ORIGIN, other_signer);
}

/* The right root, and the signature of another size. */
static void
changed_checkpoint(struct subject *s)
{
	struct bytes text = arena_copy(&a, s->b.checkpoint);

	((uint8_t *)(uintptr_t)text.p)[sizeof(ORIGIN "\n")] ^= 1; /* 13 ▸ 12 */
	s->b.checkpoint = text;
	s->b.tree_size = 12;
}

static void
no_signature(struct subject *s)
{
	struct checkpoint head;

	assert_int_equal(checkpoint_parse(s->b.checkpoint, &head, NULL), 0);
	s->b.checkpoint.size -= head.signatures.size;
}

static void
other_size(struct subject *s)
{
	s->b.tree_size = SIZE - 1;
}

static void
path_of_other_size(struct subject *s)
{
	assert_int_equal(tlog_tree_inclusion(&tree, BEFORE, SIZE - 1, &s->b.proof, NULL), 0);
	s->b.tree_size = SIZE - 1;
}

static void
path_of_other_size_unsaid(struct subject *s)
{
	assert_int_equal(tlog_tree_inclusion(&tree, BEFORE, SIZE - 2, &s->b.proof, NULL), 0);
}

static void
older_checkpoint(struct subject *s)
{
	s->b.checkpoint = head_of(&tree, BEFORE, ORIGIN, log_signer);
	s->b.tree_size = BEFORE;
}

static void
index_beyond(struct subject *s)
{
	s->b.leaf_index = SIZE;
}

static void
wrong_index(struct subject *s)
{
	s->b.leaf_index = BEFORE - 1;
}

static void
truncated_path(struct subject *s)
{
	s->b.proof.count--;
}

static void
empty_path(struct subject *s)
{
	s->b.proof.count = 0;
}

static void
extra_hash(struct subject *s)
{
	memset(s->b.proof.hashes[s->b.proof.count++], 7, TLOG_HASH_SIZE);
}

static void
longest_path(struct subject *s)
{
	s->b.proof.count = MAX_TLOG_PROOF;
}

static void
changed_hash(struct subject *s)
{
	s->b.proof.hashes[1][31] ^= 1;
}

static void
swapped_hashes(struct subject *s)
{
	uint8_t first[TLOG_HASH_SIZE];

	memcpy(first, s->b.proof.hashes[0], sizeof(first));
	memcpy(s->b.proof.hashes[0], s->b.proof.hashes[1], sizeof(first));
	memcpy(s->b.proof.hashes[1], first, sizeof(first));
}

static void
other_tree(struct subject *s)
{
	s->b.checkpoint = head_of(&forked, SIZE, ORIGIN, log_signer);
}

/* Of a record that is in the log, and is not this token's. */
static void
wrong_leaf(struct subject *s)
{
	memcpy(s->b.leaf_hash, tlog_tree_leaf(&tree, 4), TLOG_HASH_SIZE);
	s->b.leaf_index = 4;
	assert_int_equal(tlog_tree_inclusion(&tree, 4, SIZE, &s->b.proof, NULL), 0);
}

static void
jti_altered(struct subject *s)
{
	uint8_t jti[TLOG_HASH_SIZE];

	memcpy(jti, good.leaf_hash, sizeof(jti));
	jti[0] ^= 1;
	s->payload = payload_with(jti, "1.0");
}

static void
jti_upper_case(struct subject *s)
{
	struct bytes copy = arena_copy(&a, s->payload);

	for (char *h = strstr((char *)(uintptr_t)copy.p, "\"jti\":\"") + 7; *h != '"'; h++)
		if (*h >= 'a' && *h <= 'f')
			*h -= 'a' - 'A';
	assert_false(bytes_eq(copy, s->payload));
	s->payload = copy;
}

static void
no_jti(struct subject *s)
{
	s->payload = bytes_of_str(cut_payload);
}

static void
payload_with_blanks(struct subject *s)
{
	struct bytes copy = arena_copy(&a, s->payload);
	struct buf out;

	buf_init(&out, 4096);
	buf_str(&out, "{ ");
	buf_add(&out, bytes_slice(copy, 1, copy.size));
	s->payload = text_take(&a, &out);
}

static void
payload_no_json(struct subject *s)
{
	s->payload = BYTES("{");
}

static void
other_jti_asked(struct subject *s)
{
	char *hex = arena_alloc(&a, 65);

	hex_encode(bytes_of(tlog_tree_leaf(&tree, 3), TLOG_HASH_SIZE), hex);
	s->payload = (struct bytes){ 0 };
	s->jti = bytes_of(hex, 64);
}

/* A token that is in the log, and the jti of another that is asked for. */
static void
other_jti_beside_the_token(struct subject *s)
{
	struct bytes kept_payload = s->payload;

	other_jti_asked(s);
	s->payload = kept_payload;
}

static void
expired_record(struct subject *s)
{
	s->b.record = (struct bytes){ 0 };
}

static void
twin_record(struct subject *s)
{
	s->b.record = twin;
}

/* A genuine leaf, path and head, of a record of another kind. */
static void
record_in_log(struct subject *s, struct bytes other)
{
	struct tlog_tree t;

	naive_tree(&t, BEFORE);
	make_bundle(&s->b, other);
	assert_int_equal(tlog_tree_append(&t, s->b.leaf_hash, NULL), 0);
	s->b.tree_size = BEFORE + 1;
	assert_int_equal(tlog_tree_inclusion(&t, BEFORE, BEFORE + 1, &s->b.proof, NULL), 0);
	s->b.checkpoint = head_of(&t, BEFORE + 1, ORIGIN, log_signer);
	s->payload = payload_with(s->b.leaf_hash, "1.0");
	tlog_tree_release(&t);
}

static void
record_of_draft(struct subject *s)
{
	record_in_log(s, record_of(TLOG_DRAFT, 3));
}

static void
record_unreadable(struct subject *s)
{
	record_in_log(s, BYTES("no record"));
}

static void
token_altered(struct subject *s)
{
	s->payload = payload_with(good.leaf_hash, "1.1");
}

/* Growth: from BEFORE records to SIZE. */
struct growing {
	struct bytes kept, text; /* text p == NULL: of V */
	struct tlog_growth v;
};

static void
growing_well(struct growing *g)
{
	(void)g;
}

static void
kept_unreadable(struct growing *g)
{
	g->kept = BYTES("x\n");
}

static void
growth_unreadable(struct growing *g)
{
	g->text = BYTES("old 10\n");
}

static void
growth_with_zero(struct growing *g)
{
	struct buf out;

	buf_init(&out, MAX_TLOG_GROWTH_SIZE);
	tlog_growth_emit(&out, &g->v);
	assert_true(out.p[4] == '1');
	out.p[4] = '0';
	g->text = text_take(&a, &out);
}

static void
growth_with_another_end(struct growing *g)
{
	struct buf out;

	buf_init(&out, MAX_TLOG_GROWTH_SIZE);
	tlog_growth_emit(&out, &g->v);
	buf_char(&out, '\n');
	g->text = text_take(&a, &out);
}

static void
kept_of_another_log(struct growing *g)
{
	g->kept = head_of(&tree, BEFORE, "other.example/attestd-log", log_signer);
}

static void
newer_of_another_log(struct growing *g)
{
	g->v.checkpoint = head_of(&tree, SIZE, "other.example/attestd-log", log_signer);
}

static void
kept_by_another_key(struct growing *g)
{
	g->kept = head_of(&tree, BEFORE, ORIGIN, other_signer);
}

static void
newer_by_another_key(struct growing *g)
{
	g->v.checkpoint = head_of(&tree, SIZE, ORIGIN, other_signer);
}

static void
growth_from_another_size(struct growing *g)
{
	g->v.from = BEFORE - 1;
}

static void
rolled_back(struct growing *g)
{
	g->kept = head_of(&tree, SIZE, ORIGIN, log_signer);
	g->v = (struct tlog_growth){ .from = SIZE,
		.checkpoint = head_of(&tree, BEFORE, ORIGIN, log_signer) };
}

static void
rewritten(struct growing *g)
{
	g->v.checkpoint = head_of(&forked, SIZE, ORIGIN, log_signer);
	g->kept = head_of(&tree, BEFORE + 1, ORIGIN, log_signer);
	g->v.from = BEFORE + 1;
	assert_int_equal(tlog_tree_consistency(&forked, BEFORE + 1, SIZE, &g->v.proof, NULL), 0);
}

/* Cut to before a record, and grown again with others: larger, and not the same. */
static void
rolled_back_and_grown(struct growing *g)
{
	rewritten(g);
	assert_int_equal(tlog_tree_consistency(&tree, BEFORE + 1, SIZE, &g->v.proof, NULL), 0);
}

static void
same_size_other_root(struct growing *g)
{
	g->kept = head_of(&forked, SIZE, ORIGIN, log_signer);
	g->v.from = SIZE;
	g->v.proof.count = 0;
}

static void
growth_truncated(struct growing *g)
{
	g->v.proof.count--;
}

static void
growth_extra(struct growing *g)
{
	memset(g->v.proof.hashes[g->v.proof.count++], 7, TLOG_HASH_SIZE);
}

static void
growth_changed(struct growing *g)
{
	g->v.proof.hashes[0][0] ^= 1;
}

static void
not_grown(struct growing *g)
{
	g->kept = g->v.checkpoint;
	g->v.from = SIZE;
	g->v.proof.count = 0;
}
