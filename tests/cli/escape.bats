# SPDX-License-Identifier: GPL-2.0-or-later
# Ways out of a container (escape.c), tried in the set-ups that users have. In each all are
# blocked but for the ones named there, and why. At the end a table: what was tried, by set-up.
load helpers
load configs

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	[ -e /.wolffia-arena ] || skip "only in the arena"
	ESCAPE=${ESCAPE:-$(dirname "$PROBE")/escape}
	[ -x "$ESCAPE" ] || skip "no $ESCAPE"
	umask 022
	bundle
	tool "$R"
	before=$(leftovers)
}

# tool DIR: the program into a directory, setuid, which must be of no use
tool() {
	mkdir -p "$1"
	cp "$ESCAPE" "$1/escape"
	chmod 4755 "$1/escape"
}

# What is tried, and the ways that try it
items="
proc and sys writes|write_sysrq write_modprobe write_binfmt write_shmmax write_irq write_uevent write_sys less_oom
proc and sys reads|read_kcore read_keys read_timers read_acpi read_scsi read_firmware read_kmsg read_log clear_log
mounts|mount_tmpfs mount_proc mount_sysfs mount_cgroup bind_root remount_proc unmask unlock_sys umount_proc fs_open tree_clone move_root unshare_mount
nested user namespaces|unshare_user nested_unmask nested_proc
ptrace|trace_init dump_state other_root other_cwd
signals, namespaces|signal_outside setns_foreign
keyrings|callers_key new_key
raw sockets|raw_socket packet_socket change_network
open_by_handle_at|open_handle above_root
TIOCSTI|push_character vhangup_
release_agent|write_release_agent write_cgroup
core_pattern|write_core_pattern
devices|disk_node mem_node kmsg_node port_node io_privilege
setuid|setuid_program new_privileges more_capabilities ambient_capability
bpf|load_bpf
io_uring|io_ring
userfaultfd|fault_handler
perf|perf_all watch_all
abstract sockets|abstract_socket
host loopback|host_loopback
the runtime's own binary|own_binary
of the caller's|descriptors inheritable blocked_signals ignored_signals callers_session
kernel and machine|load_module unload_module load_kernel swap_on set_clock adjust_clock set_host_name account quota more_nice real_time more_files
"

# The table: a column a set-up, in each cell blocked/tried
teardown_file() {
	local column item ways way open n line
	local -A told=()
	for column in "$BATS_FILE_TMPDIR"/*.facts; do
		[ -e "$column" ] || return 0
		n=${column##*/} n=${n%.facts}
		echo "# set-up $n: $(head -n 1 "$column")" >&3
		while IFS='=' read -r way open; do told[$n.$way]=$open; done <"$column"
	done
	line=
	for column in "$BATS_FILE_TMPDIR"/*.facts; do
		n=${column##*/}
		line+=$(printf '%6s' "${n%.facts}")
	done
	printf '# %-26s%s\n' blocked/tried "$line" >&3
	while IFS='|' read -r item ways; do
		[ -n "$item" ] || continue
		line=
		for column in "$BATS_FILE_TMPDIR"/*.facts; do
			n=${column##*/} n=${n%.facts} open=0
			for way in $ways; do [ "${told[$n.$way]-}" != OPEN ] || open=$((open + 1)); done
			set -- $ways
			line+=$(printf '%6s' "$(($# - open))/$#")
		done
		printf '# %-26s%s\n' "$item" "$line" >&3
	done <<<"$items"
}

# only_open NAME...: runs the config with /escape as its program
only_open() {
	args /escape
	config '.process.terminal = false | del(.hooks)'
	( trap '' USR1 USR2 PIPE
	  exec "$ESCAPE" bait "$WOLFFIA" run -b "$B" "$ID" ) 3>&- >"$T/out" 2>"$T/err" 5</etc 6</etc/passwd || fail "run: $(cat "$T/err")"
	judge "$@"
}

# judge NAME...: of the ways that were tried, these alone may be open
judge() {
	local name open=
	read_facts "$T/out"
	[ "${#fact[@]}" -eq "$(cut -d '|' -f 2 <<<"$items" | wc -w)" ] || fail "${#fact[@]} ways were tried"
	{ echo "$BATS_TEST_DESCRIPTION${*:+; open by design: $*}"; cat "$T/out"; } >"$BATS_FILE_TMPDIR/$(printf %02d "$BATS_TEST_NUMBER").facts"
	for name in "${!fact[@]}"; do
		[[ " ${items//[|$'\n']/ } " == *" $name "* ]] || fail "$name is in no row of the table"
		[ "${fact[$name]}" != OPEN ] || [[ " $* " == *" $name "* ]] || open+=" $name"
	done
	[ -z "$open" ] || fail "open:$open"
}

# strict: what the client's own default leaves to a user's wish
strict() {
	config '.process.noNewPrivileges = true | .linux.seccomp.syscalls[].names -= ["io_uring_setup"]'
}

# The kernel lets every process make a user namespace and use these without a filter.
unfiltered="unshare_user io_ring fault_handler new_key perf_all"

@test "escape: the config that spec writes" {
	need_root
	( cd "$B" && rm config.json && "$WOLFFIA" spec )
	only_open $unfiltered
}

