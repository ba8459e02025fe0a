#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend serve --config: what is read, what is refused, programs that crash."""

import json
import os
import pathlib

import harness

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / 'examples' / 'kiosk.ini'


class Kiosk(harness.Case):
    def setUp(self):
        super().setUp()
        # The configuration names programs as users have them.
        (self.runtime / 'bin').mkdir()
        (self.runtime / 'bin' / 'framelend').symlink_to(harness.FRAMELEND)
        self.environment['PATH'] = f"{self.runtime / 'bin'}:{self.environment['PATH']}"

    def config(self, text):
        file = self.runtime / 'serve.ini'
        file.write_text(text, encoding='utf-8')
        return file

    def kiosk(self, text, *arguments, **options):
        return self.server('--config', str(self.config(text)), *arguments, **options)

    def outputs(self, name):
        result = self.framelend('output', '--json', '--display', name)
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        return {output['name']: output for output in json.loads(result.stdout)['outputs']}

    def lines(self, file):
        path = self.runtime / file
        return path.read_text(encoding='utf-8').splitlines() if path.exists() else []


class Refused(Kiosk):
    """Each is refused before anything is started."""

    def refuse(self, text, *words):
        with self.subTest(text=text[:60]):
            started = self.runtime / 'started'
            text = f'[program witness]\ncommand = touch {started}\n' + text
            result = self.framelend('serve', '--config', self.config(text), '--output',
                                    'headless:64x64')
            self.assert_complaint(result, 2, 'serve.ini:', *words)
            self.assertFalse(started.exists())
            self.assertEqual([entry.name for entry in self.runtime.iterdir()
                              if entry.name.startswith('framelend')], [])

    def test_sections(self):
        self.refuse('[monitor]\nx = 1\n', 'serve.ini:3:', '[monitor]', '[server]', '[output KIND',
                    '[program NAME]')
        self.refuse('[server\nlog = info\n', 'serve.ini:3:', ']')
        self.refuse('[server main]\n', 'serve.ini:3:', 'has no name')
        self.refuse('[output]\n', 'serve.ini:3:', '[output HDMI-A-1]')
        self.refuse('[program]\ncommand = true\n', 'serve.ini:3:', '[program browser]')
        self.refuse('[program witness]\ncommand = true\n', 'serve.ini:3:', 'witness already')
        self.refuse(f'[output {"x" * 50}]\n', 'serve.ini:3:', '49 characters')

    def test_keys(self):
        self.refuse('[server]\n\n; words\ncolour = red\n', 'serve.ini:6:', "'colour'", 'socket',
                    'layout', 'log', 'xwayland', 'shortcuts')
        self.refuse('[output kms]\nsocket = a\n', 'serve.ini:4:', 'mode', 'position')
        self.refuse('[program a]\nrestarts = always\n', 'serve.ini:4:', 'command', 'environment')
        self.refuse('[server]\nlog = info\nlog = debug\n', 'serve.ini:5:', 'twice')
        self.refuse('[server]\nlog\n', 'serve.ini:4:', 'KEY = VALUE')
        self.refuse('[server]\nlog', 'serve.ini:4:', 'KEY = VALUE')

    def test_a_key_before_all_sections(self):
        result = self.framelend('serve', '--config', self.config('log = info\n'))
        self.assert_complaint(result, 2, 'serve.ini:1:', 'in no section')

    def test_values(self):
        for line, *words in (
                ('layout = grid', 'grid', 'full nor tile'),
                ('log = loud', 'loud', 'error, warning, info or debug'),
                ('xwayland = maybe', 'maybe', 'yes nor no'),
                ('shortcuts = 1', "'1'", 'yes nor no'),
                ('socket =', 'empty')):
            self.refuse(f'[server]\n{line}\n', 'serve.ini:4:', *words)
        for line, *words in (
                ('mode = big', 'big', 'WIDTHxHEIGHT'),
                ('mode = 0x0', '0x0'),
                ('scale = 20', '20', '0.5 to 10'),
                ('transform = 45', '45', 'flipped-90'),
                ('position = left', 'left', '1280,0'),
                ('layout = grid', 'grid', 'full nor tile')):
            self.refuse(f'[output HDMI-A-1]\n{line}\n', 'serve.ini:4:', *words)
        for line, *words in (
                ('restart = sometimes', 'sometimes', 'always, on-failure or never'),
                ('output =', 'empty'),
                ('environment = NAME', 'NAME', 'NAME=VALUE'),
                ('environment = =x', 'NAME=VALUE')):
            self.refuse(f'[program a]\ncommand = true\n{line}\n', 'serve.ini:5:', *words)

    def test_what_a_section_lacks(self):
        self.refuse('[program a]\nrestart = never\n[server]\n', 'serve.ini:3:', 'a has no command')
        self.refuse('[program a]\n', 'serve.ini:3:', 'a has no command')
        self.refuse('[output headless]\n', 'serve.ini:3:', 'headless:WIDTHxHEIGHT')
        self.refuse('[output kms:800x600]\nmode = 640x480\n', 'serve.ini:3:')

    def test_long_lines(self):
        self.refuse('[server]\nsocket = ' + 'x' * 300 + '\n', 'serve.ini:4:', '198')
        self.refuse('[server]\n; ' + 'x' * 300 + '\n', 'serve.ini:4:', '198')

    def test_files(self):
        missing = self.runtime / 'none.ini'
        self.assert_complaint(self.framelend('serve', '--config', missing), 1, str(missing),
                              'No such file')
        self.assert_complaint(self.framelend('serve', '--config', self.runtime), 1,
                              str(self.runtime))


