/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation with systemd, with a scripted one at the other end of a real socket: what
 * is asked in which order, and what comes of every way of being refused, old, late, lied to.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "cgroup/systemd.h"
#include "libocispec/oci.h"
#include "tests/unit/dbus_peer.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>

static struct oci_arena arena;

/* How the peer behaves; bits. */
enum {
	OLD_FDS = 1, /* does not know PIDFDs */
	OLD_CPUS = 2, /* does not know AllowedCPUs */
	EXISTS = 4, /* the unit exists, always */
	EXISTS_ONCE = 8, /* ... until it is reset */
	REFUSES = 16, /* every call about a unit */
	LATE = 32, /* never answers those */
	HANGS_UP = 64, /* closes instead */
	NO_JOB = 128, /* an answer without a job */
	LIARS = 256, /* others tell that our job, and somebody's else job, are done */
	FAILS = 512, /* the job ends with "failed" */
	NO_JOB_END = 1024, /* the job never ends */
	NO_MATCH = 2048, /* the bus refuses the match */
	NO_FDS = 4096, /* the bus passes no descriptors */
	GONE = 8192, /* no such unit */
	ODD_CPUS = 16384, /* refuses a property that we did not send */
	GARBAGE = 32768, /* answers with what is no message */
	ODD_PATH = 65536, /* the manager's cgroup is no text */
	DIRECT = 131072, /* no bus in between */
	NO_SLICES = 262144, /* one of the slices has a file */
};

/* ---- the peer ------------------------------------------------------------------------------ */

struct peer {
	unsigned how;
	int fd, log;
	bool was_reset;
	struct str out;
};

static void say(struct peer *p, const char *text)
{
	ck_assert_int_eq(write(p->log, text, strlen(text)), (ssize_t)strlen(text));
}

static const char *sender(const struct peer *p)
{
	return p->how & DIRECT ? NULL : ":1.5";
}

static void reply(struct peer *p, uint32_t serial, char type, const char *text)
{
	const char signature[] = { type, '\0' };
	auto_str body = { 0 };

	if (type)
		dbus_put_string(&body, text);
	peer_message(&p->out, DBUS_REPLY, sender(p), serial, NULL, NULL,
		     type ? signature : NULL, type ? &body : NULL);
}

static void error(struct peer *p, uint32_t serial, const char *name, const char *text)
{
	auto_str body = { 0 };

	dbus_put_string(&body, text);
	peer_message(&p->out, DBUS_ERROR, sender(p), serial, name, NULL, "s", &body);
}

static void unknown(struct peer *p, uint32_t serial, const char *property)
{
	char text[128];

	snprintf(text, sizeof(text), "Cannot set property %s, or unknown property.",
		 property);
	error(p, serial, "org.freedesktop.DBus.Error.PropertyReadOnly", text);
}

static void job(struct peer *p, uint32_t serial)
{
	if (p->how & NO_JOB) {
		reply(p, serial, 0, NULL);
		return;
	}
	reply(p, serial, 'o', "/job/1");
	if (p->how & LIARS) {
		peer_signal(&p->out, ":1.6", "uoss", "/job/1", "a.scope", "failed");
		peer_signal(&p->out, sender(p), "uoss", "/job/2", "a.scope", "failed");
		peer_signal(&p->out, sender(p), "uos", "/job/1", "a.scope", "failed");
	}
	if (!(p->how & NO_JOB_END))
		peer_signal(&p->out, sender(p), "uoss", "/job/1", "a.scope",
			    p->how & FAILS ? "fa\niled" : "done");
}

static bool holds(const struct dbus_message *m, const char *text)
{
	return memmem(m->body, m->n_body, text, strlen(text)) != NULL;
}

