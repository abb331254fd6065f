# SPDX-License-Identifier: GPL-2.0-or-later
# Known vulnerabilities of runtimes as black-box tests. Every case accepts a refusal to
# start; what counts is what really happened on the other side. Only in the arena.
load helpers

setup() {
	T=$BATS_TEST_TMPDIR ID=t$BATS_TEST_NUMBER-$BASHPID
	[ -e /.wolffia-arena ] || skip "only in the arena"
	bundle
	OUT=$T/outside
	mkdir "$OUT"
	echo host >"$OUT/file"
	chmod 666 "$OUT/file"
	seal=$(cd "$OUT" && find . -printf '%p %y %m %u %s %n\n' | sort; cat "$OUT/file")
	before=$(leftovers)
}

# untouched: the host's directory is as it was, and no mount is in it
untouched() {
	[ "$seal" = "$(cd "$OUT" && find . -printf '%p %y %m %u %s %n\n' | sort; cat "$OUT/file")" ] ||
		fail "outside was changed: $(find "$OUT" -ls)"
	! grep -q " $OUT" /proc/self/mountinfo || fail "a mount is outside: $(grep "$OUT" /proc/self/mountinfo)"
}

# try: runs whatever it gives; no crash, no hang
try() {
	status=0
	timeout 60 "$WOLFFIA" run -b "$B" "$ID" >"$T/out" 2>"$T/err" 3>&- </dev/null || status=$?
	err=$(<"$T/err") out=$(<"$T/out")
	[ "$status" -lt 124 ] || fail "ended with $status: $err"
	read_facts "$T/out"
	"$WOLFFIA" delete --force "$ID"
}

# A way out of the root: absolute, relative, through a chain
links() {
	echo "$OUT" "../../../../../../../../$OUT" "/proc/self/root/$OUT" "/proc/1/root/$OUT"
}

@test "CVE-2015-1335, CVE-2019-18837: a mount target in the image is a symlink to the host" {
	local l
	mkdir "$T/src"
	echo volume >"$T/src/vol"
	for l in $(links); do
		rm -rf "$R/data"
		ln -s "$l" "$R/data"
		cp /tmp/template/config.json "$B/config.json"
		config '.mounts += [{destination: "/data", type: "tmpfs", source: "t"}]'
		try
		untouched
		config ".mounts[3] = {destination: \"/data/new/dir\", source: \"$T/src\", options: [\"bind\"]}"
		try
		untouched
		config ".mounts[3] = {destination: \"/data/file\", source: \"$T/src/vol\", options: [\"bind\"]}"
		try
		untouched
		config ".mounts[3] = {destination: \"/data/fresh\", source: \"$T/src/vol\", options: [\"bind\"]}"
		try
		untouched
		config '.mounts[3] = {destination: "/data", type: "tmpfs", source: "t", options: ["tmpcopyup"]}'
		args /probe text:/data/file
		try
		untouched
		[ "${fact[text./data/file]-}" != host ] || fail "the host's file was copied in"
	done
}

@test "CVE-2015-1335: .. in destinations stays inside" {
	config ".mounts += [{destination: \"/../../../../../../$OUT\", type: \"tmpfs\", source: \"t\"}, {destination: \"/data/../../../..$OUT/x\", type: \"tmpfs\", source: \"t\"}]"
	try
	untouched
}

@test "CVE-2024-45310: a dangling symlink as target makes no file on the host" {
	ln -s "$OUT/made" "$R/data/made"
	ln -s "../../../../../../../../..$OUT" "$R/data/up"
	echo x >"$T/src"
	config ".mounts += [{destination: \"/data/made\", source: \"$T/src\", options: [\"bind\"]}]"
	try
	untouched
	config ".mounts[3].destination = \"/data/up/made\""
	try
	untouched
	config ".mounts[3] = {destination: \"/data/made/dir\", type: \"tmpfs\", source: \"t\"}"
	try
	untouched
}

