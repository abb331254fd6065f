# SPDX-License-Identifier: GPL-2.0-or-later
# --init and the signals of direct use (R41). As root and as a plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	before=$(leftovers)
}

d() { w run --rootfs "$R" "$@"; }

# running OPTION... -- PROGRAM...: in the background as $pid, once it has written "ready"
running() {
	: >"$T/said" # what the last one said; the background empties it later
	( trap - INT QUIT; exec "$WOLFFIA" run --rootfs "$R" "$@" ) >"$T/said" 2>&1 3>&- </dev/null &
	pid=$!
	until_true grep -q ready "$T/said"
}

# ended STATUS: that is how $pid ended
ended() {
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq "$1" ] || fail "$status, not $1: $(<"$T/said")"
}

@test "init: the exit status is the program's, or 128 and its signal (R41)" {
	local n
	for n in 0 1 42 125 255; do
		d --init -- sh -c "exit $n"
		[ "$status" -eq "$n" ] || fail "$n: $status $err"
	done
	for n in KILL TERM HUP USR1 SEGV; do
		d --init -- sh -c "kill -$n \$\$; sleep 1"
		[ "$status" -eq $((128 + $(kill -l $n))) ] || fail "$n: $status $err"
	done
	# without it the first process of a pid namespace cannot be killed from inside
	d -- sh -c 'kill -KILL $$; kill -TERM $$; exit 3'
	[ "$status" -eq 3 ]
	d --init -- no-such-program
	[ "$status" -eq 127 ] && [[ $err == *'"no-such-program": executable file not found'* ]] || fail "$status $err"
	d --init -- /etc/passwd
	[ "$status" -eq 126 ]
}

@test "init: orphans are collected, and end with the program" {
	d --init -- sh -c 'echo $$; for i in 1 2 3; do (sleep 0.05 &) ; done; sleep 0.4; i=0
		while n=$(cat /proc/[0-9]*/stat | grep -c "(sleep)"); [ $n -gt 0 ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done
		echo $n'
	[ "$out" = $'2\n0' ] || fail "$out $err"
	d --init -- sh -c '(sleep 100 &) ; exit 4'
	[ "$status" -eq 4 ]
	# without it they stay
	d -- sh -c '(sh -c "exit 0" &) ; sleep 0.2; cat /proc/[0-9]*/stat | grep -c ") Z "; exit 0'
	[ "$out" != 0 ] || echo "# this shell collects them itself" >&3
}

@test "init: its reaper is not the host's binary, holds nothing open and is as locked as the program" {
	d --init -- sh -c 'tr -d "\0" </proc/1/cmdline; echo; ls /proc/1/fd 2>/dev/null | wc -l; readlink /proc/1/exe; for f in Seccomp NoNewPrivs CapEff CapBnd; do grep "^$f:" /proc/1/status; grep "^$f:" /proc/self/status; done | uniq -c | awk "{print \$1}" | tr -d "\n"'
	# not dumpable: the program, of the same ids, can neither look into it nor trace it
	[[ $(sed -n 1p <<<"$out") == wolffia-init* ]] || fail "$out $err"
	[ "$(sed -n 2p <<<"$out")" = 0 ]
	[ "$(sed -n 3p <<<"$out")" = 2222 ] || fail "$out"
	d --init -- cat /proc/1/comm
	[ "$out" = wolffia-init ] || fail "$out"
	# who reads a pipe to its end waits for the program alone
	out=$("$WOLFFIA" run --rootfs "$R" --init -- sh -c 'echo x; exec >&- 2>&-; exec sleep 2' 3>&- 2>/dev/null &
		wait $! )
	[ "$out" = x ]
}

@test "init: every signal comes through, and ends a program that does not handle it" {
	local sig
	for sig in TERM INT HUP QUIT USR1 ALRM; do
		running --init -- sh -c 'echo ready; exec sleep 30'
		kill -s $sig $pid
		ended $((128 + $(kill -l $sig)))
	done
	running --init -- sh -c 'trap "echo got; exit 9" TERM; echo ready; while :; do sleep 0.05; done'
	kill -TERM $pid
	ended 9
	grep -q got "$T/said"
}

@test "direct: a second signal, or --stop-timeout after the first, is SIGKILL (R41)" {
	local init
	for init in "" --init; do
		# shellcheck disable=SC2086 # nothing or one option
		running $init -- sh -c 'trap "echo no" TERM INT; echo ready; while :; do sleep 0.05; done'
		kill -TERM $pid
		until_true grep -q no "$T/said"
		kill -INT $pid
		ended 137
		# shellcheck disable=SC2086
		running $init --stop-timeout 1 -- sh -c 'trap "echo no" TERM; echo ready; while :; do sleep 0.05; done'
		kill -TERM $pid
		ended 137
		grep -q no "$T/said"
	done
	# without it a program may take its time
	running -- sh -c 'trap "sleep 0.5; exit 5" TERM; echo ready; while :; do sleep 0.05; done'
	kill -TERM $pid
	ended 5
}

@test "init: --timeout is polite to the program itself" {
	d --init --timeout 0.3 --result "$T/r" -- sleep 20
	[ "$status" -eq 124 ]
	[ "$(jq -r '"\(.timedOut) \(.killedBy) \(.signal)"' "$T/r")" = "true timeout SIGTERM" ] || fail "$(<"$T/r")"
	# an exit status that only looks like a signal's is none
	d --init --result "$T/r" -- sh -c 'kill -SEGV $$'
	[ "$(jq -r '"\(.status) \(.signal) \(.exitCode)"' "$T/r")" = "139 SIGSEGV null" ] || fail "$(<"$T/r")"
	d --init --result "$T/r" -- sh -c 'exit 139'
	[ "$(jq -r '"\(.status) \(.signal) \(.exitCode)"' "$T/r")" = "139 null 139" ] || fail "$(<"$T/r")"
	d --init --result "$T/r" -- sh -c 'printf "signal 09" >/proc/1/comm; exit 3'
	[ "$(jq -r '"\(.status) \(.signal) \(.exitCode)"' "$T/r")" = "3 null 3" ] || fail "$(<"$T/r")"
}

@test "init: with a terminal the program is in the foreground, and its keys arrive once" {
	d --init -t -- sh -c 'test -t 0 && read -r _ _ _ _ group _ _ front _ </proc/self/stat; echo "${group#"$front"}."; echo $$' </dev/null
	[ "$(tr -d '\r' <<<"$out")" = $'.\n2' ] || fail "$out $err"
}

@test "init: in a bundle, by the annotation; exec and delete as ever" {
	config '.annotations["wolffia.init"] = "true"'
	args sh -c 'echo $$ >/tmp/p; exec sleep 60'
	ok create -b "$B" "$ID"
	ok start "$ID"
	until_true "$WOLFFIA" exec "$ID" sh -c 'test "$(cat /tmp/p)" = 2'
	ok kill "$ID" TERM
	until_true sh -c "'$WOLFFIA' state '$ID' | grep -q stopped"
	ok delete "$ID"
}
