/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ns/kind: the three names of a kind agree with each other, with the kernel and the words. */
#include "base/str.h"
#include "kernel/spawn.h"
#include "libocispec/oci.h"
#include "ns/join.h"
#include "ns/kind.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	enum nsfd_kind kind;
	const char *name;
	const char *file;
	uint64_t flag;
} rows[] = {
	{ NSFD_USER, "user", "user", CLONE_NEWUSER },
	{ NSFD_CGROUP, "cgroup", "cgroup", CLONE_NEWCGROUP },
	{ NSFD_IPC, "ipc", "ipc", CLONE_NEWIPC },
	{ NSFD_UTS, "uts", "uts", CLONE_NEWUTS },
	{ NSFD_NET, "network", "net", CLONE_NEWNET },
	{ NSFD_PID, "pid", "pid", CLONE_NEWPID },
	{ NSFD_TIME, "time", "time", CLONE_NEWTIME },
	{ NSFD_MNT, "mount", "mnt", CLONE_NEWNS },
};

START_TEST(kind_row)
{
	const struct ns_kind *k = &ns_kinds[rows[_i].kind];

	ck_assert_str_eq(k->name, rows[_i].name);
	ck_assert_str_eq(k->file, rows[_i].file);
	ck_assert_uint_eq(k->flag, rows[_i].flag);
	ck_assert_str_eq(nsfd_file(rows[_i].kind), rows[_i].file);
	ck_assert_uint_eq(nsfd_flag(rows[_i].kind), rows[_i].flag);
	ck_assert_int_eq(ns_kind_of(k->type), rows[_i].kind);
}
END_TEST

/* Every word of the specification is a kind: the document is decoded, not the enum trusted. */
START_TEST(words)
{
	auto_str doc = { 0 };
	struct oci_arena arena = { 0 };
	struct oci_config *c;
	struct oci_error problem;

	str_addf(&doc,
		 "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},"
		 "\"linux\":{\"namespaces\":[{\"type\":\"%s\"}]}}",
		 rows[_i].name);
	ck_assert_msg(oci_decode_config(&arena, "c", doc.s, doc.n, &c, &problem) == 0,
		      "%s", problem.text);
	ck_assert_int_eq(ns_kind_of(c->linux->namespaces.v[0].type), rows[_i].kind);
	oci_arena_free(&arena);
}
END_TEST

/* Kinds in the list (upper case: belongs to the joined user namespace) -> order and who. */
static const struct {
	const char *list; /* u user, g cgroup, n net, p pid, m mount */
	const char *order; /* the same letters; before the bar USHER, after it INIT */
} orders[] = {
	{ "", "|" },	     { "n", "|n" },	  { "gn", "|gn" },
	{ "u", "u|" },	     { "uN", "uN|" },	  { "un", "nu|" },
	{ "uGNM", "uN|GM" }, { "ugNm", "gmuN|" }, { "unP", "nuP|" },
};

static struct ns_join_fd join_of(char c)
{
	static const struct {
		char c;
		enum nsfd_kind kind;
	} letters[] = { { 'u', NSFD_USER },
			{ 'g', NSFD_CGROUP },
			{ 'n', NSFD_NET },
			{ 'p', NSFD_PID },
			{ 'm', NSFD_MNT } };
	struct ns_join_fd f = { .fd = 100 };

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i].c == (c | 0x20))
			f.kind = letters[i].kind;
	f.index = (size_t)c; /* to know it again */
	return f;
}

START_TEST(order_row)
{
	const char *list = orders[_i].list;
	bool after[NSFD_KINDS] = { 0 }, user = strchr(list, 'u') != NULL;
	struct ns_joins j = { 0 };
	auto_str got = { 0 };
	char c[2] = "";

	for (; *list; list++) {
		struct ns_join_fd f = join_of(*list);

		f.who = user && f.kind != NSFD_CGROUP && f.kind != NSFD_MNT ? NS_USHER
									    : NS_INIT;
		after[j.n] = *list < 'a';
		j.v[j.n++] = f;
	}
	ns_joins_order(&j, after);
	for (int who = NS_USHER; who >= NS_INIT; who--) {
		for (size_t i = 0; i < j.n; i++) {
			c[0] = (char)j.v[i].index;
			if (j.v[i].who == (enum ns_who)who)
				str_add(&got, c);
		}
		if (who == NS_USHER) {
			ck_assert_uint_eq(j.n_usher, got.n);
			str_add(&got, "|");
		}
	}
	ck_assert_str_eq(got.s, orders[_i].order);
	ck_assert_uint_eq(j.n_usher + j.n_init, j.n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ns_kind");
	TCase *t = tcase_create("rows");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, kind_row, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, words, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, order_row, 0, ARRAY_SIZE(orders));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
