#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Surroundings that do not let a server start, or a program find one: one line, and status 1."""

import contextlib
import json
import resource
import shutil
import socket
import subprocess
import threading
import time
import unittest

import harness

CLIENTS = [['shot', 'never.png'], ['top', '--once'], ['demo-client', '--frames', '1']]


class Case(harness.Case):
    """Without displays that need no server: a test must not take this machine's."""

    def setUp(self):
        super().setUp()
        self.environment['LEND_MODULES'] = str(self.runtime / 'none')


class NoServer(Case):
    def test_no_runtime_directory(self):
        del self.environment['XDG_RUNTIME_DIR']
        for arguments in [['serve'], *CLIENTS]:
            with self.subTest(arguments=arguments):
                self.assert_complaint(self.framelend(*arguments), 1, 'XDG_RUNTIME_DIR')

    def test_runtime_directory_that_does_not_exist(self):
        self.environment['XDG_RUNTIME_DIR'] = str(self.runtime / 'gone')
        for arguments in [['serve'], *CLIENTS]:
            with self.subTest(arguments=arguments):
                self.assert_complaint(self.framelend(*arguments), 1)

    def test_runtime_directory_that_is_a_file(self):
        (self.runtime / 'file').touch()
        self.environment['XDG_RUNTIME_DIR'] = str(self.runtime / 'file')
        self.assert_complaint(self.framelend('serve'), 1)

    def test_nobody_there(self):
        for arguments in CLIENTS:
            result = self.framelend(*arguments, '--display', 'framelend-7')
            self.assert_complaint(result, 1, 'framelend-7')

    def test_empty_name(self):
        for arguments in CLIENTS[:2]:
            self.assert_complaint(self.framelend(*arguments, '--display', ''), 1, 'is empty')

    def test_socket_of_a_dead_server(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.runtime / 'framelend-0'))
        listener.close()
        for arguments in CLIENTS:
            result = self.framelend(*arguments, '--display', 'framelend-0')
            self.assert_complaint(result, 1, 'framelend-0')

    def test_a_running_server_is_named(self):
        with self.server('--socket', 'framelend-5'):
            result = self.framelend('top', '--once', '--display', 'framelend-9')
            self.assert_complaint(result, 1, '--display framelend-5')

    def test_client_file_is_untouched(self):
        file = self.runtime / 'shot.png'
        file.write_bytes(b'before')
        self.framelend('shot', file)
        self.assertEqual(file.read_bytes(), b'before')
        self.assertEqual([path.name for path in self.runtime.iterdir()], ['shot.png'])


