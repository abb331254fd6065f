/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's cgroups. What a creator calls, in this order:
 *
 *	cgroup_facts_read()     what the host has (reads only what the request needs)
 *	cgroup_plan_make()      pure: directories, values, device rules; or the refusal
 *	cgroup_survey()         opens the parents, sees what exists; makes nothing
 *	cgroup_record()         -> state record, written before anything is made
 *	cgroup_prepare()        makes the directories
 *	cgroup_record()         -> state record again, now with the cgroups' ids
 *	clone3(CLONE_INTO_CGROUP, cgroup_v2_fd())
 *	cgroup_join()           what clone3 could not do: the v1 hierarchies
 *	cgroup_apply()          the limits
 *	cgroup_devices_apply()  the device rules (while INIT mounts)
 *	cgroup_close()
 *
 * Everybody else (kill, delete, pause, ps, exec) begins with cgroup_from_record().
 * A struct cgroup without directories (n == 0: --cgroup-manager disabled, a plain user
 * without delegation) is fine for every call: nothing is done.
 *
 * A plan and all strings live in the caller's arena.
 */
#ifndef CGROUP_CGROUP_H
#define CGROUP_CGROUP_H

#include "base/err.h"
#include "base/str.h"
#include "libocispec/arena.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- words ----------------------------------------------------------------------- */

enum cgroup_manager {
	CGROUP_MANAGER_CGROUPFS,
	CGROUP_MANAGER_SYSTEMD,
	CGROUP_MANAGER_DISABLED,
	CGROUP_MANAGERS,
};

/* One bit each in a controller mask. blkio of v1 is io of v2. */
enum cgroup_controller {
	CGROUP_CPU,
	CGROUP_CPUACCT,
	CGROUP_CPUSET,
	CGROUP_MEMORY,
	CGROUP_IO,
	CGROUP_PIDS,
	CGROUP_HUGETLB,
	CGROUP_RDMA,
	CGROUP_DEVICES,
	CGROUP_FREEZER,
	CGROUP_NET_CLS,
	CGROUP_NET_PRIO,
	CGROUP_PERF_EVENT,
	CGROUP_MISC,
	CGROUP_DMEM,
	CGROUP_CONTROLLERS,
};

/* The kernel's name of a controller in a v1 or v2 hierarchy. */
const char *cgroup_controller_name(enum cgroup_controller c, bool v2);

/* ---- what is asked for ----------------------------------------------------------- */

struct cgroup_request {
	enum cgroup_manager manager;
	const char *id; /* a valid container id */
	const char *path; /* linux.cgroupsPath, or NULL */
	const struct oci_resources *resources; /* or NULL */
	/* for the systemd manager; each may be NULL */
	const struct oci_map *annotations;
	const char *system_bus; /* $DBUS_SYSTEM_BUS_ADDRESS */
	const char *session_bus; /* $DBUS_SESSION_BUS_ADDRESS */
	const char *runtime_dir; /* $XDG_RUNTIME_DIR */
	/*
	 * The caller is not root of the initial user namespace: device rules cannot be
	 * applied and are left out, a container that demands nothing may run without cgroup.
	 */
	bool unprivileged;
	/*
	 * config.json mounts the cgroup filesystem: on v1 the container then gets a cgroup
	 * in every hierarchy, so that it does not see the caller's. Otherwise only the
	 * hierarchies that are needed are touched.
	 */
	bool every_hierarchy;
};

/* ---- facts ----------------------------------------------------------------------- */

struct cgroup_unit; /* cgroup/systemd.h */

enum cgroup_mode { CGROUP_NONE, CGROUP_V1, CGROUP_HYBRID, CGROUP_V2 };

enum { CGROUP_HIERARCHIES_MAX = 24 };

/* One mounted hierarchy. */
struct cgroup_hierarchy {
	const char *mount; /* mount point, "/sys/fs/cgroup/pids" */
	bool v2;
	uint32_t
		controllers; /* v1: co-mounted; v2: cgroup.controllers at the mount point */
	const char *
		own; /* the caller's cgroup beneath the mount; NULL: not read or outside */
	/* The caller may make a cgroup beside its own and move processes there. */
	bool beside_writable;
	uint32_t beside_controllers; /* v2: cgroup.controllers of own's parent */
};

struct cgroup_facts {
	enum cgroup_mode mode;
	size_t n;
	struct cgroup_hierarchy
		h[CGROUP_HIERARCHIES_MAX]; /* the v2 one, if any, is first */
	/* for the systemd manager only */
	bool user_manager; /* the caller's own systemd, not the system's */
	const char *bus; /* addresses of it, as kernel/dbus.h takes them */
	const char *manager_path; /* its cgroup: "" or "/user.slice/...", usually */
	uint32_t manager_controllers; /* v2: those that a user's manager has */
};

