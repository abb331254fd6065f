/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cgroups made by systemd: the container's processes become a transient scope (or slice) unit
 * of the system's or the user's manager, asked for over D-Bus. systemd makes the cgroup around
 * a process that exists already, so:
 *
 *	cgroup_plan_make()	names, slice, properties; pure
 *	cgroup_survey()		connects and begins the conversation (no waiting)
 *	(birth of INIT, in the caller's cgroup; it waits)
 *	cgroup_adopt()		StartTransientUnit with INIT's pidfd, waits for the job, opens
 *				the unit's cgroup; cgroup_apply() can follow
 *
 * Two round trips, of which the first overlaps with the birth. Limits are given to systemd as
 * properties, so that a daemon-reload or `systemctl set-property` does not undo them, and
 * written to the files as everywhere: systemd knows only some, rounds some, and does not say
 * when one cannot be applied. When the container ends, systemd takes the unit away by itself;
 * cgroup_remove() asks it to only if that does not happen.
 *
 * org.freedesktop.systemd1(5), https://systemd.io/CONTROL_GROUP_INTERFACE,
 * https://systemd.io/CGROUP_DELEGATION.
 */
#ifndef CGROUP_SYSTEMD_H
#define CGROUP_SYSTEMD_H

#include "cgroup/cgroup.h"
#include "cgroup/device.h"
#include "kernel/dbus.h"

#include <limits.h>

/* ---- properties of a unit -------------------------------------------------------------- */

struct unit_property {
	const char *name;
	struct dbus_value value;
	bool asked; /* by an annotation: never left out */
};

struct unit_properties {
	size_t n, size;
	struct unit_property *v;
};

/*
 * Sets a property: n items of a type as in struct dbus_value, which are copied (the texts are
 * not). One that is there already is replaced in its place.
 */
void unit_property_set(struct unit_properties *list, struct oci_arena *arena,
		       const char *name, const char *type, size_t n,
		       const struct dbus_item *items);

/* The same with one value. */
void unit_property_text(struct unit_properties *list, struct oci_arena *arena,
			const char *name, const char *value);
void unit_property_number(struct unit_properties *list, struct oci_arena *arena,
			  const char *name, char type, uint64_t value);

/*
 * Pure. The annotation org.systemd.property.NAME with a value in GVariant's text format:
 * true, 5, uint64 5, 'text', ['a', 'b'], @as []. NAME is three letters or more; a name that
 * ends with "Sec" takes seconds and becomes "USec" (systemd.unit(5) has the one, D-Bus the
 * other). -1 with *e for whatever is not understood to the last character.
 * https://docs.gtk.org/glib/gvariant-text-format.html
 */
int unit_property_parse(const char *name, const char *text, struct oci_arena *arena,
			struct unit_properties *list, struct err *e);

/*
 * Pure. The properties that say the same as these values for files, as far as systemd knows
 * it. A value that is not understood has no property: the kernel will refuse it.
 */
void unit_properties_limits(const struct cgroup_write *writes, size_t n,
			    struct oci_arena *arena, struct unit_properties *list);

/*
 * Pure. DevicePolicy and DeviceAllow for rules: systemd can only list what is allowed, so
 * this is at least as wide as the rules; what they deny is denied by the program or lines of
 * cgroup/device.h. Nothing when everything is allowed at last.
 */
void unit_properties_devices(const struct device_rules *rules, struct oci_arena *arena,
			     struct unit_properties *list);

/* "MemoryMax=t 1048576", one line each, for tests and --debug. */
void unit_properties_text(const struct unit_properties *list, struct str *ret);

/* ---- the unit ------------------------------------------------------------------------------ */

struct cgroup_unit {
	const char *name; /* "libpod-ID.scope" */
	const char *slice; /* "machine.slice" */
	const char *addresses; /* of the manager (kernel/dbus.h) */
	bool user; /* it is the user's manager */
	bool is_slice; /* a slice unit: it has no processes that systemd moves */
	bool made; /* of a record: systemd has made it for us */
	bool stays_failed; /* CollectMode was changed: a failed unit must be reset */
	const char *subgroup; /* cgroup below the unit's for the container, or NULL */
	struct unit_properties properties; /* empty in a record */
};

/*
 * Pure. Name, slice, is_slice and subgroup from cgroupsPath, id and annotations. Without a
 * path: wolffia-ID.scope in system.slice, or in user.slice of a user's manager.
 */
int unit_names_make(const struct cgroup_request *rq, bool user, struct oci_arena *arena,
		    struct cgroup_unit *ret, struct err *e);

/* Whether it can be the name of a unit: letters, digits, ":-_.\@", at most 255. */
bool unit_name_valid(const char *name);

/* The cgroup of a slice below the manager's: "/a.slice/a-b.slice", "" for "-.slice". */
const char *unit_slice_path(const char *slice, struct oci_arena *arena);

/* The state record's text of a unit, and back; false for a damaged one. */
const char *unit_record(const struct cgroup_unit *u, bool made, struct oci_arena *arena);
bool unit_from_record(const char *text, struct oci_arena *arena, struct cgroup_unit *ret);

/* ---- the conversation ------------------------------------------------------------------------ */

enum { UNIT_TIMEOUT_MS = 25000 };

struct unit_bus {
	struct dbus d;
	uint32_t match, root; /* serials of calls whose answers are still to come */
	char path[PATH_MAX]; /* the manager's own cgroup, "" for the root */
	bool has_path;
	/*
	 * So many of the slices above the unit, from the nearest up, were not there when this
	 * began. They are asked for as units that end when nothing needs them any more, so
	 * that systemd itself, which alone knows who else has come, clears them up.
	 */
	unsigned new_slices;
};

/*
 * Connects and sends what can be said at once: authentication, Hello, the match for the
 * unit's jobs, the question where the manager's cgroup is. Waits for no answer.
 */
int unit_connect(const struct cgroup_unit *u, struct unit_bus *ret, struct err *e);
void unit_disconnect(struct unit_bus *b);

/*
 * Starts the unit around the process and waits until systemd has done it. A failed unit of
 * that name is reset first; a property of ours that this systemd does not know is left out,
 * and so are new_slices when it does not want to make them like that (they have files).
 * pidfd may be -1: then, and with a systemd that does not take descriptors (before 254),
 * the number is used. -1 with *e: the unit exists, systemd refuses or is late, ...
 */
int unit_start(const struct cgroup_unit *u, struct unit_bus *b, pid_t pid, int pidfd,
	       int64_t deadline, struct err *e);

/* Stops the unit (systemd kills what is inside) and forgets its failure; gone is no error. */
int unit_stop(const struct cgroup_unit *u, struct unit_bus *b, int64_t deadline,
	      struct err *e);

/* SetUnitProperties until the unit's end. */
int unit_set(const struct cgroup_unit *u, struct unit_bus *b,
	     const struct unit_properties *list, int64_t deadline, struct err *e);

#endif
