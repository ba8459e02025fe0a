#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend serve --xwayland: programs for X are shown, typed into, and find their display again."""

import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import unittest

import harness

SIZE = (400, 300)
OUTPUT = ('--output', 'headless:{}x{}'.format(*SIZE))


def children(pid):
    """Of a process: their ids by their programs' names."""
    found = {}
    for child in pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split():
        try:
            found[pathlib.Path(f'/proc/{child}/comm').read_text().strip()] = int(child)
        except FileNotFoundError:
            pass
    return found


class X(harness.Case):
    def x_program(self, names, *arguments, **options):
        environment = dict(self.environment, DISPLAY=names[1])
        return self.run_program(*arguments, env=environment, **options)

    def picture(self, display):
        result = self.framelend('shot', '--display', display, '-')
        self.assertEqual(result.returncode, 0, result.stderr)
        return harness.read_png(result.stdout)[2]

    def use(self, display, *words):
        result = self.framelend('input', '--display', display, *words)
        self.assertEqual(result.returncode, 0, result.stderr)


@unittest.skipUnless(shutil.which('Xwayland') and shutil.which('xdpyinfo'),
                     'xwayland or x11-utils is not installed')
class Xwayland(X):
    def test_command(self):
        """It is started once it can connect, with DISPLAY set, and its status is the server's."""
        result = self.framelend('serve', *OUTPUT, '--xwayland', '--', 'sh', '-c',
                                'echo $DISPLAY $WAYLAND_DISPLAY; xdpyinfo; exit 7')
        text = result.stdout.decode()
        self.assertEqual(result.returncode, 7, result.stderr)
        self.assertRegex(text, r'\A:\d+ framelend-0\n')
        self.assertIn('{}x{} pixels'.format(*SIZE), text)
        self.assertIn('MIT-SHM', text)

    def test_root_window_fills_the_output(self):
        with self.server(*OUTPUT, '--xwayland') as (_, *names):
            self.x_program(names, 'xsetroot', '-solid', '#204060')
            wanted = [bytes((0x20, 0x40, 0x60)) * SIZE[0]] * SIZE[1]
            self.wait_until(lambda: self.picture(names[0]) == wanted, 'the colour everywhere')

    def test_own_display_for_each_server(self):
        with self.server(*OUTPUT, '--xwayland') as (_, *first), self.server(*OUTPUT, '--xwayland') as (_, *second):
            self.assertNotEqual(first[1], second[1])
            for names in (first, second):
                self.assertEqual(self.x_program(names, 'xdpyinfo').returncode, 0)

    def test_ends_with_the_server(self):
        with self.server(*OUTPUT, '--xwayland') as (server, *names):
            pid = children(server.pid)['Xwayland']
            server.terminate()
            _, errors = server.communicate(timeout=harness.TIMEOUT)
            self.assertEqual(server.returncode, 0)
            self.assertFalse(os.path.exists(f'/proc/{pid}'))
            self.assertNotIn(b'failed to read Wayland events', errors)
            self.assertNotEqual(self.x_program(names, 'xdpyinfo').returncode, 0)

    def test_comes_back(self):
        """On the same display, since programs look for it there."""
        with self.server(*OUTPUT, '--xwayland') as (server, *names):
            for _ in range(2):
                pid = children(server.pid)['Xwayland']
                os.kill(pid, signal.SIGKILL)
                self.wait_until(lambda: children(server.pid).get('Xwayland', pid) != pid, 'another')
                self.wait_until(lambda: self.x_program(names, 'xdpyinfo').returncode == 0, 'X')
            server.terminate()
            errors = server.communicate(timeout=harness.TIMEOUT)[1].decode()
            self.assertEqual(errors.count(f'starting it again on {names[1]}'), 2, errors)
            self.assertIn('ended with status 137', errors)

    def test_keys_and_clicks(self):
        """They reach the X program under the pointer."""
        with open(self.runtime / 'events', 'wb') as file, \
                self.server(*OUTPUT, '--xwayland') as (_, *names), \
                self.started('stdbuf', '-o0', 'xev', '-geometry', '300x200+100+100', stdout=file,
                             env=dict(self.environment, DISPLAY=names[1])) as xev:
            def events():
                return (self.runtime / 'events').read_text()
            self.wait_until(lambda: 'MapNotify' in events(), 'its window')
            self.use(names[0], 'move', '150', '180', 'click', 'right', 'type', 'aB')
            self.wait_until(lambda: re.search(r'keysym 0x42, B\)', events()), 'the keys')
            self.assertRegex(events(), r'ButtonPress event(?:.*\n){2}.*button 3')
            self.assertRegex(events(), r'MotionNotify event(?:.*\n).*root:\(150,180\)')
            self.assertRegex(events(), r'keysym 0x61, a\)')
            self.assertIsNone(xev.poll())

    def test_cursor(self):
        """The root window's own cursor is drawn where the pointer is."""
        with self.server(*OUTPUT, '--xwayland') as (_, *names):
            self.x_program(names, 'xsetroot', '-solid', 'black', '-fg', '#ff0000', '-bg', '#ff0000',
                           '-cursor_name', 'crosshair')
            self.use(names[0], 'move', '300', '200')
            self.wait_until(lambda: bytes((255, 0, 0)) in self.cursor(names[0]), 'a red cursor')
            self.use(names[0], 'move', '100', '50')
            self.wait_until(lambda: not any(self.cursor(names[0])), 'it to be elsewhere')

    def cursor(self, display):
        return b''.join(row[280 * 3:320 * 3] for row in self.picture(display)[180:220])

    def test_shared_memory(self):
        """XShmPutImage, by x11perf, which says so if the extension is missing."""
        with self.server('--output', 'headless:800x700', '--xwayland') as (_, *names):
            result = self.x_program(names, 'x11perf', '-shmput100', '-shmput500', '-repeat', '1',
                                    '-time', '1')
            self.assertEqual(result.returncode, 0, result.stderr)
            rates = re.findall(r'\(\s*([\d.]+)/sec\): ShmPutImage (\d+)x', result.stdout.decode())
            self.assertEqual([size for _, size in rates], ['100', '500'], result.stdout)
            self.assertTrue(all(float(rate) > 0 for rate, _ in rates))

    def test_opengl(self):
        with self.server(*OUTPUT, '--xwayland') as (_, *names):
            result = self.x_program(names, 'glxinfo', '-B')
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(b'direct rendering: Yes', result.stdout)
            self.assertIn(b'llvmpipe', result.stdout)

    @unittest.skipUnless(os.getuid() == 0, 'only root can become somebody else')
    def test_others_are_refused(self):
        with self.server(*OUTPUT, '--xwayland') as (_, *names):
            result = self.x_program(names, 'setpriv', '--reuid=65534', '--regid=65534',
                                    '--clear-groups', 'xdpyinfo')
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(b'Authorization required', result.stderr)


