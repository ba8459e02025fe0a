#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One program on every display: what the API promises holds on each, and the picture is right."""

import contextlib
import os
import pwd
import shutil
import struct
import subprocess
import unittest
import zlib

import harness

CONFORM = os.environ['FRAMELEND_CONFORM']
HELLO = os.environ['FRAMELEND_HELLO']
SCENARIOS = subprocess.run([CONFORM, 'list'], check=True, capture_output=True, text=True).stdout.split()
SIZE = (320, 240)


def read_rgba(data):
    """A PNG with alpha, as if it had none: what weston-screenshooter writes."""
    width, height, *rest = struct.unpack_from('>IIBBBBB', data, 16)
    if rest != [8, 6, 0, 0, 0]:
        return harness.read_png(data)
    packed, position = b'', 8
    while position < len(data):
        length, kind = struct.unpack_from('>I4s', data, position)
        packed += data[position + 8:position + 8 + length] if kind == b'IDAT' else b''
        position += 12 + length
    raw, stride, rows = zlib.decompress(packed), width * 4, []
    above = bytes(stride + 4)
    for y in range(height):
        kind, *row = raw[y * (stride + 1):(y + 1) * (stride + 1)]
        row = [0] * 4 + row
        for x in range(4, stride + 4) if kind else ():
            left, up, corner = row[x - 4], above[x], above[x - 4]
            row[x] = (row[x] + (0, left, up, (left + up) // 2,
                                harness.paeth(left, up, corner))[kind]) & 255
        above = row
        rows.append(bytes(value for x in range(4, stride + 4, 4) for value in row[x:x + 3]))
    return width, height, rows


