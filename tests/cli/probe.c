/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container's program sees, as key=value lines; static, so that it runs in any root.
 *
 *	probe [WORD]...		without a word: facts
 *
 * Words are done in order: facts, path:P, text:P, sysctl:NAME, call:NR (a raw system call
 * with zero arguments), swap:A:B (exchanges two names until it is ended), watch:SECONDS
 * (tries to get a writable descriptor of foreign executables), follow:P (opens a symlink), exec:P, write:P:TEXT, touch:P, rm:P,
 * push (a character into the caller's terminal), stdin, echo:TEXT, sleep:SECONDS, pause,
 * nap:MILLISECONDS, term:N (from now on SIGTERM ends it with status N), signal:N (itself), fork (a child that
 * stays), notify:TEXT (to $NOTIFY_SOCKET, a ',' is a new line; with a descriptor when it is
 * BARRIER=1, and then it waits for that one's end), exit:N. Every answer is printed at once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* The symbolic name of an errno value. */
static const char *errno_name(int code)
{
	const char *s = strerrorname_np(code);

	return s ? s : "?";
}

/* A small file, line ends turned into commas, runs of blanks into one; "" when not there. */
static const char *slurp(const char *path)
{
	static char raw[65536], text[65536];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	ssize_t n = 0, more = 0;
	char *to = text;

	/* a file of /proc comes a page at a time */
	while (fd >= 0 && n < (ssize_t)sizeof(raw) - 1 &&
	       (more = read(fd, raw + n, sizeof(raw) - 1 - (size_t)n)) > 0)
		n += more;
	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n; i++) {
		char c = raw[i] == '\n' ? ',' : raw[i] == '\t' ? ' ' : raw[i];

		if (c == ' ' && (to == text || to[-1] == ' ' || to[-1] == ','))
			continue;
		*to++ = c;
	}
	while (to > text && (to[-1] == ',' || to[-1] == ' ' || to[-1] == '\0'))
		to--;
	*to = '\0';
	return text;
}

/* ---- facts about the process ----------------------------------------------------------- */

static void facts_ids(void)
{
	uid_t r, e, s;
	gid_t list[NGROUPS_MAX < 1024 ? NGROUPS_MAX : 1024];
	int n = getgroups((int)(sizeof(list) / sizeof(*list)), list);
	mode_t mask = umask(0);

	umask(mask);
	getresuid(&r, &e, &s);
	printf("uid=%u:%u:%u\n", r, e, s);
	getresgid(&r, &e, &s);
	printf("gid=%u:%u:%u\ngroups=", r, e, s);
	for (int i = 0; i < n; i++)
		printf("%s%u", i ? "," : "", list[i]);
	printf("\numask=%04o\n", mask);
	printf("pid=%d\nppid=%d\npgid=%d\nsid=%d\n", getpid(), getppid(), getpgrp(),
	       getsid(0));
	printf("uid_map=%s\n", slurp("/proc/self/uid_map"));
	printf("gid_map=%s\n", slurp("/proc/self/gid_map"));
	printf("setgroups=%s\n", slurp("/proc/self/setgroups"));
}

static void facts_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };
	uint64_t bounding = 0, ambient = 0;

	syscall(SYS_capget, &h, d);
	for (unsigned long c = 0; c < 64; c++) {
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1)
			bounding |= 1ull << c;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) == 1)
			ambient |= 1ull << c;
	}
	printf("cap.effective=%llx\n",
	       d[0].effective | (unsigned long long)d[1].effective << 32);
	printf("cap.permitted=%llx\n",
	       d[0].permitted | (unsigned long long)d[1].permitted << 32);
	printf("cap.inheritable=%llx\n",
	       d[0].inheritable | (unsigned long long)d[1].inheritable << 32);
	printf("cap.bounding=%llx\ncap.ambient=%llx\n", (unsigned long long)bounding,
	       (unsigned long long)ambient);
	printf("no_new_privs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void facts_status(void)
{
	static const char *const keys[][2] = { { "Seccomp:", "seccomp" },
					       { "Seccomp_filters:", "seccomp_filters" },
					       { "SigBlk:", "sig.blocked" },
					       { "SigIgn:", "sig.ignored" },
					       { "Cpus_allowed_list:", "cpus" } };
	char line[1024];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f)) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			if (!strncmp(line, keys[i][0], strlen(keys[i][0])))
				printf("%s=%s", keys[i][1],
				       line + strlen(keys[i][0]) +
					       strspn(line + strlen(keys[i][0]), " \t"));
	}
	if (f)
		fclose(f);
	printf("oom_score_adj=%s\n", slurp("/proc/self/oom_score_adj"));
	printf("timens_offsets=%s\n", slurp("/proc/self/timens_offsets"));
	printf("lsm=%s\n", slurp("/proc/self/attr/current"));
}

