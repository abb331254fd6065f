/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs/plan, fs/cgroupfs, fs/proc_guard: config and facts -> the plan as text, or a sentence.
 */
#include "fs/plan.h"
#include "fs/proc_guard.h"
#include "libocispec/oci.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>

enum fact {
	USER = 1, /* a new user namespace */
	INHERITED = 2, /* in the caller's user namespace */
	ROOT = 4, /* HOST is privileged */
	CGNS = 8,
	V1 = 16,
	V2 = 32,
	LABEL = 64,
	NO_MNT = 128,
	USER_PATH = 256,
	HOST_PROC = 512,
	ROOTCONTEXT = 1024,
};

static const struct fs_hierarchy unified = { "unified", NULL, "/sys/fs/cgroup", "/a/b" };
static const struct fs_hierarchy v1[] = {
	{ "cpu,cpuacct", "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/a" },
	{ "systemd", "name=systemd", "/sys/fs/cgroup/systemd", "/" },
	{ "unified", NULL, "/sys/fs/cgroup/unified", "/u" },
};

static struct fs_facts facts_of(int f)
{
	return (struct fs_facts){
		.mount_ns = f & NO_MNT ? FS_MOUNT_NS_NONE : FS_MOUNT_NS_NEW,
		.user_ns = f & (USER | INHERITED | USER_PATH),
		.new_user_ns = f & (USER | USER_PATH),
		.user_ns_path = f & USER_PATH ? "/proc/7/ns/user" : NULL,
		.privileged = f & ROOT,
		.cgroup_ns = f & CGNS,
		.allow_host_proc = f & HOST_PROC,
		.cgroup_layout = f & V1	  ? FS_CGROUP_V1
				 : f & V2 ? FS_CGROUP_V2
					  : FS_CGROUP_NONE,
		.hierarchies = f & V1 ? v1 : &unified,
		.n_hierarchies = f & V1 ? ARRAY_SIZE(v1) : 1,
		.mount_label = f & LABEL ? "u:r:t:s0:c1,c2" : NULL,
		.label_option = f & ROOTCONTEXT ? "rootcontext" : NULL,
	};
}

/* The document around the members of "linux", "mounts" or "root" of a row. */
static int plan_of(const char *members, int facts, struct str *ret, struct err *e)
{
	struct oci_arena arena = { 0 };
	struct fs_facts f = facts_of(facts);
	struct oci_config *config;
	struct oci_error error;
	struct fs_plan *plan;
	char text[4096];
	int r;

	snprintf(text, sizeof(text),
		 "{\"ociVersion\":\"1.2.0\",\"process\":{\"cwd\":\"/\",\"args\":[\"x\"],"
		 "\"user\":{\"uid\":0,\"gid\":0}},%s%s}",
		 strstr(members, "\"root\"") ? "" : "\"root\":{\"path\":\"rootfs\"},",
		 members);
	if (oci_decode_config(&arena, "c", text, strlen(text), &config, &error) < 0)
		ck_abort_msg("%s", error.text);
	r = fs_plan_make(&arena, config, &f, &plan, e);
	if (r == 0)
		fs_plan_print(plan, ret);
	oci_arena_free(&arena);
	return r;
}

#define NO_RIGHT \
	"a user namespace of its own may not mount in the machine's mount namespace"

#define M(rest) "\"mounts\":[{" rest "}]"

