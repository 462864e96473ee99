/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents are recognised by what they hold. One that is damaged is kept as what it was meant to be, so that a
 * judgement says "this TCB info is malformed" and not "there is none".
 */
#include "base/hex.h"
#include "codec/der.h"
#include "codec/pem.h"
#include "collateral/collateral.h"
#include "collateral/snapshot.h"

#include <stdlib.h>
#include <string.h>

struct collateral_builder {
	struct collateral *c;
	size_t room;
};

struct collateral_builder *
collateral_builder_new(size_t max_memory)
{
	struct collateral_builder *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->c = calloc(1, sizeof(*b->c));
	if (b->c == NULL) {
		free(b);
		return NULL;
	}
	arena_init(&b->c->arena, max_memory);
	return b;
}

void
collateral_builder_free(struct collateral_builder *b)
{
	if (b == NULL)
		return;
	collateral_destroy(b->c);
	free(b);
}

void
collateral_builder_freep(struct collateral_builder **b)
{
	collateral_builder_free(*b);
	*b = NULL;
}

/* Room for one more; the old array stays in the arena. */
static struct collateral_doc *
next_doc(struct collateral_builder *b, struct err *e)
{
	struct collateral *c = b->c;

	if (c->doc_count >= MAX_COLLATERAL_DOCS) {
		(void)err_set(e, ERR_LIMIT, "collateral: more than %d documents",
		    MAX_COLLATERAL_DOCS);
		return NULL;
	}
	if (c->doc_count == b->room) {
		size_t room = b->room == 0 ? 64 : b->room * 2;
		struct collateral_doc *docs = arena_array(&c->arena, room, sizeof(*docs));

		if (docs == NULL) {
			(void)arena_fail(e, "collateral");
			return NULL;
		}
		if (c->doc_count > 0)
			memcpy(docs, c->docs, c->doc_count * sizeof(*docs));
		c->docs = docs;
		b->room = room;
	}
	return &c->docs[c->doc_count++];
}

static int
add_doc(struct collateral_builder *b, enum doc_kind kind, struct bytes bytes, const char *origin,
    const struct err *format, struct err *e)
{
	struct bytes copy = arena_copy(&b->c->arena, bytes);

	if (copy.p == NULL)
		return arena_fail(e, "collateral");
	struct collateral_doc *doc = next_doc(b, e);

	if (doc == NULL)
		return -1;
	*doc = (struct collateral_doc){ .kind = kind,
		.bytes = copy,
		.origin = origin,
		.index = SIZE_MAX };
	if (format != NULL)
		doc->format = *format;
	sha256(copy, doc->sha256);
	return 0;
}

/* Certificate or CRL: a certificate's TBS begins with [0] version or a serial of its own, a CRL's is read as such. */
static enum doc_kind
der_kind(struct bytes der, struct arena *scratch)
{
	struct cert *cert = arena_alloc(scratch, sizeof(*cert));
	struct rd r = rd_from(der), outer = der_sub(&r, DER_SEQUENCE),
		  tbs = der_sub(&outer, DER_SEQUENCE);

	if (cert != NULL && cert_parse(der, cert, NULL) == 0)
		return DOC_CERT;
	return der_peek(&tbs) == DER_CONTEXT_0 ? DOC_CERT : DOC_CRL;
}

static int
add_der(struct collateral_builder *b, struct bytes der, const char *origin, enum doc_kind *kind,
    struct err *e)
{
	DEFER(arena_release) struct arena scratch;

	arena_init(&scratch, 1 << 16);
	*kind = der_kind(der, &scratch);
	return add_doc(b, *kind, der, origin, NULL, e);
}

/* The label of the first block of TEXT. */
static struct bytes
pem_label(struct bytes text)
{
	static const char begin[] = "-----BEGIN ";
	const uint8_t *at =
	    text.size > 0 ? memmem(text.p, text.size, begin, sizeof(begin) - 1) : NULL;

	if (at == NULL)
		return (struct bytes){ 0 };
	struct bytes rest = bytes_slice(text, (size_t)(at - text.p) + sizeof(begin) - 1, 32);
	const uint8_t *end = memmem(rest.p, rest.size, "-----", 5);

	return end != NULL ? (struct bytes){ rest.p, (size_t)(end - rest.p) } : (struct bytes){ 0 };
}

static int
add_pem(struct collateral_builder *b, struct bytes text, const char *origin, enum doc_kind *kind,
    struct err *e)
{
	DEFER(arena_release) struct arena scratch;
	size_t blocks = 0;

	arena_init(&scratch, MAX_COLLATERAL_SIZE);
	for (;;) {
		bool is_crl = bytes_is_str(pem_label(text), "X509 CRL");
		struct err bad = { 0 };
		struct bytes der, whole = text;
		int n = pem_next(&text, is_crl ? "X509 CRL" : "CERTIFICATE", &scratch, &der, &bad);

		if (n == 0)
			return 0;
		if (n < 0 && bad.code == ERR_LIMIT) {
			if (e != NULL)
				*e = bad;
			return -1;
		}
		enum doc_kind k = is_crl ? DOC_CRL : DOC_CERT;

		if (blocks++ == 0)
			*kind = k;
		if (n < 0)
			return add_doc(b, k, whole, origin, &bad, e);
		TRY(add_doc(b, k, der, origin, NULL, e));
	}
}