static void facts_program(int argc, char **argv)
{
	char cwd[PATH_MAX];
	int n = 0;

	printf("cwd=%s\n", getcwd(cwd, sizeof(cwd)) ? cwd : errno_name(errno));
	printf("args=%d\n", argc);
	for (int i = 0; i < argc; i++)
		printf("arg.%d=%s\n", i, argv[i]);
	for (; environ[n]; n++)
		printf("env.%s\n", environ[n]);
	printf("envs=%d\n", n);
}

static void facts_limits(void)
{
	static const struct {
		const char *name;
		int id;
	} all[] = { { "AS", RLIMIT_AS },
		    { "CORE", RLIMIT_CORE },
		    { "CPU", RLIMIT_CPU },
		    { "DATA", RLIMIT_DATA },
		    { "FSIZE", RLIMIT_FSIZE },
		    { "LOCKS", RLIMIT_LOCKS },
		    { "MEMLOCK", RLIMIT_MEMLOCK },
		    { "MSGQUEUE", RLIMIT_MSGQUEUE },
		    { "NICE", RLIMIT_NICE },
		    { "NOFILE", RLIMIT_NOFILE },
		    { "NPROC", RLIMIT_NPROC },
		    { "RSS", RLIMIT_RSS },
		    { "RTPRIO", RLIMIT_RTPRIO },
		    { "RTTIME", RLIMIT_RTTIME },
		    { "SIGPENDING", RLIMIT_SIGPENDING },
		    { "STACK", RLIMIT_STACK } };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct rlimit r = { 0 };

		getrlimit((__rlimit_resource_t)all[i].id, &r);
		printf("rlimit.%s=%lld:%lld\n", all[i].name, (long long)r.rlim_cur,
		       (long long)r.rlim_max);
	}
}

static void facts_scheduling(void)
{
	struct sched_param p = { 0 };
	unsigned long nodes[16] = { 0 };
	int mode = -1, prio = (int)syscall(SYS_ioprio_get, 1, 0), death = 0;
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
		uint32_t util_min, util_max;
	} attr = { .size = sizeof(attr) };

	sched_getparam(0, &p);
	printf("sched.policy=%d\nsched.priority=%d\n", sched_getscheduler(0),
	       p.sched_priority);
	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0) == 0)
		printf("sched.flags=%llx\nsched.runtime=%llu\nsched.deadline=%llu\n"
		       "sched.period=%llu\n",
		       (unsigned long long)attr.flags, (unsigned long long)attr.runtime,
		       (unsigned long long)attr.deadline,
		       (unsigned long long)attr.period);
	printf("nice=%d\n", getpriority(PRIO_PROCESS, 0));
	printf("ioprio=%d:%d\n", prio < 0 ? prio : prio >> 13,
	       prio < 0 ? 0 : prio & 0x1fff);
	if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof(nodes) * 8, NULL, 0) < 0)
		printf("mempolicy=%s\n", errno_name(errno));
	else
		printf("mempolicy=%d:%lx\n", mode, nodes[0]);
	printf("personality=%x\n", (unsigned)personality(0xffffffff));
	prctl(PR_GET_PDEATHSIG, &death);
	printf("pdeathsig=%d\n", death);
}

