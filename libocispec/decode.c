/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder's public face: the text comes in, whole or in pieces; the size, UTF-8 and the
 * end of the document are looked after here, all else by the events (events.c).
 */
#include "decode.h"

#include <stdio.h>
#include <string.h>

/* the decoder, yajl and the first work area */
enum { DECODER_ROOM = 11 << 10 };

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

/* ---- the public face ------------------------------------------------------------- */

struct oci_decoder *oci_decoder_new(struct oci_arena *arena, const struct oci_type *type,
				    const char *name, struct oci_error *ret_error)
{
	struct oci_decoder *d = oci_alloc(arena, sizeof(*d));
	yajl_alloc_funcs alloc = { block_alloc, block_realloc, block_free, NULL };

	*ret_error = (struct oci_error){ 0, 0, "" };
	if (d == NULL) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
			       "%s: out of memory", name);
		return NULL;
	}
	d->arena = arena;
	d->type = type;
	d->name = name;
	d->error = ret_error;
	d->piece = "";
	d->line = 1;
	d->column = 1;
	alloc.ctx = d;
	if (setjmp(d->no_memory) != 0) {
		(void)oci_no_memory(d);
		return NULL;
	}
	d->yajl = yajl_alloc(&oci_events, &alloc, d);
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
	if (setjmp(d->no_memory) != 0) {
		(void)oci_no_memory(d);
		return -1;
	}
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
	if (setjmp(d->no_memory) != 0) {
		(void)oci_no_memory(d);
		return -1;
	}
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
	struct oci_decoder *d;

	/* What is kept of a compact document needs a little more room than its text. */
	if (len < OCI_MAX_SIZE)
		oci_arena_reserve(arena, DECODER_ROOM + len + len / 4);
	d = oci_decoder_new(arena, type, name, ret_error);
	if (d == NULL)
		return -1;
	d->whole = true;
	if (oci_decoder_feed(d, text, len) < 0)
		return -1;
	return oci_decoder_end(d, ret);
}

/* A decoder whose result has its type. */
#define DECODE(function, tag, table)                                                   \
	int function(struct oci_arena *arena, const char *name, const char *text,      \
		     size_t len, struct tag **ret, struct oci_error *ret_error)        \
	{                                                                              \
		void *object = NULL;                                                   \
                                                                                       \
		if (oci_decode(arena, &(table), name, text, len, &object, ret_error) < \
		    0)                                                                 \
			return -1;                                                     \
		*ret = object;                                                         \
		return 0;                                                              \
	}

DECODE(oci_decode_config, oci_config, oci_type_config)
DECODE(oci_decode_process, oci_process, oci_type_process)
DECODE(oci_decode_resources, oci_resources, oci_type_resources)
DECODE(oci_decode_state, oci_state, oci_type_state)
DECODE(oci_decode_process_state, oci_process_state, oci_type_process_state)
DECODE(oci_decode_features, oci_features, oci_type_features)
