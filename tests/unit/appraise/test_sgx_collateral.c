/* SPDX-License-Identifier: Apache-2.0 */
/* Which documents are taken, who may have signed them, and how old they may be. */
#include "appraise/sgx.h"

#include "judged.h"

#include "crypto/privkey.h"

static struct bytes
doc_named(const struct synth_case *c, const char *part)
{
	for (size_t i = 0; i < c->doc_count; i++)
		if (strstr(c->docs[i].name, part) != NULL)
			return c->docs[i].bytes;
	fail_msg("no document %s", part);
	return BYTES("");
}

static void
drop_doc(struct synth_case *c, const char *part)
{
	for (size_t i = 0; i < c->doc_count; i++)
		if (strstr(c->docs[i].name, part) != NULL)
			c->docs[i] = c->docs[--c->doc_count];
}

static struct privkey *
root_key(void)
{
	struct privkey *key = key_at(FIRST_KEY_ROOT);

	assert_true(key_eq(privkey_public(key), synth_root_key(root)));
	return key;
}

/* A second TCB signer, and the QE identity signed by it. */
struct second {
	struct bytes cert, identity;
};

/* SIGNED_PART, the inner object of an identity, signed by a signer of its own. */
static struct second
second_signer_of(struct bytes signed_part, const struct privkey *issuer, int64_t from_at,
    int64_t to_at)
{
	DEFER(privkey_freep) struct privkey *key = NULL;
	DEFER(buf_release) struct buf cert;
	DEFER(buf_release) struct buf text;
	struct cert_spec spec = { .subject_cn = "Intel SGX TCB Signing",
		.organization = "Intel Corporation",
		.locality = "Santa Clara",
		.state = "CA",
		.country = "US",
		.issuer_cn = "Intel SGX Root CA",
		.issuer_organization = "Intel Corporation",
		.issuer_locality = "Santa Clara",
		.issuer_state = "CA",
		.issuer_country = "US",
		.serial = BYTES("\x4d\x02"),
		.not_before_at = from_at,
		.not_after_at = to_at,
		.basic_constraints = true,
		.path_len = -1,
		.key_usage = CERT_DIGITAL_SIGNATURE,
		.key_ids = true };
	struct err e = { 0 };
	uint8_t sig[MAX_SIG_SIZE];
	size_t sig_size;

	buf_init(&cert, MAX_CERT_SIZE);
	buf_init(&text, MAX_COLLATERAL_JSON_SIZE);
	assert_int_equal(privkey_generate(KEY_P256, &key, &e), 0);
	assert_int_equal(cert_emit(&spec, privkey_public(key), privkey_public(issuer), issuer,
			     &cert, &e),
	    0);
	assert_int_equal(privkey_sign(key, SIG_ES256, SIG_RAW, signed_part, sig, &sig_size, &e), 0);
	buf_str(&text, "{\"enclaveIdentity\":");
	buf_add(&text, signed_part);
	buf_str(&text, ",\"signature\":\"");
	buf_hex(&text, bytes_of(sig, sig_size));
	buf_str(&text, "\"}");
	return (struct second){ taken(&cert), taken(&text) };
}

static struct bytes
identity_part(const struct synth_case *c)
{
	struct qe_identity q;
	struct err e = { 0 };

	assert_int_equal(qe_identity_parse(doc_named(c, "qe-identity"), &arena, &q, &e), 0);
	return q.signed_part;
}

static struct second
second_signer(const struct synth_case *c, const struct privkey *issuer, int64_t from_at,
    int64_t to_at)
{
	return second_signer_of(identity_part(c), issuer, from_at, to_at);
}

static enum verdict
judge_second(struct synth_case *c, const struct second *s)
{
	const struct bytes extra[] = { s->cert, s->identity };

	drop_doc(c, "qe-identity");
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(c, extra, 2);

	return judge_with(c, snapshot, NULL, NOW);
}

static void
identity_may_have_a_signer_of_its_own(void **state)
{
	DEFER(privkey_freep) struct privkey *issuer = root_key();
	struct synth_case c = make_plain();
	struct second s = second_signer(&c, issuer, NOW - 1000, NOW + 1000);

	(void)state;
	assert_int_equal(judge_second(&c, &s), VERDICT_ACCEPTED);
	assert_memory_not_equal(findings.collateral.qeidcertshash,
	    findings.collateral.tcbinfocertshash, SHA256_SIZE);
}

