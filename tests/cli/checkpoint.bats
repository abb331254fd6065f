# SPDX-License-Identifier: GPL-2.0-or-later
# checkpoint and restore. Most tests run a criu that only writes down what it is asked
# (fake_criu.c); the last ones need a criu that works on this kernel.
load helpers

FAKE=$(dirname "$PROBE")/fake_criu

is_real_root() { [ "$(id -u)" -eq 0 ] && grep -q 4294967295 /proc/self/uid_map; }

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID I=$BATS_TEST_TMPDIR/images
	umask 022
	bundle
	before=$(leftovers)
	export CRIU_FAKE=$T/fake
	mkdir "$T/fake"
}

need_fake() { is_real_root || skip "criu needs the real root"; }

# fake LINE...: what the fake criu is to do
fake() { printf '%s\n' "$@" >"$T/fake/plan"; }

# asked GLOB: one line of what it was asked is like that; not_asked: none is
asked() {
	local line
	while IFS= read -r line; do
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $line == $1 ]] && return 0
	done <"$T/fake/requests"
	fail "criu was not asked $1" "$(cat "$T/fake/requests")"
}

not_asked() { ! asked "$1" 2>/dev/null || fail "criu was asked $1"; }

running() {
	args /probe pause
	ok run -d -b "$B" "$ID"
	PID=$("$WOLFFIA" state "$ID" | jq .pid)
}

checkpoint() { ok checkpoint --criu "$FAKE" --image-path "$I" "$@" "$ID"; }
restore() { ok restore --criu "$FAKE" --image-path "$I" -b "$B" "$@" "$ID"; }

# A bundle whose ids are its own; what is left of the pool of 65536 is asked for by `left N`.
auto_bundle() {
	cp /etc/subuid "$T/subuid"
	cp /etc/subgid "$T/subgid"
	sed -i /^containers:/d /etc/subuid /etc/subgid
	echo containers:100000:65536 | tee -a /etc/subuid >>/etc/subgid
	config '.linux.namespaces |= map(select(.type != "user")) + [{type: "user"}]' \
		'del(.linux.uidMappings, .linux.gidMappings)' '.annotations["wolffia.userns"] = "auto:size=2000"'
}

left() { no 125 "need 65537 uids, $1 of 65536 are free" run --rootfs "$R" --userns auto:size=65537 -- true; }

record() { jq -c .uids,.gids "/run/wolffia/$1/"{created,running} 2>/dev/null; }

