# SPDX-License-Identifier: GPL-2.0-or-later
# No mount namespace in linux.namespaces: the container has the machine's, its mounts are the
# machine's too, and none of them stays.
load helpers

setup_file() { [ -e /.wolffia-arena ] || exit 1; } # this mounts on what it takes for the machine

# table: all mounts with their propagation, but not their numbers
table() { cut -d ' ' -f 4- "${1:-/proc/self}/mountinfo" | sed 's/shared:[0-9]*/shared/; s/master:[0-9]*/master/'; }

inherited() {
	need_root
	config '.linux.namespaces |= map(select(.type != "mount"))' \
		'.mounts += [{destination: "/tmp", type: "tmpfs", source: "t"}, {destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "ro"]}]' \
		'.linux.maskedPaths = ["/proc/keys", "/proc/fs"] | .linux.readonlyPaths = ["/proc/sys"]'
	table >"$T/before"
}

# the machine's table is what it was, and nothing of it went
same() {
	table | diff "$T/before" - || fail "the machine's mounts changed"
	[ -e /sys/fs/cgroup ] && [ -e /proc/self/stat ] && [ -c /dev/null ] || fail "something of the machine's is gone"
}

# shared: as systemd leaves a machine, with another namespace that gets what is mounted
shared() {
	mount --make-rshared /
	unshare --mount --propagation slave sleep 1000 3>&- &
	other=$!
	until_true is_sleep
	table >"$T/before"
	table "/proc/$other" >"$T/other"
}

is_sleep() { [ "$(cat "/proc/$other/comm")" = sleep ]; }

unshared() {
	local changed=0
	table "/proc/$other" | diff "$T/other" - || changed=1
	kill -9 "$other"
	wait "$other" 2>/dev/null || true
	mount --make-rprivate /
	[ "$changed" -eq 0 ] || fail "the other mount namespace has something of the container"
}

@test "mounts without a mount namespace: all are there, the namespace is the caller's, none stays [S77]" {
	inherited
	config '.root.readonly = true'
	probe
	same
	is ns.mnt "$(readlink /proc/self/ns/mnt)"
	[ "${fact[ns.pid]}" != "$(readlink /proc/self/ns/pid)" ]
	mount_at / && has ro
	mount_at /proc && [ "$m_type" = proc ]
	mount_at /tmp && [ "$m_type" = tmpfs ]
	mount_at /sys && has ro
	mount_at /proc/keys
	mount_at /proc/fs && has ro
	mount_at /proc/sys && has ro
	probe path:/dev/null path:/machine path:/proc/1/stat
	same
	config '.linux.namespaces = []'
	w run -b "$B" "$ID"
	[ "$status" -eq 0 ] || fail "$err"
	same
}

@test "mounts without a mount namespace, without any: nothing is mounted at all [S77]" {
	need_root
	config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
	args /probe pause
	table >"$T/before"
	ok create -b "$B" "$ID"
	same
	ok delete --force "$ID"
	same
}

@test "mounts without a mount namespace: create, start, exec, state, ps, kill, delete" {
	inherited
	args /probe pause
	ok create -b "$B" "$ID"
	# seen on the machine, and only in the state directory
	table | diff "$T/before" - | grep '^[<>]' >"$T/new"
	[ "$(grep -vc "/run/wolffia/$ID/mounts" "$T/new")" -eq 0 ] || fail "$(cat "$T/new")"
	[ "$(stat -c %a "/run/wolffia/$ID")" = 700 ]
	ok start "$ID"
	ok exec "$ID" /probe
	read_facts "$T/out"
	is ns.mnt "$(readlink /proc/self/ns/mnt)"
	mount_at /tmp && [ "$m_type" = tmpfs ]
	[ "$(readlink "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/root")" = "/run/wolffia/$ID/mounts/rootfs" ]
	ok exec "$ID" /probe write:/tmp/here:x path:/machine
	[ ! -e "$R/tmp/here" ] && [ ! -e /tmp/here ]
	ok state "$ID"
	ok ps "$ID"
	no 1 "has no mount namespace of its own" mounts add "$ID" - <<<'{"mounts": [{"destination": "/tmp", "type": "tmpfs", "source": "t"}]}'
	no 1 "cannot save a container without a mount namespace of its own" checkpoint --image-path "$T/image" "$ID"
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
	same
	no 1 "does not exist" state "$ID"
}

@test "mounts without a mount namespace: on a machine whose mounts are shared" {
	inherited
	shared
	config '.mounts += [{destination: "/all", type: "bind", source: "/", options: ["rbind", "rshared"]}]'
	args /probe pause
	ok run -d -b "$B" "$ID"
	# what the container mounts below what it has bound is its own
	nsenter -t "$("$WOLFFIA" state "$ID" | jq .pid)" --root mount -t tmpfs x /all/tmp 2>/dev/null ||
		mount -t tmpfs x "/run/wolffia/$ID/mounts/rootfs/all/tmp"
	[ -e "$B/config.json" ]
	# born meanwhile: it has copies of all
	unshare --mount --propagation slave sleep 1000 3>&- &
	local late=$!
	until_true grep -q "/run/wolffia/$ID/mounts/rootfs" "/proc/$late/mountinfo"
	ok delete --force "$ID"
	same
	[ "$(grep -c "/run/wolffia" "/proc/$late/mountinfo")" -eq 0 ] || fail "$(cat "/proc/$late/mountinfo")"
	kill -9 $late
	wait $late 2>/dev/null || true
	config '.linux.rootfsPropagation = "rprivate"'
	ok run -d -b "$B" "$ID"
	ok delete --force "$ID"
	same
	unshared
}

