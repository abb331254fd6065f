/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How `exec` gets in: which namespaces, with which rights, by which script. What is read by
 * number below /proc is believed only because the pidfd of the init is held and asked
 * afterwards whether it still lives.
 */
#include "run/exec.h"

#include "base/fd.h"
#include "base/log.h"
#include "kernel/nsfd.h"
#include "kernel/pidfd.h"
#include "ns/facts.h"
#include "ns/kind.h"
#include "ns/userns.h"
#include "run/belt.h"
#include "run/caller.h"
#include "run/console.h"
#include "run/container.h"
#include "run/filter.h"
#include "sec/notify.h"
#include "sec/passwd.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sched.h>
#include <unistd.h>

static const struct oci_linux *linux_of(const struct oci_config *config)
{
	static const struct oci_linux none;

	return config->linux ? config->linux : &none;
}

/* The id that becomes root of the user namespace: 0 where it is mapped, else the first. */
static uint32_t setup_id(const struct oci_id_mappings *map)
{
	for (size_t i = 0; i < map->n; i++)
		if (map->v[i].container_id == 0)
			return 0;
	return map->n ? map->v[0].container_id : 0;
}

void exec_plan_join(const struct oci_config *config, bool same_user,
		    struct process_join *ret)
{
	const struct oci_linux *l = linux_of(config);

	*ret = (struct process_join){ .chroot = true };
	for (size_t i = 0; i < l->namespaces.n; i++) {
		const struct oci_namespace *ns = &l->namespaces.v[i];
		enum nsfd_kind kind = ns_kind_of(ns->type);

		if (kind == NSFD_USER && same_user)
			continue;
		ret->namespaces |= ns_kinds[kind].flag;
		if (kind == NSFD_PID)
			ret->birth = true;
		/* the root of a mount namespace of its own is the container's */
		if (kind == NSFD_MNT && !ns->path)
			ret->chroot = false;
	}
	if (ret->namespaces & CLONE_NEWUSER) {
		ret->uid = setup_id(&l->uid_mappings);
		ret->gid = setup_id(&l->gid_mappings);
	}
}

/* ---- facts ------------------------------------------------------------------------------ */

static bool has_user_namespace(const struct oci_config *config)
{
	const struct oci_linux *l = linux_of(config);

	for (size_t i = 0; i < l->namespaces.n; i++)
		if (l->namespaces.v[i].type == OCI_NS_USER)
			return true;
	return false;
}

static int read_same_user(struct exec *x, pid_t init, bool *ret, struct err *e)
{
	struct nsfd_id own[NSFD_KINDS], its[NSFD_KINDS];

	*ret = false;
	if (!has_user_namespace(x->config))
		return 0;
	TRY(nsfd_ids_of_process(0, x->l.proc_fd, 1u << NSFD_USER, own, e));
	TRY(nsfd_ids_of_process(init, x->l.proc_fd, 1u << NSFD_USER, its, e));
	*ret = own[NSFD_USER].ino && own[NSFD_USER].ino == its[NSFD_USER].ino &&
	       own[NSFD_USER].dev == its[NSFD_USER].dev;
	return 0;
}

static int read_rights(struct exec *x, pid_t init, struct err *e)
{
	struct process_facts *f = &x->facts;
	struct ns_facts ns;
	int last;

	TRY(ns_facts_gather(x->l.proc_fd, &ns, e));
	TRY(caps_read_facts(&f->caps, e));
	if (!(x->join.namespaces & CLONE_NEWUSER)) {
		f->setgroups_denied =
			ns.setgroups_denied || !ns_facts_cap(&ns, CAP_SETGID);
		return 0;
	}
	/* whoever enters a user namespace has all capabilities over it */
	last = f->caps.last >= 0 ? f->caps.last : CAPS_KNOWN - 1;
	f->caps.permitted = (CAPS_BIT(last) << 1) - 1;
	f->caps.bounding = f->caps.permitted;
	f->outside = ns.euid == 0 && ns.initial_userns;
	f->setgroups_denied = ns_setgroups_denied(init, x->l.proc_fd);
	return f->outside ? process_join_limits(&x->process, &x->join, e) : 0;
}

