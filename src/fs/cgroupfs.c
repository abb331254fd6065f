/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup mounts; see cgroupfs.h. With a cgroup namespace new mounts show the container's own
 * cgroup as their root. Without one its directory is bound, so that nothing of the machine's
 * tree is seen, and in a user namespace read-only (CVE-2023-25809: the files there belong to
 * the caller, whatever the config says).
 */
#include "fs/cgroupfs.h"

#include "fs/memory.h"

#include <string.h>

enum { NAMES_MAX = 8 }; /* controllers mounted together */

size_t cgroupfs_count(const struct fs_facts *facts)
{
	if (facts->cgroup_layout != FS_CGROUP_V1)
		return 1;
	return 2 + facts->n_hierarchies * (1 + NAMES_MAX);
}

static const char *own_cgroup(struct oci_arena *arena, const struct fs_hierarchy *h)
{
	bool root = str_eq(h->path, "/") || !*h->path;

	return root ? h->mount_point : fs_join(arena, h->mount_point, "", h->path);
}

/* The container's cgroup in one hierarchy, at row->destination. */
static void plan_hierarchy(struct oci_arena *arena, const struct fs_facts *facts,
			   const struct fs_hierarchy *h, struct fs_row *row)
{
	const char *own = own_cgroup(arena, h);

	if (!facts->cgroup_ns) {
		row->kind = FS_BIND;
		row->source = own;
		row->opener = FS_INIT;
		if (facts->user_ns) {
			row->attr.set |= MOUNT_ATTR_RDONLY;
			row->attr.clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		}
		return;
	}
	row->kind = FS_NEW;
	row->type = h->data ? "cgroup" : "cgroup2";
	row->source = "cgroup";
	row->fallback = own; /* also where a filter allows only what is mounted already */
}

/* "cpu,cpuacct" and "name=systemd" as parameters of the filesystem. */
static void plan_data(struct oci_arena *arena, const char *data, struct fs_row *row)
{
	struct mountfd_param *p = fs_alloc(arena, NAMES_MAX * sizeof(*p));

	while (*data && row->n_params < NAMES_MAX) {
		size_t n = strcspn(data, ",");
		char *word = fs_text(arena, data, n);
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		p[row->n_params++] =
			(struct mountfd_param){ .key = word, .value = value };
		data += n + (data[n] == ',');
	}
	row->params = p;
}

static int plan_links(struct oci_arena *arena, const struct fs_row *m, const char *name,
		      struct fs_row *rows)
{
	const char *part = name;
	int count = 0;

	if (!strchr(name, ','))
		return 0;
	while (*part && count < NAMES_MAX) {
		size_t n = strcspn(part, ",");
		struct fs_row *row = &rows[count++];

		*row = *m;
		row->kind = FS_SYMLINK;
		row->attr = MOUNTFD_ATTR_NONE;
		row->source = name;
		row->destination =
			fs_join(arena, m->destination, "/", fs_text(arena, part, n));
		part += n + (part[n] == ',');
	}
	return count;
}

static int plan_v1(struct oci_arena *arena, const struct fs_facts *facts,
		   const struct fs_row *m, struct fs_row *rows)
{
	static const struct mountfd_param mode[] = { { .key = "mode", .value = "755" } };
	bool ro = m->attr.set & MOUNT_ATTR_RDONLY;
	int n = 0;

	rows[n] = *m;
	rows[n].kind = FS_NEW;
	rows[n].type = "tmpfs";
	rows[n].source = "cgroup";
	rows[n].has_mode = true;
	rows[n].params = mode;
	rows[n].n_params = ARRAY_SIZE(mode);
	rows[n++].attr.set &= ~(uint64_t)MOUNT_ATTR_RDONLY; /* it is filled first */
	for (size_t i = 0; i < facts->n_hierarchies; i++) {
		const struct fs_hierarchy *h = &facts->hierarchies[i];
		struct fs_row *row = &rows[n++];

		*row = *m;
		row->destination = fs_join(arena, m->destination, "/", h->name);
		plan_hierarchy(arena, facts, h, row);
		if (row->kind == FS_NEW && h->data)
			plan_data(arena, h->data, row);
		n += plan_links(arena, m, h->name, rows + n);
	}
	if (ro) {
		rows[n] = *m;
		rows[n].kind = FS_REMOUNT;
		rows[n].attr = MOUNTFD_ATTR_NONE;
		rows[n++].attr.set = MOUNT_ATTR_RDONLY;
	}
	return n;
}

int cgroupfs_plan(struct oci_arena *arena, const struct fs_facts *facts,
		  const struct fs_row *m, const struct option_set *options,
		  struct fs_row *rows, struct err *e)
{
	switch (facts->cgroup_layout) {
	case FS_CGROUP_V1:
		return plan_v1(arena, facts, m, rows);
	case FS_CGROUP_V2:
		if (facts->n_hierarchies != 1)
			break;
		rows[0] = *m;
		plan_hierarchy(arena, facts, facts->hierarchies, &rows[0]);
		if (rows[0].kind == FS_NEW) {
			rows[0].params = options->data;
			rows[0].n_params = options->n_data;
		}
		return 1;
	case FS_CGROUP_NONE:
		break;
	}
	err_set(e, "this machine has no cgroup filesystem");
	return err_hint(e, "leave out the mount of type cgroup");
}
