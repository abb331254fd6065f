/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script: the last system calls of a container's birth as flat, position-independent
 * data. src/sec decides and writes it, HOST hands it over in a memfd, and script_run()
 * carries it out without policy, without libc and without memory of its own: either in
 * INIT itself or in the stage, a freestanding program executed from a sealed memfd, so that
 * /proc/self/exe of the container's first process never is the host's binary
 * (CVE-2019-5736) and the process waiting for `start` is as small as a process can be.
 *
 * Layout of the bytes: struct script_head, ops[n_ops], data. Offsets count from the start
 * of the bytes; offset 0 stands for NULL. script_run() turns them into pointers in place.
 */
#ifndef KERNEL_SCRIPT_H
#define KERNEL_SCRIPT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum script_kind {
	SCRIPT_SYS, /* args -> one system call; its result may be kept in a slot */
	SCRIPT_GATE, /* accept4 on slot args[0]: whoever connects gets the reports from now on */
	SCRIPT_EXEC, /* args: candidates (NULL-ended array), argv, envp */
	/*
	 * Passes the descriptor in slot args[0] to the report socket, and goes on when a byte
	 * comes back: at its end nobody has taken it.
	 */
	SCRIPT_SEND_FD,
	SCRIPT_PASS_FD, /* args: socket, descriptor, a text and its length that go with it */
	SCRIPT_CHECK_CWD, /* fails with ENOENT unless getcwd(2) is below the root */
	SCRIPT_REPORT, /* sends a report of kind args[0]; args[1]: 1, fails with nobody there */
	SCRIPT_FIND, /* args[0]: candidates; would EXEC find a program this user may run? */
	/*
	 * The rest is done by a new process, a sibling (CLONE_PARENT), born into the pid
	 * namespace that was entered, which reports BORN first. The old one ends.
	 */
	SCRIPT_BIRTH,
	SCRIPT_CLEAR, /* args: a 32-bit word of the data, the bits to clear in it */
	/*
	 * The rest is done by a child; this process stays as its reaper: passes on signals,
	 * collects what nobody else waits for, and ends as the child does (128 + signal).
	 * args[0]: 1, the child becomes the terminal's foreground.
	 */
	SCRIPT_REAPER,
	/*
	 * A rule of landlock(7), path beneath: args: the rules, a path or NULL, the rights; a
	 * descriptor instead of a path; the rights when it is no directory.
	 */
	SCRIPT_LANDLOCK,
};

/* The name that a reaper ends with when a signal has ended the program; two digits follow. */
#define SCRIPT_REAPER_SIGNAL "signal "

/* A slot keeps the result of a call for later ones; arguments can name slots. */
enum script_slot {
	SCRIPT_SLOT_REPORT, /* socket to HOST, later to START; -1 when there is none */
	SCRIPT_SLOT_GATE, /* listening socket, -1 without a gate */
	SCRIPT_SLOT_PROC, /* O_PATH directory of the trusted procfs, -1 when not needed */
	SCRIPT_SLOT_A,
	SCRIPT_SLOT_B,
	SCRIPT_SLOT_C,
	SCRIPT_SLOT_LISTENER, /* seccomp user notification descriptor */
	SCRIPT_SLOT_TARGET, /* exec: pidfd of the container's init */
	SCRIPT_SLOT_CONSOLE, /* exec: socket that takes the terminal's master */
	SCRIPT_SLOT_ROOT, /* exec: the init's root, where its mount namespace is not enough */
	SCRIPT_SLOTS,
};

/* Any errno in `ignore` lets the script go on; SCRIPT_IGNORE_ANY stands for all. */
enum { SCRIPT_NO_SLOT = 0xff, SCRIPT_IGNORE_ANY = -1 };

struct script_op {
	uint8_t kind; /* enum script_kind */
	uint8_t save; /* slot that takes the result (-errno if ignored), or NO_SLOT */
	uint8_t data; /* bit i: args[i] is an offset that becomes a pointer */
	uint8_t slots; /* bit i: args[i] is the number of a slot */
	int16_t ignore[2]; /* errno values that are no failure; 0: none */
	int16_t nr; /* SCRIPT_SYS: system call number */
	uint8_t unless; /* the op is skipped when this slot holds a value >= 0; or NO_SLOT */
	uint8_t spare;
	uint32_t what; /* offset of the text that an error begins with */
	uint64_t args[6];
};

