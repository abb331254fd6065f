# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Kernels that lack something (tests/cli/without.c), a root of a plain user's, and programs of ours
# in place of the system's.

stamps() { (cd "$1" && find . -printf '%p %C@ %U:%G %m %b\n' | sort); }

# lacking THING ARGUMENT...: wolffia as a plain user (as root with WHO=0) on a kernel that lacks it
lacking() {
	local thing=$1 who=()
	shift
	[ "${WHO-}" = 0 ] || who=(--user 1000)
	status=0
	timeout --foreground 60 "${PROBE%/*}/without" "${who[@]}" "$thing" "$WOLFFIA" "$@" >"$T/out" 2>"$T/err" 3>&- || status=$?
	out=$(<"$T/out") err=$(<"$T/err")
	[ "$status" -ne 77 ] || skip "no seccomp listener here"
}

# a root and a folder that a plain user can reach and owns
lend() {
	D=/tmp/lent-$BASHPID
	mkdir "$D" "$D/kept" "$D/tmp"
	cp -a "$R" "$D/root"
	chown -R 1000:1000 "$D"
	export TMPDIR=$D/tmp XDG_RUNTIME_DIR=
	stamps "$D/root" >"$T/a"
}

# Puts programs of ours before the system's helpers.
fake() {
	[ -e /usr/local/bin/.fakes ] || mount -t tmpfs -o mode=755 fakes /usr/local/bin
	: >/usr/local/bin/.fakes
	printf '#!/bin/sh\n%s\n' "$2" >"/usr/local/bin/$1"
	chmod 755 "/usr/local/bin/$1"
}

# hide PROGRAM...: as if they were not installed
hide() {
	local p f
	for p in "$@"; do
		for f in /usr/local/bin/$p /usr/bin/$p /usr/sbin/$p; do [ ! -e $f ] || mount --bind /dev/null $f; done
	done
}

# shown: all of them as they were
shown() {
	local f
	for f in /usr/local/bin/{pasta,slirp4netns,fuse-overlayfs} /usr/bin/{pasta,slirp4netns,fuse-overlayfs} /usr/{bin,sbin}/mke2fs; do
		! mountpoint -q $f || umount $f
	done
	# what was hidden lies below what came later
	while mountpoint -q /usr/local/bin; do umount -R /usr/local/bin || break; done
}
