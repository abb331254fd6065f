# SPDX-License-Identifier: GPL-2.0-or-later
# Where the files of direct use go: layers in memory, on disk, kept; whose ids they have; and
# that nothing of it is left. As root and as a plain user (contrib/test runs this file as both).
load helpers
load lent

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

# limits: where layers on disk can be limited; else the test is skipped
limits() {
	[ "$(id -u)" -eq 0 ] || skip "a limit on disk is root's"
	{ : <>/dev/loop-control; } 2>/dev/null || skip "no loop devices here"
	command -v mke2fs >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v mke2fs >/dev/null || skip "no mke2fs"
}

# no loop device holds a file of ours, and the directory of layers takes no more than before
released() { ! grep -qsF "$TMPDIR/" /sys/block/loop*/loop/backing_file && [ -z "$(ls -A "$TMPDIR")" ] && [ "$(room)" = "$empty" ]; }

room() { df --output=used "$TMPDIR" | tail -n 1; }

# a filesystem of its own for the layers: what it takes is nobody else's
limited() {
	limits
	mount -t tmpfs -o size=64m limited "$TMPDIR"
	empty=$(room)
}

fill='dd if=/dev/zero of=$0/big bs=65536 count=300 2>&1 | grep -o "No space left"; test $(stat -c %s $0/big) -gt 6000000 || exit 3; rm $0/big; echo again >$0/x; cat $0/x'

@test "storage: --overlay disk --overlay-size: the limit holds, whoever the ids are (R25 R26)" {
	limited
	local words
	sum >"$T/a"
	for words in "" "--userns host" "--userns map=0:200000:65536" "--userns map=0:200000:65536 --root-ids metacopy" "--userns map=0:0:1000 --root-ids none"; do
		# shellcheck disable=SC2086 # options
		w --log-level info run --rootfs "$R" $words --overlay disk --overlay-size 8m -- sh -c "rm -r /home; $fill" /work
		[ "$out" = $'No space left\nagain' ] || fail "$words: $status $out $err"
		[[ $err == *"info: root.path $R: what is written goes to a filesystem of 8388608 bytes in $TMPDIR, and is thrown away"* ]] || fail "$err"
		until_true released
	done
	sum >"$T/b"
	diff "$T/a" "$T/b"
	# all layers of a container share it; a tmpfs stays one
	mkdir "$T/p" "$T/q"
	cd "$T/p"
	w do --overlay disk --overlay-size 8m -v .::overlay -v "$T/q:/q:overlay" -- sh -c "$fill; dd if=/dev/zero of=/q/big bs=65536 count=80 2>/dev/null; $fill; stat -f -c %T /tmp" .
	[ "$status" -eq 3 ] && [[ $out == $'No space left\nagain\nNo space left' ]] || fail "$status $out $err"
	w do --overlay disk --overlay-size 8m -v .::overlay -- sh -c 'stat -f -c %T /tmp'
	[ "$out" = tmpfs ] || fail "$out $err"
	[ -z "$(ls -A "$T/p" "$T/q" | grep -v :)" ]
	until_true released
	umount "$TMPDIR"
}

@test "storage: --overlay disk --overlay-size: SIGKILL of everything leaves no device, no mount, no file (R25 R26 R40)" {
	limited
	local i pid words mounts=$(wc -l </proc/self/mountinfo)
	for words in "" "--userns map=0:200000:65536"; do
		# shellcheck disable=SC2086 # options
		"$WOLFFIA" run --rootfs "$R" $words --overlay disk --overlay-size 8m -- sh -c 'exec 5>/held; echo text >&5; echo ready; exec sleep 1000' 3>&- >"$T/said" 2>&1 &
		pid=$!
		until_true grep -q ready "$T/said"
		grep -qF "$TMPDIR/" /sys/block/loop*/loop/backing_file || fail "no loop device"
		[ "$(wc -l </proc/self/mountinfo)" = "$mounts" ] && [ -z "$(ls -A "$TMPDIR")" ]
		# the runtime, its init and the keeper, all at once
		kill -9 $pid $(pgrep -x wolffia) 2>/dev/null || true
		wait $pid || true
		until_true released
	done
	for i in 1 4 8 13 20 30 40 60 80; do
		"$WOLFFIA" run --rootfs "$R" --overlay disk --overlay-size 8m -- sh -c "$mess; sleep 1000" 3>&- >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$(printf %02d $i)"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
	done
	until_true released
	[ "$(wc -l </proc/self/mountinfo)" = "$mounts" ]
	"$WOLFFIA" gc >/dev/null
	until_true sh -c 'test -z "$("$WOLFFIA" list -q)"'
	umount "$TMPDIR"
}

@test "storage: --overlay disk --overlay-size: many at once, each with a device of its own" {
	limited
	local i pids=()
	for i in {1..6}; do
		"$WOLFFIA" run --rootfs "$R" --overlay disk --overlay-size 2m -- sh -c "echo $i >/x; dd if=/dev/zero of=/y bs=65536 count=100 2>/dev/null; cat /x" 3>&- >"$T/said-$i" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in {1..6}; do [ "$(<"$T/said-$i")" = $i ] || fail "$i: $(<"$T/said-$i")"; done
	until_true released
	umount "$TMPDIR"
}

