/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What will be done to the container's filesystem, decided from config.json and facts before
 * anything is touched. Pure: no system call but memory. The plan is printable.
 */
#ifndef FS_PLAN_H
#define FS_PLAN_H

#include "base/err.h"
#include "base/str.h"
#include "fs/option.h"
#include "kernel/mountfd.h"
#include "kernel/usernsfd.h"
#include "libocispec/arena.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- facts: plain values that src/run knows ---------------------------------------- */

enum fs_cgroup_layout {
	FS_CGROUP_NONE, /* the machine has none mounted */
	FS_CGROUP_V1, /* also hybrid: several hierarchies */
	FS_CGROUP_V2, /* one cgroup2 */
};

/* One hierarchy of the machine. With FS_CGROUP_V2 there is one, its name is not used. */
struct fs_hierarchy {
	const char *name; /* directory below /sys/fs/cgroup: "cpu,cpuacct", "unified" */
	const char *data; /* "cpu,cpuacct", "name=systemd"; NULL: it is cgroup2 */
	const char *mount_point; /* "/sys/fs/cgroup/cpu,cpuacct" */
	const char *path; /* of the container's own cgroup inside: "/a/b" */
};

/* How the container gets its mount namespace. */
enum fs_mount_ns {
	FS_MOUNT_NS_NEW,
	FS_MOUNT_NS_JOINED, /* somebody else's: see pivot_own_view() */
	FS_MOUNT_NS_NONE, /* the caller's: chroot(2), and mounts as in fs/inherit.h */
};

/* What the container's root is made of. */
enum fs_root_kind {
	FS_ROOT_PLAIN, /* root.path itself */
	FS_ROOT_OVERLAY, /* a throw-away layer over root.path */
	FS_ROOT_EMPTY, /* a tmpfs: all comes from mounts[]; root.path is only its place */
};

/* Where throw-away layers lie; the one over the root may be kept. */
enum fs_layer_place {
	FS_LAYER_MEMORY, /* on a tmpfs of INIT's own */
	FS_LAYER_DISK, /* in layer_dir/layers, or on scratch_mount */
	FS_LAYER_KEPT, /* the root's in layer_dir/upper, those of volumes in memory */
};

struct fs_facts {
	enum fs_root_kind root_kind;
	enum fs_layer_place layer_place;
	const char *layer_dir; /* FS_LAYER_KEPT */
	const char
		*scratch_size; /* of what throw-away layers lie on, "size=" of tmpfs(5) */
	enum fs_mount_ns mount_ns;
	bool user_ns; /* init is not in the machine's initial user namespace */
	bool new_user_ns; /* ... and it is a new or joined one, not the caller's */
	const char *user_ns_path; /* joined by this path, else NULL */
	bool privileged; /* HOST is root with CAP_SYS_ADMIN where it runs: it clones and id-maps */
	bool cgroup_ns; /* a new or joined cgroup namespace */
	bool no_pivot; /* --no-pivot */
	bool allow_host_proc; /* --allow-host-proc: bind /proc where none can be mounted */
	enum fs_cgroup_layout cgroup_layout;
	const struct fs_hierarchy *hierarchies;
	size_t n_hierarchies;
	const char *mount_label; /* SELinux context for new filesystems, or NULL */
	const char *label_option; /* "context" (NULL), "fscontext", "defcontext", ... */
};

/* ---- the plan ------------------------------------------------------------------- */

enum fs_kind {
	FS_NEW, /* a new filesystem instance */
	FS_BIND, /* an existing tree */
	FS_REMOUNT, /* new attributes for what is mounted at the destination */
	FS_SYMLINK, /* a symbolic link (co-mounted cgroup controllers) */
};

/* Who opens a source: INIT in its own mount namespace, or HOST because INIT may not. */
enum fs_who { FS_HOST, FS_INIT };

