# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input in bulk: each row is refused with one sentence that names the place, within six
# seconds, and leaves nothing. What the sentences say word for word is in config.bats.
load helpers
load bad-input

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	[ -e /.wolffia-arena ] || skip "only in the arena"
	if [ "$(id -u)" -eq 0 ]; then STATE=/run/wolffia; else STATE=$XDG_RUNTIME_DIR/wolffia; fi
	umask 022
	bundle
	before=$(leftovers)
}

@test "config file syntax" {
	bad_texts <<-'END'
		config.json <=
		config.json <=  \n\t
		config.json:1:1 <= []
		config.json:1:1 <= null
		config.json:1:1 <= "text"
		config.json:1: <= 42
		config.json:1:1 <= true
		config.json:1: <= {
		config.json:1: <= {"ociVersion"
		config.json:1: <= {"ociVersion":
		config.json:1: <= {"ociVersion":"1.0.0"
		config.json:1: <= {"ociVersion":"1.0.0",}
		config.json:1: <= {"ociVersion":"1.0.0" "root":{}}
		config.json:1: <= {"ociVersion":'1.0.0'}
		config.json:1: <= {ociVersion:"1.0.0"}
		config.json:1: <= {"ociVersion":"1.0.0","root":{"path":"rootfs"}} garbage
		config.json:1: <= {"ociVersion":"1.0.0","root":{"path":"rootfs"}}{}
		config.json:1: <= {"ociVersion":"1.0.0","root":{"path":"rootfs"}}]
		config.json:1: <= {"ociVersion":"1.0.0","root":{"path":"rootfs"}}\0000
		config.json:1: <= \0000
		config.json:1: <= \0377\0376{\0000}\0000
		config.json:1: <= \0357\0273\0277{"ociVersion":"1.0.0"}
		config.json:1: <= {"ociVersion":"1.0.0","root":{"path":"\0377\0376"}}
		config.json:1: <= {"ociVersion":"1.0.0","root":{"path":"\0355\0240\0200"}}
		root.path <= {"ociVersion":"1.0.0","root":{"path":"a\\u0000b"}}
		root.path <= {"ociVersion":"1.0.0","root":{"path":"\\ud800x"}}
		config.json:1: <= {"ociVersion":"1.0.0","root":{"path":"\\x"}}
		config.json:1: <= {"ociVersion":"1.0.0","root":{"path":"a\nb"}}
		config.json:1: <= {"ociVersion":"1.0.0","process":{"user":{"uid":0x10}}}
		config.json:1: <= {"ociVersion":"1.0.0","process":{"user":{"uid":+1}}}
		config.json:1: <= {"ociVersion":"1.0.0","process":{"user":{"uid":01}}}
		config.json:1: <= {"ociVersion":"1.0.0","process":{"user":{"uid":NaN}}}
		config.json:1: <= {"ociVersion":"1.0.0","process":{"user":{"uid":1e999}}}
		ociVersion <= {"ociVersion":"1.0.0","ociVersion":"1.0.0"}
		root.path <= {"ociVersion":"1.0.0","root":{"path":"rootfs","path":"rootfs"}}
		config.json:1: <= /* comment */ {"ociVersion":"1.0.0"}
		config.json:1: <= // comment\n{"ociVersion":"1.0.0"}
		config.json:1: <= \0033[31m
		config.json:1: <= <?xml version="1.0"?>
		config.json:1: <= #!/bin/sh
		ociVersion <= {}
	END
}

@test "process section" {
	bad_rows <<-'END'
		.process = "x" => process
		.process = [] => process
		.process = 0 => process
		.process = true => process
		.process.user.uid = "0" => process.user.uid
		.process.user.uid = {} => process.user.uid
		.process.user.uid = [] => process.user.uid
		.process.user.uid = true => process.user.uid
		.process.user.uid = -1 => process.user.uid
		.process.user.uid = 4294967295 => process.user.uid
		.process.user.uid = 4294967296 => process.user.uid
		.process.user.uid = 9223372036854775807 => process.user.uid
		.process.user.uid = 0.5 => process.user.uid
		.process.user.gid = 4294967295 => process.user.gid
		.process.user.gid = "root" => process.user.gid
		.process.user.gid = -5 => process.user.gid
		.process.user.umask = -1 => process.user.umask
		.process.user.umask = "022" => process.user.umask
		.process.user.additionalGids = [-1] => process.user.additionalGids[0]
		.process.user.additionalGids = [0, 4294967295] => process.user.additionalGids[1]
		.process.user.additionalGids = ["5"] => process.user.additionalGids[0]
		.process.user = [] => process.user
		.process.user = "root" => process.user
		.process.args = "/bin/x" => process.args
		.process.args = {} => process.args
		.process.args = [] => process.args
		.process.args = [1] => process.args[0]
		.process.args = ["/probe", {}] => process.args[1]
		.process.args = ["/probe", "a\u0000b"] => process.args[1]
		.process.args = ["\u0000"] => process.args[0]
		.process.args = [""] => process.args
		del(.process.args) => process.args
		.process.env = {} => process.env
		.process.env = "A=1" => process.env
		.process.env = [5] => process.env[0]
		.process.env = ["A"] => process.env[0]
		.process.env = ["=1"] => process.env[0]
		.process.env = [""] => process.env[0]
		.process.env = ["A=\u0000"] => process.env[0]
		.process.env = ["A=1", null] => process.env[1]
		.process.cwd = "" => process.cwd
		.process.cwd = "tmp" => process.cwd
		.process.cwd = "../.." => process.cwd
		.process.cwd = 5 => process.cwd
		.process.cwd = "/\u0000" => process.cwd
		del(.process.cwd) => process.cwd
		.process.cwd = "/probe" => process.cwd
		.process.terminal = "yes" => process.terminal
		.process.terminal = 1 => process.terminal
		.process.consoleSize = {width: -1, height: 5} => process.consoleSize.width
		.process.consoleSize = {width: 5} => process.consoleSize.height
		.process.consoleSize = [80, 25] => process.consoleSize
		.process.noNewPrivileges = "true" => process.noNewPrivileges
		.process.noNewPrivileges = 1 => process.noNewPrivileges
		.process.oomScoreAdj = 1001 => process.oomScoreAdj
		.process.oomScoreAdj = -1001 => process.oomScoreAdj
		.process.oomScoreAdj = "0" => process.oomScoreAdj
		.process.oomScoreAdj = 2147483648 => process.oomScoreAdj
		.process.capabilities = [] => process.capabilities
		.process.capabilities = "all" => process.capabilities
		.process.capabilities.bounding = "CAP_KILL" => process.capabilities.bounding
		.process.capabilities.effective = [1] => process.capabilities.effective[0]
		.process.rlimits = {} => process.rlimits
		.process.rlimits = [{type: "RLIMIT_BOGUS", soft: 1, hard: 1}] => process.rlimits[0].type
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 2, hard: 1}] => process.rlimits[0]
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: -1, hard: 1}] => process.rlimits[0].soft
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1}] => process.rlimits[0].hard
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: "1", hard: 1}] => process.rlimits[0].soft
		.process.rlimits = [{type: "RLIMIT_CORE", soft: 1, hard: 1}, {type: "RLIMIT_CORE", soft: 2, hard: 2}] => process.rlimits[1].type
		.process.rlimits = [{soft: 1, hard: 1}] => process.rlimits[0].type
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1000000000000000, hard: 1000000000000000}] => RLIMIT_NOFILE
		.process.apparmorProfile = 5 => process.apparmorProfile
		.process.selinuxLabel = {} => process.selinuxLabel
		.process.scheduler = {policy: "SCHED_BOGUS"} => process.scheduler.policy
		.process.scheduler = {policy: "SCHED_OTHER", nice: 99} => process.scheduler.nice
		.process.scheduler = {policy: "SCHED_FIFO", priority: 1000} => process.scheduler
		.process.scheduler = {policy: "SCHED_OTHER", flags: ["BOGUS"]} => process.scheduler.flags[0]
		.process.ioPriority = {class: "BOGUS"} => process.ioPriority
		.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8} => process.ioPriority.priority
		.process.execCPUAffinity = {initial: "x"} => process.execCPUAffinity
	END
}

