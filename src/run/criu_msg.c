/* SPDX-License-Identifier: GPL-2.0-or-later */
/* criu's service protocol; see criu_msg.h. */
#include "run/criu_msg.h"

#include "base/proto.h"

#include <inttypes.h>
#include <stdio.h>

/* Fields of criu_req. */
enum {
	REQ_TYPE = 1,
	REQ_OPTS = 2,
	REQ_NOTIFY_SUCCESS = 3,
	REQ_KEEP_OPEN = 4,
	REQ_FEATURES = 5
};

/* ---- requests ----------------------------------------------------------------------- */

void criu_set(struct criu_options *o, enum criu_option option, uint64_t value)
{
	proto_put_number(&o->wire, (uint32_t)option, value);
}

void criu_flag(struct criu_options *o, enum criu_option option, bool value)
{
	if (value)
		criu_set(o, option, 1);
}

void criu_text(struct criu_options *o, enum criu_option option, const char *text)
{
	if (text)
		proto_put_text(&o->wire, (uint32_t)option, text);
}

void criu_pair(struct criu_options *o, enum criu_option option, const char *a,
	       const char *b)
{
	auto_str inner = { 0 };

	proto_put_text(&inner, 1, a);
	proto_put_text(&inner, 2, b);
	proto_put_bytes(&o->wire, (uint32_t)option, inner.s, inner.n);
}

void criu_keyed_fd(struct criu_options *o, const char *key, int fd)
{
	auto_str inner = { 0 };

	proto_put_text(&inner, 1, key);
	proto_put_number(&inner, 2, (uint64_t)fd);
	proto_put_bytes(&o->wire, CRIU_INHERIT_FD, inner.s, inner.n);
}

void criu_page_server(struct criu_options *o, const char *address, uint16_t port)
{
	auto_str inner = { 0 };

	proto_put_text(&inner, 1, address);
	proto_put_number(&inner, 2, port);
	proto_put_bytes(&o->wire, CRIU_PAGE_SERVER, inner.s, inner.n);
}

void criu_request(struct str *ret, enum criu_type type, const struct criu_options *o,
		  bool keep_open)
{
	ret->n = 0;
	proto_put_number(ret, REQ_TYPE, (uint64_t)type);
	if (o)
		proto_put_bytes(ret, REQ_OPTS, o->wire.s, o->wire.n);
	if (keep_open)
		proto_put_number(ret, REQ_KEEP_OPEN, 1);
}

void criu_request_features(struct str *ret, unsigned features)
{
	auto_str inner = { 0 };

	for (uint32_t f = CRIU_MEM_TRACK; f <= CRIU_UFFD; f++)
		if (features & (1u << f))
			proto_put_number(&inner, f, 1);
	criu_request(ret, CRIU_FEATURE_CHECK, NULL, true);
	proto_put_bytes(ret, REQ_FEATURES, inner.s, inner.n);
}

void criu_request_go_on(struct str *ret, bool success)
{
	criu_request(ret, CRIU_NOTIFY, NULL, false);
	proto_put_number(ret, REQ_NOTIFY_SUCCESS, success);
}

/* ---- answers ------------------------------------------------------------------------ */

static void keep_text(char *to, size_t size, const struct proto_field *f)
{
	snprintf(to, size, "%.*s", (int)(f->n < size ? f->n : size),
		 (const char *)f->bytes);
}

/* The messages inside an answer, by its fields. */
enum {
	RESP_TYPE = 1,
	RESP_SUCCESS = 2,
	RESP_RESTORE = 4,
	RESP_NOTIFY = 5,
	RESP_ERRNO = 7,
	RESP_FEATURES = 8,
	RESP_ERRMSG = 9,
	RESP_VERSION = 10,
};

static void take_version(const struct proto_field *f, struct criu_answer *ret)
{
	uint32_t v = (uint32_t)(f->value < 100 ? f->value : 99);

	if (f->number == 1)
		ret->version += v * 10000;
	else if (f->number == 2)
		ret->version += v * 100;
	else if (f->number == 4)
		ret->version += v;
}

static void take_inner(uint32_t outer, const struct proto_field *f,
		       struct criu_answer *ret)
{
	if (outer == RESP_VERSION && f->is_number)
		take_version(f, ret);
	else if (outer == RESP_FEATURES && f->is_number && f->value && f->number < 32)
		ret->features |= 1u << f->number;
	else if ((outer == RESP_RESTORE && f->number == 1) ||
		 (outer == RESP_NOTIFY && f->number == 2))
		ret->pid = (int32_t)f->value;
	else if (outer == RESP_NOTIFY && f->number == 1 && !f->is_number)
		keep_text(ret->script, sizeof(ret->script), f);
}

static int take_field(const struct proto_field *f, struct criu_answer *ret)
{
	struct proto_reader inner = { f->bytes, f->n };
	struct proto_field g;
	int rc;

	if (f->is_number) {
		if (f->number == RESP_TYPE)
			ret->type = (enum criu_type)f->value;
		else if (f->number == RESP_SUCCESS)
			ret->success = f->value != 0;
		else if (f->number == RESP_ERRNO)
			ret->code = (int32_t)f->value;
		return 0;
	}
	if (f->number == RESP_ERRMSG) {
		keep_text(ret->message, sizeof(ret->message), f);
		return 0;
	}
	if (f->number != RESP_RESTORE && f->number != RESP_NOTIFY &&
	    f->number != RESP_FEATURES && f->number != RESP_VERSION)
		return 0;
	while ((rc = proto_next(&inner, &g)) > 0)
		take_inner(f->number, &g, ret);
	return rc;
}

