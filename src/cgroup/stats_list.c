/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics that need some parsing: pressure, block devices, huge pages. */
#include "cgroup/stats_row.h"

#include "base/fd.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

/* ---- pressure -------------------------------------------------------------------------- */

/* "avg10=12.30" as 12.3, the way Go prints a number. False when it is not there. */
static bool add_average(struct str *out, const char *line, const char *key, bool comma)
{
	const char *p = strstr(line, key), *end = strchrnul(line, '\n');
	size_t n, whole;

	if (!p || p > end)
		return false;
	p += strlen(key);
	n = strspn(p, "0123456789.");
	whole = strspn(p, "0123456789");
	if (!whole)
		return false;
	while (n > whole && (p[n - 1] == '0' || p[n - 1] == '.'))
		n--;
	str_addf(out, "%s\"%.*s\":%.*s", comma ? "," : "", (int)strlen(key) - 1, key,
		 (int)n, p);
	return true;
}

static bool add_pressure_line(struct str *out, const char *text, const char *name)
{
	static const char *const keys[] = { "avg10=", "avg60=", "avg300=", "total=" };
	const char *line = stats_line(text, name);

	if (!line)
		return false;
	str_addf(out, "\"%s\":{", name);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!add_average(out, line, keys[i], i > 0))
			return false;
	str_add(out, "}");
	return true;
}

/* PSI is v2's alone; off (or without the kernel's support) the file is not there. */
void stats_write_pressure(struct stats_reader *r, const struct stats_field *f)
{
	static const char none[] =
		"\"full\":{\"avg10\":0,\"avg60\":0,\"avg300\":0,\"total\":0}";
	struct stats_source s = { 0 };
	int fd = stats_place(r, f, &s);
	const char *text = fd < 0 ? "" : stats_text(r, fd, s.file);
	auto_str full = { 0 };
	auto_str some = { 0 };

	if (!add_pressure_line(&some, text, "some"))
		return;
	/* cpu.pressure had no line "full" before Linux 5.13 */
	if (!add_pressure_line(&full, text, "full")) {
		full.n = 0;
		str_add(&full, none);
	}
	stats_add_name(r, f->name);
	str_addf(r->out, "{%s,%s}", some.s, full.s);
}

/* ---- block devices --------------------------------------------------------------------- */

struct device {
	uint64_t major, minor;
};

static bool device_of(const char **line, struct device *ret)
{
	const char *p = *line;

	if (*p < '0' || *p > '9' || !stats_next_number(&p, &ret->major) || *p != ':' ||
	    !stats_next_number(&p, &ret->minor) || *p != ' ')
		return false;
	*line = p + 1;
	return true;
}

/* One counter of one device; its members are left out when they are 0 or empty. */
static void add_counter(struct stats_reader *r, const struct stats_field *f,
			const struct device *d, const char *op, size_t op_n, uint64_t v,
			bool *first)
{
	stats_add_element(r, f->name, '[', *first);
	*first = false;
	str_add(r->out, "{");
	r->comma = false;
	stats_add_some(r, "major", d->major);
	stats_add_some(r, "minor", d->minor);
	if (op_n) {
		stats_add_name(r, "op");
		str_addf(r->out, "\"%.*s\"", (int)op_n, op);
	}
	stats_add_some(r, "value", v);
	str_add(r->out, "}");
	r->comma = true;
}

/* v1: "8:0 Read 1234", or "8:0 1234"; the line "Total 1234" is of no device. */
static void add_v1_counters(struct stats_reader *r, const struct stats_field *f,
			    const char *text, bool *first)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *p = text;
		struct device d;
		size_t op_n;
		uint64_t v;

		if (!device_of(&p, &d))
			continue;
		op_n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
		text = p + op_n;
		if (stats_next_number(&text, &v))
			add_counter(r, f, &d, p, op_n, v, first);
	}
}

