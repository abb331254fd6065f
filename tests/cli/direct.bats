# SPDX-License-Identifier: GPL-2.0-or-later
# Direct use: a program in a root filesystem or on the machine's own system, without a
# bundle. As root and as a plain user (contrib/test runs this file as both).
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	# a root whose owner is the caller, as somebody unpacks it
	mkdir "$R/work"
	before=$(leftovers)
}

# d ARGUMENT...: run --rootfs with the bundle's root
d() { w run --rootfs "$R" "$@"; }

# facts_of WORD...: the probe's facts from a root made by direct use
facts_of() {
	d "${options[@]}" -- /probe "$@"
	[ "$status" -eq 0 ] || fail "ended with $status: $err$out"
	read_facts "$T/out"
}

# every file of the root, with what is in it
sum() { (cd "$R" && find . -printf '%p %m %s %l\n' | sort; find . -type f -exec cat {} + | cksum); }

@test "direct: exit statuses (R42)" {
	local words want said
	printf 'neither\001one nor the other\n' >"$R/no-program"
	chmod 755 "$R/no-program"
	while IFS='|' read -r want words said; do
		# shellcheck disable=SC2086 # a list of words
		d -- $words
		[ "$status" -eq "$want" ] || fail "$words: $status, not $want: $err"
		[ "${err%%$'\n'*}" = "$said" ] || fail "$words: $err"
		case $words in
		/no/such) [[ $err == *"hint: the file is missing in the container, or the interpreter"* ]] || fail "$err" ;;
		/etc*) [[ $err == *"hint: it must be a file that the user may execute, in directories that he may search"* ]] || fail "$err" ;;
		/no-program) [[ $err == *"hint: it is a program for another machine, or a script whose first line does not begin with #!" ]] || fail "$err" ;;
		esac
	done <<-'END'
		0|true|
		1|false|
		127|no-such-program|error: exec: "no-such-program": executable file not found in $PATH
		127|/no/such|error: exec: "/no/such": no such file or directory
		126|/etc/passwd|error: exec: "/etc/passwd": permission denied
		126|/etc|error: exec: "/etc": permission denied
		126|/no-program|error: exec: "/no-program": exec format error
	END
	d -- sh -c 'exit 42'
	[ "$status" -eq 42 ]
	d --timeout 300ms -- sleep 20
	[ "$status" -eq 124 ]
	w run --rootfs "$T/none" -- true
	[ "$status" -eq 125 ]
	[ "$err" = "error: --rootfs $T/none: it does not exist" ] || fail "$err"
	d --userns map=1 -- true
	[ "$status" -eq 125 ] && [[ $err == "error: --userns: map: 1: expected map=CONTAINER:HOST:COUNT"* ]] || fail "$err"
	# nothing that a program could have said
	w do --odd
	[ "$status" -eq 125 ] && [[ $err == "error: unknown option --odd"* ]] || fail "$status $err"
	no 125 "error: do requires an argument: PROGRAM" do
	while IFS='|' read -r words said; do
		# shellcheck disable=SC2086 # a list of words
		no 125 "error: $said" run --rootfs "$R" $words
	done <<-'END'
		--bundle x -- true|--rootfs needs no bundle
		--odd -- true|unknown option --odd
		|run requires an argument: ID | --rootfs DIR -- PROGRAM
		-- |run requires an argument: ID | --rootfs DIR -- PROGRAM
		--memory|--memory requires an argument
	END
	# a program that a signal ends, not being the first of its pid namespace
	d -- sh -c 'sh -c "kill -TERM \$\$"; exit $?'
	[ "$status" -eq 143 ]
}

@test "direct: nothing of ours on standard output; the error of the program's start is one line" {
	d -- no-such-program
	[ -z "$out" ]
	[ "$err" = 'error: exec: "no-such-program": executable file not found in $PATH' ] || fail "$err"
}

@test "direct: the root is never changed (R25)" {
	sum >"$T/a"
	d -- sh -c 'rm -r /etc /bin/id; mkdir /etc; echo x >/etc/passwd; echo y >>/bin/busybox; mkdir /new; mv /home /new/h; chmod 700 /var'
	[ "$status" -eq 0 ] || fail "$err"
	sum >"$T/b"
	diff "$T/a" "$T/b"
}

