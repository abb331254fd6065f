# SPDX-License-Identifier: GPL-2.0-or-later
# --systemd-cgroup, against a real systemd. On a machine that runs one (tests/vm) it is the
# system's manager for root and the user's manager for others. In an arena it is a user's
# manager that this file starts below a cgroup of its own, for root too; it has no
# controllers there, so the rows about limits are for the machine. On cgroup v1 (the beds
# v1-systemd and v1-hybrid) a unit has its place in every hierarchy that systemd manages;
# /sys/fs/cgroup/systemd is the one that is always there.
# shellcheck disable=SC2154 # $status, $out, $err
load helpers

on_machine() { [ "$(cat /.wolffia-arena)" = machine ]; }

sctl() {
	if on_machine && [ "$(id -u)" -eq 0 ]; then systemctl "$@"; else systemctl --user "$@"; fi
}

# prop NAME: of the container's unit
prop() { sctl show --value -p "$1" "$UNIT"; }
unit_there() { [ "$(prop LoadState)" = loaded ]; }
TOP=/sys/fs/cgroup SYSTEMD=:: V=2 # where units are seen, their line in /proc/PID/cgroup
if [ -d /sys/fs/cgroup/systemd ] && [ -f /.wolffia-arena ] && on_machine; then
	TOP=/sys/fs/cgroup/systemd SYSTEMD=:name=systemd: V=1
fi
group_of() { sed -n "s/^[0-9]*$SYSTEMD//p" "/proc/$1/cgroup"; }
v2_only() { [ $V = 2 ] || skip "v2 alone has it"; }
pid_of() { "$WOLFFIA" state "$1" | jq .pid; }

start_manager() {
	local top=/sys/fs/cgroup manager=/usr/lib/systemd/systemd
	[ -x $manager ] && command -v systemctl >/dev/null || skip "no systemd is installed here"
	[ "$(stat -f -c %T $top)" = cgroup2fs ] || skip "no cgroup v2"
	if [ "$(id -u)" -eq 0 ]; then
		export XDG_RUNTIME_DIR=/run/user/0
		mkdir -p -m 700 $XDG_RUNTIME_DIR
	else
		top=$top/user
	fi
	mkdir -p /tmp/systemd-units $top/manager
	printf '[Unit]\nDescription=nothing\n' >/tmp/systemd-units/default.target
	# shellcheck disable=SC2016 # the inner shell's
	SYSTEMD_UNIT_PATH=/tmp/systemd-units sh -c 'echo $$ >"$1/manager/cgroup.procs"; exec "$2" --user' \
		sh "$top" $manager >/tmp/systemd.log 2>&1 3>&- &
	echo $top/manager >/tmp/systemd-top
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/systemd/private
	unset DBUS_SESSION_BUS_ADDRESS
	until_true sctl start wt.slice
}

setup_file() {
	if on_machine; then sctl start wt.slice; else start_manager; fi
}

teardown_file() {
	local top
	if on_machine; then
		sctl stop wt.slice
		return
	fi
	top=$(cat /tmp/systemd-top 2>/dev/null) || return 0
	echo 1 >"$top/cgroup.kill"
	until_true sh -c '! grep -q "populated 1" "$1/cgroup.events"' sh "$top"
	find "$top" -depth -type d -exec rmdir {} +
	rm -rf /tmp/systemd*
}

# What systemd does on its own behalf is no leftover.
leftovers() {
	echo "state: $("$WOLFFIA" list -q | tr '\n' ' ')"
	echo "cgroups: $(find /sys/fs/cgroup -path '*wt.slice/*' -type d | tr '\n' ' ')"
	echo "units: $(sctl list-units --all --plain --no-legend 'box-*' 'wolffia-*' | tr '\n' ' ')"
	echo "processes: $(cat /proc/[0-9]*/comm 2>/dev/null | grep -E '^(probe|wolffia|3|busybox|memfd)' | sort | uniq -c | tr '\n' ' ')"
}

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	UNIT=box-$ID.scope
	bundle
	args /probe pause
	config ".linux.cgroupsPath = \"wt.slice:box:$ID\""
	before=$(leftovers)
}

