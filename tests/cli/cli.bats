# SPDX-License-Identifier: GPL-2.0-or-later
# The command line: options of runc and crun, exit statuses, logs, spec, features.
load helpers

@test "--version: the five lines go-runc reads [B9]" {
	for o in --version -v -V; do
		ok $o
		[[ ${out%%$'\n'*} == "wolffia version "* ]]
		grep -q '^commit: ' "$T/out"
		grep -q '^spec: 1\.3\.0' "$T/out"
	done
}

@test "--help, -h, -?, --usage, of the program and each command [B10]" {
	local c
	for c in "" create start run state kill delete list spec features; do
		# shellcheck disable=SC2086
		ok $c --help
		[ -n "$out" ]
		# shellcheck disable=SC2086
		ok $c -h
	done
	ok --help
	for c in create start run state kill delete list spec features; do
		[[ $out == *" $c"* ]] || fail "$c is not in the help"
	done
	ok '-?'
	ok --usage
}

@test "no command, an unknown command, an unknown option, too many words [B69 B70 B71]" {
	w
	[ -n "$out$err" ]
	w bogus
	[ "$status" -ne 0 ] && [[ $err == *bogus* ]]
	w create --bogus x
	[ "$status" -ne 0 ] && [[ $err == *bogus* ]]
	w --bogus list
	[ "$status" -ne 0 ] && [[ $err == *bogus* ]]
	w state a b
	[ "$status" -ne 0 ]
	w create a b
	[ "$status" -ne 0 ]
	w create -b
	[ "$status" -ne 0 ]
}

@test "options: --name value, --name=value, -name value, letters [B11 B12 B104]" {
	args /bin/true
	ok run --bundle "$B" "$ID"
	ok run --bundle="$B" "$ID"
	ok run -bundle "$B" "$ID"
	ok run -bundle="$B" -no-subreaper "$ID"
	ok run -b "$B" "$ID"
	ok --root "$T/r" --log "$T/l" --log-format json --debug=false run -b "$B" "$ID"
}

@test "global options of all callers are taken [B3 B4 B5 B6 B7 B8 B97 B100 B103]" {
	args /bin/true
	local o
	for o in "--log=$T/log" "--log $T/log --log-format json" "--log-format=text" "--log-level error" \
		"--log-level=warning" "--log-level debug" --debug "--rootless true" "--rootless=auto" \
		"--cgroup-manager cgroupfs" "--cgroup-manager=disabled"; do
		# shellcheck disable=SC2086
		ok $o run -b "$B" "$ID"
	done
	# a cgroup that must be, which the caller's place in the tree may not allow
	w --rootless=false run -b "$B" "$ID"
	[ "$status" -eq 0 ] || { [ "$(id -u)" -ne 0 ] && [[ $err == *"linux.cgroupsPath: make "*": not allowed"*hint:* ]]; } || fail "$err"
	no 1 "log-format" --log-format xml list
	w --log-level bogus list
	[ "$status" -ne 0 ]
	w --cgroup-manager bogus list
	[ "$status" -ne 0 ]
	w --systemd-cgroup list
	[ "$status" -eq 0 ]
}

@test "create and run take the flags of runc and crun [B17 B18 B20 B21 B22 B23]" {
	args /bin/true
	ok run -b "$B" --no-subreaper --no-new-keyring --preserve-fds 0 "$ID"
	ok create -b "$B" --no-subreaper --no-new-keyring --preserve-fds=0 "$ID"
	w create -b "$B" --preserve-fds x "$ID-2"
	[ "$status" -ne 0 ]
	w create -b "$B" --preserve-fds -1 "$ID-2"
	[ "$status" -ne 0 ]
}

@test "--log: one JSON object per failed command, appended, 0600 or 0644; text too [B2 B3]" {
	echo '{"old": 1}' >"$T/log"
	w --log "$T/log" --log-format json create -b "$T/nowhere" x
	[ "$status" -eq 1 ]
	[ "$(wc -l <"$T/log")" -eq 2 ]
	tail -n 1 "$T/log" | jq -e '.level == "error" and (.msg | contains("nowhere")) and (.time | test("^20"))'
	jq -es 'length == 2' "$T/log"
	[[ $err == *nowhere* ]]
	w --log "$T/text" create -b "$T/nowhere" x
	grep -q nowhere "$T/text"
	w --log "file:$T/crun" --log-format json create -b "$T/nowhere" x
	jq -e '.level == "error"' "$T/crun"
	# no log file for a command that works
	ok --log "$T/fresh" --log-format json list
	[ ! -s "$T/fresh" ]
	w --log "$T/no/dir" list
	[ "$status" -le 1 ]
}

