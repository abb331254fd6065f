#!/usr/bin/env bats
# The process's surroundings: service manager, socket activation, a run in the foreground
# that is broken off, where the output of hooks goes.

load helpers

# A service manager: lines of messages as they come, "|" between the lines of one; the pid
# that the kernel says has sent it in front, descriptors behind. It reads slowly if asked to.
manager() {
	command -v python3 >/dev/null || skip "no python3 to receive messages with"
	cat >"$T/manager.py" <<-'END'
		import socket, sys, os, array, struct, time
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
		name = sys.argv[1]
		s.bind("\0" + name[1:] if name[0] == "@" else name)
		time.sleep(float(sys.argv[2]))
		while True:
		    data, anc, flags, addr = s.recvmsg(8192, 1024)
		    pid, fds = 0, array.array("i")
		    for level, kind, d in anc:
		        if kind == socket.SCM_CREDENTIALS: pid = struct.unpack("iii", d)[0]
		        else: fds.frombytes(d[:len(d) - len(d) % 4])
		    print(pid, data.decode(errors="replace").replace("\n", "|"), len(fds), flush=True)
		    for f in fds: os.close(f)
	END
	NOTIFY_SOCKET=${2-$T/m.sock}
	export NOTIFY_SOCKET
	python3 "$T/manager.py" "$NOTIFY_SOCKET" "${1-0}" >"$T/said" 2>"$T/manager.err" 3>&- &
	MANAGER=$!
	if [ "${NOTIFY_SOCKET:0:1}" = @ ]; then
		until_true grep -q "$NOTIFY_SOCKET" /proc/net/unix
	else
		until_true test -S "$NOTIFY_SOCKET"
	fi
}

dismissed() {
	unset NOTIFY_SOCKET
	kill "$MANAGER"
	wait "$MANAGER" 2>/dev/null || true
}

# said LINE: a message with exactly these lines has come, from whomever
said() { grep -qE "^[0-9]+ $1\$" "$T/said"; }

said_soon() {
	until_true said "$1" || fail "no message $1 in" "$(cat "$T/said")"
}

@test "sd_notify: run in the foreground passes everything on for life [B90]" {
	manager
	args /probe facts notify:READY=1,STATUS=up notify:STATUS=working notify:WATCHDOG=1 \
		notify:RELOADING=1,MONOTONIC_USEC=5 notify:ERRNO=2,X_OWN=1 notify:STOPPING=1 exit:7
	no 7 "" run -b "$B" "$ID"
	read_facts "$T/out"
	is env.NOTIFY_SOCKET /run/notify/notify.sock
	is notify ok
	said_soon 'STOPPING=1 0'
	said 'READY=1\|STATUS=up 0' && said 'STATUS=working 0' && said 'WATCHDOG=1 0'
	said 'RELOADING=1\|MONOTONIC_USEC=5 0' && said 'ERRNO=2\|X_OWN=1 0'
	[ "$(wc -l <"$T/said")" -eq 6 ]
	# the image's own file system got a directory and nothing else
	[ "$(find "$R/run" -mindepth 1 | sort | tr '\n' ' ')" = "$R/run/notify " ]
	dismissed
}

@test "sd_notify: who may notify, the main process, descriptors to keep: not the container's to say [B90]" {
	manager
	args /probe notify:FDSTORE=1,FDNAME=x notify:NOTIFYACCESS=all,STATUS=a notify:MAINPID=1 \
		notify:MAINPID=1,STATUS=b notify:BARRIER=1,READY=1 notify:nonsense notify:STATUS=end
	w run -b "$B" "$ID"
	[ "$status" -eq 0 ] || fail "$err"
	[[ $err == *"the container asked its service manager for more than status"* ]] || fail "$err"
	said_soon 'STATUS=end 0'
	[ "$(cut -d ' ' -f 2 "$T/said" | tr '\n' ' ')" = "STATUS=a STATUS=b STATUS=end " ] || fail "$(cat "$T/said")"
	dismissed
}

@test "sd_notify: a barrier is passed when the manager has read it, and not before [B90]" {
	manager 1
	args /probe notify:READY=1 notify:BARRIER=1
	w run -b "$B" "$ID"
	read_facts "$T/out"
	is barrier passed
	[ "$(cut -d ' ' -f 2- "$T/said" | tr '\n' ' ')" = "READY=1 0 BARRIER=1 1 " ] || fail "$(cat "$T/said")"
	dismissed
}

