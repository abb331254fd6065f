/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pair of categories that no other container has; see selinux.h. Two subjects are apart when
 * neither has all categories of the other: who has them all may use what the other one may.
 */
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "kernel/procfs.h"
#include "sec/selinux.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static bool has(const struct selinux_categories *c, unsigned i)
{
	return c->bits[i / 64] >> (i % 64) & 1;
}

static unsigned count(const struct selinux_categories *c)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(c->bits); i++)
		n += (unsigned)__builtin_popcountll(c->bits[i]);
	return n;
}

/* ---- who has what ------------------------------------------------------------------------- */

void selinux_use(struct selinux_used *list, const char *label)
{
	struct selinux_categories c;
	unsigned n;

	if (!selinux_parse_categories(label, &c))
		return;
	n = count(&c);
	if (n == 0 || n >= SELINUX_WIDE)
		return;
	for (size_t i = 0; i < list->n; i++)
		if (memcmp(&list->v[i], &c, sizeof(c)) == 0)
			return;
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->v = xreallocarray(list->v, list->room, sizeof(*list->v));
	}
	list->v[list->n++] = c;
}

int selinux_use_processes(struct selinux_used *list, int proc_fd, struct err *e)
{
	auto_close int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	char path[40], label[SELINUX_LABEL_MAX];
	struct dirent *entry;

	if (!dir)
		return err_sys(e, "the list of processes");
	take_fd(&fd);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "%.20s/attr/current", entry->d_name);
		if (procfs_read(proc_fd, path, label, sizeof(label)) > 0)
			selinux_use(list, label);
	}
	closedir(dir);
	return 0;
}

/* ---- the choice ----------------------------------------------------------------------------- */

static bool is_apart(const struct selinux_categories *used, unsigned a, unsigned b)
{
	unsigned common = (unsigned)has(used, a) + (unsigned)has(used, b);

	return common < 2 && (common == 0 || common < count(used));
}

bool selinux_choose_level(const struct selinux_used *used, uint32_t start,
			  char ret[SELINUX_LEVEL_MAX])
{
	const unsigned all = SELINUX_CATEGORIES, total = all * (all - 1);

	for (unsigned tried = 0; tried < total; tried++) {
		unsigned i = (start % total + tried) % total;
		unsigned a = i / (all - 1), b = i % (all - 1);
		size_t k = 0;

		b += b >= a; /* every other category */
		if (a > b)
			continue; /* the same pair the other way round */
		while (k < used->n && is_apart(&used->v[k], a, b))
			k++;
		if (k < used->n)
			continue;
		snprintf(ret, SELINUX_LEVEL_MAX, "s0:c%u,c%u", a, b);
		return true;
	}
	return false;
}
