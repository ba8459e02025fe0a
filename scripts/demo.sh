#!/bin/bash
# SPDX-License-Identifier: MIT
# A server with two outputs and five programs: prints who is shown on which path once a second, and
# leaves a picture. Runs until Ctrl-C, or for DEMO_SECONDS.
# usage: scripts/demo.sh FRAMELEND PICTURE.png
set -u

framelend=$(realpath "$1") && [ -x "$framelend" ] || exit 1
picture=$2
seconds=${DEMO_SECONDS:-}
here=$(dirname "$(realpath "$0")")
case $seconds in
*[!0-9]* | 0*) echo "demo: DEMO_SECONDS is not a whole number of seconds: $seconds" >&2; exit 2 ;;
esac

names=()
pids=()
watcher=
server=
work=$(mktemp -d) || exit 1

# Ends what was started here, the server last; all by their ids.
finish() {
	trap '' INT TERM
	local pid
	for pid in "${pids[@]}" $watcher $server; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap finish EXIT

if [ ! -d "${XDG_RUNTIME_DIR:-}" ]; then
	export XDG_RUNTIME_DIR=$work/runtime
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	echo "demo: there is no XDG_RUNTIME_DIR; using $XDG_RUNTIME_DIR"
fi

fail() {
	echo "demo: $*" >&2
	exit 1
}

start_server() {
	mkfifo "$work/ready" || fail 'cannot make a FIFO'
	"$framelend" serve --output headless:1280x720@60,tile --output headless:1280x720@60,full \
		--log info --ready-fd 3 3>"$work/ready" >"$work/server.log" 2>&1 &
	server=$!
	local name=
	read -r -t 20 name <"$work/ready"
	[ -n "$name" ] || fail "the server did not start: $(cat "$work/server.log")"
	export WAYLAND_DISPLAY=$name LEND_DISPLAY=$name
}

check_alive() {
	local i
	kill -0 "$server" 2>/dev/null || fail "the server died: $(tail -n 5 "$work/server.log")"
	for i in "${!pids[@]}"; do
		kill -0 "${pids[i]}" 2>/dev/null ||
			fail "${names[i]} died: $(tail -n 5 "$work/${names[i]}.log")"
	done
}

start() { # NAME COMMAND...: starts a program and waits until the server shows it
	local tries=0
	names+=("$1")
	shift
	"$@" >"$work/${names[-1]}.log" 2>&1 &
	pids+=($!)
	until grep -q "(${pids[-1]}).* on headless" "$work/server.log"; do
		check_alive
		[ $((tries += 1)) -le 200 ] || fail "${names[-1]} does not appear"
		sleep 0.1
	done
}

for program in weston-simple-shm weston-terminal; do
	command -v $program >/dev/null || fail "$program is not installed: make setup"
done

# The terminal shows the server's own table.
printf '#!/bin/sh\nexec "%s" top\n' "$framelend" >"$work/top"
chmod +x "$work/top"

start_server
start chart "$framelend" demo-client chart
start front "$framelend" demo-client front
start weston-simple-shm weston-simple-shm
start weston-terminal weston-terminal --font-size=9 --shell="$work/top"
start paint "$framelend" demo-client paint --fullscreen headless-2
"$framelend" top --interval 1 &
watcher=$!

stop=
trap 'stop=1' INT TERM
SECONDS=0
while [ -z "$stop" ] && { [ -z "$seconds" ] || [ $SECONDS -lt "$seconds" ]; }; do
	sleep 1 &
	wait $!
	check_alive
done

kill "$watcher"
wait "$watcher" 2>/dev/null
watcher=
check_alive
"$framelend" shot --labels "$picture" || fail 'no picture was taken'
"$framelend" top --once --json >"$work/top.json" || fail 'no table was taken'
python3 "$here/demo_check.py" "$work/top.json" "${pids[@]}" || fail 'the table is not as it should be'
echo
echo "$picture shows both outputs side by side. Left: four programs share headless-1; chart and scope"
echo "draw in framebuffers that the server lent them, weston-simple-shm and weston-terminal, unmodified,"
echo "brought their own, and the server copies what changes. Right: paint alone fills headless-2, and"
echo "the output reads the very memory that it draws in: scanout, no copy."
