/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/crl: a list that is taken says what OpenSSL reads in it: its dates, how many entries it has, and that each serial
 * of it is revoked.
 */
#include "mutate.h"

#include "crypto/crl.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

static void
inside(struct bytes part, struct bytes whole)
{
	HOLDS(part.size == 0 || (part.p >= whole.p && part.p + part.size <= whole.p + whole.size));
}

static void
same_time(const ASN1_TIME *theirs, int64_t ours)
{
	struct tm tm;

	if (theirs != NULL && ASN1_TIME_to_tm(theirs, &tm) == 1)
		HOLDS((int64_t)timegm(&tm) == ours);
}

static void
same_as_openssl(const struct crl *c, X509_CRL *x)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(x);
	int count = list == NULL ? 0 : sk_X509_REVOKED_num(list);

	same_time(X509_CRL_get0_lastUpdate(x), c->this_update_at);
	same_time(X509_CRL_get0_nextUpdate(x), c->next_update_at);
	HOLDS((X509_CRL_get0_nextUpdate(x) == NULL) == (c->next_update_at == 0));
	HOLDS((size_t)count == c->entry_count);
	for (int i = 0; i < count && i < 64; i++) {
		const ASN1_INTEGER *n =
		    X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(list, i));

		/* A negative number is no serial that a certificate of ours can have. */
		if ((ASN1_STRING_type(n) & V_ASN1_NEG) == 0)
			HOLDS(crl_has(c,
			    bytes_of(ASN1_STRING_get0_data(n), (size_t)ASN1_STRING_length(n))));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nobody[] = { 0x7f, 0x6e, 0x6f, 0x62, 0x6f, 0x64, 0x79, 0x21, 0x21,
		0x21, 0x21 };
	const unsigned char *at = data;
	struct crl c = { 0 };
	struct err e = { 0 };
	X509_CRL *x;

	if (crl_parse(bytes_of(data, size), &c, &e) < 0) {
		fuzz_refusal(&e);
		return 0;
	}
	inside(c.tbs, c.raw);
	inside(c.issuer, c.tbs);
	inside(c.entries, c.tbs);
	inside(c.number, c.tbs);
	inside(c.aki, c.tbs);
	inside(c.sig, c.raw);
	(void)crl_has(&c, BYTES_OF(nobody));
	x = d2i_X509_CRL(NULL, &at, (long)size);
	if (x != NULL) {
		HOLDS(at == data + size);
		same_as_openssl(&c, x);
	}
	X509_CRL_free(x);
	ERR_clear_error();
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_der(data, size, max_size, seed);
}
