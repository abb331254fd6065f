/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock; see landlock.h. Rights only add up on the way from a file to the root, so what is
 * narrower than the root's rule cannot be said: a writable root is writable as a whole. The
 * rules are opened by path in the finished container, where links lead nowhere else.
 */
#include "sec/landlock.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h of Debian 12 does not know all of them */
enum {
	EXECUTE = 1 << 0,
	WRITE_FILE = 1 << 1,
	READ = 1 << 2 | 1 << 3, /* files, directories */
	CHANGE = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13,
	MAKE_DEVICES = 1 << 6 | 1 << 11,
	TRUNCATE = 1 << 14, /* ABI 3 */
	IOCTL_DEV = 1 << 15, /* ABI 5 */
	WRITE = WRITE_FILE | CHANGE | TRUNCATE,
	SCOPE_ABSTRACT = 1 << 0, /* ABI 6 */
	SCOPE_SIGNAL = 1 << 1,
	NET_TCP = 1 << 0 | 1 << 1, /* bind, connect; ABI 4 */
	OF_A_FILE = EXECUTE | WRITE_FILE | 1 << 2 | TRUNCATE | IOCTL_DEV,
	VERSION = 1,
};

static uint64_t known_rights(int abi)
{
	uint64_t rights = EXECUTE | WRITE_FILE | READ | CHANGE | MAKE_DEVICES;

	if (abi >= 3)
		rights |= TRUNCATE;
	if (abi >= 5)
		rights |= IOCTL_DEV;
	return rights;
}

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION);

	return abi >= LANDLOCK_ABI_MIN ? (int)abi : 0;
}

/* Filesystems with rights of their own; all others go by their options. */
static const struct {
	const char *type;
	uint64_t access;
} types[] = {
	{ "proc", READ | EXECUTE | WRITE_FILE | TRUNCATE },
	{ "devpts", READ | WRITE_FILE | TRUNCATE | IOCTL_DEV },
	{ "sysfs", READ },
	{ "mqueue", READ | WRITE },
};

static uint64_t access_of(const struct oci_mount *m)
{
	uint64_t access = READ | EXECUTE | WRITE;

	for (size_t i = 0; m->type && i < ARRAY_SIZE(types); i++)
		if (str_eq(types[i].type, m->type))
			access = types[i].access;
	for (size_t i = 0; i < m->options.n; i++) {
		const char *word = m->options.v[i];

		if (str_eq(word, "ro") || str_eq(word, "rro"))
			access &= ~(uint64_t)WRITE;
		else if (str_eq(word, "noexec") || str_eq(word, "rnoexec"))
			access &= ~(uint64_t)EXECUTE;
	}
	/* terminals, and what a container is given of devices */
	return str_eq(m->destination, "/dev") ? access | IOCTL_DEV : access;
}

int landlock_plan_make(const struct oci_config *config, bool closed_root, int abi,
		       struct oci_arena *arena, struct landlock_plan *ret, struct err *e)
{
	struct landlock_plan p = { .abi = abi, .handled = known_rights(abi) };
	p.v = oci_alloc(arena, (config->mounts.n + 1) * sizeof(*p.v));
	if (!p.v)
		return err_set(e, "out of memory");
	if (abi >= 6)
		p.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	p.v[p.n++] = (struct landlock_rule){
		"/", (READ | EXECUTE | (closed_root ? 0 : WRITE)) & p.handled
	};
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *m = &config->mounts.v[i];
		uint64_t access = access_of(m) & p.handled;

		if (access & ~p.v[0].access) /* else the root's rule says it all */
			p.v[p.n++] = (struct landlock_rule){ m->destination, access };
	}
	*ret = p;
	return 0;
}

void landlock_plan_begin(struct landlock_plan *ret, int abi, bool closed_network)
{
	*ret = (struct landlock_plan){ .abi = abi, .handled = known_rights(abi) };
	if (abi >= 6)
		ret->scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	if (abi >= 4 && closed_network)
		ret->network = NET_TCP;
}

