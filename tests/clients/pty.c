/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run a command on a terminal of its own:
 *
 *	pty ROWS COLUMNS INPUT COMMAND [ARGUMENT]...
 *
 * Once "up" has been printed, or after 15 s, INPUT is typed ("-": nothing; "^C": the interrupt
 * character). All output is copied to stdout, the last line is "pty: exited N" or "pty: signal
 * N". Ends after 45 s.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void type(int fd, const char *input)
{
	if (!strcmp(input, "-"))
		return;
	if (!strcmp(input, "^C"))
		input = "\x03";
	if (write(fd, input, strlen(input)) < 0 ||
	    (*input != 3 && write(fd, "\n", 1) < 0))
		perror("pty: write");
}

/* Copies until the other side is closed or the time is over. */
static void copy(int fd, const char *input)
{
	time_t begin = time(NULL);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];
	bool up = false;

	while (time(NULL) - begin < 45) {
		if (poll(&p, 1, 200) > 0) {
			ssize_t n = read(fd, buf, sizeof(buf));

			if (n <= 0 || write(STDOUT_FILENO, buf, (size_t)n) != n)
				return;
			up = up || memmem(buf, (size_t)n, "up", 2);
		}
		if (input && (up || time(NULL) - begin >= 15)) {
			type(fd, input);
			input = NULL;
		}
	}
}

int main(int argc, char **argv)
{
	struct winsize size = { 0 };
	int fd, status;
	pid_t pid;

	if (argc < 5)
		return 64;
	size.ws_row = (unsigned short)atoi(argv[1]);
	size.ws_col = (unsigned short)atoi(argv[2]);
	pid = forkpty(&fd, NULL, NULL, &size);
	if (pid < 0) {
		perror("pty");
		return 125;
	}
	if (pid == 0) {
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	copy(fd, argv[3]);
	kill(pid, SIGHUP);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status))
		printf("pty: exited %d\n", WEXITSTATUS(status));
	else
		printf("pty: signal %d\n", WTERMSIG(status));
	return 0;
}
