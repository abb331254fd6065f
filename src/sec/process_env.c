/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment of the container's program, where its program is looked for, and what
 * the caller hands down on purpose: socket activation and the standard streams.
 */
#include "sec/process.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What the shell of most distributions has when nothing is said. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* "NAME=..." of env with NAME as in entry (its text up to '='). */
static bool same_name(const char *entry, const char *name)
{
	size_t n = strcspn(name, "=");

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

/* ---- a set of names, so that an environment of any size is read once ------------------- */

struct names {
	size_t *slots; /* index + 1 into env, 0: free */
	size_t mask;
	char **env;
};

static size_t names_hash(const char *name)
{
	size_t h = 5381;

	for (; *name && *name != '='; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

/* Puts the entry over the one with the same name, or at the end. */
static void names_put(struct names *names, size_t *n, char *entry)
{
	size_t at = names_hash(entry) & names->mask;

	while (names->slots[at]) {
		if (same_name(names->env[names->slots[at] - 1], entry)) {
			names->env[names->slots[at] - 1] = entry;
			return;
		}
		at = (at + 1) & names->mask;
	}
	names->env[(*n)++] = entry;
	names->slots[at] = *n;
}

/* The last one counts, and an empty one is none: programs take it for the directory "". */
static bool has_home(const struct oci_process *p)
{
	bool has = false;

	for (size_t i = 0; i < p->env.n; i++)
		if (same_name(p->env.v[i], "HOME"))
			has = p->env.v[i][strlen("HOME=")] != '\0';
	return has;
}

bool process_wants_home(const struct oci_process *p)
{
	return !has_home(p);
}

static int check_env(const struct oci_process *p, struct err *e)
{
	for (size_t i = 0; i < p->env.n; i++) {
		const char *entry = p->env.v[i];

		WHERE(e, "process.env", i, NULL);
		if (entry[0] == '=' || !strchr(entry, '='))
			return err_set(e, "\"%s\" is no NAME=value", entry);
	}
	return 0;
}

/* The entries that are ours, as text with a NUL behind each. */
static size_t add_own(const struct oci_process *p, const struct process_facts *f,
		      struct str *text)
{
	size_t n = 0;

	if (!has_home(p)) {
		str_addf(text, "HOME=%s", f->home ? f->home : "/");
		str_add_n(text, "", 1);
		n++;
	}
	if (!f->listen_fds)
		return n;
	str_addf(text, "LISTEN_PID=%lld%cLISTEN_FDS=%u%c",
		 (long long)(f->listen_pid ? f->listen_pid : 1), '\0', f->listen_fds,
		 '\0');
	if (!f->listen_fdnames)
		return n + 2;
	str_addf(text, "LISTEN_FDNAMES=%s", f->listen_fdnames);
	str_add_n(text, "", 1);
	return n + 3;
}

int process_env(const struct oci_process *p, const struct process_facts *f, char ***ret,
		struct err *e)
{
	auto_str own = { 0 };
	auto_free size_t *slots = NULL;
	struct names names = { .mask = 15 };
	size_t n_own;
	size_t n = 0;
	char *at;

	TRY(check_env(p, e));
	n_own = add_own(p, f, &own);
	while (names.mask < 2 * (p->env.n + n_own))
		names.mask = names.mask * 2 + 1;
	slots = xcalloc(names.mask + 1, sizeof(*slots));
	names.slots = slots;
	names.env = xcalloc(1, (p->env.n + n_own + 1) * sizeof(char *) + own.n);
	at = (char *)(names.env + p->env.n + n_own + 1);
	if (own.n)
		memcpy(at, own.s, own.n);
	for (size_t i = 0; i < p->env.n; i++)
		names_put(&names, &n, p->env.v[i]);
	for (size_t i = 0; i < n_own; i++, at += strlen(at) + 1)
		names_put(&names, &n, at);
	*ret = names.env;
	return 0;
}

/* ---- the program --------------------------------------------------------------------- */

char **process_candidates(const char *program, char *const *env)
{
	const char *path = DEFAULT_PATH;
	size_t n = 1;
	char **ret;
	char *text;

	for (; *env; env++)
		if (same_name(*env, "PATH"))
			path = *env + strlen("PATH=");
	if (strchr(program, '/') || !*program) {
		ret = xcalloc(2, sizeof(*ret));
		ret[0] = xstrdup(program);
		return ret;
	}
	for (const char *c = path; *c; c++)
		n += *c == ':';
	ret = xcalloc(n + 1, sizeof(*ret));
	text = xcalloc(1, strlen(path) + n * (strlen(program) + 2) + 1);
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(path, ":");

		ret[i] = text;
		memcpy(text, path, len);
		text += len;
		if (len) /* an empty element is the working directory */
			*text++ = '/';
		memcpy(text, program, strlen(program) + 1);
		text += strlen(program) + 1;
		path += len + 1;
	}
	return ret;
}

/* ---- what the caller hands down ---------------------------------------------------------- */

static const char *value_of(char *const *environment, const char *name)
{
	for (; environment && *environment; environment++)
		if (same_name(*environment, name))
			return *environment + strlen(name) + 1;
	return NULL;
}

unsigned process_listen_fds(char *const *environment, pid_t self, const char **ret_names)
{
	const char *pid = value_of(environment, "LISTEN_PID");
	const char *fds = value_of(environment, "LISTEN_FDS");
	uint64_t number;

	*ret_names = NULL;
	if (!pid || !fds || !str_to_u64(pid, INT32_MAX, &number) || (pid_t)number != self)
		return 0; /* meant for another process that we descend from */
	if (!str_to_u64(fds, 1 << 16, &number) || !number)
		return 0;
	*ret_names = value_of(environment, "LISTEN_FDNAMES");
	return (unsigned)number;
}

unsigned process_stdio(void)
{
	unsigned ret = 0;

	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0)
			continue;
		/* never /dev/null and its like: they belong to the host */
		if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
		    (S_ISCHR(st.st_mode) && major(st.st_rdev) >= 136 &&
		     major(st.st_rdev) <= 143))
			ret |= 1u << fd;
	}
	return ret;
}

bool process_keys_refused(void)
{
	/* the kernel itself never says EPERM to that */
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0) <
		       0 &&
	       errno == EPERM;
}

uint64_t process_ignored_signals(int proc_fd)
{
	char text[4096];
	const char *at;
	uint64_t ret = 0;

	if (file_read_value(proc_fd, "self/status", text, sizeof(text)) < 0)
		return UINT64_MAX;
	at = strstr(text, "\nSigIgn:\t");
	if (!at)
		return UINT64_MAX;
	for (at += strlen("\nSigIgn:\t"); *at && *at != '\n'; at++)
		ret = ret << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return ret;
}
