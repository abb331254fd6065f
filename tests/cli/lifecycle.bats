# SPDX-License-Identifier: GPL-2.0-or-later
# create, start, run, kill, delete: what each does, when each is refused.
load helpers

# created: a created container that will wait for a signal
created() {
	[ $# -gt 0 ] || set -- pause
	args /probe "$@"
	ok create -b "$B" "$ID"
}

@test "create makes everything but does not run the program [S162 S164 S176 S180 S181 S182 B14]" {
	setup_mark
	created touch:/data/ran pause
	[ "$(status_of "$ID")" = created ]
	sleep 0.1
	[ ! -e "$R/data/ran" ]
	local pid
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	[ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink /proc/self/ns/pid)" ]
	ok start "$ID"
	until_true test -e "$R/data/ran"
	[ "$(status_of "$ID")" = running ]
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
	no 1 "does not exist" state "$ID"
}

setup_mark() { chmod 777 "$R/data"; }

@test "run: the program's exit status, 128 + signal [S170 S186 B25 B72 B73]" {
	args /probe exit:0
	ok run -b "$B" "$ID"
	args /probe exit:37
	no 37 "" run -b "$B" "$ID"
	args /bin/sh -c 'kill -9 $$; sleep 1'
	# a pid 1 does not die of its own signals: a child does
	args /bin/sh -c 'sh -c "kill -TERM \$\$"; exit $?'
	no 143 "" run -b "$B" "$ID"
	args /probe pause
	"$WOLFFIA" run -b "$B" "$ID" 3>&- &
	until_true test "$(until_true test -n "$("$WOLFFIA" list -q)"; echo x)" = x
	until_true running "$ID"
	ok kill "$ID" KILL
	status=0
	wait $! || status=$?
	[ "$status" -eq 137 ]
}

running() { [ "$(status_of "$1")" = running ]; }

@test "run: stdin, stdout, stderr are the caller's [B96]" {
	args /bin/sh -c 'cat; echo err >&2'
	[ "$(echo input | "$WOLFFIA" run -b "$B" "$ID" 2>"$T/err2" 3>&-)" = input ]
	[ "$(cat "$T/err2")" = err ]
}

@test "run --detach and --keep [B26 B27]" {
	args /probe pause
	ok run -d -b "$B" "$ID"
	running "$ID"
	ok kill "$ID" 9
	until_true stopped "$ID"
	ok delete "$ID"
	args /probe exit:5
	no 5 "" run --keep -b "$B" "$ID"
	[ "$(status_of "$ID")" = stopped ]
	ok delete "$ID"
}

@test "run: signals are passed on to the program" {
	args /probe term:42 echo:ready pause
	"$WOLFFIA" run -b "$B" "$ID" >"$T/log" 2>&1 3>&- &
	until_true there "$T/log"
	kill -TERM $!
	status=0
	wait $! || status=$?
	[ "$status" -eq 42 ]
}

@test "run: orphans inside are ended with the container; the exit status is pid 1's" {
	args /probe fork exit:3
	no 3 "" run -b "$B" "$ID"
}

@test "create: an id in use, a missing bundle, no id [S159 S178 S179 S181 B15 B85]" {
	created
	no 1 "already exists" create -b "$B" "$ID"
	no 1 "already exists" run -b "$B" "$ID"
	[ "$(status_of "$ID")" = created ]
	no 1 "$T/nowhere" create -b "$T/nowhere" x
	w create -b "$B"
	[ "$status" -ne 0 ]
	( cd "$B" && "$WOLFFIA" create "$ID-cwd" 3>&- )
	[ "$(status_of "$ID-cwd")" = created ]
	ok delete --force "$ID-cwd"
}

@test "ids: characters, length, no path [S179 B87]" {
	local id
	for id in . .. a/b /a ../a "a b" "a:b" 'a$b' "" a@b "$(printf 'a\nb')" "é"; do
		w create -b "$B" "$id"
		[ "$status" -ne 0 ] || fail "id '$id' was taken"
		[ -z "$("$WOLFFIA" list -q)" ]
	done
	for id in a A-Z_9.+ .hidden "$(printf 'x%.0s' {1..255})"; do
		ok create -b "$B" "$id"
		ok delete --force "$id"
	done
	w create -b "$B" "$(printf 'x%.0s' {1..256})"
	[ "$status" -eq 1 ]
}

@test "ids: every command refuses a path before it touches anything [B33 B80 B87]" {
	local c id
	mkdir -p /tmp/victim/container
	if [ "$(id -u)" -eq 0 ]; then mkdir -p /run/wolffia; else mkdir -p "$XDG_RUNTIME_DIR/wolffia"; fi
	echo keep >/tmp/victim/file
	for id in ../../tmp/victim /tmp/victim ../victim . ..; do
		for c in start state kill delete "delete --force"; do
			# shellcheck disable=SC2086
			w $c "$id"
			[ "$status" -eq 1 ] || fail "$c $id ended with $status"
		done
	done
	[ "$(cat /tmp/victim/file)" = keep ]
	rm -r /tmp/victim
	w delete --force -- -x
	[ "$status" -le 1 ]
}

@test "start: only from created, no id, missing [S177 S184 S185 B24 B80 B84]" {
	created
	ok start "$ID"
	no 1 "error: cannot start an already running container: $ID is running" start "$ID"
	running "$ID"
	ok kill "$ID" KILL
	until_true stopped "$ID"
	no 1 "" start "$ID"
	no 1 "does not exist" start nowhere
	w start
	[ "$status" -ne 0 ]
}

@test "start reports a program that cannot run, and nothing is left [S163 S174 B24 B74 B79]" {
	printf 'garbage' >"$R/bin/garbage"
	printf '#!/nowhere/sh\n' >"$R/bin/script"
	printf 'text' >"$R/bin/text"
	chmod 755 "$R/bin/garbage" "$R/bin/script"
	chmod 644 "$R/bin/text"
	local row
	for row in 'nosuch=executable file not found in $PATH' '/bin/nosuch=no such file or directory' \
		'/bin/garbage=exec format error' '/bin/script=no such file or directory' \
		'/bin/text=permission denied' '/bin=is a directory: permission denied'; do
		args "${row%%=*}"
		w create -b "$B" "$ID"
		if [ "$status" -eq 0 ]; then w start "$ID"; fi
		[ "$status" -eq 1 ] || fail "${row%%=*} ended with $status"
		[[ $err == "error: exec: \"${row%%=*}\": ${row#*=}"* ]] || fail "${row%%=*}: $err"
		[ "$row" = "${row#/}" ] || [[ $err == *$'\n'"  hint: "* ]] || fail "no cure: $err"
		w state "$ID"
		[ "$status" -eq 1 ] || ok delete --force "$ID"
		w run -b "$B" "$ID"
		[ "$status" -eq 1 ] || fail "run ${row%%=*} ended with $status"
		# of a directory execve(2) itself says no more
		[[ $err == "error: exec: \"${row%%=*}\": "?("is a directory: ")"${row#*=is a directory: }"* ||
			$err == "error: exec: \"${row%%=*}\": ${row#*=}"* ]] || fail "run ${row%%=*}: $err"
		no 1 "does not exist" state "$ID"
	done
	config '.process.args = ["/bin/true", ("x" * 3000000)]'
	w run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ $err == 'error: exec: "/bin/true": Argument list too long'* ]] || fail "$err"
}

