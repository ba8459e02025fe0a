#!/bin/sh
# SPDX-License-Identifier: MIT
# One check of the sources. Exits with 77 and says so if its tool is not there.
# usage: scripts/lint.sh format|tidy BUILD-DIRECTORY
set -eu
cd "$(dirname "$0")/.."

# Versions of these tools disagree with one another: one of them, Debian 12's, decides.
VERSION=14

find_tool() { # NAME
	for tool in "$1-$VERSION" "$1"; do
		if "$tool" --version 2>/dev/null | grep -q "version $VERSION\."; then
			return
		fi
	done
	echo "$1 $VERSION is not installed, and other versions judge differently"
	exit 77
}

# Of the sources, those that the build compiles: others may lack their headers.
built() { # BUILD-DIRECTORY
	while read -r source; do
		if grep -q "/$source\"" "$1/compile_commands.json"; then
			echo "$source"
		fi
	done
}

case $1 in
format)
	find_tool clang-format
	find src tests bench examples -name '*.[ch]' -print0 | xargs -0 -r "$tool" --dry-run --Werror
	;;
tidy)
	find_tool clang-tidy
	# The build's commands are gcc's, which knows warnings that clang does not. On stderr it counts
	# what it suppressed.
	find src -name '*.c' | sort | built "$2" |
		xargs -r -P "$(nproc)" -n 1 "$tool" --quiet -p "$2" \
			--extra-arg=-Wno-unknown-warning-option 2>/dev/null
	;;
*)
	echo "lint: '$1' is neither format nor tidy" >&2
	exit 2
	;;
esac
