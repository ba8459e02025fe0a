#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets up a build directory at need and builds it.
# usage: scripts/build.sh DIRECTORY [MESON-OPTION]...
set -eu
cd "$(dirname "$0")/.."
directory=$1
shift

if [ ! -e "$directory/build.ninja" ]; then
	log=$(mktemp)
	echo "build: setting up $directory"
	if ! meson setup "$directory" "$@" </dev/null >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		exit 1
	fi
	rm -f "$log"
fi
exec ninja -C "$directory" --quiet
