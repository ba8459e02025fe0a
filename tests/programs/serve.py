#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend serve: the program it starts, signals, its own end."""

import os
import signal

import harness


class Command(harness.Case):
    def serve(self, *command, **options):
        return self.framelend('serve', '--output', 'headless:64x64', '--', *command, **options)

    def test_ends_as_the_command_does(self):
        for script, status in (('exit 0', 0), ('exit 1', 1), ('exit 77', 77),
                               ('kill -KILL $$', 137), ('kill -TERM $$', 143)):
            with self.subTest(script=script):
                result = self.serve('sh', '-c', script)
                self.assertEqual((result.returncode, result.stderr), (status, b''))
        self.assertEqual(list(self.runtime.iterdir()), [])

    def test_command_that_is_not_there(self):
        self.assert_complaint(self.serve('no-such-program'), 127, 'no-such-program')
        self.assert_complaint(self.serve('/no/such/program'), 127, '/no/such/program')

    def test_command_that_cannot_be_executed(self):
        file = self.runtime / 'text'
        file.write_text('no program')
        self.assert_complaint(self.serve(file), 126, str(file))

    def test_environment(self):
        self.environment.update(DISPLAY=':9', WAYLAND_SOCKET='3', WAYLAND_DISPLAY='elsewhere')
        result = self.serve('env')
        self.assertEqual(result.returncode, 0)
        environment = dict(line.split('=', 1) for line in result.stdout.decode().splitlines())
        self.assertEqual(environment['WAYLAND_DISPLAY'], 'framelend-0')
        self.assertEqual(environment['LEND_DISPLAY'], 'framelend-0')
        self.assertNotIn('DISPLAY', environment)
        self.assertNotIn('WAYLAND_SOCKET', environment)

    def test_command_inherits_no_descriptors(self):
        reader, writer = os.pipe()
        with os.fdopen(reader):
            result = self.framelend('serve', '--output', 'headless:64x64', '--ready-fd',
                                    str(writer), '--', 'ls', '/proc/self/fd', pass_fds=[writer])
            os.close(writer)
        # 3 is the directory that ls reads.
        self.assertEqual(result.stdout.split(), [b'0', b'1', b'2', b'3'])

    def test_command_has_ordinary_signals(self):
        result = self.serve('grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status')
        masks = [int(line.split()[1], 16) for line in result.stdout.splitlines()]
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
            self.assertFalse((masks[0] | masks[1]) >> (number - 1) & 1, number)

    def test_signals_are_passed_on(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                script = ('trap "echo got it; exit 5" TERM INT; echo ready; '
                          'while :; do sleep 0.1; done')
                with self.started(harness.FRAMELEND, 'serve', '--output', 'headless:64x64', '--',
                                  'sh', '-c', script) as process:
                    self.assertEqual(process.stdout.readline(), b'ready\n')
                    process.send_signal(number)
                    self.assertEqual(process.stdout.read(), b'got it\n')
                    self.assertEqual(process.wait(timeout=harness.TIMEOUT), 5)

    def test_a_program_on_it(self):
        for demo, words in (('chart', '5 frames in 3 memfd buffers: scanout: '),
                            ('paint', '5 frames in 3 memfd buffers: scanout: '),
                            ('front', '5 frames in 1 memfd buffer: scanout: ')):
            with self.subTest(demo=demo):
                result = self.serve(harness.FRAMELEND, 'demo-client', demo, '--frames', '5')
                self.assertEqual((result.returncode, result.stderr), (0, b''))
                self.assertEqual(result.stdout.decode()[:len(words)], words)


class Alone(harness.Case):
    def test_ends_at_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.server() as (process, name):
                process.send_signal(number)
                output, complaints = process.communicate(timeout=harness.TIMEOUT)
                self.assertEqual((process.returncode, complaints), (0, b''))
                self.assertIn(f'export WAYLAND_DISPLAY={name}', output.decode())

    def test_an_ignored_interrupt_stays_ignored(self):
        def ignore():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        with self.server(preexec_fn=ignore) as (process, name):
            process.send_signal(signal.SIGINT)
            result = self.framelend('top', '--once', '--display', name)
            self.assertEqual(result.returncode, 0)
            self.assertIsNone(process.poll())

    def test_log_tells_paths(self):
        with self.server('--log', 'info', '--output', 'headless:320x200') as (process, name):
            self.framelend('demo-client', '--frames', '3', '--display', name)
            process.terminate()
            text = process.communicate(timeout=harness.TIMEOUT)[1].decode()
        self.assertRegex(text, r'framelend: info: .*\(\d+\) 320x200 on headless-1: scanout: \w+')

    def test_log_is_quiet(self):
        with self.server('--output', 'headless:320x200') as (process, name):
            self.framelend('demo-client', '--frames', '3', '--display', name)
            process.terminate()
            self.assertEqual(process.communicate(timeout=harness.TIMEOUT)[1], b'')

    def test_idle_costs_nothing(self):
        def switches(process):
            with open(f'/proc/{process.pid}/status', encoding='ascii') as status:
                return sum(int(line.split()[1]) for line in status if 'ctxt_switches' in line)

        with self.server() as (process, name):
            self.framelend('demo-client', '--frames', '3', '--display', name)
            process_sleeps = 'import time; time.sleep(1)'
            self.run_program('python3', '-c', process_sleeps)
            before = switches(process)
            self.run_program('python3', '-c', process_sleeps)
            self.assertLessEqual(switches(process) - before, 2)


if __name__ == '__main__':
    harness.main()
