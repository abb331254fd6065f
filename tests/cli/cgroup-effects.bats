# SPDX-License-Identifier: GPL-2.0-or-later
# What limits do: memory that runs out is a death that is reported, a fork bomb stops, half a
# processor is half, a denied device stays denied. On v1, v2 and under systemd, as root and
# as a plain user (place.bash).
load helpers
load place

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	place
	before=$(leftovers)
}

running() { [ "$(status_of "$1")" = running ]; }

run_it() { w "${MANAGER[@]}" run -b "$B" "$ID"; }

@test "effects: more memory than the limit is SIGKILL: exit status 137, an oom event [A88 B51]" {
	controllers memory
	config '.linux.resources.memory = {limit: 20000000, swap: 20000000}'
	args /bin/sh -c 'exec grep x /dev/zero'
	run_it
	[ "$status" -eq 137 ] || fail "ended with $status: $err"
	args /bin/sh -c 'grep x /dev/zero; sleep 1000'
	ok "${MANAGER[@]}" create -b "$B" "$ID"
	"$WOLFFIA" events --interval 200ms "$ID" >"$T/events" 3>&- &
	local events=$!
	until_true there "$T/events" # it watches
	ok start "$ID"
	until_true grep -q '"oom"' "$T/events"
	ok kill "$ID" KILL
	wait $events
	[ "$(jq -r .type "$T/events" | grep -c oom)" = 1 ] || fail "$(cat "$T/events")"
}

@test "effects: the oom event of a cgroup that is gone before anybody has looked [B51 D26]" {
	controllers memory
	local events ended how
	config '.linux.resources.memory = {limit: 20000000, swap: 20000000}'
	for how in run delete; do
		args /bin/sh -c 'while [ ! -e /go ]; do sleep 0.05; done; exec grep x /dev/zero'
		rm -f "$R/go" "$T/events"
		if [ $how = run ]; then
			# it removes the container as soon as that ends
			"$WOLFFIA" "${MANAGER[@]}" run -b "$B" "$ID" 2>"$T/err" 3>&- &
			ended=$!
			until_true running "$ID"
		else
			ok "${MANAGER[@]}" run -d -b "$B" "$ID"
		fi
		"$WOLFFIA" events --interval 100ms "$ID" >"$T/events" 3>&- &
		events=$!
		until_true there "$T/events" # it watches
		kill -STOP $events
		touch "$R/go"
		if [ $how = run ]; then
			wait $ended || [ $? -eq 137 ]
		else
			until_true stopped "$ID"
			ok delete "$ID"
		fi
		[ -z "$(boxes)" ]
		kill -CONT $events
		wait $events
		[ "$(jq -r .type "$T/events" | grep -c oom)" = 1 ] || fail "$how: $(cat "$T/events")"
	done
}

@test "effects: less than the limit is left alone [A88]" {
	controllers memory
	config '.linux.resources.memory = {limit: 67108864, swap: 67108864}'
	args /bin/sh -c 'dd if=/dev/zero of=/dev/null bs=16M count=1 2>/dev/null'
	run_it
	[ "$status" -eq 0 ] || fail "ended with $status: $err"
}

@test "effects: memory.oom.group: one process too large, all are killed; without it only that one [A106]" {
	controllers memory
	[ $V = 2 ] || skip "v2 alone has it"
	args /bin/sh -c 'grep x /dev/zero; echo "status $?"'
	config '.linux.resources.memory = {limit: 20000000, swap: 20000000}'
	run_it
	[ "$status" -eq 0 ] && [[ $out == *"status 137"* ]] || fail "without: ($status) $out$err"
	config '.annotations = {"wolffia.oom-group": "true"}'
	run_it
	[ "$status" -eq 137 ] && [[ $out != *status* ]] || fail "with: ($status) $out$err"
}

@test "effects: a fork bomb stops at its limit [A104]" {
	controllers pids
	config '.linux.resources.pids.limit = 12'
	# the inner shell ends as soon as one fork is refused; the count is the kernel's
	args /bin/sh -c '(while :; do sleep 1000 & done); exec sleep 1000'
	ok "${MANAGER[@]}" create -b "$B" "$ID"
	local dir
	dir=$(box pids)
	"$WOLFFIA" start "$ID" 2>"$T/err" 3>&-
	until_true grep -q 'max [1-9]' "$dir/pids.events"
	[ ! -e "$dir/pids.peak" ] || [ "$(cat "$dir/pids.peak")" -le 12 ]
	[ ! -e "$dir/pids.current" ] || [ "$(cat "$dir/pids.current")" -le 12 ]
}

