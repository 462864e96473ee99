/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attestd/config.h"

#include "../../support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MINIMAL                                                                                    \
	"listen: [\"127.0.0.1:8443\"]\n"                                                           \
	"tls_certificate: /etc/attestd/tls.pem\n"                                                  \
	"tls_key: /etc/attestd/tls.key\n"                                                          \
	"master_key_file: /etc/attestd/master\n"                                                   \
	"instances:\n"                                                                             \
	"  - id: one\n"                                                                            \
	"    host: localhost:8443\n"

static void
refused(const char *text, enum err_code code, const char *want)
{
	struct config *c = NULL;
	struct err e = { 0 };

	if (config_parse(bytes_of_str(text), NULL, &c, &e) == 0)
		fail_msg("accepted: %s", text);
	if (e.code != code || strstr(e.msg, want) == NULL)
		fail_msg("%d %s, want %d %s", (int)e.code, e.msg, (int)code, want);
}

static struct config *
accepted(const char *text, char *const *environment)
{
	struct config *c = NULL;
	struct err e = { 0 };

	if (config_parse(bytes_of_str(text), environment, &c, &e) < 0)
		fail_msg("%s", e.msg);
	return c;
}

static void
defaults_fill_what_is_not_set(void **state)
{
	DEFER(config_freep) struct config *c = accepted(MINIMAL, NULL);

	(void)state;
	assert_int_equal(c->listen.count, 1);
	assert_string_equal(c->state_dir, "/var/lib/attestd");
	assert_int_equal(c->log_level, 2);
	assert_int_equal(c->log_format, 0);
	assert_int_equal(c->max_in_flight, 256);
	assert_int_equal(c->token_lifetime_s, 28800);
	assert_int_equal(c->metrics_open, 0);
	assert_null(c->user);
	assert_int_equal(c->instance_count, 1);
	assert_string_equal(c->instances[0].id, "one");
	assert_int_equal(c->instances[0].mode, 1);
}

static void
every_key_of_the_table_can_be_set(void **state)
{
	DEFER(config_freep)
	struct config *c = accepted(MINIMAL
	    "  - {id: two, host: a.example, mode: aad}\n"
	    "listen_plain: /run/attestd.sock\n"
	    "state_dir: /srv/state\n"
	    "user: attestd\n"
	    "log: {level: debug, format: json}\n"
	    "collateral:\n  folders: [/srv/a, /srv/b]\n"
	    "metrics: {open: true}\n"
	    "limits: {max_body: 65536, drain_s: 0, threads: 2, max_connections: 5, leeway_s: 10}\n"
	    "callers:\n"
	    "  - {issuer: 'https://login.example/', audience: aud, jwks_file: /srv/jwks}\n",
	    NULL);

	(void)state;
	assert_string_equal(c->listen_plain.items[0], "/run/attestd.sock");
	assert_string_equal(c->state_dir, "/srv/state");
	assert_string_equal(c->user, "attestd");
	assert_int_equal(c->log_level, 3);
	assert_int_equal(c->log_format, 1);
	assert_int_equal(c->collateral_folders.count, 2);
	assert_string_equal(c->collateral_folders.items[1], "/srv/b");
	assert_int_equal(c->metrics_open, 1);
	assert_int_equal(c->max_body, 65536);
	assert_int_equal(c->drain_s, 0);
	assert_int_equal(c->threads, 2);
	assert_int_equal(c->instances[1].mode, 0);
	assert_string_equal(c->callers[0].issuer, "https://login.example/");
	assert_string_equal(c->callers[0].roles_claim, "roles");
}

static void
unknown_keys_name_their_line(void **state)
{
	(void)state;
	refused(MINIMAL "listn: x\n", ERR_UNSUPPORTED, "line 8: listn: there is no such key");
	refused(MINIMAL "log:\n  level: info\n  colour: red\n", ERR_UNSUPPORTED,
	    "line 10: log.colour: there is no such key");
	refused(MINIMAL "    moode: AAD\n", ERR_UNSUPPORTED, "line 8: instances.moode");
	refused(MINIMAL "level: info\n", ERR_UNSUPPORTED, "line 8: level");
}

