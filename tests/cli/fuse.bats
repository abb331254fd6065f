# SPDX-License-Identifier: GPL-2.0-or-later
# Where the kernel has no overlay for the caller, fuse-overlayfs makes the layers (R28): what they
# do, how they end, what is said; and what is said where neither is there. As root and, by
# `without`, as a plain user.
load helpers
load lent

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	[ "$(id -u)" -eq 0 ] || skip "only root can take it away"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	chmod 755 "$T" "$B"
	before=$(leftovers)
}

teardown() {
	shown
	[ ! -e /dev/fuse.away ] || mv /dev/fuse.away /dev/fuse
	[ ! -e /dev/fuse ] || chmod 666 /dev/fuse
	local id
	[ -n "${before-}" ] || return 0
	for id in $("$WOLFFIA" list -q 2>/dev/null); do "$WOLFFIA" delete --force "$id" || true; done
	calm
	rm -rf "${D-/nothing}"
}

installed() {
	command -v fuse-overlayfs >/dev/null || skip "fuse-overlayfs is not installed"
	(exec 3<>/dev/fuse) 2>/dev/null || skip "no /dev/fuse here"
}

# what a container can do to its files, and what it sees then
mess='rm -r /etc && mkdir /etc && echo a >>/probe && mv /bin /nib && ln /new /hard 2>/dev/null; echo x >/new
ln /new /hard; chmod 0 /data; [ -e /nib/sh ] && set -- $(/nib/ls -A /etc); echo $# $(/nib/stat -c %h /new)'

# another process may be gone before it is read
programs() { grep -lx fuse-overlayfs /proc/[0-9]*/comm 2>/dev/null || :; }
gone() { [ -z "$(programs)" ]; }
served() { [ -n "$(programs)" ]; }

@test "fuse: layers in memory, on disk and kept, for root and in each mapping of a plain user (R25 R26 R28)" {
	installed
	lend
	local WHO words
	while IFS='|' read -r WHO words; do
		# shellcheck disable=SC2086 # options
		lacking overlay --log-level info run --rootfs "$D/root" --root-ids none --result "$D/tmp/r" $words -- sh -c "$mess"
		[ "$status" -eq 0 ] && [ "$out" = "0 2" ] || fail "$WHO $words: $status $out $err"
		[[ $err == *"info: root.path: fuse-overlayfs makes the layer: mount overlay: no such type"* ]] || fail "$err"
		[ "$(jq -r .layers.overlay "$D/tmp/r")" = fuse-overlayfs ]
		rm -f "$D/tmp/r"
		gone || fail "$WHO $words: $(programs)"
		[ -z "$(ls -A "$D/tmp")" ] || fail "$WHO $words: $(find "$D/tmp")"
		stamps "$D/root" | diff "$T/a" - || fail "$WHO $words"
		if [[ $words == *kept* ]]; then
			[ "$(ls "$D/kept")" = $'by-fuse-overlayfs\nupper' ] && [ -e "$D/kept/upper/nib/sh" ] || fail "$(find "$D/kept")"
			rm -r "$D/kept/"*
		fi
	done <<-EOF
		1000|
		1000|--userns shared
		1000|--overlay disk
		1000|--userns shared --overlay disk
		1000|--overlay $D/kept
	EOF
	chown -R 0:0 "$D"
	stamps "$D/root" >"$T/a"
	for words in "" "--overlay disk" "--overlay $D/kept" "--userns host"; do
		WHO=0
		# shellcheck disable=SC2086 # options
		lacking overlay run --rootfs "$D/root" $words -- sh -c "$mess"
		[ "$status" -eq 0 ] && [ "$out" = "0 2" ] || fail "$words: $status $out $err"
		stamps "$D/root" | diff "$T/a" - || fail "$words"
	done
	[ -z "$(ls -A "$D/tmp")" ]
}

