#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demonstration: its table and picture are right, and it notices when something is not."""

import json
import shutil
import unittest

import harness

PROGRAMS = ['chart', 'front', 'weston-simple-shm', 'weston-terminal', 'paint']


@unittest.skipUnless(shutil.which('weston-simple-shm') and shutil.which('weston-terminal'),
                     'the weston programs are not installed')
class Demo(harness.Case):
    def setUp(self):
        super().setUp()
        self.picture = self.runtime / 'demo.png'

    def demo(self, **variables):
        environment = dict(self.environment, DEMO_SECONDS='2', **variables)
        return self.run_program(harness.SCRIPTS / 'demo.sh', harness.FRAMELEND, self.picture,
                                env=environment, timeout=4 * harness.TIMEOUT)

    def test_runs(self):
        result = self.demo()
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        text = result.stdout.decode()
        for words in (r'headless-1 +1280x720 +60 Hz +tile', r'headless-2 +1280x720 +60 Hz +full',
                      r'framelend +chart +\d+x\d+ +copy +lent memfd',
                      r'framelend +scope +\d+x\d+ +copy +lent memfd',
                      r'weston-simple-\S+ +simple-shm +\d+x\d+ +copy +own shm',
                      r'weston-terminal .* (copy|blend) +own shm',
                      r'framelend +paint +1280x720 +scanout +lent memfd'):
            self.assertRegex(text, words)
        # Both outputs side by side, and what surrounds them.
        header = self.picture.read_bytes()[16:24]
        width, height = int.from_bytes(header[:4], 'big'), int.from_bytes(header[4:], 'big')
        self.assertGreater(width, 2 * 1280)
        self.assertGreater(height, 720)
        self.assertEqual([path.name for path in self.runtime.iterdir()], ['demo.png'])

    def test_without_a_runtime_directory(self):
        del self.environment['XDG_RUNTIME_DIR']
        result = self.demo()
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        self.assertIn(b'there is no XDG_RUNTIME_DIR', result.stdout)

    def test_a_program_that_dies(self):
        folder = self.runtime / 'bin'
        folder.mkdir()
        program = folder / 'weston-simple-shm'
        program.write_text('#!/bin/sh\necho "no good" >&2\nexit 1\n')
        program.chmod(0o755)
        result = self.demo(PATH=f'{folder}:{self.environment["PATH"]}')
        self.assertEqual(result.returncode, 1)
        self.assertIn(b'weston-simple-shm died: no good', result.stderr)
        self.assertFalse(self.picture.exists())

    def test_seconds_that_are_none(self):
        for seconds in ('0', 'x', '-1', '1.5'):
            result = self.run_program(harness.SCRIPTS / 'demo.sh', harness.FRAMELEND, self.picture,
                                      env=dict(self.environment, DEMO_SECONDS=seconds))
            self.assertEqual(result.returncode, 2)
            self.assertIn(seconds.encode(), result.stderr)


class Check(harness.Case):
    """What demo_check.py accepts."""

    def check(self, **changes):
        surfaces = []
        for pid, program in enumerate(PROGRAMS, 100):
            surface = {
                'pid': pid, 'role': 'xdg_toplevel', 'output': 'headless-1', 'path': 'copy',
                'lent': not program.startswith('weston'), 'reason': 'why', 'frames': 9,
                'frames_per_second': 60, 'copied_per_second': 1000}
            if program == 'paint':
                surface.update(output='headless-2', path='scanout', copied_per_second=0)
            surface.update(changes.get(program.replace('-', '_'), {}))
            surfaces.append(surface)
        table = self.runtime / 'top.json'
        table.write_text(json.dumps({'surfaces': surfaces}))
        return self.run_program(harness.SCRIPTS / 'demo_check.py', table, *range(100, 105))

    def test_as_it_should_be(self):
        result = self.check()
        self.assertEqual((result.returncode, result.stderr), (0, b''))

    def test_what_is_wrong_is_named(self):
        for changes, words in (
                ({'paint': {'path': 'copy'}}, 'paint has the path copy'),
                ({'paint': {'copied_per_second': 1}}, 'is copied although'),
                ({'paint': {'output': 'headless-1'}}, 'paint is on headless-1'),
                ({'chart': {'path': 'scanout'}}, 'chart has the path scanout'),
                ({'chart': {'lent': False}}, 'chart does not draw in lent memory'),
                ({'front': {'frames_per_second': 0}}, 'front stands still'),
                ({'front': {'reason': ''}}, 'no reason'),
                ({'weston_terminal': {'pid': 1}}, 'weston-terminal has no surface'),
                ({'weston_simple_shm': {'lent': True}}, 'weston-simple-shm draws in lent memory')):
            with self.subTest(changes=changes):
                result = self.check(**changes)
                self.assertEqual(result.returncode, 1)
                self.assertIn(words, result.stderr.decode())


if __name__ == '__main__':
    harness.main()
