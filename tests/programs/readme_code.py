#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the README's C program that includes the given header, with something to draw.

usage: readme_code.py README.md HEADER
"""

import re
import sys

DRAW = r"""
#include <stddef.h>
#include <stdint.h>
#include <string.h>

__attribute__((unused)) static void draw(void *pixels, uint32_t stride, uint32_t width, uint32_t height, uint32_t age)
{
	(void)width, (void)age;
	memset(pixels, 0x55, (size_t)stride * height);
}
"""


def main(readme, header):
    with open(readme, encoding='utf-8') as file:
        blocks = re.findall(r'^```c\n(.*?)^```$', file.read(), re.DOTALL | re.MULTILINE)
    blocks = [block for block in blocks if f'#include <{header}>' in block]
    if len(blocks) != 1:
        sys.exit(f'{readme} has {len(blocks)} programs with {header}, not one')
    print(DRAW + blocks[0])


if __name__ == '__main__':
    main(*sys.argv[1:])
