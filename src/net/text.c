/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names inside; see text.h. Pure. */
#include "net/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

/* resolv.conf(5): three servers are asked, and more are an error in some libraries. */
enum { SERVERS_MAX = 3, WORD_MAX = 80 };

/* What stands behind "nameserver". */
struct server {
	enum { SERVER_NONE, SERVER_BAD, SERVER_V4, SERVER_V6 } kind;
	bool out_of_reach; /* the container's own lo, or no link of it, would answer */
	char text[WORD_MAX];
};

static bool begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && (line[n] == ' ' || line[n] == '\t');
}

/* ADDRESS or, of IPv6, ADDRESS%ZONE, which means a link that is not there inside. */
static void judge(const char *zone, struct server *s)
{
	char address[WORD_MAX];
	struct in6_addr v6;
	struct in_addr v4;

	snprintf(address, sizeof(address), "%.*s", (int)(zone - s->text), s->text);
	s->kind = SERVER_BAD;
	if (!*zone && inet_pton(AF_INET, address, &v4) == 1) {
		uint32_t a = ntohl(v4.s_addr);

		s->kind = SERVER_V4;
		s->out_of_reach = a >> 24 == 127 || a >> 24 == 0;
	} else if ((!*zone || zone[1]) && inet_pton(AF_INET6, address, &v6) == 1) {
		s->kind = SERVER_V6;
		s->out_of_reach = *zone || IN6_IS_ADDR_LOOPBACK(&v6) ||
				  IN6_IS_ADDR_UNSPECIFIED(&v6) ||
				  IN6_IS_ADDR_LINKLOCAL(&v6) || IN6_IS_ADDR_V4MAPPED(&v6);
	}
}

static struct server server_of(const char *line, size_t n)
{
	struct server s = { .kind = SERVER_NONE };
	const char *at = line + strlen("nameserver");

	if (!begins(line, "nameserver"))
		return s;
	at += strspn(at, " \t");
	n = at < line + n ? strcspn(at, " \t\r\n") : 0;
	snprintf(s.text, sizeof(s.text), "%.*s", (int)n, at);
	s.kind = n ? SERVER_BAD : SERVER_NONE;
	if (n && n < sizeof(s.text))
		judge(s.text + strcspn(s.text, "%"), &s);
	return s;
}

/* Which families the machine's own servers have, in reach of us or not. */
static void families(const char *host, bool *ret_v4, bool *ret_v6)
{
	*ret_v4 = *ret_v6 = false;
	for (const char *line = host; line && *line;) {
		size_t n = strcspn(line, "\n");
		struct server s = server_of(line, n);

		*ret_v4 |= s.kind == SERVER_V4;
		*ret_v6 |= s.kind == SERVER_V6;
		line += n + (line[n] == '\n');
	}
}

static size_t add_forwards(const struct net_forwards *f, const char *host,
			   struct str *ret)
{
	bool v4, v6;

	families(host, &v4, &v6);
	v4 = v4 && f->v4;
	v6 = v6 && f->v6;
	if (v4)
		str_addf(ret, "nameserver %s\n", f->v4);
	if (v6)
		str_addf(ret, "nameserver %s\n", f->v6);
	return (size_t)v4 + v6;
}

bool net_text_resolv(const struct net_forwards *forwards, const char *host,
		     struct str *ret, struct str *ret_bad)
{
	size_t servers = add_forwards(forwards, host, ret);

	for (const char *line = host; line && *line;) {
		size_t n = strcspn(line, "\n");
		struct server s = server_of(line, n);

		if (s.kind == SERVER_BAD) {
			str_addf(ret_bad, "%s%s", ret_bad->n ? ", " : "", s.text);
		} else if (s.kind != SERVER_NONE) {
			bool can = !s.out_of_reach &&
				   (s.kind == SERVER_V4 ? forwards->v4 : forwards->v6) !=
					   NULL;

			if (can && servers < SERVERS_MAX) {
				str_addf(ret, "nameserver %s\n", s.text);
				servers++;
			}
		} else if (begins(line, "search") || begins(line, "options") ||
			   begins(line, "domain")) {
			str_add_n(ret, line, n);
			str_add(ret, "\n");
		}
		line += n + (line[n] == '\n');
	}
	return servers > 0;
}

void net_text_hosts(const char *name, const char *host, struct str *ret)
{
	str_addf(ret, "127.0.0.1 localhost%s%s\n", name ? " " : "", name ? name : "");
	str_add(ret, "::1 localhost ip6-localhost ip6-loopback\n");
	if (host)
		str_addf(ret, "%s host.wolffia host.containers.internal\n", host);
}
