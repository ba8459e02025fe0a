#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds and runs all tests, plain, with sanitisers and in virtual machines, and the linters, then sums up.
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
	# Libraries may have been installed since: what was not found before has to be looked for again.
	[ ! -e "$directory/build.ninja" ] || meson setup --reconfigure "$directory" "$@" || return
	scripts/build.sh "$directory" "$@"
}

logs=()
run_tests() { # DIRECTORY LOG OPTION...: runs tests that are built there
	local directory=$1 log=$2
	shift 2
	echo "== tests in $directory $*"
	rm -f "$directory/meson-logs/$log.json"
	logs+=("$directory/meson-logs/$log.json")
	meson test -C "$directory" --no-rebuild --quiet --logbase "$log" "$@" </dev/null
}

run() { # DIRECTORY OPTION...: builds and tests there
	step "build-in-$1" build "$@" -Dwerror=true || return
	run_tests "$1" testlog --no-suite vm --no-suite more $more
}

prepare_vm() { # what was begun below
	local code=0
	wait "$preparing" || code=$?
	cat "$extra/preparing"
	return $code
}

# What our own processes do wrong shall end them, at once.
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# Not strict_string_checks: libxkbcommon-x11 copies parts of replies that no zero ends, by strndup().
export ASAN_OPTIONS=detect_stack_use_after_return=1

if [ -n "${DEMO_RESULT:-}" ]; then
	: >"$extra/demo.log"
	printf 'make demo\t%s\t0\t%s\n' "$DEMO_RESULT" "$extra/demo.log" >>"$extra/results"
fi
# Downloads and builds kernels meanwhile; the tests in virtual machines need the plain build only.
tests/vm/prepare >"$extra/preparing" 2>&1 </dev/null &
preparing=$!

run build
step vm-prepare prepare_vm
[ -e build/build.ninja ] && run_tests build vmlog --suite vm
run build-asan -Db_sanitize=address,undefined -Db_lundef=false
if [ -n "$more" ]; then
	CC=clang run build-clang
	[ -e build/build.ninja ] && run_tests build morelog --suite more
fi
step clang-format scripts/lint.sh format build
[ -e build/compile_commands.json ] && step clang-tidy scripts/lint.sh tidy build

python3 scripts/summary.py "$extra/results" "${logs[@]}"
