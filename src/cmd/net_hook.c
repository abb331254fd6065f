/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia net-hook: a network for a container of any runtime, from its createRuntime hook. */
#include "cmd/cmd.h"

struct net_hook_values {
	const char *net;
	struct cli_list publish;
};

static const struct cli_option options[] = {
	CLI_FILLED_TEXT_ALSO(net_hook_values, net, "net", "network", NULL, "MODE",
			     "auto (default), pasta, slirp4netns, proxy:PORT or none"),
	CLI_LIST(net_hook_values, publish, "publish", "p", "[IP:]PORT:PORT[/tcp|/udp]",
		 "a port of the machine leads inside"),
	CLI_END,
};

static int net_hook(const struct cmd_call *call, struct err *e)
{
	const struct net_hook_values *v = call->values;
	const struct run_net_hook_args args = { v->net, v->publish.v, v->publish.n };

	return run_net_hook(&args, e);
}

const struct cmd cmd_net_hook = {
	.name = "net-hook",
	.words = "",
	.summary = "as a createRuntime hook: connect a container to the network",
	.options = options,
	.values_size = sizeof(struct net_hook_values),
	.run = net_hook,
};
