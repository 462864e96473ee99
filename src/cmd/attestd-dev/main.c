/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestd-dev: attestd for one developer on loopback (product.md 2, "attestd --dev"). The same three processes and the
 * same sandbox; what differs are keys made here, a synthetic evidence root, an OAuth issuer and a clock that can be set.
 */
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/stamp.h"
#include "cmd/attestd-dev/issuer.h"
#include "cmd/attestd-dev/state.h"
#include "cmd/attestd/daemon.h"
#include "codec/json.h"
#include "net/listen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_MODULE      "main"

#define DEFAULT_LISTEN  "127.0.0.1:8443"
#define AUDIENCE        "https://attest.azure.net" /* maa-api.md 1.2 */
#define CERT_LIFETIME_S (7 * 86400)
#define DRAIN_MS        3000
#define MAX_FOLDERS     16

static const char usage_text[] =
    "usage: attestd-dev [--state DIR] [--listen ADDR:PORT] [--at TIME] [--collateral DIR]… [-v]\n"
    "\n"
    "  --state DIR        keys, evidence root, store and log (default "
    "$XDG_STATE_HOME/attestd-dev)\n"
    "  --listen ADDR:PORT loopback only; port 0 is any free one (default " DEFAULT_LISTEN ")\n"
    "  --at TIME          judge as if it were TIME now: RFC 3339 or unix seconds\n"
    "  --collateral DIR   real collateral beside the synthetic\n"
    "  -v                 log more\n";

struct options {
	const char *state, *listen;
	const char *folders[MAX_FOLDERS + 1];
	size_t folder_count;
	bool has_at, verbose;
	int64_t at;
	int64_t offset_s; /* of the clock; hidden, for the children */
};

static int
usage(const char *why, const char *what)
{
	fprintf(stderr, "attestd-dev: %s%s%s\nhint: attestd-dev --help\n", why,
	    what == NULL ? "" : ": ", what == NULL ? "" : what);
	return EXIT_USAGE;
}

static bool
integer(const char *text, int64_t *out)
{
	char *end;
	long long v = strtoll(text, &end, 10);

	*out = v;
	/* Farther away no date can be written. */
	return end != text && *end == '\0' && v > -253402300800 && v < 253402300800;
}

/* One option with its value. False when there is none of this name or the value is wrong. */
static bool
option_take(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "--state") == 0) {
		o->state = value;
	} else if (strcmp(name, "--listen") == 0) {
		o->listen = value;
	} else if (strcmp(name, "--collateral") == 0) {
		if (o->folder_count >= MAX_FOLDERS)
			return false;
		o->folders[o->folder_count++] = value;
	} else if (strcmp(name, "--at") == 0) {
		o->has_at = true;
		return stamp_parse(bytes_of_str(value), &o->at) ||
		    (integer(value, &o->at) && o->at >= 0);
	} else if (strcmp(name, "--offset") == 0) {
		return integer(value, &o->offset_s);
	} else {
		return false;
	}
	return true;
}

/* -1: go on; else the exit status. */
static int
options_parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage_text, stdout);
			return EXIT_DONE;
		}
		if (strcmp(argv[i], "--version") == 0) {
			puts("attestd-dev " ATTEST_VERSION);
			return EXIT_DONE;
		}
		if (strcmp(argv[i], "-v") == 0)
			o->verbose = true;
		else if (i + 1 >= argc || !option_take(o, argv[i], argv[i + 1]))
			return usage("unknown, incomplete or wrong argument", argv[i]);
		else
			i++;
	}
	return -1;
}

/* --- the parent --- */

static int
default_state(char out[PATH_MAX], struct err *e)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int size;

	if (state != NULL && state[0] == '/')
		size = snprintf(out, PATH_MAX, "%s/attestd-dev", state);
	else if (home != NULL && home[0] == '/')
		size = snprintf(out, PATH_MAX, "%s/.local/state/attestd-dev", home);
	else
		return err_set(e, ERR_MISSING,
		    "neither XDG_STATE_HOME nor HOME is set: give --state");
	return size < PATH_MAX ? 0 : err_set(e, ERR_LIMIT, "--state: the path is too long");
}

/*
 * The address asked for, and ::1 beside 127.0.0.1, since clients take "localhost" for either. Without IPv6 one is enough.
 */
