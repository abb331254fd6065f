# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# User-mode networks with the helpers that are installed (net.bash has the machine and the
# world), as root and as a plain user. net6.bats is the same without IPv4.
load helpers
load net
load lent

readonly ASK="ask -t 1000 127.0.0.1:7001 10.9.8.1:7002 10.9.8.2:7003 10.9.8.254:7004 169.254.1.2:7001 10.0.2.2:7001"

@test "none: lo alone, and it is up (R12)" {
	for who in w u; do
		inside none ip -br addr
		[[ $out == "lo "*127.0.0.1/8* && $out != *d0* && $out != *tap* ]] || fail "$out $err"
		inside none "$NETBED" $ASK
		[ "$out" = "$RF $NU $NU $NU $NU $NU" ] || fail "$out"
	done
}

@test "pasta: the world, and of the machine only its other addresses (R12 R13)" {
	need pasta
	for who in w u; do
		inside pasta "$NETBED" $ASK
		[ "$status" -eq 0 ] || fail "$err"
		# the second address: copied too by newer pastas, and so hidden
		[[ $out == "$RF $RF second world $TO $TO" || $out == "$RF $RF $RF world $TO $TO" ]] || fail "$out"
	done
}

@test "the holder has CAP_KILL and no other capability, a user's none, and ends its helper (R16)" {
	local who net holder want server
	for net in pasta slirp4netns; do
		command -v $net >/dev/null || continue
		for who in w u; do
			want="0000000000000020"
			[ $who = w ] || want="0000000000000000"
			served_by $who "0.0.0.0:81=a" --net $net -p 8481:81
			until_true eval '[ "$("$NETBED" ask -t 400 127.0.0.1:8481)" = a ]'
			# with its port there are two of the name: the one that passes on has nothing
			got=$(grep -lx wolffia-net /proc/[0-9]*/comm | while read -r holder; do
				sed -n 's/^\(CapInh\|CapPrm\|CapEff\|CapAmb\|NoNewPrivs\):\t/\1 /p' "${holder%comm}status" | tr '\n' ' '
				echo
			done | sort -u | tr '\n' ';')
			line() { echo "CapInh 0000000000000000 CapPrm $1 CapEff $1 CapAmb 0000000000000000 NoNewPrivs 1 ;"; }
			case $got in
			"$(line $want)" | "$(line 0000000000000000)$(line $want)") ;;
			*) fail "$who $net: $got" ;;
			esac
			end_served
			until_true no_helpers_left
		done
	done
}

