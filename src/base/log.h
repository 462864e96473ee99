/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operational logs: one line of key=value (or JSON) on standard error. From layer 4 up; the pure core returns errors.
 *
 *	#define LOG_MODULE "authority"
 *	log_info("key rotated", "kid=%s", kid);
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_setup(enum log_level least, bool json, const char *process);
void log_line(enum log_level level, const char *module, const char *what, const char *fmt, ...)
    PRINTF(4, 5);

#define log_error(what, ...) log_line(LOG_ERROR, LOG_MODULE, what, __VA_ARGS__)
#define log_warn(what, ...)  log_line(LOG_WARN, LOG_MODULE, what, __VA_ARGS__)
#define log_info(what, ...)  log_line(LOG_INFO, LOG_MODULE, what, __VA_ARGS__)
#define log_debug(what, ...) log_line(LOG_DEBUG, LOG_MODULE, what, __VA_ARGS__)
