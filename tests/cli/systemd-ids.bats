# SPDX-License-Identifier: GPL-2.0-or-later
# Ids that the real systemd-nsresourced lends (R11), to a user who has no subordinate ones; what it may
# answer and do otherwise is nsresource.bats. Each of its workers loads a filter of BPF before its
# first answer, which takes minutes of an emulated processor: one of them is left running. On a busy
# machine it never ends (a worker lives five minutes), so it is asked for, on a quiet one:
#
#	tests/vm/run --env NSRESOURCED=1 -- bats tests/cli/systemd-ids.bats
# shellcheck disable=SC2154 # $status, $out, $err
load helpers

REGISTRY=/run/systemd/nsresource/registry

setup_file() {
	local workers
	[ -n "${NSRESOURCED-}" ] || return 0
	[ -e /.wolffia-arena ] && [ "$(</.wolffia-arena)" = machine ] && [ "$(id -u)" -eq 0 ] || return 0
	[ -e /usr/lib/systemd/systemd-nsresourced ] && grep -q bpf /sys/kernel/security/lsm || return 0
	grep -q '^carol:' /etc/passwd || echo 'carol:x:2000:2000::/home/carol:/bin/sh' >>/etc/passwd
	grep -q '^carol:' /etc/group || echo 'carol:x:2000:' >>/etc/group
	mkdir -p /home/carol /run/systemd/system/systemd-nsresourced.service.d
	chown 2000:2000 /home/carol
	printf '[Service]\nTimeoutStartSec=1800\nWatchdogSec=0\n' >/run/systemd/system/systemd-nsresourced.service.d/slow.conf
	systemctl daemon-reload
	systemctl start systemd-nsresourced.socket systemd-nsresourced.service
	mapfile -t workers < <(pgrep -f nsresourcework)
	[ ${#workers[@]} -lt 2 ] || kill -STOP "${workers[@]:1}"
	T=$BATS_FILE_TMPDIR
	chmod 755 "$T"
	carol "do" --userns nomap -- true
	export SERVED=1
}

teardown_file() {
	[ -z "${SERVED-}" ] || systemctl kill -s CONT systemd-nsresourced.service || true
}

setup() {
	[ -n "${SERVED-}" ] || skip "takes long: NSRESOURCED=1, as root of a machine with systemd-nsresourced (tests/vm)"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	before=$(leftovers)
}

# carol ARGUMENT...: wolffia as a user without subordinate ids, again while the service loads its filter
carol() {
	local end=$((SECONDS + 1200))
	while :; do
		status=0
		(cd /home/carol && exec env -i PATH="$PATH" HOME=/home/carol setpriv --reuid 2000 --regid 2000 \
			--clear-groups "$WOLFFIA" "$@") >"$T/out" 2>"$T/err" 3>&- || status=$?
		out=$(<"$T/out") err=$(<"$T/err")
		[[ $err$out == *"has not answered for"* ]] && [ $SECONDS -lt $end ] || return 0
	done
}

# nothing is lent any more
all_is_back() {
	[ -z "$(find $REGISTRY -type f ! -name lock)" ] && systemctl status systemd-nsresourced.service | grep -q 'FD Store: 0 '
}

@test "nomap and auto: 65536 ids of systemd's, given back at the end (R11)" {
	local mode first
	for mode in nomap auto; do
		carol --log-level info do --userns $mode -- sh -c 'cat /proc/self/uid_map /proc/self/gid_map; id -u
			echo x >/tmp/new && chown 7:65535 /tmp/new && stat -c %u:%g /tmp/new'
		[ "$status" -eq 0 ] || fail "$mode: $err"
		read -r _ first _ <<<"$out"
		[ "$(xargs <<<"$out")" = "0 $first 65536 0 $first 65536 0 7:65535" ] || fail "$out"
		[ "$first" -ge 524288 ] && [ "$first" -lt 1879048192 ] || fail "$first"
		[[ $err == *"ids of the container: $first to $((first + 65535)), from systemd-nsresourced"* ]] || fail "$err"
	done
	until_true all_is_back
}

@test "nothing outlives them: a folder that all may write to, and a layer over it (R11)" {
	mkdir -m 777 /home/carol/all
	chmod 777 /home/carol/all
	carol do --userns nomap -v /home/carol/all:/home/carol/all -- sh -c 'cd /home/carol/all; echo x >new; mkdir d; ls'
	[[ $err == *"Operation not permitted"*"Operation not permitted"* ]] || fail "$err"
	[ -z "$out" ] || fail "$out"
	carol do --userns nomap -v /home/carol/all:/home/carol/all:overlay -- sh -c 'cd /home/carol/all; echo x >new; mkdir d; ls'
	[ "$out" = $'d\nnew' ] || fail "$out$err"
	[ -z "$(ls -A /home/carol/all)" ]
	rmdir /home/carol/all
}

@test "doctor has tried it; layers.subids says it (R11)" {
	carol doctor --json
	[[ $(jq -r '.checks[] | select(.name == "subids") | .state + " " + .cause' <<<"$out") == "degraded "*"systemd-nsresourced lends 65536 for --userns nomap and auto" ]] || fail "$out"
	carol do --userns auto --result fd:1 -- true
	[ "$(jq -r .layers.subids <<<"$out")" = "from systemd-nsresourced" ] || fail "$out$err"
}
