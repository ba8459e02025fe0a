#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the demo's table is as it should be.

usage: demo_check.py TOP.json CHART FRONT SIMPLE-SHM TERMINAL PAINT (process ids)
"""

import json
import sys

COMPOSITED = {'copy', 'blend'}
# program: output, paths it may be on, whether the server lends its buffers
EXPECTED = {
    'chart': ('headless-1', COMPOSITED, True),
    'front': ('headless-1', COMPOSITED, True),
    'weston-simple-shm': ('headless-1', COMPOSITED, False),
    'weston-terminal': ('headless-1', COMPOSITED, False),
    'paint': ('headless-2', {'scanout'}, True),
}
# A terminal is drawn only when its text changes.
STILL = {'weston-terminal'}


def problems_of(program, surface):
    output, paths, lent = EXPECTED[program]
    if surface['output'] != output:
        yield f'is on {surface["output"] or "no output"}, not on {output}'
    if surface['path'] not in paths:
        yield f'has the path {surface["path"]} ({surface["reason"]}), not {" or ".join(sorted(paths))}'
    if surface['lent'] != lent:
        yield 'draws in lent memory' if surface['lent'] else 'does not draw in lent memory'
    if not surface['reason']:
        yield 'has no reason for its path'
    if surface['frames'] == 0:
        yield 'has shown no frame'
    if program not in STILL and surface['frames_per_second'] == 0:
        yield 'stands still'
    if surface['path'] == 'scanout' and surface['copied_per_second'] > 0:
        yield 'is copied although it is scanned out'


def main(table, *pids):
    with open(table, encoding='utf-8') as file:
        surfaces = [surface for surface in json.load(file)['surfaces']
                    if surface['role'] == 'xdg_toplevel']
    bad = 0
    for program, pid in zip(EXPECTED, pids, strict=True):
        found = [surface for surface in surfaces if surface['pid'] == int(pid)]
        problems = list(problems_of(program, found[0])) if found else ['has no surface']
        for problem in problems:
            print(f'demo: {program} {problem}', file=sys.stderr)
        bad += len(problems)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
