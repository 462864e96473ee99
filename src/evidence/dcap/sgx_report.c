/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/dcap/sgx_report.h"

int
sgx_report_parse(struct bytes raw, struct sgx_report *out, struct err *e)
{
	struct rd r = rd_from(raw);
	struct sgx_report p = { .raw = raw };

	p.cpusvn = rd_take(&r, 16);
	p.miscselect = rd_le32(&r);
	(void)rd_take(&r, 12);
	p.isvextprodid = rd_take(&r, 16);
	struct rd attributes = rd_sub(&r, 16);

	p.attributes = attributes.left;
	p.flags = rd_le64(&attributes);
	p.xfrm = rd_le64(&attributes);
	p.mrenclave = rd_take(&r, 32);
	(void)rd_take(&r, 32);
	p.mrsigner = rd_take(&r, 32);
	(void)rd_take(&r, 32);
	p.configid = rd_take(&r, 64);
	p.isvprodid = rd_le16(&r);
	p.isvsvn = rd_le16(&r);
	p.configsvn = rd_le16(&r);
	(void)rd_take(&r, 42);
	p.isvfamilyid = rd_take(&r, 16);
	p.reportdata = rd_take(&r, 64);
	if (!rd_done(&r))
		return err_set(e, ERR_MALFORMED, "sgx report body: %zu bytes, want %d", raw.size,
		    SGX_REPORT_SIZE);
	*out = p;
	return 0;
}

bool
sgx_report_is_debug(const struct sgx_report *r)
{
	return (r->flags & SGX_FLAG_DEBUG) != 0;
}

bool
sgx_report_has_kss(const struct sgx_report *r)
{
	return (r->flags & SGX_FLAG_KSS) != 0;
}