@test "restore: ids that a container had for itself alone are its own again [B54]" {
	need_fake
	auto_bundle
	running
	checkpoint
	[ "$(jq -c .uids,.gids "$I/ids.json")" = '[{"containerID":0,"hostID":163536,"size":2000}]
[{"containerID":0,"hostID":163536,"size":2000}]' ] || fail "$(cat "$I/ids.json")"
	left 65536
	# another one is there first, and has the range above them
	ok run --rootfs "$R" --userns auto:size=1000 --id "$ID-a" --detach -- sleep 60
	no 1 "the container cannot be restored: the uids 163536-165535 that it had are not free" \
		restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID"
	[[ $err == *"hint: another container has them, or they are no longer the caller's: see \`wolffia list\` and /etc/subuid"* ]] ||
		fail "$err"
	ok delete --force "$ID-a"
	left 65536
	restore -d
	[ "$(record "$ID")" = '[{"containerID":0,"hostID":163536,"size":2000}]
[{"containerID":0,"hostID":163536,"size":2000}]' ] || fail "$(record "$ID")"
	left 63536
	# its own ids are in use now
	no 1 "uids 163536-165535 that it had are not free" restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID-b"
	ok delete --force "$ID"
	left 65536
	# what is no longer root's
	sed -i s/^containers:.*/containers:100000:65000/ /etc/subgid
	no 1 "the gids 163536-165535 that it had are not free" restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID"
	cp "$T/subuid" /etc/subuid
	cp "$T/subgid" /etc/subgid
}

@test "restore: ids of its own that the images do not tell are refused, damaged ones named [B54]" {
	need_fake
	mkdir -p "$I"
	echo '[]' >"$I/descriptors.json"
	auto_bundle
	no 1 "the container cannot be restored: --image-path $I does not say which ids it had" \
		restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID"
	[[ $err == *"hint: ids.json"* ]] || fail "$err"
	local text
	for text in '{' '[]' '{"uids": 1}' '{"uids": [{"containerID": 0, "hostID": -1, "size": 5}], "gids": []}'; do
		echo "$text" >"$I/ids.json"
		no 1 "--image-path: ids.json" restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID"
	done
	echo '{"uids": [{"containerID": 0, "hostID": 5, "size": 5}], "gids": [{"containerID": 0, "hostID": 5, "size": 5}]}' >"$I/ids.json"
	no 1 "the uids 5-9 that it had are not free" restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID"
	rm "$I/ids.json"
	mkfifo "$I/ids.json"
	no 1 "ids.json" restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID"
	[ ! -e "$T/fake/requests" ]
	no 1 "does not exist" state "$ID"
	cp "$T/subuid" /etc/subuid
	cp "$T/subgid" /etc/subgid
}

@test "checkpoint: criu is asked for a dump, the container is deleted [B54]" {
	need_fake
	running
	checkpoint
	[ -z "$out$err" ]
	asked version
	asked dump
	asked "pid $PID"
	asked "log_file dump.log"
	asked "manage_cgroups_mode 3"
	asked "notify_scripts 1"
	asked "orphan_pts_master 1"
	asked "freeze_cgroup /sys/fs/cgroup*/$ID"
	not_asked "leave_running*"
	not_asked "success 0"
	no 1 "does not exist" state "$ID"
	[ "$(stat -c %a "$I")" = 700 ]
	[ -f "$I/inventory.img" ]
	jq -e 'length == 3' "$I/descriptors.json"
}

@test "checkpoint --leave-running: it goes on [B55]" {
	need_fake
	running
	checkpoint --leave-running
	asked "leave_running 1"
	[ "$(status_of "$ID")" = running ]
	[ "$("$WOLFFIA" state "$ID" | jq .pid)" = "$PID" ]
}

@test "checkpoint: every option reaches criu [B55] [B56] [B57] [B58] [B59]" {
	need_fake
	running
	mkdir -p "$I" "$T/before"
	checkpoint --work-path "$T/work" --leave-running --tcp-established --ext-unix-sk --shell-job \
		--file-locks --manage-cgroups-mode full --parent-path ../before --tcp-skip-in-flight \
		--link-remap --lazy-pages --page-server 127.0.0.1:27 --empty-ns network --auto-dedup \
		--network-lock skip
	for line in "leave_running 1" "tcp_established 1" "ext_unix_sk 1" "shell_job 1" "file_locks 1" \
		"manage_cgroups_mode 4" "parent_img ../before" "track_mem 1" "tcp_skip_in_flight 1" \
		"link_remap 1" "lazy_pages 1" "ps 127.0.0.1 27" "empty_ns 1073741824" "auto_dedup 1" \
		"network_lock 3"; do
		asked "$line"
	done
	[ -d "$T/work" ]
}

@test "checkpoint --pre-dump: only the memory, and the container goes on [B56]" {
	need_fake
	running
	checkpoint --pre-dump
	asked pre-dump
	asked "track_mem 1"
	[ "$(status_of "$ID")" = running ]
	[ ! -e "$I/descriptors.json" ]
}

@test "checkpoint --status-fd: a byte when the pages are served [B58]" {
	need_fake
	running
	"$WOLFFIA" checkpoint --criu "$FAKE" --image-path "$I" --leave-running --lazy-pages \
		--status-fd 7 "$ID" 7>"$T/byte" 3>&-
	[ "$(stat -c %s "$T/byte")" = 1 ]
	no 1 "--status-fd: descriptor 77 is not open" checkpoint --status-fd 77 "$ID"
}

@test "checkpoint: a paused container stays paused" {
	need_fake
	running
	ok pause "$ID"
	checkpoint --leave-running
	[ "$(status_of "$ID")" = paused ]
	ok resume "$ID"
}

@test "checkpoint: mounts and namespaces from outside are named" {
	need_fake
	echo x >"$T/hosts"
	mkdir "$R/real"
	ln -s real "$R/link"
	mkdir "$T/vol"
	unshare --net sh -c 'echo $$ >"$1"; exec sleep 100' sh "$T/pid" &
	local sleeper=$!
	until_true there "$T/pid"
	config '.mounts += [{destination: "/etc/hosts", type: "bind", source: "'"$T"'/hosts", options: ["bind"]},
		{destination: "/link/vol", type: "bind", source: "'"$T"'/vol", options: ["rbind"]}]' \
		'.linux.namespaces += [{type: "network", path: "/proc/'"$(cat "$T/pid")"'/ns/net"}]' \
		'.linux.maskedPaths = ["/proc/kcore"]'
	running
	checkpoint
	asked "external mnt\[/etc/hosts\]:/etc/hosts"
	asked "external mnt\[/real/vol\]:/link/vol"
	asked "external net\[*\]:extRootNetNS"
	not_asked "external pid*"
	# the mask is the container's own /dev/null
	not_asked "external mnt\[/proc/kcore\]*"
	: >"$T/fake/requests"
	restore -d
	asked "external mnt\[/etc/hosts\]:$T/hosts"
	asked "external mnt\[/link/vol\]:$T/vol"
	asked "external mnt\[/proc/kcore\]:/dev/null"
	asked "inherit_fd extRootNetNS *"
	kill "$sleeper"
}

@test "org.criu.config: the file, or none, or the first in /etc/criu [C16]" {
	need_fake
	config '.annotations = {"org.criu.config": "/my.conf"}'
	running
	checkpoint --leave-running
	asked "config_file /my.conf"
	ok delete -f "$ID"
	rm "$T/fake/requests"
	config '.annotations = {"org.criu.config": ""}'
	running
	checkpoint
	not_asked "config_file*"
	restore -d
	not_asked "config_file*"
}

@test "a failed dump: criu's reason, a remedy, no images; the container goes on" {
	need_fake
	running
	fake "log inet: Connected TCP socket, consider using --tcp-established option."
	no 1 "error: criu: inet: Connected TCP socket, consider using --tcp-established option." \
		checkpoint --criu "$FAKE" --image-path "$I" --work-path "$T/w" "$ID"
	[[ $err == *"hint: --tcp-established takes open connections along; the whole log is $T/w/dump.log"* ]]
	[ "$(status_of "$ID")" = running ]
	[ -z "$(ls -A "$I")" ]
	[ -f "$T/w/dump.log" ]
}

@test "a criu that ends, dies or talks nonsense is an error, and the container goes on" {
	need_fake
	local line
	running
	while IFS='|' read -r line sentence; do
		fake "$line"
		no 1 "$sentence" checkpoint --criu "$FAKE" --image-path "$I" "$ID"
		[ "$(status_of "$ID")" = running ]
		no 1 "does not exist" state other
	done <<-'END'
		early cannot load libnl.so|error: criu: cannot load libnl.so
		die|error: criu ended without an answer (status 9)
		garbage|error: criu sent a message that cannot be understood
		version 31502|error: criu 3.15 is too old: 3.16 or newer is needed
	END
	fake "features 4"
	no 1 "--pre-dump: this kernel cannot track changed memory" \
		checkpoint --criu "$FAKE" --image-path "$I" --pre-dump "$ID"
	fake "features 2"
	no 1 "--lazy-pages: this kernel lacks userfaultfd" \
		checkpoint --criu "$FAKE" --image-path "$I" --lazy-pages "$ID"
	no 1 "error: criu: /nonexistent: No such file or directory" \
		checkpoint --criu /nonexistent --image-path "$I" "$ID"
}

@test "an init that dies before criu has it is never mistaken for another" {
	need_fake
	running
	# the fake asks when all is stopped; by then the init is gone
	cat >"$T/late" <<-END
		#!/bin/sh
		kill -9 $PID
		sleep 0.2
		exec "$FAKE" "\$@"
	END
	chmod 755 "$T/late"
	no 1 "container not running: $ID has stopped" checkpoint --criu "$T/late" --image-path "$I" "$ID"
	asked "success 0"
	[ ! -e "$I/inventory.img" ]
}

@test "what cannot be checkpointed is refused before criu is asked [B54]" {
	need_fake
	no 1 "does not exist" checkpoint --criu "$FAKE" none
	args /probe pause
	ok create -b "$B" "$ID"
	no 1 "container not running: $ID is created" checkpoint --criu "$FAKE" --image-path "$I" "$ID"
	[ ! -e "$I" ]
	ok delete "$ID"
	running
	no 1 "--page-server=x: expected ADDRESS:PORT" checkpoint --page-server x "$ID"
	no 1 "--parent-path=/x: expected a path relative to the image path" \
		checkpoint --parent-path /x "$ID"
	no 1 "--parent-path: gone: it does not exist" \
		checkpoint --criu "$FAKE" --image-path "$I" --parent-path gone "$ID"
	[ ! -e "$T/fake/requests" ]
}

@test "a plain user is told that criu needs root" {
	is_real_root && skip "for a plain user"
	no 1 "checkpoint needs root" checkpoint "$ID"
	no 1 "restore needs root" restore -b "$B" "$ID"
}

@test "restore: criu is asked, a normal container comes of it [B60] [B61]" {
	need_fake
	running
	checkpoint
	: >"$T/fake/requests"
	restore -d --pid-file "$T/pid"
	asked restore
	asked "root $B/rootfs"
	asked "rst_sibling 1"
	asked "log_file restore.log"
	asked "cg_root * /*$ID"
	[ "$(status_of "$ID")" = running ]
	[ "$(cat "$T/pid")" = "$("$WOLFFIA" state "$ID" | jq .pid)" ]
	no 1 "container with given ID already exists" restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID"
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
}

@test "restore: every option reaches criu [B61] [B62] [B63] [B64]" {
	need_fake
	running
	checkpoint
	: >"$T/fake/requests"
	restore -d --work-path "$T/work" --tcp-established --ext-unix-sk --shell-job --file-locks \
		--lsm-profile apparmor:x --lsm-mount-context y --manage-cgroups-mode ignore --tcp-close \
		--network-lock nftables -no-subreaper --no-pivot --empty-ns network --auto-dedup --lazy-pages
	for line in "tcp_established 1" "ext_unix_sk 1" "shell_job 1" "file_locks 1" \
		"lsm_profile apparmor:x" "lsm_mount_context y" "manage_cgroups_mode 0" "tcp_close 1" \
		"network_lock 2" "empty_ns 1073741824" "auto_dedup 1" "lazy_pages 1"; do
		asked "$line"
	done
}

@test "restore: mount points that a fresh root lacks are made" {
	need_fake
	echo x >"$T/hosts"
	config '.mounts += [{destination: "/etc/hosts", type: "bind", source: "'"$T"'/hosts", options: ["bind"]},
		{destination: "/new/dir", type: "bind", source: "'"$T"'", options: ["rbind"]},
		{destination: "/dev/not", type: "tmpfs"}]'
	running
	checkpoint
	rm -rf "$R/etc/hosts" "$R/new" "$R/proc"
	restore -d
	[ -f "$R/etc/hosts" ]
	[ -d "$R/new/dir" ]
	[ -d "$R/proc" ]
	[ ! -e "$R/dev/not" ]
}

