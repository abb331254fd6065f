/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of stats.c: rows of its table, the files that were read, and the parts of JSON. */
#ifndef CGROUP_STATS_ROW_H
#define CGROUP_STATS_ROW_H

#include "base/str.h"
#include "cgroup/cgroup.h"

enum stats_kind {
	STATS_OPEN, /* an object */
	STATS_CLOSE,
	STATS_NUMBER, /* a file's value, or that of a line "KEY N" */
	STATS_SIGNED, /* the same, negative values allowed */
	STATS_NUMBERS, /* a list: all numbers of a file */
	STATS_COLUMN, /* a list: one column of a table with a head line; scale is the column */
	STATS_RANGES, /* a list: "0-2,5" as 0,1,2,5 */
	STATS_MAP, /* an object: lines "KEY N" */
	STATS_PRESSURE, /* an object: PSI */
	STATS_DEVICES, /* a list of objects: counters of block devices */
	STATS_HUGEPAGES, /* the members of an object: one per page size */
	STATS_PIDS, /* as STATS_NUMBER; without the controller the processes are counted */
	STATS_FIXED, /* file is JSON text */
};

enum stats_flag {
	STATS_OMIT = 1, /* 0 is left out */
	STATS_NO_MAX = 2, /* "max" is 0, not the largest number */
};

struct stats_source {
	const char *file;
	const char *key; /* of the line, or NULL: the whole file is one value */
	uint32_t scale; /* factor; 0 is 1 */
	const char *plus; /* another file whose value is added */
};

struct stats_field {
	uint8_t kind;
	uint8_t flags;
	uint8_t controller; /* of the v1 hierarchy that v1 is read in */
	const char *name;
	struct stats_source v1, v2;
};

enum { STATS_FILES_MAX = 48, STATS_TEXT_MAX = 1 << 20 };

struct stats_kept {
	int fd;
	const char *name; /* of the table: same text, same pointer or equal */
	struct str text; /* "" when it cannot be read */
};

struct stats_reader {
	const struct cgroup *cg;
	struct str *out;
	bool comma; /* before the next member */
	size_t n;
	struct stats_kept files[STATS_FILES_MAX];
};

/* The file's text, "" when it is not there. `name` must outlive the reader. */
const char *stats_text(struct stats_reader *r, int fd, const char *name);

/* The directory and the source that count for a field: v1 where the controller is; or -1. */
int stats_place(const struct stats_reader *r, const struct stats_field *f,
		struct stats_source *ret);

/* The next number in *text, which is moved behind it; false at the end of the text. */
bool stats_next_number(const char **text, uint64_t *ret);

/* What stands behind "KEY " at the beginning of a line, or NULL. */
const char *stats_line(const char *text, const char *key);

/* The number that the source means in a text; flags: enum stats_flag. */
uint64_t stats_value_in(const char *text, const struct stats_source *s, unsigned flags);

/* The number that the source means, `plus` included. */
uint64_t stats_value(struct stats_reader *r, int fd, const struct stats_source *s,
		     unsigned flags);

/* "NAME": with a comma before it where one is needed. */
void stats_add_name(struct stats_reader *r, const char *name);

/* A member; the second one is left out when it is 0. */
void stats_add_number(struct stats_reader *r, const char *name, uint64_t v);
void stats_add_some(struct stats_reader *r, const char *name, uint64_t v);

/* The beginning of list or object `name` once it turns out to have an element, or a comma. */
void stats_add_element(struct stats_reader *r, const char *name, char bracket,
		       bool first);

/* Members that need some parsing: STATS_PRESSURE, STATS_DEVICES, STATS_HUGEPAGES. */
void stats_write_pressure(struct stats_reader *r, const struct stats_field *f);
void stats_write_devices(struct stats_reader *r, const struct stats_field *f);
void stats_write_hugepages(struct stats_reader *r, const struct stats_field *f);

#endif
