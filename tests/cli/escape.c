/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries to get out: runs as a container's program and prints one line for each way out of a
 * container, "NAME=blocked:ERRNO" or "NAME=OPEN". Static. Nothing here harms the machine when
 * it is let through: values are written back as they were read, arguments of dangerous calls
 * are invalid, so that only the check of permission is reached.
 *
 *	escape bait COMMAND...	outside: what must not be found from within
 *
 * escape.bats says which ones may be open in which set-up.
 */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/quota.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int setns_foreign(void)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : setns(fd, 0);
}

/* In a child, for it changes the process. */
static int in_child(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(f() ? (errno ? errno : 1) : 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	if (WIFSIGNALED(status)) {
		errno = EPERM; /* killed by a filter */
		return -1;
	}
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static int unshare_user_(void)
{
	return unshare(CLONE_NEWUSER);
}

static int unshare_user(void)
{
	return in_child(unshare_user_);
}

static int unshare_mount_(void)
{
	return unshare(CLONE_NEWNS);
}

static int unshare_mount(void)
{
	return in_child(unshare_mount_);
}

/* What a nested user namespace may do to the masks: nothing. */
static int nested_unmask_(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	if (umount2("/proc/timer_list", MNT_DETACH) == 0 ||
	    umount2("/proc/acpi", MNT_DETACH) == 0 ||
	    umount2("/proc/sys", MNT_DETACH) == 0)
		return 0;
	if (mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
		return 0;
	if (mount("/proc", "/tmp", NULL, MS_BIND, NULL) == 0)
		return has_bytes("/tmp/timer_list");
	errno = EPERM;
	return -1;
}

static int nested_unmask(void)
{
	return in_child(nested_unmask_);
}

static int nested_proc_(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID))
		return -1;
	return in_child(mount_proc);
}

static int nested_proc(void)
{
	return in_child(nested_proc_);
}

static int signal_outside(void)
{
	/* without a pid namespace; kill(-1) succeeds there even if nobody could be signalled */
	if (getppid() > 1)
		return kill(getppid(), 0);
	/* ESRCH: there is nobody but us */
	return kill(-1, 0) == 0 && getppid() != 0 ? 0 : (errno = ESRCH, -1);
}

static int trace_init(void)
{
	if (getppid() == 0) {
		errno = ESRCH;
		return -1;
	}
	return (int)ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

static int load_module(void)
{
	int rc = (int)syscall(SYS_init_module, "x", 1, "");

	return rc < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES) ? -1 : 0;
}

static int unload_module(void)
{
	int rc = (int)syscall(SYS_delete_module, "no_such_module_here", O_NONBLOCK);

	return rc < 0 && (errno == EPERM || errno == ENOSYS) ? -1 : 0;
}

static int load_kernel(void)
{
	int rc = (int)syscall(SYS_kexec_load, 0, 17, NULL, 0xffff);

	return rc < 0 && (errno == EPERM || errno == ENOSYS) ? -1 : 0;
}

static int swap_on(void)
{
	int rc = swapon("/nowhere", 0);

	return rc < 0 && (errno == EPERM || errno == ENOSYS) ? -1 : 0;
}

static int set_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return clock_settime(CLOCK_REALTIME, &now);
}

static int adjust_clock(void)
{
	struct timex t = { .modes = ADJ_TICK, .tick = 10000 };

	return adjtimex(&t) < 0 ? -1 : 0;
}

static int set_host_name(void)
{
	return sethostname("escape", 6);
}

static int account(void)
{
	return (int)syscall(SYS_acct, NULL);
}

static int io_privilege(void)
{
#ifdef SYS_iopl
	return (int)syscall(SYS_iopl, 3);
#else
	errno = ENOSYS;
	return -1;
#endif
}

static int quota(void)
{
	int rc = quotactl(QCMD(Q_SYNC, USRQUOTA), "/dev/nothing", 0, NULL);

	return rc < 0 && errno != ENODEV ? -1 : 0;
}

