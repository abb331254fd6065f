/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program behind Landlock alone; see lone.h. What is to be done is written down beforehand
 * as a script (kernel/script.h), as for a container; the WARDEN's child carries it out.
 * Processes are found as children only, unreaped: their numbers cannot be anybody else's.
 */
#include "run/lone.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "fs/removal.h"
#include "kernel/procfs.h"
#include "kernel/spawn.h"
#include "run/baton.h"
#include "run/capture.h"
#include "run/gate.h"
#include "run/interrupt.h"
#include "run/lone_warden.h"
#include "run/wait.h"
#include "sec/process.h"
#include "sec/seccomp_default.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DIR_MAX = 256, PATH_ROOM = 400 };

struct lone {
	const struct direct_request *rq;
	const char *id;
	struct run_watch *watch;
	struct oci_arena arena;
	struct landlock_plan rules;
	struct oci_process process;
	struct str script;
	struct lone_dir dir;
	int baton, baton_peer; /* the reports of the script */
	int life, life_peer; /* a pipe: its end tells the WARDEN that HOST is gone */
	int interrupt_fd, signal_fd;
	bool is_subreaper;
	struct capture pipes;
	struct spawned warden;
};

/* ---- a directory of its own --------------------------------------------------------------- */

const char *lone_dir_base(void)
{
	const char *tmp = getenv("TMPDIR");

	return !tmp || tmp[0] != '/' || strlen(tmp) > DIR_MAX - 64 ? "/tmp" : tmp;
}

/* Only its name: the WARDEN makes it, who removes it when we are killed. */
static int name_dir(struct lone_dir *d, struct err *e)
{
	const char *tmp = lone_dir_base();
	uint64_t r = 0;

	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return err_sys(e, "random number");
	r = (r >> 2) | 1ULL << LONE_MARK_BIT; /* lone_mark() */
	snprintf(d->name, sizeof(d->name), LONE_DIR_PREFIX "%016llx",
		 (unsigned long long)r);
	snprintf(d->path, sizeof(d->path), "%s/%s", tmp, d->name);
	d->parent = open(tmp, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d->parent < 0)
		return err_sys_plain(e, "make %s for the program's HOME and TMPDIR",
				     d->path);
	d->made = true;
	return 0;
}

/* ---- the script --------------------------------------------------------------------------- */

/*
 * The mark by which `gc` knows the program's processes. Within another landlock-only they keep
 * that one's, which cannot be raised.
 */
static int mark(struct lone *l, struct err *e)
{
	uint64_t number = lone_mark(l->dir.name);
	size_t n = l->process.rlimits.n;
	struct oci_rlimit *v = oci_alloc(&l->arena, (n + 1) * sizeof(*v));
	struct rlimit now;

	if (!v)
		return err_set(e, "out of memory");
	if (getrlimit(RLIMIT_LOCKS, &now) < 0 || now.rlim_max != RLIM_INFINITY)
		return 0;
	memcpy(v, l->process.rlimits.v, n * sizeof(*v));
	v[n] = (struct oci_rlimit){ (char *)"RLIMIT_LOCKS", number, number };
	l->process.rlimits.v = v;
	l->process.rlimits.n = n + 1;
	return 0;
}

/* HOME and TMPDIR are the directory's unless the request names others. */
static int make_process(struct lone *l, const struct direct_facts *facts, mode_t mask,
			struct err *e)
{
	const struct direct_request *rq = l->rq;
	const char **env = oci_alloc(&l->arena, (rq->n_env + 2) * sizeof(*env));
	char text[2][PATH_ROOM];
	struct direct_request with = *rq;
	struct direct_facts known = *facts;
	struct direct_plan plan;

