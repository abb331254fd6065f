/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record; see record.h. Its JSON comes from the same kind of table as config.json. */
#include "run/record.h"

#include "base/fd.h"
#include "base/file.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const struct oci_member layer_members[] = {
	OCI_STR(run_layer, dir, "dir", OCI_REQUIRED, oci_rule_absolute),
	OCI_BOOL(run_layer, kept, "kept", 0),
	OCI_OBJS(run_layer, uids, "uids", 0, oci_id_mapping, &oci_type_id_mapping),
	OCI_OBJS(run_layer, gids, "gids", 0, oci_id_mapping, &oci_type_id_mapping),
};
static const struct oci_type layer_type = OCI_TYPE(run_layer, layer_members, NULL);

static const struct oci_member tree_members[] = {
	OCI_STR(run_tree, path, "path", OCI_REQUIRED, NULL),
	OCI_STR(run_tree, label, "label", OCI_REQUIRED, NULL),
	OCI_NUM(run_tree, dev, "dev", OCI_REQUIRED, 0, UINT64_MAX),
	OCI_NUM(run_tree, ino, "ino", OCI_REQUIRED, 0, UINT64_MAX),
};
static const struct oci_type tree_type = OCI_TYPE(run_tree, tree_members, NULL);

static const struct oci_member record_members[] = {
	OCI_NUM(run_record, version, "version", OCI_REQUIRED, RUN_RECORD_VERSION,
		RUN_RECORD_VERSION),
	OCI_STR(run_record, id, "id", OCI_REQUIRED, oci_rule_some),
	OCI_STR(run_record, bundle, "bundle", OCI_REQUIRED, oci_rule_absolute),
	OCI_STR(run_record, rootfs, "rootfs", OCI_REQUIRED, oci_rule_absolute),
	OCI_STR(run_record, created, "created", OCI_REQUIRED, oci_rule_some),
	OCI_NUM(run_record, uid, "uid", OCI_REQUIRED, 0, UINT32_MAX),
	OCI_STR(run_record, boot_id, "bootId", OCI_REQUIRED, NULL),
	OCI_NUM(run_record, pid, "pid", 0, 1, INT32_MAX),
	OCI_NUM(run_record, start_time, "startTime", 0, 0, UINT64_MAX),
	OCI_NUM(run_record, inode, "pidfdInode", 0, 0, UINT64_MAX),
	OCI_STR(run_record, handle, "pidfdHandle", 0, NULL),
	OCI_NUM(run_record, pidns_dev, "pidNamespaceDev", 0, 0, UINT64_MAX),
	OCI_NUM(run_record, pidns_ino, "pidNamespaceInode", 0, 0, UINT64_MAX),
	OCI_NUM(run_record, home_ino, "creatorPidNamespaceInode", 0, 0, UINT64_MAX),
	OCI_MAP(run_record, cgroup, "cgroup", 0, NULL),
	OCI_MAP(run_record, resctrl, "resctrl", 0, NULL),
	OCI_STRS(run_record, stubs, "stubs", 0, NULL),
	OCI_OBJS(run_record, id_uids, "uids", 0, oci_id_mapping, &oci_type_id_mapping),
	OCI_OBJS(run_record, id_gids, "gids", 0, oci_id_mapping, &oci_type_id_mapping),
	OCI_OBJ(run_record, layer, "layer", 0, run_layer, &layer_type),
	OCI_NUM(run_record, mounts_dev, "mountsDev", 0, 0, UINT64_MAX),
	OCI_NUM(run_record, mounts_ino, "mountsInode", 0, 0, UINT64_MAX),
	OCI_BOOL(run_record, owned, "owned", 0),
	OCI_STR(run_record, process_label, "processLabel", 0, NULL),
	OCI_STR(run_record, mount_label, "mountLabel", 0, NULL),
	OCI_OBJS(run_record, private_trees, "privateTrees", 0, run_tree, &tree_type),
	OCI_BOOL(run_record, reread, "reread", 0),
	OCI_BOOL(run_record, no_process, "noProcess", 0),
	OCI_BOOL(run_record, shared_pid, "sharedPid", 0),
	OCI_MAP(run_record, annotations, "annotations", 0, NULL),
};
static const struct oci_type record_type = OCI_TYPE(run_record, record_members, NULL);

