# SPDX-License-Identifier: GPL-2.0-or-later
# The configurations of Podman, buildah, containerd and Docker, as root: each runs, and a
# probe inside sees exactly what it says.
load helpers
load configs

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	need_root
	bundle
	before=$(leftovers)
	NETNS=
}

teardown_parents() {
	rmdir /sys/fs/cgroup/libpod_parent /sys/fs/cgroup/default /sys/fs/cgroup/docker 2>/dev/null || true
}

probe_all() {
	args /probe facts path:/ path:/dev/null path:/dev/full path:/dev/tty path:/dev/ptmx path:/dev/shm path:/proc/kcore \
		path:/proc/timer_list path:/proc/sys/kernel/hostname path:/sys/firmware path:/sys/kernel path:/proc/sysrq-trigger \
		path:/proc/interrupts text:/etc/hosts path:/etc/hosts path:/sys/fs/cgroup call:167 call:83 \
		sysctl:net.ipv4.ping_group_range
	w --log "$T/log" --log-format json create -b "$B" --pid-file "$T/pid" "$ID"
	[ "$status" -eq 0 ] || fail "create: $err"
	[ ! -s "$T/log" ] || fail "warnings: $(cat "$T/log")"
	ok delete --force "$ID"
	probe_again
	teardown_parents
}

probe_again() {
	w run -b "$B" "$ID"
	[ "$status" -eq 0 ] || fail "run: $err"
	read_facts "$T/out"
	[ -z "$err" ] || fail "stderr: $err"
}

# what all four have in common
common() {
	is uid 0:0:0
	is pid 1
	is cap.inheritable 0
	is cap.ambient 0
	is fds 3
	like path./dev/null "char 0666 * 1:3"
	is path./dev/null.write ok
	is path./dev/full.write ok
	is path./dev/shm.write ok
	is path./dev/ptmx.link pts/ptmx
	is path./proc/timer_list.read "0 bytes"
	is path./sys/firmware.read "0 entries"
	is path./proc/sys/kernel/hostname.write EROFS
	[ ! -e /proc/sysrq-trigger ] || is path./proc/sysrq-trigger.write EROFS
	mount_at /proc
	has nosuid noexec nodev
	mount_at /sys
	has ro nosuid noexec nodev
	mount_at /dev
	has nosuid mode=755 size=65536k
	lacks relatime
	mount_at /dev/pts
	has nosuid noexec gid=5 mode=620 ptmxmode=666
	mount_at /dev/mqueue
	has nosuid noexec nodev
	local k
	for k in ipc mnt net pid uts; do
		[ "${fact[ns.$k]}" != "$(readlink /proc/self/ns/$k)" ] || fail "ns $k is ours"
	done
	[ "${fact[ns.user]}" = "$(readlink /proc/self/ns/user)" ]
}

podman_caps=800405fb docker_caps=a80425fb

@test "Podman, rootful, with a network namespace of its own making [S71 A6 A65 A71 A74]" {
	ip netns add box 2>/dev/null || { mkdir -p /run/netns; touch /run/netns/box; unshare --net mount --bind /proc/self/ns/net /run/netns/box; }
	NETNS=/run/netns/box client_config podman-rootful
	probe_all
	umount -l /run/netns/box; rm -f /run/netns/box
	umount -l /run/netns 2>/dev/null || true
	common
	is cap.effective $podman_caps
	is cap.bounding $podman_caps
	is umask 0022
	is no_new_privs 0
	is seccomp 2
	is rlimit.NOFILE 1000:1000
	is rlimit.NPROC 4000:4000
	is hostname 0123456789ab
	is env.container podman
	is path./proc/interrupts.read "0 bytes"
	is text./etc/hosts "127.0.0.1 localhost"
	is path./etc/hosts.write ok
	is path./sys/fs/cgroup.write EROFS
	is cgroup. /
	is call.167 EPERM
	is sysctl.net.ipv4.ping_group_range "0 0"
	mount_at /dev/shm
	has nosuid noexec nodev
}

@test "buildah RUN: cgroup writable [A86 S101 S103]" {
	client_config buildah-run
	probe_all
	common
	is cap.effective $podman_caps
	is groups 0
	is path./sys/fs/cgroup.write ok
	is seccomp 2
	mount_at /dev/shm
	has nosuid noexec nodev size=65536k
}

