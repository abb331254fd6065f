/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deciding what will be done to the filesystem; see plan.h. Pure: the same config and facts
 * give the same plan. Order of the rows = order of mounts[], where one mount may become
 * several rows (cgroup v1).
 */
#include "fs/plan.h"

#include "fs/cgroupfs.h"
#include "fs/memory.h"
#include "kernel/path.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct planner {
	struct oci_arena *arena;
	const struct oci_config *config;
	const struct fs_facts *facts;
	struct fs_plan *plan;
};

/* ---- without a mount namespace of its own ------------------------------------------ */

static int hint_mount_ns(struct err *e)
{
	return err_hint(e, "add {\"type\": \"mount\"} to linux.namespaces");
}

/* The caller's mount namespace belongs to the caller's user namespace. */
static bool may_not_mount(const struct planner *p)
{
	return p->facts->mount_ns == FS_MOUNT_NS_NONE && p->facts->new_user_ns;
}

static int refuse_mount(struct err *e)
{
	err_set(e, "a user namespace of its own may not mount in the machine's mount "
		   "namespace");
	return hint_mount_ns(e);
}

/* Whether there is anything to mount; devices may have to be bound. */
static bool needs_own_tree(const struct planner *p)
{
	const struct oci_config *c = p->config;
	const struct oci_linux *l = c->linux;

	if (p->facts->mount_ns != FS_MOUNT_NS_NONE || p->facts->new_user_ns)
		return false;
	return c->mounts.n || c->root->readonly || (c->process && c->process->terminal) ||
	       (l && (l->masked_paths.n || l->readonly_paths.n || l->devices.n ||
		      l->rootfs_propagation));
}

/* ---- what types of filesystems need ----------------------------------------------- */

enum type_flag {
	TYPE_PSEUDO = 1, /* "ro" is the mount's, never the superblock's */
	TYPE_LABEL = 2, /* takes context= */
	TYPE_LABEL_USERNS = 4, /* ... in a user namespace too */
	TYPE_LABEL_XATTR = 8, /* labelled afterwards */
	TYPE_USERXATTR = 16, /* overlay: needs userxattr in a user namespace */
};

static const struct {
	const char *name;
	unsigned flags;
	const char *fallback; /* bound where a user namespace may not mount it */
} types[] = {
	{ "proc", TYPE_PSEUDO, NULL }, /* only with --allow-host-proc */
	{ "sysfs", TYPE_PSEUDO | TYPE_LABEL, "/sys" },
	{ "tmpfs", TYPE_PSEUDO | TYPE_LABEL | TYPE_LABEL_USERNS, NULL },
	{ "devpts", TYPE_PSEUDO | TYPE_LABEL | TYPE_LABEL_USERNS, NULL },
	{ "mqueue", TYPE_PSEUDO | TYPE_LABEL_XATTR, "/dev/mqueue" },
	{ "ramfs", TYPE_PSEUDO, NULL },
	{ "hugetlbfs", TYPE_PSEUDO, NULL },
	{ "bpf", TYPE_PSEUDO, NULL },
	{ "overlay", TYPE_LABEL | TYPE_LABEL_USERNS | TYPE_USERXATTR, NULL },
};

static unsigned type_flags(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(type, types[i].name))
			return types[i].flags;
	return 0;
}

static const char *type_fallback(const struct fs_facts *facts, const char *type)
{
	if (!facts->user_ns)
		return NULL;
	if (str_eq(type, "proc"))
		return facts->allow_host_proc ? "/proc" : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(type, types[i].name))
			return types[i].fallback;
	return NULL;
}

/* ---- new filesystems -------------------------------------------------------------- */

static bool has_key(const struct option_set *o, const char *key)
{
	for (size_t i = 0; i < o->n_data; i++)
		if (str_eq(o->data[i].key, key))
			return true;
	return false;
}

