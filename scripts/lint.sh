#!/bin/sh
# SPDX-License-Identifier: MIT
# One check of the sources. Exits with 77 and says so if its tool is not there.
# usage: scripts/lint.sh format|tidy BUILD-DIRECTORY
set -eu
cd "$(dirname "$0")/.."

# Versions of clang-format disagree with one another: one of them decides.
FORMAT_VERSION=14

case $1 in
format)
	for format in clang-format-$FORMAT_VERSION clang-format; do
		if "$format" --version 2>/dev/null | grep -q "version $FORMAT_VERSION\."; then
			find src tests bench examples -name '*.[ch]' -print0 |
				xargs -0 -r "$format" --dry-run --Werror
			exit
		fi
	done
	echo "clang-format $FORMAT_VERSION is not installed, and others format differently"
	exit 77
	;;
tidy)
	if ! command -v clang-tidy >/dev/null; then
		echo 'clang-tidy is not installed'
		exit 77
	fi
	# The build's commands are gcc's, which knows warnings that clang does not.
	find src -name '*.c' -print0 | sort -z |
		xargs -0 -r -P "$(nproc)" -n 1 clang-tidy --quiet -p "$2" \
			--extra-arg=-Wno-unknown-warning-option
	;;
*)
	echo "lint: '$1' is neither format nor tidy" >&2
	exit 2
	;;
esac
