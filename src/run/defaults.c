/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a config made by us hides of the kernel; see defaults.h. */
#include "run/defaults.h"

#include <stddef.h>

const char *const default_masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
	NULL,
};

const char *const default_readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

const char *const default_direct_caps[] = {
	"CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",
	"CAP_FSETID", "CAP_KILL",	  "CAP_NET_BIND_SERVICE",
	"CAP_SETGID", "CAP_SETUID",	  NULL,
};
