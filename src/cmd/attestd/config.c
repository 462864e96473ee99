/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attestd/config.h"

#include "codec/yaml.h"
#include "net/listen.h"
#include "net/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_ARENA_SIZE (8u << 20)
#define ENVIRONMENT       "ATTESTD_"
#define CREDENTIAL        "master-key"

/* What an error names: a line of the file, or a variable of the environment. */
struct place {
	struct bytes text;
	const char *variable;
};

static size_t
line_of(const struct place *where, const struct json *v)
{
	size_t line = 1;

	if (v->span.p == NULL)
		return 0;
	for (const uint8_t *p = where->text.p; p < v->span.p; p++)
		line += *p == '\n';
	return line;
}

static int
wrong(const struct place *where, const struct json *v, const struct config_key *key,
    const char *want, struct err *e)
{
	const char *dot = key->section[0] == '\0' ? "" : ".";

	if (where->variable != NULL)
		return err_set(e, ERR_INVALID, "environment: %s: %s", where->variable, want);
	return err_set(e, ERR_INVALID, "line %zu: %s%s%s: %s", line_of(where, v), key->section, dot,
	    key->name, want);
}

static const char *
text_of(struct config *c, struct bytes text)
{
	return (const char *)arena_copy(&c->arena, text).p;
}

static int
take_text(struct config *c, const struct place *where, const struct json *v,
    const struct config_key *key, const char **out, struct err *e)
{
	struct bytes text = json_text(v);

	/* A number is a fine name too. */
	if (v->type == JSON_NUMBER)
		text = v->text;
	if (text.p == NULL || text.size == 0)
		return wrong(where, v, key, "wants a text", e);
	if (key->type == CONFIG_PATH && text.p[0] != '/')
		return wrong(where, v, key, "wants an absolute path", e);
	*out = text_of(c, text);
	return *out == NULL ? arena_fail(e, "configuration") : 0;
}

static int
take_list(struct config *c, const struct place *where, const struct json *v,
    const struct config_key *key, struct config_list *out, struct err *e)
{
	struct config_list list = { 0 };

	if (v->type == JSON_STRING) {
		TRY(take_text(c, where, v, key, &list.items[list.count++], e));
		*out = list;
		return 0;
	}
	if (v->type != JSON_ARRAY)
		return wrong(where, v, key, "wants a list of texts", e);
	for (const struct json *x = v->first; x != NULL; x = x->next) {
		if (list.count >= MAX_CONFIG_LIST)
			return wrong(where, v, key, "has more than 64 items", e);
		TRY(take_text(c, where, x, key, &list.items[list.count++], e));
	}
	*out = list;
	return 0;
}

static int
take_choice(const struct place *where, const struct json *v, const struct config_key *key,
    int64_t *out, struct err *e)
{
	for (size_t i = 0; key->choices[i] != NULL; i++)
		if (bytes_is_str_nocase(json_text(v), key->choices[i])) {
			*out = (int64_t)i;
			return 0;
		}
	return wrong(where, v, key, key->doc, e);
}

/* V into the member of BASE that KEY describes. */
static int
take_value(struct config *c, const struct place *where, const struct json *v,
    const struct config_key *key, void *base, struct err *e)
{
	void *member = (char *)base + key->offset;
	int64_t number;
	bool truth;

	switch (key->type) {
	case CONFIG_TEXT:
	case CONFIG_PATH:
		return take_text(c, where, v, key, member, e);
	case CONFIG_LIST:
		return take_list(c, where, v, key, member, e);
	case CONFIG_CHOICE:
		return take_choice(where, v, key, member, e);
	case CONFIG_BOOL:
		if (!json_bool(v, &truth))
			return wrong(where, v, key, "wants true or false", e);
		*(int64_t *)member = truth;
		return 0;
	case CONFIG_NUMBER:
		break;
	}
	if (!json_int(v, &number) || number < key->min || number > key->max) {
		if (where->variable != NULL)
			return err_set(e, ERR_INVALID,
			    "environment: %s: wants a number from %lld to %lld", where->variable,
			    (long long)key->min, (long long)key->max);
		return err_set(e, ERR_INVALID, "line %zu: %s.%s: wants a number from %lld to %lld",
		    line_of(where, v), key->section, key->name, (long long)key->min,
		    (long long)key->max);
	}
	*(int64_t *)member = number;
	return 0;
}

