# SPDX-License-Identifier: GPL-2.0-or-later
# Ids that no other container has: --userns auto, the annotation wolffia.userns, and `gc`, which
# gives back what killed commands hold. As root and as a plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	if [ "$(id -u)" -eq 0 ]; then
		grep -q ^containers /etc/subuid || echo containers:100000:65536 >>/etc/subuid
		grep -q ^containers /etc/subgid || echo containers:100000:65536 >>/etc/subgid
	else
		[ -u /usr/bin/newuidmap ] || skip "newuidmap is not installed"
	fi
	config '.linux.namespaces |= map(select(.type != "user")) + [{type: "user"}]
		| del(.linux.uidMappings, .linux.gidMappings)'
	before=$(leftovers)
}

d() { w run --rootfs "$R" "$@"; }

# mode WORD: what the bundle says about its ids
mode() { config ".annotations[\"wolffia.userns\"] = \"$1\""; }

# map_of WORD...: the map of a container that direct use makes
map_of() {
	d "$@" -- sh -c 'cat /proc/self/uid_map | tr -s " "'
	[ "$status" -eq 0 ] || fail "$err"
	echo "$out" | sed 's/^ *//'
}

@test "auto: from the top of the pool downwards, both kinds of ids" {
	[ "$(map_of --userns auto:size=2000)" = "0 163536 2000" ]
	d --userns auto:size=2000 -- cat /proc/self/gid_map
	[ "$(tr -s ' ' <<<"$out")" = " 0 163536 2000" ]
	[ "$(map_of --userns auto:size=65536)" = "0 100000 65536" ]
	# a pool of one whole range is shared by those who do not say how much they need
	[ "$(map_of --userns auto)" = "0 164512 1024" ]
	echo 'big:x:5000:7000:::' >>"$R/etc/passwd"
	[ "$(map_of --userns auto)" = "0 160535 5001" ]
	[ "$(map_of --userns auto --user 6000:9000)" = "0 156535 9001" ]
}

@test "--uidmap and --gidmap are rows of map= (R9)" {
	local own
	own=$(id -u)
	[ "$(map_of --uidmap 0:100000:10 --uidmap "10:$own:1")" = $'0 100000 10\n10 '"$own 1" ] || fail "$out $err"
	d --uidmap "0:$own:1" --gidmap 0:100000:7 -- cat /proc/self/gid_map
	[ "$(tr -s ' ' <<<"$out")" = " 0 100000 7" ] || fail "$out $err"
	# one kind alone: the other has the same
	d --gidmap 0:100000:7 -- cat /proc/self/uid_map
	[ "$(tr -s ' ' <<<"$out")" = " 0 100000 7" ] || fail "$out $err"
	d --uidmap 0:100000:5000 --double-rootless -- id -u
	[ "$out" = 1001 ] || fail "$out $err"
}

@test "auto: root inside is nobody's id outside, and may not touch the caller's" {
	touch "$T/mine"
	d --userns auto -v "$T:/work" -- sh -c 'id -u; echo x >/work/mine || echo refused'
	[[ $out == $'0\nrefused' ]] || fail "$out $err"
	[ ! -s "$T/mine" ]
}

@test "auto: what cannot be had is refused with the numbers" {
	no 125 "--userns: need 65537 uids, 65536 of 65536 are free (largest piece 65536)" \
		run --rootfs "$R" --userns auto:size=65537 -- true
	[[ $err == *"hint: auto:size=N asks for fewer; \`wolffia gc --all\` gives back what stopped containers hold" ]] || fail "$err"
	no 125 "auto:size=0: expected single, shared, keep-id" run --rootfs "$R" --userns auto:size=0 -- true
	no 125 "--user 3000:3000: these ids do not exist" \
		run --rootfs "$R" --userns auto:size=3000 --user 3000 -- true
	[[ $err == *"hint: --userns auto:size=3001, or more" ]] || fail "$err"
	d --userns map=0:100000:10 --user 11 -- true
	[[ $status$err == "125error: --user 11:11: these ids do not exist in the container"*"hint: one more row of --userns map="* ]] || fail "$err"
	d --userns nomap --user 3000000 -- true
	[[ $status$err == "125error: --user 3000000:3000000: these ids do not exist in the container"*"hint: more subordinate ids in /etc/subuid and /etc/subgid; or --userns single"* ]] || fail "$err"
}

