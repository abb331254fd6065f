# SPDX-License-Identifier: GPL-2.0-or-later
# Namespace hygiene: whatever a killed wolffia leaves when those who clean up are killed with it
# (the runtime, its keeper, the init, a holder, a warden, all at once), `list` shows and `gc`
# removes, each kind; nothing of a container that lives, nor of a stranger. As root and as a
# plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	mkdir "$T/tmp"
	export TMPDIR=$T/tmp
	if [ "$(id -u)" -eq 0 ]; then
		grep -q ^containers /etc/subuid || echo containers:100000:65536 >>/etc/subuid
		grep -q ^containers /etc/subgid || echo containers:100000:65536 >>/etc/subgid
	fi
	before=$(leftovers)
}

# struck WORD...: starts it, kills the whole family at the same moment; $pids
struck() {
	"$WOLFFIA" "$@" 3>&- >"$T/o" 2>&1 &
	local first=$!
	until_true grep -q here "$T/o" || fail "$(<"$T/o")"
	pids=$(family "$first")
	end_together
	wait "$first" 2>/dev/null || true
}

# collected NAME: gc finds one thing, of which it says the glob, and a second time none
collected() {
	ok gc --dry-run
	# shellcheck disable=SC2053 # a pattern
	[[ $out == "would remove "$1 ]] || fail "gc --dry-run: $out"
	ok gc
	# shellcheck disable=SC2053
	[[ $out == "removed "$1 ]] || fail "gc: $out"
	ok gc --all
	[ -z "$out" ] || fail "again: $out"
	[ -z "$("$WOLFFIA" list -q)" ]
	[ -z "$(ls -A "$T/tmp")" ] || fail "$(find "$T/tmp")"
	calm
}

script="echo here; exec sleep 1000"

@test "gc: state and cgroup of a run whose every process was killed" {
	struck "do" --id "$ID" -- sh -c "$script"
	[ "$("$WOLFFIA" list -q)" = "$ID" ]
	[ "$(status_of "$ID")" = stopped ]
	collected "$ID (its command is gone)"
}

@test "gc: layers on disk, with files of other ids in them" {
	local mode=shared
	[ "$(id -u)" -ne 0 ] || mode=auto:size=3000
	struck run --rootfs "$R" --overlay disk --userns $mode --id "$ID" -- sh -c "mkdir /d && echo x >/d/f && chmod 0 /d; $script"
	[ -n "$(ls -A "$T/tmp")" ]
	collected "$ID (its command is gone)"
}

@test "gc: a range of ids, until somebody needs it" {
	struck run --rootfs "$R" --userns auto:size=60000 --id "$ID" -- sh -c "$script"
	[ "$("$WOLFFIA" list -q)" = "$ID" ]
	collected "$ID (its command is gone)"
	ok run --rootfs "$R" --userns auto:size=65536 -- cat /proc/self/uid_map
	[[ $out == *65536 ]] || fail "$out"
}

@test "who needs ids takes back those of containers whose every process was killed (R10)" {
	local n
	for n in 1 2 3; do
		struck run --rootfs "$R" --userns auto:size=20000 --overlay disk --id "$ID-$n" -- sh -c "echo x >/f; $script"
		# the next has the same ids: those before are gone by then, with layer and cgroup
		[ "$("$WOLFFIA" list -q)" = "$ID-$n" ] || fail "$("$WOLFFIA" list)"
		[ "$(ls "$T/tmp" | wc -l)" -eq 1 ]
	done
	ok run --rootfs "$R" --userns auto:size=65536 -- cat /proc/self/uid_map
	[[ $out == *" 100000 "*65536 ]] || fail "$out"
	[ -z "$("$WOLFFIA" list -q)" ] && [ -z "$(ls -A "$T/tmp")" ]
	calm
}

@test "who needs ids leaves those of containers that live, or whose command does (R10)" {
	local first init
	# its command and its keeper are killed, its program is not
	args /bin/sleep 1000
	config '.annotations["wolffia.userns"] = "auto:size=30000" | del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces |= map(select(.type != "user")) + [{type: "user"}]'
	"$WOLFFIA" run -b "$B" "$ID-1" 3>&- >/dev/null 2>&1 &
	first=$!
	until_true runs "$ID-1"
	kill -9 $first
	wait $first || true
	# its program has ended, its command has been stopped before it could see that
	"$WOLFFIA" "do" --userns auto:size=30000 --id "$ID-2" -- sh -c "$script" 3>&- >"$T/o" 2>&1 &
	first=$!
	until_true grep -q here "$T/o" || fail "$(<"$T/o")"
	init=$("$WOLFFIA" state "$ID-2" | jq .pid)
	kill -STOP $first
	kill -9 "$init"
	until_true stopped "$ID-2"
	no 125 "need 6000 uids, 5536 of 65536 are free" run --rootfs "$R" --userns auto:size=6000 -- true
	ok gc --all
	[ -z "$out" ] || fail "$out"
	[ "$("$WOLFFIA" list -q | wc -l)" -eq 2 ]
	kill -CONT $first
	wait $first || true
	[ "$("$WOLFFIA" list -q)" = "$ID-1" ]
	ok kill "$ID-1" KILL
	until_true stopped "$ID-1"
	ok run --rootfs "$R" --userns auto:size=65536 -- true
	[ -z "$("$WOLFFIA" list -q)" ]
}

