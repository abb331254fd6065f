# SPDX-License-Identifier: GPL-2.0-or-later
# The commands that the README and the man page show, run as they stand there.
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

@test "recipe: what git would run later stays as it is" {
	mkdir -p .git/hooks
	echo mine >.git/config
	cat >>run-tests <<-'END'
		echo evil >.git/hooks/post-commit || echo evil >>.git/config || rm .git/config || chmod 777 .git/hooks
		mv .git away || { mkdir new && mv -T new .git; } || rmdir .git/hooks
		true
	END
	recipe .git:ro
	[ "$out" = tested ] && [ -e made ] || fail "$out $err"
	[ "$(find .git | sort)" = $'.git\n.git/config\n.git/hooks' ] && [ "$(<.git/config)" = mine ] || fail "$(find .git)"
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

# ---- examples: code blocks of the README, .Bd and .Dl of the man page --------------------------

readme=$BATS_TEST_DIRNAME/../../README.md
man=$BATS_TEST_DIRNAME/../../contrib/man/wolffia.8

# examples: all of them, a NUL after each
examples() {
	awk '/^```/ { if (on) printf "%c", 0; on = !on; next } on' "$readme"
	awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { printf "%c", 0; on = 0 }
		/^\.Dl / { sub(/^\.Dl /, ""); gsub(/\\&/, ""); print; dl = 1; next }
		dl { printf "%c", 0; dl = 0 } on' "$man"
}

# example WORDS: the one that has them
example() {
	local one found=()
	while IFS= read -r -d '' one; do
		[[ $one != *"$1"* ]] || found+=("$one")
	done < <(examples)
	[ ${#found[@]} -eq 1 ] || fail "${#found[@]} examples have $1"
	printf %s "${found[0]}"
}

# shell TEXT: runs it; $out, $err
shell() {
	status=0
	timeout --foreground 60 bash -ec "$1" >"$T/out" 2>"$T/err" 3>&- </dev/null || status=$?
	out=$(<"$T/out") err=$(<"$T/err")
	[ "$status" -eq 0 ] || fail "$1: $status: $err"
}

# What is not run in an arena, and why: the examples' words, a bar, the reason
elsewhere() {
	cat <<-'END'
		sudo ./contrib/try|tests/fresh runs both in a new Debian
		[engine]|a file; tests/clients runs Podman with it
		podman --runtime|images are needed; tests/clients has them
	END
}

@test "examples: each is run, or it is said why not" {
	local one word n=0 known
	# what this file and net.bats name
	known=$(grep -hoE "^[^#]*(recipe|recipe_text|example) ('[^']+'|[A-Za-z=-]+)" "$BATS_TEST_DIRNAME"/{recipes,net}.bats |
		sed -E "s/.*(recipe|recipe_text|example) '?//; s/'$//")
	known+=$'\n'$(elsewhere | cut -d '|' -f 1)
	while IFS= read -r -d '' one; do
		n=$((n + 1))
		while IFS= read -r word; do
			[[ $one != *"$word"* ]] || continue 2
		done <<<"$known"
		fail "no test runs: $one"
	done < <(examples)
	[ "$n" -ge 20 ] || fail "only $n examples"
	while IFS='|' read -r word _; do example "$word" >/dev/null; done < <(elsewhere)
}

@test "example: by hand" {
	local text
	need_cgroups
	text=$(example 'mkdir -p box/rootfs')
	# a program that stays, and needs no terminal
	mv debian box-root
	printf '{"mounts": [{"destination": "/data", "type": "tmpfs", "source": "t"}]}' >more.json
	text=${text//"# put a root filesystem into rootfs"/"mv ../box-root/* rootfs/; cp ../more.json ."}
	text=${text//"wolffia run mine"/"$(plain_config) wolffia run mine; $(plain_config sleep)"}
	[ "$(id -u)" -eq 0 ] || text=${text//"wolffia spec   "/"wolffia spec --rootless"}
	shell "$text"
	[[ $out == *$'\nhello\n'* || $out == hello$'\n'* ]] && [[ $out == *'"running"'* && $out == *ID*other* ]] || fail "$out"
}

# plain_config: what makes a container of spec's that says hello, or that sleeps
plain_config() {
	local args='["/bin/echo", "hello"]'
	[ "${1-}" != sleep ] || args='["/bin/sleep", "1000"]'
	echo "jq '.process.terminal = false | .process.args = $args' config.json >c; mv c config.json;"
}

@test "example: an error in a bundle" {
	local text
	mkdir wrong
	cd wrong
	text=$(example 'error: config.json:41')
	[[ $text == '$ wolffia run mine'$'\n'"error: "* ]]
	"$WOLFFIA" spec
	# the place is that of the line as spec writes it
	jq --tab '.mounts[2].options = "nosuid"' config.json >c
	mv c config.json
	no 1 "mounts[2].options: got a string, expected a list of strings" run mine
	[[ $err =~ ^error:\ config\.json:[0-9]+:[0-9]+: ]] && [[ ${text#*options: } == "${err#*options: }"* ]] || fail "$err"
}

@test "example: tests, with limits" {
	shell "$(example r.json)"
	[ "$out" = tested ] && [ "$(jq -r .exitCode r.json)" = 0 ]
}

@test "example: a root filesystem that is not changed" {
	shell "$(example 'rm -r /etc; ls /')"
	[[ $out == *proc* && $out != *etc* ]] && [ -e debian/etc/passwd ]
}

@test "example: one that stays until it is deleted" {
	shell "$(example '--detach --id box')"
	[[ $out == box$'\n'*bin*proc* ]] || fail "$out"
}

@test "example: what the machine lacks, what is left" {
	local text
	text=$(example 'wolffia gc --dry-run')
	# an arena is not the whole of a machine
	status=0
	bash -c "${text%%$'\n'*}" >"$T/out" 3>&- || status=$?
	[ "$status" -le 1 ] && grep -q '^ok *userns' "$T/out" || fail "$status: $(<"$T/out")"
	shell "${text#*$'\n'}"
	[ -z "$out" ] || fail "$out"
}

@test "example: a bundle" {
	local text
	need_cgroups
	text=$(example 'mkdir -p bundle/rootfs')
	# as the sentence below it has it
	grep -qxF '.Ql wolffia spec --rootless .' "$man"
	[ "$(id -u)" -eq 0 ] || text=${text/wolffia spec/wolffia spec --rootless}
	mkfifo "$T/keyboard"
	printf '%s\n' "$text" >"$T/text"
	in_terminal "bash -e $T/text" &
	echo 'echo $((6 * 7)) it is; exit' >"$T/keyboard"
	wait $!
	grep -q '^42 it is' "$T/out" || fail "$(<"$T/out")"
}

@test "example: what the errors look like" {
	bundle
	config '.mounts += [{destination: "/data", source: "/nowhere", options: ["bind"]}]'
	w run -b "$B" "$ID"
	[ "$(example 'error: mounts[3]')" = "${err/config.json:*([0-9]):*([0-9]): /}" ] || fail "$err"
}

@test "example: files of subordinate ids are removed" {
	[ "$(id -u)" -ne 0 ] && [ -u /usr/bin/newuidmap ] || skip "needs a plain user with subordinate ids"
	mkdir DIR
	"$WOLFFIA" do --userns shared -v . -- sh -c 'mkdir DIR/theirs; touch DIR/theirs/x; chmod 700 DIR/theirs; chown -R 7:7 DIR/theirs' 3>&-
	! rm -rf DIR 2>/dev/null
	shell "$(example 'rm -r DIR')"
	[ ! -e DIR ]
}

@test "example: do within do" {
	local text
	text=$(example 'wolffia do --allow-host-proc')
	# the program is in no directory that do shows
	text=${text/-- wolffia/-v $WOLFFIA:/mnt/wolffia -- /mnt/wolffia}
	shell "${text/PROGRAM/id -u}"
	[ "$out" = 0 ]
}

@test "example: subordinate ids are given" {
	need_machine_root
	command -v usermod >/dev/null || skip "no usermod"
	local text
	text=$(example 'usermod --add')
	cp /etc/subuid "$T/subuid"
	cp /etc/subgid "$T/subgid"
	rm -f /etc/.pwd.lock # a link to the machine's
	shell "${text/%USER/root}"
	grep -qx 'root:100000:65536' /etc/subuid && grep -qx 'root:100000:65536' /etc/subgid
	cp "$T/subuid" /etc/subuid
	cp "$T/subgid" /etc/subgid
}
