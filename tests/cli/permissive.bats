# SPDX-License-Identifier: GPL-2.0-or-later
# SELinux that does not enforce: runs on the guest of tests/vm/run --profile permissive.
# Whatever is asked for: one line, and the program's own status (R33). Labels are given where
# that can be done, so that all is in its place when SELinux enforces again.
load helpers

line="info: SELinux is permissive; labelling layer inactive"
label=system_u:system_r:container_t:s0:c1,c2

setup() {
	[ -e /sys/fs/selinux/enforce ] && [ "$(</sys/fs/selinux/enforce)" = 0 ] ||
		skip "SELinux is not permissive here"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	mkdir "$T/data"
	echo there >"$T/data/f"
	before=$(leftovers)
}

# goes_on ARGUMENT...: ends with 7, and there is the one line
goes_on() {
	w "$@"
	[ "$status" -eq 7 ] && [ "$err" = "$line" ] || fail "wolffia $*: $status" "$out" "$err"
}

# volume WORD...: $T/data at /data, with options
volume() {
	config ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$T/data\", options: $(words bind "$@")}]"
}

@test "labels, z and Z in a bundle: one line, and they are given all the same (R33)" {
	args /bin/sh -c 'cat /proc/self/attr/current /data/f; exit 7'
	volume Z
	config ".process.selinuxLabel = \"$label\" | .linux.mountLabel = \"system_u:object_r:container_file_t:s0:c1,c2\""
	goes_on run -b "$B" "$ID"
	[[ $out == "$label"*there ]] || fail "$out"
	[[ $(stat -c %C "$T/data/f") == system_u:object_r:container_file_t:s0:c1,c2 ]]
	goes_on run --selinux=auto -b "$B" "$ID"
}

@test "direct use: one line for two volumes, categories of one's own (R33 R36)" {
	mkdir "$T/other"
	goes_on run --rootfs "$R" -v "$T/data:/data:Z" -v "$T/other:/other:z" -- /bin/sh -c 'cat /proc/self/attr/current; exit 7'
	[[ $out == system_u:system_r:container_t:s0:c*,c* ]] || fail "$out"
	goes_on do -v "$T/data:/data:Z,ro" -- sh -c 'cat /data/f; exit 7'
	[ "$out" = there ]
}

@test "what cannot be labelled stays as it is, and is no error (R33)" {
	local path before
	ln -s /usr "$T/usr"
	before=$(stat -c %C /usr /etc /etc/skel)
	for path in /usr "$T/usr" /etc /; do
		goes_on run --rootfs "$R" -v "$path:/data:ro,Z" -- /bin/sh -c 'exit 7'
	done
	if [ "$EUID" -eq 0 ]; then
		mkdir "$T/other"
		mount -t tmpfs -o ro tmpfs "$T/other"
		goes_on run --rootfs "$R" -v "$T/other:/data:Z" -- /bin/sh -c 'exit 7'
		umount "$T/other"
	else
		# the owner's right, which is asked for whatever SELinux says
		goes_on run --rootfs "$R" -v "/etc/skel:/data:Z" -- /bin/sh -c 'exit 7'
	fi
	[ "$before" = "$(stat -c %C /usr /etc /etc/skel)" ]
	"$WOLFFIA" --log-level=info run --rootfs "$R" -v /usr:/data:ro,Z -- /bin/true 2>"$T/err"
	grep -q "info: mounts.*: /data: SELinux relabeling of /usr is not allowed (it is, or holds, /usr)" "$T/err" || fail "$(<"$T/err")"
}

@test "labels that the policy does not know are left out (R33)" {
	args /bin/sh -c 'cat /proc/self/attr/current; echo; grep -c context= /proc/mounts; exit 7'
	config '.process.selinuxLabel = "system_u:system_r:nosuch_t:s0" | .linux.mountLabel = "no label at all"'
	goes_on run -b "$B" "$ID"
	[[ $out == *:unconfined_t:*$'\n0' ]] || fail "$out"
	volume Z
	goes_on run -b "$B" "$ID"
}

@test "a policy that does not say what containers are (R33 R36)" {
	need_root
	mv /etc/selinux/default/contexts/lxc_contexts "$T/contexts"
	w run --rootfs "$R" -v "$T/data:/data:Z" -- /bin/sh -c 'exit 7'
	mv "$T/contexts" /etc/selinux/default/contexts/lxc_contexts
	[ "$status" -eq 7 ] && [ "$err" = "$line" ] || fail "$status" "$err"
}

@test "no label asked for: not a word (R33)" {
	w run --rootfs "$R" -v "$T/data:/data" -- /bin/sh -c 'exit 7'
	[ "$status" -eq 7 ] && [ -z "$err" ] || fail "$status" "$err"
}

@test "two with Z on one tree, exec, mounts add: one line each, no warning (R33)" {
	args /bin/sleep 1000
	volume Z
	ok run -d -b "$B" "$ID"
	[ "$err" = "$line" ] || fail "$err"
	goes_on run --rootfs "$R" -v "$T/data:/data:Z" -- /bin/sh -c 'exit 7'
	goes_on exec "$ID" /bin/sh -c 'exit 7'
	goes_on exec --process-label system_u:system_r:nosuch_t:s0 "$ID" /bin/sh -c 'exit 7'
	printf '{"mounts": [{"destination": "/tmp/z", "type": "bind", "source": "%s", "options": ["bind", "z"]}]}' "$T/data" >"$T/more"
	ok mounts add "$ID" "$T/more"
	[ "$err" = "$line" ] || fail "$err"
	ok delete --force "$ID"
}

@test "--selinux=require refuses, before anything is made (R33)" {
	local word="--selinux=require: SELinux is permissive"
	args /bin/true
	no 1 "$word" run --selinux=require -b "$B" "$ID"
	[[ $err == *"hint: "*"setenforce 1"* && $err != *"$line"* ]] || fail "$err"
	no 1 "$word" create --selinux=require -b "$B" "$ID"
	no 125 "$word" do --selinux=require -- true
	no 125 "$word" run --selinux=require --rootfs "$R" -v "$T/data:/data:Z" -- /bin/true
	[[ $(stat -c %C "$T/data/f") != *container* ]]
}