@test "restore in the foreground: exact status, nothing left [B61]" {
	need_fake
	running
	checkpoint
	fake "exit 42"
	w restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID"
	[ "$status" -eq 42 ]
	no 1 "does not exist" state "$ID"
}

@test "restore: hooks of the runtime, with the state [B60]" {
	need_fake
	running
	checkpoint
	config '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "cat >'"$T"'/one"]}],
		poststart: [{path: "/bin/sh", args: ["sh", "-c", "cat >'"$T"'/two"]}],
		poststop: [{path: "/bin/sh", args: ["sh", "-c", "cat >'"$T"'/three"]}]}'
	restore -d
	[ "$(jq -r .status "$T/one")" = creating ]
	[ "$(jq -r .status "$T/two")" = running ]
	[ "$(jq .pid "$T/one")" = "$("$WOLFFIA" state "$ID" | jq .pid)" ]
	ok delete -f "$ID"
	[ "$(jq -r .status "$T/three")" = stopped ]
}

@test "restore: a hook that fails undoes everything" {
	need_fake
	running
	checkpoint
	config '.hooks = {createRuntime: [{path: "/bin/false"}]}'
	no 1 "hooks.createRuntime[0]" restore --criu "$FAKE" --image-path "$I" -b "$B" -d "$ID"
	no 1 "does not exist" state "$ID"
}

