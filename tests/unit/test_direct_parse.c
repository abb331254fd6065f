/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of direct use: sizes, times, ids, networks, volumes; what is refused and how. */
#include "cmd/direct.h"

#include "suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct oci_arena arena;

static void teardown(void)
{
	oci_arena_free(&arena);
}

static const struct {
	const char *text;
	uint64_t bytes; /* 0: refused */
	const char *least, *why; /* default: "1", "a number of bytes" */
} sizes[] = {
	{ "1", 1 },
	{ "100", 100 },
	{ "100b", 100 },
	{ "1k", 1024 },
	{ "1K", 1024 },
	{ "512m", 512ULL << 20 },
	{ "1.5M", 3ULL << 19 },
	{ "2g", 2ULL << 30 },
	{ "2G", 2ULL << 30 },
	{ "1t", 1ULL << 40 },
	{ "0.001k", 1 },
	{ "007", 7 },
	{ "4096", 4096, "4k" },
	{ "1m", 1 << 20, "1m" },
	{ "1048575", 0, "1m", "expected at least 1m" },
	{ "4095", 0, "4k", "expected at least 4k" },
	{ "0.000k", 0, NULL, "expected at least 1" },
	{ "0", 0, NULL, "expected at least 1" },
	{ "0", 0, "1m", "expected at least 1m" },
	{ "", 0 },
	{ "k", 0 },
	{ "-1", 0 },
	{ "+1", 0 },
	{ "1 k", 0 },
	{ "1kb", 0 },
	{ "1.", 0 },
	{ ".5g", 0 },
	{ "1.2345k", 0 },
	{ "0x10", 0 },
	/* more than thousandths can hold */
	{ "9223372036854775807", 0, NULL, "expected at most 16000t" },
	{ "18446744073709551616", 0, NULL, "expected at most 16000t" },
	{ "99999999999999999999999999", 0, NULL, "expected at most 16000t" },
	{ "9000000t", 0, NULL, "expected at most 16000t" },
	{ "16000t", 16000ULL << 40 },
};

START_TEST(test_size)
{
	struct err e = { 0 };
	uint64_t v = 0;
	const char *least = sizes[_i].least ? sizes[_i].least : "1";
	const char *why = sizes[_i].why ? sizes[_i].why : "expected a number of bytes";
	int rc = direct_parse_size("--memory", sizes[_i].text, least, &v, &e);

	ck_assert_int_eq(rc, sizes[_i].bytes ? 0 : -1);
	ck_assert_uint_eq(v, sizes[_i].bytes);
	if (rc < 0)
		ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
}
END_TEST

static const struct {
	const char *text;
	int64_t ms; /* 0: refused */
	const char *why; /* default: "a time" */
} times[] = {
	{ "1", 1000 },
	{ "90", 90000 },
	{ "1.5", 1500 },
	{ "1.5s", 1500 },
	{ "300ms", 300 },
	{ "10m", 600000 },
	{ "2h", 7200000 },
	{ "1d", 86400000 },
	{ "0.001", 1 },
	{ "0", 0, "expected at least 1ms" },
	{ "0.000h", 0, "expected at least 1ms" },
	{ "", 0 },
	{ "-1", 0 },
	{ "1w", 0 },
	{ "0.0001", 0 },
	{ "1e3", 0 },
	{ "inf", 0 },
	{ "100000000d", 8640000000000000 },
	{ "999999999999999d", 0, "expected at most 100000000d" },
	{ "999999999999999999999", 0, "expected at most 100000000d" },
};

START_TEST(test_time)
{
	struct err e = { 0 };
	int64_t v = 0;
	int rc = direct_parse_time("--timeout", times[_i].text, &v, &e);

	ck_assert_int_eq(rc, times[_i].ms ? 0 : -1);
	ck_assert_int_eq(v, times[_i].ms);
	if (rc < 0)
		ck_assert_msg(strstr(e.text, times[_i].why
						     ? times[_i].why
						     : "expected a time, as") != NULL,
			      "%s", e.text);
}
END_TEST

static const struct {
	const char *text;
	uint32_t thousandths; /* 0: refused */
} cpus[] = {
	{ "1", 1000 },	     { "1.5", 1500 }, { "0.25", 250 }, { "0.01", 10 },
	{ "1000", 1000000 }, { "0.009", 0 },  { "0", 0 },      { "1001", 0 },
	{ "2x", 0 },	     { "", 0 },
};

START_TEST(test_cpus)
{
	struct err e = { 0 };
	uint32_t v = 0;

	ck_assert_int_eq(direct_parse_cpus(cpus[_i].text, &v, &e),
			 cpus[_i].thousandths ? 0 : -1);
	ck_assert_uint_eq(v, cpus[_i].thousandths);
}
END_TEST

