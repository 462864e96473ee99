/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/properties.h"

#define MAX_PCR_MASK 0xffffff

static const char *
flag_fault(const struct value *v)
{
	return v->type == CLAIM_BOOLEAN ? NULL : "require_valid_aik_cert is true or false";
}

static const char *
mask_fault(const struct value *v)
{
	return v->type == CLAIM_INTEGER && v->number >= 0 && v->number <= MAX_PCR_MASK
	    ? NULL
	    : "required_pcr_mask is an integer from 0 to 16777215";
}

/* Whether a baseline of that number is held is for the collateral to say. */
static const char *
baseline_fault(const struct value *v)
{
	static const char fault[] = "x-ms-sgx-tcbidentifier is \"azuredefault\" or the number of a "
				    "baseline, as a string";

	if (v->type != CLAIM_STRING)
		return fault;
	if (bytes_is_str(v->text, "azuredefault"))
		return NULL;
	if (v->text.size == 0 || v->text.size > 9)
		return fault;
	for (size_t i = 0; i < v->text.size; i++) {
		if (v->text.p[i] < '0' || v->text.p[i] > '9')
			return fault;
	}
	return NULL;
}

static const struct {
	const char *name;
	const char *(*fault)(const struct value *v);
} config_table[] = {
	{ "require_valid_aik_cert", flag_fault },
	{ "required_pcr_mask", mask_fault },
	{ "x-ms-sgx-tcbidentifier", baseline_fault },
};

const char *
config_fault(struct bytes name, const struct value *value)
{
	for (size_t i = 0; i < COUNT_OF(config_table); i++) {
		if (bytes_is_str(name, config_table[i].name))
			return config_table[i].fault(value);
	}
	return NULL;
}