static int
listen_all(const char *text, int fds[2], size_t *count, uint16_t *port, struct err *e)
{
	struct listen_address at;

	TRY(listen_address_parse(text, &at, e));
	if (!listen_address_is_local(&at) || at.path[0] != '\0')
		return err_set(e, ERR_DENIED,
		    "--listen %s: keys that everybody may know are for "
		    "loopback addresses only",
		    text);
	TRY(listen_open(&at, &fds[0], port, e));
	*count = 1;
	if (strcmp(at.host, "127.0.0.1") != 0)
		return 0;
	strcpy(at.host, "::1");
	at.port = *port;
	if (listen_open(&at, &fds[1], NULL, NULL) == 0)
		*count = 2;
	return 0;
}

static void
greet(const struct dev_state *s)
{
	fprintf(stderr, "try: attest --instance %s --ca %s discover\n", s->url, s->ca);
}

/* Our arguments as the children need them: the folder and port that they became, the clock as a distance. */
static int
supervise(const struct options *o, const struct dev_state *s, uint16_t port, const int *fds,
    size_t count)
{
	static char self[] = "attestd-dev", state[] = "--state", offset[] = "--offset",
		    listen[] = "--listen", verbose[] = "-v", folder[] = "--collateral";
	char dir[PATH_MAX], distance[32], address[32];
	char *folders[MAX_FOLDERS] = { 0 }, *argv[2 * MAX_FOLDERS + 10];
	struct supervise_config config = { .argv = argv,
		.listen_fds = fds,
		.listen_count = count,
		.drain_ms = DRAIN_MS };
	size_t n = 0;
	int status;

	memcpy(dir, s->dir, sizeof(dir));
	snprintf(distance, sizeof(distance), "%lld", (long long)o->offset_s);
	snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)port);
	argv[n++] = self;
	argv[n++] = state;
	argv[n++] = dir;
	argv[n++] = listen;
	argv[n++] = address;
	argv[n++] = offset;
	argv[n++] = distance;
	if (o->verbose)
		argv[n++] = verbose;
	for (size_t i = 0; i < o->folder_count; i++) {
		folders[i] = realpath(o->folders[i], NULL);
		if (folders[i] == NULL)
			return usage("--collateral: no such folder", o->folders[i]);
		argv[n++] = folder;
		argv[n++] = folders[i];
	}
	argv[n] = NULL;
	status = supervise_run(&config);
	for (size_t i = 0; i < o->folder_count; i++)
		free(folders[i]);
	return status;
}

static int
run_parent(struct options *o)
{
	char folder[PATH_MAX];
	struct dev_state s;
	struct err e = { 0 };
	int64_t real_at = (int64_t)time(NULL);
	uint16_t port = 0;
	int fds[2];
	size_t count = 0;

	if (o->has_at)
		o->offset_s = o->at - real_at;
	if (o->state == NULL) {
		if (default_state(folder, &e) < 0)
			return usage(e.msg, NULL);
		o->state = folder;
	}
	if (listen_all(o->listen, fds, &count, &port, &e) < 0 ||
	    dev_state_make_folder(o->state, &e) < 0 || dev_state_open(o->state, port, &s, &e) < 0) {
		fprintf(stderr, "attestd-dev: %s\n", e.msg);
		return EXIT_USAGE;
	}
	greet(&s);
	if (dev_state_prepare(&s, real_at, real_at + o->offset_s, &e) < 0) {
		fprintf(stderr, "attestd-dev: %s\n", e.msg);
		return EXIT_OURS;
	}
	return supervise(o, &s, port, fds, count);
}

/* --- the children --- */

#define ROOT_LABEL    "attestd-dev synthetic root"
#define SETTINGS_HEAD "{\"extra_anchors\":[{\"label\":\"" ROOT_LABEL "\",\"spki_sha256\":\""
#define SETTINGS_TAIL "\"}]}"
#define SETTINGS_SIZE (sizeof(SETTINGS_HEAD) + 64 + sizeof(SETTINGS_TAIL))

/*
 * What is trusted beyond the pinned roots stands in the appraisal settings, whose hash every token carries (product.md 3);
 * the authority's list of anchors only says which of them are a dev program's.
 */
static void
trust_root(struct authority_type_config *types, size_t count, const uint8_t root[32],
    char text[SETTINGS_SIZE])
{
	char pin[65] = "";

	hex_encode(bytes_of(root, 32), pin);
	snprintf(text, SETTINGS_SIZE, "%s%s%s", SETTINGS_HEAD, pin, SETTINGS_TAIL);
	for (size_t i = 0; i < count; i++)
		types[i].settings = bytes_of_str(text);
}

