#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the seeds of the fuzz target "receive" into the folder given. See receive.c for the form."""
import pathlib
import struct
import sys

STREAM, PACKET = 0, 1
UNSEALED, SEALED, SMALL, UNSEALABLE, EMPTY, READ_ONLY, DEVICE, EVENTFD = range(8)
XRGB = int.from_bytes(b"XR24", "little")
NV12 = int.from_bytes(b"NV12", "little")


def message(width=16, height=8, format=XRGB, planes=((0, 0, 64),), n_fds=1, modifier=0, memory=1,
            magic=b"LEND", version=1, size=96, reserved=0):
    head = struct.pack("<4sHHIIIIQIIII", magic, version, size, width, height, format, len(planes),
                       modifier, memory, 1, n_fds, reserved)
    return head + b"".join(struct.pack("<III", *p) for p in planes) + bytes(12 * (4 - len(planes)))


def seed(type, kinds, text, piece=0):
    return bytes([type, piece, len(kinds), *kinds]) + text


SEEDS = {
    "good-stream": seed(STREAM, [SEALED], message()),
    "good-packet": seed(PACKET, [UNSEALED], message()),
    "good-bytewise": seed(STREAM, [SMALL], message(), piece=1),
    "good-read-only": seed(PACKET, [READ_ONLY], message(width=256, height=256, planes=[(0, 0, 1024)])),
    "good-two-messages": seed(STREAM, [SEALED], message() * 2, piece=40),
    "good-tiled": seed(PACKET, [SEALED], message(modifier=1 << 56 | 1, planes=[(0, 0, 64), (0, 64, 1)])),
    "nv12-one-fd": seed(PACKET, [SEALED], message(format=NV12, planes=[(0, 0, 16), (0, 128, 16)])),
    "nv12-two-fds": seed(STREAM, [SEALED, SMALL],
                         message(format=NV12, planes=[(1, 0, 16), (0, 4096, 18)], n_fds=2)),
    "unused-fd": seed(PACKET, [SEALED, SEALED], message(n_fds=2)),
    "many-fds": seed(PACKET, [SEALED, DEVICE, EVENTFD, UNSEALABLE, EMPTY, SMALL, SEALED, UNSEALED],
                     message(n_fds=8)),
    "no-fd": seed(STREAM, [], message(n_fds=0)),
    "device": seed(PACKET, [DEVICE], message()),
    "eventfd": seed(STREAM, [EVENTFD], message()),
    "unsealable": seed(PACKET, [UNSEALABLE], message()),
    "empty-memory": seed(PACKET, [EMPTY], message()),
    "overflow": seed(PACKET, [SEALED], message(height=65535, planes=[(0, 0xFFFFFFFC, 0xFFFFFFFC)])),
    "just-too-large": seed(PACKET, [SMALL], message(height=9)),
    "version-2": seed(STREAM, [SEALED], message(version=2, size=128) + bytes(32)),
    "wrong-magic": seed(STREAM, [SEALED], message(magic=b"lend")),
    "cut-off": seed(STREAM, [SEALED], message()[:50], piece=7),
    "too-long": seed(PACKET, [SEALED], message() + b"!"),
    "empty": seed(PACKET, [SEALED], b""),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    for name, data in SEEDS.items():
        (folder / name).write_bytes(data)


main()