/* White space and NULs around a text document, which only recognition passes over. */
static struct bytes
trimmed(struct bytes text)
{
	while (text.size > 0 && (text.p[0] == ' ' || (text.p[0] >= '\t' && text.p[0] <= '\r')))
		text = bytes_slice(text, 1, text.size - 1);
	while (text.size > 0 &&
	    (text.p[text.size - 1] <= ' ' &&
		(text.p[text.size - 1] == ' ' || text.p[text.size - 1] == '\0' ||
		    (text.p[text.size - 1] >= '\t' && text.p[text.size - 1] <= '\r'))))
		text.size--;
	return text;
}

static bool
is_hex(struct bytes text)
{
	if (text.size < 64 || text.size % 2 != 0)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (hex_digit(text.p[i]) < 0)
			return false;
	return true;
}

static int
add_hex(struct collateral_builder *b, struct bytes text, const char *origin, enum doc_kind *kind,
    struct err *e)
{
	DEFER(arena_release) struct arena scratch;

	arena_init(&scratch, text.size + 1024);
	uint8_t *der = arena_alloc(&scratch, text.size / 2);

	if (der == NULL || !hex_decode(text, der, text.size / 2))
		return arena_fail(e, "collateral");
	return add_der(b, bytes_of(der, text.size / 2), origin, kind, e);
}

/* By the first of the names that stands in it. */
static enum doc_kind
json_kind(struct bytes text)
{
	static const struct {
		const char *name;
		enum doc_kind kind;
	} names[] = {
		{ "\"tcbInfo\"", DOC_TCB_INFO },
		{ "\"enclaveIdentity\"", DOC_QE_IDENTITY },
		{ "\"tcbEvaluationDataNumbers\"", DOC_OTHER },
	};
	const uint8_t *first = NULL;
	enum doc_kind kind = DOC_UNKNOWN;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const uint8_t *at = memmem(text.p, text.size, names[i].name, strlen(names[i].name));

		if (at != NULL && (first == NULL || at < first)) {
			first = at;
			kind = names[i].kind;
		}
	}
	return kind;
}

int
collateral_builder_add(struct collateral_builder *b, struct bytes document, const char *origin,
    enum doc_kind *kind, struct err *e)
{
	struct bytes text = trimmed(document);
	enum doc_kind k = DOC_UNKNOWN;
	int rc;

	if (document.size > MAX_COLLATERAL_DOC_SIZE)
		return err_set(e, ERR_LIMIT, "collateral: a document of %zu bytes, at most %d",
		    document.size, MAX_COLLATERAL_DOC_SIZE);
	if (document.size > 0 && document.p[0] == DER_SEQUENCE && !is_hex(text)) {
		rc = add_der(b, document, origin, &k, e);
	} else if (bytes_has_prefix(text, "-----BEGIN ")) {
		rc = add_pem(b, text, origin, &k, e);
	} else if (is_hex(text)) {
		rc = add_hex(b, text, origin, &k, e);
	} else {
		if (text.size > 0 && text.p[0] == '{')
			k = json_kind(text);
		rc = add_doc(b, k, document, origin, NULL, e);
	}
	if (kind != NULL)
		*kind = k;
	return rc;
}

static int
doc_order(const void *pa, const void *pb)
{
	const struct collateral_doc *a = pa, *b = pb;
	int by_digest = memcmp(a->sha256, b->sha256, SHA256_SIZE);

	return by_digest != 0 ? by_digest : (int)a->kind - (int)b->kind;
}

/* The order of the digests, each document once, and their digest. */
static void
sort_docs(struct collateral *c)
{
	size_t kept = 0;

	if (c->doc_count > 0)
		qsort(c->docs, c->doc_count, sizeof(*c->docs), doc_order);
	for (size_t i = 0; i < c->doc_count; i++) {
		if (kept > 0 && doc_order(&c->docs[kept - 1], &c->docs[i]) == 0)
			continue;
		c->docs[kept++] = c->docs[i];
	}
	c->doc_count = kept;
}

static int
identify(struct collateral *c, struct err *e)
{
	struct bytes *parts = arena_array(&c->arena, c->doc_count + 1, sizeof(*parts));

	if (parts == NULL)
		return arena_fail(e, "collateral");
	for (size_t i = 0; i < c->doc_count; i++)
		parts[i] = BYTES_OF(c->docs[i].sha256);
	digest_of_parts(DIGEST_SHA256, parts, c->doc_count, c->id);
	return 0;
}

int
collateral_builder_seal(struct collateral_builder *b, struct collateral **out, struct err *e)
{
	struct collateral *c = b->c;

	if (c == NULL)
		return err_set(e, ERR_INTERNAL, "collateral: the builder was sealed before");
	sort_docs(c);
	TRY(identify(c, e));
	TRY(collateral_seal(c, e));
	atomic_init(&c->refs, 1);
	b->c = NULL;
	*out = c;
	return 0;
}
