/* SPDX-License-Identifier: Apache-2.0 */
/* Small things with files that several parts of the authority need; all relative to an open folder. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Opens folder PATH, made 0700 when absent. */
int folder_open(const char *path, int *fd, struct err *e) MUST_CHECK;
/* Reads the whole regular file; *SIZE is at most MAX. ERR_MISSING, ERR_LIMIT, ERR_IO. The caller frees. */
int file_read(int dir_fd, const char *name, size_t max, struct buf *out, struct err *e) MUST_CHECK;
/* By "NAME.tmp" and rename, folders on the way made; with SYNC it is on disk before it has its name. */
int file_replace(int dir_fd, const char *name, struct bytes contents, bool sync, struct err *e)
    MUST_CHECK;
int file_write_at(int fd, struct bytes what, uint64_t offset, struct err *e) MUST_CHECK;
/* SIZE zeros from OFFSET on. */
int file_zero(int fd, uint64_t offset, uint64_t size, struct err *e) MUST_CHECK;
