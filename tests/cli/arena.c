/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A throw-away root for tests: own mount, pid, network, ipc, uts and cgroup namespaces, a
 * tmpfs as root, the system's programs bound read-only, fresh /proc, /sys, /dev, a view of
 * cgroup v1 or v2 below a cgroup of its own. What a test breaks in there is gone with it.
 *
 *	arena [--cgroup=v2|v1|none] [--user] [--userns] [--bind DIR]... [LACK]... [--] COMMAND...
 *
 * --user runs COMMAND as uid 1000 ("tester", subordinate ids 100000:65536). Without root it
 * makes a user namespace first, with the caller's subordinate ids if newuidmap gives them.
 * --userns: in a user namespace of its own, with all ids, whose limits the tests may change.
 * A LACK is a fault of the machine (arena_lack.c): --first SCRIPT (as root, in the finished
 * root), --no-call NAME:ERRNO (a system call), --no-fs TYPE (a type of filesystem).
 * Exit status: the command's; 77 when such a root cannot be made here; 125 on other failures.
 *
 * Three processes: OUTER makes and removes the cgroups and writes id maps; MAKER leaves for
 * the new namespaces; INIT (pid 1 inside) builds the root and reaps. OUTER's death ends all.
 */
#include "arena_lack.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/mount.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIP = 77, BROKEN = 125, MAX_BINDS = 16, MAX_GROUPS = 16, USER = 1000 };

static struct {
	const char *cgroup;
	bool user;
	bool in_userns; /* not the machine's */
	bool all_ids; /* in a user namespace that maps all ids to themselves */
	bool controllers_handed_on; /* v2 alone: the arena has all of them */
	const char *binds[MAX_BINDS];
	int n_binds;
	const char *first; /* a script that root runs before the command */
	char **command;
	char *groups[MAX_GROUPS]; /* directories made in the host's hierarchies */
	char *controllers[MAX_GROUPS]; /* v1: name of the hierarchy, v2: NULL */
	int n_groups;
	char root[64];
} arena;

static const char *const v1_wanted[] = { "cpu",	  "cpuacct", "cpuset",	"pids", "memory",
					 "blkio", "devices", "freezer", NULL };

__attribute__((format(printf, 2, 3), noreturn)) static void die(int status,
								const char *fmt, ...)
{
	va_list ap;
	int code = errno;

	va_start(ap, fmt);
	fprintf(stderr, "arena: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, ": %s\n", strerror(code));
	va_end(ap);
	_exit(status);
}

__attribute__((format(printf, 1, 2))) static char *text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	return s;
}

static int put(const char *path, const char *fmt, ...)
{
	va_list ap;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), n;

	if (fd < 0)
		return -1;
	va_start(ap, fmt);
	n = vdprintf(fd, fmt, ap);
	va_end(ap);
	close(fd);
	return n < 0 ? -1 : 0;
}

/* ---- cgroups of the host ------------------------------------------------------------- */

/* Our own path in a hierarchy (controllers "" is v2), or NULL. */
static char *own_group(const char *controller)
{
	char line[4096], *found = NULL;
	FILE *f = fopen("/proc/self/cgroup", "re");

	while (f && !found && fgets(line, sizeof(line), f)) {
		char *names = strchr(line, ':'),
		     *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		for (char *save, *w = *++names ? strtok_r(names, ",", &save) : names; w;
		     w = *w ? strtok_r(NULL, ",", &save) : NULL)
			if (!strcmp(w, controller))
				found = strdup(path);
	}
	if (f)
		fclose(f);
	return found;
}