@test "storage: --overlay disk --overlay-size from a bundle: the same, for root alone (R25)" {
	w run --rootfs "$R" --overlay disk --print-config -- true
	[ "$(jq -r '.annotations["wolffia.overlay-size"]' <<<"$out")" = null ] || fail "$out"
	w run --rootfs "$R" --overlay disk --overlay-size 8m --print-config -- sh -c "$fill" /work
	[ "$(jq -r '.annotations | .["wolffia.overlay"] + .["wolffia.overlay-size"]' <<<"$out")" = disk8388608 ] || fail "$out"
	cp "$T/out" "$B/config.json"
	if [ "$(id -u)" -ne 0 ]; then
		w run -b "$B" "$ID"
		[ "$status" -ne 0 ] && [ -z "$out" ] || fail "$status $out"
		[[ $err == "error: config.json:"*": annotations: wolffia.overlay-size: a layer on disk cannot be limited in size: only root of the machine may mount a filesystem that has one"*"--fsize limits each file; a layer in memory can be limited by anybody"* ]] || fail "$err"
		return
	fi
	limited
	w run -b "$B" "$ID"
	[ "$out" = $'No space left\nagain' ] || fail "$status $out $err"
	until_true released
	# create and start: the runtime is gone while it runs
	w create -b "$B" "$ID"
	[ "$status" -eq 0 ] || fail "$err"
	! released
	w delete --force "$ID"
	until_true released
	umount "$TMPDIR"
}

@test "storage: --overlay disk --overlay-size: what is missing is named" {
	limited
	lacks() {
		d --overlay disk --overlay-size "${2-8m}" -- true
		[ "$status" -eq 125 ] || fail "$1: $status $err"
		# shellcheck disable=SC2053 # patterns on purpose
		[[ $err == $1 ]] || fail "$err"
		released || fail "something is left: $(ls -A "$TMPDIR")"
	}
	lacks "error: layer on disk: $TMPDIR: set 134217728 bytes aside: No space left on device*hint: TMPDIR says where it is to be; default: /var/tmp" 128m
	TMPDIR=$T/none d --overlay disk --overlay-size 8m -- true
	[[ $err == "error: layer on disk: $T/none: make a file without a name: it does not exist"*"TMPDIR says"* ]] || fail "$err"
	mv /dev/loop-control /dev/away
	lacks "error: layer on disk: $TMPDIR: /dev/loop-control: it does not exist*modprobe loop*--overlay memory*"
	says_doctor "missing|/dev/loop-control: it does not exist"
	mv /dev/away /dev/loop-control
	hide mke2fs
	lacks "error: layer on disk: $TMPDIR: mke2fs is not installed, and a limit on disk needs*install the package e2fsprogs*"
	says_doctor "missing|mke2fs is not installed, and a limit on disk needs a filesystem of its own"
	# who cannot limit it pays nothing, and needs nothing
	d --overlay disk -- echo ran
	[ "$out" = ran ] || fail "$err"
	fake mke2fs 'echo "mke2fs: a word of its own" >&2; exit 3'
	lacks "error: layer on disk: $TMPDIR: /usr/local/bin/mke2fs: exit status 3: mke2fs: a word of its own"
	fake mke2fs 'exit 0'
	lacks "error: layer on disk: $TMPDIR: mount ext4: *"
	shown
	says_doctor "ok|"
	umount "$TMPDIR"
}

says_doctor() {
	w doctor --json
	[[ $(jq -r '.checks[] | select(.name == "loop") | .state + "|" + (.cause // "")' "$T/out") == "$1"* ]] || fail "$(jq '.checks[] | select(.name == "loop")' "$T/out")"
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
		--overlay $T/file|--overlay: $T/file: not a directory
		--overlay disk --rootfs-rw|--overlay disk: with --rootfs-rw and no --volume SRC:overlay there is no layer
		--overlay disk --read-only|--overlay disk: with --read-only and no --volume SRC:overlay there is no layer
		--overlay disk,size=1m|--overlay disk,size=1m: "disk" takes no options
		--overlay $T/kept --overlay-size 1m|--overlay $T/kept: a layer that is kept cannot be limited in size: the directory is as large as
		--overlay disk --overlay-size 1020k|--overlay-size: $([ "$(id -u)" -eq 0 ] && echo "1044480: the smallest filesystem on disk has 1048576 bytes (1m)" || echo "a layer on disk cannot be limited in size: only root of the machine may mount a filesystem that has one")
		--overlay $T/kept --rootfs-rw|--overlay $T/kept: with --rootfs-rw there is no layer over the root
		--overlay $T/kept --read-only|--overlay $T/kept: with --read-only there is no layer over the root
	END
	d --overlay "$T/none" -- true
	[[ $err == *"hint: nothing is made unasked: \`mkdir $T/none\`"* ]] || fail "$err"
	w do --overlay "$T/kept" -- true
	[[ $err == *"only the layer over a --rootfs can be kept"* ]]
	TMPDIR=$T/none d --overlay disk -- true
	[ "$status" -eq 125 ]
	[[ $err == "error: layer on disk: $T/none/wolffia-layer-"*": make the directory: it does not exist"*"TMPDIR says where it is to be"* ]] || fail "$err"
	if [ "$(id -u)" -ne 0 ]; then
		d --overlay /etc -- true
		[[ $err == *"--overlay: /etc: it belongs to uid 0"* ]] || fail "$err"
	fi
}

