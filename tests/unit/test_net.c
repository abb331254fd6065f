/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks: words and ports, command lines of the helpers, their last words, files (R12-R21). */
#include "base/str.h"
#include "net/forward_udp.h"
#include "net/plan.h"
#include "net/text.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>

/* ---- words ---------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	struct net_request want; /* mode NET_MODES: refused */
} modes[] = {
	{ "none", { .mode = NET_NONE } },
	{ "auto", { .mode = NET_AUTO } },
	{ "pasta", { .mode = NET_PASTA } },
	{ "slirp4netns", { .mode = NET_SLIRP } },
	{ "pasta:host-access", { .mode = NET_PASTA, .host_access = true } },
	{ "auto:ipv4,mtu=1500", { .mode = NET_AUTO, .ipv4_only = true, .mtu = 1500 } },
	{ "slirp4netns:mtu=65520", { .mode = NET_SLIRP, .mtu = 65520 } },
	{ "proxy:8888", { .mode = NET_PROXY, .proxy = 8888 } },
	{ "proxy:1", { .mode = NET_PROXY, .proxy = 1 } },
	{ "proxy:65535", { .mode = NET_PROXY, .proxy = 65535 } },
	{ "pasta:", { .mode = NET_PASTA } },
	{ "", { .mode = NET_MODES } },
	{ "bridge", { .mode = NET_MODES } },
	{ "Pasta", { .mode = NET_MODES } },
	{ "none:ipv4", { .mode = NET_MODES } },
	{ "pasta:-T,auto", { .mode = NET_MODES } },
	{ "pasta:mtu=", { .mode = NET_MODES } },
	{ "pasta:mtu=10", { .mode = NET_MODES } },
	{ "pasta:mtu=65521", { .mode = NET_MODES } },
	{ "pasta:wait=30", { .mode = NET_PASTA, .wait_s = 30 } },
	{ "auto:wait=600,mtu=576", { .mode = NET_AUTO, .wait_s = 600, .mtu = 576 } },
	{ "auto:wait=0", { .mode = NET_MODES } },
	{ "auto:wait=601", { .mode = NET_MODES } },
	{ "auto:wait=1s", { .mode = NET_MODES } },
	{ "pasta:host-access,", { .mode = NET_PASTA, .host_access = true } },
	{ "pasta,host-access", { .mode = NET_MODES } },
	{ "proxy", { .mode = NET_MODES } },
	{ "proxy:", { .mode = NET_MODES } },
	{ "proxy:0", { .mode = NET_MODES } },
	{ "proxy:65536", { .mode = NET_MODES } },
	{ "proxy:8888,ipv4", { .mode = NET_MODES } },
	{ "proxy:http", { .mode = NET_MODES } },
};

