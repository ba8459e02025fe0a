#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""X servers: what holds on every display holds there too, with and without MIT-SHM."""

import contextlib
import os
import subprocess

import displays
import harness

SHOT = os.environ['FRAMELEND_X11_SHOT']
SIZE = displays.SIZE
Display, = displays.Framelend.__bases__


def read_ppm(data):
    """Width, height and the rows' RGB bytes."""
    magic, width, height, _, pixels = data.split(None, 4) if data.count(b'\n') > 2 else [b''] * 5
    if magic != b'P6':
        return 0, 0, []
    width, height = int(width), int(height)
    pixels = data[len(data) - width * height * 3:]
    return width, height, [pixels[y * width * 3:(y + 1) * width * 3] for y in range(height)]


class Xvfb(Display):
    NAME = 'x11:'
    OPTIONS = ()

    @contextlib.contextmanager
    def display(self):
        reader, writer = os.pipe()
        with os.fdopen(reader) as ready:
            with self.started('Xvfb', '-displayfd', str(writer), '-noreset', '-nolisten', 'tcp',
                              '-screen', '0', '{}x{}x24'.format(*SIZE), *self.OPTIONS,
                              pass_fds=[writer], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL):
                os.close(writer)
                self.environment['DISPLAY'] = ':' + ready.readline().strip()
                self.assertNotEqual(self.environment['DISPLAY'], ':', 'Xvfb does not start')
                yield 'x11'

    def screenshot(self):
        return read_ppm(self.run_program(SHOT).stdout)


class XvfbWithoutSharedMemory(Xvfb):
    OPTIONS = ('-extension', 'MIT-SHM')


class XvfbWithoutPresent(Xvfb):
    OPTIONS = ('-extension', 'Present')


class Choice(Xvfb):
    def test_display(self):
        """With no Wayland server there an X server is found by DISPLAY alone."""
        with self.display(), self.show(harness.PATTERN, 'pattern', *map(str, SIZE), '10'):
            self.wait_for_picture(lambda rows: rows == harness.pattern_rows(*SIZE), 'the pattern')

    def test_messages(self):
        for display, words in (('x11:nonsense', 'names no X display'),
                               ('x11::59997', "there is no X server ':59997'"),
                               ('x11', 'DISPLAY is not set')):
            self.environment['LEND_DISPLAY'] = display
            result = self.run_program(harness.PATTERN, 'pattern', *map(str, SIZE))
            self.assertEqual(result.returncode, 1)
            self.assertIn(words, result.stderr.decode())
            self.assertEqual(result.stderr.count(b'\n'), 1)


del Display


if __name__ == '__main__':
    harness.main()
