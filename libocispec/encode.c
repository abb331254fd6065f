/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The encoder: walks the tables the decoder uses and writes what is there.
 *
 * The text grows in the arena; nothing else is allocated there meanwhile, so that growing
 * is mostly in place. A failed allocation makes all further writing do nothing.
 */
#include "libocispec/oci.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MIN = 1024 };

struct out {
	struct oci_arena *arena;
	char *text;
	size_t len;
	size_t size;
	unsigned indent; /* blanks per level; 0: one line */
	unsigned level;
	bool first; /* nothing was written yet on this level */
	bool failed;
};

static void out_bytes(struct out *o, const char *bytes, size_t len)
{
	if (o->size - o->len <= len) {
		size_t want = o->size != 0 ? o->size * 2 : TEXT_MIN;
		char *grown;

		while (want - o->len <= len)
			want *= 2;
		grown = o->failed ? NULL : oci_regrow(o->arena, o->text, o->size, want);
		if (grown == NULL) {
			o->failed = true;
			return;
		}
		o->text = grown;
		o->size = want;
	}
	memcpy(o->text + o->len, bytes, len);
	o->len += len;
}

static void out_text(struct out *o, const char *text)
{
	out_bytes(o, text, strlen(text));
}

/* ---- strings and numbers --------------------------------------------------------- */

/* What stands for C in a JSON string, or NULL when C stands for itself. */
static const char *escape(unsigned char c, char buffer[8])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	default:
		break;
	}
	if (c >= 0x20 && c != 0x7f)
		return NULL;
	(void)snprintf(buffer, 8, "\\u%04x", c);
	return buffer;
}

static void out_string(struct out *o, const char *text)
{
	const char *start = text;

	out_bytes(o, "\"", 1);
	for (; *text != '\0'; text++) {
		char buffer[8];
		const char *escaped = escape((unsigned char)*text, buffer);

		if (escaped == NULL)
			continue;
		out_bytes(o, start, (size_t)(text - start));
		out_text(o, escaped);
		start = text + 1;
	}
	out_bytes(o, start, (size_t)(text - start));
	out_bytes(o, "\"", 1);
}

static void out_uint(struct out *o, uint64_t value)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	out_text(o, digits);
}

static void out_int(struct out *o, int64_t value)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%lld", (long long)value);
	out_text(o, digits);
}

static void out_bool(struct out *o, bool value)
{
	out_text(o, value ? "true" : "false");
}

static void out_word(struct out *o, const char *const *words, int value)
{
	const char *word = oci_word(words, value);

	out_string(o, word != NULL ? word : "");
}

/* ---- structure ------------------------------------------------------------------- */

static void out_line(struct out *o)
{
	if (o->indent == 0)
		return;
	out_bytes(o, "\n", 1);
	for (unsigned i = 0; i < o->level * o->indent; i++)
		out_bytes(o, " ", 1);
}

static void out_open(struct out *o, const char *bracket)
{
	out_text(o, bracket);
	o->level++;
	o->first = true;
}

static void out_close(struct out *o, const char *bracket)
{
	o->level--;
	if (!o->first)
		out_line(o);
	out_text(o, bracket);
	o->first = false;
}

/* Before each element of a list. */
static void out_next(struct out *o)
{
	if (!o->first)
		out_bytes(o, ",", 1);
	o->first = false;
	out_line(o);
}

static void out_name(struct out *o, const char *name)
{
	out_next(o);
	out_string(o, name);
	out_text(o, o->indent != 0 ? ": " : ":");
}

static void out_object(struct out *o, const struct oci_type *type, const char *object);

/* ---- values ---------------------------------------------------------------------- */

struct list {
	size_t n;
	const char *v;
};

static void out_strings(struct out *o, const struct oci_strings *list)
{
	out_open(o, "[");
	for (size_t i = 0; i < list->n; i++) {
		out_next(o);
		out_string(o, list->v[i]);
	}
	out_close(o, "]");
}

static void out_uints(struct out *o, const struct oci_uints *list)
{
	out_open(o, "[");
	for (size_t i = 0; i < list->n; i++) {
		out_next(o);
		out_uint(o, list->v[i]);
	}
	out_close(o, "]");
}

static void out_enums(struct out *o, const struct oci_enums *list,
		      const char *const *words)
{
	out_open(o, "[");
	for (size_t i = 0; i < list->n; i++) {
		out_next(o);
		out_word(o, words, list->v[i]);
	}
	out_close(o, "]");
}

static void out_map(struct out *o, const struct oci_map *map)
{
	out_open(o, "{");
	for (size_t i = 0; i < map->n; i++) {
		out_name(o, map->v[i].key);
		out_string(o, map->v[i].value);
	}
	out_close(o, "}");
}

/* A list of structs, as a JSON list or, when each begins with its key, as an object. */
static void out_structs(struct out *o, const struct list *list,
			const struct oci_type *type, bool keyed)
{
	const char *key;

	out_open(o, keyed ? "{" : "[");
	for (size_t i = 0; i < list->n; i++) {
		const char *element = list->v + i * type->size;

		if (keyed) {
			memcpy(&key, element, sizeof(key));
			out_name(o, key);
		} else {
			out_next(o);
		}
		out_object(o, type, element);
	}
	out_close(o, keyed ? "}" : "]");
}