@test "direct: --rootfs-rw changes it, --read-only forbids it" {
	d --rootfs-rw -- sh -c 'echo x >/work/new'
	[ "$(cat "$R/work/new")" = x ]
	d --read-only -- sh -c 'echo x >/work/other'
	[ "$status" -eq 1 ]
	[[ $err == *"Read-only file system"* ]]
	[ ! -e "$R/work/other" ]
	# what is no image stays writable
	d --read-only -- sh -c 'echo x >/tmp/a && cat /tmp/a'
	[ "$out" = x ]
}

@test "direct: nothing stays mounted beneath (the old root is gone)" {
	local n
	for n in "" --rootfs-rw "-v $T:/work:overlay" "--rootfs-rw -v $T:/work:overlay"; do
		# shellcheck disable=SC2086 # options
		d $n -- sh -c 'cat /proc/self/mountinfo'
		# exactly one mount at the root, and nothing of the arena's
		[ "$(awk '$5 == "/"' <<<"$out" | wc -l)" -eq 1 ] || fail "$n: $out"
		! awk '$5 == "/usr" || $5 == "/sys/fs/cgroup"' <<<"$out" | grep . || fail "$n"
	done
	w do -- cat /proc/self/mountinfo
	[ "$(awk '$5 == "/"' <<<"$out" | wc -l)" -eq 1 ] || fail "$out"
}

@test "direct: --overlay-size limits what is thrown away" {
	d --overlay-size 1m -- dd if=/dev/zero of=/big bs=65536 count=64
	[ "$status" -eq 1 ]
	[[ $err == *"No space left"* ]]
	d --overlay-size 8m -- dd if=/dev/zero of=/big bs=65536 count=64
	[ "$status" -eq 0 ] || fail "$err"
}

@test "direct: locked by default (R38)" {
	options=()
	facts_of
	is no_new_privs 1
	is uid 0:0:0
	like hostname wolffia
	is cwd /
	is seccomp 2
	d -- sh -c 'grep -E "^Cap[BAI][nm]" /proc/self/status; ip -o link | wc -l; echo $$; ls /proc | grep -cE "^[0-9]+$"; ls /dev | tr "\n" " "'
	[ "$(sed -n 1p <<<"$out")" = $'CapInh:\t0000000000000000' ]
	[ "$(sed -n 2p <<<"$out")" = $'CapBnd:\t00000000000004fb' ]
	[ "$(sed -n 3p <<<"$out")" = $'CapAmb:\t0000000000000000' ]
	[ "$(sed -n 4p <<<"$out")" = 1 ] || fail "more than lo: $out"
	[ "$(sed -n 5p <<<"$out")" = 1 ]
	[ "$(sed -n 7p <<<"$out")" = "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero " ] ||
		[ "$(sed -n 7p <<<"$out")" = "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero " ] || fail "$out"
}

@test "direct: seven namespaces of its own, masked and fixed paths (R38)" {
	local kind
	d -- sh -c 'for n in user pid mnt ipc uts cgroup net; do readlink /proc/self/ns/$n; done
		cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls -A /sys/firmware | wc -l
		(echo 1 >/proc/sys/kernel/hostname) 2>&1; stat -f -c %T /tmp'
	for kind in user pid mnt ipc uts cgroup net; do
		[ "$(grep -c "^$kind:" <<<"$out")" -eq 1 ] && [[ $out != *"$(readlink /proc/self/ns/$kind)"* ]] || fail "$kind: $out"
	done
	[[ $out == *$'\n0\n0\n'*"Read-only file system"*$'\ntmpfs' ]] || fail "$out"
}

@test "direct: --fsize limits a file (R44)" {
	d --fsize 1k -v "$T:/work" -- sh -c 'head -c 5000 /dev/zero >/work/big'
	[ "$status" -ne 0 ] && [ "$(stat -c %s "$T/big")" -eq 1024 ] || fail "$status $err"
}

@test "direct: --user without root has no capability at all" {
	d --user 1234:99 -- sh -c 'id -u; id -g; grep ^Cap /proc/self/status'
	[ "$(sed -n 1p <<<"$out")" = 1234 ]
	[ "$(sed -n 2p <<<"$out")" = 99 ]
	[ "$(grep -c 0000000000000000 <<<"$out")" -eq 5 ] || fail "$out"
	d --userns shared --user 70000 -- true
	[ "$status" -eq 125 ]
	[[ $err == "error: --user 70000:70000: these ids do not exist in the container"*"hint: more subordinate ids in /etc/subuid"* ]] || fail "$err"
}

