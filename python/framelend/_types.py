# SPDX-License-Identifier: MIT
"""Numbers by name, and what the library tells, copied out of its memory."""

import dataclasses
import enum
import errno

from . import _native


class Format(enum.IntEnum):
    """DRM fourcc codes: the most significant bits of a little-endian word come first."""
    XRGB8888 = 0x34325258
    ARGB8888 = 0x34325241
    XBGR8888 = 0x34324258
    ABGR8888 = 0x34324241
    RGB565 = 0x36314752
    BGR565 = 0x36314742
    XRGB2101010 = 0x30335258
    ARGB2101010 = 0x30335241
    XBGR2101010 = 0x30334258
    ABGR2101010 = 0x30334241
    NV12 = 0x3231564e


class Modifier(enum.IntEnum):
    LINEAR = 0
    INVALID = 0x00ffffffffffffff


class Memory(enum.IntEnum):
    """Where a buffer's memory comes from."""
    UNKNOWN = 0
    MEMFD = 1
    SHM = 2
    UDMABUF = 3
    HEAP = 4
    DUMB = 5
    GBM = 6
    DMABUF = 7


class Caching(enum.IntEnum):
    UNKNOWN = 0
    CACHED = 1
    WRITE_COMBINED = 2


class Access(enum.IntFlag):
    READ = 1
    WRITE = 2
    READ_WRITE = 3


class Path(enum.IntEnum):
    """How a surface's pixels reach the display."""
    NONE = 0
    SCANOUT = 1
    FLUSH = 2
    PLANE = 3
    COPY = 4
    BLEND = 5
    TEXTURE = 6


class State(enum.IntEnum):
    """What trying showed."""
    OK = 0
    FAILED = 1
    NOT_TRIED = 2
    UNVERIFIED = 3


class Depth(enum.IntEnum):
    """How far a trial got."""
    NONE = 0
    CREATE = 1
    EXPORT = 2
    MAP = 3
    FRAMEBUFFER = 4
    TEST = 5
    COMMIT = 6
    SEEN = 7


class Mode(enum.IntEnum):
    CHAIN = 0
    FRONT = 1


class InputKind(enum.IntEnum):
    POINTER_ENTER = 1
    POINTER_LEAVE = 2
    POINTER_MOTION = 3
    POINTER_BUTTON = 4
    POINTER_AXIS = 5
    KEYBOARD_ENTER = 6
    KEYBOARD_LEAVE = 7
    KEYBOARD_KEY = 8
    KEYBOARD_MODIFIERS = 9
    TOUCH_DOWN = 10
    TOUCH_UP = 11
    TOUCH_MOTION = 12
    TOUCH_CANCEL = 13


class Keys(enum.IntFlag):
    SHIFT = 1
    CAPS = 2
    CTRL = 4
    ALT = 8
    NUM = 16
    LOGO = 32


def known(kind, number):
    """The number's name; of a newer library's numbers, the number."""
    try:
        return kind(number)
    except ValueError:
        return number


class Error(OSError):
    """What a framelend library refused: errno says what, strerror why and what to do about it.

    verdicts: what was tried, when no display could be had."""

    def __init__(self, number, words, verdicts=()):
        super().__init__(number, words)
        self.verdicts = list(verdicts)

    def __str__(self):
        return self.strerror


def closed(what):
    return Error(errno.EBADF, f'the {what} is closed')


def decode(text):
    return text.decode(errors='replace')


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One allocator's or display's answer to being tried."""
    allocator: str
    state: State
    depth: Depth
    call: str
    error: int
    reason: str
    remedy: str
    line: str = dataclasses.field(repr=False)

    @classmethod
    def copy(cls, verdict):
        text = _native.ctypes.create_string_buffer(4096)
        _native.lend_verdict_format(verdict, text, len(text))
        return cls(decode(verdict.allocator), known(State, verdict.state), known(Depth, verdict.depth),
                   decode(verdict.call), verdict.error, decode(verdict.reason), decode(verdict.remedy),
                   decode(text.value))

    def __str__(self):
        return self.line


def list_verdicts(get, pointer):
    verdicts = []
    while found := get(pointer, len(verdicts)):
        verdicts.append(Verdict.copy(found.contents))
    return verdicts


@dataclasses.dataclass(frozen=True)
class PathInfo:
    """How a surface's pixels reach the display, and why."""
    path: Path
    reason: str
    memory: Memory
    caching: Caching
    count: int
    own_copy: int
    output: str

    @classmethod
    def copy(cls, info):
        return cls(known(Path, info.path), decode(info.reason), known(Memory, info.memory),
                   known(Caching, info.caching), info.count, info.own_copy, decode(info.output))


@dataclasses.dataclass(frozen=True)
class Input:
    """Something the user did; what a kind does not name is zero."""
    kind: InputKind
    modifiers: Keys
    time: int
    x: float
    y: float
    code: int
    pressed: bool
    repeated: bool
    keysym: int
    text: str
    scroll_x: float
    scroll_y: float
    clicks_x: int
    clicks_y: int
    id: int

    @classmethod
    def copy(cls, event):
        return cls(known(InputKind, event.kind), Keys(event.modifiers), event.time, event.x, event.y,
                   event.code, bool(event.pressed), bool(event.repeated), event.keysym,
                   decode(event.text), event.scroll_x, event.scroll_y, event.clicks_x, event.clicks_y,
                   event.id)
