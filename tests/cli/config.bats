# SPDX-License-Identifier: GPL-2.0-or-later
# config.json: what is refused, with which sentence, and what must be taken. A refusal names
# the place as config.json:LINE:COLUMN: MEMBER: what, expected what.
load helpers

# raw TEXT SENTENCE: a config.json of this very text is refused with the sentence
raw() {
	printf '%s' "$1" >"$B/config.json"
	no 1 "$2" create -b "$B" "$ID"
}

@test "the text: empty, no object, cut short, more after the end [S69 S174 A1]" {
	raw '' 'config.json'
	raw '[]' 'config.json:1:1: '
	raw 'null' 'config.json:1:1: '
	raw '{' 'the document ends too early'
	raw '{"ociVersion":"1.0.0","root":{"path":"rootfs"}} {}' 'config.json:1:49: '
	raw '{"ociVersion":"1.0.0",}' 'config.json:1:23: '
	raw $'{"ociVersion":"1.0.0","root":{"path":"\xff"}}' 'config.json:1:'
	raw '{"ociVersion":"1.0.0","root":{"path":"a\u0000b"}}' 'root.path: got a NUL character, expected text without it'
	raw '{"ociVersion":"1.0.0","root":{"path":"\ud800"}}' 'root.path: got half a surrogate pair'
	raw '# comment' 'config.json:1:1: '
}

@test "the text: missing, no regular file, not readable [S2 S178 S197 A1]" {
	rm "$B/config.json"
	no 1 "config.json" create -b "$B" "$ID"
	[[ $err == *"No such file"* ]] || [[ $err == *"does not exist"* ]]
	mkdir "$B/config.json"
	no 1 "config.json" create -b "$B" "$ID"
	rmdir "$B/config.json"
	mkfifo "$B/config.json"
	no 1 "config.json" create -b "$B" "$ID"
	rm "$B/config.json"
	ln -s /dev/zero "$B/config.json"
	no 1 "config.json" create -b "$B" "$ID"
}

@test "the text: names given twice at any depth [S70 A1]" {
	raw '{"ociVersion":"1.0.0","ociVersion":"1.0.0"}' 'ociVersion: this name is given twice'
	raw '{"ociVersion":"1.0.0","process":{"user":{"uid":0,"gid":0,"uid":1}}}' 'process.user.uid: this name is given twice'
	raw '{"ociVersion":"1.0.0","annotations":{"a":"1","a":"2"}}' 'this name is given twice'
	raw '{"ociVersion":"1.0.0","unknown":{"a":1,"a":2}}' 'this name is given twice'
}

@test "the text: 100 MB and 10,000 levels are refused with little memory [A1]" {
	{ printf '{"x":"'; head -c 100000000 /dev/zero | tr '\0' a; printf '"}'; } >"$B/config.json"
	( ulimit -v 65536; no 1 "config.json has 100000008 bytes, more than the limit of 16777216" create -b "$B" "$ID" )
	{ printf '{"x":'; head -c 10000 /dev/zero | tr '\0' '['; } >"$B/config.json"
	( ulimit -v 65536; no 1 "nested too deep" create -b "$B" "$ID" )
	{ printf '{"x":'; head -c 1000000 /dev/zero | tr '\0' '['; } >"$B/config.json"
	( ulimit -v 65536; no 1 "nested too deep" create -b "$B" "$ID" )
}

@test "ociVersion: SemVer, 1.x, minor versions we do not know too [S1 S200 A2]" {
	refusals <<-'END'
		del(.ociVersion) => ociVersion: missing
		.ociVersion = 1 => ociVersion: got a number, expected a string
		.ociVersion = "" => ociVersion: got "", expected a SemVer 2.0.0 version 1.MINOR.PATCH
		.ociVersion = "9.0.0" => ociVersion: got "9.0.0", expected a SemVer 2.0.0 version 1.MINOR.PATCH
		.ociVersion = "0.9.0" => ociVersion: got "0.9.0", expected a SemVer 2.0.0 version 1.MINOR.PATCH
		.ociVersion = "not-semver" => ociVersion: got "not-semver", expected a SemVer 2.0.0 version 1.MINOR.PATCH
		.ociVersion = "1.0" => ociVersion: got "1.0", expected a SemVer 2.0.0 version 1.MINOR.PATCH
		.ociVersion = "01.0.0" => ociVersion: got "01.0.0", expected a SemVer 2.0.0 version 1.MINOR.PATCH
	END
	taken <<-'END'
		.ociVersion = "1.0.0"
		.ociVersion = "1.0.2-dev"
		.ociVersion = "1.2.1"
		.ociVersion = "1.3.0"
		.ociVersion = "1.99.3-rc.1+build.5"
	END
}

