/* SPDX-License-Identifier: Apache-2.0 */
#include "jmespath/diag.h"

#include "base/utf8.h"

#include <stdio.h>

const char *
jmespath_fault_name(enum jmespath_fault fault)
{
	switch (fault) {
	case JMESPATH_FINE:
		return "fine";
	case JMESPATH_SYNTAX:
		return "syntax";
	case JMESPATH_UNKNOWN_FUNCTION:
		return "unknown-function";
	case JMESPATH_ARITY:
		return "invalid-arity";
	case JMESPATH_TYPE:
		return "invalid-type";
	case JMESPATH_VALUE:
		return "invalid-value";
	case JMESPATH_LIMIT:
		return "limit";
	case JMESPATH_MEMORY:
		return "memory";
	}
	return "?";
}

static enum err_code
code_of(enum jmespath_fault fault)
{
	switch (fault) {
	case JMESPATH_SYNTAX:
		return ERR_MALFORMED;
	case JMESPATH_UNKNOWN_FUNCTION:
		return ERR_UNSUPPORTED;
	case JMESPATH_ARITY:
	case JMESPATH_TYPE:
	case JMESPATH_VALUE:
		return ERR_INVALID;
	case JMESPATH_LIMIT:
	case JMESPATH_MEMORY:
		return ERR_LIMIT;
	case JMESPATH_FINE:
		break;
	}
	return ERR_INTERNAL;
}

/* Line and column, from 1, of the character at OFFSET. */
static void
locate(struct bytes text, size_t offset, struct jmespath_diag *d)
{
	struct bytes before = bytes_slice(text, 0, offset);

	d->line = d->column = 1;
	for (size_t i = 0; i < before.size; i++) {
		if (before.p[i] == '\n') {
			d->line++;
			d->column = 1;
		} else if ((before.p[i] & 0xc0) != 0x80) {
			d->column++;
		}
	}
}

/* What stands in front of what was found. */
static const char *
words_of(enum jmespath_fault fault)
{
	switch (fault) {
	case JMESPATH_SYNTAX:
		return "unexpected ";
	case JMESPATH_UNKNOWN_FUNCTION:
		return "unknown function ";
	case JMESPATH_ARITY:
		return "wrong number of arguments of ";
	case JMESPATH_TYPE:
		return "wrong type: ";
	case JMESPATH_VALUE:
		return "wrong value: ";
	case JMESPATH_LIMIT:
		return "over a limit";
	case JMESPATH_MEMORY:
	case JMESPATH_FINE:
		break;
	}
	return "";
}

int
jmespath_fail(struct bytes text, const struct trouble *t, struct jmespath_diag *diag, struct err *e)
{
	struct jmespath_diag d = { .fault = t->fault, .offset = t->offset };

	locate(text, t->offset, &d);
	utf8_show(t->found, d.found, sizeof(d.found));
	(void)snprintf(d.expected, sizeof(d.expected), "%s", t->expected);
	(void)snprintf(d.hint, sizeof(d.hint), "%s", t->hint);
	if (diag != NULL)
		*diag = d;
	if (t->fault == JMESPATH_MEMORY)
		return arena_fail(e, "jmespath");
	return err_set(e, code_of(t->fault), "jmespath: line %u, column %u: %s%s%s%s%s%s", d.line,
	    d.column, words_of(d.fault), d.found, d.expected[0] == '\0' ? "" : ", want ",
	    d.expected, d.hint[0] == '\0' ? "" : ": ", d.hint);
}
