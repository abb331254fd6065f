# SPDX-License-Identifier: GPL-2.0-or-later
# `do --sandbox=landlock-only` (R49): what it keeps apart, what it says that it does not, and
# what it refuses. As root and as a plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	B=$T R=$T
	w doctor --json
	[ "$(jq -r '.checks[] | select(.name == "landlock") | .state' "$T/out")" = ok ] || skip "no Landlock in this kernel"
	mkdir "$T/project" "$T/other" "$T/tmp"
	export TMPDIR=$T/tmp
	cd "$T/project"
	echo hello >file
	echo secret >"$T/other/file"
	before=$(leftovers)
}

teardown() {
	[ -z "$T" ] || [ ! -d "$T/tmp" ] || [ -z "$(ls -A "$T/tmp")" ] || fail "left in TMPDIR: $(ls -A "$T/tmp")"
	[ -z "${before+x}" ] || calm || fail "left behind: $(leftovers)"
}

# lone ARGUMENT...: said at level error only, so that stderr is the program's
lone() { w --log-level error do --sandbox=landlock-only "$@"; }

@test "landlock-only: never chosen, always said (R49)" {
	ok do --sandbox=landlock-only -- echo here
	[ "$out" = here ]
	[ "$(wc -l <<<"$err")" -eq 1 ] || fail "$err"
	[[ $err == "warning: landlock-only: a weaker sandbox, without namespaces: the program sees the machine's processes"* ]] || fail "$err"
	# where no user namespace can be had, `do` fails, and names the way
	no 125 "error: --sandbox=odd: expected" do --sandbox=odd -- true
	unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "$WOLFFIA" do --userns single -- true 2>"$T/err" 3>&- && fail "it ran"
	grep -q "error: .*user" "$T/err" || fail "$(<"$T/err")"
	unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "$WOLFFIA" do --sandbox=landlock-only -- echo there >"$T/out" 2>"$T/err" 3>&-
	[ "$(<"$T/out")" = there ] || fail "$(<"$T/err")"
}

@test "landlock-only: files: the machine read-only, volumes, nothing else" {
	lone -v . -- sh -c 'cat file; echo new >made; rm made; mkdir d; mv file d/file; mv d/file .; rmdir d'
	[ "$status" -eq 0 ] && [ "$out" = hello ] || fail "$out $err"
	lone -v .:ro -- sh -c 'cat file; echo new >made'
	[ "$status" -ne 0 ] && [ "$out" = hello ] && [ ! -e made ]
	lone -v . -- cat "$T/other/file"
	[ "$status" -ne 0 ] && [ -z "$out" ] || fail "$out"
	lone -v . -- sh -c 'for f in /etc/shadow /etc/gshadow /var/log/* ~root/.bashrc /tmp/* /run/*; do cat "$f"; done 2>/dev/null'
	[ -z "$out" ] || fail "$out"
	lone -- sh -c 'for d in /etc /usr /var /var/tmp /tmp /dev/shm /; do echo x >$d/lone-test && echo open $d; done 2>/dev/null; true'
	[ -z "$out" ] || fail "$out"
	# what programs need
	lone -- sh -c 'test -r /etc/passwd && cat /proc/self/comm && echo >/dev/null && head -c 1 /dev/zero | wc -c && ls /usr >/dev/null'
	[ "$out" = $'cat\n1' ] || fail "$out $err"
	# a home and a directory for temporary files of its own
	lone -- sh -c 'echo x >~/a && f=$(mktemp) && echo y >$f && cat ~/a $f; echo $HOME $TMPDIR; chmod 0 ~'
	[[ $out == x$'\n'y$'\n'"$T/tmp/wolffia-lone-"*/home" $T/tmp/wolffia-lone-"*/tmp ]] || fail "$out $err"
}

