# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# net.bats on a machine that has IPv6 and nothing else, but for 127.0.0.1 on its loopback.
NET_BED=6
load helpers
load net
load lent

readonly ASK="ask -t 1500 127.0.0.1:7001 ::1:7001 2001:db8:1::1:7002 2001:db8:1::2:7003 2001:db8:1::fe:7004 fd00::2:7001"

@test "IPv6 alone: what can be reached in every mode (R12 R13)" {
	local net
	for who in w u; do
		inside none "$NETBED" $ASK
		[ "$out" = "$RF $RF $NU $NU $NU $NU" ] || fail "$out $err"
		inside host "$NETBED" $ASK
		[[ $out == "loop loop6 own second world "* ]] || fail "$out $err"
		inside proxy:7001 "$NETBED" $ASK
		[ "$out" = "loop $RF $NU $NU $NU $NU" ] || fail "$out $err"
		for net in pasta auto; do
			command -v pasta >/dev/null || continue
			inside $net "$NETBED" $ASK
			# of the machine's addresses pasta copies one or all: those are hidden
			[[ $out == "$RF $RF "*" world "* && $out != *loop* && $out != *own*second* ]] || fail "$net: $out $err"
		done
		command -v slirp4netns >/dev/null || continue
		inside slirp4netns "$NETBED" $ASK
		[ "$out" = "$RF $RF own second world $NU" ] || fail "$out $err"
		inside slirp4netns:host-access "$NETBED" $ASK
		[ "$out" = "$RF $RF own second world loop6" ] || fail "$out $err"
		inside slirp4netns:ipv4 "$NETBED" $ASK
		[ "$out" = "$RF $RF $NU $NU $NU $NU" ] || fail "$out $err"
	done
}

@test "IPv6 alone: it is there when the program starts, not a second later (R14)" {
	for h in pasta slirp4netns; do
		command -v $h >/dev/null || continue
		for who in w u w u; do
			# the kernel looks at links that come and go once a second: from a rest each time
			sleep 1.1
			inside $h "$NETBED" ask -t 3000 2001:db8:1::fe:7004
			[ "$out" = world ] || fail "$h: $out $err"
		done
	done
}

@test "IPv6 alone: names, by resolvers of either family (R20)" {
	resolv "nameserver ::1" "nameserver 2001:db8:1::53"
	for h in pasta:fd77:6f6c:6666:6961::1 slirp4netns:fd00::3; do
		command -v ${h%%:*} >/dev/null || continue
		for who in w u; do
			inside ${h%%:*} sh -c "$NETBED ask ${h#*:}:53/udp; cat /etc/resolv.conf"
			[ "$out" = "dns6 nameserver ${h#*:} nameserver 2001:db8:1::53" ] || fail "$out $err"
		done
	done
	# systemd-resolved's address: older pastas have no IPv4 then, and say so
	resolv "nameserver 127.0.0.53"
	who=u
	for h in pasta:169.254.1.1 slirp4netns:10.0.2.3; do
		command -v ${h%:*} >/dev/null || continue
		inside ${h%:*} sh -c "$NETBED ask ${h#*:}:53/udp; cat /etc/resolv.conf"
		[ "$out" = "dns nameserver ${h#*:}" ] || { [ $h = pasta:169.254.1.1 ] && [ "$out" = "$NU" ] &&
			[[ $err == *"no server that can be asked"* ]]; } || fail "$out $err"
	done
}

@test "IPv6 alone: ports, of the loopback's IPv4 too (R21)" {
	local h who
	for h in pasta slirp4netns; do
		command -v $h >/dev/null || continue
		for who in w u; do
			ASKED="127.0.0.1:8101 127.0.0.1:8101/udp ::1:8101 2001:db8:1::1:8101"
			served $who $h "a b $RF $RF " -p 8101:81 -p 8101:81/udp
			ASKED="::1:8101 127.0.0.1:8101 2001:db8:1::1:8101"
			served $who $h "c $RF $RF " -p '[::1]:8101:81'
		done
	done
	need slirp4netns
	ASKED="2001:db8:1::1:8101 2001:db8:1::2:8101 ::1:8101"
	served u slirp4netns "c $RF $RF " -p '[2001:db8:1::1]:8101:81'
}
