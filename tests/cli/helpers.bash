# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Three verbs for what a user does, and the words to judge what came out:
#
#	bundle			a fresh bundle in $B with the plain config (done before each test)
#	config FILTER...	jq filters over its config.json, one after the other
#	probe [WORD]...		runs it with tests/cli/probe.c and reads its facts
#
#	is KEY VALUE, like KEY GLOB, none KEY	about the probe's facts
#	refused SENTENCE	create and run fail with it, exit 1, and leave nothing
#	w ARGUMENT...		wolffia; then $status, $out, $err
#
# After each test nothing may be left: no container, process, cgroup, mount, file.

declare -gA fact=()

# Bats 1.13 keeps the number of its time-out's process where it is gone when a test has failed:
# the process lived on with bats' pipe, and the run did not end before the time was over.
if [[ $(declare -f bats_abort_timeout_countdown) == *BATS_killer_pid* ]]; then
	bats_abort_timeout_countdown() {
		kill "${BATS_killer_pid:-%1}" 2>/dev/null || true
	}
fi

# An emulated machine (tests/vm) is slow: everything may take so many times longer there.
patience=1
[ -z "${VM_PROFILE-}" ] || patience=6

# The program under test, its stdout in $out, its stderr in $err.
w() {
	status=0
	# descriptor 3 belongs to bats; nothing may take a minute
	timeout --foreground -k 1 $((60 * patience)) "$WOLFFIA" "$@" >"$T/out" 2>"$T/err" 3>&- || status=$?
	out=$(<"$T/out") err=$(<"$T/err")
}

# The same, and it must succeed.
ok() {
	w "$@"
	[ "$status" -eq 0 ] || fail "wolffia $* ended with $status: $err$out"
}

# ... must fail with STATUS and an error that contains SENTENCE.
no() {
	local want=$1 sentence=$2
	shift 2
	w "$@"
	[ "$status" -eq "$want" ] || fail "wolffia $* ended with $status, not $want: $err$out"
	[[ $err == *"$sentence"* ]] || fail "wolffia $* does not say" "  $sentence" "but" "  $err"
}

# COMMAND in a terminal of its own, what it wrote in $T/out. The terminal's other end is read and
# written to the last: script(1) would type a ^D for an input that ends, and its echo lands
# anywhere in the output.
in_terminal() {
	[ -p "$T/keyboard" ] || mkfifo "$T/keyboard"
	script -qec "$1" /dev/null <>"$T/keyboard" >"$T/out" 2>&1 3>&-
}

fail() {
	printf '%s\n' "$@" | cut -c 1-600 | head -n 12 >&2
	[ ! -f "$B/config.json" ] || jq -c . "$B/config.json" | cut -c 1-3000 >&2
	return 1
}

bundle() {
	B=$T/bundle
	[ ! -e "$B" ] || rm -rf "$B"
	mkdir "$B"
	cp -a --reflink=auto /tmp/template/rootfs /tmp/template/config.json "$B/"
	R=$B/rootfs
}

# config FILTER...
config() {
	local f all=.
	for f in "$@"; do all+=" | $f"; done
	jq "$all" "$B/config.json" >"$T/config" || fail "jq: $all"
	mv "$T/config" "$B/config.json"
}