static void plan_label(const struct planner *p, const struct option_set *o,
		       struct fs_row *row, struct mountfd_param *params)
{
	const struct fs_facts *f = p->facts;
	const char *option = f->label_option ? f->label_option : "context";
	unsigned need = f->user_ns ? TYPE_LABEL_USERNS : TYPE_LABEL;
	unsigned flags = type_flags(row->type);

	if (!f->mount_label || !*f->mount_label || has_key(o, option))
		return;
	if (flags & TYPE_LABEL_XATTR)
		row->label = f->mount_label;
	if (flags & need)
		params[row->n_params++] =
			(struct mountfd_param){ .key = option, .value = f->mount_label };
}

static int plan_new(const struct planner *p, const struct oci_mount *m,
		    const struct option_set *o, struct fs_row *row, struct err *e)
{
	struct mountfd_param *params =
		fs_alloc(p->arena, (o->n_data + o->n_sb + 3) * sizeof(*params));
	unsigned flags;

	if (!m->type || !*m->type || str_eq(m->type, "none"))
		return err_set(e, "type is missing, and no option bind is given");
	if (o->extra & OPTION_IDMAP)
		return err_set(e, "options idmap and ridmap need a bind mount");
	row->kind = FS_NEW;
	row->type = m->type;
	row->source = m->source && *m->source ? m->source : NULL;
	row->fallback = type_fallback(p->facts, m->type);
	row->has_mode = !str_eq(m->type, "tmpfs") || has_key(o, "mode");
	flags = type_flags(m->type);
	for (size_t i = 0; i < o->n_sb; i++)
		params[row->n_params++] = o->sb[i];
	if (o->extra & OPTION_RO && !(flags & TYPE_PSEUDO))
		params[row->n_params++] = (struct mountfd_param){ .key = "ro" };
	for (size_t i = 0; i < o->n_data; i++) {
		params[row->n_params] = o->data[i];
		/* an id that is not mapped: devpts works without it */
		if (p->facts->user_ns && str_eq(m->type, "devpts") &&
		    str_eq(o->data[i].key, "gid"))
			params[row->n_params].optional = true;
		row->n_params++;
	}
	if (flags & TYPE_USERXATTR && p->facts->user_ns && !has_key(o, "userxattr"))
		params[row->n_params++] =
			(struct mountfd_param){ .key = "userxattr", .optional = true };
	plan_label(p, o, row, params);
	row->params = params;
	return 0;
}

/* ---- bind mounts ------------------------------------------------------------------ */

static void copy_maps(const struct planner *p, const struct oci_id_mappings *from,
		      const struct usernsfd_range **ret, size_t *ret_n)
{
	struct usernsfd_range *to = fs_alloc(p->arena, (from->n + 1) * sizeof(*to));

	for (size_t i = 0; i < from->n; i++)
		to[i] = (struct usernsfd_range){ .inside = from->v[i].container_id,
						 .outside = from->v[i].host_id,
						 .size = from->v[i].size };
	*ret = to;
	*ret_n = from->n;
}

static int plan_idmap(const struct planner *p, const struct oci_mount *m,
		      const struct option_set *o, struct fs_row *row, struct err *e)
{
	const struct oci_linux *linux = p->config->linux;
	const struct oci_id_mappings *uids = &m->uid_mappings, *gids = &m->gid_mappings;

	if (!uids->n && !gids->n && !(o->extra & OPTION_IDMAP))
		return 0;
	if (o->idmap)
		return err_set(e,
			       "mappings in the option itself (idmap=%s) are not known: "
			       "use uidMappings and gidMappings",
			       o->idmap);
	row->extra |= OPTION_IDMAP;
	row->attr.idmap_rec = o->extra & OPTION_IDMAP_REC;
	row->opener = p->facts->privileged ? FS_HOST : FS_INIT;
	if (!uids->n && p->facts->user_ns_path) {
		row->userns_path = p->facts->user_ns_path;
		return 0;
	}
	if (!uids->n && linux) {
		uids = &linux->uid_mappings;
		gids = &linux->gid_mappings;
	}
	if (!uids->n || !gids->n)
		return err_set(e,
			       "an id-mapped mount needs uidMappings and gidMappings, or "
			       "a user namespace whose mappings it takes");
	if (!p->facts->privileged)
		return err_set(e, "an id-mapped mount needs CAP_SYS_ADMIN: only root "
				  "can; leave idmap out");
	copy_maps(p, uids, &row->uids, &row->n_uids);
	copy_maps(p, gids, &row->gids, &row->n_gids);
	return 0;
}

