# SPDX-License-Identifier: GPL-2.0-or-later
# hooks: order, place, state on stdin, failures, time limits.
load helpers

setup_hooks() {
	# a hook that notes its name, pid namespace, root and state
	cat >"$T/note" <<-END
		#!/bin/sh
		state=\$(cat)
		{
			echo "hook.\$1=\$(readlink /proc/self/ns/pid) \$(readlink /proc/self/ns/mnt) \$(pwd)"
			printf 'state.%s=%s\n' "\$1" "\$(printf %s "\$state" | tr -d '\n')"
			[ ! -e "$T/program" ] || echo "after.\$1=program"
		} >>"$T/notes"
		exit \${2:-0}
	END
	chmod 755 "$T/note"
	: >"$T/notes"
	chmod 666 "$T/notes"
	# the same for the container's root: the notes go to its own file
	sed "s|$T/|/data/|g" "$T/note" >"$R/bin/note"
	chmod 755 "$R/bin/note"
	chmod 777 "$R/data"
}

# hook KIND PATH ARG...
hook() {
	local kind=$1 path=$2
	shift 2
	config ".hooks.$kind += [{path: \"$path\", args: $(words hook "$@"), env: [\"PATH=/usr/bin:/bin\"]}]"
}

@test "all six kinds in the spec's order, each where it belongs [S44 S45 S46 S47 S48 S49 S50 S52 S53 S54 S55 S56 S57 S58 S59 S60 S203 A52 A53 A54 A55 A56 A57]" {
	setup_hooks
	local k mine_mnt mine_pid
	# the container's notes and ours are one file
	config ".mounts += [{destination: \"$T\", source: \"$T\", options: [\"rbind\"]}]"
	mkdir -p "$R$T"
	cp "$T/note" "$R/bin/note"
	for k in prestart createRuntime createContainer poststart poststop; do
		hook $k "$T/note" "$k"
		hook $k "$T/note" "$k-second"
	done
	hook startContainer /bin/note startContainer
	hook startContainer /bin/note startContainer-second
	args /bin/sh -c "echo program >>$T/notes; touch $T/program; sleep 100"
	ok create -b "$B" "$ID"
	[ "$(grep -c '^hook' "$T/notes")" -eq 6 ]
	ok start "$ID"
	# poststart hooks have ended, the program may be about to write
	until_true test -e "$T/program"
	grep -q '^hook.poststart-second' "$T/notes"
	ok kill "$ID" KILL
	until_true stopped "$ID"
	grep -q poststop "$T/notes" && return 1
	ok delete "$ID"
	sed -n 's/^hook\.\([^=]*\)=.*/\1/p; /^program/p' "$T/notes" | grep -v program | tr '\n' ' ' >"$T/order"
	[ "$(cat "$T/order")" = "prestart prestart-second createRuntime createRuntime-second createContainer createContainer-second startContainer startContainer-second poststart poststart-second poststop poststop-second " ] || fail "$(cat "$T/order")"
	read_facts "$T/notes"
	mine_pid=$(readlink /proc/self/ns/pid) mine_mnt=$(readlink /proc/self/ns/mnt)
	for k in prestart createRuntime poststart poststop; do
		[[ ${fact[hook.$k]} == "$mine_pid $mine_mnt "* ]] || fail "$k: ${fact[hook.$k]}"
	done
	[[ ${fact[hook.createContainer]} != "$mine_pid "* ]]
	[[ ${fact[hook.createContainer]} != *" $mine_mnt "* ]]
	[[ ${fact[hook.startContainer]} != "$mine_pid "* ]]
	[[ ${fact[hook.startContainer]} != *" $mine_mnt "* ]]
}

