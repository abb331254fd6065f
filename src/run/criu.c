/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * criu as a child; see criu.h. Between birth and execve the child is a copy of us: what fails
 * there is written to the memfd that also takes what criu itself says on its standard error.
 */
#include "run/criu.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "kernel/path.h"
#include "kernel/pidfd.h"
#include "run/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4U
#endif

/* What criu runs (iptables-restore, ip, tar) is looked for there too. */
#define SEARCH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum { ANSWER_MAX = 65536, WORDS_MAX = 4096 };

const char *criu_find(void)
{
	static const char *const places[] = {
		"/usr/local/sbin/criu", "/usr/local/bin/criu", "/usr/sbin/criu",
		"/usr/bin/criu",	"/sbin/criu",	       "/bin/criu",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

/* ---- the child --------------------------------------------------------------------------- */

static _Noreturn void give_up(const char *what)
{
	char text[160];
	int n = snprintf(text, sizeof(text), "%s: %s", what, err_name(errno));

	(void)!write(STDERR_FILENO, text, n > 0 ? (size_t)n : 0);
	_exit(127);
}

/* What was opened before belongs to the mount namespace before: once more, the same one. */
static void open_again(const struct criu_dir *dir)
{
	struct stat had, has;
	int fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &has) < 0 || fstat(dir->fd, &had) < 0)
		give_up(dir->path);
	errno = ESTALE;
	if (has.st_dev != had.st_dev || has.st_ino != had.st_ino)
		give_up(dir->path);
	if (dup2(fd, dir->fd) < 0)
		give_up(dir->path);
	close(fd);
}

/* criu wants the root to be a mount point, and what it mounts must not reach the host. */
static void make_place(const struct criu_start *how)
{
	char path[PATH_FD_MAX];

	if (unshare(CLONE_NEWNS) < 0)
		give_up("mount namespace for criu");
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		give_up("mount namespace for criu: propagation");
	open_again(&how->root);
	path_of_fd(how->root.fd, path);
	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0)
		give_up("bind the root filesystem for criu");
	open_again(&how->images);
	open_again(&how->work);
}

/*
 * criu finds directories through /proc/PID/fd of whoever made the socket pair: that must be
 * itself. Its other end goes to the parent over the first pair.
 */
static int make_own_socket(int sock)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
	    fd_send(sock, "", 1, &pair[0], 1) < 0)
		give_up("socket pair for criu");
	close(pair[0]);
	return pair[1];
}

static void close_all_but(int sock, const struct criu_start *how)
{
	const int dirs[] = { how->images.fd, how->work.fd };

	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		for (int fd = 3; fd < 1024; fd++)
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* passed on purpose: what we talk over, and what the container is to get */
	(void)fcntl(sock, F_SETFD, 0);
	for (size_t i = 0; how->root.fd >= 0 && i < ARRAY_SIZE(dirs); i++)
		(void)fcntl(dirs[i], F_SETFD, 0);
	for (size_t i = 0; i < how->n_pass; i++)
		(void)fcntl(how->pass[i], F_SETFD, 0);
}

/* PATH as above, and what tells criu where its own configuration and plugins are. */
static char **make_environment(void)
{
	static char path[] = "PATH=" SEARCH;
	static char *env[16] = { path };
	size_t n = 1;

	for (char **v = environ; *v && n < ARRAY_SIZE(env) - 1; v++)
		if (str_starts(*v, "CRIU_") || str_starts(*v, "HOME="))
			env[n++] = *v;
	return env;
}

static _Noreturn void be_criu(const struct criu_start *how, const char *program, int sock,
			      int words)
{
	static const struct sigaction normal = { .sa_handler = SIG_DFL };
	char number[16];
	char name[] = "criu", mode[] = "swrk";
	char *argv[] = { name, mode, number, NULL };
	sigset_t none;

	dup2(words, STDERR_FILENO);
	dup2(words, STDOUT_FILENO);
	if (how->root.fd >= 0) {
		make_place(how);
		sock = make_own_socket(sock);
	} else if (setsid() < 0 || dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0) < 0) {
		give_up("session for criu");
	}
	for (int s = 1; s < NSIG; s++)
		sigaction(s, &normal, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_all_but(sock, how);
	snprintf(number, sizeof(number), "%d", sock);
	execve(program, argv, make_environment());
	give_up(program);
}

