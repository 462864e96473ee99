/* SPDX-License-Identifier: Apache-2.0 */
/* The signer over a private key in this process; declared in crypto/privkey.h. */
#include "crypto/privkey.h"

#include <stdlib.h>

struct signer_soft {
	struct signer base; /* first, so that one pointer serves for both */
	struct privkey *private;
};

static struct signer_soft *
soft_of(struct signer *s)
{
	return (struct signer_soft *)(void *)s;
}

static void
soft_sign(struct signer *s, struct sign_job *jobs, size_t count,
    void (*done)(struct sign_job *jobs, size_t count, void *user), void *user)
{
	struct signer_soft *soft = soft_of(s);

	for (size_t i = 0; i < count; i++) {
		err_clear(&jobs[i].err);
		if (privkey_sign(soft->private, s->alg, SIG_RAW, jobs[i].message, jobs[i].sig,
			&jobs[i].sig_size, &jobs[i].err) < 0)
			jobs[i].sig_size = 0;
	}
	done(jobs, count, user);
}

static void
soft_free(struct signer *s)
{
	struct signer_soft *soft = soft_of(s);

	privkey_free(soft->private);
	free(soft);
}

int
signer_soft_new(struct privkey *key, enum sig_alg alg, struct signer **out, struct err *e)
{
	const struct key *public = privkey_public(key);

	if (!key_fits(public, alg))
		return err_set(e, ERR_INVALID, "signer: the key is not one for %s",
		    sig_alg_name(alg));
	struct signer_soft *soft = calloc(1, sizeof(*soft));

	if (soft == NULL)
		return err_set(e, ERR_LIMIT, "signer: out of memory");
	soft->base = (struct signer){
		.alg = alg,
		.key = public,
		.sign = soft_sign,
		.free = soft_free,
	};
	soft->private = key;
	*out = &soft->base;
	return 0;
}