/* One line of the plan that must be there, or the error. */
static const struct {
	const char *members;
	int facts;
	const char *line;
	const char *error;
} rows[] = {
	/* new filesystems */
	{ M("\"destination\":\"proc/\",\"type\":\"proc\",\"source\":\"proc\""), 0,
	  "0 new /proc proc from proc\n", NULL },
	{ M("\"destination\":\"/proc\",\"type\":\"proc\""), USER, "0 new /proc proc\n",
	  NULL },
	{ M("\"destination\":\"/proc\",\"type\":\"proc\""), USER | HOST_PROC,
	  "0 new /proc proc else:/proc\n", NULL },
	{ M("\"destination\":\"/proc\",\"type\":\"proc\""), HOST_PROC,
	  "0 new /proc proc\n", NULL },
	/* Podman's --read-only --read-only-tmpfs=false */
	{ M("\"destination\":\"/"
	    "dev\",\"type\":\"tmpfs\",\"options\":[\"ro\",\"nosuid\"]"),
	  0, "0 new /dev tmpfs nosuid late:ro\n", NULL },
	{ M("\"destination\":\"/empty\",\"type\":\"tmpfs\",\"options\":[\"ro\"]"), 0,
	  "0 new /empty tmpfs ro\n", NULL },
	{ M("\"destination\":\"/sys\",\"type\":\"sysfs\",\"options\":[\"ro\"]"), 0,
	  "0 new /sys sysfs ro\n", NULL },
	{ M("\"destination\":\"/sys\",\"type\":\"sysfs\",\"options\":[\"ro\"]"),
	  INHERITED, "0 new /sys sysfs ro else:/sys\n", NULL },
	{ M("\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\""), USER,
	  "0 new /dev/mqueue mqueue else:/dev/mqueue\n", NULL },
	{ M("\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"options\":[\"gid=5\"]"),
	  0, "0 new /dev/pts devpts data:gid=5\n", NULL },
	{ M("\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"options\":[\"gid=5\"]"),
	  INHERITED, "0 new /dev/pts devpts data:gid=5 optional:gid\n", NULL },
	{ M("\"destination\":\"/o\",\"type\":\"overlay\",\"options\":[\"lowerdir=a:b\"]"),
	  0, "0 new /o overlay data:lowerdir=a:b\n", NULL },
	{ M("\"destination\":\"/o\",\"type\":\"overlay\",\"options\":[\"lowerdir=a:b\"]"),
	  USER, "data:lowerdir=a:b,data:userxattr optional:userxattr\n", NULL },
	{ M("\"destination\":\"/o\",\"type\":\"overlay\",\"options\":[\"userxattr\"]"),
	  USER, "0 new /o overlay data:userxattr\n", NULL },
	{ M("\"destination\":\"/e\",\"type\":\"ext4\",\"source\":\"/dev/x\","
	    "\"options\":[\"ro\",\"sync\"]"),
	  0, "0 new /e ext4 from /dev/x ro,data:sync,data:ro\n", NULL },
	{ M("\"destination\":\"/t\",\"type\":\"tmpfs\",\"options\":[\"iversion\"]"), 0,
	  "0 new /t tmpfs data:iversion optional:iversion\n", NULL },
	{ M("\"destination\":\"/t\""), 0, NULL,
	  "mounts[0]: /t: type is missing, and no option bind is given" },
	{ M("\"destination\":\"/t\",\"type\":\"none\",\"options\":[\"rw\"]"), 0, NULL,
	  "mounts[0]: /t: type is missing, and no option bind is given" },
	{ M("\"destination\":\"/t\",\"type\":\"tmpfs\",\"options\":[\"idmap\"]"), 0, NULL,
	  "mounts[0]: /t: options idmap and ridmap need a bind mount" },
	{ M("\"destination\":\"/t\",\"type\":\"proc\",\"options\":[\"tmpcopyup\"]"), 0,
	  NULL, "mounts[0]: /t: option tmpcopyup needs a mount of type tmpfs" },
	{ M("\"destination\":\"/t\",\"type\":\"tmpfs\",\"options\":[\"z\"]"), 0, NULL,
	  "mounts[0]: /t: options z and Z need a bind mount" },
	/* labels */
	{ M("\"destination\":\"/t\",\"type\":\"tmpfs\""), LABEL,
	  "0 new /t tmpfs data:context=u:r:t:s0:c1,c2\n", NULL },
	{ M("\"destination\":\"/t\",\"type\":\"tmpfs\""), LABEL | ROOTCONTEXT,
	  "0 new /t tmpfs data:rootcontext=u:r:t:s0:c1,c2\n", NULL },
	{ M("\"destination\":\"/t\",\"type\":\"tmpfs\",\"options\":[\"context=x\"]"),
	  LABEL, "0 new /t tmpfs data:context=x\n", NULL },
	{ M("\"destination\":\"/s\",\"type\":\"sysfs\""), LABEL,
	  "0 new /s sysfs data:context=u:r:t:s0:c1,c2\n", NULL },
	{ M("\"destination\":\"/s\",\"type\":\"sysfs\""), LABEL | USER,
	  "0 new /s sysfs else:/sys\n", NULL },
	{ M("\"destination\":\"/p\",\"type\":\"proc\""), LABEL, "0 new /p proc\n", NULL },
	{ M("\"destination\":\"/q\",\"type\":\"mqueue\""), LABEL,
	  "0 new /q mqueue label:u:r:t:s0:c1,c2\n", NULL },
	{ M("\"destination\":\"/b\",\"type\":\"bind\",\"source\":\"x\""), LABEL,
	  "0 bind /b from x\n", NULL },
	/* bind mounts */
	{ M("\"destination\":\"/b\",\"type\":\"bind\",\"source\":\"x\","
	    "\"options\":[\"rbind\",\"ro\"]"),
	  0, "0 bind /b from x ro,bind,rbind\n", NULL },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\"]"),
	  USER | ROOT, "0 bind /b from x bind,rslave by:host\n", NULL },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\",\"shared\"]"),
	  USER | ROOT, "0 bind /b from x bind,shared by:host\n", NULL },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\"]"), USER,
	  "0 bind /b from x bind\n", NULL },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\",\"sync\"]"), 0,
	  "0 bind /b from x bind\n", NULL },
	{ M("\"destination\":\"/"
	    "b\",\"source\":\"x\",\"options\":[\"bind\",\"ro\",\"foo\"]"),
	  0, NULL,
	  "mounts[0]: /b: options[2]: \"foo\" is not an option of a bind mount" },
	{ M("\"destination\":\"/b\",\"type\":\"bind\""), 0, NULL,
	  "mounts[0]: /b: source is missing" },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\",\"z\",\"Z\"]"),
	  0, NULL, "mounts[0]: /b: options z and Z contradict each other" },
	/* id-mapped */
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\",\"ridmap\"],"
	    "\"uidMappings\":[{\"containerID\":0,\"hostID\":9,\"size\":2}],"
	    "\"gidMappings\":[{\"containerID\":0,\"hostID\":8,\"size\":3}]"),
	  ROOT, "bind,idmap,ridmap,rslave by:host uids:0:9:2 gids:0:8:3\n", NULL },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\"],"
	    "\"uidMappings\":[{\"containerID\":0,\"hostID\":9,\"size\":2}],"
	    "\"gidMappings\":[{\"containerID\":0,\"hostID\":8,\"size\":3}]"),
	  ROOT, "0 bind /b from x bind,idmap,rslave by:host uids:0:9:2 gids:0:8:3\n",
	  NULL },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\"],"
	    "\"uidMappings\":[{\"containerID\":0,\"hostID\":9,\"size\":2}],"
	    "\"gidMappings\":[{\"containerID\":0,\"hostID\":8,\"size\":3}]"),
	  USER, NULL,
	  "mounts[0]: /b: an id-mapped mount needs CAP_SYS_ADMIN: only root can; leave "
	  "idmap out" },
	{ M("\"destination\":\"/"
	    "b\",\"source\":\"x\",\"options\":[\"bind\",\"idmap\"]") ","
								     "\"linux\":{"
								     "\"namespaces"
								     "\":[{"
								     "\"type\":"
								     "\"user\"}],"
								     "\"uidMappings"
								     "\":[{"
								     "\"containerID"
								     "\":0,"
								     "\"hostID\":"
								     "100000,"
								     "\"size\":9}],"
								     "\"gidMappings"
								     "\":[{"
								     "\"containerID"
								     "\":0,"
								     "\"hostID\":"
								     "100000,"
								     "\"size\":9}]"
								     "}",
	  USER | ROOT, "by:host uids:0:100000:9 gids:0:100000:9\n", NULL },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\",\"idmap\"]"),
	  USER_PATH | ROOT, "by:host ids:/proc/7/ns/user\n", NULL },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\",\"idmap\"]"),
	  ROOT, NULL,
	  "mounts[0]: /b: an id-mapped mount needs uidMappings and gidMappings, or a "
	  "user "
	  "namespace whose mappings it takes" },
	{ M("\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\",\"idmap=u\"]"),
	  ROOT, NULL,
	  "mounts[0]: /b: mappings in the option itself (idmap=u) are not known: use "
	  "uidMappings and gidMappings" },
	/* remount */
	{ M("\"destination\":\"/r\",\"type\":\"tmpfs\",\"options\":[\"remount\",\"ro\","
	    "\"size=1m\",\"async\"]"),
	  0, "0 remount /r ro,remount,data:async,data:size=1m\n", NULL },
	{ M("\"destination\":\"/r\",\"options\":[\"remount\",\"bind\",\"ro\"]"), 0,
	  "0 remount /r ro,bind,remount\n", NULL },
	/* cgroups */
	{ M("\"destination\":\"/c\",\"type\":\"cgroup\",\"options\":[\"ro\"]"), V2 | CGNS,
	  "0 new /c cgroup2 from cgroup ro else:/sys/fs/cgroup/a/b\n", NULL },
	{ M("\"destination\":\"/c\",\"type\":\"cgroup\",\"options\":[\"rw\"]"), V2,
	  "0 bind /c from /sys/fs/cgroup/a/b rw\n", NULL },
	{ M("\"destination\":\"/c\",\"type\":\"cgroup\",\"options\":[\"rw\"]"), V2 | USER,
	  "0 bind /c from /sys/fs/cgroup/a/b ro\n", NULL },
	{ M("\"destination\":\"/c\",\"type\":\"cgroup\",\"options\":[\"rw\"]"),
	  V2 | INHERITED, "0 bind /c from /sys/fs/cgroup/a/b ro\n", NULL },
	{ M("\"destination\":\"/c\",\"type\":\"cgroup\",\"options\":[\"ro\",\"nosuid\"]"),
	  V1 | CGNS,
	  "0 new /c tmpfs from cgroup nosuid,data:mode=755\n"
	  "0 new /c/cpu,cpuacct cgroup from cgroup nosuid,ro,data:cpu,data:cpuacct "
	  "else:/sys/fs/cgroup/cpu,cpuacct/a\n"
	  "0 symlink /c/cpu from cpu,cpuacct\n"
	  "0 symlink /c/cpuacct from cpu,cpuacct\n"
	  "0 new /c/systemd cgroup from cgroup nosuid,ro,data:name=systemd "
	  "else:/sys/fs/cgroup/systemd\n"
	  "0 new /c/unified cgroup2 from cgroup nosuid,ro else:/sys/fs/cgroup/unified/u\n"
	  "0 remount /c ro\n",
	  NULL },
	{ M("\"destination\":\"/c\",\"type\":\"cgroup\""), V1 | USER,
	  "0 bind /c/systemd from /sys/fs/cgroup/systemd ro\n", NULL },
	{ M("\"destination\":\"/c\",\"type\":\"cgroup\""), CGNS, NULL,
	  "mounts[0]: /c: this machine has no cgroup filesystem" },
	/* devices */
	{ "\"linux\":{}", 0,
	  "device /dev/null c 1:3 0666\ndevice /dev/zero c 1:5 0666\n"
	  "device /dev/full c 1:7 0666\ndevice /dev/random c 1:8 0666\n"
	  "device /dev/urandom c 1:9 0666\ndevice /dev/tty c 5:0 0666\nroot rootfs\n",
	  NULL },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev//tty\",\"type\":\"c\",\"major\":5,"
	  "\"minor\":0,\"fileMode\":384,\"uid\":1,\"gid\":2}]}",
	  0, "device /dev/tty c 5:0 0600 1:2\ndevice /dev/null", NULL },
	/* Podman 4.3 gives the whole st_mode, here 020640 */
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/fuse\",\"type\":\"c\",\"major\":10,"
	  "\"minor\":229,\"fileMode\":8608}]}",
	  0, "device /dev/fuse c 10:229 0640\n", NULL },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/p\",\"type\":\"p\"},"
	  "{\"path\":\"/dev/b\",\"type\":\"b\",\"major\":7,\"minor\":1}]}",
	  0, "device /dev/p p 0:0 0666\ndevice /dev/b b 7:1 0666\n", NULL },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/../x\",\"type\":\"p\"}]}", 0, NULL,
	  "linux.devices[0]: /dev/../x: this is no path of a device" },
	{ M("\"destination\":\"/dev\",\"source\":\"/dev\",\"options\":[\"rbind\"]"), 0,
	  "0 bind /dev from /dev bind,rbind\nroot rootfs\n", NULL },
	/* masks */
	{ "\"linux\":{\"maskedPaths\":[\"/proc/keys\",\"/a//b/\",\"/proc/keys\"],"
	  "\"readonlyPaths\":[\"/proc/sys\"]}",
	  0, "readonly /proc/sys\nmask /proc/keys\nmask /a/b\nroot", NULL },
	{ "\"linux\":{\"maskedPaths\":[\"/x\",\"/\"]}", 0, NULL,
	  "linux.maskedPaths[1]: /: the root directory cannot be masked" },
	/* the root */
	{ "\"root\":{\"path\":\"/r\",\"readonly\":true}", 0, "root /r ro\n", NULL },
	{ "\"linux\":{}", 0, "tree rslave\n", NULL },
	{ "\"linux\":{\"rootfsPropagation\":\"private\"}", 0, "tree rprivate\n", NULL },
	{ "\"linux\":{\"rootfsPropagation\":\"rslave\"}", 0, "root rootfs rslave\n",
	  NULL },
	{ "\"linux\":{\"rootfsPropagation\":\"shared\"}", 0, "tree shared\n", NULL },
	{ "\"linux\":{\"rootfsPropagation\":\"rshared\"}", 0, "tree rshared\n", NULL },
	{ "\"linux\":{\"rootfsPropagation\":\"unbindable\"}", 0, "tree rprivate\n",
	  NULL },
	/* without a mount namespace */
	{ "\"linux\":{}", NO_MNT, "tree rslave\nroot rootfs\n", NULL },
	{ M("\"destination\":\"/t\",\"type\":\"tmpfs\""), NO_MNT,
	  "tree inherited, rslave\n", NULL },
	{ M("\"destination\":\"/t\",\"type\":\"tmpfs\""), NO_MNT,
	  "device /dev/null c 1:3 0666\n", NULL },
	{ M("\"destination\":\"/t\",\"type\":\"bind\",\"source\":\"/s\""), NO_MNT | ROOT,
	  "tree inherited, rslave\n", NULL },
	{ "\"linux\":{\"maskedPaths\":[\"/x\"]}", NO_MNT | INHERITED,
	  "tree inherited, rslave\n", NULL },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/a\",\"type\":\"p\"}]}", NO_MNT,
	  "tree inherited, rslave\n", NULL },
	{ "\"root\":{\"path\":\"r\",\"readonly\":true}", NO_MNT,
	  "tree inherited, rslave\n", NULL },
	{ "\"linux\":{\"rootfsPropagation\":\"private\"}", NO_MNT,
	  "tree inherited, rprivate\n", NULL },
	{ "\"linux\":{\"rootfsPropagation\":\"rshared\"}", NO_MNT, NULL,
	  "linux.rootfsPropagation: shared: what is mounted in the container would stay "
	  "on "
	  "the machine" },
	/* ... and in a user namespace */
	{ "\"linux\":{}", NO_MNT | USER, "tree rslave\nroot rootfs\n", NULL },
	{ M("\"destination\":\"/t\",\"type\":\"tmpfs\""), NO_MNT | USER, NULL,
	  "mounts[0]: /t: " NO_RIGHT },
	{ "\"linux\":{\"maskedPaths\":[\"/x\"]}", NO_MNT | USER, NULL,
	  "linux.maskedPaths[0]: /x: " NO_RIGHT },
	{ "\"linux\":{\"readonlyPaths\":[\"/x\"]}", NO_MNT | USER_PATH, NULL,
	  "linux.readonlyPaths[0]: /x: " NO_RIGHT },
	{ "\"linux\":{\"rootfsPropagation\":\"slave\"}", NO_MNT | USER, NULL,
	  "linux.rootfsPropagation: " NO_RIGHT },
	{ "\"root\":{\"path\":\"r\",\"readonly\":true}", NO_MNT | USER, NULL,
	  "root.readonly: " NO_RIGHT },
};

