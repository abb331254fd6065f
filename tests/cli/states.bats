# SPDX-License-Identifier: GPL-2.0-or-later
# The right command at the wrong time: every command in every state. A cell of the table is "ok"
# or the number of the sentence that refuses; a refused command changes nothing.
load helpers

table='
command	creating	created	running	paused	stopped
start	1	ok	2	3	4
kill	1	ok	ok	ok	5
kill-all	1	ok	ok	ok	ok
delete	1	ok	6	6	ok
delete-force	ok	ok	ok	ok	ok
exec	1	ok	ok	7	8
exec-paused	1	ok	ok	-	8
pause	1	ok	ok	9	5
resume	1	10	10	ok	5
ps	1	ok	ok	ok	ok
events	1	ok	ok	ok	5
update	1	ok	ok	ok	5
state	ok	ok	ok	ok	ok
'

sentences=(""
	"container %s is still being created (creating)"
	"cannot start an already running container: %s is running"
	"cannot start a paused container: %s is paused"
	"cannot start a container that has stopped: %s is stopped"
	"container not running: %s is stopped"
	"cannot delete container %s that is not stopped: %s"
	"cannot exec in a paused container: %s is paused"
	"cannot exec in a stopped container: %s is stopped"
	"container already paused: %s is paused"
	"container not paused: %s is %s")

# container STATE: a new one in that state
container() {
	w delete --force "$ID"
	cp /tmp/template/config.json "$B/config.json"
	args /probe pause
	case $1 in
	creating)
		config '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "1000"]}]'
		"$WOLFFIA" create -b "$B" "$ID" >/dev/null 2>&1 3>&- &
		until_true in_state creating
		;;
	created) ok create -b "$B" "$ID" ;;
	stopped)
		args /bin/true
		ok run -d -b "$B" "$ID"
		until_true stopped "$ID"
		;;
	*)
		ok run -d -b "$B" "$ID"
		[ "$1" = running ] || ok pause "$ID"
		;;
	esac
}

in_state() { [ "$(status_of "$ID")" = "$1" ]; }

# command NAME: the words of a command of the table in $words, and whether it changes the state
command_of() {
	changes=
	case $1 in
	kill) words="kill $ID KILL" changes=1 ;;
	kill-all) words="kill --all $ID KILL" changes=1 ;;
	delete-force) words="delete --force $ID" changes=1 ;;
	exec) words="exec $ID /bin/true" ;;
	exec-paused) words="exec --ignore-paused $ID /bin/true" ;;
	ps) words="ps --format json $ID" ;;
	events) words="events --stats $ID" ;;
	update) words="update --resources $T/nothing $ID" ;;
	state) words="state $ID" ;;
	*) words="$1 $ID" changes=1 ;;
	esac
}

# cell STATE COMMAND WANT
cell() {
	local state=$1 want=$3 words changes sentence code=1
	command_of "$2"
	if [ "$want" = ok ]; then
		# shellcheck disable=SC2086 # several words
		ok $words
		[ -z "$changes" ] || container "$state"
		return
	fi
	sentence=${sentences[$want]/\%s/$ID}
	sentence=${sentence/\%s/$state}
	[[ $2 != exec* ]] || code=255
	# shellcheck disable=SC2086 # several words
	no $code "$sentence" $words
	[ "$(status_of "$ID")" = "$state" ] || fail "$words: the state has changed"
}

# row STATE: all commands in a container of that state
column() {
	local name line n=0 want
	local -a cells=()
	echo '{}' >"$T/nothing"
	container "$1"
	while IFS=$'\t' read -r -a cells; do
		name=${cells[0]-}
		case $1 in creating) want=1 ;; created) want=2 ;; running) want=3 ;; paused) want=4 ;; stopped) want=5 ;; esac
		want=${cells[want]-}
		[ -n "$name" ] && [ "$name" != command ] && [ "$want" != - ] || continue
		cell "$1" "$name" "$want"
		n=$((n + 1))
	done <<<"$table"
	[ "$n" -ge 12 ]
	ok delete --force "$ID"
}

@test "every command on a container that is being created [S160]" { column creating; }
@test "every command on a created container [S185 S192]" { column created; }
@test "every command on a running container [S185 S192]" { column running; }
@test "every command on a paused container [B43]" { column paused; }
@test "every command on a stopped container [S189 B83 B84]" { column stopped; }

@test "every command on a container that is not there: does not exist [B80 B81]" {
	local name words changes
	echo '{}' >"$T/nothing"
	while IFS=$'\t' read -r name _; do
		[ -n "$name" ] && [ "$name" != command ] || continue
		command_of "$name"
		case $name in
		delete-force) ok delete --force "$ID" ;;
		# shellcheck disable=SC2086 # several words
		exec*) no 255 "does not exist" $words ;;
		# shellcheck disable=SC2086 # several words
		*) no 1 "does not exist" $words ;;
		esac
	done <<<"$table"
}