static int plan_bind(const struct planner *p, const struct oci_mount *m,
		     const struct option_set *o, struct fs_row *row, struct err *e)
{
	const struct fs_facts *f = p->facts;

	if (o->n_data)
		return err_set(e, "options[%zu]: \"%s\" is not an option of a bind mount",
			       o->first_data_index, o->first_data);
	if (!m->source || !*m->source)
		return err_set(e, "source is missing");
	row->kind = FS_BIND;
	row->source = m->source;
	/* a layer lies over INIT's own view of the source */
	row->opener = f->privileged && f->new_user_ns && f->mount_ns == FS_MOUNT_NS_NEW &&
				      !(o->extra & OPTION_LAYER)
			      ? FS_HOST
			      : FS_INIT;
	if (m->type && str_eq(m->type, "rbind"))
		row->extra |= OPTION_RECURSIVE;
	TRY(plan_idmap(p, m, o, row, e));
	/* HOST's clone is a peer of the machine's mount, INIT's is what "/" was made to */
	if (row->opener == FS_HOST && !row->attr.propagation &&
	    p->plan->propagation != MS_SHARED) {
		row->attr.propagation = p->plan->propagation;
		row->attr.propagation_rec = true;
	}
	return 0;
}

/* ---- one mount -------------------------------------------------------------------- */

static bool is_bind(const struct oci_mount *m, const struct option_set *o)
{
	return o->extra & OPTION_BIND ||
	       (m->type && (str_eq(m->type, "bind") || str_eq(m->type, "rbind")));
}

static bool is_cgroup(const struct oci_mount *m)
{
	return m->type && (str_eq(m->type, "cgroup") || str_eq(m->type, "cgroup2"));
}

static char *tidy(const struct planner *p, const char *path, struct err *e)
{
	char buf[PATH_MAX];

	if (!path_tidy(path, buf, sizeof(buf))) {
		err_set(e, "the path is too long");
		return NULL;
	}
	return fs_text(p->arena, buf, strlen(buf));
}

static int check_words(const struct oci_mount *m, const struct option_set *o,
		       struct err *e)
{
	bool bind = is_bind(m, o);
	unsigned relabel = OPTION_RELABEL_SHARED | OPTION_RELABEL_PRIVATE;

	if ((o->extra & relabel) == relabel)
		return err_set(e, "options z and Z contradict each other");
	if (o->extra & relabel && !bind)
		return err_set(e, "options z and Z need a bind mount");
	if (o->extra & (OPTION_COPY_SYMLINK | OPTION_SRC_NOFOLLOW | OPTION_LAYER) &&
	    !bind)
		return err_set(e, "options copy-symlink, src-nofollow and "
				  "throw-away need a bind mount");
	if (o->extra & OPTION_TMPCOPYUP &&
	    (bind || !m->type || !str_eq(m->type, "tmpfs")))
		return err_set(e, "option tmpcopyup needs a mount of type tmpfs");
	return 0;
}

static int plan_remount(const struct oci_mount *m, const struct option_set *o,
			struct fs_row *row, struct mountfd_param *params)
{
	row->kind = FS_REMOUNT;
	row->type = m->type ? m->type : "filesystem";
	row->params = params;
	if (o->extra & OPTION_BIND)
		return 0; /* as mount(8): attributes of the mount only */
	for (size_t i = 0; i < o->n_sb; i++)
		params[row->n_params++] = o->sb[i];
	for (size_t i = 0; i < o->n_data; i++)
		params[row->n_params++] = o->data[i];
	return 0;
}

