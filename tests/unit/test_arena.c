/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arena: alignment, zeroed memory, growing in place, limits, and giving back. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "libocispec/arena.h"

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))

static const size_t sizes[] = { 0,     1,     7,     8,	    9,	   100,	    4096,
				32000, 32752, 32768, 32769, 65536, 1000000, 5000000 };

START_TEST(blocks_are_zero_and_aligned)
{
	struct oci_arena arena = { 0 };
	unsigned char dirty = 0;

	for (int k = 0; k < 3; k++) {
		unsigned char *block = oci_alloc(&arena, sizes[_i]);

		ck_assert_ptr_nonnull(block);
		ck_assert_uint_eq((uintptr_t)block % 8, 0);
		for (size_t i = 0; i < sizes[_i]; i++)
			dirty |= block[i];
		ck_assert_uint_eq(dirty, 0);
		memset(block, 0xff, sizes[_i]);
		(void)oci_strndup(&arena, "x", 1); /* the next one is unaligned */
	}
	ck_assert(!arena.failed);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(blocks_do_not_meet)
{
	struct oci_arena arena = { 0 };
	char *last = NULL;

	for (int i = 0; i < 20000; i++) {
		char *block = oci_alloc(&arena, 24);

		ck_assert_ptr_nonnull(block);
		ck_assert_int_eq(block[0], 0);
		memset(block, 1, 24);
		if (last != NULL && block > last)
			ck_assert_int_ge(block - last, 24);
		last = block;
	}
	ck_assert_uint_lt(arena.total, 2 << 20);
	oci_arena_free(&arena);
	ck_assert_ptr_null(arena.chunks);
	ck_assert_uint_eq(arena.total, 0);
}
END_TEST

START_TEST(strings_are_copied)
{
	struct oci_arena arena = { 0 };
	char *text = oci_strndup(&arena, "abcdef", 3);
	char *other = oci_strdup(&arena, "xyz");

	ck_assert_str_eq(text, "abc");
	ck_assert_str_eq(other, "xyz");
	ck_assert_ptr_eq(other, text + 4); /* no holes between strings */
	ck_assert_str_eq(oci_strdup(&arena, ""), "");
	ck_assert_ptr_null(oci_strndup(&arena, "", SIZE_MAX));
	oci_arena_free(&arena);
}
END_TEST

START_TEST(regrow_in_place_or_by_copy)
{
	struct oci_arena arena = { 0 };
	char *a = oci_regrow(&arena, NULL, 0, 16), *b;

	(void)strcpy(a, "content");
	b = oci_regrow(&arena, a, 16, 64);
	ck_assert_ptr_eq(a, b);
	(void)oci_alloc(&arena, 1);
	b = oci_regrow(&arena, a, 64, 128);
	ck_assert_ptr_ne(a, b);
	ck_assert_str_eq(b, "content");
	a = oci_regrow(&arena, b, 128, 1 << 20);
	ck_assert_str_eq(a, "content");
	oci_arena_free(&arena);
}
END_TEST

/* What comes after a reset is zero again, and takes no more memory than before. */
START_TEST(reset_keeps_one_chunk)
{
	struct oci_arena arena = { 0 };
	size_t total;

	oci_arena_reset(&arena);
	ck_assert_uint_eq(arena.total, 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 40; i++) {
			char *block = oci_alloc(&arena, 1000);

			for (int k = 0; k < 1000; k++)
				ck_assert_int_eq(block[k], 0);
			memset(block, 'x', 1000);
		}
		oci_arena_reset(&arena);
		if (round == 0)
			total = arena.total;
		ck_assert_uint_le(arena.total, total * 2);
		ck_assert_ptr_null(arena.failed ? "failed" : NULL);
	}
	oci_arena_free(&arena);
	ck_assert_uint_eq(arena.total, 0);
}
END_TEST

START_TEST(limit_is_kept)
{
	struct oci_arena arena = { .limit = 100000 };

	while (oci_alloc(&arena, 1000) != NULL)
		ck_assert_uint_le(arena.total, 100000);
	ck_assert(arena.failed);
	ck_assert_ptr_null(oci_alloc(&arena, SIZE_MAX));
	ck_assert_ptr_null(oci_regrow(&arena, NULL, 0, 1 << 20));
	oci_arena_free(&arena);
	ck_assert_uint_eq(arena.limit, 100000);
	ck_assert_ptr_nonnull(oci_alloc(&arena, 1000));
	oci_arena_free(&arena);
}
END_TEST

START_TEST(reserve_takes_one_chunk)
{
	struct oci_arena arena = { 0 };
	struct oci_chunk *chunk;

	oci_arena_reserve(&arena, 200000);
	chunk = arena.chunks;
	for (int i = 0; i < 200; i++)
		ck_assert_ptr_nonnull(oci_alloc(&arena, 1000));
	ck_assert_ptr_eq(arena.chunks, chunk);
	oci_arena_reserve(&arena, SIZE_MAX); /* a hint: its failure is no failure */
	ck_assert(!arena.failed);
	oci_arena_free(&arena);
	oci_arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tc = tcase_create("arena");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, blocks_are_zero_and_aligned, 0, N(sizes));
	tcase_add_test(tc, blocks_do_not_meet);
	tcase_add_test(tc, strings_are_copied);
	tcase_add_test(tc, regrow_in_place_or_by_copy);
	tcase_add_test(tc, reset_keeps_one_chunk);
	tcase_add_test(tc, limit_is_kept);
	tcase_add_test(tc, reserve_takes_one_chunk);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