/*
 * Reads what cgroup_plan_make() needs to know for this request and nothing more: on a pure
 * v2 host with only device rules that is one statfs(2) of /sys/fs/cgroup. 0, or -1 with *e
 * (procfs that cannot be read). cgroups(7), proc(5).
 */
int cgroup_facts_read(const struct cgroup_request *rq, struct oci_arena *arena,
		      struct cgroup_facts *ret, struct err *e);

/*
 * The pure half of it: the hierarchies from the texts of /proc/self/mountinfo and
 * /proc/self/cgroup. Lines that cannot be understood are passed over. Controllers and
 * writability of v2 are left 0. proc_pid_mountinfo(5), cgroups(7).
 */
void cgroup_facts_parse(const char *mountinfo, const char *self_cgroup,
			struct oci_arena *arena, struct cgroup_facts *ret);

/* Controllers named in a text like cgroup.controllers ("cpu io memory") or "cpu,cpuacct". */
uint32_t cgroup_controllers_parse(const char *text, size_t n);

/* ---- plan ------------------------------------------------------------------------ */

enum cgroup_write_flag {
	CGROUP_WRITE_OPTIONAL = 1, /* a file that does not exist is no error */
	CGROUP_WRITE_ELSE = 2, /* only if the write before found no file */
	CGROUP_WRITE_LATE =
		4, /* only when the process is inside: nothing is born after it */
	CGROUP_WRITE_VERIFY = 8, /* kernels take it and forget it: read back */
};

/* One value for one file. */
struct cgroup_write {
	unsigned dir; /* index in plan->dirs */
	unsigned flags; /* enum cgroup_write_flag */
	const char *member; /* "linux.resources.pids.limit" */
	const char *file; /* "pids.max" */
	const char *value; /* "100" */
};

struct cgroup_plan_dir {
	const char *mount;
	const char *path; /* beneath mount: "/a/b/ID", normalised, never "/" */
	bool v2;
	uint32_t controllers; /* v1: of the hierarchy; v2: those the limits need */
};

struct bpf_insn;

/* The device rules in the form that the host's hierarchy takes. */
struct cgroup_device_plan {
	int dir; /* index in plan->dirs, -1: no rules */
	size_t n_lines; /* v1: text for devices.deny (first) and devices.allow, in order */
	const char *const *lines; /* "deny a", "allow c 1:3 rwm" */
	size_t n_insns; /* v2: the program */
	const struct bpf_insn *insns;
};

struct cgroup_plan {
	enum cgroup_manager manager;
	size_t n_dirs; /* 0: the container runs without a cgroup of its own */
	struct cgroup_plan_dir *dirs; /* v2 first */
	size_t n_writes;
	struct cgroup_write *writes; /* in the order of writing */
	struct cgroup_device_plan devices;
	/* Nothing is demanded: if the directory may not be made, go on without one. */
	bool optional;
	const struct cgroup_unit *unit; /* of systemd, or NULL */
	const char *
		remark; /* for log_info(): why there is no cgroup, or what was left out */
};

/*
 * Pure. The place of the container's cgroup, the values of its limits, its device rules.
 * -1 with *e naming the member (linux.cgroupsPath, linux.resources.memory.swappiness, ...)
 * for everything that cannot work on such a host: a path with "..", a controller that is
 * missing or not delegated, a v1 resource that v2 cannot express, the systemd manager.
 */
int cgroup_plan_make(const struct cgroup_request *rq, const struct cgroup_facts *facts,
		     struct oci_arena *arena, struct cgroup_plan *ret, struct err *e);

/* The plan as text, one line per item, for tests and --debug. */
void cgroup_plan_text(const struct cgroup_plan *plan, struct str *ret);

/* ---- the cgroup itself ------------------------------------------------------------- */

/* The container's place in one hierarchy. */
struct cgroup_dir {
	const char *mount; /* "/sys/fs/cgroup" */
	const char *path; /* beneath mount: "/a/b/ID" */
	bool v2;
	uint32_t controllers; /* as in the plan; of a record: v1 only */
	unsigned made; /* so many components of path, counted from its end, are ours */
	uint64_t id; /* inode = the kernel's cgroup id; 0: not known (yet) */
	int base; /* O_PATH on the mount point */
	int fd; /* O_PATH on the cgroup, -1: not made, or gone */
};

struct unit_bus; /* cgroup/systemd.h */

struct cgroup {
	enum cgroup_manager manager;
	size_t n;
	struct cgroup_dir dirs[CGROUP_HIERARCHIES_MAX]; /* v2 first */
	/* systemd (cgroup/systemd.h) */
	const struct cgroup_unit *unit; /* or NULL */
	struct unit_bus *bus; /* from survey to adoption, owned */
	bool unit_made; /* systemd has started the unit for us */
};