# used: microseconds of processor time, as events says
used() { "$WOLFFIA" events --stats "$ID" | jq '.data.cpu.usage.total / 1000 | floor'; }

@test "effects: a fifth of a processor, measured [A94 B51]" {
	controllers cpu
	[ $V = 2 ] || controllers cpuacct
	config '.linux.resources.cpu = {quota: 20000, period: 100000}'
	# on v1 a cgroup in every hierarchy, the one that measures among them
	[ $V = 2 ] || config '.mounts += [{destination: "/sys", type: "tmpfs", source: "t"},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]'
	args /bin/sh -c 'while :; do :; done'
	ok "${MANAGER[@]}" run -d -b "$B" "$ID"
	local before_use before_time use time
	before_time=${EPOCHREALTIME/./} before_use=$(used)
	sleep $((1 + patience / 2))
	use=$(($(used) - before_use)) time=$((${EPOCHREALTIME/./} - before_time))
	# a fifth, and what one period more may give
	[ "$use" -le $((time / 4 + 40000)) ] || fail "used $use of $time us"
	[ "$use" -gt 0 ] || fail "nothing was used"
	# a busy machine may give it less than a fifth for a while
	until_true throttled
}

throttled() { grep -q 'nr_throttled [1-9]' "$(box cpu)/cpu.stat"; }

# device HOW FILE: "denied" by the rules, or not: then it may still not be there
device() {
	w exec "$ID" /bin/sh -c "exec 3$1$2"
	if [[ $err == *"Operation not permitted"* ]]; then echo denied; else echo allowed; fi
}