static int plan_mount(const struct planner *p, size_t i, struct err *e)
{
	const struct oci_mount *m = &p->config->mounts.v[i];
	struct fs_plan *plan = p->plan;
	struct option_set o;
	struct fs_row row = {
		.index = i, .has_mode = true, .source_fd = -1, .mount_fd = -1
	};
	int n = 1;

	WHERE(e, "mounts", i, m->destination);
	option_parse(p->arena, &m->options, &o);
	row.destination = tidy(p, m->destination, e);
	if (!row.destination)
		return -1;
	row.attr = o.attr;
	row.extra = o.extra;
	TRY(check_words(m, &o, e));
	if (p->facts->mount_ns == FS_MOUNT_NS_JOINED &&
	    row.attr.propagation == MS_UNBINDABLE)
		return err_set(e, "unbindable: in a mount namespace that is joined the "
				  "container's mounts must be bound once more");
	if (o.extra & OPTION_REMOUNT) {
		struct mountfd_param *params =
			fs_alloc(p->arena, (o.n_sb + o.n_data + 1) * sizeof(*params));

		plan_remount(m, &o, &row, params);
	} else if (is_bind(m, &o)) {
		TRY(plan_bind(p, m, &o, &row, e));
	} else if (is_cgroup(m)) {
		n = TRY(cgroupfs_plan(p->arena, p->facts, &row, &o,
				      plan->rows + plan->n_rows, e));
		plan->n_rows += (size_t)n;
		return 0;
	} else {
		TRY(plan_new(p, m, &o, &row, e));
	}
	plan->has_layers = plan->has_layers || row.extra & OPTION_LAYER;
	if (str_eq(row.destination, "/dev") && row.kind == FS_BIND)
		plan->dev_is_bind = true;
	plan->rows[plan->n_rows++] = row;
	return 0;
}

static int plan_mounts(const struct planner *p, struct err *e)
{
	const struct oci_config *c = p->config;
	size_t room = 0;

	for (size_t i = 0; i < c->mounts.n; i++)
		room += is_cgroup(&c->mounts.v[i]) ? cgroupfs_count(p->facts) : 1;
	p->plan->rows = fs_alloc(p->arena, (room + 1) * sizeof(*p->plan->rows));
	if (c->mounts.n && may_not_mount(p)) {
		WHERE(e, "mounts", 0, c->mounts.v[0].destination);
		return refuse_mount(e);
	}
	for (size_t i = 0; i < c->mounts.n; i++)
		TRY(plan_mount(p, i, e));
	return 0;
}

/* ---- devices ---------------------------------------------------------------------- */

