/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation with systemd. A manager answers a call that changes a unit with a job,
 * and says JobRemoved when that is done, in this order; so a signal counts only when it
 * names the job that we were told, and comes from who told us (anybody may send signals on
 * a bus).
 */
#include "cgroup/systemd.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>

enum { TEXT_MAX = 200, JOB_MAX = 128, SENDER_MAX = 64 };

#define MANAGER_NAME	  "org.freedesktop.systemd1"
#define MANAGER_PATH	  "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
#define ERROR_PREFIX	  "org.freedesktop.systemd1."

/* What a call came to. */
struct answer {
	char error[96]; /* name, "": none */
	char text[TEXT_MAX]; /* of the error */
	char job[JOB_MAX]; /* path, "": none */
	char sender[SENDER_MAX];
};

/* ---- beginning -------------------------------------------------------------------------- */

static uint32_t call_manager(struct unit_bus *b, const char *member,
			     const char *signature, const struct str *body, uint32_t fds)
{
	const struct dbus_call call = { b->d.direct ? NULL : MANAGER_NAME, MANAGER_PATH,
					MANAGER_INTERFACE, member, signature };

	return dbus_call(&b->d, &call, body, fds);
}

static void send_match(const struct cgroup_unit *u, struct unit_bus *b)
{
	static const struct dbus_call call = { "org.freedesktop.DBus",
					       "/org/freedesktop/DBus",
					       "org.freedesktop.DBus", "AddMatch", "s" };
	auto_str rule = { 0 }, body = { 0 };

	str_addf(&rule,
		 "type='signal',sender='" MANAGER_NAME "',path='" MANAGER_PATH
		 "',interface='" MANAGER_INTERFACE "',member='JobRemoved',arg2='%s'",
		 u->name);
	dbus_put_string(&body, rule.s);
	b->match = dbus_call(&b->d, &call, &body, 0);
}

static void send_question(struct unit_bus *b)
{
	const struct dbus_call call = { b->d.direct ? NULL : MANAGER_NAME, MANAGER_PATH,
					"org.freedesktop.DBus.Properties", "Get", "ss" };
	auto_str body = { 0 };

	dbus_put_string(&body, MANAGER_INTERFACE);
	dbus_put_string(&body, "ControlGroup");
	b->root = dbus_call(&b->d, &call, &body, 0);
}

static int no_bus(const struct cgroup_unit *u, const struct err *why, struct err *e)
{
	err_set(e, "the systemd manager of %s cannot be reached: %s",
		u->user ? "the user" : "the system", why->text);
	if (why->hint[0])
		return err_hint(e, "%s", why->hint);
	if (u->user)
		return err_hint(e, "log in so that `systemctl --user` works (loginctl "
				   "enable-linger, XDG_RUNTIME_DIR), or use "
				   "--cgroup-manager cgroupfs");
	return err_hint(e, "on a host without systemd use --cgroup-manager cgroupfs "
			   "(Podman's containers.conf: cgroup_manager = \"cgroupfs\")");
}

/* The error of a connection that broke or is late, said of the manager. */
static int broken(const struct cgroup_unit *u, const struct err *why, struct err *e)
{
	if (why->code != ETIMEDOUT)
		return no_bus(u, why, e);
	err_code(e, ETIMEDOUT, "systemd has not answered about %s: %s", u->name,
		 why->text);
	return err_hint(e, "see whether `systemctl%s list-jobs` answers",
			u->user ? " --user" : "");
}

int unit_connect(const struct cgroup_unit *u, struct unit_bus *ret, struct err *e)
{
	struct err why = { 0 };

	*ret = (struct unit_bus){ .d = { .fd = -1 } };
	if (dbus_open(u->addresses, &ret->d, &why) < 0)
		return no_bus(u, &why, e);
	if (!ret->d.direct)
		send_match(u, ret);
	send_question(ret);
	if (dbus_flush(&ret->d, NULL, 0, clock_ms() + UNIT_TIMEOUT_MS, &why) == 0)
		return 0;
	unit_disconnect(ret);
	return broken(u, &why, e);
}

void unit_disconnect(struct unit_bus *b)
{
	dbus_close(&b->d);
}

/* ---- waiting ------------------------------------------------------------------------------ */

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

