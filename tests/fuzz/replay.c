/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target without a fuzzer: every file of the named folders goes through it once, in the order of their names, and
 * so do a few changes of it where the target has a mutator of its own. One TAP case per folder or file that is named; an
 * input that breaks a property ends the program, with its name as the last thing said.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_INPUT_SIZE 1048576
#define CHANGES        3 /* of each input */

#pragma weak LLVMFuzzerCustomMutator

static uint32_t state;

static uint32_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	uint32_t r = next_random();

	if (size == 0 && max_size == 0)
		return 0;
	if (size == 0 || (r % 4 == 0 && size < max_size)) {
		data[size] = (uint8_t)(r >> 8);
		return size + 1;
	}
	if (r % 4 == 1)
		return size - 1;
	data[(r >> 8) % size] ^= (uint8_t)(1u << (r >> 4) % 8);
	return size;
}

static void
run_one(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_heap_copy(bytes_of(data, size));

	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
run_changed(const uint8_t *data, size_t size)
{
	uint8_t *room;

	if (LLVMFuzzerCustomMutator == NULL)
		return;
	room = malloc(MAX_INPUT_SIZE);
	if (room == NULL)
		abort();
	state = 2463534242u;
	for (unsigned i = 0; i < CHANGES; i++) {
		memcpy(room, data, size);
		size_t changed = LLVMFuzzerCustomMutator(room, size, MAX_INPUT_SIZE, i + 1);

		HOLDS(changed <= MAX_INPUT_SIZE);
		run_one(room, changed);
	}
	free(room);
}

static int
run_file(const char *path)
{
	static uint8_t data[MAX_INPUT_SIZE];
	FILE *f = fopen(path, "rb");
	size_t size;

	if (f == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	fprintf(stderr, "%s\n", path);
	run_one(data, size);
	run_changed(data, size);
	return 0;
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* How many inputs; -1 when one cannot be read. */
static int
run_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_visible, alphasort), good = count;

	if (count < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (run_file(file) < 0)
			good = -1;
		free(entries[i]);
	}
	free(entries);
	return good;
}

int
main(int argc, char **argv)
{
	int failed = 0;

	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		struct stat st;
		int count = -1;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			count = run_folder(argv[i]);
		else if (run_file(argv[i]) == 0)
			count = 1;
		/* A folder without inputs has been lost. */
		failed += count < 1;
		printf("%sok %d - %d inputs of %s\n", count < 1 ? "not " : "", i, count, argv[i]);
	}
	return failed > 0;
}