@test "fuse: no userxattr, and ids that are not the caller's (R27 R28)" {
	installed
	lend
	local words
	for words in "--userns keep-id" "--userns nomap --root-ids none" "--userns nomap --root-ids none --overlay disk"; do
		# shellcheck disable=SC2086 # options
		lacking +userxattr --log-level info run --rootfs "$D/root" $words -- sh -c 'id -u; echo x >/tmp/../new; cat /new; grep -c " / / .* - fuse " /proc/self/mountinfo'
		[[ $status -eq 0 && $out == *$'\nx\n1' ]] || [[ $words == *nomap* && $out == *$'\n1' ]] || fail "$words: $out $err"
		[[ $err == *"makes the layer: mount overlay: option userxattr: Invalid argument"* ]] || fail "$err"
		[ -z "$(ls -A "$D/tmp")" ] || fail "$(find "$D/tmp")"
	done
	WHO=0 lacking idmap,overlay run --rootfs "$R" --userns map=0:200000:65536 -- sh -c 'cat /etc/passwd >/dev/null && echo read'
	[ "$out" = read ] || fail "$err"
	stamps "$D/root" | diff "$T/a" -
}

@test "fuse: volumes with layers, several of them, within --overlay-size (R25 R28)" {
	installed
	lend
	mkdir "$D/src" "$D/two"
	echo one >"$D/src/file"
	chown -R 1000:1000 "$D"
	stamps "$D/root" >"$T/a"
	lacking overlay do -v "$D/src:/w:overlay" -- sh -c 'rm /w/file; echo x >/w/new; ls /w'
	[ "$out" = new ] && [ "$(ls "$D/src")" = file ] || fail "$out $err"
	lacking overlay run --rootfs "$D/root" --overlay disk -v "$D/src:/w:overlay" -v "$D/two:/v:overlay" -- sh -c 'mv /w/file /v/f; cat /v/f; echo y >/etc/y; cat /etc/y'
	[ "$out" = $'one\ny' ] && [ "$(ls "$D/src")" = file ] && [ -z "$(ls -A "$D/two")$(ls -A "$D/tmp")" ] || fail "$out $err"
	lacking overlay run --rootfs "$D/root" --overlay-size 1m -- dd if=/dev/zero of=/big bs=65536 count=64
	[ "$status" -ne 0 ] && [[ $err == *"No space left"* ]] || fail "$status $err"
	stamps "$D/root" | diff "$T/a" -
}

@test "fuse: a kept layer goes on, and is read by fuse-overlayfs alone (R26 R28)" {
	installed
	lend
	local words
	lacking overlay run --rootfs "$D/root" --overlay "$D/kept" -- sh -c 'rm -r /etc; mkdir /etc; echo 1 >/etc/one'
	[ "$status" -eq 0 ] || fail "$err"
	lacking overlay run --rootfs "$D/root" --overlay "$D/kept" -- sh -c 'ls -A /etc; echo 2 >/etc/two'
	[ "$out" = one ] || fail "$out $err"
	# the kernel, which can do it now, would show the marks of the other
	lacking nothing --log-level info run --rootfs "$D/root" --overlay "$D/kept" -- ls -A /etc
	[ "$out" = $'one\ntwo' ] || fail "$out $err"
	[[ $err == *"fuse-overlayfs makes the layer: it has written what is kept"* ]] || fail "$err"
	hide fuse-overlayfs
	lacking nothing run --rootfs "$D/root" --overlay "$D/kept" -- ls -A /etc
	[ "$status" -eq 125 ] && [ -z "$out" ]
	[[ $err == "error: --rootfs: $D/root: its \"upper\" was written by fuse-overlayfs"*"hint: the kernel's overlay cannot read it; fuse-overlayfs, which would do, is not installed"* ]] || fail "$err"
	shown
	rm -r "$D/kept/upper"
	lacking nothing --log-level info run --rootfs "$D/root" --overlay "$D/kept" -- ls -A /etc
	[[ $status -eq 0 && $err != *fuse* && ! -e $D/kept/by-fuse-overlayfs ]] || fail "$out $err"
	stamps "$D/root" | diff "$T/a" -
	# a directory of the caller's, who has no id inside, must let the container's root through
	chmod 700 "$D/kept"
	rm -r "$D/kept/upper"
	words="--userns nomap --root-ids none --overlay $D/kept"
	# shellcheck disable=SC2086 # options
	lacking overlay run --rootfs "$D/root" $words -- true
	[[ $status -eq 125 && $err == *"fuse-overlayfs: "*"Permission denied"*"hint: the container's root must be able to pass through the layer's directory: chmod a+x; this kernel"* ]] || fail "$err"
	chmod 711 "$D/kept"
	# shellcheck disable=SC2086 # options
	lacking overlay run --rootfs "$D/root" $words -- echo ran
	[ "$out" = ran ] || fail "$err"
}

