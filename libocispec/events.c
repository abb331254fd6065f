/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yajl's events, a stack of frames, and the tables make structs.
 *
 * Invariant: an object whose frame was popped satisfies its rows, rules and its check.
 */
#include "decode.h"

#include <string.h>

/* ---- where a value goes ---------------------------------------------------------- */

enum value_class {
	VALUE_SKIP, /* nobody wants it */
	VALUE_WANTED,
	VALUE_BAD, /* there is an error already */
};

static bool counted(struct oci_decoder *d)
{
	return ++d->values <= OCI_MAX_VALUES ||
	       oci_fail(d, oci_token_start(d, NULL, 1),
			"too many values, expected at most %zu", OCI_MAX_VALUES);
}

/* Only frames that are wanted have a row, an object while its current member is known. */
static bool wanted(const struct frame *f)
{
	return f == NULL || f->member != NULL;
}

/* To be called once for every value. */
static enum value_class value_class(struct oci_decoder *d)
{
	if (!counted(d))
		return VALUE_BAD;
	return wanted(frame_top(d)) ? VALUE_WANTED : VALUE_SKIP;
}

/* The row for a scalar value at hand; NULL at the root. */
static const struct oci_member *current_row(struct oci_decoder *d)
{
	const struct frame *f = frame_top(d);

	return f != NULL ? f->member : NULL;
}
static bool in_range(const struct oci_member *m, bool negative, uint64_t value)
{
	if (negative)
		return m->min < 0 && value != 0 && value <= 0 - (uint64_t)m->min;
	return value <= m->max && (m->min <= 0 || value >= (uint64_t)m->min);
}
/* A value for the current member or element is there and good. */
static int value_done(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);

	if (f->kind != FRAME_OBJECT) {
		f->count++;
		return 1;
	}
	f->given |= UINT64_C(1) << (f->member - f->type->members);
	f->member = NULL;
	return 1;
}

/* ---- scalars --------------------------------------------------------------------- */

static int on_null(void *ctx)
{
	struct oci_decoder *d = ctx;
	struct frame *f = frame_top(d);
	enum value_class class = value_class(d);

	if (class != VALUE_WANTED)
		return class == VALUE_SKIP;
	if (f == NULL || f->kind != FRAME_OBJECT)
		return oci_fail_type(d, oci_token_start(d, NULL, 4), "null");
	f->member = NULL; /* as if it were not there */
	return 1;
}

static int on_bool(void *ctx, int value)
{
	struct oci_decoder *d = ctx;
	const struct oci_member *m = current_row(d);
	enum value_class class = value_class(d);
	struct oci_opt_bool opt = { true, value != 0 };

	if (class != VALUE_WANTED)
		return class == VALUE_SKIP;
	if (m != NULL && m->kind == OCI_K_BOOL)
		memcpy(oci_current_slot(d), &opt.v, sizeof(opt.v));
	else if (m != NULL && m->kind == OCI_K_OPT_BOOL)
		memcpy(oci_current_slot(d), &opt, sizeof(opt));
	else
		return oci_fail_type(d, oci_token_start(d, NULL, value ? 4 : 5),
				     value ? "true" : "false");
	return value_done(d);
}

static bool wants_number(const struct frame *f)
{
	if (f == NULL)
		return false;
	if (f->kind == FRAME_OBJECT)
		return f->member->kind >= OCI_K_INT && f->member->kind <= OCI_K_OPT_UINT;
	return f->kind == FRAME_UINTS;
}

static int on_number(void *ctx, const char *text, size_t len)
{
	struct oci_decoder *d = ctx;
	const struct oci_member *m = current_row(d);
	enum value_class class = value_class(d);
	bool negative;
	uint64_t value;

	if (class != VALUE_WANTED)
		return class == VALUE_SKIP;
	if (!wants_number(frame_top(d)))
		return oci_fail_type(d, oci_token_start(d, text, len), "a number");
	if (oci_parse_integer(text, len, &negative, &value) < 0 ||
	    !in_range(m, negative, value))
		return oci_fail_value(d, oci_token_start(d, text, len), text, len, NULL);
	if (!oci_store_number(d, m, oci_current_slot(d), negative, value))
		return 0;
	return value_done(d);
}

