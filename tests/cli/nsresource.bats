# SPDX-License-Identifier: GPL-2.0-or-later
# Ids from systemd-nsresourced (R11), of which tests/cli/lender.c is the stand-in: root listens, and
# runs wolffia as uid 1000 ("tester"), who has no subordinate ids. The real one: systemd-ids.bats.
# shellcheck disable=SC2154 # $status, $out, $err
load helpers

SOCKET=/run/systemd/io.systemd.NamespaceResource
FIRST=1878982656 MAP="0 1878982656 65536"

setup() {
	[ -e /.wolffia-arena ] && [ "$(</.wolffia-arena)" != machine ] || skip "only in the arena"
	[ "$(id -u)" -eq 0 ] && grep -q 4294967295 /proc/self/uid_map || skip "listens as root"
	grep -q '^tester:' /etc/passwd || echo 'tester:x:1000:1000::/:/bin/sh' >>/etc/passwd
	grep -q '^tester:' /etc/group || echo 'tester:x:1000:' >>/etc/group
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	before=$(leftovers)
	mkdir -p "$T/state" "$T/mine" /run/systemd
	chown 1000:1000 "$T/state" "$T/mine"
	chmod 755 "$T" "$B"
	local d=$T
	while [ "$d" != / ]; do chmod o+x "$d"; d=$(dirname "$d"); done
	for d in subuid subgid; do
		cp /etc/$d "$T/$d.old" 2>/dev/null || : >"$T/$d.old"
		: >/etc/$d
	done
	server=
}

