#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a stranger types on a machine that lacks something; lacking.bats runs it in an arena of
# its own. It prints lines "COMMAND STATUS|OUTPUT|ERRORS", each command's on one line, and of
# doctor a line "doctor.NAME STATE|CAUSE|CURE" for what is not well.
set -u
. "$(dirname "$0")/helpers.bash"
T=/tmp/lacking
mkdir -p $T/bundle
cp -a /tmp/template/rootfs $T/bundle/
cd $T/bundle || exit 1
: >input # there may be no /dev/null

one_line() { tr '\n' ' ' <"$1" | sed 's/ *$//'; }

# run NAME COMMAND...
run() {
	local name=$1 status=0
	shift
	timeout -k 1 30 "$@" >$T/out 2>$T/err 3>&- <$T/bundle/input || status=$?
	echo "$name $status|$(one_line $T/out)|$(one_line $T/err)"
}

before=$(leftovers)
run doctor "$WOLFFIA" doctor --json | cut -d '|' -f 1
jq -r '.checks[] | select(.state != "ok") | "doctor.\(.name) \(.state)|\(.cause)|\(.cure)"' $T/out
jq -r '.checks[] | select(.state != "ok") | .cause, .cure' $T/out >$T/said
run text "$WOLFFIA" doctor | cut -d '|' -f 1
# the text says the same; a cure that is the last one's again is not repeated
while IFS= read -r line; do
	grep -qF -- "$line" $T/out || echo "text-lacks $line"
done <$T/said

# what the walls are like: capabilities, no new privileges, filters of its own, network devices
count='sed -n s/^Seccomp_filters:.//p /proc/self/status'
walls='echo here $(sed -n "s/^\(CapEff\|NoNewPrivs\):.//p" /proc/self/status)'
walls+=" \$((\$($count) - $(${count} || echo 0))) \$(grep -c : /proc/net/dev)"
# shellcheck disable=SC2086 # options
{
	run "do" "$WOLFFIA" "do" ${DO-} -- sh -c "$walls"
	run rootfs "$WOLFFIA" run --rootfs $T/bundle/rootfs ${DO-} ${ROOTFS-} -- sh -c "$walls"
	run instead "$WOLFFIA" ${INSTEAD:-version}
}
rootless=--rootless
[ "$(id -u)" -ne 0 ] || rootless=
"$WOLFFIA" spec $rootless 2>&1
jq '.process.terminal = false | .process.args = ["/bin/echo", "here"]' config.json >c && mv c config.json
run bundle "$WOLFFIA" run t
calm >$T/out 2>&1 || echo "left: $(diff <(echo "$before") <(leftovers) | tr '\n' ' ')"
"$WOLFFIA" list -q | sed 's/^/left: /'