@test "create without process; start then says so [S22 S187 A31]" {
	config 'del(.process)'
	ok create -b "$B" "$ID"
	no 1 "process" start "$ID"
}

@test "kill: names, numbers, TERM by default, the stopSignal of the image [S65 S188 S190 B29 C19]" {
	created term:42 echo:ready pause
	local s
	ok start "$ID"
	for s in 0 SIGBOGUS BOGUS 99 -1 ""; do
		w kill "$ID" "$s"
		[ "$status" -ne 0 ] || [ "$s" = 0 ] || fail "signal '$s' was taken"
	done
	running "$ID"
	for s in WINCH SIGWINCH 28 sigwinch CHLD SIGRTMIN+1; do
		w kill "$ID" "$s"
		[ "$status" -eq 0 ] || fail "signal $s: $err"
	done
	ok kill "$ID"
	until_true stopped "$ID"
	ok delete "$ID"
	config '.annotations = {"org.opencontainers.image.stopSignal": "SIGKILL"}'
	created
	ok start "$ID"
	ok kill "$ID"
	until_true stopped "$ID"
	w kill
	[ "$status" -ne 0 ]
}

@test "kill: a created container, a stopped one, a missing one [S189 B80 B83]" {
	created
	ok kill "$ID" KILL
	until_true stopped "$ID"
	no 1 "container not running" kill "$ID" TERM
	no 1 "container not running" kill "$ID" 0
	ok delete "$ID"
	no 1 "does not exist" kill "$ID" TERM
}

