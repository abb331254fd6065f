/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a helper program; see child.h. The child reports a failing execve through a
 * close-on-exec pipe: end of file means that it is running.
 */
#include "base/child.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is open between us and one running child. */
struct talk {
	pid_t pid;
	int in; /* we write */
	int out; /* we read */
	size_t written;
};

/* Where administrators put what is newer than the system's comes first. */
static const char *const directories[] = {
	"/usr/local/bin",
	"/usr/bin",
	"/bin",
	"/usr/sbin",
	"/sbin",
	"/usr/local/sbin",
	"/run/current-system/sw/bin",
};

bool child_find(const char *program, char ret[CHILD_PATH_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(ret, CHILD_PATH_MAX, "%s/%s", directories[i], program);
		if (access(ret, X_OK) == 0)
			return true;
	}
	return false;
}

void child_reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			sigaction(s, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(const struct child_spec *spec, int in, int pipe, int report)
{
	int out = spec->output_fd >= 0 ? spec->output_fd : pipe;
	int error = spec->error_fd > 0 ? spec->error_fd : spec->error_fd < 0 ? pipe : out;
	char *self[] = { (char *)(uintptr_t)spec->path, NULL };
	char *empty[] = { NULL };
	int code;

	setpgid(0, 0);
	child_reset_signals();
	if (dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(error, 2) >= 0 &&
	    (spec->cwd_fd < 0 || fchdir(spec->cwd_fd) == 0)) {
		/* everything else is marked, not closed: `report` must outlive this line */
		syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
		execve(spec->path, spec->argv && spec->argv[0] ? spec->argv : self,
		       spec->envp ? spec->envp : empty);
	}
	code = errno;
	(void)!write(report, &code, sizeof(code));
	_exit(127);
}

/* Moves a descriptor above 2, so that dup2 in the child cannot trample on it. */
static int above_stdio(int fd)
{
	int moved;

	if (fd > 2 || fd < 0)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	fd_close(fd);
	return moved;
}

enum { IN, OUT, REPORT, PIPES };

/* All or none: who runs out of descriptors still needs some to clean up. */
static int make_pipes(int p[PIPES][2], struct err *e)
{
	bool made = true;

	for (int i = 0; i < PIPES; i++) {
		p[i][0] = p[i][1] = -1;
		if (made && pipe2(p[i], O_CLOEXEC) == 0) {
			p[i][0] = above_stdio(p[i][0]);
			p[i][1] = above_stdio(p[i][1]);
		}
		made = made && p[i][0] >= 0 && p[i][1] >= 0;
	}
	if (made)
		return 0;
	err_sys(e, "pipe");
	for (int i = 0; i < PIPES; i++) {
		fd_close(p[i][0]);
		fd_close(p[i][1]);
	}
	return -1;
}

static int start(const struct child_spec *spec, struct talk *t, struct err *e)
{
	int p[PIPES][2];
	int code = 0;
	ssize_t n;

	TRY(make_pipes(p, e));
	t->pid = fork();
	if (t->pid == 0)
		become(spec, p[IN][0], p[OUT][1], p[REPORT][1]);
	fd_close(p[IN][0]);
	fd_close(p[OUT][1]);
	fd_close(p[REPORT][1]);
	t->in = p[IN][1];
	t->out = p[OUT][0];
	if (t->pid < 0) {
		fd_close(p[REPORT][0]);
		return err_sys(e, "fork");
	}
	n = fd_read_full(p[REPORT][0], &code, sizeof(code));
	fd_close(p[REPORT][0]);
	if (n == (ssize_t)sizeof(code)) {
		waitpid(t->pid, NULL, 0);
		return err_code(e, code, "%s", spec->path);
	}
	fcntl(t->in, F_SETFL, O_NONBLOCK);
	return 0;
}

static void feed(const struct child_spec *spec, struct talk *t)
{
	const char *at = (const char *)spec->input + t->written;
	ssize_t n = write(t->in, at, spec->n_input - t->written);

	if (n > 0)
		t->written += (size_t)n;
	if (t->written == spec->n_input || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		fd_close(t->in);
		t->in = -1;
	}
}

static void collect(const struct child_spec *spec, struct talk *t, struct child_result *r)
{
	char chunk[4096];
	ssize_t n = read(t->out, chunk, sizeof(chunk));
	size_t room = spec->output_limit - r->output.n;

	if (n == 0 || (n < 0 && errno != EINTR)) {
		fd_close(t->out);
		t->out = -1;
	} else if (n > 0 && room) {
		str_add_n(&r->output, chunk, (size_t)n < room ? (size_t)n : room);
	}
}

/*
 * The child itself decides when it is over, not its output: a hook may leave a daemon
 * behind that keeps the pipe open. Hence the pidfd in the poll.
 */
static void converse(const struct child_spec *spec, struct talk *t,
		     struct child_result *r)
{
	int pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0U);
	int64_t end = clock_ms() + spec->timeout_ms;
	int watch = spec->watch_fd > 0 ? spec->watch_fd : -1;
	int interrupt = spec->interrupt_fd > 0 ? spec->interrupt_fd : -1;
	bool over = false;

	if (!spec->n_input) {
		fd_close(t->in);
		t->in = -1;
	}
	while (!over) {
		struct pollfd p[5] = { { t->in, POLLOUT, 0 },
				       { t->out, POLLIN, 0 },
				       { pidfd, POLLIN, 0 },
				       { watch, POLLIN, 0 },
				       { interrupt, POLLIN, 0 } };
		int64_t left = spec->timeout_ms < 0 ? -1 : end - clock_ms();

		if (spec->timeout_ms >= 0 && left <= 0) {
			r->timed_out = true;
			break;
		}
		if (poll(p, 5, (int)left) < 0) {
			if (errno != EINTR)
				break;
			continue;
		}
		if (p[0].revents)
			feed(spec, t);
		if (p[1].revents)
			collect(spec, t, r);
		over = pidfd >= 0 ? p[2].revents != 0 : t->out < 0;
		r->given_up = !over && p[3].revents;
		r->interrupted = !over && p[4].revents;
		if (r->given_up || r->interrupted)
			break;
	}
	/* what it wrote before it ended is in the pipe already */
	while (t->out >= 0 && over && fd_wait_readable(t->out, 0) > 0)
		collect(spec, t, r);
	fd_close(pidfd);
}