class Outputs(Kiosk):
    def test_kinds_and_names(self):
        with self.kiosk('\ufeff[output headless:320x240@30]\nlayout = tile\nscale = 2\n'
                        '[output headless]\nmode = 640x480\nposition = 1000,-20\n'
                        'transform = flipped-90\n'
                        '[output headless-2]\nscale = 1.25\nlayout = tile\n'
                        '[output never-plugged-in]\nmode = 1x1\n') as (_, name):
            outputs = self.outputs(name)
        self.assertEqual(set(outputs), {'headless-1', 'headless-2'})
        first, second = outputs['headless-1'], outputs['headless-2']
        self.assertEqual((first['mode']['width'], first['mode']['refresh_mhz'], first['layout'],
                          first['scale'], first['x']), (320, 30000, 'tile', 2.0, 0))
        self.assertEqual((second['mode']['height'], second['x'], second['y'], second['transform'],
                          second['layout'], second['scale']),
                         (480, 1000, -20, 'flipped-90', 'tile', 1.25))

    def test_the_command_line_counts_more(self):
        with self.kiosk('[server]\nsocket = from-file\nlayout = tile\n'
                        '[output headless:320x240]\n[output headless-1]\nscale = 2\n',
                        '--socket', 'from-line', '--output', 'headless:64x64') as (_, name):
            self.assertEqual(name, 'from-line')
            outputs = self.outputs(name)
        self.assertEqual(list(outputs), ['headless-1'])
        self.assertEqual(outputs['headless-1']['mode']['width'], 64)
        self.assertEqual(outputs['headless-1']['scale'], 2.0)
        self.assertEqual(outputs['headless-1']['layout'], 'tile')
        with self.kiosk('[server]\nlayout = tile\n[output headless:64x64]\n', '--layout',
                        'full') as (_, name):
            self.assertEqual(self.outputs(name)['headless-1']['layout'], 'full')

    def test_socket_and_log(self):
        with self.kiosk('[server]\nsocket = kiosk\nlog = info\n'
                        '[output headless:64x64]\n') as (process, name):
            self.assertEqual(name, 'kiosk')
            self.framelend('demo-client', '--frames', '2', '--display', name)
            process.terminate()
            self.assertIn('framelend: info:', process.communicate(timeout=harness.TIMEOUT)[1].decode())