START_TEST(plans)
{
	auto_str got = { 0 };
	struct err e = { 0 };
	int r = plan_of(rows[_i].members, rows[_i].facts, &got, &e);

	if (rows[_i].error) {
		ck_assert_int_eq(r, -1);
		ck_assert_str_eq(e.text, rows[_i].error);
		return;
	}
	ck_assert_str_eq(e.text, "");
	ck_assert_msg(strstr(got.s, rows[_i].line), "no \"%s\" in\n%s", rows[_i].line,
		      got.s);
}
END_TEST

START_TEST(questions)
{
	struct fs_row rows_[] = {
		{ .kind = FS_NEW, .destination = "/sys/fs/cgroup", .type = "cgroup2" },
		{ .kind = FS_BIND, .destination = "/b", .opener = FS_INIT }
	};
	struct fs_plan plan = { .rows = rows_, .n_rows = 2 };

	ck_assert(fs_plan_cgroup_is_writable(&plan));
	rows_[0].attr.set = MOUNT_ATTR_RDONLY;
	ck_assert(!fs_plan_cgroup_is_writable(&plan));
	rows_[0].kind = FS_BIND;
	ck_assert(!fs_plan_cgroup_is_writable(&plan));
	rows_[0].opener = FS_INIT;
	ck_assert(!fs_plan_needs_host(&plan));
	rows_[1].opener = FS_HOST;
	ck_assert(fs_plan_needs_host(&plan));
	plan.n_rows = 0;
	ck_assert(!fs_plan_cgroup_is_writable(&plan));
}
END_TEST

