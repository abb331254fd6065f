/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolffia: the table of commands and the timetable of a process. Whatever happens, a failing
 * command has printed one error and its exit status is not 0; usage errors are logged like
 * all others, because engines read nothing but the log.
 */
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/global.h"
#include "cmd/log_dest.h"
#include "cmd/out.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int help(const struct cmd_call *call, struct err *e);

static const struct cmd cmd_help_row = {
	.name = "help",
	.words = "[COMMAND]",
	.summary = "print the commands, or the options of one",
	.options = cmd_no_options,
	.max_words = 1,
	.run = help,
};

static const struct cmd *const commands[] = {
	&cmd_do,	 &cmd_doctor,	&cmd_create, &cmd_start,  &cmd_run,
	&cmd_state,	 &cmd_kill,	&cmd_exec,   &cmd_delete, &cmd_list,
	&cmd_pause,	 &cmd_resume,	&cmd_ps,     &cmd_events, &cmd_update,
	&cmd_spec,	 &cmd_features, &cmd_wait,   &cmd_mounts, &cmd_gc,
	&cmd_net_hook,	 &cmd_help_row,
#if HAVE_CRIU
	&cmd_checkpoint, &cmd_restore,
#endif
};

static const struct cmd *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_eq(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* ---- help ------------------------------------------------------------------------- */

static void program_help(struct str *ret)
{
	str_add(ret, "Usage: wolffia [OPTION...] COMMAND [OPTION...] [ARGUMENT...]\n\n"
		     "An OCI container runtime.\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		str_addf(ret, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
	str_add(ret, "\nOptions:\n");
	cli_help_options(global_options, ret);
}

static void program_usage(struct str *ret)
{
	str_add(ret, "Usage: wolffia");
	cli_usage_options(global_options, ret);
	str_add(ret, " COMMAND ...\n");
}

static int print_help(enum cli_help kind, struct err *e)
{
	auto_str text = { 0 };

	if (kind == CLI_HELP_USAGE)
		program_usage(&text);
	else
		program_help(&text);
	return out_write(text.s, text.n, e);
}

static int unknown_command(const char *name, struct err *e)
{
	err_set(e, "unknown command %s", name);
	return err_hint(e, "`wolffia --help` lists the commands");
}

static int help(const struct cmd_call *call, struct err *e)
{
	const struct cmd *cmd;

	if (call->n_words == 0)
		return print_help(CLI_HELP_FULL, e);
	cmd = find_command(call->words[0]);
	return cmd ? cmd_print_help(cmd, CLI_HELP_FULL, e)
		   : unknown_command(call->words[0], e);
}

static int print_version(struct err *e)
{
	auto_str text = { 0 };

	cmd_version(&text);
	return out_write(text.s, text.n, e);
}

/* ---- from options to a command ----------------------------------------------------- */

/*
 * The umask, of which bits that would close our own files to ourselves (0777) are taken away:
 * the state that such a run leaves could not be used by any later one.
 */
static mode_t take_umask(void)
{
	mode_t mask = umask(022);

	umask(mask & ~(mode_t)S_IRWXU);
	return mask;
}

/*
 * The command among the words, which it then begins with. Behind an option that there is not,
 * a word may be its value.
 */
static const struct cmd *command_of(struct cli_args *args)
{
	for (size_t i = 0; i < args->n && (!i || args->unknown); i++) {
		const struct cmd *cmd = find_command(args->v[i]);

		if (!cmd)
			continue;
		args->v += i;
		args->n -= i;
		return cmd;
	}
	return NULL;
}

/* Also an option before the command may not look like what `do` passes on from its program. */
static int fail_as(const struct cmd *cmd, const struct cli_args *args, struct err *e)
{
	return cmd ? cmd_fail(cmd, args->v + 1, e) : -1;
}

/* Everything between the start of the process and its exit status, or -1 with *e. */
static int run_program(char **argv, struct err *e)
{
	mode_t mask = take_umask();
	struct global_values v = { 0 };
	const struct cmd *cmd;
	struct run_context ctx;
	struct cli_args args = { 0 };

	(void)cli_parse(global_options, argv, true, &v, &args, e);
	cmd = command_of(&args);
	if (err_is_set(e)) {
		if (cmd)
			cmd_hint_place(cmd, args.unknown, e);
		err_hint(e, "see `wolffia --help`");
	}
	log_dest_open(v.log, global_log_format(&v),
		      global_log_level(&v, cmd && cmd->silent), e);
	if (err_is_set(e))
		return fail_as(cmd, &args, e);
	if (args.help)
		return print_help(args.help, e);
	if (v.version)
		return print_version(e);
	if (args.n == 0) {
		err_set(e, "no command given");
		return err_hint(e, "`wolffia --help` lists the commands");
	}
	if (!cmd)
		return unknown_command(args.v[0], e);
	if (global_context(&v, &ctx, e) < 0)
		return fail_as(cmd, &args, e);
	ctx.umask = mask;
	return cmd_invoke(cmd, &ctx, args.v + 1, e);
}

/* ---- the process ------------------------------------------------------------------ */

/*
 * A file opened as 0, 1 or 2 would be taken for standard input or output by what we start.
 * poll(2) tells which of them are missing in one call; open(2) takes the lowest free one.
 */
static void open_standard_fds(void)
{
	struct pollfd fds[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	if (poll(fds, 3, 0) <= 0)
		return;
	for (int i = 0; i < 3; i++)
		/* not close-on-exec: passed on purpose */
		if ((fds[i].revents & POLLNVAL) && open("/dev/null", O_RDWR) != i)
			_exit(1);
}

static void no_memory(size_t size)
{
	static bool again;
	struct err e = { 0 };

	if (again)
		_exit(1);
	again = true;
	err_set(&e, "out of memory (%zu bytes)", size);
	log_error(&e);
	_exit(1);
}

int main(int argc, char **argv)
{
	static const struct sigaction ignore = { .sa_handler = SIG_IGN };
	static const struct sigaction usual = { .sa_handler = SIG_DFL };
	struct err e = { 0 };
	int status;

	/* also: no core dump, whatever RLIMIT_CORE the container is to inherit */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* RLIMIT_FSIZE is an error, no death */
	/* a caller that ignores it has told the kernel to reap what we wait for */
	sigaction(SIGCHLD, &usual, NULL);
	open_standard_fds();
	mem_on_exhaustion(no_memory);
	status = run_program(argc > 0 ? argv + 1 : argv, &e);
	if (status >= 0) {
		log_finish();
		return status;
	}
	log_error(&e);
	return e.status ? e.status : 1;
}