@test "CVE-2021-30465, CVE-2024-45310: the target is swapped for a symlink while mounting" {
	local i swapper
	mkdir "$R/data/a"
	ln -s "$OUT" "$R/data/b"
	config '.mounts += [{destination: "/data/a/x", type: "tmpfs", source: "t"}, {destination: "/data/a/y/z", type: "tmpfs", source: "t"}]'
	config '.process.args = ["/bin/true"]'
	"$PROBE" "swap:$R/data/a:$R/data/b" 3>&- &
	swapper=$!
	for ((i = 0; i < 200; i++)); do
		"$WOLFFIA" run -b "$B" "$ID" >/dev/null 2>&1 3>&- || true
		[ "$(ls "$OUT")" = file ] || break
	done
	kill -9 $swapper
	wait $swapper 2>/dev/null || true
	"$WOLFFIA" delete --force "$ID"
	untouched
}

@test "CVE-2019-16884, CVE-2019-19921, CVE-2023-28642: /proc of the image is a symlink" {
	local l
	mkdir "$R/fake"
	for l in fake /fake "$OUT" ../../../../../../../$OUT; do
		rm -rf "$R/proc"
		ln -s "$l" "$R/proc"
		cp /tmp/template/config.json "$B/config.json"
		config '.process.oomScoreAdj = 500 | .linux.sysctl = {"kernel.shmmax": "12345"} | .linux.maskedPaths = ["/proc/timer_list"]'
		args /probe facts path:/proc path:/proc/timer_list sysctl:kernel.shmmax
		try
		untouched
		[ "$status" -ne 0 ] || {
			is path./proc/timer_list.read "0 bytes"
			is oom_score_adj 500
		}
	done
}

@test "CVE-2019-19921: /sys of the image is a symlink" {
	local l
	for l in "$OUT" "../../../../../../../../$OUT"; do
		rm -rf "$R/sys"
		ln -s "$l" "$R/sys"
		config '.mounts = (.mounts[:3] + [{destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"]}]) | .linux.namespaces = (.linux.namespaces[:4] + [{type: "network"}]) | .linux.maskedPaths = ["/sys/firmware", "/sys/file"]'
		try
		untouched
	done
}

@test "CVE-2023-27561, CVE-2025-52881: a volume over /proc, /proc/self, /proc/1, /proc/thread-self" {
	local p
	mkdir -p "$T/vol/self/attr" "$T/vol/sys/kernel" "$T/vol/thread-self/attr" "$T/vol/1"
	touch "$T/vol/self/oom_score_adj" "$T/vol/sys/kernel/shmmax" "$T/vol/thread-self/oom_score_adj" "$T/vol/oom_score_adj" "$T/vol/1/oom_score_adj" "$T/vol/shmmax" "$T/vol/timer_list"
	for p in /proc /proc/self /proc/thread-self /proc/1 /proc/sys /proc/sys/kernel; do
		cp /tmp/template/config.json "$B/config.json"
		config ".mounts += [{destination: \"$p\", source: \"$T/vol\", options: [\"bind\"]}] | .process.oomScoreAdj = 500 | .linux.sysctl = {\"kernel.shmmax\": \"12345\"} | .linux.maskedPaths = [\"/proc/timer_list\"]"
		config '.process.args = ["/probe", "path:/proc/timer_list"]'
		try
		[ -z "$(find "$T/vol" -type f -size +0)" ] || fail "$p: written into the volume: $(find "$T/vol" -size +0 -type f)"
	done
}

@test "CVE-2025-31133: /dev/null of the image is a symlink, a file, a directory; masks stay masks" {
	local kind
	echo secret >"$R/data/key"
	for kind in "ln -s /data/evil" "ln -s $OUT/file" "ln -s /proc/sys/kernel/core_pattern" "ln -s ../../../../../../..$OUT/file" "cp /etc/hostname" "mkdir" "mkfifo"; do
		rm -rf "$R/dev"
		mkdir "$R/dev"
		$kind "$R/dev/null"
		echo evil >"$R/data/evil"
		cp /tmp/template/config.json "$B/config.json"
		config '.mounts = .mounts[:1] | .linux.maskedPaths = ["/data/key", "/proc/timer_list"]'
		args /probe path:/data/key text:/data/key path:/proc/timer_list write:/proc/timer_list:x write:/data/key:x
		try
		untouched
		[ "$(cat "$R/data/evil")" = evil ] || fail "$kind: evil was written"
		[ "$status" -ne 0 ] || {
			[ -z "${fact[text./data/key]}" ] || fail "$kind: the mask shows ${fact[text./data/key]}"
		}
	done
	[ "$(cat "$R/data/key")" = secret ]
}

