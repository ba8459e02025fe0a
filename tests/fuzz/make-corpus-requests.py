#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the seeds of the fuzz target "requests" into the folder given. See requests.c for the form."""
import pathlib
import sys

FD, WAIT = 0x80, 0x40
COMPOSITOR, SUBCOMPOSITOR, SHM, SEAT, WM_BASE, VIEWPORTER, PRESENTATION, MANAGER, OUTPUT = range(3, 12)
# with all globals, which a seed says by beginning with the byte ALL_GLOBALS
ALL_GLOBALS = b"\xff"
DATA_DEVICES, VIRTUAL_KEYBOARDS, VIRTUAL_POINTERS = range(12, 15)
# the bytes that stand for large numbers, in the order of requests.c's table
ALL, MIN, MAX, MINUS_2, XRGB, ARGB, RGB565, NV12, N4096, N65536, N1280, N320, N240 = range(0xe0, 0xed)
BIG_FIXED, ONE_FIXED, MAX_FIXED = 0xf4, 0xf5, 0xf6


def ask(object, opcode, *args, fd=False, wait=False):
    return bytes([object, opcode | FD * fd | WAIT * wait, len(args), *args])


def surface(id):
    return ask(COMPOSITOR, 0, id)


def commit(id):
    return ask(id, 6, wait=True)


def attach(surface, buffer):
    return ask(surface, 1, buffer, 0, 0) + ask(surface, 9, 0, 0, MAX, MAX)


def toplevel(surface_id, xdg, id, serial=1):
    """A toplevel that is configured; the serial is a guess."""
    return (surface(surface_id) + ask(WM_BASE, 2, xdg, surface_id) + ask(xdg, 1, id) + commit(surface_id)
            + ask(xdg, 4, serial))


def pool(id, size=N65536, kind=3):
    # The descriptor's kind hangs on the last argument: 4096 and 65536 are a multiple of four, a device.
    return ask(SHM, 0, id, size, fd=True)


def chain(id, surface_id, width=64, height=48, format=XRGB, usage=0, count=2):
    return (ask(MANAGER, 1, id, surface_id)
            + ask(id, 1, width, height, format, usage, count, wait=True))


WINDOW = toplevel(12, 13, 14)
LENT = WINDOW + chain(15, 12) + ask(15, 2, 16, 1, 0) + ask(15, 2, 17, 1, 1)
SHOWN = LENT + attach(12, 16) + ask(12, 3, 18) + commit(12)
SUB = SHOWN + surface(19) + ask(SUBCOMPOSITOR, 1, 20, 19, 12) + ask(20, 1, 5, 6) + attach(19, 17)

