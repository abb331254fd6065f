/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct use as a command line: the options that `do` and `run --rootfs` share, and what is
 * done with them. Exit statuses are those of env(1) and timeout(1): the program's own, 124
 * when its time was up, 125 when it could not be run, 126 when it cannot be executed, 127
 * when there is no such program.
 */
#ifndef CMD_DIRECT_H
#define CMD_DIRECT_H

#include "cmd/cli.h"
#include "cmd/cmd.h"
#include "run/direct.h"

enum { DIRECT_STATUS_TIMEOUT = 124, DIRECT_STATUS_RUNTIME = 125 };

enum direct_sandbox { DIRECT_NAMESPACES = 1, DIRECT_LANDLOCK_ONLY };
extern const char *const direct_sandbox_words[];

/* What the options fill in. */
struct direct_values {
	const char *id;
	const char *userns;
	const char *user;
	const char *env_file;
	bool double_rootless;
	const char *cwd;
	const char *hostname;
	const char *net;
	const char *memory, *cpus, *file_size, *overlay, *overlay_size, *root_ids;
	const char *timeout, *stop_timeout, *output_limit;
	const char *result;
	int selinux; /* of `do` */
	int sandbox; /* enum direct_sandbox, of `do` */
	uint32_t pids;
	struct cli_list uidmap, gidmap;
	struct cli_list env, volumes, tmpfs, publish, sysctls;
	bool rootfs_rw, read_only;
	bool terminal, interactive, no_terminal;
	bool unconfined, no_landlock;
	bool init;
	bool allow_host_proc;
	bool print_config;
	bool oom_group;
};

