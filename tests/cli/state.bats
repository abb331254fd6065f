# SPDX-License-Identifier: GPL-2.0-or-later
# state, list, the state directory and what happens when it is damaged.
load helpers

created() {
	args /probe pause
	ok create -b "$B" "$ID"
}

state_dir() {
	if [ "$(id -u)" -eq 0 ]; then echo "/run/wolffia/$ID"; else echo "$XDG_RUNTIME_DIR/wolffia/$ID"; fi
}

@test "state: the members of the specification [S158 S161 S177 A15 B28 B80]" {
	config '.annotations = {"a.b": "c"}'
	created
	ok state "$ID"
	jq -e --arg id "$ID" --arg b "$B" '.ociVersion == "1.3.0" and .id == $id and .status == "created"
		and .pid > 1 and .bundle == $b and .annotations == {"a.b": "c"} and .rootfs == ($b + "/rootfs")
		and (.created | test("^20..-..-..T..:..:..")) and has("owner")' <<<"$out"
	ok start "$ID"
	ok state "$ID"
	[ "$(jq -r .status <<<"$out")" = running ]
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok state "$ID"
	jq -e '.pid == 0 or (has("pid") | not)' <<<"$out"
	no 1 "does not exist" state nowhere
	w state
	[ "$status" -ne 0 ]
}

@test "bundle is absolute also when given relative [S158]" {
	args /probe pause
	( cd "$T" && "$WOLFFIA" create -b bundle "$ID" 3>&- )
	[ "$("$WOLFFIA" state "$ID" | jq -r .bundle)" = "$B" ]
}

@test "list: table, quiet, json [B49 B86]" {
	ok list
	[[ $out == ID*PID*STATUS*BUNDLE*CREATED*OWNER* ]] || [[ $out == NAME*PID*STATUS* ]]
	[ "$(wc -l <<<"$out")" -eq 1 ]
	ok list -q
	[ -z "$out" ]
	ok list --format json
	[ "$(jq -c 'if . == null then [] else . end' <<<"$out")" = '[]' ]
	created
	ok list
	[[ $out == *"$ID"*created*"$B"* ]]
	ok list --quiet
	[ "$out" = "$ID" ]
	ok list --format=json
	jq -e --arg id "$ID" '.[0] | .id == $id and .status == "created" and .pid > 1 and has("bundle") and has("created") and has("owner")' <<<"$out"
	ok --root "$T/nowhere" list
	no 1 "bogus" list --format bogus
}

@test "--root: elsewhere, relative, refused for / [B1]" {
	args /probe pause
	ok --root "$T/root" create -b "$B" "$ID"
	no 1 "does not exist" state "$ID"
	ok --root "$T/root" state "$ID"
	[ "$(stat -c %a "$T/root")" = 700 ]
	( cd "$T" && "$WOLFFIA" --root root state "$ID" 3>&- )
	ok --root="$T/root" delete --force "$ID"
	no 1 "/" --root / list
	no 1 "$B/config.json" --root "$B/config.json" create -b "$B" "$ID"
}

@test "the state directory is for its owner alone and gone after delete" {
	created
	[ "$(stat -c %a "$(dirname "$(state_dir)")")" = 700 ]
	[ "$(stat -c %a "$(state_dir)")" = 700 ]
	ok delete --force "$ID"
	[ ! -e "$(state_dir)" ]
}

# ended PID: gone, or waits to be reaped
ended() { [[ $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) =~ ^Z?$ ]]; }

# damage COMMAND...: runs it in the state directory of a container; delete --force must then
# take away the process, the cgroup and the state, and the id must be usable again
damage() {
	local pid
	created
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	( cd "$(state_dir)" && eval "$1" ) || true
	w state "$ID"
	[ "$status" -le 1 ] || fail "$1: state ended with $status: $err"
	w list
	[ "$status" -le 1 ] || fail "$1: list ended with $status: $err"
	w kill "$ID" KILL
	[ "$status" -le 1 ] || fail "$1: kill ended with $status: $err"
	ok delete --force "$ID"
	until_true ended "$pid" || fail "$1: the process is left"
	[ ! -e "$(state_dir)" ] || fail "$1: the state is left"
	ok create -b "$B" "$ID"
	ok delete --force "$ID"
}

@test "a damaged state record: delete --force takes all away [S174]" {
	damage ': >"$(ls -S | head -1)"'
	damage 'for f in *; do [ -f "$f" ] && : >"$f"; done'
	damage 'for f in *; do [ -f "$f" ] && echo "{}" >"$f"; done'
	damage 'for f in *; do [ -f "$f" ] && echo null >"$f"; done'
	damage 'for f in *; do [ -f "$f" ] && echo garbage >"$f"; done'
	damage 'for f in *; do [ -f "$f" ] && truncate -s 40 "$f"; done'
	damage 'for f in *; do [ -f "$f" ] && head -c 100000 /dev/urandom >"$f"; done'
	damage 'for f in *; do [ -f "$f" ] && { rm "$f"; mkfifo "$f"; }; done'
	damage 'for f in *; do [ -f "$f" ] && { rm "$f"; ln -s /dev/zero "$f"; }; done'
}

