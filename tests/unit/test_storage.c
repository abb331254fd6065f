/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where layers lie, by annotations, and who may limit those on disk; what the janitor calls the ids of a container; how the
 * files of a root get them.
 */
#include "fs/bounded.h"
#include "fs/shift.h"
#include "run/janitor.h"
#include "run/layer.h"
#include "run/rootids.h"
#include "run/storage.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct oci_arena arena;

static void teardown(void)
{
	oci_arena_free(&arena);
}

/* ---- annotations ------------------------------------------------------------------------- */

static const struct {
	const char *key, *value;
	bool no_mount_ns;
	const char *want; /* "KIND PLACE DIR SIZE", or what is refused and why */
} annotations[] = {
	{ "wolffia.root", "plain", false, "0 0 - -" },
	{ "wolffia.root", "overlay", false, "1 0 - -" },
	{ "wolffia.root", "empty", false, "2 0 - -" },
	{ "wolffia.root", "Overlay", false,
	  "annotations: wolffia.root: \"Overlay\": expected plain, overlay or empty" },
	{ "wolffia.root", "overlay", true,
	  "annotations: wolffia.root: it needs a new mount namespace" },
	{ "wolffia.overlay", "memory", false, "0 0 - -" },
	{ "wolffia.overlay", "disk", false, "0 1 - -" },
	{ "wolffia.overlay", "/srv/kept", false, "0 2 /srv/kept -" },
	{ "wolffia.overlay", "", false,
	  "annotations: wolffia.overlay: \"\": expected memory, disk or the absolute "
	  "path "
	  "of a directory" },
	{ "wolffia.overlay", "kept", false,
	  "annotations: wolffia.overlay: \"kept\": expected memory, disk or the absolute "
	  "path of a directory" },
	{ "wolffia.overlay-size", "65536", false, "0 0 - 65536" },
	{ "wolffia.overlay-size", "0", false,
	  "annotations: wolffia.overlay-size: \"0\": expected a number of bytes" },
	{ "wolffia.overlay-size", "1m", false,
	  "annotations: wolffia.overlay-size: \"1m\": expected a number of bytes" },
	{ "wolffia.other", "x", false, "0 0 - -" },
};

START_TEST(test_annotations)
{
	struct oci_pair pair = { (char *)annotations[_i].key,
				 (char *)annotations[_i].value };
	struct oci_config config = { .annotations = { 1, &pair } };
	struct fs_facts f = { .mount_ns = annotations[_i].no_mount_ns ? FS_MOUNT_NS_NONE
								      : FS_MOUNT_NS_NEW };
	struct err e = { 0 };
	char got[ERR_TEXT_MAX];

	if (storage_facts(&config, &f, &e) < 0)
		snprintf(got, sizeof(got), "%s", e.text);
	else
		snprintf(got, sizeof(got), "%d %d %s %s", (int)f.root_kind,
			 (int)f.layer_place, f.layer_dir ? f.layer_dir : "-",
			 f.scratch_size ? f.scratch_size : "-");
	ck_assert_str_eq(got, annotations[_i].want);
}
END_TEST

/* ---- limits on disk ------------------------------------------------------------------------ */

static const struct {
	const char *size;
	bool machines_root;
	const char *want; /* "" or what is refused and why */
} bounds[] = {
	{ "1048576", true, "" },
	{ "1099511627776", true, "" },
	{ "1048575", true,
	  "annotations: wolffia.overlay-size: 1048575: the smallest filesystem on disk "
	  "has "
	  "1048576 bytes (1m)" },
	{ "1048576", false,
	  "annotations: wolffia.overlay-size: a layer on disk cannot be limited in size: "
	  "only "
	  "root of the machine may mount a filesystem that has one" },
	{ "1", false,
	  "annotations: wolffia.overlay-size: a layer on disk cannot be limited in size: "
	  "only "
	  "root of the machine may mount a filesystem that has one" },
};

START_TEST(test_bound)
{
	struct err e = { 0 };
	int rc = layer_check_bound(bounds[_i].size, bounds[_i].machines_root, &e);

	ck_assert_int_eq(rc, *bounds[_i].want ? -1 : 0);
	ck_assert_str_eq(e.text, bounds[_i].want);
}
END_TEST

