/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan as text, a line a step; what the unit tests compare and --debug shows.
 */
#include "fs/plan.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

static const char *const kinds[] = { "new", "bind", "remount", "symlink" };

static const char *propagation_name(unsigned long flag)
{
	switch (flag) {
	case MS_PRIVATE:
		return "private";
	case MS_SLAVE:
		return "slave";
	case MS_SHARED:
		return "shared";
	case MS_UNBINDABLE:
		return "unbindable";
	default:
		return "unchanged";
	}
}

static void print_maps(const char *what, const struct usernsfd_range *v, size_t n,
		       struct str *ret)
{
	for (size_t i = 0; i < n; i++)
		str_addf(ret, "%s%u:%u:%u", i ? "," : what, v[i].inside, v[i].outside,
			 v[i].size);
}

static void print_row(const struct fs_row *r, struct str *ret)
{
	struct option_set o = { .attr = r->attr, .extra = r->extra };
	auto_str words = { 0 };

	o.data = r->params;
	o.n_data = r->n_params;
	option_print(&o, &words);
	str_addf(ret, "%zu %s %s", r->index, kinds[r->kind], r->destination);
	if (r->kind == FS_NEW)
		str_addf(ret, " %s", r->type);
	if (r->source)
		str_addf(ret, " from %s", r->source);
	if (words.n)
		str_addf(ret, " %s", words.s);
	for (size_t i = 0; i < r->n_params; i++)
		if (r->params[i].optional)
			str_addf(ret, " optional:%s", r->params[i].key);
	if (r->late_ro)
		str_add(ret, " late:ro");
	if (r->fallback)
		str_addf(ret, " else:%s", r->fallback);
	if (r->kind == FS_BIND && r->opener == FS_HOST)
		str_add(ret, " by:host");
	if (r->userns_path)
		str_addf(ret, " ids:%s", r->userns_path);
	print_maps(" uids:", r->uids, r->n_uids, ret);
	print_maps(" gids:", r->gids, r->n_gids, ret);
	if (r->label)
		str_addf(ret, " label:%s", r->label);
	str_add(ret, "\n");
}

static void print_device(const struct fs_device *d, struct str *ret)
{
	char type = S_ISBLK(d->mode) ? 'b' : S_ISFIFO(d->mode) ? 'p' : 'c';

	str_addf(ret, "device %s %c %u:%u %04o", d->path, type, major(d->rdev),
		 minor(d->rdev), (unsigned)(d->mode & 07777));
	if (d->uid || d->gid)
		str_addf(ret, " %u:%u", d->uid, d->gid);
	str_add(ret, "\n");
}

static const char *const root_kinds[] = {
	[FS_ROOT_PLAIN] = "",
	[FS_ROOT_OVERLAY] = " overlay",
	[FS_ROOT_EMPTY] = " empty",
};

void fs_plan_print(const struct fs_plan *plan, struct str *ret)
{
	str_addf(ret, "tree %s%s%s\n", plan->own_tree ? "inherited, " : "",
		 plan->propagation_rec ? "r" : "", propagation_name(plan->propagation));
	for (size_t i = 0; i < plan->n_rows; i++)
		print_row(&plan->rows[i], ret);
	for (size_t i = 0; i < plan->n_devices; i++)
		print_device(&plan->devices[i], ret);
	for (size_t i = 0; i < plan->n_readonly; i++)
		str_addf(ret, "readonly %s\n", plan->readonly[i]);
	for (size_t i = 0; i < plan->n_masked; i++)
		str_addf(ret, "mask %s\n", plan->masked[i]);
	str_addf(ret, "root %s%s%s", plan->root, root_kinds[plan->root_kind],
		 plan->root_readonly ? " ro" : "");
	if (plan->layer_place == FS_LAYER_DISK)
		str_add(ret, " on-disk");
	if (plan->layer_place == FS_LAYER_KEPT)
		str_addf(ret, " kept:%s", plan->layer_dir);
	if (plan->scratch_size)
		str_addf(ret, " size=%s", plan->scratch_size);
	if (plan->root_propagation)
		str_addf(ret, " %s%s", plan->root_propagation_rec ? "r" : "",
			 propagation_name(plan->root_propagation));
	str_add(ret, "\n");
}