@test "kill --all reaches every process [B30]" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	args /bin/sh -c 'sleep 87654 & sleep 87654 & sleep 87654'
	w create -b "$B" "$ID"
	[ "$status" -eq 0 ] || skip "no pid namespace: $err"
	ok start "$ID"
	running "$ID"
	ok kill --all "$ID" 9
	until_true stopped "$ID"
	until_true no_sleepers
	w kill --all "$ID" 9
	ok delete "$ID"
}

@test "KILL reaches every process of a container without a pid namespace, also after its init [S188 B29]" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	args /bin/sh -c 'sleep 87654 & sleep 87654 & exec sleep 1000'
	w create -b "$B" "$ID"
	[ "$status" -eq 0 ] || skip "no pid namespace: $err"
	ok start "$ID"
	running "$ID"
	w state "$ID"; kill -9 "$(jq .pid <<<"$out")"
	until_true stopped "$ID"
	ok kill "$ID" KILL
	until_true no_sleepers
	ok delete "$ID"
}

no_sleepers() { ! grep -lz 87654 /proc/[0-9]*/cmdline 2>/dev/null; }

@test "delete: created and stopped; running only with --force; missing [S172 S191 S192 S193 B32 B33 B81 B82]" {
	created
	ok delete "$ID"
	created
	ok start "$ID"
	no 1 "running" delete "$ID"
	running "$ID"
	ok delete --force "$ID"
	no 1 "does not exist" state "$ID"
	no 1 "does not exist" delete "$ID"
	ok delete --force "$ID"
	ok delete -f nowhere
	w delete
	[ "$status" -ne 0 ]
}

@test "kill KILL and delete at once: what dies is waited for, what runs is refused" {
	local i
	args /bin/sh -c 'i=0; while [ $i -lt 60 ]; do sleep 1000 & i=$((i + 1)); done; wait'
	for i in {1..10}; do
		ok create -b "$B" "$ID"
		ok start "$ID"
		no 1 "cannot delete container $ID that is not stopped: running" delete "$ID"
		"$WOLFFIA" kill "$ID" KILL 3>&- && "$WOLFFIA" delete "$ID" 3>&-
	done
	# a signal that it handles, or that waits, is no end
	args /bin/sh -c 'trap : TERM; while :; do sleep 0.1; done'
	ok create -b "$B" "$ID"
	ok start "$ID"
	ok kill "$ID" TERM
	no 1 "that is not stopped: running" delete "$ID"
	ok delete --force "$ID"
}

@test "delete removes nothing it did not make [S194]" {
	mkdir -p "$R/data/keep"
	echo x >"$R/data/keep/file"
	args /bin/true
	ok run -b "$B" "$ID"
	[ "$(cat "$R/data/keep/file")" = x ]
	[ -f "$B/config.json" ]
}

