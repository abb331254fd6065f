# SPDX-License-Identifier: GPL-2.0-or-later
# pause, resume, ps and kill --all: what needs no controller but the freezer. contrib/test runs
# this file on v2, on v1 and as a plain user.
load helpers

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	before=$(leftovers)
}

# three processes: the init, and two that count on and on; $PIDS
running() {
	# shellcheck disable=SC2016 # the container's shell expands it
	args /bin/sh -c 'for i in 1 2; do (n=0; while :; do n=$((n + 1)); echo $n >/tmp/$i; sleep 0.01; done) & done; wait'
	config '.mounts += [{destination: "/tmp", type: "bind", source: "'"$T"'/shared", options: ["bind", "rw"]}]'
	mkdir -p "$T/shared"
	chmod 777 "$T/shared"
	ok run -d -b "$B" "$ID"
	until_true there "$T/shared/1"
	until_true there "$T/shared/2"
}

moves() {
	local a
	a=$(cat "$T/shared/1" "$T/shared/2")
	sleep 0.15
	[ "$a" != "$(cat "$T/shared/1" "$T/shared/2")" ]
}

still() { ! moves; }

@test "pause stops every process, resume lets them go on [B34]" {
	running
	until_true moves
	ok pause "$ID"
	[ -z "$out$err" ]
	[ "$(status_of "$ID")" = paused ]
	ok list
	[[ $out == *"$ID"*paused* ]]
	[ "$("$WOLFFIA" state "$ID" | jq .pid)" -gt 1 ]
	still
	no 1 "container already paused" pause "$ID"
	ok resume "$ID"
	[ "$(status_of "$ID")" = running ]
	until_true moves
	no 1 "container not paused" resume "$ID"
}

@test "a created container can be paused, and goes on to be started" {
	args /probe pause
	ok create -b "$B" "$ID"
	ok pause "$ID"
	[ "$(status_of "$ID")" = paused ]
	no 1 "cannot start a paused container" start "$ID"
	ok resume "$ID"
	[ "$(status_of "$ID")" = created ]
	ok start "$ID"
	[ "$(status_of "$ID")" = running ]
}

@test "a paused container: KILL ends it, TERM waits for resume [B29]" {
	args /bin/sh -c 'trap "exit 3" TERM; : >/ready; while :; do sleep 0.02; done'
	ok run -d -b "$B" "$ID"
	until_true test -e "$R/ready" # until then TERM would be ignored
	ok pause "$ID"
	ok kill "$ID" TERM
	sleep 0.1
	[ "$(status_of "$ID")" = paused ]
	ok resume "$ID"
	until_true stopped "$ID"
	ok delete "$ID"
	running
	ok pause "$ID"
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
}

@test "a paused container: delete refuses, delete --force ends it [S192]" {
	running
	ok pause "$ID"
	no 1 "cannot delete container $ID that is not stopped: paused" delete "$ID"
	ok delete --force "$ID"
	no 1 "does not exist" state "$ID"
}

@test "kill --all: a paused one dies too, a stopped one is no error [B30]" {
	running
	ok pause "$ID"
	ok kill --all "$ID" KILL
	until_true stopped "$ID"
	ok kill --all "$ID" KILL
	ok kill -a "$ID" TERM
	no 1 "container not running" kill "$ID" TERM
}

@test "kill --all without a pid namespace reaches all, stopped or not [B30]" {
	need_root # a plain user cannot mount proc without a pid namespace
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	args /bin/sh -c 'sleep 65433 & sleep 65433 & exec sleep 65433'
	ok run -d -b "$B" "$ID"
	until_true sleepers 3
	# KILL would end the others too
	ok kill "$ID" TERM
	until_true stopped "$ID"
	until_true sleepers 2
	ok ps --format json "$ID"
	[ "$(jq length <<<"$out")" -eq 2 ]
	ok kill --all "$ID" KILL
	until_true sleepers 0
}

sleepers() { [ "$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -cx '6543[3]')" -eq "$1" ]; }

@test "pause and resume of what cannot be: unknown, stopped, without a cgroup" {
	no 1 "does not exist" pause nowhere
	no 1 "does not exist" resume nowhere
	args /bin/true
	ok run -d -b "$B" "$ID"
	until_true stopped "$ID"
	no 1 "container not running" pause "$ID"
	no 1 "container not running" resume "$ID"
	ok delete "$ID"
	args /probe pause
	ok --cgroup-manager disabled create -b "$B" "$ID"
	no 1 "has no cgroup that can freeze" pause "$ID"
	[[ $err == *"hint: pausing needs cgroup v2 or the v1 controller freezer"* ]]
	no 1 "container not paused" resume "$ID"
	no 1 "the processes of container $ID are not known: it has no cgroup" ps "$ID"
}

@test "ps: a JSON list of all pids, the host's view [B50 B103]" {
	running
	ok ps --format json "$ID"
	jq -e 'type == "array" and length >= 3' <<<"$out"
	[ "$(jq length <<<"$out")" -eq "$(jq '[.[] | select(. > 1)] | length' <<<"$out")" ]
	[ "$(jq --argjson p "$("$WOLFFIA" state "$ID" | jq .pid)" 'index($p)' <<<"$out")" != null ]
	ok ps -f=json "$ID"
	ok pause "$ID"
	ok ps -f json "$ID"
	jq -e 'length >= 3' <<<"$out"
}

@test "ps: the table of ps(1) for these processes only, options passed on [B50]" {
	ps -f -p $$ >/dev/null 2>&1 || skip "ps(1) cannot do it on this kernel"
	local pid
	running
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	ok ps "$ID"
	[[ $out == *UID*PID*PPID*CMD* ]]
	[ "$(wc -l <<<"$out")" -ge 4 ]
	grep -qE "(^| )$pid( |\$)" <<<"$out"
	[[ $out != *bats* ]]
	if [ -x /usr/bin/ps ]; then
		ok ps "$ID" -o pid,comm
		[ "$(head -n 1 <<<"$out" | tr -s ' ')" = " PID COMMAND" ]
		no 1 "its output has no column PID" ps "$ID" -o comm
		no 1 "ps" ps "$ID" --bogus
	fi
	no 1 "does not exist" ps nowhere
	no 1 "xml" ps --format xml "$ID"
}

@test "ps of a stopped container is empty" {
	ps -f -p $$ >/dev/null 2>&1 || skip "ps(1) cannot do it on this kernel"
	args /bin/true
	ok run -d -b "$B" "$ID"
	until_true stopped "$ID"
	ok ps --format json "$ID"
	[ "$out" = "[]" ]
	ok ps "$ID"
	[ "$(wc -l <<<"$out")" -eq 1 ]
}

@test "commands at the same time: paused or not, never half" {
	local c
	local -a jobs=()
	running
	for c in {pause,resume,"ps -f json"}{,,,,}; do
		# shellcheck disable=SC2086 # several words
		"$WOLFFIA" $c "$ID" >/dev/null 2>&1 3>&- &
		jobs+=($!)
	done
	wait "${jobs[@]}" || true
	w resume "$ID"
	[ "$(status_of "$ID")" = running ]
	until_true moves
}
