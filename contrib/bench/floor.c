/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor: makes the kernel objects that the bench's pod config demands, and nothing else.
 * No config is read, nothing is looked up; what config.py and seccomp.py say stands here as
 * code.  No runtime can be faster than this by much, so it is what the table's ratios end at.
 *
 *	floor run FOLDER CGROUP MAP PROGRAM ARGUMENT...    MAP: none, one, map
 *	floor exec PID CGROUP PROGRAM ARGUMENT...
 *	floor version
 *
 * FOLDER is the bench's work folder (root, files), CGROUP a folder to be made (run) or there.
 * Called as `true` or `sleep` it is the payload of a machine without a static busybox.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SUBUID	     "100000"
#define SUBUID_COUNT "65536"

enum { EXIT_USAGE = 64, EXIT_BROKEN = 70, LAST_CAP = 40 };

enum { QUIET = MS_NOSUID | MS_NOEXEC | MS_NODEV };

enum id_map { MAP_NONE, MAP_ONE, MAP_RANGES };

/* What the container's side needs; filled before it is born. */
struct plan {
	const char *folder;
	char **argv;
	enum id_map map;
	unsigned int uid;
	int go[2];
};

static struct sock_filter filter[] = {
#include "floor-filter.h"
};

/* config.json's lists, below the root; those that are folders are masked by a tmpfs. */
static const char *const masked_files[] = {
	"proc/interrupts",  "proc/kcore",      "proc/keys",	   "proc/latency_stats",
	"proc/sched_debug", "proc/timer_list", "proc/timer_stats",
};
static const char *const masked_folders[] = {
	"proc/acpi",	"proc/scsi",	  "sys/devices/virtual/powercap",
	"sys/firmware", "sys/fs/selinux",
};
static const char *const read_only[] = {
	"proc/asound", "proc/bus", "proc/fs",
	"proc/irq",    "proc/sys", "proc/sysrq-trigger",
};

