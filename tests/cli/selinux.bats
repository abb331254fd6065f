# SPDX-License-Identifier: GPL-2.0-or-later
# SELinux, enforcing: runs on the guest of tests/vm/run --profile selinux.
load helpers

label=system_u:system_r:container_t:s0:c1,c2

setup() {
	[ -e /sys/fs/selinux/enforce ] && [ "$(</sys/fs/selinux/enforce)" = 1 ] ||
		skip "SELinux is not enforcing here"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	bundle
	before=$(leftovers)
}

# shell COMMAND: what the container runs; its output is in $out. Through pipes: a container
# may write to those of its caller (tests/vm/guest/vm.cil), not to a file in our folder.
shell() {
	args /bin/sh -c "$1"
	status=$({
		{
			timeout --foreground -k 1 60 "$WOLFFIA" run -b "$B" "$ID" 3>&- 4>&-
			echo $? >&4
		} 2>&1 >&5 | cat >"$T/err"
	} 4>&1 5> >(exec cat >"$T/out"))
	sleep 0.5
	out=$(<"$T/out") err=$(<"$T/err")
}

@test "no label: the caller's own" {
	shell 'cat /proc/self/attr/current'
	[ "$status" -eq 0 ]
	[[ $out == *":unconfined_t:"* ]] || fail "$out"
}

@test "process.selinuxLabel: the process has it, on a root that is labelled for containers [A46]" {
	chcon -R -t container_file_t "$R"
	config ".process.selinuxLabel = \"$label\""
	shell 'cat /proc/self/attr/current; echo; cat /proc/self/attr/exec /proc/self/attr/keycreate; /probe | grep ^keyring'
	[ "$status" -eq 0 ] || fail "$err"
	# of itself and of its keyring, and nothing is left for what it makes or executes
	[[ $(tr -d '\0' <<<"$out") == "$label"$'\n'keyring=yes*$'\n'keyring.label="$label" ]] || fail "$out"
}

@test "a root that containers may not use: the program is refused, the error says so" {
	chcon -R -t var_t "$R"
	config ".process.selinuxLabel = \"$label\""
	shell true
	[ "$status" -eq 1 ]
	[[ $err == *'exec: "/bin/sh": permission denied'*"hint: "*SELinux*container_file_t* ]] || fail "$err"
}

@test "a label that noNewPrivileges keeps from the program: refused, the error says why" {
	chcon -R -t container_file_t "$R"
	# a type of the policy for which nobody has allowed nnp_transition
	config '.process.selinuxLabel = "system_u:system_r:svirt_t:s0" | .process.noNewPrivileges = true'
	shell true
	[ "$status" -eq 1 ]
	[[ $err == *'exec: "/bin/sh": permission denied'*"hint: "*"noNewPrivileges"*"nnp_transition"* ]] || fail "$err"
}

@test "a label that the policy does not know is an error that names it" {
	config '.process.selinuxLabel = "system_u:system_r:nosuch_t:s0"'
	shell true
	[ "$status" -eq 1 ] || fail "$status: $err"
	[[ $err == *process.selinuxLabel* && $err == *nosuch_t* ]] || fail "$err"
}

@test "data: only what has the type and the categories of the container" {
	local kind
	chcon -R -t container_file_t "$R"
	for kind in own other none; do
		mkdir "$B/$kind"
		echo there >"$B/$kind/f"
		config ".mounts += [{destination: \"/data/$kind\", type: \"bind\", source: \"$B/$kind\", options: [\"bind\"]}]"
	done
	chcon -R -t container_file_t -l s0:c1,c2 "$B/own"
	chcon -R -t container_file_t -l s0:c3,c4 "$B/other"
	chcon -R -t var_t "$B/none"
	# /dev/null too is only for those who may use its label
	config ".process.selinuxLabel = \"$label\" | .linux.mountLabel = \"system_u:object_r:container_file_t:s0:c1,c2\""
	shell 'for k in own other none; do cat /data/$k/f 2>/dev/null || echo no; echo x 2>/dev/null >/data/$k/new || echo no; done'
	[ "$out" = $'there\nno\nno\nno\nno' ] || fail "$out" "$err"
	[[ $(stat -c %C "$B/own/new") == *:container_file_t:s0:c1,c2 ]]
}

