# SPDX-License-Identifier: GPL-2.0-or-later
# Every prototype of a header has a comment above it, alone or for its group (lines without
# an empty one between).

FNR == 1 {
	seen_comment = guard = documented = in_comment = 0
	statement = ""
	depth = 0
}

/^#ifndef [A-Z0-9_]+_H$/ { guard = 1 }

{
	line = $0
	if (in_comment) {
		if (line ~ /\*\//) {
			in_comment = 0
			documented = 1
		}
		next
	}
	if (line ~ /^\/\*/) {
		if (FNR > 1)
			seen_comment = 1
		if (line !~ /\*\//)
			in_comment = 1
		documented = 1
		next
	}
}

/^$/ { documented = 0; statement = ""; next }
/^#/ { if (line !~ /\\$/) skip = 0; else skip = 1; next }
skip { if (line !~ /\\$/) skip = 0; next }

# blocks: structs, enums, inline functions
{
	if (depth == 0 && statement == "")
		start = FNR
	opened = gsub(/{/, "{", line)
	closed = gsub(/}/, "}", line)
	if (depth == 0)
		statement = statement " " line
	depth += opened - closed
	if (depth < 0)
		depth = 0
	if (depth > 0 || (line !~ /;[ \t]*(\/\*.*)?$/ && !closed))
		next
	if (statement ~ /\(/ && statement !~ /^ *(struct|enum|union|typedef)[ a-z_0-9]*\{/ &&
	    statement !~ /static_assert/ && !is_release(statement) && !documented)
		print FILENAME ":" start ": no contract comment above" substr(statement, 1, 60)
	statement = ""
}

# What releases a thing is said by its name: THING_free(), THING_close(), auto_THING_().
function is_release(text)
{
	return text ~ /(_free|_close|_pop|_)\([^()]*\) *(;|\{)/
}
