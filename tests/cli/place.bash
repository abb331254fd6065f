# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Where the containers of a file have their cgroups, so that one file says the same of all:
#
#	directories	v2 or v1, as root: /box; as a plain user: box beside the own one
#	units		on a machine that runs systemd (tests/vm): box-ID.scope in wt.slice, of
#			the system's manager, or of the user's
#
#	place		once the bundle is there: $MANAGER (options of wolffia), $V (1 or 2)
#	has_controller NAME, controllers NAME...	limits of it can be set here
#	box CONTROLLER	the directory of the container $ID
#	boxes		what is left of them

on_machine() { [ "$(cat /.wolffia-arena)" = machine ]; }

sctl() {
	if [ "$(id -u)" -eq 0 ]; then systemctl "$@"; else systemctl --user "$@"; fi
}

place() {
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then V=2; else V=1; fi
	MANAGER=() TOP=/sys/fs/cgroup
	if on_machine && [ -d /run/systemd/system ]; then
		MANAGER=(--systemd-cgroup)
		[ "$(id -u)" -eq 0 ] || TOP+=/user.slice/user-1000.slice/user@1000.service
		config ".linux.cgroupsPath = \"wt.slice:box:$ID\""
	elif [ "$(id -u)" -eq 0 ]; then
		config '.linux.cgroupsPath = "/box"'
	else
		TOP+=/user
		config '.linux.cgroupsPath = "box"'
	fi
	# one id asks for no help: it goes where newuidmap is not installed
	[ "$(id -u)" -eq 0 ] ||
		config '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .linux.gidMappings = .linux.uidMappings'
}

has_controller() {
	if [ $V = 1 ]; then
		[ -d "/sys/fs/cgroup/$1" ]
	else
		[ "$1" = core ] || grep -qw "$1" "$TOP/cgroup.controllers"
	fi
}

controllers() {
	local c
	for c in "$@"; do
		has_controller "$c" || skip "the controller $c is not here"
	done
}

box() {
	if [ $V = 1 ] && [ ${#MANAGER[@]} -gt 0 ]; then
		echo "/sys/fs/cgroup/$1$(awk -F: -v c=",$1," 'index("," $2 ",", c) { print $3 }' \
			"/proc/$("$WOLFFIA" state "$ID" | jq .pid)/cgroup")"
	elif [ $V = 1 ]; then
		echo "/sys/fs/cgroup/$1/box"
	else
		echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$("$WOLFFIA" state "$ID" | jq .pid)/cgroup")"
	fi
}

boxes() { find /sys/fs/cgroup -type d \( -name box -o -name "box-$ID.scope" \) 2>/dev/null; }

# What systemd does on its own behalf is no leftover.
leftovers() {
	echo "state: $("$WOLFFIA" list -q | tr '\n' ' ')"
	echo "cgroups: $(find /sys/fs/cgroup \( -name box -o -path '*wt.slice/*' \) -type d 2>/dev/null | tr '\n' ' ')"
	echo "mounts: $(cut -d ' ' -f 5 /proc/self/mountinfo | grep -c .)"
	echo "processes: $(cat /proc/[0-9]*/comm 2>/dev/null | grep -E '^(probe|wolffia|3|busybox|memfd)' | sort | uniq -c | tr '\n' ' ')"
}
