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

# mounts_of PID: what is mounted there, without the numbers
mounts_of() { cut -d ' ' -f 3- "/proc/$1/mountinfo"; }

@test "joined by path: a mount namespace: the container is in it, and leaves no mount there [S74 A67]" {
	need_root
	holder --mount --propagation private
	mounts_of "$inner" >"$T/a"
	config ".linux.namespaces |= map(if .type == \"mount\" then .path = \"/proc/$inner/ns/mnt\" else . end)"
	config '.linux.maskedPaths = ["/proc/keys", "/home"] | .linux.readonlyPaths = ["/etc"] | .root.readonly = true
		| .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}, {destination: "/data", type: "bind", source: "/usr", options: ["rbind", "ro"]}]'
	probe facts path:/proc path:/tmp path:/proc/keys touch:/etc/x touch:/x touch:/tmp/x path:/data/bin
	[ "${fact[ns.mnt]}" = "$(readlink "/proc/$inner/ns/mnt")" ] || fail "${fact[ns.mnt]}"
	is path./proc.fs 9fa0
	is path./tmp.fs 1021994
	is touch./tmp/x ok
	is touch./x EROFS
	is touch./etc/x EROFS
	mounts_of "$inner" | diff "$T/a" -
	# while it runs nobody else sees its mounts; exec finds them
	args /bin/sleep 100
	ok run -d -b "$B" "$ID"
	mounts_of "$inner" | diff "$T/a" -
	ok exec "$ID" /bin/sh -c 'ls /data/bin >/dev/null && grep -c . /proc/1/status && readlink /proc/self/ns/mnt'
	[[ $out == *"$(readlink "/proc/$inner/ns/mnt")" ]] || fail "$out"
	echo '{"mounts": [{"destination": "/mnt", "type": "tmpfs", "source": "x"}]}' >"$T/m"
	no 1 "has no mount namespace of its own" mounts add "$ID" "$T/m"
	ok delete --force "$ID"
	mounts_of "$inner" | diff "$T/a" -
	# the runtime is killed on the way
	local i
	for i in 1 2 3 4 5 6 8 10 13 16 20 30; do
		"$WOLFFIA" run -b "$B" "$ID-$i" >/dev/null 2>&1 3>&- &
		sleep "0.0$(printf %02d $i)"
		kill -9 $! 2>/dev/null || true
		wait $! || true
		until_true "$WOLFFIA" delete --force "$ID-$i"
	done
	mounts_of "$inner" | diff "$T/a" -
	# the caller's own, by its path
	mounts_of $BASHPID >"$T/a"
	config '.linux.namespaces |= map(if .type == "mount" then .path = "/proc/self/ns/mnt" else . end)'
	args /bin/true
	ok run -b "$B" "$ID"
	mounts_of $BASHPID | diff "$T/a" -
	end_holder
}

@test "joined by path: a mount namespace with its user namespace, and without: refused [S74 A67]" {
	if [ "$(id -u)" -eq 0 ]; then
		holder --user --mount --propagation private
		echo 0 100000 65536 >"/proc/$inner/uid_map"
		echo 0 100000 65536 >"/proc/$inner/gid_map"
		chown -R 100000:100000 "$R"
		chmod 755 "$T" "$T/.." "$B"
	else
		holder --user --map-root-user --mount --propagation private
	fi
	mounts_of "$inner" >"$T/a"
	config ".linux.namespaces = [{type: \"pid\"}, {type: \"mount\", path: \"/proc/$inner/ns/mnt\"}, {type: \"user\", path: \"/proc/$inner/ns/user\"}]"
	config 'del(.linux.uidMappings, .linux.gidMappings)' '.mounts |= map(select(.destination != "/dev/pts"))'
	probe facts path:/proc
	[ "${fact[ns.mnt]}" = "$(readlink "/proc/$inner/ns/mnt")" ] || fail "${fact[ns.mnt]}"
	[ "${fact[ns.user]}" = "$(readlink "/proc/$inner/ns/user")" ] || fail "${fact[ns.user]}"
	is path./proc.fs 9fa0
	mounts_of "$inner" | diff "$T/a" -
	end_holder
	[ "$(id -u)" -eq 0 ] || return 0
	holder --mount --propagation private
	mounts_of "$inner" >"$T/a"
	config ".linux.namespaces = [{type: \"pid\"}, {type: \"mount\", path: \"/proc/$inner/ns/mnt\"}, {type: \"user\"}]"
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	refused "linux.namespaces[1]: /proc/$inner/ns/mnt: it belongs to another user namespace than the container's: nothing can be mounted in it"
	config 'del(.linux.uidMappings, .linux.gidMappings)' '.linux.namespaces |= map(select(.type != "user"))' '.mounts[1].options += ["unbindable"]'
	refused "mounts[1]: /dev: unbindable: in a mount namespace that is joined"
	mounts_of "$inner" | diff "$T/a" -
	end_holder
}

@test "joined by path: the wrong kind, no namespace, gone: the error names path and kind [S75 A67]" {
	local k
	for k in network=mnt uts=net ipc=uts pid=user; do
		cp /tmp/template/config.json "$B/config.json"
		config ".linux.namespaces |= map(select(.type != \"${k%=*}\")) | .linux.namespaces += [{type: \"${k%=*}\", path: \"/proc/self/ns/${k#*=}\"}]"
		refused ": ${k%=*}: /proc/self/ns/${k#*=}: is a namespace of kind ${k#*=}, expected "
		[[ $err == "error: config.json:"*": linux.namespaces["*"]: ${k%=*}: "* ]] || fail "$err"
	done
	for k in /no/such /proc/4194303/ns/net; do
		cp /tmp/template/config.json "$B/config.json"
		config ".linux.namespaces += [{type: \"network\", path: \"$k\"}]"
		refused ": network: $k: it does not exist"
	done
	cp /tmp/template/config.json "$B/config.json"
	config '.linux.namespaces += [{type: "network", path: "/etc/passwd"}]'
	refused ": network: /etc/passwd: is no namespace"
	[[ $err == *"hint: name a file such as /proc/PID/ns/net"* ]] || fail "$err"
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
	refused ": process.user.uid: 500 is not mapped by linux.uidMappings"
	config '.process.user.uid = 0 | .process.user.gid = 500'
	refused ": process.user.gid: 500 is not mapped by linux.gidMappings"
	config '.process.user.gid = 0 | .process.user.additionalGids = [5, 500]'
	refused ": process.user.additionalGids[1]: 500 is not mapped by linux.gidMappings"
}

@test "user namespace: without any mapping the error gives the cure [A68]" {
	need_root
	config '.linux.namespaces += [{type: "user"}]'
	refused "error: linux.uidMappings: a new user namespace needs at least one entry"
	[[ $err == *'hint: for example {"containerID": 0, "hostID": 100000, "size": 65536}' ]] || fail "$err"
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
