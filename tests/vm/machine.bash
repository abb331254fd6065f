# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2054,SC2154
# The machine: QEMU's command line, boot and save, restore. Sourced by run.
#
# No KVM. The RAM is a file that a restored machine maps privately, the disk an overlay that
# is thrown away: nothing is copied, and any number start from the same saved state.
# Ports: NAME takes scripts and answers with a status (guest/agent); what the scripts print
# goes to plain files, written before the guest's own write returns.

agents="root alice"
declare -A port_in=() port_out=() # descriptors of the ports, by name

# machine_key: what the saved state depends on
machine_key() {
	{
		qemu-system-x86_64 --version
		cat "$here/machine.bash"
	} | sha256sum | cut -c 1-8
}

# machine_suite PROFILE: the Debian it is made of
machine_suite() {
	case $1 in v1-*) echo bookworm ;; *) echo forky ;; esac
}

# machine_command_line PROFILE: the kernel's
machine_command_line() {
	local lsm=landlock,lockdown,yama words=
	case $1 in
	selinux) words="lsm=$lsm,selinux,bpf enforcing=1" ;;
	apparmor) words="lsm=$lsm,apparmor,bpf" ;;
	v1-systemd)
		words="lsm=$lsm systemd.unified_cgroup_hierarchy=0"
		words+=" systemd.legacy_systemd_cgroup_controller=1"
		;;
	v1-hybrid) words="lsm=$lsm systemd.unified_cgroup_hierarchy=0" ;;
	*) words="lsm=$lsm,bpf" ;;
	esac
	echo "console=ttyS0 root=/dev/vda rw quiet loglevel=4 panic=-1 net.ifnames=0" \
		"mitigations=off nokaslr tsc=reliable no_timer_check rcupdate.rcu_expedited=1" \
		"cryptomgr.notests random.trust_cpu=on kfence.sample_interval=0" \
		"damon_stat.enabled=0 transparent_hugepage=never 8250.nr_uarts=1 TERM=dumb" \
		"systemd.show_status=0 $words"
}

# machine_port DIR NAME: QEMU calls the two a pipe; held open, so that nothing gets lost
machine_port() {
	local in out
	mkfifo "$1/$2".{in,out}
	exec {in}<>"$1/$2.in" {out}<>"$1/$2.out"
	port_in[$2]=$in port_out[$2]=$out
}

# machine_start DIR PROFILE SHARED [QEMU OPTION...]: in the background, its pid in $machine.
# DIR gets the ports and what is printed; SHARED is on for a machine to be saved.
# The folders in $shares are to be had in the guest as 9p share0, share1, share2.
machine_start() {
	local dir=$1 profile=$2 shared=$3 name i
	local -a args=()
	shift 3
	args=(
		-nodefaults -no-user-config -display none -no-reboot
		-machine pc,usb=off,vmport=off,memory-backend=ram
		-accel "tcg,thread=multi,tb-size=512" -cpu max,-la57 -smp 2 -m 2048
		-object "memory-backend-file,id=ram,size=2048M,mem-path=$state/ram,share=$shared"
		-kernel "$image/vmlinuz" -initrd "$image/initramfs"
		-append "$(machine_command_line "$profile")"
		-serial "file:$dir/console" -device vmgenid
		-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng
		-netdev user,id=net,restrict=on -device virtio-net-pci,netdev=net,romfile=
		-device "virtio-serial-pci,ioeventfd=off,max_ports=16"
		-chardev "pipe,id=qmp,path=$dir/qmp" -mon chardev=qmp,mode=control
	)
	for i in 0 1 2; do
		args+=(-fsdev "local,id=share$i,path=${shares[i]-$dir},security_model=none,readonly=on,multidevs=remap"
			-device "virtio-9p-pci,fsdev=share$i,mount_tag=share$i")
	done
	machine_port "$dir" qmp
	for name in $agents; do
		machine_port "$dir" "$name"
		args+=(-chardev "pipe,id=$name,path=$dir/$name" -device "virtserialport,chardev=$name,name=$name"
			-chardev "file,id=$name.out,path=$dir/$name.stdout"
			-device "virtserialport,chardev=$name.out,name=$name.out"
			-chardev "file,id=$name.err,path=$dir/$name.stderr"
			-device "virtserialport,chardev=$name.err,name=$name.err")
		: >"$dir/$name.stdout"
		: >"$dir/$name.stderr"
	done
	TMPDIR=$dir qemu-system-x86_64 "${args[@]}" "$@" </dev/null >"$dir/qemu" 2>&1 3>&- 9>&- &
	machine=$!
}

