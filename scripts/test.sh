#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds and runs all tests, plain and with sanitisers, and the linters, then sums up.
# usage: scripts/test.sh [--more]
set -u
cd "$(dirname "$0")/.."

more=
[ "${1:-}" = --more ] && more=--repeat=10

# A failing build or linter counts as a failed test: lines "NAME<tab>RESULT<tab>SECONDS<tab>LOG-FILE".
extra=$(mktemp -d)
trap 'rm -rf "$extra"' EXIT

step() { # NAME COMMAND...: runs it and keeps the result; 77 is a skip
	local name=$1 started=$SECONDS result=OK code=0
	shift
	echo "== $name"
	"$@" >"$extra/$name.log" 2>&1 </dev/null || code=$?
	[ $code = 0 ] || result=FAIL
	[ $code = 77 ] && result=SKIP
	printf '%s\t%s\t%d\t%s\n' "$name" $result $((SECONDS - started)) "$extra/$name.log" \
		>>"$extra/results"
	[ $result = OK ]
}

build() { # DIRECTORY OPTION...
	local directory=$1
	shift
	[ ! -e "$directory/build.ninja" ] || meson configure "$directory" "$@" || return
	scripts/build.sh "$directory" "$@"
}

directories=()
run() { # DIRECTORY OPTION...: builds and tests there
	step "build-in-$1" build "$@" -Dwerror=true || return
	echo "== tests in $1"
	rm -f "$1/meson-logs/testlog.json"
	directories+=("$1")
	meson test -C "$1" --no-rebuild --quiet $more </dev/null
}

# What our own processes do wrong shall end them, at once.
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1

if [ -n "${DEMO_RESULT:-}" ]; then
	: >"$extra/demo.log"
	printf 'make demo\t%s\t0\t%s\n' "$DEMO_RESULT" "$extra/demo.log" >>"$extra/results"
fi
run build
run build-asan -Db_sanitize=address,undefined -Db_lundef=false
if [ -n "$more" ]; then
	CC=clang run build-clang
fi
step clang-format scripts/lint.sh format build
[ -e build/compile_commands.json ] && step clang-tidy scripts/lint.sh tidy build

python3 scripts/summary.py "$extra/results" "${directories[@]}"
