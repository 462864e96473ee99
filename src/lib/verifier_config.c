/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CONFIG_MEMORY (256U << 10)
#define MAX_ORIGINS       16
#define MAX_SECONDS       (30U * 86400)
#define MAX_MILLISECONDS  (600U * 1000)

struct attest_verifier_config {
	struct arena arena;
	struct key_cache_config how;
	const char *origins[MAX_ORIGINS + 1];
	size_t origin_count;
	struct err first; /* the first mistake of the builder */
};

static const char *
copy(struct attest_verifier_config *c, const char *text, const char *what)
{
	struct bytes kept;

	if (text == NULL) {
		if (c->first.code == ERR_NONE)
			(void)err_set(&c->first, ERR_INVALID, "verifier: no %s was given", what);
		return NULL;
	}
	kept = arena_copy(&c->arena, bytes_of_str(text));
	if (kept.p == NULL && c->first.code == ERR_NONE)
		(void)arena_fail(&c->first, "verifier");
	return (const char *)kept.p;
}

/* VALUE in units of which a thousand or one are a millisecond count of 32 bits. */
static uint32_t
bounded(struct attest_verifier_config *c, uint32_t value, uint32_t most, uint32_t unit_ms,
    const char *what)
{
	if (value <= most)
		return value * unit_ms;
	if (c->first.code == ERR_NONE)
		(void)err_set(&c->first, ERR_INVALID, "verifier: %s of %u, at most %u", what, value,
		    most);
	return 0;
}

struct attest_verifier_config *
attest_verifier_config_new(const char *issuer)
{
	struct attest_verifier_config *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	arena_init(&c->arena, MAX_CONFIG_MEMORY);
	c->how = (struct key_cache_config)KEY_CACHE_CONFIG;
	c->how.from.issuer = copy(c, issuer, "issuer");
	return c;
}

void
attest_verifier_config_free(struct attest_verifier_config *c)
{
	if (c == NULL)
		return;
	arena_release(&c->arena);
	free(c);
}

void
attest_verifier_config_ca_file(struct attest_verifier_config *c, const char *path)
{
	if (c != NULL)
		c->how.from.ca_file = copy(c, path, "CA file");
}

void
attest_verifier_config_jwks_url(struct attest_verifier_config *c, const char *url)
{
	if (c != NULL)
		c->how.from.jwks_url = copy(c, url, "URL of the keys");
}

void
attest_verifier_config_jwks_origin(struct attest_verifier_config *c, const char *origin)
{
	if (c == NULL)
		return;
	if (c->origin_count < MAX_ORIGINS) {
		c->origins[c->origin_count] = copy(c, origin, "origin");
		if (c->origins[c->origin_count] != NULL)
			c->origin_count++;
		c->how.from.jwks_origins = c->origins;
	} else if (c->first.code == ERR_NONE) {
		(void)err_set(&c->first, ERR_LIMIT, "verifier: more than %d origins", MAX_ORIGINS);
	}
}

void
attest_verifier_config_refresh(struct attest_verifier_config *c, uint32_t least_s, uint32_t most_s)
{
	if (c == NULL)
		return;
	c->how.refresh_min_ms = bounded(c, least_s, MAX_SECONDS, 1000, "a least refresh time");
	c->how.refresh_max_ms = bounded(c, most_s, MAX_SECONDS, 1000, "a most refresh time");
}

void
attest_verifier_config_staleness(struct attest_verifier_config *c, uint32_t seconds)
{
	if (c != NULL)
		c->how.max_stale_ms = bounded(c, seconds, MAX_SECONDS, 1000, "a staleness");
}

void
attest_verifier_config_cooldown(struct attest_verifier_config *c, uint32_t seconds)
{
	if (c != NULL)
		c->how.cooldown_ms = bounded(c, seconds, MAX_SECONDS, 1000, "a cooldown");
}

void
attest_verifier_config_wait(struct attest_verifier_config *c, uint32_t milliseconds)
{
	if (c != NULL)
		c->how.wait_ms = bounded(c, milliseconds, MAX_MILLISECONDS, 1, "a wait");
}

void
attest_verifier_config_timeout(struct attest_verifier_config *c, uint32_t milliseconds)
{
	if (c == NULL)
		return;
	c->how.from.timeout_ms = bounded(c, milliseconds, MAX_MILLISECONDS, 1, "a timeout");
	if (milliseconds == 0 && c->first.code == ERR_NONE)
		(void)err_set(&c->first, ERR_INVALID, "verifier: a timeout of zero");
}

void
attest_verifier_config_allow_private_addresses(struct attest_verifier_config *c)
{
	if (c != NULL)
		c->how.from.allow_private = true;
}

int
verifier_config_use(const struct attest_verifier_config *c, const struct key_cache_config **how,
    struct err *e)
{
	if (c == NULL)
		return err_set(e, ERR_INVALID, "verifier: no configuration was given");
	if (c->first.code != ERR_NONE)
		return err_set(e, c->first.code, "%s", c->first.msg);
	*how = &c->how;
	return 0;
}
