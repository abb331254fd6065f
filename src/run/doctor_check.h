/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks of `doctor` share: facts, findings, and trials in a child. */
#ifndef RUN_DOCTOR_CHECK_H
#define RUN_DOCTOR_CHECK_H

#include "ns/facts.h"
#include "run/doctor.h"

#include <stdbool.h>
#include <stdint.h>

struct doctor {
	const struct run_context *ctx;
	struct oci_arena *arena;
	int proc_fd; /* trusted procfs */
	struct ns_facts facts;
	bool privileged; /* may do without a user namespace */
	bool has_userns; /* the trial of one has worked: later trials use one */
	bool cgroup_v2, has_cgroup; /* v2 alone; one can be made */
	struct oci_id_mappings sub_uids, sub_gids; /* host_id and size */
};

/* A check fills in state, found, cause and cure; the row has the rest. */
typedef void doctor_check(struct doctor *d, struct doctor_finding *f);

doctor_check doctor_procfs, doctor_kernel, doctor_state_root; /* doctor.c */
doctor_check doctor_root, doctor_devices, doctor_memfd;
doctor_check doctor_userns, doctor_namespaces, doctor_subids, doctor_newidmap;
doctor_check doctor_overlay, doctor_idmap, doctor_proc, doctor_sysfs, doctor_fuse,
	doctor_loop;
doctor_check doctor_loopback, doctor_tun, doctor_pasta, doctor_slirp;
doctor_check doctor_pasta_speed, doctor_slirp_speed; /* doctor_speed.c */
doctor_check doctor_cgroup, doctor_pids, doctor_memory, doctor_cpu;
doctor_check doctor_seccomp, doctor_landlock, doctor_apparmor, doctor_selinux;

/* What was seen, as text in the arena. */
void doctor_found(struct doctor *d, struct doctor_finding *f, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* It is not ok: the error's text is the cause, its hint the cure, else `cure` (or NULL). */
void doctor_fault(struct doctor *d, struct doctor_finding *f, enum doctor_state state,
		  const struct err *why, const char *cure);

/* What to do in a child. */
struct doctor_trial {
	uint64_t flags; /* CLONE_NEW*; CLONE_NEWUSER is added when user namespaces work */
	int (*inside)(
		struct err *e); /* as root of the new user namespace; NULL: nothing */
	/* Or this: what it makes of its copy of data comes back, also after an error. */
	int (*measure)(void *data, struct err *e);
	void *data; /* nothing in it points anywhere */
	size_t n_data;
	int timeout_ms; /* 0: ten seconds */
};

/*
 * Runs a trial to its end, for as long as it may take. -1 with what went wrong, in the birth, the
 * id mapping or inside.
 */
int doctor_try(const struct doctor *d, const struct doctor_trial *t, struct err *e);

/* The same up to the birth, with all subordinate ids mapped by newuidmap and newgidmap. */
int doctor_try_map(const struct doctor *d, struct err *e);

/* The same with a range that systemd-nsresourced lends. */
int doctor_try_lent(const struct doctor *d, struct err *e);

#endif