# no_cgroup: removes the container's, wherever it is
no_cgroup() {
	find /sys/fs/cgroup -mindepth 1 -depth -type d -name "$ID" -exec rmdir {} + 2>/dev/null
	[ -z "$(find /sys/fs/cgroup -mindepth 1 -type d -name "$ID")" ]
}

@test "a state directory that was emptied: delete --force takes it away" {
	local pid
	created
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	find "$(state_dir)" -mindepth 1 -delete
	no 1 "container not running" kill "$ID" KILL
	ok delete --force "$ID"
	[ ! -e "$(state_dir)" ]
	# nothing says any more which process or cgroup it had
	kill -9 "$pid" 2>/dev/null || true
	until_true ended "$pid"
	until_true no_cgroup
}

@test "a record that names another process: that one is left alone" {
	local f pid other
	created
	sleep 1000 3>&- &
	other=$!
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	for f in "$(state_dir)"/*; do
		[ ! -f "$f" ] || sed -i "s/\"pid\": *$pid\b/\"pid\":$other/" "$f"
	done
	# it is known by more than its number: the right one, or none
	w exec "$ID" /bin/sh -c 'readlink /proc/1/exe'
	[[ $status$err == 255*"container not running"* || $status$err == 255*"in a stopped container"* || $status$out == 0/* ]] || fail "exec: $status $out $err"
	w kill "$ID" KILL
	[[ $status$err == 0 ]] && until_true ended "$pid" || [[ $status$err == "1error: container not running"* ]] || fail "kill: $status $err"
	w delete --force "$ID"
	[ "$status" -eq 0 ] || fail "$err"
	kill -0 $other
	kill -9 "$pid" 2>/dev/null || true
	kill $other
	[ ! -e "$(state_dir)" ] || rm -rf "$(state_dir)"
	find /sys/fs/cgroup -mindepth 1 -type d -name "*$ID*" -exec rmdir {} + 2>/dev/null || true
}

@test "a recycled pid is not the container" {
	need_root
	[ -w /proc/sys/kernel/ns_last_pid ] || skip "no ns_last_pid"
	local pid i decoy
	created
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	kill -9 "$pid"
	until_true stopped "$ID"
	for ((i = 0; i < 20; i++)); do
		echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
		sleep 1000 3>&- &
		decoy=$!
		[ $decoy -eq "$pid" ] && break
		kill $decoy
	done
	[ "$decoy" -eq "$pid" ] || skip "the pid could not be recycled"
	[ "$(status_of "$ID")" = stopped ]
	no 1 "error: container not running: $ID is stopped" kill "$ID" KILL
	no 255 "error: cannot exec in a stopped container: $ID is stopped" exec "$ID" /bin/true
	no 1 "error: container not running: $ID is stopped" pause "$ID"
	ok delete --force "$ID"
	kill -0 $decoy
	kill $decoy
}

@test "a foreign file or directory in the state root does not disturb" {
	local root
	root=$(dirname "$(state_dir)")
	created
	mkdir "$root/strange" "$root/.dot"
	touch "$root/file"
	ok list
	[[ $out == *"$ID"* ]]
	ok state "$ID"
	rm "$root/file"
	rmdir "$root/.dot"
	w delete --force strange
	rm -rf "$root/strange"
}

@test "a umask that closes files to who makes them (0777): ours can be used, the program has it" {
	local words
	printf '#!/bin/sh\numask 0777\nexec "%s" "$@"\n' "$WOLFFIA" >"$T/closed"
	chmod 755 "$T/closed"
	# a state root that was not there, with the directories above it
	args /bin/sh -c umask
	WOLFFIA=$T/closed ok --root "$T/new/state" run -b "$B" "$ID"
	[ "$out" = 0777 ] || fail "$out"
	WOLFFIA=$T/closed ok --root "$T/new/state" create -b "$B" "$ID"
	w --root "$T/new/state" state "$ID"
	[ "$(jq -r .status <<<"$out")" = created ] || fail "$status $err"
	WOLFFIA=$T/closed ok --root "$T/new/state" start "$ID"
	until_true eval '[ "$("$WOLFFIA" --root "$T/new/state" state "$ID" | jq -r .status)" = stopped ]'
	ok --root "$T/new/state" delete "$ID"
	# direct use
	export TMPDIR=$T/new
	chmod 755 "$T" "$B"
	w doctor --json
	for words in "" "--overlay disk" "$(jq -r '.checks[] | select(.name == "landlock" and .state == "ok") | "--sandbox=landlock-only"' <<<"$out")"; do
		# shellcheck disable=SC2086 # options
		WOLFFIA=$T/closed w --log-level error do $words -- sh -c umask
		[ "$status$out$err" = 00777 ] || fail "$words: $status $out $err"
	done
	[ "$(ls -A "$T/new")" = state ] && [ -z "$(ls -A "$T/new/state")" ] || fail "$(ls -AR "$T/new")"
}
