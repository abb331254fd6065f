/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Labelling the trees of z and Z; see labels.h. HOST does it with the caller's ids before the
 * birth. Files of subordinate ids are not the caller's, but root's of the container's user
 * namespace: those are INIT's, and only then.
 */
#include "base/fd.h"
#include "base/log.h"
#include "run/container.h"
#include "run/interrupt.h"
#include "run/labels.h"
#include "run/steps.h"
#include "sec/relabel.h"

#include <stdlib.h>
#include <unistd.h>

bool wants_labels(const struct container *c)
{
	return c->labels.n > 0;
}

static struct fs_row *row_of(const struct container *c, const struct labels_tree *t)
{
	for (size_t i = 0; i < c->fs_plan->n_rows; i++)
		if (c->fs_plan->rows[i].index == t->index &&
		    c->fs_plan->rows[i].kind == FS_BIND)
			return &c->fs_plan->rows[i];
	return NULL;
}

void labels_pin(struct container *c)
{
	for (size_t i = 0; i < c->labels.n; i++) {
		struct fs_row *row = row_of(c, &c->labels.v[i]);

		if (!row || c->labels.v[i].fd < 0)
			continue;
		row->dev = c->labels.v[i].dev;
		row->ino = c->labels.v[i].ino;
	}
}

static int is_interrupted(void *arg, struct err *e)
{
	const struct container *c = arg;

	return interrupt_check(c->interrupt_fd, e);
}

static void tell(const struct container *c, const struct labels_tree *t,
		 const struct relabel_count *count)
{
	enum selinux_state state = c->label.selinux;

	log_info("%s: %llu of %llu labels set to %s", t->path,
		 (unsigned long long)count->set, (unsigned long long)count->seen,
		 t->label);
	if (count->unsupported)
		log_info("%s: files on a filesystem without labels of its own, which "
			 "stay as they are: %llu",
			 t->path, (unsigned long long)count->unsupported);
	if (count->links && state == SELINUX_ENFORCING)
		log_warning(
			"%s: not labelled, for a stranger may have made these links to "
			"files outside: %s%s",
			t->path, count->link, count->links > 1 ? " and others" : "");
}

static int label_tree(struct container *c, struct labels_tree *t, struct relabel_job *job,
		      struct err *e)
{
	struct relabel_count count;
	const struct oci_mount *m = &c->config->mounts.v[t->index];

	WHERE(e, "mounts", t->index, m->destination);
	job->label = t->label;
	job->cross = t->recursive;
	job->uid = geteuid();
	TRY(relabel_tree(job, &count, e));
	t->denied = count.denied;
	tell(c, t, &count);
	return 0;
}

/* Permissive: what cannot be labelled stays as it is. An interrupt is one all the same. */
static int try_tree(struct container *c, struct labels_tree *t, struct relabel_job *job,
		    struct err *e)
{
	struct err why = { 0 };

	if (c->label.selinux != SELINUX_PERMISSIVE)
		return label_tree(c, t, job, e);
	job->lenient = true;
	if (label_tree(c, t, job, &why) == 0)
		return 0;
	log_info("%s", why.text);
	err_clear(&why);
	return job->check ? job->check(job->arg, e) : 0;
}

/* What the caller may not label, the root of the container's namespace may. */
static bool has_second_pass(const struct container *c)
{
	return c->ns.mode[NSFD_USER] == NS_NEW &&
	       !(c->ns_facts.euid == 0 && c->ns_facts.initial_userns);
}

int host_labels(struct container *c, struct err *e)
{
	struct relabel_refused refused;
	struct relabel_job job = { .refused = &refused,
				   .lenient = has_second_pass(c),
				   .check = is_interrupted,
				   .arg = c };
	int rc = 0;

	relabel_refused_read(getenv("HOME"), getenv("SUDO_UID"), &refused);
	for (size_t i = 0; rc == 0 && i < c->labels.n; i++) {
		job.fd = c->labels.v[i].fd;
		if (job.fd >= 0)
			rc = try_tree(c, &c->labels.v[i], &job, e);
	}
	free(refused.v);
	labels_close(c);
	return rc;
}

int labels_finish(struct container *c, struct err *e)
{
	struct relabel_job job = { 0 };

	for (size_t i = 0; i < c->labels.n; i++) {
		const struct fs_row *row = row_of(c, &c->labels.v[i]);

		if (!c->labels.v[i].denied || !row || row->source_fd < 0)
			continue;
		job.fd = row->source_fd;
		/* a clone is not mounted yet */
		job.place = row->plain ? NULL : c->labels.v[i].path;
		TRY(try_tree(c, &c->labels.v[i], &job, e));
	}
	return 0;
}

void labels_close(struct container *c)
{
	for (size_t i = 0; i < c->labels.n; i++) {
		fd_close(c->labels.v[i].fd);
		c->labels.v[i].fd = -1;
	}
}
