#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The server in a window of an X server: what is seen there, what is done to it, what fails."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

import displays
import harness
import x11

HAND = os.environ['FRAMELEND_NESTED_X11_HAND']
SIZE = displays.SIZE
Display, = displays.Framelend.__bases__
# The kernel's codes of what is typed below.
CODES = dict(zip('1234567890', range(2, 12)), **dict(zip('qwertyuiop', range(16, 26))),
             **dict(zip('asdfghjkl', range(30, 39))), **dict(zip('zxcvbnm', range(44, 51))),
             **{' ': 57, '\n': 28, '.': 52, '/': 53, '-': 12})


class Nested(harness.Case):
    SCREEN = '640x480x24'

    @contextlib.contextmanager
    def xvfb(self, *options):
        """An X server, which $DISPLAY names; its process."""
        reader, writer = os.pipe()
        with os.fdopen(reader) as ready:
            with self.started('Xvfb', '-displayfd', str(writer), '-noreset', '-nolisten', 'tcp',
                              '-screen', '0', self.SCREEN, *options, pass_fds=[writer],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                os.close(writer)
                self.environment['DISPLAY'] = ':' + ready.readline().strip()
                self.assertNotEqual(self.environment['DISPLAY'], ':', 'Xvfb does not start')
                yield process

    @contextlib.contextmanager
    def nested(self, *outputs, log='info'):
        """A server in windows, as (process, socket's name); what it says goes to self.log()."""
        with open(self.runtime / 'log', 'wb') as log_file:
            reader, writer = os.pipe()
            arguments = [word for output in outputs for word in ('--output', output)]
            process = subprocess.Popen([harness.FRAMELEND, 'serve', '--log', log, '--ready-fd',
                                        str(writer), *arguments], pass_fds=[writer],
                                       env=self.environment, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=log_file)
            os.close(writer)
            with os.fdopen(reader) as ready:
                self.name = ready.readline().strip()
            try:
                self.assertNotEqual(self.name, '', self.log())
                yield process, self.name
            finally:
                process.terminate()
                try:
                    process.wait(timeout=harness.TIMEOUT)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise
        self.assertIn(process.returncode, (0, -signal.SIGTERM), self.log())

    def log(self):
        return (self.runtime / 'log').read_text()

    def hand(self, *words):
        result = self.run_program(HAND, *words)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return result.stdout.decode()

    def type(self, text):
        words = []
        for character in text:
            lower = character.lower()
            shift = lower != character
            words += ['hold', 42] * shift + ['key', CODES[lower]] + ['let', 42] * shift
        self.hand(*words)

    def seen(self, size=SIZE):
        """What the X server shows in its top left corner."""
        width, height, rows = x11.read_ppm(self.run_program(x11.SHOT).stdout)
        self.assertGreaterEqual((width, height), size)
        return [row[:size[0] * 3] for row in rows[:size[1]]]

    def shot(self):
        """What our server thinks that it shows."""
        result = self.framelend('shot', '--display', self.name, '-')
        return harness.read_png(result.stdout) if result.returncode == 0 else (0, 0, [])

    def wait_for_pattern(self, width, height):
        expected = harness.pattern_rows(width, height)
        self.wait_until(lambda: self.seen((width, height)) == expected, 'the pattern')

    def pattern(self, *arguments):
        return self.program(self.name, harness.PATTERN, 'pattern', *map(str, arguments))

    def switches(self, process):
        """How often it has waited so far."""
        text = pathlib.Path(f'/proc/{process.pid}/status').read_text()
        return int(text.split('\nvoluntary_ctxt_switches:')[1].split()[0])


class Picture(Nested):
    def check(self, output, path, *options):
        with self.xvfb(*options), self.nested(output) as (process, _):
            with self.pattern(*SIZE):
                self.wait_for_pattern(*SIZE)
                self.assertEqual(self.shot(), (*SIZE, harness.pattern_rows(*SIZE)))
                self.assertIn(f'320x240 on x11-1: {path}', self.log())
                return process

    def test_lent_memory_is_uploaded_from_where_it_was_drawn(self):
        self.check('x11:320x240', 'flush: It fills x11-1 (320x240) alone')

    def test_without_shared_memory(self):
        self.check('x11:320x240', 'copy: It fills x11-1 (320x240), but the X server is on another '
                   'machine or has no MIT-SHM.', '-extension', 'MIT-SHM')

    def test_without_present(self):
        self.check('x11:320x240', 'flush', '-extension', 'Present')

    def test_without_anything(self):
        self.check('x11:320x240', 'copy', *(word for name in (
            'MIT-SHM', 'Present', 'RANDR', 'RENDER', 'XKEYBOARD') for word in ('-extension', name)))

    def test_smaller_than_the_window(self):
        """Own memory is drawn in and uploaded, where it changed."""
        with self.xvfb(), self.nested('x11:400x300,tile'):
            with self.pattern(200, 150), self.pattern(200, 150):
                def equal():
                    return self.shot() == (400, 300, self.seen((400, 300)))
                self.wait_until(lambda: 'copy: It covers' in self.log(), 'two tiles')
                self.wait_until(equal, 'the same picture on both')
                self.assertGreater(len(set(self.seen((400, 300)))), 20)

    @unittest.skipUnless(shutil.which('weston-simple-shm'), 'weston is not installed')
    def test_unmodified_program(self):
        with self.xvfb(), self.nested('x11:250x250'):
            with self.program(self.name, 'weston-simple-shm'):
                self.wait_until(lambda: len(set(self.seen((250, 250)))) > 50, 'its picture')
                first = self.seen((250, 250))
                self.wait_until(lambda: self.seen((250, 250)) != first, 'another one')
                self.assertIn('250x250 on x11-1: flush', self.log())

    def test_properties(self):
        with self.xvfb(), self.nested('x11:320x240') as (process, _):
            text = self.hand('list')
        self.assertIn('place=0,0 320x240 depth 24\n', text)
        self.assertIn('WM_NAME=framelend - x11-1\n', text)
        self.assertIn('_NET_WM_NAME=framelend - x11-1\n', text)
        self.assertIn('WM_CLASS=framelend\0framelend\0\n', text)
        self.assertIn(f'_NET_WM_PID={process.pid}\n', text)

    def test_fullscreen(self):
        with self.xvfb(), self.nested('x11,fullscreen'):
            text = self.hand('list')
            self.assertIn('place=0,0 640x480 depth 24\n', text)
            atom = text.split('fullscreen=')[1].split()[0]
            self.assertIn(f'_NET_WM_STATE={atom}\n', text)
            self.assertEqual(self.shot()[:2], (640, 480))

    def test_scale_and_transform(self):
        with self.xvfb(), self.nested('x11:320x240,scale=2,transform=90'):
            with self.pattern(120, 160):
                self.wait_until(lambda: 'blend' in self.log(), 'a scaled picture')
                expected = harness.pattern_rows(120, 160)
                turned = [b''.join(expected[x // 2][y // 2 * 3:y // 2 * 3 + 3] for x in range(320))
                          for y in reversed(range(240))]
                mirrored = turned[::-1]
                self.wait_until(lambda: self.seen() in (turned, mirrored, [
                    bytes(b for x in reversed(range(320)) for b in row[x * 3:x * 3 + 3])
                    for row in mirrored]), 'the pattern, turned')


class Depth16(Nested):
    SCREEN = '640x480x16'

    def test_display(self):
        """Programs' formats are converted to the screen's."""
        def coarse(rows):
            mask = bytes((0xf8, 0xfc, 0xf8)) * SIZE[0]
            return [bytes(a & b for a, b in zip(row, mask)) for row in rows]
        expected = coarse(harness.pattern_rows(*SIZE))
        with self.xvfb(), self.nested('x11:320x240'), self.pattern(*SIZE):
            self.wait_until(lambda: coarse(self.seen()) == expected, 'the pattern')
            self.assertIn('copy: XRGB8888 is converted to RGB565 for x11-1', self.log())


class Depth8(Nested):
    SCREEN = '640x480x8'

    def test_display(self):
        with self.xvfb():
            self.assert_complaint(self.framelend('serve', '--output', 'x11'), 1,
                                  'depth of 8', 'start it with a depth of 24')


class Conform(Nested, Display):
    """Everything that a client may expect of a display holds in a window."""
    PATHS = ('flush', 'copy')
    OPTIONS = ()

    @contextlib.contextmanager
    def display(self):
        with self.xvfb(*self.OPTIONS), self.nested('x11:{}x{}'.format(*SIZE), log='warning'):
            yield self.name

    def screenshot(self):
        return *SIZE, self.seen()


class ConformWithoutSharedMemory(Conform):
    OPTIONS = ('-extension', 'MIT-SHM', '-extension', 'Present')


class Input(Nested):
    @unittest.skipUnless(shutil.which('weston-terminal'), 'weston is not installed')
    def test_typing(self):
        self.environment['HOME'] = str(self.runtime)
        with self.xvfb(), self.nested('x11:640x480'):
            with self.program(self.name, 'weston-terminal', '--shell=/bin/sh'):
                self.wait_until(lambda: len(set(self.seen((640, 480)))) > 3, 'a prompt')
                self.hand('move', 300, 200, 'button', 1)
                self.type('cd\ntouch DoNe.txt\n')
                self.wait_until((self.runtime / 'DoNe.txt').exists, 'what was typed')
                self.wait_until(lambda: self.seen((640, 480)) == self.shot()[2], 'the same picture')

    @contextlib.contextmanager
    def listener(self):
        """A program that fills the window; said(words) waits until its connection has had them."""
        self.environment.update(HOME=str(self.runtime), WAYLAND_DEBUG='1')
        words = self.runtime / 'words'
        environment = dict(self.environment, WAYLAND_DISPLAY=self.name)

        def said(*expected):
            def find():
                text, place = words.read_text(errors='replace'), 0
                for word in expected:
                    place = text.find(word, place) + 1
                    if place == 0:
                        return False
                return True
            self.wait_until(find, ' '.join(expected))
        with open(words, 'wb') as file:
            with self.started('weston-terminal', '--shell=/bin/sh', env=environment,
                              stderr=file):
                said('wl_keyboard', '.enter(')
                self.wait_until(lambda: 'on x11-1: ' in self.log(), 'the program')
                yield said

    @unittest.skipUnless(shutil.which('weston-terminal'), 'weston is not installed')
    def test_pointer(self):
        with self.xvfb(), self.nested('x11:320x240'), self.listener() as said:
            self.hand('move', 33, 57)
            said('.enter(', ', 33.00', ', 57.00')
            self.hand('move', 101, 99, 'button', 1, 'button', 3, 'button', 5, 'button', 6)
            said('.motion(', ', 101.00', ', 99.00', ', 272, 1)', ', 272, 0)', ', 273, 1)', ', 273, 0)',
                 '.axis_source(0)', '.axis_discrete(0, 1)', '.axis(', '.axis_discrete(1, -1)')

    def cursor(self):
        words = self.hand('cursor').split()
        return words[3], words[5], int(words[7])

    @unittest.skipUnless(shutil.which('weston-terminal'), 'weston is not installed')
    def test_cursor(self):
        """The program's is the X server's, and so costs no copy of the picture."""
        with self.xvfb(), self.nested('x11:320x240'), self.listener():
            def picture():
                return self.cursor()[0], self.cursor()[2]
            outside = picture()
            self.hand('move', 100, 90)
            inside = self.wait_until(lambda: 20 < picture()[1] != outside[1] and picture(), 'a cursor')
            self.assertNotIn('the cursor has no plane', self.log())
            self.hand('move', 500, 400)
            self.assertEqual(picture(), outside)
            self.hand('move', 150, 120)
            self.wait_until(lambda: picture() == inside, 'it again')
            self.assertIn('flush', self.log().split('on x11-1: ')[-1])

    @unittest.skipUnless(shutil.which('weston-terminal'), 'weston is not installed')
    def test_cursor_is_drawn(self):
        """Where the X server takes no pictures."""
        with self.xvfb('-extension', 'RENDER'), self.nested('x11:320x240'), self.listener():
            self.hand('move', 100, 90)
            self.wait_until(lambda: 'the cursor has no plane of its own' in self.log(), 'a drawn one')
            self.wait_until(lambda: self.cursor()[2] == 0, 'none of the X server')

    @unittest.skipUnless(shutil.which('weston-terminal'), 'weston is not installed')
    def test_nothing_is_held_for_ever(self):
        """What is down when the keys go elsewhere is let go; what is repeated, comes once."""
        with self.xvfb(), self.nested('x11:320x240'), self.listener() as said:
            self.hand('focus', 'move', 100, 100, 'hold', 42)
            said('.key(', ', 42, 1)', '.modifiers(', ', 1, 0, 0, 0)')
            self.hand('unfocus')
            said(', 42, 0)', '.modifiers(', ', 0, 0, 0, 0)')
            self.hand('let', 42, 'focus', 'key', 58, 'key', 30)
            said(', 58, 1)', '.modifiers(', ', 0, 0, 2, 0)', ', 30, 1)', ', 30, 0)')
            self.hand('key', 58, 'hold', 48)
            time.sleep(1.5)  # longer than the X server waits until it repeats
            self.hand('let', 48)
            said(', 48, 1)', ', 48, 0)')
            text = (self.runtime / 'words').read_text(errors='replace')
            self.assertEqual(text.count(', 48, 1)'), 1)

    @unittest.skipUnless(shutil.which('setxkbmap') and shutil.which('weston-terminal'),
                         'setxkbmap (x11-xkb-utils) is not installed')
    def test_layout(self):
        """Keys mean what they mean in the X server, from one moment to the next."""
        with self.xvfb(), self.nested('x11:640x480'), self.listener() as said:
            self.hand('focus', 'move', 100, 100)
            self.run_program('setxkbmap', 'de')
            said('.keymap(', '.keymap(')
            self.type('cd\n')
            self.hand(*(word for code in (20, 24, 22, 46, 35, 57, 44, 28) for word in ('key', code)))
            self.wait_until((self.runtime / 'y').exists, 'a file with the name of the key')


class Life(Nested):
    def test_resizing(self):
        with self.xvfb(), self.nested('x11:320x240'):
            with self.program(self.name, harness.FRAMELEND, 'demo-client', 'chart'):
                self.wait_until(lambda: '320x240 on x11-1' in self.log(), 'the program')
                for size in ((400, 300), (330, 250), (640, 480), (401, 299)):
                    self.hand('resize', *size)
                    self.wait_until(lambda: self.shot()[:2] == size, f'an output of {size}')
                    self.wait_until(lambda: '{}x{} on x11-1: flush'.format(*size) in self.log(),
                                    f'a program of {size}')

    def test_closing_ends_the_server(self):
        for word, said in (('close', 'its window was closed'),
                           ('destroy', 'its window was destroyed by another program')):
            with self.subTest(word=word), self.xvfb():
                with self.nested('x11:320x240') as (process, _), self.pattern(*SIZE):
                    self.wait_for_pattern(*SIZE)
                    self.hand(word)
                    self.assertEqual(process.wait(timeout=harness.TIMEOUT), 0)
                    self.assertIn(f'x11-1: {said}', self.log())

    def test_closing_ends_the_command(self):
        with self.xvfb():
            script = 'trap "echo ended >ended; exit 9" TERM; echo; while :; do sleep 0.1; done'
            with self.started(harness.FRAMELEND, 'serve', '--output', 'x11:320x240', '--', 'sh', '-c',
                              script, cwd=self.runtime, stderr=subprocess.DEVNULL) as process:
                process.stdout.readline()
                self.hand('close')
                self.assertEqual(process.wait(timeout=harness.TIMEOUT), 0)
            self.wait_until((self.runtime / 'ended').exists, 'the end of the command')

    def test_dead_server(self):
        """Its output goes, ours lives, and what was shown there moves to another."""
        with self.xvfb() as xvfb, self.nested('x11:320x240', 'headless:320x240') as (process, _):
            with self.pattern(*SIZE):
                self.wait_for_pattern(*SIZE)
                xvfb.kill()
                self.wait_until(lambda: 'x11-1 is removed: the X server closed' in self.log(), 'words')
                self.wait_until(lambda: self.shot() == (*SIZE, harness.pattern_rows(*SIZE)),
                                'the pattern elsewhere')
                self.assertIsNone(process.poll())

    def test_two_windows(self):
        with self.xvfb(), self.nested('x11:320x240', 'x11:200x100') as (process, _):
            self.hand('close')
            self.wait_until(lambda: 'closed' in self.log(), 'the first to go')
            time.sleep(0.3)
            self.assertIsNone(process.poll())
            self.hand('close')
            self.assertEqual(process.wait(timeout=harness.TIMEOUT), 0)

    def test_exposure(self):
        """What the X server forgot it gets again, though nothing new is drawn."""
        with self.xvfb('-bs'), self.nested('x11:320x240'), self.pattern(*SIZE):
            self.wait_for_pattern(*SIZE)
            with self.started(HAND, 'cover', stdin=subprocess.PIPE) as cover:
                self.assertEqual(cover.stdout.readline(), b'covered\n')
                self.assertEqual(set(self.seen()), {bytes(SIZE[0] * 3)})
            self.wait_for_pattern(*SIZE)
            self.hand('unmap', 'map')
            self.wait_for_pattern(*SIZE)

    def check_pace(self, *options):
        """Nothing is done for a picture that stays, and little for one that nobody sees."""
        with self.xvfb(*options), self.nested('x11:320x240') as (process, _):
            with self.pattern(*SIZE):
                self.wait_for_pattern(*SIZE)
                time.sleep(0.5)
                before = self.switches(process)
                time.sleep(1)
                self.assertLessEqual(self.switches(process) - before, 2)
            with self.program(self.name, harness.FRAMELEND, 'demo-client', 'chart'):
                self.wait_until(lambda: self.log().count('320x240 on x11-1') > 1, 'the program')
                before = self.switches(process)
                time.sleep(1)
                self.assertGreater(self.switches(process) - before, 20)
                self.hand('unmap')
                time.sleep(0.3)
                before = self.switches(process)
                time.sleep(2)
                self.assertLess(self.switches(process) - before, 30)
                self.hand('map')
                before = self.switches(process)
                self.wait_until(lambda: self.switches(process) - before > 50, 'new frames')

    def test_pace(self):
        self.check_pace()

    def test_pace_without_present(self):
        self.check_pace('-extension', 'Present')


class Words(Nested):
    def test_no_server(self):
        for output, words in (('x11', 'DISPLAY is not set'),
                              ('x11::59997', "there is no X server ':59997'"),
                              ('x11:59997', "there is no X server ':59997'"),
                              ('x11::59997:320x240', "there is no X server ':59997'"),
                              ('x11:nonsense', "'nonsense' names no X display")):
            with self.subTest(output=output):
                self.assert_complaint(self.framelend('serve', '--output', output), 1, words)

    def test_display_is_named(self):
        with self.xvfb():
            number = self.environment.pop('DISPLAY')
            for output in (f'x11:{number}:320x240', f'x11:{number[1:]}:320x240', f'x11:{number}.0'):
                with self.subTest(output=output):
                    result = self.framelend('serve', '--output', output, '--', 'true')
                    self.assertEqual((result.returncode, result.stderr), (0, b''))

    def test_refused_user(self):
        """A server with a cookie that we do not have."""
        (self.runtime / 'cookies').write_bytes(b'')
        with self.xvfb('-auth', str(self.runtime / 'cookies')):
            if os.geteuid() == 0 or self.framelend('serve', '--output', 'x11', '--', 'true').returncode == 0:
                return  # Xvfb lets its own user in
            self.assert_complaint(self.framelend('serve', '--output', 'x11'), 1, 'refuses this user')


class Auto(Nested):
    def serve(self, *arguments):
        result = self.framelend('serve', *arguments, '--log', 'info', '--', 'true')
        self.assertEqual(result.returncode, 0)
        return result.stderr.decode()

    def test_desktop(self):
        with self.xvfb():
            text = self.serve()
            name = self.environment['DISPLAY']
            self.assertIn(f'framelend: output: a window on X11 ({name}), since DISPLAY is set\n', text)
            self.assertIn('info: output: no window on Wayland: WAYLAND_DISPLAY is not set\n', text)

    def test_nothing(self):
        text = self.serve()
        self.assertIn('framelend: output: none that is seen (headless:1280x720@60), since', text)
        self.assertIn('info: output: no window on X11: DISPLAY is not set\n', text)
        self.assertIn('info: output: no displays: it was not started from a text console\n', text)
        self.assertEqual(self.serve('--output', 'auto,tile'), text)

    def test_desktop_that_is_gone(self):
        self.environment['DISPLAY'] = ':59997'
        self.environment['WAYLAND_DISPLAY'] = 'wayland-nobody'
        text = self.serve()
        self.assertIn('framelend: output: none that is seen', text)
        self.assertIn("no window on X11: there is no X server ':59997'", text)
        self.assertIn('no window on Wayland: ', text)


del Display


if __name__ == '__main__':
    harness.main()
