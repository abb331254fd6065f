/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is decided for a unit of systemd: its names, its properties from annotations, limits
 * and device rules, its text in the state record, where its manager is. Rows.
 */
#include "cgroup/driver.h"
#include "cgroup/systemd.h"
#include "libocispec/oci.h"
#include "tests/unit/suite.h"

static struct oci_arena arena;

static void done(void)
{
	oci_arena_free(&arena);
}

/* ---- names ------------------------------------------------------------------------------- */

#define A50  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A250 A50 A50 A50 A50 A50
/* of a long path the message has 200 bytes */
#define A190   A50 A50 A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AT(p)  "linux.cgroupsPath: " p ": "
#define FORM   "the systemd manager wants the form \"slice:prefix:name\" here"
#define SUB(s) "annotations: run.oci.systemd.subgroup: \"" s "\" is no name for a cgroup"

static const struct {
	bool user;
	const char *path, *id, *subgroup;
	const char *expected; /* "unit in slice, path below the manager", or the error */
} names[] = {
	{ false, NULL, "box", NULL,
	  "wolffia-box.scope in system.slice /system.slice/wolffia-box.scope" },
	{ true, "", "box", NULL,
	  "wolffia-box.scope in user.slice /user.slice/wolffia-box.scope" },
	{ false, NULL, "a+b+", NULL,
	  "wolffia-a\\x2bb\\x2b.scope in system.slice "
	  "/system.slice/wolffia-a\\x2bb\\x2b.scope" },
	{ false, NULL, A250, NULL,
	  "the unit's name would have 264 bytes, more than 255" },
	/* as Podman, Docker, Kubernetes and runc's own tests write it */
	{ false, "machine.slice:libpod:12ab", "x", NULL,
	  "libpod-12ab.scope in machine.slice /machine.slice/libpod-12ab.scope" },
	{ true, "user.slice:libpod:12ab", "x", NULL,
	  "libpod-12ab.scope in user.slice /user.slice/libpod-12ab.scope" },
	{ false, "system.slice:docker:12ab", "x", NULL,
	  "docker-12ab.scope in system.slice /system.slice/docker-12ab.scope" },
	{ false, "kubepods-burstable-pod1_2.slice:cri-containerd:c1", "x", NULL,
	  "cri-containerd-c1.scope in kubepods-burstable-pod1_2.slice "
	  "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/"
	  "cri-containerd-c1.scope" },
	{ false, ":runc:c1", "x", NULL,
	  "runc-c1.scope in system.slice /system.slice/runc-c1.scope" },
	{ true, "::c1", "x", NULL, "c1.scope in user.slice /user.slice/c1.scope" },
	{ false, "-.slice::c1", "x", NULL, "c1.scope in -.slice /c1.scope" },
	{ false, "a.slice:p:c1", "x", "payload",
	  "p-c1.scope in a.slice /a.slice/p-c1.scope/payload" },
	{ false, "a.slice:p:c1", "x", "", "p-c1.scope in a.slice /a.slice/p-c1.scope" },
	/* a slice for the container itself */
	{ false, "a.slice:p:a-b.slice", "x", NULL,
	  "a-b.slice in a.slice, a slice /a.slice/a-b.slice" },
	{ false, "-.slice::b.slice", "x", NULL, "b.slice in -.slice, a slice /b.slice" },
	{ false, "a.slice::b.slice", "x", NULL,
	  AT("a.slice::b.slice") "the slice b.slice is in -.slice, not in a.slice" },
	{ false, "-.slice::-.slice", "x", NULL,
	  AT("-.slice::-.slice") "the root slice cannot be a container's" },
	/* what is no such form */
	{ false, "/a/b", "x", NULL, AT("/a/b") FORM },
	{ false, "a.slice:b", "x", NULL, AT("a.slice:b") FORM },
	{ false, "a.slice:b:c:d", "x", NULL, AT("a.slice:b:c:d") FORM },
	{ false, "a.slice:b:c/../d", "x", NULL, AT("a.slice:b:c/../d") FORM },
	{ false, "a.slice:b:", "x", NULL,
	  AT("a.slice:b:") "the name behind the second colon is missing" },
	{ false, "a:b:c", "x", NULL,
	  AT("a:b:c") "the slice \"a\" does not end with .slice" },
	{ false, ".slice:b:c", "x", NULL,
	  AT(".slice:b:c") "the slice \".slice\" does not end with .slice" },
	{ false, "a--b.slice:b:c", "x", NULL,
	  AT("a--b.slice:b:c") "the slice \"a--b.slice\" has a dash that separates "
			       "nothing: a dash stands between a slice and the one above "
			       "it" },
	{ false, "-a.slice:b:c", "x", NULL,
	  AT("-a.slice:b:c") "the slice \"-a.slice\" has a dash that separates nothing: "
			     "a "
			     "dash stands between a slice and the one above it" },
	{ false, "a b.slice:b:c", "x", NULL,
	  AT("a b.slice:b:c") "\"a b.slice\" is no name for a slice" },
	{ false, "a.slice:b:c d", "x", NULL,
	  AT("a.slice:b:c d") "\"b-c d.scope\" is no name for a unit: letters, digits "
			      "and "
			      "\":-_.\\@\"" },
	{ false, "a.slice:b:" A250, "x", NULL,
	  AT("a.slice:b:" A190) "the unit's name would have 258 bytes, more than 255" },
	/* the subgroup */
	{ false, NULL, "x", "..", SUB("..") },
	{ false, NULL, "x", "a/b", SUB("a/b") },
	{ false, NULL, "x", "cgroup.procs", SUB("cgroup.procs") },
};