@test "a failed restore: criu's reason, and nothing is left [B60]" {
	need_fake
	running
	checkpoint
	fake "log mnt: No mapping for 162"
	no 1 "error: criu: mnt: No mapping for 162" \
		restore --criu "$FAKE" --image-path "$I" -b "$B" --pid-file "$T/pid" -d "$ID"
	[[ $err == *"the whole log is $I/restore.log"* ]]
	[ ! -e "$T/pid" ]
	no 1 "does not exist" state "$ID"
	fake "log Can't open file fd/13 on restore: Permission denied"
	no 1 "a file that this one may open, or /dev/null" \
		restore --criu "$FAKE" --image-path "$I" -b "$B" -d "$ID"
	fake die
	no 1 "criu ended without an answer" restore --criu "$FAKE" --image-path "$I" -b "$B" -d "$ID"
	no 1 "--image-path: /nowhere: it does not exist" \
		restore --criu "$FAKE" --image-path /nowhere -b "$B" -d "$ID"
	echo '["a"' >"$I/descriptors.json"
	no 1 "--image-path: descriptors.json:" restore --criu "$FAKE" --image-path "$I" -b "$B" -d "$ID"
	no 1 "does not exist" state "$ID"
}

@test "restore: a signal undoes what was made, and criu ends" {
	need_fake
	local pid status=0
	running
	checkpoint
	fake hang
	"$WOLFFIA" restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID" 2>"$T/err" 3>&- &
	pid=$!
	until_true criu_was_told
	until_true state_is_there
	kill -TERM $pid
	wait $pid || status=$?
	[ "$status" -eq 143 ] || fail "status $status: $(cat "$T/err")"
	grep -q "interrupted by SIGTERM" "$T/err"
	no 1 "does not exist" state "$ID"
	until_true sh -c '! pidof fake_criu'
}

