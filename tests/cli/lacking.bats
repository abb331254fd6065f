# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that lacks something, as root and as a plain user: `doctor` names it with a cure and
# its exit status is true; `do`, `run --rootfs` and a bundle run with all their walls, or are
# refused in one sentence with a hint; nothing is left (R47, R48; the table of README.md). Each
# lack has an arena of its own, whose options make it.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	need_root
	T=$BATS_TEST_TMPDIR
	arena=${PROBE%/*}/arena
	[ -x "$arena" ] || skip "no arena beside the probe"
}
teardown() { :; }

# lack "ARENA OPTION...": fills $T/root and $T/user; variables DO, ROOTFS, INSTEAD are passed on
lack() {
	local who option
	for who in root user; do
		option=
		[ $who = root ] || option=--user
		eval "'$arena' --cgroup=${CGROUP:-v2} $option $1 --bind /tmp/template \
			--bind '${BATS_TEST_DIRNAME%/*/*}' --bind '${WOLFFIA%/*}' bash '$BATS_TEST_DIRNAME/lacking.bash'" >"$T/$who" 2>&1 3>&- ||
			fail "$who: the arena ended with $?: $(<"$T/$who")"
		! grep -E '^(text-lacks|left:)' "$T/$who" || fail "$who: $(<"$T/$who")"
		honest $who
	done
}

# What holds everywhere: a refusal has a hint and no output; who refuses is told by doctor.
honest() {
	local name rest verdict
	verdict=$(sed -n 's/^doctor \([0-9]*\)$/\1/p' "$T/$1")
	[ "$verdict" = "$(sed -n 's/^text \([0-9]*\)$/\1/p' "$T/$1")" ] || fail "$1: $(<"$T/$1")"
	while read -r name rest; do
		case $name in do | rootfs | bundle) ;; *) continue ;; esac
		case $rest in
		"0|here"*" 1 0 1|"*) ;; # --no-seccomp was asked for
		"0|here"*) [ "$verdict" -lt 2 ] || [ $name != do ] || fail "$1: $name runs where doctor says nothing can" ;;
		125\|\|*"error: "*" hint: "* | 1\|\|*"error: "*" hint: "*) ;;
		*) fail "$1: $name: $rest" ;;
		esac
	done <"$T/$1"
}

# says WHO NAME GLOB
says() {
	local got
	got=$(sed -n "s/^$2 //p" "$T/$1")
	# shellcheck disable=SC2053 # a pattern on purpose
	[[ $got == $3 ]] || fail "$1: $2 is" "  ${got:-not there}" "and not" "  $3" "$(<"$T/$1")"
}

# both NAME GLOB
both() { says root "$@" && says user "$@"; }

# What any machine gives: few capabilities, no new privileges, a filter, no network but lo.
walled="0|here 00000000000004fb 1 1 1"

@test "lacking nothing: everything runs, behind all walls" {
	lack ""
	both "do" "$walled|"
	both rootfs "$walled|"
	both bundle "0|here|"
}

@test "lacking user namespaces: a limit" {
	INSTEAD="do --sandbox=landlock-only -- echo here" lack "--userns --first 'echo 0 >/proc/sys/user/max_user_namespaces'"
	says user doctor 2
	says user doctor.userns "missing|*user,mnt: No space left on device|user.max_user_namespaces is 0: raise it as root; *\`do --sandbox=landlock-only\`"
	says user doctor.overlay "missing|not tried: it needs a user namespace|see userns"
	says user "do" "125||*user.max_user_namespaces is 0*\`do --sandbox=landlock-only\`"
	says user instead "0|here|warning: landlock-only: a weaker sandbox*"
	says root doctor.userns "degraded|*|user.max_user_namespaces is 0*--userns host does without"
	both rootfs "125||*user.max_user_namespaces is 0*"
	says user bundle "1||*user.max_user_namespaces is 0*"
	says root bundle "0|here|"
	DO="--userns host" lack "--userns --first 'echo 0 >/proc/sys/user/max_user_namespaces'"
	says root "do" "$walled|"
	says root rootfs "$walled|"
	says user "do" "125||*--userns host*"
}

@test "lacking user namespaces: a filter, a security module, switches of Debian and Ubuntu, depth" {
	lack "--no-call userns:1"
	says user doctor 2
	says user doctor.userns "missing|*not allowed|a seccomp filter of the calling process may forbid it*landlock-only*"
	both "do" "125||*a seccomp filter of the calling process*"
	says root bundle "0|here|"
	lack "--no-call userns:13"
	says user doctor.userns "missing|*not allowed|a security module forbids user namespaces here*"
	says user "do" "125||*a security module forbids*landlock-only*"
	lack "--no-call userns:87"
	says user doctor.userns "missing|*|user namespaces are nested too deeply (32 levels)*"
	# files that this kernel does not have, on a /proc/sys/kernel of our own
	lack "--no-call userns:1 --first 'mount -t tmpfs none /proc/sys/kernel; echo 0 >/proc/sys/kernel/unprivileged_userns_clone'"
	says user doctor.userns "missing|*|user namespaces are switched off for plain users: as root, \`sysctl kernel.unprivileged_userns_clone=1\`*"
	says user "do" "125||*kernel.unprivileged_userns_clone=1*"
	lack "--no-call userns:13 --first 'mount -t tmpfs none /proc/sys/kernel; echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns'"
	says user doctor.userns "missing|*|AppArmor restricts user namespaces here: give this program a profile*--fix-hint*"
	says user "do" "125||*AppArmor restricts user namespaces here*"
}

@test "lacking other namespaces" {
	local kind
	for kind in pid net ipc uts mnt cgroup; do
		lack "--userns --first 'echo 0 >/proc/sys/user/max_${kind}_namespaces'"
		both doctor 2
		says user doctor.namespaces "missing|*|*"
		says root doctor.namespaces "missing|*|user.max_${kind}_namespaces is 0: raise it as root"
		# that one is made by who is in the new user namespace already, and sees the limits of that
		if [ $kind = cgroup ]; then
			both rootfs "125||error: new namespaces cgroup: No space left on device   hint: a limit user.max_cgroup_namespaces is used up in an outer user namespace"
			both bundle "1||*user.max_cgroup_namespaces is *"
			continue
		fi
		both rootfs "125||error: new process with namespaces *: No space left on device   hint: user.max_${kind}_namespaces is 0: raise it as root*"
		says root rootfs "*: raise it as root"
		both bundle "1||*user.max_${kind}_namespaces is 0: raise it as root"
	done
	# the filters of engines, inside of their containers
	lack "--no-call sethostname:1"
	both doctor 1
	both doctor.namespaces "degraded|*hostname: wolffia: set it: not allowed|*allows sethostname(2)*"
	both "do" "125||*not allowed*allows sethostname(2)*"
	both bundle "1||*not allowed*allows sethostname(2)*"
}

@test "lacking subordinate ids, newuidmap, its privilege, a passwd entry" {
	DO="--userns shared" lack "--first ': >/etc/subuid; : >/etc/subgid'"
	says user doctor 1
	says user doctor.subids "missing|tester has no range in /etc/subuid and /etc/subgid|as root: *usermod --add-subuids 100000-165535*tester*"
	says user doctor.newidmap "missing|not tried: there are no subordinate ids|see subids"
	says user "do" "125||*has no subordinate ids in /etc/subuid*single*"
	says user bundle "0|here|"
	lack "--first ': >/etc/subuid; : >/etc/subgid'"
	says user "do" "$walled|"
	DO="--userns shared" lack "--first 'mount --bind /dev/null /usr/bin/newuidmap'"
	says user doctor.newidmap "missing|/usr/bin/newuidmap is neither set-uid root nor has file capabilities*|*uidmap*"
	says user "do" "125||*newuidmap*set-uid*"
	DO="--userns shared" lack "--first 'mkdir /x; cp -a /usr/bin/. /x; rm /x/newgidmap; mount --bind /x /usr/bin'"
	says user doctor.newidmap "missing|newgidmap is not installed|*uidmap*"
	says user "do" "125||*newgidmap*"
	if command -v setcap >/dev/null; then
		lack "--first 'cp /usr/bin/newuidmap /both; chmod 4755 /both; setcap cap_setuid+ep /both; mount --bind /both /usr/bin/newuidmap'"
		says user doctor.newidmap "missing|/usr/bin/newuidmap is set-uid root and has file capabilities at once: *\`setcap -r /usr/bin/newuidmap\`|*"
	fi
	DO="--userns shared" lack "--first 'rm /etc/passwd'"
	says user "do" "125||error: --userns: the caller (uid 1000) has no subordinate ids in /etc/subuid   hint: as root: an entry in /etc/passwd for uid 1000, whose name newuidmap asks for; then ranges for it; or --userns single, which needs none"
	says user doctor.subids "missing|the caller has no range in *|as root: an entry in /etc/passwd for uid 1000*"
}

@test "lacking the kernel's overlay: fuse-overlayfs makes layers, or is missed" {
	local hidden='[ ! -e /usr/bin/fuse-overlayfs ] || mount --bind /dev/null /usr/bin/fuse-overlayfs'
	lack "--no-fs overlay --first '$hidden'"
	both doctor.overlay "missing|mount overlay: no such type of filesystem*|modprobe overlay, as root, or fuse-overlayfs and /dev/fuse*--rootfs-rw*"
	says user "do" "$walled|"
	says root "do" "125||*mount overlay: no such type*modprobe overlay*fuse-overlayfs, which would do, is not installed*"
	both rootfs "125||*mount overlay: no such type*--rootfs-rw*"
	both bundle "0|here|"
	ROOTFS=--rootfs-rw lack "--no-fs overlay --first '$hidden'"
	both rootfs "$walled|"
	[ -x /usr/bin/fuse-overlayfs ] && (exec 3<>/dev/fuse) 2>/dev/null || return 0
	lack "--no-fs overlay"
	both doctor.overlay "degraded|mount overlay: no such type of filesystem*|fuse-overlayfs makes layers instead*"
	both "do" "$walled|"
	both rootfs "$walled|"
	both bundle "0|here|"
}

@test "lacking what a network needs: tun, its permission, the helpers" {
	DO="--net auto" lack "--first 'rm /dev/net/tun'"
	both doctor.tun "missing|/dev/net/tun: it does not exist|modprobe tun, as root*"
	both "do" "125||*/dev/net/tun*does not exist*modprobe tun*"
	DO="--net auto" lack "--first 'chmod 600 /dev/net/tun'"
	says user doctor.tun "missing|/dev/net/tun: not allowed|chmod 666 /dev/net/tun, as root"
	says user "do" "125||*not allowed*chmod 0666 /dev/net/tun*"
	DO="--net auto" lack "--first 'for d in pasta slirp4netns; do [ ! -e /usr/bin/\$d ] || mount --bind /dev/null /usr/bin/\$d; done'"
	both doctor.pasta "missing|pasta: not found|install the package passt"
	both doctor.slirp4netns "missing|slirp4netns: not found|install the package slirp4netns"
	both rootfs "125||*neither pasta nor slirp4netns is installed*passt*"
	DO= lack "--first 'rm -r /dev/net'"
	both "do" "$walled|"
}

