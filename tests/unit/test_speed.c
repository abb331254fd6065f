/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the figures of a helper mean (net/speed.h). How they are taken: cli/net-speed.bats. */
#include "net/speed.h"

#include <check.h>
#include <stdlib.h>

#define SYSCTL "--sysctl 'net.ipv4.tcp_wmem=4096 16384 262144': "

static const struct {
	struct net_speed speed; /* tried, up, down, bounded: kbit/s */
	enum net_speed_verdict verdict;
	const char *text;
	const char *pasta, *slirp; /* cures of what is slow */
} rows[] = {
	{ { true, 4530000, 4290000, 0 },
	  NET_SPEED_OK,
	  "4.53 Gbit/s up, 4.29 down",
	  NULL,
	  NULL },
	/* the limit itself is no fault */
	{ { true, 100000, 1000000, 0 },
	  NET_SPEED_OK,
	  "0.10 Gbit/s up, 1.00 down",
	  NULL,
	  NULL },
	{ { true, 99999, 1000000, 990000 },
	  NET_SPEED_SLOW,
	  "0.10 Gbit/s up, 1.00 down",
	  SYSCTL "0.99 up here",
	  SYSCTL "0.99 up here" },
	{ { true, 60000, 4390000, 4530000 },
	  NET_SPEED_SLOW,
	  "0.06 Gbit/s up, 4.39 down",
	  SYSCTL "4.53 up here",
	  SYSCTL "4.53 up here" },
	/* a cure that does not cure is not told */
	{ { true, 5000, 1000000, 99999 },
	  NET_SPEED_SLOW,
	  "0.01 Gbit/s up, 1.00 down",
	  "a newer pasta, or --net slirp4netns",
	  "a newer slirp4netns, or --net pasta" },
	{ { true, 5000, 1000000, 0 },
	  NET_SPEED_SLOW,
	  "0.01 Gbit/s up, 1.00 down",
	  "a newer pasta, or --net slirp4netns",
	  "a newer slirp4netns, or --net pasta" },
	/* a machine so slow that both are little */
	{ { true, 1, 9, 0 }, NET_SPEED_OK, "0.00 Gbit/s up, 0.00 down", NULL, NULL },
	{ { true, 0, 0, 0 }, NET_SPEED_NOTHING, "0.00 Gbit/s up, 0.00 down", NULL, NULL },
	{ { true, 0, 1000000, 0 },
	  NET_SPEED_NOTHING,
	  "0.00 Gbit/s up, 1.00 down",
	  NULL,
	  NULL },
	{ { true, 1000000, 0, 0 },
	  NET_SPEED_NOTHING,
	  "1.00 Gbit/s up, 0.00 down",
	  NULL,
	  NULL },
	{ { true, 123994999, 123995000, 0 },
	  NET_SPEED_OK,
	  "123.99 Gbit/s up, 124.00 down",
	  NULL,
	  NULL },
};

START_TEST(judged)
{
	const struct net_speed *s = &rows[_i].speed;
	auto_str text = { 0 }, pasta = { 0 }, slirp = { 0 };

	ck_assert_int_eq(net_speed_judge(s), rows[_i].verdict);
	net_speed_text(s, &text);
	ck_assert_str_eq(text.s, rows[_i].text);
	if (!rows[_i].pasta)
		return;
	net_speed_cure(s, NET_PASTA, &pasta);
	ck_assert_str_eq(pasta.s, rows[_i].pasta);
	net_speed_cure(s, NET_SLIRP, &slirp);
	ck_assert_str_eq(slirp.s, rows[_i].slirp);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("speed");
	TCase *t = tcase_create("speed");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, judged, 0, ARRAY_SIZE(rows));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
