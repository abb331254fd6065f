/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes by descriptor. A pid number is used once, to get a pidfd, and that one is then
 * checked against what was recorded when the process was born; never again after that. A
 * "gone" answer is a result and no error. pidfd_open(2), Linux 5.3; pidfs inodes since 6.9,
 * its file handles since 6.14 (seen on 6.18).
 */
#ifndef KERNEL_PIDFD_H
#define KERNEL_PIDFD_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PIDFD_HANDLE_MAX = 32, PIDFD_BOOT_ID_MAX = 40 };

/* What tells a process from every other one, also after its pid was given to another. */
struct pidfd_identity {
	pid_t pid; /* in the pid namespace of the recorder */
	uint64_t start_time; /* clock ticks since boot, /proc/PID/stat field 22 */
	uint64_t
		inode; /* of the pidfd in pidfs, never reused during a boot; 0: no pidfs */
	char boot_id[PIDFD_BOOT_ID_MAX]; /* text, "" when it cannot be read */
	int32_t handle_type; /* file handle of the pidfd in pidfs, name_to_handle_at(2) */
	uint32_t n_handle; /* bytes in handle; 0: the kernel gives none */
	uint8_t handle[PIDFD_HANDLE_MAX];
	/* its pid namespace, which no process can change; inode 0: hidden from the recorder */
	uint64_t pidns_dev, pidns_ino;
};

/* A pidfd (close-on-exec), or -1: with *ret_gone set and no error when there is no such
 * process, else with *e set. Who may be meant by the number is the caller's problem. */
int pidfd_of(pid_t pid, bool *ret_gone, struct err *e);

/*
 * Records the identity of a process whose pidfd is held. proc_fd: directory of a trusted
 * procfs of the caller's pid namespace. An error when the process was already reaped.
 */
int pidfd_identify(int pidfd, pid_t pid, int proc_fd, struct pidfd_identity *ret,
		   struct err *e);

/*
 * The pidfd of the recorded process. 1: it lives, *ret_pidfd is its pidfd (the caller's);
 * 0: it is gone (exited, zombie, reaped, pid recycled, other boot), nothing is returned;
 * -1: *e is set (no permission, no memory, ...). Never the pidfd of another process.
 */
int pidfd_recover(const struct pidfd_identity *id, int proc_fd, int *ret_pidfd,
		  struct err *e);

/* True until the whole process has ended (a zombie is not alive). poll(2) on the pidfd. */
bool pidfd_alive(int pidfd);

/* pidfd_send_signal(2). 1: sent, 0: the process is gone, -1 with *e set. */
int pidfd_signal(int pidfd, int sig, struct err *e);

/*
 * Reaps a child. 1: ended, *ret_status as waitpid(2) gives it; 0: still running (only
 * without block); -1 with *e set (ECHILD when it is not ours). waitid(2) P_PIDFD, Linux 5.4.
 */
int pidfd_wait(int pidfd, bool block, int *ret_status, struct err *e);

/* A child whose status nobody wants: waits patience_ms for its end, then kills it; reaps it. */
void pidfd_finish(int pidfd, int patience_ms);

/*
 * The wait status of a process that is not our child, if the kernel still knows it (Linux
 * 6.15, PIDFD_INFO_EXIT, after it was reaped). Returns false when it does not.
 */
bool pidfd_exit_status(int pidfd, int *ret_status);

/*
 * The process's number in the caller's pid namespace: PIDFD_GET_INFO (6.13), else
 * /proc/self/fdinfo of proc_fd. An error when it is gone or not visible from here.
 */
pid_t pidfd_pid(int pidfd, int proc_fd, struct err *e);

/* Field 22 of /proc/PID/stat from its text. Pure; false when the text is malformed. */
bool pidfd_stat_start_time(const char *stat, uint64_t *ret);

/*
 * True when that text is of a process that ends: SIGKILL waits for it (field 31) or it is in
 * exit(2) (field 9, PF_EXITING). Pure.
 */
bool pidfd_stat_ends(const char *stat);

/* The same of the process behind the pidfd; true too when it is gone. */
bool pidfd_ends(int pidfd, int proc_fd);

#endif
