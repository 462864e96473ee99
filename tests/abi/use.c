/* SPDX-License-Identifier: Apache-2.0 */
#include "use.h"

int
main(int argc, char **argv)
{
	return use(argc, argv);
}
