# SPDX-License-Identifier: GPL-2.0-or-later
# namespaces: new, joined, inherited; user namespaces and maps; uts, ipc, time, sysctl.
load helpers

ns() { readlink "/proc/self/ns/$1"; }

# holder NAMESPACE-OPTIONS: a process in fresh namespaces; its pid in $holder
holder() {
	# shellcheck disable=SC2086
	unshare "$@" sleep 1000 3>&- &
	holder=$!
	until_true is_sleep $holder
	# with --fork the child is the one that is in the pid namespace
	if [ -n "$(cat "/proc/$holder/task/$holder/children")" ]; then
		inner=$(cat "/proc/$holder/task/$holder/children")
		inner=${inner%% *}
	else
		inner=$holder
	fi
}

is_sleep() {
	local c
	[ "$(cat "/proc/$1/comm")" != sleep ] || return 0
	c=$(cat "/proc/$1/task/$1/children")
	[ -n "$c" ] && [ "$(cat "/proc/${c%% *}/comm")" = sleep ]
}

end_holder() {
	kill -9 "$inner" "$holder" 2>/dev/null || true
	wait "$holder" 2>/dev/null || true
}

@test "new: each kind is another one than the caller's; not listed is inherited [S72 S76 S77 S205 A65 A66]" {
	config '.linux.namespaces = [("pid mount uts ipc network cgroup time user" | split(" ")[]) | {type: .}]'
	if [ "$(id -u)" -eq 0 ]; then
		config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
		chown -R 100000:100000 "$R"
		chmod 755 "$T" "$T/.." "$B"
	fi
	probe
	local k
	for k in cgroup ipc mnt net pid time user uts; do
		[ "${fact[ns.$k]}" != "$(ns $k)" ] || fail "$k is the caller's"
	done
	need_root
	chown -R 0:0 "$R"
	cp /tmp/template/config.json "$B/config.json"
	config '.linux.namespaces = [{type: "mount"}]'
	probe
	for k in cgroup ipc net pid time user uts; do
		[ "${fact[ns.$k]}" = "$(ns $k)" ] || fail "$k is not the caller's"
	done
}

@test "joined by path: network, ipc, uts, cgroup, time [S74 A67]" {
	need_root
	holder --net --ipc --uts --cgroup --time --fork
	local k
	config '.linux.namespaces |= map(select(.type == "pid" or .type == "mount"))'
	for k in net=network ipc=ipc uts=uts cgroup=cgroup; do
		config ".linux.namespaces += [{type: \"${k#*=}\", path: \"/proc/$inner/ns/${k%=*}\"}]"
	done
	probe
	for k in net ipc uts cgroup; do
		[ "${fact[ns.$k]}" = "$(readlink "/proc/$inner/ns/$k")" ] || fail "$k is not the one of the path"
	done
	end_holder
}

@test "joined by path: a pid namespace, also with network by a bind-mounted file [S74 A67]" {
	need_root
	holder --pid --fork --net --mount-proc
	touch "$T/netns"
	mount --bind "/proc/$inner/ns/net" "$T/netns"
	config ".linux.namespaces = [{type: \"pid\", path: \"/proc/$inner/ns/pid\"}, {type: \"network\", path: \"$T/netns\"}, {type: \"mount\"}]"
	probe
	[ "${fact[ns.pid]}" = "$(readlink "/proc/$inner/ns/pid")" ]
	[ "${fact[ns.net]}" = "$(readlink "/proc/$inner/ns/net")" ]
	[ "${fact[pid]}" -gt 1 ]
	umount "$T/netns"
	args /probe exit:9
	config ".linux.namespaces = [{type: \"pid\", path: \"/proc/$inner/ns/pid\"}, {type: \"mount\"}]"
	no 9 "" run -b "$B" "$ID"
	end_holder
}

@test "joined by path: a user namespace and others that belong to it [S74 A67]" {
	need_root
	holder --user --net --ipc --uts
	echo 0 100000 65536 >"/proc/$inner/uid_map"
	echo 0 100000 65536 >"/proc/$inner/gid_map"
	chown -R 100000:100000 "$R"
	chmod 755 "$T" "$T/.." "$B"
	config ".linux.namespaces = [{type: \"pid\"}, {type: \"mount\"}, {type: \"user\", path: \"/proc/$inner/ns/user\"}, {type: \"network\", path: \"/proc/$inner/ns/net\"}, {type: \"uts\"}, {type: \"ipc\"}]"
	probe
	[ "${fact[ns.user]}" = "$(readlink "/proc/$inner/ns/user")" ]
	[ "${fact[ns.net]}" = "$(readlink "/proc/$inner/ns/net")" ]
	is uid 0:0:0
	is uid_map "0 100000 65536"
	end_holder
}

@test "joined by path: the wrong kind, no namespace, gone: the error names path and kind [S75 A67]" {
	local k
	for k in network=mnt uts=net ipc=uts pid=user; do
		cp /tmp/template/config.json "$B/config.json"
		config ".linux.namespaces |= map(select(.type != \"${k%=*}\")) | .linux.namespaces += [{type: \"${k%=*}\", path: \"/proc/self/ns/${k#*=}\"}]"
		no 1 "/proc/self/ns/${k#*=}" create -b "$B" "$ID"
		[[ $err == *"linux.namespaces["*"]"* ]] || fail "$err"
	done
}

