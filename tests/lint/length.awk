# SPDX-License-Identifier: GPL-2.0-or-later
# A function has at most 60 lines between its braces, a file at most 600, a line 100 columns
# (clang-format holds code to 90; it does not touch comments).
# Tables (everything in "= {" ... "};" at the left margin) do not count for the file.

FNR == 1 {
	finish()
	file = FILENAME
	lines = 0
	body = 0
	table = 0
}

{
	width = 0
	for (i = 1; i <= length($0); i++)
		width += substr($0, i, 1) == "\t" ? 8 - width % 8 : 1
	if (width > 100 && $0 !~ /^\/\* ---/)
		print FILENAME ":" FNR ": " width " columns"
}

/^[^ \t#\/*].*[^=]= \{$/ || /^[^ \t#\/*].*=[ \t]*$/ { table = 1 }
!table { lines++ }
/^};?$/ && table { table = 0 }

/^{$/ { body = FNR; next }
/^}/ {
	if (body && FNR - body - 1 > 60)
		print FILENAME ":" body ": a function of " FNR - body - 1 " lines"
	body = 0
}

function finish()
{
	if (file && lines > 600)
		print file ": " lines " lines"
}

END { finish() }
