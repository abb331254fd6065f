# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel or a helper refuses, line by line: sentence, exit status, and nothing is left
# (teardown looks). As root and as a plain user.
load helpers

# overlay OPTION...: over $T/low at /data
overlay() {
	cp /tmp/template/config.json "$B/config.json"
	config ".mounts += [{destination: \"/data\", type: \"overlay\", source: \"overlay\", options: $(words "$@")}]"
}

teardown_layers() { chmod -R u+rwx "$T/wrk" "$T/wrk2" 2>/dev/null || true; rm -rf "$T/wrk" "$T/wrk2" "$T/up" "$T/up2"; }

@test "overlay in a bundle: options that go with no user namespace, and those that are taken (R29)" {
	local word
	local -a plain=("upperdir=$T/up" "workdir=$T/wrk" "lowerdir=$T/low")
	mkdir "$T/low" "$T/up" "$T/wrk"
	if [ "$(id -u)" -ne 0 ]; then
		for word in metacopy=on redirect_dir=on; do
			overlay "${plain[@]}" "$word"
			refused "mounts[3]: /data: mount overlay: Invalid argument"
			[[ $err == *"hint: an overlay in a user namespace cannot have ${word%=on}: leave it out" ]] || fail "$err"
			overlay "${plain[@]}" userxattr "$word"
			refused "mounts[3]: /data: mount overlay: Invalid argument"
		done
	fi
	for word in index=on xino=on nfs_export=on; do
		overlay "${plain[@]}" "$word"
		config '.process.args = ["/bin/true"]'
		ok run -b "$B" "$ID"
		[ -z "$err" ] || fail "$err"
	done
	teardown_layers
}

@test "overlay in a bundle: lower and upper directories that cannot be (R28 R29)" {
	mkdir "$T/low" "$T/up" "$T/wrk" "$T/up2" "$T/wrk2"
	overlay "lowerdir=$T/nowhere"
	refused "mounts[3]: /data: mount overlay: option lowerdir=$T/nowhere: No such file or directory"
	overlay "lowerdir=$T/low" "upperdir=$T/up"
	refused "mounts[3]: /data: mount overlay: Invalid argument"
	[[ $err == *"hint: upperdir and workdir stand together"* ]] || fail "$err"
	if [ "$(id -u)" -ne 0 ]; then
		# what is mounted below it would be uncovered
		overlay "lowerdir=/dev" "upperdir=$T/up" "workdir=$T/wrk"
		refused "mounts[3]: /data: mount overlay: Invalid argument"
		[[ $err == *"in a user namespace nothing may be mounted below lowerdir" ]] || fail "$err"
	fi
	# a layer that was not written to its end when the machine stopped
	overlay "lowerdir=$T/low" "upperdir=$T/up2" "workdir=$T/wrk2" volatile
	config '.process.args = ["/bin/true"]'
	ok run -b "$B" "$ID"
	refused "mounts[3]: /data: mount overlay: Invalid argument"
	[[ $err == *"a layer that was mounted with volatile is not used again"* ]] || fail "$err"
	teardown_layers
}

@test "overlay in a bundle: an upper directory on an overlay (R28)" {
	need_machine_root
	mkdir "$T/low" "$T/up" "$T/wrk" "$T/on"
	mount -t overlay -o "lowerdir=$T/low,upperdir=$T/up,workdir=$T/wrk" none "$T/on"
	mkdir "$T/on/up" "$T/on/wrk"
	overlay "lowerdir=$T/low" "upperdir=$T/on/up" "workdir=$T/on/wrk"
	w create -b "$B" "$ID"
	umount "$T/on"
	[ "$status" -eq 1 ] && [[ $err == *"mounts[3]: /data: mount overlay: "*"Invalid argument"*"hint: "*"on one filesystem that is no overlay itself"* ]] || fail "$status $err"
	no 1 "does not exist" state "$ID"
}

@test "id-mapped: filesystems that cannot be, and whoever may not (R27 R29)" {
	local source
	mkdir "$T/src"
	if [ "$(id -u)" -ne 0 ]; then
		for source in "$T/src" /dev/shm /proc; do
			cp /tmp/template/config.json "$B/config.json"
			config ".mounts += [{destination: \"/data\", source: \"$source\", options: [\"bind\", \"idmap\"]}]"
			refused "mounts[3]: /data: an id-mapped mount needs CAP_SYS_ADMIN: only root can"
		done
		return
	fi
	need_machine_root
	for source in /proc /sys /dev/pts /sys/fs/cgroup; do
		cp /tmp/template/config.json "$B/config.json"
		config ".mounts += [{destination: \"/data\", source: \"$source\", options: [\"bind\", \"idmap\"],
			uidMappings: [{containerID: 0, hostID: 50000, size: 60000}], gidMappings: [{containerID: 0, hostID: 50000, size: 60000}]}]"
		refused "mounts[3]: /data: id-map $source: Invalid argument"
		[[ $err == *"hint: this filesystem cannot be id-mapped" ]] || fail "$err"
	done
}

@test "owners without an id: readable, not writable; devices are not made (R28)" {
	[ "$(id -u)" -ne 0 ] || skip "for a plain user"
	w do --userns single -v /etc:/mnt/etc:overlay -- sh -c 'cat /mnt/etc/passwd >/dev/null && echo read; echo x >>/mnt/etc/passwd; mknod /tmp/null c 1 3'
	[ "$status" -eq 1 ] && [ "$out" = read ] || fail "$status $out $err"
	[[ $err == *"ermission denied"*"mknod: "*@(permitted|denied)* ]] || fail "$err"
}
