/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deciding: from the command line and config.json to every plan, before anything exists.
 * What can be refused is refused here. Only descriptors are opened, nothing is made.
 */
#include "run/container.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "kernel/procfs.h"
#include "ns/idmap.h"
#include "run/annotation.h"
#include "run/baton.h"
#include "run/belt.h"
#include "run/caller.h"
#include "run/hooks.h"
#include "run/ids.h"
#include "run/layer.h"
#include "run/labels.h"
#include "run/resctrl.h"
#include "run/rootids.h"
#include "run/stage.h"
#include "run/steps.h"
#include "run/storage.h"
#include "run/stubs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading ----------------------------------------------------------------------- */

/* Where a descriptor is, as an absolute path in the arena; NULL with *e. */
static char *path_of(struct oci_arena *arena, int fd, struct err *e)
{
	char link[40], buf[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, sizeof(buf));
	if (n <= 0 || n >= (ssize_t)sizeof(buf) || buf[0] != '/') {
		err_set(e, "the bundle's path cannot be told");
		procfs_is_mounted(e);
		return NULL;
	}
	return oci_strndup(arena, buf, (size_t)n);
}

static int open_bundle(struct container *c, struct err *e)
{
	const char *path = c->args->bundle ? c->args->bundle : ".";

	c->bundle_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->bundle_fd < 0)
		return err_sys_plain(e, "bundle %s", path);
	c->bundle = path_of(&c->arena, c->bundle_fd, e);
	return c->bundle ? 0 : -1;
}

static int decode(struct container *c, const char *name, struct err *e)
{
	struct oci_error why;

	if (oci_decode_config(&c->arena, name, c->text.s ? c->text.s : "", c->text.n,
			      &c->config, &why) < 0)
		return err_set(e, "%s", why.text);
	return 0;
}

