# SPDX-License-Identifier: GPL-2.0-or-later
# As a plain user with subordinate ids: contrib/test runs this file as uid 1000.
load helpers
load configs

setup() {
	[ "$(id -u)" -ne 0 ] || skip "for a plain user"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	before=$(leftovers)
}

one_id() {
	config '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .linux.gidMappings = .linux.uidMappings'
}

@test "maps with newuidmap: exactly as given (R1) [S79 A68]" {
	probe facts path:/bin/busybox
	is uid 0:0:0
	is uid_map "0 1000 1,1 100000 65536"
	is gid_map "0 1000 1,1 100000 65536"
	is setgroups allow
	like path./bin/busybox "file 0755 0:0*"
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 1000, hostID: 1000, size: 1}, {containerID: 1001, hostID: 101001, size: 5}] |
		.linux.gidMappings = .linux.uidMappings'
	chmod 755 "$T" "$B"
	probe
	is uid_map "0 100000 1000,1000 1000 1,1001 101001 5"
}

@test "one id, without newuidmap; any id inside [A68]" {
	one_id
	probe
	is uid_map "0 1000 1"
	is setgroups deny
	config '.linux.uidMappings = [{containerID: 1000, hostID: 1000, size: 1}] | .linux.gidMappings = .linux.uidMappings | .process.user = {uid: 1000, gid: 1000}'
	probe
	is uid 1000:1000:1000
	is uid_map "1000 1000 1"
}

@test "ids beyond the subordinate range: the error names range, file and cure [A68]" {
	config '.linux.uidMappings = [{containerID: 0, hostID: 5000, size: 10}]'
	no 1 "error: linux.uidMappings: newuidmap: " run -b "$B" "$ID"
	[[ $err == *"hint: entry 0 wants the 10 ids 5000-5009, of which /etc/subuid gives 0 to "* ]] || fail "$err"
	[[ $err != *$'\n'*$'\n'* ]] || fail "more than two lines: $err"
	config '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}, {containerID: 1, hostID: 100000, size: 65537}]'
	no 1 "error: linux.uidMappings: newuidmap: " run -b "$B" "$ID"
	[[ $err == *"hint: entry 1 wants the 65537 ids 100000-165536, of which /etc/subuid gives 65536 to "* ]] || fail "$err"
}

@test "groups: additional ones by newgidmap; with one id they are left out with a warning (R8) [A40]" {
	config '.process.user.additionalGids = [5, 1000]'
	probe
	is groups 5,1000
	one_id
	config '.process.user.additionalGids = [5]'
	probe
	is groups 0
	[ "$err" = "warning: process.user.additionalGids: left out, for setgroups is denied in this user namespace" ] || fail "$err"
}

@test "mounts, devices and masks work as for root" {
	mkdir -p "$R/data/secret"
	config '.linux.namespaces += [{type: "network"}, {type: "cgroup"}] |
		.mounts += [{destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]},
			{destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777"]},
			{destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]}] |
		.root.readonly = true | .hostname = "box" |
		.linux.maskedPaths = ["/proc/kcore", "/proc/timer_list", "/data/secret"] | .linux.readonlyPaths = ["/proc/sys"]'
	probe facts path:/ path:/dev/null path:/dev/zero path:/dev/full path:/dev/random path:/dev/urandom path:/dev/tty path:/dev/ptmx \
		path:/proc/timer_list path:/data/secret path:/proc/sys/kernel/hostname path:/dev/shm
	is path./.write EROFS
	local n
	for n in null=1:3 zero=1:5 full=1:7 random=1:8 urandom=1:9 tty=5:0; do
		like path./dev/${n%=*} "char 0666 * ${n#*=}"
	done
	is path./dev/null.write ok
	is path./dev/shm.write ok
	is path./proc/timer_list.read "0 bytes"
	is path./data/secret.read "0 entries"
	mount_at /proc/sys
	has ro
	is hostname box
}

@test "a device that cannot be made is bound from the host [S81 A79]" {
	config '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 3}, {path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438}]'
	w run -b "$B" "$ID"
	if [ "$status" -eq 0 ]; then
		args /probe facts path:/dev/fuse
		probe facts path:/dev/fuse
		like path./dev/fuse "char * 10:229"
	else
		[[ $err == *"linux.devices[0]: /dev/mine"* ]]
	fi
	config '.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438}]'
	probe facts path:/dev/fuse
	like path./dev/fuse "char * 10:229"
}

