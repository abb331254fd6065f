/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which labels a container gets; see labels.h. They are carried out in labels_apply.c. */
#include "run/labels.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "fs/option.h"
#include "kernel/path.h"
#include "run/container.h"
#include "run/lookup.h"
#include "run/lost.h"
#include "run/used.h"
#include "sec/label.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char policy_dir[] = "/etc/selinux";

/* What the mount options ask for, and what is known about labels so far. */
struct wish {
	struct container *c;
	struct selinux_contexts contexts; /* read when needed */
	const char *process; /* process.selinuxLabel, or what is chosen; NULL */
	const char *mount; /* linux.mountLabel */
	bool levels; /* the policy has any */
	bool any, private;
};

static bool has_text(const char *s)
{
	return s && *s;
}

static bool has_word(const struct oci_mount *m, const char *word)
{
	return str_index((const char *const *)m->options.v, m->options.n, word) >= 0;
}

/* A throw-away layer has the label by itself, and its source stays as it is. */
static bool is_labelled(const struct oci_mount *m)
{
	return (has_word(m, "z") || has_word(m, "Z")) && !has_word(m, "throw-away");
}

static void read_wish(struct container *c, struct wish *w)
{
	const struct oci_config *config = c->config;

	*w = (struct wish){ .c = c };
	if (config->process && has_text(config->process->selinux_label))
		w->process = config->process->selinux_label;
	if (config->linux && has_text(config->linux->mount_label))
		w->mount = config->linux->mount_label;
	for (size_t i = 0; i < config->mounts.n; i++) {
		w->any = w->any || has_word(&config->mounts.v[i], "z");
		w->private = w->private || has_word(&config->mounts.v[i], "Z");
	}
	w->any = w->any || w->private;
}

/* ---- the choice --------------------------------------------------------------------------- */

static int read_contexts(struct wish *w, struct err *e)
{
	if (w->contexts.file)
		return 0;
	if (selinux_read_contexts(policy_dir, &w->c->arena, &w->contexts, e) == 0)
		return 0;
	return err_hint(e, "the policy does not say what containers are: give "
			   "process.selinuxLabel and linux.mountLabel");
}

static const char *with_level(struct wish *w, const char *label, const char *level,
			      struct err *e)
{
	char buf[SELINUX_LABEL_MAX];
	const char *copy = NULL;

	if (selinux_with_level(label, w->levels ? level : NULL, buf, sizeof(buf)))
		copy = oci_strdup(&w->c->arena, buf);
	if (!copy)
		err_set(e, "the label %.64s is too long", label);
	return copy;
}

static int add_used(const struct run_record *r, void *arg, struct err *e)
{
	(void)e;
	if (r->process_label)
		selinux_use(arg, r->process_label);
	return 0;
}

static void forget_used(void *arg)
{
	struct selinux_used *used = arg;

	free(used->v);
	*used = (struct selinux_used){ 0 };
}

/* Records say what waits or has stopped; processes, what other runtimes and users have. */
static int read_used(struct wish *w, struct selinux_used *used, struct err *e)
{
	const struct lost_survey records = { add_used, forget_used, used };

	TRY(lost_survey(w->c, &records, e));
	return selinux_use_processes(used, w->c->proc_fd, e);
}

static int choose_level(struct wish *w, char ret[SELINUX_LEVEL_MAX], struct err *e)
{
	struct selinux_used used = { 0 };
	uint32_t random = 0;
	bool found = false;
	int rc;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(e, "random number");
	rc = read_used(w, &used, e);
	if (rc == 0)
		found = selinux_choose_level(&used, random, ret);
	free(used.v);
	if (rc < 0 || found)
		return rc;
	err_set(e, "all pairs of SELinux categories are in use");
	return err_hint(e, "delete containers that have ended, or name a label: "
			   "process.selinuxLabel");
}

/* Z in a config without a label: a process and mounts that only this container has. */
static int choose_labels(struct wish *w, struct err *e)
{
	struct oci_config *config = w->c->config;
	char level[SELINUX_LEVEL_MAX] = "";

	if (!w->private || w->process || !config->process || !config->linux)
		return 0;
	TRY(read_contexts(w, e));
	if (w->levels)
		TRY(choose_level(w, level, e));
	else if (w->c->label.selinux == SELINUX_ENFORCING)
		log_warning("the SELinux policy has no categories: Z separates no two "
			    "containers");
	w->process = with_level(w, w->contexts.process, level, e);
	if (!w->process)
		return -1;
	w->mount = with_level(w, w->mount ? w->mount : w->contexts.file, level, e);
	if (!w->mount)
		return -1;
	config->process->selinux_label = (char *)w->process;
	config->linux->mount_label = (char *)w->mount;
	return 0;
}

