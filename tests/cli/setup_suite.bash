# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Once per arena: the root filesystem all bundles are copied from, and the plain config.

setup_suite() {
	[ -e /.wolffia-arena ] || {
		echo "these tests run only in tests/cli/arena or tests/vm/run (see contrib/test)" >&2
		return 1
	}
	[ -x "$WOLFFIA" ] && [ -x "$PROBE" ] || {
		echo "WOLFFIA and PROBE must name programs" >&2
		return 1
	}
	local root=/tmp/template/rootfs d applet
	mkdir -p "$root"
	for d in bin dev etc home proc root run sys tmp var data; do mkdir "$root/$d"; done
	cp "$PROBE" "$root/probe"
	cp /bin/busybox "$root/bin/busybox"
	for applet in sh cat ls id true false echo sleep kill mount umount stat env hostname \
		mkdir touch rm ps ip dd wc grep sed readlink nc; do
		ln -s busybox "$root/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\n' >"$root/etc/group"
	chmod 755 /tmp/template "$root" "$root"/*
	cat >/tmp/template/config.json <<-'END'
		{
			"ociVersion": "1.3.0",
			"process": {
				"user": {"uid": 0, "gid": 0},
				"args": ["/probe"],
				"env": ["PATH=/bin"],
				"cwd": "/"
			},
			"root": {"path": "rootfs"},
			"mounts": [
				{"destination": "/proc", "type": "proc", "source": "proc"},
				{"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
				 "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
				{"destination": "/dev/pts", "type": "devpts", "source": "devpts",
				 "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]}
			],
			"linux": {
				"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "uts"}, {"type": "ipc"}]
			}
		}
	END
	if [ "$(id -u)" -ne 0 ]; then
		# a plain user: the same as root of a user namespace, with all subordinate ids
		jq '.linux.namespaces += [{"type": "user"}]
			| .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1},
						{containerID: 1, hostID: 100000, size: 65536}]
			| .linux.gidMappings = .linux.uidMappings' /tmp/template/config.json >/tmp/template/c
		mv /tmp/template/c /tmp/template/config.json
	fi
}
