# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Configurations as Podman, buildah, containerd and Docker write them, in our own words:
# the same members, values of our own. client_config NAME writes $B/config.json.

# json_list WORD...
json_list() { jq -cn '$ARGS.positional' --args "$@"; }

# The calls of this machine; without a compiler those of the bench's list.
all_calls() {
	if command -v cc >/dev/null; then
		echo '#include <sys/syscall.h>' | cc -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/\1/p'
	else
		awk '!/^#/ && $2 != "-" { print $1 }' "$BATS_TEST_DIRNAME/../../contrib/bench/syscalls"
	fi
}

# ... but for those no engine allows.
allowed_calls() {
	all_calls |
		grep -vE '^(swapon|swapoff|reboot|kexec_load|kexec_file_load|init_module|finit_module|delete_module|bpf|ptrace|keyctl|add_key|request_key|userfaultfd|perf_event_open|open_by_handle_at|iopl|ioperm|acct|quotactl|settimeofday|clock_settime|mount|umount2|pivot_root|setns|unshare)$' |
		sort
}

engine_seccomp() {
	jq -cn --argjson names "$(allowed_calls | jq -R . | jq -sc .)" '{
		defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38,
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		syscalls: [
			{names: ["bdflush", "io_pgetevents_time64", "kexec_load", "swapon", "swapoff", "sysfs", "uselib", "ustat", "userfaultfd", "vm86", "vm86old"], action: "SCMP_ACT_ERRNO", errnoRet: 1},
			{names: ($names + ["_llseek", "chown32", "clock_gettime64", "fcntl64", "getuid32", "mmap2", "no_such_call_yet"]), action: "SCMP_ACT_ALLOW"},
			{names: ["personality"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 0, op: "SCMP_CMP_EQ"}]},
			{names: ["personality"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 8, op: "SCMP_CMP_EQ"}]},
			{names: ["personality"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 4294967295, op: "SCMP_CMP_EQ"}]},
			{names: ["clone"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 2114060288, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ"}]},
			{names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38},
			{names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: 22, args: [{index: 0, value: 16, op: "SCMP_CMP_EQ"}, {index: 2, value: 9, op: "SCMP_CMP_EQ"}]}
		]}'
}

