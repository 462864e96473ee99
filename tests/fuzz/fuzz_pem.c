/* SPDX-License-Identifier: Apache-2.0 */
/* codec/pem: the blocks that were taken, written again, are taken again as the same bytes. */
#include "mutate.h"

#include "codec/pem.h"

#define MAX_BLOCKS 64

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct arena *a = fuzz_arena();
	struct bytes text = bytes_of(data, size), blocks[MAX_BLOCKS], again;
	struct err e = { 0 };
	size_t count = 0;
	int got = 0;

	while (count < MAX_BLOCKS &&
	    (got = pem_next(&text, "CERTIFICATE", a, &blocks[count], &e)) == 1) {
		HOLDS(text.size < size);
		count++;
	}
	if (got < 0)
		fuzz_refusal(&e);
	buf_init(&out, 1u << 24);
	for (size_t i = 0; i < count; i++)
		pem_emit(&out, "CERTIFICATE", blocks[i]);
	HOLDS(buf_ok(&out));
	text = buf_bytes(&out);
	for (size_t i = 0; i < count; i++)
		HOLDS(pem_next(&text, "CERTIFICATE", a, &again, &e) == 1 &&
		    bytes_eq(again, blocks[i]));
	HOLDS(pem_next(&text, "CERTIFICATE", a, &again, &e) == 0);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return seed % 2 == 0 ? LLVMFuzzerMutate(data, size, max_size)
			     : mutate_pem(data, size, max_size, seed);
}
