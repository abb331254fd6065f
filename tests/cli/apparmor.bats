# SPDX-License-Identifier: GPL-2.0-or-later
# AppArmor: runs on the guest of tests/vm/run --profile apparmor.
load helpers

setup() {
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "no AppArmor here"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	before=$(leftovers)
}

load_profile() {
	need_root
	apparmor_parser -r <<-'END'
		profile wolffia-test flags=(attach_disconnected,mediate_deleted) {
			file,
			capability,
			network,
			mount,
			umount,
			pivot_root,
			signal,
			ptrace,
			unix,
			deny /data/** w,
		}
	END
}

@test "no profile: the caller's own" {
	args cat /proc/self/attr/current
	w run -b "$B" "$ID"
	[ "$out" = unconfined ] || fail "$out" "$err"
}

@test "process.apparmorProfile: the process runs under it, it denies, and only it [A45]" {
	load_profile
	config '.process.apparmorProfile = "wolffia-test"'
	args /bin/sh -c 'cat /proc/self/attr/current; echo x 2>/dev/null >/data/f || echo denied; echo x >/tmp/f && echo allowed'
	w run -b "$B" "$ID"
	[ "$out" = $'wolffia-test (enforce)\ndenied\nallowed' ] || fail "$out" "$err"
}

@test "the same with noNewPrivileges and a seccomp filter [A45]" {
	load_profile
	config '.process.apparmorProfile = "wolffia-test" | .process.noNewPrivileges = true' \
		'.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	args cat /proc/self/attr/current
	w run -b "$B" "$ID"
	[ "$out" = "wolffia-test (enforce)" ] || fail "$out" "$err"
}

@test "a profile that is not loaded is an error that names it and says how [A45]" {
	config '.process.apparmorProfile = "nosuch-profile"'
	no 1 "process.apparmorProfile: nosuch-profile" run -b "$B" "$ID"
	[[ $err == *"apparmor_parser -r"* ]] || fail "$err"
}

@test "unconfined: as without a profile" {
	config '.process.apparmorProfile = "unconfined"'
	args cat /proc/self/attr/current
	w run -b "$B" "$ID"
	[ "$out" = unconfined ] || fail "$out" "$err"
}

@test "exec: the container's profile, or that of --apparmor; one that is not loaded is an error [B36]" {
	load_profile
	apparmor_parser -r <<-'END'
		profile wolffia-other flags=(attach_disconnected,mediate_deleted) {
			file,
			signal,
		}
	END
	config '.process.apparmorProfile = "wolffia-test"'
	args sleep 1000
	ok run -d -b "$B" "$ID"
	ok exec "$ID" cat /proc/self/attr/current
	[ "$out" = "wolffia-test (enforce)" ] || fail "$out"
	ok exec --apparmor wolffia-other "$ID" cat /proc/self/attr/current
	[ "$out" = "wolffia-other (enforce)" ] || fail "$out"
	no 255 "nosuch-profile" exec --apparmor nosuch-profile "$ID" true
}

@test "SELinux's labels, z and Z: one line, and the program's own status (R33)" {
	local line="info: SELinux is disabled; labelling layer inactive" profile=unconfined
	if [ "$EUID" -eq 0 ]; then
		load_profile
		profile=wolffia-test
	fi
	mkdir "$T/data"
	echo there >"$T/data/f"
	config ".process.apparmorProfile = \"$profile\" | .process.selinuxLabel = \"u:r:t:s0\" | .linux.mountLabel = \"u:o:t:s0\"" \
		".mounts += [{destination: \"/data\", type: \"bind\", source: \"$T/data\", options: [\"bind\", \"Z\"]}]"
	args /bin/sh -c 'cat /data/f /proc/self/attr/current; exit 7'
	w run -b "$B" "$ID"
	[ "$status" -eq 7 ] && [ "$err" = "$line" ] && [[ $out == there$'\n'"$profile"* ]] || fail "$status" "$out" "$err"
	w do -v "$T/data:/data:z" -- sh -c 'cat /data/f; exit 7'
	[ "$status" -eq 7 ] && [ "$err" = "$line" ] && [ "$out" = there ] || fail "$status" "$out" "$err"
	no 125 "--selinux=require: SELinux is disabled" do --selinux=require -- true
}
