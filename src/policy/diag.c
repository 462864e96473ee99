/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/diag.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

void
diag_put(char *out, size_t size, struct bytes text)
{
	size_t used = 0;

	while (text.size > 0) {
		char part[16];
		int32_t c = utf8_next(&text);
		int n;

		if (c < 0)
			n = snprintf(part, sizeof(part), "?");
		else if (c >= 0x20 && c < 0x7f)
			n = snprintf(part, sizeof(part), "%c", (int)c);
		else
			n = snprintf(part, sizeof(part), "U+%04X", (unsigned)c);
		if (n < 0 || used + (size_t)n + 4 > size) {
			memcpy(out + used, "...", 4);
			return;
		}
		memcpy(out + used, part, (size_t)n);
		used += (size_t)n;
		if (c < 0)
			break;
	}
	out[used] = '\0';
}

static void
put_str(char *out, size_t size, const char *s)
{
	(void)snprintf(out, size, "%s", s);
}

int
diag_fail(struct policy_diag *diag, struct err *e, enum err_code code, struct place at,
    struct bytes found, const char *expected, const char *hint, const char *path)
{
	struct policy_diag d = { .line = at.line, .column = at.column };

	diag_put(d.found, sizeof(d.found), found);
	put_str(d.expected, sizeof(d.expected), expected);
	put_str(d.hint, sizeof(d.hint), hint);
	put_str(d.path, sizeof(d.path), path);
	if (diag != NULL)
		*diag = d;
	if (d.expected[0] != '\0')
		return err_set(e, code,
		    "Invalid policy was specified: line %u, column %u: unexpected '%s', expected "
		    "%s (%s)",
		    d.line, d.column, d.found, d.expected, d.path);
	return err_set(e, code, "Invalid policy was specified: line %u, column %u: '%s': %s (%s)",
	    d.line, d.column, d.found, d.hint, d.path);
}
