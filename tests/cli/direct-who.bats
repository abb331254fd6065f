# SPDX-License-Identifier: GPL-2.0-or-later
# Direct use: who the program is, inside and outside; its environment from a file; containers
# that stay. As root and as a plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	if [ "$(id -u)" -eq 0 ]; then
		grep -q ^containers /etc/subuid || echo containers:100000:65536 >>/etc/subuid
		grep -q ^containers /etc/subgid || echo containers:100000:65536 >>/etc/subgid
	fi
	before=$(leftovers)
}

d() { w run --rootfs "$R" "$@"; }

# host_uid ID: the real uid of its program as the machine sees it
host_uid() { awk '/^Uid:/ { print $2 }' "/proc/$("$WOLFFIA" state "$1" | jq .pid)/status"; }

@test "--user by name: the root's passwd and group decide (R45)" {
	printf 'www:x:33:34::/:\nbad:x:-1:5:::\n' >>"$R/etc/passwd"
	printf 'staff:x:50:\n' >>"$R/etc/group"
	local line who want
	while read -r who want; do
		d --userns shared -u "$who" -- sh -c 'echo $(id -u):$(id -g)'
		[ "$status" -eq 0 ] || [ "$(id -u)" -eq 0 ] || [ -u /usr/bin/newuidmap ] || skip "no newuidmap"
		[ "$out" = "$want" ] || fail "$who: $out, not $want: $err"
	done <<-'END'
		www 33:34
		www:staff 33:50
		www:7 33:7
		7:staff 7:50
		user 1000:1000
		root 0:0
	END
	no 125 "--user: none: /etc/passwd of the root filesystem has no such user" run --rootfs "$R" -u none -- true
	no 125 "no such user" run --rootfs "$R" -u bad -- true
	no 125 "--user: none: /etc/group of the root filesystem has no such group" run --rootfs "$R" -u www:none -- true
	no 125 "--user www:: expected UID or NAME" run --rootfs "$R" -u www: -- true
	# the machine's own users do not count
	no 125 "no such user" run --rootfs "$R" -u daemon -- true
}

@test "--user by name: the groups of the root's /etc/group come along, with :GROUP none (R45)" {
	local who want
	[ "$(id -u)" -eq 0 ] || [ -u /usr/bin/newuidmap ] || skip "newuidmap is not installed"
	echo 'www:x:33:34::/:' >>"$R/etc/passwd"
	printf 'web:x:34:www\nmail:x:8:root,www\nwwww:x:9:wwww\nlast:x:60:www' >>"$R/etc/group"
	while read -r who want; do
		d --userns shared -u "$who" -- sh -c 'grep ^Groups: /proc/self/status'
		[ "$(tr -s '\t ' ' ' <<<"$out")" = "Groups: ${want:+${want//,/ } }" ] ||
			[ "$(xargs <<<"$out")" = "Groups: ${want//,/ }" ] || fail "$who: $out, not $want: $err"
	done <<-'END'
		www 8,60
		www:60
		33
	END
	# ids that the container does not have are said at level info
	ok --log-level info run --rootfs "$R" --userns single -u www -- true
	[[ $err == *"--user www: 2 of its groups have no id in the container and are left out"* ]] || fail "$err"
	rm "$R/etc/group"
	ok run --rootfs "$R" --userns shared -u www -- true
}

@test "--user by name: a passwd that is not what it seems" {
	rm "$R/etc/passwd"
	no 125 "--user: www: /etc/passwd: it does not exist" run --rootfs "$R" -u www -- true
	mkfifo "$R/etc/passwd"
	no 125 "passwd" run --rootfs "$R" -u www -- true
	rm "$R/etc/passwd"
	echo 'www:x:33:33:::' >"$T/passwd"
	ln -s "$T/passwd" "$R/etc/passwd"
	no 125 "passwd" run --rootfs "$R" -u www -- true
	rm "$R/etc/passwd"
	truncate -s 3M "$R/etc/passwd"
	no 125 "passwd" run --rootfs "$R" -u www -- true
	# a folder of the image that leads outside stays inside
	rm "$R/etc/passwd"
	mkdir "$T/etc"
	echo 'www:x:33:33:::' >"$T/etc/passwd"
	rmdir "$R/etc" 2>/dev/null || mv "$R/etc" "$R/etc.old"
	ln -s "$T/etc" "$R/etc"
	no 125 "/etc/passwd" run --rootfs "$R" -u www -- true
}

@test "--env-file: one variable a line, --env wins (R45)" {
	printf 'A=1\n# no\n\nB=x y=z\nC=\nHOME=/h\n' >"$T/vars"
	d --env-file "$T/vars" -e A=2 -e D=3 -- env
	[ "$(grep -E '^(A|B|C|D|HOME)=' <<<"$out" | sort | tr '\n' '|')" = "A=2|B=x y=z|C=|D=3|HOME=/h|" ] || fail "$out"
	echo 'not good' >"$T/vars"
	no 125 "--env-file $T/vars: line 1: expected NAME=VALUE or NAME" run --rootfs "$R" --env-file "$T/vars" -- true
	no 125 "--env-file: open $T/none: No such file" run --rootfs "$R" --env-file "$T/none" -- true
	mkfifo "$T/fifo"
	no 125 "--env-file" run --rootfs "$R" --env-file "$T/fifo" -- true
	printf 'A=1\0B' >"$T/vars"
	no 125 "a NUL byte" run --rootfs "$R" --env-file "$T/vars" -- true
}

