/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * newuidmap and newgidmap, started together. Found in fixed directories only: the caller's
 * PATH must not decide what writes maps. Everything that explains a failure is looked up
 * after it: shadow is the judge, we only tell why.
 */
#include "ns/helper.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ns/subid.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1024, JOBS_MAX = 2, PROGRAM_MAX = 64 };

const struct ns_helper_kind ns_helper_uid = { "newuidmap", "linux.uidMappings",
					      "/etc/subuid", "--add-subuids", "uid" };
const struct ns_helper_kind ns_helper_gid = { "newgidmap", "linux.gidMappings",
					      "/etc/subgid", "--add-subgids", "gid" };

/* The last two: where NixOS and Guix keep their set-uid programs. */
static const char *const directories[] = {
	"/usr/bin",	     "/bin",
	"/usr/sbin",	     "/sbin",
	"/run/wrappers/bin", "/run/privileged/bin",
};

struct run {
	const struct ns_helper *job;
	char path[PROGRAM_MAX];
	pid_t pid; /* 0: not started */
	int out; /* its stdout and stderr */
	int status;
	char text[OUTPUT_MAX];
};

/* ---- causes --------------------------------------------------------------------------- */

bool ns_helper_shortage(const struct ns_helper *job, const struct subid_ranges *have,
			const char *user, uint32_t own_id, char *buf, size_t size)
{
	for (size_t i = 0; i < job->ids.n; i++) {
		const struct oci_id_mapping *m = &job->ids.v[i];
		uint64_t got = subid_overlap(have, m->host_id, m->size);
		uint64_t last = (uint64_t)m->host_id + m->size - 1;

		if (got == m->size || (m->size == 1 && m->host_id == own_id))
			continue;
		if (have->n == 0)
			snprintf(
				buf, size,
				"%s has no line for %s: as root, `usermod %s %u-%llu %s`",
				job->kind->file, user, job->kind->option, m->host_id,
				(unsigned long long)last, user);
		else if (m->size == 1)
			snprintf(
				buf, size,
				"entry %zu wants the %s %u, which %s does not give to %s "
				"(its first range: %llu-%llu)",
				i, job->kind->id, m->host_id, job->kind->file, user,
				(unsigned long long)have->v[0].start,
				(unsigned long long)(have->v[0].start + have->v[0].count -
						     1));
		else
			snprintf(buf, size,
				 "entry %zu wants the %u ids %u-%llu, of which %s gives "
				 "%llu to %s (its first range: %llu-%llu)",
				 i, m->size, m->host_id, (unsigned long long)last,
				 job->kind->file, (unsigned long long)got, user,
				 (unsigned long long)have->v[0].start,
				 (unsigned long long)(have->v[0].start +
						      have->v[0].count - 1));
		return true;
	}
	return false;
}

static int explain_ranges(const struct run *r, struct err *e)
{
	const struct ns_helper_kind *k = r->job->kind;
	auto_subid have = { 0 };
	auto_free char *name = subid_user_name(getuid());
	char text[ERR_HINT_MAX], number[128];
	struct err ignored = { 0 };
	uint32_t own = k == &ns_helper_uid ? getuid() : getgid();

	/* usermod adds to a file, and makes none; some newuidmaps say nothing at all */
	if (access(k->file, F_OK) < 0 && errno == ENOENT)
		return err_hint(e,
				"%s does not exist: as root, `touch %s`, then `usermod "
				"%s FIRST-LAST %s`",
				k->file, k->file, k->option, name ? name : "USER");
	snprintf(number, sizeof(number), "uid %u", (unsigned)getuid());
	if (subid_of_user(k->file, name, getuid(), &have, &ignored) < 0)
		return err_hint(e, "%s", ignored.text);
	if (!have.n && subid_passed_over(k->file, name, getuid(), number, sizeof(number)))
		return err_hint(e, "%s: %s, so %s passes over it: correct that line",
				k->file, number, k->program);
	if (ns_helper_shortage(r->job, &have, name ? name : number, own, text,
			       sizeof(text)))
		return err_hint(e, "%s", text);
	return err_hint(e, "%s seems to allow it, but %s decides", k->file, k->program);
}