static int open_handle(void)
{
	struct {
		struct file_handle h;
		unsigned char bytes[8];
	} f = { .h = { .handle_bytes = 8, .handle_type = 1 }, .bytes = { 2 } };
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = open_by_handle_at(dir, &f.h, O_RDONLY);

	return rc < 0 && errno != ESTALE ? -1 : 0;
}

static int load_bpf(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY,
			     .key_size = 4,
			     .value_size = 4,
			     .max_entries = 1 };

	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a)) < 0 ? -1 : 0;
}

static int perf_all(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(a) };

	return (int)syscall(SYS_perf_event_open, &a, -1, 0, -1, 0) < 0 ? -1 : 0;
}

static int watch_all(void)
{
	int fd = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);

	return fd < 0 ? -1 : 0;
}

static int raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW, 1) < 0 ? -1 : 0;
}

static int packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? -1 : 0;
}

static int change_network(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return ioctl(fd, SIOCSIFFLAGS, &r) < 0 ? -1 : 0;
}

/* The test holds an abstract socket of this name outside. */
static int abstract_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0wolffia-escape" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&a, sizeof(sa_family_t) + 15);
}

/* And a port of the machine's loopback. */
static int host_loopback(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(BAIT_PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval soon = { .tv_sec = 5 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static int more_nice(void)
{
	return setpriority(PRIO_PROCESS, 0, -20);
}

static int real_time(void)
{
	struct sched_param p = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO, &p);
}

static int more_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return -1;
	l.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &l);
}

static int less_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	int rc = fd < 0 || write(fd, "-1000", 5) < 0 ? -1 : 0;

	close(fd);
	return rc;
}

static int more_capabilities(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 1u << CAP_SYS_ADMIN, 1u << CAP_SYS_ADMIN,
						 0 } };

	return (int)syscall(SYS_capset, &h, d);
}

static int ambient_capability(void)
{
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0);
}

static int inheritable(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		return -1;
	errno = EPERM;
	return d[0].inheritable | d[1].inheritable ? 0 : -1;
}

static int new_privileges(void)
{
	errno = EPERM;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -1 : 0;
}

static int descriptors(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 0;
	return -1;
}

static int blocked_signals(void)
{
	sigset_t set;

	sigprocmask(SIG_BLOCK, NULL, &set);
	for (int s = 1; s < 65; s++)
		if (sigismember(&set, s) == 1)
			return 0;
	errno = ENOENT;
	return -1;
}

static int ignored_signals(void)
{
	struct sigaction a;

	for (int s = 1; s < 65; s++)
		if (s != SIGKILL && s != SIGSTOP && sigaction(s, NULL, &a) == 0 &&
		    a.sa_handler != SIG_DFL)
			return 0;
	errno = ENOENT;
	return -1;
}

/* The test puts a key of this name into the caller's session keyring. */
static int callers_key(void)
{
	return (int)syscall(SYS_request_key, "user", "wolffia-escape", NULL, 0) < 0 ? -1
										    : 0;
}

static int push_character(void)
{
	return ioctl(0, TIOCSTI, "x");
}

static int callers_session(void)
{
	pid_t leader =
		getsid(0); /* 0: not of this pid namespace; 1: a reaper's (--init) */

	errno = ENOENT;
	return leader == getpid() || leader == 1 ? -1 : 0;
}

static int above_root(void)
{
	struct stat up, root;

	return chdir("/") || stat("..", &up) || stat("/", &root) ||
			       up.st_ino == root.st_ino
		       ? (errno = ENOENT, -1)
		       : 0;
}

static int dump_state(void)
{
	errno = EPERM;
	return may_write("/proc/1/mem") == 0 && getpid() != 1 ? 0 : -1;
}

static int vhangup_(void)
{
	return vhangup();
}

