/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every command is: a row for main()'s table and a function. A new command is one file
 * here, one declaration at the end of this header and one row in src/main.c.
 *
 * main() has parsed the options into call->values (a zeroed struct of the command's own) and
 * has checked the number of words. The function prints results with out_write() and nothing
 * else; it returns the exit status (usually 0), or -1 with *e, which main() prints.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/err.h"
#include "cmd/cli.h"
#include "run/run.h"

struct cmd_call {
	const struct run_context *ctx;
	void *values; /* the command's option values */
	char **words; /* ID ...; NULL-ended */
	size_t n_words;
};

struct cmd {
	const char *name;
	const char *words; /* as in the usage line: "ID [SIGNAL]", or "" */
	const char *summary; /* one line, lower case */
	const struct cli_option *options;
	uint32_t values_size; /* of the struct the options fill in */
	uint32_t min_words;
	uint32_t max_words;
	uint8_t failure; /* exit status of a failure; 0: 1 */
	uint8_t (*failure_by)(
		const void *values); /* the same, told by the options; or NULL */
	/* told of an error in the words themselves, with the options read so far; or NULL */
	void (*refused)(const void *values, const struct err *e);
	bool silent; /* no warnings on stderr: its user is somebody else's user */
	bool in_order; /* options end at the first word */
	int (*run)(const struct cmd_call *call, struct err *e);
};

/* A table without options of its own. */
extern const struct cli_option cmd_no_options[];

/*
 * One command from its words (argv behind its name, NULL-ended, reordered here): options,
 * --help, number of words, and the command itself. The exit status, or -1 with *e.
 */
int cmd_invoke(const struct cmd *cmd, const struct run_context *ctx, char **argv,
	       struct err *e);

/*
 * For an error before the command's own words: gives *e the exit status that those ask for,
 * and tells who wants to be told (--result). argv as above. Always -1.
 */
int cmd_fail(const struct cmd *cmd, char **argv, struct err *e);

/* Gives *e the hint that this option, unknown before the command, is one of the command's. */
void cmd_hint_place(const struct cmd *cmd, const char *unknown, struct err *e);

/* Prints --help or --usage of one command. */
int cmd_print_help(const struct cmd *cmd, enum cli_help kind, struct err *e);

/*
 * The rows of `create` that `run` has too: every struct with a member `args` of type
 * struct run_create_args has them.
 */
#define CMD_CREATE_ROWS(s)                                                            \
	CLI_TEXT(s, args.bundle, "bundle", "b", "DIR",                                \
		 "the bundle; default: the current directory"),                       \
		CLI_TEXT(s, args.config, "config", "f", "FILE",                       \
			 "the configuration instead of config.json of the bundle"),   \
		CLI_TEXT(s, args.console_socket, "console-socket", NULL, "PATH",      \
			 "socket that gets the terminal's master"),                   \
		CLI_TEXT(s, args.pidfd_socket, "pidfd-socket", NULL, "PATH",          \
			 "socket that gets a pidfd of the container's process"),      \
		CLI_TEXT(s, args.pid_file, "pid-file", NULL, "PATH",                  \
			 "file for the process id"),                                  \
		CLI_NUMBER(s, args.preserve_fds, "preserve-fds", NULL, 1u << 20,      \
			   "pass on N descriptors from 3 on"),                        \
		CLI_FLAG(s, args.no_pivot, "no-pivot", NULL,                          \
			 "no pivot_root: for a root on a ramdisk; less safe"),        \
		CLI_WORD(s, args.selinux, "selinux", NULL, run_words_selinux, "WHEN", \
			 "auto, or require: refuse unless it enforces"),              \
		CLI_FLAG(s, args.no_new_keyring, "no-new-keyring", NULL,              \
			 "keep the caller's session keyring"),                        \
		CLI_IGNORED("no-subreaper", "accepted, without effect")

extern const struct cmd cmd_do;
extern const struct cmd cmd_doctor;
extern const struct cmd cmd_create;
extern const struct cmd cmd_start;
extern const struct cmd cmd_run;
extern const struct cmd cmd_state;
extern const struct cmd cmd_kill;
extern const struct cmd cmd_delete;
extern const struct cmd cmd_list;
extern const struct cmd cmd_pause;
extern const struct cmd cmd_resume;
extern const struct cmd cmd_ps;
extern const struct cmd cmd_events;
extern const struct cmd cmd_gc;
extern const struct cmd cmd_net_hook;
extern const struct cmd cmd_wait;
extern const struct cmd cmd_mounts;
extern const struct cmd cmd_update;
extern const struct cmd cmd_spec;
extern const struct cmd cmd_features;
extern const struct cmd cmd_exec;
extern const struct cmd cmd_checkpoint;
extern const struct cmd cmd_restore;

/* What --version prints, complete. */
void cmd_version(struct str *ret);

#endif
