/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cgroups in the state record. One pair per hierarchy: "v2" or the v1 controllers ->
 * "MADE ID LENGTH PATH", with PATH the whole path and LENGTH that of its mount point. A
 * record may be damaged or old: nothing of it is believed before the kernel has confirmed
 * it, and a cgroup whose id differs from the recorded one is not ours any more.
 */
#include "cgroup/dir.h"
#include "cgroup/systemd.h"

#include "base/fd.h"
#include "cgroup/text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>

static const char unit_key[] = "systemd";

static const char *dir_key(const struct cgroup_dir *dir, struct oci_arena *arena)
{
	const char *key = "";

	if (dir->v2)
		return "v2";
	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		if (dir->controllers & 1u << c)
			key = cgroup_textf(
				arena, "%s%s%s", key, *key ? "," : "",
				cgroup_controller_name((enum cgroup_controller)c, false));
	}
	return key;
}

void cgroup_record(const struct cgroup *cg, struct oci_arena *arena, struct oci_map *ret)
{
	struct oci_map map = { 0 };

	map.v = cgroup_alloc(arena, (cg->n + 2) * sizeof(map.v[0]));
	if (cg->unit) {
		map.v[0].key = cgroup_textf(arena, "%s", unit_key);
		map.v[map.n++].value = cgroup_textf(
			arena, "%s", unit_record(cg->unit, cg->unit_made, arena));
	}
	for (size_t i = 0; i < cg->n; i++) {
		const struct cgroup_dir *dir = &cg->dirs[i];

		map.v[map.n].key = cgroup_textf(arena, "%s", dir_key(dir, arena));
		map.v[map.n++].value =
			cgroup_textf(arena, "%u %" PRIu64 " %zu %s%s", dir->made, dir->id,
				     strlen(dir->mount), dir->mount, dir->path);
	}
	*ret = map;
}

/* ---- reading ---------------------------------------------------------------------------- */

/* A number and the blank after it. */
static bool number_take(const char **text, uint64_t max, uint64_t *ret)
{
	size_t n = strcspn(*text, " ");
	char digits[24];

	if (n >= sizeof(digits) || (*text)[n] != ' ')
		return false;
	memcpy(digits, *text, n);
	digits[n] = '\0';
	*text += n + 1;
	return str_to_u64(digits, max, ret);
}

/* "/a/b": absolute, no empty, "." or ".." component. */
static bool path_valid(const char *path)
{
	if (*path != '/')
		return false;
	while (*path) {
		size_t n = strcspn(++path, "/");

		if (!n || n > NAME_MAX || (n == 1 && path[0] == '.') ||
		    (n == 2 && !strncmp(path, "..", 2)))
			return false;
		path += n;
	}
	return true;
}

static bool value_parse(const char *value, struct oci_arena *arena,
			struct cgroup_dir *dir)
{
	uint64_t made, id, mount;

	if (!number_take(&value, UINT_MAX, &made) ||
	    !number_take(&value, UINT64_MAX, &id) ||
	    !number_take(&value, PATH_MAX - 1, &mount))
		return false;
	if (mount < 1 || mount >= strlen(value) || strlen(value) >= PATH_MAX)
		return false;
	if (value[0] != '/' || !path_valid(value + mount) ||
	    made > path_depth(value + mount))
		return false;
	dir->made = (unsigned)made;
	dir->id = id;
	dir->mount = cgroup_textn(arena, value, mount);
	dir->path = cgroup_textf(arena, "%s", value + mount);
	return true;
}

static void leaf_close(struct cgroup_dir *dir)
{
	fd_close(dir->fd);
	dir->fd = -1;
}

/* Opens what is recorded; a cgroup that is gone or another one by now stays closed. */
static int recorded_open(struct cgroup_dir *dir, struct err *e)
{
	uint64_t id = dir->id;

	TRY(dir_open_base(dir, e));
	if (dir_open_leaf(dir) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_sys_plain(e, "open %s%s", dir->mount, dir->path);
	}
	if (id ? id != dir->id : !dir->made) {
		/* not the one we had; or there before us, and we died before using it */
		leaf_close(dir);
		dir->made = 0;
		dir->id = id;
	}
	return 0;
}

static int record_pair(const struct oci_pair *pair, struct oci_arena *arena,
		       struct cgroup_dir *dir, struct err *e)
{
	*dir = (struct cgroup_dir){ .base = -1, .fd = -1 };
	dir->v2 = str_eq(pair->key, "v2");
	dir->controllers = cgroup_controllers_parse(pair->key, strlen(pair->key));
	if (!value_parse(pair->value, arena, dir))
		return err_set(e, "the state record is damaged: cgroup %s is \"%s\"",
			       pair->key, pair->value);
	return recorded_open(dir, e);
}

static int record_unit(const struct oci_pair *pair, struct oci_arena *arena,
		       struct cgroup *cg, struct err *e)
{
	struct cgroup_unit *u = cgroup_alloc(arena, sizeof(*u));

	if (cg->unit || !unit_from_record(pair->value, arena, u))
		return err_set(e, "the state record is damaged: unit \"%s\"",
			       pair->value);
	cg->unit = u;
	cg->unit_made = u->made;
	cg->manager = CGROUP_MANAGER_SYSTEMD;
	return 0;
}

int cgroup_from_record(const struct oci_map *record, struct oci_arena *arena,
		       struct cgroup *ret, struct err *e)
{
	struct cgroup cg = { 0 };

	for (size_t i = 0; i < record->n; i++) {
		if (str_eq(record->v[i].key, unit_key)) {
			if (record_unit(&record->v[i], arena, &cg, e) == 0)
				continue;
			cgroup_close(&cg);
			return -1;
		}
		if (cg.n == CGROUP_HIERARCHIES_MAX ||
		    record_pair(&record->v[i], arena, &cg.dirs[cg.n], e) < 0) {
			cg.n += cg.n < CGROUP_HIERARCHIES_MAX;
			cgroup_close(&cg);
			return err_set(e, "the state record names too many cgroups");
		}
		cg.n++;
	}
	*ret = cg;
	return 0;
}

/* ---- a glance ---------------------------------------------------------------------------- */

static bool glance_base(struct cgroup_glance *kept, struct cgroup_dir *dir)
{
	struct err ignored = { 0 };
	size_t n = strlen(dir->mount);

	if (kept->base >= 0 && kept->v2 == dir->v2 && str_eq(kept->mount, dir->mount))
		return true;
	if (n >= sizeof(kept->mount) || dir_open_base(dir, &ignored) < 0)
		return false;
	fd_close(kept->base);
	kept->base = dir->base;
	kept->v2 = dir->v2;
	memcpy(kept->mount, dir->mount, n + 1);
	return true;
}

int cgroup_glance_frozen(struct cgroup_glance *kept, const struct oci_map *record,
			 struct oci_arena *arena)
{
	struct cgroup_dir dir = { .base = -1, .fd = -1 };
	const struct oci_pair *pair = NULL;
	char value[32];

	for (size_t i = 0; i < record->n && !pair; i++)
		if (str_eq(record->v[i].key, "v2") || strstr(record->v[i].key, "freezer"))
			pair = &record->v[i];
	if (!pair)
		return 0;
	dir.v2 = str_eq(pair->key, "v2");
	if (!value_parse(pair->value, arena, &dir) || !dir.id || !glance_base(kept, &dir))
		return -1;
	if (dir_read(kept->base, dir.path,
		     dir.v2 ? "cgroup.freeze" : "freezer.self_freezing", value,
		     sizeof(value)) < 0)
		return -1;
	return value[0] == '1';
}
