# SPDX-License-Identifier: GPL-2.0-or-later
# `do`: the machine's own system, read-only or below a throw-away layer, home hidden. As root
# and as a plain user.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	mkdir "$T/project"
	cd "$T/project"
	echo hello >file
	B=$T R=$T
	before=$(leftovers)
}

@test "do: the machine's programs, nothing of its users (R39)" {
	echo secret >~/secret 2>/dev/null || true
	w do -- sh -c 'ls -A ~; ls /home /root /tmp /run /mnt 2>/dev/null; cat ~/secret'
	rm -f ~/secret
	[ "$status" -ne 0 ]
	[[ $err == *secret* && $out != *secret* ]] || fail "$out $err"
	ok do -- sh -c 'command -v bash; test -d /usr/bin && test -d /etc && test ! -e /boot'
}

@test "do: /etc and /usr stay as they are" {
	w do -- sh -c 'echo x >/etc/new; rm -f /etc/passwd; touch /usr/new'
	[ ! -e /etc/new ] && [ -e /etc/passwd ] && [ ! -e /usr/new ]
}

@test "do: the project by -v, kept or thrown away" {
	ok do -v . -- sh -c 'cat file; echo new >made'
	[ "$out" = hello ] && [ "$(cat made)" = new ]
	ok do -v .::overlay -- sh -c 'rm file; echo other >made; ls'
	[ "$out" = made ]
	[ "$(cat file)" = hello ] && [ "$(cat made)" = new ]
	ok do -v .:ro -- sh -c 'echo x >made || echo refused'
	[ "$out" = refused ] && [ "$(cat made)" = new ]
	w do -- ls "$PWD"
	[ "$status" -ne 0 ]
}

@test "do: a device that is named can be used, those in a directory cannot" {
	ok do -v /dev/null:/own/null -- sh -c 'echo x >/own/null && cat /own/null'
	ok do -v /dev/null:/own/null:ro -- cat /own/null
	w do -v /dev:/own -- sh -c 'echo x >/own/null'
	[ "$status" -ne 0 ] || fail "$out"
}

@test "do: secrets of the machine are covered, whoever asks" {
	ok do -- sh -c 'cat /etc/shadow /etc/gshadow 2>/dev/null | wc -c'
	[ "$out" = 0 ] || fail "$out"
}

@test "do: no network but lo; --net host is the caller's" {
	ok do -- sh -c 'cat /proc/net/dev | grep -c :'
	[ "$out" = 1 ]
	ok do --net host -- readlink /proc/self/ns/net
	[ "$out" = "$(readlink /proc/self/ns/net)" ]
}

@test "do: options end at the program; -- is not needed" {
	ok do sh -c 'echo "$0" "$@"' -v x -- y
	[ "$out" = "-v x -- y" ] || fail "$out"
}

@test "do: its program behaves as without: abort, a broken pipe; --no-init makes it the first process (R41)" {
	w do -- sh -c 'kill -ABRT $$'
	[ "$status" -eq 134 ] || fail "$status $err"
	w do --no-init -- sh -c 'kill -ABRT $$; echo $$'
	[ "$status" -eq 0 ] && [ "$out" = 1 ] || fail "$status $out"
	# it would write for ever: the first process of a pid namespace does not die of SIGPIPE
	timeout 30 sh -c '"$WOLFFIA" do -- sh -c "while :; do echo x; done"; echo $? >"$0"' "$T/status" 2>/dev/null 3>&- | head -n 1 >"$T/out"
	[ "$(<"$T/out")" = x ] && [ "$(<"$T/status")" = 141 ] || fail "$(<"$T/status")"
	no 125 "--init and --no-init exclude one another" do --init --no-init -- true
	no 125 "--pids 1: expected at least 2" do --pids 1 -- true
}

@test "do: a program that only the caller's PATH has: told where it is, and shown" {
	mkdir bin
	printf '#!/bin/sh\necho tool\n' >bin/some-tool
	chmod +x bin/some-tool
	export PATH=$PATH:$PWD/bin
	no 127 'executable file not found in $PATH' do -- some-tool
	[[ $err == *"hint: the caller's \$PATH has it in $PWD/bin: --env PATH passes that on, --volume DIR:ro shows what is hidden"* ]] || fail "$err"
	ok do -v "$PWD/bin:ro" -e PATH -- some-tool
	[ "$out" = tool ]
	no 127 'executable file not found in $PATH' do -- no-such-tool
	[[ $err != *hint* ]] || fail "$err"
}

@test "do: at a terminal: its size, Ctrl-C, and Ctrl-Z, after which nobody could go on (R41)" {
	mkfifo "$T/keyboard"
	in_terminal "stty rows 33 cols 77; $WOLFFIA do -- stty size; $WOLFFIA do --no-init -- stty size"
	[ "$(tr -d '\r' <"$T/out")" = $'33 77\n33 77' ] || fail "$(<"$T/out")"
	( until_true pgrep -fx 'sleep 3142'; printf '\003' >"$T/keyboard" ) 3>&- &
	in_terminal "$WOLFFIA do -- sleep 3142; echo said \$?"
	grep -q 'said 130' "$T/out" || fail "$(<"$T/out")"
	( until_true pgrep -fx 'sleep 1.5'; printf '\032' >"$T/keyboard" ) 3>&- &
	in_terminal "$WOLFFIA do -- sleep 1.5; echo said \$?"
	grep -q 'said 0' "$T/out" || fail "$(<"$T/out")"
}

