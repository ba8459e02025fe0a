# SPDX-License-Identifier: MIT
"""Views of lent memory that stay valid whatever becomes of it.

The C library unmaps a buffer when the display takes it back, while a program may still hold an array
of its pixels. So views are of maps of our own: an mmap object stays mapped as long as a memoryview, or
a numpy array made of one, exists."""

import collections
import mmap
import os
import stat

from . import _native


def plane_rows(info, index):
    return _native.lend_format_rows(_native.lend_format_get(info.format), index, info.height)


def map_plane(info, index, writable):
    """All of the memory from the file's beginning to the plane's end, and where the plane begins."""
    plane = info.planes[index]
    end = plane.offset + plane.stride * plane_rows(info, index)
    status = os.fstat(plane.fd)
    if stat.S_ISREG(status.st_mode):  # whole pages, which may be huge
        end = min(-(-end // status.st_blksize) * status.st_blksize, status.st_size)
    protection = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
    return mmap.mmap(plane.fd, end, mmap.MAP_SHARED, protection)


def view_plane(memory, info, index):
    """The plane's bytes, rows by stride."""
    plane, rows = info.planes[index], plane_rows(info, index)
    with memoryview(memory) as whole:
        part = whole[plane.offset:plane.offset + plane.stride * rows]
        return part.cast('B', (rows, plane.stride))


class Maps:
    """The maps of a surface's buffers, which come again and again."""

    MOST = 4  # the buffers of a chain

    def __init__(self):
        self._maps = collections.OrderedDict()

    def get(self, info):
        status = os.fstat(info.planes[0].fd)
        # A number cannot be given to another file while our map keeps this one.
        key = (status.st_dev, status.st_ino, info.planes[0].offset, info.planes[0].stride,
               info.width, info.height)
        memory = self._maps.pop(key, None) or map_plane(info, 0, True)
        self._maps[key] = memory
        for old in list(self._maps):  # the oldest first
            if len(self._maps) > self.MOST or old[4:] != key[4:]:
                del self._maps[old]
        return memory

    def clear(self):
        self._maps.clear()