/*
 * Opens the hierarchies and sees which components of the paths exist; makes nothing. A
 * cgroup that exists already must be fit: empty, not frozen. *ret is closed by
 * cgroup_close(). With plan->optional, places that may not be written are left out.
 */
int cgroup_survey(const struct cgroup_plan *plan, struct cgroup *ret, struct err *e);

/*
 * What the state record must hold, as name -> value in the arena ("v2" or "cpu,cpuacct" ->
 * opaque text). Valid before cgroup_prepare() (delete then removes whatever came to be)
 * and, with ids, after it.
 */
void cgroup_record(const struct cgroup *cg, struct oci_arena *arena, struct oci_map *ret);

/*
 * Opens the cgroups that a record names. A cgroup that is gone, or is another one by now
 * (its id differs), gets fd -1 and is not touched by any call. A damaged record is an
 * error; nothing outside of cgroupfs is ever opened, and no ".." or symlink followed.
 * The strings of *ret live in the arena.
 */
int cgroup_from_record(const struct oci_map *record, struct oci_arena *arena,
		       struct cgroup *ret, struct err *e);

/*
 * Makes the directories and whatever they need to take a process (v2: controllers enabled
 * in the parents, v1: cpuset.cpus and cpuset.mems). On -1 what was made is still there:
 * cgroup_remove() takes it away.
 */
int cgroup_prepare(const struct cgroup_plan *plan, struct cgroup *cg, struct err *e);

/*
 * True when the manager makes the cgroup around a process that is there already (systemd):
 * there is nothing to be born into, and cgroup_adopt() takes the place of cgroup_join().
 */
bool cgroup_made_late(const struct cgroup *cg);

/*
 * Has the manager make the cgroup of a process that was born (and waits), and opens it; only
 * then can cgroup_apply() follow. pid as in cgroup_join(), pidfd of it or -1. Strings that
 * *cg needs from now on are put into the arena.
 */
int cgroup_adopt(const struct cgroup_plan *plan, struct cgroup *cg,
		 struct oci_arena *arena, pid_t pid, int pidfd, struct err *e);

/* The v2 cgroup for CLONE_INTO_CGROUP (clone(2), Linux 5.7), or -1; borrowed. */
int cgroup_v2_fd(const struct cgroup *cg);

/*
 * Moves a process into the cgroups: into the v1 ones, and into the v2 one unless it was
 * born there. `pid` as this process sees it; the process must not have threads or children
 * yet, and cannot be gone (it waits for us and we are its parent).
 */
int cgroup_join(const struct cgroup *cg, pid_t pid, bool born_in_v2, struct err *e);

/*
 * Writes the limits of the plan, in order, before or after the birth; the error names the
 * member.
 */
int cgroup_apply(const struct cgroup_plan *plan, const struct cgroup *cg, struct err *e);

/*
 * What can be applied only after the process is inside: the device rules (bpf(2) on v2,
 * devices.allow and deny on v1), and pids.limit 0.
 */
int cgroup_devices_apply(const struct cgroup_plan *plan, const struct cgroup *cg,
			 struct err *e);

/*
 * Gives the v2 cgroup to a user of the host: the directory and the files listed in
 * /sys/kernel/cgroup/delegate (a fixed list where that is missing). Files that do not exist
 * are passed over. runtime-spec "Cgroup ownership".
 */
int cgroup_delegate(const struct cgroup *cg, uid_t uid, struct err *e);

/*
 * Pure. Whether path ("a/b") can be a cgroup beneath a container's. -1 with *e: absolute, empty
 * components, names that begin with a dot or as the kernel's files.
 */
int cgroup_below_check(const char *path, struct err *e);

/*
 * Makes such a cgroup (or takes the one that is there) in the container's v2 cgroup, owned as
 * that is, and moves the process into it. cgroup_remove() takes it away with the rest.
 */
int cgroup_move_below(const struct cgroup *cg, const char *path, pid_t pid,
		      struct err *e);

/*
 * Sends a signal to every process in the cgroup and the cgroups below it: cgroup.kill for
 * SIGKILL (Linux 5.14), else freezing, pidfds, signals, thawing. Processes that vanish
 * meanwhile are no error. Refuses a cgroup that this process is in.
 */
int cgroup_signal(const struct cgroup *cg, int sig, struct err *e);

/*
 * Kills all that is left inside, removes the cgroups below and then the directories that
 * are ours, in all hierarchies; shared parents stay while others use them. Waits at most
 * timeout_ms for killed processes to be gone. What is gone already is no error.
 */
int cgroup_remove(struct cgroup *cg, int timeout_ms, struct err *e);

/*
 * The processes in the cgroup and below it, as this process's pid namespace sees them, in
 * the kernel's order; free(*ret). Returns their number, or -1.
 */
ssize_t cgroup_pids(const struct cgroup *cg, pid_t **ret, struct err *e);

