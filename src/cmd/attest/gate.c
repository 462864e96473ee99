/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest gate: judges tokens for a proxy (gate/serve.h, docs/gate.md). A process of its own: it opens its listener, gives
 * up what it does not need (proc/sandbox.h), and then reads its rules, fetches keys and answers, until a signal ends it.
 *
 * SIGHUP reads the rules again; those that cannot be read change nothing. SIGTERM and SIGINT drain.
 */
#include "base/log.h"
#include "cmd/attest/commands.h"
#include "crypto/digest.h"
#include "gate/serve.h"
#include "net/listen.h"
#include "proc/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOG_MODULE      "gate"

#define DRAIN_MS        5000
#define KEYS_TIMEOUT_MS 5000
#define KEYS_TICK_MS    10
#define MAX_CONNECTIONS 1024
/* A token with much runtime data, as Base64 in one header; the library keeps request and answer in it, too. */
#define MAX_HEADER_SIZE 65536
#define MAX_LOAD_MEMORY (1U << 20)

struct house {
	struct cli *c;
	const char *path; /* of the rules */
	struct gate_issuers issuers;
	struct gate_server server;
	struct http_server *http;
};

/* A name in the rules is relative to their own folder. */
static int
read_beside(void *user, struct bytes name, struct arena *a, struct bytes *out, struct err *e)
{
	const char *rules = user, *slash = strrchr(rules, '/');
	char path[4096];
	int size = slash == NULL || name.p[0] == '/'
	    ? snprintf(path, sizeof(path), "%.*s", BYTES_FMT(name))
	    : snprintf(path, sizeof(path), "%.*s/%.*s", (int)(slash - rules), rules,
		  BYTES_FMT(name));

	if (size < 0 || (size_t)size >= sizeof(path))
		return err_set(e, ERR_LIMIT, "expect: the path is too long");
	return cli_read_guarded(path, MAX_EXPECTATION_SIZE, a, out, e);
}

/* ISSUERS NULL: only to see whether they can be read. */
static int
load(struct house *h, struct gate_issuers *issuers, struct gate_rules **out, struct err *e)
{
	const struct gate_reader files = { read_beside, (void *)(uintptr_t)h->path };
	DEFER(arena_release) struct arena a;
	struct bytes text;

	arena_init(&a, MAX_LOAD_MEMORY);
	TRY(cli_read_guarded(h->path, MAX_GATE_RULES_SIZE, &a, &text, e));
	if (gate_rules_parse(text, cli_has(h->c, "allow-dev-issuers"), &files, issuers, out, e) < 0)
		return err_in(e, "%s", h->path);
	return 0;
}

/* Issuers that RULES do not name are let go of. */
static void
sweep(struct house *h, const struct gate_rules *rules)
{
	for (size_t i = 0; rules != NULL && i < rules->count; i++)
		gate_issuers_keep(&h->issuers, rules->gates[i].keys);
	gate_issuers_sweep(&h->issuers);
}

static bool
was_asked(struct key_cache *keys)
{
	struct key_cache_stats s;

	key_cache_stats(keys, &s);
	return s.generation + s.failures > 0;
}

/* Rules come into force with the keys of their issuers, if these can be had within a moment. */
static void
await_keys(const struct gate_rules *rules)
{
	const struct timespec tick = { .tv_nsec = KEYS_TICK_MS * 1000000L };

	for (unsigned ms = 0; ms < KEYS_TIMEOUT_MS; ms += KEYS_TICK_MS) {
		size_t asked = 0;

		for (size_t i = 0; i < rules->count; i++)
			asked += was_asked(rules->gates[i].keys);
		if (asked == rules->count)
			return;
		nanosleep(&tick, NULL);
	}
}

static int
put_in_force(struct house *h, struct err *e)
{
	struct gate_rules *rules = NULL;

	if (load(h, &h->issuers, &rules, e) < 0) {
		sweep(h, h->server.rules);
		return -1;
	}
	await_keys(rules);
	gate_rules_retire(gate_server_swap(&h->server, rules));
	log_info("rules in force", "gates=%zu file=%s", rules->count, h->path);
	sweep(h, rules);
	return 0;
}

static void
reload(struct house *h)
{
	struct err e = { 0 };

	if (put_in_force(h, &e) < 0)
		log_error("rules refused, those before stay in force", "%s", e.msg);
}

static int
open_listener(const struct cli *c, struct http_listener *out, uint16_t *port, struct err *e)
{
	const char *text = cli_option(c, "listen");
	struct listen_address at;

	TRY(listen_address_parse(text, &at, e));
	if (!listen_address_is_local(&at) && !cli_has(c, "plain-http-beyond-loopback"))
		return err_set(e, ERR_DENIED,
		    "--listen %s: a gate speaks plain HTTP, and tokens pass there: a loopback "
		    "address or a Unix socket, or --plain-http-beyond-loopback",
		    text);
	*out = (struct http_listener){ .label = text, .is_plain = true };
	TRY(listen_open(&at, &out->fd, port, e));
	out->port = *port;
	return 0;
}

static int
open_door(struct house *h, const struct http_listener *listener, struct err *e)
{
	struct http_server_config config = {
		.listeners = { *listener },
		.listener_count = 1,
		.limits = HTTP_LIMITS_DEFAULT,
		.handle = gate_handle,
		.max_body = gate_max_body,
		.opaque_prefix = GATE_ENVOY_PREFIX,
		.once = GATE_TOKEN_HEADER,
		.user = &h->server,
	};

	config.limits.max_header_size = MAX_HEADER_SIZE;
	config.limits.max_connections = MAX_CONNECTIONS;
	return http_server_start(&config, &h->http, e);
}