@test "unknown members are ignored everywhere [S66 S67 A1]" {
	taken <<-'END'
		.unknown = {a: [1, {b: null}]}
		.process.unknown = 1
		.linux.unknown = [] | .linux.resources.unknown = true | .linux.namespaces[0].unknown = "x"
		.mounts[0].unknown = 1 | .root.unknown = {} | .process.user.unknown = 5
		.annotations = {"some.unknown.key": "value"}
	END
}

@test "root [S2 S3 A3]" {
	refusals <<-'END'
		del(.root) => root: missing
		del(.root.path) => root.path: missing
		.root.path = "" => root.path: got ""
		.root.path = 5 => root.path: got a number, expected a string
		.root.path = "nowhere" => root.path: nowhere
		.root.readonly = "yes" => root.readonly: got a string, expected true or false
		.root = [] => root: got a list, expected an object
	END
}

@test "process: types, ranges, missing members [S25 S26 S32 S40 A31 A36 A38]" {
	refusals <<-'END'
		.process = 1 => process: got a number, expected an object
		del(.process.cwd) => process.cwd: missing
		.process.cwd = "tmp" => process.cwd: got "tmp", expected an absolute path
		.process.cwd = "" => process.cwd: got "", expected an absolute path
		del(.process.args) => process.args: missing
		.process.args = [] => process.args: empty
		.process.args = "/bin/x" => process.args: got a string, expected a list
		.process.args = [1] => process.args[0]: got a number, expected a string
		.process.args = [null] => process.args[0]: got null, expected a string
		.process.env = {} => process.env: got an object, expected a list
		.process.env = ["=x"] => process.env[0]: got "=x", expected NAME=VALUE
		.process.env = ["novalue"] => process.env[0]: got "novalue", expected NAME=VALUE
		del(.process.user.uid) => process.user.uid: missing
		del(.process.user.gid) => process.user.gid: missing
		.process.user.uid = "0" => process.user.uid: got a string, expected an integer
		.process.user.uid = {} => process.user.uid: got an object, expected an integer
		.process.user.uid = true => process.user.uid: got true, expected an integer
		.process.user.uid = -1 => process.user.uid: got -1, expected
		.process.user.uid = 4294967295 => process.user.uid: got 4294967295, expected
		.process.user.uid = 4294967296 => process.user.uid: got 4294967296, expected
		.process.user.uid = 1.5 => process.user.uid: got 1.5, expected
		.process.user.gid = 4294967295 => process.user.gid: got 4294967295, expected
		.process.user.additionalGids = [4294967295] => process.user.additionalGids[0]: got 4294967295, expected
		.process.user.additionalGids = 5 => process.user.additionalGids: got a number, expected a list
		.process.user.umask = 65536 => process.user.umask: got 65536, expected
		.process.terminal = 1 => process.terminal: got a number, expected true or false
		.process.consoleSize = {height: 5} => process.consoleSize.width: missing
		.process.consoleSize = {width: 5} => process.consoleSize.height: missing
		.process.noNewPrivileges = "no" => process.noNewPrivileges: got a string, expected true or false
		.process.oomScoreAdj = 1001 => process.oomScoreAdj: got 1001, expected
		.process.oomScoreAdj = -1001 => process.oomScoreAdj: got -1001, expected
		.process.capabilities = [] => process.capabilities: got a list, expected an object
		.process.capabilities.bounding = "CAP_KILL" => process.capabilities.bounding: got a string, expected a list
	END
}