@test "do: at a terminal lines begin at its left edge, whoever writes them" {
	in_terminal "$WOLFFIA do -- printf 'a\nb\n'"
	[ "$(<"$T/out")" = $'a\r\nb\r' ] || fail "$(od -c "$T/out")"
	in_terminal "$WOLFFIA do -- sh -c 'stty -opost; printf \"a\nb\n\"'"
	[ "$(<"$T/out")" = $'a\nb' ] || fail "$(od -c "$T/out")"
}

@test "do: a shell's job in the background runs there, and has the keyboard in the foreground" {
	mkfifo "$T/keyboard"
	in_terminal "bash -c 'set -m; $WOLFFIA do -- echo ran & wait; echo said \$?'"
	grep -q '^ran' "$T/out" && grep -q '^said 0' "$T/out" && ! grep -q Stopped "$T/out" || fail "$(<"$T/out")"
	# ^D is a key like others only when the terminal is ours: what was typed comes back first
	(
		until_true pgrep -fx 'cat /dev/tty'
		printf 'typed\n' >"$T/keyboard"
		until_true eval '[ "$(grep -c ^typed "$T/out")" -ge 2 ]'
		printf '\004' >"$T/keyboard"
	) 3>&- &
	in_terminal "bash -c 'set -m; $WOLFFIA do -- cat /dev/tty & fg; echo said \$?'"
	[ "$(grep -c '^typed' "$T/out")" -ge 2 ] && grep -q '^said 0' "$T/out" || fail "$(<"$T/out")"
}

@test "do: where everything is hidden it starts in the root" {
	ok do -- pwd
	[ "$out" = / ]
	ok do -v . -- pwd
	[ "$out" = "$PWD" ]
}

@test "do: root's own layers take packages, and are gone afterwards" {
	need_root
	ok do -- sh -c 'mkdir /opt/pkg 2>/dev/null || mkdir /var/pkg; ls -d /opt/pkg /var/pkg 2>/dev/null | wc -l'
	[ "$out" -ge 1 ] || skip "every directory here has mounts below it"
	[ ! -e /opt/pkg ] && [ ! -e /var/pkg ]
}

@test "do: without a runtime directory a plain user's state goes to /tmp" {
	[ "$(id -u)" -ne 0 ] || skip "for a plain user"
	export XDG_RUNTIME_DIR=/no/such
	ok --log-level info do -- echo here
	[ "$out" = here ]
	[[ $err == *"the state goes to /tmp/wolffia-$(id -u)"* ]] || fail "$err"
	[ -z "$(ls -A "/tmp/wolffia-$(id -u)")" ]
	# what stays there is found by the other commands
	mkdir "$T/root"
	cp -a /tmp/template/rootfs/. "$T/root"
	ok run --rootfs "$T/root" --id "$ID" --detach -- sleep 30
	ok list -q
	[ "$out" = "$ID" ] || fail "$out"
	[ "$(status_of "$ID")" = running ]
	ok exec "$ID" id -u
	ok kill --regex "$ID" KILL
	until_true stopped "$ID"
	ok gc --all
	[[ $out == *"removed $ID"* ]] || fail "$out"
	no 1 "container $ID does not exist" state "$ID"
	rmdir "/tmp/wolffia-$(id -u)"
	# somebody else's directory of that name is not used
	ln -s "$T" "/tmp/wolffia-$(id -u)"
	w do -- true
	rm "/tmp/wolffia-$(id -u)"
	[ "$status" -eq 125 ] && [[ $err == *"/no"* ]]
}

@test "do: cgroups that cannot be written to are done without" {
	need_root
	cat >"$T/go" <<-END
		mount -o remount,bind,ro /sys/fs/cgroup && exec "$WOLFFIA" --log-level info do --memory 100m -- echo here
	END
	status=0
	unshare -m sh "$T/go" >"$T/out" 2>"$T/err" 3>&- || status=$?
	[ "$status" -eq 0 ] && [ "$(cat "$T/out")" = here ] || fail "$status $(cat "$T/err")"
	grep -q "RLIMIT_DATA limits each process alone" "$T/err"
}

@test "do: where /proc is masked by an outer container" {
	need_root
	cat >"$T/go" <<-END
		mount -t tmpfs none /proc/acpi && "$WOLFFIA" do "\$@"
	END
	status=0
	unshare -m sh "$T/go" -- true 2>"$T/err" 3>&- || status=$?
	[ "$status" -eq 125 ] && grep -q "mount too revealing" "$T/err" || fail "$status $(cat "$T/err")"
	unshare -m sh "$T/go" --allow-host-proc -- echo here >"$T/out" 2>"$T/err" 3>&-
	[ "$(cat "$T/out")" = here ] || fail "$(cat "$T/err")"
}

@test "do: without a state root that can be made, it says so and leaves nothing" {
	w --root /proc/none do -- true
	[ "$status" -eq 125 ]
	[[ $err == *"state root"* || $err == *"/proc/none"* ]] || fail "$err"
}
