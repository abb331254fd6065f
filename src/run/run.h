/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole container: what src/cmd calls, one function per operation of the
 * specification. Everything here may touch the system; a failing operation has undone what
 * it did. Errors carry the text that engines match ("container does not exist",
 * "container not running"; clients.md has the list).
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/err.h"
#include "libocispec/oci.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum run_cgroup_manager { RUN_CGROUP_CGROUPFS, RUN_CGROUP_SYSTEMD, RUN_CGROUP_DISABLED };

/* What the options before the command say. */
struct run_context {
	const char *root; /* --root, absolute or relative; NULL: run_default_root() */
	enum run_cgroup_manager cgroup_manager;
	int rootless; /* --rootless: 1, 0, or -1 for auto */
	bool debug; /* each step is logged with its process and duration */
	mode_t umask; /* the caller's, which a container without one of its own gets */
};

/*
 * The state root when none is given: /run/wolffia for the real root, else
 * $XDG_RUNTIME_DIR/wolffia ("am I root" means euid 0 in the initial user namespace, for
 * rootless Podman runs us as uid 0 of its own). NULL with *e when there is no such place.
 * Static storage.
 */
const char *run_default_root(struct err *e);

/* Whether id may name a container: [A-Za-z0-9_+.-]{1,255}, not "." or "..". -1 with *e. */
int run_check_id(const char *id, struct err *e);

/* What is made of it when SELinux does not enforce: a remark, or an error. */
enum run_selinux { RUN_SELINUX_AUTO, RUN_SELINUX_REQUIRE };
extern const char *const run_words_selinux[]; /* end with NULL */

struct run_create_args {
	const char *id;
	const char *bundle; /* NULL: the current directory */
	const char *config; /* --config FILE; NULL: config.json in the bundle */
	const char *text; /* the configuration itself, instead of a file; or NULL */
	bool allow_host_proc; /* where no procfs can be mounted, the outer one is bound */
	bool transient; /* dies with this process, and nothing is left then */
	const char *console_socket;
	const char *pidfd_socket;
	const char *pid_file;
	int selinux; /* --selinux: 1 + enum run_selinux; 0: not given */
	bool no_pivot;
	bool no_new_keyring;
	uint32_t preserve_fds; /* beyond those of LISTEN_FDS */
};

/* create: everything but the user's program. 0 when the container is `created`. */
int run_create(const struct run_context *ctx, const struct run_create_args *args,
	       struct err *e);

/*
 * start: lets the init go on and returns when execve has happened, hooks included. A
 * startContainer or poststart hook or a program that fails is an error, and the container
 * is destroyed.
 */
int run_start(const struct run_context *ctx, const char *id, struct err *e);

/*
 * run: create and start; in the foreground it also waits and deletes.
 * *ret_status: the exit status for the shell (N, or 128 + signal); 0 when detached.
 */
int run_run(const struct run_context *ctx, const struct run_create_args *args,
	    bool detach, bool keep, int *ret_status, struct err *e);

/* Words of an option that may be given many times. */
struct run_list {
	const char *const *v;
	size_t n;
};

struct run_exec_args {
	const char *id;
	char *const
		*argv; /* the program and its arguments; n_argv 0: those of --process */
	size_t n_argv;
	const char *process; /* a file, "-" is standard input; NULL: none */
	const char *cwd;
	const char *user; /* UID[:GID] */
	const char *apparmor;
	const char *process_label;
	struct run_list env;
	struct run_list additional_gids;
	struct run_list caps;
	struct run_list cgroups; /* [CONTROLLER[,CONTROLLER]:]PATH */
	const char *console_socket;
	const char *pid_file;
	const char *pidfd_socket;
	uint32_t preserve_fds; /* beyond those of LISTEN_FDS */
	bool tty;
	bool detach;
	bool no_new_privs;
	bool ignore_paused;
};

/*
 * exec: adds a process to a container, by the configuration saved at create. *ret_status:
 * the exit status for the shell (N, or 128 + signal); 0 when detached.
 */
int run_exec(const struct run_context *ctx, const struct run_exec_args *args,
	     int *ret_status, struct err *e);

/*
 * How a foreground `run` is watched over. Zeroed: no limits, and signals are only passed on.
 * The second half is filled in, as far as it came.
 */
struct run_watch {
	int64_t timeout_ms; /* 0: none */
	int64_t stop_ms; /* between the polite signal and SIGKILL */
	uint64_t output_limit; /* bytes on both standard streams together; 0: none */
	/*
	 * The init gets what a process that is not the first of its pid namespace would
	 * get: SIGTERM, SIGINT, SIGHUP and SIGQUIT kill it unless it handles them.
	 */
	bool plain_signals;
	bool reaper; /* the init is our reaper, which passes every signal on */
	int64_t kill_ms; /* from the first such signal to SIGKILL; 0: only a second one kills */