static const struct {
	const char *text;
	int mode; /* -1: refused */
	const char *map;
} modes[] = {
	{ "single", IDS_SINGLE, "" },
	{ "shared", IDS_SHARED, "" },
	{ "keep-id", IDS_KEEP_ID, "" },
	{ "nomap", IDS_NOMAP, "" },
	{ "host", IDS_HOST, "" },
	{ "auto", IDS_AUTO, "" },
	{ "auto:size=2000", IDS_AUTO, "" },
	{ "keep-id:uid=5,gid=6,size=7", IDS_KEEP_ID, "" },
	{ "keep-id:gid=0", IDS_KEEP_ID, "" },
	{ "auto:", -1, NULL },
	{ "auto:size", -1, NULL },
	{ "auto:size=", -1, NULL },
	{ "auto:size=0", -1, NULL },
	{ "auto:size=-1", -1, NULL },
	{ "auto:size=4294967295", -1, NULL },
	{ "auto:uid=5", -1, NULL },
	{ "auto=size=5", -1, NULL },
	{ "auto:size=5;", -1, NULL },
	{ "keep-id:uid=x", -1, NULL },
	{ "nomap:size=5", -1, NULL },
	{ "map", -1, NULL },
	{ "map:0:1:1", -1, NULL },
	{ "map=0:1000:1", IDS_MAP, "0:1000:1 " },
	{ "map=0:1000:1,1:100000:65536", IDS_MAP, "0:1000:1 1:100000:65536 " },
	{ "map=", -1, NULL },
	{ "map=0", -1, NULL },
	{ "map=0:1", -1, NULL },
	{ "map=0:1:0", -1, NULL },
	{ "map=0:1:2:3", -1, NULL },
	{ "map=0:1:2,", IDS_MAP, "0:1:2 " },
	{ "map=a:1:2", -1, NULL },
	{ "map=0:4294967295:1", -1, NULL },
	{ "map=,0:1:2", -1, NULL },
	{ "auto-odd", -1, NULL },
	{ "", -1, NULL },
};

START_TEST(test_userns)
{
	struct direct_request rq = { 0 };
	struct err e = { 0 };
	auto_str map = { 0 };
	int rc = direct_parse_userns(modes[_i].text, &arena, &rq, &e);

	ck_assert_int_eq(rc, modes[_i].mode < 0 ? -1 : 0);
	if (rc < 0)
		return;
	ck_assert_int_eq((int)rq.ids.mode, modes[_i].mode);
	for (size_t i = 0; i < rq.ids.uids.n; i++)
		str_addf(&map, "%u:%u:%u ", rq.ids.uids.v[i].container_id,
			 rq.ids.uids.v[i].host_id, rq.ids.uids.v[i].size);
	ck_assert_str_eq(map.s ? map.s : "", modes[_i].map);
}
END_TEST

static const struct {
	const char *text;
	const char *who; /* NULL: refused */
} users[] = {
	{ "0", "0:0" },
	{ "1000", "1000:1000" },
	{ "1:2", "1:2" },
	{ "0:5", "0:5" },
	{ "www", "www:0" },
	{ "www:5", "www:5" },
	{ "www:staff", "www:staff" },
	{ "7:staff", "7:staff" },
	{ "_x.y-z$", "_x.y-z$:0" },
	{ "", NULL },
	{ "1:", NULL },
	{ ":1", NULL },
	{ "1:2:3", NULL },
	{ "a:b:c", NULL },
	{ "4294967295", NULL },
	{ "-1", NULL },
	{ "1x", NULL },
	{ "www:", NULL },
	{ "-www", NULL },
};

START_TEST(test_user)
{
	struct direct_request rq = { 0 };
	struct err e = { 0 };
	auto_str who = { 0 };

	if (direct_parse_user(users[_i].text, &arena, &rq, &e) < 0) {
		ck_assert_ptr_null(users[_i].who);
		return;
	}
	ck_assert(rq.has_user);
	if (rq.user_name)
		str_addf(&who, "%s:", rq.user_name);
	else
		str_addf(&who, "%u:", rq.uid);
	if (rq.group_name)
		str_add(&who, rq.group_name);
	else
		str_addf(&who, "%u", rq.gid);
	ck_assert_str_eq(who.s, users[_i].who);
}
END_TEST

static const struct {
	const char *text;
	const char *list; /* or the error */
} files[] = {
	{ "", "" },
	{ "A=1\nB\n# no\n\nC=\nD= x y # z", "A=1|B|C=|D= x y # z|" },
	{ "A=1\r\n", "A=1\r|" },
	{ "A==b\n", "A==b|" },
	{ "=1\n", "--env-file f: line 1: expected NAME=VALUE or NAME" },
	{ "A=1\nB C=2\n", "--env-file f: line 2: expected NAME=VALUE or NAME" },
	{ " A=1\n", "--env-file f: line 1: expected NAME=VALUE or NAME" },
};