@test "landlock-only: no sockets but --net host's, no shared memory, no keys" {
	command -v python3 >/dev/null || command -v perl >/dev/null || skip "neither perl nor python3"
	cat >"$T/project/try.pl" <<-'END'
		use Socket; use IPC::SysV; use warnings;
		for my $f (AF_UNIX, AF_INET, AF_INET6) { print socket(my $s, $f, SOCK_STREAM, 0) ? "open " : "shut "; }
		print socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) ? "pair " : "none ";
		print defined(shmget(0, 4096, 0600)) ? "shm" : "none";
	END
	perl -MIPC::SysV -e 1 2>/dev/null || skip "no perl with IPC::SysV"
	lone -v . -- perl try.pl
	[ "$out" = "shut shut shut pair none" ] || fail "$out $err"
	lone --net host -v . -- perl try.pl
	[ "$out" = "shut open open pair none" ] || fail "$out $err"
}

@test "landlock-only: processes outside are not traced, and from ABI 6 not signalled" {
	sleep 60 3>&- &
	local pid=$! abi
	lone --result "$T/r" -- sh -c "cat /proc/$pid/environ; readlink /proc/$pid/fd/0 /proc/$pid/exe; ls /proc/$pid/root/"
	[ "$status" -ne 0 ] && [ -z "$out" ] || fail "$out"
	abi=$(jq -r '.layers.landlock' "$T/r")
	if [ "${abi#ABI }" -ge 6 ]; then
		lone -- sh -c "kill -0 $pid || kill -9 \$PPID"
		[ "$status" -ne 0 ] || fail "signalled"
	fi
	kill -9 $pid
}

@test "landlock-only: exit statuses, limits, the result (R42 R43)" {
	local want words
	while read -r want words; do
		# shellcheck disable=SC2086 # a list of words
		lone $words
		[ "$status" -eq "$want" ] || fail "$words: $status, not $want: $err"
	done <<-'END'
		0 -- true
		1 -- false
		127 -- no-such-program
		126 -- /etc/passwd
		124 --timeout 0.2 -- sleep 20
		137 --output-limit 3 -- sh -c cat</dev/zero
		125 -v /no/such -- true
	END
	lone -- no-such-program
	[ "$err" = 'error: exec: "no-such-program": executable file not found in $PATH' ] || fail "$err"
	lone -- /etc/passwd
	[[ $err == 'error: exec: "/etc/passwd": permission denied'$'\n'"  hint: it must be a file that the user may execute"* ]] || fail "$err"
	lone -v /no/such -- true
	[ "$err" = "error: --volume /no/such: it does not exist" ] || fail "$err"
	lone -- sh -c 'kill -TERM $$'
	[ "$status" -eq 143 ]
	lone --timeout 1 -- sh -c 'trap "echo bye; exit 3" TERM; while :; do sleep 0.05; done'
	[ "$status" -eq 124 ] && [ "$out" = bye ] || fail "$status $out $err"
	lone --output-limit 5 -- sh -c 'echo 123456789; sleep 20'
	[ "$out" = 12345 ] && [ "$status" -eq 137 ] || fail "$status $out"
	lone --result "$T/r" -- sh -c 'exit 3'
	[ "$(jq -r '"\(.phase) \(.exitCode) \(.status)"' "$T/r")" = "cleanup 3 3" ] || fail "$(<"$T/r")"
	[ "$(jq -r '.layers | "\(.sandbox) \(.userns) \(.network) \(.overlay) \(.pids) \(.memory)"' "$T/r")" = \
		"landlock-only none none none none not asked for" ] || fail "$(<"$T/r")"
	lone --result "$T/r" -- sh -c 'kill -KILL $$'
	[ "$(jq -r '"\(.signal) \(.status)"' "$T/r")" = "SIGKILL 137" ] || fail "$(<"$T/r")"
	lone --fsize 1k -v . -- sh -c 'head -c 5000 /dev/zero >big'
	[ "$(stat -c %s big)" -eq 1024 ]
}