static void start(struct peer *p, const struct dbus_message *m)
{
	bool by_fd = holds(m, "PIDFDs");

	say(p, by_fd ? "(fd" : "(pid");
	say(p, holds(m, "AllowedCPUs") ? ",cpus" : "");
	say(p, holds(m, "s-a-b.slice") ? ",b" : "");
	say(p, holds(m, "s-a.slice") ? ",a" : "");
	say(p, holds(m, "s.slice") ? ",s" : "");
	ck_assert_int_eq(holds(m, "StopWhenUnneeded"), holds(m, "s-a-b.slice"));
	say(p, ")");
	ck_assert_uint_eq(m->n_fds, by_fd);
	if (p->how & OLD_FDS && by_fd)
		unknown(p, m->serial, "PIDFDs");
	else if (p->how & OLD_CPUS && holds(m, "AllowedCPUs"))
		unknown(p, m->serial, "AllowedCPUs");
	else if (p->how & NO_SLICES && holds(m, "StopWhenUnneeded"))
		error(p, m->serial, "org.freedesktop.systemd1.UnitExists",
		      "Unit s.slice was already loaded or has a fragment file.");
	else if (p->how & ODD_CPUS)
		unknown(p, m->serial, "Something");
	else if (p->how & EXISTS || (p->how & EXISTS_ONCE && !p->was_reset))
		error(p, m->serial, "org.freedesktop.systemd1.UnitExists",
		      "Unit a.scope already exists.");
	else
		job(p, m->serial);
}

/* What is about a unit. */
static void answer_unit(struct peer *p, const struct dbus_message *m)
{
	if (p->how & HANGS_UP)
		_exit(0);
	if (p->how & LATE)
		return;
	if (p->how & GARBAGE)
		str_add(&p->out, "what a pity: no message at all");
	else if (p->how & REFUSES)
		error(p, m->serial, "org.freedesktop.DBus.Error.AccessDenied",
		      "Permission denied\n");
	else if (str_eq(m->member, "StartTransientUnit"))
		start(p, m);
	else if (p->how & GONE)
		error(p, m->serial, "org.freedesktop.systemd1.NoSuchUnit",
		      "Unit a.scope not loaded.");
	else if (str_eq(m->member, "StopUnit"))
		job(p, m->serial);
	else if (p->how & OLD_CPUS && holds(m, "AllowedCPUs"))
		unknown(p, m->serial, "AllowedCPUs");
	else
		reply(p, m->serial, 0, NULL);
}

static void answer(struct peer *p, const struct dbus_message *m)
{
	auto_str variant = { 0 };
	const struct dbus_item type = { .s = { p->how & ODD_PATH ? "o" : "s" } };

	say(p, m->member);
	if (str_eq(m->member, "Hello")) {
		reply(p, m->serial, 's', ":1.9");
	} else if (str_eq(m->member, "AddMatch") && p->how & NO_MATCH) {
		error(p, m->serial, "a.b", "too many matches");
	} else if (str_eq(m->member, "AddMatch")) {
		ck_assert(holds(m, "arg2='a.scope'"));
		reply(p, m->serial, 0, NULL);
	} else if (str_eq(m->member, "Get")) {
		dbus_put(&variant, &(struct dbus_value){ "g", 1, &type });
		dbus_put_string(&variant, "/mgr");
		peer_message(&p->out, DBUS_REPLY, sender(p), m->serial, NULL, NULL, "v",
			     &variant);
	} else {
		p->was_reset = p->was_reset || str_eq(m->member, "ResetFailedUnit");
		answer_unit(p, m);
	}
	say(p, " ");
	if (p->out.n && write(p->fd, p->out.s, p->out.n) < 0)
		_exit(0);
	p->out.n = 0;
}

/* As systemd does: no more than one message at a time, with the descriptors that come with it. */
static size_t receive(struct peer *p, void *to, size_t n)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
	size_t fds = 0, at = 0;

	while (at < n) {
		struct iovec v = { (char *)to + at, n - at };
		struct msghdr m = { .msg_iov = &v,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = sizeof(control) };
		ssize_t got = recvmsg(p->fd, &m, MSG_CMSG_CLOEXEC);

		if (got <= 0)
			_exit(0);
		at += (size_t)got;
		if (CMSG_FIRSTHDR(&m))
			fds += (CMSG_FIRSTHDR(&m)->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	}
	return fds;
}