create() { ok --systemd-cgroup create -b "$B" "$ID"; }

@test "a scope: name, slice, place; every command works from the record alone [A84 B6 B7 S94]" {
	create
	local pid place
	pid=$(pid_of "$ID") place=$(group_of "$(pid_of "$ID")")
	[[ $place == */wt.slice/$UNIT ]] || fail "it is in $place"
	[ "$(prop Slice)" = wt.slice ]
	[ "$(prop Delegate)" = yes ]
	[ "$(prop CollectMode)" = inactive-or-failed ]
	[ "$(prop Description)" = "wolffia container $ID" ]
	[[ $(prop ControlGroup) == *"/wt.slice/$UNIT" ]]
	ok start "$ID"
	ok pause "$ID"
	[ "$(status_of "$ID")" = paused ]
	ok resume "$ID"
	ok exec "$ID" /bin/cat /proc/self/cgroup
	ok ps "$ID"
	[[ $out == *"$pid"* ]] || fail "$out"
	ok kill --all "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
	! unit_there
	[ ! -d "$TOP$place" ]
}

@test "--cgroup-manager=systemd and -s are the same; the manager is of the container, not of the command [B6 B7 B8]" {
	ok --cgroup-manager=systemd create -b "$B" "$ID"
	unit_there
	ok --cgroup-manager cgroupfs delete --force "$ID"
	! unit_there
	ok -s --rootless=auto create -b "$B" "$ID"
	unit_there
	ok -s delete --force "$ID"
}

@test "no cgroupsPath, an empty prefix, no slice, a slice within slices [A84 S97]" {
	local place slice=system.slice
	[ "$(id -u)" -eq 0 ] || slice=user.slice
	config 'del(.linux.cgroupsPath)'
	create
	place=$(group_of "$(pid_of "$ID")")
	[[ $place == */$slice/wolffia-$ID.scope ]] || fail "it is in $place"
	ok delete --force "$ID"
	config ".linux.cgroupsPath = \"wt-a-b.slice::box-$ID\""
	create
	place=$(group_of "$(pid_of "$ID")")
	[[ $place == */wt.slice/wt-a.slice/wt-a-b.slice/$UNIT ]] || fail "it is in $place"
	ok delete --force "$ID"
	sctl stop wt-a-b.slice wt-a.slice
	config ".linux.cgroupsPath = \":box:$ID\""
	create
	[[ $(group_of "$(pid_of "$ID")") == */$slice/$UNIT ]]
	ok delete --force "$ID"
}

@test "slices that create has made go with the last one in them, others stay" {
	v2_only # on v1 nothing says which are missing: they stay, as systemd leaves them
	on_machine || skip "the manager is not at its usual place"
	slice_active wt.slice
	! slice_active wt-a.slice || until_true no_slice wt-a.slice
	config ".linux.cgroupsPath = \"wt-a-b.slice:box:$ID\""
	create
	slice_active wt-a-b.slice
	config ".linux.cgroupsPath = \"wt-a.slice:box:x$ID\""
	ok --systemd-cgroup create -b "$B" "x$ID"
	ok delete --force "$ID"
	until_true no_slice wt-a-b.slice
	slice_active wt-a.slice
	ok delete --force "x$ID"
	until_true no_slice wt-a.slice
	slice_active wt.slice
	# one that was there, with nobody in it
	sctl start wt-a.slice
	config ".linux.cgroupsPath = \"wt-a.slice:box:$ID\""
	create
	ok delete --force "$ID"
	sleep 0.5
	slice_active wt-a.slice
	sctl stop wt-a.slice
}

slice_active() { [ "$(sctl show --value -p ActiveState "$1")" = active ]; }
no_slice() { ! slice_active "$1"; }

