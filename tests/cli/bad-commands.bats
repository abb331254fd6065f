# SPDX-License-Identifier: GPL-2.0-or-later
# Bad words on the command line, the right command at the wrong time, odd bundles, files and
# sockets: refused with one sentence, and nothing has changed.
load helpers
load bad-input

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	[ -e /.wolffia-arena ] || skip "only in the arena"
	if [ "$(id -u)" -eq 0 ]; then STATE=/run/wolffia; else STATE=$XDG_RUNTIME_DIR/wolffia; fi
	umask 022
	bundle
	good=0 all=0
	: >"$T/out" 2>"$T/err"
	before=$(leftovers)
}

# row SENTENCE WORD...: wolffia with these words is refused
row() {
	local sentence=$1
	shift
	traces
	calm=$trace
	attempt "$@"
	all=$((all + 1))
	one_refused "$*" "$sentence" && good=$((good + 1))
	return 0
}

# fine WORD...: wolffia with these words succeeds and says nothing on stderr
fine() {
	attempt "$@"
	all=$((all + 1))
	if [ "$status" -eq 0 ] && [ -z "$err" ]; then good=$((good + 1)); else
		echo "$*: $status $err" >&2
	fi
	return 0
}

counted() {
	echo "# $BATS_TEST_DESCRIPTION: $good of $all" >&3
	[ "$good" -eq "$all" ]
}

@test "container ids: no command takes them" {
	local id c n=0
	local -a others=(state start kill delete "run -b $B")
	mkdir "$T/victim"
	touch "$T/victim/file"
	for id in "" . .. / ../.. "../../..$T/victim" "$T/victim" a/b /a a/ ./a "a b" "a	b" $'a\nb' 'a*' 'a;b' 'a$b' ä $'a\xff' '~' 'a:b' \
		"$(printf 'x%.0s' {1..256})" "$(printf 'x%.0s' {1..5000})" '%s%s%n' '@'; do
		for c in "create -b $B" "delete --force" "${others[n++ % 5]}"; do
			# shellcheck disable=SC2086 # several words
			row "container id" $c "$id"
		done
	done
	[ -e "$T/victim/file" ]
	for id in a A_0+.- ... -- "$(printf 'x%.0s' {1..255})"; do
		fine create -b "$B" -- "$id"
		fine delete -- "$id"
	done
	row "" create -b "$B" -x
	counted
}

# An empty value is one that was not given: engines pass those.
@test "words: too few, too many, unknown, of no number" {
	local c
	for c in create run state start kill delete; do row "" $c; done
	for c in state start delete; do row "" $c a b; done
	row "" create -b "$B" a b
	row "bogus" bogus
	row "bogus" --bogus list
	for c in create run state start kill delete list spec features; do row "bogus" $c --bogus a; done
	row "" kill "$ID" KILL TERM
	for c in BOGUS 65 -1 0x9 999999999999999999999 "" SIGRTMIN+99 9x " 9"; do row "" kill "$ID" "$c"; done
	for c in -1 x 1025 99999999999 1x; do row "preserve-fds" create --preserve-fds "$c" -b "$B" "$ID"; done
	row "bundle" create --bundle
	row "" create --bundle= "$ID"
	row "format" list --format xml
	row "log-format" --log-format xml list
	row "cgroup-manager" --cgroup-manager bogus list
	row "regex" delete --regex '('
	row "$T/nowhere" --log "$T/nowhere/log" create -b "$B" "$ID"
	row "root" --root /dev/null list
	row "root" --root / create -b "$B" "$ID"
	row "root" --root /proc create -b "$B" "$ID"
	row "" --root "$(printf 'x%.0s' {1..5000})" create -b "$B" "$ID"
	counted
}

@test "bundles and files of create" {
	local f
	mkdir -p "$T/empty" "$T/fifo" "$T/deep" "$T/dir/config.json" "$T/loop" "$T/sock"
	mkfifo "$T/fifo/config.json"
	ln -s config.json "$T/loop/config.json"
	ln -s "$T/loop" "$T/link"
	touch "$T/file"
	truncate -s 100M "$T/deep/config.json"
	row "$T/nowhere" create -b "$T/nowhere" "$ID"
	row "$T/file" create -b "$T/file" "$ID"
	row "config.json" create -b "$T/empty" "$ID"
	row "config.json" create -b "$T/fifo" "$ID"
	row "config.json" create -b "$T/dir" "$ID"
	row "config.json" create -b "$T/loop" "$ID"
	row "config.json" create -b "$T/link" "$ID"
	row "config.json" create -b "$T/deep" "$ID"
	row "" create -b "$(printf 'x%.0s' {1..5000})" "$ID"
	row "/dev/null" create -b "$B" --config /dev/null "$ID"
	row "$T" create -b "$B" --config "$T" "$ID"
	for f in /dev/zero /dev/tty /proc/self/mem "$T/fifo/config.json"; do row "" create -b "$B" --config "$f" "$ID"; done
	args /probe pause
	row "pid-file" create -b "$B" --pid-file "$T/nowhere/pid" "$ID"
	row "pid-file" create -b "$B" --pid-file "$T/empty/" "$ID"
	row "pid-file" create -b "$B" --pid-file "$T/empty" "$ID"
	row "pidfd-socket" create -b "$B" --pidfd-socket "$T/nowhere" "$ID"
	row "pidfd-socket" create -b "$B" --pidfd-socket "$T/file" "$ID"
	row "preserve-fds" create -b "$B" --preserve-fds 5 "$ID"
	row "console" create -b "$B" --console-socket "$T/nowhere" "$ID"
	config '.process.terminal = true'
	row "console" create -b "$B" "$ID"
	row "console" create -b "$B" --console-socket "$T/nowhere" "$ID"
	row "console" create -b "$B" --console-socket "$T/file" "$ID"
	row "console" create -b "$B" --console-socket "$T" "$ID"
	row "console" create -b "$B" --console-socket "$(printf 'x%.0s' {1..200})" "$ID"
	row "console" run -d -b "$B" "$ID"
	counted
}

