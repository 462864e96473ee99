/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCB info version 3 and QE identity version 2 as Intel serves them: compact JSON, members in the served order, the
 * signature over the exact bytes of the inner object (evidence-intel.md 4.1, 4.2).
 *
 * One TCB info has a level for each status, told apart by the SVN of the first component, so that a platform of any
 * status is judged with one and the same document.
 */
#include "synth/plan.h"

#include "base/stamp.h"

#include <inttypes.h>
#include <string.h>

const uint8_t qe_mrsigner[32] = {
	0x8c,
	0x4f,
	0x57,
	0x75,
	0xd7,
	0x96,
	0x50,
	0x3e,
	0x96,
	0x13,
	0x7f,
	0x77,
	0xc6,
	0x8a,
	0x82,
	0x9a,
	0x00,
	0x56,
	0xac,
	0x8d,
	0xed,
	0x70,
	0x14,
	0x0b,
	0x08,
	0x1b,
	0x09,
	0x44,
	0x90,
	0xc5,
	0x7b,
	0xff,
};

/* Components after the first, and the PCE's SVN, at every level. */
static const uint8_t other_components[15] = { 7, 2, 4, 3, 1, 0, 3 };
#define LEVEL_PCESVN 11

static const struct level {
	unsigned svn;
	const char *status, *date;
	const char *advisories; /* as the document has them, "" for none */
} levels[] = {
	{ 10, "UpToDate", "2026-05-13T00:00:00Z", "" },
	{ 9, "SWHardeningNeeded", "2026-05-13T00:00:00Z", "\"INTEL-SA-00334\",\"INTEL-SA-00615\"" },
	{ 8, "ConfigurationNeeded", "2026-05-13T00:00:00Z", "\"INTEL-SA-00289\"" },
	{ 7, "ConfigurationAndSWHardeningNeeded", "2026-05-13T00:00:00Z",
	    "\"INTEL-SA-00289\",\"INTEL-SA-00334\",\"INTEL-SA-00615\"" },
	{ 6, "OutOfDate", "2023-08-09T00:00:00Z", "\"INTEL-SA-00828\"" },
	{ 5, "OutOfDateConfigurationNeeded", "2023-08-09T00:00:00Z",
	    "\"INTEL-SA-00828\",\"INTEL-SA-00289\"" },
	{ 3, "Revoked", "2018-01-04T00:00:00Z", "\"INTEL-SA-00106\",\"INTEL-SA-00115\"" },
};

static const struct level qe_levels[] = {
	{ 8, "UpToDate", "2026-05-13T00:00:00Z", "" },
	{ 6, "OutOfDate", "2021-11-10T00:00:00Z", "\"INTEL-SA-00615\"" },
	{ 4, "Revoked", "2019-11-13T00:00:00Z", "\"INTEL-SA-00219\",\"INTEL-SA-00615\"" },
};

bool
svn_for_status(const char *status, uint8_t *svn)
{
	for (size_t i = 0; i < COUNT_OF(levels); i++)
		if (strcmp(levels[i].status, status) == 0) {
			*svn = (uint8_t)levels[i].svn;
			return true;
		}
	return false;
}

bool
qe_svn_for_status(const char *status, uint16_t *svn)
{
	for (size_t i = 0; i < COUNT_OF(qe_levels); i++)
		if (strcmp(qe_levels[i].status, status) == 0) {
			*svn = (uint16_t)qe_levels[i].svn;
			return true;
		}
	return false;
}

static void
hex_upper(struct buf *out, struct bytes raw)
{
	for (size_t i = 0; i < raw.size; i++)
		buf_fmt(out, "%02X", raw.p[i]);
}

static void
put_dates(struct buf *out, const struct signed_plan *d)
{
	char issued[STAMP_SIZE], next[STAMP_SIZE];

	stamp_format(d->issued_at, issued);
	stamp_format(d->next_update_at, next);
	buf_fmt(out, "\"issueDate\":\"%s\",\"nextUpdate\":\"%s\"", issued, next);
}

/* …,"tcbDate":…,"tcbStatus":…,"advisoryIDs":[…]} */
static void
put_level_end(struct buf *out, const struct level *l)
{
	buf_fmt(out, "\"tcbDate\":\"%s\",\"tcbStatus\":\"%s\"", l->date, l->status);
	if (l->advisories[0] != '\0')
		buf_fmt(out, ",\"advisoryIDs\":[%s]", l->advisories);
	buf_char(out, '}');
}