/* ---- members --------------------------------------------------------------------- */

static bool all_zero(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

/* True when the member at AT has nothing to be written. */
static bool is_absent(const struct oci_member *m, const char *at)
{
	struct list list;
	const void *pointer;

	switch (m->kind) {
	case OCI_K_BOOL:
		return !(m->flags & OCI_REQUIRED) && !*(const bool *)at;
	case OCI_K_INT:
	case OCI_K_UINT:
		return !(m->flags & OCI_REQUIRED) && all_zero(at, sizeof(uint64_t));
	case OCI_K_U32:
	case OCI_K_ENUM:
		return !(m->flags & OCI_REQUIRED && m->kind == OCI_K_U32) &&
		       all_zero(at, sizeof(uint32_t));
	case OCI_K_OPT_BOOL:
		return !((const struct oci_opt_bool *)at)->set;
	case OCI_K_OPT_INT:
		return !((const struct oci_opt_int *)at)->set;
	case OCI_K_OPT_UINT:
		return !((const struct oci_opt_uint *)at)->set;
	case OCI_K_STR:
	case OCI_K_OBJ:
		memcpy(&pointer, at, sizeof(pointer));
		return pointer == NULL;
	case OCI_K_INLINE:
		return false; /* all zero is a value too: process.user is root then */
	case OCI_K_STRS:
	case OCI_K_UINTS:
	case OCI_K_ENUMS:
	case OCI_K_OBJS:
	case OCI_K_KEYED:
	case OCI_K_MAP:
		memcpy(&list, at, sizeof(list));
		return list.v == NULL;
	}
	return true;
}

static void out_scalar(struct out *o, const struct oci_member *m, const char *at)
{
	switch (m->kind) {
	case OCI_K_BOOL:
		out_bool(o, *(const bool *)at);
		break;
	case OCI_K_OPT_BOOL:
		out_bool(o, ((const struct oci_opt_bool *)at)->v);
		break;
	case OCI_K_INT:
		out_int(o, *(const int64_t *)at);
		break;
	case OCI_K_UINT:
		out_uint(o, *(const uint64_t *)at);
		break;
	case OCI_K_U32:
		out_uint(o, *(const uint32_t *)at);
		break;
	case OCI_K_OPT_INT:
		out_int(o, ((const struct oci_opt_int *)at)->v);
		break;
	case OCI_K_OPT_UINT:
		out_uint(o, ((const struct oci_opt_uint *)at)->v);
		break;
	case OCI_K_STR:
		out_string(o, *(const char *const *)at);
		break;
	case OCI_K_ENUM:
		out_word(o, m->words, *(const int *)at);
		break;
	default:
		break;
	}
}

static void out_member(struct out *o, const struct oci_member *m, const char *at)
{
	struct list list;

	switch (m->kind) {
	case OCI_K_OBJ:
		out_object(o, m->type, *(const char *const *)at);
		break;
	case OCI_K_INLINE:
		out_object(o, m->type, at);
		break;
	case OCI_K_STRS:
		out_strings(o, (const struct oci_strings *)at);
		break;
	case OCI_K_UINTS:
		out_uints(o, (const struct oci_uints *)at);
		break;
	case OCI_K_ENUMS:
		out_enums(o, (const struct oci_enums *)at, m->words);
		break;
	case OCI_K_OBJS:
	case OCI_K_KEYED:
		memcpy(&list, at, sizeof(list));
		out_structs(o, &list, m->type, m->kind == OCI_K_KEYED);
		break;
	case OCI_K_MAP:
		out_map(o, (const struct oci_map *)at);
		break;
	default:
		out_scalar(o, m, at);
		break;
	}
}

static void out_object(struct out *o, const struct oci_type *type, const char *object)
{
	out_open(o, "{");
	for (size_t i = 0; i < type->n_members; i++) {
		const struct oci_member *m = &type->members[i];

		if (is_absent(m, object + m->offset))
			continue;
		out_name(o, m->name);
		out_member(o, m, object + m->offset);
	}
	out_close(o, "}");
}

/* ---- the public face ------------------------------------------------------------- */

static char *out_finish(struct out *o, size_t *ret_len)
{
	out_bytes(o, "", 1); /* the NUL byte */
	if (o->failed)
		return NULL;
	if (ret_len != NULL)
		*ret_len = o->len - 1;
	return o->text;
}

char *oci_encode(struct oci_arena *arena, const struct oci_type *type, const void *object,
		 unsigned indent, size_t *ret_len)
{
	struct out o = { .arena = arena, .indent = indent, .first = true };

	out_object(&o, type, object);
	return out_finish(&o, ret_len);
}

char *oci_encode_list(struct oci_arena *arena, const struct oci_type *type,
		      const void *const *objects, size_t n, unsigned indent,
		      size_t *ret_len)
{
	struct out o = { .arena = arena, .indent = indent, .first = true };

	out_open(&o, "[");
	for (size_t i = 0; i < n; i++) {
		out_next(&o);
		out_object(&o, type, objects[i]);
	}
	out_close(&o, "]");
	return out_finish(&o, ret_len);
}

char *oci_encode_string(struct oci_arena *arena, const char *text, size_t *ret_len)
{
	struct out o = { .arena = arena };

	out_string(&o, text);
	return out_finish(&o, ret_len);
}
