# SPDX-License-Identifier: GPL-2.0-or-later
# exec: which process is added, where it is, what it may, and how its end is told.
# contrib/test runs this file on v2, on v1 and as a plain user.
# shellcheck disable=SC2016 # the container's shell expands it
load helpers

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	chmod 777 "$R/data" "$R/tmp"
	before=$(leftovers)
}

# a running container whose init does nothing
running() {
	args /probe pause
	ok run -d -b "$B" "$ID"
}

# facts OPTION...: what the probe sees that is added
facts() {
	ok exec "$@" "$ID" /probe
	read_facts "$T/out"
}

# process FILTER...: process.json from the config's process
process() {
	jq ".process | $(IFS='|' && echo "$*")" "$B/config.json" >"$T/process"
}

init_pid() { "$WOLFFIA" state "$ID" | jq .pid; }

# nobody but its init is in the container
alone() { [ "$("$WOLFFIA" ps -f json "$ID" | jq -c .)" = "[$(init_pid)]" ]; }

# receiver SOCKET ROUNDS: listens; prints what is read from the descriptors that come
receiver() {
	command -v python3 >/dev/null || skip "no python3 to receive descriptors with"
	cat >"$T/receive" <<-'END'
		import socket, sys, os, array
		s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1)
		c = s.accept()[0]
		data, anc, flags, addr = c.recvmsg(4096, 1024)
		fds = array.array("i")
		for level, kind, d in anc: fds.frombytes(d[:len(d) - len(d) % 4])
		print(len(fds), os.readlink("/proc/self/fd/%d" % fds[0]), data.decode(errors="replace"), flush=True)
		try:
		    while True:
		        b = os.read(fds[0], 4096)
		        if not b: break
		        sys.stdout.write(b.decode()); sys.stdout.flush()
		except OSError: pass
	END
	python3 "$T/receive" "$1" >"$T/got" 3>&- &
	receiver=$!
	until_true test -S "$1"
}

@test "exec: exit status, signals, streams [B35 B72 B73]" {
	running
	ok exec "$ID" /bin/true
	no 37 "" exec "$ID" /probe exit:37
	no 143 "" exec "$ID" /bin/sh -c 'kill -TERM $$'
	no 137 "" exec "$ID" /bin/sh -c 'kill -KILL $$'
	[ "$(echo input | "$WOLFFIA" exec "$ID" /bin/sh -c 'cat; echo err >&2' 2>"$T/err2" 3>&-)" = input ]
	[ "$(cat "$T/err2")" = err ]
	# options end at the id: these are the program's
	ok exec "$ID" /bin/echo -d --tty -u 5
	[ "$out" = "-d --tty -u 5" ]
	ok exec "$ID" -- /bin/echo -d
	[ "$out" = -d ]
	ok exec "$ID" echo found in PATH
}

@test "exec: in every namespace, in the cgroup, a child of nobody inside [B35]" {
	local n pid
	config '.linux.namespaces += [{type: "cgroup"}, {type: "network"}]'
	running
	pid=$(init_pid)
	facts
	for n in cgroup ipc mnt net pid user uts; do
		is "ns.$n" "$(readlink "/proc/$pid/ns/$n")"
	done
	is ppid 0
	is pdeathsig 0
	"$WOLFFIA" exec -d --pid-file "$T/pid" "$ID" /probe pause
	diff "/proc/$pid/cgroup" "/proc/$(cat "$T/pid")/cgroup"
	[ "$(readlink "/proc/$(cat "$T/pid")/root")" = "$(readlink "/proc/$pid/root")" ]
}

@test "exec: time namespace" {
	[ -e /proc/self/ns/time ] || skip "no time namespaces"
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 100000}}'
	running
	facts
	is ns.time "$(readlink "/proc/$(init_pid)/ns/time")"
}

@test "exec: without a pid namespace of its own, and without a mount namespace" {
	need_root # a plain user gets no procfs without a pid namespace
	config '.linux.namespaces |= map(select(.type != "pid"))'
	running
	facts
	is ns.pid "$(readlink /proc/self/ns/pid)"
	no 5 "" exec "$ID" /probe exit:5
	ok delete --force "$ID"
}

