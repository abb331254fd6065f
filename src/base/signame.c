/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signal names; see signame.h. */
#include "base/signame.h"

#include "base/str.h"

#include <signal.h>
#include <strings.h>

enum { SIGNAL_MAX = 64 };

static const char *const names[] = {
	[SIGHUP] = "HUP",	[SIGINT] = "INT",	[SIGQUIT] = "QUIT",
	[SIGILL] = "ILL",	[SIGTRAP] = "TRAP",	[SIGABRT] = "ABRT",
	[SIGBUS] = "BUS",	[SIGFPE] = "FPE",	[SIGKILL] = "KILL",
	[SIGUSR1] = "USR1",	[SIGSEGV] = "SEGV",	[SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE",	[SIGALRM] = "ALRM",	[SIGTERM] = "TERM",
	[SIGSTKFLT] = "STKFLT", [SIGCHLD] = "CHLD",	[SIGCONT] = "CONT",
	[SIGSTOP] = "STOP",	[SIGTSTP] = "TSTP",	[SIGTTIN] = "TTIN",
	[SIGTTOU] = "TTOU",	[SIGURG] = "URG",	[SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ",	[SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF",
	[SIGWINCH] = "WINCH",	[SIGIO] = "IO",		[SIGPWR] = "PWR",
	[SIGSYS] = "SYS",
};

static const struct {
	const char *name;
	int number;
} aliases[] = {
	{ "POLL", SIGIO },
	{ "IOT", SIGABRT },
	{ "CLD", SIGCHLD },
	{ "UNUSED", SIGSYS },
};

static int parse_realtime(const char *text)
{
	bool low = strncasecmp(text, "RTMIN", 5) == 0;
	int base = low ? SIGRTMIN : SIGRTMAX;
	uint64_t offset;

	if (!low && strncasecmp(text, "RTMAX", 5) != 0)
		return 0;
	if (!text[5])
		return base;
	if (text[5] != (low ? '+' : '-') ||
	    !str_to_u64(text + 6, (uint64_t)(SIGRTMAX - SIGRTMIN), &offset))
		return 0;
	return low ? base + (int)offset : base - (int)offset;
}

int signame_parse(const char *text)
{
	uint64_t number;

	if (str_to_u64(text, SIGNAL_MAX, &number))
		return (int)number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && strcasecmp(names[i], text) == 0)
			return (int)i;
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (strcasecmp(aliases[i].name, text) == 0)
			return aliases[i].number;
	return parse_realtime(text);
}
