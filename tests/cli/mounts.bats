# SPDX-License-Identifier: GPL-2.0-or-later
# root, mounts, devices, masks: what is mounted where, with which flags.
load helpers

# mounts JSON...: adds entries to mounts
mounts() {
	local m
	for m in "$@"; do config ".mounts += [$m]"; done
}

# try_option OPTION: a tmpfs and a bind with it, on /data
tmpfs_with() {
	cp /tmp/template/config.json "$B/config.json"
	config ".mounts += [{destination: \"/data\", type: \"tmpfs\", source: \"tmpfs\", options: $1}]"
	probe
	mount_at /data
}

bind_with() {
	cp /tmp/template/config.json "$B/config.json"
	config ".mounts += [{destination: \"/data\", type: \"none\", source: \"$T/source\", options: $1}]"
	probe facts "${@:2}"
	mount_at /data
}

setup_source() {
	mkdir -p "$T/source"
	chmod 777 "$T/source"
	cp /bin/busybox "$T/source/busybox"
	cp "$PROBE" "$T/source/probe"
	ln -s probe "$T/source/link"
}

@test "root: a directory; relative to the bundle or absolute [S2 S3 S4 A3 A4]" {
	probe facts path:/
	config ".root.path = \"$R\""
	probe facts path:/
	config '.root.path = "nowhere"'
	refused "root.path: nowhere"
	config '.root.path = "rootfs/probe"'
	refused "root.path: rootfs/probe"
}

@test "root: not the link's target but the link is refused" {
	ln -s rootfs "$B/link"
	config '.root.path = "link"'
	w run -b "$B" "$ID"
	[ "$status" -eq 0 ] || [[ $err == *"root.path"* ]]
}

@test "root: readonly [S5 A5]" {
	probe facts path:/
	is path./.write ok
	config '.root.readonly = true'
	probe facts path:/
	is path./.write EROFS
}

@test "mounts: in the order listed; later ones cover [S6 A6]" {
	setup_source
	mounts '{destination: "/data", type: "tmpfs", source: "one"}' \
		'{destination: "/data/in", type: "tmpfs", source: "two"}' \
		'{destination: "/data/in", type: "tmpfs", source: "three"}'
	probe
	mount_at /data
	[ "$m_source" = one ]
	mount_at /data/in
	[ "$m_source" = three ]
}

@test "mounts: what covers another through a link covers it for those after it [S6]" {
	setup_source
	mkdir "$R/real"
	ln -s real "$R/link"
	ln -s /dev "$R/link-dev"
	mounts '{destination: "/real", type: "tmpfs", source: "one"}' \
		'{destination: "/link", type: "tmpfs", source: "two"}' \
		"{destination: \"/real/bound\", source: \"$T/source\", options: [\"bind\"]}" \
		'{destination: "/real/new", type: "tmpfs", source: "three"}'
	args /bin/sh -c 'cd /real && echo * && grep -c " /real " /proc/self/mountinfo && ls bound/probe'
	ok run -b "$B" "$ID"
	[ "$out" = $'bound new\n2\nbound/probe' ] || fail "$out"
	# the devices too
	config '.mounts = [.mounts[] | select(.destination == "/proc" or .destination == "/dev")] + [{destination: "/link-dev", type: "tmpfs", source: "two"}]'
	args /bin/sh -c 'ls /dev && test -c /dev/null'
	ok run -b "$B" "$ID"
}

@test "mounts: a relative destination is below / [S7 A7]" {
	mounts '{destination: "data", type: "tmpfs", source: "tmpfs"}'
	probe
	mount_at /data
	[ "$m_type" = tmpfs ]
}

@test "mounts: a relative source of a bind is below the bundle; a file binds on a file [A8 A9]" {
	echo hello >"$B/file"
	mounts '{destination: "/etc/made/here", source: "file", options: ["bind"]}' \
		'{destination: "/data", source: "rootfs/etc", type: "bind", options: ["ro"]}'
	probe facts text:/etc/made/here path:/data
	is text./etc/made/here hello
	is path./data.read "3 entries"
	is path./data.write EROFS
}

@test "mounts: flags of a tmpfs [S8 S16 A17]" {
	tmpfs_with '["ro", "nosuid", "nodev", "noexec", "noatime", "sync", "dirsync", "mand"]'
	has ro nosuid nodev noexec noatime sync dirsync
	tmpfs_with '["ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "sync", "async"]'
	has rw
	lacks nosuid nodev noexec ro
	tmpfs_with '["strictatime"]'
	lacks relatime noatime
	tmpfs_with '["nodiratime", "relatime"]'
	has nodiratime relatime
	tmpfs_with '["noatime", "atime", "diratime", "defaults", "nostrictatime", "norelatime", "nomand"]'
	lacks noatime nodiratime
}

