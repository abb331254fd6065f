# SPDX-License-Identifier: GPL-2.0-or-later
# Subordinate ids: root writes /etc/subuid and runs wolffia as uid 1000 ("tester").
load helpers

setup() {
	[ "$(id -u)" -eq 0 ] && grep -q 4294967295 /proc/self/uid_map || skip "writes /etc/subuid as root"
	[ -u /usr/bin/newuidmap ] || skip "newuidmap is not installed"
	grep -q '^tester:' /etc/passwd || echo 'tester:x:1000:1000::/:/bin/sh' >>/etc/passwd
	grep -q '^tester:' /etc/group || echo 'tester:x:1000:' >>/etc/group
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	config '.linux.namespaces += [{type: "user"}]'
	before=$(leftovers)
	mkdir -p "$T/state"
	chown 1000:1000 "$T/state"
	chmod 755 "$T" "$B"
	local d=$T
	while [ "$d" != / ]; do chmod o+x "$d"; d=$(dirname "$d"); done
	cp /etc/subuid "$T/subuid.old" 2>/dev/null || : >"$T/subuid.old"
	cp /etc/subgid "$T/subgid.old" 2>/dev/null || : >"$T/subgid.old"
}

teardown() {
	umount /usr/bin/newuidmap /usr/bin/getsubids /etc/nsswitch.conf 2>/dev/null || true
	! mountpoint -q /usr/bin || [ "$(stat -f -c %T /usr/bin)" != overlayfs ] || umount -l /usr/bin
	local f
	for f in subuid subgid; do
		[ ! -f "$T/$f.old" ] || { rm -f "/etc/$f" && cp "$T/$f.old" "/etc/$f" && chmod 644 "/etc/$f"; }
	done
	[ -n "${before-}" ] || return 0 # setup() has skipped the test
	# no container, and nothing that all tests look after
	[ -z "$(find "$T/state" -mindepth 1 -maxdepth 1 -type d)" ] || { find "$T/state" >&2; return 1; }
	rm -rf "$T/state"
	calm
}

# ids LINE...: the content of both files
ids() { printf '%s\n' "$@" | tee /etc/subuid >/etc/subgid; }

# u [PREFIX...]: the probe as uid 1000; $status, facts, $err
u() {
	status=0
	(cd / && exec setpriv --reuid 1000 --regid 1000 --clear-groups "$@" \
		"$WOLFFIA" --root "$T/state" run -b "$B" "$ID") >"$T/out" 2>"$T/err" 3>&- || status=$?
	err=$(<"$T/err")
	read_facts "$T/out"
}

# map FILTER MAP: the config's mappings for both kinds
mappings() { config ".linux.uidMappings = $1 | .linux.gidMappings = .linux.uidMappings"; }

@test "a config without maps gets every subordinate id, range by range (R2)" {
	ids 'tester:300000:10' 'tester:100000:1000'
	u
	[ "$status" -eq 0 ] || fail "$err"
	is uid_map "0 1000 1,1 100000 1000,1001 300000 10"
	is gid_map "0 1000 1,1 100000 1000,1001 300000 10"
	[ -z "$err" ]
}

@test "lines as shadow reads them: the answer is newuidmap's (R1)" {
	local line
	# the names and numbers that count
	while IFS='|' read -r line; do
		ids "$line"
		u
		is uid_map "0 1000 1,1 100000 65536"
	done <<-'END'
		tester:100000:65536
		1000:100000:65536
		tester:0x186a0:65536
		tester:0303240:0x10000
	END
	# beyond what a signed number holds
	ids tester:3000000000:65536
	u
	is uid_map "0 1000 1,1 3000000000 65536"
	is gid_map "0 1000 1,1 3000000000 65536"
	ids '# x' '' 'tester:100000:32768' 'other:5:5' 'tester:132768:32768'
	u
	is uid_map "0 1000 1,1 100000 65536"
	# another name of the same uid
	echo 'alias:x:1000:1000::/:/bin/sh' >>/etc/passwd
	ids 'alias:100000:7'
	u
	sed -i '/^alias:/d' /etc/passwd
	is uid_map "0 1000 1,1 100000 7"
	# lines that are none: the one id that is left, and a warning that says why (R4)
	for line in ' tester:100000:65536' 'tester:100000:65536 ' $'tester:100000:65536\r' \
		'tester:100000:65536:1' 'tester:100000'; do
		ids "$line"
		u
		[ "$status" -eq 0 ] || fail "$err"
		is uid_map "0 1000 1"
		[[ $err == *"only the caller's own ids are mapped, as root: /etc/subuid has no line for tester"* ]] ||
			fail "$err"
		[ "$(grep -c '' "$T/err")" -eq 1 ] || fail "more than one line: $err"
	done
}