int landlock_plan_add(struct landlock_plan *plan, struct oci_arena *arena,
		      const char *path, enum landlock_kind kind, struct err *e)
{
	static const uint64_t kinds[] = {
		[LANDLOCK_NAMES] = 1 << 3,
		[LANDLOCK_READ] = READ,
		[LANDLOCK_SHOWN] = READ | EXECUTE,
		[LANDLOCK_OPEN] = READ | EXECUTE | WRITE,
		[LANDLOCK_DEVICE] = OF_A_FILE & ~EXECUTE,
	};
	struct landlock_rule *v = plan->v;

	if (plan->n == plan->room) {
		plan->room = plan->room ? 2 * plan->room : 64;
		v = oci_alloc(arena, plan->room * sizeof(*v));
		if (!v)
			return err_set(e, "out of memory");
		if (plan->n)
			memcpy(v, plan->v, plan->n * sizeof(*v));
		plan->v = v;
	}
	v[plan->n].path = oci_strdup(arena, path);
	v[plan->n].access = kinds[kind] & plan->handled;
	return v[plan->n++].path ? 0 : err_set(e, "out of memory");
}

void landlock_plan_beside(struct landlock_plan *plan, bool own_pids, bool own_network)
{
	if (own_pids)
		plan->scoped &= ~(uint64_t)SCOPE_SIGNAL;
	if (own_network)
		plan->scoped &= ~(uint64_t)SCOPE_ABSTRACT;
}

static void add_rule(struct script *s, const char *path, int fd, uint64_t access)
{
	struct script_op *op;
	char what[SCRIPT_WHAT_MAX];

	snprintf(what, sizeof(what), "Landlock: %s", path ? path : "standard streams");
	op = script_add(s, SCRIPT_LANDLOCK, what, 0,
			(uint64_t[6]){ SCRIPT_SLOT_A, script_text(s, path), access,
				       (uint64_t)fd, access & OF_A_FILE });
	op->slots = 1;
	op->data = 2;
	/* what is not there needs no rule; pipes and sockets take none */
	op->ignore[0] = SCRIPT_IGNORE_ANY;
}

void landlock_plan_script(const struct landlock_plan *plan, struct script *s)
{
	/* struct landlock_ruleset_attr: files, network (ABI 4), scopes (ABI 6) */
	const uint64_t attr[3] = { plan->handled, plan->network, plan->scoped };
	size_t size = plan->abi >= 6 ? 24 : plan->network ? 16 : 8;

	script_sys(s, "Landlock: new rules", SYS_landlock_create_ruleset, 1, 0,
		   script_bytes(s, attr, size), size, 0)
		->save = SCRIPT_SLOT_A;
	for (size_t i = 0; i < plan->n; i++)
		add_rule(s, plan->v[i].path, -1, plan->v[i].access);
	/* /dev/stdout of a program whose output goes to a file outside */
	for (int fd = 0; fd < 3; fd++)
		add_rule(s, NULL, fd, (OF_A_FILE & ~EXECUTE) & plan->handled);
	script_sys(s, "Landlock: restrict this process", SYS_landlock_restrict_self, 0, 1,
		   SCRIPT_SLOT_A, 0);
	script_sys(s, "Landlock: close the rules", SYS_close, 0, 1, SCRIPT_SLOT_A);
}

void landlock_plan_text(const struct landlock_plan *plan, struct str *ret)
{
	for (size_t i = 0; i < plan->n; i++) {
		uint64_t a = plan->v[i].access;

		str_addf(ret, "%s %s%s%s%s\n", plan->v[i].path, a & READ ? "r" : "",
			 a & CHANGE	  ? "w"
			 : a & WRITE_FILE ? "f"
					  : "",
			 a & EXECUTE ? "x" : "", a & IOCTL_DEV ? "i" : "");
	}
	str_addf(ret, "scoped %u\n", (unsigned)plan->scoped);
}