@test "landlock-only: what it cannot do is refused, each option" {
	local words sentence
	while IFS='|' read -r words sentence; do
		# shellcheck disable=SC2086 # a list of words
		lone $words -- true
		[ "$status" -eq 125 ] || fail "$words: $status $err"
		[[ $err == "error: $sentence"* ]] || fail "$words: $err"
	done <<-END
		--userns shared|--sandbox landlock-only: not with --userns: it needs a user namespace
		--user 1000|--sandbox landlock-only: not with --user: it needs a user namespace
		--double-rootless|--sandbox landlock-only: not with --double-rootless: it needs a user namespace
		--tmpfs /x|--sandbox landlock-only: not with --tmpfs: it needs a mount namespace
		--overlay disk|--sandbox landlock-only: not with --overlay: it needs a mount namespace
		--overlay-size 1m|--sandbox landlock-only: not with --overlay-size: it needs a mount namespace
		--sysctl net.ipv4.ip_forward=1|--sandbox landlock-only: not with --sysctl: it needs a network namespace
		--hostname x|--sandbox landlock-only: not with --hostname: it needs a UTS namespace
		--net auto|--sandbox landlock-only: not with --net: it needs a network namespace
		--net proxy:80|--sandbox landlock-only: not with --net: it needs a network namespace
		-p 80:80|--sandbox landlock-only: not with --publish: it needs a network namespace
		--memory 1g|--sandbox landlock-only: not with --memory: it needs a cgroup
		--oom-group|--sandbox landlock-only: not with --oom-group: it needs a cgroup
		--pids 5|--sandbox landlock-only: not with --pids: it needs a cgroup
		--cpus 1|--sandbox landlock-only: not with --cpus: it needs a cgroup
		--tty|--sandbox landlock-only: not with --tty: it needs a devpts of its own
		--no-landlock|--sandbox landlock-only: not with --no-landlock: it needs Landlock
		--no-seccomp|--sandbox landlock-only: not with --no-seccomp: it needs the filter, which keeps sockets away
		--selinux require|--sandbox landlock-only: not with --selinux: it needs a container
		--print-config|--sandbox landlock-only: not with --print-config: it needs a container
		-v .:/work|--volume $PWD: landlock-only: it cannot be shown at another place
		-v .::overlay|--volume $PWD: landlock-only: overlay, idmap, z and Z need a mount
		-v .::z|--volume $PWD: landlock-only: overlay, idmap, z and Z need a mount
		-v /|--volume /: landlock-only: not the whole machine
		-v /etc|--volume /etc: landlock-only: /etc/
		-v $T -v .:ro|--volume $PWD:ro: landlock-only: it lies in $T, which can be written to
	END
}

@test "landlock-only: nothing survives: children left behind, SIGKILL of any of the two (R40)" {
	local pid
	lone -v . -- sh -c '(sleep 61 & sleep 61 &) ; setsid sleep 61 & exit 4'
	[ "$status" -eq 4 ]
	until_true sh -c "! pgrep -fx 'sleep 61'"
	killed_early "$WOLFFIA" do --sandbox=landlock-only -- sh -c '(setsid sleep 62 &); sleep 62'
	until_true sh -c "! pgrep -fx 'sleep 62'"
	until_true sh -c "test -z \"\$(ls -A '$T/tmp')\""
	"$WOLFFIA" do --sandbox=landlock-only -- sh -c '(setsid sleep 63 &); sleep 63' 3>&- >/dev/null 2>&1 &
	pid=$!
	until_true pgrep -fx 'sleep 63'
	kill -9 "$(pgrep -P "$pid")"
	status=0
	wait $pid || status=$?
	[ "$status" -eq 137 ] || fail "$status"
	until_true sh -c "! pgrep -fx 'sleep 63'"
	# Ctrl-C and its like
	"$WOLFFIA" do --sandbox=landlock-only -- sleep 64 3>&- >/dev/null 2>&1 &
	pid=$!
	until_true pgrep -fx 'sleep 64'
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 143 ] || fail "$status"
}