/* The program ran but had no privileges: why? */
static int explain_privileges(const struct run *r, struct err *e)
{
	char caps[64];
	struct stat st;
	struct statvfs fs;
	bool has_caps, has_suid;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return err_hint(
			e, "no_new_privs is set for the calling process, so that "
			   "set-uid programs do not work (systemd: NoNewPrivileges=)");
	if (statvfs(r->path, &fs) == 0 && fs.f_flag & ST_NOSUID)
		return err_hint(e, "%s lies on a file system mounted nosuid", r->path);
	if (stat(r->path, &st) < 0)
		return -1;
	has_caps = getxattr(r->path, "security.capability", caps, sizeof(caps)) > 0;
	has_suid = st.st_mode & S_ISUID && st.st_uid == 0;
	if (!has_caps && !has_suid)
		return err_hint(e,
				"%s is neither set-uid root nor has file capabilities: "
				"as root, `chmod u+s %s`, or reinstall its package "
				"(uidmap, shadow-utils)",
				r->path, r->path);
	if (has_caps && has_suid)
		return err_hint(e,
				"%s is set-uid root and has file capabilities at once: "
				"the capabilities win; as root, `setcap -r %s`",
				r->path, r->path);
	return -1;
}

static int explain_no_newline(const struct run *r, struct err *e)
{
	return err_hint(e, "the last line of %s has no newline at its end: add one",
			r->job->kind->file);
}

static int explain_no_name(const struct run *r, struct err *e)
{
	(void)r;
	return err_hint(
		e,
		"uid %u has no entry in the passwd database: as root, add one, or "
		"map one id only",
		(unsigned)getuid());
}

static int explain_group(const struct run *r, struct err *e)
{
	(void)r;
	return err_hint(e, "the primary group is not the one of the passwd entry: start "
			   "this from a fresh login, not below sg or newgrp");
}

/* What the program said, and who knows more about it. The first row that fits. */
static const struct {
	const char *said;
	int (*explain)(const struct run *r, struct err *e);
} causes[] = {
	{ "Non-text file", explain_no_newline },
	{ "Cannot allocate memory", explain_no_newline },
	{ "Cannot determine your user name", explain_no_name },
	{ "owned by a different user", explain_group },
	{ "not allowed", explain_ranges },
	{ "overflow", explain_ranges },
	{ "Operation not permitted", explain_privileges },
	/* the capabilities of its file alone do not let it open the map */
	{ "Permission denied", explain_privileges },
	{ "cannot open", explain_ranges },
};

static int report(const struct run *r, struct err *e)
{
	const char *program = r->job->kind->program;
	const char *said = r->text;
	size_t n = strlen(program);

	if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0)
		return 0;
	if (strncmp(said, program, n) == 0 && said[n] == ':')
		said += n + 1 + strspn(said + n + 1, " ");
	WHERE_IN(e, r->job->kind->member, program);
	if (*said)
		err_set(e, "%.*s", (int)strcspn(said, "\n"), said);
	else if (WIFSIGNALED(r->status))
		err_set(e, "killed by signal %d", WTERMSIG(r->status));
	else
		err_set(e, "exit status %d", WEXITSTATUS(r->status));
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (strstr(r->text, causes[i].said))
			return causes[i].explain(r, e);
	return *said ? -1 : explain_ranges(r, e);
}

/* ---- running --------------------------------------------------------------------------- */

