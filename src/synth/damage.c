/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every way to spoil a case, and the check at which the judgement of it must end; a test holds the table against the
 * judgement. Checks that depend on the settings alone (maximum ages, minimum evaluation number) cannot be reached by
 * evidence or collateral and are not here.
 */
#include "synth/plan.h"

#include <string.h>

static const struct damage_table *const tables[] = { &damages_of_evidence, &damages_of_chain,
	&damages_of_collateral };

static const struct damage_row *
row_at(size_t index)
{
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		if (index < tables[i]->count)
			return &tables[i]->rows[index];
		index -= tables[i]->count;
	}
	return NULL;
}

size_t
synth_damage_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(tables); i++)
		count += tables[i]->count;
	return count;
}

const struct synth_damage *
synth_damage_at(size_t index)
{
	const struct damage_row *row = row_at(index);

	return row == NULL ? NULL : &row->damage;
}

const struct synth_damage *
synth_damage_find(const char *name, enum synth_type type)
{
	const struct synth_damage *d;

	for (size_t i = 0; (d = synth_damage_at(i)) != NULL; i++)
		if (strcmp(d->name, name) == 0 && (type == SYNTH_OPEN_ENCLAVE ? d->oe : d->sgx))
			return d;
	return NULL;
}

struct damage_hooks
damage_hooks_of(const struct synth_damage *damage)
{
	const struct damage_row *row;

	for (size_t i = 0; (row = row_at(i)) != NULL; i++)
		if (&row->damage == damage)
			return row->hooks;
	return (struct damage_hooks){ 0 };
}
