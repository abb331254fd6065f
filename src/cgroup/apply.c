/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of a plan, written. No policy: the order and every value come from the plan.
 */
#include "cgroup/cgroup.h"

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/device.h"
#include "cgroup/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Those with the flag CGROUP_WRITE_LATE, or those without. */
static int writes_apply(const struct cgroup_plan *plan, const struct cgroup *cg,
			unsigned late, struct err *e)
{
	bool missing = false; /* the file of the write before */

	for (size_t i = 0; i < plan->n_writes; i++) {
		const struct cgroup_write *w = &plan->writes[i];
		const struct cgroup_dir *dir = &cg->dirs[w->dir];
		bool has_else = i + 1 < plan->n_writes &&
				plan->writes[i + 1].flags & CGROUP_WRITE_ELSE;

		if ((w->flags & CGROUP_WRITE_LATE) != late ||
		    (w->flags & CGROUP_WRITE_ELSE && !missing))
			continue;
		missing = false;
		if (file_write_value(dir->fd, w->file, w->value) == 0) {
			TRY(write_verify(w, dir, e));
			continue;
		}
		missing = errno == ENOENT;
		if (!missing || !(has_else || w->flags & CGROUP_WRITE_OPTIONAL))
			return write_failed(w, dir, e);
	}
	return 0;
}

int cgroup_apply(const struct cgroup_plan *plan, const struct cgroup *cg, struct err *e)
{
	return writes_apply(plan, cg, 0, e);
}

/* "deny a", "allow c 1:3 rwm" */
static int device_line(int fd, const char *line, struct err *e)
{
	bool allow = str_starts(line, "allow ");
	const char *file = allow ? "devices.allow" : "devices.deny";
	const char *value = line + (allow ? strlen("allow ") : strlen("deny "));

	if (file_write_value(fd, file, value) < 0)
		return err_sys_plain(e, "write \"%s\" to %s", value, file);
	return 0;
}

/* In a cgroup that was there before, a container before us may have left its program. */
static int device_program(const struct cgroup_device_plan *d,
			  const struct cgroup_dir *dir, struct err *e)
{
	if (dir->made)
		return d->n_insns
			       ? device_program_attach(d->insns, d->n_insns, dir->fd, e)
			       : 0;
	if (d->n_insns)
		return device_program_replace(d->insns, d->n_insns, dir->fd, e);
	device_programs_detach(dir->fd);
	return 0;
}

int cgroup_devices_apply(const struct cgroup_plan *plan, const struct cgroup *cg,
			 struct err *e)
{
	const struct cgroup_device_plan *d = &plan->devices;

	TRY(writes_apply(plan, cg, CGROUP_WRITE_LATE, e));
	if (d->dir < 0)
		return 0;
	WHERE_IN(e, "linux.resources.devices", NULL);
	for (size_t i = 0; i < d->n_lines; i++)
		TRY(device_line(cg->dirs[d->dir].fd, d->lines[i], e));
	return cg->dirs[d->dir].v2 ? device_program(d, &cg->dirs[d->dir], e) : 0;
}

/* ---- delegation ------------------------------------------------------------------------------ */

static int give_file(const struct cgroup_dir *dir, const char *file, uid_t uid,
		     struct err *e)
{
	if (fchownat(dir->fd, file, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno == ENOENT)
		return 0;
	return err_sys_plain(e, "give %s of %s%s to user %u", file, dir->mount, dir->path,
			     uid);
}

int cgroup_delegate(const struct cgroup *cg, uid_t uid, struct err *e)
{
	static const char fallback[] =
		"cgroup.procs\ncgroup.subtree_control\ncgroup.threads";
	const struct cgroup_dir *dir = &cg->dirs[0];
	char text[1024];

	if (cgroup_v2_fd(cg) < 0)
		return 0;
	if (fchownat(dir->fd, "", uid, (gid_t)-1, AT_EMPTY_PATH) < 0)
		return err_sys_plain(e, "give %s%s to user %u", dir->mount, dir->path,
				     uid);
	if (file_read_value(AT_FDCWD, "/sys/kernel/cgroup/delegate", text,
			    sizeof(text)) <= 0)
		memcpy(text, fallback, sizeof(fallback));
	for (char *file = text; *file;) {
		size_t n = strcspn(file, "\n");
		bool last = !file[n];

		file[n] = '\0';
		if (n && !strchr(file, '/'))
			TRY(give_file(dir, file, uid, e));
		file += n + !last;
	}
	return 0;
}