static void name_text(const struct cgroup_unit *u, struct str *ret)
{
	const char *slice = unit_slice_path(u->is_slice ? u->name : u->slice, &arena);

	str_addf(ret, "%s in %s%s %s", u->name, u->slice, u->is_slice ? ", a slice" : "",
		 slice);
	if (!u->is_slice)
		str_addf(ret, "/%s", u->name);
	if (u->subgroup)
		str_addf(ret, "/%s", u->subgroup);
}

START_TEST(unit_names)
{
	struct oci_pair pair = { (char *)"run.oci.systemd.subgroup",
				 (char *)names[_i].subgroup };
	struct oci_map annotations = { names[_i].subgroup ? 1 : 0, &pair };
	struct cgroup_request rq = { .id = names[_i].id,
				     .path = names[_i].path,
				     .annotations = &annotations };
	struct cgroup_unit u;
	struct err e = { 0 };
	auto_str s = { 0 };

	if (unit_names_make(&rq, names[_i].user, &arena, &u, &e) == 0)
		name_text(&u, &s);
	else
		str_add(&s, e.text);
	ck_assert_str_eq(s.s, names[_i].expected);
	done();
}
END_TEST

/* ---- annotations --------------------------------------------------------------------------- */

static const struct {
	const char *name, *text;
	const char *expected; /* "NAME=TYPE VALUE...", or the error behind the place */
} annotations[] = {
	/* what Podman sets */
	{ "KillSignal", "15", "KillSignal=i 15" },
	{ "TimeoutStopUSec", "uint64 10000000", "TimeoutStopUSec=t 10000000" },
	{ "CollectMode", "'inactive-or-failed'", "CollectMode=s 'inactive-or-failed'" },
	/* seconds */
	{ "TimeoutStopSec", "5", "TimeoutStopUSec=t 5000000" },
	{ "TimeoutStopSec", "uint64 5", "TimeoutStopUSec=t 5000000" },
	{ "TimeoutStopSec", "int32 0", "TimeoutStopUSec=t 0" },
	{ "TimeoutStopSec", "1.5", "TimeoutStopUSec=t 1500000" },
	{ "TimeoutStopSec", "0.000001", "TimeoutStopUSec=t 1" },
	{ "TimeoutStopSec", "1.0000000", "TimeoutStopUSec=t 1000000" },
	{ "TimeoutStopSec", "1.0000001", "expected a number of seconds at \"1\"" },
	{ "TimeoutStopSec", "1.", "expected a number of seconds at \".\"" },
	{ "TimeoutStopSec", "-1", "expected a number of seconds at \"-1\"" },
	{ "TimeoutStopSec", "'5'", "expected a number of seconds at \"'5'\"" },
	{ "TimeoutStopSec", "[5]", "expected a number of seconds" },
	{ "TimeoutStopSec", "18446744073710", "the time is out of range" },
	{ "Sec", "5", "Sec=i 5" },
	/* truth values and numbers */
	{ "SendSIGHUP", "true", "SendSIGHUP=b 1" },
	{ "SendSIGHUP", "boolean false", "SendSIGHUP=b 0" },
	{ "Foo", " -5 ", "Foo=i 18446744073709551611" },
	{ "Foo", "+5", "Foo=i 5" },
	{ "Foo", "0", "Foo=i 0" },
	{ "Foo", "0x1F", "Foo=i 31" },
	{ "Foo", "byte 255", "Foo=y 255" },
	{ "Foo", "int16 -32768", "Foo=n 18446744073709518848" },
	{ "Foo", "uint16 65535", "Foo=q 65535" },
	{ "Foo", "uint32 4294967295", "Foo=u 4294967295" },
	{ "Foo", "int64 -9223372036854775808", "Foo=x 9223372036854775808" },
	{ "Foo", "uint64 18446744073709551615", "Foo=t 18446744073709551615" },
	{ "Foo", "@t 7", "Foo=t 7" },
	{ "Foo", "-0", "Foo=i 0" },
	{ "Foo", "uint32 -0", "Foo=u 0" },
	{ "Foo", "2147483648", "2147483648 is out of range for int32" },
	{ "Foo", "-2147483649", "-2147483649 is out of range for int32" },
	{ "Foo", "byte 256", "256 is out of range for byte" },
	{ "Foo", "uint32 -1", "-1 is out of range for uint32" },
	{ "Foo", "int16 -32769", "-32769 is out of range for int16" },
	{ "Foo", "uint64 18446744073709551616", "expected a number at \"6\"" },
	{ "Foo", "010", "expected a number at \"010\"" },
	{ "Foo", "1.5", "floating point numbers are not supported" },
	{ "Foo", "5x", "nothing is expected at \"x\"" },
	{ "Foo", "5 6", "nothing is expected at \"6\"" },
	{ "Foo", "0x", "expected a number at \"\"" },
	{ "Foo", "", "expected a number at \"\"" },
	{ "Foo", "trues", "expected a number at \"trues\"" },
	{ "Foo", "boolean 1", "expected true or false at \"1\"" },
	/* texts */
	{ "Foo", "\"a'b\"", "Foo=s 'a'b'" },
	{ "Foo", "'a\\'b\\\\c\\n'", "Foo=s 'a'b\\c\n'" },
	{ "Foo", "string ''", "Foo=s ''" },
	{ "Foo", "objectpath '/a'", "Foo=o '/a'" },
	{ "Foo", "objectpath 'a'", "\"a\" is no object path" },
	{ "Foo", "'a", "the text is not closed with '" },
	{ "Foo", "'a\\", "the escape \"\\\" is not supported" },
	{ "Foo", "'a\\u00e4'", "the escape \"\\u\" is not supported" },
	{ "Foo", "word", "expected a number at \"word\"" },
	{ "Foo", "string 5", "expected a text in quotes at \"5\"" },
	/* lists */
	{ "After", "['a.service', \"b.service\"]", "After=as 'a.service' 'b.service'" },
	{ "After", "[ 'a' , ]", "After=as 'a'" },
	{ "After", "@as []", "After=as" },
	{ "After", "@as ['x']", "After=as 'x'" },
	{ "Foo", "[1,2]", "Foo=ai 1 2" },
	{ "Foo", "[byte 1, 2]", "Foo=ay 1 2" },
	{ "Foo", "@at [1]", "Foo=at 1" },
	{ "Foo", "[]", "an empty list needs its type: @as []" },
	{ "Foo", "['a', 1]", "expected a text in quotes at \"1]\"" },
	{ "Foo", "[1, uint64 2]", "a list of int32 and uint64" },
	{ "Foo", "['a'", "expected , or ] at \"\"" },
	{ "Foo", "['a' 'b']", "expected , or ] at \"'b']\"" },
	{ "Foo", "[['a']]", "expected a number at \"['a']]\"" },
	{ "Foo", "string ['a']", "expected one value, not a list" },
	{ "Foo", "@as 'a'", "expected a list at \"'a'\"" },
	{ "Foo", "@a(ss) []", "the type \"@a(ss) []\" is not supported" },
	{ "Foo", "@", "the type \"@\" is not supported" },
	{ "Foo", "('a', 1)", "structures, dictionaries and variants are not supported" },
	{ "Foo", "{'a': 1}", "structures, dictionaries and variants are not supported" },
	{ "Foo", "<1>", "structures, dictionaries and variants are not supported" },
	/* names */
	{ "Fo", "1",
	  "the name of a property has three letters or more, and nothing else" },
	{ "Foo1", "1",
	  "the name of a property has three letters or more, and nothing else" },
	{ "", "1", "the name of a property has three letters or more, and nothing else" },
	{ "Slice", "'x.slice'", "this property is set for every container" },
	{ "PIDs", "@au [1]", "this property is set for every container" },
	{ "Delegate", "false", "this property is set for every container" },
};