@test "process: numbers written in other ways, too large for any type [S68]" {
	printf '%s' "$(sed 's/"uid": 0/"uid": 1e2/' /tmp/template/config.json)" >"$B/config.json"
	w create -b "$B" "$ID"
	[ "$status" -eq 1 ] || [ "$(jq .process.user.uid "$B/config.json")" = 100 ]
	w delete --force "$ID"
	sed 's/"uid": 0/"uid": 99999999999999999999999999/' /tmp/template/config.json >"$B/config.json"
	no 1 "process.user.uid: " create -b "$B" "$ID"
	sed 's/"uid": 0/"uid": 00/' /tmp/template/config.json >"$B/config.json"
	no 1 "config.json:" create -b "$B" "$ID"
}

@test "rlimits: unknown, twice, incomplete, soft above hard [S27 S31 S32 A42]" {
	refusals <<-'END'
		.process.rlimits = [{type: "RLIMIT_BOGUS", soft: 1, hard: 1}] => process.rlimits[0].type: got "RLIMIT_BOGUS", expected a limit of Linux such as RLIMIT_NOFILE
		.process.rlimits = [{type: "NOFILE", soft: 1, hard: 1}] => process.rlimits[0].type: got "NOFILE", expected a limit of Linux such as RLIMIT_NOFILE
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 10, hard: 10}, {type: "RLIMIT_NOFILE", soft: 10, hard: 10}] => process.rlimits[1].type: RLIMIT_NOFILE is given twice, expected it once
		.process.rlimits = [{soft: 1, hard: 1}] => process.rlimits[0].type: missing
		.process.rlimits = [{type: "RLIMIT_CORE", hard: 1}] => process.rlimits[0].soft: missing
		.process.rlimits = [{type: "RLIMIT_CORE", soft: 1}] => process.rlimits[0].hard: missing
		.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}] => process.rlimits[0].soft: got 2, expected at most the hard limit 1
		.process.rlimits = [{type: "RLIMIT_CORE", soft: -1, hard: 1}] => process.rlimits[0].soft: got -1
		.process.rlimits = {} => process.rlimits: got an object, expected a list
	END
}

@test "rlimits: one that cannot be raised names it and says why [S30 A42]" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 4000000000, hard: 4000000000}]'
	no 1 "process.rlimits[0]: RLIMIT_NOFILE" run -b "$B" "$ID"
}

@test "scheduler, ioPriority, affinity [S37 S38 S68 A48 A50 A51]" {
	refusals <<-'END'
		.process.scheduler = {nice: 1} => process.scheduler.policy: missing
		.process.scheduler = {policy: "SCHED_BOGUS"} => process.scheduler.policy: got "SCHED_BOGUS", expected
		.process.scheduler = {policy: "SCHED_OTHER", nice: 20} => process.scheduler.nice: got 20, expected
		.process.scheduler = {policy: "SCHED_FIFO", priority: 0} => process.scheduler.priority: got 0, expected 1 to 99 with this policy
		.process.scheduler = {policy: "SCHED_OTHER", priority: 5} => process.scheduler.priority: got 5, expected 0 with this policy
		.process.scheduler = {policy: "SCHED_DEADLINE"} => process.scheduler.runtime: missing, expected it with SCHED_DEADLINE
		.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10, deadline: 5} => process.scheduler.deadline: got 5, expected at least the runtime 10
		.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_BOGUS"]} => process.scheduler.flags[0]: got "SCHED_FLAG_BOGUS", expected
		.process.ioPriority = {priority: 1} => process.ioPriority.class: missing
		.process.ioPriority = {class: "IOPRIO_CLASS_BOGUS", priority: 1} => process.ioPriority.class: got "IOPRIO_CLASS_BOGUS", expected
		.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8} => process.ioPriority.priority: got 8, expected
		.process.execCPUAffinity = {initial: "a-b"} => process.execCPUAffinity.initial: got "a-b", expected
	END
}

@test "mounts [S7 S19 S68 A7 A11]" {
	refusals <<-'END'
		.mounts = {} => mounts: got an object, expected a list
		.mounts = [{type: "tmpfs"}] => mounts[0].destination: missing
		.mounts = [{destination: ""}] => mounts[0].destination: got ""
		.mounts = [{destination: 5}] => mounts[0].destination: got a number, expected a string
		.mounts = [{destination: "/a", options: "ro"}] => mounts[0].options: got a string, expected a list
		.mounts = [{destination: "/a", options: [1]}] => mounts[0].options[0]: got a number, expected a string
		.mounts = [{destination: "/a", type: 1}] => mounts[0].type: got a number, expected a string
		.mounts += [{destination: "/data", source: "/tmp", options: ["bind", "idmap"], uidMappings: [{containerID: 0, hostID: 0, size: 1}]}] => mounts[3].uidMappings: given alone, expected uidMappings and gidMappings together
	END
}

