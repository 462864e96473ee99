/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's X509_verify_cert() beside our checks of a chain (tests/support/chain.h): chains made here, each certificate
 * and list of them spoilt in each way, those of x509-limbo, and real ones of Intel and AMD. And d2i_X509(), d2i_X509_CRL() beside our readers, on bytes
 * damaged at random.
 *
 * Where the two say different things, docs/verdict-differences.md has a row for the class: what OpenSSL says, what we say.
 */
#include "collateral/profile.h"

#include "base/stamp.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "crypto/privkey.h"

#include "../../support/chain.h"
#include "../../support/suite.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#define NOW     1000000000
#define DAY     86400
#define LIMBO   "x509-limbo/limbo-subset.json"
#define DAMAGES 4000

static struct suite suite;
static struct arena arena;

/* Reading */

static X509 *
x509_of(struct bytes der)
{
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.size);

	/* What stands behind the certificate is the caller's to see. */
	if (x != NULL && p != der.p + der.size) {
		X509_free(x);
		return NULL;
	}
	return x;
}

static X509_CRL *
x509_crl_of(struct bytes der)
{
	const unsigned char *p = der.p;
	X509_CRL *c = d2i_X509_CRL(NULL, &p, (long)der.size);

	if (c != NULL && p != der.p + der.size) {
		X509_CRL_free(c);
		return NULL;
	}
	return c;
}

static void
store_fill(X509_STORE *store, const struct test_chain *in)
{
	for (size_t i = 0; i < in->root_count; i++) {
		X509 *x = x509_of(in->roots[i]);

		if (x != NULL)
			(void)X509_STORE_add_cert(store, x);
		X509_free(x);
	}
	for (size_t i = 0; i < in->crl_count; i++) {
		X509_CRL *c = x509_crl_of(in->crls[i]);

		if (c != NULL)
			(void)X509_STORE_add_crl(store, c);
		X509_CRL_free(c);
	}
}

/* "accepted", or OpenSSL's words for why not. */
static const char *
openssl_word(const struct test_chain *in)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *pool = sk_X509_new_null();
	X509 *leaf = x509_of(in->leaf);
	const char *word = "the leaf cannot be read";

	assert_true(store != NULL && ctx != NULL && pool != NULL);
	store_fill(store, in);
	for (size_t i = 0; i < in->pool_count; i++) {
		X509 *x = x509_of(in->pool[i]);

		if (x != NULL)
			assert_true(sk_X509_push(pool, x) > 0);
	}
	if (leaf != NULL) {
		assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, pool), 1);
		X509_STORE_CTX_set_time(ctx, 0, (time_t)in->now_at);
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
		if (in->crl_count > 0)
			X509_STORE_CTX_set_flags(ctx,
			    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
		word = X509_verify_cert(ctx) == 1
		    ? "accepted"
		    : X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
	}
	X509_free(leaf);
	sk_X509_pop_free(pool, X509_free);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return word;
}

/* Compares verdicts; the reasons name the class of a difference. */
static void
compare(const char *area, const struct test_chain *in)
{
	char room[256], id[200];
	const char *why = chain_refusal(in, room), *word = openssl_word(in);
	bool theirs = strcmp(word, "accepted") == 0;

	(void)snprintf(id, sizeof(id), "%s: %.160s", area, theirs ? why == NULL ? "" : why : word);
	suite_case(&suite, id, theirs ? "accepted" : "refused",
	    why == NULL ? "accepted" : "refused");
}

/* Chains made here */

enum defect {
	NO_DEFECT,
	EXPIRED,
	FUTURE,
	STRANGER,
	FOREIGN_KEY,
	FLIPPED,
	NO_BASIC,
	OTHER_CA,
	PATH_0,
	PATH_1,
	NO_USAGE,
	WRONG_USAGE,
	CRITICAL,
	HARMLESS,
	NARROWED,
	ZERO_SERIAL,
	ANOTHER_CURVE,
	DEFECTS
};

enum list_defect {
	NO_LIST_DEFECT,
	LISTED,
	LIST_EXPIRED,
	LIST_FUTURE,
	LIST_FOREIGN,
	LIST_STRANGER,
	LIST_FLIPPED,
	LIST_WITHOUT_NUMBER,
	LIST_WITHOUT_AKI,
	LIST_ABSENT,
	LIST_DEFECTS
};

static struct privkey *keys[3], *foreign, *p384;
static const char *const names[] = { "root", "intermediate", "leaf" };
static const uint8_t serials[][2] = { { 1, 1 }, { 1, 2 }, { 1, 3 } };

