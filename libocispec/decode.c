/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder: yajl's events, a stack of frames, and the tables make structs.
 *
 * A list is collected in the work area and copied into the arena when it is complete, so
 * that it has exactly its size; a struct that is an element of a list lies in the work area
 * until then. The work area moves when it grows: it is addressed by offsets only.
 * Invariant: an object whose frame was popped satisfies its rows, rules and its check.
 */
#include "decode.h"

#include <string.h>

enum { WORK_MIN = 4096 };

static int no_memory(struct oci_decoder *d)
{
	return oci_fail_plain(d, "out of memory");
}

/* ---- storing ----------------------------------------------------------------------------- */

/* N and V of a list, as every list struct has them. */
struct list {
	size_t n;
	void *v;
};

/* Adds SIZE zeroed bytes to the work area; *ret_offset is where. */
static int work_push(struct oci_decoder *d, size_t size, size_t *ret_offset)
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

static int work_append(struct oci_decoder *d, const void *element, size_t size)
{
	size_t at;

	if (work_push(d, size, &at) < 0)
		return -1;
	memcpy(d->work + at, element, size);
	return 0;
}

/* The list on top is complete: into the arena, and into the member of the object below. */
static int list_store(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);
	size_t bytes = d->work_len - f->base;
	size_t extra =
		f->kind == FRAME_STRS ? sizeof(char *) : 0; /* the NULL at the end */
	struct list list = { f->count, oci_alloc(d->arena, bytes + extra) };

	if (list.v == NULL)
		return no_memory(d);
	memcpy(list.v, d->work + f->base, bytes);
	memcpy(frame_object(d, f - 1) + f->member->offset, &list, sizeof(list));
	d->work_len = f->restore;
	return 1;
}

static int store_number(struct oci_decoder *d, const struct oci_member *m, char *to,
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
		return work_append(d, &value, sizeof(value)) < 0 ? no_memory(d) : 1;
	default:
		return 0;
	}
}

static bool in_range(const struct oci_member *m, bool negative, uint64_t value)
{
	if (negative)
		return m->min < 0 && value != 0 && value <= 0 - (uint64_t)m->min;
	return value <= m->max && (m->min <= 0 || value >= (uint64_t)m->min);
}

/* ---- where a value goes --------------------------------------------------------------------- */

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

/* Where the scalar member of the object on top lies; NULL when the top is a list or map. */
static char *current_slot(struct oci_decoder *d)
{
	const struct frame *f = frame_top(d);

	return f->kind == FRAME_OBJECT ? frame_object(d, f) + f->member->offset : NULL;
}

/* A value for the current member or element is there and good. */
static int value_done(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);

	if (f->kind == FRAME_OBJECT)
		f->given |= UINT64_C(1) << (f->member - f->type->members);
	else
		f->count++;
	return 1;
}

/* ---- scalars ---------------------------------------------------------------------------------- */

static int on_null(void *ctx)
{
	struct oci_decoder *d = ctx;
	const struct frame *f = frame_top(d);
	enum value_class class = value_class(d);

	if (class != VALUE_WANTED)
		return class == VALUE_SKIP;
	if (f != NULL && f->kind == FRAME_OBJECT)
		return 1; /* as if it were not there */
	return oci_fail_type(d, oci_token_start(d, NULL, 4), "null");
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
		memcpy(current_slot(d), &opt.v, sizeof(opt.v));
	else if (m != NULL && m->kind == OCI_K_OPT_BOOL)
		memcpy(current_slot(d), &opt, sizeof(opt));
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
	if (!store_number(d, m, current_slot(d), negative, value))
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

static int word_value(const char *const *words, const char *text, size_t len)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strncmp(words[i], text, len) == 0 && words[i][len] == '\0')
			return i + 1;
	}
	return 0;
}