@test "exec: namespaces that were joined by path" {
	local other=$ID-2
	config '.linux.namespaces += [{type: "network"}]'
	running
	local pid
	pid=$(init_pid)
	config ".linux.namespaces |= map(if .type == \"network\" or .type == \"ipc\" or .type == \"pid\" then
		.path = \"/proc/$pid/ns/\" + ({network: \"net\"}[.type] // .type) else . end)"
	if [ "$(id -u)" -ne 0 ]; then
		config ".linux.namespaces |= map(if .type == \"user\" then .path = \"/proc/$pid/ns/user\" else . end)
			| del(.linux.uidMappings) | del(.linux.gidMappings)"
	fi
	ok run -d -b "$B" "$other"
	ok exec "$other" /probe
	read_facts "$T/out"
	is ns.net "$(readlink "/proc/$pid/ns/net")"
	is ns.pid "$(readlink "/proc/$pid/ns/pid")"
	is ns.user "$(readlink "/proc/$pid/ns/user")"
	[ "${fact[ns.mnt]}" != "$(readlink "/proc/$pid/ns/mnt")" ]
	ok delete --force "$other"
}

@test "exec: the process is the saved one, whatever the bundle says today [S165 B42]" {
	config '.process.env += ["A=old"] | .process.cwd = "/tmp" | .process.user.umask = 63'
	running
	config '.process.env = ["A=new", "B=new", "PATH=/bin"] | .process.cwd = "/"'
	facts
	is env.A old
	none env.B
	is cwd /tmp
	is umask 0077
	rm "$B/config.json"
	facts
	is env.A old
	bundle
}

@test "exec: --env, --cwd, --user, --additional-gids [B36 B37 B41]" {
	config '.process.env += ["A=1"] | .process.user.gid = 7 | .process.user.additionalGids = [8]'
	running
	facts -e A=2 -e B=3 --env C=4 --cwd /tmp
	is env.A 2
	is env.B 3
	is env.C 4
	is cwd /tmp
	is uid 0:0:0
	is gid 7:7:7
	is groups 8
	facts -u 1000 -g 9 --additional-gids 10
	is uid 1000:1000:1000
	is gid 7:7:7
	is groups 8,9,10
	facts --user 1:1
	is uid 1:1:1
	is gid 1:1:1
	facts --user 0:1
	is uid 0:0:0
	is gid 1:1:1
	local u
	for u in 4294967296 4294967295 -1 1x x 0x1 1: :1 1:2:3 root; do
		no 255 "--user=$u: expected UID or UID:GID" exec --user="$u" "$ID" /probe
	done
	no 255 "--additional-gids=x" exec -g x "$ID" /probe
	no 255 "is no NAME=value" exec -e NOVALUE "$ID" /probe
	no 255 "process.cwd: /nope" exec --cwd /nope "$ID" /probe
}

@test "exec: HOME comes from the container's passwd" {
	running
	facts
	is env.HOME /root
	facts -u 1000
	is env.HOME /home
	facts -u 1234
	is env.HOME /
	facts -e HOME=/own
	is env.HOME /own
	# a link of the image counts inside of it
	mkdir -p "$R/usr/lib"
	mv "$R/etc/passwd" "$R/usr/lib/passwd"
	ln -s /../usr/lib/passwd "$R/etc/passwd"
	facts -u 1000
	is env.HOME /home
	ln -sf /../../../../../../../../../../../etc/passwd "$R/etc/passwd"
	facts -u 1000
	is env.HOME /
}

@test "exec: capabilities, no_new_privs, limits, filter are the container's [req16]" {
	config '.process.noNewPrivileges = true
		| .process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"]}
		| .process.rlimits = [{type: "RLIMIT_CORE", soft: 1, hard: 2}, {type: "RLIMIT_NOFILE", soft: 32, hard: 64}]
		| .process.oomScoreAdj = 77
		| .linux.personality = {domain: "LINUX32"}
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO", errnoRet: 5}]}'
	running
	facts
	is cap.bounding 21
	is cap.effective 20
	is cap.permitted 20
	is cap.inheritable 0
	is cap.ambient 0
	is no_new_privs 1
	is rlimit.CORE 1:2
	is rlimit.NOFILE 32:64
	is oom_score_adj 77
	is personality 8
	ok exec "$ID" /probe call:167
	[[ $out == *EIO* ]] || fail "$out"
	facts --cap CAP_FOWNER
	is cap.bounding 29
	is cap.effective 28
	is cap.inheritable 0
	is cap.ambient 0
	# what a document leaves out is the container's; what it says is not
	process 'del(.capabilities) | del(.rlimits) | del(.oomScoreAdj) | .args = ["/probe"]'
	ok exec --process "$T/process" "$ID"
	read_facts "$T/out"
	is cap.bounding 21
	is rlimit.CORE 1:2
	is oom_score_adj 77
	process '.capabilities = {} | .rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 1}] | .oomScoreAdj = 78 | .noNewPrivileges = false | .args = ["/probe"]'
	ok exec -p "$T/process" "$ID"
	read_facts "$T/out"
	is cap.bounding 0
	is rlimit.CORE 0:1
	is oom_score_adj 78
	is no_new_privs 0
	process '.noNewPrivileges = false | .args = ["/probe"]'
	ok exec -p "$T/process" --no-new-privs "$ID"
	read_facts "$T/out"
	is no_new_privs 1
}

