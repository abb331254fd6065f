/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation with systemd-nsresourced; see nsresource.h. It is root's, so it is believed,
 * but bounded in length and time, and what it has done is looked at: only maps that
 * say what was asked for are taken.
 */
#include "ns/nsresource.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "kernel/nsfd.h"
#include "libocispec/oci.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define INTERFACE "io.systemd.NamespaceResource."

static const char otherwise[] = "/etc/subuid and /etc/subgid are the other source of ids "
				"(usermod --add-subuids); --userns single needs none";

bool nsresource_is_there(void)
{
	struct stat st;

	return stat(NSRESOURCE_SOCKET, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* ---- messages, pure ---------------------------------------------------------------------- */

void nsresource_request(const char *name, struct str *ret)
{
	str_addf(ret,
		 "{\"method\":\"" INTERFACE "AllocateUserRange\",\"parameters\":{"
		 "\"name\":\"%.*s\",\"size\":%d,\"target\":0,"
		 "\"userNamespaceFileDescriptor\":0}}",
		 NSRESOURCE_NAME_MAX, name, NSRESOURCE_IDS);
}

struct reply_details {
	char *parameter, *errno_name;
};

struct reply {
	char *error;
	struct reply_details *parameters;
};

/* What is shown to the user. */
static OCI_RULE(rule_word)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				"0123456789._-");

	return n && n < 128 && !text[n] ? NULL : "a word";
}

static const struct oci_member details_members[] = {
	OCI_STR(reply_details, parameter, "parameter", 0, rule_word),
	OCI_STR(reply_details, errno_name, "errnoName", 0, rule_word),
};
static const struct oci_type details_type =
	OCI_TYPE(reply_details, details_members, NULL);

static const struct oci_member reply_members[] = {
	OCI_STR(reply, error, "error", 0, rule_word),
	OCI_OBJ(reply, parameters, "parameters", 0, reply_details, &details_type),
};
static const struct oci_type reply_type = OCI_TYPE(reply, reply_members, NULL);

/* Words of the interface, of systemd's varlink and of polkit, and what to do. */
static const struct {
	const char *word;
	int code;
	const char *cure;
} refusals[] = {
	{ INTERFACE "UserNamespaceInterfaceNotSupported", ENOTSUP,
	  "the service needs BPF as a security module: bpf in the kernel's lsm=, and the "
	  "library libbpf (libbpf1)" },
	{ INTERFACE "NameExists", EEXIST, NULL },
	{ INTERFACE "DynamicRangeUnavailable", ENOTSUP,
	  "the service runs in a user namespace that has no such ids itself" },
	{ INTERFACE "NoDynamicRange", EAGAIN,
	  "it found no free range: end containers, or try again" },
	{ "io.systemd.InteractiveAuthenticationRequired", EACCES,
	  "polkit decides: the action is "
	  "io.systemd.namespace-resource.allocate-user-namespace" },
	{ "org.varlink.service.PermissionDenied", EACCES,
	  "polkit decides: the action is "
	  "io.systemd.namespace-resource.allocate-user-namespace" },
	{ "org.varlink.service.MethodNotFound", ENOTSUP,
	  "it needs systemd 257 or newer" },
};

static int refused(const struct reply *r, struct err *e)
{
	const char *more = !r->parameters	       ? NULL
			   : r->parameters->errno_name ? r->parameters->errno_name
						       : r->parameters->parameter;

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (!str_eq(refusals[i].word, r->error))
			continue;
		err_set(e, "systemd-nsresourced refuses: %s", r->error);
		e->code = refusals[i].code;
		return refusals[i].cure ? err_hint(e, "%s", refusals[i].cure) : -1;
	}
	err_set(e, "systemd-nsresourced refuses: %s%s%s%s", r->error, more ? " (" : "",
		more ? more : "", more ? ")" : "");
	/* a user has 256 of them at most */
	return more && str_eq(more, "EUSERS")
		       ? err_hint(e, "the caller has as many as one user may have: end "
				     "containers")
		       : -1;
}

int nsresource_reply(const char *text, size_t n, struct err *e)
{
	struct oci_arena arena = { 0 };
	struct oci_error why;
	void *object;
	int rc = 0;

	if (oci_decode(&arena, &reply_type, "answer", text, n, &object, &why) < 0)
		rc = err_set(e, "systemd-nsresourced is not understood: %.200s",
			     why.text);
	else if (((struct reply *)object)->error)
		rc = refused(object, e);
	oci_arena_free(&arena);
	return rc;
}

/* ---- the conversation -------------------------------------------------------------------- */

static int check_peer(int sock, const char *path, struct err *e)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return err_sys(e, "%s: credentials of the peer", path);
	if (peer.uid == 0)
		return 0;
	return err_set(e, "%s: uid %u listens there, not root: it is not asked", path,
		       (unsigned)peer.uid);
}

/* 1: there is something to be read. */
static int wait_for_answer(int sock, int stop_fd, int64_t end, int timeout_ms,
			   struct err *e)
{
	struct pollfd p[] = { { sock, POLLIN, 0 }, { stop_fd, POLLIN, 0 } };
	int64_t left = end - clock_ms();
	int n = poll(p, ARRAY_SIZE(p), left > 0 ? (int)left : 0);

