/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The helpers as data: which words each is started with, and what its last words mean. Pure.
 * No version is ever asked for: whether a helper knows an option is seen in its program, and
 * where that shows nothing (a wrapper) it says so itself, and is started again without.
 */
#ifndef NET_PLAN_H
#define NET_PLAN_H

#include "net/net.h"
#include "net/text.h"

enum net_helper { NET_HELPER_PASTA, NET_HELPER_SLIRP, NET_HELPERS };

/* The descriptors that a helper is born with, besides its standard error. */
enum {
	NET_FD_TARGET = 0, /* the network namespace: no path to it need be passed on */
	NET_FD_SAYS = 1, /* pasta writes its pid there when it is ready */
	NET_FD_READY = 3, /* slirp4netns: a byte when it is ready */
	NET_FD_EXIT = 4, /* slirp4netns: ends when this does */
};

/* The name of the device inside, whoever made it. */
#define NET_TAP "tap0"

enum { NET_WORDS_MAX = 128, NET_TEXT_MAX = 8192 };

struct net_argv {
	char *v[NET_WORDS_MAX]; /* NULL-ended */
	size_t n;
	char text[NET_TEXT_MAX]; /* what they point into */
	size_t used;
};

/* What a container sees of each helper. */
struct net_helper_kind {
	const char *program; /* "pasta" */
	const char *package; /* "passt" */
	struct net_forwards dns; /* addresses that lead to the machine's resolver */
	const char *host; /* address that leads to the machine, with host_access */
};
extern const struct net_helper_kind net_helpers[NET_HELPERS];

/* The helpers of a mode, best first. How many. */
size_t net_helpers_of(enum net_mode mode, enum net_helper ret[NET_HELPERS]);

/*
 * A bit for each option that can be done without and that this program, the n bytes of its
 * file, does not know: an option it knows it must have the name of. 0 for what is no ELF file.
 */
unsigned net_plan_unknown(enum net_helper helper, const char *program, size_t n);

/* The bit of net_plan_unknown() for what gives slirp4netns IPv6. */
unsigned net_plan_without_ipv6(enum net_helper helper);

/* Has a container IPv4 where the machine has none? With older pastas it has not. */
bool net_plan_needs_no_route(enum net_helper helper, unsigned dropped);

/*
 * The command line. dropped: a bit for each option that the helper does not know, of
 * net_plan_unknown() and net_plan_judge(). *ret must not be copied afterwards: it points into
 * itself.
 */
void net_plan_argv(const struct net_request *rq, enum net_helper helper, unsigned dropped,
		   struct net_argv *ret);

/*
 * Is a port none of the helper's, but passed on by a process of ours (publish.h)? All of
 * slirp4netns', which has neither IPv6 nor answers for datagrams from the machine itself;
 * those of a loopback, which one pasta leads to the container's loopback and another does not,
 * or not without a route of that family; datagrams where pasta is too old to answer all of
 * them; and what only root may bind, for the helper is nobody on the machine.
 */
bool net_plan_passes_on(enum net_helper helper, unsigned dropped,
			const struct net_port *port);

/* What becomes of a helper that has ended instead of being ready. */
enum net_verdict {
	NET_AGAIN, /* without the option that *dropped has now besides */
	NET_CANNOT, /* it cannot work here: another helper may */
	NET_FAILED, /* it could have, but not so */
	NET_VERDICTS, /* none of these: it is ready */
};

/* Judges by what it said. In the last two cases *e is set, with the cure if one is known. */
enum net_verdict net_plan_judge(enum net_helper helper, const char *said,
				unsigned *dropped, struct err *e);

#endif
