/* SPDX-License-Identifier: Apache-2.0 */
/* A trace as people read it: from a judgement of our own, or from a service's document. */
#pragma once

#include "cmd/attest/cli.h"
#include "trace/trace.h"

/*
 * DOCUMENT is "attest-trace/1", or anything with its members verdict and checks. The first line is
 *	verdict accepted
 *	verdict refused check=ID field=F seen=S wanted=W
 * then the checks. Gives the exit code of the verdict.
 */
enum cli_exit report_trace(struct cli *c, const struct json *document);
enum cli_exit report_exit(const struct json *document);
/*
 * Puts verdict and checks of a finished judgement of our own into DOCUMENT, prints them, and gives the exit code; what is
 * not accepted is an error of the command, too.
 */
enum cli_exit report_judgement(struct cli *c, const struct trace *t, struct json *document);
