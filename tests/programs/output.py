#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend output, and wlr-randr as it is: listing and changing outputs at run time."""

import json
import re
import shutil
import unittest

import harness


class Output(harness.Case):
    def output(self, name, *arguments):
        result = self.framelend('output', '--display', name, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        return result.stdout.decode()

    def describe(self, name):
        return {output['name']: output
                for output in json.loads(self.output(name, '--json'))['outputs']}

    def test_list(self):
        with self.server('--output', 'headless:320x240@59.94',
                         '--output', 'headless:64x32@0,tile') as (_, name):
            text = self.output(name)
            self.assertEqual(text.splitlines()[1],
                             '  mode 320x240@59.94 scale 1 transform normal position 0,0 layout full')
            self.assertIn('  mode 64x32 scale 1 transform normal position 320,0 layout tile\n', text)
            outputs = self.describe(name)
        self.assertEqual(list(outputs), ['headless-1', 'headless-2'])
        self.assertEqual(outputs['headless-1']['mode'], {'width': 320, 'height': 240,
                                                         'refresh_mhz': 59940, 'preferred': False})
        self.assertEqual(outputs['headless-2']['layout'], 'tile')

    def test_change_all_at_once(self):
        with self.server('--output', 'headless:320x240@60') as (_, name):
            # The words of the list are those that set it.
            words = ('mode 640x480@50 scale 1.25 transform flipped-270 position -10,20 layout tile')
            self.assertEqual(self.output(name, 'headless-1', *words.split()), '')
            self.assertIn(f'  {words}\n', self.output(name))
            self.output(name, '1', 'off')
            self.assertIn('  off layout tile\n', self.output(name))
            self.assertIs(self.describe(name)['headless-1']['on'], False)
            self.output(name, '1', 'on', 'layout', 'full')
            self.assertIn(words.replace('tile', 'full'), self.output(name))
            self.output(name, '1', 'mode', '100x100')
            self.assertEqual(self.describe(name)['headless-1']['mode']['refresh_mhz'], 50000)

    def test_pictures_follow(self):
        picture = self.runtime / 'picture.png'
        with self.server('--output', 'headless:320x240@60') as (_, name):
            with self.program(name, harness.FRAMELEND, 'demo-client', 'paint'):
                self.output(name, '1', 'mode', '200x100@60')
                def size():
                    result = self.framelend('shot', '--display', name, picture)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    return harness.read_png(picture.read_bytes())[:2]
                self.wait_until(lambda: size() == (200, 100), 'a picture of the new size')

    def test_wrong_words(self):
        for arguments, *words in (
                (['1'], 'what is to be changed'),
                (['1', 'mode'], 'needs a value'),
                (['1', 'mode', 'big'], "'big'", 'WIDTHxHEIGHT'),
                (['1', 'scale', '11'], "'11'", '0.5 to 10'),
                (['1', 'scale', '-1'], "'-1'"),
                (['1', 'transform', '45'], "'45'", 'flipped-270'),
                (['1', 'position', '3'], "'3'", '1280,0'),
                (['1', 'position', '3,4x'], "'3,4x'"),
                (['1', 'layout', 'grid'], "'grid'", 'full nor tile'),
                (['1', 'dim'], "'dim'", 'on or off'),
                (['1', 'off', 'scale', '2'], 'off'),
                (['--json', '1', 'on'], '--json'),
                (['--no-such-option'], '--no-such-option')):
            with self.subTest(arguments=arguments):
                self.assert_complaint(self.framelend('output', *arguments), 2, *words)

    def test_what_cannot_be(self):
        self.assert_complaint(self.framelend('output', '--display', 'nothing'), 1, 'nothing',
                              'framelend serve')
        with self.server('--output', 'headless:320x240@60') as (process, name):
            self.assert_complaint(self.framelend('output', '--display', name, 'DP-1', 'on'), 1,
                                  'DP-1', 'headless-1')
            self.assert_complaint(self.framelend('output', '--display', name, '1', 'position',
                                                 '9999999,0'), 1, 'headless-1')
            self.assertEqual(self.describe(name)['headless-1']['x'], 0)
            process.terminate()
            # The protocol has no words for why: the server's log does.
            self.assertIn(b'outputs are not changed: a place at 9999999,0',
                          process.communicate(timeout=harness.TIMEOUT)[1])


@unittest.skipUnless(shutil.which('wlr-randr'), 'there is no wlr-randr')
class WlrRandr(harness.Case):
    def randr(self, name, *arguments):
        result = self.run_program('wlr-randr', *arguments,
                                  env=dict(self.environment, WAYLAND_DISPLAY=name))
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        return result.stdout.decode()

    def test_list_and_change(self):
        with self.server('--output', 'headless:320x240@60',
                         '--output', 'headless:64x32@60') as (_, name):
            text = self.randr(name)
            self.assertRegex(text, r'320x240 px, 60.0+ Hz \(.*current.*\)')
            self.randr(name, '--output', 'headless-1', '--custom-mode', '800x600@75Hz', '--scale',
                       '1.5', '--transform', '90', '--pos', '10,20', '--output', 'headless-2',
                       '--off')
            text = self.randr(name)
            first = re.search(r'headless-1 .*\n(?:  .*\n)*', text).group()
            self.assertRegex(first, r'800x600 px, 75.0+ Hz')
            for line in ('Position: 10,20', 'Transform: 90', 'Scale: 1.5'):
                self.assertIn(line, first)
            self.assertRegex(text, r'headless-2 .*\n(?:  .*\n)*  Enabled: no')
            self.randr(name, '--output', 'headless-2', '--on')
            self.assertNotIn('Enabled: no', self.randr(name))


if __name__ == '__main__':
    harness.main()
