#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Wrong usage: one line that names the mistake, and status 2."""

import harness

MISTAKES = [
    # arguments, words of the complaint
    ([], ['a command is missing']),
    (['frobnicate'], ["no command 'frobnicate'"]),
    (['--frobnicate'], ["'--frobnicate'"]),
    (['help', 'frobnicate'], ["no command 'frobnicate'"]),
    (['help', 'top', 'shot'], ['one command']),

    (['serve', '--frobnicate'], ["'--frobnicate'", 'framelend help serve']),
    (['serve', '-x'], ["'-x'"]),
    (['serve', '--output'], ["'--output' needs an argument"]),
    (['serve', '--output', ''], ['headless:WIDTHxHEIGHT']),
    (['serve', '--output', 'vnc:1'], ['vnc:1', 'headless:WIDTHxHEIGHT', 'kms[:CARD]']),
    (['serve', '--output', 'headless'], ['needs a size']),
    (['serve', '--output', 'headless:640x480,mirror'], ['neither full nor tile']),
    (['serve', '--output', 'kms:0x0'], ['kms:0x0', '16384x16384']),
    (['serve', '--output', 'kms:640x'], ['16384x16384']),
    (['serve', '--output', 'kms:640x480@5000'], ['refresh rate']),
    (['serve', '--output', 'kms:640x480:800x600'], ['more than one mode']),
    (['serve', '--output', 'kms:card0:card1'], ["'card1'", 'too many']),
    (['serve', '--output', 'kms:DP-1:eDP-1'], ["'eDP-1'", 'too many']),
    (['serve', '--output', 'kms:' + 'x' * 100], ['no device or connector']),
    (['serve', '--output', 'kms,clone'], ['neither full nor tile', 'mirror']),
    (['serve', '--output', 'kms,tile,full'], ['neither full nor tile']),
    (['serve', '--output', 'auto:640x480'], ['auto:640x480', 'size of its own']),
    (['serve', '--output', 'auto,mirror'], ['neither full nor tile', 'fullscreen']),
    (['serve', '--output', 'x11:'], ['x11:', 'empty']),
    (['serve', '--output', 'x11::0:640x480,mirror'], ['neither full nor tile', 'fullscreen']),
    (['serve', '--output', 'x11:' + 'x' * 108], ['too long']),
    (['serve', '--output', 'wayland:'], ['wayland:', 'empty']),
    (['serve', '--output', 'wayland::640x480'], ['empty']),
    (['serve', '--output', 'wayland:' + 'x' * 200 + ':640x480'], ['too long']),
    (['serve', '--output', 'headless:640x480,fullscreen'], ['neither full nor tile']),
    (['serve', '--output', 'headless:640x480,scale=0.4'], ["scale '0.4'", '0.5 to 10']),
    (['serve', '--output', 'headless:640x480,scale=10.01'], ["scale '10.01'"]),
    (['serve', '--output', 'headless:640x480,scale='], ["scale ''"]),
    (['serve', '--output', 'headless:640x480,scale=-1'], ["scale '-1'"]),
    (['serve', '--output', 'headless:640x480,scale=2x'], ["scale '2x'"]),
    (['serve', '--output', 'kms,transform=45'], ["transform '45'", 'flipped-90']),
    (['serve', '--output', 'x11,transform='], ["transform ''"]),
    (['serve', '--output', 'x11,layout=tile'], ["no option 'layout'", 'scale and transform']),
    (['serve', '--output', 'headless:'], ['16384x16384']),
    (['serve', '--output', 'headless:0x0'], ['headless:0x0', '16384x16384']),
    (['serve', '--output', 'headless:640x0'], ['16384x16384']),
    (['serve', '--output', 'headless:0x480'], ['16384x16384']),
    (['serve', '--output', 'headless:99999999x1'], ['16384x16384']),
    (['serve', '--output', 'headless:16385x1'], ['16384x16384']),
    (['serve', '--output', 'headless:99999999999999999999x1'], ['16384x16384']),
    (['serve', '--output', 'headless:4294967297x1'], ['16384x16384']),
    (['serve', '--output', 'headless:-1x1'], ['16384x16384']),
    (['serve', '--output', 'headless: 1x1'], ['16384x16384']),
    (['serve', '--output', 'headless:640'], ['16384x16384']),
    (['serve', '--output', 'headless:640X480'], ['16384x16384']),
    (['serve', '--output', 'headless:640x480@'], ['refresh rate']),
    (['serve', '--output', 'headless:640x480@-1'], ['refresh rate', '1000 Hz']),
    (['serve', '--output', 'headless:640x480@1001'], ['refresh rate']),
    (['serve', '--output', 'headless:640x480@1000.001'], ['refresh rate']),
    (['serve', '--output', 'headless:640x480@nan'], ['refresh rate']),
    (['serve', '--output', 'headless:640x480@1e2'], ['refresh rate']),
    (['serve', '--output', 'headless:640x480@60Hz'], ['refresh rate']),
    (['serve', '--output', 'headless:640x480@0000000000000000060'], ['refresh rate']),
    (['serve', '--output', 'headless:640x480,'], ['neither full nor tile']),
    (['serve', '--output', 'headless:640x480,tiled'], ['neither full nor tile']),
    (['serve', '--output', 'headless:640x480,full,tile'], ['neither full nor tile']),
    (['serve', '--output', 'headless:640x480*60'], ["'*60'"]),
    (['serve'] + ['--output', 'headless:1x1'] * 17, ['more than 16 outputs']),
    (['serve', '--layout', 'cascade'], ["'cascade'", 'full nor tile']),
    (['serve', '--socket', ''], ['empty']),
    (['serve', '--log', 'loud'], ["'loud'", 'debug']),
    (['serve', '--ready-fd', 'three'], ["'three'"]),
    (['serve', '--ready-fd', '-1'], ["'-1'"]),
    (['serve', '--ready-fd', '987'], ['987', 'not open']),
    (['serve', '--'], ['command after -- is missing']),
    (['serve', 'true'], ["'true'", 'comes after --']),
    (['serve', '--layout', 'tile', 'true', '--', 'true'], ["'true'"]),

    (['shot'], ['file to write is missing']),
    (['shot', 'a.png', 'b.png'], ["'b.png'"]),
    (['shot', '--frobnicate', 'a.png'], ["'--frobnicate'", 'framelend help shot']),
    (['shot', '--output'], ['needs an argument']),
    (['shot'] + ['--output', '1'] * 17 + ['a.png'], ['more than 16 outputs']),

    (['input'], ['an action is missing']),
    (['input', 'clack'], ["no action 'clack'", 'framelend help input']),
    (['input', '-', 'key', 'a'], ["too many: 'key'"]),
    (['input', '--delay', 'long', 'key', 'a'], ["'long' is no time in ms", '3600000']),
    (['input', '--frobnicate', 'key', 'a'], ["'--frobnicate'"]),
    (['input', 'type'], ['type needs 1 argument']),
    (['input', 'type', 'a\x01'], ['U+0001', 'number 2']),
    (['input', 'type', 'a\udcc3'], ['not UTF-8 after 1 ']),
    (['input', 'key'], ['key needs 1 argument']),
    (['input', 'key', ''], ["no key ''"]),
    (['input', 'key', 'ctrl+'], ["'ctrl+': no key ''", 'plus']),
    (['input', 'key', 'hyper+frob'], ["no key 'hyper'"]),
    (['input', 'key', '+'.join('abcdefghi')], ['more than 8']),
    (['input', 'move', '1'], ['move needs 2 arguments']),
    (['input', 'move', '-1', '1'], ["'-1' is no pixel", '16383']),
    (['input', 'moveby', '--1', '1'], ["'--1' is no distance", '-16384 to 16384']),
    (['input', 'moveby', '+', '1'], ["'+' is no distance"]),
    (['input', 'click', 'top'], ["no button 'top'", 'left, right, middle']),
    (['input', 'click', '768'], ["no button '768'", '256 to 767']),
    (['input', 'drag', '1', '2', '3'], ['drag needs 4 arguments']),
    (['input', 'scroll', '1001'], ["'1001' is no number of clicks", '-1000 to 1000']),
    (['input', 'wait', '3600001'], ["'3600001' is no time"]),

    (['top', 'all'], ["'all'"]),
    (['top', '--interval', '0'], ["'0'", '3600']),
    (['top', '--interval', '0.05'], ["'0.05'"]),
    (['top', '--interval', '3601'], ["'3601'"]),
    (['top', '--interval', 'often'], ["'often'"]),
    (['top', '--once=yes'], ["'--once=yes'"]),

    (['probe', '--frobnicate'], ["'--frobnicate'", 'framelend help probe']),
    (['probe', 'card0', 'card1'], ["'card1'"]),
    (['probe', ''], ['name is empty']),
    (['probe', '--json=yes'], ["'--json=yes'"]),
    (['probe', '--json', '--report'], ['exclude each other']),

    (['demo-client', 'dance'], ["'dance'", 'chart, paint and front']),
    (['demo-client', 'chart', 'paint'], ["'paint'"]),
    (['demo-client', '--size', '0x0'], ["'0x0'", '16384x16384']),
    (['demo-client', '--size', '640x480x3'], ["'640x480x3'"]),
    (['demo-client', '--frames', '0'], ["'0'"]),
    (['demo-client', '--frames', '-5'], ["'-5'"]),
    (['demo-client', '--frames', 'many'], ["'many'"]),
]