@test "direct: the environment is clean; -e sets and passes on" {
	export SECRET=1 SHOWN=2
	unset MISSING
	d -e A=1 -e SHOWN -e MISSING -e B= -- env
	[ "$(grep -vE '^(SHLVL|PWD|TERM|OLDPWD)=' <<<"$out" | sort | tr '\n' ' ')" = \
		"A=1 B= HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SHOWN=2 " ] || fail "$out"
	d -e PATH=/x -e HOME=/y -- /bin/env
	[[ $'\n'$out$'\n' == *$'\nPATH=/x\n'* && $'\n'$out$'\n' == *$'\nHOME=/y\n'* ]]
}

@test "direct: no descriptor of the caller's comes along" {
	exec 7</etc 8</etc/passwd
	options=()
	facts_of fds
	exec 7<&- 8<&-
	d -- sh -c 'ls -l /proc/self/fd | grep -c -- "->"'
	[ "$out" -le 4 ] || fail "$out"
}

@test "direct: volumes (R45)" {
	mkdir "$T/src"
	echo one >"$T/src/file"
	cd "$T/src"
	d -v .:/work -- sh -c 'cat /work/file; echo two >/work/made'
	[ "$out" = one ] && [ "$(cat made)" = two ]
	d -v "$T/src:/work:ro" -- sh -c 'echo x >/work/no'
	[ "$status" -ne 0 ] && [ ! -e no ]
	d -v .:/work:overlay -- sh -c 'rm /work/file; echo x >/work/no; ls /work'
	[ "$status" -eq 0 ] || fail "$err"
	[ "$out" = $'made\nno' ]
	[ -e file ] && [ ! -e no ]
	d -v ./file:/work/f:ro -- cat /work/f
	[ "$out" = one ]
	# the same path inside, where the caller is, is where the program starts
	d -v . -- sh -c 'pwd; ls'
	[ "$out" = "$T/src"$'\nfile\nmade' ] || fail "$out"
	d -v . -w /work -- sh -c pwd
	[ "$out" = /work ]
	# nothing is made in a folder of the user's (R30)
	[ "$(ls -A)" = $'file\nmade' ]
}

