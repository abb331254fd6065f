/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs under attack: images and volumes whose owner wants the machine (the classes of
 * CVE-2019-16884, CVE-2019-19921, CVE-2021-30465, CVE-2024-45310, CVE-2025-31133,
 * CVE-2025-52565, CVE-2025-52881, CVE-2026-41579). In every row the machine's directory
 * /machine must be as before, whether the container starts or is refused.
 */
#include "birth.h"
#include "inside.h"
#include "kernel/path.h"
#include "kernel/procfs.h"
#include "throwaway.h"

#include <check.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- the machine ------------------------------------------------------------------------ */

static int machine(void)
{
	throwaway_write("/machine/file", "m");
	throwaway_write("/machine/ptmx", "m");
	throwaway_write("/tmp/b/vol/x", "evil");
	return 0;
}

/* Nothing was added, removed or changed. */
static int machine_intact(void)
{
	EXPECT(strcmp(throwaway_read("/machine/file"), "m") == 0);
	EXPECT(strcmp(throwaway_read("/machine/ptmx"), "m") == 0);
	EXPECT(unlink("/machine/file") == 0 && unlink("/machine/ptmx") == 0);
	EXPECT(rmdir("/machine") == 0);
	return 0;
}

static int link_in_image(const char *text, const char *path)
{
	machine();
	if (remove(path) < 0 && errno != ENOENT)
		return 1;
	return symlink(text, path);
}

static int data_link(void)
{
	return link_in_image("/machine", IMAGE "/data");
}

static int data_link_up(void)
{
	return link_in_image("../../../../machine", IMAGE "/data");
}

static int data_link_proc(void)
{
	return link_in_image("/proc", IMAGE "/data");
}

static int data_link_self(void)
{
	return link_in_image("/proc/self/root/machine", IMAGE "/data");
}

static int dev_link(void)
{
	return link_in_image("/machine", IMAGE "/dev");
}

static int dev_link_up(void)
{
	return link_in_image("../../../machine", IMAGE "/dev");
}

static int proc_link(void)
{
	return link_in_image("/data", IMAGE "/proc");
}

static int proc_link_machine(void)
{
	return link_in_image("/machine", IMAGE "/proc");
}

static int sys_link(void)
{
	return link_in_image("/machine", IMAGE "/sys");
}

static int null_link(void)
{
	return link_in_image("/machine/file", IMAGE "/dev/null");
}

static int null_link_proc(void)
{
	return link_in_image("/proc/sysrq-trigger", IMAGE "/dev/null");
}

static int ptmx_link(void)
{
	return link_in_image("/machine/ptmx", IMAGE "/dev/ptmx");
}

static int console_link(void)
{
	return link_in_image("/machine/file", IMAGE "/dev/console");
}

static int loop_link(void)
{
	return link_in_image("data", IMAGE "/data");
}

/* ---- inside -------------------------------------------------------------------------------- */

static int in_root(void)
{
	EXPECT(strcmp(throwaway_read("/machine/x"), "evil") == 0);
	return 0;
}

static int devices_in_root(void)
{
	EXPECT(is_device("/machine/null", 1, 3) && is_link("/machine/ptmx", "pts/ptmx"));
	return 0;
}

static int proc_is_proc(void)
{
	EXPECT(fs_type("/proc") == 0x9fa0);
	EXPECT(fs_type("/proc/self") == 0x9fa0 && fs_type("/proc/sys") == 0x9fa0);
	return 0;
}

static int cpuinfo_replaced(void)
{
	EXPECT(strcmp(throwaway_read("/proc/cpuinfo"), "evil") == 0);
	EXPECT(fs_type("/proc") == 0x9fa0);
	return 0;
}

static int drivers_hidden(void)
{
	EXPECT(fs_type("/proc/fs") == 0x01021994);
	return proc_is_proc();
}

static int masked_by_null(void)
{
	EXPECT(is_device("/etc/secret", 1, 3));
	return 0;
}

static int secret(void)
{
	throwaway_write(IMAGE "/etc/secret", "s");
	return 0;
}

static int secret_and_null_link(void)
{
	secret();
	return link_in_image("/machine/file", IMAGE "/dev/null");
}

