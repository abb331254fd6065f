# SPDX-License-Identifier: GPL-2.0-or-later
# Landlock as a second belt of direct use (R49), and what --result says of all layers (R43,
# R44). As root and as a plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	mkdir "$T/project"
	cd "$T/project"
	before=$(leftovers)
}

# the kernel has Landlock
need_landlock() {
	w doctor --json
	[ "$(jq -r '.checks[] | select(.name == "landlock") | .state' "$T/out")" = ok ] || skip "no Landlock in this kernel"
}

@test "landlock: said in the result, asked for by an annotation, left out on demand (R49)" {
	need_landlock
	ok do --result "$T/r" -- true
	[[ $(jq -r .layers.landlock "$T/r") == "ABI "[2-9] ]] || fail "$(<"$T/r")"
	ok do --no-landlock --result "$T/r" -- true
	[ "$(jq -r .layers.landlock "$T/r")" = none ]
	ok do --print-config -- true
	[ "$(jq -r '.annotations["wolffia.landlock"]' "$T/out")" = true ]
	ok do --no-landlock --print-config -- true
	[ "$(jq -r '.annotations["wolffia.landlock"]' "$T/out")" = null ]
}

@test "landlock: a mount that the other walls would allow is refused" {
	need_landlock
	local try='unshare -U -r -m mount -t tmpfs none /tmp && echo mounted'
	w do --no-seccomp --user 1000 --no-landlock -- sh -c "$try"
	[ "$out" = mounted ] || skip "no nested namespaces here: $err"
	w do --no-seccomp --user 1000 -- sh -c "$try"
	[ "$status" -ne 0 ] && [ -z "$out" ] || fail "$out"
}

@test "landlock: what a container needs still works" {
	need_landlock
	ok do -v . -- sh -c '
		set -e
		mkdir a b; echo 1 >a/f; mv a/f b/g; ln b/g a/h; ln -s g b/l; : >b/g; echo 2 >>b/l; rm -r a
		mkfifo p; (echo through >p &); cat p; rm p
		cat b/g; mkdir /tmp/x; echo 3 >/tmp/x/y; mv /tmp/x/y /tmp/z; cat /tmp/z
		echo 100 >/proc/self/oom_score_adj; echo out >/dev/stdout; echo err >/dev/stderr; echo >/dev/null
		head -c 3 /dev/zero >/dev/shm/s; test "$(wc -c </dev/shm/s)" = 3
		cp /bin/true /tmp/t 2>/dev/null || cp /usr/bin/true /tmp/t; /tmp/t; ls /proc/self/fd >/dev/null; kill -0 $$'
	[ "$out" = $'out' ] || [ "$out" = $'through\n2\n3\nout' ] || fail "$out $err"
	w run --rootfs "$R" -- sh -c 'mkdir /new; mv /etc/passwd /new/p; echo x >/bin/y; rm -r /new'
	[ "$status" -eq 0 ] || fail "$err"
	w run --rootfs "$R" -t -- sh -c 'stty size >/dev/null 2>&1; test -t 0; echo tty >/dev/tty' </dev/null
	[[ $out == tty* ]] || fail "$status $out $err"
	w run --rootfs "$R" --read-only --tmpfs /work -- sh -c 'echo x >/work/a && cat /work/a'
	[ "$out" = x ] || fail "$err"
}

@test "landlock: the root of do itself is closed, its mounts are as writable as before" {
	need_landlock
	w do -- mkdir /made
	[ "$status" -ne 0 ]
	ok do --tmpfs /made -- sh -c 'echo x >/made/y; cat /made/y'
	ok do -v .:/made -- sh -c 'echo x >/made/y'
	[ "$(cat y)" = x ]
}