static int find_program(struct run *r, struct err *e)
{
	WHERE_IN(e, r->job->kind->member, r->job->kind->program);

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(r->path, sizeof(r->path), "%s/%s", directories[i],
			 r->job->kind->program);
		if (access(r->path, F_OK) == 0)
			return 0;
	}
	err_set(e,
		"this program is not installed, and a plain user needs it to map more "
		"than the own %s",
		r->job->kind->id);
	return err_hint(e,
			"install the package uidmap (Debian) or shadow-utils, or map one "
			"id only: {\"containerID\": 0, \"hostID\": %u, \"size\": 1}",
			r->job->kind == &ns_helper_uid ? (unsigned)getuid()
						       : (unsigned)getgid());
}

bool ns_helper_usable(const struct ns_helper_kind *kind, char *buf, size_t size)
{
	const struct ns_helper job = { .kind = kind };
	struct run r = { .job = &job };
	struct err e = { 0 };

	if (find_program(&r, &e) < 0) {
		snprintf(buf, size, "%s is not installed", kind->program);
		return false;
	}
	explain_privileges(&r, &e);
	snprintf(buf, size, "%s", e.hint);
	return !e.hint[0];
}

/* {"newuidmap", PID, C, H, N, ..., NULL} in one block: free() it. */
static char **make_argv(const struct run *r, pid_t pid)
{
	enum { DIGITS = 12 };
	size_t n = 3 * r->job->ids.n + 2;
	char **argv = xcalloc(n + 1, sizeof(*argv) + DIGITS);
	char *at = (char *)(argv + n + 1);
	uint32_t number[3];

	argv[0] = (char *)r->job->kind->program;
	argv[1] = at;
	snprintf(at, DIGITS, "%d", (int)pid);
	for (size_t i = 0; i < r->job->ids.n; i++) {
		number[0] = r->job->ids.v[i].container_id;
		number[1] = r->job->ids.v[i].host_id;
		number[2] = r->job->ids.v[i].size;
		for (size_t j = 0; j < 3; j++) {
			at += DIGITS;
			snprintf(at, DIGITS, "%u", number[j]);
			argv[2 + 3 * i + j] = at;
		}
	}
	return argv;
}

/* posix_spawn(3) shares memory until exec: no page is copied. */
static int exec_program(struct run *r, char **argv, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	char *no_env[] = { NULL };
	int code;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	/* stdout and stderr of the helper: passed on purpose */
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, out, 2);
	/* what we were called with is no business of a set-uid program */
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	code = posix_spawn(&r->pid, r->path, &files, &attr, argv, no_env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return code;
}

static int start(struct run *r, pid_t target, struct err *e)
{
	WHERE_IN(e, r->job->kind->member, r->path);
	auto_free char **argv = make_argv(r, target);
	auto_close int out = -1;
	int pipe_fds[2], code;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	r->out = pipe_fds[0];
	out = pipe_fds[1];
	code = exec_program(r, argv, out);
	if (code) {
		r->pid = 0;
		errno = code;
		err_sys_plain(e, "start it");
		if (code ==
		    ENOENT) /* the file is there: what it is started with is not */
			return err_hint(e, "is there a /dev/null?");
		explain_privileges(r, e);
		return -1;
	}
	return 0;
}

/* Reads what it says up to the end, keeps the beginning, and reaps it. */
static void finish(struct run *r)
{
	char rest[256];
	ssize_t n;

	if (r->pid > 0) {
		n = fd_read_full(r->out, r->text, sizeof(r->text) - 1);
		r->text[n > 0 ? n : 0] = '\0';
		while (n > 0)
			n = fd_read_full(r->out, rest, sizeof(rest));
		while (waitpid(r->pid, &r->status, 0) < 0 && errno == EINTR)
			;
	}
	fd_close(r->out);
}

int ns_helpers_run(const struct ns_helper *jobs, size_t n, pid_t pid, struct err *e)
{
	struct run runs[JOBS_MAX];
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		runs[i] = (struct run){ .job = &jobs[i], .out = -1, .status = -1 };
		TRY(find_program(&runs[i], e)); /* all there before any is started */
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = start(&runs[i], pid, e);
	for (size_t i = 0; i < n; i++)
		finish(&runs[i]);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = report(&runs[i], e);
	return r;
}
