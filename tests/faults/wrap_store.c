/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite as src/store calls it, its allocations, and its system calls; and libyaml. */
#include "wrap.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
#include <yaml.h>

#define STORE(name, args, ...) WRAP(FAULT_STORE, SQLITE_IOERR, int, name, args, __VA_ARGS__)

STORE(sqlite3_bind_blob, (s, i, p, n, done), sqlite3_stmt *s, int i, const void *p, int n,
    void (*done)(void *));
STORE(sqlite3_bind_int64, (s, i, v), sqlite3_stmt *s, int i, sqlite3_int64 v);
STORE(sqlite3_bind_null, (s, i), sqlite3_stmt *s, int i);
STORE(sqlite3_bind_text, (s, i, p, n, done), sqlite3_stmt *s, int i, const char *p, int n,
    void (*done)(void *));
STORE(sqlite3_busy_timeout, (db, ms), sqlite3 *db, int ms);
STORE(sqlite3_exec, (db, sql, row, user, why), sqlite3 *db, const char *sql,
    int (*row)(void *, int, char **, char **), void *user, char **why);
STORE(sqlite3_open_v2, (path, db, flags, vfs), const char *path, sqlite3 **db, int flags,
    const char *vfs);
STORE(sqlite3_prepare_v2, (db, sql, n, s, tail), sqlite3 *db, const char *sql, int n,
    sqlite3_stmt **s, const char **tail);
STORE(sqlite3_prepare_v3, (db, sql, n, flags, s, tail), sqlite3 *db, const char *sql, int n,
    unsigned flags, sqlite3_stmt **s, const char **tail);
STORE(sqlite3_step, (s), sqlite3_stmt *s);

WRAP(FAULT_YAML, 0, int, yaml_parser_initialize, (p), yaml_parser_t *p);

DECLARE(int, yaml_parser_parse, yaml_parser_t *p, yaml_event_t *event);

int
__wrap_yaml_parser_parse(yaml_parser_t *p, yaml_event_t *event)
{
	if (fault_meets(FAULT_YAML) == FAULT_NONE)
		return __real_yaml_parser_parse(p, event);
	p->error = YAML_MEMORY_ERROR;
	return 0;
}

static sqlite3_mem_methods heap;

static void *
heap_take(int size)
{
	return fault_meets(FAULT_STORE_HEAP) != FAULT_NONE ? NULL : heap.xMalloc(size);
}

static void *
heap_grow(void *p, int size)
{
	return fault_meets(FAULT_STORE_HEAP) != FAULT_NONE ? NULL : heap.xRealloc(p, size);
}

static int
refuse(void)
{
	if (fault_meets(FAULT_STORE_DISK) == FAULT_NONE)
		return 0;
	errno = fault_errno();
	return -1;
}

static int
disk_open(const char *path, int flags, int mode)
{
	int open64(const char *path, int flags, ...);
	int __real_open64(const char *path, int flags, ...);

	return refuse() != 0 ? -1 : __real_open64(path, flags, mode);
}

static ssize_t
disk_pread(int fd, void *p, size_t size, off_t at)
{
	ssize_t __real_pread64(int fd, void *p, size_t size, off_t at);

	return refuse() != 0 ? -1 : __real_pread64(fd, p, size, at);
}

static ssize_t
disk_pwrite(int fd, const void *p, size_t size, off_t at)
{
	ssize_t __real_pwrite64(int fd, const void *p, size_t size, off_t at);

	return refuse() != 0 ? -1 : __real_pwrite64(fd, p, size, at);
}

static int
disk_truncate(int fd, off_t size)
{
	return refuse() != 0 ? -1 : ftruncate(fd, size);
}

static const struct disk_call {
	const char *name;
	sqlite3_syscall_ptr call;
} disk_calls[] = {
	{ "open", (sqlite3_syscall_ptr)disk_open },
	{ "pread", (sqlite3_syscall_ptr)disk_pread },
	{ "pread64", (sqlite3_syscall_ptr)disk_pread },
	{ "pwrite", (sqlite3_syscall_ptr)disk_pwrite },
	{ "pwrite64", (sqlite3_syscall_ptr)disk_pwrite },
	{ "ftruncate", (sqlite3_syscall_ptr)disk_truncate },
};

__attribute__((constructor)) static void
hook(void)
{
	sqlite3_mem_methods ours;
	sqlite3_vfs *vfs;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &heap) != SQLITE_OK)
		abort();
	ours = heap;
	ours.xMalloc = heap_take;
	ours.xRealloc = heap_grow;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) != SQLITE_OK ||
	    sqlite3_initialize() != SQLITE_OK || (vfs = sqlite3_vfs_find("unix")) == NULL)
		abort();
	/* A call that this library was built without is not there to be replaced. */
	for (size_t i = 0; i < sizeof(disk_calls) / sizeof(disk_calls[0]); i++)
		(void)vfs->xSetSystemCall(vfs, disk_calls[i].name, disk_calls[i].call);
}
