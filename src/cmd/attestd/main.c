/* SPDX-License-Identifier: Apache-2.0 */
/* attestd: the service. See daemon.h for how its processes are made. */
#include "base/log.h"
#include "cmd/attestd/config.h"
#include "cmd/attestd/daemon.h"
#include "net/listen.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_MODULE "main"

extern char **environ;

static const char usage_text[] =
    "usage: attestd --config FILE [--check-config]\n"
    "       attestd --dev [--state DIR] [--listen ADDR:PORT] [--at TIME]\n"
    "       attestd --help | --version\n"
    "\n"
    "  --config FILE    run with this configuration, attestd.conf(5)\n"
    "  --check-config   only say whether it is good\n"
    "  --dev            a daemon on loopback with throw-away keys (attestd-dev, where installed)\n";

struct options {
	const char *config;
	bool check;
};

static int
usage(const char *why, const char *what)
{
	fprintf(stderr, "attestd: %s%s%s\nhint: attestd --help\n", why, what == NULL ? "" : ": ",
	    what == NULL ? "" : what);
	return EXIT_USAGE;
}

/* attestd-dev stands beside us, in the build tree a folder over, or on PATH; everything but "--dev" is its. */
static int
run_for_developers(int argc, char **argv)
{
	static char name[] = "attestd-dev", over[] = "../attestd-dev/attestd-dev";
	char **args = calloc((size_t)argc + 1, sizeof(*args));
	char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - sizeof(over) - 1);
	int n = 1;

	if (args == NULL)
		return EXIT_OURS;
	args[0] = name;
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--dev") != 0)
			args[n++] = argv[i];
	if (size > 0) {
		path[size] = '\0';
		strcpy(strrchr(path, '/') + 1, name);
		execv(path, args);
		strcpy(strrchr(path, '/') + 1, over);
		execv(path, args);
	}
	execvp(name, args);
	free(args);
	fprintf(stderr,
	    "attestd: --dev: attestd-dev is neither beside attestd nor on PATH\n"
	    "hint: install the package attestd-dev; the production program holds no test keys\n");
	return EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int
options_parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--dev") == 0)
			return run_for_developers(argc, argv);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage_text, stdout);
			return EXIT_DONE;
		}
		if (strcmp(argv[i], "--version") == 0) {
			puts("attestd " ATTEST_VERSION);
			return EXIT_DONE;
		}
		if (strcmp(argv[i], "--check-config") == 0)
			o->check = true;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			o->config = argv[++i];
		else
			return usage("unknown or incomplete argument", argv[i]);
	}
	if (o->config == NULL)
		return usage("--config FILE is needed", NULL);
	return -1;
}

static struct http_limits
http_limits_of(const struct config *c)
{
	struct http_limits l = HTTP_LIMITS_DEFAULT;

	l.max_header_size = (size_t)c->max_header;
	l.max_connections = (unsigned)c->max_connections;
	l.max_per_client = (unsigned)c->max_per_client;
	l.max_in_flight = (unsigned)c->max_in_flight;
	l.idle_ms = (unsigned)c->idle_s * 1000;
	l.header_ms = (unsigned)c->header_s * 1000;
	l.body_ms = (unsigned)c->body_s * 1000;
	l.send_ms = (unsigned)c->send_s * 1000;
	return l;
}

/* In the order of the descriptors: listen, then listen_plain. */
static const char *
listener_text(const struct config *c, size_t i)
{
	return i < c->listen.count ? c->listen.items[i]
				   : c->listen_plain.items[i - c->listen.count];
}

static size_t
listener_count(const struct config *c)
{
	return c->listen.count + c->listen_plain.count;
}

static int
run_worker(const struct config *c, const struct supervise_child *child)
{
	struct daemon_worker w = {
		.listener_count = listener_count(c),
		.limits = http_limits_of(c),
		.threads = (unsigned)c->threads,
		.drain_ms = (unsigned)c->drain_s * 1000,
		.user = c->user,
		.service = { .open_metrics = c->metrics_open != 0 },
	};
	struct err e = { 0 };

	for (size_t i = 0; i < w.listener_count; i++) {
		struct listen_address at;

		if (listen_address_parse(listener_text(c, i), &at, &e) < 0)
			return EXIT_OURS;
		w.listeners[i] = (struct http_listener){ .port = at.port,
			.label = listener_text(c, i),
			.is_plain = i >= c->listen.count };
	}
	return daemon_worker_run(&w, child);
}

struct authority_parts {
	struct authority_type_config types[KIND_COUNT];
	struct authority_instance_config instances[MAX_CONFIG_INSTANCES];
	char issuers[MAX_CONFIG_INSTANCES][300];
	struct authority_issuer_config callers[MAX_CONFIG_CALLERS];
};

