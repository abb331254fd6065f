/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ns/subid by rows: the text of /etc/subuid, and what alice (uid 1000) has. The verdicts are
 * those of newuidmap.
 */
#include "ns/subid.h"

#include "ns/helper.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *text;
	const char *ranges; /* "START+COUNT ..." */
	bool no_newline;
} rows[] = {
	{ "", "", false },
	{ "alice:100000:65536\n", "100000+65536", false },
	{ "1000:100000:65536\n", "100000+65536", false },
	{ "# alice:1:2\n\nalice:100000:65536\n", "100000+65536", false },
	{ "bob:100000:65536\n", "", false },
	{ "alic:100000:65536\nalicea:200000:5\n", "", false },
	/* base 0 */
	{ "alice:0x186a0:65536\n", "100000+65536", false },
	{ "alice:0303240:0x10000\n", "100000+65536", false },
	{ "alice:3000000000:65536\n", "3000000000+65536", false },
	/* chained, twice, overlapping, unsorted */
	{ "alice:100000:32768\nalice:132768:32768\n", "100000+65536", false },
	{ "alice:100000:65536\nalice:100000:65536\n", "100000+65536", false },
	{ "alice:100000:1000\nalice:100500:1000\n", "100000+1500", false },
	{ "alice:100000:1000\nalice:100500:10\n", "100000+1000", false },
	{ "alice:500000:10\nalice:100000:10\n1000:300000:10\n",
	  "100000+10 300000+10 500000+10", false },
	/* ignored lines */
	{ " alice:100000:65536\n", "", false },
	{ "alice:100000:65536 \n", "", false },
	{ "alice:100000:65536\r\n", "", false },
	{ "alice:100000:65536:7\n", "", false },
	{ "alice:100000\n", "", false },
	{ "alice\n", "", false },
	{ "alice::65536\n", "", false },
	{ "alice:100000:\n", "", false },
	{ "alice:100000:0\n", "", false },
	{ "alice:-1:65536\n", "", false },
	{ "alice:0x:65536\n", "", false },
	{ "alice:099:65536\n", "", false },
	{ "alice:10e3:5\n", "", false },
	{ "alice :100000:65536\n", "", false },
	{ "alice:100000 :65536\n", "", false },
	{ "alice:100000: \n", "", false },
	{ "alice:+ 100000:65536\n", "", false },
	{ "alice:++100000:65536\n", "", false },
	{ "01000:100000:65536\n", "", false },
	{ ":100000:65536\n", "", false },
	{ " # x\n  \nalice:100000:5\n", "100000+5", false },
	/* blanks and a plus before a number */
	{ "alice: 100000:\t65536\n", "100000+65536", false },
	{ "alice:\v\f\r 100000:+65536\n", "100000+65536", false },
	{ "alice:+0x186a0:65536\n", "100000+65536", false },
	/* the ends of the numbers: 2^32-1 may stand there, but is no id */
	{ "alice:4294967294:1\n", "4294967294+1", false },
	{ "alice:4294967295:1\n", "", false },
	{ "alice:4294967294:2\n", "4294967294+1", false },
	{ "alice:4294967294:3\n", "", false },
	{ "alice:0:4294967296\n", "0+4294967295", false },
	{ "alice:0:4294967297\n", "", false },
	{ "alice:18446744073709551615:2\n", "", false },
	{ "alice:99999999999999999999999:2\n", "", false },
	{ "alice:1:4294967294\n", "1+4294967294", false },
	/* the last line */
	{ "alice:100000:65536", "100000+65536", true },
	{ "alice:100000:65536\nbob:1:1", "100000+65536", true },
};

static void print(const struct subid_ranges *r, struct str *ret)
{
	for (size_t i = 0; i < r->n; i++)
		str_addf(ret, "%s%llu+%llu", i ? " " : "",
			 (unsigned long long)r->v[i].start,
			 (unsigned long long)r->v[i].count);
}

