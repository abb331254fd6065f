/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container's filesystem without the rest; see birth.h.
 */
#include "birth.h"

#include "base/fd.h"
#include "fs/dev.h"
#include "fs/inherit.h"
#include "fs/mask.h"
#include "fs/mount.h"
#include "fs/pivot.h"
#include "fs/rootfs.h"
#include "fs/source.h"
#include "libocispec/oci.h"
#include "throwaway.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[200000];

static const char *config_text(const struct birth *b)
{
	snprintf(text, sizeof(text),
		 "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"%s},"
		 "\"process\":{\"cwd\":\"/"
		 "\",\"args\":[\"x\"],\"user\":{\"uid\":0,\"gid\":0}},"
		 "\"mounts\":%s,\"linux\":{\"namespaces\":[{\"type\":\"pid\"}%s%s]%s%s}}",
		 b->root ? b->root : "", b->mounts ? b->mounts : "[]",
		 b->no_mount_ns ? "" : ",{\"type\":\"mount\"}",
		 b->user_ns ? ",{\"type\":\"user\"}" : "",
		 b->user_ns ? ",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,"
			      "\"size\":65536}],"
			      "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":"
			      "65536}]"
			    : "",
		 b->linux ? b->linux : "");
	return text;
}

static int open_console(struct fs *fs, struct err *e)
{
	auto_close int master = -1;
	int unlock = 0, slave;

	master = openat(fs->root_fd, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 ||
	    syscall(SYS_ioctl, master, 0x40045431 /* TIOCSPTLCK */, &unlock) < 0)
		return err_sys(e, "open ptmx");
	slave = (int)syscall(SYS_ioctl, master, 0x5441 /* TIOCGPTPEER */,
			     O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_sys(e, "open the pty");
	TRY(dev_console(fs, slave, e));
	take_fd(&master); /* the pty lives as long as this process */
	return 0;
}

static int init_steps(const struct birth *b, struct fs_plan *plan, struct err *e)
{
	struct fs fs;

	fs_begin(&fs, plan, AT_FDCWD);
	TRY(rootfs_propagate(&fs, e));
	if (b->legacy)
		plan->legacy = true;
	TRY(source_open_all(plan, FS_INIT, AT_FDCWD, e));
	TRY(rootfs_prepare(&fs, e));
	if (b->user_ns && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		return err_sys(e, "setresuid");
	TRY(mount_all(&fs, e));
	TRY(dev_all(&fs, e));
	if (b->console)
		TRY(open_console(&fs, e));
	TRY(mask_all(&fs, e));
	TRY(rootfs_finish(&fs, e));
	TRY(pivot_enter(&fs, e));
	return 0;
}

static _Noreturn void init(const struct birth *b, struct fs_plan *plan, int go,
			   struct err *e)
{
	char byte;
	int r;

	if (read(go, &byte, 1) != 1 || init_steps(b, plan, e) < 0)
		_exit(100);
	r = b->inside ? b->inside() : 0;
	_exit(r);
}

static void map_ids(pid_t pid)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	char path[64];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		throwaway_write(path, "0 0 65536");
	}
}

static struct fs_facts facts_of(const struct birth *b)
{
	return (struct fs_facts){
		.mount_ns = b->no_mount_ns ? FS_MOUNT_NS_NONE : FS_MOUNT_NS_NEW,
		.user_ns = b->user_ns || b->unprivileged,
		.new_user_ns = b->user_ns,
		.privileged = !b->unprivileged,
		.cgroup_ns = true,
		.no_pivot = b->no_pivot,
		.allow_host_proc = b->host_proc,
	};
}

/* HOST's part; the error of either process ends up in *e, which is shared memory. */
static int give_birth(const struct birth *b, struct fs_plan *plan, int *ret_status,
		      struct err *e)
{
	int flags = CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS;
	int go[2];
	pid_t pid;