@test "what is named is never weakened (R4): 0x, by uid, too few" {
	mappings '[{containerID: 0, hostID: 100000, size: 65536}]'
	ids 'tester:0x186a0:65536'
	u
	is uid_map "0 100000 65536"
	ids 'tester:100000:65535'
	u
	[ "$status" -eq 1 ]
	[[ $err == "error: linux.gidMappings: newgidmap: "*"hint: entry 0 wants the 65536 ids 100000-165535, of which /etc/sub"?"id gives 65535 to tester"* ]] || fail "$err"
	: >/etc/subuid
	: >/etc/subgid
	u
	[ "$status" -eq 1 ]
	[[ $err == "error: linux.gidMappings: newgidmap: "*"hint: /etc/subgid has no line for tester: as root, \`usermod --add-sub"?"ids 100000-165535 tester\`"* ]] || fail "$err"
}

@test "many extents: all of them, or a refusal before anything runs (R3)" {
	local n
	ids 'tester:100000:65536'
	for n in 7 8 100 270; do
		mappings "[range(0; $n) | {containerID: (2 * .), hostID: (100000 + 2 * .), size: 1}]"
		u
		[ "$status" -eq 0 ] || fail "$err"
		[ "$(tr -cd , <<<"${fact[uid_map]}" | wc -c)" -eq $((n - 1)) ] || fail "${fact[uid_map]}"
	done
	mappings '[range(0; 340) | {containerID: (2 * .), hostID: (100000 + 2 * .), size: 1}]'
	u
	[ "$status" -eq 1 ]
	[[ $err == "error: config.json:"*": linux.uidMappings: "*" bytes in 340 extents exceed the kernel's limit of 4095 bytes"$'\n'"  hint: merge neighbouring ranges" ]] || fail "$err"
	mappings '[range(0; 341) | {containerID: (2 * .), hostID: (100000 + 2 * .), size: 1}]'
	u
	[ "$status" -eq 1 ]
	[[ $err == "error: config.json:"*": linux.uidMappings[340]: too many, expected at most 340, the kernel's limit" ]] || fail "$err"
}

# r MODE: the maps of direct use with that mode
r() {
	status=0
	(cd / && exec setpriv --reuid 1000 --regid 1000 --clear-groups env -i "$WOLFFIA" --root "$T/state" \
		run --rootfs "$R" --userns "$1" -- cat /proc/self/uid_map /proc/self/gid_map) >"$T/out" 2>"$T/err" 3>&- || status=$?
	err=$(<"$T/err") out=$(tr -s ' \n' ' ,' <"$T/out" | sed 's/^ //; s/, /,/g; s/,$//')
}

# doctor TEXT: what it says of subids has that
doctor() {
	local said
	said=$(cd / && setpriv --reuid 1000 --regid 1000 --clear-groups "$WOLFFIA" --root "$T/state" doctor 3>&- |
		sed -n '/ subids /,/ newidmap /p')
	[[ $said == *"$1"* ]] || fail "$said"
}

@test "more ranges than the kernel takes: each mode says so; auto takes one of them (R3)" {
	local i mode
	# shellcheck disable=SC2046 # words
	ids $(seq -f 'tester:%.0f:5' 100000 10 104000)
	for mode in shared keep-id nomap; do
		r "$mode"
		[ "$status" -eq 125 ] || fail "$mode: $out"
		[[ $err == "error: --userns: 40"[12345]" extents exceed the kernel's limit of 340"*"hint: fewer and longer ranges"*"auto:size=N"* ]] ||
			fail "$mode: $err"
	done
	r keep-id:uid=5,gid=5,size=50
	[ "$status" -eq 0 ] || fail "$err"
	r auto:size=5
	[ "$out" = "0 104000 5,0 104000 5" ] || fail "$out $err"
	u
	[ "$status" -eq 1 ]
	[[ $err == "error: linux.uidMappings: 402 extents exceed the kernel's limit of 340"$'\n'"  hint: merge neighbouring ranges, in /etc/subuid and /etc/subgid when the config names none" ]] || fail "$err"
	r "map=$(for ((i = 0; i < 341; i++)); do printf '%s:%s:1,' $i $((100000 + i)); done)5:5:5"
	[ "$status" -eq 125 ]
	[[ $err == "error: --userns: map: 342 extents exceed the kernel's limit of 340"$'\n'"  hint: merge neighbouring ranges" ]] || fail "$err"
}

