# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# `doctor --net-speed` (R24): each helper measured between networks of its own, as root and as a
# plain user. Figures are those of a busy machine: what they mean is unit/test_speed's.
load helpers
load lent
load net

# a fake that stays is asked for its version and its options before
readonly STAYS='case $1 in --version | --help) exit 0 ;; esac'
readonly FIGURES='[0-9]+\.[0-9]{2} Gbit/s up, [0-9]+\.[0-9]{2} down'

# speed WHO: the JSON of what is said, in $T/out
speed() {
	"$1" doctor --net-speed --json
	[ "$status" -le 2 ] && jq -e . "$T/out" >/dev/null || fail "$1: $status $out $err"
}

# said NAME: state|found|cause|cure
said() {
	jq -r --arg n "$1" '.checks[] | select(.name == $n) | [.state, .found, .cause, .cure] | map(. // "") | join("|")' "$T/out"
}

# says NAME GLOB
says() {
	# shellcheck disable=SC2053 # a pattern on purpose
	[[ $(said "$1") == $2 ]] || fail "$1: $(said "$1"), not $2"
}

# what of the machine's network a stranger could change
machine() {
	ip -o link | sed 's/ qdisc .* state / state /'
	ip -o addr | sed 's/ tentative//'
	ip route
	find /run/netns /var/run/netns 2>/dev/null || true
}

@test "doctor --net-speed: both ways through each helper, and nothing of the machine is touched (R24)" {
	local was who helper line n=0
	local slow="^degraded\|($FIGURES)\|$FIGURES: less than a tenth\|(--sysctl 'net.ipv4.tcp_wmem=4096 16384 262144': [0-9.]+ up here|a newer [a-z0-9]+, or --net [a-z0-9]+)$"
	was=$(machine)
	for who in w u; do
		speed $who
		for helper in pasta slirp4netns; do
			command -v $helper >/dev/null || continue
			line=$(said "${helper%4netns}speed")
			[[ $line =~ ^ok\|$FIGURES\|\|$ || $line =~ $slow ]] || fail "$who: $line"
			((n += 1))
		done
		# pasta's counts, as pasta does
		[ "$(jq -r '.verdict == "usable" and any(.checks[]; .name == "pastaspeed" and .state != "ok")' "$T/out")" = false ] ||
			fail "$(<"$T/out")"
	done
	[ "$(machine)" = "$was" ] || fail "$(diff <(echo "$was") <(machine))"
	[ $n -gt 0 ] || skip "no helper is installed"
}

@test "doctor: nothing is measured that nobody asked for" {
	w doctor --json
	[ -z "$(said pastaspeed)$(said slirpspeed)" ] || fail "$out"
	w doctor --net-speed=false
	[[ $out != *speed* ]] || fail "$out"
}

@test "doctor --net-speed: a helper whose uploads are slow is found out, whatever the machine is like (R24)" {
	need tc
	unshare -n sh -c 'ip link set lo up && tc qdisc replace dev lo root tbf rate 2mbit burst 20k latency 50ms' 2>/dev/null ||
		skip "this kernel cannot throttle (sch_tbf)"
	local helper real names=()
	mkdir "$D/real"
	for helper in pasta slirp4netns; do
		real=$(command -v $helper) || continue
		cp "$real"* "$D/real/"
		names+=("$helper")
	done
	[ ${#names[@]} -gt 0 ] || skip "no helper is installed"
	# it runs in the network that plays the machine: what leaves that is the upload
	for helper in "${names[@]}"; do
		fake "$helper" "tc qdisc replace dev machine root tbf rate 2mbit burst 20k latency 50ms || exit 1
			exec $D/real/$helper \"\$@\""
	done
	speed u
	[ "$status" -ge 1 ] || [ "${names[0]}" != pasta ] || fail "$status"
	for helper in "${names[@]}"; do
		says "${helper%4netns}speed" "degraded|0.0? Gbit/s up, *|0.0? Gbit/s up, * down: less than a tenth|a newer $helper, or --net *"
	done
}

@test "doctor --net-speed: helpers that fail, or pass nothing on" {
	local who
	for who in w u; do
		fake pasta 'echo "pasta: Not today" >&2; exit 1'
		fake slirp4netns "$STAYS; echo 1 >&3; exec sleep 60"
		speed $who
		says pastaspeed "missing||pasta: Not today|the other helper, or a newer one"
		says slirpspeed "missing||it passes no connection on: Network is unreachable|the other helper, or a newer one"
		[ "$status" -eq 1 ] || fail "$status"
	done
}

@test "doctor --net-speed: no helper, no tun, too few networks: it is not tried, and why" {
	local who
	hide pasta slirp4netns
	for who in w u; do
		speed $who
		says pastaspeed "missing||not tried: pasta is not installed|install the package passt, or --net none"
		says slirpspeed "missing||not tried: slirp4netns is not installed|install the package slirp4netns, or --net none"
	done
	fake pasta "$STAYS; echo \$\$; exec sleep 60"
	mv /dev/net/tun /dev/net/tun.away
	for who in w u; do
		speed $who
		says pastaspeed "missing||not tried: /dev/net/tun, which the helper makes its device with: it does not exist|as root: \`modprobe tun\`*"
	done
	mv /dev/net/tun.away /dev/net/tun
	status=0
	unshare -U -r sh -c 'echo 2 >/proc/sys/user/max_net_namespaces && exec "$@"' sh \
		"$WOLFFIA" doctor --net-speed --json >"$T/out" 2>"$T/err" 3>&- || status=$?
	[ "$status" -ge 1 ] || fail "$status $(<"$T/err")"
	says pastaspeed "missing||not tried: *net*No space left on device|*user.max_*"
}

@test "doctor --net-speed: killed while it measures, nothing is left" {
	local as was pid i
	was=$(machine)
	command -v pasta slirp4netns >/dev/null || fake pasta "$STAYS; echo \$\$; exec sleep 60"
	for i in 0 1 2 3 4 5; do
		as=()
		((i % 2)) || as=(setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000)
		"${as[@]}" "$WOLFFIA" doctor --net-speed >/dev/null 2>&1 3>&- &
		pid=$!
		until_true eval '[ "$(helpers_left)" -gt 0 ]'
		sleep 0.$i
		kill -9 $pid
		wait $pid || true
		until_true no_helpers_left
	done
	[ "$(machine)" = "$was" ] || fail "$(diff <(echo "$was") <(machine))"
}
