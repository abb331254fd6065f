# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # scripts for other shells are quoted; lib.bash
# Podman's cases; see tests/clients/run.

podman_prepare() {
	mkdir -p /etc/containers/containers.conf.d
	sed 's|"/usr/local/bin/wolffia"|"/place/wolffia"|' /place/50-wolffia.conf \
		>/etc/containers/containers.conf.d/50-wolffia.conf
	cat >/etc/containers/containers.conf <<-'END'
		[containers]
		pids_limit = 0
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
	END
	echo '{"default":[{"type":"insecureAcceptAnything"}]}' >/etc/containers/policy.json
	cat >/place/user <<-'END'
		#!/bin/bash
		[ ! -d /sys/fs/cgroup/user ] || echo $$ >/sys/fs/cgroup/user/session/cgroup.procs
		cd /home/tester && exec setpriv --reuid=1000 --regid=1000 --groups 1000,2345 env -i \
			PATH="$PATH" HOME=/home/tester USER=tester \
			XDG_RUNTIME_DIR=/run/user/1000 TERM=xterm who="$who" major="$major" "$@"
	END
	# clone (by its flags), clone3 and unshare of a user namespace, as engines' profiles refuse them
	cat >/place/no-userns.json <<-'END'
		{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		  {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
		   "args": [{"index": 0, "value": 268435456, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ"}]},
		  {"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
		  {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}
	END
	# a group that the user is in and that the container knows nothing of
	echo 'shared:x:2345:tester' >>/etc/group
	# up NAME ARGUMENT...: runs a container in the background, and waits until it says "up"
	cat >/place/up <<-'END'
		#!/bin/bash
		name=$1
		shift
		podman run -d --name "$name" --network none "$@" >/dev/null || exit 99
		for ((i = 0; i < 150; i++)); do
			podman logs "$name" 2>/dev/null | grep -q up && exit
			sleep 0.2
		done
		echo "$name is not up"
		exit 98
	END
	# beside: ranges of Podman's `auto` and of ours, made in turns, have nothing in common
	cat >/place/beside <<-'END'
		#!/bin/bash
		up() { podman run -d --name "$1" --network none --userns "auto$2" t sleep 97 >/dev/null || exit 99; }
		our() { /place/wolffia run --rootfs /place/image "$@" 2>/tmp/said.$who; }
		ours() { our --id "$1" --detach --userns "$2" -- sleep 97 >/dev/null || { cat /tmp/said.$who; exit 98; }; }
		trap 'for i in p1 p2 p3; do podman rm -f -t 0 $i >/dev/null 2>&1; done
			for i in w1 w2 w3 w4; do /place/wolffia delete --force $i; done 2>/dev/null' EXIT
		# apart PODMAN OURS: $sum is how many ids they have together
		apart() {
			local i pids
			pids=$(for i in $1; do podman inspect --format '{{.State.Pid}}' $i; done
				for i in $2; do /place/wolffia state $i | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p'; done)
			for kind in uid_map gid_map; do
				sum=$(for i in $pids; do awk '{ print $2, $3 }' /proc/$i/$kind; done | sort -n |
					awk -v want="$(wc -w <<<"$1 $2")" '$1 < end { print "two have " $1; exit }
					{ end = $1 + $2; n += $2 } END { print (NR >= want ? n : NR " ranges") }')
				[[ $sum =~ ^[0-9]+$ ]] || { echo "$kind: $sum"; exit 97; }
			done
		}
		up p1 :size=5000
		ours w1 auto:size=7000
		up p2
		ours w2 auto:size=7000 & ours w3 auto:size=7000 & wait
		up p3 :size=4000
		apart 'p1 p2 p3' 'w1 w2 w3'
		# what is left is ours to the last id, and no more
		all=$(awk -F: -v name="$1" '$1 == name { print $3 }' /etc/subuid)
		left=$((all - sum))
		our --userns auto:size=$((left + 1)) -- true && echo 'one too many'
		grep -qF "need $((left + 1)) uids, $left of $all are free (largest piece $left)" /tmp/said.$who || cat /tmp/said.$who
		ours w4 auto:size=$left
		apart 'p1 p2 p3' 'w1 w2 w3 w4'
		[ "$sum" = "$all" ] || echo "$sum of $all"
		# and what Podman gives back is free
		podman rm -f -t 0 p1 >/dev/null
		our --userns auto:size=5000 -- true || cat /tmp/said.$who
		echo apart
	END
	chmod 755 /place/user /place/up /place/beside
	chmod -R go+rX /place/image
	mkdir -p /place/volume /tmp/idmap
	echo volume >/place/volume/file
	echo mapped >/tmp/idmap/file
	chmod 755 /tmp/idmap
}

podman_plain() {
	local run='podman run --rm --network none' m
	# shellcheck disable=SC2086 # $run is a list of words
	{
		t 'output and exit status' 42 '^hello$' $run t sh -c 'echo hello; exit 42'
		t 'missing command' 127 'executable file .* not found' $run t nosuch
		t 'not executable' 126 'ermission denied' $run t /etc/plain
		t 'user, capabilities' 0 '^CapEff:.0000000000000000$' $run -u 1:1 --cap-drop all \
			t grep CapEff /proc/self/status
		t 'capabilities added' 0 '^CapBnd:.0000000000001001$' $run --cap-drop all \
			--cap-add NET_ADMIN,CHOWN t grep CapBnd /proc/self/status
		t 'privileged' 0 '^fine$' $run --privileged t sh -c 'mount -t tmpfs x /tmp && echo fine'
		t 'device' 0 '10, 229' $run --device /dev/fuse t ls -l /dev/fuse
		t 'device under another name' 0 '^1, 3 fine$' $run --device /dev/null:/dev/other:rw t \
			sh -c 'echo x >/dev/other && echo $(ls -l /dev/other | grep -o "1, *3") fine'
		t 'read-only' 1 'Read-only file system' $run --read-only t touch /x
		t 'volumes' 1 '^volume$' $run -v /place/volume:/v:ro --tmpfs /data t \
			sh -c 'cat /v/file /data/file && touch /v/x'
		t 'seccomp' 0 '^Seccomp:.2$' $run t grep Seccomp: /proc/self/status
		t 'seccomp profile' 1 'not supported' $run \
			--security-opt seccomp=/place/profile.json t mkdir /tmp/x
		t 'masks' 0 '^0 0$' $run --security-opt mask=/etc/plain \
			t sh -c 'echo $(wc -c </etc/plain) $(wc -c </proc/keys)'
		t 'sysctl, ulimit, shm' 0 '^1 77$' $run --sysctl net.ipv4.ip_forward=1 \
			--ulimit nofile=77:77 --ulimit nproc=500:500 --shm-size 1m t \
			sh -c 'echo $(cat /proc/sys/net/ipv4/ip_forward) $(ulimit -n)'
		with catatonit t 'init' 0 'init' $run --init t cat /proc/1/cmdline
		t 'namespaces of the machine' 0 '^place$' podman run --rm --network host --pid host \
			--ipc host --uts host --cgroupns host t hostname
		t 'no cgroup' 0 '^fine$' $run --cgroups disabled t echo fine
	}
	t 'network none, seen from both sides' 0 '^own 1$' bash -c '
		set -- $(podman run --rm --network none t sh -c "readlink /proc/self/ns/net; wc -l </proc/net/route")
		[ "$1" = "$(readlink /proc/self/ns/net)" ] && echo the machine || echo own "$2"'
	t 'network host, seen from both sides' 0 '^same$' bash -c '
		[ "$(podman run --rm --network host t readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ] &&
			echo same'
	t 'terminal' 0 '33 99' /place/pty 33 99 - podman run --rm -it --network none t \
		sh -c 'until [ "$(stty size)" = "33 99" ]; do sleep 0.1; done; stty size'
	t 'terminal, typing' 0 'got:abc' /place/pty 24 80 abc podman run --rm -it --network none t \
		sh -c 'echo up; read x; echo got:$x'
	t 'descriptors' 0 '^passed$' bash -c 'exec 3<<<passed
		podman run --rm --network none --preserve-fds 1 t sh -c "cat <&3"'
	t 'socket activation' 0 '^1 1 3$' bash -c 'exec 3</dev/null
		LISTEN_FDS=1 LISTEN_PID=$BASHPID exec podman run --rm --network none t \
			sh -c "echo \$LISTEN_FDS \$LISTEN_PID; ls /proc/self/fd" |
			tr "\n" " " | sed "s/ 0 1 2 3 .*/ 3\n/"'
}

# Containers that live for a while, looked at from outside.
podman_living() {
	t 'detached, logs, stop' 0 'Exited \(7\)' bash -c 'set -e
		/place/up s t sh -c "trap \"exit 7\" TERM; echo up; while :; do sleep 0.1; done"
		podman stop s; podman ps -a --filter name=s; podman rm s'
	t 'created, removed by force' 0 '^gone$' bash -c 'set -e
		podman create --name c --network none t true >/dev/null; podman init c; podman rm -f c
		podman run -d --name c --network none t sleep 99 >/dev/null; podman rm -f -t 0 c
		podman ps -aq | grep . || echo gone'
	t 'kill with a signal' 0 '^got USR1$' bash -c 'set -e
		/place/up k t sh -c "trap \"echo got USR1; exit\" USR1; echo up; while :; do sleep 0.1; done"
		podman kill -s USR1 k >/dev/null; podman wait k >/dev/null; podman logs k; podman rm k'
	t 'inspect, top, the process outside' 0 '^running wolffia /bin/busybox sleep 96$' bash -c '
		podman run -d --name i --network none t sleep 96 >/dev/null
		set -- $(podman inspect --format "{{.State.Status}} {{.OCIRuntime}} {{.State.Pid}}" i)
		[ "$(readlink /proc/$3/ns/pid)" != "$(readlink /proc/self/ns/pid)" ] || exit 9
		podman top i pid args | grep -q "^1 *sleep 96" || podman top i
		echo "$1" "$2" "$(readlink /proc/$3/exe | sed "s|.*/bin/|/bin/|")" $(tr "\0" " " </proc/$3/cmdline)
		podman rm -f -t 0 i >/dev/null'
	t 'namespaces of a container' 0 'sleep 98' bash -c '
		podman run -d --name n --network none t sleep 98 >/dev/null
		podman run --rm --network container:n --ipc container:n --pid container:n t ps
		podman rm -f -t 0 n'
	t 'namespaces by path' 0 '^other same$' bash -c '
		podman run -d --name n --network none --hostname other t sleep 98 >/dev/null
		p=/proc/$(podman inspect --format "{{.State.Pid}}" n)/ns
		a=$(podman run --rm --network ns:$p/net --ipc ns:$p/ipc --uts ns:$p/uts t \
			sh -c "hostname; cd /proc/self/ns && stat -L -c %i net ipc uts")
		b=$(stat -L -c %i $p/net $p/ipc $p/uts)
		echo $(head -n 1 <<<"$a") $([ "$(tail -n +2 <<<"$a")" = "$b" ] && echo same || echo $a, $b)
		podman rm -f -t 0 n >/dev/null'
	t 'stop of one that does not listen' 0 '^exited 137$' bash -c '
		podman run -d --name q --network none t sleep 93 >/dev/null; podman stop -t 1 q >/dev/null 2>&1
		podman inspect --format "{{.State.Status}} {{.State.ExitCode}}" q; podman rm q >/dev/null'
	t 'restart policy' 0 '^2 exited 3$' bash -c '
		podman run -d --name r --network none --restart on-failure:2 t sh -c "exit 3" >/dev/null
		for i in $(seq 50); do
			now=$(podman inspect --format "{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}" r)
			[ "${now% *}" = "2 exited" ] && break; sleep 0.2
		done; echo $now; podman rm -f -t 0 r >/dev/null'
	t 'systemd mode' 0 '^fine$' bash -c '
		podman run --rm --network none --systemd=always t sh -c "mkdir /sys/fs/cgroup/sub &&
			grep -q \" /run .* tmpfs\" /proc/self/mountinfo && echo fine"'
	t 'volume owner' 0 '^1234 1$' bash -c '
		mkdir -p /tmp/owner.$who; echo x >/tmp/owner.$who/file
		podman run --rm --network none -u 1234:1234 -v /tmp/owner.$who:/v:U t \
			sh -c "echo \$(stat -c %u /v/file) \$(touch /v/new; ls /v/new | wc -l)"'
	t 'build' 0 '^built$' bash -c 'mkdir -p "/tmp/build.$who"
		printf "FROM localhost/t\nRUN echo built\nRUN id\n" >"/tmp/build.$who/Dockerfile"
		podman build --pull=never --network none --ulimit nofile=500:500 \
			--ulimit nproc=500:500 "/tmp/build.$who"'
	t 'sd_notify' 0 'READY=1$' bash -c '
		rm -f /tmp/notify.$who; /place/notify --listen /tmp/notify.$who 9 >/tmp/said.$who & l=$!
		until [ -S /tmp/notify.$who ]; do sleep 0.1; done
		NOTIFY_SOCKET=/tmp/notify.$who podman run -d --name y --network none --sdnotify=container t \
			sh -c "notify READY=1; sleep 95" >/dev/null
		for i in $(seq 50); do grep -q READY /tmp/said.$who && break; sleep 0.1; done
		kill $l; cat /tmp/said.$who; podman rm -f -t 0 y >/dev/null'
}

# In one container that lives as long
podman_exec() {
	t 'exec: a container to go into' 0 '^[0-9a-f]{64}$' podman run -d --name e --network none \
		--health-cmd 'test -e /tmp/well' --health-interval disable -e A=1 t sleep 97
	t 'exec: output and exit status' 42 '^hello 1 2 /tmp 1:1$' podman exec -e B=2 -w /tmp -u 1:1 e \
		sh -c 'echo hello $A $B $PWD $(id -u):$(id -g); exit 42'
	t 'exec: killed by a signal' 137 '' podman exec e sh -c 'kill -9 $$'
	t 'exec: input' 0 '^typed$' bash -c 'echo typed | podman exec -i e cat'
	t 'exec: much output' 0 '^5000000$' bash -c 'podman exec e head -c 5000000 /dev/zero | wc -c'
	t 'exec: missing command' 127 'executable file .* not found' podman exec e nosuch
	t 'exec: not executable' 126 'ermission denied' podman exec e /etc/plain
	t 'exec: same namespaces, same cgroup' 0 '^same$' podman exec e sh -c '
		for i in cgroup ipc mnt net pid uts user; do
			[ $(readlink /proc/1/ns/$i) = $(readlink /proc/self/ns/$i) ] || echo other $i
		done
		[ "$(cat /proc/1/cgroup)" = "$(cat /proc/self/cgroup)" ] && echo same'
	t 'exec: same filter and capabilities' 0 '^same$' podman exec e sh -c '
		f() { grep -E "Seccomp:|Cap(Eff|Bnd|Amb)|NoNewPrivs" $1; }
		[ "$(f /proc/1/status)" = "$(f /proc/self/status)" ] && echo same'
	t 'exec: privileged' 0 '^CapEff:.0*[1-9a-f]0*[1-9a-f]{4,}$' podman exec --privileged e \
		grep CapEff: /proc/self/status
	t 'exec: terminal' 0 '33 99' /place/pty 33 99 - podman exec -it e \
		sh -c 'until [ "$(stty size)" = "33 99" ]; do sleep 0.1; done; stty size'
	t 'exec: terminal, typing' 0 'got:abc' /place/pty 24 80 abc podman exec -it e \
		sh -c 'echo up; read x; echo got:$x'
	t 'exec: detached' 0 '^well$' bash -c 'podman exec -d e sh -c "echo well >/tmp/well" >/dev/null
		for i in $(seq 50); do podman exec e cat /tmp/well 2>/dev/null && break
		sleep 0.1; done'
	t 'exec: health' 0 '^healthy$' bash -c 'podman healthcheck run e &&
		podman inspect --format "{{.State.Health.Status}}" e'
	t 'exec: descriptors' 0 '^passed$' bash -c 'exec 3<<<passed
		podman exec --preserve-fds 1 e sh -c "cat <&3"'
	t 'exec: paused' 255 'paused|running containers' bash -c 'podman pause e >/dev/null; podman exec e true
		s=$?; podman unpause e >/dev/null; exit $s'
	t 'exec: 20 at once' 0 '^20$' bash -c 'for i in {1..20}; do
		podman exec e echo one & done | grep -c one'
	t 'exec: machine namespaces' 0 '^place fine$' bash -c 'podman run -d --name h --network host \
		--pid host --ipc host --uts host t sleep 96 >/dev/null
		podman exec h sh -c "echo \$(hostname) fine"; podman rm -f -t 0 h >/dev/null'
	t 'exec: user namespace' 0 '^0 [1-9][0-9]* [0-9]+$' bash -c '
		[ "$who" = root ] && m="--userns auto" || m="--uidmap 0:1:1000 --gidmap 0:1:1000"
		podman run -d --name m --network none $m t sleep 96 >/dev/null
		podman exec m cat /proc/self/uid_map | tr -s " " | sed "s/^ //"
		podman rm -f -t 0 m >/dev/null'
	t 'exec: stopped' 255 'running' bash -c 'podman stop -t 0 e >/dev/null; podman exec e true'
	t 'exec: removed' 0 '^e$' podman rm -f -t 0 e
	t 'copy into a running container' 0 '^volume$' bash -c '
		podman run -d --name o --network none t sleep 97 >/dev/null
		podman cp /place/volume/file o:/tmp/f && podman exec o cat /tmp/f
		podman rm -f -t 0 o >/dev/null'
	t 'health check that fails' 0 '^unhealthy then healthy$' bash -c '
		podman run -d --name h --network none --health-cmd "test -e /tmp/well" --health-interval disable \
			--health-retries 1 t sleep 97 >/dev/null
		podman healthcheck run h >/dev/null 2>&1 || a=unhealthy
		podman exec h touch /tmp/well
		podman healthcheck run h >/dev/null 2>&1 && b=healthy
		podman rm -f -t 0 h >/dev/null; echo "$a then $b"'
}

podman_pause() {
	t 'pause' 0 '^paused frozen then running thawed$' bash -c '
		podman run -d --name p --network none t sleep 97 >/dev/null
		pid=$(podman inspect --format "{{.State.Pid}}" p)
		c=/sys/fs/cgroup$(sed -n s/^0:://p /proc/$pid/cgroup)
		frozen() { grep -q "frozen 1" $c/cgroup.events && echo frozen || echo thawed; }
		podman pause p >/dev/null; a="$(podman inspect --format "{{.State.Status}}" p) $(frozen)"
		podman unpause p >/dev/null; b="$(podman inspect --format "{{.State.Status}}" p) $(frozen)"
		podman rm -f -t 0 p >/dev/null; echo "$a then $b"'
	t 'removed while paused' 0 '^gone$' bash -c '
		podman run -d --name p --network none t sleep 97 >/dev/null
		podman pause p >/dev/null; podman rm -f -t 0 p >/dev/null; podman ps -aq | grep . || echo gone'
}

# The same words mean the same ids, seen from outside; of auto only how many.
podman_words() {
	local m words='keep-id keep-id:uid=5,gid=7 nomap auto:size=3000 host'
	[ "$major" -lt 5 ] || words+=' keep-id:size=2000'
	for m in $words; do
		t "userns $m as Podman has it" 0 '^same$' bash -c '
			podman run -d --name u --network none --userns "$1" t sleep 92 >/dev/null || exit
			p=/proc/$(podman inspect --format "{{.State.Pid}}" u)
			w=$1; [ "$w" != host ] || w=shared
			fields="\$1, \$2, \$3"; [[ $1 != auto* ]] || fields="\$1, \$3"
			a=$(awk "{ print $fields }" $p/uid_map $p/gid_map)
			b=$(/place/wolffia run --rootfs /place/image --userns "$w" -- \
				cat /proc/self/uid_map /proc/self/gid_map | awk "{ print $fields }")
			podman rm -f -t 0 u >/dev/null
			[ "$a" = "$b" ] && echo same || echo "$a" not "$b"' - "$m"
	done
}

# As root of Podman's user namespace: its own ids are all there are.
podman_unshare() {
	local mode want
	while read -r mode want; do
		t "userns $mode below podman unshare" 0 "^$want\$" bash -c '
			podman unshare /place/wolffia run --rootfs /place/image --userns "$1" -- \
				cat /proc/self/uid_map /proc/self/gid_map | tr -s " \n" " ," | sed "s/^ //; s/, /,/g; s/,\$//"' - "$mode"
	done <<-'END'
		shared 0 0 1,1 1 262144,0 0 1,1 1 262144
		keep-id:uid=7,gid=8 0 1 7,7 0 1,8 8 262137,0 1 8,8 0 1,9 9 262136
		nomap 0 1 262144,0 1 262144
		auto:size=3000 0 259145 3000,0 259145 3000
	END
}

# Below rootless Podman maps are written by the runtime itself, and nothing of it stays.
podman_below() {
	t 'userns host is none of its own' 0 '^same$' bash -c '
		a=$(podman run --rm --network none t readlink /proc/self/ns/user)
		b=$(podman unshare readlink /proc/self/ns/user); [ "$a" = "$b" ] && echo same || echo $a, $b'
	local as=()
	t 'userns without newuidmap, no process of wolffia' 0 '^ok ok ok 0$' bash -c '
		/place/user podman unshare true
		printf "#!/bin/sh\nexit 1\n" >/tmp/none; chmod 4755 /tmp/none
		for i in newuidmap newgidmap; do mount --bind /tmp/none /usr/bin/$i; done
		for m in "--userns auto" "--userns keep-id" "--uidmap 0:1:1000 --gidmap 0:1:1000"; do
			/place/user podman run -d --name u --network none $m t sleep 92 >/dev/null && said+="ok "
			for p in /proc/[0-9]*; do readlink $p/exe; done | grep -c /place/wolffia >/tmp/left
			/place/user podman rm -f -t 0 u >/dev/null
		done
		echo "$said$(cat /tmp/left)"; umount /usr/bin/newuidmap /usr/bin/newgidmap'
}

podman_users() {
	local m
	m=tester
	[ "$who" != root ] || m=containers
	LIMIT=120 t 'userns auto beside our own: nothing in common' 0 '^apart$' /place/beside $m
	if [ "$who" = root ]; then
		t 'userns auto' 0 ' 0 +500' podman run --rm --network none --userns auto t \
			cat /proc/self/uid_map
		t 'uidmap, seen from both sides' 0 '^0 300000 5000 300007$' bash -c '
			podman run -d --name u --network none --uidmap 0:300000:5000 --gidmap 0:300000:5000 -u 7 t \
				sleep 92 >/dev/null
			echo $(podman exec u cat /proc/self/uid_map) \
				$(stat -c %u /proc/$(podman inspect --format "{{.State.Pid}}" u))
			podman rm -f -t 0 u >/dev/null'
		t 'volume, id-mapped' 0 '^mapped 0$' podman run --rm --network none --userns auto \
			-v /tmp/idmap:/v:idmap t sh -c 'echo $(cat /v/file) $(stat -c %u /v/file)'
		return
	fi
	# who one is inside, and who the caller's own folder belongs to
	for m in keep-id:1000:1000 auto:0:65534 nomap:0:65534; do
		t "userns ${m%%:*}" 0 "^volume ${m#*:}\$" bash -c 'mkdir -p /tmp/mine
			podman run --rm --network none --userns "$1" -v /place/volume:/v -v /tmp/mine:/m t \
				sh -c "echo \$(cat /v/file) \$(id -u):\$(stat -c %u /m)"' - "${m%%:*}"
	done
	t 'uidmap' 0 '^ +0 +1 +1000$' podman run --rm --network none \
		--uidmap 0:1:1000 --gidmap 0:1:1000 t cat /proc/self/uid_map
	podman_words
	podman_unshare
	podman_below
	t 'groups kept' 0 '65534' podman run --rm --network none --group-add keep-groups t id -G
}

podman_networks() {
	if [ "$who" = root ]; then
		with netavark t 'network bridge' 0 'inet 10\.' podman run --rm --network bridge t ip addr show eth0
		return
	fi
	with slirp4netns t 'network slirp4netns' 0 'inet 10\.0\.2\.100' podman run --rm \
		--network slirp4netns t ip addr show tap0
	if [ "$major" -ge 5 ]; then
		with pasta t 'network pasta' 0 'lo:' podman run --rm --network pasta t ip addr
	else
		without 'Podman 4.3 has none' 'network pasta'
	fi
}

podman_pods() {
	if [ "$who" = root ] && [ "$major" -lt 5 ] && [ "$PLACE_CGROUP" = v2 ]; then
		without "Podman 4 writes an empty line to cgroup.subtree_control" 'pod'
		return
	fi
	with catatonit t 'pod' 0 '^podhost fine$' bash -c '
		podman pod create --name p --hostname podhost --network none >/dev/null
		podman run --rm --pod p t sh -c "echo \$(hostname) fine"; podman pod rm -f -t 0 p >/dev/null'
}

podman_criu() {
	[ "$who" = root ] || return 0
	criu_case t 'checkpoint, restore' 0 '^goes on$' bash -c 'set -e
			count() { podman exec ck cat /n; }
			podman run -d --name ck --network none t sh -c \
				"i=0; while :; do i=\$((i + 1)); echo \$i >/n; sleep 0.1; done" >/dev/null
			sleep 2; podman container checkpoint ck >/dev/null
			podman ps -a --filter name=ck | grep -q Exited
			podman container restore ck >/dev/null
			a=$(count); [ "$a" -gt 5 ]; sleep 1; [ "$(count)" -gt "$a" ]
			podman container checkpoint --leave-running --export /tmp/ck.tar ck >/dev/null
			podman rm -f -t 0 ck >/dev/null
			podman container restore --import /tmp/ck.tar >/dev/null
			a=$(count); sleep 1; [ "$(count)" -gt "$a" ]
			podman rm -f -t 0 ck >/dev/null; echo goes on'
}

# wolffia as the sandbox inside of Podman's container, whose walls it must name
podman_inside() {
	local in=(podman run --rm --network none -v /place/wolffia:/wolffia:ro)
	t 'inside: /proc is masked' 125 'hint: .*--allow-host-proc' "${in[@]}" t /wolffia do -- true
	t 'inside: names' 125 'hint: .*sethostname' "${in[@]}" t /wolffia do --allow-host-proc -- true
	t 'inside: doctor' 1 '^degraded +namespaces .*hostname' "${in[@]}" t /wolffia doctor
	in+=(--security-opt)
	t 'inside: the outer /proc' 0 '^in$' "${in[@]}" seccomp=unconfined t /wolffia do --allow-host-proc -- echo in
	t 'inside: nothing masked' 0 '^in$' "${in[@]}" seccomp=unconfined --security-opt unmask=ALL t \
		/wolffia do -- echo in
	t 'inside: no namespaces' 125 'hint: .*landlock-only' "${in[@]}" seccomp=/place/no-userns.json \
		t /wolffia do -- true
	t 'inside: Landlock alone' 0 '^in$' "${in[@]}" seccomp=/place/no-userns.json \
		t /wolffia do --sandbox=landlock-only -- echo in
}

podman_left() {
	t 'nothing is left' 0 '^none$' bash -c '
		for i in 1 2 3 4 5 6 7 8 9; do
			left="$(ls -A /run/wolffia /run/user/1000/wolffia 2>/dev/null | grep -E "^[0-9a-f]{8}")
				$(find /sys/fs/cgroup -type d -name "libpod-*")"
			[ -z "${left//[[:space:]]/}" ] && echo none && exit; sleep 0.3
		done; echo "$left"'
}

# Limits need controllers, which only the v1 view has.
podman_limits() {
	t 'limits' 0 '^9 2048 300$' bash -c '
		podman run --rm --network none --pids-limit 9 --cpu-shares 300 -v /sys/fs/cgroup:/c:ro t true || exit
		podman run -d --name l --network none --pids-limit 9 --cpu-shares 300 t sleep 97 >/dev/null
		pid=$(podman inspect --format "{{.State.Pid}}" l)
		at() { echo /sys/fs/cgroup/$1$(sed -n "s/^[0-9]*:[^:]*\b$1\b[^:]*:/ /p" /proc/$pid/cgroup | tr -d " "); }
		echo $(cat $(at pids)/pids.max) 2048 $(cat $(at cpu)/cpu.shares)
		podman rm -f -t 0 l >/dev/null'
	t 'update, stats' 0 '^400 1$' bash -c '
		podman run -d --name l --network none --cpu-shares 300 t sleep 97 >/dev/null
		podman update --cpu-shares 400 l >/dev/null
		pid=$(podman inspect --format "{{.State.Pid}}" l)
		c=/sys/fs/cgroup/cpu$(sed -n "s/^[0-9]*:[^:]*\bcpu\b[^:]*://p" /proc/$pid/cgroup)
		podman exec l sh -c "echo fine >/dev/null" || echo "/dev/null is gone"
		echo $(cat $c/cpu.shares) $(podman stats --no-stream --format "{{.PIDs}}" l)
		podman rm -f -t 0 l >/dev/null'
}

podman_cases() {
	export who major
	major=$(podman --version | sed 's/.* \([0-9]*\)\..*/\1/')
	podman --version | sed 's/^/# /'
	for who in root user; do
		as=()
		[ "$who" = root ] || as=(/place/user)
		"${as[@]}" podman import -q /place/image.tar t >/dev/null 2>&1
		if [ "$PLACE_CGROUP" = v1 ]; then
			[ "$who" = user ] || podman_limits
			continue
		fi
		podman_plain
		podman_living
		podman_exec
		podman_pause
		podman_users
		podman_networks
		podman_pods
		podman_criu
		podman_inside
		podman_left
	done
}
