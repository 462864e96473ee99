/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cursor (base/bytes.h), every sequence of its operations up to a depth over every buffer up to a size.
 *
 * The model is the header's text: a position and an end in one buffer, and whether anything failed. A cursor never looks
 * at a byte to decide anything, so one content whose bytes all differ stands for all contents. Sizes behave alike when
 * they are beyond the end, so that a few beyond it, and the greatest of all, stand for the rest. Every buffer lies once
 * against a forbidden page behind it and once against one before it.
 */
#include "base/bytes.h"

#include "proof.h"

#define MAX_SIZE  9 /* one more than the widest integer */
#define MAX_DEPTH 6

/* What the header promises, in the plainest terms. */
struct model {
	size_t at, end;
	bool bad;
};

/* A cursor, what is expected of it, and its parents. */
struct level {
	struct rd r;
	struct model m;
};

struct walk {
	const uint8_t *p; /* the buffer */
	unsigned depth;
	unsigned long long count;
};

/* Can SIZE bytes be had? Nothing else moves the model. */
static bool
model_take(struct model *m, size_t size, size_t *at)
{
	*at = m->at;
	if (m->bad || size > m->end - m->at) {
		m->bad = true;
		return false;
	}
	m->at += size;
	return true;
}

static uint64_t
model_number(const struct walk *w, struct model *m, size_t size, bool big)
{
	uint64_t v = 0;
	size_t at;

	if (!model_take(m, size, &at))
		return 0;
	for (size_t i = 0; i < size; i++)
		v |= (uint64_t)w->p[at + i] << 8 * (big ? size - 1 - i : i);
	return v;
}

/* Where byte AT is. Nothing has no address, and even adding nothing to that is undefined. */
static const uint8_t *
place(const struct walk *w, size_t at)
{
	return w->p == NULL ? NULL : w->p + at;
}

static void
compare(const struct walk *w, const struct level *l)
{
	const struct rd *r = &l->r;
	const struct model *m = &l->m;

	if (r->bad != m->bad || rd_ok(r) == m->bad || rd_done(r) != (!m->bad && m->at == m->end))
		fail_msg("a cursor that failed does not say so, or one that did not does");
	if (!m->bad && (r->left.size != m->end - m->at || r->left.p != place(w, m->at)))
		fail_msg("a cursor stands at the wrong place");
}

static void
compare_view(const struct walk *w, struct bytes seen, bool good, size_t at, size_t size)
{
	if (!good && (seen.size != 0 || seen.p != NULL))
		fail_msg("a failed read gives something");
	if (good && (seen.size != size || seen.p != place(w, at)))
		fail_msg("a read gives other bytes than the next ones");
}

static void
copy_step(const struct walk *w, struct level *l, size_t size)
{
	uint8_t out[MAX_SIZE + 2], want[MAX_SIZE + 2];
	size_t at;

	memset(out, 0xee, sizeof(out));
	memset(want, 0xee, sizeof(want));
	memset(want, 0, size);
	if (model_take(&l->m, size, &at) && size > 0)
		memcpy(want, w->p + at, size);
	rd_copy(&l->r, out, size);
	if (memcmp(out, want, sizeof(out)) != 0)
		fail_msg("a copy of %zu bytes is not theirs", size);
}

static void
number_step(const struct walk *w, struct level *l, unsigned which)
{
	static const struct {
		size_t size;
		bool big;
	} kinds[] = { { 1, false }, { 2, false }, { 4, false }, { 8, false }, { 2, true },
		{ 4, true }, { 8, true } };
	uint64_t want = model_number(w, &l->m, kinds[which].size, kinds[which].big), seen = 0;

	switch (which) {
	case 0:
		seen = rd_u8(&l->r);
		break;
	case 1:
		seen = rd_le16(&l->r);
		break;
	case 2:
		seen = rd_le32(&l->r);
		break;
	case 3:
		seen = rd_le64(&l->r);
		break;
	case 4:
		seen = rd_be16(&l->r);
		break;
	case 5:
		seen = rd_be32(&l->r);
		break;
	default:
		seen = rd_be64(&l->r);
		break;
	}
	if (seen != want)
		fail_msg("number %u reads 0x%llx, want 0x%llx", which, (unsigned long long)seen,
		    (unsigned long long)want);
}

static const size_t take_sizes[] = { 0, 1, 2, 3, 5, 8, MAX_SIZE, MAX_SIZE + 1, SIZE_MAX / 2,
	SIZE_MAX - 1, SIZE_MAX };
static const size_t sub_sizes[] = { 0, 1, 3, 8, MAX_SIZE + 1, SIZE_MAX };
static const size_t copy_sizes[] = { 0, 1, 4, MAX_SIZE + 1 };

static void walk_on(struct walk *w, const struct level *levels, unsigned count, unsigned steps);

/* Every operation on the innermost cursor, then everything that may follow it. */
static void
walk_plain(struct walk *w, const struct level *levels, unsigned count, unsigned steps)
{
	struct level next[MAX_DEPTH + 1];
	struct level *l = &next[count - 1];
	size_t at, left;
	bool good;

#define AGAIN (memcpy(next, levels, count * sizeof(*next)))
	for (size_t i = 0; i < COUNT_OF(take_sizes); i++) {
		AGAIN;
		good = model_take(&l->m, take_sizes[i], &at);
		compare_view(w, rd_take(&l->r, take_sizes[i]), good, at, take_sizes[i]);
		walk_on(w, next, count, steps);
	}
	for (unsigned i = 0; i < 7; i++) {
		AGAIN;
		number_step(w, l, i);
		walk_on(w, next, count, steps);
	}
	for (size_t i = 0; i < COUNT_OF(copy_sizes); i++) {
		AGAIN;
		copy_step(w, l, copy_sizes[i]);
		walk_on(w, next, count, steps);
	}
	AGAIN;
	left = l->m.end - l->m.at;
	good = model_take(&l->m, left, &at);
	compare_view(w, rd_rest(&l->r), good, at, left);
	walk_on(w, next, count, steps);
}