static void serve(struct peer *p)
{
	static const char auth[] =
		"\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
	_Alignas(8) unsigned char buf[65536];
	const char *yes = p->how & NO_FDS ? "DATA\r\nOK 1\r\nERROR\r\n"
					  : "DATA\r\nOK 1\r\nAGREE_UNIX_FD\r\n";

	receive(p, buf, sizeof(auth) - 1);
	if (memcmp(buf, auth, sizeof(auth) - 1) || write(p->fd, yes, strlen(yes)) < 0)
		_exit(1);
	for (;;) {
		struct dbus_message m;
		struct err e = { 0 };
		uint32_t body, fields;
		size_t fds = receive(p, buf, 16), n;

		memcpy(&body, buf + 4, 4);
		memcpy(&fields, buf + 12, 4);
		n = (16 + fields + 7) / 8 * 8 + body;
		fds += receive(p, buf + 16, n - 16);
		if (dbus_parse(buf, n, &m, &e) != (ssize_t)n)
			_exit(1);
		if (m.n_fds != fds)
			say(p, "(descriptors of another message)");
		answer(p, &m);
	}
}

/* A listening socket, a process behind it, and the address in the unit. */
struct fixture {
	char dir[32], address[160], path[64], sub[64];
	int sock, log;
	pid_t pid;
	struct unit_bus bus;
};

static void fixture_open(struct fixture *f, unsigned how)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int log[2];

	strcpy(f->dir, "/tmp/bus.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f->dir));
	snprintf(f->sub, sizeof(f->sub), "%s/systemd", f->dir);
	ck_assert_int_eq(mkdir(f->sub, 0700), 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", f->dir,
		 how & DIRECT ? "systemd/private" : "bus");
	strcpy(f->path, a.sun_path);
	snprintf(f->address, sizeof(f->address), "unix:path=%s", a.sun_path);
	f->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(f->sock, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(f->sock, 1), 0);
	ck_assert_int_eq(pipe2(log, O_CLOEXEC), 0);
	f->log = log[0];
	f->pid = fork();
	if (f->pid == 0) {
		struct peer p = { .how = how, .log = log[1] };

		close(log[0]);
		p.fd = accept(f->sock, NULL, NULL);
		serve(&p);
	}
	close(log[1]);
}

/* What the peer was asked, without the last blank. */
static void fixture_close(struct fixture *f, char *ret, size_t size)
{
	ssize_t n;

	unit_disconnect(&f->bus);
	close(f->sock);
	waitpid(f->pid, NULL, 0);
	n = fd_read_full(f->log, ret, size - 1);
	ret[n > 0 ? n : 0] = '\0';
	if (n > 0 && ret[n - 1] == ' ')
		ret[n - 1] = '\0';
	close(f->log);
	unlink(f->path);
	rmdir(f->sub);
	rmdir(f->dir);
}

/* ---- rows -------------------------------------------------------------------------------------- */

enum op { START, START_BY_NUMBER, STOP, SET };

#define BEGIN	"Hello AddMatch Get "
#define TRY_FD	"StartTransientUnit(fd,cpus)"
#define TRY_PID "StartTransientUnit(pid,cpus)"