START_TEST(annotation_rows)
{
	struct unit_properties list = { 0 };
	struct err e = { 0 };
	auto_str s = { 0 };

	if (unit_property_parse(annotations[_i].name, annotations[_i].text, &arena, &list,
				&e) == 0) {
		ck_assert_uint_eq(list.n, 1);
		ck_assert(list.v[0].asked);
		unit_properties_text(&list, &s);
		ck_assert(str_starts(s.s, "property "));
		s.s[--s.n] = '\0';
		ck_assert_str_eq(s.s + strlen("property "), annotations[_i].expected);
	} else {
		ck_assert_str_eq(e.text, annotations[_i].expected);
	}
	done();
}
END_TEST

START_TEST(annotation_list_too_long)
{
	struct unit_properties list = { 0 };
	struct err e = { 0 };
	auto_str text = { 0 };

	str_add(&text, "[0");
	for (int i = 1; i <= 256; i++)
		str_addf(&text, ",%d", i);
	str_add(&text, "]");
	ck_assert_int_eq(unit_property_parse("Foo", text.s, &arena, &list, &e), -1);
	ck_assert_str_eq(e.text, "a list of more than 256 elements");
	done();
}
END_TEST

/* The last word counts, and stands where the first one stood. */
START_TEST(one_of_a_name)
{
	struct unit_properties list = { 0 };
	struct err e = { 0 };
	auto_str s = { 0 };

	for (int i = 0; i < 40; i++)
		unit_property_number(&list, &arena, i % 2 ? "Odd" : "Even", 't',
				     (uint64_t)i);
	ck_assert_int_eq(unit_property_parse("Even", "'last'", &arena, &list, &e), 0);
	unit_properties_text(&list, &s);
	ck_assert_str_eq(s.s, "property Even=s 'last'\nproperty Odd=t 39\n");
	done();
}
END_TEST

