# SPDX-License-Identifier: MIT
"""Surfaces, and the frames that are drawn on them."""

import ctypes
import errno
import mmap
import operator
import weakref

from . import _native as native
from ._client import Deadline
from ._memory import Maps, view_plane
from ._types import Error, Format, Input, Mode, PathInfo, closed, known, list_verdicts

DTYPES = {1: 'u1', 2: 'u2', 4: 'u4'}


class Surface:
    """A picture on a client's display, drawn in frames; a context manager, which closes it.

    The arguments are those of struct lend_surface_options. Callbacks run in dispatch(), and thus also
    while a frame is waited for:

        on_resize(width, height)               the next frame has this size
        on_close()                             its user closes it; without this, the dispatch raises
                                               an Error with errno.ECANCELED
        on_path()                              .path has changed
        on_ready()                             a frame can be begun that could not before
        on_presented(number, time, refresh)    a frame was shown; times in ns
        on_input(event)                        an Input"""

    def __init__(self, client, width=0, height=0, *, format=Format.XRGB8888, title=None, app_id=None,
                 mode=Mode.CHAIN, count=0, read=False, preserve=False, unpaced=False, fullscreen=False,
                 output=None, on_resize=None, on_close=None, on_path=None, on_ready=None,
                 on_presented=None, on_input=None):  # pylint: disable=redefined-builtin
        self.client = client
        self._link = client._link
        self._pointer = self._frame = self._shadow = None
        self._maps = Maps()
        me = weakref.ref(self)
        events = self._listen(me, resize=on_resize, close=on_close, path=on_path, ready=on_ready,
                              presented=on_presented,
                              input=on_input and (lambda event: on_input(Input.copy(event.contents))))
        options = native.lend_surface_options(
            width=width, height=height, format=format, mode=mode, count=count, read=read,
            preserve=preserve, unpaced=unpaced, fullscreen=fullscreen,
            output=encode(output), title=encode(title), app_id=encode(app_id),
            events=ctypes.pointer(events))
        pointer = ctypes.c_void_p()
        with self._link.guard as client_pointer:
            self._link.checked(native.lend_surface_create(client_pointer, options, pointer))
            self._pointer = pointer.value
            self._link.surfaces[self._pointer] = events
        self._finalizer = weakref.finalize(self, self._link.forget, self._pointer)

    def _listen(self, me, **callbacks):
        """The C callbacks, which do not keep the surface alive and are silent once it is closed."""
        events = native.lend_surface_events()

        def listen(name, callback):
            def call(_, __, *arguments):
                surface = me()
                if surface is not None and not surface.closed:
                    callback(*arguments)
            setattr(events, name, self._link.callback(type(getattr(events, name)), call))
        for name, callback in callbacks.items():
            if callback:
                listen(name, callback)
        return events

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Takes the surface off the display. A frame that is open is given up."""
        self._pointer = self._frame = None
        self._maps.clear()
        self._finalizer()

    @property
    def closed(self):
        return self._pointer is None or self.client.closed

    def _get(self):
        if self._pointer is None:
            raise closed('surface')
        return self._pointer

    def set_title(self, title):
        with self._link.guard:
            self._link.checked(native.lend_surface_set_title(self._get(), encode(title)))

    @property
    def path(self):
        """How its pixels reach the display: a PathInfo."""
        info = native.lend_path_info()
        with self._link.guard:
            self._link.checked(native.lend_surface_path(self._get(), info))
            return PathInfo.copy(info)

    @property
    def verdicts(self):
        """What was tried to allocate its buffers, and what came of it."""
        with self._link.guard:
            return list_verdicts(native.lend_surface_verdict, self._get())

    def frame(self, timeout=None):
        """Begins a Frame in the next free buffer, dispatching until there is one.

        timeout: how many seconds at most; 0: not at all. Then an Error with errno.EAGAIN."""
        deadline = Deadline(timeout)
        while True:
            try:
                return self._begin()
            except Error as error:
                left = deadline.left()
                if error.errno != errno.EAGAIN or left == 0:
                    raise
            self.client.dispatch(left)

    def __iter__(self):
        """Frames, one after another, each ended when the next is asked for, until its user closes it
        (with on_close: until it is closed). Leaving the loop gives the last one up."""
        while not self.closed:
            try:
                frame = self.frame()
            except Error as error:
                if error.errno == errno.ECANCELED or self.closed:
                    return
                raise
            with frame:
                yield frame

    async def __aiter__(self):
        """Likewise, waiting in the running asyncio loop."""
        while not self.closed:
            try:
                frame = self._begin()
            except Error as error:
                if error.errno != errno.EAGAIN:
                    raise
                frame = None
            if frame is not None:
                with frame:
                    yield frame
                continue
            try:
                await self.client.wait()
            except Error as error:
                if error.errno == errno.ECANCELED or self.closed:
                    return
                raise

    def _begin(self):
        raw = native.lend_frame()
        with self._link.guard:
            self._link.checked(native.lend_frame_begin(self._get(), raw))
            try:
                self._frame = Frame(self, raw, *self._view(raw))
            except BaseException as error:
                native.lend_frame_cancel(self._pointer)
                if isinstance(error, OSError):
                    raise Error(error.errno, f'mapping a buffer: {error.strerror}') from error
                raise
        return self._frame

    def _view(self, raw):
        """The frame's bytes, its age, and the shadow that has to be copied into the buffer, if any."""
        info = native.lend_buffer_info()
        native.lend_buffer_describe(raw.buffer, info)
        if info.planes[0].fd >= 0:
            return view_plane(self._maps.get(info), info, 0), raw.age, None
        # Memory that cannot be mapped again is drawn in by way of a shadow, which has every frame.
        size = raw.stride * raw.height
        drawn = self._shadow is not None and len(self._shadow) == size and raw.number > 1
        if not drawn:
            self._shadow = mmap.mmap(-1, size)
        pixels = memoryview(self._shadow).cast('B', (raw.height, raw.stride))
        return pixels, int(drawn), self._shadow

    def _end(self, frame, call):
        """Ends or cancels the open frame."""
        with self._link.guard:
            pointer = self._get()
            if self._frame is not frame:
                raise Error(errno.EINVAL, 'the frame has ended')
            self._frame = None
            self._link.checked(call(pointer))

    def _cancelled(self):
        self._shadow = None


