# SPDX-License-Identifier: GPL-2.0-or-later
# Scarce resources: an error or success, never a crash, a hang or something left.
load helpers

# limited LIMIT-COMMAND: create under it; then either it is there or nothing is
limited() {
	local name=$1
	shift
	status=0
	# by a pipe: a file could not take the message with a file size of 0
	mkfifo "$T/pipe"
	cat "$T/pipe" >"$T/err" 3>&- &
	( eval "$name"; exec timeout 20 "$WOLFFIA" "${@:-create}" -b "$B" "$ID" 3>&- ) >/dev/null 2>"$T/pipe" || status=$?
	[ "$status" -eq 0 ] || wait $!
	rm "$T/pipe"
	err=$(<"$T/err")
	case $status in
	0 | 1) ;;
	*) fail "$name: ended with $status: $err" ;;
	esac
	if [ "$status" -eq 0 ]; then
		w delete --force "$ID"
		[ "$status" -eq 0 ] || fail "$name: delete --force: $err"
	else
		[ -n "$err" ] || fail "$name: no message"
		w state "$ID"
		[ "$status" -eq 1 ] || fail "$name: state is left after: $err"
	fi
}

@test "4 to 24 descriptors" {
	local n
	args /probe pause
	for ((n = 4; n <= 24; n++)); do
		limited "ulimit -n $n"
	done
}

@test "4 to 24 descriptors for run" {
	local n
	args /bin/true
	for n in 4 5 6 8 10 12 14 16 20 24; do
		limited "ulimit -n $n" run
		[[ $status$err != *"Too many open files"* || $err == *"hint: the limit of open files is reached"* ]] || fail "$err"
	done
}

@test "kill --all: more processes than descriptors" {
	need_root
	need_cgroups
	args /bin/sh -c 'trap : USR1; i=0; while [ $i -lt 40 ]; do sleep 1000 & i=$((i + 1)); done; while :; do wait; done'
	ok create -b "$B" "$ID"
	ok start "$ID"
	processes() { w ps -f json "$ID"; [ "$(jq length <<<"$out")" -eq "$1" ]; }
	until_true processes 41
	status=0
	prlimit --nofile=36:36 "$WOLFFIA" kill --all "$ID" USR1 2>"$T/err" 3>&- || status=$?
	[ "$status" -eq 0 ] || fail "$(<"$T/err")"
	until_true processes 1
	ok delete --force "$ID"
}

@test "file size 0, address space 48 MB and less, no processes" {
	args /probe pause
	limited "ulimit -f 0"
	limited "ulimit -v 48000"
	limited "ulimit -v 16000"
	limited "ulimit -v 8000"
	limited "ulimit -d 4000"
	limited "ulimit -s 256"
	limited "ulimit -c 0"
}

@test "a state root on a full or read-only file system, or a file" {
	need_root
	args /probe pause
	mkdir "$T/full" "$T/ro"
	mount -t tmpfs -o size=16k,nr_inodes=20 full "$T/full"
	head -c 100000 /dev/zero >"$T/full/filler" 2>/dev/null || true
	w --root "$T/full/state" create -b "$B" "$ID"
	[ "$status" -eq 1 ] && [[ $err == *"state record: $ID: "*"No space left"*"hint: the filesystem of the state root is full"* ]] || fail "$status $err"
	umount "$T/full"
	mount -t tmpfs -o size=1m,nr_inodes=3 full "$T/full"
	w --root "$T/full/state" create -b "$B" "$ID"
	[ "$status" -eq 1 ] || ok --root "$T/full/state" delete --force "$ID"
	umount "$T/full"
	mount -t tmpfs -o ro ro "$T/ro"
	w --root "$T/ro/state" create -b "$B" "$ID"
	[ "$status" -eq 1 ] && [[ $err == *"Read-only"* ]] || fail "$status $err"
	umount "$T/ro"
	w --root /dev/null create -b "$B" "$ID"
	[ "$status" -eq 1 ]
}

@test "no /proc mounted for wolffia itself, or a poor one" {
	need_root
	args /bin/true
	status=0
	unshare --mount sh -c 'umount -l /proc; exec "$0" run -b "$1" "$2"' "$WOLFFIA" "$B" "$ID" >"$T/out" 2>"$T/err" 3>&- || status=$?
	[ "$status" -le 1 ] || fail "$status: $(cat "$T/err")"
}

@test "a cwd that was removed" {
	args /bin/true
	mkdir "$T/gone"
	( cd "$T/gone" && rmdir "$T/gone" && "$WOLFFIA" run -b "$B" "$ID" 3>&- )
}

@test "100,000 environment entries and 1 MB annotations" {
	config '.process.args = ["/bin/true"] | .process.env = [range(20000) | "A\(.)=x"] | .annotations = {a: ("x" * 1000000)}'
	ok run -b "$B" "$ID"
	config '.process.env = [range(100000) | "A\(.)=x"]'
	w run -b "$B" "$ID"
	[ "$status" -le 1 ]
}

@test "a log that cannot be written" {
	args /bin/true
	w --log /dev/full run -b "$B" "$ID"
	[ "$status" -le 1 ]
	w --log /dev/full create -b "$T/nowhere" "$ID"
	[ "$status" -eq 1 ]
}
