# SPDX-License-Identifier: GPL-2.0-or-later
# process: what the config says is what the program sees.
load helpers

@test "ids: user, groups, umask [S40 A38 A40]" {
	config '.process.user = {uid: 1000, gid: 1001, umask: 54, additionalGids: [5, 1002]}'
	probe
	is uid 1000:1000:1000
	is gid 1001:1001:1001
	is groups 5,1002
	is umask 0066
}

@test "groups: none of the caller's come along [A40]" {
	need_root
	args /probe
	setpriv --groups 1,2,3 "$WOLFFIA" run -b "$B" "$ID" >"$T/out" 3>&-
	read_facts "$T/out"
	is groups ""
}

@test "umask: unset keeps the caller's [S41 A39]" {
	umask 0027
	probe
	is umask 0027
	config '.process.user.umask = 0'
	probe
	is umask 0000
}

@test "cwd, args, env as given [S25 S26 A34 A35 A36]" {
	mkdir -p "$R/data/sub"
	config '.process.cwd = "/data/sub" | .process.env = ["PATH=/bin", "A=1", "B=", "C=a=b c"]'
	args ../../probe facts "two words" ""
	w run -b "$B" "$ID"
	read_facts "$T/out"
	is cwd /data/sub
	is args 4
	is arg.0 ../../probe
	is arg.2 "two words"
	is arg.3 ""
	is env.A 1
	is env.B ""
	grep -qx 'env.C=a=b c' "$T/out"
}

@test "args: looked up in the container's PATH [S26 A36]" {
	mkdir "$R/opt"
	ln -s /probe "$R/opt/look"
	config '.process.env = ["PATH=/nowhere:/opt"]'
	args look
	probe
	is arg.0 look
	config '.process.env = ["PATH=/nowhere"]'
	no 1 'executable file not found in $PATH' run -b "$B" "$ID"
}

@test "environment: nothing of the caller's comes along [A35]" {
	SECRET=1 LD_PRELOAD='' probe
	none env.SECRET
	none env.LD_PRELOAD
	is env.PATH /bin
	grep -qE '^env\.(SECRET|BATS|TMPDIR)' "$T/out" && return 1
	true
}

@test "cwd that is missing is made, as runc does; no directory is an error that names it [A34]" {
	config '.process.cwd = "/nope/deeper"'
	probe
	is cwd /nope/deeper
	config '.process.cwd = "/probe"'
	no 1 "process.cwd: /probe" run -b "$B" "$ID"
}

@test "rlimits: soft and hard as given [S28 S29 S30 S32 A42]" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200},
		{type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_STACK", soft: 1000000, hard: 2000000},
		{type: "RLIMIT_NPROC", soft: 500, hard: 600}]'
	probe
	is rlimit.NOFILE 100:200
	is rlimit.CORE 0:0
	is rlimit.STACK 1000000:2000000
	is rlimit.NPROC 500:600
}

@test "rlimits: every type of Linux is known [S27 S28 A42]" {
	config '.process.rlimits = [("AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK" | split(" ")[]) | {type: "RLIMIT_\(.)", soft: 0, hard: 0}]
		| .process.rlimits |= map(if .type == "RLIMIT_AS" or .type == "RLIMIT_DATA" or .type == "RLIMIT_STACK" then .soft = 100000000 | .hard = 100000000 elif .type == "RLIMIT_NOFILE" or .type == "RLIMIT_CPU" or .type == "RLIMIT_NPROC" then .soft = 64 | .hard = 64 else . end)'
	config '.process.rlimits |= map(select(.type != "RLIMIT_FSIZE"))'
	probe
	is rlimit.AS 100000000:100000000
	is rlimit.MEMLOCK 0:0
	is rlimit.RTTIME 0:0
}

@test "rlimits: the caller's come along where nothing is said [A42]" {
	ulimit -S -n 333
	probe
	like rlimit.NOFILE "333:*"
}

