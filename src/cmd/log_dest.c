/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where --log sends lines; see log_dest.h. Both socket protocols are one datagram a line, so
 * a line has no limit of ours and a reader that is slow or gone loses lines, never us time.
 */
#include "cmd/log_dest.h"

#include "base/fd.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

static const char *ident = "wolffia"; /* set once, by log_dest_open() */

static size_t without_newline(const char *line, size_t n)
{
	return n && line[n - 1] == '\n' ? n - 1 : n;
}

/* A field whose value may hold newlines: NAME, newline, 64-bit length, bytes, newline. */
static void add_field(struct str *ret, const char *name, const char *value, size_t n)
{
	uint64_t length = n; /* little endian, whatever the machine */
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(length >> (8 * i));
	str_addf(ret, "%s\n", name);
	str_add_n(ret, bytes, sizeof(bytes));
	str_add_n(ret, value, n);
	str_add(ret, "\n");
}

void log_dest_journal(struct str *ret, const char *id, enum log_level level,
		      const char *line, size_t n)
{
	str_addf(ret, "PRIORITY=%d\n", priorities[level]);
	add_field(ret, "SYSLOG_IDENTIFIER", id, strlen(id));
	add_field(ret, "MESSAGE", line, without_newline(line, n));
}

void log_dest_syslog(struct str *ret, const char *id, enum log_level level,
		     const char *line, size_t n)
{
	str_addf(ret, "<%d>%s[%d]: ", LOG_USER | priorities[level], id, (int)getpid());
	str_add_n(ret, line, without_newline(line, n));
}

static void write_journal(int fd, enum log_level level, const char *line, size_t n)
{
	auto_str b = { 0 };

	log_dest_journal(&b, ident, level, line, n);
	(void)send(fd, b.s, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void write_syslog(int fd, enum log_level level, const char *line, size_t n)
{
	auto_str b = { 0 };

	log_dest_syslog(&b, ident, level, line, n);
	(void)send(fd, b.s, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int open_socket(const char *path, struct err *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys_plain(e, "--log: connect to %s", path);
	return take_fd(&fd);
}

static int open_file(const char *path, struct err *e)
{
	int fd;

	if (str_eq(path, "/dev/stderr"))
		return -1;
	/* O_NONBLOCK: a FIFO nobody reads is an error, not a reason to wait */
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		  0644);
	if (fd < 0)
		return err_sys_plain(e, "--log: open %s", path);
	return fd;
}

static const struct {
	const char *prefix;
	const char *socket; /* NULL: what follows the prefix is a path */
	log_writer *writer;
} schemes[] = {
	{ "journald:", "/run/systemd/journal/socket", write_journal },
	{ "syslog:", "/dev/log", write_syslog },
	{ "file:", NULL, NULL },
	{ "", NULL, NULL },
};

int log_dest_open(const char *dest, enum log_format format, enum log_level level,
		  struct err *e)
{
	size_t i = 0;
	int fd = -1;

	while (dest && !str_starts(dest, schemes[i].prefix))
		i++;
	if (dest && schemes[i].socket) {
		if (dest[strlen(schemes[i].prefix)])
			ident = dest + strlen(schemes[i].prefix);
		fd = open_socket(schemes[i].socket, e);
		log_set_writer(schemes[i].writer);
	} else if (dest) {
		fd = open_file(dest + strlen(schemes[i].prefix), e);
	}
	log_setup(fd, format, level);
	return fd < 0 && err_is_set(e) ? -1 : 0;
}
