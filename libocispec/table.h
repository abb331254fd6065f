/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a C struct is described to the decoder and the encoder: one row per member.
 *
 *	struct pair { char *name; struct oci_opt_int size; };
 *	static const struct oci_member pair_members[] = {
 *		OCI_STR(pair, name, "name", OCI_REQUIRED, oci_rule_some),
 *		OCI_NUM(pair, size, "size", 0, 0, 4096),
 *	};
 *	static const struct oci_type pair_type = OCI_TYPE(pair, pair_members, NULL);
 *
 * Every row macro checks at compile time that the C member has the type its kind needs.
 * The conventions for absent members stand in types.h. The order of rows is the order in
 * which members are written.
 */
#ifndef OCI_TABLE_H
#define OCI_TABLE_H

#include "types.h"

enum oci_kind {
	OCI_K_BOOL, /* bool */
	OCI_K_OPT_BOOL, /* struct oci_opt_bool */
	OCI_K_INT, /* int64_t; min and max of the row hold for all five kinds of number */
	OCI_K_UINT, /* uint64_t */
	OCI_K_U32, /* uint32_t */
	OCI_K_OPT_INT, /* struct oci_opt_int */
	OCI_K_OPT_UINT, /* struct oci_opt_uint */
	OCI_K_STR, /* char * */
	OCI_K_ENUM, /* an enum whose value is 1 + the index in words, 0 when absent */
	OCI_K_OBJ, /* struct X * */
	OCI_K_INLINE, /* struct X: inside the parent; all zero when absent, always written */
	OCI_K_STRS, /* struct oci_strings */
	OCI_K_UINTS, /* struct oci_uints */
	OCI_K_ENUMS, /* struct oci_enums */
	OCI_K_OBJS, /* {size_t n; struct X *v;}: a JSON list of objects */
	OCI_K_KEYED, /* {size_t n; struct X *v;}: a JSON object of objects; X begins with
		      * "char *key" */
	OCI_K_MAP, /* struct oci_map */
};

enum oci_member_flag {
	OCI_REQUIRED = 1, /* absent (or null) is an error */
	OCI_SOME = 2, /* a list that is given must not be empty */
	OCI_EMPTY_IS_NONE = 4, /* a string "" is as good as absent: NULL */
	/* Without OCI_REQUIRED the encoder leaves out a plain number 0 and a bool false. */
};

/* What is wrong with a value, told by a rule or a check. */
struct oci_issue {
	char where[96]; /* path below the checked object; "" for the object itself */
	char what[160]; /* "what is wrong, expected what" */
};

/*
 * A rule looks at one string (or key, or element of a list of strings; OCI_K_MAP: at the
 * keys). Returns NULL when it is fine, else what is expected: "an absolute path".
 */
#define OCI_RULE(name) const char *name(const char *text)

struct oci_type;

struct oci_member {
	const char *name;
	uint16_t name_len;
	uint16_t offset;
	uint8_t kind; /* enum oci_kind */
	uint8_t flags; /* enum oci_member_flag */
	int64_t min;
	uint64_t max;
	const char *(*rule)(const char *text); /* may be NULL */
	union {
		const struct oci_type *type;
		const char *const *words; /* ends with NULL */
	};
};

struct oci_type {
	size_t size; /* of the C struct */
	size_t n_members; /* at most 64 */
	const struct oci_member *members;
	/*
	 * What rows cannot say: called with the complete object, after all rules. Returns 0, or
	 * -1 with *ret_issue filled in (oci_complain). May be NULL.
	 */
	int (*check)(const void *object, struct oci_issue *ret_issue);
};

/*
 * Fills in ISSUE and returns -1. The place is MEMBER, or LIST[INDEX].MEMBER when LIST is
 * not NULL (MEMBER may be "" then: the element itself).
 */