/* Into a child, and back to the parent. */
static void
walk_levels(struct walk *w, const struct level *levels, unsigned count, unsigned steps)
{
	struct level next[MAX_DEPTH + 2];
	struct level *l = &next[count - 1];
	size_t at;

	for (size_t i = 0; i < COUNT_OF(sub_sizes); i++) {
		AGAIN;
		bool good = model_take(&l->m, sub_sizes[i], &at);

		next[count].r = rd_sub(&l->r, sub_sizes[i]);
		next[count].m = (struct model){ .bad = !good };
		if (good)
			next[count].m = (struct model){ at, at + sub_sizes[i], false };
		walk_on(w, next, count + 1, steps);
	}
	if (count > 1)
		walk_on(w, levels, count - 1, steps);
}

static void
walk_on(struct walk *w, const struct level *levels, unsigned count, unsigned steps)
{
	w->count++;
	for (unsigned i = 0; i < count; i++)
		compare(w, &levels[i]);
	if (steps == w->depth)
		return;
	walk_plain(w, levels, count, steps + 1);
	walk_levels(w, levels, count, steps + 1);
}

static void
every_sequence_of_reads_does_what_the_header_says(void **state)
{
	struct fence f = fence_make();
	struct walk w = { .depth = proof_is_deep() ? 5 : 4 };

	(void)state;
	for (size_t size = 0; size <= MAX_SIZE; size++) {
		for (int at_end = 0; at_end < 2; at_end++) {
			uint8_t *p = fence_room(f, size, at_end);

			for (size_t i = 0; i < size; i++)
				p[i] = (uint8_t)(0x11 * (i + 7));
			struct level l = { rd_from(bytes_of(p, size)), { 0, size, false } };

			w.p = p;
			walk_on(&w, &l, 1, 0);
		}
	}
	/* Nothing at all, which has no address. */
	struct level none = { rd_from((struct bytes){ 0 }), { 0, 0, false } };

	w.p = NULL;
	walk_on(&w, &none, 1, 0);
	proof_covered(w.count, "states of cursors");
	fence_free(f);
}

static void
every_slice_is_what_is_there(void **state)
{
	struct fence f = fence_make();
	unsigned long long count = 0;

	(void)state;
	for (size_t size = 0; size <= 40; size++) {
		uint8_t *p = fence_room(f, size, true);

		for (size_t i = 0; i < 48; i++) {
			for (size_t k = 0; k < 48; k++) {
				/* Small ones, then the greatest there are. */
				size_t offset = i < 44 ? i : SIZE_MAX - (i - 44);
				size_t want = k < 44 ? k : SIZE_MAX - (k - 44);
				struct bytes s = bytes_slice(bytes_of(p, size), offset, want);
				size_t there = offset > size ? 0 : size - offset;

				if (s.size != (want < there ? want : there) ||
				    (s.size > 0 && s.p != p + offset))
					fail_msg("%zu from %zu of %zu", want, offset, size);
				count++;
			}
		}
	}
	proof_covered(count, "slices");
	fence_free(f);
}

/* All pairs of short strings over a small alphabet, against the definitions. */
static void
comparisons_agree_with_their_definitions(void **state)
{
	static const uint8_t abc[] = { 0x00, 0x40, 'A', 'Z', 0x5b, 0x60, 'a', 'z', 0x7b, 0xff };
	uint8_t a[3], b[3];
	unsigned long long count = 0;

	(void)state;
	for (unsigned n = 0; n < 1110; n++) {
		size_t an = n < 10 ? 1 : n < 110 ? 2 : 3;
		unsigned v = n < 10 ? n : n < 110 ? n - 10 : n - 110;

		for (size_t i = 0; i < an; i++, v /= 10)
			a[i] = abc[v % 10];
		for (unsigned m = 0; m < 1110; m++) {
			size_t bn = m < 10 ? 1 : m < 110 ? 2 : 3, i = 0;
			unsigned u = m < 10 ? m : m < 110 ? m - 10 : m - 110;

			for (size_t k = 0; k < bn; k++, u /= 10)
				b[k] = abc[u % 10];
			while (i < an && i < bn && a[i] == b[i])
				i++;
			int order = i < an && i < bn ? (a[i] < b[i] ? -1 : 1)
			    : i < an                 ? 1
			    : i < bn                 ? -1
						     : 0;
			struct bytes x = bytes_of(a, an), y = bytes_of(b, bn);
			int seen = bytes_cmp(x, y);

			if ((seen > 0) - (seen < 0) != order || bytes_eq(x, y) != (order == 0) ||
			    bytes_eq_secret(x, y) != (order == 0))
				fail_msg("strings %u and %u compare wrongly", n, m);
			count++;
		}
	}
	proof_covered(count, "comparisons");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sequence_of_reads_does_what_the_header_says),
		cmocka_unit_test(every_slice_is_what_is_there),
		cmocka_unit_test(comparisons_agree_with_their_definitions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