@test "lacking cgroups: none mounted, read-only, not the caller's" {
	CGROUP=none DO="--memory 100m --cpus 1" lack ""
	both doctor.cgroup "missing|no cgroup filesystem is mounted|as root: mount -t cgroup2 none /sys/fs/cgroup"
	both doctor.memory "missing|*|see cgroup"
	both "do" "$walled|warning: memory: *RLIMIT_DATA limits each process alone (*doctor* says what to do) warning: cpus: *there is no limit*"
	both bundle "1||*cgroup*"
	CGROUP=v2 lack "--first 'mount -o remount,bind,ro /sys/fs/cgroup'"
	both doctor.cgroup "missing|/sys/fs/cgroup is mounted read-only|*"
	both "do" "$walled|"
	says root bundle "1||*Read-only file system*hint*"
	lack "--first 'chown -R 0:0 /sys/fs/cgroup/user'"
	says user doctor.cgroup "missing|no cgroup can be made beside the caller's own: it is not delegated*|*Delegate=yes*"
	says user "do" "$walled|"
	says user bundle "0|here|"
}

@test "lacking Landlock and filters" {
	INSTEAD="do --sandbox=landlock-only -- echo here" lack "--no-call landlock_create_ruleset:38"
	both doctor.landlock "missing|Landlock: Function not implemented|a kernel with CONFIG_SECURITY_LANDLOCK"
	both "do" "$walled|"
	both instead "125||*this kernel has no Landlock*"
	lack "--no-call landlock_create_ruleset:95"
	both doctor.landlock "missing|Landlock: Operation not supported|boot with landlock in the kernel's list lsm="
	for error in 38 22; do
		lack "--no-call seccomp:$error"
		both doctor 2
		both doctor.seccomp "missing|load a filter: *|a kernel with CONFIG_SECCOMP_FILTER, or --no-seccomp"
		both "do" "125||*load the filter*CONFIG_SECCOMP_FILTER*--no-seccomp*"
		both bundle "0|here|"
	done
	DO=--no-seccomp lack "--no-call seccomp:38"
	both rootfs "0|here 00000000000004fb 1 0 1|"
}

