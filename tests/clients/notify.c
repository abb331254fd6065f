/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sd_notify(3) from both sides, for tests:
 *
 *	notify TEXT...		sends each to $NOTIFY_SOCKET (a path)
 *	notify --listen PATH N	prints N messages that come to PATH, a line each, then ends
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listener(int sock, const struct sockaddr_un *a, int count)
{
	char text[4096];

	unlink(a->sun_path);
	if (bind(sock, (const struct sockaddr *)a, sizeof(*a)) < 0)
		return 1;
	for (; count > 0; count--) {
		ssize_t n = recv(sock, text, sizeof(text) - 1, 0);

		if (n < 0)
			return 1;
		for (ssize_t i = 0; i < n; i++)
			text[i] = text[i] == '\n' ? '|' : text[i];
		printf("%.*s\n", (int)n, text);
		fflush(stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *path = getenv("NOTIFY_SOCKET");
	int bad = 0;

	if (argc == 4 && !strcmp(argv[1], "--listen")) {
		snprintf(a.sun_path, sizeof(a.sun_path), "%s", argv[2]);
		return listener(sock, &a, atoi(argv[3]));
	}
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path ? path : "");
	for (int i = 1; i < argc; i++)
		bad |= sendto(sock, argv[i], strlen(argv[i]), 0, (struct sockaddr *)&a,
			      sizeof(a)) < 0;
	if (bad)
		perror("notify");
	return bad;
}
