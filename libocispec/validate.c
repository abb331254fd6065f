/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks: what members of one object demand of each other. What a member demands alone is
 * said by its row (range, words) or its rule.
 *
 * Each check sees an object whose rows and rules, and whose parts, hold already.
 */
#include "validate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* crun's other way to name the listener of SCMP_ACT_NOTIFY */
#define RECEIVER_ANNOTATION "run.oci.seccomp.receiver"

int oci_complain(struct oci_issue *issue, const char *list, size_t index,
		 const char *member, const char *format, ...)
{
	va_list args;

	if (list == NULL)
		(void)snprintf(issue->where, sizeof(issue->where), "%s", member);
	else
		(void)snprintf(issue->where, sizeof(issue->where), "%s[%zu]%s%s", list,
			       index, member[0] != '\0' ? "." : "", member);
	va_start(args, format);
	(void)vsnprintf(issue->what, sizeof(issue->what), format, args);
	va_end(args);
	return -1;
}

/* ---- the document ---------------------------------------------------------------- */

static bool has_annotation(const struct oci_config *config, const char *key)
{
	for (size_t i = 0; i < config->annotations.n; i++) {
		if (strcmp(config->annotations.v[i].key, key) == 0)
			return true;
	}
	return false;
}

int oci_check_config(const void *object, struct oci_issue *issue)
{
	const struct oci_config *config = object;
	const struct oci_seccomp *seccomp = config->linux ? config->linux->seccomp : NULL;

	if (seccomp == NULL || seccomp->listener_path != NULL ||
	    has_annotation(config, RECEIVER_ANNOTATION))
		return 0;
	for (size_t i = 0; i < seccomp->syscalls.n; i++) {
		if (seccomp->syscalls.v[i].action == OCI_ACT_NOTIFY)
			return oci_complain(issue, "linux.seccomp.syscalls", i, "action",
					    "SCMP_ACT_NOTIFY without a listener, "
					    "expected linux.seccomp.listenerPath");
	}
	return 0;
}

/* ---- process --------------------------------------------------------------------- */

int oci_check_process(const void *object, struct oci_issue *issue)
{
	const struct oci_process *p = object;
	const struct oci_box *box = p->console_size;

	if (p->args.v[0][0] == '\0')
		return oci_complain(issue, "args", 0, "", "empty, expected a program");
	if (p->terminal && box != NULL && box->height > UINT16_MAX)
		return oci_complain(issue, NULL, 0, "consoleSize.height",
				    "got %u, expected at most 65535", box->height);
	if (p->terminal && box != NULL && box->width > UINT16_MAX)
		return oci_complain(issue, NULL, 0, "consoleSize.width",
				    "got %u, expected at most 65535", box->width);
	for (size_t i = 1; i < p->rlimits.n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(p->rlimits.v[i].type, p->rlimits.v[j].type) == 0)
				return oci_complain(issue, "rlimits", i, "type",
						    "%s is given twice, expected it once",
						    p->rlimits.v[i].type);
		}
	}
	return 0;
}

int oci_check_rlimit(const void *object, struct oci_issue *issue)
{
	const struct oci_rlimit *r = object;

	if (r->soft <= r->hard)
		return 0;
	return oci_complain(issue, NULL, 0, "soft",
			    "got %llu, expected at most the hard limit %llu",
			    (unsigned long long)r->soft, (unsigned long long)r->hard);
}

/* sched_setattr(2): runtime <= deadline <= period, none of them absent but the period. */
static int check_deadline(const struct oci_scheduler *s, struct oci_issue *issue)
{
	if (s->runtime.v == 0)
		return oci_complain(issue, NULL, 0, "runtime",
				    "missing, expected it with SCHED_DEADLINE");
	if (s->deadline.v < s->runtime.v)
		return oci_complain(issue, NULL, 0, "deadline",
				    "got %llu, expected at least the runtime %llu",
				    (unsigned long long)s->deadline.v,
				    (unsigned long long)s->runtime.v);
	if (s->period.v != 0 && s->period.v < s->deadline.v)
		return oci_complain(issue, NULL, 0, "period",
				    "got %llu, expected at least the deadline %llu",
				    (unsigned long long)s->period.v,
				    (unsigned long long)s->deadline.v);
	return 0;
}