	bool timed_out;
	bool output_exceeded;
	int signal; /* the program died of, or was made to die of; 0: it ended by itself */
	int exit_code; /* when it did */
	bool oom_killed; /* the cgroup's memory limit killed a process */
	int64_t started_us, running_us, ended_us, gone_us; /* clock_us() */
	uint64_t user_us, system_us, max_rss_kib; /* wait4(2): init and its children */
	uint64_t memory_peak, pids_peak; /* of the cgroup; 0: not known */
	/* who enforces a limit: "cgroup", "rlimit", "none", "not asked for" (direct use) */
	const char *pids_by, *memory_by, *cpu_by;
	const char *selinux,
		*apparmor; /* direct_see_labels(): "none", "enforcing", ... */
	int landlock; /* the ABI of the second belt; 0: there was none */
	bool has_cgroup; /* the container had one of its own */
	const char *network; /* the helper that was chosen; NULL: none */
	const char *subids_by; /* who lends the ids; NULL: they are the caller's */
	const char *layers_by; /* the program that makes them; NULL: the kernel */
};

/* As run_run() in the foreground, watched. *watch also says how far it came on a failure. */
int run_watched(const struct run_context *ctx, const struct run_create_args *args,
		bool keep, struct run_watch *watch, int *ret_status, struct err *e);

/* kill: signal 1..64 to the init, or to every process of the container. */
int run_kill(const struct run_context *ctx, const char *id, int signal, bool all,
	     struct err *e);

/*
 * pause and resume: freezes every process of a created or running container and waits until
 * that is done; thaws it. An error when it is paused, or not paused, already, and without a
 * cgroup that can freeze.
 */
int run_pause(const struct run_context *ctx, const char *id, struct err *e);
int run_resume(const struct run_context *ctx, const char *id, struct err *e);

/* One process of a container, as the caller's pid namespace sees it. */
struct run_process {
	pid_t pid, ppid;
	char *user; /* name or number */
	char *command; /* words of the command line, or "[name]" */
};

/*
 * ps: the processes in the container's cgroup and below, in the kernel's order; *ret lives
 * in the arena. With `details` all members are filled in, and what has ended meanwhile is
 * left out; else only pid is. An error without a cgroup.
 */
int run_ps(const struct run_context *ctx, const char *id, bool details,
	   struct oci_arena *arena, struct run_process **ret, size_t *ret_n,
	   struct err *e);

struct run_update_args {
	const char *id;
	const char
		*resources; /* --resources: file with linux.resources, "-": stdin; NULL */
	const struct oci_resources *wanted; /* what single options say; NULL: a file is */
	const char *l3_cache_schema, *mem_bw_schema; /* or NULL */
};

/*
 * update: new limits for a created, running or paused container; what is not named stays.
 * All are judged before the first is written, and those written are taken back when a later
 * one is refused. Saved, so that the next update builds on them. Device rules stay as they
 * are.
 */
int run_update(const struct run_context *ctx, const struct run_update_args *args,
	       struct err *e);

struct run_events_args {
	const char *id;
	bool stats; /* one report at once instead of going on */
	uint32_t interval_ms; /* between two reports, at least 1 */
	int reader_fd; /* ends when nobody reads from its other end any more; or -1 */
	/* Gets one line, without a newline, of JSON: see cgroup/stats.h. -1 with *e ends it. */
	int (*emit)(const char *line, void *arg, struct err *e);
	void *arg;
};

/*
 * events: reports what the container uses, every interval or once, and each time that it runs
 * out of memory ({"type":"oom",...}), until it has stopped.
 */
int run_events(const struct run_context *ctx, const struct run_events_args *args,
	       struct err *e);

/*
 * wait: returns when the container's init has ended. 1: *ret_status is its exit status for
 * the shell (N, or 128 + signal); 0: it is not known any more (it had stopped before, or the
 * kernel, before Linux 6.15, tells only its parent).
 */
int run_wait(const struct run_context *ctx, const char *id, int *ret_status,
	     struct err *e);

/*
 * The wait status in the text of /proc/PID/stat, if that process is a zombie (field 52,
 * proc_pid_stat(5)). Pure.
 */
bool run_stat_exit_code(const char *stat, int *ret_status);

