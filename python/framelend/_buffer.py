# SPDX-License-Identifier: MIT
"""Buffers: memory with a size, a format and a layout, passed from process to process."""

import contextlib
import ctypes
import errno
import weakref

from . import _native as native
from ._guard import Guard
from ._memory import map_plane, view_plane
from ._types import Access, Caching, Error, Format, Memory, Modifier, decode, known


def checked(result):
    if result < 0:
        raise Error(-result, decode(native.lend_buffer_error()))
    return result


def fd_of(file):
    return file if isinstance(file, int) else file.fileno()


def default_stride(format, width, plane=0):  # pylint: disable=redefined-builtin
    found = native.lend_format_get(format)
    return native.lend_format_stride(found, plane, width) if found else 0


class Buffer:
    """A framebuffer made of memory that the caller owns; a context manager, which closes it.

    planes: a file (a memfd, a dma-buf...: a number or an object with fileno()) or, for each plane,
    (file, offset, stride). The files stay the caller's; one that shrinks later faults when it is
    touched, as any map does."""

    def __init__(self, width, height, planes, *, format=Format.XRGB8888, modifier=Modifier.LINEAR,
                 memory=Memory.UNKNOWN):  # pylint: disable=redefined-builtin
        info = native.lend_buffer_info(width=width, height=height, format=format, modifier=modifier,
                                       memory=memory)
        if isinstance(planes, int) or hasattr(planes, 'fileno'):
            planes = [(planes, 0, default_stride(format, width))]
        planes = list(planes)
        if len(planes) > native.PLANES_MAX:
            raise Error(errno.EINVAL, f'{len(planes)} planes: at most {native.PLANES_MAX}')
        info.n_planes = len(planes)
        for plane, (file, offset, stride) in zip(info.planes, planes):
            plane.fd, plane.offset, plane.stride = fd_of(file), offset, stride
        pointer = ctypes.c_void_p()
        checked(native.lend_buffer_import(info, pointer))
        self._own(pointer.value)

    @classmethod
    def receive(cls, socket):
        """Receives one over a connected AF_UNIX socket, from a peer that need not be trusted."""
        pointer = ctypes.c_void_p()
        checked(native.lend_buffer_receive(fd_of(socket), pointer))
        buffer = cls.__new__(cls)
        buffer._own(pointer.value)
        return buffer

    def _own(self, pointer):
        self._guard = Guard('buffer')
        self._guard.pointer = pointer
        self._finalizer = weakref.finalize(self, native.lend_buffer_destroy, pointer)
        self._maps, self._views = {}, None
        self._info = native.lend_buffer_info()
        checked(native.lend_buffer_describe(pointer, self._info))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends an access and closes the files. What is kept of the views stays memory."""
        if not self.closed:
            with self._guard:
                self._guard.pointer = None
                self._release()
                self._maps.clear()
                self._finalizer()

    @property
    def closed(self):
        return self._guard.pointer is None

    @property
    def width(self):
        return self._info.width

    @property
    def height(self):
        return self._info.height

    @property
    def format(self):
        return known(Format, self._info.format)

    @property
    def modifier(self):
        return known(Modifier, self._info.modifier)

    @property
    def memory(self):
        return known(Memory, self._info.memory)

    @property
    def caching(self):
        return known(Caching, self._info.caching)

    @property
    def planes(self):
        """(fd, offset, stride) of each plane; the fds stay the buffer's."""
        with self._guard:
            return [(plane.fd, plane.offset, plane.stride)
                    for plane in self._info.planes[:self._info.n_planes]]

    def send(self, socket):
        """Sends it over a connected AF_UNIX socket: the receiver gets the same memory."""
        with self._guard as pointer:
            checked(native.lend_buffer_send(fd_of(socket), pointer))

    def begin(self, access=Access.READ_WRITE):
        """Begins an access; returns the first plane as a memoryview of its rows by its stride."""
        with self._guard as pointer:
            checked(native.lend_buffer_begin(pointer, access, None))
            try:
                self._views = [view_plane(self._map(index, access), self._info, index)
                               for index in range(self._info.n_planes)]
            except BaseException as error:
                native.lend_buffer_end(pointer)
                if isinstance(error, OSError):
                    raise Error(error.errno, f'mapping a buffer: {error.strerror}') from error
                raise
            return self._views[0]

    def _map(self, index, access):
        key = index, bool(access & Access.WRITE)
        if key not in self._maps:
            self._maps[key] = map_plane(self._info, *key)
        return self._maps[key]

    def plane(self, index):
        """The plane's rows, while an access is open."""
        with self._guard:
            if self._views is None:
                raise Error(errno.EINVAL, 'no access is open: call begin() first')
            return self._views[index]

    def end(self):
        """Ends the access."""
        with self._guard as pointer:
            self._release()
            checked(native.lend_buffer_end(pointer))

    def _release(self):
        views, self._views = self._views, None
        for view in views or []:
            with contextlib.suppress(BufferError):  # an array of it is kept; the memory stays as long
                view.release()

    @contextlib.contextmanager
    def access(self, access=Access.READ_WRITE):
        """`with buffer.access(WRITE) as pixels:` begins and ends."""
        pixels = self.begin(access)
        try:
            yield pixels
        finally:
            if not self.closed:
                self.end()