	if (n < 0)
		return errno == EINTR ? 0 : err_sys(e, "poll");
	if (p[1].revents) {
		err_set(e, "interrupted while waiting for systemd-nsresourced");
		e->code = EINTR;
		return -1;
	}
	if (n > 0)
		return 1;
	if (left > 0)
		return 0;
	err_set(e, "systemd-nsresourced has not answered for %d s", timeout_ms / 1000);
	e->code = ETIMEDOUT;
	return err_hint(e, "see `systemctl status systemd-nsresourced`; %s", otherwise);
}

/* The answer's bytes up to its NUL; the number of them. */
static int receive(const struct nsresource_call *call, int sock, char *buf, struct err *e)
{
	int64_t end = clock_ms() + call->timeout_ms;
	size_t n = 0;

	while (n < NSRESOURCE_REPLY_MAX) {
		ssize_t got;
		char *nul;

		if (TRY(wait_for_answer(sock, call->stop_fd, end, call->timeout_ms, e)) ==
		    0)
			continue;
		got = recv(sock, buf + n, NSRESOURCE_REPLY_MAX - n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got < 0)
			return err_sys_plain(e, "%s: read", call->socket);
		if (got == 0)
			return err_set(e, "systemd-nsresourced has closed the "
					  "connection without an answer");
		nul = memchr(buf + n, '\0', (size_t)got);
		if (nul)
			return (int)(nul - buf);
		n += (size_t)got;
	}
	return err_set(e, "systemd-nsresourced answers with more than %d bytes",
		       NSRESOURCE_REPLY_MAX);
}

int nsresource_ask(const struct nsresource_call *call, struct err *e)
{
	auto_close int sock = fd_connect_unix_within(call->socket, call->timeout_ms, e);
	char answer[NSRESOURCE_REPLY_MAX];
	auto_str text = { 0 };
	int n;

	if (sock < 0)
		return err_hint(e, "see `systemctl status systemd-nsresourced.socket`");
	TRY(check_peer(sock, call->socket, e));
	nsresource_request(call->name, &text);
	if (fd_send(sock, text.s, text.n + 1, &call->userns, 1) < 0)
		return err_sys_plain(e, "%s: send", call->socket);
	n = TRY(receive(call, sock, answer, e));
	return nsresource_reply(answer, (size_t)n, e);
}

/* ---- a child's maps ---------------------------------------------------------------------- */

static int open_userns(int pidfd, pid_t pid, int proc_fd, struct err *e)
{
	int fd = nsfd_of_process(pidfd, NSFD_USER);
	char path[32];

	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%d/ns/user", (int)pid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys_plain(e, "open the new user namespace") : fd;
}

/* Letters and digits that nobody else on the machine has chosen, most likely. */
static int choose_name(char ret[NSRESOURCE_NAME_MAX + 1], struct err *e)
{
	uint64_t v;

	if (getrandom(&v, sizeof(v), 0) != sizeof(v))
		return err_sys(e, "getrandom");
	snprintf(ret, NSRESOURCE_NAME_MAX + 1, "w%010llx",
		 (unsigned long long)(v & 0xffffffffff));
	return 0;
}

/* The next number of a map's line; UINT64_MAX: there is none. */
static uint64_t number(const char **text)
{
	char *end;
	uint64_t v;

	*text += strspn(*text, " ");
	if (**text < '0' || **text > '9')
		return UINT64_MAX;
	v = strtoull(*text, &end, 10);
	*text = end;
	return v;
}

static int look(pid_t pid, const char *file, uint32_t own, int proc_fd, uint32_t *ret,
		struct err *e)
{
	char path[32], text[256];
	const char *at = text;
	uint64_t inside, outside, count;

	snprintf(path, sizeof(path), "%d/%s", (int)pid, file);
	if (file_read_value(proc_fd, path, text, sizeof(text)) < 0)
		return err_sys_plain(e, "read %s", file);
	inside = number(&at);
	outside = number(&at);
	count = number(&at);
	if (*at || inside != 0 || count != NSRESOURCE_IDS || outside == 0 ||
	    outside > UINT32_MAX - NSRESOURCE_IDS ||
	    (own >= outside && own - outside < NSRESOURCE_IDS))
		return err_set(e,
			       "systemd-nsresourced has written \"%.60s\" into %s, which "
			       "was not asked for",
			       text, file);
	*ret = (uint32_t)outside;
	return 0;
}

/* Under another name if that one is taken. */
static int ask(struct nsresource_call *call, struct err *e)
{
	char name[NSRESOURCE_NAME_MAX + 1];

	call->name = name;
	for (int tries = 3; tries; tries--) {
		err_clear(e);
		TRY(choose_name(name, e));
		if (nsresource_ask(call, e) == 0)
			return 0;
		if (e->code != EEXIST)
			break;
	}
	return -1;
}

int nsresource_map(int pidfd, pid_t pid, int proc_fd, int stop_fd, uint32_t *ret_uid,
		   uint32_t *ret_gid, struct err *e)
{
	auto_close int userns = TRY(open_userns(pidfd, pid, proc_fd, e));
	struct nsresource_call call = { .socket = NSRESOURCE_SOCKET,
					.userns = userns,
					.stop_fd = stop_fd,
					.timeout_ms = NSRESOURCE_MS };
	uint32_t uid, gid;

	if (ask(&call, e) < 0 || look(pid, "uid_map", geteuid(), proc_fd, &uid, e) < 0 ||
	    look(pid, "gid_map", getegid(), proc_fd, &gid, e) < 0)
		return err_hint(e, "%s", otherwise);
	*ret_uid = uid;
	*ret_gid = gid;
	return 0;
}