static int
run_authority(const struct options *o, const struct dev_state *s,
    const struct supervise_child *child)
{
	struct authority_type_config types[KIND_COUNT];
	struct authority_instance_config instance = { .id = s->host,
		.host = s->host,
		.issuer = s->url,
		.mode = TRUST_AAD,
		.types = types,
		.type_count = daemon_types(types) };
	const struct authority_issuer_config issuer = { .issuer = s->issuer,
		.audience = AUDIENCE,
		.jwks_path = s->jwks };
	struct authority_anchor_config anchor = { .label = ROOT_LABEL, .dev = true };
	char settings[SETTINGS_SIZE];
	const char *folders[MAX_FOLDERS + 1] = { s->collateral };
	struct err e = { 0 };

	for (size_t i = 0; i < o->folder_count; i++)
		folders[i + 1] = o->folders[i];
	if (dev_state_root_pin(s, anchor.spki_sha256, &e) < 0) {
		log_error("cannot start", "%s", e.msg);
		return EXIT_OURS;
	}
	trust_root(types, instance.type_count, anchor.spki_sha256, settings);

	const struct authority_config config = {
		.state_dir = s->dir,
		.master_key_path = s->master_key,
		.make_master_key = true,
		.dev = true,
		.clock_offset_s = o->offset_s,
		.instances = &instance,
		.instance_count = 1,
		.issuers = &issuer,
		.issuer_count = 1,
		.collateral_dirs = folders,
		.collateral_dir_count = o->folder_count + 1,
		.anchors = &anchor,
		.anchor_count = 1,
		.tls_cert_path = s->tls_cert,
		.tls_key_path = s->tls_key,
		.cert_lifetime_s = CERT_LIFETIME_S,
	};

	return daemon_authority_run(&config, NULL, true, child);
}

static void
member(struct buf *out, const char *before, const char *value)
{
	buf_str(out, before);
	json_emit_str(out, bytes_of_str(value));
}

struct ready {
	struct dev_issuer issuer; /* first: the user of both hooks */
	const struct dev_state *state;
};

/* The one line on standard output. */
static void
say_ready(void *user)
{
	const struct ready *r = user;
	DEFER(buf_release) struct buf line;
	ssize_t done;

	buf_init(&line, 65536);
	member(&line, "{\"ready\":true,\"urls\":{\"aad\":", r->state->url);
	member(&line, "},\"ca\":", r->state->ca);
	member(&line, ",\"state\":", r->state->dir);
	buf_str(&line, "}\n");
	done = write(STDOUT_FILENO, line.p, line.size);
	(void)done;
}

static int
run_worker(const struct dev_state *s, uint16_t port, const struct supervise_child *child)
{
	struct ready ready = { .issuer = { .url = s->issuer }, .state = s };
	const struct daemon_extras extras = { .on_state = dev_issuer_on_state,
		.on_ready = say_ready,
		.user = &ready };
	struct daemon_worker w = {
		.listener_count = child->listen_count,
		.limits = HTTP_LIMITS_DEFAULT,
		.drain_ms = DRAIN_MS,
		.traceable = true,
		.service = { .open_metrics = true, .show_all = true },
		.extras = &extras,
	};

	for (size_t i = 0; i < w.listener_count && i < MAX_HTTP_LISTENERS; i++)
		w.listeners[i] = (struct http_listener){ .port = port, .label = "aad" };
	return daemon_worker_run(&w, child);
}

static int
run_child(const struct options *o, const struct supervise_child *child)
{
	struct listen_address at;
	struct dev_state s;
	struct err e = { 0 };

	clock_set_offset(o->offset_s);
	if (o->state == NULL || listen_address_parse(o->listen, &at, &e) < 0 ||
	    dev_state_open(o->state, at.port, &s, &e) < 0) {
		log_error("cannot start", "%s", e.msg);
		return EXIT_OURS;
	}
	return child->role == SUPERVISE_WORKER ? run_worker(&s, at.port, child)
					       : run_authority(o, &s, child);
}

int
main(int argc, char **argv)
{
	static const char *const names[] = { "attestd-dev", "worker", "authority" };
	struct options o = { .listen = DEFAULT_LISTEN };
	struct supervise_child child;
	struct err e = { 0 };
	int status;

	if (supervise_child_parse(&argc, argv, &child, &e) < 0)
		return usage(e.msg, NULL);
	status = options_parse(argc, argv, &o);
	if (status >= 0)
		return status;
	log_setup(o.verbose ? LOG_DEBUG : LOG_INFO, false, names[child.role]);
	return child.role == SUPERVISE_PARENT ? run_parent(&o) : run_child(&o, &child);
}