/* ---- the trees ------------------------------------------------------------------------------ */

static const char *tree_label(struct wish *w, bool private, struct err *e)
{
	const char *own = w->process ? w->process : w->mount;
	const char *base = w->mount;

	if (private && base && selinux_level(base))
		return base;
	if (!base && read_contexts(w, e) < 0)
		return NULL;
	if (!base)
		base = w->contexts.file;
	return with_level(
		w, base, private && own && selinux_level(own) ? selinux_level(own) : "s0",
		e);
}

static int open_tree(struct wish *w, const struct oci_mount *m, struct labels_tree *t,
		     struct err *e)
{
	bool nofollow = has_word(m, "src-nofollow") || has_word(m, "copy-symlink");
	int flags = O_PATH | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0);
	char link[PATH_FD_MAX], path[PATH_MAX];
	struct stat st;
	ssize_t n;

	t->fd = openat(w->c->bundle_fd, m->source, flags);
	if (t->fd < 0 || fstat(t->fd, &st) < 0)
		return err_sys_plain(e, "source %s", m->source);
	n = readlink(path_of_fd(t->fd, link), path, sizeof(path));
	t->path = oci_strndup(&w->c->arena, path, n < 0 ? 0 : (size_t)n);
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	if (S_ISLNK(st.st_mode)) { /* it is copied, not mounted */
		fd_close(t->fd);
		t->fd = -1;
	}
	return t->path ? 0 : err_set(e, "out of memory");
}

static int plan_tree(struct wish *w, size_t index, struct err *e)
{
	const struct oci_mount *m = &w->c->config->mounts.v[index];
	struct labels_tree *t = &w->c->labels.v[w->c->labels.n];

	WHERE(e, "mounts", index, m->destination);
	*t = (struct labels_tree){ .index = index, .fd = -1 };
	t->private = has_word(m, "Z");
	t->recursive = has_word(m, "rbind") || (m->type && str_eq(m->type, "rbind"));
	if (!has_text(m->source))
		return 0; /* the plan of the filesystem says what is wrong with it */
	w->c->labels.n++;
	TRY(open_tree(w, m, t, e));
	t->label = tree_label(w, t->private, e);
	return t->label ? 0 : -1;
}

static int plan_trees(struct wish *w, struct err *e)
{
	const struct oci_config *config = w->c->config;

	w->c->labels.v = oci_alloc(&w->c->arena,
				   (config->mounts.n + 1) * sizeof(struct labels_tree));
	if (!w->c->labels.v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < config->mounts.n; i++)
		if (is_labelled(&config->mounts.v[i]))
			TRY(plan_tree(w, i, e));
	return 0;
}

/* ---- another one who has the same tree --------------------------------------------------------- */

struct rivals {
	const struct container *c;
	struct {
		char *id, *path;
	} v[8];
	size_t n;
};

static bool overlap(const struct labels_tree *t, const struct run_tree *other)
{
	return (t->dev == other->dev && t->ino == other->ino) ||
	       path_is_below(t->path, other->path) || path_is_below(other->path, t->path);
}

static int add_rival(const struct run_record *r, void *arg, struct err *e)
{
	struct rivals *found = arg;
	const struct labels *l = &found->c->labels;

	(void)e;
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < r->private_trees.n; k++) {
			const struct run_tree *other = &r->private_trees.v[k];

			if (found->n == ARRAY_SIZE(found->v) || !l->v[i].private ||
			    str_eq(other->label, l->v[i].label) ||
			    !overlap(&l->v[i], other))
				continue;
			found->v[found->n].id = xstrdup(r->id);
			found->v[found->n++].path = xstrdup(other->path);
		}
	return 0;
}

static bool is_alive(const struct run_context *ctx, const char *id)
{
	struct err ignored = { 0 };
	struct lookup l;
	bool alive = lookup_open(ctx, id, -1, true, &l, &ignored) == 0 && l.record &&
		     (l.elsewhere || l.status != OCI_STATUS_STOPPED);

	lookup_close(&l);
	return alive;
}

static bool has_private_tree(const struct labels *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].private)
			return true;
	return false;
}