# as root: a container that waits, on a kernel without overlay
waiting() {
	config '.annotations["wolffia.root"] = "overlay"'
	args /bin/sh -c 'echo up >/up; while :; do sleep 1; done'
	WHO=0 lacking overlay create -b "$B" "$ID"
	[ "$status" -eq 0 ] || fail "$err"
	ok start "$ID"
	served || fail "no program"
}

@test "fuse: create, exec, pause, delete; the runtime is gone and the program stays (R28 R40)" {
	installed
	waiting
	ok exec "$ID" /bin/sh -c 'until [ -s /up ]; do sleep 0.1; done; echo more >/more; cat /up /more'
	[ "$out" = $'up\nmore' ] || fail "$out $err"
	[ ! -e "$R/up" ]
	ok delete --force "$ID"
	until_true gone
}

@test "fuse: what the program has: nothing of the caller's, no signal, no writable file of the machine (R32)" {
	installed
	local p n
	exec 9<"$T"
	SECRET=yes waiting
	exec 9<&-
	p=$(programs) p=${p%/comm}
	[ "$(tr '\0' '\n' <"$p/environ" | grep -c .)" -eq 0 ] && [ "$(readlink "$p/cwd")" = / ] || fail "$(cat "$p/environ")"
	for n in "$p"/fd/*; do
		[[ $(readlink "$n") =~ ^(/dev/null|/dev/fuse|pipe:.*|/sys/lower.*|/sys/layer/.*)$ ]] || fail "$(ls -l "$p/fd")"
	done
	# only the layer can be written to
	[ -z "$(awk '$6 ~ /^rw/ && $5 !~ "^/sys/layer$|^/sys$"' "$p/mountinfo")" ] || fail "$(cat "$p/mountinfo")"
	kill -TERM "${p#/proc/}"
	kill -HUP "${p#/proc/}"
	ok exec "$ID" /bin/sh -c 'echo still >/still; cat /still'
	[ "$out" = still ] || fail "$err"
	# not in the container's pid namespace, nor in its cgroup
	ok exec "$ID" /bin/sh -c 'cat /proc/[0-9]*/comm'
	[[ $out != *fuse* ]] || fail "$out"
	w ps --format json "$ID"
	[[ $out != *"${p#/proc/}"* ]] || fail "$out"
}

