/* SPDX-License-Identifier: Apache-2.0 */
#include "net/deadline.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define TICK_NS 250000000L

struct deadline {
	struct deadline *next, *prev;
	int fd;
	_Atomic uint64_t at_ms;
};

struct deadlines {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct deadline *first;
	bool over;
	_Atomic uint64_t late;
};

static void
shut_the_late(struct deadlines *d)
{
	uint64_t now_ms = clock_ms();

	for (struct deadline *x = d->first; x != NULL; x = x->next) {
		uint64_t at_ms = atomic_load(&x->at_ms);

		if (at_ms == DEADLINE_NONE || at_ms > now_ms)
			continue;
		atomic_store(&x->at_ms, DEADLINE_NONE);
		atomic_fetch_add(&d->late, 1);
		shutdown(x->fd, SHUT_RDWR);
	}
}

/* Looks again each tick while there are connections, and sleeps while there are none. */
static void *
watch(void *arg)
{
	struct deadlines *d = arg;

	pthread_mutex_lock(&d->lock);
	while (!d->over) {
		struct timespec until;

		if (d->first == NULL) {
			pthread_cond_wait(&d->wake, &d->lock);
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TICK_NS;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&d->wake, &d->lock, &until);
		shut_the_late(d);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

int
deadlines_new(struct deadlines **out, struct err *e)
{
	struct deadlines *d = calloc(1, sizeof(*d));
	pthread_condattr_t attr;

	if (d == NULL)
		return err_set(e, ERR_LIMIT, "deadlines: out of memory");
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&d->thread, NULL, watch, d) != 0) {
		free(d);
		return err_set(e, ERR_IO, "deadlines: no thread");
	}
	*out = d;
	return 0;
}

void
deadlines_free(struct deadlines *d)
{
	if (d == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	d->over = true;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

struct deadline *
deadlines_add(struct deadlines *d, int fd, uint64_t at_ms)
{
	struct deadline *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->fd = fd;
	atomic_init(&x->at_ms, at_ms);
	pthread_mutex_lock(&d->lock);
	x->next = d->first;
	if (d->first != NULL)
		d->first->prev = x;
	else
		pthread_cond_signal(&d->wake);
	d->first = x;
	pthread_mutex_unlock(&d->lock);
	return x;
}

void
deadlines_remove(struct deadlines *d, struct deadline *entry)
{
	if (entry == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	if (entry->next != NULL)
		entry->next->prev = entry->prev;
	if (entry->prev != NULL)
		entry->prev->next = entry->next;
	else
		d->first = entry->next;
	pthread_mutex_unlock(&d->lock);
	free(entry);
}

void
deadline_set(struct deadline *entry, uint64_t at_ms)
{
	if (entry != NULL)
		atomic_store(&entry->at_ms, at_ms);
}

uint64_t
deadlines_count_late(const struct deadlines *d)
{
	return atomic_load(&d->late);
}