@test "mounts: iversion, noiversion, loud, silent, lazytime, nolazytime are known [S8 A18 A19]" {
	tmpfs_with '["silent", "noiversion"]'
	tmpfs_with '["loud", "iversion"]'
	tmpfs_with '["lazytime"]'
	has lazytime
	tmpfs_with '["lazytime", "nolazytime"]'
	[[ $m_super != *lazytime* ]]
	setup_source
	bind_with '["bind", "silent", "loud", "iversion", "noiversion", "nolazytime"]'
}

@test "mounts: nosymfollow on a tmpfs and on a bind [S9 A20]" {
	setup_source
	tmpfs_with '["nosymfollow"]'
	has nosymfollow
	bind_with '["bind", "nosymfollow"]' follow:/data/link
	has nosymfollow
	is follow./data/link ELOOP
	bind_with '["bind", "nosymfollow", "symfollow"]' follow:/data/link
	is follow./data/link ok
}

@test "mounts: flags of a bind [S8 S16 A17 A21]" {
	setup_source
	bind_with '["bind", "ro", "nosuid", "nodev", "noexec"]' path:/data exec:/data/probe
	has ro nosuid nodev noexec
	is path./data.write EROFS
	is exec./data/probe EACCES
	bind_with '["bind", "rw"]' path:/data exec:/data/probe
	is path./data.write ok
	is exec./data/probe ok
	if [ "$(id -u)" -eq 0 ]; then
		bind_with '["rbind", "noatime"]'
		has noatime
	else
		config ".mounts = [.mounts[:3][], {destination: \"/data\", source: \"$T/source\", options: [\"rbind\", \"noatime\"]}]"
		refused "mounts[3]: /data: set the attributes of the mount: Operation not permitted"
		[[ $err == *"nor its way of access times be changed" ]]
	fi
	bind_with '["bind", "remount", "ro"]' || true
}

@test "mounts: bind takes one mount, rbind all below [S8 A21]" {
	need_root
	setup_source
	mkdir "$T/source/sub"
	mount -t tmpfs inner "$T/source/sub"
	bind_with '["bind"]'
	( mount_at /data/sub ) 2>/dev/null && fail "bind took the mount below"
	bind_with '["rbind", "ro"]' path:/data/sub
	mount_at /data/sub
	lacks ro
	bind_with '["rbind", "rro"]' path:/data/sub path:/data
	is path./data.write EROFS
	is path./data/sub.write EROFS
	mount_at /data/sub
	has ro
	umount "$T/source/sub"
}

@test "mounts: the r-forms reach every mount below [S9 S16 A22 A23 A24]" {
	need_root
	setup_source
	mkdir "$T/source/sub"
	mount -t tmpfs inner "$T/source/sub"
	local o want
	for o in rro=ro rnosuid=nosuid rnodev=nodev rnoexec=noexec rnoatime=noatime \
		rnodiratime=nodiratime rnosymfollow=nosymfollow rrelatime=relatime; do
		bind_with "[\"rbind\", \"${o%=*}\"]"
		has "${o#*=}"
		mount_at /data/sub
		has "${o#*=}"
	done
	mount -o remount,ro,nosuid,nodev,noexec,noatime,nodiratime "$T/source/sub"
	for o in rrw=ro rsuid=nosuid rdev=nodev rexec=noexec ratime=noatime rdiratime=nodiratime \
		rstrictatime=relatime; do
		bind_with "[\"rbind\", \"${o%=*}\"]"
		mount_at /data/sub
		lacks "${o#*=}"
	done
	for o in rsymfollow rnostrictatime rnorelatime; do bind_with "[\"rbind\", \"$o\"]"; done
	umount "$T/source/sub"
}

@test "mounts: propagation words [S8 A21]" {
	setup_source
	local o
	for o in private slave unbindable shared rprivate rslave runbindable rshared; do
		bind_with "[\"rbind\", \"$o\"]"
		case $o in
		*private) [[ $m_propagation != *shared* && $m_propagation != *master* ]] ;;
		*slave) [[ $m_propagation == *master:* ]] || [ "$(id -u)" -ne 0 ] ;;
		*unbindable) [[ $m_propagation == *unbindable* ]] ;;
		*shared) [[ $m_propagation == *shared:* ]] ;;
		esac || fail "$o gave $m_propagation"
	done
}