@test "mounts without a mount namespace: a birth that fails leaves none" {
	inherited
	printf '#!/bin/sh\nexit 3\n' >"$T/hook"
	chmod 755 "$T/hook"
	local at
	for at in createRuntime createContainer startContainer; do
		config ".hooks = {$at: [{path: \"$T/hook\"}]}"
		[ $at != startContainer ] || cp "$T/hook" "$R/hook"
		[ $at != startContainer ] || config '.hooks.startContainer[0].path = "/hook"'
		w run -b "$B" "$ID"
		[ "$status" -ne 0 ] || fail "$at: it ran"
		same
	done
	config 'del(.hooks) | .process.args = ["/nowhere"]'
	no 1 "/nowhere" run -b "$B" "$ID"
	same
	config '.process.args = ["/bin/true"] | .mounts += [{destination: "/x", type: "nosuchfs", source: "x"}]'
	no 1 nosuchfs run -b "$B" "$ID"
	same
}

@test "mounts without a mount namespace: the runtime is killed, delete --force removes all" {
	inherited
	local at pid
	args /probe pause
	printf '#!/bin/sh\necho >>%s/hooked\nsleep 5\n' "$T" >"$T/hook"
	chmod 755 "$T/hook"
	for at in createRuntime createContainer; do
		config ".hooks = {$at: [{path: \"$T/hook\"}]}"
		"$WOLFFIA" create -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&- &
		pid=$!
		until_true there "$T/hooked"
		kill -9 $pid
		wait $pid 2>/dev/null || true
		rm "$T/hooked"
		ok delete --force "$ID"
		same
	done
	config 'del(.hooks)'
	"$WOLFFIA" run -b "$B" "$ID" >/dev/null 2>&1 3>&- &
	pid=$!
	until_true eval "[ \"\$(status_of $ID)\" = running ]"
	kill -9 $pid
	wait $pid 2>/dev/null || true
	ok delete --force "$ID"
	same
}

@test "mounts without a mount namespace: a damaged record, and what is somebody else's" {
	inherited
	local d=/run/wolffia/$ID
	args /probe pause
	ok create -b "$B" "$ID"
	kill -9 "$("$WOLFFIA" state "$ID" | jq .pid)"
	echo '{' >"$d/created"
	ok delete --force "$ID"
	same
	# without the copy, too
	ok create -b "$B" "$ID"
	kill -9 "$("$WOLFFIA" state "$ID" | jq .pid)"
	echo '{' >"$d/created"
	rm "$d/spare"
	w delete --force "$ID"
	same
	rmdir /sys/fs/cgroup/*"$ID"* /sys/fs/cgroup/wolffia/*"$ID"* 2>/dev/null || true
	# a stranger over it is neither unmounted nor forgotten
	ok create -b "$B" "$ID"
	mount -t tmpfs stranger "$d/mounts"
	no 1 "something else is mounted on mounts of the state directory" delete --force "$ID"
	grep -q " $d/mounts .*stranger" /proc/self/mountinfo
	umount "$d/mounts"
	ok delete --force "$ID"
	same
}

@test "mounts without a mount namespace: the machine's root as the container's" {
	inherited
	config '.root.path = "/" | .mounts = [{destination: "/proc", type: "proc", source: "proc"}, {destination: "/mnt", type: "tmpfs", source: "t"}] | .process.args = ["/bin/sh", "-c", "echo $$ >/mnt/pid; cat /mnt/pid"]'
	ok run -b "$B" "$ID"
	[ "$out" = 1 ] || fail "$out"
	[ ! -e /mnt/pid ]
	same
}

@test "mounts without a mount namespace: what cannot be" {
	inherited
	refusals <<-'END'
		.linux.namespaces |= map(select(.type != "mount")) | .linux.rootfsPropagation = "shared" => linux.rootfsPropagation: shared: what is mounted in the container would stay on the machine
		.linux.namespaces |= (map(select(.type != "mount")) + [{type: "user"}]) | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings => mounts[0]: /proc: a user namespace of its own may not mount in the machine's mount namespace
		.linux.namespaces |= (map(select(.type != "mount")) + [{type: "user"}]) | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings | .mounts = [] | .linux.maskedPaths = ["/proc/keys"] => linux.maskedPaths[0]: /proc/keys: a user namespace of its own may not mount
	END
	same
}

@test "mounts without a mount namespace: twenty at the same time" {
	inherited
	local i
	args /probe pause
	for ((i = 0; i < 20; i++)); do
		"$WOLFFIA" create -b "$B" "$ID-$i" </dev/null >"$T/o$i" 2>&1 3>&- &
		pids[i]=$!
	done
	for ((i = 0; i < 20; i++)); do wait "${pids[i]}" || fail "$(cat "$T/o$i")"; done
	[ "$(grep -c "/mounts/rootfs/tmp " /proc/self/mountinfo)" -eq 20 ]
	for ((i = 0; i < 20; i++)); do
		"$WOLFFIA" delete --force "$ID-$i" >"$T/o$i" 2>&1 3>&- &
		pids[i]=$!
	done
	for ((i = 0; i < 20; i++)); do wait "${pids[i]}" || fail "$(cat "$T/o$i")"; done
	same
}