@test "exec: nothing of the caller leaks in [CVE-2016-9962 CVE-2024-21626 req15 req17]" {
	running
	export LEAKED=yes
	(
		umask 077
		trap '' USR1 USR2 HUP
		exec 5</etc 7</etc/passwd
		taskset -c 0 "$WOLFFIA" exec "$ID" /probe >"$T/out" 2>"$T/err" 3>&-
	)
	read_facts "$T/out"
	none env.LEAKED
	like sig.ignored "0*"
	is umask 0022
	[ "${fact[fds]}" -eq 3 ] || fail "$(grep ^fd "$T/out")"
	[ "${fact[sid]}" = "${fact[pid]}" ]
	local n
	for n in 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		w exec --cwd "/proc/self/fd/$n" "$ID" /bin/cat ../etc/hostname ../../../../etc/shadow
		[[ $out != *root:* ]] || fail "$n leads out: $out"
	done
}

@test "exec: own session keyring" {
	[ -e /proc/keys ] || skip "no keyrings"
	running
	facts
	like keyring.about "*_ses.$ID*"
}

@test "exec: --process: a file, standard input, a pipe; options and words on top [B36]" {
	running
	process '.args = ["/probe"] | .env = ["X=1", "PATH=/bin"] | .cwd = "/tmp" | .user = {uid: 3, gid: 4}'
	facts_of() { read_facts "$T/out" && is env.X 1 && is cwd /tmp && is uid 3:3:3 && is gid 4:4:4; }
	ok exec --process "$T/process" "$ID"
	facts_of
	ok exec -p "$T/process" --detach=false "$ID"
	facts_of
	ok exec -p - "$ID" <"$T/process"
	facts_of
	cat "$T/process" | "$WOLFFIA" exec --process=- "$ID" >"$T/out" 3>&-
	facts_of
	"$WOLFFIA" exec --process <(cat "$T/process") "$ID" >"$T/out" 3>&-
	facts_of
	ok exec -p "$T/process" --user 5:6 -e Y=2 "$ID" /probe facts
	read_facts "$T/out"
	is uid 5:5:5
	is env.X 1
	is env.Y 2
	is args 2
}