@test "landlock: exec gets the container's rules, reaches its processes, and traces none (R49)" {
	need_landlock
	ok run --rootfs "$R" --id "$ID" --detach --read-only --tmpfs /work --user 1000 -- sleep 60
	ok exec "$ID" sh -c 'echo x >/work/a && cat /work/a; kill -0 1 && echo reached; ls /proc/1/root/ 2>/dev/null || echo not traced'
	[ "$out" = $'x\nreached\nnot traced' ] || fail "$out $err"
	ok delete --force "$ID"
	# what the namespaces would allow a process of exec, Landlock does not
	local try='unshare -U -r -m mount -t tmpfs none /work && echo mounted'
	ok run --rootfs "$R" --id "$ID" --detach --no-seccomp --no-landlock --tmpfs /work --user 1000 -- sleep 60
	w exec "$ID" sh -c "$try"
	"$WOLFFIA" delete --force "$ID"
	[ "$out" = mounted ] || skip "no nested namespaces here: $err"
	ok run --rootfs "$R" --id "$ID" --detach --no-seccomp --tmpfs /work --user 1000 -- sleep 60
	w exec "$ID" sh -c "$try"
	"$WOLFFIA" delete --force "$ID"
	[ "$status" -ne 0 ] && [ -z "$out" ] || fail "$out"
}

@test "landlock: without no_new_privs, or without the kernel's help, it says so and goes on" {
	config '.annotations["wolffia.landlock"] = "true" | .process.noNewPrivileges = false'
	args true
	ok --log-level info run -b "$B" "$ID"
	[[ $err == *"Landlock: process.noNewPrivileges is not set: without this second belt"* ]] || fail "$err"
}

@test "annotations: a flag that is neither true nor false is refused, an unknown one of ours is named" {
	args true
	config '.annotations["wolffia.landlock"] = "yes"'
	w run -b "$B" "$ID"
	[[ $status$err == 1*"annotations: wolffia.landlock: expected true or false, got \"yes\"" ]] || fail "$err"
	config '.annotations = {"wolffia.nett": "auto"}'
	ok run -b "$B" "$ID"
	[ "$err" = "warning: annotations: wolffia.nett: there is no such annotation" ] || fail "$err"
}

@test "result: the schema, for an end of every kind (R43)" {
	local kind said schema='
		def ms: type == "number" and . >= 0;
		.schema == 1 and (.id | type == "string") and (.phase | IN("setup", "run", "cleanup"))
		and (.status | type == "number") and (.timedOut | type == "boolean") and (.oomKilled | type == "boolean")
		and (keys - ["schema", "id", "phase", "exitCode", "signal", "status", "timedOut", "oomKilled", "killedBy", "error", "times", "usage", "layers"] == [])
		and ((has("exitCode") and has("signal")) | not)
		and (if has("killedBy") then .killedBy | IN("timeout", "output-limit", "memory") else true end)
		and (if has("error") then (.error.message | type == "string") and (.error | keys - ["code", "message", "hint"] == []) else .phase == "cleanup" end)
		and (.times | keys - ["setupMs", "runMs", "cleanupMs"] == [] and all(.[]; ms))
		and (.usage | keys - ["userMs", "systemMs", "maxRssKiB", "memoryPeak", "pidsPeak"] == [])
		and (.layers | ["apparmor", "cgroup", "cpu", "landlock", "memory", "network", "overlay", "pids", "sandbox", "seccomp", "selinux", "subids", "userns"] - keys == [])
		and (.layers | all(.[]; type == "string" and length > 0))
		and (.layers | .pids, .memory, .cpu | IN("cgroup", "rlimit", "none", "not asked for"))'
	while read -r kind; do
		# shellcheck disable=SC2086 # words
		w run --rootfs "$R" --result "$T/r" $kind
		jq -e "$schema" "$T/r" >/dev/null || fail "$kind: $(<"$T/r")"
		[ "$(jq .status "$T/r")" -eq "$status" ] || fail "$kind: $status, $(<"$T/r")"
		# what is told there is what is said, with its cure
		said=$(jq -r 'if .error then "error: \(.error.message)" + (if .error.hint then "\n  hint: \(.error.hint)" else "" end) else "" end' "$T/r")
		[ "$said" = "$(grep -A1 ^error: <<<"$err" || true)" ] || fail "$kind: $err, $(<"$T/r")"
	done <<-'END'
		-- true
		-- false
		-- /none
		-- /etc/passwd
		--timeout 0.1 -- sleep 9
		--output-limit 1 -- echo 123
		--memory 1g --cpus 1 -- true
		--net host --userns single -- true
		--init -- sh -c exit
		-v /none -- true
		--userns map=0:4000000000:5 -- true
		--tmpfs / -- true
		--user x -- true
		--net odd -- true
		--net ns:/no/such -- true
		--net auto -p 80 -- true
		--userns odd -- true
		--userns auto:size=70000 -- true
		--userns map=0:0:1,0:1:1 -- true
		--uidmap 0 -- true
		--overlay odd -- true
		--overlay /no/such -- true
		--double-rootless --user 0 -- true
		-w /no/such -- true
		-v /etc:/x:idmap,overlay -- true
		--selinux require -- true
		--sysctl vm.swappiness=1 -- true
		--no-seccomp --no-landlock --rootfs-rw -- true
	END
	w run --rootfs /none --result "$T/r" -- true
	jq -e "$schema" "$T/r" >/dev/null || fail "$(<"$T/r")"
	w do --result "$T/r" -- true
	jq -e "$schema" "$T/r" >/dev/null || fail "$(<"$T/r")"
}