static int
start(struct house *h, const struct http_listener *listener, struct err *e)
{
	uint8_t out[SHA256_SIZE];

	/* Algorithms are looked up while everything is still allowed. */
	sha256(BYTES(""), out);
	TRY(sandbox_enter(SANDBOX_GATE, false, e));
	TRY(put_in_force(h, e));
	return open_door(h, listener, e);
}

static void
say_ready(const struct cli *c, const char *listen, uint16_t port)
{
	DEFER(buf_release) struct buf line = { 0 };
	const char *colon = strrchr(listen, ':');

	buf_init(&line, 8192);
	buf_str(&line, "{\"ready\":true,\"listen\":");
	if (listen[0] == '/' || colon == NULL)
		json_emit_str(&line, bytes_of_str(listen));
	else
		buf_fmt(&line, "\"%.*s:%u\"", (int)(colon - listen), listen, (unsigned)port);
	buf_char(&line, '}');
	printf("%.*s\n", BYTES_FMT(buf_bytes(&line)));
	fflush(stdout);
	log_info("ready", "listen=%s port=%u", listen, (unsigned)port);
	if (cli_has(c, "allow-dev-issuers"))
		log_warn("dev issuers are allowed", "their tokens stand on made-up evidence");
}

static void
serve(struct house *h, const sigset_t *signals)
{
	for (;;) {
		int got = sigwaitinfo(signals, NULL);

		if (got == SIGHUP)
			reload(h);
		else if (got == SIGTERM || got == SIGINT)
			return;
	}
}

static void
close_door(struct house *h)
{
	if (h->http != NULL && !http_server_drain(h->http, DRAIN_MS)) {
		log_warn("drain", "open requests were cut after %d ms", DRAIN_MS);
		_exit(CLI_OK);
	}
	http_server_free(h->http);
	gate_server_release(&h->server);
	gate_issuers_sweep(&h->issuers);
}

static enum cli_exit
run_house(struct house *h)
{
	struct cli *c = h->c;
	struct http_listener listener = { .fd = -1 };
	struct err e = { 0 };
	uint16_t port = 0;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (open_listener(c, &listener, &port, &e) < 0 || start(h, &listener, &e) < 0) {
		close_door(h);
		return cli_fail(c,
		    e.code == ERR_IO || e.code == ERR_INTERNAL ? CLI_FAULT : CLI_USAGE,
		    err_code_name(e.code), NULL, "%s", e.msg);
	}
	say_ready(c, cli_option(c, "listen"), port);
	serve(h, &signals);
	log_info("ending", "%s", "open requests are still answered");
	close_door(h);
	return CLI_OK;
}

static enum cli_exit
check_rules(struct cli *c, struct house *h)
{
	struct json *names = json_new(c->arena, JSON_ARRAY);
	struct gate_rules *rules = NULL;
	struct err e = { 0 };

	if (load(h, NULL, &rules, &e) < 0)
		return cli_fail(c, CLI_USAGE, err_code_name(e.code), NULL, "%s", e.msg);
	for (size_t i = 0; i < rules->count; i++) {
		struct bytes name = arena_copy(c->arena, rules->gates[i].name);

		(void)json_append(names, json_new_str(c->arena, name));
		cli_say(c, "%.*s\n", BYTES_FMT(name));
	}
	(void)json_put(c->document, "gates", names);
	gate_rules_retire(rules);
	return CLI_OK;
}

static enum cli_exit
gate_run(struct cli *c)
{
	struct house h = { .c = c,
		.path = cli_option(c, "rules"),
		.issuers.how = KEY_CACHE_CONFIG };

	if (h.path == NULL)
		return cli_usage(c, "--rules FILE is missing: what do you expect of a token?");
	if (c->has_at)
		return cli_usage(c, "--at: a gate judges at its own time");
	if (cli_has(c, "check"))
		return check_rules(c, &h);
	if (!cli_has(c, "listen"))
		return cli_usage(c, "--listen ADDR:PORT or --listen /PATH is missing");
	log_setup(c->verbose ? LOG_DEBUG : LOG_INFO, false, "attest-gate");
	h.issuers.how.from.ca_file = c->ca;
	h.issuers.how.from.allow_private = cli_has(c, "allow-private-addresses");
	h.issuers.how.from.timeout_ms = KEYS_TIMEOUT_MS;
	gate_server_init(&h.server);
	return run_house(&h);
}

const struct cli_command gate_command = {
	.group = "gate",
	.args = "--rules FILE (--listen ADDR:PORT | --listen /PATH | --check) "
		"[--allow-dev-issuers] [--allow-private-addresses] "
		"[--plain-http-beyond-loopback]",
	.about = "judges tokens for nginx and Envoy (docs/gate.md)",
	.does = "Stands beside nginx or Envoy and answers, for each request, whether its token "
		"satisfies the rules. Runs until it is ended. See attest-gate(8).",
	.help = CLI_HELP({ "--rules FILE", "the gates and what each expects, in YAML; required" },
	    { "--listen WHERE", "ADDR:PORT, or /PATH of a Unix socket" },
	    { "--check", "read and check the rules, name the gates, and end" },
	    { "--allow-dev-issuers",
		"judge tokens of developers' services like others; without it they are refused" },
	    { "--allow-private-addresses",
		"ask issuers for keys that are at addresses which are not public" },
	    { "--plain-http-beyond-loopback",
		"listen on another address than loopback, though without TLS" }),
	.run = gate_run,
};
