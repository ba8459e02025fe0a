# SPDX-License-Identifier: MIT
"""What keeps a C object from being used wrongly: closed, by two threads at once, or from within."""

import collections
import errno
import threading

from ._types import Error, closed


class Guard:
    """Entered around each call of the library; gives the C object's pointer.

    Two threads never are in the library with the same object: the second one gets an error rather than
    waiting, since the first may be in a dispatch without end. Objects are destroyed when nobody is in
    the library any more, whoever asked for it: a callback, another thread, the garbage collector."""

    def __init__(self, what):
        self.pointer = None
        self.telling = False  # in a log handler, where the library must not be called
        self._what = what
        self._lock = threading.RLock()
        self._depth = 0
        self._jobs = collections.deque()

    def __enter__(self):
        if self.telling or not self._lock.acquire(blocking=False):
            raise Error(errno.EBUSY, f'the {self._what} is in use by a log handler or another thread')
        if self.pointer is None:
            self._lock.release()
            raise closed(self._what)
        self._depth += 1
        return self.pointer

    def __exit__(self, *_):
        self._depth -= 1
        self._lock.release()
        self._settle()

    def later(self, job):
        """Calls it as soon as nobody is in the library: mostly at once."""
        self._jobs.append(job)
        self._settle()

    def _settle(self):
        # Asked again after each release: another thread may have come in vain meanwhile.
        while self._jobs and self._lock.acquire(blocking=False):
            try:
                if self._depth:
                    return  # the outermost use does it
                self._depth += 1
                try:
                    while self._jobs:
                        self._jobs.popleft()()
                finally:
                    self._depth -= 1
            finally:
                self._lock.release()