/* Where a hierarchy is mounted on this host, or NULL. */
static char *hierarchy(const char *controller)
{
	char line[4096], at[1024], type[64], super[1024], *found = NULL;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	while (f && !found && fgets(line, sizeof(line), f)) {
		char *dash = strstr(line, " - ");

		if (!dash || sscanf(line, "%*s %*s %*s %*s %1023s", at) != 1 ||
		    sscanf(dash, " - %63s %*s %1023s", type, super) != 2)
			continue;
		if (!*controller && !strcmp(type, "cgroup2"))
			found = strdup(at);
		for (char *save, *w = strtok_r(super, ",", &save);
		     w && *controller && !found; w = strtok_r(NULL, ",", &save))
			if (!strcmp(type, "cgroup") && !strcmp(w, controller))
				found = strdup(at);
	}
	if (f)
		fclose(f);
	return found;
}

/* A cpuset takes processes only once it has processors and memory. */
static void fill_cpuset(const char *group)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };

	for (int i = 0; i < 2; i++) {
		char buf[256];
		int fd = open(text("%s/../%s", group, files[i]), O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

		if (n > 0) {
			buf[n] = '\0';
			put(text("%s/%s", group, files[i]), "%s", buf);
		}
		if (fd >= 0)
			close(fd);
	}
}

/*
 * On v2 each controller that this group has is handed on to its children; what cannot be
 * (somebody lives in it) stays away. False when there is none.
 */
static bool hand_on_controllers(const char *group)
{
	char names[256];
	FILE *f = fopen(text("%s/cgroup.controllers", group), "re");
	bool any = false;

	if (f && fgets(names, sizeof(names), f)) {
		for (char *save, *w = strtok_r(names, " \n", &save); w;
		     w = strtok_r(NULL, " \n", &save))
			if (put(text("%s/cgroup.subtree_control", group), "+%s", w) == 0)
				any = true;
	}
	if (f)
		fclose(f);
	return any;
}

/*
 * One fresh group of ours in a hierarchy. For v2 with a child for the runner itself, and
 * at the top when all controllers are there: a group with processes has none to give.
 */
static bool make_group(const char *controller)
{
	char *at = hierarchy(controller), *own = own_group(controller);
	char *dir;

	if (!at || !own || arena.n_groups == MAX_GROUPS)
		return false;
	if (!*controller && !strcmp(at, "/sys/fs/cgroup") && hand_on_controllers(at)) {
		arena.controllers_handed_on = true;
		own = "/";
	}
	dir = text("%s%s/wolffia-arena-%d", at, strcmp(own, "/") ? own : "", getpid());
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return false;
	if (!strcmp(controller, "cpuset"))
		fill_cpuset(dir);
	if (!*controller && mkdir(text("%s/runner", dir), 0755) < 0)
		return false;
	arena.controllers[arena.n_groups] = *controller ? strdup(controller) : NULL;
	arena.groups[arena.n_groups++] = dir;
	return true;
}

static void make_groups(void)
{
	if (!strcmp(arena.cgroup, "v2") && !make_group(""))
		die(SKIP, "no cgroup v2 hierarchy to make a group in");
	if (!strcmp(arena.cgroup, "v1")) {
		for (int i = 0; v1_wanted[i]; i++)
			make_group(v1_wanted[i]);
		if (arena.n_groups == 0)
			die(SKIP, "no cgroup v1 hierarchy to make a group in");
	}
}

static void enter_groups(void)
{
	for (int i = 0; i < arena.n_groups; i++)
		if (put(text("%s/cgroup.procs", arena.groups[i]), "%d", getpid()) < 0)
			die(SKIP, "enter %s", arena.groups[i]);
}

/* Removes a cgroup and all below it; the processes in it have just died. */
static void remove_group(const char *dir, int tries)
{
	char *command =
		text("find '%s' -depth -type d -exec rmdir {} + 2>/dev/null", dir);

	while (tries-- > 0 && access(dir, F_OK) == 0) {
		if (system(command) < 0) /* a test tool; the path is made above */
			return;
		usleep(20000);
	}
	free(command);
}

/* ---- the new root ---------------------------------------------------------------------- */

