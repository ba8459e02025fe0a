# SPDX-License-Identifier: MIT
"""The connection to a display."""

import asyncio
import ctypes
import errno
import logging
import math
import time
import weakref

from . import _native as native
from ._guard import Guard
from ._types import Error, closed, decode, list_verdicts

LOGGER = logging.getLogger('framelend')
LOGGER.addHandler(logging.NullHandler())  # silent unless the program wants to hear
LEVELS = [logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG]


def milliseconds(seconds):
    return -1 if seconds is None else min(math.ceil(max(seconds, 0) * 1000), 2**31 - 1)


class Deadline:
    def __init__(self, timeout):
        self._end = None if timeout is None else time.monotonic() + timeout

    def left(self):
        return None if self._end is None else max(self._end - time.monotonic(), 0)


class Link:
    """What a client's surfaces share with it: the guarded C client and the callbacks' exceptions."""

    def __init__(self):
        self.guard = Guard('client')
        self.surfaces = {}  # C surfaces, with what must live as long
        self.exceptions = []
        self.keep = None  # likewise for the C client

    def error(self, number):
        """The library's refusal, in its words. To be asked before anything else is done."""
        return Error(-number, decode(native.lend_client_error(self.guard.pointer)))

    def checked(self, result):
        if result < 0:
            raise self.error(result)
        return result

    def callback(self, kind, function):
        """A C callback; its exceptions go on from the dispatch."""
        def call(*arguments):
            try:
                return function(*arguments) or 0
            except BaseException as exception:  # pylint: disable=broad-exception-caught
                self.exceptions.append(exception)
                return 0
        return kind(call)

    def raise_exception(self):
        if self.exceptions:
            first, self.exceptions = self.exceptions[0], []
            raise first

    def log(self, _, level, message):
        self.guard.telling = True
        try:
            LOGGER.log(LEVELS[level] if level < len(LEVELS) else logging.DEBUG, '%s', decode(message))
        finally:
            self.guard.telling = False

    def forget(self, pointer):
        """Destroys a surface, unless its client's end did."""
        def destroy():
            if self.surfaces.pop(pointer, None):
                native.lend_surface_destroy(pointer)
        self.guard.later(destroy)

    def close(self):
        pointer, self.guard.pointer = self.guard.pointer, None

        def destroy():
            native.lend_client_destroy(pointer)
            self.surfaces.clear()
            self.keep = None
        if pointer is not None:
            self.guard.later(destroy)


class Client:
    """A connection to a display; see connect(). A context manager, which closes it."""

    def __init__(self, display=None, *, reconnect=None, on_disconnected=None, on_reconnected=None):
        link = self._link = Link()
        self._waiters, self._loop = [], None
        self._finalizer = weakref.finalize(self, link.close)
        events = native.lend_client_events()
        if on_disconnected:
            events.disconnected = link.callback(type(events.disconnected), lambda _, __, reason:
                                                on_disconnected(decode(reason)))
        if on_reconnected:
            events.reconnected = link.callback(type(events.reconnected), lambda *_: on_reconnected())
        options = native.lend_client_options(
            display=None if display is None else display.encode(),
            log=link.callback(native.lend_log_handler, link.log),
            events=ctypes.pointer(events))
        if reconnect is not None:
            options.reconnect_ms = milliseconds(reconnect) if reconnect > 0 else -1
        link.keep = options
        pointer = ctypes.c_void_p()
        result = native.lend_client_connect(options, pointer)
        link.guard.pointer = pointer.value
        if result < 0:
            error = link.error(result)
            error.verdicts = self.verdicts if pointer else []
            self.close()
            raise error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Takes all surfaces off the display and ends the connection. What was lent stays readable."""
        if not self.closed:
            self._answer(lambda waiter: waiter.set_exception(closed('client')))
        self._finalizer()

    @property
    def closed(self):
        return self._link.guard.pointer is None

    @property
    def display(self):
        """The display's name, as connect() takes it."""
        with self._link.guard as pointer:
            return decode(native.lend_client_display(pointer))

    @property
    def verdicts(self):
        """What was tried to find a display, and what came of it."""
        with self._link.guard as pointer:
            return list_verdicts(native.lend_client_verdict, pointer)

    def fileno(self):
        """Polls readable when dispatch() has something to do: for select, selectors and asyncio.
        Before waiting for it, dispatch(0) until that returns 0, so that nothing stays unsent."""
        with self._link.guard as pointer:
            return native.lend_client_fd(pointer)

    def dispatch(self, timeout=None):
        """Handles events, waiting for the first as many seconds as it may (None: without limit).

        Callbacks run in here. Returns the number of events."""
        deadline = Deadline(timeout)
        while True:
            with self._link.guard as pointer:
                result = native.lend_client_dispatch(pointer, milliseconds(deadline.left()))
                error = self._link.error(result) if result < 0 and not self.closed else None
            self._link.raise_exception()
            if error is None:
                return max(result, 0)
            if error.errno != errno.EINTR:
                raise error

    async def wait(self):
        """dispatch(), with the running asyncio loop doing the waiting. Any number of tasks may wait: all
        of them go on when one has dispatched something."""
        count = self.dispatch(0)  # sends what is queued; nothing comes without it
        if count:
            self._answer(lambda waiter: waiter.set_result(count))
            await asyncio.sleep(0)
            return count
        if not self._waiters:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self.fileno(), self._dispatch_waiting)
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        finally:
            if waiter in self._waiters:  # cancelled
                self._waiters.remove(waiter)
                if not self._waiters:
                    self._loop.remove_reader(self.fileno())

    def _dispatch_waiting(self):
        try:
            count = self.dispatch(0)
        except BaseException as exception:  # pylint: disable=broad-exception-caught
            self._answer(lambda waiter, exception=exception: waiter.set_exception(exception))
        else:
            self._answer(lambda waiter: waiter.set_result(count))

    def _answer(self, answer):
        """Lets the tasks that wait go on; the loop need not listen until one waits again."""
        waiters, self._waiters = self._waiters, []
        if waiters and not self.closed:
            self._loop.remove_reader(self.fileno())
        for waiter in waiters:
            if not waiter.done():
                answer(waiter)


def connect(display=None, *, reconnect=None, on_disconnected=None, on_reconnected=None):
    """Connects to a display and returns the Client.

    display: 'wayland:SOCKET', 'x11:DISPLAY', 'kms:CARD:CONNECTOR' or a socket's name; None: that of
    $LEND_DISPLAY, else the first that works. Error.verdicts tells what was tried in vain.
    reconnect: seconds to look for a display server that went away, 0 not to; None: ten.
    on_disconnected(reason): it went away; if it returns something true, it is not looked for.
    on_reconnected(): it is back."""
    return Client(display, reconnect=reconnect, on_disconnected=on_disconnected,
                  on_reconnected=on_reconnected)