static const struct {
	uint32_t uid, gid;
	const char *want; /* the owner's words, the last but one */
} owners[] = {
	{ 0, 0, "lazy_itable_init=1,nodiscard,root_owner=0:0" },
	{ 200000, 300000, "lazy_itable_init=1,nodiscard,root_owner=200000:300000" },
	{ 4294967294U, 4294967294U,
	  "lazy_itable_init=1,nodiscard,root_owner=4294967294:4294967294" },
};

START_TEST(test_mkfs)
{
	const struct bounded how = { .uid = owners[_i].uid, .gid = owners[_i].gid };
	struct bounded_args args;
	size_t n = 0;

	bounded_args(&how, "/dev/loop1048575", &args);
	while (args.v[n])
		n++;
	ck_assert_str_eq(args.v[0], "mke2fs");
	ck_assert_str_eq(args.v[n - 1], "/dev/loop1048575");
	ck_assert_str_eq(args.v[n - 2], owners[_i].want);
	/* the machine's mke2fs.conf adds nothing */
	for (size_t i = 0; i < n; i++)
		if (!strcmp(args.v[i], "-O"))
			ck_assert(str_starts(args.v[i + 1], "none,"));
}
END_TEST

/* ---- the janitor's ids -------------------------------------------------------------------- */

static const struct {
	uint32_t own;
	size_t n;
	struct oci_id_mapping of[3];
	const char *want;
} maps[] = {
	{ 1000, 0, { { 0 } }, "0:1000:1 " },
	/* single */
	{ 1000, 1, { { 0, 1000, 1 } }, "0:1000:1 " },
	/* shared */
	{ 1000, 2, { { 0, 1000, 1 }, { 1, 100000, 65536 } }, "0:1000:1 1:100000:65536 " },
	/* keep-id */
	{ 1000,
	  3,
	  { { 0, 100000, 1000 }, { 1000, 1000, 1 }, { 1001, 101000, 64536 } },
	  "0:1000:1 1:100000:1000 1001:101000:64536 " },
	/* nomap */
	{ 1000, 1, { { 0, 100000, 65536 } }, "0:1000:1 1:100000:65536 " },
	/* the own id in the middle, at the beginning, at the end of a range */
	{ 5, 1, { { 0, 0, 10 } }, "0:5:1 1:0:5 6:6:4 " },
	{ 0, 1, { { 0, 0, 10 } }, "0:0:1 1:1:9 " },
	{ 9, 1, { { 0, 0, 10 } }, "0:9:1 1:0:9 " },
	/* nearly all there are */
	{ 7, 1, { { 0, 8, 4294967280U } }, "0:7:1 1:8:4294967280 " },
};

START_TEST(test_map)
{
	struct oci_id_mapping v[3];
	struct oci_id_mappings from = { maps[_i].n, v }, map;
	char got[256] = "";
	uint32_t id = 0;

	memcpy(v, maps[_i].of, sizeof(v));
	janitor_map(&arena, maps[_i].own, &from, &map);
	for (size_t i = 0; i < map.n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%u:%u:%u ",
			 map.v[i].container_id, map.v[i].host_id, map.v[i].size);
	ck_assert_str_eq(got, maps[_i].want);
	/* each id of the container has a name, and the caller's is root's */
	ck_assert(janitor_id(&map, maps[_i].own, &id));
	ck_assert_uint_eq(id, 0);
	for (size_t i = 0; i < from.n; i++)
		ck_assert(janitor_id(&map, v[i].host_id + v[i].size - 1, &id));
	ck_assert(!janitor_id(&map, 4294967294U, &id));
}
END_TEST

/* ---- owners of the root's files ------------------------------------------------------------ */