/* ---- limits ---------------------------------------------------------------------------------- */

#define MAX64 "18446744073709551615"

static const struct {
	const char *writes; /* "FILE=VALUE" per line */
	const char *expected; /* "NAME=TYPE VALUE" per line */
} limits[] = {
	{ "", "" },
	{ "memory.max=1048576", "MemoryMax=t 1048576\n" },
	{ "memory.max=max", "MemoryMax=t " MAX64 "\n" },
	{ "memory.max=64M", "MemoryMax=t 67108864\n" },
	{ "memory.max=2k", "MemoryMax=t 2048\n" },
	{ "memory.max=12x", "" },
	{ "memory.max=", "" },
	{ "memory.max=99999999999999999999", "" },
	{ "memory.max=99999999T", "" },
	{ "memory.high=1\nmemory.low=2\nmemory.min=3\nmemory.swap.max=4",
	  "MemoryHigh=t 1\nMemoryLow=t 2\nMemoryMin=t 3\nMemorySwapMax=t 4\n" },
	{ "pids.max=17", "TasksMax=t 17\n" },
	{ "pids.max=0", "TasksMax=t 1\n" },
	{ "pids.max=max", "TasksMax=t " MAX64 "\n" },
	{ "cpu.weight=59", "CPUWeight=t 59\n" },
	{ "cpu.weight=59\ncpu.idle=1", "" },
	{ "cpu.weight=59\ncpu.idle=0", "CPUWeight=t 59\n" },
	{ "cpu.max=50000 100000",
	  "CPUQuotaPerSecUSec=t 500000\nCPUQuotaPeriodUSec=t 100000\n" },
	{ "cpu.max=33333 100000",
	  "CPUQuotaPerSecUSec=t 333400\nCPUQuotaPeriodUSec=t 100000\n" },
	{ "cpu.max=50000", "CPUQuotaPerSecUSec=t 500000\n" },
	{ "cpu.max=200000 100000",
	  "CPUQuotaPerSecUSec=t 2000000\nCPUQuotaPeriodUSec=t 100000\n" },
	{ "cpu.max=max 50000",
	  "CPUQuotaPerSecUSec=t " MAX64 "\nCPUQuotaPeriodUSec=t 50000\n" },
	{ "cpu.max=10000 30000",
	  "CPUQuotaPerSecUSec=t 333400\nCPUQuotaPeriodUSec=t 30000\n" },
	{ "cpuset.cpus=0-3,5", "AllowedCPUs=ay 47\n" },
	{ "cpuset.cpus=9", "AllowedCPUs=ay 0 2\n" },
	{ "cpuset.mems=0", "AllowedMemoryNodes=ay 1\n" },
	{ "cpuset.cpus=0-99999", "" },
	{ "cpuset.cpus=a", "" },
	{ "cpuset.cpus=1-", "" },
	{ "io.weight=100", "IOWeight=t 100\n" },
	{ "io.weight=default 200", "IOWeight=t 200\n" },
	{ "io.bfq.weight=10\nio.weight=100", "IOWeight=t 100\n" },
	{ "io.weight=8:0 300\nio.weight=8:16 400",
	  "IODeviceWeight=a(st) '/dev/block/8:0' 300 '/dev/block/8:16' 400\n" },
	{ "io.weight=../x 3", "" },
	{ "io.max=8:0 rbps=1\nio.max=8:0 wbps=2 riops=3 wiops=max",
	  "IOReadBandwidthMax=a(st) '/dev/block/8:0' 1\n"
	  "IOWriteBandwidthMax=a(st) '/dev/block/8:0' 2\n"
	  "IOReadIOPSMax=a(st) '/dev/block/8:0' 3\n"
	  "IOWriteIOPSMax=a(st) '/dev/block/8:0' " MAX64 "\n" },
	{ "io.max=8:0 rbps=0", "" },
	{ "hugetlb.2MB.max=1\nrdma.max=x\ncpu.max.burst=1", "" },
	/* v1 */
	{ "memory.limit_in_bytes=-1\ncpu.shares=1024\nblkio.weight=500",
	  "MemoryLimit=t " MAX64 "\nCPUShares=t 1024\nBlockIOWeight=t 500\n" },
	{ "cpu.cfs_period_us=50000\ncpu.cfs_quota_us=25000",
	  "CPUQuotaPerSecUSec=t 500000\nCPUQuotaPeriodUSec=t 50000\n" },
	{ "cpu.cfs_quota_us=-1", "CPUQuotaPerSecUSec=t " MAX64 "\n" },
};