teardown() {
	local f
	[ -n "${before-}" ] || return 0 # setup() has skipped the test
	[ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
	rm -rf $SOCKET
	for f in subuid subgid; do cp "$T/$f.old" /etc/$f; done
	umount /usr/bin/newuidmap 2>/dev/null || true
	[ -z "$(find "$T/state" -mindepth 1 -maxdepth 1 -type d)" ] || { find "$T/state" >&2; return 1; }
	calm
}

# served HOW [ARGUMENT]...: from now on that is what listens; what it is asked is in $T/asked
served() {
	local who=()
	[ -z "$server" ] || { kill "$server" && wait "$server"; } || true
	[ -z "${BY-}" ] || who=(setpriv --reuid "$BY" --clear-groups)
	: >"$T/asked"
	chmod 777 "$T/asked" /run/systemd
	"${who[@]}" "${PROBE%/*}/lender" $SOCKET "$@" >>"$T/asked" 2>&1 3>&- &
	server=$!
	until_true grep -q ready "$T/asked"
	chmod 755 /run/systemd
}

# u ARGUMENT...: wolffia as uid 1000
u() {
	status=0
	(cd "$T/mine" && exec timeout --foreground 60 setpriv --reuid 1000 --regid 1000 --clear-groups \
		"$WOLFFIA" --root "$T/state" "$@") >"$T/out" 2>"$T/err" 3>&- || status=$?
	out=$(<"$T/out") err=$(<"$T/err")
}

# run_u MODE...: `true` with it, and what was told of it at level info
run_u() { u --log-level info run --rootfs "$R" --userns "$@" -- true; }

# refused_u SENTENCE [HINT]: nomap is refused with it, and nothing else is taken instead
refused_u() {
	u run --rootfs "$R" --userns nomap -- true
	[ "$status" -eq 125 ] || fail "ended with $status: $err"
	[[ $err == *"error: --userns: $1"* ]] || fail "it does not say" "  $1" "but" "  $err"
	[[ $err == *"hint: "*"${2-}"* ]] || fail "it does not hint at ${2-anything}: $err"
}

# asked N: so many questions were put, each with one namespace, each with a name of its own
asked() {
	local n
	n=$(grep -c '"method":"io.systemd.NamespaceResource.AllocateUserRange".* with 1$' "$T/asked") || true
	[ "$n" -eq "$1" ] || fail "asked $n times, not $1:" "$(<"$T/asked")"
	[ "$(grep -o '"name":"[a-z0-9]*"' "$T/asked" | sort -u | wc -l)" -eq "$1" ] || fail "$(<"$T/asked")"
}

@test "nomap, auto and --double-rootless have ids from systemd-nsresourced (R11)" {
	local mode
	served lend $FIRST
	for mode in "--userns nomap" "--userns auto" "--userns auto:size=65536"; do
		# shellcheck disable=SC2086 # two words
		u run --rootfs "$R" $mode -- sh -c 'tr -s " " " " </proc/self/uid_map; tr -s " " " " </proc/self/gid_map; id -u
			echo x >/tmp/new && chown 7:65535 /tmp/new && stat -c %u:%g /tmp/new'
		[ "$status" -eq 0 ] || fail "$mode: $err"
		[ "$out" = " $MAP
 $MAP
0
7:65535" ] || fail "$mode: $out"
	done
	[ "$(jq -s 'map(select(.method).parameters | .size == 65536 and .target == 0 and .userNamespaceFileDescriptor == 0) | all' \
		<(sed -n 's/ with 1$//p' "$T/asked"))" = true ] || fail "$(<"$T/asked")"
	u run --rootfs "$R" --double-rootless -- id -u
	[ "$out" = 1001 ] || fail "$out$err"
	asked 4
}

@test "on the machine the program has the lent ids, and exec and kill reach it (R11)" {
	served lend $FIRST
	u run --rootfs "$R" --userns nomap --detach --id "$ID" -- sleep 300
	[ "$status" -eq 0 ] || fail "$err"
	u state "$ID"
	[ "$(awk '/^Uid:/ { print $2 }' "/proc/$(jq .pid <<<"$out")/status")" = $FIRST ] || fail "$out"
	u exec "$ID" sh -c 'id -u; tr -s " " " " </proc/self/gid_map'
	[ "$out" = "0
 $MAP" ] || fail "$out$err"
	# the record has no range of the caller's
	[ "$(jq '.uids // []' "$T/state/$ID/running")" = "[]" ] || fail "$(<"$T/state/$ID/running")"
	u delete --force "$ID"
	[ "$status" -eq 0 ] || fail "$err"
	asked 1
}

@test "it is said: level info, layers.subids, doctor (R11)" {
	served lend $FIRST
	run_u nomap
	[ "$status" -eq 0 ] || fail "$err"
	[[ $err == *"ids of the container: $FIRST to $((FIRST + 65535)), from systemd-nsresourced"* ]] || fail "$err"
	u run --rootfs "$R" --userns auto --result fd:1 -- true
	[ "$(jq -r .layers.subids <<<"$out")" = "from systemd-nsresourced" ] || fail "$out"
	u doctor --json
	[ "$(jq -r '.checks[] | select(.name == "subids") | .state' <<<"$out")" = degraded ] || fail "$out"
	[[ $(jq -r '.checks[] | select(.name == "subids") | .cause' <<<"$out") == *"systemd-nsresourced lends 65536 for --userns nomap and auto" ]] || fail "$out"
	asked 3
	served refuse io.systemd.NamespaceResource.NoDynamicRange
	u doctor --json
	[ "$(jq -r '.checks[] | select(.name == "subids") | .state' <<<"$out")" = missing ] || fail "$out"
	[[ $(jq -r '.checks[] | select(.name == "subids") | .cause' <<<"$out") == *"systemd-nsresourced refuses: io.systemd.NamespaceResource.NoDynamicRange"* ]] || fail "$out"
}

@test "a bundle by annotation (R11)" {
	served lend $FIRST
	config '.linux.namespaces += [{type: "user"}] | .annotations["wolffia.userns"] = "nomap" | .root.readonly = true'
	u run -b "$B" "$ID"
	[ "$status" -eq 0 ] || fail "$err"
	read_facts "$T/out"
	is uid_map "$MAP"
	is gid_map "$MAP"
	served refuse io.systemd.NamespaceResource.NoDynamicRange
	u run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ $err == *"annotations.wolffia.userns: systemd-nsresourced refuses: io.systemd.NamespaceResource.NoDynamicRange"* ]] || fail "$err"
	# a bundle that names nothing keeps the caller's files his: one id, and a warning
	config 'del(.annotations)'
	u run -b "$B" "$ID"
	[ "$status" -eq 0 ] || fail "$err"
	read_facts "$T/out"
	is uid_map "0 1000 1"
	[[ $err == *"only the caller's own ids are mapped"* ]] || fail "$err"
}

@test "who has ids of his own, or asks for what cannot be lent, is served as ever (R4, R11)" {
	local mode
	served lend $FIRST
	for mode in shared keep-id auto:size=1000; do
		run_u $mode
		[ "$status" -eq 125 ] || fail "$mode: $status: $err"
		[[ $err == *"(uid 1000) has no subordinate ids in /etc/subuid"* ]] || fail "$mode: $err"
	done
	[[ $err == *"--userns auto, with ids from systemd-nsresourced"* ]] || fail "$err"
	run_u single
	[ "$status" -eq 0 ] || fail "$err"
	asked 0
	[ -u /usr/bin/newuidmap ] || return 0
	echo tester:100000:65536 | tee /etc/subuid >/etc/subgid
	u run --rootfs "$R" --userns nomap -- cat /proc/self/uid_map
	[ "$(xargs <<<"$out")" = "0 100000 65536" ] || fail "$out$err"
	asked 0
	# but not when newuidmap is of no use to him
	cp /usr/bin/newuidmap "$T/newuidmap"
	mount --bind "$T/newuidmap" /usr/bin/newuidmap
	u run --rootfs "$R" --userns nomap -- cat /proc/self/uid_map
	[ "$(xargs <<<"$out")" = "$MAP" ] || fail "$out$err"
	asked 1
}

@test "a refusal is told in its own word, with the cure, and nothing weaker is taken (R4, R11)" {
	local word hint
	while read -r word hint; do
		served refuse "$word"
		refused_u "systemd-nsresourced refuses: $word" "$hint"
		asked 1
	done <<-'END'
		io.systemd.NamespaceResource.NoDynamicRange end containers
		io.systemd.NamespaceResource.DynamicRangeUnavailable user namespace that has no such ids
		io.systemd.NamespaceResource.UserNamespaceInterfaceNotSupported lsm=
		io.systemd.InteractiveAuthenticationRequired polkit
		org.varlink.service.PermissionDenied polkit
		org.example.Whatever --userns single
	END
	served say '{"error":"io.systemd.System","parameters":{"errno":87,"errnoName":"EUSERS"}}'
	refused_u "systemd-nsresourced refuses: io.systemd.System (EUSERS)" "as many as one user may have"
	# a name that is taken is no reason to give up; three are
	served taken $FIRST
	run_u nomap
	[ "$status" -eq 0 ] || fail "$err"
	asked 2
	served refuse io.systemd.NamespaceResource.NameExists
	refused_u "systemd-nsresourced refuses: io.systemd.NamespaceResource.NameExists"
	asked 3
}

@test "an answer that is none (R11)" {
	local text
	while read -r text; do
		served say "$text"
		refused_u "systemd-nsresourced is not understood: "
	done <<-'END'
		nonsense
		[]
		{"error":5}
		{"error":""}
		{"error":"a\u001b[31mb"}
		{"parameters":[]}
		{"parameters":{}} {}
		{"parameters":{}
	END
	served much
	refused_u "systemd-nsresourced answers with more than 16384 bytes"
	served close
	refused_u "systemd-nsresourced has closed the connection without an answer"
	# it grants, and has mapped nothing, or other ids
	served say '{"parameters":{"name":"x"}}'
	refused_u 'systemd-nsresourced has written "" into uid_map, which was not asked for'
	served wrong $FIRST 1
	refused_u 'systemd-nsresourced has written "'
	served wrong 500 65536
	refused_u 'systemd-nsresourced has written "'
}

@test "who listens must be root; a socket without anybody, a file (R11)" {
	BY=1001 served lend $FIRST
	refused_u "$SOCKET: uid 1001 listens there, not root: it is not asked" "--userns single"
	asked 0
	kill "$server" && wait "$server" || true
	server=
	refused_u "connect to $SOCKET: " "systemctl status systemd-nsresourced.socket"
	rm $SOCKET
	: >$SOCKET
	run_u nomap
	[ "$status" -eq 125 ]
	[[ $err == *"(uid 1000) has no subordinate ids in /etc/subuid"* ]] || fail "$err"
}

@test "a service that hangs: Ctrl-C ends the wait, and nothing is left (R11)" {
	local pid
	served hang
	(cd / && exec setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all \
		"$WOLFFIA" --root "$T/state" run --rootfs "$R" --userns nomap -- true) >"$T/out" 2>"$T/err" 3>&- &
	pid=$!
	until_true grep -q 'with 1$' "$T/asked"
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 125 ] || fail "$status: $(<"$T/err")"
	grep -q "interrupted by SIGTERM" "$T/err" || fail "$(<"$T/err")"
}

@test "SIGKILL while it is asked leaves nothing (R11, R40)" {
	local pid
	served hang
	(cd / && exec setpriv --reuid 1000 --regid 1000 --clear-groups \
		"$WOLFFIA" --root "$T/state" run --rootfs "$R" --userns nomap -- true) >"$T/out" 2>"$T/err" 3>&- &
	pid=$!
	until_true grep -q 'with 1$' "$T/asked"
	kill -KILL $pid
	wait $pid || true
	until_true empty_state
}

empty_state() { [ -z "$(find "$T/state" -mindepth 1 -maxdepth 1 -type d)" ]; }

@test "files: a layer in memory, the caller's folder is a stranger's, no layer on disk (R11)" {
	served lend $FIRST
	mkdir -m 755 "$T/mine/d"
	echo mine >"$T/mine/d/f"
	chown -R 1000:1000 "$T/mine"
	chmod 755 "$T/mine"
	u run --rootfs "$R" --userns nomap -v "$T/mine/d:/d" -- sh -c 'cat /d/f; stat -c %u /d; touch /d/g'
	[ "$status" -eq 1 ] || fail "$status: $out$err"
	[ "$out" = "mine
65534" ] || fail "$out$err"
	[ ! -e "$T/mine/d/g" ]
	u run --rootfs "$R" --userns nomap --overlay disk -- true
	[ "$status" -eq 125 ]
	[[ $err == *"--overlay: a layer on disk outlives ids that systemd-nsresourced lends"* ]] || fail "$err"
	u run --rootfs "$R" --userns nomap --overlay "$T/mine" -- true
	[ "$status" -eq 125 ]
	[[ $err == *"a layer on disk outlives"* ]] || fail "$err"
	asked 1
}
