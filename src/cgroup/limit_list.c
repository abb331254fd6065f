/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of limits. Invariant: every element becomes at least one write, or an error that
 * names it.
 */
#include "cgroup/limit_list.h"

#include "cgroup/text.h"

#include <inttypes.h>
#include <stdio.h>

int limit_out_seat(struct limit_out *out, const char *member,
		   const struct cgroup_seat *seat, const char *v1, const char *v2,
		   struct err *e)
{
	out->file = seat->v2 ? v2 : v1;
	if (!out->file) /* whether there is the controller or not */
		return err_set(
			e, "%scgroup %s has nothing like it",
			v1 ? "" : "invalid configuration: ", seat->v2 ? "v2" : "v1");
	if (seat->dir < 0) {
		err_set(e, "%s", seat->why);
		return seat->hint ? err_hint(e, "%s", seat->hint) : -1;
	}
	out->dir = (unsigned)seat->dir;
	out->v2 = seat->v2;
	out->member = cgroup_textf(out->arena, "%s", member);
	return 0;
}

/* Room for one more write, doubling. */
static struct cgroup_write *writes_next(struct limit_out *out)
{
	struct cgroup_writes *w = &out->writes;

	if (w->n == w->size) {
		size_t size = w->size ? 2 * w->size : 8;
		struct cgroup_write *v = cgroup_alloc(out->arena, size * sizeof(*v));

		if (w->n)
			memcpy(v, w->v, w->n * sizeof(*v));
		w->v = v;
		w->size = size;
	}
	return &w->v[w->n++];
}

int limit_out(struct limit_out *out, unsigned flags, const char *file, const char *fmt,
	      ...)
{
	const char *value;
	va_list ap;

	va_start(ap, fmt);
	value = cgroup_vtextf(out->arena, fmt, ap);
	va_end(ap);
	*writes_next(out) =
		(struct cgroup_write){ .dir = out->dir,
				       .flags = flags,
				       .member = out->member,
				       .file = cgroup_textf(out->arena, "%s", file),
				       .value = value };
	return 0;
}

/* As limit_out() for a text of any length. */
static void limit_out_text(struct limit_out *out, const char *file, const char *s,
			   size_t n)
{
	/* nothing can be born into a cgroup that takes no process */
	bool none = str_eq(file, "pids.max") && n == 1 && *s == '0';

	*writes_next(out) = (struct cgroup_write){
		.dir = out->dir,
		.flags = none ? CGROUP_WRITE_LATE : 0,
		.member = out->member,
		.file = cgroup_textf(out->arena, "%s", file),
		.value = cgroup_textn(out->arena, s, n),
	};
}

/* ---- blockIO ---------------------------------------------------------------------- */

int limit_block_weight(struct limit_out *out, const char *device, uint64_t weight,
		       struct err *e)
{
	const char *per = *device ? "_device" : "";

	if (weight < 10 || weight > 1000)
		return err_set(e, "%" PRIu64 ": expected 10 to 1000", weight);
	if (out->v2) {
		limit_out(out, 0, "io.bfq.weight", "%s%" PRIu64, device, weight);
		return limit_out(out, CGROUP_WRITE_ELSE, "io.weight", "%s%u", device,
				 cgroup_blkio_to_io_weight(weight));
	}
	limit_out(out, 0, cgroup_textf(out->arena, "blkio.bfq.weight%s", per),
		  "%s%" PRIu64, device, weight);
	return limit_out(out, CGROUP_WRITE_ELSE,
			 cgroup_textf(out->arena, "blkio.weight%s", per), "%s%" PRIu64,
			 device, weight);
}

static int weight_device(const struct oci_weight_device *d, struct limit_out *out,
			 struct err *e)
{
	char device[48];

	snprintf(device, sizeof(device), "%" PRId64 ":%" PRId64 " ", d->major, d->minor);
	if (d->leaf_weight.set && d->leaf_weight.v) {
		if (out->v2)
			return err_set(e, "cgroup v2 has nothing like leafWeight");
		limit_out(out, 0, "blkio.leaf_weight_device", "%s%" PRIu64, device,
			  d->leaf_weight.v);
	}
	if (d->weight.set && d->weight.v)
		return limit_block_weight(out, device, d->weight.v, e);
	return 0;
}

static int weight_devices_plan(const struct oci_resources *r,
			       const struct cgroup_seat *seats, struct limit_out *out,
			       struct err *e)
{
	static const char member[] = "linux.resources.blockIO.weightDevice";
	const struct oci_block_io *b = r->block_io;

	for (size_t i = 0; b && i < b->weight_device.n; i++) {
		WHERE(e, member, i, NULL);
		TRY(limit_out_seat(out, member, &seats[CGROUP_IO], "", "", e));
		TRY(weight_device(&b->weight_device.v[i], out, e));
	}
	return 0;
}

