/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default config; see spec_config.h. Lists are tables. What differs without root: a
 * user namespace that maps root to the caller, so that no subordinate id is needed (with
 * --userns what its word says); no gid for terminals, because no other id need be mapped;
 * no device rules, because nobody may set them. Inheritable and ambient capabilities are
 * empty: a program the user starts inside must not get more from a file than root's plain
 * rules give (CVE-2022-29162).
 */
#include "cmd/spec_config.h"

#include "base/str.h"
#include "run/defaults.h"
#include "run/ids.h"

static const char *const args[] = { "sh", NULL };
static const char *const env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"TERM=xterm",
	NULL,
};
static const char *const caps[] = {
	"CAP_AUDIT_WRITE",
	"CAP_KILL",
	"CAP_NET_BIND_SERVICE",
	NULL,
};
enum { MAX_MOUNT_OPTIONS = 7 };

static const struct {
	const char *destination, *type, *source;
	const char *options[MAX_MOUNT_OPTIONS];
} mounts[] = {
	{ "/proc", "proc", "proc", { "nosuid", "noexec", "nodev" } },
	{ "/dev",
	  "tmpfs",
	  "tmpfs",
	  { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ "/dev/pts",
	  "devpts",
	  "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/shm",
	  "tmpfs",
	  "shm",
	  { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup",
	  "cgroup",
	  "cgroup",
	  { "nosuid", "noexec", "nodev", "relatime", "ro" } },
};

static const enum oci_namespace_type namespaces[] = {
	OCI_NS_PID, OCI_NS_NETWORK, OCI_NS_IPC, OCI_NS_UTS, OCI_NS_MOUNT, OCI_NS_CGROUP,
};

/* All that has no list in it, in one piece of memory. */
struct parts {
	struct oci_process process;
	struct oci_capabilities capabilities;
	struct oci_rlimit rlimit;
	struct oci_root root;
	struct oci_mount mounts[ARRAY_SIZE(mounts)];
	struct oci_linux linux;
	struct oci_resources resources;
	struct oci_device_cgroup deny;
	struct oci_namespace namespaces[ARRAY_SIZE(namespaces) + 1];
	struct oci_id_mapping uid;
	struct oci_id_mapping gid;
	struct oci_pair annotation;
};

static void fill_process(struct parts *p)
{
	p->capabilities.bounding = oci_words_list(caps);
	p->capabilities.effective = oci_words_list(caps);
	p->capabilities.permitted = oci_words_list(caps);
	p->rlimit = (struct oci_rlimit){ (char *)"RLIMIT_NOFILE", 1024, 1024 };
	p->process.terminal = true;
	p->process.cwd = (char *)"/";
	p->process.args = oci_words_list(args);
	p->process.env = oci_words_list(env);
	p->process.capabilities = &p->capabilities;
	p->process.rlimits.v = &p->rlimit;
	p->process.rlimits.n = 1;
	p->process.no_new_privileges = true;
}

static void fill_mounts(struct parts *p, const struct spec_facts *facts)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		struct oci_mount *m = &p->mounts[i];

		m->destination = (char *)mounts[i].destination;
		m->type = (char *)mounts[i].type;
		m->source = (char *)mounts[i].source;
		m->options = oci_words_list(mounts[i].options);
		/* the last word of /dev/pts; a gid that is not mapped cannot own a file */
		if ((facts->rootless || facts->userns) &&
		    str_starts(m->options.v[m->options.n - 1], "gid="))
			m->options.n--;
	}
}

static void fill_linux(struct parts *p, const struct spec_facts *facts)
{
	struct oci_linux *l = &p->linux;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		if (namespaces[i] != OCI_NS_CGROUP || !facts->cgroup_v1)
			p->namespaces[l->namespaces.n++].type = namespaces[i];
	l->namespaces.v = p->namespaces;
	l->masked_paths = oci_words_list(default_masked);
	l->readonly_paths = oci_words_list(default_readonly);
	if (!facts->rootless) {
		p->deny.access = (char *)"rwm";
		p->resources.devices.v = &p->deny;
		p->resources.devices.n = 1;
		l->resources = &p->resources;
	}
	if (!facts->rootless && !facts->userns)
		return;
	p->namespaces[l->namespaces.n++].type = OCI_NS_USER;
	if (facts->userns)
		return;
	p->uid = (struct oci_id_mapping){ 0, facts->uid, 1 };
	p->gid = (struct oci_id_mapping){ 0, facts->gid, 1 };
	l->uid_mappings = (struct oci_id_mappings){ 1, &p->uid };
	l->gid_mappings = (struct oci_id_mappings){ 1, &p->gid };
}

int spec_config(struct oci_arena *arena, const struct spec_facts *facts,
		struct oci_config *ret)
{
	struct parts *p = oci_alloc(arena, sizeof(*p));

	if (!p)
		return -1;
	fill_process(p);
	fill_mounts(p, facts);
	fill_linux(p, facts);
	p->root = (struct oci_root){ (char *)"rootfs", true };
	*ret = (struct oci_config){
		.oci_version = (char *)OCI_SPEC_VERSION,
		.hostname = (char *)"wolffia",
		.root = &p->root,
		.process = &p->process,
		.linux = &p->linux,
	};
	if (facts->userns) {
		p->annotation.key = (char *)IDS_ANNOTATION;
		p->annotation.value = (char *)facts->userns;
		ret->annotations.v = &p->annotation;
		ret->annotations.n = 1;
	}
	ret->mounts.v = p->mounts;
	ret->mounts.n = ARRAY_SIZE(mounts);
	return 0;
}