@test "root, mounts, masks" {
	bad_rows <<-'END'
		del(.root) => root
		.root = null => root
		.root = "rootfs" => root
		.root = {} => root.path
		.root.path = "" => root.path
		.root.path = "nowhere" => root.path
		.root.path = "config.json" => root.path
		.root.path = "rootfs\u0000/../.." => root.path
		.root.path = ["rootfs"] => root.path
		.root.path = ("x" * 5000) => root.path
		.root.path = "/proc/self/root/nowhere" => root.path
		.root.readonly = "false" => root.readonly
		.mounts = {} => mounts
		.mounts = [5] => mounts[0]
		.mounts[0].destination = "" => mounts[0].destination
		.mounts[0] |= del(.destination) => mounts[0].destination
		.mounts[0].destination = 5 => mounts[0].destination
		.mounts[0].destination = "/a\u0000b" => mounts[0].destination
		.mounts[0].options = "ro" => mounts[0].options
		.mounts[0].options = [5] => mounts[0].options[0]
		.mounts[0].type = "bogusfs" => mounts[0]
		.mounts[0].type = 5 => mounts[0].type
		.mounts += [{destination: "/data", type: "bind", source: "/nowhere", options: ["bind"]}] => mounts[3]
		.mounts += [{destination: "/data", type: "bind", options: ["bind"]}] => mounts[3]
		.mounts += [{destination: "/data", source: "/tmp", options: ["bind", "bogus"]}] => mounts[3]
		.mounts += [{destination: "/data", type: "tmpfs", source: "t", options: ["size=banana"]}] => mounts[3]
		.mounts += [{destination: "/data", type: "tmpfs", source: "t", options: ["bogus=1"]}] => mounts[3]
		.mounts += [{destination: "/probe/x", type: "tmpfs", source: "t"}] => mounts[3]
		.mounts += [{destination: "/etc/passwd", type: "tmpfs", source: "t"}] => mounts[3]
		.mounts += [{destination: ("/" + ("x" * 300)), type: "tmpfs", source: "t"}] => mounts[3]
		.mounts += [{destination: ("/data" + ("/x" * 3000)), type: "tmpfs", source: "t"}] => mounts[3]
		.mounts += [{destination: "/data", source: "/tmp", options: ["bind"], uidMappings: [{containerID: 0, hostID: 0, size: 0}]}] => mounts[3]
		.mounts += [{destination: "/data", source: "/tmp", options: ["bind"], uidMappings: [{containerID: 0, hostID: 0, size: 1}]}] => mounts[3]
		.linux.maskedPaths = "/proc/kcore" => linux.maskedPaths
		.linux.maskedPaths = [5] => linux.maskedPaths[0]
		.linux.maskedPaths = [""] => linux.maskedPaths[0]
		.linux.maskedPaths = ["proc/kcore"] => linux.maskedPaths[0]
		.linux.maskedPaths = ["/proc/\u0000kcore"] => linux.maskedPaths[0]
		.linux.readonlyPaths = {} => linux.readonlyPaths
		.linux.readonlyPaths = ["relative"] => linux.readonlyPaths[0]
		.linux.rootfsPropagation = "bogus" => linux.rootfsPropagation
		.linux.rootfsPropagation = 5 => linux.rootfsPropagation
		.linux.mountLabel = 5 => linux.mountLabel
	END
}