START_TEST(test_mode)
{
	const struct net_request *want = &modes[_i].want;
	struct net_request rq = { .n_ports = 0 };
	struct err e = { 0 };
	int rc = net_parse_mode(modes[_i].text, &rq, &e);

	if (want->mode == NET_MODES) {
		ck_assert_int_eq(rc, -1);
		ck_assert_ptr_nonnull(strstr(e.text, "expected "));
		ck_assert_int_eq((int)rq.mode, NET_NONE);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq((int)rq.mode, (int)want->mode);
	ck_assert_int_eq(rq.host_access, want->host_access);
	ck_assert_int_eq(rq.ipv4_only, want->ipv4_only);
	ck_assert_uint_eq(rq.mtu, want->mtu);
	ck_assert_uint_eq(rq.wait_s, want->wait_s);
	ck_assert_uint_eq(rq.proxy, want->proxy);
}
END_TEST

static const struct {
	const char *text;
	struct net_port want; /* host 0: refused */
} ports[] = {
	{ "8080:80", { "127.0.0.1", 8080, 80, false } },
	{ "8080:80/tcp", { "127.0.0.1", 8080, 80, false } },
	{ "53:5353/udp", { "127.0.0.1", 53, 5353, true } },
	{ "0.0.0.0:1:2", { "0.0.0.0", 1, 2, false } },
	{ "10.9.8.1:65535:65535", { "10.9.8.1", 65535, 65535, false } },
	{ "[::1]:8080:80/udp", { "::1", 8080, 80, true } },
	{ "[::]:8080:80", { "::", 8080, 80, false } },
	{ "", { "", 0, 0, false } },
	{ "80", { "", 0, 0, false } },
	{ ":80", { "", 0, 0, false } },
	{ "80:", { "", 0, 0, false } },
	{ "0:80", { "", 0, 0, false } },
	{ "80:0", { "", 0, 0, false } },
	{ "65536:80", { "", 0, 0, false } },
	{ "80:80/sctp", { "", 0, 0, false } },
	{ "80:80/", { "", 0, 0, false } },
	{ "80/tcp:80", { "", 0, 0, false } },
	{ "[::1]:8-8:80-80/udp", { "::1", 8, 80, true } },
	{ "80-81:80", { "", 0, 0, false } },
	{ "80-81:80-82", { "", 0, 0, false } },
	{ "81-80:81-80", { "", 0, 0, false } },
	{ "80-:80", { "", 0, 0, false } },
	{ "-80:80", { "", 0, 0, false } },
	{ "80-81-82:80-81-82", { "", 0, 0, false } },
	{ "65535-65536:1-2", { "", 0, 0, false } },
	{ "localhost:80:80", { "", 0, 0, false } },
	{ "1.2.3:80:80", { "", 0, 0, false } },
	{ "::1:80:80", { "", 0, 0, false } },
	{ "[::1:80:80", { "", 0, 0, false } },
	{ "[127.0.0.1]:80:80", { "", 0, 0, false } },
	{ "[::1]80:80", { "", 0, 0, false } },
	{ "127.0.0.1/8080:80", { "", 0, 0, false } },
	{ "80:80,81:81", { "", 0, 0, false } },
	{ "+80:80", { "", 0, 0, false } },
	{ " 80:80", { "", 0, 0, false } },
};

START_TEST(test_port)
{
	const struct net_port *want = &ports[_i].want;
	struct net_request rq = { .n_ports = 0 };
	struct err e = { 0 };
	int rc = net_parse_port(ports[_i].text, &rq, &e);

	ck_assert_int_eq(rc, want->host ? 0 : -1);
	ck_assert_uint_eq(rq.n_ports, want->host ? 1 : 0);
	if (rc < 0) {
		ck_assert_ptr_nonnull(strstr(e.text, "expected [IP:]PORT:PORT"));
		return;
	}
	ck_assert_str_eq(rq.ports[0].address, want->address);
	ck_assert_uint_eq(rq.ports[0].host, want->host);
	ck_assert_uint_eq(rq.ports[0].inside, want->inside);
	ck_assert_int_eq(rq.ports[0].udp, want->udp);
}
END_TEST

START_TEST(test_port_lists)
{
	struct net_request rq = { .mode = NET_AUTO };
	struct err e = { 0 };

	ck_assert_int_eq(net_parse_ports("1:2,[::1]:3:4/udp,5:6", &rq, &e), 0);
	ck_assert_uint_eq(rq.n_ports, 3);
	ck_assert_uint_eq(rq.ports[2].inside, 6);
	ck_assert_int_eq(net_check(&rq, &e), 0);
	/* a range, and what is there already */
	ck_assert_int_eq(net_parse_port("65520-65535:1-16/udp", &rq, &e), 0);
	ck_assert_uint_eq(rq.n_ports, 19);
	ck_assert_uint_eq(rq.ports[18].host, 65535);
	ck_assert_uint_eq(rq.ports[18].inside, 16);
	ck_assert(rq.ports[18].udp);
	ck_assert_int_eq(net_parse_port("65535:9/udp", &rq, &e), -1);
	ck_assert_str_eq(e.text, "65535:9/udp: udp port 65535 of 127.0.0.1 is published "
				 "twice");
	err_clear(&e);
	ck_assert_int_eq(net_parse_port("65535:9", &rq, &e), 0);
	ck_assert_int_eq(net_parse_port("1-40:1-40/udp", &rq, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "more than 32 ports"));
	for (int m = 0; m < NET_MODES; m++) {
		struct err why = { 0 };
		bool can = m == NET_AUTO || m == NET_PASTA || m == NET_SLIRP;

		rq.mode = (enum net_mode)m;
		ck_assert_int_eq(net_check(&rq, &why), can ? 0 : -1);
	}
}
END_TEST

/* ---- command lines -------------------------------------------------------------------------- */

static const struct {
	const char *mode;
	const char *ports;
	enum net_helper helper;
	unsigned dropped;
	const char *want; /* words, with blanks between them */
} lines[] = {
	{ "pasta", "", NET_HELPER_PASTA, 0,
	  "pasta --foreground --quiet --config-net --tcp-ns none --udp-ns none "
	  "--ns-ifname tap0 "
	  "--tcp-ports "
	  "none --udp-ports none --no-map-gw --map-guest-addr none --no-netns-quit "
	  "--dns-forward 169.254.1.1 --dns-forward fd77:6f6c:6666:6961::1 --pid "
	  "/proc/self/fd/1 --netns /proc/self/fd/0" },
	/* of 2023 */
	{ "pasta", "", NET_HELPER_PASTA, 1,
	  "pasta --foreground --quiet --config-net --tcp-ns none --udp-ns none "
	  "--ns-ifname tap0 "
	  "--tcp-ports "
	  "none --udp-ports none --no-map-gw --no-netns-quit "
	  "--dns-forward 169.254.1.1 --dns-forward fd77:6f6c:6666:6961::1 --pid "
	  "/proc/self/fd/1 --netns /proc/self/fd/0" },
	/* of 2022 */
	{ "auto:ipv4,mtu=1500", "0.0.0.0:8080:80,[::]:1025:2,0.0.0.0:5353:53/udp",
	  NET_HELPER_PASTA, 3,
	  "pasta --foreground --quiet --config-net --tcp-ns none --udp-ns none "
	  "--ns-ifname tap0 "
	  "--tcp-ports "
	  "0.0.0.0/8080:80 --tcp-ports ::/1025:2 --udp-ports none "
	  "--no-map-gw "
	  "--ipv4-only --mtu 1500 "
	  "--dns-forward 169.254.1.1 --pid /proc/self/fd/1 --netns /proc/self/fd/0" },
	{ "pasta:host-access", "", NET_HELPER_PASTA, 0,
	  "pasta --foreground --quiet --config-net --tcp-ns none --udp-ns none "
	  "--ns-ifname tap0 "
	  "--tcp-ports "
	  "none --udp-ports none --map-host-loopback 169.254.1.2 --map-guest-addr none "
	  "--no-netns-quit "
	  "--dns-forward 169.254.1.1 --dns-forward fd77:6f6c:6666:6961::1 --pid "
	  "/proc/self/fd/1 --netns /proc/self/fd/0" },
	{ "slirp4netns", "", NET_HELPER_SLIRP, 0,
	  "slirp4netns --disable-host-loopback --enable-sandbox --enable-seccomp "
	  "--enable-ipv6 "
	  "--configure --mtu=65520 --ready-fd=3 --exit-fd=4 --netns-type=path "
	  "/proc/self/fd/0 tap0" },
	{ "slirp4netns:host-access,mtu=1500", "1:2", NET_HELPER_SLIRP, 0,
	  "slirp4netns --enable-sandbox --enable-seccomp --enable-ipv6 --configure "
	  "--mtu=1500 "
	  "--ready-fd=3 --exit-fd=4 --netns-type=path /proc/self/fd/0 tap0" },
	{ "pasta", "80:80,0.0.0.0:5353:53/udp", NET_HELPER_PASTA, 0,
	  "pasta --foreground --quiet --config-net --tcp-ns none --udp-ns none "
	  "--ns-ifname tap0 "
	  "--tcp-ports "
	  "none --udp-ports 0.0.0.0/5353:53 --no-map-gw --map-guest-addr none "
	  "--no-netns-quit "
	  "--dns-forward 169.254.1.1 --dns-forward fd77:6f6c:6666:6961::1 --pid "
	  "/proc/self/fd/1 --netns /proc/self/fd/0" },
	/* what is passed on by us, pasta is not told of */
	{ "pasta", "80:80,127.0.0.1:5353:53/udp,10.0.0.1:8080:80,8081:81",
	  NET_HELPER_PASTA, 1,
	  "pasta --foreground --quiet --config-net --tcp-ns none --udp-ns none "
	  "--ns-ifname tap0 "
	  "--tcp-ports "
	  "10.0.0.1/8080:80 --udp-ports none --no-map-gw "
	  "--no-netns-quit "
	  "--dns-forward 169.254.1.1 --dns-forward fd77:6f6c:6666:6961::1 --pid "
	  "/proc/self/fd/1 --netns /proc/self/fd/0" },
	/* the machine has no IPv6; nobody wants it */
	{ "slirp4netns", "", NET_HELPER_SLIRP, 4,
	  "slirp4netns --disable-host-loopback --enable-sandbox --enable-seccomp "
	  "--configure --mtu=65520 --ready-fd=3 --exit-fd=4 --netns-type=path "
	  "/proc/self/fd/0 tap0" },
	{ "slirp4netns:ipv4", "", NET_HELPER_SLIRP, 0,
	  "slirp4netns --disable-host-loopback --enable-sandbox --enable-seccomp "
	  "--configure --mtu=65520 --ready-fd=3 --exit-fd=4 --netns-type=path "
	  "/proc/self/fd/0 tap0" },
};

START_TEST(test_argv)
{
	static struct net_argv argv;
	struct net_request rq = { .n_ports = 0 };
	struct err e = { 0 };
	auto_str text = { 0 };

	ck_assert_int_eq(net_parse_mode(lines[_i].mode, &rq, &e), 0);
	ck_assert_int_eq(net_parse_ports(lines[_i].ports, &rq, &e), 0);
	net_plan_argv(&rq, lines[_i].helper, lines[_i].dropped, &argv);
	for (size_t i = 0; i < argv.n; i++)
		str_addf(&text, "%s%s", i ? " " : "", argv.v[i]);
	ck_assert_str_eq(text.s, lines[_i].want);
	ck_assert_ptr_null(argv.v[argv.n]);
}
END_TEST

static const struct {
	enum net_helper helper;
	const char *program; /* \1 stands for a byte 0 */
	unsigned want;
} programs[] = {
	{ NET_HELPER_PASTA, "\177ELF\1map-guest-addr\1no-netns-quit\1", 0 },
	{ NET_HELPER_PASTA, "\177ELF\1netns\1no-netns-quit\1map-gw\1", 1 },
	{ NET_HELPER_PASTA, "\177ELF\1 --map-guest-addr ADDR\1", 2 },
	{ NET_HELPER_PASTA, "\177ELF", 3 },
	/* a wrapper says nothing about what it calls */
	{ NET_HELPER_PASTA, "#!/bin/sh\nexec /opt/pasta \"$@\"\n", 0 },
	{ NET_HELPER_PASTA, "\177EL", 0 },
	{ NET_HELPER_PASTA, "", 0 },
	{ NET_HELPER_SLIRP, "\177ELF\1", 4 },
	{ NET_HELPER_SLIRP, "\177ELF\1enable-ipv6\1", 0 },
};

START_TEST(test_unknown)
{
	char bytes[80];
	size_t n = strlen(programs[_i].program);

	for (size_t i = 0; i < n; i++)
		bytes[i] = programs[_i].program[i];
	for (size_t i = 0; i < n; i++)
		if (bytes[i] == '\1')
			bytes[i] = '\0';
	ck_assert_uint_eq(net_plan_unknown(programs[_i].helper, bytes, n),
			  programs[_i].want);
}
END_TEST

START_TEST(test_argv_is_large_enough)
{
	static struct net_argv argv;
	struct net_request rq = { .mode = NET_PASTA, .ipv4_only = true, .mtu = 65520 };
	struct err e = { 0 };

	ck_assert_int_eq(net_parse_port("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:"
					"65504-65535:65504-65535/udp",
					&rq, &e),
			 0);
	ck_assert_uint_eq(rq.n_ports, NET_PORTS_MAX);
	net_plan_argv(&rq, NET_HELPER_PASTA, 0, &argv);
	ck_assert_str_eq(argv.v[argv.n - 1], "/proc/self/fd/0");
	ck_assert_uint_lt(argv.n, NET_WORDS_MAX);
}
END_TEST

static const struct {
	const char *port;
	bool by_new_pasta, by_old_pasta, by_slirp; /* is passed on by us */
} passed_on[] = {
	{ "8080:80", true, true, true },
	{ "127.9.9.9:8080:80/udp", true, true, true },
	{ "[::1]:8080:80", true, true, true },
	{ "0.0.0.0:8080:80", false, false, true },
	{ "[::]:8080:80", false, false, true },
	{ "[2001:db8::1]:8080:80", false, false, true },
	{ "10.9.8.1:8080:80/udp", false, true, true },
	{ "[::]:8080:80/udp", false, true, true },
	{ "0.0.0.0:1023:80", true, true, true },
	{ "0.0.0.0:1023:80/udp", true, true, true },
	{ "0.0.0.0:1024:80", false, false, true },
};

START_TEST(test_passed_on)
{
	struct net_request rq = { .n_ports = 0 };
	struct err e = { 0 };

	ck_assert_int_eq(net_parse_port(passed_on[_i].port, &rq, &e), 0);
	ck_assert_int_eq(net_plan_passes_on(NET_HELPER_PASTA, 0, &rq.ports[0]),
			 passed_on[_i].by_new_pasta);
	ck_assert_int_eq(net_plan_passes_on(NET_HELPER_PASTA, 1, &rq.ports[0]),
			 passed_on[_i].by_old_pasta);
	ck_assert_int_eq(net_plan_passes_on(NET_HELPER_SLIRP, 0, &rq.ports[0]),
			 passed_on[_i].by_slirp);
}
END_TEST

static void peer_of(uint16_t port, struct sockaddr_storage *ret)
{
	const struct net_listener l = { .port = port };

	(void)net_loopback(&l, ret);
}

/* Peers have flows of their own; when there are no more, the quietest is taken. */
START_TEST(test_flows)
{
	static struct forward_flows t;
	const struct net_listener l[2] = { { .fd = 3 }, { .fd = 4 } };
	struct sockaddr_storage peer;
	const socklen_t n = sizeof(struct sockaddr_in);
	bool found;

	forward_udp_begin(&t, -1);
	for (size_t i = 0; i < FORWARD_FLOWS; i++) {
		struct forward_flow *f;

		peer_of((uint16_t)(1000 + i), &peer);
		f = forward_udp_find(&t, &l[0], &peer, n, &found);
		ck_assert(!found);
		ck_assert_int_eq(f->fd, -1);
		f->fd = 100; /* as open_flow() would */
		f->listener = &l[0];
		f->peer = peer;
		f->peer_n = n;
		f->used = ++t.now;
	}
	peer_of(1000, &peer);
	ck_assert_ptr_eq(forward_udp_find(&t, &l[0], &peer, n, &found), &t.v[0]);
	ck_assert(found);
	t.v[0].used = ++t.now;
	/* the same peer at another port of the machine is another flow */
	ck_assert_ptr_eq(forward_udp_find(&t, &l[1], &peer, n, &found), &t.v[1]);
	ck_assert(!found);
}
END_TEST

START_TEST(test_loopback)
{
	const struct net_listener v4 = { .port = 80 }, v6 = { .port = 81, .v6 = true };
	struct sockaddr_storage at;
	char text[INET6_ADDRSTRLEN];

	ck_assert_uint_eq(net_loopback(&v4, &at), sizeof(struct sockaddr_in));
	ck_assert_int_eq(ntohs(((struct sockaddr_in *)&at)->sin_port), 80);
	ck_assert_str_eq(inet_ntop(AF_INET, &((struct sockaddr_in *)&at)->sin_addr, text,
				   sizeof(text)),
			 "127.0.0.1");
	ck_assert_uint_eq(net_loopback(&v6, &at), sizeof(struct sockaddr_in6));
	ck_assert_int_eq(ntohs(((struct sockaddr_in6 *)&at)->sin6_port), 81);
	ck_assert_str_eq(inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&at)->sin6_addr,
				   text, sizeof(text)),
			 "::1");
}
END_TEST

