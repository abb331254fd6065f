/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The features document: valid, complete for 1.3.0, and every word in it is one that the
 * runtime recognises (S198-S209).
 */
#include "base/str.h"
#include "run/features.h"
#include "sec/caps.h"
#include "mount_options.h"

#include <check.h>
#include <stdlib.h>

static struct oci_arena arena;
static struct oci_features *f;

static void setup(void)
{
	struct oci_features made = { 0 };
	struct oci_error error;
	size_t len;
	char *text;

	run_features(&arena, &made);
	ck_assert(!arena.failed);
	text = oci_encode(&arena, &oci_type_features, &made, 2, &len);
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(oci_decode_features(&arena, "features", text, len, &f, &error) == 0,
		      "%s", error.text);
}

static void teardown(void)
{
	oci_arena_free(&arena);
}

static bool has(const struct oci_strings *list, const char *word)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i], word))
			return true;
	return false;
}

static void check_unique(const struct oci_strings *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(list->v[i], list->v[j]);
}

START_TEST(test_head)
{
	ck_assert_str_eq(f->oci_version_min, "1.0.0");
	ck_assert_str_eq(f->oci_version_max, "1.3.0");
	ck_assert_uint_eq(f->hooks.n, 6);
	ck_assert(has(&f->hooks, "startContainer"));
}
END_TEST

START_TEST(test_mount_options)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_options); i++)
		ck_assert_msg(has(&f->mount_options, mount_options[i]), "%s",
			      mount_options[i]);
	/* and some of our own, such as src-nofollow */
	ck_assert_uint_ge(f->mount_options.n, ARRAY_SIZE(mount_options));
	check_unique(&f->mount_options);
}
END_TEST

START_TEST(test_linux)
{
	const struct oci_features_linux *l = f->linux;

	ck_assert_uint_eq(l->namespaces.n, 8);
	ck_assert(has(&l->namespaces, "time"));
	ck_assert_uint_eq(l->capabilities.n, 41);
	for (size_t i = 0; i < l->capabilities.n; i++)
		ck_assert_int_eq(caps_number(l->capabilities.v[i]), (int)i);
	ck_assert(l->cgroup->v1.set && l->cgroup->v1.v);
	ck_assert(l->cgroup->v2.set && l->cgroup->v2.v);
	ck_assert(l->cgroup->systemd.set && l->cgroup->systemd_user.set);
	ck_assert(l->cgroup->rdma.set);
	ck_assert(l->apparmor->enabled.set);
	ck_assert_int_eq(l->selinux->enabled.v, HAVE_SELINUX);
	ck_assert(l->intel_rdt->enabled.set && l->intel_rdt->schemata.set);
	ck_assert(l->intel_rdt->monitoring.set && l->net_devices->enabled.set);
	ck_assert(l->mount_extensions->idmap->enabled.v);
	ck_assert_uint_eq(l->memory_policy->modes.n, 7);
	ck_assert_uint_eq(l->memory_policy->flags.n, 3);
}
END_TEST

START_TEST(test_seccomp)
{
	const struct oci_features_seccomp *s = f->linux->seccomp;

	ck_assert(s->enabled.v);
	ck_assert_uint_eq(s->actions.n, 9);
	ck_assert_uint_eq(s->operators.n, 7);
	ck_assert(has(&s->archs, "SCMP_ARCH_X86_64"));
	ck_assert(has(&s->archs, "SCMP_ARCH_AARCH64"));
	ck_assert(has(&s->known_flags, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"));
	for (size_t i = 0; i < s->supported_flags.n; i++)
		ck_assert(has(&s->known_flags, s->supported_flags.v[i]));
	check_unique(&s->archs);
}
END_TEST

/* S210: keys and values as in the config; ours do not invent names of the OCI's. */
START_TEST(test_annotations)
{
	ck_assert_uint_gt(f->annotations.n, 0);
	for (size_t i = 0; i < f->annotations.n; i++) {
		ck_assert_str_ne(f->annotations.v[i].key, "");
		ck_assert_str_ne(f->annotations.v[i].value, "");
	}
	ck_assert(has(&f->potentially_unsafe_config_annotations, "run.oci."));
	ck_assert(
		has(&f->potentially_unsafe_config_annotations, "org.systemd.property."));
	check_unique(&f->potentially_unsafe_config_annotations);
}
END_TEST

START_TEST(test_parts)
{
	size_t n = 0;

	while (run_parts[n].name)
		ck_assert_str_ne(run_parts[n++].name, "");
	ck_assert_uint_gt(n, 3);
	ck_assert_ptr_nonnull(strchr(run_libseccomp_version(), '.'));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("features");
	TCase *t = tcase_create("features");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_head);
	tcase_add_test(t, test_mount_options);
	tcase_add_test(t, test_linux);
	tcase_add_test(t, test_seccomp);
	tcase_add_test(t, test_annotations);
	tcase_add_test(t, test_parts);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