const struct fs_default_device fs_default_devices[FS_DEFAULT_DEVICES] = {
	{ "/dev/null", 1, 3 },	 { "/dev/zero", 1, 5 },	   { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

static int plan_device(const struct planner *p, size_t i, struct err *e)
{
	const struct oci_device *d = &p->config->linux->devices.v[i];
	struct fs_device *to = &p->plan->devices[p->plan->n_devices];
	mode_t type = *d->type == 'b' ? S_IFBLK : *d->type == 'p' ? S_IFIFO : S_IFCHR;

	WHERE(e, "linux.devices", i, d->path);
	to->path = tidy(p, d->path, e);
	if (!to->path)
		return -1;
	if (str_eq(to->path, "/") || path_has_dotdot(to->path))
		return err_set(e, "this is no path of a device");
	to->mode = type | (d->file_mode.set ? (mode_t)d->file_mode.v & 0777 : 0666);
	if (type != S_IFIFO)
		to->rdev = makedev((unsigned)d->major.v, (unsigned)d->minor.v);
	to->uid = (uid_t)d->uid.v;
	to->gid = (gid_t)d->gid.v;
	to->index = (long)i;
	p->plan->n_devices++;
	return 0;
}

static bool has_device(const struct fs_plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->n_devices; i++)
		if (str_eq(plan->devices[i].path, path))
			return true;
	return false;
}

static int plan_devices(const struct planner *p, struct err *e)
{
	const struct oci_linux *linux = p->config->linux;
	struct fs_plan *plan = p->plan;
	size_t n = linux ? linux->devices.n : 0;

	plan->devices =
		fs_alloc(p->arena, (n + FS_DEFAULT_DEVICES) * sizeof(*plan->devices));
	for (size_t i = 0; i < n; i++)
		TRY(plan_device(p, i, e));
	if (plan->dev_is_bind || fs_plan_is_bare(plan))
		return 0;
	for (size_t i = 0; i < FS_DEFAULT_DEVICES; i++)
		if (!has_device(plan, fs_default_devices[i].path))
			plan->devices[plan->n_devices++] = (struct fs_device){
				.path = fs_default_devices[i].path,
				.mode = S_IFCHR | 0666,
				.rdev = makedev(fs_default_devices[i].major,
						fs_default_devices[i].minor),
				.index = -1,
			};
	return 0;
}

/* ---- masked and read-only paths --------------------------------------------------- */

static int plan_paths(const struct planner *p, const char *member,
		      const struct oci_strings *list, const char ***ret,
		      size_t **ret_index, size_t *ret_n, struct err *e)
{
	const char **paths = fs_alloc(p->arena, (list->n + 1) * sizeof(*paths));
	size_t *index = fs_alloc(p->arena, (list->n + 1) * sizeof(*index));
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		size_t j = 0;

		WHERE(e, member, i, list->v[i]);
		paths[n] = tidy(p, list->v[i], e);
		if (!paths[n])
			return -1;
		if (str_eq(paths[n], "/") && member[6] == 'm')
			return err_set(e, "the root directory cannot be masked");
		while (j < n && !str_eq(paths[j], paths[n]))
			j++;
		index[n] = i;
		n += j == n;
	}
	*ret = paths;
	*ret_index = index;
	*ret_n = n;
	if (n && may_not_mount(p)) {
		WHERE(e, member, 0, paths[0]);
		return refuse_mount(e);
	}
	return 0;
}

/* ---- the root --------------------------------------------------------------------- */

static const struct {
	unsigned long flag;
	bool recursive;
} propagations[] = {
	[OCI_PROP_PRIVATE] = { MS_PRIVATE, false },
	[OCI_PROP_RPRIVATE] = { MS_PRIVATE, true },
	[OCI_PROP_SHARED] = { MS_SHARED, false },
	[OCI_PROP_RSHARED] = { MS_SHARED, true },
	[OCI_PROP_SLAVE] = { MS_SLAVE, false },
	[OCI_PROP_RSLAVE] = { MS_SLAVE, true },
	[OCI_PROP_UNBINDABLE] = { MS_UNBINDABLE, false },
	[OCI_PROP_RUNBINDABLE] = { MS_UNBINDABLE, true },
};

/*
 * Of the caller's tree: private or slave, so that no mount of ours reaches the machine;
 * only "shared" lets both see each other. Unbindable would make every bind mount impossible.
 */
static int plan_root(const struct planner *p, struct err *e)
{
	const struct oci_linux *linux = p->config->linux;
	enum oci_propagation want = linux ? linux->rootfs_propagation : OCI_PROP_UNSET;
	struct fs_plan *plan = p->plan;

	plan->root = p->config->root->path;
	plan->root_readonly = p->config->root->readonly;
	plan->propagation = MS_SLAVE;
	plan->propagation_rec = true;
	if (want) {
		plan->root_propagation = propagations[want].flag;
		plan->root_propagation_rec = propagations[want].recursive;
		if (plan->root_propagation == MS_SHARED) {
			plan->propagation = MS_SHARED;
			plan->propagation_rec = plan->root_propagation_rec;
		} else if (plan->root_propagation != MS_SLAVE) {
			plan->propagation = MS_PRIVATE;
		}
	}
	if (plan->mount_ns != FS_MOUNT_NS_NONE || (!want && !plan->root_readonly))
		return 0;
	WHERE_IN(e, want ? "linux.rootfsPropagation" : "root.readonly", NULL);
	if (may_not_mount(p))
		return refuse_mount(e);
	if (plan->propagation != MS_SHARED)
		return 0;
	err_set(e, "shared: what is mounted in the container would stay on the machine");
	return hint_mount_ns(e);
}