static int io_ring(void)
{
	struct io_uring_params p = { 0 };

	return (int)syscall(SYS_io_uring_setup, 1, &p) < 0 ? -1 : 0;
}

static int fault_handler(void)
{
	return (int)syscall(SYS_userfaultfd, O_CLOEXEC) < 0 ? -1 : 0;
}

static int new_key(void)
{
	return (int)syscall(SYS_add_key, "user", "x", "x", 1, -3) < 0 ? -1 : 0;
}

/* One that gets capabilities loses others by it, so that comes late. */
static const struct way ways[] = {
	WAY(setuid_program),
	WAY(descriptors),
	WAY(inheritable),
	WAY(setns_foreign),
	WAY(unshare_mount),
	WAY(nested_unmask),
	WAY(nested_proc),
	WAY(signal_outside),
	WAY(trace_init),
	WAY(load_module),
	WAY(unload_module),
	WAY(load_kernel),
	WAY(swap_on),
	WAY(set_clock),
	WAY(adjust_clock),
	WAY(set_host_name),
	WAY(account),
	WAY(io_privilege),
	WAY(quota),
	WAY(open_handle),
	WAY(load_bpf),
	WAY(perf_all),
	WAY(watch_all),
	WAY(raw_socket),
	WAY(packet_socket),
	WAY(host_loopback),
	WAY(change_network),
	WAY(abstract_socket),
	WAY(more_nice),
	WAY(real_time),
	WAY(more_files),
	WAY(less_oom),
	WAY(more_capabilities),
	WAY(ambient_capability),

	WAY(new_privileges),
	WAY(blocked_signals),
	WAY(ignored_signals),
	WAY(callers_key),
	WAY(push_character),
	WAY(callers_session),
	WAY(above_root),
	WAY(dump_state),
	WAY(vhangup_),
	WAY(unshare_user),
	WAY(io_ring),
	WAY(fault_handler),
	WAY(new_key),
	{ 0 },
};

static void try_all(const struct way *w)
{
	for (; w->name; w++) {
		int rc = (errno = 0, w->try());
		const char *code = strerrorname_np(errno);

		if (rc)
			printf("%s=blocked:%s\n", w->name, code ? code : "?");
		else
			printf("%s=OPEN\n", w->name);
	}
}

/* A terminal of the caller's as standard input: what is pushed into it he would have typed. */
static int bait_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return -1;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	(void)setsid(); /* not the leader of a group: a new session */
	return slave < 0 || ioctl(slave, TIOCSCTTY, 0) || dup2(slave, 0) ? -1 : 0;
}

static int bait_loopback(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(BAIT_PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 5);
}

/*
 * Outside: puts a key into a session keyring of its own, listens on an abstract socket and on
 * loopback and gives the command a terminal as standard input, then executes it; a container
 * inside must see none of it.
 */
static int bait(char **command)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0wolffia-escape" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t self;

	if (bait_terminal() || bait_loopback()) {
		perror("bait");
		return 1;
	}
	if (bind(fd, (struct sockaddr *)&a, sizeof(sa_family_t) + 15) || listen(fd, 5) ||
	    syscall(SYS_keyctl, 1 /* join a session keyring */, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "wolffia-escape", "x", 1, -3) < 0) {
		perror("bait");
		return 1;
	}
	self = getpid();
	if (fork() == 0) { /* it holds the socket for as long as the command runs */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != self)
			_exit(0); /* that was before we came to it */
		signal(SIGPIPE, SIG_DFL);
		for (;;)
			pause();
	}
	execvp(command[0], command);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "bait") == 0)
		return bait(argv + 2);
	if (argc == 2 && strcmp(argv[1], SETUID_WORD) == 0)
		return geteuid() == 0 && getuid() != 0 ? 0 : EPERM;
	setvbuf(stdout, NULL, _IONBF, 0);
	try_all(ways);
	try_all(escape_files);
	return 0;
}