# looked at anew each time
criu_was_told() { tail -n 1 "$T/fake/requests" | grep -q 'success 1'; }

state_is_there() { "$WOLFFIA" state "$ID"; }

@test "restore of what criu cannot put back is refused" {
	need_fake
	mkdir "$I"
	config '.mounts += [{destination: "/data", type: "bind", source: "/tmp", options: ["bind", "idmap"]}]' \
		'.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	no 1 "criu cannot restore an id-mapped mount" restore --criu "$FAKE" --image-path "$I" -b "$B" "$ID"
}

@test "restore: the terminal goes to the console socket [B61]" {
	need_fake
	running
	checkpoint
	config '.process.terminal = true'
	fake master
	no 1 "needs --console-socket" restore --criu "$FAKE" --image-path "$I" -b "$B" -d "$ID"
	no 1 "--console-socket: connect to $T/none" \
		restore --criu "$FAKE" --image-path "$I" -b "$B" -d --console-socket "$T/none" "$ID"
}

# ---- with a criu that works ---------------------------------------------------------------

need_criu() {
	is_real_root || skip "criu needs the real root"
	command -v criu >/dev/null || skip "criu is not installed"
	criu check >/dev/null 2>&1 || skip "this criu does not work on this kernel"
	CRIU=$(command -v criu)
}

counting() {
	# shellcheck disable=SC2016 # the container's shell expands it
	args /bin/sh -c 'n=0; while :; do n=$((n + 1)); echo $n >/dev/n; sleep 0.1; done'
	ok run -d -b "$B" "$ID"
	until_true there "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/root/dev/n"
}

count() { cat "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/root/dev/n"; }

goes_on() { [ "$(count)" -gt "$1" ]; }

@test "criu: a container goes on where it was" {
	need_criu
	local n
	counting
	until_true goes_on 5
	ok checkpoint --criu "$CRIU" --image-path "$I" "$ID"
	no 1 "does not exist" state "$ID"
	ok restore --criu "$CRIU" --image-path "$I" -b "$B" -d "$ID"
	n=$(count)
	[ "$n" -ge 5 ]
	until_true goes_on "$n"
}