@test "direct: bad volumes and words, each named" {
	local line words sentence
	while IFS='|' read -r words sentence; do
		# shellcheck disable=SC2086 # a list of words
		d $words -- true
		[ "$status" -eq 125 ] || fail "$words: $status $err"
		[[ $err == "error: $sentence"* ]] || fail "$words: $err"
		[[ $err != *$'\n'*$'\n'* ]] || fail "$err"
	done <<-'END'
		-v /no/such|--volume /no/such: it does not exist
		-v :/x|--volume :/x: expected SRC[:DST][:OPT,...]
		-v /etc:/x:odd|--volume /etc:/x:odd: odd: expected ro, rw, overlay, z, Z or idmap
		-v /etc:/|--volume: the root itself cannot be replaced
		--tmpfs tmp|--tmpfs: tmp is not an absolute path
		-w tmp|--workdir tmp: not an absolute path
		-w /no/such|--workdir: /no/such: it does not exist
		-v /etc:x|--volume /etc:x: x: expected ro, rw, overlay, z, Z or idmap
		-v /etc:/x:ro,,z|--volume /etc:/x:ro,,z: nothing: expected ro, rw, overlay, z, Z or idmap
		-v /etc:/proc|--volume: /proc: mounting this over a part of /proc is refused
		-v /etc/passwd:/x:overlay|--volume: /x: a throw-away layer needs a directory
		--tmpfs /x:odd|--tmpfs: /x: mount tmpfs: option odd:
		-u 5 --userns map=0:4000000000:1|--user 5:5: these ids do not exist in the container
		--sysctl no.such=1|--sysctl: no.such: belongs to no namespace
		--net ns:/no/such|--net: /no/such: it does not exist
		--hostname 01234567890123456789012345678901234567890123456789012345678901234|--hostname 01234567890123456789012345678901234567890123456789012345678901234: expected 1 to 64 bytes
		--memory 0|--memory 0: expected at least 1m
		--memory 1000k|--memory 1000k: expected at least 1m
		--memory 20000t|--memory 20000t: expected at most 16000t
		--overlay-size 1|--overlay-size 1: expected at least 4k
		--output-limit 0|--output-limit 0: expected at least 1
		--fsize 0|--fsize 0: expected at least 1
		--pids 0|--pids=0: expected a number from 1 to 4194304
		--pids 1 --init|--pids 1: expected at least 2: the program and its reaper
		--timeout 0|--timeout 0: expected at least 1ms
		--timeout 99999999999d|--timeout 99999999999d: expected at most 100000000d
		--stop-timeout 0|--stop-timeout 0: expected at least 1ms
		--cpus 0.001|--cpus 0.001: expected a number from 0.01 to 1000
		--tty --no-tty|--tty and --no-tty exclude one another
		--memory=|--memory: its value is empty
		--volume=|--volume: its value is empty
		--pids=|--pids: its value is empty
		--hostname=|--hostname: its value is empty
		--result fd:0|--result fd:0: it is not open for writing
		--result fd:99|--result fd:99: no such descriptor is open
		--result fd:x|--result fd:x: expected a file or fd:N
		--result /no/such/r|--result /no/such/r: there is no such directory
		--result /tmp|--result /tmp: Is a directory
		-e =x|--env =x: expected NAME=VALUE or NAME
		--net host -p 80:80|--publish: there is nothing to publish with --net host
		--memory lots|--memory lots: expected a number of bytes, as 512m or 2g
		--timeout -1|--timeout -1: expected a time, as 90, 1.5s, 10m or 2h
		--cpus 0|--cpus 0: expected a number from 0.01 to 1000
		--userns odd|--userns: odd: expected single, shared, keep-id[:uid=N,gid=N,size=N], nomap, auto[:size=N], map=CONTAINER:HOST:COUNT[,...][/GIDS] or host
		--userns map=0:0|--userns: map: 0:0: expected map=CONTAINER:HOST:COUNT[,...], and /... with the same for gids if they are others
		--userns map=0:0:1/|--userns: map: nothing: expected map=
		--userns map=0:0:1/0:0:1/0:0:1|--userns: map: 0:0:1/0:0:1: expected map=
		--uidmap 0:0|--uidmap 0:0: expected CONTAINER:HOST:COUNT
		--uidmap 0:0:1 --gidmap x|--gidmap x: expected CONTAINER:HOST:COUNT
		--uidmap 0:0:1,1:1:1|--uidmap 0:0:1,1:1:1: expected CONTAINER:HOST:COUNT
		--uidmap 0:0:0|--uidmap 0:0:0: expected CONTAINER:HOST:COUNT
		--gidmap 0:0:1 --gidmap 4294967296:0:1|--gidmap 4294967296:0:1: expected CONTAINER:HOST:COUNT
		--uidmap 0:0:1/0:0:1|--uidmap 0:0:1/0:0:1: expected CONTAINER:HOST:COUNT
		--uidmap 0:0:1 --gidmap 0:0:1/|--gidmap 0:0:1/: expected CONTAINER:HOST:COUNT
		--userns auto --gidmap 0:0:1|--userns auto: not together with --uidmap or --gidmap
		--userns map=0:100000:10,9:200000:1|--userns: map: 9:200000:1 overlaps 0:100000:10
		--userns map=0:1000:1/0:100000:10,10:100009:1|--userns: map: 10:100009:1 overlaps 0:100000:10
		--user root:|--user root:: expected UID or NAME, and perhaps :GID or :GROUP
		--net odd|--net odd: expected none, auto, pasta or slirp4netns (with :OPTION,...), or proxy:PORT
		--sysctl vm|--sysctl vm: expected NAME=VALUE
		--output-limit 5 --tty|--tty and --output-limit exclude one another
	END
	# a directory that is gone, and one that is no directory; nobody has written a config.json
	mkdir "$T/gone" && cd "$T/gone" && rmdir "$T/gone"
	d -v . -- true
	[[ $status -eq 125 && $err == "error: --volume .: it has been removed"* ]] || fail "$status $err"
	ok do -- pwd
	cd "$T"
	w run --rootfs /etc/passwd -- true
	[[ $status -eq 125 && $err == "error: --rootfs: /etc/passwd: root filesystem: not a directory"* ]] || fail "$status $err"
	w run --rootfs "$R" -b "$B" -- true
	[ "$status" -eq 125 ] && [[ $err == "error: --rootfs needs no bundle: not with --bundle, --config or --console-socket" ]] || fail "$status $err"
	no 125 "no throw-away layer can lie over the machine's root" run --rootfs / -- true
	[[ $err == *"hint: \`wolffia do\` runs a program on the machine's own system" ]] || fail "$err"
	no 127 "error: the program's name is empty" run --rootfs "$R" -- ""
	w run -v /etc "$ID"
	[ "$status" -eq 1 ] && [[ $err == "error: "*"an option of direct use without --rootfs"* ]] || fail "$status $err"
}

