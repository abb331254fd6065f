/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The config that `spec` writes: it is a valid document, comes back the same after encoding
 * and decoding, and holds what security and plain users need of it. The command itself: where
 * it writes, and that it never overwrites.
 */
#include "cmd/cmd.h"
#include "cmd/spec_config.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct spec_facts facts[] = {
	{ false, NULL, 0, 0, false },	   { true, NULL, 1000, 100, true },
	{ true, NULL, 0, 0, false },	   { true, "auto", 1000, 100, false },
	{ false, "keep-id", 0, 0, false },
};

static struct oci_arena arena;
static struct oci_config *config;

/* Encodes and decodes; the document that comes back is what the tests look at. */
static char *round_trip(const struct spec_facts *f)
{
	struct oci_config made = { 0 };
	struct oci_error error;
	size_t len;
	char *text;

	ck_assert_int_eq(spec_config(&arena, f, &made), 0);
	text = oci_encode(&arena, &oci_type_config, &made, 8, &len);
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(
		oci_decode_config(&arena, "config.json", text, len, &config, &error) == 0,
		"%s", error.text);
	return text;
}

static void teardown(void)
{
	oci_arena_free(&arena);
}

START_TEST(test_valid)
{
	const char *first = round_trip(&facts[_i]);
	const char *second = oci_encode(&arena, &oci_type_config, config, 8, NULL);

	ck_assert_str_eq(first, second);
	ck_assert_str_eq(config->oci_version, OCI_SPEC_VERSION);
	ck_assert_str_eq(config->hostname, "wolffia");
	ck_assert_str_eq(config->root->path, "rootfs");
	ck_assert(config->root->readonly);
	ck_assert_uint_eq(config->mounts.n, 7);
}
END_TEST

START_TEST(test_process)
{
	const struct oci_process *p;

	round_trip(&facts[_i]);
	p = config->process;
	ck_assert(p->terminal);
	ck_assert(p->no_new_privileges);
	ck_assert_str_eq(p->cwd, "/");
	ck_assert_uint_eq(p->args.n, 1);
	ck_assert_str_eq(p->args.v[0], "sh");
	ck_assert_uint_eq(p->user.uid, 0);
	ck_assert_uint_eq(p->capabilities->bounding.n, 3);
	ck_assert_uint_eq(p->capabilities->permitted.n, 3);
	ck_assert_uint_eq(p->capabilities->effective.n, 3);
	/* CVE-2022-29162 and its kin */
	ck_assert_uint_eq(p->capabilities->inheritable.n, 0);
	ck_assert_uint_eq(p->capabilities->ambient.n, 0);
	ck_assert_uint_eq(p->rlimits.n, 1);
	ck_assert_str_eq(p->rlimits.v[0].type, "RLIMIT_NOFILE");
	ck_assert_uint_eq(p->rlimits.v[0].hard, 1024);
}
END_TEST

static bool has_namespace(enum oci_namespace_type type)
{
	for (size_t i = 0; i < config->linux->namespaces.n; i++)
		if (config->linux->namespaces.v[i].type == type)
			return true;
	return false;
}

static bool has_mount_option(const char *destination, const char *option)
{
	for (size_t i = 0; i < config->mounts.n; i++)
		for (size_t j = 0; j < config->mounts.v[i].options.n; j++)
			if (str_eq(config->mounts.v[i].destination, destination) &&
			    str_eq(config->mounts.v[i].options.v[j], option))
				return true;
	return false;
}

START_TEST(test_root)
{
	round_trip(&facts[0]);
	ck_assert_uint_eq(config->linux->namespaces.n, 6);
	ck_assert(!has_namespace(OCI_NS_USER));
	ck_assert(has_namespace(OCI_NS_NETWORK));
	ck_assert(has_mount_option("/dev/pts", "gid=5"));
	ck_assert_uint_eq(config->linux->resources->devices.n, 1);
	ck_assert(!config->linux->resources->devices.v[0].allow);
	ck_assert_str_eq(config->linux->resources->devices.v[0].access, "rwm");
	ck_assert_uint_eq(config->linux->uid_mappings.n, 0);
}
END_TEST

