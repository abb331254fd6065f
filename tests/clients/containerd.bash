# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # scripts for other shells are quoted; lib.bash
# containerd's cases, by ctr; see tests/clients/run.

# archive [COMMAND]: an OCI archive made by hand, for containerd imports nothing else
archive() {
	local layer config manifest at=/place/oci
	blob() { # FILE: into the store; its digest
		local sum
		sum=$(sha256sum "$1" | cut -d ' ' -f 1)
		cp "$1" "$at/blobs/sha256/$sum"
		echo "$sum"
	}
	mkdir -p $at/blobs/sha256
	layer=$(blob /place/image.tar)
	printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":%s},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
		"$(dpkg --print-architecture)" "${1-[\"sh\"]}" "$layer" >/place/config
	config=$(blob /place/config)
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%d},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:%s","size":%d}]}' \
		"$config" "$(stat -c %s /place/config)" "$layer" "$(stat -c %s /place/image.tar)" >/place/manifest
	manifest=$(blob /place/manifest)
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%d,"annotations":{"io.containerd.image.name":"localhost/t:latest","org.opencontainers.image.ref.name":"latest"}}]}' \
		"$manifest" "$(stat -c %s /place/manifest)" >$at/index.json
	echo '{"imageLayoutVersion":"1.0.0"}' >$at/oci-layout
	tar -C $at -cf /place/oci.tar .
}

containerd_start() {
	local i
	mkdir -p /etc/containerd
	sed "s|/usr/local/bin/wolffia|/place/wolffia|" /place/config.toml >/etc/containerd/config.toml
	[ "$(containerd --version | sed 's/.* v\{0,1\}\([0-9]*\)\.[0-9].*/\1/')" -lt 2 ] ||
		sed "s|/usr/local/bin/wolffia|/place/wolffia|" /place/config-v3.toml >/etc/containerd/config.toml
	archive
	containerd --log-level error >/tmp/containerd.log 2>&1 &
	for ((i = 0; i < 150; i++)); do
		ctr version >/dev/null 2>&1 && break
		sleep 0.2
	done
	ctr image import --no-unpack=false /place/oci.tar >/dev/null 2>&1 ||
		ctr image import /place/oci.tar >/tmp/import.log 2>&1
}

