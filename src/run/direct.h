/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct use: a container without a bundle. What the user asked for (struct direct_request)
 * and what the machine is like (struct direct_facts) become a config.json like any other
 * (direct_config(), pure), and the ordinary life runs it. Two things a bundle cannot say are
 * annotations: what the root is made of, and how large a throw-away layer may grow.
 *
 *	wolffia.net, wolffia.publish	the network: run/net.h
 *	wolffia.root=overlay	a throw-away layer lies over root.path
 *	wolffia.root=empty	the root is a tmpfs; all comes from mounts[]
 *	wolffia.overlay=PLACE	of the layers: memory, disk (removed afterwards), or the absolute
 *				path of a directory in which the root's is kept
 *	wolffia.root-ids=WAY	how the root's files get the container's ids (run/rootids.h)
 *	wolffia.overlay-size=N	bytes of what the layers in memory lie on; of those on disk
 *				too, which root of the machine alone can have (fs/bounded.h)
 *	wolffia.landlock=true	a second belt around the files, where the kernel has it
 *	wolffia.init=true	a reaper is the first process, the program its child
 *	wolffia.userns=MODE	who the ids are (run/ids.h)
 */
#ifndef RUN_DIRECT_H
#define RUN_DIRECT_H

#include "base/err.h"
#include "libocispec/oci.h"
#include "run/ids.h"
#include "run/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- what the user asks for ---------------------------------------------------------- */

enum direct_net {
	DIRECT_NET_NONE, /* a network of its own with lo alone */
	DIRECT_NET_HOST, /* the caller's */
	DIRECT_NET_PATH, /* the network namespace at net_path */
	DIRECT_NET_HELPER, /* net_word, one of net_parse_mode() (net/net.h) */
};

/* -v SOURCE:TARGET:... */
struct direct_volume {
	const char *source; /* absolute */
	const char *target; /* absolute */
	bool readonly;
	bool throw_away; /* changes are not kept */
	bool idmap; /* its files have the container's ids; root only */
	char relabel; /* 'z', 'Z' or 0 */
	bool device; /* a device itself, which was named to be used */
};

/* --tmpfs TARGET[:OPTIONS] */
struct direct_tmpfs {
	const char *target; /* absolute */
	const char *options; /* of tmpfs(5), separated by commas, or NULL */
};

/* Zeroed is the default of everything but args. */
struct direct_request {
	const char *rootfs; /* absolute; NULL: the machine's own system, read-only */
	bool rootfs_rw; /* no layer over rootfs: changes stay in it */
	bool read_only; /* the root cannot be written at all */
	struct ids_wish ids;
	bool has_user; /* else 0, and with keep-id the caller's id */
	bool has_group;
	bool stranger; /* must be neither 0 inside nor the caller outside */
	uint32_t uid, gid;
	const char *user_name, *group_name; /* to be looked up in the root, or NULL */
	const uint32_t *groups; /* further ones of user_name; direct_user() finds them */
	size_t n_groups;
	char **args; /* NULL-ended */
	const char *cwd; /* NULL: the caller's when it is visible inside, else / */
	const char *hostname; /* NULL: "wolffia" */
	const char *const *env; /* NAME=VALUE, or NAME: the caller's value */
	size_t n_env;
	const struct direct_volume *volumes;
	size_t n_volumes;
	const struct direct_tmpfs *tmpfs;
	size_t n_tmpfs;
	enum direct_net net;
	const char *net_path;
	const char *net_word;
	const char *const *publish; /* as net_parse_port() takes them */
	size_t n_publish;
	const char *const *sysctls; /* NAME=VALUE */
	size_t n_sysctls;
	uint64_t memory; /* bytes; 0: direct_memory_default() */
	bool memory_max; /* no limit, nor that one */
	bool oom_group; /* when memory runs out all processes end, not one */
	const char *
		overlay; /* where layers lie: "disk", an absolute path, or NULL: memory */
	const char *root_ids; /* a word of run/rootids.h; NULL: auto */
	uint64_t
		overlay_size; /* bytes; 0: half of memory, else 1 GiB; on disk, no limit */
	uint32_t pids; /* 0: DIRECT_PIDS */
	uint32_t cpus; /* thousandths of a CPU; 0: no limit */
	uint64_t file_size; /* bytes a file may have; 0: no limit */
	bool terminal;
	bool init; /* a reaper of ours is the first process */
	/* what `create` takes too and no config.json says; the rest of it is not looked at */
	struct run_create_args create;
	bool unconfined; /* no seccomp filter */
	bool lone; /* run/lone.h: no container */
	bool no_landlock; /* no second belt around the files */
};

enum { DIRECT_PIDS = 4096 };

/* ---- what the machine is like -------------------------------------------------------- */

/* An entry of the machine's root directory. */
struct direct_top {
	const char *name; /* "usr" */
	bool is_link; /* a symbolic link; else a directory */
	bool has_mounts; /* something is mounted below it */
	bool is_mapped; /* its owner is the caller, or it gets a label: a layer helps */
	bool leads_to_hidden; /* a link to one of direct_facts.hidden */
};

/* The caller's own resource limit: a hard one can be lowered only. RLIM_INFINITY: none. */
struct direct_ceiling {
	bool known;
	uint64_t soft, hard;
};

