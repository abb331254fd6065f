/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Default maps and other sources of subordinate ids, by rows (R1, R2, R4). */
#include "ns/idmap.h"

#include "ns/plan.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct oci_arena arena;

static void teardown(void)
{
	oci_arena_free(&arena);
}

/* alice's lines of /etc/subuid -> the map inside; the caller is 1000 */
static const struct {
	const char *text;
	const char *map; /* "CONTAINER HOST SIZE," ... */
} maps[] = {
	{ "", "0 1000 1," },
	{ "alice:100000:65536\n", "0 1000 1,1 100000 65536," },
	/* R2: every range, sorted; neighbours are one */
	{ "alice:300000:10\nalice:100000:5\n", "0 1000 1,1 100000 5,6 300000 10," },
	{ "alice:100000:5\n1000:100005:5\n", "0 1000 1,1 100000 10," },
	{ "alice:3000000000:65536\n", "0 1000 1,1 3000000000 65536," },
	/* there are 2^32 - 1 ids inside, too */
	{ "alice:1:4294967294\n", "0 1000 1,1 1 4294967294," },
	{ "alice:1:4294967000\nalice:4294967100:100\n", "0 1000 1,1 1 4294967000,"
							"4294967001 4294967100 100," },
};

START_TEST(test_map)
{
	struct oci_id_mappings got;
	auto_subid ranges = { 0 };
	auto_str text = { 0 };
	bool no_newline;

	subid_parse(maps[_i].text, "alice", 1000, &ranges, &no_newline);
	ns_idmap_default(&arena, 1000, &ranges, &got);
	for (size_t i = 0; i < got.n; i++)
		str_addf(&text, "%u %u %u,", got.v[i].container_id, got.v[i].host_id,
			 got.v[i].size);
	ck_assert_str_eq(text.s, maps[_i].map);
}
END_TEST

static const struct {
	const char *text;
	const char *source;
} sources[] = {
	{ "", "files" },
	{ "passwd: files\ngroup: files\n", "files" },
	{ "subid: files\n", "files" },
	{ "subid:\tsss files\n", "sss" },
	{ " subid: sss\n", "sss" },
	{ "SubID: sss\n", "sss" },
	{ "#subid: sss\n", "files" },
	{ "subid: # none\n", "files" },
	{ "subid:\nsubid: sss\n", "files" },
	{ "passwd: x\nsubid: a#b", "a" },
};

START_TEST(test_source)
{
	char got[16];

	subid_source(sources[_i].text, got, sizeof(got));
	ck_assert_str_eq(got, sources[_i].source);
}
END_TEST

static const struct {
	const char *text;
	const char *ranges;
} answers[] = {
	{ "", "" },
	{ "Error fetching ranges\n", "" },
	{ "0: alice 100000 65536\n", "100000+65536 " },
	{ "1: alice 300000 10\n0: alice 100000 5", "100000+5 300000+10 " },
	{ "Error opening libsubid_x.so: no such file\nUsing files\n0: alice 5 6\n",
	  "5+6 " },
	{ "0: alice 5\n0: alice 5 6 7\n0 alice 5 6\nx: alice 5 6\n", "" },
	{ "0: alice 4294967295 1\n0: alice 5 0\n0: alice 99999999999999999 1\n", "" },
};

START_TEST(test_answer)
{
	auto_subid got = { 0 };
	auto_str text = { 0 };

	subid_parse_answer(answers[_i].text, &got);
	str_add(&text, "");
	for (size_t i = 0; i < got.n; i++)
		str_addf(&text, "%llu+%llu ", (unsigned long long)got.v[i].start,
			 (unsigned long long)got.v[i].count);
	ck_assert_str_eq(text.s ? text.s : "", answers[_i].ranges);
}
END_TEST

/* R4: what the plan makes of it; only a config that names no map gets another one. */
static const struct {
	size_t uids, gids; /* how many extents the facts offer */
	const char *linux;
	const char *plan;
} plans[] = {
	{ 2, 2, "\"namespaces\":[{\"type\":\"user\"}]",
	  "helper 2, helper 2, 0 warnings" },
	{ 0, 0, "\"namespaces\":[{\"type\":\"user\"}]", "own 1, own 1, 1 warnings" },
	{ 2, 0, "\"namespaces\":[{\"type\":\"user\"}]", "own 1, own 1, 1 warnings" },
	{ 2, 2,
	  "\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[{\"containerID\":0,"
	  "\"hostID\":1000,\"size\":1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":"
	  "1000,"
	  "\"size\":1}]",
	  "own 1, own 1, 0 warnings" },
};

START_TEST(test_plan)
{
	struct oci_id_mapping two[] = { { 0, 1000, 1 }, { 1, 100000, 65536 } };
	struct ns_facts f = { .euid = 1000,
			      .egid = 1000,
			      .initial_userns = true,
			      .default_uids = { plans[_i].uids, two },
			      .default_gids = { plans[_i].gids, two } };
	static const char *const how[] = { "none", "direct", "own", "helper" };
	struct oci_config *config;
	struct oci_error why;
	struct err e = { 0 };
	struct ns_plan p;
	auto_str text = { 0 }, got = { 0 };

	str_addf(&text,
		 "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{%s}}",
		 plans[_i].linux);
	ck_assert_int_eq(oci_decode_config(&arena, "c", text.s, text.n, &config, &why),
			 0);
	ck_assert_msg(ns_plan_make(config, &f, &p, &e) == 0, "%s", e.text);
	str_addf(&got, "%s %zu, %s %zu, %zu warnings", how[p.uid.how],
		 ns_map_ids(&p.uid).n, how[p.gid.how], ns_map_ids(&p.gid).n,
		 p.n_warnings);
	ck_assert_str_eq(got.s, plans[_i].plan);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, test_map, 0, ROWS(maps));
	tcase_add_loop_test(t, test_source, 0, ROWS(sources));
	tcase_add_loop_test(t, test_answer, 0, ROWS(answers));
	tcase_add_loop_test(t, test_plan, 0, ROWS(plans));
}

int main(void)
{
	return suite_run("idmap", fill);
}