static const struct {
	struct root_ids_facts f;
	const char *want; /* the ways to try, or the error */
} decisions[] = {
	{ { ROOT_IDS_NONE, false, false, true, true }, "" },
	{ { ROOT_IDS_AUTO, true, false, true, true }, "" },
	{ { ROOT_IDS_AUTO, true, false, false, false }, "" },
	{ { ROOT_IDS_CHOWN, true, false, true, true }, "" },
	{ { ROOT_IDS_METACOPY, true, false, false, false }, "" },
	{ { ROOT_IDS_AUTO, false, false, true, true }, "idmap metacopy " },
	{ { ROOT_IDS_AUTO, false, false, true, false }, "idmap " },
	/* never a silent recursive chown */
	{ { ROOT_IDS_AUTO, false, false, false, true }, "" },
	{ { ROOT_IDS_IDMAP, false, false, true, true }, "idmap " },
	{ { ROOT_IDS_METACOPY, false, false, true, true }, "metacopy " },
	{ { ROOT_IDS_CHOWN, false, false, true, false }, "chown " },
	{ { ROOT_IDS_CHOWN, false, false, false, true }, "chown " },
	{ { ROOT_IDS_IDMAP, false, false, false, true },
	  "idmap: only root of the machine can do that" },
	{ { ROOT_IDS_METACOPY, false, false, false, true },
	  "metacopy: only root of the machine can do that" },
	{ { ROOT_IDS_METACOPY, false, false, true, false },
	  "metacopy: it needs a throw-away layer over the root" },
	/* whose number the container does not know, nothing can help */
	{ { ROOT_IDS_AUTO, false, true, true, true }, "" },
	{ { ROOT_IDS_NONE, false, true, true, true }, "" },
	{ { ROOT_IDS_IDMAP, false, true, true, true },
	  "idmap: its owner's number is no id of the container: it would belong to "
	  "nobody "
	  "all the same" },
	{ { ROOT_IDS_CHOWN, false, true, true, false },
	  "chown: its owner's number is no id of the container: it would belong to "
	  "nobody "
	  "all the same" },
	/* a plain user's own files become the container's root's */
	{ { ROOT_IDS_CHOWN, false, true, false, false }, "chown " },
};

START_TEST(test_decision)
{
	enum root_ids list[3];
	struct err e = { 0 };
	char got[ERR_TEXT_MAX] = "";

	if (root_ids_decide(&decisions[_i].f, list, &e) < 0)
		snprintf(got, sizeof(got), "%s", e.text);
	for (size_t i = 0; !err_is_set(&e) && list[i] != ROOT_IDS_NONE; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s ",
			 root_ids_words[list[i]]);
	ck_assert_str_eq(got, decisions[_i].want);
}
END_TEST

static struct oci_id_mapping two[] = { { 0, 200000, 1000 }, { 1000, 300000, 500 } };
static struct oci_id_mapping self[] = { { 0, 1, 65535 } };
static struct oci_id_mapping caller[] = { { 0, 1, 1 } };

static const struct {
	struct oci_id_mappings map;
	bool overlaps;
	uint32_t from, to;
} shifts[] = {
	{ { 2, two }, false, 0, 200000 },
	{ { 2, two }, false, 999, 200999 },
	{ { 2, two }, false, 1000, 300000 },
	{ { 2, two }, false, 1499, 300499 },
	/* not of the container, and done already */
	{ { 2, two }, false, 1500, 1500 },
	{ { 2, two }, false, 65534, 65534 },
	{ { 2, two }, false, 200000, 200000 },
	{ { 2, two }, false, 300499, 300499 },
	{ { 1, self }, true, 0, 1 },
	{ { 1, caller }, false, 0, 1 },
	{ { 1, caller }, false, 1, 1 },
	{ { 1, caller }, false, 2, 2 },
	{ { 0, NULL }, false, 7, 7 },
};

START_TEST(test_shift)
{
	ck_assert_uint_eq(shift_id(&shifts[_i].map, shifts[_i].from), shifts[_i].to);
	ck_assert_int_eq(shift_overlaps(&shifts[_i].map), shifts[_i].overlaps);
	/* once more changes nothing */
	if (!shifts[_i].overlaps)
		ck_assert_uint_eq(shift_id(&shifts[_i].map, shifts[_i].to),
				  shifts[_i].to);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("storage");
	TCase *tc = tcase_create("rows");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, test_annotations, 0,
			    sizeof(annotations) / sizeof(*annotations));
	tcase_add_loop_test(tc, test_bound, 0, sizeof(bounds) / sizeof(*bounds));
	tcase_add_loop_test(tc, test_mkfs, 0, sizeof(owners) / sizeof(*owners));
	tcase_add_loop_test(tc, test_map, 0, sizeof(maps) / sizeof(*maps));
	tcase_add_loop_test(tc, test_decision, 0, sizeof(decisions) / sizeof(*decisions));
	tcase_add_loop_test(tc, test_shift, 0, sizeof(shifts) / sizeof(*shifts));
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
