/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the transparency log: what a request asks for, and records as a document. */
#pragma once

#include "authority/protocol.h"
#include "base/arena.h"

/*
 * LEVEL and REST of ".../tile/<level>/<rest>" (C2SP tlog-tiles): "x001/x234/067", "000.p/5". ERR_MALFORMED for any other
 * spelling, so that a tile has one path.
 */
int log_tile_parse(struct bytes level, struct bytes rest, struct authority_query *out,
    struct err *e) MUST_CHECK;
/* 64 hexadecimal digits: a jti, which is a leaf hash. */
int log_jti_parse(struct bytes jti, struct authority_query *out, struct err *e) MUST_CHECK;
/* FROM (p == NULL: 0) and COUNT (p == NULL: the most), decimal. */
int log_range_parse(struct bytes from, struct bytes count, struct authority_query *out,
    struct err *e) MUST_CHECK;

/*
 * {"records":[{"index":12,"raw":"<base64url>","record":{…}}],"next":13}: `raw` is what the leaf hash is over, `record`
 * the same for people; `next` is where to go on, absent at the end.
 */
int log_records_emit(struct bytes answer, struct arena *a, struct bytes *out, struct err *e)
    MUST_CHECK;