@test "a slice can be the container's own" {
	config '.linux.cgroupsPath = "wt.slice::wt-own.slice"'
	local place
	if [ $V = 1 ]; then
		no 1 "a slice cannot be the container's own on cgroup v1" -s create -b "$B" "$ID"
		return
	fi
	create
	place=$(group_of "$(pid_of "$ID")")
	[[ $place == */wt.slice/wt-own.slice ]] || fail "it is in $place"
	ok delete --force "$ID"
	[ ! -d "$TOP$place" ]
}

@test "an id with + has a unit too; one that is too long is refused" {
	config 'del(.linux.cgroupsPath)'
	ok -s create -b "$B" "a+$ID"
	[[ $(group_of "$(pid_of "a+$ID")") == *"/wolffia-a\\x2b$ID.scope" ]]
	ok delete --force "a+$ID"
	no 1 "the unit's name would have" -s create -b "$B" "$(printf '%0250d' 0)"
}

@test "what is no slice:prefix:name is refused [A84]" {
	local path bad=0 sentence
	while IFS='|' read -r path sentence; do
		config ".linux.cgroupsPath = \"$path\""
		w --systemd-cgroup create -b "$B" "$ID"
		[ "$status" -eq 1 ] && [[ $err == *"linux.cgroupsPath: $path: "*"$sentence"* ]] && continue
		echo "$path: ($status) $err" >&2
		bad=1
	done <<-'END'
		/a/b|the systemd manager wants the form "slice:prefix:name" here
		a.slice:b|the systemd manager wants the form
		a.slice:b:../c|the systemd manager wants the form
		wt.slice:box:|the name behind the second colon is missing
		wt:box:x|the slice "wt" does not end with .slice
		wt--a.slice:box:x|has a dash that separates nothing
		wt.slice:box:a b|is no name for a unit
		wt.slice:box:other.slice|the slice other.slice is in -.slice, not in wt.slice
	END
	[ "$bad" -eq 0 ]
}

@test "properties from annotations [A107 C17]" {
	config '.annotations = {
		"org.systemd.property.TimeoutStopUSec": "uint64 7000000",
		"org.systemd.property.KillSignal": "10",
		"org.systemd.property.SendSIGHUP": "true",
		"org.systemd.property.BindsTo": "@as []",
		"org.systemd.property.After": "['"'wt.slice'"', \"box.target\"]",
		"org.systemd.property.Description": "\"a '"'box'"'\""}'
	create
	[ "$(prop TimeoutStopUSec)" = 7s ]
	[ "$(prop KillSignal)" = 10 ]
	[ "$(prop SendSIGHUP)" = yes ]
	[[ $(prop After) == *box.target* ]]
	[ "$(prop Description)" = "a 'box'" ]
	ok delete --force "$ID"
	config '.annotations = {"org.systemd.property.TimeoutStopSec": "1.5"}'
	create
	[[ $(prop TimeoutStopUSec) == 1*5*s ]]
	ok delete --force "$ID"
}

@test "properties that are not understood are refused, here or by systemd [C17]" {
	local name value sentence bad=0
	while IFS='|' read -r name value sentence; do
		config ".annotations = {\"org.systemd.property.$name\": \"$value\"}"
		w --systemd-cgroup create -b "$B" "$ID"
		[ "$status" -eq 1 ] && [[ $err == *"$sentence"* ]] && continue
		echo "$name $value: ($status) $err" >&2
		bad=1
	done <<-'END'
		KillSignal|ten|annotations: org.systemd.property.KillSignal: expected a number at "ten"
		KillSignal|10 11|nothing is expected at "11"
		K1|1|the name of a property has three letters or more
		Slice|'x.slice'|this property is set for every container
		TimeoutStopSec|[5]|expected a number of seconds
		NoSuchThing|true|systemd refuses to start box-
		KillSignal|'a text'|systemd refuses to start box-
	END
	[ "$bad" -eq 0 ]
}

@test "a unit of that name: refused, and left alone" {
	local other place
	create
	other=$(pid_of "$ID") place=$(group_of "$(pid_of "$ID")")
	w --systemd-cgroup create -b "$B" "x$ID"
	[ "$status" -eq 1 ]
	[[ $err == *"$UNIT exists already"* || $err == *"the container's cgroup is not empty: it exists in /sys/fs/cgroup"* ]] ||
		fail "$err"
	kill -0 "$other"
	[ "$(group_of "$other")" = "$place" ]
	no 1 "does not exist" state "x$ID"
	ok delete --force "$ID"
}