/* PART with FROM, which is in it once, replaced by TO of the same length. */
static struct bytes
edited(struct bytes part, const char *from, const char *to)
{
	struct bytes out = arena_copy(&arena, part);
	uint8_t *at = memmem(out.p, out.size, from, strlen(from));

	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	return out;
}

static enum verdict
judge_edited(const char *from, const char *to)
{
	DEFER(privkey_freep) struct privkey *issuer = root_key();
	struct synth_case c = make_plain();
	struct second s =
	    second_signer_of(edited(identity_part(&c), from, to), issuer, NOW - 1000, NOW + 1000);

	return judge_second(&c, &s);
}

/* evidence-intel.md 5, step 9: (MISCSELECT & mask) = miscselect. Bits outside of the mask can never be met. */
static void
identity_that_demands_a_miscselect_outside_its_mask_is_met_by_nobody(void **state)
{
	(void)state;
	assert_int_equal(judge_edited("\"miscselectMask\":\"FFFFFFFF\"",
			     "\"miscselectMask\":\"FEFFFFFF\""),
	    VERDICT_ACCEPTED);
	(void)judge_edited("\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\"",
	    "\"miscselect\":\"01000000\",\"miscselectMask\":\"FEFFFFFF\"");
	assert_ends_at(CHECK_SGX_QE_MISCSELECT);
}

/* The same step: (ATTRIBUTES & mask) = attributes & mask. */
static void
attributes_of_an_identity_outside_its_mask_do_not_count(void **state)
{
	(void)state;
	assert_int_equal(judge_edited("\"attributes\":\"11000000000000000000",
			     "\"attributes\":\"15000000000000000001"),
	    VERDICT_ACCEPTED);
	(void)judge_edited("\"attributes\":\"11000000000000000000",
	    "\"attributes\":\"31000000000000000000");
	assert_ends_at(CHECK_SGX_QE_ATTRIBUTES);
}

static void
identity_signed_under_another_root_is_undecided(void **state)
{
	DEFER(privkey_freep) struct privkey *stranger = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(privkey_generate(KEY_P256, &stranger, &e), 0);
	struct synth_case c = make_plain();
	struct second s = second_signer(&c, stranger, NOW - 1000, NOW + 1000);

	(void)judge_second(&c, &s);
	assert_ends_at(CHECK_QE_IDENTITY_SIGNER_CHAIN);
}

static void
identity_whose_signer_is_not_valid_now_is_undecided(void **state)
{
	DEFER(privkey_freep) struct privkey *issuer = root_key();
	struct synth_case c = make_plain();
	struct second s = second_signer(&c, issuer, NOW + 1, NOW + 1000);

	(void)state;
	(void)judge_second(&c, &s);
	assert_ends_at(CHECK_QE_IDENTITY_SIGNER_NOT_YET_VALID);
	c = make_plain();
	s = second_signer(&c, issuer, NOW - 1000, NOW - 1);
	(void)judge_second(&c, &s);
	assert_ends_at(CHECK_QE_IDENTITY_SIGNER_EXPIRED);
}

static struct bytes
root_crl_with(const struct privkey *issuer, struct bytes serial, int64_t from_at, int64_t to_at)
{
	return crl_with("Intel SGX Root CA", issuer, serial, from_at, to_at);
}

static void
identity_whose_signer_is_revoked_is_undecided(void **state)
{
	DEFER(privkey_freep) struct privkey *issuer = root_key();
	struct synth_case c = make_plain();
	struct second s = second_signer(&c, issuer, NOW - 1000, NOW + 1000);
	const struct bytes extra[] = { s.cert, s.identity,
		root_crl_with(issuer, BYTES("\x4d\x02"), NOW - 10, NOW + 10) };

	(void)state;
	drop_doc(&c, "qe-identity");
	drop_doc(&c, "root-ca");
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, extra, 3);

	(void)judge_with(&c, snapshot, NULL, NOW);
	assert_ends_at(CHECK_QE_IDENTITY_SIGNER_REVOKED);
}