static const char *const phase_names[] = {
	[RUN_PHASE_CREATING] = "creating",
	[RUN_PHASE_CREATED] = "created",
	[RUN_PHASE_RUNNING] = "running",
};

static const char spare_name[] = "spare";

enum { RECORD_LIMIT = 4 << 20, SPARE_MAX = 4096 };

/*
 * What `delete --force` goes by when the record has been damaged, and what `list` reads, for
 * a link is read in one system call. Annotations are not needed for that, and there is
 * room for 4095 bytes; without a spare life goes on.
 */
static void write_spare(const struct statedir *s, const struct run_record *r,
			struct oci_arena *arena)
{
	struct run_record lean = *r;
	const char *text;
	size_t n;

	lean.annotations.n = 0;
	text = oci_encode(arena, &record_type, &lean, 0, &n);
	if (!text || n >= SPARE_MAX)
		return;
	unlinkat(s->dir, spare_name, 0);
	(void)!symlinkat(text, s->dir, spare_name);
}

int record_write(const struct statedir *s, enum run_phase phase,
		 const struct run_record *r, struct err *e)
{
	struct oci_arena arena = { 0 };
	size_t n;
	char *text = oci_encode(&arena, &record_type, r, 0, &n);
	int rc;
	WHERE_IN(e, "state record", s->id);

	if (!text)
		return err_set(e, "out of memory");
	rc = file_write_atomic(s->dir, phase_names[phase], text, n, 0600, e);
	if (rc == 0)
		write_spare(s, r, &arena);
	oci_arena_free(&arena);
	return rc < 0 ? statedir_hint(e) : rc;
}

int record_advance(const struct statedir *s, enum run_phase from, enum run_phase to,
		   struct err *e)
{
	if (renameat(s->dir, phase_names[from], s->dir, phase_names[to]) < 0)
		return err_sys_plain(e, "state record: from %s to %s", phase_names[from],
				     phase_names[to]);
	return 0;
}

static int understand(const struct statedir *s, const char *name, const struct str *text,
		      struct oci_arena *arena, struct run_record **ret, struct err *e)
{
	struct oci_error why;
	struct run_record *r;
	void *object;

	if (oci_decode(arena, &record_type, name, text->s ? text->s : "", text->n,
		       &object, &why) < 0) {
		err_set(e, "damaged state record: %s", why.text);
		e->code = EBADMSG;
		return -1;
	}
	r = object;
	if (!str_eq(r->id, s->id)) {
		err_set(e, "damaged state record: %s: it belongs to container %.64s",
			name, r->id);
		e->code = EBADMSG;
		return -1;
	}
	*ret = r;
	return 0;
}

static int read_one(const struct statedir *s, const char *name, struct oci_arena *arena,
		    struct run_record **ret, struct err *e)
{
	auto_str text = { 0 };

	if (file_read(s->dir, name, O_NOFOLLOW, RECORD_LIMIT, &text, e) < 0) {
		struct err why = *e;

		if (why.code == ENOENT)
			return -1;
		err_clear(e);
		err_set(e, "damaged state record: %s", why.text);
		e->code = EBADMSG;
		return -1;
	}
	return understand(s, name, &text, arena, ret, e);
}

