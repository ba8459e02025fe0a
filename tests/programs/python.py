#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Python module: what it says of the C libraries is so, and what is drawn by it is shown."""

import ctypes
import enum
import errno
import json
import logging
import os
import pathlib
import re
import shutil
import socket
import subprocess
import unittest

import framelend
from framelend import _native, _types
import harness
import python_case

try:
    import numpy
except ImportError:
    numpy = None
needs_numpy = unittest.skipUnless(numpy, 'numpy is not installed')

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / 'include'
HEADERS = [INCLUDE / 'framelend' / name for name in ('buffer.h', 'client.h')]
# C names of the enums whose constants have another prefix than LEND_NAME_.
PREFIXES = {'Access': 'LEND_', 'InputKind': 'LEND_INPUT_'}
# What has no place in Python: names are in the enums, and memory without a file is made by C programs.
NOT_BOUND = {'lend_format_at', 'lend_memory_name', 'lend_caching_name', 'lend_path_name',
             'lend_state_name', 'lend_depth_name', 'lend_buffer_map', 'lend_buffer_plane',
             'lend_buffer_wrap', 'lend_buffer_measure'}


def structs():
    return [value for name, value in vars(_native).items()
            if name.startswith('lend_') and isinstance(value, type) and
            issubclass(value, ctypes.Structure)]


def constants():
    for name, value in vars(_types).items():
        if isinstance(value, type) and issubclass(value, enum.IntEnum | enum.IntFlag):
            for member, number in value.__members__.items():
                yield PREFIXES.get(name, f'LEND_{name.upper()}_') + member, int(number)


class Headers(python_case.Case):
    def compile_and_run(self, lines):
        source, program = self.runtime / 'layout.c', self.runtime / 'layout'
        source.write_text('#include <framelend/client.h>\n#include <stdio.h>\n#include <stddef.h>\n'
                          'int main(void)\n{\n' + '\n'.join(lines) + '\nreturn 0;\n}\n')
        result = self.run_program('cc', '-I', INCLUDE, '-o', program, source)
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        return [line.split() for line in self.run_program(program).stdout.decode().splitlines()]

    def test_structs(self):
        expected, lines = [], []
        for struct in structs():
            name = struct.__name__
            expected.append([name, str(ctypes.sizeof(struct))])
            lines.append(f'printf("{name} %zu\\n", sizeof(struct {name}));')
            for field, _ in struct._fields_:
                own = getattr(struct, field)
                expected.append([name, field, str(own.offset), str(own.size)])
                lines.append(f'printf("{name} {field} %zu %zu\\n", offsetof(struct {name}, {field}), '
                             f'sizeof(((struct {name} *)0)->{field}));')
        self.assertGreaterEqual(len(structs()), 11)
        self.assertEqual(self.compile_and_run(lines), expected)

    def test_constants(self):
        expected = [[name, str(number)] for name, number in constants()]
        lines = [f'printf("{name} %llu\\n", (unsigned long long){name});' for name, _ in expected]
        self.assertEqual(self.compile_and_run(lines), expected)

    def test_nothing_is_missing(self):
        text = ''.join(header.read_text() for header in HEADERS)
        functions = set(re.findall(r'LEND_EXPORT[^;(]*?(lend_\w+)\(', text))
        self.assertGreater(len(functions), 30)
        bound = {name for name, value in vars(_native).items()
                 if name.startswith('lend_') and hasattr(value, 'argtypes') and
                 hasattr(value, 'restype') and not isinstance(value, type)}
        self.assertEqual(functions - bound, NOT_BOUND)
        self.assertEqual(bound - functions, set())
        names = set(re.findall(r'^\s*#define (LEND_(?:FORMAT|MODIFIER)_\w+)', text, re.M))
        names |= {name for body in re.findall(r'^enum (?!lend_log_level)\w+ \{(.*?)^\};', text, re.M | re.S)
                  for name in re.findall(r'\b(LEND_\w+) =', body)}
        self.assertEqual(names, {name for name, _ in constants()})


