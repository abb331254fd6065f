# SPDX-License-Identifier: GPL-2.0-or-later
# Calls of banned.txt, goto, and forgotten notes. The first file is the list.

FNR == NR {
	if ($0 !~ /^#/ && split($0, f, "\t") == 3) {
		instead[f[1]] = f[2]
		allowed[f[1]] = f[3]
	}
	next
}

FNR == 1 { in_comment = 0 }

{
	code = $0
	if (code ~ /(^|[^A-Za-z\\])(T[O]DO|F[I]XME|X[X]X)([^A-Za-z]|$)/)
		print FILENAME ":" FNR ": a note that belongs into an issue: " $0
	gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
	if (in_comment) {
		if (!sub(/^.*\*\//, "", code))
			next
		in_comment = 0
	}
	gsub(/\/\*[^*]*\*+([^\/*][^*]*\*+)*\//, "", code)
	if (sub(/\/\*.*$/, "", code))
		in_comment = 1
	if (code ~ /(^|[^A-Za-z0-9_])goto([^A-Za-z0-9_]|$)/)
		print FILENAME ":" FNR ": goto"
	rest = code
	while (match(rest, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
		name = substr(rest, RSTART, RLENGTH)
		before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : ""
		sub(/[ \t]*\($/, "", name)
		rest = substr(rest, RSTART + RLENGTH)
		if (before == "." || before == ">")
			continue
		if (name in instead && (allowed[name] == "-" || FILENAME !~ allowed[name]))
			print FILENAME ":" FNR ": " name "(): " instead[name]
	}
}
