#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What unmodified programs copy, others paste: wl-clipboard, by the clipboard and by the selection."""

import contextlib
import shutil
import subprocess
import unittest

import harness


@unittest.skipUnless(shutil.which('wl-copy'), 'wl-clipboard is not installed')
class Clipboard(harness.Case):
    @contextlib.contextmanager
    def desk(self):
        """A server whose seat has a keyboard, as the name of its socket."""
        with self.server('--output', 'headless:320x240') as (_, name):
            # Who holds a key down is a keyboard, until the end.
            arguments = [harness.FRAMELEND, 'input', '--display', name, 'keydown', 'Shift_L',
                         'wait', '60000']
            with self.started(*arguments):
                self.wait_until(lambda: b'no keyboard' not in self.run_paste(name).stderr,
                                'the keyboard')
                yield name

    def copy(self, display, text, *options):
        return self.program(display, 'wl-copy', '--foreground', *options, '--', text)

    def run_paste(self, display, *options):
        environment = dict(self.environment, WAYLAND_DISPLAY=display)
        return subprocess.run(['wl-paste', '--no-newline', *options], env=environment,
                              capture_output=True, timeout=30, check=False)

    def paste(self, display, *options):
        return self.run_paste(display, *options).stdout.decode()

    def wait_for(self, display, text, *options):
        self.wait_until(lambda: self.paste(display, *options) == text, f'{text:.20}')

    def test_nothing_was_copied(self):
        with self.desk() as name:
            for options in [], ['--primary']:
                self.assertEqual(self.paste(name, *options), '')

    def test_copy_and_paste(self):
        with self.desk() as name, self.copy(name, 'copied: \u00e4\u20ac'):
            self.wait_for(name, 'copied: \u00e4\u20ac')
            with self.copy(name, 'marked', '--primary'):
                self.wait_for(name, 'marked', '--primary')
                self.assertEqual(self.paste(name), 'copied: \u00e4\u20ac')

    def test_much_goes_through_the_pipe(self):
        text = 'framelend ' * 10000
        with self.desk() as name, self.copy(name, text):
            self.wait_for(name, text)

    def test_the_newest_is_pasted(self):
        with self.desk() as name, self.copy(name, 'first'):
            self.wait_for(name, 'first')
            with self.copy(name, 'second'):
                self.wait_for(name, 'second')


if __name__ == '__main__':
    unittest.main(verbosity=2)
