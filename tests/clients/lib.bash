# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # $who, $as, $n belong to all of them
# What the cases of all clients share; runs inside the throw-away root of tests/clients/place.
#
# $who is "root" or "user", $as the words in front of a command that make it that one's.

n=0
bad=0
as=()

# t NAME STATUS REGEX COMMAND...: both the exit status and a line of the output must fit
t() {
	local name="$who: $1" want=$2 re=$3 out status
	shift 3
	[[ $name =~ $ONLY ]] || return 0
	n=$((n + 1))
	out=$(timeout -s KILL "${LIMIT:-60}" "${as[@]}" "$@" 2>&1 </dev/null | tr -d '\0'
		exit "${PIPESTATUS[0]}")
	status=$?
	if [ "$status" -eq "$want" ] && grep -qE -- "$re" <<<"$out"; then
		echo "ok $n $name"
		return
	fi
	bad=$((bad + 1))
	echo "not ok $n $name"
	echo "# status $status, not $want, or no line like $re:"
	head -n 10 <<<"$out" | cut -c 1-300 | sed 's/^/# /'
}

# without REASON NAME: a case that this place cannot do
without() {
	local name="$who: $2"
	[[ $name =~ $ONLY ]] || return 0
	n=$((n + 1))
	echo "ok $n $name # SKIP $1"
}

# with PROGRAM t NAME ...: a case that needs a program
with() {
	local program=$1 dir
	shift
	for dir in ${PATH//:/ } /usr/libexec/podman /usr/lib/podman; do
		[ ! -x "$dir/$program" ] || { "$@" && return; }
	done
	without "$program is not installed" "$2"
}

# criu_case t NAME ...: a case that needs a criu that works on this kernel
criu_case() {
	if command -v criu >/dev/null && ! criu check >/dev/null 2>&1; then
		without "criu check: $(criu check 2>&1 | grep -m 1 Error | cut -c 1-80)" "$2"
	else
		with criu "$@"
	fi
}

# An image: a folder with busybox in it, and the same as a tar.
image() {
	local a at=$1
	mkdir -p "$at"
	cd "$at" || exit 1
	mkdir bin etc proc sys dev tmp run root data
	cp "$(command -v busybox)" bin/busybox
	for a in $(bin/busybox --list); do
		[ -e "bin/$a" ] || ln -s busybox "bin/$a"
	done
	cp /place/notify bin/notify
	echo 'root:x:0:0::/root:/bin/sh' >etc/passwd
	echo 'no program' >etc/plain
	echo kept >data/file
	tar -cf "$at.tar" .
	cd /
}

# A filter that knows one rule.
profile() {
	cat >/place/profile.json <<-'END'
		{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"],
			"action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
	END
}

finish() {
	echo "1..$n"
	[ "$bad" -eq 0 ]
}
