/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every link of docs/chain-of-trust.md under every attack: removed, swapped for a good one of another platform, role or
 * root, signed anew by somebody else, expired, revoked, rolled back to an older one. Each ends at a check of its own, or
 * there is a reason why there is no such attack. The page shows the same matrix:
 *
 *	test_appraise_sgx_links --emit		prints its rows
 */
#include "appraise/sgx.h"

#include "judged.h"

#include <stdio.h>

#define MAX_DOC_SIZE 65536
#define MAX_ROW_SIZE 2048

enum link_of_trust {
	LINK_ROOT,
	LINK_INTERMEDIATE,
	LINK_LEAF,
	LINK_ROOT_CRL,
	LINK_PCK_CRL,
	LINK_SIGNER,
	LINK_TCB_INFO,
	LINK_QE_IDENTITY,
	LINK_QE_REPORT,
	LINK_KEY,
	LINK_QUOTE,
	LINK_DATA,
	LINKS
};
enum attack { REMOVED, SWAPPED, RESIGNED, EXPIRED, REVOKED, ROLLED_BACK, ATTACKS };

static const char *const link_names[LINKS] = {
	[LINK_ROOT] = "root certificate",
	[LINK_INTERMEDIATE] = "PCK CA",
	[LINK_LEAF] = "PCK certificate",
	[LINK_ROOT_CRL] = "root CA CRL",
	[LINK_PCK_CRL] = "PCK CRL",
	[LINK_SIGNER] = "TCB signing certificate",
	[LINK_TCB_INFO] = "TCB info",
	[LINK_QE_IDENTITY] = "QE identity",
	[LINK_QE_REPORT] = "QE report",
	[LINK_KEY] = "attestation key",
	[LINK_QUOTE] = "quote",
	[LINK_DATA] = "runtime data",
};
static const char *const attack_names[ATTACKS] = { "removed", "swapped", "signed anew", "expired",
	"revoked", "rolled back" };

/* What an attack needs that no damage of one case has. Each judges. */

static void
anchor_withdrawn(void)
{
	struct synth_case c = make_plain();

	settings_default(&settings);
	(void)judge(&c);
}

/* A snapshot of before it was revoked or of before a TCB recovery is older than the settings want it. */
static void
old_root_crl(void)
{
	struct synth_case c = make_plain();

	settings.max_age_crl_s = 60;
	(void)judge(&c);
}

/* The PCK CRL alone is old. */
static void
old_pck_crl(void)
{
	DEFER(privkey_freep) struct privkey *issuer = key_at(FIRST_KEY_ROOT);
	struct synth_case c = make_plain();
	const struct bytes fresh = crl_with("Intel SGX Root CA", issuer, BYTES(""), NOW, NOW + 10);
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, &fresh, 1);

	settings.max_age_crl_s = 60;
	(void)judge_with(&c, snapshot, NULL, NOW);
}

static void
old_numbers(uint32_t tcb, uint32_t qe)
{
	struct synth_spec spec;

	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.tcb_evaluation_number = tcb;
	spec.qe_evaluation_number = qe;
	struct synth_case c = make(&spec, NULL);

	settings.min_evaluation_number = SYNTH_EVALUATION_NUMBER;
	(void)judge(&c);
}

static void
old_tcb_info(void)
{
	old_numbers(SYNTH_EVALUATION_NUMBER - 1, SYNTH_EVALUATION_NUMBER);
}

static void
old_qe_identity(void)
{
	old_numbers(SYNTH_EVALUATION_NUMBER, SYNTH_EVALUATION_NUMBER - 1);
}

/* A quote that is good, made for other data: an old nonce. */
static void
replayed(void)
{
	struct synth_spec spec;

	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.runtime_data = BYTES("nonce 1");
	struct synth_case c = make(&spec, NULL);

	c.runtime_data = BYTES("nonce 2");
	(void)judge(&c);
}

struct cell {
	const char *damage;  /* of synth, or */
	void (*judge)(void); /* what judges, or */
	const char *none;    /* why there is no such attack */
	enum check_id check;
};

#define NO_NUMBER                                                                                  \
	"certificates have no number that grows: while it is valid an older one is as good"

