/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that speaks criu's protocol and does next to nothing, for tests where no criu
 * works. It is run as "fake_criu swrk FD". $CRIU_FAKE names a directory:
 *
 *	requests	every request it gets is appended, as criu_request_print() has it
 *	plan		what it is to do, a word a line:
 *		version N	say that it is version N (40201)
 *		features N	the features it has (bits)
 *		early TEXT	print TEXT and end, before it answers anything
 *		die		end in the middle of the dump or restore
 *		hang		never answer the dump or restore
 *		garbage		answer with what is no message
 *		log TEXT	a line for the log; and fail
 *		exit N		the restored process ends with this status, else it waits
 *		master		send the master of a terminal on restore
 *
 * A dump asks as criu does, writes inventory.img and kills the process; a restore makes a
 * child of the caller's and names it.
 */
#include "base/fd.h"
#include "base/proto.h"
#include "run/criu_msg.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int sock;
static char plan[4096];

static const char *planned(const char *word)
{
	static char value[1024];
	size_t n = strlen(word);

	for (const char *at = plan; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, word, n) == 0 && strchr(" \n", at[n])) {
			snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\n"),
				 at);
			return value + n + (value[n] == ' ');
		}
	}
	return NULL;
}

static int fake_file(const char *name, int flags)
{
	char path[4096];
	const char *dir = getenv("CRIU_FAKE");

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "/nonexistent", name);
	return open(path, flags | O_CLOEXEC, 0600);
}

static void note(const void *bytes, size_t n)
{
	int fd = fake_file("requests", O_WRONLY | O_CREAT | O_APPEND);
	auto_str text = { 0 };

	if (!criu_request_print(bytes, n, &text))
		str_add(&text, "malformed\n");
	fd_write_all(fd, text.s, text.n);
	fd_close(fd);
}

/* ---- messages ------------------------------------------------------------------------- */

static struct proto_field find(const void *bytes, size_t n, uint32_t number)
{
	struct proto_reader r = { bytes, n };
	struct proto_field f = { 0 };

	while (proto_next(&r, &f) > 0)
		if (f.number == number)
			return f;
	return (struct proto_field){ 0 };
}

static size_t hear(char *buf, size_t size)
{
	ssize_t n = recv(sock, buf, size, 0);

	if (n <= 0)
		exit(0);
	note(buf, (size_t)n);
	return (size_t)n;
}

static void say(struct str *m, int fd)
{
	if (fd_send(sock, m->s, m->n, &fd, fd >= 0) < 0)
		exit(1);
	m->n = 0;
}

/* 1: the caller lets us go on. */
static bool notify(const char *script, int pid, int fd)
{
	auto_str m = { 0 }, inner = { 0 };
	char buf[65536];
	size_t n;

	proto_put_number(&m, 1, CRIU_NOTIFY);
	proto_put_number(&m, 2, 1);
	proto_put_text(&inner, 1, script);
	if (pid)
		proto_put_number(&inner, 2, (uint64_t)pid);
	proto_put_bytes(&m, 5, inner.s, inner.n);
	say(&m, fd);
	n = hear(buf, sizeof(buf));
	return find(buf, n, 3).value != 0;
}

static void finish(uint64_t type, bool success, int pid)
{
	auto_str m = { 0 }, inner = { 0 };

	proto_put_number(&m, 1, type);
	proto_put_number(&m, 2, success);
	if (pid) {
		proto_put_number(&inner, 1, (uint64_t)pid);
		proto_put_bytes(&m, 4, inner.s, inner.n);
	}
	say(&m, -1);
}

/* ---- the log -------------------------------------------------------------------------- */

static int peer_dir(uint64_t fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);
	char path[64];

	getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &n);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)peer.pid, (int)fd);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void write_in(uint64_t dir_fd, const char *name, const char *text)
{
	int dir = peer_dir(dir_fd);
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		exit(3);
	close(fd);
	close(dir);
}