static void make_dirs(const char *path)
{
	char *p = strdup(path);

	for (char *s = p + 1; (s = strchr(s, '/')); *s++ = '/') {
		*s = '\0';
		mkdir(p, 0755);
	}
	if (mkdir(p, 0755) < 0 && errno != EEXIST)
		die(BROKEN, "mkdir %s", p);
	free(p);
}

static void bind_dir(const char *from, const char *to, bool readonly)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0)
		die(BROKEN, "bind %s", from);
	if (readonly &&
	    syscall(SYS_mount_setattr, AT_FDCWD, to, AT_RECURSIVE, &attr, sizeof(attr)))
		die(BROKEN, "make %s read-only", to);
}

static void bind_system(void)
{
	static const char *const dirs[] = { "/usr",   "/bin",	"/sbin",   "/lib",
					    "/lib32", "/lib64", "/libx32", "/opt" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		char *to = text("%s%s", arena.root, dirs[i]), link[256];
		ssize_t n = readlink(dirs[i], link, sizeof(link) - 1);

		if (n > 0) {
			link[n] = '\0';
			if (symlink(link, to) < 0)
				die(BROKEN, "symlink %s", to);
		} else if (access(dirs[i], F_OK) == 0) {
			make_dirs(to);
			bind_dir(dirs[i], to, true);
		}
		free(to);
	}
}

/* /etc: the host's by links, the files about users our own. */
static void make_etc(void)
{
	static const char *const own =
		" passwd group shadow subuid subgid hosts hostname mtab ";
	char *etc = text("%s/etc", arena.root), *host = text("%s/.etc", arena.root);
	/* an arena within an arena: its links would lead to themselves */
	bool nested = access("/.wolffia-arena", F_OK) == 0;
	FILE *names = popen(nested ? "ls -A /.etc" : "ls -A /etc", "re");
	char name[256];

	make_dirs(etc);
	make_dirs(host);
	bind_dir(nested ? "/.etc" : "/etc", host, true);
	while (names && fgets(name, sizeof(name), names)) {
		name[strcspn(name, "\n")] = '\0';
		if (!strstr(own, text(" %s ", name)) &&
		    symlink(text("/.etc/%s", name), text("%s/%s", etc, name)) < 0)
			die(BROKEN, "link /etc/%s", name);
	}
	if (names)
		pclose(names);
	put(text("%s/passwd", etc),
	    "root:x:0:0:root:/root:/bin/sh\n"
	    "tester:x:1000:1000:tester:/home/tester:/bin/sh\n"
	    "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n");
	put(text("%s/group", etc),
	    "root:x:0:\ntty:x:5:\ntester:x:1000:\nnogroup:x:65534:\n");
	put(text("%s/subuid", etc), "tester:100000:65536\n");
	put(text("%s/subgid", etc), "tester:100000:65536\n");
	put(text("%s/hostname", etc), "arena\n");
	put(text("%s/hosts", etc), "127.0.0.1 localhost arena\n");
}

static void make_node(const char *name, int major, int minor)
{
	char *to = text("%s/dev/%s", arena.root, name);

	if (!arena.in_userns && mknod(to, S_IFCHR | 0666, makedev(major, minor)) == 0)
		chmod(to, 0666);
	else if (put(to, "%s", "") == 0 && access(text("/dev/%s", name), F_OK) == 0)
		bind_dir(text("/dev/%s", name), to, false);
	free(to);
}

/* The machine says which one is free: it may be any. */
static void make_loops(void)
{
	enum { LOOPS = 64 };

	if (arena.in_userns || access("/dev/loop-control", F_OK) < 0)
		return;
	(void)mknod(text("%s/dev/loop-control", arena.root), S_IFCHR | 0600,
		    makedev(10, 237));
	for (int i = 0; i < LOOPS; i++)
		(void)mknod(text("%s/dev/loop%d", arena.root, i), S_IFBLK | 0600,
			    makedev(7, i));
}