@test "criu: ids of its own, the same again" {
	need_criu
	local n map
	auto_bundle
	# shellcheck disable=SC2016 # the container's shell expands it
	args /bin/sh -c 'n=0; while :; do n=$((n + 1)); echo $n >/dev/n; sleep 0.1; done'
	"$WOLFFIA" run -d -b "$B" "$ID" >/dev/null 2>&1 </dev/null 3>&-
	until_true there "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/root/dev/n"
	until_true goes_on 5
	map=$(cat "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/uid_map")
	ok checkpoint --criu "$CRIU" --image-path "$I" "$ID"
	left 65536
	"$WOLFFIA" restore --criu "$CRIU" --image-path "$I" -b "$B" -d "$ID" >/dev/null 2>"$T/err" </dev/null 3>&- ||
		fail "$(cat "$T/err" "$I/restore.log")"
	[ "$(cat "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/uid_map")" = "$map" ]
	left 63536
	n=$(count)
	until_true goes_on "$n"
	cp "$T/subuid" /etc/subuid
	cp "$T/subgid" /etc/subgid
}

@test "criu: streams on the null device, each a file of its own" {
	need_criu
	args /bin/sh -c 'exec 2>/dev/null; n=0; while :; do n=$((n + 1)); echo $n >/dev/n; sleep 0.1; done'
	"$WOLFFIA" run -d -b "$B" "$ID" >/dev/null 2>&1 </dev/null 3>&-
	until_true there "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/root/dev/n"
	ok checkpoint --criu "$CRIU" --image-path "$I" "$ID"
	"$WOLFFIA" restore --criu "$CRIU" --image-path "$I" -b "$B" -d "$ID" >/dev/null 2>"$T/err" 3>&- || fail "$(cat "$T/err")"
	until_true goes_on "$(count)"
}

@test "criu: in the foreground, with the exact status" {
	need_criu
	args /bin/sh -c 'sleep 1; exit 7'
	ok run -d -b "$B" "$ID"
	ok checkpoint --criu "$CRIU" --image-path "$I" "$ID"
	w restore --criu "$CRIU" --image-path "$I" -b "$B" "$ID"
	[ "$status" -eq 7 ] || fail "status $status: $err"
}

@test "criu: what it refuses is quoted, and the container goes on" {
	need_criu
	local server
	ip link set lo up 2>/dev/null || true
	busybox nc -l -p 4711 </dev/zero >/dev/null 3>&- &
	server=$!
	args /bin/sh -c 'echo 1 >/dev/n; sleep 100 | nc 127.0.0.1 4711 >/dev/null'
	ok run -d -b "$B" "$ID"
	sleep 1
	# "Connected TCP socket", or on a kernel without sock_diag that it knows none
	no 1 "error: criu: " checkpoint --criu "$CRIU" --image-path "$I" "$ID"
	[[ ${err,,} == *socket* && $err == *"whole log is $I/dump.log"* ]] || fail "$err"
	kill $server
	[ "$(status_of "$ID")" = running ]
	[ -z "$(find "$I" -name '*.img')" ]
}

@test "criu: pre-dump, then a dump against it" {
	need_criu
	local n
	counting
	until_true goes_on 3
	criu check --feature mem_dirty_track >/dev/null 2>&1 || {
		no 1 "--pre-dump: this kernel cannot track changed memory (CONFIG_MEM_SOFT_DIRTY)" \
			checkpoint --criu "$CRIU" --pre-dump --image-path "$I/1" "$ID"
		until_true goes_on "$(count)"
		skip "this kernel does not tell criu which memory has changed; the refusal was seen"
	}
	mkdir -p "$I/1" "$I/2"
	ok checkpoint --criu "$CRIU" --pre-dump --image-path "$I/1" "$ID"
	[ "$(status_of "$ID")" = running ]
	n=$(count)
	until_true goes_on "$n"
	ok checkpoint --criu "$CRIU" --parent-path ../1 --image-path "$I/2" "$ID"
	[ -L "$I/2/parent" ]
	ok restore --criu "$CRIU" --image-path "$I/2" -b "$B" -d "$ID"
	[ "$(count)" -ge "$n" ]
	until_true goes_on "$(count)"
}