struct direct_facts {
	struct direct_ceiling processes, file_size, data;
	uint32_t uid, gid; /* the caller's effective ids */
	bool lent; /* the ids will be systemd-nsresourced's (run/ids.h) */
	bool privileged; /* root of the first user namespace, or may map any ids */
	bool machine_root; /* uid 0 of the first user namespace */
	const char *home; /* the caller's, absolute, or NULL */
	const char *const
		*hidden; /* what else is empty inside: absolute, outermost first */
	size_t n_hidden;
	const char *
		cwd; /* the caller's, or what request.cwd is outside; absolute, or NULL */
	char *const *env; /* the caller's */
	const struct direct_top *tops;
	size_t n_tops;
	bool has_var_tmp;
	bool has_var_log; /* a directory, no link */
	struct oci_id_mappings sub_uids, sub_gids; /* ids_subordinate() */
	bool can_pids, can_memory, can_cpu; /* a cgroup with that controller can be had */
	bool has_cgroup; /* a cgroup can be had at all */
	bool cgroup_v2; /* and it is one of v2 */
	/*
	 * Bytes that the machine has, or the cgroup in which the container's will be; 0: that one
	 * has no say about memory, or would have to be made for it (v1)
	 */
	uint64_t memory_around;
};

/* Reads what the request needs to know; *ret lives in the arena. */
int direct_facts_read(const struct run_context *ctx, const struct direct_request *rq,
		      struct oci_arena *arena, struct direct_facts *ret, struct err *e);

/* ---- the config ---------------------------------------------------------------------- */

enum { DIRECT_REMARKS = 8 };

struct direct_plan {
	struct oci_config *config;
	struct direct_remark {
		const char *line; /* what is weaker than it could be, and why */
		bool asked; /* weaker than what was asked for: a warning */
	} remarks[DIRECT_REMARKS];
	size_t n_remarks;
	/* who enforces what: "cgroup", "rlimit", "none", "not asked for" */
	const char *pids_by, *memory_by, *cpu_by;
	uint64_t memory_default; /* the limit that nobody has asked for; 0: none */
};

/*
 * Pure: what a container may have of so much memory when nobody has said it: three quarters,
 * DIRECT_MEMORY_LEAST at least, in whole pages. Whatever runs wild leaves the machine enough to
 * end it.
 */
enum { DIRECT_MEMORY_LEAST = 512 << 20 };
uint64_t direct_memory_default(uint64_t around);

/*
 * Pure. The config in the arena; -1 with *e for what cannot be: ids that the caller does not
 * have, targets that are not absolute, a program that is missing.
 */
int direct_config(struct oci_arena *arena, const struct direct_request *rq,
		  const struct direct_facts *facts, struct direct_plan *ret,
		  struct err *e);

/*
 * Pure: the place of an error of the container's life in the words of the command line:
 * "mounts[19]: /x: ..." is "--volume: /x: ...". What the request does not have stays.
 */
void direct_place(const struct direct_request *rq, struct err *e);

/*
 * Pure: appends the mounts that show the machine's own system: read-only, what is private
 * hidden. room: how many *list can take at least is direct_host_room().
 */
#define DIRECT_VAR_LOG "/var/log" /* empty inside, and writable: programs log there */
size_t direct_host_room(const struct direct_facts *facts);
void direct_host_mounts(struct oci_arena *arena, const struct direct_facts *facts,
			const char *size, struct oci_mount *list, size_t *n);

/*
 * Pure: the network as annotations, and the variables that lead programs to a proxy. Where
 * a port cannot be published or a word is none, -1 with *e.
 */
enum { DIRECT_NET_PAIRS = 2, DIRECT_NET_VARIABLES = 4 };
int direct_net(struct oci_arena *arena, const struct direct_request *rq,
	       struct oci_pair ret_pairs[DIRECT_NET_PAIRS], size_t *ret_n,
	       char *ret_env[DIRECT_NET_VARIABLES], size_t *ret_n_env, struct err *e);

/* ---- doing it ------------------------------------------------------------------------ */

enum { DIRECT_ID_MAX = 32 };

/* A name that no other container has: "run-PID-RANDOM". */
void direct_new_id(char ret[DIRECT_ID_MAX]);

/* The config.json that direct_run() would run, as text in the arena (--print-config). */
int direct_print(const struct run_context *ctx, const struct direct_request *rq,
		 struct oci_arena *arena, char **ret, struct err *e);

/*
 * Runs it in the foreground. Whatever happens to this process, nothing is left: no process,
 * state, cgroup or mount; with keep the container stays, stopped. *ret_status: of the
 * program, 128 + its signal; -1 with *e when it could not be run (e->program is 126 or 127
 * when the program is to blame).
 */
int direct_run(const struct run_context *ctx, const struct direct_request *rq,
	       const char *id, bool keep, struct run_watch *watch, int *ret_status,
	       struct err *e);

/* Fills in watch->selinux and watch->apparmor: what stands around the caller, and so inside. */
void direct_see_labels(struct run_watch *watch);

/*
 * The same in the background: returns when the program runs. The container is like any other
 * then: `list` shows it, `delete` removes it.
 */
int direct_run_detached(const struct run_context *ctx, const struct direct_request *rq,
			const char *id, struct err *e);

/* Whether an entry of the machine's root directory is shown at all, as it is. */
bool direct_host_is_shown(const char *name);

/* The paths of the machine that nobody inside may look into; NULL-ended. */
extern const char *const direct_host_masked[];

#endif
