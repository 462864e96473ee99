/* SPDX-License-Identifier: Apache-2.0 */
/* What evidence is to say, by the field names of the vector manifests. */
#include "synth/plan.h"

#include "base/hex.h"
#include "evidence/dcap/sgx_report.h"

#include <string.h>

static const char *const type_names[SYNTH_TYPE_COUNT] = {
	[SYNTH_SGX_ENCLAVE] = "SgxEnclave",
	[SYNTH_OPEN_ENCLAVE] = "OpenEnclave",
};

bool
synth_type_parse(const char *name, enum synth_type *out)
{
	for (size_t i = 0; i < SYNTH_TYPE_COUNT; i++)
		if (strcmp(name, type_names[i]) == 0) {
			*out = (enum synth_type)i;
			return true;
		}
	return false;
}

const char *
synth_type_name(enum synth_type type)
{
	return type_names[type];
}

void
synth_spec_init(struct synth_spec *spec, enum synth_type type)
{
	static const uint8_t components[16] = { 10, 7, 2, 4, 3, 1, 0, 3 };
	/* INIT and MODE64BIT; XFRM x87 and SSE with AVX. */
	static const uint8_t attributes[16] = { 0x05, [8] = 0x07 };
	static const uint8_t fmspc[6] = { 0x00, 0x60, 0x6a };

	*spec = (struct synth_spec){
		.type = type,
		.quote_version = 3,
		.isvprodid = 1,
		.isvsvn = 1,
		.pcesvn = 13,
		.sgx_type = 1,
		.dynamic_platform = true,
		.smt_enabled = true,
		.qe_isvsvn = 8,
		.tcb_evaluation_number = SYNTH_EVALUATION_NUMBER,
		.qe_evaluation_number = SYNTH_EVALUATION_NUMBER,
	};
	memcpy(spec->attributes, attributes, sizeof(attributes));
	memcpy(spec->components, components, sizeof(components));
	memcpy(spec->cpusvn, components, sizeof(components));
	memcpy(spec->fmspc, fmspc, sizeof(fmspc));
	memset(spec->mrenclave, 0xe1, sizeof(spec->mrenclave));
	memset(spec->mrsigner, 0x51, sizeof(spec->mrsigner));
	memset(spec->ppid, 0x11, sizeof(spec->ppid));
	memset(spec->platform_instance_id, 0x12, sizeof(spec->platform_instance_id));
}

enum field_form { HEX, U8, U16, U32, BOOL, FLAG, STATUS, QE_STATUS, CA, VERSION };

static const struct field {
	const char *name;
	enum field_form form;
	size_t at, size; /* in the struct; FLAG: the bit of ATTRIBUTES */
	bool kss;        /* a field of key separation */
} fields[] = {
#define AT(member) offsetof(struct synth_spec, member), sizeof(((struct synth_spec *)0)->member)
	{ "mrenclave", HEX, AT(mrenclave), false },
	{ "mrsigner", HEX, AT(mrsigner), false },
	{ "isvprodid", U16, AT(isvprodid), false },
	{ "isvsvn", U16, AT(isvsvn), false },
	{ "attributes", HEX, AT(attributes), false },
	{ "cpusvn", HEX, AT(cpusvn), false },
	{ "miscselect", U32, AT(miscselect), false },
	{ "reportdata", HEX, AT(reportdata), false },
	{ "debug", FLAG, 1, 0, false },
	{ "kss", FLAG, 7, 0, false },
	{ "configid", HEX, AT(configid), true },
	{ "configsvn", U16, AT(configsvn), true },
	{ "isvextprodid", HEX, AT(isvextprodid), true },
	{ "isvfamilyid", HEX, AT(isvfamilyid), true },
	{ "fmspc", HEX, AT(fmspc), false },
	{ "pceid", HEX, AT(pceid), false },
	{ "pcesvn", U16, AT(pcesvn), false },
	{ "ppid", HEX, AT(ppid), false },
	{ "piid", HEX, AT(platform_instance_id), false },
	{ "tcb_components", HEX, AT(components), false },
	{ "sgx_type", U8, AT(sgx_type), false },
	{ "dynamic", BOOL, AT(dynamic_platform), false },
	{ "cachedkeys", BOOL, AT(cached_keys), false },
	{ "smt", BOOL, AT(smt_enabled), false },
	{ "ca", CA, AT(processor_ca), false },
	{ "tcb_status", STATUS, AT(components), false },
	{ "qe_tcb_status", QE_STATUS, AT(qe_isvsvn), false },
	{ "qe_isvsvn", U16, AT(qe_isvsvn), false },
	{ "version", VERSION, AT(quote_version), false },
#undef AT
};