static const struct throttle {
	const char *member;
	size_t at; /* offset in struct oci_block_io */
	const char *v1; /* file */
	const char *v2; /* key in io.max */
} throttles[] = {
	{ "linux.resources.blockIO.throttleReadBpsDevice",
	  offsetof(struct oci_block_io, throttle_read_bps_device),
	  "blkio.throttle.read_bps_device", "rbps" },
	{ "linux.resources.blockIO.throttleWriteBpsDevice",
	  offsetof(struct oci_block_io, throttle_write_bps_device),
	  "blkio.throttle.write_bps_device", "wbps" },
	{ "linux.resources.blockIO.throttleReadIOPSDevice",
	  offsetof(struct oci_block_io, throttle_read_iops_device),
	  "blkio.throttle.read_iops_device", "riops" },
	{ "linux.resources.blockIO.throttleWriteIOPSDevice",
	  offsetof(struct oci_block_io, throttle_write_iops_device),
	  "blkio.throttle.write_iops_device", "wiops" },
};

static const struct oci_throttle_devices *throttle_list(const struct throttle *t,
							const struct oci_block_io *b)
{
	return (const struct oci_throttle_devices *)((const char *)b + t->at);
}

static int throttle_plan(const struct throttle *t, const struct oci_block_io *b,
			 const struct cgroup_seat *seats, struct limit_out *out,
			 struct err *e)
{
	const struct oci_throttle_devices *list = throttle_list(t, b);

	for (size_t i = 0; i < list->n; i++) {
		const struct oci_throttle_device *d = &list->v[i];

		WHERE(e, t->member, i, NULL);
		TRY(limit_out_seat(out, t->member, &seats[CGROUP_IO], t->v1, "io.max",
				   e));
		if (out->v2 && !d->rate) /* v1's way to say "none" */
			limit_out(out, 0, out->file, "%" PRId64 ":%" PRId64 " %s=max",
				  d->major, d->minor, t->v2);
		else
			limit_out(out, 0, out->file,
				  "%" PRId64 ":%" PRId64 " %s%s%" PRIu64, d->major,
				  d->minor, out->v2 ? t->v2 : "", out->v2 ? "=" : "",
				  d->rate);
	}
	return 0;
}

static int block_plan(const struct oci_resources *r, const struct cgroup_seat *seats,
		      struct limit_out *out, struct err *e)
{
	if (!r->block_io)
		return 0;
	TRY(weight_devices_plan(r, seats, out, e));
	for (size_t i = 0; i < ARRAY_SIZE(throttles); i++)
		TRY(throttle_plan(&throttles[i], r->block_io, seats, out, e));
	return 0;
}

static bool block_demanded(const struct oci_block_io *b)
{
	bool any = b && b->weight_device.n;

	for (size_t i = 0; b && i < ARRAY_SIZE(throttles); i++)
		any = any || throttle_list(&throttles[i], b)->n;
	return any;
}

/* ---- hugepageLimits ------------------------------------------------------------------ */

/* "64KB", "2MB", "1GB": it becomes part of a file's name. */
static bool page_size_valid(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits && digits < 8 && strchr("KMG", s[digits]) && s[digits] &&
	       str_eq(s + digits + 1, "B");
}

static int hugepages_plan(const struct oci_resources *r, const struct cgroup_seat *seats,
			  struct limit_out *out, struct err *e)
{
	static const char member[] = "linux.resources.hugepageLimits";

	for (size_t i = 0; i < r->hugepage_limits.n; i++) {
		const struct oci_hugepage_limit *h = &r->hugepage_limits.v[i];

		WHERE(e, member, i, h->page_size);
		if (!page_size_valid(h->page_size))
			return err_set(e, "expected a size such as 2MB or 1GB");
		TRY(limit_out_seat(out, member, &seats[CGROUP_HUGETLB], "limit_in_bytes",
				   "max", e));
		/* reservations are counted too where the kernel can: no SIGBUS later */
		limit_out(out, CGROUP_WRITE_OPTIONAL,
			  cgroup_textf(out->arena, "hugetlb.%s.rsvd.%s", h->page_size,
				       out->file),
			  "%" PRIu64, h->limit);
		limit_out(out, 0,
			  cgroup_textf(out->arena, "hugetlb.%s.%s", h->page_size,
				       out->file),
			  "%" PRIu64, h->limit);
	}
	return 0;
}

/* ---- network, rdma -------------------------------------------------------------------- */

static int priorities_plan(const struct oci_resources *r, const struct cgroup_seat *seats,
			   struct limit_out *out, struct err *e)
{
	static const char member[] = "linux.resources.network.priorities";

