# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154 # $source and the lists belong to the callers
# What contrib/try and contrib/test share: packages, builds, messages. Sourced.

build_packages="gcc libc6-dev meson ninja-build pkgconf libyajl-dev libseccomp-dev libcap-dev"
try_packages="busybox-static"
test_packages="check bats jq procps busybox-static uidmap"
helper_packages="iproute2 passt slirp4netns fuse-overlayfs"
client_packages="podman conmon crun uidmap catatonit"
ci_client_packages="$client_packages slirp4netns containerd python3-grpcio"
vm_packages="qemu-system-x86 qemu-utils mmdebstrap e2fsprogs xz-utils"
lint_packages="git clang-format clang-tidy cppcheck shellcheck codespell"

# a clone of somebody else, used by root: git shall answer all the same
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'

say() { printf '==> %s\n' "$*"; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# missing PACKAGE...: those that are not installed
missing() {
	for p in "$@"; do
		case " $(dpkg-query -W -f '${db:Status-Status} ' "$p" 2>/dev/null)" in
		*" installed "*) ;;
		*) printf '%s ' "$p" ;;
		esac
	done
}

# need PACKAGE...: installs what is missing, or says how
need() {
	command -v dpkg-query >/dev/null || return 0 # no Debian: the build says what is missing
	todo=$(missing "$@")
	[ -n "$todo" ] || return 0
	is_root || die "missing packages; as root: apt-get install --no-install-recommends $todo"
	say "installing $todo"
	export DEBIAN_FRONTEND=noninteractive
	for try in 1 2 3; do
		# shellcheck disable=SC2086 # a list of words
		apt_get update && apt_get install --no-install-recommends $todo && return 0
		say "apt-get failed ($try of 3)"
		sleep $((try * 10))
	done
	die "apt-get install $todo failed"
}

# The QEMU of Debian 12 emulates at half the speed of that of its backports: CI takes those.
need_new_qemu() {
	[ "${CI:-}" = true ] && grep -q '^VERSION_CODENAME=bookworm' /etc/os-release || return 0
	[ -n "$(missing qemu-system-x86)" ] || return 0
	echo 'deb http://deb.debian.org/debian bookworm-backports main' \
		>/etc/apt/sources.list.d/wolffia-backports.list
	say "installing QEMU from bookworm-backports"
	apt_get update
	apt_get install --no-install-recommends -t bookworm-backports qemu-system-x86 qemu-utils ||
		rm /etc/apt/sources.list.d/wolffia-backports.list
}

# apt_get WORD...: silent but for errors, waits for others
apt_get() {
	apt-get -qq -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
		"$@" >/dev/null
}

# folder NAME: where to build: in the clone, or below HOME when that is not ours
folder() {
	if [ -w "$source/$1" ] || { [ ! -e "$source/$1" ] && [ -w "$source" ]; }; then
		echo "$source/$1"
	else
		echo "${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/wolffia/$1"
	fi
}

# build DIR OPTION...: configures once, compiles; 1 with the messages when that fails
build() {
	dir=$1
	shift
	say "building $dir"
	mkdir -p "$dir" || return 1
	if [ -f "$dir/build.ninja" ]; then
		meson configure "$dir" "$@" >"$dir/meson.log" 2>&1
	else
		meson setup "$dir" "$source" "$@" >"$dir/meson.log" 2>&1
	fi || {
		tail -n 20 "$dir/meson.log" >&2
		return 1
	}
	grep '^ *missing ' "$dir/meson.log" || true
	ninja -C "$dir" >"$dir/ninja.log" 2>&1 || {
		grep -v '^\[' "$dir/ninja.log" | head -n 60 >&2
		say "the build failed, see $dir/ninja.log"
		return 1
	}
	grep -A 3 'warning:' "$dir/ninja.log" || true
}

# rootfs DIR: a small root filesystem from busybox-static
rootfs() {
	busybox=$(command -v busybox) || die "no busybox"
	for d in bin dev etc proc root run sys tmp; do
		mkdir -p "$1/$d" || die "cannot make $1/$d"
	done
	cp "$busybox" "$1/bin/busybox" || die "cannot copy busybox"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\n' >"$1/etc/group"
}
