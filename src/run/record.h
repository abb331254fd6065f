/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state directory ROOT/ID and the record in it. The directory (0700) holds
 *
 *	lock             its first byte is held (fcntl F_SETLK) by the command that changes the
 *	                 container, the second by a foreground `run` that will delete it
 *	creating, created or running
 *	                 the record; its name is the phase, so that a change of phase is one
 *	                 rename(2) and no reader ever sees half of it
 *	spare            a copy of the record, as the text of a symbolic link: no truncation
 *	                 or write to files can damage it together with the record;
 *	                 without annotations
 *	config.json      the bundle's configuration as it was at create
 *	resources.json   linux.resources after the last update, if there was one
 *	gate             socket on which the init waits for `start`
 *	mounts/          where the container's mounts are when it has no mount namespace of
 *	                 its own (fs/inherit.h)
 *	net/             files of a user-mode network (run/net.h)
 *	notify/          with the container's sd_notify socket (run/sdnotify.h)
 *
 * The record names everything that must be undone, and it is written before that thing is
 * made: whatever moment the runtime is killed at, `delete --force` finds the rest.
 */
#ifndef RUN_RECORD_H
#define RUN_RECORD_H

#include "base/err.h"
#include "libocispec/oci.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum run_phase {
	RUN_PHASE_NONE, /* the directory is there, a record is not: create died at once */
	RUN_PHASE_CREATING,
	RUN_PHASE_CREATED,
	RUN_PHASE_RUNNING,
};

/* A layer on disk (run/layer.h), and whom the files in it may belong to. */
struct run_layer {
	char *dir; /* absolute */
	bool kept;
	struct oci_id_mappings uids, gids;
};

/* A tree that was labelled for this container alone (mount option Z). */
struct run_tree {
	char *path; /* absolute */
	char *label;
	uint64_t dev, ino;
};

struct run_record {
	uint32_t version; /* RUN_RECORD_VERSION */
	char *id;
	char *bundle; /* absolute */
	char *rootfs; /* absolute */
	char *created; /* RFC 3339 */
	uint64_t uid; /* who created it */
	char *boot_id;
	struct oci_opt_int
		pid; /* the init, as the pid namespace of its creator names it */
	struct oci_opt_uint start_time; /* clock ticks since boot, proc_pid_stat(5) */
	struct oci_opt_uint inode; /* of the init's pidfd; 0: not on pidfs (before 6.9) */
	char *handle; /* pidfs file handle in hex, or NULL */
	struct oci_opt_uint pidns_dev; /* the init's pid namespace; see kernel/pidfd.h */
	struct oci_opt_uint pidns_ino;
	struct oci_opt_uint
		home_ino; /* the creator's pid namespace, in which `pid` counts */
	struct oci_map cgroup; /* what src/cgroup wants back: hierarchy -> path */
	struct oci_map resctrl; /* the same for cgroup/rdt.h */
	struct oci_strings
		stubs; /* mount points made in the host's directories (fs/stub.h) */
	struct oci_id_mappings id_uids,
		id_gids; /* of `auto`: nobody else's (run/ids.h) */
	struct run_layer *layer; /* NULL: none */
	struct oci_opt_uint
		mounts_dev; /* fs/inherit.h: mounts of the machine's namespace */
	struct oci_opt_uint mounts_ino;
	bool owned; /* the foreground command that made it deletes it */
	char *process_label, *mount_label; /* SELinux, given or chosen; or NULL */
	OCI_LIST(struct run_tree) private_trees;
	bool reread; /* config.json is needed later: poststart, poststop, seccomp listener */
	bool no_process; /* start is an error (S22) */
	bool shared_pid; /* no pid namespace of its own: its init's death ends nobody else */
	struct oci_map annotations;
};

enum { RUN_RECORD_VERSION = 1 };

/* A locked or unlocked state directory; close with statedir_close(). */
struct statedir {
	int root; /* O_PATH|O_DIRECTORY of the state root */
	int dir; /* of ROOT/ID */
	int lock; /* open "lock", -1 when not locked */
	char id[256];
};

#define STATEDIR_CLOSED        \
	(struct statedir)      \
	{                      \
		-1, -1, -1, "" \
	}

/*
 * Opens the state root; with create it is made (0700, parents too). A root that others may
 * write to, or that is "/", is refused. The descriptor, or -1 with *e; a missing root without
 * create is ENOENT in e->code.
 */
int statedir_root(const char *path, bool create, struct err *e);

/*
 * Whether there is room in the state root for the files of one more container: they are written
 * to a file without a name (O_TMPFILE, open(2)), which nobody sees and a crash does not leave. A
 * filesystem that has no such files is taken at its word that it can be written to.
 */