/*
 * Freezes or thaws and waits until it is done, at most timeout_ms; on a timeout of a freeze
 * the cgroup is thawed again. Needs a v2 cgroup (5.2) or the v1 freezer: an error otherwise.
 * Refuses to freeze a cgroup that this process is in.
 */
int cgroup_freeze(const struct cgroup *cg, bool frozen, int timeout_ms, struct err *e);

/* Where cgroup_freeze() does it, for others who freeze (criu); NULL: nowhere. */
const struct cgroup_dir *cgroup_freezer(const struct cgroup *cg);

/* 1: frozen by us (asked for), 0: not, or there is no cgroup to ask; -1 with *e. */
int cgroup_is_frozen(const struct cgroup *cg, struct err *e);

/* ---- update -------------------------------------------------------------------------- */

/* What an update must know of the container's cgroups. */
struct cgroup_update_facts {
	/* per dir: controllers that it has, or that can be enabled in the cgroups above it */
	uint32_t usable[CGROUP_HIERARCHIES_MAX];
};

struct cgroup_update {
	const struct oci_resources
		*merged; /* what the saved state shall say afterwards */
	size_t n_writes;
	struct cgroup_write *writes; /* .dir is an index in the container's cg->dirs */
	uint32_t enable[CGROUP_HIERARCHIES_MAX]; /* v2: controllers to enable, per dir */
	int64_t usage_max; /* checkBeforeUpdate: refuse when more memory is in use; -1 */
};

/*
 * Reads the facts for `wanted` (it may be partial): nothing but the controllers of v2, and
 * those only when a limit is asked for. cg: as cgroup_from_record() has made it.
 */
int cgroup_update_facts_read(const struct cgroup *cg, const struct oci_resources *wanted,
			     struct cgroup_update_facts *ret, struct err *e);

/*
 * Pure. `current`: linux.resources of the saved configuration (or NULL); `wanted`: what is
 * to change, partial: what it does not ask for stays. Elements of lists are matched by
 * their key (device, page size, interface, file) and replaced or added. Device rules are
 * left alone: engines send a bare "deny all" here. -1 with *e naming the member that cannot
 * be met, judged with the values that stay (memory.swap below the new memory.limit).
 *
 * The values in *ret, and ret->merged, live in the arena or belong to current and wanted.
 * n_writes may be 0: nothing changes.
 */
int cgroup_update_plan(const struct cgroup *cg, const struct cgroup_update_facts *facts,
		       const struct oci_resources *current,
		       const struct oci_resources *wanted, struct oci_arena *arena,
		       struct cgroup_update *ret, struct err *e);

/*
 * Carries the plan out: all values in force are read before the first one is written, those
 * that depend on one another are written in the order that the kernel accepts (memory and
 * memory+swap; period, quota and burst), and when one is refused all that were written
 * before get their old values back; *e then names the member, its hint what could not be
 * undone. A unit of systemd hears of the change too. The caller holds the container's lock
 * and saves ret->merged afterwards.
 */
int cgroup_update_apply(const struct cgroup_update *u, const struct cgroup *cg,
			struct err *e);

/* The plan as text, one line per write, for tests and --debug. */
void cgroup_update_text(const struct cgroup_update *u, struct str *ret);

/*
 * `exec --cgroup`: [CONTROLLER[,CONTROLLER]...:]PATH, a cgroup that exists beneath the
 * container's own ("/" and "" are that one itself). With controllers it counts for their v1
 * hierarchies, else for all. The directory's fd is replaced; nothing outside the container's
 * cgroup can be reached: ".." is refused, links are not followed. Pure but for the open.
 */
int cgroup_enter_sub(struct cgroup *cg, const char *spec, struct err *e);

/*
 * The v2 cgroup that the init has moved to beneath the container's own, for one that takes no
 * processes because the init (systemd) has enabled controllers below it. `text` is
 * /proc/PID/cgroup of the init. 1: the directory's fd is replaced, 0: the init is not in a
 * cgroup beneath; -1 with *e.
 */
int cgroup_enter_with_init(struct cgroup *cg, const char *text, struct err *e);

/* What is kept from one record to the next while many are looked at; {0} with base -1. */
struct cgroup_glance {
	int base; /* O_PATH on the mount point `mount` */
	bool v2;
	char mount[128];
};

/*
 * The same as cgroup_is_frozen() for a record whose container is known to live, in three
 * system calls: the cgroup's id is not compared. 1, 0, or -1 (no struct err): have a proper
 * look. Close kept->base at the end.
 */
int cgroup_glance_frozen(struct cgroup_glance *kept, const struct oci_map *record,
			 struct oci_arena *arena);

/* Closes the descriptors; the cgroups stay. */
void cgroup_close(struct cgroup *cg);

#endif