class NoDisplay(python_case.Case):
    def test_nobody_listens(self):
        with self.assert_error(errno.ENOENT, 'nobody') as caught:
            framelend.connect('nobody')
        self.assertIsInstance(caught.exception, OSError)
        self.assertTrue(caught.exception.verdicts)
        for verdict in caught.exception.verdicts:
            self.assertEqual(verdict.state, framelend.State.FAILED)
            self.assertTrue(str(verdict).startswith(verdict.allocator + ': failed'), verdict)
            self.assertTrue(verdict.reason)

    def test_nothing_is_named_and_nothing_works(self):
        os.environ.pop('DISPLAY', None)
        with self.assertRaises(framelend.Error) as caught:
            framelend.connect('wayland')
        self.assertIn('wayland-0', str(caught.exception))

    def test_socket_of_a_dead_server(self):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.runtime / 'dead'))
        with self.assert_error(errno.ECONNREFUSED, 'dead'):
            framelend.connect('dead')

    def test_wrong_types(self):
        for arguments in ([7], [b'bytes'], ['name', 3]):
            with self.subTest(arguments=arguments), self.assertRaises((TypeError, AttributeError)):
                framelend.connect(*arguments)


class Drawing(python_case.Case):
    def draw_pattern(self, surface):
        with surface.frame(harness.TIMEOUT) as frame:
            for y, row in enumerate(harness.pattern_rows(frame.width, frame.height)):
                pixels = frame.row(y)
                for channel in range(3):
                    pixels[2 - channel::4] = row[channel::3]

    def test_shown_as_drawn(self):
        with self.display('headless:61x43') as display, \
                self.surface(61, 43, display, title='drawn') as surface:
            self.draw_pattern(surface)
            self.dispatch_until(surface.client, lambda: surface.path.path, 'the frame')
            self.assertEqual(self.shot(display), (61, 43, harness.pattern_rows(61, 43)))
            info = surface.path
            self.assertEqual((info.path, info.output, info.own_copy, info.memory),
                             (framelend.Path.SCANOUT, 'headless-1', 0, framelend.Memory.MEMFD))
            self.assertIn('headless-1', info.reason)
            result = self.framelend('top', '--once', '--json', '--display', display)
            shown, = json.loads(result.stdout)['surfaces']
            self.assertEqual((shown['title'], shown['lent'], shown['copied_bytes']),
                             ('drawn', True, 0))

    def test_frame(self):
        with self.surface(61, 43) as surface, surface.frame() as frame:
            self.assertEqual((frame.width, frame.height, frame.number, frame.age),
                             (61, 43, 1, 0))
            self.assertIs(frame.format, framelend.Format.XRGB8888)
            self.assertGreaterEqual(frame.stride, 61 * 4)
            self.assertEqual(frame.pixels.shape, (43, frame.stride))
            self.assertEqual((frame.pixels.format, frame.pixels.readonly), ('B', False))
            frame.pixels[42, frame.stride - 1] = 7
            frame.row(42)[0] = 8
            self.assertEqual((frame.pixels[42, frame.stride - 1], frame.pixels[42, 0]), (7, 8))
            self.assertEqual(len(frame.row(0)), 61 * 4)
            for row in (-1, 43):
                with self.assertRaises(IndexError):
                    frame.row(row)

    @needs_numpy
    def test_arrays_are_the_memory_itself(self):
        with self.display('headless:61x43') as display, \
                self.surface(61, 43, display) as surface:
            with surface.frame() as frame:
                pixels, array = numpy.asarray(frame.pixels), numpy.asarray(frame)
                self.assertEqual((pixels.shape, pixels.dtype), ((43, frame.stride), numpy.uint8))
                self.assertEqual((array.shape, array.dtype), ((43, 61), numpy.uint32))
                self.assertTrue(numpy.shares_memory(pixels, array))
                array[:] = 0xff102030
                self.assertEqual(bytes(frame.row(42)[-4:]), b'\x30\x20\x10\xff')
                self.assertFalse(numpy.shares_memory(numpy.array(frame, copy=True), array))
                wide = numpy.asarray(frame, dtype=numpy.uint64)
                self.assertEqual((wide.dtype, wide[42, 60]), (numpy.uint64, 0xff102030))
            self.dispatch_until(surface.client, lambda: surface.path.path, 'the frame')
            self.assertEqual(self.shot(display)[2], [b'\x10\x20\x30' * 61] * 43)

    @needs_numpy
    def test_two_bytes_to_a_pixel(self):
        with self.display('headless:61x43') as display, \
                self.surface(61, 43, display, format=framelend.Format.RGB565) as surface:
            with surface.frame() as frame:
                array = numpy.asarray(frame)
                self.assertEqual((array.shape, array.dtype), ((43, 61), numpy.uint16))
                array[:] = 0xf800
            self.dispatch_until(surface.client, lambda: surface.path.path, 'the frame')
            self.assertEqual(self.shot(display)[2], [b'\xff\x00\x00' * 61] * 43)

    def test_age_and_damage(self):
        with self.surface(preserve=True) as surface:
            for number in range(1, 9):
                with surface.frame() as frame:
                    self.assertEqual((frame.number, frame.age), (number, int(number > 1)))
                    if number == 1:
                        for y in range(frame.height):
                            frame.row(y)[:] = bytes(len(frame.row(y)))
                    frame.pixels[number, 0] = number
                    frame.damage = [(0, number, 1, 1)]
                    self.assertEqual([frame.pixels[y, 0] for y in range(1, 9)],
                                     [y if y <= number else 0 for y in range(1, 9)])
            # Pixels of four bytes were carried over, one at a time, and nothing else but the first frame.
            self.assertLess(surface.path.own_copy, 3 * 64 * 48 * 4)

    def test_damage_is_all_that_is_copied(self):
        shown = []
        with self.display('headless:200x200,tile') as display, \
                self.surface(64, 48, display, preserve=True, title='damaged',
                             on_presented=lambda number, *_: shown.append(number)) as surface, \
                self.surface(64, 48, display) as other:
            def copied():
                result = self.framelend('top', '--once', '--json', '--display', display)
                found, = (entry for entry in json.loads(result.stdout)['surfaces']
                          if entry['title'] == 'damaged')
                return found['copied_bytes']

            def draw(damage):
                with surface.frame() as frame:
                    frame.damage = damage
                self.dispatch_until(surface.client, lambda: frame.number in shown, 'the frame')
            self.draw(other, 0x445566)
            for _ in range(3):
                draw(None)
            whole = copied()
            for damage, pixels in (([(3, 4, 5, 6)], 30), ([], 0), ([(0, 0, 2, 2), (9, 9, 1, 1)], 5)):
                before = copied()
                draw(damage)
                self.assertEqual(copied() - before, pixels * 4, damage)
            draw(None)
            self.assertGreater(copied() - whole, 1000)

    def test_wrong_damage(self):
        for damage in ([(1, 2, 3)], [(1, 2, 3, 4.5)], [7], 7, [(0, 0, 2**31, 1)]):
            with self.surface() as surface:
                with self.subTest(damage=damage), self.assertRaises((TypeError, ValueError)):
                    with surface.frame() as frame:
                        frame.damage = damage
                # It was given up, and does not stand in the way of the next.
                self.assertEqual(self.draw(surface, 1).number, 1)

    def test_exception_gives_the_frame_up(self):
        with self.display() as display, self.surface(display=display) as surface:
            self.draw(surface, 0x102030)
            self.dispatch_until(surface.client, lambda: surface.path.path, 'the frame')
            with self.assertRaises(KeyError), surface.frame() as frame:
                for y in range(frame.height):
                    frame.row(y)[:] = bytes(len(frame.row(y)))
                raise KeyError
            self.assertEqual(self.shot(display)[2], [b'\x10\x20\x30' * 64] * 48)
            with surface.frame() as again:
                self.assertEqual(again.number, frame.number)

    def test_front(self):
        with self.surface(mode=framelend.Mode.FRONT) as surface:
            for number in range(1, 5):
                with surface.frame() as frame:
                    self.assertEqual(frame.age, int(number > 1))
                    self.assertEqual(frame.pixels[1, 1], number - 1 if number > 1 else 0)
                    frame.pixels[1, 1] = number
                    frame.damage = [(0, 1, 1, 1)]

    def test_not_yet(self):
        with self.surface() as surface:
            with self.assert_error(errno.EAGAIN, 'dispatch'):
                surface.frame(timeout=0)
            frames = [surface.frame(harness.TIMEOUT)]
            with self.assert_error(errno.EBUSY, 'begun already'):
                surface.frame()
            frames[0].cancel()
            surface.frame(timeout=0).cancel()
            self.assertTrue(frames[0].ended)

    def test_wrong_options(self):
        with self.display() as display, framelend.connect(display) as client:
            for number, options in ((errno.EINVAL, {'width': 70000}), (errno.EINVAL, {'format': 1}),
                                    (errno.EINVAL, {'count': 9}), (errno.EINVAL, {'mode': 7}),
                                    (errno.ENOTSUP, {'format': framelend.Format.NV12}),
                                    (errno.EINVAL, {'title': 'x' * 1025})):
                with self.subTest(options=options), self.assert_error(number):
                    framelend.Surface(client, **options)
            for options in ({'width': 'wide'}, {'title': 7}, {'titel': 'x'}):
                with self.subTest(options=options), self.assertRaises((TypeError, AttributeError)):
                    framelend.Surface(client, **options)
            with framelend.Surface(client, 8, 8) as surface:
                surface.set_title('another')
                with self.assert_error(errno.EINVAL, '1024'):
                    surface.set_title('x' * 1025)

    def test_what_was_tried(self):
        with self.surface() as surface:
            self.draw(surface, 0)
            kinds = {verdict.allocator: verdict for verdict in surface.verdicts}
            self.assertEqual(kinds['memfd'].state, framelend.State.OK)
            self.assertEqual(kinds['dumb'].state, framelend.State.NOT_TRIED)
            self.assertRegex(str(kinds['dumb']), '^dumb: not tried: .*Remedy: ')
            tried, = surface.client.verdicts
            self.assertEqual((tried.allocator, tried.state), ('wayland', framelend.State.OK))
            self.assertTrue(surface.client.display.startswith('wayland:'), surface.client.display)

    def test_log(self):
        with self.display() as display, self.assertLogs('framelend', logging.DEBUG) as logs, \
                self.surface(display=display) as surface:
            self.draw(surface, 0)
            self.dispatch_until(surface.client, lambda: surface.path.path, 'the frame')
        self.assertIn('scanout', ' '.join(logs.output))

    def test_memory_that_cannot_be_mapped_again(self):
        """Some displays' buffers have no file: they are drawn in by way of a shadow."""
        describe = _native.lend_buffer_describe

        def without_file(buffer, info):
            describe(buffer, info)
            info.planes[0].fd = -1
            return 0
        _native.lend_buffer_describe = without_file
        self.addCleanup(setattr, _native, 'lend_buffer_describe', describe)
        with self.display() as display, self.surface(display=display) as surface:
            for number in range(5):
                with surface.frame() as frame:
                    self.assertEqual(frame.age, int(number > 0))
                    self.assertEqual(frame.pixels[0, 0], number)
                    if number == 0:
                        for y in range(frame.height):
                            frame.row(y)[:] = b'\x30\x20\x10\0' * frame.width
                    frame.pixels[0, 0] = number + 1
            with self.assertRaises(KeyError), surface.frame() as frame:
                raise KeyError
            with surface.frame() as frame:
                self.assertEqual((frame.age, bytes(frame.row(7))), (0, bytes(64 * 4)))
                frame.cancel()
            self.dispatch_until(surface.client, lambda: surface.path.path, 'the frame')
            _, _, rows = self.shot(display)
            self.assertEqual((rows[0][:6], rows[47]), (b'\x10\x20\x05\x10\x20\x30',
                                                       b'\x10\x20\x30' * 64))


@unittest.skipUnless(shutil.which('weston'), 'weston is not installed')
class OtherServer(python_case.Case):
    def test_a_server_that_does_not_lend(self):
        with self.started('weston', '--backend=headless-backend.so', '--socket=other', '--no-config',
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            self.wait_until((self.runtime / 'other').exists, 'weston')
            with self.surface(display='other') as surface:
                for number in range(5):
                    self.assertEqual(self.draw(surface, number).number, number + 1)
                self.assertEqual(surface.path.path, framelend.Path.COPY)


if __name__ == '__main__':
    python_case.main()