@test "landlock-only: children that the command had before it was executed are not the program's" {
	local pid
	status=0
	sh -c 'sleep 71 & echo $! >"$0"; exec "$@"' "$T/pid" "$WOLFFIA" --log-level error do --sandbox=landlock-only -- \
		sh -c '(setsid sleep 72 &); exit 3' >"$T/out" 2>"$T/err" 3>&- || status=$?
	[ "$status" -eq 3 ] || fail "$status $(<"$T/err")"
	kill "$(<"$T/pid")"
	until_true sh -c "! pgrep -fx 'sleep 72'"
	# nor when the WARDEN is killed, and HOST has to end all others
	sh -c 'sleep 71 & echo $! >"$0"; exec "$@"' "$T/pid" "$WOLFFIA" --log-level error do --sandbox=landlock-only -- \
		sh -c '(setsid sleep 73 &); exec sleep 74' >"$T/out" 2>"$T/err" 3>&- &
	pid=$!
	until_true pgrep -fx 'sleep 73'
	until_true pgrep -fx 'sleep 74'
	kill -9 "$(pgrep -P $pid -x wolffia-warden)"
	status=0
	wait $pid || status=$?
	[ "$status" -eq 137 ] || fail "$status $(<"$T/err")"
	kill "$(<"$T/pid")"
	until_true sh -c "! pgrep -fx 'sleep 7[34]'"
}

@test "landlock-only: a directory as a standard stream gives nothing of what is in it" {
	lone -- sh -c 'cat "$1"; echo x >"$1"' sh "$T/other/file" <"$T/other"
	[ "$status" -ne 0 ] && [ -z "$out" ] || fail "$out"
	[ "$(<"$T/other/file")" = secret ]
	# a file is open for what it is
	lone -- sh -c 'cat /proc/self/fd/0' <"$T/other/file"
	[ "$out" = secret ] || fail "$out $err"
}

@test "landlock-only: a process that cannot be had is told, whichever it is" {
	need_root
	local n
	for n in 1 2; do
		status=0
		TMPDIR=/tmp setpriv --reuid 4711 --regid 4711 --clear-groups prlimit --nproc=$n:$n \
			"$WOLFFIA" --log-level error do --sandbox=landlock-only -- true 2>"$T/err" 3>&- || status=$?
		[ "$status" -eq 125 ] && grep -q '^error: new process: Resource temporarily' "$T/err" || fail "$n: $status $(<"$T/err")"
	done
}

@test "landlock-only: SIGKILL of both at once: the program ends too; gc ends what it has put behind it" {
	local pid lives behind folder
	"$WOLFFIA" do --sandbox=landlock-only -- sh -c 'exec sleep 67' 3>&- >/dev/null 2>&1 &
	lives=$!
	until_true pgrep -fx 'sleep 67'
	folder=$(ls -d "$T"/tmp/wolffia-lone-*)
	"$WOLFFIA" do --sandbox=landlock-only -- sh -c '(HOME=/ TMPDIR=/ setsid sleep 64 &); (setsid sleep 65 &); exec sleep 66' 3>&- >/dev/null 2>&1 &
	pid=$!
	until_true pgrep -fx 'sleep 64'
	until_true pgrep -fx 'sleep 65'
	until_true pgrep -fx 'sleep 66'
	kill -STOP "$pid" # so that it sees nothing of the other's end
	kill -9 "$(pgrep -P "$pid")" "$pid"
	until_true sh -c "! pgrep -fx 'sleep 66'"
	# nobody is left who could end it; it is as restricted as before, and marked
	behind=$(pgrep -fx 'sleep 65')
	grep -qx $'NoNewPrivs:\t1' "/proc/$behind/status"
	w gc --dry-run
	[[ $out == "would remove $T/tmp/wolffia-lone-"*" (a folder of a landlock-only that is gone)" ]] || fail "$out$err"
	kill -0 "$behind"
	ok gc
	[[ $out == "removed $T/tmp/wolffia-lone-"*" (a folder of a landlock-only that is gone)" ]] || fail "$out"
	until_true sh -c "! pgrep -fx 'sleep 6[45]'"
	# another one is not touched
	kill -0 $lives
	pgrep -fx 'sleep 67' >/dev/null
	[ "$(ls -d "$T"/tmp/wolffia-lone-*)" = "$folder" ]
	kill $lives
	wait $lives || true
	[ -z "$(ls -A "$T/tmp")" ]
}
