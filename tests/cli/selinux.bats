# SPDX-License-Identifier: GPL-2.0-or-later
# SELinux, enforcing: runs on the guest of tests/vm/run --profile selinux.
load helpers

label=system_u:system_r:container_t:s0:c1,c2

setup() {
	[ -e /sys/fs/selinux/enforce ] && [ "$(</sys/fs/selinux/enforce)" = 1 ] ||
		skip "SELinux is not enforcing here"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	before=$(leftovers)
}

# shell COMMAND: what the container runs; its output is in $out. Through pipes: a container
# may write to those of its caller (tests/vm/guest/vm.cil), not to a file in our folder.
shell() {
	args /bin/sh -c "$1"
	status=$({
		{
			timeout --foreground -k 1 60 "$WOLFFIA" run -b "$B" "$ID" 3>&- 4>&-
			echo $? >&4
		} 2>&1 >&5 | cat >"$T/err"
	} 4>&1 5> >(exec cat >"$T/out"))
	sleep 0.5
	out=$(<"$T/out") err=$(<"$T/err")
}

@test "no label: the caller's own" {
	shell 'cat /proc/self/attr/current'
	[ "$status" -eq 0 ]
	[[ $out == *":unconfined_t:"* ]] || fail "$out"
}

@test "process.selinuxLabel: the process has it, on a root that is labelled for containers [A46]" {
	chcon -R -t container_file_t "$R"
	config ".process.selinuxLabel = \"$label\""
	shell 'cat /proc/self/attr/current; cat /proc/self/attr/exec /proc/self/attr/keycreate'
	[ "$status" -eq 0 ] || fail "$err"
	[[ $(tr -d '\0' <<<"$out") == "$label"* ]] || fail "$out"
}

@test "a root that containers may not use: the program is refused, the error says so" {
	chcon -R -t var_t "$R"
	config ".process.selinuxLabel = \"$label\""
	shell true
	[ "$status" -ne 0 ]
	[[ $err == *"/bin/sh"* ]] || fail "$err"
}

@test "a label that the policy does not know is an error that names it" {
	config '.process.selinuxLabel = "system_u:system_r:nosuch_t:s0"'
	shell true
	[ "$status" -eq 1 ] || fail "$status: $err"
	[[ $err == *process.selinuxLabel* && $err == *nosuch_t* ]] || fail "$err"
}

@test "data: only what has the type and the categories of the container" {
	local kind
	chcon -R -t container_file_t "$R"
	for kind in own other none; do
		mkdir "$B/$kind"
		echo there >"$B/$kind/f"
		config ".mounts += [{destination: \"/data/$kind\", type: \"bind\", source: \"$B/$kind\", options: [\"bind\"]}]"
	done
	chcon -R -t container_file_t -l s0:c1,c2 "$B/own"
	chcon -R -t container_file_t -l s0:c3,c4 "$B/other"
	chcon -R -t var_t "$B/none"
	# /dev/null too is only for those who may use its label
	config ".process.selinuxLabel = \"$label\" | .linux.mountLabel = \"system_u:object_r:container_file_t:s0:c1,c2\""
	shell 'for k in own other none; do cat /data/$k/f 2>/dev/null || echo no; echo x 2>/dev/null >/data/$k/new || echo no; done'
	[ "$out" = $'there\nno\nno\nno\nno' ] || fail "$out" "$err"
	[[ $(stat -c %C "$B/own/new") == *:container_file_t:s0:c1,c2 ]]
}

@test "linux.mountLabel: what wolffia mounts has it [A73]" {
	chcon -R -t container_file_t "$R"
	config ".process.selinuxLabel = \"$label\" | .linux.mountLabel = \"system_u:object_r:container_file_t:s0:c1,c2\"" \
		'.mounts += [{destination: "/dev/shm", type: "tmpfs", source: "shm"}]'
	shell 'grep -c "context=\"*system_u:object_r:container_file_t:s0:c1,c2" /proc/mounts; echo x >/dev/shm/f && cat /dev/shm/f'
	[ "$status" -eq 0 ] || fail "$err"
	[ "${out%%$'\n'*}" -ge 2 ] && [ "${out##*$'\n'}" = x ] || fail "$out"
}
