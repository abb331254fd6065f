/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one channel between HOST and INIT (and USHER while it lives): a SOCK_SEQPACKET pair.
 * Messages are flat and of fixed sizes. HOST never parses what INIT sends: it checks magic,
 * kind and size, terminates the texts itself and compares the row with the one it expects.
 */
#ifndef RUN_BATON_H
#define RUN_BATON_H

#include "base/err.h"
#include "base/log.h"
#include "kernel/script.h"

#include <stdint.h>

enum baton_kind {
	BATON_PASS = 1, /* "all my rows before row N are done" */
	BATON_ERROR, /* a row failed; err */
	BATON_REMARK, /* a warning or info line; text, level */
	BATON_BORN, /* from USHER: pid, and the pidfd of INIT with it */
	BATON_NETWORK, /* from INIT: its network namespace, which HOST may not open */
	BATON_LAYER, /* from INIT: a socket, for a process that holds a layer */
	BATON_REPORT, /* received only: what the script says; report */
	BATON_END, /* received only: the other side has closed or died */
};

struct baton_msg {
	uint32_t magic;
	uint32_t kind; /* enum baton_kind */
	uint32_t row;
	uint32_t level; /* enum log_level */
	int64_t pid;
	struct err err; /* scope is never looked at */
};

/* A connected pair, both ends close-on-exec. 0 or -1 with *e. */
int baton_pair(int ret[2], struct err *e);

/* Sends; 0, or -1 with *e when the other side is gone. */
int baton_pass(int sock, uint32_t row, struct err *e);
int baton_error(int sock, uint32_t row, const struct err *what);
int baton_remark(int sock, enum log_level level, const char *text);
int baton_born(int sock, int64_t pid, int pidfd, struct err *e);
int baton_network(int sock, int net_fd, struct err *e);
int baton_layer(int sock, int fd, struct err *e);

/* The listener of SCRIPT_SEND_FD is where it belongs. Who has died meanwhile will say so. */
void baton_go_on(int sock);

/*
 * Receives the next message. ret->kind is BATON_END at the end, BATON_REPORT for a script's
 * report (in *ret_report); *ret_fd takes a descriptor that came along, else -1. -1 with *e
 * for anything that is not ours.
 */
int baton_receive(int sock, struct baton_msg *ret, struct script_report *ret_report,
		  int *ret_fd, struct err *e);

#endif
