/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#pragma once

#include "base/buf.h"

bool utf8_is_valid(struct bytes text);
/* Takes one code point off the front; -1 if the text does not begin with one. */
int32_t utf8_next(struct bytes *text);
void buf_utf8(struct buf *b, uint32_t code_point);
/* For messages: TEXT as printable ASCII in OUT, NUL-terminated and cut to SIZE (8 at least); what is no ASCII as U+XXXX. */
void utf8_show(struct bytes text, char *out, size_t size);