@test "hostname and domainname need their namespace [S183 A13 A14]" {
	refusals <<-'END'
		.hostname = "x" | .linux.namespaces |= map(select(.type != "uts")) => hostname: 
		.domainname = "x" | .linux.namespaces |= map(select(.type != "uts")) => domainname: 
		.hostname = ("x" * 65) => hostname: got 
		.hostname = 5 => hostname: got a number, expected a string
	END
}

@test "hooks [S42 S43 A58 A60]" {
	refusals <<-'END'
		.hooks = [] => hooks: got a list, expected an object
		.hooks.prestart = {} => hooks.prestart: got an object, expected a list
		.hooks.prestart = [{}] => hooks.prestart[0].path: missing
		.hooks.createRuntime = [{path: "bin/true"}] => hooks.createRuntime[0].path: got "bin/true", expected an absolute path
		.hooks.createContainer = [{path: ""}] => hooks.createContainer[0].path: got "", expected an absolute path
		.hooks.startContainer = [{path: "/bin/true", timeout: 0}] => hooks.startContainer[0].timeout: got 0, expected
		.hooks.poststart = [{path: "/bin/true", timeout: -1}] => hooks.poststart[0].timeout: got -1, expected
		.hooks.poststop = [{path: "/bin/true", timeout: "5"}] => hooks.poststop[0].timeout: got a string, expected
		.hooks.poststop = [{path: "/bin/true", args: "x"}] => hooks.poststop[0].args: got a string, expected a list
		.hooks.poststop = [{path: "/bin/true", env: ["x"]}] => hooks.poststop[0].env[0]: got "x", expected NAME=VALUE
	END
}

@test "annotations: text to text, no empty key [S61 S62 S210 A15]" {
	refusals <<-'END'
		.annotations = {"": "x"} => annotations
		.annotations = {"a": 1} => annotations["a"]: got a number, expected a string
		.annotations = ["a"] => annotations: got a list, expected an object
	END
	taken <<-'END'
		.annotations = {"no-dots": "", "org.opencontainers.image.os": "linux", "org.opencontainers.image.stopSignal": "SIGINT"}
	END
}

@test "namespaces: types, twice, paths [S72 S73 S75 S78 A65 A67]" {
	refusals <<-'END'
		.linux.namespaces = {} => linux.namespaces: got an object, expected a list
		.linux.namespaces = [{}] => linux.namespaces[0].type: missing
		.linux.namespaces = [{type: "bogus"}] => linux.namespaces[0].type: got "bogus", expected
		.linux.namespaces += [{type: "pid"}] => linux.namespaces[4].type: pid is given twice, expected it once
		.linux.namespaces[0].path = "proc/1/ns/pid" => linux.namespaces[0].path: got "proc/1/ns/pid", expected an absolute path
		.linux.namespaces[0].path = "/nowhere" => linux.namespaces[0]
		.linux.namespaces[0].path = "/etc/passwd" => linux.namespaces[0]
		.linux.namespaces[0].path = "/proc/self/ns/net" => linux.namespaces[0]
		.linux.namespaces[0].path = "/" => linux.namespaces[0]
	END
}

@test "no mount namespace: nothing is mounted for a user namespace; see inherited.bats [S77]" {
	[ "$(id -u)" -ne 0 ] || skip "needs a plain user"
	local n
	n=$(grep -c . /proc/self/mountinfo)
	config '.linux.namespaces |= map(select(.type != "mount"))'
	refused "a user namespace of its own may not mount in the machine's mount namespace"
	config '.linux.namespaces = []'
	w run -b "$B" "$ID"
	[ "$status" -ne 0 ]
	[ "$n" -eq "$(grep -c . /proc/self/mountinfo)" ]
}

