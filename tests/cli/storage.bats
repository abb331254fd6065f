# SPDX-License-Identifier: GPL-2.0-or-later
# Where the files of direct use go: layers in memory, on disk, kept; whose ids they have; and
# that nothing of it is left. As root and as a plain user (contrib/test runs this file as both).
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	chmod 755 "$T" "$B"
	mkdir "$R/work" "$T/disk"
	export TMPDIR=$T/disk
	before=$(leftovers)
}

# d ARGUMENT...: run --rootfs with the bundle's root
d() { w run --rootfs "$R" "$@"; }

sum() { (cd "$R" && find . -printf '%p %m %s %l\n' | sort; find . -type f -exec cat {} + | cksum); }

# a container's worst: closed directories, depth, links, sockets, odd names, other ids
mess='mkdir -p /m/a/b /m/c; echo x >/m/a/b/f; ln /m/a/b/f /m/hard; ln -s /etc /m/link; mkfifo /m/p
i=0; cd /m/c; while [ $i -lt 200 ]; do mkdir d; cd d; i=$((i+1)); done; cd /
chown 77:77 /m/a/b 2>/dev/null; chmod 0 /m/a/b /m/a; chmod 700 /m/c; rm -r /etc; mkdir /etc; touch "/m/ *"'

modes() {
	echo single
	[ "$(id -u)" -eq 0 ] || ! grep -q "^$(id -un):" /etc/subuid || echo shared keep-id nomap
}

@test "storage: --overlay disk: the root is not changed, and nothing is left (R26)" {
	local m
	sum >"$T/a"
	for m in $(modes); do
		d --userns "$m" --overlay disk -- sh -c "$mess; grep ' / / ' /proc/self/mountinfo"
		[ "$status" -eq 0 ] || [ "$m" = keep-id ] || fail "$m: $err"
		[ "$m" = keep-id ] || [[ $out == *upperdir=* ]] || fail "$m: $out"
		[ -z "$(ls -A "$TMPDIR")" ] || fail "$m: $(find "$TMPDIR" -ls)"
	done
	sum >"$T/b"
	diff "$T/a" "$T/b"
}

@test "storage: --overlay disk holds more than memory would, and volumes too" {
	mkdir "$T/src"
	echo one >"$T/src/file"
	d --overlay disk -v "$T/src:/work:overlay" -- sh -c 'rm /work/file; echo x >/work/new; dd if=/dev/zero of=/work/big bs=65536 count=20; ls /work'
	[ "$status" -eq 0 ] || fail "$err"
	[ "$out" = $'big\nnew' ]
	[ "$(ls "$T/src")" = file ] && [ -z "$(ls -A "$TMPDIR")" ]
	cd "$T/src"
	w do --overlay disk -v "$T/src::overlay" -- sh -c 'echo y >new; cat new'
	[ "$out" = y ] || fail "$err"
	[ "$(ls "$T/src")" = file ] && [ -z "$(ls -A "$TMPDIR")" ] || fail "$(ls -A "$TMPDIR")"
}

@test "storage: SIGKILL at any moment: the layer on disk is gone soon after (R25 R26 R40)" {
	local i pid mode=single
	for i in 1 2 4 6 8 10 13 16 20 25 30 40 60 80; do
		"$WOLFFIA" run --rootfs "$R" --userns $mode --overlay disk -- sh -c "$mess; sleep 30" 3>&- >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$(printf %02d $i)"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		[ "$(id -u)" -eq 0 ] || ! grep -q "^$(id -un):" /etc/subuid || mode=shared
	done
	until_true sh -c 'test -z "$(ls -A "$TMPDIR")"'
	until_true sh -c 'test -z "$("$WOLFFIA" list -q)"'
}

@test "storage: --overlay DIR keeps what was changed, and only that (R26)" {
	mkdir "$T/kept"
	sum >"$T/a"
	d --overlay "$T/kept" -- sh -c 'echo hi >/work/new; rm -r /home; echo more >>/etc/passwd'
	[ "$status" -eq 0 ] || fail "$err"
	[ "$(ls -A "$T/kept")" = upper ] || fail "$(ls -A "$T/kept")"
	[ "$(cat "$T/kept/upper/work/new")" = hi ]
	cd "$T"
	d --overlay ./kept -- sh -c 'cat /work/new; ls -d /home 2>/dev/null; tail -n 1 /etc/passwd; rm /work/new'
	[ "$out" = $'hi\nmore' ] || fail "$out $err"
	d --overlay "$T/kept" -- sh -c 'ls /work'
	[ -z "$out" ]
	sum >"$T/b"
	diff "$T/a" "$T/b"
	[ -z "$(ls -A "$TMPDIR")" ]
}

