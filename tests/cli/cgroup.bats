# SPDX-License-Identifier: GPL-2.0-or-later
# cgroup v2: place, joining, removal, managers, what cannot be done.
load helpers

group_of() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }
pid_of() { "$WOLFFIA" state "$1" | jq .pid; }

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	need_root
	bundle
	args /probe pause
	before=$(leftovers)
}

@test "cgroupsPath: absolute, relative, none; the same value is the same place; removed at delete [S95 S96 S97 A84]" {
	config '.linux.cgroupsPath = "/parent/box"'
	ok create -b "$B" "$ID"
	[ "$(group_of "$(pid_of "$ID")")" = /parent/box ]
	ok delete --force "$ID"
	[ ! -d /sys/fs/cgroup/parent/box ]
	rmdir /sys/fs/cgroup/parent 2>/dev/null || true
	config '.linux.cgroupsPath = "rel/box"'
	ok create -b "$B" "$ID"
	local first
	first=$(group_of "$(pid_of "$ID")")
	[[ $first == */rel/box ]]
	ok delete --force "$ID"
	ok create -b "$B" "$ID"
	[ "$(group_of "$(pid_of "$ID")")" = "$first" ]
	ok delete --force "$ID"
	find /sys/fs/cgroup -depth -mindepth 1 -type d -name rel -exec rmdir {} + 2>/dev/null || true
	config 'del(.linux.cgroupsPath)'
	ok create -b "$B" "$ID"
	[[ $(group_of "$(pid_of "$ID")") == *"$ID"* ]]
	ok delete --force "$ID"
}

@test "a cgroup that is frozen or holds processes is not taken [S94 A85]" {
	mkdir /sys/fs/cgroup/taken
	sleep 1000 3>&- &
	echo $! >/sys/fs/cgroup/taken/cgroup.procs
	config '.linux.cgroupsPath = "/taken"'
	w create -b "$B" "$ID"
	local result=$status text=$err
	[ "$result" -ne 0 ] || ok delete --force "$ID"
	kill -0 $! || fail "a foreign process was killed"
	kill -9 $!
	wait $! 2>/dev/null || true
	rmdir /sys/fs/cgroup/taken 2>/dev/null || true
	[ "$result" -eq 1 ] || fail "a cgroup with processes was taken"
	[[ $text == *taken* ]]
}

@test "a namespace of its own: the container is at its root [S105 A86]" {
	config '.linux.namespaces += [{type: "cgroup"}]'
	probe facts
	is cgroup. /
}

@test "ownership: with a new cgroup namespace and a writable cgroup mount, the files of the kernel's list and no other [S100 S101 S102 S103 S104 S105 S106 A86]" {
	local f dir=/sys/fs/cgroup/owned
	chmod 755 "$BATS_RUN_TMPDIR" "$T/.." "$T" "$B"
	config '.linux.cgroupsPath = "/owned" | .linux.namespaces += [{type: "cgroup"}, {type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings |
		.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"]}]'
	mkdir -p "$R/sys/fs/cgroup"
	ok create -b "$B" "$ID"
	[ "$(stat -c %u $dir)" -eq 100000 ] || fail "the directory belongs to $(stat -c %u $dir)"
	for f in $dir/*; do
		if grep -qx "${f##*/}" /sys/kernel/cgroup/delegate; then
			[ "$(stat -c %u "$f")" -eq 100000 ] || fail "$f was not given away"
		else
			[ "$(stat -c %u "$f")" -eq 0 ] || fail "$f was given away"
		fi
	done
	ok delete --force "$ID"
	# read-only, or without a namespace: nothing changes
	config '.mounts[3].options += ["ro"]'
	ok create -b "$B" "$ID"
	[ "$(stat -c %u $dir)" -eq 0 ]
	ok delete --force "$ID"
	config '.mounts |= .[:3] | .linux.namespaces |= map(select(.type != "cgroup"))'
	ok create -b "$B" "$ID"
	[ "$(stat -c %u $dir)" -eq 0 ]
	ok delete --force "$ID"
}

@test "--cgroup-manager disabled: no cgroup is made or left [B7]" {
	local mine
	mine=$(group_of self)
	probe_disabled
	is cgroup. "$mine"
}

probe_disabled() {
	args /probe
	ok --cgroup-manager disabled run -b "$B" "$ID"
	read_facts "$T/out"
}