@test "nomap and auto of root are what the user containers has; without a line the cure is said" {
	[ "$(id -u)" -eq 0 ] || skip "for root"
	[ "$(map_of --userns nomap)" = "0 100000 65536" ]
	cp /etc/subuid "$T/subuid"
	sed -i /^containers:/d /etc/subuid
	local mode
	for mode in auto nomap auto:size=5; do
		w run --rootfs "$R" --userns "$mode" -- true
		[ "$status" -eq 125 ] && [ "$err" = "error: --userns: /etc/subuid has no line for containers
  hint: echo containers:2147483647:2147483648 >>/etc/subuid gives root's containers the upper half of all ids" ] ||
			{ cp "$T/subuid" /etc/subuid; fail "$mode: $status $err"; }
	done
	cp "$T/subuid" /etc/subuid
}

@test "auto: twenty at the same time have nothing in common (R10)" {
	local i pids=() n
	mkfifo "$T/go"
	for ((i = 0; i < 20; i++)); do
		"$WOLFFIA" run --rootfs "$R" --userns auto:size=2000 -- \
			sh -c 'cat /proc/self/uid_map; read x || true' <"$T/go" >"$T/map.$i" 2>"$T/err.$i" 3>&- &
		pids+=($!)
	done
	exec 9>"$T/go"
	until_true sh -c "test \"\$(cat '$T'/map.* | wc -l)\" -eq 20" || fail "$(cat "$T"/err.*)"
	[ "$("$WOLFFIA" list -q | wc -l)" -eq 20 ]
	# each two are at least their size apart
	n=$(cat "$T"/map.* | awk '{ print $2 }' | sort -n | awk 'NR > 1 && $1 - last < 2000 { n++ } { last = $1 } END { print n + 0 }')
	[ "$n" -eq 0 ] || fail "$(cat "$T"/map.*)"
	no 125 "need 30000 uids, 25536 of 65536 are free" run --rootfs "$R" --userns auto:size=30000 -- true
	exec 9>&-
	for i in "${pids[@]}"; do wait "$i" || fail "$(cat "$T"/err.*)"; done
	[ "$(map_of --userns auto:size=65536)" = "0 100000 65536" ]
}

@test "auto: ids of strangers who live are left to them (rootless Podman's containers)" {
	[ "$(id -u)" -eq 0 ] || skip "only root can write the map of a stranger"
	mkfifo "$T/go"
	unshare --user sh -c 'read x' <"$T/go" >"$T/out" 2>&1 3>&- &
	local pid=$!
	exec 9>"$T/go"
	until_true sh -c "echo 0 100000 1024 >/proc/$pid/uid_map"
	no 125 "need 65536 uids, 64512 of 65536 are free" run --rootfs "$R" --userns auto:size=65536 -- true
	[ "$(map_of --userns auto:size=64512)" = "0 101024 64512" ]
	exec 9>&-
	wait "$pid" || true
}

# The lock is held while a range is chosen; whoever comes waits for ten seconds.
@test "auto: the lock of somebody who was stopped: the directory, who it is and the cure (R10)" {
	[ "$(id -u)" -ne 0 ] || skip "as a plain user: it takes ten seconds"
	local root=/run/user/1000/wolffia holder
	ok list -q
	mkdir -p -m 700 $root
	flock --no-fork $root sh -c 'echo here; exec sleep 1000' >"$T/o" 3>&- &
	holder=$!
	until_true grep -q here "$T/o"
	kill -STOP $holder
	no 125 "--userns: the state root $root is locked by another command, for more than 10000 ms" \
		run --rootfs "$R" --userns auto:size=2000 -- true
	[[ $err == *$'\n'"  hint: process $holder holds it: \`kill -CONT $holder\` if it was stopped, else \`kill $holder\`" ]] ||
		[[ $err == *"hint: \`fuser $root\` names it"* ]] || fail "$err"
	[ "$(map_of --userns nomap)" = "0 100000 65536" ]
	kill -KILL $holder
	wait $holder || true
	[ "$(map_of --userns auto:size=2000)" = "0 163536 2000" ]
}

@test "auto: a stopped container keeps its ids until it is deleted" {
	mode auto:size=60000
	args /bin/true
	ok create -b "$B" "$ID"
	ok start "$ID"
	until_true stopped "$ID"
	no 125 "5536 of 65536 are free" run --rootfs "$R" --userns auto:size=6000 -- true
	[[ $err == *"\`wolffia gc --all\` gives back what stopped containers hold"* ]] || fail "$err"
	ok gc
	[ -z "$out" ]
	ok gc --all
	[ "$out" = "removed $ID (stopped)" ]
	[ "$(map_of --userns auto:size=65536)" = "0 100000 65536" ]
}

@test "auto: a create that was killed holds nothing; gc removes the rest" {
	local pid
	mode auto:size=60000
	args /bin/true
	config ".hooks.createRuntime = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"touch '$T/hook'; exec sleep 60\"]}]"
	"$WOLFFIA" create -b "$B" "$ID" 3>&- >/dev/null 2>&1 &
	pid=$!
	until_true test -e "$T/hook"
	no 125 "5536 of 65536 are free" run --rootfs "$R" --userns auto:size=6000 -- true
	ok gc
	[ -z "$out" ] || fail "a create at work: $out"
	kill -9 "$pid"
	wait "$pid" || true
	pkill -P 1 -f 'sleep 60' || true
	until_true sh -c "'$WOLFFIA' run --rootfs '$R' --userns auto:size=65536 -- true"
	ok gc --dry-run
	[ "$out" = "would remove $ID (half made)" ] || fail "$out"
	[ "$(status_of "$ID")" = stopped ]
	ok gc --json
	[ "$out" = "[{\"id\":\"$ID\",\"reason\":\"half made\",\"removed\":true}]" ] || fail "$out"
	no 1 "does not exist" state "$ID"
}

@test "gc: a run whose command was killed, once its program has ended; not before" {
	args /bin/sleep 30
	mode single
	"$WOLFFIA" run -b "$B" "$ID" 3>&- >/dev/null 2>&1 &
	local pid=$!
	until_true sh -c "'$WOLFFIA' state '$ID' | grep -q running"
	kill -9 "$pid"
	wait "$pid" || true
	ok gc --all
	[ -z "$out" ] || fail "it lives: $out"
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok gc
	[ "$out" = "removed $ID (its command is gone)" ]
	ok gc
	[ -z "$out" ]
}

@test "gc: a damaged record is left to delete --force" {
	local state=/run/wolffia
	[ "$(id -u)" -eq 0 ] || state=/run/user/1000/wolffia
	args /bin/true
	mode single
	ok --cgroup-manager=disabled create -b "$B" "$ID"
	ok kill "$ID" KILL
	until_true stopped "$ID"
	echo '{' >"$state/$ID/created"
	rm "$state/$ID/spare"
	ok gc --all
	[ -z "$out" ] || fail "$out"
	ok delete --force "$ID"
}

@test "single: one own id needs no helper program (R50)" {
	command -v strace >/dev/null || skip "no strace here"
	strace -f -qq -e trace=execve,execveat -e signal=none -o "$T/trace" \
		"$WOLFFIA" run --rootfs "$R" --userns single -- /bin/true
	# the runtime itself and the program; the stage in a memfd is an execveat
	[ "$(grep -c ' execve(' "$T/trace")" -eq 2 ] || fail "$(cat "$T/trace")"
}

@test "userns by annotation: every mode, and exec (R9)" {
	local own gid
	own=$(id -u) gid=$(id -g)
	mode auto:size=1500
	probe
	is uid_map "0 164036 1500"
	is gid_map "0 164036 1500"
	is uid 0:0:0
	mode single
	probe
	is uid_map "0 $own 1"
	is gid_map "0 $gid 1"
	mode nomap
	probe
	is uid_map "0 100000 65536"
	mode map=0:$own:1
	probe
	is uid_map "0 $own 1"
	if [ "$own" -ne 0 ]; then
		mode shared
		probe
		is uid_map "0 $own 1,1 100000 65536"
		mode keep-id
		probe
		is uid_map "0 100000 1000,1000 1000 1,1001 101000 64536"
		mode keep-id:uid=5,gid=7,size=100
		probe
		is uid_map "0 100000 5,5 1000 1,6 100005 94"
		is gid_map "0 100000 7,7 1000 1,8 100007 92"
		mode map=0:100000:10,10:1000:1/0:1000:1,1:100000:5
		probe
		is uid_map "0 100000 10,10 1000 1"
		is gid_map "0 1000 1,1 100000 5"
	else
		# all other ids stand for themselves
		mode shared
		probe
		is uid_map "0 0 1,1 1 65535"
		mode keep-id:uid=5,gid=7,size=100
		probe
		is uid_map "0 1 5,5 0 1,6 6 94"
		is gid_map "0 1 7,7 0 1,8 8 92"
		mode map=0:7:1/0:8:1
		probe
		is uid_map "0 7 1"
		is gid_map "0 8 1"
	fi
	mode auto:size=1500
	args /bin/sleep 30
	ok create -b "$B" "$ID"
	ok start "$ID"
	ok exec "$ID" sh -c 'id -u; grep -c "164036 *1500" /proc/self/uid_map'
	[ "$out" = $'0\n1' ] || fail "$out"
	ok exec -u 7:8 "$ID" sh -c 'id -u; id -g'
	[ "$out" = $'7\n8' ]
	ok delete --force "$ID"
}

@test "spec --userns: a plain user's container has the ids of each mode (R9)" {
	[ "$(id -u)" -ne 0 ] || skip "root: cli.bats"
	local mode
	mkdir "$T/spec"
	mv "$R" "$T/spec/rootfs"
	chmod 755 "$T" "$T/spec" "$T/spec/rootfs"
	for mode in "single 0 1000 1" "shared 0 1000 1,1 100000 65536" "nomap 0 100000 65536" \
		"keep-id 0 100000 1000,1000 1000 1,1001 101000 64536" "auto:size=2000 0 163536 2000"; do
		rm -f "$T/spec/config.json"
		ok spec --rootless --userns "${mode%% *}" -b "$T/spec"
		jq '.process.terminal = false | .process.args = ["/probe"]' "$T/spec/config.json" >"$T/c"
		mv "$T/c" "$T/spec/config.json"
		ok run -b "$T/spec" "$ID"
		read_facts "$T/out"
		is uid_map "${mode#* }"
		is gid_map "${mode#* }"
	done
	mv "$T/spec/rootfs" "$R"
}

@test "userns by annotation: what cannot be meant is refused" {
	config '.annotations["wolffia.userns"] = "auto"'
	cp "$B/config.json" /tmp/template/config.json.ids
	local line filter sentence
	while IFS= read -r line; do
		filter=${line%% => *} sentence=${line#* => }
		cp /tmp/template/config.json.ids "$B/config.json"
		config "$filter"
		refused "$sentence"
		case $sentence in
		*"has a new user namespace") [[ $err == *"hint: leave {\"type\": \"user\"} out, or this annotation" ]] || fail "$err" ;;
		*"needs a new user namespace") [[ $err == *"hint: add {\"type\": \"user\"} to linux.namespaces"* ]] || fail "$err" ;;
		*"say something else") [[ $err == *"hint: leave them out, or this annotation" ]] || fail "$err" ;;
		esac
	done <<-'END'
		.annotations["wolffia.userns"] = "auto:size=0" => auto:size=0: expected single, shared
		.annotations["wolffia.userns"] = "private" => private: expected single, shared
		.annotations["wolffia.userns"] = "" => annotations.wolffia.userns: nothing: expected single, shared
		.annotations["wolffia.userns"] = "map=1:2" => map: 1:2: expected map=CONTAINER:HOST:COUNT[,...]
		.annotations["wolffia.userns"] = "map=0:1000:2,1:100000:1" => map: 1:100000:1 overlaps 0:1000:2
		.annotations["wolffia.userns"] = "host" => annotations.wolffia.userns: host: linux.namespaces has a new user namespace
		.linux.namespaces |= map(select(.type != "user")) => annotations.wolffia.userns: needs a new user namespace
		.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .linux.gidMappings = .linux.uidMappings => linux.uidMappings and linux.gidMappings say something else
		.process.user.uid = 70000 | .annotations["wolffia.userns"] = "auto:size=2000" => process.user.uid: 70000 is not mapped
	END
	rm /tmp/template/config.json.ids
}