@test "capabilities: five sets exactly as given [S33 A43]" {
	config '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"],
		permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_KILL"],
		inheritable: ["CAP_CHOWN"], ambient: ["CAP_CHOWN"]}'
	config '.process.user.uid = 1000'
	probe
	is cap.bounding a1
	is cap.ambient 1
	is cap.inheritable 1
	is cap.permitted 1
	is cap.effective 1
	# inheritable alone, for a user
	config '.process.capabilities = {bounding: ["CAP_KILL"], inheritable: ["CAP_KILL"]}'
	probe
	is cap.bounding 20
	is cap.inheritable 20
	is cap.permitted 0
	is cap.effective 0
}

@test "capabilities: root gets bounding and permitted, nothing inheritable [S33 A43]" {
	config '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL"],
		permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN", "CAP_KILL"]}'
	probe
	is cap.bounding 21
	is cap.permitted 21
	is cap.effective 21
	is cap.inheritable 0
	is cap.ambient 0
}

@test "capabilities: without the member the program has none [A43]" {
	probe
	is cap.effective 0
	is cap.permitted 0
	is cap.bounding 0
}

@test "capabilities: an unknown one, and one that cannot be granted, are warnings [S33 S34 S175 A43]" {
	config '.process.capabilities = {bounding: ["CAP_KILL", "CAP_MAGIC"], permitted: ["CAP_KILL", "CAP_MAGIC"],
		effective: ["CAP_KILL", "CAP_MAGIC"]}'
	probe
	is cap.effective 20
	[[ $err == *CAP_MAGIC* ]]
	config '.process.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"],
		effective: ["CAP_KILL"], ambient: ["CAP_KILL"], inheritable: []}'
	probe
	is cap.ambient 0
	[[ $err == *CAP_KILL* ]]
}

@test "no_new_privs [A44]" {
	probe
	is no_new_privs 0
	config '.process.noNewPrivileges = true'
	probe
	is no_new_privs 1
}

@test "oom_score_adj: exactly as given; untouched without [S35 S36 A47]" {
	config '.process.oomScoreAdj = 321'
	probe
	is oom_score_adj 321
	config 'del(.process.oomScoreAdj)'
	echo 77 >/proc/self/oom_score_adj
	probe
	is oom_score_adj 77
}

@test "scheduler: policy, nice, priority, deadline [S37 A48]" {
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 5}'
	probe
	is sched.policy 3
	is nice 5
	config '.process.scheduler = {policy: "SCHED_IDLE"}'
	probe
	is sched.policy 5
	need_root
	[ "${VM_PROFILE-}" != v2-plain ] || skip "its kernel wants real-time budgets, which only cgroup v1 has"
	config '.process.scheduler = {policy: "SCHED_FIFO", priority: 7}'
	probe
	is sched.policy 1
	is sched.priority 7
	config '.process.scheduler = {policy: "SCHED_RR", priority: 3, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	probe
	is sched.flags 1
	config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 20000000, period: 20000000}'
	probe
	is sched.policy 6
	is sched.runtime 1000000
}

@test "ioPriority: class and priority [S38 A50]" {
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	probe
	is ioprio 2:6
	config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
	probe
	is ioprio 3:0
}

@test "personality: LINUX32 [S156 A75]" {
	config '.linux.personality = {domain: "LINUX32"}'
	probe
	is personality 8
	# user-mode Linux says the same to everybody
	is machine "$(setarch linux32 uname -m)"
	config '.linux.personality = {domain: "LINUX"}'
	probe
	is personality 0
}

@test "memory policy [S138 A113]" {
	[ -e /proc/self/numa_maps ] || skip "the kernel was built without NUMA"
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
	probe
	is mempolicy 2:1
	config '.linux.memoryPolicy = {mode: "MPOL_LOCAL", nodes: ""}'
	probe
	is mempolicy 4:0
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "63"}'
	no 1 "linux.memoryPolicy" run -b "$B" "$ID"
}

@test "execCPUAffinity does not touch the first process [S39 A51]" {
	config '.process.execCPUAffinity = {initial: "0", final: ""}'
	w run -b "$B" "$ID"
	read_facts "$T/out"
	is cpus "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)"
}

@test "descriptors: only 0, 1, 2 [S196 A78]" {
	exec 5</etc/passwd 7</ 9<>"$T/file"
	probe
	exec 5<&- 7<&- 9>&-
	is fds 3
	none fd.3
	none fd.5
}