@test "gc: the holder of a network and its helper end with the init, whoever is killed" {
	command -v slirp4netns >/dev/null && [ -w /dev/net/tun ] || skip "no slirp4netns or tun here"
	local first
	"$WOLFFIA" "do" --net slirp4netns --id "$ID" -- sh -c "$script" 3>&- >"$T/o" 2>&1 &
	first=$!
	until_true grep -q here "$T/o" || fail "$(<"$T/o")"
	pgrep slirp4netns >/dev/null
	# the runtime, its keeper and the init; not the holder, not the helper
	pids=$(for p in $(family $first); do
		[ -n "$(ps -o pid= --ppid "$p" | xargs -r ps -o comm= -p | grep slirp)" ] || ps -o pid=,comm= -p "$p" | awk '$2 !~ /slirp/ { print $1 }'
	done)
	end_together
	wait $first 2>/dev/null || true
	until_true sh -c '! pgrep slirp4netns'
	collected "$ID (its command is gone)"
}

@test "gc: root: what was mounted to give files the container's ids" {
	need_root
	struck run --rootfs "$R" --userns auto:size=3000 --root-ids metacopy --id "$ID" -- sh -c "$script"
	collected "$ID (its command is gone)"
}

@test "gc: the folder of a landlock-only; not one that is in use or somebody's" {
	w doctor --json
	[ "$(jq -r '.checks[] | select(.name == "landlock") | .state' "$T/out")" = ok ] || skip "no Landlock in this kernel"
	local one two survivor
	struck "do" --sandbox=landlock-only -- sh -c "$script"
	one=$(ls -d "$T"/tmp/wolffia-lone-*)
	# names that are not ours, and a folder that is younger than its own first steps
	mkdir -m 700 "$T/tmp/wolffia-lone-" "$T/tmp/wolffia-lone-0123456789abcdef" "$T/tmp/wolffia-lone-0123456789abcdefg"
	ln -s "$T" "$T/tmp/wolffia-lone-0123456789abcde0"
	"$WOLFFIA" "do" --sandbox=landlock-only -- sh -c "$script" 3>&- >"$T/o2" 2>&1 &
	two=$!
	until_true grep -q here "$T/o2"
	# a process that was started with such a folder and lives on
	mkdir -p "$T/tmp/wolffia-lone-00000000000000aa/home"
	chmod 700 "$T/tmp/wolffia-lone-00000000000000aa"
	HOME="$T/tmp/wolffia-lone-00000000000000aa/home" sleep 1000 3>&- &
	survivor=$!
	# not before: the shell's child has the shell's environment until it executes the program
	until_true grep -qz wolffia-lone-00000000000000aa "/proc/$survivor/environ"
	ok gc
	[ "$out" = "removed $one (a folder of a landlock-only that is gone)" ] || fail "$out"
	kill $survivor && wait $survivor || true
	ok gc --json
	[ "$(jq -r '.[].id' <<<"$out")" = "$T/tmp/wolffia-lone-00000000000000aa" ] || fail "$out"
	kill -0 $two
	kill -TERM $two
	wait $two || true
	[ "$(ls "$T/tmp" | wc -l)" -eq 4 ] || fail "$(ls "$T/tmp")"
}

@test "gc: nothing of what lives: created, running, paused, a run of somebody's" {
	local n=0 word
	args /bin/sleep 1000
	[ "$(id -u)" -eq 0 ] || config '.annotations["wolffia.userns"] = "single" | del(.linux.uidMappings, .linux.gidMappings)'
	ok create -b "$B" "$ID-1"
	ok run -d -b "$B" "$ID-2"
	ok run -d -b "$B" "$ID-3"
	"$WOLFFIA" pause "$ID-3" 2>/dev/null || n=1 # without a cgroup it runs on
	"$WOLFFIA" "do" --id "$ID-4" -- sh -c "$script" 3>&- >"$T/o" 2>&1 &
	until_true grep -q here "$T/o"
	ok list
	cp "$T/out" "$T/list"
	for word in "" --all; do
		# shellcheck disable=SC2086
		ok gc $word
		[ -z "$out" ] || fail "gc $word: $out"
	done
	ok list
	diff "$T/list" "$T/out"
	[ "$n" -ne 0 ] || ok resume "$ID-3"
	kill %?o || kill $!
	wait $! || true
	for n in 1 2 3; do ok delete --force "$ID-$n"; done
}

@test "gc, delete, state: a container of a pid namespace that is not seen from here may live" {
	need_root # unshare -p
	local init word
	elsewhere() {
		status=0
		unshare -p -f --mount-proc "$WOLFFIA" "$@" >"$T/out" 2>"$T/err" 3>&- || status=$?
		out=$(<"$T/out") err=$(<"$T/err")
	}
	args /bin/sleep 1000
	ok run -d -b "$B" "$ID"
	init=$("$WOLFFIA" state "$ID" | jq .pid)
	elsewhere gc --all
	[ "$status" -eq 0 ] && [ -z "$out" ] || fail "$status $out$err"
	for word in delete state kill; do
		elsewhere "$word" "$ID"
		[ "$status" -eq 1 ] && [[ $err == *"container $ID was made in another pid namespace"*hint:* ]] ||
			fail "$word: $status $err"
	done
	runs "$ID"
	if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then # v1 has no cgroup.kill
		ok delete --force "$ID"
		return
	fi
	elsewhere delete --force "$ID"
	[ "$status" -eq 0 ] || fail "$err"
	until_true eval "! kill -0 $init 2>/dev/null"
	no 1 "does not exist" state "$ID"
}
