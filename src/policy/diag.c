/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/diag.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

void
diag_put(char *out, size_t size, struct bytes text)
{
	utf8_show(text, out, size);
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
