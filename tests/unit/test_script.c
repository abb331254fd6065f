/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/script: what is written can be read back at any address; failures are worded as
 * engines expect them. Running it is the business of tests/live/test_script.c.
 */
#include "suite.h"

#include "kernel/script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

static void build(struct script *s)
{
	char *argv[] = { (char[]){ "a" }, (char[]){ "bc" }, NULL };
	struct script_op *op;
	uint64_t at;

	script_init(s);
	s->slots[SCRIPT_SLOT_REPORT] = 5;
	op = script_sys(s, "umask", SYS_umask, 0, 0, 022);
	op->ignore[0] = EPERM;
	op->unless = SCRIPT_SLOT_A;
	at = script_strings(s, argv);
	op = script_add(s, SCRIPT_EXEC, "a", 0, (uint64_t[6]){ at, at, 0 });
	op->data = 7;
	op = script_sys(s, NULL, 9999, 0, 1, SCRIPT_SLOT_GATE, (uint64_t)-1);
	op->save = SCRIPT_SLOT_B;
	op->ignore[0] = SCRIPT_IGNORE_ANY;
}

START_TEST(print)
{
	struct script s;
	auto_str text = { 0 };

	build(&s);
	script_print(&s, &text);
	ck_assert_str_eq(text.s,
			 "umask: unless $A: umask(022) or \"Operation not permitted\"\n"
			 "a: EXEC {\"a\", \"bc\"} {\"a\", \"bc\"} {}\n"
			 "call 9999($GATE, -1, 0, 0, 0, 0) or any error -> $B\n");
	script_free(&s);
}
END_TEST

/* The offsets of the finished bytes lead to the same strings. */
START_TEST(finish)
{
	const struct script_head *head;
	const struct script_op *ops;
	struct script s;
	auto_str bytes = { 0 };
	uint64_t word;

	build(&s);
	script_finish(&s, &bytes);
	script_finish(&s, &bytes); /* may be done twice */
	head = (void *)bytes.s;
	ck_assert_uint_eq(head->magic, SCRIPT_MAGIC);
	ck_assert_uint_eq(head->size, bytes.n);
	ck_assert_uint_eq(head->n_ops, 3);
	ck_assert_int_eq(head->slots[SCRIPT_SLOT_REPORT], 5);
	ck_assert_int_eq(head->slots[SCRIPT_SLOT_GATE], -1);
	ops = (void *)(bytes.s + head->ops);
	ck_assert_uint_eq((uintptr_t)ops % 8, (uintptr_t)bytes.s % 8);
	ck_assert_str_eq(bytes.s + ops[0].what, "umask");
	ck_assert_uint_eq(ops[2].what, 0);
	ck_assert_uint_eq(ops[1].args[2], 0);
	memcpy(&word, bytes.s + ops[1].args[0] + 8, sizeof(word));
	ck_assert_str_eq(bytes.s + word, "bc");
	memcpy(&word, bytes.s + ops[1].args[0] + 16, sizeof(word));
	ck_assert_uint_eq(word, 0);
	script_free(&s);
}
END_TEST

static const struct {
	int error;
	uint32_t exec;
	const char *what;
	const char *text;
} reports[] = {
	{ ENOENT, 1, "nosuch", "exec: \"nosuch\": executable file not found in $PATH" },
	{ ENOENT, 1, "/nosuch", "exec: \"/nosuch\": no such file or directory" },
	{ EACCES, 1, "/etc/passwd", "exec: \"/etc/passwd\": permission denied" },
	{ EISDIR, 1, "/etc", "exec: \"/etc\": is a directory: permission denied" },
	{ ENOEXEC, 1, "/x", "exec: \"/x\": exec format error" },
	{ E2BIG, 1, "/x", "exec: \"/x\": Argument list too long" },
	/* not taken for a missing or forbidden program */
	{ ENOENT, 0, "process.cwd: /x", "process.cwd: /x: it does not exist" },
	{ EPERM, 0, "linux.x", "linux.x: not allowed" },
	{ EINVAL, 0, "linux.x", "linux.x: Invalid argument" },
	{ 0, 0, "x", "the container's init sent a report that is not ours" },
};

START_TEST(explain)
{
	struct script_report r = { .magic = SCRIPT_MAGIC,
				   .kind = SCRIPT_FAILED,
				   .error = reports[_i].error,
				   .exec = reports[_i].exec };
	struct err e = { 0 };

	snprintf(r.what, sizeof(r.what), "%s", reports[_i].what);
	ck_assert_int_eq(script_explain(&r, &e), -1);
	ck_assert_str_eq(e.text, reports[_i].text);
}
END_TEST

/* What comes from the container's side is not trusted to be terminated. */
START_TEST(explain_garbage)
{
	struct script_report r;
	struct err e = { 0 };

	memset(&r, 'A', sizeof(r));
	ck_assert_int_eq(script_explain(&r, &e), -1);
	ck_assert(err_is_set(&e));
	r.magic = SCRIPT_MAGIC;
	r.error = EIO;
	e = (struct err){ 0 };
	ck_assert_int_eq(script_explain(&r, &e), -1);
	ck_assert_uint_lt(strlen(e.text), ERR_TEXT_MAX);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, print);
	tcase_add_test(t, finish);
	tcase_add_loop_test(t, explain, 0, ROWS(reports));
	tcase_add_test(t, explain_garbage);
}

int main(void)
{
	return suite_run("script", fill);
}