@test "--debug: the steps with their process" {
	args /bin/true
	ok --debug --log "$T/log" run -b "$B" "$ID"
	[ "$(wc -l <"$T/log")" -ge 5 ]
	ok --debug --log "$T/json" --log-format json run -b "$B" "$ID"
	jq -es 'all((.level | IN("debug", "info")) and has("msg") and has("time"))' "$T/json"
}

# A filter that leaves out what spec writes and this arena has not: a plain user's has no cgroups.
here() {
	grep -q none /.wolffia-arena || return 0
	echo '.mounts |= map(select(.type != "cgroup")) | '
}

@test "spec: valid, runs as it is, does not overwrite [B52]" {
	mkdir "$T/spec"
	( cd "$T/spec" && "$WOLFFIA" spec 3>&- )
	jq -e '.ociVersion == "1.3.0" and .process.args == ["sh"] and .process.terminal == true and .process.user == {uid: 0, gid: 0} and .root.path == "rootfs"
		and .process.noNewPrivileges == true and (.mounts | length) == 7
		and .process.capabilities.bounding == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
		and .process.rlimits[0].type == "RLIMIT_NOFILE"' "$T/spec/config.json"
	w spec -b "$T/spec"
	[ "$status" -eq 1 ]
	rm "$T/spec/config.json"
	ok spec -b "$T/spec"
	need_root
	mv "$R" "$T/spec/rootfs"
	jq "$(here)"'.process.terminal = false | .process.args = ["/probe", "facts", "path:/proc/kcore", "path:/sys"]' "$T/spec/config.json" >"$T/c"
	mv "$T/c" "$T/spec/config.json"
	ok run -b "$T/spec" "$ID"
	read_facts "$T/out"
	is no_new_privs 1
	is cap.inheritable 0
	is cap.effective 20000420
	mv "$T/spec/rootfs" "$R"
}

@test "spec --rootless: a user namespace with the caller's ids [B52]" {
	mkdir "$T/spec"
	ok spec --rootless -b "$T/spec"
	jq -e --argjson u "$(id -u)" '([.linux.namespaces[].type] | contains(["user"])) and .linux.uidMappings[0].hostID == $u and .linux.gidMappings[0].containerID == 0' "$T/spec/config.json"
}

@test "spec --userns: the word is written, and the container has such ids (R9)" {
	local mode
	mkdir "$T/spec"
	no 1 "--userns: somebody: expected single" spec --userns somebody -b "$T/spec"
	no 1 "--userns: --rootless needs a user namespace" spec --rootless --userns host -b "$T/spec"
	[ ! -e "$T/spec/config.json" ]
	ok spec --userns host -b "$T/spec"
	jq -e '(.annotations | not) and ([.linux.namespaces[].type] | contains(["user"]) | not)' "$T/spec/config.json"
	mv "$R" "$T/spec/rootfs"
	for mode in single map=0:$(id -u):1; do
		rm "$T/spec/config.json"
		ok spec --rootless --userns "$mode" -b "$T/spec"
		jq "$(here)"'.process.terminal = false | .process.args = ["/probe"]' "$T/spec/config.json" >"$T/c"
		mv "$T/c" "$T/spec/config.json"
		ok run -b "$T/spec" "$ID"
		read_facts "$T/out"
		is uid_map "0 $(id -u) 1"
	done
	rm "$T/spec/config.json"
	ok spec --uidmap 0:5:6 --uidmap 6:20:1 --gidmap 0:7:8 -b "$T/spec"
	[ "$(jq -r '.annotations["wolffia.userns"]' "$T/spec/config.json")" = map=0:5:6,6:20:1/0:7:8 ]
	no 1 "--uidmap 0:5: expected CONTAINER:HOST:COUNT" spec --uidmap 0:5 -b "$T/spec/rootfs"
	mv "$T/spec/rootfs" "$R"
}