static void make_dev(void)
{
	static const struct {
		const char *name;
		int major, minor;
	} nodes[] = { { "null", 1, 3 },	   { "zero", 1, 5 },	  { "full", 1, 7 },
		      { "random", 1, 8 },  { "urandom", 1, 9 },	  { "tty", 5, 0 },
		      { "fuse", 10, 229 }, { "net/tun", 10, 200 } };
	char *pts = text("%s/dev/pts", arena.root),
	     *mq = text("%s/dev/mqueue", arena.root);

	make_dirs(text("%s/dev/net", arena.root));
	make_dirs(pts);
	make_dirs(mq);
	make_dirs(text("%s/dev/shm", arena.root));
	chmod(text("%s/dev/shm", arena.root), 01777);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		make_node(nodes[i].name, nodes[i].major, nodes[i].minor);
	make_loops();
	if (mount("devpts", pts, "devpts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,ptmxmode=0666"))
		die(BROKEN, "mount devpts");
	mount("mqueue", mq, "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
	if (symlink("pts/ptmx", text("%s/dev/ptmx", arena.root)) < 0 ||
	    symlink("/proc/self/fd", text("%s/dev/fd", arena.root)) < 0 ||
	    symlink("/proc/self/fd/0", text("%s/dev/stdin", arena.root)) < 0 ||
	    symlink("/proc/self/fd/1", text("%s/dev/stdout", arena.root)) < 0 ||
	    symlink("/proc/self/fd/2", text("%s/dev/stderr", arena.root)) < 0)
		die(BROKEN, "links in /dev");
}

static void make_cgroups(void)
{
	char *at = text("%s/sys/fs/cgroup", arena.root);

	if (!strcmp(arena.cgroup, "v2")) {
		if (mount("cgroup2", at, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			  NULL) < 0)
			die(BROKEN, "mount cgroup2");
		if (arena.controllers_handed_on)
			hand_on_controllers(at);
		mkdir(text("%s/user", at), 0755);
		for (int i = 0; i < 3; i++) {
			static const char *const names[] = { "", "/cgroup.procs",
							     "/cgroup.subtree_control" };

			if (chown(text("%s/user%s", at, names[i]), USER, USER) < 0)
				die(BROKEN, "give /user away");
		}
		return;
	}
	if (mount("tmpfs", at, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755") < 0)
		die(BROKEN, "mount tmpfs on /sys/fs/cgroup");
	for (int i = 0; i < arena.n_groups; i++) {
		char *to = text("%s/%s", at, arena.controllers[i]);

		make_dirs(to);
		if (mount("cgroup", to, "cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			  arena.controllers[i]) < 0)
			die(BROKEN, "mount cgroup %s", arena.controllers[i]);
	}
}

static void make_root(void)
{
	char *sys = text("%s/sys", arena.root), *proc = text("%s/proc", arena.root);

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("arena", arena.root, "tmpfs", 0, "mode=755,size=60%") < 0)
		die(BROKEN, "mount a tmpfs");
	bind_system();
	make_etc();
	for (int i = 0; i < arena.n_binds; i++) {
		char *to = text("%s%s", arena.root, arena.binds[i]);

		make_dirs(to);
		bind_dir(arena.binds[i], to, true);
	}
	make_dirs(proc);
	make_dirs(sys);
	if (mount("proc", proc, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		die(BROKEN, "mount proc");
	if (mount("sysfs", sys, "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		die(BROKEN, "mount sysfs");
	make_cgroups();
	make_dev();
	make_dirs(text("%s/run/user/1000", arena.root));
	/* a user's systemd starts only where it believes in one for the system */
	make_dirs(text("%s/run/systemd/system", arena.root));
	make_dirs(text("%s/home/tester", arena.root));
	make_dirs(text("%s/var/tmp", arena.root));
	make_dirs(text("%s/root", arena.root));
	make_dirs(text("%s/tmp", arena.root));
	chmod(text("%s/tmp", arena.root), 01777);
	chmod(text("%s/var/tmp", arena.root), 01777);
	if (chown(text("%s/run/user/1000", arena.root), USER, USER) < 0 ||
	    chown(text("%s/home/tester", arena.root), USER, USER) < 0)
		die(BROKEN, "give the tester a home");
	put(text("%s/.wolffia-arena", arena.root), "%s\n", arena.cgroup);
}

static void enter_root(void)
{
	if (chdir(arena.root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		die(BROKEN, "pivot_root");
	/* as on a booted machine */
	if (mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
		die(BROKEN, "make / shared");
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		die(BROKEN, "bring lo up");
	close(fd);
}

/* ---- processes ---------------------------------------------------------------------- */

static int wait_for(pid_t pid)
{
	int status;

	for (;;) {
		pid_t p = wait(&status);

		if (p < 0 && errno == EINTR)
			continue;
		if (p < 0)
			return BROKEN;
		if (p == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status);
	}
}

static void run_command(void)
{
	gid_t gid = USER;

	setenv("TMPDIR", "/tmp", 1);
	setenv("HOME", arena.user ? "/home/tester" : "/root", 1);
	unsetenv("XDG_RUNTIME_DIR");
	if (chdir("/tmp") < 0)
		die(BROKEN, "chdir /tmp");
	setsid();
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGQUIT,
	       SIG_DFL); /* a shell makes what it starts in the background ignore it */
	if (arena.user) {
		setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
		if (!strcmp(arena.cgroup, "v2")) {
			mkdir("/sys/fs/cgroup/user/session", 0755);
			if (chown("/sys/fs/cgroup/user/session", USER, USER) < 0 ||
			    chown("/sys/fs/cgroup/user/session/cgroup.procs", USER,
				  USER) < 0 ||
			    put("/sys/fs/cgroup/user/session/cgroup.procs", "0") < 0)
				die(BROKEN, "enter the tester's cgroup");
		}
	}
	if (arena.first && system(arena.first) != 0) {
		errno = ECANCELED;
		die(BROKEN, "--first");
	}
	/* as root: whoever has no_new_privs cannot use newuidmap */
	if (arena_lack_begin() < 0)
		die(BROKEN, "filter system calls");
	if (arena.user) {
		if (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0 ||
		    setresuid(USER, USER, USER) < 0)
			die(BROKEN, "become the tester");
	}
	execvp(arena.command[0], arena.command);
	die(BROKEN, "%s", arena.command[0]);
}

static int init_main(void)
{
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_root();
	enter_root();
	loopback_up();
	if (sethostname("arena", 5) < 0)
		die(BROKEN, "sethostname");
	pid = fork();
	if (pid == 0)
		run_command();
	return pid < 0 ? BROKEN : wait_for(pid);
}

static int maker_main(int ready, int go)
{
	int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
		    CLONE_NEWUTS | CLONE_NEWCGROUP;
	pid_t pid;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (geteuid() == 0)
		enter_groups();
	if (arena.in_userns && unshare(CLONE_NEWUSER) < 0)
		die(SKIP, "neither root nor user namespaces");
	if (write(ready, "", 1) != 1 || read(go, &c, 1) != 1 || c != 'y') {
		errno = ENODATA;
		die(SKIP, "no ids for this user in /etc/subuid and subgid");
	}
	if (arena.in_userns && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		die(SKIP, "become root of the namespace");
	if (unshare(flags) < 0)
		die(SKIP, "new namespaces");
	/* the namespace's root is the group itself; leave it, it may get controllers */
	for (int i = 0; i < arena.n_groups; i++)
		if (!arena.controllers[i] &&
		    put(text("%s/runner/cgroup.procs", arena.groups[i]), "0") < 0)
			die(BROKEN, "enter the runner's cgroup");
	pid = fork();
	if (pid == 0)
		_exit(init_main());
	return pid < 0 ? BROKEN : wait_for(pid);
}

/* The caller as root, subordinate ids above when newuidmap is there, else alone. */
static bool map_ids(pid_t pid)
{
	static const char *const tool[] = { "uid", "gid" };
	bool all = true;

	if (arena.all_ids)
		return put(text("/proc/%d/gid_map", pid), "0 0 4294967295") == 0 &&
		       put(text("/proc/%d/uid_map", pid), "0 0 4294967295") == 0;
	for (int i = 0; i < 2; i++) {
		char *command = text("r=$(sed -n \"s/^$(id "
				     "-un):\\([0-9]*\\):\\([0-9]*\\)$/1 \\1 \\2/p\""
				     " /etc/sub%s | head -n 1); [ -n \"$r\" ] &&"
				     " new%smap %d 0 $(id -%c) 1 $r 2>/dev/null",
				     tool[i], tool[i], pid, tool[i][0]);

		all = system(command) == 0 && all;
		free(command);
	}
	return all;
}

static volatile pid_t maker;

/* Told to end (contrib/test, when a part has taken too long): MAKER's death ends the rest. */
static void end_maker(int signal)
{
	(void)signal;
	if (maker > 0)
		kill(maker, SIGKILL);
}

static int outer_main(void)
{
	struct sigaction ending = { .sa_handler = end_maker };
	int ready[2], go[2], status;
	char c = 'n';
	pid_t pid;

	arena.in_userns = geteuid() != 0 || arena.all_ids;
	if (geteuid() == 0)
		make_groups();
	if (!mkdtemp(strcpy(arena.root, "/tmp/arena-XXXXXX")))
		die(BROKEN, "mkdtemp");
	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		die(BROKEN, "pipe");
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		_exit(maker_main(ready[1], go[0]));
	}
	maker = pid;
	sigaction(SIGTERM, &ending, NULL);
	close(ready[1]);
	if (pid > 0 && read(ready[0], &c, 1) == 1 && (!arena.in_userns || map_ids(pid)))
		c = 'y';
	if (write(go[1], &c, 1) != 1)
		c = 'n';
	status = pid < 0 ? BROKEN : wait_for(pid);
	maker = 0;
	for (int i = 0; i < arena.n_groups; i++)
		remove_group(arena.groups[i], 50);
	rmdir(arena.root);
	return status;
}

int main(int argc, char **argv)
{
	int i;

	arena.cgroup = "v2";
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (!strcmp(argv[i], "--user"))
			arena.user = true;
		else if (!strcmp(argv[i], "--userns"))
			arena.all_ids = geteuid() == 0;
		else if (!strncmp(argv[i], "--cgroup=", 9))
			arena.cgroup = argv[i] + 9;
		else if (!strcmp(argv[i], "--bind") && i + 1 < argc &&
			 argv[i + 1][0] == '/' && arena.n_binds < MAX_BINDS)
			arena.binds[arena.n_binds++] = argv[++i];
		else if (!strcmp(argv[i], "--first") && i + 1 < argc)
			arena.first = argv[++i];
		else if (!strcmp(argv[i], "--no-call") && i + 1 < argc &&
			 arena_lack_call(argv[i + 1]) == 0)
			i++;
		else if (!strcmp(argv[i], "--no-fs") && i + 1 < argc &&
			 arena_lack_fs(argv[i + 1]) == 0)
			i++;
		else
			argv[i] = argv[argc = 0];
	}
	if (i >= argc) {
		fprintf(stderr,
			"usage: arena [--cgroup=v2|v1|none] [--user] [--userns] [--bind "
			"DIR]... "
			"[--first SCRIPT] [--no-call NAME:ERRNO]... [--no-fs TYPE]... "
			"[--] COMMAND [ARG]...\n");
		return BROKEN;
	}
	if (geteuid() != 0)
		arena.cgroup = "none";
	arena.command = argv + i;
	/* the caller's interrupts end the command; we stay to clean up */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	return outer_main();
}
