/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines and last words of pasta and slirp4netns; see plan.h. Pure. */
#include "net/plan.h"

#include "base/str.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

const struct net_helper_kind net_helpers[NET_HELPERS] = {
	/* IPv6's is nobody's: a unique local address (RFC 4193) that spells the program's name */
	[NET_HELPER_PASTA] = { "pasta",
			       "passt",
			       { "169.254.1.1", "fd77:6f6c:6666:6961::1" },
			       "169.254.1.2" },
	[NET_HELPER_SLIRP] = { "slirp4netns",
			       "slirp4netns",
			       { "10.0.2.3", "fd00::3" },
			       "10.0.2.2" },
};

enum { MTU_SLIRP = 65520, QUOTE_MAX = 400, OPTION_MAX = 64, PORTS_OF_ROOT = 1024 };

/* Options that a helper may not know, and can then do without: it then has no such thing. */
static const struct {
	enum net_helper helper;
	const char *option;
} droppable[] = {
	{ NET_HELPER_PASTA, "--map-guest-addr" }, /* 2024-08 */
	{ NET_HELPER_PASTA, "--no-netns-quit" }, /* 2022-10 */
	{ NET_HELPER_SLIRP, "--enable-ipv6" }, /* no use where the machine has none */
};
static_assert(ARRAY_SIZE(droppable) < 32, "a bit for each");

size_t net_helpers_of(enum net_mode mode, enum net_helper ret[NET_HELPERS])
{
	size_t n = 0;

	if (mode == NET_PASTA || mode == NET_AUTO)
		ret[n++] = NET_HELPER_PASTA;
	if (mode == NET_SLIRP || mode == NET_AUTO)
		ret[n++] = NET_HELPER_SLIRP;
	return n;
}

/* ---- command lines -------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void add(struct net_argv *a, const char *fmt,
						      ...)
{
	size_t room = sizeof(a->text) - a->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(a->text + a->used, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room || a->n + 1 >= NET_WORDS_MAX)
		return; /* cannot be: the numbers of ports and words are limited */
	a->v[a->n++] = a->text + a->used;
	a->v[a->n] = NULL;
	a->used += (size_t)n + 1;
}

static bool is_dropped(unsigned dropped, const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(droppable); i++)
		if (str_eq(droppable[i].option, option))
			return dropped & (1u << i);
	return false;
}

unsigned net_plan_without_ipv6(enum net_helper helper)
{
	for (size_t i = 0; i < ARRAY_SIZE(droppable); i++)
		if (droppable[i].helper == helper &&
		    str_eq(droppable[i].option, "--enable-ipv6"))
			return 1u << i;
	return 0;
}

unsigned net_plan_unknown(enum net_helper helper, const char *program, size_t n)
{
	unsigned unknown = 0;

	if (n < 4 || memcmp(program, "\177ELF", 4) != 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(droppable); i++) {
		const char *name = droppable[i].option + strlen("--");

		if (droppable[i].helper == helper &&
		    !memmem(program, n, name, strlen(name)))
			unknown |= 1u << i;
	}
	return unknown;
}

bool net_plan_needs_no_route(enum net_helper helper, unsigned dropped)
{
	return helper == NET_HELPER_SLIRP || !is_dropped(dropped, "--map-guest-addr");
}

bool net_plan_passes_on(enum net_helper helper, unsigned dropped,
			const struct net_port *p)
{
	/* a pasta without that option has the old way with datagrams */
	return helper == NET_HELPER_SLIRP || p->host < PORTS_OF_ROOT ||
	       str_starts(p->address, "127.") || str_eq(p->address, "::1") ||
	       (p->udp && is_dropped(dropped, "--map-guest-addr"));
}

static void add_ports(const struct net_request *rq, unsigned dropped, bool udp,
		      struct net_argv *a)
{
	const char *option = udp ? "--udp-ports" : "--tcp-ports";
	size_t before = a->n;

	for (size_t i = 0; i < rq->n_ports; i++) {
		const struct net_port *p = &rq->ports[i];

		if (p->udp != udp || net_plan_passes_on(NET_HELPER_PASTA, dropped, p))
			continue;
		add(a, "%s", option);
		add(a, "%s/%u:%u", p->address, p->host, p->inside);
	}
	if (a->n > before)
		return;
	add(a, "%s", option);
	add(a, "none");
}