static int open_root(struct exec *x, pid_t init, struct err *e)
{
	bool home = process_wants_home(&x->process);
	auto_close int root = -1;
	char path[32];

	if (!home && !x->join.chroot)
		return 0;
	snprintf(path, sizeof(path), "%d/root", (int)init);
	root = openat(x->l.proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 && x->join.chroot)
		return err_sys_plain(e, "root of the container's init");
	/* not before it is known whose root that is */
	if (root < 0 || !pidfd_alive(x->l.pidfd))
		return 0;
	if (home)
		passwd_home(root, x->process.user.uid, &x->home);
	if (x->join.chroot)
		x->root_fd = take_fd(&root);
	return 0;
}

static int read_labels(struct exec *x, struct err *e)
{
	struct oci_process *p = &x->process;
	const char *remark;

	if (!p->apparmor_profile && !p->selinux_label)
		return 0;
	label_read_facts(&x->facts.label);
	remark = label_remark(&x->facts.label, p->selinux_label, NULL);
	if (remark)
		log_notice(remark);
	p->selinux_label = (char *)label_usable(&x->facts.label, p->selinux_label);
	return label_check(&x->facts.label, p->apparmor_profile, e);
}

static int read_descriptors(struct exec *x, struct err *e)
{
	struct process_facts *f = &x->facts;

	f->listen_fds = process_listen_fds(environ, getpid(), &f->listen_fdnames);
	if (x->args->preserve_fds > 1024 || f->listen_fds > 1024)
		return err_set(e, "--preserve-fds: more than 1024 descriptors");
	f->extra_fds = x->args->preserve_fds + f->listen_fds;
	if (!x->process.terminal)
		f->stdio = process_stdio();
	f->raw_terminal = console_is_raw(x->console_peer);
	return caller_check_preserved(f->extra_fds, e);
}

int exec_facts_read(struct exec *x, struct err *e)
{
	struct process_facts *f = &x->facts;
	bool same_user;
	pid_t init;

	f->id = x->args->id;
	f->exec = f->ready = true;
	f->keep_groups = container_flag(x->config, "run.oci.keep_original_groups");
	f->memory_policy = linux_of(x->config)->memory_policy;
	f->personality = linux_of(x->config)->personality;
	TRY(read_descriptors(x, e));
	TRY(read_labels(x, e));
	/* the number that it has for us, which need not be the recorded one */
	init = TRY(pidfd_pid(x->l.pidfd, x->l.proc_fd, e));
	TRY(read_same_user(x, init, &same_user, e));
	exec_plan_join(x->config, same_user, &x->join);
	TRY(read_rights(x, init, e));
	TRY(open_root(x, init, e));
	TRY(belt_plan_exec(x->config, &x->process, &x->l.arena, &f->landlock, e));
	f->home = x->home;
	f->no_new_keyring = process_keys_refused();
	f->ignored = process_ignored_signals(x->l.proc_fd);
	return 0;
}

/* ---- script ----------------------------------------------------------------------------- */

/* An agent that refuses is known before anybody is born. */
static int connect_agent(struct exec *x, struct err *e)
{
	if (!process_sends_listener(&x->facts) || !x->receiver)
		return 0;
	x->agent = notify_connect(x->receiver, e);
	return x->agent < 0 ? -1 : 0;
}

static int write_script(struct exec *x, struct script *s, struct str *warnings,
			struct err *e)
{
	auto_seccomp filter = { 0 };
	auto_str unknown = { 0 };
	auto_str bytes = { 0 };
	int rc;

	TRY(filter_compile(x->config, x->receiver != NULL, &filter, &unknown, e));
	log_lines(LOG_LEVEL_INFO, unknown.s);
	x->facts.filter = &filter;
	rc = connect_agent(x, e);
	if (rc == 0)
		rc = process_join_plan(&x->process, &x->facts, &x->join, s, e);
	if (rc == 0)
		rc = process_plan(&x->process, &x->facts, s, warnings, e);
	x->facts.filter = NULL;
	if (rc < 0)
		return -1;
	script_finish(s, &bytes);
	return stage_write(x->script_fd, &bytes, e);
}

int exec_script_write(struct exec *x, struct err *e)
{
	const struct stage_exec_fds fds = { x->l.pidfd, x->console_fd, x->root_fd };
	auto_str warnings = { 0 };
	struct script s;
	int rc;

	x->script_fd = stage_script_fd(e);
	if (x->script_fd < 0)
		return -1;
	script_init(&s);
	stage_slots(x->facts.extra_fds, false, process_needs_proc(&x->process, &x->facts),
		    s.slots);
	stage_slots_exec(x->facts.extra_fds, &fds, s.slots);
	rc = write_script(x, &s, &warnings, e);
	script_free(&s);
	log_lines(LOG_LEVEL_WARNING, warnings.s);
	return rc;
}
