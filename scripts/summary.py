#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sums up test results: failures with their logs, skips with their reasons, where the time went.

usage: summary.py RESULTS BUILD-DIRECTORY...

RESULTS has lines of name, result, seconds and log file, separated by tabs; each build directory has
what its last `meson test` left. The last line is "N passed, N failed, N skipped".
"""

import json
import pathlib
import sys

PASSED = {'OK', 'EXPECTEDFAIL'}
SKIPPED = {'SKIP'}
LOG_LINES = 60
SLOWEST = 8


def read_steps(path):
    for line in path.read_text().splitlines():
        name, result, seconds, log = line.split('\t')
        yield name, result, float(seconds), pathlib.Path(log).read_text(errors='replace')


def read_tests(directory):
    path = directory / 'meson-logs' / 'testlog.json'
    if not path.exists():
        yield f'tests in {directory}', 'FAIL', 0.0, 'meson test left no results'
        return
    for line in path.read_text(errors='replace').splitlines():
        test = json.loads(line)
        text = (test.get('stdout') or '') + (test.get('stderr') or '')
        yield f'{directory}: {test["name"]}', test['result'], test['duration'], text


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else 'no reason given'


def main(results, *directories):
    steps = list(read_steps(pathlib.Path(results)))
    tests = [test for directory in directories for test in read_tests(pathlib.Path(directory))]
    everything = steps + tests
    skipped = [test for test in everything if test[1] in SKIPPED]
    failed = [test for test in everything if test[1] not in PASSED | SKIPPED]

    for name, result, _, text in failed:
        print(f'\n---- {result}: {name}')
        print('\n'.join(text.splitlines()[-LOG_LINES:]))
    if skipped:
        print('\nskipped:')
        for name, _, _, text in skipped:
            print(f'  {name}: {last_line(text)}')
    print('\nwhere the time went:')
    for name, _, seconds, _ in sorted(everything, key=lambda test: -test[2])[:SLOWEST]:
        print(f'  {seconds:7.1f} s  {name}')
    passed = len(everything) - len(failed) - len(skipped)
    print(f'\n{passed} passed, {len(failed)} failed, {len(skipped)} skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
