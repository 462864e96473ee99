/* SPDX-License-Identifier: Apache-2.0 */
/* The C library: memory, files, the socket between our processes, threads. */
#include "wrap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void *
no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

static int
no_call(void)
{
	errno = fault_errno();
	return -1;
}

static void *
no_handle(void)
{
	errno = fault_errno();
	return NULL;
}

WRAP(FAULT_MEMORY, no_memory(), void *, malloc, (size), size_t size);
WRAP(FAULT_MEMORY, no_memory(), void *, calloc, (count, size), size_t count, size_t size);
WRAP(FAULT_MEMORY, no_memory(), void *, realloc, (p, size), void *p, size_t size);
WRAP(FAULT_MEMORY, no_memory(), char *, strndup, (s, n), const char *s, size_t n);

/* What secret.c takes its pages with. */
DECLARE(void *, mmap64, void *at, size_t size, int prot, int flags, int fd, off_t offset);

void *
__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	if (fault_meets(FAULT_MEMORY) == FAULT_NONE)
		return __real_mmap64(at, size, prot, flags, fd, offset);
	errno = ENOMEM;
	return MAP_FAILED;
}

WRAP(FAULT_MEMORY, no_call(), int, mlock, (p, size), const void *p, size_t size);

DECLARE(int, open64, const char *path, int flags, ...);
DECLARE(int, openat64, int fd, const char *path, int flags, ...);
DECLARE(int, fcntl64, int fd, int what, ...);

int
__wrap_open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (fault_meets(FAULT_FILE) != FAULT_NONE)
		return no_call();
	return __real_open64(path, flags, mode);
}

int
__wrap_openat64(int fd, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (fault_meets(FAULT_FILE) != FAULT_NONE)
		return no_call();
	return __real_openat64(fd, path, flags, mode);
}

WRAP(FAULT_FILE, no_call(), int, access, (path, mode), const char *path, int mode);
WRAP(FAULT_FILE, no_call(), int, mkdir, (path, mode), const char *path, mode_t mode);
WRAP(FAULT_FILE, no_call(), int, mkdirat, (fd, path, mode), int fd, const char *path, mode_t mode);
WRAP(FAULT_FILE, no_call(), int, unlink, (path), const char *path);
WRAP(FAULT_FILE, no_call(), int, unlinkat, (fd, path, flags), int fd, const char *path, int flags);
WRAP(FAULT_FILE, no_call(), int, renameat, (fd, from, to_fd, to), int fd, const char *from,
    int to_fd, const char *to);
WRAP(FAULT_FILE, no_call(), int, link, (from, to), const char *from, const char *to);
WRAP(FAULT_FILE, no_call(), int, fsync, (fd), int fd);
WRAP(FAULT_FILE, no_call(), int, fdatasync, (fd), int fd);
WRAP(FAULT_FILE, no_call(), int, flock, (fd, how), int fd, int how);
WRAP(FAULT_FILE, no_call(), int, fstat64, (fd, st), int fd, struct stat64 *st);
WRAP(FAULT_FILE, no_call(), int, fstatat64, (fd, path, st, flags), int fd, const char *path,
    struct stat64 *st, int flags);
WRAP(FAULT_FILE, no_handle(), DIR *, fdopendir, (fd), int fd);
WRAP(FAULT_FILE, no_handle(), struct dirent64 *, readdir64, (dir), DIR *dir);
WRAP(FAULT_FILE, no_call(), int, scandirat64, (fd, path, list, filter, compare), int fd,
    const char *path, struct dirent64 ***list, int (*filter)(const struct dirent64 *),
    int (*compare)(const struct dirent64 **, const struct dirent64 **));

/* Half of it, but something. */
static size_t
half(size_t size)
{
	return fault_meets(FAULT_FILE_SHORT) == FAULT_NONE || size < 2 ? size : size / 2;
}

#define WRAP_MOVE(name, pointer, args, ...)                                                        \
	DECLARE(ssize_t, name, int fd, pointer p, size_t size __VA_ARGS__);                        \
	ssize_t __wrap_##name(int fd, pointer p, size_t size __VA_ARGS__)                          \
	{                                                                                          \
		if (fault_meets(FAULT_FILE) != FAULT_NONE)                                         \
			return no_call();                                                          \
		size = half(size);                                                                 \
		return __real_##name args;                                                         \
	}                                                                                          \
	_Static_assert(1, "")
#define COMMA ,

WRAP_MOVE(read, void *, (fd, p, size), );
WRAP_MOVE(write, const void *, (fd, p, size), );
WRAP_MOVE(pread64, void *, (fd, p, size, at), COMMA off_t at);
WRAP_MOVE(pwrite64, const void *, (fd, p, size, at), COMMA off_t at);

/* The socket between our processes. */
DECLARE(ssize_t, recv, int fd, void *p, size_t size, int flags);
DECLARE(ssize_t, sendmsg, int fd, const struct msghdr *m, int flags);

ssize_t
__wrap_recv(int fd, void *p, size_t size, int flags)
{
	enum fault_site how = fault_meets(FAULT_IPC_SHORT);

	if (fault_meets(FAULT_IPC) != FAULT_NONE)
		return no_call();
	if (how == FAULT_IPC_CLOSED)
		return 0;
	return __real_recv(fd, p, how == FAULT_IPC_SHORT ? 1 : size, flags);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	enum fault_site how = fault_meets(FAULT_IPC_SHORT);
	struct iovec one = { 0 };
	struct msghdr little = { .msg_iov = &one, .msg_iovlen = 1 };

	if (fault_meets(FAULT_IPC) != FAULT_NONE)
		return no_call();
	if (how == FAULT_IPC_CLOSED) {
		errno = EPIPE;
		return -1;
	}
	if (how == FAULT_NONE)
		return __real_sendmsg(fd, m, flags);
	for (size_t i = 0; i < m->msg_iovlen && one.iov_len == 0; i++)
		if (m->msg_iov[i].iov_len > 0)
			one = (struct iovec){ m->msg_iov[i].iov_base, 1 };
	return __real_sendmsg(fd, &little, flags);
}

WRAP(FAULT_IPC, no_call(), int, poll, (fds, count, ms), struct pollfd *fds, nfds_t count, int ms);
WRAP(FAULT_IPC, no_call(), int, socketpair, (domain, type, protocol, fds), int domain, int type,
    int protocol, int fds[2]);

WRAP(FAULT_THREAD, EAGAIN, int, pthread_create, (thread, attr, start, arg), pthread_t *thread,
    const pthread_attr_t *attr, void *(*start)(void *), void *arg);
