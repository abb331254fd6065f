# SPDX-License-Identifier: GPL-2.0-or-later
# cgroup v1: limits and device rules (contrib/test runs this file in an arena of its own).
load helpers

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	args /probe pause
	config '.linux.cgroupsPath = "/box"'
	before=$(leftovers)
}

value() { cat "/sys/fs/cgroup/$1"; }

@test "v1: pids, cpu, cpuset in every hierarchy's /box; all gone at delete [S96 A94 A104 S115]" {
	config '.linux.resources = {pids: {limit: 17}, cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0"}}'
	ok create -b "$B" "$ID"
	[ "$(value pids/box/pids.max)" = 17 ]
	[ "$(value cpu/box/cpu.shares)" = 512 ]
	[ "$(value cpu/box/cpu.cfs_quota_us)" = 50000 ]
	[ "$(value cpu/box/cpu.cfs_period_us)" = 100000 ]
	[ ! -d /sys/fs/cgroup/cpuset/box ] || [ "$(value cpuset/box/cpuset.cpus)" = 0 ]
	local pid
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	grep -q '^[0-9]*:pids:/box$' "/proc/$pid/cgroup"
	ok delete --force "$ID"
	[ -z "$(find /sys/fs/cgroup -name box)" ]
}

@test "v1: pids.limit -1 and 0 [S115 A104]" {
	config '.linux.resources = {pids: {limit: -1}}'
	ok create -b "$B" "$ID"
	[ "$(value pids/box/pids.max)" = max ]
	ok delete --force "$ID"
	config '.linux.resources = {pids: {limit: 0}} | .process.args = ["/probe", "fork"]'
	w run -b "$B" "$ID"
	[[ $out == child=-1* ]] || [ "$status" -eq 1 ]
}

@test "v1: device rules in order, the default ones kept [S107 A87]" {
	config '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 200, access: "r"}] |
		.linux.devices = [{path: "/dev/l", type: "c", major: 10, minor: 200, fileMode: 438}, {path: "/dev/f", type: "c", major: 10, minor: 229, fileMode: 438}]'
	probe facts path:/dev/null path:/dev/l path:/dev/f path:/dev/urandom
	is path./dev/null.write ok
	is path./dev/l.write EPERM
	is path./dev/f.read EPERM
	[ "${fact[path./dev/l.read]}" != EPERM ]
	is path./dev/urandom.read "65536 bytes"
}

@test "v1: a cgroup mount shows the container's own groups [A12]" {
	config '.linux.namespaces += [{type: "cgroup"}] | .mounts += [{destination: "/sys", type: "tmpfs", source: "t"},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"]}]'
	probe facts path:/sys/fs/cgroup path:/sys/fs/cgroup/pids path:/sys/fs/cgroup/pids/pids.current
	like path./sys/fs/cgroup/pids/pids.current "file*"
	is path./sys/fs/cgroup/pids.write EROFS
	is cgroup.pids /
}

@test "v1: ownership is not changed [S99 S100 S102]" {
	config '.linux.resources.pids.limit = 50 | .linux.namespaces += [{type: "cgroup"}, {type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$T" "$T/.." "$B"
	ok create -b "$B" "$ID"
	[ "$(stat -c %u /sys/fs/cgroup/pids/box)" -eq 0 ]
	ok delete --force "$ID"
}

@test "v1: a controller that is not mounted is an error that names it [S119 S183 A88]" {
	[ ! -d /sys/fs/cgroup/hugetlb ] || skip "hugetlb is there"
	config '.linux.resources = {hugepageLimits: [{pageSize: "2MB", limit: 0}]}'
	refused "linux.resources.hugepageLimits"
	config '.linux.resources = {unified: {"memory.max": "1"}}'
	refused "linux.resources.unified"
}

@test "v1: kill --all and delete --force reach every process" {
	args /bin/sh -c 'setsid sleep 65432 & setsid sleep 65432 & exec sleep 65432'
	ok run -d -b "$B" "$ID"
	ok delete --force "$ID"
	until_true no_sleepers
}

no_sleepers() { ! grep -lz 65432 /proc/[0-9]*/cmdline 2>/dev/null; }
