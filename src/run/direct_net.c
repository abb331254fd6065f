/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network of direct use as annotations and variables; see direct.h. Pure. */
#include "base/str.h"
#include "run/direct.h"
#include "run/net.h"

#include <assert.h>
#include <stdio.h>

/* What programs look at for a proxy; some only know one of the two cases. */
static const char *const proxy_names[] = { "http_proxy", "https_proxy", "HTTP_PROXY",
					   "HTTPS_PROXY" };
static_assert(ARRAY_SIZE(proxy_names) == DIRECT_NET_VARIABLES, "room for them");

int net_check_mode(const char *text, struct err *e)
{
	struct net_request rq = { 0 };

	return net_parse_mode(text, &rq, e);
}

static char *join_ports(struct oci_arena *arena, const struct direct_request *rq)
{
	auto_str text = { 0 };

	for (size_t i = 0; i < rq->n_publish; i++)
		str_addf(&text, "%s%s", i ? "," : "", rq->publish[i]);
	return oci_strdup(arena, text.s);
}

static int read_words(const struct direct_request *rq, struct net_request *ret,
		      struct err *e)
{
	if (rq->net == DIRECT_NET_HELPER) {
		WHERE_IN(e, "--net", NULL);
		TRY(net_parse_mode(rq->net_word, ret, e));
	}
	if (rq->n_publish && (rq->net == DIRECT_NET_HOST || rq->net == DIRECT_NET_PATH)) {
		err_set(e, "--publish: there is nothing to publish with --net %s",
			rq->net == DIRECT_NET_HOST ? "host" : "ns:PATH");
		return err_hint(e, "--net auto, pasta or slirp4netns");
	}
	WHERE_IN(e, "--publish", NULL);
	for (size_t i = 0; i < rq->n_publish; i++)
		TRY(net_parse_port(rq->publish[i], ret, e));
	return net_check(ret, e);
}

int direct_net(struct oci_arena *arena, const struct direct_request *rq,
	       struct oci_pair ret_pairs[DIRECT_NET_PAIRS], size_t *ret_n,
	       char *ret_env[DIRECT_NET_VARIABLES], size_t *ret_n_env, struct err *e)
{
	struct net_request net = { 0 };
	size_t n = 0, env = 0;
	char buf[64];

	TRY(read_words(rq, &net, e));
	if (net.mode != NET_NONE)
		ret_pairs[n++] =
			(struct oci_pair){ (char *)NET_ANNOTATION, (char *)rq->net_word };
	if (rq->n_publish)
		ret_pairs[n++] = (struct oci_pair){ (char *)NET_ANNOTATION_PUBLISH,
						    join_ports(arena, rq) };
	for (size_t i = 0; net.mode == NET_PROXY && i < ARRAY_SIZE(proxy_names); i++) {
		snprintf(buf, sizeof(buf), "%s=http://127.0.0.1:%u", proxy_names[i],
			 net.proxy);
		ret_env[env++] = oci_strdup(arena, buf);
	}
	*ret_n = n;
	*ret_n_env = env;
	return arena->failed ? err_set(e, "out of memory") : 0;
}
