# SPDX-License-Identifier: GPL-2.0-or-later
# update: what the kernel holds afterwards. contrib/test runs this file on v1, and on v2 without
# controllers, where only the refusals are left; the test bed has all of them.
load helpers

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	args /probe pause
	config '.linux.cgroupsPath = "/box"' '.linux.resources = {}'
	# on v1: a cgroup in every hierarchy, as engines have it
	config '.mounts += [{destination: "/sys", type: "tmpfs", source: "t"},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"]}]'
	before=$(leftovers)
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then V=2; else V=1; fi
}

# controllers NAME...: limits of them can be set here
controllers() {
	local c
	for c in "$@"; do
		if [ $V = 2 ]; then grep -qw "$c" /sys/fs/cgroup/cgroup.controllers; else [ -d "/sys/fs/cgroup/$c" ]; fi ||
			skip "the controller $c is not here"
	done
}

# holds V1FILE V2FILE V1VALUE [V2VALUE]: what the kernel says; "-": no such file there
holds() {
	local file=$1 want=$3 got
	[ $V = 1 ] || { file=$2 want=${4-$3}; }
	[ "$file" != - ] || return 0
	if [ $V = 1 ]; then file=/sys/fs/cgroup/${file/\//\/box\/}; else file=/sys/fs/cgroup/box/$file; fi
	got=$(cat "$file")
	[ "$got" = "$want" ] || fail "$file holds $got, not $want"
}

@test "update: single limits, each alone, the others stay [B44 B46 D26]" {
	controllers memory pids cpu
	config '.linux.resources = {memory: {limit: 50331648}, pids: {limit: 30}, cpu: {shares: 512, quota: 50000, period: 100000}}'
	ok run -d -b "$B" "$ID"
	ok update --memory 64M "$ID"
	[ -z "$out$err" ]
	holds memory/memory.limit_in_bytes memory.max 67108864
	holds pids/pids.max pids.max 30
	ok update --pids-limit 40 "$ID"
	holds pids/pids.max pids.max 40
	holds memory/memory.limit_in_bytes memory.max 67108864
	ok update --pids-limit=-1 "$ID"
	holds pids/pids.max pids.max max
	ok update --cpu-quota 25000 "$ID"
	holds cpu/cpu.cfs_quota_us cpu.max 25000 "25000 100000"
	holds cpu/cpu.cfs_period_us cpu.max 100000 "25000 100000"
	ok update --cpu-period 50000 "$ID"
	holds cpu/cpu.cfs_quota_us cpu.max 25000 "25000 50000"
	holds cpu/cpu.shares - 512
	ok update --cpu-share 300 "$ID"
	holds cpu/cpu.shares - 300
	ok update --cpu-quota=-1 "$ID"
	holds cpu/cpu.cfs_quota_us cpu.max -1 "max 50000"
	ok update --memory-reservation 32M "$ID"
	holds memory/memory.soft_limit_in_bytes memory.low 33554432
	[ "$(status_of "$ID")" = running ]
}

@test "update: burst, idle, processors [B46 B47]" {
	controllers cpu cpuset
	config '.linux.resources.cpu = {quota: 50000, period: 100000, cpus: "0"}'
	ok run -d -b "$B" "$ID"
	ok update --cpuset-cpus 0 --cpuset-mems 0 "$ID"
	holds cpuset/cpuset.cpus cpuset.cpus 0
	holds cpuset/cpuset.mems cpuset.mems 0
	ok update --cpu-burst 10000 "$ID"
	holds cpu/cpu.cfs_burst_us cpu.max.burst 10000
	no 1 "50000 is less than cpu.burst 60000" update --cpu-burst 60000 "$ID"
	ok update --cpu-idle 1 "$ID"
	holds cpu/cpu.idle cpu.idle 1
}

@test "update: memory and swap together, both ways [B46]" {
	controllers memory
	[ $V = 2 ] || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || skip "no swap accounting"
	config '.linux.resources.memory = {limit: 50331648, swap: 50331648}'
	ok run -d -b "$B" "$ID"
	ok update --memory 100M --memory-swap 200M "$ID"
	holds memory/memory.limit_in_bytes memory.max 104857600
	holds memory/memory.memsw.limit_in_bytes memory.swap.max 209715200 104857600
	ok update --memory 20M --memory-swap 30M "$ID"
	holds memory/memory.limit_in_bytes memory.max 20971520
	holds memory/memory.memsw.limit_in_bytes memory.swap.max 31457280 10485760
	no 1 "linux.resources.memory.swap" update --memory 100M "$ID"
	holds memory/memory.limit_in_bytes memory.max 20971520
	ok update --memory=-1 --memory-swap=-1 "$ID"
	[ $V = 1 ] || holds - memory.max - max
}

@test "update: --resources with what Podman writes, as a file and on stdin [B45 B102 B103]" {
	controllers memory pids cpu
	config '.linux.resources = {devices: [{allow: false, access: "rwm"}], memory: {limit: 50331648, swap: 50331648}, pids: {limit: 2048}}'
	args /bin/sh -c 'while :; do echo x >/dev/null || exit 3; sleep 0.05; done'
	ok run -d -b "$B" "$ID"
	cat >"$T/podman" <<-'END'
		{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":104857600,"swap":209715200},
		 "cpu":{"shares":300,"quota":50000,"period":100000},"pids":{"limit":100}}
	END
	ok update --resources="$T/podman" "$ID"
	holds memory/memory.limit_in_bytes memory.max 104857600
	holds cpu/cpu.cfs_quota_us cpu.max 50000 "50000 100000"
	holds pids/pids.max pids.max 100
	# devices are left alone
	sleep 0.3
	[ "$(status_of "$ID")" = running ]
	# what containerd writes
	echo '{"memory":{"limit":67108864},"cpu":{},"pids":{"limit":50}}' >"$T/docker"
	timeout 10 "$WOLFFIA" update --resources=- "$ID" <"$T/docker" 3>&-
	holds pids/pids.max pids.max 50
	# shellcheck disable=SC2002 # a pipe on purpose
	cat "$T/docker" | "$WOLFFIA" update --resources - "$ID" 3>&-
	ok update -r "$T/podman" "$ID"
	holds pids/pids.max pids.max 100
}

@test "update: all or nothing; what is refused changes nothing [D26 S109 A93]" {
	controllers memory pids
	config '.linux.resources = {memory: {limit: 50331648}, pids: {limit: 30}}'
	ok run -d -b "$B" "$ID"
	echo '{"pids":{"limit":40},"memory":{"limit":67108864},"hugepageLimits":[{"pageSize":"3MB","limit":1}]}' >"$T/r"
	no 1 "linux.resources.hugepageLimits" update -r "$T/r" "$ID"
	holds pids/pids.max pids.max 30
	holds memory/memory.limit_in_bytes memory.max 50331648
	# more in use than the new limit allows
	echo '{"memory":{"limit":4096,"checkBeforeUpdate":true}}' >"$T/r"
	no 1 "linux.resources.memory.limit" update -r "$T/r" "$ID"
	holds memory/memory.limit_in_bytes memory.max 50331648
	[ "$(status_of "$ID")" = running ]
}

@test "update: paused and created containers; kept for the next one" {
	controllers pids
	config '.linux.resources.pids.limit = 30'
	ok create -b "$B" "$ID"
	ok update --pids-limit 31 "$ID"
	holds pids/pids.max pids.max 31
	ok start "$ID"
	ok pause "$ID"
	ok update --pids-limit 32 "$ID"
	holds pids/pids.max pids.max 32
	ok resume "$ID"
	[ "$(jq -c .pids "/run/wolffia/$ID/resources.json")" = '{"limit":32}' ]
	# a record that was damaged is said so, and delete still works
	echo '{' >"/run/wolffia/$ID/resources.json"
	no 1 "saved resources.json" update --pids-limit 33 "$ID"
	holds pids/pids.max pids.max 32
}

@test "update: a limit that takes effect" {
	controllers pids
	args /bin/sh -c 'while [ ! -e /go ]; do sleep 0.05; done; (sleep 0.1; true) & echo $? ; sleep 0.2 | sleep 0.2; echo end'
	config '.linux.resources.pids.limit = 30'
	ok run -d -b "$B" "$ID"
	ok update --pids-limit 1 "$ID"
	until_true fork_fails
}

# the shell's next `sleep` cannot be forked: it gives up
fork_fails() { stopped "$ID" || [ "$(cat "/sys/fs/cgroup/pids/box/pids.events" /sys/fs/cgroup/box/pids.events 2>/dev/null | grep -c 'max [1-9]')" -gt 0 ]; }

@test "update: a controller that is not there is named [S119]" {
	local c
	if [ $V = 2 ]; then
		! grep -qw pids /sys/fs/cgroup/cgroup.controllers || skip "all controllers are here"
		ok create -b "$B" "$ID"
		no 1 'the requested cgroup controller `pids` is not available' update --pids-limit 5 "$ID"
		no 1 "linux.resources.memory.limit" update --memory 50m "$ID"
	else
		ok create -b "$B" "$ID"
		[ -d /sys/fs/cgroup/hugetlb ] || {
			echo '{"hugepageLimits":[{"pageSize":"2MB","limit":0}]}' >"$T/r"
			no 1 "linux.resources.hugepageLimits" update -r "$T/r" "$ID"
		}
		echo '{"unified":{"memory.max":"1"}}' >"$T/r"
		no 1 "linux.resources.unified" update -r "$T/r" "$ID"
	fi
	# empty objects ask for nothing
	echo '{"blockIO":{},"memory":{},"cpu":{},"pids":null,"unified":{}}' >"$T/r"
	ok update -r "$T/r" "$ID"
}

@test "update: what the kernel refuses late undoes what was written before; nothing of it is saved [D26]" {
	local name=blkio
	[ $V = 1 ] || name=io
	controllers memory pids $name
	config '.linux.resources = {memory: {limit: 50331648}, pids: {limit: 30}}'
	ok run -d -b "$B" "$ID"
	# a disk that is not there: only the kernel knows
	echo '{"pids": {"limit": 40}, "memory": {"limit": 67108864}, "blockIO": {"throttleReadBpsDevice":
		[{"major": 250, "minor": 77, "rate": 6000}]}}' >"$T/r"
	no 1 "linux.resources.blockIO.throttleReadBpsDevice" update -r "$T/r" "$ID"
	holds pids/pids.max pids.max 30
	holds memory/memory.limit_in_bytes memory.max 50331648
	# the next one begins where the last good one ended
	ok update --pids-limit 31 "$ID"
	holds pids/pids.max pids.max 31
	holds memory/memory.limit_in_bytes memory.max 50331648
	jq -e '.memory.limit == 50331648 and .pids.limit == 31 and (has("blockIO") | not)' \
		"$(find /run -path "*/$ID/resources.json")"
}

