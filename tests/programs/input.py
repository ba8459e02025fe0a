#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend input, and wtype: what unmodified programs get of keys and clicks that scripts make."""

import contextlib
import json
import shutil
import subprocess
import unittest

import harness


class Input(harness.Case):
    def setUp(self):
        super().setUp()
        self.heard = self.runtime / 'heard'

    def act(self, display, *arguments, **options):
        result = self.framelend('input', '--display', display, *arguments, **options)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b'', b''))

    def wait_for_window(self, display):
        def find():
            result = self.framelend('top', '--once', '--json', '--display', display)
            self.assertEqual(result.returncode, 0, result.stderr)
            return [surface for surface in json.loads(result.stdout)['surfaces']
                    if surface['frames'] > 0 and surface['path'] != 'none']
        return self.wait_until(find, 'a window')[0]

    def read_heard(self):
        """As text; weston-terminal sends a NUL after each character beyond ASCII."""
        return self.heard.read_text(encoding='utf-8', errors='replace').replace('\0', '')

    def wait_for_lines(self, *lines):
        """Those lines were heard, in that order, with nothing but others between them."""
        def find():
            rest = iter(self.read_heard().split('\n')[:-1])
            return all(line in rest for line in lines)
        try:
            self.wait_until(find, lines)
        except AssertionError as error:
            raise AssertionError(f'{error}; heard: {self.read_heard()!r}') from None


TERMINALS = {
    'weston-terminal': ['weston-terminal', '--shell={}'],
    'foot': ['foot', '--config=/dev/null', '{}'],
}


class Typing(Input):
    @contextlib.contextmanager
    def terminal(self, program='weston-terminal'):
        """A server with a terminal whose lines go to self.heard, as the name of its socket."""
        shell = self.runtime / 'shell'
        shell.write_text(f'#!/bin/sh\nexec cat > {self.heard}\n')
        shell.chmod(0o755)
        arguments = [argument.format(shell) for argument in TERMINALS[program]]
        self.environment['LC_ALL'] = 'C.UTF-8'
        with self.server('--output', 'headless:640x480') as (_, name), \
                self.program(name, *arguments):
            self.wait_for_window(name)
            self.wait_until(self.heard.exists, 'the shell')
            yield name

    def skip_without(self, *programs):
        for program in programs:
            if not shutil.which(program):
                self.skipTest(f'{program} is not installed')

    def test_text(self):
        for program in TERMINALS:
            with self.subTest(program=program):
                self.skip_without(program)
                with self.terminal(program) as name:
                    # The first key of a seat that had no keyboard, and all of the server's keymap.
                    self.act(name, 'type', 'The quick (brown) fox: {jumps} @ 100%?\n')
                    self.wait_for_lines('The quick (brown) fox: {jumps} @ 100%?')
                    # What that keymap lacks, and back.
                    self.act(name, 'type', 'Grüße, ½ €, ☺, 漢字, 👍', 'key', 'Return',
                             'type', 'plain\n')
                    self.wait_for_lines('Grüße, ½ €, ☺, 漢字, 👍', 'plain')
                self.heard.unlink()

    def test_more_characters_than_a_keymap_has(self):
        self.skip_without('weston-terminal')
        text = ''.join(chr(0x4e00 + i) for i in range(300))
        with self.terminal() as name:
            # A line at a time: a terminal's input has its limits.
            for start in range(0, 300, 100):
                self.act(name, 'type', text[start:start + 100] + '\n')
            self.act(name, 'type', text[:250] + '\n')
            self.wait_for_lines(text[:100], text[100:200], text[200:], text[:250])

    def test_keys(self):
        self.skip_without('weston-terminal')
        with self.terminal() as name:
            self.act(name, 'type', 'one', 'key', 'BackSpace', 'key', 'shift+e', 'key', 'Return',
                     'type', 'gone', 'key', 'ctrl+u', 'keydown', 'shift', 'key', 'a', 'key', '1',
                     'keyup', 'shift', 'key', 'b', 'key', 'é', 'key', 'Return')
            self.wait_for_lines('onE', 'A!bé')

    def test_wtype(self):
        self.skip_without('wtype', 'weston-terminal')
        with self.terminal() as name:
            environment = dict(self.environment, WAYLAND_DISPLAY=name)
            for arguments in (['Grüße from wtype ☺'], ['-k', 'Return'],
                              ['gone', '-M', 'ctrl', 'u', '-m', 'ctrl', 'kept', '-k', 'Return']):
                result = self.run_program('wtype', *arguments, env=environment)
                self.assertEqual((result.returncode, result.stderr), (0, b''))
            self.act(name, 'type', 'and from us\n')
            self.wait_for_lines('Grüße from wtype ☺', 'kept', 'and from us')

    def test_script(self):
        self.skip_without('weston-terminal')
        script = ('# a script\n\n'
                  'type   two  words \n'
                  'key\tReturn\n'
                  'wait 1\n'
                  '  type # no comment\n'
                  'key Return')
        with self.terminal() as name:
            self.act(name, '-', stdin=None, input=script.encode())
            self.wait_for_lines('  two  words ', '# no comment')
            # As they come, not at the end.
            with self.started(harness.FRAMELEND, 'input', '--display', name, '-',
                              stdin=subprocess.PIPE) as process:
                for line in ('first', 'second'):
                    process.stdin.write(f'type {line}\nkey Return\n'.encode())
                    process.stdin.flush()
                    self.wait_for_lines(line)
                process.stdin.close()
                process.stdin = None  # else communicate() flushes it
                self.assertEqual(process.wait(harness.TIMEOUT), 0)


