/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container that goes while somebody looks at it: `delete --force` runs to its end at each
 * system call of a command, and the commands run at each system call of `delete --force`.
 * What they say is one of a few ordinary sentences, never that some file is missing, and
 * nothing is left.
 *
 *	vanish [--user] [--every N]	TAP on stdout
 */
#include "box.h"
#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * HELD_MS: a program of exec that has ended, and whose exec is held, keeps the container's
 * init from going. So long is looked whether a deletion ends, or is held up too.
 */
enum { MAX_CALLS = 2000, LIBC_CALLS = 16, HELD_MS = 6000 };

static int every = 1;

static const struct {
	const char *name;
	bool locks; /* waits for a delete, which would wait for the tracer */
	const char *words[6];
} commands[] = {
	{ "exec", false, { "exec", BOX_ID, "/bin/busybox", "true" } },
	{ "state", false, { "state", BOX_ID } },
	{ "kill", false, { "kill", BOX_ID, "CONT" } },
	{ "kill --all", false, { "kill", "--all", BOX_ID, "CONT" } },
	{ "ps", false, { "ps", BOX_ID } },
	{ "list", false, { "list" } },
	{ "events", false, { "events", "--stats", BOX_ID } },
	{ "resume", true, { "resume", BOX_ID } },
	{ "pause", true, { "pause", BOX_ID } },
	{ "start", true, { "start", BOX_ID } },
	{ "delete", true, { "delete", BOX_ID } },
};

enum { N_COMMANDS = sizeof(commands) / sizeof(*commands) };

/* NULL: a container that is gone, or going, and no more than that. */
static const char *is_odd(int status, const char *said)
{
	static const char *const ordinary[] = {
		"does not exist",  "not running", "stopped",
		"already running", "died before", "not paused",
	};
	static char what[4200];

	/* 137: the program of exec was killed with the container */
	if ((status == 0 || status == 137) && !said[0])
		return NULL;
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(*ordinary); i++)
		if ((status == 1 || status == 255) && strstr(said, ordinary[i]))
			return NULL;
	snprintf(what, sizeof(what), "it ended with %d and said %s", status, said);
	return what;
}

/* ---- deleted below a command ------------------------------------------------------------ */

struct deletion {
	bool done;
	char said[4096]; /* by the command, before that; the deletion begins a new text */
};

static bool is_locked(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[64];
	bool locked;
	int fd;

	snprintf(path, sizeof(path), "%s/" BOX_ID "/lock",
		 box_rootless ? "/run/user/1000/wolffia" : "/run/wolffia");
	fd = open(path, O_RDWR | O_CLOEXEC);
	locked = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	if (fd >= 0)
		close(fd);
	return locked;
}

static void delete_it(void *arg)
{
	static const char *const words[] = { "delete", "--force", BOX_ID, NULL };
	struct deletion *d = arg;

	snprintf(d->said, sizeof(d->said), "%s", box_errors());
	if (!is_locked())
		d->done = box_run(HELD_MS, words) == 0;
}

static bool make(const char *name)
{
	if (box_run(BOX_LIMIT_MS, box_create_words()) == 0 &&
	    (!strcmp(name, "start") || BOX_RUN("start", BOX_ID) == 0))
		return true;
	box_report(box_errors(), "%s: create", name);
	return false;
}

static void below(size_t i, int process)
{
	struct deletion *d = mmap(NULL, sizeof(*d), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *name = commands[i].name;
	bool reached = d != MAP_FAILED;

	for (int nr = process ? 0 : LIBC_CALLS; nr < MAX_CALLS && reached; nr += every) {
		struct step s = {
			.process = process, .nr = nr, .act = delete_it, .arg = d
		};
		const char *bad, *left;
		int status;

		*d = (struct deletion){ 0 };
		if (!make(name))
			return;
		step_run(&s, commands[i].words, &reached, &status);
		bad = reached ? is_odd(status, d->said[0] ? d->said : box_errors())
			      : NULL;
		BOX_RUN("delete", "--force", BOX_ID);
		left = box_leftovers();
		if (reached)
			box_report(bad ? bad : left, "%s, %s at call %d of process %d",
				   name, d->done ? "deleted" : "held", nr, process);
	}
}

/* ---- commands below a deletion ---------------------------------------------------------- */

struct meeting {
	size_t command;
	char bad[4200];
};

static void meet(void *arg)
{
	struct meeting *m = arg;
	int status = box_run(BOX_LIMIT_MS, commands[m->command].words);
	const char *bad = is_odd(status, box_errors());

	if (bad)
		snprintf(m->bad, sizeof(m->bad), "%s", bad);
}

static void meetings(size_t i)
{
	static const char *const words[] = { "delete", "--force", BOX_ID, NULL };
	struct meeting *m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool reached = m != MAP_FAILED;

	for (int nr = LIBC_CALLS; nr < MAX_CALLS && reached; nr += every) {
		struct step s = { .nr = nr, .act = meet, .arg = m };
		const char *left;
		int status;

		*m = (struct meeting){ .command = i };
		if (!make("delete"))
			return;
		step_run(&s, words, &reached, &status);
		left = box_leftovers();
		if (!reached)
			continue;
		if (!left && status)
			left = "delete --force failed";
		box_report(m->bad[0] ? m->bad : left, "%s at call %d of delete --force",
			   commands[i].name, nr);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--user"))
			box_rootless = true;
		if (!strcmp(argv[i], "--every") && i + 1 < argc)
			every = atoi(argv[i + 1]) > 0 ? atoi(argv[i + 1]) : 1;
	}
	box_open();
	box_config("plain");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		below(i, 0);
		if (!commands[i].locks)
			meetings(i);
	}
	return box_result();
}
