/* SPDX-License-Identifier: Apache-2.0 */
/*
 *	bench [--smoke | --quick | --count] [--real] [--dir FOLDER] [JOB]
 *	bench --write FOLDER
 *
 * Runs the jobs whose names begin with JOB, all without one; a JSON line each. --real takes evidence from the public
 * vectors instead of making it. --dir says where the log is written. --write leaves a token and a key set per algorithm, for other
 * programs to verify.
 */
#include "bench.h"

#include "base/log.h"

#include <string.h>

int
main(int argc, char **argv)
{
	struct bench_options o = { 0 };

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--smoke") == 0)
			o.smoke = true;
		else if (strcmp(argv[i], "--quick") == 0)
			o.quick = true;
		else if (strcmp(argv[i], "--count") == 0)
			o.count = true;
		else if (strcmp(argv[i], "--real") == 0)
			o.real = true;
		else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
			o.dir = argv[++i];
		else if (strcmp(argv[i], "--write") == 0 && i + 1 < argc)
			o.write = argv[++i];
		else if (argv[i][0] != '-' && o.only == NULL)
			o.only = argv[i];
		else {
			fputs("usage: bench [--smoke | --quick | --count] [--real] [--dir FOLDER] "
			      "[JOB]\n",
			    stderr);
			return 2;
		}
	}
	log_setup(LOG_ERROR, false, "bench");
	if (o.write != NULL) {
		bench_token(&o);
		return 0;
	}
	bench_attest(&o);
	bench_token(&o);
	bench_policy(&o);
	bench_log(&o);
	return 0;
}
