/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The encoder: what was decoded is written again, absent members are left out, strings are
 * escaped, and both layouts are as documented.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "libocispec/oci.h"
#include "oci_sample.h"

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))

static char *words(const char *const *list)
{
	return (char *)(uintptr_t)list[0];
}

/* ---- round trips ------------------------------------------------------------------- */

START_TEST(full_round_trip)
{
	struct oci_arena arena = { 0 };
	struct oci_error error;
	void *first, *second;
	char *one, *two;
	size_t len;

	ck_assert_int_eq(oci_decode(&arena, &oci_type_config, "c", sample_full,
				    strlen(sample_full), &first, &error),
			 0);
	one = oci_encode(&arena, &oci_type_config, first, (unsigned)_i, &len);
	ck_assert_ptr_nonnull(one);
	ck_assert_uint_eq(len, strlen(one));
	ck_assert_int_eq(
		oci_decode(&arena, &oci_type_config, "c", one, len, &second, &error), 0);
	two = oci_encode(&arena, &oci_type_config, second, (unsigned)_i, NULL);
	ck_assert_str_eq(one, two);
	oci_arena_free(&arena);
}
END_TEST

/* The rows' order is the sample's order, so that the compact text is the sample itself. */
START_TEST(compact_is_the_sample)
{
	struct oci_arena arena = { 0 };
	struct oci_error error;
	void *config;
	char *text;
	const char *a, *b = sample_full;

	ck_assert_int_eq(oci_decode(&arena, &oci_type_config, "c", sample_full,
				    strlen(sample_full), &config, &error),
			 0);
	text = oci_encode(&arena, &oci_type_config, config, 0, NULL);
	for (a = text; *a != '\0' && *a == *b; a++)
		b++;
	/* \u00e4 is written as the character; all else is the same byte by byte */
	ck_assert_int_eq(strncmp(b, "\\u00e4", 6), 0);
	ck_assert_str_eq(a + 2, b + 6);
	oci_arena_free(&arena);
}
END_TEST

/* ---- documents ------------------------------------------------------------------------- */