@test "sd_notify: run --detach waits for READY and names the container's process [B90]" {
	local began=$SECONDS pid
	manager
	args /probe notify:STATUS=soon sleep:2 notify:READY=1 pause
	"$WOLFFIA" run -d -b "$B" --pid-file "$T/pid" "$ID" >"$T/out" 2>"$T/err" 3>&-
	[ $((SECONDS - began)) -ge 1 ]
	pid=$(cat "$T/pid")
	said 'STATUS=soon 0' && said "READY=1\\|MAINPID=$pid 0" && said 'BARRIER=1 1' || fail "$(cat "$T/said")"
	[ "$(status_of "$ID")" = running ]
	ok delete --force "$ID"
	dismissed
}

@test "sd_notify: create makes the socket's place, start listens and waits [B90]" {
	need_root
	manager 0 "@wolffia-$ID"
	# its own name for its own child: the manager is told ours
	args /probe fork notify:STATUS=x sleep:1 notify:READY=1,MAINPID=2 pause
	ok create -b "$B" "$ID"
	[ -d "/run/wolffia/$ID/notify" ]
	ok start "$ID"
	said 'STATUS=x 0' && said 'READY=1\|MAINPID=[0-9]+ 0' && said 'BARRIER=1 1' || fail "$(cat "$T/said")"
	pid=$(sed -n 's/.*READY=1|MAINPID=\([0-9]*\).*/\1/p' "$T/said")
	[ "$pid" -gt 2 ]
	grep -q "^NSpid:.*[[:space:]][12]$" "/proc/$pid/status"
	ok delete --force "$ID"
	[ ! -e "/run/wolffia/$ID" ]
	# started by somebody without a manager: nobody waits
	ok create -b "$B" "$ID"
	unset NOTIFY_SOCKET
	ok start "$ID"
	ok delete --force "$ID"
	# one that ends without ever being ready does not keep start waiting
	NOTIFY_SOCKET=@wolffia-$ID
	export NOTIFY_SOCKET
	args /probe nap:300
	ok create -b "$B" "$ID"
	ok start "$ID"
	ok delete --force "$ID"
	dismissed
}

@test "sd_notify: an engine's own socket, no manager, an odd address [B90]" {
	args /probe facts notify:READY=1
	NOTIFY_SOCKET=$T/none.sock w run -b "$B" "$ID"
	[[ $err == *"NOTIFY_SOCKET: $T/none.sock: "*"nobody is told"* ]] || fail "$err"
	NOTIFY_SOCKET=vsock:2:1234 w run -b "$B" "$ID"
	[[ $err == *"neither a path nor an abstract socket"* ]] || fail "$err"
	config '.process.env += ["NOTIFY_SOCKET=/mine"]'
	NOTIFY_SOCKET=$T/none.sock w run -b "$B" "$ID"
	[ -z "$err" ] || fail "$err"
	read_facts "$T/out"
	is env.NOTIFY_SOCKET /mine
	# nowhere to mount one: said, and the program runs
	config 'del(.process.env[] | select(startswith("NOTIFY")))' \
		'.linux.namespaces |= map(select(.type != "mount"))' '.mounts = []' 'del(.linux.maskedPaths, .linux.readonlyPaths)'
	NOTIFY_SOCKET=$T/none.sock w run -b "$B" "$ID"
	[[ $err == *"warning: NOTIFY_SOCKET: the container has no mount namespace of its own"*"nobody is told"* ]] || fail "$err"
	read_facts "$T/out"
	none env.NOTIFY_SOCKET
}

@test "sd_notify: a container that floods does not stop, and a manager that does not read stops nobody else [B90]" {
	manager 1
	local words=() i
	for ((i = 0; i < 60; i++)); do words+=("notify:STATUS=$i"); done
	args /probe "${words[@]}" exit:3
	no 3 "" run -b "$B" "$ID"
	said_soon 'STATUS=9 0'
	dismissed
}

@test "sd_notify: the watchdog's interval is handed in, and only to a run that passes it on" {
	manager
	args /probe
	WATCHDOG_USEC=3000000 w run -b "$B" "$ID"
	read_facts "$T/out"
	is env.WATCHDOG_USEC 3000000
	WATCHDOG_USEC=3000000 WATCHDOG_PID=1 w run -b "$B" "$ID"
	read_facts "$T/out"
	none env.WATCHDOG_USEC
	dismissed
}