/* The newest CRL that is valid counts: an older one cannot hide a revocation. */
static void
newest_crl_that_is_valid_is_taken(void **state)
{
	DEFER(privkey_freep) struct privkey *issuer = root_key();
	struct synth_case c = make_plain();
	struct pck_chain chain;
	struct sgx_quote q;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sgx_quote_parse(c.evidence, &q, &e), 0);
	assert_int_equal(pck_chain_parse(q.dcap.cert_data, &arena, &chain, &e), 0);
	struct bytes serial = chain.intermediate->serial;
	const struct bytes newer = root_crl_with(issuer, serial, NOW - 1, NOW + 10);
	const struct bytes future = root_crl_with(issuer, serial, NOW + 1, NOW + 10);
	const struct bytes old = root_crl_with(issuer, serial, NOW - 400000, NOW + 10);
	DEFER(collateral_unrefp) struct collateral *with_newer = seal(&c, &newer, 1);
	DEFER(collateral_unrefp) struct collateral *with_future = seal(&c, &future, 1);
	DEFER(collateral_unrefp) struct collateral *with_old = seal(&c, &old, 1);

	(void)judge_with(&c, with_newer, NULL, NOW);
	assert_ends_at(CHECK_SGX_PCK_INTERMEDIATE_REVOKED);
	assert_int_equal(judge_with(&c, with_future, NULL, NOW), VERDICT_ACCEPTED);
	assert_int_equal(judge_with(&c, with_old, NULL, NOW), VERDICT_ACCEPTED);
}

static void
older_pck_crl_hides_no_revocation(void **state)
{
	DEFER(privkey_freep) struct privkey *issuer = key_at(SECOND_KEY_PLATFORM_CA);
	struct synth_case c = make_plain();
	struct pck_chain chain;
	struct sgx_quote q;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sgx_quote_parse(c.evidence, &q, &e), 0);
	assert_int_equal(pck_chain_parse(q.dcap.cert_data, &arena, &chain, &e), 0);
	const struct bytes newer =
	    crl_with("Intel SGX PCK Platform CA", issuer, chain.leaf->serial, NOW - 1, NOW + 10);
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, &newer, 1);

	(void)judge_with(&c, snapshot, NULL, NOW);
	assert_ends_at(CHECK_SGX_PCK_LEAF_REVOKED);
}

/* A list that somebody else signed in the CA's name does not push the CA's own aside. */
static void
forged_crl_beside_the_true_one_changes_nothing(void **state)
{
	DEFER(privkey_freep) struct privkey *stranger = NULL;
	struct err e = { 0 };
	struct synth_case c = make_plain();

	(void)state;
	assert_int_equal(privkey_generate(KEY_P256, &stranger, &e), 0);
	const struct bytes forged = root_crl_with(stranger, BYTES(""), NOW, NOW + 10);
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, &forged, 1);

	assert_int_equal(judge_with(&c, snapshot, NULL, NOW), VERDICT_ACCEPTED);
}

static void
damaged_document_beside_a_sound_one_changes_nothing(void **state)
{
	struct synth_spec spec;
	struct synth_case c = make_plain();

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	struct synth_case bad = make(&spec, "tcb-info-signature");
	const struct bytes extra[] = { doc_named(&bad, "tcb-info"), BYTES("{\"tcbInfo\":"),
		BYTES("{\"enclaveIdentity\":1}"), BYTES("what is this?"), BYTES("0\x82\x01") };
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, extra, COUNT_OF(extra));

	assert_int_equal(judge_with(&c, snapshot, NULL, NOW), VERDICT_ACCEPTED);
}

static void
collateral_of_another_anchor_does_not_vouch(void **state)
{
	DEFER(synth_root_freep) struct synth_root *other = NULL;
	struct synth_spec spec;
	struct synth_case c = make_plain(), of_other = { 0 };
	struct err e = { 0 };
	uint8_t spki[SHA256_SIZE];

	(void)state;
	assert_int_equal(synth_root_generate(NOW, &other, &e), 0);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	assert_int_equal(synth_case_emit(other, &spec, NULL, NOW, &arena, &of_other, &e), 0);
	sha256(key_spki(synth_root_key(other)), spki);
	assert_int_equal(settings_add_anchor(&settings, "other root", spki, &e), 0);
	/* Trusted both, but the TCB info at hand is of the other one. */
	drop_doc(&c, "tcb-info");
	const struct bytes extra[] = { doc_named(&of_other, "tcb-info"),
		doc_named(&of_other, "tcb-signing") };
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, extra, 2);

	(void)judge_with(&c, snapshot, NULL, NOW);
	assert_ends_at(CHECK_TCB_INFO_SIGNER_CHAIN);
}

