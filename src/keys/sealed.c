/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/sealed.h"

#include "crypto/seal.h"

#define MAX_CONTEXT_SIZE 1024

static int
context_of(struct bytes name, struct buf *out, struct err *e)
{
	buf_str(out, "attestd key at rest\n");
	buf_add(out, name);
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "sealed key: a name of %zu bytes", name.size);
	return 0;
}

int
sealed_key_emit(const struct secret *master, struct bytes name, const struct privkey *key,
    struct buf *out, struct err *e)
{
	DEFER(buf_release) struct buf context = { 0 };
	DEFER(secret_release) struct secret der = { 0 };

	buf_init(&context, MAX_CONTEXT_SIZE);
	TRY(context_of(name, &context, e));
	TRY(privkey_to_der(key, &der, e));
	return seal_emit(master, buf_bytes(&context), secret_bytes(&der), out, e);
}

int
sealed_key_open(const struct secret *master, struct bytes name, struct bytes sealed,
    struct privkey **out, struct err *e)
{
	DEFER(buf_release) struct buf context = { 0 };
	DEFER(secret_release) struct secret der = { 0 };

	buf_init(&context, MAX_CONTEXT_SIZE);
	TRY(context_of(name, &context, e));
	TRY(seal_open(master, buf_bytes(&context), sealed, &der, e));
	return privkey_from_der(secret_bytes(&der), out, e);
}