static int read_config(struct container *c, struct err *e)
{
	const char *path = c->args->config ? c->args->config : "config.json";
	int at = c->args->config ? AT_FDCWD : c->bundle_fd;
	auto_close int fd = -1;

	if (c->args->text) {
		str_add(&c->text, c->args->text);
		return decode(c, "the configuration", e);
	}

	fd = openat(at, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_sys_plain(e, "%s%s%s", c->args->config ? "" : c->bundle,
				     c->args->config ? "" : "/", path);
	TRY(file_read_fd(fd, path, OCI_MAX_SIZE, &c->text, e));
	return decode(c, str_basename(path), e);
}

bool container_flag(const struct oci_config *config, const char *annotation)
{
	for (size_t i = 0; i < config->annotations.n; i++)
		if (str_eq(config->annotations.v[i].key, annotation))
			return str_eq(config->annotations.v[i].value, "1") ||
			       str_eq(config->annotations.v[i].value, "true");
	return false;
}

static const char *annotation(const struct oci_config *config, const char *key)
{
	for (size_t i = 0; i < config->annotations.n; i++)
		if (str_eq(config->annotations.v[i].key, key))
			return config->annotations.v[i].value;
	return NULL;
}

/* linux is optional; the plans need not know. */
static const struct oci_linux *linux_of(const struct container *c)
{
	static const struct oci_linux none;

	return c->config->linux ? c->config->linux : &none;
}

/* ---- record ------------------------------------------------------------------------- */

static char *join_path(struct oci_arena *arena, const char *dir, const char *path)
{
	size_t n = strlen(dir) + strlen(path) + 2;
	char *s;

	if (path[0] == '/')
		return oci_strdup(arena, path);
	s = oci_alloc(arena, n);
	if (s)
		snprintf(s, n, "%s/%s", dir, path);
	return s;
}

static int fill_record(struct container *c, struct err *e)
{
	char created[CLOCK_TEXT_MAX];
	struct run_record *r = &c->record;
	const struct oci_hooks *h = c->config->hooks;

	r->version = RUN_RECORD_VERSION;
	r->id = oci_strdup(&c->arena, c->args->id);
	r->bundle = oci_strdup(&c->arena, c->bundle);
	r->rootfs = join_path(&c->arena, c->bundle, c->config->root->path);
	clock_text_now(9, created);
	r->created = oci_strdup(&c->arena, created);
	r->uid = geteuid();
	r->boot_id = oci_strdup(&c->arena, "");
	r->reread = hooks_any(h, poststart) || hooks_any(h, poststop) || c->receiver;
	r->owned = c->owned;
	r->no_process = !c->config->process;
	r->annotations = c->config->annotations;
	labels_record(c);
	return c->arena.failed ? err_set(e, "out of memory") : 0;
}

/* ---- plans -------------------------------------------------------------------------- */

static int plan_namespaces(struct container *c, struct err *e)
{
	c->proc_fd = procfs_open(e);
	if (c->proc_fd < 0)
		return -1;
	TRY(ns_facts_gather(c->proc_fd, &c->ns_facts, e));
	TRY(ids_plan(c, e));
	ns_idmap_gather(c->config, &c->arena, &c->ns_facts);
	TRY(ns_plan_make(c->config, &c->ns_facts, &c->ns, e));
	c->ns.keep_groups = container_flag(c->config, "run.oci.keep_original_groups");
	for (size_t i = 0; i < c->ns.n_warnings; i++)
		log_warning("%s", c->ns.warnings[i]);
	return ns_joins_open(&c->ns, c->proc_fd, &c->joins, e);
}

static bool mounts_cgroup(const struct oci_config *config)
{
	for (size_t i = 0; i < config->mounts.n; i++) {
		const char *type = config->mounts.v[i].type;

		if (type && (str_eq(type, "cgroup") || str_eq(type, "cgroup2")))
			return true;
	}
	return false;
}

static bool is_unprivileged(const struct container *c)
{
	if (c->ctx->rootless >= 0)
		return c->ctx->rootless == 1;
	return c->ns_facts.euid != 0 || !c->ns_facts.initial_userns;
}

static int plan_cgroup(struct container *c, struct cgroup_facts *facts, struct err *e)
{
	static const enum cgroup_manager managers[] = {
		[RUN_CGROUP_CGROUPFS] = CGROUP_MANAGER_CGROUPFS,
		[RUN_CGROUP_SYSTEMD] = CGROUP_MANAGER_SYSTEMD,
		[RUN_CGROUP_DISABLED] = CGROUP_MANAGER_DISABLED,
	};
	struct cgroup_request rq = {
		.manager = managers[c->ctx->cgroup_manager],
		.id = c->args->id,
		.path = linux_of(c)->cgroups_path,
		.resources = linux_of(c)->resources,
		.annotations = &c->config->annotations,
		.system_bus = getenv("DBUS_SYSTEM_BUS_ADDRESS"),
		.session_bus = getenv("DBUS_SESSION_BUS_ADDRESS"),
		.runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.unprivileged = is_unprivileged(c),
		.every_hierarchy = mounts_cgroup(c->config),
	};

	TRY(cgroup_facts_read(&rq, &c->arena, facts, e));
	TRY(cgroup_plan_make(&rq, facts, &c->arena, &c->cgroup_plan, e));
	if (c->cgroup_plan.remark)
		log_info("%s", c->cgroup_plan.remark);
	return cgroup_survey(&c->cgroup_plan, &c->cgroup, e);
}

/* The container's place in a hierarchy: its own cgroup, else the caller's. */
static const char *place_in(const struct cgroup_plan *plan,
			    const struct cgroup_hierarchy *h)
{
	for (size_t i = 0; i < plan->n_dirs; i++)
		if (str_eq(plan->dirs[i].mount, h->mount))
			return plan->dirs[i].path;
	return h->own ? h->own : "/";
}

/* The options a v1 hierarchy is mounted with; NULL: it is v2. */
static const char *hierarchy_data(struct container *c, const struct cgroup_hierarchy *h)
{
	auto_str text = { 0 };

	if (h->v2)
		return NULL;
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		if (h->controllers & (1u << i))
			str_addf(
				&text, "%s%s", text.n ? "," : "",
				cgroup_controller_name((enum cgroup_controller)i, false));
	if (!text.n) /* a named hierarchy, mounted under its name */
		str_addf(&text, "none,name=%s", str_basename(h->mount));
	return oci_strdup(&c->arena, text.s);
}

static int plan_hierarchies(struct container *c, const struct cgroup_facts *cf,
			    struct fs_facts *ret)
{
	struct fs_hierarchy *v;
	size_t n = 0;

	ret->cgroup_layout = cf->mode == CGROUP_NONE ? FS_CGROUP_NONE
			     : cf->mode == CGROUP_V2 ? FS_CGROUP_V2
						     : FS_CGROUP_V1;
	v = oci_alloc(&c->arena, cf->n * sizeof(*v));
	for (size_t i = 0; v && i < cf->n; i++) {
		const struct cgroup_hierarchy *h = &cf->h[i];
		const char *name = str_basename(h->mount);

		v[n++] = (struct fs_hierarchy){ .name = name,
						.data = hierarchy_data(c, h),
						.mount_point = h->mount,
						.path = place_in(&c->cgroup_plan, h) };
	}
	ret->hierarchies = v;
	ret->n_hierarchies = n;
	return 0;
}

static const char *label_option(const struct oci_config *config)
{
	const char *word = annotation(config, "run.oci.mount_context_type");

	return word ? word : "context";
}

static int plan_filesystem(struct container *c, const struct cgroup_facts *cf,
			   struct err *e)
{
	enum ns_mode mnt = c->ns.mode[NSFD_MNT];
	enum ns_mode user = c->ns.mode[NSFD_USER];
	struct fs_facts f = {
		.mount_ns = mnt == NS_NEW    ? FS_MOUNT_NS_NEW
			    : mnt == NS_JOIN ? FS_MOUNT_NS_JOINED
					     : FS_MOUNT_NS_NONE,
		.user_ns = user != NS_KEEP || !c->ns_facts.initial_userns,
		.new_user_ns = user != NS_KEEP,
		.privileged = c->ns_facts.euid == 0 &&
			      ns_facts_cap(&c->ns_facts, CAP_SYS_ADMIN),
		.cgroup_ns = ns_plan_has(&c->ns, NSFD_CGROUP),
		.no_pivot = c->args->no_pivot,
		.allow_host_proc = c->args->allow_host_proc,
		.mount_label = label_usable(&c->label, linux_of(c)->mount_label),
		.label_option = label_option(c->config),
	};

	for (size_t i = 0; i < c->ns.n_joins; i++)
		if (c->ns.joins[i].kind == NSFD_USER)
			f.user_ns_path = c->ns.joins[i].path;
	plan_hierarchies(c, cf, &f);
	TRY(storage_facts(c->config, &f, e));
	TRY(fs_plan_make(&c->arena, c->config, &f, &c->fs_plan, e));
	labels_pin(c);
	c->host_clones_sources = fs_plan_needs_host(c->fs_plan);
	c->record.shared_pid = c->ns.mode[NSFD_PID] != NS_NEW;
	return 0;
}

/* ---- the process ---------------------------------------------------------------------- */

static int plan_caps(struct container *c, struct err *e)
{
	int last;

	TRY(caps_read_facts(&c->facts.caps, e));
	if (c->ns.mode[NSFD_USER] == NS_KEEP)
		return 0;
	/* whoever is born into a user namespace has all capabilities over it */
	last = c->facts.caps.last >= 0 ? c->facts.caps.last : CAPS_KNOWN - 1;
	c->facts.caps.permitted = (CAPS_BIT(last) << 1) - 1;
	c->facts.caps.bounding = c->facts.caps.permitted;
	return 0;
}

static void plan_keyring(struct container *c)
{
	c->facts.no_new_keyring = c->args->no_new_keyring || process_keys_refused();
	/* direct use has a filter that refuses keys */
	if (c->facts.no_new_keyring && !c->args->no_new_keyring && !c->args->text)
		log_warning("a filter around this process refuses keyctl: the container "
			    "keeps the caller's session keyring, as with "
			    "--no-new-keyring");
}

static int plan_process(struct container *c, struct err *e)
{
	struct process_facts *f = &c->facts;
	const struct oci_linux *l = linux_of(c);
	const char *names = NULL;

	f->id = c->args->id;
	plan_keyring(c);
	c->init_gate = hooks_any(c->config->hooks, start_container);
	f->gate = c->gate && !c->init_gate; /* else INIT waits, for its hooks */
	f->ready =
		true; /* whoever holds the other end passes over what it does not wait for */
	f->hide = ns_plan_joins(&c->ns);
	f->die_with_parent = c->args->transient;
	f->keep_affinity = c->args->text;
	f->reaper = container_flag(c->config, "wolffia.init");
	f->outside = c->ns.mode[NSFD_USER] == NS_NEW && c->ns_facts.euid == 0 &&
		     c->ns_facts.initial_userns;
	f->setgroups_denied = !c->ns.setgroups;
	f->keep_groups = c->ns.keep_groups;
	f->label = c->label;
	f->listen_fds = process_listen_fds(environ, getpid(), &names);
	f->listen_fdnames = names;
	if (c->args->preserve_fds > 1024 || f->listen_fds > 1024)
		return err_set(e, "--preserve-fds: more than 1024 descriptors");
	f->extra_fds = c->args->preserve_fds + f->listen_fds;
	c->extra_fds = f->extra_fds;
	f->memory_policy = l->memory_policy;
	f->personality = l->personality;
	TRY(caller_check_preserved(c->extra_fds, e));
	if (!c->config->process)
		return c->gate ? 0
			       : err_set(e, "process: missing, needed to run a program");
	if (!c->config->process->terminal)
		f->stdio = process_stdio();
	return plan_caps(c, e);
}

/* ---- sockets --------------------------------------------------------------------------- */

static int open_console_socket(struct container *c, struct err *e)
{
	bool terminal = c->config->process && c->config->process->terminal;
	int pair[2];

	if (c->args->console_socket) {
		WHERE_IN(e, "--console-socket", NULL);
		if (!terminal)
			return err_set(e, "process.terminal is not set");
		c->console_fd = fd_connect_unix(c->args->console_socket, e);
		return c->console_fd < 0 ? -1 : 0;
	}
	if (!terminal)
		return 0;
	if (!c->foreground)
		return err_set(e, "process.terminal: needs --console-socket, for nobody "
				  "would hold the terminal");
	TRY(baton_pair(pair, e));
	c->console_fd = pair[0];
	c->console_peer = pair[1];
	console_size(&c->config->process->console_size, &c->console_size);
	return 0;
}

static int open_sockets(struct container *c, struct err *e)
{
	const char *pidfd = c->args->pidfd_socket;

	TRY(open_console_socket(c, e));
	if (!pidfd)
		pidfd = annotation(c->config, "run.oci.pidfd_receiver");
	if (pidfd) {
		WHERE_IN(e, "--pidfd-socket", NULL);
		c->pidfd_sock = fd_connect_unix(pidfd, e);
		if (c->pidfd_sock < 0)
			return -1;
	}
	return 0;
}

/* root.path must be a directory (S3), and the bundle must say so before anything exists. */
static int check_root(struct container *c, struct err *e)
{
	const char *path = c->config->root->path;
	struct stat st;

	WHERE_IN(e, "root.path", path);
	if (fstatat(c->bundle_fd, path, &st, 0) < 0)
		return err_sys_plain(e, "root filesystem");
	if (!S_ISDIR(st.st_mode))
		return err_set(e, "root filesystem: not a directory");
	return 0;
}

static void begin(struct container *c)
{
	c->dir = STATEDIR_CLOSED;
	c->interrupt_fd = c->ids_lock = -1;
	c->hook_output = HOOKS_OUTPUT_NONE;
	c->notify = SDNOTIFY_NONE;
	c->rdt = RDT_NONE;
	net_begin(&c->net);
	c->bundle_fd = c->proc_fd = c->gate_fd = c->console_fd = c->console_peer = -1;
	c->pidfd_sock = c->stage_fd = c->script_fd = c->baton = c->baton_peer = -1;
	c->init.pidfd = c->gate_conn = c->console.master = c->console.slave = -1;
}

static int plan_all(struct container *c, struct err *e)
{
	const char *odd = annotation_unknown(&c->config->annotations);
	struct cgroup_facts cf = { 0 };

	TRY(check_root(c, e));
	if (odd)
		log_warning("annotations: %s: there is no such annotation", odd);
	TRY(annotation_check(&c->config->annotations, e));
	TRY(annotation_apply(c->config, &c->arena, e));
	TRY(plan_namespaces(c, e));
	TRY(sdnotify_plan(c, e));
	TRY(net_plan(c, e));
	TRY(labels_plan(c, e));
	TRY(caller_receiver(c->config, &c->receiver, e));
	TRY(plan_process(c, e));
	TRY(plan_cgroup(c, &cf, e));
	TRY(container_check_below(c, e));
	TRY(resctrl_plan(c, e));
	TRY(plan_filesystem(c, &cf, e));
	TRY(layer_plan(c, e));
	layer_tell(c);
	TRY(root_ids_plan(c, e));
	TRY(belt_plan(c, e));
	TRY(stubs_plan(c, e));
	return fill_record(c, e);
}

/*
 * A plan names the member; the user wants to know where that is. Members that are not in the
 * document at all (a default of ours) are left without a place.
 */
static int locate(const struct container *c, struct err *e)
{
	size_t n = strcspn(e->text, ": ");
	unsigned line = 0, column = 0;
	struct err placed = { .code = e->code, .status = e->status };
	char path[256];

	if (c->args->text) /* nobody has written it */
		return -1;
	if (!n || n >= sizeof(path) || e->text[n] != ':')
		return -1;
	memcpy(path, e->text, n);
	path[n] = '\0';
	if (oci_locate(c->text.s, c->text.n, path, &line, &column) != 0)
		return -1;
	memcpy(placed.hint, e->hint, sizeof(placed.hint));
	snprintf(placed.text, sizeof(placed.text), "%s:%u:%u: %.560s",
		 c->args->config ? str_basename(c->args->config) : "config.json", line,
		 column, e->text);
	placed.scope = e->scope;
	*e = placed;
	return -1;
}

int container_prepare(struct container *c, struct err *e)
{
	struct oci_id_mappings uids;

	begin(c);
	TRY(run_check_id(c->args->id, e));
	TRY(statedir_check_free(c->ctx->root, c->args->id, e));
	TRY(open_bundle(c, e));
	TRY(read_config(c, e));
	if (plan_all(c, e) < 0)
		return locate(c, e);
	TRY(open_sockets(c, e));
	TRY(hooks_output_open(&c->config->annotations, &c->hook_output, e));
	uids = ns_map_ids(&c->ns.uid);
	c->stage = c->facts.reaper ||
		   stage_is_needed(&uids, c->ns.mode[NSFD_USER] == NS_NEW);
	return 0;
}

void container_close(struct container *c)
{
	const int fds[] = {
		c->bundle_fd,  c->proc_fd,    c->gate_fd,      c->console_fd,
		c->pidfd_sock, c->stage_fd,   c->script_fd,    c->baton,
		c->baton_peer, c->init.pidfd, c->console_peer, c->interrupt_fd
	};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fd_close(fds[i]);
	ids_chosen(c);
	labels_close(c);
	hooks_output_close(&c->hook_output);
	sdnotify_close(&c->notify);
	ns_joins_close(&c->joins);
	net_leave(&c->net);
	helpers_leave(c);
	cgroup_close(&c->cgroup);
	rdt_close(&c->rdt);
	statedir_close(&c->dir);
	str_free(&c->text);
	oci_arena_free(&c->arena);
}
