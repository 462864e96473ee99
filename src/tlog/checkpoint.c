/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/checkpoint.h"

#include "base/b64.h"
#include "base/hex.h"
#include "tlog/note.h"

#include <string.h>

#define ED25519_KEY_SIZE 32
#define ED25519_SIG_SIZE 64
#define NOTE_ED25519     0x01
/* U+2014 and a blank begin a signature line (C2SP signed-note). */
#define SIG_PREFIX          "\xe2\x80\x94 "
#define MAX_NOTE_SIGNATURES 16

static bool
name_is_good(struct bytes name)
{
	if (name.size == 0 || name.size > MAX_LOG_NAME_SIZE)
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.p[i] <= 0x20 || name.p[i] >= 0x7f || name.p[i] == '+')
			return false;
	return true;
}

static void
key_id(struct bytes name, struct bytes public_key, uint8_t out[4])
{
	static const uint8_t middle[] = { '\n', NOTE_ED25519 };
	struct bytes parts[] = { name, BYTES_OF(middle), public_key };
	uint8_t digest[SHA256_SIZE];

	digest_of_parts(DIGEST_SHA256, parts, COUNT_OF(parts), digest);
	memcpy(out, digest, 4);
}

/* "— name base64\n"; false when LINE is not of this form. */
static bool
parse_signature(struct bytes line, struct bytes *name, uint8_t id[4], uint8_t sig[ED25519_SIG_SIZE],
    bool *is_ed25519_sized)
{
	uint8_t both[4 + ED25519_SIG_SIZE];

	if (!bytes_has_prefix(line, SIG_PREFIX))
		return false;
	line = bytes_slice(line, sizeof(SIG_PREFIX) - 1, line.size);
	if (!note_until(&line, ' ', name) || !name_is_good(*name))
		return false;
	*is_ed25519_sized = note_bytes(line, both, sizeof(both));
	if (*is_ed25519_sized) {
		memcpy(id, both, 4);
		memcpy(sig, both + 4, ED25519_SIG_SIZE);
	}
	return true;
}

/* Every line has the form of a signature, whosever it is. */
static int
check_signatures(struct bytes left, struct err *e)
{
	for (size_t i = 0; left.size > 0; i++) {
		uint8_t id[4], sig[ED25519_SIG_SIZE];
		struct bytes name, line;
		bool sized;

		if (i >= MAX_NOTE_SIGNATURES || !note_until(&left, '\n', &line) ||
		    !parse_signature(line, &name, id, sig, &sized))
			return err_set(e, ERR_MALFORMED, "checkpoint: signature line %zu", i + 1);
	}
	return 0;
}

int
checkpoint_parse(struct bytes note, struct checkpoint *c, struct err *e)
{
	struct checkpoint q = { 0 };
	struct bytes left = note, size, root, empty = { 0 };

	if (note.size > MAX_CHECKPOINT_SIZE)
		return err_set(e, ERR_LIMIT, "checkpoint: %zu bytes, at most %d", note.size,
		    MAX_CHECKPOINT_SIZE);
	if (!note_until(&left, '\n', &q.origin) || !name_is_good(q.origin) ||
	    !note_until(&left, '\n', &size) || !note_size(size, &q.size) ||
	    !note_until(&left, '\n', &root) || !note_bytes(root, q.root, sizeof(q.root)))
		return err_set(e, ERR_MALFORMED,
		    "checkpoint: not origin, size and root (C2SP tlog-checkpoint)");
	q.text = bytes_slice(note, 0, note.size - left.size);
	if (!note_until(&left, '\n', &empty))
		return err_set(e, ERR_MALFORMED, "checkpoint: no signature (C2SP signed-note)");
	if (empty.size > 0)
		return err_set(e, ERR_UNSUPPORTED, "checkpoint: extension lines");
	TRY(check_signatures(left, e));
	q.signatures = left;
	*c = q;
	return 0;
}

