/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>

void
secret_wipe(void *p, size_t size)
{
	explicit_bzero(p, size);
}

bool
secret_init(struct secret *s, size_t size)
{
	void *p = mmap(NULL, size == 0 ? 1 : size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*s = (struct secret){ 0 };
	if (p == MAP_FAILED)
		return false;
	/* Locking may be over the user's limit; the pages are still kept out of dumps. */
	(void)mlock(p, size);
	(void)madvise(p, size, MADV_DONTDUMP);
	*s = (struct secret){ p, size };
	return true;
}

void
secret_release(struct secret *s)
{
	if (s->p != NULL) {
		secret_wipe(s->p, s->size);
		munmap(s->p, s->size == 0 ? 1 : s->size);
	}
	*s = (struct secret){ 0 };
}

struct bytes
secret_bytes(const struct secret *s)
{
	return (struct bytes){ s->p, s->size };
}
