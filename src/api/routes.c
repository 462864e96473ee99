/* SPDX-License-Identifier: Apache-2.0 */
#include "api/routes.h"

#include <stdio.h>
#include <string.h>

#define READER   ROLE_READER
#define AUDITOR  ROLE_AUDITOR
#define PROCESS  ROUTE_PROCESS
#define PREBUILT ROUTE_PREBUILT
#define SHARED   ROUTE_SHARED

/* The whole surface. A row without a handler is known and not built yet. */
static const struct route routes[] = {
	{ "POST", "/attest/{type}", api_attest, 0, 0 },
	{ "POST", "/attest/Tee/{type}", api_attest, 0, 0 }, /* clients of 2019, maa-api.md 1.4 */
	{ "GET", "/certs", api_certs, 0, PREBUILT },
	{ "GET", "/.well-known/openid-configuration", api_discovery, 0, PREBUILT },
	{ "GET", "/policies/{type}", api_policy_get, READER, SHARED },
	{ "PUT", "/policies/{type}", NULL, 0, 0 },
	{ "POST", "/policies/{type}:reset", NULL, 0, 0 },
	{ "GET", "/certificates", NULL, 0, 0 },
	{ "POST", "/certificates:add", NULL, 0, 0 },
	{ "POST", "/certificates:remove", NULL, 0, 0 },
	{ "GET", "/tcbbaselines/{type}", NULL, 0, 0 },
	{ "GET", "/operations/policy/current", NULL, 0, 0 },
	{ "PUT", "/operations/policy/current", NULL, 0, 0 },
	{ "POST", "/operations/policy/current", NULL, 0, 0 },
	{ "POST", "/operations/policy/updatepolicy", NULL, 0, 0 },
	{ "GET", "/operations/policy/certificates", NULL, 0, 0 },
	{ "PUT", "/operations/policy/certificates", NULL, 0, 0 },
	{ "POST", "/operations/policy/certificates", NULL, 0, 0 },
	{ "GET", "/servicehealth", api_service_health, 0, 0 },
	{ "GET", "/attestd/traces/{id}", api_trace_get, 0, 0 },
	{ "GET", "/attestd/log/checkpoint", api_log_checkpoint, 0, PROCESS },
	{ "GET", "/attestd/log/key", api_log_key, 0, PROCESS },
	{ "GET", "/attestd/log/tile/{level}/{*}", api_log_tile, 0, PROCESS },
	{ "GET", "/attestd/log/proof", api_log_proof, 0, 0 },
	{ "GET", "/attestd/log/records", api_log_records, AUDITOR, 0 },
	{ "GET", "/attestd/livez", api_livez, 0, PROCESS },
	{ "GET", "/attestd/readyz", api_readyz, 0, PROCESS },
	{ "GET", "/attestd/metrics", api_metrics, 0, PROCESS },
};

size_t
route_count(void)
{
	return COUNT_OF(routes);
}

const struct route *
route_at(size_t i)
{
	return &routes[i];
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Takes one {…}; *PATTERN stands behind it afterwards. */
static bool
take_arg(const char **pattern, struct rd *path, struct bytes *arg)
{
	bool rest = (*pattern)[1] == '*';
	size_t size = 0;

	while (**pattern != '}')
		(*pattern)++;
	(*pattern)++;
	while (size < path->left.size &&
	    (rest || (path->left.p[size] != '/' && path->left.p[size] != ':')))
		size++;
	*arg = rd_take(path, size);
	return size > 0;
}

static bool
fits(const char *pattern, struct bytes path, struct bytes args[MAX_ROUTE_ARGS])
{
	struct rd r = rd_from(path);
	size_t count = 0;

	while (*pattern != '\0') {
		if (*pattern == '{') {
			if (count == MAX_ROUTE_ARGS || !take_arg(&pattern, &r, &args[count++]))
				return false;
			continue;
		}
		if (lower((char)rd_u8(&r)) != lower(*pattern) || !rd_ok(&r))
			return false;
		pattern++;
	}
	return rd_done(&r);
}

/* One slash at the end is nothing. */
static struct bytes
trim(struct bytes path)
{
	if (path.size > 1 && path.p[path.size - 1] == '/')
		path.size--;
	return path;
}

static void
allow_add(char allow[64], const char *method)
{
	size_t used = strlen(allow);

	if (strstr(allow, method) == NULL)
		snprintf(allow + used, 64 - used, "%s%s", used > 0 ? ", " : "", method);
}

const struct route *
route_find(struct bytes method, struct bytes path, struct bytes args[MAX_ROUTE_ARGS],
    char allow[64])
{
	allow[0] = '\0';
	path = trim(path);
	for (size_t i = 0; i < COUNT_OF(routes); i++) {
		if (!fits(routes[i].pattern, path, args))
			continue;
		if (bytes_is_str(method, routes[i].method))
			return &routes[i];
		allow_add(allow, routes[i].method);
	}
	return NULL;
}
