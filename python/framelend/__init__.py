# SPDX-License-Identifier: MIT
"""Draw pixels on whatever display there is, in the memory that it lends.

    import framelend, numpy

    with framelend.connect() as client, framelend.Surface(client, 800, 600, title='hello') as surface:
        for frame in surface:                       # until the window is closed
            numpy.asarray(frame)[:] = 0x336699      # height by width, no copy

Without numpy frame.pixels is a memoryview and frame.row(y) a row of it. A frame can also be had when
the program wants one: `with surface.frame() as frame:` waits for a free buffer and shows it at the end.
In a loop of one's own the client is an object with fileno() (select, selectors, asyncio's add_reader)
whose dispatch(0) handles what came; call it until it returns 0 before waiting. In asyncio code
`async for frame in surface:` does it all.

Names are those of the C libraries, whose headers, framelend/client.h and framelend/buffer.h, are the
reference. Every refusal is an Error, an OSError whose text is the library's. Objects can be closed in
any order and at any time, also by callbacks; what is used afterwards raises an Error. An object serves
one thread at a time. Messages go to logging.getLogger('framelend').
"""

from ._buffer import Buffer
from ._client import Client, connect
from ._surface import Frame, Surface
from ._types import (Access, Caching, Depth, Error, Format, Input, InputKind, Keys, Memory, Mode, Modifier,
                     Path, PathInfo, State, Verdict)

__all__ = ['Access', 'Buffer', 'Caching', 'Client', 'Depth', 'Error', 'Format', 'Frame', 'Input',
           'InputKind', 'Keys', 'Memory', 'Mode', 'Modifier', 'Path', 'PathInfo', 'State', 'Surface',
           'Verdict', 'connect']
