/* SPDX-License-Identifier: Apache-2.0 */
/* The ways of bad_tokens.def to spoil the text of a good token. Part of bad_tokens.h, which has what they stand on. */
#pragma once

/* Ways to spoil a text. A good token's parts lie at 0, dot(1) + 1 and dot(2) + 1. */
static size_t
dot(struct bytes t, int which)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.p[i] == '.' && --which == 0)
			return i;
	fail();
	return 0;
}

static struct bytes
signing_input(struct bytes t)
{
	return bytes_slice(t, 0, dot(t, 2));
}

/* FRONT, then T with the AT-th byte and the CUT bytes behind it replaced by MIDDLE, then BEHIND. */
static struct bytes
splice(struct bytes front, struct bytes t, size_t at, size_t cut, struct bytes middle,
    struct bytes behind)
{
	struct buf out;

	buf_init(&out, MAX_TEST_TOKEN);
	buf_add(&out, front);
	buf_add(&out, bytes_slice(t, 0, at));
	buf_add(&out, middle);
	buf_add(&out, bytes_slice(t, at + cut, t.size));
	buf_add(&out, behind);
	return text_take(&a, &out);
}

static const struct bytes nothing;

static struct bytes
insert(struct bytes t, size_t at, struct bytes what)
{
	return splice(nothing, t, at, 0, what, nothing);
}

/* Another letter of base64url in its place, one bit away. */
static struct bytes
flip(struct bytes t, size_t at)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *now = strchr(letters, t.p[at]);

	assert_non_null(now);
	return splice(nothing, t, at, 1, bytes_of(&letters[(now - letters) ^ 1], 1), nothing);
}

static struct bytes
with_signature(struct bytes t, struct bytes raw)
{
	struct buf out;

	buf_init(&out, MAX_TEST_TOKEN);
	buf_add(&out, signing_input(t));
	jws_emit_signature(&out, raw);
	return text_take(&a, &out);
}

static struct bytes
flip_header(struct bytes t)
{
	return flip(t, 1);
}

static struct bytes
flip_payload(struct bytes t)
{
	return flip(t, dot(t, 1) + 40);
}

static struct bytes
flip_signature(struct bytes t)
{
	return flip(t, dot(t, 2) + 40);
}

static struct bytes
add_to_header(struct bytes t)
{
	struct bytes changed =
	    token(BYTES("{\"alg\":\"ES256\",\"kid\":\"ec\",\"typ\":\"JWT\",\"x\":1}"), nothing,
		SIGN_NOTHING);

	return splice(nothing, t, 0, dot(t, 1), bytes_slice(changed, 0, dot(changed, 1)), nothing);
}

static struct bytes
signature_of_another(struct bytes t)
{
	struct bytes changed = replace(filled(bytes_of_str(good_payload)), "\"product\":9",
	    BYTES("\"product\":8"), true);
	struct bytes good = token(bytes_of_str(good_header), changed, SIGN_EC);

	return splice(nothing, t, dot(t, 2), t.size, bytes_slice(good, dot(good, 2), good.size),
	    nothing);
}

static struct bytes
cut_signature(struct bytes t)
{
	return with_signature(t, bytes_slice(signature(SIGN_EC, SIG_RAW, signing_input(t)), 0, 63));
}

static struct bytes
lengthen_signature(struct bytes t)
{
	return with_signature(t,
	    splice(nothing, signature(SIGN_EC, SIG_RAW, signing_input(t)), 64, 0, nothing,
		BYTES("\0")));
}

static struct bytes
der_signature(struct bytes t)
{
	return with_signature(t, signature(SIGN_EC, SIG_DER, signing_input(t)));
}

/* SIZE bytes from AT on as VALUE. */
static struct bytes
filled_signature(struct bytes t, size_t at, size_t size, uint8_t value)
{
	struct bytes good = signature(SIGN_EC, SIG_RAW, signing_input(t));
	uint8_t raw[64];

	memcpy(raw, good.p, sizeof(raw));
	memset(raw + at, value, size);
	return with_signature(t, BYTES_OF(raw));
}

static struct bytes
zero_signature(struct bytes t)
{
	return filled_signature(t, 0, 64, 0);
}

static struct bytes
zero_r(struct bytes t)
{
	return filled_signature(t, 0, 32, 0);
}

static struct bytes
zero_s(struct bytes t)
{
	return filled_signature(t, 32, 32, 0);
}

static struct bytes
ones_signature(struct bytes t)
{
	return filled_signature(t, 0, 64, 0xff);
}

static struct bytes
order_signature(struct bytes t)
{
	static const uint8_t n[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9,
		0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 };

	return with_signature(t, splice(BYTES_OF(n), BYTES_OF(n), 0, 0, nothing, nothing));
}

