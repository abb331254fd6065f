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
	for word in index=on nfs_export=on xino=on; do
		overlay "${plain[@]}" "$word"
		config '.process.args = ["/bin/true"]'
		ok run -b "$B" "$ID"
		# the kernel says it to its own log alone; inode numbers of one filesystem are its own
		if ! is_machine_root && [ "$word" != xino=on ]; then
			[ "$err" = "warning: /data: overlay: the kernel turns $word off in a user namespace" ] || fail "$err"
		else
			[ -z "$err" ] || fail "$err"
		fi
	done
	teardown_layers
}

@test "overlay in a bundle: verity is never turned off unsaid: it is in force, or refused (R29)" {
	local word want
	mkdir "$T/low" "$T/up" "$T/wrk" "$T/blobs"
	# a file whose content is elsewhere, by a name without a digest
	: >"$T/low/file"
	truncate -s 5 "$T/low/file"
	echo data >"$T/blobs/file"
	for word in verity=on verity=require; do
		overlay "lowerdir=$T/low" "upperdir=$T/up" "workdir=$T/wrk" "$word"
		args /bin/grep " /data " /proc/self/mountinfo
		w run -b "$B" "$ID"
		# userxattr, which a user namespace needs, goes with it since Linux 6.16
		if [ "$status" -ne 0 ]; then
			refused "mounts[3]: /data: mount overlay: "
			[[ $err == *"Invalid argument"* ]] || fail "$err"
			[ "$(id -u)" -eq 0 ] || [[ $err == *"hint: an overlay in a user namespace cannot have verity: leave it out" ]] || fail "$err"
			continue
		fi
		[ -z "$err" ] && [[ ,${out##* }, == *",$word,"* ]] || fail "$out $err"
		command -v setfattr >/dev/null || continue
		setfattr -n user.overlay.metacopy "$T/low/file" && setfattr -n user.overlay.redirect -v /file "$T/low/file" || continue
		overlay "lowerdir=$T/low::$T/blobs" userxattr "$word"
		args /bin/cat /data/file
		w run -b "$B" "$ID"
		case $word in
		verity=on) [ "$status$out" = 0data ] || fail "$status $out $err" ;;
		*) [ "$status" -ne 0 ] && [[ $err == *@(I/O|Input/output)" error"* ]] || fail "$status $out $err" ;;
		esac
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
			refused "mounts[3]: /data: an id-mapped mount needs CAP_SYS_ADMIN: only root can; leave idmap out"
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
