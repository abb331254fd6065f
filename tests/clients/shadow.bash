# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # scripts for other shells are quoted; lib.bash
# No client but the judge: what newuidmap makes of a line of /etc/subuid, wolffia must make of it
# too, and what it says when it refuses must get its hint. See tests/clients/run.

shadow_prepare() {
	# the only name of the uid, or the texts would name another
	sed -i '/^[^:]*:[^:]*:1000:/d' /etc/passwd
	echo 'tester:x:1000:1000::/home/tester:/bin/bash' >>/etc/passwd
	# verdict FIRST COUNT CONTENT: whether newuidmap maps these ids, and wolffia offers them
	cat >/place/verdict <<-'END'
		#!/bin/bash
		printf "$3" | tee /etc/subuid >/etc/subgid
		user=(setpriv --reuid 1000 --regid 1000 --clear-groups)
		"${user[@]}" unshare --user sleep 60 &
		until [ "$(readlink "/proc/$!/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
		said=$("${user[@]}" newuidmap $! 0 "$1" "$2" 2>&1) && judge=yes || judge=no
		kill $!
		map=$(cd /home/tester && "${user[@]}" env -i XDG_RUNTIME_DIR=/run/user/1000 /place/wolffia \
			run --rootfs /place/image --userns nomap -- cat /proc/self/uid_map 2>/tmp/said)
		ours=$(awk -v first="$1" -v n="$2" '{ a = $2 < first ? first : $2; b = $2 + $3; e = first + n
			if (b > e) b = e; if (b > a) got += b - a } END { print got == n ? "yes" : "no" }' <<<"$map")
		echo "newuidmap $judge, wolffia $ours: $said $(cat /tmp/said)"
	END
	# ask [COMMAND...]: a container with 65536 ids, as tester and below a command
	cat >/place/ask <<-'END'
		#!/bin/bash
		cd /home/tester && exec setpriv --reuid 1000 --regid "${gid:-1000}" --clear-groups env -i \
			XDG_RUNTIME_DIR=/run/user/1000 "$@" /place/wolffia run --rootfs /place/image \
			--userns map=0:100000:65536 -- cat /proc/self/uid_map
	END
	chmod 755 /place/verdict /place/ask
	chmod -R go+rX /place/image
}

shadow_lines() {
	local same='^newuidmap (yes, wolffia yes|no, wolffia no): ' name first count content
	while IFS='|' read -r name first count content; do
		t "line: $name" 0 "$same" /place/verdict "$first" "$count" "$content"
	done <<-'END'
		name|100000|65536|tester:100000:65536\n
		uid|100000|65536|1000:100000:65536\n
		comments, empty lines|100000|1|# x\n\n #y\n  \ntester:100000:65536\n
		hex|100000|65536|tester:0x186a0:0X10000\n
		octal|100000|65536|tester:0303240:65536\n
		octal that is none|99|1|tester:099:65536\n
		hex that is none|100000|1|tester:0x:65536\n
		neighbours|100000|65536|tester:100000:32768\ntester:132768:32768\n
		name and uid, neighbours|100000|65536|tester:100000:32768\n1000:132768:32768\n
		the same twice|100000|65536|tester:100000:65536\ntester:100000:65536\n
		overlapping|100000|65536|tester:100000:40000\ntester:120000:65536\n
		a hole|100000|65536|tester:100000:32768\ntester:132769:32768\n
		another user|100000|1|root:100000:65536\n
		blank before the name|100000|1| tester:100000:65536\n
		blank behind the name|100000|1|tester :100000:65536\n
		blank before the start|100000|1|tester: 100000:65536\n
		tab before the start|100000|1|tester:\t100000:65536\n
		other blanks before the start|100000|1|tester:\v\f\r100000:65536\n
		blank behind the start|100000|1|tester:100000 :65536\n
		blank before the count|100000|65536|tester:100000: 65536\n
		blank behind the count|100000|1|tester:100000:65536 \n
		nothing but a blank|100000|1|tester:100000: \n
		carriage return|100000|1|tester:100000:65536\r\n
		comment behind|100000|1|tester:100000:65536#\n
		plus|100000|65536|tester:+100000:+65536\n
		plus, hex|100000|65536|tester:+0x186a0:65536\n
		two of them|100000|1|tester:++100000:65536\n
		plus, blank|100000|1|tester:+ 100000:65536\n
		two fields|100000|1|tester:100000\n
		no start|0|1|tester::65536\n
		no count|100000|1|tester:100000:\n
		count of nothing|100000|1|tester:100000:0\n
		no name|100000|1|:100000:65536\n
		uid in hex|100000|1|0x3e8:100000:65536\n
		high start|3000000000|65536|tester:3000000000:65536\n
		the last id|4294967294|1|tester:4294967294:1\n
		one more, which is none|4294967294|1|tester:4294967294:2\n
		that one alone|4294967294|1|tester:4294967295:1\n
		up to the end|100000|1|tester:100000:4294867296\n
		all|100000|65536|tester:0:4294967296\n
		a number too large, then a line|100000|5|tester:99999999999999999999999:5\ntester:100000:5\n
	END
	# 1023 bytes are a line, 1024 are none
	for count in 1023 1024; do
		t "line: $count bytes" 0 "$same" /place/verdict 100000 1 \
			"tester:$(printf '%0*o' $((count - 13)) 100000):65536\\n"
		t "line: comment of $count bytes" 0 "$same" /place/verdict 100000 1 \
			"#$(printf "%0$((count - 1))d" 0)\\ntester:100000:65536\\n"
	done
	echo 'alias:x:1000:1000::/:/bin/sh' >>/etc/passwd
	t 'line: another name of the uid' 0 "$same" /place/verdict 100000 7 'alias:100000:7\n'
	sed -i '/^alias:/d' /etc/passwd
	# older versions take these, newer ones do not; whoever offers less is never refused
	while IFS='|' read -r name first count content; do
		t "line, stricter: $name" 0 '^newuidmap (yes|no), wolffia no: ' \
			/place/verdict "$first" "$count" "$content"
	done <<-'END'
		four fields|100000|1|tester:100000:65536:1\n
		empty fourth field|100000|1|tester:100000:65536:\n
		beyond the last id|100000|1|tester:100000:4294867297\n
		far beyond it|100000|1|tester:1:18446744073709551615\n
		minus that wraps around|100000|1|tester:-18446744073709451616:65536\n
		uid with a zero|100000|1|01000:100000:65536\n
	END
	# newer versions refuse the file as a whole
	t 'line: no newline at the end' 0 \
		'^newuidmap (yes, wolffia yes|no, wolffia no: .*the last line of /etc/sub.id has no newline at its end: add one)' \
		bash -c '/place/verdict 100000 5 tester:100000:65536 | tr "\n" " "'
}

# What newuidmap itself says, with its hint. newgidmap's words come first when both refuse.
shadow_words() {
	printf 'tester:100000:65536\n' | tee /etc/subuid >/etc/subgid
	t 'words: nothing is wrong' 0 '^ +0 +100000 +65536$' /place/ask
	t 'words: no_new_privs' 125 'hint: no_new_privs is set for the calling process' \
		/place/ask setpriv --no-new-privs
	t 'words: another primary group' 125 'hint: the primary group is not the one of the passwd entry' \
		env gid=2345 /place/ask
	printf 'tester:100000:65535\n' | tee /etc/subuid >/etc/subgid
	t 'words: too few' 125 \
		'hint: entry 0 wants the 65536 ids 100000-165535, of which /etc/subgid gives 65535 to tester' /place/ask
	: | tee /etc/subuid >/etc/subgid
	t 'words: no line' 125 \
		'hint: /etc/subgid has no line for tester: as root, `usermod --add-subgids 100000-165535 tester`' /place/ask
	rm /etc/subuid /etc/subgid
	t 'words: no file' 125 'hint: /etc/subgid does not exist: as root, `touch /etc/subgid`, then `usermod' /place/ask
	printf 'tester:100000:65536\n' | tee /etc/subuid >/etc/subgid
	sed -i '/^tester:/d' /etc/passwd
	t 'words: no passwd entry' 125 'hint: uid 1000 has no entry in the passwd database' /place/ask
	echo 'tester:x:1000:1000::/home/tester:/bin/bash' >>/etc/passwd
	# copies with other privileges, in the place of the real ones
	local p
	for p in newuidmap newgidmap; do
		cp --preserve=mode "/usr/bin/$p" "/tmp/$p"
		mount --bind "/tmp/$p" "/usr/bin/$p"
		chmod 755 "/usr/bin/$p"
	done
	t 'words: no privilege' 125 'hint: /usr/bin/newgidmap is neither set-uid root nor has file capabilities' /place/ask
	with setcap t 'words: capabilities instead of the set-uid bit' 0 '^ +0 +100000 +65536$' bash -c '
		setcap cap_setuid+ep /usr/bin/newuidmap; setcap cap_setgid+ep /usr/bin/newgidmap; /place/ask'
	with setcap t 'words: both' 125 'hint: /usr/bin/newgidmap is set-uid root and has file capabilities at once' \
		bash -c 'chmod u+s /usr/bin/new[ug]idmap
			setcap cap_setuid+ep /usr/bin/newuidmap; setcap cap_setgid+ep /usr/bin/newgidmap; /place/ask'
	umount /usr/bin/newuidmap /usr/bin/newgidmap
}

shadow_cases() {
	who=user
	as=()
	dpkg-query -W -f '# shadow ${Version}\n' uidmap 2>/dev/null
	shadow_prepare
	shadow_lines
	shadow_words
}
