/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest doctor: looks at a service as its callers meet it, and says what is wrong and the fix. What only its operator can
 * see (files, permissions, store) is examined by `attestd --check-config`.
 */
#include "base/b64.h"
#include "cmd/attest/commands.h"
#include "cmd/attest/remote.h"

#include <stdarg.h>
#include <stdio.h>

#define SOON_S (14 * 86400)

enum finding { FINE, WARNING, WRONG };

struct examination {
	struct cli *c;
	struct json *list;
	unsigned wrong, warnings;
};

static void PRINTF(4, 5)
    found(struct examination *x, enum finding what, const char *id, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "warn", "fail" };
	const char *colours[] = { cli_good(x->c), cli_bold(x->c), cli_bad(x->c) };
	struct json *o = json_new(x->c->arena, JSON_OBJECT);
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	x->wrong += what == WRONG;
	x->warnings += what == WARNING;
	cli_say(x->c, "  %s%-4s%s  %-10s %s\n", colours[what], words[what], cli_plain(x->c), id,
	    text);
	(void)json_put(o, "id", json_new_cstr(x->c->arena, id));
	(void)json_put(o, "outcome", json_new_cstr(x->c->arena, words[what]));
	(void)json_put(o, "text",
	    json_new_str(x->c->arena, arena_copy(x->c->arena, bytes_of_str(text))));
	(void)json_append(x->list, o);
}

/* False when nothing answers: then nothing else can be looked at. */
static bool
look_at_probes(struct examination *x, const struct client_target *to)
{
	struct client_answer answer;
	struct err e = { 0 };

	if (client_call(to, "/attestd/livez", (struct bytes){ 0 }, x->c->arena, &answer, &e) < 0) {
		found(x, WRONG, "reach", "%s. Start the service, or mend --instance and --ca.",
		    e.msg);
		return false;
	}
	found(x, FINE, "tls", "answers, and its certificate is trusted");
	if (answer.status != 200)
		found(x, WRONG, "live", "livez says %u: restart the service", answer.status);
	if (client_call(to, "/attestd/readyz", (struct bytes){ 0 }, x->c->arena, &answer, &e) < 0 ||
	    answer.status != 200)
		found(x, WRONG, "ready", "not ready: look at its log for the reason");
	else
		found(x, FINE, "ready", "has its first snapshot, answers requests");
	return true;
}

static void
look_at_discovery(struct examination *x, const struct client_target *to)
{
	struct client_answer answer;
	struct err e = { 0 };
	struct bytes issuer, url = bytes_of_str(to->url);

	while (url.size > 0 && url.p[url.size - 1] == '/')
		url.size--;
	if (client_call(to, "/.well-known/openid-configuration", (struct bytes){ 0 }, x->c->arena,
		&answer, &e) < 0 ||
	    answer.status != 200) {
		found(x, WRONG, "discovery",
		    "no discovery document: is this host name an instance?");
		return;
	}
	issuer = json_text(json_get(answer.json, "issuer"));
	if (issuer.p == NULL || !bytes_eq(issuer, url))
		found(x, WRONG, "issuer",
		    "the issuer is %s: relying parties must expect that, not this URL",
		    issuer.p == NULL ? "absent" : cli_safe(x->c, issuer));
	else
		found(x, FINE, "issuer", "is the URL that you use");
}

static void
look_at_cert(struct examination *x, const struct json *key)
{
	struct bytes text = json_text(json_item(json_get(key, "x5c"), 0)), der;
	struct cert cert;
	struct err e = { 0 };

	if (text.p == NULL || b64_decode_arena(B64_STD, text, x->c->arena, &der, &e) < 0 ||
	    cert_parse(der, &cert, &e) < 0) {
		found(x, WRONG, "keys",
		    "a key has no readable certificate: MAA's clients need x5c");
		return;
	}
	if (!cert_is_current(&cert, x->c->at))
		found(x, WRONG, "keys",
		    "a signing certificate is outside its dates: rotate the key");
	else if (!cert_is_current(&cert, x->c->at + SOON_S))
		found(x, WARNING, "keys", "a signing certificate ends within 14 days");
	else
		found(x, FINE, "keys", "signing certificate of CN=%s is current",
		    cli_safe(x->c, cert_name_cn(cert.subject)));
}

static void
look_at_keys(struct examination *x, const struct client_target *to)
{
	struct client_answer answer;
	struct err e = { 0 };
	const struct json *keys;

	if (client_call(to, "/certs", (struct bytes){ 0 }, x->c->arena, &answer, &e) < 0 ||
	    answer.status != 200 || (keys = json_get(answer.json, "keys")) == NULL ||
	    keys->count == 0) {
		found(x, WRONG, "keys", "/certs lists no key: no token can be verified");
		return;
	}
	for (const struct json *k = keys->first; k != NULL; k = k->next)
		look_at_cert(x, k);
}

static void
look_at_log(struct examination *x, const struct client_target *to)
{
	struct client_answer answer;
	struct err e = { 0 };

	if (client_call(to, "/attestd/log/checkpoint", (struct bytes){ 0 }, x->c->arena, &answer,
		&e) < 0 ||
	    answer.status != 200) {
		found(x, WRONG, "log", "no checkpoint: tokens cannot be proved to be in the log");
		return;
	}
	found(x, FINE, "log", "publishes a checkpoint");
	found(x, WARNING, "witness",
	    "no witness is configured: tamper-evident only from your last export");
}

static enum cli_exit
doctor_run(struct cli *c)
{
	struct client_target to;
	enum cli_exit bad = remote_target(c, &to);
	struct examination x = { .c = c, .list = json_new(c->arena, JSON_ARRAY) };

	if (bad != CLI_OK)
		return bad;
	if (x.list == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	(void)json_put(c->document, "instance", json_new_cstr(c->arena, to.url));
	(void)json_put(c->document, "findings", x.list);
	if (look_at_probes(&x, &to)) {
		look_at_discovery(&x, &to);
		look_at_keys(&x, &to);
		look_at_log(&x, &to);
	}
	cli_say(c, "%u wrong, %u to look at\n", x.wrong, x.warnings);
	return x.wrong > 0 ? CLI_REFUSED : CLI_OK;
}

const struct cli_command doctor_command = {
	.group = "doctor",
	.args = "--instance URL",
	.about = "looks at the service as its callers meet it: what is wrong, and the fix",
	.does = "Calls the service as a client would and says what is wrong and how to mend it. "
		"Ends with 1 when something fails.",
	.run = doctor_run,
};