static struct cert_spec
spec_of(size_t level, size_t issuer)
{
	bool ca = level < 2;

	return (struct cert_spec){ .subject_cn = names[level],
		.issuer_cn = names[issuer],
		.serial = bytes_of(serials[level], 2),
		.not_before_at = NOW - DAY,
		.not_after_at = NOW + DAY,
		.is_ca = ca,
		.basic_constraints = true,
		.path_len = level == 0 ? 1
		    : level == 1       ? 0
				       : -1,
		.key_usage = ca ? CERT_KEY_CERT_SIGN | CERT_CRL_SIGN : CERT_DIGITAL_SIGNATURE,
		.key_ids = true };
}

static void
spoil(struct cert_spec *s, enum defect defect)
{
	static const uint8_t unknown[] = { 0x2a, 0x03 }, narrow[] = { 0x55, 0x1d, 0x1e };
	/* NameConstraints { permittedSubtrees [0] { dNSName "a" } } */
	static const uint8_t value[] = { 0x30, 0x07, 0xa0, 0x05, 0x30, 0x03, 0x82, 0x01, 'a' };
	static const uint8_t zero[] = { 0 };

	if (defect == EXPIRED)
		s->not_after_at = NOW - 1;
	else if (defect == FUTURE)
		s->not_before_at = NOW + 1;
	else if (defect == STRANGER)
		s->issuer_cn = "somebody else";
	else if (defect == NO_BASIC)
		s->basic_constraints = false;
	else if (defect == OTHER_CA) {
		s->is_ca = !s->is_ca;
		s->path_len = -1;
	} else if (defect == PATH_0 || defect == PATH_1)
		s->path_len = s->is_ca ? defect == PATH_1 : -1;
	else if (defect == NO_USAGE)
		s->key_usage = 0;
	else if (defect == WRONG_USAGE)
		s->key_usage = 1 << 4; /* keyAgreement */
	else if (defect == CRITICAL || defect == HARMLESS)
		s->extra[s->extra_count++] =
		    (struct cert_ext){ BYTES_OF(unknown), defect == CRITICAL, BYTES("\x05\x00") };
	else if (defect == NARROWED)
		s->extra[s->extra_count++] =
		    (struct cert_ext){ BYTES_OF(narrow), true, BYTES_OF(value) };
	else if (defect == ZERO_SERIAL)
		s->serial = BYTES_OF(zero);
}

static struct bytes
copy_of(struct buf *b, bool flip)
{
	struct bytes copy;

	assert_true(buf_ok(b));
	/* Within the signature: the value stays DER. */
	if (flip)
		b->p[b->size - 5] ^= 0x10;
	copy = arena_copy(&arena, buf_bytes(b));
	assert_non_null(copy.p);
	buf_release(b);
	return copy;
}

static struct bytes
make_cert(size_t level, size_t issuer, enum defect defect)
{
	struct cert_spec spec = spec_of(level, issuer);
	const struct privkey *subject = defect == ANOTHER_CURVE ? p384 : keys[level];
	const struct privkey *signer = defect == FOREIGN_KEY ? foreign
	    : level == issuer                                ? subject
							     : keys[issuer];
	DEFER(buf_release) struct buf out;

	buf_init(&out, MAX_CERT_SIZE);
	spoil(&spec, defect);
	assert_int_equal(cert_emit(&spec, privkey_public(subject), privkey_public(keys[issuer]),
			     signer, &out, NULL),
	    0);
	return copy_of(&out, defect == FLIPPED);
}

static struct bytes
make_crl(size_t issuer, size_t lists, enum list_defect defect)
{
	const struct bytes serial = bytes_of(serials[lists], 2);
	struct crl_spec spec = { .issuer_cn =
				     defect == LIST_STRANGER ? "somebody else" : names[issuer],
		.this_update_at = defect == LIST_FUTURE ? NOW + 1 : NOW - DAY,
		.next_update_at = defect == LIST_EXPIRED ? NOW - 1 : NOW + DAY,
		.number = 1,
		.leave_out_number = defect == LIST_WITHOUT_NUMBER,
		.leave_out_aki = defect == LIST_WITHOUT_AKI,
		.serials = &serial,
		.serial_count = defect == LISTED };
	const struct privkey *signer = defect == LIST_FOREIGN ? foreign : keys[issuer];
	DEFER(buf_release) struct buf out;

	buf_init(&out, MAX_CERT_SIZE);
	assert_int_equal(crl_emit(&spec, privkey_public(keys[issuer]), signer, &out, NULL), 0);
	return copy_of(&out, defect == LIST_FLIPPED);
}