static const struct config_key *
key_find(struct bytes section, struct bytes name)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (bytes_is_str(section, config_keys[i].section) &&
		    bytes_is_str(name, config_keys[i].name))
			return &config_keys[i];
	return NULL;
}

static bool
section_exists(struct bytes name)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (config_keys[i].section[0] != '\0' && bytes_is_str(name, config_keys[i].section))
			return true;
	return false;
}

/* The members of one mapping, of section SECTION, into BASE. */
static int
take_members(struct config *c, const struct place *where, const struct json *mapping,
    struct bytes section, void *base, struct err *e)
{
	for (const struct json *v = mapping->first; v != NULL; v = v->next) {
		const struct config_key *key = key_find(section, v->name);

		if (key == NULL)
			return err_set(e, ERR_UNSUPPORTED,
			    "line %zu: %.*s%s%.*s: there is no such key", line_of(where, v),
			    BYTES_FMT(section), section.size > 0 ? "." : "", BYTES_FMT(v->name));
		/* "key:" with nothing behind it leaves the default. */
		if (v->type != JSON_NULL)
			TRY(take_value(c, where, v, key, base, e));
	}
	return 0;
}

static const struct json *
fallback_value(struct config *c, const struct config_key *key)
{
	struct bytes text = bytes_of_str(key->fallback);
	struct json *v;

	if (key->type == CONFIG_BOOL)
		return json_new_bool(&c->arena, bytes_is_str(text, "true"));
	v = json_new_str(&c->arena, text);
	if (v != NULL && key->type == CONFIG_NUMBER)
		v->type = JSON_NUMBER;
	return v;
}

static int
fill_fallbacks(struct config *c, struct bytes section, void *base, struct err *e)
{
	const struct place where = { .variable = "default" };

	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		const struct json *v;

		if (key->fallback == NULL || !bytes_is_str(section, key->section))
			continue;
		v = fallback_value(c, key);
		if (v == NULL)
			return arena_fail(e, "configuration");
		TRY(take_value(c, &where, v, key, base, e));
	}
	return 0;
}

static int
check_needed(const struct place *where, const struct json *item, struct bytes section,
    const void *base, struct err *e)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		const char *const *member =
		    (const char *const *)(const void *)((const char *)base + key->offset);

		if (bytes_is_str(section, key->section) && key->needed && *member == NULL)
			return wrong(where, item, key, "is needed", e);
	}
	return 0;
}

static int
take_sequence(struct config *c, const struct place *where, const struct json *v, struct err *e)
{
	bool is_caller = bytes_is_str(v->name, "callers");
	size_t max = is_caller ? MAX_CONFIG_CALLERS : MAX_CONFIG_INSTANCES;
	size_t *count = is_caller ? &c->caller_count : &c->instance_count;

	if (v->type != JSON_ARRAY)
		return err_set(e, ERR_INVALID, "line %zu: %.*s: wants a list of mappings",
		    line_of(where, v), BYTES_FMT(v->name));
	if (v->count > max)
		return err_set(e, ERR_LIMIT, "line %zu: %.*s: more than %zu", line_of(where, v),
		    BYTES_FMT(v->name), max);
	for (const struct json *x = v->first; x != NULL; x = x->next) {
		void *base =
		    is_caller ? (void *)&c->callers[*count] : (void *)&c->instances[*count];

		if (x->type != JSON_OBJECT)
			return err_set(e, ERR_INVALID, "line %zu: %.*s: wants a list of mappings",
			    line_of(where, x), BYTES_FMT(v->name));
		TRY(fill_fallbacks(c, v->name, base, e));
		TRY(take_members(c, where, x, v->name, base, e));
		TRY(check_needed(where, x, v->name, base, e));
		(*count)++;
	}
	return 0;
}