const char *
synth_spec_field(size_t index)
{
	return index < COUNT_OF(fields) ? fields[index].name : NULL;
}

static bool
number_of(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (*text == '\0' || strlen(text) > 10)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	*out = v;
	return v <= max;
}

static bool
bool_of(const char *text, bool *out)
{
	*out = strcmp(text, "true") == 0;
	return *out || strcmp(text, "false") == 0;
}

static void
set_flag(struct synth_spec *s, size_t bit, bool on)
{
	uint8_t *octet = &s->attributes[bit / 8];
	uint8_t mask = (uint8_t)(1u << bit % 8);

	*octet = on ? (uint8_t)(*octet | mask) : (uint8_t)(*octet & ~mask);
}

/* REPORTDATA and CONFIGID may be given by their first half; the rest is zero. */
static bool
set_hex(struct synth_spec *s, const struct field *f, const char *value)
{
	uint8_t octets[64] = { 0 };
	size_t size = strlen(value) / 2;

	if (size != f->size && !(f->size == 64 && size == 32))
		return false;
	if (!hex_decode(bytes_of_str(value), octets, size))
		return false;
	memcpy((uint8_t *)s + f->at, octets, f->size);
	return true;
}

static bool
set_number(struct synth_spec *s, const struct field *f, const char *value)
{
	static const uint64_t ceilings[] = { [U8] = 2, [U16] = UINT16_MAX, [U32] = UINT32_MAX };
	uint64_t v = 0;

	if (!number_of(value, ceilings[f->form], &v))
		return false;
	uint16_t narrow = (uint16_t)v;
	uint32_t wide = (uint32_t)v;

	if (f->form == U16)
		memcpy((uint8_t *)s + f->at, &narrow, sizeof(narrow));
	else
		memcpy((uint8_t *)s + f->at, &wide, sizeof(wide));
	return true;
}

static bool
set_field(struct synth_spec *s, const struct field *f, const char *value)
{
	uint64_t v = 0;
	bool on = false;

	switch (f->form) {
	case HEX:
		return set_hex(s, f, value);
	case U8:
	case U16:
	case U32:
		return set_number(s, f, value);
	case BOOL:
		if (!bool_of(value, &on))
			return false;
		memcpy((uint8_t *)s + f->at, &on, sizeof(on));
		return true;
	case FLAG:
		if (!bool_of(value, &on))
			return false;
		set_flag(s, f->at, on);
		return true;
	case STATUS:
		return svn_for_status(value, &s->components[0]);
	case QE_STATUS:
		return qe_svn_for_status(value, &s->qe_isvsvn);
	case CA:
		s->processor_ca = strcmp(value, "processor") == 0;
		return s->processor_ca || strcmp(value, "platform") == 0;
	case VERSION:
		if (!number_of(value, 5, &v) || v < 3)
			return false;
		s->quote_version = (unsigned)v;
		return true;
	}
	return false;
}

int
synth_spec_set(struct synth_spec *spec, const char *field, const char *value, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const struct field *f = &fields[i];
		struct synth_spec changed = *spec;

		if (strcmp(f->name, field) != 0)
			continue;
		if (!set_field(&changed, f, value))
			return err_set(e, ERR_INVALID, "synth: %s cannot be \"%.80s\"", field,
			    value);
		if (f->kss)
			set_flag(&changed, 7, true);
		changed.has_reportdata |= f->at == offsetof(struct synth_spec, reportdata);
		changed.has_configid |= f->at == offsetof(struct synth_spec, configid);
		*spec = changed;
		return 0;
	}
	return err_set(e, ERR_MISSING, "synth: no field %.80s", field);
}