/* "property A=..." lines without the word. */
static void strip_words(const struct str *from, struct str *ret)
{
	const size_t n = strlen("property ");
	const char *at = from->n ? from->s : "";

	str_add(ret, "");
	for (const char *end; (end = strchr(at, '\n')); at = end + 1)
		str_add_n(ret, at + n, (size_t)(end + 1 - at) - n);
}

START_TEST(limit_rows)
{
	struct cgroup_write writes[8] = { 0 };
	struct unit_properties list = { 0 };
	char *copy = strdup(limits[_i].writes);
	auto_str s = { 0 }, text = { 0 };
	size_t n = 0;

	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
		char *value = strchr(line, '=');

		*value = '\0';
		writes[n].file = line;
		writes[n++].value = value + 1;
	}
	unit_properties_limits(writes, n, &arena, &list);
	unit_properties_text(&list, &s);
	strip_words(&s, &text);
	ck_assert_str_eq(text.s, limits[_i].expected);
	free(copy);
	done();
}
END_TEST

/* ---- devices ----------------------------------------------------------------------------------- */

#define STRICT	 "DevicePolicy=s 'strict'\n"
#define DEFAULTS "/dev/char/1:3"

static const struct {
	const char *rules;
	const char *begin; /* of the properties */
	const char *has, *lacks;
} devices[] = {
	{ "[{\"allow\":false,\"access\":\"rwm\"}]", STRICT "DeviceAllow=a(ss)",
	  " '/dev/char/1:3' 'rwm'", "'/dev/block" },
	{ "[{\"allow\":false},{\"allow\":true,\"type\":\"b\",\"major\":8,\"minor\":0,"
	  "\"access\":\"r\"}]",
	  STRICT, " '/dev/block/8:0' 'r'", "x" },
	{ "[{\"allow\":false},{\"allow\":true,\"type\":\"c\",\"major\":10,"
	  "\"access\":\"rw\"}]",
	  STRICT, " 'char-*' 'rw'", "x" },
	{ "[{\"allow\":false},{\"allow\":true,\"type\":\"c\",\"major\":136,"
	  "\"access\":\"rw\"}]",
	  STRICT, " 'char-pts' 'rw'", "x" },
	/* everything is allowed at last: nothing to list */
	{ "[{\"allow\":false},{\"allow\":true}]", "", "", "x" },
	{ "[{\"allow\":true},{\"allow\":false,\"type\":\"c\",\"major\":1,\"minor\":3}]",
	  "", "", "x" },
	/* ... and denied again */
	{ "[{\"allow\":true},{\"allow\":false}]", STRICT, "'/dev/char/1:3' 'rwm'", "x" },
	{ "[{\"allow\":true,\"type\":\"b\",\"major\":9,\"minor\":9},{\"allow\":false}]",
	  STRICT, "'/dev/char/1:3' 'rwm'", "9:9" },
};

START_TEST(device_rows)
{
	struct unit_properties list = { 0 };
	struct oci_resources *r = NULL;
	struct device_rules rules;
	struct oci_error error;
	struct err e = { 0 };
	auto_str s = { 0 }, text = { 0 }, json = { 0 };

	str_addf(&json, "{\"devices\":%s}", devices[_i].rules);
	ck_assert_msg(oci_decode_resources(&arena, "r", json.s, json.n, &r, &error) == 0,
		      "%s", error.text);
	ck_assert_int_eq(
		device_rules_make(r->devices.v, r->devices.n, &arena, &rules, &e), 0);
	unit_properties_devices(&rules, &arena, &list);
	unit_properties_text(&list, &s);
	strip_words(&s, &text);
	ck_assert_msg(str_starts(text.s, devices[_i].begin), "%s", text.s);
	ck_assert_ptr_nonnull(strstr(text.s, devices[_i].has));
	ck_assert_msg(!strstr(text.s, devices[_i].lacks), "%s", text.s);
	done();
}
END_TEST