@test "user namespace: maps of several extents exactly as given [S79 A68]" {
	need_root
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 1000, hostID: 5000, size: 1}, {containerID: 1001, hostID: 200000, size: 500}] |
		.linux.gidMappings = [{containerID: 0, hostID: 300000, size: 65536}]'
	chmod 755 "$T" "$T/.." "$B"
	probe facts path:/bin/busybox
	is uid_map "0 100000 1000,1000 5000 1,1001 200000 500"
	is gid_map "0 300000 65536"
	is setgroups allow
	# nothing of the root filesystem was given away
	like path./bin/busybox "file 0755 65534:65534*"
	[ "$(stat -c %u "$R/bin/busybox")" -eq 0 ]
}

@test "user namespace: 340 extents" {
	need_root
	chmod 755 "$T" "$T/.." "$B"
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [range(340) | {containerID: ., hostID: (1000 + . * 2), size: 1}] | .linux.gidMappings = .linux.uidMappings'
	probe
	[ "$(tr ',' '\n' <<<"${fact[uid_map]}" | grep -c .)" -eq 340 ]
}

@test "user namespace: ids that are not mapped are refused by name [A38]" {
	need_root
	chmod 755 "$T" "$T/.." "$B"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}] | .linux.gidMappings = .linux.uidMappings |
		.process.user.uid = 500'
	no 1 "process.user.uid" run -b "$B" "$ID"
	config '.process.user.uid = 0 | .process.user.gid = 500'
	no 1 "process.user.gid" run -b "$B" "$ID"
	config '.process.user.gid = 0 | .process.user.additionalGids = [5, 500]'
	no 1 "process.user.additionalGids" run -b "$B" "$ID"
}

@test "user namespace: without any mapping the error gives the cure [A68]" {
	need_root
	config '.linux.namespaces += [{type: "user"}]'
	w run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ $err == *"linux.uidMappings"* ]]
}

@test "no file of the root changes its owner [S80]" {
	need_root
	chmod 755 "$T" "$T/.." "$B"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	find "$R" -printf '%p %u %g %m\n' | sort >"$T/before"
	probe
	find "$R" -printf '%p %u %g %m\n' | sort | diff "$T/before" - 
}

@test "hostname, domainname [A13 A14]" {
	config '.hostname = "box" | .domainname = "example.org"'
	probe
	is hostname box
	is domainname example.org
	[ "$(hostname)" = arena ]
	config '.hostname = ("x" * 64)'
	probe
	is hostname "$(printf 'x%.0s' {1..64})"
}

@test "time offsets [A69]" {
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 1000, nanosecs: 5}, monotonic: {secs: 2000}}'
	probe
	like timens_offsets "*monotonic 2000 0*"
	like timens_offsets "*boottime 1000 5*"
	[ "${fact[monotonic]}" -ge 2000 ]
	config '.linux.timeOffsets = {boottime: {secs: -1}}'
	probe
	like timens_offsets "*boottime -1 0*"
}

@test "sysctl: of ipc, uts, network; with dots and slashes [A74]" {
	config '.linux.namespaces += [{type: "network"}] | .linux.sysctl = {"kernel.shmmax": "123456", "kernel.msgmax": "4000",
		"net.ipv4.ip_forward": "1", "net/ipv4/conf/lo/forwarding": "0", "net.ipv4.ping_group_range": "0 0", "fs.mqueue.msg_max": "7"}'
	probe facts sysctl:kernel.shmmax sysctl:net.ipv4.ip_forward sysctl:net.ipv4.ping_group_range sysctl:fs.mqueue.msg_max
	is sysctl.kernel.shmmax 123456
	is sysctl.net.ipv4.ip_forward 1
	is sysctl.net.ipv4.ping_group_range "0 0"
	is sysctl.fs.mqueue.msg_max 7
	[ "$(cat /proc/sys/kernel/shmmax)" != 123456 ]
}

@test "network: a new one has lo up" {
	config '.linux.namespaces += [{type: "network"}]'
	args /bin/ip addr
	ok run -b "$B" "$ID"
	[[ $out == *"LOOPBACK,UP"* ]]
	[[ $out == *"127.0.0.1/8"* ]]
}

@test "net devices: moved, renamed, up, address kept, never moved back [S86 S87 S89 S90 S91 S92 S93 A83]" {
	need_root
	ip link add veth-a type veth peer name veth-b 2>/dev/null || skip "no veth devices"
	ip addr add 192.0.2.7/24 dev veth-a
	config '.linux.namespaces += [{type: "network"}] | .linux.netDevices = {"veth-a": {name: "eth%d"}}'
	args /bin/ip addr
	w run -b "$B" "$ID"
	if [ "$status" -ne 0 ] && [[ $err == *"linux.netDevices"*"not"* ]]; then
		ip link del veth-b
		skip "refused: ${err%%$'\n'*}"
	fi
	[ "$status" -eq 0 ]
	[[ $out == *eth0*192.0.2.7/24* ]]
	ip link del veth-b 2>/dev/null || true
}

# what Podman does with --userns: only the container's root may search the bundle
@test "a root and sources that only the container's root may reach [R53]" {
	need_root
	mkdir "$B/own"
	echo here >"$B/own/file"
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings' \
		".mounts += [{destination: \"/own\", type: \"bind\", source: \"$B/own\", options: [\"rbind\"]}]"
	args cat /own/file
	chown -R 100000:100000 "$B"
	chmod 700 "$B" "$B/own"
	for _ in 1 2 3 4 5; do
		ok run -b "$B" "$ID"
		[ "$out" = here ]
	done
}