/* The rows, for a struct s with a member `direct` of the type above. */
#define CMD_DIRECT_ROWS(s)                                                               \
	CLI_FILLED_LIST(                                                                 \
		s, direct.volumes, "volume", "v", "SRC[:DST][:OPT,...]",                 \
		"show SRC at DST (default: the same); ro, overlay (changes are thrown "  \
		"away), idmap, z, Z"),                                                   \
		CLI_FILLED_LIST(s, direct.tmpfs, "tmpfs", NULL, "DST[:OPT,...]",         \
				"an empty directory in memory"),                         \
		CLI_FILLED_LIST(s, direct.env, "env", "e", "NAME[=VALUE]",               \
				"a variable, or the caller's of that name"),             \
		CLI_FILLED_TEXT(                                                         \
			s, direct.cwd, "workdir", "w", "DIR",                            \
			"where to start; default: the caller's directory if it is "      \
			"shown"),                                                        \
		CLI_FILLED_TEXT(s, direct.env_file, "env-file", NULL, "FILE",            \
				"variables, one a line; --env comes after them"),        \
		CLI_FILLED_TEXT(                                                         \
			s, direct.user, "user", "u", "USER[:GROUP]",                     \
			"who to be inside, by number or by the root's name; default: "   \
			"root"),                                                         \
		CLI_FLAG(s, direct.double_rootless, "double-rootless", NULL,             \
			 "neither root inside nor the caller outside: --userns auto "    \
			 "--user 1001"),                                                 \
		CLI_FILLED_TEXT(s, direct.hostname, "hostname", NULL, "NAME",            \
				"default: wolffia"),                                     \
		CLI_FILLED_TEXT(s, direct.userns, "userns", NULL, "MODE",                \
				"single, shared, keep-id[:...], nomap, auto[:size=N], "  \
				"map=C:H:N[,...] or host"),                              \
		CLI_FILLED_LIST(s, direct.uidmap, "uidmap", NULL, "C:H:N",               \
				"N uids from C on are those from H on outside; as "      \
				"--userns map="),                                        \
		CLI_FILLED_LIST(s, direct.gidmap, "gidmap", NULL, "C:H:N",               \
				"the same for gids; default: as the uids"),              \
		CLI_FILLED_TEXT_ALSO(                                                    \
			s, direct.net, "net", "network", NULL, "NET",                    \
			"none (default), host, auto, pasta, slirp4netns, proxy:PORT "    \
			"or ns:PATH"),                                                   \
		CLI_FILLED_LIST(                                                         \
			s, direct.publish, "publish", "p", "[IP:]PORT:PORT[/tcp|/udp]",  \
			"a port of the machine that leads inside; default of IP: "       \
			"127.0.0.1"),                                                    \
		CLI_FILLED_LIST(                                                         \
			s, direct.sysctls, "sysctl", NULL, "NAME=VALUE",                 \
			"a setting of the kernel that a namespace has for itself"),      \
		CLI_FLAG(s, direct.read_only, "read-only", NULL,                         \
			 "the root cannot be written at all"),                           \
		CLI_FILLED_TEXT(                                                         \
			s, direct.overlay, "overlay", NULL, "PLACE",                     \
			"where layers lie: memory (default), disk, or a directory in "   \
			"which the root's is kept"),                                     \
		CLI_FILLED_TEXT(s, direct.root_ids, "root-ids", NULL, "WAY",             \
				"how files of --rootfs get the container's ids: auto "   \
				"(default), idmap, metacopy, chown or none"),            \
		CLI_FILLED_TEXT(                                                         \
			s, direct.overlay_size, "overlay-size", NULL, "SIZE",            \
			"what a throw-away layer may hold; default: half of --memory, "  \
			"or 1g"),                                                        \
		CLI_FILLED_TEXT(s, direct.memory, "memory", "m", "SIZE",                 \
				"limit of memory, or max: none; default: three "         \
				"quarters of the machine's, by a cgroup v2"),            \
		CLI_FLAG(s, direct.oom_group, "oom-group", NULL,                         \
			 "memory that runs out ends all processes, not one"),            \
		CLI_FILLED_NUMBER(s, direct.pids, "pids", NULL, 1, 1u << 22,             \
				  "limit of processes; default: 4096"),                  \
		CLI_FILLED_TEXT(s, direct.cpus, "cpus", NULL, "N",                       \
				"limit of CPU time, as 1.5"),                            \
		CLI_FILLED_TEXT(s, direct.file_size, "fsize", NULL, "SIZE",              \
				"limit of the size of a file"),                          \
		CLI_FILLED_TEXT(                                                         \
			s, direct.timeout, "timeout", NULL, "TIME",                      \
			"end it after so long, as 90, 1.5s, 10m or 2h: exit status "     \
			"124"),                                                          \
		CLI_FILLED_TEXT(                                                         \
			s, direct.stop_timeout, "stop-timeout", NULL, "TIME",            \
			"from the first signal that ends it to SIGKILL; default: 2s "    \
			"after --timeout, else never"),                                  \
		CLI_FLAG(s, direct.init, "init", NULL,                                   \
			 "a small reaper is the first process, the program its child"),  \
		CLI_FILLED_TEXT(s, direct.output_limit, "output-limit", NULL, "SIZE",    \
				"end it when it has written so much"),                   \
		CLI_FILLED_TEXT(s, direct.result, "result", NULL, "FILE|fd:N",           \
				"write there what became of it, as one JSON object"),    \
		CLI_FLAG(s, direct.terminal, "tty", "t", "a terminal of its own"),       \
		CLI_FLAG(s, direct.no_terminal, "no-tty", "T",                           \
			 "no terminal, though standard input and output are one"),       \
		CLI_FLAG(                                                                \
			s, direct.interactive, "interactive", "i",                       \
			"accepted, without effect: standard input is always passed on"), \
		CLI_FLAG(s, direct.unconfined, "no-seccomp", NULL,                       \
			 "without the filter of system calls"),                          \
		CLI_FLAG(s, direct.no_landlock, "no-landlock", NULL,                     \
			 "without Landlock as a second belt around the files"),          \
		CLI_FLAG(s, direct.allow_host_proc, "allow-host-proc", NULL,             \
			 "inside another container: the outer /proc, read-only"),        \
		CLI_FILLED_TEXT(s, direct.id, "id", NULL, "ID",                          \
				"its name; default: a new one"),                         \
		CLI_FLAG(s, direct.print_config, "print-config", NULL,                   \
			 "print the config.json and do not run it")