START_TEST(parse_row)
{
	auto_subid ranges = { 0 };
	auto_str text = { 0 };
	bool no_newline = !rows[_i].no_newline;

	subid_parse(rows[_i].text, "alice", 1000, &ranges, &no_newline);
	print(&ranges, &text);
	ck_assert_str_eq(text.s ? text.s : "", rows[_i].ranges);
	ck_assert_int_eq(no_newline, rows[_i].no_newline);
}
END_TEST

START_TEST(no_name)
{
	auto_subid ranges = { 0 };
	bool no_newline;

	subid_parse("alice:1:2\n1000:5:6\n", NULL, 1000, &ranges, &no_newline);
	ck_assert_uint_eq(ranges.n, 1);
	ck_assert_uint_eq(ranges.v[0].start, 5);
}
END_TEST

START_TEST(long_lines)
{
	char line[1200];
	auto_subid at_limit = { 0 }, beyond = { 0 };
	bool no_newline;
	const char tail[] = ":100000:5\n";

	memset(line, 'a', sizeof(line));
	memcpy(line + 1023 - (sizeof(tail) - 2), tail, sizeof(tail));
	line[1023 - (sizeof(tail) - 2) + sizeof(tail) - 1] = '\0';
	{
		auto_str name = { 0 };

		str_add_n(&name, line, 1023 - (sizeof(tail) - 2));
		subid_parse(line, name.s, 1000, &at_limit, &no_newline);
		ck_assert_uint_eq(at_limit.n, 1);
		str_add(&name, "a");
		memmove(line + 1, line, strlen(line) + 1);
		subid_parse(line, name.s, 1000, &beyond, &no_newline);
		ck_assert_uint_eq(beyond.n, 0);
	}
}
END_TEST

START_TEST(many_lines)
{
	auto_subid ranges = { 0 };
	auto_str text = { 0 };
	bool no_newline;

	for (unsigned i = 0; i < 10000; i++)
		str_addf(&text, "user%u:%u:10\n", i % 100, 100000 + 20 * i);
	subid_parse(text.s, "user7", 1007, &ranges, &no_newline);
	ck_assert_uint_eq(ranges.n, 100);
	ck_assert_uint_eq(ranges.v[0].start, 100140);
	ck_assert_uint_eq(ranges.v[99].start, 100140 + 99 * 2000);
}
END_TEST

static const struct {
	uint64_t first, count, covered;
} overlaps[] = {
	{ 100, 10, 10 },       { 95, 10, 5 },	 { 105, 10, 5 },  { 90, 10, 0 },
	{ 110, 10, 0 },	       { 100, 1, 1 },	 { 109, 1, 1 },	  { 110, 1, 0 },
	{ 0, 1000, 30 },       { 105, 100, 10 }, { 200, 20, 20 }, { 199, 22, 20 },
	{ 0, 4294967295, 30 },
};

START_TEST(overlap_row)
{
	struct subid_range v[] = { { 100, 10 }, { 200, 20 } };
	struct subid_ranges r = { v, 2 };

	ck_assert_uint_eq(subid_overlap(&r, overlaps[_i].first, overlaps[_i].count),
			  overlaps[_i].covered);
}
END_TEST

static const struct {
	const char *text;
	uint64_t id;
	const char *left;
} without[] = {
	{ "", 5, "" },
	{ "alice:1000:1\n", 1000, "" },
	{ "alice:999:10\n", 1000, "999+1 1001+8" },
	{ "alice:1000:10\n", 1000, "1001+9" },
	{ "alice:991:10\n", 1000, "991+9" },
	{ "alice:1001:10\nalice:5:995\n", 1000, "5+995 1001+10" },
	{ "alice:5:1\nalice:1000:1\nalice:2000:1\n", 1000, "5+1 2000+1" },
	{ "alice:0:4294967295\n", 4294967294, "0+4294967294" },
};

