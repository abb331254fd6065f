# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What contrib/try and contrib/test share: packages, builds, messages. Sourced.

build_packages="gcc libc6-dev meson ninja-build pkg-config libyajl-dev libseccomp-dev libcap-dev"
try_packages="busybox-static"
test_packages="check bats jq busybox-static uidmap"
lint_packages="clang-format clang-tidy cppcheck shellcheck codespell"

say() { printf '==> %s\n' "$*"; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# missing PACKAGE...: those that are not installed
missing() {
	for p in "$@"; do
		case $(dpkg-query -W -f '${db:Status-Status} ' "$p" 2>/dev/null) in
		*installed*) ;;
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
	apt-get -q -o DPkg::Lock::Timeout=600 update >/dev/null || true
	# shellcheck disable=SC2086 # a list of words
	apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 install \
		--no-install-recommends $todo >/dev/null || die "apt-get install $todo failed"
}

# build DIR OPTION...: configures once, compiles
build() {
	dir=$1
	shift
	say "building $dir"
	if [ -f "$dir/build.ninja" ]; then
		meson configure "$dir" "$@" >/dev/null || die "meson configure $dir failed"
	else
		meson setup "$dir" "$source" "$@" || die "meson setup $dir failed"
	fi
	ninja -C "$dir" >"$dir/ninja.log" 2>&1 || {
		grep -v '^\[' "$dir/ninja.log" | tail -n 60 >&2
		die "the build failed, see $dir/ninja.log"
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
