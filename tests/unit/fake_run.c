/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link-time double of src/run; see fake_run.h. */
#include "fake_run.h"

#include "run/features.h"

struct fake_run fake_run;

const struct run_part run_parts[] = { { "ONE", true },
				      { "TWO", false },
				      { NULL, false } };

void fake_run_reset(void)
{
	str_free(&fake_run.calls);
	fake_run = (struct fake_run){ 0 };
}

const char *run_libseccomp_version(void)
{
	return "2.9.9";
}

void run_features(struct oci_arena *arena, struct oci_features *ret)
{
	(void)arena;
	*ret = (struct oci_features){ .oci_version_min = (char *)"1.0.0",
				      .oci_version_max = (char *)"1.3.0" };
}

static int done(const char *id, struct err *e)
{
	str_add(&fake_run.calls, "\n");
	if (fake_run.fail_id && str_eq(fake_run.fail_id, id))
		return err_set(e, "no good");
	return 0;
}

static void add_args(const struct run_create_args *a)
{
	str_addf(&fake_run.calls, "%s", a->id);
	if (a->bundle)
		str_addf(&fake_run.calls, " bundle=%s", a->bundle);
	if (a->config)
		str_addf(&fake_run.calls, " config=%s", a->config);
	if (a->console_socket)
		str_addf(&fake_run.calls, " console=%s", a->console_socket);
	if (a->pidfd_socket)
		str_addf(&fake_run.calls, " pidfd=%s", a->pidfd_socket);
	if (a->pid_file)
		str_addf(&fake_run.calls, " pid=%s", a->pid_file);
	if (a->no_pivot)
		str_add(&fake_run.calls, " no-pivot");
	if (a->no_new_keyring)
		str_add(&fake_run.calls, " no-new-keyring");
	if (a->preserve_fds)
		str_addf(&fake_run.calls, " fds=%u", a->preserve_fds);
}

int run_create(const struct run_context *ctx, const struct run_create_args *args,
	       struct err *e)
{
	(void)ctx;
	str_add(&fake_run.calls, "create ");
	add_args(args);
	return done(args->id, e);
}

int run_run(const struct run_context *ctx, const struct run_create_args *args,
	    bool detach, bool keep, int *ret_status, struct err *e)
{
	(void)ctx;
	str_add(&fake_run.calls, "run ");
	add_args(args);
	str_addf(&fake_run.calls, "%s%s", detach ? " detach" : "", keep ? " keep" : "");
	if (done(args->id, e) < 0)
		return -1;
	*ret_status = fake_run.status;
	return 0;
}

int run_start(const struct run_context *ctx, const char *id, struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "start %s", id);
	return done(id, e);
}

int run_kill(const struct run_context *ctx, const char *id, int signal, bool all,
	     struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "kill %s %d%s", id, signal, all ? " all" : "");
	return done(id, e);
}

int run_stop_signal(const struct run_context *ctx, const char *id)
{
	(void)ctx;
	(void)id;
	return 3;
}

int run_delete(const struct run_context *ctx, const char *id, bool force, struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "delete %s%s", id, force ? " force" : "");
	return done(id, e);
}

int run_state(const struct run_context *ctx, const char *id, struct oci_arena *arena,
	      struct oci_state *ret, struct err *e)
{
	(void)ctx;
	(void)arena;
	str_addf(&fake_run.calls, "state %s", id);
	if (done(id, e) < 0)
		return -1;
	*ret = fake_run.states[0];
	return 0;
}

int run_list(const struct run_context *ctx, bool whole, struct oci_arena *arena,
	     struct oci_state **ret, size_t *ret_n, struct err *e)
{
	(void)ctx;
	(void)arena;
	str_add(&fake_run.calls, whole ? "list whole" : "list");
	if (done("", e) < 0)
		return -1;
	*ret = fake_run.states;
	*ret_n = fake_run.n_states;
	return 0;
}

int run_match(const struct run_context *ctx, const char *regex, struct oci_arena *arena,
	      struct oci_strings *ret, struct err *e)
{
	(void)ctx;
	(void)arena;
	str_addf(&fake_run.calls, "match %s", regex);
	if (done(regex, e) < 0)
		return -1;
	ret->v = (char **)fake_run.ids;
	for (ret->n = 0; ret->v[ret->n];)
		ret->n++;
	return 0;
}

int run_pause(const struct run_context *ctx, const char *id, struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "pause %s", id);
	return done(id, e);
}

int run_resume(const struct run_context *ctx, const char *id, struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "resume %s", id);
	return done(id, e);
}

int run_ps(const struct run_context *ctx, const char *id, bool details,
	   struct oci_arena *arena, struct run_process **ret, size_t *ret_n,
	   struct err *e)
{
	static struct run_process two[] = {
		{ 4711, 1, (char *)"root", (char *)"sleep 1" },
		{ 4712, 4711, (char *)"1000", (char *)"[defunct]" },
	};

