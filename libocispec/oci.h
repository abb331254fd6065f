/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libocispec: the OCI runtime specification 1.3 for Linux as typed C.
 *
 * config.json, the state, the features document and seccomp's process state are decoded
 * into plain structs (runtime.h, features.h) and encoded from them, both from one table
 * per struct. The library needs libc and yajl, nothing else, and has no global state; it
 * can be used without the rest of this project:
 *
 *	struct oci_arena arena = {0};
 *	struct oci_error error;
 *	struct oci_config *config;
 *
 *	if (oci_decode_config(&arena, "config.json", text, len, &config, &error) < 0)
 *		puts(error.text);
 *	...
 *	oci_arena_free(&arena);
 *
 * The decoder is strict: what it returns satisfies every rule of the specification that
 * can be judged by looking at the document alone. An error is one line with the place:
 *
 *	config.json:41:17: mounts[2].options: got a string, expected a list of strings
 *
 * Rules of the decoder:
 *  - unknown members are skipped, whatever is inside;
 *  - null stands for "absent" (Go programs write unset lists so); a required member
 *    must not be null, nor an element of a list or a map;
 *  - a name given twice in one object is an error, in skipped objects too;
 *  - numbers are integers without fraction and exponent, within the member's range;
 *  - the text is valid UTF-8, no string has a NUL character or half a surrogate pair;
 *  - after the document only white space may follow;
 *  - at most OCI_MAX_SIZE bytes, OCI_MAX_DEPTH nested values, OCI_MAX_VALUES values.
 */
#ifndef OCI_OCI_H
#define OCI_OCI_H

#include "arena.h"
#include "features.h"
#include "runtime.h"
#include "table.h"

#define OCI_SPEC_VERSION     "1.3.0" /* what this library implements */
#define OCI_SPEC_VERSION_MIN "1.0.0" /* the oldest ociVersion it accepts */

#define OCI_MAX_SIZE   ((size_t)16 << 20) /* bytes of one document */
#define OCI_MAX_DEPTH  64 /* nested objects and lists */
#define OCI_MAX_VALUES ((size_t)1 << 20) /* values and names in one document */

struct oci_error {
	unsigned line; /* from 1; 0 when the error has no place in the text */
	unsigned column; /* from 1, in bytes */
	char text[512]; /* complete: "NAME:LINE:COLUMN: path: what, expected what" */
};

/* ---- decode ---------------------------------------------------------------------- */

/*
 * Decode the LEN bytes at TEXT, which the error calls NAME, and validate the result. *ret
 * and all it points to live in ARENA and do not point into TEXT. On -1 *ret is untouched
 * and *ret_error says why; what the arena holds by then stays there until it is freed.
 */
int oci_decode_config(struct oci_arena *arena, const char *name, const char *text,
		      size_t len, struct oci_config **ret, struct oci_error *ret_error);
/* config.json's "process" alone, as `exec --process FILE` gets it */
int oci_decode_process(struct oci_arena *arena, const char *name, const char *text,
		       size_t len, struct oci_process **ret, struct oci_error *ret_error);
/* config.json's "linux.resources" alone, as `update --resources FILE` gets it */
int oci_decode_resources(struct oci_arena *arena, const char *name, const char *text,
			 size_t len, struct oci_resources **ret,
			 struct oci_error *ret_error);
int oci_decode_state(struct oci_arena *arena, const char *name, const char *text,
		     size_t len, struct oci_state **ret, struct oci_error *ret_error);
int oci_decode_process_state(struct oci_arena *arena, const char *name, const char *text,
			     size_t len, struct oci_process_state **ret,
			     struct oci_error *ret_error);
int oci_decode_features(struct oci_arena *arena, const char *name, const char *text,
			size_t len, struct oci_features **ret,
			struct oci_error *ret_error);

/* The same for any TYPE, also for tables of the caller's own (table.h). */
int oci_decode(struct oci_arena *arena, const struct oci_type *type, const char *name,
	       const char *text, size_t len, void **ret, struct oci_error *ret_error);

