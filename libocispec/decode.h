/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoder's inside: what decode.c, report.c, text.c and names.c share. */
#ifndef OCI_DECODE_H
#define OCI_DECODE_H

#include <setjmp.h>

#include <yajl/yajl_parse.h>

#include "libocispec/oci.h"

/* ---- names seen in objects whose members are not known by a table ---------------- */

struct oci_names {
	uint64_t *slots; /* hashes; 0 is free */
	size_t n;
	size_t size; /* a power of two, or 0 */
};

/*
 * Notes that the object with number OWNER has the name TEXT. Returns 1 when it had it
 * already, 0 when not, -1 when there is no memory. Only 64-bit hashes are kept, so that
 * memory does not depend on the names.
 */
int oci_names_add(struct oci_names *names, struct oci_arena *arena, uint32_t owner,
		  const char *text, size_t len);

/* ---- text ------------------------------------------------------------------------ */

/* State of the check between two pieces of a text; all zero at the start. */
struct oci_utf8 {
	unsigned char need; /* continuation bytes that must follow */
	unsigned char low; /* range of the next one: no overlong forms, no surrogates */
	unsigned char high;
};

/* Returns how many of the LEN bytes at TEXT are valid UTF-8: LEN when all are. */
size_t oci_utf8_check(struct oci_utf8 *state, const char *text, size_t len);

/* True when the JSON string body at TEXT (still with its escapes) has half a surrogate pair. */
bool oci_lone_surrogate(const char *text, size_t len);

/*
 * A JSON integer: digits with an optional minus sign, nothing else. Returns 0 with sign
 * and magnitude, or -1 when TEXT is something else or its magnitude above 2^64-1.
 */
int oci_parse_integer(const char *text, size_t len, bool *ret_negative,
		      uint64_t *ret_value);

/*
 * Moves LINE and COLUMN (from 1) over the LEN bytes at TEXT.
 */
void oci_advance(const char *text, size_t len, unsigned *line, unsigned *column);

/* ---- the stack ------------------------------------------------------------------- */

enum frame_kind {
	FRAME_OBJECT, /* {} into a struct */
	FRAME_MAP, /* {} into pairs */
	FRAME_KEYED, /* {} into a list of structs */
	FRAME_STRS, /* [] */
	FRAME_UINTS,
	FRAME_ENUMS,
	FRAME_OBJS,
	FRAME_SKIP_OBJECT,
	FRAME_SKIP_LIST,
};

struct frame {
	uint8_t kind; /* enum frame_kind */
	uint32_t id; /* number of the object in the document, for oci_names */
	uint32_t start; /* offset of the bracket in the document */
	uint32_t count; /* lists and maps: elements complete */
	uint32_t base; /* in work: the struct, or the first element */
	uint32_t restore; /* lists: length of work before them */
	const struct oci_type *type; /* OBJECT: its own; OBJS, KEYED: of the elements */
	const struct oci_member *member; /* OBJECT: the current one, NULL when unknown;
					  * others: the row the list or map belongs to */
	union {
		char *object; /* OBJECT: the struct, or NULL when it lies in work at base */
		char *key; /* MAP, KEYED: the current one */
	};
	uint64_t seen; /* OBJECT: members met, by row */
	uint64_t given; /* OBJECT: those of them that are not null */
};

struct oci_decoder {
	struct oci_arena *arena;
	const struct oci_type *type;
	const char *name;
	struct oci_error *error;
	yajl_handle yajl;
	jmp_buf no_memory; /* yajl does not look at what its allocator returns */

	const char *piece; /* what is being parsed */
	size_t piece_len;
	bool whole; /* the piece is the whole document */
	size_t piece_at; /* offset of the piece in the document */
	unsigned line; /* place of the piece's first byte */
	unsigned column;
	struct oci_utf8 utf8;

	size_t values; /* values and names so far */
	uint32_t last_id;
	struct oci_names names;

	char *work; /* elements of the lists that are still open */
	size_t work_len; /* far below 4 GB: OCI_MAX_VALUES structs */
	size_t work_size;

	void *root;
	bool complete;
	bool failed;
	unsigned depth;
	struct frame frames[OCI_MAX_DEPTH];
};

/* What the next value belongs to; NULL at the root. */
static inline struct frame *frame_top(struct oci_decoder *d)
{
	return d->depth > 0 ? &d->frames[d->depth - 1] : NULL;
}

/* The struct of an OBJECT frame: good until the work area grows. */
static inline char *frame_object(struct oci_decoder *d, const struct frame *f)
{
	return f->object != NULL ? f->object : d->work + f->base;
}

/* ---- store: all return 1, or 0 with d->error filled in ------------------------------------- */

/* Where the scalar member of the object on top lies; NULL when the top is a list or map. */
static inline char *oci_current_slot(struct oci_decoder *d)
{
	const struct frame *f = frame_top(d);

	return f->kind == FRAME_OBJECT ? frame_object(d, f) + f->member->offset : NULL;
}

/* Adds SIZE zeroed bytes to the work area; *ret_offset is where. -1 when there is no memory. */
int oci_work_push(struct oci_decoder *d, size_t size, size_t *ret_offset);
/* The list on top is complete: into the arena, and into the member of the object below. */
int oci_store_list(struct oci_decoder *d);
/* A number that is in the range of row M; TO is ignored for a list. */
int oci_store_number(struct oci_decoder *d, const struct oci_member *m, char *to,
		     bool negative, uint64_t value);
/* A word of the current row, into a member or a list. */
int oci_store_word(struct oci_decoder *d, const char *text, size_t len);
/* A string into a member, list or map, when the row's rule likes it. */
int oci_store_string(struct oci_decoder *d, const char *text, size_t len);
/* Reports that there is no memory; returns 0. */
int oci_no_memory(struct oci_decoder *d);

extern const yajl_callbacks oci_events; /* events.c */

/* ---- report ---------------------------------------------------------------------- */

/* The offset in the document where the token now handled begins (yajl tells its end). */
size_t oci_token_start(struct oci_decoder *d, const char *text, size_t len);

/*
 * Each fills in d->error once, marks the decoder as failed and returns 0, which makes yajl
 * stop. The path is that of the current value.
 */
int oci_fail(struct oci_decoder *d, size_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "got GOT, expected ..." what the current value should be */
int oci_fail_type(struct oci_decoder *d, size_t offset, const char *got);
/* the same for a string or number with a wrong value, shown shortened */
int oci_fail_value(struct oci_decoder *d, size_t offset, const char *text, size_t len,
		   const char *expected);
/* the name KEY in the object on top of the stack */
int oci_fail_name(struct oci_decoder *d, size_t offset, const char *key, size_t len,
		  const char *what);
/* a required member of the object on top of the stack */
int oci_fail_missing(struct oci_decoder *d, const struct oci_member *member);
/* what the check of the object on top of the stack found */
int oci_fail_issue(struct oci_decoder *d, size_t offset, const struct oci_issue *issue);
/* an error about the whole document, without path */
int oci_fail_plain(struct oci_decoder *d, const char *what);
/* yajl's own error */
int oci_fail_syntax(struct oci_decoder *d);

#endif
