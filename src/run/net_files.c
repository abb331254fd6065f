/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/resolv.conf, /etc/hosts and /etc/hostname of a container with a helper: files in the
 * state directory, mounted read-only over the container's own. They are mounted empty, for
 * what they say depends on the helper, and filled before the program starts. Where a mount
 * would need a stub in somebody's directory there is none.
 */
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "net/plan.h"
#include "net/text.h"
#include "run/addition.h"
#include "run/net.h"
#include "run/steps.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RESOLV_MAX = 65536 };

#define RESOLV_CONF "/etc/resolv.conf"

static const struct {
	const char *name; /* in NET_DIR */
	const char *path; /* inside */
} files[NET_FILES] = {
	[NET_FILE_RESOLV] = { NET_DIR "/resolv.conf", RESOLV_CONF },
	[NET_FILE_HOSTS] = { NET_DIR "/hosts", "/etc/hosts" },
	[NET_FILE_HOSTNAME] = { NET_DIR "/hostname", "/etc/hostname" },
};

static bool has_option(const struct oci_mount *m, const char *word)
{
	return str_index((const char *const *)m->options.v, m->options.n, word) >= 0;
}

/* The last mount that covers the path, or NULL: the root. */
static const struct oci_mount *covering(const struct oci_config *config, const char *path)
{
	const struct oci_mount *found = NULL;

	for (size_t i = 0; i < config->mounts.n; i++) {
		const char *at = config->mounts.v[i].destination;
		size_t n = at ? strlen(at) : 0;

		while (n > 1 && at[n - 1] == '/')
			n--;
		if (n && strncmp(at, path, n) == 0 && (!path[n] || path[n] == '/'))
			found = &config->mounts.v[i];
	}
	return found;
}

static bool has_throw_away_root(const struct oci_config *config)
{
	for (size_t i = 0; i < config->annotations.n; i++)
		if (str_eq(config->annotations.v[i].key, "wolffia.root"))
			return !str_eq(config->annotations.v[i].value, "plain");
	return false;
}

/* Only looked at: what becomes of links is decided when it is mounted. */
static bool is_in_root(const struct container *c, const char *path)
{
	auto_close int root = openat(c->bundle_fd, c->config->root->path,
				     O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	return root >= 0 && fstatat(root, path + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       !S_ISDIR(st.st_mode);
}

/* Is there something to mount over, or somewhere that forgets what is made for it? */
static bool can_cover(const struct container *c, const char *path)
{
	const struct oci_config *config = c->config;
	const struct oci_mount *m = covering(config, path);
	char source[4096];
	struct stat st;

	if (!m)
		return has_throw_away_root(config) || is_in_root(c, path);
	if (str_eq(m->destination, path))
		return false; /* whoever has mounted that wants it */
	if (!m->source || (!has_option(m, "bind") && !has_option(m, "rbind")) ||
	    has_option(m, "throw-away"))
		return true;
	snprintf(source, sizeof(source), "%s%s", m->source,
		 path + strlen(m->destination));
	return lstat(source, &st) == 0 && !S_ISDIR(st.st_mode);
}

static void tell_uncovered(const struct oci_config *config, size_t i)
{
	const struct oci_mount *m = covering(config, files[i].path);

	if (m && str_eq(m->destination, files[i].path))
		log_info("%s: it is a mount of its own", files[i].path);
	else if (i == NET_FILE_RESOLV)
		log_warning(RESOLV_CONF
			    ": the container has none that could be covered; "
			    "names cannot be looked up inside, unless an empty "
			    "file is made there");
	else
		log_info("%s: there is none that could be covered", files[i].path);
}

int net_files_plan(struct container *c, struct err *e)
{
	if (c->net.request.mode == NET_PROXY || c->ns.mode[NSFD_MNT] != NS_NEW)
		return 0;
	for (size_t i = 0; i < NET_FILES; i++) {
		const char *source;

		if (i == NET_FILE_HOSTNAME && !c->config->hostname)
			continue;
		if (!can_cover(c, files[i].path)) {
			tell_uncovered(c->config, i);
			continue;
		}
		source = addition_path(c, files[i].name, e);
		if (!source)
			return -1;
		TRY(addition_mount(c, files[i].path, source, e));
		c->net.files[i] = true;
	}
	return 0;
}

static int open_file(struct container *c, size_t i, int flags, struct err *e)
{
	int fd = openat(c->dir.dir, files[i].name,
			O_WRONLY | O_NOFOLLOW | O_CLOEXEC | flags, 0644);

	return fd < 0 ? err_sys_plain(e, "%s in the state directory", files[i].name) : fd;
}

int net_files_make(struct container *c, struct err *e)
{
	for (size_t i = 0; i < NET_FILES; i++) {
		auto_close int fd = -1;

		if (!c->net.files[i])
			continue;
		fd = TRY(open_file(c, i, O_CREAT | O_EXCL, e));
		/* all users inside read them, whatever the caller's umask is */
		if (fchmod(fd, 0644) < 0)
			return err_sys_plain(e, "%s", files[i].name);
	}
	return 0;
}

/* The machine's resolv.conf as the container can use it; what it lacks is told. */
static void resolv_of(const struct net_helper_kind *helper, const struct net_ready *what,
		      struct str *ret)
{
	struct net_forwards forwards = helper->dns;
	auto_str host = { 0 }, bad = { 0 };
	struct err why = { 0 };
	bool found;

	if (!what->ipv4)
		forwards.v4 = NULL;
	if (!what->ipv6)
		forwards.v6 = NULL;
	if (file_read(AT_FDCWD, RESOLV_CONF, 0, RESOLV_MAX, &host, &why) < 0)
		log_warning("%s; names cannot be looked up inside", why.text);
	found = net_text_resolv(&forwards, host.s, ret, &bad);
	if (bad.n)
		log_warning(RESOLV_CONF ": nameserver %s: not an address; left out",
			    bad.s);
	if (!found && !err_is_set(&why))
		log_warning(RESOLV_CONF
			    ": it names no server that can be asked from inside; names "
			    "cannot be looked up there");
}

static void text_of(struct container *c, size_t i, const struct net_ready *what,
		    struct str *ret)
{
	const struct net_helper_kind *helper =
		&net_helpers[what->mode == NET_PASTA ? NET_HELPER_PASTA
						     : NET_HELPER_SLIRP];

	switch ((enum net_file)i) {
	case NET_FILE_RESOLV:
		resolv_of(helper, what, ret);
		break;
	case NET_FILE_HOSTS:
		net_text_hosts(c->config->hostname,
			       c->net.request.host_access ? helper->host : NULL, ret);
		break;
	case NET_FILE_HOSTNAME:
		str_addf(ret, "%s\n", c->config->hostname);
		break;
	case NET_FILES:
		break;
	}
}

int net_files_fill(struct container *c, const struct net_ready *what, struct err *e)
{
	for (size_t i = 0; i < NET_FILES; i++) {
		auto_close int fd = -1;
		auto_str text = { 0 };

		if (!c->net.files[i])
			continue;
		text_of(c, i, what, &text);
		fd = TRY(open_file(c, i, 0, e));
		if (fd_write_all(fd, text.s, text.n) < 0)
			return err_sys_plain(e, "%s", files[i].name);
	}
	return 0;
}

int host_net_files(struct container *c, struct err *e)
{
	if (mkdirat(c->dir.dir, NET_DIR, 0700) < 0)
		return err_sys_plain(e, "directory " NET_DIR " in the state directory");
	return net_files_make(c, e);
}