static void
put_platform_level(struct buf *out, const struct level *l, bool tdx)
{
	buf_fmt(out,
	    "{\"tcb\":{\"sgxtcbcomponents\":[{\"svn\":%u,\"category\":\"BIOS\","
	    "\"type\":\"Early Microcode Update\"}",
	    l->svn);
	for (size_t i = 0; i < sizeof(other_components); i++)
		buf_fmt(out, ",{\"svn\":%u}", other_components[i]);
	buf_fmt(out, "],\"pcesvn\":%u", LEVEL_PCESVN);
	if (tdx) {
		buf_str(out, ",\"tdxtcbcomponents\":[");
		for (size_t i = 0; i < 16; i++)
			buf_fmt(out, "%s{\"svn\":0}", i == 0 ? "" : ",");
		buf_char(out, ']');
	}
	buf_str(out, "},");
	put_level_end(out, l);
}

static void
put_tcb_info(struct buf *out, const struct signed_plan *d)
{
	bool tdx = strcmp(d->id, "TDX") == 0;

	buf_fmt(out, "{\"id\":\"%s\",\"version\":%u,", d->id, d->version);
	put_dates(out, d);
	buf_str(out, ",\"fmspc\":\"");
	hex_upper(out, BYTES_OF(d->fmspc));
	buf_str(out, "\",\"pceId\":\"");
	hex_upper(out, BYTES_OF(d->pceid));
	buf_fmt(out, "\",\"tcbType\":0,\"tcbEvaluationDataNumber\":%" PRIu32, d->evaluation_number);
	if (tdx)
		buf_fmt(out,
		    ",\"tdxModule\":{\"mrsigner\":\"%096d\",\"attributes\":\"%016d\","
		    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"}",
		    0, 0);
	buf_str(out, ",\"tcbLevels\":[");
	for (size_t i = 0; i < COUNT_OF(levels) && !d->no_levels; i++) {
		if (i > 0)
			buf_char(out, ',');
		put_platform_level(out, &levels[i], tdx);
	}
	buf_str(out, "]}");
}

static void
put_identity(struct buf *out, const struct signed_plan *d)
{
	buf_fmt(out, "{\"id\":\"%s\",\"version\":%u,", d->id, d->version);
	put_dates(out, d);
	buf_fmt(out, ",\"tcbEvaluationDataNumber\":%" PRIu32, d->evaluation_number);
	buf_str(out,
	    ",\"miscselect\":\"00000000\","
	    "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\","
	    "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"");
	hex_upper(out, BYTES_OF(qe_mrsigner));
	buf_str(out, "\",\"isvprodid\":1,\"tcbLevels\":[");
	for (size_t i = 0; i < COUNT_OF(qe_levels) && !d->no_levels; i++) {
		buf_fmt(out, "%s{\"tcb\":{\"isvsvn\":%u},", i == 0 ? "" : ",", qe_levels[i].svn);
		put_level_end(out, &qe_levels[i]);
	}
	buf_str(out, "]}");
}

/* {"NAME":INNER,"signature":"…"} */
static int
wrap(const struct signed_plan *d, const char *name, const struct buf *inner, struct arena *a,
    struct bytes *out, struct err *e)
{
	DEFER(buf_release) struct buf whole;
	uint8_t sig[MAX_SIG_SIZE];
	size_t size = 0;

	buf_init(&whole, 65536);
	if (!buf_ok(inner))
		return arena_fail(e, "synthetic evidence");
	TRY(privkey_sign(d->signer, SIG_ES256, SIG_RAW, buf_bytes(inner), sig, &size, e));
	if (d->spoil == SPOIL_SIGNATURE)
		sig[size - 1] ^= 1;
	buf_fmt(&whole, "{\"%s\":", name);
	buf_add(&whole, buf_bytes(inner));
	buf_str(&whole, ",\"signature\":\"");
	buf_hex(&whole, bytes_of(sig, size));
	buf_str(&whole, "\"}");
	return arena_take(&whole, a, out, e);
}

int
tcb_info_plan_emit(const struct signed_plan *d, struct arena *a, struct bytes *out, struct err *e)
{
	DEFER(buf_release) struct buf inner;

	buf_init(&inner, 65536);
	put_tcb_info(&inner, d);
	return wrap(d, "tcbInfo", &inner, a, out, e);
}

int
identity_plan_emit(const struct signed_plan *d, struct arena *a, struct bytes *out, struct err *e)
{
	DEFER(buf_release) struct buf inner;

	buf_init(&inner, 65536);
	put_identity(&inner, d);
	return wrap(d, "enclaveIdentity", &inner, a, out, e);
}