class OtherServer(Case):
    @unittest.skipUnless(shutil.which('weston'), 'weston is not installed')
    def test_a_compositor_that_does_not_lend(self):
        with self.started('weston', '--backend=headless-backend.so', '--socket=other', '--no-config',
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            self.wait_until((self.runtime / 'other').exists, 'weston')
            for arguments in CLIENTS[:2]:
                result = self.framelend(*arguments, '--display', 'other')
                self.assert_complaint(result, 1, 'other is a Wayland display',
                                      'not a framelend server', 'framelend serve')
            for demo in ('chart', 'paint', 'front'):
                result = self.framelend('demo-client', demo, '--frames', '3', '--display', 'other')
                self.assertEqual((result.returncode, result.stderr), (0, b''))
                self.assertIn(b'3 frames', result.stdout)

    def talk(self, answer):
        """A listener that answers everything in its own way."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.runtime / 'odd'))
        listener.listen(8)

        def serve():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        self.addCleanup(listener.close)

    def test_hangs_up(self):
        self.talk(lambda connection: connection.close())
        for arguments in CLIENTS:
            self.assert_complaint(self.framelend(*arguments, '--display', 'odd'), 1)

    def test_talks_nonsense(self):
        def answer(connection):
            connection.recv(1)
            connection.sendall(b'\xff' * 4096)
            time.sleep(1)
            connection.close()

        self.talk(answer)
        for arguments in CLIENTS:
            self.assert_complaint(self.framelend(*arguments, '--display', 'odd'), 1)

    def test_says_nothing(self):
        def answer(connection):
            connection.recv(1)
            time.sleep(20)
            connection.close()

        self.talk(answer)
        for arguments in CLIENTS[:2]:
            result = self.framelend(*arguments, '--display', 'odd')
            self.assert_complaint(result, 1, 'has not answered for 5 seconds')


class Returning(Case):
    """A server that is killed: its programs wait, and go on with the next one."""

    def programs_seen(self, display):
        result = self.framelend('top', '--once', '--json', '--display', display)
        return result.returncode == 0 and len(json.loads(result.stdout)['surfaces'])

    def test_programs_outlive_their_server(self):
        with contextlib.ExitStack() as programs:
            started = []
            for _ in range(4):
                with self.server('--socket', 'mine', '--layout', 'tile') as (server, _):
                    for demo in ('chart', 'paint', 'front') if not started else ():
                        started.append(programs.enter_context(self.started(
                            harness.FRAMELEND, 'demo-client', demo, '--display', 'mine')))
                    self.wait_until(lambda: self.programs_seen('mine') == 3, 'all programs')
                    server.kill()
                    server.wait()
            self.assertEqual([program.poll() for program in started], [None] * 3)

    def test_a_server_that_never_comes_back(self):
        with self.server('--socket', 'mine') as (server, _):
            with self.started(harness.FRAMELEND, 'demo-client', 'chart', '--display', 'mine',
                              stderr=subprocess.PIPE) as program:
                self.wait_until(lambda: self.programs_seen('mine') == 1, 'the program')
                server.kill()
                server.wait()
                _, complaint = program.communicate(timeout=harness.TIMEOUT)
                self.assertEqual(program.returncode, 1)
                self.assertIn(b'did not come back within 10000 ms', complaint)
                self.assertEqual(complaint.count(b'\n'), 1)


class Listening(Case):
    def test_socket_in_use(self):
        with self.server('--socket', 'mine') as (process, _):
            result = self.framelend('serve', '--socket', 'mine')
            self.assert_complaint(result, 1, 'mine')
            self.assertIsNone(process.poll())
            self.assertEqual(self.framelend('top', '--once', '--display', 'mine').returncode, 0)

    def test_socket_of_a_killed_server_is_taken_over(self):
        with self.server('--socket', 'mine') as (process, _):
            process.kill()
            process.wait()
        with self.server('--socket', 'mine') as (_, name):
            self.assertEqual(name, 'mine')

    def test_names_are_chosen(self):
        with self.server() as (_, first), self.server() as (_, second):
            self.assertEqual((first, second), ('framelend-0', 'framelend-1'))

    def test_absolute_path(self):
        path = self.runtime / 'deep' / 'socket'
        path.parent.mkdir()
        del self.environment['XDG_RUNTIME_DIR']
        with self.server('--socket', str(path)) as (_, name):
            self.assertEqual(name, str(path))
            result = self.framelend('top', '--once', '--display', path)
            self.assertEqual((result.returncode, result.stderr), (0, b''))

    def test_name_that_is_too_long(self):
        result = self.framelend('serve', '--socket', 'x' * 200)
        self.assert_complaint(result, 1)

    def test_nothing_is_left_behind(self):
        with self.server() as (process, _):
            process.terminate()
            self.assertEqual(process.wait(timeout=harness.TIMEOUT), 0)
        self.assertEqual(list(self.runtime.iterdir()), [])

    def test_descriptor_limit(self):
        """However few descriptors there may be: it says so, or it works."""
        for limit in range(4, 24):
            def restrict(limit=limit):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            with self.subTest(limit=limit):
                result = self.framelend('serve', '--', 'true', preexec_fn=restrict)
                if result.returncode:
                    self.assertEqual(result.returncode in (1, 127), True, result.stderr)
                    self.assertLessEqual(result.stderr.count(b'\n'), 1)
                    self.assertNotEqual(result.stderr, b'')
        self.assertEqual(result.returncode, 0, 'not even the last limit is enough')

    def test_descriptor_limit_of_a_client(self):
        """However few there may be: it names the limit, or it works."""
        with self.server('--output', 'headless:64x64') as (_, name):
            for limit in range(4, 24):
                def restrict(limit=limit):
                    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
                for arguments in (CLIENTS[0], CLIENTS[2]):
                    with self.subTest(limit=limit, arguments=arguments):
                        result = self.framelend(*arguments, '--display', name,
                                                preexec_fn=restrict)
                        if result.returncode:
                            self.assert_complaint(result, 1)
                            self.assertIn(b'descriptors', result.stderr)
                        elif arguments[0] == 'shot':
                            (self.runtime / 'never.png').unlink()

    def test_buffers_that_do_not_fit_in_memory(self):
        with open(harness.FRAMELEND, 'rb') as program:
            sanitised = b'__asan_' in program.read()
        if sanitised:
            limit = resource.RLIM_INFINITY  # the sanitiser reserves more than any limit allows
        else:
            limit = 1 << 29

        def restrict():
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        with self.server('--output', 'headless:16384x16384', preexec_fn=restrict) as (process, name):
            for arguments in CLIENTS:
                result = self.framelend(*arguments, '--display', name)
                if result.returncode:
                    self.assert_complaint(result, 1)
            self.assertIsNone(process.poll())


if __name__ == '__main__':
    harness.main()