struct fs_row {
	enum fs_kind kind;
	size_t index; /* mounts[index] it comes from */
	const char *destination; /* tidy: "/dev/pts" */
	const char *type; /* FS_NEW: its type */
	const char *source; /* FS_NEW: its name; FS_BIND: path, relative to the bundle;
			     * FS_SYMLINK: the link's text */
	const char
		*fallback; /* FS_NEW refused with EPERM in a user namespace: bind this */
	struct mountfd_attr attr;
	unsigned extra; /* enum option_extra */
	bool late_ro; /* becomes read-only in rootfs_finish(), when all is in it */
	const struct mountfd_param *params; /* FS_NEW, FS_REMOUNT */
	size_t n_params;
	bool has_mode; /* tmpfs: mode= was given, else the covered directory's is taken */
	const char
		*label; /* mqueue: security.selinux is set to this afterwards, or NULL */
	enum fs_who opener; /* FS_BIND */
	const struct usernsfd_range *uids; /* id-mapped mounts: the maps ... */
	size_t n_uids;
	const struct usernsfd_range *gids;
	size_t n_gids;
	const char *userns_path; /* ... or this user namespace's */
	uint64_t dev, ino; /* FS_BIND: the source must be this object; 0: any */
	/* filled in by source_open_all() */
	int source_fd; /* FS_BIND: a detached clone, or with `plain` an O_PATH; else -1 */
	bool plain;
	const char *link_text; /* copy-symlink: the source is a link with this text */
	/* filled in by mount_all() */
	int mount_fd; /* root of a fresh tmpfs that later rows go into, or -1 */
	bool by_link; /* it lies behind a link, and may cover any row before it */
};

struct fs_device {
	const char *path; /* tidy */
	mode_t mode; /* type and permissions, as mknod(2) */
	dev_t rdev;
	uid_t uid;
	gid_t gid;
	long index; /* linux.devices[index]; -1: a default device */
};

/* Those that every container has. */
enum { FS_DEFAULT_DEVICES = 6 };
extern const struct fs_default_device {
	const char *path;
	unsigned major, minor;
} fs_default_devices[FS_DEFAULT_DEVICES];

struct fs_plan {
	enum fs_mount_ns mount_ns;
	bool own_tree; /* FS_MOUNT_NS_NONE, and something is mounted: fs/inherit.h */
	int tree_fd; /* the root that inherit_attach() has made, or -1 */
	int joined_ns; /* FS_MOUNT_NS_JOINED: set by pivot_own_view(), borrowed; or -1 */
	const char *root; /* root.path as it is in the config */
	bool root_readonly;
	enum fs_root_kind root_kind;
	int root_mount; /* what HOST has made of root.path: a detached mount, or -1 */
	bool has_layers; /* some row is a throw-away layer */
	const char *scratch_size; /* NULL: the kernel's default, half of the memory */
	int scratch_mount; /* what HOST has made for throw-away layers (bounded.h), or -1 */
	enum fs_layer_place layer_place;
	const char *layer_dir; /* absolute; src/run makes it and what is in it */
	bool layer_is_new; /* src/run sets it: "upper" is empty and looks like nothing yet */
	bool layer_by_fuse; /* src/run sets it: "upper" was written by fuse-overlayfs */
	unsigned long propagation; /* MS_SLAVE ... of the caller's tree, see rootfs.h */
	bool propagation_rec;
	unsigned long root_propagation; /* given in the config: of the new root, else 0 */
	bool root_propagation_rec;
	struct fs_row *rows;
	size_t n_rows;
	struct fs_device *devices;
	size_t n_devices;
	bool dev_is_bind; /* /dev is the user's own: no default devices, no links */
	const char **masked; /* without duplicates; *_index: position in the config */
	size_t *masked_index;
	size_t n_masked;
	const char **readonly;
	size_t *readonly_index;
	size_t n_readonly;
	bool user_ns;
	bool no_pivot;
	bool legacy; /* set by rootfs_propagate(): mount(2) has to do it all */
	const char *mount_label; /* for the tmpfs over masked directories */
	const char *label_option;
};

/*
 * Decides everything. The plan lives in the arena and points into config and facts. Errors
 * name mounts[i] and the option: what cannot work is refused here.
 */
int fs_plan_make(struct oci_arena *arena, const struct oci_config *config,
		 const struct fs_facts *facts, struct fs_plan **ret, struct err *e);

/* True when source_open_all(FS_HOST) has something to do. */
bool fs_plan_needs_host(const struct fs_plan *plan);

/*
 * True when the container may write to its own cgroup: a new cgroup2 on /sys/fs/cgroup that is
 * not read-only (config-linux.md, "Cgroup ownership").
 */
bool fs_plan_cgroup_is_writable(const struct fs_plan *plan);

/* True when there is nothing but a directory to chroot(2) into: nothing may be mounted. */
static inline bool fs_plan_is_bare(const struct fs_plan *plan)
{
	return plan->mount_ns == FS_MOUNT_NS_NONE && !plan->own_tree;
}

/* True when the root is made by overlay_root(), not by rootfs_prepare(). */
static inline bool fs_plan_has_layers(const struct fs_plan *plan)
{
	return plan->root_kind != FS_ROOT_PLAIN || plan->has_layers ||
	       plan->root_mount >= 0;
}

/* A line a step; the tests compare it. */
void fs_plan_print(const struct fs_plan *plan, struct str *ret);

#endif