@test "exec: bad --process documents" {
	running
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		printf '%s' "${line%% => *}" >"$T/process"
		no 255 "${line##* => }" exec --process "$T/process" "$ID"
		[[ $err == error:* ]] || fail "$err"
	done <<-'END'
		 => process
		{ => process
		[] => process
		null => process
		{} => process
		{"cwd":"/"} => args
		{"cwd":"/","args":[]} => args
		{"cwd":"","args":["/probe"]} => cwd
		{"cwd":"tmp","args":["/probe"]} => cwd
		{"cwd":"/","args":"/probe"} => args
		{"cwd":"/","args":["/probe"],"user":{"uid":-1,"gid":0}} => uid
		{"cwd":"/","args":["/probe"],"user":{"uid":4294967295,"gid":0}} => uid
		{"cwd":"/","args":["/probe"],"user":{"uid":"0","gid":0}} => uid
		{"cwd":"/","args":["/probe"],"rlimits":[{"type":"RLIMIT_X","soft":1,"hard":1}]} => rlimits
		{"cwd":"/","args":["/probe"],"oomScoreAdj":1001} => oomScoreAdj
		{"cwd":"/","args":["/probe"],"terminal":"yes"} => terminal
		{"cwd":"/","args":["/probe"]} trailing => process
	END
	no 255 "$T/none" exec --process "$T/none" "$ID"
	no 255 "" exec --process "$T" "$ID"
	no 255 "" exec --process /dev/zero "$ID"
	no 255 "exec requires a program" exec "$ID"
	no 255 "exec requires an argument" exec
	no 255 "unknown option" exec --nonsense "$ID" true
	# nothing of that has harmed it
	ok exec "$ID" /bin/true
}

@test "exec: texts and statuses that engines match [B75]" {
	running
	printf '#!/nosuch\n' >"$R/data/script"
	echo garbage >"$R/data/garbage"
	echo x >"$R/data/plain"
	chmod 755 "$R/data/script" "$R/data/garbage"
	no 255 'exec: "nosuch": executable file not found in $PATH' exec "$ID" nosuch
	no 255 'exec: "/nosuch": no such file or directory' exec "$ID" /nosuch
	no 255 'exec: "/data/plain": permission denied' exec "$ID" /data/plain
	no 255 'permission denied' exec "$ID" /etc
	no 255 'exec: "/data/script": no such file or directory' exec "$ID" /data/script
	no 255 'exec: "/data/garbage": exec format error' exec "$ID" /data/garbage
	no 255 'exec: "": ' exec "$ID" ""
	no 255 "does not exist" exec nosuch-id /bin/true
	# the log of engines: one object
	w --log "$T/log" --log-format json exec "$ID" nosuch
	[ "$status" -eq 255 ]
	[ "$(jq -rs 'length, .[0].level' "$T/log" | tr '\n' ' ')" = "1 error " ]
	[[ $(jq -r .msg "$T/log") == *'executable file not found in $PATH'* ]]
}

@test "exec: in each state of a container [B43]" {
	args /probe pause
	ok create -b "$B" "$ID"
	ok exec "$ID" /bin/echo created
	[ "$out" = created ]
	ok start "$ID"
	ok exec "$ID" /bin/echo running
	if "$WOLFFIA" pause "$ID" 2>/dev/null; then
		no 255 "cannot exec in a paused container" exec "$ID" /bin/true
		"$WOLFFIA" exec --ignore-paused "$ID" /probe exit:3 3>&- &
		sleep 0.2
		kill -0 $!
		ok resume "$ID"
		status=0
		wait $! || status=$?
		[ "$status" -eq 3 ]
	fi
	ok kill "$ID" KILL
	until_true stopped "$ID"
	no 255 "cannot exec in a stopped container" exec "$ID" /bin/true
	no 255 "cannot exec in a stopped container" exec --ignore-paused "$ID" /bin/true
	ok delete "$ID"
	no 255 "does not exist" exec "$ID" /bin/true
}

@test "exec: --detach and --pid-file [B36]" {
	running
	ok exec -d --pid-file "$T/pid" "$ID" /probe "write:/data/ran:yes" pause
	[ -d "/proc/$(cat "$T/pid")" ]
	[ "$(stat -c %a "$T/pid")" = 644 ]
	[[ $(tr '\0' ' ' <"/proc/$(cat "$T/pid")/cmdline") == "/probe write:/data/ran"?"yes pause " ]]
	until_true there "$R/data/ran"
	# the file is the sign of success
	no 255 "not found" exec --pid-file "$T/none" "$ID" nosuch
	[ ! -e "$T/none" ]
	no 255 "$T/no/pid" exec --pid-file "$T/no/pid" "$ID" /bin/true
	no 255 "names a directory" exec --pid-file "$T/" "$ID" /bin/true
}

@test "exec: --pidfd-socket and --console-socket [B36 B39]" {
	running
	receiver "$T/p.sock"
	ok exec -d --pidfd-socket "$T/p.sock" "$ID" /bin/sleep 0.1
	wait "$receiver"
	[[ $(cat "$T/got") == "1 "*pidfd* ]] || fail "$(cat "$T/got")"
	receiver "$T/c.sock"
	ok exec -d --tty --console-socket "$T/c.sock" "$ID" /bin/sh -c 'echo to the terminal'
	wait "$receiver"
	[[ $(cat "$T/got") == "1 "*ptmx*"to the terminal"* ]] || fail "$(cat "$T/got")"
	# as engines do it
	receiver "$T/d.sock"
	process '.args = ["/probe"] | .terminal = true | .consoleSize = {height: 12, width: 34} | .user = {uid: 1000, gid: 1000}'
	ok exec --detach --process "$T/process" --console-socket "$T/d.sock" --pid-file "$T/pid" "$ID"
	wait "$receiver"
	read_facts "$T/got"
	is tty.size 12x34
	is tty.controlling yes
	is tty.onlcr 0
	is uid 1000:1000:1000
	no 255 "--console-socket" exec -t -d --console-socket "$T/none.sock" "$ID" /bin/true
	no 255 "--console-socket" exec -t -d --console-socket "$T/process" "$ID" /bin/true
	no 255 "--console-socket" exec -d --console-socket "$T/none.sock" "$ID" /bin/true
	no 255 "--console-socket" exec -t -d "$ID" /bin/true
	no 255 "--pidfd-socket" exec --pidfd-socket "$T/none.sock" "$ID" /bin/true
}

@test "exec: a console socket whose owner never reads, or hangs up [bad]" {
	command -v python3 >/dev/null || skip "no python3"
	running
	python3 -c 'import socket,sys,time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(5); time.sleep(60)' "$T/deaf" 3>&- &
	local deaf=$!
	until_true test -S "$T/deaf"
	ok exec -d -t --console-socket "$T/deaf" "$ID" /bin/sh -c 'echo x; exit 0'
	kill "$deaf"
	python3 -c 'import socket,sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(5); s.accept()[0].close()' "$T/gone" 3>&- &
	until_true test -S "$T/gone"
	w exec -d -t --console-socket "$T/gone" "$ID" /bin/true
	[ "$status" -eq 0 ] || [ "$status" -eq 255 ]
	ok exec "$ID" /bin/true
}

# full_socket PATH: listens, never accepts, and its queue has no room
full_socket() {
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(0)
keep = []
try:
    while True:
        c = socket.socket(socket.AF_UNIX); c.setblocking(False); keep.append(c); c.connect(sys.argv[1])
except BlockingIOError: pass
open(sys.argv[1] + ".full", "w").close(); time.sleep(60)' "$1" 3>&- &
	until_true test -e "$1.full"
}

# An agent that takes N listeners; then it refuses (SO_PASSRIGHTS, Linux 6.16) or, where the
# third argument says so, accepts nobody any more and has a full queue
agent_that_stops() {
	command -v python3 >/dev/null || skip "no python3"
	cat >"$T/stops" <<-'END'
		import socket, sys, time
		path, n, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
		s = socket.socket(socket.AF_UNIX); s.bind(path); s.listen(0 if how == "hangs" else 16)
		for i in range(n):
		    c = s.accept()[0]
		    while c.recv(65536): pass
		if how == "refuses":
		    try: s.setsockopt(socket.SOL_SOCKET, 83, 0)
		    except OSError: open(path + ".cannot", "w").close()
		else:
		    full = []
		    try:
		        while True:
		            c = socket.socket(socket.AF_UNIX); c.setblocking(False); c.connect(path); full.append(c)
		    except BlockingIOError: pass
		open(path + ".ready", "w").close(); time.sleep(60)
	END
	python3 "$T/stops" "$1" "$2" "$3" 3>&- &
	agent=$!
	until_true test -S "$1"
}

notifies() {
	config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"$1\", syscalls: [{names: [\"swapoff\"], action: \"SCMP_ACT_NOTIFY\"}]}"
}

@test "exec, create: a socket whose queue is full is given up after ten seconds [bad]" {
	command -v python3 >/dev/null || skip "no python3"
	local full other began=$SECONDS
	running
	full_socket "$T/full"
	full=$!
	"$WOLFFIA" exec -d -t --console-socket "$T/full" "$ID" /bin/true 2>"$T/e1" 3>&- &
	local first=$!
	"$WOLFFIA" exec -d --pidfd-socket "$T/full" "$ID" /bin/true 2>"$T/e2" 3>&- &
	local second=$!
	# an agent for listeners that hangs likewise
	agent_that_stops "$T/l.sock" 1 hangs
	notifies "$T/l.sock"
	ok run -d -b "$B" "$ID-3"
	until_true test -e "$T/l.sock.ready"
	"$WOLFFIA" exec "$ID-3" /bin/sh -c 'echo >/data/ran' 2>"$T/e3" 3>&- &
	local third=$!
	config 'del(.linux.seccomp) | .process.terminal = true'
	no 1 "--console-socket: connect to $T/full: Connection timed out" create -b "$B" --console-socket "$T/full" "$ID-2"
	[[ $err == *"hint: its owner has not accepted a connection for 10 s"* ]] || fail "$err"
	for other in $first $second $third; do
		status=0
		wait "$other" || status=$?
		[ "$status" -eq 255 ]
	done
	grep -q -- "--console-socket: connect to $T/full: Connection timed out" "$T/e1"
	grep -q -- "--pidfd-socket: connect to $T/full: Connection timed out" "$T/e2"
	grep -q "linux.seccomp.listenerPath: connect to $T/l.sock: Connection timed out" "$T/e3"
	[ ! -e "$R/data/ran" ] || fail "the program ran without its agent"
	[ $((SECONDS - began)) -lt 60 ]
	kill "$full" "$agent"
	no 1 "does not exist" state "$ID-2"
	ok exec "$ID" /bin/true
}

@test "exec: a filter that notifies: the agent gets the listener of the new process too [A118]" {
	command -v python3 >/dev/null || skip "no python3"
	cat >"$T/agent" <<-'END'
		import array, json, os, socket, sys
		s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(5)
		for n in range(2):
		    c = s.accept()[0]; fds = array.array("i"); text = b""
		    while True:
		        data, anc, flags, addr = c.recvmsg(65536, 1024)
		        for level, kind, d in anc: fds.frombytes(d[:len(d) - len(d) % 4])
		        if not data: break
		        text += data
		    j = json.loads(text)
		    print(len(fds), os.readlink("/proc/self/fd/%d" % fds[0]), j["state"]["id"], j["state"]["status"], j["pid"], j.get("metadata"), flush=True)
	END
	python3 "$T/agent" "$T/l.sock" >"$T/got" 3>&- &
	local agent=$!
	until_true test -S "$T/l.sock"
	config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"$T/l.sock\", listenerMetadata: \"m\", syscalls: [{names: [\"swapoff\"], action: \"SCMP_ACT_NOTIFY\"}]}"
	running
	"$WOLFFIA" exec -d --pid-file "$T/pid" "$ID" /probe pause
	wait "$agent"
	[ "$(wc -l <"$T/got")" -eq 2 ] || fail "$(cat "$T/got")"
	[[ $(tail -n 1 "$T/got") == "1 anon_inode:seccomp notify $ID running $(cat "$T/pid") m" ]] || fail "$(cat "$T/got")"
	# nobody takes it any more
	no 255 "linux.seccomp.listenerPath: connect to $T/l.sock: Connection refused" exec "$ID" /bin/sleep 1
}

@test "exec: the program waits until its agent has the listener [A118 bad]" {
	local ran=$R/data/ran
	agent_that_stops "$T/l.sock" 1 refuses
	notifies "$T/l.sock"
	running
	until_true test -e "$T/l.sock.ready"
	if [ ! -e "$T/l.sock.cannot" ]; then
		no 255 "linux.seccomp.listenerPath: send the listener to the agent: " exec "$ID" /bin/sh -c 'echo >/data/ran'
		no 255 "linux.seccomp.listenerPath: send the listener to the agent: " exec -d --pid-file "$T/pid" "$ID" /bin/sh -c 'echo >/data/ran'
		[ ! -e "$T/pid" ]
	fi
	kill "$agent"
	wait "$agent" || true # killed
	no 255 "linux.seccomp.listenerPath: connect to $T/l.sock: Connection refused" exec "$ID" /bin/sh -c 'echo >/data/ran'
	rm "$T/l.sock"
	no 255 "linux.seccomp.listenerPath: $T/l.sock: it does not exist" exec "$ID" /bin/sh -c 'echo >/data/ran'
	[ ! -e "$ran" ] || fail "the program ran"
}

@test "run, start: the same for the first program [A118 bad]" {
	local ran=$R/data/ran
	args /bin/sh -c 'echo >/data/ran'
	agent_that_stops "$T/l.sock" 0 refuses
	notifies "$T/l.sock"
	until_true test -e "$T/l.sock.ready"
	if [ ! -e "$T/l.sock.cannot" ]; then
		no 1 "linux.seccomp.listenerPath: send the listener to the agent: " run -b "$B" "$ID"
		no 1 "does not exist" state "$ID"
		ok create -b "$B" "$ID"
		no 1 "linux.seccomp.listenerPath: send the listener to the agent: " start "$ID"
		no 1 "does not exist" state "$ID"
	fi
	ok create -b "$B" "$ID"
	kill "$agent"
	wait "$agent" || true # killed
	no 1 "linux.seccomp.listenerPath: connect to $T/l.sock: Connection refused" start "$ID"
	[ ! -e "$ran" ] || fail "the program ran"
}

@test "exec: the process joins the container's resctrl class" {
	local state
	running
	state=/run/wolffia/$ID/running
	[ "$(id -u)" -eq 0 ] || state=$XDG_RUNTIME_DIR/wolffia/$ID/running
	# no machine of ours has resctrl: a folder with its files, named in the record
	mkdir -p "$T/resctrl/c"
	: >"$T/resctrl/c/tasks"
	jq -c --arg m "$T/resctrl" '.resctrl = {mount: $m, class: "c"}' "$state" >"$T/state"
	cat "$T/state" >"$state"
	ok exec "$ID" /bin/true
	[ "$(cat "$T/resctrl/c/tasks")" -gt 1 ]
	rm "$T/resctrl/c/tasks"
	no 255 "$T/resctrl/c/tasks" exec "$ID" /bin/sh -c 'echo >/data/ran'
	[ ! -e "$R/data/ran" ]
	ok delete --force "$ID"
	[ -d "$T/resctrl/c" ] # not ours
}

@test "exec: its half that joins is killed: an error, and nobody is left" {
	local i pids host deadline stat
	running
	for i in {0..40}; do
		pids='' deadline=$((SECONDS + 60 * patience))
		"$WOLFFIA" exec "$ID" /probe sleep:0.3 >/dev/null 2>"$T/err" 3>&- &
		host=$!
		# whoever it has as a child at some moment is killed, from "just born" on; bash does
		# not always collect it itself when it has ended in a loop without other processes
		while [ -z "$pids" ] && read -r stat <"/proc/$host/stat" && [[ $stat != *") Z "* ]]; do
			read -r pids <"/proc/$host/task/$host/children" 2>/dev/null || true
			((SECONDS < deadline)) || fail "round $i: no child" "$(<"/proc/$host/status")" 2>&1
		done
		sleep "0.00$((i % 7))"
		# shellcheck disable=SC2086 # a list
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
		status=0
		wait "$host" || status=$?
		case $status in
		0 | 137) ;;
		255) grep -q ^error: "$T/err" || fail "no words" 2>&1 ;;
		*) fail "$status" "$(<"$T/err")" 2>&1 ;;
		esac
	done 2>/dev/null # "Killed"
	until_true alone
}

