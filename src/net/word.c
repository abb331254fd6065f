/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for networks and ports; see net.h. Pure: a name is never looked up. */
#include "net/net.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>

static const char *const names[] = {
	[NET_NONE] = "none",	     [NET_AUTO] = "auto",   [NET_PASTA] = "pasta",
	[NET_SLIRP] = "slirp4netns", [NET_PROXY] = "proxy",
};
static_assert(ARRAY_SIZE(names) == NET_MODES, "a mode without a name");

enum { MTU_MIN = 576, MTU_MAX = 65520, WAIT_MAX = 600, WORD_MAX = 64, PORT_MAX = 65535 };

const char *net_mode_name(enum net_mode mode)
{
	return names[mode];
}

/* The first n characters as a text of its own; false when that is too long. */
static bool cut(const char *text, size_t n, char ret[WORD_MAX])
{
	if (n >= WORD_MAX)
		return false;
	memcpy(ret, text, n);
	ret[n] = '\0';
	return true;
}

static bool to_port(const char *text, uint16_t *ret)
{
	uint64_t v;

	if (!str_to_u64(text, PORT_MAX, &v) || !v)
		return false;
	*ret = (uint16_t)v;
	return true;
}

static bool number_behind(const char *word, const char *key, uint64_t min, uint64_t max,
			  uint32_t *ret)
{
	uint64_t v;

	if (!str_starts(word, key) || !str_to_u64(word + strlen(key), max, &v) || v < min)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool take_option(const char *word, struct net_request *rq)
{
	if (str_eq(word, "host-access"))
		return rq->host_access = true;
	if (str_eq(word, "ipv4"))
		return rq->ipv4_only = true;
	if (number_behind(word, "mtu=", MTU_MIN, MTU_MAX, &rq->mtu))
		return true;
	return number_behind(word, "wait=", 1, WAIT_MAX, &rq->wait_s);
}

static int take_options(const char *text, const char *at, struct net_request *rq,
			struct err *e)
{
	char word[WORD_MAX];

	while (*at) {
		size_t n = strcspn(at, ",");

		if (!cut(at, n, word) || !take_option(word, rq))
			return err_set(e,
				       "%s: %.*s: expected host-access, ipv4, "
				       "mtu=%d...%d or wait=1...%d (seconds)",
				       text, (int)n, at, MTU_MIN, MTU_MAX, WAIT_MAX);
		at += n + (at[n] == ',');
	}
	return 0;
}

int net_parse_mode(const char *text, struct net_request *ret, struct err *e)
{
	size_t n = strcspn(text, ":");
	const char *rest = text + n + (text[n] == ':');
	struct net_request rq = *ret;
	int mode = NET_MODES;
	char word[WORD_MAX];

	if (cut(text, n, word))
		mode = str_index(names, NET_MODES, word);
	rq.mode = (enum net_mode)mode;
	if (mode < 0 || mode == NET_MODES || (rq.mode == NET_NONE && text[n]))
		return err_set(e,
			       "%s: expected none, auto, pasta or slirp4netns (with "
			       ":OPTION,...), or proxy:PORT",
			       text);
	if (rq.mode == NET_PROXY) {
		if (!to_port(rest, &rq.proxy))
			return err_set(e, "%s: expected proxy:PORT, from 1 to %d", text,
				       PORT_MAX);
	} else {
		TRY(take_options(text, rest, &rq, e));
	}
	*ret = rq;
	return 0;
}

/* ---- ports -------------------------------------------------------------------------------- */

static int refuse_port(const char *text, struct err *e)
{
	return err_set(e,
		       "%s: expected [IP:]PORT:PORT[/tcp|/udp], the machine's first, or "
		       "ranges FIRST-LAST of the same length",
		       text);
}

/* "80" or "8000-8007" in the n bytes. */
static bool to_range(const char *text, size_t n, uint16_t *ret, unsigned *ret_count)
{
	char word[WORD_MAX];
	char *dash;
	uint16_t last;

	if (!cut(text, n, word))
		return false;
	dash = strchr(word, '-');
	if (dash)
		*dash = '\0';
	if (!to_port(word, ret) || (dash && !to_port(dash + 1, &last)))
		return false;
	if (!dash)
		last = *ret;
	*ret_count = last - *ret + 1U;
	return last >= *ret;
}

static int add_port(const char *text, const struct net_port *p, struct net_request *rq,
		    struct err *e)
{
	for (size_t i = 0; i < rq->n_ports; i++) {
		const struct net_port *q = &rq->ports[i];

		if (q->host == p->host && q->udp == p->udp &&
		    str_eq(q->address, p->address))
			return err_set(e, "%s: %s port %u of %s is published twice", text,
				       p->udp ? "udp" : "tcp", p->host, p->address);
	}
	if (rq->n_ports == NET_PORTS_MAX)
		return err_set(e, "%s: more than %d ports", text, NET_PORTS_MAX);
	rq->ports[rq->n_ports++] = *p;
	return 0;
}

/* Takes the address off the front of text: what follows, or NULL. */
static const char *take_address(const char *text, struct net_port *p)
{
	const char *colon = strchr(text, ':');
	unsigned char binary[sizeof(struct in6_addr)];
	size_t n;

	if (text[0] == '[') {
		n = strcspn(text, "]");
		if (text[n] != ']' || text[n + 1] != ':' || n > sizeof(p->address))
			return NULL;
		snprintf(p->address, sizeof(p->address), "%.*s", (int)n - 1, text + 1);
		return inet_pton(AF_INET6, p->address, binary) == 1 ? text + n + 2 : NULL;
	}
	if (!colon || !strchr(colon + 1, ':')) {
		snprintf(p->address, sizeof(p->address), "127.0.0.1");
		return text;
	}
	n = (size_t)(colon - text);
	if (n >= sizeof(p->address))
		return NULL;
	snprintf(p->address, sizeof(p->address), "%.*s", (int)n, text);
	return inet_pton(AF_INET, p->address, binary) == 1 ? colon + 1 : NULL;
}

int net_parse_port(const char *text, struct net_request *ret, struct err *e)
{
	struct net_port p = { .udp = false };
	const char *at = take_address(text, &p);
	const char *slash, *colon;
	unsigned count, inside;
	size_t n;

	if (!at)
		return refuse_port(text, e);
	slash = strchr(at, '/');
	colon = strchr(at, ':');
	if (!colon || (slash && (slash < colon ||
				 (!str_eq(slash, "/tcp") && !str_eq(slash, "/udp")))))
		return refuse_port(text, e);
	p.udp = slash && str_eq(slash, "/udp");
	n = slash ? (size_t)(slash - colon) - 1 : strlen(colon + 1);
	if (!to_range(at, (size_t)(colon - at), &p.host, &count) ||
	    !to_range(colon + 1, n, &p.inside, &inside) || inside != count)
		return refuse_port(text, e);
	for (; count; count--, p.host++, p.inside++)
		TRY(add_port(text, &p, ret, e));
	return 0;
}

int net_parse_ports(const char *list, struct net_request *ret, struct err *e)
{
	char word[2 * WORD_MAX];

	while (*list) {
		size_t n = strcspn(list, ",");

		snprintf(word, sizeof(word), "%.*s", (int)n, list);
		TRY(net_parse_port(word, ret, e));
		list += n + (list[n] == ',');
	}
	return 0;
}

int net_check(const struct net_request *rq, struct err *e)
{
	if (!rq->n_ports || rq->mode == NET_AUTO || rq->mode == NET_PASTA ||
	    rq->mode == NET_SLIRP)
		return 0;
	err_set(e, "ports cannot be published with the network %s",
		net_mode_name(rq->mode));
	return err_hint(e, "the networks auto, pasta and slirp4netns can");
}
