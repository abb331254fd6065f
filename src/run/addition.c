/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Additions to the configuration; see addition.h. Lists are copied, never grown in place. */
#include "run/addition.h"

#include <stdio.h>
#include <unistd.h>

char *addition_path(struct container *c, const char *name, struct err *e)
{
	const char *root = c->ctx->root ? c->ctx->root : run_default_root(e);
	char cwd[4096] = "";
	char path[8192];
	char *copy;

	if (!root)
		return NULL;
	if (root[0] != '/' && !getcwd(cwd, sizeof(cwd))) {
		err_sys(e, "current directory");
		return NULL;
	}
	snprintf(path, sizeof(path), "%s%s%s/%s/%s", cwd, cwd[0] ? "/" : "", root,
		 c->args->id, name);
	copy = oci_strdup(&c->arena, path);
	if (!copy)
		err_set(e, "out of memory");
	return copy;
}

int addition_variable(struct container *c, const char *text, struct err *e)
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

int addition_mount(struct container *c, const char *destination, const char *source,
		   struct err *e)
{
	static char type[] = "bind", bind[] = "bind", ro[] = "ro", nosuid[] = "nosuid",
		    nodev[] = "nodev", noexec[] = "noexec";
	static char *options[] = { bind, ro, nosuid, nodev, noexec };
	struct oci_config *config = c->config;
	struct oci_mount *v = oci_alloc(&c->arena, (config->mounts.n + 1) * sizeof(*v));

	if (!v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < config->mounts.n; i++)
		v[i] = config->mounts.v[i];
	v[config->mounts.n] = (struct oci_mount){ .destination = (char *)destination,
						  .type = type,
						  .source = (char *)source };
	v[config->mounts.n].options.v = options;
	v[config->mounts.n].options.n = ARRAY_SIZE(options);
	config->mounts.v = v;
	config->mounts.n++;
	return 0;
}