/* True when it is to fail; the log then has its reason. */
static bool is_to_fail(const struct proto_field *opts)
{
	const char *line = planned("log");
	struct proto_field name = find(opts->bytes, opts->n, CRIU_LOG_FILE);
	char file[64], text[2048];

	if (planned("die"))
		exit(9);
	while (planned("hang"))
		pause();
	if (planned("garbage")) {
		(void)!send(sock, "\xff\xff", 2, 0);
		exit(0);
	}
	if (!line)
		return false;
	snprintf(file, sizeof(file), "%.*s", (int)name.n, (const char *)name.bytes);
	snprintf(text, sizeof(text),
		 "(00.1) Error (criu/util.c:1): Can't setup RLIMIT_NOFILE for self\n"
		 "(00.2) Error (criu/x.c:2): %s\n",
		 line);
	write_in(find(opts->bytes, opts->n, CRIU_WORK_DIR_FD).value, file, text);
	return true;
}

/* ---- what it does ---------------------------------------------------------------------- */

static void dump(uint64_t type, const struct proto_field *opts)
{
	pid_t pid = (pid_t)find(opts->bytes, opts->n, CRIU_PID).value;
	bool leave = find(opts->bytes, opts->n, CRIU_LEAVE_RUNNING).value != 0;
	bool fine;

	write_in(find(opts->bytes, opts->n, CRIU_IMAGES_DIR_FD).value, "inventory.img",
		 "x");
	fine = notify("pre-dump", 0, -1) && notify("query-ext-files", 0, -1) &&
	       notify("status-ready", 0, -1) && !is_to_fail(opts);
	if (fine && !leave)
		kill(pid, SIGKILL);
	finish(type, fine, 0);
}

/* A child of the caller's, as with rst_sibling; it goes on when it is let. */
static pid_t make_init(int go)
{
	const char *status = planned("exit");
	pid_t pid =
		(pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
	char byte;

	if (pid != 0)
		return pid;
	if (read(go, &byte, 1) != 1)
		_exit(99);
	if (status)
		_exit(atoi(status));
	for (;;)
		pause();
}

static void restore(const struct proto_field *opts)
{
	int go[2];
	pid_t pid;
	bool fine;

	if (pipe2(go, O_CLOEXEC) < 0)
		exit(4);
	pid = make_init(go[0]);
	close(go[0]);
	fine = notify("pre-restore", 0, -1) && notify("setup-namespaces", pid, -1);
	if (fine && planned("master"))
		fine = notify("orphan-pts-master", 0,
			      open("/dev/ptmx", O_RDWR | O_CLOEXEC));
	fine = fine && notify("post-restore", pid, -1) && !is_to_fail(opts);
	if (fine)
		(void)!write(go[1], "", 1);
	else
		kill(pid, SIGKILL);
	finish(CRIU_RESTORE, fine, pid);
}

static void answer_question(uint64_t type)
{
	const char *version = planned("version"), *features;
	unsigned v = version ? (unsigned)atoi(version) : 40201;
	unsigned bits;
	auto_str m = { 0 }, inner = { 0 };

	features = planned("features");
	bits = features ? (unsigned)atoi(features) : 6;
	proto_put_number(&m, 1, type);
	proto_put_number(&m, 2, 1);
	if (type == CRIU_VERSION) {
		proto_put_number(&inner, 1, v / 10000);
		proto_put_number(&inner, 2, v / 100 % 100);
		proto_put_number(&inner, 4, v % 100);
		proto_put_bytes(&m, 10, inner.s, inner.n);
	} else {
		for (uint32_t f = 1; f < 3; f++)
			proto_put_number(&inner, f, bits >> f & 1);
		proto_put_bytes(&m, 8, inner.s, inner.n);
	}
	say(&m, -1);
}

int main(int argc, char **argv)
{
	char buf[65536];
	int fd = fake_file("plan", O_RDONLY);

	if (fd >= 0 && read(fd, plan, sizeof(plan) - 1) < 0)
		return 2;
	fd_close(fd);
	if (argc != 3 || strcmp(argv[1], "swrk") != 0)
		return 2;
	sock = atoi(argv[2]);
	if (planned("early")) {
		fprintf(stderr, "%s\n", planned("early"));
		return 1;
	}
	for (;;) {
		size_t n = hear(buf, sizeof(buf));
		uint64_t type = find(buf, n, 1).value;
		struct proto_field opts = find(buf, n, 2);

		if (type == CRIU_DUMP || type == CRIU_PRE_DUMP)
			dump(type, &opts);
		else if (type == CRIU_RESTORE)
			restore(&opts);
		else
			answer_question(type);
	}
}