@unittest.skipUnless(shutil.which('weston-eventdemo'), 'weston is not installed')
class Pointing(Input):
    @contextlib.contextmanager
    def window(self, *arguments):
        """A server with a window that writes to self.heard what happens, as its socket's name."""
        with self.server('--output', 'headless:320x240', *arguments) as (_, name), \
                open(self.heard, 'wb') as heard, \
                self.started('stdbuf', '-oL', 'weston-eventdemo', '--log-button', '--log-axis',
                             '--log-key', stdout=heard, stderr=subprocess.DEVNULL,
                             env=dict(self.environment, WAYLAND_DISPLAY=name)):
            self.wait_for_window(name)
            yield name

    def events(self, wanted):
        """What was heard, without times, once there are as many."""
        def read():
            lines = [line.split(',', 1)[-1].strip()
                     for line in self.read_heard().splitlines()
                     if line.startswith(('button', 'axis time'))]
            return lines if len(lines) >= len(wanted) else None
        self.assertEqual(self.wait_until(read, wanted), wanted)

    def test_clicks(self):
        with self.window() as name:
            self.act(name, 'move', '100', '50', 'click', 'left', 'moveby', '-20', '+7',
                     'click', 'right', 'click', '276')
            self.events([f'button: {button}, state: {state}, x: {x}, y: {y}'
                         for button, x, y in ((272, 100, 50), (273, 80, 57), (276, 80, 57))
                         for state in ('pressed', 'released')])

    def test_drag(self):
        with self.window() as name:
            self.act(name, 'drag', '10', '20', '319', '239')
            self.events(['button: 272, state: pressed, x: 10, y: 20',
                         'button: 272, state: released, x: 319, y: 239'])

    def test_what_is_held_is_let_go(self):
        with self.window() as name:
            self.act(name, 'move', '10', '20', 'buttondown', 'middle', 'moveby', '5', '5')
            self.events(['button: 274, state: pressed, x: 10, y: 20',
                         'button: 274, state: released, x: 15, y: 25'])

    def test_wheel(self):
        with self.window() as name:
            self.act(name, 'move', '10', '20', 'scroll', '2', 'scroll', '-1', 'hscroll', '1')
            self.events(['axis: vertical, value: 15.000000', 'axis: vertical, value: 15.000000',
                         'axis: vertical, value: -15.000000', 'axis: horizontal, value: 15.000000'])

    def test_keys_as_a_person_presses_them(self):
        with self.window() as name:
            self.act(name, 'key', 'ctrl+shift+Left')
            self.wait_for_lines(
                'key key: 29, unicode: 65507, state: pressed, modifiers: 0x0',
                'key key: 42, unicode: 65505, state: pressed, modifiers: 0x4',
                'key key: 105, unicode: 65361, state: pressed, modifiers: 0x5',
                'key key: 105, unicode: 65361, state: released, modifiers: 0x5',
                'key key: 42, unicode: 65505, state: released, modifiers: 0x5',
                'key key: 29, unicode: 65507, state: released, modifiers: 0x4')

    def test_outputs(self):
        with self.window('--output', 'headless:200x100') as name:
            result = self.framelend('input', '--display', name, 'move', '320', '0')
            self.assert_complaint(result, 1, '320,0', 'headless-1', '320x240')
            for output in ('headless-2', '2'):
                self.act(name, '--output', output, 'move', '199', '99')
                result = self.framelend('input', '--display', name, '--output', output,
                                        'move', '0', '100')
                self.assert_complaint(result, 1, '0,100', 'headless-2', '200x100')
            result = self.framelend('input', '--display', name, '--output', '3', 'key', 'a')
            self.assert_complaint(result, 1, "no output '3'", 'headless-1 headless-2')


class Mistakes(Input):
    def test_nothing_is_done(self):
        """All of the command line is read before anything is done."""
        result = self.framelend('input', '--display', 'framelend-7', 'key', 'a', 'clack', 'left')
        self.assert_complaint(result, 2, "no action 'clack'")

    def test_a_script_ends_at_its_mistake(self):
        with self.server('--output', 'headless:32x24') as (_, name):
            for script, status, words in (
                    (b'move 1 1\n\nclack left\nmove 99 99\n', 2, ['line 3: ', "'clack'"]),
                    (b'move 1 1 1\n', 2, ['line 1: ', "too many: '1'"]),
                    (b'move 1\n', 2, ['line 1: ', 'needs 2 arguments']),
                    (b'type\n', 2, ['line 1: ', 'needs 1 argument']),
                    (b'key a\nmove 32 0', 1, ['line 2: ', '32,0', '32x24']),
                    (b'type \xff\n', 2, ['line 1: ', 'not UTF-8']),
                    (b'wait 1\nkey \x00\n', 2, ['line 2: '])):
                result = self.framelend('input', '--display', name, '-', stdin=None, input=script)
                self.assert_complaint(result, status, *words)
            self.assertEqual(self.framelend('input', '--display', name, '-').returncode, 0)

    def test_no_server(self):
        result = self.framelend('input', '--display', 'framelend-7', 'key', 'a')
        self.assert_complaint(result, 1, 'framelend-7 has no server', 'framelend serve')


if __name__ == '__main__':
    harness.main()
