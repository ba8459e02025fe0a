#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sums up test results: failures with their logs, skips with their reasons, where the time went.

usage: summary.py RESULTS LOG...

RESULTS has lines of name, result, seconds and log file, separated by tabs; each LOG is the JSON log
that a `meson test` left in BUILD-DIRECTORY/meson-logs. A test that speaks TAP counts as its subtests.
The last line is "N passed, N failed, N skipped".
"""

import json
import pathlib
import re
import sys

PASSED = {'OK', 'EXPECTEDFAIL'}
SKIPPED = {'SKIP'}
LOG_LINES = 60
SLOWEST = 8

TAP_LINE = re.compile(r'(not )?ok \d+ - ([^#]*?) *(?:# *(SKIP)? *(.*))?$')


def read_steps(path):
    for line in path.read_text().splitlines():
        name, result, seconds, log = line.split('\t')
        yield name, result, float(seconds), pathlib.Path(log).read_text(errors='replace')


def read_subtests(name, text):
    """The subtests of a TAP log, each with the comments before it; a time after "#" is its own."""
    comments = []
    for line in text.splitlines():
        match = TAP_LINE.match(line)
        if not match:
            comments.append(line)
            continue
        failed, subtest, skip, rest = match.groups()
        seconds = re.match(r'([\d.]+) s$', rest or '')
        result = 'FAIL' if failed else 'SKIP' if skip else 'OK'
        comments.append(rest or '')
        yield f'{name}: {subtest}', result, float(seconds[1]) if seconds else 0.0, '\n'.join(comments)
        comments = []


def read_tests(log):
    directory = log.parent.parent
    if not log.exists():
        yield f'tests in {directory}', 'FAIL', 0.0, f'meson test left no {log.name}'
        return
    for line in log.read_text(errors='replace').splitlines():
        test = json.loads(line)
        text = (test.get('stdout') or '') + (test.get('stderr') or '')
        name = f'{directory}: {test["name"]}'
        subtests = list(read_subtests(name, text)) if re.match(r'1\.\.[1-9]', text) else []
        explained = any(result == 'FAIL' for _, result, _, _ in subtests)
        yield from subtests
        # What went wrong beside the subtests (a bad plan, a time-out) must not get lost.
        if not subtests or (test['result'] not in PASSED | SKIPPED and not explained):
            yield name, test['result'], test['duration'], text


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else 'no reason given'


def main(results, *logs):
    steps = list(read_steps(pathlib.Path(results)))
    tests = [test for log in logs for test in read_tests(pathlib.Path(log))]
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