	if (!env)
		return err_set(e, "out of memory");
	snprintf(text[0], sizeof(text[0]), "HOME=%s/home", l->dir.path);
	snprintf(text[1], sizeof(text[1]), "TMPDIR=%s/tmp", l->dir.path);
	env[0] = oci_strdup(&l->arena, text[0]);
	env[1] = oci_strdup(&l->arena, text[1]);
	for (size_t i = 0; i < rq->n_env; i++)
		env[2 + i] = rq->env[i];
	with.env = env;
	with.n_env = rq->n_env + 2;
	known.can_pids = true; /* RLIMIT_NPROC would count all of the user's processes */
	TRY(direct_config(&l->arena, &with, &known, &plan, e));
	l->process = *plan.config->process;
	l->process.capabilities = NULL;
	l->process.user.uid = facts->uid;
	l->process.user.gid = facts->gid;
	l->process.user.umask = (struct oci_opt_uint){ true, mask };
	return mark(l, e);
}

static int write_script(struct lone *l, struct script *s, struct seccomp_filter *filter,
			struct err *e)
{
	struct process_facts f = { .id = l->id,
				   .keep_affinity = true,
				   .ready = true,
				   .die_with_parent = true,
				   .setgroups_denied = true,
				   .keep_groups = true,
				   .landlock = &l->rules,
				   .filter = filter };
	struct seccomp_options options = { 0 };
	struct oci_seccomp profile;
	auto_str ignored = { 0 };
	auto_close int proc = procfs_open(e);

	if (proc < 0)
		return -1;
	f.no_new_keyring = process_keys_refused(); /* our filter refuses them as well */
	f.ignored = process_ignored_signals(proc);
	TRY(caps_read_facts(&f.caps, e));
	if (!(f.caps.permitted & CAPS_BIT(CAP_SETPCAP)))
		f.caps.bounding = 0; /* nothing can be dropped; no_new_privs does it */
	TRY(seccomp_lone(l->rq->net != DIRECT_NET_NONE, &l->arena, &profile, e));
	TRY(seccomp_compile(&profile, &options, filter, &ignored, e));
	s->slots[SCRIPT_SLOT_REPORT] = l->baton_peer;
	TRY(process_plan(&l->process, &f, s, &ignored, e));
	script_finish(s, &l->script);
	return 0;
}

static int make_script(struct lone *l, struct err *e)
{
	auto_seccomp filter = { 0 };
	struct script s;
	int rc;

	script_init(&s);
	rc = write_script(l, &s, &filter, e);
	script_free(&s);
	return rc;
}

/* ---- what it is not ----------------------------------------------------------------------- */

static int check_abi(int *ret, struct err *e)
{
	int abi = landlock_abi();

	if (abi < LONE_ABI_MIN) {
		err_set(e, "--sandbox landlock-only: this kernel has %s Landlock",
			abi ? "too old a" : "no");
		return err_hint(e, "Linux 6.2 or newer, with landlock among the security "
				   "modules (lsm= on the kernel's command line)");
	}
	*ret = abi;
	return 0;
}

static void tell(const struct lone *l)
{
	bool net = l->rq->net != DIRECT_NET_NONE;

	log_warning(
		"landlock-only: a weaker sandbox, without namespaces: the program sees "
		"the machine's processes and their command lines, can look up names, "
		"sizes and owners of all files, change mode and times of those that "
		"its user owns%s%s, and has no limits of memory or processes",
		l->rules.abi < LONE_ABI_SIGNALS ? ", send signals to its user's processes"
						: "",
		net ? ", use the machine's network" : "");
}

/* ---- life --------------------------------------------------------------------------------- */

static int open_channels(struct lone *l, struct err *e)
{
	int pair[2];

	TRY(baton_pair(pair, e));
	l->baton = pair[0];
	l->baton_peer = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	l->life_peer = pair[0];
	l->life = pair[1];
	return 0;
}

static int birth(struct lone *l, struct err *e)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	pid_t pid;

	if (l->watch->output_limit)
		TRY(capture_begin(&l->pipes, e));
	pid = spawn_process(&args, &l->warden, e);
	if (pid == 0) {
		fd_close(l->life);
		fd_close(l->baton);
		lone_warden(&(struct lone_ward){ &l->dir, l->life_peer, l->baton_peer,
						 l->script.s });
	}
	capture_restore(&l->pipes);
	fd_close(l->baton_peer);
	fd_close(l->life_peer);
	l->baton_peer = l->life_peer = -1;
	return pid < 0 ? -1 : 0;
}

