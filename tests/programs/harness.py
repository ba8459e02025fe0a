# SPDX-License-Identifier: MIT
"""What the tests of programs share: running framelend, reading PNG files."""

import contextlib
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

FRAMELEND = os.environ['FRAMELEND']  # meson test sets these
PATTERN = os.environ['FRAMELEND_PATTERN']
SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / 'scripts'
TIMEOUT = 60


class Case(unittest.TestCase):
    """A test with a runtime directory of its own, and of nobody's display."""

    def setUp(self):
        self.runtime = pathlib.Path(tempfile.mkdtemp(prefix='framelend-test-'))
        self.addCleanup(shutil.rmtree, self.runtime, ignore_errors=True)
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ('WAYLAND_DISPLAY', 'LEND_DISPLAY', 'WAYLAND_SOCKET',
                                           'DISPLAY', 'WAYLAND_DEBUG', 'XDG_SEAT', 'XDG_VTNR')}
        self.environment['XDG_RUNTIME_DIR'] = str(self.runtime)

    def run_program(self, *arguments, **options):
        options.setdefault('env', self.environment)
        options.setdefault('stdin', subprocess.DEVNULL)
        options.setdefault('cwd', self.runtime)
        options.setdefault('timeout', TIMEOUT)
        options.setdefault('stdout', subprocess.PIPE)
        options.setdefault('stderr', subprocess.PIPE)
        return subprocess.run([str(argument) for argument in arguments], check=False, **options)

    def framelend(self, *arguments, **options):
        return self.run_program(FRAMELEND, *arguments, **options)

    def assert_complaint(self, result, status, *words):
        """It ended with the status after one line on stderr that has the words."""
        text = result.stderr.decode(errors='replace')
        self.assertEqual(result.returncode, status, text)
        self.assertEqual(text.count('\n'), 1, f'not one line: {text!r}')
        self.assertTrue(text.startswith('framelend'), text)
        for word in words:
            self.assertIn(word, text)

    @contextlib.contextmanager
    def server(self, *arguments, **options):
        """A running server, as (process, socket's name), with --xwayland also its X display's."""
        options.setdefault('env', self.environment)
        if not {'--output', '--config'}.intersection(arguments):
            arguments = ('--output', 'headless:1280x720@60', *arguments)
        reader, writer = os.pipe()
        process = subprocess.Popen([FRAMELEND, 'serve', '--ready-fd', str(writer), *arguments],
                                   pass_fds=[writer], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        os.close(writer)
        with os.fdopen(reader) as ready:
            names = ready.read().split()
        if not names:
            self.fail(f'no server: {process.communicate(timeout=TIMEOUT)[1].decode()}')
        try:
            yield process, *names
        finally:
            process.terminate()
            process.communicate(timeout=TIMEOUT)

    @contextlib.contextmanager
    def started(self, *arguments, **options):
        """A running program, which is ended whatever happens."""
        options.setdefault('env', self.environment)
        options.setdefault('stdin', subprocess.DEVNULL)
        options.setdefault('stdout', subprocess.PIPE)
        with subprocess.Popen([os.fsencode(argument) for argument in arguments],
                              **options) as process:
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.communicate(timeout=TIMEOUT)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise

    def program(self, display, *arguments):
        """A running program on the display."""
        environment = dict(self.environment, WAYLAND_DISPLAY=display, LEND_DISPLAY=display)
        return self.started(*arguments, env=environment, stderr=subprocess.STDOUT)

    def wait_until(self, question, what):
        """Asks until the answer is true, and returns it."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            answer = question()
            if answer:
                return answer
            time.sleep(0.05)
        return self.fail(f'waited in vain for {what}')


def read_png(data):
    """Width, height and the rows' RGB bytes of an opaque 8-bit PNG without interlacing."""
    if not data.startswith(b'\x89PNG\r\n\x1a\n'):
        raise ValueError('not a PNG')
    position, packed = 8, b''
    while position < len(data):
        length, kind = struct.unpack_from('>I4s', data, position)
        chunk = data[position + 8:position + 8 + length]
        checksum, = struct.unpack_from('>I', data, position + 8 + length)
        if zlib.crc32(kind + chunk) != checksum:
            raise ValueError(f'wrong checksum of {kind}')
        if kind == b'IHDR':
            width, height, *rest = struct.unpack('>IIBBBBB', chunk)
            if rest != [8, 2, 0, 0, 0]:
                raise ValueError(f'not RGB with 8 bits: {rest}')
        packed += chunk if kind == b'IDAT' else b''
        position += 12 + length
    return width, height, unfilter(zlib.decompress(packed), width * 3, height)


def unfilter(raw, stride, height):
    rows, above = [], bytes(stride)
    for y in range(height):
        start = y * (stride + 1)
        row = bytearray(raw[start + 1:start + 1 + stride])
        kind = raw[start]
        for x in range(stride if kind else 0):
            left = row[x - 3] if x >= 3 else 0
            up = above[x]
            corner = above[x - 3] if x >= 3 else 0
            row[x] = (row[x] + (0, left, up, (left + up) // 2,
                                paeth(left, up, corner))[kind]) & 255
        rows.append(bytes(row))
        above = row
    return rows


def paeth(left, up, corner):
    estimate = left + up - corner
    distances = (abs(estimate - left), abs(estimate - up), abs(estimate - corner))
    return (left, up, corner)[distances.index(min(distances))]


def pattern_rows(width, height):
    """What pattern.c draws."""
    return [bytes(value for x in range(width)
                  for value in ((x * 7 + y * 3) % 256, (x ^ y) % 256, (y * 5 + x // 3) % 256))
            for y in range(height)]


main = unittest.main