@test "a pid file that is a link or exists is replaced, not followed" {
	args /probe pause
	echo precious >"$T/precious"
	ln -s "$T/precious" "$T/pid"
	fine create -b "$B" --pid-file "$T/pid" "$ID"
	[ "$(cat "$T/precious")" = precious ]
	[ ! -L "$T/pid" ]
	fine delete --force "$ID"
}

@test "the wrong command at the wrong time" {
	local c
	args /probe pause
	for c in state start kill delete; do row "does not exist" $c "$ID"; done
	row "does not exist" kill --all "$ID" KILL
	fine delete --force "$ID"
	fine create -b "$B" "$ID"
	row "already exists" create -b "$B" "$ID"
	row "already exists" run -b "$B" "$ID"
	row "already exists" run -d -b "$B" "$ID"
	fine state "$ID"
	[ "$(jq -r .status "$T/out")" = created ]
	fine start "$ID"
	row "" start "$ID"
	row "already exists" create -b "$B" "$ID"
	row "not stopped: running" delete "$ID"
	[ "$(status_of "$ID")" = running ]
	fine kill "$ID" KILL
	until_true stopped "$ID"
	row "not running" kill "$ID" TERM
	row "not running" kill "$ID" KILL
	fine kill --all "$ID" KILL
	row "stopped" start "$ID"
	row "already exists" create -b "$B" "$ID"
	fine state "$ID"
	fine list
	fine delete "$ID"
	row "does not exist" delete "$ID"
	row "does not exist" state "$ID"
	row "does not exist" start "$ID"
	fine delete --force "$ID"
	fine create -b "$B" "$ID"
	fine kill "$ID" KILL
	until_true stopped "$ID"
	row "stopped" start "$ID"
	fine delete "$ID"
	fine create -b "$B" "$ID"
	fine delete "$ID"
	# the bundle goes away meanwhile
	fine create -b "$B" "$ID"
	mv "$B" "$T/moved"
	fine state "$ID"
	fine start "$ID"
	fine state "$ID"
	fine kill "$ID" KILL
	until_true stopped "$ID"
	fine delete "$ID"
	mv "$T/moved" "$B"
	counted
}

@test "hooks that call wolffia for their own container" {
	local c
	args /probe pause
	for c in state list; do
		printf '#!/bin/sh\nexec %s %s %s >%s/said 2>&1\n' "$WOLFFIA" "$c" "$ID" "$T" >"$T/hook"
		[ "$c" = state ] || sed -i "s/ $ID//" "$T/hook"
		chmod 755 "$T/hook"
		config ".hooks = {createRuntime: [{path: \"$T/hook\"}]}"
		fine create -b "$B" "$ID"
		[ "$c" != state ] || [ "$(jq -r .status "$T/said")" = creating ] || fail "$(cat "$T/said")"
		fine delete --force "$ID"
	done
	# these cannot work; they must not hang for ever
	for c in start delete kill; do
		printf '#!/bin/sh\ntimeout 3 %s %s %s\n' "$WOLFFIA" "$c" "$ID" >"$T/hook"
		row "hooks.createRuntime[0]" create -b "$B" "$ID"
	done
	counted
}

@test "signals during create" {
	local s p
	args /probe pause
	printf '#!/bin/sh\nsleep 0.3\n' >"$T/hook"
	chmod 755 "$T/hook"
	config ".hooks = {createRuntime: [{path: \"$T/hook\"}]}"
	for s in TERM INT HUP QUIT KILL USR1 PIPE ALRM; do
		traces
		calm=$trace
		setsid "$WOLFFIA" create -b "$B" "$ID" >"$T/out" 2>"$T/err" 3>&- &
		p=$!
		until_true test -e "$STATE/$ID/creating" -o -e "$STATE/$ID/created"
		kill -s "$s" $p 2>/dev/null || true
		wait $p 2>/dev/null || true
		attempt state "$ID"
		[ "$status" -le 1 ] || fail "$s: state ended with $status"
		fine delete --force "$ID"
		: >"$T/out" >"$T/err"
		same_traces "$s" || fail "$s: something is left"
	done
	counted
}