/* A list that is good under another root of the same name, whose certificate is at hand too. */
static void
root_crl_of_another_anchor_does_not_vouch(void **state)
{
	DEFER(synth_root_freep) struct synth_root *other = NULL;
	struct synth_spec spec;
	struct synth_case c = make_plain(), of_other = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(synth_root_generate(NOW, &other, &e), 0);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	assert_int_equal(synth_case_emit(other, &spec, NULL, NOW, &arena, &of_other, &e), 0);
	drop_doc(&c, "root-ca.crl");
	const struct bytes extra[] = { doc_named(&of_other, "root-ca.crl"),
		doc_named(&of_other, "root.pem") };
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, extra, 2);

	(void)judge_with(&c, snapshot, NULL, NOW);
	assert_ends_at(CHECK_ROOT_CRL_SIGNATURE);
}

/* A certificate of the root's own key that says other things than the one in the evidence. */
static struct bytes
other_root_cert(struct bytes serial, bool is_ca, int64_t to_at)
{
	DEFER(privkey_freep) struct privkey *key = root_key();
	DEFER(buf_release) struct buf out;
	struct cert_spec spec = { .subject_cn = "Intel SGX Root CA",
		.organization = "Intel Corporation",
		.locality = "Santa Clara",
		.state = "CA",
		.country = "US",
		.issuer_cn = "Intel SGX Root CA",
		.issuer_organization = "Intel Corporation",
		.issuer_locality = "Santa Clara",
		.issuer_state = "CA",
		.issuer_country = "US",
		.serial = serial,
		.not_before_at = NOW - 1000,
		.not_after_at = to_at,
		.is_ca = is_ca,
		.basic_constraints = true,
		.path_len = is_ca ? 1 : -1,
		.key_usage = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN,
		.key_ids = true };

	buf_init(&out, MAX_CERT_SIZE);
	assert_int_equal(cert_emit(&spec, privkey_public(key), privkey_public(key), key, &out,
			     NULL),
	    0);
	return taken(&out);
}

/* The first certificate of the TCB signing chain. */
static struct bytes
signer_alone(const struct synth_case *c)
{
	struct bytes left = doc_named(c, "tcb-signing"), der;

	assert_int_equal(pem_next(&left, "CERTIFICATE", &arena, &der, NULL), 1);
	return der;
}

static void
signer_under_a_root_that_is_not_fit_does_not_vouch(void **state)
{
	(void)state;
	for (int fit = 0; fit < 2; fit++) {
		struct synth_case c = make_plain();
		const struct bytes extra[] = { signer_alone(&c),
			other_root_cert(BYTES("\x51"), fit == 1, NOW + 1000) };

		drop_doc(&c, "tcb-signing");
		drop_doc(&c, "root.pem");
		DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, extra, 2);

		(void)judge_with(&c, snapshot, NULL, NOW);
		assert_ends_at(fit == 1 ? CHECK_NONE : CHECK_TCB_INFO_SIGNER_CHAIN);
	}
}

/* Of several certificates of one root the one that lasts longest counts, in whatever order they come. */
static void
expired_root_certificates_beside_the_good_one_change_nothing(void **state)
{
	struct synth_case c = make_plain();
	struct bytes extra[8];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(extra); i++) {
		const uint8_t serial[] = { 0x51, (uint8_t)i };

		extra[i] = other_root_cert(BYTES_OF(serial), true, NOW - 1);
	}
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, extra, COUNT_OF(extra));

	assert_int_equal(judge_with(&c, snapshot, NULL, NOW), VERDICT_ACCEPTED);
}

/* The root's documents of a day ago: good ones, and older. */
static void
judge_with_older(void)
{
	struct bytes old[2];
	struct err e = { 0 };

	assert_int_equal(synth_root_refresh(root, NOW - 86400, &e), 0);
	struct synth_case c = make_plain();

	old[0] = arena_copy(&arena, doc_named(&c, "tcb-info"));
	old[1] = arena_copy(&arena, doc_named(&c, "qe-identity"));
	assert_int_equal(synth_root_refresh(root, NOW, &e), 0);
	c = make_plain();
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, old, 2);

	settings.max_age_tcb_info_s = settings.max_age_qe_identity_s = 7200;
	assert_int_equal(judge_with(&c, snapshot, NULL, NOW), VERDICT_ACCEPTED);
	/* Alone the old ones are too old. */
	drop_doc(&c, "tcb-info");
	DEFER(collateral_unrefp) struct collateral *without = seal(&c, old, 2);

	(void)judge_with(&c, without, NULL, NOW);
	assert_ends_at(CHECK_TCB_INFO_AGE);
}