class Display(harness.Case):
    """A kind of display, with the tests that all kinds share. A subclass gives:
       display(): a context in which it runs, whose value is what LEND_DISPLAY is set to;
       screenshot(): the picture that is on display, as harness.read_png() gives it;
       NAME: what lend_client_display() begins with; LACKS: scenarios it cannot do, and why."""

    NAME = 'wayland:'
    LACKS = {}
    PATHS = ('copy',)

    def conform(self, *scenarios):
        return self.run_program(CONFORM, *scenarios)

    def show(self, *arguments):
        return self.started(*arguments, env=self.environment, stderr=subprocess.STDOUT)

    def wait_for_picture(self, question, what):
        def ask():
            width, height, rows = self.screenshot()
            return (width, height) == SIZE and question(rows)
        return self.wait_until(ask, what)

    def check_scenarios(self):
        for scenario in SCENARIOS:
            if scenario in self.LACKS:
                continue
            with self.subTest(scenario=scenario):
                result = self.conform(scenario)
                self.assertEqual((result.returncode, result.stderr), (0, b''))
                text = result.stdout.decode()
                self.assertIn(f'{scenario} ok', text)
                if scenario == 'path':
                    self.assertTrue(text.startswith(self.NAME), text)
                    self.assertIn(text.split(' path ')[1].split(',')[0], self.PATHS)
                if scenario == 'fullscreen':
                    self.assertIn('fullscreen {}x{}'.format(*SIZE), text)

    def check_pattern(self):
        """A still picture, pixel by pixel."""
        with self.show(CONFORM, 'picture'):
            self.wait_for_picture(lambda rows: rows == harness.pattern_rows(*SIZE), 'the pattern')

    def check_hello(self):
        """The smallest program, as it is printed: rings in its colours, which move."""
        def is_hello(rows):
            middle = rows[len(rows) // 2]
            pixels = [middle[x:x + 3] for x in range(0, len(middle), 3)]
            inside = [p for p in pixels if p[2] == 0x60 and p[1] == p[0] & 127]
            return len(inside) > 40 and len(set(inside)) > 20 and bytes(middle)
        with self.show(HELLO) as process:
            first = self.wait_for_picture(is_hello, 'rings')
            self.wait_for_picture(lambda rows: is_hello(rows) not in (False, first), 'other rings')
            self.assertIsNone(process.poll())

    def test_display(self):
        with self.display() as name:
            self.environment['LEND_DISPLAY'] = name
            self.check_scenarios()
            self.check_pattern()
            self.check_hello()


class Framelend(Display):
    PATHS = ('scanout',)

    @contextlib.contextmanager
    def display(self):
        with self.server('--output', 'headless:{}x{}'.format(*SIZE)) as (_, name):
            self.name = name
            yield name

    def screenshot(self):
        result = self.framelend('shot', '--display', self.name, '-')
        return harness.read_png(result.stdout) if result.returncode == 0 else (0, 0, [])


@unittest.skipUnless(shutil.which('weston') and shutil.which('weston-screenshooter'),
                     'weston is not installed')
class Weston(Display):
    @contextlib.contextmanager
    def display(self):
        with self.started('weston', '--backend=headless-backend.so', '--use-pixman', '--socket=other',
                          '--width={}'.format(SIZE[0]), '--height={}'.format(SIZE[1]), '--no-config',
                          '--idle-time=0', '--debug',
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            self.wait_until((self.runtime / 'other').exists, 'weston')
            yield 'other'

    def screenshot(self):
        for old in self.runtime.glob('wayland-screenshot*.png'):
            old.unlink()
        self.run_program('weston-screenshooter',
                         env=dict(self.environment, WAYLAND_DISPLAY='other',
                                  XDG_PICTURES_DIR=str(self.runtime)))
        files = list(self.runtime.glob('wayland-screenshot*.png'))
        return read_rgba(files[0].read_bytes()) if files else (0, 0, [])


@unittest.skipUnless(shutil.which('sway') and shutil.which('grim'), 'sway or grim is not installed')
class Sway(Display):
    # sway 1.7's headless output never says when a frame was shown.
    LACKS = {'presented': 'wlroots 0.15 discards all feedback'}

    def sway_options(self):
        """Sway refuses to run as root."""
        if os.geteuid() != 0:
            return {}
        nobody = pwd.getpwnam('nobody')
        os.chown(self.runtime, nobody.pw_uid, nobody.pw_gid)
        return {'user': nobody.pw_uid, 'group': nobody.pw_gid, 'extra_groups': []}

    @contextlib.contextmanager
    def display(self):
        config = self.runtime / 'sway.conf'
        config.write_text('output * resolution {}x{}\nfor_window [title=".*"] fullscreen enable\n'
                          'seat * hide_cursor 1\n'.format(*SIZE))
        environment = dict(self.environment, WLR_BACKENDS='headless', WLR_RENDERER='pixman',
                           WLR_LIBINPUT_NO_DEVICES='1', HOME=str(self.runtime))
        with self.started('sway', '-c', str(config), env=environment, cwd='/',
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          **self.sway_options()):
            self.name = self.wait_until(
                lambda: [path.name for path in self.runtime.glob('wayland-?')], 'sway')[0]
            yield self.name

    def screenshot(self):
        result = self.run_program('grim', '-l', '0', '-',
                                  env=dict(self.environment, WAYLAND_DISPLAY=self.name))
        return harness.read_png(result.stdout) if result.returncode == 0 else (0, 0, [])


def read_xwd(data):
    """The X window dump that Xvfb keeps of its screen."""
    fields = struct.unpack_from('>25I', data)
    width, height, stride, start = fields[4], fields[5], fields[12], fields[0] + fields[19] * 12
    rows = []
    for y in range(height):
        row = data[start + y * stride:start + y * stride + width * 4]
        rgb = bytearray(width * 3)
        rgb[0::3], rgb[1::3], rgb[2::3] = row[2::4], row[1::4], row[0::4]
        rows.append(bytes(rgb))
    return width, height, rows


@unittest.skipUnless('FRAMELEND_X11' in os.environ, 'built without X11')
@unittest.skipUnless(shutil.which('Xvfb'), 'Xvfb is not installed')
class X11(Display):
    NAME = 'x11:'

    @contextlib.contextmanager
    def display(self):
        reader, writer = os.pipe()
        with self.started('Xvfb', '-displayfd', str(writer), '-screen', '0', '{}x{}x24'.format(*SIZE),
                          '-fbdir', str(self.runtime), '-nolisten', 'tcp', '-noreset', pass_fds=[writer],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            os.close(writer)
            with os.fdopen(reader) as ready:
                number = ready.readline().strip()
            self.assertNotEqual(number, '', 'Xvfb did not start')
            yield f'x11::{number}'

    def screenshot(self):
        return read_xwd((self.runtime / 'Xvfb_screen0').read_bytes())


del Display  # which is none by itself


if __name__ == '__main__':
    harness.main()
