/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of the birth: each does one thing to the container, 0 or -1 with *e. Those of
 * HOST are in steps_host.c with their undo, those of INIT in steps_init.c. What INIT makes
 * lies in namespaces that end with it, so it has nothing to undo. wants_* are pure and give
 * the same answer in both processes.
 */
#ifndef RUN_STEPS_H
#define RUN_STEPS_H

#include "run/container.h"

/*
 * Decides whether the container gets a notify socket (run/sdnotify.h), and adds the mount
 * and the variable to its configuration; once the namespaces are planned.
 */
int sdnotify_plan(struct container *c, struct err *e);

/* HOST, before birth. An undo may be called for a step that failed half-way. */
int host_reserve(struct container *c, struct err *e); /* state directory, config.json */
void host_release(struct container *c);
int host_tree_reserve(struct container *c, struct err *e); /* before the record */
int host_tree(struct container *c, struct err *e); /* steps_tree.c: fs/inherit.h */
void host_tree_undo(struct container *c);
int host_cgroup(struct container *c, struct err *e); /* directories, limits */
void host_cgroup_undo(struct container *c);
int host_gate(struct container *c, struct err *e);
int host_notify(struct container *c, struct err *e); /* sdnotify_plan.c */
int host_net_files(struct container *c, struct err *e); /* net.c, net_files.c */
void host_net_undo(struct container *c);
int host_sources(struct container *c, struct err *e);
int host_files(struct container *c, struct err *e); /* baton, memfds, shared page */

/* HOST, after birth. */
int host_birth(struct container *c, struct err *e); /* returns 1 in INIT */
void host_kill(struct container *c);
int host_record(struct container *c, struct err *e);
int host_maps(struct container *c, struct err *e);
int host_join_cgroup(struct container *c, struct err *e);
int host_resctrl(struct container *c, struct err *e); /* resctrl.c */
void host_resctrl_undo(struct container *c);
int host_net_open(struct container *c, struct err *e);
int init_net_pass(struct container *c, struct err *e);
int host_net_start(struct container *c, struct err *e);
int host_net_ready(struct container *c, struct err *e);
int host_below(struct container *c, struct err *e); /* run.oci.delegate-cgroup */
/* Brings a waiting process that was just born into the container's cgroups. */
int host_place(struct container *c, const struct spawned *p, struct err *e);
int host_outside(struct container *c, struct err *e);
int host_netdevs(struct container *c, struct err *e);
int host_devices(struct container *c, struct err *e);
int host_script(struct container *c, struct err *e);
int host_hooks(struct container *c, struct err *e);
int host_pidfd_socket(struct container *c, struct err *e);
int host_pid_file(struct container *c, struct err *e);
void host_pid_file_undo(struct container *c);
int host_ready(struct container *c, struct err *e);
int host_commit(struct container *c, struct err *e);

/* INIT. */
int init_join(struct container *c, struct err *e);
int init_sources(struct container *c, struct err *e);
int init_namespaces(struct container *c, struct err *e);
int init_mounts(struct container *c, struct err *e);
int init_devices(struct container *c, struct err *e);
int init_inside(struct container *c, struct err *e);
int init_home(struct container *c, struct err *e);
int init_cwd(struct container *c, struct err *e);
int init_terminal(struct container *c, struct err *e);
int init_hooks(struct container *c, struct err *e);
int init_masks(struct container *c, struct err *e);
int init_pivot(struct container *c, struct err *e);
int init_gate(struct container *c, struct err *e);
int init_stage(struct container *c, struct err *e);

/* Which rows this container needs. */
bool wants_gate(const struct container *c);
bool wants_tree(const struct container *c);
bool wants_notify(const struct container *c);
bool wants_host_sources(const struct container *c);
bool wants_maps(const struct container *c);
bool wants_join_cgroup(const struct container *c);
bool wants_net(const struct container *c);
bool wants_net_open(const struct container *c);
bool wants_net_pass(const struct container *c);
bool wants_below(const struct container *c);
bool wants_resctrl(const struct container *c);
bool wants_outside(const struct container *c);
bool wants_netdevs(const struct container *c);
bool wants_runtime_hooks(const struct container *c);
bool wants_container_hooks(const struct container *c);
bool wants_home(const struct container *c);
bool wants_process(const struct container *c);
bool wants_terminal(const struct container *c);
bool wants_pidfd_socket(const struct container *c);
bool wants_pid_file(const struct container *c);
bool wants_init_gate(const struct container *c);
/* INIT must not go on before HOST has mapped ids or moved it into its cgroup. */
bool wants_host_first(const struct container *c);
/* ... nor open its cgroups of v1, which it may bind, before systemd has made them. */
bool wants_cgroup_first(const struct container *c);

#endif