	TRY(source_open_all(plan, FS_HOST, AT_FDCWD, e));
	if (pipe2(go, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	if (b->user_ns)
		flags |= CLONE_NEWUSER;
	if (!b->no_mount_ns)
		flags |= CLONE_NEWNS;
	pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0)
		return err_sys(e, "clone");
	if (pid == 0) {
		close(go[1]);
		init(b, plan, go[0], e);
	}
	source_close_all(plan);
	if (b->user_ns)
		map_ids(pid);
	if (write(go[1], "g", 1) != 1)
		kill(pid, SIGKILL);
	close(go[0]);
	close(go[1]);
	if (waitpid(pid, ret_status, 0) < 0)
		return err_sys(e, "wait");
	return err_is_set(e) ? -1 : 0;
}

/* The same for mounts of the machine, which must go again; the order of run/life.c. */
static int give_inherited_birth(const struct birth *b, struct fs_plan *plan,
				int *ret_status, struct err *e)
{
	auto_close int state = -1;
	struct inherit_id id;
	int r;

	if (mkdir("/tmp/state", 0700) < 0)
		return err_sys(e, "mkdir");
	state = open("/tmp/state", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	plan->legacy = b->legacy;
	TRY(inherit_reserve(state, &id, e));
	r = inherit_attach(plan, state, AT_FDCWD, e);
	if (r == 0)
		r = give_birth(b, plan, ret_status, e);
	if (inherit_remove(state, &id, e) < 0)
		r = -1;
	inherit_release(state);
	if (rmdir("/tmp/state") < 0)
		return err_sys(e, "rmdir");
	return r;
}

static int whole(const struct birth *b, int *ret_status, struct err *e)
{
	struct oci_arena arena = { 0 };
	struct fs_facts facts = facts_of(b);
	struct oci_config *config;
	struct oci_error error;
	struct fs_plan *plan;
	int r;

	config_text(b);
	if (oci_decode_config(&arena, "config.json", text, strlen(text), &config,
			      &error) < 0)
		return err_set(e, "%s", error.text);
	r = fs_plan_make(&arena, config, &facts, &plan, e);
	if (r == 0)
		r = plan->own_tree ? give_inherited_birth(b, plan, ret_status, e)
				   : give_birth(b, plan, ret_status, e);
	oci_arena_free(&arena);
	return r;
}

static int make_image(void)
{
	static const char *const dirs[] = { "dev", "etc", "proc", "sys",
					    "tmp", "run", "data" };
	char path[64];

	mkdir("/tmp/b", 0755);
	mkdir("/tmp/b/rootfs", 0755);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, sizeof(path), "/tmp/b/rootfs/%s", dirs[i]);
		mkdir(path, 0755);
	}
	return chdir("/tmp/b");
}

/* A kernel or an outer container that does not know openat2(2) and the mount calls. */
static int filter_calls(int error)
{
	static const unsigned calls[] = { 428, 429, 430, 431, 432, 433, 436, 437, 442 };
	enum { N = ARRAY_SIZE(calls) };
	struct sock_filter f[N + 3];
	struct sock_fprog prog = { N + 3, f };

	f[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < N; i++)
		f[1 + i] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, calls[i], (unsigned char)(N - i), 0);
	f[N + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	f[N + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						SECCOMP_RET_ERRNO | (unsigned)error);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

int birth_run(const struct birth *b)
{
	struct err *e = mmap(NULL, sizeof(*e), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, r;

	throwaway_insist();
	EXPECT(e != MAP_FAILED && make_image() == 0);
	EXPECT(!b->prepare || b->prepare() == 0);
	EXPECT(!b->filter || filter_calls(b->filter) == 0);
	r = whole(b, &status, e);
	if (b->error) {
		EXPECT_SAYING(r < 0 && strstr(e->text, b->error), e->text);
	} else {
		EXPECT_SAYING(r == 0, e->text);
		EXPECT_SAYING(WIFEXITED(status) && WEXITSTATUS(status) == 0, b->name);
	}
	EXPECT(!b->after || b->after() == 0);
	munmap(e, sizeof(*e));
	return 0;
}