client_config() {
	local podman_caps docker_caps
	podman_caps=$(json_list CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_NET_BIND_SERVICE CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYS_CHROOT)
	docker_caps=$(json_list CAP_CHOWN CAP_DAC_OVERRIDE CAP_FSETID CAP_FOWNER CAP_MKNOD CAP_NET_RAW CAP_SETGID CAP_SETUID CAP_SETFCAP CAP_SETPCAP CAP_NET_BIND_SERVICE CAP_SYS_CHROOT CAP_KILL CAP_AUDIT_WRITE)
	mkdir -p "$B/userdata/shm"
	chmod 1777 "$B/userdata/shm"
	echo "127.0.0.1 localhost" >"$B/userdata/hosts"
	echo box >"$B/userdata/hostname"
	echo "nameserver 192.0.2.1" >"$B/userdata/resolv.conf"
	: >"$B/userdata/.containerenv"
	jq -n --arg b "$B" --arg id "$ID" --argjson pc "$podman_caps" --argjson dc "$docker_caps" \
		--argjson seccomp "$(engine_seccomp)" --arg netns "${NETNS-}" '
		def caps(c): {bounding: c, effective: c, permitted: c};
		def bind(name; options): {destination: name, type: "bind", source: ($b + "/userdata/" + (name | split("/") | last)), options: options};
		def tmpfs_dev: {destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"]};
		def proc: {destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]};
		def sysfs: {destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]};
		def devpts: {destination: "/dev/pts", type: "devpts", source: "devpts", options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]};
		def mqueue: {destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]};
		def shm(words): {destination: "/dev/shm", type: "tmpfs", source: "shm", options: (words + ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"])};
		def cgroup(words): {destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: words};
		def masked: ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux", "/proc/interrupts", "/sys/devices/virtual/powercap"];
		def readonly: ["/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
		def kinds(list): [list[] | {type: .}];
		def deny: {allow: false, access: "rwm"};
		def allow(major; minor): {allow: true, type: "c", major: major, minor: minor, access: "rwm"};
		def env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=0123456789ab"];
		def netns: if $netns == "" then {type: "network"} else {type: "network", path: $netns} end;
		def rlimit(name; n): {type: name, soft: n, hard: n};
		def podman: {
			ociVersion: "1.2.1",
			process: {user: {uid: 0, gid: 0, umask: 18}, args: ["/probe"], env: (env + ["container=podman", "HOME=/root"]), cwd: "/",
				capabilities: caps($pc), rlimits: [rlimit("RLIMIT_NOFILE"; 1000), rlimit("RLIMIT_NPROC"; 4000)]},
			root: {path: ($b + "/rootfs")},
			hostname: "0123456789ab",
			mounts: [proc, tmpfs_dev, sysfs, devpts, mqueue, bind("/etc/hosts"; ["bind", "rprivate"]),
				bind("/dev/shm"; ["bind", "rprivate", "nosuid", "noexec", "nodev"]), bind("/run/.containerenv"; ["bind", "rprivate"]),
				bind("/etc/hostname"; ["bind", "rprivate"]), bind("/etc/resolv.conf"; ["bind", "rprivate"]),
				cgroup(["rprivate", "nosuid", "noexec", "nodev", "relatime", "ro"])],
			annotations: {"io.container.manager": "libpod", "org.opencontainers.image.stopSignal": "15",
				"org.systemd.property.KillSignal": "15", "org.systemd.property.TimeoutStopUSec": "uint64 10000000"},
			linux: {sysctl: {"net.ipv4.ping_group_range": "0 0"}, resources: {devices: [deny, deny]},
				cgroupsPath: ("/libpod_parent/libpod-" + $id),
				namespaces: (kinds(["pid"]) + [netns] + kinds(["ipc", "uts", "mount", "cgroup"])),
				seccomp: $seccomp, maskedPaths: masked, readonlyPaths: readonly}};
		{
			"podman-rootful": podman,
			"podman-rootless": (podman | del(.linux.cgroupsPath) | .linux.resources.devices = [deny]),
			"buildah-run": (podman | del(.annotations, .process.user.umask) | .process.user.additionalGids = [0] | .process.env = env
				| .linux.cgroupsPath = ("/buildah-" + $id)
				| .mounts = [tmpfs_dev, proc, sysfs, mqueue, devpts, shm(["private"]), bind("/etc/hostname"; ["rbind"]), bind("/etc/hosts"; ["rbind"]),
					bind("/etc/resolv.conf"; ["rbind"]), bind("/run/.containerenv"; ["rbind"]), cgroup(["rprivate", "nosuid", "noexec", "nodev", "relatime", "rw"])]),
			"containerd": {
				ociVersion: "1.2.1",
				process: {user: {uid: 0, gid: 0, additionalGids: [0]}, args: ["/probe"], env: env, cwd: "/", capabilities: caps($dc),
					rlimits: [rlimit("RLIMIT_NOFILE"; 1024)], noNewPrivileges: true},
				root: {path: "rootfs"},
				mounts: [proc, tmpfs_dev, devpts, shm([]), mqueue, sysfs,
					{destination: "/run", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"]}],
				linux: {resources: {devices: [deny, allow(1; 3), allow(1; 8), allow(1; 7), allow(5; 0), allow(1; 5), allow(1; 9), allow(5; 1),
						{allow: true, type: "c", major: 136, access: "rwm"}, allow(5; 2)]},
					cgroupsPath: ("/default/" + $id), namespaces: kinds(["pid", "ipc", "uts", "mount", "network"]),
					maskedPaths: masked[:10], readonlyPaths: readonly[1:]}},
			"docker": {
				ociVersion: "1.2.1",
				process: {user: {uid: 0, gid: 0, additionalGids: [0]}, args: ["/probe"], env: env, cwd: "/", capabilities: caps($dc), oomScoreAdj: 0},
				root: {path: ($b + "/rootfs")},
				hostname: "a0b1c2d3e4f5",
				mounts: [proc, tmpfs_dev, devpts, sysfs, cgroup(["ro", "nosuid", "noexec", "nodev"]), mqueue, shm([]),
					bind("/etc/resolv.conf"; ["rbind", "rprivate"]), bind("/etc/hostname"; ["rbind", "rprivate"]), bind("/etc/hosts"; ["rbind", "rprivate"])],
				linux: {sysctl: {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"},
					resources: {devices: [deny, allow(1; 5), allow(1; 3), allow(1; 9), allow(1; 8), allow(5; 0), allow(5; 1),
							{allow: false, type: "c", major: 10, minor: 229, access: "rwm"}], memory: {disableOOMKiller: false}, blockIO: {}},
					cgroupsPath: ("/docker/" + $id), namespaces: kinds(["mount", "network", "uts", "pid", "ipc"]),
					seccomp: $seccomp, maskedPaths: masked[:11], readonlyPaths: readonly[1:]}}
		}[$name]' --arg name "$1" >"$B/config.json"
}