/* ---- the record ---------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	bool valid;
} records[] = {
	{ "10 a-b.scope unix:path=/run/bus", true },
	{ "01 a.slice unix:path=/x;unix:path=/y", true },
	{ "00 a\\x2b.scope unix:abstract=z", true },
	{ "", false },
	{ "1", false },
	{ "20 a.scope unix:", false },
	{ "1x a.scope unix:", false },
	{ "10a.scope unix:", false },
	{ "10  unix:", false },
	{ "10 a.scope", false },
	{ "10 a.scope ", false },
	{ "10 a.service unix:x", false },
	{ "10 sshd unix:x", false },
	{ "10 -.slice unix:x", false },
	{ "10 ../a.scope unix:x", false },
	{ "10 .scope unix:x", false },
	{ "10 a.scope unix:x y", false },
	{ "10 a.scope unix:x\ny", false },
};

START_TEST(record_rows)
{
	struct cgroup_unit u = { 0 };

	ck_assert_int_eq(unit_from_record(records[_i].text, &arena, &u),
			 records[_i].valid);
	if (records[_i].valid)
		ck_assert_str_eq(unit_record(&u, u.made, &arena), records[_i].text);
	done();
}
END_TEST

/* A whole cgroup with a unit through the record; a damaged unit is told. */
START_TEST(record_of_a_cgroup)
{
	const struct cgroup_unit u = { .name = "a.scope", .addresses = "unix:path=/x" };
	struct cgroup cg = { .manager = CGROUP_MANAGER_SYSTEMD, .unit = &u }, back;
	struct oci_map map;
	struct err e = { 0 };

	cg.unit_made = true;
	cgroup_record(&cg, &arena, &map);
	ck_assert_uint_eq(map.n, 1);
	ck_assert_str_eq(map.v[0].value, "10 a.scope unix:path=/x");
	ck_assert_int_eq(cgroup_from_record(&map, &arena, &back, &e), 0);
	ck_assert_int_eq(back.manager, CGROUP_MANAGER_SYSTEMD);
	ck_assert(back.unit_made);
	ck_assert_int_eq(cgroup_made_late(&back), HAVE_SYSTEMD);
	ck_assert_str_eq(back.unit->name, "a.scope");
	cgroup_close(&back);
	map.v[0].value = (char *)"10 passwd unix:x";
	ck_assert_int_eq(cgroup_from_record(&map, &arena, &back, &e), -1);
	ck_assert_str_eq(e.text,
			 "the state record is damaged: unit \"10 passwd unix:x\"");
	done();
}
END_TEST

/* ---- where the manager is --------------------------------------------------------------------------- */