@test "exec: its half that joins is killed when the program is just born: exec goes on" {
	local half host
	command -v strace >/dev/null || skip "no strace"
	[ "$(id -u)" -eq 0 ] || skip "a plain user cannot trace what is not dumpable"
	running
	# it comes back from clone(2) ten seconds after the program is born
	strace -f -qq -o "$T/trace" -e trace=clone -e inject=clone:delay_exit=10000000 \
		"$WOLFFIA" exec "$ID" /bin/sh -c 'echo >/data/ran; exec /probe sleep:0.5' 2>"$T/err" 3>&- &
	host=$!
	until_true grep -q . "$T/trace"
	read -r half _ <"$T/trace"
	kill -KILL "$half"
	status=0
	wait "$host" || status=$?
	[ "$status" -eq 0 ] || fail "$status" "$(<"$T/err")"
	[ -e "$R/data/ran" ]
	until_true alone
}

@test "exec: HOME of a --process with another user; the process's own word wins" {
	running
	process '.args = ["/probe"] | .user = {uid: 1000, gid: 1000} | .env = ["PATH=/bin"]'
	ok exec --process "$T/process" "$ID"
	read_facts "$T/out"
	is uid 1000:1000:1000
	is env.HOME /home
	process '.args = ["/probe"] | .user = {uid: 1000, gid: 1000} | .env = ["HOME=/mine"]'
	ok exec --process "$T/process" "$ID"
	read_facts "$T/out"
	is env.HOME /mine
	process '.args = ["/probe"] | .user = {uid: 4321, gid: 1000} | .env = []'
	ok exec --process "$T/process" "$ID"
	read_facts "$T/out"
	is env.HOME /
}

