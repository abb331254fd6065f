/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the caller: five system calls, no policy. */
#include "ns/facts.h"

#include "base/file.h"
#include "base/str.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel gives the initial namespaces fixed inodes (linux/nsfs.h since 6.18). */
static const ino_t USER_NS_INIT_INO_ = 0xEFFFFFFDU;

static int read_caps(uint64_t *ret, struct err *e)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys_plain(e, "read own capabilities");
	*ret = data[0].effective | (uint64_t)data[1].effective << 32;
	return 0;
}

int ns_facts_gather(int proc_fd, struct ns_facts *ret, struct err *e)
{
	struct ns_facts f = { .euid = geteuid(), .egid = getegid() };
	char word[16];
	struct stat st;

	TRY(read_caps(&f.caps, e));
	if (fstatat(proc_fd, "self/ns/user", &st, 0) < 0)
		f.initial_userns = true; /* no user namespaces in this kernel */
	else
		f.initial_userns = st.st_ino == USER_NS_INIT_INO_;
	if (!f.initial_userns &&
	    file_read_value(proc_fd, "self/setgroups", word, sizeof(word)) > 0)
		f.setgroups_denied = str_eq(word, "deny");
	f.has_time_ns = fstatat(proc_fd, "self/ns/time", &st, AT_SYMLINK_NOFOLLOW) == 0;
	*ret = f;
	return 0;
}
