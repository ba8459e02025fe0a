#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Buffers by the Python module: imported, accessed, sent and received."""

import errno
import fcntl
import gc
import os
import socket
import threading

import framelend
from framelend import Access, Buffer, Format
import harness
import python_case
from python_case import READ, WRITE


class BufferCase(python_case.Case):
    def memory(self, size, contents=b''):
        fd = os.memfd_create('test', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self.addCleanup(os.close, fd)
        os.ftruncate(fd, size)
        os.pwrite(fd, contents, 0)
        return fd

    def setUp(self):
        super().setUp()
        # Cleanups run backwards: what memory() opens is closed before files are counted.
        self.ours, self.theirs = socket.socketpair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)


class Import(BufferCase):
    def test_pixels_are_the_memory(self):
        fd = self.memory(8 * 6 * 4, bytes(range(192)))
        with Buffer(8, 6, fd) as buffer:
            self.assertEqual((buffer.width, buffer.height, buffer.format, buffer.modifier),
                             (8, 6, Format.XRGB8888, framelend.Modifier.LINEAR))
            self.assertEqual((buffer.memory, buffer.caching),
                             (framelend.Memory.SHM, framelend.Caching.UNKNOWN))
            (own, offset, stride), = buffer.planes
            self.assertEqual((offset, stride), (0, 32))
            self.assertNotEqual(own, fd)
            with buffer.access() as pixels:
                self.assertEqual((pixels.shape, pixels.readonly), ((6, 32), False))
                self.assertEqual(pixels.tobytes(), bytes(range(192)))
                pixels[5, 31] = 7
            self.assertEqual(os.pread(fd, 1, 191), b'\7')
            with self.assertRaises(ValueError):
                pixels.tobytes()

    def test_reading_is_read_only(self):
        fd = self.memory(64)
        with Buffer(4, 4, fd) as buffer, buffer.access(READ) as pixels:
            with self.assertRaises(TypeError):
                pixels[0, 0] = 1
        reader = os.open(f'/proc/self/fd/{fd}', os.O_RDONLY)
        self.addCleanup(os.close, reader)
        with Buffer(4, 4, reader) as buffer:
            with self.assert_error(errno.EACCES, 'writing'):
                buffer.begin(WRITE)
            with buffer.access(READ) as pixels:
                self.assertEqual(pixels.tobytes(), bytes(64))

    def test_offset_and_stride(self):
        fd = self.memory(10000)
        with Buffer(3, 5, [(fd, 4100, 20)]) as buffer, buffer.access() as pixels:
            self.assertEqual(pixels.shape, (5, 20))
            pixels[4, 19] = 9
        self.assertEqual(os.pread(fd, 2, 4100 + 99), b'\x09\x00')

    def test_planes(self):
        fd = self.memory(8 * 6 * 3 // 2)
        with Buffer(8, 6, [(fd, 0, 8), (fd, 48, 8)], format=Format.NV12) as buffer:
            with self.assert_error(errno.EINVAL, 'no access'):
                buffer.plane(1)
            with buffer.access():
                self.assertEqual([buffer.plane(i).shape for i in (0, 1)], [(6, 8), (3, 8)])
                with self.assertRaises(IndexError):
                    buffer.plane(2)
                buffer.plane(1)[2, 7] = 3
        self.assertEqual(os.pread(fd, 1, 71), b'\3')

    def test_files(self):
        with open(self.runtime / 'picture', 'w+b') as file:
            file.truncate(64)
            with Buffer(4, 4, file) as buffer, buffer.access() as pixels:
                pixels[0, 0] = 5
            self.assertEqual(file.read(1), b'\5')

    def test_what_is_no_buffer(self):
        fd = self.memory(64)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        for number, words, arguments in (
                (errno.ENOSPC, '80 bytes', (4, 5, fd)),
                (errno.EINVAL, '0x4', (0, 4, fd)),
                (errno.EINVAL, 'stride 15', (4, 4, [(fd, 0, 15)])),
                (errno.EINVAL, 'planes', (4, 4, [(fd, 0, 16)] * 2)),
                (errno.EINVAL, '5 planes', (4, 4, [(fd, 0, 16)] * 5)),
                (errno.EINVAL, 'planes', (4, 4, [])),
                (errno.EOVERFLOW, '32 bits', (4, 4, [(fd, 2**32 - 4, 16)])),
                (errno.EMEDIUMTYPE, 'pipe', (4, 4, reader)),
                (errno.EBADF, 'fd 987', (4, 4, 987))):
            with self.subTest(arguments=arguments), self.assert_error(number, words):
                Buffer(*arguments)
        with self.assert_error(errno.EINVAL, 'not known'):
            Buffer(4, 4, fd, format=7)
        for arguments in ((4, 4, None), ('4', 4, fd), (4, 4, [7]), (4, 4, [('x', 0, 16)])):
            with self.subTest(arguments=arguments), self.assertRaises((TypeError, AttributeError)):
                Buffer(*arguments)

    def test_brackets(self):
        with Buffer(4, 4, self.memory(64)) as buffer:
            with self.assert_error(errno.EINVAL, 'no access is open'):
                buffer.end()
            buffer.begin()
            with self.assert_error(errno.EBUSY, 'open already'):
                buffer.begin()
            buffer.end()
            with self.assert_error(errno.EINVAL, 'access 0'):
                buffer.begin(0)

    def test_no_linear_rows(self):
        with Buffer(4, 4, self.memory(64), modifier=framelend.Modifier.INVALID) as buffer, \
                self.assert_error(errno.EOPNOTSUPP, 'LINEAR'):
            buffer.begin()


class Lifetime(BufferCase):
    def test_after_close(self):
        buffer = Buffer(4, 4, self.memory(64))
        buffer.begin()
        buffer.close()
        buffer.close()
        for call in (buffer.begin, buffer.end, lambda: buffer.plane(0), lambda: buffer.planes,
                     lambda: buffer.send(self.ours)):
            with self.assert_error(errno.EBADF, 'the buffer is closed'):
                call()
        self.assertEqual((buffer.width, buffer.height), (4, 4))

    def test_closed_within_an_access(self):
        with Buffer(4, 4, self.memory(64)) as buffer:
            with buffer.access() as pixels:
                flat = pixels.cast('B')[:]
                buffer.close()
                flat[3] = 4

    def test_kept_views(self):
        fd = self.memory(64)
        buffer = Buffer(4, 4, fd)
        with buffer.access() as pixels:
            kept = pixels.cast('B')
        with buffer.access(READ) as pixels:
            read = pixels.cast('B')
        del buffer
        gc.collect()
        kept[9] = 10
        self.assertEqual((read[9], os.pread(fd, 1, 9)), (10, b'\n'))

    def test_dropped(self):
        fd = self.memory(64)
        before = python_case.open_files()
        for _ in range(10):
            Buffer(4, 4, fd).begin()
        gc.collect()
        self.assertEqual(python_case.open_files(), before)

    def test_threads(self):
        big = self.memory(4096 * 4)
        buffer = Buffer(64, 64, big)
        self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        errors = []

        def send():
            try:
                while True:
                    buffer.send(self.ours)
            except framelend.Error as error:
                errors.append(error.errno)
        thread = threading.Thread(target=send)
        thread.start()
        def refused():
            try:
                buffer.planes  # pylint: disable=pointless-statement
                return False
            except framelend.Error as error:
                return error.errno == errno.EBUSY
        self.wait_until(refused, 'the queue to be full')
        with self.assert_error(errno.EBUSY, 'another thread'):
            buffer.close()
        self.theirs.close()
        thread.join(harness.TIMEOUT)
        self.assertIn(errors, ([errno.EPIPE], [errno.ECONNRESET]))
        buffer.close()


class Socket(BufferCase):
    def test_the_same_memory(self):
        fd = self.memory(8 * 6 * 4, b'\1\2\3')
        with Buffer(8, 6, fd, format=Format.ARGB8888) as sent:
            sent.send(self.ours)
            sent.send(self.ours.fileno())
        for _ in range(2):
            with Buffer.receive(self.theirs) as received:
                self.assertEqual((received.width, received.height, received.format, received.memory),
                                 (8, 6, Format.ARGB8888, framelend.Memory.MEMFD))
                with received.access(Access.READ_WRITE) as pixels:
                    pixels[0, 0] += 1
        self.assertEqual(os.pread(fd, 3, 0), b'\3\2\3')
        self.assertTrue(fcntl.fcntl(fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK)

    def test_nothing_comes(self):
        self.theirs.setblocking(False)
        with self.assert_error(errno.EAGAIN):
            Buffer.receive(self.theirs)
        self.ours.close()
        with self.assert_error(errno.ENODATA, 'closed'):
            Buffer.receive(self.theirs)

    def test_nonsense_comes(self):
        self.ours.sendall(b'x' * 4096)
        with self.assert_error(errno.EBADMSG):
            Buffer.receive(self.theirs)

    def test_memory_that_can_be_taken_away(self):
        fd = os.open(self.runtime / 'picture', os.O_RDWR | os.O_CREAT, 0o600)
        self.addCleanup(os.close, fd)
        os.ftruncate(fd, 64)
        with Buffer(4, 4, fd) as buffer:
            buffer.send(self.ours)
        with self.assertRaises(framelend.Error) as caught:
            Buffer.receive(self.theirs)
        self.assertIn(caught.exception.errno, (errno.EPERM, errno.EMEDIUMTYPE))

    def test_no_peer(self):
        self.theirs.close()
        with Buffer(4, 4, self.memory(64)) as buffer:
            with self.assert_error(errno.EPIPE):
                buffer.send(self.ours)
            with self.assertRaises(framelend.Error):
                buffer.send(0)


if __name__ == '__main__':
    python_case.main()
