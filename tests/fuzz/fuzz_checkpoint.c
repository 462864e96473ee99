/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlog/checkpoint, tlog/growth: a note that is taken is spelt as it would be written; a verifier key that is taken writes itself; what
 * is signed here verifies, and stops to when a byte of what is signed is changed; a proof of growth that is taken writes
 * itself. The input is a note; or, behind a byte of 0xff, a text that is signed as it stands; or a verifier key; or a proof
 * of growth.
 */
#include "fuzz.h"

#include "base/b64.h"
#include "tlog/checkpoint.h"
#include "tlog/growth.h"

#include <stdlib.h>
#include <string.h>

static void
fuzz_note(struct bytes note)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct checkpoint c = { 0 };
	struct err e = { 0 };

	if (checkpoint_parse(note, &c, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	buf_init(&out, MAX_CHECKPOINT_SIZE + 16);
	buf_add(&out, c.origin);
	buf_fmt(&out, "\n%llu\n", (unsigned long long)c.size);
	buf_b64(&out, B64_STD, BYTES_OF(c.root));
	buf_char(&out, '\n');
	HOLDS(buf_ok(&out) && bytes_eq(c.text, buf_bytes(&out)));
	buf_char(&out, '\n');
	buf_add(&out, c.signatures);
	HOLDS(buf_ok(&out) && bytes_eq(note, buf_bytes(&out)));
}

static void
fuzz_key(struct bytes text)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct log_key k = { 0 };
	struct err e = { 0 };

	if (log_key_parse(text, &k, &e) < 0) {
		fuzz_refusal(&e);
		HOLDS(k.key == NULL);
		return;
	}
	buf_init(&out, MAX_LOG_KEY_SIZE);
	HOLDS(log_key_emit(k.name, k.key, &out, &e) == 0);
	/* The hash may be in either case. */
	HOLDS(bytes_eq_nocase(text, buf_bytes(&out)));
	key_unref(k.key);
}

static void
fuzz_growth(struct bytes text)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct tlog_growth v;
	struct err e = { 0 };

	if (tlog_growth_parse(text, &v, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	buf_init(&out, MAX_TLOG_GROWTH_SIZE);
	tlog_growth_emit(&out, &v);
	HOLDS(buf_ok(&out) && bytes_eq(text, buf_bytes(&out)));
}

static struct privkey *key;
static char vkey_text[MAX_LOG_KEY_SIZE];
static struct bytes vkey;

static void
setup(void)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct err e = { 0 };

	HOLDS(privkey_generate(KEY_ED25519, &key, &e) == 0);
	buf_init(&out, sizeof(vkey_text));
	HOLDS(log_key_emit(BYTES("log"), privkey_public(key), &out, &e) == 0);
	memcpy(vkey_text, out.p, out.size);
	vkey = bytes_of(vkey_text, out.size);
}

/* Lines of other keys before ours, as the input has them. */
static void
fuzz_signed(struct bytes others)
{
	static const uint8_t root[TLOG_HASH_SIZE] = { 1 };
	DEFER(buf_release) struct buf note = { 0 }, mixed = { 0 };
	struct checkpoint c;
	struct err e = { 0 };
	bool good = false;

	buf_init(&note, MAX_CHECKPOINT_SIZE);
	buf_init(&mixed, MAX_CHECKPOINT_SIZE);
	HOLDS(checkpoint_emit(BYTES("log"), 7, root, key, &note, &e) == 0);
	HOLDS(checkpoint_parse(buf_bytes(&note), &c, &e) == 0);
	HOLDS(checkpoint_verify(&c, vkey, &good, &e) == 0 && good);
	buf_add(&mixed, c.text);
	buf_char(&mixed, '\n');
	buf_add(&mixed, others);
	bool has_ours = others.size % 2 == 0;

	if (has_ours)
		buf_add(&mixed, c.signatures);
	if (!buf_ok(&mixed) || checkpoint_parse(buf_bytes(&mixed), &c, &e) < 0)
		return;
	good = false;
	if (checkpoint_verify(&c, vkey, &good, &e) < 0) {
		fuzz_refusal(&e);
		HOLDS(!good);
		return;
	}
	/* What stands before it on its line is no end of a line. */
	if (others.size > 0 && others.p[others.size - 1] != '\n')
		return;
	HOLDS(good == has_ours);
	/* Another size under the same signature. */
	mixed.p[4] ^= 1;
	if (has_ours && checkpoint_parse(buf_bytes(&mixed), &c, &e) == 0)
		HOLDS(checkpoint_verify(&c, vkey, &good, &e) == 0 && !good);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	if (key == NULL)
		setup();
	fuzz_note(in);
	fuzz_key(in);
	fuzz_growth(in);
	if (size < 2048)
		fuzz_signed(in);
	return 0;
}
