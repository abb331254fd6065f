/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said to criu and what it answers: its service protocol (images/rpc.proto of criu)
 * with the field numbers of the options in one table, so that a request can also be printed.
 * Pure. criu(8), https://criu.org/RPC.
 */
#ifndef RUN_CRIU_MSG_H
#define RUN_CRIU_MSG_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* The kinds of a request; an answer has the same one. */
enum criu_type {
	CRIU_EMPTY = 0, /* an answer only: the request was not understood */
	CRIU_DUMP = 1,
	CRIU_RESTORE = 2,
	CRIU_PRE_DUMP = 4,
	CRIU_NOTIFY =
		6, /* criu asks: something of ours is due; the answer lets it go on */
	CRIU_FEATURE_CHECK = 9,
	CRIU_VERSION = 10,
};

/* The options of a request that we use; the values are the protocol's field numbers. */
enum criu_option {
	CRIU_IMAGES_DIR_FD = 1,
	CRIU_PID = 2,
	CRIU_LEAVE_RUNNING = 3,
	CRIU_EXT_UNIX_SK = 4,
	CRIU_TCP_ESTABLISHED = 5,
	CRIU_SHELL_JOB = 7,
	CRIU_FILE_LOCKS = 8,
	CRIU_LOG_LEVEL = 9,
	CRIU_LOG_FILE = 10,
	CRIU_PAGE_SERVER = 11, /* message: CRIU_PS_* */
	CRIU_NOTIFY_SCRIPTS = 12,
	CRIU_ROOT = 13,
	CRIU_PARENT_IMG = 14,
	CRIU_TRACK_MEM = 15,
	CRIU_AUTO_DEDUP = 16,
	CRIU_WORK_DIR_FD = 17,
	CRIU_LINK_REMAP = 18,
	CRIU_CG_ROOT = 25, /* message: controller, path */
	CRIU_RST_SIBLING = 26,
	CRIU_INHERIT_FD = 27, /* message: key, fd */
	CRIU_EXT_MASTERS = 30,
	CRIU_MANAGE_CGROUPS_MODE = 34, /* enum criu_cgroups */
	CRIU_EXTERNAL = 37,
	CRIU_EMPTY_NS = 38, /* CLONE_NEWNET */
	CRIU_JOIN_NS = 39, /* message: kind, path */
	CRIU_FREEZE_CGROUP = 44,
	CRIU_TCP_SKIP_IN_FLIGHT = 46,
	CRIU_LAZY_PAGES = 48,
	CRIU_ORPHAN_PTS_MASTER = 50,
	CRIU_CONFIG_FILE = 51,
	CRIU_TCP_CLOSE = 52,
	CRIU_LSM_PROFILE = 53,
	CRIU_LSM_MOUNT_CONTEXT = 63,
	CRIU_NETWORK_LOCK = 64, /* 1 + index in the words of --network-lock */
};

/* How criu treats cgroups (--manage-cgroups-mode). */
enum criu_cgroups {
	CRIU_CG_IGNORE = 0,
	CRIU_CG_SOFT = 3,
	CRIU_CG_FULL = 4,
	CRIU_CG_STRICT = 5,
};

enum criu_feature { CRIU_MEM_TRACK = 1, CRIU_UFFD = 2 };

/* The options of one request, as they go over the wire; {0} is empty, free with str_free(). */
struct criu_options {
	struct str wire;
};

/* Adds one option with a number, a truth value or a descriptor. */
void criu_set(struct criu_options *o, enum criu_option option, uint64_t value);
/* Nothing is added for false, or for NULL. */
void criu_flag(struct criu_options *o, enum criu_option option, bool value);
void criu_text(struct criu_options *o, enum criu_option option, const char *text);
/* Options that are messages of two texts, or of a text and a number. */
void criu_pair(struct criu_options *o, enum criu_option option, const char *a,
	       const char *b);
void criu_keyed_fd(struct criu_options *o, const char *key, int fd);
void criu_page_server(struct criu_options *o, const char *address, uint16_t port);

/* A whole request; options may be NULL. keep_open: another one will follow. */
void criu_request(struct str *ret, enum criu_type type, const struct criu_options *o,
		  bool keep_open);
/* Asks which of the features (bits of 1 << enum criu_feature) criu has here. */
void criu_request_features(struct str *ret, unsigned features);
/* Answers a notification. */
void criu_request_go_on(struct str *ret, bool success);

/* What criu says. Texts are cut to their size. */
struct criu_answer {
	enum criu_type type;
	bool success;
	int32_t pid; /* of a restored init, or of a notification; 0: none */
	int32_t code; /* errno, or 0 */
	char script[32]; /* which notification */
	char message[256]; /* the first error, or "" */
	uint32_t version; /* 40201 for 4.2.1 */
	unsigned features; /* bits as above */
};

/* Reads an answer. -1 with *e when it is none. */
int criu_answer_parse(const void *bytes, size_t n, struct criu_answer *ret,
		      struct err *e);

/*
 * A request as text, one line an option: "dump", "tcp_established 1", "external net[4]:x".
 * For tests and --debug; false when it is malformed.
 */
bool criu_request_print(const void *bytes, size_t n, struct str *ret);

#endif
