# SPDX-License-Identifier: GPL-2.0-or-later
# What direct use keeps of its caller, as a word before a command does: limits, processors, long
# command lines. As root and as a plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	cd "$T"
	before=$(leftovers)
}

# limited OPTION VALUE: W, by who has set that limit (bash's ulimit) for himself
limited() {
	printf '#!/bin/bash\nulimit %s %s && exec "%s" "$@"\n' "$1" "$2" "${limited_by:-$WOLFFIA}" >"$T/limited"
	chmod +x "$T/limited"
	WOLFFIA=$T/limited
}

@test "do: a caller's own limits that are lower than ours stay, nothing is refused for them (R44)" {
	local limited_by=$WOLFFIA
	limited -u 500
	ok do -- bash -c 'ulimit -Su; ulimit -Hu'
	[ "$err" = "" ] || fail "$err"
	# a cgroup with that controller takes the place of our limit
	[ "$out" = $'500\n500' ] || fail "$out"
	ok --cgroup-manager disabled do --pids 600 -- bash -c 'ulimit -Hu'
	if [ "$(id -u)" -ne 0 ]; then
		[[ $err == "warning: pids: the caller's own limit of processes (ulimit -u) is lower and stays"* ]] || fail "$err"
	fi
	[ "$out" = 500 ] || fail "$out"
	limited -Su 300
	ok do -- bash -c 'ulimit -Su'
	[ "$out" = 300 ] || fail "$out"
	limited -f 1000
	ok do --fsize 1g -- bash -c 'ulimit -Hf'
	[ "$err" = "warning: fsize: the caller's own limit (ulimit -f) is lower and stays" ] || fail "$err"
	[ "$out" = 1000 ] || fail "$out"
	ok do --fsize 10k -- bash -c 'ulimit -Hf'
	[ -z "$err" ] && [ "$out" = 10 ] || fail "$out $err"
	limited -d 400000
	ok --cgroup-manager disabled do --memory 1g -- bash -c 'ulimit -Hd'
	[[ $err == "warning: memory: the caller's own limit (ulimit -d) is lower and stays"* ]] || fail "$err"
	[ "$out" = 400000 ] || fail "$out"
}

@test "do: without a cgroup the limit of processes counts those inside, not the caller's others" {
	[ "$(id -u)" -ne 0 ] || skip "no limit of processes binds root"
	local i pids=()
	for i in {1..12}; do
		sleep 300 3>&- &
		pids+=($!)
	done
	w --cgroup-manager disabled do --pids 10 -- sh -c 'true | true | true && echo all'
	kill "${pids[@]}"
	[ "$status" -eq 0 ] && [ "$out" = all ] || fail "$status $out $err"
	[[ $err == *"RLIMIT_NPROC limits each user in it alone"* ]] || fail "$err"
}

@test "do: the processors that taskset has left its caller are the program's too" {
	[ "$(nproc)" -gt 1 ] || skip "one processor"
	local cpu want
	cpu=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)
	for want in "do" "do --no-init" "do --sandbox=landlock-only"; do
		# shellcheck disable=SC2086 # a list of words
		"$WOLFFIA" $want -- true 2>/dev/null || [[ $want != *landlock* ]] || continue
		# shellcheck disable=SC2086
		out=$(taskset -c "$cpu" "$WOLFFIA" $want -- grep Cpus_allowed_list /proc/self/status 2>/dev/null)
		[ "${out##*[[:space:]]}" = "$cpu" ] || fail "$want: $out"
	done
}

@test "do: a hundred thousand words" {
	# shellcheck disable=SC2046 # words
	ok do -- sh -c 'echo $# $100000' x $(seq 100000)
	[ "$out" = "100000 1000000" ] || [ "$out" = "100000 100000" ] || fail "$out"
}

@test "do: addresses can be fixed, for debuggers and ThreadSanitizer, but not made executable" {
	ok do -- setarch -R cat /proc/self/personality
	[ "$out" = 00040000 ] || fail "$out"
	w do -- setarch -RX true
	[ "$status" -eq 1 ] && [[ $err == *"Function not implemented"* ]] || fail "$status $err"
}

@test "do: descriptors are passed on when they are counted, else not; a jobserver's too" {
	# w() itself closes 3, which is bats' own
	out=$("$WOLFFIA" do -- cat /dev/fd/3 3< <(echo through) 2>/dev/null || true)
	[ -z "$out" ] || fail "$out"
	out=$("$WOLFFIA" do --preserve-fds 1 -- cat /dev/fd/3 3< <(echo through) 2>&1)
	[ "$out" = through ] || fail "$out"
	no 125 "error: --preserve-fds: descriptor 3 is not open" do --preserve-fds 1 -- true
	no 125 "error: --sandbox landlock-only: not with --preserve-fds: no wall would be left around what is open already" \
		do --sandbox=landlock-only --preserve-fds 1 -- true
	command -v make >/dev/null || skip "no make"
	# make's tokens, on a pipe that is there as 3 and 4
	mkfifo p
	printf 'all: 1 2 3\n1 2 3: ; @echo $@\n' >Makefile
	out=$(exec 3<>p 4>&3 && printf ++ >&4 &&
		"$WOLFFIA" do -v . --preserve-fds 2 -e MAKEFLAGS=' -j --jobserver-auth=3,4' -- make 2>&1 || echo "$?")
	[ "$(sort <<<"$out")" = $'1\n2\n3' ] || fail "$out"
}

@test "do: a namespace of whatever kind is not permitted, rather than unknown to the kernel" {
	local way
	for way in --user --mount --net --pid --ipc --uts --cgroup --time; do
		w do -- unshare $way true
		[ "$status" -eq 1 ] && [[ $err == *"Operation not permitted"* ]] || fail "$way: $status $err"
	done
}
