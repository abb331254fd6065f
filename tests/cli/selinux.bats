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
	shell 'cat /proc/self/attr/current; cat /proc/self/attr/exec /proc/self/attr/keycreate'
	[ "$status" -eq 0 ] || fail "$err"
	[[ $(tr -d '\0' <<<"$out") == "$label"* ]] || fail "$out"
}

@test "a root that containers may not use: the program is refused, the error says so" {
	chcon -R -t var_t "$R"
	config ".process.selinuxLabel = \"$label\""
	shell true
	[ "$status" -ne 0 ]
	[[ $err == *"/bin/sh"* ]] || fail "$err"
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

@test "linux.mountLabel: what wolffia mounts has it [A73]" {
	chcon -R -t container_file_t "$R"
	config ".process.selinuxLabel = \"$label\" | .linux.mountLabel = \"system_u:object_r:container_file_t:s0:c1,c2\"" \
		'.mounts += [{destination: "/dev/shm", type: "tmpfs", source: "shm"}]'
	shell 'grep -c "context=\"*system_u:object_r:container_file_t:s0:c1,c2" /proc/mounts; echo x >/dev/shm/f && cat /dev/shm/f'
	[ "$status" -eq 0 ] || fail "$err"
	[ "${out%%$'\n'*}" -ge 2 ] && [ "${out##*$'\n'}" = x ] || fail "$out"
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

@test "the machine's own directories keep their labels, whatever they are called (R35)" {
	local path before
	before=$(stat -c %C /usr /etc /home /usr/bin)
	ln -s /usr "$T/usr"
	for path in / /usr/. "$T/usr" /bin /etc/../usr /home; do
		w run --rootfs "$R" -v "$path:/data:Z" -- /bin/true
		[ "$status" -eq 125 ] && [[ $err == *"SELinux relabeling of "*" is not allowed"* ]] || fail "$path: $status" "$err"
	done
	w run --rootfs "$R" -v "$HOME:/data:z" -- /bin/true
	[ "$status" -eq 125 ] && [[ $err == *"is not allowed"* ]] || fail "$HOME: $status" "$err"
	[ "$before" = "$(stat -c %C /usr /etc /home /usr/bin)" ]
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