# words WORD...: a JSON list (jq's own --args would take -c for an option)
words() {
	[ $# -eq 0 ] && echo '[]' && return
	printf '%s\x1e' "$@" | jq -Rsc 'split("\u001e")[:-1]'
}

# args WORD...: process.args
args() {
	config ".process.args = $(words "$@")"
}

# Reads key=value lines into fact[]
read_facts() {
	local line
	fact=()
	while IFS= read -r line; do
		line=${line%$'\r'}
		[[ $line == *=* ]] && fact[${line%%=*}]=${line#*=}
	done <"$1"
	return 0
}

# probe [WORD]...
probe() {
	[ $# -eq 0 ] || args /probe "$@"
	w run -b "$B" "$ID"
	[ "$status" -eq 0 ] || fail "run ended with $status: $err$out"
	read_facts "$T/out"
	[ -n "$out" ] || fail "the probe said nothing"
}

is() {
	[ "${fact[$1]-(nothing)}" == "$2" ] || fail "$1 is ${fact[$1]-(nothing)}, not $2"
}

# like KEY GLOB
like() {
	# shellcheck disable=SC2053 # a pattern on purpose
	[[ ${fact[$1]-(nothing)} == $2 ]] || fail "$1 is ${fact[$1]-(nothing)}, not like $2"
}

none() {
	[ -z "${fact[$1]+x}" ] || fail "$1 is ${fact[$1]}, should not be there"
}

# mount DEST: the facts about the topmost mount there:
# $m_type $m_options $m_propagation $m_super $m_root $m_source; fails when there is none
mount_at() {
	local i rest
	m_type=
	for ((i = 0; i < ${fact[mounts]:-0}; i++)); do
		rest=${fact[mount.$i]}
		[ "${rest%%|*}" = "$1" ] || continue
		IFS='|' read -r _ m_type m_options m_propagation m_super m_root m_source <<<"$rest"
		m_options=,$m_options, m_super=,$m_super,
	done
	[ -n "$m_type" ] || fail "nothing is mounted on $1"
}

# has WORD...: each is among the options of the last mount_at; lacks: none is
has() {
	for o in "$@"; do
		[[ $m_options == *,$o,* || $m_super == *,$o,* ]] ||
			fail "mount option $o is not in $m_options $m_super"
	done
}

lacks() {
	for o in "$@"; do
		[[ $m_options != *,$o,* ]] || fail "mount option $o is in $m_options"
	done
}

# refused SENTENCE: neither create nor run takes the config
refused() {
	local why
	no 1 "$1" create -b "$B" "$ID"
	why=$err
	[[ $err != *$'\n'*$'\n'* ]] || fail "more than two lines: $err"
	no 1 "does not exist" state "$ID"
	err=$why
}

# refusals: lines "FILTER => SENTENCE" on stdin, each alone on a fresh config; all are tried
refusals() {
	local line filter sentence bad=0 n=0
	while IFS= read -r line; do
		[[ $line == *' => '* ]] || continue
		filter=${line%% => *} sentence=${line#* => } n=$((n + 1))
		cp /tmp/template/config.json "$B/config.json"
		config "$filter"
		w create -b "$B" "$ID"
		if [ "$status" -ne 1 ] || [[ $err != *"$sentence"* ]]; then
			printf '%s\n  wanted (1): %s\n  got    (%s): %s\n' "$filter" "$sentence" \
				"$status" "$err" >&2
			bad=1
			"$WOLFFIA" delete --force "$ID" 2>/dev/null || true
		fi
	done
	[ "$n" -gt 0 ] && [ "$bad" -eq 0 ]
}

# taken: lines "FILTER", each alone on a fresh config must run (true)
taken() {
	local filter bad=0
	while IFS= read -r filter; do
		[ -n "$filter" ] || continue
		cp /tmp/template/config.json "$B/config.json"
		config '.process.args = ["/bin/true"]' "$filter"
		w run -b "$B" "$ID"
		if [ "$status" -ne 0 ]; then
			printf '%s\n  got (%s): %s\n' "$filter" "$status" "$err" >&2
			bad=1
		fi
	done
	[ "$bad" -eq 0 ]
}

# status_of ID
status_of() {
	"$WOLFFIA" state "$1" 2>/dev/null | jq -r .status
}

# until_true COMMAND...: tries for half a minute: a busy machine is no fault
until_true() {
	local end=$((SECONDS + 30 * patience))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -le $end ] || fail "still not: $*" || return
		sleep 0.02
	done
}

# killed_early COMMAND...: started again and again, and killed by SIGKILL after 1 to 60 ms
killed_early() {
	local i pid
	for i in 01 02 03 04 05 06 08 10 12 15 18 21 25 30 40 60; do
		"$@" 3>&- >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$i"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
	done
}

stopped() { [ "$(status_of "$1")" = stopped ]; }
runs() { [ "$(status_of "$1")" = running ]; }
there() { [ -s "$1" ]; }

# family PID: it and all that has come of it
family() {
	local p
	echo "$1"
	for p in $(ps -o pid= --ppid "$1"); do family "$p"; done
}

gone() { ! kill -0 "$@" 2>/dev/null; }

# Kills $pids, a family, at the same moment: nobody is left to do anything when the first is gone.
end_together() {
	# shellcheck disable=SC2086 # a list
	kill -STOP $pids 2>/dev/null || true
	# shellcheck disable=SC2086
	kill -9 $pids 2>/dev/null || true
	# shellcheck disable=SC2086
	until_true gone $pids
}

need_root() { [ "$(id -u)" -eq 0 ] || skip "needs root"; }

# A plain user's arena has none
need_cgroups() { ! grep -q none /.wolffia-arena 2>/dev/null || skip "no cgroups here"; }

# Not root of a user namespace, as the plain user's arena has it
is_machine_root() { [ "$(id -u)" -eq 0 ] && [ "$(readlink /proc/self/ns/user)" = "user:[4026531837]" ]; }

need_machine_root() { is_machine_root || skip "needs the machine's root"; }

# Everything a container could leave behind, as text. It starts no program: it runs twice a test.
leftovers() {
	local root=/run/wolffia d p comm cgroups='' processes=''
	local -a state files lines
	# bats notes every command down, which is most of the time here; only in $(leftovers)
	[ "$BASH_SUBSHELL" -eq 0 ] || trap - DEBUG
	shopt -s nullglob globstar
	[ "$EUID" -eq 0 ] || root=/run/user/1000/wolffia
	# of a user whom root's test plays, and of one without a runtime directory
	state=("$root"/* /tmp/wolffia-[0-9]*/*)
	[ "$EUID" -ne 0 ] || state+=(/run/user/1000/wolffia/*)
	files=(/tmp/wolffia-l* /var/tmp/wolffia-l*)
	# units of a systemd that runs here come and go
	for d in /sys/fs/cgroup/**/; do
		d=${d%/}
		[[ $d =~ ^/sys/fs/cgroup$|/(runner|agent|init|init.scope|supervisor|user|user/session|cpu|cpuacct|cpuset|memory|pids|blkio|devices|freezer)$|\.(service|slice|socket|mount)$ ]] ||
			cgroups+=" $d"
	done
	mapfile -t lines </proc/self/mountinfo
	for p in /proc/[0-9]*; do
		{ read -r comm <"$p/comm"; } 2>/dev/null || continue
		[[ ! $comm =~ ^(probe|wolffia|3|busybox|memfd|fuse-overlay|pas[ts][at]|slirp4netns) ]] || processes+=" ${p##*/}:$comm"
	done
	printf '%s\n' "state: ${state[*]}" "cgroups:$cgroups" "mounts: ${#lines[@]}" "processes:$processes" \
		"layers and homes: ${files[*]}"
	shopt -u nullglob globstar
}

# calm: within ten seconds nothing is left that was not in $before: what was told to end may need
# a moment
calm() {
	local i after
	for ((i = 0; i < 500; i++)); do
		after=$(leftovers)
		[ "$before" != "$after" ] || return 0
		sleep 0.02
	done
	diff <(echo "$before") <(echo "$after") >&2
	return 1
}

setup() {
	T=$BATS_TEST_TMPDIR
	ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	before=$(leftovers)
}

teardown() {
	local id
	[ -n "${before-}" ] || return 0 # setup() has skipped the test
	# what a failed test has mounted in its own place
	[[ $(</proc/self/mountinfo) != *" $BATS_TEST_TMPDIR/"* ]] ||
		grep -o " $BATS_TEST_TMPDIR/[^ ]*" /proc/self/mountinfo | sort -r | xargs -r -n 1 umount -l 2>/dev/null
	for id in $("$WOLFFIA" list -q 2>/dev/null); do
		"$WOLFFIA" delete --force "$id" || true
	done
	calm
}

# recipe_text PART: the one command of the README's section about direct use that has these words
recipe_text() {
	awk '/^## A private machine/ { on = 1; next } /^## / { on = 0 } on && /^wolffia / && index($0, want) { n++; print }
		END { exit n != 1 }' want="$1" "$BATS_TEST_DIRNAME/../../README.md" || fail "not one recipe has $1"
}

# recipe PART: runs it; $out, $err, $status
recipe() {
	local command
	command=$(recipe_text "$1")
	status=0
	timeout --foreground 60 bash -c "$command" >"$T/out" 2>"$T/err" 3>&- </dev/null || status=$?
	out=$(<"$T/out") err=$(<"$T/err")
	[ "$status" -eq 0 ] || fail "$command: $status: $err"
}
