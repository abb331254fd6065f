# SPDX-License-Identifier: GPL-2.0-or-later
# Many at once.
load helpers

# bats has a background process of its own: wait only for ours
pids=()
finish() {
	wait "${pids[@]}" || true
	pids=()
}

@test "50 creates of one id at once: one winner, and a clean delete; three times" {
	local round i
	args /probe pause
	for round in 1 2 3; do
		for ((i = 0; i < 50; i++)); do
			{ "$WOLFFIA" create -b "$B" "$ID" >/dev/null 2>"$T/err.$i" 3>&- && echo "$i" >>"$T/winners.$round"; } &
			pids+=($!)
		done
		finish
		[ "$(grep -c . "$T/winners.$round")" -eq 1 ] || fail "$(cat "$T/winners.$round" "$T"/err.* | head -n 5)"
		[ "$(status_of "$ID")" = created ]
		ok delete --force "$ID"
	done
}

@test "50 containers at once: run, each with its own exit status" {
	local i
	args /bin/sh -c 'exit 7'
	for ((i = 0; i < 50; i++)); do
		{ status=0; "$WOLFFIA" run -b "$B" "$ID-$i" 2>>"$T/errors" 3>&- || status=$?; echo $status >>"$T/statuses"; } &
		pids+=($!)
	done
	finish
	[ "$(sort "$T/statuses" | uniq -c | tr -s ' ')" = " 50 7" ] || fail "$(cat "$T/errors" | head -n 5)"
}

@test "50 deletes, kills and states of one container at once: no hang, all gone" {
	local i
	args /probe pause
	ok run -d -b "$B" "$ID"
	for ((i = 0; i < 25; i++)); do
		"$WOLFFIA" state "$ID" >/dev/null 2>&1 3>&- &
		pids+=($!)
		"$WOLFFIA" kill "$ID" KILL >/dev/null 2>&1 3>&- &
		pids+=($!)
		"$WOLFFIA" delete --force "$ID" >>"$T/log" 2>&1 3>&- &
		pids+=($!)
		"$WOLFFIA" list >/dev/null 2>&1 3>&- &
		pids+=($!)
	done
	finish
	ok delete --force "$ID"
	no 1 "does not exist" state "$ID"
	[ ! -s "$T/log" ] || fail "$(head -n 5 "$T/log")"
}

@test "create, start, kill, delete of one id against one another for three seconds" {
	local end=$((SECONDS + 3)) i
	args /probe pause
	for i in 1 2; do
		while [ $SECONDS -lt $end ]; do
			"$WOLFFIA" create -b "$B" "$ID" >/dev/null 2>&1 3>&- || true
			"$WOLFFIA" start "$ID" >/dev/null 2>&1 3>&- || true
		done &
		pids+=($!)
		while [ $SECONDS -lt $end ]; do
			"$WOLFFIA" kill "$ID" KILL >/dev/null 2>&1 3>&- || true
			"$WOLFFIA" delete --force "$ID" >/dev/null 2>&1 3>&- || true
		done &
		pids+=($!)
	done
	finish
	ok delete --force "$ID"
	ok create -b "$B" "$ID"
	ok delete --force "$ID"
}

@test "list and delete with 100 containers" {
	local i
	args /probe pause
	for ((i = 0; i < 100; i++)); do ok create -b "$B" "m$i"; done
	[ "$("$WOLFFIA" list -q | grep -c .)" -eq 100 ]
	ok delete --force --regex '^m'
	[ -z "$("$WOLFFIA" list -q)" ]
}