@test "--double-rootless: not root inside, not the caller outside (R46)" {
	local caller n
	caller=$(id -u)
	[ "$caller" -eq 0 ] || [ -u /usr/bin/newuidmap ] || skip "newuidmap is not installed"
	d --double-rootless -- sh -c 'id -u; id -g; echo x >>/etc/passwd || echo refused; grep CapBnd /proc/self/status; cat /proc/self/uid_map'
	[ "$status" -eq 0 ] || fail "$err"
	[ "$(sed -n 1,3p <<<"$out")" = $'1001\n1001\nrefused' ] || fail "$out"
	[[ $out == *$'CapBnd:\t0000000000000000'* ]] || fail "$out"
	# the caller's own id is not inside at all
	[ "$(wc -l <<<"$out")" -eq 5 ]
	[ "$(sed -n 5p <<<"$out" | tr -s ' ')" = " 0 164512 1024" ] || fail "$out"
	# a user of the root's own passwd (R46)
	echo 'www:x:33:34::/:' >>"$R/etc/passwd"
	for n in "--double-rootless -u www:164545" "--double-rootless:165513" "--userns shared --user 1001:101000" "--userns nomap --user 1001:101001" \
		"--double-rootless --userns nomap:101001" "--double-rootless --user 5:164517"; do
		[ "$caller" -ne 0 ] || [[ $n != *shared* ]] || continue # root's stand for themselves
		# shellcheck disable=SC2086 # options
		d ${n%:*} --id "$ID" --detach -- sleep 30
		[ "$status" -eq 0 ] || fail "$n: $err"
		[ "$(host_uid "$ID")" = "${n##*:}" ] || fail "$n: $(host_uid "$ID")"
		ok delete --force "$ID"
	done
	# who is not the caller has no way into the caller's own folders
	mkdir -m 700 "$T/own"
	cd "$T/own"
	no 125 "the caller's directory: $T/own: not allowed" run --rootfs "$R" --double-rootless -v . -- true
	[[ $err == *"hint: the program is not the caller outside: \`chmod o+x\`"* ]] || fail "$err"
	cd /
	no 125 "--double-rootless: with --userns single the program would be the caller" \
		run --rootfs "$R" --double-rootless --userns single -- true
	no 125 "--double-rootless: --user 0 is root inside" run --rootfs "$R" --double-rootless --user 0 -- true
	no 125 "--double-rootless: --user root is root inside" run --rootfs "$R" --double-rootless --user root -- true
	# mappings that make him the caller all the same, or of the caller's group
	for n in "--userns map=1001:$caller:1" "--uidmap 1001:$caller:1" "--userns map=1001:100000:1/1001:$(id -g):1" \
		"--userns keep-id:uid=1001" "--userns keep-id:gid=1001"; do
		# shellcheck disable=SC2086 # an option and its value
		no 125 "--double-rootless: --user 1001:1001 is the caller outside, or of his group" \
			run --rootfs "$R" --double-rootless $n -- true
	done
	[ "$caller" -eq 0 ] || no 125 "--double-rootless: --user $caller:$caller is the caller outside" \
		run --rootfs "$R" --double-rootless --userns keep-id --user "$caller" -- true
}

@test "--detach: it stays, and is like any other container" {
	d --detach -v "$T:/work" -- sh -c 'echo up >/work/up; exec sleep 30'
	[ "$status" -eq 0 ] || fail "$err"
	ID=$out
	[[ $ID == run-* ]]
	until_true test -s "$T/up"
	[ "$(status_of "$ID")" = running ]
	ok exec "$ID" id -u
	[ "$out" = 0 ]
	ok gc --all
	[ -z "$out" ]
	ok kill "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
	for n in "--timeout 5" "--stop-timeout 5" "--output-limit 5" "--result $T/r" --tty; do
		# shellcheck disable=SC2086 # an option and its value
		no 125 "--detach: nobody waits: not with --timeout, --stop-timeout, --output-limit" run --rootfs "$R" --detach $n -- true
	done
	no 127 "executable file not found" run --rootfs "$R" --detach -- no-such-program
}

@test "do in do: each belt of the outer one that is in the way is named, then it works (R48)" {
	local inner
	# by another path, for its own may be below /tmp
	inner() { w do -v "$WOLFFIA:/tmp/wolffia:ro" "${outer[@]}" -- /tmp/wolffia --root /tmp/state do "$@" -- sh -c 'id -u; echo in'; }
	outer=()
	inner
	[ "$status" -eq 125 ] && [[ $err == *"a seccomp filter of the calling process may forbid it"* ]] || fail "$err"
	outer=(--no-seccomp)
	inner
	[ "$status" -eq 125 ] && [[ $err == *"be another user in the outer container"* ]] || fail "$err"
	outer=(--no-seccomp -u 1000)
	inner --allow-host-proc
	if [ "$status" -ne 0 ]; then
		[ "$status" -eq 125 ] && [[ $err == *"needs --no-landlock"* ]] || fail "$err"
	fi
	outer=(--no-seccomp --no-landlock -u 1000)
	inner
	[ "$status" -eq 125 ] && [[ $err == *"--allow-host-proc"* ]] || fail "$err"
	inner --allow-host-proc
	[ "$out" = $'0\nin' ] || fail "$status $out $err"
}