static struct bytes
no_text(struct bytes t)
{
	return bytes_slice(t, 0, 0);
}

static struct bytes
two_parts(struct bytes t)
{
	return signing_input(t);
}

static struct bytes
four_parts(struct bytes t)
{
	return splice(nothing, t, 0, 0, nothing, BYTES(".AAAA"));
}

static struct bytes
five_parts(struct bytes t)
{
	return splice(nothing, t, 0, 0, nothing, BYTES(".AAAA.AAAA"));
}

static struct bytes
dot_behind(struct bytes t)
{
	return splice(nothing, t, 0, 0, nothing, BYTES("."));
}

static struct bytes
pad_header(struct bytes t)
{
	return insert(t, dot(t, 1), BYTES("="));
}

static struct bytes
pad_payload(struct bytes t)
{
	return insert(t, dot(t, 2), BYTES("="));
}

static struct bytes
pad_signature(struct bytes t)
{
	return splice(nothing, t, 0, 0, nothing, BYTES("=="));
}

/* A payload whose size leaves bits over, signed as it is then written. */
static struct bytes
trailing_bits_payload(struct bytes t)
{
	struct bytes payload = filled(bytes_of_str(good_payload));
	struct bytes good, input;

	while (payload.size % 3 != 1)
		payload = splice(nothing, payload, 0, 0, nothing, BYTES(" "));
	good = token(bytes_slice(bytes_of_str(good_header), 0, sizeof(good_header) - 1), payload,
	    SIGN_NOTHING);
	input = flip(signing_input(good), dot(good, 2) - 1);
	(void)t;
	return with_signature(splice(nothing, input, 0, 0, nothing, BYTES(".")),
	    signature(SIGN_EC, SIG_RAW, input));
}

static struct bytes
trailing_bits_signature(struct bytes t)
{
	return flip(t, t.size - 1);
}

/* 64 bytes of 0xfb are "-_v7…" in the one alphabet and "+/v7…" in the other. */
static struct bytes
standard_alphabet(struct bytes t)
{
	return splice(nothing, t, dot(t, 2) + 1, 4, BYTES("+/v7"), nothing);
}

static struct bytes
blank_within(struct bytes t)
{
	return insert(t, dot(t, 1) + 8, BYTES(" "));
}

static struct bytes
line_break_within(struct bytes t)
{
	return insert(t, dot(t, 2), BYTES("\n"));
}

static struct bytes
blank_in_front(struct bytes t)
{
	return insert(t, 0, BYTES(" "));
}

static struct bytes
line_break_behind(struct bytes t)
{
	return insert(t, t.size, BYTES("\n"));
}

static struct bytes
nul_behind(struct bytes t)
{
	return insert(t, t.size, BYTES("\0"));
}

static struct bytes
nul_within(struct bytes t)
{
	return insert(t, dot(t, 1), BYTES("\0"));
}

static struct bytes
bom_in_front(struct bytes t)
{
	return insert(t, 0, BYTES("\xef\xbb\xbf"));
}

static struct bytes
bearer_in_front(struct bytes t)
{
	return insert(t, 0, BYTES("Bearer "));
}

static struct bytes
json_serialisation(struct bytes t)
{
	struct buf out;

	buf_init(&out, MAX_TEST_TOKEN);
	buf_str(&out, "{\"protected\":\"");
	buf_add(&out, bytes_slice(t, 0, dot(t, 1)));
	buf_str(&out, "\",\"payload\":\"");
	buf_add(&out, bytes_slice(t, dot(t, 1) + 1, dot(t, 2) - dot(t, 1) - 1));
	buf_str(&out, "\",\"signature\":\"");
	buf_add(&out, bytes_slice(t, dot(t, 2) + 1, t.size));
	buf_str(&out, "\"}");
	return text_take(&a, &out);
}

/* A good token of its own, but for its size: COUNT blanks in the part. */
static struct bytes
blown_up(bool in_header, size_t count)
{
	struct bytes header = bytes_of_str(good_header);
	struct bytes payload = filled(bytes_of_str(good_payload));
	uint8_t *blanks = arena_alloc(&a, count);

	assert_non_null(blanks);
	memset(blanks, ' ', count);
	if (in_header)
		header = insert(header, 1, bytes_of(blanks, count));
	else
		payload = insert(payload, 1, bytes_of(blanks, count));
	return token(header, payload, SIGN_EC);
}

static struct bytes
oversized(struct bytes t)
{
	(void)t;
	return blown_up(false, MAX_JWS_SIZE / 4 * 3);
}

static struct bytes
oversized_header(struct bytes t)
{
	(void)t;
	return blown_up(true, MAX_JWS_HEADER);
}
