/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one layout of a policy's text:
 *
 *	// comments stay between the tokens where they stood
 *	version=1.2;
 *
 *	authorizationrules
 *	{
 *	    [type=="x-ms-sgx-is-debuggable", value==true] => deny();
 *
 *	    c:[type=="x-ms-sgx-product-id", value==4639] &&
 *	    [type=="x-ms-sgx-mrsigner", value=="…"]
 *	        => permit(); // a rule that is longer than a line
 *	};
 *
 * White space alone changes: the tokens stay, byte for byte, strings with their line breaks and escapes too, and so do
 * the comments, but for white space at their end. So the formatted text is the same program; its hash is another one.
 * Of empty lines one stays where there were some, between rules and comments; lines end in LF; a byte order mark goes.
 * Formatting what was formatted changes nothing.
 */
#pragma once

#include "base/buf.h"
#include "policy/policy.h"

/*
 * Appends the formatted TEXT, at most MAX_POLICY_SIZE bytes, to OUT. A text that is no policy is refused as
 * policy_parse() refuses it, with DIAG (may be NULL) filled; ERR_LIMIT also when the result, or OUT, has no room. OUT
 * is as it was when this fails.
 */
int policy_format(struct bytes text, struct buf *out, struct policy_diag *diag, struct err *e)
    MUST_CHECK;
