/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object of --result; see direct_result.h. One table per object, written by libocispec. */
#include "cmd/direct_result.h"

#include "base/fd.h"
#include "base/signame.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCHEMA = 1 };

struct failure {
	char *code; /* "ENOENT", or absent: a decision of ours */
	char *message;
	char *hint;
};

struct times {
	struct oci_opt_uint setup, run, cleanup; /* ms; absent: it did not come so far */
};

struct usage {
	uint64_t user, system; /* ms */
	uint64_t max_rss; /* KiB */
	struct oci_opt_uint memory_peak, pids_peak; /* bytes, number */
};

struct layers {
	char *sandbox, *userns, *subids, *seccomp, *selinux, *apparmor, *landlock;
	char *cgroup, *pids, *memory, *cpu, *network, *overlay;
};

struct result {
	uint64_t schema;
	char *id;
	char *phase; /* the last one that was reached */
	struct oci_opt_uint exit_code;
	char *signal;
	struct oci_opt_uint status; /* of this command */
	struct oci_opt_bool timed_out, oom_killed;
	char *killed_by;
	struct failure *error;
	struct times times;
	struct usage usage;
	struct layers layers;
};

static const struct oci_member failure_members[] = {
	OCI_STR(failure, code, "code", 0, NULL),
	OCI_STR(failure, message, "message", OCI_REQUIRED, NULL),
	OCI_STR(failure, hint, "hint", 0, NULL),
};
static const struct oci_type failure_type = OCI_TYPE(failure, failure_members, NULL);

static const struct oci_member times_members[] = {
	OCI_NUM(times, setup, "setupMs", 0, 0, INT64_MAX),
	OCI_NUM(times, run, "runMs", 0, 0, INT64_MAX),
	OCI_NUM(times, cleanup, "cleanupMs", 0, 0, INT64_MAX),
};
static const struct oci_type times_type = OCI_TYPE(times, times_members, NULL);

static const struct oci_member usage_members[] = {
	OCI_NUM(usage, user, "userMs", OCI_REQUIRED, 0, INT64_MAX),
	OCI_NUM(usage, system, "systemMs", OCI_REQUIRED, 0, INT64_MAX),
	OCI_NUM(usage, max_rss, "maxRssKiB", OCI_REQUIRED, 0, INT64_MAX),
	OCI_NUM(usage, memory_peak, "memoryPeak", 0, 0, INT64_MAX),
	OCI_NUM(usage, pids_peak, "pidsPeak", 0, 0, INT64_MAX),
};
static const struct oci_type usage_type = OCI_TYPE(usage, usage_members, NULL);

static const struct oci_member layers_members[] = {
	OCI_STR(layers, sandbox, "sandbox", OCI_REQUIRED, NULL),
	OCI_STR(layers, userns, "userns", OCI_REQUIRED, NULL),
	OCI_STR(layers, subids, "subids", OCI_REQUIRED, NULL),
	OCI_STR(layers, seccomp, "seccomp", OCI_REQUIRED, NULL),
	OCI_STR(layers, selinux, "selinux", OCI_REQUIRED, NULL),
	OCI_STR(layers, apparmor, "apparmor", OCI_REQUIRED, NULL),
	OCI_STR(layers, landlock, "landlock", OCI_REQUIRED, NULL),
	OCI_STR(layers, cgroup, "cgroup", OCI_REQUIRED, NULL),
	OCI_STR(layers, pids, "pids", OCI_REQUIRED, NULL),
	OCI_STR(layers, memory, "memory", OCI_REQUIRED, NULL),
	OCI_STR(layers, cpu, "cpu", OCI_REQUIRED, NULL),
	OCI_STR(layers, network, "network", OCI_REQUIRED, NULL),
	OCI_STR(layers, overlay, "overlay", OCI_REQUIRED, NULL),
};
static const struct oci_type layers_type = OCI_TYPE(layers, layers_members, NULL);

static const struct oci_member result_members[] = {
	OCI_NUM(result, schema, "schema", OCI_REQUIRED, 1, 1),
	OCI_STR(result, id, "id", OCI_REQUIRED, NULL),
	OCI_STR(result, phase, "phase", OCI_REQUIRED, NULL),
	OCI_NUM(result, exit_code, "exitCode", 0, 0, 255),
	OCI_STR(result, signal, "signal", 0, NULL),
	OCI_NUM(result, status, "status", 0, 0, 255),
	OCI_BOOL(result, timed_out, "timedOut", 0),
	OCI_BOOL(result, oom_killed, "oomKilled", 0),
	OCI_STR(result, killed_by, "killedBy", 0, NULL),
	OCI_OBJ(result, error, "error", 0, failure, &failure_type),
	OCI_INLINE(result, times, "times", 0, times, &times_type),
	OCI_INLINE(result, usage, "usage", 0, usage, &usage_type),
	OCI_INLINE(result, layers, "layers", 0, layers, &layers_type),
};
static const struct oci_type result_type = OCI_TYPE(result, result_members, NULL);