@test "namespaces, ids, devices, cgroups, seccomp" {
	bad_rows <<-'END'
		.linux = [] => linux
		.linux = "linux" => linux
		.linux.namespaces = {} => linux.namespaces
		.linux.namespaces = "pid" => linux.namespaces
		.linux.namespaces = ["pid"] => linux.namespaces[0]
		.linux.namespaces += [{}] => .type
		.linux.namespaces += [{type: "bogus"}] => .type
		.linux.namespaces += [{type: "pid"}] => linux.namespaces
		.linux.namespaces += [{type: "network", path: "relative"}] => linux.namespaces
		.linux.namespaces += [{type: "network", path: "/nowhere"}] => /nowhere
		.linux.namespaces += [{type: "network", path: "/etc/passwd"}] => /etc/passwd
		.linux.namespaces += [{type: "network", path: "/proc/self/ns/uts"}] => /proc/self/ns/uts
		.linux.namespaces += [{type: "network", path: 5}] => linux.namespaces
		.linux.namespaces += [{type: "network", path: "/proc/self/ns/net\u0000x"}] => linux.namespaces
		.linux.uidMappings = {} => linux.uidMappings
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: -1}] => linux.uidMappings[0].size
		.linux.uidMappings = [{containerID: 0, hostID: 0}] => linux.uidMappings[0].size
		.linux.uidMappings = [{containerID: 0, hostID: 4294967296, size: 1}] => linux.uidMappings[0].hostID
		.linux.uidMappings = [{containerID: 4294967295, hostID: 0, size: 1}] => linux.uidMappings[0].containerID
		.linux.namespaces |= map(select(.type != "user")) + [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 10}, {containerID: 5, hostID: 100, size: 10}] => linux.uidMappings
		.linux.devices = {} => linux.devices
		.linux.devices = [{path: "/dev/x", type: "q", major: 1, minor: 3}] => linux.devices[0].type
		.linux.devices = [{path: "dev/x", type: "c", major: 1, minor: 3}] => linux.devices[0].path
		.linux.devices = [{path: "/dev/x", type: "c"}] => linux.devices[0]
		.linux.devices = [{type: "c", major: 1, minor: 3}] => linux.devices[0].path
		.linux.devices = [{path: "/dev/x", type: "c", major: -1, minor: 3}] => linux.devices[0].major
		.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, uid: 4294967295}] => linux.devices[0].uid
		.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, fileMode: "0666"}] => linux.devices[0].fileMode
		.linux.cgroupsPath = 5 => linux.cgroupsPath
		.linux.cgroupsPath = "/a\u0000b" => linux.cgroupsPath
		.linux.cgroupsPath = ("/" + ("x" * 300)) => cgroup
		.linux.cgroupsPath = ("/" + ("deep/" * 1000) + "x") => cgroup
		.linux.cgroupsPath = ("deep/" * 1000) => cgroup
		.linux.resources = [] => linux.resources
		.linux.resources.pids.limit = "many" => linux.resources.pids.limit
		.linux.resources.memory.limit = "1G" => linux.resources.memory.limit
		.linux.resources.memory.limit = {} => linux.resources.memory.limit
		.linux.resources.cpu.shares = -1 => linux.resources.cpu.shares
		.linux.resources.cpu.quota = "50%" => linux.resources.cpu.quota
		.linux.resources.devices = {} => linux.resources.devices
		.linux.resources.devices = [{allow: "yes", access: "rwm"}] => linux.resources.devices[0].allow
		.linux.resources.devices = [{allow: true, access: "xyz"}] => linux.resources.devices[0].access
		.linux.resources.devices = [{allow: true, type: "q", access: "r"}] => linux.resources.devices[0].type
		.linux.sysctl = [] => linux.sysctl
		.linux.sysctl = {"kernel.shmmax": 5} => linux.sysctl
		.linux.sysctl = {"kernel.bogus": "1"} => kernel.bogus
		.linux.sysctl = {"../../etc/passwd": "1"} => linux.sysctl
		.linux.sysctl = {"kernel/../../etc": "1"} => linux.sysctl
		.linux.sysctl = {"": "1"} => linux.sysctl
		.linux.sysctl = {"kernel.shmmax": "banana"} => kernel.shmmax
		.linux.seccomp = [] => linux.seccomp
		.linux.seccomp = {} => linux.seccomp.defaultAction
		.linux.seccomp = {defaultAction: "SCMP_ACT_BOGUS"} => linux.seccomp.defaultAction
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_BOGUS"]} => linux.seccomp.architectures[0]
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: [], action: "SCMP_ACT_ERRNO"}]} => linux.seccomp.syscalls[0].names
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"]}]} => linux.seccomp.syscalls[0].action
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: -1}]} => linux.seccomp.syscalls[0].errnoRet
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_ERRNO", args: [{index: 6, value: 0, op: "SCMP_CMP_EQ"}]}]} => linux.seccomp.syscalls[0].args[0].index
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 0, op: "BOGUS"}]}]} => linux.seccomp.syscalls[0].args[0].op
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["BOGUS"]} => linux.seccomp.flags[0]
		.linux.seccomp = {defaultAction: "SCMP_ACT_NOTIFY"} => linux.seccomp
		.linux.personality = {domain: "BOGUS"} => linux.personality.domain
		.linux.timeOffsets = {monotonic: {secs: "1"}} | .linux.namespaces += [{type: "time"}] => linux.timeOffsets
		.linux.timeOffsets = {monotonic: {secs: 1}} => linux.timeOffsets
		.hostname = 5 => hostname
		.hostname = "a\u0000b" => hostname
		.hostname = ("x" * 65) => hostname
		.domainname = ("x" * 65) => domainname
		.annotations = [] => annotations
		.annotations = {a: 5} => annotations
		.annotations = {"": "x"} => annotations
	END
}

