# SPDX-License-Identifier: GPL-2.0-or-later
# The commands in the README's section about direct use, run as they stand there.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID B=$BATS_TEST_TMPDIR
	umask 022
	mkdir "$T/p" "$T/p/one" "$T/p/two" "$T/bin"
	cd "$T/p"
	printf '#!/bin/sh\necho tested; echo x >made; [ $(grep -c : /proc/net/dev) -eq 1 ] || echo "a network"\n' >run-tests
	printf '#!/bin/sh\necho agent $AGENT in $(basename $PWD): $(ls) $(cd .. && ls) $(cat /proc/[0-9]*/environ | tr "\\0" "\\n" | grep AGENT | sort -u)\n' | tee one/work >two/work
	chmod 755 run-tests one/work two/work
	cp -a /tmp/template/rootfs debian
	ln -s "$WOLFFIA" "$T/bin/wolffia"
	PATH=$T/bin:$PATH
	before=$(leftovers)
}

@test "recipe: tests of a checkout (R52)" {
	recipe 'do -v . -- ./run-tests'
	[ "$out" = tested ] && [ -e made ]
}

@test "recipe: what they change is thrown away" {
	recipe overlay
	[ "$out" = tested ] && [ ! -e made ]
}

@test "recipe: limits and a result" {
	recipe --timeout
	[ "$(jq -r .exitCode result.json)" = 0 ]
}

@test "recipe: a root filesystem" {
	recipe --rootfs
	[ "$out" = "gone, but only here" ] && [ -e debian/etc/passwd ]
}

@test "recipe: two agents" {
	recipe AGENT=1
	[ "$(sort <<<"$out")" = $'agent 1 in one: work one AGENT=1\nagent 2 in two: work two AGENT=2' ] || fail "$out"
}

@test "recipe: two agents, each with ids that nobody else has" {
	local text
	if [ "$(id -u)" -eq 0 ]; then
		grep -q ^containers /etc/subuid || echo containers:100000:65536 >>/etc/subuid
		grep -q ^containers /etc/subgid || echo containers:100000:65536 >>/etc/subgid
	else
		[ -u /usr/bin/newuidmap ] || skip "newuidmap is not installed"
	fi
	cat >one/work <<-'END'
		#!/bin/sh
		read -r inside outside count </proc/self/uid_map
		echo "$outside"
		echo x 2>/dev/null >made || echo refused
		sleep 1 # so that both live at the same time
	END
	cp one/work two/work
	text=$(recipe_text AGENT=1)
	text=${text//do -v/do --userns auto:size=3000 -v}
	timeout 60 bash -c "$text" >"$T/out" 2>"$T/err" 3>&- </dev/null
	# root inside is not the caller outside: the folders can be read, not written
	[ "$(grep -c refused "$T/out")" -eq 2 ] && [ ! -e one/made ] || fail "$(<"$T/out") $(<"$T/err")"
	[ "$(grep -v refused "$T/out" | sort -u | wc -l)" -eq 2 ] || fail "$(<"$T/out")"
}

@test "recipe: packages for one command, thrown away (R52)" {
	need_machine_root
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "no Debian"
	local text
	mkdir -p "$T/pkg/DEBIAN" "$T/pkg/usr/games" "$T/repo" /var/lib/dpkg/{info,updates,triggers} /var/lib/apt/lists/partial \
		/var/cache/apt/archives/partial /var/log/apt
	: >>/var/lib/dpkg/status
	printf 'Package: cowsay\nVersion: 1\nArchitecture: all\nMaintainer: x <x@y>\nDescription: x\n' >"$T/pkg/DEBIAN/control"
	printf '#!/bin/sh\necho "$@" says the cow\n' >"$T/pkg/usr/games/cowsay"
	chmod 755 "$T/pkg/usr/games/cowsay"
	dpkg-deb -b "$T/pkg" "$T/repo/cowsay.deb" >/dev/null
	# there is no archive in an arena: the package is shown to it
	text=$(recipe_text apt-get)
	text=${text/do /do -v $T/repo }
	text=${text/-y cowsay/-y $T/repo/cowsay.deb}
	timeout 60 bash -c "$text" >"$T/out" 2>"$T/err" 3>&- </dev/null || fail "$text: $(<"$T/err")"
	grep -qx "hello says the cow" "$T/out" || fail "$(<"$T/out")"
	[ ! -e /usr/games/cowsay ] && [ ! -s /var/lib/dpkg/status ]
}

@test "recipe: where namespaces are refused" {
	w doctor --json
	[ "$(jq -r '.checks[] | select(.name == "landlock") | .state' "$T/out")" = ok ] || skip "no Landlock in this kernel"
	recipe landlock-only
	[ "$out" = tested ] && [ -e made ]
}

@test "recipe: the config" {
	recipe --print-config
	[ "$(jq -r '.process.args[0]' config.json)" = ./run-tests ]
}
