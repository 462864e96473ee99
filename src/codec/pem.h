/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PEM (RFC 7468): one block after the other. White space and NULs between and after blocks are passed over, LF and CRLF
 * line ends accepted; any other byte between blocks, another label, or a body that is not canonical base64 is refused.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

/*
 * Takes the next block labelled LABEL ("CERTIFICATE") off TEXT. 1: *DER is it, in the arena. 0: nothing but white space
 * and NULs is left. -1: something else stands there.
 */
int pem_next(struct bytes *text, const char *label, struct arena *a, struct bytes *der,
    struct err *e) MUST_CHECK;
/* BEGIN, 64 columns, END, each line ended by LF. */
void pem_emit(struct buf *out, const char *label, struct bytes der);
