/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of a process plan: who the process is (keyring, labels, groups, ids) and what it
 * may do (capabilities, no_new_privs, the seccomp filter).
 *
 * What a process may do after execve is decided by its bounding, inheritable and ambient
 * sets; permitted and effective count only when no_new_privs is set (capabilities(7),
 * "cap_bprm_creds_from_file" in the kernel). A filter without no_new_privs needs an
 * effective CAP_SYS_ADMIN, so this one is kept up to the execve, which takes it away: no
 * capset(2) after the filter, which may forbid it.
 */
#include "sec/process_plan.h"

#include "base/mem.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static const char *selinux_label(const struct plan *plan)
{
	const char *label = plan->p->selinux_label;

	if (!label || !label[0] || plan->f->label.selinux == SELINUX_DISABLED)
		return NULL;
	return label;
}

static const char *apparmor_profile(const struct plan *plan)
{
	const char *profile = plan->p->apparmor_profile;

	return profile && profile[0] && plan->f->label.apparmor ? profile : NULL;
}

bool process_needs_proc(const struct oci_process *p, const struct process_facts *f)
{
	const struct plan plan = { .p = p, .f = f };

	return (p->oom_score_adj.set && (!f->outside || f->exec)) ||
	       selinux_label(&plan) || apparmor_profile(&plan);
}

int plan_keyring(struct plan *plan, struct err *e)
{
	/* possessor all; owner view, read, link and search, so that `exec` finds it */
	enum { PERMISSIONS = 0x3f1b0000 };
	const char *label = selinux_label(plan);
	char what[SCRIPT_WHAT_MAX];
	char name[SCRIPT_WHAT_MAX];
	struct script_op *op;

	(void)e;
	if (plan->f->no_new_keyring)
		return 0;
	if (label) {
		snprintf(what, sizeof(what),
			 "process.selinuxLabel: %s: label the keyring", label);
		plan_write_proc(plan, "self/attr/keycreate", label, what);
	}
	snprintf(name, sizeof(name), "_ses.%.180s", plan->f->id ? plan->f->id : "");
	op = script_sys(plan->s, "new session keyring", SYS_keyctl, 2, 0,
			KEYCTL_JOIN_SESSION_KEYRING, script_text(plan->s, name));
	/* keyrings are not in every kernel, and a quota is no reason not to run */
	op->ignore[0] = ENOSYS;
	op->ignore[1] = EDQUOT;
	op->save = SCRIPT_SLOT_A;
	op = script_sys(plan->s, "permissions of the session keyring", SYS_keyctl, 0, 2,
			KEYCTL_SETPERM, SCRIPT_SLOT_A, PERMISSIONS);
	op->ignore[0] = SCRIPT_IGNORE_ANY;
	return 0;
}

int plan_labels(struct plan *plan, struct err *e)
{
	const char *profile = apparmor_profile(plan);
	const char *label = selinux_label(plan);
	char what[SCRIPT_WHAT_MAX];
	char text[4096];

	TRY(label_check(&plan->f->label, plan->p->apparmor_profile, e));
	if (profile) {
		WHERE_IN(e, "process.apparmorProfile", NULL);
		if ((size_t)snprintf(text, sizeof(text), "exec %s", profile) >=
		    sizeof(text))
			return err_set(e, "the name is too long");
		snprintf(what, sizeof(what), "process.apparmorProfile: %s", profile);
		plan_write_proc(plan,
				plan->f->label.apparmor_dir ? "self/attr/apparmor/exec"
							    : "self/attr/exec",
				text, what);
	}
	if (label) {
		snprintf(what, sizeof(what), "process.selinuxLabel: %s", label);
		plan_write_proc(plan, "self/attr/exec", label, what);
	}
	return 0;
}

int plan_bounding_set(struct plan *plan, struct err *e)
{
	uint64_t drop = plan->f->caps.bounding & ~plan->caps.bounding;

	(void)e;
	for (int cap = 0; cap < 64; cap++) {
		char what[64];

		if (!(drop & CAPS_BIT(cap)))
			continue;
		snprintf(what, sizeof(what), "drop capability %d", cap);
		script_sys(plan->s, caps_name(cap) ? caps_name(cap) : what, SYS_prctl, 0,
			   0, PR_CAPBSET_DROP, (uint64_t)cap, 0);
	}
	return 0;
}

