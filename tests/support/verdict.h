/* SPDX-License-Identifier: Apache-2.0 */
/* How a judgement ended. tools/mutate reads these words: without its check, bad evidence is "accepted". */
#pragma once

#include "test.h"

#include "trace/trace.h"

static inline const char *
check_name(enum check_id id)
{
	return id < CHECK_COUNT ? check_table[id].id : "none";
}

/* What the failure of ID alone makes of the evidence. */
static inline enum verdict
verdict_of_failed(enum check_id id)
{
	return check_table[id].on_fail == REFUSE ? VERDICT_REFUSED : VERDICT_UNDECIDED;
}

/* The first check that failed is ID (CHECK_NONE: none, and T is accepted), and the verdict is the one of its row. */
static inline bool
has_ended_at(const struct trace *t, enum check_id id)
{
	enum verdict seen = trace_verdict(t);
	enum verdict want = id == CHECK_NONE ? VERDICT_ACCEPTED : verdict_of_failed(id);

	if (seen == want && t->failed == id)
		return true;
	/* On standard output, in front of the case it belongs to. */
	print_message("# ended %s at %s, want %s at %s\n", verdict_name(seen),
	    check_name(t->failed), verdict_name(want), check_name(id));
	return false;
}

static inline void
assert_ended_at(const struct trace *t, enum check_id id)
{
	if (!has_ended_at(t, id))
		fail();
}