@test "sysfs and the host's network: bound read-only, or the error gives the cure" {
	config '.mounts += [{destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]}]'
	w run -b "$B" "$ID"
	[ "$status" -eq 0 ] || [[ $err == *"mounts[3]: /sys: "*hint:* ]]
}

@test "the life of a container: create, start, state, kill, delete, list" {
	args /probe pause
	ok create -b "$B" "$ID"
	[ "$(status_of "$ID")" = created ]
	[ -d "$XDG_RUNTIME_DIR/wolffia/$ID" ]
	ok list
	[[ $out == *"$ID"*"$(id -un)"* ]]
	ok start "$ID"
	[ "$(status_of "$ID")" = running ]
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
	args /probe exit:7
	no 7 "" run -b "$B" "$ID"
}

@test "no XDG_RUNTIME_DIR and no --root: the error gives the cure [B1 B93]" {
	unset XDG_RUNTIME_DIR
	args /bin/true
	w run -b "$B" "$ID"
	[ "$status" -eq 0 ] || [[ $status$err == "1error: state root: make directory "*": not allowed"*"hint: set XDG_RUNTIME_DIR to a directory of your own, or give --root" ]] || fail "$status $err"
	XDG_RUNTIME_DIR=/nowhere w run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ $err == "error: state root: make directory /nowhere: not allowed"*"hint: set XDG_RUNTIME_DIR to a directory of your own, or give --root" ]] || fail "$err"
	mkdir "$T/state"
	ok --root "$T/state" run -b "$B" "$ID"
}

@test "no cgroup is demanded: none is needed; what is demanded and impossible is refused [A84 A87]" {
	config '.linux.resources = {devices: [{allow: false, access: "rwm"}]}'
	args /bin/true
	ok run -b "$B" "$ID"
	config '.linux.resources = {memory: {limit: 67108864}}'
	args /probe pause
	w create -b "$B" "$ID"
	if [ "$status" -eq 0 ]; then # where the controller is delegated
		[ "$(cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/cgroup")/memory.max")" = 67108864 ]
		ok delete --force "$ID"
	else
		[ "$status" -eq 1 ] && [[ $err == *linux.resources.memory* ]] || fail "($status) $err"
	fi
}

@test "a delegated cgroup is used" {
	[ -w /sys/fs/cgroup/user ] || skip "no delegated cgroup"
	args /probe pause
	config '.linux.cgroupsPath = "/user/box"'
	w create -b "$B" "$ID"
	if [ "$status" -eq 0 ]; then
		[[ $(sed -n 's/^0:://p' "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/cgroup") == */box ]]
		ok delete --force "$ID"
		[ ! -d /sys/fs/cgroup/user/box ]
	else
		fail "$err"
	fi
}

@test "terminal, hooks, seccomp, no_new_privs, rlimits" {
	cat >"$T/hook" <<-END
		#!/bin/sh
		cat >"$T/state"
	END
	chmod 755 "$T/hook"
	config ".hooks.createRuntime = [{path: \"$T/hook\"}] | .process.noNewPrivileges = true | .process.rlimits = [{type: \"RLIMIT_NOFILE\", soft: 50, hard: 60}] |
		.linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"mkdir\"], action: \"SCMP_ACT_ERRNO\", errnoRet: 38}]}"
	probe facts call:83
	is no_new_privs 1
	is seccomp 2
	is rlimit.NOFILE 50:60
	[ "$(uname -m)" != x86_64 ] || is call.83 ENOSYS
	[ "$(jq -r .id "$T/state")" = "$ID" ]
	config '.process.terminal = true'
	in_terminal "$WOLFFIA run -b $B $ID"
	read_facts "$T/out"
	like tty.0 "/dev/*"
}

@test "the configurations of the clients as a plain user [S71]" {
	local name own
	own=$(cat /proc/self/oom_score_adj) # a user's manager has raised it: nobody lowers it again
	for name in podman-rootless buildah-run containerd docker; do
		client_config $name
		config '.linux.namespaces += [{type: "user"}] | del(.linux.cgroupsPath)
			| .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}, {containerID: 1, hostID: 100000, size: 65536}]
			| .linux.gidMappings = .linux.uidMappings
			| if .linux.sysctl then .linux.sysctl["net.ipv4.ping_group_range"] = "0 0" else . end' \
			"if .process.oomScoreAdj then .process.oomScoreAdj = $own else . end"
		w run -b "$B" "$ID"
		[ "$status" -eq 0 ] || fail "$name: $err"
		read_facts "$T/out"
		is uid_map "0 1000 1,1 100000 65536"
		is fds 3
		[ "$name" = containerd ] || is seccomp 2
	done
}
