# SPDX-License-Identifier: GPL-2.0-or-later
# The commands in the README's section about direct use, run as they stand there.
load helpers

setup() {
	[ -e /.wolffia-arena ] || skip "only in the arena"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID B=$BATS_TEST_TMPDIR
	umask 022
	mkdir "$T/p" "$T/p/one" "$T/p/two" "$T/bin"
	cd "$T/p"
	printf '#!/bin/sh\necho tested; echo x >made\n' >run-tests
	printf '#!/bin/sh\necho agent $AGENT in $(basename $PWD): $(ls)\n' | tee one/work >two/work
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
	[ "$(sort <<<"$out")" = $'agent 1 in one: work\nagent 2 in two: work' ] || fail "$out"
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
