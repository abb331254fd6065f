# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion for wolffia. Commands and options come from its own --help.

_wolffia_words() {
	# SECTION of the help text: "Commands:" lists words, "Options:" lists options
	wolffia ${2:+"$2"} --help 2>/dev/null | awk -v section="$1" '
		/^[A-Z][a-z]*:$/ { on = $0 == section; next }
		!on { next }
		section == "Commands:" { print $1; next }
		{ for (i = 1; i <= NF && $i ~ /^-/; i++) { sub(/[=,].*/, "", $i); print $i } }'
}

# Options before the command that take a value
_wolffia_valued=" --root --log --log-format --log-level --cgroup-manager --rootless "

_wolffia() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local -a globals=()
	local command='' i words='' word

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $_wolffia_valued == *" $word "* ]]; then
			# bash splits --root=DIR into three words
			[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
			((i++))
			[[ $word == --root ]] && globals=(--root "${COMP_WORDS[i]}")
		elif [[ $word != -* ]]; then
			command=$word
			break
		fi
	done
	[[ $cur == = ]] && cur=
	[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}
	case $prev in
	--log-format) words="text json" ;;
	--log-level) words="error warning info debug" ;;
	--cgroup-manager) words="cgroupfs systemd disabled" ;;
	--rootless) [[ -z $command ]] && words="true false auto" ;;
	--userns) words="single shared keep-id nomap auto host" ;;
	--net | --network) words="none host auto pasta slirp4netns proxy: ns:" ;;
	--selinux) words="auto require" ;;
	--format) words="table json" ;;
	--manage-cgroups-mode) words="soft full strict ignore" ;;
	--env-file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && return ;;
	--network-lock) words="iptables nftables skip" ;;
	--empty-ns) words="network" ;;
	--root | --bundle | -b | --image-path | --work-path | --rootfs | --volume | -v | --workdir | -w)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--log | --result | --config | --resources | --file | --process | --console-socket | --pidfd-socket | --pid-file | --criu)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	if [[ -z $words ]]; then
		if [[ $cur == -* ]]; then
			words=$(_wolffia_words Options: "$command")
		elif [[ -z $command || $command == help ]]; then
			words=$(_wolffia_words Commands:)
		elif [[ $command == @(start|state|kill|exec|delete|pause|resume|ps|wait|events|update|checkpoint) ]]; then
			words=$(wolffia "${globals[@]}" list -q 2>/dev/null)
		elif [[ $command == mounts && $prev == mounts ]]; then
			words="add remove"
		elif [[ $command == mounts && $prev == @(add|remove) ]]; then
			words=$(wolffia "${globals[@]}" list -q 2>/dev/null)
		elif [[ $command == mounts ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _wolffia wolffia
