# SPDX-License-Identifier: GPL-2.0-or-later
# Errors of usage: the sentence, the hint, the log that engines read, the descriptors.
load helpers

# one LINE: the log has exactly one object, an error with this text
logged() {
	jq -se --arg m "$1" 'length == 1 and .[0].level == "error" and .[0].msg == $m
		and (.[0].time | fromdateiso8601? // (sub("\\.[0-9]+"; "") | fromdateiso8601)) > 0' "$T/log" ||
		fail "the log is not one object with \"$1\":" "$(<"$T/log")"
	rm "$T/log"
}

@test "usage errors: the sentence, a hint, status 1 [B71]" {
	no 1 "error: unknown option --bogus" --bogus list
	[[ $err == *"hint: see \`wolffia --help\`"* ]]
	no 1 "error: unknown option --bogus" list --bogus
	[[ $err == *"hint: see \`wolffia list --help\`"* ]]
	no 1 "error: unknown command bogus" bogus
	no 1 "error: no command given"
	no 1 "error: create requires an argument: ID" create
	no 1 "error: state: unexpected argument b" state a b
	no 1 "error: --bundle requires an argument" create x -b
	no 1 "error: --format=yaml: expected table or json" list -f yaml
	no 1 "error: unknown signal NOPE" kill x NOPE
	[ -z "$out" ]
}

@test "usage errors: an option on the wrong side says so" {
	no 1 "unknown option --root" state --root /x y
	[[ $err == *"hint: it stands before the command: wolffia --root ... state"* ]]
}

@test "usage errors reach --log as exactly one JSON object [B2 B3 B102]" {
	w --log "$T/log" --log-format json --bogus list
	logged "unknown option --bogus"
	# what stands behind the mistake still counts
	w --bogus --log="$T/log" --log-format=json list
	logged "unknown option --bogus"
	w --log="$T/log" --log-format=json bogus
	logged "unknown command bogus"
	w --log="$T/log" --log-format=json create --bogus --other x
	logged "unknown option --bogus"
	w --log="$T/log" --log-format=json create
	logged "create requires an argument: ID"
	w --log="$T/log" --log-format=json --root=/ list
	logged "--root=/: the state cannot lie in the root directory"
	w --log="$T/log" --log-format=json --log-level=loud list
	logged "--log-level=loud: expected error, warning, info or debug"
}

@test "an engine that asks for checkpoint is told yes [B54]" {
	ok checkpoint --help
	ok restore --help
	no 1 "--lsm-mount-context requires an argument" restore --lsm-mount-context
}

@test "--root: the root directory is refused [B1]" {
	local r
	for r in / // /. /.. /./..; do
		no 1 "the state cannot lie in the root directory" --root $r list
	done
}

@test "--log: /dev/stderr says it once, a FIFO nobody reads does not hang [B2]" {
	no 1 "unknown command bogus" --log /dev/stderr bogus
	[ "$(grep -c bogus "$T/err")" -eq 1 ]
	mkfifo "$T/fifo"
	no 1 "--log: open $T/fifo" --log "$T/fifo" list
	no 1 "--log: open $T/no/dir: it does not exist" --log "$T/no/dir" list
}

@test "list of a root that does not exist is empty [B49 B86]" {
	ok --root "$T/none" list
	[ "$out" = "ID          PID         STATUS      BUNDLE      CREATED     OWNER" ]
	ok --root "$T/none" list -f json
	[ "$out" = "[]" ]
	ok --root "$T/none" list -q
	[ -z "$out" ]
	[ ! -e "$T/none" ]
}

@test "spec: a link at config.json is not followed" {
	mkdir "$T/spec"
	ln -s "$T/elsewhere" "$T/spec/config.json"
	no 1 "config.json exists already" spec -b "$T/spec"
	[ ! -e "$T/elsewhere" ]
	ok spec -b "$T/spec" -f other.json
	jq -e .ociVersion "$T/spec/other.json"
	no 1 "open the bundle $T/nowhere: it does not exist" spec -b "$T/nowhere"
}
