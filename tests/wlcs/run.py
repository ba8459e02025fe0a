#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the Wayland conformance suite and compares what fails with the list of what may.

usage: run.py WLCS VERSION MODULE EXPECTED-FAILURES [GTEST-FILTER]

Each of its suites is a process of its own, two at a time. The list has a test and a reason on each
line, and before the reason [1.5] if it is about that version of the suite only. An entry that passes,
is skipped or does not exist is an error as much as a failure that is not listed."""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

AT_ONCE = 2
SUITE_TIMEOUT = 240
TEST_TIMEOUT = 40
SLOWEST = 3

Result = collections.namedtuple('Result', 'state words seconds', defaults=('', 0.0))


class Suite:
    def __init__(self, wlcs, module, directory):
        self.command = [wlcs, os.path.abspath(module)]
        self.directory = directory
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ('WAYLAND_DISPLAY', 'WAYLAND_SOCKET', 'WAYLAND_DEBUG')}
        self.environment['XDG_RUNTIME_DIR'] = directory
        # The suite itself leaks, whatever it runs.
        self.environment['ASAN_OPTIONS'] = ':'.join(
            filter(None, [os.environ.get('ASAN_OPTIONS'), 'detect_leaks=0']))

    def run(self, arguments, timeout):
        """What it printed, and how it ended; None: it did not."""
        process = subprocess.Popen(self.command + arguments, env=self.environment,
                                   cwd=self.directory, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors='replace')
        try:
            return process.communicate(timeout=timeout)[0], process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0], None

    def list(self, pattern):
        """Names of tests, by suite."""
        text, status = self.run(['--gtest_list_tests', '--gtest_filter=' + pattern], TEST_TIMEOUT)
        tests, suite = collections.OrderedDict(), None
        for line in text.splitlines():
            name = line.split('#')[0].rstrip()
            if re.fullmatch(r'[\w/]+\.', name):
                suite = tests.setdefault(name, [])
            elif suite is not None and re.fullmatch(r'  [\w/]+', name):
                suite.append(name.strip())
        if status != 0 or not tests:
            raise SystemExit(f'the suite lists no tests (status {status}):\n{text}')
        return {suite: [suite + test for test in names if not test.startswith('DISABLED_')]
                for suite, names in tests.items()}

    def results(self, tests, timeout):
        """Results by name, of those that came to an end, and what was printed."""
        with tempfile.NamedTemporaryFile(dir=self.directory, suffix='.json') as report:
            text, status = self.run(['--gtest_filter=' + ':'.join(tests),
                                     '--gtest_output=json:' + report.name], timeout)
            found = json.load(report) if pathlib.Path(report.name).stat().st_size else {}
        return dict(read(found)), text, status

    def run_suite(self, tests):
        found, text, status = self.results(tests, SUITE_TIMEOUT)
        if set(found) >= set(tests) and (status or 0) >= 0 and 'Sanitizer' not in text:
            return found
        # Something ended it, or it hangs: find out which test that was.
        return dict(self.run_test(test) for test in tests)

    def run_test(self, test):
        found, text, status = self.results([test], TEST_TIMEOUT)
        tail = '\n'.join(text.splitlines()[-40:])
        if status is None:
            return test, Result('failed', f'not done after {TEST_TIMEOUT} s\n{tail}')
        if status < 0:
            return test, Result('failed', f'ended by {signal.Signals(-status).name}\n{tail}')
        if test not in found or 'Sanitizer' in text:
            return test, Result('failed', f'ended with {status}\n{tail}')
        return test, found[test]


def read(report):
    for suite in report.get('testsuites', []):
        for test in suite['testsuite']:
            name = suite['name'] + '.' + test['name']
            seconds = float(test['time'].rstrip('s'))
            if 'wlcs-skip-test' in test:
                yield name, Result('skipped', test['wlcs-skip-test'], seconds)
            elif test.get('failures'):
                words = '\n'.join(failure['failure'] for failure in test['failures'])
                yield name, Result('failed', words, seconds)
            elif test['result'] == 'COMPLETED':
                yield name, Result('passed', '', seconds)


def read_list(path, version):
    expected = {}
    for line in pathlib.Path(path).read_text().splitlines():
        if not line or line.startswith('#'):
            continue
        entry = re.fullmatch(r'(\S+) (?:\[([\d.]+)\] )?(\w.*)', line)
        if not entry or entry[1] in expected:
            raise SystemExit(f'{path}: {line}: ' + ('listed twice' if entry else 'give a reason'))
        if entry[2] is None or version == entry[2] or version.startswith(entry[2] + '.'):
            expected[entry[1]] = entry[3]
    return expected


def complaints(results, expected, everything):
    for name, result in results.items():
        if result.state == 'failed' and name not in expected:
            yield f'{name} failed:\n{result.words}\n'
    for name in expected:
        state = results[name].state if name in results else 'gone'
        if state != 'failed' and (name in results or everything):
            yield f'{name} is {state}: take it off the list of expected failures'


def summarize(results, expected):
    count = collections.Counter(result.state for result in results.values())
    listed = sum(result.state == 'failed' and name in expected for name, result in results.items())
    for reason, number in collections.Counter(
            result.words for result in results.values() if result.state == 'skipped').most_common():
        print(f'{number:5} skipped: {reason}')
    for name, reason in expected.items():
        print(f'expected: {name}: {reason}')
    slowest = sorted(results.items(), key=lambda item: -item[1].seconds)[:SLOWEST]
    print('slowest:', ', '.join(f'{name} {result.seconds:.1f} s' for name, result in slowest))
    print(f'{count["passed"] + count["failed"]} run, {count["passed"]} passed, '
          f'{count["skipped"]} skipped for want of an extension, {listed} expected failures, '
          f'{count["failed"] - listed} other failures')


def main(wlcs, version, module, path, pattern='*'):
    expected = read_list(path, version)
    with tempfile.TemporaryDirectory(prefix='wlcs-') as directory:
        suite = Suite(wlcs, module, directory)
        suites = suite.list(pattern).values()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            results = {}
            for found in pool.map(suite.run_suite, sorted(suites, key=len, reverse=True)):
                results.update(found)
    wrong = list(complaints(results, expected, pattern == '*'))
    for text in wrong:
        print(text)
    summarize(results, expected)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
