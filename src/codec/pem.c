/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/pem.h"

#include "base/b64.h"

#include <stdio.h>
#include <string.h>

#define MAX_LABEL_SIZE 64
#define LINE_SIZE      64

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v' || c == 0;
}

static void
skip_space(struct rd *r)
{
	while (r->left.size > 0 && is_space(r->left.p[0]))
		(void)rd_u8(r);
}

/* A line without its end, which is LF, CRLF, or the end of the text. */
static struct bytes
take_line(struct rd *r)
{
	const uint8_t *end = r->left.size == 0 ? NULL : memchr(r->left.p, '\n', r->left.size);
	struct bytes line;

	line = rd_take(r, end == NULL ? r->left.size : (size_t)(end - r->left.p));
	if (end != NULL)
		(void)rd_u8(r);
	if (line.size > 0 && line.p[line.size - 1] == '\r')
		line.size--;
	return line;
}

/* What no line of base64 begins with, so that the two functions below look closer at few lines. */
#define DASHES "-----"

/* Is LINE "-----BEGIN LABEL-----" (or END)? NULs behind the last line are white space (a C string was copied whole). */
static bool
is_boundary(struct bytes line, const char *what, const char *label)
{
	char want[MAX_LABEL_SIZE + 32];

	if (!bytes_has_prefix(line, DASHES) || strlen(label) > MAX_LABEL_SIZE)
		return false;
	snprintf(want, sizeof(want), "-----%s %s-----", what, label);
	while (line.size > 0 && is_space(line.p[line.size - 1]))
		line.size--;
	return bytes_is_str(line, want);
}

/* Some writers put the next BEGIN straight behind END: that much of LINE is the END line, or 0. */
static size_t
glued_end(struct bytes line, const char *label)
{
	char want[2 * MAX_LABEL_SIZE];

	if (!bytes_has_prefix(line, DASHES))
		return 0;
	int size = snprintf(want, sizeof(want), "-----END %s----------BEGIN ", label);

	if (size < 0 || (size_t)size >= sizeof(want) || !bytes_has_prefix(line, want))
		return 0;
	return (size_t)size - strlen("-----BEGIN ");
}

/* How much of R stands before the END line; -1 when there is none. */
static int
measure_body(struct rd r, const char *label, size_t *size, struct err *e)
{
	size_t all = r.left.size;

	while (r.left.size > 0) {
		size_t before = r.left.size;

		struct bytes line = take_line(&r);

		if (is_boundary(line, "END", label) || glued_end(line, label) > 0) {
			*size = all - before;
			return 0;
		}
	}
	return err_set(e, ERR_MALFORMED, "pem: no END %s line (RFC 7468)", label);
}

/* The lines up to the END line, joined. */
static int
take_body(struct rd *r, const char *label, struct arena *a, struct bytes *body, struct err *e)
{
	size_t size = 0, joined = 0;
	struct rd lines;
	uint8_t *p;

	TRY(measure_body(*r, label, &size, e));
	p = arena_alloc(a, size);
	if (p == NULL)
		return arena_fail(e, "pem");
	lines = rd_sub(r, size);
	while (lines.left.size > 0) {
		struct bytes line = take_line(&lines);

		if (line.size == 0)
			return err_set(e, ERR_MALFORMED, "pem: an empty line inside %s", label);
		memcpy(p + joined, line.p, line.size);
		joined += line.size;
	}
	struct rd ahead = *r;
	size_t glued = glued_end(take_line(&ahead), label);

	if (glued > 0)
		(void)rd_take(r, glued);
	else
		(void)take_line(r);
	*body = (struct bytes){ p, joined };
	return 0;
}

int
pem_next(struct bytes *text, const char *label, struct arena *a, struct bytes *der, struct err *e)
{
	struct rd r = rd_from(*text);
	struct bytes body, out;

	skip_space(&r);
	if (r.left.size == 0) {
		*text = r.left;
		return 0;
	}
	if (!is_boundary(take_line(&r), "BEGIN", label))
		return err_set(e, ERR_MALFORMED,
		    "pem: want a line -----BEGIN %s----- (RFC 7468) and nothing before it", label);
	TRY(take_body(&r, label, a, &body, e));
	if (body.size == 0)
		return err_set(e, ERR_MALFORMED, "pem: %s is empty", label);
	if (b64_decode_arena(B64_STD, body, a, &out, e) < 0)
		return err_in(e, "pem: %s", label);
	*text = r.left;
	*der = out;
	return 1;
}

void
pem_emit(struct buf *out, const char *label, struct bytes der)
{
	size_t line = LINE_SIZE / 4 * 3;

	buf_str(out, "-----BEGIN ");
	buf_str(out, label);
	buf_str(out, "-----\n");
	for (size_t at = 0; at < der.size; at += line) {
		buf_b64(out, B64_STD, bytes_slice(der, at, line));
		buf_char(out, '\n');
	}
	buf_str(out, "-----END ");
	buf_str(out, label);
	buf_str(out, "-----\n");
}