@test "mounts: data words go to the filesystem [S18 A30]" {
	tmpfs_with '["size=64k", "mode=0750", "uid=7", "gid=8", "nr_inodes=100"]'
	# the kernel shows ids as the machine has them
	has size=64k mode=750 nr_inodes=100
	probe facts path:/data
	like path./data "dir 0750 7:8*"
}

@test "mounts: a word nobody knows is an error, also on a bind [S17 S18 A10 A28]" {
	setup_source
	config '.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs", options: ["bogus"]}]'
	no 1 "mounts[3]: /data: " run -b "$B" "$ID"
	[[ $err == *bogus* ]]
	config ".mounts[3] = {destination: \"/data\", source: \"$T/source\", options: [\"bind\", \"bogus=1\"]}"
	no 1 "mounts[3]: /data: " run -b "$B" "$ID"
	[[ $err == *bogus=1* ]]
	config ".mounts[3] = {destination: \"/data\", source: \"$T/source\", options: [\"bind\", \"acl\"]}"
	no 1 "mounts[3]: /data: " run -b "$B" "$ID"
}

@test "mounts: a source that is missing names the mount [S183]" {
	config ".mounts += [{destination: \"/data\", source: \"$T/nope\", options: [\"bind\"]}]"
	refused "mounts[3]: /data: "
	[[ $err == *"$T/nope"* ]]
	config '.mounts[3] = {destination: "/data", type: "nosuchfs", source: "none"}'
	refused "mounts[3]: /data: "
	[[ $err == *nosuchfs* ]]
}

@test "mounts: tmpcopyup brings the image's files into the tmpfs [A27]" {
	echo inside >"$R/data/file"
	mkdir "$R/data/dir"
	echo deep >"$R/data/dir/file"
	chmod 640 "$R/data/file"
	config '.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "mode=755"]}]'
	probe facts text:/data/file text:/data/dir/file path:/data/file write:/data/file:x
	is text./data/file inside
	is text./data/dir/file deep
	like path./data/file "file 0640*"
	is write./data/file ok
	[ "$(cat "$R/data/file")" = inside ]
}

@test "mounts: copy-symlink, src-nofollow, dest-nofollow [A29]" {
	setup_source
	config ".mounts += [{destination: \"/data/l\", source: \"$T/source/link\", options: [\"bind\", \"copy-symlink\"]}]"
	probe facts path:/data/l
	is path./data/l.link probe
	config ".mounts[3] = {destination: \"/data/m\", source: \"$T/source/link\", options: [\"bind\", \"src-nofollow\"]}"
	w run -b "$B" "$ID"
	if [ "$status" -eq 0 ]; then
		read_facts "$T/out"
		mount_at /data/m
	fi
	ln -s ../etc/passwd "$R/data/n"
	config ".mounts[3] = {destination: \"/data/n\", source: \"$T/source/probe\", options: [\"bind\", \"dest-nofollow\"]}"
	w run -b "$B" "$ID"
	[ "$(head -c 4 "$R/etc/passwd")" = root ]
}

@test "mounts: idmap with the mount's own mappings [S10 S11 S12 S19 S20 S21 A11 A25]" {
	need_machine_root
	setup_source
	chown 1000:1000 "$T/source/busybox"
	config ".mounts += [{destination: \"/data\", source: \"$T/source\", options: [\"bind\", \"idmap\"],
		uidMappings: [{containerID: 0, hostID: 50000, size: 60000}],
		gidMappings: [{containerID: 0, hostID: 50000, size: 60000}]}]"
	probe facts path:/data/busybox
	like path./data/busybox "file 0755 51000:51000*"
}

@test "mounts: idmap takes the user namespace's mappings; ridmap goes below [S11 S13 S15 A25 A26]" {
	need_machine_root
	setup_source
	mkdir "$T/source/sub"
	mount -t tmpfs inner "$T/source/sub"
	touch "$T/source/sub/file"
	chmod 711 "$T" /tmp "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* 2>/dev/null || true
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	config ".mounts += [{destination: \"/data\", source: \"$T/source\", options: [\"rbind\", \"ridmap\"]}]"
	chown -R 100000:100000 "$R"
	probe facts path:/data/busybox path:/data/sub/file
	like path./data/busybox "file 0755 0:0*"
	like path./data/sub/file "file 0644 0:0*"
	config '.mounts[3].options = ["rbind", "idmap"]'
	probe facts path:/data/busybox path:/data/sub/file
	like path./data/busybox "file 0755 0:0*"
	like path./data/sub/file "file 0644 65534:65534*"
	umount "$T/source/sub"
}