static const struct cell matrix[LINKS][ATTACKS] = {
	[LINK_ROOT] = {
	    [REMOVED] = { .damage = "pck-no-root", .check = CHECK_SGX_PCK_ROLES },
	    [SWAPPED] = { .damage = "pck-root-swapped", .check = CHECK_SGX_PCK_INTERMEDIATE_SIGNATURE },
	    [RESIGNED] = { .damage = "pck-root-foreign", .check = CHECK_SGX_PCK_ROOT_PINNED },
	    [EXPIRED] = { .damage = "pck-root-expired", .check = CHECK_SGX_PCK_ROOT_VALIDITY },
	    [REVOKED] = { .judge = anchor_withdrawn, .check = CHECK_SGX_PCK_ROOT_PINNED },
	    [ROLLED_BACK] = { .none = NO_NUMBER },
	},
	[LINK_INTERMEDIATE] = {
	    [REMOVED] = { .damage = "pck-no-intermediate", .check = CHECK_SGX_PCK_ROLES },
	    [SWAPPED] = { .damage = "pck-intermediate-swapped", .check = CHECK_SGX_PCK_LEAF_ISSUER },
	    [RESIGNED] = { .damage = "pck-intermediate-signature",
		.check = CHECK_SGX_PCK_INTERMEDIATE_SIGNATURE },
	    [EXPIRED] = { .damage = "pck-intermediate-expired",
		.check = CHECK_SGX_PCK_INTERMEDIATE_VALIDITY },
	    [REVOKED] = { .damage = "pck-intermediate-revoked",
		.check = CHECK_SGX_PCK_INTERMEDIATE_REVOKED },
	    [ROLLED_BACK] = { .none = NO_NUMBER },
	},
	[LINK_LEAF] = {
	    [REMOVED] = { .damage = "pck-no-leaf", .check = CHECK_SGX_PCK_ROLES },
	    [SWAPPED] = { .damage = "pck-leaf-swapped", .check = CHECK_SGX_QE_SIGNATURE },
	    [RESIGNED] = { .damage = "pck-leaf-signature", .check = CHECK_SGX_PCK_LEAF_SIGNATURE },
	    [EXPIRED] = { .damage = "pck-leaf-expired", .check = CHECK_SGX_PCK_LEAF_VALIDITY },
	    [REVOKED] = { .damage = "pck-leaf-revoked", .check = CHECK_SGX_PCK_LEAF_REVOKED },
	    /* The certificate of an older TCB says its older SVNs. */
	    [ROLLED_BACK] = { .damage = "tcb-out-of-date", .check = CHECK_SGX_TCB_STATUS },
	},
	[LINK_ROOT_CRL] = {
	    [REMOVED] = { .damage = "root-crl-missing", .check = CHECK_ROOT_CRL_PRESENT },
	    [SWAPPED] = { .damage = "root-crl-issuer", .check = CHECK_ROOT_CRL_ISSUER },
	    [RESIGNED] = { .damage = "root-crl-resigned", .check = CHECK_ROOT_CRL_SIGNATURE },
	    [EXPIRED] = { .damage = "root-crl-expired", .check = CHECK_ROOT_CRL_EXPIRED },
	    [REVOKED] = { .none = "the root's key signs it: withdraw the anchor" },
	    [ROLLED_BACK] = { .judge = old_root_crl, .check = CHECK_ROOT_CRL_AGE },
	},
	[LINK_PCK_CRL] = {
	    [REMOVED] = { .damage = "pck-crls-missing", .check = CHECK_PCK_CRL_PRESENT },
	    [SWAPPED] = { .damage = "pck-crl-missing", .check = CHECK_PCK_CRL_ISSUER },
	    [RESIGNED] = { .damage = "pck-crl-resigned", .check = CHECK_PCK_CRL_SIGNATURE },
	    [EXPIRED] = { .damage = "pck-crl-expired", .check = CHECK_PCK_CRL_EXPIRED },
	    [REVOKED] = { .none = "the PCK CA's key signs it: revoke the CA" },
	    [ROLLED_BACK] = { .judge = old_pck_crl, .check = CHECK_PCK_CRL_AGE },
	},
	[LINK_SIGNER] = {
	    [REMOVED] = { .damage = "tcb-signer-missing", .check = CHECK_TCB_INFO_SIGNER },
	    [SWAPPED] = { .damage = "tcb-signer-swapped", .check = CHECK_TCB_INFO_SIGNER },
	    [RESIGNED] = { .damage = "tcb-signer-chain", .check = CHECK_TCB_INFO_SIGNER_CHAIN },
	    [EXPIRED] = { .damage = "tcb-signer-expired", .check = CHECK_TCB_INFO_SIGNER_EXPIRED },
	    [REVOKED] = { .damage = "tcb-signer-revoked", .check = CHECK_TCB_INFO_SIGNER_REVOKED },
	    [ROLLED_BACK] = { .none = NO_NUMBER },
	},
	[LINK_TCB_INFO] = {
	    [REMOVED] = { .damage = "tcb-info-missing", .check = CHECK_TCB_INFO_PRESENT },
	    [SWAPPED] = { .damage = "tcb-info-fmspc", .check = CHECK_TCB_INFO_FMSPC },
	    [RESIGNED] = { .damage = "tcb-info-resigned", .check = CHECK_TCB_INFO_SIGNER_CHAIN },
	    [EXPIRED] = { .damage = "tcb-info-expired", .check = CHECK_TCB_INFO_EXPIRED },
	    [REVOKED] = { .none = "documents are not revoked, their signer is" },
	    [ROLLED_BACK] = { .judge = old_tcb_info, .check = CHECK_TCB_EVALUATION_NUMBER },
	},
	[LINK_QE_IDENTITY] = {
	    [REMOVED] = { .damage = "qe-identity-missing", .check = CHECK_QE_IDENTITY_PRESENT },
	    [SWAPPED] = { .damage = "qe-identity-kind", .check = CHECK_QE_IDENTITY_KIND },
	    [RESIGNED] = { .damage = "qe-identity-signer-chain",
		.check = CHECK_QE_IDENTITY_SIGNER_CHAIN },
	    [EXPIRED] = { .damage = "qe-identity-expired", .check = CHECK_QE_IDENTITY_EXPIRED },
	    [REVOKED] = { .damage = "qe-identity-signer-revoked",
		.check = CHECK_QE_IDENTITY_SIGNER_REVOKED },
	    [ROLLED_BACK] = { .judge = old_qe_identity, .check = CHECK_TCB_EVALUATION_NUMBER },
	},
	[LINK_QE_REPORT] = {
	    [REMOVED] = { .damage = "qe-report-absent", .check = CHECK_SGX_QUOTE_LAYOUT },
	    [SWAPPED] = { .damage = "qe-report-swapped", .check = CHECK_SGX_QE_DATA },
	    [RESIGNED] = { .damage = "qe-report-resigned", .check = CHECK_SGX_QE_SIGNATURE },
	    [EXPIRED] = { .none = "it has no dates" },
	    /* By the level of its ISVSVN. */
	    [REVOKED] = { .damage = "tcb-qe-revoked", .check = CHECK_SGX_TCB_STATUS },
	    [ROLLED_BACK] = { .damage = "tcb-qe-out-of-date", .check = CHECK_SGX_TCB_STATUS },
	},
	[LINK_KEY] = {
	    [REMOVED] = { .damage = "quote-attestation-key-zero", .check = CHECK_SGX_QUOTE_KEY },
	    [SWAPPED] = { .damage = "quote-attestation-key-other", .check = CHECK_SGX_QUOTE_SIGNATURE },
	    [RESIGNED] = { .damage = "quote-attestation-key-foreign", .check = CHECK_SGX_QE_DATA },
	    [EXPIRED] = { .none = "it has no dates" },
	    [REVOKED] = { .none = "the PCK certificate or the QE that vouches for it is" },
	    [ROLLED_BACK] = { .none = "it has no number: the QE that vouches for it has" },
	},
	[LINK_QUOTE] = {
	    [REMOVED] = { .damage = "quote-header", .check = CHECK_SGX_QUOTE_HEADER },
	    [SWAPPED] = { .damage = "quote-body", .check = CHECK_SGX_QUOTE_SIGNATURE },
	    [RESIGNED] = { .damage = "quote-resigned", .check = CHECK_SGX_QUOTE_SIGNATURE },
	    [EXPIRED] = { .none = "it has no dates: freshness is a nonce in the runtime data" },
	    [REVOKED] = { .none = "enclaves are refused by policy" },
	    [ROLLED_BACK] = { .judge = replayed, .check = CHECK_SGX_BINDING_RUNTIME },
	},
	[LINK_DATA] = {
	    [REMOVED] = { .none = "then nothing is claimed of it" },
	    [SWAPPED] = { .damage = "binding-runtime", .check = CHECK_SGX_BINDING_RUNTIME },
	    [RESIGNED] = { .none = "it has no signature of its own" },
	    [EXPIRED] = { .none = "it has no dates" },
	    [REVOKED] = { .none = "nobody vouches for it but the quote" },
	    [ROLLED_BACK] = { .judge = replayed, .check = CHECK_SGX_BINDING_RUNTIME },
	},
};