containerd_cases() {
	# no controllers in the v2 view: nothing may be asked of the cpu
	export CTR='ctr run --snapshotter native --runc-binary /place/wolffia --cpu-shares 0'
	containerd --version | sed 's/^/# /'
	who=root as=()
	containerd_start
	# ends the task, and removes it with its container
	cat >/place/end <<-'END'
		#!/bin/bash
		ctr task kill -s KILL c
		for ((i = 0; i < 100; i++)); do
			ctr task rm c >/dev/null 2>&1 && break
			ctr task ls | grep -q '^c ' || break
			sleep 0.1
		done
		ctr container rm c
	END
	chmod 755 /place/end
	t 'containerd: the configuration is taken' 0 'BinaryName = ./place/wolffia' containerd config dump
	t 'containerd: output and exit status' 42 '^hello$' bash -c '
		$CTR --rm localhost/t:latest c sh -c "echo hello; exit 42"'
	t 'containerd: missing command' 1 'executable file not found' bash -c '
		$CTR --rm localhost/t:latest c nosuch'
	t 'containerd: terminal' 0 'got:abc 24 80' bash -c '
		/place/pty 24 80 abc $CTR --rm -t localhost/t:latest c sh -c "echo up; sleep 1; read x; echo got:\$x \$(stty size)"'
	t 'containerd: mounts, read-only' 1 '^volume$' bash -c '
		mkdir -p /tmp/v; echo volume >/tmp/v/file
		$CTR --rm --mount type=bind,src=/tmp/v,dst=/data,options=rbind:ro localhost/t:latest c \
			sh -c "cat /data/file; touch /data/x"'
	t 'containerd: seccomp, capabilities, no new privileges' 0 '^CapBnd:.00000000a80425fa NoNewPrivs:.1 Seccomp:.2 $' bash -c '
		$CTR --rm --seccomp --cap-drop CAP_CHOWN localhost/t:latest c sh -c \
			"grep -E \"^(CapBnd|NoNewPrivs|Seccomp):\" /proc/self/status | tr \"\\n\" \" \""'
	t 'containerd: read-only root, folder, environment, device' 1 '^/tmp b 10, 229$' bash -c '
		$CTR --rm --read-only --cwd /tmp --env A=b --device /dev/fuse localhost/t:latest c \
			sh -c "echo \$PWD \$A \$(ls -l /dev/fuse | grep -o \"10, *229\"); touch /tmp/x"'
	t 'containerd: a namespace by path' 0 '^same$' bash -c '
		unshare --net sleep 60 & p=$!
		until [ "$(readlink /proc/$p/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
		a=$($CTR --rm --with-ns network:/proc/$p/ns/net localhost/t:latest c readlink /proc/self/ns/net)
		[ "$a" = "$(readlink /proc/$p/ns/net)" ] && echo same || echo "$a"; kill $p'
	t 'containerd: user namespace, seen from both sides' 0 '^0 300000 5000 300000$' bash -c '
		$CTR -d --uidmap 0:300000:5000 --gidmap 0:300000:5000 localhost/t:latest c sleep 94 || exit
		p=$(ctr task ls | awk "/^c / { print \$2 }")
		echo $(cat /proc/$p/uid_map) $(stat -c %u /proc/$p)
		/place/end'
	t 'containerd: namespaces of the machine' 0 '^place$' bash -c '
		$CTR --rm --net-host localhost/t:latest c sh -c "ls /sys/class/net >/dev/null && cat /proc/sys/kernel/hostname; echo place"'
	t 'containerd: life of a task' 0 '^RUNNING 2 PAUSED RUNNING STOPPED gone$' bash -c '
		$CTR -d localhost/t:latest c sh -c "sleep 94 & sleep 94" || exit
		status() { ctr task ls | awk "/^c / { print \$3 }"; }
		a=$(status)
		for i in $(seq 50); do
			p=$(ctr task ps c | grep -c "^[0-9]"); [ "$p" -ge 2 ] && break; sleep 0.2
		done
		ctr task pause c; b=$(status); ctr task resume c; d=$(status)
		ctr task kill -s KILL -a c; for i in $(seq 50); do [ "$(status)" = STOPPED ] && break; sleep 0.2; done
		e=$(status); ctr task rm c >/dev/null 2>&1; ctr container rm c
		[ -e /run/containerd/runc/default/c ] || f=gone
		echo $a $(( p > 2 ? 2 : p )) $b $d $e $f'
	t 'containerd: exec' 5 '^in c$' bash -c '
		$CTR -d localhost/t:latest c sleep 94 || exit
		ctr task exec --exec-id x c sh -c "echo in c; exit 5"; s=$?
		/place/end; exit $s'
	t 'containerd: exec, terminal' 0 'got:abc' bash -c '
		$CTR -d localhost/t:latest c sleep 94 || exit
		/place/pty 24 80 abc ctr task exec -t --exec-id x c sh -c "echo up; read x; echo got:\$x"; s=$?
		/place/end; exit $s'
	t 'containerd: signals' 0 '^got TERM$' bash -c '
		mkdir -p /tmp/out; rm -f /tmp/out/*
		$CTR -d --mount type=bind,src=/tmp/out,dst=/data,options=rbind:rw localhost/t:latest c \
			sh -c "trap \"echo got TERM >/data/said; exit\" TERM; touch /data/up; while :; do sleep 0.1; done" || exit
		for i in $(seq 50); do [ -e /tmp/out/up ] && break; sleep 0.1; done
		ctr task kill c; for i in $(seq 50); do [ -e /tmp/out/said ] && break; sleep 0.1; done
		cat /tmp/out/said; /place/end 2>/dev/null'
	criu_case t 'containerd: checkpoint' 0 '^saved$' bash -c '
		$CTR -d localhost/t:latest c sleep 94 || exit
		ctr task checkpoint --image-path /tmp/saved c >/tmp/checkpoint.log 2>&1; ls /tmp/saved | grep -q core- && echo saved || cat /tmp/checkpoint.log
		/place/end 2>/dev/null'
	t 'containerd: nothing is left' 0 '^none$' bash -c '
		left="$(ls -A /run/containerd/runc/default 2>/dev/null)$(find /sys/fs/cgroup -path "*default/*" -type d 2>/dev/null)"
		[ -z "$left" ] && echo none || echo "$left"'
}
