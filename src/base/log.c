/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/stamp.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

static size_t
escape_byte(char *out, size_t room, uint8_t c)
{
	return (size_t)snprintf(out, room, "\\u%04x", c);
}

/*
 * What may stand in one line: control characters and bytes that are not UTF-8 are escaped, so that no value can begin a
 * line of its own or speak to a terminal; in a JSON string quotes and backslashes too. FROM that does not fit is cut.
 */
static void
escape(const char *from, bool json, char *out, size_t room)
{
	struct bytes left = bytes_of_str(from);
	size_t o = 0;

	while (left.size > 0 && o + 7 < room) {
		struct bytes before = left;
		int32_t c = utf8_next(&left);

		if (c < 0) {
			struct rd r = rd_from(before);

			o += escape_byte(out + o, room - o, rd_u8(&r));
			left = r.left;
		} else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
			o += escape_byte(out + o, room - o, (uint8_t)c);
		} else {
			if (json && (c == '"' || c == '\\'))
				out[o++] = '\\';
			memcpy(out + o, before.p, before.size - left.size);
			o += before.size - left.size;
		}
	}
	out[o] = '\0';
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
	escape(detail, as_json, safe, sizeof(safe));
	if (as_json)
		size = snprintf(line, sizeof(line),
		    "{\"at\":\"%s\",\"level\":\"%s\",\"process\":\"%s\",\"module\":\"%s\","
		    "\"event\":\"%s\",\"detail\":\"%s\"}\n",
		    at, names[level], process_name, module, what, safe);
	else
		size = snprintf(line, sizeof(line),
		    "at=%s level=%s process=%s module=%s event=\"%s\"%s%s\n", at, names[level],
		    process_name, module, what, safe[0] == '\0' ? "" : " ", safe);
	if (size > 0) {
		ssize_t done = write(STDERR_FILENO, line,
		    (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1);
		(void)done;
	}
}
