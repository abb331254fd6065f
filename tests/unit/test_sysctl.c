/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ns/sysctl by rows: name, path below /proc/sys, namespace; writing into a made-up tree. */
#include "base/str.h"
#include "ns/inside.h"
#include "ns/sysctl.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *key;
	const char *path; /* NULL: malformed */
	int kind;
} rows[] = {
	{ "net.ipv4.ip_forward", "net/ipv4/ip_forward", NSFD_NET },
	{ "net/ipv4/ip_forward", "net/ipv4/ip_forward", NSFD_NET },
	{ "net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding",
	  NSFD_NET },
	{ "net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding",
	  NSFD_NET },
	{ "net.", NULL, 0 },
	{ "net", "net", -1 },
	{ "network.x", "network/x", -1 },
	{ "kernel.shmmax", "kernel/shmmax", NSFD_IPC },
	{ "kernel.shmmaxx", "kernel/shmmaxx", -1 },
	{ "kernel.shmmax.x", "kernel/shmmax/x", -1 },
	{ "kernel.sem", "kernel/sem", NSFD_IPC },
	{ "kernel.msgmax", "kernel/msgmax", NSFD_IPC },
	{ "kernel.msgmnb", "kernel/msgmnb", NSFD_IPC },
	{ "kernel.msgmni", "kernel/msgmni", NSFD_IPC },
	{ "kernel.shmall", "kernel/shmall", NSFD_IPC },
	{ "kernel.shmmni", "kernel/shmmni", NSFD_IPC },
	{ "kernel.shm_rmid_forced", "kernel/shm_rmid_forced", NSFD_IPC },
	{ "fs.mqueue.msg_max", "fs/mqueue/msg_max", NSFD_IPC },
	{ "fs.mqueues.msg_max", "fs/mqueues/msg_max", -1 },
	{ "fs.file-max", "fs/file-max", -1 },
	{ "kernel.hostname", "kernel/hostname", NSFD_UTS },
	{ "kernel.domainname", "kernel/domainname", NSFD_UTS },
	{ "user.max_net_namespaces", "user/max_net_namespaces", NSFD_USER },
	{ "kernel.core_pattern", "kernel/core_pattern", -1 },
	{ "kernel.pid_max", "kernel/pid_max", -1 },
	{ "vm.overcommit_memory", "vm/overcommit_memory", -1 },
	/* nothing that could leave the tree */
	{ "", NULL, 0 },
	{ ".", NULL, 0 },
	{ "/", NULL, 0 },
	{ "..", NULL, 0 },
	{ "/net/x", NULL, 0 },
	{ "net//x", NULL, 0 },
	{ "net..x", NULL, 0 },
	{ "net/../kernel/core_pattern", NULL, 0 },
	{ "net/./x", NULL, 0 },
	{ "net.//.kernel", NULL, 0 }, /* becomes net/../kernel */
	{ "net./.x", NULL, 0 }, /* becomes net/./x */
	{ "net/..", NULL, 0 },
	{ "net/ipv4/", NULL, 0 },
	{ "net.ipv4.", NULL, 0 },
	{ "net/...", "net/...", NSFD_NET },
};

START_TEST(name_row)
{
	char path[NS_SYSCTL_PATH_MAX];
	bool ok = ns_sysctl_path(rows[_i].key, path);

	ck_assert_msg(ok == (rows[_i].path != NULL), "\"%s\": %s", rows[_i].key,
		      ok ? path : "refused");
	if (ok) {
		ck_assert_str_eq(path, rows[_i].path);
		ck_assert_int_eq(ns_sysctl_kind(path), rows[_i].kind);
	}
}
END_TEST