/* ---- last words ----------------------------------------------------------------------------- */

static const struct {
	enum net_helper helper;
	unsigned dropped;
	const char *said;
	enum net_verdict verdict;
	unsigned dropped_then;
	const char *text, *hint; /* of the error; hint "" is none */
} words[] = {
	{ NET_HELPER_PASTA, 0,
	  "pasta: unrecognized option '--map-guest-addr'\nUsage: pasta [OPTION]...\n  "
	  "-q\n",
	  NET_AGAIN, 1, NULL, NULL },
	{ NET_HELPER_PASTA, 1,
	  "pasta: unrecognized option '--no-netns-quit'\nUsage: pasta [OPTION]...\n",
	  NET_AGAIN, 3, NULL, NULL },
	/* it would say so for ever */
	{ NET_HELPER_PASTA, 1,
	  "pasta: unrecognized option '--map-guest-addr'\nUsage: x\n", NET_CANNOT, 1,
	  "pasta: unrecognized option '--map-guest-addr'", "too old" },
	{ NET_HELPER_PASTA, 0,
	  "pasta: unrecognized option '--map-host-loopback'\nUsage: x\n", NET_CANNOT, 0,
	  "pasta: unrecognized option '--map-host-loopback'", "too old" },
	{ NET_HELPER_SLIRP, 0, "slirp4netns: unrecognized option '--enable-seccomp'\n",
	  NET_CANNOT, 0, "slirp4netns: unrecognized option '--enable-seccomp'",
	  "too old" },
	{ NET_HELPER_PASTA, 0,
	  "No external routable interface for IPv6\n1795350389.5080: No external "
	  "routable "
	  "interface for IPv4\n1795350389.5081: External interface not usable\n",
	  NET_CANNOT, 0, "pasta: External interface not usable", "default route" },
	{ NET_HELPER_PASTA, 0,
	  "No external routable interface for IPv6\n"
	  "Failed to bind any port for '-t 127.0.0.1/8110:81', exiting\n",
	  NET_FAILED, 0,
	  "pasta: Failed to bind any port for '-t 127.0.0.1/8110:81', exiting",
	  "taken meanwhile" },
	{ NET_HELPER_PASTA, 0, "No external routable interface for IPv6\nodd\n",
	  NET_FAILED, 0, "pasta: odd", "" },
	{ NET_HELPER_PASTA, 0, "External interface not usable\n", NET_CANNOT, 0,
	  "pasta: External interface not usable", "default route" },
	{ NET_HELPER_PASTA, 0,
	  "1.5: hello\n1795350389.5080: Failed to open() /dev/net/tun: No such file or "
	  "directory\n",
	  NET_CANNOT, 0,
	  "pasta: Failed to open() /dev/net/tun: No such file or directory",
	  "modprobe tun" },
	{ NET_HELPER_PASTA, 0,
	  "Listen failed for HOST TCP port 127.0.0.1/8888: Address already in use\n",
	  NET_FAILED, 0,
	  "pasta: Listen failed for HOST TCP port 127.0.0.1/8888: Address already in use",
	  "another port" },
	{ NET_HELPER_PASTA, 0,
	  "Listen failed for HOST TCP port 127.0.0.1/80: Permission denied", NET_FAILED,
	  0, "pasta: Listen failed for HOST TCP port 127.0.0.1/80: Permission denied",
	  "unprivileged_port_start" },
	{ NET_HELPER_SLIRP, 0,
	  "received tapfd=7\nsetns(CLONE_NEWNET): Operation not permitted\n", NET_FAILED,
	  0, "slirp4netns: setns(CLONE_NEWNET): Operation not permitted", "" },
	{ NET_HELPER_SLIRP, 0, "", NET_FAILED, 0, "slirp4netns: it ended without a word",
	  "" },
	{ NET_HELPER_PASTA, 0, "\n\n", NET_FAILED, 0, "pasta: it ended without a word",
	  "" },
};

