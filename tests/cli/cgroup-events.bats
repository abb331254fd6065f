# SPDX-License-Identifier: GPL-2.0-or-later
# events: the report in runc's shape, its times, memory that runs out, the end of it. contrib/test
# runs this file on v2 without controllers and on v1; in the test bed it finds all of them.
load helpers

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	config '.linux.cgroupsPath = "/box"'
	before=$(leftovers)
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then V=2; else V=1; fi
}

# has_controller NAME: limits of it can be set here
has_controller() {
	if [ $V = 2 ]; then grep -qw "$1" /sys/fs/cgroup/cgroup.controllers; else [ -d "/sys/fs/cgroup/$1" ]; fi
}

# some clocks tick a hundred times a second
has_worked() {
	ok events --stats "$ID"
	jq -e '.data.cpu.usage.total > 1000' <<<"$out"
}

@test "events --stats: one line in runc's shape [B51 B103]" {
	args /bin/sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done; exec /probe pause'
	ok run -d -b "$B" "$ID"
	ok events --stats "$ID"
	[ "$(wc -l <<<"$out")" -eq 1 ]
	jq -e --arg id "$ID" '.type == "stats" and .id == $id and (.data | keys_unsorted) ==
		["cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt", "network_interfaces"]' <<<"$out"
	jq -e '.data | (.cpu.usage | has("kernel") and has("user")) and (.cpu | has("throttling"))
		and ([.memory.usage, .memory.swap, .memory.kernel, .memory.kernelTCP] | all(has("limit") and has("failcnt")))
		and .pids.current == 1 and .hugetlb == {} and .intel_rdt == {} and .network_interfaces == null' <<<"$out"
	jq -e '.data.cpuset | has("cpu_exclusive") and has("sched_load_balance") and has("sched_relax_domain_level")' <<<"$out"
	[ $V = 1 ] || until_true has_worked
	ok pause "$ID"
	ok events --stats "$ID"
	jq -e '.data.pids.current == 1' <<<"$out"
}

@test "events --stats: limits and counts are the kernel's" {
	has_controller pids || skip "the controller pids is not here"
	config '.linux.resources.pids.limit = 17'
	args /bin/sh -c 'sleep 1000 & sleep 1000 & wait'
	ok run -d -b "$B" "$ID"
	until_true pids_are 3
	jq -e '.data.pids == {current: 3, limit: 17}' <<<"$out"
}

pids_are() {
	ok events --stats "$ID"
	jq -e --argjson n "$1" '.data.pids.current == $n' <<<"$out"
}

@test "events: a report every interval, ends with the container [B51]" {
	local n
	args /bin/sh -c 'while [ ! -e /end ]; do sleep 0.05; done'
	ok run -d -b "$B" "$ID"
	"$WOLFFIA" events --interval 200ms "$ID" >"$T/events" 2>"$T/events-err" 3>&- &
	n=$!
	until_true lines "$T/events" 3
	touch "$R/end"
	wait $n
	[ ! -s "$T/events-err" ]
	[ "$(jq -s 'all(.type == "stats")' "$T/events")" = true ]
}

lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }

@test "events: ends when nobody reads" {
	local n
	args /probe pause
	ok run -d -b "$B" "$ID"
	mkfifo "$T/fifo"
	"$WOLFFIA" events --interval 1h "$ID" >"$T/fifo" 3>&- &
	n=$!
	exec 7<"$T/fifo"
	kill -0 $n
	exec 7<&-
	until_true gone $n
	wait $n
}

gone() { ! kill -0 "$1" 2>/dev/null || [ "$(cut -d ' ' -f 3 "/proc/$1/stat")" = Z ]; }

@test "events: each time that memory runs out, none lost, before the end [B51 D26]" {
	local n
	has_controller memory || skip "the controller memory is not here"
	config '.linux.resources.memory.limit = 20000000 | .linux.resources.memory.swap = 20000000'
	# a string that grows without end; the third one is the container's process itself
	args /bin/sh -c 'while [ ! -e /go ]; do sleep 0.05; done
		for i in 1 2; do grep x /dev/zero; done; exec grep x /dev/zero'
	ok create -b "$B" "$ID"
	ok start "$ID"
	"$WOLFFIA" events --interval 200ms "$ID" >"$T/events" 3>&- &
	n=$!
	until_true there "$T/events" # it watches
	touch "$R/go"
	wait $n
	[ "$(jq -sc 'map(.type | select(. != "stats"))' "$T/events")" = '["oom","oom","oom"]' ]
	[ "$(jq -s --arg id "$ID" 'all(.id == $id)' "$T/events")" = true ]
	[ "$(status_of "$ID")" = stopped ]
}

@test "events: wrong words, unknown, stopped, without a cgroup" {
	no 1 "does not exist" events nowhere
	no 1 "expected a time of at least 1ms" events --interval 0s "$ID"
	no 1 "expected a time of at least 1ms" events --interval soon "$ID"
	args /bin/true
	ok run -d -b "$B" "$ID"
	until_true stopped "$ID"
	no 1 "container not running" events --stats "$ID"
	no 1 "container not running" events "$ID"
	ok delete "$ID"
	args /probe pause
	config 'del(.linux.cgroupsPath)'
	ok --cgroup-manager disabled create -b "$B" "$ID"
	no 1 "container $ID has no cgroup, so nothing is measured" events --stats "$ID"
}