/* v2: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6". */
static void add_v2_counters(struct stats_reader *r, const struct stats_field *f,
			    const char *text, bool *first)
{
	static const struct {
		char letter;
		const char *op;
	} ops[] = { { 'r', "Read" }, { 'w', "Write" } };

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *p = text, *end = strchrnul(text, '\n');
		struct device d;

		if (!device_of(&p, &d))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
			char key[16];
			const char *at;
			uint64_t v;

			snprintf(key, sizeof(key), "%c%s=", ops[i].letter, f->v2.key);
			at = strstr(p, key);
			if (at && at < end && stats_next_number(&at, &v))
				add_counter(r, f, &d, ops[i].op, strlen(ops[i].op), v,
					    first);
		}
	}
}

/* v1 has the counters of the scheduler in use, else those of throttling. */
void stats_write_devices(struct stats_reader *r, const struct stats_field *f)
{
	static const char *const prefixes[] = { "blkio.bfq.", "blkio.",
						"blkio.throttle." };
	struct stats_source s = { 0 };
	int fd = stats_place(r, f, &s);
	bool first = true;

	if (fd < 0)
		return;
	if (s.file == f->v2.file && s.key)
		add_v2_counters(r, f, stats_text(r, fd, s.file), &first);
	for (size_t i = 0; s.file == f->v1.file && first && i < ARRAY_SIZE(prefixes);
	     i++) {
		char name[64];
		auto_str text = { 0 };
		struct err ignored = { 0 };

		snprintf(name, sizeof(name), "%s%s", prefixes[i], s.file);
		if (file_read(fd, name, 0, STATS_TEXT_MAX, &text, &ignored) == 0 &&
		    text.n)
			add_v1_counters(r, f, text.s, &first);
	}
	if (!first)
		str_add(r->out, "]");
}

/* ---- huge pages ------------------------------------------------------------------------ */

/* hugetlb.SIZE.rsvd.FILE, what is reserved, or where the kernel has none, hugetlb.SIZE.FILE. */
static uint64_t hugepage_value(int fd, const char *size, int n, const char *file,
			       const char *key)
{
	static const char *const forms[] = { "rsvd.", "" };
	struct stats_source s = { .key = key };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char name[128], text[256];

		snprintf(name, sizeof(name), "hugetlb.%.*s.%s%s", n, size, forms[i],
			 file);
		if (file_read_value(fd, name, text, sizeof(text)) >= 0)
			return stats_value_in(text, &s, 0);
	}
	return 0;
}

static void write_hugepage(struct stats_reader *r, int fd, bool v2, const char *size,
			   int n)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", n, size);
	stats_add_name(r, name);
	str_add(r->out, "{");
	r->comma = false;
	stats_add_some(
		r, "usage",
		hugepage_value(fd, size, n, v2 ? "current" : "usage_in_bytes", NULL));
	stats_add_some(r, "max",
		       v2 ? 0 : hugepage_value(fd, size, n, "max_usage_in_bytes", NULL));
	stats_add_number(r, "failcnt",
			 hugepage_value(fd, size, n, v2 ? "events" : "failcnt",
					v2 ? "max" : NULL));
	str_add(r->out, "}");
	r->comma = true;
}

/* The page sizes are those that the directory has files for. */
void stats_write_hugepages(struct stats_reader *r, const struct stats_field *f)
{
	static const char prefix[] = "hugetlb.";
	struct stats_source s = { 0 };
	int fd = stats_place(r, f, &s);
	int list = fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = list < 0 ? NULL : fdopendir(list);
	const struct dirent *entry;

	if (!d) {
		fd_close(list);
		return;
	}
	while ((entry = readdir(d))) {
		const char *size = entry->d_name + strlen(prefix);
		size_t n;

		if (!str_starts(entry->d_name, prefix))
			continue;
		n = strspn(size, "0123456789KMGB");
		if (n && n < 32 && size[n] == '.' && str_eq(size + n + 1, s.file))
			write_hugepage(r, fd, s.file == f->v2.file, size, (int)n);
	}
	closedir(d);
}
