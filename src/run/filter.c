/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's seccomp filter; see filter.h. */
#include "run/filter.h"

#include "run/container.h"

int filter_compile(const struct oci_config *config, bool have_receiver,
		   struct seccomp_filter *ret, struct str *warnings, struct err *e)
{
	const struct oci_seccomp *s = config->linux ? config->linux->seccomp : NULL;
	struct seccomp_options o = {
		.fail_unknown =
			container_flag(config, "run.oci.seccomp_fail_unknown_syscall"),
		.have_receiver = have_receiver,
	};

	for (size_t i = 0; i < config->annotations.n; i++)
		if (str_eq(config->annotations.v[i].key, "run.oci.seccomp_bpf_data"))
			return seccomp_from_base64(config->annotations.v[i].value, ret,
						   e);
	return s ? seccomp_compile(s, &o, ret, warnings, e) : 0;
}