/* What pasta opens unless it is told not to: all ports, both ways, and the host's loopback. */
static void plan_pasta(const struct net_request *rq, unsigned dropped, struct net_argv *a)
{
	static const char *const fixed[] = {
		"--foreground", "--quiet", "--config-net", "--tcp-ns", "none",
		"--udp-ns",	"none",	   "--ns-ifname",  NET_TAP,
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		add(a, "%s", fixed[i]);
	add_ports(rq, dropped, false, a);
	add_ports(rq, dropped, true, a);
	if (rq->host_access) {
		add(a, "--map-host-loopback");
		add(a, "%s", net_helpers[NET_HELPER_PASTA].host);
	} else {
		add(a, "--no-map-gw");
	}
	if (!is_dropped(dropped, "--map-guest-addr")) {
		add(a, "--map-guest-addr");
		add(a, "none");
	}
	if (!is_dropped(dropped, "--no-netns-quit"))
		add(a, "--no-netns-quit");
	if (rq->ipv4_only)
		add(a, "--ipv4-only");
	if (rq->mtu) {
		add(a, "--mtu");
		add(a, "%u", rq->mtu);
	}
	add(a, "--dns-forward");
	add(a, "%s", net_helpers[NET_HELPER_PASTA].dns.v4);
	if (!rq->ipv4_only) {
		add(a, "--dns-forward");
		add(a, "%s", net_helpers[NET_HELPER_PASTA].dns.v6);
	}
	add(a, "--pid");
	add(a, "/proc/self/fd/%d", NET_FD_SAYS);
	add(a, "--netns");
	add(a, "/proc/self/fd/%d", NET_FD_TARGET);
}

static void plan_slirp(const struct net_request *rq, unsigned dropped, struct net_argv *a)
{
	if (!rq->host_access)
		add(a, "--disable-host-loopback");
	add(a, "--enable-sandbox");
	add(a, "--enable-seccomp");
	if (!rq->ipv4_only && !is_dropped(dropped, "--enable-ipv6"))
		add(a, "--enable-ipv6");
	add(a, "--configure");
	add(a, "--mtu=%u", rq->mtu ? rq->mtu : MTU_SLIRP);
	add(a, "--ready-fd=%d", NET_FD_READY);
	add(a, "--exit-fd=%d", NET_FD_EXIT);
	add(a, "--netns-type=path");
	add(a, "/proc/self/fd/%d", NET_FD_TARGET);
	add(a, NET_TAP);
}

void net_plan_argv(const struct net_request *rq, enum net_helper helper, unsigned dropped,
		   struct net_argv *ret)
{
	ret->n = ret->used = 0;
	add(ret, "%s", net_helpers[helper].program);
	if (helper == NET_HELPER_PASTA)
		plan_pasta(rq, dropped, ret);
	else
		plan_slirp(rq, dropped, ret);
}

/* ---- last words ----------------------------------------------------------------------------- */

/* What is found in them, what that means, and what can be done. The first row that fits. */
static const struct {
	const char *said;
	enum net_verdict verdict;
	const char *hint; /* or NULL */
} causes[] = {
	{ "unrecognized option", NET_CANNOT, "it is too old: a newer one is needed" },
	{ "invalid option", NET_CANNOT, "it is too old: a newer one is needed" },
	{ "Address already in use", NET_FAILED, "choose another port of the machine" },
	{ "isten failed", NET_FAILED,
	  "ports below net.ipv4.ip_unprivileged_port_start are root's" },
	{ "o bind any port", NET_FAILED,
	  "it was taken meanwhile, or pasta found no route of that family, IPv4 or "
	  "IPv6" },
	/* older pastas warn of IPv6 before any other failure: that alone is none */
	{ "nterface not usable", NET_CANNOT,
	  "pasta copies the machine's default route, and there is none; slirp4netns "
	  "needs "
	  "none" },
	{ "setegid(0)", NET_CANNOT,
	  "it wants to be 0 in the container: map that id, or use pasta" },
	{ "/dev/net/tun", NET_CANNOT,
	  "as root: `modprobe tun`, `chmod 0666 /dev/net/tun`" },
};

/* The name of the option behind "unrecognized option '--": true when there is one. */
static bool unknown_option(const char *said, char ret[OPTION_MAX])
{
	const char *at = strstr(said, "unrecognized option '");
	size_t n;

	if (!at)
		return false;
	at += strlen("unrecognized option '");
	n = strcspn(at, "'=\n");
	if (n >= OPTION_MAX)
		return false;
	memcpy(ret, at, n);
	ret[n] = '\0';
	return true;
}

/* One line of it, without the time that older pastas put in front. */
static size_t line_at(const char *at, const char **ret_text, size_t *ret_n)
{
	size_t n = strcspn(at, "\n");
	size_t digits = strspn(at, "0123456789.");

	*ret_text = at;
	*ret_n = n;
	if (digits > 6 && at[digits] == ':') {
		*ret_text = at + digits + 1 + (at[digits + 1] == ' ');
		*ret_n = n - (size_t)(*ret_text - at);
	}
	return n + (at[n] == '\n');
}

/* The line with the cause, or the last one: that is where a helper says why it ends. */
static void quote(const char *said, const char *cause, char buf[QUOTE_MAX])
{
	const char *text;
	size_t n;

	buf[0] = '\0';
	for (const char *at = said; *at;) {
		bool here;

		at += line_at(at, &text, &n);
		here = cause && memmem(text, n, cause, strlen(cause));
		if (n)
			snprintf(buf, QUOTE_MAX, "%.*s", (int)n, text);
		if (here)
			return;
	}
}

enum net_verdict net_plan_judge(enum net_helper helper, const char *said,
				unsigned *dropped, struct err *e)
{
	const char *program = net_helpers[helper].program;
	char buf[QUOTE_MAX], option[OPTION_MAX];
	const char *text = buf;
	size_t row = 0;

	if (unknown_option(said, option))
		for (size_t i = 0; i < ARRAY_SIZE(droppable); i++)
			if (droppable[i].helper == helper && !(*dropped & (1u << i)) &&
			    str_eq(droppable[i].option, option)) {
				*dropped |= 1u << i;
				return NET_AGAIN;
			}
	while (row < ARRAY_SIZE(causes) && !strstr(said, causes[row].said))
		row++;
	quote(said, row < ARRAY_SIZE(causes) ? causes[row].said : NULL, buf);
	if (str_starts(text, program) && text[strlen(program)] == ':')
		text += strlen(program) + 1;
	text += strspn(text, " ");
	err_set(e, "%s: %s", program, *text ? text : "it ended without a word");
	if (row == ARRAY_SIZE(causes))
		return NET_FAILED;
	if (causes[row].hint)
		err_hint(e, "%s", causes[row].hint);
	return causes[row].verdict;
}
