/* SPDX-License-Identifier: Apache-2.0 */
/* An expectation written down: `attest token verify --expect`, attest_expectation_from_text(), the gateway's files. */
#include "client/expectation.h"
#include "codec/yaml.h"

#include <string.h>

struct reader {
	struct token_expectation *x;
	struct arena *a;
};

static int
wrong_shape(struct err *e, struct bytes name, const char *want)
{
	return err_set(e, ERR_INVALID, "expectation: %.*s is not %s", BYTES_FMT(name), want);
}

/* TAKE for a value, or for each value of a list that is not empty. */
static int
each(const struct reader *r, const struct json *v,
    int (*take)(const struct reader *, struct bytes, const struct json *, struct err *),
    struct err *e)
{
	if (v->type != JSON_ARRAY)
		return take(r, v->name, v, e);
	if (v->count == 0)
		return wrong_shape(e, v->name, "a value or a list of values");
	for (const struct json *item = v->first; item != NULL; item = item->next)
		TRY(take(r, v->name, item, e));
	return 0;
}

static int
each_member(const struct reader *r, const struct json *v,
    int (*take)(const struct reader *, struct bytes, const struct json *, struct err *),
    struct err *e)
{
	if (v->type != JSON_OBJECT)
		return wrong_shape(e, v->name, "a mapping");
	for (const struct json *m = v->first; m != NULL; m = m->next)
		TRY(each(r, m, take, e));
	return 0;
}

static int
text_of(struct bytes name, const struct json *v, struct bytes *out, struct err *e)
{
	*out = json_text(v);
	return out->p == NULL ? wrong_shape(e, name, "a string") : 0;
}

static int
take_issuer(const struct reader *r, const struct json *v, struct err *e)
{
	struct bytes text;

	TRY(text_of(v->name, v, &text, e));
	return expectation_issuer(r->x, r->a, text, e);
}

static int
one_type(const struct reader *r, struct bytes name, const struct json *v, struct err *e)
{
	struct bytes text;

	TRY(text_of(name, v, &text, e));
	return expectation_type(r->x, r->a, text, e);
}

static int
take_type(const struct reader *r, const struct json *v, struct err *e)
{
	return each(r, v, one_type, e);
}

static int
take_nonce(const struct reader *r, const struct json *v, struct err *e)
{
	struct bytes text;

	TRY(text_of(v->name, v, &text, e));
	return expectation_nonce(r->x, r->a, text, e);
}

static int
take_max_age(const struct reader *r, const struct json *v, struct err *e)
{
	int64_t age_s;

	if (json_is_str(v, "any")) {
		r->x->any_age = true;
		return 0;
	}
	if (!json_int(v, &age_s) || age_s < 0)
		return wrong_shape(e, v->name, "a number of seconds, or any");
	/* The stricter of two. */
	if (r->x->max_age_s < 0 || age_s < r->x->max_age_s)
		r->x->max_age_s = age_s;
	return 0;
}

static int
take_debug(const struct reader *r, const struct json *v, struct err *e)
{
	bool is_allowed = json_is_str(v, "allowed");

	if (!is_allowed && !json_is_str(v, "refused"))
		return wrong_shape(e, v->name, "refused or allowed");
	r->x->allow_debug = is_allowed;
	return 0;
}

static int
one_measurement(const struct reader *r, struct bytes name, const struct json *v, struct err *e)
{
	struct bytes text;

	/* YAML takes plain digits for a number; it is spelt as it stands. */
	if (v->type == JSON_NUMBER)
		return expectation_value(r->x, r->a, EXPECT_MEASUREMENT, name, v->text, e);
	TRY(text_of(name, v, &text, e));
	return expectation_value(r->x, r->a, EXPECT_MEASUREMENT, name, text, e);
}

static int
take_measurements(const struct reader *r, const struct json *v, struct err *e)
{
	return each_member(r, v, one_measurement, e);
}

static int
take_min_svn(const struct reader *r, const struct json *v, struct err *e)
{
	int64_t min;

	if (v->type != JSON_OBJECT)
		return wrong_shape(e, v->name, "a mapping");
	for (const struct json *m = v->first; m != NULL; m = m->next) {
		if (!json_int(m, &min))
			return wrong_shape(e, m->name, "an integer");
		TRY(expectation_min_svn(r->x, r->a, m->name, min, e));
	}
	return 0;
}