@test "--sysctl: of the container's namespaces, and of no other (R24)" {
	w run --rootfs "$R" --sysctl 'net.ipv4.tcp_wmem=4096 16384 262144' --sysctl kernel.msgmax=5000 -- \
		sh -c 'cat /proc/sys/net/ipv4/tcp_wmem /proc/sys/kernel/msgmax'
	[ "$status" -eq 0 ] && [ "$out" = $'4096\t16384\t262144\n5000' ] || fail "$out $err"
	no 125 "vm.swappiness: belongs to no namespace" run --rootfs "$R" --sysctl vm.swappiness=1 -- true
}

@test "direct: --tmpfs with options" {
	d --tmpfs /work:size=64k,mode=700 -- sh -c 'stat -c %a /work; dd if=/dev/zero of=/work/x bs=4096 count=100 2>&1 | grep -c "No space"'
	[ "$out" = $'700\n1' ] || fail "$out$err"
}

@test "direct: --timeout: at once without a handler, politely with one" {
	local begin=$EPOCHREALTIME
	d --timeout 0.3 -- sleep 20
	[ "$status" -eq 124 ]
	[ $((${EPOCHREALTIME/./} - ${begin/./})) -lt 15000000 ]
	d --timeout 1 -- sh -c 'trap "echo bye; exit 3" TERM; while :; do sleep 0.05; done'
	[ "$status" -eq 124 ] && [ "$out" = bye ] || fail "$status $out"
	d --timeout 0.3 --stop-timeout 0.2 -- sh -c 'trap "" TERM; while :; do sleep 0.05; done'
	[ "$status" -eq 124 ]
}

@test "direct: --output-limit cuts and kills, and loses nothing below it" {
	# though it ends by itself
	d --output-limit 1 -- echo abc
	[ "$out" = a ] && [ "$status" -eq 137 ] || fail "$status $out"
	d --output-limit 10 -- sh -c 'echo 0123456789abc; sleep 20'
	[ "$out" = 0123456789 ] && [ "$status" -eq 137 ] || fail "$status $out"
	d --output-limit 1m -- sh -c 'i=0; while [ $i -lt 3000 ]; do echo 0123456789; i=$((i+1)); done; echo end >&2; exit 5'
	[ "$status" -eq 5 ] && [ "$(wc -l <"$T/out")" -eq 3000 ] && [ "$err" = end ] || fail "$status $err"
}

@test "direct: signals end a program that does not handle them (R41)" {
	local sig pid
	for sig in TERM INT HUP QUIT; do
		( trap - INT QUIT; exec "$WOLFFIA" run --rootfs "$R" -- sleep 3141 ) 3>&- &
		pid=$!
		until_true pgrep -x -f 'sleep 3141'
		kill -s $sig $pid
		status=0
		wait $pid || status=$?
		[ "$status" -eq $((128 + $(kill -l $sig))) ] || [ $sig = INT ] || [ $sig = QUIT ] || fail "$sig: $status"
		until_true eval '! pgrep -x -f "sleep 3141"'
	done
}

@test "direct: SIGKILL of the runtime at any moment leaves nothing (R40)" {
	killed_early "$WOLFFIA" run --rootfs "$R" -v "$T:/work:overlay" -- sleep 30
	# teardown() compares what is left
	until_true sh -c 'test -z "$("$WOLFFIA" list -q)"'
}

@test "direct: the terminal, when asked for" {
	d -t -- sh -c 'test -t 0 && test -t 1 && test -t 2 && echo yes' </dev/null
	[[ $out == yes* ]] || fail "$status $out $err"
	d -- sh -c 'test -t 0 || test -t 1 || echo no' </dev/null
	[ "$out" = no ]
	# as large as the caller's from the first moment on
	in_terminal "stty rows 31 cols 71; $WOLFFIA run --rootfs $R -- /bin/busybox stty size"
	[ "$(tr -d '\r' <"$T/out")" = "31 71" ] || fail "$(<"$T/out")"
	ok run --rootfs "$R" --id "$ID" --detach -- sleep 30
	in_terminal "stty rows 32 cols 72; $WOLFFIA exec -t $ID /bin/busybox stty size"
	[ "$(tr -d '\r' <"$T/out")" = "32 72" ] || fail "$(<"$T/out")"
	ok delete --force "$ID"
}

