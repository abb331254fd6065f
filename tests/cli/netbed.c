/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both ends of a connection, for the tests of networks:
 *
 *	netbed serve ADDRESS:PORT[/udp]=TEXT...	answers everybody with TEXT; "echo": with
 *						what came. Prints "ready", ends with its parent.
 *	netbed ask [-t MS] ADDRESS:PORT[/udp]...	all at once; one line each: the answer, or
 *						the reason in ()
 *	netbed push ADDRESS:PORT BYTES		sends so many to an echo and counts what
 *						comes back
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVICES_MAX = 32, CLIENTS_MAX = 64, CHUNK = 65536 };

struct place {
	struct sockaddr_storage at;
	socklen_t n;
	bool udp;
	const char *text;
};

static void die(const char *what)
{
	fprintf(stderr, "netbed: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct place place_of(char *word)
{
	struct place p = { .udp = false };
	char *equals = strchr(word, '='), *slash, *colon;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&p.at;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&p.at;

	if (equals)
		*equals++ = '\0';
	p.text = equals;
	slash = strchr(word, '/');
	if (slash)
		*slash = '\0';
	p.udp = slash != NULL;
	colon = strrchr(word, ':');
	if (!colon)
		die(word);
	*colon = '\0';
	if (inet_pton(AF_INET, word, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
		p.n = sizeof(*v4);
	} else if (inet_pton(AF_INET6, word, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
		p.n = sizeof(*v6);
	} else {
		die(word);
	}
	return p;
}

static int socket_of(const struct place *p)
{
	int fd = socket(p->at.ss_family,
			(p->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* ---- serve ------------------------------------------------------------------------------ */

static void answer(int fd, const struct place *p)
{
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	char buf[2048];
	ssize_t got;

	if (!p->udp) {
		int c = accept(fd, NULL, NULL);

		if (c >= 0) {
			if (write(c, p->text, strlen(p->text)) < 0 ||
			    write(c, "\n", 1) < 0)
				perror("netbed: write");
			close(c);
		}
		return;
	}
	got = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &n);
	if (got >= 0 &&
	    sendto(fd, p->text, strlen(p->text), 0, (struct sockaddr *)&from, n) < 0)
		perror("netbed: sendto");
}

static void echo_forever(int listener)
{
	static char buf[CHUNK];

	for (;;) {
		int c = accept(listener, NULL, NULL);
		ssize_t n;

		if (c < 0)
			continue;
		if (fork() == 0) {
			while ((n = read(c, buf, sizeof(buf))) > 0)
				for (ssize_t at = 0, w; at < n; at += w)
					if ((w = write(c, buf + at, (size_t)(n - at))) <
					    0)
						_exit(0);
			_exit(0);
		}
		close(c);
	}
}

static _Noreturn void serve(int n, char **words)
{
	struct place p[SERVICES_MAX];
	struct pollfd fds[SERVICES_MAX];
	static const int on = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < n && i < SERVICES_MAX; i++) {
		p[i] = place_of(words[i]);
		fds[i] = (struct pollfd){ socket_of(&p[i]), POLLIN, 0 };
		setsockopt(fds[i].fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fds[i].fd, (struct sockaddr *)&p[i].at, p[i].n) < 0 ||
		    (!p[i].udp && listen(fds[i].fd, 64) < 0))
			die(words[i]);
		if (strcmp(p[i].text, "echo") == 0 && fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			echo_forever(fds[i].fd);
		}
		if (strcmp(p[i].text, "echo") == 0)
			fds[i].fd = -1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(fds, (nfds_t)n, -1) < 0)
			continue;
		for (int i = 0; i < n; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				answer(fds[i].fd, &p[i]);
	}
}

/* ---- ask -------------------------------------------------------------------------------- */

static void ask_one(char *word, int ms)
{
	struct place p = place_of(word);
	int fd = socket_of(&p);
	struct timeval t = { ms / 1000, ms % 1000 * 1000 };
	struct pollfd in = { fd, POLLIN, 0 };
	char buf[512];
	ssize_t n = -1;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	if (connect(fd, (struct sockaddr *)&p.at, p.n) < 0) {
		printf("(%s)\n", errno == EINPROGRESS ? "timed out" : strerror(errno));
	} else {
		if (p.udp && send(fd, "x", 1, 0) < 0)
			perror("netbed: send");
		if (poll(&in, 1, ms) > 0)
			n = read(fd, buf, sizeof(buf) - 1);
		else
			errno = ETIMEDOUT;
		buf[n > 0 ? n : 0] = '\0';
		buf[strcspn(buf, "\n")] = '\0';
		if (n > 0)
			puts(buf);
		else
			printf("(%s)\n", n == 0		      ? "end"
					 : errno == ETIMEDOUT ? "timed out"
							      : strerror(errno));
	}
	close(fd);
}

/* Another process asks; its line can be read from what is returned. */
static int ask_beside(char *word, int ms)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		die("pipe");
	fflush(stdout);
	switch (fork()) {
	case -1:
		die("fork");
		break;
	case 0:
		if (dup2(p[1], STDOUT_FILENO) < 0)
			die("dup2");
		ask_one(word, ms);
		fflush(stdout);
		_exit(0);
	default:
		close(p[1]);
	}
	return p[0];
}

static void ask(int n, char **words, int ms)
{
	int from[SERVICES_MAX];
	char buf[1024];
	ssize_t got;

	if (n > SERVICES_MAX)
		n = SERVICES_MAX;
	for (int i = 0; i < n; i++)
		from[i] = ask_beside(words[i], ms);
	for (int i = 0; i < n; i++) {
		while ((got = read(from[i], buf, sizeof(buf))) > 0)
			fwrite(buf, 1, (size_t)got, stdout);
		close(from[i]);
	}
}

/* ---- push ------------------------------------------------------------------------------- */

static int push(char *word, unsigned long long want)
{
	static char out[CHUNK], in[CHUNK];
	struct place p = place_of(word);
	unsigned long long sent = 0, got = 0;
	int fd = socket_of(&p);

	if (connect(fd, (struct sockaddr *)&p.at, p.n) < 0)
		die("connect");
	for (;;) {
		struct pollfd f = { fd, POLLIN | (sent < want ? POLLOUT : 0), 0 };
		ssize_t n;

		if (poll(&f, 1, 10000) <= 0)
			break;
		if (f.revents & POLLIN) {
			n = read(fd, in, sizeof(in));
			if (n <= 0)
				break;
			got += (unsigned long long)n;
		} else if (f.revents & POLLOUT) {
			size_t room = want - sent < CHUNK ? (size_t)(want - sent) : CHUNK;

			n = send(fd, out, room, MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n < 0 && errno != EAGAIN)
				break;
			sent += n > 0 ? (unsigned long long)n : 0;
			if (sent == want)
				shutdown(fd, SHUT_WR);
		} else {
			break;
		}
	}
	printf("%llu\n", got);
	return got == want ? 0 : 1;
}

int main(int argc, char **argv)
{
	int ms = 1500, at = 2;

	if (argc > 2 && strcmp(argv[1], "serve") == 0)
		serve(argc - 2, argv + 2);
	if (argc == 4 && strcmp(argv[1], "push") == 0)
		return push(argv[2], strtoull(argv[3], NULL, 10));
	if (argc < 3 || strcmp(argv[1], "ask") != 0) {
		fputs("netbed serve|ask|push ...\n", stderr);
		return 2;
	}
	if (argc > 4 && strcmp(argv[2], "-t") == 0) {
		ms = (int)strtol(argv[3], NULL, 10);
		at = 4;
	}
	ask(argc - at, argv + at, ms);
	return 0;
}