@test "exec: --no-new-privs, with and without a document" {
	config '.process.noNewPrivileges = false'
	running
	facts
	is no_new_privs 0
	facts --no-new-privs
	is no_new_privs 1
	facts --no-new-privs -u 1000:1000
	is no_new_privs 1
	is uid 1000:1000:1000
}

@test "exec: --tty in the foreground [B36]" {
	command -v script >/dev/null || skip "no script"
	running
	in_terminal "$WOLFFIA exec -t $ID /probe facts path:/dev/console"
	read_facts "$T/out"
	like tty.0 "/dev/pts/*"
	is tty.controlling yes
	is tty.onlcr 1
	# not a byte is lost, and the exit status is exact
	status=0
	in_terminal "$WOLFFIA exec -t $ID /bin/sh -c 'dd if=/dev/zero bs=1000 count=500 2>/dev/null | tr \"\\\\000\" x; exit 9'" || status=$?
	[ "$status" -eq 9 ]
	[ "$(tr -cd x <"$T/out" | wc -c)" -eq 500000 ]
}

@test "exec: a signal to the foreground command reaches the program" {
	running
	"$WOLFFIA" exec "$ID" /probe term:42 echo:ready pause >"$T/log" 2>&1 3>&- &
	until_true there "$T/log"
	kill -TERM $!
	status=0
	wait $! || status=$?
	[ "$status" -eq 42 ]
}

