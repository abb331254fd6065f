/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole container while it is being born: what HOST decides before anything exists
 * (config, plans, opened sources), and what exists so far. INIT has a copy of it from the
 * moment of its birth; nothing is sent that both know. Nobody below src/run sees this.
 */
#ifndef RUN_CONTAINER_H
#define RUN_CONTAINER_H

#include "base/err.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/rdt.h"
#include "fs/fs.h"
#include "kernel/loopdev.h"
#include "kernel/spawn.h"
#include "libocispec/oci.h"
#include "ns/join.h"
#include "ns/plan.h"
#include "run/capture.h"
#include "run/console.h"
#include "run/helpers.h"
#include "run/hooks.h"
#include "run/labels.h"
#include "run/net.h"
#include "run/record.h"
#include "run/run.h"
#include "run/sdnotify.h"
#include "sec/process.h"
#include "sec/seccomp.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Written by INIT, read by HOST for its messages only: a shared page. */
struct birth_page {
	uint32_t row; /* the row INIT is in */
	bool hooks; /* createContainer hooks were begun */
	char home[256]; /* HOME out of the image, "" when there is none */
};

struct container {
	/* what was asked for */
	const struct run_context *ctx;
	const struct run_create_args *args;
	bool gate; /* create: the init waits for `start` */
	struct run_watch *watch; /* of a watched `run`, else NULL */
	const struct capture *capture; /* its output goes through us; or NULL */
	bool owned; /* we delete it when it ends */
	bool restoring; /* criu makes the processes, with the labels that they had */
	const char *images; /* restoring: the directory of the checkpoint */
	bool foreground; /* run without --detach: the terminal is ours to relay */

	/* what was read and decided; nothing of it changes after life_prepare() */
	struct oci_arena arena;
	struct str text; /* config.json as it was read */
	struct oci_config *config;
	const char *bundle; /* absolute */
	int bundle_fd;
	int proc_fd; /* trusted procfs */
	struct ns_facts ns_facts;
	struct ns_plan ns;
	struct cgroup_plan cgroup_plan;
	struct rdt_plan rdt_plan;
	struct fs_plan *fs_plan;
	struct label_facts label;
	struct labels labels; /* trees to be labelled */
	struct process_facts facts;
	const char *receiver; /* where the seccomp listener goes, or NULL */
	struct hooks_output hook_output;
	const char *
		notify_socket; /* the caller's, when the container gets one too, or NULL */
	int root_ids; /* enum root_ids (run/rootids.h) */
	bool host_clones_sources; /* mount sources are opened by HOST, before birth */
	bool stage; /* the script runs in the sealed stage */
	bool init_gate; /* INIT itself waits at the gate, for it has hooks to run then */
	uint32_t extra_fds; /* --preserve-fds and LISTEN_FDS */

	/* what exists */
	int ids_lock; /* the state root, locked while ids are chosen (run/ids.h), or -1 */
	struct statedir dir;
	struct run_record record;
	struct cgroup cgroup;
	struct rdt rdt; /* groups in resctrl */
	struct ns_joins joins;
	struct container_net net;
	struct layer_helpers helpers;
	char layer_device[LOOPDEV_PATH_MAX]; /* of fs_plan->scratch_mount, or "" */
	int interrupt_fd; /* signals that break the birth off, or -1 (run/interrupt.h) */
	struct sdnotify notify; /* of `run`: the container's socket and the caller's */
	int gate_fd;
	int console_fd; /* connected console socket */
	int console_peer; /* foreground: our end of it */
	struct oci_box console_size; /* foreground: of our own terminal */
	int pidfd_sock; /* connected pidfd socket */
	int stage_fd;
	int script_fd;
	int baton; /* our end */
	int baton_peer; /* the other one, until birth */
	struct spawned init;
	bool reaped;
	bool told; /* INIT has said why it failed */
	bool hooks_ran; /* a create-time hook was begun: poststop hooks are due */
	bool made_pid_file;
	struct birth_page *page;

	/* of INIT alone */
	struct fs fs;
	struct console console;
	int gate_conn; /* accepted at the gate, when startContainer hooks run first */
};

/*
 * Decides: reads the bundle and its configuration, makes every plan, opens what will be
 * needed. Touches nothing. On -1 the caller still calls container_close().
 */
int container_prepare(struct container *c, struct err *e);

/* The value of run.oci.delegate-cgroup, or NULL; and whether it can be done (pure). */
const char *container_below(const struct container *c);
int container_check_below(const struct container *c, struct err *e);

/* Releases memory and descriptors; what exists in the system stays. */
void container_close(struct container *c);

/* The state as hooks and agents get it; points into the container. */
void container_state(const struct container *c, enum oci_status status, int64_t pid,
		     struct oci_state *ret);

/* The same from a record (start, delete, state). */
void record_state(const struct run_record *r, enum oci_status status, int64_t pid,
		  struct oci_state *ret);

/* True when the annotation is there and its value is "1" or "true". */
bool container_flag(const struct oci_config *config, const char *annotation);

#endif