int statedir_try(int root, struct err *e);

/* Says what to do about an error of writing there; nothing when its code says nothing. -1. */
int statedir_hint(struct err *e);

enum { STATEDIR_OTHER_MAX = 64 };

/*
 * The second state root of a plain user, in which direct use puts its containers when there is
 * no runtime directory: one of his own in /tmp. False when it is not there, or not his alone.
 */
bool statedir_other_root(char path[STATEDIR_OTHER_MAX], bool create);

/* True when only the caller or root can have made what lies in a state root. */
bool statedir_is_private(int root);

/*
 * Makes ROOT/ID and locks it. "container with given ID already exists" when it is there
 * (also half made). The caller undoes with statedir_remove().
 */
int statedir_reserve(const char *root, const char *id, struct statedir *ret,
		     struct err *e);

/*
 * Says early, before anything is decided, that the id is taken: the sentence of
 * statedir_reserve(), which decides.
 */
int statedir_check_free(const char *root, const char *id, struct err *e);

/*
 * Opens an existing ROOT/ID; "container does not exist" when there is none (e->code
 * ENOENT). Not locked. root NULL: the default, and then statedir_other_root().
 */
int statedir_open(const char *root, const char *id, struct statedir *ret, struct err *e);

/*
 * The same below a root that is open already and stays the caller's; ret->root is -1, so
 * only reading is possible.
 */
int statedir_open_at(int root_fd, const char *id, struct statedir *ret, struct err *e);

/*
 * Locks an opened directory, waiting at most timeout_ms for the command that holds it.
 * "container does not exist" when it was deleted meanwhile.
 */
int statedir_lock(struct statedir *s, int timeout_ms, struct err *e);

/*
 * For an opened directory in which something is missing: 0, unless it was removed meanwhile
 * or is being removed: "container does not exist", ENOENT.
 */
int statedir_exists(const struct statedir *s, struct err *e);

/*
 * For the one who reserved it and will delete it: others may lock it now, and see until we end
 * that it has an owner. Closes all but the lock, which the next statedir_lock() of ours
 * takes over: fcntl(2) gives it up with any descriptor of the file that is closed.
 */
void statedir_stay(struct statedir *s);

/* Whether the one who will delete it lives; false after we did that ourselves. */
bool statedir_has_owner(const struct statedir *s);

enum statedir_use {
	STATEDIR_FREE,
	STATEDIR_BUSY, /* some other process holds the lock */
	STATEDIR_GOING, /* ... and has begun to remove the directory */
};

/* What others do with it. Not for a directory that we have locked: we would lose the lock. */
enum statedir_use statedir_use(const struct statedir *s);

/* Removes what is in the directory and the directory itself. 0, also when it is gone. */
int statedir_remove(struct statedir *s, struct err *e);

/*
 * Unmounts what a container without a mount namespace of its own has mounted (fs/inherit.h);
 * nothing for all others. With the record damaged (NULL) it is looked for. May be repeated.
 */
int tree_remove(const struct statedir *s, const struct run_record *r, struct err *e);

void statedir_close(struct statedir *s);
#define auto_statedir __attribute__((cleanup(statedir_close))) struct statedir

/* Writes the record under its phase's name. */
int record_write(const struct statedir *s, enum run_phase phase,
		 const struct run_record *r, struct err *e);

/* Goes from one phase to the next. */
int record_advance(const struct statedir *s, enum run_phase from, enum run_phase to,
		   struct err *e);

/*
 * Reads the record. With RUN_PHASE_NONE in *ret_phase there is none and *ret is NULL. A
 * record that cannot be read or understood is an error that names the file; e->code is
 * EBADMSG then.
 */
int record_read(const struct statedir *s, struct oci_arena *arena,
		struct run_record **ret, enum run_phase *ret_phase, struct err *e);

/*
 * Reads the record of ROOT/ID in few system calls, for `list`: only one in phase running or
 * created, and only below a root that nobody else may write to. Unless it shall be `whole`,
 * annotations may be missing, for the spare is read. False (no struct err)
 * when that is not how it is; then it has to be looked at properly.
 */
bool record_glance(int root, const char *id, bool whole, struct oci_arena *arena,
		   struct run_record **ret, enum run_phase *ret_phase);

/*
 * Reads the copy, for `delete --force` of a container whose record is damaged. -1 with *e
 * when that is missing or damaged too.
 */
int record_read_spare(const struct statedir *s, struct oci_arena *arena,
		      struct run_record **ret, struct err *e);

#endif
