/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_NAME_SIZE 512

int
folder_open(const char *path, int *fd, struct err *e)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	return 0;
}

int
file_read(int dir_fd, const char *name, size_t max, struct buf *out, struct err *e)
{
	/* NONBLOCK: a pipe that somebody left in a folder must not hold us. */
	DEFER(closep) int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	uint8_t *p;
	size_t done = 0, size;

	if (fd < 0)
		return err_set(e, errno == ENOENT ? ERR_MISSING : ERR_IO, "%s: %s", name,
		    strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s: not a regular file", name);
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return err_set(e, ERR_LIMIT, "%s: %lld bytes, at most %zu", name,
		    (long long)st.st_size, max);
	size = (size_t)st.st_size;
	p = buf_grow(out, size);
	if (p == NULL)
		return err_set(e, ERR_LIMIT, "%s: out of memory", name);
	while (done < size) {
		ssize_t got = read(fd, p + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(e, ERR_IO, "%s: %s", name,
			    got < 0 ? strerror(errno) : "it shrank while it was read");
		done += (size_t)got;
	}
	return 0;
}

int
file_write_at(int fd, struct bytes what, uint64_t offset, struct err *e)
{
	size_t done = 0;

	while (done < what.size) {
		struct bytes left = bytes_slice(what, done, what.size);
		ssize_t put = pwrite(fd, left.p, left.size, (off_t)(offset + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return err_set(e, ERR_IO, "write: %s",
			    put < 0 ? strerror(errno) : "nothing was written");
		done += (size_t)put;
	}
	return 0;
}

int
file_zero(int fd, uint64_t offset, uint64_t size, struct err *e)
{
	static const uint8_t zeros[65536];

	while (size > 0) {
		size_t now = size < sizeof(zeros) ? (size_t)size : sizeof(zeros);

		TRY(file_write_at(fd, bytes_of(zeros, now), offset, e));
		offset += now;
		size -= now;
	}
	return 0;
}

static int
make_folders(int dir_fd, const char *name, struct err *e)
{
	char path[MAX_NAME_SIZE];

	snprintf(path, sizeof(path), "%s", name);
	for (char *at = strchr(path, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdirat(dir_fd, path, 0700) < 0 && errno != EEXIST)
			return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		*at = '/';
	}
	return 0;
}

static int
write_new(int dir_fd, const char *name, struct bytes contents, bool sync, struct err *e)
{
	DEFER(closep) int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(e, ERR_IO, "%s: %s", name, strerror(errno));
	if (file_write_at(fd, contents, 0, e) < 0)
		return err_in(e, "%s", name);
	if (sync && fdatasync(fd) < 0)
		return err_set(e, ERR_IO, "%s: %s", name, strerror(errno));
	return 0;
}

int
file_replace(int dir_fd, const char *name, struct bytes contents, bool sync, struct err *e)
{
	char path[MAX_NAME_SIZE];
	int size = snprintf(path, sizeof(path), "%s.tmp", name);

	if (size < 0 || (size_t)size >= sizeof(path))
		return err_set(e, ERR_LIMIT, "%s: the name is too long", name);
	TRY(make_folders(dir_fd, name, e));
	if (write_new(dir_fd, path, contents, sync, e) < 0) {
		(void)unlinkat(dir_fd, path, 0);
		return -1;
	}
	if (renameat(dir_fd, path, dir_fd, name) < 0)
		return err_set(e, ERR_IO, "%s: %s", name, strerror(errno));
	if (sync && fsync(dir_fd) < 0)
		return err_set(e, ERR_IO, "%s: %s", name, strerror(errno));
	return 0;
}