@test "one that failed is in nobody's way; delete forgets it" {
	local on=0
	on_machine && on=1 # which is slow
	config '.annotations = {
		"org.systemd.property.CollectMode": "'"'inactive'"'",
		"org.systemd.property.KillSignal": "9",
		"org.systemd.property.RuntimeMaxUSec": "uint64 '$((on ? 8 : 1))'000000"}'
	create
	ok start "$ID"
	until_true stopped "$ID"
	[ "$(prop ActiveState)" = failed ]
	ok delete "$ID"
	! unit_there
	# and one that nobody has deleted
	create
	ok start "$ID"
	until_true stopped "$ID"
	rm -r "$(dirname "$(find /run -path "*/wolffia/$ID/config.json" 2>/dev/null)")"
	# of which systemd knows nothing; where it has a v2 tree beside v1's, there is none
	[ ! -d "/sys/fs/cgroup/freezer/wt.slice/$UNIT" ] || rmdir "/sys/fs/cgroup/freezer/wt.slice/$UNIT"
	config 'del(.annotations)'
	create
	[ "$(prop ActiveState)" = active ]
	ok delete --force "$ID"
}

@test "the same name again at once" {
	config '.process.args = ["/bin/true"]'
	for _ in 1 2 3 4 5; do
		ok --systemd-cgroup run -b "$B" "$ID"
	done
	# stopped by somebody else
	args /probe pause
	config '.annotations = {"org.systemd.property.KillSignal": "9"}'
	create
	sctl stop "$UNIT"
	until_true stopped "$ID"
	ok delete "$ID"
}

@test "a create that fails later leaves no unit" {
	config '.hooks = {createRuntime: [{path: "/bin/false"}]}'
	w --systemd-cgroup create -b "$B" "$ID"
	[ "$status" -eq 1 ]
	! unit_there
	config 'del(.hooks) | .process.args = ["/nonexistent"]'
	w --systemd-cgroup run -b "$B" "$ID"
	[ "$status" -ne 0 ]
	until_true sh -c '! systemctl "$@" is-active' sh "$UNIT"
}

@test "checkpoint and restore: criu freezes the scope, and is in a new one when it restores [B54]" {
	need_root
	local place fake freezer=''
	fake=$(dirname "$PROBE")/fake_criu
	export CRIU_FAKE=$T/fake
	mkdir "$T/fake"
	create
	ok start "$ID"
	place=$(group_of "$(pid_of "$ID")")
	[ $V = 2 ] || freezer=/freezer
	[ ! -d "/sys/fs/cgroup/unified$place" ] || freezer=/unified
	ok checkpoint --criu "$fake" --image-path "$T/images" "$ID"
	grep -qx "freeze_cgroup /sys/fs/cgroup$freezer$place" "$T/fake/requests" || fail "$(cat "$T/fake/requests")"
	! unit_there
	: >"$T/fake/requests"
	ok --systemd-cgroup restore -d --criu "$fake" --image-path "$T/images" -b "$B" "$ID"
	[ "$(group_of "$(pid_of "$ID")")" = "$place" ]
	grep -q "^cg_root .*$place" "$T/fake/requests" || fail "$(cat "$T/fake/requests")"
	[ "$(prop ActiveState)" = active ]
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
	! unit_there
}

@test "a runtime that is killed leaves what delete --force removes" {
	config '.hooks = {createRuntime: [{path: "/bin/sleep", args: ["sleep", "100"]}]}'
	"$WOLFFIA" --systemd-cgroup create -b "$B" "$ID" >/dev/null 2>&1 3>&- &
	local runtime=$!
	until_true unit_there
	sleep 0.2
	kill -9 $runtime
	wait $runtime 2>/dev/null || true
	ok delete --force "$ID"
	until_true sh -c '! test -d "$0"' "$TOP/wt.slice/$UNIT"
	pkill -P 1 -x sleep || true
}