	for (size_t i = 0; r->network && i < r->network->priorities.n; i++) {
		const struct oci_interface_priority *p = &r->network->priorities.v[i];

		WHERE(e, member, i, p->name);
		TRY(limit_out_seat(out, member, &seats[CGROUP_NET_PRIO],
				   "net_prio.ifpriomap", NULL, e));
		limit_out(out, 0, out->file, "%s %u", p->name, p->priority);
	}
	return 0;
}

static int rdma_plan(const struct oci_resources *r, const struct cgroup_seat *seats,
		     struct limit_out *out, struct err *e)
{
	static const char member[] = "linux.resources.rdma";

	for (size_t i = 0; i < r->rdma.n; i++) {
		const struct oci_rdma *d = &r->rdma.v[i];
		char handles[40] = "", objects[40] = "";

		WHERE_IN(e, member, d->key);
		TRY(limit_out_seat(out, member, &seats[CGROUP_RDMA], "rdma.max",
				   "rdma.max", e));
		if (d->hca_handles.set)
			snprintf(handles, sizeof(handles), " hca_handle=%" PRIu64,
				 d->hca_handles.v);
		if (d->hca_objects.set)
			snprintf(objects, sizeof(objects), " hca_object=%" PRIu64,
				 d->hca_objects.v);
		limit_out(out, 0, out->file, "%s%s%s", d->key, handles, objects);
	}
	return 0;
}

/* ---- unified ------------------------------------------------------------------------- */

/* These move, stop or kill processes: no limits, and dangerous as such. */
static const char *const forbidden[] = { "cgroup.procs", "cgroup.threads", "cgroup.kill",
					 "cgroup.freeze" };

/* The controller that a v2 file belongs to; -1: the core, -2: no known one. */
static int file_controller(const char *file)
{
	size_t n = strcspn(file, ".");

	if (n == 6 && !strncmp(file, "cgroup", n))
		return -1;
	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		const char *name =
			cgroup_controller_name((enum cgroup_controller)c, true);

		if (name && strlen(name) == n && !strncmp(name, file, n))
			return c;
	}
	return -2;
}

static int unified_check(const char *file, struct err *e)
{
	if (!strchr(file, '.') || file[0] == '.' || strchr(file, '/'))
		return err_set(e,
			       "the specified key has not the form CONTROLLER.VALUE `%s`",
			       file);
	if (str_index(forbidden, ARRAY_SIZE(forbidden), file) >= 0)
		return err_set(e, "this file holds no limit");
	if (file_controller(file) == -2)
		return err_set(e,
			       "the requested cgroup controller `%.*s` is not available",
			       (int)strcspn(file, "."), file);
	return 0;
}

static int unified_pair(const struct oci_pair *pair, const struct cgroup_seat *seats,
			const struct cgroup_seat *core, struct limit_out *out,
			struct err *e)
{
	static const char member[] = "linux.resources.unified";
	const char *line = pair->value;
	int c;

	WHERE_IN(e, member, pair->key);
	TRY(unified_check(pair->key, e));
	c = file_controller(pair->key);
	TRY(limit_out_seat(out, member, c < 0 ? core : &seats[c], NULL, pair->key, e));
	/* files like io.max take one line at a time */
	do {
		size_t n = strcspn(line, "\n");

		limit_out_text(out, out->file, line, n);
		line += n;
		line += *line == '\n';
	} while (*line);
	return 0;
}

/* ---- all lists ------------------------------------------------------------------------ */

uint32_t limit_lists_demand(const struct oci_resources *r)
{
	uint32_t demand = 0;

	if (block_demanded(r->block_io))
		demand |= 1u << CGROUP_IO;
	if (r->hugepage_limits.n)
		demand |= 1u << CGROUP_HUGETLB;
	if (r->network && r->network->priorities.n)
		demand |= 1u << CGROUP_NET_PRIO;
	if (r->rdma.n)
		demand |= 1u << CGROUP_RDMA;
	for (size_t i = 0; i < r->unified.n; i++) {
		int c = file_controller(r->unified.v[i].key);

		if (c >= 0)
			demand |= 1u << c;
	}
	return demand;
}

int limit_lists_plan(const struct oci_resources *r, const struct cgroup_seat *seats,
		     const struct cgroup_seat *core, struct limit_out *out, struct err *e)
{
	TRY(block_plan(r, seats, out, e));
	TRY(hugepages_plan(r, seats, out, e));
	TRY(priorities_plan(r, seats, out, e));
	TRY(rdma_plan(r, seats, out, e));
	/* last: what stands here by its file's name has the last word */
	for (size_t i = 0; i < r->unified.n; i++)
		TRY(unified_pair(&r->unified.v[i], seats, core, out, e));
	return 0;
}