@test "CVE-2026-41579: /dev of the image is a symlink to the host" {
	local l
	for l in $(links); do
		rm -rf "$R/dev"
		ln -s "$l" "$R/dev"
		cp /tmp/template/config.json "$B/config.json"
		try
		untouched
		config 'del(.mounts[1, 2])'
		try
		untouched
		config '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 3}, {path: "/dev/file", type: "c", major: 1, minor: 3}]'
		try
		untouched
		config '.process.terminal = true'
		status=0
		in_terminal "$WOLFFIA run -b $B $ID" || true
		"$WOLFFIA" delete --force "$ID"
		untouched
	done
}

@test "CVE-2025-52565: /dev/pts and /dev/console of the image are symlinks" {
	local i
	rm -rf "$R/dev"
	mkdir -p "$R/dev/pts"
	for ((i = 0; i < 10; i++)); do ln -s "$OUT/file" "$R/dev/pts/$i"; done
	ln -s "$OUT/file" "$R/dev/console"
	ln -s "$OUT" "$R/dev/ptmx"
	config 'del(.mounts[1, 2]) | .process.terminal = true'
	in_terminal "$WOLFFIA run -b $B $ID" || true
	"$WOLFFIA" delete --force "$ID"
	untouched
	config '.mounts += [{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666"]}]'
	in_terminal "$WOLFFIA run -b $B $ID" || true
	"$WOLFFIA" delete --force "$ID"
	untouched
}

@test "masked and read-only paths through symlinks do not reach the host" {
	ln -s "$OUT" "$R/data/l"
	ln -s "$OUT/file" "$R/data/f"
	config '.linux.maskedPaths = ["/data/l", "/data/f", "/data/l/file"] | .linux.readonlyPaths = ["/data/l", "/data/f", "/data/l/file"]'
	try
	untouched
	echo more >>"$OUT/file"
	rm "$OUT/file"
}

@test "devices through a symlinked folder are not made on the host" {
	ln -s "$OUT" "$R/data/l"
	config '.linux.devices = [{path: "/data/l/null", type: "c", major: 1, minor: 3}, {path: "/data/l/p", type: "p"}]'
	try
	untouched
}