#define TO(destination)                    \
	"[{\"destination\":\"" destination \
	"\",\"source\":\"vol\",\"options\":[\"bind\"]}]"
#define FILE_TO(destination)                                                   \
	"[" PROC ",{\"destination\":\"" destination "\",\"source\":\"vol/x\"," \
	"\"options\":[\"bind\"]}]"
#define PROC_AND(destination)                       \
	"[" PROC ",{\"destination\":\"" destination \
	"\",\"source\":\"vol\",\"options\":[\"bind\"]}]"
#define TMPFS_TO(destination, options)                                       \
	"[" PROC ",{\"destination\":\"" destination "\",\"type\":\"tmpfs\"," \
	"\"options\":[" options "]}]"

static const struct birth rows[] = {
	{ "target is an absolute link", TO("/data"), .prepare = data_link,
	  .inside = in_root },
	{ "target is a relative link", TO("/data"), .prepare = data_link_up,
	  .inside = in_root },
	{ "target is an absolute link, mount(2)", TO("/data"), .prepare = data_link,
	  .inside = in_root, .legacy = true },
	{ "target below a link", TO("/data/deep/er"), .prepare = data_link },
	{ "target with dots", TO("/data/../../../../machine"), .prepare = machine,
	  .inside = in_root },
	{ "target is a link to itself", TO("/data"), .prepare = loop_link,
	  .error = "mounts[0]: /data: make the mount point" },
	{ "target leads into /proc",
	  "[" PROC
	  ",{\"destination\":\"/data/sys\",\"source\":\"vol\",\"options\":[\"bind\"]}]",
	  .prepare = data_link_proc,
	  .error = "leads into /proc through a symbolic link" },
	{ "target through a magic link",
	  "[" PROC
	  ",{\"destination\":\"/data\",\"source\":\"vol\",\"options\":[\"bind\"]}]",
	  .prepare = data_link_self, .error = "mounts[1]: /data" },
	{ "/dev is a link", NULL, .prepare = dev_link, .inside = devices_in_root },
	{ "/dev is a relative link", NULL, .prepare = dev_link_up,
	  .inside = devices_in_root },
	{ "/dev is a link, tmpfs", "[" DEV "]", .prepare = dev_link,
	  .inside = devices_in_root },
	{ "/dev is a link, user namespace", "[" DEV "]", .prepare = dev_link,
	  .inside = devices_in_root, .user_ns = true },
	{ "/proc is a link", "[" PROC "]", .prepare = proc_link,
	  .error = "mounts[0]: /proc: it is, or lies behind, a symbolic link" },
	{ "/proc is a link to the machine", "[" PROC "]", .prepare = proc_link_machine,
	  .error = "a symbolic link" },
	{ "/proc is a link, mount(2)", "[" PROC "]", .prepare = proc_link, .legacy = true,
	  .error = "a symbolic link" },
	{ "/sys is a link", "[" SYS_ "]", .prepare = sys_link,
	  .error = "mounts[0]: /sys: it is, or lies behind, a symbolic link" },
	{ "volume on /proc", TO("/proc"), .prepare = machine, .error = "is refused" },
	{ "volume over /proc", PROC_AND("/proc"), .prepare = machine,
	  .error = "mounts[1]: /proc: mounting this over a part of /proc is refused" },
	{ "volume over /proc/self", PROC_AND("/proc/self"), .prepare = machine,
	  .error = "is refused" },
	{ "volume over /proc/1", PROC_AND("/proc/1"), .prepare = machine,
	  .error = "is refused" },
	{ "volume over /proc/thread-self", PROC_AND("/proc/thread-self"),
	  .prepare = machine, .error = "is refused" },
	{ "volume over /proc/sys", PROC_AND("//proc/./sys"), .prepare = machine,
	  .error = "is refused" },
	{ "volume over /proc with dots", PROC_AND("/etc/../proc/sys"), .prepare = machine,
	  .error = "leads into /proc" },
	{ "volume out of /proc", PROC_AND("/proc/../data"), .prepare = machine,
	  .error = "is refused" },
	{ "tmpfs over /proc", "[{\"destination\":\"/proc\",\"type\":\"tmpfs\"}]",
	  .prepare = machine, .error = "is refused" },
	{ "tmpfs over /proc/self", TMPFS_TO("/proc/self", "\"ro\""), .prepare = machine,
	  .error = "is refused" },
	{ "tmpfs over /proc/1", TMPFS_TO("/proc/1", "\"ro\""), .prepare = machine,
	  .error = "is refused" },
	{ "writable tmpfs over /proc/acpi", TMPFS_TO("/proc/acpi", ""),
	  .prepare = machine, .error = "is refused" },
	{ "empty tmpfs over /proc/fs", TMPFS_TO("/proc/fs", "\"ro\""), .prepare = machine,
	  .inside = drivers_hidden },
	{ "file over /proc/cpuinfo", FILE_TO("/proc/cpuinfo"), .prepare = machine,
	  .inside = cpuinfo_replaced },
	{ "file over /proc/net/dev", FILE_TO("/proc/net/dev"), .prepare = machine,
	  .inside = proc_is_proc },
	{ "file over /proc/self/attr", FILE_TO("/proc/self/environ"), .prepare = machine,
	  .error = "is refused" },
	{ "procfs bound on /proc",
	  "[{\"destination\":\"/proc\",\"source\":\"/proc\",\"options\":[\"rbind\"]}]",
	  .prepare = machine, .inside = proc_is_proc },
	{ "part of procfs bound on /proc",
	  "[{\"destination\":\"/proc\",\"source\":\"/proc/"
	  "sys\",\"options\":[\"rbind\"]}]",
	  .prepare = machine, .error = "is refused" },
	{ "/dev/null is a link", NULL, .prepare = null_link,
	  .error = "/dev/null: it exists and is not the character device 1:3" },
	{ "/dev/null is a link to /proc", "[" PROC "]", .prepare = null_link_proc,
	  .error = "/dev/null: it exists and is not the character device 1:3" },
	{ "/dev/null is a link, user namespace", NULL, .prepare = null_link,
	  .error = "/dev/null: it exists and is not", .user_ns = true },
	{ "mask with /dev/null of the volume",
	  "[{\"destination\":\"/dev\",\"source\":\"rootfs/"
	  "dev\",\"options\":[\"rbind\"]}]",
	  ",\"maskedPaths\":[\"/etc/secret\"]", .prepare = secret_and_null_link,
	  .inside = masked_by_null },
	{ "/dev/ptmx is a link", NULL, .prepare = ptmx_link },
	{ "/dev/console is a link", "[" PROC "," PTS "]", .prepare = console_link,
	  .error = "/dev/console: it exists and is neither", .console = true },
};