int plan_groups(struct plan *plan, struct err *e)
{
	const struct oci_uints *gids = &plan->p->user.additional_gids;
	auto_free uint32_t *list = NULL;

	if (plan->f->keep_groups)
		return 0;
	if (plan->f->setgroups_denied) {
		if (gids->n)
			plan_warn(plan, "process.user.additionalGids: left out, for "
					"setgroups is denied in this user namespace");
		return 0;
	}
	list = xcalloc(gids->n, sizeof(*list));
	for (size_t i = 0; i < gids->n; i++) {
		WHERE(e, "process.user.additionalGids", i, NULL);
		if (gids->v[i] >= UINT32_MAX)
			return err_set(e, "%llu is no group id",
				       (unsigned long long)gids->v[i]);
		list[i] = (uint32_t)gids->v[i];
	}
	script_sys(plan->s, "process.user.additionalGids", SYS_setgroups, 2, 0, gids->n,
		   gids->n ? script_bytes(plan->s, list, gids->n * sizeof(*list)) : 0);
	return 0;
}

int plan_ids(struct plan *plan, struct err *e)
{
	uint64_t uid = plan->p->user.uid;
	uint64_t gid = plan->p->user.gid;
	/* what is to be inheritable must have been permitted: capset(2) */
	bool keep = plan->caps.permitted || plan->caps.inheritable ||
		    plan_filter_needs_admin(plan);
	char what[64];

	WHERE_IN(e, "process.user", NULL);
	if (uid == UINT32_MAX || gid == UINT32_MAX)
		return err_set(e, "%u stands for \"no id\"", UINT32_MAX);
	snprintf(what, sizeof(what), "process.user.gid: %llu", (unsigned long long)gid);
	script_sys(plan->s, what, SYS_setresgid, 0, 0, gid, gid, gid);
	if (uid && keep)
		script_sys(plan->s, "keep capabilities", SYS_prctl, 0, 0, PR_SET_KEEPCAPS,
			   1, 0);
	snprintf(what, sizeof(what), "process.user.uid: %llu", (unsigned long long)uid);
	script_sys(plan->s, what, SYS_setresuid, 0, 0, uid, uid, uid);
	return 0;
}

bool plan_filter_needs_admin(const struct plan *plan)
{
	return plan->f->filter && plan->f->filter->n && !plan->p->no_new_privileges;
}