/* What is wrong with any string, wanted or not. */
static int string_sane(struct oci_decoder *d, const char *text, size_t len, bool kept)
{
	size_t start;

	if (kept && memchr(text, '\0', len) != NULL)
		return oci_fail(d, oci_token_start(d, text, len),
				"got a NUL character, expected text without it");
	if (text >= d->piece && text < d->piece + d->piece_len)
		return 1;
	start = oci_token_start(d, text, len) - d->piece_at; /* it had escapes */
	if (start == 0 || /* or began in the piece before this one */
	    !oci_lone_surrogate(d->piece + start,
				yajl_get_bytes_consumed(d->yajl) - start))
		return 1;
	return oci_fail(d, d->piece_at + start,
			"got half a surrogate pair, expected valid Unicode");
}
static int on_string(void *ctx, const unsigned char *bytes, size_t len)
{
	struct oci_decoder *d = ctx;
	const char *text = (const char *)bytes;
	const struct frame *f = frame_top(d);
	enum value_class class = value_class(d);
	enum oci_kind kind;

	if (class == VALUE_BAD || !string_sane(d, text, len, class == VALUE_WANTED))
		return 0;
	if (class == VALUE_SKIP)
		return 1;
	kind = f != NULL ? (enum oci_kind)f->member->kind : OCI_K_OBJ;
	if (f == NULL ||
	    (f->kind == FRAME_OBJECT && kind != OCI_K_STR && kind != OCI_K_ENUM) ||
	    f->kind == FRAME_UINTS || f->kind == FRAME_OBJS || f->kind == FRAME_KEYED)
		return oci_fail_type(d, oci_token_start(d, text, len), "a string");
	if (kind == OCI_K_ENUM || kind == OCI_K_ENUMS) {
		if (!oci_store_word(d, text, len))
			return 0;
	} else if (!oci_store_string(d, text, len)) {
		return 0;
	}
	return value_done(d);
}

/* ---- names ----------------------------------------------------------------------- */

static const struct oci_member *find_member(const struct oci_type *type, const char *name,
					    size_t len)
{
	for (size_t i = 0; i < type->n_members; i++) {
		const struct oci_member *m = &type->members[i];

		if (m->name_len == len && m->name[0] == name[0] &&
		    memcmp(m->name, name, len) == 0)
			return m;
	}
	return NULL;
}

/* A name that no row has: only noted. */
static int name_note(struct oci_decoder *d, const char *name, size_t len)
{
	int known = oci_names_add(&d->names, d->arena, frame_top(d)->id, name, len);

	if (known < 0)
		return oci_no_memory(d);
	if (known > 0)
		return oci_fail_name(d, oci_token_start(d, name, len), name, len,
				     "this name is given twice, expected it once");
	return 1;
}

static int name_of_object(struct oci_decoder *d, const char *name, size_t len)
{
	struct frame *f = frame_top(d);
	uint64_t bit;

	f->member = find_member(f->type, name, len);
	if (f->member == NULL)
		return name_note(d, name, len);
	bit = UINT64_C(1) << (f->member - f->type->members);
	if (f->seen & bit)
		return oci_fail(d, oci_token_start(d, name, len),
				"this name is given twice, expected it once");
	f->seen |= bit;
	return 1;
}

static int name_of_map(struct oci_decoder *d, const char *name, size_t len)
{
	struct frame *f = frame_top(d);
	const char *expected;

	f->key = NULL;
	if (memchr(name, '\0', len) != NULL)
		return oci_fail_name(d, oci_token_start(d, name, len), name, len,
				     "got a NUL character, expected a name without it");
	if (!name_note(d, name, len))
		return 0;
	f->key = oci_strndup(d->arena, name, len);
	if (f->key == NULL)
		return oci_no_memory(d);
	expected = f->member->rule != NULL ? f->member->rule(f->key) : NULL;
	if (expected == NULL)
		return 1;
	return oci_fail(d, oci_token_start(d, name, len), "wrong name, expected %s",
			expected);
}

static int on_name(void *ctx, const unsigned char *bytes, size_t len)
{
	struct oci_decoder *d = ctx;
	const char *name = (const char *)bytes;

	if (!counted(d) || !string_sane(d, name, len, false))
		return 0;
	switch (frame_top(d)->kind) {
	case FRAME_OBJECT:
		return name_of_object(d, name, len);
	case FRAME_MAP:
	case FRAME_KEYED:
		return name_of_map(d, name, len);
	default:
		return name_note(d, name, len);
	}
}

/* ---- objects and lists ----------------------------------------------------------- */

static struct frame *frame_push(struct oci_decoder *d, enum frame_kind kind)
{
	struct frame *f;

	if (d->depth == OCI_MAX_DEPTH) {
		(void)oci_fail(d, oci_token_start(d, NULL, 1),
			       "nested too deep, expected at most %d levels",
			       OCI_MAX_DEPTH);
		return NULL;
	}
	f = &d->frames[d->depth];
	*f = (struct frame){ .kind = (uint8_t)kind,
			     .id = ++d->last_id,
			     .start = (uint32_t)oci_token_start(d, NULL, 1) };
	d->depth++;
	return f;
}

static int push_list(struct oci_decoder *d, enum frame_kind kind,
		     const struct oci_member *m)
{
	struct frame *f = frame_push(d, kind);
	size_t at;

	if (f == NULL)
		return 0;
	f->member = m;
	f->type = kind == FRAME_OBJS || kind == FRAME_KEYED ? m->type : NULL;
	f->restore = (uint32_t)d->work_len;
	if (oci_work_push(d, -d->work_len & 7, &at) < 0)
		return oci_no_memory(d);
	f->base = (uint32_t)d->work_len;
	return 1;
}