/* ---- starting ------------------------------------------------------------------------------ */

static const char *choose(const struct criu_start *how, struct err *e)
{
	const char *program = how->program ? how->program : criu_find();

	if (program)
		return program;
	err_set(e, "criu is not installed: checkpoint and restore are its work");
	err_hint(e, "install criu (looked for in " SEARCH "), or name it with --criu");
	return NULL;
}

/* It has gone without an answer: its last words, as one line. */
static int explain_end(struct criu *c, struct err *e)
{
	struct err ignored = { 0 };
	char words[WORDS_MAX];
	ssize_t n;
	int status = 0;

	if (pidfd_wait(c->child.pidfd, true, &status, &ignored) > 0) {
		fd_close(c->child.pidfd);
		c->child.pidfd = -1;
	}
	n = pread(c->words, words, sizeof(words) - 1, 0);
	words[n > 0 ? n : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
	if (words[0])
		return err_set(e, "criu: %.400s", words);
	if (WIFSIGNALED(status))
		return err_set(e, "criu was killed by signal %d", WTERMSIG(status));
	return err_set(e, "criu ended without an answer (status %d)",
		       WEXITSTATUS(status));
}

/* The socket that the child has made. */
static int take_socket(struct criu *c, struct err *e)
{
	size_t n_fds = 0;
	char byte[4];
	int fd = -1;

	if (fd_receive(c->sock, byte, sizeof(byte), &fd, 1, &n_fds) <= 0 || n_fds != 1)
		return explain_end(c, e);
	fd_close(c->sock);
	c->sock = fd;
	return 0;
}

int criu_start(const struct criu_start *how, struct criu *ret, struct err *e)
{
	struct spawn_args args = { .cgroup_fd = how->cgroup_fd, .clear_handlers = true };
	const char *program = choose(how, e);
	auto_close int theirs = -1;
	int pair[2];
	pid_t pid;

	*ret = CRIU_NONE;
	ret->interrupt_fd = how->interrupt_fd;
	if (!program)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socket pair for criu");
	ret->sock = pair[0];
	theirs = pair[1];
	ret->words = memfd_create("criu", MFD_CLOEXEC);
	if (ret->words < 0)
		return err_sys(e, "memory file for criu");
	pid = spawn_process(&args, &ret->child, e);
	if (pid == 0)
		be_criu(how, program, theirs, ret->words);
	if (pid < 0 || how->root.fd < 0)
		return pid < 0 ? -1 : 0;
	fd_close(take_fd(&theirs));
	return take_socket(ret, e);
}

void criu_end(struct criu *c, bool kill)
{
	struct err ignored = { 0 };
	int status;

	fd_close(c->sock);
	if (c->child.pidfd >= 0 && kill)
		(void)pidfd_signal(c->child.pidfd, SIGKILL, &ignored);
	if (c->child.pidfd >= 0)
		(void)pidfd_wait(c->child.pidfd, true, &status, &ignored);
	fd_close(c->child.pidfd);
	fd_close(c->words);
	*c = CRIU_NONE;
}

/* ---- talking ------------------------------------------------------------------------------- */

static int say(struct criu *c, const struct str *request, struct err *e)
{
	if (fd_send(c->sock, request->s, request->n, NULL, 0) == 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return explain_end(c, e);
	return err_sys(e, "talk to criu");
}

/*
 * Until it says something or has ended: what it was making may hold our socket open, so its
 * end cannot be seen there. What it said last is still read.
 */
static int await(struct criu *c, struct err *e)
{
	struct pollfd p[] = { { c->sock, POLLIN, 0 },
			      { c->child.pidfd, POLLIN, 0 },
			      { c->interrupt_fd, POLLIN, 0 } };

	while (poll(p, ARRAY_SIZE(p), -1) < 0)
		if (errno != EINTR)
			return err_sys(e, "wait for criu");
	if (p[0].revents)
		return 0;
	return p[1].revents ? explain_end(c, e) : interrupt_check(c->interrupt_fd, e);
}

static int listen_to(struct criu *c, struct criu_answer *ret, int *ret_fd, struct err *e)
{
	auto_free char *buf = xcalloc(1, ANSWER_MAX);
	size_t n_fds = 0;
	ssize_t n;

	*ret_fd = -1;
	TRY(await(c, e));
	n = fd_receive(c->sock, buf, ANSWER_MAX, ret_fd, 1, &n_fds);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return explain_end(c, e);
	if (n < 0)
		return err_sys(e, "talk to criu");
	if (criu_answer_parse(buf, (size_t)n, ret, e) == 0)
		return 0;
	fd_close(*ret_fd);
	*ret_fd = -1;
	return -1;
}

/* A question that is answered at once. */
static int ask(struct criu *c, const struct str *request, enum criu_type type,
	       struct criu_answer *ret, struct err *e)
{
	int fd;

	TRY(say(c, request, e));
	TRY(listen_to(c, ret, &fd, e));
	fd_close(fd);
	if (ret->type == type && ret->success)
		return 0;
	return err_set(e, "criu does not answer what it is asked%s%s",
		       ret->message[0] ? ": " : "", ret->message);
}

int criu_check_version(struct criu *c, struct err *e)
{
	auto_str request = { 0 };
	struct criu_answer a;

	criu_request(&request, CRIU_VERSION, NULL, true);
	TRY(ask(c, &request, CRIU_VERSION, &a, e));
	c->version = a.version;
	if (a.version >= CRIU_VERSION_MIN)
		return 0;
	return err_set(e, "criu %u.%u is too old: 3.16 or newer is needed",
		       a.version / 10000, a.version / 100 % 100);
}

int criu_check_features(struct criu *c, unsigned features, struct err *e)
{
	auto_str request = { 0 };
	struct criu_answer a;

	criu_request_features(&request, features);
	TRY(ask(c, &request, CRIU_FEATURE_CHECK, &a, e));
	return (int)a.features;
}

/* A notification is answered, whatever comes of it; *why is what failed first. */
static int answer(struct criu *c, const struct criu_answer *a, int *fd,
		  criu_on_notify *on_notify, void *arg, struct err *why, struct err *e)
{
	auto_str reply = { 0 };
	bool fine = !err_is_set(why) && on_notify(arg, a, fd, why) == 0;

	criu_request_go_on(&reply, fine);
	return say(c, &reply, e);
}

static int converse(struct criu *c, criu_on_notify *on_notify, void *arg,
		    struct criu_answer *ret, struct err *why, struct err *e)
{
	for (;;) {
		auto_close int fd = -1;

		TRY(listen_to(c, ret, &fd, e));
		if (ret->type != CRIU_NOTIFY)
			return 0;
		TRY(answer(c, ret, &fd, on_notify, arg, why, e));
	}
}

int criu_run(struct criu *c, const struct str *request, criu_on_notify *on_notify,
	     void *arg, struct criu_answer *ret, struct err *e)
{
	struct err why = { 0 };
	int rc;

	TRY(say(c, request, e));
	rc = converse(c, on_notify, arg, ret, &why, e);
	if (err_is_set(&why)) {
		/* what criu says then is only that we let it down */
		err_clear(e);
		return err_take(e, &why);
	}
	if (rc == 0 && ret->success)
		return 0;
	if (rc == 0)
		err_set(e, "criu%s%s", ret->message[0] ? ": " : " has failed",
			ret->message);
	e->code = CRIU_FAILED;
	return -1;
}