@test "delete and kill with --regex [B31]" {
	local i
	args /probe pause
	for i in 1 2 3; do ok run -d -b "$B" "re-$i"; done
	ok run -d -b "$B" other
	ok kill --regex '^re-[12]$' KILL
	until_true stopped re-1
	until_true stopped re-2
	running re-3
	ok delete --force --regex '^re-'
	[ "$("$WOLFFIA" list -q)" = other ]
}

@test "later edits of config.json and a missing bundle change nothing [S157 S165 A1]" {
	created pause
	config '.process.args = ["/bin/false"] | .annotations = {new: "1"}'
	[ "$("$WOLFFIA" state "$ID" | jq -r .annotations.new)" = null ]
	mv "$B" "$B.away"
	ok start "$ID"
	running "$ID"
	ok delete --force "$ID"
	mv "$B.away" "$B"
}

@test "--config takes another file than config.json [B16]" {
	mv "$B/config.json" "$T/other.json"
	no 1 "config.json" create -b "$B" "$ID"
	ok run -b "$B" --config "$T/other.json" "$ID"
	ok run -b "$B" -f "$T/other.json" "$ID"
}

@test "--pid-file: the pid, no newline, 0644 [B19]" {
	args /probe pause
	ok create -b "$B" --pid-file "$T/pid" "$ID"
	[ "$(cat "$T/pid")" = "$("$WOLFFIA" state "$ID" | jq .pid)" ]
	[ "$(tail -c 1 "$T/pid" | od -An -c | tr -d ' ')" != '\n' ]
	[ "$(stat -c %a "$T/pid")" = 644 ]
	no 1 "$T/no/pid" create -b "$B" --pid-file "$T/no/pid" "$ID-2"
	no 1 "does not exist" state "$ID-2"
}

@test "--pidfd-socket and --console-socket get their descriptor [B17 B18 B91 B92]" {
	command -v python3 >/dev/null || skip "no python3 to receive descriptors with"
	cat >"$T/receive" <<-'END'
		import socket, sys, os, array
		s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1)
		c = s.accept()[0]
		data, anc, flags, addr = c.recvmsg(4096, 1024)
		fds = array.array("i")
		for level, kind, d in anc: fds.frombytes(d[:len(d) - len(d) % 4])
		print(len(fds), os.readlink("/proc/self/fd/%d" % fds[0]), data.decode(errors="replace"))
	END
	args /probe pause
	python3 "$T/receive" "$T/p.sock" >"$T/got" 3>&- &
	until_true test -S "$T/p.sock"
	ok create -b "$B" --pidfd-socket "$T/p.sock" "$ID"
	wait $!
	[[ $(cat "$T/got") == "1 "*pidfd* ]]
	ok delete --force "$ID"
	config '.process.terminal = true'
	python3 "$T/receive" "$T/c.sock" >"$T/got" 3>&- &
	until_true test -S "$T/c.sock"
	ok create -b "$B" --console-socket "$T/c.sock" "$ID"
	wait $!
	[[ $(cat "$T/got") == "1 "*ptmx* ]] || fail "$(cat "$T/got")"
	ok delete --force "$ID"
	no 1 "$T/none.sock" create -b "$B" --console-socket "$T/none.sock" "$ID"
}

@test "SIGTERM, SIGINT, SIGHUP during create leave something delete --force removes" {
	local s
	printf '#!/bin/sh\nsleep 1\n' >"$T/slow"
	chmod 755 "$T/slow"
	config ".hooks.createRuntime = [{path: \"$T/slow\"}]"
	for s in TERM INT HUP; do
		"$WOLFFIA" create -b "$B" "$ID" 2>/dev/null 3>&- &
		sleep 0.2
		kill -$s $! || true
		wait $! || true
		ok delete --force "$ID"
	done
}

@test "a container whose init was killed from outside is stopped" {
	created
	ok start "$ID"
	kill -9 "$("$WOLFFIA" state "$ID" | jq .pid)"
	until_true stopped "$ID"
	[ "$("$WOLFFIA" state "$ID" | jq .pid)" = 0 ]
	ok delete "$ID"
}