@test "id mappings [S79 A68]" {
	need_root
	refusals <<-'END'
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1}] => linux.uidMappings[0].size: missing
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{hostID: 0, size: 1}] => linux.uidMappings[0].containerID: missing
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, size: 1}] => linux.uidMappings[0].hostID: missing
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 0}] => linux.uidMappings[0].size: got 0, expected
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 10}, {containerID: 5, hostID: 100, size: 10}] => linux.uidMappings[1].containerID: overlaps uidMappings[0], expected ranges of their own
		.linux.namespaces += [{type: "user"}] | .linux.gidMappings = [{containerID: 4294967295, hostID: 0, size: 1}] => linux.gidMappings[0].containerID: got 4294967295, expected an integer from 0 to 4294967294
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [range(341) | {containerID: ., hostID: ., size: 1}] | .linux.gidMappings = [{containerID: 0, hostID: 0, size: 1}] => linux.uidMappings[340]: too many, expected at most 340
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] | .linux.gidMappings = .linux.uidMappings => linux.uidMappings
	END
}

@test "devices [S82 A79 A81]" {
	refusals <<-'END'
		.linux.devices = [{type: "c", major: 1, minor: 3}] => linux.devices[0].path: missing
		.linux.devices = [{path: "/dev/x", major: 1, minor: 3}] => linux.devices[0].type: missing
		.linux.devices = [{path: "/dev/x", type: "z"}] => linux.devices[0].type: got "z", expected one of c, b, u, p
		.linux.devices = [{path: "/dev/x", type: "c", minor: 3}] => linux.devices[0].major: missing, expected it for a device of type c
		.linux.devices = [{path: "/dev/x", type: "c", major: 1}] => linux.devices[0].minor: missing, expected it for a device of type c
		.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, fileMode: 65536}] => linux.devices[0].fileMode: got 65536, expected
		.linux.devices = [{path: "dev/x", type: "p"}] => linux.devices[0].path: got "dev/x", expected an absolute path
		.linux.devices = [{path: "/dev/x", type: "c", major: -1, minor: 3}] => linux.devices[0].major: got -1
	END
}

@test "net devices [S86 S88 A83]" {
	refusals <<-'END'
		.linux.netDevices = [] => linux.netDevices: got a list, expected an object
		.linux.netDevices = {"a/b": {}} => linux.netDevices
		.linux.netDevices = {"eth0": {name: "x/y"}} => linux.netDevices["eth0"].name: got "x/y", expected
		.linux.netDevices = {"eth0": {name: "e%d%d"}} => linux.netDevices["eth0"].name: got "e%d%d", expected at most one %d and no other % in the name
	END
}

@test "paths: cgroupsPath, masked, read-only, propagation, personality [S95 S98 S154 S155 S156 A70 A71 A72 A76 A84]" {
	refusals <<-'END'
		.linux.maskedPaths = ["proc/kcore"] => linux.maskedPaths[0]: got "proc/kcore", expected an absolute path
		.linux.maskedPaths = "x" => linux.maskedPaths: got a string, expected a list
		.linux.readonlyPaths = ["proc/sys"] => linux.readonlyPaths[0]: got "proc/sys", expected an absolute path
		.linux.rootfsPropagation = "bogus" => linux.rootfsPropagation: got "bogus", expected
		.linux.personality = {} => linux.personality.domain: missing
		.linux.personality = {domain: "BSD"} => linux.personality.domain: got "BSD", expected
		.linux.personality = {domain: "LINUX", flags: ["X"]} => linux.personality.flags[0]: got "X", expected nothing: no flag is defined
		.linux.cgroupsPath = 5 => linux.cgroupsPath: got a number, expected a string
		.linux.cgroupsPath = "/../../x" => linux.cgroupsPath: got "/../../x", expected a path without ".."
		.linux.cgroupsPath = "" => linux.cgroupsPath: got "", expected a path
	END
}

