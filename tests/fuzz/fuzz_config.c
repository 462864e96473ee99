/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd/attestd/config and net/listen: a configuration that is taken is one that config_check() takes, with every number within
 * the bounds of its key; an address that is taken has a host or a path. The input is the environment, one assignment per
 * line, an empty line, and the YAML text.
 */
#include "fuzz.h"

#include "cmd/attestd/config.h"
#include "net/listen.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ENVIRONMENT 8

/* Takes assignments off TEXT up to the first empty line; each is its own heap block. */
static size_t
take_environment(struct bytes *text, char *out[MAX_ENVIRONMENT + 1])
{
	struct rd r = rd_from(*text);
	size_t count = 0;

	while (count < MAX_ENVIRONMENT) {
		const uint8_t *end = r.left.size > 0 ? memchr(r.left.p, '\n', r.left.size) : NULL;
		struct bytes line;

		if (end == NULL)
			break;
		line = rd_take(&r, (size_t)(end - r.left.p));
		(void)rd_u8(&r);
		if (line.size == 0) {
			*text = r.left;
			break;
		}
		out[count] = (char *)fuzz_heap_copy((struct bytes){ line.p, line.size + 1 });
		out[count++][line.size] = '\0';
	}
	return count;
}

static void
fuzz_listen(const char *text)
{
	struct listen_address at = { 0 };
	struct err e = { 0 };

	if (listen_address_parse(text, &at, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS((at.host[0] != '\0') != (at.path[0] != '\0'));
	HOLDS(memchr(at.host, '\0', sizeof(at.host)) != NULL);
	HOLDS(memchr(at.path, '\0', sizeof(at.path)) != NULL);
	HOLDS(at.path[0] == '\0' || listen_address_is_local(&at));
}

static void
fuzz_bounds(const struct config *c)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		int64_t v;

		if (strcmp(k->section, "instances") == 0 || strcmp(k->section, "callers") == 0 ||
		    k->type != CONFIG_NUMBER)
			continue;
		memcpy(&v, (const char *)c + k->offset, sizeof(v));
		HOLDS(v >= k->min && v <= k->max);
	}
	HOLDS(c->instance_count <= MAX_CONFIG_INSTANCES && c->caller_count <= MAX_CONFIG_CALLERS);
	for (size_t i = 0; i < c->listen.count; i++)
		fuzz_listen(c->listen.items[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *environment[MAX_ENVIRONMENT + 1] = { NULL };
	struct bytes text = bytes_of(data, size);
	size_t count = take_environment(&text, environment);
	struct config *c = NULL;
	struct err e = { 0 };

	if (config_parse(text, environment, &c, &e) < 0) {
		HOLDS(c == NULL);
		fuzz_refusal(&e);
	} else {
		HOLDS(config_check(c, &e) == 0);
		fuzz_bounds(c);
	}
	config_free(c);
	for (size_t i = 0; i < count; i++) {
		fuzz_listen(environment[i]);
		free(environment[i]);
	}
	return 0;
}