@test "an option before the command is wrong: direct use and doctor end as they do for their own" {
	no 125 "unknown option --odd" --odd do -- true
	no 125 "unknown option --odd" --odd run --rootfs "$R" -- true
	no 125 "--root=/: " --root / run --rootfs="$R" -- true
	no 1 "unknown option --odd" --odd run "$ID"
	no 125 "it stands behind the command: wolffia do --timeout" --timeout 5 do -- true
	no 125 "it stands behind the command: wolffia run --timeout" --timeout=5 run --rootfs "$R" -- true
	no 125 "see \`wolffia --help\`" --odd 5 do --result "$T/result" -- true
	[ "$(jq -r '"\(.status) \(.phase) \(.error.message)"' "$T/result")" = "125 setup unknown option --odd" ]
	no 1 "unknown option --odd" --odd 5 no-such-command
	no 125 "--root=/: " --root / do -- true
	no 2 "unknown option --odd" --odd doctor
	no 1 "unknown option --odd" --odd list
}

@test "features: true for what this build has [S198 S199 S200 S201 S202 S203 S204 S205 S206 S207 S208 S209 S210 B53 A125 A126 A127 A128 A129 A130 A131 A132 A133 A134 A135 A136 A137]" {
	ok features
	cp "$T/out" "$T/features"
	jq -e '.ociVersionMin == "1.0.0" and .ociVersionMax == "1.3.0"
		and .hooks == ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
		and (.mountOptions | length) >= 60 and (.mountOptions | contains(["rro", "nosymfollow", "idmap", "ridmap", "tmpcopyup"]))
		and (.linux.namespaces | sort) == ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"]
		and (.linux.capabilities | length) >= 41
		and .linux.seccomp.enabled and (.linux.seccomp.actions | length) >= 9 and (.linux.seccomp.operators | length) == 7
		and (.linux.seccomp.archs | length) >= 15 and (.linux.seccomp.knownFlags | length) == 4
		and (.linux.seccomp.supportedFlags - .linux.seccomp.knownFlags) == []
		and .linux.mountExtensions.idmap.enabled and (.linux.memoryPolicy.modes | length) == 7
		and (.linux.cgroup | has("v1") and has("v2") and has("systemd"))
		and (.linux | has("apparmor") and has("selinux") and has("intelRdt") and has("netDevices"))
		and (.annotations | type) == "object" and (.annotations | has("") | not)
		and ([.. | nulls] | length) == 0' "$T/features"
	# the same without a kernel to ask
	w features x
	[ "$status" -ne 0 ]
	local flag
	for flag in $(jq -r '.linux.seccomp.supportedFlags[]' "$T/features"); do
		cp /tmp/template/config.json "$B/config.json"
		config ".process.args = [\"/bin/true\"] | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", flags: [\"$flag\"], syscalls: [{names: [\"swapoff\"], action: \"SCMP_ACT_ERRNO\"}]}"
		ok run -b "$B" "$ID"
	done
	for o in $(jq -r '.linux.seccomp.archs[]' "$T/features"); do
		config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", architectures: [\"$o\"], syscalls: [{names: [\"swapoff\"], action: \"SCMP_ACT_ERRNO\"}]}"
		w create -b "$B" "$ID"
		# known, but a filter for another byte order cannot be made
		[ "$status" -eq 0 ] || [[ $err == *"byte order"* ]] || fail "$o: $err"
		ok delete --force "$ID"
	done
}

@test "features: every mount option listed is taken [S204]" {
	local o list
	ok features
	list=$(jq -r '.mountOptions[]' "$T/out" | grep -vE '^(idmap|ridmap|bind|rbind|remount|src-nofollow|dest-nofollow|copy-symlink|throw-away|tmpcopyup)$')
	mkdir "$T/source"
	for o in $list; do
		cp /tmp/template/config.json "$B/config.json"
		config ".process.args = [\"/bin/true\"] | .mounts += [{destination: \"/data\", source: \"$T/source\", options: [\"rbind\", \"$o\"]}]"
		w run -b "$B" "$ID"
		[ "$status" -eq 0 ] && continue
		# of a mount that is not the user namespace's own they stay as they are
		[[ $(id -u) -ne 0 && $o == *atime && $err == *"nor its way of access times be changed" ]] || fail "$o: $err"
	done
}

@test "the program: static or few libraries, no setuid, one process" {
	[ ! -u "$WOLFFIA" ] && [ ! -g "$WOLFFIA" ]
	[ "$(stat -c %s "$WOLFFIA")" -lt 3000000 ]
}

@test "stdout closed or full, stdin closed: an error, no hang, no crash" {
	status=0
	"$WOLFFIA" features >&- 2>/dev/null || status=$?
	[ "$status" -le 1 ]
	status=0
	"$WOLFFIA" features >/dev/full 2>/dev/null || status=$?
	[ "$status" -eq 1 ]
	args /bin/true
	"$WOLFFIA" run -b "$B" "$ID" <&- >&- 2>&-
}
