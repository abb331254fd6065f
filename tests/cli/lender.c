/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for systemd-nsresourced, for tests on machines without it. As root:
 *
 *	lender SOCKET HOW [ARGUMENT]
 *
 *	lend FIRST	maps 0 to 65535 to FIRST on, and grants
 *	wrong FIRST COUNT	grants, but maps COUNT ids
 *	refuse WORD	answers with that error
 *	taken FIRST	refuses the first question with NameExists, then lends
 *	say TEXT	answers with TEXT, whatever it is
 *	much		answers without end
 *	close		ends the connection
 *	hang		never answers
 *
 * Prints "ready", then each question with the number of descriptors that came with it. Serves
 * one after another until it is killed.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int listen_at(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(a.sun_path))
		errx(1, "%s: too long", path);
	strcpy(a.sun_path, path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    chmod(path, 0666) < 0 || listen(fd, 8) < 0)
		err(1, "%s", path);
	return fd;
}

/* One message up to its NUL; the descriptor that came with it, or -1. */
static int receive(int sock, char *text, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	size_t n = 0;
	int fd = -1;

	while (n + 1 < size && (!n || text[n - 1])) {
		struct iovec part = { text + n, size - 1 - n };
		struct msghdr m = { .msg_iov = &part,
				    .msg_iovlen = 1,
				    .msg_control = &control,
				    .msg_controllen = sizeof(control) };
		ssize_t got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		if (got <= 0)
			break;
		if (c && c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		n += (size_t)got;
	}
	text[n] = '\0';
	return fd;
}

static void write_map(pid_t pid, const char *file, const char *line)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		err(1, "%s", path);
	close(fd);
}

static void map(int userns, const char *first, const char *count)
{
	char line[64], byte;
	int ready[2];
	pid_t pid;

	if (pipe(ready) < 0)
		err(1, "pipe");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setns(userns, CLONE_NEWUSER) < 0)
			err(1, "setns");
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		errx(1, "no user namespace");
	close(ready[0]);
	snprintf(line, sizeof(line), "0 %s %s\n", first, count);
	write_map(pid, "uid_map", line);
	write_map(pid, "gid_map", line);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void answer(int sock, const char *text)
{
	if (send(sock, text, strlen(text) + 1, MSG_NOSIGNAL) < 0)
		warn("send");
}

static void refuse(int sock, const char *word)
{
	char text[512];

	snprintf(text, sizeof(text), "{\"error\":\"%s\",\"parameters\":{}}", word);
	answer(sock, text);
}

static void serve(int sock, int userns, int turn, char **argv)
{
	const char *how = argv[0], *a = argv[0] ? argv[1] : NULL;
	static char much[4096];

	memset(much, 'x', sizeof(much));
	if (!strcmp(how, "taken") && !turn) {
		refuse(sock, "io.systemd.NamespaceResource.NameExists");
	} else if (!strcmp(how, "lend") || !strcmp(how, "taken") ||
		   !strcmp(how, "wrong")) {
		map(userns, a, *how == 'w' ? argv[2] : "65536");
		answer(sock, "{\"parameters\":{\"name\":\"x\"}}");
	} else if (!strcmp(how, "refuse")) {
		refuse(sock, a);
	} else if (!strcmp(how, "say")) {
		answer(sock, a);
	} else if (!strcmp(how, "much")) {
		while (send(sock, much, sizeof(much), MSG_NOSIGNAL) > 0)
			;
	} else if (!strcmp(how, "hang")) {
		while (read(sock, much, 1) > 0)
			;
	}
}

int main(int argc, char **argv)
{
	char text[65536];
	int at;

	if (argc < 3)
		errx(2, "usage: lender SOCKET HOW [ARGUMENT]");
	at = listen_at(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	for (int turn = 0;; turn++) {
		int sock = accept4(at, NULL, NULL, SOCK_CLOEXEC), userns;

		if (sock < 0)
			err(1, "accept");
		userns = receive(sock, text, sizeof(text));
		printf("%s with %d\n", text, userns >= 0);
		serve(sock, userns, turn, argv + 2);
		if (userns >= 0)
			close(userns);
		close(sock);
	}
}