START_TEST(test_judge)
{
	unsigned dropped = words[_i].dropped;
	struct err e = { 0 };
	enum net_verdict v =
		net_plan_judge(words[_i].helper, words[_i].said, &dropped, &e);

	ck_assert_int_eq((int)v, (int)words[_i].verdict);
	ck_assert_uint_eq(dropped, words[_i].dropped_then);
	if (!words[_i].text) {
		ck_assert(!err_is_set(&e));
		return;
	}
	ck_assert_str_eq(e.text, words[_i].text);
	if (words[_i].hint[0])
		ck_assert_ptr_nonnull(strstr(e.hint, words[_i].hint));
	else
		ck_assert_str_eq(e.hint, "");
}
END_TEST

START_TEST(test_helpers)
{
	enum net_helper h[NET_HELPERS];

	ck_assert_uint_eq(net_helpers_of(NET_AUTO, h), 2);
	ck_assert_int_eq((int)h[0], NET_HELPER_PASTA);
	ck_assert_uint_eq(net_helpers_of(NET_SLIRP, h), 1);
	ck_assert_int_eq((int)h[0], NET_HELPER_SLIRP);
	ck_assert_uint_eq(net_helpers_of(NET_PASTA, h), 1);
	ck_assert_uint_eq(net_helpers_of(NET_NONE, h), 0);
	ck_assert_uint_eq(net_helpers_of(NET_PROXY, h), 0);
}
END_TEST

