#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a test as a program on a framebuffer: inside.sh FRAMELEND TEST [PROGRAM-BEFORE-FRAMELEND-RUN]
XDG_RUNTIME_DIR=$(mktemp -d "${TMPDIR:-/tmp}/framelend-fbdev.XXXXXX") || exit 1
export XDG_RUNTIME_DIR
trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
# Without a terminal, as tests may be run on one.
setsid -w "$1" serve --output headless:320x240 -- \
	${3:+"$3"} "$1" run --size 320x240 --verbose -- "$2" </dev/null