/* Two with Z on one tree: the one that comes first loses it. */
static int warn_rivals(struct container *c, struct err *e)
{
	struct rivals found = { .c = c };
	auto_close int root = -1;

	if (!has_private_tree(&c->labels))
		return 0;
	root = TRY(statedir_root(c->ctx->root, true, e));
	TRY(used_each(root, USED_ALIVE, c->args->id, add_rival, &found, e));
	for (size_t i = 0; i < found.n; i++) {
		if (is_alive(c->ctx, found.v[i].id))
			log_warning("%s: container %s has it by Z too, and loses access",
				    found.v[i].path, found.v[i].id);
		free(found.v[i].id);
		free(found.v[i].path);
	}
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------------------ */

const char *const run_words_selinux[] = { "auto", "require", NULL };

static int check_required(const struct container *c, struct err *e)
{
	const char *state =
		c->label.selinux == SELINUX_DISABLED ? "disabled" : "permissive";

	if (c->args->selinux != 1 + RUN_SELINUX_REQUIRE ||
	    c->label.selinux == SELINUX_ENFORCING)
		return 0;
	err_set(e, "--selinux=require: SELinux is %s", state);
	return err_hint(e, "boot with SELinux enforcing (setenforce 1), or leave the "
			   "option out");
}

/* criu gives back the label that the processes had; nobody has kept it for them. */
static int check_restore(const struct wish *w, struct err *e)
{
	if (!w->private || w->process)
		return 0;
	err_set(e, "mount option Z: the container cannot be restored: its images have "
		   "categories that were its own only while it lived");
	return err_hint(e, "for a checkpoint, name them: process.selinuxLabel");
}

static int plan_wish(struct wish *w, struct err *e)
{
	w->levels = selinux_has_levels();
	TRY(choose_labels(w, e));
	return plan_trees(w, e);
}

/* What does not enforce is no reason not to run, and one line about it is enough (R33). */
static void plan_permissive(struct wish *w)
{
	struct oci_config *config = w->c->config;
	struct err why = { 0 };

	w->process = label_usable(&w->c->label, w->process);
	w->mount = label_usable(&w->c->label, w->mount);
	if (config->process)
		config->process->selinux_label = (char *)w->process;
	if (config->linux)
		config->linux->mount_label = (char *)w->mount;
	if (!w->any || plan_wish(w, &why) == 0)
		return;
	log_info("not labelled: %s", why.text);
	err_clear(&why);
	labels_close(w->c);
	w->c->labels.n = 0;
}

int labels_plan(struct container *c, struct err *e)
{
	const struct oci_process *p = c->config->process;
	const char *profile = p ? p->apparmor_profile : NULL;
	struct wish w;
	const char *remark;

	read_wish(c, &w);
	if (!w.any && !w.process && !w.mount && !profile && !c->args->selinux)
		return 0;
	label_read_facts(&c->label);
	TRY(check_required(c, e));
	remark = label_remark(&c->label, w.process, w.any ? "z" : w.mount);
	if (remark)
		log_notice(remark);
	TRY(label_check(&c->label, profile, e));
	if (c->label.selinux == SELINUX_DISABLED)
		return 0;
	if (c->label.selinux == SELINUX_PERMISSIVE) {
		w.any = w.any && !c->restoring; /* as they were labelled at first */
		plan_permissive(&w);
		return 0;
	}
	if (!w.any)
		return 0;
	if (c->restoring)
		return check_restore(&w, e);
	TRY(plan_wish(&w, e));
	return warn_rivals(c, e);
}

void labels_record(struct container *c)
{
	const struct oci_config *config = c->config;
	struct run_record *r = &c->record;

	if (c->label.selinux == SELINUX_DISABLED)
		return;
	if (config->process && has_text(config->process->selinux_label))
		r->process_label = config->process->selinux_label;
	if (config->linux && has_text(config->linux->mount_label))
		r->mount_label = config->linux->mount_label;
	r->private_trees.v =
		oci_alloc(&c->arena, (c->labels.n + 1) * sizeof(*r->private_trees.v));
	for (size_t i = 0; r->private_trees.v && i < c->labels.n; i++) {
		const struct labels_tree *t = &c->labels.v[i];

		if (t->private)
			r->private_trees.v[r->private_trees.n++] =
				(struct run_tree){ (char *)t->path, (char *)t->label,
						   t->dev, t->ino };
	}
}

void labels_restore(const struct run_record *r, struct oci_config *config)
{
	if (r->process_label && config->process &&
	    !has_text(config->process->selinux_label))
		config->process->selinux_label = r->process_label;
	if (r->mount_label && config->linux && !has_text(config->linux->mount_label))
		config->linux->mount_label = r->mount_label;
}
