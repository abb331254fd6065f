/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ids that systemd-nsresourced lends: a range of NSRESOURCE_IDS uids and as many gids for as
 * long as a user namespace lives. Neither /etc/subuid nor a set-uid program is needed: the service
 * writes the maps itself. systemd-nsresourced.service(8), systemd 257 and newer; varlink:
 * one message of JSON and a NUL in each direction, the namespace as SCM_RIGHTS.
 */
#ifndef NS_NSRESOURCE_H
#define NS_NSRESOURCE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NSRESOURCE_SOCKET "/run/systemd/io.systemd.NamespaceResource"

enum {
	NSRESOURCE_IDS = 65536, /* the service knows this and 1 */
	NSRESOURCE_REPLY_MAX = 16384,
	NSRESOURCE_NAME_MAX =
		11, /* what a user name leaves of 31 bytes in "ns-UID-NAME-N" */
	NSRESOURCE_MS = 90000, /* as long as systemd lets a service take to start */
};

/* True when the machine has the service's socket. Whether it helps, nobody knows before. */
bool nsresource_is_there(void);

/* Pure: the message that asks for a range for the namespace that is sent with it. */
void nsresource_request(const char *name, struct str *ret);

/*
 * Pure: the answer without its NUL. 0: granted. -1 with *e: the service's word for its refusal
 * with the cure, or what is wrong with the answer. EEXIST as e->code: the name is taken.
 */
int nsresource_reply(const char *text, size_t n, struct err *e);

/* One question. */
struct nsresource_call {
	const char *socket; /* absolute */
	const char
		*name; /* at most NSRESOURCE_NAME_MAX of a-z, 0-9, the first a letter */
	int userns; /* a user namespace of the caller's without maps; not O_PATH */
	int stop_fd; /* readable: break off, e->code EINTR; -1: none */
	int timeout_ms; /* for the answer, e->code ETIMEDOUT */
};

/*
 * Asks, and waits for the answer. 0: the maps are written. Whoever listens must be root, or
 * nothing is sent. unix(7) SO_PEERCRED.
 */
int nsresource_ask(const struct nsresource_call *call, struct err *e);

/*
 * Has NSRESOURCE_SOCKET's service map a child that was born with CLONE_NEWUSER, waits on us,
 * and is not reaped: container ids 0 to 65535. pidfd and pid are its, proc_fd a trusted procfs;
 * stop_fd as above. *ret_uid and *ret_gid are the first ids of the range, read from the
 * maps as the caller sees them: neither root nor the caller are in it, or it is an error.
 */
int nsresource_map(int pidfd, pid_t pid, int proc_fd, int stop_fd, uint32_t *ret_uid,
		   uint32_t *ret_gid, struct err *e);

#endif
