/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/tcb_status.h"

static const char *const names[TCB_STATUS_COUNT] = {
	[TCB_UP_TO_DATE] = "UpToDate",
	[TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
	[TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
	[TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
	[TCB_OUT_OF_DATE] = "OutOfDate",
	[TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
	[TCB_REVOKED] = "Revoked",
};

const char *
tcb_status_name(enum tcb_status s)
{
	return s < TCB_STATUS_COUNT ? names[s] : NULL;
}

bool
tcb_status_parse(struct bytes text, enum tcb_status *out)
{
	for (unsigned i = 0; i < TCB_STATUS_COUNT; i++) {
		if (bytes_is_str(text, names[i])) {
			*out = (enum tcb_status)i;
			return true;
		}
	}
	return false;
}

enum tcb_status
tcb_status_merge(enum tcb_status platform, enum tcb_status component)
{
	if (platform == TCB_NONE || component == TCB_NONE)
		return TCB_NONE;
	if (platform == TCB_REVOKED || component == TCB_REVOKED)
		return TCB_REVOKED;
	if (component != TCB_OUT_OF_DATE)
		return platform;
	/* The component is out of date: what the platform says of configuration stays. */
	switch (platform) {
	case TCB_CONFIGURATION_NEEDED:
	case TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
	case TCB_OUT_OF_DATE_CONFIGURATION_NEEDED:
		return TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
	case TCB_UP_TO_DATE:
	case TCB_SW_HARDENING_NEEDED:
	case TCB_OUT_OF_DATE:
	case TCB_REVOKED:
	case TCB_STATUS_COUNT:
		break;
	}
	return TCB_OUT_OF_DATE;
}
