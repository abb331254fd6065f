/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box; see box.h. */
#include "box.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PLACE	 "/tmp/break"
#define BUNDLE	 PLACE "/bundle"
#define SOCKETS	 PLACE "/socket"
#define PID_FILE PLACE "/user/pid"

enum { USER = 1000, TEXT = 1 << 16 };

bool box_rootless;
const char *box_wolffia;

static char before[TEXT], after[TEXT], errors[4096];
static bool is_full;
static pid_t anchor; /* owner of the pid namespace that "usher" joins */
static int reports, bad;

static void die(const char *what)
{
	fprintf(stderr, "break: %s: %s\n", what, strerror(errno));
	exit(125);
}

static const char *state_root(void)
{
	return box_rootless ? "/run/user/1000/wolffia" : "/run/wolffia";
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* ---- what is there ------------------------------------------------------------------- */

static size_t add(char *to, size_t at, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(to + at, TEXT - at, fmt, ap);
	va_end(ap);
	return at + (size_t)n < TEXT ? at + (size_t)n : TEXT - 1;
}

static size_t add_dirs(char *to, size_t at, const char *path, bool deep)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	char below[1024];

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' || (deep && entry->d_type != DT_DIR))
			continue;
		at = add(to, at, "%s/%s\n", path, entry->d_name);
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (deep)
			at = add_dirs(to, at, below, true);
	}
	if (d)
		closedir(d);
	return at;
}

static size_t add_processes(char *to, size_t at)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		char path[64], line[256] = "", *end;
		int pid = atoi(entry->d_name), fd;

		if (pid <= 0 || pid == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, line, sizeof(line) - 1) <= 0)
			line[0] = '\0';
		if (fd >= 0)
			close(fd);
		end = strrchr(line, ')');
		if (end && end[2] != 'Z' && end[2] != 'X')
			at = add(to, at, "process %.*s\n", (int)(end + 1 - line), line);
	}
	if (d)
		closedir(d);
	return at;
}

static size_t add_mounts(char *to, size_t at)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096], where[1024];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %1023s", where) == 1)
			at = add(to, at, "mount %s\n", where);
	if (f)
		fclose(f);
	return at;
}

static void look(char *to)
{
	size_t at = add(to, 0, "%s", "");

	at = add_dirs(to, at, state_root(), false);
	at = add_dirs(to, at, "/sys/fs/cgroup", true);
	at = add_mounts(to, at);
	add_processes(to, at);
}

/* Lines of `now` that are not in `then`. */
static const char *difference(const char *now, const char *then)
{
	static char text[2048];
	size_t at = 0;

	for (const char *line = now; *line; line += strcspn(line, "\n") + 1) {
		int n = (int)strcspn(line, "\n");
		char one[1024];

		snprintf(one, sizeof(one), "%.*s\n", n, line);
		if (!strstr(then, one) && at + (size_t)n + 3 < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%.*s; ", n,
					       line);
	}
	return at ? text : NULL;
}

void box_remember(void)
{
	look(before);
}

const char *box_leftovers(void)
{
	const char *left = NULL;

	for (int i = 0; i < 2000; i++) {
		look(after);
		left = difference(after, before);
		if (!left)
			break;
		usleep(i < 20 ? 1000 : 10000);
	}
	if (!left && difference(before, after))
		return "something is missing that was there before";
	return left;
}

/* ---- the bundle ------------------------------------------------------------------------ */

static void listen_at(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 4096) ||
	    chmod(path, 0666))
		die(path);
}

static void run_shell(const char *command)
{
	if (system(command))
		die(command);
}

void box_open(void)
{
	const char *probe = getenv("PROBE");
	char command[512];

	setvbuf(stdout, NULL, _IOLBF, 0);
	box_wolffia = getenv("WOLFFIA");
	if (access("/.wolffia-arena", F_OK)) {
		fprintf(stderr, "these tests run only in tests/cli/arena\n");
		exit(77);
	}
	if (!box_wolffia || !probe)
		die("WOLFFIA and PROBE must name programs");
	snprintf(
		command, sizeof(command),
		"rm -rf %1$s; umask 022; mkdir -p %1$s/user %2$s/rootfs && cd "
		"%2$s/rootfs &&"
		" mkdir bin dev etc home proc root sys tmp && cp %3$s probe &&"
		" cp /bin/busybox bin/busybox && ln -s busybox bin/true &&"
		" echo root:x:0:0:root:/root:/bin/sh >etc/passwd && chown %4$d %1$s/user",
		PLACE, BUNDLE, probe, USER);
	run_shell(command);
	listen_at(SOCKETS "1");
	listen_at(SOCKETS "2");
	if (box_rootless && access("/sys/fs/cgroup/user", F_OK) == 0) {
		run_shell("cd /sys/fs/cgroup/user && mkdir -p session &&"
			  " chown 1000 session session/cgroup.procs");
		put("/sys/fs/cgroup/user/session/cgroup.procs", "0");
	}
	look(before);
}