static int
take_file(struct config *c, struct bytes text, struct err *e)
{
	const struct place where = { .text = text };
	const struct json *doc;

	TRY(yaml_parse(text, MAX_CONFIG_SIZE, &c->arena, &doc, e));
	if (doc->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "line 1: wants a mapping of keys");
	for (const struct json *v = doc->first; v != NULL; v = v->next) {
		if (v->type == JSON_NULL)
			continue;
		if (bytes_is_str(v->name, "instances") || bytes_is_str(v->name, "callers")) {
			TRY(take_sequence(c, &where, v, e));
		} else if (section_exists(v->name)) {
			if (v->type != JSON_OBJECT)
				return err_set(e, ERR_INVALID, "line %zu: %.*s: wants a mapping",
				    line_of(&where, v), BYTES_FMT(v->name));
			TRY(take_members(c, &where, v, v->name, c, e));
		} else {
			const struct config_key *key = key_find(BYTES(""), v->name);

			if (key == NULL)
				return err_set(e, ERR_UNSUPPORTED,
				    "line %zu: %.*s: there is no such key", line_of(&where, v),
				    BYTES_FMT(v->name));
			TRY(take_value(c, &where, v, key, c, e));
		}
	}
	return 0;
}

/* --- the environment --- */

/* ATTESTD_LOG_LEVEL is log.level, ATTESTD_STATE_DIR state_dir. */
static bool
variable_is(struct bytes name, const struct config_key *key)
{
	struct bytes section = bytes_of_str(key->section), rest = name;

	if (section.size > 0) {
		if (!bytes_eq_nocase(bytes_slice(name, 0, section.size), section) ||
		    !bytes_is_str(bytes_slice(name, section.size, 1), "_"))
			return false;
		rest = bytes_slice(name, section.size + 1, name.size);
	}
	return bytes_is_str_nocase(rest, key->name);
}

static bool
is_scalar_of_one(const struct config_key *key)
{
	return key->type != CONFIG_LIST && strcmp(key->section, "instances") != 0 &&
	    strcmp(key->section, "callers") != 0;
}

static int
take_variable(struct config *c, const char *entry, struct err *e)
{
	const char *eq = strchr(entry, '=');
	struct bytes name, value;

	if (eq == NULL)
		return 0;
	name = bytes_slice(bytes_of(entry, (size_t)(eq - entry)), strlen(ENVIRONMENT), SIZE_MAX);
	value = bytes_of_str(eq + 1);
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		const char *text = text_of(c, bytes_of(entry, (size_t)(eq - entry)));
		const struct place where = { .variable = text == NULL ? "" : text };
		struct json *v;

		if (!is_scalar_of_one(key) || !variable_is(name, key))
			continue;
		v = json_new_str(&c->arena, value);
		if (v == NULL)
			return arena_fail(e, "configuration");
		if (key->type == CONFIG_NUMBER)
			v->type = JSON_NUMBER;
		if (key->type == CONFIG_BOOL &&
		    (bytes_is_str(value, "true") || bytes_is_str(value, "false"))) {
			v->type = JSON_BOOL;
			v->truth = bytes_is_str(value, "true");
		}
		return take_value(c, &where, v, key, c, e);
	}
	return err_set(e, ERR_UNSUPPORTED, "environment: %.*s: there is no such key",
	    (int)(eq - entry), entry);
}

static int
take_environment(struct config *c, char *const *environment, struct err *e)
{
	static const char directory[] = "CREDENTIALS_DIRECTORY=";
	const char *credentials = NULL;

	for (; environment != NULL && *environment != NULL; environment++) {
		if (strncmp(*environment, ENVIRONMENT, strlen(ENVIRONMENT)) == 0)
			TRY(take_variable(c, *environment, e));
		if (strncmp(*environment, directory, strlen(directory)) == 0)
			credentials = *environment + strlen(directory);
	}
	if (c->master_key_file == NULL && credentials != NULL) {
		size_t room = strlen(credentials) + sizeof("/" CREDENTIAL);
		char *path = arena_alloc(&c->arena, room);

		if (path == NULL)
			return arena_fail(e, "configuration");
		strcpy(path, credentials);
		strcat(path, "/" CREDENTIAL);
		c->master_key_file = path;
	}
	return 0;
}

/* --- all of it --- */

int
config_parse(struct bytes text, char *const *environment, struct config **out, struct err *e)
{
	DEFER(config_freep) struct config *c = calloc(1, sizeof(*c));
	static const char *const sections[] = { "", "log", "collateral", "metrics", "limits" };

	if (c == NULL)
		return arena_fail(e, "configuration");
	arena_init(&c->arena, CONFIG_ARENA_SIZE);
	for (size_t i = 0; i < COUNT_OF(sections); i++)
		TRY(fill_fallbacks(c, bytes_of_str(sections[i]), c, e));
	TRY(take_file(c, text, e));
	TRY(take_environment(c, environment, e));
	TRY(config_check(c, e));
	*out = TAKE(c);
	return 0;
}

