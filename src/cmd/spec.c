/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia spec: writes a config.json to begin with; never over an existing file. */
#include "cmd/cmd.h"
#include "cmd/ids_rows.h"
#include "cmd/spec_config.h"

#include "base/fd.h"
#include "run/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

struct spec_values {
	const char *bundle;
	const char *file;
	const char *userns;
	struct cli_list uidmap, gidmap;
	bool rootless;
};

static const struct cli_option options[] = {
	CLI_TEXT(spec_values, bundle, "bundle", "b", "DIR",
		 "where to write it; default: the current directory"),
	CLI_TEXT(spec_values, file, "file", "f", "FILE",
		 "its name; default: config.json"),
	CLI_FLAG(spec_values, rootless, "rootless", NULL,
		 "a config that the caller can run without being root"),
	CLI_TEXT(spec_values, userns, "userns", NULL, "MODE",
		 "whose ids: single, shared, keep-id, nomap, auto, map=C:H:N, host"),
	CLI_LIST(spec_values, uidmap, "uidmap", NULL, "C:H:N",
		 "the same as --userns map=C:H:N"),
	CLI_LIST(spec_values, gidmap, "gidmap", NULL, "C:H:N",
		 "the same for gids; default: as the uids"),
	CLI_END,
};

/* O_EXCL: an existing file, or a link to anywhere, is not ours to write. */
static int write_new(int dirfd, const char *name, const char *text, struct err *e)
{
	auto_close int fd =
		openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0 && errno == EEXIST) {
		err_set(e, "%s exists already", name);
		return err_hint(e, "remove it, or give another name with --file");
	}
	if (fd < 0)
		return err_sys_plain(e, "create %s", name);
	if (fd_write_all(fd, text, strlen(text)) == 0 && fd_write_all(fd, "\n", 1) == 0)
		return 0;
	err_sys_plain(e, "write %s", name);
	unlinkat(dirfd, name, 0);
	return -1;
}

/* Hybrid hosts count as v1: that is where their controllers are. */
static bool is_cgroup_v1(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type != CGROUP2_SUPER_MAGIC;
}

/* What the annotation would be refused for later is refused here. */
static int check_userns(const struct spec_values *v, struct oci_arena *arena,
			const char **ret, struct err *e)
{
	struct ids_wish wish = { 0 };
	const char *userns;

	*ret = NULL;
	TRY(cmd_ids_word(v->userns, &v->uidmap, &v->gidmap, arena, &userns, e));
	if (!userns)
		return 0;
	WHERE_IN(e, "--userns", NULL);
	TRY(ids_parse(userns, arena, &wish, e));
	if (wish.mode != IDS_HOST)
		*ret = userns;
	else if (v->rootless)
		return err_set(e, "--rootless needs a user namespace, not host");
	return 0;
}

static int spec(const struct cmd_call *call, struct err *e)
{
	const struct spec_values *v = call->values;
	const char *bundle = v->bundle ? v->bundle : ".";
	struct spec_facts facts = { v->rootless, NULL, geteuid(), getegid(),
				    is_cgroup_v1() };
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	struct oci_config config;
	auto_close int dirfd = -1;
	const char *text = NULL;

	TRY(check_userns(v, &arena, &facts.userns, e));
	if (spec_config(&arena, &facts, &config) == 0)
		text = oci_encode(&arena, &oci_type_config, &config, 8, NULL);
	if (!text)
		return err_code(e, ENOMEM, "the configuration");
	dirfd = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_sys_plain(e, "open the bundle %s", bundle);
	return write_new(dirfd, v->file ? v->file : "config.json", text, e);
}

const struct cmd cmd_spec = {
	.name = "spec",
	.words = "",
	.summary = "write a config.json to begin with",
	.options = options,
	.values_size = sizeof(struct spec_values),
	.run = spec,
};
