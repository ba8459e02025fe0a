#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend run: what a program draws in /dev/fb0 is on the display, by whatever way it drew."""

import contextlib
import json
import os
import pathlib
import pty
import shutil
import signal
import stat
import struct
import subprocess
import tty
import unittest
import zlib

import harness

WIDTH, HEIGHT = 320, 200
DENY = os.environ['FRAMELEND_FBDEV_DENY']
STATIC = os.environ['FRAMELEND_FBDEV_STATIC']
DRAW = os.environ['FRAMELEND_FBDEV_DRAW']


def pixels(rows, bits=32):
    """RGB rows as a framebuffer holds them."""
    out = bytearray()
    for row in rows:
        for x in range(0, len(row), 3):
            red, green, blue = row[x:x + 3]
            if bits == 16:
                out += ((red >> 3) << 11 | (green >> 2) << 5 | blue >> 3).to_bytes(2, 'little')
            else:
                out += bytes((blue, green, red) + (0,) * (bits // 8 - 3))
    return bytes(out)


def through_16_bits(rows):
    def widen(red, green, blue):
        red, green, blue = red >> 3, green >> 2, blue >> 3
        return red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2
    return [bytes(value for x in range(0, len(row), 3) for value in widen(*row[x:x + 3]))
            for row in rows]


def png_chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def write_png(path, rows):
    header = struct.pack('>IIBBBBB', len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + png_chunk(b'IHDR', header) +
                     png_chunk(b'IDAT', zlib.compress(b''.join(b'\0' + row for row in rows))) +
                     png_chunk(b'IEND', b''))


def read_ppm(data):
    kind, width, height, most, rest = data.split(maxsplit=4)
    assert (kind, most) == (b'P6', b'255'), (kind, most)
    # the pixels begin after one byte, which split() may have taken more than
    rest = data[-int(width) * int(height) * 3:]
    return [rest[y * int(width) * 3:(y + 1) * int(width) * 3] for y in range(int(height))]


class Fbdev(harness.Case):
    def setUp(self):
        super().setUp()
        self.environment['HOME'] = str(self.runtime)
        self.picture = harness.pattern_rows(WIDTH, HEIGHT)

    def shot(self, display):
        result = self.framelend('shot', '--display', display, '-')
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        return harness.read_png(result.stdout)[2]

    def surfaces(self, display):
        result = self.framelend('top', '--once', '--json', '--display', display)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)['surfaces']

    @contextlib.contextmanager
    def display(self, output=f'headless:{WIDTH}x{HEIGHT}'):
        with self.server('--output', output) as (_, name):
            self.environment['LEND_DISPLAY'] = name
            yield name

    def running(self, *command, before=(), options=(), **others):
        others.setdefault('stderr', subprocess.STDOUT)
        return self.started(*before, harness.FRAMELEND, 'run', *options, '--', *command,
                            cwd=self.runtime, **others)

    def wait_for_picture(self, name, expected, what):
        seen = []

        def is_shown():
            seen[:] = self.shot(name)
            return seen == expected
        try:
            self.wait_until(is_shown, what)
        except AssertionError:
            first = next(y for y, rows in enumerate(zip(seen, expected)) if rows[0] != rows[1])
            self.fail(f'{what}: line {first} is {seen[first][:24].hex()}..., '
                      f'not {expected[first][:24].hex()}...')

    def need(self, program):
        if not shutil.which(program):
            self.skipTest(f'{program} is not installed (scripts/setup.sh test more)')


class Programs(Fbdev):
    """Unmodified programs of Debian's."""

    def test_fbi(self):
        self.need('fbi')
        write_png(self.runtime / 'picture.png', self.picture)
        with self.display() as name, self.running('fbi', '-noverbose', 'picture.png'):
            self.wait_for_picture(name, self.picture, "fbi's picture")

    def test_ffmpeg(self):
        self.need('ffmpeg')
        (self.runtime / 'picture.raw').write_bytes(pixels(self.picture))
        command = ['ffmpeg', '-v', 'error', '-stream_loop', '-1', '-re', '-f', 'rawvideo', '-pix_fmt',
                   'bgra', '-s', f'{WIDTH}x{HEIGHT}', '-r', '25', '-i', 'picture.raw', '-pix_fmt']
        with self.display() as name:
            with self.running(*command, 'bgra', '-f', 'fbdev', '/dev/fb0'):
                self.wait_for_picture(name, self.picture, "ffmpeg's picture")
            with self.running(*command, 'bgr24', '-f', 'fbdev', '/dev/fb0',
                              options=['--depth', '24']):
                self.wait_for_picture(name, self.picture, "ffmpeg's picture in 24 bits")

    def test_mplayer(self):
        self.need('mplayer')
        (self.runtime / 'picture.raw').write_bytes(pixels(self.picture))
        with self.display() as name, \
                self.running('mplayer', '-really-quiet', '-nosound', '-nolirc', '-noconsolecontrols',
                             '-vo', 'fbdev2', '-demuxer', 'rawvideo', '-rawvideo',
                             f'w={WIDTH}:h={HEIGHT}:format=bgra:fps=25', '-loop', '0', 'picture.raw'):
            self.wait_for_picture(name, self.picture, "mplayer's picture")

    def prepare_links(self):
        self.need('links2')
        folder = self.runtime / '.links2'
        folder.mkdir()
        (folder / 'links.cfg').touch()  # no word of welcome
        (self.runtime / 'page.html').write_text(
            '<body bgcolor="#ffff80" text="#0000c0"><h1>framelend</h1><p>A page of text.')

    def colours(self, name):
        """How many pixels there are of each colour."""
        count = {}
        for row in self.shot(name):
            for x in range(0, len(row), 3):
                count[row[x:x + 3]] = count.get(row[x:x + 3], 0) + 1
        return count

    def test_links_and_fbcat(self):
        self.prepare_links()
        self.need('fbcat')
        script = 'exec 3<&0; links2 -g -driver fb page.html <&3 & until [ -e go ]; do sleep 0.1; done; ' \
                 'fbcat >seen.part; mv seen.part seen; wait'
        with self.display('headless:640x480') as name, self.running('sh', '-c', script):
            # the page, and on it letters with all shades between its two colours
            def is_drawn():
                count = self.colours(name)
                return count.get(b'\xff\xff\x80', 0) > 640 * 480 * 3 // 4 and \
                    count.get(b'\x00\x00\xc0', 0) > 100 and len(count) > 10
            self.wait_until(is_drawn, 'text')
            (self.runtime / 'go').touch()
            self.wait_until((self.runtime / 'seen').exists, 'fbcat')
            self.assertEqual(read_ppm((self.runtime / 'seen').read_bytes()), self.shot(name))
            for process in self.processes_of('links2'):
                os.kill(process, signal.SIGTERM)

    def processes_of(self, program):
        """Of this test alone."""
        for entry in os.listdir('/proc'):
            with contextlib.suppress(OSError):
                if entry.isdigit() and os.readlink(f'/proc/{entry}/cwd') == str(self.runtime) and \
                        pathlib.Path(f'/proc/{entry}/comm').read_text().strip() == program:
                    yield int(entry)

    def test_keyboard_is_the_terminal_s(self):
        self.prepare_links()
        master, slave = pty.openpty()
        tty.setraw(slave)
        with self.display('headless:640x480') as name, \
                self.running('links2', '-g', '-driver', 'fb', 'page.html', stdin=slave,
                             start_new_session=True) as process:
            self.wait_until(lambda: self.colours(name).get(b'\x00\x00\xc0', 0) > 100, 'text')
            os.write(master, b'Q')
            self.wait_until(lambda: process.poll() is not None, 'the end')
            self.assertEqual(process.returncode, 0)
        os.close(slave)
        os.close(master)


class Ways(Fbdev):
    """Ways to draw, by the shell and by draw.c."""

    def test_write_in_every_depth(self):
        for bits in 16, 24, 32:
            expected = through_16_bits(self.picture) if bits == 16 else self.picture
            (self.runtime / 'picture.raw').write_bytes(pixels(self.picture, bits))
            with self.subTest(bits=bits), self.display() as name, \
                    self.running('sh', '-c', 'cat picture.raw >/dev/fb0; exec sleep 1000',
                                 options=['--depth', str(bits)]):
                self.wait_for_picture(name, expected, f'{bits} bits')

    def test_every_way(self):
        """Each draws the pattern in its own way, then waits."""
        for before in [], [DENY]:
            for way in ('map', 'fork', 'exec', 'twice', 'unmap', 'thread', 'stream', 'pan', 'vsync',
                        'mode', 'late', 'closed', 'unknown'):
                with self.subTest(way=way, before=before), self.display() as name, \
                        self.running(DRAW, way, before=before):
                    self.wait_for_picture(name, self.picture, way)

    def test_blank(self):
        with self.display() as name, self.running(DRAW, 'blank'):
            self.wait_for_picture(name, self.picture, 'the picture')
            process, = self.processes()
            os.kill(process, signal.SIGUSR1)
            self.wait_for_picture(name, [bytes(WIDTH * 3)] * HEIGHT, 'black')
            os.kill(process, signal.SIGUSR1)
            self.wait_for_picture(name, self.picture, 'the picture again')

    def processes(self):
        return [int(entry) for entry in os.listdir('/proc') if entry.isdigit() and
                self.is_drawing(entry)]

    def is_drawing(self, process):
        with contextlib.suppress(OSError):
            return os.path.samefile(f'/proc/{process}/exe', DRAW) and \
                os.readlink(f'/proc/{process}/cwd') == str(self.runtime)

    def test_a_smaller_framebuffer_is_centred(self):
        with self.display('headless:400x260') as name, \
                self.running(DRAW, 'map', options=['--size', f'{WIDTH}x{HEIGHT}']):
            black, side = bytes(400 * 3), bytes(40 * 3)
            self.wait_for_picture(name, [black] * 30 + [side + row + side for row in self.picture] +
                                  [black] * 30, 'a frame of black')

    def test_a_larger_one_is_cut(self):
        with self.display('headless:200x100') as name, \
                self.running(DRAW, 'map', options=['--size', f'{WIDTH}x{HEIGHT}']):
            self.wait_for_picture(name, [row[:600] for row in self.picture[:100]], 'a part')

    def test_each_has_its_own(self):
        with self.display('headless:700x300,tile') as name, \
                self.running(DRAW, 'map', options=['--size', f'{WIDTH}x{HEIGHT}']), \
                self.running('sh', '-c', 'head -c 64000 /dev/zero | tr "\\0" "\\377" >/dev/fb0; '
                             'exec sleep 1000', options=['--size', '320x50', '--title', 'white']):
            def both():
                rows = self.shot(name)
                white = sum(row.count(b'\xff' * (320 * 3)) for row in rows)
                return white == 50 and sum(self.picture[100] in row for row in rows) == 1
            self.wait_until(both, 'both pictures')
            self.assertIn('white', [surface['title'] for surface in self.surfaces(name)])


class Run(Fbdev):
    """The command itself."""

    def test_default_size_is_the_output_s(self):
        with self.display('headless:222x111') as name:
            self.assertEqual(self.run_status('sh', '-c', 'test $(wc -c </dev/fb0) = 458752'), 0)
            with self.running(DRAW, 'map'):
                self.wait_until(lambda: self.surfaces(name), 'the surface')
                surface, = self.surfaces(name)
                self.assertEqual((surface['width'], surface['height']), (222, 111))

    def run_status(self, *command, **others):
        return self.framelend('run', '--', *command, **others).returncode

    def test_how_it_is_watched_is_told(self):
        for before, word in ([], 'written pages'), ([DENY], 'compared'):
            with self.display() as name, self.running(DRAW, 'map', before=before):
                self.wait_for_picture(name, self.picture, word)
                self.assertEqual(self.surfaces(name)[0]['title'], f'{os.path.basename(DRAW)} (/dev/fb0, {word})')
        with self.display():
            result = self.run_program(DENY, harness.FRAMELEND, 'run', '--verbose', '--', 'true')
            self.assertIn(b'comparing everything: ', result.stderr)
            self.assertIn(b'Operation not permitted', result.stderr)

    def test_status_is_the_program_s(self):
        with self.display():
            self.assertEqual(self.run_status('true'), 0)
            self.assertEqual(self.run_status('sh', '-c', 'exit 7'), 7)
            self.assertEqual(self.run_status('sh', '-c', 'kill -KILL $$'), 128 + 9)

    def test_signals_are_passed_on(self):
        with self.display() as name, self.running(DRAW, 'map') as process:
            self.wait_for_picture(name, self.picture, 'the picture')
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(harness.TIMEOUT), 128 + signal.SIGTERM)

    def test_it_stays_while_somebody_draws(self):
        with self.display() as name, self.running(DRAW, 'orphan') as process:
            self.wait_for_picture(name, self.picture, 'the picture of an orphan')
            self.assertIsNone(process.poll())
            orphan, = self.processes()
            os.kill(orphan, signal.SIGKILL)
            self.assertEqual(process.wait(harness.TIMEOUT), 3)

    processes, is_drawing = Ways.processes, Ways.is_drawing

    def test_a_display_that_comes_back_shows_it_again(self):
        output = '--output', f'headless:{WIDTH}x{HEIGHT}'
        with self.server(*output) as (server, name):
            self.environment['LEND_DISPLAY'] = name
            with self.running(DRAW, 'map') as process:
                self.wait_for_picture(name, self.picture, 'the picture')
                server.kill()
                server.wait()
                with self.server(*output, '--socket', name):
                    self.wait_for_picture(name, self.picture, 'the picture again')
                    self.assertIsNone(process.poll())

    def test_a_lost_display_ends_it(self):
        with self.server('--output', f'headless:{WIDTH}x{HEIGHT}') as (server, name):
            self.environment['LEND_DISPLAY'] = name
            with self.running(DRAW, 'map', stderr=subprocess.PIPE) as process:
                self.wait_for_picture(name, self.picture, 'the picture')
                server.kill()
                _, error = process.communicate(timeout=harness.TIMEOUT)
                self.assertEqual(process.returncode, 1, error)
                self.assertIn(b'framelend run: ', error)
        self.assertEqual(self.processes(), [])

    def test_a_helper_that_is_killed_leaves_the_program_alone(self):
        with self.display() as name, self.running(DRAW, 'survive', stdout=subprocess.DEVNULL) as process:
            self.wait_for_picture(name, self.picture, 'the picture')
            program, = self.processes()
            process.kill()
            os.kill(program, signal.SIGUSR1)
            self.wait_until((self.runtime / 'enodev').exists, 'ENODEV')
            os.kill(program, signal.SIGTERM)

    def test_programs_that_cannot_be_loaded_into(self):
        with self.display():
            self.assert_complaint(self.framelend('run', '--', STATIC), 126, 'linked statically')
            self.assert_complaint(self.framelend('run', '--', self.setuid()), 126, 'setuid', 'copy')
            self.assert_complaint(self.framelend('run', './no-such'), 127, "'./no-such'",
                                  'No such file')
            (self.runtime / 'plain').write_text('')
            self.assert_complaint(self.framelend('run', './plain'), 126, 'Permission denied')

    def setuid(self):
        """A program that would run as somebody else."""
        if os.geteuid() == 0:
            path = self.runtime / 'setuid'
            shutil.copy(shutil.which('true'), path)
            os.chown(path, 65534, 65534)
            os.chmod(path, 0o4755)
            return path
        for name in 'su', 'passwd', 'mount':
            path = shutil.which(name)
            if path and os.stat(path).st_mode & stat.S_ISUID:
                return path
        return self.skipTest('not root, and no setuid program is installed')

    def test_wrong_usage(self):
        for arguments, word in (
                ([], 'missing'), (['--'], 'missing'), (['--size', '0x1', '--', 'true'], "'0x1'"),
                (['--size', '10x20x', 'true'], "'10x20x'"), (['--depth', '8', 'true'], "'8'"),
                (['--depth', '20', 'true'], "'20'"), (['--frob', 'true'], "'--frob'"),
                (['--size'], 'needs an argument')):
            with self.subTest(arguments=arguments):
                self.assert_complaint(self.framelend('run', *arguments), 2, word)

    def test_no_display(self):
        result = self.framelend('run', '--', 'true')
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertTrue(result.stderr.startswith(b'framelend run: '), result.stderr)

    def test_help(self):
        for arguments in ['help', 'run'], ['run', '--help']:
            result = self.framelend(*arguments)
            self.assertEqual(result.returncode, 0)
            self.assertTrue(result.stdout.startswith(b'usage: framelend run '))


if __name__ == '__main__':
    unittest.main()