static const struct {
	enum op op;
	unsigned how;
	const char *asked; /* of the peer */
	const char *error; /* NULL: it works; a beginning */
	const char *hint; /* a part */
} talks[] = {
	{ START, 0, BEGIN TRY_FD, NULL, NULL },
	{ START_BY_NUMBER, 0, BEGIN TRY_PID, NULL, NULL },
	{ START, NO_FDS, BEGIN TRY_PID, NULL, NULL },
	{ START, OLD_FDS, BEGIN TRY_FD " " TRY_PID, NULL, NULL },
	{ START, OLD_FDS | OLD_CPUS, BEGIN TRY_FD " " TRY_PID " StartTransientUnit(pid)",
	  NULL, NULL },
	{ START, ODD_CPUS, BEGIN TRY_FD,
	  "systemd refuses to start a.scope: Cannot set property Something, or unknown "
	  "property",
	  NULL },
	{ START, EXISTS_ONCE, BEGIN TRY_FD " ResetFailedUnit " TRY_FD, NULL, NULL },
	{ START, EXISTS, BEGIN TRY_FD " ResetFailedUnit " TRY_FD,
	  "the unit a.scope exists already",
	  "systemctl stop a.scope, or another linux.cgroupsPath" },
	{ START, REFUSES, BEGIN "StartTransientUnit",
	  "systemd refuses to start a.scope: Permission denied?", NULL },
	{ START, LIARS, BEGIN TRY_FD, NULL, NULL },
	{ START, FAILS, BEGIN TRY_FD, "systemd's job for a.scope ended with \"fa?iled\"",
	  NULL },
	{ START, NO_JOB, BEGIN TRY_FD, "systemd has not named a job for a.scope", NULL },
	{ START, LATE, BEGIN "StartTransientUnit",
	  "systemd has not answered about a.scope: unix:path=/tmp/bus.",
	  "see whether `systemctl list-jobs` answers" },
	{ START, NO_JOB_END, BEGIN TRY_FD,
	  "systemd has not answered about a.scope: unix:path=/tmp/bus.", NULL },
	{ START, HANGS_UP, BEGIN "StartTransientUnit",
	  "the systemd manager of the system cannot be reached: unix:path=/tmp/bus.",
	  "--cgroup-manager cgroupfs" },
	{ START, GARBAGE, BEGIN "StartTransientUnit ",
	  "the systemd manager of the system cannot be reached: the answer is no D-Bus "
	  "message",
	  NULL },
	{ START, NO_MATCH, BEGIN TRY_FD,
	  "the systemd manager of the system cannot be reached: the bus refuses us: too "
	  "many matches",
	  NULL },
	/* the manager itself: no Hello, no match, no senders */
	{ START, DIRECT, "Get " TRY_FD, NULL, NULL },
	{ START, DIRECT | OLD_FDS | EXISTS_ONCE,
	  "Get " TRY_FD " " TRY_PID " ResetFailedUnit " TRY_PID, NULL, NULL },
	{ STOP, DIRECT, "Get StopUnit ResetFailedUnit", NULL, NULL },
	/* an odd answer to the question where the manager is does no harm */
	{ START, ODD_PATH, BEGIN TRY_FD, NULL, NULL },
	{ STOP, 0, BEGIN "StopUnit ResetFailedUnit", NULL, NULL },
	{ STOP, GONE, BEGIN "StopUnit ResetFailedUnit", NULL, NULL },
	{ STOP, REFUSES, BEGIN "StopUnit",
	  "systemd refuses to stop a.scope: Permission denied?", NULL },
	{ STOP, LATE, BEGIN "StopUnit",
	  "systemd has not answered about a.scope: ", NULL },
	{ STOP, FAILS, BEGIN "StopUnit", "systemd's job for a.scope ended with ", NULL },
	{ SET, 0, BEGIN "SetUnitProperties", NULL, NULL },
	{ SET, OLD_CPUS, BEGIN "SetUnitProperties SetUnitProperties", NULL, NULL },
	{ SET, GONE, BEGIN "SetUnitProperties",
	  "systemd refuses to change a.scope: Unit a.scope not loaded", NULL },
	{ SET, HANGS_UP, BEGIN "SetUnitProperties",
	  "the systemd manager of the system cannot be reached: ", NULL },
};

static int talk(enum op op, const struct cgroup_unit *u, struct unit_bus *b, int pidfd,
		struct err *e)
{
	int64_t deadline = clock_ms() + 300;

	switch (op) {
	case START:
		return unit_start(u, b, getpid(), pidfd, deadline, e);
	case START_BY_NUMBER:
		return unit_start(u, b, getpid(), -1, deadline, e);
	case STOP:
		return unit_stop(u, b, deadline, e);
	case SET:
		return unit_set(u, b, &u->properties, deadline, e);
	}
	return 0;
}