static int store_word(struct oci_decoder *d, const char *text, size_t len)
{
	const struct frame *f = frame_top(d);
	int value = word_value(f->member->words, text, len);

	if (value == 0)
		return oci_fail_value(d, oci_token_start(d, text, len), text, len, NULL);
	if (f->kind == FRAME_ENUMS)
		return work_append(d, &value, sizeof(value)) < 0 ? no_memory(d) : 1;
	memcpy(current_slot(d), &value, sizeof(value));
	return 1;
}

static int store_string(struct oci_decoder *d, const char *text, size_t len)
{
	const struct frame *f = frame_top(d);
	char *copy = oci_strndup(d->arena, text, len);
	struct oci_pair pair = { f->key, copy };
	const char *expected = NULL;

	if (copy == NULL)
		return no_memory(d);
	if (f->member->rule != NULL && f->kind != FRAME_MAP)
		expected = f->member->rule(copy);
	if (expected != NULL)
		return oci_fail_value(d, oci_token_start(d, text, len), copy, len,
				      expected);
	if (f->kind == FRAME_STRS)
		return work_append(d, &copy, sizeof(copy)) < 0 ? no_memory(d) : 1;
	if (f->kind == FRAME_MAP)
		return work_append(d, &pair, sizeof(pair)) < 0 ? no_memory(d) : 1;
	memcpy(current_slot(d), &copy, sizeof(copy));
	return 1;
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
		if (!store_word(d, text, len))
			return 0;
	} else if (!store_string(d, text, len)) {
		return 0;
	}
	return value_done(d);
}

/* ---- names ------------------------------------------------------------------------------------- */

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
		return no_memory(d);
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
		return no_memory(d);
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

/* ---- objects and lists --------------------------------------------------------------------------- */

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
			     .start = oci_token_start(d, NULL, 1) };
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
	f->restore = d->work_len;
	if (work_push(d, -d->work_len & 7, &at) < 0)
		return no_memory(d);
	f->base = d->work_len;
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
	f->base = offset;
	return 1;
}

/* An object of its own in the arena, to which *SLOT (may move: ask again) points. */
static int push_new(struct oci_decoder *d, const struct oci_type *type)
{
	char *object = oci_alloc(d->arena, type->size);

	if (object == NULL)
		return no_memory(d);
	if (d->depth == 0)
		d->root = object;
	else
		memcpy(current_slot(d), &object, sizeof(object));
	return push_object(d, type, object, 0);
}

static int push_element(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);
	size_t at;

	if (work_push(d, f->type->size, &at) < 0)
		return no_memory(d);
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

static int object_complete(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);
	struct oci_issue issue = { "", "" };

	f->member = NULL;
	for (size_t i = 0; i < f->type->n_members; i++) {
		const struct oci_member *m = &f->type->members[i];

		if ((m->flags & OCI_REQUIRED) && !(f->given >> i & 1))
			return oci_fail_missing(d, m);
	}
	if (f->type->check != NULL && f->type->check(frame_object(d, f), &issue) < 0)
		return oci_fail_issue(d, f->start, &issue);
	return 1;
}