@test "containerd: relative root, no cgroup namespace, device list, no seccomp" {
	client_config containerd
	probe_all
	common
	is cap.effective $docker_caps
	is no_new_privs 1
	is seccomp 0
	is rlimit.NOFILE 1024:1024
	is hostname arena
	mount_at /run
	[ "$m_type" = tmpfs ]
	[[ ${fact[cgroup.]} == */default/$ID* ]] || fail "cgroup ${fact[cgroup.]}"
}

@test "Docker: seccomp, sysctls, cgroup mount without a namespace for it" {
	client_config docker
	probe_all
	common
	is cap.effective $docker_caps
	is seccomp 2
	is oom_score_adj 0
	is sysctl.net.ipv4.ping_group_range "0 2147483647"
	is path./sys/fs/cgroup.write EROFS
	is hostname a0b1c2d3e4f5
}

@test "the callers' command lines: conmon, Podman, containerd [B97 B100 B103]" {
	client_config podman-rootful
	args /bin/sleep 1000
	( cd / && "$WOLFFIA" --log-format=json --log "$T/oci-log" create --bundle "$B" --pid-file "$T/pidfile" "$ID" 3>&- )
	ok start "$ID"
	ok kill "$ID" 15
	ok kill --all "$ID" 9
	until_true stopped "$ID"
	ok delete --force "$ID"
	[ ! -s "$T/oci-log" ]
	client_config containerd
	args /bin/sleep 1000
	local g="--root $T/runc --log $T/log.json --log-format json"
	# shellcheck disable=SC2086
	{
		ok $g create --bundle "$B" --pid-file "$T/init.pid" "$ID"
		ok $g start "$ID"
		ok $g state "$ID"
		[ "$(jq -r .status <<<"$out")" = running ]
		ok $g kill --all "$ID" 9
		until_true stopped_in "$T/runc"
		ok $g delete "$ID"
		ok $g delete --force "$ID"
	}
	teardown_parents
}

stopped_in() { [ "$("$WOLFFIA" --root "$1" state "$ID" | jq -r .status)" = stopped ]; }

@test "buildah's calls: kill by name and without, delete without --force after stopped" {
	client_config buildah-run
	args /probe term:0 echo:ready pause
	( cd "$B" && "$WOLFFIA" create --bundle "$B" --pid-file "$B/pid" --no-new-keyring "$ID" 3>&- )
	ok start "$ID"
	ok kill "$ID" SIGKILL
	until_true stopped "$ID"
	ok delete "$ID"
}

@test "descriptors of the caller that are not close-on-exec do not reach the container" {
	client_config buildah-run
	args /probe
	exec 5</etc 6</etc/passwd 11<>"$T/x" 15</
	probe_again
	exec 5<&- 6<&- 11<&- 15<&-
	is fds 3
}

@test "inside a user namespace, as Podman runs us for a plain user: no user namespace in the config [A80 A82]" {
	client_config podman-rootless
	chown -R 1000:1000 "$B"
	chmod 755 "$BATS_RUN_TMPDIR" "$T/.." "$T"
	args /probe facts path:/dev/null path:/dev/tty path:/sys/fs/cgroup call:167 path:/proc/timer_list
	cat >"$T/as-podman" <<-END
		export XDG_RUNTIME_DIR=/run/user/1000
		mount --make-rslave /
		exec "$WOLFFIA" --log-format=json --log $B/oci-log run -b "$B" "$ID"
	END
	setpriv --reuid 1000 --regid 1000 --clear-groups -- unshare --user --map-auto --map-root-user --mount sh "$T/as-podman" >"$T/out" 2>"$T/err" 3>&- </dev/null ||
		fail "$(cat "$T/err")"
	read_facts "$T/out"
	is uid 0:0:0
	is cap.effective $podman_caps
	is seccomp 2
	is path./dev/null.write ok
	like path./dev/tty "char*5:0"
	is path./proc/timer_list.read "0 bytes"
	is hostname 0123456789ab
	like uid_map "0 * 1,1 * 6553?"
	mount_at /dev/pts
	[[ $m_super == *,gid=* ]]
}