/* Root, intermediate unless SHORT, leaf; the certificate of LEVEL has DEFECT. */
static struct test_chain *
make_chain(bool is_short, size_t level, enum defect defect)
{
	static struct test_chain c;
	size_t issuer = is_short ? 0 : 1;

	c = (struct test_chain){ .now_at = NOW, .root_count = 1 };
	c.roots[0] = make_cert(0, 0, level == 0 ? defect : NO_DEFECT);
	if (!is_short) {
		c.pool[0] = make_cert(1, 0, level == 1 ? defect : NO_DEFECT);
		c.pool_count = 1;
	}
	c.leaf = make_cert(2, issuer, level == 2 ? defect : NO_DEFECT);
	return &c;
}

static void
chains_made_here_have_one_verdict(void **state)
{
	size_t cases;

	(void)state;
	suite_open_classes(&suite, "openssl-made");
	for (int is_short = 0; is_short < 2; is_short++)
		for (size_t level = 0; level < 3; level++)
			for (int defect = 0; defect < DEFECTS; defect++) {
				if (is_short && level == 1)
					continue;
				arena_reset(&arena);
				compare(names[level],
				    make_chain(is_short, level, (enum defect)defect));
			}
	cases = suite.cases;
	for (size_t lists = 1; lists < 3; lists++)
		for (int defect = 0; defect < LIST_DEFECTS; defect++) {
			struct test_chain *c;

			arena_reset(&arena);
			c = make_chain(false, 0, NO_DEFECT);
			c->crls[0] =
			    make_crl(0, 1, lists == 1 ? (enum list_defect)defect : NO_LIST_DEFECT);
			c->crls[1] =
			    make_crl(1, 2, lists == 2 ? (enum list_defect)defect : NO_LIST_DEFECT);
			c->crl_count = 2;
			if (defect == LIST_ABSENT) {
				c->crls[lists - 1] = c->crls[2 - lists];
				c->crl_count = 1;
			}
			compare(lists == 1 ? "root's list" : "intermediate's list", c);
		}
	assert_int_equal(cases, 5 * DEFECTS);
	suite_close(&suite);
}

/* x509-limbo: the chains only; names and what the suite expects are collateral/limbo's. */

static size_t
ders_of(const struct json *list, const char *label, struct bytes *out, size_t max)
{
	size_t count = 0;

	for (const struct json *v = list == NULL ? NULL : list->first; v != NULL; v = v->next) {
		struct bytes text = json_text(v);

		assert_true(count < max);
		assert_int_equal(pem_next(&text, label, &arena, &out[count++], NULL), 1);
	}
	return count;
}

static void
limbo_chains_have_one_verdict(void **state)
{
	static struct test_chain c;
	const struct json *all = NULL;
	struct bytes text;

	(void)state;
	if (!vector_exists(LIMBO))
		skip();
	arena_reset(&arena);
	suite_open_classes(&suite, "openssl-limbo");
	assert_true(vector_read(LIMBO, &arena, &text));
	assert_int_equal(json_parse(text, 8 << 20, &arena, &all, NULL), 0);
	for (const struct json *t = json_get(all, "testcases")->first; t != NULL; t = t->next) {
		struct bytes leaf = json_text(json_get(t, "peer_certificate"));
		char stamp[32];

		c = (struct test_chain){ 0 };
		(void)snprintf(stamp, sizeof(stamp), "%.*sZ",
		    BYTES_FMT(bytes_slice(json_text(json_get(t, "validation_time")), 0, 19)));
		if (!stamp_parse(bytes_of_str(stamp), &c.now_at))
			c.now_at = 1704067200;
		assert_int_equal(pem_next(&leaf, "CERTIFICATE", &arena, &c.leaf, NULL), 1);
		c.root_count =
		    ders_of(json_get(t, "trusted_certs"), "CERTIFICATE", c.roots, MAX_TEST_CERTS);
		c.pool_count = ders_of(json_get(t, "untrusted_intermediates"), "CERTIFICATE",
		    c.pool, MAX_TEST_CERTS);
		c.crl_count = ders_of(json_get(t, "crls"), "X509 CRL", c.crls, MAX_TEST_CRLS);
		c.spare_crl_sign = c.crl_count == 0;
		compare("limbo", &c);
	}
	suite_close(&suite);
}

/* Chains of Intel, AMD and others, as PEM files hold them: leaf first, root last. */

static void
judge_file(const char *path, size_t *chains)
{
	static struct test_chain c;
	struct bytes text = { 0 }, ders[8];
	size_t count = 0;
	struct cert cert;

	c = (struct test_chain){ .root_count = 1 };
	if (!vector_read(path, &arena, &text))
		return;
	while (count < COUNT_OF(ders) &&
	    pem_next(&text, "CERTIFICATE", &arena, &ders[count], NULL) == 1) {
		if (cert_parse(ders[count], &cert, NULL) < 0)
			return;
		/* When the youngest of them had begun. */
		if (cert.not_before_at >= c.now_at)
			c.now_at = cert.not_before_at + 1;
		count++;
	}
	if (count < 2)
		return;
	c.leaf = ders[0];
	c.roots[0] = ders[count - 1];
	for (size_t i = 1; i + 1 < count; i++)
		c.pool[c.pool_count++] = ders[i];
	(*chains)++;
	compare("real", &c);
}