START_TEST(outer_uids)
{
	static const struct {
		const char *map;
		uid_t uid, outer;
	} rows[] = {
		{ "         0          0 4294967295\n", 5, 5 },
		{ "0 1000 1\n1 100000 65536\n", 0, 1000 },
		{ "0 1000 1\n1 100000 65536\n", 7, 100006 },
		{ "0 1000 1\n1 100000 65536", 65536, 165535 },
		{ "0 1000 1\n", 3, 3 },
		{ "", 3, 3 },
		{ "x\n\n0", 3, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_uint_eq(cgroup_outer_uid(rows[i].map, rows[i].uid),
				  rows[i].outer);
}
END_TEST

START_TEST(manager_paths)
{
	static const struct {
		const char *own, *path;
	} rows[] = {
		{ "/user.slice/user-7.slice/user@7.service/app.slice/x",
		  "/user.slice/user-7.slice/user@7.service" },
		{ "/user.slice/user-7.slice/user@7.service",
		  "/user.slice/user-7.slice/user@7.service" },
		{ "/user.slice/user-7.slice/session-2.scope",
		  "/user.slice/user-7.slice/user@7.service" },
		{ "/user@.slice/user@x/user@9.service/init.scope",
		  "/user@.slice/user@x/user@9.service" },
		{ "/", "/user.slice/user-7.slice/user@7.service" },
		{ NULL, "/user.slice/user-7.slice/user@7.service" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_str_eq(cgroup_user_manager_path(rows[i].own, 7, &arena),
				 rows[i].path);
	done();
}
END_TEST

START_TEST(addresses)
{
	struct cgroup_request rq = { .system_bus = "unix:path=/s" };
	struct cgroup_facts f = { 0 };

	cgroup_facts_systemd(&rq, &arena, &f);
	if (!f.user_manager) {
		ck_assert_str_eq(f.bus, "unix:path=/s");
		ck_assert_str_eq(f.manager_path, "");
		rq.system_bus = "";
		cgroup_facts_systemd(&rq, &arena, &f);
		ck_assert_str_eq(f.bus, "unix:path=/run/dbus/system_bus_socket;"
					"unix:path=/run/systemd/private");
		done();
		return;
	}
	rq.runtime_dir = "/run/a;b%c";
	rq.session_bus = "unix:path=/x";
	cgroup_facts_systemd(&rq, &arena, &f);
	ck_assert_str_eq(f.bus, "unix:path=/x;unix:path=/run/a%3bb%25c/bus;"
				"unix:path=/run/a%3bb%25c/systemd/private");
	done();
}
END_TEST

/* ---- the whole plan ----------------------------------------------------------------------------------- */

enum { HAS = 1u << CGROUP_MEMORY | 1u << CGROUP_PIDS };

#define V2_FACTS .mode = CGROUP_V2, .n = 1, .h = { { "/cg", true, HAS, NULL, false, 0 } }

static const struct cgroup_facts of_system = { V2_FACTS, .bus = "unix:path=/s",
					       .manager_path = "" };
static const struct cgroup_facts of_user = { V2_FACTS, .user_manager = true,
					     .bus = "unix:path=/u",
					     .manager_path = "/user@7.service",
					     .manager_controllers = 1u << CGROUP_PIDS };
static const struct cgroup_facts of_v1 = {
	.mode = CGROUP_V1,
	.n = 3,
	.h = { { "/cg/mem", false, 1u << CGROUP_MEMORY, "/own", false, 0 },
	       { "/cg/cpuset", false, 1u << CGROUP_CPUSET, "/own", false, 0 },
	       { "/cg/frz", false, 1u << CGROUP_FREEZER, "/own", false, 0 } },
	.bus = "unix:path=/s",
	.manager_path = ""
};
static const struct cgroup_facts without = { .mode = CGROUP_NONE };

#define BASICS(slice)                                               \
	"property Description=s 'wolffia container ID'\n"           \
	"property Slice=s '" slice "'\n"                            \
	"property Delegate=b 1\nproperty DefaultDependencies=b 0\n" \
	"property CollectMode=s 'inactive-or-failed'\n"             \
	"property CPUAccounting=b 1\nproperty IOAccounting=b 1\n"   \
	"property MemoryAccounting=b 1\nproperty TasksAccounting=b 1\n"

static const struct {
	const struct cgroup_facts *facts;
	const char *path, *resources, *annotation, *value;
	const char *expected;
} plans[] = {
	{ &of_system, "m.slice:p:n", NULL, NULL, NULL,
	  "unit p-n.scope in m.slice\n" BASICS("m.slice") "dir /cg/m.slice/p-n.scope\n" },
	{ &of_system, "m.slice:p:n", "{\"pids\":{\"limit\":7}}", "KillSignal", "9",
	  "unit p-n.scope in m.slice\n" BASICS(
		  "m.slice") "property TasksMax=t 7\nproperty KillSignal=i 9\n"
			     "dir /cg/m.slice/p-n.scope enable pids\npids.max=7\n" },
	{ &of_user, NULL, "{\"pids\":{\"limit\":0}}", "Description", "'x'",
	  "unit wolffia-ID.scope in user.slice of the user\n"
	  "property Description=s 'x'\nproperty Slice=s 'user.slice'\n"
	  "property Delegate=b 1\nproperty DefaultDependencies=b 0\n"
	  "property CollectMode=s 'inactive-or-failed'\n"
	  "property CPUAccounting=b 1\nproperty IOAccounting=b 1\n"
	  "property MemoryAccounting=b 1\nproperty TasksAccounting=b 1\n"
	  "property TasksMax=t 1\n"
	  "dir /cg/user@7.service/user.slice/wolffia-ID.scope enable pids\n"
	  "late pids.max=0\n" },
	{ &of_user, NULL, "{\"memory\":{\"limit\":7}}", NULL, NULL,
	  "linux.resources.memory.limit: the controller memory is not delegated to the "
	  "caller: its cgroup is out of sight in /cg" },
	{ &of_system, "m.slice:p:n", NULL, "KillSignal", "x",
	  "annotations: org.systemd.property.KillSignal: expected a number at \"x\"" },
	{ &of_system, "-.slice::m.slice", NULL, NULL, NULL,
	  "unit m.slice in -.slice, itself a slice\n"
	  "property Description=s 'wolffia container ID'\n"
	  "property DefaultDependencies=b 0\n"
	  "property CollectMode=s 'inactive-or-failed'\n"
	  "property CPUAccounting=b 1\nproperty IOAccounting=b 1\n"
	  "property MemoryAccounting=b 1\nproperty TasksAccounting=b 1\n"
	  "dir /cg/m.slice\n" },
	/* v1: the unit's place in every hierarchy that is needed, systemd's or not */
	{ &of_v1, "m.slice:p:n", "{\"memory\":{\"limit\":7},\"cpu\":{\"cpus\":\"0\"}}",
	  NULL, NULL,
	  "unit p-n.scope in m.slice\n" BASICS(
		  "m.slice") "property MemoryLimit=t 7\nproperty AllowedCPUs=ay 1\n"
			     "dir /cg/mem/m.slice/p-n.scope\n"
			     "dir /cg/cpuset/m.slice/p-n.scope\n"
			     "dir /cg/frz/m.slice/p-n.scope\n"
			     "memory.limit_in_bytes=7\ncpuset.cpus=0\n" },
	{ &of_v1, "m.slice:p:n", "{\"pids\":{\"limit\":7}}", NULL, NULL,
	  "linux.resources.pids.limit: the requested cgroup controller `pids` is not "
	  "available" },
	{ &of_v1, "-.slice::m.slice", NULL, NULL, NULL,
	  "linux.cgroupsPath: -.slice::m.slice: a slice cannot be the container's own on "
	  "cgroup v1: systemd puts processes into scopes only" },
	{ &without, NULL, NULL, NULL, NULL,
	  "--systemd-cgroup: no cgroup hierarchy is mounted" },
};

START_TEST(plan_rows)
{
	auto_str key = { 0 }, s = { 0 };
	struct oci_pair pair;
	struct oci_map map = { plans[_i].annotation ? 1 : 0, &pair };
	struct cgroup_request rq = { .manager = CGROUP_MANAGER_SYSTEMD,
				     .id = "ID",
				     .path = plans[_i].path,
				     .annotations = &map,
				     .unprivileged = plans[_i].facts->user_manager };
	struct oci_resources *r = NULL;
	struct oci_error error;
	struct cgroup_plan plan;
	struct err e = { 0 };

	str_addf(&key, "org.systemd.property.%s", plans[_i].annotation ?: "");
	pair = (struct oci_pair){ key.s, (char *)plans[_i].value };
	if (plans[_i].resources)
		ck_assert_int_eq(oci_decode_resources(&arena, "r", plans[_i].resources,
						      strlen(plans[_i].resources), &r,
						      &error),
				 0);
	rq.resources = r;
	if (cgroup_plan_make(&rq, plans[_i].facts, &arena, &plan, &e) == 0)
		cgroup_plan_text(&plan, &s);
	else
		str_add(&s, e.text);
	ck_assert_str_eq(s.s, plans[_i].expected);
	done();
}
END_TEST

/* ---- run.oci.delegate-cgroup ------------------------------------------------------------------- */

START_TEST(paths_below)
{
	static const struct {
		const char *path, *error;
	} rows[] = {
		{ "a", NULL },
		{ "a/b.c/d", NULL },
		{ "", "expected a path beneath the container's cgroup" },
		{ "/a", "expected a path beneath the container's cgroup" },
		{ "a//b", "a component is empty" },
		{ "a/", "a component is empty" },
		{ "..", "\"..\" is no name for a cgroup" },
		{ "a/../../b", "\"..\" is no name for a cgroup" },
		{ ".", "\".\" is no name for a cgroup" },
		{ "a/cgroup.procs", "\"cgroup.procs\" is no name for a cgroup" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err e = { 0 };

		ck_assert_int_eq(cgroup_below_check(rows[i].path, &e),
				 rows[i].error ? -1 : 0);
		ck_assert_str_eq(e.text, rows[i].error ? rows[i].error : "");
	}
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, paths_below);
	tcase_add_loop_test(t, unit_names, 0, ROWS(names));
	tcase_add_loop_test(t, annotation_rows, 0, ROWS(annotations));
	tcase_add_test(t, annotation_list_too_long);
	tcase_add_test(t, one_of_a_name);
	tcase_add_loop_test(t, limit_rows, 0, ROWS(limits));
	tcase_add_loop_test(t, device_rows, 0, ROWS(devices));
	tcase_add_loop_test(t, record_rows, 0, ROWS(records));
	tcase_add_test(t, record_of_a_cgroup);
	tcase_add_test(t, outer_uids);
	tcase_add_test(t, manager_paths);
	tcase_add_test(t, addresses);
	tcase_add_loop_test(t, plan_rows, 0, HAVE_SYSTEMD ? ROWS(plans) : 0);
}

int main(void)
{
	return suite_run("systemd", fill);
}