/* True when something will be made in the new filesystem of row i. */
static bool is_filled(const struct fs_plan *plan, size_t i)
{
	const char *dir = plan->rows[i].destination;

	for (size_t k = i + 1; k < plan->n_rows; k++)
		if (path_is_below(plan->rows[k].destination, dir))
			return true;
	for (size_t k = 0; k < plan->n_devices; k++)
		if (path_is_below(plan->devices[k].path, dir))
			return true;
	return str_eq(dir, "/dev");
}

/* A read-only tmpfs is filled first: /dev of Podman's --read-only-tmpfs=false. */
static void plan_late(struct fs_plan *plan)
{
	for (size_t i = 0; i < plan->n_rows; i++) {
		struct fs_row *row = &plan->rows[i];
		uint64_t set = row->attr.set | row->attr.rec_set;

		if (row->kind != FS_NEW || !str_eq(row->type, "tmpfs") ||
		    !(set & MOUNT_ATTR_RDONLY) || !is_filled(plan, i))
			continue;
		row->attr.set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		row->attr.rec_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		row->late_ro = true;
	}
}

int fs_plan_make(struct oci_arena *arena, const struct oci_config *config,
		 const struct fs_facts *facts, struct fs_plan **ret, struct err *e)
{
	struct fs_plan *plan = fs_alloc(arena, sizeof(*plan));
	struct planner p = { arena, config, facts, plan };
	const struct oci_linux *linux = config->linux;

	plan->mount_ns = facts->mount_ns;
	plan->own_tree = needs_own_tree(&p);
	plan->tree_fd = plan->joined_ns = -1;
	plan->user_ns = facts->user_ns;
	plan->no_pivot = facts->no_pivot;
	plan->root_kind = facts->root_kind;
	plan->root_mount = plan->scratch_mount = -1;
	plan->scratch_size = facts->scratch_size;
	plan->layer_place = facts->layer_place;
	plan->layer_dir = facts->layer_dir;
	plan->mount_label = facts->mount_label;
	plan->label_option = facts->label_option;
	TRY(plan_root(&p, e));
	TRY(plan_mounts(&p, e));
	TRY(plan_devices(&p, e));
	if (fs_plan_has_layers(plan) && plan->root_propagation == MS_SHARED)
		return err_set(e,
			       "linux.rootfsPropagation: shared, and throw-away layers "
			       "exclude one another");
	plan_late(plan);
	if (linux) {
		TRY(plan_paths(&p, "linux.maskedPaths", &linux->masked_paths,
			       &plan->masked, &plan->masked_index, &plan->n_masked, e));
		TRY(plan_paths(&p, "linux.readonlyPaths", &linux->readonly_paths,
			       &plan->readonly, &plan->readonly_index, &plan->n_readonly,
			       e));
	}
	*ret = plan;
	return 0;
}

bool fs_plan_needs_host(const struct fs_plan *plan)
{
	for (size_t i = 0; i < plan->n_rows; i++)
		if (plan->rows[i].kind == FS_BIND && plan->rows[i].opener == FS_HOST)
			return true;
	return false;
}

bool fs_plan_cgroup_is_writable(const struct fs_plan *plan)
{
	for (size_t i = plan->n_rows; i-- > 0;) {
		const struct fs_row *r = &plan->rows[i];

		if (str_eq(r->destination, "/sys/fs/cgroup"))
			return r->kind == FS_NEW && str_eq(r->type, "cgroup2") &&
			       !(r->attr.set & MOUNT_ATTR_RDONLY);
	}
	return false;
}
