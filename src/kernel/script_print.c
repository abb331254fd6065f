/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script as text, one line an op: for --debug, and for the tests of src/sec, where a row
 * is a config and this text. How the arguments of a call are shown is a row of a table;
 * a call that is not in it is shown by number, with plain numbers.
 */
#include "kernel/script.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>

/*
 * A letter an argument: d number, x hexadecimal, o octal, s string, p bytes that are not
 * shown, and lists: R two 64-bit values, G gids (count before), C three words of a
 * capability set twice, S struct sched_attr, N 64-bit words, number of bits before or after
 * (a bit mask), P a struct sock_fprog, W a struct open_how. Arguments beyond the letters are
 * not shown.
 */
static const struct call_row {
	int nr;
	const char *name;
	const char *letters;
} call_rows[] = {
	{ SYS_capset, "capset", "-C" },
	{ SYS_chdir, "chdir", "s" },
	{ SYS_chroot, "chroot", "s" },
	{ SYS_close, "close", "d" },
	{ SYS_close_range, "close_range", "dxx" },
	{ SYS_dup3, "dup3", "ddx" },
	{ SYS_fchdir, "fchdir", "d" },
	{ SYS_fchown, "fchown", "ddd" },
	{ SYS_ioctl, "ioctl", "dxp" },
	{ SYS_ioprio_set, "ioprio_set", "ddx" },
	{ SYS_keyctl, "keyctl", "d" }, /* what follows depends: see keyctl below */
	{ SYS_openat, "openat", "dsx" },
	{ SYS_openat2, "openat2", "dsW" },
	{ SYS_personality, "personality", "x" },
	{ SYS_prctl, "prctl", "ddd" },
	{ SYS_prlimit64, "prlimit64", "ddR" },
	{ SYS_rt_sigprocmask, "rt_sigprocmask", "dN" },
	{ SYS_sched_setaffinity, "sched_setaffinity", "dd" },
	{ SYS_sched_setattr, "sched_setattr", "dS" },
	{ SYS_seccomp, "seccomp", "dxP" },
	{ SYS_set_mempolicy, "set_mempolicy", "xNd" },
	{ SYS_setgroups, "setgroups", "dG" },
	{ SYS_setns, "setns", "dx" },
	{ SYS_setresgid, "setresgid", "ddd" },
	{ SYS_setresuid, "setresuid", "ddd" },
	{ SYS_setsid, "setsid", "" },
	{ SYS_umask, "umask", "o" },
	{ SYS_write, "write", "ds" },
};

static const char *const slot_names[SCRIPT_SLOTS] = {
	[SCRIPT_SLOT_REPORT] = "$REPORT",
	[SCRIPT_SLOT_GATE] = "$GATE",
	[SCRIPT_SLOT_PROC] = "$PROC",
	[SCRIPT_SLOT_A] = "$A",
	[SCRIPT_SLOT_B] = "$B",
	[SCRIPT_SLOT_C] = "$C",
	[SCRIPT_SLOT_LISTENER] = "$LISTENER",
	[SCRIPT_SLOT_TARGET] = "$TARGET",
	[SCRIPT_SLOT_CONSOLE] = "$CONSOLE",
	[SCRIPT_SLOT_ROOT] = "$ROOT",
};

static uint64_t word_at(const struct script *s, uint64_t at, size_t i)
{
	uint64_t v = 0;

	if (at + (i + 1) * sizeof(v) <= s->data.n)
		memcpy(&v, s->data.s + at + i * sizeof(v), sizeof(v));
	return v;
}

static uint32_t half_at(const struct script *s, uint64_t at, size_t i)
{
	uint32_t v = 0;

	if (at + (i + 1) * sizeof(v) <= s->data.n)
		memcpy(&v, s->data.s + at + i * sizeof(v), sizeof(v));
	return v;
}

static void print_strings(const struct script *s, uint64_t at, struct str *ret)
{
	str_add(ret, "{");
	for (size_t i = 0; at && word_at(s, at, i); i++)
		str_addf(ret, "%s\"%s\"", i ? ", " : "", s->data.s + word_at(s, at, i));
	str_add(ret, "}");
}

static void print_list(const struct script *s, const struct script_op *op, int i,
		       char letter, struct str *ret)
{
	uint64_t at = op->args[i];
	size_t n = 2;

	if (letter == 'G')
		n = op->args[0];
	else if (letter == 'C')
		n = 6;
	else if (letter == 'N')
		n = op->nr == SYS_set_mempolicy ? (op->args[2] + 62) / 64 : 1;
	str_add(ret, "{");
	for (size_t k = 0; at && k < n; k++) {
		str_add(ret, k ? ", " : "");
		if (letter == 'G')
			str_addf(ret, "%u", half_at(s, at, k));
		else if (letter == 'C')
			str_addf(ret, "%x", half_at(s, at, k));
		else if (letter == 'N')
			str_addf(ret, "%llx", (unsigned long long)word_at(s, at, k));
		else if (word_at(s, at, k) == UINT64_MAX)
			str_add(ret, "unlimited");
		else
			str_addf(ret, "%llu", (unsigned long long)word_at(s, at, k));
	}
	str_add(ret, "}");
}

static void print_sched(const struct script *s, uint64_t at, struct str *ret)
{
	str_addf(ret, "{policy %u, flags %llx, nice %d, priority %u, %llu/%llu/%llu}",
		 half_at(s, at, 1), (unsigned long long)word_at(s, at, 1),
		 (int)half_at(s, at, 4), half_at(s, at, 5),
		 (unsigned long long)word_at(s, at, 3),
		 (unsigned long long)word_at(s, at, 4),
		 (unsigned long long)word_at(s, at, 5));
}