START_TEST(long_name)
{
	char key[NS_SYSCTL_PATH_MAX + 8], path[NS_SYSCTL_PATH_MAX];

	memset(key, 'a', sizeof(key));
	memcpy(key, "net.", 4);
	key[NS_SYSCTL_PATH_MAX - 1] = '\0';
	ck_assert(ns_sysctl_path(key, path));
	key[NS_SYSCTL_PATH_MAX - 1] = 'a';
	key[NS_SYSCTL_PATH_MAX] = '\0';
	ck_assert(!ns_sysctl_path(key, path));
}
END_TEST

/* A tree that stands for procfs: PROC/sys/net/{a,link,dir}, PROC/outside. */
struct tree {
	char path[32];
	int fd;
};

static struct tree make_tree(void)
{
	struct tree t = { "/tmp/test_sysctl.XXXXXX", -1 };

	ck_assert_ptr_nonnull(mkdtemp(t.path));
	t.fd = open(t.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(mkdirat(t.fd, "sys", 0700), 0);
	ck_assert_int_eq(mkdirat(t.fd, "sys/net", 0700), 0);
	close(openat(t.fd, "sys/net/a", O_CREAT | O_WRONLY, 0600));
	close(openat(t.fd, "outside", O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(symlinkat("../../outside", t.fd, "sys/net/link"), 0);
	return t;
}

static void remove_tree(struct tree *t)
{
	static const char *const files[] = { "sys/net/a", "sys/net/link", "outside" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(t->fd, files[i], 0);
	unlinkat(t->fd, "sys/net", AT_REMOVEDIR);
	unlinkat(t->fd, "sys", AT_REMOVEDIR);
	rmdir(t->path);
	close(t->fd);
}

static void write_one(struct tree *t, const char *key, const char *value, struct err *e)
{
	struct oci_pair pair = { (char *)key, (char *)value };
	struct oci_map map = { 1, &pair };
	int r = ns_sysctl_write(&map, t->fd, e);

	ck_assert_int_eq(r, err_is_set(e) ? -1 : 0);
}

START_TEST(written)
{
	struct tree t = make_tree();
	struct err e = { 0 };
	struct stat st;
	char got[16] = "";
	int fd;

	write_one(&t, "net.a", "17 4", &e);
	ck_assert_str_eq(e.text, "");
	fd = openat(t.fd, "sys/net/a", O_RDONLY);
	ck_assert_int_eq(read(fd, got, sizeof(got)), 4);
	ck_assert_str_eq(got, "17 4");
	close(fd);
	write_one(&t, "net.b", "1", &e);
	ck_assert_str_eq(e.text,
			 "linux.sysctl: net.b: no such variable in the container's "
			 "namespaces");
	err_clear(&e);
	write_one(&t, "net.link", "1", &e);
	ck_assert(err_is_set(&e));
	ck_assert(str_starts(e.text, "linux.sysctl: net.link: open for writing"));
	ck_assert_int_eq(fstatat(t.fd, "outside", &st, 0), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_ptr_null(e.scope);
	remove_tree(&t);
}
END_TEST

static const struct {
	struct oci_time_offset monotonic, boottime;
	bool has_monotonic, has_boottime;
	const char *text;
} offsets[] = {
	{ { 5, 7 }, { 0, 0 }, true, false, "monotonic 5 7\n" },
	{ { 0, 0 }, { -3, 999999999 }, false, true, "boottime -3 999999999\n" },
	{ { 1, 2 }, { 3, 4 }, true, true, "monotonic 1 2\nboottime 3 4\n" },
};

START_TEST(offset_row)
{
	struct oci_time_offset m = offsets[_i].monotonic, b = offsets[_i].boottime;
	struct oci_time_offsets o = { offsets[_i].has_boottime ? &b : NULL,
				      offsets[_i].has_monotonic ? &m : NULL };
	auto_str text = { 0 };

	ns_timens_text(&o, &text);
	ck_assert_str_eq(text.s, offsets[_i].text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sysctl");
	TCase *t = tcase_create("rows");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, name_row, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, long_name);
	tcase_add_test(t, written);
	tcase_add_loop_test(t, offset_row, 0, ARRAY_SIZE(offsets));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
