/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attestd/daemon.h"

#include "base/log.h"
#include "crypto/digest.h"
#include "policy/defaults.h"
#include "proc/sandbox.h"
#include "service/kinds.h"

#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MODULE "authority"

size_t
daemon_types(struct authority_type_config out[KIND_COUNT])
{
	size_t count = 0;

	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct kind *k = &kind_table[i];

		if (k->attestation_type == NULL)
			continue;
		out[count++] = (struct authority_type_config){ .type = k->name,
			.token_type = k->attestation_type,
			.policy = policy_default_text(k->name) };
	}
	return count;
}

struct confinement {
	bool traceable;
};

static int
confine(void *user, struct err *e)
{
	const struct confinement *c = user;

	return sandbox_enter(SANDBOX_AUTHORITY, c->traceable, e);
}

/* As root we may make the folder that the user could not. */
static int
give_state_dir(const char *path, const char *user, struct err *e)
{
	struct passwd *pw = getpwnam(user);

	if (geteuid() != 0 || pw == NULL || mkdir(path, 0700) != 0)
		return 0;
	if (chown(path, pw->pw_uid, pw->pw_gid) != 0)
		return err_set(e, ERR_IO, "state_dir: %s: cannot be given to %s", path, user);
	return 0;
}

int
daemon_authority_run(const struct authority_config *config, const char *user, bool traceable,
    const struct supervise_child *child)
{
	struct authority_config c = *config;
	struct confinement how = { .traceable = traceable };
	struct err e = { 0 };
	bool served = false;

	prctl(PR_SET_NAME, "attestd-keys");
	mallopt(M_ARENA_MAX, 2);
	/* A file over a limit is an error of the write, and of the request that wanted it, like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	c.confine = confine;
	c.confine_user = &how;
	c.take_signals = true;
	c.served = &served;
	if ((user != NULL && give_state_dir(c.state_dir, user, &e) < 0) ||
	    sandbox_drop_user(user, &e) < 0 || authority_run(&c, child->ipc_fd, &e) < 0) {
		log_error("ended", "%s", e.msg);
		if (served || e.code == ERR_UNAVAILABLE)
			return SUPERVISE_REPLACE;
		/* What an operator has to mend, against what we have to. */
		if (e.code == ERR_DENIED || e.code == ERR_INVALID || e.code == ERR_MISSING)
			return EXIT_USAGE;
		return EXIT_OURS;
	}
	return EXIT_DONE;
}