@test "the state on stdin follows the schema: version, id, status, pid, bundle, annotations [S51 S158 S160 S161 A61]" {
	setup_hooks
	local k
	for k in prestart createRuntime createContainer poststart poststop; do hook $k "$T/note" $k; done
	hook startContainer /bin/note startContainer
	mkdir -p "$R/data"
	config '.annotations = {"a.b": "c \"d\" \n"} | .process.args = ["/bin/sleep", "100"]'
	ok create -b "$B" "$ID"
	local pid
	pid=$("$WOLFFIA" state "$ID" | jq .pid)
	ok start "$ID"
	w kill "$ID" KILL
	until_true stopped "$ID"
	ok delete "$ID"
	cat "$R/data/notes" >>"$T/notes"
	read_facts "$T/notes"
	for k in prestart createRuntime createContainer startContainer poststart poststop; do
		jq -e --arg id "$ID" --arg b "$B" '.ociVersion == "1.3.0" and .id == $id and .bundle == $b and .annotations["a.b"] == "c \"d\" \n"' \
			<<<"${fact[state.$k]}" >/dev/null || fail "$k: ${fact[state.$k]}"
	done
	for k in prestart=created createRuntime=creating createContainer=creating startContainer=created poststart=running poststop=stopped; do
		[ "$(jq -r .status <<<"${fact[state.${k%=*}]}")" = "${k#*=}" ] || fail "${k%=*}: ${fact[state.${k%=*}]}"
	done
	for k in prestart createRuntime poststart; do
		[ "$(jq .pid <<<"${fact[state.$k]}")" = "$pid" ] || fail "$k: ${fact[state.$k]}"
	done
}

@test "args and env of a hook as given, nothing of the caller's [A59]" {
	cat >"$T/hook" <<-END
		#!/bin/sh
		printf '%s|' "\$0" "\$@" >"$T/args"
		env >"$T/env"
	END
	chmod 755 "$T/hook"
	config ".hooks.createRuntime = [{path: \"/bin/sh\", args: [\"zero\", \"$T/hook\", \"one two\", \"\"], env: [\"A=b\", \"PATH=/bin:/usr/bin\"]}] | .process.args = [\"/bin/true\"]"
	SECRET=1 ok run -b "$B" "$ID"
	[ "$(cat "$T/args")" = "$T/hook|one two||" ]
	grep -qx A=b "$T/env"
	grep -q SECRET "$T/env" && return 1
	true
}

@test "a failing hook before start: error with its output, nothing is left, poststop hooks run [S163 S166 S167 S168 A62 B76]" {
	setup_hooks
	local k
	cat >"$T/bad" <<-END
		#!/bin/sh
		cat >/dev/null
		echo "some output"
		echo "the reason" >&2
		exit 7
	END
	chmod 755 "$T/bad"
	for k in prestart createRuntime createContainer; do
		cp /tmp/template/config.json "$B/config.json"
		: >"$T/notes"
		hook $k "$T/bad"
		hook poststop "$T/note" poststop
		no 1 "hooks.$k[0]: $T/bad: " create -b "$B" "$ID"
		[[ $err == *"the reason"* ]] || fail "$k: $err"
		[[ $err == *7* ]] || fail "$k: $err"
		no 1 "does not exist" state "$ID"
		grep -q '^hook.poststop' "$T/notes" || fail "$k: no poststop hook"
		no 1 "hooks.$k[0]: $T/bad: " run -b "$B" "$ID"
	done
}

@test "a failing hook fails also where the caller ignores SIGCHLD" {
	hook createRuntime /bin/false
	local st=0
	bash -c 'trap "" CHLD; exec "$@"' - "$WOLFFIA" create -b "$B" "$ID" >"$T/out" 2>"$T/err" 3>&- || st=$?
	[ $st -eq 1 ] || fail "$st $(cat "$T/err")"
	grep -q "hooks.createRuntime\[0\]: /bin/false: exit status 1" "$T/err"
	no 1 "does not exist" state "$ID"
}

@test "a failing startContainer hook: start fails, the container is gone, poststop hooks run [S169 A55 B79]" {
	setup_hooks
	printf '#!/bin/sh\necho the reason >&2\nexit 3\n' >"$R/bin/bad"
	chmod 755 "$R/bin/bad"
	hook startContainer /bin/bad
	hook poststop "$T/note" poststop
	args /bin/sh -c 'touch /data/ran'
	ok create -b "$B" "$ID"
	no 1 "hooks.startContainer[0]: /bin/bad: " start "$ID"
	[ ! -e "$R/data/ran" ]
	no 1 "does not exist" state "$ID"
	grep -q '^hook.poststop' "$T/notes"
	no 1 "hooks.startContainer[0]: /bin/bad: " run -b "$B" "$ID"
}

