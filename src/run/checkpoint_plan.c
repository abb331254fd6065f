/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From options and facts to requests; see checkpoint.h. The order of the options is the order
 * in which a request is printed.
 */
#include "run/checkpoint.h"

#include "base/file.h"
#include "kernel/procfs.h"
#include "ns/facts.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

const char *const run_words_manage_cgroups[] = { "soft", "full", "strict", "ignore",
						 NULL };
const char *const run_words_network_lock[] = { "iptables", "nftables", "skip", NULL };
const char *const run_words_empty_ns[] = { "network", "net", NULL };

static const enum criu_cgroups cgroup_modes[] = { CRIU_CG_SOFT, CRIU_CG_SOFT,
						  CRIU_CG_FULL, CRIU_CG_STRICT,
						  CRIU_CG_IGNORE };

enum { LOG_LEVEL_CRIU = 4 };

/* Labels of external namespaces, as other runtimes write them into their images. */
static const char net_label[] = "extRootNetNS";
static const char pid_label[] = "extRootPidNS";

/* ---- requests ------------------------------------------------------------------------------ */

static void plan_common(const struct run_checkpoint_args *a, const struct criu_facts *f,
			struct criu_options *ret)
{
	criu_set(ret, CRIU_IMAGES_DIR_FD, (uint64_t)f->images_fd);
	criu_set(ret, CRIU_WORK_DIR_FD, (uint64_t)f->work_fd);
	criu_set(ret, CRIU_LOG_LEVEL, LOG_LEVEL_CRIU);
	criu_text(ret, CRIU_LOG_FILE, f->log);
	criu_set(ret, CRIU_NOTIFY_SCRIPTS, 1);
	criu_set(ret, CRIU_ORPHAN_PTS_MASTER, 1);
	criu_set(ret, CRIU_MANAGE_CGROUPS_MODE, cgroup_modes[a->manage_cgroups]);
	criu_flag(ret, CRIU_TCP_ESTABLISHED, a->tcp_established);
	criu_flag(ret, CRIU_EXT_UNIX_SK, a->ext_unix_sk);
	criu_flag(ret, CRIU_SHELL_JOB, a->shell_job);
	criu_flag(ret, CRIU_FILE_LOCKS, a->file_locks);
	criu_flag(ret, CRIU_AUTO_DEDUP, a->auto_dedup);
	criu_flag(ret, CRIU_LAZY_PAGES, a->lazy_pages);
	if (a->empty_ns)
		criu_set(ret, CRIU_EMPTY_NS, CLONE_NEWNET);
	if (a->network_lock)
		criu_set(ret, CRIU_NETWORK_LOCK, (uint64_t)a->network_lock);
	criu_text(ret, CRIU_CONFIG_FILE, f->config_file);
}

static void plan_mounts(const struct criu_mounts *mounts, struct criu_options *ret)
{
	for (size_t i = 0; i < mounts->n; i++) {
		auto_str one = { 0 };

		str_addf(&one, "mnt[%s]:%s", mounts->v[i].key, mounts->v[i].value);
		criu_text(ret, CRIU_EXTERNAL, one.s);
	}
}

static void plan_external_ns(uint64_t inode, const char *kind, const char *label,
			     struct criu_options *ret)
{
	char text[64];

	if (!inode)
		return;
	snprintf(text, sizeof(text), "%s[%llu]:%s", kind, (unsigned long long)inode,
		 label);
	criu_text(ret, CRIU_EXTERNAL, text);
}

/*
 * The key of a stream that came from outside, "" for one that criu restores by itself, or one
 * that an earlier stream has named already. At most as long as `size` allows.
 */
static const char *stream_key(const struct oci_strings *streams, size_t i, char *ret,
			      size_t size)
{
	static const char *const begins[] = { "pipe:[", "file[", "tty[" };
	const char *text = streams->v[i];
	size_t n = strcspn(text, "]") + 1;
	bool ours = false;

	ret[0] = '\0';
	for (size_t k = 0; k < ARRAY_SIZE(begins); k++)
		ours = ours || str_starts(text, begins[k]);
	if (!ours || n >= size || n > strlen(text))
		return ret;
	for (size_t k = 0; k < i; k++)
		if (strncmp(streams->v[k], text, n) == 0)
			return ret;
	memcpy(ret, text, n);
	ret[n] = '\0';
	return ret;
}

/* Pipes need no word: criu leaves an end outside alone. */
static void plan_outside(const struct oci_strings *streams, struct criu_options *ret)
{
	char key[64];

	for (size_t i = 0; i < streams->n && i < 3; i++)
		if (*stream_key(streams, i, key, sizeof(key)) && key[0] != 'p')
			criu_text(ret, CRIU_EXTERNAL, key);
}

void checkpoint_plan(const struct run_checkpoint_args *a, const struct criu_facts *f,
		     struct criu_options *ret)
{
	struct err none = { 0 };
	char address[64];
	uint16_t port;

	criu_set(ret, CRIU_PID, (uint64_t)f->pid);
	plan_common(a, f, ret);
	criu_flag(ret, CRIU_LEAVE_RUNNING, a->leave_running || a->pre_dump);
	criu_flag(ret, CRIU_TCP_SKIP_IN_FLIGHT, a->tcp_skip_in_flight);
	criu_flag(ret, CRIU_LINK_REMAP, a->link_remap);
	criu_text(ret, CRIU_PARENT_IMG, a->parent_path);
	criu_flag(ret, CRIU_TRACK_MEM, a->pre_dump || a->parent_path);
	criu_text(ret, CRIU_FREEZE_CGROUP, f->freeze_cgroup);
	if (a->page_server && checkpoint_parse_server(a->page_server, address,
						      sizeof(address), &port, &none) == 0)
		criu_page_server(ret, address, port);
	plan_external_ns(f->net_inode, "net", net_label, ret);
	plan_external_ns(f->pid_inode, "pid", pid_label, ret);
	plan_outside(f->streams, ret);
	plan_mounts(f->mounts, ret);
}

