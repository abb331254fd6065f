/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a script; see script.h. While it is written, offsets count from the start of the
 * data; script_finish() moves them behind head and ops. The first byte of the data is
 * never handed out, so that 0 can stand for NULL.
 */
#include "kernel/script.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

enum { ALIGN = 8 };

void script_init(struct script *s)
{
	*s = (struct script){ 0 };
	for (int i = 0; i < SCRIPT_SLOTS; i++)
		s->slots[i] = -1;
}

void script_free(struct script *s)
{
	free(s->ops);
	free(s->relocs);
	str_free(&s->data);
	*s = (struct script){ 0 };
}

uint64_t script_bytes(struct script *s, const void *bytes, size_t n)
{
	static const char zero[ALIGN];
	uint64_t at;

	if (!s->data.n)
		str_add_n(&s->data, zero, ALIGN);
	if (s->data.n % ALIGN)
		str_add_n(&s->data, zero, ALIGN - s->data.n % ALIGN);
	at = s->data.n;
	str_add_n(&s->data, bytes, n);
	return at;
}

uint64_t script_text(struct script *s, const char *text)
{
	return text ? script_bytes(s, text, strlen(text) + 1) : 0;
}

void script_point(struct script *s, uint64_t at, uint64_t target)
{
	if (s->n_relocs == s->size_relocs) {
		s->size_relocs = s->size_relocs ? s->size_relocs * 2 : 64;
		s->relocs = xreallocarray(s->relocs, s->size_relocs, sizeof(*s->relocs));
	}
	s->relocs[s->n_relocs++] = (uint32_t)at;
	memcpy(s->data.s + at, &target, sizeof(target));
}

uint64_t script_strings(struct script *s, char *const *v)
{
	uint64_t word = 0;
	uint64_t at;
	size_t n = 0;

	if (!v)
		return 0;
	while (v[n])
		n++;
	at = script_bytes(s, &word, sizeof(word));
	for (size_t i = 0; i < n; i++)
		script_bytes(s, &word, sizeof(word)); /* NULL at the end included */
	for (size_t i = 0; i < n; i++)
		script_point(s, at + i * sizeof(word), script_text(s, v[i]));
	return at;
}

struct script_op *script_add(struct script *s, enum script_kind kind, const char *what,
			     int nr, const uint64_t args[6])
{
	struct script_op *op;

	if (s->n_ops == s->size_ops) {
		s->size_ops = s->size_ops ? s->size_ops * 2 : 64;
		s->ops = xreallocarray(s->ops, s->size_ops, sizeof(*s->ops));
	}
	op = &s->ops[s->n_ops++];
	*op = (struct script_op){ .kind = (uint8_t)kind,
				  .save = SCRIPT_NO_SLOT,
				  .unless = SCRIPT_NO_SLOT,
				  .nr = (int16_t)nr };
	memcpy(op->args, args, sizeof(op->args));
	op->what = (uint32_t)script_text(s, what);
	return op;
}

void script_finish(const struct script *s, struct str *ret)
{
	size_t ops = s->n_ops * sizeof(*s->ops);
	size_t relocs = (s->n_relocs * sizeof(*s->relocs) + ALIGN - 1) / ALIGN * ALIGN;
	uint32_t shift = (uint32_t)(sizeof(struct script_head) + ops + relocs);
	struct script_head head = { .magic = SCRIPT_MAGIC,
				    .size = (uint32_t)(shift + s->data.n),
				    .ops = sizeof(head),
				    .n_ops = (uint32_t)s->n_ops,
				    .relocs = (uint32_t)(sizeof(head) + ops),
				    .n_relocs = (uint32_t)s->n_relocs };
	char *data;

	static_assert(sizeof(struct script_head) % ALIGN == 0, "ops follow the head");
	memcpy(head.slots, s->slots, sizeof(head.slots));
	ret->n = 0;
	str_add_n(ret, &head, sizeof(head));
	for (size_t i = 0; i < s->n_ops; i++) {
		struct script_op op = s->ops[i];

		op.what = op.what ? op.what + shift : 0;
		for (int a = 0; a < 6; a++)
			if ((op.data & (1u << a)) && op.args[a])
				op.args[a] += shift;
		str_add_n(ret, &op, sizeof(op));
	}
	for (size_t i = 0; i < relocs / sizeof(uint32_t); i++) {
		uint32_t at = i < s->n_relocs ? s->relocs[i] + shift : 0;

		str_add_n(ret, &at, sizeof(at));
	}
	str_add_n(ret, s->data.s, s->data.n);
	data = ret->s + shift;
	for (size_t i = 0; i < s->n_relocs; i++) {
		uint64_t word;

		memcpy(&word, data + s->relocs[i], sizeof(word));
		word = word ? word + shift : 0;
		memcpy(data + s->relocs[i], &word, sizeof(word));
	}
}

/* The wording of runc: what Podman, containerd and Docker match to tell 126 and 127. */
static int explain_exec(const struct script_report *r, struct err *e)
{
	const char *reason = err_name(r->error);

	if (r->error == ENOENT)
		reason = strchr(r->what, '/') ? "no such file or directory"
					      : "executable file not found in $PATH";
	else if (r->error == EACCES || r->error == EPERM)
		reason = "permission denied";
	else if (r->error == EISDIR)
		reason = "is a directory: permission denied";
	else if (r->error == ENOEXEC)
		reason = "exec format error";
	err_set(e, "exec: \"%.180s\": %s", r->what, reason);
	e->code = r->error;
	e->program = r->error == ENOENT ? 127 : 126;
	if (r->error == ENOENT && strchr(r->what, '/'))
		err_hint(e, "the file is missing in the container, or the interpreter "
			    "that its first line or its ELF header names is");
	else if (r->error == EACCES || r->error == EISDIR)
		err_hint(e, "it must be a file that the user may execute, in directories "
			    "that he may search, on a mount without noexec");
	else if (r->error == ENOEXEC)
		err_hint(e,
			 "it is a program for another machine, or a script whose first "
			 "line does not begin with #!");
	return -1;
}

static const char no_filter[] = "the kernel has no seccomp filters "
				"(CONFIG_SECCOMP_FILTER), or one around us forbids more: "
				"leave linux.seccomp out, or --no-seccomp";

/* What an errno of one step means, and what to do. */
static const struct {
	const char *what;
	int code;
	const char *hint;
} cures[] = {
	{ "linux.seccomp: load the filter", ENOSYS, no_filter },
	{ "linux.seccomp: load the filter", EINVAL, no_filter },
	{ "linux.seccomp: load the filter", EPERM, no_filter },
};

int script_explain(const struct script_report *r, struct err *e)
{
	struct script_report m = *r;

	m.what[sizeof(m.what) - 1] = '\0';
	if (m.magic != SCRIPT_MAGIC || m.error <= 0)
		return err_set(e, "the container's init sent a report that is not ours");
	if (m.exec)
		return explain_exec(&m, e);
	errno = m.error; /* ENOENT here is no missing command */
	err_sys_plain(e, "%s", m.what);
	for (size_t i = 0; i < ARRAY_SIZE(cures); i++)
		if (cures[i].code == m.error && str_eq(cures[i].what, m.what))
			err_hint(e, "%s", cures[i].hint);
	return -1;
}
