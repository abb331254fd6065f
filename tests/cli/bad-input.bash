# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Bad input by rows. A row is "FILTER => SENTENCE": the jq filter spoils the plain config, and
# create must refuse it: exit 1, one line that holds the sentence, within a minute, and
# nothing is there afterwards that was not before. All configs of a table come out of one jq,
# and the look for leftovers starts no process, so that hundreds of rows take seconds.

# traces: sets $trace, what a container leaves where, in one string; without a process
traces() {
	local -a lines
	shopt -s nullglob globstar
	mapfile -t lines </proc/self/mountinfo
	local -a dirs=(/sys/fs/cgroup/**/) state=("${STATE:-/run/wolffia}"/*) files=("$B"/* "$T"/*)
	local p comm all=
	for p in /proc/[0-9]*; do
		{ read -r comm <"$p/comm"; } 2>/dev/null || continue
		case $comm in wolffia* | probe | 3 | busybox | memfd*) all+=" ${p##*/}:$comm" ;; esac
	done
	shopt -u nullglob globstar
	trace="mounts ${#lines[@]} cgroups ${#dirs[@]} state ${state[*]} files ${files[*]} processes$all"
}

# same_traces WHAT: within ten seconds it is as $calm says
same_traces() {
	local i
	for ((i = 0; i < 500; i++)); do
		traces
		[ "$trace" = "$calm" ] && return 0
		sleep 0.02
	done
	echo "$1: left: $trace, before: $calm" >&2
	return 1
}

# attempt WORD...: runs wolffia for at most a minute; $status, $err
attempt() {
	status=0
	timeout --foreground -s KILL 60 "$WOLFFIA" "$@" >"$T/out" 2>"$T/err" 3>&- </dev/null || status=$?
	err=$(<"$T/err")
}

# one_refused NAME SENTENCE: judges an attempt
one_refused() {
	local bad=
	[ "$status" -eq 1 ] || bad="ended with $status"
	[ -n "$err" ] || bad+=", no message"
	[[ $err != *$'\n'*$'\n'* ]] || bad+=", more than a line and a hint"
	[[ $err == *"$2"* ]] || bad+=", wanted: $2"
	same_traces "$1" || bad+=", something is left"
	[ -z "$bad" ] && return 0
	printf '%s\n    %s\n    said: %s\n' "$1" "${bad#, }" "${err:0:300}" >&2
	timeout -s KILL 10 "$WOLFFIA" delete --force "$ID" 2>/dev/null
	return 1
}

# bad_rows [COMMAND]: rows on stdin
bad_rows() {
	local line program='' n=0 good=0
	local -a filters=() sentences=() configs
	while IFS= read -r line; do
		[[ $line == *' => '* ]] || continue
		filters+=("${line%% => *}") sentences+=("${line#* => }")
		program+="${program:+, }(${line%% => *})"
	done
	jq -c "$program" "$B/config.json" >"$T/configs" || fail "jq"
	mapfile -t configs <"$T/configs"
	[ ${#configs[@]} -eq ${#filters[@]} ] || fail "${#configs[@]} configs from ${#filters[@]} rows"
	: >"$T/out" 2>"$T/err"
	traces
	calm=$trace
	for ((n = 0; n < ${#filters[@]}; n++)); do
		printf '%s' "${configs[n]}" >"$B/config.json"
		attempt "${1:-create}" -b "$B" "$ID"
		one_refused "${filters[n]}" "${sentences[n]}" && good=$((good + 1))
	done
	echo "# $BATS_TEST_DESCRIPTION: $good of $n" >&3
	[ $good -eq $n ]
}

# bad_texts: lines "SENTENCE <= TEXT" (printf '%b'), each the whole config.json
bad_texts() {
	local line n=0 good=0
	: >"$T/out" 2>"$T/err"
	traces
	calm=$trace
	while IFS= read -r line; do
		[[ $line == *' <= '* ]] || continue
		printf '%b' "${line#* <= }" >"$B/config.json"
		attempt create -b "$B" "$ID"
		n=$((n + 1))
		one_refused "${line#* <= }" "${line%% <= *}" && good=$((good + 1))
	done
	echo "# $BATS_TEST_DESCRIPTION: $good of $n" >&3
	[ $good -eq $n ]
}