int
config_load(const char *path, char *const *environment, struct config **out, struct err *e)
{
	DEFER(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	DEFER(buf_release) struct buf text;
	ssize_t got = 1;

	buf_init(&text, MAX_CONFIG_SIZE + 1);
	if (fd < 0)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	while (got > 0) {
		uint8_t part[4096];

		got = read(fd, part, sizeof(part));
		if (got < 0)
			return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		buf_add(&text, bytes_of(part, (size_t)got));
	}
	if (!buf_ok(&text))
		return err_set(e, ERR_LIMIT, "%s: larger than %d bytes", path, MAX_CONFIG_SIZE);
	if (config_parse(buf_bytes(&text), environment, out, e) < 0)
		return err_in(e, "%s", path);
	return 0;
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	arena_release(&c->arena);
	free(c);
}

void
config_freep(struct config **c)
{
	config_free(*c);
	*c = NULL;
}

static int
check_listeners(const struct config *c, struct err *e)
{
	struct listen_address at;

	if (c->listen.count + c->listen_plain.count == 0)
		return err_set(e, ERR_MISSING, "listen: no address, and no listen_plain either");
	for (size_t i = 0; i < c->listen.count; i++) {
		TRY(listen_address_parse(c->listen.items[i], &at, e));
		if (at.path[0] != '\0')
			return err_set(e, ERR_INVALID,
			    "listen: %s: a Unix socket is for listen_plain", c->listen.items[i]);
	}
	for (size_t i = 0; i < c->listen_plain.count; i++) {
		TRY(listen_address_parse(c->listen_plain.items[i], &at, e));
		if (!listen_address_is_local(&at))
			return err_set(e, ERR_DENIED,
			    "listen_plain: %s: neither a loopback address nor a Unix socket",
			    c->listen_plain.items[i]);
	}
	if (c->listen.count > 0 && (c->tls_certificate == NULL || c->tls_key == NULL))
		return err_set(e, ERR_MISSING, "listen: wants tls_certificate and tls_key");
	return 0;
}

int
config_check(const struct config *c, struct err *e)
{
	TRY(check_listeners(c, e));
	if (c->master_key_file == NULL)
		return err_set(e, ERR_MISSING,
		    "master_key_file: is needed, or the systemd credential %s", CREDENTIAL);
	if (c->instance_count == 0)
		return err_set(e, ERR_MISSING, "instances: none is configured");
	for (size_t i = 0; i < c->instance_count; i++) {
		const struct config_instance *x = &c->instances[i];

		if (!message_host_is_sane(bytes_of_str(x->host)))
			return err_set(e, ERR_INVALID,
			    "instances: %s: host %s is no HOST or HOST:PORT", x->id, x->host);
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->instances[k].id, x->id) == 0 ||
			    bytes_is_str_nocase(bytes_of_str(c->instances[k].host), x->host))
				return err_set(e, ERR_CONFLICT,
				    "instances: %s: id or host stands twice", x->id);
	}
	return 0;
}

static int
check_file(const char *key, const char *path, bool is_secret, struct err *e)
{
	struct stat st;

	if (path == NULL)
		return 0;
	if (stat(path, &st) != 0 || access(path, R_OK) != 0)
		return err_set(e, ERR_MISSING, "%s: %s: %s", key, path, strerror(errno));
	if (is_secret && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return err_set(e, ERR_DENIED, "%s: %s: mode %03o, others may use it; want 600", key,
		    path, (unsigned)st.st_mode & 0777);
	return 0;
}

int
config_check_files(const struct config *c, struct err *e)
{
	TRY(check_file("tls_certificate", c->tls_certificate, false, e));
	TRY(check_file("tls_key", c->tls_key, true, e));
	TRY(check_file("master_key_file", c->master_key_file, true, e));
	for (size_t i = 0; i < c->collateral_folders.count; i++)
		TRY(check_file("collateral.folders", c->collateral_folders.items[i], false, e));
	for (size_t i = 0; i < c->caller_count; i++)
		TRY(check_file("callers.jwks_file", c->callers[i].jwks_file, false, e));
	return 0;
}