START_TEST(without_row)
{
	auto_subid ranges = { 0 };
	auto_str text = { 0 };
	bool no_newline;

	subid_parse(without[_i].text, "alice", 1000, &ranges, &no_newline);
	subid_leave_out(&ranges, without[_i].id);
	print(&ranges, &text);
	ck_assert_str_eq(text.s ? text.s : "", without[_i].left);
}
END_TEST

/* Wish, what the file gives, the sentence. */
static const struct {
	struct oci_id_mapping wish[2];
	size_t n;
	struct subid_range have;
	const char *says; /* NULL: all covered */
} shortages[] = {
	{ { { 0, 100000, 65536 } }, 1, { 100000, 65536 }, NULL },
	{ { { 0, 1000, 1 }, { 1, 100000, 65536 } }, 2, { 100000, 65536 }, NULL },
	{ { { 0, 1001, 1 } },
	  1,
	  { 100000, 65536 },
	  "entry 0 wants the uid 1001, which /etc/subuid does not give to alice (its "
	  "first "
	  "range: 100000-165535)" },
	{ { { 0, 1000, 1 }, { 1, 100000, 65537 } },
	  2,
	  { 100000, 65536 },
	  "entry 1 wants the 65537 ids 100000-165536, of which /etc/subuid gives 65536 "
	  "to alice "
	  "(its first range: 100000-165535)" },
	{ { { 0, 100000, 65536 } },
	  1,
	  { 0, 0 },
	  "/etc/subuid has no line for alice: as root, `usermod --add-subuids "
	  "100000-165535 "
	  "alice`" },
	{ { { 0, 1000, 2 } },
	  1,
	  { 0, 0 },
	  "/etc/subuid has no line for alice: as root, `usermod --add-subuids 1000-1001 "
	  "alice`" },
};

START_TEST(shortage_row)
{
	struct subid_range v = shortages[_i].have;
	struct subid_ranges have = { &v, v.count ? 1 : 0 };
	struct ns_helper job = {
		&ns_helper_uid,
		{ shortages[_i].n, (struct oci_id_mapping *)shortages[_i].wish },
	};
	char text[320];
	bool is_short =
		ns_helper_shortage(&job, &have, "alice", 1000, text, sizeof(text));

	ck_assert_int_eq(is_short, shortages[_i].says != NULL);
	if (is_short)
		ck_assert_str_eq(text, shortages[_i].says);
}
END_TEST

/* What alice (uid 1000), who has nothing, seems to have meant. */
static const struct {
	const char *text;
	size_t line;
	const char *says; /* NULL: nothing was meant for her */
} flaws[] = {
	{ "", 0, NULL },
	{ "# alice:1:2\nbob:1:2\n\n:1:2\n", 0, NULL },
	{ "alicea: 1:2 \nalic\n", 0, NULL },
	{ "bob:1:2\n alice:100000:65536\n", 2, "begins with a blank" },
	{ "\t1000:100000:65536\n", 1, "begins with a blank" },
	{ "alice:100000:65536 \n", 1, "ends with a blank" },
	{ "alice:100000:65536\r\n", 1, "ends with a carriage return (CRLF)" },
	{ "alice :100000:65536\n", 1, "has a blank before the colon" },
	{ "alice:100000:65536:1\n", 1, "is not OWNER:START:COUNT" },
	{ "alice:100000\n", 1, "is not OWNER:START:COUNT" },
	{ "alice\n", 1, "is not OWNER:START:COUNT" },
	{ "alice:100000:0\n", 1,
	  "names no ids: START and COUNT are numbers, and end below 4294967296" },
	{ "alice:-5:9\n", 1,
	  "names no ids: START and COUNT are numbers, and end below 4294967296" },
	/* one that counts gave what was left out: her own id */
	{ "alice:1000:1\n", 0, NULL },
};

