/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recycled pid: the init dies, and a stranger gets its very number (clone3's set_tid),
 * before a command runs or at each of the command's system calls. Whatever the command says
 * then, the stranger is not signalled, and the container can be deleted.
 *
 *	recycle [--user] [--every N] [--only COMMAND]	TAP on stdout
 */
#include "box.h"
#include "step.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USER = 1000, MAX_CALLS = 2000, GONE_MS = 500 };

#define MARK "/tmp/recycle-mark"

struct swap {
	pid_t pid;
	bool elsewhere; /* the stranger has namespaces of its own */
	/*
	 * The number was free. An init whose pid namespace still holds a process that only the
	 * command can reap stays a number until the command goes on: there is nothing to recycle.
	 */
	bool done;
};

static int every = 1;
static const char *only; /* this command alone */

/* Blocks every signal, so that one that was sent is seen among the pending ones. */
static _Noreturn void be_stranger(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (box_rootless && setresuid(USER, USER, USER))
		_exit(1);
	for (;;)
		pause();
}

static void swap(void *arg)
{
	struct swap *s = arg;
	pid_t tids[2] = { s->pid };
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uintptr_t)tids,
				   .set_tid_size = 1 };
	int tries = 1000;
	pid_t pid;

	kill(s->pid, SIGKILL);
	for (int i = 0; kill(s->pid, 0) == 0 && i < GONE_MS; i++)
		usleep(1000);
	if (kill(s->pid, 0) == 0)
		return;
	if (s->elsewhere) {
		args.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
			     CLONE_NEWNET | CLONE_NEWCGROUP;
		tids[0] = 1;
		tids[1] = s->pid;
		args.set_tid_size = 2;
	}
	/* nobody has the number any more a moment before it is free */
	do
		pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	while (pid < 0 && errno == EEXIST && tries-- > 0 && usleep(1000) == 0);
	if (pid == 0)
		be_stranger();
	s->done = pid > 0;
	usleep(300); /* until it blocks */
}

/* Is that process of the command in namespaces of the stranger that are no other's? */
static bool is_inside(pid_t pid, void *arg)
{
	static const char *const kinds[] = {
		"mnt", "uts", "ipc", "net", "cgroup", "pid"
	};
	const struct swap *s = arg;
	char a[64], b[64], of_stranger[64], own[64];

	for (size_t i = 0; s->elsewhere && s->done && i < sizeof(kinds) / sizeof(*kinds);
	     i++) {
		ssize_t n, m;

		snprintf(a, sizeof(a), "/proc/%d/ns/%s", s->pid, kinds[i]);
		snprintf(b, sizeof(b), "/proc/%d/ns/%s", pid, kinds[i]);
		n = readlink(a, of_stranger, sizeof(of_stranger));
		m = readlink(b, own, sizeof(own));
		if (n > 0 && n == m && !memcmp(of_stranger, own, (size_t)n))
			return true;
	}
	return false;
}

/* What a program of `exec` leaves when it runs in the machine's files, or a stranger's. */
static const char *has_run_outside(void)
{
	if (unlink(MARK) == 0)
		return "the program ran outside the container";
	return NULL;
}

/* A crash or a hang; `exec` ends with 255, or as its program does. */
static bool is_bad_status(int status)
{
	return status != 0 && status != 1 && status != 255 && status != 128 + SIGKILL;
}

/* NULL: the stranger lives and nobody sent it anything. */
static const char *is_untouched(pid_t pid)
{
	static char what[256];
	char line[256];
	FILE *f;

	snprintf(line, sizeof(line), "/proc/%d/status", pid);
	f = fopen(line, "re");
	if (!f)
		return "the stranger is dead, or the pid was not recycled";
	what[0] = '\0';
	while (fgets(line, sizeof(line), f)) {
		unsigned long long set = 0;

		if ((!strncmp(line, "SigPnd:", 7) || !strncmp(line, "ShdPnd:", 7)) &&
		    sscanf(line + 7, "%llx", &set) == 1 && set)
			snprintf(what, sizeof(what), "the stranger got signals %llx",
				 set);
		if (!strncmp(line, "State:", 6) && !strchr("SR", line[7]))
			snprintf(what, sizeof(what), "the stranger is in state %c",
				 line[7]);
	}
	fclose(f);
	return what[0] ? what : NULL;
}

/* The container goes, the stranger stays; then it is sent away. */
static const char *finish(pid_t pid, bool swapped)
{
	const char *bad = swapped ? is_untouched(pid) : NULL;
	int status = bad ? 0 : BOX_RUN("delete", "--force", BOX_ID);

	if (!bad && swapped)
		bad = is_untouched(pid);
	if (!bad && status)
		bad = "delete --force failed";
	if (swapped)
		kill(pid, SIGKILL);
	box_gone(pid);
	if (bad)
		BOX_RUN("delete", "--force", BOX_ID);
	return bad ? bad : box_leftovers();
}

