/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of the machine and of images that are read by line: passwd(5), group(5), uid_map,
 * resolv.conf(5), and what users write of networks. The first line is a name (or a word for a
 * network), the rest the file. Nothing is read beyond its end; what is found stands in it.
 */
#include "fuzz.h"

#include "net/net.h"
#include "net/text.h"
#include "ns/idpool.h"
#include "sec/passwd.h"

static void users(const char *name, const char *text)
{
	enum { ROOM = 4 };
	uint32_t uid, gid, all[ROOM];
	size_t n = passwd_find_groups(text, name, all, ROOM);

	for (size_t i = 0; i < n && i < ROOM; i++) {
		must(all[i] < UINT32_MAX);
		for (size_t k = 0; k < i; k++)
			must(all[i] != all[k]);
	}
	if (passwd_find_user(text, name, &uid, &gid))
		must(*name && strstr(text, name) && uid < UINT32_MAX && gid < UINT32_MAX);
	if (passwd_find_group(text, name, &gid))
		must(*name && strstr(text, name) && gid < UINT32_MAX);
	for (unsigned field = 0; field < 4; field++)
		must(idpool_highest(text, field) < 65534);
}

static void maps(const char *text)
{
	struct subid_ranges r = { 0 };

	idpool_add_map(text, IDPOOL_INSIDE, &r);
	idpool_add_map(text, IDPOOL_OUTSIDE, &r);
	for (size_t i = 0; i < r.n; i++)
		must(r.v[i].count &&
		     (i == 0 || r.v[i - 1].start + r.v[i - 1].count < r.v[i].start));
	subid_ranges_free(&r);
}

static void networks(const char *word, const char *text)
{
	struct net_request rq = { .mode = NET_NONE };
	struct err e = { 0 };
	const struct net_forwards forwards = { "10.0.2.3", "fd00::3" };
	auto_str resolv = { 0 }, bad = { 0 };

	if (net_parse_mode(word, &rq, &e) == 0)
		must(rq.mode < NET_MODES && net_mode_name(rq.mode));
	else
		must(err_is_set(&e));
	err_clear(&e);
	must((net_parse_ports(word, &rq, &e) < 0) == err_is_set(&e));
	must(rq.n_ports <= NET_PORTS_MAX);
	for (size_t i = 0; i < rq.n_ports; i++)
		must(rq.ports[i].host && rq.ports[i].inside &&
		     memchr(rq.ports[i].address, 0, NET_ADDRESS_MAX));
	if (net_text_resolv(&forwards, text, &resolv, &bad))
		must(strstr(resolv.s, "nameserver "));
	must(!resolv.n || resolv.s[resolv.n - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size), *at = text;
	const char *name = fuzz_line(&at), *rest = at ? at : "";

	users(name, rest);
	maps(rest);
	networks(name, rest);
	free(text);
	return 0;
}
