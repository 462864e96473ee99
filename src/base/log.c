/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/stamp.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static enum log_level least_level = LOG_INFO;
static bool as_json;
static const char *process_name = "attest";

void
log_setup(enum log_level least, bool json, const char *process)
{
	least_level = least;
	as_json = json;
	process_name = process;
}

/* JSON string contents: quotes, backslashes and control characters escaped. Returns the length used. */
static size_t
escape(const char *from, char *out, size_t room)
{
	size_t o = 0;

	for (; *from != '\0' && o + 7 < room; from++) {
		unsigned char c = (unsigned char)*from;

		if (c == '"' || c == '\\') {
			out[o++] = '\\';
			out[o++] = (char)c;
		} else if (c < 0x20) {
			o += (size_t)snprintf(out + o, room - o, "\\u%04x", c);
		} else {
			out[o++] = (char)c;
		}
	}
	out[o] = '\0';
	return o;
}

void
log_line(enum log_level level, const char *module, const char *what, const char *fmt, ...)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	char detail[1024], safe[2048], line[4096], at[STAMP_SIZE];
	va_list args;
	int size;

	if (level > least_level)
		return;
	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	/* Real time, never the clock of a judgement: a log says when it was written. */
	stamp_format((int64_t)time(NULL), at);
	escape(detail, safe, sizeof(safe));
	if (as_json)
		size = snprintf(line, sizeof(line),
		    "{\"at\":\"%s\",\"level\":\"%s\",\"process\":\"%s\",\"module\":\"%s\","
		    "\"event\":\"%s\",\"detail\":\"%s\"}\n",
		    at, names[level], process_name, module, what, safe);
	else
		size = snprintf(line, sizeof(line),
		    "at=%s level=%s process=%s module=%s event=\"%s\"%s%s\n", at, names[level],
		    process_name, module, what, detail[0] == '\0' ? "" : " ", detail);
	if (size > 0) {
		ssize_t done = write(STDERR_FILENO, line,
		    (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1);
		(void)done;
	}
}