@test "resources whose controller is missing: an error that names member and controller [S119 S183 A88 A94 A104]" {
	local row
	for row in 'memory = {limit: 1000000}=memory' 'pids = {limit: 5}=pids' 'cpu = {quota: 10000, period: 100000}=cpu' \
		'unified = {"memory.high": "1"}=memory'; do
		[[ " $(cat /sys/fs/cgroup/cgroup.controllers) " != *" ${row##*=} "* ]] || continue
		cp /tmp/template/config.json "$B/config.json"
		config ".linux.resources.${row%=*}"
		refused "linux.resources.${row%% *}"
		[[ $err == *"${row##*=}"* ]]
	done
}

@test "resources of v1 that v2 does not have are errors [S120 A89 A90 A91 A92 A97 A99 A103]" {
	refusals <<-'END'
		.linux.resources.memory = {swappiness: 5} => linux.resources.memory.swappiness
		.linux.resources.memory = {disableOOMKiller: true} => linux.resources.memory.disableOOMKiller
		.linux.resources.memory = {kernel: 5000000} => linux.resources.memory.kernel
		.linux.resources.memory = {kernelTCP: 5000000} => linux.resources.memory.kernelTCP
		.linux.resources.cpu = {realtimeRuntime: 5000, realtimePeriod: 100000} => linux.resources.cpu.realtime
		.linux.resources.network = {classID: 5} => linux.resources.network.classID
		.linux.resources.blockIO = {leafWeight: 500} => linux.resources.blockIO.leafWeight
	END
	cp /tmp/template/config.json "$B/config.json"
	config '.process.args = ["/bin/true"] | .linux.resources = {memory: {disableOOMKiller: false}, blockIO: {}, network: {}}'
	ok run -b "$B" "$ID"
}

@test "device rules: deny all but the default ones [S107 A87]" {
	config '.linux.resources.devices = [{allow: false, access: "rwm"}] | .linux.devices = [{path: "/dev/l", type: "c", major: 10, minor: 200, fileMode: 438}]'
	probe facts path:/dev/null path:/dev/zero path:/dev/tty path:/dev/l
	is path./dev/null.write ok
	is path./dev/zero.read "65536 bytes"
	is path./dev/l.read EPERM
	config '.linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 200, access: "r"}]'
	probe facts path:/dev/l
	[ "${fact[path./dev/l.read]}" != EPERM ]
	is path./dev/l.write EPERM
	# a privileged container of Podman
	config '.linux.resources.devices = [{allow: true, access: "rwm"}]'
	probe facts path:/dev/l
	[ "${fact[path./dev/l.write]}" != EPERM ]
}

@test "kill --all and delete --force reach what has left the init's process group" {
	args /bin/sh -c 'setsid sleep 76543 & setsid sleep 76543 & exec sleep 76543'
	ok run -d -b "$B" "$ID"
	ok delete --force "$ID"
	until_true no_sleepers
}

no_sleepers() { ! grep -lz 76543 /proc/[0-9]*/cmdline 2>/dev/null; }

@test "a cgroup that vanishes in use: what needs it says so, the rest goes on; the next one of that name is not ours" {
	config '.linux.cgroupsPath = "/van"'
	args /bin/sleep 1000
	ok run -d -b "$B" "$ID"
	mkdir /sys/fs/cgroup/other
	pid_of "$ID" >/sys/fs/cgroup/other/cgroup.procs
	rmdir /sys/fs/cgroup/van
	local round
	for round in gone another; do
		[ $round = gone ] || mkdir /sys/fs/cgroup/van
		for command in ps pause "events --stats" events "update --pids-limit 5"; do
			# shellcheck disable=SC2086 # two words
			no 1 "the container's cgroup /sys/fs/cgroup/van is gone" $command "$ID"
		done
		no 255 "the container's cgroup /sys/fs/cgroup/van is gone" exec "$ID" /bin/true
		[ "$(status_of "$ID")" = running ]
	done
	ok kill --all "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
	rmdir /sys/fs/cgroup/van /sys/fs/cgroup/other
}

@test "files in the cgroup that others made do not stop delete [S194]" {
	config '.linux.cgroupsPath = "/nest"'
	ok create -b "$B" "$ID"
	mkdir -p /sys/fs/cgroup/nest/below/deep
	ok delete --force "$ID"
	[ ! -d /sys/fs/cgroup/nest ]
}
