#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs elsewhere: what waypipe brings over a connection is shown pixel by pixel as it was drawn."""

import contextlib
import os
import shutil
import signal
import struct
import subprocess
import unittest
import zlib

import harness

SIZE = (320, 240)
QUIET = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
OUTPUT = ('--output', 'headless:{}x{}'.format(*SIZE))

# Two networks and a cable between them: here waypipe's client, there its server and the program. What
# they say to each other goes through the cable as TCP.
# $1: where the client listens, $2: where the server shall find it; then the program.
HERE = r'''
set -eu
here=$1 there=$2
ip link set lo up
ip link add name near type veth peer name far
ip address add 10.83.0.1/24 dev near
ip link set near up
socat TCP-LISTEN:8383,bind=10.83.0.1,reuseaddr,fork "UNIX-CONNECT:$here" &
until ss -Hltn 'sport = 8383' | grep -q .; do sleep 0.05; done
shift
unshare --net sh -c "$THERE" there "$@" &
until [ -e "$there.made" ]; do sleep 0.05; done
ip link set far netns $!
wait $!
'''
THERE = r'''
set -eu
there=$1
shift
: >"$there.made"
until ip link show far >/dev/null 2>&1; do sleep 0.05; done
ip address add 10.83.0.2/24 dev far
ip link set far up
socat "UNIX-LISTEN:$there,fork" TCP:10.83.0.1:8383 &
until [ -S "$there" ]; do sleep 0.05; done
exec waypipe --socket "$there" server -- "$@"
'''


def write_png(width, height, rows):
    def chunk(kind, data):
        return (struct.pack('>I', len(data)) + kind + data +
                struct.pack('>I', zlib.crc32(kind + data)))
    return (b'\x89PNG\r\n\x1a\n' +
            chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(b''.join(b'\0' + row for row in rows))) + chunk(b'IEND', b''))


@unittest.skipUnless(shutil.which('waypipe') and shutil.which('weston-image'),
                     'waypipe or weston is not installed')
class Waypipe(harness.Case):
    def setUp(self):
        super().setUp()
        (self.runtime / 'near').mkdir()
        (self.runtime / 'far').mkdir(mode=0o700)
        self.socket = str(self.runtime / 'near' / 'socket')
        picture = self.runtime / 'picture.png'
        picture.write_bytes(write_png(*SIZE, harness.pattern_rows(*SIZE)))
        self.program_line = ('weston-image', str(picture))

    @contextlib.contextmanager
    def near_side(self, display, *options):
        """Waypipe beside the display server."""
        environment = dict(self.environment, WAYLAND_DISPLAY=display)
        with self.started('waypipe', *options, '--socket', self.socket, 'client', env=environment,
                          **QUIET) as process:
            self.wait_until(lambda: os.path.exists(self.socket), "waypipe's socket")
            yield process
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.socket)

    def far_environment(self):
        """The program knows of no display but waypipe's."""
        return dict(self.environment, XDG_RUNTIME_DIR=str(self.runtime / 'far'))

    def picture(self, display):
        result = self.framelend('shot', '--display', display, '-')
        self.assertEqual(result.returncode, 0, result.stderr)
        return harness.read_png(result.stdout)[2]

    def assert_picture_comes(self, display, expected):
        self.wait_until(lambda: self.picture(display) == expected, 'the picture')

    def shown_directly(self):
        """What the program shows without waypipe, once it shows all of it."""
        with self.server(*OUTPUT) as (_, display), self.program(display, *self.program_line):
            black = [bytes(SIZE[0] * 3)] * SIZE[1]
            self.wait_until(lambda: self.picture(display) != black, 'a picture')
            return self.picture(display)

    def test_plain_socket(self):
        """Every pixel arrives, however it is packed, also after many frames."""
        expected = self.shown_directly()
        for options in (['--compress', 'none'], ['--compress', 'lz4'], ['--compress', 'zstd']):
            with self.subTest(options=options), \
                    self.server(*OUTPUT) as (_, display), \
                    self.near_side(display, *options), \
                    self.started('waypipe', *options, '--socket', self.socket, 'server', '--',
                                 *self.program_line, env=self.far_environment(),
                                 **QUIET, start_new_session=True) as far:
                self.addCleanup(self.end_session, far.pid)
                self.assert_picture_comes(display, expected)
                self.end_session(far.pid)

    def end_session(self, leader):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGTERM)

    def test_the_end_of_the_connection(self):
        """When the far side goes, what it showed does; the server serves others."""
        expected = self.shown_directly()
        with self.server(*OUTPUT) as (server, display):
            with self.near_side(display), \
                    self.started('waypipe', '--socket', self.socket, 'server', '--',
                                 *self.program_line, env=self.far_environment(), **QUIET,
                                 start_new_session=True) as far:
                self.assert_picture_comes(display, expected)
                os.killpg(far.pid, signal.SIGKILL)
                self.assert_picture_comes(display, [bytes(SIZE[0] * 3)] * SIZE[1])
            self.assertIsNone(server.poll())
            with self.program(display, *self.program_line):
                self.assert_picture_comes(display, expected)

    def test_two_networks(self):
        """Two network namespaces, each with an end of a cable."""
        expected = self.shown_directly()
        unshare = ['unshare', '--map-root-user', '--net'] if os.getuid() else ['unshare', '--net']
        for program in ('socat', 'ip', 'ss', 'unshare'):
            if not shutil.which(program):
                self.skipTest(f'{program} is not installed')
        trial = self.run_program(*unshare, 'ip', 'link', 'add', 'name', 'near', 'type',
                                 'veth', 'peer', 'name', 'far')
        if trial.returncode:
            self.skipTest(f'no network namespaces here: {trial.stderr.decode().strip()}')
        there = str(self.runtime / 'far' / 'socket')
        environment = dict(self.far_environment(), THERE=THERE)
        with self.server(*OUTPUT) as (_, display), \
                self.near_side(display), \
                self.started(*unshare, 'sh', '-c', HERE, 'here', self.socket, there,
                             *self.program_line, env=environment,
                             **QUIET, start_new_session=True) as far:
            self.addCleanup(self.end_session, far.pid)
            self.assert_picture_comes(display, expected)
            self.end_session(far.pid)


if __name__ == '__main__':
    harness.main()
