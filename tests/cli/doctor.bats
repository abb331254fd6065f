# SPDX-License-Identifier: GPL-2.0-or-later
# `doctor` (R47): what it says here, and each fault simulated in a namespace, where its cause
# and a cure must be named. As root and as a plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	before=$(leftovers)
}

# doctor COMMAND...: the JSON of `doctor`, run by a command that ends with its words
doctor() {
	status=0
	timeout -k 1 60 "$@" "$WOLFFIA" doctor --json >"$T/out" 2>"$T/err" 3>&- || status=$?
	jq -e . "$T/out" >/dev/null || fail "no JSON: $status $(<"$T/out") $(<"$T/err")"
	[ "$(jq -r '{usable: 0, degraded: 1, unusable: 2}[.verdict]' "$T/out")" -eq "$status" ] || fail "status $status: $(<"$T/out")"
}

# says NAME STATE CAUSE [CURE]: globs of what is said of one layer
says() {
	local got
	got=$(jq -r --arg n "$1" '.checks[] | select(.name == $n) | .state + "|" + (.cause // "") + "|" + (.cure // "")' "$T/out")
	# shellcheck disable=SC2053 # patterns on purpose
	[[ $got == $2\|$3\|${4-*} ]] || fail "$1: $got, not $2|$3|${4-*}"
}

@test "doctor: a line for every layer, and nothing is left behind" {
	w doctor
	[ "$status" -le 1 ] || fail "$status $out$err"
	for name in kernel userns namespaces subids newidmap overlay idmap proc sysfs fuse loop loopback tun pasta slirp4netns cgroup pids memory cpu seccomp landlock apparmor selinux state; do
		grep -qE "^(ok|degraded|missing) +$name( |$)" <<<"$out" || fail "$name is missing: $out"
	done
	says_all=$(grep -cE '^ +(for|do): ' <<<"$out" || true)
	[ "$(tail -n 1 <<<"$out")" = "usable: everything that containers count on is there" ] || [ "$says_all" -ge 1 ]
	[ -z "$err" ]
}

@test "doctor: --json keeps to its schema" {
	doctor env
	jq -e '
		def text: type == "string" and length > 0;
		(keys == ["checks", "schema", "verdict", "version"]) and .schema == 1
		and (.verdict | IN("usable", "degraded", "unusable")) and (.version | text)
		and (.checks | length >= 20) and ([.checks[].name] | length == (unique | length))
		and all(.checks[];
			(keys - ["name", "state", "need", "found", "cause", "why", "cure"] == [])
			and (.name | test("^[a-z0-9]+$")) and (.why | text)
			and (.state | IN("ok", "degraded", "missing")) and (.need | IN("required", "wanted", "extra"))
			and (if .state == "ok" then (.found | text) and (has("cause") or has("cure") | not)
			     else (.cause | text) and (.cure | text) end))' "$T/out" >/dev/null || fail "$(<"$T/out")"
	says userns ok ""
	says namespaces ok ""
	says seccomp ok ""
}

@test "doctor: no user namespaces left" {
	doctor unshare -U -m -r sh -c 'mount -t proc proc /proc 2>/dev/null; echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh
	says userns "*" "*user*No space left*" "user.max_user_namespaces is 0*"
}

@test "doctor: a namespace kind that is used up" {
	doctor unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' sh
	says userns ok ""
	says namespaces missing "*namespaces *net*" "user.max_net_namespaces is 0*"
	says loopback missing "*net*" "*"
	[ "$status" -eq 2 ]
}