@test "the container's own part of the scope [C9]" {
	v2_only
	config '.annotations = {"run.oci.systemd.subgroup": "payload"}'
	create
	local place
	place=$(group_of "$(pid_of "$ID")")
	[[ $place == */wt.slice/$UNIT/payload ]] || fail "it is in $place"
	ok start "$ID"
	ok pause "$ID"
	ok resume "$ID"
	ok exec "$ID" /bin/true
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
	[ ! -d "/sys/fs/cgroup${place%/payload}" ]
	config '.annotations = {"run.oci.systemd.subgroup": "../up"}'
	no 1 'annotations: run.oci.systemd.subgroup: "../up" is no name for a cgroup' -s create -b "$B" "$ID"
}

@test "a cgroup below the root of the container's cgroup namespace [C10]" {
	v2_only
	config '.annotations = {"run.oci.delegate-cgroup": "init/main"} | .linux.namespaces += [{type: "cgroup"}]'
	local place
	for option in --systemd-cgroup --cgroup-manager=cgroupfs; do
		ok $option create -b "$B" "$ID"
		place=$(group_of "$(pid_of "$ID")")
		[[ $place == *$ID*/init/main ]] || fail "it is in $place"
		ok start "$ID"
		ok exec "$ID" /bin/grep ^0:: /proc/1/cgroup
		[ "$out" = 0::/init/main ] || fail "$out"
		ok delete --force "$ID"
		[ ! -d "/sys/fs/cgroup${place%/init/main}" ]
		config "del(.linux.cgroupsPath)"
	done
}

@test "device rules hold, also when systemd reads everything again [A87 S107]" {
	need_root
	config '.process.args = ["/bin/sleep", "1000"] | .linux.resources.devices = [{allow: false, access: "rwm"}]' \
		'.linux.devices = [{path: "/dev/other", type: "c", major: 10, minor: 229, fileMode: 438}]'
	create
	ok start "$ID"
	for _ in before after; do
		ok exec "$ID" /bin/sh -c 'echo x >/dev/null'
		w exec "$ID" /bin/sh -c 'cat </dev/other'
		[ "$status" -ne 0 ]
		[[ $err == *"not permitted"* ]] || fail "$err"
		sctl daemon-reload
	done
	ok delete --force "$ID"
}

@test "no systemd: an error with a cure, and nothing is left" {
	local address=unix:path=/nonexistent/bus
	XDG_RUNTIME_DIR=$T DBUS_SYSTEM_BUS_ADDRESS=$address DBUS_SESSION_BUS_ADDRESS=$address \
		w --systemd-cgroup --root "$T/root" create -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ $err == *"the systemd manager of the "*" cannot be reached: connect to /nonexistent/bus: it does not exist"* ]] ||
		fail "$err"
	[[ $err == *"--cgroup-manager cgroupfs"* ]]
	[ -z "$(ls -A "$T/root" 2>/dev/null | grep -v '^\.')" ]
}


@test "as root of a user namespace the user's manager is asked (rootless Podman)" {
	[ "$(id -u)" -ne 0 ] || skip "for a plain user"
	config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))'
	# shellcheck disable=SC2016 # the inner shell's
	unshare --user --map-root-user --mount sh -c \
		'"$WOLFFIA" --systemd-cgroup create -b "$1" "$2" && "$WOLFFIA" state "$2" && "$WOLFFIA" delete --force "$2"' \
		sh "$B" "$ID" >"$T/out" 2>"$T/err" || fail "$(cat "$T/err")"
	[ "$(jq -r .status "$T/out")" = created ]
	! unit_there
}

# value FILE: of the container's cgroup, on v1 in the hierarchy of the file's controller
value() {
	if [ $V = 1 ]; then
		cat "/sys/fs/cgroup/${1%%.*}$(group_of "$(pid_of "$ID")")/$1"
	else
		cat "/sys/fs/cgroup$(group_of "$(pid_of "$ID")")/$1"
	fi
}

