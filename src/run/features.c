/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The features document; see features.h. Words of the specification come from libocispec,
 * mount options and capabilities from those who carry them out, so that nothing is listed
 * which is not recognised (S203-S209).
 */
#include "run/features.h"

#include "base/str.h"
#include "fs/option.h"
#include "run/life.h"
#include "sec/caps.h"
#include "sec/seccomp.h"

#define YES                \
	{                  \
		true, true \
	}
#define NO                  \
	{                   \
		true, false \
	}
#define WHEN(condition)           \
	{                         \
		true, (condition) \
	}

const struct run_part run_parts[] = {
	{ "SECCOMP", true },
	{ "CAP", true },
	{ "YAJL", true },
	{ "APPARMOR", true },
	{ "SELINUX", HAVE_SELINUX },
	{ "SYSTEMD", HAVE_SYSTEMD },
	{ "CRIU", HAVE_CRIU }, /* a program, looked for when it is needed */
	{ NULL, false },
};

/*
 * Annotations of config.json that change what we do; a name that ends with '.' stands for
 * all that begin with it. Engines keep these from images and users, so what a manager for
 * systemd will honour is here already.
 */
static const char *const unsafe_annotations[] = {
	"module.wasm.image/variant", /* refused */
	"org.criu.config",
	"org.opencontainers.image.stopSignal",
	"org.systemd.property.",
	"run.oci.",
	"wolffia.",
	NULL,
};

static const struct oci_pair annotations[] = {
	{ (char *)"org.wolffia.version", (char *)WOLFFIA_VERSION },
	{ (char *)"org.wolffia.commit", (char *)WOLFFIA_COMMIT },
	/* mount options z and Z label what is mounted */
	{ (char *)"org.wolffia.selinux.relabel",
	  (char *)(HAVE_SELINUX ? "true" : "false") },
	{ (char *)"org.opencontainers.runc.checkpoint.enabled",
	  (char *)(HAVE_CRIU ? "true" : "false") },
};

const char *run_libseccomp_version(void)
{
	return seccomp_library_version();
}

static struct oci_strings capability_names(struct oci_arena *arena)
{
	struct oci_strings ret = { .v = oci_alloc(arena,
						  (CAPS_KNOWN + 1) * sizeof(char *)) };

	while (ret.v && ret.n < CAPS_KNOWN) {
		ret.v[ret.n] = (char *)caps_name((int)ret.n);
		ret.n++;
	}
	return ret;
}

static struct oci_strings arch_names(struct oci_arena *arena)
{
	struct oci_strings all = oci_words_list(oci_words_seccomp_arch);
	struct oci_strings ret = { .v = oci_alloc(arena, (all.n + 1) * sizeof(char *)) };

	for (size_t i = 0; ret.v && i < all.n; i++)
		if (seccomp_knows_arch((enum oci_seccomp_arch)(i + 1)))
			ret.v[ret.n++] = all.v[i];
	return ret;
}

static struct oci_map own_annotations(struct oci_arena *arena)
{
	size_t n = ARRAY_SIZE(annotations);
	struct oci_map ret = { .v = oci_alloc(arena, (n + 1) * sizeof(*ret.v)) };

	if (!ret.v)
		return ret;
	memcpy(ret.v, annotations, sizeof(annotations));
	ret.v[n] = (struct oci_pair){ (char *)"io.github.seccomp.libseccomp.version",
				      (char *)run_libseccomp_version() };
	ret.n = n + 1;
	return ret;
}

static void linux_features(struct oci_arena *arena, struct oci_features_linux *ret)
{
	static struct oci_features_cgroup cgroup = { YES, YES, WHEN(HAVE_SYSTEMD),
						     WHEN(HAVE_SYSTEMD), YES };
	static struct oci_features_enabled apparmor = { YES };
	static struct oci_features_enabled selinux = { WHEN(HAVE_SELINUX) };
	static struct oci_features_enabled idmap = { YES };
	static struct oci_features_enabled net_devices = { YES };
	static struct oci_features_intel_rdt intel_rdt = { YES, YES, YES };
	static struct oci_features_mount_extensions extensions = { &idmap };
	struct oci_features_seccomp *seccomp = oci_alloc(arena, sizeof(*seccomp));
	struct oci_features_memory_policy *policy = oci_alloc(arena, sizeof(*policy));

	if (!seccomp || !policy)
		return;
	*seccomp = (struct oci_features_seccomp){
		.enabled = YES,
		.actions = oci_words_list(oci_words_seccomp_action),
		.operators = oci_words_list(oci_words_seccomp_op),
		.archs = arch_names(arena),
		.known_flags = oci_words_list(oci_words_seccomp_flag),
		.supported_flags = oci_words_list(oci_words_seccomp_flag),
	};
	*policy = (struct oci_features_memory_policy){
		.modes = oci_words_list(oci_words_mpol_mode),
		.flags = oci_words_list(oci_words_mpol_flag),
	};
	*ret = (struct oci_features_linux){
		.namespaces = oci_words_list(oci_words_namespace),
		.capabilities = capability_names(arena),
		.cgroup = &cgroup,
		.seccomp = seccomp,
		.apparmor = &apparmor,
		.selinux = &selinux,
		.intel_rdt = &intel_rdt,
		.memory_policy = policy,
		.mount_extensions = &extensions,
		.net_devices = &net_devices,
	};
}

void run_features(struct oci_arena *arena, struct oci_features *ret)
{
	struct oci_features_linux *l = oci_alloc(arena, sizeof(*l));

	if (!l)
		return;
	linux_features(arena, l);
	*ret = (struct oci_features){
		.oci_version_min = (char *)OCI_SPEC_VERSION_MIN,
		.oci_version_max = (char *)OCI_SPEC_VERSION,
		.hooks = oci_words_list(oci_words_hook),
		.mount_options = oci_words_list(option_names()),
		.linux = l,
		.annotations = own_annotations(arena),
		.potentially_unsafe_config_annotations =
			oci_words_list(unsafe_annotations),
	};
}

int run_rows(void)
{
	return life_rows();
}