@test "LISTEN_PID is the pid that the container sees, also without a pid namespace [B88]" {
	need_root
	config '.linux.namespaces |= map(select(.type != "pid"))' '.mounts |= map(select(.destination != "/proc"))' \
		'.mounts += [{destination: "/proc", type: "bind", source: "/proc", options: ["rbind", "ro"]}]'
	args /probe
	LISTEN_FDS=1 sh -c 'export LISTEN_PID=$$; exec "$0" run -b "$1" "$2"' \
		"$WOLFFIA" "$B" "$ID" >"$T/out" 3</etc/passwd
	read_facts "$T/out"
	is env.LISTEN_PID "${fact[pid]}"
	[ "${fact[pid]}" -gt 1 ]
}

runs() { [ "$(status_of "$1")" = running ]; }

# broken_off SIGNAL STATUS WHERE: a run that hangs in a hook ends at once and leaves nothing
broken_off() {
	local p began=$SECONDS st=0
	config ".hooks = {$3: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat >/dev/null; echo in >$T/hook.$3 || echo in >/data/hook; sleep 60\"]}]}"
	rm -f "$T/hook.$3" "$R/data/hook"
	# a shell makes its background processes ignore SIGINT
	env --default-signal=INT,QUIT setsid "$WOLFFIA" run -b "$B" "$ID" >"$T/out" 2>"$T/err" 3>&- &
	p=$!
	until_true test -s "$T/hook.$3" -o -s "$R/data/hook"
	kill -s "$1" $p
	wait $p || st=$?
	[ $st -eq "$2" ] || fail "$3: status $st: $(cat "$T/err")"
	grep -q "interrupted by SIG$1" "$T/err" || fail "$3: $(cat "$T/err")"
	[ $((SECONDS - began)) -lt 50 ] || fail "$3: $((SECONDS - began)) s"
	no 1 "does not exist" state "$ID"
}

@test "run in the foreground: Ctrl-C and kill during the birth leave nothing" {
	args /probe pause
	config 'del(.hooks)'
	broken_off INT 130 createRuntime
	broken_off TERM 143 createContainer
	broken_off QUIT 131 startContainer
	broken_off HUP 129 poststart
}

@test "run: a signal that the caller ignores is not taken for an interruption (nohup)" {
	local p
	args /probe term:4 echo:up pause
	config ".hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat >/dev/null; sleep 1\"]}]}"
	env --ignore-signal=HUP setsid "$WOLFFIA" run -b "$B" "$ID" >"$T/out" 2>"$T/err" 3>&- &
	p=$!
	sleep 0.3
	kill -HUP $p
	until_true grep -q up "$T/out"
	kill -HUP $p
	sleep 0.2
	[ "$(status_of "$ID")" = running ]
	kill -TERM $p
	st=0
	wait $p || st=$?
	[ $st -eq 4 ] || fail "$st $(cat "$T/err")"
}

@test "run: not a byte of the terminal's output is lost, whoever reads slowly" {
	config '.process.terminal = true'
	args /bin/sh -c 'i=0; while [ $i -lt 3000 ]; do echo "line $i of the output of a chatty program"; i=$((i+1)); done'
	"$WOLFFIA" run -b "$B" "$ID" 2>"$T/err" 3>&- </dev/null | (sleep 1; cat) >"$T/out"
	[ "$(wc -l <"$T/out")" -eq 3000 ]
	[ "$(tail -n 1 "$T/out" | tr -d '\r')" = "line 2999 of the output of a chatty program" ]
}

# idle PID: for a second it uses no processor time
idle() {
	local ticks
	ticks=$(cut -d ' ' -f 14,15 "/proc/$1/stat")
	sleep 1
	[ "$ticks" = "$(cut -d ' ' -f 14,15 "/proc/$1/stat")" ]
}

@test "run: waiting costs no CPU" {
	local p
	config '.process.terminal = true'
	args /probe pause
	# standard input at its end, standard output closed: neither may keep the relay busy
	setsid "$WOLFFIA" run -b "$B" "$ID" >&- 2>"$T/err" </dev/null 3>&- &
	p=$!
	until_true runs "$ID"
	until_true idle $p || fail "$(cut -d ' ' -f 14,15 "/proc/$p/stat")"
	ok delete --force "$ID"
	wait $p || true
}