static void facts_system(void)
{
	static const char *const kinds[] = { "cgroup", "ipc",  "mnt",  "net",
					     "pid",    "time", "user", "uts" };
	struct utsname u;
	struct timespec boot, mono;
	char name[64], link[64];
	long ring = syscall(SYS_keyctl, 0, -3, 0);

	uname(&u);
	printf("hostname=%s\ndomainname=%s\nmachine=%s\n", u.nodename, u.domainname,
	       u.machine);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		ssize_t n;

		snprintf(name, sizeof(name), "/proc/self/ns/%s", kinds[i]);
		n = readlink(name, link, sizeof(link));
		if (n > 0)
			printf("ns.%s=%.*s\n", kinds[i], (int)n, link);
	}
	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	printf("boottime=%lld\nmonotonic=%lld\n", (long long)boot.tv_sec,
	       (long long)mono.tv_sec);
	printf("keyring=%s\n", ring < 0 ? errno_name(errno) : "yes");
	if (ring >= 0) {
		char about[256] = "";

		syscall(SYS_keyctl, 6, ring, about, sizeof(about) - 1);
		printf("keyring.id=%ld\nkeyring.about=%s\n", ring, about);
		memset(about, 0, sizeof(about));
		if (syscall(SYS_keyctl, 17, ring, about, sizeof(about) - 1) > 1)
			printf("keyring.label=%s\n", about); /* KEYCTL_GET_SECURITY */
	}
}

/* mount.N=DEST|TYPE|OPTIONS|PROPAGATION|SUPER OPTIONS|ROOT|SOURCE, in the kernel's order */
static void facts_mounts(void)
{
	char line[8192], root[2048], at[2048], opts[1024], type[64], source[2048],
		super[4096];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *dash = strstr(line, " - "), prop[256] = "";
		int end = 0;

		if (!dash ||
		    sscanf(line, "%*s %*s %*s %2047s %2047s %1023s %n", root, at, opts,
			   &end) < 3 ||
		    sscanf(dash, " - %63s %2047s %4095s", type, source, super) != 3)
			continue;
		if (line + end < dash)
			snprintf(prop, sizeof(prop), "%.*s", (int)(dash - line - end),
				 line + end);
		printf("mount.%d=%s|%s|%s|%s|%s|%s|%s\n", n++, at, type, opts, prop,
		       super, root, source);
	}
	if (f)
		fclose(f);
	printf("mounts=%d\n", n);
}

static void facts_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		char name[64], link[PATH_MAX];
		ssize_t len;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		n++;
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		len = readlink(name, link, sizeof(link));
		printf("fd.%d=%.*s\n", fd, len < 0 ? 0 : (int)len, link);
	}
	printf("fds=%d\n", n);
}

static void facts_cgroup(void)
{
	char line[4096];
	FILE *f = fopen("/proc/self/cgroup", "re");

	while (f && fgets(line, sizeof(line), f)) {
		char *name = strchr(line, ':'),
		     *path = name ? strchr(name + 1, ':') : NULL;

		if (path) {
			*path++ = '\0';
			printf("cgroup.%s=%s", name + 1, path);
		}
	}
	if (f)
		fclose(f);
}

static void facts_terminal(void)
{
	struct winsize w = { 0 };
	struct termios t = { 0 };
	int tty;

	for (int i = 0; i < 3; i++)
		printf("tty.%d=%s\n", i,
		       isatty(i) ? ttyname(i) ? ttyname(i) : "yes" : "no");
	if (isatty(0) && ioctl(0, TIOCGWINSZ, &w) == 0)
		printf("tty.size=%dx%d\n", w.ws_row, w.ws_col);
	if (isatty(0) && tcgetattr(0, &t) == 0)
		printf("tty.onlcr=%d\n", !!(t.c_oflag & ONLCR));
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	printf("tty.controlling=%s\n", tty < 0 ? errno_name(errno) : "yes");
	if (tty >= 0)
		close(tty);
}

static void facts(int argc, char **argv)
{
	facts_ids();
	facts_caps();
	facts_status();
	facts_program(argc, argv);
	facts_limits();
	facts_scheduling();
	facts_system();
	facts_mounts();
	facts_descriptors();
	facts_cgroup();
	facts_terminal();
}

/* ---- facts about paths --------------------------------------------------------------------- */