@test "exec: --preserve-fds and LISTEN_FDS [B36]" {
	running
	echo passed >"$T/passed"
	out=$("$WOLFFIA" exec --preserve-fds 1 "$ID" /probe 3<"$T/passed")
	read_facts <(echo "$out")
	is fds 4
	like fd.3 "*/passed"
	out=$("$WOLFFIA" exec --preserve-fds 1 "$ID" /bin/sh -c 'cat <&3' 3<"$T/passed")
	[ "$out" = passed ]
	out=$(sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" exec "$1" /probe' "$WOLFFIA" "$ID" 3<"$T/passed")
	read_facts <(echo "$out")
	is fds 4
	is env.LISTEN_FDS 1
	no 255 "--preserve-fds: descriptor 3 is not open" exec --preserve-fds 2 "$ID" /bin/true
}

@test "exec: --cgroup beneath the container's own, and no other [B40]" {
	need_root
	local pid at sub v2= c=freezer
	running
	pid=$(init_pid)
	if grep -q ^0:: "/proc/$pid/cgroup" && [ -e "/sys/fs/cgroup/cgroup.procs" ]; then
		v2=yes at=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	else
		at=$(sed -n "s,^[0-9]*:$c:,/sys/fs/cgroup/$c,p" "/proc/$pid/cgroup")
	fi
	[[ $at == *"$ID"* ]] || skip "no cgroup to look at: $at"
	mkdir "$at/sub" "$at/sub/deep"
	for sub in sub /sub sub/ sub/deep /sub/deep / ""; do
		[ -n "$v2" ] || [[ -z ${sub//\//} ]] || sub=$c:$sub
		ok exec -d --pid-file "$T/pid" --cgroup "$sub" "$ID" /probe pause
		pid=$(cat "$T/pid")
		sub=${sub#"$c":} sub=${sub#/} sub=${sub%/}
		grep -qx "$pid" "$at${sub:+/$sub}/cgroup.procs" || fail "$sub: $(cat "/proc/$pid/cgroup")"
		kill -9 "$pid"
	done
	for sub in .. ../.. sub/../.. /.. sub/.. "$c:.." "$c:../x" nosuch "$c:nosuch" cpu:.. nosuch:sub; do
		no 255 "--cgroup" exec --cgroup "$sub" "$ID" /bin/true
	done
	until_true eval '! [ -s "$at/sub/cgroup.procs" ] && ! [ -s "$at/sub/deep/cgroup.procs" ]'
	rmdir "$at/sub/deep" "$at/sub"
}

@test "exec: a container whose init has moved its processes beneath (v2)" {
	need_root
	[ -e /sys/fs/cgroup/cgroup.procs ] || skip "needs cgroup v2"
	[ -n "$(cat /sys/fs/cgroup/cgroup.controllers)" ] || skip "no controller to enable"
	local at pid c
	running
	pid=$(init_pid)
	at=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	mkdir "$at/init"
	echo "$pid" >"$at/init/cgroup.procs"
	c=$(cut -d ' ' -f 1 "$at/cgroup.controllers")
	[ -n "$c" ] || skip "no controller reaches the container"
	echo "+$c" >"$at/cgroup.subtree_control"
	ok exec "$ID" /bin/cat /proc/self/cgroup
	[[ $out == *"/init"* ]] || fail "$out"
	no 255 "" exec --cgroup / "$ID" /bin/true
}

@test "exec: execCPUAffinity and the scheduler [A51]" {
	config '.process.execCPUAffinity = {initial: "0", final: "0"}'
	running
	ok exec "$ID" /bin/grep Cpus_allowed_list /proc/self/status
	[[ $out == *$'\t'0 ]] || fail "$out"
	process '.args = ["/bin/grep", "Cpus_allowed_list", "/proc/self/status"] | .execCPUAffinity = {final: "99999"}'
	no 255 "execCPUAffinity" exec -p "$T/process" "$ID"
	process '.args = ["/probe"] | del(.execCPUAffinity) | .scheduler = {policy: "SCHED_BATCH", nice: 5} | .ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	ok exec -p "$T/process" "$ID"
	read_facts "$T/out"
	is sched.policy 3
	is nice 5
	is ioprio 2:6
}

@test "exec: 50 at once, and while the container is deleted: nobody hangs, nothing stays" {
	local i
	local -a pids=()
	running
	for i in {1..50}; do
		"$WOLFFIA" exec "$ID" /bin/echo one >>"$T/count" 2>>"$T/errors" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(grep -c one "$T/count")" -eq 50 ] || fail "$(sort "$T/errors" | uniq -c)"
	for i in {1..30}; do
		timeout -k 1 20 "$WOLFFIA" exec "$ID" /bin/sleep 0.05 2>>"$T/errors" 3>&- || echo $? >>"$T/statuses" &
		pids+=($!)
	done
	ok delete --force "$ID"
	wait "${pids[@]}" || true
	touch "$T/statuses" "$T/errors"
	! grep -E '^(124|134|139)$' "$T/statuses" || fail "$(sort "$T/statuses" | uniq -c)"
	! grep -vE 'stopped container|does not exist|died before|cgroup|interrupted|record' "$T/errors" || fail "odd words"
	no 255 "does not exist" exec "$ID" /bin/true
}

@test "exec: a client that is killed in the middle leaves no process behind" {
	local i
	running
	for i in {1..40}; do
		"$WOLFFIA" exec "$ID" /probe sleep:1 3>&- &
		sleep "0.00$((i % 10))$((i / 10))"
		kill -KILL $! 2>/dev/null || true
		wait $! || true
	done 2>/dev/null
	# those that ran already go on; none is stuck on its way
	until_true alone || fail "left: $("$WOLFFIA" ps -f json "$ID")" "$(ps -ef)"
}