struct script_head {
	uint32_t magic;
	uint32_t size; /* all bytes, this head included */
	uint32_t ops; /* offset */
	uint32_t n_ops;
	uint32_t
		relocs; /* offset of uint32_t[n_relocs]: words in data that are offsets */
	uint32_t n_relocs;
	int32_t slots[SCRIPT_SLOTS]; /* descriptors known beforehand, else -1 */
};

enum { SCRIPT_MAGIC = 0x77667363, SCRIPT_WHAT_MAX = 200 };

enum script_report_kind {
	SCRIPT_READY = 1, /* everything before the gate is done */
	SCRIPT_EXECUTING, /* the next thing is execve: end of file now means success */
	SCRIPT_FAILED, /* what: error */
	SCRIPT_LISTENER, /* carries the seccomp descriptor */
	SCRIPT_BORN, /* carries the new process's pidfd */
};

/* One message of fixed size on a SOCK_SEQPACKET or SOCK_STREAM socket. */
struct script_report {
	uint32_t magic;
	uint32_t kind; /* enum script_report_kind */
	int32_t error; /* errno */
	uint32_t op; /* index of the op */
	uint32_t exec; /* 1: the failing op was the execve, or the look before it */
	char what[SCRIPT_WHAT_MAX];
};

/* ---- writing a script (needs libc) ----------------------------------------------- */

/* A script under construction; {0} is empty. Free with script_free(). */
struct script {
	struct script_op *ops;
	size_t n_ops;
	size_t size_ops;
	struct str data; /* offsets into it are handed out as they are, moved by finish */
	uint32_t *relocs;
	size_t n_relocs;
	size_t size_relocs;
	int32_t slots[SCRIPT_SLOTS];
};

/* Readies an empty script: all slots -1. */
void script_init(struct script *s);
void script_free(struct script *s);

/* Copies bytes into the data; returns what to use as an argument (with SCRIPT_PTR). */
uint64_t script_bytes(struct script *s, const void *bytes, size_t n);
uint64_t script_text(struct script *s, const char *text); /* NULL gives 0 */

/* Copies a NULL-ended array of strings; v == NULL gives 0. */
uint64_t script_strings(struct script *s, char *const *v);

/*
 * Adds the offset of a pointer inside data already added: the 8 bytes at `at` (as returned
 * by script_bytes) become a pointer to `target` when the script runs (struct sock_fprog).
 */
void script_point(struct script *s, uint64_t at, uint64_t target);

/*
 * Appends an op and returns it for adjustment (valid until the next call). `what` is the
 * place and the object, as in "process.rlimits[2]: RLIMIT_NOFILE"; it is cut at
 * SCRIPT_WHAT_MAX. For SCRIPT_SYS give the call's number and arguments; set op->data and
 * op->slots bits for those that are no plain numbers.
 */
struct script_op *script_add(struct script *s, enum script_kind kind, const char *what,
			     int nr, const uint64_t args[6]);

/* Shorthand: a plain system call, pointers/slots by mask. */
#define script_sys(s, what, nr, data_mask, slot_mask, ...)                             \
	({                                                                             \
		struct script_op *op_ = script_add((s), SCRIPT_SYS, (what), (int)(nr), \
						   (uint64_t[6]){ __VA_ARGS__ });      \
		op_->data = (data_mask);                                               \
		op_->slots = (slot_mask);                                              \
		op_;                                                                   \
	})

/* The finished bytes, position-independent; free with str_free(). */
void script_finish(const struct script *s, struct str *ret);

/*
 * Prints a script for people and for unit tests: a line an op, "what: name(args)". Strings
 * are quoted, byte arrays shown as their length; the test of src/sec compares this text.
 */
void script_print(const struct script *s, struct str *ret);

/* What a failed report means, as an error with the wording engines look for. Returns -1. */
int script_explain(const struct script_report *r, struct err *e);

/* ---- running it (no libc; compiled into the stage too) -------------------------------- */

/*
 * Carries out the script at `bytes` (writable, script_finish()ed). Never returns: execve,
 * or a report followed by exit status 1. Pointers are made in place.
 */
_Noreturn void script_run(void *bytes);

#endif