int oci_complain(struct oci_issue *issue, const char *list, size_t index,
		 const char *member, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Rules for rows; each says in one clause what it expects. */
OCI_RULE(oci_rule_some); /* not "" */
OCI_RULE(oci_rule_absolute); /* begins with '/' */
OCI_RULE(oci_rule_version); /* SemVer 2.0.0 with major 1 */
OCI_RULE(oci_rule_env); /* NAME=VALUE with a NAME */
OCI_RULE(oci_rule_numlist); /* "", or "0-3,7" */

/* ---- the row macros -------------------------------------------------------------- */

/* clang-format off */

/* 0, but does not compile unless S's member M has type T. */
#define OCI_CHECK_(s, m, t) \
	(0 * (int)sizeof(char[ \
		__builtin_types_compatible_p(__typeof__(((struct s *)0)->m), t) ? 1 : -1]))

#define OCI_AT_(s, m, json, fl) \
	.name = (json), .name_len = sizeof(json) - 1, \
	.offset = __builtin_offsetof(struct s, m), .flags = (fl)

#define OCI_BOOL(s, m, json, fl) \
	{ OCI_AT_(s, m, json, fl), \
	  .kind = _Generic(((struct s *)0)->m, \
			bool: OCI_K_BOOL, \
			struct oci_opt_bool: OCI_K_OPT_BOOL) }

/* LO <= value <= HI; LO may be negative only for int64_t and struct oci_opt_int. */
#define OCI_NUM(s, m, json, fl, lo, hi) \
	{ OCI_AT_(s, m, json, fl), .min = (lo), .max = (hi), \
	  .kind = _Generic(((struct s *)0)->m, \
			int64_t: OCI_K_INT, \
			uint64_t: OCI_K_UINT, \
			uint32_t: OCI_K_U32, \
			struct oci_opt_int: OCI_K_OPT_INT, \
			struct oci_opt_uint: OCI_K_OPT_UINT) }

#define OCI_STR(s, m, json, fl, ru) \
	{ OCI_AT_(s, m, json, fl), .rule = (ru), \
	  .kind = OCI_K_STR + OCI_CHECK_(s, m, char *) }

/* The member must be an enum (or int): its values count from 1. */
#define OCI_ENUM(s, m, json, fl, wo) \
	{ OCI_AT_(s, m, json, fl), .words = (wo), \
	  .kind = OCI_K_ENUM + 0 * (int)sizeof(char[ \
			sizeof(((struct s *)0)->m) == sizeof(int) ? 1 : -1]) }

#define OCI_OBJ(s, m, json, fl, x, ty) \
	{ OCI_AT_(s, m, json, fl), .type = (ty), \
	  .kind = OCI_K_OBJ + OCI_CHECK_(s, m, struct x *) }

#define OCI_INLINE(s, m, json, fl, x, ty) \
	{ OCI_AT_(s, m, json, fl), .type = (ty), \
	  .kind = OCI_K_INLINE + OCI_CHECK_(s, m, struct x) }

#define OCI_STRS(s, m, json, fl, ru) \
	{ OCI_AT_(s, m, json, fl), .rule = (ru), \
	  .kind = OCI_K_STRS + OCI_CHECK_(s, m, struct oci_strings) }

#define OCI_UINTS(s, m, json, fl, hi) \
	{ OCI_AT_(s, m, json, fl), .max = (hi), \
	  .kind = OCI_K_UINTS + OCI_CHECK_(s, m, struct oci_uints) }

#define OCI_ENUMS(s, m, json, fl, wo) \
	{ OCI_AT_(s, m, json, fl), .words = (wo), \
	  .kind = OCI_K_ENUMS + OCI_CHECK_(s, m, struct oci_enums) }

#define OCI_OBJS(s, m, json, fl, x, ty) \
	{ OCI_AT_(s, m, json, fl), .type = (ty), \
	  .kind = OCI_K_OBJS + OCI_CHECK_(s, m.v, struct x *) }

/* RU is the rule for the keys. */
#define OCI_KEYED(s, m, json, fl, x, ty, ru) \
	{ OCI_AT_(s, m, json, fl), .type = (ty), .rule = (ru), \
	  .kind = OCI_K_KEYED + OCI_CHECK_(s, m.v, struct x *) + OCI_CHECK_(x, key, char *) }

#define OCI_MAP(s, m, json, fl, ru) \
	{ OCI_AT_(s, m, json, fl), .rule = (ru), \
	  .kind = OCI_K_MAP + OCI_CHECK_(s, m, struct oci_map) }

#define OCI_TYPE(s, rows, ch) \
	{ .size = sizeof(struct s), .n_members = sizeof(rows) / sizeof(*(rows)), \
	  .members = (rows), .check = (ch) }

/* clang-format on */

#endif
