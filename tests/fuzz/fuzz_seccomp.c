/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.seccomp as JSON, compiled, and asked for verdicts. A program that was made is a
 * valid one: whatever the call, the answer is one of the section's actions, and a foreign
 * architecture is killed. A text that begins with '=' is base64 of a finished program.
 */
#include "fuzz.h"

#include "libocispec/oci.h"
#include "sec/seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

static const uint32_t arches[] = {
	AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_S390X, 0,
	0xffffffff
};
static const int numbers[] = { 0,   1,	 2,	     59,	 231, 317,	 435,
			       999, 512, 0x40000000, 0x40000001, -1,  2147483647 };
static const uint64_t values[] = { 0, 1, 0x7e020000, UINT32_MAX, 1ull << 32, UINT64_MAX };

static void ask(const struct seccomp_filter *f, bool compiled)
{
	for (size_t a = 0; a < sizeof(arches) / sizeof(*arches); a++) {
		for (size_t n = 0; n < sizeof(numbers) / sizeof(*numbers); n++) {
			uint64_t args[6];
			uint32_t r;

			for (int i = 0; i < 6; i++)
				args[i] = values[(n + (size_t)i + a) % 6];
			r = seccomp_verdict(f, arches[a], numbers[n], args);
			if (compiled && arches[a] == 0xffffffff)
				must((r & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_LOG);
		}
	}
}

static void compile(const struct oci_seccomp *s, const struct seccomp_options *o)
{
	auto_seccomp f = { 0 };
	auto_str warnings = { 0 };
	struct err e = { 0 };

	if (seccomp_compile(s, o, &f, &warnings, &e) < 0) {
		must(err_is_set(&e) && f.v == NULL);
		return;
	}
	must(f.n <= SECCOMP_INSNS_MAX && (f.n == 0 || f.v != NULL));
	ask(&f, true);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct oci_arena arena = { 0 };
	struct oci_error why;
	void *section;

	if (size && data[0] == '=') {
		char *text = fuzz_text(data + 1, size - 1);
		auto_seccomp f = { 0 };
		struct err e = { 0 };

		if (seccomp_from_base64(text, &f, &e) == 0)
			ask(&f, false);
		else
			must(err_is_set(&e));
		free(text);
		return 0;
	}
	if (oci_decode(&arena, &oci_type_seccomp, "f", (const char *)data, size, &section,
		       &why) == 0)
		for (int way = 0; way < 8; way++)
			compile(section,
				&(struct seccomp_options){ way & 1, way & 2, way & 4 });
	oci_arena_free(&arena);
	return 0;
}