	(void)ctx;
	(void)arena;
	str_addf(&fake_run.calls, "ps %s%s", id, details ? " details" : "");
	if (done(id, e) < 0)
		return -1;
	*ret = two;
	*ret_n = fake_run.n_states;
	return 0;
}

const char *const run_words_manage_cgroups[] = { "soft", "full", "strict", "ignore",
						 NULL };
const char *const run_words_network_lock[] = { "iptables", "nftables", "skip", NULL };
const char *const run_words_selinux[] = { "auto", "require", NULL };
const char *const run_words_empty_ns[] = { "network", "net", NULL };

static void add_word(const char *name, const char *text)
{
	if (text)
		str_addf(&fake_run.calls, " %s=%s", name, text);
}

static void add_criu(const struct run_checkpoint_args *a)
{
	const struct {
		const char *name;
		bool on;
	} flags[] = {
		{ "leave", a->leave_running }, { "pre", a->pre_dump },
		{ "lazy", a->lazy_pages },     { "dedup", a->auto_dedup },
		{ "tcp", a->tcp_established }, { "in-flight", a->tcp_skip_in_flight },
		{ "close", a->tcp_close },     { "unix", a->ext_unix_sk },
		{ "job", a->shell_job },       { "locks", a->file_locks },
		{ "remap", a->link_remap },    { "empty", a->empty_ns != 0 },
	};

	add_word("image", a->image_path);
	add_word("work", a->work_path);
	add_word("parent", a->parent_path);
	add_word("ps", a->page_server);
	add_word("profile", a->lsm_profile);
	add_word("context", a->lsm_mount_context);
	add_word("criu", a->criu);
	if (a->manage_cgroups)
		add_word("cgroups", run_words_manage_cgroups[a->manage_cgroups - 1]);
	if (a->network_lock)
		add_word("lock", run_words_network_lock[a->network_lock - 1]);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].on)
			str_addf(&fake_run.calls, " %s", flags[i].name);
	if (a->status_fd)
		str_addf(&fake_run.calls, " status=%u", a->status_fd);
}

int run_checkpoint(const struct run_context *ctx, const struct run_checkpoint_args *args,
		   struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "checkpoint %s", args->id);
	add_criu(args);
	return done(args->id, e);
}

int run_restore(const struct run_context *ctx, const struct run_create_args *create,
		const struct run_checkpoint_args *args, bool detach, int *ret_status,
		struct err *e)
{
	(void)ctx;
	str_add(&fake_run.calls, "restore ");
	add_args(create);
	add_criu(args);
	if (detach)
		str_add(&fake_run.calls, " detach");
	*ret_status = fake_run.status;
	return done(args->id, e);
}

int run_events(const struct run_context *ctx, const struct run_events_args *args,
	       struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "events %s %u%s", args->id, args->interval_ms,
		 args->stats ? " stats" : "");
	if (done(args->id, e) < 0)
		return -1;
	return str_eq(args->id, "first") ? args->emit("{}", args->arg, e) : 0;
}

int run_gc(const struct run_context *ctx, const struct run_gc_args *args,
	   struct oci_arena *arena, struct run_gc_row **ret, size_t *ret_n, struct err *e)
{
	static struct run_gc_row rows[2] = {
		{ (char *)"a", (char *)"half made" },
		{ (char *)"b", (char *)"stopped", false, NULL },
	};

	(void)ctx;
	(void)arena;
	str_addf(&fake_run.calls, "gc%s%s", args->dry_run ? " dry" : "",
		 args->all ? " all" : "");
	if (done("", e) < 0)
		return -1;
	rows[0].removed = rows[1].removed = !args->dry_run;
	rows[1].error = fake_run.status ? (char *)"it resists" : NULL;
	*ret = rows;
	*ret_n = args->all ? 2 : 1;
	return 0;
}

int run_net_hook(const struct run_net_hook_args *args, struct err *e)
{
	str_addf(&fake_run.calls, "net-hook %s", args->net ? args->net : "-");
	for (size_t i = 0; i < args->n_publish; i++)
		str_addf(&fake_run.calls, " %s", args->publish[i]);
	return done(args->net ? args->net : "", e);
}

int run_wait(const struct run_context *ctx, const char *id, int *ret_status,
	     struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "wait %s", id);
	*ret_status = fake_run.status;
	return done(id, e) < 0 ? -1 : fake_run.status != 0;
}

int run_mounts(const struct run_context *ctx, const char *id, bool add, const char *file,
	       struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "mounts %s %s %s", add ? "add" : "remove", id, file);
	return done(id, e);
}

int run_update(const struct run_context *ctx, const struct run_update_args *args,
	       struct err *e)
{
	struct oci_arena arena = { 0 };

	(void)ctx;
	str_addf(&fake_run.calls, "update %s", args->id);
	add_word("file", args->resources);
	add_word("l3", args->l3_cache_schema);
	add_word("mb", args->mem_bw_schema);
	if (args->wanted)
		str_addf(&fake_run.calls, " %s",
			 oci_encode(&arena, &oci_type_resources, args->wanted, 0, NULL));
	oci_arena_free(&arena);
	return done(args->id, e);
}
