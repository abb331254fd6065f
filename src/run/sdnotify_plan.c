/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which container gets a notify socket, and the steps that make it (sdnotify.h). The mount
 * and the variable are added to the decoded configuration before anything is planned, so
 * the rest of the birth knows nothing of it.
 */
#include "run/sdnotify.h"

#include "base/log.h"
#include "run/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_variable(const struct oci_process *p, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < p->env.n; i++)
		if (strncmp(p->env.v[i], name, n) == 0 && p->env.v[i][n] == '=')
			return true;
	return false;
}

/* ROOT/ID/notify as an absolute path. */
static char *source_path(struct container *c, struct err *e)
{
	const char *root = c->ctx->root ? c->ctx->root : run_default_root(e);
	char cwd[4096] = "";
	char path[8192];

	if (!root)
		return NULL;
	if (root[0] != '/' && !getcwd(cwd, sizeof(cwd))) {
		err_sys(e, "current directory");
		return NULL;
	}
	snprintf(path, sizeof(path), "%s%s%s/%s/" SDNOTIFY_DIR, cwd, cwd[0] ? "/" : "",
		 root, c->args->id);
	return oci_strdup(&c->arena, path);
}

static int add_variable(struct container *c, const char *text, struct err *e)
{
	struct oci_strings *env = &c->config->process->env;
	char **v = oci_alloc(&c->arena, (env->n + 1) * sizeof(*v));

	if (!v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < env->n; i++)
		v[i] = env->v[i];
	v[env->n] = oci_strdup(&c->arena, text);
	env->v = v;
	env->n++;
	return v[env->n - 1] ? 0 : err_set(e, "out of memory");
}

static int add_mount(struct container *c, struct err *e)
{
	static char destination[] = SDNOTIFY_INSIDE, type[] = "bind", bind[] = "bind",
		    ro[] = "ro", nosuid[] = "nosuid", nodev[] = "nodev",
		    noexec[] = "noexec";
	static char *options[] = { bind, ro, nosuid, nodev, noexec };
	struct oci_config *config = c->config;
	struct oci_mount *v = oci_alloc(&c->arena, (config->mounts.n + 1) * sizeof(*v));
	char *source = source_path(c, e);

	if (!source)
		return err_set(e, "out of memory");
	if (!v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < config->mounts.n; i++)
		v[i] = config->mounts.v[i];
	v[config->mounts.n] = (struct oci_mount){ .destination = destination,
						  .type = type,
						  .source = source };
	v[config->mounts.n].options.v = options;
	v[config->mounts.n].options.n = sizeof(options) / sizeof(options[0]);
	config->mounts.v = v;
	config->mounts.n++;
	return 0;
}

/* A foreground `run` is there to pass the watchdog's signs of life on. */
static int add_watchdog(struct container *c, struct err *e)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	char self[16], text[64];

	snprintf(self, sizeof(self), "%d", (int)getpid());
	if (!c->foreground || !usec || !*usec || strlen(usec) > 20 ||
	    (pid && !str_eq(pid, self)) ||
	    has_variable(c->config->process, "WATCHDOG_USEC"))
		return 0;
	snprintf(text, sizeof(text), "WATCHDOG_USEC=%s", usec);
	return add_variable(c, text, e);
}

int sdnotify_plan(struct container *c, struct err *e)
{
	const struct oci_process *p = c->config->process;

	c->notify_socket = sdnotify_wanted();
	/* an engine that sets the variable has its own way */
	if (!c->notify_socket || !p || has_variable(p, "NOTIFY_SOCKET")) {
		c->notify_socket = NULL;
		return 0;
	}
	if (c->ns.mode[NSFD_MNT] != NS_NEW) {
		log_info(
			"NOTIFY_SOCKET: the container has no mount namespace of its own, "
			"into which a socket could be mounted");
		c->notify_socket = NULL;
		return 0;
	}
	TRY(add_variable(c, SDNOTIFY_VARIABLE, e));
	TRY(add_watchdog(c, e));
	return add_mount(c, e);
}

bool wants_notify(const struct container *c)
{
	return c->notify_socket != NULL;
}

/* `create` ends before anybody could listen: there `start` does. */
int host_notify(struct container *c, struct err *e)
{
	TRY(sdnotify_make(c->dir.dir, e));
	if (c->gate)
		return 0;
	return sdnotify_open(c->dir.dir, c->notify_socket, &c->notify, e);
}