@test "direct: --print-config is the config that runs, and runs" {
	d -v "$T:/work:ro" --print-config -- sh -c 'ls /work'
	[ "$status" -eq 0 ]
	mkdir "$T/b"
	cp "$T/out" "$T/b/config.json"
	[ "$(jq -r .root.path "$T/b/config.json")" = "$R" ]
	[ "$(jq -r '.annotations["wolffia.root"]' "$T/b/config.json")" = overlay ]
	ok run -b "$T/b" "$ID"
	[[ $out == *bundle* ]] || fail "$out"
}

@test "direct: --id and --keep: other commands find it" {
	d --id "$ID" --keep -- true
	[ "$status" -eq 0 ] || fail "$err"
	[ "$(status_of "$ID")" = stopped ]
	ok delete "$ID"
	"$WOLFFIA" run --rootfs "$R" --id "$ID" -- sleep 30 3>&- &
	local pid=$!
	until_true sh -c "'$WOLFFIA' state '$ID' | grep -q running"
	ok exec "$ID" id -u
	[ "$out" = 0 ]
	ok kill "$ID" KILL
	wait "$pid" || true # a bare wait would wait for bats' own clock
	no 1 "does not exist" state "$ID"
}

@test "direct: ids by --userns" {
	d -- cat /proc/self/uid_map
	[ "$(awk '{print $1, $2, $3}' <<<"$out")" = "0 $(id -u) 1" ] || fail "$out"
	grep -q "^$(id -un):" /etc/subuid || [ "$(id -u)" -eq 0 ] || skip "no subordinate ids"
	d --userns shared -- cat /proc/self/uid_map
	if [ "$(id -u)" -eq 0 ]; then
		# root of a user namespace gives away all that it has
		[[ $(awk '{print $1, $2, $3}' <<<"$out" | tr '\n' ,) =~ ^0\ 0\ 1,1\ 1\ 6553[56],$ ]] || fail "$out"
		return
	fi
	[ "$(awk '{print $1, $2, $3}' <<<"$out" | tr '\n' ,)" = "0 1000 1,1 100000 65536," ] || fail "$out $err"
	d --userns keep-id -- sh -c 'id -u; cat /proc/self/uid_map'
	[ "$(awk '{print $1, $2, $3}' <<<"$out" | tr -s ' ' | tr '\n' ,)" = "1000  ,0 100000 1000,1000 1000 1,1001 101000 64536," ] ||
		[ "$(sed -n 1p <<<"$out")" = 1000 ] || fail "$out"
	chmod 755 "$T" "$B"
	d --userns nomap -- cat /proc/self/uid_map
	[ "$(awk '{print $1, $2, $3}' <<<"$out")" = "0 100000 65536" ] || fail "$out $err"
	# double rootless (R46): neither root inside nor the caller outside
	d --userns nomap --user 1001 -- sh -c 'echo x >/etc/passwd'
	[ "$status" -eq 1 ] && [[ $err == *"/etc/passwd: Permission denied" ]] || fail "$status $err"
	d --userns host -- true
	[ "$status" -eq 125 ]
	[ "$err" = "error: --userns host: only root can do without a user namespace
  hint: --userns single needs one and nothing else" ] || fail "$err"
}

@test "direct: --result says what became of it (R43)" {
	j() { jq -r "$1" "$T/r"; }
	d --result "$T/r" -- sh -c 'exit 3'
	[ "$(j '"\(.schema) \(.phase) \(.exitCode) \(.status) \(.timedOut) \(.error)"')" = "1 cleanup 3 3 false null" ] || fail "$(<"$T/r")"
	[ "$(j '.layers | "\(.userns) \(.seccomp) \(.network) \(.overlay)"')" = "single default none throw-away" ]
	[ "$(j '.times | [.setupMs, .runMs, .cleanupMs] | all(type == "number")')" = true ]
	d --result "$T/r" --timeout 0.2 -- sleep 9
	[ "$(j '"\(.status) \(.timedOut) \(.killedBy) \(.signal)"')" = "124 true timeout SIGKILL" ] || fail "$(<"$T/r")"
	d --result "$T/r" --output-limit 3 -- sh -c 'echo 12345; sleep 9'
	[ "$(j '"\(.status) \(.killedBy)"')" = "137 output-limit" ]
	d --result "$T/r" -- nothing
	[ "$(j '"\(.status) \(.phase) \(.error.code) \(.error.message)"')" = '127 setup ENOENT exec: "nothing": executable file not found in $PATH' ] || fail "$(<"$T/r")"
	d --result "$T/r" -v /no/such -- true
	[ "$(j '"\(.status) \(.phase) \(.error.message)"')" = "125 setup --volume /no/such: it does not exist" ]
	d --result "$T/no/r" -- true
	[ "$status" -eq 125 ] && [[ $err == *"--result $T/no/r: there is no such directory"* ]] || fail "$status $err"
	"$WOLFFIA" run --rootfs "$R" --result fd:9 -- true 9>"$T/r" 3>&-
	[ "$(j .status)" = 0 ] && [ "$(wc -l <"$T/r")" -eq 1 ]
	# whatever the program makes of the file, if it can
	echo long >"$T/r"
	d --result "$T/r" -v "$T" -- sh -c 'seq 1000 >"$1"; exit 5' sh "$T/r"
	[ "$status" -eq 5 ] && [ "$(jq -s 'length, .[0].status' "$T/r" | tr '\n' ' ')" = "1 5 " ] || fail "$err$(<"$T/r")"
	d --result "$T/r" -v "$T" -- rm "$T/r"
	[ "$status" -eq 125 ] && [ "$err" = "error: --result $T/r: it was removed meanwhile" ] || fail "$status $err"
	# a descriptor's file may have more in it
	{
		echo before
		"$WOLFFIA" run --rootfs "$R" --result fd:4 -- true 4>&1
		echo after
	} >"$T/r" 3>&-
	[ "$(wc -l <"$T/r")" -eq 3 ] && [ "$(sed -n 2p "$T/r" | jq .status)" = 0 ] || fail "$(<"$T/r")"
	# a variable that a script forgot to set does not run what else lies here
	cd "$T"
	echo '{}' >config.json
	no 125 "--rootfs: its value is empty" run --rootfs "" true
	no 125 "--rootfs: its value is empty" run --rootfs= -- true
	rm config.json
	# words that are no command at all: no stale object is taken for an answer
	for n in --nosuch "--pids x" "--bundle $R"; do
		echo stale >"$T/r"
		# shellcheck disable=SC2086 # a list of words
		d --result "$T/r" $n -- true
		[ "$status" -eq 125 ] && [ "$(jq -r '.phase, .status, (.error.message | length > 0)' "$T/r" | tr '\n' ' ')" = "setup 125 true " ] || fail "$n: $(<"$T/r")"
	done
	d --result fd:99 -- true
	[ "$status" -eq 125 ] && [ "$err" = "error: --result fd:99: no such descriptor is open" ] || fail "$status $err"
}

@test "direct: what create takes besides a bundle: --pid-file, --preserve-fds, --pidfd-socket, --no-new-keyring" {
	local pid
	d --pid-file "$T/pid" --id "$ID" --detach -- sleep 30
	[ "$status" -eq 0 ] || fail "$err"
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	[ "$(<"$T/pid")" = "$pid" ] || fail "$(<"$T/pid") $pid"
	ok delete --force "$ID"
	echo one >"$T/one"
	status=0
	"$WOLFFIA" run --rootfs "$R" --preserve-fds 1 -- /probe >"$T/out" 2>"$T/err" 3<"$T/one" 4</etc/passwd || status=$?
	[ "$status" -eq 0 ] || fail "$(<"$T/err")"
	read_facts "$T/out"
	is fds 4
	like fd.3 "*one"
	none fd.4
	"$WOLFFIA" run --rootfs "$R" --preserve-fds 1 -- true 2>"$T/err" 3>&- && fail "it ran"
	grep -qx "error: --preserve-fds: descriptor 3 is not open" "$T/err" || fail "$(<"$T/err")"
	no 125 "--pidfd-socket: " run --rootfs "$R" --pidfd-socket "$T/none" -- true
	[ -e /proc/keys ] || return 0
	options=(--no-seccomp --id "$ID")
	facts_of
	like keyring.about "*_ses.$ID*"
	options+=(--no-new-keyring)
	facts_of
	[[ ${fact[keyring.about]} != *"_ses.$ID"* ]] || fail "${fact[keyring.about]}"
}
