/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia features, and the text of --version. */
#include "cmd/cmd.h"
#include "cmd/out.h"

#include "run/features.h"

static int features(const struct cmd_call *call, struct err *e)
{
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	struct oci_features f = { 0 };

	(void)call;
	run_features(&arena, &f);
	return out_line(
		arena.failed ? NULL : oci_encode(&arena, &oci_type_features, &f, 2, NULL),
		e);
}

/* The lines that go-runc and people look for, each with its own prefix. */
void cmd_version(struct str *ret)
{
	str_addf(ret, "wolffia version %s\ncommit: %s\nspec: %s\nlibseccomp: %s\n",
		 WOLFFIA_VERSION, WOLFFIA_COMMIT, OCI_SPEC_VERSION,
		 run_libseccomp_version());
	for (const struct run_part *p = run_parts; p->name; p++)
		str_addf(ret, "%s%c%s", p == run_parts ? "" : " ",
			 p->built_in ? '+' : '-', p->name);
	str_add(ret, "\n");
#if WOLFFIA_BREAK
	str_addf(ret, "steps: %d\n", run_rows());
#endif
}

const struct cmd cmd_features = {
	.name = "features",
	.words = "",
	.summary = "print what this runtime can do as JSON",
	.options = cmd_no_options,
	.run = features,
};