static void
judge_damaged(const char *name)
{
	struct synth_spec spec;

	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	struct synth_case c = make(&spec, name);

	(void)judge(&c);
}

static void
every_attack_on_a_link_ends_at_its_check(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (int link = 0; link < LINKS; link++) {
		for (int attack = 0; attack < ATTACKS; attack++) {
			const struct cell *c = &matrix[link][attack];

			if (c->none != NULL)
				continue;
			trust_root();
			if (c->damage != NULL)
				judge_damaged(c->damage);
			else
				c->judge();
			if (trace.failed != c->check ||
			    trace_verdict(&trace) != verdict_of_failed(c->check)) {
				print_message("# %s %s: ends %s at %s\n", link_names[link],
				    attack_names[attack], verdict_name(trace_verdict(&trace)),
				    check_name(trace.failed));
				wrong++;
			}
			arena_reset(&arena);
		}
	}
	assert_int_equal(wrong, 0);
}

/* Exactly one of the three says what becomes of it. */
static void
every_attack_is_tried_or_has_a_reason(void **state)
{
	(void)state;
	for (int link = 0; link < LINKS; link++) {
		for (int attack = 0; attack < ATTACKS; attack++) {
			const struct cell *c = &matrix[link][attack];

			assert_int_equal((c->damage != NULL) + (c->judge != NULL) +
				(c->none != NULL),
			    1);
		}
	}
}

