/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signer.h"

#include <pthread.h>
#include <string.h>

void
signer_free(struct signer *s)
{
	if (s != NULL)
		s->free(s);
}

void
signer_freep(struct signer **s)
{
	signer_free(*s);
}

struct wait {
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool done;
};

static void
wake(struct sign_job *jobs, size_t count, void *user)
{
	struct wait *w = user;

	(void)jobs;
	(void)count;
	pthread_mutex_lock(&w->lock);
	w->done = true;
	pthread_cond_signal(&w->over);
	pthread_mutex_unlock(&w->lock);
}

int
signer_sign_now(struct signer *s, struct bytes message, uint8_t sig[MAX_SIG_SIZE], size_t *sig_size,
    struct err *e)
{
	struct wait w = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
	struct sign_job job = { .message = message };

	s->sign(s, &job, 1, wake, &w);
	pthread_mutex_lock(&w.lock);
	while (!w.done)
		pthread_cond_wait(&w.over, &w.lock);
	pthread_mutex_unlock(&w.lock);
	pthread_cond_destroy(&w.over);
	pthread_mutex_destroy(&w.lock);
	if (job.err.code != ERR_NONE)
		return err_set(e, job.err.code, "%s", job.err.msg);
	if (job.sig_size == 0 || job.sig_size > MAX_SIG_SIZE)
		return err_set(e, ERR_INTERNAL, "signer: a signature of %zu bytes", job.sig_size);
	memcpy(sig, job.sig, job.sig_size);
	*sig_size = job.sig_size;
	return 0;
}