@test "mounts: idmap without mappings and user namespace is an error [S14 A25]" {
	need_root
	setup_source
	config ".mounts += [{destination: \"/data\", source: \"$T/source\", options: [\"bind\", \"idmap\"]}]"
	refused "mounts[3]: /data: "
}

@test "default filesystems of the spec's list [S71 A12]" {
	config '.mounts += [{destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
		{destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]},
		{destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]}] |
		.linux.namespaces += [{type: "network"}]'
	probe facts path:/proc path:/sys path:/dev/pts path:/dev/shm path:/sys/kernel
	is path./proc.fs 9fa0
	is path./sys.fs 62656572
	is path./dev/pts.fs 1cd1
	is path./dev/shm.fs 1021994
	mount_at /sys
	has ro nosuid noexec nodev
	mount_at /dev/shm
	has nosuid noexec nodev size=65536k
	like path./dev/shm "dir 1777*"
}

@test "sysfs without a network namespace of its own is bound, or the error gives the cure [A12]" {
	config '.mounts += [{destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]}]'
	w run -b "$B" "$ID"
	[ "$status" -eq 0 ] || [[ $err == *"mounts[3]: /sys"*hint:* ]]
}

@test "devices: the default ones, their links, ptmx [S85 S195 A77 A82]" {
	probe facts path:/dev/null path:/dev/zero path:/dev/full path:/dev/random path:/dev/urandom \
		path:/dev/tty path:/dev/ptmx path:/dev/fd path:/dev/stdin path:/dev/stdout path:/dev/stderr
	like path./dev/null "char 0666 * 1:3"
	like path./dev/zero "char 0666 * 1:5"
	like path./dev/full "char 0666 * 1:7"
	like path./dev/random "char 0666 * 1:8"
	like path./dev/urandom "char 0666 * 1:9"
	like path./dev/tty "char 0666 * 5:0"
	like path./dev/ptmx.link "*pts/ptmx"
	is path./dev/fd.link /proc/self/fd
	is path./dev/stdin.link /proc/self/fd/0
	is path./dev/stdout.link /proc/self/fd/1
	is path./dev/stderr.link /proc/self/fd/2
	is path./dev/null.write ok
}

@test "a tmpfs that is read-only is filled first [S81 S85]" {
	config '(.mounts[] | select(.destination == "/dev")).options += ["ro"]' \
		'.mounts += [{destination: "/tmp/ro", type: "tmpfs", source: "tmpfs", options: ["ro"]},
		{destination: "/tmp/ro/in", type: "tmpfs", source: "tmpfs", options: ["nosuid"]}]'
	probe facts path:/dev/null path:/dev/fd path:/dev/new path:/tmp/ro/in
	is path./dev/null.write ok
	is path./dev/fd.link /proc/self/fd
	mount_at /dev
	has ro
	mount_at /tmp/ro
	has ro
	mount_at /tmp/ro/in
	[[ $m_options != *,ro,* ]]
}

@test "devices: listed ones with mode and owner [S81 S82 A79 A81]" {
	need_machine_root
	config '.linux.devices = [
		{path: "/dev/mine", type: "c", major: 1, minor: 3, fileMode: 8576, uid: 5, gid: 6},
		{path: "/dev/block", type: "b", major: 7, minor: 200, fileMode: 432},
		{path: "/dev/sub/pipe", type: "p", fileMode: 420},
		{path: "/dev/raw", type: "u", major: 1, minor: 5}]'
	probe facts path:/dev/mine path:/dev/block path:/dev/sub/pipe path:/dev/raw
	is path./dev/mine "char 0600 5:6 1:3"
	like path./dev/block "block 0660 0:0 7:200"
	like path./dev/sub/pipe "fifo 0644 0:0*"
	like path./dev/raw "char * 1:5"
}

@test "devices: an existing file that does not match is an error; one that matches is taken [S83 A80]" {
	need_machine_root
	echo text >"$R/data/file"
	config '.linux.devices = [{path: "/data/file", type: "c", major: 1, minor: 3}]'
	refused "linux.devices[0]: /data/file"
	[ "$(cat "$R/data/file")" = text ]
	rm "$R/data/file"
	mknod "$R/data/file" c 1 3
	probe facts path:/data/file
	like path./data/file "char * 1:3"
	rm "$R/data/file"
	mknod "$R/data/file" c 1 5
	refused "linux.devices[0]: /data/file"
	rm "$R/data/file"
}

