/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/diag.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

static void
put_str(char *out, size_t size, const char *s)
{
	(void)snprintf(out, size, "%s", s);
}

/* What stands at AT in TEXT. */
static struct bytes
text_at(struct bytes text, struct place at)
{
	struct place here = { 1, 1 };

	while (text.size > 0 && (here.line < at.line || here.column < at.column)) {
		bool ends = text.p[0] == '\n';

		if (ends && here.line == at.line)
			break;
		if (utf8_next(&text) < 0)
			return (struct bytes){ 0 };
		here.column = ends ? 1 : here.column + 1;
		here.line += ends ? 1 : 0;
	}
	return text;
}

/* Characters of FOUND on its line, for a mark below them: 1 when something else stands there, a byte order mark or no
 * token at all. */
static unsigned
width_of(struct bytes text, struct place at, struct bytes found)
{
	unsigned width = 0;

	text = text_at(text, at);
	if (!bytes_eq(bytes_slice(text, 0, found.size), found))
		return 1;
	while (found.size > 0 && found.p[0] != '\n' && utf8_next(&found) >= 0)
		width++;
	return width == 0 ? 1 : width;
}

void
policy_diag_message(const struct policy_diag *d, char *text, size_t size)
{
	if (d->expected[0] != '\0')
		(void)snprintf(text, size, "line %u, column %u: unexpected '%s', expected %s (%s)",
		    d->line, d->column, d->found, d->expected, d->path);
	else
		(void)snprintf(text, size, "line %u, column %u: '%s': %s (%s)", d->line, d->column,
		    d->found, d->hint, d->path);
}

bool
diag_wants_more(const struct diag_sink *to)
{
	return to->collects && !to->broken && to->count < to->room;
}

static bool
is_known(const struct diag_sink *to, struct place at)
{
	for (size_t i = 0; i < to->count; i++) {
		if (to->list[i].line == at.line && to->list[i].column == at.column)
			return true;
	}
	return false;
}

int
diag_report(struct diag_sink *to, enum err_code code, struct place at, struct bytes found,
    const char *expected, const char *hint, const char *path)
{
	struct policy_diag d = { .line = at.line,
		.column = at.column,
		.width = width_of(to->text, at, found),
		.code = code };
	char message[224];

	utf8_show(found, d.found, sizeof(d.found));
	put_str(d.expected, sizeof(d.expected), expected);
	put_str(d.hint, sizeof(d.hint), hint);
	put_str(d.path, sizeof(d.path), path);
	if (to->count < to->room && !is_known(to, at))
		to->list[to->count++] = d;
	if (to->collects)
		return diag_wants_more(to) ? 0 : -1;
	policy_diag_message(&d, message, sizeof(message));
	return err_set(to->e, code, "Invalid policy was specified: %s", message);
}

int
diag_no_memory(struct diag_sink *to)
{
	to->broken = true;
	return arena_fail(to->e, "policy");
}

static bool
is_before(const struct policy_diag *a, const struct policy_diag *b)
{
	return a->line < b->line || (a->line == b->line && a->column < b->column);
}

void
diag_sort(struct diag_sink *to)
{
	for (size_t i = 1; i < to->count; i++) {
		struct policy_diag d = to->list[i];
		size_t at = i;

		for (; at > 0 && is_before(&d, &to->list[at - 1]); at--)
			to->list[at] = to->list[at - 1];
		to->list[at] = d;
	}
}