@test "limits on v1: in the files and in the unit, also after a daemon-reload; an update too [A88 A94 A104 B44]" {
	[ $V = 1 ] || skip "needs cgroup v1 under systemd (tests/vm)"
	config '.linux.resources = {
		memory: {limit: 67108864, reservation: 33554432}, pids: {limit: 17},
		cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0", mems: "0"},
		hugepageLimits: [{pageSize: "2MB", limit: 4194304}], network: {classID: 66}}'
	create
	for _ in before after; do
		[ "$(value memory.limit_in_bytes)" = 67108864 ]
		[ "$(value memory.soft_limit_in_bytes)" = 33554432 ]
		[ "$(value pids.max)" = 17 ]
		[ "$(value cpu.shares)" = 512 ]
		[ "$(value cpu.cfs_quota_us)/$(value cpu.cfs_period_us)" = 50000/100000 ]
		# hierarchies that systemd leaves alone
		[ "$(value cpuset.cpus)" = 0 ]
		[ "$(value hugetlb.2MB.limit_in_bytes)" = 4194304 ]
		[ "$(value net_cls.classid)" = 66 ]
		sctl daemon-reload
	done
	[ "$(prop MemoryLimit)" = 67108864 ]
	[ "$(prop TasksMax)" = 17 ]
	[ "$(prop CPUShares)" = 512 ]
	ok update --pids-limit 23 --memory 50331648 "$ID"
	sctl daemon-reload
	[ "$(value pids.max)" = 23 ]
	[ "$(value memory.limit_in_bytes)" = 50331648 ]
	w update --pids-limit 24 --cpuset-cpus 4000 "$ID"
	[ "$status" -eq 1 ]
	[ "$(value pids.max)" = 23 ]
	ok delete --force "$ID"
}

@test "limits: in the files and in the unit, also after a daemon-reload [A88 A94 A104 S113]" {
	on_machine || skip "needs controllers"
	v2_only
	config '.linux.resources = {
		memory: {limit: 67108864, reservation: 33554432, swap: 134217728},
		pids: {limit: 17},
		cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0", mems: "0"},
		unified: {"memory.high": "60000000"}}'
	create
	for _ in before after; do
		[ "$(value memory.max)" = 67108864 ]
		[ "$(value memory.low)" = 33554432 ]
		[ "$(value memory.swap.max)" = 67108864 ]
		[ "$(value memory.high)" = 59998208 ]
		[ "$(value pids.max)" = 17 ]
		[ "$(value cpu.weight)" = 59 ]
		[ "$(value cpu.max)" = "50000 100000" ]
		[ "$(value cpuset.cpus)" = 0 ]
		sctl daemon-reload
	done
	[ "$(prop MemoryMax)" = 67108864 ]
	[ "$(prop TasksMax)" = 17 ]
	[ "$(prop CPUQuotaPerSecUSec)" = 500ms ]
	[ "$(prop AllowedCPUs)" = 0 ]
	ok delete --force "$ID"
}

@test "an update reaches the files and the unit; a wrong one neither [B44]" {
	on_machine || skip "needs controllers"
	v2_only
	config '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 17}}'
	create
	ok update --pids-limit 23 --memory 50331648 "$ID"
	sctl daemon-reload
	[ "$(value pids.max)" = 23 ]
	[ "$(value memory.max)" = 50331648 ]
	[ "$(prop TasksMax)" = 23 ]
	[ "$(prop MemoryMax)" = 50331648 ]
	w update --cpuset-cpus 4000 "$ID"
	[ "$status" -eq 1 ]
	[ "$(value pids.max)" = 23 ]
	ok delete --force "$ID"
}

@test "a limit for which the manager has no controller is refused [A106]" {
	config '.linux.resources = {hugepageLimits: [{pageSize: "2MB", limit: 2097152}]}'
	on_machine || skip "needs a manager that systemd has started"
	[ "$(id -u)" -ne 0 ] || skip "root has them all"
	w --systemd-cgroup create -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ $err == *"linux.resources.hugepageLimits"* ]] || fail "$err"
}