START_TEST(test_env_file)
{
	const char *list[16];
	struct err e = { 0 };
	auto_str got = { 0 };
	size_t n = 0;

	str_add(&got, "");
	if (direct_parse_env("f", files[_i].text, &arena, list, &n, &e) < 0) {
		ck_assert_str_eq(e.text, files[_i].list);
		return;
	}
	for (size_t i = 0; i < n; i++)
		str_addf(&got, "%s|", list[i]);
	ck_assert_str_eq(got.s, files[_i].list);
}
END_TEST

static const struct {
	const char *text;
	const char *values; /* "SOURCE TARGET words", or "error: ..." */
} volumes[] = {
	{ "/etc", "/etc /etc" },
	{ "/etc:ro", "/etc /etc ro" },
	{ "/etc:/x", "/etc /x" },
	{ "/etc:/x:ro", "/etc /x ro" },
	{ "/etc:/x:ro,rw", "/etc /x" },
	{ "/etc:/x:overlay", "/etc /x overlay" },
	{ "/etc::overlay,ro", "/etc /etc ro overlay" },
	{ "/etc:/x:z", "/etc /x z" },
	{ "/etc:Z", "/etc /etc Z" },
	{ "/etc:/x:Z,ro,Z", "/etc /x ro Z" },
	{ "/etc:/x:z,ro,Z",
	  "error: --volume /etc:/x:z,ro,Z: z and Z contradict each other" },
	{ "/usr/../etc", "/etc /etc" },
	{ "/proc/self/root/etc", "/etc /etc" },
	{ "", "error: --volume : expected SRC[:DST][:OPT,...]" },
	{ ":/x", "error: --volume :/x: expected SRC[:DST][:OPT,...]" },
	{ "/etc:/x:odd", "error: --volume /etc:/x:odd: odd: expected ro, rw, overlay, z, "
			 "Z or idmap" },
	{ "/etc:/x:U",
	  "error: --volume /etc:/x:U: U: expected ro, rw, overlay, z, Z or idmap" },
	{ "/etc:/x:idmap", "/etc /x" },
	{ "/etc:/x:idmap,overlay", "error: --volume /etc:/x:idmap,overlay: overlay and "
				   "idmap exclude one another" },
	{ "/etc:x",
	  "error: --volume /etc:x: x: expected ro, rw, overlay, z, Z or idmap" },
	{ "/no/such:/x", "error: --volume /no/such: it does not exist" },
};

START_TEST(test_volume)
{
	struct direct_volume v = { 0 };
	struct err e = { 0 };
	auto_str got = { 0 };

	if (direct_parse_volume(volumes[_i].text, &arena, &v, &e) < 0)
		str_addf(&got, "error: %s", e.text);
	else
		str_addf(&got, "%s %s%s%s%s%.1s", v.source, v.target,
			 v.readonly ? " ro" : "", v.throw_away ? " overlay" : "",
			 v.relabel ? " " : "", &v.relabel);
	ck_assert_str_eq(got.s, volumes[_i].values);
}
END_TEST

START_TEST(test_net_and_tmpfs)
{
	struct direct_request rq = { 0 };
	struct direct_tmpfs t = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(direct_parse_net("none", &rq, &e), 0);
	ck_assert_int_eq((int)rq.net, DIRECT_NET_NONE);
	ck_assert_int_eq(direct_parse_net("host", &rq, &e), 0);
	ck_assert_int_eq((int)rq.net, DIRECT_NET_HOST);
	ck_assert_ptr_null(rq.net_path);
	ck_assert_int_eq(direct_parse_net("/run/netns/a", &rq, &e), 0);
	ck_assert_int_eq((int)rq.net, DIRECT_NET_PATH);
	ck_assert_str_eq(rq.net_path, "/run/netns/a");
	ck_assert_int_eq(direct_parse_net("ns:/run/netns/b", &rq, &e), 0);
	ck_assert_int_eq((int)rq.net, DIRECT_NET_PATH);
	ck_assert_str_eq(rq.net_path, "/run/netns/b");
	ck_assert_int_eq(direct_parse_net("pasta:ipv4", &rq, &e), 0);
	ck_assert_int_eq((int)rq.net, DIRECT_NET_HELPER);
	ck_assert_ptr_null(rq.net_path);
	ck_assert_str_eq(rq.net_word, "pasta:ipv4");
	ck_assert_int_eq(direct_parse_net("bridge", &rq, &e), -1);
	ck_assert_int_eq(direct_parse_tmpfs("/a", &arena, &t, &e), 0);
	ck_assert_str_eq(t.target, "/a");
	ck_assert_ptr_null(t.options);
	ck_assert_int_eq(direct_parse_tmpfs("/a:size=1m,ro", &arena, &t, &e), 0);
	ck_assert_str_eq(t.target, "/a");
	ck_assert_str_eq(t.options, "size=1m,ro");
}
END_TEST

