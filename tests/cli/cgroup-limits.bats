# SPDX-License-Identifier: GPL-2.0-or-later
# Every member of linux.resources, on v1 and v2: the value is read back from the kernel. Where
# the controller or the file is missing, the error must name the member: nothing is ignored.
# A row: member | resources | on v1 | on v2, the latter two "CONTROLLER FILE=VALUE, FILE=VALUE"
# (a value is a pattern) or "! SENTENCE" for a refusal.
# The same table goes through directories and systemd's units, as root and as a plain user.
load helpers
load place

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	place
	args /probe pause
	cp "$B/config.json" "$T/plain"
	before=$(leftovers)
}

# What is about directories of /sys/fs/cgroup as such
need_directories() {
	need_root
	[ ${#MANAGER[@]} -eq 0 ] || skip "about directories: in an arena"
}

# value CONTROLLER FILE: of the container's cgroup, lines joined by "; "
value() {
	local dir
	dir=$(box "$1")
	[ -e "$dir/$2" ] || { echo "(no file)" && return; }
	sed 's/[[:space:]]*$//' "$dir/$2" | paste -sd ';' | sed 's/;/; /g'
}

# row MEMBER RESOURCES EXPECTED
row() {
	local member=$1 want=$3 controller pair got bad=0
	cp "$T/plain" "$B/config.json"
	config ".linux.resources = $2"
	w "${MANAGER[@]}" create -b "$B" "$ID"
	if [ "${want:0:2}" = '! ' ]; then
		[ "$status" -eq 1 ] && [[ $err == *"linux.resources.$member"*"${want:2}"* ]] && return 0
		echo "$2: wanted ${want:2}, got ($status) $err" >&2
		"$WOLFFIA" delete --force "$ID"
		return 1
	fi
	controller=${want%% *} want=${want#* }
	if ! has_controller "$controller"; then
		# another member of the object may be the first to miss it
		[ "$status" -eq 1 ] && [[ $err == *"linux.resources.${member%%.*}"*"$controller"* ]] && return 0
		"$WOLFFIA" delete --force "$ID"
		echo "$2: no controller $controller, got ($status) $err" >&2
		return 1
	fi
	if [ "$status" -eq 1 ] && [[ $err == *"linux.resources.$member"*": the kernel has no file "* ]]; then
		return 0
	fi
	[ "$status" -eq 0 ] || { echo "$2: ($status) $err" >&2 && return 1; }
	while [ -n "$want" ]; do
		pair=${want%%, *}
		want=${want#"$pair"} want=${want#, }
		got=$(value "$controller" "${pair%%=*}")
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $got == ${pair#*=} ]] || { echo "$2: ${pair%%=*} is $got, not ${pair#*=}" >&2 && bad=1; }
	done
	ok delete --force "$ID"
	[ -z "$(boxes)" ] || { echo "$2: left" >&2 && bad=1; }
	return $bad
}

# rows: the table on stdin; all are tried
rows() {
	local member resources v1 v2 bad=0 n=0
	while IFS='|' read -r member resources v1 v2; do
		[ -n "$v2" ] || continue
		[ $V = 1 ] || v1=$v2
		n=$((n + 1))
		row "$(xargs <<<"$member")" "$resources" "$(sed 's/^ *//; s/ *$//' <<<"$v1")" || bad=1
	done
	[ "$n" -gt 0 ] && [ "$bad" -eq 0 ]
}

# A disk of this machine, "MAJOR:MINOR" with whatever stands for it.
disk() {
	local d
	for d in /sys/block/{vd,sd,nvme,ubd,xvd,loop}*; do
		[ -e "$d/queue" ] && cat "$d/dev" && return
	done
	return 1
}

@test "limits: pids [A104 S115]" {
	rows <<-'END'
		pids.limit | {pids: {limit: 17}}  | pids pids.max=17  | pids pids.max=17
		pids.limit | {pids: {limit: 0}}   | pids pids.max=0   | pids pids.max=0
		pids.limit | {pids: {limit: -1}}  | pids pids.max=max | pids pids.max=max
		pids.limit | {pids: {limit: -2}}  | ! got -2 | ! got -2
		pids.limit | {pids: {limit: 99999999}} | ! Invalid argument | ! pids
	END
}

@test "limits: memory [A88 A89 A90 A91 A92]" {
	local no='cgroup v2 has nothing like it'
	rows <<-END
		memory.limit | {memory: {limit: 67108864}} | memory memory.limit_in_bytes=67108864 | memory memory.max=67108864
		memory.limit | {memory: {limit: -1}} | memory memory.limit_in_bytes=92233* | memory memory.max=max
		memory.reservation | {memory: {reservation: 33554432}} | memory memory.soft_limit_in_bytes=33554432 | memory memory.low=33554432
		memory.swap | {memory: {limit: 67108864, swap: 134217728}} | memory memory.memsw.limit_in_bytes=134217728, memory.limit_in_bytes=67108864 | memory memory.swap.max=67108864, memory.max=67108864
		memory.swap | {memory: {limit: 67108864, swap: 67108864}} | memory memory.memsw.limit_in_bytes=67108864 | memory memory.swap.max=0
		memory.swap | {memory: {limit: 67108864, swap: -1}} | memory memory.memsw.limit_in_bytes=92233* | memory memory.swap.max=max
		memory | {memory: {limit: 67108864, swap: 1000}} | ! less than memory.limit | ! memory
		memory.kernel | {memory: {kernel: 33554432}} | ! this kernel takes a value | ! $no
		memory.kernelTCP | {memory: {kernelTCP: 33554432}} | memory memory.kmem.tcp.limit_in_bytes=33554432 | ! $no
		memory.swappiness | {memory: {swappiness: 7}} | memory memory.swappiness=7 | ! $no
		memory.disableOOMKiller | {memory: {disableOOMKiller: true}} | memory memory.oom_control=oom_kill_disable 1* | ! $no
		memory.useHierarchy | {memory: {useHierarchy: true}} | memory memory.use_hierarchy=1 | memory memory.max=max
		memory.useHierarchy | {memory: {useHierarchy: false}} | ! Invalid argument | ! :
	END
}

@test "limits: cpu [A94 A95 A96 A97]" {
	local no='cgroup v2 has nothing like it'
	rows <<-END
		cpu.shares | {cpu: {shares: 512}} | cpu cpu.shares=512 | cpu cpu.weight=59
		cpu.shares | {cpu: {shares: 1024}} | cpu cpu.shares=1024 | cpu cpu.weight=100
		cpu.shares | {cpu: {shares: 262144}} | cpu cpu.shares=262144 | cpu cpu.weight=10000
		cpu.quota | {cpu: {quota: 50000, period: 200000}} | cpu cpu.cfs_quota_us=50000, cpu.cfs_period_us=200000 | cpu cpu.max=50000 200000
		cpu.quota | {cpu: {quota: 50000}} | cpu cpu.cfs_quota_us=50000 | cpu cpu.max=50000 100000
		cpu.quota | {cpu: {quota: -1}} | cpu cpu.cfs_quota_us=-1 | cpu cpu.max=max 100000
		cpu.period | {cpu: {period: 20000}} | cpu cpu.cfs_period_us=20000 | cpu cpu.max=max 20000
		cpu.quota | {cpu: {quota: 5}} | ! Invalid argument | ! cpu
		cpu.burst | {cpu: {quota: 50000, burst: 20000}} | cpu cpu.cfs_burst_us=20000 | cpu cpu.max.burst=20000
		cpu | {cpu: {quota: 5000, burst: 20000}} | ! burst | ! burst
		cpu.idle | {cpu: {idle: 1, shares: 2}} | cpu cpu.idle=1 | cpu cpu.idle=1
		cpu.realtimeRuntime | {cpu: {realtimeRuntime: 950}} | ! cpu.rt_runtime_us | ! $no
		cpu.cpus | {cpu: {cpus: "0"}} | cpuset cpuset.cpus=0 | cpuset cpuset.cpus=0
		cpu.mems | {cpu: {mems: "0"}} | cpuset cpuset.mems=0 | cpuset cpuset.mems=0
		cpu.cpus | {cpu: {cpus: "4000"}} | ! cpu | ! cpu
	END
}

@test "limits: blockIO [A98 A99 A100 A101 S111 S112]" {
	local d M m weight='io.bfq.weight=default 300'
	d=$(disk) || skip "no disk"
	M=${d%:*} m=${d#*:}
	# the one scheduler's, else the other's
	! compgen -G '/sys/fs/cgroup/*/io.weight' || compgen -G '/sys/fs/cgroup/*/io.bfq.weight' ||
		weight='io.weight=default 2930'
	rows <<-END
		blockIO.weight | {blockIO: {weight: 300}} | blkio blkio.bfq.weight=300 | io $weight
		blockIO.weight | {blockIO: {weight: 9}} | ! expected 10 to 1000 | ! :
		blockIO.leafWeight | {blockIO: {leafWeight: 300}} | ! the kernel has no file blkio.leaf_weight | ! cgroup v2 has nothing like it
		blockIO.throttleReadBpsDevice | {blockIO: {throttleReadBpsDevice: [{major: $M, minor: $m, rate: 6000}]}} | blkio blkio.throttle.read_bps_device=$d 6000 | io io.max=$d rbps=6000 wbps=max riops=max wiops=max
		blockIO.throttleWriteBpsDevice | {blockIO: {throttleWriteBpsDevice: [{major: $M, minor: $m, rate: 7000}]}} | blkio blkio.throttle.write_bps_device=$d 7000 | io io.max=$d rbps=max wbps=7000 riops=max wiops=max
		blockIO.throttleReadIOPSDevice | {blockIO: {throttleReadIOPSDevice: [{major: $M, minor: $m, rate: 80}]}} | blkio blkio.throttle.read_iops_device=$d 80 | io io.max=$d rbps=max wbps=max riops=80 wiops=max
		blockIO.throttleWriteIOPSDevice | {blockIO: {throttleWriteIOPSDevice: [{major: $M, minor: $m, rate: 90}], throttleReadIOPSDevice: [{major: $M, minor: $m, rate: 0}]}} | blkio blkio.throttle.write_iops_device=$d 90 | io io.max=$d rbps=max wbps=max riops=max wiops=90
		blockIO.throttleReadBpsDevice | {blockIO: {throttleReadBpsDevice: [{major: 250, minor: 77, rate: 6000}]}} | ! No such device | ! io
	END
}

@test "limits: huge pages, network, rdma [A102 A103 A105 S113 S114 S116]" {
	local no='cgroup v2 has nothing like it'
	rows <<-END
		hugepageLimits | {hugepageLimits: [{pageSize: "2MB", limit: 4194304}]} | hugetlb hugetlb.2MB.limit_in_bytes=4194304, hugetlb.2MB.rsvd.limit_in_bytes=4194304 | hugetlb hugetlb.2MB.max=4194304, hugetlb.2MB.rsvd.max=4194304
		hugepageLimits | {hugepageLimits: [{pageSize: "3MB", limit: 4194304}]} | ! hugetlb | ! 3MB
		network.classID | {network: {classID: 1048577}} | net_cls net_cls.classid=1048577 | ! $no
		network.priorities | {network: {priorities: [{name: "lo", priority: 3}]}} | net_prio net_prio.ifpriomap=*lo 3* | ! $no
		rdma | {rdma: {mlx5_9: {hcaHandles: 3}}} | ! rdma | ! rdma
	END
}

@test "limits: unified [A106 S117 S118 S119]" {
	local no='cgroup v1 has nothing like it'
	[ $V = 2 ] || no=unified
	rows <<-END
		unified | {unified: {"memory.high": "33554432"}} | ! memory.high | memory memory.high=33554432
		unified | {unified: {"memory.oom.group": "1"}} | ! memory.oom.group | memory memory.oom.group=1
		unified | {unified: {"pids.max": "0"}} | ! pids.max | pids pids.max=0
		unified | {unified: {"cpu.weight.nice": "5"}} | ! cpu.weight.nice | cpu cpu.weight.nice=5
		unified | {unified: {"cgroup.max.depth": "3"}} | ! cgroup.max.depth | core cgroup.max.depth=3
		unified | {unified: {"hugetlb.2MB.max": "2097152"}} | ! hugetlb.2MB.max | hugetlb hugetlb.2MB.max=2097152
		unified | {unified: {"memory.nosuch": "1"}} | ! memory.nosuch | ! memory
		unified | {unified: {"cgroup.procs": "1"}} | ! this file holds no limit | ! this file holds no limit
		unified | {unified: {"nosuch.max": "1"}} | ! nosuch | ! nosuch
	END
}

@test "limits: empty objects and zeros ask for nothing [A98]" {
	config '.process.args = ["/bin/true"] | .linux.resources = {memory: {limit: 0, disableOOMKiller: false}, cpu: {shares: 0, quota: 0, cpus: ""},
		blockIO: {weight: 0}, pids: {}, network: {}, hugepageLimits: [], rdma: {}, unified: {}}'
	ok "${MANAGER[@]}" run -b "$B" "$ID"
}

@test "a cgroup below a frozen one is not taken; a cgroup that is frozen neither [S94 A85]" {
	local top=/sys/fs/cgroup freeze=cgroup.freeze on=1 off=0
	need_directories
	if [ $V = 1 ]; then
		has_controller freezer || skip "no freezer"
		top+=/freezer freeze=freezer.state on=FROZEN off=THAWED
	fi
	mkdir -p "$top/cold"
	echo $on >"$top/cold/$freeze"
	config '.linux.cgroupsPath = "/cold/box"'
	w create -b "$B" "$ID"
	local result=$status text=$err
	mkdir "$top/cold/old" && config '.linux.cgroupsPath = "/cold"'
	w create -b "$B" "$ID"
	echo $off >"$top/cold/$freeze"
	find "$top/cold" -depth -type d -exec rmdir {} +
	[ "$result" -eq 1 ] && [[ $text == *frozen* ]] || fail "below: ($result) $text"
	[ "$status" -eq 1 ] && [[ $err == *frozen* ]] || fail "itself: ($status) $err"
}

@test "a threaded cgroup cannot take a container, nor what lies below it [A85]" {
	need_directories
	[ $V = 2 ] || skip "v2 alone has them"
	mkdir -p /sys/fs/cgroup/threads/below
	echo threaded >/sys/fs/cgroup/threads/below/cgroup.type
	config '.linux.cgroupsPath = "/threads/below"'
	w create -b "$B" "$ID"
	local result=$status text=$err
	config '.linux.cgroupsPath = "/threads/below/box"'
	w create -b "$B" "$ID"
	"$WOLFFIA" delete --force "$ID"
	find /sys/fs/cgroup/threads -depth -type d -exec rmdir {} +
	[ "$result" -eq 1 ] && [[ $text == *threaded* ]] || fail "($result) $text"
	[ "$status" -eq 1 ] && [[ $err == *threaded* ]] || fail "below: ($status) $err"
}

@test "a parent with processes of its own: no container with a limit that does not hold [S119]" {
	need_directories
	[ $V = 2 ] || skip "v2 alone has this rule"
	local c
	c=$(tr ' ' '\n' </sys/fs/cgroup/cgroup.controllers | grep -xE 'memory|pids|hugetlb|io' | head -n 1)
	[ -n "$c" ] || skip "no controller"
	mkdir -p /sys/fs/cgroup/full
	sleep 1000 3>&- &
	echo $! >/sys/fs/cgroup/full/cgroup.procs
	case $c in
	memory) config '.linux.resources = {memory: {limit: 67108864}}' ;;
	pids) config '.linux.resources = {pids: {limit: 10}}' ;;
	io) config '.linux.resources = {unified: {"io.max": "8:0 rbps=1"}}' ;;
	hugetlb) config '.linux.resources = {hugepageLimits: [{pageSize: "2MB", limit: 0}]}' ;;
	esac
	config '.linux.cgroupsPath = "/full/box"'
	w create -b "$B" "$ID"
	kill -9 $!
	wait $! 2>/dev/null || true
	[ ! -d /sys/fs/cgroup/full/box ] || fail "the cgroup is left"
	until_true rmdir /sys/fs/cgroup/full
	[ "$status" -eq 1 ] && [[ $err == *"/full"*"has processes of its own"* ]] || fail "($status) $err"
}

@test "a read-only cgroup filesystem: an error, and nothing left" {
	local m
	need_directories
	if [ $V = 2 ]; then m=/sys/fs/cgroup; else m=/sys/fs/cgroup/pids; fi
	config '.linux.resources = {pids: {limit: 10}}'
	mount -o remount,bind,ro $m
	w create -b "$B" "$ID"
	mount -o remount,bind,rw $m
	[ "$status" -eq 1 ] || fail "($status) $err"
	[[ $err == *pids* || $err == *"Read-only"* ]] || fail "$err"
}

@test "a cgroup that was there keeps its files and loses our device rules at delete" {
	need_directories
	[ $V = 2 ] || skip "v2 alone has programs"
	mkdir -p /sys/fs/cgroup/box
	config '.linux.resources.devices = [{allow: false, access: "rwm"}] | .linux.devices = [{path: "/dev/l", type: "c", major: 10, minor: 200, fileMode: 438}]'
	probe facts path:/dev/l path:/dev/null
	is path./dev/l.read EPERM
	# another container, other rules: the former ones do not count any more
	config '.linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 200, access: "rw"}]'
	probe facts path:/dev/l path:/dev/null
	[ "${fact[path./dev/l.read]}" != EPERM ]
	is path./dev/null.write ok
	[ -d /sys/fs/cgroup/box ]
	rmdir /sys/fs/cgroup/box
}