int child_run(const struct child_spec *spec, struct child_result *ret, struct err *e)
{
	struct talk t = { .in = -1, .out = -1 };
	struct child_result r = { 0 };
	int rc;

	if (start(spec, &t, e) < 0) {
		fd_close(t.in);
		fd_close(t.out);
		return -1;
	}
	converse(spec, &t, &r);
	if (r.timed_out || r.given_up || r.interrupted) {
		kill(-t.pid, SIGKILL); /* unreaped, so the group is still its own */
		kill(t.pid, SIGKILL); /* it may have moved to another group */
	}
	fd_close(t.in);
	fd_close(t.out);
	do
		rc = waitpid(t.pid, &r.status, 0);
	while (rc < 0 && errno == EINTR);
	if (rc < 0) {
		str_free(&r.output);
		return err_sys_plain(e, "%s: how it has ended cannot be known",
				     spec->path);
	}
	*ret = r;
	return 0;
}

/* The first two lines, joined: enough to see the reason, short enough for one line. */
static void add_quote(struct str *b, const struct str *output)
{
	size_t lines = 0;

	if (!output->n)
		return;
	str_add(b, ": ");
	for (size_t i = 0; i < output->n && b->n < 400; i++) {
		char c = output->s[i];

		if (c == '\n' && (++lines == 2 || i + 1 == output->n))
			return;
		if (c == '\n')
			str_add(b, " / ");
		else
			str_add_n(b, &c, 1);
	}
}

int child_check(const struct child_result *r, const struct child_spec *spec,
		struct err *e)
{
	auto_str text = { 0 };

	if (r->given_up)
		str_add(&text, "given up");
	else if (r->interrupted)
		str_add(&text, "interrupted");
	else if (r->timed_out)
		str_addf(&text, "timed out after %d s", spec->timeout_ms / 1000);
	else if (WIFSIGNALED(r->status))
		str_addf(&text, "killed by signal %d", WTERMSIG(r->status));
	else if (WEXITSTATUS(r->status))
		str_addf(&text, "exit status %d", WEXITSTATUS(r->status));
	else
		return 0;
	add_quote(&text, &r->output);
	return err_set(e, "%s: %s", spec->path, text.s);
}
