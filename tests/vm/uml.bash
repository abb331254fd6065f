# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The profile v2-plain: user-mode Linux on the machine's own programs. Sourced by run.
#
# The kernel runs as a process inside an arena of the host (tests/cli/arena), whose root it
# takes by hostfs for its own: programs and the tree read-only, the rest thrown away with the
# arena. It needs no image, starts in a second and runs five times as fast as the emulated
# machine; but it has no systemd, no cpuset, hugetlb, rdma, misc, one processor, and by hostfs
# newuidmap has lost its rights.

uml_version=7.2

# A Debian 12 has too old a libc for this kernel: that of its suite lies beside it, and the
# name of its loader becomes a relative one of the same length.
uml_build() {
	local dir=$1 apt=$1/apt name
	local loader=/lib64/ld-linux-x86-64.so.2
	local -a options=(-qq -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache"
		-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=-
		-o APT::Architecture=amd64 -o Dir::State::status=/dev/null -o Acquire::Retries=3
		-o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=)
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	echo 'deb http://deb.debian.org/debian forky main' >"$apt/sources.list"
	apt-get "${options[@]}" update || return 1
	(cd "$apt" && apt-get "${options[@]}" download user-mode-linux libc6) || return 1
	for name in "$apt"/*.deb; do dpkg-deb -x "$name" "$apt/root" || return 1; done
	mkdir -p "$dir/lib"
	mv "$apt/root/usr/lib/uml/modules" "$dir/lib/modules"
	cp -L "$apt/root/usr/lib64/ld-linux-x86-64.so.2" "$dir/ld.so"
	cp -L "$apt/root/usr/lib/x86_64-linux-gnu/libc.so.6" "$dir/lib/"
	LC_ALL=C sed "s|${loader//./\\.}|ld.so$(printf '\\x00%.0s' $(seq $((${#loader} - 5))))|" \
		"$apt/root/usr/bin/linux.uml" >"$dir/linux"
	chmod 755 "$dir/linux" "$dir/ld.so"
	rm -rf "$apt"
}

uml_ready() {
	uml=$cache/uml-$uml_version
	[ ! -e "$uml/complete" ] || return 0
	exec 9>"$cache/uml.lock"
	flock 9
	if [ ! -e "$uml/complete" ]; then
		echo "vm: fetching user-mode Linux (once)" >&2
		rm -rf "$uml"
		mkdir "$uml"
		if ! uml_build "$uml" >"$cache/uml.log" 2>&1; then
			tail "$cache/uml.log" >&2
			skip "user-mode Linux cannot be fetched"
		fi
		: >"$uml/complete"
	fi
	exec 9>&-
}

# uml_start DIR USER SCRIPT: in the background, its pid in $machine. What the script prints
# is appended to DIR/stdout and stderr, its status to DIR/status, by serial lines.
uml_start() {
	local name
	local -a binds=() words=()
	printf '%s\n' "$3" >"$1/script"
	chmod 755 "$1"
	for name in "${shares[@]}" "$uml" "$1"; do binds+=(--bind "$name"); done
	for name in "${shares[@]}"; do words+=("vm.share=$name"); done
	touch "$1"/{stdout,stderr,status}
	"$build/tests/cli/arena" --cgroup=none "${binds[@]}" \
		sh -c 'cd "$1" && shift && exec env LD_LIBRARY_PATH=lib "$@"' sh "$uml" \
		./linux mem=2G root=/dev/root rootfstype=hostfs rootflags=/ rw quiet seccomp=on \
		con=null con0=null,fd:1 ssl=null ssl0=null,fd:5 ssl1=null,fd:6 ssl2=null,fd:7 \
		init="$here/plain" vm.dir="$1" vm.user="$2" vm.modules="$uml" \
		"${words[@]}" \
		</dev/null >"$1/console" 2>&1 5>>"$1/stdout" 6>>"$1/stderr" 7>>"$1/status" 9>&- &
	# shellcheck disable=SC2034 # for run
	machine=$!
}