/* A nice value is fine with any policy: runc takes it, and the kernel keeps it for later. */
int oci_check_scheduler(const void *object, struct oci_issue *issue)
{
	const struct oci_scheduler *s = object;
	bool realtime = s->policy == OCI_SCHED_FIFO || s->policy == OCI_SCHED_RR;

	if (realtime && s->priority.v < 1)
		return oci_complain(issue, NULL, 0, "priority",
				    "got %lld, expected 1 to 99 with this policy",
				    (long long)s->priority.v);
	if (!realtime && s->priority.v != 0)
		return oci_complain(issue, NULL, 0, "priority",
				    "got %lld, expected 0 with this policy",
				    (long long)s->priority.v);
	if (s->policy == OCI_SCHED_DEADLINE)
		return check_deadline(s, issue);
	if (s->runtime.v != 0 || s->deadline.v != 0 || s->period.v != 0)
		return oci_complain(issue, NULL, 0, "policy",
				    "runtime, deadline and period are set, "
				    "expected SCHED_DEADLINE");
	return 0;
}

/* ---- ids ------------------------------------------------------------------------- */

int oci_check_id_mapping(const void *object, struct oci_issue *issue)
{
	const struct oci_id_mapping *m = object;

	if (m->size > UINT32_MAX - m->container_id)
		return oci_complain(issue, NULL, 0, "containerID",
				    "%u + %u is beyond the last id, expected at most "
				    "4294967295",
				    m->container_id, m->size);
	if (m->size > UINT32_MAX - m->host_id)
		return oci_complain(issue, NULL, 0, "hostID",
				    "%u + %u is beyond the last id, expected at most "
				    "4294967295",
				    m->host_id, m->size);
	return 0;
}

static bool ranges_meet(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < b ? b - a < a_size : a - b < b_size;
}

/* The kernel takes no map whose lines overlap on either side. */
static int check_map(const struct oci_id_mappings *map, const char *name,
		     struct oci_issue *issue)
{
	for (size_t i = 1; i < map->n; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct oci_id_mapping *a = &map->v[i], *b = &map->v[j];

			if (ranges_meet(a->container_id, a->size, b->container_id,
					b->size))
				return oci_complain(
					issue, name, i, "containerID",
					"overlaps %s[%zu], expected ranges of "
					"their own",
					name, j);
			if (ranges_meet(a->host_id, a->size, b->host_id, b->size))
				return oci_complain(
					issue, name, i, "hostID",
					"overlaps %s[%zu], expected ranges of "
					"their own",
					name, j);
		}
		if (i >= 340)
			return oci_complain(issue, name, i, "",
					    "too many, expected at most 340, the "
					    "kernel's limit");
	}
	return 0;
}

int oci_check_mount(const void *object, struct oci_issue *issue)
{
	const struct oci_mount *m = object;

	if ((m->uid_mappings.n == 0) != (m->gid_mappings.n == 0))
		return oci_complain(issue, NULL, 0,
				    m->uid_mappings.n != 0 ? "uidMappings"
							   : "gidMappings",
				    "given alone, expected uidMappings and gidMappings "
				    "together");
	if (check_map(&m->uid_mappings, "uidMappings", issue) < 0)
		return -1;
	return check_map(&m->gid_mappings, "gidMappings", issue);
}

/* ---- linux ----------------------------------------------------------------------- */

int oci_check_linux(const void *object, struct oci_issue *issue)
{
	const struct oci_linux *l = object;
	unsigned seen = 0;

	for (size_t i = 0; i < l->namespaces.n; i++) {
		unsigned bit = 1u << l->namespaces.v[i].type;

		if (seen & bit)
			return oci_complain(issue, "namespaces", i, "type",
					    "%s is given twice, expected it once",
					    oci_word(oci_words_namespace,
						     (int)l->namespaces.v[i].type));
		seen |= bit;
	}
	if (check_map(&l->uid_mappings, "uidMappings", issue) < 0)
		return -1;
	return check_map(&l->gid_mappings, "gidMappings", issue);
}

int oci_check_device(const void *object, struct oci_issue *issue)
{
	const struct oci_device *d = object;

	if (d->type[0] != 'p' && !d->major.set)
		return oci_complain(issue, NULL, 0, "major",
				    "missing, expected it for a device of type %s",
				    d->type);
	if (d->type[0] != 'p' && !d->minor.set)
		return oci_complain(issue, NULL, 0, "minor",
				    "missing, expected it for a device of type %s",
				    d->type);
	return 0;
}

