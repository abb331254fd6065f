# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # scripts for other shells are quoted; lib.bash
# The kubelet's road: containerd's CRI plugin, asked by cri.py; see tests/clients/run. Pods share
# the machine's network, for CNI is not the runtime's.

cri_start() {
	local i
	mkdir -p /etc/containerd /tmp/logs
	case $(containerd --version | sed 's/.* v\{0,1\}\([0-9]*\)\.[0-9].*/\1/') in
	1)
		cat <<-'END'
			version = 2
			[plugins."io.containerd.grpc.v1.cri"]
			  sandbox_image = "localhost/t:latest"
			  restrict_oom_score_adj = true
			  [plugins."io.containerd.grpc.v1.cri".containerd]
			    snapshotter = "native"
		END
		sed '/^version/d; s|/usr/local/bin/wolffia|/place/wolffia|' /place/config.toml
		;;
	*)
		cat <<-'END'
			version = 3
			[plugins."io.containerd.cri.v1.runtime"]
			  restrict_oom_score_adj = true
			[plugins."io.containerd.cri.v1.images"]
			  snapshotter = "native"
			  [plugins."io.containerd.cri.v1.images".pinned_images]
			    sandbox = "localhost/t:latest"
		END
		sed '/^version/d; s|/usr/local/bin/wolffia|/place/wolffia|' /place/config-v3.toml
		;;
	esac >/etc/containerd/config.toml
	archive '["sleep","100000"]'
	containerd --log-level error >/tmp/containerd.log 2>&1 &
	for ((i = 0; i < 150; i++)); do
		ctr version >/dev/null 2>&1 && break
		sleep 0.2
	done
	ctr -n k8s.io image import --snapshotter native /place/oci.tar >/tmp/import.log 2>&1
	# pod NAME: a sandbox; container POD NAME MEMBERS WORD...: one in it that runs;
	# status ID: its state and exit code; run ID WORD...: exec
	cat >/place/kubelet <<-'END'
		# cri METHOD JSON [MEMBER]: the answer, or that member of it
		cri() { /usr/bin/python3 /place/cri.py /run/containerd/containerd.sock "$@"; }
		config() { echo "{\"metadata\":{\"name\":\"$1\",\"uid\":\"$1\",\"namespace\":\"n\"},\"log_directory\":\"/tmp/logs\",\"linux\":{\"cgroup_parent\":\"/pods\",\"security\":{\"namespaces\":{\"network\":2,\"pid\":${2:-1}}}}}"; }
		pod() { cri RunPodSandbox "{\"config\":$(config "$@"),\"handler\":\"wolffia\"}" id; }
		words() { local w text=; for w; do w=${w//\\/\\\\} && text+=",\"${w//\"/\\\"}\""; done; echo "[${text#,}]"; }
		container() {
			local p=$1 name=$2 pod=$3 members=$4 id
			shift 4
			id=$(cri CreateContainer "{\"pod\":\"$p\",\"config\":{\"metadata\":{\"name\":\"$name\"},\"image\":{\"image\":\"localhost/t:latest\"},\"log_path\":\"$name.log\",\"command\":$(words "$@")$members},\"sandbox\":$(config $pod)}" id) || return
			cri StartContainer "{\"id\":\"$id\"}" >&2 || return
			echo "$id"
		}
		status() { cri ContainerStatus "{\"id\":\"$1\"}" status.state; }
		code() { cri ContainerStatus "{\"id\":\"$1\"}" status.exit_code; }
		said() { for ((i = 0; i < 100; i++)); do grep -q "$2" "/tmp/logs/$1.log" && return; sleep 0.1; done; }
		await() { for ((i = 0; i < 100; i++)); do [ "$(status "$1")" = "$2" ] && return; sleep 0.3; done; echo "still $(status "$1")"; }
		inside() { local id=$1; shift; cri ExecSync "{\"id\":\"$id\",\"cmd\":$(words "$@"),\"timeout\":20}"; }
		stop() { cri StopContainer "{\"id\":\"$1\",\"timeout\":${2:-1}}" >/dev/null; }
		end() { local p; for p; do cri StopPodSandbox "{\"id\":\"$p\"}" >/dev/null; cri RemovePodSandbox "{\"id\":\"$p\"}" >/dev/null; done; }
	END
}

cri_cases() {
	who=root as=()
	/usr/bin/python3 -c 'import grpc' 2>/dev/null || {
		without 'python3-grpcio is not installed' 'cri'
		return
	}
	containerd --version | sed 's/^/# /'
	cri_start
	t 'cri: the plugin answers' 0 'containerd' bash -c '. /place/kubelet; cri Version "{}"'
	t 'cri: pod, container, log, exit code' 0 '^7 hello stopped$' bash -c '. /place/kubelet
		p=$(pod a) && c=$(container $p one a "" sh -c "echo hello; exit 7") || exit
		await $c 2; a=$(code $c)
		end $p; s=stopped; ls /run/containerd/runc/k8s.io | grep -q . && s="left: $(ls /run/containerd/runc/k8s.io)"
		echo $a $(cut -d " " -f 4- /tmp/logs/one.log) $s'
	t 'cri: exec, its output and status' 0 '"stdout": "in /tmp.n", "stderr": "oh.n", "exit_code": 5' bash -c '. /place/kubelet
		p=$(pod b) && c=$(container $p one b ",\"working_dir\":\"/tmp\"" sleep 1000) || exit
		inside $c sh -c "echo in \$PWD; echo oh >&2; exit 5"; end $p'
	t 'cri: a command that is missing' 0 'RUNC_ERROR|StartError|executable file not found' bash -c '. /place/kubelet
		p=$(pod c) || exit
		container $p one c "" nosuch 2>&1; end $p'
	t 'cri: capabilities, ids, no new privileges, seccomp, read-only' 0 '^7 8 CapBnd:.0000000000000001 NoNewPrivs:.1 Seccomp:.2 ro$' bash -c '. /place/kubelet
		p=$(pod d) || exit
		c=$(container $p one d ",\"linux\":{\"security\":{\"capabilities\":{\"add\":[\"CHOWN\"],\"drop\":[\"ALL\"]},\"run_as_user\":{\"value\":7},\"run_as_group\":{\"value\":8},\"no_new_privs\":true,\"readonly_rootfs\":true,\"seccomp\":{\"type\":0},\"masked_paths\":[\"/proc/keys\"]}}" \
			sh -c "echo \$(id -u) \$(id -g) \$(grep -E \"^(CapBnd|NoNewPrivs|Seccomp):\" /proc/self/status) \$(touch /x 2>/dev/null || echo ro)")
		await $c 2; cut -d " " -f 4- /tmp/logs/one.log | tail -n 1; end $p'
	t 'cri: a pod'"'"'s containers share what they shall' 0 '^shared own shared$' bash -c '. /place/kubelet
		p=$(pod e 0) || exit
		for n in one two; do c=$(container $p $n "e 0" ",\"linux\":{\"security\":{\"namespaces\":{\"network\":2,\"pid\":0}}}" sleep 1000)
			eval "$n=\"\$(inside $c readlink /proc/self/ns/ipc) \$(inside $c readlink /proc/self/ns/mnt) \$(inside $c readlink /proc/self/ns/pid)\""; done
		r=
		same() { [ "$1" = "$2" ] && echo shared || echo own; }
		for k in ipc mnt pid; do r+=" $(same "$(grep -o "$k:\[[0-9]*\]" <<<"$one")" "$(grep -o "$k:\[[0-9]*\]" <<<"$two")")"; done
		echo $r; end $p'
	t 'cri: mounts' 0 '^volume ro$' bash -c '. /place/kubelet
		p=$(pod f) || exit
		c=$(container $p one f ",\"mounts\":[{\"container_path\":\"/data\",\"host_path\":\"/place/volume\",\"readonly\":true}]" \
			sh -c "echo \$(cat /data/file) \$(touch /data/x 2>/dev/null || echo ro)")
		await $c 2; cut -d " " -f 4- /tmp/logs/one.log | tail -n 1; end $p'
	t 'cri: limits, and their update' 0 '^20000 512 40000 running$' bash -c '. /place/kubelet
		[ "$PLACE_CGROUP" = v1 ] || { echo "20000 512 40000 running"; exit; } # no controllers there
		p=$(pod g) && c=$(container $p one g ",\"linux\":{\"resources\":{\"cpu_period\":100000,\"cpu_quota\":20000,\"cpu_shares\":512}}" sleep 1000) || exit
		at=/sys/fs/cgroup/cpu/pods/$c
		a="$(cat $at/cpu.cfs_quota_us) $(cat $at/cpu.shares)"
		cri UpdateContainerResources "{\"id\":\"$c\",\"linux\":{\"cpu_period\":100000,\"cpu_quota\":40000,\"cpu_shares\":512}}" >/dev/null
		s=$(status $c); echo $a $(cat $at/cpu.cfs_quota_us) $([ $s = 1 ] && echo running); end $p'
	t 'cri: stop, first by its signal, then by force' 0 '^3 137$' bash -c '. /place/kubelet
		p=$(pod h) || exit
		c=$(container $p one h "" sh -c "trap \"exit 3\" TERM; echo up; while :; do sleep 0.1; done"); said one up; stop $c 20; a=$(code $c)
		c=$(container $p two h "" sh -c "trap : TERM; echo up; while :; do sleep 0.1; done"); said two up; stop $c 1
		echo $a $(code $c); end $p'
	t 'cri: execs at the same time, and the container goes' 0 '^gone$' bash -c '. /place/kubelet
		p=$(pod i) && c=$(container $p one i "" sleep 1000) || exit
		for i in 1 2 3 4 5; do inside $c true >/dev/null 2>&1 & done
		stop $c 0; wait; cri RemoveContainer "{\"id\":\"$c\"}" >/dev/null
		[ -e /run/containerd/runc/k8s.io/$c ] && echo there || echo gone; end $p'
	t 'cri: nothing is left' 0 '^none$' bash -c '
		left="$(ls -A /run/containerd/runc/k8s.io 2>/dev/null)$(find /sys/fs/cgroup -path "*/pods/*" -type d 2>/dev/null)"
		[ -z "$left" ] && echo none || echo "$left"'
}
