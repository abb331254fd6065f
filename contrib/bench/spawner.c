/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs one command and measures it: wall time, processor time, peak memory, page faults,
 * context switches of the command and of what it waited for.  As small as it can be, since the
 * kernel counts the memory of the process that calls exec into the peak of the new program.
 *
 *	spawner [-f] [-o FD] [-c CGROUP] [-u ID] PROGRAM ARGUMENT...
 *
 * -f: real-time class where allowed; -o: descriptor for the result, without it the exit status
 * is the command's; -c: enter this cgroup folder; -u: become this user and group.
 * The result is one line of numbers:
 * wall ns, user us, system us, peak KiB, page faults, voluntary switches, involuntary
 * switches, exit status (128 + signal), 1 when the real-time class was had.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { EXIT_USAGE = 64, EXIT_BROKEN = 70 };

static void die(const char *what, const char *object)
{
	dprintf(2, "spawner: %s %s: %s\n", what, object, strerror(errno));
	_exit(EXIT_BROKEN);
}

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static long long us(struct timeval tv)
{
	return (long long)tv.tv_sec * 1000000LL + tv.tv_usec;
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void report(int fd, long long wall, const struct rusage *ru, int status,
		   int realtime)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%lld %lld %lld %ld %ld %ld %ld %d %d\n",
			 wall, us(ru->ru_utime), us(ru->ru_stime), ru->ru_maxrss,
			 ru->ru_minflt + ru->ru_majflt, ru->ru_nvcsw, ru->ru_nivcsw,
			 exit_code(status), realtime);

	if (n <= 0 || write(fd, line, (size_t)n) != n)
		die("write", "result");
}

static int enter_realtime(void)
{
	struct sched_param param = { .sched_priority = 10 };

	/* by number: musl's function refuses on principle */
	return syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param) == 0;
}

static void enter_cgroup(const char *folder)
{
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		die("enter cgroup", folder);
	close(fd);
	close(dir);
}

static void become(const char *text)
{
	uid_t id = (uid_t)strtoul(text, NULL, 10);

	if (setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id))
		die("become user", text);
}

int main(int argc, char **argv)
{
	const char *cgroup = NULL, *user = NULL;
	int realtime = 0, status = 0, result = -1, option;
	struct rusage ru;
	long long begin, end;
	pid_t pid;

	while ((option = getopt(argc, argv, "+fo:c:u:")) != -1) {
		switch (option) {
		case 'f':
			realtime = 1;
			break;
		case 'c':
			cgroup = optarg;
			break;
		case 'u':
			user = optarg;
			break;
		case 'o':
			result = atoi(optarg);
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind >= argc)
		return EXIT_USAGE;
	if (result >= 0)
		fcntl(result, F_SETFD, FD_CLOEXEC);
	if (realtime)
		realtime = enter_realtime();
	if (cgroup)
		enter_cgroup(cgroup);
	if (user)
		become(user);

	begin = now_ns();
	errno = posix_spawn(&pid, argv[optind], NULL, NULL, argv + optind, environ);
	if (errno)
		die("run", argv[optind]);
	while (wait4(pid, &status, 0, &ru) < 0)
		if (errno != EINTR)
			die("wait for", argv[optind]);
	end = now_ns();
	if (result < 0)
		return exit_code(status);
	report(result, end - begin, &ru, status, realtime);
	return 0;
}