static pid_t make(bool running)
{
	pid_t pid;

	if (box_run(BOX_LIMIT_MS, box_create_words()) ||
	    (running && BOX_RUN("start", BOX_ID)))
		return 0;
	pid = box_init_pid();
	if (pid > 0)
		return pid;
	return 0;
}

/* Before the command. */
static void before_it(const char *name, const char *const words[], bool running,
		      bool elsewhere)
{
	struct swap s = { .elsewhere = elsewhere };
	const char *bad;
	int status;

	s.pid = make(running);
	if (!s.pid) {
		box_report(box_errors(), "%s: create", name);
		return;
	}
	swap(&s);
	status = box_run(BOX_LIMIT_MS, words);
	bad = s.done ? finish(s.pid, true) : "the pid was not recycled";
	if (!bad)
		bad = has_run_outside();
	if (!bad && is_bad_status(status))
		bad = "the command crashed or hung";
	box_report(bad, "%s, %s, recycled before, %s", name,
		   running ? "running" : "created", elsewhere ? "elsewhere" : "beside");
}

/* Within it. */
static void within_it(const char *name, const char *const words[], int process,
		      bool running, bool elsewhere)
{
	/* the stepper swaps in a process of its own */
	struct swap *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool reached = s != MAP_FAILED;

	for (int nr = 0; nr < MAX_CALLS && reached; nr += every) {
		struct step step = { .process = process,
				     .nr = nr,
				     .act = swap,
				     .watch = is_inside,
				     .arg = s };
		const char *bad;
		int status;

		*s = (struct swap){ .elsewhere = elsewhere };
		s->pid = make(running);
		if (!s->pid) {
			box_report(box_errors(), "%s: create", name);
			return;
		}
		step_run(&step, words, &reached, &status);
		if (!reached) {
			BOX_RUN("delete", "--force", BOX_ID);
			return;
		}
		/* the command may have ended the init itself, before that call */
		bad = finish(s->pid, s->done);
		if (!bad && step_breach())
			bad = "a process of the command entered the stranger's "
			      "namespaces";
		if (!bad)
			bad = has_run_outside();
		if (!bad && is_bad_status(status))
			bad = "the command crashed or hung";
		box_report(bad, "%s, %s, %s at call %d of process %d, %s", name,
			   running ? "running" : "created",
			   s->done ? "recycled" : "dying", nr, process,
			   elsewhere ? "elsewhere" : "beside");
	}
}

static const struct {
	const char *name;
	bool created, running; /* the states it is tried in */
	int processes; /* further ones it makes: the calls of each are gone through */
	const char *words[6];
} commands[] = {
	{ "exec", true, true, 2, { "exec", BOX_ID, "/bin/busybox", "touch", MARK } },
	{ "kill TERM", true, true, 0, { "kill", BOX_ID, "TERM" } },
	{ "kill KILL", true, true, 0, { "kill", BOX_ID, "KILL" } },
	{ "kill --all", true, true, 0, { "kill", "--all", BOX_ID, "KILL" } },
	{ "pause", true, true, 0, { "pause", BOX_ID } },
	{ "delete --force", true, true, 0, { "delete", "--force", BOX_ID } },
	{ "delete", true, true, 0, { "delete", BOX_ID } },
	{ "start", true, false, 0, { "start", BOX_ID } },
	{ "state", true, true, 0, { "state", BOX_ID } },
	{ "list", false, true, 0, { "list" } },
	{ "gc", true, true, 0, { "gc", "--all" } },
};

static void all(void)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		const char *const *words = commands[i].words;
		const char *name = commands[i].name;

		if (only && strcmp(only, name) != 0)
			continue;

		for (int n = 0; n < 4; n++) {
			bool running = n & 1, elsewhere = n & 2;

			if (running ? commands[i].running : commands[i].created)
				before_it(name, words, running, elsewhere);
		}
		for (int p = 0; p <= commands[i].processes; p++) {
			within_it(name, words, p, commands[i].running, false);
			within_it(name, words, p, false, true);
		}
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--only") && i + 1 < argc)
			only = argv[i + 1];
		if (!strcmp(argv[i], "--user"))
			box_rootless = true;
		if (!strcmp(argv[i], "--every") && i + 1 < argc)
			every = atoi(argv[i + 1]) > 0 ? atoi(argv[i + 1]) : 1;
	}
	box_open();
	box_config("plain");
	all();
	return box_result();
}