@test "a failing poststart hook: start fails, the container is gone [S171 A63 B77]" {
	setup_hooks
	hook poststart "$T/note" poststart 4
	hook poststop "$T/note" poststop
	args /bin/sleep 100
	ok create -b "$B" "$ID"
	no 1 "hooks.poststart[0]: $T/note: " start "$ID"
	no 1 "does not exist" state "$ID"
	grep -q '^hook.poststop' "$T/notes"
}

@test "a failing poststop hook: a warning, the next one runs, delete succeeds [S173 A57 B78]" {
	setup_hooks
	hook poststop "$T/note" first 5
	hook poststop "$T/note" second
	args /bin/true
	ok create -b "$B" "$ID"
	ok start "$ID"
	until_true stopped "$ID"
	ok --log "$T/log" delete "$ID"
	# engines show their user the stderr of delete: the warning goes into the log alone
	[ -z "$err" ]
	grep -q "hooks.poststop\[0\]: $T/note: " "$T/log"
	grep -q '^hook.second' "$T/notes"
	no 1 "does not exist" state "$ID"
}

@test "a hook that is missing or no program names itself [A58]" {
	config '.hooks.createRuntime = [{path: "/nowhere/hook"}]'
	refused "hooks.createRuntime[0]: /nowhere/hook: "
	config '.hooks.createRuntime = [{path: "/etc/passwd"}]'
	refused "hooks.createRuntime[0]: /etc/passwd: "
	config 'del(.hooks) | .hooks.startContainer = [{path: "/nowhere/hook"}]'
	ok create -b "$B" "$ID"
	no 1 "hooks.startContainer[0]: /nowhere/hook: " start "$ID"
}

@test "a time limit ends the hook and all it started [A60]" {
	printf '#!/bin/sh\nsleep 98765 & sleep 98765\n' >"$T/slow"
	chmod 755 "$T/slow"
	config ".hooks.createRuntime = [{path: \"$T/slow\", timeout: 1}]"
	local begin=$SECONDS
	refused "hooks.createRuntime[0]: $T/slow: "
	[ $((SECONDS - begin)) -lt 30 ]
	until_true no_sleepers
	printf '#!/bin/sh\nsleep 98765 & sleep 98765\n' >"$R/bin/slow"
	chmod 755 "$R/bin/slow"
	config '.hooks = {startContainer: [{path: "/bin/slow", timeout: 1}]}'
	no 1 "hooks.startContainer[0]: /bin/slow: " run -b "$B" "$ID"
	until_true no_sleepers
}

no_sleepers() { [[ $(cat /proc/[0-9]*/cmdline | tr '\0' ' ') != *98765* ]]; }

@test "a hook that does not read, reads slowly, or prints a lot" {
	printf '#!/bin/sh\nexec <&-\nexit 0\n' >"$T/deaf"
	printf '#!/bin/sh\nhead -c 3000000 /dev/zero | tr "\\0" x\nexit 0\n' >"$T/loud"
	chmod 755 "$T/deaf" "$T/loud"
	config ".annotations = {big: (\"x\" * 200000)} | .process.args = [\"/bin/true\"] |
		.hooks.createRuntime = [{path: \"$T/deaf\"}, {path: \"$T/loud\"}, {path: \"/bin/true\"}]"
	ok run -b "$B" "$ID"
}

@test "a hook gets no descriptor but 0, 1, 2" {
	printf '#!/bin/sh\nls /proc/self/fd | wc -l >%s/fds\n' "$T" >"$T/fds.sh"
	chmod 755 "$T/fds.sh"
	config ".process.args = [\"/bin/true\"] | .hooks.createRuntime = [{path: \"$T/fds.sh\", env: [\"PATH=/usr/bin:/bin\"]}]"
	exec 7</
	ok run -b "$B" "$ID"
	exec 7<&-
	# 0, 1, 2 and the one ls opens (the shell keeps its script at 10 or has closed it)
	[ "$(cat "$T/fds")" -le 4 ]
}