COMMANDS = ['serve', 'shot', 'input', 'top', 'probe', 'demo-client']


class Usage(harness.Case):
    def test_mistakes(self):
        for arguments, words in MISTAKES:
            with self.subTest(arguments=arguments):
                result = self.framelend(*arguments)
                self.assert_complaint(result, 2, 'framelend help', *words)
                self.assertEqual(result.stdout, b'')

    def test_a_mistake_leaves_nothing_behind(self):
        self.framelend('serve', '--output', 'headless:0x0')
        self.assertEqual(list(self.runtime.iterdir()), [])

    def test_version(self):
        result = self.framelend('--version')
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout.decode(), r'\Aframelend \d+\.\d+\.\d+\n\Z')

    def test_help(self):
        for arguments in (['--help'], ['-h'], ['help']):
            result = self.framelend(*arguments)
            self.assertEqual((result.returncode, result.stderr), (0, b''))
            for command in COMMANDS:
                self.assertIn(f'\n  {command} ', result.stdout.decode())

    def test_help_of_each_command(self):
        for command in COMMANDS:
            texts = {self.framelend(*arguments).stdout
                     for arguments in (['help', command], [command, '--help'], [command, '-h'])}
            self.assertEqual(len(texts), 1)
            text = texts.pop().decode()
            self.assertTrue(text.startswith(f'usage: framelend {command} '), text)
            self.assertIn('exit status: 0', text)
            self.assertLessEqual(max(len(line) for line in text.splitlines()), 100)

    def test_standard_output_that_is_full(self):
        for arguments in (['--help'], ['--version'], ['help', 'top'], ['serve', '--help']):
            with open('/dev/full', 'wb') as full:
                result = self.framelend(*arguments, stdout=full)
            self.assert_complaint(result, 1, 'standard output', 'No space left')


if __name__ == '__main__':
    harness.main()