static int
text_rule(const struct reader *r, enum expect_kind kind, struct bytes name, const struct json *v,
    struct err *e)
{
	struct bytes text;

	TRY(text_of(name, v, &text, e));
	return expectation_value(r->x, r->a, kind, (struct bytes){ 0 }, text, e);
}

static int
one_tcb_status(const struct reader *r, struct bytes name, const struct json *v, struct err *e)
{
	return text_rule(r, EXPECT_TCB_STATUS, name, v, e);
}

static int
take_tcb_status(const struct reader *r, const struct json *v, struct err *e)
{
	return each(r, v, one_tcb_status, e);
}

static int
one_policy_hash(const struct reader *r, struct bytes name, const struct json *v, struct err *e)
{
	return text_rule(r, EXPECT_POLICY_HASH, name, v, e);
}

static int
take_policy_hash(const struct reader *r, const struct json *v, struct err *e)
{
	return each(r, v, one_policy_hash, e);
}

static int
one_appraisal_hash(const struct reader *r, struct bytes name, const struct json *v, struct err *e)
{
	return text_rule(r, EXPECT_APPRAISAL_HASH, name, v, e);
}

static int
take_appraisal_hash(const struct reader *r, const struct json *v, struct err *e)
{
	return each(r, v, one_appraisal_hash, e);
}

static int
one_signer(const struct reader *r, struct bytes name, const struct json *v, struct err *e)
{
	(void)name;
	return expectation_key(r->x, r->a, EXPECT_SIGNER, v, e);
}

static int
take_policy_signer(const struct reader *r, const struct json *v, struct err *e)
{
	return each(r, v, one_signer, e);
}

static int
one_key(const struct reader *r, struct bytes name, const struct json *v, struct err *e)
{
	(void)name;
	return expectation_key(r->x, r->a, EXPECT_KEY, v, e);
}

static int
take_key(const struct reader *r, const struct json *v, struct err *e)
{
	return each(r, v, one_key, e);
}

static int
one_claim(const struct reader *r, struct bytes name, const struct json *v, struct err *e)
{
	if (v->type == JSON_OBJECT || v->type == JSON_NULL)
		return err_set(e, ERR_INVALID,
		    "expectation: claim '%.*s' wants a value or a list of values", BYTES_FMT(name));
	return expectation_claim(r->x, r->a, name, v, e);
}

/* A list is a set of values, and also the one value that it is: a claim may hold a list. */
static int
take_claims(const struct reader *r, const struct json *v, struct err *e)
{
	TRY(each_member(r, v, one_claim, e));
	for (const struct json *m = v->first; m != NULL; m = m->next)
		if (m->type == JSON_ARRAY)
			TRY(expectation_claim(r->x, r->a, m->name, m, e));
	return 0;
}

static const struct {
	const char *name;
	int (*take)(const struct reader *, const struct json *, struct err *);
} members[] = {
	{ "issuer", take_issuer },
	{ "type", take_type },
	{ "nonce", take_nonce },
	{ "max_age", take_max_age },
	{ "debug", take_debug },
	{ "measurements", take_measurements },
	{ "min_svn", take_min_svn },
	{ "tcb_status", take_tcb_status },
	{ "policy_hash", take_policy_hash },
	{ "appraisal_hash", take_appraisal_hash },
	{ "policy_signer", take_policy_signer },
	{ "key", take_key },
	{ "claims", take_claims },
};

int
expectation_read(struct token_expectation *x, struct arena *a, const struct json *doc,
    struct err *e)
{
	const struct reader r = { x, a };

	if (doc->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "expectation: not a mapping");
	for (const struct json *m = doc->first; m != NULL; m = m->next) {
		size_t i = 0;

		while (i < COUNT_OF(members) && !bytes_is_str(m->name, members[i].name))
			i++;
		if (i == COUNT_OF(members))
			return err_set(e, ERR_INVALID, "expectation: unknown key '%.*s'",
			    BYTES_FMT(m->name));
		TRY(members[i].take(&r, m, e));
	}
	return 0;
}

int
expectation_parse(struct token_expectation *x, struct arena *a, struct bytes yaml, struct err *e)
{
	const struct json *doc = NULL;
	struct bytes kept = arena_copy(a, yaml);

	if (kept.p == NULL)
		return arena_fail(e, "expectation");
	TRY(yaml_parse(kept, MAX_EXPECTATION_SIZE, a, &doc, e));
	return expectation_read(x, a, doc, e);
}