@test "storage: a kept layer with subordinate ids: used again, removed by do" {
	[ "$(id -u)" -ne 0 ] && grep -q "^$(id -un):" /etc/subuid || skip "for a plain user with subordinate ids"
	local m
	for m in shared keep-id nomap; do
		mkdir "$T/kept"
		d --userns $m --user 0 --overlay "$T/kept" -- sh -c 'mkdir -p /d/e && chown 77 /d && chmod 0 /d && echo ok'
		[ "$out" = ok ] || fail "$m: $err"
		[ "$(ls -A "$T/kept")" = upper ] || fail "$m: $(ls -A "$T/kept")"
		d --userns $m --user 0 --overlay "$T/kept" -- stat -c '%u %a' /d
		[ "$out" = "77 0" ] || fail "$m: $out $err"
		! rm -rf "$T/kept" 2>/dev/null || fail "the caller could remove it himself"
		w do --userns shared -v "$T:/t" -- rm -rf /t/kept
		[ "$status" -eq 0 ] && [ ! -e "$T/kept" ] || fail "$m: $err"
	done
	# another mapping: refused, with the reason
	mkdir "$T/kept"
	d --overlay "$T/kept" -- true
	d --userns nomap --overlay "$T/kept" -- true
	[ "$status" -eq 125 ]
	[ "$err" = "error: layer on disk: $T/kept: upper belongs to $(id -u):$(id -g), who has no id in this container
  hint: a kept layer can be used with the id mappings that it was made with" ] || fail "$err"
	[ "$(ls -A "$T/kept")" = upper ] || fail "$(ls -A "$T/kept")"
}

@test "storage: a kept layer has one user at a time; after a crash it is free again" {
	local pid
	mkdir "$T/kept"
	"$WOLFFIA" run --rootfs "$R" --overlay "$T/kept" --id "$ID" -- sleep 30 3>&- &
	pid=$!
	until_true sh -c "'$WOLFFIA' state '$ID' | grep -q running"
	d --overlay "$T/kept" -- true
	[ "$status" -eq 125 ]
	[[ $err == "error: layer on disk: $T/kept: it is in use by another container"* ]] || fail "$err"
	[[ $err == *"its state is in "*"/$ID"* ]] || fail "$err"
	kill -9 $pid
	wait $pid || true
	until_true sh -c "test ! -L '$T/kept/in-use'"
	# as if the state had been lost with a reboot
	ln -s /no/such/state "$T/kept/in-use"
	mkdir -p "$T/kept/work/work"
	chmod 0 "$T/kept/work/work"
	d --overlay "$T/kept" -- sh -c 'echo x >/work/x'
	[ "$status" -eq 0 ] || fail "$err"
	[ "$(ls -A "$T/kept")" = upper ]
}

@test "storage: bad places, each with its sentence" {
	local words sentence
	mkdir "$T/kept"
	echo >"$T/file"
	while IFS='|' read -r words sentence; do
		# shellcheck disable=SC2086 # a list of words
		d $words -- true
		[ "$status" -eq 125 ] || fail "$words: $status $err"
		[[ $err == "error: "*"$sentence"* ]] || fail "$words: $err"
		[ -z "$(ls -A "$T/kept" "$TMPDIR" | grep -v :)" ] || fail "$(ls -A "$T/kept" "$TMPDIR")"
	done <<-END
		--overlay odd|--overlay odd: expected memory, disk, or a directory with a slash in its name
		--overlay $T/none|--overlay $T/none: it does not exist
		--overlay $T/file|annotations: wolffia.overlay: $T/file: not a directory
		--overlay disk --overlay-size 1m|--overlay disk: --overlay-size limits what lies in memory
		--overlay $T/kept --rootfs-rw|--overlay $T/kept: with --rootfs-rw there is no layer over the root
		--overlay $T/kept --read-only|--overlay $T/kept: with --read-only there is no layer over the root
	END
	w do --overlay "$T/kept" -- true
	[[ $err == *"only the layer over a --rootfs can be kept"* ]]
	TMPDIR=$T/none d --overlay disk -- true
	[ "$status" -eq 125 ]
	[[ $err == "error: layer on disk: $T/none/wolffia-layer-"*": make the directory: it does not exist"*"TMPDIR says where it is to be"* ]] || fail "$err"
	if [ "$(id -u)" -ne 0 ]; then
		d --overlay /etc -- true
		[[ $err == *"annotations: wolffia.overlay: /etc: it belongs to uid 0"* ]] || fail "$err"
	fi
}

@test "storage: the same by annotations in a bundle, removed by delete (R26)" {
	config '.annotations["wolffia.root"] = "overlay" | .annotations["wolffia.overlay"] = "disk"'
	args /probe
	ok create -b "$B" "$ID"
	[ "$(ls "$TMPDIR" | wc -l)" -eq 1 ]
	[[ $(readlink "$TMPDIR"/wolffia-layer-*/in-use) == */"$ID" ]]
	ok delete --force "$ID"
	[ -z "$(ls -A "$TMPDIR")" ]
	ok run -b "$B" "$ID"
	[ -z "$(ls -A "$TMPDIR")" ]
	config '.annotations["wolffia.overlay"] = "odd"'
	refused 'annotations: wolffia.overlay: "odd": expected memory, disk or the absolute path of a directory'
	config '.annotations["wolffia.overlay"] = "/tmp" | .annotations["wolffia.root"] = "empty"'
	refused 'wolffia.overlay: a kept layer needs wolffia.root=overlay'
	[ -z "$(ls -A "$TMPDIR")" ]
}

@test "storage: delete says what it cannot remove, and can be repeated (R26)" {
	[ "$(id -u)" -eq 0 ] || skip "needs a mount in the way"
	config '.annotations["wolffia.root"] = "overlay" | .annotations["wolffia.overlay"] = "disk"'
	args /probe
	ok create -b "$B" "$ID"
	local layer
	layer=$(echo "$TMPDIR"/wolffia-layer-*)
	mkdir "$layer/layers/in-the-way"
	mount -t tmpfs none "$layer/layers/in-the-way"
	no 1 "layer on disk: $layer: layers: 1 entries cannot be removed, one is \"in-the-way\": Device or resource busy" delete --force "$ID"
	umount "$layer/layers/in-the-way"
	ok delete --force "$ID"
	[ -z "$(ls -A "$TMPDIR")" ]
}