@test "annotations run.oci.hooks.stdout and stderr: output of hooks is appended to files [C11]" {
	local say='{path: "/bin/sh", args: ["sh", "-c", "cat >/dev/null; echo out-$0; echo err-$0 >&2", "KIND"]}'
	config ".annotations = {\"run.oci.hooks.stdout\": \"$T/hooks.out\", \"run.oci.hooks.stderr\": \"$T/hooks.err\"}" \
		".hooks = {createRuntime: [${say/KIND/one}], createContainer: [${say/KIND/two}], poststart: [${say/KIND/four}], poststop: [${say/KIND/five}]}"
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat >/dev/null; echo out-three; echo err-three >&2"]}]'
	args /probe nap:300
	echo before >"$T/hooks.out"
	ok run -b "$B" "$ID"
	[ "$(tr '\n' ' ' <"$T/hooks.out")" = "before out-one out-two out-three out-four out-five " ] || fail "$(cat "$T/hooks.out")"
	[ "$(tr '\n' ' ' <"$T/hooks.err")" = "err-one err-two err-three err-four err-five " ] || fail "$(cat "$T/hooks.err")"
	# what goes to no file is quoted as before
	config 'del(.annotations["run.oci.hooks.stderr"])' '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "echo why >&2; exit 3"]}]}'
	no 1 "hooks.createRuntime[0]: /bin/sh: exit status 3: why" run -b "$B" "$ID"
	config '.annotations["run.oci.hooks.stdout"] = "relative"'
	refused 'annotations: run.oci.hooks.stdout: relative is no absolute path'
}

@test "annotations that ask for another kind of runtime are refused [C3 C8 C12 C13]" {
	refusals <<-'END'
		.annotations = {"run.oci.handler": "krun"} => annotations: run.oci.handler: no handler "krun"
		.annotations = {"run.oci.seccomp.plugins": "/x.so"} => annotations: run.oci.seccomp.plugins: /x.so: code is not loaded
		.annotations = {"run.oci.systemd.force_cgroup_v1": "/x"} => annotations: run.oci.systemd.force_cgroup_v1
		.annotations = {"run.oci.timens_offset": "x"} => annotations: run.oci.timens_offset
		.annotations = {"module.wasm.image/variant": "compat"} => WebAssembly is not run here
	END
	taken <<-'END'
		.annotations = {"module.wasm.image/variant": "compat", "io.kubernetes.cri.container-type": "sandbox"}
		.annotations = {"krun.cpus": "2", "run.oci.unknown": "1"}
	END
}

@test "annotation run.oci.keep_original_groups: the caller's groups stay [C6]" {
	need_root
	config '.annotations = {"run.oci.keep_original_groups": "1"}' '.process.user.additionalGids = []'
	args /bin/id -G
	setpriv --groups 0,1234,2345 "$WOLFFIA" run -b "$B" "$ID" >"$T/out" 3>&-
	[ "$(cat "$T/out")" = "0 1234 2345" ] || fail "$(cat "$T/out")"
	config 'del(.annotations)'
	setpriv --groups 0,1234,2345 "$WOLFFIA" run -b "$B" "$ID" >"$T/out" 3>&-
	[ "$(cat "$T/out")" = 0 ] || fail "$(cat "$T/out")"
}