/* ---- files ---------------------------------------------------------------------------------- */

static const struct {
	const char *host, *want;
	const char *bad; /* NULL: nothing */
	bool none; /* to ask */
	bool ipv4_only;
} resolv[] = {
	{ NULL, "", .none = true },
	{ "", "", .none = true },
	{ "search a\nnameserver\nnameserver \n", "search a\n", .none = true },
	{ "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch a.example b.example\n",
	  "nameserver 1.1.1.1\noptions edns0 trust-ad\nsearch a.example b.example\n" },
	{ "# nameserver 9.9.9.9\n;x\nnameserver ::1\nnameserver fe80::1%eth0\nnameserver "
	  "8.8.8.8",
	  "nameserver 1.1.1.1\nnameserver fd00::5\nnameserver 8.8.8.8\n" },
	{ "nameserver 1.0.0.1\nnameserver\t1.0.0.2\nnameserver 1.0.0.3\nnameservers "
	  "1.0.0.4\n",
	  "nameserver 1.1.1.1\nnameserver 1.0.0.1\nnameserver 1.0.0.2\n" },
	{ "nameserver 0.0.0.0\ndomain example\nsortlist 1.0.0.0\n",
	  "nameserver 1.1.1.1\ndomain example\n" },
	/* families: a resolver is only asked by its own */
	{ "nameserver 2001:db8::53\n", "nameserver fd00::5\nnameserver 2001:db8::53\n" },
	{ "nameserver fe80::1%2\nnameserver fe80::2\n", "nameserver fd00::5\n" },
	{ "nameserver 2001:db8::53\nnameserver 9.9.9.9\n",
	  "nameserver 1.1.1.1\nnameserver 9.9.9.9\n", .ipv4_only = true },
	{ "nameserver ::1\n", "", .none = true, .ipv4_only = true },
	/* what is no address */
	{ "nameserver dns.example\nnameserver 1.2.3.400\nnameserver 1.2.3\n"
	  "nameserver 9.9.9.9 # ours\nnameserver 9.9.9.8;x\nnameserver 010.1.1.1x\n",
	  "nameserver 1.1.1.1\nnameserver 9.9.9.9\n",
	  "dns.example, 1.2.3.400, 1.2.3, 9.9.9.8;x, 010.1.1.1x" },
	{ "nameserver 1.1.1.1%eth0\nnameserver fe80::1%\nnameserver ::g\nnameserver "
	  "%eth0\n",
	  "", "1.1.1.1%eth0, fe80::1%, ::g, %eth0", .none = true },
	{ "nameserver 9.9.9.9\r\n", "nameserver 1.1.1.1\nnameserver 9.9.9.9\n" },
	{ "nameserver [2001:db8::53]\nnameserver ::ffff:127.0.0.1\n",
	  "nameserver fd00::5\n", "[2001:db8::53]" },
	{ "nameserver 2001:db8::53%eth0\nnameserver 127.1.2.3\n",
	  "nameserver 1.1.1.1\nnameserver fd00::5\n" },
	{ "nameserver "
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	  "",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "a",
	  .none = true },
};