@test "CVE-2024-21626: cwd through the runtime's own descriptors" {
	local n
	echo "host only" >/tmp/host-only
	for ((n = 3; n < 20; n++)); do
		config ".process.cwd = \"/proc/self/fd/$n\""
		args /probe facts text:../../../../../../../../tmp/host-only text:tmp/host-only
		try
		[ "$status" -ne 0 ] || {
			[[ ${fact[cwd]} == /* && ${fact[cwd]} != *unreachable* ]] || fail "cwd is ${fact[cwd]}"
			[ -z "${fact[text.../../../../../../../../tmp/host-only]-}" ] || fail "fd $n leads out"
			[ -z "${fact[text.tmp/host-only]-}" ] || fail "fd $n leads out"
		}
	done
	exec 5</ 6</tmp 7</proc 8</etc 9<"$T"
	for ((n = 3; n < 12; n++)); do
		ln -sfn "/proc/self/fd/$n" "$R/data/cwd"
		config '.process.cwd = "/data/cwd"'
		args /probe facts text:../../../../../../../../tmp/host-only text:tmp/host-only
		try
		[ -z "${fact[text.../../../../../../../../tmp/host-only]-}${fact[text.tmp/host-only]-}" ] || fail "fd $n leads out"
	done
	exec 5<&- 6<&- 7<&- 8<&- 9<&-
	rm /tmp/host-only
}

@test "CVE-2024-21626: --preserve-fds 1 passes exactly one" {
	config '.process.cwd = "/"'
	args /probe
	status=0
	"$WOLFFIA" run --preserve-fds 1 -b "$B" "$ID" >"$T/out" 2>"$T/err" 3</etc/passwd 4</ 5</tmp || status=$?
	[ "$status" -eq 0 ]
	read_facts "$T/out"
	is fds 4
}

@test "CVE-2019-5736: the program is /proc/self/exe, or a script of it; the binary stays as it is" {
	need_root
	cp "$WOLFFIA" "$T/wolffia"
	local sum p
	sum=$(sha256sum <"$T/wolffia")
	printf '#!/proc/self/exe\n' >"$R/bin/script"
	chmod 755 "$R/bin/script"
	WOLFFIA=$T/wolffia
	# a container that looks at all processes of its pid namespace, with CAP_SYS_PTRACE
	config '.process.capabilities = {bounding: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"], permitted: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"], effective: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"]}'
	args /probe watch:3
	"$WOLFFIA" run -b "$B" "$ID-w" >"$T/watch" 2>"$T/watch.err" 3>&- &
	local watcher=$!
	until_true running "$ID-w"
	p=$("$WOLFFIA" state "$ID-w" | jq .pid)
	config ".linux.namespaces |= map(if .type == \"pid\" then .path = \"/proc/$p/ns/pid\" else . end)"
	local end=$((SECONDS + 3)) a i=0
	while [ $SECONDS -lt $end ]; do
		for a in /proc/self/exe /bin/script /bin/true; do
			i=$((i + 1))
			args "$a"
			timeout 5 "$WOLFFIA" run -b "$B" "$ID-$i" >/dev/null 2>&1 3>&- </dev/null || true
			"$WOLFFIA" delete --force "$ID-$i"
		done
	done
	wait $watcher
	read_facts "$T/watch"
	[ "${fact[watch.seen]}" -gt 0 ] || fail "the watcher saw nothing"
	is watch.hits 0
	[ "$sum" = "$(sha256sum <"$T/wolffia")" ]
}

@test "CVE-2019-5736: exec of /proc/self/exe, of a script of it, of any program" {
	need_root
	cp "$WOLFFIA" "$T/wolffia"
	local sum a
	sum=$(sha256sum <"$T/wolffia")
	printf '#!/proc/self/exe\n' >"$R/bin/script"
	chmod 755 "$R/bin/script"
	WOLFFIA=$T/wolffia
	config '.process.capabilities = {bounding: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"], permitted: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"], effective: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"]}'
	args /probe watch:4
	"$WOLFFIA" run -b "$B" "$ID-w" >"$T/watch" 2>"$T/watch.err" 3>&- &
	local watcher=$!
	until_true running "$ID-w"
	local end=$((SECONDS + 3))
	while [ $SECONDS -lt $end ]; do
		for a in /proc/self/exe /bin/script /bin/true; do
			timeout 5 "$WOLFFIA" exec "$ID-w" "$a" >/dev/null 2>&1 3>&- </dev/null || true
		done
	done
	wait $watcher
	read_facts "$T/watch"
	[ "${fact[watch.seen]}" -gt 0 ] || fail "the watcher saw nothing"
	is watch.hits 0
	[ "$sum" = "$(sha256sum <"$T/wolffia")" ]
}

running() { [ "$(status_of "$1")" = running ]; }

@test "CVE-2016-9962: no descriptor of the runtime's is visible beside the program" {
	config '.process.args = ["/bin/sh", "-c", "for p in /proc/[0-9]*; do ls -l $p/fd 2>/dev/null; done; echo end"]'
	try
	[[ $out == *end* ]]
	[[ $out != *"$B"* && $out != */run/wolffia* ]] || fail "$out"
}

@test "CVE-2017-5226: no character into the caller's terminal; the program has its own session" {
	args /probe facts push
	try
	[ "${fact[sid]}" = 1 ]
	in_terminal "$WOLFFIA run -b $B $ID"
	read_facts "$T/out"
	[ "${fact[push]}" != ok ] || fail "pushed into the terminal"
}

@test "CVE-2024-9676 class: /etc/passwd and /etc/group are a FIFO, a device, a link, a directory, 100 MB" {
	local f kind begin
	for f in passwd group; do
		for kind in "mkfifo" "ln -s /dev/zero" "ln -s $OUT/file" "ln -s $f" "mkdir" "truncate -s 100M" "mknod"; do
			rm -rf "$R/etc/$f"
			if [ "$kind" = mknod ]; then mknod "$R/etc/$f" c 1 5; else $kind "$R/etc/$f"; fi
			begin=$SECONDS
			config '.process.env = []'
			try
			[ $((SECONDS - begin)) -le 20 ] || fail "$kind $f took long"
			[ "$status" -ne 0 ] || [[ ${fact[env.HOME]-/} != /home/tester ]]
		done
		rm -rf "$R/etc/$f"
	done
	untouched
}

@test "CVE-2022-24769, CVE-2022-29162: nothing inheritable or ambient unless said" {
	config '.process.capabilities = {bounding: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"], effective: ["CAP_CHOWN"]}'
	try
	is cap.inheritable 0
	is cap.ambient 0
}

@test "CVE-2026-30892 class: uid 2^32 and -1 never become root" {
	local n
	for n in 4294967295 4294967296 -1 18446744073709551616; do
		sed "s/\"uid\": 0/\"uid\": $n/" /tmp/template/config.json >"$B/config.json"
		try
		[ "$status" -eq 1 ] || fail "uid $n ran as ${fact[uid]-}"
	done
}

@test "CVE-2023-25809: a cgroup mount without a namespace for it is not writable" {
	grep -q 2 /.wolffia-arena || skip "no cgroup v2 view"
	config '.mounts += [{destination: "/sys", type: "tmpfs", source: "t"}, {destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"]}]'
	args /probe path:/sys/fs/cgroup
	try
	[ "${fact[path./sys/fs/cgroup.write]-EROFS}" = EROFS ]
}

@test "cgroup escapes: no cgroup is made outside the container's" {
	need_root
	local p
	mkdir -p /sys/fs/cgroup/fence/in
	for p in /fence/in/../../out ../out /.. ../../out /fence/in/../out; do
		config ".linux.cgroupsPath = \"$p\""
		config '.process.args = ["/bin/true"]'
		try
		[ ! -d /sys/fs/cgroup/out ] && [ ! -d /sys/fs/cgroup/fence/out ]
	done
	config 'del(.linux.cgroupsPath) | .annotations = {"run.oci.systemd.subgroup": "../../out", "run.oci.delegate-cgroup": "../../out"}'
	try
	[ ! -d /sys/fs/cgroup/out ]
	rmdir /sys/fs/cgroup/fence/in /sys/fs/cgroup/fence
}

@test "CVE-2021-43784: 64 kB of id mappings never run in the caller's namespaces" {
	need_root
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [range(5000) | {containerID: ., hostID: (100000 + . * 2), size: 1}] | .linux.gidMappings = .linux.uidMappings'
	try
	[ "$status" -eq 1 ]
}

@test "CVE-2025-24965: handler annotations do not write through the image" {
	ln -s "$OUT/file" "$R/.krun_config.json"
	config '.annotations = {"run.oci.handler": "krun", "module.wasm.image/variant": "compat"}'
	try
	untouched
}

@test "id as a path: delete --force of .. and absolute names removes nothing" {
	local id
	for id in "../..$OUT" "$OUT" "../../../../../../..$OUT" . .. "x/../../..$OUT"; do
		w delete --force "$id"
		[ "$status" -eq 1 ]
		untouched
	done
}

@test "the caller's environment, umask, groups, affinity and limits that were not asked for" {
	SECRET=token ok run -b "$B" "$ID"
	read_facts "$T/out"
	none env.SECRET
	is envs "$(grep -c '^env\.' "$T/out")"
}
