/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `doctor`: a network of one's own, and the programs that lead out of it. */
#include "run/doctor_check.h"

#include "base/child.h"
#include "base/fd.h"
#include "kernel/netlink.h"
#include "kernel/spawn.h"
#include "net/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELPER_MS = 5000, OUTPUT_MAX = 16384 };

void doctor_loopback(struct doctor *d, struct doctor_finding *f)
{
	const struct doctor_trial t = { CLONE_NEWNET, netlink_lo_up };
	struct err why = { 0 };

	if (doctor_try(d, &t, &why) == 0)
		doctor_found(d, f, "lo is up in a new network");
	else
		doctor_fault(d, f, DOCTOR_MISSING, &why,
			     "--net host does without a network of the container's own");
}

void doctor_tun(struct doctor *d, struct doctor_finding *f)
{
	auto_close int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct err why = { 0 };

	if (fd >= 0) {
		doctor_found(d, f, "/dev/net/tun opens");
		return;
	}
	err_sys_plain(&why, "/dev/net/tun");
	doctor_fault(d, f, DOCTOR_MISSING, &why,
		     why.code == EACCES ? "chmod 666 /dev/net/tun, as root"
					: "modprobe tun, as root; inside a container: "
					  "--device /dev/net/tun of the outer one");
}

static int run_it(const char *path, const char *option, struct child_result *ret,
		  struct err *e)
{
	char *argv[] = { (char *)path, (char *)option, NULL };
	struct child_spec spec = { .path = path,
				   .argv = argv,
				   .cwd_fd = -1,
				   .timeout_ms = HELPER_MS,
				   .output_limit = OUTPUT_MAX,
				   .output_fd = -1 };

	return child_run(&spec, ret, e);
}

struct program {
	enum net_helper helper;
	const char *options[4]; /* that make a difference, each told of when it has it */
};

/* The first line of --version and the options that it knows. */
static void look_at(struct doctor *d, struct doctor_finding *f, const struct program *p)
{
	struct child_result version = { 0 }, help = { 0 };
	struct err why = { 0 };
	char path[CHILD_PATH_MAX], known[128] = "";
	size_t n = 0;

	if (!net_helper_find(p->helper, path)) { /* as a container's would be */
		err_set(&why, "%s: not found", net_helpers[p->helper].program);
		err_hint(&why, "install the package %s", net_helpers[p->helper].package);
	} else if (run_it(path, "--version", &version, &why) == 0 &&
		   (version.timed_out || version.status != 0)) {
		err_set(&why, "%s --version does not work", path);
	}
	if (err_is_set(&why)) {
		doctor_fault(d, f, DOCTOR_MISSING, &why, NULL);
	} else {
		if (run_it(path, "--help", &help, &why) == 0 && help.output.n)
			for (size_t i = 0; i < ARRAY_SIZE(p->options); i++)
				if (p->options[i] && strstr(help.output.s, p->options[i]))
					n += (size_t)snprintf(known + n,
							      sizeof(known) - n, ", %s",
							      p->options[i]);
		doctor_found(d, f, "%s: %.*s%s", path,
			     (int)strcspn(version.output.n ? version.output.s : "", "\n"),
			     version.output.n ? version.output.s : "", known);
	}
	str_free(&version.output);
	str_free(&help.output);
}

void doctor_pasta(struct doctor *d, struct doctor_finding *f)
{
	static const struct program pasta = { NET_HELPER_PASTA,
					      { "--map-host-loopback", "--map-guest-addr",
						"--no-splice", "--runas" } };

	look_at(d, f, &pasta);
}

void doctor_slirp(struct doctor *d, struct doctor_finding *f)
{
	static const struct program slirp = { NET_HELPER_SLIRP,
					      { "--disable-host-loopback",
						"--enable-sandbox", "--enable-seccomp",
						"--enable-ipv6" } };

	look_at(d, f, &slirp);
}
