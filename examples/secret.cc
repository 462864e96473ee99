// SPDX-License-Identifier: Apache-2.0
// secret ISSUER EXPECTATION [CA] < TOKEN, in C++17: prints $SECRET if the token is ISSUER's and all holds that the file demands.
#include <attest/attest.h>

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

// What the library gives, freed by the function that belongs to it.
template <auto Free> struct freed_by {
	template <class T>
	void
	operator()(T *p) const
	{
		Free(p);
	}
};
template <class T, auto Free> using owned = std::unique_ptr<T, freed_by<Free>>;
using config = owned<attest_verifier_config, attest_verifier_config_free>;
using verifier = owned<attest_verifier, attest_verifier_free>;
using expectation = owned<attest_expectation, attest_expectation_free>;
using result = owned<attest_result, attest_result_free>;

// An error of the library's is an exception; it is freed here.
[[noreturn]] static void
raise(attest_error *e)
{
	std::string why = attest_error_message(e);

	attest_error_free(e);
	throw std::runtime_error(why);
}

static bool
is_trusted(attest_verifier *v, attest_expectation *x, const std::string &token)
{
	attest_result *r = nullptr;
	attest_error *e = nullptr;
	attest_verdict verdict = attest_verify(v, token.data(), token.size(), x, &r, &e);
	result kept(r);

	if (verdict == ATTEST_FAILED)
		raise(e);
	if (verdict != ATTEST_ACCEPTED)
		std::cerr << "no secret, because of " << attest_result_failed_check(r) << '\n';
	return verdict == ATTEST_ACCEPTED;
}

static int
run(int argc, char **argv)
{
	config c(attest_verifier_config_new(argc > 2 ? argv[1] : nullptr));
	attest_error *e = nullptr;

	if (argc > 3)
		attest_verifier_config_ca_file(c.get(), argv[3]);
#ifdef ATTEST_BUILD_ALLOWS_DEV_ISSUERS
	attest_verifier_config_allow_private_addresses(c.get());
#endif
	verifier v(attest_verifier_new(c.get(), &e));
	if (!v)
		raise(e);
#ifdef ATTEST_BUILD_ALLOWS_DEV_ISSUERS
	attest_verifier_allow_dev_issuers(v.get());
#endif
	expectation x(attest_expectation_from_file(argv[2], &e));
	if (!x)
		raise(e);
	std::string token(std::istreambuf_iterator<char>(std::cin), {});
	while (!token.empty() && token.back() == '\n')
		token.pop_back();
	const char *secret = std::getenv("SECRET");
	if (secret == nullptr || !is_trusted(v.get(), x.get(), token))
		return 1;
	std::cout << secret << '\n';
	return 0;
}

int
main(int argc, char **argv)
{
	try {
		return run(argc, argv);
	} catch (const std::exception &why) {
		std::cerr << "failed: " << why.what() << '\n';
		return 1;
	}
}