/* An object of TYPE that lies at OBJECT, or at OFFSET in the work area. */
static int push_object(struct oci_decoder *d, const struct oci_type *type, char *object,
		       size_t offset)
{
	struct frame *f = frame_push(d, FRAME_OBJECT);

	if (f == NULL)
		return 0;
	f->type = type;
	f->object = object;
	f->base = (uint32_t)offset;
	return 1;
}

/* An object of its own in the arena, to which *SLOT (may move: ask again) points. */
static int push_new(struct oci_decoder *d, const struct oci_type *type)
{
	char *object = oci_alloc(d->arena, type->size);

	if (object == NULL)
		return oci_no_memory(d);
	if (d->depth == 0)
		d->root = object;
	else
		memcpy(oci_current_slot(d), &object, sizeof(object));
	return push_object(d, type, object, 0);
}

static int push_element(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);
	size_t at;

	if (oci_work_push(d, f->type->size, &at) < 0)
		return oci_no_memory(d);
	if (f->kind == FRAME_KEYED)
		memcpy(d->work + at, &f->key, sizeof(f->key));
	return push_object(d, f->type, NULL, at);
}

static int push_inline(struct oci_decoder *d, const struct oci_member *m)
{
	const struct frame *f = frame_top(d);

	return push_object(d, m->type, f->object != NULL ? f->object + m->offset : NULL,
			   f->base + m->offset);
}

static int on_object(void *ctx)
{
	struct oci_decoder *d = ctx;
	const struct frame *f = frame_top(d);
	enum value_class class = value_class(d);

	if (class == VALUE_BAD)
		return 0;
	if (class == VALUE_SKIP)
		return frame_push(d, FRAME_SKIP_OBJECT) != NULL;
	if (f == NULL)
		return push_new(d, d->type);
	if (f->kind == FRAME_OBJS || f->kind == FRAME_KEYED)
		return push_element(d);
	if (f->kind == FRAME_OBJECT) {
		switch (f->member->kind) {
		case OCI_K_OBJ:
			return push_new(d, f->member->type);
		case OCI_K_INLINE:
			return push_inline(d, f->member);
		case OCI_K_KEYED:
			return push_list(d, FRAME_KEYED, f->member);
		case OCI_K_MAP:
			return push_list(d, FRAME_MAP, f->member);
		default:
			break;
		}
	}
	return oci_fail_type(d, oci_token_start(d, NULL, 1), "an object");
}

static int on_list(void *ctx)
{
	struct oci_decoder *d = ctx;
	const struct frame *f = frame_top(d);
	enum value_class class = value_class(d);

	if (class == VALUE_BAD)
		return 0;
	if (class == VALUE_SKIP)
		return frame_push(d, FRAME_SKIP_LIST) != NULL;
	if (f != NULL && f->kind == FRAME_OBJECT) {
		switch (f->member->kind) {
		case OCI_K_STRS:
			return push_list(d, FRAME_STRS, f->member);
		case OCI_K_UINTS:
			return push_list(d, FRAME_UINTS, f->member);
		case OCI_K_ENUMS:
			return push_list(d, FRAME_ENUMS, f->member);
		case OCI_K_OBJS:
			return push_list(d, FRAME_OBJS, f->member);
		default:
			break;
		}
	}
	return oci_fail_type(d, oci_token_start(d, NULL, 1), "a list");
}

/* The frame on top is popped; what it was counts for the one below. */
static int frame_pop(struct oci_decoder *d)
{
	d->depth--;
	if (d->depth == 0) {
		d->complete = true;
		return 1;
	}
	return wanted(frame_top(d)) ? value_done(d) : 1;
}

/* What rows cannot say. */
static int object_check(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);
	struct oci_issue issue;

	if (f->type->check(frame_object(d, f), &issue) == 0)
		return 1;
	return oci_fail_issue(d, f->start, &issue);
}

static int object_complete(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);

	f->member = NULL;
	for (size_t i = 0; i < f->type->n_members; i++) {
		const struct oci_member *m = &f->type->members[i];

		if ((m->flags & OCI_REQUIRED) && !(f->given >> i & 1))
			return oci_fail_missing(d, m);
	}
	return f->type->check != NULL ? object_check(d) : 1;
}

static int list_complete(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);

	if (f->count == 0 && (f->member->flags & OCI_SOME)) {
		d->depth--;
		return oci_fail(d, f->start, "empty, expected at least one element");
	}
	return oci_store_list(d);
}

static int on_end(void *ctx)
{
	struct oci_decoder *d = ctx;
	bool good = true;

	switch (frame_top(d)->kind) {
	case FRAME_OBJECT:
		good = object_complete(d);
		break;
	case FRAME_SKIP_OBJECT:
	case FRAME_SKIP_LIST:
		break;
	default:
		good = list_complete(d);
		break;
	}
	return good && frame_pop(d);
}
const yajl_callbacks oci_events = {
	.yajl_null = on_null,
	.yajl_boolean = on_bool,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_object,
	.yajl_map_key = on_name,
	.yajl_end_map = on_end,
	.yajl_start_array = on_list,
	.yajl_end_array = on_end,
};