START_TEST(state_compact)
{
	struct oci_pair pair = { (char[]){ "k" }, (char[]){ "v" } };
	struct oci_state state = {
		.oci_version = (char[]){ "1.3.0" },
		.id = (char[]){ "c1" },
		.status = OCI_STATUS_RUNNING,
		.pid = { true, 42 },
		.bundle = (char[]){ "/b" },
		.annotations = { 1, &pair },
	};
	struct oci_arena arena = { 0 };

	ck_assert_str_eq(oci_encode(&arena, &oci_type_state, &state, 0, NULL),
			 "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"pid\":42,"
			 "\"status\":\"running\",\"bundle\":\"/b\","
			 "\"annotations\":{\"k\":\"v\"}}");
	state.pid.v = 0;
	state.status = OCI_STATUS_STOPPED;
	state.annotations.n = 0;
	ck_assert_str_eq(
		oci_encode(&arena, &oci_type_state, &state, 2, NULL),
		"{\n  \"ociVersion\": \"1.3.0\",\n  \"id\": \"c1\",\n  \"pid\": 0,\n"
		"  \"status\": \"stopped\",\n  \"bundle\": \"/b\",\n"
		"  \"annotations\": {}\n}");
	state.annotations.v = NULL;
	state.pid.set = false;
	ck_assert_str_eq(oci_encode(&arena, &oci_type_state, &state, 0, NULL),
			 "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"stopped\","
			 "\"bundle\":\"/b\"}");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(list_of_states)
{
	struct oci_state a = { .id = (char[]){ "a" } }, b = { .id = (char[]){ "b" } };
	const void *const both[] = { &a, &b };
	struct oci_arena arena = { 0 };
	size_t len;

	ck_assert_str_eq(oci_encode_list(&arena, &oci_type_state, NULL, 0, 2, &len),
			 "[]");
	ck_assert_uint_eq(len, 2);
	ck_assert_str_eq(oci_encode_list(&arena, &oci_type_state, both, 2, 0, NULL),
			 "[{\"id\":\"a\"},{\"id\":\"b\"}]");
	ck_assert_str_eq(oci_encode_list(&arena, &oci_type_state, both, 1, 4, NULL),
			 "[\n    {\n        \"id\": \"a\"\n    }\n]");
	oci_arena_free(&arena);
}
END_TEST

/* Required plain members are written even when they are 0 or false, others are not. */
START_TEST(zero_and_false)
{
	struct oci_device_cgroup rule = { .allow = false };
	struct oci_resources resources = { .devices = { 1, &rule } };
	struct oci_process process = { .cwd = (char[]){ "/" } };
	struct oci_arena arena = { 0 };

	ck_assert_str_eq(oci_encode(&arena, &oci_type_resources, &resources, 0, NULL),
			 "{\"devices\":[{\"allow\":false}]}");
	ck_assert_str_eq(oci_encode(&arena, &oci_type_process, &process, 0, NULL),
			 "{\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\"}");
	process.user.umask.set = true;
	ck_assert_str_eq(oci_encode(&arena, &oci_type_process, &process, 0, NULL),
			 "{\"user\":{\"uid\":0,\"gid\":0,\"umask\":0},\"cwd\":\"/\"}");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(features_document)
{
	struct oci_features_enabled off = { { true, false } };
	struct oci_features_memory_policy policy = {
		.modes = oci_words_list(oci_words_mpol_mode),
		.flags = { 0, (char *[]){ NULL } },
	};
	struct oci_features_linux part = { .memory_policy = &policy, .selinux = &off };
	struct oci_features features = {
		.oci_version_min = (char[]){ OCI_SPEC_VERSION_MIN },
		.oci_version_max = (char[]){ OCI_SPEC_VERSION },
		.hooks = oci_words_list(oci_words_hook),
		.linux = &part,
	};
	struct oci_features *again;
	struct oci_arena arena = { 0 };
	struct oci_error error;
	char *text = oci_encode(&arena, &oci_type_features, &features, 0, NULL);

	ck_assert_str_eq(
		text,
		"{\"ociVersionMin\":\"1.0.0\",\"ociVersionMax\":\"1.3.0\","
		"\"hooks\":[\"prestart\",\"createRuntime\",\"createContainer\","
		"\"startContainer\",\"poststart\",\"poststop\"],"
		"\"linux\":{\"selinux\":{\"enabled\":false},"
		"\"memoryPolicy\":{\"modes\":[\"MPOL_DEFAULT\",\"MPOL_BIND\","
		"\"MPOL_INTERLEAVE\",\"MPOL_WEIGHTED_INTERLEAVE\",\"MPOL_PREFERRED\","
		"\"MPOL_PREFERRED_MANY\",\"MPOL_LOCAL\"],\"flags\":[]}}}");
	ck_assert_int_eq(
		oci_decode_features(&arena, "f", text, strlen(text), &again, &error), 0);
	ck_assert_str_eq(again->hooks.v[0], words(oci_words_hook));
	ck_assert(again->linux->selinux->enabled.set);
	ck_assert(!again->linux->selinux->enabled.v);
	ck_assert_ptr_null(again->mount_options.v);
	oci_arena_free(&arena);
}
END_TEST

/* ---- strings --------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *json;
} strings[] = {
	{ "", "\"\"" },
	{ "a/b", "\"a/b\"" },
	{ "\"\\", "\"\\\"\\\\\"" },
	{ "\n\r\t\b\f", "\"\\n\\r\\t\\b\\f\"" },
	{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
	{ "a\xc3\xa4\xf0\x9f\x98\x80z", "\"a\xc3\xa4\xf0\x9f\x98\x80z\"" },
	{ "<&>'", "\"<&>'\"" },
};

START_TEST(string_escapes)
{
	struct oci_arena arena = { 0 };
	size_t len;
	char *text = oci_encode_string(&arena, strings[_i].text, &len);

	ck_assert_str_eq(text, strings[_i].json);
	ck_assert_uint_eq(len, strlen(text));
	oci_arena_free(&arena);
}
END_TEST

/* ---- tables of one's own ------------------------------------------------------------------------ */

struct limits {
	int64_t low;
	uint64_t high;
	uint32_t mode;
	enum oci_status status;
	struct oci_uints ids;
};

static int check_limits(const void *object, struct oci_issue *issue)
{
	const struct limits *l = object;

	if (l->low <= (int64_t)l->high)
		return 0;
	return oci_complain(issue, "ids", 0, "", "low %lld above high",
			    (long long)l->low);
}

static const struct oci_member limits_rows[] = {
	OCI_NUM(limits, low, "low", OCI_REQUIRED, INT64_MIN, INT64_MAX),
	OCI_NUM(limits, high, "high", 0, 0, UINT64_MAX),
	OCI_NUM(limits, mode, "mode", 0, 3, 7),
	OCI_ENUM(limits, status, "status", OCI_REQUIRED, oci_words_status),
	OCI_UINTS(limits, ids, "ids", OCI_SOME, UINT64_MAX),
};
static const struct oci_type limits_type = OCI_TYPE(limits, limits_rows, check_limits);

START_TEST(own_table)
{
	static const char high[] =
		"{\"low\":2,\"high\":1,\"status\":\"paused\",\"ids\":[7]}";
	static const char mode[] = "{\"low\":-2,\"mode\":2,\"status\":\"paused\"}";
	struct oci_arena arena = { 0 };
	struct oci_error error;
	void *object;

	ck_assert_int_eq(oci_decode(&arena, &limits_type, "own", high, strlen(high),
				    &object, &error),
			 -1);
	ck_assert_str_eq(error.text, "own:1:44: ids[0]: low 2 above high");
	ck_assert_int_eq(oci_decode(&arena, &limits_type, "own", mode, strlen(mode),
				    &object, &error),
			 -1);
	ck_assert_str_eq(error.text,
			 "own:1:18: mode: got 2, expected an integer from 3 to 7");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(own_table_round_trip)
{
	static const char text[] =
		"{\"low\":-9223372036854775808,"
		"\"high\":9223372036854775807,\"mode\":7,"
		"\"status\":\"paused\",\"ids\":[0,18446744073709551615]}";
	struct oci_arena arena = { 0 };
	struct oci_error error;
	void *object;

	ck_assert_int_eq(oci_decode(&arena, &limits_type, "own", text, strlen(text),
				    &object, &error),
			 0);
	ck_assert_str_eq(oci_encode(&arena, &limits_type, object, 0, NULL), text);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(no_memory_is_null)
{
	struct oci_arena arena = { .limit = 65536 };
	struct oci_strings many = { 20000, NULL };
	static char *list[20000];
	struct oci_features features = { .hooks = many };

	for (int i = 0; i < N(list); i++)
		list[i] = words(oci_words_hook);
	features.hooks.v = list;
	ck_assert_ptr_null(oci_encode(&arena, &oci_type_features, &features, 0, NULL));
	ck_assert(arena.failed);
	oci_arena_free(&arena);
	arena.limit = 0;
	ck_assert_ptr_nonnull(oci_encode(&arena, &oci_type_features, &features, 0, NULL));
	oci_arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("encode");
	TCase *tc = tcase_create("encode");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, full_round_trip, 0, 5);
	tcase_add_test(tc, compact_is_the_sample);
	tcase_add_test(tc, state_compact);
	tcase_add_test(tc, list_of_states);
	tcase_add_test(tc, zero_and_false);
	tcase_add_test(tc, features_document);
	tcase_add_loop_test(tc, string_escapes, 0, N(strings));
	tcase_add_test(tc, own_table);
	tcase_add_test(tc, own_table_round_trip);
	tcase_add_test(tc, no_memory_is_null);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