/* The answer to the question where the manager's cgroup is: a variant that holds a text. */
static void take_root(struct unit_bus *b, const struct dbus_message *m)
{
	struct dbus_reader r = dbus_reader_of(m);
	struct dbus_item type, path;

	if (m->type != DBUS_REPLY || !str_eq(m->signature, "v") ||
	    !dbus_get(&r, 'g', &type) || !str_eq(type.s[0], "s") ||
	    !dbus_get(&r, 's', &path) || strlen(path.s[0]) >= sizeof(b->path))
		return;
	copy_text(b->path, sizeof(b->path), str_eq(path.s[0], "/") ? "" : path.s[0]);
	b->has_path = true;
}

static void take_answer(const struct dbus_message *m, struct answer *ret)
{
	struct dbus_reader r = dbus_reader_of(m);
	struct dbus_item job;

	*ret = (struct answer){ 0 };
	copy_text(ret->sender, sizeof(ret->sender), m->sender);
	if (m->type == DBUS_ERROR) {
		copy_text(ret->error, sizeof(ret->error), m->error);
		dbus_error_text(m, ret->text, sizeof(ret->text));
	} else if (str_eq(m->signature, "o") && dbus_get(&r, 'o', &job)) {
		copy_text(ret->job, sizeof(ret->job), job.s[0]);
	}
}

static bool is_answer(const struct dbus_message *m)
{
	return m->type == DBUS_REPLY || m->type == DBUS_ERROR;
}

/* Waits for the answer to one call; others are passed over. */
static int await_answer(struct unit_bus *b, uint32_t serial, int64_t deadline,
			struct answer *ret, struct err *e)
{
	struct dbus_message m;

	for (;;) {
		TRY(dbus_receive(&b->d, deadline, &m, e));
		if (!is_answer(&m))
			continue;
		if (m.reply_serial == b->root)
			take_root(b, &m);
		if (m.reply_serial == serial) {
			take_answer(&m, ret);
			return 0;
		}
		/* without the match we would wait in vain */
		if (m.type == DBUS_ERROR && m.reply_serial <= b->match) {
			char text[TEXT_MAX];

			return err_set(e, "the bus refuses us: %s",
				       dbus_error_text(&m, text, sizeof(text)));
		}
	}
}

/* JobRemoved(u id, o job, s unit, s result) of the job and from the sender of the answer. */
static bool is_removal(const struct dbus_message *m, const struct answer *a,
		       struct dbus_item *ret_result)
{
	struct dbus_reader r = dbus_reader_of(m);
	struct dbus_item id, job, unit;

	return m->type == DBUS_SIGNAL && str_eq(m->member, "JobRemoved") &&
	       str_eq(m->interface, MANAGER_INTERFACE) && str_eq(m->signature, "uoss") &&
	       str_eq(m->sender ? m->sender : "", a->sender) && dbus_get(&r, 'u', &id) &&
	       dbus_get(&r, 'o', &job) && dbus_get(&r, 's', &unit) &&
	       dbus_get(&r, 's', ret_result) && str_eq(job.s[0], a->job);
}