static void path_read(const char *p)
{
	static char buf[65536];
	int fd = open(p, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), n = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		printf("path.%s.read=%s\n", p, errno_name(errno));
		return;
	}
	if (S_ISDIR(st.st_mode)) {
		DIR *d = fdopendir(fd);

		for (struct dirent *e; d && (e = readdir(d));)
			n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
		printf("path.%s.read=%d entries\n", p, n);
		closedir(d);
		return;
	}
	n = (int)read(fd, buf, sizeof(buf));
	if (n < 0)
		printf("path.%s.read=%s\n", p, errno_name(errno));
	else
		printf("path.%s.read=%d bytes\n", p, n);
	close(fd);
}

static void path_write(const char *p)
{
	struct stat st;
	char name[PATH_MAX];
	int fd;

	if (stat(p, &st) == 0 && S_ISDIR(st.st_mode)) {
		snprintf(name, sizeof(name), "%s/.probe", p);
		fd = mkdir(name, 0700);
		if (fd == 0)
			rmdir(name);
	} else {
		fd = open(p, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd >= 0)
			close(fd);
	}
	printf("path.%s.write=%s\n", p, fd < 0 ? errno_name(errno) : "ok");
}

static void path_facts(const char *p)
{
	static const char *const types[] = { "?",      "fifo", "char", "?", "dir",  "?",
					     "block",  "?",    "file", "?", "link", "?",
					     "socket", "?",    "?",    "?" };
	struct stat st;
	struct statfs fs;
	char link[PATH_MAX];
	ssize_t n;

	if (lstat(p, &st) < 0) {
		printf("path.%s=%s\n", p, errno_name(errno));
		return;
	}
	printf("path.%s=%s %04o %u:%u", p, types[(st.st_mode >> 12) & 15],
	       st.st_mode & 07777, st.st_uid, st.st_gid);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		printf(" %u:%u", major(st.st_rdev), minor(st.st_rdev));
	printf("\n");
	n = readlink(p, link, sizeof(link));
	if (n >= 0)
		printf("path.%s.link=%.*s\n", p, (int)n, link);
	if (statfs(p, &fs) == 0)
		printf("path.%s.fs=%lx\n", p, (unsigned long)fs.f_type);
	path_read(p);
	path_write(p);
}

/* ---- words ----------------------------------------------------------------------------------- */

static int term_status;

static void on_term(int sig)
{
	(void)sig;
	_exit(term_status);
}

static void word_sysctl(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	for (char *s = path + 10; *s; s++)
		if (*s == '.')
			*s = '/';
	printf("sysctl.%s=%s\n", name, slurp(path));
}

static void word_write(char *arg)
{
	char *text = strrchr(arg, ':');
	int fd;

	if (!text)
		return;
	*text++ = '\0';
	fd = open(arg, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("write.%s=%s\n", arg, errno_name(errno));
	else
		printf("write.%s=ok\n", arg);
	if (fd >= 0)
		close(fd);
}

static void word_exec(const char *path)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, "exit:0", (char *)NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	printf("exec.%s=%s\n", path,
	       WEXITSTATUS(status) ? errno_name(WEXITSTATUS(status)) : "ok");
}

static void word_stdin(void)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(0, buf, sizeof(buf))) > 0)
		printf("stdin=%.*s\n", (int)n, buf);
}

static void word_swap(char *a)
{
	char *b = strchr(a, ':');

	if (!b)
		return;
	*b++ = '\0';
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2);
}

