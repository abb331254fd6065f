/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables have all members of the specification's schema, with ranges that fit.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "libocispec/oci.h"
#include "oci_schema.h"

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))

/* ---- the schema ----------------------------------------------------------------------------------- */

static const char *json_type(const struct oci_member *m)
{
	switch (m->kind) {
	case OCI_K_BOOL:
	case OCI_K_OPT_BOOL:
		return "boolean";
	case OCI_K_STR:
	case OCI_K_ENUM:
		return "string";
	case OCI_K_OBJ:
	case OCI_K_INLINE:
	case OCI_K_KEYED:
	case OCI_K_MAP:
		return "object";
	case OCI_K_STRS:
	case OCI_K_UINTS:
	case OCI_K_ENUMS:
	case OCI_K_OBJS:
		return "array";
	default:
		return "integer";
	}
}

/* Walks the tables; each row must be in the schema with its type. Returns how many. */
static int walk(const struct oci_type *type, const char *prefix)
{
	int n = 0;

	ck_assert_uint_le(type->n_members, 64);
	for (size_t i = 0; i < type->n_members; i++) {
		const struct oci_member *m = &type->members[i];
		bool list = m->kind == OCI_K_OBJS, keyed = m->kind == OCI_K_KEYED;
		char path[200];
		int found = -1;

		ck_assert_uint_eq(m->name_len, strlen(m->name));
		(void)snprintf(path, sizeof(path), "%s%s", prefix, m->name);
		for (int k = 0; k < N(schema_members); k++) {
			if (strcmp(schema_members[k].path, path) == 0)
				found = k;
		}
		ck_assert_msg(found >= 0, "%s is not in the schema", path);
		ck_assert_str_eq(schema_members[found].type, json_type(m));
		n++;
		if (list || keyed || m->kind == OCI_K_OBJ || m->kind == OCI_K_INLINE) {
			strcat(path, list ? "[]." : keyed ? "{}." : ".");
			n += walk(m->type, path);
		}
	}
	return n;
}

START_TEST(tables_have_the_schema)
{
	ck_assert_int_eq(N(schema_members), 225);
	ck_assert_int_eq(walk(&oci_type_config, ""),
			 N(schema_members) - N(schema_not_linux));
}
END_TEST

/* Ranges fit the C types they are stored in. */
static void ranges(const struct oci_type *type)
{
	for (size_t i = 0; i < type->n_members; i++) {
		const struct oci_member *m = &type->members[i];

		if (m->kind == OCI_K_U32)
			ck_assert_uint_le(m->max, UINT32_MAX);
		if (m->kind == OCI_K_INT || m->kind == OCI_K_OPT_INT)
			ck_assert_uint_le(m->max, INT64_MAX);
		else
			ck_assert_int_ge(m->min, 0);
		if (m->kind >= OCI_K_INT && m->kind <= OCI_K_OPT_UINT)
			ck_assert_uint_gt(m->max, 0);
		if (m->kind == OCI_K_OBJ || m->kind == OCI_K_INLINE ||
		    m->kind == OCI_K_OBJS || m->kind == OCI_K_KEYED)
			ranges(m->type);
	}
}

START_TEST(tables_have_ranges)
{
	ranges(&oci_type_config);
	ranges(&oci_type_process_state);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("schema");
	TCase *tc = tcase_create("schema");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, tables_have_the_schema);
	tcase_add_test(tc, tables_have_ranges);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