SEEDS = {
    "window": WINDOW,
    "lent": LENT,
    "shown": SHOWN,
    "shown-twice": SHOWN + attach(12, 17) + commit(12) + attach(12, 16) + commit(12),
    "unmapped": SHOWN + ask(12, 1, 0, 0, 0) + commit(12),
    "front": WINDOW + chain(15, 12, usage=2, count=1) + ask(15, 2, 16, 1, 0) + attach(12, 16) + commit(12)
             + ask(12, 9, 1, 1, 1, 1) + commit(12),
    "release": LENT + ask(15, 5, 18) + attach(12, 16) + commit(12) + ask(15, 5, 19) + commit(12),
    "fence": LENT + ask(15, 4, fd=True),
    "drop": SHOWN + ask(15, 3, 1) + ask(16, 0) + chain(20, 12) + commit(12),
    "chain-first": SHOWN + ask(15, 0) + ask(12, 0),
    "surface-first": SHOWN + ask(14, 0) + ask(13, 0) + ask(12, 0) + ask(15, 1, 8, 8, ARGB, 1, 4, wait=True),
    "subsurface": SUB + commit(19) + commit(12) + ask(20, 5) + commit(19) + ask(20, 2, 12) + commit(12),
    "subsurface-destroyed": SUB + commit(19) + ask(20, 0, wait=True) + ask(19, 0) + commit(12),
    "parent-destroyed": SUB + commit(19) + ask(14, 0) + ask(13, 0) + ask(12, 0, wait=True) + commit(19),
    "popup": SHOWN + surface(19) + ask(WM_BASE, 1, 20) + ask(20, 1, 10, 10) + ask(20, 2, 0, 0, 5, 5)
             + ask(WM_BASE, 2, 21, 19) + ask(21, 2, 22, 13, 20) + commit(19) + ask(21, 4, 1) + attach(19, 17)
             + commit(19) + ask(22, 2, 20, 1, wait=True) + ask(22, 0),
    "viewport": SHOWN + ask(VIEWPORTER, 1, 19, 12) + ask(19, 1, 0, 0, ONE_FIXED, ONE_FIXED) + ask(19, 2, 9, 9)
                + commit(12) + ask(19, 0) + commit(12),
    "viewport-out": SHOWN + ask(VIEWPORTER, 1, 19, 12) + ask(19, 1, 0, 0, MAX_FIXED, BIG_FIXED) + commit(12),
    "feedback": SHOWN + ask(PRESENTATION, 1, 12, 19) + attach(12, 17) + commit(12),
    "scale": SHOWN + ask(12, 8, 2) + ask(12, 7, 5) + commit(12) + ask(12, 8, MAX) + commit(12),
    "regions": SHOWN + ask(COMPOSITOR, 1, 19) + ask(19, 1, MIN, MIN, MAX, MAX) + ask(19, 2, 5, 5, ALL, ALL)
               + ask(12, 4, 19) + ask(12, 5, 19) + ask(12, 2, MIN, MIN, MAX, MAX) + commit(12),
    "capture": SHOWN + ask(MANAGER, 2, 19, OUTPUT) + ask(19, 1, 0, wait=True) + ask(19, 2, 0) + ask(19, 1, 1)
               + attach(12, 17) + commit(12) + ask(19, 0),
    "monitor": SHOWN + ask(MANAGER, 3, 19) + ask(19, 1, wait=True) + ask(19, 0) + ask(19, 1),
    "toplevel-requests": SHOWN + ask(14, 7, 9, 9) + ask(14, 8, 5, 5) + ask(14, 9) + ask(14, 10)
                         + ask(14, 11, OUTPUT, wait=True) + ask(14, 12) + ask(14, 13) + commit(12),
    "positioner": ask(WM_BASE, 1, 12) + ask(12, 1, MAX, MAX) + ask(12, 2, MIN, MIN, MAX, MAX) + ask(12, 3, 8)
                  + ask(12, 4, 8) + ask(12, 5, ALL) + ask(12, 6, MIN, MAX, wait=True),
    "shm-device": pool(12),
    "shm-pool": WINDOW + ask(SHM, 0, 15, 99, fd=True) + ask(15, 0, 16, 0, 4, 4, 16, 1) + ask(15, 1)
                + attach(12, 16) + commit(12) + ask(16, 0) + commit(12),
    "shm-numbers": ask(SHM, 0, 12, 99, fd=True) + ask(12, 0, 13, MAX, MAX, MAX, MAX, 1, wait=True),
    "shm-resize": ask(SHM, 0, 12, 99, fd=True) + ask(12, 2, N4096) + ask(12, 2, ALL, wait=True),
    "seat": ask(SEAT, 0, 12) + ask(SEAT, 1, 13) + ask(SEAT, 3, wait=True),
    "virtual-keyboard": ALL_GLOBALS + ask(VIRTUAL_KEYBOARDS, 0, SEAT, 15, wait=True) + ask(SEAT, 1, 16)
                        + ask(15, 0, 1, 99, fd=True, wait=True),
    "virtual-keyboard-early": ALL_GLOBALS + ask(VIRTUAL_KEYBOARDS, 0, SEAT, 15) + ask(15, 1, 0, 30, 1),
    "virtual-keyboard-gone": ALL_GLOBALS + ask(VIRTUAL_KEYBOARDS, 0, SEAT, 15) + ask(15, 3, wait=True),
    "virtual-pointer": ALL_GLOBALS + ask(VIRTUAL_POINTERS, 2, SEAT, OUTPUT, 15, wait=True) + ask(SEAT, 0, 16)
                       + ask(15, 1, 0, 5, 5, 10, 10) + ask(15, 0, 0, BIG_FIXED, ONE_FIXED) + ask(15, 4)
                       + ask(15, 2, 0, 0x12, 1) + ask(15, 2, 0, MAX, 1) + ask(15, 7, 0, 0, ONE_FIXED, MAX)
                       + ask(15, 7, 0, 0, MAX_FIXED, MAX) + ask(15, 3, 0, 1, MIN) + ask(15, 5, 2) + ask(15, 6, 0, 1)
                       + ask(15, 4, wait=True) + ask(15, 8),
    "virtual-pointer-errors": ALL_GLOBALS + ask(VIRTUAL_POINTERS, 0, 0, 15) + ask(15, 1, 0, 5, 5, 0, 0)
                              + ask(15, 3, 0, 2, ONE_FIXED),
    "virtual-pointer-late": ALL_GLOBALS + ask(VIRTUAL_POINTERS, 2, 0, OUTPUT, 15) + ask(VIRTUAL_POINTERS, 1)
                            + ask(15, 4),
    "sync": ask(1, 0, 12, wait=True) + ask(1, 0, 12, wait=True),
    "nothing": b"",
    "wrong-object": ask(99, 0) + ask(1, 0, 12),
    "wrong-type": ask(MANAGER, 1, 12, SHM),
    "configure-errors": surface(12) + chain(13, 12, width=0),
    "configure-huge": surface(12) + chain(13, 12, width=0xef, height=0xef, count=4),
}

folder = pathlib.Path(sys.argv[1])
folder.mkdir(exist_ok=True)
for name, data in SEEDS.items():
    (folder / name).write_bytes(data)
