/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration of attestd: one YAML file, one table of keys (config_keys), from which the reader, the environment
 * overrides, attestd.conf(5) and the annotated example come.
 *
 *	listen: ["0.0.0.0:8443"]
 *	tls_certificate: /etc/attestd/tls.pem
 *	tls_key: /etc/attestd/tls.key
 *	instances:
 *	  - {id: prod, host: attest.example.org}
 *	log: {level: info}
 *
 * Unknown keys are errors that name their line, so that a misspelt one is never taken for set. A scalar outside the
 * sequences can also come from the environment, ATTESTD_LOG_LEVEL for log.level; the environment wins over the file.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define MAX_CONFIG_SIZE      1048576
#define MAX_CONFIG_LIST      64
#define MAX_CONFIG_INSTANCES 256
#define MAX_CONFIG_CALLERS   16

struct config_list {
	const char *items[MAX_CONFIG_LIST];
	size_t count;
};

struct config_instance {
	const char *id, *host;
	int64_t mode;    /* enum trust_mode */
	int64_t explain; /* 1: id-only */
};

struct config_caller {
	const char *issuer, *audience, *jwks_file, *roles_claim;
};

/* Plain data; strings live in the arena. Choices are indexes into their row's names. */
struct config {
	struct config_list listen, listen_plain;
	const char *tls_certificate, *tls_key;
	const char *state_dir, *master_key_file, *user;
	int64_t log_level, log_format;
	struct config_list collateral_folders;
	int64_t metrics_open;
	int64_t max_connections, max_per_client, max_in_flight, max_header, max_body;
	int64_t idle_s, header_s, body_s, send_s, drain_s, request_s;
	int64_t leeway_s, token_lifetime_s, threads;
	struct config_instance instances[MAX_CONFIG_INSTANCES];
	size_t instance_count;
	struct config_caller callers[MAX_CONFIG_CALLERS];
	size_t caller_count;
	struct arena arena;
};

enum config_type {
	CONFIG_TEXT,
	CONFIG_PATH,   /* absolute */
	CONFIG_NUMBER, /* min..max */
	CONFIG_BOOL,
	CONFIG_CHOICE, /* one of `choices` */
	CONFIG_LIST,   /* of texts */
};

/* One key. SECTION "" is the top; "instances" and "callers" are sequences of mappings. */
struct config_key {
	const char *section, *name;
	enum config_type type;
	size_t offset; /* in struct config, or in the element of a sequence */
	int64_t min, max;
	const char *const *choices; /* NULL-terminated */
	const char *fallback;       /* the default as text; NULL: none */
	bool needed;
	const char *doc; /* one sentence or two, for the manual */
};
extern const struct config_key config_keys[];
extern const size_t config_key_count;

/* The environment is a NULL-terminated list of "NAME=value"; CREDENTIALS_DIRECTORY of systemd gives the master key. */
int config_parse(struct bytes text, char *const *environment, struct config **out, struct err *e)
    MUST_CHECK;
int config_load(const char *path, char *const *environment, struct config **out, struct err *e)
    MUST_CHECK;
void config_free(struct config *c);
void config_freep(struct config **c);

/* Whether the values fit each other: listeners, certificate, instances. Done by config_parse() too. */
int config_check(const struct config *c, struct err *e) MUST_CHECK;
/* Whether the files that it names are there, readable, and, for keys, closed to others. */
int config_check_files(const struct config *c, struct err *e) MUST_CHECK;