/*
 * mounts add and remove: the mounts of a file ("-": standard input), an object with the
 * member "mounts" as in config.json. All are added, or none; a remove looks only at the
 * destinations. The container must be created, running or paused and have a mount namespace.
 */
int run_mounts(const struct run_context *ctx, const char *id, bool add, const char *file,
	       struct err *e);

/*
 * The signal a bundle wants to be stopped with (annotation
 * org.opencontainers.image.stopSignal), or SIGTERM.
 */
int run_stop_signal(const struct run_context *ctx, const char *id);

/* delete; with force also what is running or half made; then a missing one is no error. */
int run_delete(const struct run_context *ctx, const char *id, bool force, struct err *e);

struct run_gc_args {
	bool dry_run; /* judge only */
	bool all; /* also stopped containers that somebody else is going to delete */
};

struct run_gc_row {
	char *id;
	char *reason; /* "half made", "its command is gone", "stopped", ... */
	bool removed;
	char *error; /* why not, or NULL */
};

/*
 * gc: removes every container whose init is gone and that nobody will delete: half made by a
 * killed `create`, or of a foreground `run` or `do` that was killed. With it go its processes,
 * cgroups, ids and files. *ret lives in the arena; what cannot be removed is a row with an
 * error. A missing root is an empty list.
 */
int run_gc(const struct run_context *ctx, const struct run_gc_args *args,
	   struct oci_arena *arena, struct run_gc_row **ret, size_t *ret_n,
	   struct err *e);

struct run_net_hook_args {
	const char *net; /* as net_parse_mode() takes it; NULL: auto */
	const char *const *publish; /* as net_parse_port() takes them */
	size_t n_publish;
};

/*
 * net-hook: connects the container whose state is on standard input (runtime.md "State"; of
 * any runtime, which waits for us) to the network, and returns when that is ready. The
 * process that holds it ends with the container's. Who must be able to open the network
 * namespace by the pid of the state: see ptrace(2), PTRACE_MODE_READ_FSCREDS.
 */
int run_net_hook(const struct run_net_hook_args *args, struct err *e);

/* Options of checkpoint and restore, by criu's words. NULL, 0, false: not given. */
struct run_checkpoint_args {
	const char *id;
	const char *criu; /* the program; NULL: searched for */
	const char *image_path; /* NULL: "checkpoint" */
	const char *work_path; /* logs; NULL: the image path */
	const char *parent_path; /* relative to the image path */
	const char *page_server; /* ADDRESS:PORT */
	const char *lsm_profile; /* TYPE:NAME */
	const char *lsm_mount_context;
	int manage_cgroups; /* 1 + index in run_words_manage_cgroups */
	int network_lock; /* 1 + index in run_words_network_lock */
	int empty_ns; /* not 0: the network namespace is restored empty */
	uint32_t status_fd; /* gets a NUL byte when lazy pages are served; 0: none */
	bool leave_running, pre_dump, lazy_pages, auto_dedup;
	bool tcp_established, tcp_skip_in_flight, tcp_close;
	bool ext_unix_sk, shell_job, file_locks, link_remap;
};

extern const char *const run_words_manage_cgroups[]; /* end with NULL */
extern const char *const run_words_network_lock[];
extern const char *const run_words_empty_ns[];

/*
 * checkpoint: criu dumps the processes of a running or paused container. Afterwards the
 * container is deleted, unless it is left running or this is only a pre-dump. When it fails
 * the container goes on as before, and the error quotes the reason in criu's log.
 */
int run_checkpoint(const struct run_context *ctx, const struct run_checkpoint_args *args,
		   struct err *e);

/*
 * restore: a container out of a checkpoint, running. In the foreground it also waits and
 * deletes, as run does; of create, bundle, console_socket, pid_file and pidfd_socket count.
 */
int run_restore(const struct run_context *ctx, const struct run_create_args *create,
		const struct run_checkpoint_args *args, bool detach, int *ret_status,
		struct err *e);

/* The state as the specification and engines want it, in the arena. */
int run_state(const struct run_context *ctx, const char *id, struct oci_arena *arena,
	      struct oci_state *ret, struct err *e);

/*
 * Every container below the state root, sorted by id; *ret and what it points to live in
 * the arena. A missing root is an empty list; a damaged record is listed as stopped.
 * Unless they shall be `whole`, annotations may be missing.
 */
int run_list(const struct run_context *ctx, bool whole, struct oci_arena *arena,
	     struct oci_state **ret, size_t *ret_n, struct err *e);

/* The ids below the state root that match an extended regular expression (--regex). */
int run_match(const struct run_context *ctx, const char *regex, struct oci_arena *arena,
	      struct oci_strings *ret, struct err *e);

#endif