/* Namespaces of a path: what criu calls external is inherited, the others it joins. */
static void plan_joined(const struct criu_facts *f, struct criu_options *ret)
{
	for (size_t i = 0; i < f->n_joined; i++) {
		const struct criu_joined *j = &f->joined[i];
		char path[64];

		snprintf(path, sizeof(path), "/proc/%lld/fd/%d", (long long)f->self,
			 j->fd);
		if (str_eq(j->kind, "net"))
			criu_keyed_fd(ret, net_label, j->fd);
		else if (str_eq(j->kind, "pid"))
			criu_keyed_fd(ret, pid_label, j->fd);
		else
			criu_pair(ret, CRIU_JOIN_NS, j->kind, path);
	}
}

/* What the container had from outside is replaced by what the caller has there. */
static void plan_streams(const struct criu_facts *f, struct criu_options *ret)
{
	char key[64];

	for (size_t i = 0; i < f->streams->n && i < 3; i++) {
		if (!*stream_key(f->streams, i, key, sizeof(key)))
			continue;
		if (str_eq(f->streams->v[i] + strlen(key), " /dev/null"))
			criu_keyed_fd(ret, key, f->null_fds[i]);
		else
			criu_keyed_fd(ret, key, f->stream_fds[i]);
	}
}

void restore_plan(const struct run_checkpoint_args *a, const struct criu_facts *f,
		  struct criu_options *ret)
{
	criu_text(ret, CRIU_ROOT, f->root);
	criu_set(ret, CRIU_RST_SIBLING, 1);
	plan_common(a, f, ret);
	criu_flag(ret, CRIU_TCP_CLOSE, a->tcp_close);
	criu_text(ret, CRIU_LSM_PROFILE, a->lsm_profile);
	criu_text(ret, CRIU_LSM_MOUNT_CONTEXT, a->lsm_mount_context);
	for (size_t i = 0; i < f->cgroups->n; i++)
		criu_pair(ret, CRIU_CG_ROOT, f->cgroups->v[i].key,
			  f->cgroups->v[i].value);
	plan_joined(f, ret);
	plan_streams(f, ret);
	plan_mounts(f->mounts, ret);
}

/* ---- checks -------------------------------------------------------------------------------- */

int checkpoint_parse_server(const char *text, char *ret_address, size_t size,
			    uint16_t *ret_port, struct err *e)
{
	const char *colon = strrchr(text, ':');
	const char *from = text;
	size_t n = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		from++;
		n -= 2;
	}
	if (!n || n >= size || !str_to_u64(colon + 1, UINT16_MAX, &port) || !port)
		return err_set(e, "--page-server=%s: expected ADDRESS:PORT", text);
	memcpy(ret_address, from, n);
	ret_address[n] = '\0';
	*ret_port = (uint16_t)port;
	return 0;
}

static int check_namespaces(const struct oci_linux *l, struct err *e)
{
	for (size_t i = 0; l && i < l->namespaces.n; i++) {
		const struct oci_namespace *ns = &l->namespaces.v[i];

		if (!ns->path)
			continue;
		WHERE(e, "linux.namespaces", i, ns->path);
		if (ns->type == OCI_NS_MOUNT || ns->type == OCI_NS_CGROUP ||
		    ns->type == OCI_NS_USER)
			return err_set(e,
				       "criu cannot put a container back into an "
				       "existing %s namespace",
				       oci_word(oci_words_namespace, ns->type));
	}
	return 0;
}

static int check_mount_ns(const struct oci_linux *l, struct err *e)
{
	for (size_t i = 0; l && i < l->namespaces.n; i++)
		if (l->namespaces.v[i].type == OCI_NS_MOUNT)
			return 0;
	return err_set(e,
		       "linux.namespaces: criu cannot save a container without a mount "
		       "namespace of its own");
}

int checkpoint_check(const struct oci_config *config, struct err *e)
{
	TRY(check_mount_ns(config->linux, e));
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *m = &config->mounts.v[i];
		const char *const *o = (const char *const *)m->options.v;

		WHERE(e, "mounts", i, m->destination);
		if (m->uid_mappings.n || str_index(o, m->options.n, "idmap") >= 0 ||
		    str_index(o, m->options.n, "ridmap") >= 0)
			return err_set(e, "criu cannot restore an id-mapped mount");
	}
	return check_namespaces(config->linux, e);
}

int checkpoint_check_caller(const char *what, struct err *e)
{
	struct ns_facts facts;
	int proc = procfs_open(e);
	int rc;

	if (proc < 0)
		return -1;
	rc = ns_facts_gather(proc, &facts, e);
	close(proc);
	if (rc < 0)
		return -1;
	if (facts.euid == 0 && facts.initial_userns)
		return 0;
	err_set(e,
		"%s needs root: criu cannot do it for a plain user or inside a user "
		"namespace",
		what);
	e->code = EPERM;
	return -1;
}

const char *checkpoint_config_file(const struct oci_map *annotations)
{
	static const char *const places[] = { "/etc/criu/wolffia.conf",
					      "/etc/criu/crun.conf",
					      "/etc/criu/runc.conf" };

	for (size_t i = 0; i < annotations->n; i++)
		if (str_eq(annotations->v[i].key, "org.criu.config"))
			return *annotations->v[i].value ? annotations->v[i].value : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}
