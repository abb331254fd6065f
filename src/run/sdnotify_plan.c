/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which container gets a notify socket, and the steps that make it (sdnotify.h). The mount
 * and the variable are added to the decoded configuration before anything is planned, so
 * the rest of the birth knows nothing of it.
 */
#include "run/sdnotify.h"

#include "base/log.h"
#include "run/addition.h"
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

static int add_mount(struct container *c, struct err *e)
{
	char *source = addition_path(c, SDNOTIFY_DIR, e);

	return source ? addition_mount(c, SDNOTIFY_INSIDE, source, e) : -1;
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
	return addition_variable(c, text, e);
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
		log_warning(
			"NOTIFY_SOCKET: the container has no mount namespace of its own, "
			"into which a socket could be mounted; nobody is told when it is "
			"ready");
		c->notify_socket = NULL;
		return 0;
	}
	TRY(addition_variable(c, SDNOTIFY_VARIABLE, e));
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
