/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options before the command; see global.h. */
#include "cmd/global.h"

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const managers[] = { "cgroupfs", "systemd", "disabled", NULL };
static const char *const truths[] = { "false", "true", "auto", NULL };

const struct cli_option global_options[] = {
	CLI_TEXT(global_values, root, "root", NULL, "DIR",
		 "where the state of containers lies; default: /run/wolffia, or "
		 "wolffia in $XDG_RUNTIME_DIR"),
	CLI_TEXT(global_values, log, "log", NULL, "DEST",
		 "[file:]PATH, journald:ID or syslog:ID; default: standard error"),
	CLI_WORD(global_values, log_format, "log-format", NULL, log_formats, "FORMAT",
		 "text or json"),
	CLI_WORD(global_values, log_level, "log-level", NULL, log_levels, "LEVEL",
		 "error, warning, info or debug"),
	CLI_FLAG(global_values, debug, "debug", NULL, "the same as --log-level=debug"),
	CLI_WORD(global_values, cgroup_manager, "cgroup-manager", NULL, managers,
		 "MANAGER", "cgroupfs, systemd or disabled"),
	CLI_ALIAS(global_values, cgroup_manager, "systemd-cgroup", "s",
		  1 + RUN_CGROUP_SYSTEMD, "the same as --cgroup-manager=systemd"),
	CLI_WORD(global_values, rootless, "rootless", NULL, truths, "VALUE",
		 "true, false or auto: whether cgroups may be missing"),
	CLI_FLAG(global_values, version, "version", "vV", "print the version"),
	CLI_END,
};

/* "/", "//", "/.", "/..": nothing but the root itself. */
static bool is_filesystem_root(const char *path)
{
	if (*path != '/')
		return false;
	while (*path) {
		size_t n;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n > 2 || strspn(path, ".") < n)
			return false;
		path += n;
	}
	return true;
}

int global_context(const struct global_values *v, struct run_context *ret, struct err *e)
{
	*ret = (struct run_context){
		.root = v->root,
		.rootless = v->rootless == 1   ? 0
			    : v->rootless == 2 ? 1
					       : -1,
		.debug = global_log_level(v, false) == LOG_LEVEL_DEBUG,
	};
	if (v->cgroup_manager)
		ret->cgroup_manager = (enum run_cgroup_manager)(v->cgroup_manager - 1);
	if (v->root && is_filesystem_root(v->root))
		return err_set(e, "--root=%s: the state cannot lie in the root directory",
			       v->root);
	return 0;
}

enum log_format global_log_format(const struct global_values *v)
{
	return v->log_format == 2 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT;
}

enum log_level global_log_level(const struct global_values *v, bool silent)
{
	if (v->debug)
		return LOG_LEVEL_DEBUG;
	if (v->log_level)
		return (enum log_level)(v->log_level - 1);
	return silent && !v->log ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
}