START_TEST(test_root_ids)
{
	struct direct_request rq = { .rootfs = "/r" };
	struct err e = { 0 };

	ck_assert_int_eq(direct_parse_root_ids("idmap", &rq, &e), 0);
	ck_assert_str_eq(rq.root_ids, "idmap");
	ck_assert_int_eq(direct_parse_root_ids("Idmap", &rq, &e), -1);
	ck_assert_str_eq(e.text, "--root-ids Idmap: expected auto, idmap, metacopy, "
				 "chown or none");
	err_clear(&e);
	rq.rootfs = NULL;
	ck_assert_int_eq(direct_parse_root_ids("auto", &rq, &e), -1);
	ck_assert_str_eq(e.text, "--root-ids auto: it needs --rootfs");
}
END_TEST

static const struct {
	const char *text;
	const char *rootfs;
	bool rw, ro;
	uint64_t size;
	const char *want; /* rq.overlay, or the error */
	bool volume; /* one that is thrown away */
} overlays[] = {
	{ "memory", NULL, false, false, 5, "-" },
	{ "disk", NULL, false, false, 0, "disk" },
	{ "disk", NULL, false, true, 0, "disk" },
	{ "disk", "/r", true, false, 0, "disk", true },
	{ "disk", "/r", false, true, 0, "disk", true },
	{ "disk", "/r", true, false, 0,
	  "--overlay disk: with --rootfs-rw and no --volume SRC:overlay there is no "
	  "layer" },
	{ "disk", "/r", false, true, 0,
	  "--overlay disk: with --read-only and no --volume SRC:overlay there is no "
	  "layer" },
	{ "/", "/r", false, false, 0, "/" },
	{ "disk", "/r", false, false, 5, "disk" }, /* who may is not looked at here */
	{ "disk,size=5m", "/r", false, false, 0,
	  "--overlay disk,size=5m: \"disk\" takes no options" },
	{ "disk:5m", "/r", false, false, 0,
	  "--overlay disk:5m: \"disk\" takes no options" },
	{ "/", "/r", false, false, 5,
	  "--overlay /: a layer that is kept cannot be limited in size: the directory is "
	  "as "
	  "large as its filesystem lets it grow" },
	{ "/", NULL, false, false, 0,
	  "--overlay /: only the layer over a --rootfs can be kept" },
	{ "/", "/r", true, false, 0,
	  "--overlay /: with --rootfs-rw there is no layer over the root" },
	{ "/", "/r", false, true, 0,
	  "--overlay /: with --read-only there is no layer over the root" },
	{ "disc", "/r", false, false, 0,
	  "--overlay disc: expected memory, disk, or a directory with a slash in its "
	  "name" },
	{ "", "/r", false, false, 0,
	  "--overlay : expected memory, disk, or a directory with a slash in its name" },
	{ "./no/such", "/r", false, false, 0, "--overlay ./no/such: it does not exist" },
};

START_TEST(test_overlay)
{
	const struct direct_volume shown[] = {
		{ .source = "/a", .target = "/a" },
		{ .source = "/b", .target = "/b", .throw_away = overlays[_i].volume }
	};
	struct direct_request rq = { .rootfs = overlays[_i].rootfs,
				     .volumes = shown,
				     .n_volumes = 2,
				     .rootfs_rw = overlays[_i].rw,
				     .read_only = overlays[_i].ro,
				     .overlay_size = overlays[_i].size };
	struct err e = { 0 };
	int rc = direct_parse_overlay(overlays[_i].text, &arena, &rq, &e);

	ck_assert_str_eq(rc < 0	      ? e.text
			 : rq.overlay ? rq.overlay
				      : "-",
			 overlays[_i].want);
}
END_TEST

static void fill(TCase *c)
{
	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_add_loop_test(c, test_size, 0, ROWS(sizes));
	tcase_add_loop_test(c, test_time, 0, ROWS(times));
	tcase_add_loop_test(c, test_cpus, 0, ROWS(cpus));
	tcase_add_loop_test(c, test_userns, 0, ROWS(modes));
	tcase_add_loop_test(c, test_env_file, 0, ROWS(files));
	tcase_add_loop_test(c, test_user, 0, ROWS(users));
	tcase_add_loop_test(c, test_volume, 0, ROWS(volumes));
	tcase_add_test(c, test_net_and_tmpfs);
	tcase_add_test(c, test_root_ids);
	tcase_add_loop_test(c, test_overlay, 0, ROWS(overlays));
}

int main(void)
{
	return suite_run("direct_parse", fill);
}