@test "fuse: whoever is killed, all end (R40)" {
	installed
	local p pid
	waiting
	p=$(programs) p=${p%/comm}
	kill -KILL "${p#/proc/}"
	until_true stopped "$ID"
	until_true gone
	ok delete "$ID"
	until_true sh -c '! pgrep -x wolffia-fuse'
	# nobody waits: it is there without its files, until it is deleted
	waiting
	kill -KILL "$(pgrep -x wolffia-fuse)"
	until_true gone
	[ "$(jq -r .status < <("$WOLFFIA" state "$ID"))" = running ]
	no 255 "" exec "$ID" /bin/sh -c 'cat /up'
	ok delete --force "$ID"
	# who waits for a bundle is told, and ends with 1
	(
		WHO=0 lacking overlay run -b "$B" "$ID"
		echo "$status $err" >"$T/said"
	) &
	pid=$!
	until_true served
	until_true runs "$ID"
	kill -KILL "$(pgrep -x wolffia-fuse)"
	wait $pid
	[[ $(<"$T/said") == "1 error: "*"was killed: the container was ended"* ]] || fail "$(<"$T/said")"
	until_true gone
	lend
	local what='while :; do sleep 1; done' how
	for who in runtime holder program; do
		how=killed
		# one that is quicker to notice than anybody else
		[ $who != holder ] || what='while cat /etc/passwd >/dev/null; do sleep 0.1; done; echo lost'
		(
			WHO=1000 lacking overlay run --rootfs "$D/root" --overlay disk --result "$D/tmp/out" -- sh -c "echo up; $what"
			echo "$status" >"$T/status"
			echo "$err" >"$T/said"
		) &
		pid=$!
		until_true served
		until_true grep -q up "$T/out"
		if [ $who = runtime ]; then
			kill -KILL "$(pgrep -o -x -f "$WOLFFIA run --rootfs $D/root .*")"
		elif [ $who = holder ]; then
			kill -KILL "$(pgrep -x wolffia-fuse)"
			how=125
		else
			p=$(programs) p=${p%/comm}
			kill -KILL "${p#/proc/}"
			how=125
		fi
		wait $pid || true
		if [ $how = 125 ]; then
			[ "$(<"$T/status")" = 125 ] && [[ $(<"$T/said") == *"error: "*"was killed: the container was ended, for it had lost its files"* ]] || fail "$who: $(<"$T/status") $(<"$T/said")"
			[ "$(jq -r '"\(.status) \(.phase)"' "$D/tmp/out")" = "125 run" ] || fail "$(<"$D/tmp/out")"
		fi
		until_true gone
		until_true sh -c "[ -z \"\$(ls -A $D/tmp | grep -v out)\" ]"
		until_true sh -c '! pgrep -x wolffia-fuse'
	done
	stamps "$D/root" | diff "$T/a" -
}

@test "fuse: why it does not work is said (R28)" {
	local WHO=1000 what
	lend
	what='hint: %s; this kernel has no overlay (modprobe overlay, as root)'
	fails() {
		lacking overlay run --rootfs "$D/root" --overlay disk -- echo ran
		[ "$status" -eq 125 ] && [ -z "$out" ] || fail "$status $out"
		[[ $err == "error: --rootfs: $D/root: fuse-overlayfs: $1"* ]] || fail "$err"
		[[ $err == *"this kernel has no overlay (modprobe overlay, as root)" ]] || fail "$err"
		[ -z "$(ls -A "$D/tmp")" ] || fail "$(ls -A "$D/tmp")"
		until_true gone
	}
	fake fuse-overlayfs 'echo "fuse-overlayfs: one line"; echo "fuse-overlayfs: something broke" >&2; exit 1'
	mv /dev/fuse /dev/fuse.away
	fails "/dev/fuse: it does not exist"
	[[ $err == *"hint: modprobe fuse, as root; "* ]]
	mv /dev/fuse.away /dev/fuse
	chmod 600 /dev/fuse
	fails "/dev/fuse: not allowed"
	[[ $err == *"hint: chmod 666 /dev/fuse, as root; "* ]]
	chmod 666 /dev/fuse
	(exec 3<>/dev/fuse) 2>/dev/null || skip "no /dev/fuse here"
	fails "something broke"
	# a kept layer that nothing was written to may be anybody's
	lacking overlay run --rootfs "$D/root" --overlay "$D/kept" -- true
	[ "$status" -eq 125 ] && [ "$(ls -A "$D/kept")" = upper ] || fail "$(ls -A "$D/kept")"
	fake fuse-overlayfs 'exit 0'
	fails "it ended without a word"
	printf '#!/no/such/shell\n' >/usr/local/bin/fuse-overlayfs
	fails "/usr/local/bin/fuse-overlayfs: No such file or directory"
	# one that never answers: Ctrl-C ends it
	fake fuse-overlayfs 'exec sleep 2719'
	sleeps() { pgrep -x -f "sleep 2719"; }
	awake() { ! sleeps; }
	"${PROBE%/*}/without" --user 1000 overlay "$WOLFFIA" run --rootfs "$D/root" -- true >/dev/null 2>&1 3>&- &
	until_true sleeps
	kill -INT "$(pgrep -o -x -f "$WOLFFIA run --rootfs $D/root -- true")"
	wait $! || true
	until_true awake
	stamps "$D/root" | diff "$T/a" -
}