# machine_answer DIR PORT SECONDS: one line that comes from a port, in $answer
machine_answer() {
	local end=$((SECONDS + $3))
	answer=
	until IFS= read -r -t 2 -u "${port_out[$2]}" answer; do
		if ! kill -0 "$machine" 2>/dev/null; then
			echo "vm: the machine has ended: $(tail -n 3 "$1/qemu" "$1/console")" >&2
			break
		elif [ $SECONDS -ge $end ]; then
			echo "vm: no answer after $3 s" >&2
			break
		fi
		answer=
	done
	answer=${answer%$'\r'}
	[ -n "$answer" ]
}

# machine_script DIR AGENT SECONDS SCRIPT: its exit status in $answer
machine_script() {
	printf '%s\0' "$4" >&"${port_in[$2]}"
	machine_answer "$1" "$2" "$3"
}

# machine_qmp DIR COMMAND
machine_qmp() {
	echo "$2" >&"${port_in[qmp]}"
	while machine_answer "$1" qmp 120; do
		case $answer in
		*'"return"'*) return 0 ;;
		*'"error"'*) echo "vm: $answer" >&2 && return 1 ;;
		esac
	done
	return 1
}

# What is saved and restored does not hold the RAM itself.
machine_without_ram() {
	machine_qmp "$1" '{"execute": "qmp_capabilities"}'
	machine_qmp "$1" '{"execute": "migrate-set-capabilities", "arguments": {"capabilities":
		[{"capability": "x-ignore-shared", "state": true}]}}'
}

# What the tests will want is in memory when the machine is saved.
machine_warm_up() {
	cat <<-'END'
		cat /usr/bin/{bash,jq,bats,busybox,find,grep,sed,awk,stat,timeout,diff} >/dev/null
		cat /usr/libexec/bats-core/* /usr/lib/bats-core/* >/dev/null 2>&1
		mkdir /tmp/w && cd /tmp/w && printf '@test "x" {\n\ttrue\n}\n' >x.bats
		bats x.bats >/dev/null; jq -n 1 >/dev/null
		[ ! -d /run/systemd/system ] || systemd-run -q --wait --pipe true
		cd / && rm -rf /tmp/w && sync
		true
	END
}

# machine_save PROFILE: boots, waits for the agents, saves into $state
machine_save() {
	local dir name
	dir=$(mktemp -d "$cache/boot.XXXXXX")
	state=$state.part
	rm -rf "$state"
	mkdir "$state"
	qemu-img create -q -f qcow2 -F raw -b "$image/disk" "$state/disk"
	shares=("$dir" "$dir" "$dir")
	machine_start "$dir" "$1" on -drive "file=$state/disk,if=virtio,format=qcow2,cache=unsafe"
	for name in $agents; do
		machine_answer "$dir" "$name" 600 && [ "$answer" = ready ] || machine_failed "$dir"
	done
	for name in $agents; do
		machine_script "$dir" "$name" 300 "$(machine_warm_up)" && [ "$answer" = 0 ] ||
			machine_failed "$dir"
	done
	machine_without_ram "$dir"
	machine_qmp "$dir" '{"execute": "migrate", "arguments": {"uri": "exec:cat >'"$state/state"'"}}'
	until machine_qmp "$dir" '{"execute": "query-migrate"}' && [[ $answer == *'"completed"'* ]]; do
		[[ $answer != *'"failed"'* ]] || machine_failed "$dir"
		sleep 0.1
	done
	machine_qmp "$dir" '{"execute": "quit"}'
	wait "$machine" || true
	rm -rf "$dir" "${state%.part}"
	mv "$state" "${state%.part}"
	state=${state%.part}
}

machine_failed() {
	kill "$machine" 2>/dev/null || true
	tail -n 30 "$1/console" "$1/qemu" >&2
	rm -rf "$1"
	die "the machine does not come up"
}

# machine_restore DIR PROFILE: $state, running, in a moment
machine_restore() {
	machine_start "$1" "$2" off -incoming defer \
		-drive "file=$state/disk,if=virtio,format=qcow2,snapshot=on,cache=unsafe"
	machine_without_ram "$1"
	machine_qmp "$1" '{"execute": "migrate-incoming", "arguments": {"uri": "exec:cat '"$state/state"'"}}'
}
