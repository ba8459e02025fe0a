#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples show what they should, and end as they should."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import harness
import python_case

EXAMPLES = pathlib.Path(os.environ['FRAMELEND_EXAMPLES'])
PYTHON_EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / 'python' / 'examples'
SANITISER = os.environ.get('LD_PRELOAD')
WHITE, PAINT_INK = 0xffffff, 0x202020
POINTER_LEFT = 0x110


def has(module):
    return subprocess.run([sys.executable, '-c', f'import {module}'], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


class Case(python_case.Case):
    def program(self, display, *arguments, **options):  # pylint: disable=arguments-differ
        environment = dict(self.environment, LEND_DISPLAY=display, WAYLAND_DISPLAY=display)
        return self.started(*arguments, env=environment, **options)

    def surfaces(self, display):
        result = self.framelend('top', '--once', '--json', '--display', display)
        return json.loads(result.stdout)['surfaces']

    def pixels(self, display):
        """The picture as rows of 0xrrggbb."""
        _, _, rows = self.shot(display)
        return [[int.from_bytes(row[i:i + 3], 'big') for i in range(0, len(row), 3)] for row in rows]

    def wait_for_picture(self, display, question, what):
        return self.wait_until(lambda: question(self.pixels(display)), what)

    def assert_no_display(self, *program):
        result = self.run_program(*program)
        text = result.stderr.decode()
        self.assertEqual((result.returncode, text.count('\n')), (1, 1), text)
        name = pathlib.Path(program[-1] if program[0] == sys.executable else program[0]).stem
        self.assertTrue(text.startswith(f'{name}: '), text)
        self.assertIn('wayland-0', text)


class Paint(Case):
    def setUp(self):
        super().setUp()
        puppet = self.puppet(200, 150)
        self.display, self.act = puppet.__enter__()
        self.addCleanup(puppet.__exit__, None, None, None)
        program = self.program(self.display, EXAMPLES / 'paint', stderr=subprocess.PIPE)
        self.process = program.__enter__()
        self.addCleanup(program.__exit__, None, None, None)
        self.wait_for_picture(self.display, lambda rows: rows[75][100] == WHITE, 'the paper')

    def drawn(self, rows, colour):
        """The smallest rectangle with all pixels of the colour: left, top, right, bottom."""
        places = [(x, y) for y, row in enumerate(rows) for x, value in enumerate(row) if value == colour]
        columns, lines = zip(*places) if places else ((), ())
        return places and (min(columns), min(lines), max(columns), max(lines))

    def wait_for_drawing(self, colour, *extents):
        self.wait_for_picture(self.display, lambda rows: self.drawn(rows, colour) == extents,
                              f'{colour:06x} at {extents}')

    def test_a_stroke(self):
        self.act('point 40 30')
        self.act(f'button {POINTER_LEFT} 1')
        self.act('point 100 30')
        self.act(f'button {POINTER_LEFT} 0')
        self.act('point 190 90')  # no button, no ink
        self.wait_for_drawing(PAINT_INK, 37, 27, 103, 33)
        # What is elsewhere is paper, but for the pointer.
        self.assertEqual({value for row in self.pixels(self.display)[:80] for value in row},
                         {PAINT_INK, WHITE})
        surface, = self.surfaces(self.display)
        self.assertEqual((surface['title'], surface['lent']), ('paint', True))

    def test_keys(self):
        self.act('key 3 1')  # 2: red
        self.act('key 3 0')
        self.act('point 50 50')
        self.act(f'button {POINTER_LEFT} 1')
        self.act(f'button {POINTER_LEFT} 0')
        self.wait_for_drawing(0xd03030, 47, 47, 53, 53)
        self.act('key 46 1')  # c
        self.act('key 46 0')
        self.wait_for_picture(self.display, lambda rows: not self.drawn(rows, 0xd03030), 'clean paper')
        self.act('key 16 1')  # q
        self.assertEqual((self.process.wait(harness.TIMEOUT), self.process.stderr.read()), (0, b''))

    def test_two_fingers(self):
        self.act('down 1 20 20')
        self.act('down 2 180 140')
        self.act('move 1 20 80')
        self.act('move 2 180 100')
        self.act('up 1')
        self.act('up 2')
        self.wait_for_picture(self.display, lambda rows: {(20, y) for y in range(17, 84)} |
                              {(180, y) for y in range(97, 144)} <= self.inked(rows), 'two lines')
        self.assertNotIn((100, 80), self.inked(self.pixels(self.display)))

    def inked(self, rows):
        return {(x, y) for y, row in enumerate(rows) for x, value in enumerate(row)
                if value == PAINT_INK}

    def test_at_the_edge(self):
        self.act('point 0 0')
        self.act(f'button {POINTER_LEFT} 1')
        self.act('point 199 149')
        self.wait_for_drawing(PAINT_INK, 0, 0, 199, 149)

    def test_closed_by_its_user(self):
        self.assertEqual(self.act('close'), 1)
        self.assertEqual((self.process.wait(harness.TIMEOUT), self.process.stderr.read()), (0, b''))


class Video(Case):
    def play(self, display, *arguments):
        return self.program(display, EXAMPLES / 'video', *arguments, stdin=subprocess.PIPE,
                            stderr=subprocess.PIPE)

    def picture(self, width, height, seed):
        """Rows of different pixels, as the pipe wants them and as they are shown."""
        pixels = [[(x * 5 + y * 3 + seed) % 256 << 16 | (x ^ y) % 256 << 8 | (y * 7 + seed) % 256
                   for x in range(width)] for y in range(height)]
        return b''.join(value.to_bytes(4, 'little') for row in pixels for value in row), pixels

    def expected(self, pixels, width, height):
        """In the middle of black."""
        rows, columns = len(pixels), len(pixels[0])
        top, left = (height - min(rows, height)) // 2, (width - min(columns, width)) // 2
        above, before = (rows - min(rows, height)) // 2, (columns - min(columns, width)) // 2
        result = [[0] * width for _ in range(height)]
        for y in range(min(rows, height)):
            shown = pixels[above + y][before:before + width]
            result[top + y][left:left + len(shown)] = shown
        return result

    def test_sizes(self):
        for width, height in ((64, 48), (40, 30), (41, 29), (100, 90), (101, 20), (20, 91), (1, 1)):
            with self.subTest(size=(width, height)), self.display('headless:64x48') as display, \
                    self.play(display, f'{width}x{height}') as process:
                for seed in range(5):
                    data, pixels = self.picture(width, height, seed)
                    process.stdin.write(data)
                process.stdin.flush()
                expected = self.expected(pixels, 64, 48)
                self.wait_for_picture(display, lambda rows, expected=expected: rows == expected,
                                      'the last picture')
                process.stdin.close()
                process.stdin = None
                self.assertEqual((process.wait(harness.TIMEOUT), process.stderr.read()), (0, b''))

    def test_other_format(self):
        with self.display('headless:16x8') as display, self.play(display, '16x8', '0', 'RGB565') as process:
            process.stdin.write(b'\x00\xf8' * 64 + b'\xe0\x07' * 64)
            process.stdin.flush()
            expected = [[0xff0000] * 16] * 4 + [[0x00ff00] * 16] * 4
            self.wait_for_picture(display, lambda rows: rows == expected, 'red above green')

    def test_rate(self):
        """Twenty pictures at fifty a second take at least 19 fiftieths, however they come."""
        with self.display('headless:16x8@240') as display:
            result = self.run_program(
                'sh', '-c', f'head -c {16 * 8 * 4 * 20} /dev/zero | '
                f'{{ date +%s%N; "{EXAMPLES}/video" 16x8 50; }}; date +%s%N', stdin=None,
                env=dict(self.environment, LEND_DISPLAY=display))
            begin, end = map(int, result.stdout.split())
            self.assertGreaterEqual((end - begin) / 1e9, 19 / 50)

    def test_a_picture_cut_off(self):
        with self.display() as display, self.play(display, '64x48') as process:
            process.stdin.write(b'x' * 1000)
            process.stdin.close()
            process.stdin = None
            self.assertEqual(process.wait(harness.TIMEOUT), 0)

    def test_usage(self):
        for arguments in ([], ['64'], ['0x48'], ['64x48', '-1'], ['64x48', '0', 'NV12'],
                          ['64x48', '0', 'XRGB8888', 'more'], ['64x48', '0', 'bgra']):
            result = self.run_program(EXAMPLES / 'video', *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(b'XRGB8888', result.stderr)
            self.assertNotIn(b'NV12', result.stderr)

    @unittest.skipUnless(shutil.which('ffmpeg'), 'ffmpeg is not installed')
    def test_ffmpeg(self):
        decoded = self.run_program('ffmpeg', '-v', 'error', '-f', 'lavfi', '-i',
                                   'color=c=0x336699:s=40x30:d=0.2', '-f', 'rawvideo',
                                   '-pix_fmt', 'bgra', '-')
        self.assertEqual((decoded.returncode, decoded.stderr), (0, b''))
        expected = self.expected([[0x336699] * 40] * 30, 64, 48)

        def near(rows):
            return all(abs((a >> shift & 255) - (b >> shift & 255)) <= 2
                       for row, other in zip(rows, expected) for a, b in zip(row, other)
                       for shift in (0, 8, 16))
        with self.display('headless:64x48') as display, self.play(display, '40x30', '25') as process:
            process.stdin.write(decoded.stdout)
            process.stdin.flush()
            self.wait_for_picture(display, near, "ffmpeg's picture")


class Cairo(Case):
    def test_the_hand(self):
        """At a quarter past it points to the right, and there is only one."""
        with self.display('headless:201x201') as display, \
                self.program(display, EXAMPLES / 'cairo', '16'):
            def is_red(value):
                return (value >> 16) > 150 and (value >> 8 & 255) < 100

            def quarter(rows):
                reds = {(x, y) for y, row in enumerate(rows) for x, value in enumerate(row)
                        if is_red(value)}
                return reds and all(98 <= y <= 102 and 98 <= x <= 180 for x, y in reds) and \
                    {(x, 100) for x in range(102, 175)} <= reds
            self.wait_for_picture(display, quarter, 'the hand at a quarter past')
            rows = self.pixels(display)
            self.assertEqual(rows[150][150], WHITE)
            self.assertNotEqual(rows[100][5], WHITE)  # nine o'clock's mark
            surface, = self.surfaces(display)
            self.assertEqual((surface['path'], surface['copied_bytes']), ('scanout', 0))


class Integration(Case):
    @unittest.skipUnless('FRAMELEND_INTEGRATION_SDL' in os.environ, 'libsdl2-dev is not installed')
    def test_sdl(self):
        with self.display('headless:200x150') as display, \
                self.program(display, os.environ['FRAMELEND_INTEGRATION_SDL']):
            expected = [[0xf0c020 if 10 <= x < 40 and 20 <= y < 35 else 0x204060 for x in range(200)]
                        for y in range(150)]
            self.wait_for_picture(display, lambda rows: rows == expected, "SDL's picture")


class NoDisplay(Case):
    def test_one_line(self):
        for name in ('paint', 'cairo'):
            self.assert_no_display(EXAMPLES / name)
        result = self.run_program(EXAMPLES / 'video', '8x8')
        self.assertEqual((result.returncode, result.stderr.count(b'\n')), (1, 1))


@unittest.skipUnless(has('numpy'), 'numpy is not installed')
class LivePlot(Case):
    def setUp(self):
        super().setUp()
        self.environment['PYTHONDONTWRITEBYTECODE'] = '1'
        self.environment['MPLCONFIGDIR'] = str(self.runtime)
        if SANITISER:
            self.environment.update(LD_PRELOAD=SANITISER, ASAN_OPTIONS=os.environ['ASAN_OPTIONS'])

    def test_numpy(self):
        with self.display('headless:100x80') as display, self.program(
                display, sys.executable, PYTHON_EXAMPLES / 'live_plot.py', '--numpy',
                stdin=subprocess.PIPE) as process:
            # A step: low in the left half, high in the right one.
            process.stdin.write(b'1\n' * 50 + b'2\n' * 50)
            process.stdin.flush()
            line = 0x1f77b4

            def step(rows):
                return rows[79][:49] == [line] * 49 and rows[0][51:] == [line] * 49 and \
                    rows[79][51:] == [WHITE] * 49 and rows[8][:40] == [0xd0d0d0] * 40
            self.wait_for_picture(display, step, 'a step')
            process.stdin.write(b'3\n' * 200)
            process.stdin.flush()
            self.wait_for_picture(display, lambda rows: rows[0] == [line] * 100, 'a flat line')

    @unittest.skipUnless(has('matplotlib'), 'matplotlib is not installed')
    def test_matplotlib(self):
        with self.display('headless:300x200') as display, self.program(
                display, sys.executable, PYTHON_EXAMPLES / 'live_plot.py', stdin=subprocess.PIPE) as process:
            process.stdin.write(b'1\n' * 50 + b'2\n' * 50)
            process.stdin.flush()

            def step(rows):
                low = [x for x in range(300) if self.is_line(rows, x, range(140, 200))]
                high = [x for x in range(300) if self.is_line(rows, x, range(0, 60))]
                return len(low) > 50 and len(high) > 50 and max(low) <= min(high) + 4
            self.wait_for_picture(display, step, 'a step')
            self.assertEqual(self.pixels(display)[0][0], WHITE)

    @staticmethod
    def is_line(rows, x, lines):
        return any(rows[y][x] == 0x1f77b4 for y in lines)

    def test_without_a_display(self):
        self.assert_no_display(sys.executable, PYTHON_EXAMPLES / 'live_plot.py')


if __name__ == '__main__':
    python_case.main()