class Programs(Kiosk):
    def test_environment_and_command(self):
        file = self.runtime / 'told'
        with self.kiosk('[output headless:64x64]\n[program teller]\n'
                        'environment = FIRST=one two\n\tSECOND=$HOME\n'
                        f'command = echo "$FIRST|$SECOND|$WAYLAND_DISPLAY"\n\t> {file}\n'
                        'restart = never\n') as (process, name):
            self.wait_until(lambda: self.lines('told'), 'the program')
            self.assertEqual(self.lines('told'), [f'one two|$HOME|{name}'])
            process.terminate()
            self.assertEqual(process.communicate(timeout=harness.TIMEOUT)[1], b'')

    def test_a_crashing_program_is_started_again_later_each_time(self):
        with self.kiosk('[output headless:64x64]\n[program crash]\n'
                        'command = date +%s.%N >> times; kill -SEGV $$\nrestart = on-failure\n',
                        cwd=self.runtime) as (process, _):
            self.wait_until(lambda: len(self.lines('times')) >= 3, 'the third start')
            process.terminate()
            text = process.communicate(timeout=harness.TIMEOUT)[1].decode()
        times = [float(line) for line in self.lines('times')]
        self.assertGreater(times[1] - times[0], 0.9)
        self.assertGreater(times[2] - times[1], 1.9)
        self.assertIn('program crash ended with status 139; starting it again in 1 s', text)
        self.assertIn('starting it again in 2 s', text)

    def test_restart_never_and_on_failure(self):
        with self.kiosk('[output headless:64x64]\n'
                        '[program fails]\ncommand = echo x >> fails; exit 3\nrestart = never\n'
                        '[program ends]\ncommand = echo x >> ends\nrestart = on-failure\n'
                        '[program goes-on]\ncommand = echo x >> goes-on\nrestart = always\n',
                        cwd=self.runtime) as (process, _):
            self.wait_until(lambda: len(self.lines('goes-on')) >= 2, 'another start')
            process.terminate()
            text = process.communicate(timeout=harness.TIMEOUT)[1].decode()
        self.assertEqual((len(self.lines('fails')), len(self.lines('ends'))), (1, 1))
        self.assertIn('program fails ended with status 3\n', text)
        self.assertIn('program goes-on ended with status 0; starting it again in 1 s', text)
        self.assertNotIn('program ends', text)

    def test_programs_stop_with_the_server(self):
        def alive(pid):
            try:
                with open(f'/proc/{pid}/stat', encoding='ascii') as stat:
                    return stat.read().rsplit(')', 1)[1].split()[0] != 'Z'
            except FileNotFoundError:
                return False

        with self.kiosk('[output headless:64x64]\n'
                        '[program gentle]\ncommand = echo $$ > gentle; '
                        '\n\ttrap "echo bye > said && exit" TERM && while true; do sleep 0.1; done\n'
                        '[program deaf]\ncommand = trap "" TERM && echo $$ > deaf && '
                        '\n\twhile true; do sleep 0.1; done\n', cwd=self.runtime) as (process, _):
            gentle, deaf = (int(self.wait_until(lambda name=name: self.lines(name), name)[0])
                            for name in ('gentle', 'deaf'))
            self.assertTrue(alive(gentle) and alive(deaf))
            process.terminate()
            process.communicate(timeout=harness.TIMEOUT)
            self.assertEqual(process.returncode, 0)
            self.assertFalse(alive(gentle) or alive(deaf))
        self.assertEqual(self.lines('said'), ['bye'])

    def test_the_command_line_ends_all(self):
        file = self.config('[output headless:64x64]\n[program a]\ncommand = echo $$ > pid && '
                           'exec sleep 1000\n')
        result = self.framelend('serve', '--config', file, '--', 'sh', '-c',
                                'while [ ! -s pid ]; do sleep 0.1; done; exit 7')
        self.assertEqual((result.returncode, result.stderr), (7, b''))
        with self.assertRaises(ProcessLookupError):
            os.kill(int(self.lines('pid')[0]), 0)

    def test_a_program_is_put_on_its_output(self):
        def where(name):
            result = self.framelend('top', '--once', '--display', name)
            return next((line for line in result.stdout.decode().splitlines()
                         if 'framelend' in line and 'scanout' in line), '')

        with self.kiosk('[output headless:320x240]\n[output headless:200x100]\n'
                        '[program paint]\noutput = headless-2\n'
                        'command = framelend demo-client paint && true\n') as (_, name):
            self.wait_until(lambda: where(name), 'the program')
            self.assertIn('headless-2', where(name))


class Example(Kiosk):
    def test_the_example_runs(self):
        with self.server('--config', str(EXAMPLE), '--output', 'headless:320x240') as (process, name):
            self.assertEqual(name, 'kiosk')
            def programs():
                top = self.framelend('top', '--once', '--display', name).stdout.decode()
                return top.count('headless-1') >= 3
            self.wait_until(programs, 'both programs')
            process.terminate()
            self.assertEqual(process.communicate(timeout=harness.TIMEOUT)[1], b'')
            self.assertEqual(process.returncode, 0)


if __name__ == '__main__':
    harness.main()