@test "lacking a whole /proc" {
	lack "--first 'umount -l /proc'"
	both doctor 2
	both doctor.procfs "missing|/proc is no procfs|no procfs is mounted: as root, \`mount -t proc proc /proc\`"
	both "do" "125||*mount -t proc proc /proc*"
	both rootfs "125||*mount -t proc proc /proc*"
	both bundle "1||*mount -t proc proc /proc*"
	lack "--first 'mount -t tmpfs none /proc/acpi'"
	both doctor.proc "degraded|*oo revealing*|*--allow-host-proc*"
	both "do" "125||*oo revealing*--allow-host-proc*"
	DO=--allow-host-proc lack "--first 'mount -t tmpfs none /proc/acpi'"
	both "do" "$walled|"
	lack "--first 'mount -o remount,hidepid=invisible /proc'"
	both "do" "$walled|"
	both bundle "0|here|"
}

@test "lacking devices: no /dev/null, a file in its place, none at all" {
	lack "--first 'rm /dev/null'"
	says user doctor 2
	says user doctor.devices "missing|/dev/null: it does not exist|as root: *mknod -m 666 /dev/null c 1 3*"
	says root doctor.devices "degraded|*|*mknod -m 666 /dev/null c 1 3; --userns host makes its own"
	both "do" "125||*/dev/null of the machine is not *mknod -m 666 /dev/null c 1 3*"
	says root bundle "0|here|"
	lack "--first 'rm /dev/null; echo x >/dev/null; chmod 666 /dev/null'"
	says user doctor.devices "missing|/dev/null: it is not device 1:3|*mknod -m 666 /dev/null c 1 3*"
	both "do" "125||*/dev/null of the machine is not it*mknod -m 666 /dev/null c 1 3*"
	DO="--userns host" lack "--first 'umount -R -l /dev/pts; mount -t tmpfs none /dev'"
	says root rootfs "$walled|"
	says user doctor.fuse "missing|/dev/fuse: it does not exist|modprobe fuse, as root"
}

