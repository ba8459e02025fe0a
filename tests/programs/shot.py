#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend shot: the picture is what the programs drew, and the file is whole or as it was."""

import json
import os
import shutil
import stat
import unittest

import harness


class Shot(harness.Case):
    def shot(self, display, *arguments):
        result = self.framelend('shot', '--display', display, *arguments, '-')
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        return harness.read_png(result.stdout)

    def surfaces(self, display):
        result = self.framelend('top', '--once', '--json', '--display', display)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)['surfaces']

    def wait_for_surface(self, display, **wanted):
        def find():
            return [surface for surface in self.surfaces(display)
                    if surface['frames'] > 0 and surface['path'] != 'none' and
                    all(surface[key] == value for key, value in wanted.items())]
        return self.wait_until(find, f'a surface with {wanted}')[0]

    def assert_pattern(self, rows, x, y, width, height):
        expected = harness.pattern_rows(width, height)
        for line in range(height):
            self.assertEqual(rows[y + line][x * 3:(x + width) * 3], expected[line],
                             f'line {line} differs')


class Picture(Shot):
    def test_scanned_out_bytes(self):
        with self.server('--output', 'headless:333x201') as (_, name), \
                self.program(name, harness.PATTERN, 'pattern', '333', '201'):
            surface = self.wait_for_surface(name, title='pattern')
            self.assertEqual((surface['path'], surface['lent'], surface['copied_bytes']),
                             ('scanout', True, 0))
            width, height, rows = self.shot(name)
            self.assertEqual((width, height), (333, 201))
            self.assert_pattern(rows, 0, 0, 333, 201)

    def test_composited_bytes(self):
        with self.server('--output', 'headless:400x220,tile') as (_, name), \
                self.program(name, harness.PATTERN, 'pattern', '64', '48', '1000000'), \
                self.program(name, harness.PATTERN, 'other', '64', '48'):
            self.wait_for_surface(name, title='other')
            surface = self.wait_for_surface(name, title='pattern')
            self.assertEqual(surface['path'], 'copy')
            self.assertGreater(surface['copied_bytes'], 0)
            _, _, rows = self.shot(name)
            self.assert_pattern(rows, surface['x'], surface['y'], surface['width'],
                                surface['height'])

    def test_upright_whatever_the_display_is(self):
        for transform in ('90', '180', '270', 'flipped', 'flipped-90', 'flipped-180',
                          'flipped-270'):
            size = (222, 333) if transform.endswith('0') and '180' not in transform else (333, 222)
            with self.subTest(transform), \
                    self.server('--output', f'headless:333x222,transform={transform}') as (_, name), \
                    self.program(name, harness.PATTERN, 'pattern', str(size[0]), str(size[1])):
                self.wait_for_surface(name, title='pattern', width=size[0])
                width, height, rows = self.shot(name)
                self.assertEqual((width, height), size)
                self.assert_pattern(rows, 0, 0, *size)

    def test_scaled_labels_and_all(self):
        with self.server('--output', 'headless:800x600,scale=2,transform=270') as (_, name), \
                self.program(name, harness.PATTERN, 'pattern', '300', '400'):
            surface = self.wait_for_surface(name, title='pattern', width=300)
            self.assertEqual((surface['x'], surface['y'], surface['height']), (0, 0, 400))
            width, height, rows = self.shot(name)
            self.assertEqual((width, height), (600, 800))
            expected = harness.pattern_rows(300, 400)
            for line in (0, 1, 777):
                row = rows[line]
                self.assertEqual([row[i:i + 3] for i in range(0, 1800, 6)],
                                 [expected[line // 2][i:i + 3] for i in range(0, 900, 3)])
            width, height, _ = self.shot(name, '--labels')
            self.assertGreater(width, 600)
            self.assertGreater(height, 800)

    def test_outputs_by_name_and_number(self):
        with self.server('--output', 'headless:40x30', '--output', 'headless:50x20') as (_, name):
            for output, size in (('headless-1', (40, 30)), ('1', (40, 30)),
                                 ('headless-2', (50, 20)), ('2', (50, 20))):
                self.assertEqual(self.shot(name, '--output', output)[:2], size)
            # Side by side, with a gap of 16 pixels.
            self.assertEqual(self.shot(name)[:2], (40 + 16 + 50, 30))
            self.assertEqual(self.shot(name, '--output', '2', '--output', '2')[:2], (116, 20))
            for output in ('headless-3', '3', '0', ''):
                result = self.framelend('shot', '--display', name, '--output', output, '-')
                self.assert_complaint(result, 1, f"no output '{output}'", 'headless-1 headless-2')

    def test_side_by_side(self):
        with self.server('--output', 'headless:60x40', '--output', 'headless:50x44') as (_, name), \
                self.program(name, harness.PATTERN, 'pattern', '60', '40'):
            surface = self.wait_for_surface(name, title='pattern')
            _, _, rows = self.shot(name)
            x = 0 if surface['output'] == 'headless-1' else 76
            self.assert_pattern(rows, x, 0, surface['width'], surface['height'])

    def test_labels_surround_the_picture(self):
        with self.server('--output', 'headless:400x300') as (_, name), \
                self.program(name, harness.PATTERN, 'pattern', '400', '300'):
            self.wait_for_surface(name, title='pattern')
            width, height, rows = self.shot(name, '--labels')
            self.assertGreater(width, 400)
            self.assertGreater(height, 300)
            # The caption is at the bottom: the upper part of the surface is as it was drawn.
            expected = harness.pattern_rows(400, 100)
            lines = [index for index, row in enumerate(rows) if expected[0] in row]
            self.assertEqual(len(lines), 1)
            for line in range(100):
                self.assertIn(expected[line], rows[lines[0] + line])


class WestonSimpleShm(Shot):
    """Its source tells what it draws: a border of 20 white pixels, and within it, outside of a circle,
    a colour that grows by 0x080401 from column to column."""

    def check(self, rows, surface):
        width, height = surface['width'], surface['height']

        def pixel(x, y):
            start = (surface['x'] + x) * 3
            return int.from_bytes(rows[surface['y'] + y][start:start + 3], 'big')

        border = [(x, y) for y in range(height) for x in range(width)
                  if min(x, y, width - 1 - x, height - 1 - y) < 20]
        self.assertEqual({pixel(x, y) for x, y in border}, {0xffffff})
        radius = min(width - 40, height - 40) // 2 + 20
        outside = [(x, y) for y in range(20, height - 20) for x in range(20, width - 21)
                   if (x - width // 2) ** 2 + (y - height // 2) ** 2 > radius ** 2 and
                   (x + 1 - width // 2) ** 2 + (y - height // 2) ** 2 > radius ** 2]
        self.assertGreater(len(outside), 1000)
        for x, y in outside:
            self.assertEqual((pixel(x + 1, y) - pixel(x, y)) & 0xffffff, 0x080401, (x, y))

    @unittest.skipUnless(shutil.which('weston-simple-shm'), 'weston-simple-shm is not installed')
    def test_started_by_serve(self):
        with self.started(harness.FRAMELEND, 'serve', '--output', 'headless:800x600', '--',
                          'weston-simple-shm'):
            self.wait_until((self.runtime / 'framelend-0').exists, 'the server')
            surface = self.wait_for_surface('framelend-0', title='simple-shm')
            self.assertFalse(surface['lent'])
            _, _, rows = self.shot('framelend-0')
            self.check(rows, surface)


class File(Shot):
    def setUp(self):
        super().setUp()
        self.context = self.server('--output', 'headless:40x30')
        self.display = self.context.__enter__()[1]
        self.addCleanup(self.context.__exit__, None, None, None)
        self.folder = self.runtime / 'folder'
        self.folder.mkdir()

    def save(self, path):
        return self.framelend('shot', '--display', self.display, path)

    def assert_saved(self, path):
        self.assertEqual(harness.read_png(path.read_bytes())[:2], (40, 30))

    def test_new_file(self):
        previous = os.umask(0o027)
        self.addCleanup(os.umask, previous)
        self.assertEqual(self.save(self.folder / 'a.png').returncode, 0)
        self.assert_saved(self.folder / 'a.png')
        self.assertEqual(stat.S_IMODE((self.folder / 'a.png').stat().st_mode), 0o640)
        self.assertEqual(len(list(self.folder.iterdir())), 1)

    def test_link_stays_a_link(self):
        (self.folder / 'a.png').write_bytes(b'before')
        (self.folder / 'link.png').symlink_to('a.png')
        self.assertEqual(self.save(self.folder / 'link.png').returncode, 0)
        self.assertTrue((self.folder / 'link.png').is_symlink())
        self.assert_saved(self.folder / 'a.png')

    def test_unwritable(self):
        (self.folder / 'file').touch()
        for path, word in ((self.folder / 'no' / 'a.png', 'No such file'),
                           (self.folder / 'file' / 'a.png', 'Not a directory'),
                           (self.folder, 'Is a directory'), ('/proc/a.png', 'cannot write'),
                           ('/dev/full', 'No space left')):
            with self.subTest(path=path):
                self.assert_complaint(self.save(path), 1, str(path), word)
        self.assertEqual([path.name for path in self.folder.iterdir()], ['file'])

    def test_devices_stay(self):
        self.assertEqual(self.save('/dev/null').returncode, 0)
        self.assertTrue(stat.S_ISCHR(os.stat('/dev/null').st_mode))

    def test_full_standard_output(self):
        with open('/dev/full', 'wb') as full:
            result = self.framelend('shot', '--display', self.display, '-', stdout=full)
        self.assert_complaint(result, 1, 'standard output', 'No space left')


if __name__ == '__main__':
    harness.main()