class Trouble(X):
    """With something else in Xwayland's place."""

    def substitute(self, script):
        folder = self.runtime / 'bin'
        folder.mkdir()
        if script:
            (folder / 'Xwayland').write_text('#!/bin/bash\n' + script)
            (folder / 'Xwayland').chmod(stat.S_IRWXU)
        self.environment['PATH'] = str(folder) if not script else f'{folder}:{os.environ["PATH"]}'

    def test_not_installed(self):
        self.substitute(None)
        result = self.framelend('serve', *OUTPUT, '--xwayland', '--', '/bin/true')
        self.assert_complaint(result, 1, 'Xwayland', 'No such file', 'install the package xwayland')

    def test_dies_before_it_is_ready(self):
        for script, status in (('exit 3', 3), ('kill -9 $$', 137), ('printf nonsense >&$3; exit 4', 4)):
            with self.subTest(script=script):
                shutil.rmtree(self.runtime / 'bin', ignore_errors=True)
                self.substitute(script)
                result = self.framelend('serve', *OUTPUT, '--xwayland', '--', 'touch', self.runtime / 'ran')
                self.assert_complaint(result, 1, f'status {status} before it was ready')
                self.assertFalse((self.runtime / 'ran').exists())

    def test_writes_byte_by_byte(self):
        self.substitute('for c in 4 2; do printf $c >&$3; sleep 0.1; done; echo >&$3; eval "exec $3>&-"\n'
                        'exec sleep 1000')
        result = self.framelend('serve', *OUTPUT, '--xwayland', '--', 'sh', '-c', 'echo $DISPLAY')
        self.assertEqual((result.returncode, result.stdout), (0, b':42\n'), result.stderr)

    def test_dies_again_and_again(self):
        """Programs that need no X go on."""
        self.substitute('echo 42 >&$3')
        with self.started(harness.FRAMELEND, 'serve', *OUTPUT, '--xwayland', '--', 'sleep', '1000',
                          stderr=subprocess.PIPE, text=True) as server:
            lines = [server.stderr.readline() for _ in range(3)]
            self.assertIn('starting it again on :42', lines[0])
            self.assertIn('starting it again on :42', lines[1])
            self.assertIn('no X display :42 any more', lines[2])
            self.wait_until(lambda: list(children(server.pid)) == ['sleep'], 'the program alone')

    def test_ignores_the_end(self):
        """It is killed then."""
        self.substitute('trap "" TERM; echo 42 >&$3; eval "exec $3>&-"; while :; do sleep 1; done')
        with self.server(*OUTPUT, '--xwayland') as (server, *names):
            self.assertEqual(names[1], ':42')
            pid = children(server.pid)['Xwayland']
            server.terminate()
            server.communicate(timeout=harness.TIMEOUT)
            self.assertEqual(server.returncode, 0)
            self.assertFalse(os.path.exists(f'/proc/{pid}'))

    def test_interrupted_before_it_is_ready(self):
        self.substitute('exec sleep 1000')
        with self.started(harness.FRAMELEND, 'serve', *OUTPUT, '--xwayland', '--', 'true',
                          stderr=subprocess.PIPE) as server:
            self.wait_until(lambda: 'sleep' in children(server.pid), 'the substitute')
            server.send_signal(signal.SIGINT)
            self.assertEqual(server.wait(harness.TIMEOUT), 0)

    def test_no_display_of_others(self):
        """Without --xwayland DISPLAY is not what it was."""
        self.environment['DISPLAY'] = ':987'
        result = self.framelend('serve', *OUTPUT, '--', 'sh', '-c', 'echo ${DISPLAY-none}')
        self.assertEqual((result.returncode, result.stdout), (0, b'none\n'))


if __name__ == '__main__':
    harness.main()