int plan_capabilities(struct plan *plan, struct err *e)
{
	static const struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	const struct caps *c = &plan->caps;
	uint64_t extra = 0;

	(void)e;
	if (plan_filter_needs_admin(plan))
		extra = CAPS_BIT(CAP_SYS_ADMIN) & plan->f->caps.permitted;
	uint64_t effective = c->effective | extra;
	uint64_t permitted = c->permitted | extra;
	uint32_t data[6] = {
		(uint32_t)effective,	     (uint32_t)permitted,
		(uint32_t)c->inheritable,    (uint32_t)(effective >> 32),
		(uint32_t)(permitted >> 32), (uint32_t)(c->inheritable >> 32),
	};

	script_sys(plan->s, "process.capabilities", SYS_capset, 3, 0,
		   script_bytes(plan->s, &head, sizeof(head)),
		   script_bytes(plan->s, data, sizeof(data)));
	/* capset has cut the ambient set to permitted and inheritable; is that enough? */
	if (permitted & c->inheritable & ~c->ambient)
		script_sys(plan->s, "process.capabilities.ambient", SYS_prctl, 0, 0,
			   PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
	for (int cap = 0; cap < 64; cap++)
		if (c->ambient & CAPS_BIT(cap))
			script_sys(plan->s, "process.capabilities.ambient", SYS_prctl, 0,
				   0, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
				   (uint64_t)cap);
	return 0;
}

int plan_no_new_privs(struct plan *plan, struct err *e)
{
	(void)e;
	if (plan->p->no_new_privileges)
		script_sys(plan->s, "process.noNewPrivileges", SYS_prctl, 0, 0,
			   PR_SET_NO_NEW_PRIVS, 1, 0);
	return 0;
}

/* ---- filter -------------------------------------------------------------------------- */

static uint32_t verdict_of(const struct seccomp_filter *f, int nr)
{
	uint64_t args[6] = { 3, 4096, nr == SYS_sendmsg ? MSG_NOSIGNAL : 4096 };

	return seccomp_verdict(f, seccomp_native_arch(), nr, args) &
	       SECCOMP_RET_ACTION_FULL;
}

/* Calls that follow the filter: what it does with them is better known now. */
static int check_filter(const struct plan *plan, struct err *e)
{
	const struct seccomp_filter *f = plan->f->filter;
	uint32_t action = verdict_of(f, SYS_execve);

	WHERE_IN(e, "linux.seccomp", NULL);
	if (plan_filter_needs_admin(plan) &&
	    !(plan->f->caps.permitted & CAPS_BIT(CAP_SYS_ADMIN))) {
		err_set(e, "a filter needs CAP_SYS_ADMIN, which we do not have, or "
			   "process.noNewPrivileges");
		return err_hint(e, "set process.noNewPrivileges to true");
	}
	if (action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_KILL_PROCESS ||
	    action == SECCOMP_RET_KILL_THREAD) {
		err_set(e, "the filter forbids execve, the call that starts the program");
		return err_hint(e, "allow execve");
	}
	if (!f->notify)
		return 0;
	action = verdict_of(f, SYS_sendmsg);
	if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG) {
		err_set(e, "the filter does not allow sendmsg, the call that hands its "
			   "listener to the agent");
		return err_hint(e, "give sendmsg the action SCMP_ACT_ALLOW");
	}
	/* the agent may be asked about it: it has the listener by then */
	action = verdict_of(f, SYS_read);
	if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG &&
	    action != SECCOMP_RET_USER_NOTIF) {
		err_set(e,
			"the filter does not allow read, the call that waits until the "
			"agent has its listener");
		return err_hint(e, "give read the action SCMP_ACT_ALLOW");
	}
	return 0;
}

/* True when the filter has nothing against what the script does from the gate on. */
static bool lets_us_pass(const struct seccomp_filter *f)
{
	static const int ours[] = { SYS_sendto, SYS_accept4,   SYS_close,
				    SYS_execve, SYS_prlimit64, SYS_exit_group };
	static const uint64_t odd[6] = { ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL };

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (verdict_of(f, ours[i]) != SECCOMP_RET_ALLOW ||
		    seccomp_verdict(f, seccomp_native_arch(), ours[i], odd) !=
			    SECCOMP_RET_ALLOW)
			return false;
	return true;
}

int plan_early_filter(struct plan *plan, struct err *e)
{
	const struct seccomp_filter *f = plan->f->filter;

	if (!plan->f->gate || !f || !f->n || f->notify || !lets_us_pass(f))
		return 0;
	TRY(plan_filter(plan, e));
	plan->filtered = true;
	return 0;
}

int plan_filter(struct plan *plan, struct err *e)
{
	const struct seccomp_filter *f = plan->f->filter;
	struct sock_fprog prog = { 0 };
	struct script_op *op;
	uint64_t at;

	if (!f || !f->n || plan->filtered)
		return 0;
	TRY(check_filter(plan, e));
	prog.len = (unsigned short)f->n;
	at = script_bytes(plan->s, &prog, sizeof(prog));
	script_point(plan->s, at + offsetof(struct sock_fprog, filter),
		     script_bytes(plan->s, f->v, f->n * sizeof(*f->v)));
	op = script_sys(plan->s, "linux.seccomp: load the filter", SYS_seccomp, 4, 0,
			SECCOMP_SET_MODE_FILTER, f->flags, at);
	if (f->notify)
		op->save = SCRIPT_SLOT_LISTENER;
	return 0;
}

int plan_listener(struct plan *plan, struct err *e)
{
	struct script_op *op;

	(void)e;
	if (!process_sends_listener(plan->f))
		return 0;
	op = script_add(plan->s, SCRIPT_SEND_FD, "linux.seccomp: hand the listener on", 0,
			(uint64_t[6]){ SCRIPT_SLOT_LISTENER });
	op->slots = 1;
	return 0;
}