static int await_job(const struct cgroup_unit *u, struct unit_bus *b,
		     const struct answer *a, int64_t deadline, struct err *e)
{
	struct err why = { 0 };
	struct dbus_item result;
	struct dbus_message m;
	char text[32];

	if (!a->job[0])
		return err_set(e, "systemd has not named a job for %s", u->name);
	do {
		if (dbus_receive(&b->d, deadline, &m, &why) < 0)
			return broken(u, &why, e);
	} while (!is_removal(&m, a, &result));
	if (str_eq(result.s[0], "done"))
		return 0;
	copy_text(text, sizeof(text), result.s[0]);
	for (char *c = text; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? *c : '?';
	return err_set(e, "systemd's job for %s ended with \"%s\"", u->name, text);
}

/* ---- starting -------------------------------------------------------------------------------- */

/* How a start is said; what an older systemd does not know is taken out, one by one. */
struct start {
	const struct cgroup_unit *u;
	const struct unit_properties *list;
	bool *left_out; /* per property */
	pid_t pid;
	int pidfd; /* -1: by number */
	bool was_reset;
	unsigned slices; /* to be made with the unit */
};

static void put_properties(struct str *body, const struct unit_properties *list,
			   const bool *left_out, size_t *ret_begin)
{
	*ret_begin = dbus_array_begin(body, 8);
	for (size_t i = 0; i < list->n; i++)
		if (!left_out[i])
			dbus_put_property(body, list->v[i].name, &list->v[i].value);
}

static void put_process(struct str *body, const struct start *s)
{
	const struct dbus_item fd = { .u = 0 }, pid = { .u = (uint64_t)s->pid };
	const struct dbus_value fds = { "ah", 1, &fd }, pids = { "au", 1, &pid };

	if (s->u->is_slice)
		return; /* it takes none; the caller moves them */
	if (s->pidfd >= 0)
		dbus_put_property(body, "PIDFDs", &fds);
	else
		dbus_put_property(body, "PIDs", &pids);
}

/* The slice above, "a.slice" of "a-b.slice"; false when that is the root. */
static bool slice_up(char *name)
{
	char *dash = strrchr(name, '-');

	if (!dash)
		return false;
	memmove(dash, ".slice", sizeof(".slice"));
	return true;
}

static void put_slices(struct str *body, const struct start *s)
{
	static const struct dbus_item yes = { .u = true };
	static const struct dbus_value end_unneeded = { "b", 1, &yes };
	size_t begin = dbus_array_begin(body, 8);
	char name[256];
	bool more = !str_eq(s->u->slice, "-.slice");

	copy_text(name, sizeof(name), s->u->slice);
	for (unsigned i = 0; more && i < s->slices; i++, more = slice_up(name)) {
		size_t properties;

		dbus_struct_begin(body);
		dbus_put_string(body, name);
		properties = dbus_array_begin(body, 8);
		dbus_put_property(body, "StopWhenUnneeded", &end_unneeded);
		dbus_array_end(body, properties, 8);
	}
	dbus_array_end(body, begin, 8);
}

/* StartTransientUnit(s name, s mode, a(sv) properties, a(sa(sv)) other units) */
static int send_start(struct start *s, struct unit_bus *b, int64_t deadline,
		      uint32_t *ret_serial, struct err *e)
{
	bool by_fd = s->pidfd >= 0 && !s->u->is_slice;
	auto_str body = { 0 };
	size_t begin;

	dbus_put_string(&body, s->u->name);
	dbus_put_string(&body, "fail");
	put_properties(&body, s->list, s->left_out, &begin);
	put_process(&body, s);
	dbus_array_end(&body, begin, 8);
	put_slices(&body, s);
	*ret_serial =
		call_manager(b, "StartTransientUnit", "ssa(sv)a(sa(sv))", &body, by_fd);
	return dbus_flush(&b->d, &s->pidfd, by_fd, deadline, e);
}

/* The property in "Cannot set property X, or unknown property.", or "". */
static void unknown_property(const struct answer *a, char *ret, size_t size)
{
	static const char before[] = "Cannot set property ";
	const char *name = strstr(a->text, before);
	size_t n;

	*ret = '\0';
	if (!name)
		return;
	name += sizeof(before) - 1;
	n = strcspn(name, ",. ");
	if (n < size)
		snprintf(ret, size, "%.*s", (int)n, name);
}

/* True when the property was one of ours that can be done without. */
static bool leave_out(const struct unit_properties *list, bool *left_out,
		      const struct answer *a)
{
	char name[64];

	unknown_property(a, name, sizeof(name));
	for (size_t i = 0; *name && i < list->n; i++) {
		if (str_eq(list->v[i].name, name) && !list->v[i].asked && !left_out[i]) {
			left_out[i] = true;
			log_debug("this systemd does not know the property %s", name);
			return true;
		}
	}
	return false;
}

static void send_reset(const struct cgroup_unit *u, struct unit_bus *b)
{
	auto_str body = { 0 };

	dbus_put_string(&body, u->name);
	call_manager(b, "ResetFailedUnit", "s", &body, 0);
}

/* One that failed is kept for people to look at; it is in the way. */
static int reset(struct start *s, struct unit_bus *b, int64_t deadline, struct err *e)
{
	struct err why = { 0 };

	s->was_reset = true;
	send_reset(s->u, b);
	/* not in one piece with the next call, whose descriptor would come with this one */
	return dbus_flush(&b->d, NULL, 0, deadline, &why) < 0 ? broken(s->u, &why, e) : 1;
}

/* 1: to be tried again, otherwise. -1 with *e: this is the end. */
static int refused(struct start *s, struct unit_bus *b, const struct answer *a,
		   int64_t deadline, struct err *e)
{
	char name[64];

	unknown_property(a, name, sizeof(name));
	if (s->pidfd >= 0 && str_eq(name, "PIDFDs")) {
		s->pidfd = -1;
		return 1;
	}
	if (leave_out(s->list, s->left_out, a))
		return 1;
	if (s->slices) {
		/* one that is configured, or that somebody has made meanwhile */
		s->slices = 0;
		return 1;
	}
	if (!str_eq(a->error, ERROR_PREFIX "UnitExists"))
		return err_set(e, "systemd refuses to start %s: %s", s->u->name, a->text);
	if (!s->was_reset)
		return reset(s, b, deadline, e);
	err_set(e, "the unit %s exists already", s->u->name);
	return err_hint(e, "systemctl%s stop %s, or another linux.cgroupsPath",
			s->u->user ? " --user" : "", s->u->name);
}

static int start_until(struct start *s, struct unit_bus *b, int64_t deadline,
		       struct err *e)
{
	struct err why = { 0 };
	struct answer a;

	do {
		uint32_t serial;

		if (send_start(s, b, deadline, &serial, &why) < 0 ||
		    await_answer(b, serial, deadline, &a, &why) < 0)
			return broken(s->u, &why, e);
	} while (a.error[0] && TRY(refused(s, b, &a, deadline, e)));
	return await_job(s->u, b, &a, deadline, e);
}

enum { PROPERTIES_MAX = 256 };

int unit_start(const struct cgroup_unit *u, struct unit_bus *b, pid_t pid, int pidfd,
	       int64_t deadline, struct err *e)
{
	bool left_out[PROPERTIES_MAX] = { 0 };
	struct start s = { .u = u,
			   .list = &u->properties,
			   .left_out = left_out,
			   .pid = pid,
			   .pidfd = pidfd,
			   .slices = b->new_slices };
	struct err why = { 0 };

	if (u->properties.n > PROPERTIES_MAX)
		return err_set(e, "more than %d properties for %s", PROPERTIES_MAX,
			       u->name);
	/* a descriptor that comes with the authentication is lost */
	if (dbus_wait_ready(&b->d, deadline, &why) < 0)
		return broken(u, &why, e);
	if (!b->d.passes_fds)
		s.pidfd = -1;
	return start_until(&s, b, deadline, e);
}

/* ---- stopping, changing --------------------------------------------------------------------------- */

static bool is_gone(const struct answer *a)
{
	return str_eq(a->error, ERROR_PREFIX "NoSuchUnit");
}

static int call_and_wait(const struct cgroup_unit *u, struct unit_bus *b, uint32_t serial,
			 int64_t deadline, struct answer *ret, struct err *e)
{
	struct err why = { 0 };

	if (dbus_flush(&b->d, NULL, 0, deadline, &why) < 0 ||
	    await_answer(b, serial, deadline, ret, &why) < 0)
		return broken(u, &why, e);
	return 0;
}

int unit_stop(const struct cgroup_unit *u, struct unit_bus *b, int64_t deadline,
	      struct err *e)
{
	auto_str body = { 0 };
	struct answer a = { 0 };

	dbus_put_string(&body, u->name);
	dbus_put_string(&body, "replace");
	TRY(call_and_wait(u, b, call_manager(b, "StopUnit", "ss", &body, 0), deadline, &a,
			  e));
	if (a.error[0] && !is_gone(&a))
		return err_set(e, "systemd refuses to stop %s: %s", u->name, a.text);
	if (!a.error[0])
		TRY(await_job(u, b, &a, deadline, e));
	send_reset(u, b);
	return call_and_wait(u, b, b->d.serial, deadline, &a, e);
}

int unit_set(const struct cgroup_unit *u, struct unit_bus *b,
	     const struct unit_properties *list, int64_t deadline, struct err *e)
{
	bool left_out[PROPERTIES_MAX] = { 0 };
	struct answer a = { 0 };

	if (list->n > PROPERTIES_MAX)
		return err_set(e, "more than %d properties for %s", PROPERTIES_MAX,
			       u->name);
	do {
		auto_str body = { 0 };
		uint32_t serial;
		size_t begin;

		dbus_put_string(&body, u->name);
		dbus_put_bool(&body, true); /* gone with the unit */
		put_properties(&body, list, left_out, &begin);
		dbus_array_end(&body, begin, 8);
		serial = call_manager(b, "SetUnitProperties", "sba(sv)", &body, 0);
		TRY(call_and_wait(u, b, serial, deadline, &a, e));
	} while (a.error[0] && leave_out(list, left_out, &a));
	if (a.error[0])
		return err_set(e, "systemd refuses to change %s: %s", u->name, a.text);
	return 0;
}