@test "lacking calls that an outer container forbids: pivot_root, memfd_create, new mount calls" {
	lack "--no-call pivot_root:1"
	both doctor 2
	both doctor.root "missing|pivot_root: *|*--no-pivot*"
	both rootfs "125||*pivot_root*hint*"
	INSTEAD="run --no-pivot -b /tmp/lacking/bundle u" lack "--no-call memfd_create:13"
	both doctor.memfd "missing|memfd_create*not allowed|*vm.memfd_noexec*"
	both "do" "125||*memfd_create*vm.memfd_noexec*"
	lack "--first 'echo 2 >/proc/sys/vm/memfd_noexec'"
	says root doctor.memfd "missing|*|vm.memfd_noexec is 2 here: as root, \`sysctl vm.memfd_noexec=1\`*"
	says root bundle "1||*vm.memfd_noexec=1*"
	says user doctor.memfd "degraded|*"
	# the reaper of do runs from it; a program that is the first process itself needs none
	both "do" "125||*vm.memfd_noexec=1*"
	says user rootfs "$walled|"
	says user bundle "0|here|"
	lack "--no-call mount_setattr:1"
	both rootfs "125||*mount_setattr*--rootfs-rw*"
	ROOTFS=--rootfs-rw lack "--no-call openat2:38 --no-call clone3:38 --no-call pidfd_open:38"
	both "do" "$walled|"
}