static void
judge_folder(const char *folder, unsigned depth, size_t *chains)
{
	char path[MAX_VECTOR_PATH], name[1024];
	struct dirent *entry;
	DIR *dir;

	vector_path(folder, path);
	dir = opendir(path);
	if (dir == NULL || depth > 4)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%.500s/%.500s", folder, entry->d_name);
		if (entry->d_type == DT_DIR)
			judge_folder(name, depth + 1, chains);
		else if (strstr(entry->d_name, ".pem") != NULL)
			judge_file(name, chains);
		arena_reset(&arena);
	}
	closedir(dir);
}

static void
real_chains_have_one_verdict(void **state)
{
	static const char *const folders[] = { "sgx", "tdx", "snp" };
	size_t chains = 0;

	(void)state;
	if (!vector_exists("sgx"))
		skip();
	arena_reset(&arena);
	suite_open_classes(&suite, "openssl-real");
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		judge_folder(folders[i], 0, &chains);
	assert_true(chains > 10);
	suite_close(&suite);
}

/* Damaged bytes */

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* One to three changes: a bit, a byte, a byte less, a byte more. COPY has room for three more. */
static size_t
damage(uint8_t *copy, size_t size, uint32_t *seed)
{
	for (uint32_t more = next(seed) % 3 + 1; more > 0; more--) {
		size_t at = next(seed) % size;

		switch (next(seed) % 4) {
		case 0:
			copy[at] ^= (uint8_t)(1u << next(seed) % 8);
			break;
		case 1:
			copy[at] = (uint8_t)next(seed);
			break;
		case 2:
			memmove(copy + at, copy + at + 1, --size - at);
			break;
		default:
			memmove(copy + at + 1, copy + at, size++ - at);
		}
	}
	return size;
}

static void
judge_bytes(bool is_crl, struct bytes der)
{
	struct cert cert;
	struct crl crl;
	X509 *x = is_crl ? NULL : x509_of(der);
	X509_CRL *c = is_crl ? x509_crl_of(der) : NULL;
	bool theirs = x != NULL || c != NULL;
	DEFER(key_unrefp) struct key *key = NULL;
	/* A certificate's key is read from it before anything is believed. */
	bool ours = is_crl
	    ? crl_parse(der, &crl, NULL) == 0
	    : cert_parse(der, &cert, NULL) == 0 && key_from_spki(cert.spki, &key, NULL) == 0;

	X509_free(x);
	X509_CRL_free(c);
	/* Signatures differ from run to run, and with them where the damage lies: the class is no finer than this. */
	suite_case(&suite, is_crl ? "crl" : "certificate", theirs ? "read" : "refused",
	    ours ? "read" : "refused");
}

static void
damaged_bytes_are_never_read_by_us_alone(void **state)
{
	static uint8_t copy[MAX_CERT_SIZE];
	uint32_t seed = 20261124;
	struct bytes whole[4];

	(void)state;
	arena_reset(&arena);
	suite_open_classes(&suite, "openssl-der");
	whole[0] = make_cert(0, 0, NO_DEFECT);
	whole[1] = make_cert(2, 1, HARMLESS);
	whole[2] = make_crl(0, 1, LISTED);
	whole[3] = make_crl(1, 2, NO_LIST_DEFECT);
	for (int i = 0; i < DAMAGES; i++) {
		struct bytes from = whole[i % 4];

		memcpy(copy, from.p, from.size);
		judge_bytes(i % 4 >= 2, bytes_of(copy, damage(copy, from.size, &seed)));
	}
	suite_close(&suite);
}

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 128 << 20);
	for (size_t i = 0; i < 3; i++)
		if (privkey_generate(KEY_P256, &keys[i], NULL) < 0)
			return -1;
	return privkey_generate(KEY_P256, &foreign, NULL) < 0 ||
		privkey_generate(KEY_P384, &p384, NULL) < 0
	    ? -1
	    : 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		privkey_free(keys[i]);
	privkey_free(foreign);
	privkey_free(p384);
	arena_release(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_made_here_have_one_verdict),
		cmocka_unit_test(limbo_chains_have_one_verdict),
		cmocka_unit_test(real_chains_have_one_verdict),
		cmocka_unit_test(damaged_bytes_are_never_read_by_us_alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