static void
row_of(int link, char out[MAX_ROW_SIZE])
{
	int at = snprintf(out, MAX_ROW_SIZE, "| %s |", link_names[link]);

	for (int attack = 0; attack < ATTACKS; attack++) {
		const struct cell *c = &matrix[link][attack];

		at += c->none != NULL
		    ? snprintf(out + at, (size_t)(MAX_ROW_SIZE - at), " none: %s |", c->none)
		    : snprintf(out + at, (size_t)(MAX_ROW_SIZE - at), " `%s` |",
			  check_table[c->check].id);
		assert_true(at > 0 && at < MAX_ROW_SIZE);
	}
}

static void
the_page_shows_the_matrix(void **state)
{
	static char doc[MAX_DOC_SIZE];
	const char *home = getenv("ATTEST_ROOT");
	char path[1024], row[MAX_ROW_SIZE];
	unsigned wrong = 0;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/docs/chain-of-trust.md", home != NULL ? home : ".");
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	doc[fread(doc, 1, sizeof(doc) - 1, f)] = '\0';
	(void)fclose(f);
	for (int link = 0; link < LINKS; link++) {
		row_of(link, row);
		if (strstr(doc, row) == NULL) {
			print_message("# docs/chain-of-trust.md lacks: %s\n", row);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	/* And no row of a link that is gone: head, rule, links. */
	const char *section = strstr(doc, "\n## Each link under attack\n");

	assert_non_null(section);
	const char *end = strstr(section + 1, "\n## ");

	for (const char *row_at = strstr(section, "\n| ");
	     row_at != NULL && (end == NULL || row_at < end); row_at = strstr(row_at + 1, "\n| "))
		wrong++;
	assert_int_equal(wrong, 2 + LINKS);
}

int
main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, judged_setup, judged_teardown)
	const struct CMUnitTest tests[] = {
		T(every_attack_is_tried_or_has_a_reason),
		T(every_attack_on_a_link_ends_at_its_check),
		T(the_page_shows_the_matrix),
	};
	if (argc > 1 && strcmp(argv[1], "--emit") == 0) {
		char row[MAX_ROW_SIZE];

		for (int link = 0; link < LINKS; link++) {
			row_of(link, row);
			(void)puts(row);
		}
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, judged_end);
}
