/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where values go: the work area of lists that are still open, and members of structs.
 *
 * A list is collected in the work area and copied into the arena when it is complete, so
 * that it has exactly its size; a struct that is an element of a list lies in the work area
 * until then. The work area moves when it grows: it is addressed by offsets only.
 */
#include "decode.h"

#include <string.h>

enum { WORK_MIN = 4096 };

int oci_no_memory(struct oci_decoder *d)
{
	return oci_fail_plain(d, "out of memory");
}

/* N and V of a list, as every list struct has them. */
struct list {
	size_t n;
	void *v;
};

int oci_work_push(struct oci_decoder *d, size_t size, size_t *ret_offset)
{
	size_t want = d->work_size != 0 ? d->work_size : WORK_MIN;
	char *grown;

	while (want - d->work_len < size)
		want *= 2;
	if (want != d->work_size) {
		grown = oci_regrow(d->arena, d->work, d->work_size, want);
		if (grown == NULL)
			return -1;
		d->work = grown;
		d->work_size = want;
	}
	memset(d->work + d->work_len, 0, size);
	*ret_offset = d->work_len;
	d->work_len += size;
	return 0;
}

static int oci_work_append(struct oci_decoder *d, const void *element, size_t size)
{
	size_t at;

	if (oci_work_push(d, size, &at) < 0)
		return -1;
	memcpy(d->work + at, element, size);
	return 0;
}

int oci_store_list(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);
	size_t bytes = d->work_len - f->base;
	size_t extra = f->kind == FRAME_STRS ? sizeof(char *) : 0; /* NULL at the end */
	struct list list = { f->count, oci_alloc(d->arena, bytes + extra) };

	if (list.v == NULL)
		return oci_no_memory(d);
	memcpy(list.v, d->work + f->base, bytes);
	memcpy(frame_object(d, f - 1) + f->member->offset, &list, sizeof(list));
	d->work_len = f->restore;
	return 1;
}

int oci_store_number(struct oci_decoder *d, const struct oci_member *m, char *to,
		     bool negative, uint64_t value)
{
	struct oci_opt_uint opt_uint = { true, value };
	struct oci_opt_int opt_int = { true, (int64_t)(negative ? 0 - value : value) };
	uint32_t small = (uint32_t)value;

	switch (m->kind) {
	case OCI_K_INT:
		memcpy(to, &opt_int.v, sizeof(opt_int.v));
		return 1;
	case OCI_K_UINT:
		memcpy(to, &value, sizeof(value));
		return 1;
	case OCI_K_U32:
		memcpy(to, &small, sizeof(small));
		return 1;
	case OCI_K_OPT_INT:
		memcpy(to, &opt_int, sizeof(opt_int));
		return 1;
	case OCI_K_OPT_UINT:
		memcpy(to, &opt_uint, sizeof(opt_uint));
		return 1;
	case OCI_K_UINTS:
		return oci_work_append(d, &value, sizeof(value)) < 0 ? oci_no_memory(d)
								     : 1;
	default:
		return 0;
	}
}

static int word_value(const char *const *words, const char *text, size_t len)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strncmp(words[i], text, len) == 0 && words[i][len] == '\0')
			return i + 1;
	}
	return 0;
}

int oci_store_word(struct oci_decoder *d, const char *text, size_t len)
{
	const struct frame *f = frame_top(d);
	int value = word_value(f->member->words, text, len);

	if (value == 0)
		return oci_fail_value(d, oci_token_start(d, text, len), text, len, NULL);
	if (f->kind == FRAME_ENUMS)
		return oci_work_append(d, &value, sizeof(value)) < 0 ? oci_no_memory(d)
								     : 1;
	memcpy(oci_current_slot(d), &value, sizeof(value));
	return 1;
}

int oci_store_string(struct oci_decoder *d, const char *text, size_t len)
{
	const struct frame *f = frame_top(d);
	char *copy = oci_strndup(d->arena, text, len);
	struct oci_pair pair = { f->key, copy };
	const char *expected = NULL;

	if (copy == NULL)
		return oci_no_memory(d);
	if (len == 0 && f->member->flags & OCI_EMPTY_IS_NONE)
		return 1;
	if (f->member->rule != NULL && f->kind != FRAME_MAP)
		expected = f->member->rule(copy);
	if (expected != NULL)
		return oci_fail_value(d, oci_token_start(d, text, len), copy, len,
				      expected);
	if (f->kind == FRAME_STRS)
		return oci_work_append(d, &copy, sizeof(copy)) < 0 ? oci_no_memory(d) : 1;
	if (f->kind == FRAME_MAP)
		return oci_work_append(d, &pair, sizeof(pair)) < 0 ? oci_no_memory(d) : 1;
	memcpy(oci_current_slot(d), &copy, sizeof(copy));
	return 1;
}