@test "devices: one type and number for several paths [S84]" {
	need_machine_root
	config '.linux.devices = [{path: "/dev/a", type: "c", major: 1, minor: 3}, {path: "/dev/b", type: "c", major: 1, minor: 3}]'
	probe facts path:/dev/a path:/dev/b
	like path./dev/b "char * 1:3"
}

@test "masked paths: a file is empty, a directory is empty and read-only, a missing one no error [S154 A71]" {
	mkdir "$R/data/secret"
	echo s >"$R/data/secret/file"
	echo s >"$R/data/key"
	config '.linux.maskedPaths = ["/data/secret", "/data/key", "/data/nope", "/proc/kcore", "/proc/timer_list", "/data/key"]'
	probe facts path:/data/secret path:/data/key path:/data/nope path:/proc/timer_list
	is path./data/secret.read "0 entries"
	is path./data/secret.write EROFS
	is path./data/key.read "0 bytes"
	is path./data/nope ENOENT
	is path./proc/timer_list.read "0 bytes"
	[ "$(cat "$R/data/key")" = s ]
}

@test "read-only paths: not writable, a missing one no error [S155 A72]" {
	mkdir "$R/data/ro"
	config '.linux.readonlyPaths = ["/data/ro", "/proc/sys", "/data/nope", "/etc/passwd"]'
	probe facts path:/data/ro path:/proc/sys/kernel/hostname path:/etc/passwd path:/data
	is path./data/ro.write EROFS
	# the file's own mode is asked before the mount
	like path./proc/sys/kernel/hostname.write 'E@(ROFS|A*)'
	mount_at /proc/sys
	has ro
	is path./etc/passwd.write EROFS
	is path./data.write ok
}

@test "rootfsPropagation [A70]" {
	local p
	for p in private slave shared unbindable rprivate rslave rshared runbindable; do
		config ".linux.rootfsPropagation = \"$p\""
		probe
		mount_at /
		case $p in
		*private) [[ $m_propagation != *shared* && $m_propagation != *master* ]] ;;
		*slave) [[ $m_propagation != *shared:* ]] ;;
		*shared) [[ $m_propagation == *shared:* ]] ;;
		*unbindable) [[ $m_propagation == *unbindable* ]] ;;
		esac || fail "$p gave $m_propagation"
	done
}

@test "nothing of the container's mounts comes back to the host [S172 S194]" {
	need_root
	local n=$(grep -c . /proc/self/mountinfo)
	setup_source
	config ".linux.rootfsPropagation = \"rshared\" | .mounts += [{destination: \"/data\", source: \"$T/source\", options: [\"rbind\", \"rshared\"]}, {destination: \"/data/sub\", type: \"tmpfs\", source: \"x\"}]"
	mkdir "$T/source/sub"
	w run -b "$B" "$ID"
	[ "$n" -eq "$(grep -c . /proc/self/mountinfo)" ] || {
		umount "$T/source/sub" || true
		# a shared mount is what was asked for: it may go, but not stay below the bundle
		! grep "$B" /proc/self/mountinfo
	}
}

@test "cgroup mount: v2 read-only and writable [S101 A12]" {
	need_root
	grep -q 2 /.wolffia-arena || skip "no cgroup v2 view"
	config '.linux.namespaces += [{type: "cgroup"}] | .mounts += [{destination: "/sys", type: "tmpfs", source: "t"},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev", "relatime"]}]'
	probe facts path:/sys/fs/cgroup path:/sys/fs/cgroup/cgroup.procs
	is path./sys/fs/cgroup.fs 63677270
	is path./sys/fs/cgroup.write EROFS
	is cgroup. /
	config '.mounts[4].options = ["rw", "nosuid", "noexec", "nodev"]'
	probe facts path:/sys/fs/cgroup
	is path./sys/fs/cgroup.write ok
}

@test "--no-pivot [B20]" {
	probe facts path:/
	args /probe facts path:/etc/passwd
	ok run --no-pivot -b "$B" "$ID"
	read_facts "$T/out"
	is path./etc/passwd.read "$(wc -c <"$R/etc/passwd") bytes"
}

@test "a thousand mounts" {
	config '.mounts += [range(1000) | {destination: "/data/m\(.)", type: "tmpfs", source: "t", options: ["size=4k"]}]'
	config '.process.args = ["/bin/true"]'
	ok run -b "$B" "$ID"
}