static void
values_of_another_kind_name_their_line(void **state)
{
	(void)state;
	refused(MINIMAL "log: {level: loud}\n", ERR_INVALID, "line 8: log.level");
	refused(MINIMAL "log: info\n", ERR_INVALID, "line 8: log: wants a mapping");
	refused(MINIMAL "state_dir: var/lib\n", ERR_INVALID,
	    "line 8: state_dir: wants an absolute");
	refused(MINIMAL "state_dir: [a]\n", ERR_INVALID, "line 8: state_dir: wants a text");
	refused(MINIMAL "user: ''\n", ERR_INVALID, "line 8: user: wants a text");
	refused(MINIMAL "metrics: {open: yes}\n", ERR_INVALID, "wants true or false");
	refused(MINIMAL "limits:\n  max_body: 1\n", ERR_INVALID,
	    "line 9: limits.max_body: wants a number from 4096 to 16777216");
	refused(MINIMAL "limits: {max_body: 99999999999999999999}\n", ERR_INVALID, "a number");
	refused(MINIMAL "limits: {max_body: 1.5}\n", ERR_INVALID, "a number");
	refused(MINIMAL "limits: {max_body: \"65536\"}\n", ERR_INVALID, "a number");
	refused(MINIMAL "listen_plain: {a: b}\n", ERR_INVALID, "wants a list");
	refused(MINIMAL "callers: x\n", ERR_INVALID, "wants a list of mappings");
	refused(MINIMAL "callers: [x]\n", ERR_INVALID, "wants a list of mappings");
	refused(MINIMAL "callers: [{issuer: x}]\n", ERR_INVALID, "callers.jwks_file: is needed");
	refused(MINIMAL "  - {id: two}\n", ERR_INVALID, "line 8: instances.host: is needed");
	refused("[]", ERR_INVALID, "wants a mapping");
	refused("a: *b\n", ERR_UNSUPPORTED, "aliases");
	refused(MINIMAL "user: a\nuser: b\n", ERR_MALFORMED, "line 9");
}

static void
values_that_do_not_fit_each_other_are_refused(void **state)
{
	(void)state;
	refused("instances: [{id: a, host: b}]\nmaster_key_file: /m\n", ERR_MISSING, "listen:");
	refused("listen: \"127.0.0.1:1\"\nmaster_key_file: /m\ninstances: [{id: a, host: b}]\n",
	    ERR_MISSING, "tls_certificate");
	refused("listen_plain: \"127.0.0.1:1\"\ninstances: [{id: a, host: b}]\n", ERR_MISSING,
	    "master_key_file");
	refused("listen_plain: \"127.0.0.1:1\"\nmaster_key_file: /m\n", ERR_MISSING, "instances:");
	refused(MINIMAL "listen_plain: \"0.0.0.0:80\"\n", ERR_DENIED, "loopback");
	refused(MINIMAL "  - {id: one, host: other}\n", ERR_CONFLICT, "twice");
	refused(MINIMAL "  - {id: two, host: 'LOCALHOST:8443'}\n", ERR_CONFLICT, "twice");
	refused(MINIMAL "  - {id: two, host: 'a/b'}\n", ERR_INVALID, "HOST:PORT");
	refused("listen: [/run/x]\nmaster_key_file: /m\n", ERR_INVALID, "Unix socket");
	refused("listen: [nonsense]\n", ERR_INVALID, "ADDR:PORT");
}

static void
environment_wins_over_the_file(void **state)
{
	char level[] = "ATTESTD_LOG_LEVEL=error", dir[] = "ATTESTD_STATE_DIR=/env/state",
	     body[] = "ATTESTD_LIMITS_MAX_BODY=8192", open[] = "ATTESTD_METRICS_OPEN=true",
	     other[] = "PATH=/bin";
	char *const environment[] = { level, dir, body, open, other, NULL };
	DEFER(config_freep)
	struct config *c =
	    accepted(MINIMAL "log: {level: debug}\nstate_dir: /file/state\n", environment);

	(void)state;
	assert_int_equal(c->log_level, 0);
	assert_string_equal(c->state_dir, "/env/state");
	assert_int_equal(c->max_body, 8192);
	assert_int_equal(c->metrics_open, 1);
}