@test "fuse: a container that shares its processes with others has no such layer (R28)" {
	installed
	config '.annotations["wolffia.root"] = "overlay" | .linux.namespaces |= map(select(.type != "pid"))'
	args /probe
	WHO=0 lacking overlay run -b "$B" "$ID"
	[ "$status" -eq 1 ] && [[ $err == *"mount overlay: no such type"*"fuse-overlayfs would do only in a pid namespace of the container's own"* ]] || fail "$err"
	gone
}

@test "fuse: doctor says who makes layers (R47)" {
	installed
	lend
	lacking overlay doctor
	[[ $out == *"degraded  overlay "*"No such device"*"do:  fuse-overlayfs makes layers instead; faster: modprobe overlay, as root"* ]] || fail "$out"
}

@test "fuse: neither overlay nor fuse-overlayfs: what, why and what to do; nothing weaker unasked (R28)" {
	local WHO thing what words choices
	choices='fuse-overlayfs, which would do, is not installed; without both nothing that is written could be thrown away: --read-only forbids writing, --rootfs-rw writes to the directory itself'
	lend
	hide fuse-overlayfs
	for WHO in 1000 0; do
		for words in "" "--overlay disk" "--overlay $D/kept" "--userns host"; do
			[ "$words" != "--userns host" ] || [ $WHO = 0 ] || continue
			[ $WHO = 1000 ] || [ "$words" != "--overlay $D/kept" ] || continue
			# shellcheck disable=SC2086 # options
			lacking overlay run --rootfs "$D/root" --root-ids none $words -- echo ran
			[ "$status" -eq 125 ] && [ -z "$out" ] || fail "$WHO $words: $status $out"
			[ "$err" = "error: --rootfs: $D/root: mount overlay: no such type of filesystem: No such device
  hint: this kernel has no overlay (modprobe overlay, as root); $choices" ] || fail "$WHO $words: $err"
		done
	done
	WHO=1000
	lacking +userxattr run --rootfs "$D/root" -- echo ran
	[ "$status" -eq 125 ] && [ -z "$out" ]
	[ "$err" = "error: --rootfs: $D/root: mount overlay: option userxattr: Invalid argument
  hint: an overlay in a user namespace needs Linux 5.11 (userxattr); $choices" ] || fail "$err"
	lacking overlay do -v "$D/root:/w:overlay" -- echo ran
	[ "$status" -eq 125 ] && [ -z "$out" ]
	[ "$err" = "error: --volume: /w: mount overlay: no such type of filesystem: No such device
  hint: this kernel has no overlay (modprobe overlay, as root); fuse-overlayfs, which would do, is not installed; without both nothing that is written there could be thrown away: \"ro\" in place of \"overlay\" forbids writing, none of both changes the directory itself" ] || fail "$err"
	stamps "$D/root" | diff "$T/a" -
	[ -z "$(find "$D/tmp" "$D/kept" -mindepth 1 ! -name upper)" ] || fail "$(find "$D/tmp" "$D/kept")"
	# what may be chosen: do needs no layer at all, nor does a root that is not written to
	lacking overlay do -v "$D/root:/w" -- sh -c 'ls /w/etc/passwd; touch /etc/x'
	[[ $out == /w/etc/passwd && $err == *"Read-only file system"* ]] || fail "$out $err"
	lacking overlay run --rootfs "$D/root" --read-only -- sh -c 'echo ran; echo x >/etc/new'
	[[ $out == ran && $err == *"Read-only file system"* ]] || fail "$out $err"
	stamps "$D/root" | diff "$T/a" -
	lacking overlay run --rootfs "$D/root" --rootfs-rw -- sh -c 'echo x >/etc/new'
	[ "$status" -eq 0 ] && [ "$(cat "$D/root/etc/new")" = x ] || fail "$err"
	lacking overlay doctor
	[[ $out == *"missing   overlay "*"No such device"*"do:  modprobe overlay, as root, or fuse-overlayfs and /dev/fuse"* ]] || fail "$out"
	rm -rf "$D"
}