@test "sysctl: of no namespace of the container's, or no sysctl at all [S68 S183 A74]" {
	refusals <<-'END'
		.linux.sysctl = {"": "1"} => linux.sysctl
		.linux.sysctl = {"../../x": "1"} => linux.sysctl
		.linux.sysctl = {"kernel.panic": "1"} => linux.sysctl: kernel.panic: belongs to no namespace: it would change the host
		.linux.sysctl = {"net.ipv4.ip_forward": "1"} => linux.sysctl: net.ipv4.ip_forward: needs a namespace of type network: it would change the host's
		.linux.sysctl = {"kernel.msgmax": 1} => linux.sysctl["kernel.msgmax"]: got a number, expected a string
		.linux.sysctl = {"kernel.shmmax": "1"} | .linux.namespaces |= map(select(.type != "ipc")) => linux.sysctl: kernel.shmmax: needs a namespace of type ipc: it would change the host's
		.linux.sysctl = {"kernel.hostname": "x"} | .hostname = "y" => linux.sysctl: kernel.hostname: contradicts the member hostname
	END
	config '.linux.sysctl = {"kernel.msgmaxx": "1"}'
	w run -b "$B" "$ID"
	[ "$status" -eq 1 ] && [[ $err == *"linux.sysctl: kernel.msgmaxx"* ]]
}

@test "time offsets [A69]" {
	refusals <<-'END'
		.linux.timeOffsets = {boottime: {secs: 5}} => linux.timeOffsets
		.linux.timeOffsets = {boottime: 5} => linux.timeOffsets
		.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: "1"}} => linux.timeOffsets
		.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {nanosecs: 1000000000}} => linux.timeOffsets
	END
}

@test "resources: ranges and pairs [S107 S110 S111 S112 S113 S114 S116 S118 A87 A95 A100 A101 A102 A103 A105]" {
	refusals <<-'END'
		.linux.resources.devices = [{access: "rwm"}] => linux.resources.devices[0].allow: missing
		.linux.resources.devices = [{allow: true, type: "x"}] => linux.resources.devices[0].type: got "x", expected one of a, c, b
		.linux.resources.devices = [{allow: true, access: "q"}] => linux.resources.devices[0].access: got "q", expected
		.linux.resources.cpu = {quota: 10000, burst: 20000} => linux.resources.cpu.burst: got 20000, expected at most the quota 10000
		.linux.resources.pids = {limit: "many"} => linux.resources.pids.limit: got a string, expected an integer
		.linux.resources.blockIO = {throttleReadBpsDevice: [{major: 1, minor: 1}]} => linux.resources.blockIO.throttleReadBpsDevice[0].rate: missing
		.linux.resources.blockIO = {throttleReadBpsDevice: [{minor: 1, rate: 1}]} => linux.resources.blockIO.throttleReadBpsDevice[0].major: missing
		.linux.resources.blockIO = {weightDevice: [{major: 1, minor: 1}]} => linux.resources.blockIO.weightDevice[0]: empty, expected weight or leafWeight
		.linux.resources.hugepageLimits = [{limit: 5}] => linux.resources.hugepageLimits[0].pageSize: missing
		.linux.resources.hugepageLimits = [{pageSize: "2M", limit: 5}] => linux.resources.hugepageLimits[0].pageSize: got "2M", expected a size such as 64KB, 2MB or 1GB
		.linux.resources.hugepageLimits = [{pageSize: "2MB"}] => linux.resources.hugepageLimits[0].limit: missing
		.linux.resources.network = {priorities: [{name: "eth0"}]} => linux.resources.network.priorities[0].priority: missing
		.linux.resources.network = {priorities: [{priority: 1}]} => linux.resources.network.priorities[0].name: missing
		.linux.resources.rdma = {mlx: {}} => linux.resources.rdma["mlx"]: empty, expected hcaHandles or hcaObjects
		.linux.resources.unified = {"a/b": "1"} => linux.resources.unified
		.linux.resources.memory = {limit: 1.5} => linux.resources.memory.limit: got 1.5
	END
}

@test "intelRdt: formats, and an error without resctrl [S122 S125 S126 A108 A109 A110 A112]" {
	refusals <<-'END'
		.linux.intelRdt = {memBwSchema: "L3:0=1"} => linux.intelRdt.memBwSchema: got "L3:0=1", expected one line that begins with MB:
		.linux.intelRdt = {memBwSchema: "MB:0=1\nMB:1=1"} => linux.intelRdt.memBwSchema: got
		.linux.intelRdt = {schemata: ["L3:0=1\nMB:0=1"]} => linux.intelRdt.schemata[0]: got
		.linux.intelRdt = {closID: "a/b"} => linux.intelRdt.closID: got "a/b", expected "/" or the name of a directory
		.linux.intelRdt = {closID: ".."} => linux.intelRdt.closID: got "..", expected "/" or the name of a directory
	END
	[ -d /sys/fs/resctrl/info ] && skip "resctrl is there"
	refusals <<-'END'
		.linux.intelRdt = {closID: "x"} => linux.intelRdt
		.linux.intelRdt = {l3CacheSchema: "L3:0=ff"} => linux.intelRdt
	END
}