static void
environment_refused(const char *entry, enum err_code code)
{
	char *text = strdup(entry);
	char *const environment[] = { text, NULL };
	struct config *c = NULL;
	struct err e = { 0 };

	assert_int_equal(config_parse(bytes_of_str(MINIMAL), environment, &c, &e), -1);
	assert_int_equal(e.code, code);
	assert_non_null(strstr(e.msg, "ATTESTD_"));
	free(text);
}

static void
unknown_or_wrong_variables_are_refused(void **state)
{
	(void)state;
	environment_refused("ATTESTD_LOG_COLOUR=red", ERR_UNSUPPORTED);
	environment_refused("ATTESTD_LISTEN=127.0.0.1:1", ERR_UNSUPPORTED);
	environment_refused("ATTESTD_INSTANCES_ID=x", ERR_UNSUPPORTED);
	environment_refused("ATTESTD_LOG_LEVEL=loud", ERR_INVALID);
	environment_refused("ATTESTD_LIMITS_MAX_BODY=many", ERR_INVALID);
	environment_refused("ATTESTD_LIMITS_MAX_BODY=", ERR_INVALID);
	environment_refused("ATTESTD_METRICS_OPEN=1", ERR_INVALID);
	environment_refused("ATTESTD_STATE_DIR=relative", ERR_INVALID);
}

static void
systemd_credential_is_the_master_key(void **state)
{
	char credentials[] = "CREDENTIALS_DIRECTORY=/run/credentials/attestd.service";
	char *const environment[] = { credentials, NULL };
	DEFER(config_freep)
	struct config *c =
	    accepted("listen_plain: '127.0.0.1:1'\ninstances: [{id: a, host: b}]\n", environment);
	DEFER(config_freep) struct config *set = accepted(MINIMAL, environment);

	(void)state;
	assert_string_equal(c->master_key_file, "/run/credentials/attestd.service/master-key");
	assert_string_equal(set->master_key_file, "/etc/attestd/master");
}

static void
files_that_others_can_read_are_refused(void **state)
{
	char key[] = "/tmp/attest-config-XXXXXX", text[512];
	struct err e = { 0 };
	int fd = mkstemp(key);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(text, sizeof(text),
	    "listen_plain: '127.0.0.1:1'\nmaster_key_file: %s\ninstances: [{id: a, host: b}]\n",
	    key);
	DEFER(config_freep) struct config *c = accepted(text, NULL);

	assert_int_equal(config_check_files(c, &e), 0);
	assert_int_equal(chmod(key, 0640), 0);
	assert_int_equal(config_check_files(c, &e), -1);
	assert_int_equal(e.code, ERR_DENIED);
	err_clear(&e);
	unlink(key);
	assert_int_equal(config_check_files(c, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
}

static void
file_that_is_not_there_or_too_large_is_refused(void **state)
{
	char name[] = "/tmp/attest-config-XXXXXX";
	struct config *c = NULL;
	struct err e = { 0 };
	int fd = mkstemp(name);

	(void)state;
	assert_int_equal(config_load("/does/not/exist", NULL, &c, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	err_clear(&e);
	assert_int_equal(ftruncate(fd, MAX_CONFIG_SIZE + 1), 0);
	assert_int_equal(config_load(name, NULL, &c, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	close(fd);
	unlink(name);
}

static void
every_key_has_words_for_the_manual(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		size_t size = strlen(k->doc);

		assert_true(size > 10 && k->doc[size - 1] == '.');
		assert_true(k->type != CONFIG_CHOICE || k->choices != NULL);
		assert_true(k->type != CONFIG_NUMBER || k->min < k->max);
		assert_false(k->needed && k->fallback != NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_fill_what_is_not_set),
		cmocka_unit_test(every_key_of_the_table_can_be_set),
		cmocka_unit_test(unknown_keys_name_their_line),
		cmocka_unit_test(values_of_another_kind_name_their_line),
		cmocka_unit_test(values_that_do_not_fit_each_other_are_refused),
		cmocka_unit_test(environment_wins_over_the_file),
		cmocka_unit_test(unknown_or_wrong_variables_are_refused),
		cmocka_unit_test(systemd_credential_is_the_master_key),
		cmocka_unit_test(files_that_others_can_read_are_refused),
		cmocka_unit_test(file_that_is_not_there_or_too_large_is_refused),
		cmocka_unit_test(every_key_has_words_for_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