int oci_check_cpu(const void *object, struct oci_issue *issue)
{
	const struct oci_cpu *c = object;

	if (!c->burst.set || !c->quota.set || c->quota.v <= 0 ||
	    c->burst.v <= (uint64_t)c->quota.v)
		return 0;
	return oci_complain(issue, NULL, 0, "burst",
			    "got %llu, expected at most the quota %lld",
			    (unsigned long long)c->burst.v, (long long)c->quota.v);
}

int oci_check_weight_device(const void *object, struct oci_issue *issue)
{
	const struct oci_weight_device *w = object;

	if (w->weight.set || w->leaf_weight.set)
		return 0;
	return oci_complain(issue, NULL, 0, "", "empty, expected weight or leafWeight");
}

int oci_check_rdma(const void *object, struct oci_issue *issue)
{
	const struct oci_rdma *r = object;

	if (r->hca_handles.set || r->hca_objects.set)
		return 0;
	return oci_complain(issue, NULL, 0, "",
			    "empty, expected hcaHandles or hcaObjects");
}

/* set_mempolicy(2): which modes need nodes, and which take none */
int oci_check_memory_policy(const void *object, struct oci_issue *issue)
{
	const struct oci_memory_policy *p = object;
	bool nodes = p->nodes != NULL && p->nodes[strspn(p->nodes, " ")] != '\0';
	const char *mode = oci_word(oci_words_mpol_mode, (int)p->mode);
	unsigned flags = 0;

	for (size_t i = 0; i < p->flags.n; i++)
		flags |= 1u << p->flags.v[i];
	if ((flags & 1u << OCI_MPOL_F_STATIC_NODES) &&
	    (flags & 1u << OCI_MPOL_F_RELATIVE_NODES))
		return oci_complain(issue, NULL, 0, "flags",
				    "got both MPOL_F_STATIC_NODES and "
				    "MPOL_F_RELATIVE_NODES, expected one of them");
	if (nodes && (p->mode == OCI_MPOL_DEFAULT || p->mode == OCI_MPOL_LOCAL))
		return oci_complain(issue, NULL, 0, "nodes",
				    "got nodes, expected none with %s", mode);
	if (!nodes && p->mode != OCI_MPOL_DEFAULT && p->mode != OCI_MPOL_LOCAL &&
	    p->mode != OCI_MPOL_PREFERRED)
		return oci_complain(issue, NULL, 0, "nodes",
				    "empty, expected nodes with %s", mode);
	return 0;
}

/* ---- seccomp --------------------------------------------------------------------- */

/* The value that an action carries: an errno, or 16 bits for a tracer. */
static int check_errno(enum oci_seccomp_action action, const struct oci_opt_uint *value,
		       const char *member, struct oci_issue *issue)
{
	uint64_t max = action == OCI_ACT_TRACE ? UINT16_MAX : 4095;

	if (!value->set)
		return 0;
	if (action != OCI_ACT_ERRNO && action != OCI_ACT_TRACE)
		return oci_complain(issue, NULL, 0, member,
				    "%s has no errno, expected SCMP_ACT_ERRNO or "
				    "SCMP_ACT_TRACE",
				    oci_word(oci_words_seccomp_action, (int)action));
	if (value->v > max)
		return oci_complain(
			issue, NULL, 0, member, "got %llu, expected at most %llu",
			(unsigned long long)value->v, (unsigned long long)max);
	return 0;
}

int oci_check_syscall(const void *object, struct oci_issue *issue)
{
	const struct oci_seccomp_syscall *s = object;

	return check_errno(s->action, &s->errno_ret, "errnoRet", issue);
}

int oci_check_seccomp(const void *object, struct oci_issue *issue)
{
	const struct oci_seccomp *s = object;

	if (s->default_action == OCI_ACT_NOTIFY)
		return oci_complain(
			issue, NULL, 0, "defaultAction",
			"got SCMP_ACT_NOTIFY, expected an action that needs no "
			"answer");
	if (s->listener_metadata != NULL && s->listener_path == NULL)
		return oci_complain(issue, NULL, 0, "listenerMetadata",
				    "given alone, expected listenerPath with it");
	return check_errno(s->default_action, &s->default_errno_ret, "defaultErrnoRet",
			   issue);
}