@test "effects: a denied device is denied and an allowed one works, before and after update [A87 S107 B45]" {
	need_root
	config '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 200, access: "r"}]' \
		'.linux.devices = [{path: "/dev/denied", type: "c", major: 10, minor: 229, fileMode: 438},
				   {path: "/dev/half", type: "c", major: 10, minor: 200, fileMode: 438}]'
	# on v1 only what was asked for at create can be changed
	! has_controller pids || config '.linux.resources.pids = {limit: 40}'
	args /bin/sleep 1000
	ok "${MANAGER[@]}" run -d -b "$B" "$ID"
	# what Podman sends: a bare deny-all, which is not meant
	echo '{"devices": [{"allow": false, "access": "rwm"}]}' >"$T/podman"
	! has_controller pids || echo '{"devices": [{"allow": false, "access": "rwm"}], "pids": {"limit": 50}}' >"$T/podman"
	for _ in before after; do
		ok exec "$ID" /bin/sh -c 'echo x >/dev/null && exec 4</dev/zero'
		[ "$(device '<' /dev/denied)" = denied ]
		[ "$(device '<' /dev/half)" = allowed ]
		[ "$(device '>' /dev/half)" = denied ]
		w update -r "$T/podman" "$ID"
		[ "$status" -eq 0 ] || [[ $err == *"nothing to update"* ]] || fail "$err"
		[ ${#MANAGER[@]} -eq 0 ] || sctl daemon-reload
	done
}

@test "effects: the limits of direct use hold, and the result says who has held them (R43 R44)" {
	controllers memory pids cpu
	local result init
	result=$T/r
	direct() { w "${MANAGER[@]}" run --rootfs "$R" --result "$T/r" --memory 20m --pids 6 --cpus 0.5 "$@"; }
	said() { [ "$(jq -r "$1" "$result")" = "$2" ] || fail "$1: not $2 in $(<"$result")"; }
	direct -- true
	[ "$(jq -r .layers.memory "$result")" = cgroup ] || skip "direct use gets no such cgroup here: $(jq -c .layers "$result")"
	said '.layers | "\(.cgroup) \(.pids) \(.cpu)"' "own cgroup cgroup"
	for init in "" --init; do
		# shellcheck disable=SC2086 # nothing or one option
		direct $init -- sh -c 'exec grep x /dev/zero'
		[ "$status" -eq 137 ] || fail "ended with $status: $err"
		said '"\(.oomKilled) \(.killedBy) \(.usage.memoryPeak > 1000000)"' "true memory true"
		[[ $err == *"warning: memory ran out: --memory is 20480 KiB"* ]] || fail "$err"
	done
	# the program itself has lived on
	direct -- sh -c 'grep x /dev/zero; exit 3'
	[ "$status" -eq 3 ] || fail "ended with $status: $err"
	said '"\(.oomKilled) \(.killedBy) \(.exitCode)"' "true null 3"
	direct -- sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done; exit 4'
	[ "$status" -ne 4 ] && [[ $err == *fork* ]] || fail "nine processes: $status $err"
	said '.usage.pidsPeak == null or .usage.pidsPeak <= 6' true
}

@test "effects: direct use shows the program its limits, which it cannot change" {
	controllers memory pids cpu
	[ "$V" = 2 ] || skip "v2 only: on v1 it would be a mount for each controller"
	local how
	for how in "run --rootfs $R" do; do
		# shellcheck disable=SC2086 # a list of words
		w "${MANAGER[@]}" $how --result "$T/r" --memory 32m --pids 30 --cpus 0.5 -- sh -c \
			'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max cgroup.procs; for f in memory.max cgroup.procs; do (echo 1 >$f) 2>/dev/null && echo written; done; mkdir x 2>/dev/null && echo made; true'
		[ "$(jq -r .layers.memory "$T/r")" = cgroup ] || skip "direct use gets no such cgroup here: $(jq -c .layers "$T/r")"
		[ "$status" -eq 0 ] && [ "$(head -n 3 "$T/out")" = $'33554432\n30\n50000 100000' ] || fail "$status $out $err"
		[[ $out != *written* && $out != *made* ]] || fail "$out"
	done
}

@test "effects: direct use without --memory: three quarters of the machine, or of what is around it (R38)" {
	controllers memory pids
	[ "$V" = 2 ] || skip "v2 only: on v1 it would be a cgroup more"
	local pid dir want around
	mkfifo "$T/go"
	"$WOLFFIA" "${MANAGER[@]}" run --rootfs "$R" --result "$T/r" --id "$ID" -- sh -c 'read x; exec grep x /dev/zero' \
		<"$T/go" >"$T/o" 2>&1 3>&- &
	pid=$!
	exec 9>"$T/go"
	until_true running "$ID" || fail "$(<"$T/o")"
	dir=$(box memory)
	if ! grep -qs '[0-9]' "$dir/memory.max"; then
		exec 9>&-
		wait $pid || true
		[ "$(jq -r .layers.memory "$T/r")" = none ] || fail "$dir: $(<"$T/r")"
		skip "direct use gets no such cgroup here: $(jq -c .layers "$T/r")"
	fi
	want=$(awk '/^MemTotal/ { print $2 * 1024 }' /proc/meminfo)
	around=$(cat "$dir/../memory.max" 2>/dev/null || echo max)
	[ "$around" = max ] || [ "$around" -ge "$want" ] || want=$around
	want=$((want / 4 * 3 / 65536 * 65536))
	[ $want -ge 536870912 ] || want=536870912
	[ "$(<"$dir/memory.max")" -eq $want ] || fail "$(<"$dir/memory.max"), not $want"
	[ "$(cat "$dir/memory.swap.max" 2>/dev/null || echo max)" = max ]
	# who meets it is told whose limit it is; a smaller one is met sooner
	echo 20000000 >"$dir/memory.max"
	echo go >&9
	exec 9>&-
	status=0
	wait $pid || status=$?
	[ $status -eq 137 ] || fail "ended with $status: $(<"$T/o")"
	# systemd removes a unit that is empty at once, and what the kernel has counted in it
	[ ${#MANAGER[@]} -eq 0 ] || [ "$(jq .oomKilled "$T/r")" = true ] || return 0
	grep -q "^warning: memory ran out: the default limit is $((want >> 20)) MiB, three quarters of what there is; --memory" "$T/o" || fail "$(<"$T/o")" "$(<"$T/r")"
	[ "$(jq -r '"\(.layers.memory) \(.oomKilled) \(.killedBy)"' "$T/r")" = "cgroup true memory" ] || fail "$(<"$T/r")"
}
