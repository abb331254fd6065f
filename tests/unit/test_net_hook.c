/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net-hook: what is read from the options and from a container's state (R17). */
#include "base/str.h"
#include "run/net.h"
#include "run/run.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *net, *port;
	enum net_mode mode;
	const char *error;
} requests[] = {
	{ NULL, NULL, NET_AUTO, NULL },
	{ "auto", NULL, NET_AUTO, NULL },
	{ "none", NULL, NET_NONE, NULL },
	{ "pasta:mtu=1500", NULL, NET_PASTA, NULL },
	{ "slirp4netns", NULL, NET_SLIRP, NULL },
	{ "proxy:80", NULL, NET_PROXY, NULL },
	{ NULL, "8080:80", NET_AUTO, NULL },
	{ "auto:ipv4", "8080:80/udp", NET_AUTO, NULL },
	{ "pasta", "8080:80", NET_PASTA, NULL },
	{ "slirp4netns", "8080:80", NET_SLIRP, NULL },
	{ "none", "8080:80", 0, "ports cannot be published with the network none" },
	{ "proxy:80", "8080:80", 0, "ports cannot be published with the network proxy" },
	{ "pasta", "80", 0, "--publish: 80: expected [IP:]PORT:PORT" },
	{ "bridge", NULL, 0, "--net: bridge: expected none, auto, pasta" },
	{ "", NULL, 0, "expected none, auto, pasta" },
};

START_TEST(test_request)
{
	const struct run_net_hook_args args = { requests[_i].net, &requests[_i].port,
						requests[_i].port != NULL };
	struct net_request rq = { .mode = NET_MODES };
	struct err e = { 0 };
	int rc = net_hook_request(&args, &rq, &e);

	ck_assert_msg((rc < 0) == (requests[_i].error != NULL), "%s", e.text);
	if (rc < 0) {
		ck_assert_msg(strstr(e.text, requests[_i].error) != NULL, "%s", e.text);
		ck_assert_int_eq((int)rq.mode, NET_MODES);
		return;
	}
	ck_assert_int_eq((int)rq.mode, (int)requests[_i].mode);
	ck_assert_uint_eq(rq.n_ports, args.n_publish);
}
END_TEST

#define STATE(rest) \
	"{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"creating\"," rest "}"

static const struct {
	const char *text;
	pid_t pid;
	const char *error;
} states[] = {
	{ STATE("\"pid\":4711,\"bundle\":\"/b\""), 4711, NULL },
	/* as crun and runc write it */
	{ "{\"ociVersion\":\"1.0.2-dev\",\"id\":\"x\",\"pid\":7,\"root\":\"/b/rootfs\","
	  "\"bundle\":\"/"
	  "b\",\"status\":\"created\",\"annotations\":{\"a\":\"b\"},\"more\":1}",
	  7, NULL },
	{ STATE("\"pid\":2147483647,\"bundle\":\"/b\""), INT32_MAX, NULL },
	{ STATE("\"pid\":2147483648,\"bundle\":\"/b\""), 0, "" },
	{ STATE("\"pid\":0,\"bundle\":\"/b\""), 0,
	  "the state of container a has no process" },
	{ STATE("\"bundle\":\"/b\""), 0, "the state of container a has no process" },
	{ STATE("\"pid\":-1,\"bundle\":\"/b\""), 0, "" },
	{ STATE("\"pid\":\"4711\",\"bundle\":\"/b\""), 0, "standard input" },
	{ STATE("\"pid\":4711,\"bundle\":\"/b\"") "{}", 0, "standard input" },
	{ "{\"pid\":4711}", 0, "standard input" },
	{ "4711", 0, "standard input" },
	{ "", 0, "standard input" },
};

START_TEST(test_state)
{
	struct oci_arena arena = { 0 };
	struct err e = { 0 };
	pid_t pid = 1;
	int rc = net_hook_pid(&arena, states[_i].text, strlen(states[_i].text), &pid, &e);

	oci_arena_free(&arena);
	ck_assert_msg((rc < 0) == (states[_i].error != NULL), "%s", e.text);
	ck_assert_int_eq(pid, rc < 0 ? 1 : states[_i].pid);
	if (rc < 0)
		ck_assert_msg(strstr(e.text, states[_i].error) != NULL, "%s", e.text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net_hook");
	TCase *c = tcase_create("rows");
	SRunner *r;
	int failed;

	tcase_add_loop_test(c, test_request, 0, (int)ARRAY_SIZE(requests));
	tcase_add_loop_test(c, test_state, 0, (int)ARRAY_SIZE(states));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