/* How, as far as `do` and `run` differ. */
struct direct_way {
	const char *rootfs; /* NULL: the machine's own system */
	bool rootfs_rw, keep, detach;
	bool lone; /* --sandbox=landlock-only */
	bool init; /* with a reaper, even if the options do not say so */
	struct run_create_args create; /* of `run`, as in struct direct_request */
};

/*
 * The words were no command: --result, as far as it was read, says so too. Best effort: *e is
 * told in any case.
 */
void direct_refused(const struct direct_values *v, const struct err *e);

/*
 * Runs argv (NULL-ended). Returns the exit status, also 124 to 127; -1 with *e and its
 * status.
 */
int cmd_direct(const struct cmd_call *call, const struct direct_values *v,
	       const struct direct_way *way, char **argv, struct err *e);

/* Refuses what cannot be kept with --sandbox=landlock-only; nothing is left out silently. */
int direct_check_lone(const struct direct_values *v, struct err *e);

/* ---- words to values (pure but for direct_parse_volume) -------------------------------- */

/* "512m", "1G", "100": bytes; `least` is one of the same kind. */
int direct_parse_size(const char *option, const char *text, const char *least,
		      uint64_t *ret, struct err *e);

/* "90", "1.5s", "10m", "2h": milliseconds; at least 1. */
int direct_parse_time(const char *option, const char *text, int64_t *ret, struct err *e);

/* "1.5": thousandths; from 10 to a million. */
int direct_parse_cpus(const char *text, uint32_t *ret, struct err *e);

/*
 * --overlay PLACE into rq->overlay, once --overlay-size, --rootfs, --read-only and the volumes are
 * there: not all of them go together. Looks for the directory.
 */
int direct_parse_overlay(const char *text, struct oci_arena *arena,
			 struct direct_request *rq, struct err *e);

/* --root-ids WAY into rq->root_ids. */
int direct_parse_root_ids(const char *text, struct direct_request *rq, struct err *e);

/* --userns, --user and --net into the request. */
int direct_parse_userns(const char *text, struct oci_arena *arena,
			struct direct_request *ret, struct err *e);
int direct_parse_user(const char *text, struct oci_arena *arena,
		      struct direct_request *ret, struct err *e);
int direct_parse_net(const char *text, struct direct_request *ret, struct err *e);

/*
 * --double-rootless: neither root inside nor the caller outside, by a range that nobody else
 * has and a user above 0 unless the options say so themselves.
 */
int direct_double_rootless(const struct direct_values *v, struct direct_request *rq,
			   struct err *e);

/*
 * The lines of an --env-file, NAME=VALUE or NAME, behind the *n entries of a list with room;
 * empty lines and comments (#) are passed over. Values are taken as they are.
 */
int direct_parse_env(const char *path, const char *text, struct oci_arena *arena,
		     const char **ret, size_t *n, struct err *e);

/* --env-file and then --env into the request. */
int direct_take_env(const struct direct_values *v, struct oci_arena *arena,
		    struct direct_request *rq, struct err *e);

/*
 * SRC[:DST][:OPT,...]: the source is looked up once, its path without links is what is
 * mounted, and the default of DST. The texts live in the arena.
 */
int direct_parse_volume(const char *text, struct oci_arena *arena,
			struct direct_volume *ret, struct err *e);

/* DST[:OPT,...] */
int direct_parse_tmpfs(const char *text, struct oci_arena *arena,
		       struct direct_tmpfs *ret, struct err *e);

/* The absolute path, without links, of what is at a path; in the arena. NULL with *e. */
char *direct_resolve(const char *option, const char *path, struct oci_arena *arena,
		     struct err *e);

#endif
