// SPDX-License-Identifier: Apache-2.0
#include "use.h"

#include <memory>

// What C++ programs will do first: owners of our structs.
struct free_result {
	void
	operator()(attest_result *r) const
	{
		attest_result_free(r);
	}
};

int
main(int argc, char **argv)
{
	std::unique_ptr<attest_result, free_result> none;

	return attest_result_verdict(none.get()) == ATTEST_FAILED ? use(argc, argv) : 1;
}
