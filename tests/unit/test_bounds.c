/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder's bounds on size, depth and count, and memory that ends.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libocispec/oci.h"
#include "oci_sample.h"

#define HEAD "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"}"

static struct oci_config *decode(struct oci_arena *arena, const char *text)
{
	struct oci_config *config = NULL;
	struct oci_error error;
	int rc = oci_decode_config(arena, "config.json", text, strlen(text), &config,
				   &error);

	ck_assert_msg(rc == 0, "%s", error.text);
	ck_assert_ptr_nonnull(config);
	return config;
}

/* ---- bounds ------------------------------------------------------------------------------- */

static char *repeat(const char *head, const char *unit, size_t n, const char *tail)
{
	size_t unit_len = strlen(unit);
	char *text = malloc(strlen(head) + n * unit_len + strlen(tail) + 1);
	char *end = text;

	ck_assert_ptr_nonnull(text);
	end = stpcpy(end, head);
	for (size_t i = 0; i < n; i++)
		end = mempcpy(end, unit, unit_len);
	(void)stpcpy(end, tail);
	return text;
}

static void refused(const char *text, const char *part)
{
	struct oci_arena arena = { 0 };
	struct oci_config *config;
	struct oci_error error;

	ck_assert_int_eq(
		oci_decode_config(&arena, "c", text, strlen(text), &config, &error), -1);
	ck_assert_msg(strstr(error.text, part) != NULL, "%s", error.text);
	ck_assert_uint_lt(arena.total, 40 << 20);
	oci_arena_free(&arena);
}

START_TEST(depth_is_bounded)
{
	char *deep = repeat(HEAD ",\"x\":", "[", 10000, "");
	char *objects = repeat(HEAD ",\"x\":", "{\"a\":", 1000000, "");
	char *just = repeat(HEAD ",\"x\":", "[", 63, "");
	char *good = repeat(just, "]", 63, "}");
	struct oci_arena arena = { 0 };

	refused(deep, "nested too deep, expected at most 64 levels");
	refused(objects, "nested too deep, expected at most 64 levels");
	(void)decode(&arena, good);
	oci_arena_free(&arena);
	free(deep);
	free(objects);
	free(just);
	free(good);
}
END_TEST

START_TEST(count_is_bounded)
{
	char *many = repeat(HEAD ",\"x\":[0", ",0", OCI_MAX_VALUES, "]}");

	refused(many, "too many values, expected at most 1048576");
	free(many);
}
END_TEST

START_TEST(size_is_bounded)
{
	char *big = repeat(HEAD, " ", OCI_MAX_SIZE, "}");

	refused(big, "c: too large, expected at most 16 MiB");
	free(big);
}
END_TEST

START_TEST(many_elements_work)
{
	char *many = repeat(
		HEAD ",\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"env\":[\"A=0\"",
		",\"B=1\"", 100000, "]}}");
	struct oci_arena arena = { 0 };
	const struct oci_config *c = decode(&arena, many);

	ck_assert_uint_eq(c->process->env.n, 100001);
	ck_assert_str_eq(c->process->env.v[100000], "B=1");
	ck_assert_ptr_null(c->process->env.v[100001]);
	oci_arena_free(&arena);
	free(many);
}
END_TEST

START_TEST(many_names_work)
{
	struct oci_arena arena = { 0 };
	char *text = malloc(2 << 20), *end = text;

	ck_assert_ptr_nonnull(text);
	end = stpcpy(end, HEAD ",\"annotations\":{\"x\":\"\"");
	for (int i = 0; i < 50000; i++)
		end += sprintf(end, ",\"key%d\":\"%d\"", i, i);
	(void)stpcpy(end, "}}");
	ck_assert_uint_eq(decode(&arena, text)->annotations.n, 50001);
	(void)stpcpy(end, ",\"key777\":\"\"}}");
	refused(text, "annotations[\"key777\"]: this name is given twice");
	oci_arena_free(&arena);
	free(text);
}
END_TEST

/* An arena in which exactly LEFT bytes can be had. */
static struct oci_arena nearly_full(size_t left)
{
	struct oci_arena arena = { 0 };

	oci_arena_reserve(&arena, 60000);
	arena.limit = arena.total;
	ck_assert_ptr_nonnull(oci_alloc(&arena, (size_t)(arena.end - arena.next) - left));
	return arena;
}

static void check_no_memory(int rc, const struct oci_error *error, const void *result)
{
	if (rc == 0)
		return;
	ck_assert_str_eq(error->text, "c: out of memory");
	ck_assert_ptr_null(result);
}

/* Nothing is lost silently when memory ends at any point of the decoding. */
START_TEST(out_of_memory)
{
	/* escapes make yajl allocate, names that no table has need the set of names */
	char *text = repeat(sample_full, "", 0, "");
	int good = 0;

	text[strlen(text) - 1] = ',';
	text = strcat(realloc(text, strlen(text) + 100), "\"x\":{\"a\\n\":1,\"b\":[]}}");
	for (size_t left = 0; left < 40000; left += 8) {
		struct oci_arena arena = nearly_full(left);
		struct oci_config *config = NULL;
		struct oci_error error;
		int rc = oci_decode_config(&arena, "c", text, strlen(text), &config,
					   &error);

		check_no_memory(rc, &error, config);
		good += rc == 0;
		oci_arena_free(&arena);
	}
	ck_assert_int_gt(good, 100);
	free(text);
}
END_TEST

START_TEST(out_of_memory_in_pieces)
{
	for (size_t left = 0; left < 20000; left += 40) {
		struct oci_arena arena = nearly_full(left);
		struct oci_error error;
		struct oci_decoder *d =
			oci_decoder_new(&arena, &oci_type_config, "c", &error);
		const char *at = sample_full;
		void *config = NULL;
		int rc = d != NULL ? 0 : -1;

		while (rc == 0 && *at != '\0')
			rc = oci_decoder_feed(d, at++, 1);
		if (rc == 0)
			rc = oci_decoder_end(d, &config);
		else if (d != NULL)
			ck_assert_int_eq(oci_decoder_end(d, &config), -1);
		check_no_memory(rc, &error, config);
		oci_arena_free(&arena);
	}
}
END_TEST

START_TEST(endless_pieces)
{
	struct oci_arena arena = { 0 };
	struct oci_error error;
	struct oci_decoder *d = oci_decoder_new(&arena, &oci_type_config, "c", &error);
	static const char piece[65536] = "";
	static char blanks[65536];
	size_t n = 0;

	memset(blanks, ' ', sizeof(blanks));
	ck_assert_int_eq(oci_decoder_feed(d, "{\"x\":\"", 6), 0);
	while (n < 1000 && oci_decoder_feed(d, blanks, sizeof(blanks)) == 0)
		n++;
	ck_assert_uint_eq(n, 255); /* 16 MiB less the first piece */
	ck_assert_str_eq(error.text, "c: too large, expected at most 16 MiB");
	ck_assert_int_eq(oci_decoder_feed(d, piece, 1), -1);
	oci_arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bounds");
	TCase *tc = tcase_create("bounds");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, depth_is_bounded);
	tcase_add_test(tc, count_is_bounded);
	tcase_add_test(tc, size_is_bounded);
	tcase_add_test(tc, many_elements_work);
	tcase_add_test(tc, many_names_work);
	tcase_add_test(tc, out_of_memory);
	tcase_add_test(tc, out_of_memory_in_pieces);
	tcase_add_test(tc, endless_pieces);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