@test "descriptors: --preserve-fds N passes 3 to N+2, at the same numbers [B22 S196]" {
	echo one >"$T/one"
	status=0
	"$WOLFFIA" run -b "$B" --preserve-fds 1 "$ID" >"$T/out" 2>"$T/err" 3<"$T/one" 4</etc/passwd || status=$?
	[ $status -eq 0 ]
	read_facts "$T/out"
	is fds 4
	like fd.3 "*one"
	none fd.4
}

@test "descriptors: LISTEN_FDS with LISTEN_PID are passed on [B88 B89]" {
	args /probe
	# the shell becomes wolffia, so that LISTEN_PID is right
	LISTEN_FDS=1 LISTEN_FDNAMES=web sh -c 'export LISTEN_PID=$$; exec "$0" run -b "$1" "$2"' \
		"$WOLFFIA" "$B" "$ID" >"$T/out" 3</etc/passwd
	read_facts "$T/out"
	is fds 4
	is env.LISTEN_FDS 1
	is env.LISTEN_PID 1
	is env.LISTEN_FDNAMES web
	LISTEN_PID=1 LISTEN_FDS=1 "$WOLFFIA" run -b "$B" "$ID" >"$T/out" 3</etc/passwd
	read_facts "$T/out"
	is fds 3
	none env.LISTEN_FDS
}

@test "signals: nothing is blocked or ignored, whatever the caller does" {
	env --ignore-signal=INT --ignore-signal=USR1 --block-signal=USR2 \
		"$WOLFFIA" run -b "$B" "$ID" >"$T/out" 3>&-
	read_facts "$T/out"
	is sig.blocked 0000000000000000
	like sig.ignored "0000000000000000"
}

@test "the program leads its own session and process group" {
	probe
	is pid 1
	is ppid 0
	is sid 1
	is pgid 1
	is pdeathsig 0
}

@test "session keyring: a new one; with --no-new-keyring the caller's [B21]" {
	probe
	local mine=${fact[keyring.id]}
	is keyring yes
	like keyring.about "*$ID*"
	w run --no-new-keyring -b "$B" "$ID"
	read_facts "$T/out"
	[ "${fact[keyring.id]}" != "$mine" ]
	[[ ${fact[keyring.about]} != *$ID* ]]
}

@test "terminal: a pty on 0, 1, 2 and /dev/console, size, its own CR with a raw one [S23 S24 A32 A33]" {
	config '.process.terminal = true | .process.consoleSize = {height: 33, width: 77}'
	# a terminal for wolffia itself to copy from and to
	args /probe facts path:/dev/console
	in_terminal "$WOLFFIA run -b $B $ID"
	read_facts "$T/out"
	like tty.0 "/dev/*"
	is tty.size 33x77
	is tty.onlcr 1
	is tty.controlling yes
	like path./dev/console "char*136:*"
}

@test "consoleSize without a terminal is ignored [S23 A33]" {
	config '.process.consoleSize = {height: 33, width: 77}'
	probe
	is tty.0 no
}

@test "terminal: create without a console socket, and a console socket without a terminal, are errors [B17]" {
	config '.process.terminal = true'
	no 1 "console" create -b "$B" "$ID"
	config '.process.terminal = false'
	no 1 "console" create -b "$B" --console-socket "$T/nope" "$ID"
}

@test "noise in the config that is for Windows or unknown is ignored [S67 A37 A41]" {
	config '.process.commandLine = "x y" | .process.user.username = "u" | .windows = {a: 1} | .process.unknown = [1, {"a": null}]'
	probe
	is uid 0:0:0
}

@test "an AppArmor profile is an error where the kernel has no AppArmor [S68 S183 A45]" {
	[ -e /sys/kernel/security/apparmor ] && skip "AppArmor is on"
	config '.process.apparmorProfile = "nosuch"'
	refused "process.apparmorProfile: nosuch"
}

@test "SELinux labels without SELinux are said to be inactive, once (R33) [A46 A73]" {
	[ -e /sys/fs/selinux/enforce ] && skip "SELinux is on"
	config '.process.selinuxLabel = "a:b:c:s0" | .linux.mountLabel = "a:b:c:s0"'
	probe
	[ "$(grep -c "SELinux is disabled" "$T/err")" -eq 1 ]
}