START_TEST(flaw_row)
{
	size_t line = 0;
	const char *says = subid_flaw(flaws[_i].text, "alice", 1000, &line);

	ck_assert_pstr_eq(says, flaws[_i].says);
	ck_assert_uint_eq(line, flaws[_i].line);
}
END_TEST

static const struct {
	const char *taken;
	uint64_t first;
} gaps[] = {
	{ "", 100000 },
	{ "bob:100000:65536\n", 165536 },
	{ "bob:165535:1\n", 165536 },
	{ "bob:165536:1\n", 100000 },
	{ "bob:100000:65536\nrob:231071:1\ncontainers:2147483647:2147483648\n", 231072 },
	{ "bob:99999:4294867295\n", 0 },
};

START_TEST(gap_row)
{
	auto_subid taken = { 0 };

	subid_parse_all(gaps[_i].taken, &taken);
	ck_assert_uint_eq(subid_gap(&taken), gaps[_i].first);
}
END_TEST

static const struct {
	const char *text;
	unsigned nth;
	const char *name;
} names[] = {
	{ "", 0, NULL },
	{ "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n", 0, "alice" },
	{ "alice:*:1000:1000::/:/bin/sh", 0, "alice" },
	{ "a:x:1000:1::/:\nb:x:1001:1::/:\nc:x:1000:1::/:\n", 1, "c" },
	{ "a:x:1000:1::/:\nb:x:1001:1::/:\nc:x:1000:1::/:\n", 2, NULL },
	{ "alice\nalice:x\nalice:x:10000\n1000:x:5:1000\n", 0, NULL },
};

START_TEST(name_row)
{
	char *name = subid_name_in(names[_i].text, 1000, names[_i].nth);

	ck_assert_pstr_eq(name, names[_i].name);
	free(name);
}
END_TEST

START_TEST(files)
{
	char path[] = "/tmp/test_subid.XXXXXX";
	auto_subid ranges = { 0 };
	struct err e = { 0 };
	bool no_newline;
	int fd = mkstemp(path);

	ck_assert_int_eq(write(fd, "alice:5:6\n", 10), 10);
	close(fd);
	ck_assert_int_eq(subid_read(path, "alice", 1000, &ranges, &no_newline, &e), 0);
	ck_assert_uint_eq(ranges.n, 1);
	subid_ranges_free(&ranges);
	unlink(path);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_int_eq(subid_read(path, "alice", 1000, &ranges, &no_newline, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, " is a symbolic link"));
	err_clear(&e);
	unlink(path);
	ck_assert_int_eq(subid_read(path, "alice", 1000, &ranges, &no_newline, &e), 0);
	ck_assert_uint_eq(ranges.n, 0);
	ck_assert_int_eq(subid_read("/tmp", "alice", 1000, &ranges, &no_newline, &e), -1);
	ck_assert(err_is_set(&e));
}
END_TEST

START_TEST(user_names)
{
	char *name = subid_user_name(0);

	ck_assert_str_eq(name, "root");
	free(name);
	ck_assert_ptr_null(subid_user_name(3999999999U));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("subid");
	TCase *t = tcase_create("rows");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, parse_row, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, no_name);
	tcase_add_test(t, long_lines);
	tcase_add_test(t, many_lines);
	tcase_add_loop_test(t, overlap_row, 0, ARRAY_SIZE(overlaps));
	tcase_add_loop_test(t, without_row, 0, ARRAY_SIZE(without));
	tcase_add_loop_test(t, shortage_row, 0, ARRAY_SIZE(shortages));
	tcase_add_test(t, files);
	tcase_add_loop_test(t, flaw_row, 0, sizeof(flaws) / sizeof(*flaws));
	tcase_add_loop_test(t, gap_row, 0, sizeof(gaps) / sizeof(*gaps));
	tcase_add_loop_test(t, name_row, 0, sizeof(names) / sizeof(*names));
	tcase_add_test(t, user_names);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
