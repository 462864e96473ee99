/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/master.h"

#include "base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
write_key(const char *path, struct err *e)
{
	DEFER(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint8_t key[SEAL_MASTER_SIZE];
	ssize_t put;

	if (fd < 0)
		return err_set(e, ERR_IO, "master key: %s: %s", path, strerror(errno));
	rand_bytes(key, sizeof(key));
	put = write(fd, key, sizeof(key));
	secret_wipe(key, sizeof(key));
	if (put != (ssize_t)sizeof(key) || fsync(fd) < 0)
		return err_set(e, ERR_IO, "master key: %s: cannot be written", path);
	return 0;
}

/*
 * Written beside it and linked when whole, for half a key in this place would keep us from starting until somebody takes
 * it away. Two that start at once do not write over each other: the loser reads what the winner linked.
 */
static int
make_file(const char *path, struct err *e)
{
	char beside[PATH_MAX];
	int size = snprintf(beside, sizeof(beside), "%s.%ld", path, (long)getpid());
	int got;

	if (size < 0 || (size_t)size >= sizeof(beside))
		return err_set(e, ERR_LIMIT, "master key: %s: a path over %d bytes", path,
		    PATH_MAX);
	got = write_key(beside, e);
	if (got == 0 && link(beside, path) < 0 && errno != EEXIST)
		got = err_set(e, ERR_IO, "master key: %s: %s", path, strerror(errno));
	(void)unlink(beside);
	return got;
}

static int
check_file(const char *path, const struct stat *st, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_DENIED, "master key: %s is not a regular file", path);
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return err_set(e, ERR_DENIED,
		    "master key: %s has mode %04o, want 0600 or 0400: others can read it", path,
		    (unsigned)(st->st_mode & 07777));
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return err_set(e, ERR_DENIED, "master key: %s belongs to user %u", path,
		    (unsigned)st->st_uid);
	if (st->st_size != SEAL_MASTER_SIZE)
		return err_set(e, ERR_INVALID, "master key: %s has %lld bytes, want %d", path,
		    (long long)st->st_size, SEAL_MASTER_SIZE);
	return 0;
}

int
master_key_load(const char *path, bool make, struct secret *out, struct err *e)
{
	struct secret key;
	struct stat st;

	if (make && access(path, F_OK) < 0)
		TRY(make_file(path, e));
	DEFER(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_set(e, errno == ENOENT ? ERR_MISSING : ERR_IO, "master key: %s: %s",
		    path, strerror(errno));
	if (fstat(fd, &st) < 0)
		return err_set(e, ERR_IO, "master key: %s: %s", path, strerror(errno));
	TRY(check_file(path, &st, e));
	if (!secret_init(&key, SEAL_MASTER_SIZE))
		return err_set(e, ERR_LIMIT, "master key: out of memory");
	if (read(fd, key.p, key.size) != (ssize_t)key.size) {
		secret_release(&key);
		return err_set(e, ERR_IO, "master key: %s: cannot be read", path);
	}
	*out = key;
	return 0;
}
