# SPDX-License-Identifier: GPL-2.0-or-later
# Each C file begins with its licence, then with a comment that says what it is for.

FNR == 1 && $0 !~ /^\/\* SPDX-License-Identifier: GPL-2\.0-or-later \*\/$/ {
	print FILENAME ":1: no SPDX line"
}
FNR == 2 && $0 !~ /^\/\*/ { print FILENAME ":2: no comment that says what the file is for" }