static int one(void *arg)
{
	const struct birth *b = &rows[*(int *)arg];

	if (birth_run(b) != 0)
		return 1;
	return machine_intact();
}

static void run_or_skip(int (*body)(void *), void *arg, const char *name)
{
	int r = throwaway_run(0, body, arg);

	if (r < 0)
		fprintf(stderr, "skipped: %s\n", throwaway_reason());
	else
		ck_assert_msg(r == 0, "%s: status %d", name, r);
}

START_TEST(attacks)
{
	run_or_skip(one, &_i, rows[_i].name);
}
END_TEST

/* ---- races -------------------------------------------------------------------------------------- */

enum { TRIES = 400 };

static pid_t swapper(const char *a, const char *b)
{
	pid_t pid = fork();

	while (pid == 0)
		syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */);
	return pid;
}

static char race_error[640];

/* One container whose error, if any, does not matter; 1: it has started. */
static int try_birth(const struct birth *b)
{
	struct birth lenient = *b;
	int r, null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int err = dup(2);

	dup2(null, 2); /* refusals are as good */
	r = birth_run(&lenient);
	dup2(err, 2);
	close(err);
	close(null);
	return r == 0;
}

static int volume_race(void *arg)
{
	static const struct birth modern = {
		"race",
		"[{\"destination\":\"/vol\",\"source\":\"/evil\",\"options\":[\"bind\"]},"
		"{\"destination\":\"/vol/d/"
		"s\",\"source\":\"vol\",\"options\":[\"bind\"]},"
		"{\"destination\":\"/vol/d/new/"
		"deep\",\"source\":\"vol\",\"options\":[\"bind\"]},"
		"{\"destination\":\"/vol/d/file\",\"source\":\"vol/"
		"x\",\"options\":[\"bind\"]}]"
	};
	struct birth b = modern;
	int started = 0;
	pid_t pid;

	throwaway_insist();
	EXPECT(machine() == 0);
	throwaway_write("/evil/d/x", "");
	EXPECT(symlink("/machine", "/evil/l") == 0);
	b.legacy = *(int *)arg;
	pid = swapper("/evil/d", "/evil/l");
	for (int i = 0; i < TRIES; i++)
		started += try_birth(&b);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(race_error, sizeof(race_error), "%d started", started);
	EXPECT_SAYING(started > 0, race_error);
	return machine_intact();
}

