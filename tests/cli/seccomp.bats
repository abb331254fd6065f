# SPDX-License-Identifier: GPL-2.0-or-later
# linux.seccomp: every action, errno, arguments, architectures, flags, the listener.
load helpers

mkdir_nr=83 # x86_64

setup() {
	[ "$(uname -m)" = x86_64 ] || skip "call numbers are x86_64's"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	before=$(leftovers)
}

rule() { config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [$1]}"; }

@test "errno: 1 without errnoRet, else the number given; status says filter [S207 A114 A121]" {
	probe facts call:83
	is seccomp 0
	is call.83 EFAULT
	rule '{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}'
	probe facts call:83
	is seccomp 2
	is seccomp_filters 1
	is call.83 EPERM
	rule '{names: ["mkdir", "rmdir"], action: "SCMP_ACT_ERRNO", errnoRet: 38}'
	probe call:83 call:84 call:87
	is call.83 ENOSYS
	is call.84 ENOSYS
	is call.87 EFAULT
}

@test "default action with errno; names unknown to libseccomp are skipped [A115 A120]" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 95, syscalls: [
		{names: ("read write writev close fstat newfstatat exit exit_group rt_sigaction rt_sigprocmask mmap mprotect munmap brk arch_prctl set_tid_address set_robust_list rseq prlimit64 readlinkat readlink getrandom execve access uname ioctl prctl no_such_call" | split(" ")), action: "SCMP_ACT_ALLOW"}]}'
	probe echo:alive call:83
	[[ $out == alive* ]]
	is call.83 EOPNOTSUPP
}

@test "kill, trap, log, trace, kill process [S207 A114]" {
	rule '{names: ["mkdir"], action: "SCMP_ACT_KILL_PROCESS"}'
	args /bin/sh -c '/probe call:83; echo "rc=$?"'
	w run -b "$B" "$ID"
	[[ $out == *rc=159* ]] || fail "$out"
	rule '{names: ["mkdir"], action: "SCMP_ACT_KILL"}'
	w run -b "$B" "$ID"
	[[ $out == *rc=159* ]] || fail "$out"
	rule '{names: ["mkdir"], action: "SCMP_ACT_TRAP"}'
	w run -b "$B" "$ID"
	[[ $out == *rc=159* ]] || fail "$out"
	rule '{names: ["mkdir"], action: "SCMP_ACT_LOG"}'
	probe call:83
	is call.83 EFAULT
	rule '{names: ["mkdir"], action: "SCMP_ACT_TRACE", errnoRet: 5}'
	probe call:83
	is call.83 ENOSYS
}

@test "arguments: operators [A122]" {
	# personality (135) is called with 0 by the probe
	rule '{names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 5, args: [{index: 0, value: 0, op: "SCMP_CMP_EQ"}]}'
	probe call:135
	is call.135 EIO
	rule '{names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 5, args: [{index: 0, value: 0, op: "SCMP_CMP_NE"}]}'
	probe call:135
	is call.135 ok
	rule '{names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 5, args: [{index: 0, value: 255, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ"}]}'
	probe call:135
	is call.135 EIO
	rule '{names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 5, args: [{index: 0, value: 5, op: "SCMP_CMP_GE"}, {index: 1, value: 5, op: "SCMP_CMP_LT"}]}'
	probe call:135
	is call.135 ok
}

@test "architectures and flags [A116 A117]" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"], syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
	probe facts call:83
	is call.83 EPERM
}

@test "the filter does not need no_new_privs, and is there with it" {
	rule '{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}'
	config '.process.user = {uid: 1000, gid: 1000}'
	probe facts call:83
	is call.83 EPERM
	is no_new_privs 0
	config '.process.noNewPrivileges = true'
	probe facts call:83
	is call.83 EPERM
	is no_new_privs 1
}

@test "a whole profile: everything of this machine's list but some [A114]" {
	local names
	names=$(echo '#include <sys/syscall.h>' | cc -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/\1/p' | grep -vE '^(mkdir|swapon|swapoff|reboot)$' | jq -R . | jq -sc .)
	[ "$(jq length <<<"$names")" -gt 250 ]
	config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ERRNO\", defaultErrnoRet: 38, architectures: [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"], syscalls: [
		{names: $names, action: \"SCMP_ACT_ALLOW\"}, {names: [\"swapon\", \"swapoff\"], action: \"SCMP_ACT_ERRNO\", errnoRet: 1}]}"
	probe facts call:83 call:168
	is call.83 ENOSYS
	is call.168 EPERM
	is seccomp 2
}

@test "listener: the process state and the descriptor, once per connection [S141 S142 S143 S145 S151 S152 S153 A118]" {
	command -v python3 >/dev/null || skip "no python3 to receive descriptors with"
	cat >"$T/listen" <<-'END'
		import socket, sys, array, json
		s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1)
		c = s.accept()[0]
		data, anc, flags, addr = c.recvmsg(65536, 1024)
		more = c.recv(10)
		fds = array.array("i")
		for level, kind, d in anc: fds.frombytes(d[:len(d) - len(d) % 4])
		state = json.loads(data)
		print(len(fds), len(more), ",".join(state["fds"]), state["ociVersion"], state["pid"] > 1, state["metadata"], state["state"]["id"], state["state"]["status"])
	END
	config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"$T/l.sock\", listenerMetadata: \"meta data\", syscalls: [{names: [\"swapoff\"], action: \"SCMP_ACT_NOTIFY\"}]}"
	args /bin/true
	python3 "$T/listen" "$T/l.sock" >"$T/got" 3>&- &
	until_true test -S "$T/l.sock"
	ok run -b "$B" "$ID"
	wait $!
	[[ $(cat "$T/got") == "1 0 seccompFd 1.3.0 True meta data $ID creat"* ]] || fail "$(cat "$T/got")"
}

@test "listener: nobody there is an error [S144 A118]" {
	config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"$T/none.sock\", syscalls: [{names: [\"swapoff\"], action: \"SCMP_ACT_NOTIFY\"}]}"
	no 1 "linux.seccomp.listenerPath: $T/none.sock" run -b "$B" "$ID"
}