static int watch_it(struct lone *l, int *ret_status, struct err *e)
{
	struct wait_job job = { .pidfd = l->warden.pidfd,
				.pid = l->warden.pid,
				.signal_fd = l->signal_fd,
				.master = -1,
				.out = { l->pipes.from[0], l->pipes.from[1] },
				.watch = l->watch };
	int status = 0;

	TRY(gate_follow_until(l->baton, l->interrupt_fd, &(struct gate_answers){ 0 }, e));
	l->watch->running_us = clock_us();
	TRY(wait_child(&job, &status, e));
	*ret_status = wait_exit_code(status);
	l->watch->ended_us = clock_us();
	return 0;
}

/* A shell that executes us leaves us the jobs that it has put into the background. */
static bool has_children(void)
{
	return waitid(P_ALL, 0, NULL, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/*
 * As a subreaper HOST could not tell whose children come to it if it had others before: then
 * the program's are known by their mark alone.
 */
static bool end_all(struct lone *l)
{
	return l->is_subreaper ? lone_sweep() : lone_end_marked(lone_mark(l->dir.name));
}

static int live(struct lone *l, int *ret_status, struct err *e)
{
	int rc;

	l->interrupt_fd = TRY(interrupt_open(e));
	l->signal_fd = TRY(wait_signals(e));
	TRY(open_channels(l, e));
	TRY(make_script(l, e));
	l->is_subreaper = !has_children();
	if (l->is_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return err_sys(e, "become a subreaper");
	TRY(birth(l, e));
	rc = watch_it(l, ret_status, e);
	if (rc < 0)
		lone_end(l->warden.pidfd);
	if (!end_all(l))
		log_warning("landlock-only: processes of the program could not be ended");
	return rc;
}

static void release(struct lone *l)
{
	int *const fds[] = { &l->baton,	      &l->baton_peer,	&l->life,
			     &l->life_peer,   &l->interrupt_fd, &l->signal_fd,
			     &l->warden.pidfd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fd_close(*fds[i]);
	capture_close(&l->pipes);
	lone_dir_remove(&l->dir);
	str_free(&l->script);
	oci_arena_free(&l->arena);
}

static int prepare(struct lone *l, const struct run_context *ctx, struct err *e)
{
	struct run_context without = *ctx;
	struct direct_facts facts;
	struct lone_rules rules = { l->rq, &facts, l->dir.path };
	int abi = 0; /* gcc 14 does not see that check_abi() sets it */

	without.cgroup_manager = RUN_CGROUP_DISABLED;
	TRY(check_abi(&abi, e));
	TRY(direct_facts_read(&without, l->rq, &l->arena, &facts, e));
	TRY(name_dir(&l->dir, e));
	TRY(lone_rules_make(&rules, abi, &l->arena, &l->rules, e));
	l->watch->landlock = abi;
	return make_process(l, &facts, ctx->umask, e);
}

int lone_run(const struct run_context *ctx, const struct direct_request *rq,
	     const char *id, struct run_watch *watch, int *ret_status, struct err *e)
{
	struct lone l = { .rq = rq,
			  .id = id,
			  .watch = watch,
			  .dir = { .parent = -1, .lock = -1 },
			  .baton = -1,
			  .baton_peer = -1,
			  .life = -1,
			  .life_peer = -1,
			  .interrupt_fd = -1,
			  .signal_fd = -1,
			  .pipes = CAPTURE_NONE,
			  .warden = { .pidfd = -1 } };
	int rc;

	watch->started_us = clock_us();
	watch->reaper = true; /* the WARDEN passes every signal on */
	watch->pids_by = "none";
	watch->memory_by = watch->cpu_by = "not asked for";
	rc = prepare(&l, ctx, e);
	if (rc == 0) {
		tell(&l);
		rc = live(&l, ret_status, e);
	}
	release(&l);
	watch->gone_us = clock_us();
	return rc;
}
