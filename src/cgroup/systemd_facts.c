/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which systemd is ours: the system's manager for its root, the user's manager for everybody
 * else, also for who is root of a user namespace only (rootless Podman). Where it listens
 * and where its cgroup is.
 */
#include "cgroup/driver.h"

#include "base/file.h"
#include "cgroup/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* include/linux/proc_ns.h: the number of the initial user namespace never changes */
enum { INITIAL_USER_NS = 0xEFFFFFFDU };

/* Root where the system's manager is: in its user namespace, be that the initial one or not. */
bool cgroup_is_system_root(void)
{
	struct stat own, init;

	if (geteuid() != 0 || stat("/proc/self/ns/user", &own) < 0)
		return false;
	if (own.st_ino == (ino_t)INITIAL_USER_NS)
		return true;
	return stat("/proc/1/ns/user", &init) == 0 && init.st_ino == own.st_ino;
}

uid_t cgroup_outer_uid(const char *uid_map, uid_t uid)
{
	for (const char *line = uid_map; *line;) {
		uint64_t v[3] = { 0 };
		size_t n = 0;

		while (*line && *line != '\n' && n < 3) {
			line += strspn(line, " \t");
			for (; *line >= '0' && *line <= '9'; line++)
				v[n] = v[n] * 10 + (uint64_t)(*line - '0');
			n++;
		}
		if (n == 3 && uid >= v[0] && uid - v[0] < v[2])
			return (uid_t)(v[1] + (uid - v[0]));
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return uid;
}

static uid_t outer_uid(void)
{
	char text[4096];

	if (file_read_value(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)) < 0)
		return geteuid();
	return cgroup_outer_uid(text, geteuid());
}

static const char *system_addresses(const struct cgroup_request *rq)
{
	static const char usual[] = "unix:path=/run/dbus/system_bus_socket;"
				    "unix:path=/run/systemd/private";

	return rq->system_bus && *rq->system_bus ? rq->system_bus : usual;
}

/* '%' and what else may not stand in an address as it is: %XX. */
static const char *escaped(const char *path, struct oci_arena *arena)
{
	char *text = cgroup_alloc(arena, 3 * strlen(path) + 1);
	size_t n = 0;

	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c > ' ' && c < 0x7f && !strchr("%,;=:\"'", c))
			text[n++] = (char)c;
		else
			n += (size_t)snprintf(text + n, 4, "%%%02x", c);
	}
	return text;
}

static const char *user_addresses(const struct cgroup_request *rq, uid_t uid,
				  struct oci_arena *arena)
{
	const char *bus = rq->session_bus ? rq->session_bus : "";
	const char *dir = rq->runtime_dir && *rq->runtime_dir
				  ? escaped(rq->runtime_dir, arena)
				  : cgroup_textf(arena, "/run/user/%u", uid);

	return cgroup_textf(arena, "%s%sunix:path=%s/bus;unix:path=%s/systemd/private",
			    bus, *bus ? ";" : "", dir, dir);
}

const char *cgroup_user_manager_path(const char *own, uid_t uid, struct oci_arena *arena)
{
	for (const char *at = own; at && (at = strstr(at, "/user@")); at++) {
		const char *end = at + 1 + strcspn(at + 1, "/");
		const size_t n = strlen(".service");

		if ((size_t)(end - at) > n && !strncmp(end - n, ".service", n))
			return cgroup_textn(arena, own, (size_t)(end - own));
	}
	return cgroup_textf(arena, "/user.slice/user-%u.slice/user@%u.service", uid, uid);
}

void cgroup_facts_systemd(const struct cgroup_request *rq, struct oci_arena *arena,
			  struct cgroup_facts *facts)
{
	struct cgroup_hierarchy *h = &facts->h[0];
	uid_t uid;

	facts->user_manager = !cgroup_is_system_root();
	if (!facts->user_manager) {
		facts->bus = system_addresses(rq);
		facts->manager_path = "";
		return;
	}
	uid = outer_uid();
	facts->bus = user_addresses(rq, uid, arena);
	facts->manager_path =
		cgroup_user_manager_path(facts->n ? h->own : NULL, uid, arena);
}