/* In whatever order they come, which is that of their digests. */
static void
newest_tcb_info_and_identity_are_taken(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++)
		judge_with_older();
}

/* Each has its bit in what is kept of a document. */
static void
more_signers_than_can_be_told_apart_are_a_limit(void **state)
{
	DEFER(privkey_freep) struct privkey *issuer = root_key();
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new((size_t)16 << 20);
	struct collateral *out = NULL;
	struct synth_case c = make_plain();
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i <= MAX_TCB_SIGNERS; i++) {
		struct second s = second_signer(&c, issuer, NOW - 1000, NOW + 1000);

		assert_int_equal(collateral_builder_add(b, s.cert, "folder", NULL, &e), 0);
	}
	assert_int_equal(collateral_builder_seal(b, &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_null(out);
}

static void
expired_tcb_info_counts_only_when_the_settings_say_so(void **state)
{
	struct synth_spec spec;

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	struct synth_case tcb = make(&spec, "tcb-info-expired");
	struct synth_case qe = make(&spec, "qe-identity-expired");
	struct synth_case crl = make(&spec, "root-crl-expired");

	settings.accept_expired_tcb = true;
	assert_int_equal(judge(&tcb), VERDICT_ACCEPTED);
	assert_int_equal(judge(&qe), VERDICT_ACCEPTED);
	(void)judge(&crl);
	assert_ends_at(CHECK_ROOT_CRL_EXPIRED);
	settings.accept_expired_tcb = false;
	(void)judge(&tcb);
	assert_ends_at(CHECK_TCB_INFO_EXPIRED);
}

/* Both ends of every interval belong to it (RFC 5280 4.1.2.5; evidence-intel.md 3.2, 4.3). */
static void
first_and_last_second_of_a_validity_are_in_it(void **state)
{
	const int64_t issued_at = NOW - 3600, next_update_at = issued_at + SYNTH_VALID_S;
	const int64_t not_before_at = NOW - 86400;
	const int64_t not_after_at = NOW + INT64_C(7) * 365 * 86400; /* the leaf's */
	struct synth_case c = make_plain();
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, NULL, 0);

	(void)state;
	assert_int_equal(judge_with(&c, snapshot, NULL, issued_at), VERDICT_ACCEPTED);
	assert_int_equal(judge_with(&c, snapshot, NULL, next_update_at), VERDICT_ACCEPTED);
	(void)judge_with(&c, snapshot, NULL, issued_at - 1);
	assert_ends_at(CHECK_ROOT_CRL_NOT_YET_VALID);
	(void)judge_with(&c, snapshot, NULL, next_update_at + 1);
	assert_ends_at(CHECK_ROOT_CRL_EXPIRED);
	/* The certificates are judged first: where they hold, the lists are what is out of date. */
	(void)judge_with(&c, snapshot, NULL, not_before_at);
	assert_ends_at(CHECK_ROOT_CRL_NOT_YET_VALID);
	(void)judge_with(&c, snapshot, NULL, not_before_at - 1);
	assert_ends_at(CHECK_SGX_PCK_ROOT_VALIDITY);
	(void)judge_with(&c, snapshot, NULL, not_after_at);
	assert_ends_at(CHECK_ROOT_CRL_EXPIRED);
	(void)judge_with(&c, snapshot, NULL, not_after_at + 1);
	assert_ends_at(CHECK_SGX_PCK_LEAF_VALIDITY);
}

/* The synthetic collateral is an hour old. */
static void
collateral_older_than_the_settings_allow_is_undecided(void **state)
{
	struct synth_case c = make_plain();

	(void)state;
	settings.max_age_crl_s = 3599;
	(void)judge(&c);
	assert_ends_at(CHECK_ROOT_CRL_AGE);
	settings.max_age_crl_s = 3600;
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	settings.max_age_tcb_info_s = settings.max_age_qe_identity_s = 3600;
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	settings.max_age_qe_identity_s = 0;
	settings.max_age_tcb_info_s = 3599;
	(void)judge(&c);
	assert_ends_at(CHECK_TCB_INFO_AGE);
	settings.max_age_tcb_info_s = 0;
	settings.max_age_qe_identity_s = 1;
	(void)judge(&c);
	assert_ends_at(CHECK_QE_IDENTITY_AGE);
}

