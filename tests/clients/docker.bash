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
	}
	t 'docker: terminal' 0 'got:abc 24 80' /place/pty 24 80 abc docker run --rm -it --network none t \
		sh -c 'sleep 1; read x; echo got:$x $(stty size)'
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
