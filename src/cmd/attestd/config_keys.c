/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of keys. The manual and the example are printed from it. */
#include "cmd/attestd/config.h"

#include <stddef.h>

static const char *const log_levels[] = { "error", "warn", "info", "debug", NULL };
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const modes[] = { "AAD", "Isolated", "Shared", NULL }; /* as enum trust_mode */
static const char *const explanations[] = { "full", "id-only", NULL };

#define AT(member)          offsetof(struct config, member)
#define AT_INSTANCE(member) offsetof(struct config_instance, member)
#define AT_CALLER(member)   offsetof(struct config_caller, member)
#define NUMBER(section, name, member, low, high, fallback, doc)                                    \
	{                                                                                          \
		section, name, CONFIG_NUMBER, AT(member), low, high, NULL, fallback, false, doc    \
	}

const struct config_key config_keys[] = {
	{ "", "listen", CONFIG_LIST, AT(listen), 0, 0, NULL, NULL, false,
	    "Addresses with TLS, as ADDR:PORT or [ADDR]:PORT." },
	{ "", "listen_plain", CONFIG_LIST, AT(listen_plain), 0, 0, NULL, NULL, false,
	    "Addresses without TLS for a trusted proxy: a loopback ADDR:PORT or the absolute path "
	    "of a "
	    "Unix socket. Its Host header chooses the instance." },
	{ "", "tls_certificate", CONFIG_PATH, AT(tls_certificate), 0, 0, NULL, NULL, false,
	    "The server's certificate chain, PEM, leaf first. Needed with listen." },
	{ "", "tls_key", CONFIG_PATH, AT(tls_key), 0, 0, NULL, NULL, false,
	    "Its private key, PEM. Refused when others can read it." },
	{ "", "state_dir", CONFIG_PATH, AT(state_dir), 0, 0, NULL, "/var/lib/attestd", false,
	    "Where store and log are kept; made with mode 0700." },
	{ "", "master_key_file", CONFIG_PATH, AT(master_key_file), 0, 0, NULL, NULL, false,
	    "32 bytes under which keys at rest are sealed. Without it the systemd credential "
	    "master-key "
	    "is used." },
	{ "", "user", CONFIG_TEXT, AT(user), 0, 0, NULL, NULL, false,
	    "The user to become when started as root; the key files above must be readable to "
	    "it." },
	{ "log", "level", CONFIG_CHOICE, AT(log_level), 0, 0, log_levels, "info", false,
	    "The least important event that is logged: error, warn, info, debug." },
	{ "log", "format", CONFIG_CHOICE, AT(log_format), 0, 0, log_formats, "text", false,
	    "key=value text or one JSON object per line: text, json." },
	{ "collateral", "folders", CONFIG_LIST, AT(collateral_folders), 0, 0, NULL, NULL, false,
	    "Folders with certificates, CRLs, TCB infos and identities, read at the start and on "
	    "SIGHUP." },
	{ "metrics", "open", CONFIG_BOOL, AT(metrics_open), 0, 0, NULL, "false", false,
	    "Whether /attestd/metrics answers without an operator's token." },
	NUMBER("limits", "max_connections", max_connections, 1, 100000, "4096",
	    "Connections of one listener."),
	NUMBER("limits", "max_per_client", max_per_client, 1, 100000, "256",
	    "Connections of one address."),
	NUMBER("limits", "max_in_flight", max_in_flight, 1, 100000, "256",
	    "Requests with a body that are worked on at once; beyond it the answer is 429."),
	NUMBER("limits", "max_header", max_header, 4096, 262144, "32768",
	    "Bytes of a request's line and header."),
	NUMBER("limits", "max_body", max_body, 4096, 16777216, "1048576",
	    "Bytes of a request's body."),
	NUMBER("limits", "idle_s", idle_s, 1, 3600, "60",
	    "Seconds a connection may be without any byte."),
	NUMBER("limits", "header_s", header_s, 1, 3600, "75",
	    "Seconds until a request's header is there, from the connection's start or the last "
	    "answer."),
	NUMBER("limits", "body_s", body_s, 1, 3600, "30", "Seconds for a request's body."),
	NUMBER("limits", "send_s", send_s, 1, 3600, "30", "Seconds for an answer to be taken."),
	NUMBER("limits", "request_s", request_s, 1, 600, "30",
	    "Seconds until a request that waits is given up."),
	NUMBER("limits", "drain_s", drain_s, 0, 600, "20",
	    "Seconds that open requests are given after SIGTERM."),
	NUMBER("limits", "leeway_s", leeway_s, 0, 3600, "60", "Clock leeway in seconds."),
	NUMBER("limits", "token_lifetime_s", token_lifetime_s, 60, 86400, "28800",
	    "Seconds that an attestation token is good for."),
	NUMBER("limits", "threads", threads, 0, 64, "0",
	    "Threads per listener; 0 is one per core."),
	{ "instances", "id", CONFIG_TEXT, AT_INSTANCE(id), 0, 0, NULL, NULL, true,
	    "The name of the instance in configuration, log and commands." },
	{ "instances", "host", CONFIG_TEXT, AT_INSTANCE(host), 0, 0, NULL, NULL, true,
	    "Its authority, HOST or HOST:PORT, as clients write it; https://HOST is the issuer of "
	    "its "
	    "tokens." },
	{ "instances", "mode", CONFIG_CHOICE, AT_INSTANCE(mode), 0, 0, modes, "Isolated", false,
	    "Its trust model: AAD, Isolated, Shared." },
	{ "instances", "explain", CONFIG_CHOICE, AT_INSTANCE(explain), 0, 0, explanations, "full",
	    false,
	    "How much of a trace its submitter sees: full is his own evidence and the public "
	    "requirements, id-only the verdict and the failing check." },
	{ "callers", "issuer", CONFIG_TEXT, AT_CALLER(issuer), 0, 0, NULL, NULL, true,
	    "The iss of bearer tokens, exactly." },
	{ "callers", "audience", CONFIG_TEXT, AT_CALLER(audience), 0, 0, NULL,
	    "https://attest.azure.net", false, "The aud they must have." },
	{ "callers", "jwks_file", CONFIG_PATH, AT_CALLER(jwks_file), 0, 0, NULL, NULL, true,
	    "The issuer's keys, read at the start and on SIGHUP." },
	{ "callers", "roles_claim", CONFIG_TEXT, AT_CALLER(roles_claim), 0, 0, NULL, "roles", false,
	    "The claim that holds the roles." },
};
const size_t config_key_count = COUNT_OF(config_keys);