@test "the caller's own id in a range of subordinate ids is mapped once, and by nomap and auto never (R9, R46)" {
	ids tester:999:10
	u
	is uid_map "0 1000 1,1 999 1,2 1001 8"
	r shared
	[ "$out" = "0 1000 1,1 999 1,2 1001 8,0 1000 1,1 999 1,2 1001 8" ] || fail "$out $err"
	r nomap
	[ "$out" = "0 999 1,1 1001 8,0 999 1,1 1001 8" ] || fail "$out $err"
	r keep-id:uid=2,gid=0
	[ "$out" = "0 999 1,1 1001 1,2 1000 1,3 1002 7,0 1000 1,1 999 1,2 1001 8" ] || fail "$out $err"
	r auto:size=9
	[ "$out" = "0 999 1,1 1001 8,0 999 1,1 1001 8" ] || fail "$out $err"
	r auto:size=10
	[[ $status$err == "125error: --userns: need 10 uids, 9 of 9 are free (largest piece 8)"$'\n'"  hint: auto:size=N asks for fewer; "* ]] || fail "$err"
	# a line with that id alone gives nothing
	ids tester:1000:1
	r nomap
	[ "$status$err" = "125error: --userns: the caller (uid 1000) has no subordinate ids in /etc/subuid
  hint: as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 tester; or --userns single, which needs none" ] || fail "$err"
}

@test "a line that newuidmap passes over is named, with what is wrong with it (R1, R7)" {
	local line why
	while IFS='|' read -r line why; do
		line=$(printf '%b.' "$line")
		ids 'other:1:5' "${line%.}"
		r shared
		[[ $status$err == "125error: --userns: /etc/subuid: line 2 $why, so it does not count"*"correct that line"* ]] ||
			fail "$err"
		u
		[[ $status$err == 0*"has no line for tester (line 2 $why)" ]] || fail "$status $err"
		doctor "as root: correct /etc/subuid, of which line 2 $why"
	done <<-'END'
		\x20tester:100000:65536|begins with a blank
		tester:100000:65536\r|ends with a carriage return (CRLF)
		1000:100000:65536\x20|ends with a blank
		tester:100000|is not OWNER:START:COUNT
	END
	mappings '[{containerID: 0, hostID: 100000, size: 65536}]'
	u
	[[ $status$err == 1*"not allowed"*"hint: /etc/subgid: line 2 is not OWNER:START:COUNT, so newgidmap passes over it: correct that line"* ||
		$err == *"hint: /etc/subuid: line 2 is not OWNER:START:COUNT, so newuidmap passes over it: correct that line"* ]] || fail "$err"
}

@test "who has no ids is told a command that gives him those of nobody else (R7)" {
	ids other:100000:65536 containers:2147483647:2147483648
	r shared
	[[ $status$err == "125"*"hint: as root: usermod --add-subuids 165536-231071 --add-subgids 165536-231071 tester; or --userns single"* ]] ||
		fail "$err"
	doctor "as root: usermod --add-subuids 165536-231071 --add-subgids 165536-231071 tester; else --userns single"
	echo tester:5000000:65536 >>/etc/subuid
	r auto
	[[ $status$err == "125"*"(gid 1000) has no subordinate ids in /etc/subgid"*"hint: as root: usermod --add-subgids 165536-231071 tester; or"* ]] ||
		fail "$err"
	# few ids are not enough for images
	ids tester:100000:1000
	doctor "only 1000 uids, 1000 gids: images go up to 65534, nobody"
}

@test "a user whom /etc/passwd does not know has the name that getent gives (LDAP, sssd)" {
	ids directory-user:100000:65536
	printf '#!/bin/sh\n[ "$*" = "passwd 1000" ] && echo "directory-user:*:1000:1000::/:/bin/sh"\n' >"$T/getent"
	chmod 755 "$T/getent"
	cp /etc/passwd "$T/passwd.old"
	sed -i /^tester:/d /etc/passwd
	mount --bind "$T/getent" /usr/bin/getent
	status=0
	config=$(cd / && setpriv --reuid 1000 --regid 1000 --clear-groups "$WOLFFIA" --root "$T/state" \
		do --userns shared --print-config -- true 2>&1) || status=$?
	umount /usr/bin/getent
	cp "$T/passwd.old" /etc/passwd
	[ "$status" -eq 0 ] || fail "$config"
	[ "$(jq -c .linux.uidMappings[1] <<<"$config")" = '{"containerID":1,"hostID":100000,"size":65536}' ] ||
		fail "$config"
}

@test "files that newuidmap does not read, or we cannot: named, with the cure (R7)" {
	ids tester:100000:65536
	mv /etc/subuid /etc/subuid.real
	ln -s subuid.real /etc/subuid
	r shared
	local link=$status$err
	u
	rm /etc/subuid
	mv /etc/subuid.real /etc/subuid
	[[ $link == 125*"/etc/subuid is a symbolic link"*"hint: newuidmap and newgidmap do not follow it"* ]] || fail "$link"
	[ "$status" -eq 0 ] || fail "$err"
	is uid_map "0 1000 1"
	[[ $err == *"own ids are mapped, as root: /etc/subuid is a symbolic link" ]] || fail "$err"
	chmod 600 /etc/subgid
	r auto
	chmod 644 /etc/subgid
	[[ $status$err == 125*"/etc/subgid: not allowed"*"hint: as root: chmod 644 /etc/subgid"* ]] || fail "$err"
}

@test "one own id needs no helper, and no groups; devpts loses an unmapped gid (R5, R8)" {
	: >/etc/subuid
	: >/etc/subgid
	printf '#!/bin/sh\ntouch %s/ran\nexit 1\n' "$T/state" >"$T/newuidmap"
	chmod 4755 "$T/newuidmap"
	mount --bind "$T/newuidmap" /usr/bin/newuidmap
	mappings '[{containerID: 0, hostID: 1000, size: 1}]'
	config '.mounts |= map(if .destination == "/dev/pts" then .options += ["gid=5"] else . end)' \
		'.process.user.additionalGids = [5]'
	u
	umount /usr/bin/newuidmap
	[ "$status" -eq 0 ] || fail "$err"
	is uid_map "0 1000 1"
	is setgroups deny
	[ ! -e "$T/state/ran" ]
	[ "$err" = "warning: process.user.additionalGids: left out, for setgroups is denied in this user namespace" ] || fail "$err"
}

@test "maps are written in the only order the kernel takes: setgroups, gids, uids (R5)" {
	command -v strace >/dev/null || skip "no strace here"
	mappings '[{containerID: 0, hostID: 1000, size: 1}]'
	# as root, for nobody else may look into wolffia
	(cd / && strace -f -qq -e trace=openat -e signal=none -o "$T/trace" \
		setpriv --reuid 1000 --regid 1000 --clear-groups "$WOLFFIA" --root "$T/state" run -b "$B" "$ID") \
		>"$T/out" 2>"$T/err" 3>&- || fail "$(cat "$T/err")"
	read_facts "$T/out"
	is setgroups deny
	[ "$(grep -oE '"[0-9]+/(setgroups|[gu]id_map)", O_WRONLY' "$T/trace" | sed 's/"[0-9]*.//; s/".*//' | tr '\n' ' ')" = "setgroups gid_map uid_map " ] ||
		fail "$(grep -E 'setgroups|id_map' "$T/trace")"
}

@test "no_new_privs: one id with a warning when nothing is named, else the cause (R4, R7)" {
	ids 'tester:100000:65536'
	u --no-new-privs
	[ "$status" -eq 0 ] || fail "$err"
	is uid_map "0 1000 1"
	[[ $err == *"no_new_privs is set for the calling process"* ]] || fail "$err"
	mappings '[{containerID: 0, hostID: 100000, size: 65536}]'
	u --no-new-privs
	[ "$status" -eq 1 ]
	[[ $err == "error: linux."[ug]"idMappings: new"[ug]"idmap: "*$'\n'"  hint: no_new_privs is set for the calling process"* ]] || fail "$err"
}

@test "what newuidmap says, and what it means (R7)" {
	local said hint
	ids 'tester:100000:65536'
	mappings '[{containerID: 0, hostID: 100000, size: 65536}]'
	while IFS='|' read -r said hint; do
		printf '#!/bin/sh\necho "%s" >&2\nexit 1\n' "$said" >"$T/newuidmap"
		chmod 4755 "$T/newuidmap"
		mount --bind "$T/newuidmap" /usr/bin/newuidmap
		u
		umount /usr/bin/newuidmap
		[ "$status" -eq 1 ]
		[[ $err == *"linux.uidMappings: newuidmap: ${said#newuidmap: }"* ]] || fail "$err"
		[[ $err == *"hint: "*"$hint"* ]] || fail "$err"
	done <<-'END'
		/etc/subuid: Non-text file.|the last line of /etc/subuid has no newline at its end: add one
		newuidmap: Cannot determine your user name.|uid 1000 has no entry in the passwd database
		newuidmap: Target process is owned by a different user: uid:1000|the primary group is not the one of the passwd entry
		newuidmap: uid range [0-65536) -> [100000-165536) not allowed|/etc/subuid seems to allow it, but newuidmap decides
	END
	# without its privilege
	cp /usr/bin/newuidmap "$T/plain"
	chmod 755 "$T/plain"
	mount --bind "$T/plain" /usr/bin/newuidmap
	u
	[ "$status" -eq 1 ]
	[[ $err == "error: linux.uidMappings: newuidmap: "*"hint: /usr/bin/newuidmap is neither set-uid root nor has file capabilities"*"chmod u+s /usr/bin/newuidmap"* ]] || fail "$err"
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	u
	umount /usr/bin/newuidmap
	[ "$status" -eq 0 ] || fail "$err"
	is uid_map "0 1000 1"
	[[ $err == *"own ids are mapped, as root: "*"neither set-uid root"* ]] || fail "$err"
}

@test "newuidmap, newgidmap or both are not there: named maps are refused, else one id and why (R4, R7)" {
	local lack p
	ids 'tester:100000:65536'
	for lack in "newuidmap newgidmap" newuidmap newgidmap; do
		cp /tmp/template/config.json "$B/config.json"
		config '.linux.namespaces += [{type: "user"}]'
		mappings '[{containerID: 0, hostID: 100000, size: 65536}]'
		# a layer over the read-only programs, from which they can be removed
		mkdir "$T/up" "$T/wrk"
		mount -t overlay -o "lowerdir=/usr/bin,upperdir=$T/up,workdir=$T/wrk" none /usr/bin
		for p in $lack; do rm "/usr/bin/$p"; done
		u
		[ "$status" -eq 1 ] || fail "$lack: $status $err"
		[[ $err == "error: linux."[ug]"idMappings: new"[ug]"idmap: this program is not installed, and "*"hint: install the package uidmap"* ]] || fail "$lack: $err"
		[[ $err != *$'\n'*$'\n'* ]] || fail "more than two lines: $err"
		config 'del(.linux.uidMappings, .linux.gidMappings)'
		u
		umount -l /usr/bin
		rm -rf "$T/up" "$T/wrk"
		[ "$status" -eq 0 ] || fail "$lack: $err"
		is uid_map "0 1000 1"
		is gid_map "0 1000 1"
		[[ $err == "warning: "*"only the caller's own ids are mapped"*" new"[ug]"idmap is not installed" && $err != *$'\n'* ]] || fail "$lack: $err"
	done
}

@test "another source in nsswitch.conf is asked through getsubids (R1)" {
	[ -e /usr/bin/getsubids ] || skip "getsubids is not installed"
	ids 'tester:100000:65536'
	printf 'subid: sss\n' >"$T/nsswitch"
	printf '#!/bin/sh\necho "$*" >>%s/asked\necho "Using sss" >&2\necho "0: tester 100000 9"\n' "$T" >"$T/getsubids"
	chmod 755 "$T/getsubids"
	: >"$T/asked"
	chmod 666 "$T/asked"
	[ -e /etc/nsswitch.conf ] || : >/etc/nsswitch.conf
	mount --bind "$T/nsswitch" /etc/nsswitch.conf
	mount --bind "$T/getsubids" /usr/bin/getsubids
	u
	[ "$(tr '\n' , <"$T/asked")" = "tester,-g tester," ] || fail "$(cat "$T/asked") $err"
}

@test "the caller's PATH does not choose newuidmap, and its environment stays outside (R5)" {
	ids 'tester:100000:65536'
	mkdir "$T/bin"
	printf '#!/bin/sh\ntouch %s/ran\nexit 0\n' "$T/state" >"$T/bin/newuidmap"
	chmod 755 "$T/bin" "$T/bin/newuidmap"
	u env PATH="$T/bin:$PATH"
	is uid_map "0 1000 1,1 100000 65536"
	[ ! -e "$T/state/ran" ]
	# what the helper finds: no environment, nothing open but its own
	cat >"$T/newuidmap" <<-END
		#!/bin/sh
		{
			tr '\0' '|' </proc/\$\$/environ
			for i in 0 1 2; do readlink /proc/\$\$/fd/\$i; done
			ls /proc/\$\$/fd
		} | cat >"$T/state/found"
		exit 1
	END
	chmod 4755 "$T/newuidmap"
	mount --bind "$T/newuidmap" /usr/bin/newuidmap
	u env LD_PRELOAD=/nothing SECRET=1
	umount /usr/bin/newuidmap
	[ "$status" -eq 1 ]
	# the script itself is one more
	[[ $(tr '\n' ' ' <"$T/state/found") =~ ^"/dev/null pipe:["[0-9]+"] pipe:["[0-9]+"] 0 1 "("10 ")?"2 "("255 ")?$ ]] ||
		fail "$(cat "$T/state/found")"
}