START_TEST(test_rootless)
{
	round_trip(&facts[1]);
	ck_assert_uint_eq(config->linux->namespaces.n, 6);
	ck_assert(!has_namespace(OCI_NS_CGROUP)); /* on v1 */
	ck_assert(has_namespace(OCI_NS_USER));
	ck_assert(has_namespace(OCI_NS_NETWORK));
	ck_assert(!has_mount_option("/dev/pts", "gid=5"));
	ck_assert(has_mount_option("/dev/pts", "mode=0620"));
	ck_assert_ptr_null(config->linux->resources);
	ck_assert_uint_eq(config->linux->uid_mappings.n, 1);
	ck_assert_uint_eq(config->linux->uid_mappings.v[0].container_id, 0);
	ck_assert_uint_eq(config->linux->uid_mappings.v[0].host_id, 1000);
	ck_assert_uint_eq(config->linux->uid_mappings.v[0].size, 1);
	ck_assert_uint_eq(config->linux->gid_mappings.v[0].host_id, 100);
}
END_TEST

/* The word decides, not a mapping; whether there are device rules is another matter. */
START_TEST(test_userns)
{
	const struct spec_facts *f = &facts[_i];

	round_trip(f);
	ck_assert(has_namespace(OCI_NS_USER));
	ck_assert_uint_eq(config->annotations.n, 1);
	ck_assert_str_eq(config->annotations.v[0].key, "wolffia.userns");
	ck_assert_str_eq(config->annotations.v[0].value, f->userns);
	ck_assert_uint_eq(config->linux->uid_mappings.n, 0);
	ck_assert_uint_eq(config->linux->gid_mappings.n, 0);
	ck_assert(!has_mount_option("/dev/pts", "gid=5"));
	ck_assert((config->linux->resources == NULL) == f->rootless);
}
END_TEST

/* ---- the command ------------------------------------------------------------------ */

static int spec(const char *a, const char *b, const char *c, const char *d, struct err *e)
{
	static const struct run_context ctx = { 0 };
	char *argv[] = { (char *)a, (char *)b, (char *)c, (char *)d, NULL };

	return cmd_invoke(&cmd_spec, &ctx, argv, e);
}

START_TEST(test_writes)
{
	char dir[] = "/tmp/wolffia-spec-XXXXXX";
	char path[64];
	struct err e = { 0 };
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_msg(spec("--bundle", dir, NULL, NULL, &e) == 0, "%s", e.text);
	snprintf(path, sizeof(path), "%s/config.json", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_gt(st.st_size, 1000);
	ck_assert_int_eq(spec("-b", dir, NULL, NULL, &e), -1);
	ck_assert_str_eq(e.text, "config.json exists already");
	err_clear(&e);
	unlink(path);

	/* a dangling link is not followed */
	ck_assert_int_eq(symlink("elsewhere", path), 0);
	ck_assert_int_eq(spec("-b", dir, "--rootless", NULL, &e), -1);
	ck_assert_str_eq(e.text, "config.json exists already");
	err_clear(&e);
	unlink(path);

	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(spec("-f", "other.json", NULL, NULL, &e), 0);
	ck_assert_int_eq(unlink("other.json"), 0);
	ck_assert_int_eq(spec("-b", "no/such", NULL, NULL, &e), -1);
	ck_assert_str_eq(e.text, "open the bundle no/such: it does not exist");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spec");
	TCase *t = tcase_create("spec");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, test_valid, 0, (int)ARRAY_SIZE(facts));
	tcase_add_loop_test(t, test_process, 0, (int)ARRAY_SIZE(facts));
	tcase_add_test(t, test_root);
	tcase_add_test(t, test_rootless);
	tcase_add_loop_test(t, test_userns, 3, 5);
	tcase_add_test(t, test_writes);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