@test "lacking keys, as in Docker and containerd: a keyring of its own is not had, and not missed" {
	INSTEAD="do --sandbox=landlock-only -- echo here" lack "--no-call keyctl:1"
	both "do" "$walled|"
	both rootfs "$walled|"
	both instead "0|here|warning: landlock-only: *"
	both bundle "0|here|warning: a filter around this process refuses keyctl: the container keeps the caller's session keyring*"
}

@test "lacking /sys, fuse, id-mapped mounts, a runtime directory" {
	lack "--first 'mount -t tmpfs none /sys/kernel; chmod 600 /dev/fuse; rm -r /run/user/1000' --no-call mount_setattr:1"
	both doctor.sysfs "degraded|*oo revealing*|*shown read-only instead"
	says user doctor.fuse "missing|/dev/fuse: not allowed|chmod 666 /dev/fuse, as root"
	both doctor.idmap "missing|mount_setattr idmap on tmpfs: *|Linux 6.3*--root-ids chown*"
	says user doctor.state "degraded|state root: make directory /run/user/1000: not allowed|set XDG_RUNTIME_DIR*--root"
	lack "--first 'mount -t tmpfs none /sys/kernel; rm -r /run/user/1000'"
	both "do" "$walled|"
	says user bundle "1||*/run/user/1000: not allowed*XDG_RUNTIME_DIR*--root*"
}

@test "lacking room for the state, or a state root that can be written to" {
	local roots='for d in /run/wolffia /run/user/1000; do mkdir -p $d; mount -t tmpfs -o size=16k,mode=700 state $d;'
	lack "--first '$roots done; chown 1000 /run/user/1000; touch /run/wolffia/full /run/user/1000/full; for d in /run/wolffia /run/user/1000; do head -c 65536 /dev/zero >\$d/full; done 2>/dev/null || :'"
	both doctor 2
	both doctor.state "missing|state root: write to it: No space left on device|the filesystem of the state root is full: *--root*XDG_RUNTIME_DIR*"
	both "do" "125||error: state r*: No space left on device*hint: the filesystem of the state root is full: *"
	both bundle "1||error: state r*: No space left on device*hint: the filesystem of the state root is full: *"
	lack "--first '$roots done; mkdir -m 700 /run/user/1000/wolffia; chown -R 1000 /run/user/1000; mount -o remount,ro /run/wolffia; mount -o remount,ro /run/user/1000'"
	both doctor.state "missing|state root: write to it: Read-only file system|the filesystem of the state root is read-only: *--root*XDG_RUNTIME_DIR*"
	both "do" "125||error: state root *: Read-only file system*hint: the filesystem of the state root is read-only: *"
}
