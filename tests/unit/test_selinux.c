/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SELinux: the files of the policy, levels and categories, the choice of a level. */
#include "sec/selinux.h"

#include "base/str.h"

#include "folder.h"
#include "suite.h"

#include <fcntl.h>
#include <string.h>

static struct oci_arena arena;

/* ---- files ------------------------------------------------------------------------------ */

static const struct {
	const char *text, *type;
} types[] = {
	{ "", "targeted" },
	{ "SELINUX=enforcing\nSELINUXTYPE=default\n", "default" },
	{ "SELINUXTYPE=mls", "mls" },
	{ "# SELINUXTYPE=no\n  SELINUXTYPE =  default  # yes\n", "default" },
	{ "SELINUXTYPE=a\nSELINUXTYPE=b\n", "b" },
	{ "SELINUXTYPE=\n", "targeted" },
	{ "XSELINUXTYPE=a\nSELINUXTYPES=b\n", "targeted" },
	{ "SELINUXTYPE=\"q\"\r\n", "q" },
};

START_TEST(type)
{
	ck_assert_str_eq(selinux_parse_type(types[_i].text, &arena), types[_i].type);
}
END_TEST

#define DEBIAN                                                     \
	"process = \"system_u:system_r:container_t:s0\"\n"         \
	"content = \"system_u:object_r:container_var_lib_t:s0\"\n" \
	"file = \"system_u:object_r:container_file_t:s0\"\n"       \
	"sandbox_kvm_process = \"system_u:system_r:svirt_t:s0\"\n" \
	"ro_file=\"system_u:object_r:container_ro_file_t:s0\"\n"

static const struct {
	const char *text, *process, *file;
} contexts[] = {
	{ DEBIAN, "system_u:system_r:container_t:s0",
	  "system_u:object_r:container_file_t:s0" },
	{ "", "", "" },
	{ "file=a:b:c\n#process=x:y:z\n", "", "a:b:c" },
	{ "process=\"a:b:c:s0\" # one\nfilex=q\nfile\n", "a:b:c:s0", "" },
	{ "\n\n \tprocess\t=\ta:b:c:s0-s0:c1.c3,c5\n\n file = d:e:f",
	  "a:b:c:s0-s0:c1.c3,c5", "d:e:f" },
};

START_TEST(context)
{
	struct selinux_contexts c;

	selinux_parse_contexts(contexts[_i].text, &arena, &c);
	ck_assert_str_eq(c.process, contexts[_i].process);
	ck_assert_str_eq(c.file, contexts[_i].file);
}
END_TEST

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void expect_error(const char *text)
{
	struct selinux_contexts c;
	struct err e = { 0 };

	ck_assert_int_eq(selinux_read_contexts(".", &arena, &c, &e), -1);
	ck_assert_str_eq(e.text, text);
}

START_TEST(read_contexts)
{
	struct selinux_contexts c;
	struct err e = { 0 };

	folder_make();
	expect_error("open ./config: No such file or directory");
	put("config", "SELINUXTYPE=../../etc\n");
	expect_error("./config: SELINUXTYPE=../../etc is no name");
	put("config", "SELINUXTYPE=default\n");
	expect_error("open ./default/contexts/lxc_contexts: No such file or directory");
	ck_assert_int_eq(mkdir("default", 0700) | mkdir("default/contexts", 0700), 0);
	put("default/contexts/lxc_contexts", "process = a:b:c\n");
	expect_error("./default/contexts/lxc_contexts: names no label for file");
	put("default/contexts/lxc_contexts", "file = a:b:c\n");
	expect_error("./default/contexts/lxc_contexts: names no label for process");
	put("default/contexts/lxc_contexts", DEBIAN);
	ck_assert_msg(selinux_read_contexts(".", &arena, &c, &e) == 0, "%s", e.text);
	ck_assert_str_eq(c.file, "system_u:object_r:container_file_t:s0");
}
END_TEST

/* ---- levels ------------------------------------------------------------------------------ */