START_TEST(conversations)
{
	const struct cgroup_write cpus = { .file = "cpuset.cpus", .value = "0" };
	struct cgroup_unit u = { .name = "a.scope", .slice = "a.slice" };
	struct err e = { 0 };
	struct fixture f;
	char asked[256];
	/* any descriptor will do for the peer */
	auto_close int pidfd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int rc;

	signal(SIGPIPE, SIG_IGN);
	fixture_open(&f, talks[_i].how);
	u.addresses = f.address;
	unit_properties_limits(&cpus, 1, &arena, &u.properties);
	ck_assert_int_eq(unit_connect(&u, &f.bus, &e), 0);
	rc = talk(talks[_i].op, &u, &f.bus, pidfd, &e);
	if (rc == 0) {
		ck_assert_int_eq(f.bus.has_path, !(talks[_i].how & ODD_PATH));
		ck_assert_str_eq(f.bus.path, f.bus.has_path ? "/mgr" : "");
	}
	fixture_close(&f, asked, sizeof(asked));
	if (talks[_i].error)
		ck_assert_msg(rc < 0 && str_starts(e.text, talks[_i].error), "%s",
			      e.text);
	else
		ck_assert_msg(rc == 0, "%s", e.text);
	if (talks[_i].hint)
		ck_assert_msg(strstr(e.hint, talks[_i].hint) != NULL, "%s", e.hint);
	/* who has gone before the peer reads on has not been heard to the end */
	if (!(talks[_i].how & (HANGS_UP | GARBAGE | NO_MATCH)))
		ck_assert_str_eq(asked, talks[_i].asked);
	oci_arena_free(&arena);
}
END_TEST

/* slices that are missing, how systemd takes them, what it is asked */
static const struct {
	const char *slice;
	unsigned missing, how;
	const char *asked;
} slices[] = {
	{ "s-a-b.slice", 0, 0, TRY_FD },
	{ "s-a-b.slice", 1, 0, "StartTransientUnit(fd,cpus,b)" },
	{ "s-a-b.slice", 2, 0, "StartTransientUnit(fd,cpus,b,a)" },
	{ "s-a-b.slice", 3, 0, "StartTransientUnit(fd,cpus,b,a,s)" },
	{ "s-a-b.slice", 9, 0, "StartTransientUnit(fd,cpus,b,a,s)" },
	{ "s-a-b.slice", 2, NO_SLICES, "StartTransientUnit(fd,cpus,b,a) " TRY_FD },
	{ "s-a-b.slice", 1, NO_SLICES | OLD_FDS,
	  "StartTransientUnit(fd,cpus,b) StartTransientUnit(pid,cpus,b) " TRY_PID },
	{ "-.slice", 1, 0, TRY_FD },
};

START_TEST(new_slices)
{
	const struct cgroup_write cpus = { .file = "cpuset.cpus", .value = "0" };
	struct cgroup_unit u = { .name = "a.scope", .slice = slices[_i].slice };
	struct err e = { 0 };
	struct fixture f;
	char asked[256];
	auto_close int pidfd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	signal(SIGPIPE, SIG_IGN);
	fixture_open(&f, slices[_i].how);
	u.addresses = f.address;
	unit_properties_limits(&cpus, 1, &arena, &u.properties);
	ck_assert_int_eq(unit_connect(&u, &f.bus, &e), 0);
	f.bus.new_slices = slices[_i].missing;
	ck_assert_int_eq(talk(START, &u, &f.bus, pidfd, &e), 0);
	fixture_close(&f, asked, sizeof(asked));
	ck_assert_msg(str_starts(asked, BEGIN), "%s", asked);
	ck_assert_str_eq(asked + strlen(BEGIN), slices[_i].asked);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(nobody_there)
{
	static const struct {
		bool user;
		const char *error, *hint;
	} rows[] = {
		{ false,
		  "the systemd manager of the system cannot be reached: connect to "
		  "/nonexistent/bus: it does not exist",
		  "on a host without systemd use --cgroup-manager cgroupfs" },
		{ true,
		  "the systemd manager of the user cannot be reached: connect to "
		  "/nonexistent/bus: it does not exist",
		  "loginctl enable-linger" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cgroup_unit u = { .name = "a.scope",
					       .user = rows[i].user,
					       .addresses =
						       "unix:path=/nonexistent/bus" };
		struct unit_bus b;
		struct err e = { 0 };

		ck_assert_int_eq(unit_connect(&u, &b, &e), -1);
		ck_assert_str_eq(e.text, rows[i].error);
		ck_assert_ptr_nonnull(strstr(e.hint, rows[i].hint));
	}
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, conversations, 0, ROWS(talks));
	tcase_add_loop_test(t, new_slices, 0, ROWS(slices));
	tcase_add_test(t, nobody_there);
}

int main(void)
{
	return suite_run("systemd_bus", fill);
}
