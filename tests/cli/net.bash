# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# A machine with a network, for tests of what a container has of it. The arena's own network
# namespace plays the machine: a veth with two addresses and a default route; at its other end a
# namespace plays the world. NET_BED says of which family: 4, 6 (no other address but 127.0.0.1).
# With NET_HELPERS=DIR (bound into the arena) its pasta and slirp4netns are taken instead of the
# system's.

NETBED=$(dirname "$PROBE")/netbed

setup_file() {
	[ -e /.wolffia-arena ] && [ "$(id -u)" -eq 0 ] && command -v ip >/dev/null || return 0
	local dir=$BATS_FILE_TMPDIR n=24 one=10.9.8.1 two=10.9.8.2 world=10.9.8.254 nodad= six=()
	[ "${NET_BED:-4}" = 4 ] || n=64 one=2001:db8:1::1 two=2001:db8:1::2 world=2001:db8:1::fe nodad=nodad
	[ "$n" = 24 ] || [ -e /proc/net/if_inet6 ] || return 0 # setup() skips
	[ ! -e /proc/net/if_inet6 ] || six=(::1:7001=loop6 ::1:53/udp=dns6)
	mkdir -p /dev/net
	[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200 || return 0
	chmod 666 /dev/net/tun
	ip link set lo up
	unshare -n sleep 600 3>&- &
	echo $! >"$dir/pids"
	until_true eval '[ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	ip link add d0 type veth peer name d1 netns $! || return 0
	ip addr add $one/$n dev d0 $nodad
	ip addr add $two/$n dev d0 $nodad
	ip link set d0 up
	nsenter -t $! -n sh -c "ip link set lo up; ip addr add $world/$n dev d1 $nodad; ip link set d1 up"
	ip route add default via $world
	nsenter -t $! -n "$NETBED" serve $world:7004=world $world:7005=echo >/dev/null 3>&- &
	echo $! >>"$dir/pids"
	"$NETBED" serve 127.0.0.1:7001=loop $one:7002=own $two:7003=second \
		127.0.0.53:53/udp=dns 127.0.0.1:7006=echo "${six[@]}" >"$dir/ready" 3>&- &
	echo $! >>"$dir/pids"
	until_true test -s "$dir/ready"
	mkdir -p /run/user/1000
	chown 1000:1000 /run/user/1000
	touch "$dir/bed"
}

teardown_file() {
	[ ! -e "$BATS_FILE_TMPDIR/pids" ] || xargs kill <"$BATS_FILE_TMPDIR/pids" || true
}

setup() {
	need_root
	[ -e "$BATS_FILE_TMPDIR/bed" ] || skip "no ip(8), veth or tun here"
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	umask 022
	bundle
	# what a plain user can reach
	D=$(mktemp -d /tmp/net.XXXXXX)
	chmod 777 "$D"
	before=$(leftovers)
	[ -z "${NET_HELPERS-}" ] || mount --bind --make-private "$NET_HELPERS" /usr/local/bin
}

# need PROGRAM...
need() {
	for p in "$@"; do command -v "$p" >/dev/null || skip "$p is not installed"; done
}

# as a plain user: u do ...
u() {
	status=0
	timeout --foreground -k 1 60 setpriv --reuid 1000 --regid 1000 --clear-groups \
		env XDG_RUNTIME_DIR=/run/user/1000 HOME=/tmp "$WOLFFIA" "$@" >"$T/out" 2>"$T/err" 3>&- ||
		status=$?
	out=$(<"$T/out") err=$(<"$T/err")
}

# inside PROGRAM...: as both users, with the answers on one line in $out
inside() {
	local net=$1
	shift
	"$who" do -v "$NETBED" --net "$net" -- "$@"
	out=${out//$'\n'/ }
}

helpers_left() {
	cat /proc/[0-9]*/comm 2>/dev/null | grep -cE '^(pasta|passt|slirp4netns|wolffia-net)'
}

no_helpers_left() {
	[ "$(helpers_left)" -eq 0 ]
}

# resolv LINE...: the machine's resolv.conf is one of these lines; nothing: there is none
resolv() {
	[ -e /etc/resolv.conf.away ] || mv /etc/resolv.conf /etc/resolv.conf.away 2>/dev/null || skip "/etc cannot be written here"
	rm -f /etc/resolv.conf
	[ $# -eq 0 ] || printf '%s\n' "$@" >/etc/resolv.conf
}

teardown() {
	shown
	[ ! -e /etc/resolv.conf.away ] || { rm -f /etc/resolv.conf && mv /etc/resolv.conf.away /etc/resolv.conf; }
	rm -rf "${D-/nothing}"
	[ "${NET_BED:-4}" = 6 ] || ip route replace default via 10.9.8.254 2>/dev/null || true
	[ ! -e /dev/net/tun.away ] || mv /dev/net/tun.away /dev/net/tun
	[ -z "${before-}" ] || until_true no_helpers_left
	# the rest is what every test looks after
	[ -n "${before-}" ] || return 0
	until_true eval '[ -z "$(ls -A /run/user/1000/wolffia 2>/dev/null)" ]'
	calm
}

# served_by WHO SERVICES OPTION...: a container with netbed, until end_served
served_by() {
	local who=$1 services=$2
	shift 2
	[ -p "$T/end" ] || mkfifo "$T/end"
	"$who" do -v "$NETBED" "$@" -- sh -c "$NETBED serve $services & read x" <"$T/end" &
	server=$!
	exec 9>"$T/end"
}

end_served() {
	exec 9>&-
	wait $server || true
}

# served WHO HELPER ANSWERS OPTION...: $ASKED is asked until all answers are there
served() {
	local who=$1 net=$2 want=$3 i
	shift 3
	served_by "$who" "0.0.0.0:81=a 0.0.0.0:81/udp=b ::1:81=c" --net "$net" "$@"
	for ((i = 0; i < 60; i++)); do
		# shellcheck disable=SC2086 # addresses
		out=$("$NETBED" ask -t 400 $ASKED | tr '\n' ' ')
		[ "$out" != "$want" ] || break
		kill -0 $server 2>/dev/null || break
		sleep 0.05
	done
	end_served
	[ "$out" = "$want" ] || fail "$who $net $*: $out$(<"$T/err")"
}

readonly RF="(Connection refused)" NU="(Network is unreachable)" TO="(timed out)"