@test "doctor: in a chroot" {
	need_root
	cp "$WOLFFIA" "$R/wolffia"
	mkdir -p "$R/proc"
	unshare -m sh -c 'mount -t proc proc "$1/proc"; chroot "$1" /wolffia doctor --json' sh "$R" >"$T/out" 2>"$T/err" 3>&- || true
	says userns "*" "*not allowed*" "*in a chroot*"
	status=0
	unshare -m sh -c 'mount -t proc proc "$1/proc"; mount -t tmpfs none "$1/run"; chroot "$1" /wolffia do -- echo here' sh "$R" >"$T/out" 2>"$T/err" 3>&- || status=$?
	[ "$status" -eq 125 ] && [ ! -s "$T/out" ] || fail "$status $(<"$T/out")"
	[[ $(<"$T/err") == "error: new process with namespaces user,"*": not allowed"$'\n'"  hint: "*"in a chroot"* ]] || fail "$(<"$T/err")"
}

@test "doctor: a seccomp filter around us" {
	cp "$WOLFFIA" "$T/wolffia"
	# the default filter of direct use lets nobody make a user namespace
	w do -v "$T" -- "$T/wolffia" doctor --json
	[ "$status" -eq 2 ] || fail "$status $err"
	says userns missing "*user*" "*seccomp*"
	says namespaces missing "not tried: it needs a user namespace"
	says tun missing "/dev/net/tun: it does not exist" "*modprobe tun*"
	says fuse missing "/dev/fuse: it does not exist"
	says landlock "*" "*"
}

@test "doctor: nested in our own container, without a filter" {
	cp "$WOLFFIA" "$T/wolffia"
	w do --no-seccomp --no-landlock -v "$T" -- "$T/wolffia" doctor --json
	says userns missing "write uid_map of a new user namespace: not allowed" "root without CAP_SETFCAP cannot map itself*"
	w do --no-seccomp --no-landlock --user 1000 -v "$T" -- "$T/wolffia" doctor --json
	says userns ok ""
	# our masks make the kernel refuse a new one: it would show what they hide
	says proc degraded "*ount too revealing*" "*--allow-host-proc*"
	says subids "*" "*" "*"
	[ "$status" -eq 1 ] || fail "$status $out"
}

