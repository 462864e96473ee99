/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of connections. An idle timeout alone lets a client hold a connection for ever by moving a byte now and
 * then; here each connection has a moment by which its present step must be over, and a thread that shuts the sockets
 * of those that are late. Whoever owns a socket then sees the end of its stream and closes it.
 *
 * A socket must be removed before it is closed; the shutdown happens under the same lock, so that it never hits a
 * number that was given to another connection.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct deadlines;
struct deadline;

#define DEADLINE_NONE 0

int deadlines_new(struct deadlines **out, struct err *e) MUST_CHECK;
/* All sockets must have been removed. */
void deadlines_free(struct deadlines *d);
/* AT_MS is of clock_ms(). NULL when memory ran out. */
struct deadline *deadlines_add(struct deadlines *d, int fd, uint64_t at_ms) MUST_CHECK;
void deadlines_remove(struct deadlines *d, struct deadline *entry);
void deadline_set(struct deadline *entry, uint64_t at_ms);
/* How many sockets were shut so far. */
uint64_t deadlines_count_late(const struct deadlines *d);