@test "update: limits of kernel memory are accepted and said to be nothing [B48]" {
	ok run -d -b "$B" "$ID"
	ok update --kernel-memory 100m --kernel-memory-tcp 1g "$ID"
	[[ $err == *"kernel memory"* ]] || fail "$err"
}

@test "update: bad words, files and states" {
	no 1 "nothing to update" update "$ID"
	no 1 "does not exist" update --pids-limit 5 nowhere
	no 1 "--resources: $T/nothing: open: it does not exist" update -r "$T/nothing" "$ID"
	echo '{"pids":{"limit":"many"}}' >"$T/r"
	no 1 "r:1:18: pids.limit: got a string, expected an integer" update -r "$T/r" "$ID"
	echo '{"pids":' >"$T/r"
	no 1 "r:" update -r "$T/r" "$ID"
	no 1 "not a regular file" update -r /dev/zero "$ID"
	no 1 "expected a size as 512m" update --memory lots "$ID"
	no 1 "expected a number" update --pids-limit x "$ID"
	args /bin/true
	ok run -d -b "$B" "$ID"
	until_true stopped "$ID"
	no 1 "container not running" update --pids-limit 5 "$ID"
	ok delete "$ID"
	args /probe pause
	config 'del(.linux.cgroupsPath)'
	ok --cgroup-manager disabled create -b "$B" "$ID"
	no 1 "the container has no cgroup of its own" update --pids-limit 5 "$ID"
}
