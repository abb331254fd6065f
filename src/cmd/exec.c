/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia exec: one more process in a container. */
#include "cmd/cmd.h"

struct exec_values {
	struct run_exec_args args;
	struct cli_list env;
	struct cli_list additional_gids;
	struct cli_list caps;
	struct cli_list cgroups;
};

static const struct cli_option options[] = {
	CLI_TEXT(exec_values, args.process, "process", "p", "FILE",
		 "a file with the process as in config.json; - is standard input"),
	CLI_TEXT(exec_values, args.cwd, "cwd", NULL, "DIR", "the working directory"),
	CLI_LIST(exec_values, env, "env", "e", "NAME=VALUE",
		 "one more variable of the environment"),
	CLI_FLAG(exec_values, args.tty, "tty", "t", "make a terminal"),
	CLI_TEXT(exec_values, args.user, "user", "u", "UID[:GID]",
		 "run as this user, in numbers"),
	CLI_LIST(exec_values, additional_gids, "additional-gids", "g", "GID",
		 "one more supplementary group"),
	CLI_LIST(exec_values, caps, "cap", "c", "NAME", "one more capability"),
	CLI_FLAG(exec_values, args.no_new_privs, "no-new-privs", NULL,
		 "set no_new_privs; it stays set where the container has it"),
	CLI_TEXT(exec_values, args.apparmor, "apparmor", NULL, "PROFILE",
		 "the AppArmor profile"),
	CLI_TEXT(exec_values, args.process_label, "process-label", NULL, "LABEL",
		 "the SELinux label"),
	CLI_LIST(exec_values, cgroups, "cgroup", NULL, "[CTRL[,CTRL]:]PATH",
		 "a cgroup beneath the container's own"),
	CLI_FLAG(exec_values, args.ignore_paused, "ignore-paused", NULL,
		 "also into a paused container; it waits for resume"),
	CLI_FLAG(exec_values, args.detach, "detach", "d", "do not wait for the program"),
	CLI_TEXT(exec_values, args.console_socket, "console-socket", NULL, "PATH",
		 "socket that gets the terminal's master"),
	CLI_TEXT(exec_values, args.pidfd_socket, "pidfd-socket", NULL, "PATH",
		 "socket that gets a pidfd of the process"),
	CLI_TEXT(exec_values, args.pid_file, "pid-file", NULL, "PATH",
		 "file for the process id"),
	CLI_NUMBER(exec_values, args.preserve_fds, "preserve-fds", NULL, 1u << 20,
		   "pass on N descriptors from 3 on"),
	CLI_IGNORED("no-subreaper", "accepted, without effect"),
	CLI_END,
};

static struct run_list list_of(const struct cli_list *l)
{
	return (struct run_list){ l->v, l->n };
}

static int exec(const struct cmd_call *call, struct err *e)
{
	struct exec_values *v = call->values;
	struct run_exec_args *args = &v->args;
	char **words = call->words + 1;
	size_t n = call->n_words - 1;
	int status = 0;

	/* options end at ID; a "--" behind it says so once more */
	if (n && str_eq(words[0], "--")) {
		words++;
		n--;
	}
	args->id = call->words[0];
	args->argv = words;
	args->n_argv = n;
	args->env = list_of(&v->env);
	args->additional_gids = list_of(&v->additional_gids);
	args->caps = list_of(&v->caps);
	args->cgroups = list_of(&v->cgroups);
	TRY(run_exec(call->ctx, args, &status, e));
	return status;
}

const struct cmd cmd_exec = {
	.name = "exec",
	.words = "ID [PROGRAM [ARGUMENT...]]",
	.summary = "run one more program in a container",
	.options = options,
	.values_size = sizeof(struct exec_values),
	.min_words = 1,
	.max_words = UINT32_MAX,
	.in_order = true,
	.failure = 255,
	.run = exec,
};
