# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # scripts for other shells are quoted; lib.bash
# Docker's cases; see tests/clients/run.

docker_start() {
	local i
	mkdir -p /etc/docker /var/lib/docker
	mount -t tmpfs -o mode=711 docker /var/lib/docker
	sed "s|/usr/local/bin/wolffia|/place/wolffia|" /place/daemon.json >/etc/docker/daemon.json
	dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver vfs \
		--default-runtime wolffia >/tmp/dockerd.log 2>&1 &
	for ((i = 0; i < 150; i++)); do
		docker version >/dev/null 2>&1 && break
		sleep 0.2
	done
	docker import /place/image.tar t >/dev/null 2>&1
}

docker_cases() {
	local run='docker run --rm --network none'
	docker --version | sed 's/^/# /'
	who=root as=()
	docker_start
	if ! docker image inspect t >/dev/null 2>&1; then
		tail -n 3 /tmp/dockerd.log | cut -c 1-300 | sed 's/^/# /'
		without 'dockerd does not start here' 'docker'
		return
	fi
	# shellcheck disable=SC2086 # $run is a list of words
	{
		t 'docker: the runtime is known' 0 'Default Runtime: wolffia' docker info
		t 'docker: output and exit status' 42 '^hello$' $run t sh -c 'echo hello; exit 42'
		t 'docker: missing command' 127 'executable file not found' $run t nosuch
		t 'docker: not executable' 126 'ermission denied' $run t /etc/plain
		t 'docker: user, read-only, volume' 1 '^volume 7$' $run -u 7 --read-only \
			-v /place/volume:/v:ro t sh -c 'echo $(cat /v/file) $(id -u); touch /x'
		t 'docker: seccomp, init' 0 '^2 .*init' $run --init t \
			sh -c 'echo $(grep Seccomp: /proc/self/status | cut -f 2) $(tr "\0" " " </proc/1/cmdline)'
		t 'docker: capabilities, device' 0 '^0000000000001001 10, 229$' $run --cap-drop all \
			--cap-add NET_ADMIN --cap-add CHOWN --device /dev/fuse t sh -c \
			'echo $(grep CapBnd /proc/self/status | cut -f 2) $(ls -l /dev/fuse | grep -o "10, *229")'
		t 'docker: sysctl, ulimit, tmpfs, masks' 0 '^1 77 0 0$' $run --sysctl net.ipv4.ip_forward=1 \
			--ulimit nofile=77:77 --tmpfs /data t sh -c 'echo $(cat /proc/sys/net/ipv4/ip_forward) \
			$(ulimit -n) $(ls /data | wc -l) $(wc -c </proc/keys)'
		t 'docker: seccomp profile' 1 'not supported' $run \
			--security-opt seccomp=/place/profile.json t mkdir /tmp/x
	}
	t 'docker: network host' 0 '^same$' bash -c '
		[ "$(docker run --rm --network host t readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ] &&
			echo same'
	t 'docker: kill with a signal' 0 '^got USR1 0$' bash -c '
		docker run -d --name d1 --network none t \
			sh -c "trap \"echo got USR1; exit\" USR1; echo up; while :; do sleep 0.1; done" >/dev/null
		for i in $(seq 50); do docker logs d1 2>&1 | grep -q up && break; sleep 0.1; done
		docker kill -s USR1 d1 >/dev/null; s=$(docker wait d1); echo $(docker logs d1 | tail -n 1) $s
		docker rm -f d1 >/dev/null'
	t 'docker: terminal' 0 'got:abc 24 80' /place/pty 24 80 abc docker run --rm -it --network none t \
		sh -c 'echo up; sleep 1; read x; echo got:$x $(stty size)'
	t 'docker: exec, top, logs, stop' 0 '^5 up 1 7$' bash -c '
		docker run -d --name d1 --network none t sh -c "trap \"exit 7\" TERM; echo up; while :; do sleep 0.1; done" >/dev/null
		docker exec d1 sh -c "exit 5"; a=$?
		top=$(docker top d1 2>/dev/null | grep -c "trap")
		logs=$(docker logs d1); docker stop d1 >/dev/null
		echo $a $logs $top $(docker inspect --format "{{.State.ExitCode}}" d1); docker rm -f d1 >/dev/null'
	t 'docker: pause' 0 '^true false$' bash -c '
		docker run -d --name d1 --network none t sleep 93 >/dev/null
		docker pause d1 >/dev/null; a=$(docker inspect --format "{{.State.Paused}}" d1)
		docker unpause d1 >/dev/null; echo $a $(docker inspect --format "{{.State.Paused}}" d1); docker rm -f d1 >/dev/null'
	t 'docker: restart policy' 0 '^2 3$' bash -c '
		docker run -d --name d1 --network none --restart on-failure:2 t sh -c "exit 3" >/dev/null
		for i in $(seq 50); do
			now=$(docker inspect --format "{{.RestartCount}} {{.State.Status}}" d1); [ "$now" = "2 exited" ] && break; sleep 0.2
		done
		docker inspect --format "{{.RestartCount}} {{.State.ExitCode}}" d1; docker rm -f d1 >/dev/null'
	t 'docker: nothing is left' 0 '^none$' bash -c '
		left="$(ls -A /run/docker/runtime-runc/moby 2>/dev/null)"; [ -z "$left" ] && echo none || echo "$left"'
}