int criu_answer_parse(const void *bytes, size_t n, struct criu_answer *ret, struct err *e)
{
	struct proto_reader r = { bytes, n };
	struct criu_answer a = { .type = CRIU_EMPTY };
	struct proto_field f;
	bool typed = false;
	int rc;

	while ((rc = proto_next(&r, &f)) > 0) {
		typed = typed || (f.number == RESP_TYPE && f.is_number);
		rc = take_field(&f, &a);
		if (rc < 0)
			break;
	}
	if (rc < 0 || !typed)
		return err_set(e, "criu sent a message that cannot be understood");
	*ret = a;
	return 0;
}

/* ---- as text --------------------------------------------------------------------------- */

static const struct {
	enum criu_option option;
	const char *name;
} names[] = {
	{ CRIU_IMAGES_DIR_FD, "images_dir_fd" },
	{ CRIU_PID, "pid" },
	{ CRIU_LEAVE_RUNNING, "leave_running" },
	{ CRIU_EXT_UNIX_SK, "ext_unix_sk" },
	{ CRIU_TCP_ESTABLISHED, "tcp_established" },
	{ CRIU_SHELL_JOB, "shell_job" },
	{ CRIU_FILE_LOCKS, "file_locks" },
	{ CRIU_LOG_LEVEL, "log_level" },
	{ CRIU_LOG_FILE, "log_file" },
	{ CRIU_PAGE_SERVER, "ps" },
	{ CRIU_NOTIFY_SCRIPTS, "notify_scripts" },
	{ CRIU_ROOT, "root" },
	{ CRIU_PARENT_IMG, "parent_img" },
	{ CRIU_TRACK_MEM, "track_mem" },
	{ CRIU_AUTO_DEDUP, "auto_dedup" },
	{ CRIU_WORK_DIR_FD, "work_dir_fd" },
	{ CRIU_LINK_REMAP, "link_remap" },
	{ CRIU_CG_ROOT, "cg_root" },
	{ CRIU_RST_SIBLING, "rst_sibling" },
	{ CRIU_INHERIT_FD, "inherit_fd" },
	{ CRIU_EXT_MASTERS, "ext_masters" },
	{ CRIU_MANAGE_CGROUPS_MODE, "manage_cgroups_mode" },
	{ CRIU_EXTERNAL, "external" },
	{ CRIU_EMPTY_NS, "empty_ns" },
	{ CRIU_JOIN_NS, "join_ns" },
	{ CRIU_FREEZE_CGROUP, "freeze_cgroup" },
	{ CRIU_TCP_SKIP_IN_FLIGHT, "tcp_skip_in_flight" },
	{ CRIU_LAZY_PAGES, "lazy_pages" },
	{ CRIU_ORPHAN_PTS_MASTER, "orphan_pts_master" },
	{ CRIU_CONFIG_FILE, "config_file" },
	{ CRIU_TCP_CLOSE, "tcp_close" },
	{ CRIU_LSM_PROFILE, "lsm_profile" },
	{ CRIU_LSM_MOUNT_CONTEXT, "lsm_mount_context" },
	{ CRIU_NETWORK_LOCK, "network_lock" },
};

static const char *const type_names[] = {
	[CRIU_EMPTY] = "empty",	    [CRIU_DUMP] = "dump",
	[CRIU_RESTORE] = "restore", [CRIU_PRE_DUMP] = "pre-dump",
	[CRIU_NOTIFY] = "notify",   [CRIU_FEATURE_CHECK] = "feature-check",
	[CRIU_VERSION] = "version",
};

static const char *option_name(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].option == number)
			return names[i].name;
	return "?";
}

static bool is_message(uint32_t number)
{
	return number == CRIU_PAGE_SERVER || number == CRIU_CG_ROOT ||
	       number == CRIU_INHERIT_FD || number == CRIU_JOIN_NS;
}

static void print_value(const struct proto_field *f, struct str *ret)
{
	if (f->is_number)
		str_addf(ret, " %" PRIu64, f->value);
	else
		str_addf(ret, " %.*s", (int)f->n, (const char *)f->bytes);
}

static bool print_option(const struct proto_field *f, struct str *ret)
{
	struct proto_reader inner = { f->bytes, f->n };
	struct proto_field g;
	int rc = 0;

	str_add(ret, option_name(f->number));
	if (f->is_number || !is_message(f->number))
		print_value(f, ret);
	else
		while ((rc = proto_next(&inner, &g)) > 0)
			print_value(&g, ret);
	str_add(ret, "\n");
	return rc == 0;
}

static bool print_options(const struct proto_field *opts, struct str *ret)
{
	struct proto_reader r = { opts->bytes, opts->n };
	struct proto_field f;
	int rc;

	while ((rc = proto_next(&r, &f)) > 0)
		if (!print_option(&f, ret))
			return false;
	return rc == 0;
}

static bool print_field(const struct proto_field *f, struct str *ret)
{
	const char *type = NULL;

	if (f->number == REQ_TYPE && f->is_number && f->value < ARRAY_SIZE(type_names))
		type = type_names[f->value];
	if (f->number == REQ_OPTS && !f->is_number)
		return print_options(f, ret);
	if (f->number == REQ_TYPE)
		str_addf(ret, "%s\n", type ? type : "?");
	else if (f->number == REQ_KEEP_OPEN)
		str_add(ret, "keep_open\n");
	else if (f->number == REQ_NOTIFY_SUCCESS)
		str_addf(ret, "success %d\n", f->value != 0);
	return true;
}

bool criu_request_print(const void *bytes, size_t n, struct str *ret)
{
	struct proto_reader r = { bytes, n };
	struct proto_field f;
	int rc;

	while ((rc = proto_next(&r, &f)) > 0)
		if (!print_field(&f, ret))
			return false;
	return rc == 0;
}
