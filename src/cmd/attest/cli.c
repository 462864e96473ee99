/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/cli.h"

#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
cli_option_nth(const struct cli *c, const char *name, size_t index)
{
	for (size_t i = 0; i < c->option_count; i++)
		if (strcmp(c->options[i].name, name) == 0 && index-- == 0)
			return c->options[i].value == NULL ? "" : c->options[i].value;
	return NULL;
}

const char *
cli_option(const struct cli *c, const char *name)
{
	return cli_option_nth(c, name, 0);
}

bool
cli_has(const struct cli *c, const char *name)
{
	return cli_option(c, name) != NULL;
}

static int
read_all(int fd, const char *path, struct buf *into, struct err *e)
{
	for (;;) {
		uint8_t part[16384];
		ssize_t got = read(fd, part, sizeof(part));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		if (got == 0)
			return 0;
		buf_add(into, bytes_of(part, (size_t)got));
		if (!buf_ok(into))
			return err_set(e, ERR_LIMIT, "%s: larger than %zu bytes", path,
			    into->ceiling);
	}
}

static int
read_fd(int fd, const char *path, size_t max_size, struct arena *a, struct bytes *out,
    struct err *e)
{
	DEFER(buf_release) struct buf all = { 0 };

	buf_init(&all, max_size);
	TRY(read_all(fd, path, &all, e));
	*out = arena_copy(a, buf_bytes(&all));
	return out->p == NULL ? arena_fail(e, path) : 0;
}

static int
open_file(const char *path, int *fd, struct err *e)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd >= 0 ? 0 : err_set(e, ERR_MISSING, "%s: %s", path, strerror(errno));
}

int
cli_read_guarded(const char *path, size_t max_size, struct arena *a, struct bytes *out,
    struct err *e)
{
	DEFER(closep) int fd = -1;
	struct stat st;

	TRY(open_file(path, &fd, e));
	if (fstat(fd, &st) != 0)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(e, ERR_INVALID, "%s: others can write it (mode %o)", path,
		    (unsigned)st.st_mode & 0777);
	return read_fd(fd, path, max_size, a, out, e);
}