# waits PID: it holds a pidfd and sleeps
waits() { [ "$(cut -d ' ' -f 3 "/proc/$1/stat")" = S ] && grep -q ^Pid: "/proc/$1"/fdinfo/*; }

@test "wait: the end of a container that somebody else has started [D22]" {
	args /bin/sh -c 'while [ ! -e /go ]; do sleep 0.05; done; exit 9'
	ok run -d -b "$B" "$ID"
	status=0
	"$WOLFFIA" wait "$ID" >"$T/out" 2>"$T/err" 3>&- &
	until_true waits $!
	touch "$R/go"
	wait $! || status=$?
	out=$(<"$T/out") err=$(<"$T/err")
	# the one who reaps the orphans of this arena leaves time enough, or the kernel is new
	[ "$status" -eq 0 ] && [ "$out" = 9 ] || [[ $err == *"its exit status is not known"* ]] || fail "$status $out $err"
	[ "$(uname -r | cut -d . -f 1)" -lt 6 ] || [ "$(uname -r | cut -d . -f 1-2)" \< 6.15 ] || [ "$out" = 9 ] || fail "$out $err"
	ok delete "$ID"
	args /probe pause
	ok run -d -b "$B" "$ID"
	(sleep 0.5; "$WOLFFIA" kill "$ID" KILL) 3>&- &
	w wait "$ID"
	[ "$out" = 137 ] || [[ $err == *"not known"* ]] || fail "$status $out $err"
	wait $!
	# what has stopped long ago
	no 1 "has stopped; its exit status is not known" wait "$ID"
	ok delete "$ID"
	no 1 "does not exist" wait "$ID"
}

# change add|remove JSON
change() {
	echo "{\"mounts\": $2}" >"$T/mounts.json"
	ok mounts "$1" "$ID" "$T/mounts.json"
}

@test "mounts add and remove: bind, tmpfs, options, a file, in a running container [B65 D24]" {
	mkdir "$T/data" && echo there >"$T/data/file" && echo single >"$T/single"
	chmod 755 "$T" "$T/data"
	# the container says what it sees, when asked
	args /bin/sh -c 'while read -r what; do sh -c "$what" 2>&1; echo ...; done'
	mkfifo "$T/ask" && exec 7<>"$T/ask"
	"$WOLFFIA" run -b "$B" "$ID" <"$T/ask" >"$T/answers" 2>&1 3>&- 7>&- &
	run=$!
	until_true runs "$ID"
	ask() {
		: >"$T/answers"
		echo "$1" >&7
		until_true grep -q '^\.\.\.$' "$T/answers"
	}
	change add "[{\"destination\": \"/new/place\", \"type\": \"bind\", \"source\": \"$T/data\", \"options\": [\"rbind\", \"ro\", \"nosuid\"]},
		{\"destination\": \"/data/single\", \"type\": \"bind\", \"source\": \"$T/single\", \"options\": [\"bind\"]},
		{\"destination\": \"/var/t\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": [\"size=64k\", \"mode=711\", \"noexec\"]}]"
	ask 'cat /new/place/file /data/single; touch /new/place/x; touch /var/t/x && stat -c %a-%u /var/t; grep " /var/t " /proc/self/mountinfo'
	grep -q '^there$' "$T/answers" && grep -q '^single$' "$T/answers"
	grep -q 'Read-only file system' "$T/answers"
	grep -q '^711-0$' "$T/answers" || fail "$(cat "$T/answers")"
	grep -q 'noexec.*size=64k' "$T/answers" || fail "$(cat "$T/answers")"
	# nothing of it reaches the machine
	! grep -q "$R" /proc/self/mountinfo
	change remove '[{"destination": "/new/place"}, {"destination": "/data/single"}, {"destination": "/var/t"}]'
	ask 'ls /new/place /var/t; cat /data/single; grep -c "/new/place\|/var/t\|/data/single" /proc/self/mountinfo'
	grep -q '^0$' "$T/answers" || fail "$(cat "$T/answers")"
	! grep -q 'there\|^single$' "$T/answers"
	# all or nothing
	no 1 "mounts[1]: /b: source /nowhere: it does not exist" mounts add "$ID" - < <(echo "{\"mounts\": [{\"destination\": \"/a\", \"type\": \"tmpfs\", \"source\": \"x\"}, {\"destination\": \"/b\", \"type\": \"bind\", \"source\": \"/nowhere\", \"options\": [\"bind\"]}]}")
	no 1 "mounts[1]" mounts add "$ID" - < <(echo "{\"mounts\": [{\"destination\": \"/a\", \"type\": \"tmpfs\", \"source\": \"x\"}, {\"destination\": \"/b\", \"type\": \"nosuchfs\", \"source\": \"x\"}]}")
	ask 'grep -c " /a " /proc/self/mountinfo'
	grep -q '^0$' "$T/answers"
	no 1 "mounts[0]: /var: nothing is mounted there" mounts remove "$ID" - < <(echo '{"mounts": [{"destination": "/var"}]}')
	no 1 "a proc cannot be added" mounts add "$ID" - < <(echo '{"mounts": [{"destination": "/p", "type": "proc", "source": "proc"}]}')
	no 1 "-:1:12: mounts: got a number" mounts add "$ID" - < <(echo '{"mounts": 1}')
	exec 7>&-
	wait $run || true
	no 1 "does not exist" mounts add "$ID" /dev/null
}

@test "mounts add: on a read-only root the place must be there" {
	args /bin/sleep 1000
	config '.root.readonly = true'
	ok run -d -b "$B" "$ID"
	echo '{"mounts": [{"destination": "/not/there", "type": "tmpfs", "source": "tmpfs"}]}' >"$T/more"
	no 1 "make the mount point: Read-only file system" mounts add "$ID" "$T/more"
	[[ $err == *"hint: on what is read-only a destination must exist already"* ]] || fail "$err"
	echo '{"mounts": [{"destination": "/data", "type": "tmpfs", "source": "tmpfs"}]}' >"$T/more"
	ok mounts add "$ID" "$T/more"
	ok exec "$ID" touch /data/x
	ok delete --force "$ID"
}

@test "mounts add: symbolic links of the image lead nowhere outside [D24]" {
	mkdir "$T/data" && echo there >"$T/data/file"
	ln -s / "$R/up" && ln -s ../../../../.. "$R/far" && ln -s /etc "$R/e"
	mkdir -p /etc/wolffia-victim 2>/dev/null || true
	args /probe pause
	ok run -d -b "$B" "$ID"
	change add "[{\"destination\": \"/up/tmp/a\", \"type\": \"bind\", \"source\": \"$T/data\", \"options\": [\"bind\"]},
		{\"destination\": \"/far/tmp/b\", \"type\": \"bind\", \"source\": \"$T/data\", \"options\": [\"bind\"]}]"
	[ -d "$R/tmp/a" ] && [ -d "$R/tmp/b" ] && [ ! -e /tmp/a ] && [ ! -e /tmp/b ]
	no 1 '..' mounts add "$ID" - < <(echo "{\"mounts\": [{\"destination\": \"/a/../../b\", \"type\": \"tmpfs\", \"source\": \"x\"}]}")
	no 1 "the root directory itself" mounts remove "$ID" - < <(echo '{"mounts": [{"destination": "/"}]}')
	ok delete --force "$ID"
	no 1 "does not exist" mounts add "$ID" "$T/mounts.json"
	# one without a mount namespace of its own would get the machine's
	ok create -b "$B" "$ID"
	change add "[{\"destination\": \"/tmp/c\", \"type\": \"tmpfs\", \"source\": \"x\"}]"
	ok delete --force "$ID"
}

@test "annotations run.oci.seccomp_fail_unknown_syscall, seccomp_bpf_data [C4 C5]" {
	local names='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["nobody_knows_this"], action: "SCMP_ACT_ERRNO"}]}'
	refusals <<-END
		$names | .annotations = {"run.oci.seccomp_fail_unknown_syscall": "1"} => nobody_knows_this
		.annotations = {"run.oci.seccomp_bpf_data": "no base64!"} => run.oci.seccomp_bpf_data
	END
	taken <<-END
		$names
		$names | .annotations = {"run.oci.seccomp_fail_unknown_syscall": "0"}
	END
	# one instruction: return SECCOMP_RET_ALLOW
	config '.annotations = {"run.oci.seccomp_bpf_data": "BgAAAAAA/38="}'
	args /bin/grep Seccomp: /proc/self/status
	ok run -b "$B" "$ID"
	[[ $out == *2 ]] || fail "$out"
}

@test "annotation run.oci.pidfd_receiver: the socket gets the pidfd [C7]" {
	command -v python3 >/dev/null || skip "no python3 to receive descriptors with"
	config ".annotations = {\"run.oci.pidfd_receiver\": \"$T/p.sock\"}"
	args /probe
	python3 -c 'import socket, sys, os, array
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1)
data, anc, flags, addr = s.accept()[0].recvmsg(4096, 1024)
fds = array.array("i"); fds.frombytes(anc[0][2])
print(os.readlink("/proc/self/fd/%d" % fds[0]))' "$T/p.sock" >"$T/got" 3>&- &
	until_true test -S "$T/p.sock"
	ok run -b "$B" "$ID"
	wait $!
	grep -q pidfd "$T/got" || fail "$(cat "$T/got")"
}

@test "create: the init that waits for start with hooks can be ended by a signal" {
	need_root
	config '.linux.namespaces |= map(select(.type != "pid"))' '.mounts |= map(select(.destination != "/proc"))' \
		'.hooks = {startContainer: [{path: "/bin/true"}]}'
	args /probe pause
	ok create -b "$B" "$ID"
	ok kill "$ID" TERM
	until_true stopped "$ID"
	ok delete "$ID"
}