START_TEST(test_resolv)
{
	const struct net_forwards forwards = { "1.1.1.1",
					       resolv[_i].ipv4_only ? NULL : "fd00::5" };
	auto_str text = { 0 }, bad = { 0 };

	ck_assert_int_eq(net_text_resolv(&forwards, resolv[_i].host, &text, &bad),
			 !resolv[_i].none);
	ck_assert_str_eq(text.s ? text.s : "", resolv[_i].want);
	ck_assert_str_eq(bad.s ? bad.s : "", resolv[_i].bad ? resolv[_i].bad : "");
}
END_TEST

START_TEST(test_hosts)
{
	auto_str plain = { 0 }, with = { 0 };

	net_text_hosts(NULL, NULL, &plain);
	ck_assert_str_eq(
		plain.s,
		"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
	net_text_hosts("box", "10.0.2.2", &with);
	ck_assert_str_eq(with.s, "127.0.0.1 localhost box\n"
				 "::1 localhost ip6-localhost ip6-loopback\n"
				 "10.0.2.2 host.wolffia host.containers.internal\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net");
	TCase *c = tcase_create("rows");
	SRunner *r;
	int failed;

	tcase_add_loop_test(c, test_mode, 0, (int)ARRAY_SIZE(modes));
	tcase_add_loop_test(c, test_port, 0, (int)ARRAY_SIZE(ports));
	tcase_add_test(c, test_port_lists);
	tcase_add_loop_test(c, test_argv, 0, (int)ARRAY_SIZE(lines));
	tcase_add_loop_test(c, test_unknown, 0, (int)ARRAY_SIZE(programs));
	tcase_add_test(c, test_argv_is_large_enough);
	tcase_add_loop_test(c, test_passed_on, 0, ARRAY_SIZE(passed_on));
	tcase_add_test(c, test_flows);
	tcase_add_test(c, test_loopback);
	tcase_add_loop_test(c, test_judge, 0, (int)ARRAY_SIZE(words));
	tcase_add_test(c, test_helpers);
	tcase_add_loop_test(c, test_resolv, 0, (int)ARRAY_SIZE(resolv));
	tcase_add_test(c, test_hosts);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
