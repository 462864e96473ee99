/* SPDX-License-Identifier: Apache-2.0 */
/* The real authority in a thread, over a socket pair, with two instances; and payloads as an honest worker makes them. */
#pragma once

#include "authority/authority.h"

#include "../../support/test.h"
#include "../../support/tmpdir.h"
#include "authority/client.h"
#include "authority/protocol.h"
#include "base/clock.h"
#include "token/build.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define HELP_SETTINGS "{\"tolerated\":[]}"
#define HELP_POLICY   "version= 1.0;authorizationrules{=> permit();};issuancerules{};"

struct authority_help {
	struct tmpdir dir;
	char state[160], master[160], collateral[160], tls_cert[160], tls_key[160], jwks[160];
	const char *dirs[1];
	struct authority_type_config types[2];
	struct authority_instance_config instances[2];
	struct authority_issuer_config issuers[1];
	struct authority_anchor_config anchors[1];
	struct authority_config config;

	pthread_t thread;
	bool running;
	int given;  /* the authority's end */
	int fd;     /* the worker's end */
	int result; /* of authority_run() */
	struct err err;
};

static inline void
help_put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline void
help_config(struct authority_help *h)
{
	memset(h, 0, sizeof(*h));
	h->dir = tmpdir_new();
	h->fd = h->given = -1;
	snprintf(h->state, sizeof(h->state), "%s/state", h->dir.path);
	snprintf(h->master, sizeof(h->master), "%s/master.key", h->dir.path);
	snprintf(h->collateral, sizeof(h->collateral), "%s/collateral", h->dir.path);
	snprintf(h->tls_cert, sizeof(h->tls_cert), "%s/tls.pem", h->dir.path);
	snprintf(h->tls_key, sizeof(h->tls_key), "%s/tls.key", h->dir.path);
	snprintf(h->jwks, sizeof(h->jwks), "%s/jwks.json", h->dir.path);
	assert_int_equal(mkdir(h->collateral, 0700), 0);
	help_put_file(tmpdir_at(&h->dir, "collateral/b.crl"), "second");
	help_put_file(tmpdir_at(&h->dir, "collateral/a.json"), "first");
	help_put_file(tmpdir_at(&h->dir, "collateral/.hidden"), "never");
	assert_int_equal(mkdir(tmpdir_at(&h->dir, "collateral/c"), 0700), 0);
	help_put_file(tmpdir_at(&h->dir, "collateral/c/d.pem"), "third");
	assert_int_equal(mkdir(tmpdir_at(&h->dir, "collateral/c/e"), 0700), 0);
	help_put_file(tmpdir_at(&h->dir, "collateral/c/e/f.pem"), "too deep");
	help_put_file(h->tls_cert, "certificate");
	help_put_file(h->tls_key, "key");
	help_put_file(h->jwks, "{\"keys\":[]}");
	h->dirs[0] = h->collateral;
	h->types[0] = (struct authority_type_config){ .type = "SgxEnclave",
		.token_type = "sgx",
		.policy = BYTES(HELP_POLICY),
		.settings = BYTES(HELP_SETTINGS) };
	h->types[1] = (struct authority_type_config){ .type = "Tpm", .token_type = "tpm" };
	h->instances[0] = (struct authority_instance_config){ .id = "one",
		.host = "localhost:8443",
		.issuer = "https://localhost:8443",
		.types = h->types,
		.type_count = 2 };
	h->instances[1] = (struct authority_instance_config){ .id = "two",
		.host = "localhost:8444",
		.issuer = "https://localhost:8444",
		.mode = TRUST_SHARED,
		.types = h->types,
		.type_count = 1 };
	h->issuers[0] = (struct authority_issuer_config){ .issuer = "https://i",
		.audience = "https://attest.azure.net",
		.jwks_path = h->jwks };
	h->anchors[0] = (struct authority_anchor_config){ .label = "root", .dev = true };
	h->config = (struct authority_config){ .state_dir = h->state,
		.master_key_path = h->master,
		.make_master_key = true,
		.instances = h->instances,
		.instance_count = 2,
		.issuers = h->issuers,
		.issuer_count = 1,
		.collateral_dirs = h->dirs,
		.collateral_dir_count = 1,
		.anchors = h->anchors,
		.anchor_count = 1,
		.tls_cert_path = h->tls_cert,
		.tls_key_path = h->tls_key,
		.signer_threads = 2,
		.segment_size = 1048576 };
}

static inline void *
help_thread(void *arg)
{
	struct authority_help *h = arg;

	h->result = authority_run(&h->config, h->given, &h->err);
	return NULL;
}

static inline void
help_run(struct authority_help *h)
{
	int fds[2];

	assert_int_equal(ipc_pair(fds, NULL), 0);
	h->given = fds[0];
	h->fd = fds[1];
	err_clear(&h->err);
	assert_int_equal(pthread_create(&h->thread, NULL, help_thread, h), 0);
	h->running = true;
}

/* Closes the worker's end, unless a client owns it (then fd is -1), and waits. */
static inline int
help_join(struct authority_help *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	pthread_join(h->thread, NULL);
	h->running = false;
	return h->result;
}

static inline void
help_drop(struct authority_help *h)
{
	if (h->running)
		(void)help_join(h);
	tmpdir_drop(&h->dir);
}

/* What an honest worker would write for instance IN and type T, as text; each part can be replaced. */
struct payload_spec {
	const char *issuer, *type, *policy_hash, *appraisal_hash;
	int64_t iat, nbf, exp;
	const char *extra; /* members that sort behind x-ms-ver, with their comma */
};

static inline void
help_payload(struct buf *out, const struct payload_spec *p)
{
	buf_clear(out);
	buf_str(out, "{");
	if (p->appraisal_hash != NULL)
		buf_fmt(out, "\"attest-appraisal-hash\":\"%s\",", p->appraisal_hash);
	buf_fmt(out, "\"exp\":%lld,\"iat\":%lld,\"iss\":\"%s\",\"nbf\":%lld,", (long long)p->exp,
	    (long long)p->iat, p->issuer, (long long)p->nbf);
	buf_fmt(out, "\"x-ms-attestation-type\":\"%s\",\"x-ms-policy-hash\":\"%s\",", p->type,
	    p->policy_hash);
	buf_fmt(out, "\"x-ms-ver\":\"1.0\"%s}", p->extra == NULL ? "" : p->extra);
	assert_true(buf_ok(out));
}

static inline void
help_text(struct bytes from, char *out, size_t room)
{
	snprintf(out, room, "%.*s", BYTES_FMT(from));
}