@test "hooks" {
	printf '#!/bin/sh\nexit 3\n' >"$T/three"
	printf '#!/bin/sh\necho "the reason" >&2; exit 1\n' >"$T/says"
	printf '#!/bin/sh\nkill -SEGV $$\n' >"$T/dies"
	printf '#!/bin/sh\nexec sleep 1000\n' >"$T/hangs"
	printf '#!/bin/sh\nsleep 1000 & sleep 1000\n' >"$T/forks"
	printf '#!/bin/sh\nexec <&-\nexit 1\n' >"$T/closes"
	echo "no program" >"$T/data"
	printf '#!/nowhere/sh\n' >"$T/interp"
	mkdir "$T/dir"
	chmod 755 "$T/three" "$T/says" "$T/dies" "$T/hangs" "$T/forks" "$T/closes" "$T/interp"
	bad_rows <<-END
		.hooks = [] => hooks
		.hooks = {createRuntime: {}} => hooks.createRuntime
		.hooks = {createRuntime: ["/bin/true"]} => hooks.createRuntime[0]
		.hooks = {createRuntime: [{}]} => hooks.createRuntime[0].path
		.hooks = {createRuntime: [{path: ""}]} => hooks.createRuntime[0].path
		.hooks = {createRuntime: [{path: "bin/true"}]} => hooks.createRuntime[0].path
		.hooks = {createRuntime: [{path: 5}]} => hooks.createRuntime[0].path
		.hooks = {createRuntime: [{path: "/bin/true", timeout: 0}]} => hooks.createRuntime[0].timeout
		.hooks = {createRuntime: [{path: "/bin/true", timeout: -1}]} => hooks.createRuntime[0].timeout
		.hooks = {createRuntime: [{path: "/bin/true", timeout: "5"}]} => hooks.createRuntime[0].timeout
		.hooks = {createRuntime: [{path: "/bin/true", args: "x"}]} => hooks.createRuntime[0].args
		.hooks = {createRuntime: [{path: "/bin/true", env: ["A"]}]} => hooks.createRuntime[0].env[0]
		.hooks = {createRuntime: [{path: "/bin/true", env: [5]}]} => hooks.createRuntime[0].env[0]
		.hooks = {createRuntime: [{path: "/nowhere"}]} => hooks.createRuntime[0]
		.hooks = {createRuntime: [{path: "$T/data"}]} => hooks.createRuntime[0]
		.hooks = {createRuntime: [{path: "$T/dir"}]} => hooks.createRuntime[0]
		.hooks = {createRuntime: [{path: "$T/interp"}]} => hooks.createRuntime[0]
		.hooks = {createRuntime: [{path: "$T/three"}]} => hooks.createRuntime[0]
		.hooks = {createRuntime: [{path: "/bin/true"}, {path: "$T/says"}]} => the reason
		.hooks = {createRuntime: [{path: "$T/dies"}]} => hooks.createRuntime[0]
		.hooks = {createRuntime: [{path: "$T/closes"}]} | .annotations = {a: ("x" * 200000)} => hooks.createRuntime[0]
		.hooks = {createRuntime: [{path: "$T/hangs", timeout: 1}]} => hooks.createRuntime[0]
		.hooks = {createRuntime: [{path: "$T/forks", timeout: 1}]} => hooks.createRuntime[0]
		.hooks = {prestart: [{path: "$T/three"}]} => hooks.prestart[0]
		.hooks = {prestart: [{path: "$T/hangs", timeout: 1}]} => hooks.prestart[0]
		.hooks = {createContainer: [{path: "$T/three"}]} => hooks.createContainer[0]
		.hooks = {createContainer: [{path: "$T/says"}]} => the reason
		.hooks = {createContainer: [{path: "$T/hangs", timeout: 1}]} => hooks.createContainer[0]
		.hooks = {createContainer: [{path: "/nowhere"}]} => hooks.createContainer[0]
		.hooks = {startContainer: [{}]} => hooks.startContainer[0].path
		.hooks = {poststart: [{path: "x"}]} => hooks.poststart[0].path
		.hooks = {poststop: [{path: "/bin/true", timeout: 0}]} => hooks.poststop[0].timeout
	END
}

