#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what is missing for the named purposes, or says what to install.
# usage: scripts/setup.sh [build] [demo] [test] [vm] [lint] [more]
set -eu

packages_for() {
	case $1 in
	build) echo gcc libc6-dev meson ninja-build pkg-config libwayland-dev wayland-protocols \
		libpixman-1-dev libdrm-dev libcairo2-dev libjson-c-dev libxkbcommon-dev libseat-dev libudev-dev \
		libinput-dev libxcursor-dev libinih-dev scdoc libxcb1-dev libxcb-shm0-dev libxcb-present-dev libxcb-randr0-dev libxcb-render0-dev \
		libxcb-xkb-dev libxkbcommon-x11-dev \
		libgbm-dev libegl-dev libgles-dev ;;
	demo) echo weston fonts-dejavu-core python3 ;;
	test) echo g++ libcmocka-dev libgl1-mesa-dri libegl1 libgles2 wlcs wl-clipboard wlr-randr wtype foot strace binutils seatd umockdev libumockdev-dev xvfb libxcb-xtest0-dev libxcb-xfixes0-dev sway grim \
		fbi fbcat fbset links2 ffmpeg mplayer python3-numpy python3-matplotlib python3-cairo libsdl2-dev \
		imv mpv gtk-3-examples gtk-4-examples python3-pyqt5 qtwayland5 python3-pyqt6 qt6-wayland qterminal libsdl2-tests \
		xwayland x11-apps x11-utils x11-xserver-utils mesa-utils libegl1 libgles2 waypipe socat iproute2 ;;
	# gcc-12 is what Debian 12 builds its kernels with, and so their modules (tests/vm).
	vm) echo python3 foot weston qemu-system-x86 qemu-system-gui xvfb x11-utils busybox-static kmod xz-utils udev seatd make gcc-12 \
		$(if debian_is_at_least 13; then echo qemu-system-modules-spice qemu-system-modules-opengl; fi) ;;
	lint) echo clang-format clang-tidy ;;
	more) echo clang firefox-esr qt6ct ;;
	*) echo "setup: unknown purpose '$1': build, demo, test, vm, lint, more" >&2; return 1 ;;
	esac
}

is_debian() {
	[ -r /etc/os-release ] && command -v apt-get dpkg-query >/dev/null || return 1
	(. /etc/os-release; case " ${ID:-} ${ID_LIKE:-} " in *' debian '*) ;; *) false ;; esac)
}

# Testing and unstable have no number: they are newer than every release.
debian_is_at_least() {
	[ "$(. /etc/os-release 2>/dev/null; echo "${VERSION_ID:-99}" | cut -d. -f1)" -ge "$1" ]
}

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

has_lists() {
	for package in "$@"; do
		apt-cache show --no-all-versions "$package" >/dev/null 2>&1 || return 1
	done
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends "$@" </dev/null >"$log" 2>&1
}

setup_debian() {
	missing=
	for package in "$@"; do
		is_installed "$package" || missing="$missing $package"
	done
	if [ -z "$missing" ]; then
		echo "setup: all $# packages are installed"
		return
	fi
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		echo "setup: not root and no sudo; run as root: apt-get install$missing" >&2
		return 1
	fi
	echo "setup: installing$missing"
	log=$(mktemp)
	# The lists may be absent or older than what the mirror still has: then, and only then, update.
	if ! has_lists $missing || ! apt_install $missing; then
		echo "setup: updating the package lists"
		if ! as_root apt-get update -q </dev/null >"$log" 2>&1 || ! apt_install $missing; then
			tail -n 20 "$log" >&2
			rm -f "$log"
			echo "setup: apt-get failed (its last words are above)" >&2
			return 1
		fi
	fi
	rm -f "$log"
}

# Elsewhere we cannot know the packages' names, only whether everything is there.
setup_other() {
	missing=
	for program in meson ninja cc pkg-config wayland-scanner; do
		command -v $program >/dev/null || missing="$missing $program"
	done
	for library in 'wayland-server >= 1.21' 'wayland-client >= 1.21' 'wayland-protocols >= 1.31' \
		'pixman-1 >= 0.42' 'libdrm >= 2.4.114' cairo 'libseat >= 0.7' libudev \
		'libinput >= 1.22'; do
		pkg-config --exists "$library" 2>/dev/null || missing="$missing, $library"
	done
	echo "setup: this is not Debian; nothing is installed for you"
	if [ -n "$missing" ]; then
		echo "setup: not found: ${missing#, }" >&2
		echo "setup: install what corresponds to Debian's packages $*" >&2
		return 1
	fi
	echo "setup: found what a build needs; demo and test also want $(packages_for demo)" \
		"$(packages_for test)"
}

packages=
for purpose in "$@"; do
	packages="$packages $(packages_for "$purpose")"
done
if is_debian; then setup_debian $packages; else setup_other $packages; fi
