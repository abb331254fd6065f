/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network of a container: what src/net makes, connected to the birth. Asked for by
 * annotations, which direct use writes (run/direct.h):
 *
 *	wolffia.net=MODE[:OPTION,...]	as net_parse_mode() takes it
 *	wolffia.publish=PORT,...	as net_parse_ports() takes them
 *
 * Only a network namespace that is made for the container is connected to anything: engines
 * that bring their own are left alone.
 */
#ifndef RUN_NET_H
#define RUN_NET_H

#include "base/err.h"
#include "libocispec/oci.h"
#include "net/holder.h"

#include <stdbool.h>

/* In the state directory: the generated files. */
#define NET_DIR "net"

#define NET_ANNOTATION	       "wolffia.net"
#define NET_ANNOTATION_PUBLISH "wolffia.publish"

/* Generated files that lie over the container's own (net_files.c). */
enum net_file { NET_FILE_RESOLV, NET_FILE_HOSTS, NET_FILE_HOSTNAME, NET_FILES };

/* The part of struct container that is about it. */
struct container_net {
	struct net_request request;
	bool wanted;
	bool files[NET_FILES]; /* which are mounted */
	int user_fd, net_fd; /* of INIT, from its birth on */
	struct net_holder holder;
};

struct container;

/* Nothing; for those that never plan one. */
void net_begin(struct container_net *n);

/* Reads the annotations of a configuration into *ret. Pure; -1 with *e in their place. */
int net_read_annotations(const struct oci_map *annotations, struct net_request *ret,
			 struct err *e);

/*
 * Decides, once the namespaces are planned, and looks whether it can work (net_survey()).
 * Adds the mounts of its files to the configuration.
 */
int net_plan(struct container *c, struct err *e);

/* net_files.c: which files get a mount; writes them, when the helper is known. */
int net_files_plan(struct container *c, struct err *e);
int net_files_make(struct container *c, struct err *e);
int net_files_fill(struct container *c, const struct net_ready *what, struct err *e);

/*
 * The network namespace as INIT has sent it (wants_net_pass()): it is looked at, and belongs
 * to *c, or -1 with *e and it is closed.
 */
int net_take(struct container *c, int fd, struct err *e);

/* The container's init is dead, or it stays without us. Idempotent. */
void net_finish(struct container_net *n);
void net_leave(struct container_net *n);

struct run_net_hook_args;

/*
 * net-hook, net_hook.c; both pure. What its options ask for: ports are pasta's then. The pid
 * in a container's state, or -1 with *e where it has none.
 */
int net_hook_request(const struct run_net_hook_args *args, struct net_request *ret,
		     struct err *e);
int net_hook_pid(struct oci_arena *arena, const char *text, size_t n, pid_t *ret,
		 struct err *e);

/* Refuses a text that is none of net_parse_mode()'s: for command lines. */
int net_check_mode(const char *text, struct err *e);

#endif
