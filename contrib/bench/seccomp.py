# SPDX-License-Identifier: GPL-2.0-or-later
"""The seccomp profile of the bench: as config.json wants it, and as a ready-made filter.

A profile of the kind that container engines ship: what is not named answers ENOSYS, a group of
privileged calls answers EPERM, some calls are allowed by their arguments, the rest is allowed.
Run as a program, it prints the C header with the filter that the floor installs.
"""

import os
import platform
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

EPERM, ENOSYS, EINVAL = 1, 38, 22
X32_BIT = 0x40000000
RET_ALLOW, RET_ERRNO = 0x7FFF0000, 0x00050000
AUDIT_X86_64, AUDIT_I386 = 0xC000003E, 0x40000003

# Need a capability that the config does not give, or reach past the container.
REFUSED = """
    acct add_key bdflush bpf clock_adjtime clock_adjtime64 clock_settime clock_settime64
    create_module delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick
    get_kernel_syms init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl
    kcmp kexec_file_load kexec_load lookup_dcookie map_shadow_stack mbind migrate_pages
    modify_ldt mount_setattr move_mount move_pages nfsservctl nice open_by_handle_at open_tree
    open_tree_attr perf_event_open process_madvise query_module quotactl quotactl_fd reboot
    request_key set_mempolicy set_mempolicy_home_node setdomainname sethostname settimeofday
    stime swapoff swapon sysfs syslog uselib userfaultfd ustat vhangup vm86 vm86old vmsplice
    keyctl
""".split()

# Not named at all: never implemented, or so new that programs must expect ENOSYS.
UNNAMED = """
    afs_syscall break epoll_ctl_old epoll_wait_old ftime getpmsg gtty idle listns lock mpx prof
    profil putpmsg rseq_slice_yield security stty tuxcall ulimit uprobe uretprobe vserver
    sgetmask ssetmask
""".split()

# Allowed for some arguments only.
AF_VSOCK, AF_NETLINK, NETLINK_AUDIT = 40, 16, 9
PERSONALITIES = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)
CONDITIONAL = ("personality", "socket")


def table():
    """Rows [name, {"x86_64": n, "i386": n, "x32": n}] of the file beside this one."""
    rows = []
    with open(os.path.join(HERE, "syscalls"), encoding="ascii") as file:
        for line in file:
            if line.startswith("#"):
                continue
            name, *numbers = line.split()
            pairs = zip(("x86_64", "i386", "x32"), numbers)
            rows.append((name, {a: int(n) for a, n in pairs if n != "-"}))
    return rows


def action_of(name):
    """What the profile answers to a call, arguments left out of account."""
    if name in UNNAMED:
        return RET_ERRNO | ENOSYS
    if name in REFUSED:
        return RET_ERRNO | EPERM
    return RET_ALLOW


def architectures():
    machine = platform.machine()
    if machine == "x86_64":
        return ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    if machine == "aarch64":
        return ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    return ["SCMP_ARCH_" + machine.upper()]


def _arg(index, value, op="SCMP_CMP_EQ"):
    return {"index": index, "value": value, "op": op}


def profile():
    """linux.seccomp of the pod config."""
    names = [name for name, _ in table()]
    allowed = [n for n in names if action_of(n) == RET_ALLOW and n not in CONDITIONAL]
    allow, errno = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"
    rules = [
        {"names": REFUSED, "action": errno, "errnoRet": EPERM},
        {"names": allowed, "action": allow},
    ]
    for value in PERSONALITIES:
        rules.append({"names": ["personality"], "action": allow, "args": [_arg(0, value)]})
    audit = [_arg(0, AF_NETLINK), _arg(2, NETLINK_AUDIT)]
    other = [_arg(0, AF_NETLINK), _arg(2, NETLINK_AUDIT, "SCMP_CMP_NE")]
    rules += [
        {"names": ["socket"], "action": errno, "errnoRet": EINVAL, "args": audit},
        {"names": ["socket"], "action": allow, "args": other},
        {"names": ["socket"], "action": allow, "args": [_arg(0, AF_NETLINK, "SCMP_CMP_NE")]},
    ]
    return {
        "defaultAction": errno,
        "defaultErrnoRet": ENOSYS,
        "architectures": architectures(),
        "syscalls": rules,
    }


def ranges(arch):
    """[(first number, action)] of one table, in order, covering all numbers from 0."""
    base = X32_BIT if arch == "x32" else 0
    actions = {
        numbers[arch] + base: action_of(name) for name, numbers in table() if arch in numbers
    }
    result = [(0, RET_ERRNO | ENOSYS)]
    for number in range(base, max(actions) + 2):
        action = actions.get(number, RET_ERRNO | ENOSYS)
        if action != result[-1][1]:
            result.append((number, action))
    return result


# Classic BPF, written from the end: each part knows the length of what follows it.
LD_NR, LD_ARCH = (0x20, 0, 0, 0), (0x20, 0, 0, 4)
JEQ, JGE, RET, JA = 0x15, 0x35, 0x06, 0x05


def tree(parts):
    """Binary search over [(first, action)]; leaves return at once."""
    if len(parts) == 1:
        return [(RET, 0, 0, parts[0][1])]
    middle = len(parts) // 2
    low, high = tree(parts[:middle]), tree(parts[middle:])
    if len(low) <= 255:
        return [(JGE, len(low), 0, parts[middle][0])] + low + high
    return [(JGE, 0, 1, parts[middle][0]), (JA, 0, 0, len(low))] + low + high


def program():
    """The whole filter: three tables, x86_64 and x32 in one tree."""
    native = ranges("x86_64") + ranges("x32")[1:]
    native.sort()
    first, other = tree(native), tree(ranges("i386"))
    other = [(JEQ, 1, 0, AUDIT_I386), (RET, 0, 0, RET_ERRNO | ENOSYS), LD_NR] + other
    first = [LD_NR] + first
    return [LD_ARCH, (JEQ, 1, 0, AUDIT_X86_64), (JA, 0, 0, len(first))] + first + other


def main():
    print("/* made by seccomp.py: BPF_STMT/BPF_JUMP rows of the floor's filter */")
    if platform.machine() == "x86_64":
        for code, jt, jf, k in program():
            print("{ 0x%02x, %d, %d, 0x%08x }," % (code, jt, jf, k))
    return 0


if __name__ == "__main__":
    sys.exit(main())