static int
run_authority(const struct config *c, const struct supervise_child *child)
{
	struct authority_parts *p = calloc(1, sizeof(*p));
	struct authority_config a = {
		.state_dir = c->state_dir,
		.master_key_path = c->master_key_file,
		.instance_count = c->instance_count,
		.issuer_count = c->caller_count,
		.collateral_dirs = c->collateral_folders.items,
		.collateral_dir_count = c->collateral_folders.count,
		.tls_cert_path = c->listen.count > 0 ? c->tls_certificate : NULL,
		.tls_key_path = c->listen.count > 0 ? c->tls_key : NULL,
		.limits = { .leeway_s = (uint32_t)c->leeway_s,
		    .token_lifetime_s = (uint32_t)c->token_lifetime_s,
		    .max_body_size = (uint32_t)c->max_body,
		    .request_timeout_ms = (uint32_t)c->request_s * 1000,
		    .max_connections = (uint32_t)c->max_connections },
	};
	size_t types;
	int status;

	if (p == NULL)
		return EXIT_OURS;
	types = daemon_types(p->types);
	for (size_t i = 0; i < c->instance_count; i++) {
		snprintf(p->issuers[i], sizeof(p->issuers[i]), "https://%s", c->instances[i].host);
		p->instances[i] = (struct authority_instance_config){ .id = c->instances[i].id,
			.host = c->instances[i].host,
			.issuer = p->issuers[i],
			.mode = (enum trust_mode)c->instances[i].mode,
			.explain_id_only = c->instances[i].explain == 1,
			.types = p->types,
			.type_count = types };
	}
	for (size_t i = 0; i < c->caller_count; i++)
		p->callers[i] = (struct authority_issuer_config){ .issuer = c->callers[i].issuer,
			.audience = c->callers[i].audience,
			.jwks_path = c->callers[i].jwks_file,
			.role_claim = c->callers[i].roles_claim };
	a.instances = p->instances;
	a.issuers = p->callers;
	status = daemon_authority_run(&a, c->user, false, child);
	free(p);
	return status;
}

static int
run_parent(const struct config *c, char **argv)
{
	int fds[MAX_HTTP_LISTENERS];
	struct supervise_config s = { .argv = argv,
		.listen_fds = fds,
		.listen_count = listener_count(c),
		.drain_ms = (unsigned)c->drain_s * 1000 };
	struct err e = { 0 };

	for (size_t i = 0; i < s.listen_count; i++) {
		struct listen_address at;

		if (listen_address_parse(listener_text(c, i), &at, &e) < 0 ||
		    listen_open(&at, &fds[i], NULL, &e) < 0) {
			log_error("cannot listen", "%s", e.msg);
			return EXIT_USAGE;
		}
		log_info("listening", "address=%s", listener_text(c, i));
	}
	return supervise_run(&s);
}

static int
check(const struct config *c)
{
	struct err e = { 0 };

	if (config_check_files(c, &e) < 0) {
		fprintf(stderr, "attestd: %s\n", e.msg);
		return EXIT_USAGE;
	}
	printf("configuration is good: %zu listeners, %zu instances, %zu callers\n",
	    listener_count(c), c->instance_count, c->caller_count);
	return EXIT_DONE;
}

int
main(int argc, char **argv)
{
	static const char *const names[] = { "attestd", "worker", "authority" };
	struct options o = { 0 };
	struct supervise_child child;
	struct err e = { 0 };
	DEFER(config_freep) struct config *c = NULL;
	DEFER(freep) char **own = calloc((size_t)argc + 1, sizeof(*own));
	int status;

	if (own == NULL)
		return EXIT_OURS;
	memcpy(own, argv, (size_t)argc * sizeof(*own));
	if (supervise_child_parse(&argc, argv, &child, &e) < 0)
		return usage(e.msg, NULL);
	status = options_parse(argc, argv, &o);
	if (status >= 0)
		return status;
	if (config_load(o.config, environ, &c, &e) < 0) {
		fprintf(stderr, "attestd: %s\n", e.msg);
		return EXIT_USAGE;
	}
	if (listener_count(c) > MAX_HTTP_LISTENERS) {
		fprintf(stderr, "attestd: listen: more than %d addresses\n", MAX_HTTP_LISTENERS);
		return EXIT_USAGE;
	}
	if (o.check)
		return check(c);
	log_setup((enum log_level)c->log_level, c->log_format == 1, names[child.role]);
	switch (child.role) {
	case SUPERVISE_WORKER:
		return run_worker(c, &child);
	case SUPERVISE_AUTHORITY:
		return run_authority(c, &child);
	case SUPERVISE_PARENT:
		break;
	}
	return run_parent(c, own);
}