@test "escape: the config that spec --rootless writes" {
	( cd "$B" && rm config.json && "$WOLFFIA" spec --rootless )
	only_open $unfiltered
}

@test "escape: Podman's config, root" {
	need_root
	client_config podman-rootful
	strict
	only_open
}

@test "escape: Podman's config with a user namespace" {
	need_root
	client_config podman-rootless
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$R"
	chmod 4755 "$R/escape"
	strict
	only_open
}

@test "escape: no filter, a user namespace, all of its capabilities" {
	need_root
	client_config podman-rootful
	config ' .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	strict
	config 'del(.linux.seccomp)'
	chown -R 100000:100000 "$R"
	chmod 4755 "$R/escape"
	# what root of a user namespace may do to its own namespaces; none of it leads out
	only_open $unfiltered
}

# sandbox OPTION...: the default of direct use, without a config
sandbox() {
	( trap '' USR1 USR2 PIPE
	  exec "$ESCAPE" bait "$WOLFFIA" "$@" ) 3>&- >"$T/out" 2>"$T/err" 5</etc 6</etc/passwd || fail "run: $(cat "$T/err")"
	judge
}

@test "escape: direct use of a root" {
	sandbox run --rootfs "$R" -- /escape
}

@test "escape: direct use of a root, with all subordinate ids" {
	sandbox run --rootfs "$R" --userns shared -- /escape
}

# auto_ids: a pool for --userns auto
auto_ids() {
	if [ "$(id -u)" -eq 0 ]; then
		grep -q ^containers /etc/subuid || echo containers:100000:65536 >>/etc/subuid
		grep -q ^containers /etc/subgid || echo containers:100000:65536 >>/etc/subgid
	else
		[ -u /usr/bin/newuidmap ] || skip "newuidmap is not installed"
	fi
}

@test "escape: direct use of a root, with ids that nobody else has" {
	auto_ids
	sandbox run --rootfs "$R" --userns auto -- /escape
}

@test "escape: direct use of a root, double rootless" {
	auto_ids
	sandbox run --rootfs "$R" --double-rootless -- /escape
}

@test "escape: direct use of the machine's own system, with ids that nobody else has" {
	auto_ids
	tool "$T/tools"
	sandbox do --userns auto -v "$T/tools" -- "$T/tools/escape"
}

@test "escape: the config that spec writes, with ids of its own by annotation" {
	auto_ids
	( cd "$B" && rm config.json && "$WOLFFIA" spec )
	config '.linux.namespaces += [{type: "user"}] | .annotations["wolffia.userns"] = "auto" | del(.linux.resources)
		| .mounts |= map(.options |= map(select(. != "gid=5")))'
	only_open $unfiltered
}

@test "escape: the config that spec writes, with one id by annotation" {
	( cd "$B" && rm config.json && "$WOLFFIA" spec )
	config '.linux.namespaces += [{type: "user"}] | .annotations["wolffia.userns"] = "single" | del(.linux.resources)
		| .mounts |= map(.options |= map(select(. != "gid=5")))'
	only_open $unfiltered
}

@test "escape: direct use of a root, behind a reaper" {
	sandbox run --rootfs "$R" --init -- /escape
}

@test "escape: direct use of a root, without Landlock: the other walls alone" {
	sandbox run --rootfs "$R" --no-landlock -- /escape
}

@test "escape: direct use of the machine's own system" {
	tool "$T/tools"
	sandbox do -v "$T/tools" -- "$T/tools/escape"
}

@test "escape: direct use without namespaces, behind Landlock alone" {
	tool "$T/tools"
	( trap '' USR1 USR2 PIPE
	  exec "$ESCAPE" bait "$WOLFFIA" do --sandbox=landlock-only -v "$T/tools" -- "$T/tools/escape" ) 3>&- >"$T/out" 2>"$T/err" 5</etc 6</etc/passwd || fail "run: $(cat "$T/err")"
	# /proc is the machine's, where what all may read is not covered; that a name exists can always be told
	judge read_keys read_timers read_firmware
}

@test "escape: the ways are really tried: with all privileges many are open" {
	need_root
	local caps
	caps=$(capsh --print 2>/dev/null | sed -n 's/^Bounding set =//p' | tr ',a-z' ' A-Z')
	# shellcheck disable=SC2086 # a list
	caps=$(words ${caps:-CAP_SYS_ADMIN CAP_MKNOD CAP_SYS_CHROOT CAP_NET_RAW CAP_NET_ADMIN CAP_SYSLOG})
	config ".process.capabilities = {bounding: $caps, permitted: $caps, effective: $caps, inheritable: $caps}"
	args /escape
	"$ESCAPE" bait "$WOLFFIA" run -b "$B" "$ID" 3>&- >"$T/out" 2>"$T/err" || fail "run: $(cat "$T/err")"
	read_facts "$T/out"
	local n
	n=$(grep -c =OPEN "$T/out")
	echo "# $BATS_TEST_DESCRIPTION: $n" >&3
	for n in mount_tmpfs mount_proc bind_root fs_open tree_clone umount_proc unshare_mount abstract_socket raw_socket inheritable new_privileges read_keys setuid_program push_character; do
		is $n OPEN
	done
}