int
cli_read(struct cli *c, const char *path, struct bytes *out, struct err *e)
{
	DEFER(closep) int fd = -1;

	if (strcmp(path, "-") == 0)
		return read_fd(STDIN_FILENO, path, MAX_CLI_FILE, c->arena, out, e);
	TRY(open_file(path, &fd, e));
	return read_fd(fd, path, MAX_CLI_FILE, c->arena, out, e);
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int
cli_read_text(struct cli *c, const char *path, struct bytes *out, struct err *e)
{
	struct bytes text;

	TRY(cli_read(c, path, &text, e));
	while (text.size > 0 && is_blank(text.p[0]))
		text = bytes_slice(text, 1, text.size);
	while (text.size > 0 && is_blank(text.p[text.size - 1]))
		text.size--;
	*out = text;
	return 0;
}

static int
write_all(int fd, struct bytes what, const char *path, struct err *e)
{
	while (what.size > 0) {
		ssize_t done = write(fd, what.p, what.size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		what = bytes_slice(what, (size_t)done, what.size);
	}
	return 0;
}

int
cli_write(const char *path, struct bytes what, unsigned mode, struct err *e)
{
	char beside[4096];

	if (strcmp(path, "-") == 0)
		return write_all(STDOUT_FILENO, what, "standard output", e);
	if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
		return err_set(e, ERR_LIMIT, "%s: path too long", path);
	DEFER(closep) int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	if (write_all(fd, what, path, e) < 0 || rename(beside, path) < 0) {
		(void)err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		unlink(beside);
		return -1;
	}
	return 0;
}

int
cli_mkdir(const char *path, unsigned mode, struct err *e)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	return 0;
}

void
cli_say(const struct cli *c, const char *fmt, ...)
{
	va_list args;

	if (c->json)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

void
cli_field(const struct cli *c, const char *label, const char *fmt, ...)
{
	va_list args;

	if (c->json)
		return;
	printf("  %s%-22s%s ", cli_dim(c), label, cli_plain(c));
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

const char *
cli_good(const struct cli *c)
{
	return c->colour_out ? "\033[32m" : "";
}

const char *
cli_bad(const struct cli *c)
{
	return c->colour_out ? "\033[31m" : "";
}

const char *
cli_dim(const struct cli *c)
{
	return c->colour_out ? "\033[2m" : "";
}

const char *
cli_bold(const struct cli *c)
{
	return c->colour_out ? "\033[1m" : "";
}

const char *
cli_plain(const struct cli *c)
{
	return c->colour_out ? "\033[0m" : "";
}

/* Neither moves the cursor nor turns the direction of what follows: printable ASCII, Latin, Greek, Cyrillic. */
static bool
is_plain_letter(uint32_t point)
{
	return (point >= 0x20 && point < 0x7f) ||
	    (point >= 0xa1 && point < 0x300 && point != 0xad) || (point >= 0x370 && point < 0x483);
}

const char *
cli_safe(struct cli *c, struct bytes text)
{
	DEFER(buf_release) struct buf out;
	struct bytes copy;

	buf_init(&out, MAX_CLI_FILE);
	while (text.size > 0) {
		struct bytes rest = text;
		int32_t point = utf8_next(&rest);

		if (point < 0) {
			buf_fmt(&out, "\\x%02x", text.p[0]);
			rest = bytes_slice(text, 1, text.size);
		} else if (is_plain_letter((uint32_t)point)) {
			buf_utf8(&out, (uint32_t)point);
		} else {
			buf_fmt(&out, "\\u{%x}", (unsigned)point);
		}
		text = rest;
	}
	copy = arena_copy(c->arena, buf_bytes(&out));
	return copy.p == NULL ? "[too long]" : (const char *)copy.p;
}

static void
document_error(struct cli *c, const char *code, const char *message, const char *hint)
{
	struct json *error = json_new(c->arena, JSON_OBJECT);
	struct bytes text = arena_copy(c->arena, bytes_of_str(message));

	if (c->document == NULL)
		return;
	(void)json_put(error, "code", json_new_cstr(c->arena, code));
	(void)json_put(error, "message", json_new_str(c->arena, text));
	(void)json_put(error, "hint", json_new_cstr(c->arena, hint == NULL ? "" : hint));
	(void)json_put(c->document, "error", error);
}

static enum cli_exit PRINTF(5, 0) fail(struct cli *c, enum cli_exit exit, const char *code,
    const char *hint, const char *fmt, va_list args)
{
	char message[512];
	const char *red = c->colour_err ? "\033[31m" : "", *plain = c->colour_err ? "\033[0m" : "";

	vsnprintf(message, sizeof(message), fmt, args);
	fflush(stdout);
	fprintf(stderr, "%sattest:%s %s\n", red, plain, message);
	if (hint != NULL)
		fprintf(stderr, "hint: %s\n", hint);
	document_error(c, code, message, hint);
	return exit;
}

enum cli_exit
cli_fail(struct cli *c, enum cli_exit exit, const char *code, const char *hint, const char *fmt,
    ...)
{
	va_list args;

	va_start(args, fmt);
	(void)fail(c, exit, code, hint, fmt, args);
	va_end(args);
	return exit;
}

enum cli_exit
cli_usage(struct cli *c, const char *fmt, ...)
{
	char hint[512];
	va_list args;

	if (c->command == NULL)
		snprintf(hint, sizeof(hint), "attest --help lists the commands");
	else
		snprintf(hint, sizeof(hint), "usage: attest %s%s%s %s", c->command->group,
		    c->command->name == NULL ? "" : " ",
		    c->command->name == NULL ? "" : c->command->name, c->command->args);
	va_start(args, fmt);
	(void)fail(c, CLI_USAGE, "usage", hint, fmt, args);
	va_end(args);
	return CLI_USAGE;
}

/* What an error of the library means to the caller of the command line. */
static enum cli_exit
exit_of(enum err_code code)
{
	switch (code) {
	case ERR_SIGNATURE:
	case ERR_DENIED:
	case ERR_CONFLICT:
		return CLI_REFUSED;
	case ERR_MALFORMED:
	case ERR_UNSUPPORTED:
	case ERR_INVALID:
	case ERR_MISSING:
	case ERR_STALE:
	case ERR_LIMIT:
	case ERR_BUSY:
		return CLI_UNDECIDED;
	case ERR_NONE:
	case ERR_UNAVAILABLE:
	case ERR_IO:
	case ERR_INTERNAL:
		break;
	}
	return CLI_FAULT;
}

enum cli_exit
cli_fail_err(struct cli *c, const struct err *e, const char *hint)
{
	return cli_fail(c, exit_of(e->code), err_code_name(e->code), hint, "%s", e->msg);
}
