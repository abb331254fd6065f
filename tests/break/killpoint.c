/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crash safety: the runtime, or its other half, is killed at every kind of moment; then
 * `state` and `delete --force` work, nothing is left, and the id can be used again.
 *
 *	killpoint [--user] [--every N] WORD...
 *
 * random: create 200 times, killed after a random delay, run 50 times. host, init, usher,
 * full, inherited: create at its k-th system call, every N-th; start, delete: likewise. errors: each
 * call of create fails once. exec: dies or fails at each call of exec's processes. rows,
 * usher-rows: a build with -Dbreak=true fails, then dies, before every row of the table of
 * steps. TAP on stdout.
 */
#include "box.h"
#include "step.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RANDOM_TIMES = 200, MAX_CALLS = 2000, MAX_ROWS = 48, LIBC_CALLS = 16 };

static int every = 1;

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static pid_t begin(const char *const words[])
{
	char *argv[16] = { (char *)"wolffia" };
	pid_t pid = fork();

	for (int i = 0; words[i]; i++)
		argv[i + 1] = (char *)words[i];
	if (pid == 0)
		box_exec(argv);
	return pid;
}

/* In the foreground: what it leaves may be a running container. */
static void run_killed(const char *kind, long span)
{
	for (int i = 0; i < RANDOM_TIMES / 4; i++) {
		long delay = rand() % (2 * span);
		pid_t pid = begin(box_run_words);

		usleep((useconds_t)delay);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		box_report(box_is_clean(), "%s: run killed after %ld us", kind, delay);
	}
}

static void random_delays(const char *kind)
{
	long span = 0;

	box_config(kind);
	for (int i = 0; i < 5; i++) {
		long t = now_us();

		box_report(box_run(BOX_LIMIT_MS, box_create_words()) ? box_errors()
								     : NULL,
			   "%s: create", kind);
		t = now_us() - t;
		span = t > span ? t : span;
		BOX_RUN("delete", "--force", BOX_ID);
	}
	srand(1);
	for (int i = 0; i < RANDOM_TIMES; i++) {
		long delay = rand() % span;
		pid_t pid = begin(box_create_words());

		usleep((useconds_t)delay);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		box_report(box_is_clean(), "%s: create killed after %ld us", kind, delay);
	}
	run_killed(kind, span);
}

/* Create's own result is judged too when it was INIT that died: it cleans up by itself. */
static const char *after_init(int status)
{
	static char what[2048];
	const char *left;

	if (status == 0)
		return NULL; /* it was ready */
	left = status == 1 ? box_leftovers() : NULL;
	if (status == 1 && !left)
		return NULL;
	snprintf(what, sizeof(what), "create ended with %d (%s) and left %s", status,
		 box_errors(), left ? left : "nothing");
	return what;
}

static void at_calls_of_create(const char *kind, int process)
{
	static const char *const who[] = { "HOST", "child 1", "child 2" };
	bool reached = true;

	box_config(kind);
	for (int nr = 0; nr < MAX_CALLS && reached; nr += every) {
		struct step s = { .process = process, .nr = nr };
		const char *bad = NULL, *clean;
		int status;

		step_run(&s, box_create_words(), &reached, &status);
		if (process > 0 && reached)
			bad = after_init(status);
		clean = box_is_clean();
		if (reached || clean)
			box_report(bad ? bad : clean, "%s: create, %s killed at call %d",
				   kind, who[process], nr);
	}
}

/*
 * Every call fails once: then create fails with a sentence and has cleaned up by itself, or
 * it was not important.
 */
static void failing_calls(const char *kind, int process, int error)
{
	bool reached = true;

	box_config(kind);
	/* the first ones are libc's, which ends the program */
	for (int nr = process ? 0 : LIBC_CALLS; nr < MAX_CALLS && reached; nr += every) {
		struct step s = { .process = process, .nr = nr, .error = error };
		const char *bad, *clean;
		int status;

		step_run(&s, box_create_words(), &reached, &status);
		bad = after_init(status);
		if (!bad && status == 1 && !box_errors()[0])
			bad = "no message";
		clean = box_is_clean();
		box_forget();
		if (reached || clean)
			box_report(bad ? bad : clean, "%s: process %d, call %d fails: %s",
				   kind, process, nr, strerrorname_np(error));
	}
}

/* start and delete: of a container that was created before. */
static void at_calls_of(const char *kind, const char *const words[], const char *name)
{
	bool reached = true;

	box_config(kind);
	for (int nr = 0; nr < MAX_CALLS && reached; nr += every) {
		struct step s = { .nr = nr };
		const char *clean;
		int status;

		box_run(BOX_LIMIT_MS, box_create_words());
		step_run(&s, words, &reached, &status);
		clean = box_is_clean();
		if (reached || clean)
			box_report(clean, "%s: %s killed at call %d", kind, name, nr);
	}
}

/* ---- exec ------------------------------------------------------------------------------- */