/* One look at every process: opens what it executes, if that is no program of the image. */
static int watch_once(const struct stat *own, int *kept, int n_kept, int max)
{
	DIR *d = opendir("/proc");
	char name[300];
	struct stat st, box = { 0 };

	stat("/bin/busybox", &box);

	for (struct dirent *e; d && n_kept < max && (e = readdir(d));) {
		int fd;

		snprintf(name, sizeof(name), "/proc/%s/exe", e->d_name);
		if (e->d_name[0] < '0' || e->d_name[0] > '9' ||
		    (fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
			continue;
		if (fstat(fd, &st) == 0 && st.st_dev == own->st_dev &&
		    (st.st_ino == own->st_ino || st.st_ino == box.st_ino))
			close(fd);
		else
			kept[n_kept++] = fd;
	}
	if (d)
		closedir(d);
	return n_kept;
}

static void word_watch(int seconds)
{
	enum { MAX = 900 };
	int kept[MAX], n = 0, hits = 0;
	time_t end = time(NULL) + seconds;
	struct stat own, st;
	char name[64];

	if (stat("/proc/self/exe", &own) < 0)
		return;
	while (time(NULL) < end)
		n = watch_once(&own, kept, n, MAX);
	/* a sealed copy can be opened for writing but takes no byte */
	for (int i = 0; i < n; i++) {
		int fd;

		snprintf(name, sizeof(name), "/proc/self/fd/%d", kept[i]);
		fd = open(name, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0 && pwrite(fd, "x", 1, st.st_size) == 1)
			hits++;
	}
	printf("watch.seen=%d\nwatch.hits=%d\n", n, hits);
}

static void word_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	printf("child=%d\n", pid);
}

/* One message of sd_notify(3). */
static void word_notify(char *text)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), p[2] = { -1, -1 };
	bool barrier = !strcmp(text, "BARRIER=1");
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { text, strlen(text) };
	struct msghdr m = {
		.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &iov, .msg_iovlen = 1
	};
	struct pollfd end;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path ? path : "");
	for (char *s = text; *s; s++)
		*s = *s == ',' ? '\n' : *s;
	if (barrier && pipe2(p, O_CLOEXEC) == 0) {
		struct cmsghdr *c;

		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &p[1], sizeof(int));
	}
	printf("notify=%s\n", sendmsg(sock, &m, 0) < 0 ? errno_name(errno) : "ok");
	close(p[1]);
	end = (struct pollfd){ p[0], POLLIN, 0 };
	if (barrier)
		printf("barrier=%s\n", poll(&end, 1, 20000) == 1 ? "passed" : "late");
	close(p[0]);
	close(sock);
}

static void word(char *w, int argc, char **argv)
{
	char *arg = strchr(w, ':') ? strchr(w, ':') + 1 : w + strlen(w);

#define IS(name) (!strncmp(w, name, sizeof(name) - 1))
	if (!strcmp(w, "facts"))
		facts(argc, argv);
	else if (IS("path:"))
		path_facts(arg);
	else if (IS("text:"))
		printf("text.%s=%s\n", arg, slurp(arg));
	else if (IS("sysctl:"))
		word_sysctl(arg);
	else if (IS("call:"))
		printf("call.%s=%s\n", arg,
		       syscall(atol(arg), 0, 0, 0, 0, 0, 0) < 0 ? errno_name(errno)
								: "ok");
	else if (IS("follow:"))
		printf("follow.%s=%s\n", arg,
		       open(arg, O_RDONLY | O_CLOEXEC) < 0 ? errno_name(errno) : "ok");
	else if (IS("exec:"))
		word_exec(arg);
	else if (IS("write:"))
		word_write(arg);
	else if (IS("touch:"))
		printf("touch.%s=%s\n", arg,
		       open(arg, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) < 0
			       ? errno_name(errno)
			       : "ok");
	else if (IS("rm:"))
		printf("rm.%s=%s\n", arg, unlink(arg) < 0 ? errno_name(errno) : "ok");
	else if (IS("swap:"))
		word_swap(arg);
	else if (IS("watch:"))
		word_watch(atoi(arg));
	else if (!strcmp(w, "push"))
		printf("push=%s\n",
		       ioctl(0, TIOCSTI, "x") < 0 ? errno_name(errno) : "ok");
	else if (!strcmp(w, "stdin"))
		word_stdin();
	else if (IS("echo:"))
		printf("%s\n", arg);
	else if (IS("sleep:"))
		sleep((unsigned)atoi(arg));
	else if (IS("nap:"))
		usleep((useconds_t)atoi(arg) * 1000);
	else if (IS("term:"))
		term_status = atoi(arg), signal(SIGTERM, on_term);
	else if (IS("signal:"))
		fflush(stdout), kill(getpid(), atoi(arg));
	else if (!strcmp(w, "fork"))
		word_fork();
	else if (!strcmp(w, "pause"))
		for (;;)
			pause();
	else if (IS("notify:"))
		word_notify(arg);
	else if (IS("exit:"))
		exit(atoi(arg));
	else
		printf("probe: what is %s?\n", w);
#undef IS
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 65536);
	if (argc == 1)
		facts(argc, argv);
	for (int i = 1; i < argc; i++) {
		word(argv[i], argc, argv);
		fflush(stdout);
	}
	return 0;
}
