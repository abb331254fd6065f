/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp listener on its way to the agent; see notify.h. It carries both the state of
 * the container and the number of the process that will be judged, because that one may
 * be an exec'ed process.
 */
#include "sec/notify.h"

#include "base/fd.h"
#include "base/str.h"
#include "libocispec/oci.h"

#define RECEIVER "run.oci.seccomp.receiver"

static const char *annotation(const struct oci_map *map, const char *key)
{
	for (size_t i = 0; map && i < map->n; i++)
		if (str_eq(map->v[i].key, key))
			return map->v[i].value;
	return NULL;
}

int notify_receiver(const struct oci_seccomp *s, const struct oci_map *annotations,
		    const char *environment, const char **ret, struct err *e)
{
	const char *place = "linux.seccomp.listenerPath";
	const char *path = s ? s->listener_path : NULL;

	if (!path) {
		place = "annotations[\"" RECEIVER "\"]";
		path = annotation(annotations, RECEIVER);
	}
	if (!path) {
		place = "RUN_OCI_SECCOMP_RECEIVER";
		path = environment;
	}
	if (path && path[0] != '/') {
		WHERE_IN(e, place, NULL);
		return err_set(e, "\"%s\" is no absolute path", path);
	}
	*ret = path;
	return 0;
}

int notify_connect(const char *path, struct err *e)
{
	int fd;

	WHERE_IN(e, "linux.seccomp.listenerPath", NULL);
	fd = fd_connect_unix(path, e);
	if (fd < 0)
		return err_hint(e, "start the seccomp agent that listens there first");
	return fd;
}

int notify_send(int conn, const struct oci_state *state, pid_t pid, const char *metadata,
		int listener, struct err *e)
{
	char *fds[] = { (char[]){ "seccompFd" }, NULL };
	struct oci_arena arena = { 0 };
	struct oci_state copy = *state;
	struct oci_process_state message = {
		.oci_version = (char[]){ OCI_SPEC_VERSION },
		.fds = { 1, fds },
		.pid = pid,
		.metadata = (char *)(uintptr_t)metadata, /* is only read */
		.state = &copy,
	};
	size_t n = 0;
	char *text;
	int ret = 0;

	WHERE_IN(e, "linux.seccomp.listenerPath", NULL);
	text = oci_encode(&arena, &oci_type_process_state, &message, 0, &n);
	if (!text)
		ret = err_set(e, "no memory for the message");
	else if (fd_send(conn, text, n, &listener, 1) < 0)
		ret = err_sys_plain(e, "send the listener to the agent");
	oci_arena_free(&arena);
	return ret;
}