/*
 * The same for a text that comes in pieces. Memory grows with what is kept of the document
 * and by 8 bytes for a skipped name; too much is refused before more is looked at.
 *
 *	d = oci_decoder_new(arena, &oci_type_config, "config.json", &error);
 *	while (more) if (oci_decoder_feed(d, piece, n) < 0) stop;
 *	if (oci_decoder_end(d, &object) < 0) stop;
 *
 * The decoder lives in ARENA and needs no release. NULL or -1: *ret_error, given to
 * oci_decoder_new(), is filled in and no other call may follow. The place of an error that
 * concerns several members is the end of their object, and a token cut by the border of two
 * pieces has its place where the second piece begins. Half a surrogate pair is not noticed in
 * a string that is cut so.
 */
struct oci_decoder;
struct oci_decoder *oci_decoder_new(struct oci_arena *arena, const struct oci_type *type,
				    const char *name, struct oci_error *ret_error);
int oci_decoder_feed(struct oci_decoder *d, const char *piece, size_t len);
int oci_decoder_end(struct oci_decoder *d, void **ret);

/*
 * Where in the valid document TEXT the value at PATH begins: "process.rlimits[2].type",
 * annotations["a.b"] for names that are not plain words. Returns 0 when it is there; 1 with
 * the place of the nearest value around it when it is not (an absent member); -1 when TEXT
 * is no JSON object (nothing written).
 */
int oci_locate(const char *text, size_t len, const char *path, unsigned *ret_line,
	       unsigned *ret_column);

/* ---- encode ---------------------------------------------------------------------- */

/*
 * OBJECT of TYPE as JSON text: NUL-terminated, in ARENA, without a newline at the end. With
 * INDENT 0 on one line without blanks, else indented by INDENT blanks. Absent members are
 * left out. NULL when there is no memory. *ret_len may be NULL.
 */
char *oci_encode(struct oci_arena *arena, const struct oci_type *type, const void *object,
		 unsigned indent, size_t *ret_len);

/* The N objects at OBJECTS as a JSON list of objects. */
char *oci_encode_list(struct oci_arena *arena, const struct oci_type *type,
		      const void *const *objects, size_t n, unsigned indent,
		      size_t *ret_len);

/* TEXT as a JSON string with its quotes, for those who write JSON by hand. */
char *oci_encode_string(struct oci_arena *arena, const char *text, size_t *ret_len);

/* ---- tables and words ------------------------------------------------------------ */

extern const struct oci_type oci_type_config;
extern const struct oci_type oci_type_process;
extern const struct oci_type oci_type_resources;
extern const struct oci_type oci_type_state;
extern const struct oci_type oci_type_process_state;
extern const struct oci_type oci_type_features;
/* parts that other documents may want to contain */
extern const struct oci_type oci_type_linux;
extern const struct oci_type oci_type_hooks;
extern const struct oci_type oci_type_hook;
extern const struct oci_type oci_type_mount;
extern const struct oci_type oci_type_root;
extern const struct oci_type oci_type_namespace;
extern const struct oci_type oci_type_id_mapping;
extern const struct oci_type oci_type_seccomp;

/* The words of each enum in its order, ending with NULL: word of value V is [V - 1]. */
extern const char *const oci_words_status[];
extern const char *const oci_words_namespace[];
extern const char *const oci_words_sched_policy[];
extern const char *const oci_words_sched_flag[];
extern const char *const oci_words_io_class[];
extern const char *const oci_words_mpol_mode[];
extern const char *const oci_words_mpol_flag[];
extern const char *const oci_words_seccomp_action[];
extern const char *const oci_words_seccomp_arch[];
extern const char *const oci_words_seccomp_flag[];
extern const char *const oci_words_seccomp_op[];
extern const char *const oci_words_personality[];
extern const char *const oci_words_propagation[];
extern const char *const oci_words_hook[]; /* "prestart" ... "poststop" */
extern const char *const oci_words_rlimit[]; /* "RLIMIT_AS" ...: index is no enum value */

/* The word of VALUE, or NULL when VALUE is 0 (absent) or out of range. */
const char *oci_word(const char *const *words, int value);

/* The value of WORD, or 0 when it is none of the words. */
int oci_word_value(const char *const *words, const char *word);

/* WORDS as a list that can be encoded (features). It points to WORDS itself. */
struct oci_strings oci_words_list(const char *const *words);

#endif