class Frame:
    """A buffer to draw in, until end() or cancel(); a context manager, which ends it, or cancels it if
    there was an exception.

    pixels: its bytes, a writable memoryview of `height` rows of `stride` bytes. numpy.asarray(frame) is
    an array of `height` by `width` pixels. Both are the lent memory itself. What is kept of them after
    the frame's end is still memory, but what is written there may be seen or lost.
    age: 0: the contents are undefined; n: they are those of the n-th frame before.
    damage: rectangles (x, y, width, height) in which it differs from the frame before; None:
    everything. To be set before the end."""

    def __init__(self, surface, raw, pixels, age, shadow):
        self.width, self.height, self.stride = raw.width, raw.height, raw.stride
        self.format, self.age, self.number = known(Format, raw.format), age, raw.number
        self.damage = None
        self._surface = surface
        self._pixels = pixels
        self._shadow, self._target = shadow, raw.pixels
        self._cpp = native.lend_format_get(raw.format).contents.cpp[0]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.ended:
            return
        try:
            if kind is None:
                self.end()
        finally:
            if not self.ended:
                self.cancel()

    @property
    def ended(self):
        """Also if its surface was closed."""
        return self._surface._frame is not self or self._surface.closed

    @property
    def pixels(self):
        if self.ended:
            raise Error(errno.EINVAL, 'the frame has ended')
        return self._pixels

    def row(self, y):
        """The bytes of one row's pixels, writable."""
        row = operator.index(y)
        if not 0 <= row < self.height:
            raise IndexError(f'row {row} of {self.height}')
        whole = self.pixels.cast('B')
        return whole[row * self.stride:row * self.stride + self.width * self._cpp]

    def __array__(self, dtype=None, copy=None):
        import numpy  # pylint: disable=import-outside-toplevel
        array = numpy.asarray(self.pixels).view(DTYPES[self._cpp])[:, :self.width]
        if copy or dtype not in (None, array.dtype):
            if copy is False:
                raise ValueError(f'pixels are {array.dtype}, not {dtype}, without a copy')
            return array.astype(dtype or array.dtype)
        return array

    def end(self):
        """Shows it."""
        rects, count = damage_array(self.damage)
        if self._shadow is not None and not self.ended:
            with self._surface._link.guard:
                source = (ctypes.c_char * len(self._shadow)).from_buffer(self._shadow)
                ctypes.memmove(self._target, source, len(self._shadow))
        self._surface._end(self, lambda surface: native.lend_frame_end(surface, rects, count))
        self._release()

    def cancel(self):
        """Gives it up: the display shows the frame before it."""
        self._surface._end(self, native.lend_frame_cancel)
        self._surface._cancelled()
        self._release()

    def _release(self):
        try:
            self._pixels.release()
        except BufferError:
            pass  # an array of it is kept; the memory stays as long


def encode(text):
    return None if text is None else text.encode()


def damage_array(damage):
    """As lend_frame_end() takes it."""
    if damage is None:
        return None, 0
    rects = [tuple(operator.index(number) for number in rect) for rect in damage]
    for rect in rects:
        if len(rect) != 4 or not all(-2**31 <= number < 2**31 for number in rect):
            raise ValueError(f'damage {rect}: give x, y, width and height')
    # Never of length 0, which would be NULL: everything.
    array = (native.lend_rect * max(len(rects), 1))(*rects)
    return array, len(rects)
