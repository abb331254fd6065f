/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder: values land in the structs, every kind of broken document is refused with
 * its place, whole or in pieces.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libocispec/oci.h"
#include "oci_sample.h"

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))
#define HEAD	 "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"}"

static struct oci_config *decode(struct oci_arena *arena, const char *text)
{
	struct oci_config *config = NULL;
	struct oci_error error;
	int rc = oci_decode_config(arena, "config.json", text, strlen(text), &config,
				   &error);

	ck_assert_msg(rc == 0, "%s", error.text);
	ck_assert_ptr_nonnull(config);
	return config;
}

/* ---- values ------------------------------------------------------------------------ */

START_TEST(process_values)
{
	struct oci_arena arena = { 0 };
	const struct oci_process *p = decode(&arena, sample_full)->process;

	ck_assert(p->terminal);
	ck_assert_uint_eq(p->console_size->height, 24);
	ck_assert_uint_eq(p->user.uid, 1000);
	ck_assert(p->user.umask.set);
	ck_assert_uint_eq(p->user.umask.v, 022);
	ck_assert_uint_eq(p->user.additional_gids.n, 2);
	ck_assert_uint_eq(p->user.additional_gids.v[1], 6);
	ck_assert_uint_eq(p->args.n, 3);
	ck_assert_str_eq(p->args.v[2], "echo \"a\\b\" \xc3\xa4\n");
	ck_assert_ptr_null(p->args.v[3]);
	ck_assert_uint_eq(p->capabilities->inheritable.n, 0);
	ck_assert_ptr_nonnull(p->capabilities->inheritable.v);
	ck_assert_uint_eq(p->rlimits.n, 2);
	ck_assert_uint_eq(p->rlimits.v[0].hard, UINT64_MAX);
	ck_assert_str_eq(p->rlimits.v[1].type, "RLIMIT_CORE");
	ck_assert_int_eq(p->oom_score_adj.v, -5);
	ck_assert_int_eq(p->scheduler->policy, OCI_SCHED_DEADLINE);
	ck_assert_int_eq(p->scheduler->flags.v[1], OCI_SCHED_FLAG_UTIL_CLAMP_MAX);
	ck_assert_int_eq(p->io_priority->class, OCI_IOPRIO_CLASS_BE);
	ck_assert_str_eq(p->exec_cpu_affinity->final, "");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(document_values)
{
	struct oci_arena arena = { 0 };
	const struct oci_config *c = decode(&arena, sample_full);

	ck_assert_str_eq(c->oci_version, "1.3.0");
	ck_assert_str_eq(c->root->path, "rootfs");
	ck_assert(c->root->readonly);
	ck_assert_uint_eq(c->mounts.n, 2);
	ck_assert_ptr_null(c->mounts.v[1].type);
	ck_assert_uint_eq(c->mounts.v[1].gid_mappings.v[0].host_id, 100000);
	ck_assert_uint_eq(c->hooks->poststop.n, 2);
	ck_assert_int_eq(c->hooks->poststop.v[0].timeout.v, 5);
	ck_assert(!c->hooks->poststop.v[1].timeout.set);
	ck_assert_uint_eq(c->annotations.n, 2);
	ck_assert_str_eq(c->annotations.v[1].key, "org.example.b");
	ck_assert_str_eq(c->annotations.v[1].value, "");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(linux_values)
{
	struct oci_arena arena = { 0 };
	const struct oci_linux *l = decode(&arena, sample_full)->linux;

	ck_assert_uint_eq(l->namespaces.n, 8);
	ck_assert_int_eq(l->namespaces.v[7].type, OCI_NS_TIME);
	ck_assert_str_eq(l->namespaces.v[1].path, "/run/netns/a");
	ck_assert_uint_eq(l->net_devices.n, 2);
	ck_assert_str_eq(l->net_devices.v[0].key, "eth0");
	ck_assert_str_eq(l->net_devices.v[0].name, "c%d");
	ck_assert_ptr_null(l->net_devices.v[1].name);
	ck_assert_int_eq(l->resources->devices.v[1].minor.v, -1);
	ck_assert_int_eq(l->resources->memory->limit.v, -1);
	ck_assert(l->resources->memory->disable_oom_killer.set);
	ck_assert(!l->resources->memory->disable_oom_killer.v);
	ck_assert(l->resources->pids->limit.set);
	ck_assert_str_eq(l->resources->rdma.v[0].key, "mlx5_1");
	ck_assert_uint_eq(l->resources->rdma.v[0].hca_objects.v, 10000);
	ck_assert_uint_eq(l->seccomp->syscalls.n, 3);
	ck_assert_uint_eq(l->seccomp->syscalls.v[1].args.v[0].value, UINT64_MAX);
	ck_assert_int_eq(l->seccomp->architectures.v[1], OCI_ARCH_SHEB);
	ck_assert_int_eq(l->rootfs_propagation, OCI_PROP_RSLAVE);
	ck_assert_int_eq(l->time_offsets->boottime->secs, -604800);
	ck_assert_str_eq(l->devices.v[1].type, "p");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(absent_and_null)
{
	struct oci_arena arena = { 0 };
	const struct oci_config *c =
		decode(&arena, HEAD ",\"process\":null,\"mounts\":[],\"hostname\":null,"
				    "\"linux\":{\"namespaces\":null,\"seccomp\":null,"
				    "\"rootfsPropagation\":null}}");

	ck_assert_ptr_null(c->process);
	ck_assert_ptr_null(c->hostname);
	ck_assert_ptr_nonnull(c->mounts.v); /* [] is not the same as absent */
	ck_assert_uint_eq(c->mounts.n, 0);
	ck_assert_ptr_null(c->linux->namespaces.v);
	ck_assert_ptr_null(c->linux->seccomp);
	ck_assert_int_eq(c->linux->rootfs_propagation, OCI_PROP_UNSET);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(unknown_is_skipped)
{
	struct oci_arena arena = { 0 };
	const struct oci_config *c =
		decode(&arena, HEAD
		       ",\"windows\":{\"a\":[1,2.5e3,{\"root\":null}],\"b\":\"\\u0000\"},"
		       "\"hostname\":\"h\",\"x\":[[],[[]]],\"y\":1e999,\"z\":null}");

	ck_assert_str_eq(c->hostname, "h");
	ck_assert_str_eq(c->root->path, "r");
	oci_arena_free(&arena);
}
END_TEST

/* ---- documents that are refused ----------------------------------------------------------- */

struct bad_row {
	const char *text;
	const char *error; /* behind "config.json:" */
};

static const struct bad_row bad[] = {
	/* not JSON, or not one object */
	{ "", "1:1: the document ends too early, expected a complete object" },
	{ " \n\n ", "3:2: the document ends too early, expected a complete object" },
	{ HEAD, "1:42: the document ends too early, expected a complete object" },
	{ HEAD ",\"mounts\":[{\"type\":\"a\"",
	  "1:64: mounts[0]: the document ends too early, expected a complete object" },
	{ "[]", "1:1: got a list, expected an object" },
	{ "null", "1:1: got null, expected an object" },
	{ "\"a\"", "1:1: got a string, expected an object" },
	{ "true", "1:1: got true, expected an object" },
	{ " 12 ", "1:2: got a number, expected an object" },
	{ HEAD "} x", "1:44: not valid JSON: parse error: trailing garbage" },
	{ HEAD "}\n{}", "2:1: not valid JSON: parse error: trailing garbage" },
	{ HEAD ",}",
	  "1:43: not valid JSON: parse error: invalid object key (must be a string)" },
	{ HEAD ",\"hostname\":'x'}",
	  "1:54: hostname: not valid JSON: lexical error: invalid char in json text." },
	/* UTF-8 and strings */
	{ HEAD ",\"hostname\":\"\xff\"}",
	  "1:55: hostname: not valid JSON: the text is not valid UTF-8" },
	{ HEAD ",\"hostname\":\"\xc0\x80\"}",
	  "1:55: hostname: not valid JSON: the text is not valid UTF-8" },
	{ HEAD ",\"hostname\":\"\xed\xa0\x80\"}",
	  "1:56: hostname: not valid JSON: the text is not valid UTF-8" },
	{ HEAD ",\"hostname\":\"\xf4\x90\x80\x80\"}",
	  "1:56: hostname: not valid JSON: the text is not valid UTF-8" },
	{ HEAD ",\"hostname\":\"a\\u0000b\"}",
	  "1:54: hostname: got a NUL character, expected text without it" },
	{ HEAD ",\"annotations\":{\"a\\u0000b\":\"\"}}",
	  "1:58: annotations[\"a\\u0000b\"]: got a NUL character, expected a name "
	  "without it" },
	{ HEAD ",\"hostname\":\"\\\"\\\\\\ud800\"}",
	  "1:54: hostname: got half a surrogate pair, expected valid Unicode" },
	{ HEAD ",\"hostname\":\"\\ud800\\u0041\"}",
	  "1:54: hostname: got half a surrogate pair, expected valid Unicode" },
	{ HEAD ",\"a\":\"\\udc00\"}",
	  "1:47: got half a surrogate pair, expected valid Unicode" },
	/* names */
	{ HEAD ",\n \"root\":{\"path\":\"r\"}}",
	  "2:2: root: this name is given twice, expected it once" },
	{ HEAD ",\"root\":null}",
	  "1:43: root: this name is given twice, expected it once" },
	{ HEAD ",\"x\":1,\"x\":2}",
	  "1:49: [\"x\"]: this name is given twice, expected it once" },
	{ HEAD ",\"x\":{\"a\":[{\"b\":1,\"b\":1}]}}",
	  "1:60: [\"b\"]: this name is given twice, expected it once" },
	{ HEAD ",\"annotations\":{\"a\":\"\",\"b\":\"\",\"a\":\"\"}}",
	  "1:72: annotations[\"a\"]: this name is given twice, expected it once" },
	{ HEAD ",\"annotations\":{\"a\":\"\",\"\\u0061\":\"\"}}",
	  "1:65: annotations[\"a\"]: this name is given twice, expected it once" },
	{ HEAD ",\"linux\":{\"netDevices\":{\"e0\":{},\"e0\":{}}}}",
	  "1:74: linux.netDevices[\"e0\"]: this name is given twice, expected it once" },
	/* types */
	{ "{\"ociVersion\":1}", "1:15: ociVersion: got a number, expected a string" },
	{ HEAD ",\"process\":[]}", "1:53: process: got a list, expected an object" },
	{ HEAD ",\"process\":{\"args\":\"sh\"}}",
	  "1:61: process.args: got a string, expected a list of strings" },
	{ HEAD ",\"process\":{\"args\":[\"a\",1]}}",
	  "1:66: process.args[1]: got a number, expected a string" },
	{ HEAD ",\"process\":{\"args\":[[]]}}",
	  "1:62: process.args[0]: got a list, expected a string" },
	{ HEAD ",\"process\":{\"args\":[null]}}",
	  "1:62: process.args[0]: got null, expected a string" },
	{ HEAD ",\"process\":{\"env\":{}}}",
	  "1:60: process.env: got an object, expected a list of strings" },
	{ HEAD ",\"process\":{\"terminal\":\"true\"}}",
	  "1:65: process.terminal: got a string, expected true or false" },
	{ HEAD ",\"process\":{\"user\":{\"uid\":\"0\"}}}",
	  "1:68: process.user.uid: got a string, expected an integer from 0 to "
	  "4294967294" },
	{ HEAD ",\"process\":{\"user\":{\"uid\":true}}}",
	  "1:68: process.user.uid: got true, expected an integer from 0 to 4294967294" },
	{ HEAD ",\"process\":{\"user\":{\"additionalGids\":[false]}}}",
	  "1:80: process.user.additionalGids[0]: got false, "
	  "expected an integer from 0 to 4294967294" },
	{ HEAD ",\"process\":{\"user\":{\"additionalGids\":{}}}}",
	  "1:79: process.user.additionalGids: got an object, expected a list of "
	  "integers" },
	{ HEAD ",\"linux\":{\"namespaces\":[{\"type\":\"a\\\"\\\\\"}]}}",
	  "1:74: linux.namespaces[0].type: got \"a\\\"\\\\\", expected one of pid, "
	  "network, "
	  "mount, ipc, uts, user, cgroup, time" },
	{ HEAD
	  ",\"process\":{\"cwd\":\"01234567890123456789012345678901234567890123456789"
	  "012345678\xe2\x82\xac\"}}",
	  "1:60: process.cwd: got \"01234567890123456789012345678901234567890123456789"
	  "012345678...\", expected an absolute path" },
	{ HEAD ",\"mounts\":{}}",
	  "1:52: mounts: got an object, expected a list of objects" },
	{ HEAD ",\"mounts\":[1]}", "1:53: mounts[0]: got a number, expected an object" },
	{ HEAD ",\"annotations\":[]}",
	  "1:57: annotations: got a list, expected an object of strings" },
	{ HEAD ",\"annotations\":{\"a\":null}}",
	  "1:62: annotations[\"a\"]: got null, expected a string" },
	{ HEAD ",\"linux\":{\"cgroupsPath\":5}}",
	  "1:66: linux.cgroupsPath: got a number, expected a string" },
	{ HEAD ",\"linux\":{\"netDevices\":[]}}",
	  "1:65: linux.netDevices: got a list, expected an object of objects" },
	{ HEAD ",\"linux\":{\"netDevices\":{\"e\":\"x\"}}}",
	  "1:70: linux.netDevices[\"e\"]: got a string, expected an object" },
	{ HEAD ",\"linux\":{\"rootfsPropagation\":1}}",
	  "1:72: linux.rootfsPropagation: got a number, expected a string" },
	{ HEAD ",\"linux\":{\"resources\":{\"pids\":{\"limit\":\"many\"}}}}",
	  "1:81: linux.resources.pids.limit: got a string, "
	  "expected an integer from -1 to 9223372036854775807" },
	/* missing members: the place is that of their object */
	{ "{\"root\":{\"path\":\"r\"}}", "1:1: ociVersion: missing, expected a string" },
	{ "{\"ociVersion\":null,\"root\":{\"path\":\"r\"}}",
	  "1:1: ociVersion: missing, expected a string" },
	{ "{\"ociVersion\":\"1.0.0\"}", "1:1: root: missing, expected an object" },
	{ "{\"ociVersion\":\"1.0.0\",\n\"root\":{}}",
	  "2:8: root.path: missing, expected a string" },
	{ HEAD ",\"mounts\":[{\"type\":\"x\"}]}",
	  "1:53: mounts[0].destination: missing, expected a string" },
	{ HEAD ",\"linux\":{\"seccomp\":{}}}",
	  "1:62: linux.seccomp.defaultAction: missing, expected a string" },
};

START_TEST(bad_documents)
{
	struct oci_arena arena = { 0 };
	struct oci_config *config = NULL;
	struct oci_error error;
	char expected[300], place[40];

	(void)snprintf(expected, sizeof(expected), "config.json:%s", bad[_i].error);
	ck_assert_int_eq(oci_decode_config(&arena, "config.json", bad[_i].text,
					   strlen(bad[_i].text), &config, &error),
			 -1);
	ck_assert_str_eq(error.text, expected);
	ck_assert_ptr_null(config);
	(void)snprintf(place, sizeof(place), "config.json:%u:%u:", error.line,
		       error.column);
	ck_assert_int_eq(strncmp(error.text, place, strlen(place)), 0);
	oci_arena_free(&arena);
}
END_TEST

/* ---- numbers ---------------------------------------------------------------------------- */

static const struct {
	const char *number;
	bool good;
} numbers[] = {
	{ "0", true },
	{ "-1000", true },
	{ "1000", true },
	{ "-1001", false },
	{ "1001", false },
	{ "1.0", false },
	{ "1e2", false },
	{ "1E2", false },
	{ "0.0", false },
	{ "-0", false },
	{ "-1", true },
	{ "99999999999999999999", false },
	{ "-99999999999999999999", false },
	{ "18446744073709551615", false },
};

START_TEST(integer_forms)
{
	struct oci_arena arena = { 0 };
	struct oci_config *config;
	struct oci_error error;
	char text[300];
	int n = snprintf(text, sizeof(text),
			 HEAD ",\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],"
			      "\"oomScoreAdj\":%s}}",
			 numbers[_i].number);
	int rc = oci_decode_config(&arena, "c", text, (size_t)n, &config, &error);

	ck_assert_int_eq(rc, numbers[_i].good ? 0 : -1);
	if (rc == 0)
		ck_assert_int_eq(config->process->oom_score_adj.v,
				 atoi(numbers[_i].number));
	oci_arena_free(&arena);
}
END_TEST

/* ---- pieces --------------------------------------------------------------------------------- */

static int feed(struct oci_arena *arena, const char *text, size_t piece, void **ret,
		struct oci_error *error)
{
	struct oci_decoder *d =
		oci_decoder_new(arena, &oci_type_config, "config.json", error);
	size_t len = strlen(text);

	ck_assert_ptr_nonnull(d);
	for (size_t at = 0; at < len; at += piece) {
		if (oci_decoder_feed(d, text + at, piece < len - at ? piece : len - at) <
		    0)
			return -1;
	}
	return oci_decoder_end(d, ret);
}

START_TEST(pieces_make_the_whole)
{
	struct oci_arena a = { 0 }, b = { 0 };
	struct oci_error error;
	void *config;
	char *one, *other;

	ck_assert_int_eq(feed(&a, sample_full, (size_t)_i, &config, &error), 0);
	one = oci_encode(&a, &oci_type_config, config, 0, NULL);
	other = oci_encode(&b, &oci_type_config, decode(&b, sample_full), 0, NULL);
	ck_assert_str_eq(one, other);
	oci_arena_free(&a);
	oci_arena_free(&b);
}
END_TEST

/* The same refusals; places may be a little later. */
START_TEST(bad_pieces)
{
	struct oci_arena arena = { 0 };
	struct oci_error error;
	void *config;
	const char *what = strstr(bad[_i].error, ": ");

	if (strstr(what, "surrogate") != NULL)
		return; /* not seen when the string is cut */
	ck_assert_int_eq(feed(&arena, bad[_i].text, 1, &config, &error), -1);
	ck_assert_msg(strstr(error.text, what) != NULL, "%s", error.text);
	oci_arena_free(&arena);
}
END_TEST

/* ---- other documents --------------------------------------------------------------------------- */

START_TEST(process_alone)
{
	static const char text[] =
		"{\"args\":[\"id\"],\"cwd\":\"/\",\"user\":{\"uid\":1,\"gid\":2}}";
	struct oci_arena arena = { 0 };
	struct oci_process *p;
	struct oci_error error;

	ck_assert_int_eq(oci_decode_process(&arena, "p", text, strlen(text), &p, &error),
			 0);
	ck_assert_uint_eq(p->user.gid, 2);
	ck_assert_int_eq(
		oci_decode_process(&arena, "p", "{\"args\":[\"a\"]}", 14, &p, &error),
		-1);
	ck_assert_str_eq(error.text, "p:1:1: cwd: missing, expected a string");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(resources_alone)
{
	static const char text[] =
		"{\"memory\":{\"limit\":100},\"unified\":{\"cpu.max\":\"1\"}}";
	struct oci_arena arena = { 0 };
	struct oci_resources *r;
	struct oci_error error;

	ck_assert_int_eq(
		oci_decode_resources(&arena, "-", text, strlen(text), &r, &error), 0);
	ck_assert_int_eq(r->memory->limit.v, 100);
	ck_assert_str_eq(r->unified.v[0].key, "cpu.max");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(state_alone)
{
	static const char text[] =
		"{\"ociVersion\":\"1.2.0\",\"id\":\"a\",\"pid\":0,"
		"\"status\":\"stopped\",\"bundle\":\"/b\",\"owner\":\"\"}";
	struct oci_arena arena = { 0 };
	struct oci_state *s;
	struct oci_error error;

	ck_assert_int_eq(oci_decode_state(&arena, "s", text, strlen(text), &s, &error),
			 0);
	ck_assert(s->pid.set);
	ck_assert_int_eq(s->status, OCI_STATUS_STOPPED);
	ck_assert_ptr_null(s->created);
	ck_assert_int_eq(oci_decode_state(&arena, "s", "{}", 2, &s, &error), -1);
	ck_assert_str_eq(error.text, "s:1:1: ociVersion: missing, expected a string");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(states)
{
	static const char text[] = "{\"ociVersion\":\"1.2.0\",\"fds\":[\"seccompFd\"],"
				   "\"pid\":7,\"metadata\":\"m\","
				   "\"state\":{\"ociVersion\":\"1.2.0\",\"id\":\"a\","
				   "\"status\":\"creating\","
				   "\"pid\":7,\"bundle\":\"/b\"}}";
	struct oci_arena arena = { 0 };
	struct oci_process_state *s;
	struct oci_features *f;
	struct oci_error error;

	ck_assert_int_eq(
		oci_decode_process_state(&arena, "s", text, strlen(text), &s, &error), 0);
	ck_assert_int_eq(s->state->status, OCI_STATUS_CREATING);
	ck_assert_int_eq(oci_decode_features(&arena, "f", "{\"ociVersionMin\":\"1.0.0\"}",
					     25, &f, &error),
			 -1);
	ck_assert_str_eq(error.text, "f:1:1: ociVersionMax: missing, expected a string");
	oci_arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decode");
	TCase *tc = tcase_create("decode");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, process_values);
	tcase_add_test(tc, document_values);
	tcase_add_test(tc, linux_values);
	tcase_add_test(tc, absent_and_null);
	tcase_add_test(tc, unknown_is_skipped);
	tcase_add_loop_test(tc, bad_documents, 0, N(bad));
	tcase_add_loop_test(tc, integer_forms, 0, N(numbers));
	tcase_add_loop_test(tc, pieces_make_the_whole, 1, 20);
	tcase_add_loop_test(tc, bad_pieces, 0, N(bad));
	tcase_add_test(tc, process_alone);
	tcase_add_test(tc, resources_alone);
	tcase_add_test(tc, state_alone);
	tcase_add_test(tc, states);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
