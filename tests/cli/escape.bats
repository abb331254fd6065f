# SPDX-License-Identifier: GPL-2.0-or-later
# Ways out of a container (escape.c), tried in the set-ups that users have. In each all are
# blocked but for the ones named there, and why.
load helpers
load configs

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	[ -e /.wolffia-arena ] || skip "only in the arena"
	ESCAPE=${ESCAPE:-$(dirname "$PROBE")/escape}
	[ -x "$ESCAPE" ] || skip "no $ESCAPE"
	umask 022
	bundle
	cp "$ESCAPE" "$R/escape"
	before=$(leftovers)
}

# only_open NAME...: runs the config with /escape as its program
only_open() {
	args /escape
	config '.process.terminal = false | del(.hooks)'
	( trap '' USR1 USR2 PIPE
	  exec "$ESCAPE" bait "$WOLFFIA" run -b "$B" "$ID" ) 3>&- >"$T/out" 2>"$T/err" </dev/null 5</etc 6</etc/passwd || fail "run: $(cat "$T/err")"
	judge "$@"
}

# judge NAME...: of the ways that were tried, these alone may be open
judge() {
	local name open=
	read_facts "$T/out"
	[ "${#fact[@]}" -ge 82 ] || fail "only ${#fact[@]} ways were tried"
	for name in "${!fact[@]}"; do
		[ "${fact[$name]}" != OPEN ] || [[ " $* " == *" $name "* ]] || open+=" $name"
	done
	echo "# $BATS_TEST_DESCRIPTION: $(grep -c =blocked "$T/out") of ${#fact[@]} blocked, open by design: $*" >&3
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
	# what root of a user namespace may do to its own namespaces; none of it leads out
	only_open $unfiltered
}

# sandbox OPTION...: the default of direct use, without a config
sandbox() {
	( trap '' USR1 USR2 PIPE
	  exec "$ESCAPE" bait "$WOLFFIA" "$@" ) 3>&- >"$T/out" 2>"$T/err" </dev/null 5</etc 6</etc/passwd || fail "run: $(cat "$T/err")"
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
	mkdir "$T/tools"
	cp "$ESCAPE" "$T/tools/escape"
	sandbox do --userns auto -v "$T/tools" -- "$T/tools/escape"
}

@test "escape: the config that spec writes, with ids of its own by annotation" {
	auto_ids
	( cd "$B" && rm config.json && "$WOLFFIA" spec )
	config '.linux.namespaces += [{type: "user"}] | .annotations["wolffia.userns"] = "auto" | del(.linux.resources)
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
	mkdir "$T/tools"
	cp "$ESCAPE" "$T/tools/escape"
	sandbox do -v "$T/tools" -- "$T/tools/escape"
}

@test "escape: direct use without namespaces, behind Landlock alone" {
	mkdir "$T/tools"
	cp "$ESCAPE" "$T/tools/escape"
	( trap '' USR1 USR2 PIPE
	  exec "$ESCAPE" bait "$WOLFFIA" do --sandbox=landlock-only -v "$T/tools" -- "$T/tools/escape" ) 3>&- >"$T/out" 2>"$T/err" </dev/null 5</etc 6</etc/passwd || fail "run: $(cat "$T/err")"
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
	"$ESCAPE" bait "$WOLFFIA" run -b "$B" "$ID" 3>&- >"$T/out" 2>"$T/err" </dev/null || fail "run: $(cat "$T/err")"
	read_facts "$T/out"
	local n
	n=$(grep -c =OPEN "$T/out")
	echo "# $BATS_TEST_DESCRIPTION: $n" >&3
	for n in mount_tmpfs mount_proc bind_root fs_open tree_clone umount_proc unshare_mount abstract_socket raw_socket inheritable new_privileges read_keys; do
		is $n OPEN
	done
}