@test "auto: SIGKILL of the runtime at any moment: the ids are free again (R40)" {
	local i pid
	for i in 1 2 3 4 5 6 8 10 12 15 18 21 25 30 40 60; do
		"$WOLFFIA" do --userns auto:size=60000 -- sleep 30 3>&- >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$(printf %02d $i)"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		until_true sh -c 'test -z "$("$WOLFFIA" list -q)"'
	done
	until_true "$WOLFFIA" do --userns auto:size=65536 -- true
}

@test "a hundred random SIGKILLs of every kind of direct use: nothing is left (R40)" {
	local i kinds
	[ "$(id -u)" -eq 0 ] || [ -u /usr/bin/newuidmap ] || skip "newuidmap is not installed"
	mkdir "$T/tmp"
	kinds=("do" "do --userns auto:size=3000" "run --rootfs $R" "run --rootfs $R --double-rootless"
		"run --rootfs $R --overlay disk" "run --rootfs $R -v $T:/work:overlay --init" "do --userns shared")
	for ((i = 0; i < ${KILLS:-100}; i++)); do
		# shellcheck disable=SC2086 # options
		TMPDIR=$T/tmp "$WOLFFIA" ${kinds[i % ${#kinds[@]}]} -- sleep 30 3>&- >/dev/null 2>&1 &
		sleep "0.0$(printf %03d $((RANDOM % 700)))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
	done
	# teardown() compares processes, mounts, cgroups and states
	until_true sh -c 'test -z "$("$WOLFFIA" list -q)"'
	until_true sh -c "test -z \"\$(find '$T/tmp' -mindepth 1)\"" || fail "$(find "$T/tmp")"
	[ -z "$(find /var/tmp -maxdepth 1 -name 'wolffia-*')" ]
	ok gc --all
	[ -z "$out" ] || fail "$out"
}
