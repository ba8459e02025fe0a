# SPDX-License-Identifier: MIT
"""Reads the pictures that QEMU dumps."""

import re


class Picture:
    def __init__(self, width, height, pixels):
        self.width, self.height = width, height
        self.pixels = pixels  # 3 bytes each, red first, rows without gaps

    def at(self, x, y):
        return tuple(self.pixels[3 * (y * self.width + x):][:3])


def read(path):
    """A binary PPM with 8 bits a channel."""
    data = path.read_bytes()
    header = re.match(rb'P6\s+(\d+)\s+(\d+)\s+255\s', data)
    if not header:
        raise ValueError(f'{path} is not a PPM')
    width, height = int(header[1]), int(header[2])
    pixels = data[header.end():]
    if len(pixels) != 3 * width * height:
        raise ValueError(f'{path} has {len(pixels)} bytes of pixels, not {3 * width * height}')
    return Picture(width, height, pixels)