@test "hooks and programs that fail at start: run says why and leaves nothing" {
	printf '#!/bin/sh\nexit 3\n' >"$T/three"
	chmod 755 "$T/three"
	echo garbage >"$R/bin/garbage"
	printf '#!/nowhere/interpreter\n' >"$R/bin/interp"
	printf '#!/bin/sh\nexit 3\n' >"$R/bin/three"
	: >"$R/bin/empty"
	ln -s loop "$R/bin/loop"
	mkfifo "$R/bin/fifo"
	chmod 755 "$R"/bin/{garbage,interp,three,empty}
	echo '#!/bin/sh' >"$R/bin/plain"
	chmod 644 "$R/bin/plain"
	bad_rows run <<-END
		.process.args = ["/bin/garbage"] => /bin/garbage
		.process.args = ["/bin/interp"] => /bin/interp
		.process.args = ["/bin/empty"] => /bin/empty
		.process.args = ["/bin/loop"] => /bin/loop
		.process.args = ["/bin/fifo"] => /bin/fifo
		.process.args = ["/bin/plain"] => /bin/plain
		.process.args = ["/bin"] => /bin
		.process.args = ["/nowhere"] => /nowhere
		.process.args = ["nowhere"] => nowhere
		.process.args = ["/probe/x"] => /probe/x
		.process.args = ["/probe", ("x" * 3000000)] => /probe
		.process.args = ["/" + ("x" * 5000)] => too long
		.hooks = {startContainer: [{path: "/bin/three"}]} => hooks.startContainer[0]
		.hooks = {startContainer: [{path: "/nowhere"}]} => hooks.startContainer[0]
		.hooks = {startContainer: [{path: "/bin/sleep", args: ["sleep", "1000"], timeout: 1}]} => hooks.startContainer[0]
		.hooks = {poststart: [{path: "$T/three"}]} | .process.args = ["/probe", "pause"] => hooks.poststart[0]
		.hooks = {poststart: [{path: "/bin/sleep", args: ["sleep", "1000"], timeout: 1}]} | .process.args = ["/probe", "pause"] => hooks.poststart[0]
	END
}