static const struct {
	const char *label, *level;
	const char *replaced; /* with "s0:c7,c8" */
	int categories; /* -1: none can be told */
	int one; /* that is among them */
} levels[] = {
	{ "u:r:t", NULL, "u:r:t:s0:c7,c8", -1, 0 },
	{ "u:r:t:s0", "s0", "u:r:t:s0:c7,c8", -1, 0 },
	{ "u:r:t:s0:c1,c2", "s0:c1,c2", "u:r:t:s0:c7,c8", 2, 2 },
	{ "u:r:t:s0:c1023", "s0:c1023", "u:r:t:s0:c7,c8", 1, 1023 },
	{ "u:r:t:s0-s0:c0.c1023", "s0:c0.c1023", "u:r:t:s0:c7,c8", 1024, 64 },
	{ "u:r:t:s0:c1.c3,c9", "s0:c1.c3,c9", "u:r:t:s0:c7,c8", 4, 9 },
	{ "u:r:t:s0:c1024", "s0:c1024", "u:r:t:s0:c7,c8", -1, 0 },
	{ "u:r:t:s0:c3.c1", "s0:c3.c1", "u:r:t:s0:c7,c8", -1, 0 },
	{ "u:r:t:s0:c1,", "s0:c1,", "u:r:t:s0:c7,c8", -1, 0 },
	{ "u:r:t:s0:c", "s0:c", "u:r:t:s0:c7,c8", -1, 0 },
	{ "u:r:t:s0:secret", "s0:secret", "u:r:t:s0:c7,c8", -1, 0 },
	{ "", NULL, ":s0:c7,c8", -1, 0 },
};

START_TEST(levels_of_labels)
{
	const char *found = selinux_level(levels[_i].label);
	struct selinux_categories c;
	bool has = selinux_parse_categories(levels[_i].label, &c);
	char buf[64];
	int n = 0;

	ck_assert_str_eq(found ? found : "none",
			 levels[_i].level ? levels[_i].level : "none");
	ck_assert(selinux_with_level(levels[_i].label, "s0:c7,c8", buf, sizeof(buf)));
	ck_assert_str_eq(buf, levels[_i].replaced);
	ck_assert_int_eq(has, levels[_i].categories >= 0);
	if (!has)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(c.bits); i++)
		n += __builtin_popcountll(c.bits[i]);
	ck_assert_int_eq(n, levels[_i].categories);
	ck_assert(c.bits[levels[_i].one / 64] >> (levels[_i].one % 64) & 1);
}
END_TEST

START_TEST(without_level)
{
	char buf[16];

	ck_assert(selinux_with_level("u:r:t:s0:c1", NULL, buf, sizeof(buf)));
	ck_assert_str_eq(buf, "u:r:t");
	ck_assert(!selinux_with_level("u:r:t", "s0:c1000,c1001", buf, sizeof(buf)));
}
END_TEST

/* ---- the choice ---------------------------------------------------------------------------- */

static const struct {
	uint32_t start;
	const char *used[4];
	const char *chosen;
} choices[] = {
	{ 0, { NULL }, "s0:c0,c1" },
	{ 1, { NULL }, "s0:c0,c2" },
	{ 1023, { NULL }, "s0:c1,c2" }, /* "c1,c0" is not another one */
	{ 0, { "u:r:t:s0:c0,c1" }, "s0:c0,c2" },
	{ 0, { "u:r:t:s0:c0,c1", "u:r:t:s0:c0,c3", "u:r:t:s0:c0,c2" }, "s0:c0,c4" },
	{ 0, { "u:r:t:s0:c0" }, "s0:c1,c2" }, /* c0 alone would be readable */
	{ 0, { "u:r:t:s0:c0.c5" }, "s0:c0,c6" }, /* it may read all pairs of these */
	{ 0, { "u:r:t:s0" }, "s0:c0,c1" },
	{ UINT32_MAX, { NULL }, "s0:c4,c5" },
	/* a login, an administrator's container: it may read everybody's, whatever is chosen */
	{ 0, { "u:r:t:s0-s0:c0.c1023" }, "s0:c0,c1" },
	{ 0, { "u:r:t:s0:c0.c600", "u:r:t:s0:c0,c1" }, "s0:c0,c2" },
	{ 0, { "kernel", "", "u:r:t", "u:r:t:s0:secret" }, "s0:c0,c1" },
};