int record_read(const struct statedir *s, struct oci_arena *arena,
		struct run_record **ret, enum run_phase *ret_phase, struct err *e)
{
	/* latest first; once more from the top, for a phase advances while we look */
	static const enum run_phase order[] = { RUN_PHASE_RUNNING, RUN_PHASE_CREATED,
						RUN_PHASE_CREATING, RUN_PHASE_CREATED,
						RUN_PHASE_RUNNING };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (read_one(s, phase_names[order[i]], arena, ret, e) == 0) {
			*ret_phase = order[i];
			return 0;
		}
		if (e->code != ENOENT)
			return err_hint(e, "`delete --force` removes the container");
		err_clear(e);
	}
	*ret = NULL;
	*ret_phase = RUN_PHASE_NONE;
	return 0;
}

int record_read_spare(const struct statedir *s, struct oci_arena *arena,
		      struct run_record **ret, struct err *e)
{
	struct str text = { 0 };
	char link[SPARE_MAX];
	ssize_t n = readlinkat(s->dir, spare_name, link, sizeof(link));

	if (n < 0 || n >= (ssize_t)sizeof(link))
		return err_sys_plain(e, "spare state record");
	link[n] = '\0';
	text.s = link;
	text.n = (size_t)n;
	return understand(s, spare_name, &text, arena, ret, e);
}

/* Latest first. */
static const enum run_phase glance_order[] = { RUN_PHASE_RUNNING, RUN_PHASE_CREATED };

/* The text of ROOT/ID/NAME; its length, or -1 for anything but a short regular file. */
static ssize_t glance_text(int root, const char *id, const char *name, char *buf,
			   size_t size)
{
	char path[300];
	auto_close int fd = -1;
	ssize_t n;

	if (!str_path(path, sizeof(path), id, name))
		return -1;
	fd = path_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW,
		       PATH_NO_SYMLINKS | PATH_NO_XDEV);
	if (fd < 0)
		return -1;
	/* less than there is room for: it has ended */
	n = read(fd, buf, size);
	return n > 0 && (size_t)n < size ? n : -1;
}

static bool glance_whole(int root, struct statedir *s, struct oci_arena *arena,
			 struct run_record **ret, enum run_phase *ret_phase)
{
	char buf[8192];

	for (size_t i = 0; i < ARRAY_SIZE(glance_order); i++) {
		const char *name = phase_names[glance_order[i]];
		ssize_t n = glance_text(root, s->id, name, buf, sizeof(buf));
		struct str text = { .s = buf, .n = n > 0 ? (size_t)n : 0 };
		struct err ignored = { 0 };

		if (n > 0) {
			*ret_phase = glance_order[i];
			return understand(s, name, &text, arena, ret, &ignored) == 0;
		}
	}
	return false;
}

static bool glance_spare(int root, struct statedir *s, struct oci_arena *arena,
			 struct run_record **ret, enum run_phase *ret_phase)
{
	char path[300], link[SPARE_MAX];
	struct str text = { .s = link };
	struct err ignored = { 0 };
	ssize_t n;

	if (!str_path(path, sizeof(path), s->id, spare_name))
		return false;
	n = readlinkat(root, path, link, sizeof(link));
	if (n <= 0 || n >= (ssize_t)sizeof(link))
		return false;
	text.n = (size_t)n;
	if (understand(s, spare_name, &text, arena, ret, &ignored) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(glance_order); i++) {
		*ret_phase = glance_order[i];
		if (str_path(path, sizeof(path), s->id, phase_names[*ret_phase]) &&
		    faccessat(root, path, F_OK, 0) == 0)
			return true;
	}
	return false;
}

bool record_glance(int root, const char *id, bool whole, struct oci_arena *arena,
		   struct run_record **ret, enum run_phase *ret_phase)
{
	struct statedir s = STATEDIR_CLOSED;
	size_t n = strlen(id);

	if (n >= sizeof(s.id))
		return false;
	memcpy(s.id, id, n + 1);
	if (!whole && glance_spare(root, &s, arena, ret, ret_phase))
		return true;
	return glance_whole(root, &s, arena, ret, ret_phase);
}