static int list_complete(struct oci_decoder *d)
{
	struct frame *f = frame_top(d);

	if (f->count == 0 && (f->member->flags & OCI_SOME)) {
		d->depth--;
		return oci_fail(d, f->start, "empty, expected at least one element");
	}
	return list_store(d);
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

/* ---- yajl ------------------------------------------------------------------------------------------ */

static const yajl_callbacks callbacks = {
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

/* yajl's memory comes from the arena too; a block has its size before it, for realloc. */
static void *block_realloc(void *ctx, void *old, size_t size)
{
	struct oci_decoder *d = ctx;
	size_t *block = oci_alloc(d->arena, sizeof(size_t) + size);

	if (block == NULL)
		longjmp(d->no_memory, 1);
	*block = size;
	if (old != NULL) {
		size_t old_size = ((size_t *)old)[-1];

		memcpy(block + 1, old, old_size < size ? old_size : size);
	}
	return block + 1;
}

static void *block_alloc(void *ctx, size_t size)
{
	return block_realloc(ctx, NULL, size);
}

static void block_free(void *ctx, void *block)
{
	(void)ctx;
	(void)block;
}

/* ---- the public face --------------------------------------------------------------------------------- */

struct oci_decoder *oci_decoder_new(struct oci_arena *arena, const struct oci_type *type,
				    const char *name, struct oci_error *ret_error)
{
	struct oci_decoder *d = oci_alloc(arena, sizeof(*d));
	yajl_alloc_funcs alloc = { block_alloc, block_realloc, block_free, NULL };
	struct oci_decoder stub = { .name = name, .error = ret_error };

	*ret_error = (struct oci_error){ 0, 0, "" };
	if (d == NULL) {
		(void)no_memory(&stub);
		return NULL;
	}
	d->arena = arena;
	d->type = type;
	d->name = name;
	d->error = ret_error;
	d->line = 1;
	d->column = 1;
	alloc.ctx = d;
	if (setjmp(d->no_memory) != 0) {
		(void)no_memory(d);
		return NULL;
	}
	d->yajl = yajl_alloc(&callbacks, &alloc, d);
	return d;
}

static void next_piece(struct oci_decoder *d, const char *piece, size_t len)
{
	oci_advance(d->piece, d->piece_len, &d->line, &d->column);
	d->piece_at += d->piece_len;
	d->piece = piece;
	d->piece_len = len;
}

int oci_decoder_feed(struct oci_decoder *d, const char *piece, size_t len)
{
	size_t good;

	if (d->failed)
		return -1;
	if (len > OCI_MAX_SIZE - d->piece_at - d->piece_len) {
		(void)oci_fail_plain(d, "too large, expected at most 16 MiB");
		return -1;
	}
	next_piece(d, piece, len);
	good = oci_utf8_check(&d->utf8, piece, len);
	if (setjmp(d->no_memory) != 0)
		return no_memory(d) - 1;
	if (yajl_parse(d->yajl, (const unsigned char *)piece, good) == yajl_status_error)
		(void)oci_fail_syntax(d);
	if (good < len)
		(void)oci_fail(d, d->piece_at + good,
			       "not valid JSON: the text is not valid UTF-8");
	return d->failed ? -1 : 0;
}

int oci_decoder_end(struct oci_decoder *d, void **ret)
{
	if (d->failed)
		return -1;
	if (setjmp(d->no_memory) != 0)
		return no_memory(d) - 1;
	if (!d->whole)
		next_piece(d, "", 0);
	if (!d->complete || yajl_complete_parse(d->yajl) != yajl_status_ok) {
		(void)oci_fail(d, d->piece_at + d->piece_len,
			       "the document ends too early, expected a complete object");
		return -1;
	}
	*ret = d->root;
	return 0;
}

int oci_decode(struct oci_arena *arena, const struct oci_type *type, const char *name,
	       const char *text, size_t len, void **ret, struct oci_error *ret_error)
{
	struct oci_decoder *d = oci_decoder_new(arena, type, name, ret_error);

	if (d == NULL)
		return -1;
	d->whole = true;
	if (oci_decoder_feed(d, text, len) < 0)
		return -1;
	return oci_decoder_end(d, ret);
}

/* A decoder whose result has its type. */
#define DECODE(function, struct_type, table)                                            \
	int function(struct oci_arena *arena, const char *name, const char *text,       \
		     size_t len, struct_type **ret, struct oci_error *ret_error)        \
	{                                                                               \
		void *object;                                                           \
                                                                                        \
		if (oci_decode(arena, &table, name, text, len, &object, ret_error) < 0) \
			return -1;                                                      \
		*ret = object;                                                          \
		return 0;                                                               \
	}

DECODE(oci_decode_config, struct oci_config, oci_type_config)
DECODE(oci_decode_process, struct oci_process, oci_type_process)
DECODE(oci_decode_resources, struct oci_resources, oci_type_resources)
DECODE(oci_decode_state, struct oci_state, oci_type_state)
DECODE(oci_decode_process_state, struct oci_process_state, oci_type_process_state)
DECODE(oci_decode_features, struct oci_features, oci_type_features)
