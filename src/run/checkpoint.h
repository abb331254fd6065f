/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What checkpoint and restore have in common: their options as requests to criu, and the
 * refusals that come before criu is asked. The plans are pure.
 */
#ifndef RUN_CHECKPOINT_H
#define RUN_CHECKPOINT_H

#include "base/err.h"
#include "libocispec/oci.h"
#include "run/criu.h"
#include "run/criu_mounts.h"
#include "run/run.h"

#include <stdint.h>

/* What is known when a request is made up; descriptors and numbers are this process's. */
struct criu_facts {
	int images_fd;
	int work_fd;
	const char *log; /* "dump.log" */
	const char *config_file; /* of criu, or NULL */
	const struct criu_mounts *mounts;
	const struct oci_config *config;
	/* checkpoint */
	int64_t pid;
	const char *freeze_cgroup; /* path, or NULL */
	uint64_t net_inode; /* of a namespace that came by its path, else 0 */
	uint64_t pid_inode;
	const struct oci_strings *streams; /* both: descriptors.json */
	/* restore */
	const char *root; /* absolute, a mount point for criu */
	int null_fds[3]; /* the null device, for reading and writing: criu closes each */
	int stream_fds[3]; /* what takes their place */
	const struct oci_map *cgroups; /* controller -> path */
	const struct criu_joined {
		const char *kind; /* "net", "ipc" */
		int fd;
	} * joined;
	size_t n_joined;
	int64_t self; /* our own pid: criu reaches a joined namespace through us */
};

/* The dump's and the restore's options. */
void checkpoint_plan(const struct run_checkpoint_args *a, const struct criu_facts *f,
		     struct criu_options *ret);
void restore_plan(const struct run_checkpoint_args *a, const struct criu_facts *f,
		  struct criu_options *ret);

/* "[ADDRESS]:PORT" of --page-server. -1 with *e. */
int checkpoint_parse_server(const char *text, char *ret_address, size_t size,
			    uint16_t *ret_port, struct err *e);

/*
 * What criu cannot do, by config.json: id-mapped mounts; namespaces of a kind that it cannot
 * join again. -1 with *e naming the member.
 */
int checkpoint_check(const struct oci_config *config, struct err *e);

/* The same by the caller's privilege: criu needs the real root. `what` is the command. */
int checkpoint_check_caller(const char *what, struct err *e);

/*
 * criu's own configuration file: annotation org.criu.config ("": none), else the first of
 * wolffia.conf, crun.conf and runc.conf in /etc/criu that exists; else NULL.
 */
const char *checkpoint_config_file(const struct oci_map *annotations);

/* Replaces an error of criu_run() by the reason in the log, and says where the log is. */
void checkpoint_explain(int work_fd, const char *log, const char *work_path,
			struct err *e);

#endif