/* ---- what may cover /proc ------------------------------------------------------------- */

static const struct {
	const char *destination, *type;
	bool ro, allowed;
} guarded[] = {
	{ "/proc", "proc", false, true },
	{ "/proc", "tmpfs", true, false },
	{ "/proc", "overlay", false, false },
	{ "/procfs", "tmpfs", false, true },
	{ "/a/proc", "tmpfs", false, true },
	{ "/proc/acpi", "tmpfs", true, true },
	{ "/proc/scsi/x", "tmpfs", true, true },
	{ "/proc/acpi", "tmpfs", false, false },
	{ "/proc/self", "tmpfs", true, false },
	{ "/proc/self/attr", "tmpfs", true, false },
	{ "/proc/thread-self", "tmpfs", true, false },
	{ "/proc/1", "tmpfs", true, false },
	{ "/proc/sys/kernel", "tmpfs", true, false },
	{ "/proc/acpi/../self", "tmpfs", true, false },
	{ "/proc/net", "tmpfs", true, false },
	{ "/proc/acpi", "overlay", true, false },
	{ "/proc/sys/fs/binfmt_misc", "binfmt_misc", false, true },
	{ "/proc/a-name-longer-than-any-that-the-kernel-uses", "tmpfs", true, false },
};

START_TEST(guards)
{
	struct fs_row row = { .kind = FS_NEW,
			      .destination = guarded[_i].destination,
			      .type = guarded[_i].type };
	struct err e = { 0 };

	if (guarded[_i].ro)
		row.attr.set = MOUNT_ATTR_RDONLY;
	ck_assert_int_eq(guard_new(&row, &e) == 0, guarded[_i].allowed);
	ck_assert_int_eq(err_is_set(&e), !guarded[_i].allowed);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, plans, 0, ROWS(rows));
	tcase_add_test(t, questions);
	tcase_add_loop_test(t, guards, 0, ROWS(guarded));
}

int main(void)
{
	return suite_run("fs_plan", fill);
}