static void make_anchor(void)
{
	if (anchor)
		return;
	anchor = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (anchor == 0)
		for (;;)
			pause();
	if (anchor < 0)
		die("clone");
	look(before);
}

static const char *extra_of(const char *kind)
{
	static const char full[] = ",\"hooks\":{\"prestart\":[{\"path\":\"/bin/true\"}],"
				   "\"createRuntime\":[{\"path\":\"/bin/true\"}],"
				   "\"createContainer\":[{\"path\":\"/bin/true\"}],"
				   "\"startContainer\":[{\"path\":\"/bin/true\"}],"
				   "\"poststart\":[{\"path\":\"/bin/true\"}],"
				   "\"poststop\":[{\"path\":\"/bin/true\"}]}";

	return strcmp(kind, "full") ? "" : full;
}

static const char *linux_of(const char *kind)
{
	static char text[2048];
	bool user = box_rootless || !strcmp(kind, "user") || !strcmp(kind, "full");
	int id = box_rootless ? USER : 100000, n = box_rootless ? 1 : 65536;
	size_t at;

	at = (size_t)snprintf(
		text, sizeof(text),
		"\"namespaces\":[%s{\"type\":\"uts\"},"
		"{\"type\":\"ipc\"},{\"type\":\"cgroup\"},{\"type\":\"network\"}",
		strcmp(kind, "inherited") ? "{\"type\":\"mount\"}," : "");
	if (!strcmp(kind, "usher"))
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       ",{\"type\":\"pid\",\"path\":\"/proc/%d/ns/"
				       "pid_for_children\"}],",
				       anchor);
	else
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       ",{\"type\":\"pid\"}%s],",
				       user ? ",{\"type\":\"user\"}" : "");
	if (user)
		at += (size_t)snprintf(
			text + at, sizeof(text) - at,
			"\"uidMappings\":[{\"containerID\":0,\"hostID\":%d,\"size\":%d}],"
			"\"gidMappings\":[{\"containerID\":0,\"hostID\":%d,\"size\":%d}]"
			",",
			id, n, id, n);
	if (!box_rootless)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "\"cgroupsPath\":\"/nest/of/box\",");
	snprintf(text + at, sizeof(text) - at,
		 "\"maskedPaths\":[\"/proc/timer_list\",\"/proc/scsi\"],"
		 "\"readonlyPaths\":[\"/proc/sys\"]");
	return text;
}

void box_config(const char *kind)
{
	static char text[8192];

	is_full = !strcmp(kind, "full");
	if (!strcmp(kind, "usher"))
		make_anchor();
	snprintf(
		text, sizeof(text),
		"{\"ociVersion\":\"1.3.0\",\"process\":{\"terminal\":%s,"
		"\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\",\"args\":[\"/"
		"probe\",\"pause\"]},"
		"\"root\":{\"path\":\"rootfs\"},\"hostname\":\"box\",\"mounts\":["
		"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
		"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"},"
		"{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\","
		"\"options\":[\"newinstance\",\"ptmxmode=0666\"]},"
		"{\"destination\":\"/tmp\",\"source\":\"/"
		"usr\",\"options\":[\"rbind\",\"ro\"]}],"
		"\"linux\":{%s}%s}",
		is_full ? "true" : "false", linux_of(kind), extra_of(kind));
	put(BUNDLE "/config.json", text);
}

const char *const box_run_words[] = { "run", "-b", BUNDLE, BOX_ID, NULL };

