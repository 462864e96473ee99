/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points in time as text. Inside the program a time is int64_t unix seconds (`_at`).
 *
 * The pure core never asks what time it is; it is told. clock.h asks, from layer 4 up.
 */
#pragma once

#include "base/bytes.h"
#include "base/own.h"

/* "2026-11-24T06:30:00Z" and its NUL. */
#define STAMP_SIZE 21

/* RFC 3339, seconds only, 'Z' only, years 1970..9999: the form of Intel's collateral. */
bool stamp_parse(struct bytes text, int64_t *at) MUST_CHECK;
void stamp_format(int64_t at, char out[STAMP_SIZE]);
/* Days of the proleptic Gregorian calendar; false for a date that does not exist. */
bool stamp_from_civil(int year, int month, int day, int hour, int minute, int second, int64_t *at)
    MUST_CHECK;
