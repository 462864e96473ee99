/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/seal, keys/sealed, keys/master: what is sealed opens as it was under the same key and name, and nothing else
 * opens. The input is taken for a sealed key as it stands, for the contents of a seal of our own, for changes of a genuine
 * one, and for a master key's file.
 */
#include "fuzz.h"

#include "keys/master.h"
#include "keys/sealed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct secret master, other;
static char path[] = "/tmp/fuzz-master-XXXXXX";

static void
forget_file(void)
{
	(void)unlink(path);
}

static void
setup(void)
{
	int fd = mkstemp(path);

	HOLDS(fd >= 0);
	close(fd);
	atexit(forget_file);
	HOLDS(secret_init(&master, SEAL_MASTER_SIZE) && secret_init(&other, SEAL_MASTER_SIZE));
	memset(master.p, 1, master.size);
	memset(other.p, 2, other.size);
}

static void
fuzz_open(struct bytes sealed)
{
	struct privkey *key = NULL;
	struct secret plain = { 0 };
	struct err e = { 0 };

	HOLDS(sealed_key_open(&master, BYTES("token"), sealed, &key, &e) < 0 && key == NULL);
	fuzz_refusal(&e);
	HOLDS(seal_open(&master, BYTES("token"), sealed, &plain, &e) < 0 && plain.p == NULL);
}

/* Contents that are ours but no key; then changed, byte by byte as the contents say. */
static void
fuzz_seal(struct bytes contents)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct privkey *key = NULL;
	struct secret plain = { 0 };
	struct err e = { 0 };

	buf_init(&out, MAX_SEALED_KEY_SIZE);
	if (seal_emit(&master, BYTES("name"), contents, &out, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(seal_open(&master, BYTES("name"), buf_bytes(&out), &plain, &e) == 0);
	HOLDS(bytes_eq(secret_bytes(&plain), contents));
	secret_release(&plain);
	HOLDS(seal_open(&other, BYTES("name"), buf_bytes(&out), &plain, &e) < 0);
	HOLDS(seal_open(&master, BYTES("another"), buf_bytes(&out), &plain, &e) < 0);
	err_clear(&e);
	if (sealed_key_open(&master, BYTES("name"), buf_bytes(&out), &key, &e) < 0)
		fuzz_refusal(&e);
	privkey_free(key);
	for (size_t i = 0; i + 1 < contents.size && i < 8; i += 2) {
		size_t at = (size_t)contents.p[i] * 7 % out.size;
		uint8_t x = contents.p[i + 1] | 1;

		out.p[at] ^= x;
		HOLDS(seal_open(&master, BYTES("name"), buf_bytes(&out), &plain, &e) < 0);
		HOLDS(seal_open(&master, BYTES("name"), bytes_of(out.p, at), &plain, &e) < 0);
		out.p[at] ^= x;
	}
}

static void
fuzz_file(struct bytes in)
{
	struct secret read = { 0 };
	struct err e = { 0 };
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	HOLDS(fd >= 0 && (in.size == 0 || write(fd, in.p, in.size) == (ssize_t)in.size));
	HOLDS(fchmod(fd, in.size % 2 == 0 ? 0600 : 0640) == 0);
	close(fd);
	if (master_key_load(path, false, &read, &e) < 0) {
		fuzz_refusal(&e);
		HOLDS(in.size != SEAL_MASTER_SIZE);
		return;
	}
	HOLDS(in.size == SEAL_MASTER_SIZE && bytes_eq(secret_bytes(&read), in));
	secret_release(&read);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	if (master.p == NULL)
		setup();
	fuzz_open(in);
	fuzz_seal(in);
	if (size < 100)
		fuzz_file(in);
	return 0;
}
