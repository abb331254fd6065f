# SPDX-License-Identifier: GPL-2.0-or-later
# Every #include "..." of src and libocispec points to a lower layer or into its own folder.
# The table is in src/ARCHITECTURE.md: rows "| LAYER | `folder`, `folder` | may include | knows |".

FNR == 1 { file = FILENAME }

file ~ /ARCHITECTURE\.md$/ {
	if ($0 ~ /^\| *[0-9]+ *\|/) {
		split($0, cell, "|")
		n = cell[2] + 0
		rest = cell[3]
		while (match(rest, /`[^`]+`/)) {
			name = substr(rest, RSTART + 1, RLENGTH - 2)
			layer[name] = n
			known++
			rest = substr(rest, RSTART + RLENGTH)
		}
		free = cell[4]
		own = cell[3]
		if (free ~ /nothing of `src`/ && match(own, /`[^`]+`/))
			alone[substr(own, RSTART + 1, RLENGTH - 2)] = 1
	}
	next
}

FNR == 1 {
	from = folder(file)
	if (!(from in layer))
		complain(file ": no layer of src/ARCHITECTURE.md holds it")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	to = part[2]
	if (to == "config.h")
		next
	if (to !~ /\// ) {
		if (file ~ /^libocispec\// || from == "src/main.c")
			to = from == "src/main.c" ? "src/" to : "libocispec/" to
		else {
			complain(file ":" FNR ": write the folder of \"" to "\"")
			next
		}
	}
	if (to !~ /^(libocispec|src)\//)
		to = "src/" to
	into = folder(to)
	if (into == from)
		next
	if (!(into in layer))
		complain(file ":" FNR ": \"" part[2] "\" belongs to no layer")
	else if (from in alone)
		complain(file ":" FNR ": " from " includes nothing of src")
	else if (layer[into] >= layer[from])
		complain(file ":" FNR ": layer " layer[from] " includes " into " of layer " layer[into])
}

function folder(path)
{
	if (path in layer)
		return path
	if (path ~ /^src\/[^\/]+$/)
		return "src/main.c"
	sub(/\/[^\/]*$/, "", path)
	return path
}

function complain(text) { print text; bad = 1 }

END {
	if (!known)
		print "src/ARCHITECTURE.md has no table of layers"
	exit bad
}
