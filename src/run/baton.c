/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The baton; see baton.h. */
#include "run/baton.h"

#include "base/fd.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { BATON_MAGIC = 0x77666261 };

int baton_pair(int ret[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0)
		return err_sys(e, "socketpair");
	return 0;
}

static int send_msg(int sock, const struct baton_msg *m, int fd)
{
	return fd_send(sock, m, sizeof(*m), &fd, fd >= 0 ? 1 : 0);
}

int baton_pass(int sock, uint32_t row, struct err *e)
{
	struct baton_msg m = { .magic = BATON_MAGIC, .kind = BATON_PASS, .row = row };

	if (send_msg(sock, &m, -1) < 0)
		return err_sys(e, "the other half of the runtime is gone");
	return 0;
}

int baton_error(int sock, uint32_t row, const struct err *what)
{
	struct baton_msg m = { .magic = BATON_MAGIC, .kind = BATON_ERROR, .row = row };

	m.err = *what;
	m.err.scope = NULL;
	return send_msg(sock, &m, -1);
}

int baton_remark(int sock, enum log_level level, const char *text)
{
	struct baton_msg m = { .magic = BATON_MAGIC,
			       .kind = BATON_REMARK,
			       .level = level };

	snprintf(m.err.text, sizeof(m.err.text), "%s", text);
	return send_msg(sock, &m, -1);
}

int baton_born(int sock, int64_t pid, int pidfd, struct err *e)
{
	struct baton_msg m = { .magic = BATON_MAGIC, .kind = BATON_BORN, .pid = pid };

	if (send_msg(sock, &m, pidfd) < 0)
		return err_sys(e, "the runtime is gone");
	return 0;
}

static int send_fd(int sock, enum baton_kind kind, int fd, struct err *e)
{
	struct baton_msg m = { .magic = BATON_MAGIC, .kind = kind };

	if (send_msg(sock, &m, fd) < 0)
		return err_sys(e, "the runtime is gone");
	return 0;
}

int baton_network(int sock, int net_fd, struct err *e)
{
	return send_fd(sock, BATON_NETWORK, net_fd, e);
}

int baton_layer(int sock, int fd, struct err *e)
{
	return send_fd(sock, BATON_LAYER, fd, e);
}

void baton_go_on(int sock)
{
	(void)fd_send(sock, "", 1, NULL, 0);
}

union any {
	struct baton_msg msg;
	struct script_report report;
	uint32_t magic;
};

static_assert(sizeof(struct baton_msg) != sizeof(struct script_report),
	      "told by size too");

static int understand(const union any *m, ssize_t n, struct baton_msg *ret,
		      struct script_report *ret_report, struct err *e)
{
	if (n == (ssize_t)sizeof(m->report) && m->magic == SCRIPT_MAGIC) {
		*ret_report = m->report;
		ret_report->what[sizeof(ret_report->what) - 1] = '\0';
		ret->kind = BATON_REPORT;
		return 0;
	}
	if (n != (ssize_t)sizeof(m->msg) || m->magic != BATON_MAGIC || !m->msg.kind ||
	    m->msg.kind >= BATON_REPORT)
		return err_set(e, "the container's init sent a message that is not ours");
	*ret = m->msg;
	ret->err.scope = NULL;
	ret->err.text[sizeof(ret->err.text) - 1] = '\0';
	ret->err.hint[sizeof(ret->err.hint) - 1] = '\0';
	return 0;
}

int baton_receive(int sock, struct baton_msg *ret, struct script_report *ret_report,
		  int *ret_fd, struct err *e)
{
	union any m;
	size_t n_fds = 0;
	int fd = -1;
	ssize_t n = fd_receive(sock, &m, sizeof(m), &fd, 1, &n_fds);

	/* the other side closed with a message of ours unread: its last words come after that */
	if (n < 0 && errno == ECONNRESET)
		n = fd_receive(sock, &m, sizeof(m), &fd, 1, &n_fds);

	*ret = (struct baton_msg){ 0 };
	*ret_fd = -1;
	if (n < 0 && errno != ECONNRESET)
		return err_sys(e, "receive from the container's init");
	if (n <= 0) {
		if (n == 0) /* an empty message may carry one */
			fd_close(fd);
		ret->kind = BATON_END;
		return 0;
	}
	if (understand(&m, n, ret, ret_report, e) < 0) {
		fd_close(fd);
		return -1;
	}
	*ret_fd = fd;
	return 0;
}