static const struct {
	const char *path;
	unsigned int major, minor;
} devices[] = {
	{ "dev/null", 1, 3 },	{ "dev/zero", 1, 5 },	 { "dev/full", 1, 7 },
	{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
};

static const struct {
	const char *target, *path;
} links[] = {
	{ "/proc/self/fd", "dev/fd" },	     { "/proc/self/fd/0", "dev/stdin" },
	{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
	{ "/proc/kcore", "dev/core" },	     { "pts/ptmx", "dev/ptmx" },
};

static const unsigned char kept_caps[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE,	   CAP_FOWNER,	   CAP_FSETID,
	CAP_KILL,    CAP_NET_BIND_SERVICE, CAP_SETFCAP,	   CAP_SETGID,
	CAP_SETPCAP, CAP_SETUID,	   CAP_SYS_CHROOT,
};

static void die(const char *what)
{
	dprintf(2, "floor: %s: %s\n", what, strerror(errno));
	_exit(EXIT_BROKEN);
}

static void must(int result, const char *what)
{
	if (result < 0)
		die(what);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static void mount_new(const char *type, const char *path, unsigned long flags,
		      const char *data)
{
	must(mount(type, path, type, flags, data), path);
}

static void bind_file(const struct plan *p, const char *name, const char *path)
{
	char source[512];

	snprintf(source, sizeof(source), "%s/files/%s", p->folder, name);
	must(mount(source, path, NULL, MS_BIND, NULL), path);
}

static void make_devices(const struct plan *p)
{
	mode_t before = umask(0);

	for (size_t i = 0; i < COUNT(devices); i++) {
		char source[32];
		int fd;

		if (p->map == MAP_NONE) {
			dev_t number = makedev(devices[i].major, devices[i].minor);

			must(mknod(devices[i].path, S_IFCHR | 0666, number), "device");
			continue;
		}
		/* a user namespace may not make nodes: the host's are bound */
		snprintf(source, sizeof(source), "/%s", devices[i].path);
		fd = open(devices[i].path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		must(fd, devices[i].path);
		close(fd);
		must(mount(source, devices[i].path, NULL, MS_BIND, NULL), source);
	}
	umask(before);
	for (size_t i = 0; i < COUNT(links); i++)
		must(symlink(links[i].target, links[i].path), links[i].path);
}

static void make_mounts(const struct plan *p)
{
	const char *pts = "newinstance,ptmxmode=0666,mode=0620,gid=5";

	if (p->map == MAP_ONE)
		pts = "newinstance,ptmxmode=0666,mode=0620";
	mount_new("proc", "proc", QUIET, NULL);
	mount_new("tmpfs", "dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	mount_new("sysfs", "sys", QUIET | MS_RDONLY, NULL);
	must(mkdir("dev/pts", 0755), "dev/pts");
	mount_new("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, pts);
	must(mkdir("dev/mqueue", 0755), "dev/mqueue");
	mount_new("mqueue", "dev/mqueue", QUIET, NULL);
	must(mkdir("dev/shm", 0755), "dev/shm");
	bind_file(p, "shm", "dev/shm");
	must(mount(NULL, "dev/shm", NULL, MS_REMOUNT | MS_BIND | QUIET, NULL), "dev/shm");
	mount_new("cgroup2", "sys/fs/cgroup", QUIET | MS_RELATIME | MS_RDONLY, NULL);
	bind_file(p, "hosts", "etc/hosts");
	bind_file(p, "hostname", "etc/hostname");
	bind_file(p, "resolv.conf", "etc/resolv.conf");
	make_devices(p);
}

/* Paths that this kernel does not have are no error, as the specification says. */
static int is_missing(int result)
{
	return result < 0 && (errno == ENOENT || errno == ENOTDIR);
}

static void protect_paths(void)
{
	const unsigned long again = MS_REMOUNT | MS_BIND | MS_RDONLY;
	const char *first = NULL;
	int result;

	for (size_t i = 0; i < COUNT(read_only); i++) {
		result = mount(read_only[i], read_only[i], NULL, MS_BIND, NULL);
		if (is_missing(result))
			continue;
		must(result, read_only[i]);
		must(mount(NULL, read_only[i], NULL, again | QUIET, NULL), read_only[i]);
	}
	for (size_t i = 0; i < COUNT(masked_files); i++) {
		result = mount("dev/null", masked_files[i], NULL, MS_BIND, NULL);
		if (!is_missing(result))
			must(result, masked_files[i]);
	}
	for (size_t i = 0; i < COUNT(masked_folders); i++) {
		const char *path = masked_folders[i];

		if (first)
			result = mount(first, path, NULL, MS_BIND, NULL);
		else
			result = mount("tmpfs", path, "tmpfs", MS_RDONLY,
				       "size=0,nr_blocks=1");
		if (is_missing(result))
			continue;
		must(result, path);
		first = first ? first : path;
	}
}

static void raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(ioctl(fd, SIOCSIFFLAGS, &request), "loopback");
	close(fd);
}

static void change_root(void)
{
	must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "old root");
	must(chdir("/"), "/");
}

static void drop_rights(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	struct sock_fprog program = { COUNT(filter), filter };
	uint64_t kept = 0;

	for (size_t i = 0; i < COUNT(kept_caps); i++)
		kept |= 1ULL << kept_caps[i];
	for (int cap = 0; cap <= LAST_CAP; cap++)
		if (!(kept >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (program.len)
		must((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program),
		     "filter");
	data[0].effective = data[0].permitted = (uint32_t)kept;
	must((int)syscall(SYS_capset, &head, data), "capset");
}

static _Noreturn void run_program(char **argv)
{
	static char *const env[] = { "PATH=/usr/local/bin:/usr/bin:/bin",
				     "container=bench", "HOME=/root", NULL };
	struct rlimit files = { 1024, 1024 }, processes = { 4096, 4096 };

	must(setrlimit(RLIMIT_NOFILE, &files), "files");
	must(setrlimit(RLIMIT_NPROC, &processes), "processes");
	setsid();
	umask(022);
	drop_rights();
	execve(argv[0], argv, env);
	die(argv[0]);
	_exit(127);
}

static void take_ids(const struct plan *p)
{
	char text[64], go;

	if (p->map == MAP_ONE) {
		put("/proc/self/setgroups", "deny");
		snprintf(text, sizeof(text), "0 %u 1", p->uid);
		put("/proc/self/uid_map", text);
		put("/proc/self/gid_map", text);
	} else if (p->map == MAP_RANGES) {
		close(p->go[1]);
		if (read(p->go[0], &go, 1) != 1)
			_exit(EXIT_BROKEN);
		close(p->go[0]);
	}
	if (p->map != MAP_NONE) {
		must(setresgid(0, 0, 0), "setresgid");
		must(setresuid(0, 0, 0), "setresuid");
	}
}

static _Noreturn void container(const struct plan *p)
{
	char root[512];

	take_ids(p);
	snprintf(root, sizeof(root), "%s/root", p->folder);
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	must(mount(root, root, NULL, MS_BIND | MS_REC, NULL), root);
	must(chdir(root), root);
	must(sethostname("bench", 5), "hostname");
	raise_loopback();
	make_mounts(p);
	put("proc/sys/net/ipv4/ping_group_range", "0 0");
	protect_paths();
	change_root();
	run_program(p->argv);
}

/*
 * clone3 as vfork: the child runs on the caller's stack, below this frame, until it calls
 * execve or _exit; a function call in between would return into a frame that is gone.
 */
static inline __attribute__((always_inline)) long clone3(const struct clone_args *args)
{
#if defined(__x86_64__)
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"((long)SYS_clone3), "D"(args), "S"(sizeof(*args))
			 : "rcx", "r11", "memory");
	return result;
#else
	return syscall(SYS_clone3, args, sizeof(*args));
#endif
}

static uint64_t sharing(enum id_map map)
{
#if defined(__x86_64__)
	return map == MAP_RANGES ? 0 : CLONE_VM | CLONE_VFORK;
#else
	return map == MAP_RANGES ? 0 : CLONE_VFORK;
#endif
}

static pid_t start_helper(const char *name, const char *pid, const char *id)
{
	char *argv[] = { (char *)name, (char *)pid, "0",	  (char *)id, "1",
			 "1",	       SUBUID,	    SUBUID_COUNT, NULL };
	pid_t child = vfork();

	if (child == 0) {
		execvp(name, argv);
		_exit(127);
	}
	must(child, name);
	return child;
}

static void map_ranges(const struct plan *p, pid_t pid)
{
	char target[16], id[16];
	pid_t first, second;
	int status;

	snprintf(target, sizeof(target), "%d", pid);
	snprintf(id, sizeof(id), "%u", p->uid);
	first = start_helper("newuidmap", target, id);
	second = start_helper("newgidmap", target, id);
	for (int i = 0; i < 2; i++) {
		if (waitpid(i ? second : first, &status, 0) < 0 || status) {
			errno = EPERM;
			die("newuidmap");
		}
	}
	close(p->go[0]);
	must((int)write(p->go[1], "", 1), "pipe");
	close(p->go[1]);
}

/* Device numbers allowed when all is denied: one compare each, one exit for all. */
static void load_devices(int cgroup)
{
	static const uint32_t allowed[] = { 1 << 20 | 3, 1 << 20 | 5, 1 << 20 | 7,
					    1 << 20 | 8, 1 << 20 | 9, 5 << 20 | 0,
					    5 << 20 | 2 };
	enum { LEAD = 9, TAIL = 4, ALL = LEAD + COUNT(allowed) + TAIL };
	struct bpf_insn code[ALL] = {
		{ .code = BPF_LDX | BPF_W | BPF_MEM,
		  .dst_reg = 2,
		  .src_reg = 1,
		  .off = 0 },
		{ .code = BPF_LDX | BPF_W | BPF_MEM,
		  .dst_reg = 3,
		  .src_reg = 1,
		  .off = 4 },
		{ .code = BPF_LDX | BPF_W | BPF_MEM,
		  .dst_reg = 4,
		  .src_reg = 1,
		  .off = 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 5, .src_reg = 2 },
		{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .dst_reg = 5, .imm = 16 },
		/* mknod of anything */
		{ .code = BPF_JMP | BPF_JEQ | BPF_K,
		  .dst_reg = 5,
		  .imm = BPF_DEVCG_ACC_MKNOD,
		  .off = ALL - 1 - 7 },
		{ .code = BPF_ALU64 | BPF_LSH | BPF_K, .dst_reg = 3, .imm = 20 },
		{ .code = BPF_ALU64 | BPF_OR | BPF_X, .dst_reg = 3, .src_reg = 4 },
	};
	struct bpf_insn *at = code + LEAD;
	union bpf_attr attr = { 0 };
	int fd;

	for (size_t i = 0; i < COUNT(allowed); i++, at++)
		*at = (struct bpf_insn){ .code = BPF_JMP | BPF_JEQ | BPF_K,
					 .dst_reg = 3,
					 .imm = (int)allowed[i],
					 .off = (short)(code + ALL - 1 - at - 1) };
	/* 136:*, the terminals */
	*at++ = (struct bpf_insn){ .code = BPF_ALU64 | BPF_RSH | BPF_K,
				   .dst_reg = 3,
				   .imm = 20 };
	*at = (struct bpf_insn){ .code = BPF_JMP | BPF_JEQ | BPF_K,
				 .dst_reg = 3,
				 .imm = 136,
				 .off = (short)(code + ALL - 1 - at - 1) };
	at++;
	*at++ = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K,
				   .dst_reg = 0,
				   .imm = 0 };
	while (at < code + ALL)
		*at++ = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = ALL;
	attr.license = (uintptr_t) "GPL";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	must(fd, "device program");
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	must((int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)),
	     "attach program");
	close(fd);
}

static int wait_for(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, __WALL), "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(char **argv)
{
	struct plan plan = { .folder = argv[0], .argv = argv + 3, .uid = getuid() };
	struct clone_args args = { .exit_signal = SIGCHLD };
	char state[512], file[600];
	const char *cgroup = argv[1];
	int dir, record, status;
	long pid;

	plan.map = !strcmp(argv[2], "one")   ? MAP_ONE
		   : !strcmp(argv[2], "map") ? MAP_RANGES
					     : 0;
	snprintf(state, sizeof(state), "%s/state/%d", plan.folder, getpid());
	snprintf(file, sizeof(file), "%s/state", state);
	must(mkdir(state, 0700), state);
	must(mkdir(cgroup, 0755), cgroup);
	dir = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir, cgroup);
	if (plan.map == MAP_NONE)
		load_devices(dir);
	if (plan.map == MAP_RANGES)
		must(pipe2(plan.go, O_CLOEXEC), "pipe");

	args.flags = CLONE_INTO_CGROUP | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
		     CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | sharing(plan.map);
	if (plan.map != MAP_NONE)
		args.flags |= CLONE_NEWUSER;
	args.cgroup = (__u64)dir;
	pid = clone3(&args);
	if (pid == 0)
		container(&plan);
	must((int)pid, "clone3");
	if (plan.map == MAP_RANGES)
		map_ranges(&plan, (pid_t)pid);
	record = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	must((int)write(record, "{}", 2), file);
	close(record);
	status = wait_for((pid_t)pid);
	unlink(file);
	rmdir(state);
	must(rmdir(cgroup), cgroup);
	return status;
}

static int enter(char **argv)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int target = (int)syscall(SYS_pidfd_open, atoi(argv[0]), 0);
	long pid;

	must(dir, argv[1]);
	must(target, "pidfd_open");
	must(setns(target, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
				   CLONE_NEWUTS | CLONE_NEWCGROUP),
	     "setns");
	args.flags = CLONE_INTO_CGROUP | sharing(MAP_NONE);
	args.cgroup = (__u64)dir;
	pid = clone3(&args);
	if (pid == 0)
		run_program(argv + 2);
	must((int)pid, "clone3");
	return wait_for((pid_t)pid);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

	if (!strcmp(name, "true"))
		return 0;
	if (!strcmp(name, "sleep"))
		return argc > 1 ? (int)sleep((unsigned int)atoi(argv[1])) : EXIT_USAGE;
	if (argc > 5 && !strcmp(argv[1], "run"))
		return run(argv + 2);
	if (argc > 4 && !strcmp(argv[1], "exec"))
		return enter(argv + 2);
	if (argc > 1 && !strcmp(argv[1], "version"))
		return write(1, "floor\n", 6) == 6 ? 0 : 1;
	return EXIT_USAGE;
}