static void print_arg(const struct script *s, const struct script_op *op, int i,
		      char letter, struct str *ret)
{
	uint64_t v = op->args[i];

	if (op->slots & (1u << i))
		str_add(ret, v < SCRIPT_SLOTS ? slot_names[v] : "$?");
	else if (!(op->data & (1u << i)))
		str_addf(ret,
			 letter == 'x'	 ? "0x%llx"
			 : letter == 'o' ? "0%llo"
					 : "%lld",
			 (long long)(letter == 'd' ? (int64_t)(int32_t)v : (int64_t)v));
	else if (!v)
		str_add(ret, "NULL");
	else if (letter == 's')
		str_addf(ret, "\"%s\"", s->data.s + v);
	else if (letter == 'S')
		print_sched(s, v, ret);
	else if (letter == 'P')
		str_addf(ret, "{%u instructions}", half_at(s, v, 0) & 0xffff);
	else if (letter == 'p')
		str_add(ret, "{...}");
	else if (letter == 'W')
		str_addf(ret, "{0x%llx, resolve 0x%llx}",
			 (unsigned long long)word_at(s, v, 0),
			 (unsigned long long)word_at(s, v, 2));
	else if (letter == '-')
		str_add(ret, "version 3");
	else
		print_list(s, op, i, letter, ret);
}

static void print_call(const struct script *s, const struct script_op *op,
		       struct str *ret)
{
	const char *letters = "dddddd";
	size_t row = 0;

	while (row < ARRAY_SIZE(call_rows) && call_rows[row].nr != op->nr)
		row++;
	if (row < ARRAY_SIZE(call_rows)) {
		str_add(ret, call_rows[row].name);
		letters = call_rows[row].letters;
	} else {
		str_addf(ret, "call %d", op->nr);
	}
	if (op->nr == SYS_keyctl) /* a name, or a key and its permissions */
		letters = op->data ? "ds" : "ddx";
	str_add(ret, "(");
	for (int i = 0; letters[i]; i++) {
		str_add(ret, i ? ", " : "");
		print_arg(s, op, i, letters[i], ret);
	}
	str_add(ret, ")");
}

static void print_ignored(const struct script_op *op, struct str *ret)
{
	if (op->ignore[0] == SCRIPT_IGNORE_ANY) {
		str_add(ret, " or any error");
		return;
	}
	for (int i = 0; i < 2; i++)
		if (op->ignore[i])
			str_addf(ret, " or \"%s\"", err_name(op->ignore[i]));
}

static void print_op(const struct script *s, const struct script_op *op, struct str *ret)
{
	static const char *const reports[] = { "?",	 "READY",    "EXECUTING",
					       "FAILED", "LISTENER", "BORN" };

	switch ((enum script_kind)op->kind) {
	case SCRIPT_SYS:
		print_call(s, op, ret);
		break;
	case SCRIPT_GATE:
		str_add(ret, "GATE");
		break;
	case SCRIPT_EXEC:
		str_add(ret, "EXEC ");
		print_strings(s, op->args[0], ret);
		str_add(ret, " ");
		print_strings(s, op->args[1], ret);
		str_add(ret, " ");
		print_strings(s, op->args[2], ret);
		break;
	case SCRIPT_SEND_FD:
		str_add(ret, "SEND_FD ");
		print_arg(s, op, 0, 'd', ret);
		break;
	case SCRIPT_PASS_FD:
		str_add(ret, "PASS_FD ");
		print_arg(s, op, 1, 'd', ret);
		str_add(ret, " to ");
		print_arg(s, op, 0, 'd', ret);
		break;
	case SCRIPT_BIRTH:
		str_add(ret, "BIRTH");
		break;
	case SCRIPT_CLEAR:
		str_addf(ret, "CLEAR 0x%llx", (unsigned long long)op->args[1]);
		break;
	case SCRIPT_REAPER:
		str_add(ret, op->args[0] ? "REAPER, terminal" : "REAPER");
		break;
	case SCRIPT_LANDLOCK:
		str_add(ret, "LANDLOCK ");
		print_arg(s, op, 1, op->args[1] ? 's' : 'd', ret);
		str_addf(ret, " 0x%llx", (unsigned long long)op->args[2]);
		break;
	case SCRIPT_CHECK_CWD:
		str_add(ret, "CHECK_CWD");
		break;
	case SCRIPT_REPORT:
		str_addf(ret, "REPORT %s",
			 op->args[0] < ARRAY_SIZE(reports) ? reports[op->args[0]] : "?");
		str_add(ret, op->args[1] ? ", must arrive" : "");
		break;
	case SCRIPT_FIND:
		str_add(ret, "FIND ");
		print_strings(s, op->args[0], ret);
		break;
	}
}

void script_print(const struct script *s, struct str *ret)
{
	for (size_t i = 0; i < s->n_ops; i++) {
		const struct script_op *op = &s->ops[i];

		if (op->what)
			str_addf(ret, "%s: ", s->data.s + op->what);
		if (op->unless != SCRIPT_NO_SLOT)
			str_addf(ret, "unless %s: ", slot_names[op->unless]);
		print_op(s, op, ret);
		print_ignored(op, ret);
		if (op->save != SCRIPT_NO_SLOT)
			str_addf(ret, " -> %s", slot_names[op->save]);
		str_add(ret, "\n");
	}
}
