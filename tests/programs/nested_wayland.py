#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The server in a window of weston and of sway: what these show, and what their users do."""

import contextlib
import os
import shutil
import subprocess
import unittest

import displays
import harness

SIZE = displays.SIZE
HAND = os.environ['FRAMELEND_NESTED_WAYLAND_HAND']
TERMINAL = unittest.skipUnless(shutil.which('weston-terminal'), 'weston-terminal is not installed')
WTYPE = unittest.skipUnless(shutil.which('wtype'), 'wtype is not installed')


class Nested:
    """On a host, which a class of displays starts: its display() is that of a server within."""

    OUTPUT = 'wayland:{},fullscreen'
    NAME = 'wayland:'
    PATHS = ('scanout',)
    LACKS = {}

    @contextlib.contextmanager
    def inside(self, output, *options):
        """A server with this output; its log is a file."""
        with open(self.runtime / 'log', 'wb') as log:
            reader, writer = os.pipe()
            process = subprocess.Popen([harness.FRAMELEND, 'serve', '--log', 'debug', '--ready-fd',
                                        str(writer), '--output', output, *options],
                                       pass_fds=[writer], env=self.environment, stderr=log,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            os.close(writer)
            with os.fdopen(reader) as ready:
                self.inner = ready.readline().strip()
            try:
                self.assertNotEqual(self.inner, '', self.log())
                yield process
            finally:
                process.terminate()
                process.communicate(timeout=harness.TIMEOUT)

    @contextlib.contextmanager
    def display(self):
        with super().display() as host, self.inside(self.OUTPUT.format(host)):
            yield self.inner

    def log(self):
        return (self.runtime / 'log').read_text()

    def shot(self):
        """What the server in the window thinks that it shows."""
        result = self.framelend('shot', '--display', self.inner, '-')
        return harness.read_png(result.stdout) if result.returncode == 0 else (0, 0, [])

    def wait_until_same(self, question, what):
        """What the host shows is what we do, and it is that."""
        def ask():
            seen = self.screenshot()
            return seen[:2] == SIZE and question(seen[2]) and seen == self.shot()
        return self.wait_until(ask, what)

    @TERMINAL
    def test_unmodified_programs(self):
        with self.display() as name:
            with self.program(name, 'weston-terminal', '--shell=/bin/sh'):
                self.wait_until_same(lambda rows: len(set(map(bytes, rows))) > 8, 'a prompt')
            with self.program(name, 'weston-simple-shm'):
                self.wait_until(lambda: len(set(map(bytes, self.screenshot()[2]))) > 100, 'its picture')

    def test_the_host_ends(self):
        with super().display() as host, self.inside(f'wayland:{host}') as process:
            other = self.runtime / host
            self.assertTrue(other.exists())
            self.end_host()
            # The last window is gone, and so is the server.
            process.wait(timeout=harness.TIMEOUT)
            self.assertIn('wayland-1 is removed: the other Wayland server', self.log())

    @contextlib.contextmanager
    def started(self, *arguments, **options):
        with super().started(*arguments, **options) as process:
            if arguments[0] in ('weston', 'sway'):
                self.host = process
            yield process

    def end_host(self):
        self.host.terminate()
        self.host.wait(timeout=harness.TIMEOUT)


class InWeston(Nested, displays.Weston):
    pass


class InSway(Nested, displays.Sway):
    LACKS = displays.Sway.LACKS  # what the host discards cannot be told of

    @TERMINAL
    @WTYPE
    def test_typing(self):
        """Keys typed outside, by a keymap of the typist's own, reach a shell inside."""
        with self.display(), self.terminal('one'):
            self.wait_until_same(lambda rows: len(set(map(bytes, rows))) > 8, 'a prompt')
            file = self.runtime / 'Typed_by-wtype'
            self.type(self.name, f'echo "$((6*7)) $WHO" > {file}')
            self.wait_until(lambda: file.exists() and file.read_text() == '42 one\n',
                            'what the shell was told')

    @TERMINAL
    @WTYPE
    def test_pointing(self):
        """A click outside chooses the window at that place inside, and keys go there."""
        with super(Nested, self).display() as host, self.inside(f'wayland:{host},fullscreen,tile'):
            with self.terminal('one'), self.terminal('two'):
                self.wait_until_same(lambda rows: self.log().count(' (weston-terminal): ') >= 2, 'both')
                told = [self.click_and_ask(host, 80), self.click_and_ask(host, 240)]
                self.assertEqual(sorted(told), ['one', 'two'])
                self.assertEqual(self.click_and_ask(host, 80), told[0])

    def terminal(self, name):
        return self.started('weston-terminal', '--shell=/bin/sh', stderr=subprocess.DEVNULL,
                            env=dict(self.environment, WAYLAND_DISPLAY=self.inner, WHO=name))

    def click_and_ask(self, host, x):
        """Whose keys they are after a click there."""
        file = self.runtime / 'answer'
        file.unlink(missing_ok=True)
        environment = dict(self.environment, WAYLAND_DISPLAY=host)
        result = self.run_program(HAND, x, 200, *SIZE, env=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.type(host, f'echo $WHO > {file}')
        return self.wait_until(lambda: file.exists() and file.read_text().strip(), 'an answer')

    def type(self, host, text):
        # There is no keyboard before: who wants its keys has to notice it first.
        result = self.run_program('wtype', '-s', '1500', '-d', '20', text, '-k', 'Return',
                                  env=dict(self.environment, WAYLAND_DISPLAY=host))
        self.assertEqual(result.returncode, 0, result.stderr)


class Wrong(harness.Case):

    def test_no_server(self):
        self.assert_complaint(self.framelend('serve', '--output', 'wayland:nobody'), 1, 'nobody',
                              'No such file or directory')
        self.assert_complaint(self.framelend('serve', '--output', 'wayland'), 1,
                              'WAYLAND_DISPLAY is not set')


if __name__ == '__main__':
    harness.main()