int
checkpoint_verify(const struct checkpoint *c, struct bytes log_key_text, bool *good, struct err *e)
{
	struct log_key k;
	struct bytes left = c->signatures, line;
	bool verified = false;
	int result = 0;

	TRY(log_key_parse(log_key_text, &k, e));
	*good = false;
	while (result == 0 && note_until(&left, '\n', &line)) {
		uint8_t id[4], sig[ED25519_SIG_SIZE];
		struct bytes name;
		bool sized;

		if (!parse_signature(line, &name, id, sig, &sized) || verified || !sized ||
		    !bytes_eq(name, k.name) || memcmp(id, k.id, 4) != 0)
			continue;
		result =
		    key_verify(k.key, SIG_EDDSA, SIG_RAW, c->text, BYTES_OF(sig), &verified, e);
	}
	if (result == 0)
		*good = verified && bytes_eq(c->origin, k.name);
	key_unref(k.key);
	return result;
}

int
checkpoint_emit(struct bytes origin, uint64_t size, const uint8_t root[TLOG_HASH_SIZE],
    const struct privkey *key, struct buf *out, struct err *e)
{
	DEFER(buf_release) struct buf text = { 0 };
	uint8_t both[4 + MAX_SIG_SIZE];
	size_t sig_size;

	buf_init(&text, MAX_CHECKPOINT_SIZE);
	buf_add(&text, origin);
	buf_fmt(&text, "\n%llu\n", (unsigned long long)size);
	buf_b64(&text, B64_STD, bytes_of(root, TLOG_HASH_SIZE));
	buf_char(&text, '\n');
	if (!name_is_good(origin))
		return err_set(e, ERR_INVALID, "checkpoint: origin of %zu bytes", origin.size);
	if (!buf_ok(&text))
		return err_set(e, ERR_LIMIT, "checkpoint: out of memory");
	key_id(origin, key_point(privkey_public(key)), both);
	TRY(privkey_sign(key, SIG_EDDSA, SIG_RAW, buf_bytes(&text), both + 4, &sig_size, e));
	if (sig_size != ED25519_SIG_SIZE)
		return err_set(e, ERR_INTERNAL, "checkpoint: a signature of %zu bytes", sig_size);

	buf_add(out, buf_bytes(&text));
	buf_str(out, "\n" SIG_PREFIX);
	buf_add(out, origin);
	buf_char(out, ' ');
	buf_b64(out, B64_STD, bytes_of(both, 4 + sig_size));
	buf_char(out, '\n');
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "checkpoint: out of memory");
	return 0;
}

int
log_key_emit(struct bytes name, const struct key *key, struct buf *out, struct err *e)
{
	uint8_t id[4], typed[1 + ED25519_KEY_SIZE] = { NOTE_ED25519 };
	struct bytes public_key = key_point(key);

	if (!name_is_good(name))
		return err_set(e, ERR_INVALID, "log name: empty, too long, or with blanks or +");
	if (key_kind_of(key) != KEY_ED25519 || public_key.size != ED25519_KEY_SIZE)
		return err_set(e, ERR_UNSUPPORTED, "log key: not Ed25519");
	key_id(name, public_key, id);
	memcpy(typed + 1, public_key.p, ED25519_KEY_SIZE);
	buf_add(out, name);
	buf_char(out, '+');
	buf_hex(out, BYTES_OF(id));
	buf_char(out, '+');
	buf_b64(out, B64_STD, BYTES_OF(typed));
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "log key: out of memory");
	return 0;
}

int
log_key_parse(struct bytes text, struct log_key *out, struct err *e)
{
	uint8_t typed[1 + ED25519_KEY_SIZE], want[4];
	struct log_key k = { 0 };
	struct bytes left = text, hash;

	if (!note_until(&left, '+', &k.name) || !name_is_good(k.name) ||
	    !note_until(&left, '+', &hash) || !hex_decode(hash, k.id, sizeof(k.id)) ||
	    !note_bytes(left, typed, sizeof(typed)))
		return err_set(e, ERR_MALFORMED,
		    "log key: not name+hash+base64 (C2SP signed-note)");
	if (typed[0] != NOTE_ED25519)
		return err_set(e, ERR_UNSUPPORTED, "log key: kind %u, want Ed25519", typed[0]);
	key_id(k.name, bytes_of(typed + 1, ED25519_KEY_SIZE), want);
	if (memcmp(want, k.id, sizeof(want)) != 0)
		return err_set(e, ERR_INVALID, "log key: its hash is not that of its name and key");
	TRY(key_from_ed25519(bytes_of(typed + 1, ED25519_KEY_SIZE), &k.key, e));
	*out = k;
	return 0;
}
