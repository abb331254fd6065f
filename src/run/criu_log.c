/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reasons in criu's log; see criu_log.h. A log can be very long: it is read in pieces. */
#include "run/criu_log.h"

#include "base/fd.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REASONS_MAX = 2, LINE_MAX_ = 1024 };

/* Errors that are none, or that only repeat that there was one. */
static const char *const noise[] = {
	"Can't setup RLIMIT_NOFILE for self",
	"Can't make pidfd_store",
	"Dumping FAILED",
	"Restoring FAILED",
	"Pre-dumping FAILED",
	"RPC client reported script error",
};

/* What to do about it: the first row whose word is in the line. */
static const struct {
	const char *word;
	const char *hint;
} hints[] = {
	{ "--tcp-established", "--tcp-established takes open connections along" },
	{ "Connected TCP socket", "--tcp-established takes open connections along" },
	{ "--ext-unix-sk", "--ext-unix-sk allows sockets whose other end is outside" },
	{ "External socket is used",
	  "--ext-unix-sk allows sockets whose other end is outside" },
	{ "--file-locks", "--file-locks takes file locks along" },
	{ "--shell-job", "--shell-job is for a container on the caller's terminal" },
	{ "Found dangling tty",
	  "--shell-job is for a container on the caller's terminal" },
	{ "is not a terminal", "--shell-job needs a terminal as standard input" },
	{ "--link-remap", "--link-remap takes files along that were deleted while open" },
	{ "iptables", "criu locks the network with iptables: install it, or use "
		      "--network-lock=skip" },
	{ "nftables", "--network-lock=iptables or skip is another way" },
	{ "--tcp-close", "--tcp-close drops the connections" },
	/* criu opens what it inherits in place of a regular file once more, from within */
	{ "Can't open file fd/", "a standard stream that was a file is opened by the "
				 "container's root: let it be "
				 "a file that this one may open, or /dev/null" },
	{ "Can't connect to",
	  "a page server must be listening there (criu page-server)" },
};

/* What Podman would take for a missing or forbidden command (base/err.h, err_sys_plain). */
static const struct {
	const char *had;
	const char *has; /* not longer */
} plain[] = {
	{ "No such file or directory", "it does not exist" },
	{ "Operation not permitted", "not allowed" },
	{ "Permission denied", "not allowed" },
};

static void word_plainly(char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		size_t had = strlen(plain[i].had), has = strlen(plain[i].has);

		for (char *at; (at = strstr(text, plain[i].had));) {
			memcpy(at, plain[i].has, has);
			memmove(at + has, at + had, strlen(at + had) + 1);
		}
	}
}

static bool is_noise(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (strstr(text, noise[i]))
			return true;
	return false;
}

static void find_hint(struct criu_reason *r, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints) && !r->hint; i++)
		if (strstr(text, hints[i].word))
			r->hint = hints[i].hint;
}

void criu_reason_line(struct criu_reason *r, const char *line, size_t n)
{
	char text[LINE_MAX_];
	const char *at, *colon;
	size_t used = strlen(r->text);

	snprintf(text, sizeof(text), "%.*s", (int)(n < sizeof(text) ? n : sizeof(text)),
		 line);
	/* (00.012345)      1: Error (criu/files.c:123): what we want */
	at = strstr(text, "Error (");
	colon = at ? strstr(at, "): ") : NULL;
	if (!colon || is_noise(colon))
		return;
	find_hint(r, colon);
	word_plainly(text + (colon - text));
	if (r->n == REASONS_MAX)
		return;
	for (colon += 3; *colon == ' ';)
		colon++;
	snprintf(r->text + used, sizeof(r->text) - used, "%s%.190s", used ? "; " : "",
		 colon);
	for (size_t i = used; r->text[i]; i++)
		if ((unsigned char)r->text[i] < ' ' || r->text[i] == 0x7f)
			r->text[i] = '?';
	r->n++;
}

/* The lines of a piece; what is left of the last one is moved to its beginning. */
static size_t take_lines(struct criu_reason *r, char *piece, size_t n)
{
	char *at = piece, *end;

	while ((end = memchr(at, '\n', n - (size_t)(at - piece)))) {
		criu_reason_line(r, at, (size_t)(end - at));
		at = end + 1;
	}
	n -= (size_t)(at - piece);
	memmove(piece, at, n);
	return n;
}

void criu_reason_read(struct criu_reason *r, int dirfd, const char *name)
{
	auto_close int fd =
		openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char piece[16384];
	struct stat st;
	size_t left = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	while (r->n < REASONS_MAX) {
		n = read(fd, piece + left, sizeof(piece) - left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		left = take_lines(r, piece, left + (size_t)n);
		if (left == sizeof(piece))
			left = 0; /* a line of this length is no message */
	}
	if (left)
		criu_reason_line(r, piece, left);
}
