/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia checkpoint and restore: criu's work; the options are the union of runc's and
 * crun's. */
#include "cmd/cmd.h"

/* Rows of both commands; the struct has a member `criu` of type struct run_checkpoint_args. */
#define COMMON_ROWS(s)                                                                   \
	CLI_TEXT(s, criu.image_path, "image-path", NULL, "DIR",                          \
		 "the images; default: checkpoint"),                                     \
		CLI_TEXT(s, criu.work_path, "work-path", NULL, "DIR",                    \
			 "criu's logs; default: the image path"),                        \
		CLI_TEXT(s, criu.criu, "criu", NULL, "FILE", "the program criu"),        \
		CLI_FLAG(s, criu.tcp_established, "tcp-established", NULL,               \
			 "take open TCP connections along"),                             \
		CLI_FLAG(s, criu.ext_unix_sk, "ext-unix-sk", NULL,                       \
			 "allow Unix sockets whose other end is outside"),               \
		CLI_FLAG(s, criu.shell_job, "shell-job", NULL,                           \
			 "allow a terminal of the caller's"),                            \
		CLI_FLAG(s, criu.file_locks, "file-locks", NULL,                         \
			 "take file locks along"),                                       \
		CLI_WORD(s, criu.manage_cgroups, "manage-cgroups-mode", NULL,            \
			 run_words_manage_cgroups, "MODE",                               \
			 "soft (default), full, strict or ignore"),                      \
		CLI_WORD(s, criu.network_lock, "network-lock", NULL,                     \
			 run_words_network_lock, "METHOD",                               \
			 "iptables, nftables or skip"),                                  \
		CLI_WORD(s, criu.empty_ns, "empty-ns", NULL, run_words_empty_ns, "KIND", \
			 "network: leave its content out"),                              \
		CLI_FLAG(s, criu.auto_dedup, "auto-dedup", NULL,                         \
			 "keep a page in one image only"),                               \
		CLI_FLAG(s, criu.lazy_pages, "lazy-pages", NULL,                         \
			 "move memory when it is needed")

struct checkpoint_values {
	struct run_checkpoint_args criu;
};

static const struct cli_option checkpoint_options[] = {
	COMMON_ROWS(checkpoint_values),
	CLI_FLAG(checkpoint_values, criu.leave_running, "leave-running", NULL,
		 "let the container go on afterwards"),
	CLI_FLAG(checkpoint_values, criu.pre_dump, "pre-dump", NULL,
		 "only the memory, and let the container go on"),
	CLI_TEXT(checkpoint_values, criu.parent_path, "parent-path", NULL, "DIR",
		 "images of a pre-dump, relative to the image path"),
	CLI_TEXT(checkpoint_values, criu.page_server, "page-server", NULL, "ADDRESS:PORT",
		 "send the memory there"),
	CLI_NUMBER(checkpoint_values, criu.status_fd, "status-fd", NULL, 1u << 20,
		   "descriptor that gets a byte when lazy pages are served"),
	CLI_FLAG(checkpoint_values, criu.tcp_skip_in_flight, "tcp-skip-in-flight", NULL,
		 "leave out connections that are not yet accepted"),
	CLI_FLAG(checkpoint_values, criu.link_remap, "link-remap", NULL,
		 "take open files along that have been deleted"),
	CLI_END,
};

static int checkpoint(const struct cmd_call *call, struct err *e)
{
	struct checkpoint_values *v = call->values;

	v->criu.id = call->words[0];
	return run_checkpoint(call->ctx, &v->criu, e);
}

const struct cmd cmd_checkpoint = {
	.name = "checkpoint",
	.words = "ID",
	.summary = "save the processes of a container to files, with criu",
	.options = checkpoint_options,
	.values_size = sizeof(struct checkpoint_values),
	.min_words = 1,
	.max_words = 1,
	.run = checkpoint,
};

struct restore_values {
	struct run_create_args args;
	struct run_checkpoint_args criu;
	bool detach;
};

static const struct cli_option restore_options[] = {
	CLI_TEXT(restore_values, args.bundle, "bundle", "b", "DIR",
		 "the bundle; default: the current directory"),
	CLI_TEXT(restore_values, args.console_socket, "console-socket", NULL, "PATH",
		 "socket that gets the terminal's master"),
	CLI_TEXT(restore_values, args.pid_file, "pid-file", NULL, "PATH",
		 "file for the process id"),
	CLI_FLAG(restore_values, detach, "detach", "d", "do not wait for the program"),
	COMMON_ROWS(restore_values),
	CLI_FLAG(restore_values, criu.tcp_close, "tcp-close", NULL,
		 "drop the TCP connections of the checkpoint"),
	CLI_TEXT(restore_values, criu.lsm_profile, "lsm-profile", NULL, "TYPE:NAME",
		 "another AppArmor profile or SELinux label"),
	CLI_TEXT(restore_values, criu.lsm_mount_context, "lsm-mount-context", NULL,
		 "LABEL", "another SELinux label for mounts"),
	CLI_IGNORED("no-subreaper", "accepted, without effect"),
	CLI_IGNORED("no-pivot", "accepted, without effect"),
	CLI_END,
};

static int restore(const struct cmd_call *call, struct err *e)
{
	struct restore_values *v = call->values;
	int status = 0;

	v->args.id = call->words[0];
	v->criu.id = call->words[0];
	TRY(run_restore(call->ctx, &v->args, &v->criu, v->detach, &status, e));
	return status;
}

const struct cmd cmd_restore = {
	.name = "restore",
	.words = "ID",
	.summary = "bring a container back out of a checkpoint, with criu",
	.options = restore_options,
	.values_size = sizeof(struct restore_values),
	.min_words = 1,
	.max_words = 1,
	.run = restore,
};