/* Whatever befell the exec: the container goes on, and nothing else is there. */
static const char *after_exec(int process, int status)
{
	static char what[2048];
	const char *left = box_leftovers(), *said = box_errors();

	/* the second child becomes the program, which may end as it likes */
	if (!left &&
	    (process == 2 ? status >= 0 : status == 0 || status == 128 + SIGKILL))
		return NULL;
	if (!left && status == 255 && said[0])
		return NULL;
	snprintf(what, sizeof(what), "exec ended with %d (%s) and left %s", status, said,
		 left ? left : "nothing");
	return what;
}

/* error 0: SIGKILL for the process, else the call fails with it. */
static void at_calls_of_exec(int process, int error)
{
	static const char *const words[] = { "exec", BOX_ID, "/bin/busybox", "true",
					     NULL };
	const char *how = error ? strerrorname_np(error) : "killed";
	bool reached = true, standing = false;

	for (int nr = process ? 0 : LIBC_CALLS; nr < MAX_CALLS && reached; nr += every) {
		struct step s = { .process = process, .nr = nr, .error = error };
		const char *bad;
		int status;

		if (!standing) {
			box_run(BOX_LIMIT_MS, box_create_words());
			BOX_RUN("start", BOX_ID);
			box_remember();
		}
		step_run(&s, words, &reached, &status);
		bad = after_exec(process, status);
		if (reached || bad)
			box_report(bad, "exec: process %d, %s at call %d", process, how,
				   nr);
		standing = !bad;
		if (bad)
			BOX_RUN("delete", "--force", BOX_ID);
	}
	if (BOX_RUN("exec", BOX_ID, "/bin/busybox", "true"))
		box_report(box_errors(), "exec: once more");
	BOX_RUN("delete", "--force", BOX_ID);
	box_remember();
}

static void exec_part(void)
{
	box_config("plain");
	for (int process = 0; process < 3; process++) {
		at_calls_of_exec(process, 0);
		at_calls_of_exec(process, ENOMEM);
		at_calls_of_exec(process, EPERM);
	}
}

static const char *one_row(const char *variable, int row)
{
	static char what[2048];
	const char *left;
	char number[16];
	int status;

	snprintf(number, sizeof(number), "%d", row);
	setenv(variable, number, 1);
	status = box_run(BOX_LIMIT_MS, box_create_words());
	unsetenv(variable);
	/* the runtime itself was killed: delete --force is asked */
	if (status == 0 || status == 128 + SIGKILL)
		return box_is_clean();
	left = box_leftovers();
	if (status == 1 && !left && box_errors()[0] && !strstr(box_errors(), "|error"))
		return box_is_clean();
	snprintf(what, sizeof(what), "create ended with %d (%s) and left %s", status,
		 box_errors(), left ? left : "nothing");
	return what;
}

static void rows(const char *kind)
{
	box_config(kind);
	for (int row = 0; row < MAX_ROWS; row++) {
		const char *bad = one_row("WOLFFIA_BREAK_FAIL", row);

		box_report(bad, "%s: row %d fails", kind, row);
		bad = one_row("WOLFFIA_BREAK_KILL", row);
		box_report(bad, "%s: death before row %d", kind, row);
	}
}

static void part(const char *name)
{
	static const char *const start[] = { "start", BOX_ID, NULL };
	static const char *const delete[] = { "delete", "--force", BOX_ID, NULL };

	if (!strcmp(name, "random"))
		random_delays("plain");
	if (!strcmp(name, "host"))
		at_calls_of_create(box_rootless ? "plain" : "user", 0);
	if (!strcmp(name, "full")) {
		at_calls_of_create("full", 0);
		at_calls_of_create("full", 1);
	}
	if (!strcmp(name, "init"))
		at_calls_of_create("plain", 1);
	if (!strcmp(name, "usher"))
		for (int process = 0; process < 3; process++)
			at_calls_of_create("usher", process);
	if (!strcmp(name, "errors"))
		for (int process = 0; process < 2; process++) {
			failing_calls("plain", process, ENOMEM);
			failing_calls("plain", process, EPERM);
		}
	if (!strcmp(name, "start"))
		at_calls_of("plain", start, "start");
	if (!strcmp(name, "exec"))
		exec_part();
	if (!strcmp(name, "delete"))
		at_calls_of("plain", delete, "delete --force");
	if (!strcmp(name, "inherited")) { /* mounts of the machine */
		at_calls_of_create("inherited", 0);
		at_calls_of_create("inherited", 1);
		at_calls_of("inherited", delete, "delete --force");
		failing_calls("inherited", 0, ENOMEM);
		rows("inherited");
	}
	if (!strcmp(name, "rows")) {
		rows("plain");
		rows("full");
	}
	if (!strcmp(name, "usher-rows"))
		rows("usher");
}

int main(int argc, char **argv)
{
	int i = 1;

	if (i < argc && !strcmp(argv[i], "--user")) {
		box_rootless = true;
		i++;
	}
	if (i + 1 < argc && !strcmp(argv[i], "--every")) {
		every = atoi(argv[i + 1]) > 0 ? atoi(argv[i + 1]) : 1;
		i += 2;
	}
	box_open();
	for (; i < argc; i++)
		part(argv[i]);
	return box_result();
}