# labels OPTION... PATH...: of what the living container $ID has there
labels() {
	local path pid
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	for path in "$@"; do
		printf '%s %s\n' "$path" "$(stat -c %C "/proc/$pid/root$path" | cut -d : -f 3-)"
	done
}

@test "linux.mountLabel: what is mounted anew has it, the rest its own (R37) [A73]" {
	local want=container_file_t:s0:c1,c2 own
	mkdir "$B/data"
	own=$(stat -c %C "$B/data" | cut -d : -f 3-)
	config ".linux.mountLabel = \"system_u:object_r:$want\"" \
		".mounts += [{destination: \"/dev/shm\", type: \"tmpfs\", source: \"shm\"},
		{destination: \"/dev/mqueue\", type: \"mqueue\", source: \"mqueue\"},
		{destination: \"/sys\", type: \"sysfs\", source: \"sysfs\", options: [\"ro\"]},
		{destination: \"/sys/fs/cgroup\", type: \"cgroup\", source: \"cgroup\", options: [\"ro\"]},
		{destination: \"/data\", type: \"bind\", source: \"$B/data\", options: [\"bind\"]}]" \
		'.linux.namespaces += [{"type": "network"}, {"type": "cgroup"}]'
	args /bin/sleep 1000
	ok run -d -b "$B" "$ID"
	labels /dev /dev/pts /dev/shm /dev/mqueue /sys /proc /sys/fs/cgroup /data >"$T/labels"
	diff "$T/labels" - <<-END
		/dev $want
		/dev/pts $want
		/dev/shm $want
		/dev/mqueue $want
		/sys $([ "$EUID" -eq 0 ] && echo "$want" || echo sysfs_t:s0)
		/proc proc_t:s0
		/sys/fs/cgroup cgroup_t:s0
		/data $own
	END
	# a new file in them too
	ok exec "$ID" /bin/sh -c 'echo x >/dev/shm/f; mkdir /dev/dir'
	[[ $(labels /dev/shm/f /dev/dir) == "/dev/shm/f $want"$'\n'"/dev/dir $want" ]] || fail "$(labels /dev/shm/f /dev/dir)"
	ok delete --force "$ID"
	# the layer over a root
	ok run --rootfs "$R" -d --id "$ID" -v "$B/data:/data:Z" -- /bin/sleep 1000
	[[ $(labels / /bin/busybox /data) == "/ container_file_t:s0:c"*"/bin/busybox container_file_t:s0:c"*"/data container_file_t:s0:c"* ]] ||
		fail "$(labels / /bin/busybox /data)"
	ok delete --force "$ID"
}

@test "exec: the label that is asked for, or an error that names it (R37) [B36]" {
	chcon -R -t container_file_t "$R"
	config ".process.selinuxLabel = \"$label\""
	args /bin/sleep 1000
	"$WOLFFIA" run -d -b "$B" "$ID" >/dev/null 2>&1 </dev/null || fail "run"
	# the container's own, of the session keyring too
	"$WOLFFIA" exec "$ID" /bin/sh -c 'cat /proc/self/attr/current; echo; /probe | grep keyring.label' 2>&1 </dev/null | cat >"$T/out"
	[[ $(tr -d '\0' <"$T/out") == "$label"$'\n'keyring.label="$label" ]] || fail "$(<"$T/out")"
	"$WOLFFIA" exec --process-label "${label%c1,c2}c7,c8" "$ID" /bin/sh -c 'cat /proc/self/attr/current' 2>&1 </dev/null | cat >"$T/out"
	[ "$(tr -d '\0' <"$T/out")" = "${label%c1,c2}c7,c8" ] || fail "$(<"$T/out")"
	no 255 "process.selinuxLabel: system_u:system_r:nosuch_t:s0" exec --process-label system_u:system_r:nosuch_t:s0 "$ID" /bin/true
	[[ $err == *"hint: the policy does not know this label"* ]] || fail "$err"
	"$WOLFFIA" delete --force "$ID"
}

# ---- z and Z ---------------------------------------------------------------------------------

# direct OPT... -- COMMAND: as shell(), by `run --rootfs`; the root is a layer with the label
direct() {
	local -a opts=()
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	status=$({
		{
			timeout --foreground -k 1 60 "$WOLFFIA" run --rootfs "$R" "${opts[@]}" -- /bin/sh -c "$2" 3>&- 4>&-
			echo $? >&4
		} 2>&1 >&5 | cat >"$T/err"
	} 4>&1 5> >(exec cat >"$T/out"))
	sleep 0.5
	out=$(<"$T/out") err=$(<"$T/err")
}

level() {
	stat -c %C "$1" | cut -d : -f 4-
}

tree() {
	mkdir -p "$B/$1/sub"
	echo there >"$B/$1/f"
	echo there >"$B/$1/sub/f"
	ln -s /etc/passwd "$B/$1/link"
}

rw='cat /data/f && cat /data/sub/f && echo x >/data/new && cat /data/new'

@test "Z: a process with categories of its own, and a tree that only it may use (R34 R36)" {
	local first
	tree data
	direct -v "$B/data:/data:Z" -- "$rw; cat /proc/self/attr/current"
	[ "$status" -eq 0 ] || fail "$status" "$err" "$out"
	[[ $(tr -d '\0' <<<"$out") == *$'there\nthere\nx\n'system_u:system_r:container_t:s0:c+([0-9]),c+([0-9]) ]] || fail "$out"
	first=$(level "$B/data/f")
	[[ $(stat -c %C "$B/data/new") == system_u:object_r:container_file_t:"$first" ]]
	[ "$(level "$B/data")" = "$first" ] && [ "$(level "$B/data/sub/f")" = "$first" ]
	[[ $(stat -c %C "$B/data/link") == *:"$first" && $(stat -c %C /etc/passwd) != *container* ]]
	[[ $out == *"$first"* ]]
	# another one gets another pair, and the tree with it
	direct -v "$B/data:/data:Z" -- "$rw"
	[ "$status" -eq 0 ] || fail "$status" "$err"
	[ "$(level "$B/data/sub/f")" != "$first" ]
	# a container with a label that is not labelled for: nothing to be had
	tree plain
	direct -v "$B/data:/data:Z" -v "$B/plain:/plain" -- 'cat /plain/f 2>/dev/null || echo no'
	[ "$out" = no ] || fail "$out" "$err"
}

@test "z: every container; the table of labels, read and write (R34)" {
	local kind
	chcon -R -t container_file_t "$R"
	for kind in own other shared none; do tree $kind; done
	chcon -R -h -t user_home_t -l s0 "$B/none"
	chcon -R -h -t container_file_t -l s0:c5,c6 "$B/other"
	config ".process.selinuxLabel = \"$label\" | .linux.mountLabel = \"system_u:object_r:container_file_t:s0:c1,c2\"" \
		".mounts += [{destination: \"/own\", type: \"bind\", source: \"$B/own\", options: [\"rbind\", \"Z\"]},
		{destination: \"/shared\", type: \"bind\", source: \"$B/shared\", options: [\"bind\", \"z\"]},
		{destination: \"/other\", type: \"bind\", source: \"$B/other\", options: [\"bind\"]},
		{destination: \"/none\", type: \"bind\", source: \"$B/none\", options: [\"bind\"]}]"
	shell 'for k in own other shared none; do (cat /$k/f && echo x >/$k/new && echo ok) 2>/dev/null || echo no; done'
	[ "$out" = $'there\nok\nno\nthere\nok\nno' ] || fail "$out" "$err"
	[ "$(level "$B/own/sub/f")" = s0:c1,c2 ] && [ "$(level "$B/shared/sub/f")" = s0 ]
	[[ $(stat -c %C "$B/shared") == *:container_file_t:s0 ]]
}

@test "a second start sets no label; what was added gets one (R35)" {
	tree data
	direct -v "$B/data:/data:z" -- true
	echo more >"$B/data/sub/more"
	chcon -t user_tmp_t "$B/data/sub/more"
	status=0
	"$WOLFFIA" --log-level=info run --rootfs "$R" -v "$B/data:/data:z" -- /bin/true 2>&1 | cat >"$T/err"
	grep -q "$B/data: 1 of 6 labels set to system_u:object_r:container_file_t:s0" "$T/err" || fail "$(<"$T/err")"
	"$WOLFFIA" --log-level=info run --rootfs "$R" -v "$B/data:/data:z" -- /bin/true 2>&1 | cat >"$T/err"
	grep -q "$B/data: 0 of 6 labels set to" "$T/err" || fail "$(<"$T/err")"
}

# calls FILE: those by which a label was set, in strace's file (a plain user's shows no texts)
calls() {
	grep -c '^[^(]*setxattr' "$1" || true
}

@test "a second pass only reads (R35)" {
	local i
	command -v strace >/dev/null || skip "no strace"
	tree data
	for i in 1 2; do
		strace -o "$T/trace.$i" "$WOLFFIA" run --rootfs "$R" -v "$B/data:/data:z" -- /bin/true 2>&1 </dev/null | cat >"$T/err"
	done
	[ "$(calls "$T/trace.1")" -eq 5 ] && [ "$(calls "$T/trace.2")" -eq 0 ] || fail "$(grep xattr "$T"/trace.?)" "$(<"$T/err")"
}

@test "what is mounted below: with rbind only; what has no labels stays as it is (R35)" {
	need_root
	tree data
	mount -t tmpfs tmpfs "$B/data/sub"
	echo there >"$B/data/sub/g"
	config ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$B/data\", options: [\"bind\", \"z\"]}]"
	args /bin/true
	ok run -b "$B" "$ID"
	[[ $(stat -c %C "$B/data/f") == *:container_file_t:s0 && $(stat -c %C "$B/data/sub/g") != *container* ]]
	config '.mounts[-1].options[0] = "rbind"'
	ok run -b "$B" "$ID"
	[[ $(stat -c %C "$B/data/sub/g" "$B/data/sub") == *:container_file_t:s0$'\n'*:container_file_t:s0 ]]
	umount "$B/data/sub"
	mount -t ramfs -o context=system_u:object_r:usr_t:s0 ramfs "$B/data/sub"
	w --log-level info run -b "$B" "$ID"
	[[ $status -eq 0 && $err == *"$B/data: files on a filesystem without labels of its own, which stay as they are: 1"* ]] || fail "$status" "$err"
	umount "$B/data/sub"
}

@test "the machine's own directories keep their labels, whatever they are called (R35)" {
	local path before
	before=$(stat -c %C /usr /etc /home /usr/bin)
	ln -s /usr "$T/usr"
	cd /var
	for path in / /usr/. /usr/ "$T/usr" "$T/usr/" /bin /etc/../usr ../usr /home /proc/self/root/etc /var/tmp; do
		w run --rootfs "$R" -v "$path:/data:Z" -- /bin/true
		[ "$status" -eq 125 ] && [[ $err == *"SELinux relabeling of "*" is not allowed"* ]] || fail "$path: $status" "$err"
	done
	w run --rootfs "$R" -v "$HOME:/data:z" -- /bin/true
	[ "$status" -eq 125 ] && [[ $err == *"is not allowed"* ]] || fail "$HOME: $status" "$err"
	[ "$before" = "$(stat -c %C /usr /etc /home /usr/bin)" ]
	[ "$EUID" -eq 0 ] || return 0
	mkdir "$T/bound"
	mount --bind /usr "$T/bound"
	w run --rootfs "$R" -v "$T/bound:/data:Z" -- /bin/true
	umount "$T/bound"
	[ "$status" -eq 125 ] && [[ $err == *"relabeling of $T/bound is not allowed (it is, or holds, /usr)"* ]] || fail "$status" "$err"
}

# a bundle of its own for container $1, on the root of all, with Z
own_bundle() {
	mkdir -p "$T/b/$1/data"
	echo there >"$T/b/$1/data/f"
	jq --arg root "$R" --arg data "$T/b/$1/data" '.root.path = $root | .process.args = ["/bin/sleep", "1000"]
		| .mounts += [{destination: "/data", type: "bind", source: $data, options: ["bind", "Z"]}]' "$B/config.json" >"$T/b/$1/config.json"
}

@test "twenty at once: no two with the same categories, and all of them given back (R36)" {
	local i root=/run/wolffia
	[ "$EUID" -eq 0 ] || root=/run/user/1000/wolffia
	chcon -R -t container_file_t "$R"
	for i in {1..20}; do own_bundle "$i"; done
	for i in {1..20}; do
		"$WOLFFIA" create -b "$T/b/$i" "$ID-$i" >"$T/out.$i" 2>&1 </dev/null 3>&- &
		echo $! >>"$T/pids"
	done
	for i in $(<"$T/pids"); do wait "$i" || fail "$(cat "$T"/out.*)"; done
	for i in {1..20}; do
		level "$T/b/$i/data/f"
		grep -o 'container_t:s0:c[0-9,c]*' "$root/$ID-$i"/created
	done >"$T/levels"
	# each twice: the process's and the tree's
	[ "$(sed 's/.*:s0/s0/' "$T/levels" | sort | uniq -c | grep -c '^ *2 s0:c[0-9]*,c[0-9]*$')" -eq 20 ] || fail "$(sort "$T/levels")"
	for i in {1..20}; do "$WOLFFIA" delete --force "$ID-$i"; done
	[ -z "$(grep -rs container_t "$root")" ] || fail "$(grep -rs container_t "$root")"
}

@test "Z: the pair of a container whose every process was killed is free at the next start (R36)" {
	local first root=/run/wolffia
	[ "$EUID" -eq 0 ] || root=/run/user/1000/wolffia
	mkdir "$B/data"
	chcon -R -t container_file_t "$R"
	"$WOLFFIA" run --rootfs "$R" --id "$ID" -v "$B/data:/data:Z" -- /bin/sleep 1000 >"$T/o" 2>&1 </dev/null 3>&- &
	first=$!
	until_true runs "$ID" || fail "$(<"$T/o")"
	pids=$(family $first)
	end_together
	wait $first || true
	grep -q 'container_t:s0:c' "$root/$ID"/running || fail "no categories in the record"
	ok run --rootfs "$R" -v "$B/data:/data:Z" -- /bin/true
	[ -z "$("$WOLFFIA" list -q)" ] || fail "$("$WOLFFIA" list)"
	[ -z "$(grep -rs container_t "$root")" ] || fail "$(grep -rs container_t "$root")"
}

# Pairs of fifths of all categories: who has them all leaves no pair to others.
fifths=(c0.c204 c205.c409 c410.c614 c615.c819 c820.c1023)

no_pair_left() {
	w run --rootfs "$R" -v "$B/data:/data:Z" -- /bin/true
	[ "$status" -eq 125 ] && [[ $err == *"all pairs of SELinux categories are in use"*"hint: "* ]] || fail "$status" "$err"
}

labelled() { [[ $(tr -d '\0' <"/proc/$1/attr/current") == *:s0:c* ]]; }

# others PID...: programs with all pairs but those of the first fifth and the third
others() {
	local i
	for i in "$@"; do until_true labelled "$i" || return; done
	no_pair_left || return
	kill "$2"
	for i in 1 2 3; do
		until_true "$WOLFFIA" run --rootfs "$R" -v "$B/data:/data:Z" -- /bin/true || return
		[[ $(level "$B/data/f") =~ ^s0:c([0-9]+),c([0-9]+)$ ]] &&
			((BASH_REMATCH[1] < 205 && BASH_REMATCH[2] >= 410 && BASH_REMATCH[2] < 615)) ||
			fail "$(level "$B/data/f")" || return
	done
	[ "$EUID" -eq 0 ] || return 0
	# another runtime's container has these
	chcon -R -t container_file_t "$R"
	config '.process.selinuxLabel = "system_u:system_r:container_t:s0:c0.c204,c410.c614"'
	args /bin/sleep 1000
	crun --cgroup-manager=disabled run -d -b "$B" "$ID" >"$T/crun" 2>&1 </dev/null 3>&- || fail "$(<"$T/crun")" || return
	no_pair_left || return
	crun --cgroup-manager=disabled delete --force "$ID"
}

@test "what other programs and runtimes run keeps its categories (R36)" {
	local a b bad='' pids=()
	tree data
	for a in {0..3}; do
		for ((b = a + 1; b < 5; b++)); do
			runcon -l "s0:${fifths[a]},${fifths[b]}" sleep 1000 >/dev/null 2>&1 </dev/null 3>&- &
			pids+=($!)
		done
	done
	others "${pids[@]}" || bad=1
	kill "${pids[@]}" 2>/dev/null || true
	[ -z "$bad" ]
}

@test "a container with all categories takes none from others (R36)" {
	tree data
	chcon -R -t container_file_t "$R"
	config '.process.selinuxLabel = "system_u:system_r:container_t:s0-s0:c0.c1023"'
	args /bin/sleep 1000
	"$WOLFFIA" create -b "$B" "$ID" >/dev/null 2>&1 </dev/null || fail "create"
	direct -v "$B/data:/data:Z" -- "$rw"
	[ "$status" -eq 0 ] || fail "$status" "$err"
	"$WOLFFIA" delete --force "$ID"
}

@test "a policy that does not say what containers are is an error that says what to do (R36)" {
	need_root
	tree data
	mv /etc/selinux/default/contexts/lxc_contexts "$T/contexts"
	w run --rootfs "$R" -v "$B/data:/data:Z" -- /bin/true
	mv "$T/contexts" /etc/selinux/default/contexts/lxc_contexts
	[ "$status" -eq 125 ] && [[ $err == *"/etc/selinux/default/contexts/lxc_contexts: "*"hint: the policy does not say what containers are"* ]] || fail "$status" "$err"
}

@test "a tree that another living container has by Z: a warning that names it (R36)" {
	tree data
	chcon -R -t container_file_t "$R"
	config ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$B/data\", options: [\"bind\", \"Z\"]}]"
	args /bin/sleep 60
	"$WOLFFIA" create -b "$B" "$ID" >/dev/null 2>&1 </dev/null || fail "create"
	[[ $("$WOLFFIA" state "$ID") == *created* ]]
	direct -v "$B/data/sub:/data:Z" -- true
	[[ $err == *"warning: $B/data: container $ID has it by Z too, and loses access"* ]] || fail "$err"
	# z is no such thing; and one that is gone is no rival
	"$WOLFFIA" delete --force "$ID"
	direct -v "$B/data:/data:Z" -- true
	[ -z "$err" ] || fail "$err"
}

@test "exec has the label that was chosen for Z (R36 R37)" {
	local chosen
	tree data
	chcon -R -t container_file_t "$R"
	config ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$B/data\", options: [\"bind\", \"Z\"]}]"
	args /bin/sleep 60
	"$WOLFFIA" run -d -b "$B" "$ID" >/dev/null 2>&1 </dev/null || fail "run"
	chosen=$(level "$B/data/f")
	w exec "$ID" /bin/sh -c 'cat /proc/self/attr/current /data/f' < <(:)
	"$WOLFFIA" exec "$ID" /bin/sh -c 'cat /proc/self/attr/current /data/f' 2>&1 | cat >"$T/out"
	"$WOLFFIA" delete --force "$ID"
	[[ $(tr -d '\0' <"$T/out") == system_u:system_r:container_t:"$chosen"*there ]] || fail "$(<"$T/out")"
}

@test "a label that the policy does not know, on a mount (R37)" {
	local bad=system_u:object_r:no_such_t:s0
	chcon -R -t container_file_t "$R"
	config ".process.selinuxLabel = \"$label\" | .linux.mountLabel = \"$bad\""
	shell true
	[ "$status" -eq 1 ] || fail "$status: $err"
	[[ $err == *"$bad"* ]] || fail "$err"
	tree data
	bundle
	mkdir "$B/data"
	config ".linux.mountLabel = \"$bad\"" \
		".mounts = [{destination: \"/proc\", type: \"proc\", source: \"proc\"}, {destination: \"/data\", type: \"bind\", source: \"$B/data\", options: [\"bind\", \"Z\"]}]"
	shell true
	[ "$status" -eq 1 ] && [[ $err == *"label $B/data with $bad:c"*": Invalid argument"*"hint: the policy does not know this label"* ]] || fail "$err"
}

@test "what is kept in a throw-away layer is not labelled on the machine (R34)" {
	local before
	tree data
	before=$(stat -c %C "$B/data/f")
	direct -v "$B/data:/data:overlay,Z" -- "$rw"
	[ "$status" -eq 0 ] && [ "$out" = $'there\nthere\nx' ] || fail "$status" "$out" "$err"
	[ "$before" = "$(stat -c %C "$B/data/f")" ] && [ ! -e "$B/data/new" ]
}

@test "do: the machine's own programs with the label of a container (R34 R39)" {
	tree data
	"$WOLFFIA" do -v "$B/data:/data:Z" -- sh -c 'cat /data/f; cat /proc/self/attr/current' 2>&1 | cat >"$T/out"
	[[ $(tr -d '\0' <"$T/out") == there$'\n'system_u:system_r:container_t:s0:c*,c* ]] || fail "$(<"$T/out")"
}

@test "files of subordinate ids in a plain user's volume are labelled too (R35)" {
	[ "$EUID" -ne 0 ] || skip "for plain users"
	command -v newuidmap >/dev/null || skip "no newuidmap"
	tree data
	chmod 777 "$B/data"
	direct --userns shared -v "$B/data:/data:Z" -- 'mkdir -m 700 /data/theirs && echo x >/data/theirs/f && chown -R 33:33 /data/theirs'
	[ "$status" -eq 0 ] || fail "$status" "$err"
	[ "$(stat -c %u "$B/data/theirs")" -gt 65536 ]
	direct --userns shared -v "$B/data:/data:Z" -- 'cat /data/theirs/f'
	[ "$status" -eq 0 ] && [ "$out" = x ] || fail "$status" "$out" "$err"
	# a container of one id cannot
	direct -v "$B/data:/data:Z" -- true
	[ "$status" -eq 125 ] && [[ $err == *"label $B/data/theirs with $(stat -c %C "$B/data" | cut -d : -f -3):s0:c"*": not allowed"* ]] || fail "$status" "$err"
	direct --userns shared -v "$B/data:/data" -- 'rm -r /data/theirs'
}

@test "--selinux=require is content with SELinux that enforces (R33)" {
	direct --selinux=require -- 'exit 3'
	[ "$status" -eq 3 ] && [ -z "$err" ] || fail "$status" "$err"
}