@test "pasta is started once, and its device does not hold up the end (R50)" {
	need pasta strace ip
	w do --net pasta -- cat /sys/class/net/tap0/tun_flags /sys/class/net/tap0/owner
	# IFF_PERSIST, and only root inside may attach
	[ "$status" -eq 0 ] && ((${out%%$'\n'*} & 0x800)) && [ "${out##*$'\n'}" = 0 ] || fail "$out $err"
	strace -f -qq -e trace=execve -e signal=none -o "$T/trace" "$WOLFFIA" do --net pasta -- true
	[ "$(grep -c 'execve("[^"]*/pasta"' "$T/trace")" -eq 1 ] || fail "$(grep execve "$T/trace")"
}

@test "slirp4netns: the world and the machine's addresses, not its loopback (R12 R13)" {
	need slirp4netns
	for who in w u; do
		inside slirp4netns "$NETBED" $ASK
		[ "$out" = "$RF own second world $TO $NU" ] || fail "$out $err"
	done
}

@test "host and auto: what the words say can be reached, and no more (R12 R13)" {
	for who in w u; do
		inside host "$NETBED" $ASK
		[ "$out" = "loop own second world $NU $TO" ] || [ "$out" = "loop own second world $TO $TO" ] || fail "$out $err"
	done
	need pasta
	for who in w u; do
		inside auto "$NETBED" $ASK
		[[ $out == "$RF $RF "*" world $TO $TO" ]] || fail "$out $err"
	done
}

@test "host-access opens the loopback at one address, with a name (R13)" {
	need slirp4netns
	for who in w u; do
		inside slirp4netns:host-access sh -c "$NETBED $ASK; grep -F host.wolffia /etc/hosts"
		[ "$out" = "$RF own second world $TO loop 10.0.2.2 host.wolffia host.containers.internal" ] ||
			fail "$out $err"
	done
	need pasta
	inside pasta:host-access sh -c "$NETBED $ASK; grep -F host.wolffia /etc/hosts"
	if [ "$status" -eq 0 ]; then
		[ "$out" = "$RF $RF $RF world loop $TO 169.254.1.2 host.wolffia host.containers.internal" ] ||
			fail "$out $err"
	else
		[ "$status" -eq 125 ]
		[[ $err == *"pasta: unrecognized option '--map-host-loopback'"*"too old"* ]] || fail "$err"
	fi
}

@test "proxy:PORT: one port of the loopback and nothing else (R22)" {
	for who in w u; do
		inside proxy:7001 sh -c "$NETBED $ASK; $NETBED ask 127.0.0.1:7006; echo \$http_proxy \$HTTPS_PROXY"
		[ "$out" = "loop $NU $NU $NU $NU $NU $RF http://127.0.0.1:7001 http://127.0.0.1:7001" ] || fail "$out $err"
	done
	# bytes both ways, ends one by one, many at a time
	u do -v "$NETBED" --net proxy:7006 -- sh -c "$NETBED push 127.0.0.1:7006 30000000
		for i in 1 2 3 4 5 6 7 8; do $NETBED push 127.0.0.1:7006 200000 & done; wait"
	[ "$out" = "30000000"$'\n'"$(printf '200000\n%.0s' 1 2 3 4 5 6 7 8)" ] || fail "$out $err"
	# nobody listens outside: closed at once, nothing hangs
	inside proxy:7999 "$NETBED" ask 127.0.0.1:7999
	[ "$out" = "(end)" ] || [ "$out" = "(Connection reset by peer)" ] || fail "$out"
	# the caller's own value is not replaced
	u do --net proxy:7001 -e http_proxy=mine -- sh -c 'echo $http_proxy $https_proxy'
	[ "$out" = "mine http://127.0.0.1:7001" ] || fail "$out"
}

@test "proxy:PORT needs no helper and no /dev/net/tun (R22)" {
	mv /dev/net/tun /dev/net/tun.away
	inside=u who=u
	inside proxy:7001 "$NETBED" ask 127.0.0.1:7001
	[ "$out" = loop ] || fail "$out $err"
}

@test "ns:PATH joins what exists (R12)" {
	local who=w
	inside ns:/proc/self/ns/net "$NETBED" ask 127.0.0.1:7001
	[ "$out" = loop ] || fail "$out $err"
	no 125 "error: --net: /no/such: it does not exist" do --net ns:/no/such -- true
	no 125 "error: --net: /etc/passwd: is no namespace" do --net ns:/etc/passwd -- true
	[[ $err == *"hint: name a file such as /proc/PID/ns/net"* ]] || fail "$err"
	u do --net ns:/proc/self/ns/net -- true
	[[ $status -eq 125 && $err == *"/proc/self/ns/net: enter the net namespace: not allowed"*CAP_SYS_ADMIN* ]] || fail "$err"
}

@test "names: the machine's resolver behind the helper's address, even on 127.0.0.53 (R20)" {
	resolv "nameserver 127.0.0.53" "search a.example"
	for h in pasta:169.254.1.1 slirp4netns:10.0.2.3; do
		command -v ${h%:*} >/dev/null || continue
		for who in w u; do
			inside ${h%:*} sh -c "$NETBED ask ${h#*:}:53/udp; cat /etc/resolv.conf /etc/hostname; head -n 1 /etc/hosts"
			[ "$out" = "dns nameserver ${h#*:} search a.example wolffia 127.0.0.1 localhost wolffia" ] ||
				fail "$out $err"
			inside ${h%:*} sh -c 'echo x >/etc/resolv.conf || echo refused'
			[ "$out" = refused ] || fail "$out"
		done
	done
}

@test "names: what the machine's resolv.conf lacks is told, and nothing bad is passed on (R20)" {
	local h=slirp4netns
	! command -v pasta >/dev/null || h=pasta
	need $h
	resolv "nameserver dns.example" "nameserver 10.1.2.3 # ours" "nameserver 10.1.2.400" "nameserver fe80::1%eth0"
	u do --net $h -- grep -c . /etc/resolv.conf
	[ "$out" = 2 ] && [[ $err == *"warning: /etc/resolv.conf: nameserver dns.example, 10.1.2.400: not an address; left out"* ]] || fail "$out $err"
	u do --net $h -- tail -n 1 /etc/resolv.conf
	[ "$out" = "nameserver 10.1.2.3" ] || fail "$out"
	resolv "search a.example"
	u do --net $h -- cat /etc/resolv.conf
	[ "$out" = "search a.example" ] && [[ $err == *"names no server that can be asked"* ]] || fail "$out $err"
	# the machine has none; a link that leads nowhere, and one that leads to itself
	resolv
	u do --net $h -- true
	[[ $status -eq 0 && $err == "warning: /etc/resolv.conf: the container has none"*"names cannot be looked up"* ]] || fail "$err"
	resolv
	ln -s ../run/nothing/stub-resolv.conf /etc/resolv.conf
	u do --net $h -- sh -c 'wc -c </etc/resolv.conf'
	[[ $status -eq 0 && $out = 0 && $err == *"/etc/resolv.conf: No such file or directory; names cannot be looked up"* ]] || fail "$out $err"
	resolv
	mkdir /etc/resolv.conf
	u do --net $h -- test -d /etc/resolv.conf
	[[ $status -eq 0 && $err == *"names cannot be looked up"* ]] || fail "$err"
	rmdir /etc/resolv.conf
}

@test "names: files of the user's folder stay as they are, and none is made there (R20)" {
	need slirp4netns
	mkdir "$D/etc"
	echo mine >"$D/etc/hosts"
	chmod -R a+rwX "$D/etc"
	who=u
	u do -v "$D/etc:/etc" --net slirp4netns -- sh -c 'ls /etc; cat /etc/hosts'
	[ "$status" -eq 0 ] || fail "$err"
	[[ $out == hosts$'\n'"127.0.0.1 localhost wolffia"* ]] || fail "$out"
	[ "$(ls "$D/etc")" = hosts ] && [ "$(cat "$D/etc/hosts")" = mine ]
}

# who | options | asked | answers
readonly PORTS="
u|-p 8101:81 -p 8101:81/udp|127.0.0.1:8101 10.9.8.1:8101 127.0.0.1:8102 127.0.0.1:8101/udp 10.9.8.1:8101/udp 127.0.0.1:81/udp|a RF RF b RF RF
w|-p 8101:81 -p 10.9.8.2:8102:81/udp|127.0.0.1:8101 10.9.8.1:8101 127.0.0.1:8102/udp 10.9.8.2:8102/udp 10.9.8.2:8102|a RF RF b RF
u|-p 0.0.0.0:8101:81/udp|127.0.0.1:8101/udp 10.9.8.1:8101/udp 10.9.8.2:8101/udp 127.0.0.1:8101|b b b RF
w|-p 90:81 -p 90:81/udp|127.0.0.1:90 127.0.0.1:90/udp 10.9.8.1:90|a b RF
u|-p [::1]:8101:81|::1:8101 127.0.0.1:8101|c RF"

@test "ports: where they were said and nowhere else, of both protocols and families, root's too (R21)" {
	local h who options want
	while IFS='|' read -r who options ASKED want; do
		[ -n "$who" ] && { [[ $options != *::1* ]] || grep -q ' lo$' /proc/net/if_inet6; } || continue
		want=${want//RF/$RF}
		for h in pasta slirp4netns; do
			# shellcheck disable=SC2086 # options
			! command -v $h >/dev/null || served $who $h "$want " $options
		done
	done <<<"$PORTS"
}

@test "ports: a server on the loopback is reached, and many bytes pass (R21)" {
	for h in pasta slirp4netns; do
		command -v $h >/dev/null || continue
		served_by u 127.0.0.1:88=echo --net $h -p 8108:88
		until_true sh -c "[ \"\$($NETBED push 127.0.0.1:8108 1000)\" = 1000 ]"
		[ "$("$NETBED" push 127.0.0.1:8108 20000000)" = 20000000 ]
		end_served
	done
}

@test "ports: whoever the container's ids are (R16 R21)" {
	local ids
	[ -u /usr/bin/newuidmap ] || skip "newuidmap is not installed"
	ASKED="127.0.0.1:8101 127.0.0.1:8101/udp"
	for h in pasta slirp4netns; do
		command -v $h >/dev/null || continue
		for ids in nomap auto:size=2000 "keep-id --user 0"; do
			# shellcheck disable=SC2086 # an option more
			served u $h "a b " -p 8101:81 -p 8101:81/udp --userns $ids
		done
	done
}

@test "with a way out the program may ping, whoever it is; without one it is as the kernel has it" {
	local net want file=/proc/sys/net/ipv4/ping_group_range
	while read -r net want; do
		for who in w u; do
			# shellcheck disable=SC2086 # options
			$who do --net $net -- cat $file
			# the kernel's own: from 1 to 0, and what is not mapped is 65534
			[[ $status -eq 0 && ${out//$'\t'/ } == $want ]] || fail "$net: $status $out, not $want: $err"
		done
	done <<-'END'
		auto 0 0
		auto:ipv4 0 0
		none [1-9]*
		proxy:80 [1-9]*
	END
	u do --net auto -u 1000:5 -- cat $file
	[ "${out//$'\t'/ }" = "5 5" ] || fail "$status $out $err"
}

@test "a container without the id 0: pasta is whom it has, slirp4netns says that it cannot (R16 R18)" {
	need pasta slirp4netns
	local ids want
	u do -v "$NETBED" --net pasta -- "$NETBED" $ASK
	want=${out//$'\n'/ }
	for ids in "single --user 1000" "map=7:1000:1 --user 7"; do
		# shellcheck disable=SC2086 # an option more
		u do -v "$NETBED" --net auto --userns $ids -- "$NETBED" $ASK
		out=${out//$'\n'/ }
		[[ $status -eq 0 && $out == "$want" ]] || fail "$ids: $status $out $err; root has $want"
	done
	u do --net slirp4netns --userns single --user 1000 -- true
	[ "$status" -eq 125 ] || fail "$status $err"
	[[ $err == *"slirp4netns: setegid(0)"*"hint: it wants to be 0 in the container: map that id, or use pasta"* ]] || fail "$err"
}

@test "ports: two at once want the same one: the second is told, the first goes on (R21)" {
	local h i n pids=()
	for h in pasta slirp4netns; do
		command -v $h >/dev/null || continue
		served_by u 0.0.0.0:81=first --net $h -p 8109:81
		until_true sh -c "$NETBED ask 127.0.0.1:8109 | grep -q first"
		no 125 "tcp port 8109 of 127.0.0.1: Address already in use" do --net $h -p 8109:81 -- true
		[ "$("$NETBED" ask 127.0.0.1:8109)" = first ]
		end_served
	done
	# begun together, both may pass the first look: still one only; it stays until the others have lost
	three_lost() { [ "$(cat "$T"/err.* | grep -c ^error)" -ge 3 ]; }
	mkfifo "$T/hold"
	for h in pasta slirp4netns; do
		command -v $h >/dev/null || continue
		rm -f "$T"/err.*
		for i in 1 2 3 4; do
			setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000 \
				"$WOLFFIA" do --net $h -p 8110:81 -- sh -c 'read x || true' <"$T/hold" >/dev/null 2>"$T/err.$i" 3>&- &
			pids[i]=$!
		done
		exec 9>"$T/hold"
		until_true three_lost
		exec 9>&-
		n=0
		for i in 1 2 3 4; do wait "${pids[i]}" && n=$((n + 1)) || true; done
		[ $n -eq 1 ] || fail "$h: $n have it: $(cat "$T"/err.*)"
		[ "$(cat "$T"/err.* | grep -cE '^error.*(Address already in use|o bind any port)')" -eq 3 ] || fail "$(cat "$T"/err.*)"
	done
}

@test "ports that are busy or root's are refused before anything starts (R21)" {
	command -v pasta slirp4netns >/dev/null || skip "no helper is installed"
	no 125 "tcp port 7001 of 127.0.0.1: Address already in use" do --net auto -p 7001:80 -- true
	[[ $err == *"choose another port"* ]] || fail "$err"
	no 125 "udp port 53 of 127.0.0.53: Address already in use" do --net auto -p 127.0.0.53:53:53/udp -- true
	u do --net auto -p 80:80 -- true
	[ "$status" -eq 125 ]
	[[ $err == *"tcp port 80 of 127.0.0.1"*"ip_unprivileged_port_start"* ]] || fail "$err"
	no 125 "error: tcp port 8000 of 10.1.2.3: Cannot assign requested address" do --net auto -p 10.1.2.3:8000:80 -- true
	[[ $err == *"hint: no network device of the machine has this address" ]] || fail "$err"
	no 125 "--publish: ports cannot be published with the network none" do -p 8000:80 -- true
	[[ $err == *"hint: the networks auto, pasta and slirp4netns can" ]] || fail "$err"
	no 125 "--publish: 80: expected [IP:]PORT:PORT" do --net auto -p 80 -- true
	no 125 "--publish: 8001:81: tcp port 8001 of 127.0.0.1 is published twice" \
		do --net auto -p 8000-8002:80-82 -p 8001:81 -- true
}

@test "words that are none (R12)" {
	no 125 "--net bridge: expected none, auto, pasta or slirp4netns" do --net bridge -- true
	[[ $err == *"ns:PATH"* ]] || fail "$err"
	no 125 "--net pasta:-T: -T: expected host-access, ipv4, mtu" do --net pasta:-T -- true
	no 125 "expected proxy:PORT" do --net proxy:0 -- true
}

@test "/dev/net/tun missing or closed is told with its cure (R18)" {
	command -v pasta slirp4netns >/dev/null || skip "no helper is installed"
	chmod 600 /dev/net/tun
	u do --net auto -- true
	chmod 666 /dev/net/tun
	[ "$status" -eq 125 ]
	[[ $err == *"/dev/net/tun"*"chmod 0666 /dev/net/tun"* ]] || fail "$err"
	mv /dev/net/tun /dev/net/tun.away
	no 125 "/dev/net/tun" do --net auto -- true
	[[ $err == *"modprobe tun"* ]] || fail "$err"
}

@test "a helper that fails: its own words, and no second one after a partial set-up (R14 R18)" {
	fake pasta 'echo "something broke here" >&2; exit 1'
	no 125 "pasta: something broke here" do --net auto -- true
	fake pasta 'exit 0'
	no 125 "pasta: it ended without a word" do --net pasta -- true
	fake pasta 'echo "Usage: pasta"; echo "pasta: unrecognized option '"'--config-net'"'" >&2; exit 1'
	no 125 "pasta: unrecognized option '--config-net'" do --net pasta -- true
	[[ $err == *"too old"* ]] || fail "$err"
	need slirp4netns
	w --log-level info do --net auto --result "$T/result" -- true
	[ "$status" -eq 0 ] && [[ $err == *"unrecognized option '--config-net'; using slirp4netns"* ]] || fail "$err"
	[ "$(jq -r .layers.network "$T/result")" = slirp4netns ]
	fake slirp4netns 'echo "setns: no" >&2; exit 1'
	no 125 "pasta: unrecognized option '--config-net'; slirp4netns: setns: no" do --net auto -- true
}

@test "no helper is installed, or only one (R12 R18)" {
	need pasta slirp4netns
	hide pasta
	no 125 "pasta is not installed" do --net pasta -- true
	[[ $err == *"install the package passt, or --net none"* ]] || fail "$err"
	u --log-level info do --net auto --result "$D/r" -- true
	[ "$status" -eq 0 ] && [[ $err == *"pasta is not installed; using slirp4netns"* ]] || fail "$err"
	[ "$(jq -r .layers.network "$D/r")" = slirp4netns ]
	hide slirp4netns
	u do --net auto -- true
	[ "$status" -eq 125 ] && [[ $err == *"neither pasta nor slirp4netns is installed"*"install the package passt"* ]] || fail "$err"
	no 125 "slirp4netns is not installed" do --net slirp4netns -- true
	# what needs none
	u do --net proxy:7001 -v "$NETBED" -- "$NETBED" ask 127.0.0.1:7001
	[ "$out" = loop ] || fail "$out $err"
}

@test "a wrapper says nothing of what the helper knows: it is asked by starting it (R13 R19)" {
	need pasta
	local real
	real=$(command -v pasta)
	[ -z "${NET_HELPERS-}" ] || real=$NET_HELPERS/pasta
	fake pasta "exec $real \"\$@\""
	for who in w u; do
		inside pasta "$NETBED" $ASK
		[[ $out == "$RF $RF "*" world $TO $TO" ]] || fail "$out $err"
	done
}

@test "without a default route, and with no network at all (R18)" {
	need pasta slirp4netns
	local net
	ip route del default
	u do -v "$NETBED" --net pasta -- "$NETBED" ask 10.9.8.254:7004
	# newer pastas make do with what there is
	if [ "$status" -ne 0 ]; then
		[[ $err == *"pasta: External interface not usable"*"the machine's default route, and there is none"* ]] || fail "$err"
		u --log-level info do -v "$NETBED" --net auto -- "$NETBED" ask 10.9.8.254:7004
		[[ $err == *"pasta: External interface not usable; using slirp4netns"* ]] || fail "$err"
	fi
	[ "$out" = world ] || fail "$out $err"
	# nothing but lo: a port of it can be published
	for net in auto slirp4netns; do
		unshare -n sh -c 'ip link set lo up; exec setpriv --reuid 1000 --regid 1000 --clear-groups env \
			XDG_RUNTIME_DIR=/run/user/1000 "$@"' sh "$WOLFFIA" do --net $net -p 8101:81 -- cat /sys/class/net/tap0/ifindex >"$T/out" 3>&-
	done
}

@test "a helper that hangs: the runtime's death, a signal, and its time end it (R14 R15 R40)" {
	fake pasta 'exec sleep 2718'
	no_fakes_left() { ! pgrep -x -f "sleep 2718"; }
	setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000 \
		"$WOLFFIA" do --net pasta -- true >/dev/null 2>&1 3>&- &
	until_true pgrep -x -f "sleep 2718"
	kill -KILL $!
	wait $! 2>/dev/null || true
	until_true no_fakes_left
	"$WOLFFIA" do --net pasta -- true 2>"$T/err" 3>&- &
	until_true pgrep -x -f "sleep 2718"
	kill -TERM $!
	status=0
	wait $! || status=$?
	[ "$status" -eq 125 ] && [ "$(<"$T/err")" = "error: interrupted by SIGTERM" ] || fail "$status $(<"$T/err")"
	until_true no_fakes_left
	no 125 "error: pasta: it is not ready after 1 s" do --net pasta:wait=1 -- true
	[[ $err == *"hint: the network's option wait=SECONDS gives it longer" ]] || fail "$err"
	until_true no_fakes_left
	fake slirp4netns 'exec sleep 2718'
	no 125 "error: slirp4netns: it is not ready after 1 s" do --net slirp4netns:wait=1 -- true
	[[ $err == *"hint: the network's option wait=SECONDS gives it longer" ]] || fail "$err"
	until_true no_fakes_left
}

@test "nothing survives: SIGKILL of the runtime at any moment (R15 R40)" {
	for h in pasta slirp4netns proxy:7001; do
		command -v "$h" >/dev/null || [ "$h" = proxy:7001 ] || continue
		for i in 1 2 3 4 5 6; do
			setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000 \
				"$WOLFFIA" do --net $h -- sleep 5 >/dev/null 2>&1 3>&- &
			sleep 0.0$((RANDOM % 9 + 1))
			kill -KILL $! 2>/dev/null || true
			wait $! 2>/dev/null || true
		done
		until_true no_helpers_left
	done
}

# every namespace that a process is in
namespaces() {
	readlink /proc/[0-9]*/ns/{cgroup,ipc,mnt,net,pid,user,uts} 2>/dev/null | sort -u
}

# left WHAT...: anything of the hundred
left() {
	[ -z "$(ls -A "$D/tmp" /run/user/1000/wolffia 2>/dev/null | grep -v :)" ] && no_helpers_left &&
		diff "$T/namespaces" <(namespaces) && ! pgrep -x -f 'sleep 34'
}

@test "nothing survives: a create that fails with the network there (R15)" {
	local net
	mkdir "$D/empty"
	for net in pasta slirp4netns proxy:7001; do
		command -v "$net" >/dev/null || [ "$net" = proxy:7001 ] || continue
		for who in w u; do
			"$who" do --net $net -- /no/such
			[ "$status" -eq 127 ] || fail "$who $net: $status $err"
			until_true no_helpers_left
			hooked --net none
			config ".annotations = {\"wolffia.net\": \"$net\"}" '.hooks = {createRuntime: [{path: "/bin/false"}]}'
			"$who" create -b "$B" "$ID"
			[ "$status" -eq 1 ] && [[ $err == *hooks.createRuntime* ]] || fail "$who $net: $status $err"
			until_true no_helpers_left
		done
	done
}

@test "a hundred random SIGKILLs, with networks, layers and ids of their own: nothing is left (R15 R40)" {
	local kinds=() pids=() net i
	mkdir -m 1777 "$D/tmp"
	cp -a "$R" "$D/root"
	chown -R 1000:1000 "$D/root"
	for net in pasta slirp4netns proxy:7001; do
		command -v "$net" >/dev/null || [ "$net" = proxy:7001 ] || continue
		kinds+=("do --net $net" "do --net $net --userns auto:size=3000"
			"run --rootfs $D/root --net $net --overlay disk"
			"run --rootfs $D/root --net $net --overlay disk --userns auto:size=3000")
		[ "$net" = proxy:7001 ] || kinds+=("do --net $net -p 8107:80 -p 8107:80/udp --init")
	done
	namespaces >"$T/namespaces"
	# five at a time, each killed at a moment of its own
	for ((i = 0; i < ${KILLS:-100}; i++)); do
		# shellcheck disable=SC2086 # options
		timeout --foreground -s KILL "0.$(printf %03d $((1 + RANDOM % 250)))" \
			setpriv --reuid 1000 --regid 1000 --clear-groups \
			env XDG_RUNTIME_DIR=/run/user/1000 TMPDIR="$D/tmp" \
			"$WOLFFIA" ${kinds[i % ${#kinds[@]}]} -- sleep 34 >/dev/null 2>&1 3>&- &
		pids+=($!)
		((i % 5 == 4)) || continue
		wait "${pids[@]}" 2>/dev/null || true
		pids=()
	done
	until_true left
	# the ranges are free, and a layer of a hundred is not in the way of gc
	u run --rootfs "$D/root" --userns auto:size=65536 -- true
	[ "$status" -eq 0 ] || fail "$err"
	u gc --all
	[ "$status" -eq 0 ] && [ -z "$out" ] || fail "$out $err"
}

@test "nothing survives: the program's end, and the helper's own death (R15)" {
	for h in pasta slirp4netns; do
		command -v $h >/dev/null || continue
		u do --net $h -- true
		[ "$status" -eq 0 ] || fail "$err"
		until_true no_helpers_left
		# without its helper the container goes on, and ends as it would
		u do --net $h -- sh -c 'sleep 0.5; echo on' &
		sleep 0.25
		pkill -KILL -x "$h|pasta.avx2|passt.avx2" || true
		wait $!
	done
}

@test "a bundle's annotation: the network lives as long as the container (R15 R23)" {
	command -v pasta slirp4netns >/dev/null || skip "no helper is installed"
	config '.annotations = {"wolffia.net": "auto", "wolffia.publish": "8103-8104:8083-8084"}' \
		'.linux.namespaces += [{"type": "network"}, {"type": "user"}]' \
		'.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 65536}]' \
		'.linux.gidMappings = .linux.uidMappings' \
		".mounts += [{destination: \"/netbed\", source: \"$NETBED\", options: [\"bind\"]}]"
	: >"$R/etc/hosts"
	args /netbed serve 0.0.0.0:8084=inside
	chmod -R a+rwX "$R"
	ok create -b "$B" "$ID"
	[ "$(helpers_left)" -ge 2 ]
	ok start "$ID"
	until_true sh -c "$NETBED ask 127.0.0.1:8104 | grep -q inside"
	ok exec "$ID" /bin/cat /etc/hosts
	[[ $out == "127.0.0.1 localhost"* ]] || fail "$out"
	ok delete --force "$ID"
	until_true no_helpers_left
	[ ! -s "$R/etc/hosts" ] && [ ! -e "$R/etc/resolv.conf" ] || fail "a stub is left"
}

@test "a bundle that joins namespaces of others has its network too, a plain user's as well (R16)" {
	local pid net want
	mkfifo "$T/go"
	setpriv --reuid 1000 --regid 1000 --clear-groups \
		unshare -Ur --ipc --uts sh -c 'read x' <"$T/go" 3>&- &
	pid=$!
	exec 9>"$T/go"
	until_true sh -c "grep -q '[0-9]' /proc/$pid/uid_map"
	: >"$R/netbed"
	chown -R 1000:1000 "$B"
	mv "$B" "$D/bundle"
	B=$D/bundle
	for net in pasta slirp4netns proxy:7001; do
		command -v "$net" >/dev/null || [ "$net" = proxy:7001 ] || continue
		config 'del(.linux.resources)' ".annotations = {\"wolffia.net\": \"$net\"}" \
			".mounts = [{destination: \"/proc\", type: \"proc\", source: \"proc\"},
			{destination: \"/netbed\", source: \"$NETBED\", options: [\"bind\"]}]" \
			".linux.namespaces = [{\"type\": \"mount\"}, {\"type\": \"network\"}, {\"type\": \"pid\"},
			{\"type\": \"ipc\", \"path\": \"/proc/$pid/ns/ipc\"},
			{\"type\": \"user\", \"path\": \"/proc/$pid/ns/user\"}]"
		args /netbed ask 10.9.8.254:7004 127.0.0.1:7001
		chmod a+r "$B/config.json"
		u run -b "$B" "$ID"
		want="world $RF"
		[ "$net" != proxy:7001 ] || want="$NU loop"
		[ "${out//$'\n'/ }" = "$want" ] || fail "$net: $out $err"
		until_true no_helpers_left
	done
	# such an init is not dumpable: nobody else opens what belongs to it (R17)
	printf '#!/bin/sh\nread -r s; p=${s#*\\"pid\\":}; cat <"/proc/${p%%%%[,\}]*}/ns/net"\n' >"$D/look"
	chmod 755 "$D/look"
	config 'del(.annotations)' ".hooks.createRuntime = [{path: \"$D/look\"}]"
	u run -b "$B" "$ID"
	[ "$status" -eq 1 ] && [[ $err == *hooks.createRuntime*"Permission denied"* ]] || fail "$status $out $err"
	exec 9>&-
	wait $pid || true
}

@test "a bundle's annotation is ignored without a network namespace to be made (R23)" {
	config '.annotations = {"wolffia.net": "pasta"}'
	args /bin/true
	w --log-level info run -b "$B" "$ID"
	[ "$status" -eq 0 ] && [[ $err == *"nothing is connected to it"* ]] || fail "$err"
	# a namespace that an engine has made is the engine's
	config '.linux.namespaces += [{"type": "network", "path": "/proc/self/ns/net"}]'
	w --log-level info run -b "$B" "$ID"
	[ "$status" -eq 0 ] && [[ $err == *"nothing is connected to it"* ]] || fail "$err"
	config '.linux.namespaces[-1] = {"type": "network"}' 'del(.annotations)'
	args /probe facts pause
	ok create -b "$B" "$ID"
	no_helpers_left || fail "nobody has asked for a network"
	ok delete --force "$ID"
	args /bin/true
	config '.annotations = {"wolffia.net": "bridge"}'
	refused "annotations: wolffia.net: bridge: expected none, auto"
	config '.annotations = {"wolffia.publish": "80:80"}'
	refused "ports cannot be published with the network none"
}

@test "the configuration that is printed says it, and runs (R12 R38)" {
	ok do --print-config --net auto:mtu=1500 -p 8105:80 -- true
	[ "$(jq -r '.annotations["wolffia.net"] + " " + .annotations["wolffia.publish"]' "$T/out")" = "auto:mtu=1500 8105:80" ]
}

# hooked OPTION...: a bundle of a plain user's or root's whose network is the hook's business
hooked() {
	bundle
	chmod -R a+rX "$T" "$BATS_RUN_TMPDIR" 2>/dev/null || true
	config '.linux.namespaces += [{"type": "network"}, {"type": "user"}]' \
		'.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}]' \
		'.linux.gidMappings = .linux.uidMappings' 'del(.linux.resources)' \
		".mounts += [{destination: \"/netbed\", source: \"$NETBED\", options: [\"bind\"]}]" \
		".hooks.createRuntime = [{path: \"$WOLFFIA\", args: $(words wolffia net-hook "$@"), timeout: 25}]"
	args /netbed ask 10.9.8.254:7004 127.0.0.1:7001
	: >"$R/netbed"
	chmod -R a+rwX "$B"
}

@test "net-hook: the same networks from a createRuntime hook (R17)" {
	for who in w u; do
		for h in pasta slirp4netns; do
			command -v $h >/dev/null || continue
			hooked --net $h
			"$who" run -b "$B" "$ID"
			[ "${out//$'\n'/ }" = "world $RF" ] || fail "$who $h: $out $err"
			until_true no_helpers_left
		done
		hooked --net proxy:7001
		"$who" run -b "$B" "$ID"
		[ "${out//$'\n'/ }" = "$NU loop" ] || fail "$who: $out $err"
	done
}

@test "hooks of others: pasta by the pid of the state, as a plain user (R17)" {
	need pasta jq
	local kind real
	real=$(command -v pasta)
	[ -z "${NET_HELPERS-}" ] || real=$NET_HELPERS/pasta
	printf '#!/bin/sh\nexec %s --config-net --quiet -t none -u none -T none -U none --no-map-gw -P %s "$(jq .pid)" 2>%s\n' \
		"$real" "$D/pid" "$T/pasta" >"$D/hook"
	chmod 755 "$D/hook"
	: >"$T/pasta"
	chmod 666 "$T/pasta"
	for kind in prestart createRuntime; do
		hooked --net none
		config ".hooks = {$kind: [{path: \"$D/hook\", env: [\"PATH=$PATH\"]}]}"
		u run -b "$B" "$ID"
		# older pastas stay when the container has gone
		[ ! -s "$D/pid" ] || kill "$(<"$D/pid")" 2>/dev/null || true
		[ "${out//$'\n'/ }" = "world $RF" ] || fail "$kind: $out $err $(<"$T/pasta")"
		until_true no_helpers_left
	done
}

@test "net-hook: the holder is there from create to the init's end, ports too (R15 R17 R21)" {
	need pasta
	hooked -p 8106:8086
	args /netbed serve 0.0.0.0:8086=inside
	ok create -b "$B" "$ID"
	[ "$(helpers_left)" -ge 2 ]
	ok start "$ID"
	until_true sh -c "$NETBED ask 127.0.0.1:8106 | grep -q inside"
	ok kill "$ID" KILL
	until_true no_helpers_left
	ok delete "$ID"
}

@test "net-hook: a network that cannot be is the hook's failure, and nothing is left (R17 R18)" {
	fake pasta 'echo "something broke here" >&2; exit 1'
	hooked --net pasta
	no 1 "pasta: something broke here" run -b "$B" "$ID"
	hooked --net slirp4netns -p 7001:80
	no 1 "tcp port 7001 of 127.0.0.1: Address already in use" run -b "$B" "$ID"
	hooked
	config '.linux.namespaces -= [{"type": "network"}]'
	no 1 "the container has no network namespace of its own" run -b "$B" "$ID"
	[[ $err == *"linux.namespaces in its config.json lacks"* ]] || fail "$err"
	state() { printf '{"ociVersion":"1.0.0","id":"a","status":"created","bundle":"/","pid":%d}' "$1"; }
	no 1 "has no process" net-hook < <(state 0)
	no 1 "process 4194303 of the container has ended" net-hook < <(state 4194303)
	no 1 "no network namespace of its own" net-hook < <(state $$)
	no 1 "standard input" net-hook </dev/null
	until_true no_helpers_left
}

@test "net-hook: a container that has a network already gets no second one (R15 R17)" {
	local who h
	for who in w u; do
		for h in pasta slirp4netns; do
			command -v $h >/dev/null || continue
			hooked --net $h
			config ".annotations = {\"wolffia.net\": \"$h\"}"
			"$who" run -b "$B" "$ID"
			[ "$status" -eq 1 ] && [[ $err == *hooks.createRuntime*"the container has a network already: a helper has its tap0"*"hint: "*wolffia.net* ]] || fail "$who $h: $status $err"
			until_true no_helpers_left
			# what is there stays as it was
			config 'del(.hooks)'
			args /probe facts pause
			"$who" create -b "$B" "$ID"
			[ "$status" -eq 0 ] || fail "$err"
			"$who" state "$ID"
			cp "$T/out" "$T/state"
			"$who" net-hook --net $h <"$T/state"
			[ "$status" -eq 1 ] && [[ $err == "error: the container has a network already"* ]] || fail "$who $h: $status $err"
			[ "$(helpers_left)" -ge 2 ]
			"$who" delete --force "$ID"
			until_true no_helpers_left
		done
	done
}

@test "net-hook: under other runtimes (R17)" {
	need pasta
	local found=
	for r in crun runc; do
		command -v $r >/dev/null || continue
		found+=$r
		hooked --net pasta
		config '.ociVersion = "1.0.2"'
		mkdir -p "$T/$r"
		status=0
		timeout -k 1 30 $r --root "$T/$r" run -b "$B" "$ID" >"$T/out" 2>"$T/err" 3>&- || status=$?
		out=$(<"$T/out")
		[ "${out//$'\n'/ }" = "world $RF" ] || fail "$r: $status $out $(<"$T/err")"
		until_true no_helpers_left
		rm -rf "${T:?}/$r"
	done
	[ -n "$found" ] || skip "neither crun nor runc is installed"
}

@test "recipe: a server on a port of the machine's loopback (R52)" {
	need pasta
	mkdir "$T/bin" "$T/p"
	ln -s "$WOLFFIA" "$T/bin/wolffia"
	cp "$NETBED" "$T/p/netbed"
	printf '#!/bin/sh\n./netbed serve 0.0.0.0:3000=served\n' >"$T/p/serve"
	chmod 755 "$T/p/serve"
	cd "$T/p"
	PATH=$T/bin:$PATH timeout 30 bash -c "exec $(recipe_text 3000:3000)" >/dev/null 2>&1 3>&- &
	answers() { [ "$("$NETBED" ask 127.0.0.1:3000)" = served ]; }
	until_true answers
	[ "$("$NETBED" ask 10.9.8.1:3000)" = "$RF" ]
	kill $!
	wait $! || true
}

@test "recipe: one proxy and nothing else (R52)" {
	mkdir "$T/bin" "$T/p"
	ln -s "$WOLFFIA" "$T/bin/wolffia"
	cp "$NETBED" "$T/p/netbed"
	printf '#!/bin/sh\necho $http_proxy; ./netbed ask 127.0.0.1:8888 10.9.8.254:7004\n' >"$T/p/install-packages"
	chmod 755 "$T/p/install-packages"
	cd "$T/p"
	"$NETBED" serve 127.0.0.1:8888=packages >"$T/up" 3>&- &
	until_true test -s "$T/up"
	PATH=$T/bin:$PATH recipe proxy:8888
	kill $!
	[ "$out" = $'http://127.0.0.1:8888\npackages\n'"$NU" ] || fail "$out"
}
