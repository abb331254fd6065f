# SPDX-License-Identifier: GPL-2.0-or-later
# SELinux where there is none: the options z and Z, --selinux, and the one line about it.
# What labels do is in selinux.bats, on a machine that has them.
load helpers

inactive="info: SELinux is disabled; labelling layer inactive"

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	[ ! -e /sys/fs/selinux/enforce ] || skip "SELinux is on"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	mkdir "$T/data"
	echo there >"$T/data/f"
	before=$(leftovers)
}

# volume WORD...: $T/data at /data, with options
volume() {
	config ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$T/data\", options: $(words bind "$@")}]"
}

@test "z and Z without SELinux: one line, and all goes on as without them (R33 R34)" {
	local word
	for word in z Z; do
		bundle
		args /probe cat /data/f
		volume "$word"
		config '.process.selinuxLabel = "u:r:t:s0" | .linux.mountLabel = "u:o:t:s0"'
		ok run -b "$B" "$ID"
		[ "$err" = "$inactive" ] || fail "$err"
		ok run --selinux=auto -b "$B" "$ID"
		[ "$err" = "$inactive" ] || fail "$err"
	done
	[[ $(stat -c %C "$T/data/f") != *:*:* ]]
}

@test "-v SRC:DST:z and Z in direct use: the same line once, the program's own status (R33 R34)" {
	w do -v "$T/data:/data:Z,ro" -v "$T:/other:z" -- sh -c 'cat /data/f; exit 7'
	[ "$status" -eq 7 ] && [ "$out" = there ] && [ "$err" = "$inactive" ] || fail "$status" "$out" "$err"
	w run --rootfs "$R" -v "$T/data:/data:z" -- /probe cat /data/f
	[ "$status" -eq 0 ] && [ "$err" = "$inactive" ] || fail "$status" "$out" "$err"
	ok do -v "$T/data:/data:ro,Z" --print-config -- true
	[ "$(jq -c '.mounts[] | select(.destination == "/data").options | index("Z") != null' <<<"$out")" = true ]
}

@test "exec into a container with a label, or with one of its own: the line, and its own status (R33)" {
	args /probe pause
	config '.process.selinuxLabel = "u:r:t:s0"'
	ok run -d -b "$B" "$ID"
	[ "$err" = "$inactive" ] || fail "$err"
	w exec "$ID" /bin/sh -c 'exit 7'
	[ "$status" -eq 7 ] && [ "$err" = "$inactive" ] || fail "$status" "$err"
	w exec --process-label u:r:other:s0 "$ID" /bin/sh -c 'exit 7'
	[ "$status" -eq 7 ] && [ "$err" = "$inactive" ] || fail "$status" "$err"
	ok delete --force "$ID"
}

# A kernel with SELinux to which nobody has given a policy: everything has the label "kernel".
# So it is where /etc/selinux/config says disabled; the bed v2-plain (tests/vm) is such a machine.
@test "SELinux without a policy is disabled: the same line, and require refuses (R33)" {
	grep -q selinuxfs /proc/filesystems || skip "no SELinux in this kernel"
	[ "$(tr -d '\0' </proc/self/attr/current)" = kernel ] || skip "SELinux has a policy"
	need_root
	local rc=0
	mount -t selinuxfs selinuxfs /sys/fs/selinux
	# enforcing or not is no matter: there is nothing to enforce
	without_policy || rc=1
	umount /sys/fs/selinux
	[ "$rc" -eq 0 ]
}

without_policy() {
	args /bin/sh -c 'cat /data/f; exit 7'
	volume Z
	config '.process.selinuxLabel = "u:r:t:s0" | .linux.mountLabel = "u:o:t:s0"'
	w run -b "$B" "$ID"
	[ "$status" -eq 7 ] && [ "$out" = there ] && [ "$err" = "$inactive" ] || { fail "$status" "$out" "$err"; return 1; }
	w do -v "$T/data:/data:z" -- cat /data/f
	[ "$status" -eq 0 ] && [ "$out" = there ] && [ "$err" = "$inactive" ] || { fail "$status" "$out" "$err"; return 1; }
	no 1 "--selinux=require: SELinux is disabled" create --selinux=require -b "$B" "$ID" || return 1
	no 125 "--selinux=require: SELinux is disabled" do --selinux=require -- true || return 1
	w doctor --json
	jq -e '.checks[] | select(.name == "selinux") | .state != "missing" and .found == "off"' "$T/out" ||
		{ jq '.checks[] | select(.name == "selinux")' "$T/out" >&2; return 1; }
}

@test "no label asked for: not a word" {
	args /probe true
	ok run --selinux=auto -b "$B" "$ID"
	[ -z "$err" ] || fail "$err"
}

@test "--selinux=require refuses where SELinux does not enforce, before anything is made (R33)" {
	args /probe true
	no 1 "--selinux=require: SELinux is disabled" run --selinux=require -b "$B" "$ID"
	[[ $err == *"hint: "*"leave the option out"* ]] || fail "$err"
	no 1 "--selinux=require: SELinux is disabled" create --selinux require -b "$B" "$ID"
	no 125 "--selinux=require: SELinux is disabled" do --selinux=require -- true
	no 125 "--selinux=require: SELinux is disabled" run --selinux=require --rootfs "$R" -- /probe true
	no 1 "--selinux" run --selinux=perhaps -b "$B" "$ID"
}

@test "z and Z where they cannot be are errors, SELinux or not (R34)" {
	volume z Z
	refused "options z and Z contradict each other"
	bundle
	config '.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs", options: ["Z"]}]'
	refused "options z and Z need a bind mount"
	bundle
	volume ZZ
	refused '"ZZ" is not an option of a bind mount'
	no 125 "--volume $T/data:/data:z,ro,Z: z and Z contradict each other" do -v "$T/data:/data:z,ro,Z" -- true
	no 125 "--volume $T/data:/data:U,Z: U: expected ro, rw, overlay, z, Z or idmap" do -v "$T/data:/data:U,Z" -- true
	[[ $err == *"hint: no owner is changed here: idmap "* ]] || fail "$err"
}

@test "mounts add with z: the same line, and no label (R33)" {
	args /probe pause
	ok create -b "$B" "$ID"
	ok start "$ID"
	printf '{"mounts": [{"destination": "/tmp/z", "type": "bind", "source": "%s", "options": ["bind", "z"]}]}' "$T/data" >"$T/more"
	ok mounts add "$ID" "$T/more"
	[ "$err" = "$inactive" ] || fail "$err"
	ok delete --force "$ID"
}

@test "features tells of z and Z [D33]" {
	ok features
	jq -e '(.mountOptions | index("z") and index("Z")) and
		.annotations["org.wolffia.selinux.relabel"] == "true"' <<<"$out" >/dev/null || fail "$out"
}