@test "doctor: a kernel without Landlock; landlock-only does not begin (R47)" {
	cp "$WOLFFIA" "$R/wolffia"
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
		{names: ["landlock_create_ruleset"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
	args /wolffia doctor --json
	w run -b "$B" "$ID"
	says landlock missing "Landlock: *" "a kernel with CONFIG_SECURITY_LANDLOCK*"
	args /wolffia do --sandbox landlock-only -- /probe
	no 125 "--sandbox landlock-only: this kernel has no Landlock" run -b "$B" "$ID"
}

@test "doctor: the ids that root gives away" {
	need_root
	printf 'containers:100000:1000\ncontainers:300000:24\n' >"$T/some"
	: >"$T/empty"
	local file want
	while IFS='|' read -r file want; do
		doctor unshare -m sh -c 'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid && shift && exec "$@"' sh "$T/$file"
		[ "$(jq -r '.checks[] | select(.name == "subids") | .state + " " + .found' "$T/out")" = "ok $want" ] || fail "$(<"$T/out")"
	done <<-'END'
		some|root needs none; --userns auto has 1024 uids, 1024 gids
		empty|root needs none but for --userns auto and nomap: /etc/subuid has no line for containers
	END
}

@test "doctor: no subordinate ids" {
	[ "$(id -u)" -ne 0 ] || skip "root needs none"
	grep -q "^$(id -un):" /etc/subuid || skip "there are none"
	doctor env
	says subids ok ""
	says newidmap ok ""
	doctor setpriv --no-new-privs
	says newidmap missing "no_new_privs is set for the calling process*" "start wolffia without no_new_privs*"
	: >"$T/empty"
	with_over /etc/subuid "$T/empty" /etc/subgid "$T/empty"
	says subids missing "$(id -un) has no range in /etc/subuid and /etc/subgid" "*usermod --add-subuids*$(id -un)*"
	says newidmap missing "*"
	grep "^$(id -un):" /etc/subuid >"$T/some"
	with_over /etc/subuid "$T/some" /etc/subgid "$T/empty"
	says subids missing "$(id -un) has no range in /etc/subgid" "*--userns single*"
}

# with_over PLACE FILE...: doctor where FILE lies over PLACE; the caller's id is the same
with_over() {
	local ids="-U -m --map-user=$(id -u) --map-group=$(id -g) --keep-caps"
	# shellcheck disable=SC2086 # options
	unshare $ids true 2>/dev/null || skip "unshare cannot keep the id"
	# shellcheck disable=SC2086
	doctor unshare $ids sh -c 'while [ "$1" != -- ]; do mount --bind "$2" "$1" || exit 9; shift 2; done; shift; exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"' sh "$@" --
}

@test "doctor: newuidmap without its privilege" {
	[ "$(id -u)" -ne 0 ] || skip "root needs none"
	grep -q "^$(id -un):" /etc/subuid || skip "there are no subordinate ids"
	cp /usr/bin/newuidmap "$T/newuidmap"
	with_over /usr/bin/newuidmap "$T/newuidmap"
	says subids ok ""
	says newidmap missing "*newuidmap*" "*set-uid*"
}

@test "doctor: a /proc that is partly hidden" {
	need_root
	doctor unshare -m sh -c 'mount -t tmpfs none /proc/acpi && exec "$@"' sh
	says proc degraded "*too revealing*" "*--allow-host-proc*"
	[ "$status" -eq 1 ]
}

@test "doctor: cgroups that cannot be written to" {
	need_root
	doctor unshare -m sh -c 'mount -o remount,bind,ro /sys/fs/cgroup && exec "$@"' sh
	says cgroup missing "/sys/fs/cgroup is mounted read-only" "*writable*"
	# where v1 has the controllers that is said too
	says memory missing "*memory*" "@(see cgroup|start the kernel with cgroup_no_v1=all*)"
}

@test "doctor: no helper program, no tun device" {
	need_root
	mkdir "$T/none"
	doctor unshare -m sh -c "for d in /usr/bin/pasta /usr/bin/slirp4netns; do [ ! -e \$d ] || mount --bind /dev/null \$d; done; mount -t tmpfs none /dev; exec \"\$@\"" sh
	says pasta missing "pasta: not found" "install the package passt"
	says slirp4netns missing "slirp4netns: not found" "install the package slirp4netns"
	says tun missing "/dev/net/tun: it does not exist" "*"
}

@test "doctor: no place for the state" {
	w --root /proc/none doctor --json
	says state missing "state root: make directory /proc/none: *" "give --root a directory*"
	[ "$status" -eq 2 ]
	[ "$(id -u)" -ne 0 ] || return 0
	XDG_RUNTIME_DIR=/no/such doctor env
	says state degraded "state root: make *" "*XDG_RUNTIME_DIR*"
}

@test "doctor: no /proc at all" {
	need_root
	status=0
	unshare -m sh -c "mount -t tmpfs none /proc; '$WOLFFIA' doctor" >"$T/out" 2>"$T/err" 3>&- || status=$?
	[ "$status" -eq 2 ] && grep -q "^missing   procfs" "$T/out" || fail "$status $(<"$T/out")"
}

@test "doctor: --fix-hint is a profile for this very program (R51)" {
	ok doctor --fix-hint
	grep -qxF "profile wolffia \"$(readlink -f "$WOLFFIA")\" flags=(unconfined) {" <<<"$out" || fail "$out"
	grep -qx "	userns," <<<"$out"
	# it is the one that is installed
	sed "s|@program@|$(readlink -f "$WOLFFIA")|" "$BATS_TEST_DIRNAME/../../contrib/apparmor/wolffia.in" | diff - "$T/out"
	! command -v apparmor_parser >/dev/null || apparmor_parser -Q -K -S "$T/out" >/dev/null 2>"$T/err" || skip "$(head -n 1 "$T/err")"
}