const char *const *box_create_words(void)
{
	static const char *const plain[] = { "create", "-b", BUNDLE, BOX_ID, NULL };
	static const char *const full[] = { "create",	 "-b",
					    BUNDLE,	 "--pid-file",
					    PID_FILE,	 "--console-socket",
					    SOCKETS "1", "--pidfd-socket",
					    SOCKETS "2", BOX_ID,
					    NULL };

	return is_full ? full : plain;
}

/* ---- running -------------------------------------------------------------------------- */

void box_exec(char *const argv[])
{
	gid_t gid = USER;
	int fd = open(PLACE "/err", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, 0);
	dup2(null, 1);
	dup2(fd, 2);
	unsetenv("XDG_RUNTIME_DIR");
	if (box_rootless) {
		setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
		if (setgroups(1, &gid) || setresgid(gid, gid, gid) ||
		    setresuid(USER, USER, USER))
			_exit(125);
	}
	execv(box_wolffia, argv);
	_exit(125);
}

static int wait_limited(pid_t pid, int ms)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), status;
	struct pollfd p = { fd, POLLIN, 0 };
	int n = poll(&p, 1, ms);

	close(fd);
	if (n == 0)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (n == 0)
		return BOX_TIMEOUT;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int box_run(int ms, const char *const words[])
{
	char *argv[16] = { (char *)"wolffia" };
	pid_t pid;

	for (int i = 0; words[i]; i++)
		argv[i + 1] = (char *)words[i];
	pid = fork();
	if (pid == 0)
		box_exec(argv);
	if (pid < 0)
		die("fork");
	return wait_limited(pid, ms);
}

const char *box_errors(void)
{
	int fd = open(PLACE "/err", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, errors, sizeof(errors) - 1);

	close(fd);
	errors[n > 0 ? n : 0] = '\0';
	for (char *c = errors; *c; c++)
		if (*c == '\n')
			*c = '|';
	return errors;
}

bool box_gone(pid_t pid)
{
	for (int i = 0; i < 20000; i++) {
		waitpid(pid, NULL, WNOHANG); /* whose parent has ended is ours to reap */
		if (kill(pid, 0) < 0 && errno == ESRCH)
			return true;
		usleep(1000);
	}
	return false;
}

pid_t box_init_pid(void)
{
	static const char *const names[] = { "running", "created", "creating" };
	static char text[8192], path[256];

	for (int i = 0; i < 3; i++) {
		char *at;
		ssize_t n;
		int fd;

		snprintf(path, sizeof(path), "%s/%s/%s", state_root(), BOX_ID, names[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (fd >= 0)
			close(fd);
		text[n > 0 ? n : 0] = '\0';
		at = strstr(text, "\"pid\":");
		if (at)
			return atoi(at + 6);
	}
	return 0;
}

const char *box_is_clean(void)
{
	static char what[4096];
	const char *left;
	int status = BOX_RUN("state", BOX_ID);

	if (status != 0 && status != 1) {
		snprintf(what, sizeof(what), "state ended with %d", status);
		return what;
	}
	status = BOX_RUN("delete", "--force", BOX_ID);
	if (status) {
		snprintf(what, sizeof(what), "delete --force ended with %d: %s", status,
			 box_errors());
		return what;
	}
	left = box_leftovers();
	if (left) {
		snprintf(what, sizeof(what), "left: %s", left);
		return what;
	}
	status = box_run(BOX_LIMIT_MS, box_create_words());
	if (status) {
		snprintf(what, sizeof(what), "a second create ended with %d: %s", status,
			 box_errors());
		return what;
	}
	return BOX_RUN("delete", "--force", BOX_ID) ? "a second delete failed" : NULL;
}

void box_forget(void)
{
	rmdir("/sys/fs/cgroup/user/" BOX_ID);
	rmdir("/sys/fs/cgroup/nest/of/box");
	rmdir("/sys/fs/cgroup/nest/of");
	rmdir("/sys/fs/cgroup/nest");
}

/* ---- TAP -------------------------------------------------------------------------------- */

void box_report(const char *what, const char *fmt, ...)
{
	va_list ap;

	printf("%s %d ", what ? "not ok" : "ok", ++reports);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (what)
		printf("# %s\n", what);
	bad += what != NULL;
}

int box_result(void)
{
	printf("# %d of %d\n", reports - bad, reports);
	if (anchor)
		kill(anchor, SIGKILL);
	return bad ? 1 : 0;
}