/* fd:N, which must be there, and open for writing before anything runs. */
static int take_descriptor(const char *where, struct err *e)
{
	uint64_t n;
	int flags, fd;

	if (!str_to_u64(where + strlen("fd:"), 1 << 20, &n))
		return err_set(e, "--result %s: expected a file or fd:N", where);
	flags = fcntl((int)n, F_GETFL);
	if (flags < 0)
		return err_set(e, "--result %s: no such descriptor is open", where);
	if ((flags & O_ACCMODE) == O_RDONLY || flags & O_PATH)
		return err_set(e, "--result %s: it is not open for writing", where);
	fd = fcntl((int)n, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? err_sys_plain(e, "--result %s", where) : fd;
}

int direct_result_open(const char *where, struct err *e)
{
	int fd;

	if (str_starts(where, "fd:"))
		return take_descriptor(where, e);
	fd = open(where, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, "--result %s: there is no such directory", where);
	return fd < 0 ? err_sys_plain(e, "--result %s", where) : fd;
}

/* ---- filling in ---------------------------------------------------------------------- */

static struct oci_opt_uint span(int64_t from, int64_t to)
{
	if (!from || to < from)
		return (struct oci_opt_uint){ 0 };
	return (struct oci_opt_uint){ true, (uint64_t)(to - from) / 1000 };
}

static void fill_times(const struct run_watch *w, struct times *t)
{
	t->setup = span(w->started_us, w->running_us);
	t->run = span(w->running_us, w->ended_us);
	t->cleanup = span(w->ended_us, w->gone_us);
}

static void fill_usage(const struct run_watch *w, struct usage *u)
{
	u->user = w->user_us / 1000;
	u->system = w->system_us / 1000;
	u->max_rss = w->max_rss_kib;
	u->memory_peak = (struct oci_opt_uint){ w->memory_peak > 0, w->memory_peak };
	u->pids_peak = (struct oci_opt_uint){ w->pids_peak > 0, w->pids_peak };
}

static char *or_none(const char *text)
{
	return (char *)(text ? text : "none");
}

static void fill_layers(const struct direct_request *rq, const struct run_watch *w,
			char landlock[16], struct layers *l)
{
	bool one = rq->ids.mode == IDS_SINGLE || rq->ids.mode == IDS_HOST || rq->lone;
	static const char *const nets[] = {
		[DIRECT_NET_NONE] = "none",
		[DIRECT_NET_HOST] = "host",
		[DIRECT_NET_PATH] = "namespace",
		[DIRECT_NET_HELPER] = "none", /* not yet */
	};
	bool layer = (!rq->rootfs || (!rq->rootfs_rw && !rq->read_only)) && !rq->lone;
	bool none = rq->ids.mode == IDS_HOST || rq->lone;

	l->sandbox = (char *)(rq->lone ? "landlock-only" : "namespaces");
	l->userns = (char *)(none ? "none" : ids_words[rq->ids.mode]);
	l->seccomp = (char *)(rq->unconfined ? "none" : "default");
	l->network = (char *)(w->network ? w->network : nets[rq->net]);
	l->overlay = (char *)(w->layers_by ? w->layers_by
			      : layer	   ? "throw-away"
					   : "none");
	l->subids = (char *)(one ? "none" : w->subids_by ? w->subids_by : "mapped");
	l->selinux = or_none(w->selinux);
	l->apparmor = or_none(w->apparmor);
	snprintf(landlock, 16, "ABI %d", w->landlock);
	l->landlock = or_none(w->landlock ? landlock : NULL);
	l->cgroup = (char *)(w->has_cgroup ? "own" : "none");
	l->pids = or_none(w->pids_by);
	l->memory = or_none(w->memory_by);
	l->cpu = or_none(w->cpu_by);
}

/* Who ended the program, when it was not the program; NULL: nobody. */
static const char *killer(const struct run_watch *w)
{
	if (w->timed_out)
		return "timeout";
	if (w->output_exceeded)
		return "output-limit";
	if (w->oom_killed && w->signal == SIGKILL)
		return "memory";
	return NULL;
}

char *direct_result_text(struct oci_arena *arena, const char *id,
			 const struct direct_request *rq, const struct run_watch *w,
			 const struct err *failed, int status)
{
	struct failure failure = { .message = (char *)failed->text };
	struct result r = { .schema = SCHEMA,
			    .id = (char *)id,
			    .status = { true, (uint64_t)status },
			    .timed_out = { true, w->timed_out },
			    .oom_killed = { true, w->oom_killed },
			    .killed_by = (char *)killer(w) };
	char name[24], landlock[16];

	r.phase = (char *)(w->running_us ? "run" : "setup");
	if (w->ended_us && !err_is_set(failed))
		r.phase = (char *)"cleanup";
	if (failed->hint[0])
		failure.hint = (char *)failed->hint;
	if (failed->code)
		failure.code = (char *)strerrorname_np(failed->code);
	if (err_is_set(failed))
		r.error = &failure;
	if (w->ended_us && w->signal) {
		const char *known = sigabbrev_np(w->signal);

		snprintf(name, sizeof(name), "SIG%s", known ? known : "?");
		r.signal = name;
	} else if (w->ended_us) {
		r.exit_code = (struct oci_opt_uint){ true, (uint64_t)w->exit_code };
	}
	fill_times(w, &r.times);
	fill_usage(w, &r.usage);
	fill_layers(rq, w, landlock, &r.layers);
	return oci_encode(arena, &result_type, &r, 0, NULL);
}

/* The program may have been shown the file. */
static int start_anew(int fd, const char *where, struct err *e)
{
	struct stat st;

	if (str_starts(where, "fd:") || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (!st.st_nlink)
		return err_set(e, "--result %s: it was removed meanwhile", where);
	return ftruncate(fd, 0) < 0 ? err_sys_plain(e, "--result %s", where) : 0;
}

int direct_result_write(int fd, const char *where, const char *id,
			const struct direct_request *rq, const struct run_watch *w,
			const struct err *failed, int status, struct err *e)
{
	struct oci_arena arena = { 0 };
	char *text = direct_result_text(&arena, id, rq, w, failed, status);
	auto_str line = { 0 };

	if (text)
		str_addf(&line, "%s\n", text);
	oci_arena_free(&arena);
	if (!line.n)
		return err_set(e, "out of memory");
	TRY(start_anew(fd, where, e));
	return fd_write_all(fd, line.s, line.n) < 0 ? err_sys_plain(e, "--result: write")
						    : 0;
}