@test "storage: a layer in what it lies over, or the other way round, is refused (R26)" {
	mkdir -p "$R/kept" "$T/kept/root/bin" "$R/tmp/here" "$T/odd"
	local place
	for place in "$R/kept" "$R/"; do
		d --overlay "$place" -- echo ran
		[ "$status" -eq 125 ] && [ -z "$out" ] || fail "$place: $status $out"
		[ "$err" = "error: layer on disk: ${place%/}: a layer over $R and that directory cannot lie in one another
  hint: choose a directory elsewhere" ] || fail "$place: $err"
	done
	w run --rootfs "$T/kept/root" --overlay "$T/kept" -- echo ran
	[ "$status" -eq 125 ] && [[ $err == *"a layer over $T/kept/root and that directory cannot lie in one another"* ]] || fail "$err"
	TMPDIR=$R/tmp/here d --overlay disk -- echo ran
	[ "$status" -eq 125 ] && [[ $err == *"a layer over $R and that"*"hint: TMPDIR says where it is to be"* ]] || fail "$err"
	TMPDIR=$R/tmp/here w do -v "$R:/w:overlay" --overlay disk -- echo ran
	[ "$status" -eq 125 ] && [[ $err == *"a layer over $R and that"* ]] || fail "$err"
	# in memory it is all the same
	TMPDIR=$R/tmp/here w do -v "$R:/w:overlay" -- echo ran
	[ "$out" = ran ] || fail "$err"
	[ -z "$(ls -A "$R/kept" "$R/tmp/here" | grep -v :)" ] && [ "$(ls -A "$T/kept")" = root ] || fail "$(ls -AR "$R/kept" "$T/kept")"
	echo mine >"$T/odd/in-use"
	d --overlay "$T/odd" -- true
	[ "$err" = "error: layer on disk: $T/odd: \"in-use\" in it is no container's mark
  hint: move it elsewhere, or choose another directory" ] || fail "$err"
	[ "$(cat "$T/odd/in-use")" = mine ]
}

@test "storage: nothing of the memory that a layer took is held afterwards (R25)" {
	local pid now
	# on this filesystem nothing is written at all
	now=$(df --output=iused "$T" | tail -n 1)
	"$WOLFFIA" run --rootfs "$R" -- sh -c 'dd if=/dev/zero of=/big bs=1048576 count=8 2>/dev/null; i=0; while [ $i -lt 200 ]; do : >/f$i; i=$((i+1)); done; echo done; sleep 30' >"$T/said" 2>&1 3>&- &
	pid=$!
	until_true there "$T/said"
	[ "$(df --output=iused "$T" | tail -n 1)" -lt $((now + 100)) ]
	kill -9 $pid
	wait $pid || true
	until_true sh -c 'test -z "$("$WOLFFIA" list -q)" && ! pgrep -x wolffia'
	[ "$(cat "$T/said")" = done ] || fail "$(<"$T/said")"
	! ls "$R"/big "$R"/f0 2>/dev/null
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

@test "storage: delete and gc name what somebody has put beside a layer (R26)" {
	config '.annotations["wolffia.root"] = "overlay" | .annotations["wolffia.overlay"] = "disk"'
	args /probe
	ok create -b "$B" "$ID"
	local layer lost
	layer=$(echo "$TMPDIR"/wolffia-layer-*)
	echo precious >"$layer/notes.txt"
	no 1 "layer on disk: $layer: \"notes.txt\" in it is not the container's" delete --force "$ID"
	[[ $err == *"hint: move it elsewhere, and delete once more" ]] || fail "$err"
	no 1 '"notes.txt"' delete --force "$ID"
	[ "$(cat "$layer/notes.txt")" = precious ] && [ ! -e "$layer/layers" ]
	rm "$layer/notes.txt"
	ok delete --force "$ID"
	[ -z "$(ls -A "$TMPDIR")" ] || fail "$(ls -AR "$TMPDIR")"
	# the same when the state is lost
	lost=$TMPDIR/wolffia-layer-$(id -u)-0123456789abcdef
	mkdir -p "$lost/layers/a" "$lost/mine"
	ln -s /no/such/state "$lost/in-use"
	touch -h -d 2001-01-01 "$lost/in-use"
	w gc
	[[ $out$err == *"$lost"*"\"mine\" in it is not the container's"* ]] || fail "$status $out $err"
	[ -d "$lost/mine" ]
	rmdir "$lost/mine"
	ok gc
	[ -z "$(ls -A "$TMPDIR")" ] || fail "$(ls -AR "$TMPDIR")"
}

# what the files of the root look like inside, and whether root may change them there
seen='stat -c "%u:%g %a %n" / /etc/passwd /etc/odd /bin/set-uid; echo z >>/etc/passwd && tail -n 1 /etc/passwd; rm /etc/odd && echo gone'
want=$'0:0 755 /\n0:0 644 /etc/passwd\n5:6 644 /etc/odd\n0:0 4755 /bin/set-uid\nz\ngone'

odd_root() {
	chmod 755 "$R"
	chown 0:0 "$R" "$R/etc/passwd"
	echo odd >"$R/etc/odd"
	chown 5:6 "$R/etc/odd"
	echo x >"$R/bin/set-uid"
	chmod 4755 "$R/bin/set-uid"
	chmod 644 "$R/etc/passwd"
}

@test "storage: root: files get the container's ids, by each way, and the root is not changed (R27)" {
	[ "$(id -u)" -eq 0 ] || skip "for root"
	local way options
	odd_root
	sum >"$T/a"
	while read -r way options; do
		# shellcheck disable=SC2086 # options
		w --log-level info run --rootfs "$R" --userns map=0:200000:65536 $options -- sh -c "$seen"
		[ "$out" = "$want" ] || fail "$way $options: $out $err"
		[[ $err == *"root.path $R: ids of its files: $way"* ]] || fail "$way: $err"
		# on the machine nothing is to be seen of it
		! grep -F "$R" /proc/self/mountinfo || fail "$way: a mount is left"
	done <<-END
		idmap
		idmap --root-ids auto --overlay disk
		idmap --root-ids idmap --tmpfs /home
		metacopy --root-ids metacopy
		metacopy --root-ids metacopy --overlay disk
		metacopy --root-ids metacopy -v $T:/work:overlay
	END
	[ -z "$(ls -A "$TMPDIR")" ]
	sum >"$T/b"
	diff "$T/a" "$T/b"
	# without a layer too
	d --userns map=0:200000:65536 --rootfs-rw -- sh -c 'echo new >/work/new; stat -c %u /work/new'
	[ "$out" = 0 ] && [ "$(stat -c %u "$R/work/new")" = 0 ] || fail "$out $err"
	d --userns map=0:200000:65536 --read-only -- stat -c %u /work/new
	[ "$out" = 0 ] || fail "$out $err"
}

@test "storage: root: where the filesystem cannot be id-mapped, metacopy; told (R27)" {
	[ "$(id -u)" -eq 0 ] || skip "for root"
	odd_root
	mkdir "$T/m" "$T/u" "$T/w"
	# an overlay cannot be id-mapped, and can be below another one
	mount -t overlay -o "lowerdir=$R,upperdir=$T/u,workdir=$T/w" none "$T/m"
	w --log-level info run --rootfs "$T/m" --userns map=0:200000:65536 -- sh -c "$seen"
	[ "$out" = "$want" ] || fail "$out $err"
	[[ $err == *"root.path: $T/m: id-map the root filesystem: Invalid argument"*"ids of its files: metacopy"* ]] || fail "$err"
	w run --rootfs "$T/m" --userns map=0:200000:65536 --root-ids idmap -- true
	[ "$status" -eq 125 ]
	[ "$err" = "error: --rootfs: $T/m: id-map the root filesystem: Invalid argument
  hint: this filesystem cannot be id-mapped: metacopy copies owners into the layer, chown changes them for good" ] || fail "$err"
	# without a layer there is no way but chown, which is never taken unasked
	w run --rootfs "$T/m" --rootfs-rw --userns map=0:200000:65536 -- stat -c %u /etc/passwd
	[ "$out" = 65534 ] || fail "$out"
	[[ $err == *"warning: root.path $T/m: it belongs to 0:0, who has no id in the container"* ]] || fail "$err"
	[ "$(stat -c %u "$T/m/etc/passwd")" = 0 ]
	umount "$T/m"
}

@test "storage: root: metacopy by several processes misses nothing, and says what fails (R27)" {
	[ "$(id -u)" -eq 0 ] || skip "for root"
	local i
	for i in {1..40}; do
		mkdir -p "$R/many/$((i % 7))/$((i % 3))/$i"
		(cd "$R/many/$((i % 7))/$((i % 3))/$i" && touch a b c && ln -s a link && mkfifo pipe)
	done
	d --userns map=0:200000:65536 --root-ids metacopy -- sh -c \
		'find /many | wc -l; find /many ! -user 0 -o ! -group 0 | wc -l'
	[ "$out" = $'269\n0' ] || fail "$out $err"
	[ -z "$(find "$R/many" ! -user 0)" ]
	mkdir -p "$R/$(printf 'd/%.0s' {1..510})"
	no 125 "--rootfs: $R: \"d\": more than 500 directories deep" \
		run --rootfs "$R" --userns map=0:200000:65536 --root-ids metacopy -- true
	! pgrep -P 1 -x wolffia || fail "a process is left"
}

@test "storage: --root-ids chown changes the files for good, once (R27)" {
	local mode=map=0:200000:65536 first=200000
	if [ "$(id -u)" -ne 0 ]; then
		grep -q "^$(id -un):" /etc/subuid || skip "no subordinate ids"
		mode=nomap first=100000
		echo x >"$R/bin/set-uid"
		chmod 4755 "$R/bin/set-uid"
	else
		odd_root
	fi
	w --log-level info run --rootfs "$R" --userns $mode --root-ids chown -- sh -c 'stat -c "%u %a" / /bin/set-uid; echo z >>/etc/passwd && echo yes'
	[ "$out" = $'0 755\n0 4755\nyes' ] || fail "$out $err"
	[[ $err == *"ids of its files: chown"* ]] || fail "$err"
	[ "$(stat -c %u "$R" "$R/etc/passwd" "$R/bin/set-uid" | sort -u)" = $first ]
	[ "$(id -u)" -ne 0 ] || [ "$(stat -c %u:%g "$R/etc/odd")" = 200005:200006 ]
	# now it is the container's: every way leaves it alone
	w --log-level info run --rootfs "$R" --userns $mode -- true
	[[ $err == *"ids of its files: same"* ]] || fail "$err"
	# back, so that it can be removed
	[ "$(id -u)" -eq 0 ] || w do --userns shared -v "$R" -- chown -R 0:0 "$R"
	[ "$(stat -c %u "$R/etc/passwd")" = "$(id -u)" ] || [ "$(id -u)" -eq 0 ]
}

@test "storage: a signal ends a change of owners, whatever the way (R27)" {
	need_root
	local way
	mkdir "$R/many"
	(cd "$R/many" && seq 300 | xargs touch)
	for way in metacopy chown; do
		status=0
		# it waits for the program before that begins
		env --block-signal=TERM sh -c 'kill -TERM $$; exec "$@"' - "$WOLFFIA" run --rootfs "$R" \
			--userns map=0:200000:65536 --root-ids $way -- true >"$T/out" 2>"$T/err" 3>&- || status=$?
		[ "$status" -eq 125 ] && grep -q "interrupted by SIGTERM" "$T/err" || fail "$way: $status $(<"$T/err")"
	done
	[ -z "$(find "$R" -xdev ! -user 0)" ] || fail "$(find "$R" -xdev ! -user 0 | wc -l)"
}

@test "storage: --root-ids chown stops where something else is mounted, of the same filesystem too (R27)" {
	need_root
	mkdir -p "$T/other/d" "$R/mnt/d"
	touch "$T/other/file" "$T/other/d/file" "$T/one" "$R/mnt/d/file" "$R/one"
	mount --bind "$T/other" "$R/mnt"
	mount --bind "$T/one" "$R/one"
	w run --rootfs "$R" --rootfs-rw --userns map=0:200000:65536 --root-ids chown -- true
	umount "$R/mnt" "$R/one"
	[ "$status" -eq 0 ] || fail "$err"
	[ "$(stat -c %u "$T/other" "$T/other/file" "$T/other/d/file" "$T/one" | sort -u)" = 0 ] || fail "$(ls -lnR "$T/other" "$T/one")"
	# what is covered is not reached either
	[ "$(stat -c %u "$R/mnt/d/file" "$R/one" | sort -u)" = 0 ]
	[ "$(stat -c %u "$R/etc/passwd")" = 200000 ]
}

# every file's last change of owner, mode or contents, and what it takes on the disk
@test "storage: no way but chown changes any file of the root: owners, times, blocks (R27)" {
	local way options modes=()
	[ "$(id -u)" -ne 0 ] || odd_root
	stamps "$R" >"$T/a"
	if [ "$(id -u)" -eq 0 ]; then
		modes=("idmap --userns map=0:200000:65536" "idmap --userns map=0:200000:65536 --overlay disk"
			"metacopy --userns map=0:200000:65536 --root-ids metacopy"
			"none --userns map=0:200000:65536 --root-ids none" "same --userns shared")
	else
		modes=("same --userns single")
		! grep -q "^$(id -un):" /etc/subuid || modes+=("same --userns shared" "same --userns keep-id" "none --userns nomap" "none --userns auto:size=2000")
	fi
	for way in "${modes[@]}"; do
		options=${way#* } way=${way%% *}
		# shellcheck disable=SC2086 # options
		w --log-level info run --rootfs "$R" $options -- sh -c 'cat /etc/passwd >/dev/null; echo x >>/etc/passwd; chmod 700 /bin; rm -r /home; echo done'
		[[ $out == *done ]] || fail "$way $options: $out $err"
		# R30: told each time, and once
		[ "$options" = "--userns map=0:200000:65536 --root-ids none" ] ||
			[ "$(grep -c "root.path $R: ids of its files: $way\$" <<<"$err")" -eq 1 ] || fail "$way $options: $err"
		stamps "$R" | diff "$T/a" - || fail "$way $options"
	done
}

@test "storage: a root of 100,000 files starts within 100 ms more than one of few (R27 R50)" {
	local i words extra ways=()
	mkdir "$R/many" "$T/few" "$T/kept"
	cp -a "$R/." "$T/few"
	(cd "$R/many" && seq -f %03.0f 0 999 | xargs mkdir && seq -f %05.0f 0 99999 | sed 's,^...,&/f,' | xargs touch)
	[ "$(find "$R/many" -type f | wc -l)" -eq 100000 ]
	# took ROOT OPTION...: microseconds of a start to its end
	took() {
		local root=$1 begin
		shift
		begin=${EPOCHREALTIME/./}
		"$WOLFFIA" run --rootfs "$root" "$@" -- true 3>&- || fail "$root $*"
		echo $((${EPOCHREALTIME/./} - begin))
	}
	ways=("--userns single")
	if [ "$(id -u)" -eq 0 ]; then
		ways+=("--userns map=0:200000:65536" "--userns map=0:200000:65536 --overlay disk"
			"--userns map=0:200000:65536 --rootfs-rw" "--userns map=0:200000:65536 --overlay $T/kept")
	elif grep -q "^$(id -un):" /etc/subuid; then
		ways+=("--userns shared" "--userns keep-id" "--userns nomap --root-ids none")
	fi
	for words in "${ways[@]}"; do
		# a machine that is busy now is not so always: the least difference counts
		for i in {1..30}; do
			# shellcheck disable=SC2086 # options
			extra=$(($(took "$R" $words) - $(took "$T/few" $words)))
			[ "$extra" -ge 100000 ] || break
		done
		[ "$extra" -lt 100000 ] || fail "$words: $extra us more"
	done
	rm -rf "$R/many"
}

@test "storage: where layers lie is told (R25 R26)" {
	mkdir "$T/kept"
	w --log-level info run --rootfs "$R" --overlay-size 5m -- true
	[[ $err == *"info: root.path $R: what is written goes to memory, at most 5242880 bytes, and is thrown away"* ]] || fail "$err"
	w --log-level info run --rootfs "$R" --overlay disk -- true
	[[ $err == *"info: root.path $R: what is written goes to $TMPDIR/wolffia-layer-"*", and is thrown away"* ]] || fail "$err"
	w --log-level info run --rootfs "$R" --overlay "$T/kept" -- true
	[[ $err == *"info: root.path $R: what is written goes to $T/kept/upper, and is kept"* ]] || fail "$err"
	w --log-level info run --rootfs "$R" --rootfs-rw -- true
	[[ $err != *"what is written"* ]] || fail "$err"
}

@test "storage: options of the layers: userxattr, volatile for what is thrown away alone (R25 R26)" {
	mkdir "$T/kept"
	layer_options() {
		d "$@" -- grep ' / / ' /proc/self/mountinfo
		[[ $out == *" - overlay "* ]] || fail "$out $err"
		[ "$(id -u)" -eq 0 ] || [[ $out == *,userxattr* ]] || fail "no userxattr: $out"
	}
	layer_options
	[[ $out != *volatile* ]] || fail "$out"
	layer_options --overlay disk
	[[ $out == *volatile* ]] || fail "$out"
	layer_options --overlay "$T/kept"
	[[ $out != *volatile* ]] || fail "$out"
	# an overlay of a bundle's own gets what a user namespace needs
	mkdir -p "$T/low/dir" "$T/up" "$T/wrk" "$R/over"
	config ".mounts += [{destination: \"/over\", type: \"overlay\", source: \"overlay\", options: [\"lowerdir=$T/low\", \"upperdir=$T/up\", \"workdir=$T/wrk\"]}]"
	args /bin/sh -c 'grep " /over " /proc/self/mountinfo; rm -r /over/dir && mkdir /over/dir && echo ok'
	ok run -b "$B" "$ID"
	[[ $out == *$'\n'ok ]] || fail "$out $err"
	[ "$(id -u)" -eq 0 ] || [[ $out == *,userxattr* ]] || fail "no userxattr: $out"
	chmod -R u+rwx "$T/wrk"
}

@test "storage: the way is in the state; a bundle has none unless it says so (R27)" {
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	args /probe
	config '.annotations["wolffia.root-ids"] = "auto"'
	ok create -b "$B" "$ID"
	w state "$ID"
	if [ "$(id -u)" -eq 0 ]; then
		[ "$(jq -r '.annotations["wolffia.root-ids.way"]' <<<"$out")" = null ]
	else
		[ "$(jq -r '.annotations["wolffia.root-ids.way"]' <<<"$out")" = same ] || fail "$out"
	fi
	ok delete --force "$ID"
	config '.annotations["wolffia.root-ids"] = "odd"'
	refused 'annotations: wolffia.root-ids: "odd": expected auto, idmap, metacopy, chown or none'
}

@test "storage: ids that cannot be had are refused or told (R27 R28)" {
	local words sentence
	if [ "$(id -u)" -eq 0 ]; then
		d --userns map=0:1:65535 --root-ids chown -- true
		[ "$status" -eq 0 ] || [[ $err == *"ids of the container are ids of the machine too"* ]] || fail "$err"
		d --userns map=0:200000:65536 --root-ids metacopy --rootfs-rw -- true
		[[ $err == *"metacopy: it needs a throw-away layer over the root"* ]] || fail "$err"
		mkdir "$T/kept"
		d --userns map=0:200000:65536 --root-ids metacopy --overlay "$T/kept" -- true
		[ "$status" -eq 125 ]
		[[ $err == *"metacopy: it needs a throw-away layer over the root"*"in a layer that is kept files would be empty"* ]] || fail "$err"
		[ -z "$(find "$T/kept" -mindepth 1 ! -name upper)" ]
		return
	fi
	grep -q "^$(id -un):" /etc/subuid || skip "no subordinate ids"
	for words in idmap metacopy; do
		d --userns nomap --root-ids $words -- true
		[ "$status" -eq 125 ]
		[ "$err" = "error: --rootfs: $R: $words: only root of the machine can do that
  hint: a plain user can have the files changed for good: chown" ] || fail "$err"
	done
	d --userns nomap -- sh -c 'cat /etc/passwd >/dev/null && echo read; echo x >>/etc/passwd'
	[ "$out" = read ] || fail "$out"
	[[ $err == "warning: root.path $R: it belongs to $(id -u):$(id -g), who has no id in the container: what is there can be read, but not changed"* ]] || fail "$err"
	d --userns nomap --root-ids none -- true
	[ -z "$err" ] || fail "$err"
}

@test "storage: a layer cannot lie on an overlay, as in a container: where else is told (R28)" {
	need_machine_root
	mkdir -p "$T"/{l,u,w,o}
	mount -t overlay overlay -o "lowerdir=$T/l,upperdir=$T/u,workdir=$T/w" "$T/o" || skip "no overlay here"
	mkdir -m 755 "$T/o/kept"
	local place rest
	for place in disk "$T/o/kept"; do
		TMPDIR=$T/o w run --rootfs "$R" --overlay "$place" -- true
		[[ $status -eq 125 && $err == *"hint: a layer cannot lie on another overlay, as in a container: set TMPDIR"* ]] || break
	done
	rest=$(find "$T/o" -mindepth 1 ! -path "$T/o/kept*")
	umount "$T/o"
	[ -z "$rest" ] || fail "left: $rest"
	[ "$status" -eq 125 ] && [[ $err == *"set TMPDIR"* ]] || fail "$place: $status $err"
}

@test "storage: a root with mounts below it that may not be uncovered is refused with the reason (R28)" {
	[ "$(id -u)" -ne 0 ] || skip "for a plain user"
	w run --rootfs / -- true
	[ "$status" -eq 125 ]
	[[ $err == *"no throw-away layer can lie over the machine's root"* ]] || fail "$err"
	w run --rootfs /dev -- true
	[ "$status" -eq 125 ]
	[[ $err == *"error: --rootfs: /dev: mount overlay: "*"if there are mounts below that directory: a user namespace may not uncover what they cover"* ]] || fail "$err"
}

@test "storage: root: no id-mapped mounts, no overlay: each way is tried, the last one told (R27)" {
	[ "$(id -u)" -eq 0 ] || skip "for root"
	local WHO=0 map="--userns map=0:200000:65536"
	hide fuse-overlayfs
	odd_root
	stamps "$R" >"$T/a"
	# shellcheck disable=SC2086 # options
	{
		lacking idmap --log-level info run --rootfs "$R" $map -- sh -c "$seen"
		[ "$out" = "$want" ] || fail "$out $err"
		[[ $err == *"id-map the root filesystem: Invalid argument"*"ids of its files: metacopy"* ]] || fail "$err"
		lacking idmap run --rootfs "$R" $map --root-ids idmap -- true
		[ "$status" -eq 125 ]
		[[ $err == "error: --rootfs: $R: id-map the root filesystem: Invalid argument"*"hint: this filesystem cannot be id-mapped"* ]] || fail "$err"
		# never chown, though root could
		lacking idmap --log-level info run --rootfs "$R" $map --rootfs-rw -- stat -c %u /etc/passwd
		[ "$out" = 65534 ] || fail "$out $err"
		[[ $err == *"warning: root.path $R: it belongs to 0:0, who has no id in the container"*"ids of its files: none"* ]] || fail "$err"
		lacking idmap,overlay run --rootfs "$R" $map -- echo ran
		[ "$status" -eq 125 ] && [ -z "$out" ] && [[ $err == *"mount overlay: no such type of filesystem"* ]] || fail "$err"
		lacking overlay run --rootfs "$R" $map --root-ids metacopy -- echo ran
		[ "$status" -eq 125 ] && [ -z "$out" ] && [[ $err == *"mount overlay: no such type of filesystem"* ]] || fail "$err"
	}
	stamps "$R" | diff "$T/a" -
	shown
}

@test "storage: a volume with a layer whose owner has no id in the container is told (R28)" {
	local mode=map=0:200000:65536 me
	me=$(id -u):$(id -g)
	if [ "$(id -u)" -ne 0 ]; then
		grep -q "^$(id -un):" /etc/subuid || skip "no subordinate ids"
		mode=nomap
	fi
	mkdir "$T/src"
	echo one >"$T/src/file"
	d --root-ids none --userns $mode -v "$T/src:/work:overlay" -- sh -c 'cat /work/file; echo two >>/work/file'
	[ "$out" = one ] && [ "$status" -eq 1 ] || fail "$out $err"
	[[ $err == "warning: layer over $T/src at /work: it belongs to $me, who has no id in the container: what is there can be read, but not changed"* ]] || fail "$err"
	d --userns shared -v "$T/src:/work:overlay" -- sh -c 'echo x >/work/new'
	[ -z "$err" ] || fail "$err"
	[ "$(ls "$T/src")" = file ]
}

@test "storage: a root whose owner the container does not know at all is told (R28)" {
	[ "$(id -u)" -eq 0 ] || skip "for root"
	local way
	chown -R 1000:1000 "$R"
	w --log-level info run --rootfs "$R" --userns map=0:200000:1000 -- sh -c 'cat /etc/passwd >/dev/null && echo read'
	[ "$out" = read ] || fail "$err"
	[[ $err == *"warning: root.path $R: it belongs to 1000:1000, who has no id in the container: what is there can be read, but not changed"* ]] || fail "$err"
	for way in idmap metacopy chown; do
		w run --rootfs "$R" --userns map=0:200000:1000 --root-ids $way -- true
		[ "$status" -eq 125 ]
		[ "$err" = "error: --rootfs: $R: $way: its owner's number is no id of the container: it would belong to nobody all the same
  hint: --userns shared or map=... with that number in it" ] || fail "$err"
	done
	[ "$(stat -c %u "$R/etc/passwd")" = 1000 ]
}

@test "storage: a volume may be id-mapped; where it cannot be, that is an error (R29)" {
	mkdir "$T/src"
	echo one >"$T/src/file"
	if [ "$(id -u)" -eq 0 ]; then
		d --userns map=0:200000:65536 -v "$T/src:/work:idmap" -- sh -c 'stat -c %u /work/file; echo two >/work/new'
		[ "$out" = 0 ] && [ "$(stat -c %u "$T/src/new")" = 0 ] || fail "$out $err"
		d --userns map=0:200000:65536 -v "$T/src:/work" -- stat -c %u /work/file
		[ "$out" = 65534 ] || fail "$out $err"
	else
		d -v "$T/src:/work:idmap" -- true
		[ "$status" -eq 125 ]
		[[ $err == "error: --volume: /work: an id-mapped mount needs CAP_SYS_ADMIN: only root can; leave idmap out" ]] || fail "$err"
	fi
	d -v "$T/src:/work:idmap,overlay" -- true
	[ "$status" -eq 125 ]
	[[ $err == "error: --volume $T/src:/work:idmap,overlay: overlay and idmap exclude one another"* ]] || fail "$err"
}

@test "storage: a project's folder is as before, whatever was mounted or masked in it (R30)" {
	local i pid
	mkdir "$T/p"
	echo code >"$T/p/main.c"
	(cd "$T/p" && find . -printf '%p %m %s\n' | sort) >"$T/a"
	d -v "$T/p:/work" -v /dev/null:/work/.env -v /dev/null:/work/.git/hooks/x --tmpfs /work/node_modules -- sh -c 'ls -A /work | tr "\n" " "'
	[ "$status" -eq 0 ] && [ "$out" = ".env .git main.c node_modules " ] || fail "$out $err"
	(cd "$T/p" && find . -printf '%p %m %s\n' | sort) | diff "$T/a" -
	for i in 1 3 6 10 15 22 30 45; do
		"$WOLFFIA" run --rootfs "$R" -v "$T/p:/work" -v /dev/null:/work/.env --tmpfs /work/.git/hooks -- sleep 30 3>&- >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$(printf %02d $i)"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		until_true sh -c 'test -z "$("$WOLFFIA" list -q)"'
	done
	(cd "$T/p" && find . -printf '%p %m %s\n' | sort) | diff "$T/a" -
	# masks of what is not there are passed over, and make nothing
	config '.linux.maskedPaths = ["/work/.env", "/work/.git/hooks"] | .mounts += [{destination: "/work", type: "bind", source: "'"$T/p"'", options: ["bind"]}]'
	args /probe
	ok run -b "$B" "$ID"
	(cd "$T/p" && find . -printf '%p %m %s\n' | sort) | diff "$T/a" -
}

@test "storage: gc removes a layer on disk whose state a reboot has taken away, and no other (R26)" {
	local pid lost
	config '.annotations["wolffia.root"] = "overlay" | .annotations["wolffia.overlay"] = "disk"'
	args /probe
	ok create -b "$B" "$ID"
	lost=$TMPDIR/wolffia-layer-$(id -u)-0123456789abcdef
	mkdir -p "$lost/layers/a/b" "$TMPDIR/wolffia-layer-77-0123456789abcdef" "$TMPDIR/other"
	chmod 0 "$lost/layers/a"
	ln -s /no/such/state "$lost/in-use"
	# of today: whose state lies elsewhere may be alive
	ok gc
	[ -d "$lost/layers" ] || fail "$out"
	touch -h -d 2001-01-01 "$lost/in-use"
	ok gc --dry-run
	[ "$out" = "would remove $lost (a layer without a container)" ] || fail "$out"
	ok gc
	[ "$out" = "removed $lost (a layer without a container)" ] || fail "$out"
	[ ! -e "$lost" ] && [ "$(ls "$TMPDIR" | wc -l)" -eq 3 ] || fail "$(ls "$TMPDIR")"
	ok delete --force "$ID"
	[ "$(ls "$TMPDIR" | wc -l)" -eq 2 ]
}

@test "storage: two containers with one project's folder: a mask lasts as long as its container (R30)" {
	local one two
	mkdir "$T/p"
	echo code >"$T/p/main.c"
	list() { (cd "$T/p" && find . -printf '%p %m %s\n' | sort); }
	list >"$T/a"
	# NAME: a container that says once a second what it finds under its mask
	start() {
		"$WOLFFIA" run --rootfs "$R" --id "$ID-$1" -v "$T/p:/work" -v /etc/hostname:/work/.env --tmpfs /work/.git/hooks -- \
			sh -c 'while :; do cat /work/.env | wc -l; grep -c " /work/" /proc/self/mountinfo; sleep 0.1; done' \
			3>&- >>"$T/said-$1" 2>&1 &
		until_true there "$T/said-$1"
	}
	# the last of its words, once there are new ones
	says() {
		: >"$T/said-$1"
		until_true sh -c "test \$(wc -l <'$T/said-$1') -ge 4"
		tail -n 1 "$T/said-$1"
	}
	[ "$(wc -l </etc/hostname)" -eq 1 ] || echo one >"$T/hostname"
	start one
	one=$!
	start two
	two=$!
	[ "$(says two)" = 2 ] || fail "$(<"$T/said-two")"
	kill -9 $one
	wait $one || true
	until_true sh -c "! '$WOLFFIA' state '$ID-one'"
	# both mounts are there yet: an unlinked mount point would have taken them along
	[ "$(says two)" = 2 ] || fail "the mask is gone: $(<"$T/said-two")"
	[ -e "$T/p/.env" ] && [ -d "$T/p/.git/hooks" ]
	# a third one comes while the second goes, over and over
	start three
	one=$!
	kill -TERM $two
	wait $two || true
	[ "$(says three)" = 2 ] || fail "the mask is gone: $(<"$T/said-three")"
	kill -TERM $one
	wait $one || true
	until_true sh -c 'test -z "$("$WOLFFIA" list -q)"'
	list | diff "$T/a" -
}

@test "storage: twenty containers with one project's folder, killed and ended at any moment (R30)" {
	local i n
	mkdir "$T/p"
	echo code >"$T/p/main.c"
	for i in {1..20}; do
		"$WOLFFIA" run --rootfs "$R" -v "$T/p:/work" -v /dev/null:/work/.env --tmpfs /work/a/b -- sleep "0.$((i % 4))" 3>&- >"$T/out-$i" 2>&1 &
		[ $((i % 3)) -ne 0 ] || { sleep "0.0$((i % 7))" && kill -9 $!; } 2>/dev/null || true
	done
	until_true sh -c 'test -z "$("$WOLFFIA" list -q)" && ! pgrep -x wolffia'
	for i in {1..20}; do
		[ ! -s "$T/out-$i" ] || fail "$i: $(<"$T/out-$i")"
	done
	[ "$(ls -A "$T/p")" = main.c ] || fail "$(ls -AR "$T/p")"
}