@test "memory policy [S138 A113]" {
	refusals <<-'END'
		.linux.memoryPolicy = {nodes: "0"} => linux.memoryPolicy.mode: missing
		.linux.memoryPolicy = {mode: "MPOL_BOGUS"} => linux.memoryPolicy.mode: got "MPOL_BOGUS", expected
		.linux.memoryPolicy = {mode: "MPOL_BIND"} => linux.memoryPolicy.nodes: empty, expected nodes with MPOL_BIND
		.linux.memoryPolicy = {mode: "MPOL_DEFAULT", nodes: "0"} => linux.memoryPolicy.nodes: got nodes, expected none with MPOL_DEFAULT
		.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_BOGUS"]} => linux.memoryPolicy.flags[0]: got "MPOL_F_BOGUS", expected
	END
}

@test "seccomp [S139 S140 S146 S147 S148 S149 S150 A114 A115 A116 A117 A119 A120 A121 A122]" {
	refusals <<-'END'
		.linux.seccomp = {} => linux.seccomp.defaultAction: missing
		.linux.seccomp = {defaultAction: "SCMP_ACT_BOGUS"} => linux.seccomp.defaultAction: got "SCMP_ACT_BOGUS", expected
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 1} => linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW has no errno, expected SCMP_ACT_ERRNO or SCMP_ACT_TRACE
		.linux.seccomp = {defaultAction: "SCMP_ACT_NOTIFY"} => linux.seccomp.defaultAction: got SCMP_ACT_NOTIFY, expected an action that needs no answer
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_BOGUS"]} => linux.seccomp.architectures[0]: got "SCMP_ARCH_BOGUS", expected
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_BOGUS"]} => linux.seccomp.flags[0]: got "SECCOMP_FILTER_FLAG_BOGUS", expected
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "x"} => linux.seccomp.listenerMetadata: given alone, expected listenerPath with it
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: [], action: "SCMP_ACT_ERRNO"}]} => linux.seccomp.syscalls[0].names: empty, expected at least one element
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{action: "SCMP_ACT_ERRNO"}]} => linux.seccomp.syscalls[0].names: missing
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"]}]} => linux.seccomp.syscalls[0].action: missing
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_KILL", errnoRet: 1}]} => linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_KILL has no errno, expected SCMP_ACT_ERRNO or SCMP_ACT_TRACE
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]} => linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY without a listener, expected linux.seccomp.listenerPath
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 1}]}]} => linux.seccomp.syscalls[0].args[0].op: missing
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", args: [{index: 6, value: 1, op: "SCMP_CMP_EQ"}]}]} => linux.seccomp.syscalls[0].args[0].index: got 6, expected
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 1, op: "EQ"}]}]} => linux.seccomp.syscalls[0].args[0].op: got "EQ", expected
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", args: [{value: 1, op: "SCMP_CMP_EQ"}]}]} => linux.seccomp.syscalls[0].args[0].index: missing
	END
}

@test "optional members may be absent: mounts, linux, process.env, hooks [A31 A64]" {
	taken <<-'END'
		del(.process.env)
		del(.mounts)
		.hooks = {}
		.annotations = {}
		.linux.resources = {}
		.linux.namespaces |= .
	END
}

@test "the error stands in one line, with line and column of the member [S174 S183]" {
	printf '{\n\t"ociVersion": "1.0.0",\n\t"process": {\n\t\t"cwd": "/",\n\t\t"args": ["a"],\n\t\t"user": {"uid": "0", "gid": 0}\n\t},\n\t"root": {"path": "rootfs"}\n}\n' >"$B/config.json"
	no 1 'config.json:6:19: process.user.uid: got a string, expected an integer from 0 to 4294967294' create -b "$B" "$ID"
	[ "$(wc -l <"$T/err")" -eq 1 ]
}