static void
root_crl_older_than_the_settings_allow_is_undecided(void **state)
{
	DEFER(privkey_freep) struct privkey *issuer = key_at(SECOND_KEY_PLATFORM_CA);
	struct synth_case c = make_plain();
	const struct bytes fresh =
	    crl_with("Intel SGX PCK Platform CA", issuer, BYTES(""), NOW, NOW + 10);
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, &fresh, 1);

	(void)state;
	settings.max_age_crl_s = 60;
	(void)judge_with(&c, snapshot, NULL, NOW);
	assert_ends_at(CHECK_ROOT_CRL_AGE);
}

static void
pck_crl_older_than_the_settings_allow_is_undecided(void **state)
{
	DEFER(privkey_freep) struct privkey *issuer = root_key();
	struct synth_case c = make_plain();
	const struct bytes fresh = root_crl_with(issuer, BYTES(""), NOW, NOW + 10);
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, &fresh, 1);

	(void)state;
	settings.max_age_crl_s = 60;
	(void)judge_with(&c, snapshot, NULL, NOW);
	assert_ends_at(CHECK_PCK_CRL_AGE);
}

/* The snapshot is asked for what it verified, not for what it holds. */
static void
root_whose_signature_is_bad_is_refused_though_the_snapshot_has_it(void **state)
{
	struct synth_spec spec;
	struct sgx_quote q;
	struct err e = { 0 };

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	struct synth_case c = make(&spec, "pck-root-signature");

	assert_int_equal(sgx_quote_parse(c.evidence, &q, &e), 0);
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, &q.dcap.cert_data, 1);

	(void)judge_with(&c, snapshot, NULL, NOW);
	assert_ends_at(CHECK_SGX_PCK_ROOT_SIGNATURE);
}

static void
evaluation_number_below_the_minimum_is_undecided(void **state)
{
	struct synth_case c = make_plain();

	(void)state;
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	uint64_t number = findings.tcb_evaluation_number < findings.qe_tcb_evaluation_number
	    ? findings.tcb_evaluation_number
	    : findings.qe_tcb_evaluation_number;

	settings.min_evaluation_number = number;
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	settings.min_evaluation_number = number + 1;
	(void)judge(&c);
	assert_ends_at(CHECK_TCB_EVALUATION_NUMBER);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, judged_setup, judged_teardown)
	const struct CMUnitTest tests[] = {
		T(identity_may_have_a_signer_of_its_own),
		T(identity_that_demands_a_miscselect_outside_its_mask_is_met_by_nobody),
		T(attributes_of_an_identity_outside_its_mask_do_not_count),
		T(identity_signed_under_another_root_is_undecided),
		T(identity_whose_signer_is_not_valid_now_is_undecided),
		T(identity_whose_signer_is_revoked_is_undecided),
		T(newest_crl_that_is_valid_is_taken),
		T(older_pck_crl_hides_no_revocation),
		T(forged_crl_beside_the_true_one_changes_nothing),
		T(damaged_document_beside_a_sound_one_changes_nothing),
		T(collateral_of_another_anchor_does_not_vouch),
		T(root_crl_of_another_anchor_does_not_vouch),
		T(signer_under_a_root_that_is_not_fit_does_not_vouch),
		T(expired_root_certificates_beside_the_good_one_change_nothing),
		T(more_signers_than_can_be_told_apart_are_a_limit),
		T(newest_tcb_info_and_identity_are_taken),
		T(expired_tcb_info_counts_only_when_the_settings_say_so),
		T(first_and_last_second_of_a_validity_are_in_it),
		T(collateral_older_than_the_settings_allow_is_undecided),
		T(root_crl_older_than_the_settings_allow_is_undecided),
		T(pck_crl_older_than_the_settings_allow_is_undecided),
		T(evaluation_number_below_the_minimum_is_undecided),
		T(root_whose_signature_is_bad_is_refused_though_the_snapshot_has_it),
	};
	return cmocka_run_group_tests(tests, NULL, judged_end);
}