@test "result: what is enforced and what is best effort (R44)" {
	w run --rootfs "$R" --result "$T/r" --memory 100m --cpus 0.5 --pids 50 -- true
	local pids memory cpu
	read -r pids memory cpu < <(jq -r '.layers | "\(.pids) \(.memory) \(.cpu)"' "$T/r")
	w run --rootfs "$R" --memory 100m --cpus 0.5 --pids 50 --print-config -- true
	[ "$pids" = "$(jq -r 'if .linux.resources.pids then "cgroup" elif (.process.rlimits | any(.type == "RLIMIT_NPROC")) then "rlimit" else "none" end' "$T/out")" ]
	[ "$memory" = "$(jq -r 'if .linux.resources.memory then "cgroup" else "rlimit" end' "$T/out")" ]
	[ "$cpu" = "$(jq -r 'if .linux.resources.cpu then "cgroup" else "none" end' "$T/out")" ]
	# without a cgroup: told so
	# RLIMIT_NPROC does not bind the machine's root: said too, not promised
	pids=rlimit
	[ "$(id -u)" -ne 0 ] || ! grep -q '^ *0 *0 *4294967295$' /proc/self/uid_map || pids=none
	w --cgroup-manager disabled run --rootfs "$R" --result "$T/r" --memory 100m --cpus 0.5 --pids 2 -- true
	[ "$(jq -r '.layers | "\(.cgroup) \(.pids) \(.memory) \(.cpu)"' "$T/r")" = "none $pids rlimit none" ] || fail "$(<"$T/r")"
	w --cgroup-manager disabled run --rootfs "$R" --pids 1 -- sh -c 'sh -c : && echo more than one'
	[ "$pids" = none ] || [ -z "$out" ] || fail "$out"
	w run --rootfs "$R" --result "$T/r" --memory max -- true
	[ "$(jq -r '.layers | "\(.memory)|\(.cpu)"' "$T/r")" = "not asked for|not asked for" ]
}

@test "result: the memory that nobody has limited: three quarters, where a cgroup is at hand (R38)" {
	local memory
	w --log-level info run --rootfs "$R" --result "$T/r" -- true
	[ "$status" -eq 0 ] || fail "$err"
	memory=$(jq -r .layers.memory "$T/r")
	cp "$T/err" "$T/info"
	ok run --rootfs "$R" --print-config -- true
	case $memory in
	cgroup)
		jq -e '.linux.resources.memory | keys == ["limit"] and .limit >= 536870912' <<<"$out" || fail "$out"
		! grep memory: "$T/info"
		;;
	none)
		jq -e '.linux.resources.memory == null and (.process.rlimits | all(.type != "RLIMIT_DATA" and .type != "RLIMIT_AS"))' <<<"$out" || fail "$out"
		grep -q "memory: no cgroup v2 with this controller is delegated to the caller: there is no limit" "$T/info" || fail "$(<"$T/info")"
		;;
	*) fail "$memory" ;;
	esac
	ok run --rootfs "$R" --memory max --print-config -- true
	jq -e '.linux.resources.memory == null' <<<"$out" || fail "$out"
	w --log-level info run --rootfs "$R" --memory max -- true
	[[ $err != *memory:* ]] || fail "$err"
}
