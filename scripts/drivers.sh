#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes docs/drivers.md anew, or with --check compares it with what it would write.
# usage: scripts/drivers.sh [--check] BUILD-DIRECTORY/tests/fake-drm/drivers-table
set -eu

check=
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi
if [ $# != 1 ] || [ ! -x "$1" ]; then
	echo 'usage: scripts/drivers.sh [--check] BUILD-DIRECTORY/tests/fake-drm/drivers-table' >&2
	exit 2
fi
generator=$(realpath "$1")
cd "$(dirname "$0")/.."

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
"$generator" tests/fake-drm/drivers-table.md tests/fake-drm/personalities >"$fresh"

if [ -z "$check" ]; then
	cat "$fresh" >docs/drivers.md
elif ! diff -u docs/drivers.md "$fresh"; then
	echo 'docs/drivers.md does not say what the allocators answer now (+): run "make drivers",' \
		'read the difference and commit it' >&2
	exit 1
fi
