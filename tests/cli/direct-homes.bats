# SPDX-License-Identifier: GPL-2.0-or-later
# `do` where homes are not where their names say: links at the top, as ostree has them, and a
# $HOME that /etc/passwd does not know (R39). Each in an arena of its own.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	need_root
	T=$BATS_TEST_TMPDIR
	arena=${PROBE%/*}/arena
	[ -x "$arena" ] || skip "no arena beside the probe"
}
teardown() { :; }

# inside OPTION FIRST SCRIPT: FIRST as root, then SCRIPT with W
inside() {
	cat >"$T/first" <<<"$2"
	cat >"$T/script" <<<"$3"
	# shellcheck disable=SC2086 # no option is no word
	"$arena" $1 --first "bash -e '$T/first'" --bind "$T" --bind "${WOLFFIA%/*}" \
		env W="$WOLFFIA" bash "$T/script" >"$T/out" 2>"$T/err" 3>&- || fail "$? $(<"$T/out") $(<"$T/err")"
	out=$(<"$T/out")
}

# /root stays what it is where this project lies in it
links='mkdir -p /var/home/tester/project /var/srv /var/roothome
rmdir /home/* /home
ln -s var/home /home; ln -s var/srv /srv
rmdir /root && ln -s /var/roothome /root || rmdir /var/roothome
for d in /var/home/tester /var/home/tester/project /var/srv /var/roothome; do [ ! -d $d ] || echo secret >$d/file; done
chown -R 1000:1000 /var/home/tester'

@test "do: homes behind links are as empty as others, the project is under both of its names" {
	local who
	for who in "" --user; do
		inside "$who" "$links" 'cd /home/tester/project
$W do -- sh -c "cat /home/*/file /srv/file /root/file /var/home/*/file /var/srv/file /var/roothome/file; echo \$? \$HOME"
$W do -v . -w /home/tester/project -- sh -c "cat file /var/home/tester/project/file; ls -A /var/home/tester; echo x >\$HOME/new"
[ ! -e /root/new ] && [ ! -e /home/tester/new ] || echo new'
		if [ -n "$who" ]; then home=/home/tester; else home=$(getent passwd 0 | cut -d: -f6); fi
		[ "$out" = "1 $home"$'\nsecret\nsecret\nproject' ] || fail "$who: $out $(<"$T/err")"
	done
	inside --user "$links" 'cd /home/tester/project
$W doctor --json | grep -A1 \"landlock\" | grep -q \"ok\" || { echo none; exit; }
$W do --sandbox=landlock-only -v . -- sh -c "cat file; ls /var/home; cat /var/home/tester/file /srv/file; true"'
	[ "$out" = none ] || [ "$out" = secret ] || fail "$out $(<"$T/err")"
}

@test "do: a \$HOME of the caller's own that /etc/passwd does not know is hidden, and is the home inside" {
	inside --user 'mkdir -p /var/lib/ci; echo secret | tee /var/lib/ci/file >/home/tester/file; chown -R 1000 /var/lib/ci' '
export HOME=/var/lib/ci
$W do -- sh -c "cat /var/lib/ci/file ~/file /home/tester/file; echo \$HOME; echo x >~/new"
[ ! -e ~/new ] || echo new
$W do -v ~ -- cat /var/lib/ci/file
for HOME in /usr/share /nowhere . ""; do $W do -- sh -c "test -d /usr/share/doc && echo \$HOME"; done'
	[ "$out" = $'/var/lib/ci\nsecret\n/home/tester\n/home/tester\n/home/tester\n/home/tester' ] || fail "$out $(<"$T/err")"
}

@test "do: --workdir by a path with links, as \$PWD has them" {
	T=$BATS_TEST_TMPDIR B=$T R=$T
	umask 022
	mkdir -p "$T/real/sub" "$T/other"
	ln -s real "$T/link"
	ln -s "$T/other" "$T/real/out"
	cd "$T/link"
	ok do -v . -w "$PWD" -- pwd -P
	[ "$out" = "$T/real" ] || fail "$out"
	ok do -v "$PWD" -w "$PWD/sub" -- pwd -P
	[ "$out" = "$T/real/sub" ] || fail "$out"
	ok do -v .:/src -w /src/sub -- pwd -P
	[ "$out" = /src/sub ] || fail "$out"
	no 125 "--workdir: $PWD: it does not exist" do -v .:/src -w "$PWD" -- pwd
	no 125 "--workdir: $PWD/none: it does not exist" do -v . -w "$PWD/none" -- pwd
	no 125 "--workdir: $T/real/out: it does not exist" do -v . -w "$T/real/out" -- pwd
	ok do -v . -w /usr/bin -- pwd
	[ "$out" = /usr/bin ] || fail "$out"
}
