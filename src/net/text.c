/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names inside; see text.h. Pure. */
#include "net/text.h"

/* resolv.conf(5): three servers are asked, and more are an error in some libraries. */
enum { SERVERS_MAX = 3 };

static bool begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && (line[n] == ' ' || line[n] == '\t');
}

/* A server that the container's own lo, or no link of it, would answer for. */
static bool is_out_of_reach(const char *address)
{
	return str_starts(address, "127.") || str_starts(address, "::1") ||
	       str_starts(address, "0.0.0.0") || str_starts(address, "fe80:") ||
	       memchr(address, '%', strcspn(address, "\n"));
}

void net_text_resolv(const char *forward, const char *host, struct str *ret)
{
	size_t servers = 1;

	str_addf(ret, "nameserver %s\n", forward);
	for (const char *line = host; line && *line;) {
		size_t n = strcspn(line, "\n");

		if (begins(line, "search") || begins(line, "options") ||
		    begins(line, "domain")) {
			str_add_n(ret, line, n);
			str_add(ret, "\n");
		} else if (begins(line, "nameserver") && servers < SERVERS_MAX) {
			const char *address = line + strlen("nameserver");

			address += strspn(address, " \t");
			if (!is_out_of_reach(address)) {
				str_add_n(ret, line, n);
				str_add(ret, "\n");
				servers++;
			}
		}
		line += n + (line[n] == '\n');
	}
}

void net_text_hosts(const char *name, const char *host, struct str *ret)
{
	str_addf(ret, "127.0.0.1 localhost%s%s\n", name ? " " : "", name ? name : "");
	str_add(ret, "::1 localhost ip6-localhost ip6-loopback\n");
	if (host)
		str_addf(ret, "%s host.wolffia host.containers.internal\n", host);
}