static int mask_race(void *arg)
{
	static const struct birth b = {
		"race",
		"[" PROC ",{\"destination\":\"/dev\",\"source\":\"/evil/dev\","
		"\"options\":[\"bind\"]}]",
		",\"maskedPaths\":[\"/etc/secret\"]", .prepare = secret,
		.inside = masked_by_null
	};
	pid_t pid;

	(void)arg;
	throwaway_insist();
	EXPECT(machine() == 0);
	EXPECT(mkdir("/evil", 0755) == 0 && mkdir("/evil/dev", 0755) == 0);
	EXPECT(mknod("/evil/dev/null", S_IFCHR | 0666, makedev(1, 3)) == 0);
	EXPECT(symlink("/machine/file", "/evil/dev/l") == 0);
	pid = swapper("/evil/dev/null", "/evil/dev/l");
	for (int i = 0; i < TRIES; i++)
		EXPECT(birth_run(&b) == 0); /* always the true one */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return machine_intact();
}

START_TEST(volumes)
{
	run_or_skip(volume_race, &_i, "volume");
}
END_TEST

START_TEST(nulls)
{
	run_or_skip(mask_race, NULL, "mask");
}
END_TEST

/* ---- procfs -------------------------------------------------------------------------------------- */

static int trusted_procfs(void *arg)
{
	struct err e = { 0 };
	char text[64];
	int fd;

	(void)arg;
	throwaway_insist();
	throwaway_write("/evil", "evil");
	fd = procfs_open(&e);
	EXPECT(fd >= 0 && procfs_is_root(fd));
	EXPECT(procfs_read(fd, "sys/kernel/ostype", text, sizeof(text)) == 5);
	EXPECT(strcmp(text, "Linux") == 0);
	EXPECT(procfs_read(fd, "self/stat", text, sizeof(text)) > 0);
	EXPECT(procfs_open_file(fd, "self/exe", O_RDONLY) < 0 && errno == ELOOP);
	EXPECT(procfs_open_file(fd, "self/cwd", O_PATH) < 0);
	EXPECT(mount("/evil", "/proc/self/environ", NULL, MS_BIND, NULL) == 0);
	EXPECT(procfs_open_file(fd, "self/environ", O_RDONLY) < 0 && errno == EXDEV);
	EXPECT(procfs_read(fd, "self/environ", text, sizeof(text)) < 0 && errno == EXDEV);
	throwaway_write("/proc/self/oom_score_adj", "500");
	EXPECT(mount("t", "/proc", "tmpfs", 0, NULL) == 0);
	EXPECT(mkdir("/proc/self", 0755) == 0);
	close(fd);
	fd = procfs_open(&e); /* a private one */
	EXPECT_SAYING(fd >= 0 && procfs_is_root(fd), e.text);
	EXPECT(procfs_read(fd, "self/oom_score_adj", text, sizeof(text)) == 3);
	return 0;
}

START_TEST(procfs)
{
	run_or_skip(trusted_procfs, NULL, "procfs");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("attack");
	TCase *t = tcase_create("attack");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 100);
	tcase_add_loop_test(t, attacks, 0, (int)ARRAY_SIZE(rows));
	tcase_add_loop_test(t, volumes, 0, 2);
	tcase_add_test(t, nulls);
	tcase_add_test(t, procfs);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
