# SPDX-License-Identifier: GPL-2.0-or-later
# Direct use inside a container of our own (R48), and on a machine that lacks something: what
# is missing and what to do is said, and nothing weaker is served. As root and as a plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	cp "$WOLFFIA" "$T/wolffia"
	before=$(leftovers)
}

# outer OPTION...: a `do` with the binary in it
outer() { w do -v "$T" "$@"; }

# told SENTENCE HINT: exit status 125 with both, and not a word on standard output
told() {
	[ "$status" -eq 125 ] || fail "$status: $err$out"
	[[ $err == "error: "*"$1"* && $err == *"hint: "*"$2"* ]] || fail "$err"
	[ -z "$out" ]
}

@test "nested: /proc is refused with the option that helps, and --allow-host-proc is read-only (R48)" {
	outer --no-seccomp --no-landlock --user 1000 -- "$T/wolffia" do -- echo here
	told "ount too revealing" "--allow-host-proc"
	outer --no-seccomp --no-landlock --user 1000 -- "$T/wolffia" do --allow-host-proc -- echo here
	[ "$status" -eq 0 ] && [ "$out" = here ] || fail "$status $err"
	outer --no-seccomp --no-landlock --user 1000 -- "$T/wolffia" do --allow-host-proc -- sh -c 'echo 1 >/proc/self/oom_score_adj; ls -d /sys/class/net/lo /dev/pts /dev/shm'
	[[ $err == *"Read-only file system"* ]] || fail "$err"
	[ "$(wc -l <<<"$out")" -eq 3 ] || fail "$out"
}

@test "nested: the outer walls are named: its filter, its Landlock, its missing capability" {
	outer --user 1000 -- "$T/wolffia" do --allow-host-proc -- echo here
	told "new process with namespaces user" "seccomp"
	outer --no-seccomp --no-landlock -- "$T/wolffia" do --allow-host-proc -- echo here
	told "write uid_map: not allowed" "CAP_SETFCAP"
	w doctor --json
	[ "$(jq -r '.checks[] | select(.name == "landlock") | .state' "$T/out")" = ok ] || skip "no Landlock"
	outer --no-seccomp --user 1000 -- "$T/wolffia" do --allow-host-proc -- echo here
	told "Operation not permitted" "--no-landlock"
}

# limited LIMIT: `do` where user.LIMIT is 0
limited() {
	status=0
	unshare -U -r sh -c 'echo 0 >/proc/sys/user/$0 && exec "$@"' "$1" "$WOLFFIA" do -- echo here >"$T/out" 2>"$T/err" 3>&- || status=$?
	out=$(<"$T/out") err=$(<"$T/err")
}

@test "nested: as deep as the kernel lets user namespaces be, and one more (R47)" {
	local n levels= last=
	for n in {1..33}; do
		levels+="unshare -Ur "
		[ "$n" -ge 28 ] || continue
		printf '#!/bin/bash\nexec %s%s "$@"\n' "$levels" "$T/wolffia" >"$T/deep"
		chmod 755 "$T/deep"
		last=$out
		WOLFFIA=$T/deep w do -- echo here
		[ "$status" -eq 0 ] || break
	done
	[ "$last" = here ] || fail "$last"
	told "No space left on device" "namespaces are nested deeper than 32 here, or"
	# limits that cannot be the cause are not named
	[[ $err != *"user 2"* ]] || fail "$err"
	WOLFFIA=$T/deep w doctor
	[[ $out == *"nested deeper than 32"* ]] || fail "$out"
}

@test "lacking: namespaces that are used up" {
	local kind
	for kind in user pid mnt net ipc uts; do
		limited max_${kind}_namespaces
		told "new process with namespaces" "user.max_${kind}_namespaces is 0: raise it as root"
		# a way that needs that kind all the same is none
		[ $kind = user ] || [[ $err != *"--userns host"* ]] || fail "$err"
	done
}

@test "lacking: a limit of one, which somebody else has" {
	local kind
	for kind in user net; do
		# the other one lives until it is told
		mkfifo "$T/until-$kind"
		# shellcheck disable=SC2016 # of the inner shell
		timeout --foreground 60 unshare -U -r sh -c 'echo 1 >/proc/sys/user/max_$1_namespaces
			unshare --$1 -- sh -c "echo up >$2.up; read -r _ <$2" & while [ ! -s $2.up ]; do sleep 0.02; done
			"$3" do -- echo here; s=$?; echo >$2; wait; exit $s' sh "$kind" "$T/until-$kind" "$WOLFFIA" >"$T/out" 2>"$T/err" 3>&- && fail "it ran"
		out=$(<"$T/out") err=$(<"$T/err")
		[[ $err == *"No space left on device"*"hint: a limit user.max_*_namespaces is used up here or in an outer user namespace ($kind 1)"* ]] || fail "$err"
	done
}

@test "lacking: subordinate ids" {
	[ "$(id -u)" -ne 0 ] || skip "root needs none"
	: >"$T/empty"
	local mode ids
	ids="-U -m --map-user=$(id -u) --map-group=$(id -g) --keep-caps"
	# shellcheck disable=SC2086 # options
	unshare $ids true 2>/dev/null || skip "unshare cannot keep the id"
	for mode in shared keep-id nomap; do
		status=0
		# shellcheck disable=SC2086,SC2016
		unshare $ids sh -c 'mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid && exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"' "$T/empty" \
			"$WOLFFIA" do --userns $mode -- echo here >"$T/out" 2>"$T/err" 3>&- || status=$?
		out=$(<"$T/out") err=$(<"$T/err")
		told "has no subordinate ids in /etc/subuid" "single"
	done
}

@test "lacking: cgroups are done without, and a limit says what takes its place" {
	w --cgroup-manager disabled --log-level info do --memory 100m --cpus 1 -- echo here
	[ "$out" = here ] || fail "$err"
	[[ $err == *"RLIMIT_DATA limits each process alone"* && $err == *"cpus: no cgroup with this controller"* ]] || fail "$err"
}