@test "criu: the memory goes to a page server" {
	need_criu
	local n
	ip link set lo up 2>/dev/null || true
	counting
	until_true goes_on 3
	mkdir -p "$I/pages" "$I/rest"
	criu page-server --images-dir "$I/pages" --port 4712 --daemon >/dev/null 2>&1 3>&- || skip "criu's page server does not start here"
	ok checkpoint --criu "$CRIU" --page-server 127.0.0.1:4712 --image-path "$I/rest" "$ID"
	[ -n "$(find "$I/pages" -name 'pages-*.img' -size +0)" ]
	[ -z "$(find "$I/rest" -name 'pages-*.img' -size +0)" ]
	cp "$I/pages"/*.img "$I/rest"
	ok restore --criu "$CRIU" --image-path "$I/rest" -b "$B" -d "$ID"
	n=$(count)
	[ "$n" -ge 3 ]
	until_true goes_on "$n"
}

# criu wants pipes of 2 MB, which only CAP_SYS_RESOURCE allows, and gives up without a word
# ("splice: Bad file descriptor", criu 4.2): where we lack it, those of 1 MB have to do.
small_pipes() {
	local have
	have=$(sed -n 's/^CapEff:[ \t]*//p' /proc/self/status)
	(((16#$have >> 24) & 1)) && return 0
	command -v cc >/dev/null || skip "no CAP_SYS_RESOURCE for criu's pipes, and no cc"
	cat >"$T/pipes.c" <<-'END'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <fcntl.h>
		#include <stdarg.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int fcntl64(int fd, int cmd, ...)
		{
			va_list a;
			long x, r;
			va_start(a, cmd); x = va_arg(a, long); va_end(a);
			r = syscall(SYS_fcntl, fd, cmd, x);
			if (r < 0 && errno == EPERM && cmd == F_SETPIPE_SZ)
				r = syscall(SYS_fcntl, fd, cmd, 1 << 20);
			return (int)r;
		}
	END
	cc -shared -fPIC -D_FILE_OFFSET_BITS=64 -Dfcntl64=fcntl64 -o "$T/pipes.so" "$T/pipes.c"
	printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$T/pipes.so" "$CRIU" >"$T/criu"
	chmod +x "$T/criu"
	CRIU=$T/criu
}

@test "criu: the memory follows when it is asked for (lazy pages) [B58 B64]" {
	need_criu
	local n dump lazy old
	criu check --feature uffd-noncoop >/dev/null 2>&1 || skip "this kernel does not tell criu of missing pages (userfaultfd)"
	small_pipes
	ip link set lo up 2>/dev/null || true
	counting
	until_true goes_on 3
	mkdir -p "$I" "$T/work"
	mkfifo "$T/status"
	exec 7<>"$T/status"
	"$WOLFFIA" checkpoint --criu "$CRIU" --lazy-pages --page-server 127.0.0.1:4713 --status-fd 7 \
		--image-path "$I" --work-path "$T/work" "$ID" >"$T/dump.out" 2>&1 3>&- &
	dump=$!
	# a byte: what is left of the memory is served now
	LC_ALL=C IFS= read -r -d '' -n 1 -t 20 -u 7 || fail "no byte on --status-fd: $(cat "$T/dump.out")"
	exec 7>&-
	[ -d "/proc/$dump" ]
	old=$ID ID=$ID-2
	"$CRIU" lazy-pages --page-server --address 127.0.0.1 --port 4713 --images-dir "$I" --work-dir "$T/work" >"$T/lazy.out" 2>&1 3>&- &
	lazy=$!
	until_true test -S "$T/work/lazy-pages.socket"
	ok restore --criu "$CRIU" --lazy-pages --image-path "$I" --work-path "$T/work" -b "$B" -d "$ID"
	n=$(count)
	[ "$n" -ge 3 ]
	until_true goes_on "$n"
	wait "$dump" || fail "$(cat "$T/dump.out")"
	wait "$lazy" || fail "$(cat "$T/lazy.out")"
	no 1 "does not exist" state "$old"
	until_true goes_on "$(count)"
}
