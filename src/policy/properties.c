/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/properties.h"

#define MAX_PCR_MASK             0xffffff
#define DEFAULT_VALIDITY_MINUTES 1440
#define AIK_CERT                 "require_valid_aik_cert"
#define PCR_MASK                 "required_pcr_mask"
#define TCB_IDENTIFIER           "x-ms-sgx-tcbidentifier"

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
	{ AIK_CERT, flag_fault },
	{ PCR_MASK, mask_fault },
	{ TCB_IDENTIFIER, baseline_fault },
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

void
policy_configuration_of(const struct policy_outcome *out,
    struct policy_configuration *configuration)
{
	const struct claim *aik = claim_set_find(&out->config, AIK_CERT),
			   *mask = claim_set_find(&out->config, PCR_MASK),
			   *baseline = claim_set_find(&out->config, TCB_IDENTIFIER);

	*configuration = (struct policy_configuration){
		.require_valid_aik_cert = aik == NULL || aik->truth,
		.required_pcr_mask = mask == NULL ? MAX_PCR_MASK : (uint32_t)mask->number,
		.tcb_identifier = baseline == NULL ? BYTES("azuredefault") : baseline->text,
	};
}

const char *
policy_token_properties_of(const struct policy_outcome *out,
    struct policy_token_properties *properties)
{
	const struct claim *validity =
			       claim_set_find(&out->properties, "report_validity_in_minutes"),
			   *omit = claim_set_find(&out->properties, "omit_x5c");

	*properties =
	    (struct policy_token_properties){ .validity_minutes = DEFAULT_VALIDITY_MINUTES };
	if (validity != NULL) {
		if (validity->type != CLAIM_INTEGER || validity->number <= 0)
			return "report_validity_in_minutes is not an integer above 0";
		/* what is more is cut, as the service does (maa-policy.md 11.2) */
		properties->validity_minutes = validity->number < MAX_POLICY_VALIDITY_MINUTES
		    ? (uint32_t)validity->number
		    : MAX_POLICY_VALIDITY_MINUTES;
	}
	if (omit != NULL) {
		if (omit->type != CLAIM_BOOLEAN)
			return "omit_x5c is not true or false";
		properties->omit_x5c = omit->truth;
	}
	return NULL;
}