START_TEST(choice)
{
	struct selinux_used used = { 0 };
	char chosen[SELINUX_LEVEL_MAX];

	for (size_t i = 0; i < 4 && choices[_i].used[i]; i++) {
		selinux_use(&used, choices[_i].used[i]);
		selinux_use(&used, choices[_i].used[i]);
	}
	ck_assert_uint_le(used.n, 3); /* the same twice counts once */
	ck_assert(selinux_choose_level(&used, choices[_i].start, chosen));
	ck_assert_str_eq(chosen, choices[_i].chosen);
	free(used.v);
}
END_TEST

/* One category each: whatever the pair, it could read one of them. */
START_TEST(all_taken)
{
	struct selinux_used used = { 0 };
	char chosen[SELINUX_LEVEL_MAX] = "", label[32];

	for (int i = 0; i < SELINUX_CATEGORIES; i++) {
		snprintf(label, sizeof(label), "u:r:t:s0:c%d", i);
		selinux_use(&used, label);
	}
	ck_assert_uint_eq(used.n, SELINUX_CATEGORIES);
	ck_assert(!selinux_choose_level(&used, 7, chosen));
	ck_assert_str_eq(chosen, "");
	free(used.v);
}
END_TEST

/* Without SELinux nobody has a label; what is no procfs is passed over too. */
START_TEST(processes)
{
	struct selinux_used used = { 0 };
	struct err e = { 0 };
	int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_msg(selinux_use_processes(&used, fd, &e) == 0, "%s", e.text);
	ck_assert(selinux_read_state() != SELINUX_DISABLED || used.n == 0);
	close(fd);
	free(used.v);
	used = (struct selinux_used){ 0 };
	folder_make();
	ck_assert_int_eq(mkdir("1", 0700) | mkdir("1/attr", 0700), 0);
	put("1/attr/current", "u:r:t:s0:c0,c1");
	fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(selinux_use_processes(&used, fd, &e), 0);
	ck_assert_uint_eq(used.n, 0);
	close(fd);
	ck_assert_int_eq(selinux_use_processes(&used, -1, &e), -1);
}
END_TEST

/* A thousand containers, one after the other: no two alike, and every one is a pair. */
START_TEST(many)
{
	struct selinux_used used = { 0 };
	uint32_t random = 12345;

	for (size_t n = 0; n < 1000; n++) {
		char chosen[SELINUX_LEVEL_MAX], label[64];

		random = random * 1103515245 + 12345;
		ck_assert(selinux_choose_level(&used, random % 3000, chosen));
		ck_assert(selinux_with_level("u:r:t", chosen, label, sizeof(label)));
		selinux_use(&used, label);
		ck_assert_uint_eq(used.n, n + 1); /* not one of those before */
	}
	free(used.v);
}
END_TEST

START_TEST(state)
{
	enum selinux_state s = selinux_read_state();

	/* whatever it is here: a file says so or is not there */
	ck_assert(s == SELINUX_DISABLED || access("/sys/fs/selinux/enforce", F_OK) == 0);
	ck_assert(s != SELINUX_DISABLED || !selinux_has_levels());
}
END_TEST

static void tests(TCase *t)
{
	tcase_add_loop_test(t, type, 0, ROWS(types));
	tcase_add_loop_test(t, context, 0, ROWS(contexts));
	tcase_add_test(t, read_contexts);
	tcase_add_loop_test(t, levels_of_labels, 0, ROWS(levels));
	tcase_add_test(t, without_level);
	tcase_add_loop_test(t, choice, 0, ROWS(choices));
	tcase_add_test(t, all_taken);
	tcase_add_test(t, processes);
	tcase_add_test(t, many);
	tcase_add_test(t, state);
}

int main(void)
{
	return suite_run("selinux", tests);
}
